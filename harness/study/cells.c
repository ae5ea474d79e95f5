/* Sorting records into cells. See cells.h. */
#include "study/cells.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/values.h"
#include "train/identity.h"
#include "train/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORTH_DONE = 7 };

static int no_memory(void)
{
    return qb_err_set(QB_E_NOMEM, "out of memory while sorting runs into cells");
}

bool qb_cell_run_is(const qb_cell_run *run, const char *status)
{
    return strcmp(run->status, status) == 0;
}

double qb_cell_run_result(const qb_cell_run *run, const char *name)
{
    const json_t *v = json_object_get(json_object_get(run->line, "result"), name);
    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

static int add_note(qb_study *s, char *text)
{
    bool ok = text && json_array_append_new(s->notes, qb_json_text(text)) == 0;
    qb_free(text);
    return ok ? QB_OK : no_memory();
}

/* ---- records ---- */

static const char *text_of(const json_t *line, const char *key)
{
    const json_t *v = json_object_get(line, key);
    return json_is_string(v) ? json_string_value(v) : NULL;
}

/* What the run's data call themselves, "Fashion-MNIST". */
static const char *label_of(const json_t *line)
{
    return text_of(json_object_get(line, "data"), "label");
}

static int check_line(const json_t *line, size_t i)
{
    const char *status;
    long long seed;
    int rc = json_is_object(line) ? qb_json_get_text(line, "status", &status) : qb_err_set(QB_E_DATA, "not an object");
    if (rc == QB_OK)
        rc = qb_json_get_int(line, "seed", &seed);
    if (rc == QB_OK && !json_is_object(json_object_get(line, "config")))
        rc = qb_err_set(QB_E_DATA, "config: expected an object, got something else");
    return rc < 0 ? qb_err_add("record %zu", i + 1) : QB_OK;
}

/* The configuration that makes a cell: without the seed, later keys at their defaults. New reference. */
static json_t *config_of(const json_t *line)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    json_t *config = qb_identity_complete(schema, n, json_object_get(line, "config"));
    if (config)
        (void)json_object_del(config, "seed");
    return config;
}

/* Which of two records of one run counts: the one that got further. */
static int worth(const json_t *line)
{
    static const char *const order[] = {"missing", "skipped", "running", "interrupted", "failed", "diverged", "mistrusted", "done"};
    const char *status = text_of(line, "status");
    for (int i = WORTH_DONE; i > 0; i--) {
        if (strcmp(status, order[i]) == 0)
            return i;
    }
    return 0;
}

/* Two finished records of one configuration and seed differ in their data, or were copied. */
static int choose(qb_study *s, qb_cell_run *run, const json_t *line)
{
    int old = worth(run->line), new = worth(line);
    const char *old_key = text_of(run->line, "key"), *new_key = text_of(line, "key");
    bool same = old_key && new_key && strcmp(old_key, new_key) == 0;
    if (old == new && !same && old == WORTH_DONE) {
        QB_TRY(add_note(s, qb_sprintf("seed %lld has two finished runs of one configuration, %.12s and %.12s (other data?); "
                                      "the one with the lower key is shown",
                                      run->seed, old_key ? old_key : "?", new_key ? new_key : "?")));
    }
    bool better = new > old || (new == old && old_key && new_key && strcmp(new_key, old_key) < 0);
    if (better)
        run->line = line;
    return QB_OK;
}

static int compare_runs(const void *a, const void *b)
{
    const qb_cell_run *x = a, *y = b;
    return (x->seed > y->seed) - (x->seed < y->seed);
}

