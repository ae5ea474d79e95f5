/* proxmaps-more and gradients-more: the plugins' hooks on one view; where a file gives a row's slopes or shifts, which
 * no option can, the same function of solvers/common that the plugin calls.
 */
#include "golden_solver.h"

#include "base/err.h"
#include "base/mem.h"
#include "common/par.h"
#include "common/proxconnect.h"
#include "common/ternary.h"
#include "common/waveq.h"

#include <math.h>
#include <string.h>

/* One case: its input x as rows. */
typedef struct one_case {
    golden_tally *t;
    const golden_file *f;
    const char *name;
    const json_t *c;
    int64_t rows, len, n;
    float *x;
} one_case;

static double number(const one_case *k, const char *key) { return golden_number(k->c, key, 0); }

static double against(const one_case *k, const char *name, const float *got, int64_t n)
{
    return golden_mixed_error(k->f, k->name, name, got, (size_t)n, 1.0);
}

static bool is(const char *a, const char *b) { return a != NULL && strcmp(a, b) == 0; }

/* ---- shared functions ---- */

static double *doubles(const one_case *k, const char *name, size_t *ret_n)
{
    float *values = golden_floats(k->f, k->name, name, ret_n);
    double *out = qb_alloc(*ret_n, sizeof *out);
    for (size_t i = 0; i < *ret_n; i++)
        out[i] = (double)values[i];
    qb_free(values);
    return out;
}

/* prox_{s Psi} of every row of x with the file's levels and slopes. */
static void convex_rows(const one_case *k, double s, const float *x, float *w)
{
    size_t n_q, n_alpha;
    float *q = golden_floats(k->f, k->name, "Q", &n_q);
    double *alpha = doubles(k, "alpha", &n_alpha);
    int64_t per_row = (int64_t)n_q / k->rows;
    for (int64_t r = 0; r < k->rows; r++)
        qb_par_convex_row(q + r * per_row, alpha + r * (per_row + 1), (int32_t)per_row, s, x + r * k->len, k->len, w + r * k->len);
    qb_free(alpha);
    qb_free(q);
}

static void run_convex(const one_case *k)
{
    float *w = qb_alloc((size_t)k->n, sizeof *w);
    convex_rows(k, number(k, "s"), k->x, w);
    golden_case(k->t, k->name, against(k, "w", w, k->n));
    qb_free(w);
}

/* ---- one projection by a plugin ---- */

/* Ends the spec; levels from tensor Q when the case has one. false: failed and said so. */
static bool enter(const one_case *k, golden_spec *spec, int bits, solver_stage *s, float **ret_levels)
{
    char *text = golden_spec_end(spec);
    int rc = golden_stage_init(s, text, bits, k->rows, k->len, k->x);
    size_t n;
    *ret_levels = NULL;
    if (rc < 0) {
        golden_fail(k->t, k->name, "%s: %s", text, qb_err_text());
    } else if (golden_tensor(k->f, k->name, "Q") != NULL && (s->request.caps & QB_CAP_OWN_LEVELS) == 0) {
        *ret_levels = golden_floats(k->f, k->name, "Q", &n);
        solver_stage_levels(s, *ret_levels, n);
    }
    qb_free(text);
    return rc == 0;
}

static double project(solver_stage *s)
{
    return s->solver->project(s->self, &s->step, &s->view) == 0 ? 0.0 : HUGE_VAL;
}

/* The error of w after project, with the case's window (none: inside one without end). */
static double projected(const one_case *k, golden_spec *spec, int bits, bool hard)
{
    solver_stage s;
    float *levels;
    double error = HUGE_VAL;
    if (enter(k, spec, bits, &s, &levels)) {
        if (json_object_get(k->c, "anneal_end") != NULL)
            golden_stage_window(&s, k->c);
        if (hard)
            s.step.fraction = 2.0;
        error = project(&s);
        error = fmax(error, against(k, "w", s.view.w, k->n));
        if (hard && golden_tensor(k->f, k->name, "Q") != NULL)
            error = fmax(error, golden_level_error(k->f, k->name, s.view.w, k->rows, k->len));
    }
    qb_free(levels);
    solver_stage_finish(&s);
    return error;
}

static void run_projection(const one_case *k, golden_spec *spec, int bits)
{
    golden_case(k->t, k->name, projected(k, spec, bits, false));
}

/* ---- PAR ---- */

