/* Base optimizers: steps worked by hand in exact binary fractions, an independent double-precision Adam, state. */
#include "qb_test.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "engine/optim.h"

#include <math.h>
#include <string.h>

static const qb_optim_options sgd = {.kind = QB_OPTIM_SGD, .momentum = 0.5};
static const qb_optim_options plain = {.kind = QB_OPTIM_SGD, .momentum = 0};
static const qb_optim_options adamw = {.kind = QB_OPTIM_ADAMW, .beta1 = 0.9, .beta2 = 0.99, .eps = 1e-8};
static const qb_optim_options adam = {.kind = QB_OPTIM_ADAM, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8};

static qb_optim *make(const qb_optim_options *options, size_t n, double weight_decay, double lr_factor)
{
    qb_optim *o = NULL;
    int index = -1;
    ck_assert_int_eq(qb_optim_create(options, &o), 0);
    ck_assert_int_eq(qb_optim_add(o, "a.weight", n, weight_decay, lr_factor, &index), 0);
    ck_assert_int_eq(index, 0);
    return o;
}

START_TEST(sgd_decays_before_momentum_and_copies_the_first_gradient)
{
    qb_optim *o = make(&sgd, 2, 0.25, 1);
    float x[2] = {4, -8}, g[2] = {1, 2};
    qb_optim_step(o, 0, x, g, 0.5, 1); /* d = g + x/4 = (2, 0); b = d; x -= d/2 */
    ck_assert(x[0] == 3.0f && x[1] == -8.0f);
    qb_optim_step(o, 0, x, g, 0.25, 1); /* d = (1.75, 0); b = (1 + 1.75, 0); x -= b/4 */
    ck_assert(x[0] == 3.0f - 2.75f / 4 && x[1] == -8.0f);
    qb_optim_destroy(o);
}
END_TEST

START_TEST(sgd_without_momentum_keeps_no_state)
{
    qb_optim *o = make(&plain, 1, 0, 1);
    float x = 1, g = 2;
    qb_optim_step(o, 0, &x, &g, 0.25, 1);
    qb_optim_step(o, 0, &x, &g, 0.25, 1);
    ck_assert(x == 0.0f);
    ck_assert_int_eq(qb_optim_n_states(o), 0);
    qb_optim_destroy(o);
}
END_TEST

START_TEST(lr_factor_and_decay_scale_multiply)
{
    qb_optim *o = make(&plain, 1, 0.5, 4);
    float x = 8, g = 1;
    qb_optim_step(o, 0, &x, &g, 0.125, 0.5); /* rate 0.5, decay 0.25: d = 3 */
    ck_assert(x == 6.5f);
    qb_optim_step(o, 0, &x, &g, 0.125, 0); /* no decay: d = 1 */
    ck_assert(x == 6.0f);
    qb_optim_destroy(o);
}
END_TEST

START_TEST(adamw_decays_the_weights_not_the_gradient)
{
    qb_optim *o = make(&adamw, 1, 0.5, 1);
    float x = 2, g = 0;
    qb_optim_step(o, 0, &x, &g, 0.5, 1); /* x *= 1 - 0.25; no gradient: no further move */
    ck_assert(x == 1.5f);
    qb_optim_destroy(o);
}
END_TEST

START_TEST(adam_first_step_is_the_sign_of_the_gradient)
{
    const qb_optim_options *kinds[] = {&adam, &adamw};
    for (int i = 0; i < 2; i++) {
        qb_optim *o = make(kinds[i], 3, 0, 1);
        float x[3] = {1, 1, 1}, g[3] = {0.5f, -3, 1e-3f};
        qb_optim_step(o, 0, x, g, 0.25, 1); /* m/(1-b1) = g, sqrt(v/(1-b2)) = |g| */
        ck_assert_double_eq_tol((double)x[0], 0.75, 1e-6);
        ck_assert_double_eq_tol((double)x[1], 1.25, 1e-6);
        ck_assert_double_eq_tol((double)x[2], 0.75, 1e-5);
        qb_optim_destroy(o);
    }
}
END_TEST

/* Textbook Adam in double, with either kind of decay. */
static double reference_adam(const qb_optim_options *o, double x, const float *g, int n, double lr, double decay)
{
    double m = 0, v = 0;
    for (int k = 1; k <= n; k++) {
        double d = (double)g[k - 1];
        if (o->kind == QB_OPTIM_ADAMW)
            x -= lr * decay * x;
        else
            d += decay * x;
        m = o->beta1 * m + (1 - o->beta1) * d;
        v = o->beta2 * v + (1 - o->beta2) * d * d;
        x -= lr * (m / (1 - pow(o->beta1, k))) / (sqrt(v / (1 - pow(o->beta2, k))) + o->eps);
    }
    return x;
}

