/* Flip, pad-crop and normalise against a naive reference that does them one after the other. */
#include "qb_test.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "datasets/transform.h"

static const double mean[3] = {0.4914, 0.4822, 0.4465}, std[3] = {0.2470, 0.2435, 0.2616};

static float normalised(int c, uint8_t x)
{
    volatile float unit = (float)x / 255.0f; /* volatile: each step rounded to float32 */
    volatile float centred = unit - (float)mean[c];
    return centred / (float)std[c];
}

/* What the tests draw by hand. Offsets in 0..2 * pad; pad, pad is the image in its place. */
typedef struct jitter {
    bool flip;
    int y, x;
} jitter;

/* The image through flip and crop as `j` says, by the image's frame: what the transforms do once they have drawn. */
static void apply(const qb_normalizer *n, qb_image image, int pad, jitter j, float *out)
{
    qb_transform flip = qb_transform_flip(j.flip ? 1 : 0);
    qb_draw draw = qb_draw_of(1, 0, 0, 0, NULL);
    ck_assert_int_eq(flip.apply(&flip, &draw, &image), 0);
    image.top += pad - j.y;
    image.left += pad - j.x;
    qb_normalize(n, &image, out);
}

/* A whole flipped copy, a whole padded copy, then the window. */
static void naive(const uint8_t *pixels, int c, int h, int w, int pad, jitter j, float *out)
{
    const int ph = h + 2 * pad, pw = w + 2 * pad;
    uint8_t *flipped = qb_alloc((size_t)(c * h * w), 1), *padded = qb_alloc((size_t)(c * ph * pw), 1);
    for (int k = 0; k < c; k++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                flipped[(k * h + y) * w + x] = pixels[(k * h + y) * w + (j.flip ? w - 1 - x : x)];
    for (int k = 0; k < c; k++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                padded[(k * ph + y + pad) * pw + x + pad] = flipped[(k * h + y) * w + x];
    for (int k = 0; k < c; k++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                out[(k * h + y) * w + x] = normalised(k, padded[(k * ph + y + j.y) * pw + x + j.x]);
    qb_free(flipped);
    qb_free(padded);
}

static const struct {
    int c, h, w, pad;
} shapes[] = {{3, 32, 32, 4}, {1, 28, 28, 0}, {3, 5, 7, 2}, {2, 3, 4, 6}, {1, 1, 1, 1}, {3, 1, 9, 4}};

START_TEST(equals_naive_reference) /* every offset, flipped and not */
{
    const int c = shapes[_i].c, h = shapes[_i].h, w = shapes[_i].w, pad = shapes[_i].pad;
    const size_t n = (size_t)(c * h * w);
    uint8_t *pixels = qb_alloc(n, 1);
    float *want = qb_alloc(n, sizeof *want), *got = qb_alloc(n, sizeof *got);
    qb_stream s = qb_rng_stream(7, QB_RNG_AUGMENT, 0, (uint64_t)_i);
    for (size_t i = 0; i < n; i++)
        pixels[i] = (uint8_t)qb_rng_word(&s);
    uint8_t *turned = qb_alloc(n, 1); /* the same as (h, w, c), as decoders give it */
    for (size_t i = 0; i < n; i++)
        turned[i % (size_t)(h * w) * (size_t)c + i / (size_t)(h * w)] = pixels[i];
    qb_normalizer t;
    qb_normalizer_init(&t, c, mean, std);
    for (int flip = 0; flip < 2; flip++)
        for (int y = 0; y <= 2 * pad; y++)
            for (int x = 0; x <= 2 * pad; x++) {
                jitter j = {flip != 0, y, x};
                naive(pixels, c, h, w, pad, j, want);
                apply(&t, qb_image_of_planes(pixels, c, h, w), pad, j, got);
                ck_assert_int_eq(memcmp(want, got, n * sizeof *got), 0);
                memset(got, 0x5a, n * sizeof *got);
                apply(&t, qb_image_of_pixels(turned, c, h, w), pad, j, got);
                ck_assert_int_eq(memcmp(want, got, n * sizeof *got), 0);
            }
    qb_free(pixels);
    qb_free(turned);
    qb_free(want);
    qb_free(got);
}
END_TEST

START_TEST(pads_with_raw_zero) /* so that padding becomes -mean / std, not 0 */
{
    uint8_t pixels[4] = {255, 255, 255, 255};
    float out[4];
    qb_normalizer t;
    qb_normalizer_init(&t, 1, mean, std);
    apply(&t, qb_image_of_planes(pixels, 1, 2, 2), 1, (jitter){false, 0, 0}, out);
    ck_assert(out[0] == normalised(0, 0) && out[1] == normalised(0, 0) && out[2] == normalised(0, 0));
    ck_assert(out[3] == normalised(0, 255));
    ck_assert(out[0] < -1.98f && out[0] > -2.0f); /* -0.4914 / 0.2470 = -1.98947 */
}
END_TEST

START_TEST(flips_before_cropping) /* a crop first would show the other end of the row */
{
    uint8_t pixels[3] = {10, 20, 30};
    float out[3];
    qb_normalizer t;
    qb_normalizer_init(&t, 1, mean, std);
    apply(&t, qb_image_of_planes(pixels, 1, 1, 3), 1, (jitter){true, 1, 2}, out); /* 0 [30 20 10] 0 -> 20 10 0 */
    ck_assert(out[0] == normalised(0, 20) && out[1] == normalised(0, 10) && out[2] == normalised(0, 0));
}
END_TEST

/* The draws of a sample: 53 bits for the flip, then the row and the column of the crop; in this order, on or off. */
START_TEST(draws_from_one_stream_in_order)
{
    uint8_t pixels[4] = {1, 2, 3, 4};
    for (uint32_t sample = 0; sample < 50; sample++) {
        qb_stream s = qb_rng_stream(9, QB_RNG_AUGMENT, 3, sample);
        const bool flips = qb_rng_uniform(&s) < 0.5;
        const int y = (int)qb_rng_below(&s, 9), x = (int)qb_rng_below(&s, 9);
        for (int on = 0; on < 2; on++) {
            const qb_transform chain[] = {qb_transform_flip(on ? 0.5 : 0), qb_transform_pad_crop(4)};
            qb_draw draw = qb_draw_of(9, 3, sample, 0, NULL);
            qb_image image = qb_image_of_planes(pixels, 1, 2, 2);
            for (int i = 0; i < 2; i++)
                ck_assert_int_eq(chain[i].apply(&chain[i], &draw, &image), 0);
            ck_assert_int_eq(image.column, on && flips ? -1 : 1);
            ck_assert(image.top == 4 - y && image.left == 4 - x && image.h == 2 && image.w == 2);
        }
    }
}
END_TEST

START_TEST(turns_what_lies_beside_the_frame) /* a flip after a crop turns the frame: the padding changes sides */
{
    uint8_t pixels[3] = {10, 20, 30};
    float out[3];
    qb_normalizer t;
    qb_normalizer_init(&t, 1, mean, std);
    qb_image image = qb_image_of_planes(pixels, 1, 1, 3);
    image.left = 1; /* 0 10 20 */
    qb_transform flip = qb_transform_flip(1);
    qb_draw draw = qb_draw_of(1, 0, 0, 0, NULL);
    ck_assert_int_eq(flip.apply(&flip, &draw, &image), 0);
    qb_normalize(&t, &image, out);
    ck_assert(out[0] == normalised(0, 20) && out[1] == normalised(0, 10) && out[2] == normalised(0, 0));
    image.left = 7; /* quite outside */
    qb_normalize(&t, &image, out);
    ck_assert(out[0] == normalised(0, 0) && out[1] == normalised(0, 0) && out[2] == normalised(0, 0));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("transform");
    TCase *tc = tcase_create("transform");
    tcase_add_loop_test(tc, equals_naive_reference, 0, sizeof shapes / sizeof shapes[0]);
    tcase_add_test(tc, pads_with_raw_zero);
    tcase_add_test(tc, flips_before_cropping);
    tcase_add_test(tc, draws_from_one_stream_in_order);
    tcase_add_test(tc, turns_what_lies_beside_the_frame);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
