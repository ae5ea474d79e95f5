/* Contract tests through qb_quant, on the way that training takes: whole runs with threads, saved and resumed.
 *
 * The network is a few tensors without layers between them: g = 0.3 (w - target). Runs that are compared over a break
 * live in processes of their own, so that nothing a plugin keeps beside its instance can survive.
 */
#include "quant/conform_rules.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/rng.h"
#include "quant/quant_state.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

enum { N_PARAMS = 6, SLAB = 368, STEPS = 20, WARM_UP = 2, MAX_STATE = 8192, MAX_COUNTS = 64 };
static const double LR = 0.1;

typedef struct rig {
    qb_param params[N_PARAMS];
    float x[SLAB], w[SLAB], g[SLAB], target[SLAB], hard[SLAB];
    qb_optim *optim;
    qb_quant *quant;
    int64_t next_step;
} rig;

static double lr_at(int64_t t)
{
    return LR * (1.0 - (double)t / STEPS);
}

static void describe_params(rig *r)
{
    static const qb_param shapes[N_PARAMS] = {
        {.name = "conv1.weight", .is_quantized = true, .decay_factor = 1, .lr_factor = 1, .n_dims = 4, .shape = {4, 3, 3, 3}, .n = 108, .offset = 0},
        {.name = "bn1.weight", .decay_factor = 1, .lr_factor = 1, .n_dims = 1, .shape = {4}, .n = 4, .offset = 112},
        {.name = "odd.weight", .is_quantized = true, .decay_factor = 1, .lr_factor = 1, .n_dims = 2, .shape = {5, 7}, .n = 35, .offset = 128},
        {.name = "single.weight", .is_quantized = true, .decay_factor = 1, .lr_factor = 1, .n_dims = 2, .shape = {1, 1}, .n = 1, .offset = 176},
        {.name = "fc.weight", .is_quantized = true, .decay_factor = 1, .lr_factor = 1, .n_dims = 2, .shape = {10, 16}, .n = 160, .offset = 192},
        {.name = "fc.bias", .lr_factor = 1, .n_dims = 1, .shape = {10}, .n = 10, .offset = 352}};
    memcpy(r->params, shapes, sizeof shapes);
    qb_hash_fill("rig.x", SLAB, 0.5, 0.0, r->x);
    qb_hash_fill("rig.target", SLAB, 0.5, 0.0, r->target);
    memcpy(r->w, r->x, sizeof r->w);
    for (int i = 0; i < N_PARAMS; i++) {
        qb_param *p = &r->params[i];
        p->fan_in = p->n_dims >= 2 ? (int64_t)p->n / p->shape[0] : (int64_t)p->n;
        p->fan_out = p->shape[0];
        p->x = r->x + p->offset;
        p->w = p->is_quantized ? r->w + p->offset : p->x;
        p->g = r->g + p->offset;
    }
}

/* The error text tells why not. */
static int rig_init(rig *r, qb_conform *c, qb_conform_setting setting, int threads)
{
    *r = (rig){.next_step = 0};
    describe_params(r);
    double total = 0.0;
    for (int64_t t = WARM_UP; t < STEPS; t++)
        total += lr_at(t);
    (void)snprintf(c->result->where, sizeof c->result->where, "%s, a run with %d threads",
                   qb_conform_setting_text(setting), threads);
    const qb_optim_options sgd = {.kind = QB_OPTIM_SGD, .momentum = 0.9};
    QB_TRY(qb_optim_create(&sgd, &r->optim));
    const qb_quant_options o = {.plugin = c->plugin, .solver_settings = &c->settings, .bits = setting.bits,
                                .quantizer = "lsbq", .granularity = setting.granularity, .block = 4, .period = 3,
                                .warmup = WARM_UP, .n_steps = STEPS, .steps_per_epoch = 5,
                                .anneal_start = QB_STAGE_WINDOW_START, .anneal_end = QB_STAGE_WINDOW_END, .lr_base = LR,
                                .lr_sum_total = total, .weight_decay = 1e-3, .seed = 1, .threads = threads};
    return qb_quant_create(&o, r->params, N_PARAMS, r->optim, &r->quant);
}

static void rig_finish(rig *r)
{
    qb_quant_destroy(r->quant);
    qb_optim_destroy(r->optim);
}

static int rig_step(rig *r)
{
    for (int i = 0; i < N_PARAMS; i++)
        for (size_t k = 0; k < r->params[i].n; k++)
            r->params[i].g[k] = 0.3f * (r->params[i].w[k] - r->target[r->params[i].offset + k]);
    int64_t t = r->next_step++;
    return qb_quant_step(r->quant, t, lr_at(t));
}

static int rig_run_to(rig *r, int64_t end)
{
    while (r->next_step < end)
        QB_TRY(rig_step(r));
    return 0;
}

/* A step, a save or a load failed: "WHAT: why". */
static void fail_run(qb_conform *c, qb_conform_setting setting, const char *what)
{
    if (strstr(qb_err_text(), QB_NOT_FINITE))
        c->result->saw_not_finite = true;
    qb_conform_fail(c, "%s%s: %s", qb_conform_setting_text(setting), what, qb_err_text());
}

