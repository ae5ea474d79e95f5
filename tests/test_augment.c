/* RandAugment's operations: closed forms, and a plain reference of the warps that gives the same bytes. */
#include "qb_test.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "image/augment.h"
#include "image/warp.h"

enum { H = 31, W = 43, N = H * W };

static uint8_t from[N * 3], to[N * 3];

static void fill_noise(void)
{
    qb_stream s = qb_rng_stream(1, QB_RNG_SYNTHETIC, 2, 3);
    for (int i = 0; i < N * 3; i++)
        from[i] = (uint8_t)qb_rng_word(&s);
}

/* All 256 values in each channel. */
static void fill_ramp(void)
{
    for (int i = 0; i < N * 3; i++)
        from[i] = (uint8_t)(i / 3 * (i % 3 == 1 ? 3 : 1));
}

/* ---- arguments ---- */

static const struct {
    qb_operation op;
    double m;
    bool negate;
    double want;
} arguments[] = {
    {QB_AUTO_CONTRAST, 9, true, 0}, {QB_ROTATE, 9, false, 27}, {QB_ROTATE, 9, true, -27}, {QB_ROTATE, 10, false, 30},
    {QB_POSTERIZE, 0, false, 4}, {QB_POSTERIZE, 9, true, 1}, {QB_POSTERIZE, 10, false, 0}, {QB_POSTERIZE, 2.4, false, 4},
    {QB_POSTERIZE, 2.5, false, 3}, {QB_SOLARIZE, 0, false, 256}, {QB_SOLARIZE, 9, false, 26}, {QB_SOLARIZE, 10, false, 0},
    {QB_SOLARIZE_ADD, 9, false, 99}, {QB_SOLARIZE_ADD, 10, true, 110}, {QB_COLOR, 9, false, 1.81}, {QB_CONTRAST, 9, true, 0.19},
    {QB_BRIGHTNESS, 10, true, 0.1}, {QB_SHARPNESS, 10, false, 1.9}, {QB_SHEAR_X, 9, false, 0.27}, {QB_SHEAR_Y, 9, true, -0.27},
    {QB_TRANSLATE_X, 9, false, 0.405}, {QB_TRANSLATE_Y, 10, true, -0.45}, {QB_INVERT, 3, false, 0}, {QB_EQUALIZE, 3, false, 0},
};

START_TEST(arguments_of_magnitudes)
{
    const double got = qb_operation_argument(arguments[_i].op, arguments[_i].m, arguments[_i].negate);
    ck_assert_double_eq_tol(got, arguments[_i].want, 1e-12);
}
END_TEST

START_TEST(names_are_timms)
{
    ck_assert_str_eq(qb_operation_name(QB_AUTO_CONTRAST), "AutoContrast");
    ck_assert_str_eq(qb_operation_name(QB_SOLARIZE_ADD), "SolarizeAdd");
    ck_assert_str_eq(qb_operation_name(QB_TRANSLATE_Y), "TranslateY");
}
END_TEST

/* ---- colours ---- */

static int blend(int dull, int v, double factor)
{
    const float mixed = (float)dull + (float)factor * (float)(v - dull);
    return mixed < 0 ? 0 : mixed > 255 ? 255 : (int)mixed;
}

static int grey(const uint8_t *p)
{
    return (19595 * p[0] + 38470 * p[1] + 7471 * p[2] + 32768) / 65536;
}

static int dull_of(qb_operation op, int i)
{
    if (op == QB_BRIGHTNESS)
        return 0;
    if (op == QB_COLOR)
        return grey(from + i / 3 * 3);
    if (op == QB_CONTRAST) {
        double sum = 0;
        for (int k = 0; k < N; k++)
            sum += grey(from + k * 3);
        return (int)(sum / N + 0.5);
    }
    const int y = i / 3 / W, x = i / 3 % W;
    if (y == 0 || y == H - 1 || x == 0 || x == W - 1)
        return from[i];
    double sum = 4.0 * from[i];
    for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++)
            sum += from[i + (dy * W + dx) * 3];
    return (int)floor(sum / 13 + 0.5);
}

START_TEST(enhancers_blend)
{
    static const double factors[] = {0, 0.1, 0.19, 0.5, 1, 1.3, 1.81, 1.9, 7};
    fill_noise();
    for (qb_operation op = QB_COLOR; op <= QB_SHARPNESS; op++)
        for (size_t f = 0; f < sizeof factors / sizeof *factors; f++) {
            qb_augment(op, factors[f], from, H, W, to);
            for (int i = 0; i < N * 3; i += op == QB_CONTRAST ? 37 : 1)
                ck_assert_int_eq(to[i], blend(dull_of(op, i), from[i], factors[f]));
        }
}
END_TEST

