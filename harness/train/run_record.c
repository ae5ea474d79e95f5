/* record.json of a run: made at its start, rewritten whenever something is saved, closed with a status. */
#include "train/run_parts.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "quant/layer_bits.h"
#include "quant/plugin_visit.h"
#include "train/machine.h"
#include "train/weights.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static json_t *utc_now(void)
{
    char text[32];
    time_t t = time(NULL);
    struct tm utc;
    gmtime_r(&t, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return qb_json_text(text);
}

/* What the solver changed of the process so far. */
static void note_conduct(qb_run *r)
{
    const qb_solver *solver = &r->config->plugin->solver;
    const char *text;
    for (size_t i = 0; (text = qb_conduct(solver, i)) != NULL; i++)
        qb_run_add_note(r, text);
}

/* ---- images that could not be read ---- */

static bool list_has(const json_t *list, json_int_t n)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_integer_value(json_array_get(list, i)) == n)
            return true;
    return false;
}

/* Those that a loader met, besides those of earlier starts. The member is there only where there are any. */
static int add_bad_images(json_t *data, const char *split, const qb_loader *loader)
{
    size_t n = 0;
    const uint32_t *samples = loader ? qb_loader_bad_samples(loader, &n) : NULL;
    json_t *lists = json_object_get(data, "bad_images");
    if (n > 0 && !lists) {
        lists = qb_json_pack("{s:[], s:[]}", "train", "test");
        if (!lists || json_object_set_new(data, "bad_images", lists) != 0)
            return qb_err_set(QB_E_NOMEM, "out of memory");
    }
    json_t *list = json_object_get(lists, split);
    for (size_t i = 0; i < n; i++)
        if (!list_has(list, samples[i]) && json_array_append_new(list, json_integer(samples[i])) != 0)
            return qb_err_set(QB_E_NOMEM, "out of memory");
    return QB_OK;
}

static int update_bad_images(qb_run *r)
{
    json_t *data = json_object_get(r->record, "data");
    if (!r->trainer)
        return QB_OK;
    QB_TRY(add_bad_images(data, "train", r->trainer->train));
    return add_bad_images(data, "test", r->trainer->test);
}

static void note_bad_images(qb_run *r)
{
    char note[200];
    const json_t *lists = json_object_get(json_object_get(r->record, "data"), "bad_images");
    const size_t n_train = json_array_size(json_object_get(lists, "train")), n_test = json_array_size(json_object_get(lists, "test"));
    if (n_train + n_test == 0)
        return;
    (void)snprintf(note, sizeof note, "%zu of %lld training and %zu of %lld test images could not be read: the mean colour stood for them",
                   n_train, (long long)r->config->n_train, n_test, (long long)r->config->n_test);
    qb_run_add_note(r, note);
}

int qb_run_write_record(qb_run *r)
{
    note_conduct(r);
    QB_TRY(update_bad_images(r));
    char *path = qb_rundir_file(&r->dir, "record.json");
    int rc = path ? qb_json_write(path, r->record) : QB_E_NOMEM;
    qb_free(path);
    return rc;
}

/* wait_s and solver_s are part of train_s; the others add up to less than wall_s. */
static const char *const time_names[] = {"wall_s", "train_s", "eval_s", "save_s", "wait_s", "solver_s", "diagnostics_s"};
enum { N_TIMES = sizeof time_names / sizeof *time_names };

void qb_run_set_times(qb_run *r)
{
    json_t *times = json_object_get(r->record, "times");
    json_object_set_new(times, "ended", utc_now());
    const double spent[] = {qb_now_seconds() - r->started, r->train_seconds,  r->eval_seconds,       r->save_seconds,
                            r->wait_seconds,               r->solver_seconds, r->diagnostics_seconds};
    for (size_t i = 0; i < N_TIMES; i++) {
        double before = json_number_value(json_object_get(json_object_get(times, "before"), time_names[i]));
        json_object_set_new(times, time_names[i], qb_json_real(before + spent[i]));
    }
}

void qb_run_set_status(qb_run *r, const char *status, const char *reason)
{
    json_object_set_new(r->record, "status", qb_json_text(status));
    json_object_set_new(r->record, "reason", reason && *reason ? qb_json_text(reason) : json_null());
    qb_run_set_times(r);
}

