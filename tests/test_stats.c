/* Statistics against closed forms, tables and values worked out by hand. */
#include "base/stats.h"

#include "qb_test.h"

#include <math.h>
#include <stdbool.h>

static const double PI = 3.14159265358979323846;

START_TEST(means_and_spreads)
{
    const double v[] = {2, 4, 4, 4, 5, 5, 7, 9}; /* mean 5, squares 32 */
    ck_assert_double_eq(qb_mean(v, 8), 5);
    ck_assert_double_eq(qb_std(v, 8, 0), 2);
    ck_assert_double_eq_tol(qb_std(v, 8, 1), sqrt(32. / 7), 1e-15);
    ck_assert(isnan(qb_std(v, 1, 1)) && qb_std(v, 1, 0) == 0 && isnan(qb_std(v, 0, 0)));
    const double far[] = {1e9 + 1, 1e9 + 2, 1e9 + 3};
    ck_assert_double_eq(qb_std(far, 3, 1), 1);
    const double equal[] = {91.71, 91.71, 91.71, 91.71, 91.71, 91.71, 91.71};
    ck_assert_double_eq(qb_mean(equal, 7), 91.71);
    ck_assert_double_eq(qb_std(equal, 7, 1), 0);
}
END_TEST

START_TEST(medians)
{
    double odd[] = {5, 1, 3}, even[] = {4, 1, 3, 2}, one[] = {7};
    ck_assert_double_eq(qb_median(odd, 3), 3);
    ck_assert_double_eq(qb_median(even, 4), 2.5);
    ck_assert_double_eq(qb_median(one, 1), 7);
}
END_TEST

/* P(T > t), t > 0, in closed form for 1 to 4 degrees of freedom. */
static double exact_tail(double t, int df)
{
    double s = t / sqrt(df), c = 1 / sqrt(1 + s * s); /* tan and cos of the angle */
    switch (df) {
    case 1:
        return atan2(1, s) / PI;
    case 2: /* (1 - s c) / 2 without cancellation */
        return c * c / (1 + s * c) / 2;
    case 3:
        return (atan2(1, s) - s * c * c) / PI;
    default:
        return (1 - s * c * (1 + c * c / 2)) / 2;
    }
}

START_TEST(agrees_with_closed_forms) /* _i: degrees of freedom */
{
    for (double t = 1. / 64; t < 64; t *= 1.37) {
        double tail = exact_tail(t, _i);
        ck_assert_double_eq_tol(qb_t_cdf(t, _i), 1 - tail, 1e-14);
        if (_i <= 2 || t < 8) /* beyond, the closed form itself cancels */
            ck_assert_double_eq_tol(qb_t_cdf(-t, _i) / tail, 1, 1e-10);
    }
}
END_TEST

/* P(T > t) by numerical integration of the density. */
static const struct {
    double t, df, tail;
} tails[] = {
    {1, 2.5, 0.20203051363913835},      {3, 7.3, 0.009490275511566778},    {10, 30.5, 1.9121781316194928e-11},
    {0.5, 100, 0.30908678291542374},    {2, 250.25, 0.023290511296857292}, {2.1213203435596424, 216. / 53, 0.04995643215590006},
};

START_TEST(agrees_with_integration)
{
    ck_assert_double_eq_tol(qb_t_cdf(-tails[_i].t, tails[_i].df) / tails[_i].tail, 1, 1e-9);
    ck_assert_double_eq_tol(qb_t_cdf(tails[_i].t, tails[_i].df), 1 - tails[_i].tail, 1e-12);
}
END_TEST

/* Printed tables of Student's t; the last row is the normal distribution. */
static const struct {
    double p, df, t, tolerance;
} quantiles[] = {
    {0.975, 1, 12.7062047362, 1e-9}, {0.975, 2, 4.3026527297, 1e-9},  {0.975, 4, 2.7764451052, 1e-9},
    {0.95, 9, 1.8331129327, 1e-9},   {0.975, 30, 2.0422724563, 1e-9}, {0.995, 4, 4.6040948714, 1e-9},
    {0.975, 1e9, 1.9599639845, 1e-7},
};

