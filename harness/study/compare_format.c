/* The forms of a comparison with published numbers. See compare.h. */
#include "study/compare.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/values.h"

#include <math.h>
#include <string.h>

static int no_memory(void)
{
    return qb_err_set(QB_E_NOMEM, "out of memory while writing a comparison");
}

static char *verdict_text(const qb_comparison *c)
{
    if (isnan(c->units))
        return qb_strdup("–");
    if (c->units <= c->limit)
        return qb_strdup("within noise");
    return isinf(c->units) ? qb_strdup("off, without spread") : qb_sprintf("off by %.1f", c->units);
}

static char *units_text(const qb_comparison *c)
{
    return isnan(c->units) || isinf(c->units) ? qb_strdup("–") : qb_sprintf("%.1f", c->units);
}

static char *difference_text(const qb_table *t, const qb_comparison *c)
{
    if (isnan(c->difference))
        return qb_strdup("–");
    int decimals = qb_measure_decimals(t->measure, c->difference, t->cells[c->cell].std);
    double shown = fabs(c->difference) < 0.5 * pow(10, -decimals) ? 0.0 : c->difference;
    return qb_sprintf("%+.*f", decimals, shown);
}

static int fill(const qb_table *t, const qb_comparison *all, size_t n, qb_grid *g)
{
    static const char *const heads[] = {"cell", "paper", "ours", "difference", "std. errors", "verdict"};
    const char *scaled = t->study->scaled;
    for (size_t c = 0; c < sizeof heads / sizeof *heads; c++)
        QB_TRY(qb_grid_set(g, 0, c, heads[c]));
    if (scaled) {
        QB_TRY(qb_grid_set(g, 0, 1, "paper, not scaled"));
        QB_TRY(qb_grid_take(g, 0, 2, qb_sprintf("ours, %s", scaled)));
    }
    for (size_t i = 0; i < n; i++) {
        const qb_paper_cell *p = all[i].paper;
        QB_TRY(qb_grid_take(g, i + 1, 0, qb_cell_name(t->study, t->cells[all[i].cell].cell)));
        QB_TRY(qb_grid_take(g, i + 1, 1, qb_measure_text(t->measure, p->mean, p->std, isnan(p->std) ? 1 : p->n)));
        QB_TRY(qb_grid_take(g, i + 1, 2, qb_table_cell_text(t, &t->cells[all[i].cell])));
        QB_TRY(qb_grid_take(g, i + 1, 3, difference_text(t, &all[i])));
        QB_TRY(qb_grid_take(g, i + 1, 4, units_text(&all[i])));
        QB_TRY(qb_grid_take(g, i + 1, 5, verdict_text(&all[i])));
    }
    return QB_OK;
}

/* ---- notes ---- */

static int note(json_t *notes, char *text)
{
    bool ok = text && json_array_append_new(notes, qb_json_text(text)) == 0;
    qb_free(text);
    return ok ? QB_OK : no_memory();
}

/* Where all cells agree on a condition of the paper nothing is said; else what it is there and here. */
static int note_conditions(const qb_table *t, const qb_paper *paper, const qb_comparison *all, size_t n, json_t *notes)
{
    const char *key;
    json_t *wanted;
    json_object_foreach(paper->conditions, key, wanted)
    {
        for (size_t i = 0; i < n; i++) {
            const json_t *ours = json_object_get(t->study->cells[all[i].cell].config, key);
            if (!ours || json_is_null(ours) || qb_study_value_equal(ours, wanted))
                continue;
            char *there = qb_study_label(wanted), *here = qb_study_label(ours);
            int rc = there && here ? note(notes, qb_sprintf("other conditions: %s %s in the paper, %s here", key, there, here)) : no_memory();
            qb_free(there);
            qb_free(here);
            QB_TRY(rc);
            break;
        }
    }
    return QB_OK;
}

static int create_notes(const qb_table *t, const qb_paper *paper, const qb_comparison *all, size_t n, json_t **ret)
{
    json_t *notes = json_array();
    if (!notes)
        return no_memory();
    int rc = note_conditions(t, paper, all, n, notes);
    if (rc == QB_OK && n < t->study->n_cells)
        rc = note(notes, qb_sprintf("%zu of %zu cells here without a published number", t->study->n_cells - n, t->study->n_cells));
    size_t used = 0;
    for (size_t i = 0; i < paper->n_cells; i++) {
        bool found = false;
        for (size_t k = 0; k < n; k++)
            found = found || all[k].paper == &paper->cells[i];
        used += found;
    }
    if (rc == QB_OK && used < paper->n_cells)
        rc = note(notes, qb_sprintf("%zu of %zu published numbers without a cell here", paper->n_cells - used, paper->n_cells));
    if (rc == QB_OK)
        rc = note(notes, qb_strdup("within noise: the difference in combined standard errors is below Student's 97.5 % quantile "
                                   "(Welch's degrees of freedom)"));
    if (rc < 0)
        json_decref(notes);
    else
        *ret = notes;
    return rc;
}

