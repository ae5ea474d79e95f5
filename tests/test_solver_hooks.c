/* The hooks of the solvers on one view: maps that minimize their penalties, gradients by finite differences,
 * limits that connect one solver with another, refusals, and what a run must keep (freezes, clips, held levels).
 */
#include "qb_test.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "common/admm.h"
#include "common/held.h"
#include "common/median.h"
#include "common/par_lists.h"
#include "common/proxconnect.h"
#include "common/ternary.h"
#include "common/waveq.h"
#include "engine/optim.h"
#include "solver_stage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* In place: the plugin keeps a pointer to the host in it. */
static void open_stage(solver_stage *s, const char *spec, int bits, int64_t rows, int64_t len, const float *x)
{
    ck_assert_msg(solver_stage_init(s, spec, NULL, bits, rows, len, x) == 0, "%s: %s", spec, qb_err_text());
}

static void project(solver_stage *s) { ck_assert_int_eq(s->solver->project(s->self, &s->step, &s->view), 0); }

/* w of one weight through a plugin, with levels when q is not NULL. */
static double map_one(const char *spec, int bits, const float *q, size_t n_q, double lr, float x)
{
    solver_stage s;
    open_stage(&s, spec, bits, 1, 1, &x);
    if (q != NULL)
        solver_stage_levels(&s, q, n_q);
    s.step.lr = s.step.lr_sum = s.step.lr_sum_total = lr;
    project(&s);
    double w = (double)s.view.w[0];
    solver_stage_finish(&s);
    return w;
}

/* ---- by hand ---- */

START_TEST(vectors_by_hand)
{
    static const struct {
        const char *spec;
        double lr, in, out;
    } rows[] = {
        {"par[method=proxsgd,levels=0/1,slopes=0.5]", 1, 0.3, 0}, /* levels -1, 0, 1, s alpha = -0.5, 0.5 */
        {"par[method=proxsgd,levels=0/1,slopes=0.5]", 1, 0.7, 0.2},
        {"par[method=proxsgd,levels=0/1,slopes=0.5]", 1, 1.5, 1},
        {"par[method=proxsgd,levels=0/1,slopes=0.5]", 1, -2, -1},
        {"par-quasiconvex[method=proxsgd,lambda=0.6,delta=1]", 1, 0.5, 0},
        {"par-quasiconvex[method=proxsgd,lambda=0.6,delta=1]", 1, 0.7, 0.1},
        {"par-quasiconvex[method=proxsgd,lambda=0.6,delta=1]", 1, 0.9, 0.9},
        {"par-quasiconvex[method=proxsgd,lambda=0.6,delta=1]", 1, 1.75, 1.15},
        {"par-quasiconvex[method=proxsgd,lambda=2,delta=1]", 1, 0.3, 0},
        {"par-quasiconvex[method=proxsgd,lambda=2,delta=1]", 1, 1.4, 0},
        {"par-quasiconvex[method=proxsgd,lambda=2,delta=1]", 1, -1.6, -1},
        {"par-nonconvex[lambda=0.2,delta=1]", 1, 0.1, 0},
        {"par-nonconvex[lambda=0.2,delta=1]", 1, 0.3, 0.1},
        {"par-nonconvex[lambda=0.2,delta=1]", 1, 0.5, 0.3}, /* a tie: the lower level; the authors' code goes up */
        {"par-nonconvex[lambda=0.2,delta=1]", 1, 0.7, 0.9},
        {"proxquant[reg_rate=0.25,norm=l1]", 1, 0.5, 0.75},
        {"proxquant[reg_rate=0.25,norm=l1]", 1, 0, 0.25},   /* 0 counts as positive */
        {"proxquant[reg_rate=0.25,norm=l1]", 1, -3, -1},    /* clipped */
        {"proxquant[reg_rate=1,norm=l2,form=code,rounds=1]", 1, 0.5, 0.75},
        {"proxquant[reg_rate=1,norm=l2,form=paper,rounds=1]", 1, -0.25, -0.75},
    };
    int i = _i;
    const char *spec = rows[i].spec;
    bool one_bit = strstr(spec, "proxquant") != NULL;
    double w = map_one(spec, one_bit ? 1 : 8, NULL, 0, rows[i].lr, (float)rows[i].in);
    ck_assert_msg(fabs(w - rows[i].out) <= 1e-6, "%s: %g gives %.9g, not %g", spec, rows[i].in, w, rows[i].out);
}
END_TEST
enum { N_BY_HAND = 20 };

