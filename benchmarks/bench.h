/* Timing for the programs in this folder: a line is a kernel, its best time in a fitting unit, and what it may be held
 * against. The best of many rounds is what the machine can do; the others say what else it was doing.
 */
#ifndef BENCH_H
#define BENCH_H

#include "base/clock.h"
#include "base/err.h"
#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>

enum { BENCH_LEAST_ROUNDS = 5 };
#define BENCH_SECONDS 0.05

/* Seconds of one call of `run`, the best of the calls made in BENCH_SECONDS. The first one only fills caches. */
static inline double bench_best(void (*run)(void *), void *context)
{
    double best = 1e30, spent = 0;
    run(context);
    for (int round = 0; round < BENCH_LEAST_ROUNDS || spent < BENCH_SECONDS; round++) {
        double begin = qb_now_seconds();
        run(context);
        double took = qb_now_seconds() - begin;
        best = took < best ? took : best;
        spent += took;
    }
    return best;
}

/* Ends the program when a call of ours failed. */
static inline void bench_need(int rc)
{
    if (rc == 0)
        return;
    (void)fprintf(stderr, "%s\n", qb_err_text());
    exit(1);
}

/* x[n]: standard normal times `scale`, the shape of weights. */
static inline void bench_normal(float *x, int64_t n, float scale)
{
    qb_stream s = qb_rng_stream(1, QB_RNG_INIT, 0, 0);
    for (int64_t i = 0; i < n; i++)
        x[i] = scale * (float)qb_rng_normal(&s);
}

#endif
