#include "quant/trial.h"

#include "base/clock.h"
#include "base/err.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
enum { CPU_SECONDS = 60, WALL_SECONDS = 300 }; /* instrumented code takes several times as long */
#else
enum { CPU_SECONDS = 10, WALL_SECONDS = 120 }; /* what is tried here takes less than a tenth of a second */
#endif

void qb_trial_bare_crashes(void)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); /* a crash is a finding here, not something to keep */
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        (void)signal(crashes[i], SIG_DFL);
}

/* Seconds of a core that a child may use: less where the caller's own limit is less (`ulimit -t`). */
static rlim_t cpu_seconds(void)
{
    struct rlimit own;
    return getrlimit(RLIMIT_CPU, &own) == 0 && own.rlim_cur < CPU_SECONDS ? own.rlim_cur : CPU_SECONDS;
}

static void limit_child(void)
{
    const rlim_t seconds = cpu_seconds();
    (void)setrlimit(RLIMIT_CPU, &(struct rlimit){seconds, seconds + 5}); /* a safety net: without it the wall clock is left */
    (void)signal(SIGXCPU, SIG_DFL);
    qb_trial_bare_crashes();
}

int qb_trial_start(pid_t *ret_child)
{
    (void)fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        return qb_err_set_errno("cannot start a process to try a plugin in");
    if (child == 0)
        limit_child();
    *ret_child = child;
    return 0;
}

int qb_trial_wait(pid_t child, bool *ret_late)
{
    double start = qb_now_seconds();
    int status = 0;
    *ret_late = false;
    const struct timespec nap = {0, 500000};
    for (;;) {
        pid_t got = waitpid(child, &status, WNOHANG);
        if (got == child)
            return status;
        if (!*ret_late && qb_now_seconds() - start > WALL_SECONDS) {
            *ret_late = true;
            (void)kill(child, SIGKILL);
        }
        (void)nanosleep(&nap, NULL);
    }
}

void qb_trial_describe(int status, bool late, char *text, size_t size)
{
    if (late || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU))
        (void)snprintf(text, size, "did not return within %d seconds", late ? WALL_SECONDS : (int)cpu_seconds());
    else if (WIFSIGNALED(status))
        (void)snprintf(text, size, "died of signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        (void)snprintf(text, size, "ended the process with exit status %d", WEXITSTATUS(status));
}
