/* Flip, pad-crop and normalise against a naive reference that does them one after the other. */
#include "qb_test.h"

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

/* A whole flipped copy, a whole padded copy, then the window. */
static void naive(const uint8_t *pixels, int c, int h, int w, int pad, qb_jitter j, float *out)
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
    qb_transform t;
    qb_transform_init(&t, c, h, w, pad, mean, std);
    for (int flip = 0; flip < 2; flip++)
        for (int y = 0; y <= 2 * pad; y++)
            for (int x = 0; x <= 2 * pad; x++) {
                qb_jitter j = {flip != 0, y, x};
                naive(pixels, c, h, w, pad, j, want);
                qb_transform_apply(&t, pixels, j, got);
                ck_assert_int_eq(memcmp(want, got, n * sizeof *got), 0);
            }
    qb_free(pixels);
    qb_free(want);
    qb_free(got);
}
END_TEST

START_TEST(pads_with_raw_zero) /* so that padding becomes -mean / std, not 0 */
{
    uint8_t pixels[4] = {255, 255, 255, 255};
    float out[4];
    qb_transform t;
    qb_transform_init(&t, 1, 2, 2, 1, mean, std);
    qb_transform_apply(&t, pixels, (qb_jitter){false, 0, 0}, out);
    ck_assert(out[0] == normalised(0, 0) && out[1] == normalised(0, 0) && out[2] == normalised(0, 0));
    ck_assert(out[3] == normalised(0, 255));
    ck_assert(out[0] < -1.98f && out[0] > -2.0f); /* -0.4914 / 0.2470 = -1.98947 */
}
END_TEST

START_TEST(flips_before_cropping) /* a crop first would show the other end of the row */
{
    uint8_t pixels[3] = {10, 20, 30};
    float out[3];
    qb_transform t;
    qb_transform_init(&t, 1, 1, 3, 1, mean, std);
    qb_transform_apply(&t, pixels, (qb_jitter){true, 1, 2}, out); /* 0 [30 20 10] 0 -> 20 10 0 */
    ck_assert(out[0] == normalised(0, 20) && out[1] == normalised(0, 10) && out[2] == normalised(0, 0));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("transform");
    TCase *tc = tcase_create("transform");
    tcase_add_loop_test(tc, equals_naive_reference, 0, sizeof shapes / sizeof shapes[0]);
    tcase_add_test(tc, pads_with_raw_zero);
    tcase_add_test(tc, flips_before_cropping);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
