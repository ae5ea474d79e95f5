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

/* The interval (l, h] of neighbouring levels that x lies in, its end intervals reaching to infinity:
 * index of l, 0..n-2; n >= 2. By halving: log2 n comparisons. */
static inline int32_t qb_interval(const float *q, int32_t n, float x)
{
    int32_t low = 0, left = n - 1; /* candidates low..low+left-1 */
    while (left > 1) {
        int32_t half = left / 2;
        low += x > q[low + half] ? half : 0;
        left -= half;
    }
    return low;
}

#endif
