#include "train/run_weights.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "train/checkpoint.h"
#include "train/cores.h"
#include "train/data_keys.h"
#include "train/identity.h"
#include "train/record.h"
#include "train/spans.h"
#include "train/tensor_list.h"
#include "train/trainer.h"
#include "train/weights.h"

#include <stdio.h>
#include <string.h>

static bool is_full_precision(const qb_run_weights *w)
{
    return json_is_null(json_object_get(w->config, "bits"));
}

static qb_run_tensor *find(const qb_run_weights *w, const char *name)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->tensors[i].name, name) == 0)
            return &w->tensors[i];
    return NULL;
}

/* A tensor without values yet; w->tensors has room. */
static int add(qb_run_weights *w, const char *name, int n_dims, const int64_t *shape)
{
    qb_run_tensor *t = &w->tensors[w->n++];
    *t = (qb_run_tensor){.name = qb_strdup(name), .n_dims = n_dims, .n = 1, .bits = QB_BITS_FLOAT};
    for (int i = 0; i < n_dims; i++) {
        t->shape[i] = shape[i];
        t->n *= (size_t)shape[i];
    }
    t->finished = qb_alloc(t->n, sizeof *t->finished);
    return t->name && t->finished ? QB_OK : QB_E_NOMEM;
}

static int set_latent(qb_run_tensor *t, const void *values)
{
    t->latent = qb_alloc(t->n, sizeof *t->latent);
    if (!t->latent)
        return QB_E_NOMEM;
    memcpy(t->latent, values, t->n * sizeof *t->latent);
    return QB_OK;
}

/* ---- bits and rows ---- */

static int set_rows(const qb_run_weights *w, qb_run_tensor *t)
{
    qb_granularity granularity;
    int64_t block;
    bool by_row;
    qb_param p = {.name = t->name, .n_dims = t->n_dims, .n = t->n};
    memcpy(p.shape, t->shape, sizeof p.shape);
    QB_TRY(qb_granularity_parse(qb_json_text_of(w->config, "granularity"), &granularity, &block));
    qb_quant_tensor_rows(&p, granularity, block, &t->n_rows, &t->row_len, &by_row);
    return QB_OK;
}

static int mark_quantized(qb_run_weights *w, const qb_param *params, size_t n, const char *model)
{
    const json_t *bits = json_object_get(w->config, "bits");
    const int all = json_is_integer(bits) ? (int)json_integer_value(bits) : 0;
    const char *list = qb_json_text_of(w->config, "layer_bits");
    int8_t *each = qb_alloc(n, sizeof *each);
    if (!each)
        return QB_E_NOMEM;
    int rc = qb_layer_bits_resolve(*list ? list : "none", all, params, n, model, each);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        qb_run_tensor *t = find(w, params[i].name);
        if (each[i] == QB_BITS_FLOAT || !t)
            continue;
        t->bits = each[i];
        rc = set_rows(w, t);
    }
    qb_free(each);
    return rc;
}

/* Names and what is quantized depend on the model alone, the classifier's shape tells the classes. */
static int mark(qb_run_weights *w)
{
    qb_graph *g = NULL;
    const qb_model *model = NULL;
    size_t n, first, n_classifier;
    QB_TRY(qb_model_find(qb_json_text_of(w->config, "model"), &model));
    QB_TRY(qb_model_graph(model->name, model->default_input, model->default_classes, &g));
    const qb_param *params = qb_graph_params(g, &n);
    qb_graph_classifier(g, &first, &n_classifier);
    const qb_run_tensor *classifier = find(w, params[first].name);
    int rc = classifier ? QB_OK
                        : qb_err_set(QB_E_DATA, "expected the tensors of %s, found no %s", model->name, params[first].name);
    if (rc == 0)
        w->n_classes = (int)classifier->shape[0];
    if (rc == 0 && !is_full_precision(w))
        rc = mark_quantized(w, params, n, model->name);
    qb_graph_destroy(g);
    return rc;
}

