#include "image/colour.h"

#include <stdint.h>

#include <qatbench/solver_util.h>

typedef uint8_t table[256];

static uint8_t clip(int64_t v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* ---- a table a channel ---- */

static void look_up(const table tables[3], const uint8_t *from, size_t n, uint8_t *to)
{
    for (size_t i = 0; i < n; i++, from += 3, to += 3) {
        to[0] = tables[0][from[0]];
        to[1] = tables[1][from[1]];
        to[2] = tables[2][from[2]];
    }
}

static void look_up_same(const table t, const uint8_t *from, size_t n, uint8_t *to)
{
    for (size_t i = 0; i < n * 3; i++)
        to[i] = t[from[i]];
}

static void count(const uint8_t *from, size_t n, int64_t ret_histogram[3][256])
{
    for (int c = 0; c < 3; c++)
        for (int v = 0; v < 256; v++)
            ret_histogram[c][v] = 0;
    for (size_t i = 0; i < n; i++, from += 3) {
        ret_histogram[0][from[0]]++;
        ret_histogram[1][from[1]]++;
        ret_histogram[2][from[2]]++;
    }
}

static void keep(table t)
{
    for (int v = 0; v < 256; v++)
        t[v] = (uint8_t)v;
}

static int lowest(const int64_t h[256])
{
    int v = 0;
    while (v < 255 && h[v] == 0)
        v++;
    return v;
}

static int highest(const int64_t h[256])
{
    int v = 255;
    while (v > 0 && h[v] == 0)
        v--;
    return v;
}

static void stretch(const int64_t h[256], table t)
{
    const int lo = lowest(h), hi = highest(h);
    if (hi <= lo) {
        keep(t);
        return;
    }
    const double scale = 255.0 / (hi - lo), offset = -lo * scale;
    for (int v = 0; v < 256; v++)
        t[v] = clip((int64_t)(v * scale + offset));
}

static void level(const int64_t h[256], table t)
{
    int64_t sum = 0;
    for (int v = 0; v < 256; v++)
        sum += h[v];
    const int hi = highest(h);
    const int64_t step = (sum - h[hi]) / 255;
    if (lowest(h) == hi || step == 0) {
        keep(t);
        return;
    }
    int64_t below = step / 2;
    for (int v = 0; v < 256; v++) {
        t[v] = clip(below / step);
        below += h[v];
    }
}

static void by_histogram(void (*make)(const int64_t[256], table), const uint8_t *from, size_t n, uint8_t *to)
{
    int64_t histogram[3][256];
    table tables[3];
    count(from, n, histogram);
    for (int c = 0; c < 3; c++)
        make(histogram[c], tables[c]);
    look_up((const table *)tables, from, n, to);
}

void qb_colour_auto_contrast(const uint8_t *from, size_t n, uint8_t *to)
{
    by_histogram(stretch, from, n, to);
}

void qb_colour_equalize(const uint8_t *from, size_t n, uint8_t *to)
{
    by_histogram(level, from, n, to);
}

void qb_colour_invert(const uint8_t *from, size_t n, uint8_t *to)
{
    for (size_t i = 0; i < n * 3; i++)
        to[i] = (uint8_t)(255 - from[i]);
}

void qb_colour_posterize(int bits, const uint8_t *from, size_t n, uint8_t *to)
{
    const uint8_t mask = (uint8_t)(0xff00 >> bits);
    for (size_t i = 0; i < n * 3; i++)
        to[i] = from[i] & mask;
}

void qb_colour_solarize(int threshold, const uint8_t *from, size_t n, uint8_t *to)
{
    for (size_t i = 0; i < n * 3; i++)
        to[i] = (uint8_t)(from[i] < threshold ? from[i] : 255 - from[i]);
}

void qb_colour_solarize_add(int amount, const uint8_t *from, size_t n, uint8_t *to)
{
    table t;
    for (int v = 0; v < 256; v++)
        t[v] = v < 128 ? clip(v + amount) : (uint8_t)v;
    look_up_same((const uint8_t *)t, from, n, to);
}

/* ---- blending with a duller image ---- */

/* In float32, cut and not rounded; between the two there is nothing to clip. */
static inline uint8_t blend(int dull, int v, float factor)
{
    const float mixed = (float)dull + factor * (float)(v - dull);
    return (uint8_t)(mixed <= 0.0f ? 0.0f : mixed >= 255.0f ? 255.0f : mixed);
}

static inline int grey(const uint8_t *p)
{
    return (19595 * p[0] + 38470 * p[1] + 7471 * p[2] + 0x8000) >> 16;
}

QB_CLONES(void, saturate, (float factor, const uint8_t *from, size_t n, uint8_t *to), (factor, from, n, to))
{
    for (size_t i = 0; i < n * 3; i += 3) {
        const int dull = grey(from + i);
        for (size_t c = i; c < i + 3; c++)
            to[c] = blend(dull, from[c], factor);
    }
}

void qb_colour_saturate(float factor, const uint8_t *from, size_t n, uint8_t *to)
{
    saturate(factor, from, n, to);
}

static void blend_with(int dull, float factor, const uint8_t *from, size_t n, uint8_t *to)
{
    table t;
    for (int v = 0; v < 256; v++)
        t[v] = blend(dull, v, factor);
    look_up_same((const uint8_t *)t, from, n, to);
}

void qb_colour_contrast(float factor, const uint8_t *from, size_t n, uint8_t *to)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += grey(from + i * 3);
    blend_with((int)((double)sum / (double)n + 0.5), factor, from, n, to);
}

void qb_colour_brighten(float factor, const uint8_t *from, size_t n, uint8_t *to)
{
    blend_with(0, factor, from, n, to);
}

/* The bytes of a row between its first and last pixel. A rounded 13th is never a half, so whole numbers give what Pillow's
 * float32 sums give. */
QB_CLONES(void, sharpen_row, (float factor, const uint8_t *from, ptrdiff_t row, int width, uint8_t *to), (factor, from, row, width, to))
{
    const uint8_t *restrict above = from - row, *restrict here = from, *restrict below = from + row;
    for (ptrdiff_t i = 3; i < 3 * (ptrdiff_t)width - 3; i++) {
        const int sum = above[i - 3] + above[i] + above[i + 3] + here[i - 3] + 5 * here[i] + here[i + 3] + below[i - 3] + below[i] + below[i + 3];
        to[i] = blend((2 * sum + 13) / 26, here[i], factor);
    }
}

void qb_colour_sharpen(float factor, const uint8_t *from, int height, int width, uint8_t *to)
{
    const ptrdiff_t row = 3 * (ptrdiff_t)width;
    for (ptrdiff_t i = 0; i < row * height; i++)
        to[i] = from[i];
    for (int y = 1; y < height - 1; y++)
        sharpen_row(factor, from + y * row, row, width, to + y * row);
}
