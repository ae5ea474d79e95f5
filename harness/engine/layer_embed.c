/* From an image to tokens, and from tokens to a vector: the class token and the pixels of x, each a token, plus the position
 * embedding; and, at the end, the class token alone.
 *
 * The tokens are float32 whatever the net's type: what the residual branches are added to. Sums over the images are in
 * double, in their order: no result depends on the number of threads.
 *   D width, T tokens
 * Source: Dosovitskiy et al. 2020.
 */
#include "base/err.h"
#include "engine/layer.h"
#include "engine/value.h"

#include <string.h>

typedef struct move_op {
    int dx; /* -1: not wanted */
} move_op;

/* ---- embedding ---- */

static const qb_layer_kind embed_kind;

enum { CLASS_TOKEN, POSITIONS, N_EMBEDDINGS };

size_t qb_graph_declare_embedding(qb_graph *g, int tokens, int width)
{
    if (tokens < 2 || width < 1) {
        qb_graph_fail(g, "embed", "pos_embed", "expected at least 2 tokens of width 1, got %d of width %d", tokens, width);
        return 0;
    }
    size_t first = qb_graph_add_param(g, "cls_token", NULL,
                                      &(qb_param){.lr_factor = 1, .init = QB_INIT_TINY_NORMAL, .n_dims = 3, .shape = {1, 1, width},
                                                  .fan_in = width, .fan_out = width});
    qb_graph_add_param(g, "pos_embed", NULL,
                       &(qb_param){.lr_factor = 1, .init = QB_INIT_TRUNC_NORMAL, .n_dims = 3, .shape = {1, tokens, width},
                                   .shape_hint = "it has a row for the class token and one for each patch of an image, and is not "
                                                 "resized: use the image size that it was trained with, and a network without "
                                                 "a distillation token",
                                   .fan_in = width, .fan_out = width});
    return first;
}

qb_ref qb_graph_embed(qb_graph *g, qb_ref x, size_t declared)
{
    if (!qb_graph_may_add(g, "embed", "pos_embed", x))
        return QB_NONE;
    qb_shape in = qb_graph_shape(g, x), out = {in.c, in.h * in.w + 1, 1};
    size_t n_params;
    const qb_param *params = qb_graph_params(g, &n_params);
    QB_ASSERT(declared + POSITIONS < n_params);
    const int64_t *shape = params[declared + POSITIONS].shape;
    if (shape[1] != out.h || shape[2] != out.c)
        return qb_graph_fail(g, "embed", "pos_embed", "was declared for %lld tokens of width %lld, got %lld of width %lld",
                             (long long)shape[1], (long long)shape[2], (long long)out.h, (long long)out.c);
    return qb_graph_add(g, "pos_embed",
                        &(qb_layer){.kind = &embed_kind, .in = {x, QB_NONE}, .out = out, .param = declared, .n_params = N_EMBEDDINGS});
}

static int plan_embed(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)op;
    qb_layout y = qb_token_layout(QB_TYPE_F32, p->n, l->out);
    qb_net_plan_read(p, l, l->in[0], false);
    return qb_net_plan_output(p, l, &y);
}

static int plan_backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    move_op *o = op;
    o->dx = -1;
    return qb_net_plan_needs_grad(p, l->in[0]) ? qb_net_plan_add_grad(p, l, l->in[0], -1, &o->dx) : 0;
}

/* Where block b of the channels of pixel i of image n begins. */
static int64_t place(const qb_layout *x, int64_t n, int64_t b, int64_t i)
{
    return ((n * qb_layout_blocks(x) + b) * x->h * x->w + i) * x->block;
}

static int forward_embed(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)op;
    const qb_layout *layout = &p->activations[l->in[0]].layout;
    const void *x = qb_net_plan_at(p, p->activations[l->in[0]].value);
    const float *token = qb_net_plan_weight(p, l->param + CLASS_TOKEN), *positions = qb_net_plan_weight(p, l->param + POSITIONS);
    float *y = qb_net_plan_at(p, p->activations[l->ref].value);
    int64_t D = l->out.c, T = l->out.h;
#pragma omp parallel for schedule(static)
    for (int64_t n = 0; n < p->n; n++) {
        float *image = y + n * T * D;
        for (int64_t c = 0; c < D; c++)
            image[c] = token[c] + positions[c];
        for (int64_t i = 0; i < T - 1; i++)
            for (int64_t c = 0, at = (i + 1) * D; c < D; c += layout->block) {
                int64_t from = place(layout, n, c / layout->block, i), end = c + layout->block < D ? at + layout->block : (i + 2) * D;
                for (; at < end; at++, from++)
                    image[at] = qb_value_load(x, layout->type, from) + positions[at];
            }
    }
    return 0;
}

