/* admm - float weights under a quadratic penalty that draws them to a quantized copy, by the alternating direction
 * method of multipliers.
 *
 *   each step      gradient g + rho (x - G + L);  the network computes with x itself
 *   each period    G = closest scaled code set to x + L;  L += x - G;  rho' = min(rho_growth rho, rho_max), L *= rho / rho'
 *   finish         alpha * nearest(codes, x / alpha) with the last G's alpha, one a row
 * G: quantized copy, L: scaled multipliers, both a float a weight; at the start L = 0 and G is the projection of x.
 *
 * Strength. By default a run has 30 periods, each with the same share of the run's learning rate, and rho grows by
 * equal factors, so that rho times the sum of lr goes from `strength` / 1000 to `strength` (rho lr at most 1). From
 * period 20 on L = 0: what is left is the penalty alone, under which the weights settle on G. A positive `rho` selects
 * the published form, with periods of `period` steps (0: a 30th of the run) and L to the end, and projections that
 * start from mean |x + L| (by default: from the last alpha, see common/admm.h).
 * Codes: 1 bit +-1; ternary 0, +-1; 3 bits 0, +-1, +-2, +-4 (the source's); 2 bits +-1, +-3; more: whole numbers.
 *
 * Source: Leng, Dou, Li, Zhu, Jin, "Extremely Low Bit Neural Network: Squeeze the Last Bit Out with ADMM", AAAI 2018.
 * Differs: plain gradient steps (the paper's extragradient needs a second pass); penalty is half the squared norm (some
 * public code takes the norm itself); order at a period is G, L, rho; codes of 2 bits and of 4 and more are ours.
 */
#include "common/admm.h"
#include "common/instance.h"
#include "common/maps.h"
#include "common/strength.h"

#include <stdbool.h>
#include <stdio.h>

enum { MAX_CODES = 256, PERIODS = 30, PERIODS_WITH_MULTIPLIERS = 20, GROWTH = 1000 };

typedef struct admm {
    double rho, rho_growth, rho_max, strength;
    int64_t period;
    int32_t n_codes;
    float codes[MAX_CODES];
} admm;

enum { O_STRENGTH, O_RHO, O_RHO_GROWTH, O_RHO_MAX, O_PERIOD, O_CODES };

static const qb_solver_option options[] = {
    {"strength", QB_OPTION_REAL, 0, "100", 0, 1e6, NULL, "", "rho times the run's sum of learning rates, at its end"},
    {"rho", QB_OPTION_REAL, 0, "0", 0, 100, NULL, "", "above 0: first penalty, instead of strength"},
    {"rho_growth", QB_OPTION_REAL, 0, "1.5", 1, 1e3, NULL, "", "with rho: factor a period"},
    {"rho_max", QB_OPTION_REAL, 0, "0.4", 0, 1e9, NULL, "", "with rho: largest penalty"},
    {"period", QB_OPTION_INT, 0, "0", 0, 1e9, NULL, "steps", "with rho: between updates of the copy; 0: 30 in a run"},
    {"codes", QB_OPTION_REALS, 0, "", 0, 0, NULL, "", "levels up to a scale, ascending; none: by the bits"},
};

static int32_t default_codes(int32_t bits, float *codes)
{
    static const float one[] = {-1, 1}, ternary[] = {-1, 0, 1}, two[] = {-3, -1, 1, 3}, three[] = {-4, -2, -1, 0, 1, 2, 4};
    const float *from = bits == 0 ? ternary : bits == 1 ? one : bits == 2 ? two : three;
    int32_t n = bits == 0 ? 3 : bits == 1 ? 2 : bits == 2 ? 4 : 7;
    if (bits <= 3) {
        memcpy(codes, from, (size_t)n * sizeof *codes);
        return n;
    }
    int32_t top = (1 << (bits - 1)) - 1;
    for (int32_t k = -top; k <= top; k++)
        codes[k + top] = (float)k;
    return 2 * top + 1;
}

static int supports(const qb_option_value *value, int32_t bits, const char *granularity, char *why, size_t n)
{
    (void)granularity;
    const double *codes = value[O_CODES].list;
    size_t n_codes = value[O_CODES].n_list, allowed = bits == 0 ? 3 : (size_t)1 << bits;
    if (n_codes == 1 || n_codes > allowed) {
        (void)snprintf(why, n, "expected 2 to %zu codes, got %zu", allowed, n_codes);
        return 1;
    }
    for (size_t k = 1; k < n_codes; k++)
        if (!(codes[k] > codes[k - 1])) {
            (void)snprintf(why, n, "codes must ascend, got %g after %g", codes[k], codes[k - 1]);
            return 1;
        }
    return 0;
}

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    admm *p = qb_instance(host, sizeof *p);
    if (p == NULL)
        return 1;
    p->strength = value[O_STRENGTH].real;
    p->rho = value[O_RHO].real;
    p->rho_growth = value[O_RHO_GROWTH].real;
    p->rho_max = value[O_RHO_MAX].real;
    p->period = value[O_PERIOD].integer;
    if (p->period == 0)
        p->period = host->n_steps - host->first_step > PERIODS ? (host->n_steps - host->first_step) / PERIODS : 1;
    p->n_codes = (int32_t)value[O_CODES].n_list;
    for (int32_t k = 0; k < p->n_codes; k++)
        p->codes[k] = (float)value[O_CODES].list[k];
    if (p->n_codes == 0)
        p->n_codes = default_codes(host->bits, p->codes);
    *ret_self = p;
    return 0;
}

