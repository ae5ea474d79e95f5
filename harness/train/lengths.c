#include "train/lengths.h"

#include "base/err.h"
#include "train/loader.h"
#include "train/spans.h"

#include <stdio.h>
#include <string.h>

bool qb_lengths_are_fixed(const qb_config *c)
{
    return c->dataset->n_train >= 0 && c->dataset->n_test >= 0;
}

static int64_t at_most(const qb_value *limit, int64_t n)
{
    return !limit->is_null && limit->i < n ? limit->i : n;
}

/* ---- the window ---- */

/* What is wrong with a window, and the words for lengths in it. */
typedef struct verdict {
    bool ends_late, starts_late, is_all_warmup;
    const char *training, *run, *end;
} verdict;

static int check_window(const qb_settings *s, const verdict *v)
{
    if (v->ends_late)
        return qb_err_set(QB_E_CONFIG, "anneal_end: %s is past the end of training (%s)", qb_get(s, "anneal_end")->text,
                          v->training);
    if (v->starts_late)
        return qb_err_set(QB_E_CONFIG, "anneal_start: %s is not before anneal_end (%s)", qb_get(s, "anneal_start")->text, v->end);
    if (v->is_all_warmup)
        return qb_err_set(QB_E_CONFIG, "quant_warmup: %s leaves no quantized step (the run has %s)",
                          qb_get(s, "quant_warmup")->text, v->run);
    return QB_OK;
}

/* Is a at b or later? Only where that can be told without the length of an epoch: both in one unit, or one of them 0. */
static bool reaches(const qb_value *a, const qb_value *b)
{
    return (a->span_unit == b->span_unit || a->r == 0 || b->r == 0) && a->r >= b->r;
}

static int check_written_window(const qb_config *c)
{
    const qb_settings *s = &c->settings;
    char length[40];
    const qb_value all = {.r = (double)qb_get(s, "epochs")->i, .span_unit = QB_SPAN_EPOCHS}, *end = qb_get(s, "anneal_end");
    (void)snprintf(length, sizeof length, "%lldep", (long long)qb_get(s, "epochs")->i);
    const verdict v = {.ends_late = reaches(end, &all) && end->r > all.r,
                       .starts_late = reaches(qb_get(s, "anneal_start"), end),
                       .is_all_warmup = reaches(qb_get(s, "quant_warmup"), &all),
                       .training = length, .run = length, .end = end->text};
    return c->full_precision ? QB_OK : check_window(s, &v);
}

static int check_window_in_steps(const qb_config *c, const qb_settings *s)
{
    char training[64], run[40], end[48];
    (void)snprintf(training, sizeof training, "%lldep, %lld steps", (long long)qb_get(s, "epochs")->i, (long long)c->n_steps);
    (void)snprintf(run, sizeof run, "%lld steps", (long long)c->n_steps);
    (void)snprintf(end, sizeof end, "step %g", c->anneal_end);
    const verdict v = {.ends_late = c->anneal_end > (double)c->n_steps,
                       .starts_late = c->anneal_start >= c->anneal_end,
                       .is_all_warmup = c->warmup >= c->n_steps,
                       .training = training, .run = run, .end = end};
    return c->full_precision ? QB_OK : check_window(s, &v);
}

/* ---- steps ---- */

/* By the limits and spans of s. */
static int resolve(qb_config *c, const qb_settings *s, int64_t n_train, int64_t n_test)
{
    const int64_t batch = qb_get(s, "batch")->i;
    c->n_train = at_most(qb_get(s, "train_limit"), n_train);
    c->n_test = at_most(qb_get(s, "test_limit"), n_test);
    c->steps_per_epoch = qb_loader_batches(c->n_train, batch, qb_get(s, "repeat_augment")->i, qb_get(s, "drop_last")->b);
    c->n_steps = c->steps_per_epoch * qb_get(s, "epochs")->i;
    const qb_value *end = qb_get(s, "anneal_end");
    c->warmup = (int64_t)qb_span_steps(qb_get(s, "quant_warmup"), c->steps_per_epoch);
    c->anneal_start = qb_span_steps(qb_get(s, "anneal_start"), c->steps_per_epoch);
    c->anneal_end = end->is_null ? (double)c->n_steps : qb_span_steps(end, c->steps_per_epoch);
    return check_window_in_steps(c, s);
}

