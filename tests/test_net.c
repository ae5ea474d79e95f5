/* Nets: a small residual net trained for real. Bits, memory, batches, weights, loss. */
#include "qb_test.h"
#include "ref_layers.h"
#include "resident.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "engine/net.h"

#include <math.h>
#include <string.h>

enum { CLASSES = 10, SIDE = 12, CHANNELS = 3, BATCH = 8, REST = 5, IMAGE = CHANNELS * SIDE * SIDE };

/* A ResNet in small: two stages of a block each, the second with an option-A shortcut. */
static qb_ref block(qb_graph *g, qb_ref x, const char *c1, const char *b1, const char *c2, const char *b2, int out, int stride)
{
    qb_ref y = qb_graph_conv(g, x, c1, out, 3, stride, 1, false, QB_INIT_KAIMING_FAN_IN, QB_QUANTIZED);
    y = qb_graph_batchnorm(g, y, b1, QB_NONE, true);
    y = qb_graph_conv(g, y, c2, out, 3, 1, 1, false, QB_INIT_KAIMING_FAN_IN, QB_QUANTIZED);
    return qb_graph_batchnorm(g, y, b2, stride == 1 ? x : qb_graph_shortcut_pad(g, x, out, stride), true);
}

static qb_graph *make_graph(void)
{
    qb_graph *g = NULL;
    ck_assert_msg(qb_graph_create("small", (qb_shape){CHANNELS, SIDE, SIDE}, CLASSES, &g) == 0, "%s", qb_err_text());
    qb_ref x = qb_graph_conv(g, qb_graph_input(g), "conv1", 16, 3, 1, 1, false, QB_INIT_KAIMING_FAN_IN, QB_QUANTIZED);
    x = qb_graph_batchnorm(g, x, "bn1", QB_NONE, true);
    x = block(g, x, "a.conv1", "a.bn1", "a.conv2", "a.bn2", 16, 1);
    x = block(g, x, "b.conv1", "b.bn1", "b.conv2", "b.bn2", 32, 2);
    x = qb_graph_global_avgpool(g, x);
    x = qb_graph_linear(g, x, "linear", CLASSES, QB_INIT_KAIMING_FAN_IN, QB_INIT_UNIFORM_FAN_IN, QB_QUANTIZED);
    ck_assert_msg(qb_graph_finish(g, x) == 0, "%s", qb_err_text());
    return g;
}

static const int both[] = {BATCH, REST};

static qb_net *make_net(const qb_graph *g, int threads, bool separate, qb_precision precision)
{
    qb_net *net = NULL;
    qb_net_options o = {.precision = precision, .threads = threads, .separate_latent = separate, .train_batches = both,
                        .n_train_batches = 2, .eval_batches = both, .n_eval_batches = 2};
    ck_assert_msg(qb_net_create(g, &o, &net) == 0, "%s", qb_err_text());
    qb_net_init_weights(net, 3);
    return net;
}

static float images[2][BATCH * IMAGE];
static qb_target targets[BATCH];

static void make_batches(void)
{
    qb_hash_fill("first", BATCH * IMAGE, 1.5, 0, images[0]);
    qb_hash_fill("second", BATCH * IMAGE, 1.5, 0.2, images[1]);
    for (int i = 0; i < BATCH; i++)
        targets[i] = qb_target_of((7 * i + 3) % CLASSES);
}

static int forward(qb_net *net, const float *from, int n, qb_mode mode)
{
    qb_batch batch = qb_batch_of(from, targets, n);
    return qb_net_forward(net, &batch, mode);
}

/* One training step by plain gradient descent; w follows x. */
static qb_loss train(qb_net *net, const float *from, int n)
{
    qb_loss loss;
    qb_batch batch = qb_batch_of(from, targets, n);
    batch.label_smoothing = 0.1;
    ck_assert_int_eq(qb_net_forward(net, &batch, QB_TRAIN), 0);
    ck_assert_int_eq(qb_net_backward(net, &batch, &loss), 0);
    size_t n_params;
    qb_param *p = qb_net_params(net, &n_params);
    for (size_t i = 0; i < n_params; i++)
        for (size_t k = 0; k < p[i].n; k++) {
            p[i].x[k] -= 0.05F * p[i].g[k];
            p[i].w[k] = p[i].x[k];
        }
    return loss;
}

