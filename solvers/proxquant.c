/* proxquant - pulls the weights themselves towards their quantized values, harder and harder, then freezes them.
 *
 *   x <- base optimizer step;  x = w = prox(x, s);  clip to [-1, 1];  from the freeze on w = q(w) and stays so
 *   norm l1:  w = q + sgn(x - q) max(|x - q| - s, 0)
 *   norm l2:  w = (x + c s q) / (1 + c s), q of w again and so on, `rounds` times;  c = 2 in the paper, 1 in the code
 *   norm auto: l1 at 1 bit, l2 otherwise, as in the source
 * q, the quantized value, from the row as it is at each step (`levels` = own):
 *   1 bit     level * sgn+(x), levels +-1 (`level` = 0: mean |x|; statistic = median: the lower median of |x|)
 *   ternary   0 below delta = 0.7 mean|x| in size, else the mean of its side
 *   2..8 bits a sum of scaled signs, fitted by alternation (<qatbench/multibit.h>)
 * or the nearest level of the quantizer (`levels` = quantizer).
 *
 * Strength. By default the s of a run add up to `strength`, times half the mean gap of the row's levels under l1:
 * nothing until the part `start` of the run's learning rate is spent, then growing evenly. `reg_rate` above 0 is the
 * code's schedule instead: s = lr reg_rate epoch, times lr_base / lr with adjust_reg.
 * The freeze comes at the fraction `freeze` of the run (published: 200 of 300 epochs), or at freeze_epoch.
 *
 * Source: Bai, Wang, Liberty, "ProxQuant", ICLR 2019; code allenbai01/ProxQuant.
 * Differs: default strength as above; l1 at all bits by default, because l2 brings no weight onto its quantized value
 * and the freeze then costs accuracy (2 bits, results/fashion-mnist-solvers: 81 % instead of 84 %); no warm start from a
 * float network of its own; the optimizer is kept over epochs (option reset_optimizer_each_epoch: the code);
 * sgn+(0) = +1; the ternary default is the paper's form; multi-bit by exact least squares and nearest codes; under l1
 * levels may have any scale, with `clip` in units of 1.
 */
#include "common/instance.h"
#include "common/maps.h"
#include "common/median.h"
#include "common/strength.h"
#include "common/ternary.h"

#include <qatbench/multibit.h>

#include <stdio.h>

enum { OWN, QUANTIZER };    /* levels    */
enum { AUTO, L1, L2 };      /* norm      */
enum { PAPER, CODE };       /* form      */
enum { MEAN, MEDIAN };      /* statistic */
enum { NEAREST, FOLD };     /* codes     */

typedef struct proxquant {
    int64_t levels, norm, form, statistic, codes, rounds, quantizer_rounds, adjust_reg, reset;
    double level, strength, start, reg_rate, clip, freeze, freeze_epoch;
} proxquant;

static const char *const level_sources[] = {"own", "quantizer", NULL};
static const char *const norms[] = {"auto", "l1", "l2", NULL};
static const char *const forms[] = {"paper", "code", NULL};
static const char *const statistics[] = {"mean", "median", NULL};
static const char *const code_rules[] = {"nearest", "fold", NULL};

enum { O_LEVELS, O_NORM, O_FORM, O_ROUNDS, O_LEVEL, O_STATISTIC, O_CODES, O_QUANTIZER_ROUNDS, O_STRENGTH, O_START, O_REG_RATE,
       O_ADJUST_REG, O_CLIP, O_FREEZE, O_FREEZE_EPOCH, O_RESET };

