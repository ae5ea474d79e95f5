/* A solver for tests: records its hooks, asks for aux and state, uses random numbers, and misbehaves on request.
 *
 * With levels: w = nearest; under own_levels: w = +-1. aux_g is 1, so aux falls by lr a step. Each after_step adds 1
 * to weight_state and lr to row_state. `trouble` happens in view `trouble_view` from step `trouble_step` on.
 */
#include "recorder.h"

#include <qatbench/solver.h>
#include <qatbench/solver_util.h>

#include <stdlib.h>
#include <string.h>

static recorder_log record; /* a test's business; real solvers have no globals */

static const char *const troubles[] = {
    "none",        "fail_create", "fail_bind",    "fail_start",   "fail_begin",   "fail_gradient", "fail_after",
    "fail_project", "fail_finish", "silent",       "before_w",     "after_w",      "before_x",      "after_g",
    "after_aux",   "after_levels", "after_weight_state", "after_row_state", "nan_gradient", "nan_latent", "nan_weight",
    "nan_finish",  "over_finish", "bad_scale",    "greedy_aux",   "more_caps",    "save_lies",     "save_overruns",
    "fail_load",   "uniform_view", "uniform_first", "uniform_count", "uniform_nowhere", "uniform_host", NULL};

enum {
    NONE, FAIL_CREATE, FAIL_BIND, FAIL_START, FAIL_BEGIN, FAIL_GRADIENT, FAIL_AFTER,
    FAIL_PROJECT, FAIL_FINISH, SILENT, BEFORE_W, AFTER_W, BEFORE_X, AFTER_G,
    AFTER_AUX, AFTER_LEVELS, AFTER_WEIGHT_STATE, AFTER_ROW_STATE, NAN_GRADIENT, NAN_LATENT, NAN_WEIGHT,
    NAN_FINISH, OVER_FINISH, BAD_SCALE, GREEDY_AUX, MORE_CAPS, SAVE_LIES, SAVE_OVERRUNS,
    FAIL_LOAD, UNIFORM_VIEW, UNIFORM_FIRST, UNIFORM_COUNT, UNIFORM_NOWHERE, UNIFORM_HOST
};

typedef struct recorder {
    const qb_host *host;
    int trouble, trouble_view, n_aux, n_weight_state, n_row_state;
    int64_t trouble_step, reset_step;
    double decay_scale, noise;
    uint32_t drop_caps;
    int log, own_finish, n_begun;
    const float *aux; /* of the last view that was projected; NULL: none yet */
} recorder;

static const qb_solver_option options[] = {
    {"trouble", QB_OPTION_CHOICE, 0, "none", 0, 0, troubles, "", "how to misbehave"},
    {"trouble_view", QB_OPTION_INT, 0, "0", 0, 100, NULL, "", "in which view"},
    {"trouble_step", QB_OPTION_INT, 0, "0", 0, 1000, NULL, "steps", "from which step on"},
    {"aux", QB_OPTION_INT, 0, "0", 0, 100, NULL, "", "trained floats a row"},
    {"weight_state", QB_OPTION_INT, 0, "0", 0, 8, NULL, "", "floats a weight"},
    {"row_state", QB_OPTION_INT, 0, "0", 0, 64, NULL, "", "floats a row"},
    {"decay_scale", QB_OPTION_REAL, 0, "1", 0, 10, NULL, "", "of every step"},
    {"reset_step", QB_OPTION_INT, 0, "-1", -1, 1000, NULL, "steps", "reset the optimizer before this step"},
    {"noise", QB_OPTION_REAL, 0, "0", 0, 1, NULL, "", "random numbers added to w"},
    {"own_levels", QB_OPTION_BOOL, 0, "false", 0, 0, NULL, "", "levels +-1 of its own"},
    {"edits", QB_OPTION_BOOL, 0, "false", 0, 0, NULL, "", "keep EDITS_LATENT"},
    {"own_step", QB_OPTION_BOOL, 0, "false", 0, 0, NULL, "", "x -= lr g by itself"},
    {"log", QB_OPTION_BOOL, 0, "false", 0, 0, NULL, "", "record (one thread only)"},
    {"own_finish", QB_OPTION_BOOL, 0, "false", 0, 0, NULL, "", "finish gives sign(w), else nearest or w"},
};

static float first(const float *v) { return v != NULL ? v[0] : NAN; }

static void note(const recorder *r, const char *hook, const qb_step *s, const qb_view *v)
{
    if (!r->log || record.n == RECORDER_MAX)
        return;
    recorder_event *e = &record.events[record.n++];
    *e = (recorder_event){.hook = hook, .step = s->step, .lr_sum = s->lr_sum, .fraction = s->fraction};
    if (v == NULL)
        return;
    e->view = v->index;
    e->x = first(v->x);
    e->w = first(v->w);
    e->g = first(v->g);
    e->z = first(v->z);
    e->aux = first(v->aux);
    e->level = first(v->levels);
}

