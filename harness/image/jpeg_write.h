/* Pixels as a JPEG file in memory. */
#ifndef QB_IMAGE_JPEG_WRITE_H
#define QB_IMAGE_JPEG_WRITE_H

#include <stddef.h>
#include <stdint.h>

/* pixels: (height, width, 3) RGB; quality from 1 to 100; colours are not subsampled. QB_E_NOMEM; QB_E_DATA: libjpeg refuses.
 * Free *ret_file with qb_free. */
int qb_jpeg_write(const uint8_t *pixels, int height, int width, int quality, void **ret_file, size_t *ret_n);

#endif
