/* One run from its configuration to its record: finds out whether there is anything to train, resumes what was
 * begun, and leaves the outcome in record.json. */
#include "train/run_parts.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "train/cores.h"
#include "train/data_keys.h"
#include "train/record.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* config.json: written once, compared ever after. */
static int freeze_config(qb_run *r)
{
    char *path = qb_rundir_file(&r->dir, "config.json");
    if (!path)
        return QB_E_NOMEM;
    int rc = QB_OK;
    json_t *frozen = NULL;
    json_t *mine = qb_json_pack("{s:s, s:s, s:O, s:s}", "schema", "qatbench.config/1", "key", r->key, "config",
                                r->config->identity, "data_fingerprint", qb_dataset_fingerprint(r->dataset));
    if (!mine)
        rc = qb_err_set(QB_E_NOMEM, "out of memory");
    else if (!qb_fs_exists(path))
        rc = qb_json_write(path, mine);
    else if ((rc = qb_json_read(path, &frozen)) == 0 && !json_equal(frozen, mine)) {
        rc = qb_err_set(QB_E_CONFIG, "%s: holds another configuration than this run's", path);
        qb_err_hint("move that folder away, choose another --runs-dir, or use --force to start anew");
    }
    json_decref(mine);
    json_decref(frozen);
    qb_free(path);
    return rc;
}

static int create_diagnostics(qb_run *r)
{
    const qb_config *c = r->config;
    const qb_diagnostics_options o = {
        .observers = qb_get(&c->settings, "diagnostics")->i,
        .quant = r->trainer->quant,
        .first_step = c->warmup,
        .n_steps = c->n_steps,
        .steps_per_epoch = c->steps_per_epoch,
    };
    return o.observers ? qb_diagnostics_create(&o, &r->diagnostics) : QB_OK;
}

static int resume_or_begin(qb_run *r)
{
    const qb_checkpoint checkpoint = qb_run_checkpoint(r);
    int found;
    int64_t metrics_bytes = 0;
    QB_TRY(qb_checkpoint_load(&r->dir, &checkpoint, &found, &metrics_bytes));
    const bool resumes = found > 0;
    if (found < 0)
        qb_log_warning("no checkpoint can be used: starting from the beginning");
    QB_TRY(qb_rundir_open_logs(&r->dir, r->key, resumes ? metrics_bytes : 0));
    if (r->diagnostics)
        QB_TRY(qb_rundir_open_diagnostics(&r->dir, r->key, r->state.step));
    r->first_step = r->state.step;
    r->saved_step = resumes ? r->state.step : -1;
    r->saved_evaluation = r->state.evaluated_at;
    if (resumes)
        qb_log_info("resuming %s from step %lld of %lld", r->dir.path, (long long)r->state.step, (long long)r->config->n_steps);
    QB_TRY(qb_rundir_time(&r->dir, qb_json_pack("{s:I, s:s}", "step", (json_int_t)r->state.step, "event",
                                                resumes ? "resume" : "start")));
    int64_t epoch = r->config->steps_per_epoch;
    return qb_loader_seek(r->trainer->train, r->state.step / epoch, r->state.step % epoch);
}

static int warn_of_data(qb_run *r)
{
    if (qb_dataset_warning(r->dataset))
        qb_run_add_note(r, qb_dataset_warning(r->dataset));
    if (r->trainer->new_classifier)
        qb_run_add_note(r, "the classifier was drawn anew: the weights of init are of another number of classes");
    size_t n;
    const char *const *notes;
    n = qb_quant_notes(r->trainer->quant, &notes);
    for (size_t i = 0; i < n; i++)
        qb_run_add_note(r, notes[i]);
    return qb_run_write_record(r);
}

/* --force: nothing of an earlier run is left. */
static int clear(const qb_run *r)
{
    static const char *const left[] = {"record.json", "config.json", "metrics.jsonl",
                                       "times.jsonl", "ckpt", "model.safetensors", "trained.safetensors", "diagnostics.jsonl"};
    int rc = QB_OK;
    for (size_t i = 0; rc == 0 && i < sizeof left / sizeof left[0]; i++) {
        char *file = qb_rundir_file(&r->dir, left[i]);
        rc = file ? qb_fs_remove_tree(file) : QB_E_NOMEM;
        qb_free(file);
    }
    return rc;
}

