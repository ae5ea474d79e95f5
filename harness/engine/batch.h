/* A batch on its way from the loader to the loss: the images, which samples of which epoch they are, and what the network
 * should say of them; or a part of a batch, which is a pass of its own.
 *
 * Invariant: everything that a pass over the images may depend on is in here. The arrays are those of the whole batch,
 * indexed by position; image i of a pass is the one at position first + i * stride (a whole batch: 0 and 1). The loss is
 * divided by the images of the whole batch, so that the parts' gradients add up to the batch's.
 */
#ifndef QB_BATCH_H
#define QB_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is right for an image: share[0] of label[0] and share[1] of label[1]; the shares add up to 1. An image of one
 * class has share {1, 0} and label[1] equal to label[0]; MixUp and CutMix mix two. */
typedef struct qb_target {
    int32_t label[2]; /* each in [0, classes) */
    float share[2];   /* each in [0, 1] */
} qb_target;

typedef struct qb_batch {
    int n;                    /* images of this pass, >= 1 */
    int first, stride;        /* their positions in the whole batch: first + i * stride */
    int n_whole;              /* images of the whole batch, >= n: what the sum of the losses is divided by */
    const float *images;      /* (n_whole, c, h, w) plain, normalised */
    const qb_target *targets; /* (n_whole) */
    const uint32_t *samples;  /* (n_whole) numbers of the images in their split; NULL: not known */
    const bool *unreadable;   /* (n_whole) images that could not be read: never counted as right; NULL: all were read */
    int64_t epoch, step;      /* of the training, from 0; 0 in evaluation */
    uint64_t seed;            /* of the run */
    double label_smoothing;   /* e in [0, 1): a target keeps 1 - e of its shares, and each class gets e / classes */
} qb_batch;

static inline qb_target qb_target_of(int32_t label)
{
    return (qb_target){{label, label}, {1, 0}};
}

/* A whole batch of n images; samples, epoch, step, seed and smoothing are left at 0. */
static inline qb_batch qb_batch_of(const float *images, const qb_target *targets, int n)
{
    return (qb_batch){.n = n, .stride = 1, .n_whole = n, .images = images, .targets = targets};
}

/* Part r of n_parts of a whole batch: the images at positions r, r + n_parts, ...; r below n_parts and the batch's images. */
static inline qb_batch qb_batch_part(const qb_batch *whole, int r, int n_parts)
{
    qb_batch part = *whole;
    part.n = (whole->n_whole - r + n_parts - 1) / n_parts;
    part.first = r;
    part.stride = n_parts;
    return part;
}

/* Position in the whole batch of image i of this pass. */
static inline size_t qb_batch_position(const qb_batch *b, int i)
{
    return (size_t)b->first + (size_t)i * (size_t)b->stride;
}

#endif
