/* Both passes are one kernel: LINE bytes that lie side by side are the weighted sum of the same bytes of a few lines above
 * each other. Down the columns the rows of the image are such lines. Along the rows, TILE rows at a time are turned so that
 * the pixels of a column lie side by side, and the results are turned back.
 */
#include "image/resize.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <qatbench/solver_util.h>

#include "base/err.h"
#include "base/mem.h"

enum {
    LINE = 64,       /* bytes that are summed together: a cache line */
    TILE = 21,       /* rows whose pixels of one column fill a line, but for one byte */
    BLOCK = 128,     /* columns that are turned together: two blocks of them are in the nearest cache */
    FRACTION = 22,   /* bits of a weight */
};

/* What an axis does: result i of the window is the sum over k of weights[i * most + k] * (first[i] + k). */
typedef struct axis {
    int n;    /* results */
    int most; /* weights of a result, at most */
    int *first, *count;
    int32_t *weights; /* (n, most) */
} axis;

/* ---- weights ---- */

static double bilinear(double t)
{
    t = fabs(t);
    return t < 1 ? 1 - t : 0;
}

static double bicubic(double t)
{
    const double a = -0.5;
    t = fabs(t);
    if (t < 1)
        return ((a + 2) * t - (a + 3)) * t * t + 1;
    return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
}

static int32_t to_fixed(double w)
{
    const double one = 1 << FRACTION;
    return (int32_t)(w < 0 ? w * one - 0.5 : w * one + 0.5);
}

static int clamp(int v, int least, int most)
{
    return v < least ? least : v > most ? most : v;
}

/* Results begin..begin + n - 1 of an axis that goes from `from` to `to` pixels. Free a->weights and a->first. */
static int axis_init(axis *a, qb_filter filter, int from, int to, int begin, int n)
{
    double (*const f)(double) = filter == QB_FILTER_BILINEAR ? bilinear : bicubic;
    const double scale = (double)from / to, widened = fmax(scale, 1), reach = (filter == QB_FILTER_BILINEAR ? 1 : 2) * widened;
    const double narrowed = 1 / widened;
    *a = (axis){.n = n, .most = (int)ceil(reach) * 2 + 1};
    a->weights = qb_alloc((size_t)n * (size_t)a->most, sizeof *a->weights);
    a->first = qb_alloc((size_t)n * 2, sizeof *a->first);
    double *real = qb_alloc((size_t)a->most, sizeof *real);
    if (!a->weights || !a->first || !real) {
        qb_free(real);
        return QB_E_NOMEM;
    }
    a->count = a->first + n;
    for (int i = 0; i < n; i++) {
        const double centre = (begin + i + 0.5) * scale;
        const int lo = clamp((int)(centre - reach + 0.5), 0, from), hi = clamp((int)(centre + reach + 0.5), 0, from);
        double sum = 0;
        for (int j = lo; j < hi; j++)
            sum += real[j - lo] = f((j - centre + 0.5) * narrowed);
        for (int j = lo; j < hi; j++)
            a->weights[i * (ptrdiff_t)a->most + j - lo] = to_fixed(sum != 0 ? real[j - lo] / sum : real[j - lo]);
        a->first[i] = lo;
        a->count[i] = hi - lo;
    }
    qb_free(real);
    return 0;
}

static void axis_finish(axis *a)
{
    qb_free(a->weights);
    qb_free(a->first);
}

/* ---- the kernel ---- */

/* out[i] = the weighted sum of lines[k * stride + i] over k. */
static inline __attribute__((always_inline)) void combine(const uint8_t *lines, size_t stride, const int32_t *weights, int n,
                                                         uint8_t *restrict out)
{
    int32_t sum[LINE];
    for (int i = 0; i < LINE; i++)
        sum[i] = 1 << (FRACTION - 1);
    for (int k = 0; k < n; k++) {
        const uint8_t *restrict line = lines + (size_t)k * stride;
        const int32_t w = weights[k];
        for (int i = 0; i < LINE; i++)
            sum[i] += w * line[i];
    }
    for (int i = 0; i < LINE; i++) {
        int32_t v = sum[i] >> FRACTION;
        v = v < 0 ? 0 : v;
        out[i] = (uint8_t)(v > 255 ? 255 : v);
    }
}

/* Row y of the result: `wide` bytes (a multiple of LINE). */
QB_CLONES(void, combine_rows, (const uint8_t *lines, size_t stride, const int32_t *weights, int n, size_t wide, uint8_t *out),
          (lines, stride, weights, n, wide, out))
{
    for (size_t x = 0; x < wide; x += LINE)
        combine(lines + x, stride, weights, n, out + x);
}

/* All results of a turned tile whose first line is that of pixel `begin`, itself turned: result i at out + i * LINE. */
QB_CLONES(void, combine_tile, (const uint8_t *turned, int begin, const axis *a, uint8_t *out), (turned, begin, a, out))
{
    for (int i = 0; i < a->n; i++)
        combine(turned + (size_t)(a->first[i] - begin) * LINE, LINE, a->weights + (size_t)i * (size_t)a->most, a->count[i], out + (size_t)i * LINE);
}

/* ---- turning ---- */

/* A pixel is moved with a fourth byte, which is overwritten by the next one or lies in the byte that a line has to spare;
 * the last one of a row, behind which nothing may be touched, without. */
