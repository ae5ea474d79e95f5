/* trajectories-more: one network of one tensor, trained with the gradients of the file by the program's quantized step,
 * optimizer, quantizer and plugins. What a plugin keeps beside the weights (steps, multipliers) is looked up where the
 * quantized step keeps it.
 */
#include "golden_solver.h"

#include "base/err.h"
#include "base/mem.h"
#include "common/par.h"
#include "quant/quant_state.h"

#include <math.h>
#include <string.h>

static bool is(const char *a, const char *b) { return a != NULL && strcmp(a, b) == 0; }

/* ---- specs ---- */

/* Levels and slopes of the file: p and a are mirrored; Q and alpha are a whole set, written as shortly as its ends allow. */
static void add_lists(golden_spec *s, const golden_file *f, const char *name)
{
    bool mirrored = golden_tensor(f, name, "p") != NULL;
    size_t n_q, n_slopes;
    float *q = golden_floats(f, name, mirrored ? "p" : "Q", &n_q);
    float *slopes = golden_floats(f, name, mirrored ? "a" : "alpha", &n_slopes);
    bool closed = !mirrored && n_slopes > 2 && isinf(slopes[0]) && isinf(slopes[n_slopes - 1]);
    golden_spec_list(s, "levels", q, n_q);
    golden_spec_list(s, "slopes", slopes + (closed ? 1 : 0), n_slopes - (closed ? 2 : 0));
    qb_free(slopes);
    qb_free(q);
}

static char *par_spec(const golden_file *f, const char *name, const json_t *c, const char *solver)
{
    static const char *const aprox_keys[] = {"strength", "gamma_floor", NULL};
    bool aprox = strncmp(solver, "par-aprox", 9) == 0;
    golden_spec s = golden_spec_begin("par");
    golden_spec_text(&s, "method", aprox ? "aprox" : "proxsgd");
    if (aprox)
        golden_spec_text(&s, "variable", "latent");
    if (golden_tensor(f, name, "p") != NULL) {
        golden_spec_real(&s, "lambda", golden_number(c, "lam", 1));
        golden_spec_real(&s, "gamma_floor", golden_number(c, "gamma_floor", 0));
        add_lists(&s, f, name);
    } else if (aprox) {
        golden_spec_copy(&s, c, aprox_keys);
    } else {
        golden_spec_real(&s, "lambda", golden_number(c, "strength", 1));
    }
    return golden_spec_end(&s);
}

/* par-aprox-quasiconvex, par-aprox-nonconvex: a grid; par-nonconvex-proxsgd: the quantizer's levels. */
static char *other_par_spec(const json_t *c, const char *solver)
{
    golden_spec s = golden_spec_begin(is(solver, "par-aprox-quasiconvex") ? "par-quasiconvex" : "par-nonconvex");
    golden_spec_text(&s, "method", is(solver, "par-nonconvex-proxsgd") ? "proxsgd" : "aprox");
    golden_spec_real(&s, "lambda", golden_number(c, "lam", 0));
    if (is(solver, "par-nonconvex-proxsgd"))
        golden_spec_text(&s, "renew", "always");
    if (golden_number(c, "delta", 0) > 0) {
        golden_spec_real(&s, "delta", golden_number(c, "delta", 0));
        golden_spec_real(&s, "n_max", 0);
    }
    return golden_spec_end(&s);
}

static char *proxquant_spec(const json_t *c, bool binary)
{
    static const char *const keys[] = {"level", "clip", "reg_rate", "adjust_reg", "freeze_epoch", "reset_optimizer_each_epoch", NULL};
    golden_spec s = golden_spec_begin("proxquant");
    golden_spec_text(&s, "norm", binary ? "l1" : "l2");
    golden_spec_text(&s, "form", "code");
    golden_spec_real(&s, "rounds", 1);
    golden_spec_copy(&s, c, keys);
    return golden_spec_end(&s);
}

