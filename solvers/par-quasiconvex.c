/* par-quasiconvex - a regularizer that rises over the lower half of every gap between levels and is flat over the
 * upper half: it pulls towards the next level below (in size), but never over a hill.
 *
 *   aprox    x <- base optimizer step;  w = P(x; s), x stays;         s = lambda (sum of lr)
 *   proxsgd  x <- base optimizer step;  x = w = P(x; s);              s = lr lambda
 *   P on the grid of spacing D, for z = |x| / D = m + part, l = s / D, in units of D (sign of x put back):
 *     l <= 1:  m where part < l;  z - l where part < (1 + l) / 2;  z above     l > 1:  max(0, floor(z - (l - 1) / 2))
 * then clipped to the outermost level. Flat where s > gap; below it about hard from s = 0.8 gap on.
 *
 * Levels. The regularizer needs 0 among its levels. By default they are a grid of the solver's own, multiples of D up
 * to n_max = 2^(b-1) - 1 on each side (ternary: 1; so 2 bits are ternary too), with D the least-squares spacing of the
 * row, followed at every step. `levels` = quantizer takes the quantizer's, which need not be even: between
 * the innermost levels of a set without 0 nothing pulls.
 * Strength: s = strength D p under aprox, with p the part of the run's learning rate spent, so that the last s is
 * `strength` gaps; under proxsgd all pulls of a run add up to that, from p = 1/2 on. `lambda` above 0 sets it outright.
 *
 * Source: Ma, Xiao, arXiv 2508.11112; code jianhaoma/paro (d08f0bb).
 * Differs: the code gives negative weights for small z when l > 1; own levels and strength as above.
 */
#include "common/admm.h"
#include "common/instance.h"
#include "common/par.h"
#include "common/strength.h"

#include <stdio.h>

enum { APROX, PROXSGD };
enum { GRID, QUANTIZER };

typedef struct quasiconvex {
    int64_t method, levels, n_max;
    double strength, lambda, delta;
} quasiconvex;

static const char *const methods[] = {"aprox", "proxsgd", NULL};
static const char *const level_sources[] = {"grid", "quantizer", NULL};

enum { O_METHOD, O_LEVELS, O_STRENGTH, O_LAMBDA, O_DELTA, O_N_MAX };

static const qb_solver_option options[] = {
    {"method", QB_OPTION_CHOICE, 0, "aprox", 0, 0, methods, "", "latent weights, or proximal SGD on the weights themselves"},
    {"levels", QB_OPTION_CHOICE, 0, "grid", 0, 0, level_sources, "", "an even grid with 0, or what the quantizer gives"},
    {"strength", QB_OPTION_REAL, 0, "0.8", 0, 1e6, NULL, "gaps", "aprox: the last pull; proxsgd: the sum of all pulls"},
    {"lambda", QB_OPTION_REAL, 0, "0", 0, 1e9, NULL, "", "above 0: pull of a step over its learning rate, instead of strength"},
    {"delta", QB_OPTION_REAL, 0, "0", 0, 1e6, NULL, "", "grid: spacing; 0: the least-squares spacing of each row"},
    {"n_max", QB_OPTION_INT, 0, "-1", -1, 1e6, NULL, "levels", "grid: levels on each side of 0; -1: as the bits allow, 0: no limit"},
};

static int supports(const qb_option_value *value, int32_t bits, const char *granularity, char *why, size_t n)
{
    (void)granularity;
    bool own = value[O_LEVELS].integer == GRID;
    if (!own && (value[O_DELTA].real > 0.0 || value[O_N_MAX].integer != -1)) {
        (void)snprintf(why, n, "delta and n_max belong to levels=grid");
        return 1;
    }
    if (own && value[O_N_MAX].integer == 0 && !(value[O_DELTA].real > 0.0)) {
        (void)snprintf(why, n, "n_max = 0 (no limit) needs a delta");
        return 1;
    }
    if (bits != 1)
        return 0;
    (void)snprintf(why, n, "its regularizer needs 0 among the levels, and two levels with 0 cannot be mirrored");
    return 1;
}

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    quasiconvex *p = qb_instance(host, sizeof *p);
    if (p == NULL)
        return 1;
    p->method = value[O_METHOD].integer;
    p->levels = value[O_LEVELS].integer;
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
    const quasiconvex *p = self;
    if (p->method == APROX)
        request->caps &= ~(uint32_t)QB_CAP_EDITS_LATENT;
    if (p->levels == QUANTIZER)
        request->caps &= ~(uint32_t)QB_CAP_OWN_LEVELS;
    else
        request->state_per_row = 1; /* the spacing in force */
    return 0;
}

