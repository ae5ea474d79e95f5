/* The forms of a comparison table for programs: CSV (one line a run) and JSON. See table.h. */
#include "study/table_parts.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/ranks.h"

#include <math.h>
#include <string.h>

/* ---- CSV ---- */

static const char *real_text(double v, char *buffer)
{
    return isnan(v) ? "" : qb_format_real(v, buffer);
}

void qb_table_add_csv(const qb_table *t, qb_str *s)
{
    const qb_study *study = t->study;
    for (size_t k = 0; k < study->n_keys; k++)
        qb_str_addf(s, "%s,", study->keys[k]);
    qb_str_addf(s, "seed,status,%s,reason%s%s%s\n", t->measure->name, study->scaled ? ",scale" : "", t->best ? "," : "",
                t->best ? t->best->name : "");
    for (size_t c = 0; c < study->n_cells; c++) {
        const qb_cell *cell = &study->cells[c];
        for (size_t i = 0; i < cell->n_runs; i++) {
            const qb_cell_run *run = &cell->runs[i];
            double value = qb_cell_run_result(run, t->measure->name);
            char number[32];
            for (size_t k = 0; k < study->n_keys; k++) {
                qb_str_add_csv(s, cell->labels[k]);
                qb_str_add(s, ",");
            }
            qb_str_addf(s, "%lld,%s,%s,", run->seed, run->status, real_text(value, number));
            qb_str_add_csv(s, run->reason ? run->reason : "");
            if (study->scaled)
                qb_str_addf(s, ",%s", qb_format_real(study->plan ? study->scale : qb_cell_run_scale(run), number));
            if (t->best)
                qb_str_addf(s, ",%s", real_text(qb_cell_run_result(run, t->best->name), number));
            qb_str_add(s, "\n");
        }
    }
}

/* ---- JSON ---- */

static int no_memory(void)
{
    return qb_err_set(QB_E_NOMEM, "out of memory while writing a table");
}

/* Sets a member and steals the value; what Jansson could not allocate is found at the end. */
static void put(json_t *object, const char *key, json_t *value, bool *failed)
{
    if (json_object_set_new(object, key, value) != 0)
        *failed = true;
}

/* mean, std, values, and the confidence interval where one was asked for. */
static void put_number(const qb_table *t, json_t *object, const double *all, size_t n_all, double mean, double std, double margin,
                       bool *failed)
{
    json_t *values = json_array();
    for (size_t i = 0; i < n_all; i++)
        *failed = *failed || json_array_append_new(values, qb_json_real(all[i])) != 0;
    put(object, "mean", qb_json_real(mean), failed);
    put(object, "std", qb_json_real(std), failed);
    put(object, "values", values, failed);
    if (t->options.ci > 0)
        put(object, "ci", isnan(margin) ? json_null() : qb_json_pack("[f, f]", mean - margin, mean + margin), failed);
}

/* The values of its keys; those that have been shown beside the study's own are the configuration's. */
static json_t *values_json(const qb_study *s, const qb_cell *cell, bool *failed)
{
    json_t *values = json_deep_copy(cell->values);
    for (size_t k = 0; k < s->n_keys; k++) {
        json_t *v = json_object_get(cell->config, s->keys[k]);
        if (!json_object_get(values, s->keys[k]))
            put(values, s->keys[k], v ? json_incref(v) : json_null(), failed);
    }
    return values;
}

static json_t *cell_json(const qb_table *t, const qb_table_cell *c, bool *failed)
{
    json_t *object = values_json(t->study, c->cell, failed), *seeds = json_array(), *status = json_object();
    static const char *const names[] = {"done", "mistrusted", "diverged", "failed", "interrupted",
                                        "running", "skipped", "missing"};
    for (size_t i = 0; i < c->n_expected; i++)
        *failed = *failed || json_array_append_new(seeds, json_integer(c->cell->runs[i].seed)) != 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = qb_cell_count(c->cell, names[i]);
        if (n > 0)
            put(status, names[i], json_integer((json_int_t)n), failed);
    }
    put(object, "n", json_integer((json_int_t)c->n), failed);
    put(object, "n_expected", json_integer((json_int_t)c->n_expected), failed);
    put_number(t, object, c->values, c->n_expected, c->mean, c->std, c->margin, failed);
    put(object, "seeds", seeds, failed);
    put(object, "status", status, failed);
    if (t->options.bold != QB_BOLD_NONE)
        put(object, "bold", json_boolean(c->bold), failed);
    if (t->best) {
        json_t *best = json_object();
        put(best, "metric", qb_json_text(t->best->name), failed);
        put(best, "n", json_integer((json_int_t)c->best.n), failed);
        put_number(t, best, c->best.values, c->n_expected, c->best.mean, c->best.std, c->best.margin, failed);
        put(object, "best", best, failed);
    }
    return object;
}

static json_t *tests_json(const qb_table *t, bool *failed)
{
    json_t *tests = json_array();
    for (size_t i = 0; i < t->n_tests; i++) {
        const qb_table_test *x = &t->tests[i];
        json_t *object = json_object();
        put(object, "cell", json_deep_copy(t->cells[x->cell].cell->values), failed);
        put(object, "baseline", json_deep_copy(t->cells[x->baseline].cell->values), failed);
        put(object, "difference", qb_json_real(x->difference), failed);
        put(object, "df", qb_json_real(x->df), failed);
        put(object, "p", qb_json_real(x->p), failed);
        put(object, "p_holm", qb_json_real(x->p_holm), failed);
        *failed = *failed || json_array_append_new(tests, object) != 0;
    }
    return tests;
}

