/* par-nonconvex - distance to the set of levels as regularizer (a W-shape), by proximal SGD or by AProx.
 *
 *   proxsgd  x <- base optimizer step;  x = w = pull(x, s): there is no latent weight apart from w;  s = lr lambda
 *   aprox    x <- base optimizer step;  w = pull(x, s), x stays;                            s = lambda (sum of lr)
 *   pull(x, s) = q, the nearest level, where |x - q| <= s, else x moved towards q by s
 * the proximal map of s dist(., levels).
 *
 * Strength. With a fixed lambda the pull of a whole run, lambda * sum of lr, would depend on the schedule and its
 * length. By default it does not: proxsgd raises lambda in proportion to the part p of the run's learning rate that
 * is spent, so that the pulls of a run add up to `strength` half gaps between levels of the row:
 *   lambda(p) = strength * half_gap * 2 p / lr_sum_total,    p = lr_sum / lr_sum_total
 * and aprox, whose map sees the sum so far, takes s = strength * half_gap * p / 10: the default ends hard.
 * A positive option `lambda` sets it outright (the plain method of the sources). Under proxsgd a weight rests at its
 * level while its gradient steps stay below s, so finish (the nearest level) is close to w by the end of the run.
 * `delta` above 0: levels are the multiples of delta up to n_max of them, instead of the quantizer's.
 *
 * Source: proximal map of Bai, Wang, Liberty, "ProxQuant", ICLR 2019 (L1), and of the nonconvex PAR of Ma, Xiao,
 * arXiv 2508.11112 (code jianhaoma/paro: whole numbers, AProx); proximal SGD as in PARQ, arXiv 2503.15748, eq. 9.
 * Differs: levels come from the quantizer, taken from x between step and map; the strength's schedule is ours; a value
 * midway goes to the lower level, there up.
 */
#include "common/instance.h"
#include "common/par.h"
#include "common/strength.h"

#include <stdio.h>

enum { PROXSGD, APROX };

typedef struct nonconvex {
    int64_t method, n_max;
    double strength, lambda, delta;
} nonconvex;

static const char *const methods[] = {"proxsgd", "aprox", NULL};

enum { O_METHOD, O_STRENGTH, O_LAMBDA, O_DELTA, O_N_MAX };

static const qb_solver_option options[] = {
    {"method", QB_OPTION_CHOICE, 0, "proxsgd", 0, 0, methods, "", "proximal SGD on the weights themselves, or latent weights"},
    {"strength", QB_OPTION_REAL, 0, "10", 0, 1e6, NULL, "half gaps", "sum of all pulls of the run; aprox: ten times the last one"},
    {"lambda", QB_OPTION_REAL, 0, "0", 0, 1e9, NULL, "", "above 0: pull of a step over its learning rate, instead of strength"},
    {"delta", QB_OPTION_REAL, 0, "0", 0, 1e6, NULL, "", "above 0: spacing of an even grid with 0, instead of the quantizer's levels"},
    {"n_max", QB_OPTION_INT, 0, "-1", -1, 1e6, NULL, "levels", "grid: levels on each side of 0; -1: as the bits allow, 0: no limit"},
};

static int supports(const qb_option_value *value, int32_t bits, const char *granularity, char *why, size_t n)
{
    (void)granularity;
    if (bits != 1 || !(value[O_DELTA].real > 0.0) || value[O_N_MAX].integer != -1)
        return 0;
    (void)snprintf(why, n, "a grid with 0 has no second level at 1 bit; leave out delta");
    return 1;
}

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    nonconvex *p = qb_instance(host, sizeof *p);
    if (p == NULL)
        return 1;
    p->method = value[O_METHOD].integer;
    p->strength = value[O_STRENGTH].real;
    p->lambda = value[O_LAMBDA].real;
    p->delta = value[O_DELTA].real;
    p->n_max = value[O_N_MAX].integer;
    *ret_self = p;
    return 0;
}

static int bind(void *self, const qb_view *v, qb_bind *request)
{
    (void)v;
    const nonconvex *p = self;
    if (p->method == APROX)
        request->caps &= ~(uint32_t)QB_CAP_EDITS_LATENT;
    if (!(p->delta > 0.0))
        request->caps &= ~(uint32_t)QB_CAP_OWN_LEVELS;
    return 0;
}

/* s of a row with this half gap between its levels. */
static double pull(const nonconvex *p, const qb_step *step, double half_gap)
{
    if (p->method == APROX)
        return p->lambda > 0.0 ? p->lambda * step->lr_sum : 0.1 * p->strength * half_gap * qb_spent(step);
    return p->lambda > 0.0 ? p->lambda * step->lr : p->strength * half_gap * qb_share(step);
}

static double mean_half_gap(const float *q, int32_t n)
{
    return 0.5 * ((double)q[n - 1] - (double)q[0]) / (double)(n > 1 ? n - 1 : 1);
}

/* out <- nearest level of every weight of x. */
static void nearest_levels(const nonconvex *p, const qb_view *v, const float *x, float *out)
{
    double limit = qb_grid_limit(p->n_max, v->bits);
    if (p->delta > 0.0)
        for (int64_t i = 0; i < v->n_rows * v->row_len; i++)
            out[i] = qb_grid_nearest(p->delta, limit, x[i]);
    else
        for (int64_t r = 0; r < v->n_rows; r++)
            qb_nearest_row(v->levels + r * v->n_levels, v->n_levels, x + r * v->row_len, v->row_len, out + r * v->row_len);
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    const nonconvex *p = self;
    nearest_levels(p, v, v->z, v->w);
    for (int64_t r = 0; r < v->n_rows; r++) {
        double half_gap = p->delta > 0.0 ? 0.5 * p->delta : mean_half_gap(v->levels + r * v->n_levels, v->n_levels);
        const float s = (float)pull(p, step, half_gap);
        const float *restrict z = v->z + r * v->row_len;
        float *restrict w = v->w + r * v->row_len;
        for (int64_t i = 0; i < v->row_len; i++) {
            float d = z[i] - w[i];
            float moved = z[i] - (d > 0.0f ? s : -s);
            w[i] = fabsf(d) <= s ? w[i] : moved;
        }
    }
    if (p->method == PROXSGD)
        qb_latent_from_forward(v);
    return 0;
}

static int finish(void *self, const qb_step *step, const qb_view *v, float *out)
{
    (void)step;
    nearest_levels(self, v, v->w, out);
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_EDITS_LATENT | QB_CAP_OWN_LEVELS | QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_MONOTONE | QB_TRAIT_ODD | QB_TRAIT_ROW_SYMMETRIC,
    .name = "par-nonconvex",
    .title = "W-shaped regularizer by proximal SGD on the weights themselves, or by AProx",
    .version = "1.0",
    .source = "Bai, Wang, Liberty, ProxQuant, ICLR 2019; Ma, Xiao, arXiv 2508.11112",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .project = project,
    .supports = supports,
    .create = create,
    .destroy = free,
    .bind = bind,
    .finish = finish,
};
