/* Pixels are made in runs: first what each needs of the source is fetched one by one, then all are computed together, in loops
 * that the compiler turns into vector code.
 */
#include "image/warp.h"

#include <endian.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <qatbench/solver_util.h>

static const uint8_t fill[3] = {124, 116, 104}; /* ImageNet's mean colour, rounded */

enum { RUN = 32, TAPS = 4 };

/* What a run of pixels of the result is made of. A pixel from outside the image is a place amid pixels of the fill colour. */
typedef struct run {
    int32_t is_inside[RUN];
    int32_t left[RUN], top[RUN];    /* of the four columns and rows; they may lie beside the image, whose edge is then repeated */
    double dx[RUN], dy[RUN];        /* in [0, 1): from the second column and row on */
    bool any_dx, any_dy;            /* whether any of them is not 0; where none is, the second column or row alone is needed */
    uint32_t taps[TAPS][TAPS][RUN]; /* [row][column]: red, green, blue from the lowest byte on */
} run;

static inline uint32_t colour(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

/* The same at once, with a byte of the next pixel on top: not for the last pixel of an image. */
static inline uint32_t colour_and_more(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return le32toh(v);
}

static inline int clamp(int v, int most)
{
    return v < 0 ? 0 : v > most ? most : v;
}

/* Where the pixels of a run lie: the first is number `column` of a row, whose part of the places is (mx, my). */
static inline __attribute__((always_inline)) void place(run *r, const double m[6], double mx, double my, int column, int height, int width)
{
    double sum_dx = 0, sum_dy = 0;
    for (int i = 0; i < RUN; i++) {
        const double x = m[0] * (column + i + 0.5) + mx + m[2], y = m[3] * (column + i + 0.5) + my + m[5];
        const double left = floor(x - 0.5), top = floor(y - 0.5);
        const int32_t is_inside = (x >= 0) & (x < width) & (y >= 0) & (y < height);
        r->is_inside[i] = is_inside;
        r->dx[i] = is_inside ? x - 0.5 - left : 0;
        r->dy[i] = is_inside ? y - 0.5 - top : 0;
        r->left[i] = (int32_t)(is_inside ? left : 0) - 1;
        r->top[i] = (int32_t)(is_inside ? top : 0) - 1;
    }
    for (int i = 0; i < RUN; i++) {
        sum_dx += r->dx[i];
        sum_dy += r->dy[i];
    }
    r->any_dx = sum_dx > 0;
    r->any_dy = sum_dy > 0;
}

/* The rows and columns of taps that are needed, of pixel i. */
static inline __attribute__((always_inline)) void fetch(run *r, int i, const uint8_t *from, int height, int width, bool any_dx, bool any_dy)
{
    const int k0 = any_dy ? 0 : 1, k1 = any_dy ? TAPS : 2, j0 = any_dx ? 0 : 1, j1 = any_dx ? TAPS : 2, left = r->left[i], top = r->top[i];
    const bool is_last_near = left + TAPS >= width && top + TAPS >= height;
    size_t columns[TAPS];
    for (int j = j0; j < j1; j++)
        columns[j] = (size_t)clamp(left + j, width - 1) * 3;
    for (int k = k0; k < k1; k++) {
        const uint8_t *row = from + (size_t)clamp(top + k, height - 1) * (size_t)width * 3;
        if (!r->is_inside[i])
            for (int j = j0; j < j1; j++)
                r->taps[k][j][i] = colour(fill);
        else if (is_last_near)
            for (int j = j0; j < j1; j++)
                r->taps[k][j][i] = colour(row + columns[j]);
        else
            for (int j = j0; j < j1; j++)
                r->taps[k][j][i] = colour_and_more(row + columns[j]);
    }
}

static inline __attribute__((always_inline)) void fetch_all(run *r, int n, const uint8_t *from, int height, int width)
{
    if (r->any_dx && r->any_dy)
        for (int i = 0; i < n; i++)
            fetch(r, i, from, height, width, true, true);
    else if (r->any_dx)
        for (int i = 0; i < n; i++)
            fetch(r, i, from, height, width, true, false);
    else
        for (int i = 0; i < n; i++)
            fetch(r, i, from, height, width, false, true);
}

/* values[i] <- channel `shift / 8` between the columns of one row of taps. */
static inline __attribute__((always_inline)) void across(const run *r, int row, int shift, double values[RUN])
{
    const uint32_t(*t)[RUN] = r->taps[row];
    if (!r->any_dx)
        for (int i = 0; i < RUN; i++)
            values[i] = (int32_t)(t[1][i] >> shift & 255);
    else
        for (int i = 0; i < RUN; i++) {
            const int32_t v0 = t[0][i] >> shift & 255, v1 = t[1][i] >> shift & 255, v2 = t[2][i] >> shift & 255, v3 = t[3][i] >> shift & 255;
            const double d = r->dx[i], p1 = v1, p2 = v2 - v0, p3 = 2 * (v0 - v1) + v2 - v3, p4 = v1 - v0 - v2 + v3;
            values[i] = p1 + d * (p2 + d * (p3 + d * p4));
        }
}

/* One channel of the run's n pixels, 3 bytes apart. */
static inline __attribute__((always_inline)) void put_channel(const run *r, int shift, int n, uint8_t *to)
{
    double rows[TAPS][RUN], *result = rows[1];
    int32_t bytes[RUN];
    if (r->any_dy) {
        for (int k = 0; k < TAPS; k++)
            across(r, k, shift, rows[k]);
        for (int i = 0; i < RUN; i++) {
            const double v0 = rows[0][i], v1 = rows[1][i], v2 = rows[2][i], v3 = rows[3][i], d = r->dy[i];
            const double p2 = v2 - v0, p3 = 2 * (v0 - v1) + v2 - v3, p4 = v1 - v0 - v2 + v3;
            result[i] = v1 + d * (p2 + d * (p3 + d * p4));
        }
    } else {
        across(r, 1, shift, result);
    }
    for (int i = 0; i < RUN; i++) {
        const double v = result[i] <= 0 ? 0 : result[i];
        bytes[i] = (int32_t)(v >= 255 ? 255 : v);
    }
    for (int i = 0; i < n; i++)
        to[3 * i] = (uint8_t)bytes[i];
}

QB_CLONES(void, warp_affine, (const double *m, const uint8_t *from, int height, int width, uint8_t *to), (m, from, height, width, to))
{
    run r = {0};
    for (int row = 0; row < height; row++) {
        const double mx = m[1] * (row + 0.5), my = m[4] * (row + 0.5);
        for (int begin = 0; begin < width; begin += RUN) {
            const int n = width - begin < RUN ? width - begin : RUN;
            place(&r, m, mx, my, begin, height, width);
            fetch_all(&r, n, from, height, width);
            for (int c = 0; c < 3; c++)
                put_channel(&r, 8 * c, n, to + c);
            to += 3 * n;
        }
    }
}

void qb_warp_affine(const double m[6], const uint8_t *from, int height, int width, uint8_t *to)
{
    warp_affine(m, from, height, width, to);
}

/* ---- rotation ---- */

/* to(y, x) <- from(y0 + y ya + x xa, x0 + y yb + x xb) */
typedef struct turn {
    int y0, ya, xa, x0, yb, xb;
} turn;

static void turn_exactly(turn t, const uint8_t *from, int height, int width, uint8_t *to)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++, to += 3)
            memcpy(to, from + ((size_t)(t.y0 + y * t.ya + x * t.xa) * (size_t)width + (size_t)(t.x0 + y * t.yb + x * t.xb)) * 3, 3);
}

