/* One training step in the order of <qatbench/solver.h>.
 *
 * Everything of a view, from on_gradient to project, is done before the next view, while its arrays are in cache.
 * Views are independent, so the number of threads and the order of views change no bit.
 */
#include "quant/quant_state.h"

#include "base/err.h"
#include "base/mem.h"

#include <omp.h>
#include <stdio.h>
#include <string.h>

static double window_fraction(double step, double start, double end)
{
    if (end > start)
        return (step - start) / (end - start);
    return step < end ? -1.0 : 2.0;
}

qb_step qb_quant_step_info(const qb_quant *q, int64_t step, double lr)
{
    const qb_quant_options *o = &q->options;
    return (qb_step){.size = (uint32_t)sizeof(qb_step),
                     .step = step,
                     .first_step = o->warmup,
                     .n_steps = o->n_steps,
                     .steps_per_epoch = o->steps_per_epoch,
                     .anneal_start = o->anneal_start,
                     .anneal_end = o->anneal_end,
                     .fraction = window_fraction((double)step, o->anneal_start, o->anneal_end),
                     .lr = lr,
                     .lr_base = o->lr_base,
                     .lr_sum = q->lr_sum,
                     .lr_sum_total = o->lr_sum_total};
}

/* ---- hooks ---- */

bool qb_quant_blame(const qb_quant *q, qb_quant_tensor *t, const char *what, const char *why)
{
    if (t->problem == NULL)
        t->problem = qb_sprintf("solver '%s': %s of %s %s", q->solver->name, what, t->param->name, why);
    return false;
}

int qb_quant_report(const qb_quant *q)
{
    for (size_t i = 0; i < q->n_tensors; i++)
        if (q->tensors[i].problem != NULL)
            return qb_err_set(QB_E_FAILED, "%s", q->tensors[i].problem);
    return 0;
}

bool qb_quant_call(qb_quant *q, qb_quant_tensor *t, qb_view_hook hook, const char *what, const qb_step *step, qb_view view)
{
    qb_guard_copy copy;
    qb_guards_save(t, &copy);
    const char *failure = QB_HOOK(&t->width->instance, what, false, hook(t->width->instance.self, step, &view));
    const char *broken = qb_guards_broken(t, &copy);
    char why[640];
    if (failure != NULL) {
        (void)snprintf(why, sizeof why, "failed: %s", failure);
        return qb_quant_blame(q, t, what, why);
    }
    if (broken != NULL) {
        (void)snprintf(why, sizeof why, "wrote outside its view: next to %s", broken);
        return qb_quant_blame(q, t, what, why);
    }
    return true;
}

/* ---- one view ---- */

static bool call_on_gradient(qb_quant *q, qb_quant_tensor *t, const qb_step *step)
{
    size_t n = t->param->n, n_aux = (size_t)(t->view.n_rows * t->request.n_aux);
    bool was_finite = qb_all_finite(t->param->g, n);
    qb_view view = t->view;
    view.g = t->param->g;
    if (n_aux > 0)
        memset(t->view.aux_g, 0, n_aux * sizeof(float));
    if (!qb_quant_call(q, t, q->solver->on_gradient, "on_gradient", step, view))
        return false;
    if (was_finite && !(qb_all_finite(t->param->g, n) && qb_all_finite(t->view.aux_g, n_aux)))
        return qb_quant_blame(q, t, "on_gradient", "left a gradient " QB_NOT_FINITE);
    return true;
}

static bool call_after_step(qb_quant *q, qb_quant_tensor *t, const qb_step *step)
{
    size_t n = t->param->n;
    bool was_finite = qb_all_finite(t->param->x, n);
    qb_view view = t->view;
    view.g = t->param->g;
    if (!qb_quant_call(q, t, q->solver->after_step, "after_step", step, view))
        return false;
    if (was_finite && !qb_all_finite(t->param->x, n))
        return qb_quant_blame(q, t, "after_step", "left a latent weight " QB_NOT_FINITE);
    return true;
}

static bool call_project(qb_quant *q, qb_quant_tensor *t, const qb_step *step, const float *z)
{
    size_t n = t->param->n;
    bool edits = (t->caps & QB_CAP_EDITS_LATENT) != 0;
    bool was_finite = !edits || qb_all_finite(z, n);
    qb_view view = t->view;
    view.z = z;
    if (!qb_quant_call(q, t, q->solver->project, "project", step, view))
        return false;
    if (qb_all_finite(t->param->w, n) && (!edits || qb_all_finite(t->param->x, n)))
        return true;
    if (was_finite && (edits || qb_all_finite(z, n)))
        return qb_quant_blame(q, t, "project", "left a weight " QB_NOT_FINITE);
    return true; /* training itself diverged: the loss will say so */
}

static void refresh_levels(qb_quant_tensor *t, int thread, const float *z)
{
    for (int64_t r = 0; r < t->view.n_rows; r++)
        qb_quantizer_levels(t->width->quantizer, thread, z + r * t->view.row_len, t->view.row_len, t->levels + r * t->n_levels);
    t->view.levels = t->levels;
    t->view.n_levels = t->n_levels;
}

