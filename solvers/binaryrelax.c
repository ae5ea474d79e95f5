/* binaryrelax - weights that drift from the latent ones to their nearest levels over the annealing window.
 *
 *   w = (1 - theta) z + theta nearest(levels, z)     theta = fraction of the window, 0 before it, 1 after it
 *
 * This is the proximal map of (lambda / 2) dist(., levels)^2 with lambda = theta / (1 - theta).
 * Source: Yin et al., "BinaryRelax", SIAM J. Imaging Sci. 2018, with the linear schedule of the PARQ code
 * (binarelax.py). Differs from Yin et al.: there lambda grows geometrically, once an epoch, and the last phase
 * starts by hand; from the PARQ code: an empty window is a step, not a division by zero.
 */
#include "common/maps.h"

static int project(void *self, const qb_step *step, qb_view *v)
{
    (void)self;
    if (step->fraction < 0.0)
        return qb_map_identity(v);
    (void)qb_map_nearest(v);
    if (step->fraction >= 1.0)
        return 0;
    const float theta = (float)step->fraction, rest = (float)(1.0 - step->fraction);
    const float *restrict z = v->z;
    float *restrict w = v->w;
    for (int64_t i = 0; i < v->n_rows * v->row_len; i++)
        w[i] = rest * z[i] + theta * w[i];
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_IDENTITY_BEFORE | QB_TRAIT_HARD_AFTER | QB_TRAIT_MONOTONE | QB_TRAIT_ODD | QB_TRAIT_ROW_SYMMETRIC,
    .name = "binaryrelax",
    .title = "relaxed projection: a mix of latent and nearest level",
    .version = "1.0",
    .source = "Yin, Zhang, Lyu, Osher, Qi, Xin, BinaryRelax, SIAM J. Imaging Sci. 11(4), 2018",
    .project = project,
};