static const qb_solver_option options[] = {
    {"levels", QB_OPTION_CHOICE, 0, "own", 0, 0, level_sources, "", "the source's quantized values, or the quantizer's levels"},
    {"norm", QB_OPTION_CHOICE, 0, "l1", 0, 0, norms, "", "of the distance to them; auto: l1 at 1 bit, else l2, as published"},
    {"form", QB_OPTION_CHOICE, 0, "paper", 0, 0, forms, "", "l2: 2 s (paper) or s (code) as weight of q"},
    {"rounds", QB_OPTION_INT, 0, "2", 1, 100, NULL, "", "l2: how often q is taken anew within a step"},
    {"level", QB_OPTION_REAL, 0, "1", 0, 1e6, NULL, "", "1 bit: size of the levels; 0: from the weights"},
    {"statistic", QB_OPTION_CHOICE, 0, "mean", 0, 0, statistics, "", "1 bit with level = 0: of |x|"},
    {"codes", QB_OPTION_CHOICE, 0, "nearest", 0, 0, code_rules, "", "2..8 bits: signs by nearest sum or greedy folding"},
    {"quantizer_rounds", QB_OPTION_INT, 0, "3", 1, 100, NULL, "", "2..8 bits: fits of the magnitudes"},
    {"strength", QB_OPTION_REAL, 0, "6", 0, 1e6, NULL, "", "sum of s over the run; l1: in half gaps between levels"},
    {"start", QB_OPTION_REAL, 0, "0.5", 0, 0.99, NULL, "", "part of the run's learning rate that is spent before the pull sets in"},
    {"reg_rate", QB_OPTION_REAL, 0, "0", 0, 1e6, NULL, "", "above 0: s = lr reg_rate epoch, instead of strength"},
    {"adjust_reg", QB_OPTION_BOOL, 0, "false", 0, 0, NULL, "", "with reg_rate: the first learning rate instead of the present"},
    {"clip", QB_OPTION_REAL, 0, "1", 0, 1e6, NULL, "", "largest size of a weight; 0: no limit"},
    {"freeze", QB_OPTION_REAL, 0, "0.9", 0, 1, NULL, "", "fraction of the run after which the weights are frozen"},
    {"freeze_epoch", QB_OPTION_REAL, 0, "0", 0, 1e9, NULL, "epochs", "above 0: the freeze, instead of the fraction"},
    {"reset_optimizer_each_epoch", QB_OPTION_BOOL, 0, "false", 0, 0, NULL, "", "forget momenta at every epoch's start"},
};

static int supports(const qb_option_value *value, int32_t bits, const char *granularity, char *why, size_t n)
{
    (void)granularity;
    bool median = value[O_STATISTIC].integer == MEDIAN;
    if (median && (bits != 1 || value[O_LEVEL].real > 0.0 || value[O_LEVELS].integer == QUANTIZER)) {
        (void)snprintf(why, n, "statistic=median is for 1 bit with level=0 and own levels");
        return 1;
    }
    return 0;
}

static int create(const qb_host *host, const qb_option_value *value, void **ret_self)
{
    proxquant *p = qb_instance(host, sizeof *p);
    if (p == NULL)
        return 1;
    p->levels = value[O_LEVELS].integer;
    p->norm = value[O_NORM].integer;
    if (p->norm == AUTO)
        p->norm = host->bits == 1 ? L1 : L2;
    p->form = value[O_FORM].integer;
    p->rounds = value[O_ROUNDS].integer;
    p->level = value[O_LEVEL].real;
    p->statistic = value[O_STATISTIC].integer;
    p->codes = value[O_CODES].integer;
    p->quantizer_rounds = value[O_QUANTIZER_ROUNDS].integer;
    p->strength = value[O_STRENGTH].real;
    p->start = value[O_START].real;
    p->reg_rate = value[O_REG_RATE].real;
    p->adjust_reg = value[O_ADJUST_REG].integer;
    p->clip = value[O_CLIP].real;
    p->freeze = value[O_FREEZE].real;
    p->freeze_epoch = value[O_FREEZE_EPOCH].real;
    p->reset = value[O_RESET].integer;
    *ret_self = p;
    return 0;
}

/* ---- the quantized value q of a weight, as fitted to its row ---- */

typedef struct estimate {
    const float *levels; /* the quantizer's, n_levels of them; NULL: own */
    int32_t n_levels, bits;
    float level;    /* 1 bit     */
    qb_ternary t;   /* ternary   */
    qb_multibit m;  /* 2..8 bits */
} estimate;

enum { FROZEN = 8, ROW_STATE }; /* 8 floats of an own estimate (level | delta low high | magnitudes), then a flag */

static int bind(void *self, const qb_view *v, qb_bind *request)
{
    (void)v;
    const proxquant *p = self;
    if (p->levels == QUANTIZER)
        request->caps &= ~(uint32_t)QB_CAP_OWN_LEVELS;
    request->state_per_row = ROW_STATE; /* what finish uses */
    return 0;
}

static void fit(const proxquant *p, const float *x, int64_t n, estimate *e)
{
    if (e->levels != NULL)
        return;
    if (e->bits == 0)
        e->t = qb_ternary_fit(x, n, 0.7 * qb_mean_abs(x, n), true, false);
    else if (e->bits > 1)
        qb_multibit_fit(x, n, 0.0, e->bits, (int32_t)p->quantizer_rounds, p->codes == NEAREST, &e->m);
    else if (p->level > 0.0)
        e->level = (float)p->level;
    else
        e->level = p->statistic == MEDIAN ? qb_lower_median_abs(x, n) : (float)qb_mean_abs(x, n);
}

