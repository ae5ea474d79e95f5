/* How long the rest of a study takes, from the speed that runs like it had.
 *
 * Alike are runs of the same model, data set, image size, batch, shards, number type, solver (with any options), threads and CPU.
 * The measure is the wall time of a step, with its share of tests and saving, where the record of a finished run is at hand,
 * else batch by images a second. Of many such runs the median counts.
 */
#ifndef QB_TIME_LEFT_H
#define QB_TIME_LEFT_H

#include "base/json.h"

#include <stddef.h>
#include <stdint.h>

/* A run that is left, or the rest of one. */
typedef struct qb_run_left {
    const json_t *config; /* identity, borrowed */
    long long threads;
    int64_t n_steps, step; /* n_steps 0: not known before the data are open; then as many an epoch as runs like it had */
} qb_run_left;

typedef struct qb_time_left {
    size_t n, n_known; /* runs that are left; those whose time can be told */
    double seconds;    /* of these, one after the other */
    double longest;    /* of one of them */
    char *unknown;     /* "resnet20, cifar10, batch 128, 1 thread, ste" of the first other one; NULL: there is none */
} qb_time_left;

/* lines: records, as of runs.jsonl, of whatever runs. */
int qb_time_left_estimate(const qb_run_left *runs, size_t n, const json_t *lines, qb_time_left *ret);
void qb_time_left_finish(qb_time_left *t);

/* How long those whose time can be told take, `jobs` (from 1) at once. */
double qb_time_left_seconds(const qb_time_left *t, int jobs);

/* "time left: about 1.5 h, 2 at once"; "time left: unknown: no run of ... was measured on this machine"; or both. Caller frees. */
char *qb_time_left_text(const qb_time_left *t, int jobs);

#endif