static int troubled(const recorder *r, int trouble, const qb_step *s, const qb_view *v)
{
    return r->trouble == trouble && (s == NULL || s->step >= r->trouble_step) && (v == NULL || (int)v->index == r->trouble_view);
}

static int fail(const recorder *r, const char *why)
{
    r->host->fail(r->host, why);
    return 1;
}

static int create(const qb_host *host, const qb_option_value *o, void **ret_self)
{
    recorder *r = calloc(1, sizeof *r);
    *ret_self = r;
    if (r == NULL)
        return 1;
    r->host = host;
    r->trouble = (int)o[0].integer;
    r->trouble_view = (int)o[1].integer;
    r->trouble_step = o[2].integer;
    r->n_aux = (int)o[3].integer;
    r->n_weight_state = (int)o[4].integer;
    r->n_row_state = (int)o[5].integer;
    r->decay_scale = o[6].real;
    r->reset_step = o[7].integer;
    r->noise = o[8].real;
    r->drop_caps = (o[9].integer ? 0u : (uint32_t)QB_CAP_OWN_LEVELS) | (o[10].integer || o[11].integer ? 0u : (uint32_t)QB_CAP_EDITS_LATENT) |
                   (o[11].integer ? 0u : (uint32_t)QB_CAP_OWN_STEP);
    r->log = (int)o[12].integer;
    r->own_finish = (int)o[13].integer;
    record.n = 0;
    if (r->trouble == FAIL_CREATE) {
        free(r);
        host->fail(host, "no wish to live");
        return 1;
    }
    return 0;
}

static int bind(void *self, const qb_view *v, qb_bind *request)
{
    const recorder *r = self;
    if (troubled(r, FAIL_BIND, NULL, v))
        return fail(r, "not this one");
    request->n_aux = troubled(r, GREEDY_AUX, NULL, v) ? 17 : r->n_aux;
    request->state_per_weight = r->n_weight_state;
    request->state_per_row = r->n_row_state;
    request->caps &= ~r->drop_caps;
    if (troubled(r, MORE_CAPS, NULL, v))
        request->caps |= QB_CAP_FULL_PRECISION;
    return 0;
}

static int start(void *self, const qb_step *s, qb_view *v)
{
    const recorder *r = self;
    note(r, "start", s, v);
    for (int64_t i = 0; i < v->n_rows * v->n_aux; i++)
        v->aux[i] = 1.0f;
    return troubled(r, FAIL_START, NULL, v) ? fail(r, "cannot start") : 0;
}

static int begin_step(void *self, const qb_step *s, qb_step_request *request)
{
    recorder *r = self;
    note(r, "begin_step", s, NULL);
    r->n_begun++;
    request->decay_scale = troubled(r, BAD_SCALE, s, NULL) ? -1.0 : r->decay_scale;
    request->reset_optimizer = s->step == r->reset_step;
    return troubled(r, FAIL_BEGIN, s, NULL) ? fail(r, "cannot begin") : 0;
}

static int on_gradient(void *self, const qb_step *s, qb_view *v)
{
    const recorder *r = self;
    note(r, "on_gradient", s, v);
    for (int64_t i = 0; i < v->n_rows * v->n_aux; i++)
        v->aux_g[i] += 1.0f;
    if (troubled(r, NAN_GRADIENT, s, v))
        v->g[v->row_len - 1] = NAN;
    if (troubled(r, AFTER_G, s, v))
        v->g[v->n_rows * v->row_len] += 1.0f;
    return troubled(r, FAIL_GRADIENT, s, v) ? fail(r, "bad gradient") : 0;
}

static int after_step(void *self, const qb_step *s, qb_view *v)
{
    const recorder *r = self;
    int64_t n = v->n_rows * v->row_len;
    note(r, "after_step", s, v);
    for (int64_t i = 0; i < n * r->n_weight_state; i++)
        v->weight_state[i] += 1.0f;
    for (int64_t i = 0; i < v->n_rows * r->n_row_state; i++)
        v->row_state[i] += (float)s->lr;
    if ((r->drop_caps & QB_CAP_OWN_STEP) == 0)
        for (int64_t i = 0; i < n; i++)
            v->x[i] -= (float)s->lr * v->g[i];
    if (troubled(r, NAN_LATENT, s, v))
        v->x[0] = NAN;
    if (troubled(r, BEFORE_X, s, v))
        v->x[-1] += 1.0f;
    if (troubled(r, AFTER_AUX, s, v))
        v->aux[v->n_rows * v->n_aux] = 1.0f;
    if (troubled(r, AFTER_WEIGHT_STATE, s, v))
        v->weight_state[n * r->n_weight_state] = 1.0f;
    if (troubled(r, AFTER_ROW_STATE, s, v))
        v->row_state[v->n_rows * r->n_row_state] = 1.0f;
    if (troubled(r, SILENT, s, v))
        return 1;
    return troubled(r, FAIL_AFTER, s, v) ? fail(r, "bad step") : 0;
}

