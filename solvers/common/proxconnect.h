/* The maps of ProxConnect and ProxConnect++; header-only.
 * Source: Dockhorn, Yu, Sari, Zolnouri, Partovi Nia, "Demystifying and Generalizing BinaryConnect", NeurIPS 2021
 * (arXiv 2110.13220): the two-parameter family; Lu, Yu, Li, Partovi Nia, arXiv 2402.17710: the pairs.
 */
#ifndef QB_SOLVERS_PROXCONNECT_H
#define QB_SOLVERS_PROXCONNECT_H

#include "common/maps.h"

/* One gap between levels l < h with middle p: flat at l for `rho` above it and at h for rho below it; the rest reaches
 * up to p - varrho from below and starts from p + varrho above, so that the map jumps at p by up to 2 varrho.
 * rho, varrho >= 0, from half the gap on the map is hard. At p itself: the lower side. */
typedef struct qb_proxconnect_gap {
    double l, h, middle, flat_end, flat_start, above; /* above: value right after the jump */
    double rise_below, rise_above;                    /* slopes of the two slanted parts */
} qb_proxconnect_gap;

static inline qb_proxconnect_gap qb_proxconnect_gap_make(double l, double h, double rho, double varrho)
{
    double p = 0.5 * (l + h), flat_end = fmin(p, l + rho), below = fmax(l, p - varrho);
    double flat_start = fmax(p, h - rho), above = fmin(h, p + varrho);
    return (qb_proxconnect_gap){.l = l, .h = h, .middle = p, .flat_end = flat_end, .flat_start = flat_start, .above = above,
                                .rise_below = p > flat_end ? (below - l) / (p - flat_end) : 0.0,
                                .rise_above = flat_start > p ? (h - above) / (flat_start - p) : 0.0};
}

static inline double qb_proxconnect_value(qb_proxconnect_gap g, double x)
{
    double lower = g.l + (x - g.flat_end) * g.rise_below, upper = g.above + (x - g.middle) * g.rise_above;
    upper = x < g.flat_start ? upper : g.h;
    lower = x <= g.flat_end ? g.l : lower;
    return x <= g.middle ? lower : upper;
}

enum { QB_PROXCONNECT_PIECE = 64, QB_PROXCONNECT_FEW = 16 };

/* Few levels: one pass a gap over a piece of the row. */
QB_CLONES(void, qb_proxconnect_few, (const float *q, int32_t n, const qb_proxconnect_gap *gap, const float *restrict x,
                                     int64_t len, float *restrict w), (q, n, gap, x, len, w))
{
    for (int64_t from = 0; from < len; from += QB_PROXCONNECT_PIECE) {
        int64_t to = from + QB_PROXCONNECT_PIECE < len ? from + QB_PROXCONNECT_PIECE : len;
        for (int64_t i = from; i < to; i++)
            w[i] = q[0];
        for (int32_t k = 0; k + 1 < n; k++) {
            qb_proxconnect_gap g = gap[k];
            float low = q[k];
            for (int64_t i = from; i < to; i++) {
                float value = (float)qb_proxconnect_value(g, (double)x[i]);
                w[i] = x[i] > low ? value : w[i];
            }
        }
        float last = q[n - 1];
        for (int64_t i = from; i < to; i++)
            w[i] = x[i] >= last ? last : w[i];
    }
}

/* A row; rho and varrho: one for each of the n - 1 gaps of levels q[n]. Outside: the outermost level. */
static inline void qb_proxconnect_row(const float *q, int32_t n, const double *rho, const double *varrho, const float *x,
                                      int64_t len, float *w)
{
    qb_proxconnect_gap gap[256];
    for (int32_t k = 0; k + 1 < n; k++)
        gap[k] = qb_proxconnect_gap_make((double)q[k], (double)q[k + 1], rho[k], varrho[k]);
    if (n <= QB_PROXCONNECT_FEW) {
        qb_proxconnect_few(q, n, gap, x, len, w);
        return;
    }
    for (int64_t i = 0; i < len; i++) {
        float inside = (float)qb_proxconnect_value(gap[qb_interval(q, n, x[i])], (double)x[i]);
        inside = x[i] > q[0] ? inside : q[0];
        w[i] = x[i] >= q[n - 1] ? q[n - 1] : inside;
    }
}

/* SignSwish and its derivative; sign and 0 far out, where they are equal to those in double precision. */
static inline double qb_sign_swish(double beta, double x)
{
    double y = beta * x;
    if (fabs(y) > 60.0)
        return y < 0.0 ? -1.0 : 1.0;
    double s = 1.0 / (1.0 + exp(-y));
    return 2.0 * s * (1.0 + y * (1.0 - s)) - 1.0;
}

static inline double qb_sign_swish_slope(double beta, double x)
{
    double y = beta * x;
    return fabs(y) > 60.0 ? 0.0 : beta * (2.0 - y * tanh(0.5 * y)) / (1.0 + cosh(y));
}

#endif
