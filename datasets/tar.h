/* The members of a tar archive that lies in memory (mapped), with the places of their bytes in it: ustar, pax and GNU names.
 *
 * Invariant: nothing is copied or unpacked. An archive that is damaged or cut off is refused, also where a reader of tapes would
 * go on: a header that is none, a member that ends behind the end, no block of zeros at the end.
 */
#ifndef QB_DATASETS_TAR_H
#define QB_DATASETS_TAR_H

#include <stddef.h>
#include <stdint.h>

typedef struct qb_member {
    const char *name; /* as it stands there, without "./" in front; borrowed for the call */
    int64_t at, size; /* bytes at + 0..size - 1 of the archive */
} qb_member;

/* Calls `member` for each regular file; others are passed over. `name` of the archive is for messages.
 * QB_E_DATA "NAME: ..." : not a tar archive, damaged, truncated, a name that leads out of it, a sparse or linked member;
 * what `member` returns below 0 ends it. */
int qb_tar_each(const char *name, const uint8_t *bytes, size_t n, int (*member)(void *context, const qb_member *m), void *context);

#endif
