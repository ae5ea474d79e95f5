/* What signals do: those that ask to stop let a run save first; those that would end the program without a word become
 * errors of the call that met the limit.
 *
 * Invariant: a signal that the caller ignores (nohup, trap '' INT) stays ignored.
 */
#include "cli/cli.h"

#include "base/stop_signals.h"

#include <stddef.h>

volatile sig_atomic_t qb_cli_stop;
static volatile sig_atomic_t was_asked_to_end;
static bool holds_back_sigpipe;

static void on_stop(int signal_number)
{
    if (signal_number == SIGINT || signal_number == SIGTERM) {
        if (was_asked_to_end) {
            signal(signal_number, SIG_DFL);
            raise(signal_number);
        }
        was_asked_to_end = 1;
    }
    qb_cli_stop = 1;
}

static bool is_ignored(int signal_number)
{
    struct sigaction now;
    return sigaction(signal_number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

void qb_cli_start_signals(void)
{
    (void)signal(SIGXFSZ, SIG_IGN); /* a file-size limit is an error of write, with the name of the file */
    (void)signal(SIGCHLD, SIG_DFL); /* ignored, it would take away the exit status of the processes that are waited for */
}

void qb_cli_catch_stop_signals(void)
{
    struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_NODEFER | SA_RESTART};
    sigset_t caught;
    sigemptyset(&action.sa_mask);
    sigemptyset(&caught);
    for (int i = 0; i < QB_N_STOP_SIGNALS; i++) {
        if (is_ignored(qb_stop_signals[i]))
            continue;
        (void)sigaction(qb_stop_signals[i], &action, NULL);
        sigaddset(&caught, qb_stop_signals[i]);
    }
    (void)sigprocmask(SIG_UNBLOCK, &caught, NULL); /* a caller that forgot to unblock them still wants to be heard */
    if (!is_ignored(SIGPIPE)) { /* whoever read the messages went away: the run goes on */
        (void)signal(SIGPIPE, SIG_IGN);
        holds_back_sigpipe = true;
    }
}

void qb_cli_end_as_by_sigpipe(void)
{
    if (!holds_back_sigpipe)
        return;
    (void)signal(SIGPIPE, SIG_DFL);
    (void)raise(SIGPIPE);
}
