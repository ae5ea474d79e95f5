/* proxmaps and trajectories: the program's own plugins, quantizers, quantized step and optimizers.
 * A file's names (`unif-max`, `soft`, ...) become our specs, so that parsers and loader are tested on the way.
 */
#include "golden_solver.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "quant/instance.h"

#include <math.h>
#include <string.h>

/* ---- plugins ---- */

/* The spec of a map of the files; NULL: unknown. */
static char *map_spec(const json_t *c)
{
    static const char *const none[] = {NULL};
    static const char *const parq[] = {"steepness", "anneal_wd_frac", NULL};
    static const char *const soft[] = {"tau_start", "tau_end", "power", NULL};
    static const struct {
        const char *theirs, *ours;
        const char *const *options;
    } maps[] = {{"ste", "ste", none},
                {"binaryrelax", "binaryrelax", none},
                {"parq", "parq", parq},
                {"parq-steep", "parq", parq},
                {"soft", "softquant", soft}};
    const char *theirs = golden_text(c, "map");
    for (size_t i = 0; theirs != NULL && i < sizeof maps / sizeof *maps; i++)
        if (strcmp(theirs, maps[i].theirs) == 0) {
            golden_spec s = golden_spec_begin(maps[i].ours);
            golden_spec_copy(&s, c, maps[i].options);
            return golden_spec_end(&s);
        }
    return NULL;
}

int golden_load_solver(const char *spec_text, const qb_plugin **ret_plugin, qb_settings *ret_settings)
{
    qb_spec spec;
    char *dir = qb_program_dir(), *solvers = qb_path_join(dir, "../solvers");
    int rc = qb_spec_parse(spec_text, &spec);
    if (rc == 0) {
        rc = qb_plugin_load(spec.name, solvers, ret_plugin);
        if (rc == 0)
            rc = qb_plugin_settings(*ret_plugin, &spec, ret_settings);
        qb_spec_finish(&spec);
    }
    qb_free(solvers);
    qb_free(dir);
    return rc;
}

/* ---- proxmaps ---- */

static bool matches_proxmaps(const golden_file *f)
{
    return f->cases && golden_cases_have(f, "map") && !golden_cases_have(f, "base") && golden_tensor(f, NULL, "x") != NULL;
}

/* w = project of the plugin on x with given levels; a fresh instance. */
static int project(const qb_plugin *p, const qb_settings *settings, const json_t *c, const qb_view *shape, float *x, float *w)
{
    const qb_solver *s = &p->solver;
    qb_instance instance;
    const qb_instance_options options = {.plugin = p, .settings = settings, .bits = (int)golden_number(c, "bits", 0), .n_views = 1,
                                         .view_names = &shape->name};
    double at = golden_number(c, "step", 0), start = golden_number(c, "anneal_start", 0), end = golden_number(c, "anneal_end", 0);
    qb_step step = {.size = sizeof step, .step = (int64_t)at, .n_steps = (int64_t)end + 1000, .steps_per_epoch = 10,
                    .anneal_start = start, .anneal_end = end, .fraction = (at - start) / (end - start)};
    int rc = qb_instance_init(&instance, &options, NULL);
    if (rc == 0) {
        qb_view view = *shape;
        view.x = x;
        view.z = x;
        view.w = w;
        rc = s->project(instance.self, &step, &view);
    }
    qb_instance_finish(&instance);
    return rc;
}

/* Nearest midpoint between levels of the element's row, within 1e-6: both sides are right answers there. */
static bool is_near_midpoint(const qb_view *v, int64_t i, float x)
{
    const float *q = v->levels + i / v->row_len * v->n_levels;
    for (int32_t k = 0; k + 1 < v->n_levels; k++)
        if (fabs((double)x - 0.5 * ((double)q[k] + (double)q[k + 1])) <= 1e-6)
            return true;
    return false;
}

