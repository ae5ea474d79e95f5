/* The attributes of a max pooling layer: for its own file, and for the reference that tests compare it with. */
#ifndef QB_LAYER_MAXPOOL_H
#define QB_LAYER_MAXPOOL_H

typedef struct qb_maxpool {
    int kernel, stride, pad;
} qb_maxpool;

#endif
