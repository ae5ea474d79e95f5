/* waveq - float weights under a sinusoidal regularizer whose valleys are evenly spaced levels.
 *
 *   gradient g + d/dw of  lam_q mean sin^2(pi (w / gap + shift)),  gap = M Delta,  Delta = 2 / (2^b - 1), M constant
 *   shift 0    levels gap {-m .. m}, m = 2^(b-1) - 1: 2^b - 1 of them; the published term. +-M lies on a hill
 *   shift 1/2  odd multiples of gap / 2 up to +-M: 2^b of them
 *   scale = max   M = max |w| of the row, published
 *   scale = fit   gap is the least-squares one for the codes that the last gap gave, one update a step: weights in the
 *                 valleys then keep them where they are. Weights beyond the outermost level by more than half a gap are
 *                 pushed back at the term's full slope, so that no valley without a level draws them.
 * Ternary is the published set of 2 bits.
 *
 * Strength. The published lam_q is a constant for a mean over a layer: far too little for large layers. By default the
 * slope at its steepest, times lr, adds up to `strength` half gaps over the run (momentum multiplies that): nothing until
 * the part `start` of the run's learning rate is spent, then growing evenly. `lam_q` above 0 sets the published constant, with n the weights of the row.
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

enum { FIT, MAX };

typedef struct waveq {
    double strength, start, lam_q;
    int64_t shifted, scale;
} waveq;

static const char *const scales[] = {"fit", "max", NULL};

enum { O_STRENGTH, O_START, O_LAM_Q, O_SHIFT, O_SCALE };

static const qb_solver_option options[] = {
    {"strength", QB_OPTION_REAL, 0, "4", 0, 100, NULL, "half gaps", "sum over the run of lr times the steepest slope"},
    {"start", QB_OPTION_REAL, 0, "0.5", 0, 0.99, NULL, "", "part of the run's learning rate that is spent before the pull sets in"},
    {"lam_q", QB_OPTION_REAL, 0, "0", 0, 1e6, NULL, "", "above 0: constant factor of the term, instead of strength"},
    {"shift", QB_OPTION_BOOL, 0, "true", 0, 0, NULL, "", "levels at odd multiples of half a gap, without 0; not for ternary"},
    {"scale", QB_OPTION_CHOICE, 0, "fit", 0, 0, scales, "", "where the gap comes from: all weights, or the largest"},
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
    p->start = value[O_START].real;
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

static const double smallest = 1e-30; /* of a gap: below, slopes would leave float's range */

typedef struct grid {
    double shift, top; /* 0 or 1/2; outermost level in gaps */
} grid;

static grid grid_of(const waveq *p, int32_t bits)
{
    double n = (double)((1 << (bits > 0 ? bits : 2)) - (p->shifted != 0 ? 0 : 1));
    return (grid){p->shifted != 0 ? 0.5 : 0.0, 0.5 * (n - 1.0)};
}

/* The level nearest to y, both in gaps; ties down. */
static double nearest_code(grid q, double y) { return qb_clamp(ceil(y - q.shift - 0.5) + q.shift, -q.top, q.top); }

QB_CLONES(double, refit, (grid q, double gap, const float *w, int64_t n), (q, gap, w, n))
{
    enum { PIECE = 64 };
    double wc = 0.0, cc = 0.0, c[PIECE];
    for (int64_t from = 0; from < n && gap > 0.0; from += PIECE) {
        int count = n - from < PIECE ? (int)(n - from) : PIECE;
        for (int i = 0; i < count; i++)
            c[i] = nearest_code(q, (double)w[from + i] / gap);
        for (int i = 0; i < count; i++) {
            wc += (double)w[from + i] * c[i];
            cc += c[i] * c[i];
        }
    }
    return cc > 0.0 ? wc / cc : 0.0;
}

/* Gap of a row: last is the one of the step before, 0 at first. */
static double gap_of(const waveq *p, const qb_view *v, const float *w, double last)
{
    grid q = grid_of(p, v->bits);
    if (p->scale == MAX)
        return qb_max_abs(w, v->row_len) / (0.5 * (double)((1 << (v->bits > 0 ? v->bits : 2)) - 1));
    if (last > 0.0)
        return refit(q, last, w, v->row_len);
    double gap = qb_mean_abs(w, v->row_len) / fmax(0.5 * q.top, 0.5);
    for (int round = 0; round < 10; round++)
        gap = refit(q, gap, w, v->row_len);
    return gap;
}

static int start(void *self, const qb_step *step, qb_view *v)
{
    (void)step;
    for (int64_t r = 0; r < v->n_rows; r++)
        v->row_state[r] = (float)gap_of(self, v, v->x + r * v->row_len, 0.0);
    return 0;
}

/* g += factor * slope of the term; beyond `limit` its steepest one, outwards. */
QB_CLONES(void, pull_row, (double gap, double shift, double limit, double factor, const float *restrict x, int64_t n,
                           float *restrict g), (gap, shift, limit, factor, x, n, g))
{
    const double steepest = QB_PI / gap;
    for (int64_t i = 0; i < n; i++) {
        double w = (double)x[i], slope = qb_waveq_slope(gap, shift, w), outwards = w < 0.0 ? -steepest : steepest;
        slope = fabs(w) <= limit ? slope : outwards;
        g[i] = (float)((double)g[i] + factor * slope);
    }
}

static int on_gradient(void *self, const qb_step *step, qb_view *v)
{
    const waveq *p = self;
    grid q = grid_of(p, v->bits);
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *x = v->x + r * v->row_len;
        float *g = v->g + r * v->row_len;
        double gap = (double)v->row_state[r];
        if (!(gap > smallest))
            continue;
        double factor = p->lam_q / (double)v->row_len; /* of qb_waveq_slope, which is pi / gap at its steepest */
        if (!(p->lam_q > 0.0))
            factor = step->lr > 0.0 ? p->strength * 0.5 * gap * qb_share(step, p->start) / step->lr * gap / QB_PI : 0.0;
        double limit = p->scale == MAX ? (double)INFINITY : (q.top + 0.5) * gap;
        pull_row(gap, q.shift, limit, factor, x, v->row_len, g);
    }
    return 0;
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    (void)step;
    for (int64_t r = 0; r < v->n_rows; r++)
        v->row_state[r] = (float)gap_of(self, v, v->z + r * v->row_len, (double)v->row_state[r]);
    return qb_map_identity(v);
}

static int finish(void *self, const qb_step *step, const qb_view *v, float *out)
{
    (void)step;
    grid q = grid_of(self, v->bits);
    for (int64_t r = 0; r < v->n_rows; r++) {
        double gap = (double)v->row_state[r];
        for (int64_t i = r * v->row_len; i < (r + 1) * v->row_len; i++) /* + 0: no -0 */
            out[i] = gap > 0.0 ? (float)(gap * nearest_code(q, (double)v->w[i] / gap)) + 0.0f : 0.0f;
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
    .start = start,
    .on_gradient = on_gradient,
    .finish = finish,
};
