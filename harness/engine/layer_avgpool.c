/* Global average pooling by a loop of ours, from any layout to a plain float32 vector. */
#include "base/err.h"
#include "engine/layer.h"
#include "engine/value.h"

typedef struct avgpool_op {
    int dx;
} avgpool_op;

static const qb_layer_kind kind;

qb_ref qb_graph_global_avgpool(qb_graph *g, qb_ref x)
{
    if (!qb_graph_may_add(g, "avgpool", "avgpool", x))
        return QB_NONE;
    return qb_graph_add(g, "avgpool",
                        &(qb_layer){.kind = &kind, .in = {x, QB_NONE}, .out = {qb_graph_shape(g, x).c, 1, 1}});
}

static int plan(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)op;
    qb_layout y = {.type = QB_TYPE_F32, .n = p->n, .c = l->out.c, .h = 1, .w = 1, .block = 1};
    qb_net_plan_read(p, l, l->in[0], false);
    return qb_net_plan_output(p, l, &y);
}

static int plan_backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    return qb_net_plan_add_grad(p, l, l->in[0], -1, &((avgpool_op *)op)->dx);
}

enum { LANES = 16 }; /* channels summed at once */

static int forward(qb_net_plan *p, const qb_layer *l, void *op)
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
                        sum[j] += (double)qb_value_load(from, in->type, plane + i * in->block + j);
                for (int64_t j = 0; j < width && first + j < in->c; j++)
                    to[n * in->c + first + j] = (float)(sum[j] / (double)pixels);
            }
    return 0;
}

static int backward(qb_net_plan *p, const qb_layer *l, void *op)
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
                    qb_value_store(to, in->type, plane + i * in->block + j, g);
            }
        }
    return 0;
}

static const qb_layer_kind kind = {.name = "avgpool",
                                   .op_size = sizeof(avgpool_op),
                                   .max_grads = 1,
                                   .plan = plan,
                                   .plan_backward = plan_backward,
                                   .forward = forward,
                                   .backward = backward};
