/* none - full precision: no levels, w = x. The baseline that every quantized result is measured against.
 *
 * Under QB_CAP_FULL_PRECISION the program trains all tensors with the base optimizer alone and calls no view hook;
 * project is there for the contract tests.
 * Source: spec of the base optimizers; nothing of its own.
 */
#include <qatbench/solver.h>

#include <string.h>

static int project(void *self, const qb_step *step, qb_view *v)
{
    (void)self;
    (void)step;
    memcpy(v->w, v->z, (size_t)(v->n_rows * v->row_len) * sizeof(float));
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_FULL_PRECISION | QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_IDENTITY_BEFORE | QB_TRAIT_MONOTONE | QB_TRAIT_ODD | QB_TRAIT_NONEXPANSIVE | QB_TRAIT_ROW_SYMMETRIC,
    .name = "none",
    .title = "full precision: no quantization",
    .version = "1.0",
    .source = "baseline",
    .project = project,
};