/* ---- PAR maps against a grid of the objective ---- */

/* Mirrored regularizer from break points p and slopes a, the last to infinity. */
static double par_value(const double *p, const double *a, int n, double w)
{
    double z = fabs(w), value = 0.0;
    for (int k = 0; k < n && z > p[k]; k++)
        value += a[k] * ((k + 1 < n ? fmin(z, p[k + 1]) : z) - p[k]);
    return value;
}

/* No w on a fine grid has a smaller objective than ours. */
static void check_minimum(const double *p, const double *a, int n, double s, double x, double w)
{
    double ours = s * par_value(p, a, n, w) + 0.5 * (w - x) * (w - x), least = ours, at = w;
    for (int k = -2000; k <= 2000; k++) {
        double v = 0.002 * k, other = s * par_value(p, a, n, v) + 0.5 * (v - x) * (v - x);
        at = other < least ? v : at;
        least = fmin(least, other);
    }
    ck_assert_msg(ours <= least + 1e-6, "s %g, x %g: w = %g costs %.9g, %g costs %.9g", s, x, w, ours, at, least);
}

START_TEST(par_maps_minimize)
{
    static const struct {
        double p[4], a[4];
        int n;
    } sets[] = {{{0, 0.5, 1.25}, {0.3, 0.9, 2.5}, 3},       /* convex       */
                {{0, 0.4, 1.0, 1.7}, {0, 0.5, 0.5, 1}, 4},  /* convex, 0 excluded, two equal slopes */
                {{0, 0.5, 1, 1.5}, {1, 0, 1, 0}, 4},        /* quasi-convex */
                {{0, 0.5, 1, 1.5}, {1, -1, 1, -1}, 4},      /* W-shape, with an end that falls: bounded by x^2 */
                {{0, 0.3, 1.1, 1.9}, {2, -0.5, 0.8, 0.2}, 4}};
    for (size_t k = 0; k < sizeof sets / sizeof *sets; k++)
        for (int j = 0; j < 4; j++) {
            double s = 0.1 + 0.4 * j;
            qb_par_lists l;
            char why[200];
            ck_assert_msg(qb_par_lists_read(sets[k].p, (size_t)sets[k].n, sets[k].a, (size_t)sets[k].n, 8, &l, why, sizeof why),
                          "%s", why);
            ck_assert(l.is_convex == (k < 2));
            for (int i = -30; i <= 30; i++) {
                float x = 0.1013f * (float)i, w;
                qb_par_lists_row(&l, s, &x, 1, &w);
                check_minimum(sets[k].p, sets[k].a, sets[k].n, s, (double)x, (double)w);
            }
        }
}
END_TEST

/* Two ways to one map: closed form and enumeration. */
START_TEST(closed_forms_equal_enumeration)
{
    double p[20], a[20];
    for (int k = 0; k < 20; k++) {
        p[k] = 0.5 * k;
        a[k] = k % 2 == 0 ? 1.0 : 0.0;
    }
    for (int j = 0; j < 8; j++) {
        double s = 0.11 + 0.3 * j;
        for (int i = 0; i < 200; i++) {
            float x = 0.0371f * (float)i, w;
            qb_par_any_row(p, a, 20, s, &x, 1, &w);
            double closed = qb_par_quasiconvex(s, (double)x);
            ck_assert_msg(fabs((double)w - closed) < 1e-6, "s %g, x %g: %g and %g", s, (double)x, (double)w, closed);
        }
    }
}
END_TEST

