#include "train/checkpoint.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/safetensors.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

enum { N_KEPT = 2 };
static const char *const part_names[] = {"model.safetensors", "optim.safetensors", "solver.safetensors"};
enum { N_PARTS = 3 };

/* A list of tensors to be written or read, with names that it owns. */
typedef struct tensor_list {
    qb_st_tensor *items;
    size_t n, capacity;
    int failed;
} tensor_list;

static void add_tensor(tensor_list *l, char *name, qb_dtype dtype, int n_dims, const int64_t *shape, size_t n, void *data)
{
    if (!name || l->failed) {
        l->failed = 1;
        qb_free(name);
        return;
    }
    if (l->n == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : 64;
        qb_st_tensor *items = qb_realloc(l->items, capacity, sizeof *items);
        if (!items) {
            l->failed = 1;
            qb_free(name);
            return;
        }
        l->items = items;
        l->capacity = capacity;
    }
    qb_st_tensor *t = &l->items[l->n++];
    *t = (qb_st_tensor){.name = name, .dtype = dtype, .n_dims = n_dims, .n_elements = n,
                        .n_bytes = n * qb_dtype_size(dtype), .data = data};
    for (int i = 0; i < n_dims; i++)
        t->shape[i] = shape[i];
}

static void list_finish(tensor_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        qb_free((void *)(uintptr_t)l->items[i].name);
    qb_free(l->items);
}

static void list_model(tensor_list *l, qb_net *net)
{
    size_t n;
    qb_param *params = qb_net_params(net, &n);
    for (size_t i = 0; i < n; i++) {
        const qb_param *p = &params[i];
        add_tensor(l, qb_strdup(p->name), QB_F32, p->n_dims, p->shape, p->n, p->x);
        if (p->w != p->x)
            add_tensor(l, qb_sprintf("w/%s", p->name), QB_F32, p->n_dims, p->shape, p->n, p->w);
    }
    qb_running_stat *running_stats = qb_net_running_stats(net, &n);
    for (size_t i = 0; i < n; i++) {
        int64_t shape = (int64_t)running_stats[i].n;
        add_tensor(l, qb_strdup(running_stats[i].name), QB_F32, 1, &shape, running_stats[i].n, running_stats[i].value);
    }
}

static void list_optim(tensor_list *l, qb_optim *optim)
{
    for (size_t i = 0; i < qb_optim_n_states(optim); i++) {
        const char *name;
        float *values;
        size_t n;
        qb_optim_state(optim, i, &name, &values, &n);
        int64_t shape = (int64_t)n;
        add_tensor(l, qb_strdup(name), QB_F32, 1, &shape, n, values);
    }
    size_t n;
    int64_t *counts = qb_optim_step_counts(optim, &n);
    int64_t shape = (int64_t)n;
    add_tensor(l, qb_strdup("step_counts"), QB_I64, 1, &shape, n, counts);
}

static int save_list(tensor_list *l, const char *path, char sha256[65])
{
    int rc = l->failed ? qb_err_set(QB_E_NOMEM, "out of memory") : qb_safetensors_write(path, l->items, l->n, NULL, sha256);
    list_finish(l);
    return rc;
}

/* Copies a file's tensors to where the list points; both must hold exactly the same names and shapes. */
static int load_list(tensor_list *l, const char *path)
{
    qb_safetensors file;
    int rc = l->failed ? qb_err_set(QB_E_NOMEM, "out of memory") : qb_safetensors_read(path, &file);
    if (rc < 0) {
        list_finish(l);
        return rc;
    }
    if (file.n != l->n)
        rc = qb_err_set(QB_E_CONFIG, "%s: expected %zu tensors for this network, found %zu", path, l->n, file.n);
    for (size_t i = 0; rc == 0 && i < l->n; i++) {
        const qb_st_tensor *want = &l->items[i], *got = qb_safetensors_find(&file, want->name);
        if (!got || got->dtype != want->dtype || got->n_elements != want->n_elements)
            rc = qb_err_set(QB_E_CONFIG, "%s: tensor '%s': expected %zu values of %s, found %s", path, want->name,
                            want->n_elements, qb_dtype_name(want->dtype), got ? "another shape" : "none");
        else
            memcpy((void *)(uintptr_t)want->data, got->data, want->n_bytes);
    }
    qb_safetensors_finish(&file);
    list_finish(l);
    return rc;
}

