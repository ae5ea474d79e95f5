/* Levels and slopes that the user wrote down, as two lists:
 *   levels  all 0 or above: mirrored at 0. Else the whole set. Ascending.
 *   slopes  of the regularizer. Mirrored: right of every level; one less closes the range at the last level.
 *           Whole set: between neighbours, which closes both ends, or with those left and right of all as well.
 * An end slope of 1e300 or more in size closes that side. Falling slopes (not convex) are allowed when mirrored.
 */
#ifndef QB_SOLVERS_PAR_LISTS_H
#define QB_SOLVERS_PAR_LISTS_H

#include "common/par.h"

#include <stdio.h>

typedef struct qb_par_lists {
    int32_t n; /* levels of the whole set; 0 = no lists given */
    float q[2 * QB_PAR_MAX];
    double alpha[2 * QB_PAR_MAX + 1]; /* n + 1 of them; only when convex */
    bool is_convex;
    int32_t n_points; /* mirrored: break points from 0 on and their slopes */
    double p[QB_PAR_MAX + 1], a[QB_PAR_MAX + 1];
} qb_par_lists;

static inline double qb_par_end_slope(double v) { return fabs(v) >= 1e300 ? copysign((double)INFINITY, v) : v; }

static inline void qb_par_mirror(const double *level, size_t n, const double *slope, size_t n_slopes, qb_par_lists *l)
{
    bool has_zero = level[0] == 0.0;
    l->n = (int32_t)(2 * n - (has_zero ? 1 : 0));
    if (!has_zero)
        l->n_points = 1; /* p[0] = 0, a[0] = 0: nothing pulls between the innermost levels */
    double before = 0.0;
    l->is_convex = true;
    for (size_t k = 0; k < n; k++, l->n_points++) {
        double right = k < n_slopes ? qb_par_end_slope(slope[k]) : (double)INFINITY;
        size_t up = (size_t)l->n - n + k, down = n - 1 - k;
        l->q[up] = (float)level[k];
        l->q[down] = -(float)level[k] + 0.0f;
        l->alpha[up + 1] = right;
        l->alpha[down] = -right;
        if (k == 0 && !has_zero)
            l->alpha[up] = 0.0;
        l->p[l->n_points] = level[k];
        l->a[l->n_points] = right;
        l->is_convex = l->is_convex && right >= before;
        before = right;
    }
}

/* false and the reason in why: the lists do not fit each other or the bits (0 = ternary). */
static inline bool qb_par_lists_read(const double *level, size_t n, const double *slope, size_t n_slopes, int32_t bits,
                                     qb_par_lists *ret, char *why, size_t why_size)
{
    size_t allowed = bits == 0 ? 3 : (size_t)1 << bits;
    bool mirrored = n > 0 && level[0] >= 0.0;
    *ret = (qb_par_lists){.is_convex = true};
    if (n == 0 && n_slopes == 0)
        return true;
    for (size_t k = 1; k < n; k++)
        if (!(level[k] > level[k - 1])) {
            (void)snprintf(why, why_size, "levels must ascend, got %g after %g", level[k], level[k - 1]);
            return false;
        }
    size_t total = mirrored ? 2 * n - (level[0] == 0.0 ? 1 : 0) : n;
    if (total < 2 || total > allowed) {
        (void)snprintf(why, why_size, "expected 2 to %zu levels (those of a mirrored list count twice), got %zu", allowed, total);
        return false;
    }
    if (mirrored ? n_slopes != n && n_slopes + 1 != n : n_slopes != n + 1 && n_slopes + 1 != n) {
        (void)snprintf(why, why_size, "expected %zu or %zu slopes for these %zu levels, got %zu", n - 1, mirrored ? n : n + 1, n,
                       n_slopes);
        return false;
    }
    if (mirrored) {
        qb_par_mirror(level, n, slope, n_slopes, ret);
        return true;
    }
    bool closed = n_slopes + 1 == n;
    ret->n = (int32_t)n;
    for (size_t k = 0; k <= n; k++) {
        if (k < n)
            ret->q[k] = (float)level[k];
        bool is_end = k == 0 || k == n;
        ret->alpha[k] = closed && is_end ? (k == 0 ? -(double)INFINITY : (double)INFINITY) : qb_par_end_slope(slope[closed ? k - 1 : k]);
        if (k > 0 && ret->alpha[k] < ret->alpha[k - 1]) {
            (void)snprintf(why, why_size, "slopes may fall only when the levels are mirrored (all 0 or above)");
            return false;
        }
    }
    return true;
}

static inline void qb_par_lists_row(const qb_par_lists *l, double s, const float *x, int64_t len, float *w)
{
    if (l->is_convex)
        qb_par_convex_row(l->q, l->alpha, l->n, s, x, len, w);
    else
        qb_par_any_row(l->p, l->a, l->n_points, s, x, len, w);
}

#endif
