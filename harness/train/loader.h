/* Batches: the order of an epoch, augmentation and normalisation, in threads that work ahead.
 *
 * Invariant: a batch depends on (data, options, seed, epoch, position) alone: any number of loader threads,
 * any start position and any solver see the same batches. Order: a permutation of the samples keyed by
 * (seed, QB_RNG_SHUFFLE, epoch); augmentation of a sample keyed by (seed, QB_RNG_AUGMENT, epoch, sample).
 * Order of operations, spec/recipes.md 2.1: flip, pad 4 with raw 0 and crop, x / 255, (x - mean) / std.
 */
#ifndef QB_LOADER_H
#define QB_LOADER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct qb_loader_options {
    int c, h, w;
    const uint8_t *pixels; /* (n, c, h, w), borrowed */
    const uint8_t *labels; /* (n), borrowed */
    int64_t n;             /* samples used: the first n */
    double mean[3], std[3];
    int batch;
    uint64_t seed;
    bool shuffle;          /* false: file order (evaluation) */
    bool flip;             /* horizontal, p = 0.5 */
    int crop_pad;          /* 0 = no crop; 4 for CIFAR */
    int threads;           /* loader threads, >= 0; 0 = in the calling thread */
} qb_loader_options;

typedef struct qb_batch {
    const float *images;   /* (n, c, h, w), normalised; valid until the next qb_loader_next */
    const int32_t *labels; /* (n) */
    int n;                 /* the last batch of an epoch may be smaller */
} qb_batch;

typedef struct qb_loader qb_loader;

int qb_loader_create(const qb_loader_options *options, qb_loader **ret_loader);
void qb_loader_destroy(qb_loader *l); /* joins the threads */

int64_t qb_loader_batches_per_epoch(const qb_loader *l); /* ceil(n / batch) */

/* Starts at batch `batch_index` of `epoch`; later batches and epochs follow on. Any time. */
int qb_loader_seek(qb_loader *l, int64_t epoch, int64_t batch_index);

/* The next batch; waits for the threads. Crosses into the next epoch by itself. */
int qb_loader_next(qb_loader *l, qb_batch *ret_batch);

double qb_loader_take_wait(qb_loader *l); /* seconds that qb_loader_next waited, since last asked */

#endif
