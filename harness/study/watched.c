#include "study/watched.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "train/record.h"

#include <string.h>

typedef struct wanted {
    const char *key, *value; /* lines whose member `key` is `value` */
    json_t *lines;
} wanted;

static int take(void *context, json_t *line)
{
    const wanted *w = context;
    const char *value = json_string_value(json_object_get(line, w->key));
    if (!value || strcmp(value, w->value) != 0)
        return QB_OK;
    return json_array_append(w->lines, line) == 0 ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory while reading runs");
}

static int read_first(const qb_cell *cell, const char *file, const char *key, const char *value, json_t **ret, long long *ret_seed)
{
    wanted w = {.key = key, .value = value, .lines = json_array()};
    int rc = w.lines ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory while reading runs");
    for (size_t i = 0; rc == QB_OK && i < cell->n_runs && json_array_size(w.lines) == 0; i++) {
        const char *dir = json_string_value(json_object_get(cell->runs[i].line, "dir"));
        char *path = dir && qb_cell_run_is(&cell->runs[i], "done") ? qb_path_join(dir, file) : NULL;
        if (path && qb_fs_exists(path)) {
            rc = qb_jsonl_each(path, take, &w);
            if (ret_seed)
                *ret_seed = cell->runs[i].seed;
        }
        qb_free(path);
    }
    if (rc < 0)
        json_decref(w.lines);
    else
        *ret = w.lines;
    return rc;
}

int qb_watched_lines(const qb_cell *cell, const char *observer, json_t **ret, long long *ret_seed)
{
    return read_first(cell, "diagnostics.jsonl", "observer", observer, ret, ret_seed);
}

int qb_watched_metrics(const qb_cell *cell, json_t **ret) { return read_first(cell, "metrics.jsonl", "split", "train", ret, NULL); }

json_t *qb_watched_times(const qb_cell_run *run)
{
    const char *dir = json_string_value(json_object_get(run->line, "dir"));
    json_t *record = NULL;
    if (!dir)
        return NULL;
    if (qb_record_read(dir, &record) < 0)
        qb_err_clear(); /* the folder went away meanwhile: the run has no times */
    json_t *times = json_incref(json_object_get(record, "times"));
    json_decref(record);
    return times;
}

static bool has_folders(const qb_study *s)
{
    for (size_t i = 0; i < json_array_size(s->lines); i++) {
        if (json_object_get(json_array_get(s->lines, i), "dir"))
            return true;
    }
    return false;
}

char *qb_watched_advice(const qb_study *s)
{
    if (!has_folders(s))
        return qb_strdup("the records are from a runs.jsonl, which holds results alone;\nname the plan, or the folder of its runs");
    const char *command = json_string_value(json_object_get(json_array_get(s->lines, 0), "command"));
    if (!s->plan && command)
        return qb_sprintf("train again, beside what is finished:\n%s --diagnostics all --runs-dir watched", command);
    const char *plan = s->plan ? qb_path_base(s->plan->path) : "PLAN"; /* pictures name no folder of a machine */
    return qb_sprintf("write  diagnostics: all  in the base of the plan; what is finished stays:\n"
                      "qatbench run %s --runs-dir watched; qatbench plot %s --runs-dir watched",
                      plan, plan);
}
