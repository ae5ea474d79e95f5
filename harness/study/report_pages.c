/* The folded pages of a report: everything that is known of each run. See report_parts.h. */
#include "study/report_parts.h"

#include "base/err.h"
#include "base/mem.h"
#include "study/values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Pages of more runs, and of more evaluations a run, would be more than a browser shows at ease; runs.jsonl has them all. */
enum { MAX_PAGES = 1000, MAX_CURVE = 50 };

static int no_memory(void)
{
    return qb_err_set(QB_E_NOMEM, "out of memory while writing a report");
}

/* ---- names and values ---- */

static int add_fact(json_t *facts, const char *name, char *text)
{
    int rc = QB_OK;
    if (!text || (text[0] && json_array_append_new(facts, qb_json_pack("[s, s]", name, text)) != 0))
        rc = no_memory();
    qb_free(text);
    return rc;
}

static int add_facts(qb_doc *d, const json_t *facts, const char *caption)
{
    qb_grid g;
    size_t n = json_array_size(facts);
    QB_TRY(qb_grid_init(&g, n + 1, 2, 2));
    int rc = qb_grid_set(&g, 0, 0, "name");
    if (rc == QB_OK)
        rc = qb_grid_set(&g, 0, 1, "value");
    for (size_t i = 0; rc == QB_OK && i < 2 * n; i++)
        rc = qb_grid_set(&g, i / 2 + 1, i % 2, json_string_value(json_array_get(json_array_get(facts, i / 2), i % 2)));
    if (rc == QB_OK)
        qb_doc_grid(d, &g, caption);
    qb_grid_finish(&g);
    return rc;
}

/* Every scalar of an object that is not null, by name; a result's numbers to six digits. */
static int collect_facts(json_t *facts, const json_t *object, bool is_result)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        if (json_is_object(value) || json_is_array(value) || json_is_null(value))
            continue;
        bool is_measured = is_result && json_is_real(value);
        QB_TRY(add_fact(facts, key, is_measured ? qb_sprintf("%.6g", json_real_value(value)) : qb_study_label(value)));
    }
    return QB_OK;
}

static int collect_texts(json_t *facts, const char *name, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        QB_TRY(add_fact(facts, name, qb_strdup(json_string_value(json_array_get(list, i)))));
    return QB_OK;
}

/* ---- the curve ---- */

static const char *const curve_keys[] = {"epoch", "lr", "train_loss", "train_top1", "test_loss", "test_top1", "test_top1_soft"};
static const char *const curve_heads[] = {"epoch", "learning rate", "training loss", "training top-1 (%)",
                                          "test loss", "test top-1 (%)", "before hardening (%)"};
enum { N_CURVE = sizeof curve_keys / sizeof *curve_keys };

static int fill_curve(qb_grid *g, const json_t *curve, size_t every, size_t n_rows)
{
    for (size_t k = 0; k < N_CURVE; k++)
        QB_TRY(qb_grid_set(g, 0, k, curve_heads[k]));
    size_t n = json_array_size(curve);
    for (size_t r = 0; r < n_rows; r++) { /* the last row is the last evaluation */
        const json_t *point = json_array_get(curve, n - 1 - (n_rows - 1 - r) * every);
        for (size_t k = 0; k < N_CURVE; k++) {
            const json_t *v = json_object_get(point, curve_keys[k]);
            bool percent = strstr(curve_keys[k], "top1") != NULL;
            QB_TRY(qb_grid_take(g, r + 1, k, json_is_number(v) ? qb_sprintf(percent ? "%.2f" : "%.5g", json_number_value(v))
                                                               : qb_strdup("–")));
        }
    }
    return QB_OK;
}

