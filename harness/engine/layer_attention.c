/* Multi-head attention: O = softmax(Q K^T / sqrt(d)) V for each image and head.
 *
 * A thread does an image and head from end to end, so that their T x T scores stay in its cache; the products are oneDNN's
 * primitives on one thread, a set for each thread. Training keeps the probabilities P for backward. Scores and what the
 * softmax sums are float32. Each (image, head) is a computation of its own: no result depends on the number of threads.
 *   T tokens, d width of a head, D = heads * d; Q, K, V (T, d) are columns of x (T, 3 D), O of y (T, D)
 *   S scores, P probabilities, dP and dS their gradients: (T, T) in rows of `pitch` values
 * Source: Vaswani et al. 2017.
 */
#include "engine/layer_attention.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "engine/layer.h"
#include "engine/token_kernel.h"

#include <math.h>
#include <omp.h>

typedef enum product { S_QK, O_PV, DV_PO, DP_OV, DQ_SK, DK_SQ, N_PRODUCTS } product;

typedef struct worker { /* what a thread has of its own */
    qb_prim *products[N_PRODUCTS];
    double seconds; /* in products, in this pass */
    int rc;
} worker;

typedef struct pass_memory { /* of all threads, for one pass */
    int scores;  /* float32: S, or dP */
    int half;    /* backward: dS, where it is not float32 too and written over dP */
    int scratch; /* oneDNN's */
    size_t scratch_bytes; /* of one thread */
} pass_memory;

enum { X_IN, DX_OUT, N_CALLS }; /* x -> tokens of the net's type; their gradient -> layout of x */

typedef struct attention_op {
    qb_call calls[N_CALLS];
    const qb_token_kernels *kernels;
    qb_net_plan *plan;
    const qb_layer *layer;
    worker *workers;
    int n_workers;
    int64_t pitch;
    int x, dx; /* dx -1: not wanted */
    int p;     /* of each image and head in training, else of each thread */
    pass_memory forward, backward;
} attention_op;

static const qb_layer_kind kind;

qb_ref qb_graph_attention(qb_graph *g, qb_ref x, const char *name, int heads)
{
    if (!qb_graph_may_add(g, "attention", name, x))
        return QB_NONE;
    qb_shape in = qb_graph_shape(g, x);
    if (heads < 1 || in.c % (3 * (int64_t)heads) != 0 || in.w != 1)
        return qb_graph_fail(g, "attention", name,
                             "expected tokens of 3 x heads x head width values, got %lldx%lldx%lld for %d heads", (long long)in.c,
                             (long long)in.h, (long long)in.w, heads);
    return qb_graph_add(g, name,
                        &(qb_layer){.kind = &kind,
                                    .in = {x, QB_NONE},
                                    .out = {in.c / 3, in.h, 1},
                                    .attributes = &(qb_attention){heads},
                                    .macs = 2 * in.h * in.h * (in.c / 3)});
}

/* ---- sizes ---- */

static int64_t heads_of(const qb_layer *l)
{
    return ((const qb_attention *)l->attributes)->heads;
}

static int64_t head_width(const qb_layer *l)
{
    return l->out.c / heads_of(l);
}

/* Bytes of a (T, T) matrix. */
static size_t square(const attention_op *o, const qb_layer *l, qb_type type)
{
    return (size_t)(l->out.h * o->pitch) * qb_type_size(type);
}

/* ---- plan ---- */

