/* SHA-256 of data files: the published ones, and a cache of computed ones.
 *
 * Checksums are over the unpacked bytes, so that a file and its gzip or tar form are the same data.
 * Invariant: the cache saves time only. It is believed when path, size, times and inode all agree with those of the very
 * file that was read (its descriptor's, never the path's afterwards: another file may have taken the name), and every
 * failure to read or write it is silent: a read-only or missing HOME just means hashing again.
 */
#ifndef QB_DATASETS_CHECKSUM_H
#define QB_DATASETS_CHECKSUM_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/hash.h"

typedef struct qb_known {
    const char *dataset; /* "cifar10" */
    const char *role;    /* "data_batch_1.bin" */
    const char *label;   /* "CIFAR-10", or the name of a variant */
    const char *sha256;
} qb_known;

/* The published file with this checksum, or NULL. Source: the unpacked archives of the sets' authors. */
const qb_known *qb_known_find(const char *sha256);

/* What is cached for `path` (and, in an archive, the part `role`) with the facts `file`. false: nothing, or of another file. */
bool qb_checksum_recall(const char *path, const char *role, const struct stat *file, char ret_hex[QB_SHA256_HEX]);
void qb_checksum_remember(const char *path, const char *role, const struct stat *file, const char *hex);

/* The same file with the same contents, as far as a cache can tell: size, times, inode. */
bool qb_checksum_same_file(const struct stat *a, const struct stat *b);

#endif
