/* Which part of an image is looked at, erased or mixed: boxes by hand, and properties over many drawn ones. */
#include "qb_test.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "image/crop.h"
#include "image/erase.h"
#include "image/mix.h"

static const qb_crop_range range = {{0.08, 1}, {3.0 / 4, 4.0 / 3}};

/* ---- crops ---- */

static qb_crop_draw some_draw(uint64_t i)
{
    qb_crop_draw d;
    qb_stream s = qb_rng_stream(1, QB_RNG_SYNTHETIC, 0, i);
    for (int k = 0; k < QB_CROP_ATTEMPTS; k++)
        for (int j = 0; j < 2; j++)
            d.attempts[k][j] = qb_rng_uniform(&s);
    d.top = qb_rng_uniform(&s);
    d.left = qb_rng_uniform(&s);
    return d;
}

static const int sizes[][2] = {{375, 500}, {500, 375}, {1, 1}, {1, 1000}, {1000, 1}, {224, 224}, {2, 3}, {65500, 300}};

START_TEST(random_crops_lie_within)
{
    const int h = sizes[_i][0], w = sizes[_i][1];
    for (uint64_t i = 0; i < 3000; i++) {
        const qb_crop_draw d = some_draw(i);
        int attempt;
        const qb_box b = qb_crop_random(&range, h, w, &d, &attempt);
        ck_assert(b.width >= 1 && b.height >= 1 && b.left >= 0 && b.top >= 0 && b.width <= w - b.left && b.height <= h - b.top);
        if (attempt < 0 || h * w < 10000)
            continue;
        const double area = (double)b.width * b.height / ((double)w * h), ratio = (double)b.width / b.height;
        ck_assert(area > 0.07 && area < 1.02 && ratio > 0.72 && ratio < 1.39); /* rounded sides */
    }
}
END_TEST

/* All attempts too large: the middle, within the ratios. */
static const struct {
    int h, w;
    qb_box want;
} fallbacks[] = {
    {300, 400, {0, 0, 400, 300}}, {400, 300, {0, 0, 300, 400}}, {100, 1000, {433, 0, 133, 100}}, {1000, 100, {0, 433, 100, 133}},
    {3, 7, {1, 0, 4, 3}},         {7, 3, {0, 1, 3, 4}},         {1, 1, {0, 0, 1, 1}},
};

START_TEST(nothing_fits)
{
    qb_crop_draw d = {.top = 0.7, .left = 0.7};
    const qb_crop_range twice = {{4, 4}, {3.0 / 4, 4.0 / 3}};
    for (int k = 0; k < QB_CROP_ATTEMPTS; k++)
        d.attempts[k][1] = 0.5;
    int attempt = 0;
    const qb_box got = qb_crop_random(&twice, fallbacks[_i].h, fallbacks[_i].w, &d, &attempt);
    ck_assert_int_eq(attempt, -1);
    ck_assert_int_eq(memcmp(&got, &fallbacks[_i].want, sizeof got), 0);
}
END_TEST

START_TEST(the_first_attempt_that_fits_is_taken)
{
    qb_crop_draw d = some_draw(1);
    d.attempts[0][0] = 0.99, d.attempts[0][1] = 0.999; /* too wide for 375 x 500? 4/3 of nearly all fits in height only */
    d.attempts[1][0] = 0, d.attempts[1][1] = 0.5;      /* 0.08, square: sqrt(0.08 * 400 * 400) = 113.1 */
    d.top = 0.5, d.left = 0.25;
    int attempt;
    const qb_box got = qb_crop_random(&range, 400, 400, &d, &attempt);
    ck_assert_int_eq(attempt, 1);
    ck_assert(got.width == 113 && got.height == 113 && got.top == 144 && got.left == 72);
}
END_TEST

static const struct {
    int h, w, side, want_h, want_w;
} shorter[] = {{375, 500, 256, 256, 341}, {500, 375, 256, 341, 256}, {256, 256, 256, 256, 256}, {1, 3, 256, 256, 768}, {300, 301, 256, 256, 256},
               {65535, 1, 256, 16776960, 256}};

START_TEST(shorter_side)
{
    int h, w;
    qb_crop_shorter_side(shorter[_i].h, shorter[_i].w, shorter[_i].side, &h, &w);
    ck_assert(h == shorter[_i].want_h && w == shorter[_i].want_w);
}
END_TEST

START_TEST(centre_rounds_halves_to_even)
{
    const qb_box a = qb_crop_centre(256, 341, 224), b = qb_crop_centre(343, 224, 224); /* 58.5 -> 58, 59.5 -> 60 */
    ck_assert(a.top == 16 && a.left == 58 && a.width == 224 && a.height == 224);
    ck_assert(b.top == 60 && b.left == 0);
}
END_TEST

