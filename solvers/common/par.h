/* Proximal maps of piecewise-affine regularizers Psi, weight by weight:
 *   w = argmin_w  s Psi(w) + (w - x)^2 / 2
 * Header-only. Letters: q levels, alpha slopes of Psi, s strength, x in, w out. Arithmetic in double.
 * Source: PARQ, arXiv 2503.15748, eq. 6-7 (convex); Ma, Xiao, arXiv 2508.11112 (the others).
 */
#ifndef QB_SOLVERS_PAR_H
#define QB_SOLVERS_PAR_H

#include "common/maps.h"

#include <stdbool.h>

enum { QB_PAR_MAX = 256 };

/* ---- convex: slopes never fall ----
 *   q[n]          ascending, equal neighbours allowed, n >= 1
 *   alpha[n + 1]  slope left of q[0], between neighbours, right of q[n-1]; -inf or +inf at an end closes that side
 * flat at q_k on [q_k + s alpha_k, q_k + s alpha_{k+1}], slope 1 in between; continuous, so there are no ties. */
static inline double qb_par_times(double s, double slope) { return isinf(slope) ? slope : s * slope; }

enum { QB_PAR_PIECE = 64, QB_PAR_FEW = 16 };

/* Many levels: the piece of each weight by halving, without branches. */
static inline void qb_par_convex_many(const float *q, const double *alpha, const double *at, int32_t n, double s, const float *x,
                                      int64_t len, float *w)
{
    for (int64_t i = 0; i < len; i++) {
        double v = (double)x[i];
        int32_t piece = 0, left = 2 * n;
        while (left > 1) {
            int32_t half = left / 2;
            piece += half * (v > at[piece + half - 1]);
            left -= half;
        }
        piece += v > at[piece];
        w[i] = piece % 2 == 1 ? q[piece / 2] : (float)(v - s * alpha[piece / 2]);
    }
}

/* Few: one pass a level over weights that stay in registers and cache. x and w may be the same. */
QB_CLONES(void, qb_par_convex_few, (const float *q, const double *alpha, const double *at, int32_t n, double s,
                                    const float *x, int64_t len, float *w), (q, alpha, at, n, s, x, len, w))
{
    for (int64_t from = 0; from < len; from += QB_PAR_PIECE) {
        int count = len - from < QB_PAR_PIECE ? (int)(len - from) : QB_PAR_PIECE;
        double in[QB_PAR_PIECE], out[QB_PAR_PIECE], shift = s * alpha[0];
        for (int i = 0; i < count; i++) {
            in[i] = (double)x[from + i];
            out[i] = in[i] - shift;
        }
        for (int32_t k = 0; k < n; k++) {
            double flat = at[2 * k], slanted = at[2 * k + 1], level = (double)q[k];
            shift = s * alpha[k + 1];
            for (int i = 0; i < count; i++) {
                double v = in[i] > flat ? level : out[i];
                out[i] = in[i] > slanted ? in[i] - shift : v;
            }
        }
        for (int i = 0; i < count; i++)
            w[from + i] = (float)out[i];
    }
}

static inline void qb_par_convex_row(const float *q, const double *alpha, int32_t n, double s, const float *x, int64_t len,
                                     float *w)
{
    double at[2 * QB_PAR_MAX]; /* where pieces meet, ascending: slanted before at[0], flat to at[1], slanted, ... */
    for (int32_t k = 0; k < n; k++) {
        at[2 * k] = (double)q[k] + qb_par_times(s, alpha[k]);
        at[2 * k + 1] = (double)q[k] + qb_par_times(s, alpha[k + 1]);
    }
    if (n <= QB_PAR_FEW)
        qb_par_convex_few(q, alpha, at, n, s, x, len, w);
    else
        qb_par_convex_many(q, alpha, at, n, s, x, len, w);
}

