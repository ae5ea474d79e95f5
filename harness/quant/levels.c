/* The table of quantizers and what all of them share: parsing, bits offered, centring, rounding to float32. */
#include "quant/levels.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "quant/levels_kinds.h"

#include <float.h>
#include <math.h>
#include <string.h>

struct qb_quantizer {
    qb_level_rule rule;
    bool (*formula)(const qb_level_rule *rule, const qb_row *row, double *out);
    bool centre;
    int n_levels;
    int64_t max_row_len;
    int n_threads;
    uint32_t *keys; /* (n_threads, 2 max_row_len) for quantizers that sort, else NULL */
};

#define CENTER                                                                                             \
    {                                                                                                      \
        .name = "center", .kind = QB_KIND_BOOL, .def = "false", .flags = QB_OPT_IDENTITY,                  \
        .help = "subtract the row's mean first and add it to the levels", .unit = ""                       \
    }

static const char *const scale_choices[] = {"mean", "max", NULL};

static const qb_option lsbq_options[] = {
    CENTER,
    {.name = "ternary_multiplier", .kind = QB_KIND_REAL, .def = "1.1", .min = 0, .max = 100,
     .flags = QB_OPT_IDENTITY | QB_OPT_MIN_OPEN, .unit = "", .help = "ternary: outer level over mean |x|"},
};
static const qb_option center_only[] = {CENTER};
static const qb_option unif_options[] = {
    CENTER,
    {.name = "scale", .kind = QB_KIND_CHOICE, .def = "mean", .choices = scale_choices, .flags = QB_OPT_IDENTITY,
     .unit = "", .help = "outermost level: min(bits * mean |x|, max |x|), or max |x|"},
};

static const qb_option twn_options[] = {
    CENTER,
    {.name = "kappa", .kind = QB_KIND_REAL, .def = "0.75", .min = 0, .max = 100, .flags = QB_OPT_IDENTITY, .unit = "",
     .help = "threshold over mean |x|: the level is the mean |x| beyond it"},
};
static const char *const code_choices[] = {"nearest", "fold", NULL};
static const qb_option alternating_options[] = {
    CENTER,
    {.name = "rounds", .kind = QB_KIND_INT, .def = "3", .min = 1, .max = 100, .flags = QB_OPT_IDENTITY, .unit = "",
     .help = "fits, the greedy one included"},
    {.name = "codes", .kind = QB_KIND_CHOICE, .def = "nearest", .choices = code_choices, .flags = QB_OPT_IDENTITY,
     .unit = "", .help = "signs for new magnitudes: nearest level, or greedy folding"},
};

#define N_OF(a) (sizeof(a) / sizeof(a)[0])

enum { LSBQ, LSBQ_OPTIMAL, LSBQ_ALTERNATING, UNIF, MAXUNIF, UNIF_ASYM, TERNARY_UNIF, TWN, N_KINDS };

static const qb_quantizer_kind kinds[N_KINDS] = {
    [LSBQ] = {"lsbq", "least-squares binary, greedy; ternary: a multiple of mean |x|",
              "Pouransari et al. 2020; PARQ, arXiv 2503.15748", lsbq_options, N_OF(lsbq_options), "ternary, 1..8"},
    [LSBQ_OPTIMAL] = {"lsbq-optimal", "least-squares binary, exact", "Pouransari et al. 2020", center_only,
                      N_OF(center_only), "ternary, 1, 2"},
    [LSBQ_ALTERNATING] = {"lsbq-alternating", "least-squares binary, magnitudes and signs improved in turn",
                          "Xu et al., ICLR 2018; ProxQuant, ICLR 2019", alternating_options, N_OF(alternating_options), "1..8"},
    [UNIF] = {"unif", "evenly spaced without zero; ternary as ternary-unif", "PARQ, arXiv 2503.15748", unif_options,
              N_OF(unif_options), "ternary, 1..8"},
    [MAXUNIF] = {"maxunif", "evenly spaced with zero, up to max |x|", "PARQ, arXiv 2503.15748", center_only,
                 N_OF(center_only), "2..8"},
    [UNIF_ASYM] = {"unif-asym", "evenly spaced from min x to max x, on multiples of the spacing", "PARQ, arXiv 2503.15748",
                   center_only, N_OF(center_only), "1..8"},
    [TERNARY_UNIF] = {"ternary-unif", "0 and +-max |x| / 1.5", "PARQ, arXiv 2503.15748", center_only,
                      N_OF(center_only), "ternary"},
    [TWN] = {"twn", "0 and the mean |x| beyond a threshold; weights go to the nearest level, not by the threshold",
             "Li, Zhang, Liu, TWN, arXiv 1605.04711", twn_options, N_OF(twn_options), "ternary"},
};