void qb_run_add_note(qb_run *r, const char *text)
{
    json_t *notes = json_object_get(r->record, "notes");
    for (size_t i = 0; i < json_array_size(notes); i++)
        if (strcmp(json_string_value(json_array_get(notes, i)), text) == 0)
            return;
    json_array_append_new(notes, qb_json_text(text));
}

static json_t *solver_json(const qb_config *c)
{
    json_t *options = json_object();
    for (size_t i = 0; options && i < c->solver.n; i++)
        json_object_set_new(options, c->solver.schema[i].name,
                            qb_json_pack("{s:s, s:s}", "value", c->solver.values[i].text, "origin",
                                         c->solver.values[i].is_set ? "given" : "default"));
    return qb_json_pack("{s:s, s:s, s:s, s:b, s:i, s:o}", "name", c->plugin->solver.name, "version", c->plugin->solver.version,
                        "sha256", c->plugin->sha256, "shipped", (int)c->plugin->shipped, "abi_minor",
                        (int)c->plugin->solver.abi_minor, "options", options);
}

static json_t *data_json(const qb_run *r)
{
    const char *warning = qb_dataset_warning(r->dataset);
    return qb_json_pack("{s:s, s:s, s:s, s:I, s:I, s:s?}", "name", r->config->dataset->name, "label",
                        qb_dataset_label(r->dataset), "fingerprint", qb_dataset_fingerprint(r->dataset), "n_train",
                        (json_int_t)r->config->n_train, "n_test", (json_int_t)r->config->n_test, "warning", warning);
}

int qb_run_begin_record(qb_run *r, json_t *old)
{
    const qb_config *c = r->config;
    char *line = qb_config_command(c), *command = line ? qb_sprintf("%s --threads %d", line, r->threads) : NULL;
    qb_free(line);
    if (!command)
        return QB_E_NOMEM;
    json_t *machine = qb_machine_facts();
    json_object_set_new(machine, "threads", json_integer(r->threads));
    r->record = qb_json_pack("{s:s, s:s, s:s, s:s, s:O, s:I, s:s, s:n, s:n, s:o, s:o, s:o, s:o, s:{s:o, s:I, s:{}}, s:[], s:[], s:o, s:s?}",
                             "schema", "qatbench.record/1", "key", r->key, "experiment",
                             qb_get(&c->settings, "experiment")->text, "command", command, "config", c->identity, "seed",
                             (json_int_t)qb_get(&c->settings, "seed")->i, "status", "running", "reason", "result", "data",
                             data_json(r), "machine", machine, "build", qb_build_facts(), "solver", solver_json(c), "times",
                             "started", utc_now(), "starts", (json_int_t)1, "before", "notes", "mixed", "environment",
                             qb_machine_environment(), "argv", r->env->command);
    qb_free(command);
    if (!r->record || (c->scale > 0 && json_object_set_new(r->record, "scale", qb_json_real(c->scale)) != 0))
        return qb_err_set(QB_E_NOMEM, "out of memory");
    if (!old)
        return QB_OK;
    json_t *bad_images = json_object_get(json_object_get(old, "data"), "bad_images");
    if (bad_images)
        json_object_set(json_object_get(r->record, "data"), "bad_images", bad_images);
    json_t *times = json_object_get(r->record, "times"), *old_times = json_object_get(old, "times");
    json_int_t starts = json_integer_value(json_object_get(old_times, "starts"));
    json_object_set_new(times, "starts", json_integer(starts + 1));
    if (json_object_get(old_times, "started"))
        json_object_set(times, "started", json_object_get(old_times, "started"));
    json_t *before = json_object_get(times, "before");
    for (size_t i = 0; i < N_TIMES; i++)
        if (json_object_get(old_times, time_names[i]))
            json_object_set(before, time_names[i], json_object_get(old_times, time_names[i]));
    static const char *const carried[] = {"mixed", "notes", "result"};
    for (size_t i = 0; i < sizeof carried / sizeof carried[0]; i++)
        if (json_object_get(old, carried[i]))
            json_object_set(r->record, carried[i], json_object_get(old, carried[i]));
    return QB_OK;
}