static int make_product(qb_net_plan *p, const qb_layer *l, const attention_op *o, product which, qb_prim **ret_prim)
{
    int64_t T = l->out.h, d = head_width(l);
    qb_matrix qkv = {p->type, T, d, 3 * l->out.c, 1}, out = {p->type, T, d, l->out.c, 1};
    qb_matrix scores = {QB_TYPE_F32, T, T, o->pitch, 1}, half = {p->type, T, T, o->pitch, 1};
    qb_matrix kt = qb_matrix_transposed(qkv), half_t = qb_matrix_transposed(half);
    switch (which) {
    case S_QK: return qb_prim_product(p->dnn, &qkv, &kt, &scores, ret_prim);
    case O_PV: return qb_prim_product(p->dnn, &half, &qkv, &out, ret_prim);
    case DV_PO: return qb_prim_product(p->dnn, &half_t, &out, &qkv, ret_prim);
    case DP_OV: return qb_prim_product(p->dnn, &out, &kt, &scores, ret_prim);
    case DQ_SK: return qb_prim_product(p->dnn, &half, &qkv, &qkv, ret_prim);
    case DK_SQ: return qb_prim_product(p->dnn, &half_t, &qkv, &qkv, ret_prim);
    default: QB_ASSERT(false); return QB_E_FAILED;
    }
}

/* Products first .. last of every thread, and what a pass at `time` needs beside them. */
static int plan_pass(qb_net_plan *p, const qb_layer *l, attention_op *o, product first, product last, int time, pass_memory *m)
{
    for (int k = 0; k < o->n_workers; k++)
        for (product i = first; i <= last; i++) {
            QB_TRY(make_product(p, l, o, i, &o->workers[k].products[i]));
            size_t bytes = (qb_prim_bytes(o->workers[k].products[i], QB_ARG_SCRATCH) + 127) / 128 * 128;
            m->scratch_bytes = bytes > m->scratch_bytes ? bytes : m->scratch_bytes;
        }
    QB_TRY(qb_net_plan_buffer(p, m->scratch_bytes * (size_t)o->n_workers, time, time, &m->scratch));
    return qb_net_plan_buffer(p, (size_t)o->n_workers * square(o, l, QB_TYPE_F32), time, time, &m->scores);
}

static int plan(qb_net_plan *p, const qb_layer *l, void *op)
{
    attention_op *o = op;
    const qb_activation *x = &p->activations[l->in[0]];
    int now = qb_net_plan_forward_time(p, l), last = qb_net_plan_trains(p) ? qb_net_plan_backward_time(p, l) : now;
    qb_layout rows = qb_token_layout(p->type, p->n, l->in_shape), y = qb_token_layout(p->type, p->n, l->out);
    o->kernels = qb_token_kernels_find(p->type);
    o->plan = p;
    o->layer = l;
    o->pitch = (l->out.h + 31) / 32 * 32; /* rows, and the matrices of threads, begin on cache lines in both types */
    o->n_workers = omp_get_max_threads();
    o->workers = qb_alloc((size_t)o->n_workers, sizeof *o->workers);
    if (o->workers == NULL)
        return QB_E_NOMEM;
    QB_TRY(qb_call_convert(p, &o->calls[X_IN], x->value, &x->layout, &rows, now, last, &o->x));
    qb_net_plan_read(p, l, l->in[0], o->x == x->value);
    QB_TRY(plan_pass(p, l, o, S_QK, O_PV, now, &o->forward));
    size_t n_p = qb_net_plan_trains(p) ? (size_t)(p->n * heads_of(l)) : (size_t)o->n_workers;
    QB_TRY(qb_net_plan_buffer(p, n_p * square(o, l, p->type), now, last, &o->p));
    return qb_net_plan_output(p, l, &y);
}

static int plan_backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    attention_op *o = op;
    const qb_activation *x = &p->activations[l->in[0]];
    int now = qb_net_plan_backward_time(p, l), dx;
    qb_layout rows = qb_token_layout(p->type, p->n, l->in_shape);
    QB_TRY(plan_pass(p, l, o, DV_PO, DK_SQ, now, &o->backward));
    o->backward.half = o->backward.scores;
    if (p->type != QB_TYPE_F32)
        QB_TRY(qb_net_plan_buffer(p, (size_t)o->n_workers * square(o, l, p->type), now, now, &o->backward.half));
    o->dx = -1;
    if (!qb_net_plan_needs_grad(p, l->in[0]))
        return 0;
    QB_TRY(qb_net_plan_add_grad(p, l, l->in[0], -1, &dx));
    return qb_call_convert_back(p, &o->calls[DX_OUT], dx, &rows, &x->layout, now, &o->dx);
}

