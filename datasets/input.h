/* The bytes of one file of a data set, unpacked: a plain file, a gzip file, or a member of a tar archive. Words the errors, so
 * that sources are about the format alone.
 *
 * Invariant: nothing is written anywhere; what is packed is unpacked in memory only, what is not is mapped.
 */
#ifndef QB_DATASETS_INPUT_H
#define QB_DATASETS_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

typedef struct qb_input {
    char *name;        /* for messages: PATH, or ARCHIVE(MEMBER) */
    int64_t n_read;    /* bytes so far */
    int64_t n_mapped;  /* bytes of the file, once it is mapped; 0: it is read */
    void *handle;      /* qb_unpacker or struct archive */
    bool is_member;
} qb_input;

/* What a file holds, from its start on; zeroed: nothing. */
typedef struct qb_contents {
    const uint8_t *bytes;
    size_t n;
    size_t n_mapped; /* bytes of the map that `bytes` begins; 0: it is a block of qb_alloc */
} qb_contents;

/* The file that was read, and whether what was read is its contents still (qb_unpacker_is_steady). */
typedef struct qb_input_file {
    struct stat facts;
    bool is_steady;
} qb_input_file;

/* A file, plain or gzip (told apart by its first bytes). Refuses folders, devices and empty files.
 * QB_E_NOINPUT, QB_E_IO, QB_E_DATA. */
int qb_input_open(const char *path, qb_input *ret_input);

/* Everything, or the first `most` bytes of more. Once, before anything else. QB_E_DATA when compressed bytes are damaged or
 * cut off. Free with qb_contents_finish; the input may be closed before. */
int qb_input_contents(qb_input *in, size_t most, qb_contents *ret_contents);
void qb_contents_finish(qb_contents *c);

/* QB_E_DATA "NAME: truncated: got G bytes, wanted W" where fewer than `wanted` are there. */
int qb_contents_check(const char *name, size_t got, int64_t wanted);

/* After qb_input_contents of `wanted` bytes, the end: "NAME: too long: got G bytes, wanted W" when there is more. */
int qb_input_expect_end(qb_input *in, int64_t wanted);

/* Of an input that is no member. */
qb_input_file qb_input_get_file(const qb_input *in);

void qb_input_close(qb_input *in); /* an input that was zeroed or closed is fine */

/* Calls `member` for each regular file in a tar archive (plain or gzip); `in` is valid during the call, and
 * what it leaves unread is skipped. `member` decides by the base name.
 * The archive is read to its very end; *ret_file is the archive's file. QB_E_DATA: not a tar archive, truncated, damaged, or
 * a name that is absolute or has "..". */
int qb_archive_each(const char *path, int (*member)(void *context, const char *base_name, qb_input *in), void *context,
                    qb_input_file *ret_file);

#endif
