/* Quantized weights as whole numbers: the values of each row, and for every weight which of them it is.
 *
 * Invariant: levels[row][code] is the weight, bit for bit; the two zeros are two values, as are different NaNs.
 */
#ifndef QB_CODES_H
#define QB_CODES_H

#include "base/safetensors.h"

#include <stddef.h>
#include <stdint.h>

typedef struct qb_codes {
    int64_t n_rows, row_len;
    int64_t n_levels; /* of the row that has most */
    float *levels;    /* (n_rows, n_levels) ascending, -0 before 0; a row with fewer repeats its last */
    uint32_t *codes;  /* (n_rows, row_len) in [0, n_levels) */
} qb_codes;

/* Of w (n_rows, row_len), both at least 1: the values that occur, whoever made them. QB_E_NOMEM. */
int qb_codes_create(const float *w, int64_t n_rows, int64_t row_len, qb_codes *ret_codes);
void qb_codes_finish(qb_codes *c); /* zeroed memory is fine */

/* Bits that a code of n_levels takes: the fewest, at least 1. */
int qb_codes_bits(int64_t n_levels);

/* The smallest of U8, I16 and I32 that holds such codes, and codes as its values: out has n of them. */
qb_dtype qb_codes_dtype(int64_t n_levels);
void qb_codes_store(const uint32_t *codes, size_t n, qb_dtype dtype, void *out);
uint32_t qb_codes_load(const void *values, qb_dtype dtype, size_t i); /* a negative one is beyond every level */

/* Code i takes bits [i * bits, (i + 1) * bits) of the bytes, lowest bit first: bit k is bit k % 8 of byte k / 8. The bits
 * behind the last code are 0. bits: 1..32. */
size_t qb_codes_packed_bytes(size_t n, int bits);
void qb_codes_pack(const uint32_t *codes, size_t n, int bits, uint8_t *out);
uint32_t qb_codes_unpack(const uint8_t *packed, int bits, size_t i);

#endif