/* All that training leaves behind. */
static uint64_t fingerprint(qb_net *net)
{
    uint64_t h = 14695981039346656037U;
    size_t n;
    qb_param *p = qb_net_params(net, &n);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < p[i].n * sizeof(float); k++)
            h = (h ^ ((const unsigned char *)p[i].x)[k]) * 1099511628211U;
    qb_running_stat *b = qb_net_running_stats(net, &n);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < b[i].n * sizeof(float); k++)
            h = (h ^ ((const unsigned char *)b[i].value)[k]) * 1099511628211U;
    return h;
}

static uint64_t train_some(const qb_graph *g, int threads, bool separate, qb_precision precision)
{
    qb_net *net = make_net(g, threads, separate, precision);
    for (int step = 0; step < 6; step++)
        train(net, images[step % 2], step % 3 == 2 ? REST : BATCH);
    uint64_t h = fingerprint(net);
    qb_net_destroy(net);
    return h;
}

START_TEST(repeats_bit_for_bit)
{
    qb_precision precision = _i == 2 ? QB_BF16 : QB_FP32;
    qb_engine_info info;
    if (_i == 1)
        setenv("DNNL_MAX_CPU_ISA", "AVX2", 1);
    qb_engine_get_info(&info);
    if (precision == QB_BF16 && !info.bf16)
        QB_TEST_SKIP("this CPU has no bf16");
    make_batches();
    qb_graph *g = make_graph();
    uint64_t h = train_some(g, 2, false, precision);
    ck_assert_uint_eq(train_some(g, 2, false, precision), h);
    ck_assert_uint_eq(train_some(g, 2, true, precision), h); /* weights of their own, equal to the latent ones */
    qb_graph_destroy(g);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(forward_is_the_same_for_any_number_of_threads)
{
    make_batches();
    qb_graph *g = make_graph();
    float logits[3][BATCH * CLASSES];
    for (int threads = 1; threads <= 3; threads++) {
        qb_net *net = make_net(g, threads, false, QB_FP32);
        ck_assert_int_eq(forward(net, images[0], BATCH, QB_TRAIN), 0);
        memcpy(logits[threads - 1], qb_net_logits(net), sizeof logits[0]);
        qb_net_destroy(net);
    }
    ck_assert_mem_eq(logits[0], logits[1], sizeof logits[0]);
    ck_assert_mem_eq(logits[0], logits[2], sizeof logits[0]);
    qb_graph_destroy(g);
}
END_TEST

/* A plan leaves nothing behind for the next one, and what else was planned changes no bit. */
START_TEST(partial_batch_equals_a_net_of_its_own)
{
    make_batches();
    qb_graph *g = make_graph();
    qb_net *net = make_net(g, 2, false, QB_FP32), *own = NULL;
    int rest = REST;
    qb_net_options o = {.precision = QB_FP32, .threads = 2, .train_batches = &rest, .n_train_batches = 1};
    ck_assert_int_eq(qb_net_create(g, &o, &own), 0);
    qb_net_init_weights(own, 3);
    ck_assert_int_eq(forward(net, images[1], BATCH, QB_EVAL), 0);
    train(net, images[0], REST);
    ck_assert_int_eq(forward(net, images[1], REST, QB_EVAL), 0); /* an evaluation changes no training state */
    train(net, images[1], REST);
    train(own, images[0], REST);
    train(own, images[1], REST);
    ck_assert_uint_eq(fingerprint(net), fingerprint(own));
    qb_net_destroy(net);
    qb_net_destroy(own);
    qb_graph_destroy(g);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(images_do_not_depend_on_each_other_in_evaluation)
{
    make_batches();
    qb_graph *g = make_graph();
    qb_net *net = make_net(g, 2, false, QB_FP32);
    train(net, images[0], BATCH);
    float logits[BATCH * CLASSES];
    ck_assert_int_eq(forward(net, images[1], BATCH, QB_EVAL), 0);
    memcpy(logits, qb_net_logits(net), sizeof logits);
    ck_assert_int_eq(forward(net, images[1], REST, QB_EVAL), 0);
    for (int i = 0; i < REST * CLASSES; i++)
        ck_assert_double_le(fabs((double)logits[i] - (double)qb_net_logits(net)[i]), 1e-5);
    qb_net_destroy(net);
    qb_graph_destroy(g);
}
END_TEST

START_TEST(a_step_allocates_nothing)
{
    make_batches();
    qb_graph *g = make_graph();
    qb_net *net = make_net(g, 2, true, QB_FP32);
    qb_loss loss;
    for (int step = 0; step < 5; step++) {
        long calls = qb_mem_calls();
        train(net, images[step % 2], step % 2 == 0 ? BATCH : REST);
        qb_batch batch = qb_batch_of(images[0], targets, BATCH);
        ck_assert_int_eq(qb_net_forward(net, &batch, QB_EVAL), 0);
        qb_net_loss(net, &batch, &loss);
        ck_assert_int_eq(qb_mem_calls(), calls);
    }
    qb_net_destroy(net);
    qb_graph_destroy(g);
}
END_TEST

/* A page of the activations rests where the thread runs that first works on it. */
START_TEST(a_new_net_has_not_touched_its_activations)
{
    enum { MANY = 1024 };
    qb_net *net = NULL;
    qb_graph *g = make_graph();
    const int n = MANY;
    const qb_net_options o = {.precision = QB_FP32, .threads = 2, .train_batches = &n, .n_train_batches = 1};
    float *many_images = qb_alloc(MANY * IMAGE, sizeof *many_images);
    qb_target *many_targets = qb_alloc(MANY, sizeof *many_targets);
    qb_hash_fill("many", MANY * IMAGE, 1.5, 0, many_images);
    const qb_batch batch = qb_batch_of(many_images, many_targets, MANY);
    qb_loss loss;
    leave_fresh_memory_alone();
    int64_t before = resident_pages();
    ck_assert_int_eq(qb_net_create(g, &o, &net), 0);
    qb_net_init_weights(net, 3);
    int64_t created = resident_pages();
    ck_assert_int_eq(qb_net_forward(net, &batch, QB_TRAIN), 0);
    ck_assert_int_eq(qb_net_backward(net, &batch, &loss), 0);
    int64_t worked = resident_pages();
    ck_assert_int_gt(worked - created, 4096);
    ck_assert_int_lt(created - before, (worked - created) / 4);
    qb_net_destroy(net);
    qb_graph_destroy(g);
    qb_free(many_images);
    qb_free(many_targets);
}
END_TEST

/* Products run alone between the steps leave no trace in the training. */
START_TEST(measuring_the_ceiling_changes_no_bit)
{
    make_batches();
    qb_graph *g = make_graph();
    uint64_t expected = train_some(g, 2, false, QB_FP32);
    qb_net *net = make_net(g, 2, false, QB_FP32);
    for (int step = 0; step < 6; step++) {
        qb_net_trace_products(net, step == 0);
        train(net, images[step % 2], step % 3 == 2 ? REST : BATCH);
        qb_net_trace_products(net, false);
        uint64_t before = fingerprint(net);
        qb_net_take_times(net);
        for (int pass = 0; pass < 3; pass++)
            ck_assert_int_eq(qb_net_replay_products(net), 0);
        ck_assert_double_eq(qb_net_take_times(net).conv, 0); /* no part of a step */
        ck_assert_uint_eq(fingerprint(net), before);
    }
    ck_assert_uint_eq(fingerprint(net), expected);
    qb_net_destroy(net);
    qb_graph_destroy(g);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

static const qb_net_cost *find_cost(const qb_net_cost *costs, size_t n, const char *layer, qb_pass pass)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(costs[i].layer, layer) == 0 && costs[i].pass == pass)
            return &costs[i];
    return NULL;
}

START_TEST(costs_of_layers_make_up_the_passes)
{
    enum { STEPS = 4 };
    static const struct {
        const char *layer;
        qb_pass pass;
        int64_t bytes, macs;
    } expected[] = {
        {"a.conv1", QB_PASS_FORWARD, 4 * (2 * BATCH * 16 * SIDE * SIDE + 16 * 16 * 9), (int64_t)BATCH * 16 * 16 * 9 * SIDE * SIDE},
        {"a.conv1", QB_PASS_BACKWARD_DATA, 4 * (2 * BATCH * 16 * SIDE * SIDE + 16 * 16 * 9), (int64_t)BATCH * 16 * 16 * 9 * SIDE * SIDE},
        {"a.conv1", QB_PASS_BACKWARD_WEIGHTS, 4 * (2 * BATCH * 16 * SIDE * SIDE + 16 * 16 * 9), (int64_t)BATCH * 16 * 16 * 9 * SIDE * SIDE},
        {"a.bn2", QB_PASS_FORWARD, 4 * (3 * BATCH * 16 * SIDE * SIDE + 2 * 16), 0},
        /* x and residual, the gradients of b.conv1 and the shortcut, both gradients of the inputs */
        {"a.bn2", QB_PASS_BACKWARD, 4 * (6 * BATCH * 16 * SIDE * SIDE + 4 * 16), 0},
        {"linear", QB_PASS_BACKWARD_WEIGHTS, 4 * (BATCH * (32 + CLASSES) + 33 * CLASSES), BATCH * 32 * CLASSES},
    };
    qb_net_cost costs[64 * QB_N_PASSES];
    make_batches();
    qb_graph *g = make_graph();
    qb_net *net = make_net(g, 2, false, QB_FP32);
    train(net, images[0], BATCH);
    qb_net_take_times(net);
    qb_net_take_costs(net, costs);
    for (int step = 0; step < STEPS; step++)
        train(net, images[0], BATCH);
    qb_net_times times = qb_net_take_times(net);
    size_t n = qb_net_take_costs(net, costs);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += costs[i].seconds;
    ck_assert_double_le(sum, times.forward + times.backward);
    ck_assert_double_ge(sum, times.conv);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const qb_net_cost *c = find_cost(costs, n, expected[i].layer, expected[i].pass);
        ck_assert_msg(c != NULL, "%s, pass %d", expected[i].layer, (int)expected[i].pass);
        ck_assert_msg(c->bytes == STEPS * expected[i].bytes, "%s, pass %d: expected %lld bytes a step, got %lld in all",
                      expected[i].layer, (int)expected[i].pass, (long long)expected[i].bytes, (long long)c->bytes);
        ck_assert_int_eq(c->macs, STEPS * expected[i].macs);
    }
    ck_assert_ptr_null(find_cost(costs, n, "conv1", QB_PASS_BACKWARD_DATA)); /* images need no gradient */
    ck_assert_ptr_null(find_cost(costs, n, "bn1", QB_PASS_BACKWARD_WEIGHTS));
    ck_assert_uint_eq(qb_net_take_costs(net, costs), 0); /* taken */
    qb_net_destroy(net);
    qb_graph_destroy(g);
}
END_TEST

