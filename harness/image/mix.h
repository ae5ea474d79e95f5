/* MixUp and CutMix: an image and its partner become one, and their labels share it.
 *
 * Invariant: pure functions of two images and numbers; whose partner is whose, and what is drawn, is the caller's.
 * Source: torchvision's MixUp and CutMix (v2), as the DeiT recipe uses them.
 */
#ifndef QB_IMAGE_MIX_H
#define QB_IMAGE_MIX_H

#include "image/image.h"

/* out[n] = (1 - share) partner + share own, both factors rounded to float32 first. share in [0, 1] is what the own label
 * gets. out may be own or partner. */
void qb_mix_up(const float *own, const float *partner, size_t n, double share, float *out);

/* The box of an image of (height, width) that shows the partner: about (cx, cy), half sides trunc(sqrt(1 - share) / 2 side),
 * cut to the image; it may be empty. */
qb_box qb_mix_box(int height, int width, double share, int cx, int cy);

/* What is left of the own image around such a box, in [0, 1]: what its label gets. */
double qb_mix_box_share(int height, int width, const qb_box *box);

/* image (c, height, width) <- partner within the box. */
void qb_mix_cut(const float *partner, int c, int height, int width, const qb_box *box, float *image);

#endif
