/* quantizers and quantizers-more: the program's quantizers where they give a level set, the plugins' own quantized
 * values elsewhere (what they share with nobody through their hooks, what is shared through solvers/common).
 */
#include "golden_solver.h"

#include "base/err.h"
#include "base/mem.h"
#include "common/admm.h"
#include "common/median.h"
#include "common/ternary.h"
#include "quant/levels_kinds.h"

#include <math.h>
#include <qatbench/multibit.h>
#include <qatbench/solver_util.h>
#include <string.h>

static bool matches(const golden_file *f)
{
    return f->cases && golden_cases_have(f, "quantizer") && !golden_cases_have(f, "base") &&
           !golden_cases_have(f, "solver") && !golden_cases_have(f, "map");
}

/* One case as every function below gets it. */
typedef struct one_case {
    golden_tally *t;
    const golden_file *f;
    const char *name;
    const json_t *c;
    int bits;
    int64_t rows, len, n;
    float *x;
    float *q; /* room for quantized values */
} one_case;

/* got, one value a unit or so, against tensor NAME. */
static double against(const one_case *k, const char *name, const float *got, int64_t n)
{
    return golden_mixed_error(k->f, k->name, name, got, (size_t)n, 1.0);
}

static bool has(const one_case *k, const char *name) { return golden_tensor(k->f, k->name, name) != NULL; }

/* int32 tensor "code" against values rounded to whole numbers: exact. */
static double code_error(const one_case *k, const char *name, const float *got, int64_t n)
{
    const qb_st_tensor *want = golden_tensor(k->f, k->name, name);
    if (want == NULL || want->dtype != QB_I32 || (int64_t)want->n_elements != n)
        return HUGE_VAL;
    for (int64_t i = 0; i < n; i++) {
        int32_t v;
        memcpy(&v, (const char *)want->data + (size_t)i * sizeof v, sizeof v);
        if ((long)v != lround((double)got[i]))
            return HUGE_VAL;
    }
    return 0.0;
}

/* ---- level sets of the program's quantizers ---- */

static int levels_of(const one_case *k, const char *spec, float **ret_levels, int *ret_n)
{
    qb_quantizer *q;
    QB_TRY(qb_quantizer_create(spec, k->bits, k->len, 1, &q));
    int n = qb_quantizer_n_levels(q);
    float *levels = qb_alloc((size_t)(k->rows * n), sizeof *levels);
    for (int64_t r = 0; levels != NULL && r < k->rows; r++)
        qb_quantizer_levels(q, 0, k->x + r * k->len, k->len, levels + r * n);
    qb_quantizer_destroy(q);
    if (levels == NULL)
        return QB_E_NOMEM;
    *ret_levels = levels;
    *ret_n = n;
    return 0;
}

/* Q, the mean of centred sets, and q where it is the nearest level (not for TWN, whose threshold is its own). */
static double level_set_error(const one_case *k, const float *levels, int n)
{
    size_t n_want;
    float *want = golden_floats(k->f, k->name, "Q", &n_want);
    bool is_mixed = golden_text(k->c, "source") != NULL; /* files that name a source; the others are relative to max |x| */
    double tolerance = is_mixed ? golden_mixed_tolerance(want, n_want) : 2e-6 * golden_max_abs(k->x, (size_t)k->n);
    double error = (int64_t)n_want == k->rows * n ? golden_error(levels, want, n_want, tolerance) : HUGE_VAL;
    qb_free(want);
    for (int64_t r = 0; r < k->rows; r++)
        qb_nearest_row(levels + r * n, n, k->x + r * k->len, k->len, k->q + r * k->len);
    if (has(k, "q") && strcmp(golden_text(k->c, "quantizer"), "twn") != 0)
        error = fmax(error, against(k, "q", k->q, k->n));
    if (!has(k, "mean"))
        return error;
    for (int64_t r = 0; r < k->rows; r++)
        k->q[r] = (float)qb_row_mean(k->x + r * k->len, k->len);
    return fmax(error, against(k, "mean", k->q, k->rows));
}

/* ---- ternary by a threshold ---- */