/* Oracle 7: prox_{gamma lambda Psi}(gamma y) tends to hard thresholding of y at lambda a_k. */
START_TEST(aprox_hardens_in_the_scaled_variable)
{
    static const float q[4] = {-1.5f, -0.5f, 0.25f, 1.0f};
    double alpha[5];
    qb_par_midpoint_slopes(q, 4, 1.0, alpha);
    for (int i = -40; i <= 40; i++) {
        float y = 0.0493f * (float)i, w;
        const double gamma = 1e5;
        float x = (float)(gamma * (double)y);
        qb_par_convex_row(q, alpha, 4, gamma, &x, 1, &w);
        ck_assert_msg(w == qb_nearest(q, 4, y), "y %g: %g", (double)y, (double)w);
    }
}
END_TEST

START_TEST(par_scaled_goes_from_identity_to_hard)
{
    static const float q[4] = {-1.5f, -0.5f, 0.5f, 1.5f};
    float x[61];
    for (int i = 0; i < 61; i++)
        x[i] = -1.5f + 0.0497f * (float)i;
    solver_stage s;
    open_stage(&s, "par[gamma_end=1e6]", 2, 1, 61, x);
    solver_stage_levels(&s, q, 4);
    s.step.lr_sum_total = 1e7; /* gamma is still 1 */
    project(&s);
    for (int i = 0; i < 61; i++)
        ck_assert(fabsf(s.view.w[i] - x[i]) <= 1e-6f);
    s.step.lr_sum = s.step.lr_sum_total;
    project(&s);
    for (int i = 0; i < 61; i++)
        ck_assert(fabsf(s.view.w[i] - qb_nearest(q, 4, x[i])) <= 1e-6f);
    solver_stage_finish(&s);
}
END_TEST

/* ---- limits between solvers ---- */

static void descend(solver_stage *s, const float *g, double lr)
{
    for (int64_t i = 0; i < s->view.n_rows * s->view.row_len; i++)
        s->view.x[i] -= (float)lr * g[i];
}

/* Oracle 10: with lr = gamma and no momentum, u+ = w - lr g: proximal SGD. With gamma huge: the map's own solver. */
START_TEST(nmsgd_limits)
{
    static const float q[4] = {-0.9f, -0.3f, 0.3f, 0.9f};
    enum { N = 40, STEPS = 12 };
    float x[N], g[N], w[N];
    qb_hash_fill("nmsgd weights", N, 0.8, 0.0, x);
    static const struct {
        const char *nmsgd, *other;
    } pairs[] = {{"nmsgd[inner=par-convex,nm_gamma=0.5,strength=0.25]", "par[method=proxsgd,lambda=0.5]"},
                 {"nmsgd[inner=ste,nm_gamma=1e30]", "ste"},
                 {"nmsgd[inner=parq,nm_gamma=1e30,steepness=7]", "parq[steepness=7]"}};
    solver_stage a, b;
    open_stage(&a, pairs[_i].nmsgd, 2, 1, N, x);
    open_stage(&b, pairs[_i].other, 2, 1, N, x);
    solver_stage_levels(&a, q, 4);
    solver_stage_levels(&b, q, 4);
    ck_assert_int_eq(a.solver->start(a.self, &a.step, &a.view), 0);
    for (int t = 0; t < STEPS; t++) {
        qb_hash_fill(t % 2 ? "odd gradients" : "even gradients", N, 0.3, 0.0, g);
        a.step.anneal_end = b.step.anneal_end = STEPS;
        a.step.lr = b.step.lr = 0.5;
        solver_stage_at(&a, t);
        solver_stage_at(&b, t);
        descend(&a, g, 0.5);
        descend(&b, g, 0.5);
        ck_assert_int_eq(a.solver->after_step(a.self, &a.step, &a.view), 0);
        project(&a);
        project(&b);
        memcpy(w, b.view.w, sizeof w);
        for (int i = 0; i < N; i++)
            ck_assert_msg(fabsf(a.view.w[i] - w[i]) <= 2e-6f, "step %d, weight %d: %g and %g", t, i, (double)a.view.w[i], (double)w[i]);
    }
    solver_stage_finish(&b);
    solver_stage_finish(&a);
}
END_TEST

