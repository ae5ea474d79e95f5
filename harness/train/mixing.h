/* MixUp and CutMix of a whole batch: each image is mixed with the one before it in its part, the first with the last.
 *
 * Invariant: what is drawn for a part depends on (seed, step, part) alone, and is the same for all its images.
 * Source: torchvision's MixUp and CutMix, one of the two with probability 1/2 where both are on, as the DeiT recipe draws them on
 * each of its processes: a part is what one process has.
 */
#ifndef QB_MIXING_H
#define QB_MIXING_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/batch.h"
#include "image/mix.h"

typedef struct qb_mixing {
    double mixup, cutmix; /* alpha of Beta(alpha, alpha), from which the share of the own label is drawn; 0: off */
    int parts;            /* image i of a batch is in part i mod parts; 0 and 1: all in one */
} qb_mixing;

bool qb_mixing_is_on(const qb_mixing *m);

/* Both, for lists: "mixup", one line, where it is from. */
typedef struct qb_mixing_kind {
    const char *name, *title, *source;
} qb_mixing_kind;

const qb_mixing_kind *qb_mixing_kinds(size_t *ret_n);

/* What is done to the images of a part. */
typedef struct qb_mixture {
    bool is_cut;  /* the partner's pixels within `box`; else the sum of both */
    qb_box box;
    double share; /* what the own image and label get, in [0, 1] */
} qb_mixture;

/* Of images of (h, w); m is on. */
qb_mixture qb_mix_draw(const qb_mixing *m, uint64_t seed, int64_t step, int part, int h, int w);

/* images (n, c, h, w) and targets (n), in place. A target is of one class before; after it has the own label first, then the
 * partner's, of which it counts share and 1 - share. spare: (c, h, w) floats. An image that is alone is its own partner. */
void qb_mix_batch(const qb_mixing *m, uint64_t seed, int64_t step, int n, int c, int h, int w, float *images, qb_target *targets,
                  float *spare);

#endif