/* First, middle and last: for rules that take long. */
static int chosen_setting(const qb_conform *c, int k)
{
    return k == 0 ? 0 : k == 1 ? c->n_settings / 2 : c->n_settings - 1;
}

static int n_chosen(const qb_conform *c)
{
    return c->n_settings < 3 ? c->n_settings : 3;
}

static bool same(qb_conform *c, qb_conform_setting setting, const float *a, const float *b, const char *array, const char *what)
{
    for (int i = 0; i < SLAB; i++)
        if (memcmp(&a[i], &b[i], sizeof *a) != 0) {
            qb_conform_fail(c, "%s: %s differs %s: %s[%d] of all weights is %.9g, expected %.9g",
                            qb_conform_setting_text(setting), array, what, array, i, (double)b[i], (double)a[i]);
            return false;
        }
    return true;
}

/* ---- a whole run ---- */

static void check_counts(qb_conform *c, rig *r, qb_conform_setting setting)
{
    int most, allowed;
    const char *name;
    if (qb_quant_finish(r->quant, r->hard) < 0) {
        char what[40];
        (void)snprintf(what, sizeof what, ", before step %lld", (long long)r->next_step);
        fail_run(c, setting, what);
        return;
    }
    if (c->solver->caps & QB_CAP_FULL_PRECISION)
        return;
    qb_quant_count_levels(r->quant, r->hard, &most, &allowed, &name);
    if (most > allowed)
        qb_conform_fail(c, "%s, before step %lld: a row of %s has more than %d values", qb_conform_setting_text(setting),
                        (long long)r->next_step, name, allowed);
}

static void test_whole_run(qb_conform *c)
{
    for (int i = 0; i < c->n_settings && !qb_conform_has_failed(c); i++) {
        rig r;
        int rc = rig_init(&r, c, c->list[i], 1);
        while (rc == 0 && r.next_step < STEPS && !qb_conform_has_failed(c)) {
            check_counts(c, &r, c->list[i]);
            rc = rig_step(&r);
        }
        if (rc < 0)
            fail_run(c, c->list[i], "");
        else
            check_counts(c, &r, c->list[i]);
        rig_finish(&r);
    }
}

static void test_evaluation(qb_conform *c)
{
    for (int i = 0; i < c->n_settings && !qb_conform_has_failed(c); i++) {
        rig a, b;
        if (rig_init(&a, c, c->list[i], 1) < 0 || rig_run_to(&a, STEPS) < 0) { /* another rule's finding */
            rig_finish(&a);
            continue;
        }
        int rc = rig_init(&b, c, c->list[i], 1);
        for (int64_t t = 1; t <= STEPS && rc == 0; t++) {
            rc = qb_quant_finish(b.quant, b.hard);
            if (rc == 0)
                rc = rig_run_to(&b, t);
        }
        if (rc == 0 && same(c, c->list[i], a.x, b.x, "x", "when the run is evaluated before each step"))
            (void)same(c, c->list[i], a.w, b.w, "w", "when the run is evaluated before each step");
        rig_finish(&a);
        rig_finish(&b);
    }
}

/* ---- threads ---- */

static void compare_threads(qb_conform *c, qb_conform_setting setting, const rig *one, int threads)
{
    rig r;
    if (rig_init(&r, c, setting, threads) == 0 && rig_run_to(&r, STEPS) == 0 && qb_quant_finish(r.quant, r.hard) == 0) {
        char what[40];
        (void)snprintf(what, sizeof what, "with %d threads", threads);
        (void)(same(c, setting, one->x, r.x, "x", what) && same(c, setting, one->w, r.w, "w", what) &&
               same(c, setting, one->hard, r.hard, "finish", what));
    } else {
        char what[40];
        (void)snprintf(what, sizeof what, ", %d threads", threads);
        fail_run(c, setting, what);
    }
    rig_finish(&r);
}

static void test_threads(qb_conform *c)
{
    for (int k = 0; k < n_chosen(c) && !qb_conform_has_failed(c); k++) {
        rig one;
        qb_conform_setting setting = c->list[chosen_setting(c, k)];
        if (rig_init(&one, c, setting, 1) == 0 && rig_run_to(&one, STEPS) == 0 && qb_quant_finish(one.quant, one.hard) == 0)
            for (int threads = 2; threads <= 4 && !qb_conform_has_failed(c); threads += 2)
                compare_threads(c, setting, &one, threads);
        rig_finish(&one);
    }
}

/* ---- saved and resumed ---- */

/* What a checkpoint holds beside the solver's file; shared between processes. */
typedef struct snapshot {
    float x[SLAB], w[SLAB], optim[MAX_STATE];
    int64_t counts[MAX_COUNTS];
    char path[4096]; /* the solver's file */
} snapshot;

enum { N_BREAKS = 3 };
static const int64_t breaks[N_BREAKS] = {3, 10, 16}; /* one step in, amid the window, behind it */

