/* A settled index as bytes: the last part of a pack, and what is remembered of tar archives.
 *
 * Form (numbers little-endian): "qbindex1"; u64 images, u64 classes, u64 bytes of names, u32 short side, u32 bytes of the title;
 * title and classes, each with a NUL (no title: no bytes); for each image u64 at, u64 size, u32 CRC-32, u16 class, u8 split, u8 0,
 * where `at` of all bits set is "a file of its own"; names, each with a NUL; u32 CRC-32 of everything before.
 */
#ifndef QB_DATASETS_INDEX_FORM_H
#define QB_DATASETS_INDEX_FORM_H

#include "base/str.h"
#include "datasets/index.h"

/* Adds it to the text. */
void qb_index_write(const qb_index *x, qb_str *text);

/* Of the n bytes at `bytes`, into an empty index. QB_E_DATA "PLACE: ...": not what was written. QB_E_NOMEM. */
int qb_index_parse(const char *place, const uint8_t *bytes, size_t n, qb_index *x);

#endif