static int add_curve(qb_doc *d, const json_t *curve)
{
    size_t n = json_array_size(curve), every = (n + MAX_CURVE - 1) / MAX_CURVE;
    if (n == 0)
        return QB_OK;
    size_t n_rows = (n - 1) / every + 1;
    qb_grid g;
    char *caption = every > 1 ? qb_sprintf("Curve, every %zu. of %zu evaluations", every, n) : qb_strdup("Curve");
    if (!caption)
        return QB_E_NOMEM;
    int rc = qb_grid_init(&g, n_rows + 1, N_CURVE, 0);
    if (rc == QB_OK) {
        rc = fill_curve(&g, curve, every, n_rows);
        if (rc == QB_OK)
            qb_doc_grid(d, &g, caption);
        qb_grid_finish(&g);
    }
    qb_free(caption);
    return rc;
}

/* ---- a run ---- */

static int collect_run(json_t *facts, const qb_cell_run *run)
{
    static const char *const sections[] = {"data", "machine", "build"};
    QB_TRY(add_fact(facts, "status", qb_strdup(run->status)));
    QB_TRY(add_fact(facts, "reason", qb_strdup(run->reason ? run->reason : "")));
    QB_TRY(add_fact(facts, "key", qb_strdup(qb_json_text_of(run->line, "key"))));
    QB_TRY(collect_facts(facts, json_object_get(run->line, "result"), true));
    QB_TRY(collect_texts(facts, "note", json_object_get(run->line, "notes")));
    QB_TRY(collect_texts(facts, "mixed", json_object_get(run->line, "mixed")));
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        QB_TRY(collect_facts(facts, json_object_get(run->line, sections[i]), false));
    return QB_OK;
}

static int add_run(qb_doc *d, const qb_cell_run *run)
{
    double top1 = qb_cell_run_result(run, "test_top1");
    char number[48] = "";
    if (!isnan(top1))
        (void)snprintf(number, sizeof number, ", test top-1 %.2f %%", top1);
    char *summary = qb_sprintf("seed %lld: %s%s", run->seed, run->status, number);
    json_t *facts = json_array();
    int rc = summary && facts ? collect_run(facts, run) : no_memory();
    if (rc == QB_OK) {
        const char *command = qb_json_text_of(run->line, "command");
        qb_doc_fold_begin(d, summary);
        if (command[0])
            qb_doc_code(d, command);
        rc = add_facts(d, facts, "Result, data, machine and build");
        if (rc == QB_OK)
            rc = add_curve(d, json_object_get(json_object_get(run->line, "result"), "curve"));
        qb_doc_fold_end(d);
    }
    json_decref(facts);
    qb_free(summary);
    return rc;
}

/* ---- a cell ---- */

static int add_cell(qb_doc *d, const qb_table *t, size_t c)
{
    const qb_cell *cell = &t->study->cells[c];
    char *name = qb_cell_name(t->study, cell), *number = qb_table_cell_text(t, &t->cells[c]);
    char *summary = name && number ? qb_sprintf("%s: %s", name, number) : NULL;
    json_t *facts = json_array();
    int rc = summary && facts ? collect_facts(facts, cell->config, false) : no_memory();
    if (rc == QB_OK) {
        qb_doc_fold_begin(d, summary);
        if (json_array_size(facts) > 0)
            rc = add_facts(d, facts, "Configuration: keys that are in force");
        for (size_t i = 0; rc == QB_OK && i < cell->n_runs; i++)
            rc = add_run(d, &cell->runs[i]);
        qb_doc_fold_end(d);
    }
    json_decref(facts);
    qb_free(summary);
    qb_free(number);
    qb_free(name);
    return rc;
}

int qb_report_add_pages(qb_doc *d, const qb_table *t)
{
    const qb_study *s = t->study;
    size_t n_runs = 0;
    for (size_t c = 0; c < s->n_cells; c++)
        n_runs += s->cells[c].n_runs;
    if (n_runs > MAX_PAGES) {
        char *text = qb_sprintf("Of more than %d runs there are no pages: qatbench ls --json has everything.", MAX_PAGES);
        if (!text)
            return QB_E_NOMEM;
        qb_doc_paragraph(d, text);
        qb_free(text);
        return QB_OK;
    }
    for (size_t c = 0; c < s->n_cells; c++)
        QB_TRY(add_cell(d, t, c));
    return QB_OK;
}
