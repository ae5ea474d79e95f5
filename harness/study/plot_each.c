#include "study/plot_each.h"

#include "base/err.h"
#include "base/mem.h"
#include "study/gnuplot.h"
#include "study/plot_figure.h"
#include "study/plot_parts.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char other[] = "#D4D4D4", reference[] = "#222222";

typedef struct curve {
    size_t row, column, block;
} curve;

typedef struct range {
    double low, high, last_epoch;
} range;

/* Means over seeds of a cell: a block of its own. false: nothing of it is done. */
static int add_curve(qb_figure *f, const qb_table *t, size_t row, size_t column, range *r, bool *ret_any)
{
    const size_t cell = t->grid[row * t->n_columns + column];
    qb_plot_sample *all = NULL;
    size_t n = 0;
    *ret_any = false;
    if (cell == SIZE_MAX)
        return QB_OK;
    QB_TRY(qb_plot_collect(t->cells[cell].cell, "test_top1", &all, &n));
    char *series = qb_plot_series_name(t, row), *group = qb_plot_group_name(t, column), epoch[32], mean[32];
    f->failed = f->failed || !series || !group;
    if (n > 0 && series && group)
        (void)qb_figure_block(f);
    for (size_t from = 0, to; series && group && from < n; from = to) {
        double sum = 0;
        for (to = from; to < n && all[to].epoch == all[from].epoch; to++)
            sum += all[to].value;
        sum /= (double)(to - from);
        qb_plot_add_field(&f->tsv, series);
        qb_str_add(&f->tsv, "\t");
        qb_plot_add_field(&f->tsv, group);
        qb_str_addf(&f->tsv, "\t%s\t%s\t%zu\n", qb_format_real(all[from].epoch, epoch), qb_format_real(sum, mean), to - from);
        *r = (range){fmin(r->low, sum), fmax(r->high, sum), fmax(r->last_epoch, all[from].epoch)};
    }
    *ret_any = n > 0;
    qb_free(series);
    qb_free(group);
    qb_free(all);
    return QB_OK;
}

static int collect(qb_figure *f, const qb_table *t, curve *curves, size_t *ret_n, range *r)
{
    for (size_t row = 0; row < t->n_rows; row++) {
        for (size_t column = 0; column < t->n_columns; column++) {
            bool any;
            size_t block = f->n_blocks;
            QB_TRY(add_curve(f, t, row, column, r, &any));
            if (any)
                curves[(*ret_n)++] = (curve){row, column, block};
        }
    }
    return QB_OK;
}

static bool has_own(const qb_table *t, const curve *curves, size_t n, size_t row)
{
    for (size_t i = 0; i < n; i++) {
        if (curves[i].row == row && !qb_plot_is_reference(t, curves[i].column))
            return true;
    }
    return false;
}

/* Grey ones first, so that no own curve lies below one. */
static void add_panel(qb_figure *f, const qb_table *t, const curve *curves, size_t n, size_t row, const range *r)
{
    char *title = qb_plot_series_name(t, row), color[8];
    qb_panel *p = qb_figure_panel(f, title, "epoch", "test top-1 (%)");
    if (!p)
        return;
    double pad = r->high > r->low ? 0.04 * (r->high - r->low) : 0.5;
    qb_str_addf(&p->before, "set yrange [%.6g:%.6g]\nset xrange [0:%.6g]\n", r->low - pad, r->high + pad, r->last_epoch * 1.02);
    for (int pass = 0; pass < 3; pass++) {
        for (size_t i = 0; i < n; i++) {
            bool is_reference = qb_plot_is_reference(t, curves[i].column), is_own = !is_reference && curves[i].row == row;
            if (pass == 0 && !is_reference && !is_own)
                qb_figure_plot(f, p, curves[i].block, "using 3:4 with lines linecolor rgb \"%s\" linewidth 1 notitle", other);
            if (pass == 1 && is_reference)
                qb_figure_plot(f, p, curves[i].block, "using 3:4 with lines linecolor rgb \"%s\" linewidth 1.4 dashtype '-' notitle", reference);
            if (pass == 2 && is_own)
                qb_figure_plot(f, p, curves[i].block, "using 3:4 with lines linecolor rgb \"%s\" linewidth 2 notitle",
                               qb_gnuplot_gradient(curves[i].column, t->n_columns, color));
        }
    }
}

static void add_legend(qb_figure *f, const qb_table *t, size_t n_shown)
{
    char color[8], look[96];
    bool has_reference = false;
    for (size_t c = 0; c < t->n_columns; c++) {
        has_reference = has_reference || qb_plot_is_reference(t, c);
        if (qb_plot_is_reference(t, c))
            continue;
        char *name = qb_plot_group_name(t, c);
        (void)snprintf(look, sizeof look, "lines linecolor rgb \"%s\" linewidth 2", qb_gnuplot_gradient(c, t->n_columns, color));
        qb_figure_legend(f, name && name[0] ? name : "this one", look);
        f->failed = f->failed || !name;
        qb_free(name);
    }
    (void)snprintf(look, sizeof look, "lines linecolor rgb \"%s\" linewidth 1.4 dashtype '-'", reference);
    if (has_reference)
        qb_figure_legend(f, "float", look);
    (void)snprintf(look, sizeof look, "lines linecolor rgb \"%s\" linewidth 1", other);
    if (n_shown > 1)
        qb_figure_legend(f, "the others", look);
}

int qb_plot_write_each(const qb_plot_job *job, const char *name)
{
    const qb_table *t = job->t;
    qb_figure f;
    range r = {(double)INFINITY, (double)-INFINITY, 0};
    size_t n = 0, n_shown = 0;
    qb_figure_init(&f, job, name, qb_plot_title(t), "series\tpanel\tepoch\tmean\tn");
    curve *curves = qb_alloc(t->n_rows * t->n_columns, sizeof *curves);
    int rc = curves ? collect(&f, t, curves, &n, &r) : QB_E_NOMEM;
    for (size_t row = 0; rc == QB_OK && row < t->n_rows; row++) {
        if (!has_own(t, curves, n, row))
            continue;
        add_panel(&f, t, curves, n, row, &r);
        n_shown++;
    }
    add_legend(&f, t, n_shown);
    f.across = n_shown > 12 ? 6 : n_shown > 6 ? 4 : 3;
    f.panel_width = n_shown > 6 ? 190 : 0;
    f.panel_height = n_shown > 6 ? 140 : 0;
    f.same_x = f.same_y = true;
    if (rc == QB_OK && n_shown > 0)
        rc = qb_figure_draw(&f, job);
    else if (rc == QB_OK)
        rc = qb_err_set(QB_E_NOINPUT, "%s: %s: no quantized run is done", name, t->study->title);
    qb_figure_finish(&f);
    qb_free(curves);
    return rc;
}
