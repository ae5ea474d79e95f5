/* See tars.h. */
#include "datasets/tars.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "datasets/checksum.h"
#include "datasets/index_form.h"
#include "datasets/tar.h"
#include "datasets/val_labels.h"

enum { TELL_EVERY = 1000, N_FILES = 3 /* two archives, by split, and the labels */ };

static const char *const archive_names[QB_N_SPLITS] = {"ILSVRC2012_img_val.tar", "ILSVRC2012_img_train.tar"};

bool qb_tars_are_in(const char *dir)
{
    bool is_there = false;
    for (int split = 0; split < QB_N_SPLITS; split++) {
        char *path = qb_path_join(dir, archive_names[split]);
        is_there = is_there || (path && qb_fs_exists(path) && !qb_fs_is_dir(path));
        qb_free(path);
    }
    return is_there;
}

bool qb_tars_is_one(const char *path)
{
    const char *base = qb_path_base(path);
    return strcmp(base, archive_names[QB_SPLIT_TRAIN]) == 0 || strcmp(base, archive_names[QB_SPLIT_TEST]) == 0;
}

/* ---- members ---- */

typedef struct reading {
    qb_index *index;
    const qb_watch *watch;
    const char *path; /* of the archive */
    const qb_map *map;
    int split;
    int label;        /* of the class archive that is being read; -1: the outer one */
    int64_t start;    /* of that archive in the outer one */
    bool has_unlabelled;
} reading;

static int add_image(reading *r, int label, const char *name, const qb_member *m)
{
    if (r->index->n % TELL_EVERY == 0)
        QB_TRY(qb_watch_step(r->watch, "images found", (int64_t)r->index->n, 0));
    return qb_index_add(r->index, r->split, label, name, strlen(name), m->size, r->start + m->at);
}

static int member_of_class(void *context, const qb_member *m)
{
    reading *r = context;
    return qb_is_image_name(m->name) ? add_image(r, r->label, m->name, m) : 0;
}

/* CLASS.tar in the archive of training images. */
static int read_class_archive(reading *r, const char *base, const qb_member *m)
{
    reading inner = *r;
    char *class_name = qb_strndup(base, strlen(base) - strlen(".tar"));
    char *name = qb_sprintf("%s(%s)", r->path, m->name);
    int rc = class_name && name ? qb_index_add_class(r->index, class_name, &inner.label) : QB_E_NOMEM;
    inner.start = m->at;
    if (rc == 0)
        rc = qb_tar_each(name, r->map->bytes + m->at, (size_t)m->size, member_of_class, &inner);
    qb_free(class_name);
    qb_free(name);
    return rc;
}

/* CLASS/NAME, also behind train/ or val/. */
static int add_in_folder(reading *r, const char *name, const qb_member *m)
{
    const char *split = qb_split_folder(r->split);
    if (qb_starts_with(name, split) && name[strlen(split)] == '/' && strchr(name + strlen(split) + 1, '/'))
        name += strlen(split) + 1;
    const char *slash = strchr(name, '/');
    char *class_name = qb_strndup(name, (size_t)(slash - name));
    int label = 0, rc = class_name ? qb_index_add_class(r->index, class_name, &label) : QB_E_NOMEM;
    qb_free(class_name);
    return rc < 0 ? rc : add_image(r, label, slash + 1, m);
}

static int outer_member(void *context, const qb_member *m)
{
    reading *r = context;
    const char *base = qb_path_base(m->name), *split = qb_split_folder(r->split);
    if (r->split == QB_SPLIT_TRAIN && qb_ends_with(base, ".tar") && strlen(base) > strlen(".tar"))
        return read_class_archive(r, base, m);
    if (!qb_is_image_name(base))
        return 0;
    const bool is_flat = base == m->name || ((size_t)(base - m->name) == strlen(split) + 1 && qb_starts_with(m->name, split));
    if (!is_flat)
        return add_in_folder(r, m->name, m);
    if (r->split == QB_SPLIT_TRAIN) {
        qb_err_set(QB_E_DATA, "%s: image '%.200s' is in no class", r->path, m->name);
        return qb_err_hint("wanted an archive CLASS.tar or a folder a class in it");
    }
    r->has_unlabelled = true;
    return add_image(r, 0, base, m);
}

static int read_archive(const char *path, const qb_map *map, int split, qb_index *x, const qb_watch *watch, bool *ret_has_unlabelled)
{
    reading r = {.index = x, .watch = watch, .path = path, .map = map, .split = split, .label = -1};
    QB_TRY(qb_tar_each(path, map->bytes, map->n, outer_member, &r));
    *ret_has_unlabelled = r.has_unlabelled;
    return 0;
}

/* ---- what is remembered ---- */

/* The files that the index comes from. labels: NULL: none was needed, or none is there yet. */
typedef struct files {
    char *paths[N_FILES];
    struct stat facts[N_FILES];
} files;

static void finish_files(files *f)
{
    for (int i = 0; i < N_FILES; i++)
        qb_free(f->paths[i]);
}

