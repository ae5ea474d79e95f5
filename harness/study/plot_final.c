/* Final accuracy: a group a column of the table (bits), a place a row (solver); every seed a dot, the mean a line, one
 * standard deviation a whisker; what does not count is written at its place. See plot.h.
 *
 * The .tsv has two blocks a series: its seeds (series, group, seed, x, value), its means (series, group, n, x, mean, std).
 */
#include "study/plot_final.h"

#include "base/err.h"
#include "base/mem.h"
#include "study/plot_parts.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

typedef struct final_plot {
    const qb_table *t;
    const char *name;
    double *starts;   /* x of each column's first place, in columns' order */
    double *ends;     /* and of its last */
    size_t *blocks;   /* of each row: number of its first block, SIZE_MAX: nothing to draw */
    size_t n_blocks, n_series;
    double low, high, right;
    qb_str tsv;
} final_plot;

static const qb_table_cell *cell_at(const qb_table *t, size_t row, size_t column)
{
    size_t i = t->grid[row * t->n_columns + column];
    return i == SIZE_MAX ? NULL : &t->cells[i];
}

/* Places go to cells only: a group is as wide as it has cells. */
static double place_of(const final_plot *f, size_t row, size_t column)
{
    double x = f->starts[column];
    for (size_t r = 0; r < row; r++)
        x += cell_at(f->t, r, column) ? 1 : 0;
    return x;
}

static int find_places(final_plot *f)
{
    static const double gap = 1.2;
    const qb_table *t = f->t;
    f->starts = qb_alloc(t->n_columns, sizeof *f->starts);
    f->ends = qb_alloc(t->n_columns, sizeof *f->ends);
    f->blocks = qb_alloc(t->n_rows, sizeof *f->blocks);
    if (!f->starts || !f->ends || !f->blocks)
        return QB_E_NOMEM;
    double x = 1;
    for (size_t c = 0; c < t->n_columns; c++) {
        f->starts[c] = x;
        for (size_t r = 0; r < t->n_rows; r++)
            x += cell_at(t, r, c) ? 1 : 0;
        f->ends[c] = x - 1;
        x += gap;
    }
    f->right = x - gap;
    return QB_OK;
}

static void add_head(final_plot *f, const char *series, const char *group)
{
    qb_plot_add_field(&f->tsv, series);
    qb_str_add(&f->tsv, "\t");
    qb_plot_add_field(&f->tsv, group);
}

/* Dots of one cell stand side by side, so that equal values are seen. */
static void add_seeds(final_plot *f, const char *series, const char *group, const qb_table_cell *c, double x)
{
    double step = c->n > 1 ? fmin(0.16, 0.6 / (double)(c->n - 1)) : 0, at = x - step * (double)(c->n - 1) / 2;
    for (size_t i = 0; i < c->n_expected; i++) {
        char value[32];
        if (isnan(c->values[i]))
            continue;
        add_head(f, series, group);
        qb_str_addf(&f->tsv, "\t%lld\t%.3f\t%s\n", c->cell->runs[i].seed, at, qb_format_real(c->values[i], value));
        f->low = fmin(f->low, c->values[i]);
        f->high = fmax(f->high, c->values[i]);
        at += step;
    }
}

static void add_mean(final_plot *f, const char *series, const char *group, const qb_table_cell *c, double x)
{
    char mean[32], std[32];
    if (c->n == 0)
        return;
    double spread = isnan(c->std) ? 0 : c->std;
    add_head(f, series, group);
    qb_str_addf(&f->tsv, "\t%zu\t%.3f\t%s\t%s\n", c->n, x, qb_format_real(c->mean, mean), qb_format_real(spread, std));
    f->low = fmin(f->low, c->mean - spread);
    f->high = fmax(f->high, c->mean + spread);
}