/* With those of the table. */
static int create_all_notes(const qb_table *t, const qb_paper *paper, const qb_comparison *all, size_t n, json_t **ret)
{
    json_t *notes = NULL, *of_table = NULL;
    QB_TRY(create_notes(t, paper, all, n, &notes));
    int rc = qb_table_notes(t, &of_table);
    if (rc == QB_OK && json_array_extend(notes, of_table) != 0)
        rc = no_memory();
    json_decref(of_table);
    if (rc < 0)
        json_decref(notes);
    else
        *ret = notes;
    return rc;
}

static int create_grid(const qb_table *t, const qb_comparison *all, size_t n, qb_grid *ret)
{
    qb_grid grid;
    QB_TRY(qb_grid_init(&grid, n + 1, 6, 1));
    int rc = fill(t, all, n, &grid);
    if (rc < 0)
        qb_grid_finish(&grid);
    else
        *ret = grid;
    return rc;
}

static char *caption_text(const qb_table *t, const qb_paper *paper)
{
    char *measured = qb_table_caption(t);
    char *caption = measured ? qb_sprintf("%s Paper: %s, %s.", measured, paper->source, paper->version) : NULL;
    qb_free(measured);
    return caption;
}

int qb_compare_grid(const qb_table *t, const qb_paper *paper, qb_grid *ret_grid, char **ret_caption, json_t **ret_notes)
{
    qb_comparison *all = NULL;
    qb_grid grid = {0};
    json_t *notes = NULL;
    char *caption = NULL;
    size_t n = 0;
    QB_TRY(qb_compare(t, paper, &all, &n));
    int rc = n > 0 ? QB_OK : qb_err_set(QB_E_NOINPUT, "%s has no number for a cell of %s", paper->path, t->study->title);
    if (rc == QB_OK)
        rc = create_grid(t, all, n, &grid);
    if (rc == QB_OK)
        rc = create_notes(t, paper, all, n, &notes);
    if (rc == QB_OK)
        rc = (caption = caption_text(t, paper)) ? QB_OK : QB_E_NOMEM;
    qb_free(all);
    if (rc < 0) {
        qb_grid_finish(&grid);
        json_decref(notes);
        return rc;
    }
    *ret_grid = grid;
    *ret_caption = caption;
    *ret_notes = notes;
    return QB_OK;
}

/* ---- forms ---- */

static int render_paper(const qb_table *t, const qb_paper *paper, const qb_comparison *all, size_t n, qb_grid_form form,
                        bool ascii, qb_str *out)
{
    qb_grid grid = {0};
    json_t *notes = NULL;
    char *caption = caption_text(t, paper);
    int rc = caption ? create_grid(t, all, n, &grid) : QB_E_NOMEM;
    if (rc == QB_OK && ascii)
        rc = qb_grid_to_ascii(&grid);
    if (rc == QB_OK)
        rc = create_all_notes(t, paper, all, n, &notes);
    if (rc == QB_OK) {
        bool latex = form == QB_GRID_LATEX;
        qb_str_add(out, latex ? "% needs \\usepackage{booktabs}\n\\begin{table}\n\\centering\n\\caption{" : "");
        qb_grid_add_wrapped(out, form, ascii, caption);
        qb_str_add(out, latex ? "}\n" : "\n\n");
        qb_grid_render(&grid, form, out);
        for (size_t i = 0; i < json_array_size(notes); i++) {
            if (i == 0)
                qb_str_add(out, latex ? "\\par\\smallskip\\footnotesize\n" : "\n");
            qb_str_add(out, form == QB_GRID_MARKDOWN ? "- " : "");
            qb_grid_add_escaped(out, form, json_string_value(json_array_get(notes, i)));
            qb_str_add(out, latex ? "\\par\n" : "\n");
        }
        qb_str_add(out, latex ? "\\end{table}\n" : "");
    }
    qb_free(caption);
    json_decref(notes);
    qb_grid_finish(&grid);
    return rc;
}

static json_t *numbers_json(double mean, double std, size_t n)
{
    return qb_json_pack("{s:o, s:o, s:I}", "mean", qb_json_real(mean), "std", qb_json_real(std), "n", (json_int_t)n);
}