static void run_quasiconvex(const one_case *k)
{
    static const char *const keys[] = {"delta", "n_max", NULL};
    golden_spec s = golden_spec_begin("par-quasiconvex");
    golden_spec_text(&s, "method", "proxsgd");
    golden_spec_real(&s, "lambda", number(k, "lam"));
    golden_spec_copy(&s, k->c, keys);
    run_projection(k, &s, 8);
}

static void run_nonconvex(const one_case *k)
{
    golden_spec s = golden_spec_begin("par-nonconvex");
    golden_spec_real(&s, "lambda", number(k, "lam"));
    golden_spec_real(&s, "delta", number(k, "delta"));
    if (number(k, "delta") > 0)
        golden_spec_real(&s, "n_max", 0);
    run_projection(k, &s, 8);
}

static void run_piecewise(const one_case *k)
{
    size_t n_p, n_a;
    float *p = golden_floats(k->f, k->name, "p", &n_p), *a = golden_floats(k->f, k->name, "a", &n_a);
    golden_spec s = golden_spec_begin("par");
    golden_spec_text(&s, "method", "proxsgd");
    golden_spec_real(&s, "lambda", number(k, "lam"));
    golden_spec_list(&s, "levels", p, n_p);
    golden_spec_list(&s, "slopes", a, n_a);
    run_projection(k, &s, 8);
    qb_free(a);
    qb_free(p);
}

/* ---- ProxQuant: lr and epoch are 1 on the stage, so reg_rate is s ---- */

static golden_spec proxquant(const one_case *k, const char *norm)
{
    golden_spec s = golden_spec_begin("proxquant");
    golden_spec_text(&s, "norm", norm);
    if (number(k, "s") > 0)
        golden_spec_real(&s, "reg_rate", number(k, "s"));
    else
        golden_spec_real(&s, "strength", 0);
    golden_spec_real(&s, "clip", number(k, "clip"));
    return s;
}

static void run_proxquant(const one_case *k, const char *map)
{
    bool l1 = is(map, "proxquant-binary-l1") || is(map, "proxquant-median-l1");
    golden_spec s = proxquant(k, l1 ? "l1" : "l2");
    const char *form = golden_text(k->c, "form");
    golden_spec_text(&s, "form", form != NULL ? form : "code");
    golden_spec_real(&s, "rounds", golden_number(k->c, "rounds", 1));
    int bits = 1;
    if (is(map, "proxquant-ternary")) {
        bits = 0;
    } else if (is(map, "proxquant-multibit-l2")) {
        bits = (int)number(k, "bits");
        golden_spec_real(&s, "level", 0);
        golden_spec_text(&s, "codes", "fold");
        golden_spec_real(&s, "quantizer_rounds", golden_number(k->c, "quantizer_rounds", 3));
    } else if (is(map, "proxquant-median-l1")) {
        golden_spec_real(&s, "level", 0);
        golden_spec_text(&s, "statistic", "median");
    } else if (is(map, "wshape-l2")) {
        golden_spec_text(&s, "levels", "quantizer");
    } else {
        golden_spec_real(&s, "level", golden_number(k->c, "level", 1));
    }
    double error = projected(k, &s, bits, false);
    if (golden_tensor(k->f, k->name, "q") != NULL) {
        float *q = qb_alloc((size_t)k->n, sizeof *q);
        qb_ternary t = qb_ternary_fit(k->x, k->n, 0.7 * qb_mean_abs(k->x, k->n), true, false);
        for (int64_t i = 0; i < k->n; i++)
            q[i] = qb_ternary_value(&t, k->x[i]);
        error = fmax(error, against(k, "q", q, k->n));
        qb_free(q);
    }
    golden_case(k->t, k->name, error);
}

/* ---- ProxConnect ---- */

/* The plugin whose map the case equals, and proxconnect with that one's schedule. */
static double equal_maps(const one_case *k, const char *equals)
{
    bool parq = is(equals, "parq");
    golden_spec other = golden_spec_begin(equals), own = golden_spec_begin("proxconnect");
    golden_spec_text(&own, "rho", parq ? "sigmoid" : "zero");
    golden_spec_text(&own, "varrho", parq ? "zero" : "linear");
    if (parq) {
        golden_spec_real(&other, "steepness", number(k, "steepness"));
        golden_spec_real(&own, "steepness", number(k, "steepness"));
    }
    double a = projected(k, &other, 8, false), b = projected(k, &own, 8, false);
    return fmax(a, b);
}

