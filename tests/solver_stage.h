/* A plugin on a stage: one view with a copy of given weights, bound; the caller plays the hooks one by one. For tests
 * that look at a single hook; whole steps are qb_quant's.
 */
#ifndef QB_SOLVER_STAGE_H
#define QB_SOLVER_STAGE_H

#include "quant/instance.h"

typedef struct solver_stage {
    qb_instance instance;
    const qb_solver *solver;
    qb_settings settings;
    void *self; /* of the instance */
    qb_bind request; /* as bind left it */
    qb_step step;    /* step 1 of epoch 1, lr 1, in a window of 1e9 steps; change as needed */
    qb_view view;    /* z is x; w = x; g, aux and state zero; levels NULL until solver_stage_levels */
    float *memory;
} solver_stage;

/* spec: name[key=value,...], found as qb_plugin_load does. As qb_plugin_supports, else QB_E_FAILED as the hooks fail. Finish it
 * in any case. */
int solver_stage_init(solver_stage *s, const char *spec, const char *solver_path, int bits, int64_t rows, int64_t len,
                      const float *x);
void solver_stage_levels(solver_stage *s, const float *levels, size_t n); /* borrowed; n over all rows */
void solver_stage_at(solver_stage *s, int64_t step);                      /* step and fraction, in the window that is set */
void solver_stage_finish(solver_stage *s);

#endif
