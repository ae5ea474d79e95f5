/* SHA-256 of data files: the published ones, and a cache of computed ones.
 *
 * Checksums are over the unpacked bytes, so that a file and its gzip or tar form are the same data.
 * Invariant: the cache saves time only. It is believed when path, size, time of change and inode all agree, and
 * every failure to read or write it is silent: a read-only or missing HOME just means hashing again.
 */
#ifndef QB_DATASETS_CHECKSUM_H
#define QB_DATASETS_CHECKSUM_H

#include <stdbool.h>

#include "base/hash.h"

typedef struct qb_known {
    const char *dataset; /* "cifar10" */
    const char *role;    /* "data_batch_1.bin" */
    const char *label;   /* "CIFAR-10", or the name of a variant */
    const char *sha256;
} qb_known;

/* The published file with this checksum, or NULL. Source: spec/recipes.md 7 and the unpacked archives it lists. */
const qb_known *qb_known_find(const char *sha256);

/* What is cached for `path` (and, in an archive, the part `role`). false: nothing, or the file has changed. */
bool qb_checksum_recall(const char *path, const char *role, char ret_hex[QB_SHA256_HEX]);
void qb_checksum_remember(const char *path, const char *role, const char *hex);

#endif
