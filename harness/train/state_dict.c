/* See state_dict.h. */
#include "train/state_dict.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/bf16.h"
#include "train/coded.h"
#include "train/weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char latent_prefix[] = "x/", parallel_prefix[] = "module.";

/* ---- opening ---- */

bool qb_state_dict_is_run(const char *path)
{
    char *record = qb_path_join(path, "record.json");
    bool is_run = record && qb_fs_exists(record);
    qb_free(record);
    return is_run;
}

static int open_run(const char *dir, qb_state_kind kind, qb_safetensors *ret_file)
{
    if (kind == QB_STATE_HARD)
        return qb_weights_open(dir, QB_WEIGHTS_FINISHED, ret_file);
    int rc = qb_weights_open(dir, QB_WEIGHTS_TRAINED, ret_file);
    if (rc == QB_OK || kind == QB_STATE_SOFT)
        return rc;
    char *trained = qb_path_join(dir, "trained.safetensors");
    if (!trained)
        return QB_E_NOMEM;
    if (rc == QB_E_NOINPUT && !qb_fs_exists(trained)) /* 0.1.0; or not over, and then this says so too */
        rc = qb_weights_open(dir, QB_WEIGHTS_FINISHED, ret_file);
    qb_free(trained);
    return rc;
}

/* Named as files of torch.save are? */
static bool is_of_torch_save(const char *path)
{
    static const char *const suffixes[] = {".pth", ".pt", ".th", ".bin", ".ckpt"};
    bool is = false;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        is = is || qb_ends_with(path, suffixes[i]);
    return is;
}

static int open_file(const char *path, qb_state_dict *s)
{
    int rc = qb_safetensors_read(path, &s->file);
    if (rc == QB_E_DATA && is_of_torch_save(path))
        return qb_err_hint("scripts/pth_to_safetensors.py makes a safetensors file of what torch.save wrote");
    QB_TRY(rc);
    rc = qb_coded_decode(&s->file, path);
    if (rc == QB_OK)
        rc = qb_state_names_translate(&s->file, path, &s->names);
    if (rc < 0)
        qb_safetensors_finish(&s->file);
    return rc;
}

int qb_state_dict_open(const char *path, qb_state_kind kind, qb_state_dict *ret)
{
    qb_state_dict s = {.kind = kind, .path = qb_strdup(path)};
    if (!s.path)
        return QB_E_NOMEM;
    int rc;
    if (qb_state_dict_is_run(path)) {
        rc = open_run(path, kind, &s.file);
    } else if (qb_fs_is_dir(path)) {
        qb_err_set(QB_E_NOINPUT, "%s: a folder without a record.json: expected the folder of a run, or a safetensors file", path);
        rc = qb_err_hint("'qatbench ls --json' shows the folder of each run as \"dir\"");
    } else {
        rc = open_file(path, &s);
    }
    if (rc < 0) {
        qb_free(s.path);
        return rc;
    }
    *ret = s;
    return QB_OK;
}

void qb_state_dict_finish(qb_state_dict *s)
{
    qb_safetensors_finish(&s->file);
    qb_free(s->path);
    s->path = NULL;
}

/* ---- names ---- */

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static const char *plain_name(const qb_st_tensor *t)
{
    return begins_with(t->name, parallel_prefix) ? t->name + strlen(parallel_prefix) : t->name;
}

/* As the file has it. */
static const char *name_in_file(const qb_state_dict *s, const qb_st_tensor *t)
{
    return s->names ? s->names[t - s->file.tensors].text : t->name;
}

static bool is_latent(const qb_st_tensor *t)
{
    return begins_with(t->name, latent_prefix);
}

/* Neither weight nor statistic of ours: latent weights beside the weights, and PyTorch's counter of batches. */
static bool is_beside(const qb_st_tensor *t)
{
    return is_latent(t) || qb_ends_with(t->name, "num_batches_tracked");
}

/* What stands for `name`: its latent weights where they are wanted and there, else the tensor of that name. */
static const qb_st_tensor *find(const qb_state_dict *s, const char *name)
{
    const qb_st_tensor *found = NULL;
    for (size_t i = 0; i < s->file.n; i++) {
        const qb_st_tensor *t = &s->file.tensors[i];
        if (s->kind == QB_STATE_LATENT && is_latent(t) && strcmp(t->name + strlen(latent_prefix), name) == 0)
            return t;
        if (!is_beside(t) && strcmp(plain_name(t), name) == 0)
            found = t;
    }
    return found;
}

