/* Comparing runs and plans. See diff.h. */
#include "study/diff.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/grid.h"
#include "study/values.h"
#include "train/identity.h"

#include <string.h>

static int no_memory(void)
{
    return qb_err_set(QB_E_NOMEM, "out of memory while comparing");
}

static bool is_nothing(const json_t *v)
{
    return !v || json_is_null(v) || (json_is_array(v) && json_array_size(v) == 0);
}

/* Puts the two values under `name` unless they are equal. Borrows them. */
static int compare(json_t *into, const char *name, const json_t *a, const json_t *b, json_int_t *n_equal)
{
    if ((is_nothing(a) && is_nothing(b)) || (!is_nothing(a) && !is_nothing(b) && qb_study_value_equal(a, b))) {
        *n_equal += 1;
        return QB_OK;
    }
    json_t *pair = qb_json_pack("{s:o, s:o}", "a", is_nothing(a) ? json_null() : json_incref((json_t *)a), "b",
                                is_nothing(b) ? json_null() : json_incref((json_t *)b));
    return pair && json_object_set_new(into, name, pair) == 0 ? QB_OK : no_memory();
}

/* Members that the schema does not know: solver_version, keys of a newer qatbench. */
static int compare_unknown(json_t *into, const json_t *a, const json_t *b, json_int_t *n_equal)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    const json_t *both[] = {a, b};
    for (size_t k = 0; k < 2; k++) {
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)both[k], key, value)
        {
            if (!qb_option_find(schema, n, key) && !(k == 1 && json_object_get(a, key)))
                QB_TRY(compare(into, key, json_object_get(a, key), json_object_get(b, key), n_equal));
        }
    }
    return QB_OK;
}

/* ---- runs ---- */

static const char *const facts[][2] = {
    {"data", "label"},          {"data", "fingerprint"}, {"data", "n_train"},      {"data", "n_test"},      {"machine", "cpu"},
    {"machine", "isa"},         {"machine", "threads"},  {"machine", "onednn"},    {"build", "version"},    {"build", "git"},
    {"build", "compiler"},      {"solver", "sha256"},    {"result", "steps"},      {"result", "train_loss"}, {"result", "test_loss"},
    {"result", "test_top1"},    {"result", "test_top5"}, {"result", "best_top1"},  {"result", "mean5_top1"},
    {"result", "images_per_second"}, {"result", "max_levels"}, {"result", "model_bytes"}, {"result", "weights_sha256"}};
enum { N_FACTS = sizeof facts / sizeof *facts };

static json_t *describe_run(const json_t *line)
{
    static const char *const kept[] = {"dir", "key", "experiment", "status", "reason"};
    json_t *o = json_object();
    for (size_t i = 0; o && i < sizeof kept / sizeof *kept; i++) {
        const json_t *v = json_object_get(line, kept[i]);
        (void)json_object_set(o, kept[i], v ? (json_t *)v : json_null());
    }
    return o;
}

static int compare_configs(const json_t *a, const json_t *b, json_t *keys, json_int_t *n_equal)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    for (size_t i = 0; i < n; i++) {
        if (schema[i].flags & QB_OPT_IDENTITY)
            QB_TRY(compare(keys, schema[i].name, json_object_get(a, schema[i].name), json_object_get(b, schema[i].name), n_equal));
    }
    return compare_unknown(keys, a, b, n_equal);
}

static int compare_facts(const json_t *a, const json_t *b, json_t *into)
{
    json_int_t ignored = 0;
    QB_TRY(compare(into, "scale", json_object_get(a, "scale"), json_object_get(b, "scale"), &ignored));
    for (size_t i = 0; i < N_FACTS; i++) {
        char *name = qb_sprintf("%s.%s", facts[i][0], facts[i][1]);
        int rc = name ? compare(into, name, json_object_get(json_object_get(a, facts[i][0]), facts[i][1]),
                                json_object_get(json_object_get(b, facts[i][0]), facts[i][1]), &ignored)
                      : no_memory();
        qb_free(name);
        QB_TRY(rc);
    }
    return QB_OK;
}

int qb_diff_runs(const json_t *a, const json_t *b, json_t **ret_diff)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    json_t *x = qb_identity_complete(schema, n, json_object_get(a, "config")),
           *y = qb_identity_complete(schema, n, json_object_get(b, "config"));
    json_t *keys = json_object(), *other = json_object();
    json_int_t n_equal = 0;
    int rc = x && y && keys && other ? compare_configs(x, y, keys, &n_equal) : no_memory();
    if (rc == QB_OK)
        rc = compare_facts(a, b, other);
    if (rc == QB_OK && !(*ret_diff = qb_json_pack("{s:s, s:o, s:o, s:O, s:O, s:I}", "kind", "runs", "a", describe_run(a), "b",
                                                  describe_run(b), "keys", keys, "facts", other, "n_equal", n_equal)))
        rc = no_memory();
    json_decref(x);
    json_decref(y);
    json_decref(keys);
    json_decref(other);
    return rc;
}

