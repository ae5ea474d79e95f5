/* Option-A shortcut: every stride-th row and column, channels padded with zeros on both sides.
 * In blocked layouts the channels move by `front`, so a block of the output takes lanes from at most two blocks of the
 * input. Only float32 and bfloat16 are moved, never computed with: the code counts bytes.
 * Source: spec/recipes.md 1.1.
 */
#include "base/err.h"
#include "engine/layer.h"

#include <string.h>

typedef struct shortcut_op {
    int dx;
} shortcut_op;

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
                        &(qb_layer){.kind = &qb_layer_shortcut,
                                    .in = {x, QB_NONE},
                                    .out = {out, (in.h - 1) / stride + 1, (in.w - 1) / stride + 1},
                                    .stride = stride});
}

static int plan(qb_plan *p, const qb_layer *l, void *op)
{
    (void)op;
    const qb_layout *x = &p->tensors[l->in[0]].layout;
    bool is_nhwc = x->block != 1 && x->block != 8 && x->block != 16;
    qb_layout y = {.type = x->type, .n = p->n, .c = l->out.c, .h = l->out.h, .w = l->out.w,
                   .block = is_nhwc ? l->out.c : x->block};
    qb_plan_read(p, l, l->in[0], false);
    return qb_plan_output(p, l, &y);
}

static int plan_backward(qb_plan *p, const qb_layer *l, void *op)
{
    return qb_plan_add_grad(p, l, l->in[0], -1, &((shortcut_op *)op)->dx);
}

static int bind(qb_plan *p, const qb_layer *l, void *op)
{
    (void)p, (void)l, (void)op;
    return 0;
}

static void copy(char *to, const char *from, size_t bytes)
{
    if (bytes == 64)
        memcpy(to, from, 64);
    else if (bytes == 32)
        memcpy(to, from, 32);
    else
        memcpy(to, from, bytes);
}

/* Calls `copy` for every pixel of image n: from x to y, or (back) from y to x. */
static void move_image(const qb_layer *l, const qb_layout *in, const qb_layout *out, char *x, char *y, bool back)
{
    size_t size = qb_type_size(in->type);
    int64_t front = (out->c - in->c) / 2;
    for (int64_t c = 0, run; c < in->c; c += run) { /* channels c .. c + run of x share a block in both */
        int64_t o = c + front, lane = c % in->block, out_lane = o % out->block;
        run = in->block - lane;
        if (run > out->block - out_lane)
            run = out->block - out_lane;
        if (run > in->c - c)
            run = in->c - c;
        char *xs = x + (size_t)(c / in->block * in->h * in->w * in->block + lane) * size;
        char *ys = y + (size_t)(o / out->block * out->h * out->w * out->block + out_lane) * size;
        size_t bytes = (size_t)run * size, x_pixel = (size_t)in->block * size, y_pixel = (size_t)out->block * size;
        for (int64_t i = 0; i < out->h; i++)
            for (int64_t j = 0; j < out->w; j++) {
                char *xp = xs + (size_t)(i * l->stride * in->w + j * l->stride) * x_pixel;
                char *yp = ys + (size_t)(i * out->w + j) * y_pixel;
                if (back)
                    copy(xp, yp, bytes);
                else
                    copy(yp, xp, bytes);
            }
    }
}

static void move(const qb_plan *p, const qb_layer *l, int x, int y, bool back)
{
    const qb_layout *in = &p->tensors[l->in[0]].layout, *out = &p->tensors[l->ref].layout;
    size_t x_image = qb_layout_bytes(in) / (size_t)in->n, y_image = qb_layout_bytes(out) / (size_t)out->n;
    char *xs = qb_plan_at(p, x), *ys = qb_plan_at(p, y);
#pragma omp parallel for schedule(static)
    for (int64_t n = 0; n < in->n; n++) {
        char *xn = xs + (size_t)n * x_image, *yn = ys + (size_t)n * y_image;
        if (back)
            memset(xn, 0, x_image);
        else
            memset(yn, 0, y_image);
        move_image(l, in, out, xn, yn, back);
    }
}

static int forward(qb_plan *p, const qb_layer *l, void *op)
{
    (void)op;
    move(p, l, p->tensors[l->in[0]].value, p->tensors[l->ref].value, false);
    return 0;
}

static int backward(qb_plan *p, const qb_layer *l, void *op)
{
    move(p, l, ((shortcut_op *)op)->dx, p->tensors[l->ref].grads[0], true);
    return 0;
}

static void finish(void *op)
{
    (void)op;
}

const qb_layer_kind qb_layer_shortcut = {"shortcut", sizeof(shortcut_op), 1, plan, plan_backward, bind, forward, backward, finish};
