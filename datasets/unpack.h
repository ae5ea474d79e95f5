/* A file's bytes, inflated where it is gzip (told by its first two bytes), as they are where it is not.
 *
 * zlib's own gzread takes a file that lacks its last eight bytes, CRC and length, for whole; here the end of a
 * stream counts only when zlib has checked both.
 */
#ifndef QB_DATASETS_UNPACK_H
#define QB_DATASETS_UNPACK_H

#include <stddef.h>
#include <stdint.h>

typedef struct qb_unpacker qb_unpacker;

/* Refuses folders, devices and empty files. QB_E_NOINPUT, QB_E_IO, QB_E_DATA. */
int qb_unpacker_open(const char *path, qb_unpacker **ret_unpacker);

/* Up to n bytes; fewer only at the end. QB_E_IO; QB_E_DATA: damaged, cut off, or followed by something else. */
int qb_unpacker_read(qb_unpacker *u, void *bytes, size_t n, size_t *ret_got);

/* Bytes handed out so far, those of a read that failed included. */
int64_t qb_unpacker_total(const qb_unpacker *u);

void qb_unpacker_close(qb_unpacker *u); /* NULL is fine */

#endif