START_TEST(tables_of_values)
{
    fill_ramp();
    for (int b = 0; b <= 8; b++) {
        qb_augment(QB_POSTERIZE, b, from, H, W, to);
        for (int i = 0; i < N * 3; i++)
            ck_assert_int_eq(to[i], from[i] / (1 << (8 - b)) * (1 << (8 - b)));
    }
    for (int t = 0; t <= 256; t += 16) {
        qb_augment(QB_SOLARIZE, t, from, H, W, to);
        for (int i = 0; i < N * 3; i++)
            ck_assert_int_eq(to[i], from[i] < t ? from[i] : 255 - from[i]);
    }
    for (int a = 0; a <= 200; a += 20) {
        qb_augment(QB_SOLARIZE_ADD, a, from, H, W, to);
        for (int i = 0; i < N * 3; i++)
            ck_assert_int_eq(to[i], from[i] >= 128 ? from[i] : from[i] + a > 255 ? 255 : from[i] + a);
    }
    qb_augment(QB_INVERT, 0, from, H, W, to);
    for (int i = 0; i < N * 3; i++)
        ck_assert_int_eq(to[i], 255 - from[i]);
}
END_TEST

START_TEST(auto_contrast_stretches_each_channel)
{
    for (int i = 0; i < N; i++) {
        from[i * 3] = (uint8_t)(50 + i % 101);      /* 50..150 */
        from[i * 3 + 1] = 77;                       /* one value: left alone */
        from[i * 3 + 2] = (uint8_t)(i % 2 ? 255 : 0); /* full already */
    }
    qb_augment(QB_AUTO_CONTRAST, 0, from, H, W, to);
    for (int i = 0; i < N; i++) {
        const int v = from[i * 3];
        ck_assert_int_eq(to[i * 3], (int)(v * (255.0 / 100) - 50 * (255.0 / 100)));
        ck_assert_int_eq(to[i * 3 + 1], 77);
        ck_assert_int_eq(to[i * 3 + 2], from[i * 3 + 2]);
    }
    ck_assert(to[0] == 0 && to[100 * 3] == 255);
}
END_TEST

START_TEST(equalize_by_hand)
{
    enum { SIDE = 32, PIXELS = SIDE * SIDE };
    static uint8_t a[PIXELS * 3], b[PIXELS * 3];
    for (int i = 0; i < PIXELS; i++) {
        a[i * 3] = (uint8_t)(i / 256 * 10); /* 256 each of 0, 10, 20, 30: step (1024 - 256) / 255 = 3, n from 1 */
        a[i * 3 + 1] = 9;                   /* one value */
        a[i * 3 + 2] = (uint8_t)(i >= 200); /* 824 ones, 200 zeros: step 200 / 255 = 0: left alone */
    }
    qb_augment(QB_EQUALIZE, 0, a, SIDE, SIDE, b);
    for (int i = 0; i < PIXELS; i++) {
        ck_assert_int_eq(b[i * 3], i < 768 ? (1 + i / 256 * 256) / 3 : 255); /* 256 is cut */
        ck_assert_int_eq(b[i * 3 + 1], 9);
        ck_assert_int_eq(b[i * 3 + 2], a[i * 3 + 2]);
    }
}
END_TEST

/* ---- warps ---- */

static const uint8_t fill[3] = {124, 116, 104};

static int clamp(int v, int most)
{
    return v < 0 ? 0 : v > most ? most : v;
}

static double cubic(double v1, double v2, double v3, double v4, double d)
{
    return v2 + d * ((-v1 + v3) + d * ((2 * (v1 - v2) + v3 - v4) + d * (-v1 + v2 - v3 + v4)));
}

/* The definition, row by row as Pillow has it: a row below the image repeats the one before it. */
static int sample(const uint8_t *image, int h, int w, double x, double y, int c)
{
    if (x < 0 || x >= w || y < 0 || y >= h)
        return fill[c];
    x -= 0.5, y -= 0.5;
    const int left = (int)floor(x), top = (int)floor(y);
    double rows[4];
    for (int k = 0; k < 4; k++) {
        const int row = k == 0 ? clamp(top - 1, h - 1) : top - 1 + k;
        double v[4];
        for (int i = 0; i < 4; i++)
            v[i] = row < 0 || row >= h ? 0 : image[(row * w + clamp(left - 1 + i, w - 1)) * 3 + c];
        rows[k] = row < 0 || row >= h ? rows[k - 1] : cubic(v[0], v[1], v[2], v[3], x - left);
    }
    const double v = cubic(rows[0], rows[1], rows[2], rows[3], y - top);
    return v <= 0 ? 0 : v >= 255 ? 255 : (int)v;
}

static void check_warp(const double m[6], int h, int w, const uint8_t *got)
{
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            for (int c = 0; c < 3; c++)
                ck_assert_int_eq(got[(y * w + x) * 3 + c],
                                 sample(from, h, w, m[0] * (x + 0.5) + m[1] * (y + 0.5) + m[2], m[3] * (x + 0.5) + m[4] * (y + 0.5) + m[5], c));
}

static const int shapes[][2] = {{H, W}, {1, 1}, {2, 2}, {3, 5}, {1, 9}, {9, 1}};

