/* What every solver must keep, tested hook by hook on a stage. */
#include "quant/conform_rules.h"

#include "base/err.h"
#include "base/mem.h"

#include <string.h>

qb_stage_options qb_conform_options(qb_conform *c, qb_conform_setting setting, qb_scene scene)
{
    return (qb_stage_options){.plugin = c->plugin, .settings = &c->settings, .setting = setting, .scene = scene,
                              .where = c->result->where, .not_finite = &c->result->saw_not_finite,
                              .window_start = QB_STAGE_WINDOW_START, .window_end = QB_STAGE_WINDOW_END};
}

void qb_conform_play(qb_conform *c, const qb_stage_options *o, qb_stage_look each)
{
    qb_stage s;
    qb_stage_init(&s, o);
    while (!s.stopped && s.next_step < QB_STAGE_STEPS && !qb_conform_has_failed(c)) {
        qb_stage_step(&s);
        if (each && !s.stopped)
            each(c, &s);
    }
    qb_stage_finish(&s);
}

void qb_conform_play_all(qb_conform *c, qb_scene scene, qb_stage_look each)
{
    for (int i = 0; i < c->n_settings && !qb_conform_has_failed(c); i++) {
        qb_stage_options o = qb_conform_options(c, c->list[i], scene);
        qb_conform_play(c, &o, each);
    }
}

/* ---- breaches of one kind ---- */

static void play_for_breach(qb_conform *c, const qb_stage_options *o, qb_breach kind)
{
    qb_stage s;
    qb_stage_init(&s, o);
    while (!s.stopped && s.next_step < QB_STAGE_STEPS) {
        qb_stage_step(&s);
        for (int v = 0; v < s.n_views; v++)
            qb_stage_harden(&s, v);
    }
    if (s.breaches[kind])
        qb_conform_fail(c, "%s", s.breaches[kind]);
    qb_stage_finish(&s);
}

static void look_for_breach(qb_conform *c, qb_breach kind, const qb_scene *scenes, int n_scenes)
{
    for (int k = 0; k < n_scenes; k++)
        for (int i = 0; i < c->n_settings && !qb_conform_has_failed(c); i++) {
            qb_stage_options o = qb_conform_options(c, c->list[i], scenes[k]);
            play_for_breach(c, &o, kind);
            o.shrunk = true;
            o.window_start = o.window_end = 9; /* an empty window */
            if (!qb_conform_has_failed(c))
                play_for_breach(c, &o, kind);
        }
}

static const qb_scene finite_scenes[] = {QB_SCENE_PLAIN, QB_SCENE_SPECIAL};
static const qb_scene poisoned_scenes[] = {QB_SCENE_POISON_X, QB_SCENE_POISON_G};

static void test_hooks_succeed(qb_conform *c)
{
    if (c->n_settings == 0)
        qb_conform_fail(c, "supports refuses every bit width and granularity: %s", qb_err_text());
    look_for_breach(c, QB_BREACH_RETURN, finite_scenes, 1);
}

static void test_special_rows(qb_conform *c)
{
    look_for_breach(c, QB_BREACH_RETURN, finite_scenes + 1, 1);
}

static void test_latent(qb_conform *c)
{
    if (c->solver->caps & QB_CAP_EDITS_LATENT)
        qb_conform_skip(c, "it claims EDITS_LATENT"); /* unless bind gave it up for a view: that is tested */
    look_for_breach(c, QB_BREACH_LATENT, finite_scenes, 2);
}

static void test_outside(qb_conform *c)
{
    look_for_breach(c, QB_BREACH_OUTSIDE, finite_scenes, 2);
}

static void test_forbidden(qb_conform *c)
{
    look_for_breach(c, QB_BREACH_FORBIDDEN, finite_scenes, 2);
}

static void test_finite(qb_conform *c)
{
    c->result->is_about_not_finite = true;
    look_for_breach(c, QB_BREACH_FINITE, finite_scenes, 2);
}

/* Whether hooks fail on such weights is theirs to decide. */
static void test_poison(qb_conform *c)
{
    look_for_breach(c, QB_BREACH_OUTSIDE, poisoned_scenes, 2);
}

/* ---- every weight is written ---- */

