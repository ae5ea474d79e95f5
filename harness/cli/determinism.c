/* Promise T1 on this machine: one run in one go, one stopped in the middle of an epoch and resumed; same bits. */
#include "cli/determinism.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "train/run.h"

#include <signal.h>
#include <string.h>

enum { STOP_AFTER_STEPS = 7, MAX_METRICS_BYTES = 1 << 20 };

/* A run of 2 epochs of 8 steps, the last batch of each being a partial one. */
static int make_config(const char *runs_dir, const char *solver_path, qb_config **ret_config)
{
    const char *const keys[][2] = {{"model", "resnet8"},   {"dataset", "synthetic"}, {"solver", "parq"},
                                   {"bits", "2"},          {"epochs", "2"},          {"batch", "64"},
                                   {"train_limit", "500"}, {"test_limit", "200"},    {"flip", "yes"},
                                   {"crop", "yes"},        {"quant_period", "3"},    {"runs_dir", runs_dir}};
    size_t n;
    qb_settings s;
    const qb_option *schema = qb_run_schema(&n);
    QB_TRY(qb_settings_init(&s, schema, n));
    int rc = solver_path ? qb_settings_set(&s, "solver_path", solver_path) : QB_OK;
    for (size_t i = 0; rc == QB_OK && i < sizeof keys / sizeof keys[0]; i++)
        rc = qb_settings_set(&s, keys[i][0], keys[i][1]);
    if (rc == QB_OK)
        rc = qb_config_create(&s, ret_config);
    qb_settings_finish(&s);
    return rc;
}

static void stop_on_time(void *context, const qb_progress *p)
{
    volatile sig_atomic_t *stop = context;
    if (p->step >= STOP_AFTER_STEPS)
        *stop = 1;
}

/* One start of the run. *ret_record: NULL when it stopped. */
static int start(qb_config *config, bool stops, json_t **ret_record)
{
    volatile sig_atomic_t stop = 0;
    const qb_run_environment environment = {.progress = stops ? stop_on_time : NULL,
                                            .progress_context = (void *)&stop, /* written by the callback alone */
                                            .stop = &stop};
    json_t *record = NULL;
    int rc = qb_run_execute(config, &environment, &record);
    if (stops && rc == QB_E_STOPPED) {
        json_decref(record);
        record = NULL;
        qb_err_clear();
        rc = QB_OK;
    }
    if (rc < 0)
        json_decref(record);
    else
        *ret_record = record;
    return rc;
}

static int read_metrics(const json_t *record, char **ret_text, size_t *ret_n)
{
    const char *dir = json_string_value(json_object_get(record, "dir"));
    char *path = qb_path_join(dir ? dir : ".", "metrics.jsonl");
    if (!path)
        return QB_E_NOMEM;
    int rc = qb_fs_read(path, MAX_METRICS_BYTES, ret_text, ret_n);
    qb_free(path);
    return rc;
}

static const char *weights_of(const json_t *record)
{
    const char *sha256 = json_string_value(json_object_get(json_object_get(record, "result"), "weights_sha256"));
    return sha256 ? sha256 : "";
}

static int compare(const json_t *a, const json_t *b, bool *ret_equal, char **ret_what)
{
    char *log_a = NULL, *log_b = NULL;
    size_t n_a = 0, n_b = 0;
    int rc = read_metrics(a, &log_a, &n_a);
    if (rc == QB_OK)
        rc = read_metrics(b, &log_b, &n_b);
    if (rc == QB_OK) {
        bool weights = weights_of(a)[0] && strcmp(weights_of(a), weights_of(b)) == 0;
        bool logs = n_a == n_b && memcmp(log_a, log_b, n_a) == 0;
        *ret_equal = weights && logs;
        *ret_what = qb_sprintf("one go, and stopped after step %d and resumed: weights %s (%.12s, %.12s), metrics.jsonl %s",
                               STOP_AFTER_STEPS, weights ? "equal" : "DIFFER", weights_of(a), weights_of(b),
                               logs ? "equal" : "DIFFERS");
        rc = *ret_what ? QB_OK : QB_E_NOMEM;
    }
    qb_free(log_a);
    qb_free(log_b);
    return rc;
}

/* The two runs below `dir`: one in one go, one in two. */
static int check_in(const char *dir, const char *solver_path, bool *ret_equal, char **ret_what)
{
    json_t *records[2] = {NULL, NULL}, *stopped = NULL;
    int rc = QB_OK;
    for (int i = 0; rc == QB_OK && i < 2; i++) {
        qb_config *config = NULL;
        char *runs_dir = qb_path_join(dir, i == 0 ? "whole" : "resumed");
        rc = runs_dir ? make_config(runs_dir, solver_path, &config) : QB_E_NOMEM;
        if (rc == QB_OK && i == 1)
            rc = start(config, true, &stopped);
        if (rc == QB_OK && stopped)
            rc = qb_err_set(QB_E_FAILED, "determinism: the run was over before it could be stopped");
        if (rc == QB_OK)
            rc = start(config, false, &records[i]);
        qb_config_destroy(config);
        qb_free(runs_dir);
    }
    if (rc == QB_OK)
        rc = compare(records[0], records[1], ret_equal, ret_what);
    json_decref(stopped);
    json_decref(records[0]);
    json_decref(records[1]);
    return rc;
}

int qb_determinism_check(const char *solver_path, bool *ret_equal, char **ret_what)
{
    char *dir;
    QB_TRY(qb_fs_make_temp_dir("qatbench", &dir));
    int rc = check_in(dir, solver_path, ret_equal, ret_what);
    (void)qb_fs_remove_tree(dir); /* a left-over in the temporary folder does no harm */
    qb_free(dir);
    return rc;
}
