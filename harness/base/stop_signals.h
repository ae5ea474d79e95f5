/* The signals by which users, terminals and batch systems ask a run to save and stop. */
#ifndef QB_STOP_SIGNALS_H
#define QB_STOP_SIGNALS_H

#include <signal.h>

/* Ctrl-C, kill, a closed terminal, Slurm's --signal and submitit (USR1, USR2), a limit of CPU time (which kills later). */
static const int qb_stop_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU};
enum { QB_N_STOP_SIGNALS = sizeof qb_stop_signals / sizeof qb_stop_signals[0] };

#endif
