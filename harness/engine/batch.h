/* A batch on its way from the loader to the loss: the images, which samples of which epoch they are, and what the network
 * should say of them.
 *
 * Invariant: everything that a pass over the images may depend on is in here. Image i of a part of a batch is the image at
 * position first + i * stride of the whole batch, and the loss is divided by the images of the whole batch, so that the
 * parts' gradients add up to the batch's.
 */
#ifndef QB_BATCH_H
#define QB_BATCH_H

#include <stdint.h>

/* What is right for an image: share[0] of label[0] and share[1] of label[1]; the shares add up to 1. An image of one
 * class has share {1, 0} and label[1] equal to label[0]; MixUp and CutMix mix two. */
typedef struct qb_target {
    int32_t label[2]; /* each in [0, classes) */
    float share[2];   /* each in [0, 1] */
} qb_target;

typedef struct qb_batch {
    int n;                    /* images */
    const float *images;      /* (n, c, h, w) plain, normalised */
    const qb_target *targets; /* (n) */
    const uint32_t *samples;  /* (n) numbers of the images in their split; NULL: not known */
    int64_t epoch, step;      /* of the training; 0 in evaluation */
    uint64_t seed;            /* of the run */
    int64_t first, stride;    /* position of image i in the whole batch: first + i * stride */
    int64_t n_whole;          /* images of the whole batch, >= n: the sum of the losses is divided by it */
    double label_smoothing;   /* in [0, 1): a target keeps 1 - e of its shares, and each class gets e / classes */
} qb_batch;

static inline qb_target qb_target_of(int32_t label)
{
    return (qb_target){{label, label}, {1, 0}};
}

#endif