/* Plays the first step with another w on entry of project: what stays there was not written. */
static void test_all_written(qb_conform *c)
{
    for (int i = 0; i < c->n_settings && !qb_conform_has_failed(c); i++) {
        qb_stage s[2];
        for (int k = 0; k < 2; k++) {
            qb_stage_options o = qb_conform_options(c, c->list[i], QB_SCENE_PLAIN);
            qb_stage_init(&s[k], &o);
            if (s[k].stopped)
                continue;
            for (int v = 0; v < s[k].n_views; v++)
                for (int64_t j = 0; j < s[k].views[v].arrays[QB_ARRAY_W].n; j++) {
                    s[k].views[v].view.w[j] = k == 0 ? 0.7510f : -0.6430f; /* no weight, no level */
                    s[k].views[v].target[j] = s[k].views[v].view.w[j];    /* so that g is the same, 0 */
                }
            qb_stage_step(&s[k]);
        }
        for (int v = 0; v < s[0].n_views && !s[0].stopped && !s[1].stopped; v++) {
            const qb_guarded *a = &s[0].views[v].arrays[QB_ARRAY_W], *b = &s[1].views[v].arrays[QB_ARRAY_W];
            for (int64_t j = 0; j < a->n; j++)
                if (a->data[j] == 0.7510f && b->data[j] == -0.6430f)
                    qb_conform_fail(c, "%s: project of %s left w[%lld] of %lld as it was", qb_conform_setting_text(c->list[i]),
                                    s[0].views[v].name, (long long)j, (long long)a->n);
        }
        qb_stage_finish(&s[0]);
        qb_stage_finish(&s[1]);
    }
}

/* ---- hard weights ---- */

static void look_at_idempotence(qb_conform *c, qb_stage *s)
{
    for (int v = 0; v < s->n_views; v++) {
        qb_guarded *a = s->views[v].arrays;
        size_t n = (size_t)a[QB_ARRAY_W].n, bytes = n * sizeof(float);
        float *first = qb_alloc(2 * n, sizeof(float)), *w = first + n;
        QB_ASSERT(first);
        memcpy(w, s->views[v].view.w, bytes);
        qb_stage_harden(s, v);
        memcpy(first, a[QB_ARRAY_OUT].data, bytes);
        memset(a[QB_ARRAY_OUT].data, 0x3c, bytes);
        qb_stage_harden(s, v);
        for (size_t j = 0; j < n && !s->stopped; j++)
            if (memcmp(&first[j], &a[QB_ARRAY_OUT].data[j], sizeof(float)) != 0)
                qb_conform_fail(c, "%s: a second call gave out[%zu] = %.9g, the first %.9g", s->o.where, j,
                                (double)a[QB_ARRAY_OUT].data[j], (double)first[j]);
        memcpy(s->views[v].view.w, first, bytes); /* hard weights in */
        qb_stage_harden(s, v);
        for (size_t j = 0; j < n && !s->stopped; j++)
            if (memcmp(&first[j], &a[QB_ARRAY_OUT].data[j], sizeof(float)) != 0)
                qb_conform_fail(c, "%s: changed the hard weight w[%zu] = %.9g to %.9g", s->o.where, j, (double)first[j],
                                (double)a[QB_ARRAY_OUT].data[j]);
        memcpy(s->views[v].view.w, w, bytes);
        qb_free(first);
    }
}

static void test_idempotence(qb_conform *c)
{
    if (!c->solver->finish)
        qb_conform_skip(c, "it has no finish of its own");
    else {
        qb_conform_play_all(c, QB_SCENE_PLAIN, look_at_idempotence);
        qb_conform_play_all(c, QB_SCENE_SPECIAL, look_at_idempotence);
    }
}

int qb_conform_max_values(int bits)
{
    return bits == 0 ? 3 : 1 << bits;
}

int qb_conform_count_values(const float *x, int64_t n, int most)
{
    float found[257];
    int count = 0;
    for (int64_t i = 0; i < n; i++) {
        int k = 0;
        while (k < count && found[k] != x[i])
            k++;
        if (k < count)
            continue;
        if (count > most)
            break;
        found[count++] = x[i];
    }
    return count;
}

static void look_at_levels(qb_conform *c, qb_stage *s)
{
    int most = qb_conform_max_values(s->o.setting.bits);
    for (int v = 0; v < s->n_views; v++) {
        if (s->views[v].caps & QB_CAP_FULL_PRECISION)
            continue;
        qb_stage_harden(s, v);
        const qb_view *view = &s->views[v].view;
        for (int64_t r = 0; r < view->n_rows && !s->stopped; r++) {
            const float *row = s->views[v].arrays[QB_ARRAY_OUT].data + r * view->row_len;
            int got = qb_conform_count_values(row, view->row_len, most);
            if (got > most)
                qb_conform_fail(c, "%s, step %lld, %s: row %lld of the hard weights has more than %d values",
                                qb_conform_setting_text(s->o.setting), (long long)s->step.step, s->views[v].name,
                                (long long)r, most);
        }
    }
}

static void test_levels(qb_conform *c)
{
    if (c->solver->caps & QB_CAP_FULL_PRECISION)
        qb_conform_skip(c, "it claims FULL_PRECISION");
    else {
        qb_conform_play_all(c, QB_SCENE_PLAIN, look_at_levels);
        qb_conform_play_all(c, QB_SCENE_SPECIAL, look_at_levels);
    }
}

