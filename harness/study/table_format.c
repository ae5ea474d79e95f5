/* The forms of a comparison table on paper: text, Markdown, LaTeX. See table.h. What stands above and below is
 * in table_caption.c, table_below.c and table_notes.c, the forms for programs in table_data.c.
 *
 * Everything is built as UTF-8 and turned into ASCII at the very end, where asked: the same results give the same bytes.
 */
#include "study/table_parts.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdint.h>
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
    char *number = qb_measure_text(t->measure, c->mean, t->options.ci > 0 ? c->margin : c->std, c->n);
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

/* Of the best evaluation; what else there is to say of the runs stands beside it. */
static char *best_text(const qb_table *t, const qb_table_cell *c)
{
    const qb_table_number *x = &c->best;
    if (x->n == 0)
        return qb_strdup("–");
    char *number = qb_measure_text(t->best, x->mean, t->options.ci > 0 ? x->margin : x->std, x->n);
    char *text = !number ? NULL : x->n == c->n_expected ? qb_sprintf("%s (%zu)", number, x->n)
                                                         : qb_sprintf("%s (%zu/%zu)", number, x->n, c->n_expected);
    qb_free(number);
    return text;
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

/* Columns of the grid that one column of the table takes. */
static size_t count_numbers(const qb_table *t)
{
    return t->best ? 2 : 1;
}

/* "2 bits", "model=resnet20", "ste". */
static char *column_label(const qb_table *t, size_t column, size_t level)
{
    const char *key = t->study->keys[t->column_keys[level]], *label = cell_in_column(t, column)->labels[t->column_keys[level]];
    return strcmp(key, "solver") == 0 && label[0] ? qb_strdup(label) : qb_cell_label(key, label);
}

static bool same_column_labels(const qb_table *t, size_t a, size_t b, size_t n_levels)
{
    const qb_cell *x = cell_in_column(t, a), *y = cell_in_column(t, b);
    bool same = true;
    for (size_t i = 0; i < n_levels; i++)
        same = same && strcmp(x->labels[t->column_keys[i]], y->labels[t->column_keys[i]]) == 0;
    return same;
}

/* One level of column labels: each stands over all columns that have it, and those of the levels above, in common. */
static int fill_level(const qb_table *t, size_t level, qb_grid *g)
{
    size_t numbers = count_numbers(t);
    for (size_t c = 0, span; c < t->n_columns; c += span) {
        for (span = 1; c + span < t->n_columns && same_column_labels(t, c, c + span, level + 1);)
            span++;
        size_t at = level * g->n_columns + t->n_row_keys + c * numbers;
        QB_TRY(qb_grid_take(g, level, t->n_row_keys + c * numbers, column_label(t, c, level)));
        g->items[at].span = span * numbers;
    }
    return QB_OK;
}

static int fill_head(const qb_table *t, qb_grid *g)
{
    size_t last = g->n_heads - 1;
    for (size_t k = 0; k < t->n_row_keys; k++)
        QB_TRY(qb_grid_set(g, last, k, t->study->keys[t->row_keys[k]]));
    for (size_t level = 0; level < t->n_column_keys; level++)
        QB_TRY(fill_level(t, level, g));
    if (t->n_column_keys == 0) {
        QB_TRY(qb_grid_take(g, 0, t->n_row_keys, measure_head(t->measure)));
        g->items[t->n_row_keys].span = count_numbers(t);
    }
    for (size_t c = 0; t->best && c < t->n_columns; c++) {
        QB_TRY(qb_grid_set(g, last, t->n_row_keys + 2 * c, "last"));
        QB_TRY(qb_grid_set(g, last, t->n_row_keys + 2 * c + 1, "best"));
    }
    return QB_OK;
}

static int fill_grid(const qb_table *t, qb_grid *g)
{
    QB_TRY(fill_head(t, g));
    for (size_t r = 0; r < t->n_rows; r++) {
        size_t row = g->n_heads + r;
        for (size_t k = 0; k < t->n_row_keys; k++)
            QB_TRY(qb_grid_take(g, row, k, dash_if_empty(cell_in_row(t, r)->labels[t->row_keys[k]])));
        for (size_t c = 0; c < t->n_columns; c++) {
            size_t i = t->grid[r * t->n_columns + c], column = t->n_row_keys + c * count_numbers(t);
            if (i == SIZE_MAX)
                continue;
            QB_TRY(qb_grid_take(g, row, column, qb_table_cell_text(t, &t->cells[i])));
            g->items[row * g->n_columns + column].bold = t->cells[i].bold;
            if (t->best)
                QB_TRY(qb_grid_take(g, row, column + 1, best_text(t, &t->cells[i])));
        }
    }
    return QB_OK;
}

int qb_table_grid(const qb_table *t, qb_grid *ret_grid)
{
    qb_grid g;
    size_t n_heads = (t->n_column_keys > 0 ? t->n_column_keys : 1) + (t->best ? 1 : 0);
    QB_TRY(qb_grid_init(&g, n_heads + t->n_rows, t->n_row_keys + t->n_columns * count_numbers(t), t->n_row_keys));
    g.n_heads = n_heads;
    g.is_grouped = t->options.rows && t->n_row_keys > 1;
    int rc = fill_grid(t, &g);
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
    qb_grid grid = {0};
    char *caption = qb_table_caption(t);
    int rc = caption ? qb_table_grid(t, &grid) : QB_E_NOMEM;
    if (rc == QB_OK)
        rc = qb_table_notes(t, &notes);
    if (rc == QB_OK && ascii)
        rc = qb_grid_to_ascii(&grid);
    if (rc < 0)
        goto out;
    bool latex = form == QB_GRID_LATEX;
    qb_str_add(out, latex ? "% needs \\usepackage{booktabs}\n\\begin{table}\n\\centering\n\\caption{" : "");
    qb_grid_add_wrapped(out, form, ascii, caption);
    qb_str_add(out, latex ? "}\n" : "\n\n");
    qb_grid_render(&grid, form, out);
    rc = qb_table_add_below(t, form, ascii, out);
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
    return rc;
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
        qb_table_add_csv(t, &out);
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
