#include "quant/map.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "quant/quant_views.h"

#include <qatbench/solver_util.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STEPS_PER_EPOCH_OF_RUN = 10 }; /* a run has ten epochs */

typedef struct stage {
    qb_host host; /* first: the plugin's pointer to it is a pointer to this */
    const qb_map_options *o;
    const qb_solver *solver;
    void *self;
    bool has_instance;
    uint32_t caps; /* after bind */
    qb_view view;
    qb_step step;
    float *memory; /* all arrays of the view */
    float *g;
    float aux_lr_factor;
    char reason[256];
} stage;

static void host_fail(const qb_host *host, const char *why)
{
    stage *s = (stage *)(uintptr_t)host;
    (void)snprintf(s->reason, sizeof s->reason, "%s", why ? why : "");
}

static void host_uniform(const qb_host *host, uint32_t view, int64_t step, uint32_t purpose, int64_t first, int64_t n,
                         float *out)
{
    (void)host;
    qb_stream stream = qb_rng_stream(1, QB_RNG_SOLVER, (uint64_t)view << 32 | purpose, (uint64_t)step);
    stream.next = (uint64_t)first;
    for (int64_t i = 0; i < n; i++)
        out[i] = (float)(qb_rng_word(&stream) >> 8) * 0x1p-24f;
}

static int failed(const stage *s, const char *hook)
{
    return qb_err_set(QB_E_FAILED, "solver '%s': %s failed: %s", s->solver->name, hook,
                      s->reason[0] ? s->reason : "it gave no reason");
}

/* ---- the instance and its view ---- */

static int create_instance(stage *s)
{
    s->host = (qb_host){.size = (uint32_t)sizeof s->host, .fail = host_fail, .uniform = host_uniform,
                        .bits = s->o->bits, .n_views = 1, .n_steps = s->o->n_steps, .first_step = 0, .weight_decay = 0.0};
    if (!s->solver->create)
        return QB_OK;
    qb_option_value *values = qb_plugin_values(s->o->plugin, s->o->settings);
    if (!values)
        return QB_E_NOMEM;
    int rc = s->solver->create(&s->host, values, &s->self);
    qb_free(values);
    if (rc != 0)
        return failed(s, "create");
    s->has_instance = true;
    return QB_OK;
}

static int bind_view(stage *s, int64_t n, qb_bind *ret_request)
{
    s->view = (qb_view){.size = (uint32_t)sizeof s->view, .index = 0, .name = "map.weight", .n_rows = 1, .row_len = n,
                        .n_per_channel = n, .fan_in = n, .fan_out = 1, .bits = s->o->bits, .layer = QB_LAYER_INNER};
    *ret_request = (qb_bind){.size = (uint32_t)sizeof *ret_request, .caps = s->solver->caps, .aux_lr_factor = 1.0f};
    if (s->solver->bind && s->solver->bind(s->self, &s->view, ret_request) != 0)
        return failed(s, "bind");
    const qb_bind *r = ret_request;
    if (r->n_aux < 0 || r->n_aux > QB_MAX_AUX || r->state_per_weight < 0 || r->state_per_weight > QB_MAX_WEIGHT_STATE ||
        r->state_per_row < 0 || r->state_per_row > QB_MAX_ROW_STATE)
        return qb_err_set(QB_E_FAILED, "solver '%s': bind asked for more than it may; 'qatbench solver check' says more",
                          s->solver->name);
    s->caps = r->caps;
    return QB_OK;
}

/* The next n floats of a block, NULL for none. */
static float *take(float **block, int64_t n)
{
    float *taken = n > 0 ? *block : NULL;
    *block += n;
    return taken;
}

static int add_memory(stage *s, const qb_bind *r, const float *x, int64_t n)
{
    int64_t n_state = r->state_per_weight * n;
    s->memory = qb_alloc((size_t)(3 * n + 2 * r->n_aux + n_state + r->state_per_row), sizeof *s->memory);
    if (!s->memory)
        return QB_E_NOMEM;
    float *block = s->memory;
    qb_view *v = &s->view;
    v->x = take(&block, n);
    v->w = take(&block, n);
    s->g = take(&block, n);
    v->aux = take(&block, r->n_aux);
    v->aux_g = take(&block, r->n_aux);
    v->weight_state = take(&block, n_state);
    v->row_state = take(&block, r->state_per_row);
    v->n_aux = r->n_aux;
    s->aux_lr_factor = r->aux_lr_factor;
    memcpy(v->x, x, (size_t)n * sizeof *x);
    memcpy(v->w, x, (size_t)n * sizeof *x);
    return QB_OK;
}

/* ---- time ---- */

