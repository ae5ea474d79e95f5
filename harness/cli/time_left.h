/* The line of `run -n` and `ls` that says how long the rest of a study takes. */
#ifndef QB_CLI_TIME_LEFT_H
#define QB_CLI_TIME_LEFT_H

#include "cli/cli.h"
#include "study/cells.h"
#include "study/time_left.h"

/* Estimates these runs, by the records of the whole runs folder and `lines` (NULL: none). Free with qb_time_left_finish. */
int qb_cli_time_left(const qb_cli *cli, const qb_run_left *runs, size_t n, const json_t *lines, qb_time_left *ret);

/* Adds the line for these runs; nothing where none is left. Records of the whole runs folder tell the speed, and `lines`
 * (NULL: none) too. */
int qb_cli_add_time_left(qb_str *s, const qb_cli *cli, const qb_run_left *runs, size_t n, const json_t *lines, int jobs);

/* The runs of a study that are left, each as its record was saved last, in the order of its cells. *ret_jobs: as many at once as
 * `run` takes. Free with qb_free. */
int qb_cli_study_left(const qb_study *s, qb_run_left **ret_runs, size_t *ret_n, int *ret_jobs);
bool qb_cli_is_left(const qb_cell_run *run);

/* The line for them. */
int qb_cli_add_study_left(qb_str *out, const qb_cli *cli, const qb_study *s);

#endif
