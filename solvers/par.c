/* par - piecewise-affine regularization Psi with explicit slopes, under AProx or proximal SGD.
 *
 *   aprox    x <- base optimizer step;  w = prox_{gamma Psi}(x),  gamma = sum of lr
 *   proxsgd  x <- base optimizer step;  x = w = prox_{lr Psi}(x): no latent weights besides w
 * Slopes. For levels q_k of the quantizer with midpoints c_k, Psi is closed at the outer levels and has slope
 *   lambda c_k           between q_k and q_{k+1}, so that it is convex and pulls every weight inwards to the next level
 * or levels and slopes are given as lists (any slopes when mirrored: quasi-convex and nonconvex PAR too).
 *
 * AProx in two variables (option `variable`):
 *   latent  as above, gamma = max(gamma_floor, sum of lr), lambda = strength / (final gamma): the literal method.
 *           Its result is far from hard: pieces of slope 1 stay between the levels, and one bit is a mere clip.
 *   scaled  x itself counts as the latent weight over gamma (PARQ's view of AProx, its figure 7): with
 *           gamma = max(1, gamma_end p), p = part of the run's learning rate spent,
 *           w = prox_{gamma Psi}(gamma x),  slopes of Psi  strength (1 - 1/gamma) c_k:
 *           the identity at gamma = 1, ever closer to hard at the midpoints as gamma grows.
 * Proximal SGD: slopes lambda c_k with lambda = strength / (sum of lr over the run), so that all pulls of a run add up
 * to strength c_k. A positive option `lambda` sets lambda outright in both; with lists it multiplies the slopes.
 *
 * Source: Jin, Ma, Liu, Gromov, Defazio, Xiao, "PARQ", arXiv 2503.15748, eq. 6-13; code jianhaoma/paro.
 * Differs: levels come from the quantizer and may be renewed; `scaled` and the strengths' scaling are ours; weights are
 * hard at the end by projection only (finish). The released convex map of paro d08f0bb stops on an undefined name.
 */
#include "common/instance.h"
#include "common/par_lists.h"
#include "common/strength.h"

enum { APROX, PROXSGD };
enum { SCALED, LATENT };

typedef struct par {
    int64_t method, variable;
    double strength, lambda, gamma_end, gamma_floor;
    qb_par_lists lists;
} par;

static const char *const methods[] = {"aprox", "proxsgd", NULL};
static const char *const variables[] = {"scaled", "latent", NULL};

enum { O_METHOD, O_VARIABLE, O_STRENGTH, O_LAMBDA, O_GAMMA_END, O_GAMMA_FLOOR, O_LEVELS, O_SLOPES };

static const qb_solver_option options[] = {
    {"method", QB_OPTION_CHOICE, 0, "aprox", 0, 0, methods, "", "latent weights, or proximal SGD on the weights themselves"},
    {"variable", QB_OPTION_CHOICE, 0, "scaled", 0, 0, variables, "", "aprox: what the latent weights are fed to the map as"},
    {"strength", QB_OPTION_REAL, 0, "1", 0, 1e6, NULL, "", "slopes over the midpoints of the levels, as of the end of the run"},
    {"lambda", QB_OPTION_REAL, 0, "0", 0, 1e9, NULL, "", "above 0: slopes over the midpoints (or the list), instead of strength"},
    {"gamma_end", QB_OPTION_REAL, 0, "30", 1, 1e9, NULL, "", "scaled: gamma at the end of the run"},
    {"gamma_floor", QB_OPTION_REAL, 0, "1", 0, 1e9, NULL, "", "latent: gamma is at least this"},
    {"levels", QB_OPTION_REALS, 0, "", 0, 0, NULL, "", "levels instead of the quantizer's; all 0 or above: mirrored"},
    {"slopes", QB_OPTION_REALS, 0, "", 0, 0, NULL, "", "slopes for `levels`: between them, or one beyond the ends too"},
};