static void set_step(stage *s, int64_t t)
{
    const qb_map_options *o = s->o;
    int64_t epoch = o->n_steps / STEPS_PER_EPOCH_OF_RUN;
    s->step = (qb_step){.size = (uint32_t)sizeof s->step, .step = t, .first_step = 0, .n_steps = o->n_steps,
                        .steps_per_epoch = epoch > 0 ? epoch : 1, .anneal_start = 0.0,
                        .anneal_end = (double)(o->n_steps - 1), .fraction = (double)t / (double)(o->n_steps - 1),
                        .lr = o->lr, .lr_base = o->lr, .lr_sum = o->lr * (double)(t + 1),
                        .lr_sum_total = o->lr * (double)o->n_steps};
}

static void take_base_step(stage *s)
{
    const qb_view *v = &s->view;
    float lr = (float)s->step.lr;
    for (int64_t i = 0; i < v->row_len && !(s->caps & QB_CAP_OWN_STEP); i++)
        v->x[i] -= lr * s->g[i];
    for (int32_t i = 0; i < v->n_aux; i++)
        v->aux[i] -= lr * s->aux_lr_factor * v->aux_g[i];
}

static int take_step(stage *s, int64_t t)
{
    const qb_solver *solver = s->solver;
    set_step(s, t);
    if (t == 0 && solver->start && solver->start(s->self, &s->step, &s->view) != 0)
        return failed(s, "start");
    qb_step_request request = {.size = (uint32_t)sizeof request, .decay_scale = 1.0};
    if (solver->begin_step && solver->begin_step(s->self, &s->step, &request) != 0)
        return failed(s, "begin_step");
    memset(s->g, 0, (size_t)s->view.row_len * sizeof *s->g);
    memset(s->view.aux_g ? s->view.aux_g : s->g, 0, (size_t)s->view.n_aux * sizeof *s->g);
    qb_view view = s->view;
    view.g = s->g;
    if (solver->on_gradient && solver->on_gradient(s->self, &s->step, &view) != 0)
        return failed(s, "on_gradient");
    take_base_step(s);
    if (solver->after_step && solver->after_step(s->self, &s->step, &view) != 0)
        return failed(s, "after_step");
    if (!(s->caps & (QB_CAP_OWN_LEVELS | QB_CAP_FULL_PRECISION))) {
        s->view.levels = s->o->levels;
        s->view.n_levels = s->o->n_levels;
    }
    view = s->view;
    view.z = view.x;
    return solver->project(s->self, &s->step, &view) != 0 ? failed(s, "project") : QB_OK;
}

static int take_all_steps(stage *s, const double *at, int n_at, float *w)
{
    size_t n = (size_t)s->view.row_len;
    for (int64_t t = 0; t < s->o->n_steps; t++) {
        QB_TRY(take_step(s, t));
        for (int i = 0; i < n_at; i++)
            if (llround(at[i] * (double)(s->o->n_steps - 1)) == t)
                memcpy(w + (size_t)i * n, s->view.w, n * sizeof *w);
    }
    return QB_OK;
}

static int harden(stage *s, float *hard)
{
    const qb_view *v = &s->view;
    if (s->solver->finish)
        return s->solver->finish(s->self, &s->step, v, hard) != 0 ? failed(s, "finish") : QB_OK;
    if (v->levels)
        qb_nearest_row(v->levels, v->n_levels, v->w, v->row_len, hard);
    else
        memcpy(hard, v->w, (size_t)v->row_len * sizeof *hard);
    return QB_OK;
}

int qb_map_compute(const qb_map_options *o, const double *at, int n_at, const float *x, int64_t n, float *w, float *hard,
                   qb_map_levels *ret_levels)
{
    QB_ASSERT(o->n_steps >= 2 && n >= 1);
    stage s = {.o = o, .solver = &o->plugin->solver};
    qb_bind request;
    int rc = qb_plugin_supports(o->plugin, o->settings, o->bits, "tensor");
    if (rc == QB_OK)
        rc = create_instance(&s);
    if (rc == QB_OK)
        rc = bind_view(&s, n, &request);
    if (rc == QB_OK)
        rc = add_memory(&s, &request, x, n);
    if (rc == QB_OK)
        rc = take_all_steps(&s, at, n_at, w);
    if (rc == QB_OK)
        rc = harden(&s, hard);
    if (s.has_instance && s.solver->destroy)
        s.solver->destroy(s.self);
    qb_free(s.memory);
    if (rc == QB_OK)
        *ret_levels = s.caps & QB_CAP_FULL_PRECISION ? QB_MAP_NONE : s.caps & QB_CAP_OWN_LEVELS ? QB_MAP_OWN : QB_MAP_GIVEN;
    return rc;
}
