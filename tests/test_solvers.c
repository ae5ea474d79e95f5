/* The maps of the shipped solvers: vectors by hand, brute-force minimizers, limits, ties.
 * Plugins are called as the harness calls them, one view with given levels.
 */
#include "qb_test.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "quant/instance.h"
#include "quant/plugin_probe.h"

#include "solvers/common/maps.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A solver with its options, ready to map one row. */
typedef struct map {
    const qb_plugin *plugin;
    qb_settings settings;
    qb_instance *instance;
    void *self; /* of the instance */
    qb_step step;
} map;

static map map_open(const char *spec_text)
{
    static const char *const names[] = {"row"};
    map m = {.instance = qb_alloc(1, sizeof *m.instance),
             .step = {.size = sizeof(qb_step), .n_steps = 1000, .steps_per_epoch = 10, .anneal_end = 1000, .lr = 0.1,
                      .lr_base = 0.1}};
    qb_spec spec;
    ck_assert_int_eq(qb_spec_parse(spec_text, &spec), 0);
    ck_assert_msg(qb_plugin_load(spec.name, NULL, &m.plugin) == 0, "%s", qb_err_text());
    ck_assert_msg(qb_plugin_settings(m.plugin, &spec, &m.settings) == 0, "%s", qb_err_text());
    qb_spec_finish(&spec);
    const qb_instance_options options = {.plugin = m.plugin, .settings = &m.settings, .bits = 2, .n_views = 1, .view_names = names};
    ck_assert_msg(qb_instance_init(m.instance, &options, NULL) == 0, "%s", qb_err_text());
    m.self = m.instance->self;
    return m;
}

static void map_close(map *m)
{
    qb_instance_finish(m->instance);
    qb_free(m->instance);
    qb_settings_finish(&m->settings);
}

/* Fraction f of a window of 1,000 steps from step 0; f < 0 and f > 1 are allowed. */
static void map_at(map *m, double f)
{
    m->step.step = (int64_t)(1000.0 * f);
    m->step.fraction = f;
}

static void map_row(map *m, const float *q, int n_q, const float *z, int64_t len, float *w)
{
    float *x = qb_alloc((size_t)len, sizeof *x);
    memcpy(x, z, (size_t)len * sizeof *x);
    qb_view view = {.size = sizeof view, .name = "row", .n_rows = 1, .row_len = len, .n_per_channel = len, .bits = 2,
                    .x = x, .z = x, .w = w, .levels = q, .n_levels = n_q};
    const char *why = QB_HOOK(m->instance, "project", false, m->plugin->solver.project(m->self, &m->step, &view));
    ck_assert_msg(why == NULL, "%s", why);
    bool edits = (m->plugin->solver.caps & QB_CAP_EDITS_LATENT) != 0;
    ck_assert(memcmp(x, edits ? w : z, (size_t)len * sizeof *x) == 0); /* proximal SGD: x := w; the others leave x */
    qb_free(x);
}

static double map_one(map *m, const float *q, int n_q, double z)
{
    float in = (float)z, out = NAN;
    map_row(m, q, n_q, &in, 1, &out);
    return (double)out;
}

/* r of parq at the step set by map_at. */
static double inverse_slope(map *m)
{
    qb_metric metric[4];
    ck_assert_uint_eq(m->plugin->solver.metrics(m->self, &m->step, metric, 4), 1);
    ck_assert_str_eq(metric[0].name, "parq_inv_slope");
    return metric[0].value;
}

/* ---- by hand ---- */

static const float hand_levels[4] = {-3.5f, -0.83333f, 0.83333f, 3.5f};
static const float integers[7] = {-3, -2, -1, 0, 1, 2, 3};

