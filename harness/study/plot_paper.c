#include "study/plot_paper.h"

#include "base/err.h"
#include "base/mem.h"
#include "study/compare.h"
#include "study/plot_figure.h"
#include "study/plot_parts.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const char paper_color[] = "#D55E00", our_color[] = "#0072B2";

typedef struct place {
    size_t row, column;
} place;

static place place_of(const qb_table *t, size_t cell)
{
    size_t i = 0;
    while (t->grid[i] != cell)
        i++;
    return (place){i / t->n_columns, i % t->n_columns};
}

static void add_value(qb_str *tsv, const char *series, const char *group, double x, double mean, double std, size_t n)
{
    char m[32], s[32];
    qb_plot_add_field(tsv, series);
    qb_str_add(tsv, "\t");
    qb_plot_add_field(tsv, group);
    qb_str_addf(tsv, "\t%.2f\t%s\t%s\t%zu\n", x, isnan(mean) ? "NaN" : qb_format_real(mean, m), isnan(std) ? "0" : qb_format_real(std, s), n);
}

/* Both blocks in the order of the columns, so that groups lie together; ticks and separators between the groups. */
static int add_places(qb_figure *f, qb_panel *p, const qb_table *t, const qb_comparison *all, size_t n, size_t *ret_longest)
{
    double x = 0;
    qb_str ours = {0}, ticks = {0};
    (void)qb_figure_block(f);
    for (size_t column = 0; column < t->n_columns; column++) {
        double first = x + 1;
        for (size_t i = 0; i < n; i++) {
            const place at = place_of(t, all[i].cell);
            const qb_table_cell *c = &t->cells[all[i].cell];
            if (at.column != column)
                continue;
            char *series = qb_plot_series_name(t, at.row), *group = qb_plot_group_name(t, column);
            f->failed = f->failed || !series || !group;
            if (series && group) {
                x++;
                add_value(&f->tsv, series, group, x - 0.12, all[i].paper->mean, all[i].paper->std, all[i].paper->n);
                add_value(&ours, series, group, x + 0.12, c->n > 0 ? c->mean : (double)NAN, c->std, c->n);
                qb_str_add(&ticks, ticks.length > 0 ? ", " : "");
                qb_plot_add_quoted(&ticks, series);
                qb_str_addf(&ticks, " %g", x);
                *ret_longest = strlen(series) > *ret_longest ? strlen(series) : *ret_longest;
            }
            qb_free(series);
            qb_free(group);
        }
        char *name = qb_plot_group_name(t, column);
        if (x >= first && name && name[0]) {
            qb_str_add(&p->before, "set label ");
            qb_plot_add_quoted(&p->before, name);
            qb_str_addf(&p->before, " at %g, graph 1.05 center textcolor rgb \"#222222\"\n", (first + x) / 2);
        }
        if (x >= first && first > 1)
            qb_str_addf(&p->before, "set arrow from %g, graph 0 to %g, graph 1.04 nohead linecolor rgb \"#E4E4E4\"\n", first - 0.5, first - 0.5);
        f->failed = f->failed || !name;
        qb_free(name);
    }
    (void)qb_figure_block(f);
    qb_str_add(&f->tsv, ours.text ? ours.text : "");
    qb_str_addf(&p->before, "set offsets 0, 0, graph 0.05, graph 0.05\nset xrange [0.4:%g]\nset xtics scale 0 rotate by -35 (%s)\n", x + 0.6, ticks.text ? ticks.text : "");
    f->failed = f->failed || ours.failed || ticks.failed;
    qb_str_finish(&ours);
    qb_str_finish(&ticks);
    return (int)x;
}

static int draw(const qb_plot_job *job, const char *name, const qb_table *t, const qb_paper *paper, const qb_comparison *all, size_t n)
{
    qb_figure f;
    size_t longest = 0;
    char *set = qb_plot_title(t), *axis = qb_sprintf("%s, %s (%s)", t->measure->title, t->measure->when, t->measure->unit);
    qb_figure_init(&f, job, name, set ? qb_sprintf("%s: published and ours", set) : NULL, "two blocks, published and ours: series\tgroup\tx\tmean\tstd\tn");
    qb_panel *p = axis ? qb_figure_panel(&f, qb_strdup(" "), "", axis) : NULL; /* names of groups stand where a title would */
    qb_free(set);
    qb_free(axis);
    if (!p) {
        qb_figure_finish(&f);
        return QB_E_NOMEM;
    }
    int n_places = add_places(&f, p, t, all, n, &longest);
    static const struct {
        const char *color, *title;
        int point;
    } sides[] = {{paper_color, "published", 6}, {our_color, "ours", 7}};
    for (size_t k = 0; k < 2; k++) {
        char *look = qb_sprintf("points linecolor rgb \"%s\" pointtype %d pointsize 0.8", sides[k].color, sides[k].point);
        qb_figure_plot(&f, p, k, "using 3:4:5 with yerrorbars linecolor rgb \"%s\" linewidth 1.4 pointtype %d pointsize 0.8 notitle",
                       sides[k].color, sides[k].point);
        qb_figure_legend(&f, sides[k].title, look ? look : "points");
        qb_free(look);
    }
    f.remark = qb_sprintf("%s%s%s; whisker: one standard deviation", paper->source, paper->version ? ", " : "", paper->version ? paper->version : "");
    f.panel_width = 42 * n_places > 480 ? 42 * n_places : 480;
    f.panel_width = f.panel_width < 1500 ? f.panel_width : 1500;
    f.bottom = 30 + (int)(4.6 * (double)longest);
    int rc = qb_figure_draw(&f, job);
    qb_figure_finish(&f);
    return rc;
}

int qb_plot_write_paper(const qb_plot_job *job, const char *name)
{
    const qb_study *s = job->t->study;
    const char *path = job->paper ? job->paper : s->plan ? s->plan->paper : NULL;
    qb_paper *paper = NULL;
    qb_table *t = NULL;
    qb_comparison *all = NULL;
    size_t n = 0;
    if (!path) {
        (void)qb_err_set(QB_E_NOINPUT, "%s: %s: no published numbers are named", name, s->title);
        return qb_err_hint("give them with --paper FILE, or in the plan:  paper: FILE");
    }
    QB_TRY(qb_paper_read(path, &paper));
    const qb_table_options options = {.metric = paper->metric, .ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_NONE};
    int rc = qb_table_create(s, &options, &t);
    if (rc == QB_OK)
        rc = qb_compare(t, paper, &all, &n);
    if (rc == QB_OK && n == 0)
        rc = qb_err_set(QB_E_NOINPUT, "%s: %s has no number for a cell of %s", name, path, s->title);
    if (rc == QB_OK)
        rc = draw(job, name, t, paper, all, n);
    qb_free(all);
    qb_table_destroy(t);
    qb_paper_destroy(paper);
    return rc;
}
