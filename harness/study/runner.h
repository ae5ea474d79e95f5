/* Many runs at once: a child process a run, each on cores of its own where they fill the allowed ones.
 *
 * Invariants: the parent never touches OpenMP or oneDNN (a child of a process that has would hang); a child ends
 * with its parent (PR_SET_PDEATHSIG); when and beside what a run goes changes nothing in its results.
 */
#ifndef QB_RUNNER_H
#define QB_RUNNER_H

#include "study/tasks.h"
#include "train/run.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One place for a child. */
typedef struct qb_runner_slot {
    qb_task *task; /* NULL: free */
    int64_t step, n_steps;
    double images_per_second;
} qb_runner_slot;

typedef struct qb_runner_state {
    const qb_runner_slot *slots; /* one a job */
    int n_slots;
    size_t n_left, n_ended;       /* tasks that were left at the start, at most max_starts; those of them that have ended */
    double elapsed_seconds, eta_seconds; /* eta < 0: not known yet */
} qb_runner_state;

typedef struct qb_runner_options {
    int jobs;                          /* children at once; 0: allowed cores / threads of a run */
    size_t max_starts;                 /* no more runs than that are started; 0: any number */
    bool fail_fast;                    /* none is started after one has ended as failed, diverged or mistrusted */
    bool force, strict;                /* as for one run */
    const volatile sig_atomic_t *stop; /* non-zero: every child saves and stops; may be NULL */
    const char *command;               /* for the records; may be NULL */
    void (*ended)(void *context, const qb_runner_state *state, const qb_task *task, double seconds); /* may be NULL */
    void (*tick)(void *context, const qb_runner_state *state); /* a few times a second; may be NULL */
    void *context;
    double hang_seconds; /* as for one run (train/run.h) */
    bool smoke;          /* runs are only tried out (train/smoke.h): tasks of qb_tasks_create_smoke, no folders, no records */
    bool made_data;      /* with smoke: on images made by the program */
} qb_runner_options;

/* Runs every task that is left. A task ends with the status of its record; "elsewhere" when another process has it;
 * "failed" with "killed by signal 11 (plugin crashed?)", also in its record, when its child did not come back.
 * Runs that are under way when no further one is started go on to their end.
 * QB_OK: all went through; QB_E_STOPPED: stopped on request, or after max_starts with runs left and none of this call failed;
 * QB_E_INUSE: all that is left runs elsewhere; QB_E_FAILED: some task is diverged, failed or
 * mistrusted, here or before; when all that failed could not even start for one and the same kind of reason, that
 * code. Other errors: no child could be made. With smoke a task ends as done or failed, with the reason, and QB_E_FAILED says how
 * many failed. */
int qb_runner_run(qb_tasks *tasks, const qb_runner_options *options);

/* The default number of jobs for these tasks. */
int qb_runner_default_jobs(const qb_tasks *tasks);

#endif
