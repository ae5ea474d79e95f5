/* The operations of augment.h that leave every pixel where it is. Images as there; n: pixels. */
#ifndef QB_IMAGE_COLOUR_H
#define QB_IMAGE_COLOUR_H

#include <stddef.h>
#include <stdint.h>

void qb_colour_auto_contrast(const uint8_t *from, size_t n, uint8_t *to);
void qb_colour_equalize(const uint8_t *from, size_t n, uint8_t *to);
void qb_colour_invert(const uint8_t *from, size_t n, uint8_t *to);
void qb_colour_posterize(int bits, const uint8_t *from, size_t n, uint8_t *to);
void qb_colour_solarize(int threshold, const uint8_t *from, size_t n, uint8_t *to);
void qb_colour_solarize_add(int amount, const uint8_t *from, size_t n, uint8_t *to);
void qb_colour_saturate(float factor, const uint8_t *from, size_t n, uint8_t *to);
void qb_colour_contrast(float factor, const uint8_t *from, size_t n, uint8_t *to);
void qb_colour_brighten(float factor, const uint8_t *from, size_t n, uint8_t *to);
void qb_colour_sharpen(float factor, const uint8_t *from, int height, int width, uint8_t *to);

#endif