/* q[i] = quantized value of x[i]. */
static void values_of(const estimate *e, const float *restrict x, int64_t n, float *restrict q)
{
    double in[QB_MULTIBIT_PIECE], value[QB_MULTIBIT_PIECE];
    int64_t code[QB_MULTIBIT_PIECE];
    if (e->levels != NULL) {
        qb_nearest_row(e->levels, e->n_levels, x, n, q);
        return;
    }
    for (int64_t i = 0; e->bits < 2 && i < n; i++)
        q[i] = e->bits == 0 ? qb_ternary_value(&e->t, x[i]) : e->level * qb_sign(x[i]);
    for (int64_t from = 0; e->bits > 1 && from < n; from += QB_MULTIBIT_PIECE) {
        int32_t count = n - from < QB_MULTIBIT_PIECE ? (int32_t)(n - from) : QB_MULTIBIT_PIECE;
        for (int32_t i = 0; i < count; i++)
            in[i] = (double)x[from + i];
        qb_multibit_values(&e->m, in, count, value, code);
        for (int32_t i = 0; i < count; i++)
            q[from + i] = (float)value[i];
    }
}

static double half_gap(const estimate *e)
{
    if (e->levels != NULL)
        return 0.5 * ((double)e->levels[e->n_levels - 1] - (double)e->levels[0]) / (double)(e->n_levels - 1);
    if (e->bits == 0)
        return 0.25 * ((double)e->t.high - (double)e->t.low);
    if (e->bits == 1)
        return (double)e->level;
    int32_t last = (1 << e->bits) - 1;
    return 0.5 * (e->m.sum[last] - e->m.sum[0]) / (double)last;
}

static estimate blank(const qb_view *v, int64_t r)
{
    return (estimate){.levels = v->levels != NULL ? v->levels + r * v->n_levels : NULL, .n_levels = v->n_levels, .bits = v->bits};
}

static void keep(const estimate *e, float *state)
{
    if (e->bits == 1)
        state[0] = e->level;
    for (int32_t j = 0; e->bits > 1 && j < e->bits; j++)
        state[j] = (float)e->m.v[j];
    if (e->bits == 0) {
        state[0] = qb_float_below(e->t.delta);
        state[1] = e->t.low;
        state[2] = e->t.high;
    }
}

static estimate kept(const proxquant *p, const qb_view *v, int64_t r)
{
    estimate e = blank(v, r);
    if (e.levels != NULL)
        return e;
    const float *state = v->row_state + r * ROW_STATE;
    e.level = state[0];
    e.t = (qb_ternary){.delta = (double)state[0], .low = state[1], .high = state[2], .inclusive = true};
    e.m.bits = e.bits;
    e.m.nearest = p->codes == NEAREST && p->quantizer_rounds > 1;
    for (int32_t j = 0; e.bits > 1 && j < e.bits; j++)
        e.m.v[j] = (double)state[j];
    if (e.bits > 1)
        qb_multibit_order(&e.m);
    return e;
}

/* ---- steps ---- */

static int begin_step(void *self, const qb_step *step, qb_step_request *request)
{
    const proxquant *p = self;
    request->reset_optimizer = p->reset != 0 && step->step % step->steps_per_epoch == 0 ? 1 : 0;
    return 0;
}

/* First step at or after `part` of `all` steps: part = 0.07 of 100 is 7, though 0.07 * 100 comes out above it. */
static double step_at(double part, double all)
{
    double at = part * all, whole = round(at);
    return whole / all == part ? whole : ceil(at);
}

/* First step after the freeze; weights are frozen at the end of the step before, or of the first quantized one. */
static double freeze_step(const proxquant *p, const qb_step *step)
{
    double at = p->freeze_epoch > 0.0 ? step_at(p->freeze_epoch, (double)step->steps_per_epoch)
                                      : step_at(p->freeze, (double)step->n_steps);
    return fmax(at, (double)step->first_step + 1.0);
}

/* s of this step, for the code's schedule; or what the half gap (l2: 1) is multiplied with. */
static double strength(const proxquant *p, const qb_step *step)
{
    if (!(p->reg_rate > 0.0))
        return p->strength * qb_share(step, p->start);
    double epoch = floor((double)step->step / (double)step->steps_per_epoch);
    return (p->adjust_reg != 0 ? step->lr_base : step->lr) * p->reg_rate * epoch;
}

