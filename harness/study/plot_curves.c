/* A number against epochs: mean over seeds with a band of one standard deviation. See plot.h.
 *
 * Letters: a block is one series in one panel, a gnuplot "index"; columns of the .tsv: series, panel, epoch, mean, low,
 * high, n (low and high NaN for one seed). Coordinates of panels are pixels from the lower left, turned into gnuplot's
 * fractions of the screen, so that all panels have one size and share one legend at the right.
 */
#include "study/plot_curves.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/stats.h"
#include "study/plot_parts.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct point {
    double epoch, mean, std;
    size_t n;
} point;

typedef struct block {
    size_t row, column;
    bool has_band;
    size_t n_points;
} block;

typedef struct curves {
    const qb_table *t;
    const char *member;
    bool is_loss;
    block *blocks;
    size_t n_blocks;
    double low, high, last_epoch; /* of everything drawn */
    qb_str tsv;
} curves;

/* ---- numbers ---- */

static int add_point(curves *c, const char *series, const char *panel, const qb_plot_sample *all, size_t n, block *b)
{
    double *values = qb_alloc(n, sizeof *values);
    char epoch[32], mean[32], low[32], high[32];
    if (!values)
        return QB_E_NOMEM;
    for (size_t i = 0; i < n; i++)
        values[i] = all[i].value;
    point p = {all[0].epoch, qb_mean(values, n), qb_std(values, n, 1), n};
    qb_free(values);
    double spread = n > 1 ? p.std : 0;
    c->low = fmin(c->low, p.mean - spread);
    c->high = fmax(c->high, p.mean + spread);
    c->last_epoch = fmax(c->last_epoch, p.epoch);
    b->has_band = b->has_band || n > 1;
    b->n_points++;
    qb_plot_add_field(&c->tsv, series);
    qb_str_add(&c->tsv, "\t");
    qb_plot_add_field(&c->tsv, panel);
    qb_str_addf(&c->tsv, "\t%s\t%s\t%s\t%s\t%zu\n", qb_format_real(p.epoch, epoch), qb_format_real(p.mean, mean),
                n > 1 ? qb_format_real(p.mean - spread, low) : "NaN", n > 1 ? qb_format_real(p.mean + spread, high) : "NaN", n);
    return QB_OK;
}

static int add_block(curves *c, size_t row, size_t column, const qb_cell *cell)
{
    qb_plot_sample *all = NULL;
    size_t n = 0;
    QB_TRY(qb_plot_collect(cell, c->member, &all, &n));
    char *series = qb_plot_series_name(c->t, row), *panel = qb_plot_group_name(c->t, column);
    int rc = series && panel ? QB_OK : QB_E_NOMEM;
    if (n > 0 && rc == QB_OK) {
        block *b = &c->blocks[c->n_blocks];
        *b = (block){.row = row, .column = column};
        qb_str_add(&c->tsv, c->n_blocks > 0 ? "\n\n" : "");
        for (size_t from = 0, to; rc == QB_OK && from < n; from = to) {
            for (to = from; to < n && all[to].epoch == all[from].epoch; to++)
                continue;
            rc = add_point(c, series, panel, all + from, to - from, b);
        }
        c->n_blocks++;
    }
    qb_free(all);
    qb_free(series);
    qb_free(panel);
    return rc;
}

static int collect_all(curves *c)
{
    const qb_table *t = c->t;
    c->low = (double)INFINITY;
    c->high = (double)-INFINITY;
    if (!(c->blocks = qb_alloc(t->study->n_cells, sizeof *c->blocks)))
        return QB_E_NOMEM;
    qb_plot_begin_numbers(&c->tsv, t, "series\tpanel\tepoch\tmean\tlow\thigh\tn");
    for (size_t column = 0; column < t->n_columns; column++) {
        for (size_t row = 0; row < t->n_rows; row++) {
            size_t i = t->grid[row * t->n_columns + column];
            if (i != SIZE_MAX)
                QB_TRY(add_block(c, row, column, t->cells[i].cell));
        }
    }
    return QB_OK;
}

/* ---- the script ---- */

typedef struct layout {
    int n_panels, across, down, top; /* top: room for a panel's title */
    int panel_width, panel_height, legend_width, width, height;
} layout;

enum { LEFT = 78, GAP = 26, BOTTOM = 58, PANEL_TITLE = 26, MAX_ACROSS = 3, CHARACTER = 8, LEGEND_LINE = 21 };

