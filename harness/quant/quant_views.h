/* Private to quant/: the tensors that are quantized, their memory, and what surrounds it.
 *
 * A guard is a few floats next to a view's array that no hook of that view may change: the neighbours in a slab of
 * the network, the margins at its ends, or a gap in memory of our own. They are remembered before a hook and compared
 * after it. Views that are each other's neighbours form a group, and a group is handled by one thread, so that nobody
 * else changes guards in between; tensors that are not quantized are stepped before the views.
 */
#ifndef QB_QUANT_VIEWS_H
#define QB_QUANT_VIEWS_H

#include "quant/quant.h"

enum { QB_GUARD = 16, QB_MAX_GUARDS = 16 };

typedef struct qb_guard {
    const float *at;
    int n;
    const char *where; /* "w", "aux", ... */
} qb_guard;

typedef struct qb_guard_copy {
    float saved[QB_MAX_GUARDS][QB_GUARD];
} qb_guard_copy;

/* A quantized tensor. */
typedef struct qb_quant_width qb_quant_width;
typedef struct qb_quant_tensor {
    qb_param *param;
    qb_quant_width *width; /* its bits; view.index counts within it */
    size_t param_index;
    uint32_t caps;       /* after bind */
    qb_bind request;     /* as bind left it */
    qb_view view;        /* shapes and pointers, as hooks see them; copied for every call */
    float *memory;       /* levels, aux, aux_g, weight_state, row_state, with gaps */
    float *levels;       /* NULL when the solver has its own */
    int n_levels;
    int optim, optim_aux; /* indices; optim_aux -1 = no aux */
    qb_guard guards[QB_MAX_GUARDS];
    int n_guards;
    double optimizer_seconds, step_seconds; /* of the last step: base optimizer; all of it */
    char *problem; /* why a hook of this view failed, NULL = none; owned */
} qb_quant_tensor;

/* QB_LAYER_* of parameter i among all of them: first and last tensor with two or more dimensions named "*weight"; the only
 * one is both. */
int qb_quant_tensor_layer(const qb_param *params, size_t n, size_t i);

/* Memory of its own (zeroed) for what bind asked and n_levels, and the guards; params: all of them; margin: floats of
 * nobody at both ends of a slab. */
int qb_quant_tensor_allocate(qb_quant_tensor *t, int n_levels, const qb_param *params, size_t n_params, int margin);
void qb_quant_tensor_finish(qb_quant_tensor *t);

void qb_guards_save(const qb_quant_tensor *t, qb_guard_copy *copy);
const char *qb_guards_broken(const qb_quant_tensor *t, const qb_guard_copy *copy); /* which array, or NULL */

/* Groups of neighbours: order[0..n) lists the tensors, group g is order[starts[g]..starts[g+1]); groups
 * with the largest tensors first. starts has room for n + 1. Returns the number of groups. */
size_t qb_quant_tensor_groups(const qb_quant_tensor *tensors, size_t n, size_t *order, size_t *starts);

bool qb_all_finite(const float *x, size_t n);

#endif