/* ---- memory of a thread, and of an image and head ---- */

static char *of_thread(const attention_op *o, int buffer, int thread, size_t bytes)
{
    return (char *)qb_net_plan_at(o->plan, buffer) + (size_t)thread * bytes;
}

/* Values of image and head i in tokens with `parts` times D values: of its part 0, 1, 2 (Q, K, V), or of O (1 part). */
static char *of_head(const attention_op *o, int buffer, int64_t i, int64_t parts, int64_t part)
{
    const qb_layer *l = o->layer;
    int64_t D = l->out.c, heads = heads_of(l), token = parts * D;
    int64_t at = i / heads * l->out.h * token + part * D + i % heads * head_width(l);
    return (char *)qb_net_plan_at(o->plan, buffer) + (size_t)at * qb_type_size(o->plan->type);
}

static char *probabilities(const attention_op *o, int thread, int64_t i)
{
    return of_thread(o, o->p, qb_net_plan_trains(o->plan) ? (int)i : thread, square(o, o->layer, o->plan->type));
}

static int multiply(const attention_op *o, int thread, const pass_memory *m, product which, void *src, void *weights, void *dst)
{
    worker *w = &o->workers[thread];
    qb_prim *prim = w->products[which];
    double start = qb_now_seconds();
    QB_TRY(qb_prim_bind(prim, QB_ARG_SRC, src));
    QB_TRY(qb_prim_bind(prim, QB_ARG_WEIGHTS, weights));
    QB_TRY(qb_prim_bind(prim, QB_ARG_DST, dst));
    QB_TRY(qb_prim_bind(prim, QB_ARG_SCRATCH, of_thread(o, m->scratch, thread, m->scratch_bytes)));
    QB_TRY(qb_prim_run(prim));
    w->seconds += qb_now_seconds() - start;
    return 0;
}

/* ---- one image and head ---- */

static int forward_one(const attention_op *o, int thread, int64_t i, bool products_only)
{
    const qb_layer *l = o->layer;
    const pass_memory *m = &o->forward;
    float *s = (float *)of_thread(o, m->scores, thread, square(o, l, QB_TYPE_F32));
    char *p = probabilities(o, thread, i), *q = of_head(o, o->x, i, 3, 0), *k = of_head(o, o->x, i, 3, 1), *v = of_head(o, o->x, i, 3, 2);
    const float scale = (float)(1 / sqrt((double)head_width(l)));
    QB_TRY(multiply(o, thread, m, S_QK, q, k, s));
    for (int64_t t = 0; t < l->out.h && !products_only; t++)
        o->kernels->softmax(l->out.h, scale, s + t * o->pitch, p + (size_t)(t * o->pitch) * qb_type_size(o->plan->type));
    return multiply(o, thread, m, O_PV, p, v, of_head(o, o->plan->activations[l->ref].value, i, 1, 0));
}

static int backward_one(const attention_op *o, int thread, int64_t i, bool products_only)
{
    const qb_layer *l = o->layer;
    const pass_memory *m = &o->backward;
    float *dp = (float *)of_thread(o, m->scores, thread, square(o, l, QB_TYPE_F32));
    char *ds = of_thread(o, m->half, thread, square(o, l, o->plan->type)), *p = probabilities(o, thread, i);
    char *q = of_head(o, o->x, i, 3, 0), *k = of_head(o, o->x, i, 3, 1), *v = of_head(o, o->x, i, 3, 2);
    char *dy = of_head(o, o->plan->activations[l->ref].grads[0], i, 1, 0);
    const float scale = (float)(1 / sqrt((double)head_width(l)));
    QB_TRY(multiply(o, thread, m, DV_PO, p, dy, of_head(o, o->dx, i, 3, 2)));
    QB_TRY(multiply(o, thread, m, DP_OV, dy, v, dp));
    for (int64_t t = 0; t < l->out.h && !products_only; t++) {
        size_t row = (size_t)(t * o->pitch) * qb_type_size(o->plan->type);
        o->kernels->softmax_backward(l->out.h, scale, p + row, dp + t * o->pitch, ds + row);
    }
    QB_TRY(multiply(o, thread, m, DQ_SK, ds, k, of_head(o, o->dx, i, 3, 0)));
    return multiply(o, thread, m, DK_SQ, ds, q, of_head(o, o->dx, i, 3, 1));
}