/* ---- saving ---- */

static json_t *state_json(const qb_train_state *s)
{
    return qb_json_pack("{s:I, s:I, s:o, s:I, s:I, s:o, s:I, s:I, s:O}", "step", (json_int_t)s->step, "evaluated_at",
                        (json_int_t)s->evaluated_at, "loss_sum", qb_json_real(s->loss_sum), "correct", (json_int_t)s->correct,
                        "seen", (json_int_t)s->seen, "window_loss", qb_json_real(s->window_loss), "window_correct",
                        (json_int_t)s->window_correct, "window_seen", (json_int_t)s->window_seen, "curve", s->curve);
}

/* SHA-256 of everything in a manifest but its own hash. */
static int manifest_hash(const json_t *manifest, char ret_sha256[65])
{
    json_t *rest = json_copy((json_t *)(uintptr_t)manifest);
    if (rest)
        json_object_del(rest, "sha256");
    char *text = rest ? qb_json_compact(rest) : NULL;
    if (text)
        qb_sha256_of(text, strlen(text), ret_sha256);
    int rc = text ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory");
    qb_free(text);
    json_decref(rest);
    return rc;
}

static int write_manifest(const char *folder, const qb_checkpoint_parts *parts, char sha[N_PARTS][65], int64_t metrics_bytes)
{
    json_t *files = json_object(), *state = state_json(parts->state);
    int rc = files && state ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory");
    for (int i = 0; rc == 0 && i < N_PARTS; i++)
        if (json_object_set_new(files, part_names[i], qb_json_text(sha[i])) != 0)
            rc = qb_err_set(QB_E_NOMEM, "out of memory");
    json_t *manifest = rc == 0 ? qb_json_pack("{s:s, s:s, s:O, s:O, s:I}", "schema", "qatbench.checkpoint/1", "run",
                                              parts->run_key, "files", files, "state", state, "metrics_bytes",
                                              (json_int_t)metrics_bytes)
                               : NULL;
    char *path = qb_path_join(folder, "manifest.json"), hash[65];
    if (rc == 0 && (!manifest || !path))
        rc = qb_err_set(QB_E_NOMEM, "out of memory");
    if (rc == 0)
        rc = manifest_hash(manifest, hash);
    if (rc == 0 && json_object_set_new(manifest, "sha256", qb_json_text(hash)) != 0)
        rc = qb_err_set(QB_E_NOMEM, "out of memory");
    if (rc == 0)
        rc = qb_json_write(path, manifest);
    json_decref(files);
    json_decref(state);
    json_decref(manifest);
    qb_free(path);
    return rc;
}

static void step_name(int64_t step, char name[32]) { snprintf(name, 32, "step-%08lld", (long long)step); }

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Steps that have a folder, ascending; free with qb_free. */
static int list_steps(const char *ckpt, int64_t **ret_steps, size_t *ret_n)
{
    char **names = NULL;
    size_t n = 0, kept = 0;
    *ret_steps = NULL;
    *ret_n = 0;
    if (!qb_fs_is_dir(ckpt))
        return QB_OK;
    QB_TRY(qb_fs_list(ckpt, &names, &n));
    int64_t *steps = qb_alloc(n, sizeof *steps);
    long long step;
    for (size_t i = 0; steps && i < n; i++)
        if (qb_starts_with(names[i], "step-") && strspn(names[i] + 5, "0123456789") == strlen(names[i] + 5)) {
            const char *digits = names[i] + 5 + strspn(names[i] + 5, "0");
            if (qb_parse_int(*digits ? digits : "0", &step))
                steps[kept++] = step;
        }
    qb_fs_free_names(names, n);
    if (!steps)
        return QB_E_NOMEM;
    qsort(steps, kept, sizeof *steps, ascending);
    *ret_steps = steps;
    *ret_n = kept;
    return QB_OK;
}

