/* What the verbs of a study share: where things are, and which study their arguments mean. */
#ifndef QB_STUDY_ARGS_H
#define QB_STUDY_ARGS_H

#include "cli/cli.h"
#include "study/cells.h"
#include "study/table.h"

extern const char *const qb_cli_place_keys[];  /* runs_dir data_dir solver_path */
extern const char *const qb_cli_record_keys[]; /* without data_dir: for what never opens the data */

/* --runs-dir, --data-dir, --solver-path; texts borrowed from cli->run. */
qb_study_plan_places qb_cli_places(const qb_cli *cli);

/* The study that the positional arguments name. */
int qb_cli_load_study(const qb_cli *cli, qb_study **ret_study);

/* The same; without arguments that of the runs folder. */
int qb_cli_load_study_or_runs(const qb_cli *cli, qb_study **ret_study);

/* Writes text to a file (--output; see qb_fs_write_output), or to stdout when path is NULL or stdout's. */
int qb_cli_write(const char *path, const char *text);
int qb_cli_write_bytes(const char *path, const void *bytes, size_t n);

/* May a file of that name be written? QB_E_USAGE: there is one that holds something, and force is not given. What is no regular
 * file has nothing to lose. */
int qb_cli_check_new(const char *path, bool force);

#endif
