/* What `bench` measures, and its parts: bench_measure.c runs the steps, bench_print.c writes one measurement,
 * bench_picture.c draws. cmd_bench.c is the verb.
 */
#ifndef QB_BENCH_H
#define QB_BENCH_H

#include "base/json.h"
#include "base/str.h"
#include "engine/net.h"
#include "train/config.h"

enum { QB_BENCH_MAX_WINDOWS = 101 };

/* Means over the steps of one window; times in milliseconds. */
typedef struct qb_bench_window {
    double images_per_second;
    double step, data, forward, backward, optimizer, solver, conv;
    double ceiling; /* convolutions and matrix products alone, median over the passes of this window; 0: not measured */
} qb_bench_window;

typedef struct qb_bench {
    qb_config *config; /* owned */
    int threads;
    int64_t batch, steps; /* steps in a window */
    bool with_ceiling, with_costs;
    size_t n_windows;
    qb_bench_window windows[QB_BENCH_MAX_WINDOWS]; /* by images per second, after measuring */
    qb_bench_window median;
    double ceiling; /* median of the windows' */
    double ratio, ratio_low, ratio_high; /* ceiling / step of a window: median, least and most */
    qb_net_cost *costs; /* of one step (mean over all windows), in the order of the network; owned */
    size_t n_costs;
    char *layer_names; /* what the costs name */
    int64_t macs; /* of one image, forward */
    int64_t peak_rss_bytes; /* of the process so far */
} qb_bench;

/* From `run` (the keys of a run); 'fixed' ones that a benchmark has no use for are set. */
int qb_bench_create(const qb_settings *run, qb_bench **ret_bench);
void qb_bench_destroy(qb_bench *b);

/* Trains on images in memory: a few steps to warm up, then n_windows windows of at least `seconds` each; with_ceiling: a
 * window of the products alone follows each one. */
int qb_bench_measure(qb_bench *b, double seconds);

json_t *qb_bench_json(const qb_bench *b);             /* NULL: out of memory */
void qb_bench_add_text(const qb_bench *b, qb_str *s); /* several lines */

/* Time of each layer and pass as stacked bars, in the order of the network; prints the names of the files. */
int qb_bench_draw_costs(const qb_bench *b, const char *dir);

/* Images per second (and the ceiling) against the values of `key`. */
int qb_bench_draw_sweep(qb_bench *const *benches, size_t n, const char *key, const char *dir);

#endif
