/* RandomErasing: a rectangle of a normalised image becomes noise.
 *
 * Invariant: pure functions; what is random comes in as numbers.
 * Source: timm's RandomErasing, mode "pixel".
 */
#ifndef QB_IMAGE_ERASE_H
#define QB_IMAGE_ERASE_H

#include <stdbool.h>

#include "image/image.h"

/* Sides of a rectangle of `share` of the area of (height, width) whose height / width is exp(log_ratio), rounded half to even.
 * false: it is not smaller than the image both ways, and another one must be drawn. */
bool qb_erase_size(int height, int width, double share, double log_ratio, int *ret_height, int *ret_width);

/* image (c, height, width) <- noise (c, rectangle's height, its width) in the rectangle, which is within the image. */
void qb_erase(float *image, int c, int height, int width, const qb_box *rectangle, const float *noise);

#endif
