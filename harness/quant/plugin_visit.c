#include "quant/plugin_visit.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/process_state.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_TEXTS = 64, MAX_TEXT = 320, NO_STATUS = -1000 };

/* ---- conduct ---- */

/* Of all plugins, in the order in which it was said; what comes after MAX_TEXTS is put back without a word. */
static struct {
    const qb_solver *solver;
    char text[MAX_TEXT];
} conduct[MAX_TEXTS];
static size_t n_texts;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool is_quiet; /* see qb_visits_examine */

/* Returns the text as kept, or NULL: it is there already, or there is no room. */
static const char *keep(const qb_solver *solver, const char *text)
{
    for (size_t i = 0; i < n_texts; i++)
        if (conduct[i].solver == solver && strcmp(conduct[i].text, text) == 0)
            return NULL;
    if (n_texts == MAX_TEXTS)
        return NULL;
    conduct[n_texts].solver = solver;
    (void)snprintf(conduct[n_texts].text, MAX_TEXT, "%s", text);
    return conduct[n_texts++].text;
}

void qb_conduct_add(const qb_solver *solver, const char *deed, const char *what)
{
    char text[MAX_TEXT];
    (void)snprintf(text, sizeof text, "solver '%s': %s changed %s; put back", solver->name, deed, what);
    (void)pthread_mutex_lock(&lock);
    const char *kept = keep(solver, text);
    (void)pthread_mutex_unlock(&lock);
    if (kept && !is_quiet)
        qb_log_warning("%s", kept);
}

const char *qb_conduct(const qb_solver *solver, size_t index)
{
    const char *found = NULL;
    (void)pthread_mutex_lock(&lock);
    for (size_t i = 0; i < n_texts && !found; i++)
        if (conduct[i].solver == solver && index-- == 0)
            found = conduct[i].text;
    (void)pthread_mutex_unlock(&lock);
    return found;
}

/* ---- visits ---- */

static _Thread_local struct {
    bool is_on, whole;
    const qb_solver *solver;
    const char *hook;
    qb_thread_state before;
    jmp_buf way_back;
    char broken[48];
} visit;

static bool all_whole;
static pthread_mutex_t whole_lock = PTHREAD_MUTEX_INITIALIZER; /* there is one note of the process */

void qb_visits_examine(bool whole)
{
    is_quiet = true;
    all_whole = whole;
}

/* Visits since the process was last looked at: whose, and which hooks. */
static struct {
    const qb_solver *solver; /* NULL: none */
    bool is_whole;
    char hooks[80];
    double looked_at;
    int rounds;
    qb_thread_state of_main;
} open_round;

static void look_at_round(void)
{
    char what[256];
    if (open_round.solver && qb_process_restore(what, sizeof what))
        qb_conduct_add(open_round.solver, open_round.hooks, what);
    open_round.solver = NULL;
}

void qb_visit_begin(const qb_solver *solver, const char *hook, bool whole)
{
    visit.solver = solver;
    visit.hook = hook;
    visit.whole = whole || all_whole || open_round.is_whole;
    if (visit.whole) {
        (void)pthread_mutex_lock(&whole_lock);
        look_at_round();
        qb_process_note();
    }
    qb_thread_note(&visit.before);
    visit.is_on = true;
}

jmp_buf *qb_visit_way_back(void)
{
    return &visit.way_back;
}

const char *qb_visit_end(void)
{
    char what[256];
    visit.is_on = false;
    if (qb_thread_restore(&visit.before, what, sizeof what))
        qb_conduct_add(visit.solver, visit.hook, what);
    if (visit.whole) {
        if (qb_process_restore(what, sizeof what))
            qb_conduct_add(visit.solver, visit.hook, what);
        (void)pthread_mutex_unlock(&whole_lock);
    }
    return NULL;
}

const char *qb_visit_broken(void)
{
    (void)qb_visit_end();
    return visit.broken;
}

void qb_visits_begin(const qb_solver *solver, bool whole)
{
    if (open_round.solver != solver)
        look_at_round();
    qb_thread_note(&open_round.of_main);
    if (!open_round.solver)
        qb_process_note(); /* else the last note stands */
    open_round.is_whole = whole;
}

void qb_visits_end(const qb_solver *solver, const char *hooks, int threads)
{
    enum { FIRST_ROUNDS = 16 };
    const double often_enough = 0.25; /* seconds: a look takes some 50 us */
    open_round.solver = solver;
    open_round.is_whole = false;
    (void)snprintf(open_round.hooks, sizeof open_round.hooks, "%s", hooks);
    double now = qb_now_seconds();
    if (open_round.rounds < FIRST_ROUNDS || now - open_round.looked_at > often_enough) {
        open_round.rounds += open_round.rounds < FIRST_ROUNDS;
        open_round.looked_at = now;
        look_at_round();
    }
    if (threads <= 0)
        return;
#pragma omp parallel num_threads(threads)
    {
        char what[256];
        if (qb_thread_restore(&open_round.of_main, what, sizeof what))
            qb_conduct_add(solver, hooks, what);
        qb_process_restore_mask();
    }
}

/* ---- ways out ---- */

/* Ends the visit of this thread, if there is one. */
static void leave(const char *way, int status)
{
    if (!visit.is_on)
        return;
    (void)snprintf(visit.broken, sizeof visit.broken, status == NO_STATUS ? "it called %s" : "it called %s(%d)", way, status);
    longjmp(visit.way_back, 1);
}

/* The C library's own. */
static void *of_libc(const char *name)
{
    void *f = dlsym(RTLD_NEXT, name);
    QB_ASSERT(f);
    return f;
}

void exit(int status)
{
    leave("exit", status);
    void (*next)(int);
    *(void **)&next = of_libc("exit");
    next(status);
    __builtin_unreachable();
}

void quick_exit(int status)
{
    leave("quick_exit", status);
    void (*next)(int);
    *(void **)&next = of_libc("quick_exit");
    next(status);
    __builtin_unreachable();
}

void _exit(int status)
{
    leave("_exit", status);
    for (;;)
        (void)syscall(SYS_exit_group, status);
}

void _Exit(int status)
{
    leave("_Exit", status);
    _exit(status);
}

void pthread_exit(void *value)
{
    leave("pthread_exit", NO_STATUS);
    void (*next)(void *);
    *(void **)&next = of_libc("pthread_exit");
    next(value);
    __builtin_unreachable();
}
