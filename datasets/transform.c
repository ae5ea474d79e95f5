/* Geometry moves strides and frame; only qb_normalize goes over the bytes, once. */
#include "datasets/transform.h"

#include "base/err.h"

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

/* Columns [first, last) of the frame come from `from` on; the others are 0. */
static void normalize_row(const float *table, const uint8_t *from, int64_t column, int first, int last, int w, float *out)
{
    int x = 0;
    for (; x < first; x++)
        out[x] = table[0];
    if (column == 1)
        for (; x < last; x++)
            out[x] = table[*from++];
    else if (column == -1)
        for (; x < last; x++)
            out[x] = table[*from--];
    else
        for (; x < last; x++, from += column)
            out[x] = table[*from];
    for (; x < w; x++)
        out[x] = table[0];
}

void qb_normalize(const qb_normalizer *n, const qb_image *image, float *out)
{
    const int first = clamp(image->left, image->w), last = clamp(image->left + image->width, image->w);
    for (int c = 0; c < image->c; c++) {
        const float *table = n->table[c];
        for (int y = 0; y < image->h; y++, out += image->w) {
            const int row = y - image->top;
            if (row < 0 || row >= image->height || first >= last)
                for (int x = 0; x < image->w; x++)
                    out[x] = table[0];
            else
                normalize_row(table, image->pixels + c * image->plane + row * image->row + (first - image->left) * image->column,
                              image->column, first, last, image->w, out);
        }
    }
}
