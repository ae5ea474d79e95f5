/* See golden_solver.h. */
#include "golden_solver.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

/* ---- specs ---- */

golden_spec golden_spec_begin(const char *name)
{
    golden_spec s = {.open = false};
    qb_str_add(&s.text, name);
    return s;
}

static void add_key(golden_spec *s, const char *key)
{
    qb_str_addf(&s->text, "%s%s=", s->open ? "," : "[", key);
    s->open = true;
}

void golden_spec_text(golden_spec *s, const char *key, const char *value)
{
    add_key(s, key);
    qb_str_add(&s->text, value);
}

static void add_number(golden_spec *s, double v)
{
    char number[32];
    qb_str_add(&s->text, qb_format_real(isinf(v) ? copysign(1e300, v) : v, number));
}

void golden_spec_real(golden_spec *s, const char *key, double value)
{
    add_key(s, key);
    add_number(s, value);
}

void golden_spec_list(golden_spec *s, const char *key, const float *values, size_t n)
{
    add_key(s, key);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            qb_str_add(&s->text, "/");
        add_number(s, (double)values[i]);
    }
}

void golden_spec_numbers(golden_spec *s, const char *key, const json_t *numbers)
{
    add_key(s, key);
    for (size_t i = 0; i < json_array_size(numbers); i++) {
        if (i > 0)
            qb_str_add(&s->text, "/");
        add_number(s, json_number_value(json_array_get(numbers, i)));
    }
}

void golden_spec_copy(golden_spec *s, const json_t *c, const char *const *keys)
{
    for (; *keys != NULL; keys++)
        if (json_is_number(json_object_get(c, *keys)))
            golden_spec_real(s, *keys, golden_number(c, *keys, 0));
}

char *golden_spec_end(golden_spec *s)
{
    if (s->open)
        qb_str_add(&s->text, "]");
    return qb_str_take(&s->text);
}

char *golden_quantizer_spec(const json_t *c)
{
    static const char *const names[][2] = {
        {"lsbq", "lsbq"},
        {"lsbq-optimal", "lsbq-optimal"},
        {"unif", "unif"},
        {"unif-max", "unif[scale=max]"},
        {"maxunif", "maxunif"},
        {"ternary-unif", "ternary-unif"},
        {"unif-asym", "unif-asym"},
        {"stretched-unif", "unif"}, /* the same levels by another formula */
        {"lsbq-center", "lsbq[center=true]"},
        {"lsbq-optimal-center", "lsbq-optimal[center=true]"},
        {"unif-center", "unif[center=true]"},
        {"unif-max-center", "unif[scale=max,center=true]"},
        {"maxunif-center", "maxunif[center=true]"},
        {"ternary-unif-center", "ternary-unif[center=true]"},
    };
    const char *theirs = golden_text(c, "quantizer");
    if (theirs == NULL)
        return NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(theirs, names[i][0]) == 0)
            return qb_strdup(names[i][1]);
    if (strcmp(theirs, "twn") == 0) {
        static const char *const keys[] = {"kappa", NULL};
        golden_spec s = golden_spec_begin("twn");
        golden_spec_copy(&s, c, keys);
        return golden_spec_end(&s);
    }
    if (strcmp(theirs, "multibit-alternating") == 0) {
        static const char *const keys[] = {"rounds", NULL};
        golden_spec s = golden_spec_begin("lsbq-alternating");
        golden_spec_copy(&s, c, keys);
        golden_spec_text(&s, "codes", golden_text(c, "codes"));
        return golden_spec_end(&s);
    }
    return NULL;
}

/* ---- base optimizers ---- */

int golden_create_optimizer(const json_t *c, qb_optim **ret_optim)
{
    static const struct {
        const char *theirs;
        qb_optim_kind kind;
    } bases[] = {{"sgd", QB_OPTIM_SGD}, {"gd", QB_OPTIM_SGD}, {"proxsgd", QB_OPTIM_SGD}, /* the last: not used by the solver */
                 {"adamw", QB_OPTIM_ADAMW}, {"adam", QB_OPTIM_ADAM}};
    const char *base = golden_text(c, "base");
    qb_optim_options o = {.momentum = golden_number(c, "momentum", 0), .beta1 = golden_number(c, "beta1", 0.9),
                          .beta2 = golden_number(c, "beta2", 0.999), .eps = golden_number(c, "eps", 1e-8)};
    for (size_t i = 0; base != NULL && i < sizeof bases / sizeof *bases; i++)
        if (strcmp(base, bases[i].theirs) == 0)
            o.kind = bases[i].kind;
    if (o.kind == 0)
        return qb_err_set(QB_E_DATA, "base: expected sgd, gd, adam, adamw or proxsgd, found '%s'", base != NULL ? base : "nothing");
    return qb_optim_create(&o, ret_optim);
}

/* ---- the stage ---- */

int golden_stage_init(solver_stage *s, const char *spec, int bits, int64_t rows, int64_t len, const float *x)
{
    char *dir = qb_program_dir(), *solvers = qb_path_join(dir, "../solvers");
    int rc = solvers != NULL ? solver_stage_init(s, spec, solvers, bits, rows, len, x) : QB_E_NOMEM;
    qb_free(solvers);
    qb_free(dir);
    return rc;
}

void golden_stage_window(solver_stage *s, const json_t *c)
{
    s->step.anneal_start = golden_number(c, "anneal_start", 0);
    s->step.anneal_end = golden_number(c, "anneal_end", 1e9);
    solver_stage_at(s, (int64_t)golden_number(c, "step", 0));
}

/* ---- errors ---- */

int64_t golden_rows(const golden_file *f, const char *case_name, const char *tensor, const json_t *c)
{
    const qb_st_tensor *t = golden_tensor(f, case_name, tensor);
    return t != NULL && golden_number(c, "per_channel", 0) != 0 ? t->shape[0] : 1;
}

double golden_mixed_tolerance(const float *want, size_t n)
{
    return 2e-6 * fmax(1.0, golden_max_abs(want, n));
}

double golden_mixed_error(const golden_file *f, const char *case_name, const char *name, const float *got, size_t n, double scale)
{
    size_t n_want = 0;
    float *want = golden_floats(f, case_name, name, &n_want);
    double error = n == n_want ? golden_error(got, want, n, scale * golden_mixed_tolerance(want, n)) : HUGE_VAL;
    qb_free(want);
    return error;
}

double golden_level_error(const golden_file *f, const char *case_name, const float *values, int64_t rows, int64_t len)
{
    size_t n = 0;
    float *q = golden_floats(f, case_name, "Q", &n);
    int64_t per_row = (int64_t)n / rows;
    double worst = 0.0, tolerance = golden_mixed_tolerance(q, n);
    for (int64_t i = 0; i < rows * len; i++) {
        double nearest = HUGE_VAL;
        for (int64_t k = 0; k < per_row; k++)
            nearest = fmin(nearest, fabs((double)values[i] - (double)q[i / len * per_row + k]));
        worst = fmax(worst, nearest / tolerance);
    }
    qb_free(q);
    return worst;
}
