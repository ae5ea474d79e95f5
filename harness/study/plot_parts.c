/* What all pictures of a study share. See plot_parts.h; gnuplot.c draws. */
#include "study/plot_parts.h"

#include "base/err.h"
#include "base/mem.h"
#include "study/gnuplot.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Okabe and Ito's palette (distinguishable for colour-blind readers and in print), without its yellow: too pale for lines
 * on white. The first, grey, is taken by whatever comes first, usually full precision. */
static const char *const colors[] = {"#555555", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C510A"};
static const int points[] = {7, 5, 9, 13, 11, 15, 4, 6}; /* filled circle, square, triangles, diamond, pentagon; then open */
static const char *const dashes[] = {"1", "'-'", "'.'", "'-.'"};

enum { N_COLORS = sizeof colors / sizeof *colors, N_POINTS = sizeof points / sizeof *points, N_DASHES = sizeof dashes / sizeof *dashes };

const char *qb_plot_color(size_t series)
{
    return colors[series % N_COLORS];
}

int qb_plot_point(size_t series)
{
    return points[(series + series / N_COLORS) % N_POINTS]; /* another one when the colour comes again */
}

const char *qb_plot_dash(size_t series)
{
    return dashes[series / N_COLORS % N_DASHES];
}

void qb_plot_add_quoted(qb_str *s, const char *text)
{
    qb_str clean = {0};
    qb_plot_add_field(&clean, text); /* no control characters */
    qb_gnuplot_add_string(s, clean.text ? clean.text : "");
    s->failed = s->failed || clean.failed;
    qb_str_finish(&clean);
}

void qb_plot_add_field(qb_str *s, const char *text)
{
    while (*text) {
        if ((unsigned char)*text < 0x20 || *text == 0x7F || *text == '"') {
            qb_str_add(s, " ");
            text++;
        } else {
            qb_str_add_char(s, &text);
        }
    }
}

static const qb_cell *any_cell(const qb_table *t, size_t row, size_t column)
{
    for (size_t r = 0; r < t->n_rows; r++) {
        for (size_t c = 0; c < t->n_columns; c++) {
            size_t i = t->grid[r * t->n_columns + c];
            if (i != SIZE_MAX && (row == SIZE_MAX || r == row) && (column == SIZE_MAX || c == column))
                return t->cells[i].cell;
        }
    }
    QB_ASSERT(false); /* every row and column has a cell */
    return NULL;
}

char *qb_plot_series_name(const qb_table *t, size_t row)
{
    const qb_cell *cell = any_cell(t, row, SIZE_MAX);
    qb_str s = {0};
    for (size_t k = 0; k < t->n_row_keys; k++) {
        const char *label = cell->labels[t->row_keys[k]];
        qb_str_addf(&s, "%s%s", k > 0 && label[0] ? " " : "", label);
    }
    return qb_str_take(&s);
}

/* The usual layout, which pictures have, has one level of columns at most. */
char *qb_plot_group_name(const qb_table *t, size_t column)
{
    if (t->n_column_keys == 0)
        return qb_strdup("");
    return qb_cell_label(t->study->keys[t->column_keys[0]], any_cell(t, SIZE_MAX, column)->labels[t->column_keys[0]]);
}

bool qb_plot_is_reference(const qb_table *t, size_t column)
{
    return t->n_column_keys > 0 && t->n_columns > 1 && !any_cell(t, SIZE_MAX, column)->labels[t->column_keys[0]][0];
}

char *qb_plot_remark(const qb_table *t, const qb_table_cell *c)
{
    return c->n > 0 ? qb_sprintf("%zu/%zu", c->n, c->n_expected) : qb_table_cell_text(t, c);
}

/* What every cell shares of model, data and scale. */
char *qb_plot_title(const qb_table *t)
{
    const qb_study *s = t->study;
    const char *model = NULL;
    bool same = true;
    for (size_t c = 0; c < s->n_cells; c++) {
        const char *name = json_string_value(json_object_get(s->cells[c].config, "model"));
        same = same && (!name || !model || strcmp(name, model) == 0);
        model = name ? name : model;
    }
    const char *data = json_array_size(s->labels) == 1 ? json_string_value(json_array_get(s->labels, 0)) : NULL;
    const char *separator = s->scaled ? ", " : "", *scaled = s->scaled ? s->scaled : "";
    if (model && same && data)
        return qb_sprintf("%s on %s%s%s", model, data, separator, scaled);
    return qb_sprintf("%s%s%s", data ? data : s->title, separator, scaled);
}

static int compare_samples(const void *a, const void *b)
{
    const qb_plot_sample *x = a, *y = b;
    if (x->epoch != y->epoch)
        return x->epoch < y->epoch ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

int qb_plot_collect(const qb_cell *cell, const char *member, qb_plot_sample **ret, size_t *ret_n)
{
    size_t capacity = 0, n = 0;
    for (size_t i = 0; i < cell->n_runs; i++)
        capacity += json_array_size(json_object_get(json_object_get(cell->runs[i].line, "result"), "curve"));
    qb_plot_sample *all = qb_alloc(capacity, sizeof *all);
    if (!all)
        return QB_E_NOMEM;
    for (size_t i = 0; i < cell->n_runs; i++) {
        const json_t *curve = json_object_get(json_object_get(cell->runs[i].line, "result"), "curve");
        for (size_t k = 0; qb_cell_run_is(&cell->runs[i], "done") && k < json_array_size(curve); k++) {
            const json_t *at = json_array_get(curve, k), *epoch = json_object_get(at, "epoch"), *v = json_object_get(at, member);
            if (json_is_number(epoch) && json_is_number(v))
                all[n++] = (qb_plot_sample){json_number_value(epoch), json_number_value(v)};
        }
    }
    qsort(all, n, sizeof *all, compare_samples);
    *ret = all;
    *ret_n = n;
    return QB_OK;
}

void qb_plot_begin_numbers(qb_str *tsv, const qb_table *t, const char *columns)
{
    qb_str_addf(tsv, "# %s\n", columns);
    if (t->study->scaled)
        qb_str_addf(tsv, "# %s\n", t->study->scaled);
}

void qb_plot_begin(qb_str *s)
{
    qb_str_add(s, "set border 3 linecolor rgb \"#444444\"\n"
                  "set tics nomirror out scale 0.6 textcolor rgb \"#222222\"\n"
                  "set grid ytics linetype 1 linecolor rgb \"#E4E4E4\" linewidth 0.8\n");
}

int qb_plot_draw(const qb_plot_job *job, const char *name, const qb_str *tsv, const qb_str *commands, int width, int height)
{
    if (tsv->failed || commands->failed)
        return qb_err_set(QB_E_NOMEM, "out of memory while drawing");
    const qb_picture picture = {.dir = job->dir,
                                .name = name,
                                .tsv = tsv->text,
                                .commands = commands->text,
                                .width = width,
                                .height = height,
                                .forms = job->forms};
    int rc = qb_picture_write(&picture);
    if ((rc == QB_OK || rc == QB_E_UNAVAILABLE) && json_array_append_new(job->names, qb_json_text(name)) != 0)
        return qb_err_set(QB_E_NOMEM, "out of memory while drawing");
    return rc;
}
