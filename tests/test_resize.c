/* Resizing: closed forms, a reference in double, windows. */
#include "qb_test.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "image/resize.h"

static uint8_t *noise(int h, int w, uint64_t seed)
{
    uint8_t *pixels = qb_alloc((size_t)(h * w), 3);
    qb_stream s = qb_rng_stream(seed, QB_RNG_SYNTHETIC, (uint64_t)h, (uint64_t)w);
    for (int i = 0; i < h * w * 3; i++)
        pixels[i] = (uint8_t)qb_rng_word(&s);
    return pixels;
}

static uint8_t *resize(const uint8_t *from, int h, int w, qb_filter filter, int to_h, int to_w)
{
    qb_room scratch = {0};
    qb_image image = qb_image_of_pixels(from, 3, h, w);
    uint8_t *to = qb_alloc((size_t)(to_h * to_w), 3);
    ck_assert_int_eq(qb_resize(&image, filter, to_h, to_w, NULL, &scratch, to), 0);
    qb_free(scratch.bytes);
    return to;
}

/* ---- the reference: the header's formulas, one output byte at a time ---- */

static double weight(qb_filter filter, double t)
{
    t = fabs(t);
    if (filter == QB_FILTER_BILINEAR)
        return t < 1 ? 1 - t : 0;
    if (t < 1)
        return 1.5 * t * t * t - 2.5 * t * t + 1;
    return t < 2 ? -0.5 * (t * t * t - 5 * t * t + 8 * t - 4) : 0;
}

/* Pixel x of m of a line of n bytes, `step` apart. */
static double at(qb_filter filter, const double *line, int step, int n, int m, int x)
{
    if (n == m)
        return line[(ptrdiff_t)x * step];
    const double scale = (double)n / m, widened = scale > 1 ? scale : 1, reach = (filter == QB_FILTER_BILINEAR ? 1 : 2) * widened;
    const double centre = (x + 0.5) * scale;
    double sum = 0, weights = 0;
    for (int j = (int)fmax(0, trunc(centre - reach + 0.5)); j < (int)fmin(n, trunc(centre + reach + 0.5)); j++) {
        const double w = weight(filter, (j + 0.5 - centre) / widened);
        sum += w * line[(ptrdiff_t)j * step];
        weights += w;
    }
    return fmin(255, fmax(0, floor(sum / weights + 0.5)));
}

/* One channel; rows first, or columns first. */
static void reference(const uint8_t *from, int h, int w, int c, qb_filter filter, int to_h, int to_w, bool rows_first, double *to)
{
    const int most_h = h > to_h ? h : to_h, most_w = w > to_w ? w : to_w;
    double *a = qb_alloc((size_t)(most_h * most_w), sizeof *a), *b = qb_alloc((size_t)(most_h * most_w), sizeof *b);
    for (int i = 0; i < h * w; i++)
        a[i] = from[i * 3 + c];
    if (rows_first) {
        for (int y = 0; y < h; y++)
            for (int x = 0; x < to_w; x++)
                b[y * to_w + x] = at(filter, a + (ptrdiff_t)y * w, 1, w, to_w, x);
        for (int y = 0; y < to_h; y++)
            for (int x = 0; x < to_w; x++)
                to[y * to_w + x] = at(filter, b + x, to_w, h, to_h, y);
    } else {
        for (int y = 0; y < to_h; y++)
            for (int x = 0; x < w; x++)
                b[y * w + x] = at(filter, a + x, w, h, to_h, y);
        for (int y = 0; y < to_h; y++)
            for (int x = 0; x < to_w; x++)
                to[y * to_w + x] = at(filter, b + (ptrdiff_t)y * w, 1, w, to_w, x);
    }
    qb_free(a);
    qb_free(b);
}

static double worst(const uint8_t *got, const double *want, int n, int c)
{
    double error = 0;
    for (int i = 0; i < n; i++)
        error = fmax(error, fabs(got[i * 3 + c] - want[i]));
    return error;
}

