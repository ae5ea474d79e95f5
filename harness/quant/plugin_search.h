/* Where solver plugins are looked for, and the files that lie there. Nothing is loaded. For the plugin loader, and the completion of
 * command lines. */
#ifndef QB_PLUGIN_SEARCH_H
#define QB_PLUGIN_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

typedef struct qb_plugin_dir {
    char *path;         /* as configured */
    const char *source; /* what says so: "--solver-path", "QATBENCH_SOLVER_PATH", "config.yaml", "default" (the user's folder) */
    bool shipped;       /* one of the program's own; source is NULL */
} qb_plugin_dir;

/* The folders in order (plugin.h), whether they exist or not. Free with qb_plugin_dirs_free. QB_E_NOMEM. */
int qb_plugin_dirs(const char *solver_path, qb_plugin_dir **ret_dirs, size_t *ret_n);
void qb_plugin_dirs_free(qb_plugin_dir *dirs, size_t n);

/* A plugin file: NAME.so, loadable or not. */
typedef struct qb_plugin_name {
    char *name, *path;
} qb_plugin_name;

/* Every plugin file in those folders, the first of a name, sorted by name. A folder that cannot be read counts as empty.
 * Free with qb_plugin_names_free. QB_E_NOMEM. */
int qb_plugin_names(const char *solver_path, qb_plugin_name **ret_names, size_t *ret_n);
void qb_plugin_names_free(qb_plugin_name *names, size_t n);

/* Path of NAME.so in the first folder that has it; caller frees. QB_E_USAGE: none has it, the nearest name or all
 * names in the hint; QB_E_UNAVAILABLE: there is no plugin at all, the folders in the hint. */
int qb_plugin_find(const char *name, const char *solver_path, char **ret_path);

/* Does this absolute path lie in one of the program's own folders? QB_E_NOMEM. */
int qb_plugin_is_shipped(const char *path, bool *ret_shipped);

#endif
