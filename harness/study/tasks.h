/* What a plan has to do: one task a cell and seed, with where its run is kept and how far it got.
 *
 * Invariant: the data are opened once for each (data set, folder), for fingerprint and sizes, and closed again; a plan
 * whose runs are all over costs that and one small file a run.
 */
#ifndef QB_TASKS_H
#define QB_TASKS_H

#include "study/plan.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct qb_task {
    const qb_study_plan_cell *cell; /* borrowed */
    qb_config *config;              /* borrowed, with its steps; NULL for a skipped cell */
    long long seed;
    char *dir;      /* the run's folder; NULL for a skipped cell */
    char key[65];
    char *status;   /* of its record; "missing": never begun; "skipped"; after a start also "elsewhere" */
    char *reason;   /* "" if none */
    double top1;    /* test_top1 of the record, NaN: none */
    int64_t step;   /* how far the record is, 0: not begun, or no test yet */
    bool is_left;   /* there is something to train */
} qb_task;

typedef struct qb_tasks {
    qb_task *items; /* by seed, then by cell: every cell gets its first seed before any gets its second */
    size_t n;
} qb_tasks;

/* Threads of a run of a study: 1 where it does not say. */
int qb_study_threads(const qb_config *c);

/* Looks at every run of the plan. force: finished runs are left too. done: records (as qb_records_collect reads them) that
 * count where the run's own folder has none that is over; a record is a run's when key and configuration are its own, and only
 * records that are over count. NULL: none. Errors: those of reading them; QB_E_DATA: a key with another configuration; those of opening the data;
 * QB_E_CONFIG: a run begun with another file of an outside plugin (unless force); a span that does not fit (qb_config_resolve),
 * with plan and cell. */
int qb_tasks_create(const qb_study_plan *plan, bool force, const char *done, qb_tasks *ret);
void qb_tasks_finish(qb_tasks *t);

/* The first seed of every cell, to be tried out (train/smoke.h): nothing is looked for, neither data nor folders. */
int qb_tasks_create_smoke(const qb_study_plan *plan, qb_tasks *ret);

/* Reads the task's record again. */
int qb_task_update(qb_task *task);

/* Sets status and reason. */
int qb_task_set(qb_task *task, const char *status, const char *reason);

size_t qb_tasks_count(const qb_tasks *t, const char *status);

#endif