/* Oracle 12: rho = (1 - r) h, varrho = 0 is PARQ; rho = 0, varrho = theta h is BinaryRelax inside the range. */
START_TEST(proxconnect_contains_parq_and_binaryrelax)
{
    static const float q[5] = {-1.1f, -0.4f, -0.1f, 0.6f, 1.3f};
    static const struct {
        const char *own, *other;
    } pairs[] = {{"proxconnect[rho=sigmoid,varrho=zero,steepness=6]", "parq[steepness=6]"},
                 {"proxconnect[rho=zero,varrho=linear]", "binaryrelax"}};
    float x[97];
    for (int i = 0; i < 97; i++)
        x[i] = -1.1f + 0.02503f * (float)(i < 95 ? i : 0);
    for (int k = 0; k < 2; k++)
        for (int step = 0; step <= 10; step++) {
            solver_stage a, b;
            open_stage(&a, pairs[k].own, 3, 1, 97, x);
            open_stage(&b, pairs[k].other, 3, 1, 97, x);
            solver_stage_levels(&a, q, 5);
            solver_stage_levels(&b, q, 5);
            a.step.anneal_end = b.step.anneal_end = 10;
            solver_stage_at(&a, step);
            solver_stage_at(&b, step);
            project(&a);
            project(&b);
            for (int i = 0; i < 97; i++)
                ck_assert_msg(fabsf(a.view.w[i] - b.view.w[i]) <= 1e-6f, "%s, step %d, x %g: %g and %g", pairs[k].own, step,
                              (double)x[i], (double)a.view.w[i], (double)b.view.w[i]);
            solver_stage_finish(&b);
            solver_stage_finish(&a);
        }
}
END_TEST

/* ---- gradients by finite differences ---- */

static double dot(const float *a, const float *b, int64_t n)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* Oracle 13: beyond the clip range the derivative of w in s is -N or P; inside, the rule is code - x/s. */
START_TEST(lsq_step_gradient)
{
    enum { N = 64 };
    float x[N], g[N], low[N], high[N];
    qb_hash_fill("lsq weights", N, 1.0, 0.0, x);
    qb_hash_fill("lsq gradients", N, 1.0, 0.0, g);
    static const int widths[] = {0, 2, 3, 4};
    for (int k = 0; k < 4; k++) {
        int bits = widths[k];
        double n_low = bits == 0 ? 1 : 1 << (bits - 1), n_high = bits == 0 ? 1 : n_low - 1, s = 0.6 / n_low, h = 1e-3;
        solver_stage t;
        open_stage(&t, "lsq", bits, 1, N, x);
        double want = 0.0;
        t.view.aux[0] = (float)(s - h);
        project(&t);
        memcpy(low, t.view.w, sizeof low);
        t.view.aux[0] = (float)(s + h);
        project(&t);
        memcpy(high, t.view.w, sizeof high);
        for (int i = 0; i < N; i++) {
            double y = (double)x[i] / s, slope = ((double)high[i] - (double)low[i]) / (2.0 * h);
            bool beyond = y < -n_low - 0.1 || y > n_high + 0.1;
            if (beyond)
                ck_assert_double_eq_tol(slope, y < 0 ? -n_low : n_high, 1e-3);
            bool inside = y > -n_low && y < n_high;
            want += (double)g[i] * (inside ? rint(y) - y : y < 0 ? -n_low : n_high);
        }
        t.view.aux[0] = (float)s;
        memcpy(t.view.g, g, sizeof g);
        ck_assert_int_eq(t.solver->on_gradient(t.self, &t.step, &t.view), 0);
        ck_assert_double_eq_tol((double)t.view.aux_g[0], want / sqrt(N * n_high), 1e-5);
        for (int i = 0; i < N; i++)
            ck_assert(t.view.g[i] == g[i] || t.view.g[i] == 0.0f);
        solver_stage_finish(&t);
    }
}
END_TEST

