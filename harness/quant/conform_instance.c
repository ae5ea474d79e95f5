/* What every solver must keep beside its hooks on weights: its instance, options, saved bytes, metrics, time. */
#include "quant/conform_rules.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <malloc.h>
#include <string.h>
#include <time.h>

/* ---- nothing stays ---- */

static void live_once(qb_conform *c, qb_conform_setting setting, int n_steps)
{
    qb_stage s;
    qb_stage_options o = qb_conform_options(c, setting, QB_SCENE_PLAIN);
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

/* ---- the process ---- */

static void save_and_load(qb_stage *s, void *bytes, size_t capacity, size_t *ret_n)
{
    const qb_solver *solver = s->solver;
    (void)QB_HOOK(&s->instance, "save", true, (*ret_n = solver->save(s->instance.self, bytes, capacity), 0));
    if (bytes && *ret_n == capacity)
        (void)QB_HOOK(&s->instance, "load", true, solver->load(s->instance.self, bytes, capacity));
}

/* The hooks that the steps of a stage do not call; what they return is other rules' to judge. */
static void call_the_others(qb_conform *c, qb_stage *s)
{
    const qb_solver *solver = s->solver;
    qb_metric metrics[QB_MAX_METRICS];
    for (int v = 0; v < s->n_views; v++)
        qb_stage_harden(s, v);
    if (solver->metrics)
        (void)QB_HOOK(&s->instance, "metrics", true, (solver->metrics(s->instance.self, &s->step, metrics, QB_MAX_METRICS), 0));
    (void)c;
    if (!solver->save)
        return;
    size_t n = 0, again = 0;
    save_and_load(s, NULL, 0, &n);
    enum { GUARD = 64, MOST = 1 << 30 };
    char *bytes = n > 0 && n <= MOST ? qb_alloc(n + GUARD, 1) : NULL;
    if (bytes)
        save_and_load(s, bytes, n, &again);
    qb_free(bytes);
}

static void test_process(qb_conform *c)
{
    qb_visits_examine(true);
    qb_conform_play_all(c, QB_SCENE_PLAIN, call_the_others);
    const char *text = qb_conduct(c->solver, 0);
    if (text)
        qb_conform_fail(c, "%s", text);
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
            qb_stage_options so = qb_conform_options(c, c->list[i], QB_SCENE_PLAIN);
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
            const char *by = qb_granularity_name((qb_granularity)g);
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
    size_t need = s->solver->save(s->instance.self, NULL, 0);
    if (need > ((size_t)1 << 30)) {
        qb_conform_fail(c, "%s: save asks for %zu bytes", s->o.where, need);
        return;
    }
    for (int k = 0; k < 2; k++) { /* room for half of it, then for all */
        size_t capacity = k == 0 ? need / 2 : need;
        bytes = qb_alloc(need + 64, 1);
        QB_ASSERT(bytes);
        memset(bytes, 0x5a, need + 64);
        size_t again = s->solver->save(s->instance.self, bytes, capacity);
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
        size_t n = s->solver->metrics(s->instance.self, &s->step, out, max);
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
        qb_stage_options o = qb_conform_options(c, c->list[i], QB_SCENE_PLAIN);
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
    qb_stage_options o = qb_conform_options(c, setting, QB_SCENE_PLAIN);
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
        s.stopped = s.solver->project(s.instance.self, &s.step, &view) != 0;
        took = cpu_ms() - start;
        n_calls++;
    }
    if (s.stopped)
        qb_conform_fail(c, "project returned an error");
    else
        c->result->ms_per_million = took / n_calls * 1e6 / (ROWS * LEN);
    qb_stage_finish(&s);
}

const qb_rule qb_instance_rules[] = {
    {"destroy frees what create allocated", 0, test_leaks},
    {"no thread is started", 0, test_threads},
    {"floating-point mode, locale, signals, folder, umask, environment and streams stay as they were", 0, test_process},
    {"options work at the ends of their ranges", 0, test_options},
    {"supports refuses with a reason, within its buffer", 0, test_supports},
    {"what begin_step asks for depends on the step alone", 0, test_request},
    {"save writes no more than it may, and needs what it says", 0, test_save},
    {"metrics writes no more than it may, with names", 0, test_metrics},
    {"extension gives NULL for an id it does not know", 0, test_extension},
    {NULL, 0, NULL},
};
