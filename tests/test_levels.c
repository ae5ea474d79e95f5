/* Quantizers: vectors worked by hand, exhaustive search, Gaussian constants, odd rows. */
#include "qb_test.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "quant/levels.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LEVELS = 256 };

static int levels_of(const char *spec, int bits, const float *x, int64_t n, float *levels)
{
    qb_quantizer *q = NULL;
    ck_assert_msg(qb_quantizer_create(spec, bits, n, 1, &q) == 0, "%s at %d bits: %s", spec, bits, qb_err_text());
    int n_levels = qb_quantizer_n_levels(q);
    qb_quantizer_levels(q, 0, x, n, levels);
    qb_quantizer_destroy(q);
    for (int i = 0; i + 1 < n_levels; i++)
        ck_assert_msg(levels[i] <= levels[i + 1], "%s at %d bits: levels %d and %d descend", spec, bits, i, i + 1);
    return n_levels;
}

/* ---- by hand ---- */

static const struct {
    const char *spec;
    int bits, n_levels;
    double upper[2]; /* the largest and, for 4 levels, the second largest; the lower half is minus these */
} by_hand[] = {
    {"lsbq", 1, 2, {1.9}},
    {"lsbq", 2, 4, {3.18, 0.62}},
    {"lsbq", 0, 3, {2.09}},
    {"lsbq[ternary_multiplier=2]", 0, 3, {3.8}},
    {"lsbq-optimal", 1, 2, {1.9}},
    {"lsbq-optimal", 2, 4, {3.5, 2.5 / 3}},
    {"lsbq-optimal", 0, 3, {3.5}},
    {"unif", 2, 4, {3.8, 3.8 / 3}},
    {"unif", 1, 2, {1.9}},
    {"unif[scale=max]", 2, 4, {4, 4.0 / 3}},
    {"maxunif", 2, 3, {4}},
    {"ternary-unif", 0, 3, {8.0 / 3}},
    {"unif", 0, 3, {8.0 / 3}},
};

START_TEST(vectors_by_hand)
{
    static const float x[5] = {-3, -1, 0.5f, 1, 4};
    float q[MAX_LEVELS];
    int n = levels_of(by_hand[_i].spec, by_hand[_i].bits, x, 5, q);
    ck_assert_int_eq(n, by_hand[_i].n_levels);
    for (int i = 0; i < n / 2; i++) {
        ck_assert_double_eq_tol((double)q[n - 1 - i], by_hand[_i].upper[i], 1e-6);
        ck_assert(q[i] == -q[n - 1 - i]);
    }
    if (n % 2 == 1)
        ck_assert(q[n / 2] == 0.0f);
}
END_TEST

START_TEST(three_bits_of_maxunif_by_hand)
{
    static const float x[3] = {0.5f, -6, 2};
    float q[MAX_LEVELS];
    ck_assert_int_eq(levels_of("maxunif", 3, x, 3, q), 7);
    for (int i = 0; i < 7; i++)
        ck_assert(q[i] == (float)(2 * (i - 3)));
}
END_TEST

START_TEST(center_shifts_by_the_mean)
{
    static const char *const specs[][2] = {{"lsbq", "lsbq[center=true]"},
                                           {"lsbq-optimal", "lsbq-optimal[center=true]"},
                                           {"unif", "unif[center=true]"},
                                           {"unif[scale=max]", "unif[scale=max,center=true]"},
                                           {"maxunif", "maxunif[center=true]"}};
    float x[64], shifted[64], q[MAX_LEVELS], centred[MAX_LEVELS];
    qb_hash_fill("center", 64, 1.0, 0.0, x);
    float sum = 0;
    for (int i = 0; i < 32; i++) { /* pairs of opposite sign: mean 0 */
        x[32 + i] = -x[i];
        sum += x[i] + x[32 + i];
    }
    ck_assert(sum == 0.0f);
    for (int i = 0; i < 64; i++)
        shifted[i] = x[i] + 4.0f;
    for (size_t s = 0; s < sizeof specs / sizeof *specs; s++) {
        int n = levels_of(specs[s][0], 2, x, 64, q);
        ck_assert_int_eq(levels_of(specs[s][1], 2, shifted, 64, centred), n);
        for (int i = 0; i < n; i++)
            ck_assert_double_eq_tol((double)centred[i], 4.0 + (double)q[i], 2e-6);
    }
}
END_TEST