static int render_json(const qb_table *t, const qb_paper *paper, const qb_comparison *all, size_t n, qb_str *out)
{
    json_t *cells = json_array(), *notes = NULL;
    bool ok = cells != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        const qb_table_cell *c = &t->cells[all[i].cell];
        json_t *object = json_deep_copy(c->cell->values);
        ok = json_object_set_new(object, "paper", numbers_json(all[i].paper->mean, all[i].paper->std, all[i].paper->n)) == 0 &&
             json_object_set_new(object, "ours", numbers_json(c->mean, c->std, c->n)) == 0 &&
             json_object_set_new(object, "difference", qb_json_real(all[i].difference)) == 0 &&
             json_object_set_new(object, "standard_errors", qb_json_real(all[i].units)) == 0 &&
             json_object_set_new(object, "limit", qb_json_real(all[i].limit)) == 0 &&
             json_object_set_new(object, "within_noise", isnan(all[i].units) ? json_null() : json_boolean(all[i].units <= all[i].limit)) == 0;
        ok = json_array_append_new(cells, object) == 0 && ok;
    }
    ok = ok && create_all_notes(t, paper, all, n, &notes) == QB_OK;
    json_t *root = ok ? qb_json_pack("{s:s, s:s, s:s, s:O, s:O}", "metric", t->measure->name, "source", paper->source, "version",
                                     paper->version, "cells", cells, "notes", notes)
                      : NULL;
    if (root && t->study->scaled && json_object_set_new(root, "scale", qb_json_real(t->study->scale)) != 0) {
        json_decref(root);
        root = NULL;
    }
    char *text = root ? qb_json_pretty(root) : NULL;
    if (text)
        qb_str_addf(out, "%s\n", text);
    qb_free(text);
    json_decref(root);
    json_decref(cells);
    json_decref(notes);
    return text ? QB_OK : no_memory();
}

static void render_csv(const qb_table *t, const qb_comparison *all, size_t n, qb_str *out)
{
    qb_str_addf(out, "cell,paper_mean,paper_std,paper_n,mean,std,n,difference,standard_errors,limit%s\n", t->study->scaled ? ",scale" : "");
    for (size_t i = 0; i < n; i++) {
        const qb_table_cell *c = &t->cells[all[i].cell];
        const double numbers[] = {all[i].paper->mean, all[i].paper->std, (double)all[i].paper->n, c->mean, c->std, (double)c->n,
                                  all[i].difference,  all[i].units,      all[i].limit};
        char *name = qb_cell_name(t->study, c->cell);
        out->failed = out->failed || !name;
        qb_str_add(out, "\"");
        for (const char *p = name; p && *p; p++) {
            if (*p == '"')
                qb_str_add(out, "\"");
            qb_str_addn(out, p, 1);
        }
        qb_str_add(out, "\"");
        qb_free(name);
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
            char buffer[32];
            qb_str_addf(out, ",%s", isfinite(numbers[k]) ? qb_format_real(numbers[k], buffer) : "");
        }
        if (t->study->scaled) {
            char buffer[32];
            qb_str_addf(out, ",%s", isfinite(t->study->scale) ? qb_format_real(t->study->scale, buffer) : "");
        }
        qb_str_add(out, "\n");
    }
}

int qb_compare_render(const qb_table *t, const qb_paper *paper, qb_table_form form, bool utf8, char **ret_text)
{
    qb_comparison *all = NULL;
    size_t n = 0;
    qb_str out = {0};
    QB_TRY(qb_compare(t, paper, &all, &n));
    int rc = QB_OK;
    if (form == QB_FORM_JSON)
        rc = render_json(t, paper, all, n, &out);
    else if (form == QB_FORM_CSV)
        render_csv(t, all, n, &out);
    else
        rc = render_paper(t, paper, all, n,
                          form == QB_FORM_TEXT       ? QB_GRID_TEXT
                          : form == QB_FORM_MARKDOWN ? QB_GRID_MARKDOWN
                                                     : QB_GRID_LATEX,
                          form == QB_FORM_TEXT && !utf8, &out);
    char *text = rc == QB_OK ? qb_str_take(&out) : NULL;
    if (text && !utf8 && form == QB_FORM_TEXT) {
        char *ascii = qb_text_to_ascii(text);
        qb_free(text);
        text = ascii;
    }
    qb_str_finish(&out);
    qb_free(all);
    if (rc == QB_OK && !text)
        rc = no_memory();
    if (rc == QB_OK)
        *ret_text = text;
    return rc;
}
