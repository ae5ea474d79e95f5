/* proxconnect - ProxConnect's two-parameter family of maps over the annealing window, or a ProxConnect++ pair.
 *
 *   pair = none   w = P(x; rho, varrho) between the identity (both 0) and hard (either at half a gap), see
 *                 common/proxconnect.h; rho = h R(f), varrho = h V(f), h half the gap, f the fraction of the window:
 *                 sigmoid: 1 - PARQ's S(f); linear: f; full: 1; zero: 0. (sigmoid, zero) is PARQ, (zero, linear) is
 *                 BinaryRelax inside the range of the levels.
 *   pair, 1 bit   w = F(x) and the gradient B(x) g:      F          B
 *                 bc                                      sgn+       1
 *                 bnn                                     sgn+       1 where |x| <= 1, else 0
 *                 bnn-plus       (BNN+)                   sgn+       SS'
 *                 bnn-plus-plus  (BNN++)                  SS         SS'       SS: SignSwish of slope beta
 *                 with levels +-a, a = mean|x| (`scaled`): a F(x / a) and B(x / a). beta = 0: from 2 to 20 over the
 *                 window in equal factors.
 * w = z before the window and hard after it.
 *
 * Source: Dockhorn et al., arXiv 2110.13220; Lu et al., arXiv 2402.17710; SignSwish as in Larq.
 * Differs: the papers' schedules are not known to us, so PARQ's and the linear one stand in; SS falls beyond
 * |beta x| = 2.4, where B is negative: kept, as written.
 */
#include "common/instance.h"
#include "common/parq_map.h"
#include "common/proxconnect.h"

#include <stdio.h>

enum { NO_PAIR, BC, BNN, BNN_PLUS, BNN_PLUS_PLUS };
enum { ZERO, LINEAR, SIGMOID, FULL };

typedef struct proxconnect {
    int64_t pair, rho, varrho, scaled;
    double steepness, beta;
} proxconnect;

static const char *const pairs[] = {"none", "bc", "bnn", "bnn-plus", "bnn-plus-plus", NULL};
static const char *const schedules[] = {"zero", "linear", "sigmoid", "full", NULL};

enum { O_RHO, O_VARRHO, O_STEEPNESS, O_PAIR, O_BETA, O_SCALED };

static const qb_solver_option options[] = {
    {"rho", QB_OPTION_CHOICE, 0, "sigmoid", 0, 0, schedules, "", "growth of the flat parts over the window"},
    {"varrho", QB_OPTION_CHOICE, 0, "linear", 0, 0, schedules, "", "growth of the jumps over the window"},
    {"steepness", QB_OPTION_REAL, 1, "10", 0, 1e6, NULL, "", "of the sigmoid schedule"},
    {"pair", QB_OPTION_CHOICE, 0, "none", 0, 0, pairs, "", "ProxConnect++ pair instead of the family; 1 bit"},
    {"beta", QB_OPTION_REAL, 0, "0", 0, 1e6, NULL, "", "BNN+ and BNN++: slope of SignSwish; 0: from 2 to 20"},
    {"scaled", QB_OPTION_BOOL, 0, "true", 0, 0, NULL, "", "pair: levels +-mean|x| instead of +-1"},
};

static int supports(const qb_option_value *value, int32_t bits, const char *granularity, char *why, size_t n)
{
    (void)granularity;
    if (value[O_PAIR].integer == NO_PAIR || bits == 1)
        return 0;
    (void)snprintf(why, n, "pair=%s has two levels; use --bits 1 or pair=none", value[O_PAIR].text);
    return 1;
}

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    proxconnect *p = qb_instance(host, sizeof *p);
    if (p == NULL)
        return 1;
    p->rho = value[O_RHO].integer;
    p->varrho = value[O_VARRHO].integer;
    p->steepness = value[O_STEEPNESS].real;
    p->pair = value[O_PAIR].integer;
    p->beta = value[O_BETA].real;
    p->scaled = value[O_SCALED].integer;
    *ret_self = p;
    return 0;
}

static int bind(void *self, const qb_view *v, qb_bind *request)
{
    (void)v;
    const proxconnect *p = self;
    if (p->pair == NO_PAIR)
        request->caps &= ~(uint32_t)QB_CAP_OWN_LEVELS;
    return 0;
}

