/* ref_layers.h. Letters: n image, o output channel, c input channel, i j output row and column, a b kernel row and column. */
#include "ref_layers.h"
#include "ref_tokens.h"

#include "engine/layer_batchnorm.h"
#include "engine/layer_conv.h"
#include "engine/layer_maxpool.h"
#include "engine/layer_shortcut.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *doubles(size_t n)
{
    double *v = calloc(n > 0 ? n : 1, sizeof *v);
    if (v == NULL)
        abort();
    return v;
}

static double **pointers(size_t n)
{
    double **v = calloc(n > 0 ? n : 1, sizeof *v);
    if (v == NULL)
        abort();
    return v;
}

static size_t values(qb_shape s)
{
    return (size_t)(s.c * s.h * s.w);
}

size_t ref_count(const ref_net *r, qb_ref layer)
{
    size_t n;
    return (size_t)r->n * values(qb_graph_layers(r->graph, &n)[layer].out);
}

ref_net *ref_net_create(const qb_graph *graph, int n)
{
    ref_net *r = calloc(1, sizeof *r);
    if (r == NULL)
        abort();
    size_t n_params, n_running_stats, n_layers;
    const qb_param *params = qb_graph_params(graph, &n_params);
    const qb_running_stat *running_stats = qb_graph_running_stats(graph, &n_running_stats);
    qb_graph_layers(graph, &n_layers);
    *r = (ref_net){.graph = graph, .n = n, .params = pointers(n_params), .param_grad = pointers(n_params),
                   .running_stats = pointers(n_running_stats), .value = pointers(n_layers), .grad = pointers(n_layers)};
    for (size_t i = 0; i < n_params; i++) {
        r->params[i] = doubles(params[i].n);
        r->param_grad[i] = doubles(params[i].n);
    }
    for (size_t i = 0; i < n_running_stats; i++) {
        r->running_stats[i] = doubles(running_stats[i].n);
        for (size_t k = 0; k < running_stats[i].n; k++)
            r->running_stats[i][k] = (double)running_stats[i].init;
    }
    for (size_t i = 0; i < n_layers; i++) {
        r->value[i] = doubles(ref_count(r, (qb_ref)i));
        r->grad[i] = doubles(ref_count(r, (qb_ref)i));
    }
    return r;
}

void ref_net_destroy(ref_net *r)
{
    size_t n;
    qb_graph_params(r->graph, &n);
    for (size_t i = 0; i < n; i++) {
        free(r->params[i]);
        free(r->param_grad[i]);
    }
    qb_graph_running_stats(r->graph, &n);
    for (size_t i = 0; i < n; i++)
        free(r->running_stats[i]);
    qb_graph_layers(r->graph, &n);
    for (size_t i = 0; i < n; i++) {
        free(r->value[i]);
        free(r->grad[i]);
    }
    free(r->params);
    free(r->param_grad);
    free(r->running_stats);
    free(r->value);
    free(r->grad);
    free(r);
}

/* ---- convolution ---- */

/* With dy NULL: y = conv(x). Else: adds to dx, dw, db. */
static void conv(const qb_layer *l, int batch, const double *x, const double *w, const double *bias, double *y, const double *dy,
                 double *dx, double *dw, double *db)
{
    qb_shape in = l->in_shape, out = l->out;
    const qb_conv *own = l->attributes;
    int k = own->kernel;
    for (int64_t n = 0; n < batch; n++)
        for (int64_t o = 0; o < out.c; o++)
            for (int64_t i = 0; i < out.h; i++)
                for (int64_t j = 0; j < out.w; j++) {
                    int64_t at = ((n * out.c + o) * out.h + i) * out.w + j;
                    double sum = bias != NULL ? bias[o] : 0;
                    if (dy != NULL && db != NULL)
                        db[o] += dy[at];
                    for (int64_t c = 0; c < in.c; c++)
                        for (int64_t a = 0; a < k; a++)
                            for (int64_t b = 0; b < k; b++) {
                                int64_t row = i * own->stride + a - own->pad, column = j * own->stride + b - own->pad;
                                if (row < 0 || row >= in.h || column < 0 || column >= in.w)
                                    continue;
                                int64_t xi = ((n * in.c + c) * in.h + row) * in.w + column, wi = ((o * in.c + c) * k + a) * k + b;
                                if (dy == NULL) {
                                    sum += x[xi] * w[wi];
                                } else {
                                    dx[xi] += dy[at] * w[wi];
                                    dw[wi] += dy[at] * x[xi];
                                }
                            }
                    if (dy == NULL)
                        y[at] = sum;
                }
}

/* ---- batchnorm ---- */

