/* What every solver must keep, tested hook by hook on a stage. */
#include "quant/conform_rules.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static qb_stage_options options_for(qb_conform *c, qb_conform_setting setting, qb_scene scene)
{
    return qb_stage_defaults(c->plugin, &c->settings, setting, scene, c->result->where);
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
        qb_stage_options o = options_for(c, c->list[i], scene);
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
            qb_stage_options o = options_for(c, c->list[i], scenes[k]);
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
            qb_stage_options o = options_for(c, c->list[i], QB_SCENE_PLAIN);
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
        qb_stage_options o = options_for(c, c->list[i], QB_SCENE_PLAIN);
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
        qb_stage_options o = options_for(c, c->list[i], QB_SCENE_PLAIN);
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

static void live_once(qb_conform *c, qb_conform_setting setting, int n_steps)
{
    qb_stage s;
    qb_stage_options o = options_for(c, setting, QB_SCENE_PLAIN);
    qb_stage_init(&s, &o);
    for (int k = 0; k < n_steps && !s.stopped; k++)
        qb_stage_step(&s);
    qb_stage_finish(&s);
}

/* By the C library's own count of bytes in use; a sanitizer's library counts nothing, and looks for leaks itself. */
static void test_leaks(qb_conform *c)
{
    enum { LIVES = 40 };
    if (c->n_settings == 0)
        return;
    for (int k = 0; k < LIVES; k++) /* until the library's caches are full */
        live_once(c, c->list[0], 4);
    size_t before = mallinfo2().uordblks;
    for (int k = 0; k < LIVES; k++)
        live_once(c, c->list[0], 4);
    size_t after = mallinfo2().uordblks;
    if (after >= before + LIVES * 16)
        qb_conform_fail(c, "%d instances, made and destroyed, left %zu bytes", LIVES, after - before);
}

static int count_threads(void)
{
    DIR *d = opendir("/proc/self/task");
    int n = 0;
    while (d && readdir(d))
        n++;
    if (d)
        (void)closedir(d);
    return n;
}

static void look_at_threads(qb_conform *c, qb_stage *s)
{
    if (count_threads() > 3) /* ".", ".." and this one */
        qb_conform_fail(c, "%s, step %lld: the process has another thread", qb_conform_setting_text(s->o.setting),
                        (long long)s->step.step);
}

static void test_threads(qb_conform *c)
{
    qb_conform_play_all(c, QB_SCENE_PLAIN, look_at_threads);
}

/* ---- options ---- */

/* Text of the k-th value worth trying, or NULL. */
static const char *option_end(const qb_option *o, int k, char *buf)
{
    static const double too_far = 1e15; /* bounds beyond are there because a bound must be given */
    switch (o->kind) {
    case QB_KIND_BOOL: return k == 0 ? "false" : k == 1 ? "true" : NULL;
    case QB_KIND_CHOICE: return o->choices[k];
    case QB_KIND_REALS: /* one element at each end */
    case QB_KIND_INT:
    case QB_KIND_REAL:
        if (k > 1 || !(o->min < o->max))
            return NULL;
        if (k == 0 && !(o->flags & QB_OPT_MIN_OPEN) && o->min > -too_far)
            return qb_format_real(o->min, buf);
        if (o->max < too_far)
            return qb_format_real(o->max, buf);
        return qb_format_real(o->min < 1.0 ? 2.0 : 2.0 * o->min, buf);
    default: return NULL;
    }
}

static void try_option(qb_conform *c, const qb_option *o, const char *text)
{
    qb_settings s;
    QB_ASSERT(qb_settings_copy(&s, &c->settings) == 0);
    if (qb_settings_set(&s, o->name, text) < 0) {
        qb_conform_fail(c, "%s", qb_err_text());
    } else {
        for (int i = 0; i < c->n_settings && !qb_conform_has_failed(c); i++) {
            if (!qb_conform_is_supported(c->plugin, &s, c->list[i]))
                continue; /* refused with a reason before training: fine */
            qb_stage stage;
            qb_stage_options so = options_for(c, c->list[i], QB_SCENE_PLAIN);
            so.settings = &s;
            qb_stage_init(&stage, &so);
            while (!stage.stopped && stage.next_step < QB_STAGE_STEPS)
                qb_stage_step(&stage);
            const char *why = stage.breaches[QB_BREACH_RETURN] ? stage.breaches[QB_BREACH_RETURN]
                                                               : stage.breaches[QB_BREACH_FINITE];
            if (why)
                qb_conform_fail(c, "%s = %s: %s", o->name, text, why);
            qb_stage_finish(&stage);
        }
    }
    qb_settings_finish(&s);
}

static void test_options(qb_conform *c)
{
    char buf[32];
    if (c->solver->n_options == 0)
        qb_conform_skip(c, "it has no options");
    for (uint32_t i = 0; i < c->solver->n_options; i++) {
        const char *text;
        for (int k = 0; (text = option_end(&c->plugin->options[i], k, buf)) != NULL; k++)
            try_option(c, &c->plugin->options[i], text);
    }
}

/* ---- small hooks ---- */

static void test_supports(qb_conform *c)
{
    if (!c->solver->supports) {
        qb_conform_skip(c, "it has no supports: everything works");
        return;
    }
    qb_option_value *values = qb_plugin_values(c->plugin, &c->settings);
    QB_ASSERT(values);
    for (int bits = 0; bits <= 8; bits++)
        for (int g = QB_PER_TENSOR; g <= QB_PER_BLOCK; g++) {
            char why[300];
            memset(why, 'x', sizeof why);
            why[0] = '\0';
            const char *by = qb_granularity_text((qb_granularity)g);
            qb_conform_setting setting = {bits, (qb_granularity)g};
            if (c->solver->supports(values, bits, by, why, 256) == 0)
                continue;
            if (!memchr(why, 0, 256) || strlen(why) == 0)
                qb_conform_fail(c, "%s is refused without a reason", qb_conform_setting_text(setting));
            memset(why, 'x', sizeof why);
            why[0] = '\0';
            (void)c->solver->supports(values, bits, by, why, 8);
            for (size_t i = 8; i < sizeof why; i++)
                if (why[i] != 'x')
                    qb_conform_fail(c, "%s: the reason has 8 bytes and supports wrote byte %zu",
                                    qb_conform_setting_text(setting), i);
        }
    qb_free(values);
}

static void look_at_save(qb_conform *c, qb_stage *s)
{
    char *bytes;
    size_t need = s->solver->save(s->self, NULL, 0);
    if (need > ((size_t)1 << 30)) {
        qb_conform_fail(c, "%s: save asks for %zu bytes", s->o.where, need);
        return;
    }
    for (int k = 0; k < 2; k++) { /* room for half of it, then for all */
        size_t capacity = k == 0 ? need / 2 : need;
        bytes = qb_alloc(need + 64, 1);
        QB_ASSERT(bytes);
        memset(bytes, 0x5a, need + 64);
        size_t again = s->solver->save(s->self, bytes, capacity);
        if (again != need)
            qb_conform_fail(c, "%s: save needs %zu bytes and then %zu", s->o.where, need, again);
        for (size_t i = capacity; i < need + 64; i++)
            if (bytes[i] != 0x5a)
                qb_conform_fail(c, "%s: save may write %zu bytes and wrote byte %zu", s->o.where, capacity, i);
        qb_free(bytes);
    }
}

static void test_save(qb_conform *c)
{
    if (!c->solver->save)
        qb_conform_skip(c, "it has no save");
    else
        qb_conform_play_all(c, QB_SCENE_PLAIN, look_at_save);
}

static void look_at_metrics(qb_conform *c, qb_stage *s)
{
    enum { MAX = 8, SPARE = 4 };
    static const char untouched[] = "untouched";
    for (size_t max = 0; max <= MAX; max += MAX) {
        qb_metric out[MAX + SPARE];
        for (size_t i = 0; i < MAX + SPARE; i++)
            out[i] = (qb_metric){untouched, 0.0};
        size_t n = s->solver->metrics(s->self, &s->step, out, max);
        for (size_t i = max; i < MAX + SPARE; i++)
            if (out[i].name != untouched)
                qb_conform_fail(c, "%s: metrics may write %zu numbers and wrote number %zu", s->o.where, max, i);
        for (size_t i = 0; i < n && i < max; i++)
            if (!out[i].name || out[i].name == untouched || !out[i].name[0])
                qb_conform_fail(c, "%s: metric %zu has no name", s->o.where, i);
    }
}

static void test_metrics(qb_conform *c)
{
    if (!c->solver->metrics)
        qb_conform_skip(c, "it has no metrics");
    else
        qb_conform_play_all(c, QB_SCENE_PLAIN, look_at_metrics);
}

static void test_request(qb_conform *c)
{
    if (!c->solver->begin_step) {
        qb_conform_skip(c, "it has no begin_step");
        return;
    }
    for (int i = 0; i < c->n_settings && !qb_conform_has_failed(c); i++) {
        qb_stage a, b;
        qb_stage_options o = options_for(c, c->list[i], QB_SCENE_PLAIN);
        qb_stage_init(&a, &o);
        o.seed = 1;
        qb_stage_init(&b, &o);
        while (!a.stopped && !b.stopped && a.next_step < QB_STAGE_STEPS) {
            qb_stage_step(&a);
            qb_stage_step(&b);
            if (!a.stopped && !b.stopped && a.decay_scale != b.decay_scale)
                qb_conform_fail(c, "%s: decay_scale is %g for some weights and %g for others", a.o.where, a.decay_scale,
                                b.decay_scale);
        }
        qb_stage_finish(&a);
        qb_stage_finish(&b);
    }
}

static void test_extension(qb_conform *c)
{
    if (!c->solver->extension)
        qb_conform_skip(c, "it has no extension");
    else if (c->solver->extension("qatbench.test.unknown"))
        qb_conform_fail(c, "extension knows 'qatbench.test.unknown'");
}

/* ---- time ---- */

/* Of this process: what else the machine does is not the plugin's. */
static double cpu_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

void qb_conform_time(qb_conform *c)
{
    enum { ROWS = 1000, LEN = 1024 };
    qb_conform_setting setting = c->list[0];
    for (int i = 0; i < c->n_settings; i++)
        if (c->list[i].bits == 2 && c->list[i].granularity == QB_PER_ROW)
            setting = c->list[i];
    qb_stage s;
    qb_stage_options o = options_for(c, setting, QB_SCENE_PLAIN);
    o.timed_rows = ROWS;
    o.timed_len = LEN;
    o.window_end = QB_STAGE_STEPS + 2; /* amid the window: the dearest place for most */
    qb_stage_init(&s, &o);
    while (!s.stopped && s.next_step < QB_STAGE_WINDOW_START + 2)
        qb_stage_step(&s);
    int n_calls = 0;
    double start = cpu_ms(), took = 0.0;
    while (!s.stopped && took < 50.0) { /* long enough for a coarse clock */
        qb_view view = s.views[0].view;
        view.z = view.x;
        s.stopped = s.solver->project(s.self, &s.step, &view) != 0;
        took = cpu_ms() - start;
        n_calls++;
    }
    if (s.stopped)
        qb_conform_fail(c, "project returned an error");
    else
        c->result->ms_per_million = took / n_calls * 1e6 / (ROWS * LEN);
    qb_stage_finish(&s);
}

const qb_rule qb_general_rules[] = {
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
    {"destroy frees what create allocated", 0, test_leaks},
    {"no thread is started", 0, test_threads},
    {"options work at the ends of their ranges", 0, test_options},
    {"supports refuses with a reason, within its buffer", 0, test_supports},
    {"what begin_step asks for depends on the step alone", 0, test_request},
    {"save writes no more than it may, and needs what it says", 0, test_save},
    {"metrics writes no more than it may, with names", 0, test_metrics},
    {"extension gives NULL for an id it does not know", 0, test_extension},
    {NULL, 0, NULL},
};
