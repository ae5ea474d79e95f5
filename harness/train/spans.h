/* Spans and granularity: texts of the schema that need the run's own numbers to become values. */
#ifndef QB_SPANS_H
#define QB_SPANS_H

#include "base/option.h"
#include "quant/quant.h"

/* A span in steps; not of seconds. */
static inline double qb_span_steps(const qb_value *v, int64_t steps_per_epoch)
{
    return v->span_unit == QB_SPAN_EPOCHS ? v->r * (double)steps_per_epoch : v->r;
}

/* "tensor", "row" or "block[size=N]". QB_E_USAGE. */
int qb_granularity_parse(const char *text, qb_granularity *ret_kind, int64_t *ret_block);

#endif
