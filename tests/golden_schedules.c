/* schedules.json: learning rate of every epoch, 1e-6 relative. The file's names of schedules and parameters
 * become our spec text, so that the parser is tested with the curve.
 */
#include "golden.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/schedule.h"

#include <math.h>
#include <string.h>

static bool matches(const golden_file *f)
{
    return f->json && golden_cases_have(f, "schedule") && golden_cases_have(f, "values");
}

/* ",KEY=VALUE" when the case has a number `theirs`. */
static void add_number(qb_str *spec, const json_t *c, const char *ours, const char *theirs)
{
    char number[32];
    if (json_is_number(json_object_get(c, theirs)))
        qb_str_addf(spec, "%s%s=%s", spec->text[spec->length - 1] == '[' ? "" : ",", ours,
                    qb_format_real(golden_number(c, theirs, 0), number));
}

static void add_milestones(qb_str *spec, const json_t *c)
{
    const json_t *list = json_object_get(c, "milestones");
    char number[32];
    for (size_t i = 0; i < json_array_size(list); i++)
        qb_str_addf(spec, "%s%s", i ? "/" : "milestones=", qb_format_real(json_number_value(json_array_get(list, i)), number));
}

/* NULL: a schedule of another name. */
static char *spec_of(const json_t *c)
{
    static const char *const names[][2] = {{"constant", "constant"}, {"multistep", "multistep"}, {"step", "step"},
                                           {"cosine", "cosine"}, {"linear-cosine-constant", "cosine"}};
    const char *theirs = golden_text(c, "schedule"), *ours = NULL;
    for (size_t i = 0; theirs && i < sizeof names / sizeof *names; i++)
        if (strcmp(theirs, names[i][0]) == 0)
            ours = names[i][1];
    if (!ours)
        return NULL;
    qb_str spec = {0};
    qb_str_addf(&spec, "%s[", ours);
    add_milestones(&spec, c);
    add_number(&spec, c, "gamma", "gamma");
    add_number(&spec, c, "size", "step_size");
    add_number(&spec, c, "min", "lr_min");
    add_number(&spec, c, "warmup", "warmup_epochs");
    add_number(&spec, c, "warmup_start", "warmup_start_factor");
    add_number(&spec, c, "constant", "constant_epochs");
    if (spec.text[spec.length - 1] == '[')
        spec.text[--spec.length] = 0;
    else
        qb_str_add(&spec, "]");
    return qb_str_take(&spec);
}

static void run_case(golden_tally *t, const char *name, const json_t *c)
{
    char *spec = spec_of(c);
    if (!spec) {
        golden_skip(t, name, "schedule '%s' is unknown here", golden_text(c, "schedule"));
        return;
    }
    qb_schedule *schedule = NULL;
    if (qb_schedule_create(spec, golden_number(c, "lr", 0), golden_number(c, "epochs", 0), &schedule) < 0) {
        golden_fail(t, name, "%s: %s", spec, qb_err_text());
        qb_free(spec);
        return;
    }
    const json_t *values = json_object_get(c, "values");
    double worst = json_array_size(values) ? 0 : HUGE_VAL;
    enum { STEPS_PER_EPOCH = 3 };
    for (size_t e = 0; e < json_array_size(values); e++)
        for (int step = 0; step < STEPS_PER_EPOCH; step++) {
            double want = json_number_value(json_array_get(values, e));
            double got = qb_schedule_lr(schedule, (int64_t)e * STEPS_PER_EPOCH + step, STEPS_PER_EPOCH);
            worst = fmax(worst, fabs(got - want) / (1e-6 * fabs(want)));
        }
    golden_case(t, name, worst);
    qb_schedule_destroy(schedule);
    qb_free(spec);
}

static void run(golden_tally *t, const golden_file *f)
{
    const char *key;
    json_t *c;
    json_object_foreach(f->cases, key, c)
        run_case(t, key, c);
}

const golden_kind golden_schedules = {"schedules", matches, run};
