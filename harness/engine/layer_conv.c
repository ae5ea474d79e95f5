/* Convolution. oneDNN chooses every layout; where its choice differs from what is there, a reorder goes between.
 * Weights come from the plain slab and are reordered for each pass that wants them otherwise; their gradient goes back.
 */
#include "base/err.h"
#include "engine/layer.h"
#include "engine/layer_conv.h"

enum {
    FORWARD,
    DATA,    /* gradient of x */
    WEIGHTS, /* gradient of the weight */
    X_IN,    /* x -> layout of FORWARD */
    W_FORWARD, W_DATA, /* plain weight -> layouts of FORWARD, DATA */
    X_WEIGHTS,         /* x as FORWARD read it -> layout of WEIGHTS */
    DY_DATA, DY_WEIGHTS, /* gradient of the output -> layouts of DATA, WEIGHTS */
    DX_OUT,            /* result of DATA -> layout of x */
    G_OUT,             /* result of WEIGHTS -> plain gradient */
    N_CALLS
};

typedef struct conv_op {
    qb_call calls[N_CALLS];
    int x; /* buffer that FORWARD read, in its layout */
    qb_layout x_layout;
} conv_op;

static const qb_layer_kind kind;

static const qb_conv *attributes(const qb_layer *l)
{
    return l->attributes;
}

qb_ref qb_graph_conv(qb_graph *g, qb_ref x, const char *name, int out, int kernel, int stride, int pad, bool bias,
                     qb_init init, qb_quantized quantized)
{
    if (!qb_graph_may_add(g, "conv", name, x))
        return QB_NONE;
    qb_shape in = qb_graph_shape(g, x);
    if (out < 1 || kernel < 1 || stride < 1 || pad < 0)
        return qb_graph_fail(g, "conv", name,
                             "expected channels, kernel and stride of at least 1 and padding of at least 0, got %d, %d, %d, %d",
                             out, kernel, stride, pad);
    if (in.h + 2 * pad < kernel || in.w + 2 * pad < kernel)
        return qb_graph_fail(g, "conv", name, "kernel %d with padding %d needs at least %dx%d pixels, got %lldx%lld", kernel, pad,
                             kernel - 2 * pad, kernel - 2 * pad, (long long)in.h, (long long)in.w);
    qb_shape shape = {out, (in.h + 2 * pad - kernel) / stride + 1, (in.w + 2 * pad - kernel) / stride + 1};
    int64_t fan_in = in.c * kernel * kernel, fan_out = (int64_t)out * kernel * kernel;
    size_t weight = qb_graph_add_weight(g, name, quantized, init, 4, (int64_t[]){out, in.c, kernel, kernel}, fan_in, fan_out);
    if (bias)
        qb_graph_add_bias(g, name, QB_INIT_UNIFORM_FAN_IN, out, fan_in, fan_out);
    return qb_graph_add(g, name,
                        &(qb_layer){.kind = &kind,
                                    .in = {x, QB_NONE},
                                    .out = shape,
                                    .attributes = &(qb_conv){kernel, stride, pad, bias},
                                    .param = weight,
                                    .n_params = bias ? 2 : 1,
                                    .macs = fan_in * out * shape.h * shape.w});
}

static qb_dnn_shape sizes(const qb_net_plan *p, const qb_layer *l)
{
    const qb_conv *a = attributes(l);
    return (qb_dnn_shape){.type = p->type,
                          .n = p->n,
                          .i = l->in_shape.c,
                          .h = l->in_shape.h,
                          .w = l->in_shape.w,
                          .o = l->out.c,
                          .out_h = l->out.h,
                          .out_w = l->out.w,
                          .kernel = a->kernel,
                          .stride = a->stride,
                          .pad = a->pad,
                          .bias = a->bias,
                          .train = qb_net_plan_trains(p)};
}

static int plan(qb_net_plan *p, const qb_layer *l, void *op)
{
    conv_op *c = op;
    qb_call *s = c->calls;
    qb_dnn_shape shape = sizes(p, l);
    const qb_activation *x = &p->activations[l->in[0]];
    int now = qb_net_plan_forward_time(p, l), last = qb_net_plan_trains(p) ? qb_net_plan_backward_time(p, l) : now;
    QB_TRY(qb_prim_conv_forward(p->dnn, &shape, &s[FORWARD].prim));
    c->x_layout = qb_prim_layout(s[FORWARD].prim, QB_ARG_SRC);
    QB_TRY(qb_call_convert(p, &s[X_IN], x->value, &x->layout, &c->x_layout, now, last, &c->x));
    qb_net_plan_read(p, l, l->in[0], c->x == x->value);
    QB_TRY(qb_call_convert_weights(p, &s[W_FORWARD], &s[FORWARD], now));
    qb_layout y = qb_prim_layout(s[FORWARD].prim, QB_ARG_DST);
    QB_TRY(qb_net_plan_output(p, l, &y));
    qb_call_use(&s[FORWARD], QB_ARG_SRC, c->x);
    qb_call_use(&s[FORWARD], QB_ARG_DST, p->activations[l->ref].value);
    return qb_call_scratch(p, &s[FORWARD], now);
}

