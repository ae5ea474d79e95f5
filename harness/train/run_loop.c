/* The training loop of a run with everything around a step: metrics, tests, checkpoints, stop requests. */
#include "train/run_parts.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "train/eval.h"
#include "train/spans.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LOG_EVERY_STEPS = 10, CHECKPOINT_SECONDS = 300, ETA_AFTER_STEPS = 20 };

/* ---- evaluation and logs ---- */

static void report_progress(qb_run *r, const qb_loss *loss, const char *phase)
{
    if (!r->env->progress)
        return;
    const qb_config *c = r->config;
    double ms = r->ema_weight > 0 ? r->ema_ms / r->ema_weight : 0;
    int64_t done = r->state.step - r->first_step;
    const qb_progress p = {
        .step = r->state.step,
        .n_steps = c->n_steps,
        .epoch = (double)r->state.step / (double)c->steps_per_epoch,
        .n_epochs = (double)c->n_steps / (double)c->steps_per_epoch,
        .loss = loss ? loss->sum / (double)loss->n : (double)NAN,
        .top1 = r->state.seen ? 100.0 * (double)r->state.correct / (double)r->state.seen : (double)NAN,
        .lr = qb_trainer_lr(r->trainer, r->state.step > 0 ? r->state.step - 1 : 0),
        .step_ms = ms,
        .images_per_second = ms > 0 && loss ? 1000.0 * (double)loss->n / ms : 0,
        .data_share = r->train_seconds > 0 ? r->wait_seconds / r->train_seconds : 0,
        .solver_share = r->train_seconds > 0 ? r->solver_seconds / r->train_seconds : 0,
        .eta_seconds = done >= ETA_AFTER_STEPS ? ms / 1000.0 * (double)(c->n_steps - r->state.step) : -1,
        .phase = phase,
    };
    r->env->progress(r->env->progress_context, &p);
}

static double epoch_of(const qb_run *r) { return (double)r->state.step / (double)r->config->steps_per_epoch; }

/* A value of the log: null, and its name under "nonfinite", when it is not finite. */
static void set_number(json_t *line, const char *name, double v)
{
    json_object_set_new(line, name, qb_json_real(v));
    if (isfinite(v))
        return;
    json_t *list = json_object_get(line, "nonfinite");
    if (!list) {
        list = json_array();
        json_object_set_new(line, "nonfinite", list);
    }
    json_array_append_new(list, qb_json_text(name));
}

static json_t *metric_line(const qb_run *r, const char *split)
{
    return qb_json_pack("{s:I, s:f, s:s}", "step", (json_int_t)r->state.step, "epoch", epoch_of(r), "split", split);
}

static int log_window(qb_run *r)
{
    qb_train_state *s = &r->state;
    if (s->window_seen == 0)
        return QB_OK;
    qb_quant_metric metrics[QB_MAX_METRICS];
    size_t n;
    QB_TRY(qb_quant_metrics(r->trainer->quant, metrics, QB_MAX_METRICS, &n));
    json_t *line = metric_line(r, "train");
    set_number(line, "train/loss", s->window_loss / (double)s->window_seen);
    set_number(line, "train/prec1", 100.0 * (double)s->window_correct / (double)s->window_seen);
    set_number(line, "train/lr", qb_trainer_lr(r->trainer, s->step - 1));
    set_number(line, "train/lr_sum", qb_quant_lr_sum(r->trainer->quant));
    for (size_t i = 0; i < n; i++) {
        char name[96];
        snprintf(name, sizeof name, "train/%.89s", metrics[i].name);
        set_number(line, name, metrics[i].value);
    }
    s->window_loss = 0;
    s->window_correct = s->window_seen = 0;
    return qb_rundir_metric(&r->dir, line);
}

static bool is_asked(const qb_run *r) { return r->env->stop && *r->env->stop; }

/* Every start trains a step at least, and tests before it what was left to test: the same command comes to an end. */
static bool is_late(const qb_run *r) { return qb_watchdog_time_is_up(r->watchdog) && r->state.step > r->first_step; }

static bool must_stop(const void *context)
{
    const qb_run *r = context;
    qb_watchdog_rest(r->watchdog, false); /* a batch has ended: nothing hangs */
    return is_asked(r) || is_late(r);
}

