/* `qatbench solver plot SOLVER`: the map w(x) of a solver over the annealing window, drawn by gnuplot. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "quant/map.h"
#include "quant/plugin_probe.h"
#include "study/gnuplot.h"

#include <math.h>
#include <string.h>

enum {
    N_SAMPLES = 1201, /* odd: x = 0 is one of them */
    MAX_CURVES = 12,
    MAX_LEVELS = 256,
    MAX_NAMED_LEVELS = 16, /* more are neither marked nor named on the axis */
    WIDTH = 640,
    HEIGHT = 480,
};

typedef struct drawing {
    const qb_plugin *plugin;
    qb_settings settings;
    char *spec; /* canonical, for the title */
    int bits;
    float levels[MAX_LEVELS]; /* given; after drawing: those that count */
    int n_levels;
    double range; /* x from -range to range */
    const double *at;
    int n_curves;
    float *x;
    float *w; /* (n_curves, N_SAMPLES) */
} drawing;

static const char *bits_text(int bits, char *buf, size_t n)
{
    if (bits == 0)
        snprintf(buf, n, "ternary");
    else
        snprintf(buf, n, "%d bit%s", bits, bits == 1 ? "" : "s");
    return buf;
}

/* ---- what to draw ---- */

static int levels_of_bits(int bits)
{
    return bits == 0 ? 3 : 1 << bits;
}

static int bits_of_levels(size_t n)
{
    for (int bits = 0; bits <= 8; bits++) {
        if ((size_t)levels_of_bits(bits) == n)
            return bits;
    }
    qb_err_set(QB_E_USAGE, "--levels: expected 3 levels or 2, 4, 8, ... 256, got %zu", n);
    return qb_err_hint("for instance --levels=-1/0/1, or --levels=-1.5/-0.5/0.5/1.5");
}

static int take_levels(const qb_value *levels, const qb_value *bits, drawing *d)
{
    int from_levels = bits_of_levels(levels->n_reals);
    QB_TRY(from_levels);
    if (!bits->is_null && bits->i != from_levels)
        return qb_err_set(QB_E_USAGE, "--levels: expected %d levels for --bits %s, got %zu", levels_of_bits((int)bits->i),
                          bits->text, levels->n_reals);
    for (size_t i = 0; i < levels->n_reals; i++) {
        if (i > 0 && !(levels->reals[i] > levels->reals[i - 1]))
            return qb_err_set(QB_E_USAGE, "--levels: expected ascending numbers, got %s", levels->text);
        d->levels[i] = (float)levels->reals[i];
    }
    d->bits = from_levels;
    d->n_levels = (int)levels->n_reals;
    return QB_OK;
}

/* The first bit width that the solver supports; its refusal of 2 bits when there is none. */
static int choose_bits(drawing *d)
{
    static const int order[] = {2, 0, 1, 3, 4, 5, 6, 7, 8};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        d->bits = order[i];
        int rc = qb_plugin_supports(d->plugin, &d->settings, d->bits, "tensor");
        if (rc != QB_E_NOT_OFFERED)
            return rc;
    }
    return qb_plugin_supports(d->plugin, &d->settings, 2, "tensor");
}

static int take_flags(const qb_cli *cli, drawing *d)
{
    const qb_value *levels = qb_get(&cli->flags, "levels"), *bits = qb_get(&cli->flags, "bits");
    const qb_value *at = qb_get(&cli->flags, "at"), *range = qb_get(&cli->flags, "range");
    if (!levels->is_null) {
        QB_TRY(take_levels(levels, bits, d));
    } else {
        d->bits = (int)bits->i;
        if (bits->is_null)
            QB_TRY(choose_bits(d));
        d->n_levels = levels_of_bits(d->bits);
        for (int i = 0; i < d->n_levels; i++)
            d->levels[i] = (float)(2.0 * i / (d->n_levels - 1) - 1.0);
    }
    if (at->n_reals < 1 || at->n_reals > MAX_CURVES)
        return qb_err_set(QB_E_USAGE, "--at: expected 1 to %d fractions, got %zu", MAX_CURVES, at->n_reals);
    d->at = at->reals;
    d->n_curves = (int)at->n_reals;
    d->range = 1.5 * fmax(fabs((double)d->levels[0]), fabs((double)d->levels[d->n_levels - 1]));
    if (!range->is_null)
        d->range = range->r;
    return QB_OK;
}

static int open_solver(const qb_cli *cli, drawing *d)
{
    qb_spec spec;
    QB_TRY(qb_spec_parse(cli->args[0], &spec));
    int rc = qb_plugin_load(spec.name, qb_cli_flag_text(cli, "solver_path"), &d->plugin);
    if (rc == QB_OK)
        rc = qb_plugin_settings(d->plugin, &spec, &d->settings);
    if (rc == QB_OK && !(d->spec = qb_spec_canonical(d->plugin->solver.name, &d->settings)))
        rc = QB_E_NOMEM;
    qb_spec_finish(&spec);
    return rc;
}