static const float *map_input(const qb_quant *q, const qb_quant_tensor *t, int thread)
{
    double shrink = qb_quant_shrink(q);
    if (shrink == 1.0)
        return t->param->x;
    float *z = q->scratch + (size_t)thread * q->scratch_len;
    float by = (float)shrink;
    for (size_t i = 0; i < t->param->n; i++)
        z[i] = t->param->x[i] / by;
    return z;
}

typedef struct step_plan {
    const qb_step *info;
    bool refresh;
} step_plan;

static void step_view(qb_quant *q, qb_quant_tensor *t, const step_plan *plan, int thread)
{
    const qb_solver *s = q->solver;
    qb_param *p = t->param;
    if (s->on_gradient != NULL && !call_on_gradient(q, t, plan->info))
        return;
    double begin = omp_get_wtime();
    if ((t->caps & QB_CAP_OWN_STEP) == 0)
        qb_optim_step(q->optim, t->optim, p->x, p->g, plan->info->lr, t->width->decay_scale);
    if (t->optim_aux >= 0)
        qb_optim_step(q->optim, t->optim_aux, t->view.aux, t->view.aux_g, plan->info->lr, 1.0);
    t->optimizer_seconds = omp_get_wtime() - begin;
    if (s->after_step != NULL && !call_after_step(q, t, plan->info))
        return;
    const float *z = map_input(q, t, thread);
    if (plan->refresh && t->levels != NULL)
        refresh_levels(t, thread, z);
    (void)call_project(q, t, plan->info, z); /* a problem is kept in t */
}

/* ---- all of them ---- */

static void step_plain(qb_quant *q, size_t i, int index, double lr)
{
    qb_param *p = &q->params[i];
    qb_optim_step(q->optim, index, p->x, p->g, lr, 1.0);
    if (p->w != p->x)
        memcpy(p->w, p->x, p->n * sizeof(float));
}

/* Tensors that are not quantized. */
static void step_others(qb_quant *q, double lr)
{
#pragma omp parallel for num_threads(q->options.threads) schedule(dynamic, 1)
    for (size_t i = 0; i < q->n_params; i++)
        if (q->plain[i] >= 0)
            step_plain(q, i, q->plain[i], lr);
}

static void warm_up_views(qb_quant *q, double lr)
{
#pragma omp parallel for num_threads(q->options.threads) schedule(dynamic, 1)
    for (size_t i = 0; i < q->n_tensors; i++)
        step_plain(q, q->tensors[i].param_index, q->tensors[i].optim, lr);
}

static int begin_width(qb_quant *q, qb_quant_width *width, bool *reset)
{
    qb_step_request request = {.size = (uint32_t)sizeof request, .decay_scale = 1.0};
    const char *why = QB_HOOK(&width->instance, "begin_step", false,
                              q->solver->begin_step(width->instance.self, &q->last, &request));
    if (why != NULL)
        return qb_err_set(QB_E_FAILED, "solver '%s': begin_step failed: %s", q->solver->name, why);
    if (!(request.decay_scale >= 0.0 && request.decay_scale <= 1e6))
        return qb_err_set(QB_E_FAILED, "solver '%s': begin_step set decay_scale %g; expected 0 to 1e6", q->solver->name,
                          request.decay_scale);
    width->decay_scale = request.decay_scale;
    *reset = *reset || request.reset_optimizer != 0;
    return 0;
}

/* Momenta are forgotten, all of them, when the instance of any width asks for it. */
static int begin_step(qb_quant *q)
{
    bool reset = false;
    for (int i = 0; q->solver->begin_step != NULL && i < q->n_widths; i++)
        QB_TRY(begin_width(q, &q->widths[i], &reset));
    if (reset)
        qb_optim_reset(q->optim);
    return 0;
}

static void start_views(qb_quant *q)
{
#pragma omp parallel for num_threads(q->n_workers) schedule(dynamic, 1)
    for (size_t g = 0; g < q->n_groups; g++)
        for (size_t i = q->starts[g]; i < q->starts[g + 1]; i++) {
            qb_quant_tensor *t = &q->tensors[q->order[i]];
            (void)qb_quant_call(q, t, q->solver->start, "start", &q->last, t->view); /* a problem is kept in t */
        }
}

/* All views; the time that this took is shared out by what the views say of theirs. */
static void step_views(qb_quant *q, const step_plan *plan)
{
    double begin = omp_get_wtime(), optimizer = 0, all = 0;
#pragma omp parallel for num_threads(q->n_workers) schedule(dynamic, 1)
    for (size_t g = 0; g < q->n_groups; g++)
        for (size_t i = q->starts[g]; i < q->starts[g + 1]; i++) {
            qb_quant_tensor *t = &q->tensors[q->order[i]];
            double view_begin = omp_get_wtime();
            step_view(q, t, plan, omp_get_thread_num());
            t->step_seconds = omp_get_wtime() - view_begin;
        }
    for (size_t i = 0; i < q->n_tensors; i++) {
        optimizer += q->tensors[i].optimizer_seconds;
        all += q->tensors[i].step_seconds;
    }
    double spent = omp_get_wtime() - begin, share = all > 0 ? optimizer / all : 0;
    q->times.optimizer += spent * share;
    q->times.solver += spent * (1 - share);
}

