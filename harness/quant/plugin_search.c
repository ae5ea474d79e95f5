/*
 * Invariant: a name means the first NAME.so in the order of the folders, loadable or not: a broken plugin is
 * reported, never passed over for another of the same name.
 */
#include "quant/plugin_search.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/user_places.h"

#include <stdlib.h>
#include <string.h>

#if !defined QB_SOLVERS_DIR || !defined QB_SOLVERS_FROM_PROGRAM
#error "QB_SOLVERS_DIR: folder of the installed solvers; QB_SOLVERS_FROM_PROGRAM: the same from the program's folder"
#endif

typedef struct dir_list {
    qb_plugin_dir *dirs;
    size_t n;
} dir_list;

/* Takes `path` (NULL: nothing to add). source NULL: one of the program's own. */
static int add_dir(dir_list *l, char *path, const char *source)
{
    if (!path)
        return 0;
    qb_plugin_dir *more = qb_realloc(l->dirs, l->n + 1, sizeof *more);
    if (!more) {
        qb_free(path);
        return QB_E_NOMEM;
    }
    l->dirs = more;
    l->dirs[l->n++] = (qb_plugin_dir){path, source, source == NULL};
    return 0;
}

/* Folders separated by ':'; empty ones are left out. */
static int add_list(dir_list *l, const char *text, const char *source)
{
    while (text && *text) {
        size_t n = strcspn(text, ":");
        if (n > 0) {
            char *path = qb_strndup(text, n);
            if (!path)
                return QB_E_NOMEM;
            QB_TRY(add_dir(l, path, source));
        }
        text += n + (text[n] == ':');
    }
    return 0;
}

/* The folder "solvers" in what `parent_dir` gives; nothing where that is unknown (no HOME, no /proc). */
static int add_below(dir_list *l, char *(*parent_dir)(void), const char *source)
{
    qb_err_clear();
    char *parent = parent_dir();
    if (!parent)
        return qb_err_code() == QB_E_NOMEM ? QB_E_NOMEM : 0;
    char *path = qb_path_join(parent, "solvers");
    qb_free(parent);
    return path ? add_dir(l, path, source) : QB_E_NOMEM;
}

/* The installed folder as seen from the program, so that an installation can be moved or staged under DESTDIR. */
static int add_beside_installation(dir_list *l)
{
    qb_err_clear();
    char *program_dir = qb_program_dir();
    if (!program_dir)
        return qb_err_code() == QB_E_NOMEM ? QB_E_NOMEM : 0;
    char *path = qb_path_join(program_dir, QB_SOLVERS_FROM_PROGRAM);
    qb_free(program_dir);
    if (!path)
        return QB_E_NOMEM;
    if (qb_fs_is_dir(path))
        return add_dir(l, path, NULL);
    qb_free(path);
    return 0;
}

static int add_shipped(dir_list *l)
{
    QB_TRY(add_below(l, qb_program_dir, NULL));
    QB_TRY(add_beside_installation(l));
    char *installed = qb_strdup(QB_SOLVERS_DIR);
    return installed ? add_dir(l, installed, NULL) : QB_E_NOMEM;
}

int qb_plugin_dirs(const char *solver_path, qb_plugin_dir **ret_dirs, size_t *ret_n)
{
    dir_list l = {NULL, 0};
    int rc;
    if ((rc = add_list(&l, solver_path, "--solver-path")) < 0 ||
        (rc = add_list(&l, getenv("QATBENCH_SOLVER_PATH"), "QATBENCH_SOLVER_PATH")) < 0 ||
        (rc = add_list(&l, qb_user_places_get()->solver_path, "config.yaml")) < 0 ||
        (rc = add_below(&l, qb_xdg_data_dir, "default")) < 0 || (rc = add_shipped(&l)) < 0) {
        qb_plugin_dirs_free(l.dirs, l.n);
        return rc;
    }
    *ret_dirs = l.dirs;
    *ret_n = l.n;
    return 0;
}

void qb_plugin_dirs_free(qb_plugin_dir *dirs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        qb_free(dirs[i].path);
    qb_free(dirs);
}

int qb_plugin_is_shipped(const char *path, bool *ret_shipped)
{
    dir_list l = {NULL, 0};
    bool shipped = false;
    char *dir = qb_path_dir(path);
    int rc = dir ? add_shipped(&l) : QB_E_NOMEM;
    for (size_t i = 0; i < l.n && rc == 0 && !shipped; i++) {
        char *own = qb_path_absolute(l.dirs[i].path);
        if (!own)
            rc = QB_E_NOMEM;
        else
            shipped = strcmp(own, dir) == 0;
        qb_free(own);
    }
    qb_plugin_dirs_free(l.dirs, l.n);
    qb_free(dir);
    if (rc == 0)
        *ret_shipped = shipped;
    return rc;
}

