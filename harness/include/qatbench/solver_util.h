/* qatbench/solver_util.h - header-only helpers for solvers; the program uses the same ones, so there is one
 * definition of "nearest level".
 */
#ifndef QATBENCH_SOLVER_UTIL_H
#define QATBENCH_SOLVER_UTIL_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define QB_RESTRICT __restrict
#else
#define QB_RESTRICT restrict
#endif

/* Before a function whose loops over weights the compiler turns into vector code: it is compiled for AVX-512, AVX2 and
 * any x86-64, and the CPU decides once, when the plugin is loaded. Results are the same with each, as long as the
 * compiler may not fuse a multiplication and an addition (-std=c11, or -ffp-contract=off). */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define QB_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define QB_CLONES
#endif

/* Index of the level nearest to x. q[n]: ascending, equal neighbours allowed, n >= 1. A value on a midpoint goes
 * to the lower level; midpoints in double. NaN gives 0. */
static inline int32_t qb_nearest_index(const float *q, int32_t n, float x)
{
    int32_t i = 0;
    while (i + 1 < n && (double)x > 0.5 * ((double)q[i] + (double)q[i + 1]))
        i++;
    return i;
}

static inline float qb_nearest(const float *q, int32_t n, float x) { return q[qb_nearest_index(q, n, x)]; }

/* The largest float that is not above v: for every float x, x > v as doubles means x > qb_float_below(v) as floats,
 * so a loop over a row compares floats alone and the compiler uses vectors. */
static inline float qb_float_below(double v)
{
    float f = (float)v;
    return (double)f > v ? nextafterf(f, -INFINITY) : f;
}

/* Thresholds between the levels q[n]: x[n-1] with nearest index = number of thresholds below x. */
static inline void qb_thresholds(const float *q, int32_t n, float *ret_thresholds)
{
    for (int32_t i = 0; i + 1 < n; i++)
        ret_thresholds[i] = qb_float_below(0.5 * ((double)q[i] + (double)q[i + 1]));
}

/* w[i] = qb_nearest(q, n, x[i]) for a whole row, the same bits, many times faster; n <= 256; w must not overlap x. */
QB_CLONES static inline void qb_nearest_row(const float *q, int32_t n, const float *QB_RESTRICT x, int64_t len,
                                  float *QB_RESTRICT w)
{
    float t[256];
    qb_thresholds(q, n, t);
    if (n <= 16) { /* one pass a threshold, over pieces that stay in the first cache */
        for (int64_t from = 0; from < len; from += 512) {
            int64_t to = from + 512 < len ? from + 512 : len;
            for (int64_t i = from; i < to; i++)
                w[i] = q[0];
            for (int32_t k = 0; k + 1 < n; k++) {
                float threshold = t[k], level = q[k + 1];
                for (int64_t i = from; i < to; i++)
                    w[i] = x[i] > threshold ? level : w[i];
            }
        }
        return;
    }
    for (int64_t i = 0; i < len; i++) { /* how many thresholds are below x[i], by halving without branches */
        int32_t below = 0, left = n - 1;
        while (left > 1) {
            int32_t half = left / 2;
            below += half * (x[i] > t[below + half - 1]);
            left -= half;
        }
        w[i] = q[below + (x[i] > t[below])];
    }
}

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