START_TEST(warps_equal_reference)
{
    const int h = shapes[_i][0], w = shapes[_i][1];
    fill_noise();
    for (double a = -1.5; a <= 1.5; a += 0.27) {
        qb_augment(QB_SHEAR_X, a, from, h, w, to);
        check_warp((double[]){1, a, 0, 0, 1, 0}, h, w, to);
        qb_augment(QB_SHEAR_Y, a, from, h, w, to);
        check_warp((double[]){1, 0, 0, a, 1, 0}, h, w, to);
        qb_augment(QB_TRANSLATE_X, a / 2, from, h, w, to);
        check_warp((double[]){1, 0, a / 2 * w, 0, 1, 0}, h, w, to);
        qb_augment(QB_TRANSLATE_Y, a / 2, from, h, w, to);
        check_warp((double[]){1, 0, 0, 0, 1, a / 2 * h}, h, w, to);
        const double m[6] = {0.9, a / 3, 1.25 - a, -a / 4, 1.1, a};
        qb_warp_affine(m, from, h, w, to);
        check_warp(m, h, w, to);
    }
}
END_TEST

START_TEST(rotation_turns_counter_clockwise_about_the_middle)
{
    enum { SIDE = 21 };
    memset(from, 0, sizeof from);
    memset(from + (10 * SIDE + 18) * 3, 255, 3); /* right of the middle: 90 degrees bring it to the top */
    qb_augment(QB_ROTATE, 90, from, SIDE, SIDE, to);
    ck_assert_int_eq(to[(2 * SIDE + 10) * 3], 255);
    qb_augment(QB_ROTATE, -90, from, SIDE, SIDE, to);
    ck_assert_int_eq(to[(18 * SIDE + 10) * 3], 255);
    qb_augment(QB_ROTATE, 180, from, SIDE, SIDE, to);
    ck_assert_int_eq(to[(10 * SIDE + 2) * 3], 255);
    qb_augment(QB_ROTATE, 89.999, from, SIDE, SIDE, to); /* by sampling: nearly the same */
    ck_assert_int_ge(to[(2 * SIDE + 10) * 3], 253);
    qb_augment(QB_ROTATE, 45, from, SIDE, SIDE, to);
    ck_assert(memcmp(to, fill, 3) == 0 && to[(4 * SIDE + 16) * 3] > 100); /* corners show the fill colour */
}
END_TEST

START_TEST(exact_warps_are_copies)
{
    fill_noise();
    static const double whole_turns[] = {0, 360, -360, 720};
    for (size_t i = 0; i < sizeof whole_turns / sizeof *whole_turns; i++) {
        qb_augment(QB_ROTATE, whole_turns[i], from, H, W, to);
        ck_assert_int_eq(memcmp(from, to, sizeof to), 0);
    }
    qb_augment(QB_SHEAR_X, 0, from, H, W, to);
    ck_assert_int_eq(memcmp(from, to, sizeof to), 0);
    qb_augment(QB_TRANSLATE_Y, 3.0 / H, from, H, W, to); /* up by three rows */
    ck_assert_int_eq(memcmp(from + 3 * W * 3, to, sizeof to - 3 * W * 3), 0);
    for (int i = (H - 3) * W; i < N; i++)
        ck_assert_int_eq(memcmp(to + i * 3, fill, 3), 0);
}
END_TEST

START_TEST(mirror_twice_is_nothing)
{
    for (int w = 1; w <= W; w += 6) {
        fill_noise();
        memcpy(to, from, sizeof to);
        qb_mirror(to, H, w);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < w; x++)
                ck_assert_int_eq(memcmp(to + (y * w + x) * 3, from + (y * w + w - 1 - x) * 3, 3), 0);
        qb_mirror(to, H, w);
        ck_assert_int_eq(memcmp(to, from, sizeof to), 0);
    }
}
END_TEST

/* Blocks of their own size, so that a sanitizer sees a step beyond them. */
START_TEST(nothing_outside_is_touched)
{
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++)
        for (int op = 1; op <= QB_N_OPERATIONS; op++) {
            const int h = shapes[k][0], w = shapes[k][1];
            const size_t n = (size_t)(h * w) * 3;
            uint8_t *a = malloc(n), *b = malloc(n);
            memset(a, 100, n);
            qb_augment((qb_operation)op, qb_operation_argument((qb_operation)op, 7, op % 2), a, h, w, b);
            free(a);
            free(b);
        }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("augment");
    TCase *tc = tcase_create("operations");
    tcase_add_loop_test(tc, arguments_of_magnitudes, 0, sizeof arguments / sizeof *arguments);
    tcase_add_test(tc, names_are_timms);
    tcase_add_test(tc, enhancers_blend);
    tcase_add_test(tc, tables_of_values);
    tcase_add_test(tc, auto_contrast_stretches_each_channel);
    tcase_add_test(tc, equalize_by_hand);
    tcase_add_loop_test(tc, warps_equal_reference, 0, sizeof shapes / sizeof *shapes);
    tcase_add_test(tc, rotation_turns_counter_clockwise_about_the_middle);
    tcase_add_test(tc, exact_warps_are_copies);
    tcase_add_test(tc, mirror_twice_is_nothing);
    tcase_add_test(tc, nothing_outside_is_touched);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