static char *lsq_spec(const json_t *c)
{
    golden_spec s = golden_spec_begin("lsq");
    golden_spec_real(&s, "start_factor", golden_number(c, "s0_factor", 1));
    golden_spec_real(&s, "s_decay", golden_number(c, "weight_decay_s", 0));
    golden_spec_text(&s, "gradient_n", golden_text(c, "scale_n"));
    golden_spec_text(&s, "dx_rule", golden_text(c, "dv_rule"));
    return golden_spec_end(&s);
}

static char *ttq_spec(const json_t *c)
{
    golden_spec s = golden_spec_begin("ttq");
    golden_spec_real(&s, "threshold", golden_number(c, "t", 0));
    golden_spec_real(&s, "start_positive", golden_number(c, "wp0", 0));
    golden_spec_real(&s, "start_negative", golden_number(c, "wn0", 0));
    golden_spec_real(&s, "lr_factor", golden_number(c, "lr_scales_factor", 1));
    golden_spec_real(&s, "level_decay", golden_number(c, "weight_decay_scales", 0));
    golden_spec_text(&s, "gradient_scale", "none");
    return golden_spec_end(&s);
}

static char *admm_spec(const json_t *c)
{
    static const char *const keys[] = {"rho", "rho_growth", "rho_max", "period", NULL};
    golden_spec s = golden_spec_begin("admm");
    golden_spec_copy(&s, c, keys);
    golden_spec_numbers(&s, "codes", json_object_get(c, "codes"));
    return golden_spec_end(&s);
}

static char *proxsgd_spec(const golden_file *f, const char *name, const json_t *c)
{
    static const char *const keys[] = {"epsilon", "epsilon_decay", "rho", "rho_decay", "step_offset", "beta", "delta", "mu", "bound", NULL};
    bool par = is(golden_text(c, "regularizer"), "par-convex");
    golden_spec s = golden_spec_begin("proxsgd");
    golden_spec_text(&s, "schedule", "power");
    golden_spec_text(&s, "regularizer", par ? "par-convex" : golden_number(c, "mu", 0) > 0 ? "l1" : "none");
    golden_spec_real(&s, "tau_scale", 1);
    golden_spec_copy(&s, c, keys);
    if (par)
        add_lists(&s, f, name);
    return golden_spec_end(&s);
}

static char *binaryrelax_spec(const json_t *c)
{
    static const char *const keys[] = {"lam_start", "lam_rate", "m_epochs", NULL};
    golden_spec s = golden_spec_begin("binaryrelax");
    golden_spec_text(&s, "schedule", "growth");
    golden_spec_copy(&s, c, keys);
    return golden_spec_end(&s);
}

static char *pair_spec(const json_t *c)
{
    static const char *const keys[] = {"beta", "scaled", NULL};
    const char *pair = golden_text(c, "pair");
    golden_spec s = golden_spec_begin("proxconnect");
    golden_spec_text(&s, "pair", is(pair, "bnn+") ? "bnn-plus" : is(pair, "bnn++") ? "bnn-plus-plus" : pair);
    golden_spec_copy(&s, c, keys);
    return golden_spec_end(&s);
}

/* Solvers whose options are numbers of the case: name, our options = their keys, and one more as text. */
static char *plain_spec(const json_t *c, const char *solver)
{
    golden_spec s = golden_spec_begin(solver);
    if (is(solver, "nmsgd")) {
        static const char *const keys[] = {"nm_gamma", "steepness", "strength", NULL};
        golden_spec_text(&s, "inner", golden_text(c, "inner"));
        golden_spec_copy(&s, c, keys);
    } else if (is(solver, "waveq")) {
        golden_spec_real(&s, "lam_q", golden_number(c, "lam_q", 0));
        golden_spec_text(&s, "shift", "false");
        golden_spec_text(&s, "scale", "max");
    } else if (is(solver, "dorefa")) {
        golden_spec_text(&s, "max_gradient", golden_number(c, "max_gradient", 1) != 0 ? "true" : "false");
    } else if (is(solver, "binaryconnect")) {
        golden_spec_real(&s, "level", golden_number(c, "H", 1));
        golden_spec_real(&s, "lr_scale", golden_number(c, "lr_scale", 1));
    } else {
        qb_free(golden_spec_end(&s));
        return NULL;
    }
    return golden_spec_end(&s);
}

