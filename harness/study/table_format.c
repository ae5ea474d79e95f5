/* The forms of a comparison table: text, Markdown, LaTeX, CSV (one line a run), JSON. See table.h.
 *
 * Everything is built as UTF-8 and turned into ASCII at the very end, where asked: the same results give the same bytes.
 */
#include "study/table.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/values.h"
#include "train/identity.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int no_memory(void)
{
    return qb_err_set(QB_E_NOMEM, "out of memory while writing a table");
}

int qb_table_form_find(const char *name, qb_table_form *ret_form)
{
    static const char *const names[] = {"text", "md", "tex", "csv", "json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            *ret_form = (qb_table_form)(i + 1);
            return QB_OK;
        }
    }
    return qb_err_set(QB_E_USAGE, "format: expected one of text, md, tex, csv, json, got '%.40s'", name);
}

/* ---- numbers ---- */

static char *difference_text(const qb_measure *m, double difference, double std)
{
    if (isnan(difference))
        return qb_strdup("–");
    int decimals = qb_measure_decimals(m, difference, std);
    return qb_sprintf("%+.*f", decimals, qb_measure_without_minus_zero(difference, decimals));
}

static char *p_text(double p)
{
    if (isnan(p))
        return qb_strdup("–");
    return p < 0.0001 ? qb_strdup("<0.0001") : qb_sprintf("%.4f", p);
}

/* ---- a cell ---- */

static const struct {
    const char *status, *word;
} others[] = {
    {"diverged", "div"},   {"failed", "failed"},   {"mistrusted", "mistrusted"}, {"interrupted", "interrupted"},
    {"running", "running"}, {"skipped", "skipped"},
};
enum { N_OTHERS = sizeof others / sizeof *others };

char *qb_table_cell_text(const qb_table *t, const qb_table_cell *c)
{
    if (c->n == 0 && qb_cell_count(c->cell, "missing") == c->n_expected)
        return qb_strdup("–");
    for (size_t i = 0; i < N_OTHERS; i++) {
        if (c->n == 0 && qb_cell_count(c->cell, others[i].status) == c->n_expected)
            return qb_strdup(others[i].word);
    }
    qb_str s = {0};
    char *number = qb_measure_text(t->measure, c->mean, c->std, c->n);
    if (!number)
        return NULL;
    qb_str_addf(&s, "%s%s(%zu", number, number[0] ? " " : "", c->n);
    qb_free(number);
    if (c->n != c->n_expected)
        qb_str_addf(&s, "/%zu", c->n_expected);
    const char *separator = "; ";
    for (size_t i = 0; i < N_OTHERS; i++) {
        size_t n = qb_cell_count(c->cell, others[i].status);
        if (n == 0)
            continue;
        qb_str_addf(&s, "%s%zu %s", separator, n, others[i].word);
        separator = ", ";
    }
    qb_str_add(&s, ")");
    return qb_str_take(&s);
}

/* ---- caption ---- */

/* n of the cells: "n = 3", or "n = 2 to 3". */
static void add_n(const qb_table *t, qb_str *s)
{
    size_t low = SIZE_MAX, high = 0;
    for (size_t c = 0; c < t->study->n_cells; c++) {
        size_t n = t->cells[c].n;
        low = n < low ? n : low;
        high = n > high ? n : high;
    }
    if (low >= high)
        qb_str_addf(s, "n = %zu", high);
    else
        qb_str_addf(s, "n = %zu to %zu", low, high);
}

/* Row of the run's schema that stands at a place of captions (from 1); NULL past the last. */
static const qb_option *caption_key(unsigned place)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    for (size_t i = 0; i < n; i++) {
        if (QB_KEY_CAPTION_PLACE(schema[i].flags) == place)
            return &schema[i];
    }
    return NULL;
}

