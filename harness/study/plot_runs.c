#include "study/plot_runs.h"

#include "base/err.h"
#include "base/mem.h"
#include "study/gnuplot.h"
#include "study/plot_figure.h"
#include "study/plot_parts.h"
#include "study/watched.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int no_folders(const qb_plot_job *job, const char *name)
{
    (void)qb_err_set(QB_E_NOINPUT, "%s: %s: no folder of a finished run is here", name, job->t->study->title);
    return qb_err_hint("the picture needs the folders of the runs: name the plan or that folder, not a runs.jsonl");
}

/* ---- schedule ---- */

enum { MAX_LOGGED = 12 };

/* What is logged: names of train/NAME, the learning rate first. */
typedef struct logged {
    char names[MAX_LOGGED][96];
    size_t n;
} logged;

static void find_logged(logged *l, const json_t *lines)
{
    static const char *const others[] = {"train/loss", "train/prec1", "train/lr_sum"};
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const char *key;
        json_t *value;
        json_object_foreach (json_array_get(lines, i), key, value) {
            bool is_new = qb_starts_with(key, "train/") && l->n < MAX_LOGGED;
            for (size_t k = 0; k < sizeof others / sizeof *others; k++)
                is_new = is_new && strcmp(key, others[k]) != 0;
            for (size_t k = 0; k < l->n; k++)
                is_new = is_new && strcmp(key, l->names[k]) != 0;
            if (is_new)
                (void)snprintf(l->names[l->n++], sizeof l->names[0], "%s", key);
        }
    }
}

/* The log of the first cell of a row that has one; an empty array: none has. */
static int read_row(const qb_table *t, size_t row, json_t **ret)
{
    for (size_t c = 0; c < t->n_columns; c++) {
        size_t i = t->grid[row * t->n_columns + c];
        if (i == SIZE_MAX)
            continue;
        QB_TRY(qb_watched_metrics(t->cells[i].cell, ret));
        if (json_array_size(*ret) > 0)
            return QB_OK;
        json_decref(*ret);
    }
    *ret = json_array();
    return *ret ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory while drawing");
}

static void add_row(qb_figure *f, const qb_table *t, size_t row, const logged *l, const json_t *lines)
{
    char *series = qb_plot_series_name(t, row), look[128], text[32];
    bool any[MAX_LOGGED] = {false};
    size_t block = qb_figure_block(f);
    f->failed = f->failed || !series;
    for (size_t i = 0; series && i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        qb_plot_add_field(&f->tsv, series);
        qb_str_addf(&f->tsv, "\t%s", qb_format_real(json_number_value(json_object_get(line, "epoch")), text));
        for (size_t k = 0; k < l->n; k++) {
            const json_t *v = json_object_get(line, l->names[k]);
            any[k] = any[k] || json_is_number(v);
            qb_str_addf(&f->tsv, "\t%s", json_is_number(v) ? qb_format_real(json_number_value(v), text) : "NaN");
        }
        qb_str_add(&f->tsv, "\n");
    }
    /* lines that coincide stay visible: later ones are thinner */
    double width = t->n_rows > 1 ? 3.2 - 2.0 * (double)row / (double)(t->n_rows - 1) : 2;
    (void)snprintf(look, sizeof look, "lines linecolor rgb \"%s\" linewidth %.2f dashtype %s", qb_plot_color(row), width, qb_plot_dash(row));
    for (size_t k = 0; k < l->n && k < f->n_panels; k++) {
        if (any[k])
            qb_figure_plot(f, &f->panels[k], block, "using 2:%zu with %s notitle", k + 3, look);
    }
    qb_figure_legend(f, series ? series : "", look);
    qb_free(series);
}

static int draw_schedule(const qb_plot_job *job, const char *name, json_t *const *rows)
{
    const qb_table *t = job->t;
    logged l = {.names = {"train/lr"}, .n = 1};
    qb_figure f;
    qb_str columns = {0};
    for (size_t r = 0; r < t->n_rows; r++)
        find_logged(&l, rows[r]);
    qb_str_add(&columns, "series\tepoch");
    for (size_t k = 0; k < l.n; k++) {
        qb_str_add(&columns, "\t");
        qb_plot_add_field(&columns, l.names[k] + strlen("train/"));
    }
    qb_figure_init(&f, job, name, qb_plot_title(t), columns.text ? columns.text : "");
    f.failed = f.failed || columns.failed;
    qb_str_finish(&columns);
    for (size_t k = 0; k < l.n; k++) {
        const char *what = k == 0 ? "learning rate" : l.names[k] + strlen("train/");
        const qb_panel *p = qb_figure_panel(&f, qb_strdup(what), "epoch", k == 0 ? "learning rate" : "value (as logged)");
        if (p && k == 0)
            qb_str_add(&f.panels[0].before, "set yrange [0:*]\n");
        else if (p)
            qb_str_add(&f.panels[k].before, "set yrange [*:*]\n");
    }
    for (size_t r = 0; r < t->n_rows; r++) {
        if (json_array_size(rows[r]) > 0)
            add_row(&f, t, r, &l, rows[r]);
    }
    int rc = f.n_blocks > 0 ? qb_figure_draw(&f, job) : no_folders(job, name);
    qb_figure_finish(&f);
    return rc;
}

int qb_plot_write_schedule(const qb_plot_job *job, const char *name)
{
    const qb_table *t = job->t;
    json_t **rows = qb_alloc(t->n_rows, sizeof *rows);
    int rc = rows ? QB_OK : QB_E_NOMEM;
    for (size_t r = 0; rc == QB_OK && r < t->n_rows; r++)
        rc = read_row(t, r, &rows[r]);
    if (rc == QB_OK)
        rc = draw_schedule(job, name, rows);
    for (size_t r = 0; rows && r < t->n_rows; r++)
        json_decref(rows[r]);
    qb_free(rows);
    return rc;
}

