/* BatchNorm + add + ReLU as one layer: y = max((x - mean) / std * weight + bias + r, 0).
 *
 * Forward reads x twice (statistics, result), backward reads x and the gradients twice (sums, result). The gradients of
 * all readers of y are added while they are read. Sums over the batch combine one partial result an image in the order
 * of the images, in double: no result depends on the number of threads.
 * Channels past c (padding of blocked layouts) stay zero: their scale and shift are zero.
 *   m values of a channel, t gradient before the ReLU, xm = x - mean; names as in bn_kernel.h
 * Source: Ioffe and Szegedy 2015; running statistics as PyTorch keeps them.
 */
#include "base/err.h"
#include "engine/bn_kernel.h"
#include "engine/layer.h"
#include "engine/layer_batchnorm.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#define EPS 1e-5
#define MOMENTUM 0.1
enum { CHUNK = 16 }; /* channels that a thread combines at once */

enum { R_IN, T_OUT, N_CALLS }; /* residual -> layout of x; gradient of the residual -> its layout */

typedef struct bn_op {
    qb_call calls[N_CALLS];
    const qb_bn_kernels *kernels;
    int64_t channels; /* with padding */
    int coefficients; /* mean, scale, shift, inverse std: channels floats each */
    int partial;      /* forward: mean, m2 of each image; (images, channels) doubles each */
    int sums;         /* backward: sums of t, t * xm, as `partial`; mean_t and slope, as `coefficients` */
    int residual;     /* in the layout of x; -1 none */
    int t, dx;        /* -1: not wanted */
} bn_op;

static const qb_layer_kind kind;

static const qb_batchnorm *attributes(const qb_layer *l)
{
    return l->attributes;
}

void qb_graph_declare_batchnorm(qb_graph *g, const char *name, int channels)
{
    if (channels < 1) {
        qb_graph_fail(g, "batchnorm", name, "expected at least 1 channel, got %d", channels);
        return;
    }
    qb_graph_add_weight(g, name, QB_FLOAT, QB_INIT_ONE, 1, (int64_t[]){channels}, channels, channels);
    qb_graph_add_bias(g, name, QB_INIT_ZERO, channels, channels, channels);
    qb_graph_add_running_stat(g, name, "running_mean", channels, 0);
    qb_graph_add_running_stat(g, name, "running_var", channels, 1);
}

/* Whether "NAME.SUFFIX" is `full`. */
static bool is_named(const char *full, const char *name, const char *suffix)
{
    size_t length = strlen(name);
    return strncmp(full, name, length) == 0 && strcmp(full + length, suffix) == 0;
}

/* The parameters that were declared under this name and belong to no layer yet. */
static bool find_declared(const qb_graph *g, const char *name, size_t *ret_param, size_t *ret_running_stat)
{
    size_t n_params, n_stats, n_layers, param = 0, stat = 0;
    const qb_param *params = qb_graph_params(g, &n_params);
    const qb_running_stat *stats = qb_graph_running_stats(g, &n_stats);
    const qb_layer *layers = qb_graph_layers(g, &n_layers);
    while (param < n_params && !is_named(params[param].name, name, ".weight"))
        param++;
    while (stat < n_stats && !is_named(stats[stat].name, name, ".running_mean"))
        stat++;
    if (param == n_params || stat == n_stats)
        return false;
    for (size_t i = 0; i < n_layers; i++)
        if (layers[i].n_params > 0 && layers[i].param == param)
            return false;
    *ret_param = param;
    *ret_running_stat = stat;
    return true;
}

