/* Contract tests of a solver plugin: what every one must keep, and the traits that it claims. */
#ifndef QB_CONFORM_H
#define QB_CONFORM_H

#include "quant/plugin.h"

typedef enum qb_verdict { QB_PASS = 1, QB_FAIL, QB_NOT_APPLICABLE } qb_verdict;

/* One rule's result: the rule in one sentence; on QB_FAIL the input on which it broke and what was seen. */
typedef void (*qb_conform_report)(void *context, const char *rule, qb_verdict verdict, const char *detail);

/* Runs all rules at every bit width and granularity that the plugin supports; only the first when hooks cannot even be
 * called without a crash. ret_failed: rules broken. ret_ms_per_million: processor time of project for a million
 * weights in 2-bit rows of 1,024; negative: not measured, because a rule is broken. Starts processes: call it before
 * this one uses OpenMP. QB_E_NOMEM, QB_E_IO. */
int qb_conform_run(const qb_plugin *plugin, qb_conform_report report, void *context, int *ret_failed,
                   double *ret_ms_per_million);

#endif
