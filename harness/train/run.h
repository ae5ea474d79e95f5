/* One run, from its configuration to a finished record; or as far as it gets.
 *
 * Promise (T1): same binary, libraries, CPU type, threads, configuration and data give bit-equal weights and
 * metrics.jsonl, whether the run went through in one go or was killed and resumed at any step.
 */
#ifndef QB_RUN_H
#define QB_RUN_H

#include "train/config.h"

#include <signal.h>
#include <stdbool.h>

typedef struct qb_progress {
    int64_t step, n_steps;
    double epoch, n_epochs, loss, top1, lr, step_ms, images_per_second, data_share, solver_share;
    double eta_seconds; /* < 0: not known yet */
    const char *phase;  /* "train", "eval", "save" */
} qb_progress;

typedef struct qb_run_environment {
    bool force;  /* start anew even when the plugin's file changed or the run is finished */
    bool strict; /* a run that was begun with other threads, ISA or libraries is refused instead of warned about */
    void (*progress)(void *context, const qb_progress *p); /* may be NULL; called after every step */
    void *progress_context;
    const volatile sig_atomic_t *stop; /* non-zero: save and stop (QB_E_STOPPED); may be NULL */
    const char *command;               /* argv as one line, for the record; may be NULL */
    const struct qb_checkpoint_content *content; /* what checkpoints hold; NULL: qb_checkpoint_all. Tests leave parts out */
    /* Ends the process, on a thread of its own, when a run hangs beyond its time_limit and can only be left behind: the
     * error is set on that thread, and is in the record, which may be NULL. Must not return; NULL: it hangs on. */
    void (*abandon)(void *context, const json_t *record);
    void *abandon_context;
    double hang_seconds; /* beyond the limit without the end of a step; 0: 60 */
} qb_run_environment;

/* Runs, resumes, or finds finished. config: its steps are resolved where the data alone tell them. *ret_record: the record as
 * of the end (record.json; new reference), also when the run failed, if a run directory exists. Returns QB_OK for done (also when it had been done before),
 * QB_E_STOPPED, QB_E_INUSE, QB_E_FAILED for diverged, failed and mistrusted (the record has status and reason),
 * or another error when it could not start. */
int qb_run_execute(qb_config *config, const qb_run_environment *environment, json_t **ret_record);

/* The JSON object of `qatbench train --json` from a record. New reference. */
json_t *qb_run_summary(const json_t *record);

#endif
