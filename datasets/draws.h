/* What transforms draw: windows, operations, rectangles. Numbers alone, no pixels.
 *
 * Invariant: pure functions of the stream, which decides every number in an order that is part of every result.
 */
#ifndef QB_DATASETS_DRAWS_H
#define QB_DATASETS_DRAWS_H

#include <stdbool.h>

#include "base/rng.h"
#include "image/augment.h"
#include "image/crop.h"

/* Numbers of RandomResizedCrop: always all of them, however many attempts are looked at. */
qb_crop_draw qb_draw_crop(qb_stream *s);

enum { QB_DRAWN_OPERATIONS = 2 };

typedef struct qb_drawn_operation {
    qb_operation op;
    double argument; /* as of qb_operation_argument */
} qb_drawn_operation;

/* RandAugment: QB_DRAWN_OPERATIONS times one of the operations, each as likely, which is left out with probability 1/2; magnitude
 * N(9, 1/2) cut to [0, 10], negated with probability 1/2. Those that are not left out, in order; returns how many.
 * Source: timm's "rand-m9-mstd0.5-inc1". */
int qb_draw_operations(qb_stream *s, qb_drawn_operation ret_operations[QB_DRAWN_OPERATIONS]);

/* RandomErasing: with probability 1/4 a rectangle of an image of (height, width): up to 10 attempts of a share of its area uniform
 * in [0.02, 1/3) and a height / width whose logarithm is uniform between those of 0.3 and 1 / 0.3; then a place, each as likely.
 * false: none. Source: timm's RandomErasing. */
bool qb_draw_rectangle(qb_stream *s, int height, int width, qb_box *ret_rectangle);

#endif