START_TEST(survives_a_lack_of_memory)
{
    qb_graph *g = make_graph();
    long before = qb_mem_live_blocks();
    for (long nth = 1;; nth += nth < 40 ? 1 : 7) {
        qb_net *net = NULL;
        qb_net_options o = {.precision = QB_FP32, .threads = 1, .separate_latent = true, .train_batches = both,
                            .n_train_batches = 2, .eval_batches = both, .n_eval_batches = 1};
        qb_mem_fail_at(nth, 0);
        int rc = qb_net_create(g, &o, &net);
        qb_mem_fail_at(0, 0);
        qb_net_destroy(net);
        ck_assert_int_eq(qb_mem_live_blocks(), before);
        if (rc == 0)
            break;
        ck_assert_int_eq(rc, QB_E_NOMEM);
        ck_assert_ptr_null(net);
    }
    qb_graph_destroy(g);
}
END_TEST

/* The first loss equals the reference's (in bfloat16 nearly), and 30 steps learn the batch by heart. */
START_TEST(learns_and_agrees_with_the_reference)
{
    qb_engine_info info;
    qb_engine_get_info(&info);
    if (_i == 1 && !info.bf16)
        QB_TEST_SKIP("this CPU has no bf16");
    make_batches();
    qb_graph *g = make_graph();
    qb_net *net = make_net(g, 2, true, _i == 1 ? QB_BF16 : QB_FP32);
    ref_net *r = ref_net_create(g, BATCH);
    size_t n_params;
    qb_param *p = qb_net_params(net, &n_params);
    for (size_t i = 0; i < n_params; i++)
        for (size_t k = 0; k < p[i].n; k++)
            r->params[i][k] = (double)p[i].w[k];
    for (size_t i = 0; i < ref_count(r, 0); i++)
        r->value[0][i] = (double)images[0][i];
    ref_net_forward(r, true);
    qb_loss loss = train(net, images[0], BATCH), first = loss;
    qb_batch batch = qb_batch_of(images[0], targets, BATCH);
    batch.label_smoothing = 0.1;
    double want = ref_cross_entropy(ref_logits(r), &batch, CLASSES);
    ck_assert_double_le(fabs(loss.sum / want - 1), _i == 1 ? 0.02 : 1e-6);
    ck_assert_int_eq(loss.n, BATCH);
    ck_assert(loss.finite);
    for (int step = 0; step < 30; step++)
        loss = train(net, images[0], BATCH);
    ck_assert_double_lt(loss.sum, 0.75 * first.sum);
    ck_assert_int_eq(loss.correct, BATCH);
    qb_net_times times = qb_net_take_times(net);
    ck_assert_double_gt(times.conv, 0);
    ck_assert_double_le(times.conv, times.forward + times.backward);
    ck_assert(qb_net_take_times(net).conv == 0);
    ref_net_destroy(r);
    qb_net_destroy(net);
    qb_graph_destroy(g);
}
END_TEST

