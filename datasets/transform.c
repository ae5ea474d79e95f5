/* Geometry moves strides and frame; only qb_normalize goes over the bytes, once. */
#include "datasets/transform.h"

#include <stdbool.h>

#include "base/err.h"
#include "image/crop.h"
#include "image/resize.h"

qb_draw qb_draw_of(uint64_t seed, int64_t epoch, uint32_t sample, qb_room *room)
{
    return (qb_draw){.seed = seed, .epoch = (uint64_t)epoch, .sample = sample, .room = room,
                     .augment = qb_rng_stream(seed, QB_RNG_AUGMENT, (uint64_t)epoch, sample)};
}

static int flip(const qb_transform *t, qb_draw *draw, qb_image *image)
{
    if (!(qb_rng_uniform(&draw->augment) < t->chance))
        return 0;
    image->pixels += (image->width - 1) * image->column;
    image->column = -image->column;
    image->left = image->w - image->left - image->width;
    return 0;
}

static int pad_crop(const qb_transform *t, qb_draw *draw, qb_image *image)
{
    const uint32_t places = 2 * (uint32_t)t->pad + 1;
    image->top += t->pad - (int)qb_rng_below(&draw->augment, places);
    image->left += t->pad - (int)qb_rng_below(&draw->augment, places);
    return 0;
}

qb_transform qb_transform_flip(double chance)
{
    return (qb_transform){.name = "flip", .apply = flip, .chance = chance};
}

qb_transform qb_transform_pad_crop(int pad)
{
    return (qb_transform){.name = "pad-crop", .apply = pad_crop, .pad = pad};
}

static int resize_crop(const qb_transform *t, qb_draw *draw, qb_image *image)
{
    int height, width;
    qb_crop_shorter_side(image->h, image->w, t->side * 8 / 7, &height, &width);
    const qb_box box = qb_crop_centre(height, width, t->side);
    QB_TRY(qb_room_reserve(draw->room, (size_t)t->side * (size_t)t->side * QB_IMAGE_CHANNELS));
    QB_TRY(qb_resize(image, QB_FILTER_BICUBIC, height, width, &box, draw->scratch, draw->room->bytes));
    *image = qb_image_of_pixels(draw->room->bytes, QB_IMAGE_CHANNELS, t->side, t->side);
    return 0;
}

qb_transform qb_transform_resize_crop(int side)
{
    return (qb_transform){.name = "resize-crop", .apply = resize_crop, .side = side};
}

void qb_normalizer_init(qb_normalizer *n, int c, const double *mean, const double *std)
{
    QB_ASSERT(c >= 1 && c <= QB_IMAGE_CHANNELS);
    for (int i = 0; i < c; i++) {
        const float m = (float)mean[i], s = (float)std[i];
        for (int x = 0; x < 256; x++) {
            float unit = (float)x / 255.0f;
            float centred = unit - m;
            n->table[i][x] = centred / s;
        }
    }
}

static int clamp(int v, int most)
{
    return v < 0 ? 0 : v > most ? most : v;
}

/* out[i] = table[from[i * step]]. Apart for the steps that there are, so that the loops are as plain as can be. */
static void look_up(const float *restrict table, const uint8_t *restrict from, int64_t step, int64_t n, float *restrict out)
{
    if (step == 1)
        for (int64_t i = 0; i < n; i++)
            out[i] = table[from[i]];
    else if (step == -1)
        for (int64_t i = 0; i < n; i++)
            out[i] = table[from[-i]];
    else
        for (int64_t i = 0; i < n; i++)
            out[i] = table[from[i * step]];
}

static void fill(float value, int64_t n, float *out)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = value;
}

void qb_normalize(const qb_normalizer *n, const qb_image *image, float *out)
{
    const int64_t h = image->h, w = image->w, first = clamp(image->left, image->w), last = clamp(image->left + image->width, image->w);
    const bool is_plain = image->column == 1 && image->row == w && image->width == image->w && image->height == image->h &&
                          image->left == 0 && image->top == 0;
    for (int c = 0; c < image->c; c++) {
        const float *table = n->table[c];
        const uint8_t *plane = image->pixels + c * image->plane;
        if (is_plain) { /* rows follow each other */
            look_up(table, plane, 1, h * w, out);
            out += h * w;
            continue;
        }
        for (int64_t y = 0; y < h; y++, out += w) {
            const int64_t row = y - image->top;
            if (row < 0 || row >= image->height || first >= last) {
                fill(table[0], w, out);
                continue;
            }
            fill(table[0], first, out);
            look_up(table, plane + row * image->row + (first - image->left) * image->column, image->column, last - first, out + first);
            fill(table[0], w - last, out + last);
        }
    }
}
