/* Least-squares ternary and 2-bit levels, exact.
 *
 * Sorted, a_1 <= ... <= a_n are the sizes |r|. A split k puts the k smallest low and the others high, and explains
 *   ternary  H^2 / (n - k)                 of sum a^2; levels 0 and the mean of the high ones
 *   2 bits   L^2 / k + H^2 / (n - k)       levels the two means
 * with L, H the sums of the two sides. The best split needs no sorted row: sizes are counted in buckets of equal width,
 * which gives the gain of every split between buckets, and a bound on those inside each: (k, L) is a convex curve, so
 * inside a bucket it lies in the triangle of its ends and of the point P where the flattest and the steepest line that
 * the bucket allows meet; the gain is a convex function of (k, L), so its maximum over the triangle is at a corner.
 * Only buckets whose P beats the best split between buckets, a few, are sorted and searched. Linear in n.
 *
 * Source: Pouransari, Tu, Tuzel, "Least squares binary quantization of neural networks" (2020); the bound is ours.
 * Differs from the PARQ code: its searches are not exact and fail on zero rows.
 */
#include "quant/levels_kinds.h"

#include <qatbench/solver_util.h>

#include <math.h>
#include <string.h>

enum { MAX_BUCKETS = 1024, WEIGHTS_A_BUCKET = 8, SMALL = 48 };

typedef struct search {
    bool ternary;
    int64_t n;
    double total;
    double best; /* of the splits so far, and where it lies */
    int64_t k;
    double low;
} search;

static inline double gain(const search *s, double k, double low)
{
    double left = (double)s->n - k, high = s->total - low;
    double of_high = high * high / (left > 0.0 ? left : 1.0), of_low = low * low / (k > 0.0 ? k : 1.0);
    return of_high + (s->ternary ? 0.0 : of_low);
}

/* Of equal splits the one with the fewest low ones wins at 2 bits, the one with the fewest high ones if ternary. */
static void try_split(search *s, int64_t k, double low, double g)
{
    bool wins = g > s->best || (g >= s->best && (s->ternary ? k > s->k : k < s->k));
    if (!wins || k == s->n || (k == 0 && !s->ternary))
        return;
    s->best = g;
    s->k = k;
    s->low = low;
}

/* ---- keys: bit patterns of floats >= 0 order as the floats do ---- */

static uint32_t key_of(float size)
{
    uint32_t key;
    memcpy(&key, &size, sizeof key);
    return key;
}

static float value_of(uint32_t key)
{
    float size;
    memcpy(&size, &key, sizeof size);
    return size;
}

/* Ascending sort of keys[n], n more words of scratch in `other`. By insertion when short, else by bytes: linear. */
static void sort_keys(uint32_t *keys, uint32_t *other, int64_t n)
{
    if (n <= SMALL) {
        for (int64_t i = 1; i < n; i++) {
            uint32_t key = keys[i];
            int64_t j = i;
            for (; j > 0 && keys[j - 1] > key; j--)
                keys[j] = keys[j - 1];
            keys[j] = key;
        }
        return;
    }
    int64_t count[4][256] = {{0}};
    for (int64_t i = 0; i < n; i++)
        for (int d = 0; d < 4; d++)
            count[d][keys[i] >> (8 * d) & 255]++;
    for (int d = 0; d < 4; d++) { /* an even number of passes ends in `keys` */
        int64_t at = 0;
        for (int c = 0; c < 256; c++) {
            int64_t size = count[d][c];
            count[d][c] = at;
            at += size;
        }
        for (int64_t i = 0; i < n; i++)
            other[count[d][keys[i] >> (8 * d) & 255]++] = keys[i];
        uint32_t *t = keys;
        keys = other;
        other = t;
    }
}

/* Splits within sorted keys[n]; k and low: what lies below them. Equal sizes are not split. */
static void try_inside(search *s, const uint32_t *keys, int64_t n, int64_t k, double low)
{
    for (int64_t i = 1; i < n; i++) {
        low += (double)value_of(keys[i - 1]);
        if (keys[i] != keys[i - 1])
            try_split(s, k + i, low, gain(s, (double)(k + i), low));
    }
}

/* ---- buckets ---- */

typedef struct buckets {
    int32_t n;
    double per_unit;          /* buckets in one unit of size */
    double count[MAX_BUCKETS], below[MAX_BUCKETS];  /* sizes in the bucket, and in those before it: whole numbers */
    double sum[MAX_BUCKETS], low[MAX_BUCKETS];      /* their sums */
    double edge[MAX_BUCKETS], bound[MAX_BUCKETS];   /* gain of the split before the bucket; no split inside has more */
    int64_t at[MAX_BUCKETS]; /* where its keys begin, for those that are searched; else -1 */
} buckets;

enum { PIECE = 64 };

/* Sizes of a piece of the row, and the buckets they belong to: the bucket never falls as the size grows. */
QB_CLONES(void, place, (const qb_row *row, int64_t from, int count, double per_unit, int32_t last, float *restrict size,
                        int32_t *restrict bucket), (row, from, count, per_unit, last, size, bucket))
{
    for (int i = 0; i < count; i++) {
        size[i] = (float)fabs((double)row->x[from + i] - row->centre);
        int32_t b = (int32_t)((double)size[i] * per_unit);
        bucket[i] = b < last ? b : last;
    }
}

