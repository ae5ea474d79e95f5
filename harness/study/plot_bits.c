/* The .tsv has two blocks a row: its seeds (series, bits, seed, value), its means (series, bits, n, mean, std); ternary is
 * log2 3 bits. */
#include "study/plot_bits.h"

#include "base/err.h"
#include "base/mem.h"
#include "study/plot_figure.h"
#include "study/plot_parts.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NaN: not quantized. */
static double bits_of(const qb_table *t, size_t column)
{
    for (size_t r = 0; r < t->n_rows; r++) {
        size_t i = t->grid[r * t->n_columns + column];
        if (i == SIZE_MAX)
            continue;
        const char *label = t->cells[i].cell->labels[t->column_keys[0]];
        return !label[0] ? (double)NAN : strcmp(label, "ternary") == 0 ? log2(3) : strtod(label, NULL);
    }
    return (double)NAN;
}

static const qb_table_cell *cell_at(const qb_table *t, size_t row, size_t column)
{
    size_t i = t->grid[row * t->n_columns + column];
    return i == SIZE_MAX || t->cells[i].n == 0 ? NULL : &t->cells[i];
}

typedef struct range {
    double low, high;
} range;

static void add_seeds(qb_figure *f, const char *series, double bits, const qb_table_cell *c, range *y)
{
    char x[32], value[32];
    for (size_t i = 0; i < c->n_expected; i++) {
        if (isnan(c->values[i]))
            continue;
        qb_plot_add_field(&f->tsv, series);
        qb_str_addf(&f->tsv, "\t%s\t%lld\t%s\n", qb_format_real(bits, x), c->cell->runs[i].seed, qb_format_real(c->values[i], value));
        y->low = fmin(y->low, c->values[i]);
        y->high = fmax(y->high, c->values[i]);
    }
}

static void add_mean(qb_figure *f, const char *series, double bits, const qb_table_cell *c)
{
    char x[32], mean[32], std[32];
    qb_plot_add_field(&f->tsv, series);
    qb_str_addf(&f->tsv, "\t%s\t%zu\t%s\t%s\n", isnan(bits) ? "NaN" : qb_format_real(bits, x), c->n, qb_format_real(c->mean, mean),
                isnan(c->std) ? "NaN" : qb_format_real(c->std, std));
}

/* The numbers of a row that is quantized, seeds and means by bits; their first block, SIZE_MAX: it has none. */
static size_t add_numbers(qb_figure *f, const qb_table *t, size_t row, const size_t *by_bits, range *y)
{
    char *series = qb_plot_series_name(t, row);
    size_t n = 0, block = f->n_blocks;
    f->failed = f->failed || !series;
    for (size_t k = 0; k < t->n_columns; k++)
        n += cell_at(t, row, by_bits[k]) && !isnan(bits_of(t, by_bits[k]));
    for (int pass = 0; series && n > 0 && pass < 2; pass++) {
        (void)qb_figure_block(f);
        for (size_t k = 0; k < t->n_columns; k++) {
            const qb_table_cell *c = cell_at(t, row, by_bits[k]);
            double bits = bits_of(t, by_bits[k]);
            if (c && !isnan(bits) && pass == 0)
                add_seeds(f, series, bits, c, y);
            else if (c && !isnan(bits))
                add_mean(f, series, bits, c);
        }
    }
    qb_free(series);
    return n > 0 ? block : SIZE_MAX;
}

static void plot_row(qb_figure *f, qb_panel *p, const qb_table *t, size_t row, size_t block, bool in_legend)
{
    char *series = qb_plot_series_name(t, row), look[160];
    f->failed = f->failed || !series;
    (void)snprintf(look, sizeof look, "lines linecolor rgb \"%s\" linewidth 1.8 dashtype %s", qb_plot_color(row), qb_plot_dash(row));
    qb_figure_plot(f, p, block + 1, "using 2:4 with %s notitle", look);
    (void)snprintf(look, sizeof look, "points linecolor rgb \"%s\" pointtype %d pointsize 0.6", qb_plot_color(row), qb_plot_point(row));
    qb_figure_plot(f, p, block, "using 2:4 with %s notitle", look);
    (void)snprintf(look, sizeof look, "linespoints linecolor rgb \"%s\" linewidth 1.8 dashtype %s pointtype %d pointsize 0.8",
                   qb_plot_color(row), qb_plot_dash(row), qb_plot_point(row));
    if (in_legend && series)
        qb_figure_legend(f, series, look);
    qb_free(series);
}

/* A row in full precision: its mean, across all panels. */
static void add_reference(qb_figure *f, const qb_table *t, size_t row, size_t column, range *y)
{
    const qb_table_cell *c = cell_at(t, row, column);
    char *series = qb_plot_series_name(t, row), *entry = series ? qb_sprintf("%s (float)", series) : NULL, look[128];
    f->failed = f->failed || !entry;
    if (c && entry) {
        (void)qb_figure_block(f);
        add_mean(f, series, (double)NAN, c);
        y->low = fmin(y->low, c->mean);
        y->high = fmax(y->high, c->mean);
        (void)snprintf(look, sizeof look, "lines linecolor rgb \"%s\" linewidth 1.6 dashtype '-'", qb_plot_color(row));
        for (size_t i = 0; i < f->n_panels; i++)
            qb_str_addf(&f->panels[i].before, "set arrow from graph 0, first %.7g to graph 1, first %.7g nohead linecolor rgb \"%s\" linewidth 1.6 dashtype '-'\n",
                        c->mean, c->mean, qb_plot_color(row));
        qb_figure_legend(f, entry, look);
    }
    qb_free(series);
    qb_free(entry);
}

