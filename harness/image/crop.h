/* Which part of an image is looked at, in training and in evaluation. Boxes alone: no pixels.
 *
 * Invariant: pure functions; what is random comes in as uniform numbers in [0, 1).
 */
#ifndef QB_IMAGE_CROP_H
#define QB_IMAGE_CROP_H

#include "image/image.h"

/* RandomResizedCrop: what may be drawn. */
typedef struct qb_crop_range {
    double area[2];  /* share of the image's area, lowest and highest */
    double ratio[2]; /* width / height, lowest and highest; uniform in its logarithm */
} qb_crop_range;

enum { QB_CROP_ATTEMPTS = 10 };

/* Numbers of one crop. attempts[k]: those of area and log ratio; each attempt that fits nowhere uses up one. */
typedef struct qb_crop_draw {
    double attempts[QB_CROP_ATTEMPTS][2];
    double top, left;
} qb_crop_draw;

/* The box of an image of (height, width): the first attempt whose sides, rounded half to even, are at least 1 and fit in; its
 * place floor(u (free + 1)). Otherwise the whole image, or its centre where it is wider or taller than the ratios allow.
 * *ret_attempt: the attempt that was taken, -1: none; may be NULL.
 * Source: torchvision's RandomResizedCrop. Differs from timm's: that takes a side of 0. */
qb_box qb_crop_random(const qb_crop_range *range, int height, int width, const qb_crop_draw *draw, int *ret_attempt);

/* Size after the shorter side was resized to `side`, the longer one by trunc(side long / short).
 * Source: torchvision's Resize. */
void qb_crop_shorter_side(int height, int width, int side, int *ret_height, int *ret_width);

/* The box of `side` x `side` in the middle of (height, width), halves to the even number; side: at most both (asserted).
 * Source: torchvision's CenterCrop. */
qb_box qb_crop_centre(int height, int width, int side);

#endif
