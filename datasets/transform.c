/* Geometry moves strides and frame; where new pixels must be made they go to the two rooms in turn; only qb_normalize goes over
 * all bytes, once.
 */
#include "datasets/transform.h"

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"
#include "datasets/draws.h"
#include "image/crop.h"
#include "image/erase.h"

void qb_rooms_finish(qb_rooms *rooms)
{
    qb_free(rooms->pixels.bytes);
    qb_free(rooms->made[0].bytes);
    qb_free(rooms->made[1].bytes);
    qb_free(rooms->scratch.bytes);
    *rooms = (qb_rooms){0};
}

qb_draw qb_draw_of(uint64_t seed, int64_t epoch, uint32_t sample, int repeat, qb_rooms *rooms)
{
    qb_draw draw = {.seed = seed, .epoch = (uint64_t)epoch, .image = sample + ((uint64_t)repeat << 32), .rooms = rooms};
    draw.augment = qb_draw_stream(&draw, QB_RNG_AUGMENT);
    return draw;
}

qb_stream qb_draw_stream(const qb_draw *draw, uint32_t purpose)
{
    return qb_rng_stream(draw->seed, purpose, draw->epoch, draw->image);
}

int qb_draw_reserve(qb_draw *draw, size_t n, uint8_t **ret_bytes)
{
    qb_room *room = &draw->rooms->made[draw->turn];
    QB_TRY(qb_room_reserve(room, n));
    draw->turn = 1 - draw->turn;
    *ret_bytes = room->bytes;
    return 0;
}

/* ---- geometry ---- */

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

/* ---- new pixels ---- */

static size_t frame_bytes(const qb_image *image)
{
    return (size_t)image->h * (size_t)image->w * (size_t)image->c;
}

/* Pixels side by side as resizing and operations take them: rows may lie apart. */
static bool is_interleaved(const qb_image *image)
{
    return image->plane == 1 && image->column == image->c;
}

static bool is_plain(const qb_image *image)
{
    return is_interleaved(image) && image->row == (int64_t)image->w * image->c && image->top == 0 && image->left == 0 &&
           image->h == image->height && image->w == image->width;
}

/* The same image with its pixels in a room, without gaps. */
static int copy(qb_draw *draw, qb_image *image)
{
    uint8_t *bytes;
    QB_TRY(qb_draw_reserve(draw, frame_bytes(image), &bytes));
    qb_image_copy(image, bytes);
    *image = qb_image_of_pixels(bytes, image->c, image->h, image->w);
    return 0;
}

/* window: of the result (height, width); NULL: all of it. */
static int resize(qb_draw *draw, qb_filter filter, int height, int width, const qb_box *window, qb_image *image)
{
    const int h = window ? window->height : height, w = window ? window->width : width;
    uint8_t *bytes;
    if (!is_interleaved(image))
        QB_TRY(copy(draw, image));
    QB_TRY(qb_draw_reserve(draw, (size_t)h * (size_t)w * QB_IMAGE_CHANNELS, &bytes));
    QB_TRY(qb_resize(image, filter, height, width, window, &draw->rooms->scratch, bytes));
    *image = qb_image_of_pixels(bytes, QB_IMAGE_CHANNELS, h, w);
    return 0;
}

static int resize_crop(const qb_transform *t, qb_draw *draw, qb_image *image)
{
    int height, width;
    qb_crop_shorter_side(image->h, image->w, t->height * 8 / 7, &height, &width);
    const qb_box box = qb_crop_centre(height, width, t->height);
    return resize(draw, QB_FILTER_BICUBIC, height, width, &box, image);
}

static qb_box choose_crop(const qb_transform *t, qb_draw *draw, int height, int width)
{
    static const qb_crop_range range = {.area = {0.08, 1}, .ratio = {3.0 / 4, 4.0 / 3}};
    (void)t;
    qb_stream s = qb_draw_stream(draw, QB_RNG_CROP);
    const qb_crop_draw numbers = qb_draw_crop(&s);
    return qb_crop_random(&range, height, width, &numbers, NULL);
}

static int resized_crop(const qb_transform *t, qb_draw *draw, qb_image *image)
{
    return resize(draw, t->filter, t->height, t->width, NULL, image);
}

