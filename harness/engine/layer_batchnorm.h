/* The attributes of a batch normalisation layer: for its own file, and for the reference that tests compare it with. */
#ifndef QB_LAYER_BATCHNORM_H
#define QB_LAYER_BATCHNORM_H

#include <stdbool.h>
#include <stddef.h>

typedef struct qb_batchnorm {
    size_t running_stat; /* the mean's; the variance's is the next */
    bool relu;
} qb_batchnorm;

#endif
