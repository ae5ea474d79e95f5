/* Linear: y = x W^T + b on vectors (c, 1, 1), in float32 whatever the type of the activations: it is the classifier at
 * the end, costs nothing, and its logits decide. Its input may rest in any layout; a reorder makes it plain. */
#include "base/err.h"
#include "engine/layer.h"

enum {
    FORWARD,
    DATA,    /* gradient of x */
    WEIGHTS, /* gradient of the weight */
    X_IN,    /* x -> plain float32 */
    W_FORWARD, W_DATA, /* plain weight -> layouts of FORWARD, DATA */
    DX_OUT,            /* result of DATA -> layout of x */
    G_OUT,             /* result of WEIGHTS -> plain gradient */
    N_CALLS
};

typedef struct linear_op {
    qb_call calls[N_CALLS];
    int x; /* buffer of the plain input */
} linear_op;

static const qb_layer_kind kind;

qb_ref qb_graph_linear(qb_graph *g, qb_ref x, const char *name, int out, qb_init weight_init, qb_init bias_init,
                       qb_quantized quantized)
{
    if (!qb_graph_may_add(g, "linear", name, x))
        return QB_NONE;
    qb_shape in = qb_graph_shape(g, x);
    if (out < 1)
        return qb_graph_fail(g, "linear", name, "expected at least 1 output, got %d", out);
    if (in.h != 1 || in.w != 1)
        return qb_graph_fail(g, "linear", name, "expected a vector (%lldx1x1), got %lldx%lldx%lld: pool it first",
                             (long long)in.c, (long long)in.c, (long long)in.h, (long long)in.w);
    size_t weight = qb_graph_add_weight(g, name, quantized, weight_init, 2, (int64_t[]){out, in.c}, in.c, out);
    qb_graph_add_bias(g, name, bias_init, out, in.c, out);
    return qb_graph_add(g, name,
                        &(qb_layer){.kind = &kind,
                                    .in = {x, QB_NONE},
                                    .out = {out, 1, 1},
                                    .param = weight,
                                    .n_params = 2,
                                    .macs = in.c * out});
}

static qb_dnn_shape sizes(const qb_net_plan *p, const qb_layer *l)
{
    return (qb_dnn_shape){.type = QB_TYPE_F32, .n = p->n, .i = l->in_shape.c, .h = 1, .w = 1, .o = l->out.c, .out_h = 1,
                          .out_w = 1, .kernel = 1, .stride = 1, .bias = true, .train = qb_net_plan_trains(p)};
}

static qb_layout plain(const qb_net_plan *p, int64_t c)
{
    return (qb_layout){.type = QB_TYPE_F32, .n = p->n, .c = c, .h = 1, .w = 1, .block = 1};
}

static int plan(qb_net_plan *p, const qb_layer *l, void *op)
{
    linear_op *o = op;
    qb_call *s = o->calls;
    qb_dnn_shape shape = sizes(p, l);
    const qb_activation *x = &p->activations[l->in[0]];
    int now = qb_net_plan_forward_time(p, l), last = qb_net_plan_trains(p) ? qb_net_plan_backward_time(p, l) : now;
    qb_layout x_layout = plain(p, l->in_shape.c), y = plain(p, l->out.c);
    QB_TRY(qb_prim_linear_forward(p->dnn, &shape, &s[FORWARD].prim));
    QB_TRY(qb_call_convert(p, &s[X_IN], x->value, &x->layout, &x_layout, now, last, &o->x));
    qb_net_plan_read(p, l, l->in[0], o->x == x->value);
    QB_TRY(qb_call_convert_weights(p, &s[W_FORWARD], &s[FORWARD], now));
    QB_TRY(qb_net_plan_output(p, l, &y));
    qb_call_use(&s[FORWARD], QB_ARG_SRC, o->x);
    qb_call_use(&s[FORWARD], QB_ARG_DST, p->activations[l->ref].value);
    return qb_call_scratch(p, &s[FORWARD], now);
}

static int plan_backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    linear_op *o = op;
    qb_call *s = o->calls;
    qb_dnn_shape shape = sizes(p, l);
    const qb_activation *x = &p->activations[l->in[0]], *y = &p->activations[l->ref];
    int now = qb_net_plan_backward_time(p, l), dx, result;
    QB_TRY(qb_prim_linear_backward_weights(p->dnn, &shape, s[FORWARD].prim, &s[WEIGHTS].prim));
    QB_TRY(qb_call_convert_gradient(p, &s[G_OUT], &s[WEIGHTS], now));
    qb_call_use(&s[WEIGHTS], QB_ARG_SRC, o->x);
    qb_call_use(&s[WEIGHTS], QB_ARG_DIFF_DST, y->grads[0]);
    QB_TRY(qb_call_scratch(p, &s[WEIGHTS], now));
    if (!qb_net_plan_needs_grad(p, l->in[0]))
        return 0;
    qb_layout dx_layout = plain(p, l->in_shape.c);
    QB_TRY(qb_prim_linear_backward_data(p->dnn, &shape, s[FORWARD].prim, &s[DATA].prim));
    QB_TRY(qb_call_convert_weights(p, &s[W_DATA], &s[DATA], now));
    QB_TRY(qb_net_plan_add_grad(p, l, l->in[0], -1, &dx));
    QB_TRY(qb_call_convert_back(p, &s[DX_OUT], dx, &dx_layout, &x->layout, now, &result));
    qb_call_use(&s[DATA], QB_ARG_DIFF_DST, y->grads[0]);
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

static int forward(qb_net_plan *p, const qb_layer *l, void *op)
{
    qb_call *s = ((linear_op *)op)->calls;
    QB_TRY(qb_call_run(&s[X_IN]));
    QB_TRY(qb_call_run_weights(p, &s[W_FORWARD], &s[FORWARD], qb_net_plan_weight(p, l->param)));
    QB_TRY(qb_prim_bind(s[FORWARD].prim, QB_ARG_BIAS, (float *)qb_net_plan_weight(p, l->param + 1)));
    return qb_prim_run(s[FORWARD].prim);
}

static int backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    qb_call *s = ((linear_op *)op)->calls;
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
                                   .op_size = sizeof(linear_op),
                                   .max_grads = 1,
                                   .has_products = true,
                                   .plan = plan,
                                   .plan_backward = plan_backward,
                                   .bind = bind,
                                   .forward = forward,
                                   .backward = backward,
                                   .finish = finish};