/* Path of the entry, and the text that it starts with. */
static int describe(const files *f, char **ret_entry, char **ret_head)
{
    char hex[QB_SHA256_HEX];
    qb_str head = {0};
    qb_str_add(&head, "qatbench tars 1\n");
    for (int i = 0; i < N_FILES; i++) {
        const struct stat *st = &f->facts[i];
        char *absolute = f->paths[i] ? qb_path_absolute(f->paths[i]) : NULL;
        qb_str_addf(&head, "%s\nsize %lld modified %lld.%09ld changed %lld.%09ld inode %llu\n", absolute ? absolute : "none",
                    (long long)st->st_size, (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec, (long long)st->st_ctim.tv_sec,
                    st->st_ctim.tv_nsec, (unsigned long long)st->st_ino);
        qb_free(absolute);
    }
    char *cache = qb_xdg_cache_dir(), *dir = cache ? qb_path_join(cache, "indexes") : NULL;
    char *absolute = qb_path_absolute(f->paths[QB_SPLIT_TRAIN]);
    if (absolute)
        qb_sha256_of(absolute, strlen(absolute), hex);
    hex[24] = '\0'; /* 96 bits name a file well enough: the path is in it */
    *ret_entry = dir && absolute ? qb_path_join(dir, hex) : NULL;
    qb_free(cache);
    qb_free(dir);
    qb_free(absolute);
    *ret_head = qb_str_take(&head);
    return *ret_entry && *ret_head ? 0 : QB_E_NOMEM;
}

static bool recall(const files *f, qb_index *x)
{
    char *entry = NULL, *head = NULL;
    qb_map map = {0};
    bool is_found = false;
    if (describe(f, &entry, &head) == 0 && qb_map_open(entry, &map) == 0) {
        const size_t n = strlen(head);
        is_found = map.n > n && memcmp(map.bytes, head, n) == 0 && qb_index_parse(entry, map.bytes + n, map.n - n, x) == 0;
    }
    if (!is_found)
        qb_index_finish(x);
    qb_map_close(&map);
    qb_free(entry);
    qb_free(head);
    qb_err_clear(); /* a cache that cannot be read is no error */
    return is_found;
}

static void remember(const files *f, const qb_index *x)
{
    char *entry = NULL, *head = NULL;
    qb_str text = {0};
    if (describe(f, &entry, &head) == 0) {
        char *dir = qb_path_dir(entry);
        qb_str_add(&text, head);
        qb_index_write(x, &text);
        if (dir && !text.failed && qb_fs_make_dirs(dir, 0700) == 0)
            (void)qb_fs_write_atomic(entry, text.text, text.length); /* not there then: read again next time */
        qb_free(dir);
    }
    qb_str_finish(&text);
    qb_free(entry);
    qb_free(head);
    qb_err_clear(); /* nor is one that cannot be written */
}

/* Nobody has written to the files since they were looked at, nor in the tick of the clock in which they were. */
static bool are_steady(const files *f, struct timespec looked_at)
{
    for (int i = 0; i < N_FILES; i++) {
        struct stat now;
        const struct timespec changed = f->facts[i].st_ctim;
        if (!f->paths[i])
            continue;
        if (stat(f->paths[i], &now) != 0 || !qb_checksum_same_file(&now, &f->facts[i]) || changed.tv_sec > looked_at.tv_sec ||
            (changed.tv_sec == looked_at.tv_sec && changed.tv_nsec >= looked_at.tv_nsec))
            return false;
    }
    return true;
}

/* ---- opening ---- */

static int find_files(const char *dir, files *f)
{
    for (int i = 0; i < QB_N_SPLITS; i++) {
        f->paths[i] = qb_path_join(dir, archive_names[i]);
        if (!f->paths[i])
            return QB_E_NOMEM;
        if (stat(f->paths[i], &f->facts[i]) != 0) {
            qb_err_set(QB_E_NOINPUT, "%s: %s is missing, wanted both %s and %s", dir, archive_names[i], archive_names[QB_SPLIT_TRAIN],
                       archive_names[QB_SPLIT_TEST]);
            return qb_err_hint("download both from https://image-net.org and put them side by side");
        }
    }
    int rc = qb_val_labels_find(dir, &f->paths[QB_N_SPLITS]);
    if (rc == QB_E_NOINPUT || rc == QB_E_DATA) { /* none, or several: folders in the archive may say it; else it is asked again */
        qb_err_clear();
        return 0;
    }
    QB_TRY(rc);
    return stat(f->paths[QB_N_SPLITS], &f->facts[QB_N_SPLITS]) == 0 ? 0 : qb_err_set_errno("cannot look at '%s'", f->paths[QB_N_SPLITS]);
}

static int read_all(const char *dir, const files *f, const qb_store *s, qb_index *x, const qb_watch *watch)
{
    bool has_unlabelled = false;
    for (int split = QB_SPLIT_TRAIN; split >= QB_SPLIT_TEST; split--) /* training first: its classes are the ones that there are */
        QB_TRY(read_archive(f->paths[split], &s->maps[split], split, x, watch, &has_unlabelled));
    if (has_unlabelled) {
        char *path = NULL;
        if (!f->paths[QB_N_SPLITS])
            return qb_val_labels_find(dir, &path); /* says that it is missing */
        QB_TRY(qb_val_labels_apply(f->paths[QB_N_SPLITS], x));
    }
    return qb_index_settle(x, dir);
}

static int open_files(const char *dir, const files *f, struct timespec looked_at, bool anew, qb_index *x, qb_store *s,
                      const qb_watch *watch)
{
    for (int split = 0; split < QB_N_SPLITS; split++)
        QB_TRY(qb_map_open(f->paths[split], &s->maps[split]));
    if (!anew && recall(f, x))
        return 0;
    QB_TRY(read_all(dir, f, s, x, watch));
    if (are_steady(f, looked_at))
        remember(f, x);
    return 0;
}

int qb_tars_open(const char *dir, bool anew, qb_index *x, qb_store *s, const qb_watch *watch)
{
    files f = {0};
    struct timespec now = {0}; /* where there is no such clock no file is ever steady */
    (void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
    int rc = find_files(dir, &f);
    if (rc == 0)
        rc = open_files(dir, &f, now, anew, x, s, watch);
    finish_files(&f);
    return rc;
}