static void moments(const double *x, int batch, qb_shape s, int64_t c, double *ret_mean, double *ret_var)
{
    int64_t plane = s.h * s.w;
    double m = (double)(batch * plane), mean = 0, var = 0;
    for (int64_t n = 0; n < batch; n++)
        for (int64_t i = 0; i < plane; i++)
            mean += x[(n * s.c + c) * plane + i];
    mean /= m;
    for (int64_t n = 0; n < batch; n++)
        for (int64_t i = 0; i < plane; i++) {
            double d = x[(n * s.c + c) * plane + i] - mean;
            var += d * d;
        }
    *ret_mean = mean;
    *ret_var = var / m;
}

static void batchnorm_forward(ref_net *r, const qb_layer *l, bool train)
{
    const double *x = r->value[l->in[0]], *residual = l->in[1] != QB_NONE ? r->value[l->in[1]] : NULL;
    const qb_batchnorm *own = l->attributes;
    double *y = r->value[l->ref], **stats = &r->running_stats[own->running_stat], *running_mean = stats[0], *running_var = stats[1];
    int64_t plane = l->out.h * l->out.w;
    for (int64_t c = 0; c < l->out.c; c++) {
        double mean = running_mean[c], var = running_var[c], m = (double)(r->n * plane);
        if (train) {
            moments(x, r->n, l->out, c, &mean, &var);
            running_mean[c] = 0.9 * running_mean[c] + 0.1 * mean;
            running_var[c] = 0.9 * running_var[c] + 0.1 * var * m / (m - 1);
        }
        for (int64_t n = 0; n < r->n; n++)
            for (int64_t i = 0; i < plane; i++) {
                int64_t at = (n * l->out.c + c) * plane + i;
                double v = (x[at] - mean) / sqrt(var + 1e-5) * r->params[l->param][c] + r->params[l->param + 1][c];
                if (residual != NULL)
                    v += residual[at];
                y[at] = own->relu && v < 0 ? 0 : v;
            }
    }
}

static void batchnorm_backward(ref_net *r, const qb_layer *l)
{
    const double *x = r->value[l->in[0]], *y = r->value[l->ref], *dy = r->grad[l->ref];
    double *dx = r->grad[l->in[0]], *dr = l->in[1] != QB_NONE ? r->grad[l->in[1]] : NULL;
    bool relu = ((const qb_batchnorm *)l->attributes)->relu;
    int64_t plane = l->out.h * l->out.w;
    for (int64_t c = 0; c < l->out.c; c++) {
        double mean, var, m = (double)(r->n * plane), sum = 0, dot = 0;
        moments(x, r->n, l->out, c, &mean, &var);
        double inverse = 1 / sqrt(var + 1e-5), gamma = r->params[l->param][c];
        for (int pass = 0; pass < 2; pass++)
            for (int64_t n = 0; n < r->n; n++)
                for (int64_t i = 0; i < plane; i++) {
                    int64_t at = (n * l->out.c + c) * plane + i;
                    double t = relu && y[at] <= 0 ? 0 : dy[at], hat = (x[at] - mean) * inverse;
                    if (pass == 0) {
                        sum += t;
                        dot += t * hat;
                        continue;
                    }
                    dx[at] += gamma * inverse * (t - sum / m - hat * dot / m);
                    if (dr != NULL)
                        dr[at] += t;
                }
        r->param_grad[l->param][c] += dot;
        r->param_grad[l->param + 1][c] += sum;
    }
}

/* ---- pooling and shortcut ---- */

/* With dy NULL: the maximum. Else the gradient goes to the first maximum. */
static void maxpool(const qb_layer *l, int batch, const double *x, double *y, const double *dy, double *dx)
{
    qb_shape in = l->in_shape, out = l->out;
    const qb_maxpool *own = l->attributes;
    for (int64_t n = 0; n < batch * out.c; n++)
        for (int64_t i = 0; i < out.h; i++)
            for (int64_t j = 0; j < out.w; j++) {
                int64_t best = -1;
                for (int64_t a = 0; a < own->kernel; a++)
                    for (int64_t b = 0; b < own->kernel; b++) {
                        int64_t row = i * own->stride + a - own->pad, column = j * own->stride + b - own->pad;
                        int64_t at = (n * in.h + row) * in.w + column;
                        if (row >= 0 && row < in.h && column >= 0 && column < in.w && (best < 0 || x[at] > x[best]))
                            best = at;
                    }
                int64_t at = (n * out.h + i) * out.w + j;
                if (dy == NULL)
                    y[at] = x[best];
                else
                    dx[best] += dy[at];
            }
}

static void avgpool(const qb_layer *l, int batch, const double *x, double *y, const double *dy, double *dx)
{
    int64_t plane = l->in_shape.h * l->in_shape.w;
    for (int64_t n = 0; n < batch * l->out.c; n++) {
        double sum = 0;
        for (int64_t i = 0; i < plane; i++)
            if (dy == NULL)
                sum += x[n * plane + i];
            else
                dx[n * plane + i] += dy[n] / (double)plane;
        if (dy == NULL)
            y[n] = sum / (double)plane;
    }
}