qb_ref qb_graph_batchnorm(qb_graph *g, qb_ref x, const char *name, qb_ref residual, bool relu)
{
    if (!qb_graph_may_add(g, "batchnorm", name, x) || (residual != QB_NONE && !qb_graph_may_add(g, "batchnorm", name, residual)))
        return QB_NONE;
    qb_shape in = qb_graph_shape(g, x), r = residual != QB_NONE ? qb_graph_shape(g, residual) : in;
    if (r.c != in.c || r.h != in.h || r.w != in.w)
        return qb_graph_fail(g, "batchnorm", name, "adds a residual of its own shape %lldx%lldx%lld, got %lldx%lldx%lld",
                             (long long)in.c, (long long)in.h, (long long)in.w, (long long)r.c, (long long)r.h, (long long)r.w);
    size_t param, running_stat;
    if (!find_declared(g, name, &param, &running_stat)) {
        qb_graph_declare_batchnorm(g, name, (int)in.c);
        if (!find_declared(g, name, &param, &running_stat))
            return QB_NONE;
    }
    size_t n_params;
    int64_t declared = qb_graph_params(g, &n_params)[param].shape[0];
    if (declared != in.c)
        return qb_graph_fail(g, "batchnorm", name, "was declared for %lld channels, got %lld", (long long)declared, (long long)in.c);
    return qb_graph_add(g, name,
                        &(qb_layer){.kind = &kind,
                                    .in = {x, residual},
                                    .out = in,
                                    .attributes = &(qb_batchnorm){running_stat, relu},
                                    .param = param,
                                    .n_params = 2});
}

static int plan(qb_net_plan *p, const qb_layer *l, void *op)
{
    bn_op *b = op;
    const qb_activation *x = &p->activations[l->in[0]];
    const qb_layout *layout = &x->layout;
    int now = qb_net_plan_forward_time(p, l);
    b->kernels = qb_bn_kernels_find(layout->block, layout->type);
    b->channels = qb_layout_blocks(layout) * layout->block;
    b->residual = b->t = b->dx = -1;
    qb_net_plan_read(p, l, l->in[0], true);
    QB_TRY(qb_net_plan_buffer(p, 4 * (size_t)b->channels * sizeof(float), now, now, &b->coefficients));
    if (qb_net_plan_trains(p))
        QB_TRY(qb_net_plan_buffer(p, 2 * (size_t)(layout->n * b->channels) * sizeof(double), now, now, &b->partial));
    if (l->in[1] != QB_NONE) {
        const qb_activation *r = &p->activations[l->in[1]];
        QB_TRY(qb_call_convert(p, &b->calls[R_IN], r->value, &r->layout, layout, now, now, &b->residual));
        qb_net_plan_read(p, l, l->in[1], false);
    }
    return qb_net_plan_output(p, l, layout);
}

static int plan_backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    bn_op *b = op;
    qb_activation *y = &p->activations[l->ref];
    int now = qb_net_plan_backward_time(p, l);
    size_t images = (size_t)p->n, channels = (size_t)b->channels;
    qb_net_plan_extend(p, b->coefficients, now);
    QB_TRY(qb_net_plan_buffer(p, 2 * images * channels * sizeof(double) + 2 * channels * sizeof(float), now, now, &b->sums));
    if (l->in[1] != QB_NONE)
        qb_net_plan_extend(p, y->value, now); /* for the mask */
    if (qb_net_plan_needs_grad(p, l->in[1])) {
        const qb_layout *r = &p->activations[l->in[1]].layout;
        b->t = y->grads[0]; /* written over the gradient it is made from */
        if (qb_layout_equal(r, &y->layout)) {
            QB_TRY(qb_net_plan_add_grad(p, l, l->in[1], b->t, &b->t));
        } else {
            int copy;
            QB_TRY(qb_net_plan_add_grad(p, l, l->in[1], -1, &copy));
            QB_TRY(qb_prim_reorder(p->dnn, &y->layout, r, &b->calls[T_OUT].prim));
            qb_call_use(&b->calls[T_OUT], QB_ARG_SRC, b->t);
            qb_call_use(&b->calls[T_OUT], QB_ARG_DST, copy);
            QB_TRY(qb_call_scratch(p, &b->calls[T_OUT], now));
        }
    }
    if (!qb_net_plan_needs_grad(p, l->in[0]))
        return 0;
    int reuse = b->t < 0 ? y->grads[0] : y->n_grads > 1 ? y->grads[1] : -1;
    return qb_net_plan_add_grad(p, l, l->in[0], reuse, &b->dx);
}