/* Puts a line into a cell; without a plan the cell grows. */
static int add_run(qb_study *s, qb_cell *cell, const json_t *line, bool *ret_added)
{
    long long seed = (long long)json_integer_value(json_object_get(line, "seed"));
    *ret_added = true;
    for (size_t i = 0; i < cell->n_runs; i++) {
        if (cell->runs[i].seed == seed && cell->runs[i].line)
            return choose(s, &cell->runs[i], line);
        if (cell->runs[i].seed == seed) {
            cell->runs[i].line = line;
            return QB_OK;
        }
    }
    *ret_added = !s->plan;
    if (s->plan)
        return QB_OK;
    qb_cell_run *runs = qb_realloc(cell->runs, cell->n_runs + 1, sizeof *runs);
    if (!runs)
        return QB_E_NOMEM;
    cell->runs = runs;
    runs[cell->n_runs++] = (qb_cell_run){.seed = seed, .line = line};
    return QB_OK;
}

static void settle_runs(qb_study *s)
{
    for (size_t c = 0; c < s->n_cells; c++) {
        qb_cell *cell = &s->cells[c];
        const char *skipped = s->plan ? s->plan->cells[c].skipped : NULL;
        for (size_t i = 0; i < cell->n_runs; i++) {
            qb_cell_run *run = &cell->runs[i];
            run->status = run->line ? text_of(run->line, "status") : skipped ? "skipped" : "missing";
            run->reason = run->line ? text_of(run->line, "reason") : skipped;
        }
        if (!s->plan)
            qsort(cell->runs, cell->n_runs, sizeof *cell->runs, compare_runs);
    }
}

/* ---- cells of a plan ---- */

static int create_plan_cells(qb_study *s)
{
    qb_study_plan *p = s->plan;
    if (!(s->cells = qb_alloc(p->n_cells, sizeof *s->cells)))
        return QB_E_NOMEM;
    for (size_t c = 0; c < p->n_cells; c++) {
        qb_cell *cell = &s->cells[s->n_cells++];
        cell->values = p->cells[c].values;
        cell->config = json_incref(p->cells[c].identity);
        if (!(cell->runs = qb_alloc(p->n_seeds, sizeof *cell->runs)))
            return QB_E_NOMEM;
        cell->n_runs = p->n_seeds;
        for (size_t i = 0; i < p->n_seeds; i++)
            cell->runs[i].seed = p->seeds[i];
    }
    if (!(s->keys = qb_alloc(p->n_keys, sizeof *s->keys)))
        return QB_E_NOMEM;
    for (; s->n_keys < p->n_keys; s->n_keys++) {
        if (!(s->keys[s->n_keys] = qb_strdup(p->keys[s->n_keys])))
            return QB_E_NOMEM;
    }
    return QB_OK;
}

/* Cells by the compact text of their configuration; few enough to look through one by one. */
static int find_cell(const qb_study *s, char *const *identities, const char *identity, qb_cell **ret)
{
    *ret = NULL;
    for (size_t c = 0; c < s->n_cells; c++) {
        if (identities[c] && strcmp(identities[c], identity) == 0)
            *ret = &s->cells[c];
    }
    return QB_OK;
}

static int place_lines_by_plan(qb_study *s, char **identities)
{
    for (size_t c = 0; c < s->n_cells; c++) {
        if (s->cells[c].config && !(identities[c] = qb_json_compact(s->cells[c].config)))
            return no_memory();
    }
    for (size_t i = 0; i < json_array_size(s->lines); i++) {
        const json_t *line = json_array_get(s->lines, i);
        json_t *config = config_of(line);
        char *identity = config ? qb_json_compact(config) : NULL;
        json_decref(config);
        if (!identity)
            return no_memory();
        qb_cell *cell;
        bool added = false;
        int rc = find_cell(s, identities, identity, &cell);
        qb_free(identity);
        if (rc == QB_OK && cell)
            rc = add_run(s, cell, line, &added);
        QB_TRY(rc);
        s->n_foreign += !added && strcmp(text_of(line, "status"), "skipped") != 0; /* the plan says those itself */
    }
    return QB_OK;
}

/* ---- cells of records alone ---- */