/* ---- exactness ---- */

static double squared_error(const float *x, int n, const float *q, int n_levels)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        double best = HUGE_VAL;
        for (int k = 0; k < n_levels; k++)
            best = fmin(best, ((double)x[i] - (double)q[k]) * ((double)x[i] - (double)q[k]));
        sum += best;
    }
    return sum;
}

/* Least squared error over every way to share out the magnitudes: two groups with their means, or one with its mean
 * and one at 0. */
static double exhaustive(const float *x, int n, bool ternary)
{
    double best = HUGE_VAL;
    for (unsigned mask = 0; mask < 1u << n; mask++) {
        double sum[2] = {0, 0}, squares[2] = {0, 0};
        int count[2] = {0, 0};
        for (int i = 0; i < n; i++) {
            int side = mask >> i & 1;
            sum[side] += fabs((double)x[i]);
            squares[side] += (double)x[i] * (double)x[i];
            count[side]++;
        }
        double upper = count[1] > 0 ? squares[1] - sum[1] * sum[1] / count[1] : 0;
        double lower = ternary || count[0] == 0 ? squares[0] : squares[0] - sum[0] * sum[0] / count[0];
        best = fmin(best, upper + lower);
    }
    return best;
}

START_TEST(optimal_sets_are_optimal)
{
    for (int trial = 0; trial < 60; trial++) {
        float x[12], q[MAX_LEVELS], greedy[MAX_LEVELS];
        char name[32];
        int n = 1 + trial % 12;
        (void)snprintf(name, sizeof name, "exhaustive%d", trial);
        qb_hash_fill(name, (size_t)n, 1.0, 0.1, x);
        for (int i = 0; i < n && trial % 3 == 1; i++)
            x[i] = x[i] * x[i] * x[i]; /* heavy tails */
        for (int i = 0; i < n && trial % 3 == 2; i++)
            x[i] = roundf(3 * x[i]); /* equal values */
        for (int bits = 0; bits <= 2; bits += 2) {
            int n_levels = levels_of("lsbq-optimal", bits, x, n, q);
            double error = squared_error(x, n, q, n_levels), least = exhaustive(x, n, bits == 0);
            ck_assert_msg(fabs(error - least) < 1e-6, "trial %d, %d bits: error %g, least %g", trial, bits, error, least);
            levels_of("lsbq", bits, x, n, greedy);
            ck_assert(error <= squared_error(x, n, greedy, n_levels) + 1e-6);
        }
    }
}
END_TEST

/* The sort's two ways (insertion, radix) agree at their border, and long rows are sorted right. */
static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Levels of the best of all splits of sorted sizes a[n]; low: 0 if ternary. */
static void best_split(int bits, const float *a, int n, double *ret_low, double *ret_high)
{
    double total = 0.0, low = 0.0, best = -1.0;
    for (int i = 0; i < n; i++)
        total += (double)a[i];
    *ret_low = bits == 0 ? 0.0 : total / n;
    *ret_high = total / n;
    for (int k = bits == 0 ? 0 : 1; k < n; k++) {
        low += k > 0 ? (double)a[k - 1] : 0.0;
        double high = total - low, gain = high * high / (n - k) + (bits == 0 ? 0.0 : low * low / k);
        if (k > 0 && a[k] == a[k - 1])
            continue;
        if (gain > best) {
            best = gain;
            *ret_low = bits == 0 ? 0.0 : low / k;
            *ret_high = high / (n - k);
        }
    }
}

/* Rows long enough for buckets: bell-shaped, heavy tails, few distinct values, half of them 0, many magnitudes, and
 * denormals beside one huge value. */
