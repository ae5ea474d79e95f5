/* The chain of transforms that the images of a split go through, from the data set to the network: the set's own or an augmentation,
 * and normalisation. Needs no loader.
 *
 * Invariant: what comes out depends on (data, augmentation, seed, epoch, sample, repeat) alone. Read-only once it is made: any
 * number of threads, each with rooms of its own.
 */
#ifndef QB_DATASETS_CHAIN_H
#define QB_DATASETS_CHAIN_H

#include "datasets/datasets.h"

enum { QB_CROP_PAD = 4 }; /* of key `crop` and of flip-crop */

/* What is done to images of training beside bringing them to their size. Zeroed: nothing. */
typedef struct qb_augmentation {
    const char *chain; /* "resnet" or "deit", in place of the set's own transforms; NULL: these, then flip and pad-crop */
    bool flip;         /* left to right, with probability 1/2; not with a chain, as crop_pad */
    int crop_pad;      /* pixels of pad-crop on each side; 0: none */
} qb_augmentation;

/* A value that key `augment` takes. */
typedef struct qb_augmentation_kind {
    const char *name, *title, *source; /* "deit", one line, where it is from (NULL: nothing to say) */
    qb_augmentation augmentation;
} qb_augmentation_kind;

const qb_augmentation_kind *qb_augmentation_kinds(size_t *ret_n);

/* What a value of `augment` stands for (NULL: what is usual for the data set: its default of this key, else its habit). Errors:
 * QB_E_USAGE with the nearest name; as of qb_augmentation_check. */
int qb_augmentation_of(const char *augment, const qb_dataset_info *info, qb_augmentation *ret_augmentation);

/* QB_E_CONFIG, naming `augment`: a chain on images that are not of three channels. */
int qb_augmentation_check(const qb_augmentation *a, const qb_dataset_info *info);

enum { QB_CHAIN_STEPS = 8 };

typedef struct qb_chain {
    const qb_dataset *data; /* borrowed */
    int split;
    uint64_t seed;
    qb_transform steps[QB_CHAIN_STEPS];
    size_t n_steps;
    qb_normalizer normalizer;
    int c, h, w; /* of what comes out */
} qb_chain;

/* data: loaded. augmentation: NULL: none, as for tests. Errors as of qb_augmentation_check. */
int qb_chain_init(qb_chain *chain, const qb_dataset *data, int split, uint64_t seed, const qb_augmentation *augmentation);

/* An image as bytes, (c, h, w) by its frame, as it is before normalisation: in the set or in the rooms, until these are used again.
 * Errors as of qb_dataset_image, also for what a transform cannot take and an image that is of another size in the end. */
int qb_chain_pixels(const qb_chain *chain, int64_t epoch, uint32_t sample, int repeat, qb_rooms *rooms, qb_image *ret_image);

/* The same as the network sees it: (c, h, w) floats, normalised, with what is done after that. `out` is undefined after an error. */
int qb_chain_floats(const qb_chain *chain, int64_t epoch, uint32_t sample, int repeat, qb_rooms *rooms, float *out);

/* Told of each part of an image's way when it is over: "read", the names of the transforms that do something, "normalise". */
typedef struct qb_chain_watcher {
    void (*over)(void *context, const char *part);
    void *context;
} qb_chain_watcher;

/* qb_chain_floats, watched. */
int qb_chain_watched(const qb_chain *chain, int64_t epoch, uint32_t sample, int repeat, qb_rooms *rooms,
                     const qb_chain_watcher *watcher, float *out);

#endif
