/* See image_place.h. */
#include "datasets/image_place.h"

#include <string.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "datasets/locate.h"
#include "datasets/pack.h"
#include "datasets/tars.h"
#include "datasets/tree.h"

static const char *const folders[] = {"imagenet", "ImageNet", "imagenet-1k", "ILSVRC2012", NULL};

static const char *get_it(const qb_source *s)
{
    return s->label ? "see https://image-net.org for the archives; --data-dir is their folder, a tree with train and val, or a pack"
                    : "--data-dir is the folder of your images: a folder a class below train and val, or with --val-fraction directly "
                      "in it, or a pack";
}

/* The one pack in a folder; *ret_path NULL: none. */
static int find_pack(const char *dir, char **ret_path)
{
    char **names = NULL;
    size_t n = 0, n_packs = 0;
    const char *first = NULL;
    int rc = qb_fs_list(dir, &names, &n);
    QB_TRY(rc);
    for (size_t i = 0; i < n; i++)
        if (qb_ends_with(names[i], QB_PACK_ENDING) && n_packs++ == 0)
            first = names[i];
    *ret_path = n_packs == 1 ? qb_path_join(dir, first) : NULL;
    if (n_packs > 1) {
        qb_err_set(QB_E_DATA, "%s: holds %zu packs, such as '%s', wanted one", dir, n_packs, first);
        rc = qb_err_hint("give the pack itself with --data-dir");
    } else if (n_packs == 1 && !*ret_path) {
        rc = QB_E_NOMEM;
    }
    qb_fs_free_names(names, n);
    return rc;
}

static int take(const char *path, qb_image_form form, qb_image_place *place)
{
    place->form = form;
    place->path = qb_strdup(path);
    return place->path ? 0 : QB_E_NOMEM;
}

/* What the folder holds; place->path NULL: nothing of ours. */
static int look_in(const qb_source *s, const char *dir, qb_image_place *place)
{
    if (!qb_fs_is_dir(dir))
        return 0;
    QB_TRY(find_pack(dir, &place->path));
    if (place->path) {
        place->form = QB_IMAGES_PACK;
        return 0;
    }
    if (qb_tars_are_in(dir))
        return take(dir, QB_IMAGES_TARS, place);
    const qb_tree_form tree = qb_tree_look(dir);
    const bool may_be_whole = !s->label; /* ImageNet has images of its own to test on */
    return tree == QB_TREE_SPLIT || (tree == QB_TREE_WHOLE && may_be_whole) ? take(dir, QB_IMAGES_TREE, place) : 0;
}

/* In the usual folders below `root`, or a pack of the set's name in it. */
static int look_below(const qb_source *s, const char *root, qb_image_place *place)
{
    char *pack = qb_sprintf("%s/%s" QB_PACK_ENDING, root, s->info.name);
    int rc = pack ? 0 : QB_E_NOMEM;
    if (rc == 0 && qb_fs_exists(pack) && !qb_fs_is_dir(pack))
        rc = take(pack, QB_IMAGES_PACK, place);
    qb_free(pack);
    for (size_t i = 0; folders[i] && rc == 0 && !place->path; i++) {
        char *dir = qb_path_join(root, folders[i]);
        rc = dir ? look_in(s, dir, place) : QB_E_NOMEM;
        qb_free(dir);
    }
    return rc;
}

static int not_found(const qb_source *s, const char *where)
{
    qb_err_set(QB_E_NOINPUT, "data set '%s' not found%s, wanted %s", s->info.name, where, s->info.files);
    return qb_err_hint("%s", get_it(s));
}

static int look_at_given(const qb_source *s, const char *data_dir, qb_image_place *place)
{
    if (!qb_fs_exists(data_dir)) {
        qb_err_set(QB_E_NOINPUT, "data folder '%s': there is no such file or folder", data_dir);
        return qb_err_hint("%s", get_it(s));
    }
    if (!qb_fs_is_dir(data_dir) && qb_tars_is_one(data_dir)) {
        place->form = QB_IMAGES_TARS;
        place->path = qb_path_dir(data_dir);
        return place->path ? 0 : QB_E_NOMEM;
    }
    if (!qb_fs_is_dir(data_dir))
        return take(data_dir, QB_IMAGES_PACK, place); /* opening says what else it is */
    QB_TRY(look_in(s, data_dir, place));
    if (!place->path && s->label)
        QB_TRY(look_below(s, data_dir, place));
    if (place->path)
        return 0;
    char *where = qb_sprintf(" in '%s'", data_dir);
    int rc = where ? not_found(s, where) : QB_E_NOMEM;
    qb_free(where);
    return rc;
}

static int look_around(const qb_source *s, qb_image_place *place)
{
    qb_data_root roots[QB_DATA_ROOTS];
    int n = qb_data_roots(NULL, roots), rc = 0;
    qb_str tried = {0};
    qb_str_add(&tried, n > 0 ? "; looked in" : "; HOME and QATBENCH_DATA are not set");
    for (int i = 0; i < n && rc == 0 && !place->path; i++) {
        rc = roots[i].path ? look_below(s, roots[i].path, place) : QB_E_NOMEM;
        qb_str_addf(&tried, "%s %s", i > 0 ? "," : "", roots[i].path ? roots[i].path : "");
    }
    if (rc == 0 && !place->path)
        rc = tried.failed ? QB_E_NOMEM : not_found(s, tried.text);
    qb_str_finish(&tried);
    for (int i = 0; i < n; i++)
        qb_free(roots[i].path);
    return rc;
}

int qb_image_place_find(const qb_source *s, const char *data_dir, qb_image_place *ret_place)
{
    qb_image_place place = {0};
    int rc = data_dir ? look_at_given(s, data_dir, &place) : s->label ? look_around(s, &place) : not_found(s, " without --data-dir");
    if (rc < 0) {
        qb_free(place.path);
        return rc;
    }
    *ret_place = place;
    return 0;
}
