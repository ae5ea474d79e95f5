/* Median of absolute values without a copy of the row: by counting, one byte of the bit patterns at a time (those of
 * floats of 0 and above order as the numbers do).
 */
#ifndef QB_SOLVERS_MEDIAN_H
#define QB_SOLVERS_MEDIAN_H

#include <stdint.h>
#include <string.h>

/* Element (n - 1) div 2 of |x| sorted from below, counted from 0; n >= 1. */
static inline float qb_lower_median_abs(const float *x, int64_t n)
{
    uint32_t prefix = 0, mask = 0;
    int64_t rank = (n - 1) / 2; /* among those with this prefix */
    for (int shift = 24; shift >= 0; shift -= 8) {
        int64_t count[256] = {0};
        for (int64_t i = 0; i < n; i++) {
            uint32_t key;
            memcpy(&key, &x[i], sizeof key);
            key &= 0x7fffffffu;
            if ((key & mask) == prefix)
                count[key >> shift & 255]++;
        }
        uint32_t byte = 0;
        while (rank >= count[byte])
            rank -= count[byte++];
        prefix |= byte << shift;
        mask |= 255u << shift;
    }
    float median;
    memcpy(&median, &prefix, sizeof median);
    return median;
}

#endif
