#include "train/record.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/ordered.h"
#include "base/str.h"
#include "train/cores.h"
#include "train/rundir.h"

#include <errno.h>
#include <string.h>

static bool is_running(const json_t *record)
{
    const char *status = json_string_value(json_object_get(record, "status"));
    return status && strcmp(status, "running") == 0;
}

int qb_record_read(const char *dir, json_t **ret_record)
{
    char *path = qb_path_join(dir, "record.json");
    if (!path)
        return QB_E_NOMEM;
    json_t *record = NULL, *before = NULL;
    int rc = qb_json_read(path, &record);
    /* A run may end between the reading and the look at its lock: what it left then is read again, until it stays the same. */
    while (rc == QB_OK && is_running(record) && !qb_rundir_is_locked(dir)) {
        if (before && json_equal(before, record)) {
            json_object_set_new(record, "status", qb_json_text("interrupted"));
            json_object_set_new(record, "reason", qb_json_text("the process ended without saying why"));
            break;
        }
        json_decref(before);
        before = record;
        record = NULL;
        rc = qb_json_read(path, &record);
    }
    json_decref(before);
    qb_free(path);
    QB_TRY(rc);
    *ret_record = record;
    return QB_OK;
}

bool qb_record_is_over(const char *status)
{
    return status && (strcmp(status, "done") == 0 || strcmp(status, "diverged") == 0 || strcmp(status, "mistrusted") == 0);
}

bool qb_record_diverged_unsaid(const json_t *record)
{
    const json_t *result = json_object_get(record, "result");
    const char *status = json_string_value(json_object_get(record, "status"));
    return status && strcmp(status, "done") == 0 && json_is_number(json_object_get(result, "test_top1")) &&
           json_is_null(json_object_get(result, "test_loss"));
}

bool qb_record_plugin_changed(const json_t *record, const qb_plugin *plugin)
{
    const char *was = json_string_value(json_object_get(json_object_get(record, "solver"), "sha256"));
    return was && strcmp(was, plugin->sha256) != 0;
}

int qb_record_check_plugin(const json_t *record, const qb_plugin *plugin, const char *where, bool force)
{
    if (plugin->shipped || force || !qb_record_plugin_changed(record, plugin))
        return QB_OK;
    qb_err_set(QB_E_CONFIG, "solver %s: plugin changed: %s was begun with another file of version %s", plugin->solver.name,
               where, plugin->solver.version);
    return qb_err_hint("raise the plugin's version, or use --force to start the run anew");
}

json_t *qb_record_line(const json_t *record, const char *dir)
{
    static const char *const kept[] = {"key", "experiment", "config", "seed", "status", "reason", "data", "result",
                                       "machine", "build", "solver", "command", "notes"};
    json_t *line = json_object();
    for (size_t i = 0; line && i < sizeof kept / sizeof kept[0]; i++) {
        json_t *v = json_object_get(record, kept[i]);
        json_object_set(line, kept[i], v ? v : json_null());
    }
    if (line && json_array_size(json_object_get(record, "mixed")) > 0)
        json_object_set(line, "mixed", json_object_get(record, "mixed"));
    if (line && json_object_get(record, "scale"))
        json_object_set(line, "scale", json_object_get(record, "scale"));
    if (line && dir)
        json_object_set_new(line, "dir", qb_json_text(dir));
    return line;
}

typedef struct run_dirs {
    char **paths;
    size_t n, capacity;
} run_dirs;

static int add_run_dir(run_dirs *all, const char *dir)
{
    if (all->n == all->capacity) {
        size_t capacity = all->capacity ? 2 * all->capacity : 64;
        char **paths = qb_realloc(all->paths, capacity, sizeof *paths);
        if (!paths)
            return QB_E_NOMEM;
        all->paths = paths;
        all->capacity = capacity;
    }
    all->paths[all->n] = qb_strdup(dir);
    return all->paths[all->n] ? (all->n++, QB_OK) : QB_E_NOMEM;
}

static int find_run_dirs(const char *dir, int depth, run_dirs *all)
{
    char *record_path = qb_path_join(dir, "record.json");
    if (!record_path)
        return QB_E_NOMEM;
    bool is_run = qb_fs_exists(record_path);
    qb_free(record_path);
    if (is_run)
        return add_run_dir(all, dir);
    if (depth == QB_RUNS_DEPTH)
        return QB_OK;
    char **names;
    size_t n;
    QB_TRY(qb_fs_list(dir, &names, &n));
    int rc = QB_OK;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        char *sub = qb_path_join(dir, names[i]);
        if (!sub)
            rc = QB_E_NOMEM;
        else if (qb_fs_is_dir(sub) && !qb_ends_with(names[i], QB_RUNDIR_REMOVED))
            rc = find_run_dirs(sub, depth + 1, all);
        qb_free(sub);
    }
    qb_fs_free_names(names, n);
    return rc;
}

