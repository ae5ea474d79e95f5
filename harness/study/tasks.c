/* What a plan has to do. See tasks.h. */
#include "study/tasks.h"

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "train/data_keys.h"
#include "train/record.h"

#include <math.h>
#include <string.h>

/* What the tasks need of the data seen so far. */
typedef struct data_facts {
    const qb_settings *settings; /* borrowed; of a configuration with these data */
    char hash[65];
    int64_t n_train, n_test;
} data_facts;

typedef struct scan {
    const qb_study_plan *plan;
    data_facts *facts;
    size_t n_facts;
    bool force;
    const char *done_path;
    json_t *done; /* key -> record that is over; NULL: none */
    size_t n_used;
} scan;

int qb_task_set(qb_task *task, const char *status, const char *reason)
{
    char *new_status = qb_strdup(status), *new_reason = qb_strdup(reason ? reason : "");
    if (!new_status || !new_reason) {
        qb_free(new_status);
        qb_free(new_reason);
        return QB_E_NOMEM;
    }
    qb_free(task->status);
    qb_free(task->reason);
    task->status = new_status;
    task->reason = new_reason;
    return QB_OK;
}

static int take_record(qb_task *task, const json_t *record)
{
    const char *status = json_string_value(json_object_get(record, "status"));
    const json_t *top1 = json_object_get(json_object_get(record, "result"), "test_top1");
    task->top1 = json_is_number(top1) ? json_number_value(top1) : (double)NAN;
    task->step = (int64_t)json_integer_value(json_object_get(json_object_get(record, "result"), "steps"));
    return qb_task_set(task, status ? status : "missing", json_string_value(json_object_get(record, "reason")));
}

int qb_task_update(qb_task *task)
{
    json_t *record = NULL;
    QB_TRY(qb_record_read(task->dir, &record));
    int rc = take_record(task, record);
    json_decref(record);
    return rc;
}

static int look_at(qb_task *task, bool force)
{
    json_t *record = NULL;
    task->top1 = (double)NAN;
    task->is_left = true;
    int rc = qb_record_read(task->dir, &record);
    if (rc == QB_E_NOMEM)
        return rc;
    if (rc < 0) { /* never begun; a damaged record is written anew by the run */
        if (rc != QB_E_NOINPUT)
            qb_log_warning("%s; the run is begun again from its last checkpoint", qb_err_text());
        qb_err_clear();
        return qb_task_set(task, "missing", NULL);
    }
    rc = qb_record_check_plugin(record, task->config->plugin, task->dir, force);
    if (rc == QB_OK)
        rc = take_record(task, record);
    if (rc == QB_OK)
        task->is_left = force || !qb_record_is_over(task->status);
    json_decref(record);
    return rc;
}

/* ---- finished elsewhere ---- */

static int read_done(scan *s, const char *path)
{
    json_t *lines = NULL;
    s->done_path = path;
    if (!path)
        return QB_OK;
    QB_TRY(qb_records_collect(path, &lines));
    int rc = (s->done = json_object()) ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory");
    for (size_t i = 0; rc == QB_OK && i < json_array_size(lines); i++) {
        json_t *line = json_array_get(lines, i);
        const char *key = json_string_value(json_object_get(line, "key")), *status = json_string_value(json_object_get(line, "status"));
        if (!key || !status || !json_is_object(json_object_get(line, "config")))
            rc = strcmp(status ? status : "", "skipped") == 0 /* a plan's, never begun */
                     ? QB_OK
                     : qb_err_set(QB_E_DATA, "%s: record %zu: expected key, status and config of a run", path, i + 1);
        else if (qb_record_is_over(status) && json_object_set(s->done, key, line) != 0)
            rc = qb_err_set(QB_E_NOMEM, "out of memory");
    }
    json_decref(lines);
    return rc;
}

/* A run that is not over in its own folder may be over there. */
static int look_elsewhere(scan *s, qb_task *task)
{
    const json_t *line = json_object_get(s->done, task->key);
    if (!line)
        return QB_OK;
    if (!json_equal(json_object_get(line, "config"), task->config->identity)) {
        (void)qb_err_set(QB_E_DATA, "%s: the record with key %.12s has another configuration than the run with that key", s->done_path,
                         task->key);
        return qb_err_hint("the file was changed by hand: make it with  qatbench ls PLAN --json");
    }
    s->n_used++;
    if (!task->is_left)
        return QB_OK;
    task->is_left = false;
    QB_TRY(take_record(task, line));
    if (qb_record_diverged_unsaid(line))
        return qb_task_set(task, "diverged", "the test loss is not finite");
    if (task->reason[0])
        return QB_OK;
    char *reason = qb_sprintf("in %s", s->done_path);
    int rc = reason ? qb_task_set(task, json_string_value(json_object_get(line, "status")), reason) : QB_E_NOMEM;
    qb_free(reason);
    return rc;
}