static void run_proxmap_case(golden_tally *t, const golden_file *f, const char *name, const json_t *c)
{
    char *spec = map_spec(c);
    const qb_st_tensor *x_tensor = golden_tensor(f, NULL, "x");
    if (spec == NULL || x_tensor == NULL) {
        golden_skip(t, name, "map '%s' is unknown here", golden_text(c, "map"));
        qb_free(spec);
        return;
    }
    const qb_plugin *plugin;
    qb_settings settings;
    if (golden_load_solver(spec, &plugin, &settings) < 0) {
        golden_fail(t, name, "%s: %s", spec, qb_err_text());
        qb_free(spec);
        return;
    }
    enum { HERE, BELOW, ABOVE, N_PLACES };
    size_t n = 0, n_levels = 0, n_want = 0;
    float *x = golden_floats(f, NULL, "x", &n), *levels = golden_floats(f, name, "Q", &n_levels);
    float *want = golden_floats(f, name, "w", &n_want), *got[N_PLACES], *moved[N_PLACES];
    int64_t rows = golden_number(c, "per_channel", 0) != 0 ? x_tensor->shape[0] : 1;
    qb_view view = {.size = sizeof view, .name = "golden", .n_rows = rows, .row_len = (int64_t)n / rows,
                    .bits = (int32_t)golden_number(c, "bits", 0), .levels = levels, .n_levels = (int32_t)((int64_t)n_levels / rows)};
    int rc = n == n_want ? 0 : 1;
    for (int place = 0; place < N_PLACES; place++) {
        got[place] = qb_alloc(n, sizeof(float));
        moved[place] = qb_alloc(n, sizeof(float));
        for (size_t i = 0; i < n; i++)
            moved[place][i] = x[i] + (place == BELOW ? -1.5e-6f : place == ABOVE ? 1.5e-6f : 0.0f);
        rc = rc != 0 ? rc : project(plugin, &settings, c, &view, moved[place], got[place]);
    }
    double tolerance = golden_number(c, "tolerance", 2e-6), worst = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        double error = golden_error(&got[HERE][i], &want[i], 1, tolerance);
        if (!(error <= 1) && is_near_midpoint(&view, (int64_t)i, x[i])) {
            error = fmin(error, golden_error(&got[BELOW][i], &want[i], 1, tolerance + 1.5e-6));
            error = fmin(error, golden_error(&got[ABOVE][i], &want[i], 1, tolerance + 1.5e-6));
        }
        worst = error > worst || error != error ? error : worst;
    }
    if (rc != 0)
        golden_fail(t, name, "%s: could not be run", spec);
    else
        golden_case(t, name, worst);
    for (int place = 0; place < N_PLACES; place++) {
        qb_free(got[place]);
        qb_free(moved[place]);
    }
    qb_free(want);
    qb_free(levels);
    qb_free(x);
    qb_settings_finish(&settings);
    qb_free(spec);
}

static void run_proxmaps(golden_tally *t, const golden_file *f)
{
    const char *name;
    json_t *c;
    json_object_foreach(f->cases, name, c) run_proxmap_case(t, f, name, c);
}

const golden_kind golden_proxmaps = {"maps of solvers", matches_proxmaps, run_proxmaps};

/* ---- trajectories ---- */

static bool matches_trajectories(const golden_file *f)
{
    return f->cases && golden_cases_have(f, "map") && golden_cases_have(f, "base");
}

static double lr_of(const json_t *c, int64_t step)
{
    double lr = golden_number(c, "lr", 0);
    return (double)step >= golden_number(c, "lr_drop_at", HUGE_VAL) ? lr * golden_number(c, "lr_drop", 1) : lr;
}

