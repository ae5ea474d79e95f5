/* The attributes of a convolution layer: for its own file, and for the reference that tests compare it with. */
#ifndef QB_LAYER_CONV_H
#define QB_LAYER_CONV_H

#include <stdbool.h>

typedef struct qb_conv {
    int kernel, stride, pad;
    bool bias;
} qb_conv;

#endif