static int find_layout(const curves *c, layout *l)
{
    const qb_table *t = c->t;
    size_t longest = 0;
    *l = (layout){0};
    for (size_t column = 0; column < t->n_columns; column++)
        l->n_panels += !qb_plot_is_reference(t, column);
    for (size_t row = 0; row < t->n_rows; row++) {
        char *name = qb_plot_series_name(t, row);
        if (!name)
            return QB_E_NOMEM;
        size_t length = qb_utf8_count(name, strlen(name));
        longest = length > longest ? length : longest;
        qb_free(name);
    }
    l->across = l->n_panels < MAX_ACROSS ? l->n_panels : MAX_ACROSS;
    l->down = (l->n_panels + l->across - 1) / l->across;
    l->panel_width = l->n_panels == 1 ? 480 : 290;
    l->panel_height = l->n_panels == 1 ? 330 : 260;
    while (l->down * l->panel_height < LEGEND_LINE * (int)t->n_rows) /* a legend that is too high goes on beside, cut off */
        l->panel_height += LEGEND_LINE;
    l->legend_width = 70 + CHARACTER * (int)longest;
    l->width = LEFT + l->across * (l->panel_width + GAP) + l->legend_width;
    l->top = t->n_column_keys == 0 ? 0 : PANEL_TITLE;
    l->height = QB_PLOT_TITLE + l->down * (l->top + l->panel_height + BOTTOM);
    return QB_OK;
}

/* "set lmargin at screen ..." for panel number i, counted from the upper left. */
static void add_margins(qb_str *gp, const layout *l, int i)
{
    int column = i % l->across, line = i / l->across;
    double w = l->width, h = l->height;
    int left = LEFT + column * (l->panel_width + GAP);
    int top = l->height - QB_PLOT_TITLE - l->top - line * (l->top + l->panel_height + BOTTOM);
    qb_str_addf(gp,
                "set lmargin at screen %.5f\nset rmargin at screen %.5f\nset tmargin at screen %.5f\nset bmargin at screen %.5f\n",
                left / w, (left + l->panel_width) / w, top / h, (top - l->panel_height) / h);
}

static bool is_in_panel(const curves *c, const block *b, size_t column)
{
    return b->column == column || qb_plot_is_reference(c->t, b->column);
}

/* Bands first, so that no line lies below a band. */
static void add_bands(qb_str *gp, const curves *c, const char *name, size_t column, const char **separator)
{
    for (size_t i = 0; i < c->n_blocks; i++) {
        const block *b = &c->blocks[i];
        if (!is_in_panel(c, b, column) || !b->has_band || b->n_points < 2)
            continue;
        qb_str_addf(gp, "%s'%s.tsv' index %zu using 3:5:6 with filledcurves fillcolor rgb \"%s\" fillstyle transparent solid 0.18 "
                        "noborder notitle",
                    *separator, name, i, qb_plot_color(b->row));
        *separator = ", \\\n  ";
    }
}

static void add_lines(qb_str *gp, const curves *c, const char *name, size_t column, const char **separator)
{
    enum { FEW = 25 }; /* points are drawn where they do not make the line a bead string */
    for (size_t i = 0; i < c->n_blocks; i++) {
        const block *b = &c->blocks[i];
        if (!is_in_panel(c, b, column))
            continue;
        bool points = b->n_points <= FEW;
        if (b->n_points < 2) {
            qb_str_addf(gp, "%s'%s.tsv' index %zu using 3:4:5:6 with yerrorbars linecolor rgb \"%s\" linewidth 1.5 pointtype %d "
                            "pointsize 0.8 notitle",
                        *separator, name, i, qb_plot_color(b->row), qb_plot_point(b->row));
        } else {
            qb_str_addf(gp, "%s'%s.tsv' index %zu using 3:4 with %s linecolor rgb \"%s\" linewidth 1.8 dashtype %s", *separator, name, i,
                        points ? "linespoints" : "lines", qb_plot_color(b->row), qb_plot_dash(b->row));
            if (points)
                qb_str_addf(gp, " pointtype %d pointsize 0.5", qb_plot_point(b->row));
            qb_str_add(gp, " notitle");
        }
        *separator = ", \\\n  ";
    }
}

/* The legend: every series that is drawn anywhere, in the order of the table. */
static int add_legend(qb_str *gp, const curves *c)
{
    for (size_t row = 0; row < c->t->n_rows; row++) {
        bool drawn = false;
        for (size_t i = 0; i < c->n_blocks; i++)
            drawn = drawn || c->blocks[i].row == row;
        if (!drawn)
            continue;
        char *name = qb_plot_series_name(c->t, row);
        if (!name)
            return QB_E_NOMEM;
        qb_str_addf(gp, ", \\\n  keyentry with linespoints linecolor rgb \"%s\" linewidth 1.8 dashtype %s pointtype %d pointsize 0.8 title ",
                    qb_plot_color(row), qb_plot_dash(row), qb_plot_point(row));
        qb_plot_add_quoted(gp, name);
        qb_free(name);
    }
    return QB_OK;
}