/* Tests the hard weights and the weights as trained; adds to the curve and the log. *ret_diverged as of qb_run_train. */
static int evaluate(qb_run *r, const char **ret_diverged)
{
    qb_trainer *t = r->trainer;
    qb_train_state *s = &r->state;
    double begin = qb_now_seconds();
    report_progress(r, NULL, "eval");
    qb_eval_result hard, soft;
    QB_TRY(qb_quant_finish(t->quant, t->finished));
    QB_TRY(qb_evaluate(t->net, t->test, t->finished, must_stop, r, &hard, NULL));
    size_t n;
    const qb_param *params = qb_net_params(t->net, &n);
    bool same = true;
    for (size_t i = 0; same && i < n; i++)
        same = memcmp(params[i].w, t->finished + params[i].offset, params[i].n * sizeof(float)) == 0;
    soft = hard;
    if (!same)
        QB_TRY(qb_evaluate(t->net, t->test, NULL, must_stop, r, &soft, NULL));

    double train_loss = s->seen ? s->loss_sum / (double)s->seen : (double)NAN;
    double train_top1 = s->seen ? 100.0 * (double)s->correct / (double)s->seen : (double)NAN;
    json_t *line = metric_line(r, "test");
    set_number(line, "test/loss", hard.loss);
    set_number(line, "test/prec1", hard.top1);
    set_number(line, "test/prec5", hard.top5);
    set_number(line, "test/loss_soft", soft.loss);
    set_number(line, "test/prec1_soft", soft.top1);
    QB_TRY(qb_rundir_metric(&r->dir, line));
    json_t *point = qb_json_pack("{s:f, s:f, s:o, s:o, s:o, s:f, s:f, s:f}", "epoch", epoch_of(r), "lr",
                                 qb_trainer_lr(t, s->step - 1), "train_loss", qb_json_real(train_loss), "train_top1",
                                 qb_json_real(train_top1), "test_loss", qb_json_real(hard.loss), "test_top1", hard.top1,
                                 "test_top5", hard.top5, "test_top1_soft", soft.top1);
    if (!point || json_array_append_new(s->curve, point) != 0)
        return qb_err_set(QB_E_NOMEM, "out of memory");
    s->evaluated_at = s->step;
    *ret_diverged = !isfinite(hard.loss) ? "the test loss" : !isfinite(soft.loss) ? "the test loss of the weights as trained" : NULL;
    double spent = qb_now_seconds() - begin;
    r->eval_seconds += spent;
    qb_log_info("epoch %g/%g: loss %.4f, train %.2f %%, test %.2f %% (as trained %.2f %%)", epoch_of(r),
                (double)r->config->n_steps / (double)r->config->steps_per_epoch, train_loss, train_top1, hard.top1, soft.top1);
    return qb_rundir_time(&r->dir, qb_json_pack("{s:I, s:o, s:o, s:o, s:o, s:o}", "step", (json_int_t)s->step, "time/train",
                                                qb_json_real(r->train_seconds), "time/val", qb_json_real(spent), "time/save",
                                                qb_json_real(r->save_seconds), "time/wait", qb_json_real(r->wait_seconds),
                                                "throughput/samples_per_sec",
                                                qb_json_real(r->train_seconds > 0 ? (double)r->images / r->train_seconds : 0)));
}

/* ---- the loop ---- */

qb_checkpoint qb_run_checkpoint(qb_run *r)
{
    const qb_trainer *t = r->trainer;
    return (qb_checkpoint){
        .training = {t->net, t->optim, t->quant, &r->state, r->diagnostics},
        .run_key = r->key,
        .content = r->env->content ? r->env->content : &qb_checkpoint_all,
    };
}

static int save(qb_run *r)
{
    if (r->state.step == r->saved_step && r->state.evaluated_at == r->saved_evaluation)
        return QB_OK; /* this very state is there already */
    double begin = qb_now_seconds();
    const qb_checkpoint checkpoint = qb_run_checkpoint(r);
    report_progress(r, NULL, "save");
    qb_watchdog_rest(r->watchdog, true);
    int rc = qb_checkpoint_save(&r->dir, &checkpoint);
    qb_watchdog_rest(r->watchdog, false);
    QB_TRY(rc);
    r->last_save = qb_now_seconds();
    r->save_seconds += r->last_save - begin;
    r->saved_step = r->state.step;
    r->saved_evaluation = r->state.evaluated_at;
    qb_run_set_times(r);
    return qb_run_write_record(r);
}

