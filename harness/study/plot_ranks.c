/* Coordinates: x is a mean rank; y counts lines from the axis (0) downwards: bars first, then a line a name. Names of the better
 * half hang at the left, those of the others at the right, so that no line crosses another.
 * Source: Demsar (2006), figure 1. */
#include "study/plot_ranks.h"

#include "base/err.h"
#include "base/mem.h"
#include "study/plot_figure.h"
#include "study/plot_parts.h"
#include "study/ranks.h"

#include <math.h>
#include <string.h>

enum { LINE = 22, AXIS_ROOM = 40, WIDTH = 460 };

/* The last item that does not differ from item i. */
static size_t end_of_bar(const qb_ranking *r, size_t i)
{
    size_t last = i;
    while (last + 1 < r->n_items && r->items[last + 1].mean_rank - r->items[i].mean_rank <= r->distance)
        last++;
    return last;
}

/* Bars that no other holds: from their first item to their last. Number of them; NULL: only counted. */
static size_t add_bars(qb_figure *f, qb_panel *p, const qb_ranking *r)
{
    size_t n = 0, before = 0;
    for (size_t i = 0; i < r->n_items; i++) {
        size_t last = end_of_bar(r, i);
        if (last == i || (n > 0 && last == before))
            continue;
        before = last;
        n++;
        if (!p)
            continue;
        qb_str_addf(&p->before, "set arrow from %.6g, %g to %.6g, %g nohead linecolor rgb \"#222222\" linewidth 4\n", r->items[i].mean_rank - 0.03,
                    -0.45 * (double)n, r->items[last].mean_rank + 0.03, -0.45 * (double)n);
        qb_plot_add_field(&f->tsv, r->items[i].label);
        qb_str_add(&f->tsv, "\t");
        qb_plot_add_field(&f->tsv, r->items[last].label);
        qb_str_add(&f->tsv, "\n");
    }
    return n;
}

static void add_names(qb_figure *f, qb_panel *p, const qb_ranking *r, double first_line)
{
    size_t n_left = (r->n_items + 1) / 2;
    for (size_t i = 0; i < r->n_items; i++) {
        bool is_left = i < n_left;
        double rank = r->items[i].mean_rank, y = -first_line - (double)(is_left ? i : r->n_items - 1 - i);
        double edge = is_left ? 0.8 : (double)r->n_items + 0.2;
        char *text = is_left ? qb_sprintf("%s  %.2f", r->items[i].label, rank) : qb_sprintf("%.2f  %s", rank, r->items[i].label);
        qb_str_addf(&p->before, "set arrow from %.6g, 0 to %.6g, %g nohead linecolor rgb \"%s\" linewidth 1.4\n", rank, rank, y, qb_plot_color(i));
        qb_str_addf(&p->before, "set arrow from %.6g, %g to %g, %g nohead linecolor rgb \"%s\" linewidth 1.4\n", rank, y, edge, y, qb_plot_color(i));
        qb_str_add(&p->before, "set label ");
        qb_plot_add_quoted(&p->before, text ? text : "");
        qb_str_addf(&p->before, " at %g, %g %s offset %s,0 textcolor rgb \"#222222\"\n", edge, y, is_left ? "right" : "left", is_left ? "-0.6" : "0.6");
        f->failed = f->failed || !text;
        qb_free(text);
    }
}

static int draw(const qb_plot_job *job, const char *name, const qb_ranking *r)
{
    qb_figure f;
    size_t longest = 0;
    char *set = qb_plot_title(job->t), value[32];
    qb_figure_init(&f, job, name, set ? qb_sprintf("%s: mean ranks", set) : NULL, "two blocks: name\tmean rank; first\tlast of what does not differ");
    qb_free(set);
    qb_panel *p = qb_figure_panel(&f, qb_strdup(""), "", "");
    if (!p) {
        qb_figure_finish(&f);
        return QB_E_NOMEM;
    }
    (void)qb_figure_block(&f);
    for (size_t i = 0; i < r->n_items; i++) {
        qb_plot_add_field(&f.tsv, r->items[i].label);
        qb_str_addf(&f.tsv, "\t%s\n", qb_format_real(r->items[i].mean_rank, value));
        size_t length = qb_utf8_count(r->items[i].label, strlen(r->items[i].label));
        longest = length > longest ? length : longest;
    }
    (void)qb_figure_block(&f);
    double n_bars = (double)add_bars(&f, p, r), first_line = 0.45 * n_bars + 1, lines = first_line + (double)((r->n_items + 1) / 2);
    add_names(&f, p, r, first_line);
    double k = (double)r->n_items;
    qb_str_addf(&p->before, "set arrow from 1, 1.1 to %.6g, 1.1 heads size 0.03, 90 linecolor rgb \"#222222\" linewidth 1.4\n", fmin(1 + r->distance, k));
    qb_str_addf(&p->before, "set label 'critical difference %.2f' at %.6g, 1.6 center textcolor rgb \"#222222\"\n", r->distance, (1 + fmin(1 + r->distance, k)) / 2);
    qb_str_addf(&p->before, "unset border\nunset ytics\nunset grid\nset xzeroaxis linetype 1 linecolor rgb \"#222222\"\nset xtics axis 1 offset 0,1.9\n"
                            "set xrange [1:%zu]\nset yrange [%g:2]\n",
                r->n_items, -lines);
    if (r->n_blocks > 0)
        qb_figure_plot_other(p, "NaN notitle"); /* it is drawn by arrows and labels alone */
    f.remark = qb_sprintf("%zu blocks, rank 1 is best; Friedman: chi-square %.2f, p %.2g; bars join what does not differ (Nemenyi, 5 %%)", r->n_blocks, r->chi2, r->p);
    f.failed = f.failed || !f.remark;
    f.left = 90 + 8 * (int)longest;
    f.right = f.left;
    f.panel_width = WIDTH;
    f.panel_height = AXIS_ROOM + (int)(LINE * lines);
    f.bottom = 12;
    int rc = qb_figure_draw(&f, job);
    qb_figure_finish(&f);
    return rc;
}

int qb_plot_write_ranks(const qb_plot_job *job, const char *name)
{
    qb_ranking *r = NULL;
    QB_TRY(qb_ranking_create(job->t, &r));
    int rc = QB_OK;
    if (r->why_not)
        rc = qb_err_set(QB_E_NOINPUT, "%s: %s: %s", name, job->t->study->title, r->why_not);
    else if (r->n_blocks == 0 && job->is_report)
        rc = qb_err_set(QB_E_NOINPUT, "%s: %s: in no block all have a number", name, job->t->study->title);
    else
        rc = draw(job, name, r);
    qb_ranking_destroy(r);
    return rc;
}
