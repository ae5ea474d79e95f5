/* ttq - trained ternary quantization: the two outer levels of a row are trained with the weights.
 *
 *   w = W_p where x > D, -W_n where x < -D, else 0;    D = threshold max |x| of the row
 *   dW_p = sum of g where x > D,  dW_n = -sum of g where x < -D,  dx = W_p g, g, W_n g in the three parts
 * W_p, W_n: two auxiliary parameters a row, kept at 0 or above.
 * Their gradients are sums over a whole row, so by default they are scaled by 1 / sqrt(n), as lsq's step is; with
 * gradient_scale = none they are the published ones. Levels of 1, where they start, leave the gradients of x as they are;
 * small ones (option start_* = 0) slow x down.
 *
 * Source: Zhu, Han, Mao, Dally, "Trained Ternary Quantization", ICLR 2017; code czhu95/ternarynet.
 * Differs: x is not divided by max |x| (as in the code, not as in the paper); |x| = D gives 0 (the code gives +-1);
 * all layers alike (there the first and last are not quantized); gradient scale as above.
 */
#include "common/instance.h"

#include <qatbench/solver_util.h>

#include <stdio.h>

enum { ROOT_N, NONE }; /* gradient_scale */
enum { POSITIVE, NEGATIVE, N_SCALES };

typedef struct ttq {
    double threshold, start_positive, start_negative, lr_factor, decay;
    int64_t gradient_scale;
} ttq;

static const char *const scales[] = {"root_n", "none", NULL};

static const qb_solver_option options[] = {
    {"threshold", QB_OPTION_REAL, 0, "0.05", 0, 1, NULL, "max |x|", "weights up to it become 0"},
    {"start_positive", QB_OPTION_REAL, 0, "1", 0, 1e6, NULL, "", "first positive level; 0: mean |x| beyond the threshold"},
    {"start_negative", QB_OPTION_REAL, 0, "1", 0, 1e6, NULL, "", "first negative level's size; 0: as above"},
    {"gradient_scale", QB_OPTION_CHOICE, 0, "root_n", 0, 0, scales, "", "factor on the levels' gradients: 1/sqrt(weights), or 1"},
    {"lr_factor", QB_OPTION_REAL, 0, "1", 0, 1e3, NULL, "", "learning rate of the levels over that of the weights"},
    {"level_decay", QB_OPTION_REAL, 0, "0", 0, 1, NULL, "", "weight decay of the levels"},
};

static int supports(const qb_option_value *value, int32_t bits, const char *granularity, char *why, size_t n)
{
    (void)value;
    (void)granularity;
    if (bits == 0)
        return 0;
    (void)snprintf(why, n, "its levels are -W_n, 0 and W_p; use --bits ternary");
    return 1;
}

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    ttq *p = qb_instance(host, sizeof *p);
    if (p == NULL)
        return 1;
    p->threshold = value[0].real;
    p->start_positive = value[1].real;
    p->start_negative = value[2].real;
    p->gradient_scale = value[3].integer;
    p->lr_factor = value[4].real;
    p->decay = value[5].real;
    *ret_self = p;
    return 0;
}

static int bind(void *self, const qb_view *v, qb_bind *request)
{
    (void)v;
    const ttq *p = self;
    request->n_aux = N_SCALES;
    request->aux_lr_factor = (float)p->lr_factor;
    request->aux_weight_decay = (float)p->decay;
    return 0;
}

static float threshold_of(const ttq *p, const float *x, int64_t n)
{
    return qb_float_below(p->threshold * qb_max_abs(x, n));
}

static int start(void *self, const qb_step *step, qb_view *v)
{
    (void)step;
    const ttq *p = self;
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *x = v->x + r * v->row_len;
        const float d = threshold_of(p, x, v->row_len);
        double sum = 0.0;
        int64_t beyond = 0;
        for (int64_t i = 0; i < v->row_len; i++)
            if (fabsf(x[i]) > d) {
                sum += fabs((double)x[i]);
                beyond++;
            }
        double mean = beyond > 0 ? sum / (double)beyond : 0.0;
        v->aux[N_SCALES * r + POSITIVE] = (float)(p->start_positive > 0.0 ? p->start_positive : mean);
        v->aux[N_SCALES * r + NEGATIVE] = (float)(p->start_negative > 0.0 ? p->start_negative : mean);
    }
    return 0;
}

static int on_gradient(void *self, const qb_step *step, qb_view *v)
{
    (void)step;
    const ttq *p = self;
    double scale = p->gradient_scale == ROOT_N ? 1.0 / sqrt((double)v->row_len) : 1.0;
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *x = v->x + r * v->row_len, *level = v->aux + N_SCALES * r;
        float *g = v->g + r * v->row_len;
        const float d = threshold_of(p, x, v->row_len);
        double positive = 0.0, negative = 0.0;
        for (int64_t i = 0; i < v->row_len; i++) {
            if (x[i] > d) {
                positive += (double)g[i];
                g[i] *= level[POSITIVE];
            } else if (x[i] < -d) {
                negative -= (double)g[i];
                g[i] *= level[NEGATIVE];
            }
        }
        v->aux_g[N_SCALES * r + POSITIVE] = (float)(scale * positive);
        v->aux_g[N_SCALES * r + NEGATIVE] = (float)(scale * negative);
    }
    return 0;
}

static int after_step(void *self, const qb_step *step, qb_view *v)
{
    (void)self;
    (void)step;
    for (int64_t i = 0; i < N_SCALES * v->n_rows; i++)
        v->aux[i] = v->aux[i] > 0.0f ? v->aux[i] : 0.0f;
    return 0;
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    (void)step;
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *restrict z = v->z + r * v->row_len;
        float *restrict w = v->w + r * v->row_len;
        const float d = threshold_of(self, z, v->row_len);
        const float high = v->aux[N_SCALES * r + POSITIVE], low = -v->aux[N_SCALES * r + NEGATIVE] + 0.0f;
        for (int64_t i = 0; i < v->row_len; i++)
            w[i] = z[i] > d ? high : z[i] < -d ? low : 0.0f;
    }
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_OWN_LEVELS | QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_HARD_AFTER | QB_TRAIT_MONOTONE | QB_TRAIT_ROW_SYMMETRIC,
    .name = "ttq",
    .title = "ternary with two trained levels a row",
    .version = "1.0",
    .source = "Zhu, Han, Mao, Dally, Trained Ternary Quantization, ICLR 2017",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .project = project,
    .supports = supports,
    .create = create,
    .destroy = free,
    .bind = bind,
    .start = start,
    .on_gradient = on_gradient,
    .after_step = after_step,
};