/* alpha[n + 1] = scale * midpoints of q[n], ends closed: with s = 1 / scale the map becomes hard at the midpoints. */
static inline void qb_par_midpoint_slopes(const float *q, int32_t n, double scale, double *alpha)
{
    alpha[0] = -(double)INFINITY;
    for (int32_t k = 0; k + 1 < n; k++)
        alpha[k + 1] = scale * 0.5 * ((double)q[k] + (double)q[k + 1]);
    alpha[n] = (double)INFINITY;
}

/* ---- any slopes, mirrored: Psi(-w) = Psi(w) ----
 *   p[n]  break points, ascending from p[0] = 0      a[n]  slope on (p_k, p_{k+1}), the last one up to infinity
 * By comparing all candidates: every break point, then the stationary point of every piece; the first best wins. */
static inline double qb_par_any(const double *p, const double *a, const double *psi, int32_t n, double s, double z)
{
    double best = 0.0, cost = (double)INFINITY;
    for (int32_t k = 0; k < n; k++) {
        double c = s * psi[k] + 0.5 * (p[k] - z) * (p[k] - z);
        if (c < cost) {
            cost = c;
            best = p[k];
        }
    }
    for (int32_t k = 0; k < n; k++) {
        double v = z - s * a[k];
        if (isinf(a[k]) || v < p[k] || (k + 1 < n && v > p[k + 1]))
            continue;
        double c = s * (psi[k] + a[k] * (v - p[k])) + 0.5 * (v - z) * (v - z);
        if (c < cost) {
            cost = c;
            best = v;
        }
    }
    return best;
}

static inline void qb_par_any_row(const double *p, const double *a, int32_t n, double s, const float *x, int64_t len, float *w)
{
    double psi[2 * QB_PAR_MAX]; /* Psi at the break points */
    psi[0] = 0.0;
    for (int32_t k = 1; k < n; k++)
        psi[k] = psi[k - 1] + a[k - 1] * (p[k] - p[k - 1]);
    for (int64_t i = 0; i < len; i++) {
        double v = qb_par_any(p, a, psi, n, s, fabs((double)x[i]));
        w[i] = (float)(x[i] < 0.0f ? -v : v);
    }
}

/* ---- quasi-convex on the whole numbers: on [m, m + 1] slope 1 on the first half, 0 on the second; z >= 0 ----
 * For s > 1 the result is a whole number; the released code gives negative ones for small z there. */
static inline double qb_par_quasiconvex(double s, double z)
{
    double m = floor(z), part = z - m, whole = floor(z - 0.5 * (s - 1.0));
    if (s > 1.0)
        return whole > 0.0 ? whole : 0.0;
    double moved = part < 0.5 * (1.0 + s) ? z - s : z;
    return part < s ? m : moved;
}

/* A row of the grid of spacing d > 0, mirrored, not beyond `top` levels; s over d. */
QB_CLONES(void, qb_par_quasiconvex_row, (double s, double d, double top, const float *restrict z, int64_t len,
                                         float *restrict w), (s, d, top, z, len, w))
{
    for (int64_t i = 0; i < len; i++) {
        double y = qb_par_quasiconvex(s, fabs((double)z[i]) / d), size = d * (y < top ? y : top);
        w[i] = (float)(z[i] < 0.0f ? -size : size) + 0.0f; /* no -0 */
    }
}

/* ---- even grids: multiples of delta ---- */

/* Levels on each side of 0: n_max, or as many as the bits allow (-1), or any number (0). */
static inline double qb_grid_limit(int64_t n_max, int32_t bits)
{
    if (n_max != -1)
        return n_max > 0 ? (double)n_max : (double)INFINITY;
    return bits == 0 ? 1.0 : (double)((1 << (bits - 1)) - 1);
}

/* Nearest to x within limit; ties to the lower level. */
static inline float qb_grid_nearest(double delta, double limit, float x)
{
    if (!(delta > 0.0))
        return 0.0f;
    return (float)(delta * qb_clamp(ceil((double)x / delta - 0.5), -limit, limit)) + 0.0f; /* no -0 */
}

#endif
