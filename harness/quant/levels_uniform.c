/* Evenly spaced levels; all but unif-asym symmetric around the centre.
 *
 *   q_max   the outermost level        R   half the number of steps between the outermost levels
 *   unif          q_max = min(bits mean|r|, max|r|) or max|r|;  R = 2^(b-1) - 1/2:  2^b levels, none of them 0
 *   maxunif       q_max = max|r|;                               R = 2^(b-1) - 1:    2^b - 1 levels with 0
 *   ternary-unif  levels -s, 0, s with s = max|r| / 1.5
 *   unif-asym     s (z + {0 .. 2^b - 1}),  s = (max r - min r) / (2^b - 1),  z = min r / s rounded half to even
 * Source: UnifQuantizer, MaxUnifQuantizer, AsymUnifQuantizer,
 * TernaryUnifQuantizer of the PARQ code.
 * Differs: a zero row gives zeros, not +-1e-38; maxunif refuses 1 bit, which divides by zero there;
 * unif-asym has the offset z, which is lost there, and a constant row gives that constant.
 */
#include "quant/levels_kinds.h"

#include <math.h>

static void set_grid(double q_max, double half_steps, int n, double *out)
{
    double s = q_max / half_steps;
    for (int i = 0; i < n; i++)
        out[i] = s * ((double)i - half_steps);
}

bool qb_levels_ternary_uniform(const qb_level_rule *rule, const qb_row *row, double *out)
{
    (void)rule; /* one form only */
    double s = qb_row_max_abs(row) / 1.5;
    set_grid(s, 1.0, 3, out);
    return isfinite(s);
}

bool qb_levels_uniform(const qb_level_rule *rule, const qb_row *row, double *out)
{
    if (rule->bits == 0)
        return qb_levels_ternary_uniform(rule, row, out);
    double q_max = qb_row_max_abs(row);
    if (!rule->scale_max)
        q_max = fmin((double)rule->bits * qb_row_mean_abs(row), q_max);
    int n = 1 << rule->bits;
    set_grid(q_max, 0.5 * (double)(n - 1), n, out);
    return isfinite(q_max);
}

bool qb_levels_max_uniform(const qb_level_rule *rule, const qb_row *row, double *out)
{
    double q_max = qb_row_max_abs(row);
    int n = (1 << rule->bits) - 1;
    set_grid(q_max, 0.5 * (double)(n - 1), n, out);
    return isfinite(q_max);
}

bool qb_levels_asym_uniform(const qb_level_rule *rule, const qb_row *row, double *out)
{
    double low = (double)row->x[0] - row->centre, high = low;
    bool nan = false;
    for (int64_t i = 0; i < row->n; i++) {
        double r = (double)row->x[i] - row->centre;
        nan |= r != r;
        low = r < low ? r : low;
        high = r > high ? r : high;
    }
    int n = 1 << rule->bits;
    double s = (high - low) / (double)(n - 1), offset = s > 0.0 ? rint(low / s) : 0.0;
    for (int i = 0; i < n; i++)
        out[i] = s > 0.0 ? s * (offset + (double)i) : low;
    return !nan && isfinite(s) && isfinite(out[0]);
}
