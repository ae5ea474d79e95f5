/* A network that runs: slabs, plans for all batch sizes over one arena, forward, loss, backward. */
#include "engine/net.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "engine/loss.h"
#include "engine/net_plan.h"
#include "engine/threads.h"

#include <math.h>
#include <string.h>

struct qb_net {
    const qb_graph *graph;
    int threads;
    qb_dnn *dnn;
    qb_param *params;
    size_t n_params;
    qb_running_stat *running_stats;
    size_t n_running_stats;
    float *x, *w, *g; /* slabs; w == x where no tensor has weights of its own */
    float *statistics;
    const float *slab; /* weights in use instead of w, or NULL */
    qb_net_plan **plans;
    size_t n_plans;
    void *arena;
    double *per_image;
    qb_net_plan *last; /* plan of the last forward; one of plans */
    qb_net_times times;
};

/* ---- creation ---- */

/* Aligned as qb_alloc's blocks are, with QB_SLAB_MARGIN floats at both ends. NULL: out of memory. */
static float *alloc_slab(size_t size)
{
    size_t n = size + 2 * (size_t)QB_SLAB_MARGIN;
    float *memory = qb_alloc(n, sizeof *memory);
    if (memory == NULL)
        return NULL;
    qb_threads_spread(memory, n * sizeof *memory);
    return memory + QB_SLAB_MARGIN;
}

static void free_slab(float *slab)
{
    if (slab != NULL)
        qb_free(slab - QB_SLAB_MARGIN);
}

static int create_slabs(qb_net *net, bool separate_latent)
{
    size_t size = qb_graph_slab_size(net->graph), n_values = 0;
    const qb_param *params = qb_graph_params(net->graph, &net->n_params);
    const qb_running_stat *running_stats = qb_graph_running_stats(net->graph, &net->n_running_stats);
    net->params = qb_alloc(net->n_params, sizeof *net->params);
    net->running_stats = qb_alloc(net->n_running_stats, sizeof *net->running_stats);
    net->x = alloc_slab(size);
    net->g = alloc_slab(size);
    net->w = separate_latent ? alloc_slab(size) : net->x;
    for (size_t i = 0; i < net->n_running_stats; i++)
        n_values += running_stats[i].n;
    net->statistics = qb_alloc(n_values, sizeof *net->statistics);
    if (net->params == NULL || net->running_stats == NULL || net->x == NULL || net->g == NULL || net->w == NULL || net->statistics == NULL)
        return QB_E_NOMEM;
    for (size_t i = 0; i < net->n_params; i++) {
        qb_param *p = &net->params[i];
        *p = params[i];
        p->x = net->x + p->offset;
        p->g = net->g + p->offset;
        p->w = p->is_quantized ? net->w + p->offset : p->x;
    }
    float *value = net->statistics;
    for (size_t i = 0; i < net->n_running_stats; i++) {
        net->running_stats[i] = running_stats[i];
        net->running_stats[i].value = value;
        value += running_stats[i].n;
    }
    return 0;
}

static int add_plan(qb_net *net, const qb_net_plan_base *base, int n, qb_mode mode)
{
    if (n < 1)
        return qb_err_set(QB_E_CONFIG, "expected a batch size of at least 1, got %d", n);
    for (size_t i = 0; i < net->n_plans; i++)
        if (net->plans[i]->n == n && net->plans[i]->mode == mode)
            return 0;
    QB_TRY(qb_net_plan_create(base, n, mode, &net->plans[net->n_plans]));
    net->n_plans++;
    return 0;
}