/* Two sets of data under one name must not share a cell: where a name has several labels, the label stands for it. */
static int separate_data(qb_study *s, json_t *configs)
{
    json_t *first = json_object(); /* data set -> its only label, or null: several */
    int rc = first ? QB_OK : no_memory();
    for (int pass = 1; rc == QB_OK && pass <= 2; pass++) {
        for (size_t i = 0; rc == QB_OK && i < json_array_size(configs); i++) {
            json_t *config = json_array_get(configs, i), *label = json_object_get(json_object_get(json_array_get(s->lines, i), "data"), "label");
            const char *dataset = text_of(config, "dataset");
            if (!dataset || !json_is_string(label))
                continue;
            json_t *known = json_object_get(first, dataset);
            if (pass == 2 && json_is_null(known))
                rc = json_object_set(config, "dataset", label) == 0 ? QB_OK : no_memory();
            else if (pass == 1 && !json_equal(known, label))
                rc = json_object_set(first, dataset, known ? json_null() : label) == 0 ? QB_OK : no_memory();
        }
    }
    json_decref(first);
    return rc;
}

static int group_lines(qb_study *s, json_t *configs, char **identities)
{
    for (size_t i = 0; i < json_array_size(s->lines); i++) {
        json_t *config = json_array_get(configs, i);
        char *identity = qb_json_compact(config);
        if (!identity)
            return no_memory();
        qb_cell *cell;
        bool added;
        QB_TRY(find_cell(s, identities, identity, &cell));
        if (cell) {
            qb_free(identity);
        } else {
            identities[s->n_cells] = identity;
            cell = &s->cells[s->n_cells++];
            cell->config = json_incref(config);
        }
        QB_TRY(add_run(s, cell, json_array_get(s->lines, i), &added));
    }
    return QB_OK;
}

static bool key_varies(const qb_study *s, const char *key)
{
    const json_t *first = NULL;
    for (size_t c = 0; c < s->n_cells; c++) {
        const qb_cell *cell = &s->cells[c];
        const json_t *v = json_object_get(s->plan ? cell->values : cell->config, key);
        if (!v || (json_is_null(v) && !qb_study_null_counts(key)))
            continue;
        if (first && !qb_study_value_equal(first, v))
            return true;
        first = v;
    }
    return false;
}

static int add_key(qb_study *s, const char *key)
{
    if (!(s->keys[s->n_keys] = qb_strdup(key)))
        return QB_E_NOMEM;
    s->n_keys++;
    return QB_OK;
}

static bool has_key(const qb_study *s, const char *key)
{
    bool found = false;
    for (size_t k = 0; k < s->n_keys; k++)
        found = found || strcmp(s->keys[k], key) == 0;
    return found;
}

/* Cells that agree in every key found so far but are not the same: what else differs becomes a key (the version of a
 * solver, a key of a newer qatbench). */
static int separate(qb_study *s, const json_t *a, const json_t *b, size_t capacity)
{
    for (size_t k = 0; k < s->n_keys; k++) {
        if (!json_equal(json_object_get(a, s->keys[k]), json_object_get(b, s->keys[k])))
            return QB_OK;
    }
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)b, key, value)
    {
        if (!json_equal(value, json_object_get(a, key)) && !has_key(s, key) && s->n_keys < capacity)
            QB_TRY(add_key(s, key));
    }
    return QB_OK;
}

/* Solver and bits, the schema's other keys in its order, then whatever else tells cells apart. */
static int find_keys(qb_study *s)
{
    enum { MAX_FURTHER = 32 };
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    if (!(s->keys = qb_alloc(n + MAX_FURTHER, sizeof *s->keys)))
        return QB_E_NOMEM;
    QB_TRY(add_key(s, "solver"));
    QB_TRY(add_key(s, "bits"));
    for (size_t i = 0; i < n; i++) {
        const char *name = schema[i].name;
        if (!has_key(s, name) && strcmp(name, "seed") != 0 && key_varies(s, name))
            QB_TRY(add_key(s, name));
    }
    for (size_t a = 0; a < s->n_cells; a++) {
        for (size_t b = a + 1; b < s->n_cells; b++)
            QB_TRY(separate(s, s->cells[a].config, s->cells[b].config, n + MAX_FURTHER));
    }
    return QB_OK;
}

