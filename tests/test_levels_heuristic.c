/* The quantizers that search (twn, unif-asym, lsbq-alternating): values by hand, error against greedy and exhaustive search,
 * degenerate rows, bits offered. Letters: x row, q levels.
 */
#include "qb_test.h"

#include "base/err.h"
#include "base/rng.h"
#include "quant/levels.h"

#include <math.h>
#include <qatbench/multibit.h>
#include <qatbench/solver_util.h>
#include <stdio.h>
#include <string.h>

static const float hand[5] = {-3, -1, 0.5f, 1, 4};

static int levels_of(const char *spec, int bits, const float *x, int64_t n, float *q)
{
    qb_quantizer *quantizer;
    ck_assert_msg(qb_quantizer_create(spec, bits, n, 1, &quantizer) == 0, "%s", qb_err_text());
    qb_quantizer_levels(quantizer, 0, x, n, q);
    int n_levels = qb_quantizer_n_levels(quantizer);
    qb_quantizer_destroy(quantizer);
    return n_levels;
}

static double squared_error(const float *q, int n_q, const float *x, int64_t n)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) {
        double d = (double)x[i] - (double)qb_nearest(q, n_q, x[i]);
        sum += d * d;
    }
    return sum;
}

static void check_levels(const char *spec, int bits, const float *x, int64_t n, const double *want, int n_want)
{
    float q[256];
    ck_assert_int_eq(levels_of(spec, bits, x, n, q), n_want);
    for (int i = 0; i < n_want; i++)
        ck_assert_msg(fabs((double)q[i] - want[i]) <= 1e-6, "%s: level %d is %.9g, not %.9g", spec, i, (double)q[i], want[i]);
}

/* mean |x| is 1.9: thresholds 1.425 and 1.33 select 3 and 4; 0.5 mean |x| selects 1 too; 3 mean |x| nothing. */
START_TEST(twn_by_hand)
{
    check_levels("twn", 0, hand, 5, (double[]){-3.5, 0, 3.5}, 3);
    check_levels("twn[kappa=0.7]", 0, hand, 5, (double[]){-3.5, 0, 3.5}, 3);
    check_levels("twn[kappa=0.5]", 0, hand, 5, (double[]){-2.25, 0, 2.25}, 3);
    check_levels("twn[kappa=3]", 0, hand, 5, (double[]){0, 0, 0}, 3);
    check_levels("twn", 0, (float[]){2, 2, 2}, 3, (double[]){-2, 0, 2}, 3);
    check_levels("twn", 0, (float[]){0, 0}, 2, (double[]){0, 0, 0}, 3);
}
END_TEST

/* Spacing 7 / 3; min / spacing = -1.29, so the levels are -1, 0, 1, 2 spacings. */
START_TEST(asymmetric_by_hand)
{
    const double s = 7.0 / 3.0;
    check_levels("unif-asym", 2, hand, 5, (double[]){-s, 0, s, 2 * s}, 4);
    check_levels("unif-asym", 1, (float[]){1, 3}, 2, (double[]){0, 2}, 2); /* 1 / 2 rounds to the even 0 */
    check_levels("unif-asym", 2, (float[]){0.3f, 0.3f}, 2, (double[]){0.3f, 0.3f, 0.3f, 0.3f}, 4);
    check_levels("unif-asym", 2, (float[]){0, 0}, 2, (double[]){0, 0, 0, 0}, 4);
}
END_TEST

START_TEST(alternation_never_loses_to_greedy)
{
    for (int n = 2; n <= 200; n = n * 3 / 2 + 1)
        for (int bits = 1; bits <= 5; bits++) {
            float x[256], greedy[32], q[32];
            qb_hash_fill("alternating", (size_t)n, 1.0, 0.3, x);
            for (int i = 0; i < n; i++)
                x[i] = x[i] * x[i] * x[i]; /* heavy tails: greedy folds badly */
            int n_q = levels_of("lsbq", bits, x, n, greedy);
            double before = squared_error(greedy, n_q, x, n);
            for (int rounds = 1; rounds <= 5; rounds++) {
                char spec[64];
                (void)snprintf(spec, sizeof spec, "lsbq-alternating[rounds=%d]", rounds);
                ck_assert_int_eq(levels_of(spec, bits, x, n, q), n_q);
                double error = squared_error(q, n_q, x, n);
                ck_assert_msg(error <= before * (1.0 + 1e-5) + 1e-9, "%s, %d bits, %d weights: %g after %g", spec, bits, n, error, before);
                before = error;
            }
            for (int i = 0; i + 1 < n_q; i++)
                ck_assert(q[i] <= q[i + 1] && fabsf(q[i] + q[n_q - 1 - i]) <= 1e-6f);
        }
}
END_TEST