static int create_plans(qb_net *net, const qb_net_options *o)
{
    const qb_net_plan_base base = {.graph = net->graph,
                               .dnn = net->dnn,
                               .type = o->precision == QB_BF16 ? QB_TYPE_BF16 : QB_TYPE_F32,
                               .params = net->params,
                               .running_stats = net->running_stats,
                               .slab = &net->slab,
                               .keeps_weights = o->in_parts};
    net->plans = qb_alloc(o->n_train_batches + o->n_eval_batches, sizeof *net->plans);
    if (net->plans == NULL)
        return QB_E_NOMEM;
    for (size_t i = 0; i < o->n_train_batches; i++)
        QB_TRY(add_plan(net, &base, o->train_batches[i], QB_TRAIN));
    for (size_t i = 0; i < o->n_eval_batches; i++)
        QB_TRY(add_plan(net, &base, o->eval_batches[i], QB_EVAL));
    size_t bytes = 0, images = 0;
    for (size_t i = 0; i < net->n_plans; i++) {
        size_t needed = qb_net_plan_arena_bytes(net->plans[i]);
        bytes = needed > bytes ? needed : bytes;
        images = (size_t)net->plans[i]->n > images ? (size_t)net->plans[i]->n : images;
    }
    net->arena = qb_alloc(bytes, 1); /* first touched by the pass, each activation by the threads that work on it */
    net->per_image = qb_alloc(images, sizeof *net->per_image);
    if (net->arena == NULL || net->per_image == NULL)
        return QB_E_NOMEM;
    for (size_t i = 0; i < net->n_plans; i++)
        QB_TRY(qb_net_plan_bind_all(net->plans[i], net->arena));
    return 0;
}

int qb_net_create(const qb_graph *graph, const qb_net_options *options, qb_net **ret_net)
{
    QB_ASSERT(qb_graph_logits(graph) != QB_NONE); /* qb_graph_finish came first */
    if (options->threads < 1)
        return qb_err_set(QB_E_CONFIG, "expected at least 1 thread, got %d", options->threads);
    if (options->precision == QB_BF16 && !qb_dnn_has_bf16()) {
        qb_engine_info info;
        qb_engine_get_info(&info);
        (void)qb_err_set(QB_E_UNAVAILABLE, "bf16 needs a CPU with AVX512-BF16 (or AMX); oneDNN has %s here", info.isa);
        return qb_err_hint("use --dtype fp32, or unset DNNL_MAX_CPU_ISA if it hides what the CPU can do");
    }
    qb_net *net = qb_alloc(1, sizeof *net);
    if (net == NULL)
        return QB_E_NOMEM;
    net->graph = graph;
    net->threads = options->threads;
    int rc = qb_threads_use(options->threads);
    if (rc == 0)
        rc = create_slabs(net, options->separate_latent);
    if (rc == 0)
        rc = qb_dnn_create(&net->dnn);
    if (rc == 0)
        rc = create_plans(net, options);
    if (rc < 0) {
        qb_net_destroy(net);
        return rc;
    }
    *ret_net = net;
    return 0;
}

void qb_net_destroy(qb_net *net)
{
    if (net == NULL)
        return;
    for (size_t i = 0; i < net->n_plans; i++)
        qb_net_plan_destroy(net->plans[i]);
    qb_dnn_destroy(net->dnn);
    qb_free(net->plans);
    qb_free(net->arena);
    qb_free(net->per_image);
    qb_free(net->statistics);
    if (net->w != net->x)
        free_slab(net->w);
    free_slab(net->g);
    free_slab(net->x);
    qb_free(net->running_stats);
    qb_free(net->params);
    qb_free(net);
}

/* ---- weights ---- */

static void init_param(const qb_param *p, uint64_t seed)
{
    uint64_t hash = qb_fnv1a(p->name);
    qb_stream s = qb_rng_stream(seed, QB_RNG_INIT, hash >> 32, hash & 0xffffffff);
    double fan_in = (double)p->fan_in, fan_out = (double)p->fan_out, bound = 1 / sqrt(fan_in);
    for (size_t i = 0; i < p->n; i++) {
        double v = 0;
        switch (p->init) {
        case QB_INIT_ZERO: break;
        case QB_INIT_ONE: v = 1; break;
        case QB_INIT_KAIMING_FAN_IN: v = sqrt(2 / fan_in) * qb_rng_normal(&s); break;
        case QB_INIT_KAIMING_FAN_OUT: v = sqrt(2 / fan_out) * qb_rng_normal(&s); break;
        case QB_INIT_UNIFORM_FAN_IN: v = bound * (2 * qb_rng_uniform(&s) - 1); break;
        case QB_INIT_TRUNC_NORMAL:
            do
                v = 0.02 * qb_rng_normal(&s);
            while (fabs(v) > 2);
            break;
        case QB_INIT_TINY_NORMAL: v = 1e-6 * qb_rng_normal(&s); break;
        }
        p->x[i] = (float)v;
    }
    if (p->w != p->x)
        memcpy(p->w, p->x, p->n * sizeof *p->x);
}