/* ---- passes ---- */

typedef int one(const attention_op *o, int thread, int64_t i, bool products_only);

/* All images and heads, each on one thread. ret_seconds: in products, on average over the threads. */
static int run_all(const attention_op *o, one *run, bool products_only, double *ret_seconds)
{
    int64_t n = o->plan->n * heads_of(o->layer);
    for (int k = 0; k < o->n_workers; k++) {
        o->workers[k].seconds = 0;
        o->workers[k].rc = 0;
    }
#pragma omp parallel for schedule(static) num_threads(o->n_workers)
    for (int64_t i = 0; i < n; i++) {
        worker *w = &o->workers[omp_get_thread_num()];
        if (w->rc == 0)
            w->rc = run(o, omp_get_thread_num(), i, products_only);
    }
    *ret_seconds = 0;
    for (int k = 0; k < o->n_workers; k++) {
        if (o->workers[k].rc < 0) /* its text is another thread's */
            return qb_err_set(o->workers[k].rc, "oneDNN matrix product failed in layer '%s'", o->layer->name);
        *ret_seconds += o->workers[k].seconds / o->n_workers;
    }
    return 0;
}

static int forward_products(void *op)
{
    double seconds;
    return run_all(op, forward_one, true, &seconds);
}

static int backward_products(void *op)
{
    double seconds;
    return run_all(op, backward_one, true, &seconds);
}

static int forward(qb_net_plan *p, const qb_layer *l, void *op)
{
    attention_op *o = op;
    double seconds;
    (void)l;
    QB_TRY(qb_call_run(&o->calls[X_IN]));
    QB_TRY(run_all(o, forward_one, false, &seconds));
    return qb_dnn_note_products(p->dnn, seconds, forward_products, o);
}

static int backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    attention_op *o = op;
    double seconds;
    (void)l;
    if (o->dx < 0)
        return 0;
    QB_TRY(run_all(o, backward_one, false, &seconds));
    QB_TRY(qb_call_run(&o->calls[DX_OUT]));
    return qb_dnn_note_products(p->dnn, seconds, backward_products, o);
}

/* oneDNN's memory objects are made here, so that none is in a step. */
static int bind(qb_net_plan *p, const qb_layer *l, void *op)
{
    attention_op *o = op;
    (void)l;
    QB_TRY(qb_calls_bind(p, o->calls, N_CALLS));
    for (int k = 0; k < o->n_workers; k++)
        for (product i = 0; i < N_PRODUCTS; i++)
            for (qb_arg arg = 0; o->workers[k].products[i] != NULL && arg < QB_N_ARGS; arg++)
                if (arg == QB_ARG_SRC || arg == QB_ARG_WEIGHTS || arg == QB_ARG_DST || arg == QB_ARG_SCRATCH)
                    QB_TRY(qb_prim_bind(o->workers[k].products[i], arg, qb_net_plan_at(p, o->x)));
    return 0;
}

static void finish(void *op)
{
    attention_op *o = op;
    qb_calls_finish(o->calls, N_CALLS);
    for (int k = 0; o->workers != NULL && k < o->n_workers; k++)
        for (product i = 0; i < N_PRODUCTS; i++)
            qb_prim_destroy(o->workers[k].products[i]);
    qb_free(o->workers);
}

static const qb_layer_kind kind = {.name = "attention",
                                   .attributes_size = sizeof(qb_attention),
                                   .op_size = sizeof(attention_op),
                                   .max_grads = 1,
                                   .plan = plan,
                                   .plan_backward = plan_backward,
                                   .bind = bind,
                                   .forward = forward,
                                   .backward = backward,
                                   .finish = finish};