START_TEST(adam_follows_the_textbook)
{
    enum { N = 40 };
    const qb_optim_options *kinds[] = {&adam, &adamw};
    float g[N];
    qb_hash_fill("gradients", N, 1, 0, g);
    for (int i = 0; i < 2; i++) {
        qb_optim *o = make(kinds[i], 1, 0.01, 1);
        float x = 0.7f;
        for (int k = 0; k < N; k++)
            qb_optim_step(o, 0, &x, &g[k], 0.02, 1);
        ck_assert_double_eq_tol((double)x, reference_adam(kinds[i], (double)0.7f, g, N, 0.02, 0.01), 2e-6);
        qb_optim_destroy(o);
    }
}
END_TEST

START_TEST(every_length_gives_the_same_numbers) /* vector body and remainder alike */
{
    enum { N = 37 };
    const qb_optim_options *kinds[] = {&sgd, &plain, &adam, &adamw};
    float g[N], start[N];
    qb_hash_fill("g", N, 1, 0, g);
    qb_hash_fill("x", N, 1, 0, start);
    for (int kind = 0; kind < 4; kind++) {
        float whole[N];
        memcpy(whole, start, sizeof whole);
        qb_optim *o = make(kinds[kind], N, 0.1, 1);
        for (int k = 0; k < 3; k++)
            qb_optim_step(o, 0, whole, g, 0.1, 1);
        qb_optim_destroy(o);
        for (int i = 0; i < N; i++) {
            float one = start[i];
            o = make(kinds[kind], 1, 0.1, 1);
            for (int k = 0; k < 3; k++)
                qb_optim_step(o, 0, &one, &g[i], 0.1, 1);
            qb_optim_destroy(o);
            ck_assert(memcmp(&one, &whole[i], sizeof one) == 0);
        }
    }
}
END_TEST

START_TEST(reset_forgets_everything)
{
    const qb_optim_options *kinds[] = {&sgd, &adam, &adamw};
    float g[2] = {0.5f, -2};
    for (int kind = 0; kind < 3; kind++) {
        qb_optim *o = make(kinds[kind], 2, 0.1, 1);
        float first[2] = {1, 2}, again[2] = {1, 2}, scratch[2] = {3, 4};
        qb_optim_step(o, 0, first, g, 0.1, 1);
        qb_optim_step(o, 0, scratch, g, 0.1, 1);
        qb_optim_reset(o);
        size_t n;
        ck_assert_int_eq(qb_optim_step_counts(o, &n)[0], 0);
        qb_optim_step(o, 0, again, g, 0.1, 1);
        ck_assert(memcmp(first, again, sizeof first) == 0);
        qb_optim_destroy(o);
    }
}
END_TEST

START_TEST(state_goes_out_and_comes_back)
{
    const qb_optim_options *kinds[] = {&sgd, &adam, &adamw};
    static const char *const names[3][4] = {{"a.weight.momentum", "b.weight.momentum"},
                                            {"a.weight.m", "a.weight.v", "b.weight.m", "b.weight.v"},
                                            {"a.weight.m", "a.weight.v", "b.weight.m", "b.weight.v"}};
    float g[5];
    qb_hash_fill("g", 5, 1, 0, g);
    for (int kind = 0; kind < 3; kind++) {
        qb_optim *from = make(kinds[kind], 5, 0.1, 1), *to = make(kinds[kind], 5, 0.1, 1);
        int index;
        ck_assert_int_eq(qb_optim_add(from, "b.weight", 3, 0, 1, &index), 0);
        ck_assert_int_eq(index, 1);
        ck_assert_int_eq(qb_optim_add(to, "b.weight", 3, 0, 1, &index), 0);
        float a[5] = {1, 2, 3, 4, 5}, b[3] = {1, 2, 3};
        for (int k = 0; k < 4; k++)
            qb_optim_step(from, 0, a, g, 0.1, 1);
        qb_optim_step(from, 1, b, g, 0.1, 1);

        size_t n_states = qb_optim_n_states(from), n, n_counts;
        ck_assert_int_eq(n_states, kind == 0 ? 2 : 4);
        for (size_t i = 0; i < n_states; i++) {
            const char *name, *name_to;
            float *values, *values_to;
            qb_optim_state(from, i, &name, &values, &n);
            qb_optim_state(to, i, &name_to, &values_to, &n);
            ck_assert_str_eq(name, names[kind][i]);
            ck_assert_str_eq(name_to, name);
            memcpy(values_to, values, n * sizeof *values);
        }
        int64_t *counts = qb_optim_step_counts(from, &n_counts);
        ck_assert_int_eq(n_counts, 2);
        ck_assert_int_eq(counts[0], 4);
        ck_assert_int_eq(counts[1], 1);
        memcpy(qb_optim_step_counts(to, &n_counts), counts, 2 * sizeof *counts);

        float a_to[5], b_to[3];
        memcpy(a_to, a, sizeof a);
        memcpy(b_to, b, sizeof b);
        qb_optim_step(from, 0, a, g, 0.1, 1);
        qb_optim_step(to, 0, a_to, g, 0.1, 1);
        qb_optim_step(from, 1, b, g, 0.1, 1);
        qb_optim_step(to, 1, b_to, g, 0.1, 1);
        ck_assert(memcmp(a, a_to, sizeof a) == 0 && memcmp(b, b_to, sizeof b) == 0);
        qb_optim_destroy(from);
        qb_optim_destroy(to);
    }
}
END_TEST

