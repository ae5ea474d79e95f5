/* How long ago a run's record was written: what `ls` and `status` sort by and show. */
#ifndef QB_CLI_RUN_AGE_H
#define QB_CLI_RUN_AGE_H

#include "study/cells.h"

#include <time.h>

time_t qb_cli_written_at(const qb_cell_run *run); /* 0: unknown */
char *qb_cli_age_text(time_t at);                 /* "90 s", "3 h"; "" for 0. Caller frees */

#endif
