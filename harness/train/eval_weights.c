/* See eval_weights.h. */
#include "train/eval_weights.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "datasets/datasets.h"
#include "models/models.h"
#include "train/cores.h"
#include "train/data_keys.h"
#include "train/export_format.h"
#include "train/identity.h"
#include "train/record.h"

#include <stdio.h>
#include <string.h>

/* What a test depends on and a record knows. */
static const char *const recorded_keys[] = {"model", "dataset", "test_limit", "on_bad_image", "batch", "shards", "dtype",
                                            "image_size", "norm_mean", "norm_std", "val_fraction", NULL};

/* Sets what nobody set to what the run was trained with; a key that its record leaves out stays at its default. */
static int complete(qb_settings *s, const json_t *config)
{
    for (const char *const *key = recorded_keys; *key; key++) {
        const json_t *recorded = json_object_get(config, *key);
        if (qb_get(s, *key)->is_set || !recorded || json_is_null(recorded))
            continue;
        QB_TRY(qb_identity_set(s, *key, recorded));
    }
    return QB_OK;
}

static int complete_from_run(qb_settings *s, const char *dir)
{
    json_t *record;
    QB_TRY(qb_record_read(dir, &record));
    int rc = complete(s, json_object_get(record, "config"));
    json_decref(record);
    return rc;
}

/* A file that `export` wrote has the configuration of its run in its metadata; of another every key must be given. */
static int complete_from_file(qb_settings *s, const qb_state_dict *weights)
{
    const char *schema = json_string_value(json_object_get(weights->file.metadata, "schema"));
    const char *text = json_string_value(json_object_get(weights->file.metadata, "config"));
    json_t *config = NULL;
    if (!schema || strcmp(schema, QB_EXPORT_SCHEMA) != 0 || !text)
        return QB_OK;
    char *where = qb_sprintf("%s (metadata 'config')", weights->path);
    int rc = where ? qb_json_parse(text, strlen(text), where, &config) : QB_E_NOMEM;
    if (rc == 0 && (rc = complete(s, config)) < 0 && rc != QB_E_NOMEM) {
        (void)qb_err_add("%s", where);
        rc = qb_err_set_code(QB_E_DATA);
    }
    json_decref(config);
    qb_free(where);
    return rc;
}

static int need(const qb_settings *s, const char *key, const char *path)
{
    if (qb_get(s, key)->text[0])
        return QB_OK;
    qb_err_set(QB_E_USAGE, "--%s is required: %s is a file of weights, which does not say", key, path);
    return qb_err_hint("'qatbench list %ss' shows them", key);
}

/* The objects of a test, and the order in which they come and go. */
typedef struct test {
    qb_dataset *data;
    qb_graph *graph;
    qb_net *net;
    qb_loader *loader;
} test;

static void test_finish(test *t)
{
    qb_loader_destroy(t->loader);
    qb_net_destroy(t->net);
    qb_graph_destroy(t->graph);
    qb_dataset_close(t->data);
}

static int64_t batch_of(const qb_settings *s)
{
    int64_t shards = qb_get(s, "shards")->i;
    return (qb_get(s, "batch")->i + shards - 1) / shards; /* as in training: no more than a part */
}

static int open_data(const qb_settings *s, test *t, int64_t *ret_n)
{
    const qb_value *limit = qb_get(s, "test_limit");
    const qb_dataset_info *info = NULL;
    QB_TRY(qb_dataset_find(qb_get(s, "dataset")->text, &info));
    QB_TRY(qb_data_keys_open(s, info, &t->data));
    QB_TRY(qb_dataset_load(t->data));
    int64_t n = qb_dataset_count(t->data, QB_SPLIT_TEST);
    *ret_n = !limit->is_null && limit->i < n ? limit->i : n;
    return *ret_n > 0 ? QB_OK : qb_err_set(QB_E_DATA, "data set %s has no test images", qb_dataset_get_info(t->data)->name);
}

static int create_net(const qb_settings *s, test *t, int64_t n)
{
    const qb_value *threads = qb_get(s, "threads");
    const qb_dataset_info *info = qb_dataset_get_info(t->data);
    int64_t batch = batch_of(s);
    int sizes[2];
    qb_net_options o = {.precision = strcmp(qb_get(s, "dtype")->text, "bf16") == 0 ? QB_BF16 : QB_FP32,
                        .threads = threads->is_null ? qb_cores_default_threads() : (int)threads->i,
                        .eval_batches = sizes};
    if (n >= batch)
        sizes[o.n_eval_batches++] = (int)batch;
    if (n % batch > 0)
        sizes[o.n_eval_batches++] = (int)(n % batch);
    QB_TRY(qb_model_graph(qb_get(s, "model")->text, (qb_shape){info->c, info->h, info->w}, info->n_classes, &t->graph));
    return qb_net_create(t->graph, &o, &t->net);
}

static int create_loader(const qb_settings *s, test *t, int64_t n)
{
    const qb_loader_options o = {.data = t->data,
                                 .split = QB_SPLIT_TEST,
                                 .n = n,
                                 .batch = (int)batch_of(s),
                                 .threads = (int)qb_get(s, "loader_threads")->i,
                                 .pass_bad_images = strcmp(qb_get(s, "on_bad_image")->text, "warn") == 0};
    return qb_loader_create(&o, &t->loader);
}

static void describe(const test *t, int64_t n, qb_weights_report *ret)
{
    ret->n = n;
    (void)snprintf(ret->model, sizeof ret->model, "%s", qb_graph_model(t->graph));
    (void)snprintf(ret->data, sizeof ret->data, "%s", qb_dataset_get_info(t->data)->name);
    (void)snprintf(ret->label, sizeof ret->label, "%s", qb_dataset_label(t->data));
}

static int run_test(const qb_state_dict *weights, const qb_settings *s, bool (*must_stop)(const void *context),
                    const void *context, qb_weights_report *ret, qb_eval_outputs *ret_outputs)
{
    test t = {0};
    int64_t n;
    int rc = open_data(s, &t, &n);
    if (rc == 0)
        rc = create_net(s, &t, n);
    if (rc == 0)
        rc = qb_state_dict_load(weights, t.graph, t.net, NULL);
    if (rc == 0)
        rc = create_loader(s, &t, n);
    if (rc == 0)
        rc = qb_evaluate(t.net, t.loader, NULL, must_stop, context, &ret->result, ret_outputs);
    if (rc == 0)
        describe(&t, n, ret);
    test_finish(&t);
    return rc;
}

int qb_eval_weights(const char *path, qb_state_kind kind, const qb_settings *settings, bool (*must_stop)(const void *context),
                    const void *context, qb_weights_report *ret_report, qb_eval_outputs *ret_outputs)
{
    qb_settings s;
    qb_state_dict weights;
    QB_TRY(qb_state_dict_open(path, kind, &weights));
    int rc = qb_settings_copy(&s, settings);
    if (rc < 0) {
        qb_state_dict_finish(&weights);
        return rc;
    }
    rc = qb_state_dict_is_run(path) ? complete_from_run(&s, path) : complete_from_file(&s, &weights);
    if (rc == 0)
        rc = need(&s, "model", path);
    if (rc == 0)
        rc = need(&s, "dataset", path);
    if (rc == 0)
        rc = run_test(&weights, &s, must_stop, context, ret_report, ret_outputs);
    qb_settings_finish(&s);
    qb_state_dict_finish(&weights);
    return rc;
}