/* The rounding passes gradients, so dx is the derivative of sum g t / M, which has no rounding in it. */
START_TEST(dorefa_gradient)
{
    enum { N = 30 };
    float x[N], g[N];
    qb_hash_fill("dorefa weights", N, 1.2, 0.1, x);
    qb_hash_fill("dorefa gradients", N, 1.0, 0.0, g);
    solver_stage s;
    open_stage(&s, "dorefa", 3, 1, N, x);
    memcpy(s.view.g, g, sizeof g);
    ck_assert_int_eq(s.solver->on_gradient(s.self, &s.step, &s.view), 0);
    for (int i = 0; i < N; i++) {
        double value[2];
        for (int k = 0; k < 2; k++) {
            double m = 0.0, sum = 0.0;
            for (int pass = 0; pass < 2; pass++)
                for (int j = 0; j < N; j++) {
                    double t = tanh((double)x[j] + (j == i ? (k == 0 ? -1e-6 : 1e-6) : 0.0));
                    m = pass == 0 ? fmax(m, fabs(t)) : m;
                    sum += pass == 1 ? (double)g[j] * t / m : 0.0;
                }
            value[k] = sum;
        }
        ck_assert_double_eq_tol((double)s.view.g[i], (value[1] - value[0]) / 2e-6, 1e-5);
    }
    solver_stage_finish(&s);
}
END_TEST

START_TEST(ttq_level_gradients)
{
    enum { N = 50 };
    float x[N], g[N];
    qb_hash_fill("ttq weights", N, 1.0, 0.0, x);
    qb_hash_fill("ttq gradients", N, 1.0, 0.0, g);
    for (int k = 0; k < 2; k++) {
        solver_stage s;
        open_stage(&s, "ttq[threshold=0.2,gradient_scale=none]", 0, 1, N, x);
        s.view.aux[0] = 0.5f;
        s.view.aux[1] = 0.25f;
        memcpy(s.view.g, g, sizeof g);
        ck_assert_int_eq(s.solver->on_gradient(s.self, &s.step, &s.view), 0);
        float ours = s.view.aux_g[k];
        s.view.aux[k] += 0.125f;
        project(&s);
        double up = dot(g, s.view.w, N);
        s.view.aux[k] -= 0.25f;
        project(&s);
        ck_assert_double_eq_tol((double)ours, (up - dot(g, s.view.w, N)) / 0.25, 1e-5);
        solver_stage_finish(&s);
    }
}
END_TEST

START_TEST(waveq_slope_is_the_terms)
{
    for (double t = -30.0; t <= 30.0; t += 0.0078125 / 3.0)
        ck_assert_double_eq_tol(qb_sin_turns(t), sin(2.0 * QB_PI * fmod(t, 1.0)), 1e-14);
    for (int i = -50; i <= 50; i++) {
        float w[2] = {0.031f * (float)i, 0.031f * (float)i + 1e-3f};
        for (int k = 0; k < 2; k++) {
            double shift = 0.5 * k, middle = 0.5 * ((double)w[0] + (double)w[1]);
            double rise = qb_waveq_term(1.0, 0.4, shift, &w[1], 1) - qb_waveq_term(1.0, 0.4, shift, &w[0], 1);
            ck_assert_double_eq_tol(rise / ((double)w[1] - (double)w[0]), qb_waveq_slope(0.4, shift, middle), 1e-3);
        }
    }
}
END_TEST

START_TEST(sign_swish_slope)
{
    for (int i = -80; i <= 80; i++) {
        double x = 0.05 * i, h = 1e-6;
        ck_assert_double_eq_tol((qb_sign_swish(5.0, x + h) - qb_sign_swish(5.0, x - h)) / (2.0 * h), qb_sign_swish_slope(5.0, x), 1e-6);
        ck_assert_double_eq_tol(qb_sign_swish(5.0, -x), -qb_sign_swish(5.0, x), 1e-12);
    }
    ck_assert(qb_sign_swish(1e6, 1.0) == 1.0 && qb_sign_swish_slope(1e6, 1.0) == 0.0);
}
END_TEST

/* ---- shared functions ---- */

static int by_size(const void *a, const void *b)
{
    float x = fabsf(*(const float *)a), y = fabsf(*(const float *)b);
    return x < y ? -1 : x > y;
}

START_TEST(median_is_the_sorted_rows)
{
    for (int n = 1; n <= 64; n++) {
        float x[64];
        qb_hash_fill("median", (size_t)n, 1.0, 0.2, x);
        if (n > 3)
            x[1] = x[2] = -x[0];
        float got = qb_lower_median_abs(x, n);
        qsort(x, (size_t)n, sizeof *x, by_size);
        ck_assert(got == fabsf(x[(n - 1) / 2]));
    }
}
END_TEST