START_TEST(uses_other_weights_on_request)
{
    make_batches();
    qb_graph *g = make_graph();
    qb_net *net = make_net(g, 2, true, QB_FP32);
    size_t n_params, size = qb_net_slab_size(net);
    qb_param *p = qb_net_params(net, &n_params);
    ck_assert_uint_eq(size, qb_graph_slab_size(g));
    float *slab = qb_alloc(size, sizeof *slab), own[BATCH * CLASSES];
    for (size_t i = 0; i < n_params; i++) {
        if (p[i].is_quantized) {
            ck_assert_ptr_ne(p[i].w, p[i].x);
            ck_assert_ptr_eq(p[i].w, qb_net_weight_slab(net) + p[i].offset);
        } else {
            ck_assert_ptr_eq(p[i].w, p[i].x);
        }
        ck_assert_mem_eq(p[i].w, p[i].x, p[i].n * sizeof(float));
        memcpy(slab + p[i].offset, p[i].w, p[i].n * sizeof(float));
    }
    ck_assert_int_eq(forward(net, images[0], BATCH, QB_EVAL), 0);
    memcpy(own, qb_net_logits(net), sizeof own);
    qb_net_use_weights(net, slab);
    ck_assert_int_eq(forward(net, images[0], BATCH, QB_EVAL), 0);
    ck_assert_mem_eq(qb_net_logits(net), own, sizeof own);
    for (size_t i = 0; i < size; i++)
        slab[i] = 0;
    ck_assert_int_eq(forward(net, images[0], BATCH, QB_EVAL), 0);
    for (int i = 0; i < BATCH * CLASSES; i++)
        ck_assert(qb_net_logits(net)[i] == 0);
    qb_net_use_weights(net, NULL);
    ck_assert_int_eq(forward(net, images[0], BATCH, QB_EVAL), 0);
    ck_assert_mem_eq(qb_net_logits(net), own, sizeof own);
    qb_free(slab);
    qb_net_destroy(net);
    qb_graph_destroy(g);
}
END_TEST