/* Columns by bits, those that are not quantized last. */
static void sort_columns(const qb_table *t, size_t *order)
{
    for (size_t c = 0; c < t->n_columns; c++) {
        double bits = bits_of(t, c);
        size_t k = c;
        for (; k > 0 && (isnan(bits_of(t, order[k - 1])) || bits_of(t, order[k - 1]) > bits) && !isnan(bits); k--)
            order[k] = order[k - 1];
        order[k] = c;
    }
}

static void add_ticks(qb_panel *p, const qb_table *t, const size_t *order)
{
    const char *separator = "";
    qb_str_add(&p->before, "set xtics (");
    for (size_t k = 0; k < t->n_columns; k++) {
        double bits = bits_of(t, order[k]);
        if (isnan(bits))
            continue;
        if (bits == log2(3))
            qb_str_addf(&p->before, "%s'ternary' %.5f", separator, bits);
        else
            qb_str_addf(&p->before, "%s'%g' %g", separator, bits, bits);
        separator = ", ";
    }
    qb_str_add(&p->before, ")\n");
}

/* All rows in one panel, or a panel each with the others in grey. blocks: of each row. */
static void add_panels(qb_figure *f, const qb_table *t, const size_t *blocks, bool one_each, const char *axis)
{
    static const char other[] = "using 2:4 with lines linecolor rgb \"#D4D4D4\" linewidth 1 notitle";
    for (size_t row = 0; row < t->n_rows; row++) {
        if (blocks[row] == SIZE_MAX)
            continue;
        bool is_new = one_each || f->n_panels == 0;
        qb_panel *p = is_new ? qb_figure_panel(f, one_each ? qb_plot_series_name(t, row) : qb_strdup(""), "bits of a weight", axis) : f->panels;
        for (size_t k = 0; p && one_each && k < t->n_rows; k++) {
            if (k != row && blocks[k] != SIZE_MAX)
                qb_figure_plot(f, p, blocks[k] + 1, "%s", other);
        }
        if (p)
            plot_row(f, p, t, row, blocks[row], !one_each);
    }
    if (one_each)
        qb_figure_legend(f, "the others", "lines linecolor rgb \"#D4D4D4\" linewidth 1");
}

static int draw(const qb_plot_job *job, const char *name, const size_t *order, size_t *blocks)
{
    enum { MANY = 9 }; /* more than this are not told apart in one panel */
    const qb_table *t = job->t;
    qb_figure f;
    range y = {(double)INFINITY, (double)-INFINITY};
    size_t n = 0;
    qb_figure_init(&f, job, name, qb_plot_title(t), "two blocks a series: series\tbits\tseed\tvalue; series\tbits\tn\tmean\tstd; full precision: its mean");
    char *axis = qb_sprintf("%s (%s)", t->measure->title, t->measure->unit);
    for (size_t r = 0; r < t->n_rows; r++)
        n += (blocks[r] = add_numbers(&f, t, r, order, &y)) != SIZE_MAX;
    f.failed = f.failed || !axis;
    add_panels(&f, t, blocks, n > MANY, axis ? axis : "");
    qb_free(axis);
    for (size_t c = 0; c < t->n_columns; c++) {
        for (size_t r = 0; r < t->n_rows && isnan(bits_of(t, c)); r++)
            add_reference(&f, t, r, c, &y);
    }
    double pad = y.high > y.low ? 0.06 * (y.high - y.low) : 0.5;
    for (size_t i = 0; i < f.n_panels; i++) {
        add_ticks(&f.panels[i], t, order);
        qb_str_addf(&f.panels[i].before, "set yrange [%.6g:%.6g]\nset offsets graph 0.06, graph 0.06, 0, 0\n", y.low - pad, y.high + pad);
    }
    f.remark = qb_sprintf("%s; dot: one seed; line: mean over seeds; dashed: full precision", t->measure->when);
    f.same_x = f.same_y = true;
    f.across = n > 12 ? 6 : n > MANY ? 4 : 3;
    f.panel_width = n > MANY ? 190 : 0;
    f.panel_height = n > MANY ? 140 : 0;
    int rc = f.n_panels > 0 ? qb_figure_draw(&f, job) : qb_err_set(QB_E_NOINPUT, "%s: %s: no quantized run is done", name, t->study->title);
    qb_figure_finish(&f);
    return rc;
}

int qb_plot_write_bits(const qb_plot_job *job, const char *name)
{
    const qb_table *t = job->t;
    if (t->n_column_keys == 0 || strcmp(t->study->keys[t->column_keys[0]], "bits") != 0)
        return qb_err_set(QB_E_NOINPUT, "%s: %s: its cells have one number of bits alone", name, t->study->title);
    size_t *order = qb_alloc(t->n_columns, sizeof *order), *blocks = qb_alloc(t->n_rows, sizeof *blocks);
    int rc = order && blocks ? QB_OK : QB_E_NOMEM;
    if (rc == QB_OK) {
        sort_columns(t, order);
        rc = draw(job, name, order, blocks);
    }
    qb_free(order);
    qb_free(blocks);
    return rc;
}
