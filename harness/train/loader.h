/* Batches: the order of an epoch, augmentation and normalisation, in threads that work ahead.
 *
 * Invariant: a batch depends on (data, options, seed, epoch, position) alone: any number of loader threads,
 * any start position and any solver see the same batches. Order: a permutation of the samples keyed by
 * (seed, QB_RNG_SHUFFLE, epoch), each of them `repeat` times in a row; what is done to an image is the business of datasets/chain.h,
 * keyed by (seed, epoch, sample, which time); then whole batches are mixed (train/mixing.h), keyed by (seed, step).
 */
#ifndef QB_LOADER_H
#define QB_LOADER_H

#include "datasets/chain.h"
#include "engine/batch.h"
#include "train/mixing.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct qb_loader_options {
    const qb_dataset *data; /* loaded; borrowed. Its info gives size and normalisation */
    int split;              /* QB_SPLIT_TRAIN or QB_SPLIT_TEST */
    int64_t n;              /* samples used: those of qb_dataset_pick */
    int batch;
    uint64_t seed;
    bool shuffle;           /* false: file order (evaluation) */
    qb_augmentation augmentation; /* zeroed: none */
    int repeat;             /* above 0: each image so many times in a row, of full batches as many as without it; 0: once */
    bool only_full;         /* no smaller batch at the end of an epoch; with `repeat` there is none anyway */
    qb_mixing mixing;       /* zeroed: none */
    int threads;            /* loader threads, 0..64; 0 = in the calling thread */
    bool pass_bad_images;   /* an image that cannot be read is the mean colour, with a warning; false: it stops the loader */

    /* Called before an image is made, in the thread that makes it; NULL: none. For tests, which delay threads by it. */
    void (*before_image)(void *context, int64_t epoch, uint32_t sample);
    void *context;
} qb_loader_options;

typedef struct qb_loader qb_loader;

/* QB_E_USAGE: a size or count out of range. Threads that the system refuses are done without (a warning is
 * logged); QB_E_CONFIG: a chain that the set's images do not go through. Memory: three batches of floats (one without threads),
 * however many threads, and an image more each where they are mixed; for each thread the largest image as it is decoded, and what
 * transforms make of it; 4 bytes a sample, 8 where not all are used. */
int qb_loader_create(const qb_loader_options *options, qb_loader **ret_loader);
void qb_loader_destroy(qb_loader *l); /* joins the threads */

int64_t qb_loader_batches_per_epoch(const qb_loader *l);

/* Batches of an epoch of n samples: ceil(n / batch); with only_full or a repeat above 0 only full ones: floor(n / batch), or one of
 * all samples where that is 0. */
int64_t qb_loader_batches(int64_t n, int64_t batch, int64_t repeat, bool only_full);

/* Starts at batch `batch_index` of `epoch`; later batches and epochs follow on. Any time;
 * a batch taken before is no longer valid. Without a seek the first batch is 0 of epoch 0.
 * QB_E_DATA: epoch < 0 or batch_index not in [0, batches_per_epoch]. */
int qb_loader_seek(qb_loader *l, int64_t epoch, int64_t batch_index);

/* The next batch, whole; valid until the next call. Waits for the threads. The last batch of an epoch may be smaller
 * (only_full); the epoch after it begins by itself. `step` counts on over the epochs; label smoothing is left at 0.
 * QB_E_DATA: an image of this batch (the first in its order) cannot be read, "NAME: the reason"; again at every call until a
 * seek. */
int qb_loader_next(qb_loader *l, qb_batch *ret_batch);

/* Numbers of the samples, each once, that could not be read in the batches handed out so far. Borrowed until the next call of
 * qb_loader_next. */
const uint32_t *qb_loader_bad_samples(const qb_loader *l, size_t *ret_n);

double qb_loader_take_wait(qb_loader *l); /* seconds that qb_loader_next waited, since last asked */

#endif
