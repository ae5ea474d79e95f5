/* Antialiased resizing of 8-bit RGB, byte for byte as Pillow does it.
 *
 * Invariant: a pixel of the result depends on the source, the filter and both sizes alone: any window of a result holds the
 * same bytes as the whole.
 *
 * For one axis, from n to m pixels: scale = n / m, widened = max(scale, 1), reach = S widened with S = 1 (bilinear) or
 * 2 (bicubic). Pixel x has its centre at c = (x + 1/2) scale and weights f((j + 1/2 - c) / widened) for the j from
 * max(0, trunc(c - reach + 1/2)) to before min(n, trunc(c + reach + 1/2)), divided by their sum, in double. Then in whole
 * numbers: weights rounded to 22 fractional bits, halves away from 0; a sum from 1/2 on, cut to an integer and to [0, 255].
 *   bilinear   f(t) = 1 - |t|
 *   bicubic    f(t) = (a + 2)|t|^3 - (a + 3)|t|^2 + 1 below 1, a(|t|^3 - 5|t|^2 + 8|t| - 4) below 2, a = -1/2
 * Rows first, rounded to 8 bits, then columns; an axis that keeps its size is left alone.
 * Source: Pillow 9.4.0 (up to 12; 13 sometimes begins with the columns).
 */
#ifndef QB_IMAGE_RESIZE_H
#define QB_IMAGE_RESIZE_H

#include "image/image.h"

typedef enum qb_filter { QB_FILTER_BILINEAR = 1, QB_FILTER_BICUBIC } qb_filter;

/* A window (NULL: all) of `from` resized to (height, width), as (window's height, its width, 3) bytes in `out`.
 * from: three channels, interleaved; its frame is not looked at, rows may lie apart. A crop is resized alone: the filter never
 * sees pixels outside, so what is to be cropped first must be cropped in `from`.
 * scratch: for what is between the two passes; its bytes are lost. `out` overlaps neither.
 * Sizes are at least 1, the window is within the result (asserted). QB_E_NOMEM. */
int qb_resize(const qb_image *from, qb_filter filter, int height, int width, const qb_box *window, qb_room *scratch, uint8_t *out);

#endif