/* ---- a run that is over ---- */

static int check_hash(const qb_run_weights *w, const qb_safetensors *file)
{
    const char *want = json_string_value(json_object_get(json_object_get(w->record, "result"), "weights_sha256"));
    char got[QB_SHA256_HEX];
    qb_sha256 *h = qb_sha256_create();
    if (!h)
        return QB_E_NOMEM;
    for (size_t i = 0; i < file->n; i++)
        qb_sha256_add(h, file->tensors[i].data, file->tensors[i].n_bytes);
    qb_sha256_end(h, got);
    if (!want || strcmp(want, got) == 0)
        return QB_OK;
    (void)qb_err_set(QB_E_DATA, "model.safetensors: damaged: expected weights of SHA-256 %.12s..., found %.12s...", want, got);
    return qb_err_hint("--force of 'qatbench train' trains the run anew");
}

static int copy_finished(qb_run_weights *w, const qb_safetensors *file)
{
    w->tensors = qb_alloc(file->n, sizeof *w->tensors);
    if (!w->tensors)
        return QB_E_NOMEM;
    for (size_t i = 0; i < file->n; i++) {
        const qb_st_tensor *t = &file->tensors[i];
        if (t->dtype != QB_F32 || t->n_dims > 4)
            return qb_err_set(QB_E_DATA, "model.safetensors: %s: expected F32 of at most 4 dimensions, found %s of %d", t->name,
                              qb_dtype_name(t->dtype), t->n_dims);
        QB_TRY(add(w, t->name, t->n_dims, t->shape));
        memcpy(w->tensors[i].finished, t->data, t->n_bytes);
    }
    return QB_OK;
}

static int copy_latent(qb_run_weights *w, const qb_safetensors *file)
{
    for (size_t i = 0; i < w->n; i++) {
        char name[256];
        qb_run_tensor *t = &w->tensors[i];
        if (t->bits == QB_BITS_FLOAT)
            continue;
        (void)snprintf(name, sizeof name, "x/%s", t->name);
        const qb_st_tensor *x = qb_safetensors_find(file, name);
        if (!x || x->dtype != QB_F32 || x->n_elements != t->n)
            return qb_err_set(QB_E_DATA, "trained.safetensors: expected %zu values of F32 as %s, found %s", t->n, name,
                              x ? "another shape" : "none");
        QB_TRY(set_latent(t, x->data));
    }
    return QB_OK;
}

static int open_finished(const char *dir, bool with_latent, qb_run_weights *w)
{
    qb_safetensors file;
    w->step = json_integer_value(json_object_get(json_object_get(w->record, "result"), "steps"));
    QB_TRY(qb_weights_open(dir, QB_WEIGHTS_FINISHED, &file));
    int rc = check_hash(w, &file);
    if (rc == 0)
        rc = copy_finished(w, &file);
    qb_safetensors_finish(&file);
    if (rc == 0)
        rc = mark(w);
    if (rc < 0)
        return qb_err_add("%s", dir);
    if (!with_latent || is_full_precision(w))
        return QB_OK;
    QB_TRY(qb_weights_open(dir, QB_WEIGHTS_TRAINED, &file));
    rc = copy_latent(w, &file);
    qb_safetensors_finish(&file);
    return rc < 0 ? qb_err_add("%s", dir) : QB_OK;
}

/* ---- a checkpoint ---- */

/* The settings that have this identity. What it started from is known by its hash there, and no longer needed. */
static int settings_of(const json_t *identity, const qb_settings *places, qb_settings *s)
{
    const char *key;
    json_t *value;
    QB_TRY(qb_settings_copy(s, places));
    json_object_foreach ((json_t *)(uintptr_t)identity, key, value) {
        if (json_is_null(value) || strcmp(key, "init") == 0 || strcmp(key, "solver_version") == 0)
            continue;
        int rc = qb_option_find(s->schema, s->n, key) ? qb_identity_set(s, key, value) : qb_err_set(QB_E_CONFIG, "no key of a run");
        if (rc < 0) {
            qb_settings_finish(s);
            return rc == QB_E_NOMEM ? rc : (qb_err_add("the run's key '%s'", key), qb_err_set_code(QB_E_CONFIG));
        }
    }
    return QB_OK;
}