static int bind(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)l;
    return qb_calls_bind(p, ((bn_op *)op)->calls, N_CALLS);
}

/* ---- strips: what a kernel call works on ---- */

typedef struct strips {
    int64_t n, per_image, per_block, blocks, pixels, block, width;
    size_t size; /* bytes of a value */
} strips;

static strips make_strips(const bn_op *b, const qb_layout *l)
{
    int64_t per_block = l->block / b->kernels->width, blocks = qb_layout_blocks(l);
    return (strips){l->n, blocks * per_block, per_block, blocks, l->h * l->w, l->block, b->kernels->width, qb_type_size(l->type)};
}

/* Strip i of the batch: its image, its first channel, and where its values begin (in bytes). */
typedef struct place {
    int64_t n, channel;
    size_t offset;
} place;

static place find_strip(const strips *s, int64_t i)
{
    int64_t n = i / s->per_image, k = i % s->per_image, block = k / s->per_block, lane = k % s->per_block * s->width;
    return (place){n, k * s->width, (size_t)((n * s->blocks + block) * s->pixels * s->block + lane) * s->size};
}

/* The strips of the calling thread. They are the images that oneDNN gives it, so that what its cache still holds helps. */
static void own_strips(const strips *s, int64_t *ret_from, int64_t *ret_to)
{
    int64_t all = s->n * s->per_image, threads = omp_get_num_threads(), me = omp_get_thread_num();
    int64_t share = all / threads, rest = all % threads;
    *ret_from = me * share + (me < rest ? me : rest);
    *ret_to = *ret_from + share + (me < rest);
}

static const char *at(const char *base, size_t offset)
{
    return base != NULL ? base + offset : NULL;
}

/* ---- forward ---- */

static void set_coefficients(float *c, int64_t channels, int64_t i, double mean, double var, double weight, double bias)
{
    double inverse_std = 1 / sqrt(var + EPS);
    c[i] = (float)mean;
    c[channels + i] = (float)(weight * inverse_std);
    c[2 * channels + i] = (float)bias;
    c[3 * channels + i] = (float)inverse_std;
}

/* Batch statistics of every channel from those of the images; updates the running ones. Within a parallel region. */
static void combine_stats(qb_net_plan *p, const qb_layer *l, const bn_op *b, const double *mean, const double *m2, float *coefficients)
{
    const float *weight = qb_net_plan_weight(p, l->param), *bias = qb_net_plan_weight(p, l->param + 1);
    const qb_running_stat *stats = &p->running_stats[attributes(l)->running_stat];
    float *running_mean = stats[0].value, *running_var = stats[1].value;
    double pixels = (double)(l->out.h * l->out.w), images = (double)p->n, m = pixels * images;
    double unbias = m > 1 ? m / (m - 1) : 1;      /* of one value there is nothing to estimate: its variance, 0 */
    bool updates_running = p->batch->first == 0; /* of a batch in parts, the first one's statistics are kept */
#pragma omp for schedule(static)
    for (int64_t first = 0; first < l->out.c; first += CHUNK) {
        int64_t len = l->out.c - first < CHUNK ? l->out.c - first : CHUNK;
        double sum[CHUNK] = {0}, within[CHUNK] = {0}, between[CHUNK] = {0};
        for (int n = 0; n < p->n; n++)
            for (int64_t j = 0; j < len; j++) {
                sum[j] += mean[n * b->channels + first + j];
                within[j] += m2[n * b->channels + first + j];
            }
        for (int64_t j = 0; j < len; j++)
            sum[j] /= images;
        for (int n = 0; n < p->n; n++)
            for (int64_t j = 0; j < len; j++) {
                double d = mean[n * b->channels + first + j] - sum[j];
                between[j] += d * d;
            }
        for (int64_t j = 0; j < len; j++) {
            int64_t c = first + j;
            double var = (within[j] + pixels * between[j]) / m;
            set_coefficients(coefficients, b->channels, c, sum[j], var, (double)weight[c], (double)bias[c]);
            if (!updates_running)
                continue;
            running_mean[c] = (float)((1 - MOMENTUM) * (double)running_mean[c] + MOMENTUM * sum[j]);
            running_var[c] = (float)((1 - MOMENTUM) * (double)running_var[c] + MOMENTUM * var * unbias);
        }
    }
}

