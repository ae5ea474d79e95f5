#include "train/coded.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "quant/codes.h"
#include "train/export_format.h"

#include <stdbool.h>
#include <string.h>

/* A quantized tensor as the file has it. */
typedef struct coded {
    const char *name;
    const qb_st_tensor *codes, *levels;
    bool packed;
    long long bits;
    int n_dims;
    int64_t shape[QB_MAX_DIMS];
    size_t n, n_rows;
} coded;

static const qb_st_tensor *find(const qb_safetensors *f, const char *name, const char *suffix)
{
    for (size_t i = 0; i < f->n; i++) {
        const char *t = f->tensors[i].name;
        if (strncmp(t, name, strlen(name)) == 0 && strcmp(t + strlen(name), suffix) == 0)
            return &f->tensors[i];
    }
    return NULL;
}

static int read_shape(const json_t *entry, coded *c)
{
    const json_t *shape = json_object_get(entry, "shape");
    if (!json_is_array(shape) || json_array_size(shape) > QB_MAX_DIMS)
        return qb_err_set(QB_E_DATA, "shape: expected a list of at most %d sizes", QB_MAX_DIMS);
    c->n_dims = (int)json_array_size(shape);
    c->n = 1;
    for (int i = 0; i < c->n_dims; i++) {
        const json_t *size = json_array_get(shape, (size_t)i);
        if (!json_is_integer(size) || json_integer_value(size) < 1 ||
            __builtin_mul_overflow(c->n, (size_t)json_integer_value(size), &c->n))
            return qb_err_set(QB_E_DATA, "shape: expected sizes of at least 1, whose product fits 64 bits");
        c->shape[i] = json_integer_value(size);
    }
    return QB_OK;
}

static bool same_shape(const qb_st_tensor *t, const coded *c)
{
    bool same = t->n_dims == c->n_dims;
    for (int i = 0; same && i < c->n_dims; i++)
        same = t->shape[i] == c->shape[i];
    return same;
}

static int check_codes(const coded *c)
{
    const qb_st_tensor *t = c->codes;
    if (!c->packed && (!same_shape(t, c) || (t->dtype != QB_U8 && t->dtype != QB_I16 && t->dtype != QB_I32)))
        return qb_err_set(QB_E_DATA, "%s: expected U8, I16 or I32 of the shape that the metadata have, found %zu values of %s",
                          t->name, t->n_elements, qb_dtype_name(t->dtype));
    if (!c->packed)
        return QB_OK;
    const bool fits = c->n <= SIZE_MAX / 32; /* so that its bits can be counted */
    if (!fits || t->dtype != QB_U8 || t->n_elements != qb_codes_packed_bytes(c->n, (int)c->bits))
        return qb_err_set(QB_E_DATA, "%s: expected U8, %lld bits for each of %zu weights, found %zu values of %s", t->name,
                          c->bits, c->n, t->n_elements, qb_dtype_name(t->dtype));
    return QB_OK;
}

/* The tensors that an entry of the metadata's "quantized" stands for. */
static int read_entry(const qb_safetensors *f, const char *name, const json_t *entry, coded *c)
{
    long long rows;
    *c = (coded){.name = name, .packed = strcmp(qb_json_text_of(f->metadata, "weights"), "packed") == 0};
    QB_TRY(read_shape(entry, c));
    QB_TRY(qb_json_get_int(entry, "bits", &c->bits));
    QB_TRY(qb_json_get_int(entry, "rows", &rows));
    c->codes = find(f, name, c->packed ? QB_EXPORT_PACKED_SUFFIX : QB_EXPORT_CODES_SUFFIX);
    c->levels = find(f, name, QB_EXPORT_LEVELS_SUFFIX);
    if (!c->codes || !c->levels)
        return qb_err_set(QB_E_DATA, "its %s are missing", c->codes ? "levels" : "codes");
    if (find(f, name, ""))
        return qb_err_set(QB_E_DATA, "it is there in plain form too");
    if (c->bits < 1 || c->bits > 32)
        return qb_err_set(QB_E_DATA, "bits: expected 1 to 32, got %lld", c->bits);
    if (rows < 1 || c->n % (size_t)rows != 0)
        return qb_err_set(QB_E_DATA, "rows: expected a divisor of its %zu weights, got %lld", c->n, rows);
    c->n_rows = (size_t)rows;
    if (c->levels->dtype != QB_F32 || c->levels->n_dims != 2 || c->levels->shape[0] != rows || c->levels->shape[1] < 1)
        return qb_err_set(QB_E_DATA, "%s: expected F32, %lld rows of levels", c->levels->name, rows);
    return check_codes(c);
}

