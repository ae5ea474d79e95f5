/* The walk. Its order does not matter: the index sorts. See tree.h. */
#include "datasets/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"

enum { TELL_EVERY = 1000, DEEPEST = 100 /* folders; each holds a descriptor while it is read */ };

typedef struct walk {
    qb_index *index;
    const qb_watch *watch;
    const char *class_path; /* for messages */
    int split, label;
    qb_str path; /* below the class */
} walk;

/* A folder that is being read, and those that it is in. */
typedef struct folder {
    const struct folder *above;
    dev_t device;
    ino_t inode;
    int depth;
} folder;

static int folder_error(const walk *w)
{
    const int why = errno;
    qb_err_set(QB_E_IO, "cannot read the folder '%s%s%s': %s", w->class_path, w->path.length ? "/" : "",
               w->path.length ? w->path.text : "", strerror(why));
    return qb_err_hint("make it readable for you, or remove it");
}

static int check_depth(const walk *w, const folder *f)
{
    bool is_loop = f->depth > DEEPEST;
    for (const folder *a = f->above; a && !is_loop; a = a->above)
        is_loop = a->device == f->device && a->inode == f->inode;
    if (!is_loop)
        return 0;
    qb_err_set(QB_E_DATA, "%s/%s: leads back to a folder that it is in, or lies more than %d folders deep", w->class_path,
               w->path.text, DEEPEST);
    return qb_err_hint("remove the link");
}

static int read_folder(walk *w, int parent, const char *name, const folder *above);

/* One name in a folder; w->path ends with it. */
static int read_name(walk *w, int dir, const struct dirent *entry, const folder *here)
{
    struct stat st;
    const bool is_image = qb_is_image_name(entry->d_name);
    if (entry->d_type == DT_REG && !is_image)
        return 0;
    if (fstatat(dir, entry->d_name, &st, 0) != 0)
        st = (struct stat){0}; /* a link that leads nowhere: reading it says so */
    if (S_ISDIR(st.st_mode))
        return read_folder(w, dir, entry->d_name, here);
    if (!is_image)
        return 0;
    if (w->index->n % TELL_EVERY == 0)
        QB_TRY(qb_watch_step(w->watch, "images found", (int64_t)w->index->n, 0));
    return qb_index_add(w->index, w->split, w->label, w->path.text, w->path.length, S_ISREG(st.st_mode) ? (int64_t)st.st_size : 0, -1);
}

static int read_names(walk *w, DIR *dir, const folder *here)
{
    const size_t length = w->path.length;
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (length > 0)
            qb_str_add(&w->path, "/");
        qb_str_add(&w->path, entry->d_name);
        if (w->path.failed)
            return qb_err_set(QB_E_NOMEM, "out of memory");
        QB_TRY(read_name(w, dirfd(dir), entry, here));
        w->path.length = length;
        w->path.text[length] = '\0';
    }
    return errno == 0 ? 0 : folder_error(w);
}

static int read_folder(walk *w, int parent, const char *name, const folder *above)
{
    struct stat st;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        int rc = folder_error(w);
        if (fd >= 0)
            (void)close(fd); /* only read from */
        return rc;
    }
    const folder here = {above, st.st_dev, st.st_ino, above ? above->depth + 1 : 0};
    int rc = check_depth(w, &here);
    DIR *dir = rc == 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        rc = rc < 0 ? rc : folder_error(w);
        (void)close(fd);
        return rc;
    }
    rc = read_names(w, dir, &here);
    (void)closedir(dir); /* only read from */
    return rc;
}

/* Each folder in `dir` as a class. */
static int read_classes(const char *dir, int split, qb_index *x, const qb_watch *watch)
{
    char **names = NULL;
    size_t n = 0;
    QB_TRY(qb_fs_list(dir, &names, &n));
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        walk w = {.index = x, .watch = watch, .split = split};
        char *path = qb_path_join(dir, names[i]);
        if (!path)
            rc = QB_E_NOMEM;
        else if (qb_fs_is_dir(path)) {
            w.class_path = path;
            rc = qb_index_add_class(x, names[i], &w.label);
            if (rc == QB_E_DATA)
                (void)qb_err_add("%s", dir);
            if (rc == 0)
                rc = read_folder(&w, AT_FDCWD, path, NULL);
        }
        qb_str_finish(&w.path);
        qb_free(path);
    }
    qb_fs_free_names(names, n);
    return rc;
}

/* ROOT/NAME, where it is a folder. */
static bool has_folder(const char *root, const char *name)
{
    char *path = qb_path_join(root, name);
    const bool is_there = path && qb_fs_is_dir(path);
    qb_free(path);
    return is_there;
}

qb_tree_form qb_tree_look(const char *root)
{
    char **names = NULL;
    size_t n = 0;
    qb_tree_form form = QB_TREE_NONE;
    if (has_folder(root, qb_split_folder(QB_SPLIT_TRAIN)) || has_folder(root, qb_split_folder(QB_SPLIT_TEST)))
        return QB_TREE_SPLIT;
    if (!qb_fs_is_dir(root) || qb_fs_list(root, &names, &n) < 0) {
        qb_err_clear(); /* what cannot be listed is no tree: whoever opens it says why */
        return QB_TREE_NONE;
    }
    for (size_t i = 0; i < n && form == QB_TREE_NONE; i++)
        if (has_folder(root, names[i]))
            form = QB_TREE_WHOLE;
    qb_fs_free_names(names, n);
    return form;
}

static int read_split(const char *root, int split, qb_index *x, const qb_watch *watch)
{
    const char *name = qb_split_folder(split);
    char *dir = qb_path_join(root, name);
    int rc = dir ? 0 : QB_E_NOMEM;
    if (rc == 0 && !qb_fs_is_dir(dir)) {
        qb_err_set(QB_E_DATA, "%s: has a folder %s and none named %s", root, qb_split_folder(!split), name);
        rc = qb_err_hint("wanted both, each with a folder a class; --dataset folder also takes the classes directly in it, with --val-fraction");
    }
    if (rc == 0)
        rc = read_classes(dir, split, x, watch);
    qb_free(dir);
    return rc;
}

int qb_tree_read(const char *root, qb_index *x, const qb_watch *watch)
{
    if (qb_tree_look(root) == QB_TREE_SPLIT) {
        QB_TRY(read_split(root, QB_SPLIT_TRAIN, x, watch));
        QB_TRY(read_split(root, QB_SPLIT_TEST, x, watch));
    } else {
        QB_TRY(read_classes(root, QB_SPLIT_NONE, x, watch));
    }
    return qb_index_settle(x, root);
}

char *qb_tree_path(const char *root, const qb_index *x, const qb_entry *e, bool is_split)
{
    return qb_sprintf("%s/%s%s%s/%s", root, is_split ? qb_split_folder(e->split) : "", is_split ? "/" : "", x->classes[e->label],
                      qb_index_name(x, e));
}