/* Is the run in `dir` over? Only reads: a finished run is shown also where nothing can be written, and while the process
 * that finished it is still on its way out. */
static bool is_over(const char *dir)
{
    json_t *record = NULL;
    bool over = qb_record_read(dir, &record) == QB_OK && qb_record_is_over(json_string_value(json_object_get(record, "status")));
    json_decref(record);
    qb_err_clear();
    return over;
}

/* Is there anything to do? *ret_old: the record of an earlier start in `dir`, or NULL; *ret_finished: that run is over. */
static int look_for_finished(const qb_run *r, const char *dir, json_t **ret_old, bool *ret_finished)
{
    json_t *old = NULL;
    *ret_finished = false;
    *ret_old = NULL;
    char *path = qb_path_join(dir, "record.json");
    if (!path)
        return QB_E_NOMEM;
    bool exists = qb_fs_exists(path);
    qb_free(path);
    if (!exists)
        return QB_OK;
    if (qb_record_read(dir, &old) < 0) {
        qb_log_warning("%s; the record is written anew", qb_err_text());
        qb_err_clear();
        return QB_OK;
    }
    int rc = qb_record_check_plugin(old, r->config->plugin, "this run", r->env->force);
    if (rc == 0 && qb_record_plugin_changed(old, r->config->plugin))
        qb_log_warning("solver %s: its file changed since this run was begun", r->config->plugin->solver.name);
    if (rc < 0) {
        json_decref(old);
        return rc;
    }
    *ret_finished = qb_record_is_over(json_string_value(json_object_get(old, "status")));
    *ret_old = old;
    return QB_OK;
}

static int report_finished(const json_t *record)
{
    const char *status = json_string_value(json_object_get(record, "status"));
    if (strcmp(status, "done") == 0)
        return QB_OK;
    const char *reason = json_string_value(json_object_get(record, "reason"));
    qb_err_set(QB_E_FAILED, "run %s: %s", status, reason ? reason : "no reason recorded");
    return qb_err_hint("this run is over; --force starts it anew");
}

/* Threads: as asked, else as the run was begun, else the default. */
static int choose_threads(const qb_config *c, const json_t *old)
{
    const qb_value *asked = qb_get(&c->settings, "threads");
    if (!asked->is_null)
        return (int)asked->i;
    json_int_t before = json_integer_value(json_object_get(json_object_get(old, "machine"), "threads"));
    return before > 0 ? (int)before : qb_cores_default_threads();
}

static int execute(qb_run *r)
{
    const qb_config *c = r->config;
    json_t *old = NULL;
    bool finished;
    const char *diverged;
    if (r->env->force)
        QB_TRY(clear(r));
    QB_TRY(look_for_finished(r, r->dir.path, &old, &finished));
    if (finished) { /* meanwhile */
        r->record = old;
        return report_finished(old);
    }
    r->threads = choose_threads(c, old);
    int rc = freeze_config(r);
    if (rc == 0)
        rc = qb_run_begin_record(r, old);
    if (rc == 0 && old)
        rc = qb_run_compare_starts(r, old);
    json_decref(old);
    if (rc == 0)
        rc = qb_run_write_record(r);
    QB_TRY(rc);

    rc = qb_dataset_load(r->dataset);
    if (rc == 0)
        rc = qb_trainer_create(c, r->dataset, r->threads, &r->trainer);
    if (rc == 0)
        rc = create_diagnostics(r);
    if (rc == 0)
        rc = resume_or_begin(r);
    if (rc == 0)
        rc = warn_of_data(r);
    r->last_save = qb_now_seconds();
    if (rc == 0)
        rc = qb_run_train(r, &diverged);
    if (rc == 0)
        rc = qb_run_finish(r, diverged);
    const char *status = json_string_value(json_object_get(r->record, "status"));
    if (rc < 0 && (!status || strcmp(status, "running") == 0))
        qb_run_record_error(r, rc);
    return rc;
}

/* ---- the time limit ---- */