/* Is the value what every run has that says nothing? Later keys were not there before, so they are silent then. */
static bool is_usual(const qb_study *s, const qb_option *o, const json_t *value)
{
    const json_t *config = NULL;
    for (size_t c = 0; c < s->n_cells && !config; c++)
        config = s->cells[c].config;
    const qb_identity_traits traits = qb_identity_traits_of(config);
    json_t *usual = qb_identity_default_value(&traits, o);
    bool same = usual && qb_study_value_equal(usual, value);
    json_decref(usual);
    return same;
}

/* The value that every cell shares, NULL where there is none. Keys that a solver ignores do not speak. Borrowed. */
static const json_t *shared_value(const qb_study *s, const char *key)
{
    const json_t *first = NULL;
    for (size_t k = 0; k < s->n_keys; k++) {
        if (strcmp(s->keys[k], key) == 0 && s->varies[k])
            return NULL;
    }
    for (size_t c = 0; c < s->n_cells; c++) {
        const json_t *v = json_object_get(s->cells[c].config, key);
        if (v && !json_is_null(v) && !first)
            first = v;
        else if (v && !json_is_null(v) && !json_equal(v, first))
            return NULL;
    }
    return first;
}

static void add_budget(const qb_table *t, qb_str *s)
{
    const char *separator = "";
    for (size_t i = 0; i < json_array_size(t->study->labels); i++) {
        qb_str_addf(s, "%s%s", separator, json_string_value(json_array_get(t->study->labels, i)));
        separator = ", ";
    }
    bool labelled = json_array_size(t->study->labels) > 0;
    for (unsigned place = 1; caption_key(place); place++) {
        const qb_option *o = caption_key(place);
        const char *key = o->name;
        const json_t *v = shared_value(t->study, key);
        char *label = v ? qb_study_label(v) : NULL;
        bool usual = label && o->flags & (QB_KEY_USUAL | QB_OPT_LATER) && is_usual(t->study, o, v);
        bool bare = strcmp(key, "model") == 0 || strcmp(key, "dataset") == 0;
        if (label && !usual && !(labelled && strcmp(key, "dataset") == 0))
            qb_str_addf(s, bare ? "%s%s%s" : "%s%s %s", separator, bare ? "" : key, label);
        if (label && !usual)
            separator = ", ";
        qb_free(label);
    }
}

char *qb_table_caption(const qb_table *t)
{
    qb_str s = {0};
    const qb_measure *m = t->measure;
    bool any_spread = false;
    for (size_t c = 0; c < t->study->n_cells; c++)
        any_spread = any_spread || t->cells[c].n > 1;
    char *title = qb_study_title(t->study);
    s.failed = !title;
    qb_str_addf(&s, "%s: %s%s%s%s, %s", title ? title : "", m->title, m->unit[0] ? " (" : "", m->unit, m->unit[0] ? ")" : "", m->when);
    if (any_spread)
        qb_str_addf(&s, ", mean ± standard deviation (ddof %d) over seeds, ", t->options.ddof);
    else
        qb_str_add(&s, ", ");
    qb_free(title);
    add_n(t, &s);
    qb_str_add(&s, ". ");
    add_budget(t, &s);
    qb_str_add(&s, ".");
    return qb_str_take(&s);
}

/* ---- grids ---- */

static char *dash_if_empty(const char *label)
{
    return qb_strdup(label[0] ? label : "–");
}

/* Any cell of a row; every row has one. */
static const qb_cell *cell_in_row(const qb_table *t, size_t row)
{
    for (size_t c = 0; c < t->n_columns; c++) {
        if (t->grid[row * t->n_columns + c] != SIZE_MAX)
            return t->cells[t->grid[row * t->n_columns + c]].cell;
    }
    QB_ASSERT(false);
    return NULL;
}

static const qb_cell *cell_in_column(const qb_table *t, size_t column)
{
    for (size_t r = 0; r < t->n_rows; r++) {
        if (t->grid[r * t->n_columns + column] != SIZE_MAX)
            return t->cells[t->grid[r * t->n_columns + column]].cell;
    }
    QB_ASSERT(false);
    return NULL;
}

