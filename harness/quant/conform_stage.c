/* See conform_stage.h. Letters: x latent, z input of the map, w forward weights, g gradient, t step, v view.
 *
 * The pseudo-training: g = 0.3 (w - target), plain gradient descent with lr falling to zero. Everything follows from
 * names and the seed, so that two stages with equal options give equal bits.
 */
#include "quant/conform_stage.h"

#include "base/err.h"
#include "base/mem.h"
#include "quant/conform_views.h"
#include "quant/supports.h"

#include <qatbench/solver_util.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PERIOD = 3, STEPS_PER_EPOCH = 5 };
static const double LR_BASE = 0.1, WEIGHT_DECAY = 1e-3;

static const char *const array_names[QB_N_ARRAYS] = {"x", "z", "w", "g", "levels", "aux", "aux_g", "weight_state",
                                                     "row_state", "out"};

const char *qb_conform_setting_text(qb_conform_setting s)
{
    static char text[40];
    if (s.bits == 0)
        (void)snprintf(text, sizeof text, "ternary by %s", qb_granularity_name(s.granularity));
    else
        (void)snprintf(text, sizeof text, "%d bit%s by %s", s.bits, s.bits == 1 ? "" : "s",
                       qb_granularity_name(s.granularity));
    return text;
}

bool qb_conform_is_supported(const qb_plugin *p, const qb_settings *settings, qb_conform_setting setting)
{
    return qb_supports_ask(p, settings, setting.bits, qb_granularity_name(setting.granularity)) == 0;
}

/* ---- breaches ---- */