const qb_quantizer_kind *qb_quantizer_kinds(size_t *ret_n)
{
    *ret_n = N_KINDS;
    return kinds;
}

static bool offers(int kind, int bits)
{
    switch (kind) {
    case LSBQ_OPTIMAL: return bits <= 2;
    case MAXUNIF: return bits >= 2;
    case LSBQ_ALTERNATING:
    case UNIF_ASYM: return bits >= 1;
    case TERNARY_UNIF:
    case TWN: return bits == 0;
    default: return true;
    }
}

static int find_kind(const char *name, int *ret_kind)
{
    const char *names[N_KINDS];
    for (int k = 0; k < N_KINDS; k++) {
        names[k] = kinds[k].name;
        if (strcmp(name, names[k]) == 0) {
            *ret_kind = k;
            return 0;
        }
    }
    int rc = qb_err_set(QB_E_USAGE, "unknown quantizer '%s'", name);
    const char *nearest = qb_nearest_name(name, names, N_KINDS);
    if (nearest != NULL)
        return qb_err_hint("did you mean '%s'?", nearest);
    (void)qb_err_hint("quantizers: lsbq, lsbq-optimal, lsbq-alternating, unif, maxunif, unif-asym, ternary-unif, twn");
    return rc;
}

/* Kind and settings of a spec; the caller finishes the settings. */
static int parse(const char *text, int *ret_kind, qb_settings *ret_settings)
{
    qb_spec spec;
    int kind = 0;
    QB_TRY(qb_spec_parse(text, &spec));
    int rc = find_kind(spec.name, &kind);
    if (rc == 0)
        rc = qb_settings_init(ret_settings, kinds[kind].options, kinds[kind].n_options);
    if (rc == 0) {
        rc = qb_spec_apply(&spec, ret_settings);
        if (rc != 0)
            qb_settings_finish(ret_settings);
    }
    qb_spec_finish(&spec);
    if (rc == 0)
        *ret_kind = kind;
    return rc;
}

int qb_quantizer_canonical(const char *spec, char **ret_text)
{
    qb_settings settings;
    int kind = 0;
    QB_TRY(parse(spec, &kind, &settings));
    char *text = qb_spec_canonical(kinds[kind].name, &settings);
    qb_settings_finish(&settings);
    if (text == NULL)
        return QB_E_NOMEM;
    *ret_text = text;
    return 0;
}

static int refuse_bits(int kind, int bits)
{
    if (bits == 0)
        (void)qb_err_set(QB_E_NOT_OFFERED, "quantizer '%s' does not offer ternary levels; it offers: %s bits",
                         kinds[kind].name, kinds[kind].bits_text);
    else
        (void)qb_err_set(QB_E_NOT_OFFERED, "quantizer '%s' does not offer %d bit%s; it offers: %s%s", kinds[kind].name, bits,
                         bits == 1 ? "" : "s", kinds[kind].bits_text, offers(kind, 0) && !offers(kind, 1) ? "" : " bits");
    return qb_err_hint("lsbq and unif offer ternary and 1..8 bits");
}

