/* What the files of a run share: run.c (is there anything to do?), run_loop.c (training, testing, saving),
 * run_record.c (record.json). */
#ifndef QB_RUN_PARTS_H
#define QB_RUN_PARTS_H

#include "train/checkpoint.h"
#include "train/run.h"
#include "train/rundir.h"
#include "train/trainer.h"
#include "train/watchdog.h"

typedef struct qb_run {
    const qb_config *config;
    const qb_run_environment *env;
    qb_dataset *dataset;
    char key[65];
    qb_rundir dir;
    const char *shown_dir; /* its path as the caller gave it; NULL: not known yet */
    json_t *record;
    int threads;
    qb_trainer *trainer;
    qb_diagnostics *diagnostics; /* NULL: none are asked for */
    qb_train_state state;
    qb_watchdog *watchdog; /* NULL: no time limit */
    /* this process only; never part of a result */
    double started, train_seconds, eval_seconds, save_seconds, wait_seconds, solver_seconds, diagnostics_seconds, last_save;
    double ema_ms, ema_weight;
    int64_t saved_step, saved_evaluation; /* of the newest checkpoint; -1: none */
    int64_t first_step, images;
    double first_step_seconds;
    int64_t first_step_images;
} qb_run;

/* run_loop.c: what a checkpoint of the run holds. */
qb_checkpoint qb_run_checkpoint(qb_run *r);

/* run_loop.c: trains to the end. QB_OK: all steps done, or diverged: *ret_diverged then says what is not finite ("the loss"),
 * else it is NULL. QB_E_STOPPED: saved and stopped. */
int qb_run_train(qb_run *r, const char **ret_diverged);

/* run_record.c */
int qb_run_begin_record(qb_run *r, json_t *old); /* a new record, or the old one's history carried into this start */
int qb_run_compare_starts(qb_run *r, const json_t *old); /* QB_E_CONFIG under --strict */
int qb_run_write_record(qb_run *r);
void qb_run_set_times(qb_run *r); /* the clock's figures up to now */
void qb_run_set_status(qb_run *r, const char *status, const char *reason);
void qb_run_add_note(qb_run *r, const char *text);
int qb_run_finish(qb_run *r, const char *diverged); /* finished weights, the harness's checks of them, the last record */
void qb_run_record_error(qb_run *r, int rc); /* the error that is set, into the record; it stays set */

#endif