typedef struct resume_test {
    qb_conform *c;
    qb_conform_setting setting;
    int at;                       /* break that is resumed; -1: the unbroken run, which makes the snapshots */
    snapshot snapshots[N_BREAKS];
    float x[SLAB], w[SLAB], hard[SLAB]; /* end of the unbroken run */
} resume_test;

static void copy_optimizer(qb_optim *o, snapshot *s, bool restore)
{
    size_t used = 0, n_counts;
    for (size_t i = 0; i < qb_optim_n_states(o); i++) {
        const char *name;
        float *values;
        size_t n;
        qb_optim_state(o, i, &name, &values, &n);
        QB_ASSERT(used + n <= MAX_STATE);
        memcpy(restore ? values : s->optim + used, restore ? s->optim + used : values, n * sizeof *values);
        used += n;
    }
    int64_t *counts = qb_optim_step_counts(o, &n_counts);
    QB_ASSERT(n_counts <= MAX_COUNTS);
    memcpy(restore ? counts : s->counts, restore ? s->counts : counts, n_counts * sizeof *counts);
}

static int run_unbroken(resume_test *t, rig *r)
{
    for (int k = 0; k < N_BREAKS; k++) {
        snapshot *s = &t->snapshots[k];
        char sha256[65];
        QB_TRY(rig_run_to(r, breaks[k]));
        QB_TRY(qb_quant_save(r->quant, s->path, sha256));
        memcpy(s->x, r->x, sizeof s->x);
        memcpy(s->w, r->w, sizeof s->w);
        copy_optimizer(r->optim, s, false);
    }
    QB_TRY(rig_run_to(r, STEPS));
    QB_TRY(qb_quant_finish(r->quant, r->hard));
    memcpy(t->x, r->x, sizeof t->x);
    memcpy(t->w, r->w, sizeof t->w);
    memcpy(t->hard, r->hard, sizeof t->hard);
    return 0;
}

static int run_resumed(resume_test *t, rig *r)
{
    snapshot *s = &t->snapshots[t->at];
    QB_TRY(qb_quant_load(r->quant, s->path));
    memcpy(r->x, s->x, sizeof s->x);
    memcpy(r->w, s->w, sizeof s->w);
    copy_optimizer(r->optim, s, true);
    r->next_step = breaks[t->at];
    QB_TRY(rig_run_to(r, STEPS));
    QB_TRY(qb_quant_finish(r->quant, r->hard));
    char what[48];
    (void)snprintf(what, sizeof what, "after a break at step %lld", (long long)breaks[t->at]);
    (void)(same(t->c, t->setting, t->x, r->x, "x", what) && same(t->c, t->setting, t->w, r->w, "w", what) &&
           same(t->c, t->setting, t->hard, r->hard, "finish", what));
    return 0;
}

/* In a process of its own. false: it died, or the plugin failed. */
static bool run_part(resume_test *t, int at)
{
    t->at = at;
    pid_t child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* the limit on the rule's time holds here too */
        rig r;
        int rc = rig_init(&r, t->c, t->setting, 1);
        if (rc == 0)
            rc = at < 0 ? run_unbroken(t, &r) : run_resumed(t, &r);
        if (rc < 0)
            fail_run(t->c, t->setting, at < 0 ? ", while saving" : ", while resuming");
        rig_finish(&r);
        _exit(0);
    }
    int status = 0;
    bool waited = child > 0 && waitpid(child, &status, 0) == child;
    if (waited && WIFSIGNALED(status))
        qb_conform_fail(t->c, "%s: died of signal %d (%s) %s", t->c->result->where, WTERMSIG(status),
                        strsignal(WTERMSIG(status)), at < 0 ? "in a run that saves" : "in a run that resumes");
    return waited && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void test_resume(qb_conform *c)
{
    resume_test *t = mmap(NULL, sizeof *t, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char *dir = NULL;
    if (t == MAP_FAILED || qb_fs_make_temp_dir("qatbench-check", &dir) < 0) {
        qb_conform_skip(c, t == MAP_FAILED ? "no memory" : qb_err_text());
        return;
    }
    t->c = c;
    for (int i = 0; i < N_BREAKS; i++)
        (void)snprintf(t->snapshots[i].path, sizeof t->snapshots[i].path, "%s/%d.safetensors", dir, i);
    for (int k = 0; k < n_chosen(c) && !qb_conform_has_failed(c); k++) {
        t->setting = c->list[chosen_setting(c, k)];
        bool alive = run_part(t, -1);
        for (int i = 0; i < N_BREAKS && alive && !qb_conform_has_failed(c); i++)
            alive = run_part(t, i);
    }
    (void)qb_fs_remove_tree(dir); /* what is left there does no harm */
    qb_free(dir);
    (void)munmap(t, sizeof *t);
}

const qb_rule qb_run_rules[] = {
    {"the program finds no fault in a whole run, and no row with too many levels", 0, test_whole_run},
    {"an evaluation changes no training state", 0, test_evaluation},
    {"a run saved and resumed in another process equals the unbroken one bit for bit", 0, test_resume},
    {"a run with 2 or 4 threads equals the one with 1 bit for bit", 0, test_threads},
    {NULL, 0, NULL},
};
