/* Base optimizers: SGD with momentum and coupled decay, AdamW (decoupled decay), Adam (decay added to the
 * gradient). Formulas: PyTorch's, in optim.c.
 *
 * An optimizer is a list of tensors, each with its own state; the caller steps them one by one, from several
 * threads if it likes (different tensors). All arithmetic in float32 as PyTorch does it.
 */
#ifndef QB_OPTIM_H
#define QB_OPTIM_H

#include <stddef.h>
#include <stdint.h>

typedef enum qb_optim_kind { QB_OPTIM_SGD = 1, QB_OPTIM_ADAMW, QB_OPTIM_ADAM } qb_optim_kind;

typedef struct qb_optim_options {
    qb_optim_kind kind;
    double momentum;          /* SGD, [0, 1)  */
    double beta1, beta2, eps; /* Adam, AdamW  */
} qb_optim_options;

typedef struct qb_optim qb_optim;

int qb_optim_create(const qb_optim_options *options, qb_optim **ret_optim);
void qb_optim_destroy(qb_optim *o);

/* Registers a tensor of n values; `name` (copied) keys its saved state. Returns its index through ret_index. */
int qb_optim_add(qb_optim *o, const char *name, size_t n, double weight_decay, double lr_factor, int *ret_index);

/* One step: x <- step(x, g) with rate lr * lr_factor and decay weight_decay * decay_scale. */
void qb_optim_step(qb_optim *o, int index, float *x, const float *g, double lr, double decay_scale);

/* Forgets momenta, moments and step counts of all tensors. */
void qb_optim_reset(qb_optim *o);

/* State for checkpoints: arrays in a fixed order; names are "TENSOR.momentum" or "TENSOR.m", "TENSOR.v". */
size_t qb_optim_n_states(const qb_optim *o);
void qb_optim_state(qb_optim *o, size_t i, const char **ret_name, float **ret_values, size_t *ret_n);
int64_t *qb_optim_step_counts(qb_optim *o, size_t *ret_n); /* steps done, one a tensor; writable for loading */

#endif