static int create_values(qb_study *s)
{
    for (size_t c = 0; c < s->n_cells; c++) {
        json_t *values = json_object();
        if (!values || json_array_append_new(s->own_values, values) != 0)
            return no_memory();
        for (size_t k = 0; k < s->n_keys; k++) {
            json_t *v = json_object_get(s->cells[c].config, s->keys[k]);
            if (json_object_set(values, s->keys[k], v ? v : json_null()) != 0)
                return no_memory();
        }
        s->cells[c].values = values;
    }
    return QB_OK;
}

typedef struct sortable {
    qb_cell cell;
    const qb_study *study;
} sortable;

/* By the further keys first, then bits, then solver: as a table reads. */
static int compare_cells(const void *a, const void *b)
{
    const sortable *x = a, *y = b;
    const qb_study *s = x->study;
    for (size_t i = s->n_keys; i-- > 0;) {
        int order = qb_study_value_compare(json_object_get(x->cell.values, s->keys[i]), json_object_get(y->cell.values, s->keys[i]));
        if (order != 0)
            return order;
    }
    return 0;
}

static int sort_cells(qb_study *s)
{
    sortable *items = qb_alloc(s->n_cells, sizeof *items);
    if (!items)
        return QB_E_NOMEM;
    for (size_t c = 0; c < s->n_cells; c++)
        items[c] = (sortable){s->cells[c], s};
    qsort(items, s->n_cells, sizeof *items, compare_cells);
    for (size_t c = 0; c < s->n_cells; c++)
        s->cells[c] = items[c].cell;
    qb_free(items);
    return QB_OK;
}

static int create_own_cells(qb_study *s, char **identities)
{
    size_t n = json_array_size(s->lines);
    json_t *configs = json_array();
    int rc = configs && (s->cells = qb_alloc(n, sizeof *s->cells)) ? QB_OK : no_memory();
    for (size_t i = 0; rc == QB_OK && i < n; i++)
        rc = json_array_append_new(configs, config_of(json_array_get(s->lines, i))) == 0 ? QB_OK : no_memory();
    if (rc == QB_OK)
        rc = separate_data(s, configs);
    if (rc == QB_OK)
        rc = group_lines(s, configs, identities);
    json_decref(configs);
    QB_TRY(rc);
    QB_TRY(find_keys(s));
    QB_TRY(create_values(s));
    return sort_cells(s);
}

/* ---- both ---- */

static int create_labels(qb_study *s)
{
    if (!(s->varies = qb_alloc(s->n_keys, sizeof *s->varies)))
        return QB_E_NOMEM;
    for (size_t k = 0; k < s->n_keys; k++)
        s->varies[k] = key_varies(s, s->keys[k]);
    for (size_t c = 0; c < s->n_cells; c++) {
        qb_cell *cell = &s->cells[c];
        if (!(cell->labels = qb_alloc(s->n_keys, sizeof *cell->labels)))
            return QB_E_NOMEM;
        for (size_t k = 0; k < s->n_keys; k++) {
            const json_t *v = json_object_get(cell->values, s->keys[k]);
            bool all = json_is_null(v) && qb_study_null_counts(s->keys[k]);
            if (!(cell->labels[k] = all ? qb_strdup("all") : qb_study_label(v)))
                return QB_E_NOMEM;
        }
    }
    return QB_OK;
}

