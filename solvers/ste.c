/* ste - straight-through estimator, the scheme of BinaryConnect: w = the level nearest to the latent weight, and
 * the gradient at w moves the latent weight as it is.
 *
 *   w = nearest(levels of the row, z)          ties to the lower level
 *
 * Source: Courbariaux, Bengio, David, "BinaryConnect", NeurIPS 2015; eq. 2-3 of PARQ, arXiv 2503.15748.
 * Differs: levels come from the quantizer (BinaryConnect: fixed +-H); no clipping of the latent weights, no
 * stochastic rounding (both are in solver binaryconnect). The PARQ code uses the quantizer's own codes on refresh
 * steps, here it is always the nearest level.
 */
#include <qatbench/solver.h>
#include <qatbench/solver_util.h>

static int project(void *self, const qb_step *step, qb_view *v)
{
    (void)self;
    (void)step;
    for (int64_t r = 0; r < v->n_rows; r++)
        qb_nearest_row(v->levels + r * v->n_levels, v->n_levels, v->z + r * v->row_len, v->row_len, v->w + r * v->row_len);
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_HARD_AFTER | QB_TRAIT_MONOTONE | QB_TRAIT_ODD | QB_TRAIT_ROW_SYMMETRIC,
    .name = "ste",
    .title = "straight-through estimator: hard weights at every step",
    .version = "1.0",
    .source = "Courbariaux, Bengio, David, BinaryConnect, NeurIPS 2015",
    .project = project,
};
