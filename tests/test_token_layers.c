/* The layers of transformers against the naive loops of ref_tokens.c, forward and backward: odd numbers of tokens, widths
 * that no vector's width divides, one head, one image, stochastic depth. Where all is sums of small integers, exactly. */
#include "check_graph.h"
#include "qb_test.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "engine/layer_token_linear.h"
#include "engine/threads.h"

#include <math.h>
#include <string.h>

/* ---- graphs ---- */

static const struct {
    int n, rows, columns; /* rows * columns + 1 tokens */
    int width, heads;     /* heads divide the width */
} sizes[] = {
    {2, 3, 1, 24, 3},  {1, 2, 2, 5, 1},   {3, 7, 1, 33, 3}, {1, 1, 1, 16, 2}, {4, 5, 3, 8, 1},
    {2, 4, 4, 48, 12}, {2, 11, 3, 20, 2}, {1, 9, 7, 64, 1}, {5, 3, 1, 1, 1},
};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static qb_ref embed(qb_graph *g, int i)
{
    size_t declared = qb_graph_declare_embedding(g, sizes[i].rows * sizes[i].columns + 1, sizes[i].width);
    qb_ref x = qb_graph_conv(g, qb_graph_input(g), "patches", sizes[i].width, 1, 1, 0, true, QB_INIT_ZERO, QB_FLOAT);
    return qb_graph_embed(g, x, declared);
}

static qb_ref linear(qb_graph *g, qb_ref x, const char *name, int out)
{
    return qb_graph_token_linear(g, x, name, out, QB_INIT_ZERO, QB_QUANTIZED);
}

static qb_ref branch(qb_graph *g, qb_ref x, const char *name, qb_ref residual, double drop_share)
{
    return qb_graph_token_branch(g, x, name, residual, drop_share, QB_INIT_ZERO, QB_QUANTIZED);
}

static qb_ref head(qb_graph *g, qb_ref x)
{
    return qb_graph_linear(g, x, "head", CLASSES, QB_INIT_ZERO, QB_INIT_ZERO, QB_FLOAT);
}

static qb_ref attend(qb_graph *g, qb_ref x, int i, const char *qkv, const char *name)
{
    return qb_graph_attention(g, linear(g, x, qkv, 3 * sizes[i].width), name, sizes[i].heads);
}

typedef qb_ref builder(qb_graph *g, qb_ref x, int i);

static qb_ref build_embedding(qb_graph *g, qb_ref x, int i)
{
    (void)g;
    (void)i;
    return x;
}
static qb_ref build_linear(qb_graph *g, qb_ref x, int i)
{
    return linear(g, x, "linear", sizes[i].width + 3);
}
static qb_ref build_branch(qb_graph *g, qb_ref x, int i)
{
    return branch(g, linear(g, x, "linear", 2 * sizes[i].width + 1), "branch", x, 1);
}
static qb_ref build_branch_of_itself(qb_graph *g, qb_ref x, int i)
{
    (void)i;
    return branch(g, x, "branch", x, 0.5);
}
/* A residual that is no stream: in bfloat16 it is not float32. */
static qb_ref build_branch_of_linear(qb_graph *g, qb_ref x, int i)
{
    qb_ref r = linear(g, x, "r", sizes[i].width);
    return branch(g, x, "branch", r, 1);
}
static qb_ref build_norm(qb_graph *g, qb_ref x, int i)
{
    (void)i;
    return qb_graph_layernorm(g, x, "norm");
}
static qb_ref build_gelu(qb_graph *g, qb_ref x, int i)
{
    (void)i;
    return qb_graph_gelu(g, x, "gelu");
}
static qb_ref build_norm_of_linear(qb_graph *g, qb_ref x, int i)
{
    return qb_graph_gelu(g, qb_graph_layernorm(g, linear(g, x, "linear", sizes[i].width), "norm"), "gelu");
}
static qb_ref build_attention(qb_graph *g, qb_ref x, int i)
{
    return attend(g, x, i, "qkv", "attn");
}
/* A block as models have it; and the stream is read again behind it. */
static qb_ref build_block(qb_graph *g, qb_ref x, int i)
{
    qb_ref y = attend(g, qb_graph_layernorm(g, x, "norm1"), i, "block.qkv", "block.attn");
    qb_ref middle = branch(g, y, "proj", x, 1);
    y = qb_graph_gelu(g, linear(g, qb_graph_layernorm(g, middle, "norm2"), "fc1", 4 * sizes[i].width), "act");
    y = branch(g, y, "fc2", middle, 0.5);
    return branch(g, qb_graph_layernorm(g, middle, "norm3"), "more", y, 0);
}

