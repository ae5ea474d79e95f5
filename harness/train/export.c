#include "train/export.h"

#include "base/build.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "datasets/datasets.h"
#include "quant/codes.h"
#include "train/export_format.h"
#include "train/tensor_list.h"

#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {NULL, "latent", "quantized", "codes", "packed"};

const char *qb_export_kind_name(qb_export_kind kind)
{
    return kind_names[kind];
}

char *qb_export_name(const qb_run_weights *w, qb_export_kind kind)
{
    const char *model = json_string_value(json_object_get(w->config, "model"));
    return qb_sprintf("%s-%.12s-%s.safetensors", model, json_string_value(json_object_get(w->record, "key")), kind_names[kind]);
}

/* ---- metadata ---- */

/* Takes `text`; NULL: out of memory. */
static int set(json_t *metadata, const char *key, json_t *text)
{
    return json_object_set_new(metadata, key, text) == 0 ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory");
}

/* Texts are all that the format allows: a value as it is written on a command line. Nothing, where there is none. */
static int set_value(json_t *metadata, const char *key, const json_t *value)
{
    if (!value || json_is_null(value))
        return QB_OK;
    if (json_is_string(value))
        return set(metadata, key, qb_json_text(json_string_value(value)));
    char *text = qb_json_compact(value);
    int rc = set(metadata, key, text ? qb_json_text(text) : NULL);
    qb_free(text);
    return rc;
}

static json_t *reals(const double *values, int n)
{
    qb_str s = {0};
    char buf[32];
    for (int i = 0; i < n; i++)
        qb_str_addf(&s, "%s%s", i > 0 ? "/" : "", qb_format_real(values[i], buf));
    json_t *text = s.failed ? NULL : qb_json_text(s.text);
    qb_str_finish(&s);
    return text;
}

/* What an image has to look like: as the run's keys say (absent: unset), else as the data set's table does. */
static int add_input(const qb_run_weights *w, json_t *metadata)
{
    const qb_dataset_info *d = NULL;
    const json_t *own = json_object_get(w->record, "config"), *side = json_object_get(own, "image_size"),
                 *mean = json_object_get(own, "norm_mean"), *std = json_object_get(own, "norm_std");
    char shape[80];
    QB_TRY(qb_dataset_find(json_string_value(json_object_get(w->config, "dataset")), &d));
    const long long size = json_is_integer(side) ? json_integer_value(side) : 0;
    (void)snprintf(shape, sizeof shape, "%dx%lldx%lld", d->c, size ? size : d->h, size ? size : d->w);
    QB_TRY(set(metadata, "input", qb_json_text(shape)));
    QB_TRY(mean ? set_value(metadata, "norm_mean", mean) : set(metadata, "norm_mean", reals(d->mean, d->c)));
    return std ? set_value(metadata, "norm_std", std) : set(metadata, "norm_std", reals(d->std, d->c));
}

/* quantized: an object, NULL where there are no codes. Names of the run's keys are theirs. */
static int fill_metadata(const qb_run_weights *w, qb_export_kind kind, const json_t *quantized, json_t *metadata)
{
    static const char *const keys[] = {"model", "dataset", "solver", "bits", "layer_bits", "granularity"};
    char number[32];
    QB_TRY(set(metadata, "format", qb_json_text("pt"))); /* as its readers expect of PyTorch's names */
    QB_TRY(set(metadata, "schema", qb_json_text(QB_EXPORT_SCHEMA)));
    QB_TRY(set(metadata, "qatbench", qb_json_text(qb_build_version())));
    QB_TRY(set(metadata, "weights", qb_json_text(kind_names[kind])));
    QB_TRY(set_value(metadata, "run", json_object_get(w->record, "key")));
    QB_TRY(set_value(metadata, "status", json_object_get(w->record, "status")));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        QB_TRY(set_value(metadata, keys[i], json_object_get(w->config, keys[i])));
    (void)snprintf(number, sizeof number, "%lld", (long long)w->step);
    QB_TRY(set(metadata, "step", qb_json_text(number)));
    (void)snprintf(number, sizeof number, "%d", w->n_classes);
    QB_TRY(set(metadata, "n_classes", qb_json_text(number)));
    QB_TRY(add_input(w, metadata));
    if (!w->is_checkpoint)
        QB_TRY(set_value(metadata, "test_top1", json_object_get(json_object_get(w->record, "result"), "test_top1")));
    QB_TRY(set_value(metadata, "config", json_object_get(w->record, "config")));
    return set_value(metadata, "quantized", quantized);
}

