/* The index of a set of image files: of which split and class each image is, its name and size, and where its bytes lie. It is
 * made from a tree of folders (tree.h), from tar archives (tars.h), or read from a pack (pack.h); it holds no pixels.
 *
 * Invariant of a settled index: training images first; within a split images are sorted by class, then folder, then file name,
 * all by their bytes (code points of UTF-8); every image is there once, and every class has one. So the same images have
 * the same numbers, and the same fingerprint, wherever they lie.
 */
#ifndef QB_DATASETS_INDEX_H
#define QB_DATASETS_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "datasets/datasets.h"

enum { QB_SPLIT_NONE = QB_N_SPLITS }; /* of images that are not split yet */

typedef struct qb_entry {
    int64_t name; /* where its name starts in the names of the index */
    int64_t size; /* bytes; of a link that leads nowhere 0 */
    int64_t at;   /* its first byte in the file of its split; -1: it is a file of its own */
    uint32_t crc; /* CRC-32 of its bytes, where the index is a pack's */
    uint16_t label;
    uint8_t split;
} qb_entry;

typedef struct qb_index {
    qb_entry *entries;
    size_t n, n_room;
    char *names; /* path below the folder of the class, each with a NUL */
    size_t n_names, n_names_room;
    char **classes; /* names */
    size_t n_classes;
    int64_t first[QB_N_SPLITS], count[QB_N_SPLITS]; /* entries of each split, once it is settled and split */
    int short_side; /* pixels, of images that were made smaller; 0: they are as they were */
    char *title;    /* what the set is called in tables; NULL: not known */
} qb_index;

/* Zeroed: empty. */
void qb_index_finish(qb_index *x);

/* QB_E_NOMEM; QB_E_DATA: more than QB_CLASSES classes. A class that is there already is taken. */
int qb_index_add_class(qb_index *x, const char *name, int *ret_label);

/* `name` has n bytes. QB_E_NOMEM. */
int qb_index_add(qb_index *x, int split, int label, const char *name, size_t n, int64_t size, int64_t at);

/* Sorts, once everything is added. QB_E_DATA "PLACE: ..." : no image, a class without one, an image that is there twice;
 * where there are two splits a class without an image in one of them. */
int qb_index_settle(qb_index *x, const char *place);

/* Are the images in QB_SPLIT_NONE? */
bool qb_index_is_whole(const qb_index *x);

/* Splits a whole one: an image is for testing where the hash of its class and name, as a number in [0, 1), is below `fraction`;
 * so images that are added or removed move no others. QB_E_CONFIG: one of the splits is empty. QB_E_NOMEM. */
int qb_index_divide(qb_index *x, double fraction);

/* SHA-256 over split, class, name and size of each image, and short_side. QB_E_NOMEM. */
int qb_index_fingerprint(const qb_index *x, char ret_hex[QB_SHA256_HEX]);

const qb_entry *qb_index_get(const qb_index *x, int split, int64_t i);
const char *qb_index_name(const qb_index *x, const qb_entry *e);

/* "train", "val"; "" for QB_SPLIT_NONE. */
const char *qb_split_folder(int split);

/* Has it one of the endings that mark an image in such sets (jpg jpeg png ppm bmp pgm tif tiff webp, in any case)? */
bool qb_is_image_name(const char *name);

#endif
