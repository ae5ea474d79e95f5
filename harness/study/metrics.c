/* Reading the metrics of runs, and writing them as CSV. See metrics.h. */
#include "study/metrics.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

static int no_memory(void) { return qb_err_set(QB_E_NOMEM, "out of memory while reading metrics"); }

/* ---- reading ---- */

/* Caller frees; NULL: no folder, or out of memory. */
static char *path_of(const qb_cell_run *run)
{
    const char *dir = json_string_value(json_object_get(run->line, "dir"));
    return dir ? qb_path_join(dir, "metrics.jsonl") : NULL;
}

bool qb_metrics_has(const qb_cell_run *run)
{
    char *path = path_of(run);
    bool has = path && qb_fs_exists(path);
    qb_free(path);
    return has;
}

typedef struct reading {
    const char *path;
    qb_metrics_take *take;
    void *context;
} reading;

/* The members that are metrics: numbers, and what was not finite. */
static json_t *metrics_of(json_t *line)
{
    static const char *const others[] = {"step", "epoch", "split", "nonfinite"};
    json_t *metrics = json_object(), *value;
    const char *name;
    bool ok = metrics != NULL;
    json_object_foreach(line, name, value)
    {
        bool is_other = !json_is_number(value) && !json_is_null(value);
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            is_other = is_other || strcmp(name, others[i]) == 0;
        ok = ok && (is_other || json_object_set(metrics, name, value) == 0);
    }
    if (!ok)
        json_decref(metrics);
    return ok ? metrics : NULL;
}

static int take_line(void *context, json_t *line)
{
    const reading *r = context;
    const char *split;
    long long step;
    double epoch;
    if (json_object_get(line, "schema"))
        return QB_OK;
    int rc = qb_json_get_text(line, "split", &split);
    if (rc == QB_OK)
        rc = qb_json_get_int(line, "step", &step);
    if (rc == QB_OK)
        rc = qb_json_get_real(line, "epoch", &epoch);
    if (rc < 0)
        return qb_err_add("%s", r->path);
    json_t *metrics = metrics_of(line);
    rc = metrics ? r->take(r->context, line, metrics) : no_memory();
    json_decref(metrics);
    return rc;
}

int qb_metrics_each(const qb_cell_run *run, qb_metrics_take *take, void *context)
{
    char *path = path_of(run);
    reading r = {.path = path, .take = take, .context = context};
    int rc = path ? qb_jsonl_each(path, take_line, &r) : no_memory();
    qb_free(path);
    return rc;
}

int qb_metrics_check(const qb_study *s)
{
    size_t n = 0, n_runs = 0;
    bool any_dir = false;
    for (size_t c = 0; c < s->n_cells; c++) {
        for (size_t i = 0; i < s->cells[c].n_runs; i++, n_runs++) {
            n += qb_metrics_has(&s->cells[c].runs[i]);
            any_dir = any_dir || json_object_get(s->cells[c].runs[i].line, "dir");
        }
    }
    if (n == 0) {
        (void)qb_err_set(QB_E_NOINPUT, "%s: none of %zu runs has metrics", s->title, n_runs);
        return qb_err_hint(any_dir || json_array_size(s->lines) == 0
                               ? "they are in metrics.jsonl of a run's folder from its 10th step on"
                               : "a runs.jsonl holds results alone; name the plan, or the folder of its runs");
    }
    if (n < n_runs)
        qb_log_warning("%zu of %zu runs have no metrics (yet): left out", n_runs - n, n_runs);
    return QB_OK;
}

/* ---- CSV ---- */

typedef struct row {
    size_t end;       /* in csv.rows */
    size_t n_columns; /* metrics known when it was written */
} row;

typedef struct csv {
    const qb_study *study;
    const qb_cell *cell;
    const qb_cell_run *run;
    json_t *columns; /* object: name of a metric -> its number, in order */
    qb_str rows;     /* without the columns that came later */
    row *ends;
    size_t n, room;
} csv;