static void sum_images(const float *dy, int64_t n_images, int64_t n, float *sum)
{
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < n; i++) {
        double s = 0;
        for (int64_t k = 0; k < n_images; k++)
            s += (double)dy[k * n + i];
        sum[i] = (float)s;
    }
}

static int backward_embed(qb_net_plan *p, const qb_layer *l, void *op)
{
    const move_op *o = op;
    const qb_layout *layout = &p->activations[l->in[0]].layout;
    const float *dy = qb_net_plan_at(p, p->activations[l->ref].grads[0]);
    float *g_token = p->params[l->param + CLASS_TOKEN].g, *g_positions = p->params[l->param + POSITIONS].g;
    int64_t D = l->out.c, T = l->out.h, block = layout->block;
    sum_images(dy, p->n, T * D, g_positions);
    memcpy(g_token, g_positions, (size_t)D * sizeof *g_token); /* the first token is the class token */
    if (o->dx < 0)
        return 0;
    void *dx = qb_net_plan_at(p, o->dx);
#pragma omp parallel for schedule(static)
    for (int64_t n = 0; n < p->n; n++)
        for (int64_t i = 0; i < T - 1; i++)
            for (int64_t c = 0; c < D; c += block) {
                int64_t to = place(layout, n, c / block, i);
                for (int64_t j = 0; j < block; j++) /* padding of blocked layouts stays zero */
                    qb_value_store(dx, layout->type, to + j, c + j < D ? dy[(n * T + i + 1) * D + c + j] : 0);
            }
    return 0;
}

static const qb_layer_kind embed_kind = {.name = "embed",
                                         .op_size = sizeof(move_op),
                                         .max_grads = 1,
                                         .plan = plan_embed,
                                         .plan_backward = plan_backward,
                                         .forward = forward_embed,
                                         .backward = backward_embed};

/* ---- the class token alone ---- */

static const qb_layer_kind class_kind;

qb_ref qb_graph_class_token(qb_graph *g, qb_ref x)
{
    if (!qb_graph_may_add(g, "class_token", "class_token", x))
        return QB_NONE;
    return qb_graph_add(g, "class_token", &(qb_layer){.kind = &class_kind, .in = {x, QB_NONE}, .out = {qb_graph_shape(g, x).c, 1, 1}});
}

static int plan_class(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)op;
    qb_layout y = qb_token_layout(QB_TYPE_F32, p->n, l->out);
    qb_net_plan_read(p, l, l->in[0], false);
    return qb_net_plan_output(p, l, &y);
}

static int forward_class(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)op;
    const qb_layout *layout = &p->activations[l->in[0]].layout;
    const void *x = qb_net_plan_at(p, p->activations[l->in[0]].value);
    float *y = qb_net_plan_at(p, p->activations[l->ref].value);
    for (int64_t n = 0; n < p->n; n++)
        for (int64_t c = 0; c < l->out.c; c++)
            y[n * l->out.c + c] = qb_value_load(x, layout->type, place(layout, n, c / layout->block, 0) + c % layout->block);
    return 0;
}

static int backward_class(qb_net_plan *p, const qb_layer *l, void *op)
{
    const qb_layout *layout = &p->activations[l->in[0]].layout;
    const float *dy = qb_net_plan_at(p, p->activations[l->ref].grads[0]);
    char *dx = qb_net_plan_at(p, ((const move_op *)op)->dx);
    size_t image = qb_layout_bytes(layout) / (size_t)layout->n;
#pragma omp parallel for schedule(static)
    for (int64_t n = 0; n < p->n; n++) {
        memset(dx + (size_t)n * image, 0, image);
        for (int64_t c = 0; c < l->out.c; c++)
            qb_value_store(dx, layout->type, place(layout, n, c / layout->block, 0) + c % layout->block, dy[n * l->out.c + c]);
    }
    return 0;
}

static const qb_layer_kind class_kind = {.name = "class_token",
                                         .op_size = sizeof(move_op),
                                         .max_grads = 1,
                                         .plan = plan_class,
                                         .plan_backward = plan_backward,
                                         .forward = forward_class,
                                         .backward = backward_class};
