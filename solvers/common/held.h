/* Levels that are renewed only for the better. A solver without latent weights pulls the weights onto levels and then
 * gets new levels from those same weights; most quantizers, given weights that lie on levels exactly, answer with other
 * levels (lsbq with closer ones each time, until the row has one value left). So the quantizer's new set is taken
 * only if the row's weights are nearer to it than to the set that is held.
 *
 * State of a row: the held levels, then what was last seen of the quantizer's. Rows with more than 5 bits have no room
 * and take every new set: so many levels lie close anyway.
 */
#ifndef QB_SOLVERS_HELD_H
#define QB_SOLVERS_HELD_H

#include <qatbench/solver.h>
#include <qatbench/solver_util.h>

#include <string.h>

enum { QB_HELD_MARKS = 3, QB_HELD_MAX = 64 - QB_HELD_MARKS }; /* marks: 1 once there is a set; its first and last level seen */

/* Floats a row for state_per_row. */
static inline int32_t qb_held_size(int32_t bits)
{
    int32_t n = bits == 0 ? 3 : 1 << bits;
    return n <= QB_HELD_MAX ? n + QB_HELD_MARKS : 0;
}

static inline double qb_held_misfit(const float *q, int32_t n, const float *x, int64_t len)
{
    double sum = 0.0;
    for (int64_t i = 0; i < len; i++) {
        double d = (double)x[i] - (double)qb_nearest(q, n, x[i]);
        sum += d * d;
    }
    return sum;
}

/* Where the row keeps its set; NULL: it keeps none (no state asked for, or more levels than it has room for). */
static inline float *qb_held_state(const qb_view *v, int64_t r)
{
    int32_t size = qb_held_size(v->bits);
    return v->row_state == NULL || v->n_levels + QB_HELD_MARKS > size ? NULL : v->row_state + r * size;
}

/* Levels in force of a row, n_levels of them: as they stand. */
static inline const float *qb_held_levels(const qb_view *v, int64_t r)
{
    const float *held = qb_held_state(v, r);
    return held != NULL ? held : v->levels + r * v->n_levels;
}

/* The same after a look at the quantizer's: x is the row's weights; always: take every new set. */
static inline const float *qb_held_renew(qb_view *v, int64_t r, const float *x, int always)
{
    const float *fresh = v->levels + r * v->n_levels;
    float *held = qb_held_state(v, r);
    if (held == NULL)
        return fresh;
    int32_t n = v->n_levels;
    float *marks = held + qb_held_size(v->bits) - QB_HELD_MARKS;
    int seen = marks[0] > 0.0f && marks[1] == fresh[0] && marks[2] == fresh[n - 1];
    if (!seen && (always || !(marks[0] > 0.0f) ||
                  qb_held_misfit(fresh, n, x, v->row_len) < qb_held_misfit(held, n, x, v->row_len)))
        memcpy(held, fresh, (size_t)n * sizeof *held);
    marks[0] = 1.0f;
    marks[1] = fresh[0];
    marks[2] = fresh[n - 1];
    return held;
}

#endif