static char *measure_head(const qb_measure *m)
{
    return m->unit[0] ? qb_sprintf("%s (%s)", m->title, m->unit) : qb_strdup(m->title);
}

static int fill_grid(const qb_table *t, qb_grid *g)
{
    const qb_study *s = t->study;
    for (size_t k = 0; k < t->n_row_keys; k++)
        QB_TRY(qb_grid_set(g, 0, k, s->keys[t->row_keys[k]]));
    for (size_t c = 0; c < t->n_columns; c++) {
        char *head = t->column_key == SIZE_MAX
                         ? measure_head(t->measure)
                         : qb_cell_label(s->keys[t->column_key], cell_in_column(t, c)->labels[t->column_key]);
        QB_TRY(qb_grid_take(g, 0, t->n_row_keys + c, head));
    }
    for (size_t r = 0; r < t->n_rows; r++) {
        for (size_t k = 0; k < t->n_row_keys; k++)
            QB_TRY(qb_grid_take(g, r + 1, k, dash_if_empty(cell_in_row(t, r)->labels[t->row_keys[k]])));
        for (size_t c = 0; c < t->n_columns; c++) {
            size_t i = t->grid[r * t->n_columns + c];
            if (i == SIZE_MAX)
                continue;
            size_t column = t->n_row_keys + c;
            QB_TRY(qb_grid_take(g, r + 1, column, qb_table_cell_text(t, &t->cells[i])));
            g->items[(r + 1) * g->n_columns + column].bold = t->cells[i].bold;
        }
    }
    return QB_OK;
}

int qb_table_grid(const qb_table *t, qb_grid *ret_grid)
{
    qb_grid g;
    QB_TRY(qb_grid_init(&g, t->n_rows + 1, t->n_row_keys + t->n_columns, t->n_row_keys));
    int rc = fill_grid(t, &g);
    if (rc < 0)
        qb_grid_finish(&g);
    else
        *ret_grid = g;
    return rc;
}

static const char *test_title(const qb_table *t)
{
    return t->options.test == QB_TEST_PAIRED ? "Paired t test" : "Welch's t test";
}

/* Those with a p-value, which is what Holm adjusts for. */
static size_t count_compared(const qb_table *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n_tests; i++)
        n += !isnan(t->tests[i].p);
    return n;
}

static int fill_tests(const qb_table *t, qb_grid *g)
{
    static const char *const heads[] = {"cell", "baseline", "difference", "df", "p", "p (Holm)"};
    for (size_t c = 0; c < sizeof heads / sizeof *heads; c++)
        QB_TRY(qb_grid_set(g, 0, c, heads[c]));
    for (size_t i = 0; i < t->n_tests; i++) {
        const qb_table_test *x = &t->tests[i];
        const qb_table_cell *a = &t->cells[x->cell], *b = &t->cells[x->baseline];
        QB_TRY(qb_grid_take(g, i + 1, 0, qb_cell_name(t->study, a->cell)));
        QB_TRY(qb_grid_take(g, i + 1, 1, qb_cell_name(t->study, b->cell)));
        QB_TRY(qb_grid_take(g, i + 1, 2, difference_text(t->measure, x->difference, a->std)));
        QB_TRY(qb_grid_take(g, i + 1, 3, isnan(x->df) ? qb_strdup("–") : qb_sprintf("%.1f", x->df)));
        QB_TRY(qb_grid_take(g, i + 1, 4, p_text(x->p)));
        QB_TRY(qb_grid_take(g, i + 1, 5, p_text(x->p_holm)));
    }
    return QB_OK;
}

