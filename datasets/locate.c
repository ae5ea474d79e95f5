/* The search for a data set: roots (flag, environment, XDG, Debian package), and below each the usual folder names. */
#include "datasets/locate.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"

char *qb_locate_part(const qb_part *p, const char *dir)
{
    for (int i = 0; i < QB_PART_NAMES && p->names[i]; i++) {
        char *path = qb_path_join(dir, p->names[i]);
        if (!path || qb_fs_exists(path))
            return path;
        qb_free(path);
    }
    return NULL;
}

static size_t count_parts(const qb_source *s, const char *dir)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_parts; i++) {
        char *path = qb_locate_part(&s->parts[i], dir);
        n += path != NULL;
        qb_free(path);
    }
    return n;
}

/* The best of what one folder offers so far. */
typedef struct found {
    char *path;
    size_t n_parts; /* an archive counts as all of them */
    bool is_archive;
} found;

static int consider(found *best, size_t n_parts, const char *path, bool is_archive)
{
    if (n_parts <= best->n_parts)
        return 0;
    char *copy = qb_strdup(path);
    if (!copy)
        return QB_E_NOMEM;
    qb_free(best->path);
    *best = (found){copy, n_parts, is_archive};
    return 0;
}

/* Files, else an archive, directly in `dir`. */
static int look_in(const qb_source *s, const char *dir, found *best)
{
    QB_TRY(consider(best, count_parts(s, dir), dir, false));
    for (size_t i = 0; s->archives && s->archives[i]; i++) {
        char *path = qb_path_join(dir, s->archives[i]);
        if (!path)
            return QB_E_NOMEM;
        int rc = qb_fs_exists(path) ? consider(best, s->n_parts, path, true) : 0;
        qb_free(path);
        QB_TRY(rc);
    }
    return 0;
}

static int look_below(const qb_source *s, const char *root, found *best)
{
    QB_TRY(look_in(s, root, best));
    for (size_t i = 0; s->folders[i] && best->n_parts < s->n_parts; i++) {
        char *dir = qb_path_join(root, s->folders[i]);
        if (!dir)
            return QB_E_NOMEM;
        int rc = qb_fs_is_dir(dir) ? look_in(s, dir, best) : 0;
        qb_free(dir);
        QB_TRY(rc);
    }
    return 0;
}

/* What a folder holds instead, so that the message can say it. */
static const qb_source *other_set(const qb_source *wanted, const char *root)
{
    static const qb_source *const others[] = {&qb_source_cifar10, &qb_source_cifar100, &qb_source_fashion_mnist};
    const qb_source *other = NULL;
    for (size_t i = 0; i < sizeof others / sizeof others[0] && !other; i++) {
        found best = {0};
        if (others[i] != wanted && others[i]->parts != wanted->parts && look_in(others[i], root, &best) == 0 && best.path)
            other = others[i];
        qb_free(best.path);
    }
    return other;
}

/* data_dir is all there is to look at. */
static int look_at_given(const qb_source *s, const char *data_dir, found *best)
{
    struct stat st;
    if (stat(data_dir, &st) != 0) {
        qb_err_set_errno("data folder '%s'", data_dir);
        return qb_err_hint("--data-dir is the folder of the files, or the parent of it");
    }
    if (!S_ISDIR(st.st_mode)) {
        if (s->archives)
            return consider(best, s->n_parts, data_dir, true);
        qb_err_set(QB_E_DATA, "data folder '%s' is a file, wanted the folder of the %s files", data_dir, s->label);
        return qb_err_hint("--data-dir is the folder of the files, or the parent of it");
    }
    QB_TRY(look_below(s, data_dir, best));
    if (best->path)
        return 0;
    const qb_source *other = other_set(s, data_dir);
    qb_err_set(QB_E_NOINPUT, "data set '%s' not found in '%s'%s%s, wanted %s", s->info.name, data_dir,
               other ? ", which holds files of " : "", other ? other->info.name : "", s->info.files);
    if (other)
        return qb_err_hint("use --dataset %s, or another --data-dir", other->info.name);
    return qb_err_hint("%s", s->get_it);
}

/* The usual places, in order; the first that has anything. */
static int look_around(const qb_source *s, found *best)
{
    char *roots[4] = {0};
    int n = 0, rc = 0;
    const char *variable = getenv("QATBENCH_DATA");
    char *xdg = qb_xdg_data_dir();
    if (variable && variable[0])
        roots[n++] = qb_strdup(variable);
    if (xdg)
        roots[n++] = qb_path_join(xdg, "datasets");
    if (s->package_dir)
        roots[n++] = qb_strdup(s->package_dir);
    qb_str tried = {0};
    for (int i = 0; i < n && rc == 0 && !best->path; i++) {
        if (!roots[i]) {
            rc = QB_E_NOMEM;
            break;
        }
        qb_str_addf(&tried, "%s%s", i ? ", " : "", roots[i]);
        if (qb_fs_is_dir(roots[i]))
            rc = look_below(s, roots[i], best);
    }
    if (rc == 0 && !best->path) {
        if (tried.failed)
            rc = QB_E_NOMEM;
        else {
            qb_err_set(QB_E_NOINPUT, "data set '%s' not found; looked in %s", s->info.name,
                       tried.length ? tried.text : "no folder: HOME and QATBENCH_DATA are not set");
            rc = qb_err_hint("%s", s->get_it);
        }
    }
    qb_str_finish(&tried);
    for (int i = 0; i < n; i++)
        qb_free(roots[i]);
    qb_free(xdg);
    return rc;
}

int qb_locate(const qb_source *s, const char *data_dir, qb_place *ret_place)
{
    found best = {0};
    int rc = data_dir ? look_at_given(s, data_dir, &best) : look_around(s, &best);
    if (rc < 0) {
        qb_free(best.path);
        return rc;
    }
    ret_place->path = best.path;
    ret_place->is_archive = best.is_archive;
    return 0;
}
