/* Learning-rate schedules: one curve lr(epoch) a kind, a linear warm-up in front of any of them.
 *
 * Invariant: a schedule is immutable and a pure function of the epoch, so a resumed run reads the same rates.
 * Letters: e epoch (real), E epochs of the run, W warm-up epochs, c constant epochs at the end.
 * Source: PyTorch's MultiStepLR, StepLR, LinearLR + CosineAnnealingLR + constant tail, the cosine
 * in closed form; the powers of gamma are multiplied up one by one as PyTorch does.
 */
#include "engine/schedule.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { CONSTANT, MULTISTEP, STEP, COSINE, N_KINDS };

struct qb_schedule {
    int kind;
    double lr, epochs;
    double warmup, warmup_start; /* [epochs], [share of lr] */
    bool per_step;
    double gamma;                /* multistep, step */
    double *milestones;          /* multistep: ascending [epochs] */
    size_t n_milestones;
    double size;                 /* step [epochs] */
    double min, constant;        /* cosine: [lr], [epochs] */
};

static const char *const per_choices[] = {"epoch", "step", NULL};

#define WARMUP_OPTIONS                                                                                              \
    {.name = "warmup", .kind = QB_KIND_REAL, .def = "0", .min = 0, .max = 1e6, .unit = "epochs",                    \
     .help = "linear warm-up at the start", .flags = QB_OPT_IDENTITY},                                              \
    {.name = "warmup_start", .kind = QB_KIND_REAL, .def = "0.001", .min = 0, .max = 1, .unit = "of lr",             \
     .help = "rate at the start of the warm-up", .flags = QB_OPT_IDENTITY},                                         \
    {.name = "per", .kind = QB_KIND_CHOICE, .def = "epoch", .choices = per_choices, .unit = "",                     \
     .help = "how often the rate changes", .flags = QB_OPT_IDENTITY}

#define GAMMA_OPTION                                                                                                \
    {.name = "gamma", .kind = QB_KIND_REAL, .def = "0.1", .min = 0, .max = 1, .unit = "",                           \
     .help = "factor at each drop", .flags = QB_OPT_IDENTITY | QB_OPT_MIN_OPEN}

static const qb_option constant_options[] = {WARMUP_OPTIONS};
static const qb_option multistep_options[] = {
    {.name = "milestones", .kind = QB_KIND_REALS, .min = 0, .max = 1e6, .unit = "epochs",
     .help = "epochs from which the rate is lower, ascending, separated by '/'",
     .flags = QB_OPT_IDENTITY | QB_OPT_REQUIRED | QB_OPT_MIN_OPEN},
    GAMMA_OPTION,
    WARMUP_OPTIONS,
};
static const qb_option step_options[] = {
    {.name = "size", .kind = QB_KIND_REAL, .def = "30", .min = 1e-3, .max = 1e6, .unit = "epochs",
     .help = "epochs from one drop to the next", .flags = QB_OPT_IDENTITY},
    GAMMA_OPTION,
    WARMUP_OPTIONS,
};
static const qb_option cosine_options[] = {
    {.name = "min", .kind = QB_KIND_REAL, .def = "0", .min = 0, .max = 1e6, .unit = "",
     .help = "rate at the bottom of the cosine", .flags = QB_OPT_IDENTITY},
    {.name = "constant", .kind = QB_KIND_REAL, .def = "0", .min = 0, .max = 1e6, .unit = "epochs",
     .help = "epochs at min at the end of the run", .flags = QB_OPT_IDENTITY},
    WARMUP_OPTIONS,
};

/* ---- the curves ---- */

static int check_nothing(const qb_schedule *s)
{
    (void)s; /* every value in range is fine */
    return 0;
}

static int check_milestones(const qb_schedule *s)
{
    char a[32], b[32];
    if (s->n_milestones == 0)
        return qb_err_set(QB_E_USAGE, "milestones: expected at least one epoch, got none");
    for (size_t i = 1; i < s->n_milestones; i++)
        if (s->milestones[i] <= s->milestones[i - 1])
            return qb_err_set(QB_E_USAGE, "milestones: expected ascending epochs, got %s after %s",
                              qb_format_real(s->milestones[i], a), qb_format_real(s->milestones[i - 1], b));
    double last = s->milestones[s->n_milestones - 1];
    if (last > s->epochs) {
        qb_err_set(QB_E_USAGE, "milestones: %s is past the end of a run of %s epochs", qb_format_real(last, a),
                   qb_format_real(s->epochs, b));
        return qb_err_hint("milestones are epochs of this run: give others, or train for longer");
    }
    return 0;
}

