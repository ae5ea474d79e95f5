/* par-nonconvex - distance to the set of levels as regularizer (a W-shape), by proximal SGD or by AProx.
 *
 *   proxsgd  x <- base optimizer step;  x = w = pull(x, s): there is no latent weight apart from w;  s = lr lambda
 *   aprox    x <- base optimizer step;  w = pull(x, s), x stays;                            s = lambda (sum of lr)
 *   pull(x, s) = q, the nearest level, where |x - q| <= s, else x moved towards q by s
 * the proximal map of s dist(., levels).
 *
 * Strength. With a fixed lambda the pull of a whole run, lambda * sum of lr, would depend on the schedule and its
 * length. By default it does not: proxsgd leaves the weights free until the part `start` of the run's learning rate is
 * spent and raises lambda evenly from there, so that the pulls of a run add up to `strength` half gaps between levels:
 *   lambda(p) = strength * half_gap * 2 max(0, p - start) / (1 - start)^2 / lr_sum_total,    p = lr_sum / lr_sum_total
 * and aprox, whose map sees the sum so far, takes s = strength * half_gap * p / 10: the default ends
 * hard even in gaps twice as wide as the mean one.
 * A positive option `lambda` sets it outright (the plain method of the sources). Under proxsgd a weight rests at its
 * level while its gradient steps stay below s, so finish (the nearest level) is close to w by the end of the run.
 * `delta` above 0: levels are the multiples of delta up to n_max of them, instead of the quantizer's.
 *
 * Source: proximal map of Bai, Wang, Liberty, "ProxQuant", ICLR 2019 (L1), and of the nonconvex PAR of Ma, Xiao,
 * arXiv 2508.11112 (code jianhaoma/paro: whole numbers, AProx); proximal SGD as in PARQ, arXiv 2503.15748, eq. 9.
 * Differs: levels come from the quantizer, taken from x between step and map, and under proxsgd replace those in force
 * only if the row's weights are nearer to them (common/held.h: why); the strength's schedule is ours; a value
 * midway goes to the lower level, there up.
 */
#include "common/held.h"
#include "common/instance.h"
#include "common/par.h"
#include "common/strength.h"

#include <stdio.h>

enum { PROXSGD, APROX };
enum { BETTER, ALWAYS };

typedef struct nonconvex {
    int64_t method, n_max, renew;
    double strength, start, lambda, delta;
} nonconvex;

static const char *const methods[] = {"proxsgd", "aprox", NULL};
static const char *const renewals[] = {"better", "always", NULL};

enum { O_METHOD, O_STRENGTH, O_START, O_LAMBDA, O_RENEW, O_DELTA, O_N_MAX };

static const qb_solver_option options[] = {
    {"method", QB_OPTION_CHOICE, 0, "proxsgd", 0, 0, methods, "", "proximal SGD on the weights themselves, or latent weights"},
    {"strength", QB_OPTION_REAL, 0, "20", 0, 1e6, NULL, "half gaps", "sum of all pulls of the run; aprox: ten times the last one"},
    {"start", QB_OPTION_REAL, 0, "0.7", 0, 0.99, NULL, "", "proxsgd: part of the run's learning rate that is spent before the pull sets in"},
    {"lambda", QB_OPTION_REAL, 0, "0", 0, 1e9, NULL, "", "above 0: pull of a step over its learning rate, instead of strength"},
    {"renew", QB_OPTION_CHOICE, 0, "better", 0, 0, renewals, "", "proxsgd: take the quantizer's new levels if they fit better, or always"},
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
    p->start = value[O_START].real;
    p->lambda = value[O_LAMBDA].real;
    p->renew = value[O_RENEW].integer;
    p->delta = value[O_DELTA].real;
    p->n_max = value[O_N_MAX].integer;
    *ret_self = p;
    return 0;
}

static int bind(void *self, const qb_view *v, qb_bind *request)
{
    const nonconvex *p = self;
    if (p->method == APROX)
        request->caps &= ~(uint32_t)QB_CAP_EDITS_LATENT;
    if (!(p->delta > 0.0)) {
        request->caps &= ~(uint32_t)QB_CAP_OWN_LEVELS;
        request->state_per_row = qb_held_size(v->bits);
    }
    return 0;
}

/* s of a row with this half gap between its levels. */
static double pull(const nonconvex *p, const qb_step *step, double half_gap)
{
    if (p->method == APROX)
        return p->lambda > 0.0 ? p->lambda * step->lr_sum : 0.1 * p->strength * half_gap * qb_spent(step);
    return p->lambda > 0.0 ? p->lambda * step->lr : p->strength * half_gap * qb_share(step, p->start);
}

/* w <- nearest level of every weight of a row; returns half the mean gap between levels. */
static double nearest_row(const nonconvex *p, const qb_view *v, const float *q, const float *x, float *w)
{
    if (p->delta > 0.0) {
        double limit = qb_grid_limit(p->n_max, v->bits);
        for (int64_t i = 0; i < v->row_len; i++)
            w[i] = qb_grid_nearest(p->delta, limit, x[i]);
        return 0.5 * p->delta;
    }
    qb_nearest_row(q, v->n_levels, x, v->row_len, w);
    return 0.5 * ((double)q[v->n_levels - 1] - (double)q[0]) / (double)(v->n_levels > 1 ? v->n_levels - 1 : 1);
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    const nonconvex *p = self;
    int always = p->renew == ALWAYS || p->method == APROX;
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *restrict z = v->z + r * v->row_len;
        float *restrict w = v->w + r * v->row_len;
        const float *q = p->delta > 0.0 ? NULL : qb_held_renew(v, r, z, always);
        const float s = (float)pull(p, step, nearest_row(p, v, q, z, w));
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
    const nonconvex *p = self;
    for (int64_t r = 0; r < v->n_rows; r++)
        (void)nearest_row(p, v, p->delta > 0.0 ? NULL : qb_held_levels(v, r), v->w + r * v->row_len, out + r * v->row_len);
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