/* One network of one tensor, trained with the gradients of the file. */
static void run_trajectory(golden_tally *t, const golden_file *f, const char *name, const json_t *c, const qb_plugin *plugin,
                           const qb_settings *settings, const char *quantizer)
{
    const qb_st_tensor *shape = golden_tensor(f, NULL, "u0");
    size_t n = 0, n_g = 0, n_w = 0, n_u = 0, n_q = 0;
    float *x = golden_floats(f, NULL, "u0", &n), *g = golden_floats(f, NULL, "g", &n_g);
    float *want_w = golden_floats(f, name, "w", &n_w), *want_u = golden_floats(f, name, "u", &n_u);
    float *want_q = golden_floats(f, name, "Q", &n_q), *w = qb_alloc(n, sizeof(float));
    memcpy(w, x, n * sizeof(float));
    int64_t steps = (int64_t)(n_g / n), warmup = (int64_t)golden_number(c, "warmup_steps", 0);
    double tolerance = golden_number(c, "tolerance", 1e-5), error = 0;
    qb_param param = {.name = "golden.weight", .is_quantized = true, .decay_factor = 1, .lr_factor = 1, .n_dims = shape->n_dims, .n = n, .x = x, .w = w};
    for (int d = 0; d < shape->n_dims && d < 4; d++)
        param.shape[d] = shape->shape[d];
    qb_quant_options o = {.plugin = plugin,
                          .solver_settings = settings,
                          .bits = (int)golden_number(c, "bits", 0),
                          .quantizer = quantizer,
                          .granularity = golden_number(c, "per_channel", 0) != 0 ? QB_PER_ROW : QB_PER_TENSOR,
                          .period = (int64_t)golden_number(c, "quant_period", 1),
                          .warmup = warmup,
                          .shrink = json_is_true(json_object_get(c, "quant_shrink")),
                          .n_steps = steps,
                          .steps_per_epoch = steps,
                          .anneal_start = golden_number(c, "anneal_start", 0),
                          .anneal_end = golden_number(c, "anneal_end", 0),
                          .lr_base = golden_number(c, "lr", 0),
                          .weight_decay = golden_number(c, "weight_decay", 0),
                          .threads = 1};
    for (int64_t k = warmup; k < steps; k++)
        o.lr_sum_total += lr_of(c, k);
    qb_optim *optim = NULL;
    qb_quant *quant = NULL;
    int rc = golden_create_optimizer(c, &optim);
    rc = rc != 0 ? rc : qb_quant_create(&o, &param, 1, optim, &quant);
    for (int64_t k = 0; rc == 0 && k < steps; k++) {
        param.g = g + (size_t)k * n;
        rc = qb_quant_step(quant, k, lr_of(c, k));
        error = fmax(error, golden_error(w, want_w + (size_t)k * n, n, tolerance));
    }
    int64_t rows = 0;
    int n_levels = 0;
    const float *levels = rc == 0 ? qb_quant_levels(quant, 0, &rows, &n_levels) : NULL;
    if (rc != 0)
        golden_fail(t, name, "%s", qb_err_text());
    else if (levels == NULL || (size_t)rows * (size_t)n_levels != n_q || n_u != n || n_w != n_g)
        golden_fail(t, name, "sizes differ: %zu levels expected, got %lld", n_q, (long long)(rows * n_levels));
    else
        golden_case(t, name, fmax(error, fmax(golden_error(x, want_u, n, tolerance), golden_error(levels, want_q, n_q, tolerance))));
    qb_quant_destroy(quant);
    qb_optim_destroy(optim);
    qb_free(w);
    qb_free(want_q);
    qb_free(want_u);
    qb_free(want_w);
    qb_free(g);
    qb_free(x);
}

static void run_trajectories(golden_tally *t, const golden_file *f)
{
    const char *name;
    json_t *c;
    json_object_foreach(f->cases, name, c)
    {
        const qb_plugin *plugin;
        qb_settings settings;
        char *spec = map_spec(c), *quantizer = golden_quantizer_spec(c);
        if (spec == NULL || quantizer == NULL) {
            golden_skip(t, name, "map '%s' with quantizer '%s' is unknown here", golden_text(c, "map"), golden_text(c, "quantizer"));
        } else if (golden_load_solver(spec, &plugin, &settings) < 0) {
            golden_fail(t, name, "%s: %s", spec, qb_err_text());
        } else {
            run_trajectory(t, f, name, c, plugin, &settings, quantizer);
            qb_settings_finish(&settings);
        }
        qb_free(quantizer);
        qb_free(spec);
    }
}

const golden_kind golden_trajectories = {"weights of whole runs", matches_trajectories, run_trajectories};