enum { PIECE = 256 };

static int piece_of(int64_t from, int64_t n) { return n - from < PIECE ? (int)(n - from) : PIECE; }

/* w <- the pull of x towards q: by s at most (l1), or in parts c : 1 (l2). */
QB_CLONES(void, pull, (int64_t norm, double s, double c, const float *restrict x, const float *restrict q, int n,
                       float *restrict w), (norm, s, c, x, q, n, w))
{
    for (int i = 0; norm == L2 && i < n; i++)
        w[i] = (float)(((double)x[i] + c * (double)q[i]) / (1.0 + c));
    for (int i = 0; norm == L1 && i < n; i++) {
        double d = (double)x[i] - (double)q[i];
        float moved = (float)((double)x[i] - (d > 0.0 ? s : -s));
        w[i] = fabs(d) <= s ? q[i] : moved;
    }
}

static void pull_row(const proxquant *p, double s, const float *x, int64_t n, estimate *e, float *w)
{
    float q[PIECE];
    double c = p->form == PAPER ? 2.0 * s : s;
    memcpy(w, x, (size_t)n * sizeof *w);
    for (int64_t round = 0; round < (p->norm == L2 ? p->rounds : 1); round++) {
        fit(p, w, n, e);
        if (p->norm == L1 && !(p->reg_rate > 0.0))
            s *= half_gap(e);
        for (int64_t from = 0; from < n; from += PIECE) {
            values_of(e, w + from, piece_of(from, n), q);
            pull(p->norm, s, c, x + from, q, piece_of(from, n), w + from);
        }
    }
    const float limit = p->clip > 0.0 ? (float)p->clip : INFINITY;
    for (int64_t i = 0; i < n; i++) {
        float v = w[i] < -limit ? -limit : w[i];
        w[i] = v > limit ? limit : v;
    }
}

/* w <- its quantized values. */
static void harden(const estimate *e, float *w, int64_t n)
{
    float q[PIECE];
    for (int64_t from = 0; from < n; from += PIECE) {
        values_of(e, w + from, piece_of(from, n), q);
        memcpy(w + from, q, (size_t)piece_of(from, n) * sizeof *q);
    }
}

static int project(void *self, const qb_step *step, qb_view *v)
{
    const proxquant *p = self;
    double freeze = freeze_step(p, step), s = strength(p, step);
    bool frozen = (double)step->step >= freeze, freezes = !frozen && (double)step->step + 1.0 >= freeze;
    for (int64_t r = 0; r < v->n_rows && !frozen; r++) {
        float *w = v->w + r * v->row_len;
        estimate e = blank(v, r);
        pull_row(p, s, v->z + r * v->row_len, v->row_len, &e, w);
        if (e.levels == NULL) {
            fit(p, w, v->row_len, &e);
            keep(&e, v->row_state + r * ROW_STATE);
        }
        e = kept(p, v, r);
        if (freezes)
            harden(&e, w, v->row_len);
        v->row_state[r * ROW_STATE + FROZEN] = freezes ? 1.0f : 0.0f;
    }
    qb_latent_from_forward(v);
    return 0;
}

static int finish(void *self, const qb_step *step, const qb_view *v, float *out)
{
    (void)step;
    for (int64_t r = 0; r < v->n_rows; r++) {
        const float *w = v->w + r * v->row_len;
        float *to = out + r * v->row_len;
        estimate e = kept(self, v, r);
        bool frozen = v->row_state[r * ROW_STATE + FROZEN] > 0.0f; /* hard, while the quantizer may have moved on */
        if (frozen)
            memcpy(to, w, (size_t)v->row_len * sizeof *to);
        else
            values_of(&e, w, v->row_len, to);
    }
    return 0;
}

const qb_solver qb_solver_v1 = {
    QB_SOLVER_HEAD,
    .caps = QB_CAP_EDITS_LATENT | QB_CAP_OWN_LEVELS | QB_CAP_PARALLEL_VIEWS,
    .traits = QB_TRAIT_ROW_SYMMETRIC,
    .name = "proxquant",
    .title = "proximal steps towards quantized values, then a freeze",
    .version = "1.0",
    .source = "Bai, Wang, Liberty, ProxQuant, ICLR 2019",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .project = project,
    .supports = supports,
    .create = create,
    .destroy = free,
    .bind = bind,
    .begin_step = begin_step,
    .finish = finish,
};
