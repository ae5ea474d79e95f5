/* What a plugin would do in a run, asked before there is one.
 *
 * The questions are put in a child process: a plugin that crashes, exits or hangs in `supports`, `create` or `bind`
 * takes down the run that it is meant for, never the study that asks. Every question is put once: its answer, a crash
 * included, is remembered while the process lives, and so in the processes that it forks.
 */
#ifndef QB_PLUGIN_PROBE_H
#define QB_PLUGIN_PROBE_H

#include "quant/plugin.h"

#include <stdint.h>

typedef struct qb_plugin_question {
    const qb_plugin *plugin;
    const qb_settings *settings; /* of the plugin's options */
    int bits;
    const char *granularity; /* "tensor", "row" or "block" */
    int64_t n_steps, first_step;
    double weight_decay;
} qb_plugin_question;

/* What `supports` says. QB_E_NOT_OFFERED and QB_E_CONFIG: as qb_supports_ask. QB_E_FAILED: "solver 'x': supports was
 * killed by signal 11 (plugin crashed?)" and the like. QB_E_UNAVAILABLE: no process could be started. */
int qb_plugin_supports(const qb_plugin *p, const qb_settings *settings, int bits, const char *granularity);

/* *ret_caps: the capabilities that bind leaves of the plugin's for a small made-up view; those that it declares where it
 * could not be asked, because it failed or died: its run will do the same and say so. QB_E_UNAVAILABLE: no process could
 * be started. Whether `supports` refuses is another question. */
int qb_plugin_probe(const qb_plugin_question *question, uint32_t *ret_caps);

#endif