static int supports(const qb_option_value *value, int32_t bits, const char *granularity, char *why, size_t n)
{
    (void)granularity;
    qb_par_lists lists;
    return qb_par_lists_read(value[O_LEVELS].list, value[O_LEVELS].n_list, value[O_SLOPES].list, value[O_SLOPES].n_list, bits,
                             &lists, why, n)
               ? 0
               : 1;
}

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    char why[160];
    par *p = qb_instance(host, sizeof *p);
    if (p == NULL)
        return 1;
    p->method = value[O_METHOD].integer;
    p->variable = value[O_VARIABLE].integer;
    p->strength = value[O_STRENGTH].real;
    p->lambda = value[O_LAMBDA].real;
    p->gamma_end = value[O_GAMMA_END].real;
    p->gamma_floor = value[O_GAMMA_FLOOR].real;
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
    (void)v;
    const par *p = self;
    if (p->method == APROX)
        request->caps &= ~(uint32_t)QB_CAP_EDITS_LATENT;
    if (p->lists.n == 0)
        request->caps &= ~(uint32_t)QB_CAP_OWN_LEVELS;
    return 0;
}

/* What the map of a step needs: w = prox_{s Psi}(gain z), slopes of Psi: scale * midpoints, or scale * the lists'. */
typedef struct map {
    double s, gain, scale;
} map;

static map map_of(const par *p, const qb_step *step)
{
    bool listed = p->lists.n > 0;
    double listed_scale = p->lambda > 0.0 ? p->lambda : 1.0;
    if (p->method == PROXSGD) {
        double total = step->lr_sum_total > 0.0 ? step->lr_sum_total : 1.0;
        return (map){step->lr, 1.0, listed ? listed_scale : p->lambda > 0.0 ? p->lambda : p->strength / total};
    }
    double gamma = fmax(p->gamma_floor, step->lr_sum), last = fmax(p->gamma_floor, step->lr_sum_total);
    if (listed || p->lambda > 0.0)
        return (map){gamma, 1.0, listed_scale};
    if (p->variable == LATENT)
        return (map){gamma, 1.0, last > 0.0 ? p->strength / last : 0.0};
    gamma = fmax(1.0, p->gamma_end * qb_spent(step));
    return (map){gamma, gamma, p->strength * (1.0 - 1.0 / gamma)};
}

static void project_row(const par *p, map m, const float *q, int32_t n, const float *z, int64_t len, float *w)
{
    double alpha[QB_PAR_MAX + 1];
    if (p->lists.n > 0) {
        qb_par_lists_row(&p->lists, m.s * m.scale, z, len, w);
        return;
    }
    if (m.gain != 1.0) { /* w serves as the map's input; qb_par_convex_row reads each weight before writing it */
        for (int64_t i = 0; i < len; i++)
            w[i] = (float)(m.gain * (double)z[i]);
        z = w;
    }
    qb_par_midpoint_slopes(q, n, m.scale, alpha);
    qb_par_convex_row(q, alpha, n, m.s, z, len, w);
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    const par *p = self;
    map m = map_of(p, step);
    for (int64_t r = 0; r < v->n_rows; r++)
        project_row(p, m, v->levels + (p->lists.n > 0 ? 0 : r * v->n_levels), v->n_levels, v->z + r * v->row_len, v->row_len,
                    v->w + r * v->row_len);
    if (p->method == PROXSGD)
        qb_latent_from_forward(v);
    return 0;
}

static int finish(void *self, const qb_step *step, const qb_view *v, float *out)
{
    (void)step;
    const par *p = self;
    bool listed = p->lists.n > 0;
    for (int64_t r = 0; r < v->n_rows; r++)
        qb_nearest_row(listed ? p->lists.q : v->levels + r * v->n_levels, listed ? p->lists.n : v->n_levels,
                       v->w + r * v->row_len, v->row_len, out + r * v->row_len);
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_EDITS_LATENT | QB_CAP_OWN_LEVELS | QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_MONOTONE | QB_TRAIT_ODD | QB_TRAIT_ROW_SYMMETRIC,
    .name = "par",
    .title = "piecewise-affine regularization with explicit slopes, by AProx or proximal SGD",
    .version = "1.0",
    .source = "Jin, Ma, Liu, Gromov, Defazio, Xiao, PARQ, arXiv 2503.15748",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .project = project,
    .supports = supports,
    .create = create,
    .destroy = free,
    .bind = bind,
    .finish = finish,
};