static int load_solver(const qb_settings *s, const qb_plugin **ret_plugin)
{
    const qb_value *path = qb_get(s, "solver_path");
    qb_spec spec;
    QB_TRY(qb_spec_parse(qb_get(s, "solver")->text, &spec));
    int rc = qb_plugin_load(spec.name, path->is_null ? NULL : path->text, ret_plugin);
    qb_spec_finish(&spec);
    return rc < 0 ? qb_err_hint("weights of a run that is not finished need its solver: --solver-path says where it lies")
                  : QB_OK;
}

/* What a network has to know of the data. Only where the table has no number of classes are they opened. */
static int describe_data(const qb_config *c, qb_dataset_info *ret_info)
{
    const qb_value *side = qb_get(&c->settings, "image_size");
    *ret_info = *c->dataset;
    if (!side->is_null)
        ret_info->h = ret_info->w = (int)side->i;
    if (c->dataset->n_classes > 0)
        return QB_OK;
    qb_dataset *data = NULL;
    QB_TRY(qb_data_keys_open(&c->settings, c->dataset, &data));
    ret_info->n_classes = qb_dataset_get_info(data)->n_classes;
    qb_dataset_close(data);
    return QB_OK;
}

static int copy_net(qb_run_weights *w, qb_trainer *t, bool with_latent)
{
    size_t n_params, n_stats;
    const qb_param *params = qb_net_params(t->net, &n_params);
    qb_tensor_list state = qb_weights_list(t->net, t->finished);
    (void)qb_net_running_stats(t->net, &n_stats);
    w->tensors = state.failed ? NULL : qb_alloc(n_params + n_stats, sizeof *w->tensors);
    int rc = w->tensors ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory");
    for (size_t i = 0; rc == 0 && i < state.n; i++) {
        rc = add(w, state.items[i].name, state.items[i].n_dims, state.items[i].shape);
        if (rc == 0)
            memcpy(w->tensors[i].finished, state.items[i].data, state.items[i].n_bytes);
    }
    qb_tensor_list_finish(&state);
    if (rc == 0)
        rc = mark(w);
    for (size_t i = 0; rc == 0 && with_latent && i < n_params; i++)
        if (params[i].w != params[i].x)
            rc = set_latent(find(w, params[i].name), params[i].x);
    return rc;
}

static int load_checkpoint(const char *dir, qb_trainer *t, bool with_latent, qb_run_weights *w)
{
    int found;
    int64_t metrics_bytes;
    qb_train_state state = {.evaluated_at = -1, .curve = json_array()};
    const qb_rundir rundir = {
        .path = (char *)(uintptr_t)dir, .lock_fd = -1, .metrics_fd = -1, .times_fd = -1, .diagnostics_fd = -1, .log_fd = -1};
    const qb_checkpoint checkpoint = {.training = {.net = t->net, .optim = t->optim, .quant = t->quant, .state = &state},
                                      .run_key = json_string_value(json_object_get(w->record, "key")),
                                      .content = &qb_checkpoint_all};
    int rc = state.curve ? qb_checkpoint_load(&rundir, &checkpoint, &found, &metrics_bytes)
                         : qb_err_set(QB_E_NOMEM, "out of memory");
    json_decref(state.curve);
    QB_TRY(rc);
    if (found <= 0) {
        const char *status = json_string_value(json_object_get(w->record, "status"));
        (void)qb_err_set(QB_E_NOINPUT,
                         "%s: the run is not finished (%s), and has no checkpoint that can be read: there are no weights yet",
                         dir, status);
        if (strcmp(status, "running") == 0)
            return qb_err_hint("a process trains it: try again when it has saved");
        return qb_err_hint("'%s' goes on with it", json_string_value(json_object_get(w->record, "command")));
    }
    w->step = state.step;
    QB_TRY(qb_quant_finish(t->quant, t->finished));
    return copy_net(w, t, with_latent);
}