static const struct {
    int h, w, to_h, to_w;
} sizes[] = {{40, 60, 22, 30}, {40, 60, 80, 120}, {37, 53, 224, 224}, {300, 200, 22, 21},  {1, 1, 5, 7},    {9, 1, 4, 4},
             {1, 13, 4, 4},    {2, 2, 3, 3},      {3, 161, 3, 300},   {64, 65, 64, 32},    {64, 65, 32, 65}, {130, 258, 129, 257},
             {22, 64, 21, 64}, {5, 5, 1, 1},      {400, 7, 3, 100},   {211, 129, 210, 128}};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

START_TEST(equals_reference_within_a_unit)
{
    const int h = sizes[_i].h, w = sizes[_i].w, to_h = sizes[_i].to_h, to_w = sizes[_i].to_w;
    uint8_t *from = noise(h, w, 1);
    double *want = qb_alloc((size_t)(to_h * to_w), sizeof *want);
    for (qb_filter filter = QB_FILTER_BILINEAR; filter <= QB_FILTER_BICUBIC; filter++) {
        uint8_t *got = resize(from, h, w, filter, to_h, to_w);
        for (int c = 0; c < 3; c++) {
            reference(from, h, w, c, filter, to_h, to_w, true, want);
            ck_assert_double_le(worst(got, want, to_h * to_w, c), 1);
        }
        qb_free(got);
    }
    qb_free(want);
    qb_free(from);
}
END_TEST

START_TEST(rows_come_first)
{
    enum { H = 60, W = 50, TO_H = 21, TO_W = 60 };
    uint8_t *from = noise(H, W, 2);
    for (int i = 0; i < H * W * 3; i++)
        from[i] = from[i] < 128 ? 0 : 255; /* so that much is clipped between the passes */
    double *want = qb_alloc(TO_H * TO_W, sizeof *want);
    uint8_t *got = resize(from, H, W, QB_FILTER_BICUBIC, TO_H, TO_W);
    reference(from, H, W, 0, QB_FILTER_BICUBIC, TO_H, TO_W, true, want);
    ck_assert_double_le(worst(got, want, TO_H * TO_W, 0), 1);
    reference(from, H, W, 0, QB_FILTER_BICUBIC, TO_H, TO_W, false, want);
    ck_assert_double_gt(worst(got, want, TO_H * TO_W, 0), 5);
    qb_free(want);
    qb_free(got);
    qb_free(from);
}
END_TEST

START_TEST(same_size_is_a_copy)
{
    const int h = sizes[_i].h, w = sizes[_i].w;
    uint8_t *from = noise(h, w, 3), *got = resize(from, h, w, QB_FILTER_BICUBIC, h, w);
    ck_assert_int_eq(memcmp(from, got, (size_t)(h * w) * 3), 0);
    qb_free(got);
    qb_free(from);
}
END_TEST

START_TEST(one_colour_stays_it)
{
    const int h = sizes[_i].h, w = sizes[_i].w, to_h = sizes[_i].to_h, to_w = sizes[_i].to_w;
    uint8_t *from = qb_alloc((size_t)(h * w), 3);
    for (int v = 0; v < 256; v += 5) {
        for (int i = 0; i < h * w * 3; i++)
            from[i] = (uint8_t)(i % 3 == 0 ? v : i % 3 == 1 ? 255 - v : v / 2);
        uint8_t *got = resize(from, h, w, v % 2 ? QB_FILTER_BICUBIC : QB_FILTER_BILINEAR, to_h, to_w);
        int n_wrong = 0;
        for (int i = 0; i < to_h * to_w * 3; i++)
            n_wrong += got[i] != from[i % 3];
        ck_assert_int_eq(n_wrong, 0);
        qb_free(got);
    }
    qb_free(from);
}
END_TEST

