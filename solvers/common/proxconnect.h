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
static inline double qb_proxconnect_gap(double l, double h, double rho, double varrho, double x)
{
    double p = 0.5 * (l + h);
    double flat_end = fmin(p, l + rho), below = fmax(l, p - varrho);
    double flat_start = fmax(p, h - rho), above = fmin(h, p + varrho);
    if (x <= flat_end)
        return l;
    if (x <= p)
        return l + (x - flat_end) * (below - l) / (p - flat_end);
    if (x < flat_start)
        return above + (x - p) * (h - above) / (flat_start - p);
    return h;
}

/* A row; rho and varrho: one for each of the n - 1 gaps of levels q[n]. Outside: the outermost level. */
static inline void qb_proxconnect_row(const float *q, int32_t n, const double *rho, const double *varrho, const float *x,
                                      int64_t len, float *w)
{
    for (int64_t i = 0; i < len; i++) {
        if (!(x[i] > q[0]) || !(x[i] < q[n - 1])) {
            w[i] = x[i] > q[0] ? q[n - 1] : q[0];
            continue;
        }
        int32_t k = qb_interval(q, n, x[i]);
        w[i] = (float)qb_proxconnect_gap((double)q[k], (double)q[k + 1], rho[k], varrho[k], (double)x[i]);
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