/* ---- instances ---- */

static void compare_stages(qb_conform *c, const qb_stage *a, const qb_stage *b, const char *what)
{
    static const int arrays[] = {QB_ARRAY_X, QB_ARRAY_W, QB_ARRAY_AUX, QB_ARRAY_WEIGHT_STATE, QB_ARRAY_ROW_STATE};
    static const char *const names[] = {"x", "w", "aux", "weight_state", "row_state"};
    for (int v = 0; v < a->n_views && !a->stopped && !b->stopped; v++)
        for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++) {
            const qb_guarded *p = &a->views[v].arrays[arrays[k]], *q = &b->views[v].arrays[arrays[k]];
            for (int64_t j = 0; p->data && j < p->n; j++)
                if (memcmp(&p->data[j], &q->data[j], sizeof(float)) != 0) {
                    qb_conform_fail(c, "%s, after step %lld: %s[%lld] of %s is %.9g, but %.9g %s",
                                    qb_conform_setting_text(a->o.setting), (long long)a->step.step, names[k], (long long)j,
                                    a->views[v].name, (double)p->data[j], (double)q->data[j], what);
                    return;
                }
        }
}

/* `alone` runs through first; then another instance, with other weights, and a third take their hooks in turn. */
static void test_instances(qb_conform *c)
{
    for (int i = 0; i < c->n_settings && !qb_conform_has_failed(c); i++) {
        qb_stage alone, first, second;
        qb_stage_options o = qb_conform_options(c, c->list[i], QB_SCENE_PLAIN);
        qb_stage_init(&alone, &o);
        while (!alone.stopped && alone.next_step < QB_STAGE_STEPS)
            qb_stage_step(&alone);
        qb_stage_init(&first, &o);
        o.seed = 1;
        o.window_start = 3; /* so that they are in different phases */
        o.window_end = 5;
        qb_stage_init(&second, &o);
        while (!first.stopped && !second.stopped && first.next_step < QB_STAGE_STEPS) {
            qb_stage_begin_step(&first);
            qb_stage_begin_step(&second);
            for (int v = 0; v < first.n_views; v++) {
                qb_stage_step_view(&second, v);
                qb_stage_step_view(&first, v);
            }
            qb_stage_end_step(&first);
            qb_stage_end_step(&second);
        }
        compare_stages(c, &alone, &first, "beside another instance");
        qb_stage_finish(&second);
        qb_stage_finish(&first);
        qb_stage_finish(&alone);
    }
}

static void test_order_of_views(qb_conform *c)
{
    if (!(c->solver->caps & QB_CAP_PARALLEL_VIEWS)) {
        qb_conform_skip(c, "it does not claim PARALLEL_VIEWS");
        return;
    }
    for (int i = 0; i < c->n_settings && !qb_conform_has_failed(c); i++) {
        qb_stage forth, back;
        qb_stage_options o = qb_conform_options(c, c->list[i], QB_SCENE_PLAIN);
        qb_stage_init(&forth, &o);
        qb_stage_init(&back, &o);
        while (!forth.stopped && !back.stopped && forth.next_step < QB_STAGE_STEPS && !qb_conform_has_failed(c)) {
            qb_stage_step(&forth);
            qb_stage_begin_step(&back);
            for (int v = back.n_views - 1; v >= 0; v--)
                qb_stage_step_view(&back, v);
            qb_stage_end_step(&back);
            compare_stages(c, &forth, &back, "with the views in reverse order");
        }
        qb_stage_finish(&back);
        qb_stage_finish(&forth);
    }
}

const qb_rule qb_hook_rules[] = {
    {"create, bind and every hook succeed at every bit width and granularity that supports accepts", 0, test_hooks_succeed},
    {"every hook succeeds on rows of zeros, of equal weights, of denormals, of large and of tiny weights", 0, test_special_rows},
    {"nothing is written outside the view", 0, test_outside},
    {"infinite and NaN weights or gradients crash nothing and spill nothing", 0, test_poison},
    {"x is changed only with EDITS_LATENT, by after_step and project", 0, test_latent},
    {"a hook changes only the arrays that are its own to change", 0, test_forbidden},
    {"finite weights and gradients stay finite", 0, test_finite},
    {"project writes every weight", 0, test_all_written},
    {"finish gives the same again, and leaves hard weights as they are, bit for bit", 0, test_idempotence},
    {"a row of hard weights has at most 2^bits values (ternary: 3)", 0, test_levels},
    {"two instances side by side do not influence each other", 0, test_instances},
    {"with PARALLEL_VIEWS, the order of the views changes no bit", 0, test_order_of_views},
    {NULL, 0, NULL},
};
