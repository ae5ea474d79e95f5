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

#include "image/clones.h"

static const uint8_t fill[3] = {124, 116, 104}; /* ImageNet's mean colour, rounded */

enum { RUN = 32, TAPS = 4 };

/* What a run of pixels of the result is made of. A pixel from outside the image is a place amid pixels of the fill colour. */
typedef struct run {
    uint32_t taps[TAPS][TAPS][RUN]; /* [row][column]: red, green, blue from the lowest byte on */
    double dx[RUN], dy[RUN];        /* in [0, 1): from the second column and row on */
    bool any_dx, any_dy;            /* whether any of them is not 0; where none is, the second column or row alone is fetched */
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

static void fetch_fill(run *r, int i)
{
    r->dx[i] = r->dy[i] = 0;
    for (int k = 0; k < TAPS; k++)
        for (int j = 0; j < TAPS; j++)
            r->taps[k][j][i] = colour(fill);
}

/* Pixel i of the run shows what is at (x, y), which is in the image. */
static inline __attribute__((always_inline)) void fetch(run *r, int i, const uint8_t *from, int height, int width, double x, double y)
{
    const double left = floor(x - 0.5), top = floor(y - 0.5);
    const bool is_last_near = (int)left + 2 >= width - 1 && (int)top + 2 >= height - 1;
    size_t columns[TAPS];
    r->dx[i] = x - 0.5 - left;
    r->dy[i] = y - 0.5 - top;
    r->any_dx = r->any_dx || r->dx[i] > 0;
    r->any_dy = r->any_dy || r->dy[i] > 0;
    for (int j = 0; j < TAPS; j++)
        columns[j] = (size_t)clamp((int)left - 1 + j, width - 1) * 3;
    for (int k = 0; k < TAPS; k++) {
        const uint8_t *row = from + (size_t)clamp((int)top - 1 + k, height - 1) * (size_t)width * 3;
        if (is_last_near)
            for (int j = 0; j < TAPS; j++)
                r->taps[k][j][i] = colour(row + columns[j]);
        else
            for (int j = 0; j < TAPS; j++)
                r->taps[k][j][i] = colour_and_more(row + columns[j]);
    }
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

QB_IMAGE_CLONES
void qb_warp_affine(const double m[6], const uint8_t *from, int height, int width, uint8_t *to)
{
    run r = {0};
    for (int row = 0; row < height; row++) {
        const double mx = m[1] * (row + 0.5), my = m[4] * (row + 0.5);
        for (int begin = 0; begin < width; begin += RUN) {
            const int n = width - begin < RUN ? width - begin : RUN;
            r.any_dx = r.any_dy = false;
            for (int i = 0; i < n; i++) {
                const double x = m[0] * (begin + i + 0.5) + mx + m[2], y = m[3] * (begin + i + 0.5) + my + m[5];
                if (x >= 0 && x < width && y >= 0 && y < height)
                    fetch(&r, i, from, height, width, x, y);
                else
                    fetch_fill(&r, i);
            }
            for (int c = 0; c < 3; c++)
                put_channel(&r, 8 * c, n, to + c);
            to += 3 * n;
        }
    }
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
