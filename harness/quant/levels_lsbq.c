/* Least-squares binary quantization (spec/solvers.md 4.2-4.6): levels +-v_1 +- ... +- v_b, ternary {-t, 0, t}; and
 * TWN's ternary levels (4.12).
 *
 * Greedy: v_j is the mean of what the earlier magnitudes left over. Only magnitudes matter: the residual after
 * magnitude v has absolute value | |r| - v |, so no sign and no second array is needed, and pass j folds the row
 * j - 1 times (b (b - 1) / 2 folds a weight in all; 1 at 2 bits, 28 at 8).
 * Optimal: exact minimum of the squared error by sorting |r| and prefix sums.
 * Source: Pouransari, Tu, Tuzel, "Least squares binary quantization of neural networks" (2020); PARQ (2025).
 * Differs from the PARQ code: its optimal searches are not exact and fail on zero rows (section 9, lines 1-3).
 */
#include "quant/levels_kinds.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { LANES = 8 }; /* independent partial sums: lets the compiler use vectors without reordering anything */

static double sum_lanes(const double *lane)
{
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

double qb_row_mean(const float *x, int64_t n)
{
    double lane[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += (double)x[i + k];
    for (int k = 0; i < n; i++, k++)
        lane[k] += (double)x[i];
    return sum_lanes(lane) / (double)n;
}

/* Mean of |r| after folding at v[0..n_v). */
static double mean_folded(const qb_row *row, const double *v, int n_v)
{
    double lane[LANES] = {0};
    for (int64_t from = 0; from < row->n; from += 64) {
        double a[64];
        int count = row->n - from < 64 ? (int)(row->n - from) : 64;
        for (int i = 0; i < count; i++)
            a[i] = fabs((double)row->x[from + i] - row->centre);
        for (int j = 0; j < n_v; j++)
            for (int i = 0; i < count; i++)
                a[i] = fabs(a[i] - v[j]);
        for (int i = count; i < 64; i++)
            a[i] = 0.0;
        for (int i = 0; i < 64; i += LANES)
            for (int k = 0; k < LANES; k++)
                lane[k] += a[i + k];
    }
    return sum_lanes(lane) / (double)row->n;
}

double qb_row_mean_abs(const qb_row *row) { return mean_folded(row, NULL, 0); }

double qb_row_max_abs(const qb_row *row)
{
    double max = 0.0;
    bool nan = false;
    for (int64_t i = 0; i < row->n; i++) {
        double a = fabs((double)row->x[i] - row->centre);
        nan |= a != a;
        max = a > max ? a : max;
    }
    return nan ? (double)NAN : max;
}

bool qb_levels_greedy(const qb_level_rule *rule, const qb_row *row, double *out)
{
    double v[8];
    for (int j = 0; j < rule->bits; j++) {
        v[j] = mean_folded(row, v, j);
        if (!isfinite(v[j]))
            return false;
    }
    /* All sums in ascending order: the set so far, shifted down and up by v, merged. */
    double set[QB_MAX_LEVELS / 2];
    out[0] = 0.0;
    for (int j = 0, n = 1; j < rule->bits; j++, n *= 2) {
        memcpy(set, out, (size_t)n * sizeof(double));
        for (int lo = 0, hi = 0, i = 0; i < 2 * n; i++) {
            bool low = lo < n && (hi == n || set[lo] - v[j] <= set[hi] + v[j]);
            out[i] = low ? set[lo++] - v[j] : set[hi++] + v[j];
        }
    }
    return true;
}

static void set_ternary(double t, double *out)
{
    out[0] = -t;
    out[1] = 0.0;
    out[2] = t;
}

bool qb_levels_simple_ternary(const qb_level_rule *rule, const qb_row *row, double *out)
{
    double v = rule->ternary_multiplier * qb_row_mean_abs(row);
    set_ternary(v, out);
    return isfinite(v);
}

/* Mean of those beyond the threshold kappa mean|r|; 0 when there are none. */
bool qb_levels_twn(const qb_level_rule *rule, const qb_row *row, double *out)
{
    double threshold = rule->kappa * qb_row_mean_abs(row), sum = 0.0;
    int64_t n = 0;
    for (int64_t i = 0; i < row->n; i++) {
        double a = fabs((double)row->x[i] - row->centre);
        sum += a > threshold ? a : 0.0;
        n += a > threshold;
    }
    double level = n > 0 ? sum / (double)n : 0.0;
    set_ternary(level, out);
    return isfinite(threshold) && isfinite(level);
}

/* ---- optimal ---- */

/* Ascending sort of keys[0..n): bit patterns of floats >= 0 order as the floats do. Returns the sorted half of the
 * 2 n words. Insertion for short rows, else radix by bytes, which is linear. */
static const uint32_t *sort_keys(uint32_t *keys, int64_t n)
{
    if (n <= 48) {
        for (int64_t i = 1; i < n; i++) {
            uint32_t key = keys[i];
            int64_t j = i;
            for (; j > 0 && keys[j - 1] > key; j--)
                keys[j] = keys[j - 1];
            keys[j] = key;
        }
        return keys;
    }
    int64_t count[4][256] = {{0}};
    for (int64_t i = 0; i < n; i++)
        for (int d = 0; d < 4; d++)
            count[d][keys[i] >> (8 * d) & 255]++;
    uint32_t *from = keys, *to = keys + n;
    for (int d = 0; d < 4; d++) {
        int64_t at = 0;
        for (int c = 0; c < 256; c++) {
            int64_t size = count[d][c];
            count[d][c] = at;
            at += size;
        }
        for (int64_t i = 0; i < n; i++)
            to[count[d][from[i] >> (8 * d) & 255]++] = from[i];
        uint32_t *t = from;
        from = to;
        to = t;
    }
    return from;
}

static double key_value(uint32_t key)
{
    float f;
    memcpy(&f, &key, sizeof f);
    return (double)f;
}

/* |r| of the row, sorted ascending. Returns NULL when a value is not finite; *ret_sum: their sum. */
static const uint32_t *sort_row(const qb_row *row, double *ret_sum)
{
    double sum = 0.0;
    for (int64_t i = 0; i < row->n; i++) {
        float a = (float)fabs((double)row->x[i] - row->centre);
        memcpy(&row->keys[i], &a, sizeof a);
        sum += (double)a;
    }
    *ret_sum = sum;
    return isfinite(sum) ? sort_keys(row->keys, row->n) : NULL;
}

/* Two-means on |r|: the k smallest go to A, the others to B. The first best split wins, none between equals. */
static bool optimal_two_bits(const qb_row *row, double *out)
{
    double total, low = 0.0, best = -1.0;
    const uint32_t *keys = sort_row(row, &total);
    if (keys == NULL)
        return false;
    int64_t n = row->n;
    double a = total / (double)n, b = a; /* all |r| equal: one level, twice */
    for (int64_t k = 1; k < n; k++) {
        low += key_value(keys[k - 1]);
        if (keys[k] == keys[k - 1])
            continue;
        double high = total - low;
        double gain = low * low / (double)k + high * high / (double)(n - k);
        if (gain > best) {
            best = gain;
            a = low / (double)k;
            b = high / (double)(n - k);
        }
    }
    out[0] = -b;
    out[1] = -a;
    out[2] = a;
    out[3] = b;
    return true;
}

/* The k largest go to t, the others to 0; k maximizes (sum of them)^2 / k, the smallest such k. */
static bool optimal_ternary(const qb_row *row, double *out)
{
    double total, high = 0.0, best = 0.0, t = 0.0;
    const uint32_t *keys = sort_row(row, &total);
    if (keys == NULL)
        return false;
    for (int64_t k = 1; k <= row->n; k++) {
        high += key_value(keys[row->n - k]);
        double gain = high * high / (double)k;
        if (gain > best) {
            best = gain;
            t = high / (double)k;
        }
    }
    set_ternary(t, out);
    return true;
}

bool qb_levels_optimal(const qb_level_rule *rule, const qb_row *row, double *out)
{
    if (rule->bits == 1)
        return qb_levels_greedy(rule, row, out);
    return rule->bits == 2 ? optimal_two_bits(row, out) : optimal_ternary(row, out);
}
