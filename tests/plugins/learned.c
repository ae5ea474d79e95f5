/* A solver of the other kind, for the tests: levels of its own with a learned step size, latent weights that it clips,
 * state per weight, and a bind that gives a capability up. Keeps every rule.
 *
 *   w = s k, k = round(x / s) in -q-1..q;  ds = sum g dw/ds / sqrt(n q);  s >= 1e-9;  |x| <= 4
 */
#include <qatbench/solver.h>
#include <qatbench/solver_util.h>

#include <math.h>

enum { BOUND = 4 };

static double top_level(const qb_view *v)
{
    return v->bits == 0 ? 1.0 : (double)(1 << (v->bits - 1)) - 1.0;
}

static double bottom_level(const qb_view *v)
{
    return v->bits == 0 ? -1.0 : -top_level(v) - 1.0;
}

static int supports(const qb_option_value *value, int32_t bits, const char *granularity, char *why, size_t n)
{
    static const char reason[] = "one bit has no step size";
    (void)value;
    (void)granularity;
    for (size_t i = 0; bits == 1 && i < n; i++)
        why[i] = i + 1 < n && i < sizeof reason ? reason[i] : '\0';
    return bits == 1;
}

static int bind(void *self, const qb_view *view, qb_bind *request)
{
    (void)self;
    request->n_aux = 1;
    request->aux_lr_factor = 0.1f;
    request->state_per_weight = 1;
    if (view->layer & QB_LAYER_LAST)
        request->caps &= ~(uint32_t)QB_CAP_EDITS_LATENT;
    return 0;
}

static int start(void *self, const qb_step *step, qb_view *v)
{
    (void)self;
    (void)step;
    for (int64_t r = 0; r < v->n_rows; r++)
        v->aux[r] = (float)(2.0 * qb_mean_abs(v->x + r * v->row_len, v->row_len) / sqrt(fmax(top_level(v), 1.0))) + 1e-9f;
    return 0;
}

static int on_gradient(void *self, const qb_step *step, qb_view *v)
{
    (void)self;
    (void)step;
    for (int64_t i = 0; i < v->n_rows * v->row_len; i++) {
        int64_t r = i / v->row_len;
        double ratio = (double)v->x[i] / (double)v->aux[r], k = qb_clamp(rint(ratio), bottom_level(v), top_level(v));
        double slope = ratio > bottom_level(v) && ratio < top_level(v) ? k - ratio : k;
        v->aux_g[r] += (float)((double)v->g[i] * slope / sqrt((double)v->row_len * fmax(top_level(v), 1.0)));
        v->weight_state[i] = 0.9f * v->weight_state[i] + 0.1f * v->g[i];
    }
    return 0;
}

static int after_step(void *self, const qb_step *step, qb_view *v)
{
    (void)self;
    (void)step;
    for (int64_t r = 0; r < v->n_rows; r++)
        v->aux[r] = v->aux[r] > 1e-9f ? v->aux[r] : 1e-9f;
    for (int64_t i = 0; (v->layer & QB_LAYER_LAST) == 0 && i < v->n_rows * v->row_len; i++)
        v->x[i] = (float)qb_clamp((double)v->x[i], -BOUND, BOUND);
    return 0;
}

static void quantize(const qb_view *v, const float *x, float *out)
{
    for (int64_t i = 0; i < v->n_rows * v->row_len; i++) {
        double s = (double)v->aux[i / v->row_len];
        out[i] = (float)(s * qb_clamp(rint((double)x[i] / s), bottom_level(v), top_level(v)));
    }
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    (void)self;
    (void)step;
    quantize(v, v->z, v->w);
    return 0;
}

static int finish(void *self, const qb_step *step, const qb_view *v, float *out)
{
    (void)self;
    (void)step;
    quantize(v, v->w, out);
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_OWN_LEVELS | QB_CAP_EDITS_LATENT | QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_HARD_AFTER | QB_TRAIT_MONOTONE | QB_TRAIT_ROW_SYMMETRIC,
    .name = "learned",
    .title = "a learned step size",
    .version = "1.0",
    .source = "after Esser et al., Learned Step Size Quantization, ICLR 2020",
    .project = project,
    .supports = supports,
    .bind = bind,
    .start = start,
    .on_gradient = on_gradient,
    .after_step = after_step,
    .finish = finish,
};
