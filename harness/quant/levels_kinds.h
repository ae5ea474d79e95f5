/* Private to quant/levels*.c: how a row reaches a quantizer's formula.
 *
 *   x[n]     the row; every formula sees r = x - centre (centre 0 unless the option `center` is set)
 *   keys     scratch of 2 n words, for those that sort
 *   out      levels as doubles, ascending, n_levels of them, without the centre
 * A formula returns false when a sum is not finite; the caller then writes zeros.
 */
#ifndef QB_LEVELS_KINDS_H
#define QB_LEVELS_KINDS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct qb_row {
    const float *x;
    int64_t n;
    double centre;
    uint32_t *keys;
} qb_row;

typedef struct qb_level_rule {
    int bits;                  /* 1..8, 0 = ternary */
    double ternary_multiplier; /* simple ternary    */
    bool scale_max;            /* uniform: the outer level is max|r| instead of min(bits mean|r|, max|r|) */
    double kappa;              /* twn: threshold over mean|r| */
    int rounds;                /* alternating: fits, the greedy one included */
    bool nearest_codes;        /* alternating: signs by nearest level, else by folding */
} qb_level_rule;

enum { QB_MAX_LEVELS = 256 };

bool qb_levels_greedy(const qb_level_rule *rule, const qb_row *row, double *out);         /* lsbq, b >= 1      */
bool qb_levels_simple_ternary(const qb_level_rule *rule, const qb_row *row, double *out); /* lsbq, ternary     */
bool qb_levels_optimal(const qb_level_rule *rule, const qb_row *row, double *out); /* lsbq-optimal: ternary, 1, 2 */
bool qb_levels_uniform(const qb_level_rule *rule, const qb_row *row, double *out);
bool qb_levels_max_uniform(const qb_level_rule *rule, const qb_row *row, double *out);
bool qb_levels_asym_uniform(const qb_level_rule *rule, const qb_row *row, double *out);
bool qb_levels_twn(const qb_level_rule *rule, const qb_row *row, double *out);
bool qb_levels_alternating(const qb_level_rule *rule, const qb_row *row, double *out);
bool qb_levels_ternary_uniform(const qb_level_rule *rule, const qb_row *row, double *out);

/* Row statistics, in double, summed in a fixed order. */
double qb_row_mean(const float *x, int64_t n);
double qb_row_mean_abs(const qb_row *row);
double qb_row_max_abs(const qb_row *row); /* NaN when a value is not finite */

#endif