/* ---- the numbers ---- */

/* The levels of a solver that decides them: the distinct values of its hard weights, ascending. */
static void take_own_levels(drawing *d, const float *hard)
{
    d->n_levels = 0;
    for (int i = 0; i < N_SAMPLES; i++) {
        int k = 0;
        while (k < d->n_levels && d->levels[k] < hard[i])
            k++;
        if ((k < d->n_levels && d->levels[k] == hard[i]) || d->n_levels == MAX_LEVELS || isnan(hard[i]))
            continue;
        memmove(&d->levels[k + 1], &d->levels[k], (size_t)(d->n_levels - k) * sizeof d->levels[0]);
        d->levels[k] = hard[i];
        d->n_levels++;
    }
}

static int compute(const qb_cli *cli, drawing *d)
{
    float given[MAX_LEVELS], *hard = qb_alloc(N_SAMPLES, sizeof *hard);
    d->x = qb_alloc(N_SAMPLES, sizeof *d->x);
    d->w = qb_alloc((size_t)d->n_curves * N_SAMPLES, sizeof *d->w);
    if (!hard || !d->x || !d->w) {
        qb_free(hard);
        return QB_E_NOMEM;
    }
    for (int i = 0; i < N_SAMPLES; i++)
        d->x[i] = (float)(d->range * (2.0 * i / (N_SAMPLES - 1) - 1.0));
    memcpy(given, d->levels, sizeof given);
    const qb_map_options options = {.plugin = d->plugin, .settings = &d->settings, .bits = d->bits, .levels = given,
                                    .n_levels = d->n_levels, .n_steps = qb_get(&cli->flags, "steps")->i,
                                    .lr = qb_get(&cli->flags, "lr")->r};
    qb_map_levels whose = QB_MAP_GIVEN;
    int rc = qb_map_compute(&options, d->at, d->n_curves, d->x, N_SAMPLES, d->w, hard, &whose);
    if (rc == QB_OK && whose == QB_MAP_OWN)
        take_own_levels(d, hard);
    if (rc == QB_OK && whose == QB_MAP_NONE)
        d->n_levels = 0;
    if (rc == QB_OK && whose != QB_MAP_GIVEN && !qb_get(&cli->flags, "levels")->is_null)
        qb_log_warning("--levels: solver '%s' %s", d->plugin->solver.name,
                       whose == QB_MAP_OWN ? "decides its levels itself" : "quantizes nothing");
    qb_free(hard);
    return rc;
}

static char *tsv_of(const drawing *d)
{
    char buf[32];
    qb_str s = {0};
    qb_str_add(&s, "x");
    for (int c = 0; c < d->n_curves; c++)
        qb_str_addf(&s, "\tw_at_%s", qb_format_real(d->at[c], buf));
    qb_str_add(&s, "\n");
    for (int i = 0; i < N_SAMPLES; i++) {
        qb_str_addf(&s, "%.7g", (double)d->x[i]);
        for (int c = 0; c < d->n_curves; c++) {
            double w = (double)d->w[(size_t)c * N_SAMPLES + (size_t)i];
            qb_str_addf(&s, isfinite(w) ? "\t%.7g" : "\tNaN", w);
        }
        qb_str_add(&s, "\n");
    }
    return qb_str_take(&s);
}

/* ---- the picture ---- */

static double highest(const drawing *d)
{
    double most = d->range;
    for (size_t i = 0; i < (size_t)d->n_curves * N_SAMPLES; i++) {
        if (isfinite(d->w[i]))
            most = fmax(most, fabs((double)d->w[i]));
    }
    return most;
}

static char *commands_of(const drawing *d, const char *name)
{
    char text[256], bits[24], buf[32], color[8];
    qb_str s = {0};
    snprintf(text, sizeof text, "%s: the map w(x), %s", d->spec, bits_text(d->bits, bits, sizeof bits));
    qb_str_add(&s, "set title ");
    qb_gnuplot_add_string(&s, text);
    double y = 1.04 * highest(d);
    qb_str_addf(&s, "\nset xlabel 'latent weight x'\nset ylabel 'weight w(x)'\nset xrange [%.7g:%.7g]\nset yrange [%.7g:%.7g]\n",
                -d->range, d->range, -y, y);
    qb_str_add(&s, "set key top left reverse Left samplen 2 spacing 1.15 title 'fraction of the window' left\n"
                   "set border 3 lc rgb '#404040'\nset tics nomirror out scale 0.6\nset format '%g'\n");
    bool is_marked = d->n_levels > 0 && d->n_levels <= MAX_NAMED_LEVELS;
    if (is_marked) {
        qb_str_add(&s, "set grid ytics lc rgb '#d8d8d8' lt 1 lw 0.7\nset ytics (");
        for (int i = 0; i < d->n_levels; i++)
            qb_str_addf(&s, "%s'%.3g' %.7g", i > 0 ? ", " : "", (double)d->levels[i], (double)d->levels[i]);
        qb_str_add(&s, ")\n");
    }
    qb_str_addf(&s, "set label 'w = x' at %.7g,%.7g left offset 1.2,0 tc rgb '#707070'\n", -0.97 * d->range, -0.97 * d->range);
    qb_str_add(&s, "plot x with lines lc rgb '#909090' lw 0.8 dt '-' notitle");
    for (int c = 0; c < d->n_curves; c++) {
        /* curves that coincide stay visible: later ones are thinner */
        double width = d->n_curves > 1 ? 3.4 - 2.0 * c / (d->n_curves - 1) : 2.2;
        qb_str_addf(&s, ", \\\n    '%s.tsv' using 1:%d with lines lw %.2f lc rgb ", name, c + 2, width);
        qb_str_addf(&s, "'%s' title '%s'", qb_gnuplot_gradient((size_t)c, (size_t)d->n_curves, color), qb_format_real(d->at[c], buf));
    }
    qb_str_add(&s, "\n");
    return qb_str_take(&s);
}