static int bind(void *self, const qb_view *v, qb_bind *request)
{
    (void)self;
    (void)v;
    request->state_per_weight = 2; /* G, L */
    request->state_per_row = 1;    /* alpha */
    return 0;
}

/* Updates of the copy made when this much of the run's learning rate is spent. */
static int64_t periods_at(double spent) { return (int64_t)(PERIODS * qb_clamp(spent, 0.0, 1.0)); }

/* Updates made before this step, and after it. */
static int64_t updates_before(const admm *p, const qb_step *step)
{
    if (p->rho > 0.0)
        return (step->step - step->first_step) / p->period;
    return step->lr_sum_total > 0.0 ? periods_at((step->lr_sum - step->lr) / step->lr_sum_total) : 0;
}

static int64_t updates_after(const admm *p, const qb_step *step)
{
    return p->rho > 0.0 ? (step->step - step->first_step + 1) / p->period : periods_at(qb_spent(step));
}

/* Penalty after k updates. */
static double penalty(const admm *p, const qb_step *step, int64_t k)
{
    if (p->rho > 0.0)
        return fmin(p->rho * pow(p->rho_growth, (double)k), fmax(p->rho_max, p->rho));
    if (!(step->lr_sum_total > 0.0))
        return 0.0;
    double rho = p->strength * pow(GROWTH, (double)k / PERIODS - 1.0) / step->lr_sum_total;
    return step->lr_base > 0.0 ? fmin(rho, 1.0 / step->lr_base) : rho;
}

static float *copy_of(const qb_view *v) { return v->weight_state; }
static float *multipliers_of(const qb_view *v) { return v->weight_state + v->n_rows * v->row_len; }

static int start(void *self, const qb_step *step, qb_view *v)
{
    (void)step;
    const admm *p = self;
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *x = v->x + r * v->row_len;
        double alpha = qb_code_fit(p->codes, p->n_codes, qb_mean_abs(x, v->row_len), x, v->row_len, NULL);
        v->row_state[r] = (float)alpha;
        qb_code_apply(p->codes, p->n_codes, alpha, x, v->row_len, copy_of(v) + r * v->row_len);
    }
    return 0;
}

static int on_gradient(void *self, const qb_step *step, qb_view *v)
{
    const admm *p = self;
    const float rho = (float)penalty(p, step, updates_before(p, step));
    const float *restrict x = v->x, *restrict copy = copy_of(v), *restrict multiplier = multipliers_of(v);
    float *restrict g = v->g;
    for (int64_t i = 0; i < v->n_rows * v->row_len; i++)
        g[i] += rho * (x[i] - copy[i] + multiplier[i]);
    return 0;
}

static int after_step(void *self, const qb_step *step, qb_view *v)
{
    const admm *p = self;
    int64_t before = updates_before(p, step), after = updates_after(p, step);
    if (after == before)
        return 0;
    double rho = penalty(p, step, before), next = penalty(p, step, after);
    bool drops = !(p->rho > 0.0) && after >= PERIODS_WITH_MULTIPLIERS;
    const float rescale = (float)(drops || !(next > 0.0) ? 0.0 : rho / next);
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *x = v->x + r * v->row_len;
        float *copy = copy_of(v) + r * v->row_len, *multiplier = multipliers_of(v) + r * v->row_len;
        for (int64_t i = 0; i < v->row_len; i++)
            multiplier[i] += x[i]; /* now x + L, what is projected */
        double last = p->rho > 0.0 || !(v->row_state[r] > 0.0f) ? qb_mean_abs(multiplier, v->row_len) : (double)v->row_state[r];
        double alpha = qb_code_fit(p->codes, p->n_codes, last, multiplier, v->row_len, NULL);
        v->row_state[r] = (float)alpha;
        qb_code_apply(p->codes, p->n_codes, alpha, multiplier, v->row_len, copy);
        for (int64_t i = 0; i < v->row_len; i++)
            multiplier[i] = rescale * (multiplier[i] - copy[i]);
    }
    return 0;
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    (void)self;
    (void)step;
    return qb_map_identity(v);
}

static int finish(void *self, const qb_step *step, const qb_view *v, float *out)
{
    (void)step;
    const admm *p = self;
    for (int64_t r = 0; r < v->n_rows; r++)
        qb_code_apply(p->codes, p->n_codes, (double)v->row_state[r], v->w + r * v->row_len, v->row_len, out + r * v->row_len);
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_OWN_LEVELS | QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_IDENTITY_BEFORE | QB_TRAIT_MONOTONE | QB_TRAIT_NONEXPANSIVE | QB_TRAIT_ROW_SYMMETRIC,
    .name = "admm",
    .title = "float weights drawn to a quantized copy by ADMM",
    .version = "1.0",
    .source = "Leng, Dou, Li, Zhu, Jin, Extremely Low Bit Neural Network, AAAI 2018",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .project = project,
    .supports = supports,
    .create = create,
    .destroy = free,
    .bind = bind,
    .start = start,
    .on_gradient = on_gradient,
    .after_step = after_step,
    .finish = finish,
};
