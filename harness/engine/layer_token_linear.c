/* Linear on tokens: y = x W^T + b; or the end of a residual branch, y = residual + m (x W^T + b), with m from stochastic
 * depth. The residual addition is part of the layer because it waits for memory.
 *
 * A net's products are of its type; the residual and its sum are float32, so that what many layers add up to is not rounded
 * at each. The gradient of the residual is that of y: the same buffer, which others only add to once this layer is done.
 *   t the product with its bias, before m and the residual
 */
#include "engine/layer_token_linear.h"

#include "base/err.h"
#include "base/rng.h"
#include "engine/layer.h"
#include "engine/token_kernel.h"

enum {
    FORWARD,
    DATA,    /* gradient of x */
    WEIGHTS, /* gradient of the weight */
    X_IN,    /* x -> tokens of the net's type */
    R_IN, DR_OUT,      /* residual -> float32 tokens; its gradient -> layout of the residual */
    W_FORWARD, W_DATA, /* plain weight -> layouts of FORWARD, DATA */
    DX_OUT,            /* result of DATA -> layout of x */
    G_OUT,             /* result of WEIGHTS -> plain gradient */
    N_CALLS
};

typedef struct linear_op {
    qb_call calls[N_CALLS];
    const qb_token_kernels *kernels;
    double rate;  /* of stochastic depth in this net; 0: off */
    int x;        /* buffer of the tokens */
    int t, r;     /* with a residual: the product, the residual */
    int factors;  /* with a residual: m of each image */
    int dt;       /* gradient of t; that of y, where nothing is between them */
    bool scales;  /* dt has a buffer of its own */
} linear_op;

static const qb_layer_kind kind;

static const qb_token_linear *attributes(const qb_layer *l)
{
    return l->attributes;
}

/* ---- builders ---- */

static qb_ref add_layer(qb_graph *g, qb_ref x, const char *name, qb_ref residual, int out, qb_init weight_init,
                        qb_quantized quantized, const qb_token_linear *own)
{
    qb_shape in = qb_graph_shape(g, x);
    if (out < 1 || in.w != 1)
        return qb_graph_fail(g, "linear", name, "expected tokens (width x tokens x 1) and at least 1 output, got %lldx%lldx%lld and %d",
                             (long long)in.c, (long long)in.h, (long long)in.w, out);
    size_t weight = qb_graph_add_weight(g, name, quantized, weight_init, 2, (int64_t[]){out, in.c}, in.c, out);
    qb_graph_add_bias(g, name, QB_INIT_ZERO, out, in.c, out);
    return qb_graph_add(g, name,
                        &(qb_layer){.kind = &kind,
                                    .in = {x, residual},
                                    .out = {out, in.h, 1},
                                    .attributes = (void *)own,
                                    .param = weight,
                                    .n_params = 2,
                                    .macs = in.c * out * in.h});
}

qb_ref qb_graph_token_linear(qb_graph *g, qb_ref x, const char *name, int out, qb_init weight_init, qb_quantized quantized)
{
    if (!qb_graph_may_add(g, "linear", name, x))
        return QB_NONE;
    return add_layer(g, x, name, QB_NONE, out, weight_init, quantized, &(qb_token_linear){0});
}

qb_ref qb_graph_token_branch(qb_graph *g, qb_ref x, const char *name, qb_ref residual, double drop_share, qb_init weight_init,
                             qb_quantized quantized)
{
    if (!qb_graph_may_add(g, "linear", name, x) || !qb_graph_may_add(g, "linear", name, residual))
        return QB_NONE;
    qb_shape in = qb_graph_shape(g, x), r = qb_graph_shape(g, residual);
    if (r.h != in.h || r.w != in.w || !(drop_share >= 0 && drop_share <= 1))
        return qb_graph_fail(g, "linear", name, "adds a residual of its own %lld tokens and drops a share of 0 to 1, got %lld and %g",
                             (long long)in.h, (long long)r.h, drop_share);
    return add_layer(g, x, name, residual, (int)r.c, weight_init, quantized, &(qb_token_linear){drop_share, qb_graph_add_branch(g)});
}

/* ---- plan ---- */

static qb_dnn_shape sizes(const qb_net_plan *p, const qb_layer *l)
{
    return (qb_dnn_shape){.type = p->type, .n = p->n * l->out.h, .i = l->in_shape.c, .h = 1, .w = 1, .o = l->out.c, .out_h = 1,
                          .out_w = 1, .kernel = 1, .stride = 1, .bias = true, .train = qb_net_plan_trains(p)};
}