static double misfit(const float *codes, int n_codes, double alpha, const float *v, int n)
{
    double sum = 0.0, c[QB_CODE_PIECE];
    ck_assert_int_le(n, QB_CODE_PIECE);
    qb_code_nearest(codes, n_codes, alpha, v, n, c);
    for (int i = 0; i < n; i++) {
        double d = (double)v[i] - alpha * c[i];
        sum += d * d;
    }
    return sum;
}

/* The alternation ends where neither a new scale nor new codes help, and never above its start. */
START_TEST(code_fit_is_a_fixed_point)
{
    static const float codes[7] = {-4, -2, -1, 0, 1, 2, 4};
    for (int n = 1; n <= 60; n++) {
        float v[60], out[60];
        qb_hash_fill("admm", (size_t)n, 1.0, 0.0, v);
        int32_t rounds;
        double start = qb_mean_abs(v, n), alpha = qb_code_fit(codes, 7, start, v, n, &rounds);
        ck_assert(rounds >= 1 && rounds <= 20);
        ck_assert(misfit(codes, 7, alpha, v, n) <= misfit(codes, 7, start, v, n) + 1e-12);
        if (rounds < 20)
            ck_assert_double_eq_tol(qb_code_refit(codes, 7, alpha, v, n), alpha, 1e-12);
        qb_code_apply(codes, 7, alpha, v, n, out);
    }
    static const float zeros[5] = {0};
    float out[5];
    ck_assert(qb_code_fit(codes, 7, 0.0, zeros, 5, NULL) == 0.0);
    qb_code_apply(codes, 7, 0.0, zeros, 5, out);
    ck_assert(memcmp(out, zeros, sizeof out) == 0);
}
END_TEST

START_TEST(ternary_sides)
{
    static const float x[6] = {-2, -1, -0.5f, 0, 1, 3};
    qb_ternary two = qb_ternary_fit(x, 6, 1.0, true, false), one = qb_ternary_fit(x, 6, 1.0, false, true);
    ck_assert(two.low == -1.5f && two.high == 2.0f);
    ck_assert(one.high == 2.5f && one.low == -2.5f);
    ck_assert(qb_ternary_value(&two, 1.0f) == 2.0f && qb_ternary_value(&one, 1.0f) == 0.0f);
    qb_ternary none = qb_ternary_fit(x + 3, 1, 1.0, true, false);
    ck_assert(none.low == 0.0f && none.high == 0.0f);
}
END_TEST

/* ---- what a run keeps ---- */

START_TEST(proxquant_freezes)
{
    float x[4] = {0.4f, -0.2f, 0.1f, -0.9f};
    solver_stage s;
    open_stage(&s, "proxquant[freeze_epoch=5,reg_rate=0.01]", 1, 1, 4, x);
    for (int t = 0; t < 10; t++) {
        s.step.steps_per_epoch = 1;
        solver_stage_at(&s, t);
        for (int i = 0; i < 4; i++)
            s.view.x[i] += 0.05f;
        project(&s);
        ck_assert(memcmp(s.view.x, s.view.w, sizeof x) == 0);
        for (int i = 0; i < 4; i++)
            ck_assert_msg((fabsf(s.view.w[i]) == 1.0f) == (t >= 4), "step %d: %g", t, (double)s.view.w[i]);
    }
    ck_assert(s.view.w[0] == 1.0f && s.view.w[3] == -1.0f);
    solver_stage_finish(&s);
}
END_TEST

/* A freeze at 0.07 epochs of 100 steps is at step 7: frozen at the end of step 6, not of step 7. */
START_TEST(proxquant_freezes_at_the_step_that_is_written)
{
    float x[4] = {0.4f, -0.2f, 0.1f, -0.9f};
    solver_stage s;
    open_stage(&s, "proxquant[freeze_epoch=0.07,reg_rate=0.01]", 1, 1, 4, x);
    s.step.steps_per_epoch = 100;
    for (int t = 0; t < 10; t++) {
        solver_stage_at(&s, t);
        for (int i = 0; i < 4; i++)
            s.view.x[i] += 0.01f;
        project(&s);
        ck_assert_msg((fabsf(s.view.w[1]) == 1.0f) == (t >= 6), "step %d: %g", t, (double)s.view.w[1]);
    }
    solver_stage_finish(&s);
}
END_TEST

