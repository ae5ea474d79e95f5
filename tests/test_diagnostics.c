/* Observers of training: when they look, what they count, and what they carry on. Runs with and without them: test_run.c. */
#include "quant_net.h"

#include "train/diagnostics.h"

#include <math.h>

static char dir[64];
static net n;
static qb_diagnostics *d;

static void set_up(void)
{
    strcpy(dir, "/tmp/qb_diagnostics_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    net_set_up();
}

static void tear_down(void) { (void)qb_fs_remove_tree(dir); }

static void open_all(const net_options *o, long long observers)
{
    net_open(&n, o);
    const qb_diagnostics_options options = {
        .observers = observers, .quant = n.quant, .first_step = o->warmup, .n_steps = o->n_steps, .steps_per_epoch = 10};
    ck_assert_int_eq(qb_diagnostics_create(&options, &d), 0);
}

static void close_all(void)
{
    qb_diagnostics_destroy(d);
    net_close(&n);
}

static long long observer(const char *name)
{
    long long bit = 1;
    for (size_t k = 0; qb_diagnostics_names[k]; k++, bit <<= 1)
        if (strcmp(qb_diagnostics_names[k], name) == 0)
            return bit;
    ck_abort_msg("%s", name);
}

static int take(void *context, json_t *line)
{
    ck_assert_ptr_nonnull(line);
    return json_array_append_new(context, line);
}

/* Step number `step`, then the lines that it leaves. New reference. */
static json_t *step_and_look(int64_t step)
{
    json_t *lines = json_array();
    net_step(&n, step);
    ck_assert_int_eq(qb_diagnostics_observe(d, step + 1, take, lines), 0);
    return lines;
}

static double number(const json_t *o, const char *key) { return json_number_value(json_object_get(o, key)); }

static const struct {
    const char *observer;
    int64_t warmup, n_steps;
    const char *steps; /* at which it looks */
} moments[] = {
    {"codes", 0, 30, " 1 10 20 30"},
    {"codes", 12, 30, " 13 20 30"},
    {"map", 0, 30, " 1 6 12 18 24 30"},
    {"map", 0, 100, " 1 20 40 60 80 100"}, /* whole epochs */
    {"map", 25, 70, " 26 30 50 60 70"},    /* 7 epochs: the ends of 2, 3, 5, 6, 7; what is before the warm-up's end falls away */
    {"histogram", 0, 3, " 1 2 3"},
    {"levels", 0, 7, " 1 2 3 4 5 6 7"},
};

START_TEST(looks_at_its_steps)
{
    qb_str steps = {0};
    open_all(&(net_options){.solver = "parq", .warmup = moments[_i].warmup, .n_steps = moments[_i].n_steps, .period = 5, .threads = 1},
             observer(moments[_i].observer));
    for (int64_t step = 0; step < moments[_i].n_steps; step++) {
        json_t *lines = step_and_look(step);
        ck_assert(json_array_size(lines) == 0 || json_array_size(lines) == N_VIEWS);
        for (size_t i = 0; i < json_array_size(lines); i++) {
            const json_t *line = json_array_get(lines, i);
            ck_assert_str_eq(json_string_value(json_object_get(line, "observer")), moments[_i].observer);
            ck_assert_str_eq(json_string_value(json_object_get(line, "layer")), n.params[view_params[i]].name);
            ck_assert_double_eq(number(line, "epoch"), (double)(step + 1) / 10);
            ck_assert_double_eq(number(line, "step"), (double)(step + 1));
        }
        if (json_array_size(lines) > 0)
            qb_str_addf(&steps, " %lld", (long long)step + 1);
        json_decref(lines);
    }
    ck_assert_str_eq(steps.text, moments[_i].steps);
    qb_str_finish(&steps);
    close_all();
}
END_TEST

/* The number of the nearest level, by looking at all of them. */
static int code_of(const float *q, int n_q, float w)
{
    int best = 0;
    for (int k = 1; k < n_q; k++)
        if (fabsf(q[k] - w) < fabsf(q[best] - w))
            best = k;
    return best;
}

/* Small tensors are looked at whole, so flips and distances can be counted beside it. */
static const net_options counted[] = {
    {.solver = "ste", .bits = 2, .n_steps = 40, .period = 1, .threads = 1},
    {.solver = "parq", .bits = 3, .n_steps = 40, .period = 4, .end = 40, .granularity = QB_PER_TENSOR, .threads = 1},
    {.solver = "binaryrelax", .bits = 1, .n_steps = 40, .period = 10, .end = 30, .shrink = true, .threads = 1},
};

START_TEST(counts_flips_and_distances)
{
    static int before[N_VIEWS][N_FLOATS];
    bool any_flip = false;
    open_all(&counted[_i], observer("codes"));
    for (int64_t step = 0; step < 40; step++) {
        json_t *lines = step_and_look(step);
        double shrink = counted[_i].shrink ? fmax(1, qb_quant_lr_sum(n.quant)) : 1;
        for (size_t v = 0; v < json_array_size(lines); v++) {
            const qb_param *p = &n.params[view_params[v]];
            int64_t rows;
            int n_q, n_flips = 0;
            const float *q = qb_quant_levels(n.quant, (size_t)view_params[v], &rows, &n_q);
            double far_w = 0, far_x = 0;
            for (size_t i = 0; i < p->n; i++) {
                const float *row = q + (int64_t)i / ((int64_t)p->n / rows) * n_q;
                double gap = (double)(row[n_q - 1] - row[0]) / (n_q - 1);
                int code = code_of(row, n_q, p->w[i]);
                float x = p->x[i] / (float)shrink;
                n_flips += code != before[v][i];
                before[v][i] = code;
                far_w += fabs((double)p->w[i] - (double)row[code]) / gap;
                far_x += fabs((double)x - (double)row[code_of(row, n_q, x)]) / gap;
            }
            const json_t *line = json_array_get(lines, v);
            if (step == 0)
                ck_assert(json_is_null(json_object_get(line, "flips")));
            else
                ck_assert_double_eq_tol(number(line, "flips"), (double)n_flips / (double)p->n, 1e-6);
            any_flip = any_flip || (step > 0 && n_flips > 0);
            ck_assert_double_eq_tol(number(line, "distance"), far_w / (double)p->n, 1e-5);
            ck_assert_double_eq_tol(number(line, "distance_latent"), far_x / (double)p->n, 1e-5);
        }
        json_decref(lines);
    }
    ck_assert(any_flip);
    close_all();
}
END_TEST

START_TEST(shows_levels_histogram_and_map)
{
    open_all(&(net_options){.solver = "parq", .bits = 2, .n_steps = 20, .period = 1, .end = 20, .granularity = QB_PER_TENSOR, .threads = 1},
             observer("levels") | observer("histogram") | observer("map"));
    json_t *lines = step_and_look(0);
    ck_assert_uint_eq(json_array_size(lines), 3 * N_VIEWS);
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i), *levels = json_object_get(line, "levels"), *x = json_object_get(line, "x");
        const qb_param *p = &n.params[view_params[i % N_VIEWS]];
        int64_t rows;
        int n_q;
        const float *q = qb_quant_levels(n.quant, (size_t)view_params[i % N_VIEWS], &rows, &n_q);
        ck_assert_uint_eq(json_array_size(levels), (size_t)n_q);
        for (int k = 0; k < n_q; k++)
            ck_assert_double_eq_tol(json_number_value(json_array_get(levels, (size_t)k)), (double)q[k], 1e-6);
        if (i >= N_VIEWS && i < 2 * N_VIEWS) {
            json_int_t n_latent = 0, n_weights = 0;
            for (size_t k = 0; k < 64; k++) {
                n_latent += json_integer_value(json_array_get(json_object_get(line, "latent"), k));
                n_weights += json_integer_value(json_array_get(json_object_get(line, "weights"), k));
            }
            ck_assert_int_eq(n_latent, (int)p->n);
            ck_assert_int_eq(n_weights, (int)p->n);
            ck_assert_double_lt(number(line, "low"), number(line, "high"));
        }
        if (i < 2 * N_VIEWS)
            continue;
        size_t n_pairs = p->n < 128 ? p->n : 128;
        ck_assert_uint_eq(json_array_size(x), n_pairs);
        for (size_t k = 0; k < n_pairs; k++) {
            size_t at = k * p->n / n_pairs;
            ck_assert_double_eq_tol(json_number_value(json_array_get(x, k)), (double)p->x[at], 1e-6);
            ck_assert_double_eq_tol(json_number_value(json_array_get(json_object_get(line, "w"), k)), (double)p->w[at], 1e-6);
        }
    }
    json_decref(lines);
    close_all();
}
END_TEST