/* ---- times ---- */

enum { FORWARD, WAIT, SOLVER, EVAL, SAVE, WATCH, REST, N_PARTS };

static const char *const part_names[N_PARTS] = {"forward, backward, optimizer", "waiting for data", "solver", "tests", "checkpoints", "diagnostics", "rest"};
static const char *const part_colors[N_PARTS] = {"#0072B2", "#E69F00", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#BBBBBB"};

static double seconds(const json_t *times, const char *name)
{
    return json_number_value(json_object_get(times, name)); /* 0 in records that do not have it */
}

/* Adds the seconds of a run's parts. */
static void add_times(const json_t *t, double parts[N_PARTS])
{
    const double of[N_PARTS] = {
        [FORWARD] = seconds(t, "train_s") - seconds(t, "wait_s") - seconds(t, "solver_s"),
        [WAIT] = seconds(t, "wait_s"),
        [SOLVER] = seconds(t, "solver_s"),
        [EVAL] = seconds(t, "eval_s"),
        [SAVE] = seconds(t, "save_s"),
        [WATCH] = seconds(t, "diagnostics_s"),
        [REST] = seconds(t, "wall_s") - seconds(t, "train_s") - seconds(t, "eval_s") - seconds(t, "save_s") - seconds(t, "diagnostics_s"),
    };
    for (int k = 0; k < N_PARTS; k++)
        parts[k] += fmax(of[k], 0);
}

typedef struct bar {
    char *name;
    double share[N_PARTS]; /* % */
} bar;

static int find_bars(const qb_study *s, bar *bars, size_t *ret_n)
{
    *ret_n = 0;
    for (size_t c = 0; c < s->n_cells; c++) {
        double parts[N_PARTS] = {0}, sum = 0;
        for (size_t i = 0; i < s->cells[c].n_runs; i++) {
            json_t *times = qb_cell_run_is(&s->cells[c].runs[i], "done") ? qb_watched_times(&s->cells[c].runs[i]) : NULL;
            if (times)
                add_times(times, parts);
            json_decref(times);
        }
        for (int k = 0; k < N_PARTS; k++)
            sum += parts[k];
        if (!(sum > 0))
            continue;
        bar *b = &bars[(*ret_n)++];
        if (!(b->name = qb_cell_name(s, &s->cells[c])))
            return QB_E_NOMEM;
        for (int k = 0; k < N_PARTS; k++)
            b->share[k] = 100 * parts[k] / sum;
    }
    return QB_OK;
}

static int draw_times(const qb_plot_job *job, const char *name, const bar *bars, size_t n)
{
    qb_figure f;
    char *set = qb_plot_title(job->t);
    qb_figure_init(&f, job, name, set ? qb_sprintf("%s: where the time went", set) : NULL, "cell\tpart\tx\tfrom\tto");
    qb_free(set);
    qb_panel *p = qb_figure_panel(&f, qb_strdup(""), "", "share of the time (%)");
    if (!p) {
        qb_figure_finish(&f);
        return QB_E_NOMEM;
    }
    size_t longest = 0;
    qb_str_addf(&p->before, "set yrange [0:100]\nset xrange [0.4:%zu.6]\nset xtics scale 0 rotate by -35 (", n);
    for (size_t i = 0; i < n; i++) {
        qb_str_add(&p->before, i > 0 ? ", " : "");
        qb_plot_add_quoted(&p->before, bars[i].name);
        qb_str_addf(&p->before, " %zu", i + 1);
        longest = strlen(bars[i].name) > longest ? strlen(bars[i].name) : longest;
    }
    qb_str_add(&p->before, ")\n");
    for (int k = 0; k < N_PARTS; k++) {
        char look[96];
        size_t block = qb_figure_block(&f);
        for (size_t i = 0; i < n; i++) {
            double from = 0;
            for (int j = 0; j < k; j++)
                from += bars[i].share[j];
            qb_plot_add_field(&f.tsv, bars[i].name);
            qb_str_addf(&f.tsv, "\t%s\t%zu\t%.4f\t%.4f\n", part_names[k], i + 1, from, from + bars[i].share[k]);
        }
        (void)snprintf(look, sizeof look, "boxes fillcolor rgb \"%s\" fillstyle solid", part_colors[k]);
        qb_figure_plot(&f, p, block, "using 3:4:($3-0.36):($3+0.36):4:5 with boxxyerror fillcolor rgb \"%s\" fillstyle solid noborder notitle",
                       part_colors[k]);
        qb_figure_legend(&f, part_names[k], look);
    }
    f.panel_width = 46 * (int)n > 300 ? 46 * (int)n : 300;
    f.panel_width = f.panel_width < 1500 ? f.panel_width : 1500;
    f.bottom = 30 + (int)(4.6 * (double)longest);
    int rc = qb_figure_draw(&f, job);
    qb_figure_finish(&f);
    return rc;
}

int qb_plot_write_times(const qb_plot_job *job, const char *name)
{
    const qb_study *s = job->t->study;
    bar *bars = qb_alloc(s->n_cells, sizeof *bars);
    size_t n = 0;
    int rc = bars ? find_bars(s, bars, &n) : QB_E_NOMEM;
    if (rc == QB_OK)
        rc = n > 0 ? draw_times(job, name, bars, n) : no_folders(job, name);
    for (size_t i = 0; i < n; i++)
        qb_free(bars[i].name);
    qb_free(bars);
    return rc;
}
