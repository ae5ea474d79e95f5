/* The data sets: a const table with one source each. Knows nothing of training: it finds, verifies and hands out raw images;
 * the loader (train/loader.h) augments and normalizes.
 *
 * Invariant: opening a set reads no pixels when the checksums of its files are remembered; counts, classes and fingerprint
 * are known from then on. Images are readable after qb_dataset_load, by number, from any thread, each in its own size.
 */
#ifndef QB_DATASETS_H
#define QB_DATASETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"
#include "datasets/transform.h"
#include "datasets/watch.h"

typedef struct qb_dataset qb_dataset;

enum { QB_SPLIT_TEST = 0, QB_SPLIT_TRAIN = 1, QB_N_SPLITS = 2 };
enum { QB_CLASSES = 65535 }; /* the most */

typedef struct qb_dataset_info {
    const char *name, *title, *source; /* "fashion-mnist", one line, citation */
    int c, h, w;                       /* what a network sees of an image */
    int n_classes;                     /* 1..QB_CLASSES; -1: only the opened set knows */
    int64_t n_train, n_test;           /* images; -1: only the opened set knows */
    double mean[3], std[3];            /* per channel, for x / 255 */
    bool augment_by_default;           /* flip and pad-crop on */
    bool is_sized;                     /* images of any sizes, brought to one: takes the options below beside data_dir */
    const char *const *class_names;    /* n_classes, or NULL */
    const char *files;                 /* what a user must have, one line */
    const char *apt_package;           /* Debian package that has it, or NULL */
    const char *const *defaults;       /* "key=value", ends at NULL: defaults of a run's later keys (train/identity.h) */
} qb_dataset_info;

const qb_dataset_info *qb_datasets(size_t *ret_n);
int qb_dataset_find(const char *name, const qb_dataset_info **ret_info); /* QB_E_USAGE with the nearest name */

/* How a set is opened. Zeroed: as it is by default. */
typedef struct qb_dataset_options {
    const char *data_dir;    /* NULL: the usual places */
    int image_size;          /* sides of what a network sees; 0: as in the table */
    const double *mean, *std; /* 3 each; NULL: as in the table */
    double val_fraction;     /* share of the images that are for testing, of a set that is not split; 0: none is given */
    bool keeps_whole;        /* a set that is not split stays so, all of it training images: to be packed */
    int threads;             /* that check or pack images; 1 or less: the calling one */
    const qb_watch *watch;   /* of what takes long; NULL: nobody */
} qb_dataset_options;

/* Finds and verifies. Search order: data_dir (the folder of the files, the parent of it, or an archive's
 * file; when it is given, nowhere else), or with NULL: QATBENCH_DATA, $XDG_DATA_HOME/qatbench/datasets, the Debian
 * package's folder; the first that has any of the files.
 * Verification: sizes, magic, label range, and checksums against the known ones. A file that was sound is remembered with
 * its checksum by path, size, times and inode in the XDG cache, and not read again here while these are the same; an
 * unknown checksum is a warning (see qb_dataset_warning), never an error.
 * QB_E_NOINPUT: not found (the text lists where it looked, the hint says which apt package or download has it).
 * QB_E_DATA: missing part, empty, truncated, oversized, mislabelled file, label out of range (path, got, wanted).
 * Images in folders, archives or a pack: only the index is made; data_dir is a pack, a folder that holds one, ImageNet's tar
 * archives, or a tree of folders. QB_E_DATA: another number of classes than the set has; QB_E_STOPPED by the watch.
 * QB_E_CONFIG: an option that such a set does not take; a val_fraction where there are validation images, or none where there
 * are not. */
int qb_dataset_open(const char *name, const char *data_dir, qb_dataset **ret_dataset);
int qb_dataset_open_with(const char *name, const qb_dataset_options *options, qb_dataset **ret_dataset);
void qb_dataset_close(qb_dataset *d); /* NULL is fine */

/* Images made by the program in place of the set's own (made.c), of its shape, classes and counts and with its transforms; from
 * options what a network sees is taken. Never for results. */
int qb_dataset_make(const char *name, const qb_dataset_options *options, qb_dataset **ret_dataset);

/* Makes the images readable: files that lie unpacked are memory-mapped (a file that another program shortens while it is
 * used ends the process), packed ones are unpacked into memory. Once is enough; more does nothing.
 * Errors as of opening; QB_E_DATA also when a file is no longer the one that was opened. */
int qb_dataset_load(qb_dataset *d);

/* Where qb_dataset_open would read from, without reading: folder or archive, or a note for a set that needs no files.
 * Errors of finding as there. Free with qb_free. */
