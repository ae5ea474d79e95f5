/* proxsgd - Yang's proximal stochastic gradient method: a proximal step in Adam's metric, then a part of the way there.
 *
 *   rho_t = rho / (t + off)^rho_decay,   v = (1 - rho_t) v + rho_t g,   r = beta r + (1 - beta) g^2,   t = 1, 2, ...
 *   tau = tau_scale sqrt(r / (1 - beta^(t+1))) + delta,   y = prox of the regularizer(x - v / tau),   clipped to +-bound
 *   x <- x + eps_t (y - x),   w = x: no latent weights besides w, and no base optimizer step
 * Regularizer:
 *   none, l1          soft threshold by mu / tau
 *   par-convex        prox_{(mu / tau) Psi}: the listed levels and slopes, or the quantizer's levels with slopes at
 *                     their midpoints (mu is then what the slopes are multiplied with)
 *   par-nonconvex     towards the nearest level of the quantizer by at most `strength` half gaps times p, the part of the
 *                     run's learning rate spent, whatever tau: the default, which ends close to hard; levels are renewed
 *                     only if the row's weights are nearer to them (common/held.h: why)
 * eps_t: schedule = power: epsilon / (t + off)^epsilon_decay, as published; run: epsilon (0.1 + 0.9 lr / lr_base).
 *
 * Source: Yang, Yuan, Chatzinotas, Ottersten, "ProxSGD", ICLR 2020; code cc-hpc-itwm/proxsgd (exponent t + 1 as there).
 * Differs: regularizers on levels, tau_scale (1 there: v / tau would jump over several levels) and the run's
 * schedule are ours; the published constants are epsilon = 0.06, tau_scale = 1, schedule = power.
 */
#include "common/held.h"
#include "common/instance.h"
#include "common/par_lists.h"
#include "common/strength.h"

enum { NONE, L1, PAR_CONVEX, PAR_NONCONVEX };
enum { RUN, POWER };

typedef struct proxsgd {
    int64_t regularizer, schedule;
    double epsilon, epsilon_decay, rho, rho_decay, off, beta, delta, tau_scale, mu, bound, strength;
    qb_par_lists lists;
} proxsgd;

static const char *const regularizers[] = {"none", "l1", "par-convex", "par-nonconvex", NULL};
static const char *const schedules[] = {"run", "power", NULL};

enum { O_REGULARIZER, O_MU, O_STRENGTH, O_BOUND, O_SCHEDULE, O_EPSILON, O_EPSILON_DECAY, O_RHO, O_RHO_DECAY, O_OFF, O_BETA,
       O_DELTA, O_TAU_SCALE, O_LEVELS, O_SLOPES };

static const qb_solver_option options[] = {
    {"regularizer", QB_OPTION_CHOICE, 0, "par-nonconvex", 0, 0, regularizers, "", "what the proximal step is taken of"},
    {"mu", QB_OPTION_REAL, 0, "0", 0, 1e6, NULL, "", "l1, par-convex: weight of the regularizer"},
    {"strength", QB_OPTION_REAL, 0, "4", 0, 1e6, NULL, "half gaps", "par-nonconvex: longest pull at the end of the run"},
    {"bound", QB_OPTION_REAL, 0, "0", 0, 1e6, NULL, "", "largest size of y; 0: no limit"},
    {"schedule", QB_OPTION_CHOICE, 0, "run", 0, 0, schedules, "", "of eps_t: with the run's learning rate, or the published power"},
    {"epsilon", QB_OPTION_REAL, 1, "0.2", 0, 1, NULL, "", "eps_t at the start"},
    {"epsilon_decay", QB_OPTION_REAL, 0, "0.5", 0, 10, NULL, "", "power: exponent of eps_t"},
    {"rho", QB_OPTION_REAL, 1, "0.9", 0, 1, NULL, "", "weight of a new gradient at the start"},
    {"rho_decay", QB_OPTION_REAL, 0, "0.5", 0, 10, NULL, "", "exponent of rho_t"},
    {"step_offset", QB_OPTION_REAL, 0, "4", 0, 1e9, NULL, "steps", "off: added to the step number"},
    {"beta", QB_OPTION_REAL, 0, "0.999", 0, 0.999999, NULL, "", "memory of the squared gradients"},
    {"delta", QB_OPTION_REAL, 1, "1e-8", 0, 1, NULL, "", "added to tau"},
    {"tau_scale", QB_OPTION_REAL, 1, "10", 0, 1e6, NULL, "", "factor on the root of the squared gradients"},
    {"levels", QB_OPTION_REALS, 0, "", 0, 0, NULL, "", "par-convex: levels instead of the quantizer's; all 0 or above: mirrored"},
    {"slopes", QB_OPTION_REALS, 0, "", 0, 0, NULL, "", "par-convex: slopes for `levels`, between them or beyond the ends too"},
};