int qb_quantizer_create(const char *spec, int bits, int64_t max_row_len, int n_threads, qb_quantizer **ret_quantizer)
{
    QB_ASSERT(bits >= 0 && bits <= 8 && max_row_len >= 1 && n_threads >= 1);
    qb_settings settings;
    int kind = 0;
    QB_TRY(parse(spec, &kind, &settings));
    qb_quantizer *q = NULL;
    int rc = 0;
    if (!offers(kind, bits)) {
        rc = refuse_bits(kind, bits);
        goto out;
    }
    q = qb_alloc(1, sizeof *q);
    if (q == NULL) {
        rc = QB_E_NOMEM;
        goto out;
    }
    q->rule.bits = bits;
    q->centre = qb_get(&settings, "center")->b;
    q->n_levels = bits == 0 ? 3 : 1 << bits;
    q->max_row_len = max_row_len;
    q->n_threads = n_threads;
    switch (kind) {
    case LSBQ:
        q->rule.ternary_multiplier = qb_get(&settings, "ternary_multiplier")->r;
        q->formula = bits == 0 ? qb_levels_simple_ternary : qb_levels_greedy;
        break;
    case LSBQ_OPTIMAL: q->formula = qb_levels_optimal; break;
    case UNIF:
        q->rule.scale_max = strcmp(qb_get(&settings, "scale")->text, "max") == 0;
        q->formula = qb_levels_uniform;
        break;
    case MAXUNIF:
        q->n_levels -= 1;
        q->formula = qb_levels_max_uniform;
        break;
    case UNIF_ASYM: q->formula = qb_levels_asym_uniform; break;
    case LSBQ_ALTERNATING:
        q->rule.rounds = (int)qb_get(&settings, "rounds")->i;
        q->rule.nearest_codes = strcmp(qb_get(&settings, "codes")->text, "nearest") == 0;
        q->formula = qb_levels_alternating;
        break;
    case TWN:
        q->rule.kappa = qb_get(&settings, "kappa")->r;
        q->formula = qb_levels_twn;
        break;
    default: q->formula = qb_levels_ternary_uniform; break;
    }
    if (kind == LSBQ_OPTIMAL) {
        q->keys = qb_alloc((size_t)n_threads * 2 * (size_t)max_row_len, sizeof *q->keys);
        if (q->keys == NULL) {
            rc = QB_E_NOMEM;
            goto out;
        }
    }
    *ret_quantizer = q;
    q = NULL;
out:
    qb_quantizer_destroy(q);
    qb_settings_finish(&settings);
    return rc;
}

void qb_quantizer_destroy(qb_quantizer *q)
{
    if (q == NULL)
        return;
    qb_free(q->keys);
    qb_free(q);
}

int qb_quantizer_n_levels(const qb_quantizer *q) { return q->n_levels; }

static float to_float(double v)
{
    if (v > (double)FLT_MAX)
        return FLT_MAX;
    if (v < -(double)FLT_MAX)
        return -FLT_MAX;
    return (float)v + 0.0f; /* -0 becomes 0 */
}

void qb_quantizer_levels(const qb_quantizer *q, int thread, const float *x, int64_t n, float *levels)
{
    QB_ASSERT(n >= 1 && n <= q->max_row_len && thread >= 0 && thread < q->n_threads);
    double out[QB_MAX_LEVELS];
    qb_row row = {.x = x, .n = n, .centre = q->centre ? qb_row_mean(x, n) : 0.0};
    if (q->keys != NULL)
        row.keys = q->keys + (size_t)thread * 2 * (size_t)q->max_row_len;
    if (!q->formula(&q->rule, &row, out)) {
        memset(levels, 0, (size_t)q->n_levels * sizeof *levels);
        return;
    }
    for (int i = 0; i < q->n_levels; i++)
        levels[i] = to_float(out[i] + row.centre);
}