/* Nothing of it is of this plan: most likely other data. */
static void warn_of_unused(const scan *s)
{
    size_t n = json_object_size(s->done);
    if (n > 0 && s->n_used == 0)
        qb_log_warning("%s: none of its %zu finished runs is one of this plan (other values, seeds or data?)", s->done_path, n);
}

/* ---- all ---- */

static int find_facts(scan *s, const qb_config *config, const data_facts **ret_facts)
{
    for (size_t i = 0; i < s->n_facts; i++) {
        if (qb_data_keys_same_images(s->facts[i].settings, &config->settings)) {
            *ret_facts = &s->facts[i];
            return QB_OK;
        }
    }
    data_facts *facts = qb_realloc(s->facts, s->n_facts + 1, sizeof *facts);
    if (!facts)
        return QB_E_NOMEM;
    s->facts = facts;
    qb_dataset *data;
    QB_TRY(qb_data_keys_open(&config->settings, config->dataset, &data));
    if (qb_dataset_warning(data))
        qb_log_warning("%s", qb_dataset_warning(data));
    data_facts *new = &facts[s->n_facts++];
    *new = (data_facts){.settings = &config->settings, .n_train = qb_dataset_count(data, QB_SPLIT_TRAIN),
                        .n_test = qb_dataset_count(data, QB_SPLIT_TEST)};
    (void)snprintf(new->hash, sizeof new->hash, "%s", qb_dataset_fingerprint(data));
    qb_dataset_close(data);
    *ret_facts = new;
    return QB_OK;
}

/* A mistake in the plan that only the data show, before anything is trained. */
static int resolve(const scan *s, const qb_task *task, const data_facts *facts)
{
    int rc = qb_config_resolve(task->config, facts->n_train, facts->n_test);
    return rc == QB_E_CONFIG ? qb_err_add("%s: %s", s->plan->path, task->cell->name) : rc;
}

static int fill(scan *s, qb_task *task, size_t cell, size_t seed)
{
    const qb_study_plan_cell *c = &s->plan->cells[cell];
    task->cell = c;
    task->seed = s->plan->seeds[seed];
    task->top1 = (double)NAN;
    if (c->skipped)
        return qb_task_set(task, "skipped", c->skipped);
    const data_facts *facts;
    task->config = c->runs[seed];
    QB_TRY(find_facts(s, task->config, &facts));
    QB_TRY(resolve(s, task, facts));
    QB_TRY(qb_config_key(task->config, facts->hash, task->key));
    if (!(task->dir = qb_config_dir(task->config, task->key)))
        return QB_E_NOMEM;
    QB_TRY(look_at(task, s->force));
    return look_elsewhere(s, task);
}

int qb_study_threads(const qb_config *c)
{
    const qb_value *threads = qb_get(&c->settings, "threads");
    return threads->is_null ? 1 : (int)threads->i;
}

int qb_tasks_create(const qb_study_plan *plan, bool force, const char *done, qb_tasks *ret)
{
    scan s = {.plan = plan, .force = force};
    qb_tasks t = {.items = qb_alloc(plan->n_cells * plan->n_seeds, sizeof *t.items)};
    int rc = t.items ? read_done(&s, done) : QB_E_NOMEM;
    for (size_t seed = 0; rc == QB_OK && seed < plan->n_seeds; seed++) {
        for (size_t cell = 0; rc == QB_OK && cell < plan->n_cells; cell++)
            rc = fill(&s, &t.items[t.n++], cell, seed);
    }
    if (rc == QB_OK)
        warn_of_unused(&s);
    qb_free(s.facts);
    json_decref(s.done);
    if (rc < 0)
        qb_tasks_finish(&t);
    else
        *ret = t;
    return rc;
}

int qb_tasks_create_smoke(const qb_study_plan *plan, qb_tasks *ret)
{
    qb_tasks t = {.items = qb_alloc(plan->n_cells, sizeof *t.items)};
    int rc = t.items ? QB_OK : QB_E_NOMEM;
    for (size_t i = 0; rc == QB_OK && i < plan->n_cells; i++) {
        const qb_study_plan_cell *c = &plan->cells[i];
        t.items[t.n++] = (qb_task){.cell = c, .config = c->skipped ? NULL : c->runs[0], .seed = plan->seeds[0], .top1 = (double)NAN,
                                   .is_left = !c->skipped};
        rc = qb_task_set(&t.items[i], c->skipped ? "skipped" : "missing", c->skipped);
    }
    if (rc < 0)
        qb_tasks_finish(&t);
    else
        *ret = t;
    return rc;
}

void qb_tasks_finish(qb_tasks *t)
{
    for (size_t i = 0; i < t->n; i++) {
        qb_free(t->items[i].dir);
        qb_free(t->items[i].status);
        qb_free(t->items[i].reason);
    }
    qb_free(t->items);
    *t = (qb_tasks){0};
}

size_t qb_tasks_count(const qb_tasks *t, const char *status)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        n += strcmp(t->items[i].status, status) == 0;
    return n;
}