static int check_cosine(const qb_schedule *s)
{
    char a[32], b[32];
    if (s->warmup + s->constant > s->epochs) {
        qb_err_set(QB_E_USAGE, "warmup + constant: expected at most the run's %s epochs, got %s",
                   qb_format_real(s->epochs, a), qb_format_real(s->warmup + s->constant, b));
        return qb_err_hint("the cosine runs in the epochs between them");
    }
    if (s->min > s->lr)
        return qb_err_set(QB_E_USAGE, "min: expected at most the learning rate %s, got %s", qb_format_real(s->lr, a),
                          qb_format_real(s->min, b));
    return 0;
}

static double drop(const qb_schedule *s, int64_t times)
{
    double lr = s->lr, before = -1;
    for (int64_t i = 0; i < times && lr != before; i++) { /* at 0, and with gamma = 1, it falls no further */
        before = lr;
        lr *= s->gamma;
    }
    return lr;
}

static double constant_rate(const qb_schedule *s, double e)
{
    (void)e;
    return s->lr;
}

static double multistep_rate(const qb_schedule *s, double e)
{
    int64_t times = 0;
    while ((size_t)times < s->n_milestones && s->milestones[times] <= e)
        times++;
    return drop(s, times);
}

/* Drop k falls at k * size: where the quotient of two decimals comes out a bit below the whole number k that it is
 * (33 / 1.1), k * size still meets e but for the rounding of both. */
static double step_rate(const qb_schedule *s, double e)
{
    double k = round(e / s->size);
    bool is_there = k * s->size - e <= 2 * DBL_EPSILON * e;
    return drop(s, (int64_t)(is_there ? k : k - 1));
}

static double cosine_rate(const qb_schedule *s, double e)
{
    static const double pi = 3.14159265358979323846;
    double length = s->epochs - s->warmup - s->constant;
    double done = e - s->warmup;
    if (done >= length)
        return s->min;
    return s->min + (s->lr - s->min) * (1 + cos(pi * done / length)) / 2;
}

#define KIND(NAME, TITLE) {#NAME, TITLE, NAME##_options, sizeof NAME##_options / sizeof *NAME##_options}

static const qb_schedule_kind kinds[N_KINDS] = {
    [CONSTANT] = KIND(constant, "the same rate throughout"),
    [MULTISTEP] = KIND(multistep, "times gamma at each milestone"),
    [STEP] = KIND(step, "times gamma every size epochs"),
    [COSINE] = KIND(cosine, "half a cosine from the rate down to min, then constant epochs at min"),
};

static const struct {
    int (*check)(const qb_schedule *s);
    double (*rate)(const qb_schedule *s, double e); /* W <= e */
} curves[N_KINDS] = {
    [CONSTANT] = {check_nothing, constant_rate},
    [MULTISTEP] = {check_milestones, multistep_rate},
    [STEP] = {check_nothing, step_rate},
    [COSINE] = {check_cosine, cosine_rate},
};

/* ---- specs ---- */

static int find_kind(const char *name, int *ret_kind)
{
    const char *names[N_KINDS];
    for (int i = 0; i < N_KINDS; i++) {
        names[i] = kinds[i].name;
        if (strcmp(name, names[i]) == 0) {
            *ret_kind = i;
            return 0;
        }
    }
    qb_err_set(QB_E_USAGE, "unknown schedule '%s'", name);
    const char *near = qb_nearest_name(name, names, N_KINDS);
    if (near)
        return qb_err_hint("did you mean '%s'?", near);
    return qb_err_hint("there are constant, multistep, step and cosine");
}

/* Spec text to kind and settings (initialised on success only). */
static int read_spec(const char *text, int *ret_kind, qb_settings *ret_settings)
{
    qb_spec spec;
    QB_TRY(qb_spec_parse(text, &spec));
    qb_settings settings = {0};
    int kind = 0;
    int rc = find_kind(spec.name, &kind);
    if (rc < 0)
        goto out;
    if ((rc = qb_settings_init(&settings, kinds[kind].options, kinds[kind].n_options)) < 0 ||
        (rc = qb_spec_apply(&spec, &settings)) < 0)
        goto out;
    if ((rc = qb_settings_check(&settings)) < 0) {
        qb_err_add("%s", kinds[kind].name);
        goto out;
    }
    *ret_kind = kind;
    *ret_settings = settings;
    settings = (qb_settings){0};
out:
    qb_settings_finish(&settings);
    qb_spec_finish(&spec);
    return rc;
}

