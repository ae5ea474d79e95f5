/* binaryrelax - weights that drift from the latent ones to their quantized values over the annealing window.
 *
 *   w = (1 - theta) x + theta q(x)          the proximal map of (lambda / 2) dist(., levels)^2, lambda = theta / (1 - theta)
 * schedule = linear   theta = fraction of the window, 0 before it, 1 after it; q = nearest level of the quantizer
 * schedule = growth   the original one: lambda = lam_start lam_rate^(epoch + 1) from the start of the window on, and
 *                     from epoch m_epochs on the second phase, w = q(x). By default the second phase takes the last
 *                     quarter of the window (150 of 200 epochs are the first one in the source) and lambda grows to
 *                     lam_end = 350 until then, smoothly (1.04 an epoch over 150 epochs reaches 359).
 *     q is the source's own at 1 bit, mean|x| sgn+(x), and ternary: 0 below 0.7 mean|x|, else +- the mean of those
 *     beyond; at other bits the nearest level of the quantizer.
 *
 * Source: Yin, Zhang, Lyu, Osher, Qi, Xin, "BinaryRelax", SIAM J. Imaging Sci. 11(4), 2018 (growth), code
 * penhunt/binaryrelax; binarelax.py of the PARQ code (linear).
 * Differs from the original: sgn+(0) = +1; the ternary scale is divided by the number selected (there by all); its
 * evaluation uses weights of one step before. From the PARQ code: an empty window is a step, not a division by zero.
 */
#include "common/instance.h"
#include "common/maps.h"
#include "common/ternary.h"

enum { LINEAR, GROWTH };

typedef struct binaryrelax {
    int64_t schedule;
    double lam_start, lam_rate, lam_end, m_epochs;
} binaryrelax;

static const char *const schedules[] = {"linear", "growth", NULL};

static const qb_solver_option options[] = {
    {"schedule", QB_OPTION_CHOICE, 0, "linear", 0, 0, schedules, "", "linear over the window, or the original growth by epochs"},
    {"lam_start", QB_OPTION_REAL, 1, "1", 0, 1e9, NULL, "", "growth: lambda at the start"},
    {"lam_rate", QB_OPTION_REAL, 0, "0", 0, 1e3, NULL, "", "growth: factor an epoch; 0: so that lam_end is reached"},
    {"lam_end", QB_OPTION_REAL, 1, "350", 0, 1e9, NULL, "", "growth: lambda at the start of the second phase"},
    {"m_epochs", QB_OPTION_REAL, 0, "0", 0, 1e9, NULL, "epochs", "growth: start of the second phase; 0: three quarters of the window"},
};

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    binaryrelax *p = qb_instance(host, sizeof *p);
    if (p == NULL)
        return 1;
    p->schedule = value[0].integer;
    p->lam_start = value[1].real;
    p->lam_rate = value[2].real;
    p->lam_end = value[3].real;
    p->m_epochs = value[4].real;
    *ret_self = p;
    return 0;
}

static int bind(void *self, const qb_view *v, qb_bind *request)
{
    const binaryrelax *p = self;
    if (p->schedule == LINEAR || v->bits > 1)
        request->caps &= ~(uint32_t)QB_CAP_OWN_LEVELS;
    return 0;
}

/* Part of the window until the second phase; above 0. */
static double first_phase(const binaryrelax *p, const qb_step *step)
{
    double window = step->anneal_end - step->anneal_start;
    if (!(p->m_epochs > 0.0))
        return 0.75;
    return (p->m_epochs * (double)step->steps_per_epoch - step->anneal_start) / window;
}

/* theta of the weights that the next step uses; above 0 and below 1 inside the first phase. */
static double mix(const binaryrelax *p, const qb_step *step)
{
    if (step->fraction < 0.0 || step->fraction >= 1.0)
        return step->fraction < 0.0 ? 0.0 : 1.0;
    if (p->schedule == LINEAR)
        return step->fraction;
    double window = step->anneal_end - step->anneal_start, m = first_phase(p, step);
    double next = ((double)step->step + 1.0 - step->anneal_start) / window; /* as a fraction, of the step that uses w */
    if (next >= m)
        return 1.0;
    double lambda;
    if (p->lam_rate > 0.0) {
        double epoch = floor((double)(step->step + 1) / (double)step->steps_per_epoch);
        lambda = p->lam_start * pow(p->lam_rate, epoch + 1.0);
    } else {
        lambda = p->lam_start * pow(p->lam_end / p->lam_start, next / m);
    }
    return isfinite(lambda) ? lambda / (1.0 + lambda) : 1.0;
}

/* The source's own quantizer: a threshold that no weight of size 0 or above misses, at 1 bit. */
static qb_ternary quantizer(int32_t bits, const float *x, int64_t n)
{
    return qb_ternary_fit(x, n, bits == 0 ? 0.7 * qb_mean_abs(x, n) : 0.0, true, true);
}

/* out <- q(x) of every row. */
static void quantize(const qb_view *v, const float *x, float *out)
{
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *from = x + r * v->row_len;
        float *to = out + r * v->row_len;
        if (v->levels != NULL) {
            qb_nearest_row(v->levels + r * v->n_levels, v->n_levels, from, v->row_len, to);
            continue;
        }
        qb_ternary q = quantizer(v->bits, from, v->row_len);
        for (int64_t i = 0; i < v->row_len; i++)
            to[i] = qb_ternary_value(&q, from[i]);
    }
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    double theta = mix(self, step);
    if (theta == 0.0)
        return qb_map_identity(v);
    quantize(v, v->z, v->w);
    if (theta < 1.0)
        qb_map_mix(v, theta);
    return 0;
}

static int finish(void *self, const qb_step *step, const qb_view *v, float *out)
{
    (void)self;
    (void)step;
    quantize(v, v->levels != NULL ? v->w : v->x, out); /* the threshold rule belongs to x */
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_OWN_LEVELS | QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_IDENTITY_BEFORE | QB_TRAIT_HARD_AFTER | QB_TRAIT_MONOTONE | QB_TRAIT_ODD | QB_TRAIT_ROW_SYMMETRIC,
    .name = "binaryrelax",
    .title = "relaxed projection: a mix of latent and quantized weight",
    .version = "1.0",
    .source = "Yin, Zhang, Lyu, Osher, Qi, Xin, BinaryRelax, SIAM J. Imaging Sci. 11(4), 2018",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .project = project,
    .create = create,
    .destroy = free,
    .bind = bind,
    .finish = finish,
};