START_TEST(optimal_sets_of_long_rows_are_optimal)
{
    enum { MOST = 5000, KINDS = 6 };
    static float x[MOST], a[MOST];
    for (uint64_t trial = 0; trial < 300; trial++) {
        qb_stream s = qb_rng_stream(7, QB_RNG_INIT, trial, 0);
        int n = 1 + (int)qb_rng_below(&s, trial % 10 == 0 ? MOST : 400), kind = (int)(trial % KINDS);
        for (int i = 0; i < n; i++) {
            double v = qb_rng_normal(&s), u = qb_rng_uniform(&s);
            const double shaped[KINDS] = {v, v * v * v * v * v, rint(3.0 * v), u < 0.5 ? 0.0 : v, exp(5.0 * v), i == 0 ? 1e30 : 1e-40 * rint(u)};
            x[i] = (float)shaped[kind];
            a[i] = fabsf(x[i]);
        }
        qsort(a, (size_t)n, sizeof *a, by_value);
        for (int bits = 0; bits <= 2; bits += 2) {
            float q[4];
            double low, high, scale = fmax((double)a[n - 1], 1e-30);
            levels_of("lsbq-optimal", bits, x, n, q);
            best_split(bits, a, n, &low, &high);
            ck_assert_msg(fabs((double)q[bits == 0 ? 2 : 3] - high) <= 1e-6 * scale && (bits == 0 || fabs((double)q[2] - low) <= 1e-6 * scale),
                          "trial %d, %d values, %d bits: got %g, wanted %g and %g", (int)trial, n, bits, (double)q[2], low, high);
        }
    }
}
END_TEST

START_TEST(optimal_does_not_depend_on_order)
{
    for (int n = 40; n <= 60; n++) {
        float x[60], reversed[60], q[4], r[4];
        qb_hash_fill("order", (size_t)n, 1.0, 0.0, x);
        for (int i = 0; i < n; i++)
            reversed[i] = -x[n - 1 - i];
        levels_of("lsbq-optimal", 2, x, n, q);
        levels_of("lsbq-optimal", 2, reversed, n, r);
        for (int i = 0; i < 4; i++)
            ck_assert_double_eq_tol((double)q[i], (double)r[i], 1e-6);
    }
}
END_TEST

static const struct {
    const char *spec;
    int bits;
    double outer, inner; /* of N(0, 1) */
} gaussian[] = {
    {"lsbq", 1, 0.7979, 0},           {"lsbq", 2, 0.7979 + 0.4826, 0.7979 - 0.4826},
    {"lsbq-optimal", 2, 1.510, 0.4528}, {"lsbq-optimal", 0, 1.224, 0},
    {"lsbq", 0, 0.878, 0},
};

START_TEST(gaussian_constants)
{
    enum { N = 1 << 18 };
    float *x = qb_alloc(N, sizeof *x), q[MAX_LEVELS];
    qb_stream s = qb_rng_stream(1, QB_RNG_SYNTHETIC, 0, 0);
    for (int i = 0; i < N; i++)
        x[i] = (float)qb_rng_normal(&s);
    int n = levels_of(gaussian[_i].spec, gaussian[_i].bits, x, N, q);
    ck_assert_double_eq_tol((double)q[n - 1], gaussian[_i].outer, 6e-3);
    if (gaussian[_i].inner > 0)
        ck_assert_double_eq_tol((double)q[n - 2], gaussian[_i].inner, 6e-3);
    if (gaussian[_i].bits == 2 && gaussian[_i].inner > 0.4)
        ck_assert_double_eq_tol(squared_error(x, N, q, n) / N, 0.1175, 2e-3);
    qb_free(x);
}
END_TEST

/* ---- rows of one kind ---- */

static const char *const every[] = {"lsbq", "lsbq-optimal", "unif", "unif[scale=max]", "maxunif", "ternary-unif",
                                    "lsbq[center=true]", "lsbq-optimal[center=true]", "unif[center=true]",
                                    "maxunif[center=true]", "ternary-unif[center=true]"};