static bool has_option(int kind, const char *name)
{
    return qb_option_find(kinds[kind].options, kinds[kind].n_options, name) != NULL;
}

static double real_of(int kind, const qb_settings *settings, const char *name)
{
    return has_option(kind, name) ? qb_get(settings, name)->r : 0;
}

int qb_schedule_create(const char *spec, double lr, double epochs, qb_schedule **ret_schedule)
{
    char number[32];
    if (!(lr >= 0) || !isfinite(lr))
        return qb_err_set(QB_E_USAGE, "learning rate: expected a number of at least 0, got %s", qb_format_real(lr, number));
    if (!(epochs >= 0) || !isfinite(epochs))
        return qb_err_set(QB_E_USAGE, "epochs: expected a number of at least 0, got %s", qb_format_real(epochs, number));
    int kind;
    qb_settings settings;
    QB_TRY(read_spec(spec, &kind, &settings));
    int rc = QB_E_NOMEM;
    qb_schedule *s = qb_alloc(1, sizeof *s);
    if (!s)
        goto out;
    s->kind = kind;
    s->lr = lr;
    s->epochs = epochs;
    s->warmup = real_of(kind, &settings, "warmup");
    s->warmup_start = real_of(kind, &settings, "warmup_start");
    s->per_step = strcmp(qb_get(&settings, "per")->text, "step") == 0;
    s->gamma = real_of(kind, &settings, "gamma");
    s->size = real_of(kind, &settings, "size");
    s->min = real_of(kind, &settings, "min");
    s->constant = real_of(kind, &settings, "constant");
    if (has_option(kind, "milestones")) {
        const qb_value *v = qb_get(&settings, "milestones");
        s->milestones = qb_alloc(v->n_reals, sizeof *s->milestones);
        if (!s->milestones)
            goto out;
        s->n_milestones = v->n_reals;
        for (size_t i = 0; i < v->n_reals; i++)
            s->milestones[i] = v->reals[i];
    }
    if (s->warmup > epochs) {
        char length[32];
        rc = qb_err_set(QB_E_USAGE, "%s: warmup: expected at most the run's %s epochs, got %s", kinds[kind].name,
                        qb_format_real(epochs, number), qb_format_real(s->warmup, length));
        goto out;
    }
    rc = curves[kind].check(s);
    if (rc < 0) {
        qb_err_add("%s", kinds[kind].name);
        goto out;
    }
    *ret_schedule = s;
    s = NULL;
out:
    qb_schedule_destroy(s);
    qb_settings_finish(&settings);
    return rc;
}

void qb_schedule_destroy(qb_schedule *s)
{
    if (!s)
        return;
    qb_free(s->milestones);
    qb_free(s);
}

int qb_schedule_canonical(const char *spec, char **ret_text)
{
    int kind;
    qb_settings settings;
    QB_TRY(read_spec(spec, &kind, &settings));
    char *text = qb_spec_canonical(kinds[kind].name, &settings);
    qb_settings_finish(&settings);
    if (!text)
        return QB_E_NOMEM;
    *ret_text = text;
    return 0;
}

/* ---- rates ---- */

double qb_schedule_lr_at(const qb_schedule *s, double epoch)
{
    if (epoch < s->warmup)
        return s->lr * (s->warmup_start + (1 - s->warmup_start) * epoch / s->warmup);
    return curves[s->kind].rate(s, epoch);
}

double qb_schedule_lr(const qb_schedule *s, int64_t step, int64_t steps_per_epoch)
{
    if (s->per_step)
        return qb_schedule_lr_at(s, (double)step / (double)steps_per_epoch);
    return qb_schedule_lr_at(s, (double)(step / steps_per_epoch));
}

double qb_schedule_sum(const qb_schedule *s, int64_t from, int64_t to, int64_t steps_per_epoch)
{
    double sum = 0;
    for (int64_t step = from; step < to;) {
        int64_t end = s->per_step ? step + 1 : (step / steps_per_epoch + 1) * steps_per_epoch;
        if (end > to)
            end = to;
        sum += (double)(end - step) * qb_schedule_lr(s, step, steps_per_epoch);
        step = end;
    }
    return sum;
}

const qb_schedule_kind *qb_schedule_kinds(size_t *ret_n)
{
    *ret_n = N_KINDS;
    return kinds;
}
