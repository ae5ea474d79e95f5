/* PARQ's map of a row and the sigmoid fall of its inverse slope; shared by parq, nmsgd and proxconnect.
 *   q[n] levels, r inverse slope in (0, 1], z in, w out
 */
#ifndef QB_SOLVERS_PARQ_MAP_H
#define QB_SOLVERS_PARQ_MAP_H

#include "common/maps.h"

/* S(f) = (p(f) - p(1)) / (p(0) - p(1)),  p(f) = 1 / (1 + exp(steepness (f - center))): from 1 at 0 to 0 at 1.
 * By tanh, 1/(1+exp(-2y)) = (1 + tanh y)/2, so that no steepness overflows. */
static inline double qb_parq_sigmoid(double steepness, double center, double f)
{
    double half = 0.5 * steepness;
    double start = tanh(half * center), end = tanh(half * (center - 1.0));
    return (tanh(half * (center - f)) - end) / (start - end);
}

/* One interval: c = high + low to twice float's precision, so that (z - c) / r is right however small r is. */
typedef struct qb_parq_interval {
    float low_level, high_level, c_high, c_low;
} qb_parq_interval;

static inline qb_parq_interval qb_parq_interval_make(float l, float h)
{
    double c = 0.5 * ((double)l + (double)h);
    float c_high = (float)c;
    return (qb_parq_interval){l, h, c_high, (float)(c - (double)c_high)};
}

/* c + (z - c) / r as z + (z - c) extra, extra = 1 / r - 1: at r = 1 exactly z, and levels stay where they are. */
static inline float qb_parq_step(qb_parq_interval k, float extra, float z)
{
    float y = z + ((z - k.c_high) - k.c_low) * extra;
    y = y > k.low_level ? y : k.low_level;
    return y < k.high_level ? y : k.high_level;
}

QB_CLONES(void, qb_parq_row, (const float *q, int32_t n, double r, const float *restrict z, int64_t len,
                              float *restrict w), (q, n, r, z, len, w))
{
    float extra = (float)(1.0 / r - 1.0);
    if (n > 16) { /* many levels: find the interval of each weight */
        for (int64_t i = 0; i < len; i++) {
            int32_t k = qb_interval(q, n, z[i]);
            w[i] = qb_parq_step(qb_parq_interval_make(q[k], q[k + 1]), extra, z[i]);
        }
        return;
    }
    for (int64_t from = 0; from < len; from += 512) { /* few: one pass an interval, which the compiler vectorizes */
        int64_t to = from + 512 < len ? from + 512 : len;
        qb_parq_interval first = qb_parq_interval_make(q[0], q[n > 1 ? 1 : 0]);
        for (int64_t i = from; i < to; i++)
            w[i] = qb_parq_step(first, extra, z[i]);
        for (int32_t k = 1; k + 1 < n; k++) {
            qb_parq_interval next = qb_parq_interval_make(q[k], q[k + 1]);
            for (int64_t i = from; i < to; i++)
                w[i] = z[i] > next.low_level ? qb_parq_step(next, extra, z[i]) : w[i];
        }
    }
}

#endif