static void count_sizes(const qb_row *row, double max, buckets *b)
{
    float size[PIECE];
    int32_t bucket[PIECE];
    b->n = 16;
    while (b->n < MAX_BUCKETS && (int64_t)b->n * WEIGHTS_A_BUCKET < row->n)
        b->n *= 2;
    b->per_unit = (double)b->n / max;
    memset(b->count, 0, (size_t)b->n * sizeof *b->count);
    memset(b->sum, 0, (size_t)b->n * sizeof *b->sum);
    for (int64_t from = 0; from < row->n; from += PIECE) {
        int count = row->n - from < PIECE ? (int)(row->n - from) : PIECE;
        place(row, from, count, b->per_unit, b->n - 1, size, bucket);
        for (int i = 0; i < count; i++) {
            b->sum[bucket[i]] += (double)size[i];
            b->count[bucket[i]] += 1.0;
        }
    }
}

/* Keys of the buckets that are searched, each bucket's together; its `at` ends behind them. */
static void gather(const qb_row *row, buckets *b)
{
    float size[PIECE];
    int32_t bucket[PIECE];
    for (int64_t from = 0; from < row->n; from += PIECE) {
        int count = row->n - from < PIECE ? (int)(row->n - from) : PIECE;
        place(row, from, count, b->per_unit, b->n - 1, size, bucket);
        for (int i = 0; i < count; i++)
            if (b->at[bucket[i]] >= 0)
                row->keys[b->at[bucket[i]]++] = key_of(size[i]);
    }
}

QB_CLONES(void, set_gains, (const search *s, buckets *b), (s, b))
{
    const double width = 1.0 / b->per_unit;
    for (int32_t i = 0; i < b->n; i++) {
        double count = b->count[i], k = b->below[i], from = (double)i * width, to = (double)(i + 1) * width;
        double at_from = (count * to - b->sum[i]) / width; /* P: as if so many lay at `from`, the others at `to` */
        at_from = at_from > 0.0 ? at_from : 0.0;
        at_from = at_from < count ? at_from : count;
        b->edge[i] = gain(s, k, b->low[i]);
        b->bound[i] = gain(s, k + at_from, b->low[i] + at_from * from);
    }
}

static void search_buckets(const qb_row *row, double max, search *s)
{
    buckets b;
    double k = 0.0;
    int64_t n_keys = 0;
    count_sizes(row, max, &b);
    for (int32_t i = 0; i < b.n; k += b.count[i], s->total += b.sum[i], i++) {
        b.below[i] = k;
        b.low[i] = s->total;
    }
    set_gains(s, &b);
    for (int32_t i = 0; i < b.n; i++)
        if (b.count[i] > 0.0)
            try_split(s, (int64_t)b.below[i], b.low[i], b.edge[i]);
    for (int32_t i = 0; i < b.n; i++) {
        bool searched = b.count[i] > 1.0 && b.bound[i] * (1.0 + 1e-9) >= s->best;
        b.at[i] = searched ? n_keys : -1;
        n_keys += searched ? (int64_t)b.count[i] : 0;
    }
    gather(row, &b);
    for (int32_t i = 0; i < b.n; i++)
        if (b.at[i] >= 0) {
            int64_t count = (int64_t)b.count[i];
            uint32_t *keys = row->keys + b.at[i] - count;
            sort_keys(keys, row->keys + row->n, count);
            try_inside(s, keys, count, (int64_t)b.below[i], b.low[i]);
        }
}

static void search_sorted(const qb_row *row, search *s)
{
    for (int64_t i = 0; i < row->n; i++)
        row->keys[i] = key_of((float)fabs((double)row->x[i] - row->centre));
    sort_keys(row->keys, row->keys + row->n, row->n);
    for (int64_t i = 0; i < row->n; i++)
        s->total += (double)value_of(row->keys[i]);
    try_split(s, 0, 0.0, gain(s, 0.0, 0.0));
    try_inside(s, row->keys, row->n, 0, 0.0);
}

bool qb_levels_optimal(const qb_level_rule *rule, const qb_row *row, double *out)
{
    if (rule->bits == 1)
        return qb_levels_greedy(rule, row, out);
    double max = (double)(float)qb_row_max_abs(row);
    if (!isfinite(max))
        return false;
    search s = {.ternary = rule->bits == 0, .n = row->n, .best = -1.0};
    if (row->n <= SMALL || !(max > 0.0))
        search_sorted(row, &s);
    else
        search_buckets(row, max, &s);
    double high_mean = (s.total - s.low) / (double)(s.n - s.k), low_mean = s.k > 0 ? s.low / (double)s.k : high_mean;
    if (s.ternary) {
        out[0] = -high_mean;
        out[1] = 0.0;
        out[2] = high_mean;
        return true;
    }
    out[0] = -high_mean; /* where all sizes are equal nothing was split: one level, twice */
    out[1] = -low_mean;
    out[2] = low_mean;
    out[3] = high_mean;
    return true;
}