/* Cells of this panel whose runs do not all count, in the corner where curves of this kind leave room. */
static int add_remarks(qb_str *gp, const curves *c, size_t column)
{
    const qb_table *t = c->t;
    double y = c->is_loss ? 0.96 : 0.05, step = c->is_loss ? -0.065 : 0.065;
    qb_str_add(gp, "unset label\n");
    for (size_t r = 0; r < t->n_rows; r++) {
        size_t row = c->is_loss ? r : t->n_rows - 1 - r, i = t->grid[row * t->n_columns + column];
        if (i == SIZE_MAX || t->cells[i].n == t->cells[i].n_expected)
            continue;
        char *series = qb_plot_series_name(t, row), *remark = qb_plot_remark(t, &t->cells[i]);
        char *text = series && remark ? qb_sprintf("%s: %s", series, remark) : NULL;
        qb_free(series);
        qb_free(remark);
        if (!text)
            return QB_E_NOMEM;
        qb_str_add(gp, "set label ");
        qb_plot_add_quoted(gp, text);
        qb_str_addf(gp, " at graph 0.98, graph %.3f right font ',%d' textcolor rgb \"%s\"\n", y, QB_PLOT_SMALL,
                    qb_plot_color(row));
        qb_free(text);
        y += step;
    }
    return QB_OK;
}

static int add_panel(qb_str *gp, const curves *c, const layout *l, const char *name, size_t column, int i)
{
    add_margins(gp, l, i);
    char *title = qb_plot_group_name(c->t, column);
    if (!title)
        return QB_E_NOMEM;
    qb_str_add(gp, "set title ");
    qb_plot_add_quoted(gp, title);
    qb_str_add(gp, " offset 0,-0.5\n");
    qb_free(title);
    bool leftmost = i % l->across == 0, lowest = i + l->across >= l->n_panels, last = i == l->n_panels - 1;
    qb_str_add(gp, leftmost ? "set ylabel axis\nset format y '%g'\n" : "unset ylabel\nset format y ''\n");
    qb_str_add(gp, lowest ? "set xlabel 'epoch' offset 0,0.3\n" : "unset xlabel\n");
    if (last) {
        qb_str_addf(gp, "set key at screen %.5f, screen %.5f left top Left reverse samplen 2 spacing 1.25 textcolor rgb \"#222222\"\n",
                    (LEFT + l->across * (l->panel_width + GAP)) / (double)l->width,
                    (l->height - QB_PLOT_TITLE - l->top) / (double)l->height);
    } else {
        qb_str_add(gp, "unset key\n");
    }
    QB_TRY(add_remarks(gp, c, column));
    const char *separator = "plot ";
    add_bands(gp, c, name, column, &separator);
    add_lines(gp, c, name, column, &separator);
    if (strcmp(separator, "plot ") == 0)
        qb_str_add(gp, "plot NaN notitle"); /* nothing of this panel is done */
    if (last)
        QB_TRY(add_legend(gp, c));
    qb_str_add(gp, "\n");
    return QB_OK;
}

static int write_script(const curves *c, const layout *l, const char *name, const char *axis, qb_str *gp)
{
    char *title = qb_plot_title(c->t);
    if (!title)
        return QB_E_NOMEM;
    double pad = c->high > c->low ? 0.04 * (c->high - c->low) : fmax(0.01 * fabs(c->high), 0.01);
    qb_plot_begin(gp);
    qb_str_add(gp, "axis = ");
    qb_plot_add_quoted(gp, axis);
    qb_str_addf(gp, "\nset yrange [%.6g:%.6g]\nset xrange [0:%.6g]\n", c->low - pad, c->high + pad, c->last_epoch * 1.02);
    qb_str_add(gp, "set multiplot title ");
    qb_plot_add_quoted(gp, title);
    qb_str_add(gp, " offset 0,-0.2\n");
    qb_free(title);
    int i = 0;
    for (size_t column = 0; column < c->t->n_columns; column++) {
        if (!qb_plot_is_reference(c->t, column))
            QB_TRY(add_panel(gp, c, l, name, column, i++));
    }
    qb_str_add(gp, "unset multiplot\n");
    return QB_OK;
}

int qb_plot_write_curves(const qb_plot_job *job, const char *name, const char *member, const char *axis)
{
    curves c = {.t = job->t, .member = member, .is_loss = strstr(member, "loss") != NULL};
    qb_str gp = {0};
    int rc = collect_all(&c);
    bool has_curve = false;
    for (size_t i = 0; rc == QB_OK && i < c.n_blocks; i++)
        has_curve = has_curve || c.blocks[i].n_points > 1; /* one epoch makes no curve */
    layout l = {0};
    if (has_curve)
        rc = find_layout(&c, &l);
    if (rc == QB_OK && has_curve)
        rc = write_script(&c, &l, name, axis, &gp);
    if (rc == QB_OK && has_curve)
        rc = qb_plot_draw(job, name, &c.tsv, &gp, l.width, l.height);
    qb_str_finish(&gp);
    qb_str_finish(&c.tsv);
    qb_free(c.blocks);
    return rc;
}