static int supports(const qb_option_value *value, int32_t bits, const char *granularity, char *why, size_t n)
{
    (void)granularity;
    qb_par_lists lists;
    if (!qb_par_lists_read(value[O_LEVELS].list, value[O_LEVELS].n_list, value[O_SLOPES].list, value[O_SLOPES].n_list, bits,
                           &lists, why, n))
        return 1;
    if (lists.n == 0 || value[O_REGULARIZER].integer == PAR_CONVEX)
        return 0;
    (void)snprintf(why, n, "levels and slopes belong to regularizer=par-convex");
    return 1;
}

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    char why[160];
    proxsgd *p = qb_instance(host, sizeof *p);
    if (p == NULL)
        return 1;
    p->regularizer = value[O_REGULARIZER].integer;
    p->mu = value[O_MU].real;
    p->strength = value[O_STRENGTH].real;
    p->bound = value[O_BOUND].real;
    p->schedule = value[O_SCHEDULE].integer;
    p->epsilon = value[O_EPSILON].real;
    p->epsilon_decay = value[O_EPSILON_DECAY].real;
    p->rho = value[O_RHO].real;
    p->rho_decay = value[O_RHO_DECAY].real;
    p->off = value[O_OFF].real;
    p->beta = value[O_BETA].real;
    p->delta = value[O_DELTA].real;
    p->tau_scale = value[O_TAU_SCALE].real;
    if (!qb_par_lists_read(value[O_LEVELS].list, value[O_LEVELS].n_list, value[O_SLOPES].list, value[O_SLOPES].n_list,
                           host->bits, &p->lists, why, sizeof why)) {
        host->fail(host, why);
        free(p);
        return 1;
    }
    *ret_self = p;
    return 0;
}

static int bind(void *self, const qb_view *v, qb_bind *request)
{
    const proxsgd *p = self;
    request->state_per_weight = 2; /* v, r */
    if (p->lists.n == 0)
        request->caps &= ~(uint32_t)QB_CAP_OWN_LEVELS;
    if (p->regularizer == PAR_NONCONVEX)
        request->state_per_row = qb_held_size(v->bits);
    return 0;
}

/* Step number from 1. */
static double number_of(const qb_step *step) { return (double)(step->step - step->first_step + 1); }

/* The averages v and r; x moves in project, which knows the levels. */
static int after_step(void *self, const qb_step *step, qb_view *view)
{
    const proxsgd *p = self;
    const int64_t n = view->n_rows * view->row_len;
    const float rho = (float)fmin(1.0, p->rho / pow(number_of(step) + p->off, p->rho_decay));
    const float beta = (float)p->beta, rest = (float)(1.0 - p->beta);
    float *restrict v = view->weight_state, *restrict r = view->weight_state + n;
    const float *restrict g = view->g;
    for (int64_t i = 0; i < n; i++) {
        v[i] = (1.0f - rho) * v[i] + rho * g[i];
        r[i] = beta * r[i] + rest * (g[i] * g[i]);
    }
    return 0;
}

enum { PIECE = 64 };

/* Where the loss and the metric tau alone would take x. */
QB_CLONES(void, descend, (double tau_scale, double delta, double correction, const float *restrict x,
                          const float *restrict v, const float *restrict r, int n, double *restrict tau,
                          float *restrict y), (tau_scale, delta, correction, x, v, r, n, tau, y))
{
    for (int i = 0; i < n; i++) {
        tau[i] = tau_scale * sqrt((double)r[i] / correction) + delta;
        y[i] = (float)((double)x[i] - (double)v[i] / tau[i]);
    }
}

/* y <- y moved towards `level` by at most pull. */
QB_CLONES(void, pull_to, (const float *restrict level, double pull, int n, float *restrict y), (level, pull, n, y))
{
    for (int i = 0; i < n; i++) {
        double d = (double)y[i] - (double)level[i];
        float moved = (float)((double)y[i] - (d > 0.0 ? pull : -pull));
        y[i] = fabs(d) <= pull ? level[i] : moved;
    }
}