static void running_coefficients(qb_net_plan *p, const qb_layer *l, const bn_op *b, float *coefficients)
{
    const float *weight = qb_net_plan_weight(p, l->param), *bias = qb_net_plan_weight(p, l->param + 1);
    const qb_running_stat *stats = &p->running_stats[attributes(l)->running_stat];
    const float *mean = stats[0].value, *var = stats[1].value;
    for (int64_t c = 0; c < l->out.c; c++)
        set_coefficients(coefficients, b->channels, c, (double)mean[c], (double)var[c], (double)weight[c], (double)bias[c]);
}

static qb_bn_strip make_strip(const qb_layer *l, const strips *s, const float *coefficients, int64_t channels, int64_t channel)
{
    const float *c = coefficients + channel;
    return (qb_bn_strip){.pixels = s->pixels, .stride = s->block, .mean = c, .scale = c + channels, .shift = c + 2 * channels,
                         .relu = attributes(l)->relu};
}

static int forward(qb_net_plan *p, const qb_layer *l, void *op)
{
    bn_op *b = op;
    const strips s = make_strips(b, &p->activations[l->in[0]].layout);
    const char *x = qb_net_plan_at(p, p->activations[l->in[0]].value), *r = b->residual >= 0 ? qb_net_plan_at(p, b->residual) : NULL;
    char *y = qb_net_plan_at(p, p->activations[l->ref].value);
    float *coefficients = qb_net_plan_at(p, b->coefficients);
    QB_TRY(qb_call_run(&b->calls[R_IN]));
    for (int64_t c = l->out.c; c < b->channels; c++)
        for (int i = 0; i < 4; i++)
            coefficients[i * b->channels + c] = 0;
    if (!qb_net_plan_trains(p))
        running_coefficients(p, l, b, coefficients);
#pragma omp parallel
    {
        int64_t from, to;
        own_strips(&s, &from, &to);
        if (qb_net_plan_trains(p)) {
            double *mean = qb_net_plan_at(p, b->partial), *m2 = mean + s.n * b->channels;
            for (int64_t i = from; i < to; i++) {
                place at_i = find_strip(&s, i);
                qb_bn_strip strip = {.pixels = s.pixels, .stride = s.block};
                int64_t partial = at_i.n * b->channels + at_i.channel;
                b->kernels->stats(&strip, x + at_i.offset, mean + partial, m2 + partial);
            }
#pragma omp barrier
            combine_stats(p, l, b, mean, m2, coefficients);
        }
        for (int64_t i = from; i < to; i++) {
            place at_i = find_strip(&s, i);
            qb_bn_strip strip = make_strip(l, &s, coefficients, b->channels, at_i.channel);
            b->kernels->apply(&strip, x + at_i.offset, at(r, at_i.offset), y + at_i.offset);
        }
    }
    return 0;
}

/* ---- backward ---- */