static void run_proxconnect(const one_case *k)
{
    size_t n_q, n_rho, n_varrho;
    float *q = golden_floats(k->f, k->name, "Q", &n_q), *w = qb_alloc((size_t)k->n, sizeof *w);
    double *rho = doubles(k, "rho", &n_rho), *varrho = doubles(k, "varrho", &n_varrho);
    double error = HUGE_VAL;
    if (n_rho + 1 == n_q && n_varrho + 1 == n_q) {
        qb_proxconnect_row(q, (int32_t)n_q, rho, varrho, k->x, k->n, w);
        error = against(k, "w", w, k->n);
    }
    const char *equals = golden_text(k->c, "equals");
    if (equals != NULL && equals[0] != '\0')
        error = fmax(error, equal_maps(k, equals));
    golden_case(k->t, k->name, error);
    qb_free(varrho);
    qb_free(rho);
    qb_free(w);
    qb_free(q);
}

static const char *pair_name(const char *theirs)
{
    return is(theirs, "bnn+") ? "bnn-plus" : is(theirs, "bnn++") ? "bnn-plus-plus" : theirs;
}

static void run_pair(const one_case *k)
{
    static const char *const keys[] = {"beta", "scaled", NULL};
    golden_spec spec = golden_spec_begin("proxconnect");
    golden_spec_text(&spec, "pair", pair_name(golden_text(k->c, "pair")));
    golden_spec_copy(&spec, k->c, keys);
    solver_stage s;
    float *levels;
    if (enter(k, &spec, 1, &s, &levels)) {
        for (int64_t i = 0; i < k->n; i++)
            s.view.g[i] = 1.0f;
        double error = s.solver->on_gradient(s.self, &s.step, &s.view) == 0 ? against(k, "B", s.view.g, k->n) : HUGE_VAL;
        error = fmax(error, project(&s));
        golden_case(k->t, k->name, fmax(error, against(k, "F", s.view.w, k->n)));
    }
    solver_stage_finish(&s);
}

/* ---- one step from u with gradient g: u_new and w ---- */

/* x <- x - lr g by the base optimizer. */
static int descend(const one_case *k, solver_stage *s, double lr)
{
    const qb_optim_options sgd = {.kind = QB_OPTIM_SGD};
    qb_optim *optim;
    int index;
    size_t n;
    QB_TRY(qb_optim_create(&sgd, &optim));
    int rc = qb_optim_add(optim, "x", (size_t)k->n, 0.0, 1.0, &index);
    float *g = golden_floats(k->f, k->name, "g", &n);
    if (rc == 0)
        qb_optim_step(optim, index, s->view.x, g, lr, 1.0);
    qb_free(g);
    qb_optim_destroy(optim);
    return rc;
}

static double one_step(const one_case *k, solver_stage *s)
{
    if (s->solver->start != NULL && s->solver->start(s->self, &s->step, &s->view) != 0)
        return HUGE_VAL;
    if (golden_tensor(k->f, k->name, "w_new") != NULL) { /* w before the step is given */
        size_t n;
        float *w = golden_floats(k->f, k->name, "w", &n);
        memcpy(s->view.w, w, n * sizeof *w);
        qb_free(w);
    }
    s->step.lr = s->step.lr_base = number(k, "lr");
    if (descend(k, s, s->step.lr) < 0 || s->solver->after_step(s->self, &s->step, &s->view) != 0)
        return HUGE_VAL;
    double error = against(k, "u_new", s->view.x, k->n);
    return fmax(error, project(s));
}

static void run_binaryconnect(const one_case *k)
{
    golden_spec spec = golden_spec_begin("binaryconnect");
    golden_spec_real(&spec, "level", number(k, "H"));
    golden_spec_real(&spec, "lr_scale", golden_number(k->c, "lr_scale", 1));
    solver_stage s;
    float *levels;
    if (enter(k, &spec, 1, &s, &levels)) {
        double error = one_step(k, &s);
        golden_case(k->t, k->name, fmax(error, against(k, "w", s.view.w, k->n)));
    }
    solver_stage_finish(&s);
}