/* Eight bits have more levels than a picture shows; levels of a solver's own are there once the weights are on them. */
START_TEST(shows_few_of_many_levels_and_the_solvers_own)
{
    open_all(&(net_options){.solver = "ste", .quantizer = "unif", .bits = 8, .n_steps = 2, .period = 1, .threads = 1}, observer("levels"));
    json_t *lines = step_and_look(0);
    const json_t *levels = json_object_get(json_array_get(lines, 0), "levels");
    int64_t rows;
    int n_q;
    const float *q = qb_quant_levels(n.quant, 1, &rows, &n_q);
    ck_assert_uint_eq(json_array_size(levels), 16);
    ck_assert_double_eq_tol(json_number_value(json_array_get(levels, 0)), (double)q[0], 1e-6);
    ck_assert_double_eq_tol(json_number_value(json_array_get(levels, 15)), (double)q[n_q - 1], 1e-6);
    json_decref(lines);
    close_all();
    open_all(&(net_options){.solver = "lsq", .bits = 2, .n_steps = 2, .period = 1, .threads = 1}, observer("levels") | observer("codes"));
    lines = step_and_look(0);
    for (size_t i = 0; i < N_VIEWS; i++) {
        levels = json_object_get(json_array_get(lines, i), "levels");
        ck_assert_uint_ge(json_array_size(levels), 2);
        ck_assert_uint_le(json_array_size(levels), 4);
        ck_assert_double_eq_tol(number(json_array_get(lines, N_VIEWS + i), "distance"), 0, 1e-6); /* on them */
    }
    json_decref(lines);
    close_all();
}
END_TEST