START_TEST(holds_many_tensors)
{
    qb_optim *o = make(&sgd, 1, 0, 1);
    for (int i = 1; i < 1000; i++) {
        int index;
        ck_assert_int_eq(qb_optim_add(o, "t", 1, 0, 1, &index), 0);
        ck_assert_int_eq(index, i);
    }
    float x = 1, g = 1;
    qb_optim_step(o, 999, &x, &g, 0.5, 1);
    size_t n;
    const int64_t *counts = qb_optim_step_counts(o, &n);
    ck_assert_int_eq(n, 1000);
    ck_assert_int_eq(counts[999], 1);
    ck_assert_int_eq(counts[0], 0);
    ck_assert(x == 0.5f);
    qb_optim_destroy(o);
    qb_optim_destroy(NULL);
}
END_TEST

static const struct {
    qb_optim_options options;
    const char *text;
} refused[] = {
    {{.kind = QB_OPTIM_SGD, .momentum = 1}, "momentum: expected a number from 0 to below 1, got 1"},
    {{.kind = QB_OPTIM_SGD, .momentum = -0.5}, "momentum: expected a number from 0 to below 1, got -0.5"},
    {{.kind = QB_OPTIM_ADAM, .beta1 = 1, .beta2 = 0.9, .eps = 1}, "beta1: expected a number from 0 to below 1, got 1"},
    {{.kind = QB_OPTIM_ADAMW, .beta1 = 0.9, .beta2 = 2, .eps = 1}, "beta2: expected a number from 0 to below 1, got 2"},
    {{.kind = QB_OPTIM_ADAMW, .beta1 = 0.9, .beta2 = 0.9, .eps = 0}, "eps: expected a number above 0, got 0"},
};

START_TEST(refuses_bad_options)
{
    qb_optim *o = NULL;
    ck_assert_int_eq(qb_optim_create(&refused[_i].options, &o), QB_E_USAGE);
    ck_assert_ptr_null(o);
    ck_assert_str_eq(qb_err_text(), refused[_i].text);
}
END_TEST

START_TEST(refuses_a_bad_decay)
{
    qb_optim *o = make(&sgd, 1, 0, 1);
    int index = 77;
    ck_assert_int_eq(qb_optim_add(o, "t", 1, -1, 1, &index), QB_E_USAGE);
    ck_assert_int_eq(qb_optim_add(o, "t", 1, NAN, 1, &index), QB_E_USAGE);
    ck_assert_int_eq(index, 77);
    qb_optim_destroy(o);
}
END_TEST

START_TEST(survives_short_memory)
{
    for (int n = 1;; n++) {
        long before = qb_mem_live_blocks();
        qb_optim *o = NULL;
        int index;
        qb_mem_fail_at(n, 0);
        int rc = qb_optim_create(&adam, &o);
        if (rc == 0)
            rc = qb_optim_add(o, "t", 10, 0, 1, &index);
        qb_mem_fail_at(0, 0);
        qb_optim_destroy(o);
        ck_assert_int_eq(qb_mem_live_blocks(), before);
        if (rc == 0)
            return;
        ck_assert_int_eq(rc, QB_E_NOMEM);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("optim");
    TCase *c = tcase_create("optim");
    tcase_add_test(c, sgd_decays_before_momentum_and_copies_the_first_gradient);
    tcase_add_test(c, sgd_without_momentum_keeps_no_state);
    tcase_add_test(c, lr_factor_and_decay_scale_multiply);
    tcase_add_test(c, adamw_decays_the_weights_not_the_gradient);
    tcase_add_test(c, adam_first_step_is_the_sign_of_the_gradient);
    tcase_add_test(c, adam_follows_the_textbook);
    tcase_add_test(c, every_length_gives_the_same_numbers);
    tcase_add_test(c, reset_forgets_everything);
    tcase_add_test(c, state_goes_out_and_comes_back);
    tcase_add_test(c, holds_many_tensors);
    tcase_add_loop_test(c, refuses_bad_options, 0, sizeof refused / sizeof *refused);
    tcase_add_test(c, refuses_a_bad_decay);
    tcase_add_test(c, survives_short_memory);
    suite_add_tcase(s, c);
    return s;
}

QB_TEST_MAIN
