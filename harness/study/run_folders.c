/* Folders of runs, found and taken away. See run_folders.h. */
#include "study/run_folders.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "train/identity.h"
#include "train/record.h"
#include "train/rundir.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHORTEST_KEY = 4, KEY_IN_NAME = 12, KEY_DIGITS = 64, LEVELS_OF_A_RUN = 3 };

static int no_memory(void)
{
    return qb_err_set(QB_E_NOMEM, "out of memory while looking for runs");
}

/* ---- what is one ---- */

static bool is_real_dir(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_hex(const char *text, size_t n)
{
    size_t i = 0;
    while (i < n && isxdigit((unsigned char)text[i]) && !isupper((unsigned char)text[i]))
        i++;
    return i == n;
}

/* The 12 digits of the key in a name sSEED-KEY12 with nothing but `suffix` behind them, or NULL. */
static const char *key_in_name(const char *name, const char *suffix)
{
    const char *p = name + 1;
    if (name[0] != 's')
        return NULL;
    while (isdigit((unsigned char)*p))
        p++;
    if (p == name + 1 || *p != '-' || strlen(p + 1) != KEY_IN_NAME + strlen(suffix))
        return NULL;
    return is_hex(p + 1, KEY_IN_NAME) && strcmp(p + 1 + KEY_IN_NAME, suffix) == 0 ? p + 1 : NULL;
}

static bool has_key(const json_t *o, const char *digits)
{
    const char *key = json_string_value(json_object_get(o, "key"));
    return key && strlen(key) == KEY_DIGITS && strncmp(key, digits, KEY_IN_NAME) == 0 && json_is_object(json_object_get(o, "config"));
}

/* The line of a run that has no record (any more): it was begun, and nobody works on it. */
static json_t *line_of_config(const json_t *config, const char *path)
{
    const json_t *identity = json_object_get(config, "config");
    json_t *record = qb_json_pack("{s:O, s:O, s:O, s:s, s:s}", "key", json_object_get(config, "key"), "config", identity, "seed",
                                  json_object_get(identity, "seed"), "status", "interrupted", "reason", "it has no record");
    json_t *line = record ? qb_record_line(record, path) : NULL;
    json_decref(record);
    return line;
}

/* *ret_line: the run in a folder of that name; NULL: it is none. A record that cannot be read is no error: config.json may do. */
static int read_run(const char *path, const char *digits, json_t **ret_line)
{
    json_t *object = NULL;
    *ret_line = NULL;
    bool is_record = qb_record_read(path, &object) == QB_OK && has_key(object, digits);
    if (!is_record) {
        json_decref(object);
        object = NULL;
        char *config = qb_path_join(path, "config.json");
        if (!config)
            return no_memory();
        bool is_config = qb_json_read(config, &object) == QB_OK && has_key(object, digits) &&
                         json_is_integer(json_object_get(json_object_get(object, "config"), "seed"));
        qb_free(config);
        qb_err_clear();
        if (!is_config) {
            json_decref(object);
            return QB_OK;
        }
    }
    *ret_line = is_record ? qb_record_line(object, path) : line_of_config(object, path);
    json_decref(object);
    return *ret_line ? QB_OK : no_memory();
}

/* ---- finding ---- */

static int64_t bytes_below(const char *path, int depth)
{
    struct stat st;
    char **names;
    size_t n;
    if (lstat(path, &st) != 0)
        return 0;
    if (!S_ISDIR(st.st_mode) || depth == QB_RUNS_DEPTH)
        return (int64_t)st.st_size;
    int64_t bytes = 0;
    if (qb_fs_list(path, &names, &n) < 0) { /* a size is for people: what cannot be seen is not counted */
        qb_err_clear();
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        char *sub = qb_path_join(path, names[i]);
        bytes += sub ? bytes_below(sub, depth + 1) : 0;
        qb_free(sub);
    }
    qb_fs_free_names(names, n);
    return bytes;
}

/* Takes line. */
static int add(qb_run_folders *all, const char *path, json_t *line)
{
    qb_run_folder *items = qb_realloc(all->items, all->n + 1, sizeof *items);
    char *copy = items ? qb_strdup(path) : NULL;
    all->items = items ? items : all->items;
    if (!copy) {
        json_decref(line);
        return no_memory();
    }
    all->items[all->n++] = (qb_run_folder){copy, line, bytes_below(path, 0), qb_rundir_is_locked(path) != 0};
    return QB_OK;
}

/* *ret_is_run: the folder was a run, or what is left of one, and there is nothing to look for below it. */
static int look_at(const char *path, qb_run_folders *all, bool *ret_is_run)
{
    const char *name = qb_path_base(path), *digits = key_in_name(name, "");
    bool leftover = key_in_name(name, QB_RUNDIR_REMOVED) && is_real_dir(path);
    json_t *line = NULL;
    *ret_is_run = leftover;
    if (digits && is_real_dir(path))
        QB_TRY(read_run(path, digits, &line));
    *ret_is_run = leftover || line;
    return *ret_is_run ? add(all, path, line) : QB_OK;
}

static int find(const char *dir, int depth, qb_run_folders *all)
{
    char **names;
    size_t n;
    bool is_run;
    QB_TRY(look_at(dir, all, &is_run));
    if (is_run || depth == QB_RUNS_DEPTH)
        return QB_OK;
    QB_TRY(qb_fs_list(dir, &names, &n));
    int rc = QB_OK;
    for (size_t i = 0; rc == QB_OK && i < n; i++) {
        char *sub = qb_path_join(dir, names[i]);
        if (!sub)
            rc = no_memory();
        else if (is_real_dir(sub))
            rc = find(sub, depth + 1, all);
        qb_free(sub);
    }
    qb_fs_free_names(names, n);
    return rc;
}

/* Without slashes at its end; "." and ".." by their names. */
static char *plain_path(const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    char *plain = qb_strndup(path, n);
    const char *name = plain ? qb_path_base(plain) : "";
    if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
        return plain;
    char *absolute = qb_path_absolute(plain);
    qb_free(plain);
    return absolute;
}

int qb_run_folders_find(const char *dir, qb_run_folders *all)
{
    char *plain = plain_path(dir);
    int rc = plain ? find(plain, 0, all) : no_memory();
    qb_free(plain);
    return rc;
}

void qb_run_folder_finish(qb_run_folder *f)
{
    qb_free(f->path);
    json_decref(f->line);
}

void qb_run_folders_finish(qb_run_folders *all)
{
    for (size_t i = 0; i < all->n; i++)
        qb_run_folder_finish(&all->items[i]);
    qb_free(all->items);
    *all = (qb_run_folders){0};
}

json_t *qb_run_folders_lines(const qb_run_folders *all)
{
    json_t *lines = json_array();
    for (size_t i = 0; lines && i < all->n; i++) {
        if (all->items[i].line && json_array_append(lines, all->items[i].line) != 0) {
            json_decref(lines);
            lines = NULL;
        }
    }
    return lines;
}

/* ---- references ---- */

static bool key_begins(const qb_run_folder *f, const char *digits)
{
    const char *key = json_string_value(json_object_get(f->line, "key"));
    return key && strncmp(key, digits, strlen(digits)) == 0;
}

static int refuse_several(const char *digits, const qb_run_folders *found)
{
    size_t n = 0;
    const char *first = NULL, *second = NULL;
    for (size_t i = 0; i < found->n; i++) {
        if (!key_begins(&found->items[i], digits))
            continue;
        second = n == 1 ? found->items[i].path : second;
        first = n == 0 ? found->items[i].path : first;
        n++;
    }
    (void)qb_err_set(QB_E_USAGE, "%s: %zu runs have a key that begins so: %s, %s%s", digits, n, first, second, n > 2 ? ", ..." : "");
    return qb_err_hint("give more digits, or the run's folder");
}

static int refer_by_key(const char *digits, const char *runs_dir, qb_run_folders *all)
{
    qb_run_folders found = {0};
    size_t at = 0, n = 0;
    int rc = qb_fs_is_dir(runs_dir) ? qb_run_folders_find(runs_dir, &found) : QB_OK;
    for (size_t i = 0; rc == QB_OK && i < found.n; i++) {
        if (!key_begins(&found.items[i], digits))
            continue;
        at = i;
        n++;
    }
    if (rc == QB_OK && n == 0) {
        rc = qb_err_set(QB_E_NOINPUT, "%s: no run in %s has a key that begins so", digits, runs_dir);
        (void)qb_err_hint("'qatbench ls' shows the keys; --runs-dir says where the runs are");
    }
    if (rc == QB_OK && n > 1)
        rc = refuse_several(digits, &found);
    if (rc == QB_OK)
        rc = add(all, found.items[at].path, json_incref(found.items[at].line));
    qb_run_folders_finish(&found);
    return rc;
}

int qb_run_folders_refer(const char *reference, const char *runs_dir, qb_run_folders *all)
{
    size_t before = all->n, length = strlen(reference);
    if (qb_fs_is_dir(reference)) {
        QB_TRY(qb_run_folders_find(reference, all));
        if (all->n > before)
            return QB_OK;
        (void)qb_err_set(QB_E_NOINPUT, "%s: no run is in this folder", reference);
        return qb_err_hint("a run's folder is called sSEED-KEY and has a record.json or config.json with that key");
    }
    if (qb_fs_exists(reference)) {
        (void)qb_err_set(QB_E_USAGE, "%s: expected the key or folder of a run, got a file", reference);
        return qb_err_hint("'qatbench ls' shows the keys");
    }
    if (length >= SHORTEST_KEY && length <= KEY_DIGITS && is_hex(reference, length))
        return refer_by_key(reference, runs_dir, all);
    (void)qb_err_set(QB_E_NOINPUT, "%s: no such run", reference);
    return qb_err_hint("expected a key of at least %d digits, as 'qatbench ls' shows it, or a folder", SHORTEST_KEY);
}

/* ---- plans ---- */

json_t *qb_run_folders_identities(const qb_study_plan *plan)
{
    json_t *identities = json_object();
    for (size_t c = 0; identities && c < plan->n_cells; c++) {
        char *text = plan->cells[c].identity ? qb_json_compact(plan->cells[c].identity) : NULL;
        if (plan->cells[c].identity && (!text || json_object_set_new(identities, text, json_true()) != 0)) {
            json_decref(identities);
            identities = NULL;
        }
        qb_free(text);
    }
    return identities;
}

bool qb_run_folder_is_of(const qb_run_folder *f, const qb_study_plan *plan, const json_t *identities)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    long long seed = (long long)json_integer_value(json_object_get(f->line, "seed"));
    bool wanted = false;
    for (size_t i = 0; i < plan->n_seeds; i++)
        wanted = wanted || plan->seeds[i] == seed;
    if (!f->line || !wanted)
        return false;
    json_t *identity = qb_identity_complete(schema, n, json_object_get(f->line, "config"));
    (void)json_object_del(identity, "seed");
    char *text = identity ? qb_json_compact(identity) : NULL;
    bool is = !text || json_object_get(identities, text); /* short of memory: it may be, so it stays */
    qb_free(text);
    json_decref(identity);
    return is;
}

/* ---- removing ---- */

int qb_run_folder_remove(const qb_run_folder *f, const char *runs_dir)
{
    QB_TRY(f->line ? qb_rundir_remove(f->path) : qb_fs_remove_tree(f->path));
    char *runs = qb_path_absolute(runs_dir), *dir = qb_path_dir(f->path), *absolute = dir ? qb_path_absolute(dir) : NULL;
    size_t n = runs ? strlen(runs) : 0;
    for (int i = 0; runs && absolute && i < LEVELS_OF_A_RUN; i++) {
        char *slash = strrchr(absolute, '/');
        bool inside = slash && strncmp(absolute, runs, n) == 0 && absolute[n] == '/';
        if (!inside || rmdir(absolute) != 0) /* not empty: other runs, or somebody's files */
            break;
        *slash = '\0';
    }
    qb_free(runs);
    qb_free(dir);
    qb_free(absolute);
    return QB_OK;
}