static double grown(const proxconnect *p, int64_t schedule, double f)
{
    switch (schedule) {
    case LINEAR: return f;
    case SIGMOID: return 1.0 - qb_parq_sigmoid(p->steepness, 0.5, f);
    case FULL: return 1.0;
    default: return 0.0;
    }
}

static void project_family(const proxconnect *p, double f, qb_view *v)
{
    double rho[255], varrho[255], r = grown(p, p->rho, f), s = grown(p, p->varrho, f);
    for (int64_t row = 0; row < v->n_rows; row++) {
        const float *q = v->levels + row * v->n_levels;
        for (int32_t k = 0; k + 1 < v->n_levels; k++) {
            double half = 0.5 * ((double)q[k + 1] - (double)q[k]);
            rho[k] = half * r;
            varrho[k] = half * s;
        }
        qb_proxconnect_row(q, v->n_levels, rho, varrho, v->z + row * v->row_len, v->row_len, v->w + row * v->row_len);
    }
}

/* ---- pairs ---- */

static double slope(const proxconnect *p, double f)
{
    return p->beta > 0.0 ? p->beta : 2.0 * pow(10.0, qb_clamp(f, 0.0, 1.0));
}

static double size_of_level(const proxconnect *p, const float *x, int64_t n)
{
    return p->scaled != 0 ? qb_mean_abs(x, n) : 1.0;
}

static void signs(const proxconnect *p, const float *x, int64_t n, float *w)
{
    const float a = (float)size_of_level(p, x, n);
    for (int64_t i = 0; i < n; i++)
        w[i] = a * qb_sign(x[i]);
}

static int on_gradient(void *self, const qb_step *step, qb_view *v)
{
    const proxconnect *p = self;
    if (p->pair == NO_PAIR || p->pair == BC || step->fraction < 0.0)
        return 0;
    double beta = slope(p, step->fraction);
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *x = v->x + r * v->row_len;
        float *g = v->g + r * v->row_len;
        double a = size_of_level(p, x, v->row_len);
        for (int64_t i = 0; i < v->row_len && a > 0.0; i++) {
            double y = (double)x[i] / a;
            if (p->pair == BNN)
                g[i] = fabs(y) <= 1.0 ? g[i] : 0.0f;
            else
                g[i] = (float)(qb_sign_swish_slope(beta, y) * (double)g[i]);
        }
    }
    return 0;
}

static void project_pair(const proxconnect *p, double f, qb_view *v)
{
    double beta = slope(p, f);
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *z = v->z + r * v->row_len;
        float *w = v->w + r * v->row_len;
        double a = size_of_level(p, z, v->row_len);
        if (p->pair != BNN_PLUS_PLUS || f >= 1.0 || !(a > 0.0)) {
            signs(p, z, v->row_len, w);
            continue;
        }
        for (int64_t i = 0; i < v->row_len; i++)
            w[i] = (float)(a * qb_sign_swish(beta, (double)z[i] / a));
    }
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    const proxconnect *p = self;
    if (step->fraction < 0.0)
        return qb_map_identity(v);
    if (p->pair != NO_PAIR)
        project_pair(p, step->fraction, v);
    else if (step->fraction >= 1.0)
        return qb_map_nearest(v);
    else
        project_family(p, step->fraction, v);
    return 0;
}

static int finish(void *self, const qb_step *step, const qb_view *v, float *out)
{
    (void)step;
    const proxconnect *p = self;
    for (int64_t r = 0; r < v->n_rows; r++) {
        if (p->pair != NO_PAIR)
            signs(p, v->x + r * v->row_len, v->row_len, out + r * v->row_len);
        else
            qb_nearest_row(v->levels + r * v->n_levels, v->n_levels, v->w + r * v->row_len, v->row_len, out + r * v->row_len);
    }
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_OWN_LEVELS | QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_IDENTITY_BEFORE | QB_TRAIT_HARD_AFTER | QB_TRAIT_ODD | QB_TRAIT_ROW_SYMMETRIC,
    .name = "proxconnect",
    .title = "ProxConnect's two-parameter maps, and the ProxConnect++ pairs",
    .version = "1.0",
    .source = "Dockhorn et al., ProxConnect, arXiv 2110.13220; Lu et al., ProxConnect++, arXiv 2402.17710",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .project = project,
    .supports = supports,
    .create = create,
    .destroy = free,
    .bind = bind,
    .on_gradient = on_gradient,
    .finish = finish,
};
