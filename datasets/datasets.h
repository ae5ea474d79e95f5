/* The data sets: a const table with one reader each. Knows nothing of training: it finds, verifies and hands
 * out raw images; the loader (train/loader.h) augments and normalises.
 */
#ifndef QB_DATASETS_H
#define QB_DATASETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct qb_dataset qb_dataset;

/* One split, in memory: pixels as stored, planar (n, c, h, w) bytes, labels in [0, n_classes). */
typedef struct qb_split {
    const uint8_t *pixels;
    const uint8_t *labels8; /* n labels */
    int64_t n;
} qb_split;

typedef struct qb_dataset_info {
    const char *name, *title, *source; /* "fashion-mnist", one line, citation */
    int c, h, w, n_classes;
    int64_t n_train, n_test;
    double mean[3], std[3];            /* per channel, for x / 255 */
    bool augment_by_default;           /* flip and pad-crop on */
    const char *const *class_names;    /* n_classes, or NULL */
    const char *files;                 /* what a user must have, one line */
    const char *apt_package;           /* Debian package that has it, or NULL */
    const char *const *defaults;       /* "key=value", ends at NULL: defaults of a run's later keys (train/identity.h) */
} qb_dataset_info;

const qb_dataset_info *qb_datasets(size_t *ret_n);
int qb_dataset_find(const char *name, const qb_dataset_info **ret_info); /* QB_E_USAGE with the nearest name */

/* Finds, verifies and loads. Search order: data_dir (the folder of the files, the parent of it, or an archive's
 * file; when it is given, nowhere else), or with NULL: QATBENCH_DATA, $XDG_DATA_HOME/qatbench/datasets, the Debian
 * package's folder; the first that has any of the files.
 * Verification: sizes, magic, label range always; checksums against the known ones, cached by path, size, mtime in
 * the XDG cache; an unknown checksum is a warning (see qb_dataset_warning), never an error.
 * QB_E_NOINPUT: not found (the text lists where it looked, the hint says which apt package or download has it).
 * QB_E_DATA: missing part, empty, truncated, oversized, mislabelled file, label out of range (path, got, wanted). */
int qb_dataset_open(const char *name, const char *data_dir, qb_dataset **ret_dataset);
void qb_dataset_close(qb_dataset *d);

/* Where qb_dataset_open would read from, without reading: folder or archive, or a note for a set that needs no files.
 * Errors of finding as there. Free with qb_free. */
int qb_dataset_locate(const char *name, const char *data_dir, char **ret_path);

const qb_dataset_info *qb_dataset_get_info(const qb_dataset *d);
qb_split qb_dataset_train(const qb_dataset *d);
qb_split qb_dataset_test(const qb_dataset *d);
const char *qb_dataset_dir(const qb_dataset *d);         /* where it was found */
const char *qb_dataset_fingerprint(const qb_dataset *d); /* SHA-256 hex over (role, SHA-256) of the unpacked files: part of a run's key */
const char *qb_dataset_warning(const qb_dataset *d);     /* NULL, or e.g. "checksums differ from the published CIFAR-10 ..."; no path */

/* Title for tables: "CIFAR-10", or "CIFAR-10 (JPEG)" when the checksums say that it is the re-compressed copy. */
const char *qb_dataset_label(const qb_dataset *d);

/* One line a file: path, size, checksum, verdict; for `data verify`. Calls `line` for each, hashes all afresh and goes
 * on after an error; returns the first one. */
int qb_dataset_verify(const char *name, const char *data_dir, void (*line)(void *context, const char *text), void *context);

#endif
