/* A plugin as it was written for version 1.0 of the interface: it includes the frozen copy of that header, uses every
 * hook and kind of option, and must load and train with every later program of major version 1.
 *
 *   w = (1 - s) x + s nearest(x), s = fraction ^ power, later the nearest level times a trained scale of the row
 *
 * aux 0: log2 of that scale. weight_state 0: mean of w. row_state 0: number of steps.
 */
#include "solver-1.0.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const modes[] = {"plain", "noisy", NULL};

static const qb_solver_option options[] = {
    {"power", QB_OPTION_REAL, 1, "2", 0, 100, NULL, "", "shape of the window"},
    {"mode", QB_OPTION_CHOICE, 0, "plain", 0, 0, modes, "", "with or without noise"},
    {"keep", QB_OPTION_INT, 0, "0", 0, 100, NULL, "steps", "steps before anything changes"},
    {"clip", QB_OPTION_BOOL, 0, "true", 0, 0, NULL, "", "keep the latent weights between the outer levels"},
    {"noise", QB_OPTION_REALS, 0, "0/0.001", 0, 1, NULL, "", "amplitude in each mode"},
};
enum { POWER, MODE, KEEP, CLIP, NOISE };

typedef struct solver {
    const qb_host *host;
    double power, noise;
    int64_t keep, n_begun;
    int clips;
} solver;

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    solver *s = calloc(1, sizeof *s);
    if (!s) {
        host->fail(host, "out of memory");
        return 1;
    }
    s->host = host;
    s->power = value[POWER].real;
    size_t mode = strcmp(value[MODE].text, modes[1]) == 0 ? 1 : 0;
    s->noise = mode < value[NOISE].n_list ? value[NOISE].list[mode] : 0.0;
    s->keep = value[KEEP].integer;
    s->clips = value[CLIP].integer != 0;
    *ret_self = s;
    return 0;
}

static void destroy(void *self)
{
    free(self);
}

static int supports(const qb_option_value *value, int32_t bits, const char *granularity, char *why, size_t n)
{
    (void)value;
    (void)granularity;
    if (bits != 8)
        return 0;
    if (n > 0)
        strncpy(why, "at most 7 bits", n - 1);
    return 1;
}

static int bind(void *self, const qb_view *view, qb_bind *request)
{
    (void)self;
    request->n_aux = 1;
    request->state_per_weight = 1;
    request->state_per_row = 1;
    request->aux_lr_factor = view->layer == QB_LAYER_INNER ? 0.01f : 0.0f;
    request->aux_weight_decay = 0.001f;
    return 0;
}

static int start(void *self, const qb_step *step, qb_view *v)
{
    (void)self;
    (void)step;
    memcpy(v->weight_state, v->w, (size_t)(v->n_rows * v->row_len) * sizeof *v->w);
    return 0;
}

static int begin_step(void *self, const qb_step *step, qb_step_request *request)
{
    solver *s = self;
    s->n_begun++;
    request->reset_optimizer = step->step == step->first_step + 2;
    request->decay_scale = step->fraction < 0.5 ? 1.0 : 0.5;
    return 0;
}

static int on_gradient(void *self, const qb_step *step, qb_view *v)
{
    (void)self;
    (void)step;
    for (int64_t r = 0; r < v->n_rows; r++) {
        double sum = 0.0;
        for (int64_t i = r * v->row_len; i < (r + 1) * v->row_len; i++)
            sum += (double)v->g[i] * (double)v->w[i];
        v->aux_g[r] = (float)fmax(-100.0, fmin(100.0, 0.6931471805599453 * sum));
    }
    return 0;
}

static int after_step(void *self, const qb_step *step, qb_view *v)
{
    const solver *s = self;
    (void)step;
    for (int64_t r = 0; r < v->n_rows; r++)
        v->aux[r] = fmaxf(-1.0f, fminf(1.0f, v->aux[r]));
    for (int64_t i = 0; i < v->n_rows * v->row_len; i++) {
        if (s->clips && fabsf(v->x[i]) > 4.0f)
            v->x[i] = v->x[i] < 0.0f ? -4.0f : 4.0f;
        v->weight_state[i] += 0.1f * (v->w[i] - v->weight_state[i]);
    }
    return 0;
}

static float nearest(const float *q, int32_t n, float x)
{
    int32_t i = 0;
    while (i + 1 < n && (double)x > 0.5 * ((double)q[i] + (double)q[i + 1]))
        i++;
    return q[i];
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    const solver *s = self;
    double at = step->fraction < 0.0 ? 0.0 : step->fraction > 1.0 ? 1.0 : step->fraction;
    double share = s->n_begun > s->keep ? pow(at, s->power) : 0.0;
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *levels = v->levels + r * v->n_levels;
        float scale = exp2f(v->aux[r]), noise = 0.0f;
        if (s->noise > 0.0)
            s->host->uniform(s->host, v->index, step->step, 1, r, 1, &noise);
        for (int64_t i = r * v->row_len; i < (r + 1) * v->row_len; i++) {
            float hard = scale * nearest(levels, v->n_levels, v->z[i]);
            v->w[i] = share >= 1.0 ? hard : (float)((1.0 - share) * (double)v->z[i] + share * (double)hard);
            v->w[i] += share < 1.0 ? (float)s->noise * noise : 0.0f;
        }
        v->row_state[r] += 1.0f;
    }
    return 0;
}

static int finish(void *self, const qb_step *step, const qb_view *v, float *out)
{
    (void)self;
    (void)step;
    for (int64_t r = 0; r < v->n_rows; r++) {
        float scaled[256], scale = exp2f(v->aux[r]);
        for (int32_t k = 0; k < v->n_levels; k++)
            scaled[k] = scale * v->levels[r * v->n_levels + k];
        for (int64_t i = r * v->row_len; i < (r + 1) * v->row_len; i++)
            out[i] = nearest(scaled, v->n_levels, v->w[i]);
    }
    return 0;
}

static size_t save(const void *self, void *bytes, size_t capacity)
{
    const solver *s = self;
    if (capacity >= sizeof s->n_begun)
        memcpy(bytes, &s->n_begun, sizeof s->n_begun);
    return sizeof s->n_begun;
}

static int load(void *self, const void *bytes, size_t n)
{
    solver *s = self;
    if (n != sizeof s->n_begun) {
        s->host->fail(s->host, "saved state of another size");
        return 1;
    }
    memcpy(&s->n_begun, bytes, n);
    return 0;
}

static size_t metrics(const void *self, const qb_step *step, qb_metric *out, size_t max)
{
    const solver *s = self;
    (void)step;
    if (max < 1)
        return 0;
    out[0] = (qb_metric){"old_begun", (double)s->n_begun};
    return 1;
}

static const void *extension(const char *id)
{
    (void)id;
    return NULL;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_EDITS_LATENT | QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_MONOTONE | QB_TRAIT_ROW_SYMMETRIC,
    .name = "old-1-0",
    .title = "a solver of version 1.0",
    .version = "1.0",
    .source = "tests/abi",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .project = project,
    .supports = supports,
    .create = create,
    .destroy = destroy,
    .bind = bind,
    .start = start,
    .begin_step = begin_step,
    .on_gradient = on_gradient,
    .after_step = after_step,
    .finish = finish,
    .save = save,
    .load = load,
    .metrics = metrics,
    .extension = extension,
};
