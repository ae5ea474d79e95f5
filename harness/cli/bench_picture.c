/* Pictures of `bench`: where the time of a step goes, and speed against a key's values. */
#include "cli/bench.h"

#include "base/err.h"
#include "cli/cli.h"
#include "study/gnuplot.h"

#include <string.h>

/* Colours of the passes, told apart also in grey. */
static const struct {
    const char *name, *color;
} bars[QB_N_PASSES] = {
    [QB_PASS_FORWARD] = {"forward", "#0072B2"},
    [QB_PASS_BACKWARD_DATA] = {"backward data", "#E69F00"},
    [QB_PASS_BACKWARD_WEIGHTS] = {"backward weights", "#F0E442"},
    [QB_PASS_BACKWARD] = {"backward", "#999999"},
};

static int print_names(const char *dir, const char *name)
{
    return qb_cli_printf("%s/%s.svg\n%s/%s.png\n", dir, name, dir, name);
}

static int draw(const char *dir, const char *name, qb_str *tsv, qb_str *commands, int width, int height)
{
    if (tsv->failed || commands->failed)
        return QB_E_NOMEM;
    return qb_picture_write(&(qb_picture){.dir = dir, .name = name, .tsv = tsv->text, .commands = commands->text,
                                          .width = width, .height = height});
}

static void add_title(const qb_bench *b, const char *what, qb_str *gp)
{
    char text[200];
    qb_engine_info engine;
    qb_engine_get_info(&engine);
    snprintf(text, sizeof text, "%s: %s, batch %lld, %s, %d thread%s, %s", what, b->config->model->name, (long long)b->batch,
             qb_get(&b->config->settings, "dtype")->text, b->threads, b->threads == 1 ? "" : "s", engine.isa);
    qb_str_add(gp, "set title ");
    qb_gnuplot_add_string(gp, text);
    qb_str_add(gp, "\nset border 3 lc rgb '#404040'\nset tics nomirror out scale 0.6\nset grid ytics lc rgb '#d8d8d8' lt 1 lw 0.7\n");
}

/* ---- costs ---- */

/* A row a layer, in the order of the network. Returns how many. */
static size_t add_cost_rows(const qb_bench *b, qb_str *tsv)
{
    size_t n_rows = 0;
    qb_str_add(tsv, "layer\tkind");
    for (int pass = 0; pass < QB_N_PASSES; pass++)
        qb_str_addf(tsv, "\t%s (ms)", bars[pass].name);
    qb_str_add(tsv, "\n");
    for (size_t i = 0; i < b->n_costs;) {
        const qb_net_cost *first = &b->costs[i];
        double ms[QB_N_PASSES] = {0};
        for (; i < b->n_costs && strcmp(b->costs[i].layer, first->layer) == 0; i++)
            ms[b->costs[i].pass] = 1000 * b->costs[i].seconds;
        qb_str_addf(tsv, "%s\t%s", first->layer, first->kind);
        for (int pass = 0; pass < QB_N_PASSES; pass++)
            qb_str_addf(tsv, "\t%.4f", ms[pass]);
        qb_str_add(tsv, "\n");
        n_rows++;
    }
    return n_rows;
}

int qb_bench_draw_costs(const qb_bench *b, const char *dir)
{
    qb_str tsv = {0}, gp = {0};
    char name[128];
    snprintf(name, sizeof name, "profile-%s-b%lld-%s", b->config->model->name, (long long)b->batch,
             qb_get(&b->config->settings, "dtype")->text);
    size_t n_rows = add_cost_rows(b, &tsv);
    add_title(b, "where a step's time goes", &gp);
    qb_str_add(&gp, "set ylabel 'time (ms)'\nset yrange [0:*]\nset xtics rotate by 60 right font ',9' noenhanced\n"
                    "set key outside top center horizontal reverse Left samplen 1\nset style data histograms\nset style histogram rowstacked\n"
                    "set style fill solid noborder\nset boxwidth 0.8\nplot ");
    for (int pass = 0; pass < QB_N_PASSES; pass++)
        qb_str_addf(&gp, "%s'%s.tsv' using %d:xticlabels(1) lc rgb '%s' title '%s'", pass > 0 ? ", \\\n  " : "", name, pass + 3,
                    bars[pass].color, bars[pass].name);
    qb_str_add(&gp, "\n");
    int width = 240 + 15 * (int)n_rows;
    int rc = draw(dir, name, &tsv, &gp, width < 640 ? 640 : width, 460);
    qb_str_finish(&tsv);
    qb_str_finish(&gp);
    return rc == QB_OK ? print_names(dir, name) : rc;
}

/* ---- sweeps ---- */

int qb_bench_draw_sweep(qb_bench *const *benches, size_t n, const char *key, const char *dir)
{
    qb_str tsv = {0}, gp = {0};
    char name[128];
    bool with_ceiling = benches[0]->with_ceiling;
    snprintf(name, sizeof name, "sweep-%s", key);
    qb_str_addf(&tsv, "%s\timages/s\tlowest window\thighest window\tceiling (images/s)\n", key);
    for (size_t i = 0; i < n; i++) {
        const qb_bench *b = benches[i];
        qb_str_addf(&tsv, "%s\t%.2f\t%.2f\t%.2f\t", qb_get(&b->config->settings, key)->text, b->median.images_per_second,
                    b->windows[0].images_per_second, b->windows[b->n_windows - 1].images_per_second);
        if (with_ceiling)
            qb_str_addf(&tsv, "%.2f", 1000 * (double)b->batch / b->ceiling);
        qb_str_add(&tsv, "\n");
    }
    qb_str_addf(&gp, "set title 'training speed against %s'\nset xlabel '%s'\n", key, key);
    qb_str_add(&gp, "set border 3 lc rgb '#404040'\nset tics nomirror out scale 0.6\nset grid ytics lc rgb '#d8d8d8' lt 1 lw 0.7\n"
                    "set ylabel 'images/s'\nset yrange [0:*]\nset offsets 0.5, 0.5, 0, 0\nset xtics noenhanced\n"
                    "set key bottom left reverse Left\nset datafile separator tab\nplot ");
    qb_str_addf(&gp, "'%s.tsv' using 0:2:3:4:xticlabels(1) with yerrorlines lw 2 pt 7 lc rgb '#0072B2' title 'step: median, range of the windows'",
                name);
    if (with_ceiling)
        qb_str_addf(&gp, ", \\\n  '' using 0:5 with linespoints lw 1.5 pt 6 dt '-' lc rgb '#D55E00' title 'convolutions alone'");
    qb_str_add(&gp, "\n");
    int rc = draw(dir, name, &tsv, &gp, 640, 460);
    qb_str_finish(&tsv);
    qb_str_finish(&gp);
    return rc == QB_OK ? print_names(dir, name) : rc;
}