START_TEST(initial_weights_follow_seed_and_name)
{
    qb_graph *g = make_graph();
    qb_net *net = make_net(g, 1, false, QB_FP32), *again = make_net(g, 1, true, QB_FP32);
    ck_assert_uint_eq(fingerprint(net), fingerprint(again));
    qb_net_init_weights(again, 4);
    ck_assert_uint_ne(fingerprint(net), fingerprint(again));
    size_t n;
    qb_param *p = qb_net_params(net, &n);
    for (size_t i = 0; i < n; i++) {
        double sum = 0, square = 0, largest = 0, m = (double)p[i].n;
        for (size_t k = 0; k < p[i].n; k++) {
            sum += (double)p[i].x[k];
            square += (double)p[i].x[k] * (double)p[i].x[k];
            largest = fmax(largest, fabs((double)p[i].x[k]));
        }
        double var = 2.0 / (double)p[i].fan_in;
        if (p[i].init == QB_INIT_KAIMING_FAN_IN) {
            ck_assert_double_le(fabs(sum / m), 4 * sqrt(var / m));
            ck_assert_double_le(fabs(square / m / var - 1), 4 * sqrt(2 / m));
        } else if (p[i].init == QB_INIT_UNIFORM_FAN_IN) {
            ck_assert_double_le(largest, 1 / sqrt(32.0));
            ck_assert_double_gt(largest, 0.1);
        } else {
            ck_assert_double_eq(sum, p[i].init == QB_INIT_ONE ? m : 0);
        }
    }
    qb_net_destroy(net);
    qb_net_destroy(again);
    qb_graph_destroy(g);
}
END_TEST