/* Every argument of host->uniform that may be wrong. */
static void ask_wrongly(const recorder *r, const qb_step *s, const qb_view *v)
{
    const qb_host copy = *r->host;
    float u[2];
    if (troubled(r, UNIFORM_VIEW, s, v))
        r->host->uniform(r->host, r->host->n_views, s->step, 7, 0, 2, u);
    if (troubled(r, UNIFORM_FIRST, s, v))
        r->host->uniform(r->host, v->index, s->step, 7, -1, 2, u);
    if (troubled(r, UNIFORM_COUNT, s, v))
        r->host->uniform(r->host, v->index, s->step, 7, 0, -2, u);
    if (troubled(r, UNIFORM_NOWHERE, s, v))
        r->host->uniform(r->host, v->index, s->step, 7, 0, 2, NULL);
    if (troubled(r, UNIFORM_HOST, s, v))
        r->host->uniform(&copy, v->index, s->step, 7, 0, 2, u);
}

static int project(void *self, const qb_step *s, qb_view *v)
{
    recorder *r = self;
    int64_t n = v->n_rows * v->row_len;
    note(r, "project", s, v);
    if (r->log) /* on one thread */
        r->aux = v->aux;
    for (int64_t i = 0; i < n; i++)
        v->w[i] = v->levels != NULL ? qb_nearest(v->levels + i / v->row_len * v->n_levels, v->n_levels, v->z[i]) : qb_sign(v->z[i]);
    for (int64_t i = 0; i < n && r->noise > 0.0; i++) {
        float u;
        r->host->uniform(r->host, v->index, s->step, 7, i, 1, &u);
        v->w[i] += (float)r->noise * u;
    }
    ask_wrongly(r, s, v);
    if (troubled(r, NAN_WEIGHT, s, v))
        v->w[n - 1] = NAN;
    if (troubled(r, BEFORE_W, s, v))
        v->w[-1] += 1.0f;
    if (troubled(r, AFTER_W, s, v))
        v->w[n] += 1.0f;
    if (troubled(r, AFTER_LEVELS, s, v))
        ((float *)(uintptr_t)v->levels)[v->n_rows * v->n_levels] = 1.0f;
    return troubled(r, FAIL_PROJECT, s, v) ? fail(r, "cannot project") : 0;
}

static int finish(void *self, const qb_step *s, const qb_view *v, float *out)
{
    const recorder *r = self;
    int64_t n = v->n_rows * v->row_len;
    note(r, "finish", s, v);
    for (int64_t i = 0; i < n; i++)
        out[i] = r->own_finish || v->levels == NULL
                     ? qb_sign(v->w[i])
                     : qb_nearest(v->levels + i / v->row_len * v->n_levels, v->n_levels, v->w[i]);
    if (troubled(r, NAN_FINISH, s, v))
        out[0] = NAN;
    if (troubled(r, OVER_FINISH, s, v))
        out[n] = 0.0f;
    return troubled(r, FAIL_FINISH, s, v) ? fail(r, "cannot finish") : 0;
}

static size_t save(const void *self, void *bytes, size_t capacity)
{
    const recorder *r = self;
    size_t n = sizeof r->n_begun;
    if (bytes != NULL && capacity >= n)
        memcpy(bytes, &r->n_begun, n);
    if (bytes != NULL && r->trouble == SAVE_OVERRUNS)
        ((char *)bytes)[n] = 1;
    return bytes != NULL && r->trouble == SAVE_LIES ? n + 1 : n;
}

static int load(void *self, const void *bytes, size_t n)
{
    recorder *r = self;
    if (n != sizeof r->n_begun || r->trouble == FAIL_LOAD)
        return fail(r, "not my bytes");
    memcpy(&r->n_begun, bytes, n);
    note(r, "load", &(qb_step){.size = (uint32_t)sizeof(qb_step)}, NULL);
    if (r->log && record.n > 0 && record.n < RECORDER_MAX)
        record.events[record.n - 1].aux = first(r->aux);
    return 0;
}

static size_t metrics(const void *self, const qb_step *s, qb_metric *out, size_t max)
{
    const recorder *r = self;
    (void)s;
    if (max == 0)
        return 0;
    out[0] = (qb_metric){"recorder_begun", r->n_begun};
    return 1;
}

static const void *extension(const char *id) { return strcmp(id, "recorder.log") == 0 ? &record : NULL; }

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_EDITS_LATENT | QB_CAP_OWN_LEVELS | QB_CAP_OWN_STEP | QB_CAP_PARALLEL_VIEWS,
    .name = "recorder",
    .title = "records its hooks",
    .version = "1.0",
    .source = "tests",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .project = project,
    .create = create,
    .destroy = free,
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