/* ---- tensors ---- */

typedef struct builder {
    const qb_run_weights *weights;
    qb_export_kind kind;
    qb_tensor_list list;
    void **blocks; /* values that are made here: at most two a tensor */
    size_t n_blocks;
    int64_t n_batches;
    json_t *quantized; /* NAME -> {bits, rows, shape} */
    qb_export_sizes sizes;
} builder;

static void builder_finish(builder *b)
{
    for (size_t i = 0; i < b->n_blocks; i++)
        qb_free(b->blocks[i]);
    qb_free(b->blocks);
    qb_tensor_list_finish(&b->list);
    json_decref(b->quantized);
}

static void *new_block(builder *b, size_t n, size_t size)
{
    void *block = qb_alloc(n, size);
    if (block)
        b->blocks[b->n_blocks++] = block;
    return block;
}

static void add_plain(builder *b, const qb_run_tensor *t)
{
    const bool latent = b->kind == QB_EXPORT_LATENT && t->bits != QB_BITS_FLOAT;
    QB_ASSERT(!latent || t->latent);
    qb_tensor_list_add(&b->list, qb_strdup(t->name), QB_F32, t->n_dims, t->shape, latent ? t->latent : t->finished);
    if (!qb_ends_with(t->name, ".running_var"))
        return;
    /* PyTorch's BatchNorm counts batches; a scalar. */
    qb_tensor_list_add(&b->list, qb_sprintf("%.*snum_batches_tracked", (int)(strlen(t->name) - strlen("running_var")), t->name),
                       QB_I64, 0, NULL, &b->n_batches);
}

/* Bits of a code: the tensor's, more where its rows hold more values than these allow. */
static int code_bits(const qb_run_tensor *t, const qb_codes *c)
{
    const int own = t->bits == 0 ? 2 : t->bits, needed = qb_codes_bits(c->n_levels);
    return own > needed ? own : needed;
}

static int note_quantized(builder *b, const qb_run_tensor *t, int bits)
{
    json_t *shape = json_array(), *o = qb_json_pack("{s:i, s:I}", "bits", bits, "rows", (json_int_t)t->n_rows);
    for (int i = 0; i < t->n_dims; i++)
        (void)json_array_append_new(shape, json_integer(t->shape[i]));
    (void)json_object_set_new(o, "shape", shape);
    return json_object_set_new(b->quantized, t->name, o) == 0 ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory");
}

static int add_coded(builder *b, const qb_run_tensor *t)
{
    qb_codes c;
    QB_TRY(qb_codes_create(t->finished, t->n_rows, t->row_len, &c));
    const int bits = code_bits(t, &c);
    const bool packed = b->kind == QB_EXPORT_PACKED;
    const qb_dtype dtype = packed ? QB_U8 : qb_codes_dtype(c.n_levels);
    const size_t n_packed = qb_codes_packed_bytes(t->n, bits), n_levels = (size_t)(c.n_rows * c.n_levels);
    void *codes = packed ? new_block(b, n_packed, 1) : new_block(b, t->n, qb_dtype_size(dtype));
    float *levels = codes ? new_block(b, n_levels, sizeof *levels) : NULL;
    int rc = levels ? note_quantized(b, t, bits) : QB_E_NOMEM;
    if (rc == 0) {
        memcpy(levels, c.levels, n_levels * sizeof *levels);
        if (packed) {
            qb_codes_pack(c.codes, t->n, bits, codes);
            qb_tensor_list_add(&b->list, qb_sprintf("%s" QB_EXPORT_PACKED_SUFFIX, t->name), QB_U8, 1,
                               &(int64_t){(int64_t)n_packed}, codes);
        } else {
            qb_codes_store(c.codes, t->n, dtype, codes);
            qb_tensor_list_add(&b->list, qb_sprintf("%s" QB_EXPORT_CODES_SUFFIX, t->name), dtype, t->n_dims, t->shape, codes);
        }
        qb_tensor_list_add(&b->list, qb_sprintf("%s" QB_EXPORT_LEVELS_SUFFIX, t->name), QB_F32, 2,
                           (int64_t[]){c.n_rows, c.n_levels}, levels);
        b->sizes.codes += (int64_t)n_packed;
        b->sizes.levels += (int64_t)(n_levels * sizeof *levels);
    }
    qb_codes_finish(&c);
    return rc;
}

