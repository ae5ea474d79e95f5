/* Spans and granularity: texts of the schema that need the run's own numbers to become values. */
#ifndef QB_SPANS_H
#define QB_SPANS_H

#include "base/option.h"
#include "quant/quant.h"

#include <math.h>

/* A span in steps; not of seconds. The product of a decimal fraction and a whole number may miss the whole number that it
 * is by a bit (0.29 * 100); it is that number n exactly where n / steps_per_epoch reads back as the fraction. */
static inline double qb_span_steps(const qb_value *v, int64_t steps_per_epoch)
{
    if (v->span_unit != QB_SPAN_EPOCHS)
        return v->r;
    double steps = v->r * (double)steps_per_epoch, whole = round(steps);
    return whole / (double)steps_per_epoch == v->r ? whole : steps;
}

/* "tensor", "row" or "block[size=N]". QB_E_USAGE. */
int qb_granularity_parse(const char *text, qb_granularity *ret_kind, int64_t *ret_block);

#endif
