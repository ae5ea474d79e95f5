/* Data sets that are a few files of equal records (IDX, CIFAR): what such a row of the table says of its files.
 *
 * Invariant: image i is at one place of one file's bytes, so that a file is mapped or kept as it is and never copied.
 */
#ifndef QB_DATASETS_FILES_H
#define QB_DATASETS_FILES_H

#include "datasets/source.h"

enum { QB_PART_NAMES = 4, QB_HEAD = 16 };

/* One file of a data set. */
typedef struct qb_part {
    const char *role;                 /* its name in fingerprints and in the list of checksums */
    const char *names[QB_PART_NAMES]; /* file names it may have, preferred first; NULL-terminated unless full */
    int split;
    int64_t first, n; /* records [first, first + n) of the split; with a format that counts: unless all files say another n */
} qb_part;

/* Where a part's images are: image first + i starts at byte pixels + i * stride. */
typedef struct qb_layout {
    int64_t size;   /* of the whole file */
    int64_t pixels; /* -1: it holds labels alone */
    int64_t stride;
} qb_layout;

typedef struct qb_format {
    /* Images or labels in a file that begins with these n bytes (at most QB_HEAD of them); 0: it does not begin as it should.
     * NULL: a format without counts; sets have those of the table. */
    int64_t (*count)(const qb_part *p, const uint8_t *bytes, size_t n);

    qb_layout (*layout)(const qb_source *s, const qb_part *p);

    /* Does it begin as it should? n <= layout.size bytes are there. QB_E_DATA with file, got and wanted. */
    int (*check_head)(const qb_source *s, const qb_part *p, const char *name, const uint8_t *bytes, size_t n);

    /* The whole of it: labels in range, into `classes` (n); left alone where it holds none. QB_E_DATA. */
    int (*read_labels)(const qb_source *s, const qb_part *p, const char *name, const uint8_t *bytes, uint16_t *classes);
} qb_format;

typedef struct qb_files {
    const qb_format *format;
    const qb_part *parts; /* sorted by role: the order of the fingerprint */
    size_t n_parts;
    const char *const *folders;  /* usual names of the folder below a parent, NULL-terminated */
    const char *const *archives; /* usual names of the archive, NULL-terminated; NULL: none */
    const char *package_dir;     /* folder of info.apt_package, or NULL */
    const char *get_it;          /* hint: how to get the data */
    int label_bytes;             /* CIFAR: bytes before the pixels of a record; the last one is the label */
} qb_files;

extern const qb_source_kind qb_kind_files;

/* QB_E_DATA "NAME: record I has label L, wanted 0 to C-1". Records count from 0 in their file. */
int qb_label_error(const char *name, int64_t record, int label, int n_classes);

#endif