static int add_series(final_plot *f, size_t row)
{
    const qb_table *t = f->t;
    char *series = qb_plot_series_name(t, row);
    int rc = series ? QB_OK : QB_E_NOMEM;
    size_t n = 0;
    for (size_t c = 0; c < t->n_columns; c++)
        n += cell_at(t, row, c) ? cell_at(t, row, c)->n : 0;
    f->blocks[row] = n > 0 ? f->n_blocks : SIZE_MAX;
    for (int pass = 1; rc == QB_OK && n > 0 && pass <= 2; pass++) {
        qb_str_add(&f->tsv, f->n_blocks++ > 0 ? "\n\n" : "");
        for (size_t c = 0; rc == QB_OK && c < t->n_columns; c++) {
            const qb_table_cell *cell = cell_at(t, row, c);
            char *group = cell ? qb_plot_group_name(t, c) : NULL;
            if (cell && !group)
                rc = QB_E_NOMEM;
            else if (cell && pass == 1)
                add_seeds(f, series, group, cell, place_of(f, row, c));
            else if (cell)
                add_mean(f, series, group, cell, place_of(f, row, c));
            qb_free(group);
        }
    }
    f->n_series += n > 0;
    qb_free(series);
    return rc;
}

/* ---- the script ---- */

/* Ticks: the groups, or, where there is one group, its places. */
static int add_ticks(qb_str *gp, const final_plot *f)
{
    const qb_table *t = f->t;
    qb_str_add(gp, "set xtics scale 0 (");
    for (size_t c = 0; c < t->n_columns && t->n_columns > 1; c++) {
        char *group = qb_plot_group_name(t, c);
        if (!group)
            return QB_E_NOMEM;
        qb_str_add(gp, c > 0 ? ", " : "");
        qb_plot_add_quoted(gp, group);
        qb_str_addf(gp, " %.3f", (f->starts[c] + f->ends[c]) / 2);
        qb_free(group);
    }
    for (size_t r = 0; r < t->n_rows && t->n_columns == 1; r++) {
        char *series = qb_plot_series_name(t, r);
        if (!series)
            return QB_E_NOMEM;
        qb_str_add(gp, r > 0 ? ", " : "");
        qb_plot_add_quoted(gp, series);
        qb_str_addf(gp, " %.3f", place_of(f, r, 0));
        qb_free(series);
    }
    qb_str_add(gp, ")\n");
    return QB_OK;
}

/* "div" or "2/3" above the axis where runs do not count. */
static int add_remarks(qb_str *gp, const final_plot *f)
{
    const qb_table *t = f->t;
    for (size_t r = 0; r < t->n_rows; r++) {
        for (size_t c = 0; c < t->n_columns; c++) {
            const qb_table_cell *cell = cell_at(t, r, c);
            if (!cell || cell->n == cell->n_expected)
                continue;
            char *remark = qb_plot_remark(t, cell);
            if (!remark)
                return QB_E_NOMEM;
            qb_str_add(gp, "set label ");
            qb_plot_add_quoted(gp, remark);
            qb_str_addf(gp, " at %.3f, graph 0.025 center font ',%d' textcolor rgb \"%s\"\n", place_of(f, r, c), QB_PLOT_SMALL,
                        qb_plot_color(r));
            qb_free(remark);
        }
    }
    return QB_OK;
}

static void add_separators(qb_str *gp, const final_plot *f)
{
    for (size_t c = 1; c < f->t->n_columns; c++)
        qb_str_addf(gp, "set arrow from %.3f, graph 0 to %.3f, graph 1 nohead linetype 1 linecolor rgb \"#E4E4E4\" linewidth 0.8\n",
                    (f->ends[c - 1] + f->starts[c]) / 2, (f->ends[c - 1] + f->starts[c]) / 2);
}