static int add_tensors(builder *b)
{
    const bool coded = b->kind == QB_EXPORT_CODES || b->kind == QB_EXPORT_PACKED;
    for (size_t i = 0; i < b->weights->n; i++) {
        const qb_run_tensor *t = &b->weights->tensors[i];
        const bool is_quantized = t->bits != QB_BITS_FLOAT;
        *(is_quantized ? &b->sizes.n_weights : &b->sizes.n_values) += (int64_t)t->n;
        b->sizes.n_tensors += is_quantized;
        if (coded && is_quantized)
            QB_TRY(add_coded(b, t));
        else
            add_plain(b, t);
    }
    return b->list.failed ? qb_err_set(QB_E_NOMEM, "out of memory") : QB_OK;
}

/* Larger types first, so that every value lies at a multiple of its size: readers that map the file need that. */
static void sort_by_size(qb_tensor_list *l, qb_st_tensor *sorted)
{
    size_t n = 0;
    for (size_t size = 8; size > 0; size /= 2)
        for (size_t i = 0; i < l->n; i++)
            if (qb_dtype_size(l->items[i].dtype) == size)
                sorted[n++] = l->items[i];
    memcpy(l->items, sorted, n * sizeof *sorted);
}

static int check_kind(const qb_run_weights *w, qb_export_kind kind)
{
    bool any = kind == QB_EXPORT_LATENT || kind == QB_EXPORT_QUANTIZED;
    for (size_t i = 0; i < w->n; i++)
        any = any || w->tensors[i].bits != QB_BITS_FLOAT;
    if (any)
        return QB_OK;
    (void)qb_err_set(QB_E_USAGE, "--weights %s: solver %s quantizes nothing, so there are no codes", kind_names[kind],
                     json_string_value(json_object_get(w->config, "solver")));
    return qb_err_hint("--weights quantized writes the weights as they were tested");
}

static int write_file(builder *b, char **ret_bytes, size_t *ret_n)
{
    const bool coded = json_object_size(b->quantized) > 0;
    json_t *metadata = json_object();
    qb_st_tensor *room = qb_alloc(b->list.n, sizeof *room);
    int rc = metadata && room ? fill_metadata(b->weights, b->kind, coded ? b->quantized : NULL, metadata)
                              : qb_err_set(QB_E_NOMEM, "out of memory");
    if (rc == 0) {
        sort_by_size(&b->list, room);
        rc = qb_safetensors_build(b->list.items, b->list.n, metadata, ret_bytes, ret_n);
    }
    qb_free(room);
    json_decref(metadata);
    return rc;
}

int qb_export_build(const qb_run_weights *w, qb_export_kind kind, char **ret_bytes, size_t *ret_n, qb_export_sizes *ret_sizes)
{
    QB_TRY(check_kind(w, kind));
    builder b = {.weights = w,
                 .kind = kind,
                 .n_batches = w->step,
                 .quantized = json_object(),
                 .blocks = qb_alloc(2 * w->n + 1, sizeof *b.blocks)};
    int rc = b.quantized && b.blocks ? add_tensors(&b) : qb_err_set(QB_E_NOMEM, "out of memory");
    if (rc == 0)
        rc = write_file(&b, ret_bytes, ret_n);
    b.sizes.rest = 4 * b.sizes.n_values;
    b.sizes.packed = b.sizes.codes + b.sizes.levels + b.sizes.rest;
    b.sizes.float32 = 4 * (b.sizes.n_weights + b.sizes.n_values);
    if (rc == 0 && ret_sizes)
        *ret_sizes = b.sizes;
    builder_finish(&b);
    return rc;
}
