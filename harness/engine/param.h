/* Parameters of a network: PyTorch's state-dict names, plain row-major float32, and the parameter groups
 * of spec/recipes.md 1.4.
 */
#ifndef QB_PARAM_H
#define QB_PARAM_H

#include <stddef.h>
#include <stdint.h>

typedef enum qb_role {
    QB_ROLE_QUANT = 1, /* quantized by the solver, decayed                     */
    QB_ROLE_DECAY,     /* full precision, decayed: norm scales, full-precision weights */
    QB_ROLE_NO_DECAY,  /* full precision, not decayed: biases, embeddings      */
} qb_role;

/* How a tensor starts (spec/recipes.md 1.1-1.3). */
typedef enum qb_init {
    QB_INIT_ZERO = 1,
    QB_INIT_ONE,
    QB_INIT_KAIMING_FAN_IN,  /* N(0, 2 / fan_in)                                         */
    QB_INIT_KAIMING_FAN_OUT, /* N(0, 2 / fan_out), fan_out = out * kh * kw               */
    QB_INIT_UNIFORM_FAN_IN,  /* U(-1/sqrt(fan_in), 1/sqrt(fan_in)); a bias uses its weight's fan_in */
    QB_INIT_TRUNC_NORMAL,    /* N(0, 0.02^2) cut at +-2                                  */
    QB_INIT_TINY_NORMAL,     /* N(0, 1e-12)                                              */
} qb_init;

/* Floats before the first and behind the last tensor of every slab of a network, which belong to nobody: what writes
 * beyond a tensor hits these or its neighbour, and can be told. */
enum { QB_SLAB_MARGIN = 16 };

typedef struct qb_param {
    const char *name; /* "layer1.0.conv1.weight"; borrowed from the graph */
    qb_role role;
    qb_init init;
    int n_dims;
    int64_t shape[4];        /* conv (O, I, kh, kw); linear (O, I); vectors (C) */
    size_t n;                /* elements */
    size_t offset;           /* in floats, into each slab; a multiple of 16 */
    int64_t fan_in, fan_out; /* of the layer */
    float *x;                /* latent weights (n)                                              */
    float *w;                /* weights of forward and backward (n); == x where not quantized   */
    float *g;                /* dLoss/dw of the last backward (n)                               */
} qb_param;

/* Running statistics: state, not trained. `value` in double precision would differ from PyTorch: float32. */
typedef struct qb_running_stat {
    const char *name; /* "bn1.running_mean" */
    size_t n;
    float init; /* 0 for means, 1 for variances */
    float *value;
} qb_running_stat;

#endif