/* ---- values ---- */

static float half_to_float(uint16_t h)
{
    int exponent = h >> 10 & 31, fraction = h & 1023;
    float v = exponent == 0    ? ldexpf((float)fraction, -24)
              : exponent == 31 ? (fraction ? NAN : INFINITY)
                               : ldexpf((float)(1024 + fraction), exponent - 25);
    return h >> 15 ? -v : v;
}

static bool is_real(qb_dtype t)
{
    return t == QB_F32 || t == QB_F64 || t == QB_F16 || t == QB_DTYPE_BF16;
}

/* Value i as float32; the tensor is_real. */
static float value(const qb_st_tensor *t, size_t i)
{
    const char *at = (const char *)t->data + i * qb_dtype_size(t->dtype);
    float f;
    double d;
    uint16_t h;
    switch (t->dtype) {
    case QB_F32: memcpy(&f, at, sizeof f); return f;
    case QB_F64: memcpy(&d, at, sizeof d); return (float)d;
    case QB_F16: memcpy(&h, at, sizeof h); return half_to_float(h);
    default: memcpy(&h, at, sizeof h); return qb_bf16_to_float(h);
    }
}

/* Every value a finite number? */
static int check_values(const qb_state_dict *s, const qb_st_tensor *t)
{
    if (!is_real(t->dtype))
        return qb_err_set(QB_E_DATA, "%s: %s holds %s, expected F32, F64, F16 or BF16", s->path, name_in_file(s, t), qb_dtype_name(t->dtype));
    for (size_t i = 0; i < t->n_elements; i++)
        if (!isfinite(value(t, i)))
            return qb_err_set(QB_E_DATA, "%s: value %zu of %s is not a finite number", s->path, i, name_in_file(s, t));
    return QB_OK;
}

/* Variances of BatchNorm, whose roots are taken. */
static int check_not_negative(const qb_state_dict *s, const qb_st_tensor *t)
{
    for (size_t i = 0; i < t->n_elements; i++)
        if (value(t, i) < 0)
            return qb_err_set(QB_E_DATA, "%s: value %zu of %s is %g, expected a variance", s->path, i, name_in_file(s, t),
                              (double)value(t, i));
    return QB_OK;
}

static void copy_values(const qb_st_tensor *t, float *to)
{
    for (size_t i = 0; i < t->n_elements; i++)
        to[i] = value(t, i);
}

/* ---- into a network ---- */

static void shape_text(int n_dims, const int64_t *shape, char *buf, size_t size)
{
    size_t used = 0;
    buf[0] = '\0';
    for (int i = 0; i < n_dims && used < size; i++)
        used += (size_t)snprintf(buf + used, size - used, "%s%lld", i > 0 ? "x" : "", (long long)shape[i]);
}

static bool same_shape(const qb_st_tensor *t, int n_dims, const int64_t *shape, int from)
{
    bool same = t->n_dims == n_dims;
    for (int i = from; same && i < n_dims; i++)
        same = t->shape[i] == shape[i];
    return same;
}

/* hint: what another shape means; NULL: nothing in particular. */
static int check_tensor(const qb_state_dict *s, const qb_graph *g, const char *name, int n_dims, const int64_t *shape,
                        const char *hint)
{
    char want[80], got[120];
    const qb_st_tensor *t = find(s, name);
    shape_text(n_dims, shape, want, sizeof want);
    if (!t)
        return qb_err_set(QB_E_DATA, "%s: %s is missing, which %s needs (%s)", s->path, name, qb_graph_model(g), want);
    if (!same_shape(t, n_dims, shape, 0)) {
        shape_text(t->n_dims, t->shape, got, sizeof got);
        int rc = qb_err_set(QB_E_DATA, "%s: %s is %s, but %s has it as %s", s->path, s->names ? name_in_file(s, t) : name, got,
                            qb_graph_model(g), want);
        return hint ? qb_err_hint("%s", hint) : rc;
    }
    return check_values(s, t);
}

/* The parameters of the layer that makes the logits: are they there for another number of classes? */
static bool has_other_classes(const qb_state_dict *s, const qb_param *params, size_t first, size_t n)
{
    bool other = false;
    for (size_t i = first; i < first + n; i++) {
        const qb_st_tensor *t = find(s, params[i].name);
        if (!t || !same_shape(t, params[i].n_dims, params[i].shape, 1))
            return false;
        other = other || t->shape[0] != params[i].shape[0];
    }
    return other;
}

