/* What datasets.c and the sources of data share: a row of the data set table, and a set that is open.
 *
 * Invariant: a source hands out exactly the images of its splits or fails; nothing is ever loaded by halves.
 */
#ifndef QB_DATASETS_SOURCE_H
#define QB_DATASETS_SOURCE_H

#include "base/hash.h"
#include "datasets/datasets.h"

typedef struct qb_source qb_source;
struct qb_files;

struct qb_dataset {
    const qb_source *source;
    qb_dataset_info info; /* every number known once it is open */
    char *place;          /* the folder, or the archive's file; NULL: made by the program */
    char fingerprint[QB_SHA256_HEX];
    char *label, *warning;         /* warning: NULL for none */
    uint16_t *classes[QB_N_SPLITS]; /* (n) of each split, once it is loaded */
    bool loaded;
    qb_dataset_options options; /* while it is opened */
    qb_transform transforms[1]; /* of this set alone, after those of its row */
    size_t n_transforms;
    void *state; /* of the source's own; NULL: none */
};

/* `data verify`: every file is read afresh and told of, and an error is told of and does not end it. */
typedef struct qb_report {
    void (*line)(void *context, const char *text);
    void *context;
    int first_error;
    char *first_text, *first_hint;
} qb_report;

/* Passes `rc` on, or with a report tells its text, keeps the first and returns 0 (QB_E_NOMEM is always passed on). */
int qb_report_error(qb_report *report, int rc);

/* A kind of source. */
typedef struct qb_source_kind {
    /* Where the data are: path of folder or archive; NULL: such a set needs no files. Errors as of qb_dataset_open. */
    int (*locate)(const qb_source *s, const char *data_dir, char **ret_path);

    /* Fills d: info's numbers, place, fingerprint, label, warning. report: NULL in a plain opening. */
    int (*open)(qb_dataset *d, const char *data_dir, qb_report *report);

    /* Makes the images readable, and the classes: allocates and fills d->classes. */
    int (*load)(qb_dataset *d);

    /* As qb_dataset_image; the text without the image's name, which the caller adds. */
    int (*image)(const qb_dataset *d, int split, int64_t i, qb_room *room, qb_image *ret_image);

    /* As qb_dataset_file, the text as that of `image`; NULL: images are no files. */
    int (*file)(const qb_dataset *d, int split, int64_t i, qb_file_bytes *ret_bytes);

    /* As qb_dataset_window, for a source that makes a part of an image with less work than the whole; NULL: it is cut out. */
    int (*window)(const qb_dataset *d, int split, int64_t i, const qb_window_choice *choice, qb_room *room, qb_image *ret_image);

    char *(*image_name)(const qb_dataset *d, int split, int64_t i);

    /* As qb_dataset_pick; NULL: the first ones. */
    int (*pick)(const qb_dataset *d, int split, int64_t n, uint32_t *ret_images);

    /* Of an open set; as qb_dataset_pack. NULL: such sets are not packed. */
    int (*pack)(qb_dataset *d, const char *path, int short_side, const qb_dataset_options *options);

    void (*close)(qb_dataset *d); /* frees d->state, also of a set that was opened by halves; NULL: nothing to do */
} qb_source_kind;

/* A row of the table. */
struct qb_source {
    qb_dataset_info info;
    const char *label; /* title in tables, "CIFAR-10" */
    const qb_source_kind *kind;
    const qb_transform *transforms; /* of its own, first in the chain of each image; none where a set has its own */
    size_t n_transforms;
    const struct qb_files *files; /* files.h; NULL: another kind */
};

/* ImageNet as it was published. */
enum { QB_IMAGENET_CLASSES = 1000, QB_IMAGENET_TRAIN = 1281167, QB_IMAGENET_TEST = 50000 };

extern const qb_source qb_source_fashion_mnist, qb_source_mnist, qb_source_cifar10, qb_source_cifar100, qb_source_synthetic,
    qb_source_imagenet, qb_source_folder;

/* The row of a name. QB_E_USAGE with the nearest name. */
int qb_source_find(const char *name, const qb_source **ret_source);

/* Makes a further source known in this process by its name; it is not listed. Borrowed. For tests. */
void qb_source_plug(const qb_source *s);

/* Passes on what came of an image, an error (but QB_E_NOMEM) with the image's name before its text. */
int qb_dataset_add_name(const qb_dataset *d, int split, int64_t i, int rc);

/* Of a set of images of any sizes: what the options say of the size that a network sees, and of mean and standard deviation; and
 * the transform that brings images to that size. */
void qb_dataset_take_size(qb_dataset *d, const qb_dataset_options *o);

/* d->classes[split] of one split, zeroed, unless it is there; or of every split. QB_E_NOMEM. */
int qb_dataset_alloc_split(qb_dataset *d, int split);
int qb_dataset_alloc_classes(qb_dataset *d);

#endif