/* Gradients of weight and bias, and per channel what the second pass needs: mean of t and slope. Within a parallel region. */
static void combine_sums(qb_net_plan *p, const qb_layer *l, const bn_op *b, const double *sum_t, const double *sum_txm,
                         const float *coefficients, float *mean_t, float *slope)
{
    float *g_weight = p->params[l->param].g, *g_bias = p->params[l->param + 1].g;
    double m = (double)(l->out.h * l->out.w) * (double)p->n;
#pragma omp for schedule(static)
    for (int64_t first = 0; first < b->channels; first += CHUNK) {
        int64_t len = b->channels - first < CHUNK ? b->channels - first : CHUNK;
        double t[CHUNK] = {0}, txm[CHUNK] = {0};
        for (int n = 0; n < p->n; n++)
            for (int64_t j = 0; j < len; j++) {
                t[j] += sum_t[n * b->channels + first + j];
                txm[j] += sum_txm[n * b->channels + first + j];
            }
        for (int64_t j = 0; j < len; j++) {
            int64_t c = first + j;
            double inverse_std = (double)coefficients[3 * b->channels + c];
            mean_t[c] = (float)(t[j] / m);
            slope[c] = (float)(inverse_std * inverse_std * txm[j] / m);
            if (c < l->out.c) {
                g_bias[c] = (float)t[j];
                g_weight[c] = (float)(inverse_std * txm[j]);
            }
        }
    }
}

static int backward(qb_net_plan *p, const qb_layer *l, void *op)
{
    bn_op *b = op;
    const qb_activation *out = &p->activations[l->ref];
    const strips s = make_strips(b, &out->layout);
    const char *x = qb_net_plan_at(p, p->activations[l->in[0]].value), *y = b->residual >= 0 ? qb_net_plan_at(p, out->value) : NULL;
    const char *g[QB_MAX_GRADS] = {NULL};
    char *t = b->t >= 0 ? qb_net_plan_at(p, b->t) : NULL, *dx = b->dx >= 0 ? qb_net_plan_at(p, b->dx) : NULL;
    const float *coefficients = qb_net_plan_at(p, b->coefficients);
    double *sum_t = qb_net_plan_at(p, b->sums), *sum_txm = sum_t + s.n * b->channels;
    float *mean_t = (float *)(sum_txm + s.n * b->channels), *slope = mean_t + b->channels;
    for (int i = 0; i < out->n_grads; i++)
        g[i] = qb_net_plan_at(p, out->grads[i]);
#pragma omp parallel
    {
        int64_t from, to;
        own_strips(&s, &from, &to);
        for (int64_t i = from; i < to; i++) {
            place at_i = find_strip(&s, i);
            size_t o = at_i.offset;
            qb_bn_strip strip = make_strip(l, &s, coefficients, b->channels, at_i.channel);
            int64_t partial = at_i.n * b->channels + at_i.channel;
            const void *gs[QB_MAX_GRADS] = {at(g[0], o), at(g[1], o), at(g[2], o)};
            b->kernels->sums(&strip, x + o, at(y, o), gs, t != NULL ? t + o : NULL, sum_t + partial, sum_txm + partial);
        }
#pragma omp barrier
        combine_sums(p, l, b, sum_t, sum_txm, coefficients, mean_t, slope);
        for (int64_t i = dx != NULL ? from : to; i < to; i++) {
            place at_i = find_strip(&s, i);
            size_t o = at_i.offset;
            int64_t c = at_i.channel;
            qb_bn_strip strip = make_strip(l, &s, coefficients, b->channels, c);
            const void *gs[QB_MAX_GRADS] = {at(g[0], o), at(g[1], o), at(g[2], o)};
            if (t != NULL) { /* the gradients are added and the mask is applied already */
                strip.relu = false;
                gs[0] = t + o;
                gs[1] = gs[2] = NULL;
            }
            b->kernels->gradient(&strip, x + o, at(y, o), gs, mean_t + c, slope + c, dx + o);
        }
    }
    return qb_call_run(&b->calls[T_OUT]);
}

static void finish(void *op)
{
    qb_calls_finish(((bn_op *)op)->calls, N_CALLS);
}

static const qb_layer_kind kind = {.name = "batchnorm",
                                   .attributes_size = sizeof(qb_batchnorm),
                                   .op_size = sizeof(bn_op),
                                   .max_grads = QB_MAX_GRADS,
                                   .plan = plan,
                                   .plan_backward = plan_backward,
                                   .bind = bind,
                                   .forward = forward,
                                   .backward = backward,
                                   .finish = finish};
