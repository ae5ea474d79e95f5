#include "train/weights.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "train/record.h"
#include "train/tensor_list.h"

#include <string.h>

static size_t layer_prefix(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? (size_t)(dot - name) : 0;
}

/* A layer's statistics follow its last parameter. */
qb_tensor_list qb_weights_list(qb_net *net, const float *slab)
{
    size_t n_params, n_stats, b = 0;
    qb_param *params = qb_net_params(net, &n_params);
    qb_running_stat *stats = qb_net_running_stats(net, &n_stats);
    qb_tensor_list l = {0};
    for (size_t i = 0; i < n_params; i++) {
        const qb_param *p = &params[i];
        qb_tensor_list_add(&l, qb_strdup(p->name), QB_F32, p->n_dims, p->shape, slab ? slab + p->offset : p->w);
        size_t prefix = layer_prefix(p->name);
        bool last = i + 1 == n_params || layer_prefix(params[i + 1].name) != prefix ||
                    strncmp(params[i + 1].name, p->name, prefix) != 0;
        for (; last && b < n_stats && layer_prefix(stats[b].name) == prefix && strncmp(stats[b].name, p->name, prefix) == 0; b++)
            qb_tensor_list_add(&l, qb_strdup(stats[b].name), QB_F32, 1, &(int64_t){(int64_t)stats[b].n}, stats[b].value);
    }
    QB_ASSERT(l.failed || b == n_stats);
    return l;
}

int qb_weights_save(qb_net *net, const float *slab, const char *path, char ret_sha256[65])
{
    qb_tensor_list l = qb_weights_list(net, slab);
    qb_sha256 *h = qb_sha256_create();
    if (!h || l.failed) {
        qb_tensor_list_finish(&l);
        if (h)
            qb_sha256_end(h, ret_sha256);
        return qb_err_set(QB_E_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < l.n; i++)
        qb_sha256_add(h, l.items[i].data, l.items[i].n_bytes); /* x86-64: float32 in memory is little-endian */
    qb_sha256_end(h, ret_sha256);
    if (path)
        return qb_tensor_list_save(&l, path, NULL);
    qb_tensor_list_finish(&l);
    return QB_OK;
}

int qb_weights_save_trained(qb_net *net, const char *path)
{
    qb_tensor_list l = qb_weights_list(net, NULL);
    size_t n;
    qb_param *params = qb_net_params(net, &n);
    for (size_t i = 0; i < n; i++) {
        const qb_param *p = &params[i];
        if (p->w != p->x)
            qb_tensor_list_add(&l, qb_sprintf("x/%s", p->name), QB_F32, p->n_dims, p->shape, p->x);
    }
    return qb_tensor_list_save(&l, path, NULL);
}

/* ---- opening ---- */

static int check_over(const char *dir, const json_t *record)
{
    const char *status = json_string_value(json_object_get(record, "status"));
    if (qb_record_is_over(status))
        return QB_OK;
    qb_err_set(QB_E_NOINPUT, "%s: the run is not finished (%s): its weights are not there yet", dir, status ? status : "no status");
    return qb_err_hint("the same command again goes on with it");
}

static int refuse_trained(const char *dir)
{
    qb_err_set(QB_E_NOINPUT, "%s: the run holds its finished weights only: qatbench 0.1.0 kept no weights as trained", dir);
    return qb_err_hint("--force trains it again, and keeps them");
}

int qb_weights_open(const char *dir, qb_weights_kind kind, qb_safetensors *ret_file)
{
    json_t *record = NULL;
    QB_TRY(qb_record_read(dir, &record));
    int rc = check_over(dir, record);
    json_decref(record);
    QB_TRY(rc);
    char *path = qb_path_join(dir, kind == QB_WEIGHTS_TRAINED ? "trained.safetensors" : "model.safetensors");
    if (!path)
        return QB_E_NOMEM;
    rc = kind == QB_WEIGHTS_TRAINED && !qb_fs_exists(path) ? refuse_trained(dir) : qb_safetensors_read(path, ret_file);
    qb_free(path);
    return rc;
}