/* The builder's layers between an embedding and a head. exact: the mean over the tokens is classified; else attention
 * mixes them first, so that every token has a gradient of its own, and the class token is. */
static qb_graph *make_tokens(builder *build, int i, bool exact)
{
    qb_graph *g = make_graph((qb_shape){2, sizes[i].rows, sizes[i].columns});
    qb_ref x = build(g, embed(g, i), i);
    x = exact ? qb_graph_global_avgpool(g, x) : qb_graph_class_token(g, attend(g, x, i, "last.qkv", "last"));
    ck_assert_msg(qb_graph_finish(g, head(g, x)) == 0, "%s", qb_err_text());
    return g;
}

/* ---- against the reference ---- */

static builder *const moves[] = {build_embedding, build_linear, build_branch, build_branch_of_itself, build_branch_of_linear};
enum { N_MOVES = sizeof moves / sizeof *moves, N_EXACT = 2 * N_MOVES }; /* each with 4 tokens, and with 8 */

/* Integers, and means over 4 or 8 tokens: nothing is rounded. With rate 0.5 the branches' factors are 0 and 2, 4 / 3 where
 * the share is 0.5 (which is why that one is off). */
START_TEST(sums_exactly)
{
    int i = _i / 2 % N_MOVES;
    qb_type type;
    tolerance tol = {0};
    if (!set_variant(_i / N_EXACT, &type, &tol))
        QB_TEST_SKIP("this CPU has no bf16");
    qb_graph *g = make_tokens(moves[i], _i % 2 == 0 ? 0 : 2, true);
    qb_graph_set_drop_path(g, moves[i] == build_branch_of_itself ? 0 : 0.5);
    check_graph(g, sizes[_i % 2 == 0 ? 0 : 2].n, true, 0, type, tol);
}
END_TEST

static builder *const layers[] = {build_embedding,     build_branch, build_branch_of_linear, build_norm, build_gelu,
                                  build_norm_of_linear, build_attention, build_block};
enum { N_LAYERS = sizeof layers / sizeof *layers, N_CASES = N_LAYERS * N_SIZES };

START_TEST(computes)
{
    int layer = _i % N_CASES / N_SIZES, i = _i % N_SIZES;
    qb_type type;
    tolerance tol = {.largest = 5e-5};
    if (!set_variant(_i / N_CASES, &type, &tol))
        QB_TEST_SKIP("this CPU has no bf16");
    tol.plus_rounding = type == QB_TYPE_BF16; /* gradients through attention cancel */
    qb_graph *g = make_tokens(layers[layer], i, false);
    qb_graph_set_drop_path(g, 0.4);
    check_graph(g, sizes[i].n, false, 0, type, tol);
}
END_TEST

/* Layers that run no product of oneDNN's are computed in bfloat16 on any CPU. */
START_TEST(computes_in_bf16_without_products)
{
    qb_graph *g = make_graph((qb_shape){sizes[_i].width, sizes[_i].rows, sizes[_i].columns});
    size_t declared = qb_graph_declare_embedding(g, sizes[_i].rows * sizes[_i].columns + 1, sizes[_i].width);
    qb_ref x = qb_graph_gelu(g, qb_graph_layernorm(g, qb_graph_embed(g, qb_graph_input(g), declared), "norm"), "gelu");
    x = _i % 2 == 0 ? qb_graph_global_avgpool(g, x) : qb_graph_class_token(g, x);
    ck_assert_msg(qb_graph_finish(g, head(g, x)) == 0, "%s", qb_err_text());
    check_graph(g, sizes[_i].n, false, 0, QB_TYPE_BF16, (tolerance){.norm = 0.03});
}
END_TEST

START_TEST(reference_gradients_are_right)
{
    check_reference(make_tokens(layers[_i], 0, false), 2);
}
END_TEST

/* ---- threads ---- */

