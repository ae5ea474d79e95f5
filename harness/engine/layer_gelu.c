/* GELU, exact: y = x Phi(x), by the value, tokens or vectors. Forward leaves the derivative for backward, which costs little
 * beside Phi and takes the room that x would; x is not read again. The gradient is written over that of y.
 * Source: Hendrycks and Gimpel 2016. */
#include "base/err.h"
#include "engine/layer.h"
#include "engine/token_kernel.h"

typedef struct gelu_op {
    const qb_token_kernels *kernels;
    int slope; /* in training: the derivative at x, in the layout of x */
    int dx;
} gelu_op;

enum { RUN = 1024 }; /* values of a kernel call: what threads share out, whatever their number */

static const qb_layer_kind kind;

qb_ref qb_graph_gelu(qb_graph *g, qb_ref x, const char *name)
{
    if (!qb_graph_may_add(g, "gelu", name, x))
        return QB_NONE;
    return qb_graph_add(g, name, &(qb_layer){.kind = &kind, .in = {x, QB_NONE}, .out = qb_graph_shape(g, x)});
}

static int plan(qb_net_plan *p, const qb_layer *l, void *op)
{
    gelu_op *o = op;
    const qb_activation *x = &p->activations[l->in[0]];
    o->kernels = qb_token_kernels_find(x->layout.type);
    if (qb_net_plan_trains(p))
        QB_TRY(qb_net_plan_buffer(p, qb_layout_bytes(&x->layout), qb_net_plan_forward_time(p, l), qb_net_plan_backward_time(p, l),
                                  &o->slope));
    qb_net_plan_read(p, l, l->in[0], false);
    return qb_net_plan_output(p, l, &x->layout);
}

static int plan_backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    return qb_net_plan_add_grad(p, l, l->in[0], p->activations[l->ref].grads[0], &((gelu_op *)op)->dx);
}

static int forward(qb_net_plan *p, const qb_layer *l, void *op)
{
    const gelu_op *o = op;
    const qb_layout *layout = &p->activations[l->ref].layout;
    const char *x = qb_net_plan_at(p, p->activations[l->in[0]].value);
    char *y = qb_net_plan_at(p, p->activations[l->ref].value);
    char *slope = qb_net_plan_trains(p) ? qb_net_plan_at(p, o->slope) : NULL;
    int64_t n = (int64_t)qb_layout_count(layout), size = (int64_t)qb_type_size(layout->type);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < n; i += RUN)
        o->kernels->gelu(n - i < RUN ? n - i : RUN, x + i * size, y + i * size, slope != NULL ? slope + i * size : NULL);
    return 0;
}

static int backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    const gelu_op *o = op;
    const qb_layout *layout = &p->activations[l->ref].layout;
    const char *slope = qb_net_plan_at(p, o->slope);
    const char *dy = qb_net_plan_at(p, p->activations[l->ref].grads[0]);
    char *dx = qb_net_plan_at(p, o->dx);
    int64_t n = (int64_t)qb_layout_count(layout), size = (int64_t)qb_type_size(layout->type);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < n; i += RUN)
        o->kernels->gelu_backward(n - i < RUN ? n - i : RUN, slope + i * size, dy + i * size, dx + i * size);
    return 0;
}

static const qb_layer_kind kind = {.name = "gelu",
                                   .op_size = sizeof(gelu_op),
                                   .max_grads = 1,
                                   .plan = plan,
                                   .plan_backward = plan_backward,
                                   .forward = forward,
                                   .backward = backward};