static int add_plots(qb_str *gp, const final_plot *f)
{
    const char *separator = "plot ";
    for (size_t r = 0; r < f->t->n_rows; r++) {
        if (f->blocks[r] == SIZE_MAX)
            continue;
        char *series = qb_plot_series_name(f->t, r);
        if (!series)
            return QB_E_NOMEM;
        qb_str_addf(gp, "%s'%s.tsv' index %zu using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb \"%s\" linewidth 1.2 notitle",
                    separator, f->name, f->blocks[r] + 1, qb_plot_color(r));
        separator = ", \\\n  ";
        qb_str_addf(gp, "%s'' index %zu using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb \"%s\" linewidth 2.6 notitle",
                    separator, f->blocks[r] + 1, qb_plot_color(r));
        qb_str_addf(gp, "%s'' index %zu using 4:5 with points linecolor rgb \"%s\" pointtype %d pointsize 0.75 title ", separator,
                    f->blocks[r], qb_plot_color(r), qb_plot_point(r));
        qb_plot_add_quoted(gp, series);
        qb_free(series);
    }
    qb_str_add(gp, "\n");
    return QB_OK;
}

static int write_script(const final_plot *f, qb_str *gp, int *ret_width)
{
    const qb_table *t = f->t;
    size_t longest = 0;
    for (size_t r = 0; r < t->n_rows; r++) {
        char *series = qb_plot_series_name(t, r);
        if (!series)
            return QB_E_NOMEM;
        longest = strlen(series) > longest ? strlen(series) : longest;
        qb_free(series);
    }
    bool one_group = t->n_columns == 1;
    int legend = one_group ? 0 : 60 + 8 * (int)longest;
    int place = one_group ? (int)(8 * longest + 24 > 90 ? 8 * longest + 24 : 90) : 30; /* pixels */
    double body = (f->right - 0.4) * place;
    int width = 110 + (int)fmax(body, 330) + legend;
    bool is_crowded = width > 1600;
    width = is_crowded ? 1600 : width;
    double pad = f->high > f->low ? 0.1 * (f->high - f->low) : 0.5;
    char *title = qb_plot_title(t);
    if (!title)
        return QB_E_NOMEM;
    qb_plot_begin(gp);
    qb_str_add(gp, "set title ");
    qb_plot_add_quoted(gp, title);
    qb_str_addf(gp, "\nset ylabel '%s, %s (%s)'\n"
                    "set xlabel 'point: one seed; line: mean; whisker: one standard deviation' font ',%d' textcolor rgb \"#666666\"\n",
                t->measure->title, t->measure->when, t->measure->unit, QB_PLOT_SMALL);
    qb_free(title);
    qb_str_addf(gp, "set xrange [0.3:%.3f]\nset yrange [%.6g:%.6g]\n", f->right - 0.3, f->low - 1.4 * pad, f->high + pad);
    qb_str_add(gp, one_group ? "unset key\n"
                             : "set key outside right top Left reverse samplen 1 spacing 1.25 textcolor rgb \"#222222\"\n");
    if (one_group && is_crowded)
        qb_str_add(gp, "set xtics rotate by -35\n");
    QB_TRY(add_ticks(gp, f));
    QB_TRY(add_remarks(gp, f));
    add_separators(gp, f);
    QB_TRY(add_plots(gp, f));
    qb_str_add(gp, "unset label\nunset arrow\n"); /* the commands run once a form */
    *ret_width = width;
    return QB_OK;
}

int qb_plot_write_final(const qb_plot_job *job, const char *name)
{
    final_plot f = {.t = job->t, .name = name, .low = (double)INFINITY, .high = (double)-INFINITY};
    qb_str gp = {0};
    int rc = find_places(&f);
    qb_plot_begin_numbers(&f.tsv, job->t, "two blocks a series: series\tgroup\tseed\tx\tvalue; series\tgroup\tn\tx\tmean\tstd");
    for (size_t r = 0; rc == QB_OK && r < job->t->n_rows; r++)
        rc = add_series(&f, r);
    int width = 0;
    if (rc == QB_OK)
        rc = write_script(&f, &gp, &width);
    if (rc == QB_OK)
        rc = qb_plot_draw(job, name, &f.tsv, &gp, width, QB_PLOT_HEIGHT);
    qb_str_finish(&gp);
    qb_str_finish(&f.tsv);
    qb_free(f.starts);
    qb_free(f.ends);
    qb_free(f.blocks);
    return rc;
}
