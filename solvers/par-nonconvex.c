/* par-nonconvex - distance to the set of levels as regularizer (a W-shape), by proximal SGD on the weights
 * themselves: there is no latent weight apart from w.
 *
 *   x <- base optimizer step;   q = nearest level;   x = w = q where |x - q| <= s, else x moved towards q by s
 * the proximal map of s dist(., levels). s is the pull of a step: s = lr lambda.
 *
 * Strength. With a fixed lambda the pull of a whole run, lambda * sum of lr, would depend on the schedule and its
 * length. By default it does not: lambda is raised in proportion to the part p of the run's learning rate that is
 * spent, so that the pulls of a run add up to `strength` half gaps between levels of the row:
 *   lambda(p) = strength * half_gap * 2 p / lr_sum_total,    p = lr_sum / lr_sum_total
 * A positive option `lambda` sets it outright (the plain method of the sources). A weight rests at its level while
 * its gradient steps stay below s, so finish (the nearest level) is close to w by the end of the run.
 *
 * Source: proximal map of Bai, Wang, Liberty, "ProxQuant", ICLR 2019 (L1), and of the nonconvex PAR of Ma, Xiao,
 * arXiv 2508.11112; proximal SGD as in PARQ, arXiv 2503.15748, eq. 9.
 * Differs: levels come from the quantizer, taken from x between step and map; the strength's schedule is ours.
 */
#include "common/maps.h"

#include <stdlib.h>

typedef struct nonconvex {
    double strength, lambda;
} nonconvex;

static const qb_solver_option options[] = {
    {"strength", QB_OPTION_REAL, 0, "10", 0, 1e6, NULL, "half gaps", "sum of all pulls of the run"},
    {"lambda", QB_OPTION_REAL, 0, "0", 0, 1e9, NULL, "", "above 0: pull of a step over its learning rate, instead of strength"},
};

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    nonconvex *s = calloc(1, sizeof *s);
    if (s == NULL) {
        host->fail(host, "out of memory");
        return 1;
    }
    s->strength = value[0].real;
    s->lambda = value[1].real;
    *ret_self = s;
    return 0;
}

static double pull(const nonconvex *s, const qb_step *step, const float *q, int32_t n)
{
    if (s->lambda > 0.0)
        return step->lr * s->lambda;
    if (!(step->lr_sum_total > 0.0))
        return 0.0;
    double half_gap = 0.5 * ((double)q[n - 1] - (double)q[0]) / (double)(n > 1 ? n - 1 : 1);
    double part = step->lr_sum / step->lr_sum_total;
    return step->lr * s->strength * half_gap * 2.0 * part / step->lr_sum_total;
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    (void)qb_map_nearest(v);
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float s = (float)pull(self, step, v->levels + r * v->n_levels, v->n_levels);
        float *restrict x = v->x + r * v->row_len, *restrict w = v->w + r * v->row_len;
        for (int64_t i = 0; i < v->row_len; i++) {
            float d = x[i] - w[i];
            float moved = x[i] - (d > 0.0f ? s : -s);
            w[i] = fabsf(d) <= s ? w[i] : moved;
        }
    }
    memcpy(v->x, v->w, (size_t)(v->n_rows * v->row_len) * sizeof(float));
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_EDITS_LATENT | QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_MONOTONE | QB_TRAIT_ODD | QB_TRAIT_ROW_SYMMETRIC,
    .name = "par-nonconvex",
    .title = "W-shaped regularizer by proximal SGD on the weights themselves",
    .version = "1.0",
    .source = "Bai, Wang, Liberty, ProxQuant, ICLR 2019; Ma, Xiao, arXiv 2508.11112",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .project = project,
    .create = create,
    .destroy = free,
};
