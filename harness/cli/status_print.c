/* The forms of a study's state. See status.h. */
#include "cli/status.h"

#include "base/err.h"
#include "base/mem.h"
#include "cli/run_age.h"
#include "study/gnuplot.h"
#include "study/grid.h"

#include <math.h>
#include <string.h>

enum { N_LAST = 5, N_TROUBLE = 10, MAX_CURVES = 4, CHART_WIDTH = 90, CHART_HEIGHT = 16 };

static int no_memory(void)
{
    return qb_err_set(QB_E_NOMEM, "out of memory while telling the state of a study");
}

static void add_heading(qb_str *out, const char *text, const char *color)
{
    qb_str_addf(out, "\n%s%s%s\n", color, text, color[0] ? "\033[0m" : "");
}

static char *clock_text(double seconds)
{
    long long s = llround(seconds);
    return seconds < 0 ? qb_strdup("--:--") : qb_sprintf("%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
}

static char *number_text(const char *format, double v)
{
    char text[32];
    if (!isfinite(v))
        return qb_strdup("-");
    (void)snprintf(text, sizeof text, format, v);
    return qb_strdup(text);
}

/* ---- what runs now ---- */

static int fill_running(const qb_status *s, qb_grid *g)
{
    static const char *const heads[] = {"running", "seed", "step", "epoch", "images/s", "left", "train loss", "test top-1"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        QB_TRY(qb_grid_set(g, 0, i, heads[i]));
    for (size_t k = 0; k < s->n_running; k++) {
        const qb_status_run *r = &s->running[k];
        const qb_live *l = &r->live;
        double speed = l->images_per_second > 0 ? l->images_per_second : (double)NAN;
        QB_TRY(qb_grid_take(g, k + 1, 0, qb_cell_name(s->study, r->cell)));
        QB_TRY(qb_grid_take(g, k + 1, 1, qb_sprintf("%lld", r->run->seed)));
        QB_TRY(qb_grid_take(g, k + 1, 2, r->n_steps > 0 ? qb_sprintf("%lld/%lld", (long long)l->step, (long long)r->n_steps)
                                                        : qb_sprintf("%lld", (long long)l->step)));
        QB_TRY(qb_grid_take(g, k + 1, 3, number_text("%.2f", l->epoch)));
        QB_TRY(qb_grid_take(g, k + 1, 4, number_text("%.0f", speed)));
        QB_TRY(qb_grid_take(g, k + 1, 5, clock_text(r->eta_seconds)));
        QB_TRY(qb_grid_take(g, k + 1, 6, number_text("%.4f", l->train_loss)));
        QB_TRY(qb_grid_take(g, k + 1, 7, number_text("%.2f", l->test_top1)));
    }
    return QB_OK;
}

static int add_running(qb_str *out, const qb_status *s, bool color)
{
    qb_grid g;
    if (s->n_running == 0)
        return QB_OK;
    QB_TRY(qb_grid_init(&g, s->n_running + 1, 8, 1));
    int rc = fill_running(s, &g);
    qb_str_add(out, color ? "\n\033[32m" : "\n");
    if (rc == QB_OK)
        qb_grid_render(&g, QB_GRID_TEXT, out);
    qb_str_add(out, color ? "\033[0m" : "");
    qb_grid_finish(&g);
    return rc;
}

/* ---- what ended last ---- */

static int fill_ended(const qb_study *s, qb_grid *g, const qb_dated_run *all, size_t n)
{
    static const char *const heads[] = {"done last", "seed", "test top-1", "best", "age"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        QB_TRY(qb_grid_set(g, 0, i, i == 0 && all[0].written == 0 ? "done" : heads[i])); /* a runs.jsonl tells no times */
    for (size_t k = 0; k < n; k++) {
        QB_TRY(qb_grid_take(g, k + 1, 0, qb_cell_name(s, all[k].cell)));
        QB_TRY(qb_grid_take(g, k + 1, 1, qb_sprintf("%lld", all[k].run->seed)));
        QB_TRY(qb_grid_take(g, k + 1, 2, number_text("%.2f", qb_cell_run_result(all[k].run, "test_top1"))));
        QB_TRY(qb_grid_take(g, k + 1, 3, number_text("%.2f", qb_cell_run_result(all[k].run, "best_top1"))));
        QB_TRY(qb_grid_take(g, k + 1, 4, qb_cli_age_text(all[k].written)));
    }
    return QB_OK;
}

static int add_ended(qb_str *out, const qb_study *s, const qb_dated_run *all, size_t n)
{
    qb_grid g;
    n = n < N_LAST ? n : N_LAST;
    if (n == 0)
        return QB_OK;
    QB_TRY(qb_grid_init(&g, n + 1, 5, 1));
    int rc = fill_ended(s, &g, all, n);
    qb_str_add(out, "\n");
    if (rc == QB_OK)
        qb_grid_render(&g, QB_GRID_TEXT, out);
    qb_grid_finish(&g);
    return rc;
}

/* ---- what went wrong ---- */

static bool is_trouble(const qb_cell_run *run)
{
    return qb_cell_run_is(run, "failed") || qb_cell_run_is(run, "diverged") || qb_cell_run_is(run, "mistrusted") ||
           qb_cell_run_is(run, "interrupted");
}

static int add_trouble(qb_str *out, const qb_study *s, bool color)
{
    size_t n = 0;
    for (size_t c = 0; c < s->n_cells; c++) {
        for (size_t i = 0; i < s->cells[c].n_runs; i++) {
            const qb_cell_run *run = &s->cells[c].runs[i];
            if (!is_trouble(run) || n++ >= N_TROUBLE)
                continue;
            char *name = qb_cell_name(s, &s->cells[c]);
            if (!name)
                return QB_E_NOMEM;
            if (n == 1)
                add_heading(out, "not done", color ? "\033[31m" : "");
            qb_str_addf(out, "%s, seed %lld: %s%s", name, run->seed, run->status, run->reason ? ": " : "");
            for (const char *p = run->reason; p && *p; p++) /* on one line, and no terminal is told what to do */
                qb_str_addn(out, (unsigned char)*p < 0x20 || *p == 0x7f ? " " : p, 1);
            qb_str_add(out, "\n");
            qb_free(name);
        }
    }
    if (n > N_TROUBLE)
        qb_str_addf(out, "and %zu more: qatbench ls\n", n - N_TROUBLE);
    return QB_OK;
}

/* ---- curves ---- */

/* In quotes as gnuplot reads them without enhanced text. */
static void add_title(qb_str *s, const char *name, long long seed)
{
    qb_str_add(s, "'");
    for (const char *p = name; *p; p++)
        qb_str_addn(s, *p == '\'' ? "''" : (unsigned char)*p < 0x20 ? " " : p, *p == '\'' ? 2 : 1);
    qb_str_addf(s, ", seed %lld'", seed);
}

/* points: objects of a record's curve, or pairs. *ret_n: of points. */
static void add_points(qb_str *s, size_t number, const json_t *points, size_t *n)
{
    qb_str_addf(s, "$c%zu << END\n", number);
    for (size_t i = 0; i < json_array_size(points); i++) {
        const json_t *p = json_array_get(points, i);
        const json_t *x = json_is_array(p) ? json_array_get(p, 0) : json_object_get(p, "epoch");
        const json_t *y = json_is_array(p) ? json_array_get(p, 1) : json_object_get(p, "test_top1");
        if (!json_is_number(x) || !json_is_number(y))
            continue;
        qb_str_addf(s, "%.6g %.6g\n", json_number_value(x), json_number_value(y));
        ++*n;
    }
    qb_str_add(s, "END\n");
}

/* Of what runs now; where nothing has been tested of it yet, of what ended last. "" where there is too little for a curve. */
static char *chart_script(const qb_status *s, const qb_dated_run *all, size_t n_ended, int columns)
{
    qb_str script = {0}, plot = {0};
    size_t n_curves = 0, n_points = 0;
    int width = columns < CHART_WIDTH ? columns : CHART_WIDTH;
    qb_str_addf(&script, "set terminal dumb %d,%d mono noenhanced\nset encoding utf8\nset title 'test top-1 (%%) by epoch'\n"
                         "set key below\n", width, CHART_HEIGHT + MAX_CURVES);
    for (size_t k = 0; k < s->n_running + n_ended && n_curves < MAX_CURVES; k++) {
        bool is_running = k < s->n_running;
        if (!is_running && n_points > 0 && s->n_running > 0)
            break;
        const qb_cell_run *run = is_running ? s->running[k].run : all[k - s->n_running].run;
        const json_t *result = json_object_get(run->line, "result");
        const json_t *points = is_running ? s->running[k].live.curve : json_object_get(result, "curve");
        char *name = qb_cell_name(s->study, is_running ? s->running[k].cell : all[k - s->n_running].cell);
        size_t before = n_points;
        if (json_array_size(points) > 1) {
            add_points(&script, n_curves, points, &n_points);
            if (n_points > before) {
                qb_str_addf(&plot, "%s$c%zu using 1:2 with linespoints title ", n_curves == 0 ? "plot " : ", ", n_curves);
                add_title(&plot, name ? name : "", run->seed);
                n_curves++;
            }
        }
        script.failed = script.failed || !name;
        qb_free(name);
    }
    qb_str_addf(&script, "%s\n", plot.text ? plot.text : "");
    script.failed = script.failed || plot.failed;
    bool has_curves = n_curves > 0;
    qb_str_finish(&plot);
    char *text = qb_str_take(&script);
    if (text && !has_curves)
        text[0] = '\0';
    return text;
}

/* Curves are an extra: without gnuplot there are none. */
static int add_chart(qb_str *out, const qb_status *s, const qb_dated_run *all, size_t n_ended, int columns)
{
    char *script = chart_script(s, all, n_ended, columns), *text = NULL;
    if (!script)
        return no_memory();
    int rc = script[0] ? qb_gnuplot_print(script, &text) : QB_OK;
    qb_free(script);
    if (rc == QB_E_NOMEM)
        return rc;
    qb_err_clear();
    if (!text)
        return QB_OK;
    const char *from = text + strspn(text, "\f\n ");
    size_t n = strlen(from);
    while (n > 0 && strchr("\n ", from[n - 1]))
        n--;
    while (from > text && from[-1] == ' ') /* the first line keeps its place */
        from--, n++;
    qb_str_add(out, "\n");
    qb_str_addn(out, from, n);
    qb_str_add(out, "\n");
    qb_free(text);
    return QB_OK;
}

/* ---- forms ---- */

static int add_head(qb_str *out, const qb_status *s, bool color)
{
    char *title = qb_study_title(s->study), *counts = qb_study_counts(s->study);
    int rc = title && counts ? QB_OK : no_memory();
    if (rc == QB_OK) {
        qb_str_addf(out, "%s%s%s\n%.*s", color ? "\033[1m" : "", title, color ? "\033[0m" : "", (int)strlen(counts) - 1, counts);
        if (isfinite(s->share))
            qb_str_addf(out, "; %.0f %% of the way", floor(100 * s->share)); /* 100 only where nothing is left */
        qb_str_add(out, "\n");
    }
    if (rc == QB_OK && s->left.n > 0) {
        char *left = qb_time_left_text(&s->left, s->jobs);
        qb_str_addf(out, "%s\n", left ? left : "");
        rc = left ? QB_OK : QB_E_NOMEM;
        qb_free(left);
    }
    qb_free(title);
    qb_free(counts);
    return rc;
}

int qb_status_text(const qb_status *s, int columns, bool color, char **ret_text)
{
    qb_str out = {0};
    qb_dated_run *all = NULL;
    size_t n = 0;
    int rc = add_head(&out, s, color);
    if (rc == QB_OK)
        rc = qb_dated_runs_collect(s->study, "done", &all, &n);
    if (rc == QB_OK) {
        qb_dated_runs_sort(all, n);
        rc = add_running(&out, s, color);
    }
    if (rc == QB_OK)
        rc = add_ended(&out, s->study, all, n);
    if (rc == QB_OK)
        rc = add_trouble(&out, s->study, color);
    if (rc == QB_OK)
        rc = add_chart(&out, s, all, n, columns);
    qb_free(all);
    char *text = rc == QB_OK ? qb_str_take(&out) : NULL;
    qb_str_finish(&out);
    if (rc == QB_OK && !text)
        rc = no_memory();
    if (rc == QB_OK)
        *ret_text = text;
    return rc;
}

static json_t *real_or_null(double v, bool is_known)
{
    return is_known ? qb_json_real(v) : json_null();
}

static json_t *run_json(const qb_status_run *r)
{
    const qb_live *l = &r->live;
    return qb_json_pack("{s:O, s:I, s:I, s:o, s:f, s:o, s:o, s:o, s:o, s:o}", "cell", r->cell->values,
                        "seed", (json_int_t)r->run->seed, "step", (json_int_t)l->step,
                        "steps", r->n_steps > 0 ? json_integer(r->n_steps) : json_null(), "epoch", l->epoch,
                        "images_per_second", real_or_null(l->images_per_second, l->images_per_second > 0),
                        "eta_seconds", real_or_null(r->eta_seconds, r->eta_seconds >= 0),
                        "quiet_seconds", real_or_null(l->quiet_seconds, l->step > 0), "train_loss", qb_json_real(l->train_loss), "test_top1", qb_json_real(l->test_top1));
}

json_t *qb_status_json(const qb_status *s)
{
    json_t *counts = json_object(), *running = json_array();
    bool ok = counts && running;
    for (size_t c = 0; ok && c < s->study->n_cells; c++) {
        for (size_t i = 0; ok && i < s->study->cells[c].n_runs; i++) {
            const char *status = s->study->cells[c].runs[i].status;
            json_int_t n = json_integer_value(json_object_get(counts, status));
            ok = json_object_set_new(counts, status, json_integer(n + 1)) == 0;
        }
    }
    for (size_t k = 0; ok && k < s->n_running; k++)
        ok = json_array_append_new(running, run_json(&s->running[k])) == 0;
    bool is_known = s->left.n_known == s->left.n;
    json_t *root = ok ? qb_json_pack("{s:s, s:I, s:O, s:O, s:o, s:o, s:b}", "title", s->study->title, "cells",
                                     (json_int_t)s->study->n_cells, "runs", counts, "running", running,
                                     "share", qb_json_real(s->share), "seconds_left", real_or_null(qb_time_left_seconds(&s->left, s->jobs), is_known), "complete",
                                     (int)qb_status_is_complete(s))
                      : NULL;
    json_decref(counts);
    json_decref(running);
    return root;
}
