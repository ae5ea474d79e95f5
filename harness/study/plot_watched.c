#include "study/plot_watched.h"

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "study/gnuplot.h"
#include "study/plot_figure.h"
#include "study/plot_parts.h"
#include "study/watched.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N_SHOWN = 3, MAX_LAYERS = 1000, MAX_LINES = 16 };

/* The lines of a cell, and its layers in the order of the network. */
typedef struct watch {
    const json_t *lines;
    const char *layers[MAX_LAYERS];
    size_t n_layers;
} watch;

static const char *layer_of(const json_t *line)
{
    const char *name = json_string_value(json_object_get(line, "layer"));
    return name ? name : "";
}

static void find_layers(watch *w, const json_t *lines)
{
    w->lines = lines;
    w->n_layers = 0;
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const char *name = layer_of(json_array_get(lines, i));
        bool is_new = w->n_layers < MAX_LAYERS;
        for (size_t k = 0; is_new && k < w->n_layers; k++)
            is_new = strcmp(w->layers[k], name) != 0;
        if (is_new)
            w->layers[w->n_layers++] = name;
    }
}

static size_t count_shown(const watch *w, size_t most) { return w->n_layers < most ? w->n_layers : most; }

/* Number i of n_shown layers, evenly spread from the first to the last. */
static const char *shown_layer(const watch *w, size_t i, size_t n_shown)
{
    return w->layers[n_shown > 1 ? i * (w->n_layers - 1) / (n_shown - 1) : 0];
}

static char *layer_title(const char *name)
{
    size_t n = strlen(name);
    return qb_strndup(name, qb_ends_with(name, ".weight") ? n - strlen(".weight") : n);
}

static void add_number(qb_str *tsv, const json_t *v)
{
    char text[32];
    qb_str_add(tsv, json_is_number(v) ? qb_format_real(json_number_value(v), text) : "NaN");
}

static double epoch_of(const json_t *line) { return json_number_value(json_object_get(line, "epoch")); }

/* "epoch 40", "epoch 0.01". */
static char *epoch_title(const json_t *line) { return qb_sprintf("epoch %.3g", epoch_of(line)); }

/* ---- kinds ---- */

static int draw_levels(qb_figure *f, const watch *w)
{
    const size_t n = count_shown(w, N_SHOWN);
    for (size_t i = 0; i < n; i++) {
        const char *layer = shown_layer(w, i, n);
        size_t block = qb_figure_block(f), n_levels = 0;
        qb_panel *p = qb_figure_panel(f, layer_title(layer), "epoch", "level");
        for (size_t k = 0; k < json_array_size(w->lines); k++) {
            const json_t *line = json_array_get(w->lines, k), *levels = json_object_get(line, "levels");
            if (strcmp(layer_of(line), layer) != 0)
                continue;
            qb_plot_add_field(&f->tsv, layer);
            qb_str_add(&f->tsv, "\t");
            add_number(&f->tsv, json_object_get(line, "epoch"));
            for (size_t q = 0; q < json_array_size(levels); q++) {
                qb_str_add(&f->tsv, "\t");
                add_number(&f->tsv, json_array_get(levels, q));
            }
            qb_str_add(&f->tsv, "\n");
            n_levels = json_array_size(levels) > n_levels ? json_array_size(levels) : n_levels;
        }
        if (p)
            qb_str_add(&p->before, "set offsets 0, 0, graph 0.05, graph 0.05\n");
        for (size_t q = 0; p && q < n_levels; q++)
            qb_figure_plot(f, p, block, "using 2:%zu with lines linecolor rgb \"%s\" linewidth 1.6 notitle", q + 3, qb_plot_color(1));
    }
    return QB_OK;
}