static int rand_augment(const qb_transform *t, qb_draw *draw, qb_image *image)
{
    qb_drawn_operation operations[QB_DRAWN_OPERATIONS];
    (void)t;
    qb_stream s = qb_draw_stream(draw, QB_RNG_OPERATIONS);
    const int n = qb_draw_operations(&s, operations);
    if (n > 0 && !is_plain(image))
        QB_TRY(copy(draw, image));
    for (int i = 0; i < n; i++) {
        uint8_t *bytes;
        QB_TRY(qb_draw_reserve(draw, frame_bytes(image), &bytes));
        qb_augment(operations[i].op, operations[i].argument, image->pixels, image->h, image->w, bytes);
        *image = qb_image_of_pixels(bytes, QB_IMAGE_CHANNELS, image->h, image->w);
    }
    return 0;
}

/* ---- floats ---- */

static int erase(const qb_transform *t, qb_draw *draw, int c, int h, int w, float *floats)
{
    qb_box rectangle;
    (void)t;
    qb_stream s = qb_draw_stream(draw, QB_RNG_ERASE);
    if (!qb_draw_rectangle(&s, h, w, &rectangle))
        return 0;
    const size_t n = (size_t)c * (size_t)rectangle.height * (size_t)rectangle.width;
    QB_TRY(qb_room_reserve(&draw->rooms->scratch, n * sizeof(float)));
    float *noise = (void *)draw->rooms->scratch.bytes;
    for (size_t i = 0; i < n; i++)
        noise[i] = (float)qb_rng_normal(&s);
    qb_erase(floats, c, h, w, &rectangle, noise);
    return 0;
}

/* ---- the table ---- */

enum { FLIP, PAD_CROP, RESIZE_CROP, RESIZED_CROP, RAND_AUGMENT, ERASE };

static const qb_transform transforms[] = {
    [FLIP] = {.name = "flip", .title = "left to right, with probability 1/2", .source = "torchvision's RandomHorizontalFlip",
              .apply = flip},
    [PAD_CROP] = {.name = "pad-crop",
                  .title = "4 pixels of raw 0 on each side, and a window of the image's size at a random place",
                  .source = "torchvision's RandomCrop", .apply = pad_crop},
    [RESIZE_CROP] = {.name = "resize-crop",
                     .title = "shorter side to image_size / 0.875, bicubic, and the middle of it: for tests",
                     .source = "torchvision's Resize and CenterCrop on Pillow images", .apply = resize_crop},
    [RESIZED_CROP] = {.name = "resized-crop",
                      .title = "a random part, 0.08 to 1 of the area and 3/4 to 4/3 as wide as high, resized to the image's size",
                      .source = "torchvision's RandomResizedCrop on Pillow images", .choose = choose_crop, .apply = resized_crop},
    [RAND_AUGMENT] = {.name = "rand-augment",
                      .title = "twice one of 15 operations on colours or places, with probability 1/2, of magnitude N(9, 0.5)",
                      .source = "Cubuk et al. 2020, RandAugment, as timm's rand-m9-mstd0.5-inc1", .apply = rand_augment},
    [ERASE] = {.name = "erase",
               .title = "with probability 1/4 a rectangle of 0.02 to 1/3 of the area becomes noise, after normalisation",
               .source = "Zhong et al. 2020, Random Erasing, as timm's mode pixel", .apply_floats = erase},
};

const qb_transform *qb_transforms(size_t *ret_n)
{
    *ret_n = sizeof transforms / sizeof transforms[0];
    return transforms;
}

qb_transform qb_transform_flip(double chance)
{
    qb_transform t = transforms[FLIP];
    t.chance = chance;
    return t;
}

qb_transform qb_transform_pad_crop(int pad)
{
    qb_transform t = transforms[PAD_CROP];
    t.pad = pad;
    return t;
}

qb_transform qb_transform_resize_crop(int side)
{
    qb_transform t = transforms[RESIZE_CROP];
    t.height = t.width = side;
    return t;
}

qb_transform qb_transform_resized_crop(int height, int width, qb_filter filter)
{
    qb_transform t = transforms[RESIZED_CROP];
    t.height = height;
    t.width = width;
    t.filter = filter;
    return t;
}

qb_transform qb_transform_rand_augment(void)
{
    return transforms[RAND_AUGMENT];
}

qb_transform qb_transform_erase(void)
{
    return transforms[ERASE];
}

/* ---- normalisation ---- */

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