/* Rounded to 15 decimals, as Python's round does it: through the nearest decimal text. */
static double round15(double v)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%.15f", v);
    return strtod(text, NULL);
}

void qb_warp_rotate(double degrees, const uint8_t *from, int height, int width, uint8_t *to)
{
    degrees = fmod(degrees, 360);
    if (degrees < 0)
        degrees += 360;
    if (degrees == 0) {
        memcpy(to, from, (size_t)height * (size_t)width * 3);
    } else if (degrees == 180) {
        turn_exactly((turn){height - 1, -1, 0, width - 1, 0, -1}, from, height, width, to);
    } else if (degrees == 90 && height == width) {
        turn_exactly((turn){0, 0, 1, width - 1, -1, 0}, from, height, width, to);
    } else if (degrees == 270 && height == width) {
        turn_exactly((turn){height - 1, 0, -1, 0, 1, 0}, from, height, width, to);
    } else {
        const double angle = -(degrees * (M_PI / 180)), cx = width / 2.0, cy = height / 2.0;
        double m[6] = {round15(cos(angle)), round15(sin(angle)), 0, round15(-sin(angle)), round15(cos(angle)), 0};
        m[2] = m[0] * -cx + m[1] * -cy + cx;
        m[5] = m[3] * -cx + m[4] * -cy + cy;
        qb_warp_affine(m, from, height, width, to);
    }
}
