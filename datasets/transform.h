/* What is done to an image between the data set and the network: small functions on one image, one after the other (chain.h), and
 * in between the numbers that the network sees.
 *
 * Invariant: what a transform draws depends on (seed, purpose, epoch, sample, repeat) alone. Flip and pad-crop draw from one
 * stream, in the order of the chain, whether they are on or off, so that one does not change the other's numbers; a transform
 * with numbers of its own takes a stream of its own purpose.
 */
#ifndef QB_DATASETS_TRANSFORM_H
#define QB_DATASETS_TRANSFORM_H

#include "base/rng.h"
#include "image/image.h"
#include "image/resize.h"

/* What a thread keeps from image to image. Zeroed = empty. */
typedef struct qb_rooms {
    qb_room pixels;  /* of the image as it was read */
    qb_room made[2]; /* of what transforms make of it, in turn */
    qb_room scratch; /* for what a transform needs meanwhile */
} qb_rooms;

void qb_rooms_finish(qb_rooms *rooms);

/* Whose image it is, what a transform may draw from, and where it may make pixels. */
typedef struct qb_draw {
    uint64_t seed, epoch, image; /* image: sample + 2^32 repeat: b of the streams */
    qb_stream augment;           /* QB_RNG_AUGMENT of (epoch, image) */
    qb_rooms *rooms;             /* NULL: no transform makes pixels */
    int turn;                    /* which of rooms->made is next */
} qb_draw;

/* repeat: which time of the epoch that the image is taken, from 0; below 2^16. */
qb_draw qb_draw_of(uint64_t seed, int64_t epoch, uint32_t sample, int repeat, qb_rooms *rooms);

/* A stream of (epoch, image). */
qb_stream qb_draw_stream(const qb_draw *draw, uint32_t purpose);

/* Room for n new pixel bytes, never where the image's own pixels are. QB_E_NOMEM. */
int qb_draw_reserve(qb_draw *draw, size_t n, uint8_t **ret_bytes);

/* A transform has one of the functions, or the first two. Errors: QB_E_DATA with the reason: the image cannot be taken; QB_E_NOMEM. */
typedef struct qb_transform qb_transform;
struct qb_transform {
    const char *name, *title, *source; /* "flip", one line, where it is from */

    /* The part of an image of this size that is looked at: at least 1 x 1, within it. For the first of a chain alone. */
    qb_box (*choose)(const qb_transform *t, qb_draw *draw, int height, int width);

    int (*apply)(const qb_transform *t, qb_draw *draw, qb_image *image);

    /* On the normalised floats (c, h, w), in place. */
    int (*apply_floats)(const qb_transform *t, qb_draw *draw, int c, int h, int w, float *floats);

    double chance;     /* flip: of it happening, in [0, 1] */
    int pad;           /* pad-crop: pixels on each side */
    int height, width; /* resize-crop, resized-crop: of the result */
    qb_filter filter;  /* resized-crop */
};

/* Every kind of transform, for lists; parameters are left open. */
const qb_transform *qb_transforms(size_t *ret_n);

/* Left to right, with the chance given (0: draws and does nothing). */
qb_transform qb_transform_flip(double chance);

/* Pads each side with raw 0 and takes a window of the image's own size at a random place. */
qb_transform qb_transform_pad_crop(int pad);

/* Brings the shorter side to trunc(side / 0.875) (bicubic, antialiased) and takes the middle side x side: what ImageNet networks are
 * tested on. Draws nothing. Source: torchvision's Resize and CenterCrop on Pillow images. */
qb_transform qb_transform_resize_crop(int side);

/* A random part of the image, 0.08 to 1 of its area and 3/4 to 4/3 as wide as high (crop.h), resized to (height, width): first of a
 * chain; three channels. Source: torchvision's RandomResizedCrop on Pillow images. */
qb_transform qb_transform_resized_crop(int height, int width, qb_filter filter);

/* RandAugment (draws.h) on three channels. Source: timm's "rand-m9-mstd0.5-inc1". */
qb_transform qb_transform_rand_augment(void);

/* RandomErasing (draws.h): a rectangle of the normalised image becomes N(0, 1) noise. Source: timm's, mode "pixel". */
qb_transform qb_transform_erase(void);

/* Bytes to float32: (x / 255 - mean) / std, each operation rounded to float32 in that order, as PyTorch's code does.
 * A byte has 256 values, so a table a channel gives exactly these numbers. */
typedef struct qb_normalizer {
    float table[QB_IMAGE_CHANNELS][256];
} qb_normalizer;

void qb_normalizer_init(qb_normalizer *n, int c, const double *mean, const double *std);

/* The frame of `image` as (c, h, w) floats. */
void qb_normalize(const qb_normalizer *n, const qb_image *image, float *out);

#endif
