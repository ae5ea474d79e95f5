/* What datasets.c, its readers and locate.c share: a row of the data set table.
 *
 * Invariant: a reader fills exactly the records of its part or fails; nothing is ever loaded by halves.
 */
#ifndef QB_DATASETS_SOURCE_H
#define QB_DATASETS_SOURCE_H

#include "datasets/datasets.h"
#include "datasets/input.h"

enum { QB_PART_TEST = 0, QB_PART_TRAIN = 1 }; /* split a part belongs to */

enum { QB_PART_NAMES = 4 };

/* One file of a data set. */
typedef struct qb_part {
    const char *role;                 /* its name in fingerprints and in the list of checksums */
    const char *names[QB_PART_NAMES]; /* file names it may have, preferred first; NULL-terminated unless full */
    int split;
    int64_t first, n; /* records [first, first + n) of the split */
} qb_part;

typedef struct qb_source qb_source;
struct qb_source {
    qb_dataset_info info;
    const char *label;           /* title in tables, "CIFAR-10" */
    const qb_part *parts;        /* sorted by role: the order of the fingerprint */
    size_t n_parts;              /* 0: generated, no files */
    const char *const *folders;  /* usual names of the folder below a parent, NULL-terminated */
    const char *const *archives; /* usual names of the archive, NULL-terminated; NULL: none */
    const char *package_dir;     /* folder of info.apt_package, or NULL */
    const char *get_it;          /* hint: how to get the data */
    int label_bytes;             /* CIFAR: bytes before the pixels of a record; the last one is the label */

    /* Reads the part from `in` to its end: n * c * h * w pixels and n labels (either may be left alone).
     * QB_E_DATA with path, got and wanted. */
    int (*read)(const qb_source *s, const qb_part *p, qb_input *in, uint8_t *pixels, uint8_t *labels);

    /* Instead of files: both splits. */
    int (*generate)(const qb_source *s, uint8_t *const pixels[2], uint8_t *const labels[2]);
};

/* Rows of the table, one reader each. */
extern const qb_source qb_source_fashion_mnist, qb_source_mnist, qb_source_cifar10, qb_source_cifar100, qb_source_synthetic;

/* QB_E_DATA "PATH: record I has label L, wanted 0 to C-1". Records count from `first`. */
int qb_labels_check(const qb_input *in, const uint8_t *labels, int64_t first, int64_t n, int n_classes);

#endif