static int plan_residual(qb_net_plan *p, const qb_layer *l, linear_op *o, const qb_layout *y)
{
    const qb_activation *r = &p->activations[l->in[1]];
    int now = qb_net_plan_forward_time(p, l), last = qb_net_plan_trains(p) ? qb_net_plan_backward_time(p, l) : now;
    qb_layout t = qb_token_layout(p->type, p->n, l->out);
    o->rate = qb_net_plan_trains(p) ? qb_graph_drop_path(p->graph) : 0;
    QB_TRY(qb_call_convert(p, &o->calls[R_IN], r->value, &r->layout, y, now, now, &o->r));
    qb_net_plan_read(p, l, l->in[1], false);
    QB_TRY(qb_net_plan_buffer(p, qb_layout_bytes(&t), now, now, &o->t));
    return qb_net_plan_buffer(p, (size_t)p->n * sizeof(float), now, last, &o->factors);
}

static int plan(qb_net_plan *p, const qb_layer *l, void *op)
{
    linear_op *o = op;
    qb_call *s = o->calls;
    qb_dnn_shape shape = sizes(p, l);
    const qb_activation *x = &p->activations[l->in[0]];
    bool has_residual = l->in[1] != QB_NONE;
    int now = qb_net_plan_forward_time(p, l), last = qb_net_plan_trains(p) ? qb_net_plan_backward_time(p, l) : now;
    qb_layout x_layout = qb_token_layout(p->type, p->n, l->in_shape);
    qb_layout y = qb_token_layout(has_residual ? QB_TYPE_F32 : p->type, p->n, l->out);
    o->kernels = qb_token_kernels_find(p->type);
    QB_TRY(qb_prim_linear_forward(p->dnn, &shape, &s[FORWARD].prim));
    QB_TRY(qb_call_convert(p, &s[X_IN], x->value, &x->layout, &x_layout, now, last, &o->x));
    qb_net_plan_read(p, l, l->in[0], o->x == x->value);
    QB_TRY(qb_call_convert_weights(p, &s[W_FORWARD], &s[FORWARD], now));
    if (has_residual)
        QB_TRY(plan_residual(p, l, o, &y));
    QB_TRY(qb_net_plan_output(p, l, &y));
    qb_call_use(&s[FORWARD], QB_ARG_SRC, o->x);
    qb_call_use(&s[FORWARD], QB_ARG_DST, has_residual ? o->t : p->activations[l->ref].value);
    return qb_call_scratch(p, &s[FORWARD], now);
}

/* The gradient of the residual, and that of t. */
static int plan_residual_backward(qb_net_plan *p, const qb_layer *l, linear_op *o)
{
    const qb_activation *y = &p->activations[l->ref];
    int now = qb_net_plan_backward_time(p, l);
    o->scales = p->type != QB_TYPE_F32 || o->rate * attributes(l)->drop_share > 0;
    if (o->scales) {
        qb_layout t = qb_token_layout(p->type, p->n, l->out);
        QB_TRY(qb_net_plan_buffer(p, qb_layout_bytes(&t), now, now, &o->dt));
    }
    if (!qb_net_plan_needs_grad(p, l->in[1]))
        return 0;
    const qb_layout *r = &p->activations[l->in[1]].layout;
    int dr;
    if (qb_layout_equal(r, &y->layout))
        return qb_net_plan_add_grad(p, l, l->in[1], y->grads[0], &dr);
    QB_TRY(qb_net_plan_add_grad(p, l, l->in[1], -1, &dr));
    QB_TRY(qb_prim_reorder(p->dnn, &y->layout, r, &o->calls[DR_OUT].prim));
    qb_call_use(&o->calls[DR_OUT], QB_ARG_SRC, y->grads[0]);
    qb_call_use(&o->calls[DR_OUT], QB_ARG_DST, dr);
    return qb_call_scratch(p, &o->calls[DR_OUT], now);
}

static int plan_backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    linear_op *o = op;
    qb_call *s = o->calls;
    qb_dnn_shape shape = sizes(p, l);
    const qb_activation *x = &p->activations[l->in[0]];
    int now = qb_net_plan_backward_time(p, l), dx, result;
    o->dt = p->activations[l->ref].grads[0];
    if (l->in[1] != QB_NONE)
        QB_TRY(plan_residual_backward(p, l, o));
    QB_TRY(qb_prim_linear_backward_weights(p->dnn, &shape, s[FORWARD].prim, &s[WEIGHTS].prim));
    QB_TRY(qb_call_convert_gradient(p, &s[G_OUT], &s[WEIGHTS], now));
    qb_call_use(&s[WEIGHTS], QB_ARG_SRC, o->x);
    qb_call_use(&s[WEIGHTS], QB_ARG_DIFF_DST, o->dt);
    QB_TRY(qb_call_scratch(p, &s[WEIGHTS], now));
    if (!qb_net_plan_needs_grad(p, l->in[0]))
        return 0;
    qb_layout dx_layout = qb_token_layout(p->type, p->n, l->in_shape);
    QB_TRY(qb_prim_linear_backward_data(p->dnn, &shape, s[FORWARD].prim, &s[DATA].prim));
    QB_TRY(qb_call_convert_weights(p, &s[W_DATA], &s[DATA], now));
    QB_TRY(qb_net_plan_add_grad(p, l, l->in[0], -1, &dx));
    QB_TRY(qb_call_convert_back(p, &s[DX_OUT], dx, &dx_layout, &x->layout, now, &result));
    qb_call_use(&s[DATA], QB_ARG_DIFF_DST, o->dt);
    qb_call_use(&s[DATA], QB_ARG_DIFF_SRC, result);
    return qb_call_scratch(p, &s[DATA], now);
}