START_TEST(small_cases_by_hand)
{
    const uint8_t pair[6] = {0, 10, 255, 255, 11, 0};
    /* 2 -> 4, bilinear: centres 1/4, 3/4, 5/4, 7/4 of the pixels' 1/2, 3/2: weights (1, 0), (3/4, 1/4), (1/4, 3/4), (0, 1) */
    const uint8_t stretched[12] = {0, 10, 255, 64, 10, 191, 191, 11, 64, 255, 11, 0};
    uint8_t *got = resize(pair, 1, 2, QB_FILTER_BILINEAR, 1, 4);
    ck_assert_int_eq(memcmp(got, stretched, sizeof stretched), 0);
    qb_free(got);
    /* 2 -> 1: the mean, halves up */
    const uint8_t mean[3] = {128, 11, 128};
    got = resize(pair, 1, 2, QB_FILTER_BILINEAR, 1, 1);
    ck_assert_int_eq(memcmp(got, mean, sizeof mean), 0);
    qb_free(got);
    got = resize(pair, 2, 1, QB_FILTER_BICUBIC, 1, 1);
    ck_assert_int_eq(memcmp(got, mean, sizeof mean), 0);
    qb_free(got);
}
END_TEST

START_TEST(windows_show_what_the_whole_shows) /* of a crop whose rows lie apart */
{
    const int h = sizes[_i].h, w = sizes[_i].w, to_h = sizes[_i].to_h, to_w = sizes[_i].to_w;
    const int around_w = w + 7;
    uint8_t *around = noise(h + 5, around_w, 4), *crop = qb_alloc((size_t)(h * w), 3);
    for (int y = 0; y < h; y++)
        memcpy(crop + (size_t)(y * w) * 3, around + (size_t)((y + 2) * around_w + 3) * 3, (size_t)w * 3);
    uint8_t *whole = resize(crop, h, w, QB_FILTER_BICUBIC, to_h, to_w);
    qb_image image = qb_image_of_pixels(around + (size_t)(2 * around_w + 3) * 3, 3, h, w);
    image.row = around_w * 3;
    qb_stream s = qb_rng_stream(5, QB_RNG_SYNTHETIC, 0, (uint64_t)_i);
    qb_room scratch = {0};
    for (int k = 0; k < 20; k++) {
        qb_box box = {.width = 1 + (int)qb_rng_below(&s, (uint32_t)to_w), .height = 1 + (int)qb_rng_below(&s, (uint32_t)to_h)};
        box.left = (int)qb_rng_below(&s, (uint32_t)(to_w - box.width) + 1);
        box.top = (int)qb_rng_below(&s, (uint32_t)(to_h - box.height) + 1);
        uint8_t *part = qb_alloc((size_t)(box.width * box.height), 3);
        ck_assert_int_eq(qb_resize(&image, QB_FILTER_BICUBIC, to_h, to_w, &box, &scratch, part), 0);
        for (int y = 0; y < box.height; y++)
            ck_assert_int_eq(memcmp(part + (size_t)(y * box.width) * 3, whole + (size_t)((box.top + y) * to_w + box.left) * 3, (size_t)box.width * 3), 0);
        qb_free(part);
    }
    qb_free(scratch.bytes);
    qb_free(whole);
    qb_free(crop);
    qb_free(around);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("resize");
    TCase *tc = tcase_create("resize");
    tcase_set_timeout(tc, 30);
    tcase_add_loop_test(tc, equals_reference_within_a_unit, 0, N_SIZES);
    tcase_add_test(tc, rows_come_first);
    tcase_add_loop_test(tc, same_size_is_a_copy, 0, N_SIZES);
    tcase_add_loop_test(tc, one_colour_stays_it, 0, N_SIZES);
    tcase_add_test(tc, small_cases_by_hand);
    tcase_add_loop_test(tc, windows_show_what_the_whole_shows, 0, N_SIZES);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