/* Every name that the data of the cells' runs gave themselves, once. */
static int collect_data_labels(qb_study *s)
{
    for (size_t c = 0; c < s->n_cells; c++) {
        for (size_t i = 0; i < s->cells[c].n_runs; i++) {
            const char *label = label_of(s->cells[c].runs[i].line);
            bool known = !label;
            for (size_t k = 0; !known && k < json_array_size(s->labels); k++)
                known = strcmp(json_string_value(json_array_get(s->labels, k)), label) == 0;
            if (!known && json_array_append_new(s->labels, qb_json_text(label)) != 0)
                return no_memory();
        }
    }
    return QB_OK;
}

/* With a plan the cells cannot be told apart by their data, so a mixture must be said. */
static int note_mixed_data(qb_study *s)
{
    for (size_t c = 0; s->plan && c < s->n_cells; c++) {
        const qb_cell *cell = &s->cells[c];
        const char *first = NULL;
        for (size_t i = 0; i < cell->n_runs; i++) {
            const char *label = label_of(cell->runs[i].line);
            if (first && label && strcmp(first, label) != 0)
                return add_note(s, qb_sprintf("runs of one cell used different data: %s and %s", first, label));
            first = label ? label : first;
        }
    }
    return QB_OK;
}

static int build(qb_study *s, const char *title, const char *folder)
{
    s->labels = json_array();
    s->notes = json_array();
    s->own_values = json_array();
    s->title = qb_strdup(title);
    s->folder = qb_strdup(folder);
    if (!s->labels || !s->notes || !s->own_values || !s->title || !s->folder)
        return no_memory();
    size_t n = json_array_size(s->lines);
    for (size_t i = 0; i < n; i++)
        QB_TRY(check_line(json_array_get(s->lines, i), i));
    size_t n_identities = s->plan ? s->plan->n_cells : n;
    char **identities = qb_alloc(n_identities, sizeof *identities);
    if (!identities)
        return QB_E_NOMEM;
    int rc = s->plan ? create_plan_cells(s) : create_own_cells(s, identities);
    if (rc == QB_OK && s->plan)
        rc = place_lines_by_plan(s, identities);
    for (size_t i = 0; i < n_identities; i++)
        qb_free(identities[i]);
    qb_free(identities);
    QB_TRY(rc);
    settle_runs(s);
    QB_TRY(create_labels(s));
    QB_TRY(collect_data_labels(s));
    return note_mixed_data(s);
}

int qb_study_create(qb_study_plan *plan, json_t *lines, const char *title, const char *folder, qb_study **ret_study)
{
    qb_study *s = qb_alloc(1, sizeof *s);
    if (!s) {
        qb_study_plan_destroy(plan);
        json_decref(lines);
        return QB_E_NOMEM;
    }
    s->plan = plan;
    s->lines = lines;
    int rc = build(s, title, folder);
    if (rc < 0) {
        qb_study_destroy(s);
        return rc;
    }
    *ret_study = s;
    return QB_OK;
}

void qb_study_destroy(qb_study *s)
{
    if (!s)
        return;
    for (size_t c = 0; c < s->n_cells; c++) {
        for (size_t k = 0; s->cells[c].labels && k < s->n_keys; k++)
            qb_free(s->cells[c].labels[k]);
        qb_free(s->cells[c].labels);
        qb_free(s->cells[c].runs);
        json_decref(s->cells[c].config);
    }
    for (size_t k = 0; k < s->n_keys; k++)
        qb_free(s->keys[k]);
    qb_free(s->cells);
    qb_free(s->keys);
    qb_free(s->varies);
    qb_free(s->title);
    qb_free(s->folder);
    json_decref(s->lines);
    json_decref(s->own_values);
    json_decref(s->labels);
    json_decref(s->notes);
    qb_study_plan_destroy(s->plan);
    qb_free(s);
}

/* ---- loading ---- */

static int append_records(json_t *lines, const char *path)
{
    json_t *more = NULL;
    QB_TRY(qb_records_collect(path, &more));
    int rc = json_array_extend(lines, more) == 0 ? QB_OK : no_memory();
    json_decref(more);
    return rc;
}

