/* The state of a process and its main thread as a test sees it, to tell whether a plugin left something changed. */
#ifndef PROCESS_WATCH_H
#define PROCESS_WATCH_H

#include "qb_test.h"

#include <fenv.h>
#include <locale.h>
#include <omp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct process_watch {
    femode_t fp;
    char locale[256], folder[4096], path[4096], runs[4096];
    locale_t thread_locale;
    void (*on_term)(int);
    void (*on_int)(int);
    int term_is_blocked, threads;
    mode_t umask;
    struct stat out, err;
} process_watch;

static inline void watch_process(process_watch *w)
{
    struct sigaction a;
    sigset_t mask;
    memset(w, 0, sizeof *w);
    fegetmode(&w->fp);
#ifdef __x86_64__
    w->fp.__mxcsr &= ~0x3fu; /* sticky flags */
#endif
    strcpy(w->locale, setlocale(LC_ALL, NULL));
    w->thread_locale = uselocale((locale_t)0);
    ck_assert_ptr_nonnull(getcwd(w->folder, sizeof w->folder));
    strcpy(w->path, getenv("PATH") ? getenv("PATH") : "(none)");
    strcpy(w->runs, getenv("QATBENCH_RUNS") ? getenv("QATBENCH_RUNS") : "(none)");
    sigaction(SIGTERM, NULL, &a);
    w->on_term = a.sa_handler;
    sigaction(SIGINT, NULL, &a);
    w->on_int = a.sa_handler;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    w->term_is_blocked = sigismember(&mask, SIGTERM);
    w->threads = omp_get_max_threads();
    w->umask = umask(022);
    umask(w->umask);
    ck_assert_int_eq(fstat(1, &w->out), 0);
    ck_assert_int_eq(fstat(2, &w->err), 0);
}

static inline void assert_process_unchanged(const process_watch *was, const char *by)
{
    process_watch is;
    watch_process(&is);
    ck_assert_msg(memcmp(&is.fp, &was->fp, sizeof is.fp) == 0, "%s: floating-point mode", by);
    ck_assert_msg(strcmp(is.locale, was->locale) == 0, "%s: locale %s", by, is.locale);
    ck_assert_msg(is.thread_locale == was->thread_locale, "%s: locale of the thread", by);
    ck_assert_msg(strcmp(is.folder, was->folder) == 0, "%s: folder %s", by, is.folder);
    ck_assert_msg(strcmp(is.path, was->path) == 0 && strcmp(is.runs, was->runs) == 0, "%s: environment", by);
    ck_assert_msg(is.on_term == was->on_term && is.on_int == was->on_int, "%s: handlers", by);
    ck_assert_msg(is.term_is_blocked == was->term_is_blocked, "%s: signal mask", by);
    ck_assert_msg(is.threads == was->threads, "%s: OpenMP threads %d", by, is.threads);
    ck_assert_msg(is.umask == was->umask, "%s: umask %o", by, is.umask);
    ck_assert_msg(is.out.st_ino == was->out.st_ino && is.err.st_ino == was->err.st_ino, "%s: standard streams", by);
}

/* What a plugin can change, by the name of its deed in plugins/misdeed.c, and how that is called. */
typedef struct change {
    const char *name, *what;
} change;

static const change changes[] = {
    {"flush", "the floating-point mode (flush to zero)"},
    {"rounding", "the floating-point mode (rounding)"},
    {"traps", "the floating-point mode (exceptions or precision)"},
    {"thread_locale", "the locale of its thread"},
    {"locale", "the locale"},
    {"handler", "the handler of SIGTERM"},
    {"ignore", "the handler of SIGINT"},
    {"mask", "the signal mask"},
    {"folder", "the working folder"},
    {"umask", "the umask"},
    {"setenv", "the environment variable QATBENCH_RUNS"},
    {"unsetenv", "the environment variable PATH"},
    {"clearenv", "the environment variable "},
    {"close_stdout", "standard output"},
    {"swap_stderr", "standard error"},
    {"openmp", "OpenMP's number of threads"},
};

enum { N_CHANGES = sizeof changes / sizeof changes[0], N_THREAD_CHANGES = 4 }; /* the first ones are one thread's */

#endif
