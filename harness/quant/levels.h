/* Quantizers: latent weights of one row in, its ascending levels out.
 * A const table; options (such as `center`) through the common schema: lsbq, lsbq[center=true], unif[scale=max].
 */
#ifndef QB_LEVELS_H
#define QB_LEVELS_H

#include "base/option.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct qb_quantizer_kind {
    const char *name, *title, *source;
    const qb_option *options;
    size_t n_options;
    const char *bits_text; /* "ternary, 1..8" */
} qb_quantizer_kind;

const qb_quantizer_kind *qb_quantizer_kinds(size_t *ret_n);

typedef struct qb_quantizer qb_quantizer;

/* Parses a spec for a bit width. QB_E_USAGE: unknown name (nearest named), bad option. QB_E_NOT_OFFERED: bits that it
 * does not have (says which it has). bits: 1..8, 0 = ternary. max_row_len: longest row (scratch is sized by it). */
int qb_quantizer_create(const char *spec, int bits, int64_t max_row_len, int n_threads, qb_quantizer **ret_quantizer);
void qb_quantizer_destroy(qb_quantizer *q);

/* Canonical spec text (only what differs from the defaults). Caller frees. QB_E_USAGE. */
int qb_quantizer_canonical(const char *spec, char **ret_text);

int qb_quantizer_n_levels(const qb_quantizer *q);

/* levels[n_levels], ascending, from x[n], n >= 1. Statistics in double. A zero row gives zeros; a row with a NaN or
 * infinite weight gives finite levels (0 for what cannot be computed). `thread` in 0..n_threads-1 picks the scratch.
 * Cost: O(n b^2) for greedy (a few vector operations a weight up to 4 bits), O(n) passes and a radix sort for the
 * optimal sets; no allocation. */
void qb_quantizer_levels(const qb_quantizer *q, int thread, const float *x, int64_t n, float *levels);

#endif
