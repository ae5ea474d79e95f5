/* The user's configuration file, $XDG_CONFIG_HOME/qatbench/config.yaml: places and display, never what changes a result.
 *
 *   runs_dir: /scratch/me/runs
 *   data_dir: [/shared/datasets, ~/datasets]    one folder, or a list
 *   solver_path: ~/solvers                      the same
 *   color: never
 *
 * Paths are absolute, or below ~/: a relative one would mean another place in every folder, and is refused. A missing file and an
 * empty one say nothing. It is only read.
 */
#ifndef QB_CLI_USER_CONFIG_H
#define QB_CLI_USER_CONFIG_H

#include <stdbool.h>

typedef struct qb_user_config {
    const char *path;  /* of the file; NULL: HOME is needed for it and not set */
    bool is_there;
    const char *color; /* auto, always, never; NULL: not given */
} qb_user_config;

/* Reads it, and puts its places in force (base/user_places.h). QB_E_CONFIG "FILE:LINE:COLUMN: KEY: ..."; QB_E_IO. */
int qb_user_config_read(void);

/* What was read. Borrowed; before that all NULL. */
const qb_user_config *qb_user_config_get(void);

/* Gives all of it back. */
void qb_user_config_finish(void);

#endif