/* ---- plans ---- */

/* Where things are on this machine, and what says nothing of a plan. */
static bool is_place(const qb_option *o)
{
    static const char *const places[] = {"seed", "experiment", "runs_dir", "data_dir", "solver_path"};
    bool is = o->flags & QB_OPT_NO_PLAN;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        is = is || strcmp(o->name, places[i]) == 0;
    return is;
}

/* The value of a cell that holds; NULL where it does not apply. New reference. */
static json_t *value_of(const qb_study_plan_cell *cell, const qb_option *o)
{
    if (cell->skipped)
        return NULL;
    if (o->flags & QB_OPT_IDENTITY)
        return json_incref(json_object_get(cell->identity, o->name));
    const qb_value *v = qb_get(&cell->runs[0]->settings, o->name);
    return v->is_null ? NULL : qb_identity_value(o, v);
}

static bool is_among(const json_t *list, const json_t *value)
{
    bool is = false;
    for (size_t i = 0; !is && i < json_array_size(list); i++)
        is = qb_study_value_equal(json_array_get(list, i), value);
    return is;
}

/* The values of a key over the cells, each once, in their order. New reference. */
static json_t *values_of(const qb_study_plan *p, const qb_option *o)
{
    json_t *list = json_array();
    for (size_t c = 0; list && c < p->n_cells; c++) {
        json_t *v = value_of(&p->cells[c], o);
        if (!is_nothing(v) && !is_among(list, v) && json_array_append(list, v) != 0) {
            json_decref(list);
            list = NULL;
        }
        json_decref(v);
    }
    return list;
}

static json_t *seeds_of(const qb_study_plan *p)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < p->n_seeds; i++)
        (void)json_array_append_new(list, json_integer(p->seeds[i]));
    return list;
}

/* Takes both values. */
static int compare_owned(json_t *into, const char *name, json_t *a, json_t *b, json_int_t *n_equal)
{
    int rc = compare(into, name, a, b, n_equal);
    json_decref(a);
    json_decref(b);
    return rc;
}

static int compare_plan_keys(const qb_study_plan *a, const qb_study_plan *b, json_t *keys, json_int_t *n_equal)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    QB_TRY(compare_owned(keys, "title", qb_json_text(a->title), qb_json_text(b->title), n_equal));
    QB_TRY(compare_owned(keys, "scale", qb_json_real(a->scale), qb_json_real(b->scale), n_equal));
    QB_TRY(compare_owned(keys, "seeds", seeds_of(a), seeds_of(b), n_equal));
    for (size_t i = 0; i < n; i++) {
        if (!is_place(&schema[i]))
            QB_TRY(compare_owned(keys, schema[i].name, values_of(a, &schema[i]), values_of(b, &schema[i]), n_equal));
    }
    return QB_OK;
}

static bool has_cell(const qb_study_plan *p, const qb_study_plan_cell *cell)
{
    bool has = false;
    for (size_t c = 0; !has && c < p->n_cells; c++)
        has = p->cells[c].identity && json_equal(p->cells[c].identity, cell->identity);
    return has;
}

/* Names of the cells of p that the other plan does not have; the others are counted. New reference. */
static json_t *cells_only_in(const qb_study_plan *p, const qb_study_plan *other, json_int_t *ret_both)
{
    json_t *names = json_array();
    *ret_both = 0;
    for (size_t c = 0; names && c < p->n_cells; c++) {
        const qb_study_plan_cell *cell = &p->cells[c];
        bool both = cell->identity && has_cell(other, cell);
        *ret_both += both;
        if (cell->identity && !both)
            (void)json_array_append_new(names, qb_json_text(cell->name));
    }
    return names;
}

static json_t *describe_plan(const qb_study_plan *p)
{
    json_int_t n_cells = 0;
    for (size_t c = 0; c < p->n_cells; c++)
        n_cells += !p->cells[c].skipped;
    return qb_json_pack("{s:s, s:I, s:I}", "plan", p->path, "n_cells", n_cells, "n_runs", n_cells * (json_int_t)p->n_seeds);
}