START_TEST(gives_the_quantiles_of_the_tables)
{
    double p = quantiles[_i].p, df = quantiles[_i].df;
    ck_assert_double_eq_tol(qb_t_quantile(p, df), quantiles[_i].t, quantiles[_i].tolerance);
    ck_assert_double_eq_tol(qb_t_quantile(1 - p, df), -quantiles[_i].t, 1e-7);
}
END_TEST

START_TEST(inverts_itself)
{
    static const double ps[] = {1e-12, 1e-3, 0.2, 0.4999, 0.5, 0.7, 0.999}, dfs[] = {0.3, 1, 2.7, 10, 99, 101, 1e5};
    for (int i = 0; i < 7; i++) {
        for (int j = 0; j < 7; j++)
            ck_assert_double_eq_tol(qb_t_cdf(qb_t_quantile(ps[i], dfs[j]), dfs[j]) / ps[i], 1, 1e-9);
    }
    ck_assert_double_eq(qb_t_quantile(0.5, 3), 0);
    ck_assert(isinf(qb_t_quantile(1, 3)) && qb_t_quantile(0, 3) < 0 && isnan(qb_t_quantile(NAN, 3)));
    ck_assert_double_eq(qb_t_cdf(INFINITY, 3), 1);
    ck_assert_double_eq(qb_t_cdf(0, 3), 0.5);
}
END_TEST

/* {1,2,3} and {4,5,6}: both variances 1, t = -3 / sqrt(2/3), df 4. */
START_TEST(welch_by_hand)
{
    const double a[] = {1, 2, 3}, b[] = {4, 5, 6}, c[] = {2, 4, 6, 8};
    double df = 0;
    ck_assert_double_eq_tol(qb_welch_p(a, 3, b, 3, &df), 2 * exact_tail(3 / sqrt(2. / 3), 4), 1e-12);
    ck_assert_double_eq_tol(df, 4, 1e-12);
    /* {1,2,3} and {2,4,6,8}: 1/3 + (20/3)/4 = 2, difference -3, df = 4 / (1/18 + 25/27) = 216/53 */
    ck_assert_double_eq_tol(qb_welch_p(a, 3, c, 4, &df), 2 * 0.04995643215590006, 1e-9);
    ck_assert_double_eq_tol(df, 216. / 53, 1e-12);
    ck_assert_double_eq(qb_welch_p(b, 3, a, 3, NULL), qb_welch_p(a, 3, b, 3, NULL));
}
END_TEST

/* Differences 1, 2, 3: mean 2, variance 1, t = 2 sqrt(3), df 2. */
START_TEST(paired_by_hand)
{
    const double a[] = {11, 22, 33}, b[] = {10, 20, 30};
    double df = 0;
    ck_assert_double_eq_tol(qb_paired_p(a, b, 3, &df), 2 * exact_tail(2 * sqrt(3), 2), 1e-12);
    ck_assert_double_eq(df, 2);
}
END_TEST

START_TEST(tests_without_spread)
{
    const double a[] = {91.71, 91.71, 91.71}, b[] = {91.72, 91.72}, shifted[] = {1.5, 2.5, 3.5}, base[] = {1, 2, 3};
    double df = 0;
    ck_assert_double_eq(qb_welch_p(a, 3, a, 3, &df), 1);
    ck_assert_double_eq(qb_welch_p(a, 3, b, 2, &df), 0);
    ck_assert_double_eq(df, 3);
    ck_assert_double_eq(qb_paired_p(a, a, 3, NULL), 1);
    ck_assert_double_eq(qb_paired_p(shifted, base, 3, NULL), 0);
    ck_assert(isnan(qb_welch_p(a, 1, b, 2, &df)) && isnan(df));
    ck_assert(isnan(qb_welch_p(a, 3, b, 1, NULL)));
    ck_assert(isnan(qb_paired_p(a, b, 1, &df)) && isnan(df));
}
END_TEST