static int tests_grid(const qb_table *t, qb_grid *ret_grid)
{
    qb_grid g;
    QB_TRY(qb_grid_init(&g, t->n_tests + 1, 6, 2));
    int rc = fill_tests(t, &g);
    if (rc < 0)
        qb_grid_finish(&g);
    else
        *ret_grid = g;
    return rc;
}

/* ---- text, Markdown, LaTeX ---- */

static int render_paper(const qb_table *t, qb_grid_form form, bool ascii, qb_str *out)
{
    json_t *notes = NULL;
    qb_grid grid = {0}, tests = {0};
    char *caption = qb_table_caption(t);
    int rc = caption ? qb_table_grid(t, &grid) : QB_E_NOMEM;
    if (rc == QB_OK)
        rc = qb_table_notes(t, &notes);
    if (rc == QB_OK && t->n_tests > 0)
        rc = tests_grid(t, &tests);
    if (rc == QB_OK && ascii)
        rc = qb_grid_to_ascii(&grid);
    if (rc == QB_OK && ascii)
        rc = qb_grid_to_ascii(&tests);
    if (rc < 0)
        goto out;
    bool latex = form == QB_GRID_LATEX;
    qb_str_add(out, latex ? "% needs \\usepackage{booktabs}\n\\begin{table}\n\\centering\n\\caption{" : "");
    qb_grid_add_wrapped(out, form, ascii, caption);
    qb_str_add(out, latex ? "}\n" : "\n\n");
    qb_grid_render(&grid, form, out);
    if (t->n_tests > 0) {
        qb_str_add(out, latex ? "\\par\\medskip\n" : "\n");
        qb_str_addf(out, "%s against ", test_title(t));
        qb_grid_add_escaped(out, form, t->options.baseline);
        size_t n = count_compared(t);
        qb_str_addf(out, ", two-sided, Holm over %zu comparison%s:%s", n, n == 1 ? "" : "s",
                    latex ? "\\par\\smallskip\n" : "\n\n");
        qb_grid_render(&tests, form, out);
    }
    for (size_t i = 0; i < json_array_size(notes); i++) {
        if (i == 0)
            qb_str_add(out, latex ? "\\par\\smallskip\\footnotesize\n" : "\n");
        qb_str_add(out, form == QB_GRID_MARKDOWN ? "- " : "");
        qb_grid_add_escaped(out, form, json_string_value(json_array_get(notes, i)));
        qb_str_add(out, latex ? "\\par\n" : "\n");
    }
    qb_str_add(out, latex ? "\\end{table}\n" : "");
out:
    qb_free(caption);
    json_decref(notes);
    qb_grid_finish(&grid);
    qb_grid_finish(&tests);
    return rc;
}

/* ---- CSV ---- */

static void add_csv(qb_str *s, const char *text)
{
    bool quote = strpbrk(text, ",\"\r\n") != NULL;
    qb_str_add(s, quote ? "\"" : "");
    for (; *text; text++) {
        if (*text == '"')
            qb_str_add(s, "\"");
        qb_str_addn(s, text, 1);
    }
    qb_str_add(s, quote ? "\"" : "");
}

static void render_csv(const qb_table *t, qb_str *s)
{
    const qb_study *study = t->study;
    for (size_t k = 0; k < study->n_keys; k++)
        qb_str_addf(s, "%s,", study->keys[k]);
    qb_str_addf(s, "seed,status,%s,reason%s\n", t->measure->name, study->scaled ? ",scale" : "");
    for (size_t c = 0; c < study->n_cells; c++) {
        const qb_cell *cell = &study->cells[c];
        for (size_t i = 0; i < cell->n_runs; i++) {
            const qb_cell_run *run = &cell->runs[i];
            double value = qb_cell_run_result(run, t->measure->name);
            char number[32];
            for (size_t k = 0; k < study->n_keys; k++) {
                add_csv(s, cell->labels[k]);
                qb_str_add(s, ",");
            }
            qb_str_addf(s, "%lld,%s,%s,", run->seed, run->status, isnan(value) ? "" : qb_format_real(value, number));
            add_csv(s, run->reason ? run->reason : "");
            if (study->scaled)
                qb_str_addf(s, ",%s", qb_format_real(study->plan ? study->scale : qb_cell_run_scale(run), number));
            qb_str_add(s, "\n");
        }
    }
}