static int check_strangers(const qb_state_dict *s, const qb_graph *g)
{
    size_t n_params, n_stats;
    const qb_param *params = qb_graph_params(g, &n_params);
    const qb_running_stat *stats = qb_graph_running_stats(g, &n_stats);
    for (size_t i = 0; i < s->file.n; i++) {
        const qb_st_tensor *t = &s->file.tensors[i];
        bool known = is_beside(t);
        for (size_t k = 0; k < n_params && !known; k++)
            known = strcmp(params[k].name, plain_name(t)) == 0;
        for (size_t k = 0; k < n_stats && !known; k++)
            known = strcmp(stats[k].name, plain_name(t)) == 0;
        if (!known)
            return qb_err_set(QB_E_DATA, "%s: %s is no tensor of %s", s->path, name_in_file(s, t), qb_graph_model(g));
    }
    return QB_OK;
}

int qb_state_dict_load(const qb_state_dict *s, const qb_graph *graph, qb_net *net, bool *new_classifier)
{
    size_t n_params, n_stats, first, n_classifier;
    qb_param *params = qb_net_params(net, &n_params);
    qb_running_stat *stats = qb_net_running_stats(net, &n_stats);
    qb_graph_classifier(graph, &first, &n_classifier);
    bool anew = new_classifier && has_other_classes(s, params, first, n_classifier);
    for (size_t i = 0; i < n_params; i++)
        if (!anew || i < first || i >= first + n_classifier)
            QB_TRY(check_tensor(s, graph, params[i].name, params[i].n_dims, params[i].shape, params[i].shape_hint));
    for (size_t i = 0; i < n_stats; i++) {
        QB_TRY(check_tensor(s, graph, stats[i].name, 1, &(int64_t){(int64_t)stats[i].n}, NULL));
        if (qb_ends_with(stats[i].name, "running_var"))
            QB_TRY(check_not_negative(s, find(s, stats[i].name)));
    }
    QB_TRY(check_strangers(s, graph));
    for (size_t i = 0; i < n_params; i++) {
        if (anew && i >= first && i < first + n_classifier)
            continue;
        copy_values(find(s, params[i].name), params[i].x);
        if (params[i].w != params[i].x)
            memcpy(params[i].w, params[i].x, params[i].n * sizeof(float));
    }
    for (size_t i = 0; i < n_stats; i++)
        copy_values(find(s, stats[i].name), stats[i].value);
    if (new_classifier)
        *new_classifier = anew;
    return QB_OK;
}

/* ---- identity ---- */

static int by_plain_name(const void *a, const void *b)
{
    return strcmp(plain_name(*(const qb_st_tensor *const *)a), plain_name(*(const qb_st_tensor *const *)b));
}

static int add_values(qb_sha256 *h, const qb_st_tensor *t)
{
    float *values = qb_alloc(t->n_elements, sizeof *values);
    if (!values)
        return QB_E_NOMEM;
    copy_values(t, values);
    qb_sha256_add(h, values, t->n_elements * sizeof *values); /* x86-64: float32 in memory is little-endian */
    qb_free(values);
    return QB_OK;
}

int qb_state_dict_hash(const qb_state_dict *s, char ret_sha256[65])
{
    const qb_st_tensor **tensors = qb_alloc(s->file.n + 1, sizeof *tensors);
    qb_sha256 *h = qb_sha256_create();
    int rc = tensors && h ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory");
    size_t n = 0;
    for (size_t i = 0; rc == QB_OK && i < s->file.n; i++)
        if (!is_beside(&s->file.tensors[i]))
            tensors[n++] = &s->file.tensors[i];
    if (rc == QB_OK)
        qsort(tensors, n, sizeof *tensors, by_plain_name);
    for (size_t i = 0; rc == QB_OK && i < n; i++) {
        const char *name = plain_name(tensors[i]);
        const qb_st_tensor *t = find(s, name);
        char shape[120];
        rc = check_values(s, t);
        if (rc < 0)
            break;
        shape_text(t->n_dims, t->shape, shape, sizeof shape);
        qb_sha256_add(h, name, strlen(name) + 1);
        qb_sha256_add(h, shape, strlen(shape) + 1);
        rc = add_values(h, t);
    }
    if (h)
        qb_sha256_end(h, ret_sha256);
    qb_free(tensors);
    return rc;
}