static void run_nmsgd(const one_case *k)
{
    static const char *const keys[] = {"nm_gamma", "steepness", NULL};
    golden_spec spec = golden_spec_begin("nmsgd");
    golden_spec_text(&spec, "inner", golden_text(k->c, "inner"));
    golden_spec_copy(&spec, k->c, keys);
    solver_stage s;
    float *levels;
    if (enter(k, &spec, (int)number(k, "bits"), &s, &levels)) {
        golden_stage_window(&s, k->c);
        double error = one_step(k, &s);
        if (golden_tensor(k->f, k->name, "alpha") != NULL) /* slopes of the file instead of the plugin's */
            convex_rows(k, number(k, "nm_gamma"), s.view.x, s.view.w);
        golden_case(k->t, k->name, fmax(error, against(k, "w_new", s.view.w, k->n)));
    }
    qb_free(levels);
    solver_stage_finish(&s);
}

/* ---- BinaryRelax's original map ---- */

static void run_binaryrelax(const one_case *k)
{
    bool hard = number(k, "hard") != 0;
    golden_spec s = golden_spec_begin("binaryrelax");
    golden_spec_text(&s, "schedule", "growth");
    golden_spec_real(&s, "lam_rate", 1);
    golden_spec_real(&s, "m_epochs", 1e9);
    if (!hard)
        golden_spec_real(&s, "lam_start", number(k, "lam"));
    golden_case(k->t, k->name, projected(k, &s, (int)number(k, "bits"), hard));
}

/* ---- the table of maps ---- */

static bool run_map(const one_case *k, const char *map)
{
    static const struct {
        const char *name;
        void (*run)(const one_case *k);
    } maps[] = {{"par-convex", run_convex},           {"par-quasiconvex", run_quasiconvex},
                {"par-nonconvex", run_nonconvex},     {"par-piecewise", run_piecewise},
                {"proxconnect", run_proxconnect},     {"proxconnect++", run_pair},
                {"binaryconnect", run_binaryconnect}, {"nmsgd", run_nmsgd},
                {"binaryrelax-original", run_binaryrelax}};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        if (is(map, maps[i].name)) {
            maps[i].run(k);
            return true;
        }
    if (map == NULL || (strncmp(map, "proxquant-", 10) != 0 && !is(map, "wshape-l2")))
        return false;
    run_proxquant(k, map);
    return true;
}

/* ---- gradients ---- */

/* w, then the gradients of the hook from the file's g (none: from 0). */
static double gradients(const one_case *k, solver_stage *s)
{
    double error = project(s);
    if (golden_tensor(k->f, k->name, "w") != NULL)
        error = fmax(error, against(k, "w", s->view.w, k->n));
    if (golden_tensor(k->f, k->name, "g") != NULL) {
        size_t n;
        float *g = golden_floats(k->f, k->name, "g", &n);
        memcpy(s->view.g, g, n * sizeof *g);
        qb_free(g);
    }
    return s->solver->on_gradient(s->self, &s->step, &s->view) == 0 ? error : HUGE_VAL;
}

static void run_lsq_gradient(const one_case *k)
{
    golden_spec spec = golden_spec_begin("lsq");
    golden_spec_text(&spec, "gradient_n", golden_text(k->c, "scale_n"));
    golden_spec_text(&spec, "dx_rule", golden_text(k->c, "dv_rule"));
    solver_stage s;
    float *levels;
    if (enter(k, &spec, (int)number(k, "bits"), &s, &levels)) {
        size_t n;
        float *given = golden_floats(k->f, k->name, "s", &n);
        memcpy(s.view.aux, given, n * sizeof *given);
        double error = gradients(k, &s);
        error = fmax(error, against(k, "dv", s.view.g, k->n));
        golden_case(k->t, k->name, fmax(error, golden_mixed_error(k->f, k->name, "ds", s.view.aux_g, n, 5.0)));
        qb_free(given);
    }
    solver_stage_finish(&s);
}

static double dorefa_gradient(const one_case *k, const char *max_gradient, const char *want)
{
    golden_spec spec = golden_spec_begin("dorefa");
    golden_spec_text(&spec, "max_gradient", max_gradient);
    solver_stage s;
    float *levels;
    double error = HUGE_VAL;
    if (enter(k, &spec, (int)number(k, "bits"), &s, &levels)) {
        error = gradients(k, &s);
        error = fmax(error, against(k, want, s.view.g, k->n));
    }
    solver_stage_finish(&s);
    return error;
}