START_TEST(says_when_a_loss_is_not_finite)
{
    make_batches();
    qb_graph *g = make_graph();
    qb_net *net = make_net(g, 2, false, QB_FP32);
    images[0][17] = NAN; /* through every ReLU */
    qb_loss loss;
    qb_batch batch = qb_batch_of(images[0], targets, BATCH);
    ck_assert_int_eq(qb_net_forward(net, &batch, QB_TRAIN), 0);
    ck_assert_int_eq(qb_net_backward(net, &batch, &loss), 0);
    ck_assert(!loss.finite);
    ck_assert_int_eq(loss.correct, 0);
    qb_net_destroy(net);
    qb_graph_destroy(g);
}
END_TEST

/* ---- what it refuses, what it offers ---- */

START_TEST(bf16_needs_the_cpu)
{
    setenv("DNNL_MAX_CPU_ISA", "AVX2", 1);
    qb_graph *g = make_graph();
    qb_net *net = NULL;
    qb_net_options o = {.precision = QB_BF16, .threads = 1};
    ck_assert_int_eq(qb_net_create(g, &o, &net), QB_E_UNAVAILABLE);
    ck_assert_ptr_null(net);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "bf16 needs a CPU with AVX512-BF16 (or AMX); oneDNN has AVX2"));
    ck_assert_str_ne(qb_err_hint_text(), "");
    qb_graph_destroy(g);
}
END_TEST

START_TEST(refuses_threads_and_batches_below_one)
{
    qb_graph *g = make_graph();
    qb_net *net = NULL;
    int none = 0;
    qb_net_options o = {.precision = QB_FP32, .threads = 0};
    ck_assert_int_eq(qb_net_create(g, &o, &net), QB_E_CONFIG);
    ck_assert_str_eq(qb_err_text(), "expected at least 1 thread, got 0");
    o = (qb_net_options){.precision = QB_FP32, .threads = 1, .eval_batches = &none, .n_eval_batches = 1};
    ck_assert_int_eq(qb_net_create(g, &o, &net), QB_E_CONFIG);
    ck_assert_str_eq(qb_err_text(), "expected a batch size of at least 1, got 0");
    ck_assert_ptr_null(net);
    qb_graph_destroy(g);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(says_what_the_machine_offers)
{
    setenv("DNNL_MAX_CPU_ISA", "AVX2", 1);
    qb_engine_info info;
    qb_engine_get_info(&info);
    ck_assert_str_eq(info.isa, "AVX2");
    ck_assert_str_eq(info.runtime, "OMP");
    ck_assert(!info.bf16);
    ck_assert_int_ge(info.onednn[0], '2');
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("net");
    TCase *t = tcase_create("net");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, repeats_bit_for_bit, 0, 2);
    tcase_add_test(t, forward_is_the_same_for_any_number_of_threads);
    tcase_add_test(t, partial_batch_equals_a_net_of_its_own);
    tcase_add_test(t, images_do_not_depend_on_each_other_in_evaluation);
    tcase_add_test(t, a_step_allocates_nothing);
    tcase_add_test(t, a_new_net_has_not_touched_its_activations);
    tcase_add_test(t, measuring_the_ceiling_changes_no_bit);
    tcase_add_test(t, costs_of_layers_make_up_the_passes);
    tcase_add_test(t, survives_a_lack_of_memory);
    tcase_add_loop_test(t, learns_and_agrees_with_the_reference, 0, 1);
    tcase_add_test(t, uses_other_weights_on_request);
    tcase_add_test(t, initial_weights_follow_seed_and_name);
    suite_add_tcase(s, t);
    t = tcase_create("bf16");
    tcase_set_tags(t, "bf16");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, repeats_bit_for_bit, 2, 3);
    tcase_add_loop_test(t, learns_and_agrees_with_the_reference, 1, 2);
    suite_add_tcase(s, t);
    t = tcase_create("loss");
    tcase_add_test(t, says_when_a_loss_is_not_finite);
    suite_add_tcase(s, t);
    t = tcase_create("offers");
    tcase_add_test(t, bf16_needs_the_cpu);
    tcase_add_test(t, refuses_threads_and_batches_below_one);
    tcase_add_test(t, says_what_the_machine_offers);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
