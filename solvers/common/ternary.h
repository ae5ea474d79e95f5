/* Ternary values chosen by a threshold: not the nearest ones, because the threshold is not midway.
 *   q(x) = high where x is beyond delta, low where it is beyond -delta, else 0
 * Whether a value on the threshold counts as beyond it differs between the sources: `inclusive`.
 * Source: Li, Zhang, Liu, "Ternary Weight Networks" (exclusive); code of BinaryRelax and ProxQuant (inclusive).
 */
#ifndef QB_SOLVERS_TERNARY_H
#define QB_SOLVERS_TERNARY_H

#include <qatbench/solver_util.h>

#include <stdbool.h>

typedef struct qb_ternary {
    double delta;     /* threshold, 0 or above */
    float low, high;  /* values of the two sides, 0 for an empty one */
    bool inclusive;
} qb_ternary;

/* -1, 0 or 1: the side of x. */
static inline int qb_ternary_side(const qb_ternary *t, float x)
{
    double a = fabs((double)x);
    if (!(t->inclusive ? a >= t->delta : a > t->delta))
        return 0;
    return x < 0.0f ? -1 : 1;
}

static inline float qb_ternary_value(const qb_ternary *t, float x)
{
    int side = qb_ternary_side(t, x);
    return side > 0 ? t->high : side < 0 ? t->low : 0.0f;
}

/* Values for a threshold: the means of the sides, or of both together with opposite signs when `symmetric`. */
static inline qb_ternary qb_ternary_fit(const float *x, int64_t n, double delta, bool inclusive, bool symmetric)
{
    qb_ternary t = {.delta = delta, .inclusive = inclusive};
    double sum[2] = {0.0, 0.0};
    int64_t count[2] = {0, 0};
    for (int64_t i = 0; i < n; i++) {
        int side = qb_ternary_side(&t, x[i]);
        if (side == 0)
            continue;
        sum[side > 0] += (double)x[i];
        count[side > 0]++;
    }
    if (symmetric) {
        int64_t both = count[0] + count[1];
        t.high = both > 0 ? (float)((sum[1] - sum[0]) / (double)both) : 0.0f;
        t.low = -t.high + 0.0f;
        return t;
    }
    t.high = count[1] > 0 ? (float)(sum[1] / (double)count[1]) : 0.0f;
    t.low = count[0] > 0 ? (float)(sum[0] / (double)count[0]) : 0.0f;
    return t;
}

#endif