static void run_dorefa_gradient(const one_case *k)
{
    golden_case(k->t, k->name, fmax(dorefa_gradient(k, "true", "dv"), dorefa_gradient(k, "false", "dv_const_m")));
}

static void run_ttq_gradient(const one_case *k)
{
    golden_spec spec = golden_spec_begin("ttq");
    golden_spec_real(&spec, "threshold", number(k, "t"));
    golden_spec_text(&spec, "gradient_scale", "none");
    solver_stage s;
    float *levels;
    if (enter(k, &spec, 0, &s, &levels)) {
        float positive[64], negative[64];
        for (int64_t r = 0; r < k->rows; r++) {
            s.view.aux[2 * r] = (float)number(k, "wp");
            s.view.aux[2 * r + 1] = (float)number(k, "wn");
        }
        double error = k->rows <= 64 ? gradients(k, &s) : HUGE_VAL;
        error = fmax(error, against(k, "dv", s.view.g, k->n));
        for (int64_t r = 0; r < k->rows && r < 64; r++) {
            positive[r] = s.view.aux_g[2 * r];
            negative[r] = s.view.aux_g[2 * r + 1];
        }
        error = fmax(error, golden_mixed_error(k->f, k->name, "dwp", positive, (size_t)k->rows, 5.0));
        golden_case(k->t, k->name, fmax(error, golden_mixed_error(k->f, k->name, "dwn", negative, (size_t)k->rows, 5.0)));
    }
    solver_stage_finish(&s);
}

static void run_waveq_gradient(const one_case *k)
{
    golden_spec spec = golden_spec_begin("waveq");
    golden_spec_real(&spec, "lam_q", number(k, "lam_q"));
    golden_spec_text(&spec, "shift", "false");
    golden_spec_text(&spec, "scale", "max");
    solver_stage s;
    float *levels;
    if (enter(k, &spec, (int)number(k, "bits"), &s, &levels)) {
        double error = gradients(k, &s), term = 0.0;
        error = fmax(error, against(k, "dw", s.view.g, k->n));
        for (int64_t r = 0; r < k->rows; r++)
            term += qb_waveq_term(number(k, "lam_q"), (double)s.view.row_state[r], 0.0, k->x + r * k->len, k->len);
        float sum = (float)term;
        golden_case(k->t, k->name, fmax(error, golden_mixed_error(k->f, k->name, "term", &sum, 1, 5.0)));
    }
    solver_stage_finish(&s);
}

static bool run_gradient(const one_case *k, const char *gradient)
{
    if (is(gradient, "lsq"))
        run_lsq_gradient(k);
    else if (is(gradient, "dorefa"))
        run_dorefa_gradient(k);
    else if (is(gradient, "ttq"))
        run_ttq_gradient(k);
    else if (is(gradient, "waveq"))
        run_waveq_gradient(k);
    else
        return false;
    return true;
}

/* ---- files ---- */

static void run_cases(golden_tally *t, const golden_file *f, const char *kind, bool (*run_one)(const one_case *k, const char *what))
{
    const char *name;
    json_t *c;
    json_object_foreach(f->cases, name, c)
    {
        const char *what = golden_text(c, kind), *input = golden_tensor(f, name, "x") != NULL ? "x" : "u";
        size_t n;
        one_case k = {.t = t, .f = f, .name = name, .c = c, .rows = golden_rows(f, name, input, c)};
        k.x = golden_floats(f, name, input, &n);
        k.n = (int64_t)n;
        k.len = k.n / k.rows;
        if (!run_one(&k, what))
            golden_skip(t, name, "%s '%s' is unknown here", kind, what != NULL ? what : "");
        qb_free(k.x);
    }
}

static bool matches_maps(const golden_file *f)
{
    return f->cases && golden_cases_have(f, "map") && !golden_cases_have(f, "base") && golden_tensor(f, NULL, "x") == NULL;
}

static void run_maps(golden_tally *t, const golden_file *f) { run_cases(t, f, "map", run_map); }

const golden_kind golden_hooks = {"maps of further solvers", matches_maps, run_maps};

static bool matches_gradients(const golden_file *f) { return f->cases && golden_cases_have(f, "gradient"); }

static void run_gradients(golden_tally *t, const golden_file *f) { run_cases(t, f, "gradient", run_gradient); }

const golden_kind golden_gradients = {"gradients of further solvers", matches_gradients, run_gradients};