static void move_pixel(uint8_t *to, const uint8_t *from, bool is_last)
{
    memcpy(to, from, is_last ? 3 : 4);
}

/* n pixels of each of `rows` rows, `stride` bytes apart, to a line a column. */
static void turn_in(const uint8_t *from, int64_t stride, int rows, size_t n, uint8_t *to)
{
    for (size_t begin = 0; begin < n; begin += BLOCK) {
        const size_t end = begin + BLOCK < n ? begin + BLOCK : n - 1;
        for (int r = 0; r < rows; r++) {
            const uint8_t *row = from + r * stride;
            uint8_t *column = to + (size_t)r * 3;
            for (size_t x = begin; x < end; x++)
                move_pixel(column + x * LINE, row + x * 3, false);
            if (end == n - 1)
                move_pixel(column + end * LINE, row + end * 3, true);
        }
    }
}

static void turn_out(const uint8_t *from, size_t n, int rows, uint8_t *to, size_t stride)
{
    for (int r = 0; r < rows; r++) {
        const uint8_t *column = from + (size_t)r * 3;
        uint8_t *row = to + (size_t)r * stride;
        for (size_t x = 0; x + 1 < n; x++)
            move_pixel(row + x * 3, column + x * LINE, false);
        move_pixel(row + (n - 1) * 3, column + (n - 1) * LINE, true);
    }
}

/* ---- the two passes ---- */

/* Where things lie in the scratch. Rows between the passes are `stride` bytes apart, a multiple of LINE. */
typedef struct places {
    uint8_t *turned, *combined, *between, *line;
    size_t stride;
} places;

static int first_of(const axis *a) { return a->first[0]; }
static int end_of(const axis *a) { return a->first[a->n - 1] + a->count[a->n - 1]; }

static int reserve(places *p, qb_room *scratch, const axis *across, const axis *down)
{
    const size_t rows = (size_t)(end_of(down) - first_of(down)), columns = (size_t)(end_of(across) - first_of(across));
    p->stride = ((size_t)across->n * 3 + LINE - 1) / LINE * LINE;
    QB_TRY(qb_room_reserve(scratch, (columns + (size_t)across->n) * LINE + (rows + 1) * p->stride));
    p->turned = scratch->bytes;
    p->combined = p->turned + columns * LINE;
    p->between = p->combined + (size_t)across->n * LINE;
    p->line = p->between + rows * p->stride;
    return 0;
}

/* The rows that `down` needs, each of across->n pixels. */
static void pass_across(const qb_image *from, const axis *across, const axis *down, bool keeps_size, const places *p)
{
    const int rows = end_of(down) - first_of(down);
    const uint8_t *first = from->pixels + first_of(down) * from->row + (int64_t)first_of(across) * 3;
    const size_t columns = (size_t)(end_of(across) - first_of(across));
    for (int y = 0; keeps_size && y < rows; y++)
        memcpy(p->between + (size_t)y * p->stride, first + y * from->row, columns * 3);
    for (int y = 0; !keeps_size && y < rows; y += TILE) {
        const int n = rows - y < TILE ? rows - y : TILE;
        turn_in(first + y * from->row, from->row, n, columns, p->turned);
        combine_tile(p->turned, first_of(across), across, p->combined);
        turn_out(p->combined, (size_t)across->n, n, p->between + (size_t)y * p->stride, p->stride);
    }
}

static void pass_down(const axis *down, bool keeps_size, size_t row_bytes, const places *p, uint8_t *out)
{
    for (int y = 0; y < down->n; y++) {
        const uint8_t *row = p->between + (size_t)(down->first[y] - first_of(down)) * p->stride;
        if (!keeps_size) {
            combine_rows(row, p->stride, down->weights + (size_t)y * (size_t)down->most, down->count[y], p->stride, p->line);
            row = p->line;
        }
        memcpy(out + (size_t)y * row_bytes, row, row_bytes);
    }
}

/* An axis that keeps its size: each result is its own pixel. */
static void keep_axis(axis *a, int begin)
{
    for (int i = 0; i < a->n; i++) {
        a->first[i] = begin + i;
        a->count[i] = 1;
    }
}

int qb_resize(const qb_image *from, qb_filter filter, int height, int width, const qb_box *window, qb_room *scratch, uint8_t *out)
{
    const qb_box all = {0, 0, width, height}, w = window ? *window : all;
    QB_ASSERT(from->c == 3 && from->plane == 1 && from->column == 3 && from->height >= 1 && from->width >= 1);
    QB_ASSERT(w.left >= 0 && w.top >= 0 && w.width >= 1 && w.height >= 1 && w.width <= width - w.left && w.height <= height - w.top);
    const bool keeps_width = from->width == width, keeps_height = from->height == height;
    axis across, down = {0};
    places p;
    int rc = axis_init(&across, filter, from->width, width, w.left, w.width);
    if (rc == 0)
        rc = axis_init(&down, filter, from->height, height, w.top, w.height);
    if (rc == 0) {
        if (keeps_width)
            keep_axis(&across, w.left);
        if (keeps_height)
            keep_axis(&down, w.top);
        rc = reserve(&p, scratch, &across, &down);
    }
    if (rc == 0) {
        pass_across(from, &across, &down, keeps_width, &p);
        pass_down(&down, keeps_height, (size_t)w.width * 3, &p, out);
    }
    axis_finish(&across);
    axis_finish(&down);
    return rc;
}