/* Keeps the step just saved and the N_KEPT - 1 newest before it. Later ones are of a past that turned out unusable. */
static int prune(const char *ckpt, int64_t saved)
{
    int64_t *steps;
    size_t n, kept = 0;
    QB_TRY(list_steps(ckpt, &steps, &n));
    int rc = QB_OK;
    for (size_t i = n; rc == 0 && i-- > 0;) {
        if (steps[i] <= saved && kept++ < N_KEPT)
            continue;
        char name[32];
        step_name(steps[i], name);
        char *old = qb_path_join(ckpt, name);
        rc = old ? qb_fs_remove_tree(old) : QB_E_NOMEM;
        qb_free(old);
    }
    qb_free(steps);
    return rc;
}

static int write_parts(const char *folder, const qb_checkpoint_parts *parts, int64_t metrics_bytes)
{
    char sha[N_PARTS][65];
    char *paths[N_PARTS] = {0};
    int rc = qb_fs_make_dirs(folder, 0755);
    for (int i = 0; rc == 0 && i < N_PARTS; i++)
        rc = (paths[i] = qb_path_join(folder, part_names[i])) ? QB_OK : QB_E_NOMEM;
    tensor_list model = {0}, optim = {0};
    if (rc == 0) {
        list_model(&model, parts->net);
        rc = save_list(&model, paths[0], sha[0]);
    }
    if (rc == 0) {
        list_optim(&optim, parts->optim);
        rc = save_list(&optim, paths[1], sha[1]);
    }
    if (rc == 0)
        rc = qb_quant_save(parts->quant, paths[2], sha[2]);
    if (rc == 0)
        rc = write_manifest(folder, parts, sha, metrics_bytes);
    for (int i = 0; i < N_PARTS; i++)
        qb_free(paths[i]);
    return rc;
}

int qb_checkpoint_save(qb_rundir *dir, const qb_checkpoint_parts *parts)
{
    char name[32];
    step_name(parts->state->step, name);
    char *ckpt = qb_rundir_file(dir, "ckpt");
    char *folder = ckpt ? qb_path_join(ckpt, name) : NULL;
    char *fresh = ckpt ? qb_path_join(ckpt, "saving") : NULL;
    char *latest = ckpt ? qb_path_join(ckpt, "latest") : NULL;
    int rc = folder && fresh && latest ? qb_rundir_sync(dir) : QB_E_NOMEM;
    if (rc == 0)
        rc = qb_fs_remove_tree(fresh); /* what a killed process left */
    if (rc == 0) {
        rc = write_parts(fresh, parts, dir->metrics_bytes);
        if (rc == 0)
            rc = qb_fs_put_dir(fresh, folder);
        if (rc < 0)
            (void)qb_fs_remove_tree(fresh); /* half a checkpoint helps nobody; the error that is reported is rc's */
    }
    if (rc == 0)
        rc = qb_fs_write_atomic(latest, name, strlen(name));
    if (rc == 0)
        rc = prune(ckpt, parts->state->step);
    if (rc < 0)
        qb_err_add("while saving a checkpoint");
    qb_free(ckpt);
    qb_free(folder);
    qb_free(fresh);
    qb_free(latest);
    return rc;
}

/* ---- loading ---- */

