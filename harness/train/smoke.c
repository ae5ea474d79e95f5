/* See smoke.h. */
#include "train/smoke.h"

#include "base/err.h"
#include "train/data_keys.h"
#include "train/eval.h"
#include "train/trainer.h"

#include <math.h>
#include <stdio.h>

/* The keys that make it small, over those of the run as they were written. */
static int shorten(qb_settings *s)
{
    const int64_t parts = qb_get(s, "shards")->i, epochs = qb_get(s, "epochs")->i;
    char batch[32], n_test[32], length[32], steps[32];
    (void)snprintf(batch, sizeof batch, "%lld", (long long)(QB_SMOKE_PART * parts));
    (void)snprintf(n_test, sizeof n_test, "%d", QB_SMOKE_TEST);
    (void)snprintf(length, sizeof length, "%lld", (long long)(epochs < QB_SMOKE_STEPS ? QB_SMOKE_STEPS : epochs)); /* of one step, at least */
    (void)snprintf(steps, sizeof steps, "%dst", QB_SMOKE_STEPS);
    QB_TRY(qb_settings_set(s, "batch", batch));
    QB_TRY(qb_settings_set(s, "test_limit", n_test));
    QB_TRY(qb_settings_set(s, "epochs", length));
    QB_TRY(qb_settings_set(s, "quant_warmup", qb_get(s, "quant_warmup")->r > 0 ? "1st" : "0st"));
    QB_TRY(qb_settings_set(s, "anneal_start", "0st"));
    return qb_settings_set(s, "anneal_end", steps);
}

static int make_config(const qb_config *whole, qb_config **ret_config)
{
    qb_settings s;
    QB_TRY(qb_settings_copy(&s, whole->written.n > 0 ? &whole->written : &whole->settings));
    int rc = shorten(&s);
    if (rc == 0)
        rc = qb_config_create_with(&s, whole->plugin, ret_config);
    qb_settings_finish(&s);
    return rc;
}

static int check_levels(const qb_trainer *t)
{
    int max_levels = 0, allowed = 0;
    const char *where = NULL;
    qb_quant_count_levels(t->quant, t->finished, &max_levels, &allowed, &where);
    return where ? qb_err_set(QB_E_FAILED, "a row of %s has %d distinct values, %d are allowed", where, max_levels, allowed) : QB_OK;
}

static int try_steps(qb_trainer *t)
{
    for (int64_t step = 0; step < QB_SMOKE_STEPS; step++) {
        qb_loss loss;
        QB_TRY(qb_trainer_step(t, step, &loss));
        if (!loss.finite)
            return qb_err_set(QB_E_FAILED, "the loss is not finite at step %lld", (long long)step);
    }
    QB_TRY(qb_quant_finish(t->quant, t->finished));
    QB_TRY(check_levels(t));
    qb_eval_result result;
    if (!t->test)
        return QB_OK;
    QB_TRY(qb_evaluate(t->net, t->test, t->finished, NULL, NULL, &result, NULL));
    return isfinite(result.loss) ? QB_OK : qb_err_set(QB_E_FAILED, "the test loss is not finite");
}

int qb_smoke_run(const qb_config *config, bool made_data, int threads)
{
    qb_config *c = NULL;
    qb_dataset *data = NULL;
    qb_trainer *t = NULL;
    int rc = make_config(config, &c);
    if (rc == 0)
        rc = made_data ? qb_data_keys_make(&c->settings, c->dataset, &data) : qb_data_keys_open(&c->settings, c->dataset, &data);
    if (rc == 0)
        rc = qb_config_resolve(c, qb_dataset_count(data, QB_SPLIT_TRAIN), qb_dataset_count(data, QB_SPLIT_TEST));
    if (rc == 0)
        rc = qb_dataset_load(data);
    if (rc == 0)
        rc = qb_trainer_create(c, data, threads, &t);
    if (rc == 0)
        rc = try_steps(t);
    qb_trainer_destroy(t);
    qb_dataset_close(data);
    qb_config_destroy(c);
    return rc;
}