static int bind(qb_net_plan *p, const qb_layer *l, void *op)
{
    qb_call *s = ((linear_op *)op)->calls;
    QB_TRY(qb_calls_bind(p, s, N_CALLS));
    if (s[WEIGHTS].prim == NULL)
        return 0;
    QB_TRY(qb_call_bind_gradient(&s[G_OUT], &s[WEIGHTS], p->params[l->param].g));
    return qb_prim_bind(s[WEIGHTS].prim, QB_ARG_DIFF_BIAS, p->params[l->param + 1].g);
}

/* ---- the branch ---- */

float qb_drop_factor(const qb_token_linear *own, double rate, const qb_batch *batch, int i)
{
    double p = rate * own->drop_share;
    if (p == 0)
        return 1;
    qb_stream s = qb_rng_stream(batch->seed, QB_RNG_DROP, (uint64_t)batch->step, qb_batch_position(batch, i));
    s.next = 2 * (uint64_t)own->branch; /* a number takes two words */
    return qb_rng_uniform(&s) < p ? 0 : (float)(1 / (1 - p));
}

/* y = r + m t */
static int add_residual(qb_net_plan *p, const qb_layer *l, const linear_op *o)
{
    QB_TRY(qb_call_run(&o->calls[R_IN]));
    const float *r = qb_net_plan_at(p, o->r);
    const char *t = qb_net_plan_at(p, o->t);
    float *y = qb_net_plan_at(p, p->activations[l->ref].value), *factors = qb_net_plan_at(p, o->factors);
    int64_t width = l->out.c, tokens = l->out.h, size = (int64_t)qb_type_size(p->type);
    for (int i = 0; i < p->n; i++)
        factors[i] = qb_drop_factor(attributes(l), o->rate, p->batch, i);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < p->n * tokens; i++)
        o->kernels->add(width, r + i * width, factors[i / tokens], t + i * width * size, y + i * width);
    return 0;
}

/* dt = m dy */
static void scale_gradient(qb_net_plan *p, const qb_layer *l, const linear_op *o)
{
    const float *dy = qb_net_plan_at(p, p->activations[l->ref].grads[0]), *factors = qb_net_plan_at(p, o->factors);
    char *dt = qb_net_plan_at(p, o->dt);
    int64_t width = l->out.c, tokens = l->out.h, size = (int64_t)qb_type_size(p->type);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < p->n * tokens; i++)
        o->kernels->scale(width, factors[i / tokens], dy + i * width, dt + i * width * size);
}

/* ---- passes ---- */

static int forward(qb_net_plan *p, const qb_layer *l, void *op)
{
    linear_op *o = op;
    qb_call *s = o->calls;
    QB_TRY(qb_call_run(&s[X_IN]));
    QB_TRY(qb_call_run_weights(p, &s[W_FORWARD], &s[FORWARD], qb_net_plan_weight(p, l->param)));
    QB_TRY(qb_prim_bind(s[FORWARD].prim, QB_ARG_BIAS, (float *)qb_net_plan_weight(p, l->param + 1)));
    QB_TRY(qb_prim_run(s[FORWARD].prim));
    return l->in[1] != QB_NONE ? add_residual(p, l, o) : 0;
}

static int backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    linear_op *o = op;
    qb_call *s = o->calls;
    if (o->scales)
        scale_gradient(p, l, o);
    QB_TRY(qb_call_run(&s[DR_OUT]));
    if (s[DATA].prim != NULL) {
        QB_TRY(qb_call_run_weights(p, &s[W_DATA], &s[DATA], qb_net_plan_weight(p, l->param)));
        QB_TRY(qb_prim_run(s[DATA].prim));
        QB_TRY(qb_call_run(&s[DX_OUT]));
        qb_net_plan_lap(p, l, QB_PASS_BACKWARD_DATA);
    }
    QB_TRY(qb_prim_run(s[WEIGHTS].prim));
    return qb_call_run(&s[G_OUT]);
}

static void finish(void *op)
{
    qb_calls_finish(((linear_op *)op)->calls, N_CALLS);
}

static const qb_layer_kind kind = {.name = "linear",
                                   .attributes_size = sizeof(qb_token_linear),
                                   .op_size = sizeof(linear_op),
                                   .max_grads = 1,
                                   .has_products = true,
                                   .plan = plan,
                                   .plan_backward = plan_backward,
                                   .bind = bind,
                                   .forward = forward,
                                   .backward = backward,
                                   .finish = finish};
