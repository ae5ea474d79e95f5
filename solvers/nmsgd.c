/* nmsgd - normal-map SGD: the latent weights are drawn back towards the weights in use, around any of the maps.
 *
 *   x <- base optimizer step with g at w;   x <- x - (lr / gamma) (u - w)   u, w: latent and used weights before the step
 *   w = map(x)      ste, parq, binaryrelax (over the annealing window), or par-convex: prox_{gamma Psi} with slopes
 *                   strength / gamma times the midpoints of the levels, closed at the outer ones
 * The correction comes after the base step and does not enter its momentum. gamma to infinity gives the map's own
 * solver, gamma = lr without momentum proximal SGD; gamma below lr overshoots and is raised to lr.
 * By default gamma = gamma_part times the sum of lr of the run, so that the corrections of a run of any length draw x
 * back by the same factor; nm_gamma above 0 sets it outright.
 *
 * Source: normal-map SGD (abstract of arXiv 2305.05828); nm_sgd.py of facebookresearch/parq for the order.
 * Differs: there gamma 0 means off; `norm_gamma` there does nothing.
 */
#include "common/instance.h"
#include "common/par.h"
#include "common/parq_map.h"

#include <float.h>

enum { STE, PARQ, BINARYRELAX, PAR_CONVEX };

typedef struct nmsgd {
    int64_t inner;
    double gamma_part, nm_gamma, steepness, strength;
} nmsgd;

static const char *const inners[] = {"ste", "parq", "binaryrelax", "par-convex", NULL};

static const qb_solver_option options[] = {
    {"inner", QB_OPTION_CHOICE, 0, "parq", 0, 0, inners, "", "the map from latent weights to weights"},
    {"gamma_part", QB_OPTION_REAL, 1, "0.2", 0, 1e9, NULL, "", "gamma over the run's sum of learning rates"},
    {"nm_gamma", QB_OPTION_REAL, 0, "0", 0, 1e30, NULL, "", "above 0: gamma itself"},
    {"steepness", QB_OPTION_REAL, 1, "10", 0, 1e6, NULL, "", "parq: how abruptly its sigmoid schedule falls"},
    {"strength", QB_OPTION_REAL, 0, "1", 0, 1e6, NULL, "", "par-convex: slopes of gamma Psi over the midpoints"},
};

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    nmsgd *p = qb_instance(host, sizeof *p);
    if (p == NULL)
        return 1;
    p->inner = value[0].integer;
    p->gamma_part = value[1].real;
    p->nm_gamma = value[2].real;
    p->steepness = value[3].real;
    p->strength = value[4].real;
    *ret_self = p;
    return 0;
}

static int bind(void *self, const qb_view *v, qb_bind *request)
{
    (void)self;
    (void)v;
    request->state_per_weight = 1; /* u: x of before the step */
    return 0;
}

static int start(void *self, const qb_step *step, qb_view *v)
{
    (void)self;
    (void)step;
    memcpy(v->weight_state, v->x, qb_view_bytes(v));
    return 0;
}

static int after_step(void *self, const qb_step *step, qb_view *v)
{
    const nmsgd *p = self;
    double gamma = p->nm_gamma > 0.0 ? p->nm_gamma : p->gamma_part * step->lr_sum_total;
    const float part = gamma > step->lr ? (float)(step->lr / gamma) : step->lr > 0.0 ? 1.0f : 0.0f;
    float *restrict x = v->x, *restrict u = v->weight_state;
    const float *restrict w = v->w;
    for (int64_t i = 0; i < v->n_rows * v->row_len; i++) {
        x[i] -= part * (u[i] - w[i]);
        u[i] = x[i];
    }
    return 0;
}

static void par_convex(const nmsgd *p, qb_view *v)
{
    double alpha[QB_PAR_MAX + 1];
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *q = v->levels + r * v->n_levels;
        qb_par_midpoint_slopes(q, v->n_levels, p->strength, alpha); /* of gamma Psi: gamma cancels */
        qb_par_convex_row(q, alpha, v->n_levels, 1.0, v->z + r * v->row_len, v->row_len, v->w + r * v->row_len);
    }
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    const nmsgd *p = self;
    if (p->inner == PAR_CONVEX) {
        par_convex(p, v);
        return 0;
    }
    if (p->inner == STE || step->fraction >= 1.0)
        return qb_map_nearest(v);
    if (step->fraction < 0.0)
        return qb_map_identity(v);
    if (p->inner == PARQ) {
        double r = qb_clamp(qb_parq_sigmoid(p->steepness, 0.5, step->fraction), (double)FLT_MIN, 1.0);
        for (int64_t row = 0; row < v->n_rows; row++)
            qb_parq_row(v->levels + row * v->n_levels, v->n_levels, r, v->z + row * v->row_len, v->row_len,
                        v->w + row * v->row_len);
        return 0;
    }
    (void)qb_map_nearest(v);
    qb_map_mix(v, step->fraction);
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_EDITS_LATENT | QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_MONOTONE | QB_TRAIT_ODD | QB_TRAIT_ROW_SYMMETRIC,
    .name = "nmsgd",
    .title = "normal-map SGD around a quantizing map",
    .version = "1.0",
    .source = "Ouyang, Milzarek, normal-map stochastic gradient method, arXiv 2305.05828; nm_sgd.py of facebookresearch/parq",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .project = project,
    .create = create,
    .destroy = free,
    .bind = bind,
    .start = start,
    .after_step = after_step,
};
