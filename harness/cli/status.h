/* A study at one moment: what is over, what runs now and how far it is, what is left. Only read: no file is written, no lock kept.
 */
#ifndef QB_CLI_STATUS_H
#define QB_CLI_STATUS_H

#include "cli/cli.h"
#include "study/cells.h"
#include "study/live.h"
#include "study/time_left.h"

typedef struct qb_status_run {
    const qb_cell *cell;
    const qb_cell_run *run;
    qb_live live;
    int64_t n_steps; /* 0: not known yet */
    double eta_seconds; /* < 0: not known yet */
} qb_status_run;

typedef struct qb_status {
    qb_study *study;
    qb_status_run *running;
    size_t n_running;
    size_t n_waiting; /* runs that a further `run` would train: missing and interrupted ones */
    double share;     /* of the runs that are not skipped, a running one by its steps; NaN: there are none */
    qb_time_left left; /* running, waiting and failed ones */
    int jobs;          /* how many at once it goes by: those that run now, else as many as `run` takes */
} qb_status;

int qb_status_take(const qb_cli *cli, qb_status *ret);
void qb_status_finish(qb_status *s);

/* Nothing runs, and nothing waits. */
bool qb_status_is_complete(const qb_status *s);

/* ---- status_print.c ---- */

/* For people, lines as wide as `columns`; color: with marks for a terminal. Caller frees. */
int qb_status_text(const qb_status *s, int columns, bool color, char **ret_text);

/* The object of --json. New reference; NULL: out of memory. */
json_t *qb_status_json(const qb_status *s);

#endif
