/* What a report says first: how far the study is, and what speaks against its numbers. See report_parts.h. */
#include "study/report_parts.h"

#include "base/err.h"
#include "base/mem.h"
#include "study/sayings.h"

#include <string.h>

enum { FEW = 5 }; /* seeds: below that a test finds large differences alone */

static int take(json_t *list, char *text)
{
    bool ok = text && json_array_append_new(list, qb_json_text(text)) == 0;
    qb_free(text);
    return ok ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory while writing a report");
}

/* ---- what speaks against it ---- */

static int say_source(void *context, const qb_cell_run *run, const char *name)
{
    const char *git = qb_json_text_of(json_object_get(run->line, "build"), "git");
    if (!qb_ends_with(git, "-dirty"))
        return QB_OK;
    char *text = qb_sprintf("built from sources that differ from their commit (%s)", git);
    int rc = text ? qb_sayings_add(context, text, name) : QB_E_NOMEM;
    qb_free(text);
    return rc;
}

static int add_sources(json_t *list, const qb_study *s)
{
    qb_sayings all = {0};
    size_t n_runs;
    int rc = qb_study_each_run(s, say_source, &all, &n_runs);
    for (size_t i = 0; rc == QB_OK && i < all.n; i++)
        rc = take(list, qb_saying_text(&all.items[i], n_runs));
    qb_sayings_finish(&all);
    return rc;
}

static int add_few_seeds(json_t *list, const qb_table *t)
{
    size_t n_few = 0, n_numbers = 0;
    for (size_t c = 0; c < t->study->n_cells; c++) {
        n_numbers += t->cells[c].n > 0;
        n_few += t->cells[c].n > 0 && t->cells[c].n < FEW;
    }
    if (n_few == 0)
        return QB_OK;
    return take(list, qb_sprintf("n < %d in %zu of %zu cells with a number: with so few seeds only large differences can be told "
                                 "from noise", FEW, n_few, n_numbers));
}

static int add_warnings(json_t *list, const qb_table *t, const json_t *further)
{
    json_t *notes = NULL;
    for (size_t i = 0; i < json_array_size(further); i++)
        QB_TRY(take(list, qb_strdup(json_string_value(json_array_get(further, i)))));
    QB_TRY(qb_table_notes(t, &notes));
    int rc = json_array_extend(list, notes) == 0 ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory while writing a report");
    json_decref(notes);
    if (rc == QB_OK)
        rc = add_sources(list, t->study);
    return rc == QB_OK ? add_few_seeds(list, t) : rc;
}

int qb_report_add_summary(qb_doc *d, const qb_table *t, const json_t *further)
{
    char *counts = qb_study_counts(t->study);
    json_t *list = json_array();
    int rc = counts && list ? add_warnings(list, t, further) : QB_E_NOMEM;
    if (rc == QB_OK) {
        qb_doc_paragraph(d, counts);
        qb_doc_heading(d, "Warnings");
        qb_doc_list(d, list, true);
        if (json_array_size(list) == 0)
            qb_doc_paragraph(d, "None.");
    }
    json_decref(list);
    qb_free(counts);
    return rc;
}
