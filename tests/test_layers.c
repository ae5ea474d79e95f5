/* Every layer of the engine against the naive loops of ref_layers.c, forward and backward, for sizes that no kernel
 * likes. Small integers make sums exact in float32, so results are compared with ==. Each case runs with the CPU's own
 * instruction set, held to AVX2, and in bfloat16 where the CPU has it. */
#include "check_graph.h"
#include "qb_test.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static qb_ref conv(qb_graph *g, qb_ref x, const char *name, int out, int kernel, int stride, int pad)
{
    return qb_graph_conv(g, x, name, out, kernel, stride, pad, false, QB_INIT_KAIMING_FAN_IN, QB_QUANTIZED);
}

/* Logits by a convolution over the whole (square) image: every pixel has a gradient of its own. */
static void finish_graph(qb_graph *g, qb_ref x)
{
    int size = (int)qb_graph_shape(g, x).h;
    ck_assert_msg(qb_graph_finish(g, conv(g, x, "last", CLASSES, size, 1, 0)) == 0, "%s", qb_err_text());
}

/* ---- convolution ---- */

static const struct {
    int n, in, size, out, kernel, stride, pad;
    bool bias;
} convs[] = {
    {2, 16, 8, 16, 3, 1, 1, false}, {3, 16, 9, 32, 3, 2, 1, false}, {2, 32, 7, 16, 1, 1, 0, false}, {2, 16, 8, 48, 1, 2, 0, true},
    {1, 1, 7, 5, 3, 1, 1, true},    {4, 3, 12, 16, 7, 2, 3, false}, {2, 20, 5, 12, 3, 1, 1, false}, {3, 24, 6, 40, 3, 2, 1, true},
    {1, 64, 1, 16, 1, 1, 0, false}, {2, 8, 9, 8, 5, 3, 2, false},   {2, 5, 6, 7, 2, 2, 0, true},    {5, 17, 4, 33, 3, 1, 0, false},
};
enum { N_CONVS = sizeof convs / sizeof *convs };

/* The convolution behind a 1x1 convolution (so that its gradient of x shows), and at the input of the net. */
START_TEST(convolves)
{
    int i = _i % N_CONVS;
    qb_type type;
    tolerance tol = {0};
    if (!set_variant(_i / N_CONVS, &type, &tol))
        QB_TEST_SKIP("this CPU has no bf16");
    for (int first = 0; first < 2; first++) {
        qb_graph *g = make_graph((qb_shape){first ? 2 : convs[i].in, convs[i].size, convs[i].size});
        qb_ref x = qb_graph_input(g);
        if (first)
            x = conv(g, x, "first", convs[i].in, 1, 1, 0);
        x = qb_graph_conv(g, x, "conv", convs[i].out, convs[i].kernel, convs[i].stride, convs[i].pad, convs[i].bias, QB_INIT_ZERO,
                          QB_QUANTIZED);
        finish_graph(g, x);
        check_graph(g, convs[i].n, true, 0, type, tol);
    }
}
END_TEST

/* ---- other layers, exact ---- */

