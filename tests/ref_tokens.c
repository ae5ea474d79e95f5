/* ref_tokens.h. Letters: n image, c channel, o output channel, t token, s another token; C channels, T tokens. */
#include "ref_tokens.h"

#include "engine/layer_attention.h"
#include "engine/layer_token_linear.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a layer reads and adds to; gradients are used where dy is not NULL. */
typedef struct view {
    const qb_layer *l;
    int batch;
    int64_t C, T; /* of the input */
    const double *x, *w, *bias, *dy;
    double *y, *dx, *dw, *db;
} view;

static double phi(double v)
{
    return (1 + erf(v / sqrt(2))) / 2;
}

static void gelu(const view *v)
{
    for (int64_t i = 0; i < v->batch * v->C * v->T; i++) {
        double x = v->x[i];
        if (v->dy == NULL)
            v->y[i] = x * phi(x);
        else
            v->dx[i] += v->dy[i] * (phi(x) + x * exp(-x * x / 2) / sqrt(2 * 3.14159265358979323846));
    }
}

static void class_token(const view *v)
{
    for (int64_t i = 0; i < v->batch * v->C; i++)
        if (v->dy == NULL)
            v->y[i] = v->x[i * v->T];
        else
            v->dx[i * v->T] += v->dy[i];
}

static void embed(const view *v) /* T pixels become T + 1 tokens; w the class token, bias the positions */
{
    for (int64_t n = 0; n < v->batch; n++)
        for (int64_t c = 0; c < v->C; c++)
            for (int64_t t = 0; t <= v->T; t++) {
                int64_t at = (n * v->C + c) * (v->T + 1) + t, from = (n * v->C + c) * v->T + t - 1;
                if (v->dy == NULL) {
                    v->y[at] = (t == 0 ? v->w[c] : v->x[from]) + v->bias[t * v->C + c];
                    continue;
                }
                v->db[t * v->C + c] += v->dy[at];
                *(t == 0 ? &v->dw[c] : &v->dx[from]) += v->dy[at];
            }
}

static void layernorm(const view *v)
{
    for (int64_t n = 0; n < v->batch; n++)
        for (int64_t t = 0; t < v->T; t++) {
            const int64_t first = n * v->C * v->T + t, C = v->C;
            double mean = 0, var = 0, sum = 0, dot = 0;
            for (int64_t c = 0; c < C; c++)
                mean += v->x[first + c * v->T] / (double)C;
            for (int64_t c = 0; c < C; c++)
                var += pow(v->x[first + c * v->T] - mean, 2) / (double)C;
            double scale = 1 / sqrt(var + 1e-6);
            for (int64_t c = 0; c < C; c++) {
                int64_t at = first + c * v->T;
                double hat = (v->x[at] - mean) * scale;
                if (v->dy == NULL) {
                    v->y[at] = hat * v->w[c] + v->bias[c];
                    continue;
                }
                v->dw[c] += v->dy[at] * hat;
                v->db[c] += v->dy[at];
                sum += v->dy[at] * v->w[c];
                dot += v->dy[at] * v->w[c] * hat;
            }
            for (int64_t c = 0; v->dy != NULL && c < C; c++) {
                int64_t at = first + c * v->T;
                double hat = (v->x[at] - mean) * scale;
                v->dx[at] += scale * (v->dy[at] * v->w[c] - sum / (double)C - hat * dot / (double)C);
            }
        }
}

/* What image n multiplies a residual branch with. */
static double factor(const ref_net *r, const qb_layer *l, int64_t n)
{
    if (l->in[1] == QB_NONE || r->batch == NULL || !r->trains)
        return 1;
    return (double)qb_drop_factor(l->attributes, qb_graph_drop_path(r->graph), r->batch, (int)n);
}

