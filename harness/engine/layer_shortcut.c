/* Option-A shortcut: every stride-th row and column, channels padded with zeros on both sides.
 * In blocked layouts the channels move by `front`, so a block of the output takes lanes from at most two blocks of the
 * input. Images go through memory one by one, so that what is cleared first is still in the cache when it is filled.
 * Source: He et al., Deep Residual Learning (2016), option A for CIFAR.
 */
#include "base/err.h"
#include "engine/layer.h"
#include "engine/layer_shortcut.h"

#include <string.h>

typedef struct shortcut_op {
    int dx;
    bool adds; /* to a contribution that is there already: a quarter of the pixels at stride 2, instead of a tensor of
                * zeros with those pixels, which x's layer would have to read too. Float32 only: bfloat16 would round it. */
} shortcut_op;

static const qb_layer_kind kind;

qb_ref qb_graph_shortcut_pad(qb_graph *g, qb_ref x, int out, int stride)
{
    if (!qb_graph_may_add(g, "shortcut", "shortcut", x))
        return QB_NONE;
    qb_shape in = qb_graph_shape(g, x);
    if (stride < 1)
        return qb_graph_fail(g, "shortcut", "shortcut", "expected a stride of at least 1, got %d", stride);
    if (out < in.c)
        return qb_graph_fail(g, "shortcut", "shortcut", "pads channels, so it needs at least as many as it gets: got %d for %lld", out,
                             (long long)in.c);
    return qb_graph_add(g, "shortcut",
                        &(qb_layer){.kind = &kind,
                                    .in = {x, QB_NONE},
                                    .out = {out, (in.h - 1) / stride + 1, (in.w - 1) / stride + 1},
                                    .attributes = &(qb_shortcut){stride}});
}

static int plan(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)op;
    const qb_layout *x = &p->activations[l->in[0]].layout;
    bool is_nhwc = x->block != 1 && x->block != 8 && x->block != 16;
    qb_layout y = {.type = x->type, .n = p->n, .c = l->out.c, .h = l->out.h, .w = l->out.w,
                   .block = is_nhwc ? l->out.c : x->block};
    qb_net_plan_read(p, l, l->in[0], false);
    return qb_net_plan_output(p, l, &y);
}

static int plan_backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    shortcut_op *o = op;
    const qb_activation *x = &p->activations[l->in[0]];
    o->adds = x->n_contributions > 0 && x->layout.type == QB_TYPE_F32;
    if (!o->adds)
        return qb_net_plan_add_grad(p, l, l->in[0], -1, &o->dx);
    o->dx = x->grads[0]; /* alive until x's layer has read it */
    return 0;
}

/* Neighbouring channels c .. c + run of x that share a block in x and in y, where they are o .. o + run. */
typedef struct lanes {
    int64_t c, o, run;
} lanes;

static lanes next_lanes(const qb_layout *in, const qb_layout *out, int64_t c)
{
    int64_t o = c + (out->c - in->c) / 2, run = in->block - c % in->block;
    if (run > out->block - o % out->block)
        run = out->block - o % out->block;
    return (lanes){c, o, run < in->c - c ? run : in->c - c};
}

static void copy_pixel(char *to, const char *from, size_t bytes)
{
    if (bytes == 64) /* sizes of blocked layouts, known at compile time: one or two moves */
        memcpy(to, from, 64);
    else if (bytes == 32)
        memcpy(to, from, 32);
    else
        memcpy(to, from, bytes);
}

static inline void add_floats(float *restrict to, const float *restrict from, int64_t run)
{
    for (int64_t j = 0; j < run; j++)
        to[j] += from[j];
}

static void add_pixel(void *to, const void *from, int64_t run)
{
    if (run == 16)
        add_floats(to, from, 16);
    else if (run == 8)
        add_floats(to, from, 8);
    else
        add_floats(to, from, run);
}

typedef enum direction { TO_Y, TO_X, ADD_TO_X } direction;

static void move_lanes(int64_t stride, const qb_layout *in, const qb_layout *out, lanes n, char *x, char *y, direction way)
{
    size_t size = qb_type_size(in->type), x_pixel = (size_t)in->block * size, y_pixel = (size_t)out->block * size;
    size_t bytes = (size_t)n.run * size;
    x += (size_t)(n.c / in->block * in->h * in->w * in->block + n.c % in->block) * size;
    y += (size_t)(n.o / out->block * out->h * out->w * out->block + n.o % out->block) * size;
    for (int64_t i = 0; i < out->h; i++) {
        char *row = x + (size_t)(i * stride * in->w) * x_pixel, *y_row = y + (size_t)(i * out->w) * y_pixel;
        for (int64_t j = 0; j < out->w; j++) {
            char *xp = row + (size_t)(j * stride) * x_pixel, *yp = y_row + (size_t)j * y_pixel;
            if (way == TO_Y)
                copy_pixel(yp, xp, bytes);
            else if (way == TO_X)
                copy_pixel(xp, yp, bytes);
            else
                add_pixel(xp, yp, n.run);
        }
    }
}

static void move(const qb_net_plan *p, const qb_layer *l, int x, int y, direction way)
{
    const qb_layout *in = &p->activations[l->in[0]].layout, *out = &p->activations[l->ref].layout;
    size_t x_image = qb_layout_bytes(in) / (size_t)in->n, y_image = qb_layout_bytes(out) / (size_t)out->n;
    int64_t stride = ((const qb_shortcut *)l->attributes)->stride;
    char *xs = qb_net_plan_at(p, x), *ys = qb_net_plan_at(p, y);
#pragma omp parallel for schedule(static)
    for (int64_t n = 0; n < in->n; n++) {
        char *xn = xs + (size_t)n * x_image, *yn = ys + (size_t)n * y_image;
        if (way == TO_Y)
            memset(yn, 0, y_image);
        else if (way == TO_X)
            memset(xn, 0, x_image);
        for (lanes at = next_lanes(in, out, 0); at.c < in->c; at = next_lanes(in, out, at.c + at.run))
            move_lanes(stride, in, out, at, xn, yn, way);
    }
}

static int forward(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)op;
    move(p, l, p->activations[l->in[0]].value, p->activations[l->ref].value, TO_Y);
    return 0;
}

static int backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    const shortcut_op *o = op;
    move(p, l, o->dx, p->activations[l->ref].grads[0], o->adds ? ADD_TO_X : TO_X);
    return 0;
}

static const qb_layer_kind kind = {.name = "shortcut",
                                   .attributes_size = sizeof(qb_shortcut),
                                   .op_size = sizeof(shortcut_op),
                                   .max_grads = 1,
                                   .plan = plan,
                                   .plan_backward = plan_backward,
                                   .forward = forward,
                                   .backward = backward};
