/* What is done to an image between the data set and the network: a chain of small functions on one image, and at its end
 * the numbers that the network sees.
 *
 * Invariant: what a transform draws depends on (seed, purpose, epoch, sample) alone. Flip and crop draw from one stream, in
 * the order of the chain, whether they are on or off, so that one does not change the other's numbers; a transform with
 * numbers of its own takes a stream of its own purpose.
 */
#ifndef QB_DATASETS_TRANSFORM_H
#define QB_DATASETS_TRANSFORM_H

#include "base/rng.h"
#include "image/image.h"

/* Whose image it is, and what a transform may draw from. */
typedef struct qb_draw {
    uint64_t seed, epoch, sample;
    qb_stream augment; /* QB_RNG_AUGMENT of (epoch, sample) */
    qb_room *room;     /* for a transform that makes new pixels; not where the image's own pixels are */
    qb_room *scratch;  /* for what it needs meanwhile; NULL where no transform makes pixels */
} qb_draw;

qb_draw qb_draw_of(uint64_t seed, int64_t epoch, uint32_t sample, qb_room *room);

typedef struct qb_transform qb_transform;
struct qb_transform {
    const char *name;
    /* QB_E_DATA with the reason: the image cannot be taken. QB_E_NOMEM. */
    int (*apply)(const qb_transform *t, qb_draw *draw, qb_image *image);
    double chance; /* flip: of it happening, in [0, 1] */
    int pad;       /* pad-crop: pixels on each side */
    int side;      /* resize-crop: of the result */
};

/* Left to right, with the chance given (0: draws and does nothing). */
qb_transform qb_transform_flip(double chance);

/* Pads each side with raw 0 and takes a window of the image's own size at a random place. */
qb_transform qb_transform_pad_crop(int pad);

/* Brings the shorter side to trunc(side / 0.875) (bicubic, antialiased) and takes the middle side x side: what ImageNet networks are
 * tested on. Draws nothing. Source: torchvision's Resize and CenterCrop on Pillow images. */
qb_transform qb_transform_resize_crop(int side);

/* Bytes to float32: (x / 255 - mean) / std, each operation rounded to float32 in that order, as PyTorch's code does.
 * A byte has 256 values, so a table a channel gives exactly these numbers. */
typedef struct qb_normalizer {
    float table[QB_IMAGE_CHANNELS][256];
} qb_normalizer;

void qb_normalizer_init(qb_normalizer *n, int c, const double *mean, const double *std);

/* The frame of `image` as (c, h, w) floats. */
void qb_normalize(const qb_normalizer *n, const qb_image *image, float *out);

#endif
