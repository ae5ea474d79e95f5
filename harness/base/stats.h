/* Statistics of small samples: what a comparison table needs, nothing more. */
#ifndef QB_STATS_H
#define QB_STATS_H

#include <stddef.h>

double qb_mean(const double *v, size_t n);         /* n >= 1 */
double qb_std(const double *v, size_t n, int ddof); /* two-pass; NaN when n <= ddof */
double qb_median(double *v, size_t n);             /* sorts v; mean of the middle two for even n */

/* Student's t: P(T <= t) and its inverse, any real df > 0 (regularized incomplete beta; 1e-10 relative). */
double qb_t_cdf(double t, double df);
double qb_t_quantile(double p, double df);

/* Two-sided p-values. Welch: unequal variances, Welch-Satterthwaite df. Paired: differences a[i] - b[i].
 * NaN when a sample has fewer than two values; 1 when both have zero spread and equal means, 0 when
 * zero spread and different means. *ret_df may be NULL. */
double qb_welch_p(const double *a, size_t na, const double *b, size_t nb, double *ret_df);
double qb_paired_p(const double *a, const double *b, size_t n, double *ret_df);

/* Half-width of the two-sided confidence interval of a mean, t_{(1 + level) / 2, n - 1} s / sqrt(n) with ddof 1. level in
 * (0, 1). NaN when n < 2; 0 without spread. */
double qb_mean_margin(const double *v, size_t n, double level);

/* P(X > x) of chi-square; df >= 1 (finite sum; relative error below 1e-13). */
double qb_chi2_tail(double x, int df);

/* Range of k independent standard normal values, k >= 2: the studentized range with infinite degrees of freedom.
 * P(Q > q), and the q with P(Q <= q) = p, p in [0, 1) (trapezoidal rule; relative error below 1e-12). */
double qb_range_tail(double q, size_t k);
double qb_range_quantile(double p, size_t k);

/* Friedman's test of k treatments in n blocks; v (n, k), no NaN, n >= 1, k >= 2. Within a block the smallest value has rank 1
 * and equal values share the mean of their ranks; chi-square is corrected for these ties and has k - 1 degrees of freedom.
 * ret_mean_ranks (k). Where all values of every block are equal, chi-square is 0 and p is 1. */
void qb_friedman(const double *v, size_t n, size_t k, double *ret_mean_ranks, double *ret_chi2, double *ret_p);

/* Nemenyi's comparison of mean ranks after Friedman's test: the p-value of a pair, adjusted for all pairs of the k treatments,
 * and the critical difference at `level` (0.05): pairs that are further apart differ. n blocks. */
double qb_nemenyi_p(double difference, size_t n, size_t k);
double qb_nemenyi_distance(double level, size_t n, size_t k);

/* Holm's step-down adjustment of p[0..n), in place, order kept; NaN stay NaN and do not count. */
void qb_holm(double *p, size_t n);

#endif