static int draw_flips(qb_figure *f, const watch *w)
{
    static const struct {
        const char *member, *title, *axis;
        double factor;
    } panels[] = {{"flips", "codes that changed in an epoch", "share of weights (%)", 100},
                  {"distance", "distance of w to the nearest level", "mean (gaps between levels)", 1},
                  {"distance_latent", "distance of x to the nearest level", "mean (gaps between levels)", 1}};
    enum { N = sizeof panels / sizeof *panels };
    const size_t n = count_shown(w, MAX_LINES);
    char color[8], look[96];
    for (size_t i = 0; i < N; i++)
        (void)qb_figure_panel(f, qb_strdup(panels[i].title), "epoch", panels[i].axis);
    if (f->n_panels < N)
        return QB_E_NOMEM;
    for (size_t i = 0; i < N; i++)
        qb_str_add(&f->panels[i].before, "set yrange [0:*]\n");
    for (size_t i = 0; i < n; i++) {
        const char *layer = shown_layer(w, i, n);
        size_t block = qb_figure_block(f);
        bool any[N] = {false};
        for (size_t k = 0; k < json_array_size(w->lines); k++) {
            const json_t *line = json_array_get(w->lines, k);
            if (strcmp(layer_of(line), layer) != 0)
                continue;
            qb_plot_add_field(&f->tsv, layer);
            qb_str_add(&f->tsv, "\t");
            add_number(&f->tsv, json_object_get(line, "epoch"));
            for (size_t m = 0; m < N; m++) {
                const json_t *v = json_object_get(line, panels[m].member);
                any[m] = any[m] || json_is_number(v);
                if (json_is_number(v))
                    qb_str_addf(&f->tsv, "\t%.7g", panels[m].factor * json_number_value(v));
                else
                    qb_str_add(&f->tsv, "\tNaN");
            }
            qb_str_add(&f->tsv, "\n");
        }
        (void)qb_gnuplot_gradient(i, n, color);
        for (size_t m = 0; m < N; m++) {
            if (any[m])
                qb_figure_plot(f, &f->panels[m], block,
                               "using 2:%zu with linespoints linecolor rgb \"%s\" linewidth 1.5 pointtype 7 pointsize 0.4 notitle", m + 3, color);
        }
        (void)snprintf(look, sizeof look, "linespoints linecolor rgb \"%s\" linewidth 1.5 pointtype 7 pointsize 0.4", color);
        char *title = layer_title(layer);
        qb_figure_legend(f, title ? title : "", look);
        qb_free(title);
    }
    f->left = 66;
    return QB_OK;
}

static const char level_look[] = "lines linecolor rgb \"#D55E00\" linewidth 1.1 dashtype '-'";
static const char same_look[] = "lines linecolor rgb \"#707070\" linewidth 1 dashtype '.'"; /* w = x */

/* Upright lines at the levels of a line that are in its range. */
static void mark_levels(qb_panel *p, const json_t *line, double low, double high)
{
    const json_t *levels = json_object_get(line, "levels");
    for (size_t q = 0; q < json_array_size(levels); q++) {
        double at = json_number_value(json_array_get(levels, q));
        if (at >= low && at <= high)
            qb_str_addf(&p->before, "set arrow from %.7g, graph 0 to %.7g, graph 1 nohead back linetype 1 linecolor rgb \"#D55E00\" linewidth 1.1 dashtype '-'\n",
                        at, at);
    }
}

static void add_bins(qb_figure *f, const json_t *line)
{
    static const char *const members[] = {"latent", "weights"};
    double low = json_number_value(json_object_get(line, "low")), high = json_number_value(json_object_get(line, "high"));
    json_int_t most[2] = {1, 1};
    size_t n = json_array_size(json_object_get(line, members[0]));
    for (int m = 0; m < 2; m++) {
        for (size_t k = 0; k < n; k++) {
            json_int_t count = json_integer_value(json_array_get(json_object_get(line, members[m]), k));
            most[m] = count > most[m] ? count : most[m];
        }
    }
    for (size_t k = 0; k < n; k++) {
        double at = low + (high - low) * ((double)k + 0.5) / (double)n;
        qb_plot_add_field(&f->tsv, layer_of(line));
        qb_str_addf(&f->tsv, "\t%.6g\t%.6g", epoch_of(line), at);
        for (int m = 0; m < 2; m++) {
            json_int_t count = json_integer_value(json_array_get(json_object_get(line, members[m]), k));
            qb_str_addf(&f->tsv, "\t%.5g", (double)count / (double)most[m]);
        }
        qb_str_add(&f->tsv, "\n");
    }
}