enum { N_EVERY = sizeof every / sizeof *every };

/* Runs a quantizer at every width it offers (some) on x; levels must be finite and ascending. */
static void all_widths(const char *spec, const float *x, int64_t n, void (*check)(const char *, int, const float *, int))
{
    int n_offered = 0;
    for (int bits = 0; bits <= 8; bits++) {
        qb_quantizer *q = NULL;
        float levels[MAX_LEVELS];
        int rc = qb_quantizer_create(spec, bits, n, 1, &q);
        ck_assert_msg(rc == 0 || rc == QB_E_NOT_OFFERED, "%s at %d bits: %s", spec, bits, qb_err_text());
        if (rc != 0)
            continue;
        n_offered++;
        int n_levels = qb_quantizer_n_levels(q);
        qb_quantizer_levels(q, 0, x, n, levels);
        for (int i = 0; i < n_levels; i++) {
            ck_assert_msg(isfinite(levels[i]), "%s at %d bits: level %d is not finite", spec, bits, i);
            ck_assert(i == 0 || levels[i - 1] <= levels[i]);
        }
        if (check != NULL)
            check(spec, bits, levels, n_levels);
        qb_quantizer_destroy(q);
    }
    ck_assert_int_gt(n_offered, 0);
}

static void all_zero(const char *spec, int bits, const float *q, int n)
{
    for (int i = 0; i < n; i++)
        ck_assert_msg(q[i] == 0.0f && !signbit(q[i]), "%s at %d bits: level %d of a zero row is %g", spec, bits, i, (double)q[i]);
}

START_TEST(zero_rows_give_zeros)
{
    static const float x[37] = {0};
    all_widths(every[_i], x, 37, all_zero);
    all_widths(every[_i], x, 1, all_zero);
}
END_TEST

/* Around a centre there is nothing left of a row of one value; without one, the outermost level is worked by hand. */
static void of_one_value(const char *spec, int bits, const float *q, int n)
{
    bool centred = strstr(spec, "center") != NULL, uniform = strstr(spec, "unif") != NULL;
    double outermost = 2.5; /* the mean magnitude and the largest one are the value itself */
    if (bits == 0 && uniform)
        outermost = 2.5 / 1.5;
    else if (bits == 0 && strcmp(spec, "lsbq") == 0)
        outermost = 1.1 * 2.5; /* ternary_multiplier */
    for (int i = 0; i < n && centred; i++)
        ck_assert_msg(q[i] == 2.5f, "%s at %d bits: level %g, expected the single value 2.5", spec, bits, (double)q[i]);
    if (centred)
        return;
    ck_assert_msg(fabs((double)q[n - 1] - outermost) < 1e-6, "%s at %d bits: outermost level %g, expected %g", spec, bits,
                  (double)q[n - 1], outermost);
    for (int i = 0; i < n; i++)
        ck_assert_msg(q[i] == -q[n - 1 - i], "%s at %d bits: level %d has no mirror image", spec, bits, i);
}

START_TEST(single_valued_rows)
{
    float x[37];
    for (int i = 0; i < 37; i++)
        x[i] = 2.5f;
    all_widths(every[_i], x, 37, of_one_value);
    all_widths(every[_i], x, 1, of_one_value);
}
END_TEST

START_TEST(extreme_rows_give_finite_levels)
{
    float x[64];
    const float odd[] = {NAN, -NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, FLT_TRUE_MIN, FLT_MIN};
    for (size_t k = 0; k < sizeof odd / sizeof *odd; k++)
        for (int64_t n = 1; n <= 64; n += 63) {
            qb_hash_fill("extreme", 64, 1.0, 0.0, x);
            x[n / 2] = odd[k];
            all_widths(every[_i], x, n, NULL);
            for (int64_t i = 0; i < n; i++)
                x[i] = odd[k];
            all_widths(every[_i], x, n, NULL);
        }
}
END_TEST

/* ---- specs ---- */