/* Saved and read back, the next line is that of one who looked on; without the state it is not. */
START_TEST(carries_codes_on)
{
    char *path = qb_path_join(dir, "d.safetensors"), hash[65];
    open_all(&(net_options){.solver = "ste", .n_steps = 40, .period = 1, .threads = 1}, observer("codes"));
    for (int64_t step = 0; step < 12; step++)
        json_decref(step_and_look(step));
    ck_assert_int_eq(qb_diagnostics_save(d, path, hash), 0);
    const qb_diagnostics_options options = {
        .observers = observer("codes"), .quant = n.quant, .first_step = 0, .n_steps = 40, .steps_per_epoch = 10};
    qb_diagnostics *again = NULL, *forgetful = NULL;
    ck_assert_int_eq(qb_diagnostics_create(&options, &again), 0);
    ck_assert_int_eq(qb_diagnostics_create(&options, &forgetful), 0);
    ck_assert_int_eq(qb_diagnostics_load(again, path), 0);
    for (int64_t step = 12; step < 20; step++) {
        json_t *a = step_and_look(step), *b = json_array(), *c = json_array();
        ck_assert_int_eq(qb_diagnostics_observe(again, step + 1, take, b), 0);
        ck_assert_int_eq(qb_diagnostics_observe(forgetful, step + 1, take, c), 0);
        ck_assert(json_equal(a, b));
        ck_assert(json_equal(a, c) == (step < 19));
        json_decref(a);
        json_decref(b);
        json_decref(c);
    }
    qb_diagnostics_destroy(again);
    qb_diagnostics_destroy(forgetful);
    qb_free(path);
    close_all();
}
END_TEST

/* Weights that are not finite (the loss will say so) leave lines that are JSON. */
START_TEST(survives_weights_that_are_not_finite)
{
    open_all(&(net_options){.solver = "ste", .n_steps = 40, .period = 1, .threads = 1},
             observer("codes") | observer("map") | observer("histogram") | observer("levels"));
    json_decref(step_and_look(0));
    for (size_t i = 0; i < 20; i++) {
        n.params[1].w[i] = i % 2 ? (float)NAN : (float)INFINITY;
        n.params[1].x[i] = (float)NAN;
    }
    json_t *lines = json_array();
    ck_assert_int_eq(qb_diagnostics_observe(d, 40, take, lines), 0);
    char *text = qb_json_compact(lines);
    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_null(strstr(text, "nan"));
    ck_assert_ptr_null(strstr(text, "inf"));
    qb_free(text);
    json_decref(lines);
    close_all();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("diagnostics");
    TCase *t = tcase_create("diagnostics");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, looks_at_its_steps, 0, sizeof moments / sizeof *moments);
    tcase_add_loop_test(t, counts_flips_and_distances, 0, sizeof counted / sizeof *counted);
    tcase_add_test(t, shows_levels_histogram_and_map);
    tcase_add_test(t, shows_few_of_many_levels_and_the_solvers_own);
    tcase_add_test(t, carries_codes_on);
    tcase_add_test(t, survives_weights_that_are_not_finite);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
