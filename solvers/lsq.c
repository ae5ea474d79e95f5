/* lsq - learned step size: the step s of a uniform grid is trained together with the weights.
 *
 *   w = s code,  code = round(clamp(x / s, -N, P)), half to even      N = 2^(b-1), P = N - 1; ternary N = P = 1
 *   dx = g where -N < x/s < P, else 0
 *   ds = G sum g e,  e = code - x/s inside, -N below, P above;  G = 1 / sqrt(n P)
 * One bit: w = s sgn+(x), e = code, G = 1 / sqrt(n), dx = g where |x| <= s.
 * s: one a row, auxiliary parameter, starts at 2 mean|x| / sqrt(P) (1 bit: mean|x|) and stays above 0.
 *
 * Source: Esser, McKinstry, Bablani, Appuswamy, Modha, "Learned Step Size Quantization", ICLR 2020.
 * Differs: weights only; all layers alike (the paper keeps the first and last at 8 bits); 1 bit and ternary are not in
 * the paper; n counts the weights of a row, which is what s belongs to (public code with a step a row: the tensor's).
 */
#include "common/instance.h"

#include <qatbench/solver_util.h>

#include <stdbool.h>

enum { ROW, TENSOR };       /* gradient_n */
enum { INSIDE, EVERYWHERE }; /* dx_rule    */

typedef struct lsq {
    double start_factor, lr_factor, s_decay;
    int64_t gradient_n, dx_rule;
} lsq;

static const char *const counts[] = {"row", "tensor", NULL};
static const char *const rules[] = {"inside", "everywhere", NULL};

static const qb_solver_option options[] = {
    {"start_factor", QB_OPTION_REAL, 1, "1", 0, 1e3, NULL, "", "first step size over the paper's start value"},
    {"gradient_n", QB_OPTION_CHOICE, 0, "row", 0, 0, counts, "", "weights counted in the scale of the step's gradient"},
    {"dx_rule", QB_OPTION_CHOICE, 0, "inside", 0, 0, rules, "", "1 bit: weights that get a gradient"},
    {"lr_factor", QB_OPTION_REAL, 0, "1", 0, 1e3, NULL, "", "learning rate of the steps over that of the weights"},
    {"s_decay", QB_OPTION_REAL, 0, "0", 0, 1, NULL, "", "weight decay of the steps"},
};

static const float tiny = 1e-8f; /* s never reaches 0: a change of its sign would mirror all weights */

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    lsq *p = qb_instance(host, sizeof *p);
    if (p == NULL)
        return 1;
    p->start_factor = value[0].real;
    p->gradient_n = value[1].integer;
    p->dx_rule = value[2].integer;
    p->lr_factor = value[3].real;
    p->s_decay = value[4].real;
    *ret_self = p;
    return 0;
}

static int bind(void *self, const qb_view *v, qb_bind *request)
{
    (void)v;
    const lsq *p = self;
    request->n_aux = 1;
    request->aux_lr_factor = (float)p->lr_factor;
    request->aux_weight_decay = (float)p->s_decay;
    return 0;
}

typedef struct grid {
    float low, high; /* -N, P */
} grid;

static grid grid_of(int32_t bits)
{
    if (bits == 0)
        return (grid){-1.0f, 1.0f};
    float half = (float)(1 << (bits - 1));
    return (grid){-half, half - 1.0f};
}

static int start(void *self, const qb_step *step, qb_view *v)
{
    (void)step;
    const lsq *p = self;
    double high = (double)grid_of(v->bits).high;
    for (int64_t r = 0; r < v->n_rows; r++) {
        double mean = qb_mean_abs(v->x + r * v->row_len, v->row_len);
        double s = p->start_factor * (v->bits == 1 ? mean : 2.0 * mean / sqrt(high));
        v->aux[r] = s > (double)tiny ? (float)s : tiny;
    }
    return 0;
}

/* ds without its scale; g becomes the gradient of x. */
QB_CLONES(double, row_gradient, (grid q, float s, const float *restrict x, int64_t n, float *restrict g),
          (q, s, x, n, g))
{
    enum { PIECE = 64 };
    const double low = (double)q.low, high = (double)q.high;
    double ge[PIECE], sum = 0.0;
    for (int64_t from = 0; from < n; from += PIECE) {
        int count = n - from < PIECE ? (int)(n - from) : PIECE;
        for (int i = 0; i < count; i++) {
            double y = (double)x[from + i] / (double)s, e = rint(y) - y;
            float gi = g[from + i], kept = y < high ? gi : 0.0f;
            e = y < high ? e : high;
            e = y > low ? e : low;
            ge[i] = (double)gi * e;
            g[from + i] = y > low ? kept : 0.0f;
        }
        for (int i = 0; i < count; i++)
            sum += ge[i];
    }
    return sum;
}

static double row_gradient_one_bit(int64_t dx_rule, float s, const float *x, int64_t n, float *g)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) {
        sum += (double)g[i] * (double)qb_sign(x[i]);
        g[i] = dx_rule == EVERYWHERE || fabsf(x[i]) <= s ? g[i] : 0.0f;
    }
    return sum;
}

static int on_gradient(void *self, const qb_step *step, qb_view *v)
{
    (void)step;
    const lsq *p = self;
    grid q = grid_of(v->bits);
    double n = (double)(p->gradient_n == ROW ? v->row_len : v->n_rows * v->row_len);
    double scale = 1.0 / sqrt(v->bits == 1 ? n : n * (double)q.high);
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *x = v->x + r * v->row_len;
        float *g = v->g + r * v->row_len;
        double sum = v->bits == 1 ? row_gradient_one_bit(p->dx_rule, v->aux[r], x, v->row_len, g)
                                  : row_gradient(q, v->aux[r], x, v->row_len, g);
        v->aux_g[r] = (float)(scale * sum);
    }
    return 0;
}

static int after_step(void *self, const qb_step *step, qb_view *v)
{
    (void)self;
    (void)step;
    for (int64_t r = 0; r < v->n_rows; r++)
        v->aux[r] = v->aux[r] > tiny ? v->aux[r] : tiny;
    return 0;
}

QB_CLONES(void, project_row, (grid q, int32_t bits, float s, const float *restrict z, int64_t n, float *restrict w),
          (q, bits, s, z, n, w))
{
    for (int64_t i = 0; bits == 1 && i < n; i++)
        w[i] = s * qb_sign(z[i]);
    for (int64_t i = 0; bits != 1 && i < n; i++) {
        float y = z[i] / s;
        y = y > q.low ? y : q.low;
        y = y < q.high ? y : q.high;
        w[i] = s * (rintf(y) + 0.0f);
    }
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    (void)self;
    (void)step;
    grid q = grid_of(v->bits);
    for (int64_t r = 0; r < v->n_rows; r++)
        project_row(q, v->bits, v->aux[r], v->z + r * v->row_len, v->row_len, v->w + r * v->row_len);
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_OWN_LEVELS | QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_HARD_AFTER | QB_TRAIT_MONOTONE | QB_TRAIT_ROW_SYMMETRIC,
    .name = "lsq",
    .title = "learned step size: the grid's spacing is trained with the weights",
    .version = "1.0",
    .source = "Esser, McKinstry, Bablani, Appuswamy, Modha, LSQ, ICLR 2020",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .project = project,
    .create = create,
    .destroy = free,
    .bind = bind,
    .start = start,
    .on_gradient = on_gradient,
    .after_step = after_step,
};
