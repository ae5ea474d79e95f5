#include "image/warp.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/clones.h"

static const uint8_t fill[3] = {124, 116, 104}; /* ImageNet's mean colour, rounded */

/* The channels of a pixel, and one lane to spare: vectors of the compiler's, whatever the CPU has. */
typedef double lanes __attribute__((vector_size(32)));
typedef uint8_t bytes4 __attribute__((vector_size(4)));

static inline __attribute__((always_inline)) void load(const uint8_t *p, const uint8_t *last, lanes *ret_v)
{
    bytes4 v = {0};
    if (p < last)
        memcpy(&v, p, 4);
    else
        memcpy(&v, p, 3); /* nothing may be read behind the last pixel */
    *ret_v = __builtin_convertvector(v, lanes);
}

/* Between v[1] (d = 0) and v[2] (d = 1). */
static inline __attribute__((always_inline)) void interpolate(const lanes v[4], double d, lanes *ret_v)
{
    const lanes p2 = v[2] - v[0], p3 = 2 * (v[0] - v[1]) + v[2] - v[3], p4 = v[1] - v[0] - v[2] + v[3];
    *ret_v = v[1] + d * (p2 + d * (p3 + d * p4));
}

static inline int clamp(int v, int most)
{
    return v < 0 ? 0 : v > most ? most : v;
}

/* What is at (x, y), which is in the image: 0 <= x < width, 0 <= y < height. Where a place is on a row or a column of
 * pixels, the others have no weight and are not looked at. */
static inline __attribute__((always_inline)) void sample(const uint8_t *from, int height, int width, double x, double y, uint8_t *to)
{
    const uint8_t *last = from + ((size_t)height * (size_t)width - 1) * 3;
    x -= 0.5;
    y -= 0.5;
    const double left = floor(x), top = floor(y), dx = x - left, dy = y - top;
    size_t columns[4];
    for (int i = 0; i < 4; i++)
        columns[i] = (size_t)clamp((int)left - 1 + i, width - 1) * 3;
    lanes rows[4], v[4];
    for (int k = dy > 0 ? 0 : 1; k < (dy > 0 ? 4 : 2); k++) {
        const uint8_t *row = from + (size_t)clamp((int)top - 1 + k, height - 1) * (size_t)width * 3;
        for (int i = dx > 0 ? 0 : 1; i < (dx > 0 ? 4 : 2); i++)
            load(row + columns[i], last, &v[i]);
        if (dx > 0)
            interpolate(v, dx, &rows[k]);
        else
            rows[k] = v[1];
    }
    if (dy > 0)
        interpolate(rows, dy, &rows[1]);
    for (int c = 0; c < 3; c++) {
        const double p = rows[1][c];
        to[c] = (uint8_t)(p <= 0 ? 0 : p >= 255 ? 255 : p);
    }
}

QB_IMAGE_CLONES
void qb_warp_affine(const double m[6], const uint8_t *from, int height, int width, uint8_t *to)
{
    for (int row = 0; row < height; row++) {
        const double mx = m[1] * (row + 0.5), my = m[4] * (row + 0.5);
        for (int column = 0; column < width; column++, to += 3) {
            const double x = m[0] * (column + 0.5) + mx + m[2], y = m[3] * (column + 0.5) + my + m[5];
            if (x >= 0 && x < width && y >= 0 && y < height)
                sample(from, height, width, x, y, to);
            else
                memcpy(to, fill, 3);
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
