#include "study/plot_map.h"

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "quant/map.h"
#include "study/gnuplot.h"
#include "study/plot_figure.h"
#include "study/plot_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N_X = 401, N_AT = 5, N_STEPS = 1000, MAX_LEVELS = 256, MARKED_LEVELS = 8 };
static const double at[N_AT] = {0, 0.25, 0.5, 0.75, 1};
static const double range = 1.5;

typedef struct map {
    float x[N_X], w[N_AT * N_X], hard[N_X], levels[MAX_LEVELS];
    int n_levels;
} map;

/* Bits of a cell; -1: it is not quantized. */
static int bits_of(const qb_cell *c)
{
    const json_t *bits = json_object_get(c->config, "bits");
    return json_is_integer(bits) ? (int)json_integer_value(bits) : json_is_string(bits) ? 0 : -1;
}

static int compute(const qb_cell *c, map *m)
{
    qb_spec spec;
    const qb_plugin *plugin = NULL;
    qb_settings settings = {0};
    const char *text = json_string_value(json_object_get(c->config, "solver"));
    const int bits = bits_of(c);
    QB_TRY(qb_spec_parse(text ? text : "", &spec));
    int rc = qb_plugin_load(spec.name, NULL, &plugin);
    if (rc == QB_OK)
        rc = qb_plugin_settings(plugin, &spec, &settings);
    qb_spec_finish(&spec);
    m->n_levels = bits == 0 ? 3 : 1 << bits;
    for (int i = 0; i < m->n_levels; i++)
        m->levels[i] = (float)(2.0 * i / (m->n_levels - 1) - 1);
    for (int i = 0; i < N_X; i++)
        m->x[i] = (float)(range * (2.0 * i / (N_X - 1) - 1));
    const qb_map_options o = {.plugin = plugin, .settings = &settings, .bits = bits, .levels = m->levels, .n_levels = m->n_levels,
                              .n_steps = N_STEPS, .lr = 0.1};
    qb_map_levels whose = QB_MAP_GIVEN;
    if (rc == QB_OK)
        rc = qb_map_compute(&o, at, N_AT, m->x, N_X, m->w, m->hard, &whose);
    if (whose != QB_MAP_GIVEN)
        m->n_levels = 0;
    qb_settings_finish(&settings);
    return rc;
}

static void add_cell(qb_figure *f, const qb_study *s, const qb_cell *c, const map *m, double *highest)
{
    char *name = qb_cell_name(s, c), color[8];
    const size_t block = qb_figure_block(f);
    f->failed = f->failed || !name;
    for (int i = 0; name && i < N_X; i++) {
        qb_plot_add_field(&f->tsv, name);
        qb_str_addf(&f->tsv, "\t%.6g", (double)m->x[i]);
        for (int k = 0; k < N_AT; k++) {
            double w = (double)m->w[k * N_X + i];
            qb_str_addf(&f->tsv, isfinite(w) ? "\t%.6g" : "\tNaN", w);
            *highest = isfinite(w) ? fmax(*highest, fabs(w)) : *highest;
        }
        qb_str_add(&f->tsv, "\n");
    }
    qb_panel *p = qb_figure_panel(f, name, "latent weight x", "weight w(x)");
    if (!p)
        return;
    qb_str_addf(&p->before, "set xrange [%g:%g]\nset xtics 1\nset ytics 1\n", -range, range);
    for (int q = 0; m->n_levels <= MARKED_LEVELS && q < m->n_levels; q++)
        qb_str_addf(&p->before, "set arrow from graph 0, first %.6g to graph 1, first %.6g nohead back linecolor rgb \"#D8D8D8\" linewidth 0.8\n",
                    (double)m->levels[q], (double)m->levels[q]);
    qb_figure_plot_other(p, "x with lines linecolor rgb \"#909090\" linewidth 0.8 dashtype '-' notitle");
    for (size_t k = 0; k < N_AT; k++) /* curves that coincide stay visible: later ones are thinner */
        qb_figure_plot(f, p, block, "using 2:%zu with lines linecolor rgb \"%s\" linewidth %.1f notitle", k + 3,
                       qb_gnuplot_gradient(k, N_AT, color), 3.0 - 0.45 * (double)k);
}

/* As far as any of the maps reaches. */
static void set_heights(qb_figure *f, double highest)
{
    for (size_t i = 0; i < f->n_panels; i++)
        qb_str_addf(&f->panels[i].before, "set yrange [%.6g:%.6g]\n", -1.02 * highest, 1.02 * highest);
}

static void add_legend(qb_figure *f)
{
    char color[8], look[96], text[32];
    f->legend_title = qb_strdup("part of the window");
    for (size_t k = 0; k < N_AT; k++) {
        (void)snprintf(look, sizeof look, "lines linecolor rgb \"%s\" linewidth 2", qb_gnuplot_gradient(k, N_AT, color));
        qb_figure_legend(f, qb_format_real(at[k], text), look);
    }
    qb_figure_legend(f, "w = x", "lines linecolor rgb \"#909090\" linewidth 0.8 dashtype '-'");
}

int qb_plot_write_map(const qb_plot_job *job, const char *name)
{
    const qb_study *s = job->t->study;
    qb_figure f;
    map *m = qb_alloc(1, sizeof *m);
    char *set = qb_strdup(s->title);
    double highest = range;
    int rc = m && set ? QB_OK : QB_E_NOMEM;
    qb_figure_init(&f, job, name, set ? qb_sprintf("%s: the map w(x) while it anneals", set) : NULL, "cell\tx\tw at 0\t0.25\t0.5\t0.75\t1 of the window");
    for (size_t c = 0; rc == QB_OK && c < s->n_cells; c++) {
        if (bits_of(&s->cells[c]) < 0)
            continue;
        rc = compute(&s->cells[c], m);
        if (rc == QB_OK) {
            add_cell(&f, s, &s->cells[c], m, &highest);
        } else if (rc != QB_E_NOMEM) {
            char *cell = qb_cell_name(s, &s->cells[c]);
            qb_log_warning("%s: %s is not drawn: %s", name, cell ? cell : "a cell", qb_err_text());
            qb_free(cell);
            qb_err_clear();
            rc = QB_OK;
        }
    }
    set_heights(&f, highest);
    add_legend(&f);
    f.across = f.n_panels > 12 ? 6 : f.n_panels > 6 ? 4 : 3;
    f.panel_width = f.panel_height = f.n_panels > 6 ? 170 : 240;
    f.same_x = f.same_y = true;
    if (rc == QB_OK && f.n_panels == 0)
        rc = qb_err_set(QB_E_NOINPUT, "%s: %s: no cell is quantized by a solver that is here", name, s->title);
    if (rc == QB_OK)
        rc = qb_figure_draw(&f, job);
    qb_figure_finish(&f);
    qb_free(set);
    qb_free(m);
    return rc;
}