/* ---- erasing ---- */

START_TEST(erase_sizes)
{
    int h, w;
    ck_assert(qb_erase_size(224, 224, 0.25, 0, &h, &w));
    ck_assert(h == 112 && w == 112);
    ck_assert(qb_erase_size(224, 224, 0.25, log(4), &h, &w) == 0); /* 224 x 56: as tall as the image */
    ck_assert(h == 224 && w == 56);
    ck_assert(qb_erase_size(224, 224, 0.25, log(3.9), &h, &w));
    ck_assert(qb_erase_size(100, 400, 0.25, 0, &h, &w) == 0); /* sides of 100 */
    ck_assert(qb_erase_size(10, 10, 0.0225, 0, &h, &w));
    ck_assert(h == 2 && w == 2); /* 1.5 to the even side */
}
END_TEST

START_TEST(erases_the_rectangle_alone)
{
    float image[2 * 4 * 5], noise[2 * 2 * 3];
    for (int i = 0; i < 40; i++)
        image[i] = (float)i;
    for (int i = 0; i < 12; i++)
        noise[i] = -(float)i - 1;
    qb_erase(image, 2, 4, 5, &(qb_box){.left = 2, .top = 1, .width = 3, .height = 2}, noise);
    for (int i = 0; i < 40; i++) {
        const int c = i / 20, y = i / 5 % 4, x = i % 5, in = y >= 1 && y < 3 && x >= 2;
        ck_assert(image[i] == (in ? -(float)(c * 6 + (y - 1) * 3 + x - 2) - 1 : (float)i));
    }
}
END_TEST

/* ---- mixing ---- */

START_TEST(mixes_in_float32)
{
    const float own[3] = {1.5f, -2, 0.1f}, partner[3] = {0.25f, 8, 0.7f};
    float out[3];
    qb_mix_up(own, partner, 3, 1, out);
    ck_assert(memcmp(out, own, sizeof out) == 0);
    qb_mix_up(own, partner, 3, 0, out);
    ck_assert(memcmp(out, partner, sizeof out) == 0);
    qb_mix_up(own, partner, 3, 0.3, out);
    for (int i = 0; i < 3; i++) {
        volatile float a = (float)0.7 * partner[i], b = (float)0.3 * own[i];
        ck_assert(out[i] == a + b);
    }
}
END_TEST

static const struct {
    double share;
    int cx, cy;
    qb_box want; /* of an image of 6 x 8 */
    double left;
} boxes[] = {
    {1, 4, 3, {4, 3, 0, 0}, 1},          {0, 4, 3, {0, 0, 8, 6}, 0},    {0.75, 4, 3, {2, 2, 4, 2}, 1 - 8 / 48.0},
    {0.75, 0, 0, {0, 0, 2, 1}, 1 - 2 / 48.0}, {0.75, 7, 5, {5, 4, 3, 2}, 1 - 6 / 48.0}, {0.99, 4, 3, {4, 3, 0, 0}, 1},
};

START_TEST(cut_boxes)
{
    const qb_box got = qb_mix_box(6, 8, boxes[_i].share, boxes[_i].cx, boxes[_i].cy);
    ck_assert_int_eq(memcmp(&got, &boxes[_i].want, sizeof got), 0);
    ck_assert_double_eq(qb_mix_box_share(6, 8, &got), boxes[_i].left);
    float image[96], partner[96];
    for (int i = 0; i < 96; i++)
        image[i] = (float)i, partner[i] = (float)(1000 + i);
    qb_mix_cut(partner, 2, 6, 8, &got, image);
    for (int i = 0; i < 96; i++) {
        const int y = i / 8 % 6, x = i % 8;
        const int in = y >= got.top && y < got.top + got.height && x >= got.left && x < got.left + got.width;
        ck_assert(image[i] == (float)(in ? 1000 + i : i));
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("crop");
    TCase *tc = tcase_create("boxes");
    tcase_add_loop_test(tc, random_crops_lie_within, 0, sizeof sizes / sizeof *sizes);
    tcase_add_loop_test(tc, nothing_fits, 0, sizeof fallbacks / sizeof *fallbacks);
    tcase_add_test(tc, the_first_attempt_that_fits_is_taken);
    tcase_add_loop_test(tc, shorter_side, 0, sizeof shorter / sizeof *shorter);
    tcase_add_test(tc, centre_rounds_halves_to_even);
    tcase_add_test(tc, erase_sizes);
    tcase_add_test(tc, erases_the_rectangle_alone);
    tcase_add_test(tc, mixes_in_float32);
    tcase_add_loop_test(tc, cut_boxes, 0, sizeof boxes / sizeof *boxes);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