/* s over the gap where that is known, for this much of a gap. */
static double pull(const quasiconvex *p, const qb_step *step, double gap)
{
    double part = p->method == APROX ? qb_spent(step) : qb_share(step, 0.5);
    return p->lambda > 0.0 ? p->lambda * (p->method == APROX ? step->lr_sum : step->lr) : p->strength * gap * part;
}

/* Codes of the grid, -n_max..n_max; more than 127 on a side are never fitted, only given by delta. */
static int32_t grid_codes(const quasiconvex *p, int32_t bits, float *codes)
{
    int32_t limit = (int32_t)fmin(qb_grid_limit(p->n_max, bits), 127.0);
    for (int32_t k = -limit; k <= limit; k++)
        codes[k + limit] = (float)k;
    return 2 * limit + 1;
}

/* The spacing of a row: given, or one step of the alternation from the last one (all of it the first time). */
static double spacing(const quasiconvex *p, const qb_view *v, const float *z, double last)
{
    float codes[255];
    if (p->delta > 0.0)
        return p->delta;
    int32_t n = grid_codes(p, v->bits, codes);
    double next = last > 0.0 ? qb_code_refit(codes, n, last, z, v->row_len) : 0.0;
    return next > 0.0 ? next : qb_code_fit(codes, n, qb_mean_abs(z, v->row_len), z, v->row_len, NULL);
}

static void project_grid(const quasiconvex *p, const qb_step *step, qb_view *v, int64_t r)
{
    const float *z = v->z + r * v->row_len;
    float *w = v->w + r * v->row_len;
    v->row_state[r] = (float)spacing(p, v, z, (double)v->row_state[r]);
    double d = (double)v->row_state[r], top = qb_grid_limit(p->n_max, v->bits);
    if (!(d > 0.0)) {
        memset(w, 0, (size_t)v->row_len * sizeof *w);
        return;
    }
    qb_par_quasiconvex_row(pull(p, step, d) / d, d, top, z, v->row_len, w);
}

/* Break points and slopes over the levels of size 0 and above: every level, then the middle of the gap after it. */
static void project_levels(const quasiconvex *p, const qb_step *step, qb_view *v, int64_t r)
{
    const float *q = v->levels + r * v->n_levels;
    double at[2 * QB_PAR_MAX], slope[2 * QB_PAR_MAX];
    int32_t n = 0, k = 0;
    while (k + 1 < v->n_levels && q[k] < 0.0f)
        k++;
    at[n] = 0.0;
    slope[n++] = 0.0;
    for (; k < v->n_levels; k++) {
        double here = fmax((double)q[k], 0.0), gap = k + 1 < v->n_levels ? (double)q[k + 1] - here : (double)INFINITY;
        if (here == 0.0)
            n = 0;
        at[n] = here;
        slope[n++] = gap < (double)INFINITY ? 1.0 : (double)INFINITY; /* closed beyond the outermost level */
        if (gap < (double)INFINITY) {
            at[n] = here + 0.5 * gap;
            slope[n++] = 0.0;
        }
    }
    double gap = ((double)q[v->n_levels - 1] - (double)q[0]) / (double)(v->n_levels - 1);
    qb_par_any_row(at, slope, n, pull(p, step, gap), v->z + r * v->row_len, v->row_len, v->w + r * v->row_len);
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    const quasiconvex *p = self;
    for (int64_t r = 0; r < v->n_rows; r++) {
        if (p->levels == GRID)
            project_grid(p, step, v, r);
        else
            project_levels(p, step, v, r);
    }
    if (p->method == PROXSGD)
        qb_latent_from_forward(v);
    return 0;
}

static int finish(void *self, const qb_step *step, const qb_view *v, float *out)
{
    (void)step;
    const quasiconvex *p = self;
    double top = qb_grid_limit(p->n_max, v->bits);
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *w = v->w + r * v->row_len;
        float *to = out + r * v->row_len;
        if (p->levels == QUANTIZER)
            qb_nearest_row(v->levels + r * v->n_levels, v->n_levels, w, v->row_len, to);
        for (int64_t i = 0; p->levels == GRID && i < v->row_len; i++)
            to[i] = qb_grid_nearest((double)v->row_state[r], top, w[i]);
    }
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_EDITS_LATENT | QB_CAP_OWN_LEVELS | QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_MONOTONE | QB_TRAIT_ODD | QB_TRAIT_ROW_SYMMETRIC,
    .name = "par-quasiconvex",
    .title = "quasi-convex piecewise-affine regularizer by AProx or proximal SGD",
    .version = "1.0",
    .source = "Ma, Xiao, arXiv 2508.11112",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .project = project,
    .supports = supports,
    .create = create,
    .destroy = free,
    .bind = bind,
    .finish = finish,
};
