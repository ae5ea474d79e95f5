/* A data set that exists in the tests alone: images of mixed sizes, 3,000 classes, pixels interleaved as decoders give them,
 * a crop-or-pad transform of its own, and images that cannot be read. It is plugged in through the source interface.
 */
#ifndef QB_MIXED_DATA_H
#define QB_MIXED_DATA_H

#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "datasets/source.h"

enum { MIXED_SIDE = 32, MIXED_CLASSES = 3000, MIXED_TRAIN = 70, MIXED_TEST = 40, MIXED_BAD_TRAIN = 17, MIXED_BAD_TEST = 5 };

/* From 1 x 1 to 60 x 60, and one as long as an image may be. */
static inline void mixed_size(int split, int64_t i, int *ret_h, int *ret_w)
{
    qb_stream s = qb_rng_stream(77, QB_RNG_SYNTHETIC, (uint64_t)split, (uint64_t)i);
    *ret_h = 1 + (int)qb_rng_below(&s, 60);
    *ret_w = i == 3 ? QB_IMAGE_SIDE : 1 + (int)qb_rng_below(&s, 60);
}

static inline uint8_t mixed_pixel(int split, int64_t i, int y, int x, int c)
{
    return (uint8_t)(31 * i + 7 * y + 3 * x + 101 * c + 13 * split);
}

static inline int mixed_class(int split, int64_t i)
{
    return (int)((i * 997 + split) % MIXED_CLASSES);
}

static int mixed_image(const qb_dataset *d, int split, int64_t i, qb_room *room, qb_image *ret_image)
{
    int h, w;
    (void)d;
    if (i == (split == QB_SPLIT_TRAIN ? MIXED_BAD_TRAIN : MIXED_BAD_TEST))
        return qb_err_set(QB_E_DATA, "is no image: starts with 0x00");
    mixed_size(split, i, &h, &w);
    QB_TRY(qb_room_reserve(room, (size_t)h * (size_t)w * 3));
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            for (int c = 0; c < 3; c++)
                room->bytes[((int64_t)y * w + x) * 3 + c] = mixed_pixel(split, i, y, x, c);
    *ret_image = qb_image_of_pixels(room->bytes, 3, h, w);
    return 0;
}

static char *mixed_name(const qb_dataset *d, int split, int64_t i)
{
    (void)d;
    return qb_sprintf("mixed/%s/%lld.bmp", split == QB_SPLIT_TRAIN ? "train" : "val", (long long)i);
}

static int mixed_open(qb_dataset *d, const char *data_dir, qb_report *report)
{
    (void)data_dir;
    (void)report;
    memset(d->fingerprint, 'a', sizeof d->fingerprint - 1);
    d->label = qb_strdup("mixed");
    return d->label ? 0 : QB_E_NOMEM;
}

static int mixed_load(qb_dataset *d)
{
    QB_TRY(qb_dataset_alloc_classes(d));
    for (int split = 0; split < QB_N_SPLITS; split++)
        for (int64_t i = 0; i < qb_dataset_count(d, split); i++)
            d->classes[split][i] = (uint16_t)mixed_class(split, i);
    return 0;
}

/* The middle MIXED_SIDE x MIXED_SIDE, black where the image is smaller. */
static int crop_or_pad(const qb_transform *t, qb_draw *draw, qb_image *image)
{
    (void)t;
    (void)draw;
    image->top += (MIXED_SIDE - image->h) / 2;
    image->left += (MIXED_SIDE - image->w) / 2;
    image->h = image->w = MIXED_SIDE;
    return 0;
}

static const qb_transform mixed_transforms[] = {{.name = "crop-or-pad", .apply = crop_or_pad}};
static const qb_source_kind mixed_kind = {.open = mixed_open, .load = mixed_load, .image = mixed_image, .image_name = mixed_name};
static const qb_source mixed_source = {
    .info = {.name = "mixed", .title = "images of mixed sizes", .source = "tests", .c = 3, .h = MIXED_SIDE, .w = MIXED_SIDE,
             .n_classes = MIXED_CLASSES, .n_train = MIXED_TRAIN, .n_test = MIXED_TEST, .mean = {0.5, 0.4, 0.3},
             .std = {0.2, 0.3, 0.25}, .augment_by_default = true, .files = "none"},
    .label = "mixed",
    .kind = &mixed_kind,
    .transforms = mixed_transforms,
    .n_transforms = 1,
};

#endif
