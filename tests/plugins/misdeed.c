/* A solver (the straight-through estimator) that changes something of the process or thread that it runs in, or ends
 * it: in the hook that its options name (defaults: DEED and HOOK), or, built with -DWHEN_LOADED='"deed"', in its constructor. */

#ifndef DEED
#define DEED "none"
#endif
#ifndef HOOK
#define HOOK "project"
#endif

#include <qatbench/solver.h>
#include <qatbench/solver_util.h>

#include <fenv.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

static const char *const deeds[] = {
    "none", "flush", "rounding", "traps", "locale", "thread_locale", "handler", "ignore", "mask", "folder", "umask",
    "setenv", "unsetenv", "clearenv", "close_stdout", "swap_stderr", "openmp", "exit", "_exit", "_Exit", "quick_exit",
    "pthread_exit", "abort", "print", NULL};
static const char *const hooks[] = {
    "supports", "create", "bind", "load", "start", "begin_step", "on_gradient", "after_step", "project", "metrics", "save",
    "finish", "destroy", NULL};

static const qb_solver_option options[] = {
    {"deed", QB_OPTION_CHOICE, 0, DEED, 0, 0, deeds, "", "what it does"},
    {"hook", QB_OPTION_CHOICE, 0, HOOK, 0, 0, hooks, "", "where"},
};

void omp_set_num_threads(int);

static int is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static void on_signal(int number)
{
    (void)number;
}

static void commit(const char *deed)
{
    sigset_t mask;
    if (is(deed, "flush")) {
#ifdef __x86_64__
        _mm_setcsr(_mm_getcsr() | 0x8040);
#endif
    } else if (is(deed, "rounding")) {
        fesetround(FE_UPWARD);
    } else if (is(deed, "traps")) {
        feenableexcept(FE_OVERFLOW);
    } else if (is(deed, "locale")) {
        setlocale(LC_ALL, "C.utf8");
    } else if (is(deed, "thread_locale")) {
        static locale_t utf8;
        if (!utf8)
            utf8 = newlocale(LC_ALL_MASK, "C.utf8", (locale_t)0);
        uselocale(utf8);
    } else if (is(deed, "handler")) {
        signal(SIGTERM, on_signal);
    } else if (is(deed, "ignore")) {
        signal(SIGINT, SIG_IGN);
    } else if (is(deed, "mask")) {
        sigemptyset(&mask);
        sigaddset(&mask, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &mask, NULL);
    } else if (is(deed, "folder")) {
        if (chdir("/") != 0)
            abort();
    } else if (is(deed, "umask")) {
        umask(0777);
    } else if (is(deed, "setenv")) {
        setenv("QATBENCH_RUNS", "/nowhere", 1);
    } else if (is(deed, "unsetenv")) {
        unsetenv("PATH");
    } else if (is(deed, "clearenv")) {
        clearenv();
    } else if (is(deed, "close_stdout")) {
        close(STDOUT_FILENO);
    } else if (is(deed, "swap_stderr")) {
        FILE *other = tmpfile();
        dup2(fileno(other), STDERR_FILENO);
        fclose(other);
    } else if (is(deed, "openmp")) {
        omp_set_num_threads(7);
    } else if (is(deed, "exit")) {
        exit(0);
    } else if (is(deed, "_exit")) {
        _exit(0);
    } else if (is(deed, "_Exit")) {
        _Exit(0);
    } else if (is(deed, "quick_exit")) {
        quick_exit(0);
    } else if (is(deed, "pthread_exit")) {
        pthread_exit(NULL);
    } else if (is(deed, "abort")) {
        abort();
    } else if (is(deed, "print")) {
        puts("a solver speaks");
        fflush(stdout);
        dprintf(STDOUT_FILENO, "past stdio\n");
    }
}

#ifdef WHEN_LOADED
__attribute__((constructor)) static void when_loaded(void)
{
    commit(WHEN_LOADED);
}
#endif

typedef struct misdeed {
    const char *deed, *hook;
} misdeed;

static void visit(const void *self, const char *hook)
{
    const misdeed *m = self;
    if (is(m->hook, hook))
        commit(m->deed);
}

static int supports(const qb_option_value *value, int32_t bits, const char *granularity, char *why, size_t n)
{
    (void)bits, (void)granularity, (void)why, (void)n;
    visit(&(misdeed){value[0].text, value[1].text}, "supports");
    return 0;
}

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    (void)host;
    const misdeed made = {deeds[value[0].integer], hooks[value[1].integer]};
    visit(&made, "create"); /* before there is memory that an exit would leave behind */
    misdeed *m = malloc(sizeof *m);
    if (!m)
        return 1;
    *m = made;
    *ret_self = m;
    return 0;
}

static void destroy(void *self)
{
    const misdeed m = *(misdeed *)self;
    free(self);
    visit(&m, "destroy");
}

static int bind(void *self, const qb_view *view, qb_bind *request)
{
    (void)view, (void)request;
    visit(self, "bind");
    return 0;
}

static int load(void *self, const void *bytes, size_t n)
{
    (void)bytes, (void)n;
    visit(self, "load");
    return 0;
}

static size_t save(const void *self, void *bytes, size_t capacity)
{
    visit(self, "save");
    if (capacity >= 1)
        memset(bytes, 1, 1);
    return 1;
}

static int start(void *self, const qb_step *step, qb_view *v)
{
    (void)step, (void)v;
    visit(self, "start");
    return 0;
}

static int begin_step(void *self, const qb_step *step, qb_step_request *request)
{
    (void)step, (void)request;
    visit(self, "begin_step");
    return 0;
}

static int on_gradient(void *self, const qb_step *step, qb_view *v)
{
    (void)step, (void)v;
    visit(self, "on_gradient");
    return 0;
}

static int after_step(void *self, const qb_step *step, qb_view *v)
{
    (void)step, (void)v;
    visit(self, "after_step");
    return 0;
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    (void)step;
    for (int64_t r = 0; r < v->n_rows; r++)
        qb_nearest_row(v->levels + r * v->n_levels, v->n_levels, v->z + r * v->row_len, v->row_len, v->w + r * v->row_len);
    visit(self, "project");
    return 0;
}

static int finish(void *self, const qb_step *step, const qb_view *v, float *out)
{
    (void)step;
    memcpy(out, v->w, (size_t)(v->n_rows * v->row_len) * sizeof *out);
    visit(self, "finish");
    return 0;
}

static size_t metrics(const void *self, const qb_step *step, qb_metric *out, size_t max)
{
    (void)step, (void)out, (void)max;
    visit(self, "metrics");
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_PARALLEL_VIEWS,
    .name = FILE_NAME,
    .title = "changes the process that it runs in",
    .version = "1.0",
    .source = "made for tests",
    .options = options,
    .n_options = 2,
    .supports = supports,
    .create = create,
    .destroy = destroy,
    .bind = bind,
    .load = load,
    .save = save,
    .start = start,
    .begin_step = begin_step,
    .on_gradient = on_gradient,
    .after_step = after_step,
    .project = project,
    .finish = finish,
    .metrics = metrics,
};
