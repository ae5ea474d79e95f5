/* The line of `run -n` and `ls` that says how long the rest of a study takes. */
#ifndef QB_CLI_TIME_LEFT_H
#define QB_CLI_TIME_LEFT_H

#include "cli/cli.h"
#include "study/time_left.h"

/* Adds the line for these runs; nothing where none is left. Records of the whole runs folder tell the speed, and `lines`
 * (NULL: none) too. */
int qb_cli_add_time_left(qb_str *s, const qb_cli *cli, const qb_run_left *runs, size_t n, const json_t *lines, int jobs);

#endif