/* Ours for a solver of the files; NULL: unknown. */
static char *solver_spec(const golden_file *f, const char *name, const json_t *c)
{
    const char *solver = golden_text(c, "solver");
    if (solver == NULL)
        return NULL;
    if (is(solver, "par-aprox") || is(solver, "par-aprox-convex") || is(solver, "par-proxsgd") ||
        is(solver, "par-proxsgd-convex") || is(solver, "par-proxsgd-piecewise"))
        return par_spec(f, name, c, solver);
    if (is(solver, "par-aprox-quasiconvex") || is(solver, "par-aprox-nonconvex") || is(solver, "par-nonconvex-proxsgd"))
        return other_par_spec(c, solver);
    if (is(solver, "proxquant-binary") || is(solver, "proxquant-ternary"))
        return proxquant_spec(c, is(solver, "proxquant-binary"));
    if (is(solver, "lsq"))
        return lsq_spec(c);
    if (is(solver, "ttq"))
        return ttq_spec(c);
    if (is(solver, "admm"))
        return admm_spec(c);
    if (is(solver, "proxsgd-yang"))
        return proxsgd_spec(f, name, c);
    if (is(solver, "binaryrelax-original"))
        return binaryrelax_spec(c);
    if (is(solver, "proxconnect++"))
        return pair_spec(c);
    return plain_spec(c, solver);
}

/* Bits of a case that does not name them: what its solver's levels need. */
static int bits_of(const json_t *c)
{
    const char *solver = golden_text(c, "solver");
    size_t n_codes = json_array_size(json_object_get(c, "codes"));
    if (json_object_get(c, "bits") != NULL)
        return (int)golden_number(c, "bits", 0);
    if (n_codes > 0) {
        int bits = 1;
        while ((size_t)1 << bits < n_codes)
            bits++;
        return n_codes == 3 ? 0 : bits;
    }
    if (is(solver, "ttq") || is(solver, "proxquant-ternary"))
        return 0;
    return is(solver, "proxquant-binary") || is(solver, "binaryconnect") || is(solver, "proxconnect++") ? 1 : 8;
}

/* ---- the run ---- */

typedef struct run {
    const golden_file *f;
    const char *name;
    const json_t *c;
    qb_param param;
    float *x, *w, *g, *lr; /* lr: NULL when the schedule is in the case's numbers */
    size_t n;
    int64_t steps, warmup;
    double tolerance, worst;
    qb_quant *quant;
} run;

static double lr_of(const run *r, int64_t step)
{
    double lr = r->lr != NULL ? (double)r->lr[step] : golden_number(r->c, "lr", 0);
    return (double)step >= golden_number(r->c, "lr_drop_at", HUGE_VAL) ? lr * golden_number(r->c, "lr_drop", 1) : lr;
}

/* Compares got with elements from..from+n of tensor NAME, if the case has it. */
static void compare(run *r, const char *name, size_t from, const float *got, size_t n)
{
    size_t n_want;
    if (golden_tensor(r->f, r->name, name) == NULL)
        return;
    float *want = golden_floats(r->f, r->name, name, &n_want);
    r->worst = fmax(r->worst, from + n <= n_want ? golden_error(got, want + from, n, r->tolerance) : HUGE_VAL);
    qb_free(want);
}