static json_t *pairs_json(const qb_ranking *r, bool *failed)
{
    json_t *pairs = json_array();
    for (size_t i = 0; i < r->n_items; i++) {
        for (size_t j = i + 1; j < r->n_items; j++) {
            json_t *pair = qb_json_pack("{s:[s, s], s:f, s:f}", "pair", r->items[i].label, r->items[j].label, "difference",
                                        r->items[j].mean_rank - r->items[i].mean_rank, "p", r->pairs[i * r->n_items + j]);
            *failed = json_array_append_new(pairs, pair) != 0 || *failed;
        }
    }
    return pairs;
}

static json_t *ranks_json(const qb_table *t, bool *failed)
{
    const qb_ranking *r = t->ranking;
    json_t *object = json_object(), *items = json_array();
    char *keys = qb_ranking_block_keys(t);
    put(object, "key", qb_json_text(t->study->keys[t->main_key]), failed);
    put(object, "blocks_of", qb_json_text(keys), failed);
    qb_free(keys);
    put(object, "n_blocks", json_integer((json_int_t)r->n_blocks), failed);
    put(object, "n_incomplete", json_integer((json_int_t)r->n_incomplete), failed);
    for (size_t i = 0; i < r->n_items; i++) {
        json_t *item = qb_json_pack("{s:s, s:f}", "label", r->items[i].label, "mean_rank", r->items[i].mean_rank);
        *failed = json_array_append_new(items, item) != 0 || *failed;
    }
    put(object, "mean_ranks", items, failed);
    put(object, "unoffered", qb_json_text(r->unoffered), failed);
    if (r->why_not) {
        put(object, "why_not", qb_json_text(r->why_not), failed);
        return object;
    }
    json_t *friedman = qb_json_pack("{s:f, s:I, s:f}", "chi2", r->chi2, "df", (json_int_t)r->n_items - 1, "p", r->p);
    json_t *nemenyi = qb_json_pack("{s:f, s:f, s:o}", "level", QB_RANK_LEVEL, "critical_difference", r->distance, "pairs",
                                   pairs_json(r, failed));
    put(object, "friedman", friedman, failed);
    put(object, "nemenyi", nemenyi, failed);
    return object;
}

static json_t *names_json(const qb_table *t, const size_t *keys, size_t n, bool *failed)
{
    json_t *names = json_array();
    for (size_t i = 0; i < n; i++)
        *failed = *failed || json_array_append_new(names, qb_json_text(t->study->keys[keys[i]])) != 0;
    return names;
}

json_t *qb_table_json(const qb_table *t)
{
    bool failed = false;
    json_t *root = json_object(), *cells = json_array(), *budget = json_object(), *notes = NULL, *keys = json_array();
    for (size_t c = 0; c < t->study->n_cells; c++)
        failed = failed || json_array_append_new(cells, cell_json(t, &t->cells[c], &failed)) != 0;
    for (unsigned place = 1; qb_table_caption_key(place); place++) {
        const qb_option *o = qb_table_caption_key(place);
        const json_t *v = qb_table_shared_value(t->study, o->name);
        if (v && !(o->flags & QB_OPT_LATER && qb_table_is_usual(t->study, o, v)))
            put(budget, o->name, json_deep_copy(v), &failed);
    }
    for (size_t k = 0; k < t->study->n_keys; k++)
        failed = failed || json_array_append_new(keys, qb_json_text(t->study->keys[k])) != 0;
    failed = failed || qb_table_notes(t, &notes) < 0;
    put(root, "metric", qb_json_text(t->measure->name), &failed);
    put(root, "unit", qb_json_text(t->measure->unit), &failed);
    put(root, "when", qb_json_text(t->measure->when), &failed);
    put(root, "title", qb_json_text(t->study->title), &failed);
    if (t->study->scaled)
        put(root, "scale", qb_json_real(t->study->scale), &failed);
    put(root, "ddof", json_integer(t->options.ddof), &failed);
    if (t->options.ci > 0)
        put(root, "ci_level", qb_json_real(t->options.ci), &failed);
    if (t->options.rows || t->options.cols) {
        put(root, "rows", names_json(t, t->row_keys, t->n_row_keys, &failed), &failed);
        put(root, "cols", names_json(t, t->column_keys, t->n_column_keys, &failed), &failed);
    }
    if (t->ranking)
        put(root, "ranks", ranks_json(t, &failed), &failed);
    put(root, "data", json_deep_copy(t->study->labels), &failed);
    put(root, "keys", keys, &failed);
    put(root, "budget", budget, &failed);
    put(root, "cells", cells, &failed);
    put(root, "notes", notes, &failed);
    if (t->n_tests > 0) {
        put(root, "test", qb_json_text(t->options.test == QB_TEST_PAIRED ? "paired" : "welch"), &failed);
        put(root, "tests", tests_json(t, &failed), &failed);
    }
    if (failed) {
        json_decref(root);
        (void)no_memory();
        return NULL;
    }
    return root;
}