enum { HANG_SECONDS = 60, LAST_WORDS_SECONDS = 10 };

static void end_at_once(int signal_number)
{
    (void)signal_number;
    _exit(EXIT_FAILURE);
}

/* What hangs may hold a lock that writing the record needs: an alarm ends the process then, without last words. */
static void arm_alarm(void)
{
    sigset_t only;
    (void)signal(SIGALRM, end_at_once);
    (void)sigemptyset(&only);
    (void)sigaddset(&only, SIGALRM);
    (void)pthread_sigmask(SIG_UNBLOCK, &only, NULL);
    (void)alarm(LAST_WORDS_SECONDS);
}

static double hang_seconds(const qb_run_environment *e)
{
    return e->hang_seconds > 0 ? e->hang_seconds : HANG_SECONDS;
}

/* On the watchdog's thread; the main thread is in the middle of something that does not end. */
static void leave_behind(void *context)
{
    qb_run *r = context;
    if (!r->env->abandon)
        return;
    arm_alarm();
    qb_err_set(QB_E_FAILED, "time limit of %s reached, and nothing ended for %g s more: the process was ended, the last checkpoint stands",
               qb_get(&r->config->settings, "time_limit")->text, hang_seconds(r->env));
    qb_err_hint("run the same command again to go on from there");
    const char *status = json_string_value(json_object_get(r->record, "status"));
    if (status && strcmp(status, "running") == 0)
        qb_run_record_error(r, QB_E_FAILED);
    if (r->record)
        json_object_set_new(r->record, "dir", qb_json_text(r->shown_dir));
    r->env->abandon(r->env->abandon_context, r->record);
}

static int start_watchdog(qb_run *r)
{
    const qb_value *limit = qb_get(&r->config->settings, "time_limit");
    return limit->is_null ? QB_OK : qb_watchdog_start(limit->r, hang_seconds(r->env), leave_behind, r, &r->watchdog);
}

int qb_run_execute(qb_config *config, const qb_run_environment *environment, json_t **ret_record)
{
    qb_run r = {.config = config, .env = environment, .started = qb_now_seconds(), .dir = {.lock_fd = -1, .metrics_fd = -1, .times_fd = -1, .diagnostics_fd = -1, .log_fd = -1}};
    r.state.evaluated_at = -1;
    r.state.curve = json_array();
    *ret_record = NULL;
    int rc = r.state.curve ? start_watchdog(&r) : qb_err_set(QB_E_NOMEM, "out of memory");
    if (rc == 0)
        rc = qb_data_keys_open(&config->settings, config->dataset, &r.dataset);
    if (rc == 0 && qb_dataset_warning(r.dataset))
        qb_log_warning("%s", qb_dataset_warning(r.dataset));
    if (rc == 0)
        rc = qb_config_resolve(config, qb_dataset_count(r.dataset, QB_SPLIT_TRAIN), qb_dataset_count(r.dataset, QB_SPLIT_TEST));
    if (rc == 0)
        rc = qb_config_key(config, qb_dataset_fingerprint(r.dataset), r.key);
    char *path = rc == 0 ? qb_config_dir(config, r.key) : NULL;
    if (rc == 0 && !path)
        rc = QB_E_NOMEM;
    r.shown_dir = path;
    bool finished = false;
    if (rc == 0 && !environment->force && is_over(path))
        rc = look_for_finished(&r, path, &r.record, &finished);
    if (finished) {
        rc = report_finished(r.record);
    } else if (rc == 0) {
        json_decref(r.record);
        r.record = NULL;
        rc = qb_rundir_open(&r.dir, path);
        if (rc == 0)
            rc = execute(&r);
    }
    qb_watchdog_stop(r.watchdog);
    if (r.record && path)
        json_object_set_new(r.record, "dir", qb_json_text(path)); /* for the caller; never in the file */
    *ret_record = r.record;
    qb_diagnostics_destroy(r.diagnostics);
    qb_trainer_destroy(r.trainer);
    qb_rundir_close(&r.dir);
    qb_dataset_close(r.dataset);
    json_decref(r.state.curve);
    qb_free(path);
    return rc;
}
