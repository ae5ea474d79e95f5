/* See solver_stage.h. */
#include "solver_stage.h"

#include "base/err.h"
#include "base/mem.h"
#include "quant/plugin_probe.h"

#include <string.h>

static int load(solver_stage *s, const char *spec_text, const char *solver_path, const qb_plugin **ret_plugin)
{
    qb_spec spec;
    QB_TRY(qb_spec_parse(spec_text, &spec));
    int rc = qb_plugin_load(spec.name, solver_path, ret_plugin);
    if (rc == 0)
        rc = qb_plugin_settings(*ret_plugin, &spec, &s->settings);
    qb_spec_finish(&spec);
    if (rc == 0)
        s->solver = &(*ret_plugin)->solver;
    return rc;
}

static int make_arrays(solver_stage *s, const float *x)
{
    qb_view *v = &s->view;
    size_t rows = (size_t)v->n_rows, n = rows * (size_t)v->row_len, n_aux = rows * (size_t)s->request.n_aux;
    size_t n_state = n * (size_t)s->request.state_per_weight, n_row = rows * (size_t)s->request.state_per_row;
    s->memory = qb_alloc(3 * n + 2 * n_aux + n_state + n_row, sizeof(float));
    if (s->memory == NULL)
        return QB_E_NOMEM;
    v->x = s->memory;
    v->w = v->x + n;
    v->g = v->w + n;
    v->aux = v->g + n;
    v->aux_g = v->aux + n_aux;
    v->weight_state = v->aux_g + n_aux;
    v->row_state = v->weight_state + n_state;
    v->n_aux = s->request.n_aux;
    v->z = v->x;
    memcpy(v->x, x, n * sizeof(float));
    memcpy(v->w, x, n * sizeof(float));
    return 0;
}

int solver_stage_init(solver_stage *s, const char *spec, const char *solver_path, int bits, int64_t rows, int64_t len,
                      const float *x)
{
    const qb_plugin *plugin;
    *s = (solver_stage){.solver = NULL};
    QB_TRY(load(s, spec, solver_path, &plugin));
    static const char *const names[] = {"stage"};
    const qb_instance_options options = {.plugin = plugin, .settings = &s->settings, .bits = bits, .n_views = 1,
                                         .view_names = names, .n_steps = 1000000000, .seed = 1};
    QB_TRY(qb_plugin_supports(plugin, &s->settings, bits, rows > 1 ? "row" : "tensor"));
    QB_TRY(qb_instance_init(&s->instance, &options, NULL));
    s->self = s->instance.self;
    s->step = (qb_step){.size = sizeof s->step, .n_steps = options.n_steps, .steps_per_epoch = 1, .anneal_end = 1e9,
                        .lr = 1, .lr_base = 1, .lr_sum = 1, .lr_sum_total = 1};
    solver_stage_at(s, 1);
    s->view = (qb_view){.size = sizeof s->view, .name = names[0], .n_rows = rows, .row_len = len, .n_per_channel = len,
                        .fan_in = len, .fan_out = rows, .bits = bits};
    const char *why = qb_instance_bind(&s->instance, &s->view, &s->request);
    if (why != NULL)
        return qb_err_set(QB_E_FAILED, "bind %s", why);
    return make_arrays(s, x);
}

void solver_stage_levels(solver_stage *s, const float *levels, size_t n)
{
    s->view.levels = levels;
    s->view.n_levels = (int32_t)((int64_t)n / s->view.n_rows);
}

void solver_stage_at(solver_stage *s, int64_t step)
{
    s->step.step = step;
    s->step.fraction = ((double)step - s->step.anneal_start) / (s->step.anneal_end - s->step.anneal_start);
}

void solver_stage_finish(solver_stage *s)
{
    qb_instance_finish(&s->instance);
    if (s->solver != NULL)
        qb_settings_finish(&s->settings);
    qb_free(s->memory);
}
