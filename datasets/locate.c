/* The search for a data set: roots (flag, environment, XDG, Debian package), and below each the usual folder names. */
#include "datasets/locate.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "datasets/forms.h"

/* DIR/NAME where that is there and is a folder, or is none. NULL: it is not (or memory is short: code set). */
static char *find(const char *dir, const char *name, bool is_folder)
{
    char *path = qb_path_join(dir, name);
    if (path && qb_fs_exists(path) && qb_fs_is_dir(path) == is_folder)
        return path;
    qb_free(path);
    return NULL;
}

/* DIR/NAME, or DIR/NAME/OTHER for each of the names. */
static char *find_file(const char *dir, const char *const *names, int n)
{
    char *path = NULL;
    for (int i = 0; i < n && !path; i++)
        path = find(dir, names[i], false);
    for (int i = 0; i < n && !path; i++) {
        char *folder = find(dir, names[i], true);
        for (int k = 0; folder && k < n && !path; k++)
            path = find(folder, names[k], false);
        qb_free(folder);
    }
    return path;
}

static int count_names(const char *const *names, int most)
{
    int n = 0;
    while (n < most && names[n])
        n++;
    return n;
}

char *qb_locate_part(const qb_part *p, const char *dir)
{
    const int n = count_names(p->names, QB_PART_NAMES);
    char *path = find_file(dir, p->names, n);
    for (int i = 0; i < n && !path; i++)
        path = find(dir, p->names[i], true);
    return path;
}

static size_t count_parts(const qb_files *f, const char *dir)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n_parts; i++) {
        char *path = find_file(dir, f->parts[i].names, count_names(f->parts[i].names, QB_PART_NAMES));
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
    const qb_files *f = s->files;
    QB_TRY(consider(best, count_parts(f, dir), dir, false));
    if (!f->archives || best->n_parts == f->n_parts)
        return 0;
    char *path = find_file(dir, f->archives, count_names(f->archives, INT_MAX));
    int rc = path ? consider(best, f->n_parts, path, true) : 0;
    qb_free(path);
    return rc;
}

static int look_below(const qb_source *s, const char *root, found *best)
{
    QB_TRY(look_in(s, root, best));
    for (size_t i = 0; s->files->folders[i] && best->n_parts < s->files->n_parts; i++) {
        char *dir = qb_path_join(root, s->files->folders[i]);
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
        if (others[i] != wanted && others[i]->files->parts != wanted->files->parts && look_in(others[i], root, &best) == 0 && best.path)
            other = others[i];
        qb_free(best.path);
    }
    return other;
}

/* Another form of a set in a folder, or in one of the usual folders below it. */
static const char *other_form(const qb_source *s, const char *root)
{
    const char *form = qb_form_find(root);
    for (size_t i = 0; s->files->folders[i] && !form; i++) {
        char *dir = qb_path_join(root, s->files->folders[i]);
        form = dir && qb_fs_is_dir(dir) ? qb_form_find(dir) : NULL;
        qb_free(dir);
    }
    return form;
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
        const char *form = qb_form_find(data_dir);
        if (form)
            return qb_form_error(s, data_dir, form);
        if (s->files->archives)
            return consider(best, s->files->n_parts, data_dir, true);
        qb_err_set(QB_E_DATA, "data folder '%s' is a file, wanted the folder of the %s files", data_dir, s->label);
        return qb_err_hint("--data-dir is the folder of the files, or the parent of it");
    }
    QB_TRY(look_below(s, data_dir, best));
    if (best->path)
        return 0;
    const qb_source *other = other_set(s, data_dir);
    const char *form = other ? NULL : other_form(s, data_dir);
    qb_err_set(QB_E_NOINPUT, "data set '%s' not found in '%s'%s%s, wanted %s", s->info.name, data_dir,
               other ? ", which holds files of " : form ? ", which holds " : "", other ? other->info.name : form ? form : "",
               s->info.files);
    if (other)
        return qb_err_hint("use --dataset %s, or another --data-dir", other->info.name);
    return qb_err_hint("%s", s->files->get_it);
}

int qb_data_roots(const char *package_dir, qb_data_root ret_roots[QB_DATA_ROOTS])
{
    int n = 0;
    const char *variable = getenv("QATBENCH_DATA");
    const qb_user_places *of_user = qb_user_places_get();
    char *xdg = qb_xdg_data_dir();
    if (variable && variable[0])
        ret_roots[n++] = (qb_data_root){qb_strdup(variable), "QATBENCH_DATA"};
    for (size_t i = 0; i < of_user->n_data_dirs; i++)
        ret_roots[n++] = (qb_data_root){qb_strdup(of_user->data_dirs[i]), "config.yaml"};
    if (xdg)
        ret_roots[n++] = (qb_data_root){qb_path_join(xdg, "datasets"), "default"};
    if (package_dir)
        ret_roots[n++] = (qb_data_root){qb_strdup(package_dir), "default"};
    qb_free(xdg);
    return n;
}

/* The usual places, in order; the first that has anything. */
static int look_around(const qb_source *s, found *best)
{
    qb_data_root roots[QB_DATA_ROOTS];
    int n = qb_data_roots(s->files->package_dir, roots), rc = 0;
    qb_str tried = {0};
    for (int i = 0; i < n && rc == 0 && !best->path; i++) {
        if (!roots[i].path) {
            rc = QB_E_NOMEM;
            break;
        }
        qb_str_addf(&tried, "%s%s", i ? ", " : "", roots[i].path);
        if (!qb_fs_is_dir(roots[i].path))
            continue;
        rc = look_below(s, roots[i].path, best);
        const char *form = best->path ? NULL : other_form(s, roots[i].path);
        if (form)
            qb_str_addf(&tried, " (which holds %s)", form);
    }
    if (rc == 0 && !best->path) {
        if (tried.failed)
            rc = QB_E_NOMEM;
        else {
            qb_err_set(QB_E_NOINPUT, "data set '%s' not found; looked in %s", s->info.name,
                       tried.length ? tried.text : "no folder: HOME and QATBENCH_DATA are not set");
            rc = qb_err_hint("%s", s->files->get_it);
        }
    }
    qb_str_finish(&tried);
    for (int i = 0; i < n; i++)
        qb_free(roots[i].path);
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
