/* The copy of a plan that a study was started with: RUNS_DIR/EXPERIMENT/plan.frozen.yaml, the bytes that were read at that start.
 *
 * Invariant: a copy is never lost. One that another start replaces stays as plan.frozen-HASH12.yaml, HASH that of its bytes.
 */
#ifndef QB_FROZEN_H
#define QB_FROZEN_H

#include "study/plan.h"

/* Where the copy of a plan is, or would be. Caller frees. */
int qb_frozen_path(const char *plan, const qb_study_plan_places *places, char **ret_path);

/* Is the file there, and do its bytes differ from those that the plan was read from? QB_E_IO, QB_E_DATA. */
int qb_frozen_differs(const char *file, const qb_study_plan *plan, bool *ret_differs);

/* Keeps the bytes of the plan as its copy. *ret_former: where the other one that was there is now, NULL: there was none, or the
 * same; caller frees. QB_E_IO. */
int qb_frozen_keep(const char *copy, const qb_study_plan *plan, char **ret_former);

#endif
