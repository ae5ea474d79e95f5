/* What `bench data` measures: how fast images become what a network sees, on one core, in each way that there is.
 *
 * Invariant: all ways take the same images, image by image in turn, so that a machine that slows down slows all of them; times are
 * those of the thread, not of others that want the core.
 */
#ifndef QB_BENCH_DATA_H
#define QB_BENCH_DATA_H

#include <stdbool.h>

#include "base/json.h"
#include "base/str.h"
#include "datasets/chain.h"

enum { QB_DATA_WAYS = 8, QB_DATA_PARTS = QB_CHAIN_STEPS + 3, QB_DATA_WINDOWS = 101 };

/* A step on the way, and its share of the time. */
typedef struct qb_data_part {
    const char *name;
    double seconds; /* an image, mean over all windows */
} qb_data_part;

typedef struct qb_data_way {
    const char *name; /* "libjpeg", "decode", or a value of `augment` */
    bool is_chain;
    qb_chain chain;
    double windows[QB_DATA_WINDOWS]; /* seconds an image */
    double seconds;                  /* the median */
    double speed, speed_low, speed_high; /* over that of libjpeg, window by window: median, least, most; 0: not measured */
    qb_data_part parts[QB_DATA_PARTS];
    size_t n_parts;
} qb_data_way;

typedef struct qb_data_bench {
    const qb_dataset *data; /* loaded; borrowed */
    bool with_parts, has_files, with_bare;
    int64_t *images; /* of the training images, those that are measured */
    int n_images, n_left_out; /* left out: cannot be read, or not by a bare libjpeg */
    double mean_pixels, mean_bytes; /* of a decoded image, of a file */
    qb_data_way ways[QB_DATA_WAYS];
    size_t n_ways, n_windows;
    qb_rooms rooms;
    float *floats;
} qb_data_bench;

/* Up to `count` images, spread over the training images. QB_E_DATA: none of them can be read. To be finished after an error too. */
int qb_data_bench_init(qb_data_bench *b, const qb_dataset *data, int count);

/* n_windows windows, each of passes over the images for at least `seconds`. */
int qb_data_bench_measure(qb_data_bench *b, int n_windows, double seconds);

json_t *qb_data_bench_json(const qb_data_bench *b); /* NULL: out of memory */
void qb_data_bench_add_text(const qb_data_bench *b, qb_str *s);

void qb_data_bench_finish(qb_data_bench *b); /* zeroed is fine */

#endif
