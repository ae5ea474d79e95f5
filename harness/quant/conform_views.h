/* The weights of a stage: shapes, values, targets. Private to the contract tests. */
#ifndef QB_CONFORM_VIEWS_H
#define QB_CONFORM_VIEWS_H

#include "quant/conform_stage.h"

/* Names and shapes of all views; no memory. */
void qb_stage_describe_views(qb_stage *s);

/* x, w = x, and target of a view. */
void qb_stage_fill(const qb_stage *s, qb_stage_view *v);

/* g <- 0.3 (w - target), poisoned where the scene says so. */
void qb_stage_gradient(const qb_stage *s, qb_stage_view *v);

#endif