static void linear(const view *v, const ref_net *r)
{
    const double *residual = v->l->in[1] != QB_NONE ? r->value[v->l->in[1]] : NULL;
    double *dr = v->l->in[1] != QB_NONE ? r->grad[v->l->in[1]] : NULL;
    for (int64_t n = 0; n < v->batch; n++) {
        const double m = factor(r, v->l, n);
        for (int64_t o = 0; o < v->l->out.c; o++)
            for (int64_t t = 0; t < v->T; t++) {
                int64_t at = (n * v->l->out.c + o) * v->T + t;
                double sum = v->bias[o], g = v->dy != NULL ? m * v->dy[at] : 0;
                for (int64_t c = 0; c < v->C; c++) {
                    int64_t xi = (n * v->C + c) * v->T + t, wi = o * v->C + c;
                    if (v->dy == NULL) {
                        sum += v->x[xi] * v->w[wi];
                    } else {
                        v->dx[xi] += g * v->w[wi];
                        v->dw[wi] += g * v->x[xi];
                    }
                }
                if (v->dy == NULL) {
                    v->y[at] = (residual != NULL ? residual[at] : 0) + m * sum;
                    continue;
                }
                v->db[o] += g;
                if (dr != NULL)
                    dr[at] += v->dy[at];
            }
    }
}

/* Row t of the probabilities of one head, whose queries and keys begin at q and k. */
static void attend(const view *v, const double *q, const double *k, int64_t d, int64_t t, double *p)
{
    double sum = 0;
    for (int64_t s = 0; s < v->T; s++) {
        double score = 0;
        for (int64_t c = 0; c < d; c++)
            score += q[c * v->T + t] * k[c * v->T + s];
        p[s] = exp(score / sqrt((double)d));
        sum += p[s];
    }
    for (int64_t s = 0; s < v->T; s++)
        p[s] /= sum;
}

static void attention(const view *v)
{
    const int64_t T = v->T, D = v->C / 3, d = D / ((const qb_attention *)v->l->attributes)->heads;
    double *p = calloc((size_t)T, sizeof *p), *dp = calloc((size_t)T, sizeof *dp);
    if (p == NULL || dp == NULL)
        abort();
    for (int64_t n = 0; n < v->batch; n++)
        for (int64_t h = 0; h < D; h += d)
            for (int64_t t = 0; t < T; t++) {
                const int64_t at = (3 * n * D + h) * T, part = D * T, out = (n * D + h) * T + t;
                const double *q = v->x + at, *k = q + part, *w = k + part;
                double dot = 0;
                attend(v, q, k, d, t, p);
                for (int64_t c = 0; c < d && v->dy == NULL; c++) {
                    v->y[out + c * T] = 0;
                    for (int64_t s = 0; s < T; s++)
                        v->y[out + c * T] += p[s] * w[c * T + s];
                }
                if (v->dy == NULL)
                    continue;
                double *dq = v->dx + at, *dk = dq + part, *dv = dk + part;
                for (int64_t s = 0; s < T; s++) {
                    dp[s] = 0;
                    for (int64_t c = 0; c < d; c++) {
                        dp[s] += v->dy[out + c * T] * w[c * T + s];
                        dv[c * T + s] += v->dy[out + c * T] * p[s];
                    }
                    dot += p[s] * dp[s];
                }
                for (int64_t s = 0; s < T; s++)
                    for (int64_t c = 0; c < d; c++) {
                        double ds = p[s] * (dp[s] - dot) / sqrt((double)d);
                        dq[c * T + t] += ds * k[c * T + s];
                        dk[c * T + s] += ds * q[c * T + t];
                    }
            }
    free(p);
    free(dp);
}

bool ref_token_layer(ref_net *r, const qb_layer *l, const double *dy)
{
    const char *kind = l->kind->name;
    bool has_params = l->n_params > 0;
    view v = {.l = l,
              .batch = r->n,
              .C = l->in_shape.c,
              .T = l->in_shape.h * l->in_shape.w,
              .x = r->value[l->in[0]],
              .w = has_params ? r->params[l->param] : NULL,
              .bias = has_params && l->n_params > 1 ? r->params[l->param + 1] : NULL,
              .dy = dy,
              .y = r->value[l->ref],
              .dx = r->grad[l->in[0]],
              .dw = has_params ? r->param_grad[l->param] : NULL,
              .db = has_params && l->n_params > 1 ? r->param_grad[l->param + 1] : NULL};
    if (strcmp(kind, "gelu") == 0)
        gelu(&v);
    else if (strcmp(kind, "class_token") == 0)
        class_token(&v);
    else if (strcmp(kind, "embed") == 0)
        embed(&v);
    else if (strcmp(kind, "layernorm") == 0)
        layernorm(&v);
    else if (strcmp(kind, "linear") == 0)
        linear(&v, r);
    else if (strcmp(kind, "attention") == 0)
        attention(&v);
    else
        return false;
    return true;
}