static int write_picture(const qb_cli *cli, const drawing *d)
{
    const char *dir = qb_get(&cli->flags, "output")->text;
    char bits[24];
    snprintf(bits, sizeof bits, d->bits == 0 ? "ternary" : "%dbit", d->bits);
    char *name = qb_sprintf("map-%s-%s", d->plugin->solver.name, bits);
    char *tsv = tsv_of(d), *commands = name ? commands_of(d, name) : NULL;
    int rc = QB_E_NOMEM;
    if (name && tsv && commands)
        rc = qb_picture_write(&(qb_picture){.dir = dir, .name = name, .tsv = tsv, .commands = commands, .width = WIDTH,
                                            .height = HEIGHT});
    static const char *const endings[] = {"svg", "png", "tsv", "gp"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0] && rc == QB_OK; i++)
        rc = qb_cli_printf("%s/%s.%s\n", dir, name, endings[i]);
    qb_free(name);
    qb_free(tsv);
    qb_free(commands);
    return rc;
}

static int run_solver_plot(qb_cli *cli)
{
    drawing d = {0};
    int rc = open_solver(cli, &d);
    if (rc == QB_OK)
        rc = take_flags(cli, &d);
    if (rc == QB_OK)
        rc = compute(cli, &d);
    if (rc == QB_OK)
        rc = write_picture(cli, &d);
    qb_settings_finish(&d.settings);
    qb_free(d.spec);
    qb_free(d.x);
    qb_free(d.w);
    return rc;
}

static const qb_option options[] = {
    {"bits", QB_KIND_BITS, NULL, 0, 0, NULL, "", "bits of a weight (default: as many as there are levels, else 2)",
     QB_OPT_NULLABLE, NULL},
    {"levels", QB_KIND_REALS, NULL, 0, 0, NULL, "", "the levels, ascending, '/' between them (default: even, -1 to 1)",
     QB_OPT_NULLABLE, NULL},
    {"at", QB_KIND_REALS, "0/0.25/0.5/0.75/1", 0, 1, NULL, "", "fractions of the annealing window to draw", 0, NULL},
    {"steps", QB_KIND_INT, "1000", 2, 1000000, NULL, "steps", "length of the run, all of it the annealing window", 0, NULL},
    {"lr", QB_KIND_REAL, "0.1", 0, 1e3, NULL, "", "learning rate of every step", QB_OPT_MIN_OPEN, NULL},
    {"range", QB_KIND_REAL, NULL, 0, 1e6, NULL, "", "largest |x| (default: 1.5 times the largest level)",
     QB_OPT_NULLABLE | QB_OPT_MIN_OPEN, NULL},
    {"output", QB_KIND_PATH, "plots", 0, 0, NULL, "", "folder for the files", 0, NULL},
    {"solver_path", QB_KIND_PATH, NULL, 0, 0, NULL, "", "folders to look for solver plugins first, ':' between them",
     QB_OPT_NULLABLE, NULL},
};

const qb_verb qb_verb_solver_plot = {
    .name = "solver plot",
    .args = "SOLVER",
    .summary = "draws the map w(x) of a solver over the annealing window",
    .examples = "  qatbench solver plot parq --bits ternary\n"
                "  qatbench solver plot 'parq[steepness=20]' --levels=-1/0/1 --at 0.2/0.4/0.6\n"
                "  qatbench solver plot ./mymethod.so -o figures\n",
    .details = "SOLVER is a name or the path of a plugin, with options in brackets. Writes\n"
               "map-NAME-BITS with .svg, .png, .tsv and .gp, and prints their names. A curve is\n"
               "what project makes of a row of evenly spaced x at that fraction; each is a new\n"
               "instance, so what a solver learns while training is at its start. Solvers that\n"
               "decide their levels themselves take them from that row. Needs gnuplot.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .min_args = 1,
    .max_args = 1,
    .run = run_solver_plot,
};