int qb_config_resolve(qb_config *c, int64_t n_train, int64_t n_test)
{
    const bool is_fixed = qb_lengths_are_fixed(c), is_as_in_table = n_train == c->dataset->n_train && n_test == c->dataset->n_test;
    if (c->n_steps > 0 && (!is_fixed || is_as_in_table || c->is_other_size))
        return QB_OK;
    if (n_train < 1)
        return qb_err_set(QB_E_DATA, "data set %s has no training images", c->dataset->name);
    c->is_other_size = is_fixed;
    int rc = resolve(c, is_fixed ? &c->written : &c->settings, n_train, n_test);
    if (rc < 0)
        c->n_steps = 0; /* not known still */
    return rc;
}

const qb_value *qb_lengths_value(const qb_config *c, size_t row)
{
    static const char *const keys[] = {"train_limit", "test_limit", "quant_warmup", "anneal_start", "anneal_end"};
    for (size_t i = 0; c->is_other_size && i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(c->settings.schema[row].name, keys[i]) == 0)
            return &c->written.values[row];
    return &c->settings.values[row];
}

void qb_lengths_nominal(const qb_config *c, int64_t *ret_n_steps, int64_t *ret_warmup)
{
    enum { STEPS_PER_EPOCH = 1000 };
    *ret_n_steps = c->n_steps;
    *ret_warmup = c->warmup;
    if (c->n_steps > 0)
        return;
    *ret_n_steps = qb_get(&c->settings, "epochs")->i * STEPS_PER_EPOCH;
    *ret_warmup = (int64_t)qb_span_steps(qb_get(&c->settings, "quant_warmup"), STEPS_PER_EPOCH);
    if (*ret_warmup >= *ret_n_steps)
        *ret_warmup = *ret_n_steps - 1;
}

/* ---- texts ---- */

static int check_shards(const qb_settings *s)
{
    const int64_t shards = qb_get(s, "shards")->i, batch = qb_get(s, "batch")->i;
    if (shards <= batch)
        return QB_OK;
    (void)qb_err_set(QB_E_CONFIG, "shards: %lld parts of a batch of %lld images would leave some empty", (long long)shards,
                     (long long)batch);
    return qb_err_hint("use at most as many shards as images in a batch");
}

/* One form for every way to write the same window, so that equal runs have equal identities. */
static int write_steps(qb_config *c)
{
    qb_settings *s = &c->settings;
    const struct {
        const char *key;
        double steps;
    } spans[] = {{"quant_warmup", (double)c->warmup}, {"anneal_start", c->anneal_start}, {"anneal_end", c->anneal_end}};
    for (int i = 0; i < 3; i++) {
        char text[64];
        if (spans[i].steps == (double)(int64_t)spans[i].steps)
            (void)snprintf(text, sizeof text, "%lldst", (long long)spans[i].steps);
        else
            (void)snprintf(text, sizeof text, "%.17gep", spans[i].steps / (double)c->steps_per_epoch);
        QB_TRY(qb_settings_set(s, spans[i].key, text));
    }
    return QB_OK;
}

/* A limit that leaves nothing out is none: the same experiment. */
static int drop_idle_limit(qb_settings *s, const char *key, int64_t n)
{
    const qb_value *limit = qb_get(s, key);
    return !limit->is_null && limit->i >= n ? qb_settings_set(s, key, "") : QB_OK;
}

int qb_lengths_write(qb_config *c)
{
    qb_settings *s = &c->settings;
    if (qb_lengths_are_fixed(c)) {
        QB_TRY(qb_settings_copy(&c->written, s));
        QB_TRY(drop_idle_limit(s, "train_limit", c->dataset->n_train));
        QB_TRY(drop_idle_limit(s, "test_limit", c->dataset->n_test));
        QB_TRY(check_shards(s));
        QB_TRY(resolve(c, s, c->dataset->n_train, c->dataset->n_test));
        return write_steps(c);
    }
    QB_TRY(check_shards(s));
    if (qb_get(s, "anneal_end")->is_null) { /* the end of the run, as one would write it */
        char text[40];
        (void)snprintf(text, sizeof text, "%lldep", (long long)qb_get(s, "epochs")->i);
        QB_TRY(qb_settings_set(s, "anneal_end", text));
    }
    return check_written_window(c);
}