int qb_dataset_locate(const char *name, const char *data_dir, char **ret_path);

const qb_dataset_info *qb_dataset_get_info(const qb_dataset *d); /* with every number known */
int64_t qb_dataset_count(const qb_dataset *d, int split);        /* images in QB_SPLIT_TEST or QB_SPLIT_TRAIN */
const char *qb_dataset_dir(const qb_dataset *d);         /* where it was found */
const char *qb_dataset_fingerprint(const qb_dataset *d); /* SHA-256 hex over (role, SHA-256) of the unpacked files: part of a run's key */
const char *qb_dataset_warning(const qb_dataset *d);     /* NULL, or e.g. "checksums differ from the published CIFAR-10 ..."; no path */

/* Title for tables: "CIFAR-10", or "CIFAR-10 (JPEG)" when the checksums say that it is the re-compressed copy. */
const char *qb_dataset_label(const qb_dataset *d);

/* Image i of a split in its own size, after qb_dataset_load. Its pixels are the set's, or in `room`: valid until the room is
 * used again. Any thread, each with a room of its own.
 * An image that cannot be read: QB_E_DATA, QB_E_IO or QB_E_NOINPUT, "NAME: the reason"; it concerns this image alone. */
int qb_dataset_image(const qb_dataset *d, int split, int64_t i, qb_room *room, qb_image *ret_image);

/* A choice of windows: asked with the size of an image, tells which part of it is wanted (at least 1 x 1, within it). */
typedef struct qb_window_choice {
    qb_box (*choose)(void *context, int height, int width);
    void *context;
} qb_window_choice;

/* The chosen part of an image, with errors as above: those of the whole image, whatever is chosen. An image that is decoded is
 * read once, and decoded in and around the window alone where that gives the same pixels. */
int qb_dataset_window(const qb_dataset *d, int split, int64_t i, const qb_window_choice *choice, qb_room *room, qb_image *ret_image);

/* Its class, in [0, n_classes). After qb_dataset_load. */
int qb_dataset_class(const qb_dataset *d, int split, int64_t i);

/* Bytes of one image file; free `owned` with qb_free. */
typedef struct qb_file_bytes {
    const uint8_t *bytes;
    size_t n;
    void *owned; /* NULL: they are mapped */
} qb_file_bytes;

/* The file of image i as it lies, of an open set; `bytes` NULL: its images are no files. Any thread. Errors as of qb_dataset_image. */
int qb_dataset_file(const qb_dataset *d, int split, int64_t i, qb_file_bytes *ret_bytes);

/* A name of image i for messages. NULL: out of memory. Free with qb_free. */
char *qb_dataset_image_name(const qb_dataset *d, int split, int64_t i);

/* What the set does to each of its images before anything else, such as bringing them to one size; *ret_n may be 0. */
const qb_transform *qb_dataset_transforms(const qb_dataset *d, size_t *ret_n);

/* The numbers of the n images (at most all) that a run takes which takes n of them: the first ones; where the images lie class by
 * class, from each class in turn, so that none is left out. QB_E_NOMEM. */
int qb_dataset_pick(const qb_dataset *d, int split, int64_t n, uint32_t *ret_images);

/* Writes the images to one file, `path` (pack.h), where the set has images of any sizes; short_side > 0: those whose shorter
 * side is longer are made smaller, and are JPEG files then. Goes on where an earlier call was interrupted.
 * QB_E_USAGE: another kind of set, or `path` is something else already; errors of opening, QB_E_IO, QB_E_INUSE, QB_E_STOPPED. */
int qb_dataset_pack(const char *name, const qb_dataset_options *options, const char *path, int short_side);

/* One line a file: path, size, checksum, verdict; for `data verify`. Calls `line` for each, hashes all afresh and goes
 * on after an error; returns the first one. Images of any sizes are decoded, and those that cannot be read have a line each, in
 * their order. */
int qb_dataset_verify(const char *name, const char *data_dir, void (*line)(void *context, const char *text), void *context);
int qb_dataset_verify_with(const char *name, const qb_dataset_options *options, void (*line)(void *context, const char *text),
                           void *context);

/* A split in memory: planar (n, c, h, w) bytes of info's c, h, w, and (n) classes. */
typedef struct qb_arrays {
    const uint8_t *pixels;
    const uint16_t *classes;
    int64_t n;
} qb_arrays;

/* A data set of arrays, loaded, by QB_SPLIT_TEST and QB_SPLIT_TRAIN; info and arrays are borrowed until it is closed. */
int qb_dataset_of_arrays(const qb_dataset_info *info, const qb_arrays splits[QB_N_SPLITS], qb_dataset **ret_dataset);

#endif