static const struct {
    const char *spec;
    double fraction, in, out;
    const float *levels;
    int n_levels;
} by_hand[] = {
    {"ste", 0.5, 2, 0.83333, hand_levels, 4},
    {"ste", 0.5, 3, 3.5, hand_levels, 4},
    {"ste", 0.5, 0, -0.83333, hand_levels, 4}, /* a tie: the lower level */
    {"parq", 0.5, 3, 3.5, hand_levels, 4},
    {"parq", 0.5, 2, 1.83333, hand_levels, 4},
    {"parq", 0.5, 0.5, 0.83333, hand_levels, 4},
    {"parq", 0.5, 0, 0, hand_levels, 4},
    {"parq", 0.5, -4, -3.5, hand_levels, 4},
    {"binaryrelax", 0.5, 2, 1.41667, hand_levels, 4},
    {"binaryrelax", 0.5, 3, 3.25, hand_levels, 4},
    {"binaryrelax", 0.5, -4, -3.75, hand_levels, 4},
    {"softquant[tau_start=1,tau_end=19]", 0.5, 2, 1.75758, hand_levels, 4},
    {"par-nonconvex[lambda=2]", 0.5, 0.1, 0, integers, 7}, /* lr 0.1: s = 0.2 */
    {"par-nonconvex[lambda=2]", 0.5, 0.3, 0.1, integers, 7},
    {"par-nonconvex[lambda=2]", 0.5, 0.5, 0.3, integers, 7}, /* a tie: towards the lower level */
    {"par-nonconvex[lambda=2]", 0.5, 0.7, 0.9, integers, 7},
    {"par-nonconvex[lambda=2]", 0.5, -1.7, -1.9, integers, 7},
    {"par-nonconvex[lambda=2]", 0.5, 3.5, 3.3, integers, 7},
    {"none", 0.5, 0.3, 0.3, integers, 7},
};

START_TEST(vectors_by_hand)
{
    map m = map_open(by_hand[_i].spec);
    map_at(&m, by_hand[_i].fraction);
    double got = map_one(&m, by_hand[_i].levels, by_hand[_i].n_levels, by_hand[_i].in);
    ck_assert_msg(fabs(got - by_hand[_i].out) < 1e-5, "%s of %g: expected %g, got %g", by_hand[_i].spec, by_hand[_i].in,
                  by_hand[_i].out, got);
    map_close(&m);
}
END_TEST

/* ---- schedules of parq ---- */

static const struct {
    const char *spec;
    double fraction, r, tolerance;
} schedule[] = {
    {"parq[steepness=1]", 0.25, 0.75387, 1e-5},
    {"parq", 0.25, 0.92990, 1e-5},
    {"parq", 0.75, 0.07010, 1e-5},
    {"parq[steepness=100]", 0.45, 0.9933, 1e-4},
    {"parq[steepness=100]", 0.55, 0.0067, 1e-4},
    {"parq[steepness=1000000]", 0.49, 1, 1e-12},
    {"parq[steepness=1000000]", 0.51, 0, 1e-12},
    {"parq[steepness=0.001]", 0.25, 0.75, 1e-6},
    {"parq[schedule=cosine]", 0.25, 0.8535533906, 1e-9},
    {"parq[schedule=cosine]", 0.5, 0.5, 1e-12},
    {"parq", -0.01, 1, 0},
    {"parq", 1, 0, 0},
    {"parq", 3, 0, 0},
    {"parq[center=0.25]", 0, 1, 1e-15},
    {"parq[center=1]", 0, 1, 1e-15},
    {"parq[center=0]", 0, 1, 1e-15},
    {"parq[center=0.25]", 0.999999, 0, 1e-5},
    {"parq[center=1]", 0.999999, 0, 1e-5},
    /* p(f) = sigma(-10 (f - 0.25)): p(0.25) = 0.5, p(0) = 0.924142, p(1) = 0.000552779 */
    {"parq[center=0.25]", 0.25, (0.5 - 0.000552778637) / (0.924141819979 - 0.000552778637), 1e-9},
};