static qb_ref build_maxpool(qb_graph *g, qb_ref x)
{
    return qb_graph_maxpool(g, x, 3, 2, 1);
}
static qb_ref build_maxpool_even(qb_graph *g, qb_ref x)
{
    return qb_graph_maxpool(g, x, 2, 2, 0);
}
static qb_ref build_shortcut(qb_graph *g, qb_ref x)
{
    return qb_graph_shortcut_pad(g, x, 2 * (int)qb_graph_shape(g, x).c, 2);
}
static qb_ref build_shortcut_odd(qb_graph *g, qb_ref x)
{
    return qb_graph_shortcut_pad(g, x, (int)qb_graph_shape(g, x).c + 7, 3);
}
static qb_ref build_pool_linear(qb_graph *g, qb_ref x)
{
    x = qb_graph_global_avgpool(g, x);
    return qb_graph_linear(g, x, "linear", 10, QB_INIT_ZERO, QB_INIT_ZERO, QB_QUANTIZED);
}
static qb_ref build_pool(qb_graph *g, qb_ref x)
{
    return qb_graph_global_avgpool(g, x);
}
static const struct {
    const char *name;
    qb_ref (*build)(qb_graph *g, qb_ref x);
    int n, channels, size;
    double largest; /* 0: exact */
} layers[] = {
    {"maxpool", build_maxpool, 2, 16, 8, 0},          {"maxpool of odd size", build_maxpool, 3, 20, 7, 0},
    {"maxpool, 5 channels", build_maxpool, 1, 5, 9, 0}, {"maxpool 2x2", build_maxpool_even, 2, 16, 5, 0},
    {"shortcut", build_shortcut, 2, 16, 8, 0},        {"shortcut of odd size", build_shortcut, 3, 32, 7, 0},
    {"shortcut, 8 channels", build_shortcut, 1, 8, 5, 0}, {"shortcut, offset inside a block", build_shortcut_odd, 2, 20, 7, 0},
    {"shortcut, 5 channels", build_shortcut_odd, 2, 5, 4, 0}, {"average and linear", build_pool_linear, 4, 16, 8, 0},
    {"average of 3x3", build_pool, 3, 20, 3, 1e-6},   {"average of 1x1", build_pool, 2, 33, 1, 0},
};
enum { N_LAYERS = sizeof layers / sizeof *layers };

START_TEST(moves_and_pools)
{
    int i = _i % N_LAYERS;
    qb_type type;
    tolerance tol = {.largest = layers[i].largest};
    if (!set_variant(_i / N_LAYERS, &type, &tol))
        QB_TEST_SKIP("this CPU has no bf16");
    qb_graph *g = make_graph((qb_shape){2, layers[i].size, layers[i].size});
    qb_ref x = conv(g, qb_graph_input(g), "first", layers[i].channels, 1, 1, 0);
    finish_graph(g, layers[i].build(g, x));
    check_graph(g, layers[i].n, true, 0, type, tol);
}
END_TEST

/* ---- batchnorm ---- */

static const struct {
    int n, channels, size;
    bool relu;
    int residual; /* 0 none, 1 a tensor of its own, 2 its own input, 3 the input of the net (no gradient) */
    int readers;  /* further readers of its output */
} norms[] = {
    {4, 16, 8, true, 0, 0},  {3, 32, 5, false, 0, 0}, {2, 20, 7, true, 0, 0},  {4, 16, 9, true, 1, 0},  {3, 24, 6, false, 1, 0},
    {4, 16, 4, true, 2, 0},  {5, 1, 5, true, 1, 0},   {7, 5, 3, true, 0, 1},   {1, 48, 11, true, 1, 1}, {2, 16, 6, true, 1, 2},
    {2, 20, 6, true, 1, 3},  {3, 8, 7, true, 0, 4},   {4, 3, 5, true, 3, 0},   {2, 64, 1, true, 0, 0},  {16, 33, 2, false, 2, 2},
    {1, 2, 5, false, 3, 1},  {1, 7, 5, false, 1, 2},  {3, 40, 5, true, 2, 2},  {1, 16, 7, false, 0, 3},  {1, 24, 3, true, 2, 0},
};
enum { N_NORMS = sizeof norms / sizeof *norms };

static qb_graph *make_norm(int i)
{
    int channels = norms[i].residual == 3 ? 2 : norms[i].channels;
    qb_graph *g = make_graph((qb_shape){2, norms[i].size, norms[i].size});
    qb_ref in = qb_graph_input(g), x = conv(g, in, "first", channels, 3, 1, 1), r = QB_NONE;
    if (norms[i].residual == 1)
        r = conv(g, in, "residual", channels, 1, 1, 0);
    else if (norms[i].residual == 2)
        r = x;
    else if (norms[i].residual == 3)
        r = in;
    qb_ref y = qb_graph_batchnorm(g, x, "bn", r, norms[i].relu), sum = y;
    for (int k = 0; k < norms[i].readers; k++) { /* y is read by each, and the results are summed on the way out */
        char name[32], norm[32];
        snprintf(name, sizeof name, "reader%d", k);
        snprintf(norm, sizeof norm, "norm%d", k);
        sum = qb_graph_batchnorm(g, conv(g, y, name, channels, 1, 1, 0), norm, sum, false);
    }
    finish_graph(g, sum);
    return g;
}