/* The loops of the engine, and attention with its products, give the same bits with any number of threads. */
START_TEST(bits_depend_on_no_number_of_threads)
{
    enum { N = 5, WIDTH = 24, TOKENS = 12, IMAGES = N * WIDTH * TOKENS };
    static float images[IMAGES], first[2 * WIDTH * TOKENS + 4 * WIDTH];
    qb_hash_fill("images", IMAGES, 1.5, 0, images);
    for (int threads = 1; threads <= 3; threads++) {
        ck_assert_int_eq(qb_threads_use(threads), 0);
        qb_graph *g = make_graph((qb_shape){WIDTH, TOKENS - 1, 1});
        size_t declared = qb_graph_declare_embedding(g, TOKENS, WIDTH), n_values = 0;
        qb_ref x = qb_graph_layernorm(g, qb_graph_embed(g, qb_graph_input(g), declared), "norm");
        x = qb_graph_gelu(g, qb_graph_attention(g, x, "attn", 2), "gelu");
        ck_assert_int_eq(qb_graph_finish(g, head(g, qb_graph_class_token(g, x))), 0);
        engine e;
        make_engine(&e, g, N, QB_TRAIN, QB_TYPE_F32);
        for (size_t i = 0; i < e.n_params; i++)
            qb_hash_fill(e.params[i].name, e.params[i].n, 1, 0.5, e.params[i].x);
        const qb_batch batch = qb_batch_of(images, NULL, N);
        ck_assert_int_eq(qb_net_plan_forward(e.plan, &batch), 0);
        for (int i = 0; i < N * CLASSES; i++)
            qb_net_plan_logits_grad(e.plan)[i] = (float)(i % 4) - 1.3F;
        ck_assert_int_eq(qb_net_plan_backward(e.plan, &batch), 0);
        for (size_t i = 0; i < e.n_params; i++) {
            if (strncmp(e.params[i].name, "head", 4) == 0)
                continue; /* oneDNN's sums over the images */
            ck_assert_uint_le(n_values + e.params[i].n, sizeof first / sizeof *first);
            if (threads == 1)
                memcpy(first + n_values, e.params[i].g, e.params[i].n * sizeof *first);
            ck_assert_mem_eq(first + n_values, e.params[i].g, e.params[i].n * sizeof *first);
            n_values += e.params[i].n;
        }
        finish_engine(&e);
        qb_graph_destroy(g);
    }
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

/* ---- products alone ---- */

static void refill(const engine *e, float value)
{
    for (size_t i = 0; i < qb_net_plan_arena_bytes(e->plan) / sizeof value; i++)
        ((float *)e->arena)[i] = value;
}

/* The ceiling of a step has attention's products too: they are timed, and run alone they multiply what is in their memory,
 * here one value everywhere, probabilities included. In backward what comes from behind is another value: 0, as the weights are,
 * unless oneDNN has a copy of these in that memory. */
START_TEST(products_of_attention_run_alone)
{
    enum { WIDTH = 12, TOKENS = 5, HEADS = 2, PART = WIDTH / 3 };
    const float value = 0.75F, image[WIDTH * (TOKENS - 1)] = {0};
    qb_graph *g = make_graph((qb_shape){WIDTH, TOKENS - 1, 1});
    qb_ref x = qb_graph_embed(g, qb_graph_input(g), qb_graph_declare_embedding(g, TOKENS, WIDTH));
    qb_ref attn = qb_graph_attention(g, x, "attn", HEADS);
    ck_assert_int_eq(qb_graph_finish(g, head(g, qb_graph_class_token(g, linear(g, attn, "proj", WIDTH)))), 0);
    engine e;
    make_engine(&e, g, 1, QB_TRAIN, QB_TYPE_F32);
    const qb_batch batch = qb_batch_of(image, NULL, 1);
    for (int pass = 0; pass < 2; pass++) {
        qb_dnn_trace(e.dnn, true);
        if (pass == 0)
            ck_assert_int_eq(qb_net_plan_forward(e.plan, &batch), 0);
        else
            ck_assert_int_eq(qb_net_plan_backward(e.plan, &batch), 0);
        qb_dnn_trace(e.dnn, false);
        ck_assert(qb_dnn_take_seconds(e.dnn) > 0);
        refill(&e, value);
        ck_assert_int_eq(qb_dnn_replay(e.dnn), 0);
        const float *y = qb_net_plan_at(e.plan, e.plan->activations[attn].value);
        for (int i = 0; pass == 0 && i < TOKENS * PART; i++)
            ck_assert(y[i] == TOKENS * value * value);
        if (pass == 0)
            continue;
        const float *dx = qb_net_plan_at(e.plan, e.plan->activations[x].grads[0]);
        const float *dy = qb_net_plan_at(e.plan, e.plan->activations[attn].grads[0]);
        const float dv = TOKENS * value * dy[0], dp = PART / HEADS * value * dy[0], dq = TOKENS * dp * value;
        for (int i = 0; i < TOKENS * WIDTH; i++) {
            const float wanted = i % WIDTH < 2 * PART ? dq : dv;
            ck_assert(fabsf(dx[i] - wanted) <= 1e-5F * fabsf(wanted));
        }
    }
    finish_engine(&e);
    qb_graph_destroy(g);
}
END_TEST

/* ---- stochastic depth ---- */

START_TEST(drops_by_seed_step_position_and_branch)
{
    enum { N = 4000 };
    qb_batch whole = qb_batch_of(NULL, NULL, N), other_seed = whole, other_step = whole;
    other_seed.seed = 1;
    other_step.step = 1;
    const qb_token_linear own = {.drop_share = 0.5, .branch = 3}, other = {.drop_share = 0.5, .branch = 4}, none = {.branch = 3};
    int kept = 0, differ[3] = {0};
    for (int i = 0; i < N; i++) {
        float m = qb_drop_factor(&own, 0.4, &whole, i);
        ck_assert(m == 0 || m == (float)(1 / 0.8));
        kept += m > 0;
        differ[0] += m != qb_drop_factor(&own, 0.4, &other_seed, i);
        differ[1] += m != qb_drop_factor(&own, 0.4, &other_step, i);
        differ[2] += m != qb_drop_factor(&other, 0.4, &whole, i);
        const qb_batch part = qb_batch_part(&whole, i % 4, 4); /* a part draws what the whole draws */
        ck_assert(m == qb_drop_factor(&own, 0.4, &part, i / 4));
        ck_assert(qb_drop_factor(&none, 0.4, &whole, i) == 1);
        ck_assert(qb_drop_factor(&own, 0, &whole, i) == 1);
    }
    ck_assert_int_ge(kept, N * 0.8 - 100); /* 4 standard deviations of 25 */
    ck_assert_int_le(kept, N * 0.8 + 100);
    for (int k = 0; k < 3; k++) { /* 2 * 0.8 * 0.2 of independent ones */
        ck_assert_int_ge(differ[k], N * 0.32 - 120);
        ck_assert_int_le(differ[k], N * 0.32 + 120);
    }
}
END_TEST

/* ---- misuse ---- */

START_TEST(refuses_shapes_that_do_not_fit)
{
    static const struct {
        int which;
        const char *text;
    } bad[] = {
        {0, "attention 'attn': expected tokens of 3 x heads x head width values, got 24x4x1 for 5 heads"},
        {1, "linear 'branch': adds a residual of its own 4 tokens and drops a share of 0 to 1, got 3 and 0"},
        {2, "layernorm 'norm': expected tokens (width x tokens x 1), got 2x3x2"},
        {3, "embed 'pos_embed': was declared for 5 tokens of width 24, got 4 of width 24"},
        {4, "linear 'linear': expected tokens (width x tokens x 1) and at least 1 output, got 24x4x1 and 0"},
    };
    int which = bad[_i].which;
    qb_graph *g = make_graph((qb_shape){which == 2 ? 2 : 24, 3, which == 2 ? 2 : 1});
    qb_ref x = qb_graph_input(g);
    if (which == 2)
        x = qb_graph_layernorm(g, x, "norm");
    else
        x = qb_graph_embed(g, x, qb_graph_declare_embedding(g, which == 3 ? 5 : 4, 24));
    if (which == 0)
        x = qb_graph_attention(g, x, "attn", 5);
    if (which == 1)
        x = branch(g, x, "branch", qb_graph_input(g), 0);
    if (which == 4)
        x = linear(g, x, "linear", 0);
    ck_assert_int_eq(qb_graph_finish(g, x), QB_E_CONFIG);
    ck_assert_str_eq(qb_err_text(), bad[_i].text);
    qb_graph_destroy(g);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("token_layers");
    TCase *t = tcase_create("layers");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, sums_exactly, 0, 2 * N_EXACT);
    tcase_add_loop_test(t, computes, 0, 2 * N_CASES);
    tcase_add_loop_test(t, computes_in_bf16_without_products, 0, N_SIZES);
    tcase_add_test(t, bits_depend_on_no_number_of_threads);
    tcase_add_test(t, products_of_attention_run_alone);
    tcase_add_test(t, drops_by_seed_step_position_and_branch);
    tcase_add_loop_test(t, refuses_shapes_that_do_not_fit, 0, 5);
    suite_add_tcase(s, t);
    t = tcase_create("bf16");
    tcase_set_tags(t, "bf16");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, sums_exactly, 2 * N_EXACT, 3 * N_EXACT);
    tcase_add_loop_test(t, computes, 2 * N_CASES, 3 * N_CASES);
    suite_add_tcase(s, t);
    t = tcase_create("reference");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, reference_gradients_are_right, 0, N_LAYERS);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
