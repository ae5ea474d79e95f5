#include "quant/codes.h"

#include "base/err.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 256 }; /* levels that are found by insertion; a row of more is sorted */

/* A float's bits as a number that ascends with it. */
static uint32_t key_of(float v)
{
    uint32_t u;
    memcpy(&u, &v, sizeof u);
    return u >> 31 ? ~u : u | 0x80000000u;
}

static float value_of(uint32_t key)
{
    uint32_t u = key >> 31 ? key & 0x7fffffffu : ~key;
    float v;
    memcpy(&v, &u, sizeof v);
    return v;
}

/* Where the key is among found[0..n), or where it would be. */
static size_t place_of(uint32_t key, const uint32_t *found, size_t n)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (found[mid] < key)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static size_t sort_distinct(const float *w, size_t n, uint32_t *found)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        found[i] = key_of(w[i]);
    qsort(found, n, sizeof *found, ascending);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || found[i] != found[count - 1])
            found[count++] = found[i];
    return count;
}

/* The distinct keys of a row, ascending. found has room for n. */
static size_t distinct(const float *w, size_t n, uint32_t *found)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t key = key_of(w[i]);
        size_t at = place_of(key, found, count);
        if (at < count && found[at] == key)
            continue;
        if (count == FEW)
            return sort_distinct(w, n, found);
        memmove(found + at + 1, found + at, (count - at) * sizeof *found);
        found[at] = key;
        count++;
    }
    return count;
}

/* Codes of all rows, and how many levels the fullest has. */
static size_t number_rows(const float *w, size_t rows, size_t len, uint32_t *found, uint32_t *codes)
{
    size_t most = 1;
    for (size_t r = 0; r < rows; r++) {
        size_t n = distinct(w + r * len, len, found);
        for (size_t i = 0; i < len; i++)
            codes[r * len + i] = (uint32_t)place_of(key_of(w[r * len + i]), found, n);
        most = n > most ? n : most;
    }
    return most;
}

static void fill_levels(const float *w, size_t rows, size_t len, size_t n_levels, uint32_t *found, float *levels)
{
    for (size_t r = 0; r < rows; r++) {
        size_t n = distinct(w + r * len, len, found);
        for (size_t k = 0; k < n_levels; k++)
            levels[r * n_levels + k] = value_of(found[k < n ? k : n - 1]);
    }
}

int qb_codes_create(const float *w, int64_t n_rows, int64_t row_len, qb_codes *ret_codes)
{
    QB_ASSERT(n_rows >= 1 && row_len >= 1);
    size_t rows = (size_t)n_rows, len = (size_t)row_len;
    qb_codes c = {.n_rows = n_rows, .row_len = row_len, .codes = qb_alloc(rows * len, sizeof *c.codes)};
    uint32_t *found = qb_alloc(len < FEW ? FEW : len, sizeof *found);
    if (c.codes && found) {
        c.n_levels = (int64_t)number_rows(w, rows, len, found, c.codes);
        c.levels = qb_alloc(rows * (size_t)c.n_levels, sizeof *c.levels);
    }
    if (c.levels)
        fill_levels(w, rows, len, (size_t)c.n_levels, found, c.levels);
    qb_free(found);
    if (!c.levels) {
        qb_codes_finish(&c);
        return QB_E_NOMEM;
    }
    *ret_codes = c;
    return QB_OK;
}

void qb_codes_finish(qb_codes *c)
{
    qb_free(c->levels);
    qb_free(c->codes);
    *c = (qb_codes){0};
}

/* ---- as they are stored ---- */

int qb_codes_bits(int64_t n_levels)
{
    int bits = 1;
    while ((int64_t)1 << bits < n_levels)
        bits++;
    return bits;
}

qb_dtype qb_codes_dtype(int64_t n_levels)
{
    return n_levels <= 1 << 8 ? QB_U8 : n_levels <= 1 << 15 ? QB_I16 : QB_I32;
}

void qb_codes_store(const uint32_t *codes, size_t n, qb_dtype dtype, void *out)
{
    for (size_t i = 0; i < n; i++) {
        switch (dtype) {
        case QB_U8: ((uint8_t *)out)[i] = (uint8_t)codes[i]; break;
        case QB_I16: ((int16_t *)out)[i] = (int16_t)codes[i]; break;
        default: ((int32_t *)out)[i] = (int32_t)codes[i]; break;
        }
    }
}

uint32_t qb_codes_load(const void *values, qb_dtype dtype, size_t i)
{
    int16_t s;
    int32_t l;
    switch (dtype) {
    case QB_U8: return ((const uint8_t *)values)[i];
    case QB_I16: memcpy(&s, (const char *)values + i * sizeof s, sizeof s); return (uint32_t)s;
    default: memcpy(&l, (const char *)values + i * sizeof l, sizeof l); return (uint32_t)l;
    }
}

size_t qb_codes_packed_bytes(size_t n, int bits)
{
    return (n * (size_t)bits + 7) / 8;
}

void qb_codes_pack(const uint32_t *codes, size_t n, int bits, uint8_t *out)
{
    uint64_t held = 0; /* bits that are not written yet, the first lowest */
    int n_held = 0;
    for (size_t i = 0; i < n; i++) {
        held |= (uint64_t)codes[i] << n_held;
        for (n_held += bits; n_held >= 8; n_held -= 8) {
            *out++ = (uint8_t)held;
            held >>= 8;
        }
    }
    if (n_held > 0)
        *out = (uint8_t)held;
}

uint32_t qb_codes_unpack(const uint8_t *packed, int bits, size_t i)
{
    const size_t first = i * (size_t)bits, last = first + (size_t)bits - 1;
    uint64_t held = 0;
    for (size_t byte = first / 8; byte <= last / 8; byte++)
        held |= (uint64_t)packed[byte] << (8 * (byte - first / 8));
    return (uint32_t)(held >> first % 8 & (((uint64_t)1 << bits) - 1));
}
