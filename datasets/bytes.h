/* Numbers in files of ours: little-endian, whatever the machine. */
#ifndef QB_DATASETS_BYTES_H
#define QB_DATASETS_BYTES_H

#include <stdint.h>

static inline uint64_t qb_get_number(const uint8_t *b, int n_bytes)
{
    uint64_t v = 0;
    for (int i = n_bytes; i-- > 0;)
        v = v << 8 | b[i];
    return v;
}

static inline void qb_put_number(uint8_t *b, int n_bytes, uint64_t v)
{
    for (int i = 0; i < n_bytes; i++, v >>= 8)
        b[i] = (uint8_t)v;
}

#endif
