/* qatbench/solver_util.h - header-only helpers for solvers; the program uses the same ones, so there is one
 * definition of "nearest level".
 */
#ifndef QATBENCH_SOLVER_UTIL_H
#define QATBENCH_SOLVER_UTIL_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* Index of the level nearest to x. q[n]: ascending, equal neighbours allowed, n >= 1. A value on a midpoint goes
 * to the lower level; midpoints in double (spec/solvers.md 0.4). NaN gives 0. */
static inline int32_t qb_nearest_index(const float *q, int32_t n, float x)
{
    int32_t i = 0;
    while (i + 1 < n && (double)x > 0.5 * ((double)q[i] + (double)q[i + 1]))
        i++;
    return i;
}

static inline float qb_nearest(const float *q, int32_t n, float x) { return q[qb_nearest_index(q, n, x)]; }

static inline double qb_clamp(double v, double lo, double hi) { return v < lo ? lo : (v > hi ? hi : v); }

/* Sign with sgn(0) = +1. */
static inline float qb_sign(float v) { return v < 0.0f ? -1.0f : 1.0f; }

/* Mean of |x[0..n)|, summed in double; n >= 1. */
static inline double qb_mean_abs(const float *x, int64_t n)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        sum += fabs((double)x[i]);
    return sum / (double)n;
}

static inline double qb_max_abs(const float *x, int64_t n)
{
    double m = 0.0;
    for (int64_t i = 0; i < n; i++)
        m = fabs((double)x[i]) > m ? fabs((double)x[i]) : m;
    return m;
}

#endif