START_TEST(normalizes)
{
    qb_type type;
    tolerance tol = {.largest = 2e-5};
    if (!set_variant(_i / N_NORMS, &type, &tol))
        QB_TEST_SKIP("this CPU has no bf16");
    if (type == QB_TYPE_BF16)
        tol.norm = norms[_i % N_NORMS].relu ? 0.25 : 0.05; /* a mask that rounding flips moves whole gradients */
    check_graph(make_norm(_i % N_NORMS), norms[_i % N_NORMS].n, false, 0, type, tol);
}
END_TEST

enum { N_SHORTCUTS = 4 };

/* A shortcut that comes before the convolution beside it goes backward after it, and adds to its gradient in place. */
START_TEST(shortcut_adds_to_a_gradient)
{
    static const struct {
        int n, channels, size;
    } sizes[N_SHORTCUTS] = {{3, 16, 8}, {2, 20, 7}, {2, 3, 5}, {4, 8, 6}};
    qb_type type;
    tolerance tol = {.largest = 2e-5};
    if (!set_variant(_i / N_SHORTCUTS, &type, &tol))
        QB_TEST_SKIP("this CPU has no bf16");
    if (type == QB_TYPE_BF16)
        tol.norm = 0.25;
    int i = _i % N_SHORTCUTS, c = sizes[i].channels;
    qb_graph *g = make_graph((qb_shape){2, sizes[i].size, sizes[i].size});
    qb_ref x = qb_graph_batchnorm(g, conv(g, qb_graph_input(g), "first", c, 3, 1, 1), "bn", QB_NONE, true);
    qb_ref s = qb_graph_shortcut_pad(g, x, 2 * c, 2);
    finish_graph(g, qb_graph_batchnorm(g, conv(g, x, "conv", 2 * c, 3, 2, 1), "sum", s, true));
    check_graph(g, sizes[i].n, false, 0, type, tol);
}
END_TEST

/* A ReLU flips nothing here and a mean of 1000 standard deviations cancels nothing: running_var stays exact to 1e-6. */
START_TEST(keeps_variance_under_a_large_mean)
{
    qb_type type;
    tolerance tol = {.largest = 1e-6};
    ck_assert(set_variant(_i, &type, &tol));
    qb_graph *g = make_graph((qb_shape){16, 9, 9});
    finish_graph(g, qb_graph_batchnorm(g, qb_graph_input(g), "bn", QB_NONE, false));
    engine e;
    make_engine(&e, g, 4, QB_TRAIN, QB_TYPE_F32);
    ref_net *r = ref_net_create(g, 4);
    float *images = qb_alloc(ref_count(r, 0), sizeof *images);
    qb_hash_fill("images", ref_count(r, 0), 1.5, 1000, images);
    images[0] = -3e4F; /* the first pixel far from all others: no good guess of the mean */
    widen(images, ref_count(r, 0), r->value[0]);
    const qb_batch batch = qb_batch_of(images, NULL, 4);
    ck_assert_int_eq(qb_net_plan_forward(e.plan, &batch), 0);
    ref_net_forward(r, true);
    for (size_t i = 0; i < e.n_running_stats; i++)
        for (size_t k = 0; k < e.running_stats[i].n; k++)
            ck_assert_double_le(fabs((double)e.running_stats[i].value[k] / r->running_stats[i][k] - 1), 1e-6);
    qb_free(images);
    ref_net_destroy(r);
    finish_engine(&e);
    qb_graph_destroy(g);
}
END_TEST