/* ---- reading them, by several threads ---- */

enum { RUNS = 8, FEW_RUNS = 64 }; /* runs that a thread reads at a time; so few that no thread is worth its start */

typedef struct read_run {
    json_t *line;  /* NULL: none */
    char *warning; /* why there is none; NULL: out of memory */
} read_run;

typedef struct runs_reader {
    const run_dirs *dirs;
    json_t *array;
    read_run runs[QB_ORDERED_SLOTS * RUNS];
} runs_reader;

static void read_one(void *context, int64_t i, int slot, int thread)
{
    runs_reader *r = context;
    read_run *run = &r->runs[slot];
    json_t *record = NULL;
    (void)thread;
    if (qb_record_read(r->dirs->paths[i], &record) < 0) {
        run->warning = qb_strdup(qb_err_text());
        qb_err_clear();
        return;
    }
    run->line = qb_record_line(record, r->dirs->paths[i]);
    json_decref(record);
}

static int take_one(void *context, int64_t i, int slot)
{
    runs_reader *r = context;
    read_run *run = &r->runs[slot];
    int rc = QB_OK;
    (void)i;
    if (run->warning) /* one bad file is no reason to hide the others */
        qb_log_warning("%s; the run is left out, run it again to mend its record", run->warning);
    else if (!run->line || json_array_append(r->array, run->line) != 0)
        rc = qb_err_set(QB_E_NOMEM, "out of memory");
    json_decref(run->line);
    qb_free(run->warning);
    *run = (read_run){0};
    return rc;
}

static int read_dirs(const run_dirs *dirs, json_t *array)
{
    runs_reader *r = qb_alloc(1, sizeof *r);
    if (!r)
        return QB_E_NOMEM;
    *r = (runs_reader){.dirs = dirs, .array = array};
    const int threads = dirs->n < FEW_RUNS ? 1 : qb_cores_usable();
    int rc = qb_ordered_run(&(qb_ordered){.end = (int64_t)dirs->n, .threads = threads, .chunk = RUNS, .work = read_one,
                                          .take = take_one, .context = r});
    for (size_t i = 0; i < QB_ORDERED_SLOTS * RUNS; i++) {
        json_decref(r->runs[i].line);
        qb_free(r->runs[i].warning);
    }
    qb_free(r);
    return rc;
}

static int collect_dir(const char *dir, json_t *array)
{
    run_dirs dirs = {0};
    int rc = find_run_dirs(dir, 0, &dirs);
    if (rc == QB_OK)
        rc = read_dirs(&dirs, array);
    for (size_t i = 0; i < dirs.n; i++)
        qb_free(dirs.paths[i]);
    qb_free(dirs.paths);
    return rc;
}

static int append_line(void *context, json_t *object)
{
    return json_array_append(context, object) == 0 ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory");
}

static int compare_lines(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    int by_experiment = strcmp(qb_json_text_of(x, "experiment"), qb_json_text_of(y, "experiment"));
    return by_experiment ? by_experiment : strcmp(qb_json_text_of(x, "key"), qb_json_text_of(y, "key"));
}

static int sort_lines(json_t *array)
{
    size_t n = json_array_size(array);
    json_t **lines = qb_alloc(n ? n : 1, sizeof *lines);
    if (!lines)
        return QB_E_NOMEM;
    for (size_t i = 0; i < n; i++)
        lines[i] = json_incref(json_array_get(array, i));
    qsort(lines, n, sizeof *lines, compare_lines);
    json_array_clear(array);
    int rc = QB_OK;
    for (size_t i = 0; i < n; i++)
        if (json_array_append_new(array, lines[i]) != 0)
            rc = qb_err_set(QB_E_NOMEM, "out of memory");
    qb_free(lines);
    return rc;
}

int qb_records_collect(const char *path, json_t **ret_array)
{
    json_t *array = json_array();
    if (!array)
        return qb_err_set(QB_E_NOMEM, "out of memory");
    int rc;
    if (qb_fs_is_dir(path))
        rc = collect_dir(path, array);
    else if (qb_fs_exists(path) || errno != ENOENT) /* what may not be looked at says so when it is read */
        rc = qb_jsonl_each_by(qb_cores_usable(), path, append_line, array);
    else
        rc = qb_err_set(QB_E_NOINPUT, "%s: no such runs folder or runs.jsonl", path);
    if (rc == 0)
        rc = sort_lines(array);
    if (rc < 0) {
        json_decref(array);
        return rc;
    }
    *ret_array = array;
    return QB_OK;
}