static void note(qb_stage *s, qb_breach kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void note(qb_stage *s, qb_breach kind, const char *fmt, ...)
{
    if (s->breaches[kind])
        return;
    char text[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    s->breaches[kind] = qb_sprintf("%s: %s", s->o.where, text);
    if (kind == QB_BREACH_FINITE)
        *s->o.not_finite = true;
}

/* Says what is called next: read by the parent when this process dies in it. */
static void say_where(qb_stage *s, const char *hook, const qb_stage_view *v)
{
    (void)snprintf(s->o.where, 256, "%s, step %lld, %s%s%s", qb_conform_setting_text(s->o.setting),
                   (long long)s->next_step, hook, v ? " of " : "", v ? v->name : "");
}

static void stop(qb_stage *s, const char *hook, const char *why)
{
    note(s, QB_BREACH_RETURN, "%s returned an error: %s", hook, why);
    s->stopped = true;
}

/* ---- guarded arrays ---- */

static const float guard_mark = 7.25e8f;

static void keep(qb_guarded *a)
{
    if (a->data)
        memcpy(a->kept, a->data - a->margin, (size_t)(a->n + 2 * a->margin) * sizeof *a->data);
}

/* Index of the first element that changed, in -margin..n+margin-1; n + margin: none. */
static int64_t first_change(const qb_guarded *a)
{
    const float *now = a->data - a->margin;
    int64_t all = a->n + 2 * a->margin, i = 0;
    if (memcmp(now, a->kept, (size_t)all * sizeof *now) == 0)
        return a->n + a->margin;
    while (memcmp(&now[i], &a->kept[i], sizeof *now) == 0)
        i++;
    return i - a->margin;
}

static bool guards_broken(const qb_guarded *a)
{
    for (int64_t i = 0; i < a->margin; i++)
        if (a->data[-1 - i] != guard_mark || a->data[a->n + i] != guard_mark)
            return true;
    return false;
}

static void keep_all(qb_stage_view *v)
{
    for (int k = 0; k < QB_N_ARRAYS; k++)
        keep(&v->arrays[k]);
}

static bool all_finite(const qb_guarded *a)
{
    for (int64_t i = 0; a->data && i < a->n; i++)
        if (!isfinite(a->data[i]))
            return false;
    return true;
}

/* may: bits 1 << QB_ARRAY_* of what the hook may write. */
static void check_writes(qb_stage *s, qb_stage_view *v, const char *hook, unsigned may)
{
    for (int k = 0; k < QB_N_ARRAYS; k++) {
        qb_guarded *a = &v->arrays[k];
        if (!a->data)
            continue;
        int64_t at = first_change(a);
        if (at == a->n + a->margin)
            continue;
        if (guards_broken(a))
            note(s, QB_BREACH_OUTSIDE, "%s wrote outside %s, which has %lld values", hook, array_names[k], (long long)a->n);
        if ((may & (1u << k)) || at < 0 || at >= a->n)
            continue;
        note(s, k == QB_ARRAY_X ? QB_BREACH_LATENT : QB_BREACH_FORBIDDEN, "%s changed %s[%lld] from %.9g to %.9g", hook,
             array_names[k], (long long)at, (double)a->kept[at + a->margin], (double)a->data[at]);
    }
}

static void add_array(qb_stage_view *v, int k, int64_t n)
{
    if (n == 0)
        return;
    qb_guarded *a = &v->arrays[k];
    a->n = n;
    a->margin = 64 + v->view.row_len * 2;
    float *memory = qb_alloc((size_t)(n + 2 * a->margin), sizeof *memory);
    a->kept = qb_alloc((size_t)(n + 2 * a->margin), sizeof *a->kept);
    QB_ASSERT(memory && a->kept); /* a process of its own, small blocks */
    for (int64_t i = 0; i < a->margin; i++)
        memory[i] = memory[a->margin + n + i] = guard_mark;
    a->data = memory + a->margin;
}

static void free_array(qb_guarded *a)
{
    if (a->data)
        qb_free(a->data - a->margin);
    qb_free(a->kept);
}

/* ---- making the instance ---- */

static void create_instance(qb_stage *s)
{
    for (int v = 0; v < s->n_views; v++)
        s->view_names[v] = s->views[v].name;
    say_where(s, "create", NULL);
    const qb_instance_options options = {.plugin = s->o.plugin,
                                         .settings = s->o.settings,
                                         .bits = s->o.setting.bits,
                                         .n_views = (uint32_t)s->n_views,
                                         .view_names = s->view_names,
                                         .n_steps = QB_STAGE_STEPS,
                                         .first_step = QB_STAGE_FIRST_STEP,
                                         .weight_decay = WEIGHT_DECAY,
                                         .seed = s->o.seed};
    const char *why;
    int rc = qb_instance_init(&s->instance, &options, &why);
    QB_ASSERT(rc != QB_E_NOMEM);
    if (rc < 0)
        stop(s, "create", why);
}

static void bind_view(qb_stage *s, qb_stage_view *v)
{
    qb_bind r;
    qb_view shape = v->view;
    say_where(s, "bind", v);
    const char *why = qb_instance_bind(&s->instance, &shape, &r);
    if (why != NULL) {
        note(s, QB_BREACH_RETURN, "bind %s", why);
        s->stopped = true;
        return;
    }
    int64_t rows = v->view.n_rows, n = rows * v->view.row_len;
    add_array(v, QB_ARRAY_AUX, rows * r.n_aux);
    add_array(v, QB_ARRAY_AUX_G, rows * r.n_aux);
    add_array(v, QB_ARRAY_WEIGHT_STATE, n * r.state_per_weight);
    add_array(v, QB_ARRAY_ROW_STATE, rows * r.state_per_row);
    v->caps = r.caps;
    v->aux_lr_factor = r.aux_lr_factor;
    v->view.n_aux = r.n_aux;
}

static bool has_levels(const qb_stage_view *v)
{
    return !(v->caps & (QB_CAP_OWN_LEVELS | QB_CAP_FULL_PRECISION));
}

static void make_quantizer(qb_stage *s)
{
    int64_t longest = 0;
    for (int v = 0; v < s->n_views; v++)
        if (has_levels(&s->views[v]) && s->views[v].view.row_len > longest)
            longest = s->views[v].view.row_len;
    if (longest == 0)
        return;
    int rc = qb_quantizer_create("lsbq", s->o.setting.bits, longest, 1, &s->quantizer);
    QB_ASSERT(rc == 0); /* it offers all bit widths */
}

static void add_memory(qb_stage *s, qb_stage_view *v)
{
    int64_t n = v->view.n_rows * v->view.row_len;
    static const int own[] = {QB_ARRAY_X, QB_ARRAY_Z, QB_ARRAY_W, QB_ARRAY_G, QB_ARRAY_OUT};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        add_array(v, own[i], n);
    if (has_levels(v))
        add_array(v, QB_ARRAY_LEVELS, v->view.n_rows * qb_quantizer_n_levels(s->quantizer));
    v->view.x = v->arrays[QB_ARRAY_X].data;
    v->view.w = v->arrays[QB_ARRAY_W].data;
    v->view.aux = v->arrays[QB_ARRAY_AUX].data;
    v->view.aux_g = v->arrays[QB_ARRAY_AUX_G].data;
    v->view.weight_state = v->arrays[QB_ARRAY_WEIGHT_STATE].data;
    v->view.row_state = v->arrays[QB_ARRAY_ROW_STATE].data;
    v->target = qb_alloc((size_t)n, sizeof *v->target);
    QB_ASSERT(v->target);
    qb_stage_fill(s, v);
}

void qb_stage_init(qb_stage *s, const qb_stage_options *options)
{
    *s = (qb_stage){.o = *options, .solver = &options->plugin->solver, .next_step = QB_STAGE_FIRST_STEP};
    qb_stage_describe_views(s);
    create_instance(s);
    for (int v = 0; v < s->n_views && !s->stopped; v++)
        bind_view(s, &s->views[v]);
    if (s->stopped)
        return;
    make_quantizer(s);
    for (int v = 0; v < s->n_views; v++)
        add_memory(s, &s->views[v]);
}

void qb_stage_finish(qb_stage *s)
{
    say_where(s, "destroy", NULL);
    qb_instance_finish(&s->instance);
    for (int v = 0; v < s->n_views; v++) {
        for (int k = 0; k < QB_N_ARRAYS; k++)
            free_array(&s->views[v].arrays[k]);
        qb_free(s->views[v].target);
    }
    for (int k = 0; k < QB_N_BREACHES; k++)
        qb_free(s->breaches[k]);
    qb_quantizer_destroy(s->quantizer);
}

/* ---- one step ---- */

typedef int (*view_hook)(void *self, const qb_step *step, qb_view *view);

/* Pointers that are valid in this hook only are in `view`, a copy. false: stopped. */
static bool call(qb_stage *s, qb_stage_view *v, view_hook hook, const char *name, qb_view view, unsigned may)
{
    say_where(s, name, v);
    keep_all(v);
    qb_step step = s->step;
    const char *why = QB_HOOK(&s->instance, name, false, hook(s->instance.self, &step, &view));
    check_writes(s, v, name, may);
    if (why)
        stop(s, name, why);
    return !why;
}

static double lr_at(int64_t step)
{
    return LR_BASE * (1.0 - (double)step / QB_STAGE_STEPS);
}

static double lr_sum_total(void)
{
    double sum = 0.0;
    for (int64_t t = QB_STAGE_FIRST_STEP; t < QB_STAGE_STEPS; t++)
        sum += lr_at(t);
    return sum;
}

static double fraction_at(const qb_stage *s, double t)
{
    double start = s->o.window_start, end = s->o.window_end;
    if (end > start)
        return (t - start) / (end - start);
    return t < end ? -1.0 : 2.0;
}

void qb_stage_begin_step(qb_stage *s)
{
    if (s->stopped)
        return;
    int64_t t = s->next_step;
    s->lr_sum += lr_at(t);
    s->step = (qb_step){.size = (uint32_t)sizeof s->step, .step = t, .first_step = QB_STAGE_FIRST_STEP,
                        .n_steps = QB_STAGE_STEPS, .steps_per_epoch = STEPS_PER_EPOCH,
                        .anneal_start = s->o.window_start, .anneal_end = s->o.window_end,
                        .fraction = fraction_at(s, (double)t), .lr = lr_at(t), .lr_base = LR_BASE, .lr_sum = s->lr_sum,
                        .lr_sum_total = lr_sum_total()};
    const unsigned own = 1u << QB_ARRAY_AUX | 1u << QB_ARRAY_WEIGHT_STATE | 1u << QB_ARRAY_ROW_STATE;
    if (t == QB_STAGE_FIRST_STEP && s->solver->start)
        for (int v = 0; v < s->n_views; v++)
            if (!call(s, &s->views[v], s->solver->start, "start", s->views[v].view, own))
                return;
    s->decay_scale = 1.0;
    if (!s->solver->begin_step)
        return;
    qb_step_request r = {.size = (uint32_t)sizeof r, .decay_scale = 1.0};
    qb_step step = s->step;
    say_where(s, "begin_step", NULL);
    const char *why = QB_HOOK(&s->instance, "begin_step", false, s->solver->begin_step(s->instance.self, &step, &r));
    if (why)
        stop(s, "begin_step", why);
    else if (!(r.decay_scale >= 0.0 && r.decay_scale <= 1e6)) {
        note(s, QB_BREACH_RETURN, "begin_step set decay_scale to %g; expected 0 to 1e6", r.decay_scale);
        s->stopped = true;
    }
    s->decay_scale = r.decay_scale;
}

static void take_base_step(const qb_stage *s, qb_stage_view *v)
{
    int64_t n = v->arrays[QB_ARRAY_X].n, n_aux = v->arrays[QB_ARRAY_AUX].n;
    float lr = (float)s->step.lr, decay = (float)(WEIGHT_DECAY * s->decay_scale);
    float *x = v->view.x;
    const float *g = v->arrays[QB_ARRAY_G].data;
    if (!(v->caps & QB_CAP_OWN_STEP))
        for (int64_t i = 0; i < n; i++)
            x[i] -= lr * (g[i] + decay * x[i]);
    for (int64_t i = 0; i < n_aux; i++)
        v->view.aux[i] -= lr * v->aux_lr_factor * v->view.aux_g[i];
}

static void renew_levels(const qb_stage *s, qb_stage_view *v, const float *z)
{
    if (!has_levels(v) || (s->next_step - QB_STAGE_FIRST_STEP) % PERIOD != 0)
        return;
    int n_levels = qb_quantizer_n_levels(s->quantizer);
    float *levels = v->arrays[QB_ARRAY_LEVELS].data;
    if (s->o.levels_of)
        memcpy(levels, s->o.levels_of->views[v - s->views].arrays[QB_ARRAY_LEVELS].data,
               (size_t)(v->view.n_rows * n_levels) * sizeof *levels);
    else
        for (int64_t r = 0; r < v->view.n_rows; r++)
            qb_quantizer_levels(s->quantizer, 0, z + r * v->view.row_len, v->view.row_len, levels + r * n_levels);
    v->view.levels = levels;
    v->view.n_levels = n_levels;
}

void qb_stage_step_view(qb_stage *s, int index)
{
    if (s->stopped)
        return;
    qb_stage_view *v = &s->views[index];
    qb_guarded *a = v->arrays;
    const unsigned state = 1u << QB_ARRAY_WEIGHT_STATE | 1u << QB_ARRAY_ROW_STATE;
    const unsigned latent = v->caps & QB_CAP_EDITS_LATENT ? 1u << QB_ARRAY_X : 0u;
    qb_stage_gradient(s, v);
    for (int64_t i = 0; i < a[QB_ARRAY_AUX_G].n; i++)
        v->view.aux_g[i] = 0.0f;
    bool was_finite = all_finite(&a[QB_ARRAY_X]) && all_finite(&a[QB_ARRAY_G]) && all_finite(&a[QB_ARRAY_W]);

    qb_view view = v->view;
    view.g = a[QB_ARRAY_G].data;
    if (s->solver->on_gradient && !call(s, v, s->solver->on_gradient, "on_gradient", view,
                                        state | 1u << QB_ARRAY_G | 1u << QB_ARRAY_AUX_G))
        return;
    if (was_finite && !(all_finite(&a[QB_ARRAY_G]) && all_finite(&a[QB_ARRAY_AUX_G])))
        note(s, QB_BREACH_FINITE, "on_gradient left a gradient that is not finite");
    take_base_step(s, v);
    if (s->solver->after_step && !call(s, v, s->solver->after_step, "after_step", view,
                                       state | latent | 1u << QB_ARRAY_AUX))
        return;

    bool shrunk = s->o.shrunk && !latent && has_levels(v);
    for (int64_t i = 0; i < a[QB_ARRAY_Z].n; i++)
        a[QB_ARRAY_Z].data[i] = shrunk ? 0.5f * v->view.x[i] : v->view.x[i]; /* what project saw, for the rules */
    const float *z = shrunk ? a[QB_ARRAY_Z].data : v->view.x;
    renew_levels(s, v, z);
    view = v->view;
    view.z = z;
    if (!call(s, v, s->solver->project, "project", view, state | latent | 1u << QB_ARRAY_W))
        return;
    if (was_finite && !(all_finite(&a[QB_ARRAY_W]) && all_finite(&a[QB_ARRAY_X])))
        note(s, QB_BREACH_FINITE, "project left a weight that is not finite");
}

void qb_stage_end_step(qb_stage *s)
{
    s->next_step++;
}

void qb_stage_step(qb_stage *s)
{
    qb_stage_begin_step(s);
    for (int v = 0; v < s->n_views; v++)
        qb_stage_step_view(s, v);
    qb_stage_end_step(s);
}

/* ---- hard weights ---- */

void qb_stage_harden(qb_stage *s, int index)
{
    qb_stage_view *v = &s->views[index];
    float *out = v->arrays[QB_ARRAY_OUT].data;
    int64_t n = v->arrays[QB_ARRAY_W].n, len = v->view.row_len;
    if (s->stopped)
        return;
    if (s->solver->finish) {
        say_where(s, "finish", v);
        keep_all(v);
        qb_view view = v->view;
        bool was_finite = all_finite(&v->arrays[QB_ARRAY_W]) && all_finite(&v->arrays[QB_ARRAY_X]);
        const char *why = QB_HOOK(&s->instance, "finish", false, s->solver->finish(s->instance.self, &s->step, &view, out));
        check_writes(s, v, "finish", 1u << QB_ARRAY_OUT);
        if (why)
            stop(s, "finish", why);
        else if (was_finite && !all_finite(&v->arrays[QB_ARRAY_OUT]))
            note(s, QB_BREACH_FINITE, "finish left a weight that is not finite");
    } else if (!has_levels(v)) {
        memcpy(out, v->view.w, (size_t)n * sizeof *out);
    } else {
        for (int64_t i = 0; i < n; i++)
            out[i] = qb_nearest(v->view.levels + i / len * v->view.n_levels, v->view.n_levels, v->view.w[i]);
    }
}
