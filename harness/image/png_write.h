/* Pixels as a PNG file in memory. */
#ifndef QB_IMAGE_PNG_WRITE_H
#define QB_IMAGE_PNG_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* pixels: (height, width, 3) RGB. QB_E_NOMEM; QB_E_DATA: libpng refuses, as more than 2^31 - 1 bytes. Free *ret_file with qb_free. */
int qb_png_write(const uint8_t *pixels, int height, int width, void **ret_file, size_t *ret_n);

/* Do the bytes start as those of a PNG file do? */
bool qb_png_is_one(const void *bytes, size_t n);

#endif