/* Facts that may change bits between two starts of a run. */
int qb_run_compare_starts(qb_run *r, const json_t *old)
{
    static const struct {
        const char *section, *name;
    } facts[] = {{"machine", "threads"}, {"machine", "isa"},     {"machine", "cpu"},   {"machine", "onednn"},
                 {"build", "version"},   {"build", "compiler"}, {"solver", "sha256"}};
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        json_t *was = json_object_get(json_object_get(old, facts[i].section), facts[i].name);
        json_t *is = json_object_get(json_object_get(r->record, facts[i].section), facts[i].name);
        if (!was || !is || json_equal(was, is))
            continue;
        char *before = qb_json_compact(was), *after = qb_json_compact(is);
        char *text = before && after ? qb_sprintf("%s.%s changed between starts: %s, now %s", facts[i].section,
                                                  facts[i].name, before, after)
                                     : NULL;
        qb_free(before);
        qb_free(after);
        if (!text)
            return QB_E_NOMEM;
        if (r->env->strict) {
            qb_err_set(QB_E_CONFIG, "%s: %s", r->dir.path, text);
            qb_err_hint("resume as it was begun, or leave out --strict");
            qb_free(text);
            return QB_E_CONFIG;
        }
        qb_log_warning("%s", text);
        json_array_append_new(json_object_get(r->record, "mixed"), qb_json_text(text));
        qb_free(text);
    }
    return QB_OK;
}

/* ---- the end ---- */

static json_t *result_json(const qb_run *r, const char *sha256, int max_levels, int64_t model_bytes)
{
    const qb_train_state *s = &r->state;
    size_t n = json_array_size(s->curve);
    const json_t *last = json_array_get(s->curve, n ? n - 1 : 0);
    double best = NAN, mean5 = 0;
    size_t n5 = n < 5 ? n : 5;
    for (size_t i = 0; i < n; i++) {
        double top1 = json_number_value(json_object_get(json_array_get(s->curve, i), "test_top1"));
        /* best: among the epochs from the end of the annealing window on, where weights are what they claim to be */
        double at = json_number_value(json_object_get(json_array_get(s->curve, i), "epoch")) * (double)r->config->steps_per_epoch;
        if ((at >= r->config->anneal_end || r->config->full_precision) && !(top1 <= best))
            best = top1;
        if (i + n5 >= n)
            mean5 += top1 / (double)n5;
    }
    double seconds = r->train_seconds - r->first_step_seconds;
    int64_t images = r->images - r->first_step_images;
    json_t *speed = images > 0 && seconds > 0 ? qb_json_real((double)images / seconds)
                                              : json_incref(json_object_get(json_object_get(r->record, "result"), "images_per_second"));
    json_t *o = qb_json_pack("{s:I, s:I, s:s, s:I, s:O}", "epochs", (json_int_t)(s->step / r->config->steps_per_epoch), "steps",
                             (json_int_t)s->step, "weights_sha256", sha256, "model_bytes", (json_int_t)model_bytes, "curve", s->curve);
    json_object_set_new(o, "images_per_second", speed ? speed : json_null());
    json_object_set_new(o, "max_levels", max_levels > 0 ? json_integer(max_levels) : json_null());
    static const char *const names[] = {"train_loss", "test_loss", "test_top1", "test_top5", "test_top1_soft"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *v = json_object_get(last, names[i]);
        json_object_set(o, names[i], v ? v : json_null());
    }
    json_object_set_new(o, "best_top1", n ? qb_json_real(best) : json_null());
    json_object_set_new(o, "mean5_top1", n ? qb_json_real(mean5) : json_null());
    return o;
}

/* Bytes of the model with quantized tensors packed at `bits` a weight and float32 for the rest and the levels. */
static int64_t model_bytes(const qb_run *r)
{
    size_t n;
    const qb_param *params = qb_net_params(r->trainer->net, &n);
    int64_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t rows = 0;
        int levels = 0;
        int bits = qb_quant_bits(r->trainer->quant, i);
        bool quantized = bits != QB_BITS_FLOAT;
        if (quantized)
            (void)qb_quant_levels(r->trainer->quant, i, &rows, &levels);
        bits = bits == 0 ? 2 : bits;
        bytes += quantized ? ((int64_t)params[i].n * bits + 7) / 8 + 4 * rows * levels : 4 * (int64_t)params[i].n;
    }
    return bytes;
}