static void shortcut(const qb_layer *l, int batch, const double *x, double *y, const double *dy, double *dx)
{
    qb_shape in = l->in_shape, out = l->out;
    const qb_shortcut *own = l->attributes;
    int64_t front = (out.c - in.c) / 2;
    if (dy == NULL)
        memset(y, 0, (size_t)batch * values(out) * sizeof *y);
    for (int64_t n = 0; n < batch; n++)
        for (int64_t c = 0; c < in.c; c++)
            for (int64_t i = 0; i < out.h; i++)
                for (int64_t j = 0; j < out.w; j++) {
                    int64_t from = ((n * in.c + c) * in.h + i * own->stride) * in.w + j * own->stride;
                    int64_t to = ((n * out.c + c + front) * out.h + i) * out.w + j;
                    if (dy == NULL)
                        y[to] = x[from];
                    else
                        dx[from] += dy[to];
                }
}

/* ---- the net ---- */

static bool is_kind(const qb_layer *l, const char *name)
{
    return strcmp(l->kind->name, name) == 0;
}

static void run_layer(ref_net *r, const qb_layer *l, const double *dy)
{
    if (ref_token_layer(r, l, dy))
        return;
    const double *x = r->value[l->in[0]], *w = l->n_params > 0 ? r->params[l->param] : NULL;
    const double *bias = l->n_params > 1 ? r->params[l->param + 1] : NULL;
    double *y = r->value[l->ref], *dx = r->grad[l->in[0]];
    double *dw = l->n_params > 0 ? r->param_grad[l->param] : NULL, *db = l->n_params > 1 ? r->param_grad[l->param + 1] : NULL;
    if (is_kind(l, "conv"))
        conv(l, r->n, x, w, bias, y, dy, dx, dw, db);
    else if (is_kind(l, "maxpool"))
        maxpool(l, r->n, x, y, dy, dx);
    else if (is_kind(l, "avgpool"))
        avgpool(l, r->n, x, y, dy, dx);
    else if (is_kind(l, "shortcut"))
        shortcut(l, r->n, x, y, dy, dx);
    else
        abort();
}

void ref_round(qb_stream *s, size_t n, double *values)
{
    for (size_t i = 0; i < n; i++) {
        int exponent;
        double fraction = frexp(values[i], &exponent);
        values[i] = ldexp(floor(fraction * 256 + qb_rng_uniform(s)) / 256, exponent);
    }
}

void ref_net_forward(ref_net *r, bool train)
{
    size_t n_layers;
    const qb_layer *layers = qb_graph_layers(r->graph, &n_layers);
    r->trains = train;
    for (size_t i = 1; i < n_layers; i++) {
        if (is_kind(&layers[i], "batchnorm"))
            batchnorm_forward(r, &layers[i], train);
        else
            run_layer(r, &layers[i], NULL);
        if (r->rounding != NULL)
            ref_round(r->rounding, ref_count(r, (qb_ref)i), r->value[i]);
    }
}

void ref_net_backward(ref_net *r, const double *logits_grad)
{
    size_t n_layers, n_params;
    const qb_layer *layers = qb_graph_layers(r->graph, &n_layers);
    const qb_param *params = qb_graph_params(r->graph, &n_params);
    for (size_t i = 0; i < n_layers; i++)
        memset(r->grad[i], 0, ref_count(r, (qb_ref)i) * sizeof(double));
    for (size_t i = 0; i < n_params; i++)
        memset(r->param_grad[i], 0, params[i].n * sizeof(double));
    qb_ref logits = qb_graph_logits(r->graph);
    memcpy(r->grad[logits], logits_grad, ref_count(r, logits) * sizeof(double));
    for (size_t i = n_layers; i-- > 1;) {
        if (r->rounding != NULL)
            ref_round(r->rounding, ref_count(r, (qb_ref)i), r->grad[i]);
        if (is_kind(&layers[i], "batchnorm"))
            batchnorm_backward(r, &layers[i]);
        else
            run_layer(r, &layers[i], r->grad[i]);
    }
}

double *ref_logits(ref_net *r)
{
    return r->value[qb_graph_logits(r->graph)];
}

double ref_cross_entropy(const double *logits, const qb_batch *batch, int classes)
{
    double loss = 0;
    for (int i = 0; i < batch->n; i++) {
        const double *z = logits + i * classes;
        const qb_target *t = &batch->targets[batch->first + i * batch->stride];
        double sum = 0;
        for (int c = 0; c < classes; c++)
            sum += exp(z[c]);
        for (int c = 0; c < classes; c++) {
            double share = 0;
            for (int k = 0; k < 2; k++)
                share += c == t->label[k] ? (double)t->share[k] : 0;
            loss -= ((1 - batch->label_smoothing) * share + batch->label_smoothing / classes) * (z[c] - log(sum));
        }
    }
    return loss;
}