START_TEST(binaryconnect_clips_and_scales)
{
    float x[3] = {0.5f, -0.5f, 0.1f};
    solver_stage s;
    open_stage(&s, "binaryconnect[level=0.6,lr_scale=2]", 1, 1, 3, x);
    ck_assert_int_eq(s.solver->start(s.self, &s.step, &s.view), 0);
    s.view.x[0] += 0.2f;  /* doubled: 0.9, clipped */
    s.view.x[1] += 0.1f;  /* -0.3 */
    s.view.x[2] -= 0.1f;  /* -0.1 */
    ck_assert_int_eq(s.solver->after_step(s.self, &s.step, &s.view), 0);
    project(&s);
    ck_assert(fabsf(s.view.x[0] - 0.6f) <= 1e-7f);
    ck_assert(fabsf(s.view.x[1] - -0.3f) <= 1e-7f);
    ck_assert(fabsf(s.view.x[2] - -0.1f) <= 1e-7f);
    ck_assert(s.view.w[0] == 0.6f && s.view.w[1] == -0.6f && s.view.w[2] == -0.6f);
    solver_stage_finish(&s);
}
END_TEST

static void half_up(const qb_host *host, uint32_t view, int64_t step, uint32_t purpose, int64_t first, int64_t n, float *out)
{
    (void)host;
    (void)view;
    (void)step;
    (void)purpose;
    for (int64_t i = 0; i < n; i++)
        out[i] = ((float)(first + i) + 0.5f) / (float)n; /* evenly over [0, 1) */
}

START_TEST(binaryconnect_draws_by_probability)
{
    enum { N = 1000 };
    static float x[N], out[N];
    for (int i = 0; i < N; i++)
        x[i] = 0.5f; /* +1 with probability 3/4 */
    solver_stage s;
    open_stage(&s, "binaryconnect[stochastic=true]", 1, 1, N, x);
    s.instance.host.uniform = half_up;
    project(&s);
    int ups = 0;
    for (int i = 0; i < N; i++)
        ups += s.view.w[i] > 0.0f;
    ck_assert_int_eq(ups, 750);
    ck_assert_int_eq(s.solver->finish(s.self, &s.step, &s.view, out), 0);
    for (int i = 0; i < N; i++)
        ck_assert(out[i] == 1.0f); /* evaluation draws nothing */
    solver_stage_finish(&s);
}
END_TEST

/* A set of levels on which the weights lie exactly is kept; one that fits better replaces it. */
START_TEST(levels_are_held_while_they_fit)
{
    static const float first[4] = {-3, -1, 1, 3}, closer[4] = {-2, -1.5f, 1.5f, 2}, better[4] = {-3.5f, -1, 1, 3.5f};
    float state[7] = {0}, on[6] = {-3, -1, -1, 1, 1, 3}, off[6] = {-3.5f, -1, -1, 1, 1, 3.5f};
    qb_view v = {.size = sizeof v, .n_rows = 1, .row_len = 6, .bits = 2, .levels = first, .n_levels = 4, .row_state = state};
    ck_assert_int_eq(qb_held_size(2), 7);
    ck_assert(memcmp(qb_held_renew(&v, 0, on, 0), first, sizeof first) == 0);
    v.levels = closer;
    ck_assert(memcmp(qb_held_renew(&v, 0, on, 0), first, sizeof first) == 0);
    ck_assert(memcmp(qb_held_levels(&v, 0), first, sizeof first) == 0);
    v.levels = better;
    ck_assert(memcmp(qb_held_renew(&v, 0, off, 0), better, sizeof better) == 0);
    v.levels = closer;
    ck_assert(memcmp(qb_held_renew(&v, 0, off, 1), closer, sizeof closer) == 0);
    ck_assert_int_eq(qb_held_size(8), 0);
}
END_TEST

/* ---- refusals ---- */

