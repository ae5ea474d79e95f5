/* Max pooling by oneDNN, in the layout of its input. */
#include "base/err.h"
#include "engine/layer.h"
#include "engine/layer_maxpool.h"

enum { FORWARD, BACKWARD, N_CALLS };

typedef struct maxpool_op {
    qb_call calls[N_CALLS];
    int workspace;
} maxpool_op;

static const qb_layer_kind kind;

qb_ref qb_graph_maxpool(qb_graph *g, qb_ref x, int kernel, int stride, int pad)
{
    if (!qb_graph_may_add(g, "maxpool", "maxpool", x))
        return QB_NONE;
    qb_shape in = qb_graph_shape(g, x);
    if (kernel < 1 || stride < 1 || pad < 0 || 2 * pad > kernel)
        return qb_graph_fail(g, "maxpool", "maxpool",
                             "expected kernel and stride of at least 1 and padding of 0 to half the kernel, got %d, %d, %d", kernel,
                             stride, pad);
    if (in.h + 2 * pad < kernel || in.w + 2 * pad < kernel)
        return qb_graph_fail(g, "maxpool", "maxpool", "kernel %d with padding %d needs at least %dx%d pixels, got %lldx%lld", kernel,
                             pad, kernel - 2 * pad, kernel - 2 * pad, (long long)in.h, (long long)in.w);
    qb_shape out = {in.c, (in.h + 2 * pad - kernel) / stride + 1, (in.w + 2 * pad - kernel) / stride + 1};
    return qb_graph_add(g, "maxpool",
                        &(qb_layer){.kind = &kind,
                                    .in = {x, QB_NONE},
                                    .out = out,
                                    .attributes = &(qb_maxpool){kernel, stride, pad}});
}

static qb_dnn_shape sizes(const qb_net_plan *p, const qb_layer *l)
{
    const qb_maxpool *a = l->attributes;
    return (qb_dnn_shape){.n = p->n, .i = l->out.c, .o = l->out.c, .h = l->in_shape.h, .w = l->in_shape.w, .out_h = l->out.h,
                          .out_w = l->out.w, .kernel = a->kernel, .stride = a->stride, .pad = a->pad, .train = qb_net_plan_trains(p)};
}

static int plan(qb_net_plan *p, const qb_layer *l, void *op)
{
    maxpool_op *m = op;
    qb_call *s = m->calls;
    qb_dnn_shape shape = sizes(p, l);
    const qb_activation *x = &p->activations[l->in[0]];
    int now = qb_net_plan_forward_time(p, l);
    QB_TRY(qb_prim_maxpool_forward(p->dnn, &shape, &x->layout, &s[FORWARD].prim));
    qb_net_plan_read(p, l, l->in[0], false);
    qb_layout y = x->layout;
    y.h = l->out.h;
    y.w = l->out.w;
    QB_TRY(qb_net_plan_output(p, l, &y));
    qb_call_use(&s[FORWARD], QB_ARG_SRC, x->value);
    qb_call_use(&s[FORWARD], QB_ARG_DST, p->activations[l->ref].value);
    size_t bytes = qb_prim_bytes(s[FORWARD].prim, QB_ARG_WORKSPACE);
    if (bytes > 0) {
        QB_TRY(qb_net_plan_buffer(p, bytes, now, now, &m->workspace));
        qb_call_use(&s[FORWARD], QB_ARG_WORKSPACE, m->workspace);
    }
    return qb_call_scratch(p, &s[FORWARD], now);
}

static int plan_backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    maxpool_op *m = op;
    qb_call *s = m->calls;
    qb_dnn_shape shape = sizes(p, l);
    int now = qb_net_plan_backward_time(p, l), dx;
    QB_TRY(qb_prim_maxpool_backward(p->dnn, &shape, &p->activations[l->in[0]].layout, s[FORWARD].prim, &s[BACKWARD].prim));
    QB_TRY(qb_net_plan_add_grad(p, l, l->in[0], -1, &dx));
    qb_net_plan_extend(p, m->workspace, now);
    qb_call_use(&s[BACKWARD], QB_ARG_WORKSPACE, m->workspace);
    qb_call_use(&s[BACKWARD], QB_ARG_DIFF_DST, p->activations[l->ref].grads[0]);
    qb_call_use(&s[BACKWARD], QB_ARG_DIFF_SRC, dx);
    return qb_call_scratch(p, &s[BACKWARD], now);
}

static int bind(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)l;
    return qb_calls_bind(p, ((maxpool_op *)op)->calls, N_CALLS);
}

static int forward(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)p, (void)l;
    return qb_call_run(&((maxpool_op *)op)->calls[FORWARD]);
}

static int backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)p, (void)l;
    return qb_call_run(&((maxpool_op *)op)->calls[BACKWARD]);
}

static void finish(void *op)
{
    qb_calls_finish(((maxpool_op *)op)->calls, N_CALLS);
}

static const qb_layer_kind kind = {.name = "maxpool",
                                   .attributes_size = sizeof(qb_maxpool),
                                   .op_size = sizeof(maxpool_op),
                                   .max_grads = 1,
                                   .plan = plan,
                                   .plan_backward = plan_backward,
                                   .bind = bind,
                                   .forward = forward,
                                   .backward = backward,
                                   .finish = finish};
