/* Max pooling by oneDNN, in the layout of its input; global average pooling by a loop of ours, to a plain float32 vector. */
#include "base/err.h"
#include "engine/bf16.h"
#include "engine/layer.h"

#include <string.h>

/* ---- max ---- */

enum { FORWARD, BACKWARD, N_CALLS };

typedef struct maxpool_op {
    qb_call calls[N_CALLS];
    int workspace;
} maxpool_op;

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
                        &(qb_layer){.kind = &qb_layer_maxpool,
                                    .in = {x, QB_NONE},
                                    .out = out,
                                    .kernel = kernel,
                                    .stride = stride,
                                    .pad = pad});
}

static qb_dnn_shape max_sizes(const qb_net_plan *p, const qb_layer *l)
{
    return (qb_dnn_shape){.n = p->n, .i = l->out.c, .o = l->out.c, .h = l->in_shape.h, .w = l->in_shape.w, .out_h = l->out.h,
                          .out_w = l->out.w, .kernel = l->kernel, .stride = l->stride, .pad = l->pad, .train = qb_net_plan_trains(p)};
}

static int max_plan(qb_net_plan *p, const qb_layer *l, void *op)
{
    maxpool_op *m = op;
    qb_call *s = m->calls;
    qb_dnn_shape shape = max_sizes(p, l);
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

static int max_plan_backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    maxpool_op *m = op;
    qb_call *s = m->calls;
    qb_dnn_shape shape = max_sizes(p, l);
    int now = qb_net_plan_backward_time(p, l), dx;
    QB_TRY(qb_prim_maxpool_backward(p->dnn, &shape, &p->activations[l->in[0]].layout, s[FORWARD].prim, &s[BACKWARD].prim));
    QB_TRY(qb_net_plan_add_grad(p, l, l->in[0], -1, &dx));
    qb_net_plan_extend(p, m->workspace, now);
    qb_call_use(&s[BACKWARD], QB_ARG_WORKSPACE, m->workspace);
    qb_call_use(&s[BACKWARD], QB_ARG_DIFF_DST, p->activations[l->ref].grads[0]);
    qb_call_use(&s[BACKWARD], QB_ARG_DIFF_SRC, dx);
    return qb_call_scratch(p, &s[BACKWARD], now);
}

static int max_bind(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)l;
    return qb_calls_bind(p, ((maxpool_op *)op)->calls, N_CALLS);
}

static int max_forward(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)p, (void)l;
    return qb_call_run(&((maxpool_op *)op)->calls[FORWARD]);
}

static int max_backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)p, (void)l;
    return qb_call_run(&((maxpool_op *)op)->calls[BACKWARD]);
}

static void max_finish(void *op)
{
    qb_calls_finish(((maxpool_op *)op)->calls, N_CALLS);
}

const qb_layer_kind qb_layer_maxpool = {"maxpool", sizeof(maxpool_op), 1, max_plan, max_plan_backward,
                                        max_bind, max_forward, max_backward, max_finish};

/* ---- global average ---- */

typedef struct avgpool_op {
    int dx;
} avgpool_op;

qb_ref qb_graph_global_avgpool(qb_graph *g, qb_ref x)
{
    if (!qb_graph_may_add(g, "avgpool", "avgpool", x))
        return QB_NONE;
    return qb_graph_add(g, "avgpool",
                        &(qb_layer){.kind = &qb_layer_avgpool, .in = {x, QB_NONE}, .out = {qb_graph_shape(g, x).c, 1, 1}});
}

static int avg_plan(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)op;
    qb_layout y = {.type = QB_TYPE_F32, .n = p->n, .c = l->out.c, .h = 1, .w = 1, .block = 1};
    qb_net_plan_read(p, l, l->in[0], false);
    return qb_net_plan_output(p, l, &y);
}

static int avg_plan_backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    return qb_net_plan_add_grad(p, l, l->in[0], -1, &((avgpool_op *)op)->dx);
}

static int avg_bind(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)p, (void)l, (void)op;
    return 0;
}

enum { LANES = 16 }; /* channels summed at once */

static float load(const void *x, qb_type type, int64_t i)
{
    return type == QB_TYPE_F32 ? ((const float *)x)[i] : qb_bf16_to_float(((const uint16_t *)x)[i]);
}

static void store(void *x, qb_type type, int64_t i, float v)
{
    if (type == QB_TYPE_F32)
        ((float *)x)[i] = v;
    else
        ((uint16_t *)x)[i] = qb_bf16_from_float(v);
}

static int avg_forward(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)op;
    const qb_activation *x = &p->activations[l->in[0]];
    const qb_layout *in = &x->layout;
    const void *from = qb_net_plan_at(p, x->value);
    float *to = qb_net_plan_at(p, p->activations[l->ref].value);
    int64_t pixels = in->h * in->w, blocks = qb_layout_blocks(in);
#pragma omp parallel for collapse(2) schedule(static)
    for (int64_t n = 0; n < in->n; n++)
        for (int64_t b = 0; b < blocks; b++)
            for (int64_t lane = 0; lane < in->block && b * in->block + lane < in->c; lane += LANES) {
                int64_t first = b * in->block + lane, plane = ((n * blocks + b) * pixels) * in->block + lane;
                int64_t width = in->block - lane < LANES ? in->block - lane : LANES;
                double sum[LANES] = {0};
                for (int64_t i = 0; i < pixels; i++)
                    for (int64_t j = 0; j < width; j++)
                        sum[j] += (double)load(from, in->type, plane + i * in->block + j);
                for (int64_t j = 0; j < width && first + j < in->c; j++)
                    to[n * in->c + first + j] = (float)(sum[j] / (double)pixels);
            }
    return 0;
}

static int avg_backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    const qb_layout *in = &p->activations[l->in[0]].layout;
    const float *from = qb_net_plan_at(p, p->activations[l->ref].grads[0]);
    void *to = qb_net_plan_at(p, ((avgpool_op *)op)->dx);
    int64_t pixels = in->h * in->w, blocks = qb_layout_blocks(in);
#pragma omp parallel for collapse(2) schedule(static)
    for (int64_t n = 0; n < in->n; n++)
        for (int64_t b = 0; b < blocks; b++) {
            int64_t plane = ((n * blocks + b) * pixels) * in->block;
            for (int64_t j = 0; j < in->block; j++) {
                int64_t c = b * in->block + j;
                float g = c < in->c ? from[n * in->c + c] / (float)pixels : 0;
                for (int64_t i = 0; i < pixels; i++)
                    store(to, in->type, plane + i * in->block + j, g);
            }
        }
    return 0;
}

static void avg_finish(void *op)
{
    (void)op;
}

const qb_layer_kind qb_layer_avgpool = {"avgpool", sizeof(avgpool_op), 1, avg_plan, avg_plan_backward,
                                        avg_bind, avg_forward, avg_backward, avg_finish};
