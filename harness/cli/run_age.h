/* How long ago the records of runs were written: what `ls` and `status` sort by and show. */
#ifndef QB_CLI_RUN_AGE_H
#define QB_CLI_RUN_AGE_H

#include "study/cells.h"

#include <time.h>

typedef struct qb_dated_run {
    const qb_cell *cell;
    const qb_cell_run *run;
    time_t written; /* when its record was written last; 0: unknown */
} qb_dated_run;

/* The runs of this status (NULL: all) in the order of the cells. Borrowed from the study; free with qb_free. QB_E_NOMEM. */
int qb_dated_runs_collect(const qb_study *s, const char *status, qb_dated_run **ret_runs, size_t *ret_n);
void qb_dated_runs_sort(qb_dated_run *runs, size_t n); /* newest first */

char *qb_cli_age_text(time_t at); /* "90 s", "3 h"; "" for 0. Caller frees */

#endif
