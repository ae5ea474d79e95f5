/* One image from bytes to what a network sees: flip, pad and crop, normalise. spec/recipes.md 2.1.
 *
 * Invariant: out = (x / 255 - mean) / std, each operation rounded to float32 in that order, as the reference does.
 * A byte has 256 values, so a table a channel gives exactly these numbers.
 */
#ifndef QB_DATASETS_TRANSFORM_H
#define QB_DATASETS_TRANSFORM_H

#include <stdbool.h>
#include <stdint.h>

enum { QB_TRANSFORM_CHANNELS = 3 };

typedef struct qb_transform {
    int c, h, w; /* c in 1..3 */
    int pad;     /* pixels of raw 0 on each side; 0 = none */
    float table[QB_TRANSFORM_CHANNELS][256];
} qb_transform;

/* What is drawn for a sample. Offsets in 0..2 * pad; pad, pad is the image in its place. */
typedef struct qb_jitter {
    bool flip; /* left to right, before padding */
    int y, x;  /* corner of the crop in the padded image */
} qb_jitter;

void qb_transform_init(qb_transform *t, int c, int h, int w, int pad, const double *mean, const double *std);

/* pixels (c, h, w) bytes -> out (c, h, w) floats; must not overlap. */
void qb_transform_apply(const qb_transform *t, const uint8_t *pixels, qb_jitter jitter, float *out);

#endif
