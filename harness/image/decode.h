/* A JPEG or PNG file in memory as RGB pixels, byte for byte as Pillow's open(...).convert("RGB") gives them.
 *
 * Invariant: which pixels come out, and whether any do, depends on the bytes of the file alone: never on the window that is
 * asked for, never on an earlier call. Any thread, each with a room of its own.
 *
 * The format is told from the content. Rules where formats leave a choice:
 *   EXIF orientation, colour profiles, gamma          not looked at
 *   grey                                              three times the same
 *   CMYK, YCCK (with Adobe's mark or without)         inverted ink, R = max(0, C - m(255 - K, C)); m(a, b) = a b / 255 rounded
 *   alpha, transparent colours                        dropped, colours as stored
 *   PNG with 16 bits: RGB, or grey with alpha         the high byte
 *   PNG with 16 bits: grey                            min(value, 255)
 *   colours that a PNG's palette lacks                grey of their number
 *   checksums of a PNG's image data                   not looked at; those of other chunks must be right
 *   bytes after the end, stray ones before the mark   not looked at
 *   a JPEG that ends before its end mark              an error
 * Source: Pillow 9.4.0 on libjpeg-turbo 2.1.5 (accurate integer DCT, smooth chroma upsampling, both libjpeg's defaults).
 * Differs: other formats are refused; so are a JPEG of more than QB_JPEG_SCANS scans, or of more than 2^24 pixels and less than
 * a bit of data a block, both made to take time and memory; and a PNG whose compressed data lack their end. Chunks that say
 * nothing of the pixels may hold anything.
 */
#ifndef QB_IMAGE_DECODE_H
#define QB_IMAGE_DECODE_H

#include <stddef.h>

#include "image/image.h"

enum { QB_DECODE_PIXELS = 178956970 }; /* the most, as Pillow has it */
enum { QB_JPEG_SCANS = 500 };

/* Height and width of an image from its header: all that a choice of windows needs. n: bytes of the file.
 * QB_E_DATA with the reason, without a name: "neither JPEG nor PNG (starts with 3c 68)", "JPEG: ...". */
int qb_decode_size(const void *bytes, size_t n, int *ret_height, int *ret_width);

/* Pixels of a window (NULL: the whole image) as (height, width, 3) in `room`: valid until the room is used again.
 * window: within the image (asserted), at least 1 x 1. A JPEG is decoded around the window only, where that gives the same
 * bytes; time and memory are those of the window then.
 * Errors as above, and QB_E_NOMEM. */
int qb_decode(const void *bytes, size_t n, const qb_box *window, qb_room *room, qb_image *ret_image);

#endif