static int plan_weights(qb_net_plan *p, const qb_layer *l, conv_op *c, const qb_dnn_shape *shape)
{
    qb_call *s = c->calls;
    const qb_activation *y = &p->activations[l->ref];
    int now = qb_net_plan_backward_time(p, l), x, dy;
    QB_TRY(qb_prim_conv_backward_weights(p->dnn, shape, s[FORWARD].prim, &s[WEIGHTS].prim));
    qb_layout x_layout = qb_prim_layout(s[WEIGHTS].prim, QB_ARG_SRC), dy_layout = qb_prim_layout(s[WEIGHTS].prim, QB_ARG_DIFF_DST);
    QB_TRY(qb_call_convert(p, &s[X_WEIGHTS], c->x, &c->x_layout, &x_layout, now, now, &x));
    QB_TRY(qb_call_convert(p, &s[DY_WEIGHTS], y->grads[0], &y->layout, &dy_layout, now, now, &dy));
    QB_TRY(qb_call_convert_gradient(p, &s[G_OUT], &s[WEIGHTS], now));
    qb_call_use(&s[WEIGHTS], QB_ARG_SRC, x);
    qb_call_use(&s[WEIGHTS], QB_ARG_DIFF_DST, dy);
    return qb_call_scratch(p, &s[WEIGHTS], now);
}

static int plan_data(qb_net_plan *p, const qb_layer *l, conv_op *c, const qb_dnn_shape *shape)
{
    qb_call *s = c->calls;
    const qb_activation *x = &p->activations[l->in[0]], *y = &p->activations[l->ref];
    int now = qb_net_plan_backward_time(p, l), dy, dx, result;
    QB_TRY(qb_prim_conv_backward_data(p->dnn, shape, s[FORWARD].prim, &s[DATA].prim));
    qb_layout dy_layout = qb_prim_layout(s[DATA].prim, QB_ARG_DIFF_DST), dx_layout = qb_prim_layout(s[DATA].prim, QB_ARG_DIFF_SRC);
    QB_TRY(qb_call_convert(p, &s[DY_DATA], y->grads[0], &y->layout, &dy_layout, now, now, &dy));
    QB_TRY(qb_call_convert_weights(p, &s[W_DATA], &s[DATA], now));
    QB_TRY(qb_net_plan_add_grad(p, l, l->in[0], -1, &dx));
    QB_TRY(qb_call_convert_back(p, &s[DX_OUT], dx, &dx_layout, &x->layout, now, &result));
    qb_call_use(&s[DATA], QB_ARG_DIFF_DST, dy);
    qb_call_use(&s[DATA], QB_ARG_DIFF_SRC, result);
    return qb_call_scratch(p, &s[DATA], now);
}

static int plan_backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    qb_dnn_shape shape = sizes(p, l);
    QB_TRY(plan_weights(p, l, op, &shape));
    return qb_net_plan_needs_grad(p, l->in[0]) ? plan_data(p, l, op, &shape) : 0;
}

static int bind(qb_net_plan *p, const qb_layer *l, void *op)
{
    qb_call *s = ((conv_op *)op)->calls;
    QB_TRY(qb_calls_bind(p, s, N_CALLS));
    if (s[WEIGHTS].prim == NULL)
        return 0;
    QB_TRY(qb_call_bind_gradient(&s[G_OUT], &s[WEIGHTS], p->params[l->param].g));
    return attributes(l)->bias ? qb_prim_bind(s[WEIGHTS].prim, QB_ARG_DIFF_BIAS, p->params[l->param + 1].g) : 0;
}

static int forward(qb_net_plan *p, const qb_layer *l, void *op)
{
    qb_call *s = ((conv_op *)op)->calls;
    QB_TRY(qb_call_run(&s[X_IN]));
    QB_TRY(qb_call_run_weights(p, &s[W_FORWARD], &s[FORWARD], qb_net_plan_weight(p, l->param)));
    if (attributes(l)->bias)
        QB_TRY(qb_prim_bind(s[FORWARD].prim, QB_ARG_BIAS, (float *)qb_net_plan_weight(p, l->param + 1)));
    return qb_prim_run(s[FORWARD].prim);
}

static int backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    qb_call *s = ((conv_op *)op)->calls;
    if (s[DATA].prim != NULL) {
        QB_TRY(qb_call_run(&s[DY_DATA]));
        QB_TRY(qb_call_run_weights(p, &s[W_DATA], &s[DATA], qb_net_plan_weight(p, l->param)));
        QB_TRY(qb_prim_run(s[DATA].prim));
        QB_TRY(qb_call_run(&s[DX_OUT]));
        qb_net_plan_lap(p, l, QB_PASS_BACKWARD_DATA);
    }
    QB_TRY(qb_call_run(&s[X_WEIGHTS]));
    QB_TRY(qb_call_run(&s[DY_WEIGHTS]));
    QB_TRY(qb_prim_run(s[WEIGHTS].prim));
    return qb_call_run(&s[G_OUT]);
}

static void finish(void *op)
{
    qb_calls_finish(((conv_op *)op)->calls, N_CALLS);
}

static const qb_layer_kind kind = {.name = "conv",
                                   .attributes_size = sizeof(qb_conv),
                                   .op_size = sizeof(conv_op),
                                   .max_grads = 1,
                                   .has_products = true,
                                   .plan = plan,
                                   .plan_backward = plan_backward,
                                   .bind = bind,
                                   .forward = forward,
                                   .backward = backward,
                                   .finish = finish};
