/* What rm and gc share: showing runs with their sizes, and removing them. */
#ifndef QB_REMOVE_RUNS_H
#define QB_REMOVE_RUNS_H

#include "cli/cli.h"
#include "study/run_folders.h"

/* Removes the runs (with dry_run none), prints a line or an object each and a sum. One that is in use is left alone, one that
 * cannot be removed is said with a warning, and the others go on. QB_E_IO: some could not be removed; else QB_E_INUSE: some are
 * in use, where `must_all`. */
int qb_cli_remove_runs(const qb_cli *cli, const qb_run_folders *runs, const char *runs_dir, bool must_all);

/* The flags that they have in common: dry_run and scale. */
extern const qb_option qb_cli_remove_options[];
enum { QB_CLI_N_REMOVE_OPTIONS = 2 };

#endif
