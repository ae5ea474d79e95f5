/* Least-squares binary quantization by greedy steps: levels +-v_1 +- ... +- v_b, ternary
 * {-t, 0, t}; and TWN's ternary levels. The exact ones are in levels_optimal.c.
 *
 * Greedy: v_j is the mean of what the earlier magnitudes left over. Only magnitudes matter: the residual after
 * magnitude v has absolute value | |r| - v |, so no sign and no second array is needed, and pass j folds the row
 * j - 1 times (b (b - 1) / 2 folds a weight in all; 1 at 2 bits, 28 at 8).
 * Source: Pouransari, Tu, Tuzel, "Least squares binary quantization of neural networks" (2020); PARQ (2025).
 */
#include "quant/levels_kinds.h"

#include <qatbench/solver_util.h>

#include <math.h>
#include <string.h>

enum { LANES = 8 }; /* independent partial sums, of every eighth weight: a vector, and always the same order */
typedef float lanes_f __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef double lanes_d __attribute__((vector_size(8 * LANES)));
typedef int64_t lanes_i __attribute__((vector_size(8 * LANES)));

static const int64_t no_sign = 0x7fffffffffffffff; /* of a double: its size */

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
QB_CLONES(double, mean_folded, (const qb_row *row, const double *v, int n_v), (row, v, n_v))
{
    lanes_d sum = {0};
    double lane[LANES];
    int64_t i = 0;
    for (; i + LANES <= row->n; i += LANES) {
        lanes_d a = __builtin_convertvector(*(const lanes_f *)(row->x + i), lanes_d) - row->centre;
        a = (lanes_d)((lanes_i)a & no_sign);
        for (int j = 0; j < n_v; j++)
            a = (lanes_d)((lanes_i)(a - v[j]) & no_sign);
        sum += a;
    }
    memcpy(lane, &sum, sizeof lane);
    for (int k = 0; i < row->n; i++, k++) {
        double a = fabs((double)row->x[i] - row->centre);
        for (int j = 0; j < n_v; j++)
            a = fabs(a - v[j]);
        lane[k] += a;
    }
    return sum_lanes(lane) / (double)row->n;
}

double qb_row_mean_abs(const qb_row *row) { return mean_folded(row, NULL, 0); }

QB_CLONES(double, max_abs, (const qb_row *row), (row))
{
    lanes_d max = {0}, wrong = {0}; /* wrong: 0, or NaN once a value was not finite */
    int64_t i = 0;
    for (; i + LANES <= row->n; i += LANES) {
        lanes_d a = __builtin_convertvector(*(const lanes_f *)(row->x + i), lanes_d) - row->centre;
        a = (lanes_d)((lanes_i)a & no_sign);
        lanes_i above = a > max;
        max = (lanes_d)(((lanes_i)a & above) | ((lanes_i)max & ~above));
        wrong += a * 0.0;
    }
    double top = 0.0, bad = 0.0;
    for (; i < row->n; i++) {
        double a = fabs((double)row->x[i] - row->centre);
        top = a > top ? a : top;
        bad += a * 0.0;
    }
    for (int k = 0; k < LANES; k++) {
        top = max[k] > top ? max[k] : top;
        bad += wrong[k];
    }
    return top + bad;
}

double qb_row_max_abs(const qb_row *row) { return max_abs(row); }

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