/* A folder of a study: PATH/runs.jsonl and PATH/plan.yaml. NULL where there is none. */
static char *beside(const char *dir, const char *name)
{
    char *path = qb_fs_is_dir(dir) ? qb_path_join(dir, name) : NULL;
    if (path && !qb_fs_exists(path)) {
        qb_free(path);
        path = NULL;
    }
    return path;
}

typedef struct sources {
    qb_study_plan *plan;
    json_t *lines;
    char *folder; /* of the first argument that holds records */
    bool any_records;
} sources;

static int take_plan(sources *from, const char *path, const qb_study_plan_places *places)
{
    if (from->plan) {
        (void)qb_err_set(QB_E_USAGE, "expected one plan, got '%s' and '%s'", from->plan->path, path);
        return qb_err_hint("give their run folders instead to see several plans in one table");
    }
    return qb_study_plan_read(path, places, &from->plan);
}

static int take_records(sources *from, const char *path, const qb_study_plan_places *places)
{
    char *jsonl = beside(path, "runs.jsonl"), *plan = jsonl ? beside(path, "plan.yaml") : NULL;
    int rc = append_records(from->lines, jsonl ? jsonl : path);
    if (rc == QB_OK && plan && !from->plan)
        rc = take_plan(from, plan, places);
    if (rc == QB_OK && !from->any_records) {
        from->folder = qb_fs_is_dir(path) ? qb_strdup(path) : qb_path_dir(path);
        rc = from->folder ? QB_OK : QB_E_NOMEM;
    }
    from->any_records = true;
    qb_free(jsonl);
    qb_free(plan);
    return rc;
}

static int take_all(sources *from, char *const *args, int n_args, const qb_study_plan_places *places)
{
    for (int i = 0; i < n_args; i++) {
        if (qb_study_plan_is_name(args[i]))
            QB_TRY(take_plan(from, args[i], places));
    }
    for (int i = 0; i < n_args; i++) {
        if (!qb_study_plan_is_name(args[i]))
            QB_TRY(take_records(from, args[i], places));
    }
    if (!from->any_records && from->plan && qb_fs_is_dir(from->plan->records))
        QB_TRY(append_records(from->lines, from->plan->records));
    if (from->plan && !from->folder && !(from->folder = qb_strdup(from->plan->records)))
        return QB_E_NOMEM;
    return QB_OK;
}

/* Without a plan the records' experiment names the study. */
static char *title_of(const sources *from)
{
    if (from->plan)
        return qb_strdup(from->plan->title);
    const char *first = text_of(json_array_get(from->lines, 0), "experiment");
    for (size_t i = 0; first && i < json_array_size(from->lines); i++) {
        const char *name = text_of(json_array_get(from->lines, i), "experiment");
        if (!name || strcmp(name, first) != 0)
            first = NULL;
    }
    return qb_strdup(first ? first : "runs");
}

int qb_study_load(char *const *args, int n_args, const qb_study_plan_places *places, qb_study **ret_study)
{
    sources from = {.lines = json_array()};
    int rc = from.lines ? take_all(&from, args, n_args, places) : no_memory();
    if (rc == QB_OK && !from.plan && json_array_size(from.lines) == 0) {
        rc = qb_err_set(QB_E_NOINPUT, "%s: no runs found", n_args > 0 ? args[0] : "runs");
        (void)qb_err_hint("expected a plan (.yaml), a folder of runs or a runs.jsonl");
    }
    char *title = rc == QB_OK ? title_of(&from) : NULL;
    if (rc == QB_OK && !title)
        rc = QB_E_NOMEM;
    if (rc == QB_OK) {
        rc = qb_study_create(from.plan, from.lines, title, from.folder, ret_study);
    } else {
        qb_study_plan_destroy(from.plan);
        json_decref(from.lines);
    }
    qb_free(title);
    qb_free(from.folder);
    return rc;
}
