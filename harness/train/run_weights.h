/* The weights of a run, as they are now: of one that is over those that it keeps, else those of its newest checkpoint.
 *
 * Invariant: a quantized tensor has its bits and rows by the run's own configuration, and `finished` holds what the run's test
 * is of.
 */
#ifndef QB_RUN_WEIGHTS_H
#define QB_RUN_WEIGHTS_H

#include "base/json.h"
#include "base/option.h"
#include "quant/layer_bits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct qb_run_tensor {
    char *name; /* PyTorch's */
    int n_dims;
    int64_t shape[4];
    size_t n;
    int bits;                /* 1..8, 0 = ternary; QB_BITS_FLOAT: not quantized */
    int64_t n_rows, row_len; /* that share levels; of a quantized tensor */
    float *finished;         /* (n) on their levels, where quantized */
    float *latent;           /* (n) of a quantized tensor, where they were asked for; else NULL: `finished` is what was trained */
} qb_run_tensor;

typedef struct qb_run_weights {
    qb_run_tensor *tensors; /* parameters and running statistics, in the order of a state dict */
    size_t n;
    json_t *record; /* of the run */
    json_t *config; /* its identity, complete (train/identity.h) */
    int64_t step;       /* trained for so many steps */
    bool is_checkpoint; /* the run is not over */
    int n_classes;
} qb_run_weights;

/* dir: the folder of a run. places: over qb_run_schema; of an unfinished run solver_path is read, and data_dir where only the
 * opened data know the number of classes. QB_E_NOINPUT: no run, no checkpoint yet, or latent weights are wanted of a finished run of 0.1.0,
 * which kept none. QB_E_DATA: damaged. QB_E_CONFIG: a configuration or checkpoint that this program would not make so. */
int qb_run_weights_open(const char *dir, const qb_settings *places, bool with_latent, qb_run_weights *ret_weights);
void qb_run_weights_finish(qb_run_weights *w); /* zeroed memory is fine */

#endif