static double ternary_error(const one_case *k)
{
    float *delta = qb_alloc((size_t)(4 * k->rows), sizeof *delta), *q = delta + k->rows;
    bool twn = strcmp(golden_text(k->c, "quantizer"), "twn") == 0;
    const char *threshold = golden_text(k->c, "threshold");
    for (int64_t r = 0; r < k->rows; r++) {
        const float *x = k->x + r * k->len;
        double of = threshold != NULL && strcmp(threshold, "max") == 0 ? qb_max_abs(x, k->len) : qb_mean_abs(x, k->len);
        qb_ternary t = qb_ternary_fit(x, k->len, golden_number(k->c, "kappa", 0) * of, !twn, twn);
        delta[r] = (float)t.delta;
        q[3 * r] = t.low;
        q[3 * r + 1] = 0.0f;
        q[3 * r + 2] = t.high;
        for (int64_t i = 0; i < k->len; i++)
            k->q[r * k->len + i] = qb_ternary_value(&t, x[i]);
    }
    double error = fmax(against(k, "delta", delta, k->rows), against(k, "Q", q, 3 * k->rows));
    qb_free(delta);
    return fmax(error, against(k, "q", k->q, k->n));
}

/* ---- plugins that are hard at all times: q is what project gives ---- */

static double project_error(const one_case *k, solver_stage *s)
{
    if (s->solver->project(s->self, &s->step, &s->view) != 0)
        return HUGE_VAL;
    double error = against(k, "q", s->view.w, k->n);
    return has(k, "Q") ? fmax(error, golden_level_error(k->f, k->name, s->view.w, k->rows, k->len)) : error;
}

static double lsq_error(const one_case *k, solver_stage *s)
{
    double error = 0.0;
    if (s->solver->start(s->self, &s->step, &s->view) != 0)
        return HUGE_VAL;
    if (has(k, "s0"))
        error = against(k, "s0", s->view.aux, k->rows);
    size_t n;
    float *given = golden_floats(k->f, k->name, "s", &n);
    memcpy(s->view.aux, given, n * sizeof *given);
    error = fmax(error, project_error(k, s));
    for (int64_t i = 0; i < k->n; i++)
        k->q[i] = s->view.w[i] / given[i / k->len];
    qb_free(given);
    return fmax(error, code_error(k, "code", k->q, k->n));
}

static double ttq_error(const one_case *k, solver_stage *s)
{
    for (int64_t r = 0; r < k->rows; r++) {
        s->view.aux[2 * r] = (float)golden_number(k->c, "wp", 0);
        s->view.aux[2 * r + 1] = (float)golden_number(k->c, "wn", 0);
    }
    return project_error(k, s);
}

/* A pull so strong that w is the quantized value itself. */
static double median_error(const one_case *k, solver_stage *s)
{
    double error = project_error(k, s);
    for (int64_t r = 0; r < k->rows; r++)
        k->q[r] = qb_lower_median_abs(k->x + r * k->len, k->len);
    return fmax(error, against(k, "v", k->q, k->rows));
}

/* start projects x: G and alpha. */
static double admm_error(const one_case *k, solver_stage *s)
{
    if (s->solver->start(s->self, &s->step, &s->view) != 0)
        return HUGE_VAL;
    double error = fmax(against(k, "alpha", s->view.row_state, k->rows), against(k, "q", s->view.weight_state, k->n));
    for (int64_t i = 0; i < k->n; i++) {
        float alpha = s->view.row_state[i / k->len];
        k->q[i] = alpha > 0.0f ? s->view.weight_state[i] / alpha : 0.0f;
    }
    error = fmax(error, code_error(k, "code", k->q, k->n));
    const json_t *list = json_object_get(k->c, "codes");
    float codes[256];
    for (size_t i = 0; i < json_array_size(list) && i < 256; i++)
        codes[i] = (float)json_number_value(json_array_get(list, i));
    for (int64_t r = 0; r < k->rows; r++) {
        int32_t rounds;
        const float *x = k->x + r * k->len;
        (void)qb_code_fit(codes, (int32_t)json_array_size(list), qb_mean_abs(x, k->len), x, k->len, &rounds);
        k->q[r] = (float)rounds;
    }
    return fmax(error, code_error(k, "rounds", k->q, k->rows));
}

typedef double (*stage_look)(const one_case *k, solver_stage *s);

static void on_stage(one_case *k, golden_spec *spec, int bits, stage_look look)
{
    solver_stage s;
    char *text = golden_spec_end(spec);
    if (golden_stage_init(&s, text, bits, k->rows, k->len, k->x) < 0)
        golden_fail(k->t, k->name, "%s: %s", text, qb_err_text());
    else
        golden_case(k->t, k->name, look(k, &s));
    solver_stage_finish(&s);
    qb_free(text);
}

/* ---- alternating multi-bit: magnitudes, codes and levels ---- */