static int read_state(const json_t *o, qb_train_state *s)
{
    long long step, evaluated_at, correct, seen, window_correct, window_seen;
    QB_TRY(qb_json_get_int(o, "step", &step));
    QB_TRY(qb_json_get_int(o, "evaluated_at", &evaluated_at));
    QB_TRY(qb_json_get_real(o, "loss_sum", &s->loss_sum));
    QB_TRY(qb_json_get_int(o, "correct", &correct));
    QB_TRY(qb_json_get_int(o, "seen", &seen));
    QB_TRY(qb_json_get_real(o, "window_loss", &s->window_loss));
    QB_TRY(qb_json_get_int(o, "window_correct", &window_correct));
    QB_TRY(qb_json_get_int(o, "window_seen", &window_seen));
    json_t *curve = json_object_get(o, "curve");
    if (!json_is_array(curve))
        return qb_err_set(QB_E_DATA, "curve: expected a list");
    json_decref(s->curve);
    s->curve = json_incref(curve);
    s->step = step;
    s->evaluated_at = evaluated_at;
    s->correct = correct;
    s->seen = seen;
    s->window_correct = window_correct;
    s->window_seen = window_seen;
    return QB_OK;
}

/* Everything about one checkpoint that can be wrong without this network being wrong. */
static int verify(const char *folder, const char *run_key, int64_t metrics_length, json_t **ret_manifest)
{
    char *path = qb_path_join(folder, "manifest.json");
    json_t *m = NULL;
    int rc = path ? qb_json_read(path, &m) : QB_E_NOMEM;
    const char *run = NULL, *schema = NULL, *own = NULL;
    char hash[65];
    long long metrics_bytes;
    if (rc == 0)
        rc = qb_json_get_text(m, "sha256", &own);
    if (rc == 0)
        rc = manifest_hash(m, hash);
    if (rc == 0 && strcmp(own, hash) != 0)
        rc = qb_err_set(QB_E_DATA, "%s: damaged: expected SHA-256 %.12s..., found %.12s...", path, own, hash);
    if (rc == 0)
        rc = qb_json_get_int(m, "metrics_bytes", &metrics_bytes);
    if (rc == 0 && metrics_bytes > metrics_length)
        rc = qb_err_set(QB_E_DATA, "metrics.jsonl has %lld bytes, the checkpoint counts on %lld", (long long)metrics_length,
                        metrics_bytes);
    if (rc == 0)
        rc = qb_json_get_text(m, "schema", &schema);
    if (rc == 0 && strcmp(schema, "qatbench.checkpoint/1") != 0)
        rc = qb_err_set(QB_E_DATA, "%s: expected schema qatbench.checkpoint/1, found '%s'", path, schema);
    if (rc == 0)
        rc = qb_json_get_text(m, "run", &run);
    if (rc == 0 && strcmp(run, run_key) != 0)
        rc = qb_err_set(QB_E_DATA, "%s: belongs to run %.12s, not to %.12s", path, run, run_key);
    for (int i = 0; rc == 0 && i < N_PARTS; i++) {
        const char *want = NULL;
        char got[65];
        char *part = qb_path_join(folder, part_names[i]);
        rc = part ? qb_json_get_text(json_object_get(m, "files"), part_names[i], &want) : QB_E_NOMEM;
        if (rc == 0)
            rc = qb_sha256_file(part, got);
        if (rc == 0 && strcmp(got, want) != 0)
            rc = qb_err_set(QB_E_DATA, "%s: damaged: expected SHA-256 %.12s..., found %.12s...", part, want, got);
        qb_free(part);
    }
    qb_free(path);
    if (rc < 0) {
        json_decref(m);
        return rc;
    }
    *ret_manifest = m;
    return QB_OK;
}

static int restore(const char *folder, const qb_checkpoint_parts *parts, const json_t *manifest, int64_t *ret_metrics_bytes)
{
    long long bytes;
    QB_TRY(qb_json_get_int(manifest, "metrics_bytes", &bytes));
    QB_TRY(read_state(json_object_get(manifest, "state"), parts->state));
    char *paths[N_PARTS] = {0};
    int rc = QB_OK;
    for (int i = 0; rc == 0 && i < N_PARTS; i++)
        rc = (paths[i] = qb_path_join(folder, part_names[i])) ? QB_OK : QB_E_NOMEM;
    tensor_list model = {0}, optim = {0};
    if (rc == 0) {
        list_model(&model, parts->net);
        rc = load_list(&model, paths[0]);
    }
    if (rc == 0) {
        list_optim(&optim, parts->optim);
        rc = load_list(&optim, paths[1]);
    }
    if (rc == 0)
        rc = qb_quant_load(parts->quant, paths[2]);
    for (int i = 0; i < N_PARTS; i++)
        qb_free(paths[i]);
    *ret_metrics_bytes = bytes;
    return rc;
}