static void look_at_step(run *r, int64_t step)
{
    const qb_view *v = &r->quant->tensors[0].view;
    size_t t = (size_t)step, rows = (size_t)v->n_rows;
    compare(r, "w", t * r->n, r->w, r->n);
    if (is(golden_text(r->c, "solver"), "lsq"))
        compare(r, "s", t * rows, v->aux, rows);
    if (is(golden_text(r->c, "solver"), "ttq"))
        compare(r, "wpn", t * 2 * rows, v->aux, 2 * rows);
    int64_t period = (int64_t)golden_number(r->c, "period", 0);
    if (!is(golden_text(r->c, "solver"), "admm") || period <= 0 || (step - r->warmup + 1) % period != 0)
        return;
    size_t update = (size_t)((step - r->warmup) / period);
    compare(r, "G", update * r->n, v->weight_state, r->n);
    compare(r, "alpha", update * rows, v->row_state, rows);
}

/* Slopes that the file lists against those that the plugin takes from its levels. */
static void look_at_slopes(run *r)
{
    const qb_quant_tensor *t = &r->quant->tensors[0];
    const char *solver = golden_text(r->c, "solver");
    double scale = golden_number(r->c, "strength", 0);
    if (golden_tensor(r->f, r->name, "alpha") == NULL || t->levels == NULL || golden_tensor(r->f, r->name, "Q") == NULL ||
        t->n_levels > QB_PAR_MAX)
        return;
    scale /= is(solver, "par-aprox") ? golden_number(r->c, "gamma_T", 1) : is(solver, "nmsgd") ? golden_number(r->c, "nm_gamma", 1) : 1;
    size_t per_row = (size_t)t->n_levels + 1;
    for (size_t row = 0; row < (size_t)t->view.n_rows; row++) {
        double alpha[QB_PAR_MAX + 1];
        float got[QB_PAR_MAX + 1];
        qb_par_midpoint_slopes(t->levels + row * (size_t)t->n_levels, t->n_levels, scale, alpha);
        for (size_t k = 0; k < per_row; k++)
            got[k] = (float)alpha[k];
        compare(r, "alpha", row * per_row, got, per_row);
    }
}

static int look_at_end(run *r)
{
    const qb_quant_tensor *t = &r->quant->tensors[0];
    compare(r, "u", 0, r->x, r->n);
    if (t->levels != NULL)
        compare(r, "Q", 0, t->levels, (size_t)(t->view.n_rows * t->n_levels));
    look_at_slopes(r);
    if (is(golden_text(r->c, "solver"), "admm"))
        compare(r, "lam", 0, t->view.weight_state + r->n, r->n);
    float *finished = qb_alloc(r->n, sizeof *finished);
    int rc = finished != NULL ? qb_quant_finish(r->quant, finished) : QB_E_NOMEM;
    if (rc == 0)
        compare(r, "w_final", 0, finished, r->n);
    qb_free(finished);
    return rc;
}

static int train(run *r, const qb_plugin *plugin, const qb_settings *settings, const char *quantizer)
{
    const json_t *c = r->c;
    qb_quant_options o = {.plugin = plugin,
                          .solver_settings = settings,
                          .bits = bits_of(c),
                          .quantizer = quantizer != NULL ? quantizer : "lsbq",
                          .granularity = golden_number(c, "per_channel", 0) != 0 ? QB_PER_ROW : QB_PER_TENSOR,
                          .period = (int64_t)golden_number(c, "quant_period", 0),
                          .warmup = r->warmup,
                          .n_steps = r->steps,
                          .steps_per_epoch = (int64_t)golden_number(c, "steps_per_epoch", (double)r->steps),
                          .anneal_start = golden_number(c, "anneal_start", 0),
                          .anneal_end = golden_number(c, "anneal_end", 1e9),
                          .lr_base = lr_of(r, 0),
                          .weight_decay = golden_number(c, "weight_decay", 0),
                          .threads = 1};
    for (int64_t k = r->warmup; k < r->steps; k++)
        o.lr_sum_total += lr_of(r, k);
    qb_optim *optim = NULL;
    int rc = golden_create_optimizer(c, &optim);
    rc = rc != 0 ? rc : qb_quant_create(&o, &r->param, 1, optim, &r->quant);
    for (int64_t k = 0; rc == 0 && k < r->steps; k++) {
        r->param.g = r->g + (size_t)k * r->n;
        rc = qb_quant_step(r->quant, k, lr_of(r, k));
        look_at_step(r, k);
    }
    rc = rc != 0 ? rc : look_at_end(r);
    qb_quant_destroy(r->quant);
    qb_optim_destroy(optim);
    return rc;
}