int qb_diff_plans(const qb_study_plan *a, const qb_study_plan *b, json_t **ret_diff)
{
    json_t *keys = json_object();
    json_int_t n_equal = 0, both = 0;
    int rc = keys ? compare_plan_keys(a, b, keys, &n_equal) : no_memory();
    if (rc == QB_OK) {
        json_t *only_b = cells_only_in(b, a, &both), *only_a = cells_only_in(a, b, &both);
        json_t *cells = only_a && only_b ? qb_json_pack("{s:I, s:O, s:O}", "both", both, "only_a", only_a, "only_b", only_b) : NULL;
        *ret_diff = cells ? qb_json_pack("{s:s, s:o, s:o, s:O, s:O, s:I}", "kind", "plans", "a", describe_plan(a), "b",
                                         describe_plan(b), "keys", keys, "cells", cells, "n_equal", n_equal)
                          : NULL;
        json_decref(only_a);
        json_decref(only_b);
        json_decref(cells);
        rc = *ret_diff ? QB_OK : no_memory();
    }
    json_decref(keys);
    return rc;
}

/* ---- text ---- */

static char *value_text(const json_t *v)
{
    qb_str s = {0};
    if (is_nothing(v))
        return qb_strdup("-");
    if (!json_is_array(v))
        return qb_study_label(v);
    for (size_t i = 0; i < json_array_size(v); i++) {
        char *label = qb_study_label(json_array_get(v, i));
        qb_str_addf(&s, "%s%s", i > 0 ? ", " : "", label ? label : "");
        s.failed = s.failed || !label;
        qb_free(label);
    }
    return qb_str_take(&s);
}

/* Rows of the schema in its order, all other names before or behind them as they stand. */
static int fill_rows(qb_grid *g, size_t *row, const json_t *pairs)
{
    const char *name;
    json_t *pair;
    json_object_foreach((json_t *)pairs, name, pair)
    {
        QB_TRY(qb_grid_set(g, *row, 0, name));
        QB_TRY(qb_grid_take(g, *row, 1, value_text(json_object_get(pair, "a"))));
        QB_TRY(qb_grid_take(g, *row, 2, value_text(json_object_get(pair, "b"))));
        ++*row;
    }
    return QB_OK;
}

static int add_grid(const json_t *diff, qb_str *s)
{
    const json_t *keys = json_object_get(diff, "keys"), *other = json_object_get(diff, "facts");
    size_t n = json_object_size(keys) + json_object_size(other), row = 1;
    qb_grid g = {0};
    if (n == 0)
        return QB_OK;
    int rc = qb_grid_init(&g, n + 1, 3, 3);
    static const char *const head[] = {"key", "a", "b"};
    for (size_t i = 0; rc == QB_OK && i < 3; i++)
        rc = qb_grid_set(&g, 0, i, head[i]);
    if (rc == QB_OK)
        rc = fill_rows(&g, &row, keys);
    if (rc == QB_OK)
        rc = fill_rows(&g, &row, other);
    if (rc == QB_OK) {
        qb_str_add(s, "\n");
        qb_grid_render(&g, QB_GRID_TEXT, s);
    }
    qb_grid_finish(&g);
    return rc;
}

static void add_side(qb_str *s, const char *letter, const json_t *side)
{
    const json_t *plan = json_object_get(side, "plan"), *status = json_object_get(side, "status");
    if (plan)
        qb_str_addf(s, "%s  %s: %lld cells, %lld runs\n", letter, json_string_value(plan),
                    (long long)json_integer_value(json_object_get(side, "n_cells")),
                    (long long)json_integer_value(json_object_get(side, "n_runs")));
    else
        qb_str_addf(s, "%s  %s (%s)\n", letter, json_string_value(json_object_get(side, "dir")), json_string_value(status));
}

static void add_cells(const json_t *cells, const char *letter, qb_str *s)
{
    char name[16];
    (void)snprintf(name, sizeof name, "only_%s", letter);
    const json_t *names = json_object_get(cells, name);
    for (size_t i = 0; i < json_array_size(names); i++)
        qb_str_addf(s, "only in %s: %s\n", letter, json_string_value(json_array_get(names, i)));
}

int qb_diff_text(const json_t *diff, char **ret_text)
{
    qb_str s = {0};
    const json_t *cells = json_object_get(diff, "cells");
    json_int_t n_equal = json_integer_value(json_object_get(diff, "n_equal"));
    add_side(&s, "a", json_object_get(diff, "a"));
    add_side(&s, "b", json_object_get(diff, "b"));
    int rc = add_grid(diff, &s);
    qb_str_add(&s, "\n");
    add_cells(cells, "a", &s);
    add_cells(cells, "b", &s);
    if (cells)
        qb_str_addf(&s, "%lld cells are in both\n", (long long)json_integer_value(json_object_get(cells, "both")));
    qb_str_addf(&s, "%lld keys are equal%s\n", (long long)n_equal,
                json_object_size(json_object_get(diff, "keys")) == 0 ? ", none differs" : "");
    *ret_text = qb_str_take(&s);
    if (rc == QB_OK && !*ret_text)
        rc = no_memory();
    return rc;
}