static int draw_histogram(qb_figure *f, const watch *w)
{
    const size_t n = count_shown(w, N_SHOWN);
    for (size_t i = 0; i < n; i++) {
        const char *layer = shown_layer(w, i, n);
        int n_points = 0;
        for (size_t k = 0; k < json_array_size(w->lines); k++) {
            const json_t *line = json_array_get(w->lines, k);
            if (strcmp(layer_of(line), layer) != 0)
                continue;
            char *name = layer_title(layer), *epoch = epoch_title(line);
            char *title = name && epoch ? qb_sprintf("%s, %s", name, epoch) : NULL;
            qb_free(name);
            qb_free(epoch);
            size_t block = qb_figure_block(f);
            qb_panel *p = qb_figure_panel(f, title, "weight", "count (of the largest)");
            if (!p)
                return QB_E_NOMEM;
            add_bins(f, line);
            double low = json_number_value(json_object_get(line, "low")), high = json_number_value(json_object_get(line, "high"));
            qb_str_addf(&p->before, "set xrange [%.6g:%.6g]\nset yrange [0:1.08]\nset xtics %.1g\n", low, high, (high - low) / 4);
            mark_levels(p, line, low, high);
            qb_figure_plot(f, p, block, "using 3:4 with fillsteps fillcolor rgb \"#9DBBD3\" fillstyle solid notitle");
            qb_figure_plot(f, p, block, "using 3:5 with histeps linecolor rgb \"#222222\" linewidth 1.2 notitle");
            n_points++;
        }
        f->across = n_points;
    }
    qb_figure_legend(f, "latent x", "boxes fillcolor rgb \"#9DBBD3\" fillstyle solid");
    qb_figure_legend(f, "forward w", "lines linecolor rgb \"#222222\" linewidth 1.2");
    qb_figure_legend(f, "levels", level_look);
    f->same_y = true;
    f->panel_width = 200;
    f->panel_height = 140;
    return QB_OK;
}

static int draw_map(qb_figure *f, const watch *w)
{
    const size_t n = count_shown(w, N_SHOWN);
    size_t n_points = 0;
    char color[8], look[160];
    for (size_t k = 0; k < json_array_size(w->lines); k++)
        n_points += strcmp(layer_of(json_array_get(w->lines, k)), w->layers[0]) == 0;
    for (size_t i = 0; i < n; i++) {
        const char *layer = shown_layer(w, i, n);
        const json_t *last = NULL;
        size_t point = 0;
        qb_panel *p = qb_figure_panel(f, layer_title(layer), "latent weight x", "forward weight w");
        if (!p)
            return QB_E_NOMEM;
        (void)snprintf(look, sizeof look, "x with %s notitle", same_look);
        qb_figure_plot_other(p, look);
        for (size_t k = 0; k < json_array_size(w->lines); k++) {
            const json_t *line = json_array_get(w->lines, k), *x = json_object_get(line, "x"), *y = json_object_get(line, "w");
            if (strcmp(layer_of(line), layer) != 0)
                continue;
            size_t block = qb_figure_block(f);
            for (size_t s = 0; s < json_array_size(x); s++) {
                qb_plot_add_field(&f->tsv, layer);
                qb_str_addf(&f->tsv, "\t%.6g\t", epoch_of(line));
                add_number(&f->tsv, json_array_get(x, s));
                qb_str_add(&f->tsv, "\t");
                add_number(&f->tsv, json_array_get(y, s));
                qb_str_add(&f->tsv, "\n");
            }
            (void)qb_gnuplot_gradient(point, n_points, color);
            qb_figure_plot(f, p, block, "using 3:4 with points linecolor rgb \"%s\" pointtype 7 pointsize 0.45 notitle", color);
            if (i == 0) {
                char *title = epoch_title(line);
                (void)snprintf(look, sizeof look, "points linecolor rgb \"%s\" pointtype 7 pointsize 0.8", color);
                qb_figure_legend(f, title ? title : "", look);
                qb_free(title);
            }
            point++;
            last = line;
        }
        for (size_t q = 0; q < json_array_size(json_object_get(last, "levels")); q++) {
            (void)snprintf(look, sizeof look, "%.7g with %s notitle", json_number_value(json_array_get(json_object_get(last, "levels"), q)), level_look);
            qb_figure_plot_other(p, look);
        }
    }
    qb_figure_legend(f, "last levels", level_look);
    qb_figure_legend(f, "w = x", same_look);
    return QB_OK;
}

static const struct kind {
    const char *name, *observer, *what, *columns;
    int (*draw)(qb_figure *f, const watch *w);
} kinds[] = {
    {"levels", "levels", "levels over the epochs", "layer\tepoch\tlevels...", draw_levels},
    {"histogram", "histogram", "weights and levels", "layer\tepoch\tcentre\tlatent\tforward", draw_histogram},
    {"map-weights", "map", "the map w(x) of real weights", "layer\tepoch\tx\tw", draw_map},
    {"flips", "codes", "flips and distances", "layer\tepoch\tflips_percent\tdistance\tdistance_latent", draw_flips},
};

/* ---- cells ---- */