/* The start value of a learned step, which the first step moves at once. */
static int compare_start(run *r, const char *spec)
{
    solver_stage s;
    if (golden_tensor(r->f, r->name, "s0") == NULL)
        return 0;
    int64_t rows = golden_number(r->c, "per_channel", 0) != 0 ? r->param.shape[0] : 1;
    int rc = golden_stage_init(&s, spec, bits_of(r->c), rows, (int64_t)r->n / rows, r->x);
    if (rc == 0 && s.solver->start(s.self, &s.step, &s.view) == 0)
        compare(r, "s0", 0, s.view.aux, (size_t)rows);
    solver_stage_finish(&s);
    return rc;
}

static void run_case(golden_tally *t, const golden_file *f, const char *name, const json_t *c, const char *spec)
{
    const qb_st_tensor *shape = golden_tensor(f, NULL, "u0");
    const qb_plugin *plugin;
    qb_settings settings;
    if (golden_tensor(f, name, "w") == NULL || golden_load_solver(spec, &plugin, &settings) < 0) {
        golden_fail(t, name, "%s: %s", spec, golden_tensor(f, name, "w") == NULL ? "no w" : qb_err_text());
        return;
    }
    size_t n_g, n_lr;
    run r = {.f = f, .name = name, .c = c, .warmup = (int64_t)golden_number(c, "warmup_steps", 0),
             .tolerance = golden_number(c, "tolerance", 1e-5)};
    r.x = golden_floats(f, NULL, "u0", &r.n);
    r.g = golden_floats(f, NULL, "g", &n_g); /* solvers change g: each run has its own copy */
    if (is(golden_text(c, "lr"), "tensor"))
        r.lr = golden_floats(f, name, "lr", &n_lr);
    r.w = qb_alloc(r.n, sizeof *r.w);
    memcpy(r.w, r.x, r.n * sizeof *r.w);
    r.steps = (int64_t)(n_g / r.n);
    r.param = (qb_param){.name = "golden.weight", .is_quantized = true, .decay_factor = 1, .lr_factor = 1, .n_dims = shape->n_dims, .n = r.n, .x = r.x, .w = r.w};
    for (int d = 0; d < shape->n_dims && d < 4; d++)
        r.param.shape[d] = shape->shape[d];
    char *quantizer = golden_quantizer_spec(c);
    int rc = compare_start(&r, spec);
    rc = rc != 0 ? rc : train(&r, plugin, &settings, quantizer);
    if (rc != 0)
        golden_fail(t, name, "%s: %s", spec, qb_err_text());
    else
        golden_case(t, name, r.worst);
    qb_settings_finish(&settings);
    qb_free(quantizer);
    qb_free(r.w);
    qb_free(r.lr);
    qb_free(r.g);
    qb_free(r.x);
}

static bool matches(const golden_file *f)
{
    return f->cases && golden_cases_have(f, "solver") && golden_cases_have(f, "base") && golden_tensor(f, NULL, "u0") != NULL;
}

static void run_all(golden_tally *t, const golden_file *f)
{
    const char *name;
    json_t *c;
    json_object_foreach(f->cases, name, c)
    {
        char *spec = solver_spec(f, name, c);
        if (spec == NULL)
            golden_skip(t, name, "solver '%s' is unknown here", golden_text(c, "solver"));
        else
            run_case(t, f, name, c, spec);
        qb_free(spec);
    }
}

const golden_kind golden_whole_runs = {"weights of whole runs of further solvers", matches, run_all};
