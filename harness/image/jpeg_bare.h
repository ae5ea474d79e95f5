/* What libjpeg-turbo needs for a file at least: what our decoding is held against. */
#ifndef QB_IMAGE_JPEG_BARE_H
#define QB_IMAGE_JPEG_BARE_H

#include <stddef.h>

#include "image/image.h"

/* All pixels as RGB, row by row into `room`, by the library's own settings. QB_E_DATA: it is no JPEG that can be read so (neither a
 * PNG, nor CMYK), QB_E_NOMEM. */
int qb_jpeg_decode_bare(const void *bytes, size_t n, qb_room *room);

/* The library's version, as "2.1.5". */
const char *qb_jpeg_version(void);

#endif
