/* Testing weights without a training: those of a finished run, or of a file, on a data set's test split. */
#ifndef QB_EVAL_WEIGHTS_H
#define QB_EVAL_WEIGHTS_H

#include "base/option.h"
#include "train/eval.h"
#include "train/state_dict.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct qb_weights_report {
    qb_eval_result result;
    int64_t n;                /* images tested */
    char model[64], data[64]; /* names, as the table of models and that of data sets have them */
    char label[64];           /* of the data, for people */
} qb_weights_report;

/* path and kind as of qb_state_dict_open. `settings` over qb_run_schema, of which a test reads model, the data set and how it is
 * opened, test_limit, on_bad_image, batch, shards, dtype and threads: those of a run that nobody set are as it was trained, so
 * that its own test gives the numbers of its record, bit for bit with as many threads on the same machine. A file that `export`
 * wrote says them too; with another, model and data set must be set (QB_E_USAGE). QB_E_STOPPED when must_stop (may be NULL) said
 * so. ret_outputs: NULL, or for what the network said of each image; caller finishes. */
int qb_eval_weights(const char *path, qb_state_kind kind, const qb_settings *settings, bool (*must_stop)(const void *context),
                    const void *context, qb_weights_report *ret_report, qb_eval_outputs *ret_outputs);

#endif
