/* A pack: all images of a set in one file, which is mapped.
 *
 * Form (numbers little-endian): a head of 128 bytes: "qbpack1\n"; u64 where the index is (0: not finished), u64 its size, u64 size
 * of the file; 64 hexadecimal digits, the fingerprint of the images that it was made of; u32 short side (0: files as they were);
 * zeros; u32 CRC-32 of the 124 bytes before. Then a record an image, in the order of the index: u32 "qbim", u32 CRC-32, u64 size,
 * the bytes of its file. Then the index (index_form.h). While it is written it is PATH.part; PATH is whole.
 */
#ifndef QB_DATASETS_PACK_H
#define QB_DATASETS_PACK_H

#include "datasets/index.h"
#include "datasets/store.h"
#include "datasets/watch.h"

#define QB_PACK_ENDING ".pack"
#define QB_PACK_UNFINISHED ".part"

enum { QB_PACK_HEAD = 128, QB_PACK_RECORD = 16, QB_PACK_FILE = 0x6d696271 /* "qbim" */ };

typedef struct qb_pack_head {
    int64_t index_at, index_size, file_size;
    char made_of[QB_SHA256_HEX];
    int short_side;
} qb_pack_head;

void qb_pack_head_write(const qb_pack_head *h, uint8_t ret_bytes[QB_PACK_HEAD]);

/* QB_E_DATA "PATH: ...": no head of a pack, or damaged. */
int qb_pack_head_parse(const char *path, const uint8_t *bytes, size_t n, qb_pack_head *ret_head);

/* Does the file start as a pack? */
bool qb_pack_is_one(const char *path);

/* Into an empty index and store. QB_E_DATA "PATH: ...": no pack, not finished, truncated, too long, damaged. */
int qb_pack_open(const char *path, qb_index *x, qb_store *s);

/* Makes smaller what it is given: the bytes of an image file become those of another one. QB_E_DATA: it cannot be read as an
 * image. Free ret_bytes->owned; without bytes: it is small enough and stays as it is. Any thread. */
typedef int qb_pack_shrink(const qb_file_bytes *bytes, int short_side, qb_file_bytes *ret_bytes);

typedef struct qb_pack_options {
    int short_side;         /* 0: files as they are */
    qb_pack_shrink *shrink; /* NULL: files stay as they are; an image that it cannot read stays as it is */
    int threads;            /* that read and shrink; the bytes of the pack are the same with any number */
    const qb_watch *watch;
} qb_pack_options;

/* Writes the images to `path`. What an earlier call, which was interrupted, has left in PATH.part stays and is gone on with,
 * after its checksums were compared; a whole pack of the same images is left alone. Afterwards `x` has the sizes, places and
 * checksums of the pack.
 * QB_E_USAGE: `path` is something else already. QB_E_INUSE: another process writes it. QB_E_IO. QB_E_STOPPED: by the watch,
 * everything up to here is kept. QB_E_DATA: "NAME: ..." an image cannot be read; the first one. */
int qb_pack_write(const char *path, qb_index *x, const qb_store *s, const qb_pack_options *options);

#endif