static const struct {
    const char *spec;
    int bits;
    const char *text, *hint;
} refused[] = {
    {"maxunif", 1, "quantizer 'maxunif' does not offer 1 bit; it offers: 2..8 bits", "lsbq"},
    {"maxunif", 0, "quantizer 'maxunif' does not offer ternary levels; it offers: 2..8 bits", "lsbq"},
    {"lsbq-optimal", 3, "quantizer 'lsbq-optimal' does not offer 3 bits; it offers: ternary, 1, 2 bits", "lsbq"},
    {"ternary-unif", 2, "quantizer 'ternary-unif' does not offer 2 bits; it offers: ternary", "lsbq"},
    {"lsbk", 2, "unknown quantizer 'lsbk'", "did you mean 'lsbq'?"},
    {"lsbq[centre=true]", 2, "unknown option 'centre'", "did you mean 'center'?"},
    {"unif[scale=median]", 2, "scale", ""},
    {"lsbq[ternary_multiplier=0]", 0, "ternary_multiplier", ""},
    {"lsbq[center", 2, "", ""},
};

START_TEST(refuses)
{
    qb_quantizer *q = NULL;
    ck_assert_int_eq(qb_quantizer_create(refused[_i].spec, refused[_i].bits, 8, 1, &q),
                     strstr(refused[_i].text, "does not offer") ? QB_E_NOT_OFFERED : QB_E_USAGE);
    ck_assert_ptr_null(q);
    ck_assert_msg(strstr(qb_err_text(), refused[_i].text) != NULL, "got: %s", qb_err_text());
    ck_assert_msg(strstr(qb_err_hint_text(), refused[_i].hint) != NULL, "got hint: %s", qb_err_hint_text());
}
END_TEST

START_TEST(canonical_specs)
{
    static const char *const pairs[][2] = {{"lsbq", "lsbq"},
                                           {"lsbq[center=no]", "lsbq"},
                                           {"unif[scale=max,center=yes]", "unif[center=true,scale=max]"},
                                           {"lsbq[ternary_multiplier=1.10]", "lsbq"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char *text = NULL;
        ck_assert_int_eq(qb_quantizer_canonical(pairs[i][0], &text), 0);
        ck_assert_str_eq(text, pairs[i][1]);
        qb_free(text);
    }
    char *none = NULL;
    ck_assert_int_eq(qb_quantizer_canonical("nope", &none), QB_E_USAGE);
    ck_assert_ptr_null(none);
}
END_TEST

START_TEST(lists_kinds)
{
    size_t n = 0;
    const qb_quantizer_kind *kinds = qb_quantizer_kinds(&n);
    ck_assert_uint_eq(n, 8);
    for (size_t i = 0; i < n; i++) {
        char *text = NULL;
        ck_assert_int_eq(qb_quantizer_canonical(kinds[i].name, &text), 0);
        ck_assert_str_eq(text, kinds[i].name);
        qb_free(text);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("levels");
    TCase *t = tcase_create("levels");
    tcase_add_loop_test(t, vectors_by_hand, 0, sizeof by_hand / sizeof *by_hand);
    tcase_add_test(t, three_bits_of_maxunif_by_hand);
    tcase_add_test(t, center_shifts_by_the_mean);
    tcase_add_test(t, optimal_sets_are_optimal);
    tcase_add_test(t, optimal_sets_of_long_rows_are_optimal);
    tcase_add_test(t, optimal_does_not_depend_on_order);
    tcase_add_loop_test(t, gaussian_constants, 0, sizeof gaussian / sizeof *gaussian);
    tcase_add_loop_test(t, zero_rows_give_zeros, 0, N_EVERY);
    tcase_add_loop_test(t, single_valued_rows, 0, N_EVERY);
    tcase_add_loop_test(t, extreme_rows_give_finite_levels, 0, N_EVERY);
    tcase_add_loop_test(t, refuses, 0, sizeof refused / sizeof *refused);
    tcase_add_test(t, canonical_specs);
    tcase_add_test(t, lists_kinds);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
