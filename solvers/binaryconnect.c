/* binaryconnect - two fixed levels +-H, latent weights clipped to [-H, H].
 *
 *   x <- clip(x + lr_scale (base optimizer's step), -H, H)      w = H sgn+(x)
 *   stochastic: w = +H with probability clip((x / H + 1) / 2, 0, 1); evaluation uses H sgn+(x)
 * H = 1 by default; `glorot` = true takes H = sqrt(1.5 / (fan_in + fan_out)) for each layer and lr_scale / H as scale,
 * the other setting of the authors' code.
 *
 * Source: Courbariaux, Bengio, David, "BinaryConnect", NeurIPS 2015; code MatthieuCourbariaux/BinaryConnect.
 * Differs: sgn+(0) = +1 (there it depends on the rounding mode); evaluation is always binary (there the real-valued
 * weights are used after stochastic training). Solver ste is the same scheme with levels from the quantizer.
 */
#include "common/instance.h"

#include <qatbench/solver_util.h>

#include <stdbool.h>
#include <stdio.h>

typedef struct binaryconnect {
    const qb_host *host;
    double level, lr_scale;
    int64_t glorot, clip, stochastic;
} binaryconnect;

static const qb_solver_option options[] = {
    {"level", QB_OPTION_REAL, 1, "1", 0, 1e6, NULL, "", "H: the levels are +-H"},
    {"lr_scale", QB_OPTION_REAL, 1, "1", 0, 1e6, NULL, "", "factor on every step of the latent weights"},
    {"glorot", QB_OPTION_BOOL, 0, "false", 0, 0, NULL, "", "H from the layer's size instead, lr_scale over that H"},
    {"clip", QB_OPTION_BOOL, 0, "true", 0, 0, NULL, "", "keep the latent weights in [-H, H]"},
    {"stochastic", QB_OPTION_BOOL, 0, "false", 0, 0, NULL, "", "draw the sign with a probability given by x in training"},
};

static int supports(const qb_option_value *value, int32_t bits, const char *granularity, char *why, size_t n)
{
    (void)value;
    (void)granularity;
    if (bits == 1)
        return 0;
    (void)snprintf(why, n, "its levels are +-H; use --bits 1 (solver ste is the same scheme at other bits)");
    return 1;
}

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    binaryconnect *p = qb_instance(host, sizeof *p);
    if (p == NULL)
        return 1;
    p->host = host;
    p->level = value[0].real;
    p->lr_scale = value[1].real;
    p->glorot = value[2].integer;
    p->clip = value[3].integer;
    p->stochastic = value[4].integer;
    *ret_self = p;
    return 0;
}

static double level_of(const binaryconnect *p, const qb_view *v)
{
    return p->glorot != 0 ? sqrt(1.5 / (double)(v->fan_in + v->fan_out)) : p->level;
}

static double scale_of(const binaryconnect *p, const qb_view *v)
{
    return p->glorot != 0 ? p->lr_scale / level_of(p, v) : p->lr_scale;
}

static int bind(void *self, const qb_view *v, qb_bind *request)
{
    const binaryconnect *p = self;
    bool scales = scale_of(p, v) != 1.0;
    request->state_per_weight = scales ? 1 : 0; /* x of before the step */
    if (!scales && p->clip == 0)
        request->caps &= ~(uint32_t)QB_CAP_EDITS_LATENT;
    return 0;
}

static int start(void *self, const qb_step *step, qb_view *v)
{
    (void)step;
    if (scale_of(self, v) != 1.0)
        memcpy(v->weight_state, v->x, qb_view_bytes(v));
    return 0;
}

static int after_step(void *self, const qb_step *step, qb_view *v)
{
    (void)step;
    const binaryconnect *p = self;
    const float h = (float)level_of(p, v), scale = (float)scale_of(p, v);
    const int64_t n = v->n_rows * v->row_len;
    if (scale != 1.0f)
        for (int64_t i = 0; i < n; i++)
            v->x[i] = v->weight_state[i] + scale * (v->x[i] - v->weight_state[i]);
    for (int64_t i = 0; p->clip != 0 && i < n; i++) {
        float x = v->x[i] < -h ? -h : v->x[i];
        v->x[i] = x > h ? h : x;
    }
    if (scale != 1.0f)
        memcpy(v->weight_state, v->x, qb_view_bytes(v));
    return 0;
}

static void sign_weights(float h, const float *x, int64_t n, float *w)
{
    for (int64_t i = 0; i < n; i++)
        w[i] = h * qb_sign(x[i]);
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    const binaryconnect *p = self;
    const float h = (float)level_of(p, v);
    const int64_t n = v->n_rows * v->row_len;
    if (p->stochastic == 0) {
        sign_weights(h, v->z, n, v->w);
        return 0;
    }
    p->host->uniform(p->host, v->index, step->step, 0, 0, n, v->w);
    for (int64_t i = 0; i < n; i++) {
        double chance = qb_clamp(0.5 * ((double)v->z[i] / (double)h + 1.0), 0.0, 1.0);
        v->w[i] = (double)v->w[i] < chance ? h : -h;
    }
    return 0;
}

static int finish(void *self, const qb_step *step, const qb_view *v, float *out)
{
    (void)step;
    sign_weights((float)level_of(self, v), v->x, v->n_rows * v->row_len, out);
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_EDITS_LATENT | QB_CAP_OWN_LEVELS | QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_HARD_AFTER,
    .name = "binaryconnect",
    .title = "fixed levels +-H with clipped latent weights",
    .version = "1.0",
    .source = "Courbariaux, Bengio, David, BinaryConnect, NeurIPS 2015",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .project = project,
    .supports = supports,
    .create = create,
    .destroy = free,
    .bind = bind,
    .start = start,
    .after_step = after_step,
    .finish = finish,
};