/* ---- JSON ---- */

/* Sets a member and steals the value; what Jansson could not allocate is found at the end. */
static void put(json_t *object, const char *key, json_t *value, bool *failed)
{
    if (json_object_set_new(object, key, value) != 0)
        *failed = true;
}

static json_t *cell_json(const qb_table *t, const qb_table_cell *c, bool *failed)
{
    json_t *object = json_deep_copy(c->cell->values), *values = json_array(), *seeds = json_array(), *status = json_object();
    static const char *const names[] = {"done", "mistrusted", "diverged", "failed", "interrupted", "running", "skipped", "missing"};
    for (size_t i = 0; i < c->n_expected; i++) {
        *failed = *failed || json_array_append_new(values, qb_json_real(c->values[i])) != 0;
        *failed = *failed || json_array_append_new(seeds, json_integer(c->cell->runs[i].seed)) != 0;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = qb_cell_count(c->cell, names[i]);
        if (n > 0)
            put(status, names[i], json_integer((json_int_t)n), failed);
    }
    put(object, "n", json_integer((json_int_t)c->n), failed);
    put(object, "n_expected", json_integer((json_int_t)c->n_expected), failed);
    put(object, "mean", qb_json_real(c->mean), failed);
    put(object, "std", qb_json_real(c->std), failed);
    put(object, "values", values, failed);
    put(object, "seeds", seeds, failed);
    put(object, "status", status, failed);
    if (t->options.bold != QB_BOLD_NONE)
        put(object, "bold", json_boolean(c->bold), failed);
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

json_t *qb_table_json(const qb_table *t)
{
    bool failed = false;
    json_t *root = json_object(), *cells = json_array(), *budget = json_object(), *notes = NULL, *keys = json_array();
    for (size_t c = 0; c < t->study->n_cells; c++)
        failed = failed || json_array_append_new(cells, cell_json(t, &t->cells[c], &failed)) != 0;
    for (unsigned place = 1; caption_key(place); place++) {
        const qb_option *o = caption_key(place);
        const json_t *v = shared_value(t->study, o->name);
        if (v && !(o->flags & QB_OPT_LATER && is_usual(t->study, o, v)))
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

/* ---- one door ---- */

int qb_table_render(const qb_table *t, qb_table_form form, bool utf8, char **ret_text)
{
    qb_str out = {0};
    int rc = QB_OK;
    if (form == QB_FORM_JSON) {
        json_t *root = qb_table_json(t);
        char *text = root ? qb_json_pretty(root) : NULL;
        if (text)
            qb_str_addf(&out, "%s\n", text);
        else
            rc = no_memory();
        qb_free(text);
        json_decref(root);
    } else if (form == QB_FORM_CSV) {
        render_csv(t, &out);
    } else {
        static const qb_grid_form grid_forms[] = {
            [QB_FORM_TEXT] = QB_GRID_TEXT, [QB_FORM_MARKDOWN] = QB_GRID_MARKDOWN, [QB_FORM_LATEX] = QB_GRID_LATEX};
        rc = render_paper(t, grid_forms[form], form == QB_FORM_TEXT && !utf8, &out);
    }
    char *text = rc == QB_OK ? qb_str_take(&out) : NULL;
    if (text && !utf8 && form == QB_FORM_TEXT) {
        char *ascii = qb_text_to_ascii(text);
        qb_free(text);
        text = ascii;
    }
    qb_str_finish(&out);
    if (rc == QB_OK && !text)
        rc = no_memory();
    if (rc == QB_OK)
        *ret_text = text;
    return rc;
}
