/* Quantized training of one set of parameters: which tensors are quantized, their rows, levels, the solver's hooks
 * in the order of <qatbench/solver.h>, and everything of them that a checkpoint has to hold.
 *
 * Invariant: after qb_quant_step, w of every quantized tensor is what the solver made of it and every other
 * tensor is the base optimizer's. Results do not depend on the number of threads.
 */
#ifndef QB_QUANT_H
#define QB_QUANT_H

#include "engine/optim.h"
#include "engine/param.h"
#include "quant/layer_bits.h"
#include "quant/levels.h"
#include "quant/plugin.h"

#include <stdint.h>

typedef enum qb_granularity { QB_PER_TENSOR = 1, QB_PER_ROW, QB_PER_BLOCK } qb_granularity;
const char *qb_granularity_name(qb_granularity g); /* "tensor", "row", "block" */

/* Rows of a tensor of this shape (n, n_dims, shape are read); *ret_by_row: a block was asked for and does not divide the channel. */
void qb_quant_tensor_rows(const qb_param *p, qb_granularity granularity, int64_t block, int64_t *ret_rows, int64_t *ret_len,
                          bool *ret_by_row);

typedef struct qb_quant_options {
    const qb_plugin *plugin;
    const qb_settings *solver_settings; /* of the plugin's options; copied */
    int bits;                           /* 1..8, 0 = ternary */
    const int8_t *param_bits;           /* n_params: bits of each that is quantized; NULL: `bits` of all; copied */
    const char *quantizer;              /* spec; ignored under OWN_LEVELS and FULL_PRECISION */
    qb_granularity granularity;
    int64_t block;      /* QB_PER_BLOCK: weights in a block; a tensor whose channel length it does not divide goes by row */
    int64_t period;     /* steps between refreshes of the levels; 0 = once */
    int64_t warmup;     /* plain steps before the first quantized one */
    bool shrink;        /* quant_shrink; QB_E_CONFIG with EDITS_LATENT or OWN_LEVELS */
    int64_t n_steps, steps_per_epoch;
    double anneal_start, anneal_end; /* steps */
    double lr_base, lr_sum_total;    /* lr before the schedule; planned sum over the quantized steps */
    double weight_decay;
    uint64_t seed;
    int threads;
    int slab_margin; /* floats before the first and behind the last tensor of every slab that no hook may change */
} qb_quant_options;

typedef struct qb_quant qb_quant;

/* Registers every parameter (and the solver's aux) with `optim`: QUANT and DECAY with weight_decay, NO_DECAY with 0.
 * params and optim are borrowed and outlive the quant. Errors: QB_E_CONFIG (options that contradict each
 * other), QB_E_NOT_OFFERED (bits that the solver or the quantizer does not have), QB_E_USAGE (the quantizer's spec),
 * QB_E_FAILED (the plugin's create or bind failed: its own reason; its supports crashed). */
int qb_quant_create(const qb_quant_options *options, qb_param *params, size_t n_params, qb_optim *optim, qb_quant **ret_quant);
void qb_quant_destroy(qb_quant *q);

/* Steps 2-7 of <qatbench/solver.h> for step number `step` (0, 1, ...: must follow the previous one) with learning
 * rate lr; before it g of every parameter was filled at w. QB_E_FAILED: a hook failed (its reason, the view's name),
 * wrote outside its view, or left a NaN where its inputs were finite. */
int qb_quant_step(qb_quant *q, int64_t step, double lr);

/* slab[offset of each parameter] <- finished weights: hard ones for quantized tensors, w for the others.
 * Changes no training state. During the warm-up: nearest of fresh levels. */
int qb_quant_finish(qb_quant *q, float *slab);

/* Distinct values per row in a finished slab. *ret_where: name of the first tensor with more than its bits allow, or NULL.
 * *ret_max: the most found (counting ends at QB_COUNT_CAP), among tensors of its bits where there is one; *ret_allowed:
 * what these allow, 2^bits or 3. Not for FULL_PRECISION (*ret_max = 0). */
enum { QB_COUNT_CAP = 1000 };
void qb_quant_count_levels(const qb_quant *q, const float *slab, int *ret_max, int *ret_allowed, const char **ret_where);

/* Bits of parameter i: 1..8, 0 = ternary, QB_BITS_FLOAT when it is not quantized. */
int qb_quant_bits(const qb_quant *q, size_t param);

/* true: the solver quantizes nothing (solver `none`). Known before create, from the plugin and its settings. */
bool qb_quant_is_full_precision(const qb_quant *q);
/* true when every view has OWN_LEVELS: quantizer and period are ignored and not part of the run's key. */
bool qb_quant_owns_levels(const qb_quant *q);

/* Number of rows collapsed to a single value in a finished slab (a recorded warning). */
int64_t qb_quant_count_collapsed(const qb_quant *q, const float *slab);

/* Where the time of qb_quant_step went since creation or the last reset, in seconds of the whole step: views that
 * are handled at once share it in proportion to the work. */
typedef struct qb_quant_times {
    double optimizer; /* base optimizer, all tensors                        */
    double solver;    /* hooks, levels, and the checks of the views' memory */
} qb_quant_times;
qb_quant_times qb_quant_take_times(qb_quant *q); /* returns and resets */

/* Metrics of the solver for the step just done, *ret_n of them, at most max; names as "parq_inv_slope", of a run with
 * several bit widths "parq_inv_slope_w8" ("_wt": ternary), as its folder is called. QB_E_FAILED: the
 * hook misused its host, or left a number without a name. */
enum { QB_MAX_METRICS = 16 * 9 }; /* 16 of an instance */
typedef struct qb_quant_metric {
    char name[90]; /* a longer one is cut */
    double value;
} qb_quant_metric;
int qb_quant_metrics(const qb_quant *q, qb_quant_metric *out, size_t max, size_t *ret_n);

/* Sum of the learning rates of the quantized steps so far. */
double qb_quant_lr_sum(const qb_quant *q);

/* Tensors by name for plots and tests: levels (n_rows, n_levels) of parameter i, or NULL. */
const float *qb_quant_levels(const qb_quant *q, size_t param, int64_t *ret_rows, int *ret_n_levels);

/* A quantized tensor as the last step left it: to look at, until the next step. */
typedef struct qb_quant_look {
    const char *name;
    int bits; /* 1..8, 0 = ternary */
    int64_t n_rows, row_len;
    const float *x, *w;  /* (n_rows, row_len) latent and forward weights */
    double shrink;       /* the solver mapped x / shrink; >= 1 */
    const float *levels; /* (n_rows, n_levels) ascending; NULL: none yet, or the solver decides them itself */
    int n_levels;
} qb_quant_look;
size_t qb_quant_n_looks(const qb_quant *q);
qb_quant_look qb_quant_look_at(const qb_quant *q, size_t i);

/* Notes for the record: e.g. "layer conv1.weight: block 64 does not divide 27, quantized by row". n of them. */
size_t qb_quant_notes(const qb_quant *q, const char *const **ret_notes);

/* solver.safetensors: levels, state, aux, lr_sum, next step, the plugin's own bytes of each instance. sha256: 65 bytes. The weights
 * (x, w), gradients and the optimizer are saved by others. QB_E_DATA when a file does not fit. */
int qb_quant_save(qb_quant *q, const char *path, char *ret_sha256);
int qb_quant_load(qb_quant *q, const char *path);

#endif
