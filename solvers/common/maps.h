/* Maps that several solvers share; header-only, included by solvers in this folder's parent.
 *   z[len] input, w[len] result, no overlap     q[n] levels of the row, ascending, n >= 1
 */
#ifndef QB_SOLVERS_MAPS_H
#define QB_SOLVERS_MAPS_H

#include <qatbench/solver.h>
#include <qatbench/solver_util.h>

#include <string.h>

/* All rows of a view through one of the maps below. */
static inline int qb_map_identity(qb_view *v)
{
    memcpy(v->w, v->z, (size_t)(v->n_rows * v->row_len) * sizeof(float));
    return 0;
}

static inline int qb_map_nearest(qb_view *v)
{
    for (int64_t r = 0; r < v->n_rows; r++)
        qb_nearest_row(v->levels + r * v->n_levels, v->n_levels, v->z + r * v->row_len, v->row_len, v->w + r * v->row_len);
    return 0;
}

/* w <- (1 - theta) z + theta w: the quantized weights in w mixed with the latent ones. */
QB_CLONES(void, qb_map_mix, (qb_view *v, double theta), (v, theta))
{
    const float part = (float)theta, rest = (float)(1.0 - theta);
    const float *restrict z = v->z;
    float *restrict w = v->w;
    for (int64_t i = 0; i < v->n_rows * v->row_len; i++)
        w[i] = rest * z[i] + part * w[i];
}

/* The interval (l, h] of neighbouring levels that x lies in, its end intervals reaching to infinity:
 * index of l, 0..n-2; n >= 2. By halving, without branches: log2 n comparisons. */
static inline int32_t qb_interval(const float *q, int32_t n, float x)
{
    int32_t low = 0, left = n - 1; /* candidates low..low+left-1 */
    while (left > 1) {
        int32_t half = left / 2;
        low += half * (x > q[low + half]);
        left -= half;
    }
    return low;
}

/* The same for many: l[i], h[i] of z[i]. */
QB_CLONES(void, qb_intervals, (const float *restrict q, int32_t n, const float *restrict z, int64_t len,
                               float *restrict l, float *restrict h), (q, n, z, len, l, h))
{
    if (n > 16) {
        for (int64_t i = 0; i < len; i++) {
            int32_t k = qb_interval(q, n, z[i]);
            l[i] = q[k];
            h[i] = q[k + 1];
        }
        return;
    }
    for (int64_t i = 0; i < len; i++) {
        l[i] = q[0];
        h[i] = q[1];
    }
    for (int32_t k = 1; k + 1 < n; k++) {
        float low = q[k], high = q[k + 1];
        for (int64_t i = 0; i < len; i++) /* two loops: in one, the compiler makes a branch of it */
            l[i] = z[i] > low ? low : l[i];
        for (int64_t i = 0; i < len; i++)
            h[i] = z[i] > low ? high : h[i];
    }
}

/* tanh in plain arithmetic, for loops that are to become vector code: (1 - e) / (1 + e), e = exp(-2|y|) by the
 * series of degree 12 on [-ln 2 / 2, ln 2 / 2]. Absolute error below 1e-15, exactly odd, |y| >= 20 gives 1. */
static inline double qb_tanh(double y)
{
    const double round = 0x1.8p52; /* adding it leaves the nearest whole number in the low bits */
    double a = fabs(y);
    a = a < 20.0 ? a : 20.0;
    double shifted = -2.0 * a * 1.4426950408889634 + round, n = shifted - round;
    double r = (-2.0 * a - n * 0x1.62e42fefa38p-1) - n * 0x1.ef35793c7673p-45; /* ln 2 in two parts */
    double p = 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    uint64_t bits, power;
    memcpy(&bits, &p, sizeof bits);
    memcpy(&power, &shifted, sizeof power);
    bits += power << 52; /* times 2^n */
    memcpy(&p, &bits, sizeof p);
    double t = (1.0 - p) / (1.0 + p);
    return copysign(a < 20.0 ? t : 1.0, y);
}

#endif
