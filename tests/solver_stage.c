/* See solver_stage.h. */
#include "solver_stage.h"

#include "base/err.h"
#include "base/mem.h"

#include <string.h>

static void host_fail(const qb_host *host, const char *why)
{
    (void)host;
    (void)qb_err_set(QB_E_FAILED, "%s", why);
}

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

static int make_instance(solver_stage *s, const qb_plugin *plugin)
{
    qb_option_value *values = qb_plugin_values(plugin, &s->settings);
    int rc = s->solver->create != NULL ? s->solver->create(&s->host, values, &s->self) : 0;
    qb_free(values);
    return rc == 0 ? 0 : QB_E_FAILED;
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
    s->host = (qb_host){.size = sizeof s->host, .fail = host_fail, .bits = bits, .n_views = 1, .n_steps = 1000000000};
    QB_TRY(qb_plugin_supports(plugin, &s->settings, bits, rows > 1 ? "row" : "tensor"));
    QB_TRY(make_instance(s, plugin));
    s->step = (qb_step){.size = sizeof s->step, .n_steps = s->host.n_steps, .steps_per_epoch = 1, .anneal_end = 1e9,
                        .lr = 1, .lr_base = 1, .lr_sum = 1, .lr_sum_total = 1};
    solver_stage_at(s, 1);
    s->view = (qb_view){.size = sizeof s->view, .name = "stage", .n_rows = rows, .row_len = len, .n_per_channel = len,
                        .fan_in = len, .fan_out = rows, .bits = bits};
    s->request = (qb_bind){.size = sizeof s->request, .caps = s->solver->caps, .aux_lr_factor = 1.0f};
    if (s->solver->bind != NULL && s->solver->bind(s->self, &s->view, &s->request) != 0)
        return QB_E_FAILED;
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
    if (s->self != NULL && s->solver->destroy != NULL)
        s->solver->destroy(s->self);
    if (s->solver != NULL)
        qb_settings_finish(&s->settings);
    qb_free(s->memory);
}