static int open_checkpoint(const char *dir, const qb_settings *places, bool with_latent, qb_run_weights *w)
{
    qb_settings s;
    qb_config *c = NULL;
    qb_trainer *t = NULL;
    const qb_plugin *plugin = NULL;
    qb_dataset_info info;
    const json_t *data = json_object_get(w->record, "data");
    const int64_t n_train = json_integer_value(json_object_get(data, "n_train")),
                  n_test = json_integer_value(json_object_get(data, "n_test"));
    w->is_checkpoint = true;
    int rc = settings_of(json_object_get(w->record, "config"), places, &s);
    if (rc == 0) {
        rc = load_solver(&s, &plugin);
        if (rc == 0)
            rc = qb_config_create_with(&s, plugin, &c);
        qb_settings_finish(&s);
    }
    if (rc == 0 && c->n_train != n_train)
        rc = qb_config_resolve(c, n_train, n_test);
    if (rc == 0)
        rc = describe_data(c, &info);
    if (rc == 0)
        rc = qb_trainer_create_idle(c, &info, qb_cores_default_threads(), &t);
    if (rc < 0)
        (void)qb_err_add("%s", dir);
    if (rc == 0)
        rc = load_checkpoint(dir, t, with_latent, w);
    qb_trainer_destroy(t);
    qb_config_destroy(c);
    return rc;
}

/* ---- both ---- */

/* What every run says of itself, and is asked for from here on. */
static int check_record(const char *dir, const qb_run_weights *w)
{
    static const char *const of_record[] = {"key", "status"}, *const of_config[] = {"model", "dataset", "solver"};
    const char *missing = NULL;
    for (size_t i = 0; i < sizeof of_config / sizeof *of_config; i++)
        if (!json_is_string(json_object_get(json_object_get(w->record, "config"), of_config[i])))
            missing = of_config[i];
    for (size_t i = 0; i < sizeof of_record / sizeof *of_record; i++)
        if (!json_is_string(json_object_get(w->record, of_record[i])))
            missing = of_record[i];
    return missing ? qb_err_set(QB_E_DATA, "%s/record.json: expected the record of a run, found none of its member '%s'", dir,
                                missing)
                   : QB_OK;
}

static int read_record(const char *dir, qb_run_weights *w)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    QB_TRY(qb_record_read(dir, &w->record));
    QB_TRY(check_record(dir, w));
    w->config = qb_identity_complete(schema, n, json_object_get(w->record, "config"));
    char *whole = w->config ? qb_json_compact(w->config) : NULL; /* none, where memory was short and members may be missing */
    qb_free(whole);
    return whole ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory");
}

int qb_run_weights_open(const char *dir, const qb_settings *places, bool with_latent, qb_run_weights *ret_weights)
{
    qb_run_weights w = {0};
    int rc = read_record(dir, &w);
    if (rc == 0)
        rc = qb_record_is_over(json_string_value(json_object_get(w.record, "status")))
                 ? open_finished(dir, with_latent, &w)
                 : open_checkpoint(dir, places, with_latent, &w);
    if (rc < 0) {
        qb_run_weights_finish(&w);
        return rc;
    }
    *ret_weights = w;
    return QB_OK;
}

void qb_run_weights_finish(qb_run_weights *w)
{
    for (size_t i = 0; i < w->n; i++) {
        qb_free(w->tensors[i].name);
        qb_free(w->tensors[i].finished);
        qb_free(w->tensors[i].latent);
    }
    qb_free(w->tensors);
    json_decref(w->record);
    json_decref(w->config);
    *w = (qb_run_weights){0};
}
