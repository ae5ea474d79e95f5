/* parq - piecewise-affine regularized quantization, PARQ's practical algorithm.
 *
 * Between neighbouring levels l < h with centre c the map is flat, then steep, then flat:
 *   w = clamp(c + (z - c) / r, l, h)      r = inverse slope: 1 at the start of the window, 0 from its end on
 *   w = z before the window; outside [lowest, highest] level: that level; r = 0: the nearest level, ties down
 * which is the proximal map of (1 - r)/2 (w - l)(h - w) on each interval.
 *
 * Schedules of r over the fraction f of the window, from 1 to 0:
 *   sigmoid   S(f) = (p(f) - p(1)) / (p(0) - p(1)),  p(f) = 1 / (1 + exp(steepness (f - center)))
 *   cosine    (1 + cos(pi f)) / 2
 * Weight decay: scaled by 1 - d + d r with d = anneal_wd_frac and r that of the step before.
 *
 * Source: Jin, Ma, Liu, Gromov, Defazio, Xiao, "PARQ", arXiv 2503.15748, algorithm 1; code facebookresearch/parq.
 * Differs from the code: the schedule is normalized for every center (there for 0.5 only) and cannot overflow; the
 * decay's final value 1 - d does hold after the window; the steps after a refresh use the nearest level as all others.
 */
#include "common/parq_map.h"

#include <float.h>
#include <stdlib.h>

enum { SIGMOID, COSINE };

typedef struct parq {
    double steepness, center, anneal_wd_frac;
    int64_t schedule;
} parq;

static const char *const schedules[] = {"sigmoid", "cosine", NULL};

static const qb_solver_option options[] = {
    {"steepness", QB_OPTION_REAL, 1, "10", 0, 1e6, NULL, "", "how abruptly the sigmoid schedule falls"},
    {"schedule", QB_OPTION_CHOICE, 0, "sigmoid", 0, 0, schedules, "", "fall of the inverse slope over the window"},
    {"center", QB_OPTION_REAL, 0, "0.5", 0, 1, NULL, "", "sigmoid: fraction of the window at which it falls fastest"},
    {"anneal_wd_frac", QB_OPTION_REAL, 0, "0", 0, 1, NULL, "", "fraction of the weight decay that goes with the slope"},
};

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    parq *p = calloc(1, sizeof *p);
    if (p == NULL) {
        host->fail(host, "out of memory");
        return 1;
    }
    p->steepness = value[0].real;
    p->schedule = value[1].integer;
    p->center = value[2].real;
    p->anneal_wd_frac = value[3].real;
    *ret_self = p;
    return 0;
}

/* r at fraction f of the window. */
static double inverse_slope(const parq *p, double f)
{
    if (f < 0.0)
        return 1.0;
    if (f >= 1.0)
        return 0.0;
    double s = p->schedule == COSINE ? 0.5 * (1.0 + cos(3.14159265358979323846 * f))
                                     : qb_parq_sigmoid(p->steepness, p->center, f);
    return qb_clamp(s, (double)FLT_MIN, 1.0);
}

static double fraction_at(const qb_step *s, int64_t step)
{
    if (s->anneal_end > s->anneal_start)
        return ((double)step - s->anneal_start) / (s->anneal_end - s->anneal_start);
    return (double)step < s->anneal_end ? -1.0 : 2.0;
}

static int begin_step(void *self, const qb_step *step, qb_step_request *request)
{
    const parq *p = self;
    double r = step->step > step->first_step ? inverse_slope(p, fraction_at(step, step->step - 1)) : 1.0;
    request->decay_scale = 1.0 - p->anneal_wd_frac + p->anneal_wd_frac * r;
    return 0;
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    double r = inverse_slope(self, step->fraction);
    if (step->fraction < 0.0)
        return qb_map_identity(v);
    if (r == 0.0)
        return qb_map_nearest(v);
    for (int64_t row = 0; row < v->n_rows; row++)
        qb_parq_row(v->levels + row * v->n_levels, v->n_levels, r, v->z + row * v->row_len, v->row_len,
                    v->w + row * v->row_len);
    return 0;
}

static size_t metrics(const void *self, const qb_step *step, qb_metric *out, size_t max)
{
    if (max == 0)
        return 0;
    out[0] = (qb_metric){"parq_inv_slope", inverse_slope(self, step->fraction)};
    return 1;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_IDENTITY_BEFORE | QB_TRAIT_HARD_AFTER | QB_TRAIT_MONOTONE | QB_TRAIT_ODD | QB_TRAIT_ROW_SYMMETRIC,
    .name = "parq",
    .title = "piecewise-affine map that steepens from the identity to hard quantization",
    .version = "1.0",
    .source = "Jin, Ma, Liu, Gromov, Defazio, Xiao, PARQ, arXiv 2503.15748",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .project = project,
    .create = create,
    .destroy = free,
    .begin_step = begin_step,
    .metrics = metrics,
};
