/* Least-squares binary levels improved by alternation: greedy, then in turn the best
 * magnitudes for the signs and new signs for the magnitudes. At 1 bit greedy is the optimum already.
 * With nearest signs the squared error never grows from round to round; with folded signs, the source's, it may.
 * Source and formulas: <qatbench/multibit.h>.
 */
#include "quant/levels_kinds.h"

#include <qatbench/multibit.h>

#include <math.h>
#include <string.h>

bool qb_levels_alternating(const qb_level_rule *rule, const qb_row *row, double *out)
{
    qb_multibit m;
    if (!isfinite(qb_row_mean_abs(row)))
        return false;
    qb_multibit_fit(row->x, row->n, row->centre, rule->bits, rule->rounds, rule->nearest_codes, &m);
    memcpy(out, m.sum, ((size_t)1 << rule->bits) * sizeof *out);
    return true;
}
