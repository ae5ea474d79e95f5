/* Solver plugins: found, checked before any of their code runs, loaded, described as data.
 *
 * The file is read once: what is checked, hashed and run are the same bytes, and what happens to the file afterwards
 * changes nothing. A plugin from outside is loaded in a child process first: one that crashes, hangs or exits there is
 * refused.
 * A plugin is refused with one message (file, member, got, wanted), QB_E_UNAVAILABLE or QB_E_NOINPUT, and nothing
 * of it stays behind. What is loaded is never unloaded.
 */
#ifndef QB_PLUGIN_H
#define QB_PLUGIN_H

#include "base/option.h"

#include <qatbench/solver.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct qb_plugin {
    qb_solver solver;      /* copied into a zeroed struct by the plugin's size; strings belong to the plugin */
    char *path;            /* absolute */
    char sha256[65];       /* of the file's bytes as they were loaded */
    bool shipped;          /* from the program's own solvers folder */
    bool may_use_openmp;   /* itself, or through a library of its own */
    qb_option *options;    /* the plugin's options as a schema of ours (n = solver.n_options) */
    struct qb_plugin *before; /* the loader's: loaded before it */
} qb_plugin;

/* `name` is a solver name, looked up in the search path, or a path (has a '/' or ends in .so).
 * Search: solver_path (colon-separated, may be NULL) > QATBENCH_SOLVER_PATH > that of the user's configuration file >
 * $XDG_DATA_HOME/qatbench/solvers >
 * "solvers" beside the program > the installed folder as
 * seen from the program's > QB_SOLVERS_DIR. A name not found gives the nearest one found.
 * Loaded plugins are kept: the same file gives the same object (owned by the module, never freed). */
int qb_plugin_load(const char *name, const char *solver_path, const qb_plugin **ret_plugin);

/* Every plugin found, first of a name wins, sorted by name. Broken ones are in the list with `error` set. */
typedef struct qb_plugin_entry {
    char *name, *path;
    const qb_plugin *plugin; /* NULL when refused */
    char *error;             /* why */
} qb_plugin_entry;
int qb_plugin_list(const char *solver_path, qb_plugin_entry **ret_entries, size_t *ret_n);
void qb_plugin_list_free(qb_plugin_entry *entries, size_t n);

/* Settings of a plugin's options from the arguments of a spec: `parq[steepness=10]`. */
int qb_plugin_settings(const qb_plugin *p, const qb_spec *spec, qb_settings *ret_settings);

/* The values as a plugin gets them: array of n_options, borrowed from the settings; free with qb_free. */
qb_option_value *qb_plugin_values(const qb_plugin *p, const qb_settings *settings);

#endif