static const struct {
    double p[5], adjusted[5];
    int n;
} holm[] = {
    {{0.01, 0.04, 0.03, 0.005}, {0.03, 0.06, 0.06, 0.02}, 4}, /* 4 x .005, 3 x .01, 2 x .03, 1 x .04 -> .06 */
    {{0.5, 0.6}, {1, 1}, 2},
    {{0.02}, {0.02}, 1},
    {{0.01, NAN, 0.03, NAN, 0.02}, {0.03, NAN, 0.04, NAN, 0.04}, 5},
    {{0, 0, 1}, {0, 0, 1}, 3},
    {{0.2, 0.2}, {0.4, 0.4}, 2},
    {{0}, {0}, 0},
};

START_TEST(holm_by_hand)
{
    double p[5];
    for (int i = 0; i < 5; i++)
        p[i] = holm[_i].p[i];
    qb_holm(p, (size_t)holm[_i].n);
    for (int i = 0; i < holm[_i].n; i++) {
        bool both_nan = isnan(p[i]) && isnan(holm[_i].adjusted[i]);
        ck_assert(both_nan || fabs(p[i] - holm[_i].adjusted[i]) < 1e-15);
        ck_assert(isnan(p[i]) || !signbit(p[i]));
    }
}
END_TEST

/* ---- intervals and ranks ---- */

/* {1, 2, 3}: s = 1, t of 2 degrees of freedom 4.3027 at 95 %. */
START_TEST(margins_by_hand)
{
    const double v[] = {1, 2, 3}, equal[] = {5, 5, 5};
    ck_assert_double_eq_tol(qb_mean_margin(v, 3, 0.95), 4.3026527297 / sqrt(3), 1e-9);
    ck_assert_double_eq(qb_mean_margin(equal, 3, 0.99), 0);
    ck_assert(isnan(qb_mean_margin(v, 1, 0.95)) && isnan(qb_mean_margin(v, 0, 0.95)));
}
END_TEST

/* Two degrees of freedom are exponential, one is a squared normal, and the printed tables at 5 %. */
START_TEST(chi_square)
{
    static const double at_5_percent[] = {3.841458820694124,  5.991464547107979, 7.814727903251179, 9.487729036781154, 11.070497693516351,
                                          12.591587243743977, 14.067140449340169};
    for (int df = 1; df <= 7; df++)
        ck_assert_double_eq_tol(qb_chi2_tail(at_5_percent[df - 1], df), 0.05, 1e-13);
    ck_assert_double_eq_tol(qb_chi2_tail(124.34211340400408, 100), 0.05, 1e-12);
    ck_assert_double_eq_tol(qb_chi2_tail(60, 2) / exp(-30), 1, 1e-13);
    ck_assert_double_eq_tol(qb_chi2_tail(50, 1) / erfc(5), 1, 1e-13);
    ck_assert(qb_chi2_tail(0, 3) == 1 && qb_chi2_tail(-1, 3) == 1 && qb_chi2_tail(1e6, 4) == 0 && isnan(qb_chi2_tail(NAN, 3)));
}
END_TEST

/* The range of two normal values is a normal one: P(Q > q) = erfc(q / 2). */
START_TEST(range_of_two)
{
    for (double q = 1. / 64; q < 40; q *= 1.7)
        ck_assert_double_eq_tol(qb_range_tail(q, 2) / erfc(q / 2), 1, 1e-12);
    ck_assert(qb_range_tail(0, 5) == 1 && qb_range_tail(-1, 5) == 1 && isnan(qb_range_tail(NAN, 5)));
}
END_TEST

