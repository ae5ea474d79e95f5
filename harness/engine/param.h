/* Parameters of a network: PyTorch's state-dict names, plain row-major float32, and what the solver and the optimizer
 * have to know of each. Layers say it when they register them; nobody guesses it from a name.
 */
#ifndef QB_PARAM_H
#define QB_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a tensor starts. */
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
    bool is_quantized;       /* by the solver; else it stays in full precision */
    float decay_factor;      /* of the run's weight decay: 1; 0 for biases, tokens and embeddings */
    float lr_factor;         /* of the run's learning rate: 1, unless a layer learns slower or faster */
    qb_init init;
    int n_dims;
    int64_t shape[4];        /* conv (O, I, kh, kw); linear (O, I); vectors (C) */
    const char *shape_hint;  /* what it means when a file has it in another shape, and what to do; NULL: nothing in particular */
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