int qb_checkpoint_load(const qb_rundir *dir, const qb_checkpoint_parts *parts, int *ret_found, int64_t *ret_metrics_bytes)
{
    *ret_found = 0;
    char *ckpt = qb_rundir_file(dir, "ckpt"), *metrics = qb_rundir_file(dir, "metrics.jsonl");
    int64_t *steps = NULL, metrics_length = 0;
    size_t n = 0;
    int rc = ckpt && metrics ? list_steps(ckpt, &steps, &n) : QB_E_NOMEM;
    if (rc == 0 && qb_fs_exists(metrics))
        rc = qb_fs_size(metrics, &metrics_length);
    for (size_t i = n; rc == 0 && !*ret_found && i-- > 0;) {
        json_t *manifest = NULL;
        char name[32];
        step_name(steps[i], name);
        char *folder = qb_path_join(ckpt, name);
        if (!folder) {
            rc = QB_E_NOMEM;
        } else if (verify(folder, parts->run_key, metrics_length, &manifest) == 0) {
            rc = restore(folder, parts, manifest, ret_metrics_bytes);
            *ret_found = rc == 0;
        } else {
            qb_log_warning("checkpoint %s is not usable (%s): %s", name, qb_err_text(),
                           i > 0 ? "using the one before it" : "starting from the beginning");
            qb_err_clear();
        }
        json_decref(manifest);
        qb_free(folder);
    }
    qb_free(steps);
    qb_free(ckpt);
    qb_free(metrics);
    return rc;
}

/* ---- finished weights ---- */

static size_t layer_prefix(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? (size_t)(dot - name) : 0;
}

int qb_weights_save(qb_net *net, const float *slab, const char *path, char ret_sha256[65])
{
    size_t n_params, n_running_stats;
    qb_param *params = qb_net_params(net, &n_params);
    qb_running_stat *running_stats = qb_net_running_stats(net, &n_running_stats);
    tensor_list l = {0};
    size_t b = 0;
    for (size_t i = 0; i < n_params; i++) {
        const qb_param *p = &params[i];
        add_tensor(&l, qb_strdup(p->name), QB_F32, p->n_dims, p->shape, p->n, (void *)(uintptr_t)(slab + p->offset));
        /* State-dict order: a layer's statistics follow its last parameter. */
        size_t prefix = layer_prefix(p->name);
        bool last = i + 1 == n_params || layer_prefix(params[i + 1].name) != prefix ||
                    strncmp(params[i + 1].name, p->name, prefix) != 0;
        while (last && b < n_running_stats && layer_prefix(running_stats[b].name) == prefix &&
               strncmp(running_stats[b].name, p->name, prefix) == 0) {
            int64_t shape = (int64_t)running_stats[b].n;
            add_tensor(&l, qb_strdup(running_stats[b].name), QB_F32, 1, &shape, running_stats[b].n, running_stats[b].value);
            b++;
        }
    }
    QB_ASSERT(l.failed || b == n_running_stats);
    qb_sha256 *h = qb_sha256_create();
    if (!h || l.failed) {
        list_finish(&l);
        if (h)
            qb_sha256_end(h, ret_sha256);
        return qb_err_set(QB_E_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < l.n; i++)
        qb_sha256_add(h, l.items[i].data, l.items[i].n_bytes); /* x86-64: float32 in memory is little-endian */
    qb_sha256_end(h, ret_sha256);
    int rc = path ? qb_safetensors_write(path, l.items, l.n, NULL, NULL) : QB_OK;
    list_finish(&l);
    return rc;
}