static bool save_due(const qb_run *r)
{
    const qb_value *every = qb_get(&r->config->settings, "checkpoint_every");
    int64_t step = r->state.step, epoch = r->config->steps_per_epoch;
    double since = qb_now_seconds() - r->last_save;
    if (step == r->first_step || step == r->config->n_steps)
        return false;
    if (every->is_null)
        return step % epoch == 0 || since >= CHECKPOINT_SECONDS;
    if (every->span_unit == QB_SPAN_SECONDS)
        return since >= every->r;
    int64_t steps = (int64_t)qb_span_steps(every, epoch);
    return step % (steps > 0 ? steps : 1) == 0;
}

static bool eval_due(const qb_run *r)
{
    int64_t step = r->state.step, epoch = r->config->steps_per_epoch;
    if (step == 0 || step % epoch != 0 || r->state.evaluated_at == step || !r->trainer->test)
        return false;
    return step == r->config->n_steps || (step / epoch) % qb_get(&r->config->settings, "eval_every")->i == 0;
}

static int train_one_step(qb_run *r, qb_loss *loss)
{
    qb_train_state *s = &r->state;
    double begin = qb_now_seconds();
    if (s->step % r->config->steps_per_epoch == 0) {
        s->loss_sum = 0;
        s->correct = s->seen = 0;
    }
    QB_TRY(qb_trainer_step(r->trainer, s->step, loss));
    s->step++;
    s->loss_sum += loss->sum;
    s->window_loss += loss->sum;
    s->correct += loss->correct;
    s->window_correct += loss->correct;
    s->seen += loss->n;
    s->window_seen += loss->n;
    double spent = qb_now_seconds() - begin;
    r->train_seconds += spent;
    r->wait_seconds += qb_loader_take_wait(r->trainer->train);
    r->solver_seconds += qb_quant_take_times(r->trainer->quant).solver;
    r->images += loss->n;
    if (s->step == r->first_step + 1) {
        r->first_step_seconds = spent;
        r->first_step_images = loss->n;
    } else {
        r->ema_ms = 0.95 * r->ema_ms + 0.05 * 1000.0 * spent;
        r->ema_weight = 0.95 * r->ema_weight + 0.05;
    }
    if (s->step % LOG_EVERY_STEPS == 0 || s->step % r->config->steps_per_epoch == 0 || !loss->finite)
        QB_TRY(log_window(r));
    return QB_OK;
}

static int take_diagnostic(void *context, json_t *line) { return qb_rundir_diagnostic(context, line); }

static int observe(qb_run *r)
{
    if (!r->diagnostics)
        return QB_OK;
    double begin = qb_now_seconds();
    int rc = qb_diagnostics_observe(r->diagnostics, r->state.step, take_diagnostic, &r->dir);
    r->diagnostics_seconds += qb_now_seconds() - begin;
    return rc;
}

static int time_is_up(const qb_run *r)
{
    qb_err_set(QB_E_FAILED, "time limit of %s reached after step %lld of %lld; everything is saved",
               qb_get(&r->config->settings, "time_limit")->text, (long long)r->state.step, (long long)r->config->n_steps);
    return qb_err_hint("run the same command again to go on, or with a longer --time-limit");
}

int qb_run_train(qb_run *r, const char **ret_diverged)
{
    qb_loss loss = {0};
    *ret_diverged = NULL;
    for (;;) {
        bool asked = is_asked(r), late = is_late(r), stop = asked || late;
        int rc = QB_OK;
        if (!stop && eval_due(r)) {
            rc = evaluate(r, ret_diverged);
            if ((rc < 0 && rc != QB_E_STOPPED) || *ret_diverged)
                return rc;
            stop = rc == QB_E_STOPPED;
        }
        if (!asked && late && r->state.step == r->config->n_steps && !eval_due(r))
            return QB_OK; /* nothing is left to be late with */
        if (stop || save_due(r))
            QB_TRY(save(r));
        if (stop && !is_asked(r))
            return time_is_up(r);
        if (stop) {
            qb_err_set(QB_E_STOPPED, "stopped on request after step %lld of %lld; everything is saved",
                       (long long)r->state.step, (long long)r->config->n_steps);
            return qb_err_hint("run the same command again to go on");
        }
        if (r->state.step == r->config->n_steps)
            return QB_OK;
        QB_TRY(train_one_step(r, &loss));
        report_progress(r, &loss, "train");
        if (!loss.finite) {
            *ret_diverged = "the loss";
            return QB_OK;
        }
        QB_TRY(observe(r));
    }
}