START_TEST(schedule_values)
{
    map m = map_open(schedule[_i].spec);
    map_at(&m, schedule[_i].fraction);
    double r = inverse_slope(&m);
    ck_assert_msg(fabs(r - schedule[_i].r) <= schedule[_i].tolerance, "%s at %g: expected %.9g, got %.9g",
                  schedule[_i].spec, schedule[_i].fraction, schedule[_i].r, r);
    map_close(&m);
}
END_TEST

START_TEST(schedules_fall)
{
    static const char *const specs[] = {"parq", "parq[steepness=0.01]", "parq[steepness=2000]", "parq[center=0.1]",
                                        "parq[center=1,steepness=50]", "parq[schedule=cosine]"};
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        map m = map_open(specs[i]);
        double before = 1.0;
        for (int k = 0; k <= 1000; k++) {
            map_at(&m, k / 1000.0);
            double r = inverse_slope(&m);
            ck_assert_msg(r >= 0 && r <= before, "%s: r rises to %g at %d", specs[i], r, k);
            ck_assert(k == 1000 || r > 0);
            before = r;
        }
        map_close(&m);
    }
}
END_TEST

START_TEST(parq_anneals_weight_decay)
{
    map m = map_open("parq[anneal_wd_frac=0.75]");
    qb_step_request request;
    const struct {
        int64_t step;
        double r;
    } rows[] = {{0, 1}, {1, 1}, {501, 0.5}, {1000, 0}, {1001, 0}, {5000, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        m.step.step = rows[i].step; /* the slope of the step before counts */
        request = (qb_step_request){.size = sizeof request, .decay_scale = 1};
        ck_assert_int_eq(m.plugin->solver.begin_step(m.self, &m.step, &request), 0);
        ck_assert_double_eq_tol(request.decay_scale, 0.25 + 0.75 * rows[i].r, 1e-3);
        ck_assert_uint_eq(request.reset_optimizer, 0);
    }
    ck_assert(request.decay_scale == 0.25); /* the final value does apply after the window */
    map_close(&m);
}
END_TEST

/* ---- minimizers by search ---- */

static double nearest_distance(const float *q, int n, double w)
{
    double best = HUGE_VAL;
    for (int i = 0; i < n; i++)
        best = fmin(best, fabs(w - (double)q[i]));
    return best;
}

/* (1 - r)/2 (w - l)(h - w) on each interval, infinite outside. */
static double parq_penalty(const float *q, int n, double strength, double w)
{
    for (int i = 0; i + 1 < n; i++)
        if (w >= (double)q[i] && w <= (double)q[i + 1])
            return 0.5 * (1 - strength) * (w - (double)q[i]) * ((double)q[i + 1] - w);
    return HUGE_VAL;
}

/* theta: lambda / 2 dist^2, lambda = theta / (1 - theta). */
static double relax_penalty(const float *q, int n, double strength, double w)
{
    double d = nearest_distance(q, n, w);
    return 0.5 * strength / (1 - strength) * d * d;
}

static double distance_penalty(const float *q, int n, double strength, double w) { return strength * nearest_distance(q, n, w); }

static const struct {
    const char *spec;
    double (*penalty)(const float *q, int n, double strength, double w);
    double fraction;
} searched[] = {
    {"parq", parq_penalty, 0.3},          {"parq", parq_penalty, 0.5},
    {"parq", parq_penalty, 0.8},          {"parq[steepness=50]", parq_penalty, 0.52},
    {"binaryrelax", relax_penalty, 0.1},  {"binaryrelax", relax_penalty, 0.5},
    {"binaryrelax", relax_penalty, 0.95}, {"par-nonconvex[lambda=0.5]", distance_penalty, 0.5},
    {"par-nonconvex[lambda=3]", distance_penalty, 0.5}, {"par-nonconvex[lambda=20]", distance_penalty, 0.5},
};

/* No w of a fine grid may be better than the map's, for random levels (equal neighbours too) and inputs. */
START_TEST(maps_minimize_their_penalty)
{
    map m = map_open(searched[_i].spec);
    map_at(&m, searched[_i].fraction);
    double strength = searched[_i].penalty == parq_penalty    ? inverse_slope(&m)
                      : searched[_i].penalty == relax_penalty ? searched[_i].fraction
                                                              : 0.1 * qb_get(&m.settings, "lambda")->r;
    for (int trial = 0; trial < 12; trial++) {
        float q[8], z[40];
        char name[32];
        int n = 2 + trial % 7;
        (void)snprintf(name, sizeof name, "levels%d", trial);
        qb_hash_fill(name, (size_t)n, 1.5, 0.2, q);
        for (int i = 1; i < n; i++)
            for (int k = i; k > 0 && q[k] < q[k - 1]; k--) {
                float t = q[k];
                q[k] = q[k - 1];
                q[k - 1] = t;
            }
        if (trial % 4 == 3 && n > 2)
            q[1] = q[0];
        (void)snprintf(name, sizeof name, "inputs%d", trial);
        qb_hash_fill(name, 40, 2.5, 0.0, z);
        for (int i = 0; i < 40; i++) {
            double x = (double)z[i], w = map_one(&m, q, n, x);
            double cost = searched[_i].penalty(q, n, strength, w) + 0.5 * (w - x) * (w - x);
            /* rounding may put w just outside the outermost levels */
            w = searched[_i].penalty == parq_penalty ? qb_clamp(w, (double)q[0], (double)q[n - 1]) : w;
            for (int k = 0; k <= 2000; k++) {
                double other = -4.0 + 8.0 * k / 2000;
                double there = searched[_i].penalty(q, n, strength, other) + 0.5 * (other - x) * (other - x);
                ck_assert_msg(cost <= there + 1e-6, "%s, trial %d: w(%g) = %g costs %g, but %g costs %g",
                              searched[_i].spec, trial, x, w, cost, other, there);
            }
        }
    }
    map_close(&m);
}
END_TEST

/* The two-parameter family of ProxConnect (8.1) contains parq and, inside the range, binaryrelax. */
static double proxconnect(double l, double h, double rho, double varrho, double u)
{
    double p = 0.5 * (l + h), qp = fmin(p, l + rho), qm = fmax(p, h - rho), pm = fmax(l, p - varrho), pp = fmin(h, p + varrho);
    if (u <= qp)
        return l;
    if (u <= p)
        return l + (u - qp) * (pm - l) / (p - qp);
    if (u < qm)
        return pp + (u - p) * (h - pp) / (qm - p);
    return h;
}

START_TEST(maps_are_of_the_proxconnect_family)
{
    map parq = map_open("parq"), relax = map_open("binaryrelax");
    for (int f = 1; f < 10; f++) {
        map_at(&parq, f / 10.0);
        map_at(&relax, f / 10.0);
        double r = inverse_slope(&parq);
        for (int k = 0; k < 200; k++) {
            double z = -3.49 + 6.98 * k / 199;
            int i = z <= (double)hand_levels[1] ? 0 : z <= (double)hand_levels[2] ? 1 : 2;
            double l = (double)hand_levels[i], h = (double)hand_levels[i + 1], half = 0.5 * (h - l);
            ck_assert_double_eq_tol(map_one(&parq, hand_levels, 4, z), proxconnect(l, h, (1 - r) * half, 0, z), 3e-6 / r);
            ck_assert_double_eq_tol(map_one(&relax, hand_levels, 4, z), proxconnect(l, h, 0, f / 10.0 * half, z), 1e-6);
        }
    }
    map_close(&parq);
    map_close(&relax);
}
END_TEST

/* ---- limits ---- */

static const char *const annealed[] = {"parq", "parq[schedule=cosine]", "parq[steepness=300,center=0.9]", "binaryrelax", "softquant"};
enum { N_ANNEALED = sizeof annealed / sizeof *annealed, N_Z = 400 };

static void some_inputs(const float *q, int n, float *z)
{
    qb_hash_fill("some inputs", N_Z, 5.0, 0.0, z);
    for (int i = 0; i < n; i++)
        z[i] = q[i];
    for (int i = 0; i + 1 < n; i++)
        z[n + i] = (float)(0.5 * ((double)q[i] + (double)q[i + 1]));
    z[2 * n] = 0.0f;
    z[2 * n + 1] = -0.0f;
    z[2 * n + 2] = FLT_TRUE_MIN;
    z[2 * n + 3] = FLT_MAX;
    z[2 * n + 4] = -FLT_MAX;
}

START_TEST(identity_before_and_hard_after)
{
    float z[N_Z], w[N_Z];
    some_inputs(hand_levels, 4, z);
    map m = map_open(annealed[_i]);
    map_at(&m, -0.001);
    map_row(&m, hand_levels, 4, z, N_Z, w);
    ck_assert_mem_eq(z, w, sizeof z);
    for (double f = 1.0; f < 5.0; f += 1.5) {
        map_at(&m, f);
        map_row(&m, hand_levels, 4, z, N_Z, w);
        for (int i = 0; i < N_Z; i++)
            ck_assert(w[i] == qb_nearest(hand_levels, 4, z[i]));
    }
    map_close(&m);
}
END_TEST

START_TEST(ends_of_the_window_are_close_to_both)
{
    float z[N_Z], w[N_Z];
    some_inputs(hand_levels, 4, z);
    map m = map_open(annealed[_i]);
    map_at(&m, 0.0);
    map_row(&m, hand_levels, 4, z, N_Z, w);
    bool clips = strcmp(annealed[_i], "binaryrelax") != 0, curved = strcmp(annealed[_i], "softquant") == 0;
    for (int i = 0; i < N_Z; i++) {
        double want = clips ? qb_clamp((double)z[i], -3.5, 3.5) : (double)z[i];
        ck_assert_double_eq_tol((double)w[i], want, curved ? 0.02 : 1e-6 * fmax(1.0, fabs(want)));
    }
    map_at(&m, 1.0 - 1e-9);
    map_row(&m, hand_levels, 4, z, N_Z, w);
    for (int i = 0; i < N_Z; i++) {
        double middle = HUGE_VAL; /* distance to the nearest midpoint: there the soft maps are still on their way */
        for (int k = 0; k < 3; k++)
            middle = fmin(middle, fabs((double)z[i] - 0.5 * ((double)hand_levels[k] + (double)hand_levels[k + 1])));
        if (middle > 0.05 && fabs((double)z[i]) < 100)
            ck_assert_double_eq_tol((double)w[i], (double)qb_nearest(hand_levels, 4, z[i]), 2e-4);
    }
    map_close(&m);
}
END_TEST

START_TEST(centres_stay_until_the_window_ends)
{
    static const char *const specs[] = {"parq", "softquant"};
    for (size_t s = 0; s < 2; s++) {
        map m = map_open(specs[s]);
        for (double f = 0.0; f < 1.0; f += 0.111) {
            map_at(&m, f);
            ck_assert(map_one(&m, hand_levels, 4, 0.0) == 0.0);
        }
        map_at(&m, 1.0);
        ck_assert(map_one(&m, hand_levels, 4, 0.0) == (double)hand_levels[1]);
        map_close(&m);
    }
}
END_TEST

/* ---- properties ---- */

static const char *const every[] = {"ste", "none", "binaryrelax", "parq", "parq[steepness=1000]", "softquant", "par-nonconvex",
                                    "par-nonconvex[lambda=4]"};
enum { N_EVERY = sizeof every / sizeof *every };

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

START_TEST(maps_are_monotone_and_odd)
{
    map m = map_open(every[_i]);
    m.step.lr_sum = 3;
    m.step.lr_sum_total = 10;
    float z[N_Z], w[N_Z], minus_z[N_Z], minus_w[N_Z];
    for (int wide = 0; wide < 2; wide++) {
        float q[32];
        int n = wide ? 32 : 4; /* both ways of the row maps: a pass a level, and by halving */
        for (int i = 0; i < n; i++)
            q[i] = wide ? 0.2f * (float)i - 3.1f : hand_levels[i];
        for (int i = 0; i < n / 2; i++)
            q[i] = -q[n - 1 - i];
        some_inputs(q, n, z);
        qsort(z, N_Z, sizeof *z, by_value);
        for (double f = 0.0; f <= 1.1; f += 0.05) {
            map_at(&m, f);
            map_row(&m, q, n, z, N_Z, w);
            for (int i = 0; i + 1 < N_Z; i++)
                ck_assert_msg(w[i] <= w[i + 1], "%s at %g: w(%.9g) = %.9g, w(%.9g) = %.9g", every[_i], f, (double)z[i],
                              (double)w[i], (double)z[i + 1], (double)w[i + 1]);
            for (int i = 0; i < N_Z; i++)
                minus_z[i] = -z[i];
            map_row(&m, q, n, minus_z, N_Z, minus_w);
            for (int i = 0; i < N_Z; i++) {
                bool tie = false;
                for (int k = 0; k + 1 < n; k++)
                    tie |= fabs((double)z[i] - 0.5 * ((double)q[k] + (double)q[k + 1])) < 1e-6;
                ck_assert(tie || minus_w[i] == -w[i]);
            }
        }
    }
    map_close(&m);
}
END_TEST

START_TEST(zero_equal_and_odd_rows_are_safe)
{
    static const float zero[4] = {0, 0, 0, 0}, equal[4] = {2, 2, 2, 2};
    map m = map_open(every[_i]);
    float z[N_Z], w[N_Z];
    some_inputs(hand_levels, 4, z);
    z[30] = NAN;
    z[31] = INFINITY;
    z[32] = -INFINITY;
    for (double f = -0.1; f <= 1.1; f += 0.1) {
        map_at(&m, f);
        for (int n = 2; n <= 4; n++) {
            map_row(&m, zero, n, z, 29, w);
            map_row(&m, equal, n, z, 29, w);
            for (int i = 0; i < 29; i++)
                ck_assert(isfinite(w[i]));
        }
        qb_view view = {.size = sizeof view, .name = "odd", .n_rows = 1, .row_len = 40, .x = z, .z = z, .w = w,
                        .levels = hand_levels, .n_levels = 4};
        ck_assert_int_eq(m.plugin->solver.project(m.self, &m.step, &view), 0); /* no crash; values are the trainer's matter */
    }
    map_close(&m);
}
END_TEST

START_TEST(nearest_row_is_nearest)
{
    for (int n = 1; n <= 256; n = n < 20 ? n + 1 : n * 2 - (n % 2)) {
        float q[256], z[1200], w[1200];
        qb_hash_fill("many levels", (size_t)n, 1.0, 0.0, q);
        qsort(q, (size_t)n, sizeof *q, by_value);
        if (n > 3)
            q[2] = q[1];
        qb_hash_fill("many inputs", 1200, 1.2, 0.0, z);
        for (int i = 0; i + 1 < n && 3 * i + 2 < 1200; i++) { /* midpoints and their neighbours */
            z[3 * i] = (float)(0.5 * ((double)q[i] + (double)q[i + 1]));
            z[3 * i + 1] = nextafterf(z[3 * i], 2);
            z[3 * i + 2] = nextafterf(z[3 * i], -2);
        }
        z[1199] = NAN;
        z[1198] = INFINITY;
        z[1197] = -INFINITY;
        qb_nearest_row(q, n, z, 1200, w);
        for (int i = 0; i < 1200; i++)
            ck_assert_msg(w[i] == qb_nearest(q, n, z[i]), "%d levels, z = %.9g", n, (double)z[i]);
    }
}
END_TEST

START_TEST(intervals_and_tanh_of_the_row_maps)
{
    for (double y = -30; y <= 30; y += 0.00137)
        ck_assert_double_eq_tol(qb_tanh(y), tanh(y), 1e-15);
    ck_assert(qb_tanh(1e300) == 1.0 && qb_tanh(-INFINITY) == -1.0 && qb_tanh(0.0) == 0.0);
    for (int n = 2; n <= 40; n++) {
        float q[40], z[300], l[300], h[300];
        qb_hash_fill("interval levels", (size_t)n, 1.0, 0.0, q);
        qsort(q, (size_t)n, sizeof *q, by_value);
        qb_hash_fill("interval inputs", 300, 1.3, 0.0, z);
        for (int i = 0; i < n; i++)
            z[i] = q[i];
        qb_intervals(q, n, z, 300, l, h);
        for (int i = 0; i < 300; i++) {
            int k = 0;
            while (k + 2 < n && z[i] > q[k + 1])
                k++;
            ck_assert(l[i] == q[k] && h[i] == q[k + 1]);
        }
    }
}
END_TEST

/* The pulls of a run add up to `strength` half gaps, whatever its length. */
START_TEST(nonconvex_pulls_do_not_depend_on_the_length)
{
    static const float q[2] = {-1, 1};
    for (int steps = 20; steps <= 20000; steps *= 10) {
        map m = map_open("par-nonconvex[strength=0.5]");
        double x = 0.9;
        for (int t = 0; t < steps; t++) {
            m.step.step = t;
            m.step.lr = 0.1;
            m.step.lr_sum = 0.1 * (t + 1);
            m.step.lr_sum_total = 0.1 * steps;
            x = map_one(&m, q, 2, x - 0.4 / steps); /* a force of 0.4 half gaps away from the level */
        }
        ck_assert_msg(x > 0.93 && x <= 1.0, "%d steps end at %g", steps, x);
        map_close(&m);
    }
}
END_TEST

START_TEST(softquant_refuses_falling_temperatures)
{
    const qb_plugin *p;
    qb_spec spec;
    qb_settings settings;
    ck_assert_int_eq(qb_plugin_load("softquant", NULL, &p), 0);
    ck_assert_int_eq(qb_spec_parse("softquant[tau_start=5,tau_end=5]", &spec), 0);
    ck_assert_int_eq(qb_plugin_settings(p, &spec, &settings), 0);
    ck_assert_int_eq(qb_plugin_supports(p, &settings, 2, "row"), QB_E_CONFIG);
    ck_assert_str_eq(qb_err_text(), "softquant[tau_end=5,tau_start=5]: these options do not go together: "
                                    "tau_end must be above tau_start, got 5 and 5");
    ck_assert_msg(strstr(qb_err_hint_text(), "change one of them") != NULL, "%s", qb_err_hint_text());
    qb_settings_finish(&settings);
    qb_spec_finish(&spec);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("solvers");
    TCase *t = tcase_create("maps");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, vectors_by_hand, 0, sizeof by_hand / sizeof *by_hand);
    tcase_add_loop_test(t, schedule_values, 0, sizeof schedule / sizeof *schedule);
    tcase_add_test(t, schedules_fall);
    tcase_add_test(t, parq_anneals_weight_decay);
    tcase_add_loop_test(t, maps_minimize_their_penalty, 0, sizeof searched / sizeof *searched);
    tcase_add_test(t, maps_are_of_the_proxconnect_family);
    tcase_add_loop_test(t, identity_before_and_hard_after, 0, N_ANNEALED);
    tcase_add_loop_test(t, ends_of_the_window_are_close_to_both, 0, N_ANNEALED);
    tcase_add_test(t, centres_stay_until_the_window_ends);
    tcase_add_loop_test(t, maps_are_monotone_and_odd, 0, N_EVERY);
    tcase_add_loop_test(t, zero_equal_and_odd_rows_are_safe, 0, N_EVERY);
    tcase_add_test(t, nearest_row_is_nearest);
    tcase_add_test(t, intervals_and_tanh_of_the_row_maps);
    tcase_add_test(t, nonconvex_pulls_do_not_depend_on_the_length);
    tcase_add_test(t, softquant_refuses_falling_temperatures);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