static int note_end(csv *c)
{
    if (c->n == c->room) {
        size_t room = c->room > 0 ? 2 * c->room : 1024;
        row *more = qb_realloc(c->ends, room, sizeof *more);
        if (!more)
            return QB_E_NOMEM;
        c->ends = more;
        c->room = room;
    }
    c->ends[c->n++] = (row){c->rows.length, json_object_size(c->columns)};
    return QB_OK;
}

static int add_number(qb_str *s, const json_t *value)
{
    char *text = json_is_null(value) ? qb_strdup("NaN") : qb_json_compact(value);
    if (!text)
        return QB_E_NOMEM;
    qb_str_add(s, text);
    qb_free(text);
    return QB_OK;
}

static int take_row(void *context, const json_t *line, json_t *metrics)
{
    csv *c = context;
    const char *name, *key = json_string_value(json_object_get(c->run->line, "key"));
    json_t *value;
    json_object_foreach(metrics, name, value)
    {
        if (!json_object_get(c->columns, name) && json_object_set_new(c->columns, name, json_true()) != 0)
            return no_memory();
    }
    for (size_t k = 0; k < c->study->n_keys; k++) {
        qb_str_add_csv(&c->rows, c->cell->labels[k]);
        qb_str_add(&c->rows, ",");
    }
    qb_str_addf(&c->rows, "%lld,%.12s,", c->run->seed, key ? key : "");
    qb_str_add_csv(&c->rows, json_string_value(json_object_get(line, "split")));
    qb_str_addf(&c->rows, ",%lld,", (long long)json_integer_value(json_object_get(line, "step")));
    QB_TRY(add_number(&c->rows, json_object_get(line, "epoch")));
    json_object_foreach(c->columns, name, value)
    {
        const json_t *v = json_object_get(metrics, name);
        qb_str_add(&c->rows, ",");
        if (v)
            QB_TRY(add_number(&c->rows, v));
    }
    return note_end(c);
}

static char *finish_csv(csv *c)
{
    qb_str s = {0};
    const char *name;
    json_t *value;
    size_t n_columns = json_object_size(c->columns), from = 0;
    for (size_t k = 0; k < c->study->n_keys; k++)
        qb_str_addf(&s, "%s,", c->study->keys[k]);
    qb_str_add(&s, "seed,run,split,step,epoch");
    json_object_foreach(c->columns, name, value)
    {
        qb_str_add(&s, ",");
        qb_str_add_csv(&s, name);
    }
    qb_str_add(&s, "\n");
    for (size_t i = 0; i < c->n; from = c->ends[i++].end) {
        qb_str_addn(&s, c->rows.text + from, c->ends[i].end - from);
        for (size_t k = c->ends[i].n_columns; k < n_columns; k++)
            qb_str_add(&s, ",");
        qb_str_add(&s, "\n");
    }
    return qb_str_take(&s);
}

int qb_metrics_csv(const qb_study *s, char **ret_text)
{
    csv c = {.study = s};
    char *text = NULL;
    QB_TRY(qb_metrics_check(s));
    int rc = (c.columns = json_object()) ? QB_OK : no_memory();
    for (size_t k = 0; rc == QB_OK && k < s->n_cells; k++) {
        c.cell = &s->cells[k];
        for (size_t i = 0; rc == QB_OK && i < c.cell->n_runs; i++) {
            c.run = &c.cell->runs[i];
            rc = qb_metrics_has(c.run) ? qb_metrics_each(c.run, take_row, &c) : QB_OK;
        }
    }
    if (rc == QB_OK && !(text = c.rows.failed ? NULL : finish_csv(&c)))
        rc = no_memory();
    json_decref(c.columns);
    qb_str_finish(&c.rows);
    qb_free(c.ends);
    if (rc == QB_OK)
        *ret_text = text;
    return rc;
}
