/* The operations of augment.h that move pixels. Images as there. */
#ifndef QB_IMAGE_WARP_H
#define QB_IMAGE_WARP_H

#include <stdint.h>

/* The pixel whose centre is at (x, y) shows what is at (m[0] x + m[1] y + m[2], m[3] x + m[4] y + m[5]), between pixels by the
 * bicubic polynomial with a = -1, in double, cut to whole numbers; outside the image the fill colour (124, 116, 104). */
void qb_warp_affine(const double m[6], const uint8_t *from, int height, int width, uint8_t *to);

/* Counter-clockwise about the middle; a right angle where the shape allows it, and 0, exactly. */
void qb_warp_rotate(double degrees, const uint8_t *from, int height, int width, uint8_t *to);

#endif