/* The variance of one value is 0, not NaN, and it is not corrected for its own mean. */
START_TEST(one_value_a_channel_has_no_variance)
{
    qb_graph *g = make_graph((qb_shape){4, 1, 1});
    finish_graph(g, qb_graph_batchnorm(g, qb_graph_input(g), "bn", QB_NONE, true));
    engine e;
    make_engine(&e, g, 1, QB_TRAIN, QB_TYPE_F32);
    const float image[4] = {1, -2, 3, 0};
    const qb_batch batch = qb_batch_of(image, NULL, 1);
    for (size_t i = 0; i < e.n_params; i++)
        for (size_t k = 0; k < e.params[i].n; k++)
            e.params[i].x[k] = 1;
    ck_assert_int_eq(qb_net_plan_forward(e.plan, &batch), 0);
    for (int c = 0; c < 4; c++) {
        ck_assert_double_le(fabs((double)e.running_stats[0].value[c] - 0.1 * (double)image[c]), 1e-7);
        ck_assert_double_le(fabs((double)e.running_stats[1].value[c] - 0.9), 1e-7);
    }
    for (int c = 0; c < CLASSES; c++)
        ck_assert(isfinite(qb_net_plan_logits(e.plan)[c]));
    for (int c = 0; c < CLASSES; c++)
        qb_net_plan_logits_grad(e.plan)[c] = 1;
    ck_assert_int_eq(qb_net_plan_backward(e.plan, &batch), 0);
    for (size_t i = 0; i < e.n_params; i++)
        for (size_t k = 0; k < e.params[i].n; k++)
            ck_assert(isfinite(e.params[i].g[k]));
    finish_engine(&e);
    qb_graph_destroy(g);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

/* ---- the reference itself ---- */

START_TEST(reference_gradients_are_right)
{
    qb_graph *g = make_graph((qb_shape){2, 7, 7});
    qb_ref x = qb_graph_conv(g, qb_graph_input(g), "first", 4, 3, 2, 1, true, QB_INIT_ZERO, QB_QUANTIZED);
    qb_ref y = qb_graph_batchnorm(g, x, "bn1", x, true), s = qb_graph_shortcut_pad(g, y, 7, 2);
    y = qb_graph_batchnorm(g, conv(g, y, "conv", 7, 3, 2, 1), "bn2", s, true);
    y = qb_graph_linear(g, qb_graph_global_avgpool(g, qb_graph_maxpool(g, y, 2, 1, 0)), "linear", CLASSES, QB_INIT_ZERO, QB_INIT_ZERO,
                        QB_QUANTIZED);
    ck_assert_msg(qb_graph_finish(g, y) == 0, "%s", qb_err_text());
    check_reference(g, 3);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("layers");
    TCase *t = tcase_create("exact");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, convolves, 0, 2 * N_CONVS);
    tcase_add_loop_test(t, moves_and_pools, 0, 2 * N_LAYERS);
    suite_add_tcase(s, t);
    t = tcase_create("batchnorm");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, normalizes, 0, 2 * N_NORMS);
    tcase_add_loop_test(t, shortcut_adds_to_a_gradient, 0, 2 * N_SHORTCUTS);
    tcase_add_loop_test(t, keeps_variance_under_a_large_mean, 0, 2);
    tcase_add_test(t, one_value_a_channel_has_no_variance);
    suite_add_tcase(s, t);
    t = tcase_create("bf16");
    tcase_set_tags(t, "bf16");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, convolves, 2 * N_CONVS, 3 * N_CONVS);
    tcase_add_loop_test(t, moves_and_pools, 2 * N_LAYERS, 3 * N_LAYERS);
    tcase_add_loop_test(t, normalizes, 2 * N_NORMS, 3 * N_NORMS);
    tcase_add_loop_test(t, shortcut_adds_to_a_gradient, 2 * N_SHORTCUTS, 3 * N_SHORTCUTS);
    suite_add_tcase(s, t);
    t = tcase_create("reference");
    tcase_add_test(t, reference_gradients_are_right);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