/* Demsar (2006), table 5a: the range's quantiles over the square root of 2, for 2 to 10 classifiers. */
static const double demsar_05[] = {1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164};
static const double demsar_10[] = {1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.780, 2.855, 2.920};

START_TEST(range_of_the_tables)
{
    for (size_t k = 2; k <= 10; k++) {
        ck_assert_double_eq_tol(qb_range_quantile(0.95, k) / sqrt(2), demsar_05[k - 2], 1e-3);
        ck_assert_double_eq_tol(qb_range_quantile(0.90, k) / sqrt(2), demsar_10[k - 2], 1e-3);
    }
    for (size_t k = 2; k <= 200; k = 3 * k - 1)
        ck_assert_double_eq_tol(qb_range_tail(qb_range_quantile(0.999, k), k), 0.001, 1e-12);
    ck_assert_double_eq(qb_range_quantile(0, 3), 0);
}
END_TEST

/* Ranks 1 2 3, 1.5 1.5 3 and 3 2 1: sums 5.5, 5.5 and 7; without ties 12 (0.25 + 0.25 + 1) / (3 3 4) = 0.5, one pair tied of
 * 3 blocks: / (1 - 6 / 72). */
START_TEST(friedman_by_hand)
{
    const double v[] = {1, 2, 3, 5, 5, 9, 0.3, 0.2, 0.1}, equal[] = {1, 1, 1, 4, 4, 4};
    double ranks[3], chi2, p;
    qb_friedman(v, 3, 3, ranks, &chi2, &p);
    ck_assert_double_eq_tol(ranks[0], 5.5 / 3, 1e-15);
    ck_assert_double_eq_tol(ranks[2], 7. / 3, 1e-15);
    ck_assert_double_eq_tol(chi2, 0.5 / (1 - 6. / 72), 1e-15);
    ck_assert_double_eq_tol(p, exp(-chi2 / 2), 1e-15);
    qb_friedman(equal, 2, 3, ranks, &chi2, &p);
    ck_assert(ranks[0] == 2 && ranks[1] == 2 && chi2 == 0 && p == 1);
}
END_TEST

/* Of two treatments it is a normal test: the difference has the variance k (k + 1) / (6 n) = 1 / n. */
START_TEST(nemenyi_by_hand)
{
    ck_assert_double_eq_tol(qb_nemenyi_p(-0.5, 16, 2), erfc(2 / sqrt(2)), 1e-13);
    ck_assert_double_eq_tol(qb_nemenyi_distance(0.05, 14, 4), 2.569 * sqrt(4 * 5 / (6. * 14)), 5e-4);
    ck_assert_double_eq_tol(qb_nemenyi_p(qb_nemenyi_distance(0.05, 9, 5), 9, 5), 0.05, 1e-12);
    ck_assert_double_eq(qb_nemenyi_p(0, 3, 3), 1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("stats");
    TCase *t = tcase_create("stats");
    tcase_add_test(t, means_and_spreads);
    tcase_add_test(t, medians);
    tcase_add_loop_test(t, agrees_with_closed_forms, 1, 5);
    tcase_add_loop_test(t, agrees_with_integration, 0, sizeof tails / sizeof *tails);
    tcase_add_loop_test(t, gives_the_quantiles_of_the_tables, 0, sizeof quantiles / sizeof *quantiles);
    tcase_add_test(t, inverts_itself);
    tcase_add_test(t, welch_by_hand);
    tcase_add_test(t, paired_by_hand);
    tcase_add_test(t, tests_without_spread);
    tcase_add_loop_test(t, holm_by_hand, 0, sizeof holm / sizeof *holm);
    tcase_add_test(t, margins_by_hand);
    tcase_add_test(t, chi_square);
    tcase_add_test(t, range_of_two);
    tcase_add_test(t, range_of_the_tables);
    tcase_add_test(t, friedman_by_hand);
    tcase_add_test(t, nemenyi_by_hand);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
