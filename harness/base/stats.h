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

/* Holm's step-down adjustment of p[0..n), in place, order kept; NaN stay NaN and do not count. */
void qb_holm(double *p, size_t n);

#endif
