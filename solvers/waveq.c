/* waveq - float weights under a sinusoidal regularizer whose valleys are evenly spaced levels.
 *
 *   gradient g + d/dw of  lam_q mean sin^2(pi (w / gap + shift)),  gap = M Delta,  Delta = 2 / (2^b - 1), M constant
 *   shift 0    levels gap {-m .. m}, m = 2^(b-1) - 1: 2^b - 1 of them; the published term. +-M lies on a hill
 *   shift 1/2  odd multiples of gap / 2 up to +-M: 2^b of them
 *   M = max |w| of the row (scale = max, published), or min(b mean|w|, max|w|) as quantizer unif has (scale = mean)
 * Ternary is the published set of 2 bits, with 2 mean|w| for scale = mean. Weights beyond the outermost level by more
 * than half a gap are pushed back at the term's full slope, so that no valley without a level draws them.
 *
 * Strength. The published lam_q is a constant for a mean over a layer: far too little for large layers. By default the
 * slope at its steepest, times lr, adds up to `strength` half gaps over the run, growing with the learning rate
 * spent (momentum multiplies that). `lam_q` above 0 sets the published constant, with n the weights of the row.
 *
 * Source: Elthakeb, Pilligundla, Mireshghallah, Esmaeilzadeh, "WaveQ", arXiv 2003.00146; SinReQ, arXiv 1905.01416.
 * Differs: no learned bit widths; shift and scale default to what fits 2^b levels best; strength as above. The official
 * code recomputes its loss and drops the term; weights are hard only by the final projection.
 */
#include "common/instance.h"
#include "common/maps.h"
#include "common/strength.h"
#include "common/waveq.h"

#include <stdbool.h>
#include <stdio.h>

enum { MEAN, MAX };

typedef struct waveq {
    double strength, lam_q;
    int64_t shifted, scale;
} waveq;

static const char *const scales[] = {"mean", "max", NULL};

enum { O_STRENGTH, O_LAM_Q, O_SHIFT, O_SCALE };

static const qb_solver_option options[] = {
    {"strength", QB_OPTION_REAL, 0, "2", 0, 100, NULL, "half gaps", "sum over the run of lr times the steepest slope"},
    {"lam_q", QB_OPTION_REAL, 0, "0", 0, 1e6, NULL, "", "above 0: constant factor of the term, instead of strength"},
    {"shift", QB_OPTION_BOOL, 0, "true", 0, 0, NULL, "", "levels at odd multiples of half a gap, without 0; not for ternary"},
    {"scale", QB_OPTION_CHOICE, 0, "mean", 0, 0, scales, "", "what the outermost levels are taken from"},
};

static int supports(const qb_option_value *value, int32_t bits, const char *granularity, char *why, size_t n)
{
    (void)granularity;
    if (bits != 1 || value[O_SHIFT].integer != 0)
        return 0;
    (void)snprintf(why, n, "without shift its levels are 2^bits - 1, which leaves only 0 at 1 bit");
    return 1;
}

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    waveq *p = qb_instance(host, sizeof *p);
    if (p == NULL)
        return 1;
    p->strength = value[O_STRENGTH].real;
    p->lam_q = value[O_LAM_Q].real;
    p->shifted = value[O_SHIFT].integer != 0 && host->bits != 0;
    p->scale = value[O_SCALE].integer;
    *ret_self = p;
    return 0;
}

static int bind(void *self, const qb_view *v, qb_bind *request)
{
    (void)self;
    (void)v;
    request->state_per_row = 1; /* gap of the present weights */
    return 0;
}

static double gap_of(const waveq *p, int32_t bits, const float *w, int64_t n)
{
    double m = qb_max_abs(w, n);
    if (p->scale == MEAN)
        m = fmin(m, (double)(bits > 0 ? bits : 2) * qb_mean_abs(w, n));
    return 2.0 * m / (double)((1 << (bits > 0 ? bits : 2)) - 1);
}

/* Outermost level in gaps. */
static double outermost(const waveq *p, int32_t bits)
{
    double levels = (double)((1 << (bits > 0 ? bits : 2)) - (p->shifted != 0 ? 0 : 1));
    return 0.5 * (levels - 1.0);
}

static int on_gradient(void *self, const qb_step *step, qb_view *v)
{
    const waveq *p = self;
    double shift = p->shifted != 0 ? 0.5 : 0.0, edge = outermost(p, v->bits) + 0.5;
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *x = v->x + r * v->row_len;
        float *g = v->g + r * v->row_len;
        double gap = gap_of(p, v->bits, x, v->row_len);
        if (!(gap > 0.0))
            continue;
        double factor = p->lam_q / (double)v->row_len; /* of qb_waveq_slope, which is pi / gap at its steepest */
        if (!(p->lam_q > 0.0))
            factor = step->lr > 0.0 ? p->strength * 0.5 * gap * qb_share(step) / step->lr * gap / QB_PI : 0.0;
        for (int64_t i = 0; i < v->row_len; i++) {
            double w = (double)x[i];
            bool inside = fabs(w) <= edge * gap || p->scale == MAX;
            double slope = inside ? qb_waveq_slope(gap, shift, w) : copysign(QB_PI / gap, w);
            g[i] = (float)((double)g[i] + factor * slope);
        }
    }
    return 0;
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    (void)step;
    for (int64_t r = 0; r < v->n_rows; r++)
        v->row_state[r] = (float)gap_of(self, v->bits, v->z + r * v->row_len, v->row_len);
    return qb_map_identity(v);
}

static int finish(void *self, const qb_step *step, const qb_view *v, float *out)
{
    (void)step;
    const waveq *p = self;
    double shift = p->shifted != 0 ? 0.5 : 0.0, top = outermost(p, v->bits);
    for (int64_t r = 0; r < v->n_rows; r++) {
        double gap = (double)v->row_state[r];
        for (int64_t i = r * v->row_len; i < (r + 1) * v->row_len; i++) {
            double level = gap > 0.0 ? ceil((double)v->w[i] / gap - shift - 0.5) + shift : 0.0; /* ties down */
            out[i] = (float)(gap * qb_clamp(level, -top, top)) + 0.0f; /* no -0 */
        }
    }
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_OWN_LEVELS | QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_IDENTITY_BEFORE | QB_TRAIT_MONOTONE | QB_TRAIT_ODD | QB_TRAIT_NONEXPANSIVE | QB_TRAIT_ROW_SYMMETRIC,
    .name = "waveq",
    .title = "float weights under a sinusoidal regularizer",
    .version = "1.0",
    .source = "Elthakeb, Pilligundla, Mireshghallah, Esmaeilzadeh, WaveQ, arXiv 2003.00146",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .project = project,
    .supports = supports,
    .create = create,
    .destroy = free,
    .bind = bind,
    .on_gradient = on_gradient,
    .finish = finish,
};
