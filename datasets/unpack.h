/* A file's bytes, inflated where it is gzip (told by its first two bytes), as they are where it is not.
 *
 * zlib's own gzread takes a file that lacks its last eight bytes, CRC and length, for whole; here the end of a
 * stream counts only when zlib has checked both.
 */
#ifndef QB_DATASETS_UNPACK_H
#define QB_DATASETS_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

typedef struct qb_unpacker qb_unpacker;

/* Refuses folders, devices and empty files. QB_E_NOINPUT, QB_E_IO, QB_E_DATA. */
int qb_unpacker_open(const char *path, qb_unpacker **ret_unpacker);

/* Up to n bytes; fewer only at the end. gzip files may have several streams one after the other, and zeros behind the last
 * (tapes and some archivers fill a block so): what gzip itself takes.
 * QB_E_IO; QB_E_DATA: damaged, cut off, or followed by something else. */
int qb_unpacker_read(qb_unpacker *u, void *bytes, size_t n, size_t *ret_got);

/* Bytes handed out so far, those of a read that failed included. */
int64_t qb_unpacker_total(const qb_unpacker *u);

/* The file of a plain one, mapped to memory, where nothing was read yet. NULL: it is packed, or cannot be mapped: read it.
 * The map outlives the unpacker; munmap(map, size). */
const void *qb_unpacker_map(const qb_unpacker *u, size_t *ret_size);

/* The facts of the file as it was opened. */
const struct stat *qb_unpacker_stat(const qb_unpacker *u);

/* Nobody wrote to the file since it was opened, and nobody could have without its times telling: they step with the
 * system's tick, and a file that was changed in the tick in which it was opened may change once more within it. */
bool qb_unpacker_is_steady(const qb_unpacker *u);

void qb_unpacker_close(qb_unpacker *u); /* NULL is fine */

#endif