static bool is_plugin_file(const char *name)
{
    return qb_ends_with(name, ".so") && name[0] != '.';
}

static int add_name(qb_plugin_name **names, size_t *n, const char *dir, const char *file)
{
    size_t stem = strlen(file) - 3;
    for (size_t i = 0; i < *n; i++)
        if (strlen((*names)[i].name) == stem && strncmp((*names)[i].name, file, stem) == 0)
            return 0; /* the first of a name wins */
    qb_plugin_name *more = qb_realloc(*names, *n + 1, sizeof *more);
    if (!more)
        return QB_E_NOMEM;
    *names = more;
    more[*n] = (qb_plugin_name){.name = qb_strndup(file, stem), .path = qb_path_join(dir, file)};
    (*n)++;
    return more[*n - 1].name && more[*n - 1].path ? 0 : QB_E_NOMEM;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const qb_plugin_name *)a)->name, ((const qb_plugin_name *)b)->name);
}

int qb_plugin_names(const char *solver_path, qb_plugin_name **ret_names, size_t *ret_n)
{
    qb_plugin_dir *dirs = NULL;
    qb_plugin_name *names = NULL;
    size_t n_dirs = 0, n = 0;
    int rc = qb_plugin_dirs(solver_path, &dirs, &n_dirs);
    for (size_t d = 0; d < n_dirs && rc == 0; d++) {
        char **files;
        size_t n_files;
        if (!qb_fs_is_dir(dirs[d].path))
            continue;
        int listed = qb_fs_list(dirs[d].path, &files, &n_files);
        if (listed == QB_E_NOMEM)
            rc = listed;
        if (listed < 0)
            continue;
        for (size_t i = 0; i < n_files && rc == 0; i++)
            if (is_plugin_file(files[i]))
                rc = add_name(&names, &n, dirs[d].path, files[i]);
        qb_fs_free_names(files, n_files);
    }
    qb_plugin_dirs_free(dirs, n_dirs);
    if (rc < 0) {
        qb_plugin_names_free(names, n);
        return rc;
    }
    if (n > 0)
        qsort(names, n, sizeof *names, by_name);
    *ret_names = names;
    *ret_n = n;
    return 0;
}

void qb_plugin_names_free(qb_plugin_name *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        qb_free(names[i].name);
        qb_free(names[i].path);
    }
    qb_free(names);
}

static int refuse_no_plugins(const char *name, const char *solver_path)
{
    qb_plugin_dir *dirs;
    size_t n;
    QB_TRY(qb_plugin_dirs(solver_path, &dirs, &n));
    qb_str searched = {0};
    for (size_t i = 0; i < n; i++)
        qb_str_addf(&searched, "%s%s", i > 0 ? ", " : "", dirs[i].path);
    qb_plugin_dirs_free(dirs, n);
    qb_err_set(QB_E_UNAVAILABLE, "solver '%s': no solver plugins were found", name);
    int rc = qb_err_hint("searched: %s", searched.text ? searched.text : "nowhere");
    qb_str_finish(&searched);
    return rc;
}

static int refuse_unknown(const char *name, const qb_plugin_name *found, size_t n)
{
    const char **names = qb_alloc(n, sizeof *names);
    if (!names)
        return QB_E_NOMEM;
    qb_str all = {0};
    for (size_t i = 0; i < n; i++) {
        names[i] = found[i].name;
        qb_str_addf(&all, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    const char *nearest = qb_nearest_name(name, names, n);
    int rc = qb_err_set(QB_E_USAGE, "unknown solver '%s'", name);
    if (nearest)
        qb_err_hint("did you mean '%s'?", nearest);
    else
        qb_err_hint("solvers found: %s", all.text ? all.text : "none");
    qb_str_finish(&all);
    qb_free(names);
    return rc;
}

int qb_plugin_find(const char *name, const char *solver_path, char **ret_path)
{
    qb_plugin_name *names;
    size_t n;
    QB_TRY(qb_plugin_names(solver_path, &names, &n));
    int rc = 0;
    bool found = false;
    for (size_t i = 0; i < n && !found; i++)
        if (strcmp(names[i].name, name) == 0) {
            *ret_path = names[i].path;
            names[i].path = NULL;
            found = true;
        }
    if (!found)
        rc = n == 0 ? refuse_no_plugins(name, solver_path) : refuse_unknown(name, names, n);
    qb_plugin_names_free(names, n);
    return rc;
}