/* "map-weights-parq-2-bits" */
static void file_name(const char *kind, const char *cell, char *ret, size_t size)
{
    size_t n = (size_t)snprintf(ret, size, "%s-", kind);
    for (const char *p = cell; *p && n + 1 < size; p++) {
        bool is_plain = isalnum((unsigned char)*p) || *p == '.' || *p == '_' || *p == '=';
        if (is_plain || ret[n - 1] != '-')
            ret[n++] = is_plain ? *p : '-';
    }
    n -= ret[n - 1] == '-';
    ret[n] = '\0';
}

static int draw_cell(const qb_plot_job *job, const struct kind *k, const qb_cell *cell, const json_t *lines, long long seed)
{
    qb_figure f;
    char name[160];
    watch *w = qb_alloc(1, sizeof *w);
    char *set = qb_plot_title(job->t), *of = qb_cell_name(job->t->study, cell);
    char *title = set && of ? qb_sprintf("%s, %s, seed %lld: %s", set, of, seed, k->what) : NULL;
    file_name(k->name, of ? of : "", name, sizeof name);
    qb_figure_init(&f, job, name, title, k->columns);
    int rc = w && title ? QB_OK : QB_E_NOMEM;
    if (rc == QB_OK) {
        find_layers(w, lines);
        rc = k->draw(&f, w);
    }
    if (rc == QB_OK)
        rc = qb_figure_draw(&f, job);
    qb_figure_finish(&f);
    qb_free(set);
    qb_free(of);
    qb_free(w);
    return rc;
}

/* A picture without numbers: what would be here, and how to get it. */
static int draw_advice(const qb_plot_job *job, const struct kind *k)
{
    qb_figure f;
    char *set = qb_plot_title(job->t), *advice = qb_watched_advice(job->t->study);
    qb_figure_init(&f, job, k->name, set ? qb_sprintf("%s: %s", set, k->what) : NULL, k->columns);
    qb_panel *p = qb_figure_panel(&f, qb_strdup(""), "", "");
    f.panel_width = 900;
    f.panel_height = 120;
    int rc = set && advice && p ? QB_OK : QB_E_NOMEM;
    if (rc == QB_OK) {
        double y = 0.75;
        qb_str_addf(&p->before, "unset border\nunset tics\nset label 'no run has diagnostics ''%s''' at graph 0.5, graph %.2f center\n",
                    k->observer, y);
        for (char *save = NULL, *line = strtok_r(advice, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
            y -= 0.22;
            qb_str_add(&p->before, "set label ");
            qb_plot_add_quoted(&p->before, line);
            qb_str_addf(&p->before, " at graph 0.5, graph %.2f center textcolor rgb \"#666666\"\n", y);
        }
        qb_str_add(&p->before, "set xrange [0:1]\nset yrange [0:1]\n");
        qb_figure_plot_other(p, "NaN notitle");
        rc = qb_figure_draw(&f, job);
    }
    qb_figure_finish(&f);
    qb_free(set);
    qb_free(advice);
    return rc;
}

static bool is_quantized(const qb_cell *c)
{
    const json_t *bits = json_object_get(c->config, "bits");
    return bits && !json_is_null(bits);
}

int qb_plot_write_watched(const qb_plot_job *job, const char *kind)
{
    const qb_study *s = job->t->study;
    const struct kind *k = kinds;
    while (strcmp(k->name, kind) != 0)
        k++;
    size_t n_drawn = 0, n_without = 0;
    int result = QB_OK;
    for (size_t c = 0; c < s->n_cells; c++) {
        json_t *lines = NULL;
        long long seed = 0;
        if (!is_quantized(&s->cells[c]) || qb_cell_count(&s->cells[c], "done") == 0)
            continue;
        QB_TRY(qb_watched_lines(&s->cells[c], k->observer, &lines, &seed));
        bool has = json_array_size(lines) > 0;
        int rc = has ? draw_cell(job, k, &s->cells[c], lines, seed) : QB_OK;
        json_decref(lines);
        n_drawn += has;
        n_without += !has;
        if (rc == QB_E_UNAVAILABLE)
            result = rc;
        else
            QB_TRY(rc);
    }
    if (n_drawn == 0 && job->is_report)
        return qb_err_set(QB_E_NOINPUT, "%s: %s: no run has diagnostics '%s'", kind, s->title, k->observer);
    if (n_drawn == 0)
        return draw_advice(job, k);
    if (n_without > 0 && !job->is_report)
        qb_log_warning("%s: %zu of %zu cells have no diagnostics '%s' and are not drawn", k->name, n_without, n_drawn + n_without, k->observer);
    return result;
}