static const struct {
    const char *spec;
    int bits, code; /* QB_E_CONFIG: at any number of bits */
    const char *why;
} refused[] = {
    {"ttq", 2, QB_E_NOT_OFFERED, "ternary"},
    {"dorefa", 0, QB_E_NOT_OFFERED, "ternary"},
    {"binaryconnect", 2, QB_E_NOT_OFFERED, "--bits 1"},
    {"par-quasiconvex", 1, QB_E_NOT_OFFERED, "0 among the levels"},
    {"par-quasiconvex[n_max=0]", 2, QB_E_CONFIG, "needs a delta"},
    {"par-quasiconvex[levels=quantizer,delta=1]", 2, QB_E_CONFIG, "levels=grid"},
    {"par-nonconvex[delta=0.5]", 1, QB_E_NOT_OFFERED, "1 bit"},
    {"proxconnect[pair=bnn]", 2, QB_E_NOT_OFFERED, "--bits 1"},
    {"waveq[shift=false]", 1, QB_E_NOT_OFFERED, "only 0"},
    {"proxquant[statistic=median]", 1, QB_E_CONFIG, "level=0"},
    {"proxsgd[levels=0/1,slopes=1]", 2, QB_E_CONFIG, "par-convex"},
    {"par[levels=0/1/2,slopes=1/2]", 2, QB_E_NOT_OFFERED, "2 to 4 levels"},
    {"par[levels=0/1/1,slopes=1/2]", 8, QB_E_CONFIG, "ascend"},
    {"par[levels=0/1]", 8, QB_E_CONFIG, "slopes"},
    {"par[levels=-1/0/1,slopes=1/0]", 8, QB_E_CONFIG, "fall"},
    {"admm[codes=-1/0/1]", 1, QB_E_NOT_OFFERED, "2 codes"},
    {"admm[codes=1/0]", 2, QB_E_CONFIG, "ascend"},
};

START_TEST(refuses)
{
    float x[2] = {0.5f, -0.5f};
    solver_stage s;
    ck_assert_int_eq(solver_stage_init(&s, refused[_i].spec, NULL, refused[_i].bits, 1, 2, x), refused[_i].code);
    ck_assert_msg(strstr(qb_err_text(), refused[_i].why) != NULL, "%s: %s", refused[_i].spec, qb_err_text());
    solver_stage_finish(&s);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("solver_hooks");
    TCase *maps = tcase_create("maps"), *gradients = tcase_create("gradients"), *runs = tcase_create("runs");
    tcase_set_timeout(maps, 60);
    tcase_add_loop_test(maps, vectors_by_hand, 0, N_BY_HAND);
    tcase_add_test(maps, par_maps_minimize);
    tcase_add_test(maps, closed_forms_equal_enumeration);
    tcase_add_test(maps, aprox_hardens_in_the_scaled_variable);
    tcase_add_test(maps, par_scaled_goes_from_identity_to_hard);
    tcase_add_loop_test(maps, nmsgd_limits, 0, 3);
    tcase_add_test(maps, proxconnect_contains_parq_and_binaryrelax);
    tcase_add_test(maps, median_is_the_sorted_rows);
    tcase_add_test(maps, code_fit_is_a_fixed_point);
    tcase_add_test(maps, ternary_sides);
    tcase_add_test(gradients, lsq_step_gradient);
    tcase_add_test(gradients, dorefa_gradient);
    tcase_add_test(gradients, ttq_level_gradients);
    tcase_add_test(gradients, waveq_slope_is_the_terms);
    tcase_add_test(gradients, sign_swish_slope);
    tcase_add_test(runs, proxquant_freezes);
    tcase_add_test(runs, proxquant_freezes_at_the_step_that_is_written);
    tcase_add_test(runs, binaryconnect_clips_and_scales);
    tcase_add_test(runs, binaryconnect_draws_by_probability);
    tcase_add_test(runs, levels_are_held_while_they_fit);
    tcase_add_loop_test(runs, refuses, 0, (int)(sizeof refused / sizeof *refused));
    suite_add_tcase(s, maps);
    suite_add_tcase(s, gradients);
    suite_add_tcase(s, runs);
    return s;
}

QB_TEST_MAIN