static double multibit_error(const one_case *k, const float *levels, int n_levels)
{
    bool nearest = strcmp(golden_text(k->c, "codes"), "nearest") == 0;
    float *v = qb_alloc((size_t)(k->rows * k->bits), sizeof *v), *sums = qb_alloc((size_t)(k->rows * n_levels), sizeof *sums);
    for (int64_t r = 0; r < k->rows; r++) {
        qb_multibit m;
        uint8_t code;
        qb_multibit_fit(k->x + r * k->len, k->len, 0.0, k->bits, (int32_t)golden_number(k->c, "rounds", 1), nearest, &m);
        for (int j = 0; j < k->bits; j++)
            v[r * k->bits + j] = (float)m.v[j];
        for (int64_t i = 0; i < k->len; i++)
            k->q[r * k->len + i] = (float)qb_multibit_value(&m, (double)k->x[r * k->len + i], &code);
        for (int j = 0; j < n_levels; j++)
            sums[r * n_levels + j] = (float)m.sum[j];
    }
    double error = fmax(against(k, "v", v, k->rows * k->bits), against(k, "q", k->q, k->n));
    error = fmax(error, golden_error(levels, sums, (size_t)(k->rows * n_levels), golden_mixed_tolerance(sums, (size_t)n_levels)));
    qb_free(sums);
    qb_free(v);
    return error;
}

/* ---- the table of names ---- */

static int bits_for(size_t n_codes)
{
    int bits = 1;
    if (n_codes == 3)
        return 0;
    while ((size_t)1 << bits < n_codes)
        bits++;
    return bits;
}

static bool run_solver_quantizer(one_case *k, const char *name)
{
    if (strcmp(name, "ternary-asym") == 0) {
        golden_case(k->t, k->name, ternary_error(k));
    } else if (strcmp(name, "dorefa") == 0) {
        golden_spec s = golden_spec_begin("dorefa");
        on_stage(k, &s, k->bits, project_error);
    } else if (strcmp(name, "lsq") == 0) {
        golden_spec s = golden_spec_begin("lsq");
        on_stage(k, &s, k->bits, lsq_error);
    } else if (strcmp(name, "ttq") == 0) {
        golden_spec s = golden_spec_begin("ttq");
        golden_spec_real(&s, "threshold", golden_number(k->c, "t", 0));
        on_stage(k, &s, 0, ttq_error);
    } else if (strcmp(name, "greedy-median") == 0) {
        golden_spec s = golden_spec_begin("proxquant");
        golden_spec_text(&s, "statistic", "median");
        golden_spec_text(&s, "norm", "l1");
        golden_spec_real(&s, "level", 0);
        golden_spec_real(&s, "clip", 0);
        golden_spec_real(&s, "reg_rate", 1e6);
        on_stage(k, &s, 1, median_error);
    } else if (strcmp(name, "admm") == 0) {
        const json_t *codes = json_object_get(k->c, "codes");
        golden_spec s = golden_spec_begin("admm");
        golden_spec_numbers(&s, "codes", codes);
        on_stage(k, &s, bits_for(json_array_size(codes)), admm_error);
    } else {
        return false;
    }
    return true;
}

static void run_level_set(one_case *k, const char *name, const char *spec)
{
    float *levels;
    int n;
    if (levels_of(k, spec, &levels, &n) < 0) {
        golden_fail(k->t, k->name, "%s: %s", spec, qb_err_text());
        return;
    }
    double error = strcmp(name, "multibit-alternating") == 0 ? multibit_error(k, levels, n) : level_set_error(k, levels, n);
    if (strcmp(name, "twn") == 0)
        error = fmax(error, ternary_error(k));
    golden_case(k->t, k->name, error);
    qb_free(levels);
}

static void run_case(golden_tally *t, const golden_file *f, const char *name, const json_t *c)
{
    const char *theirs = golden_text(c, "quantizer");
    if (theirs == NULL || golden_tensor(f, name, "x") == NULL) {
        golden_fail(t, name, "the case has no quantizer or no x");
        return;
    }
    size_t n;
    char *spec = golden_quantizer_spec(c);
    one_case k = {.t = t, .f = f, .name = name, .c = c, .bits = (int)golden_number(c, "bits", 0)};
    k.x = golden_floats(f, name, "x", &n);
    k.n = (int64_t)n;
    k.rows = golden_rows(f, name, "x", c);
    k.len = k.n / k.rows;
    k.q = qb_alloc(n, sizeof *k.q);
    if (spec != NULL)
        run_level_set(&k, theirs, spec);
    else if (!run_solver_quantizer(&k, theirs))
        golden_skip(t, name, "quantizer '%s' is unknown here", theirs);
    qb_free(k.q);
    qb_free(k.x);
    qb_free(spec);
}

static void run(golden_tally *t, const golden_file *f)
{
    const char *name;
    json_t *c;
    json_object_foreach(f->cases, name, c) run_case(t, f, name, c);
}

const golden_kind golden_quantizers = {"levels and codes of quantizers", matches, run};