/* x <- x + eps (y - x), y within the bound. */
QB_CLONES(void, approach, (double eps, double bound, const float *restrict y, int n, float *restrict x),
          (eps, bound, y, n, x))
{
    for (int i = 0; i < n; i++)
        x[i] = (float)((double)x[i] + eps * (qb_clamp((double)y[i], -bound, bound) - (double)x[i]));
}

/* y <- prox of the regularizer at y; tau its metric, pull the longest one of par-nonconvex. */
static void prox(const proxsgd *p, const qb_par_lists *l, const float *q, int32_t n_levels, double pull, const double *tau, int n,
                 float *y)
{
    float level[PIECE];
    switch (p->regularizer) {
    case L1:
        for (int i = 0; i < n; i++) {
            double size = fmax(fabs((double)y[i]) - p->mu / tau[i], 0.0);
            y[i] = (float)(y[i] < 0.0f ? -size : size);
        }
        break;
    case PAR_CONVEX:
        for (int i = 0; i < n; i++)
            qb_par_lists_row(l, p->mu / tau[i], &y[i], 1, &y[i]);
        break;
    case PAR_NONCONVEX:
        qb_nearest_row(q, n_levels, y, n, level);
        pull_to(level, pull, n, y);
        break;
    default: break;
    }
}

static void step_row(const proxsgd *p, const qb_step *step, qb_view *view, int64_t row, qb_par_lists *own)
{
    const int64_t len = view->row_len, from = row * len;
    float *x = view->x + from;
    const float *v = view->weight_state + from, *r = v + view->n_rows * len;
    const float *q = view->levels != NULL ? view->levels + row * view->n_levels : NULL;
    if (p->regularizer == PAR_NONCONVEX)
        q = qb_held_renew(view, row, x, 0);
    const qb_par_lists *l = p->lists.n > 0 ? &p->lists : own;
    if (p->lists.n == 0 && p->regularizer == PAR_CONVEX) {
        own->n = view->n_levels;
        own->is_convex = true;
        memcpy(own->q, q, (size_t)own->n * sizeof *own->q);
        qb_par_midpoint_slopes(q, own->n, 1.0, own->alpha);
    }
    double t = number_of(step), correction = 1.0 - pow(p->beta, t + 1.0);
    double eps = p->schedule == POWER ? p->epsilon / pow(t + p->off, p->epsilon_decay)
                                      : p->epsilon * (0.1 + (step->lr_base > 0.0 ? 0.9 * step->lr / step->lr_base : 0.0));
    double half_gap = q != NULL && view->n_levels > 1
                          ? 0.5 * ((double)q[view->n_levels - 1] - (double)q[0]) / (double)(view->n_levels - 1)
                          : 0.0;
    double pull = p->strength * half_gap * qb_spent(step), bound = p->bound > 0.0 ? p->bound : (double)INFINITY;
    for (int64_t at = 0; at < len; at += PIECE) {
        int n = len - at < PIECE ? (int)(len - at) : PIECE;
        double tau[PIECE];
        float y[PIECE];
        descend(p->tau_scale, p->delta, correction, x + at, v + at, r + at, n, tau, y);
        prox(p, l, q, view->n_levels, pull, tau, n, y);
        approach(eps, bound, y, n, x + at);
    }
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    qb_par_lists own; /* levels and slopes of a row, when the quantizer gives them */
    own.n = 0;
    for (int64_t r = 0; r < v->n_rows; r++)
        step_row(self, step, v, r, &own);
    memcpy(v->w, v->x, qb_view_bytes(v));
    return 0;
}

static int finish(void *self, const qb_step *step, const qb_view *v, float *out)
{
    (void)step;
    const proxsgd *p = self;
    bool listed = p->lists.n > 0;
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *q = listed                            ? p->lists.q
                         : p->regularizer == PAR_NONCONVEX ? qb_held_levels(v, r)
                                                           : v->levels + r * v->n_levels;
        qb_nearest_row(q, listed ? p->lists.n : v->n_levels, v->w + r * v->row_len, v->row_len, out + r * v->row_len);
    }
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_EDITS_LATENT | QB_CAP_OWN_LEVELS | QB_CAP_OWN_STEP | QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_ROW_SYMMETRIC,
    .name = "proxsgd",
    .title = "Yang's proximal SGD in Adam's metric, with levels as regularizer",
    .version = "1.0",
    .source = "Yang, Yuan, Chatzinotas, Ottersten, ProxSGD, ICLR 2020",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .project = project,
    .supports = supports,
    .create = create,
    .destroy = free,
    .bind = bind,
    .after_step = after_step,
    .finish = finish,
};
