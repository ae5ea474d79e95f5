#include "quant/map.h"

#include "base/err.h"
#include "base/mem.h"
#include "quant/instance.h"
#include "quant/plugin_probe.h"

#include <qatbench/solver_util.h>

#include <math.h>
#include <string.h>

enum { STEPS_PER_EPOCH_OF_RUN = 10 }; /* a run has ten epochs */

typedef struct stage {
    qb_instance instance;
    const qb_map_options *o;
    const qb_solver *solver;
    uint32_t caps; /* after bind */
    qb_view view;
    qb_step step;
    float *memory; /* all arrays of the view */
    float *g;
    float aux_lr_factor;
} stage;

static const char *const view_names[] = {"map.weight"};

static int failed(const stage *s, const char *hook, const char *why)
{
    return qb_err_set(QB_E_FAILED, "solver '%s': %s failed: %s", s->solver->name, hook, why);
}

typedef int (*view_hook)(void *self, const qb_step *step, qb_view *view);

static int call(stage *s, view_hook hook, const char *name, qb_view *view)
{
    const char *why = QB_HOOK(&s->instance, name, true, hook(s->instance.self, &s->step, view));
    return why == NULL ? QB_OK : failed(s, name, why);
}

/* ---- the instance and its view ---- */

static int create_instance(stage *s)
{
    const qb_map_options *o = s->o;
    const qb_instance_options options = {.plugin = o->plugin, .settings = o->settings, .bits = o->bits, .n_views = 1,
                                         .view_names = view_names, .n_steps = o->n_steps, .seed = 1};
    return qb_instance_init(&s->instance, &options, NULL);
}

static int bind_view(stage *s, int64_t n, qb_bind *ret_request)
{
    s->view = (qb_view){.size = (uint32_t)sizeof s->view, .index = 0, .name = view_names[0], .n_rows = 1, .row_len = n,
                        .n_per_channel = n, .fan_in = n, .fan_out = 1, .bits = s->o->bits, .layer = QB_LAYER_INNER};
    const char *why = qb_instance_bind(&s->instance, &s->view, ret_request);
    if (why != NULL)
        return qb_err_set(QB_E_FAILED, "solver '%s': bind %s", s->solver->name, why);
    s->caps = ret_request->caps;
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
    if (t == 0 && solver->start)
        QB_TRY(call(s, solver->start, "start", &s->view));
    if (solver->begin_step) {
        qb_step_request request = {.size = (uint32_t)sizeof request, .decay_scale = 1.0};
        const char *why = QB_HOOK(&s->instance, "begin_step", true, solver->begin_step(s->instance.self, &s->step, &request));
        if (why != NULL)
            return failed(s, "begin_step", why);
    }
    memset(s->g, 0, (size_t)s->view.row_len * sizeof *s->g);
    memset(s->view.aux_g ? s->view.aux_g : s->g, 0, (size_t)s->view.n_aux * sizeof *s->g);
    qb_view view = s->view;
    view.g = s->g;
    if (solver->on_gradient)
        QB_TRY(call(s, solver->on_gradient, "on_gradient", &view));
    take_base_step(s);
    if (solver->after_step)
        QB_TRY(call(s, solver->after_step, "after_step", &view));
    if (!(s->caps & (QB_CAP_OWN_LEVELS | QB_CAP_FULL_PRECISION))) {
        s->view.levels = s->o->levels;
        s->view.n_levels = s->o->n_levels;
    }
    view = s->view;
    view.z = view.x;
    return call(s, solver->project, "project", &view);
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
    if (s->solver->finish) {
        const char *why = QB_HOOK(&s->instance, "finish", true, s->solver->finish(s->instance.self, &s->step, v, hard));
        return why == NULL ? QB_OK : failed(s, "finish", why);
    }
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
    qb_instance_finish(&s.instance);
    qb_free(s.memory);
    if (rc == QB_OK)
        *ret_levels = s.caps & QB_CAP_FULL_PRECISION ? QB_MAP_NONE : s.caps & QB_CAP_OWN_LEVELS ? QB_MAP_OWN : QB_MAP_GIVEN;
    return rc;
}