static int decode(const coded *c, float *values)
{
    const size_t len = c->n / c->n_rows, n_levels = (size_t)c->levels->shape[1];
    for (size_t i = 0; i < c->n; i++) {
        const uint32_t code = c->packed ? qb_codes_unpack(c->codes->data, (int)c->bits, i)
                                        : qb_codes_load(c->codes->data, c->codes->dtype, i);
        if (code >= n_levels)
            return qb_err_set(QB_E_DATA, "%s: code %zu is %u, expected less than %zu, the number of its levels", c->codes->name,
                              i, code, n_levels);
        memcpy(&values[i], (const char *)c->levels->data + (i / len * n_levels + code) * sizeof *values, sizeof *values);
    }
    return QB_OK;
}

static qb_st_tensor float_tensor(const coded *c, const char *name, const float *values)
{
    qb_st_tensor t = {
        .name = name, .dtype = QB_F32, .n_dims = c->n_dims, .n_elements = c->n, .n_bytes = c->n * sizeof *values, .data = values};
    memcpy(t.shape, c->shape, sizeof t.shape);
    return t;
}

static bool is_part_of(const qb_st_tensor *t, const coded *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (t == all[i].codes || t == all[i].levels)
            return true;
    return false;
}

/* One block, which takes the place of the file's list of tensors: tensors, values, and the names, all of which lay in the old one. */
static int rewrite(qb_safetensors *f, const coded *all, size_t n)
{
    size_t n_values = 0, n_names = 0;
    for (size_t i = 0; i < n; i++) {
        n_values += all[i].n; /* each has at least a bit in the file, which is in memory */
        n_names += strlen(all[i].name) + 1;
    }
    for (size_t i = 0; i < f->n; i++)
        n_names += strlen(f->tensors[i].name) + 1;
    qb_st_tensor *tensors = qb_alloc(1, f->n * sizeof *tensors + n_values * sizeof(float) + n_names);
    if (!tensors)
        return QB_E_NOMEM;
    float *values = (float *)(tensors + f->n);
    char *name = (char *)(values + n_values);
    size_t count = 0;
    int rc = QB_OK;
    for (size_t i = 0; rc == QB_OK && i < n; i++) {
        rc = decode(&all[i], values);
        memcpy(name, all[i].name, strlen(all[i].name) + 1);
        tensors[count++] = float_tensor(&all[i], name, values);
        values += all[i].n;
        name += strlen(name) + 1;
    }
    for (size_t i = 0; rc == QB_OK && i < f->n; i++) {
        if (is_part_of(&f->tensors[i], all, n))
            continue;
        tensors[count] = f->tensors[i];
        tensors[count++].name = memcpy(name, f->tensors[i].name, strlen(f->tensors[i].name) + 1);
        name += strlen(name) + 1;
    }
    if (rc < 0) {
        qb_free(tensors);
        return rc;
    }
    qb_free(f->tensors);
    f->tensors = tensors;
    f->n = count;
    return QB_OK;
}

static int decode_all(qb_safetensors *f, const json_t *quantized, const char *path)
{
    const char *name;
    json_t *entry;
    size_t n = 0;
    coded *all = qb_alloc(json_object_size(quantized) + 1, sizeof *all);
    if (!all)
        return QB_E_NOMEM;
    int rc = QB_OK;
    json_object_foreach ((json_t *)(uintptr_t)quantized, name, entry) {
        rc = read_entry(f, name, entry, &all[n++]);
        if (rc < 0) {
            (void)qb_err_add("%s: quantized tensor '%s'", path, name);
            break;
        }
    }
    if (rc == QB_OK) {
        rc = rewrite(f, all, n);
        if (rc == QB_E_DATA)
            (void)qb_err_add("%s", path);
    }
    qb_free(all);
    return rc;
}

int qb_coded_decode(qb_safetensors *f, const char *path)
{
    const char *schema = qb_json_text_of(f->metadata, "schema"), *weights = qb_json_text_of(f->metadata, "weights"),
               *text = qb_json_text_of(f->metadata, "quantized");
    if (!qb_starts_with(schema, QB_EXPORT_SCHEMA_ANY))
        return QB_OK;
    if (strcmp(schema, QB_EXPORT_SCHEMA) != 0)
        return qb_err_set(QB_E_DATA, "%s: expected schema %s, found '%s', of another version of qatbench", path, QB_EXPORT_SCHEMA,
                          schema);
    if (strcmp(weights, "codes") != 0 && strcmp(weights, "packed") != 0)
        return QB_OK;
    char *where = qb_sprintf("%s (metadata 'quantized')", path);
    json_t *quantized = NULL;
    int rc = where ? qb_json_parse(text, strlen(text), where, &quantized) : QB_E_NOMEM;
    if (rc == QB_OK && !json_is_object(quantized))
        rc = qb_err_set(QB_E_DATA, "%s: expected an object, got %s", where, qb_json_type_name(quantized));
    if (rc == QB_OK)
        rc = decode_all(f, quantized, path);
    json_decref(quantized);
    qb_free(where);
    return rc;
}
