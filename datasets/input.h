/* The bytes of one file of a data set, unpacked: a plain file, a gzip file, or a member of a tar archive.
 * Counts and hashes what is read, and words the errors, so that readers are about the format alone.
 *
 * Invariant: nothing is written anywhere; archive members exist in memory only.
 */
#ifndef QB_DATASETS_INPUT_H
#define QB_DATASETS_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

typedef struct qb_input {
    char *name;      /* for messages: PATH, or ARCHIVE(MEMBER) */
    int64_t n_read;  /* bytes so far */
    qb_sha256 *hash; /* of the bytes read; NULL: not asked for */
    void *handle;    /* qb_unpacker or struct archive */
    bool is_member;
} qb_input;

/* A file, plain or gzip (told apart by its first bytes). Refuses folders, devices and empty files.
 * QB_E_NOINPUT, QB_E_IO, QB_E_DATA. */
int qb_input_open(const char *path, bool with_hash, qb_input *ret_input);

/* Up to n bytes; fewer only at the end. QB_E_DATA when the compressed bytes are damaged or cut off. */
int qb_input_read(qb_input *in, void *bytes, size_t n, size_t *ret_got);

/* Exactly n bytes, or "PATH: truncated: got G bytes, wanted W". `wanted` is the size of the whole file. */
int qb_input_read_all(qb_input *in, void *bytes, size_t n, int64_t wanted);

/* The end: "PATH: too long: got G bytes, wanted W" when there is more. */
int qb_input_expect_end(qb_input *in, int64_t wanted);

/* SHA-256 of what was read; only with_hash, once. */
void qb_input_take_hash(qb_input *in, char ret_hex[QB_SHA256_HEX]);

void qb_input_close(qb_input *in); /* an input that was zeroed or closed is fine */

/* Calls `member` for each regular file in a tar archive (plain or gzip); `in` is valid during the call, and
 * what it leaves unread is skipped. `member` decides by the base name, and may start hashing before it reads.
 * The archive is read to its very end. QB_E_DATA: not a tar archive, truncated, damaged, or a name that is
 * absolute or has "..". */
int qb_archive_each(const char *path, int (*member)(void *context, const char *base_name, qb_input *in), void *context);

/* Starts hashing; before the first read. */
int qb_input_start_hash(qb_input *in);

#endif
