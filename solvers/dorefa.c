/* dorefa - uniform levels in [-1, 1] of the weights squashed by tanh.
 *
 *   w = 2 round((2^b - 1) y) / (2^b - 1) - 1,   y = t / (2 M) + 1/2,   t = tanh x,   M = max |t| of the row
 *   gradient (the rounding passes it): dx_i = (1 - t_i^2) (g_i / M - [i = j] sgn(t_j) sum(g t) / M^2),  j: the maximum
 * One bit: w = E sgn+(x), E = mean |x|, gradient as it is.
 * The levels have no scale: the batch normalization after a layer takes it up.
 *
 * Source: Zhou, Wu, Ni, Zhou, Wen, Zou, "DoReFa-Net", arXiv 1606.06160; code in tensorpack's examples.
 * Differs: weights only; all layers alike (there the first and last are not quantized); sgn+(0) = +1, there 0.
 */
#include "common/instance.h"
#include "common/maps.h"

#include <stdio.h>

typedef struct dorefa {
    int64_t max_gradient;
} dorefa;

static const qb_solver_option options[] = {
    {"max_gradient", QB_OPTION_BOOL, 0, "true", 0, 0, NULL, "", "the maximum has a gradient too; false: taken as constant"},
};

static int supports(const qb_option_value *value, int32_t bits, const char *granularity, char *why, size_t n)
{
    (void)value;
    (void)granularity;
    if (bits != 0)
        return 0;
    (void)snprintf(why, n, "its levels are 2^bits evenly spaced ones, which leaves no ternary set");
    return 1;
}

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    dorefa *p = qb_instance(host, sizeof *p);
    if (p == NULL)
        return 1;
    p->max_gradient = value[0].integer;
    *ret_self = p;
    return 0;
}

/* tanh of the largest |x|; *ret_at: where it is, the first of equals. */
static double largest(const float *x, int64_t n, int64_t *ret_at)
{
    const float top = (float)qb_max_abs(x, n);
    int64_t at = 0;
    while (at + 1 < n && fabsf(x[at]) < top)
        at++;
    *ret_at = at;
    return qb_tanh((double)top);
}

static const double smallest = 1e-30; /* of M: below, the division would leave float's range */

/* g[i] *= (1 - t^2) / m, t = tanh x[i]; returns sum g t. */
QB_CLONES(double, tanh_gradient, (const float *restrict x, int64_t n, double m, float *restrict g), (x, n, m, g))
{
    enum { PIECE = 64 };
    double gt[PIECE], sum = 0.0;
    for (int64_t from = 0; from < n; from += PIECE) {
        int count = n - from < PIECE ? (int)(n - from) : PIECE;
        for (int i = 0; i < count; i++) {
            double t = qb_tanh((double)x[from + i]), gi = (double)g[from + i];
            gt[i] = gi * t;
            g[from + i] = (float)(gi * (1.0 - t * t) / m);
        }
        for (int i = 0; i < count; i++)
            sum += gt[i];
    }
    return sum;
}

static void row_gradient(const dorefa *p, const float *x, int64_t n, float *g)
{
    int64_t at;
    double m = largest(x, n, &at);
    if (!(m > smallest))
        return;
    double sum = tanh_gradient(x, n, m, g);
    if (p->max_gradient != 0)
        g[at] = (float)((double)g[at] - (double)qb_sign(x[at]) * (1.0 - m * m) / (m * m) * sum);
}

static int on_gradient(void *self, const qb_step *step, qb_view *v)
{
    (void)step;
    for (int64_t r = 0; v->bits > 1 && r < v->n_rows; r++)
        row_gradient(self, v->x + r * v->row_len, v->row_len, v->g + r * v->row_len);
    return 0;
}

QB_CLONES(void, project_tanh, (double m, double steps, const float *restrict z, int64_t n, float *restrict w),
          (m, steps, z, n, w))
{
    for (int64_t i = 0; i < n; i++)
        w[i] = (float)(2.0 * rint(steps * (qb_tanh((double)z[i]) / (2.0 * m) + 0.5)) / steps - 1.0);
}

static void project_row(int32_t bits, const float *z, int64_t n, float *w)
{
    int64_t at;
    double m = largest(z, n, &at), steps = (double)((1 << bits) - 1);
    if (m > 0.0) {
        project_tanh(m, steps, z, n, w);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        w[i] = (float)(2.0 * rint(steps * 0.5) / steps - 1.0);
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    (void)self;
    (void)step;
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *z = v->z + r * v->row_len;
        float *w = v->w + r * v->row_len;
        if (v->bits > 1) {
            project_row(v->bits, z, v->row_len, w);
            continue;
        }
        const float level = (float)qb_mean_abs(z, v->row_len);
        for (int64_t i = 0; i < v->row_len; i++)
            w[i] = level * qb_sign(z[i]);
    }
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_OWN_LEVELS | QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_HARD_AFTER | QB_TRAIT_MONOTONE | QB_TRAIT_ROW_SYMMETRIC,
    .name = "dorefa",
    .title = "uniform levels of tanh-squashed weights",
    .version = "1.0",
    .source = "Zhou, Wu, Ni, Zhou, Wen, Zou, DoReFa-Net, arXiv 1606.06160",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .project = project,
    .supports = supports,
    .create = create,
    .destroy = free,
    .on_gradient = on_gradient,
};