/* With the hooks of the solver; step: q->last. */
static int quantized_step(qb_quant *q, double begin)
{
    const qb_quant_options *o = &q->options;
    int64_t since = q->last.step - o->warmup;
    step_plan plan = {.info = &q->last, .refresh = since == 0 || (o->period > 0 && since % o->period == 0)};
    if (since == 0 && q->solver->start != NULL) {
        start_views(q);
        QB_TRY(qb_quant_report(q));
    }
    QB_TRY(begin_step(q));
    double others_begin = omp_get_wtime();
    q->times.solver += others_begin - begin;
    step_others(q, q->last.lr);
    q->times.optimizer += omp_get_wtime() - others_begin;
    step_views(q, &plan);
    return qb_quant_report(q);
}

/* "begin_step, on_gradient or project": those of a step, but the first one, that the solver has. */
static void name_hooks(const qb_quant *q, char *text, size_t size)
{
    const qb_solver *s = q->solver;
    const struct {
        bool is_there;
        const char *name;
    } hooks[] = {{s->begin_step, "begin_step"}, {s->on_gradient, "on_gradient"},
                 {s->after_step, "after_step"}, {true, "project"}};
    size_t used = 0, last = sizeof hooks / sizeof hooks[0] - 1;
    for (size_t i = 0; i <= last; i++)
        if (hooks[i].is_there)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used == 0 ? "" : i == last ? " or " : ", ", hooks[i].name);
}

int qb_quant_step(qb_quant *q, int64_t step, double lr)
{
    QB_ASSERT(step == q->next_step);
    double begin = omp_get_wtime();
    if (step < q->options.warmup || q->n_tensors == 0) {
        step_others(q, lr);
        warm_up_views(q, lr);
        q->times.optimizer += omp_get_wtime() - begin;
        q->next_step++;
        return 0;
    }
    char hooks[64];
    name_hooks(q, hooks, sizeof hooks);
    q->lr_sum += lr;
    q->last = qb_quant_step_info(q, step, lr);
    qb_visits_begin(q->solver, !q->has_stepped);
    q->has_stepped = true;
    int rc = quantized_step(q, begin);
    qb_quant_end_visits(q, hooks);
    q->next_step += rc == 0;
    return rc;
}

void qb_quant_end_visits(const qb_quant *q, const char *hooks)
{
    qb_visits_end(q->solver, hooks, q->options.plugin->may_use_openmp ? q->options.threads : 0);
}

qb_quant_times qb_quant_take_times(qb_quant *q)
{
    qb_quant_times times = q->times;
    q->times = (qb_quant_times){0};
    return times;
}

static const char *call_metrics(const qb_quant *q, const qb_quant_width *width, qb_metric *out, size_t max, size_t *ret_n)
{
    return QB_HOOK(&width->instance, "metrics", false,
                   (*ret_n = q->solver->metrics(width->instance.self, &q->last, out, max), 0));
}

static int width_metrics(const qb_quant *q, const qb_quant_width *width, qb_quant_metric *out, size_t max, size_t *ret_n)
{
    enum { OF_ONE = 16 };
    qb_metric got[OF_ONE] = {{0}};
    size_t room = max < OF_ONE ? max : OF_ONE;
    char suffix[8] = "";
    if (q->n_widths > 1)
        (void)snprintf(suffix, sizeof suffix, "_w%c", width->bits == 0 ? 't' : '0' + width->bits);
    size_t n = 0;
    qb_visits_begin(q->solver, true);
    const char *why = call_metrics(q, width, got, room, &n);
    qb_quant_end_visits(q, "metrics");
    if (why != NULL)
        return qb_err_set(QB_E_FAILED, "solver '%s': metrics failed: %s", q->solver->name, why);
    n = n < room ? n : room;
    for (size_t i = 0; i < n; i++) {
        if (got[i].name == NULL)
            return qb_err_set(QB_E_FAILED, "solver '%s': metrics left number %zu without a name", q->solver->name, i);
        (void)snprintf(out[i].name, sizeof out[i].name, "%.80s%s", got[i].name, suffix);
        out[i].value = got[i].value;
    }
    *ret_n = n;
    return 0;
}

int qb_quant_metrics(const qb_quant *q, qb_quant_metric *out, size_t max, size_t *ret_n)
{
    size_t n = 0;
    *ret_n = 0;
    if (q->solver->metrics == NULL || q->next_step <= q->options.warmup || q->n_tensors == 0)
        return 0;
    for (int i = 0; i < q->n_widths; i++) {
        size_t more = 0;
        QB_TRY(width_metrics(q, &q->widths[i], out + n, max - n, &more));
        n += more;
    }
    *ret_n = n;
    return 0;
}

double qb_quant_lr_sum(const qb_quant *q)
{
    return q->lr_sum;
}