int qb_run_finish(qb_run *r, const char *diverged)
{
    QB_TRY(qb_rundir_sync(&r->dir));
    qb_trainer *t = r->trainer;
    char sha256[65], reason[256] = "";
    const char *status = "done";
    int max_levels = 0, allowed = 0;
    const char *where = NULL;
    QB_TRY(qb_quant_finish(t->quant, t->finished));
    char *path = qb_rundir_file(&r->dir, "model.safetensors"), *trained = qb_rundir_file(&r->dir, "trained.safetensors");
    int rc = path && trained ? qb_weights_save(t->net, t->finished, path, sha256) : QB_E_NOMEM;
    if (rc == 0)
        rc = qb_weights_save_trained(t->net, trained);
    qb_free(path);
    qb_free(trained);
    QB_TRY(rc);
    qb_quant_count_levels(t->quant, t->finished, &max_levels, &allowed, &where);
    if (diverged) {
        status = "diverged";
        snprintf(reason, sizeof reason, "%s is not finite after step %lld", diverged, (long long)r->state.step);
    } else if (where) {
        status = "mistrusted";
        snprintf(reason, sizeof reason, "a row of %s has %d distinct values, %d are allowed", where, max_levels, allowed);
    }
    int64_t collapsed = qb_quant_count_collapsed(t->quant, t->finished);
    char note[160];
    if (collapsed > 0 && !diverged) {
        snprintf(note, sizeof note, "%lld rows collapsed to a single value", (long long)collapsed);
        qb_run_add_note(r, note);
    }
    json_object_set_new(r->record, "result", result_json(r, sha256, max_levels, model_bytes(r)));
    double top1 = json_number_value(json_object_get(json_object_get(r->record, "result"), "test_top1"));
    double chance = 100.0 / qb_dataset_get_info(r->dataset)->n_classes;
    if (!diverged && top1 > 0 && top1 < 1.2 * chance) {
        snprintf(note, sizeof note, "test accuracy %.2f %% is at chance level (%.4g %%)", top1, chance);
        qb_run_add_note(r, note);
        qb_log_warning("%s", note);
    }
    QB_TRY(update_bad_images(r));
    note_bad_images(r);
    qb_run_set_status(r, status, reason);
    QB_TRY(qb_run_write_record(r));
    if (strcmp(status, "done") == 0)
        return QB_OK;
    return qb_err_set(QB_E_FAILED, "run %s: %s", status, reason);
}

/* What goes wrong after the record exists ends up in it: interrupted when it can go on later, else failed. */
void qb_run_record_error(qb_run *r, int rc)
{
    bool can_go_on = rc == QB_E_STOPPED || rc == QB_E_IO;
    char text[512];
    snprintf(text, sizeof text, "%s", qb_err_text());
    qb_run_set_status(r, can_go_on ? "interrupted" : "failed", text);
    int code = qb_err_code();
    char *full = qb_strdup(qb_err_text()), *hint = qb_strdup(qb_err_hint_text());
    qb_json_forget_failures();
    (void)qb_run_write_record(r); /* the first error is the one to report: a full disk would fail here again */
    if (full)
        qb_err_set(code, "%s", full);
    if (hint && *hint)
        qb_err_hint("%s", hint);
    qb_free(full);
    qb_free(hint);
}

json_t *qb_run_summary(const json_t *record)
{
    static const char *const from_result[] = {"epochs", "steps", "train_loss", "test_loss", "test_top1", "test_top5",
                                              "test_top1_soft", "images_per_second", "weights_sha256", "max_levels"};
    json_t *o = json_object();
    const char *key = json_string_value(json_object_get(record, "key"));
    json_object_set_new(o, "run", key ? qb_json_text(key) : json_null());
    static const char *const from_record[] = {"dir", "status", "reason"};
    for (size_t i = 0; i < sizeof from_record / sizeof from_record[0]; i++) {
        json_t *v = json_object_get(record, from_record[i]);
        json_object_set(o, from_record[i], v ? v : json_null());
    }
    const json_t *result = json_object_get(record, "result");
    for (size_t i = 0; i < sizeof from_result / sizeof from_result[0]; i++) {
        json_t *v = json_object_get(result, from_result[i]);
        json_object_set(o, from_result[i], v ? v : json_null());
    }
    return o;
}
