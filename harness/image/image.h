/* One image on its way from where it is stored to a network: bytes that are looked at through strides and a frame.
 *
 * Invariant: turning, moving and cropping change the strides and the frame alone; a byte is copied or computed only where
 * that cannot be avoided (decoding, resizing), and then into a room of the caller's that grows to the largest image.
 */
#ifndef QB_IMAGE_H
#define QB_IMAGE_H

#include <stddef.h>
#include <stdint.h>

enum { QB_IMAGE_CHANNELS = 3, QB_IMAGE_SIDE = 65535 }; /* the most of each */

/* Frame pixel (y, x) of channel k is pixels[k * plane + (y - top) * row + (x - left) * column] where the stored image
 * covers it, and 0 elsewhere. */
typedef struct qb_image {
    const uint8_t *pixels;      /* of channel 0, stored row 0, stored column 0; borrowed */
    int c, height, width;       /* stored */
    int64_t plane, row, column; /* bytes from one channel, row, column to the next; negative: backwards */
    int top, left;              /* where the stored image lies in the frame; may be negative */
    int h, w;                   /* the frame: what the image counts as */
} qb_image;

/* A window: pixels left..left + width - 1 of rows top..top + height - 1. */
typedef struct qb_box {
    int left, top, width, height;
} qb_box;

/* Bytes that a thread keeps from image to image. Zeroed = empty; free `bytes` with qb_free. */
typedef struct qb_room {
    uint8_t *bytes;
    size_t n;
} qb_room;

/* At least n bytes of room; what was in it is lost. QB_E_NOMEM. */
int qb_room_reserve(qb_room *room, size_t n);

/* Images that lie as planes (c, h, w) or as pixels (h, w, c); the frame is the image. */
qb_image qb_image_of_planes(const uint8_t *pixels, int c, int h, int w);
qb_image qb_image_of_pixels(const uint8_t *pixels, int c, int h, int w);

/* The window of an image whose frame is itself: no pixel is touched. window: within it, at least 1 x 1 (asserted). */
void qb_image_cut(qb_image *image, const qb_box *window);

/* The frame as (h, w, c) bytes without gaps; `out` does not overlap the pixels. */
void qb_image_copy(const qb_image *image, uint8_t *out);

#endif