void qb_net_init_weights(qb_net *net, uint64_t seed)
{
    for (size_t i = 0; i < net->n_params; i++)
        init_param(&net->params[i], seed);
    for (size_t i = 0; i < net->n_running_stats; i++)
        for (size_t k = 0; k < net->running_stats[i].n; k++)
            net->running_stats[i].value[k] = net->running_stats[i].init;
}

qb_param *qb_net_params(qb_net *net, size_t *ret_n)
{
    *ret_n = net->n_params;
    return net->params;
}

qb_running_stat *qb_net_running_stats(qb_net *net, size_t *ret_n)
{
    *ret_n = net->n_running_stats;
    return net->running_stats;
}

size_t qb_net_slab_size(const qb_net *net)
{
    return qb_graph_slab_size(net->graph);
}

const float *qb_net_weight_slab(const qb_net *net)
{
    return net->w;
}

float *qb_net_gradient_slab(qb_net *net)
{
    return net->g;
}

void qb_net_use_weights(qb_net *net, const float *slab)
{
    net->slab = slab;
}

/* ---- passes ---- */

int qb_net_forward(qb_net *net, const qb_batch *batch, qb_mode mode)
{
    qb_net_plan *plan = NULL;
    for (size_t i = 0; i < net->n_plans; i++)
        if (net->plans[i]->n == batch->n && net->plans[i]->mode == mode)
            plan = net->plans[i];
    QB_ASSERT(plan != NULL); /* a batch size that was planned */
    qb_threads_keep(net->threads);
    double start = qb_now_seconds();
    plan->has_weights = plan->keeps_weights && plan == net->last && batch->first > 0;
    net->last = NULL;
    QB_TRY(qb_net_plan_forward(plan, batch));
    net->last = plan;
    net->times.forward += qb_now_seconds() - start;
    return 0;
}

const float *qb_net_logits(const qb_net *net)
{
    QB_ASSERT(net->last != NULL);
    return qb_net_plan_logits(net->last);
}

int qb_net_n_classes(const qb_net *net)
{
    return qb_graph_n_classes(net->graph);
}

void qb_net_loss(qb_net *net, const qb_batch *batch, qb_loss *ret_loss)
{
    QB_ASSERT(net->last != NULL && net->last->n == batch->n);
    qb_threads_keep(net->threads);
    qb_cross_entropy(qb_net_plan_logits(net->last), batch, qb_graph_n_classes(net->graph), net->per_image, NULL, ret_loss);
}

int qb_net_backward(qb_net *net, const qb_batch *batch, qb_loss *ret_loss)
{
    qb_net_plan *plan = net->last;
    QB_ASSERT(plan != NULL && plan->mode == QB_TRAIN && plan->n == batch->n);
    qb_threads_keep(net->threads);
    double start = qb_now_seconds();
    qb_cross_entropy(qb_net_plan_logits(plan), batch, qb_graph_n_classes(net->graph), net->per_image,
                     qb_net_plan_logits_grad(plan), ret_loss);
    QB_TRY(qb_net_plan_backward(plan, batch));
    net->times.backward += qb_now_seconds() - start;
    return 0;
}

qb_net_times qb_net_take_times(qb_net *net)
{
    qb_net_times times = net->times;
    times.conv = qb_dnn_take_seconds(net->dnn);
    net->times = (qb_net_times){0};
    return times;
}

size_t qb_net_take_costs(qb_net *net, qb_net_cost *ret_costs)
{
    size_t n_layers, n = 0;
    const qb_layer *layers = qb_graph_layers(net->graph, &n_layers);
    for (size_t i = 0; i < n_layers; i++)
        for (qb_pass pass = QB_PASS_FORWARD; pass < QB_N_PASSES; pass++) {
            qb_net_cost cost = {.layer = layers[i].name, .kind = layers[i].kind->name, .pass = pass};
            for (size_t k = 0; k < net->n_plans; k++)
                qb_net_plan_add_cost(net->plans[k], i, &cost);
            if (cost.seconds > 0)
                ret_costs[n++] = cost;
        }
    for (size_t k = 0; k < net->n_plans; k++)
        qb_net_plan_forget_costs(net->plans[k]);
    return n;
}

void qb_net_trace_products(qb_net *net, bool on)
{
    qb_dnn_trace(net->dnn, on);
}

int qb_net_replay_products(qb_net *net)
{
    qb_threads_keep(net->threads);
    return qb_dnn_replay(net->dnn);
}
