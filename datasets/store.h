/* Where the bytes of an index's images are: files of a tree, or places in mapped files (tar archives, a pack).
 *
 * Invariant: mapped bytes are never copied. Where the index has checksums an image's is compared the first time that it is read.
 */
#ifndef QB_DATASETS_STORE_H
#define QB_DATASETS_STORE_H

#include <stdatomic.h>

#include "datasets/index.h"

/* A file that is mapped. */
typedef struct qb_map {
    const uint8_t *bytes;
    size_t n;
} qb_map;

typedef struct qb_store {
    char *root; /* folder of a tree; NULL: the files are mapped */
    bool is_split; /* the tree has train and val */
    qb_map maps[QB_N_SPLITS]; /* by split; a pack's is the first, and holds both */
    bool is_pack;
    atomic_uchar *is_checked; /* (images of the index) with checksums; else NULL */
} qb_store;

/* Maps a regular file. QB_E_NOINPUT, QB_E_IO; QB_E_DATA: empty, a folder, no regular file. */
int qb_map_open(const char *path, qb_map *ret_map);
void qb_map_close(qb_map *m); /* zeroed is fine */

/* Any thread. QB_E_DATA, QB_E_IO, QB_E_NOINPUT with the reason alone: the file changed since it was found, is damaged, is no
 * regular file, or cannot be read. */
int qb_store_read(const qb_store *s, const qb_index *x, const qb_entry *e, qb_file_bytes *ret_bytes);

/* Compares checksums from now on. QB_E_NOMEM. */
int qb_store_check_sums(qb_store *s, const qb_index *x);

void qb_store_finish(qb_store *s); /* zeroed is fine */

#endif
