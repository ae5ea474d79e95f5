/* Layer normalisation: each token to mean 0 and variance 1, then scaled and shifted by weights of its channels.
 *
 * Forward reads x once, backward reads x and dy once (a token rests in the first-level cache meanwhile), and adds its
 * gradient to the one that is there already, as behind a residual addition. The weights' gradients are summed in float32
 * over the tokens of an image and in double over the images, in their order: no result depends on the number of threads.
 * x is read as float32; y is float32 on vectors, else of the net's type.
 * Source: Ba, Kiros and Hinton 2016.
 */
#include "base/err.h"
#include "engine/layer.h"
#include "engine/token_kernel.h"
#include "engine/value.h"

#include <string.h>

static const float eps = 1e-6F;

enum { X_IN, DX_OUT, N_CALLS }; /* x -> float32 tokens; their gradient -> layout of x */

typedef struct norm_op {
    qb_call calls[N_CALLS];
    const qb_token_kernels *kernels;
    int x;     /* float32 tokens */
    int stats; /* mean and inverse deviation of each token */
    int sums;  /* backward: gradients of weight and bias, image by image */
    int dx;    /* -1: not wanted */
    bool adds; /* dx holds a gradient already */
} norm_op;

static const qb_layer_kind kind;

qb_ref qb_graph_layernorm(qb_graph *g, qb_ref x, const char *name)
{
    if (!qb_graph_may_add(g, "layernorm", name, x))
        return QB_NONE;
    qb_shape in = qb_graph_shape(g, x);
    if (in.w != 1)
        return qb_graph_fail(g, "layernorm", name, "expected tokens (width x tokens x 1), got %lldx%lldx%lld", (long long)in.c,
                             (long long)in.h, (long long)in.w);
    size_t weight = qb_graph_add_weight(g, name, QB_FLOAT, QB_INIT_ONE, 1, &in.c, in.c, in.c);
    qb_graph_add_bias(g, name, QB_INIT_ZERO, in.c, in.c, in.c);
    return qb_graph_add(g, name, &(qb_layer){.kind = &kind, .in = {x, QB_NONE}, .out = in, .param = weight, .n_params = 2});
}

static int plan(qb_net_plan *p, const qb_layer *l, void *op)
{
    norm_op *o = op;
    const qb_activation *x = &p->activations[l->in[0]];
    int now = qb_net_plan_forward_time(p, l), last = qb_net_plan_trains(p) ? qb_net_plan_backward_time(p, l) : now;
    qb_layout rows = qb_token_layout(QB_TYPE_F32, p->n, l->out);
    qb_layout y = qb_token_layout(l->out.h == 1 ? QB_TYPE_F32 : p->type, p->n, l->out);
    o->kernels = qb_token_kernels_find(y.type);
    QB_TRY(qb_call_convert(p, &o->calls[X_IN], x->value, &x->layout, &rows, now, last, &o->x));
    qb_net_plan_read(p, l, l->in[0], o->x == x->value);
    QB_TRY(qb_net_plan_buffer(p, 2 * (size_t)(p->n * l->out.h) * sizeof(float), now, last, &o->stats));
    return qb_net_plan_output(p, l, &y);
}

static int plan_backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    norm_op *o = op;
    const qb_activation *x = &p->activations[l->in[0]];
    int now = qb_net_plan_backward_time(p, l), dx;
    QB_TRY(qb_net_plan_buffer(p, 2 * (size_t)(p->n * l->out.c) * sizeof(float), now, now, &o->sums));
    o->dx = -1;
    if (!qb_net_plan_needs_grad(p, l->in[0]))
        return 0;
    o->adds = o->x == x->value && x->n_contributions > 0;
    if (o->adds) {
        o->dx = x->grads[0]; /* alive until x's layer has read it */
        return 0;
    }
    qb_layout rows = qb_token_layout(QB_TYPE_F32, p->n, l->out);
    QB_TRY(qb_net_plan_add_grad(p, l, l->in[0], -1, &dx));
    return qb_call_convert_back(p, &o->calls[DX_OUT], dx, &rows, &x->layout, now, &o->dx);
}

static int bind(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)l;
    return qb_calls_bind(p, ((norm_op *)op)->calls, N_CALLS);
}

static int forward(qb_net_plan *p, const qb_layer *l, void *op)
{
    const norm_op *o = op;
    QB_TRY(qb_call_run(&o->calls[X_IN]));
    const qb_activation *out = &p->activations[l->ref];
    const float *x = qb_net_plan_at(p, o->x);
    const float *weight = qb_net_plan_weight(p, l->param), *bias = qb_net_plan_weight(p, l->param + 1);
    float *stats = qb_net_plan_at(p, o->stats);
    char *y = qb_net_plan_at(p, out->value);
    int64_t width = l->out.c, tokens = p->n * l->out.h, row = width * (int64_t)qb_type_size(out->layout.type);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < tokens; i++)
        o->kernels->norm(width, eps, x + i * width, weight, bias, y + i * row, stats + 2 * i);
    return 0;
}

/* Gradients of weight and bias from those of the images. */
static void combine_sums(const qb_net_plan *p, const qb_layer *l, const float *sums)
{
    float *g_weight = p->params[l->param].g, *g_bias = p->params[l->param + 1].g;
    int64_t width = l->out.c;
    for (int64_t c = 0; c < width; c++) {
        double weight = 0, bias = 0;
        for (int n = 0; n < p->n; n++) {
            weight += (double)sums[2 * n * width + c];
            bias += (double)sums[(2 * n + 1) * width + c];
        }
        g_weight[c] = (float)weight;
        g_bias[c] = (float)bias;
    }
}

static int backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    const norm_op *o = op;
    const qb_activation *out = &p->activations[l->ref];
    const float *x = qb_net_plan_at(p, o->x), *stats = qb_net_plan_at(p, o->stats), *weight = qb_net_plan_weight(p, l->param);
    const char *dy = qb_net_plan_at(p, out->grads[0]);
    float *sums = qb_net_plan_at(p, o->sums), *dx = o->dx >= 0 ? qb_net_plan_at(p, o->dx) : NULL;
    int64_t width = l->out.c, tokens = l->out.h, row = width * (int64_t)qb_type_size(out->layout.type);
#pragma omp parallel for schedule(static)
    for (int n = 0; n < p->n; n++) {
        float *weight_sum = sums + 2 * n * width, *bias_sum = weight_sum + width;
        memset(weight_sum, 0, 2 * (size_t)width * sizeof *sums);
        for (int64_t i = n * tokens; i < (n + 1) * tokens; i++)
            o->kernels->norm_backward(width, x + i * width, stats + 2 * i, weight, dy + i * row, o->adds,
                                      dx != NULL ? dx + i * width : NULL, weight_sum, bias_sum);
    }
    combine_sums(p, l, sums);
    return qb_call_run(&o->calls[DX_OUT]);
}

static void finish(void *op)
{
    qb_calls_finish(((norm_op *)op)->calls, N_CALLS);
}

static const qb_layer_kind kind = {.name = "layernorm",
                                   .op_size = sizeof(norm_op),
                                   .max_grads = 1,
                                   .plan = plan,
                                   .plan_backward = plan_backward,
                                   .bind = bind,
                                   .forward = forward,
                                   .backward = backward,
                                   .finish = finish};