/* Against the best of all magnitudes on a grid, for a few weights; alternation is local, so within a quarter. */
START_TEST(alternation_is_near_the_best_two_magnitudes)
{
    for (int k = 0; k < 20; k++) {
        float x[10], q[4];
        char name[32];
        (void)snprintf(name, sizeof name, "exhaustive %d", k);
        qb_hash_fill(name, 10, 1.0, 0.0, x);
        (void)levels_of("lsbq-optimal", 2, x, 10, q);
        double best = squared_error(q, 4, x, 10);
        (void)levels_of("lsbq-alternating[rounds=20]", 2, x, 10, q);
        double error = squared_error(q, 4, x, 10);
        ck_assert_msg(error >= best - 1e-6 && error <= 1.6 * best + 1e-6, "%s: %g, the best is %g", name, error, best);
    }
}
END_TEST

/* Weights that are sums of three magnitudes exactly are found. */
START_TEST(alternation_finds_exact_sums)
{
    enum { N = 400 };
    float x[N], pick[N];
    qb_hash_fill("signs", N, 1.0, 0.0, pick);
    for (int i = 0; i < N; i++) {
        int code = (int)(4.0f * (pick[i] + 1.0f));
        x[i] = (code & 4 ? 1.0f : -1.0f) + (code & 2 ? 0.375f : -0.375f) + (code & 1 ? 0.125f : -0.125f);
    }
    qb_multibit m;
    qb_multibit_fit(x, N, 0.0, 3, 4, true, &m);
    ck_assert_double_eq_tol(m.v[0], 1.0, 1e-9);
    ck_assert_double_eq_tol(m.v[1], 0.375, 1e-9);
    ck_assert_double_eq_tol(m.v[2], 0.125, 1e-9);
    for (int i = 0; i < N; i++) {
        uint8_t code;
        ck_assert_double_eq_tol(qb_multibit_value(&m, (double)x[i], &code), (double)x[i], 1e-7);
    }
}
END_TEST

START_TEST(degenerate_rows_are_finite)
{
    static const float rows[][4] = {{0, 0, 0, 0}, {2, 2, 2, 2}, {1, -1, 1, -1}, {1e-40f, -1e-40f, 0, 1e-41f}, {1e38f, -1e38f, 1, 0},
                                    {NAN, 1, 2, 3}, {INFINITY, 1, 2, 3}};
    static const struct {
        const char *spec;
        int bits;
    } quantizers[] = {{"twn", 0}, {"unif-asym", 1}, {"unif-asym", 4}, {"lsbq-alternating", 1}, {"lsbq-alternating", 3},
                      {"lsbq-alternating[codes=fold]", 8}, {"twn[center=true]", 0}, {"lsbq-alternating[center=true]", 2}};
    for (size_t k = 0; k < sizeof quantizers / sizeof *quantizers; k++)
        for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
            float q[256];
            int n = levels_of(quantizers[k].spec, quantizers[k].bits, rows[r], 4, q);
            for (int i = 0; i < n; i++)
                ck_assert_msg(isfinite(q[i]) && (i == 0 || q[i - 1] <= q[i]), "%s, row %zu: level %d is %g", quantizers[k].spec, r, i,
                              (double)q[i]);
        }
}
END_TEST

/* With all |x| equal, both sign columns of the least squares coincide. */
START_TEST(coinciding_columns_do_no_harm)
{
    static const float x[4] = {2, -2, 2, -2};
    qb_multibit m;
    qb_multibit_fit(x, 4, 0.0, 2, 5, true, &m);
    uint8_t code;
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq_tol(qb_multibit_value(&m, (double)x[i], &code), (double)x[i], 1e-9);
}
END_TEST

START_TEST(refuses_other_bits)
{
    static const struct {
        const char *spec;
        int bits, code;
        const char *text;
    } bad[] = {{"twn", 2, QB_E_NOT_OFFERED, "it offers: ternary"},
               {"unif-asym", 0, QB_E_NOT_OFFERED, "1..8 bits"},
               {"lsbq-alternating", 0, QB_E_NOT_OFFERED, "1..8 bits"},
               {"lsbq-alternating[rounds=0]", 2, QB_E_USAGE, "rounds"},
               {"lsbq-alternating[codes=far]", 2, QB_E_USAGE, "codes"},
               {"twn[kappa=-1]", 0, QB_E_USAGE, "kappa"}};
    qb_quantizer *q = NULL;
    ck_assert_int_eq(qb_quantizer_create(bad[_i].spec, bad[_i].bits, 8, 1, &q), bad[_i].code);
    ck_assert_ptr_null(q);
    ck_assert_msg(strstr(qb_err_text(), bad[_i].text) != NULL, "%s", qb_err_text());
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("levels_heuristic");
    TCase *c = tcase_create("levels");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, twn_by_hand);
    tcase_add_test(c, asymmetric_by_hand);
    tcase_add_test(c, alternation_never_loses_to_greedy);
    tcase_add_test(c, alternation_is_near_the_best_two_magnitudes);
    tcase_add_test(c, alternation_finds_exact_sums);
    tcase_add_test(c, degenerate_rows_are_finite);
    tcase_add_test(c, coinciding_columns_do_no_harm);
    tcase_add_loop_test(c, refuses_other_bits, 0, 6);
    suite_add_tcase(s, c);
    return s;
}

QB_TEST_MAIN
