/* safetensors files: u64 header length, JSON header, tensors back to back.
 *
 * Invariant of a parsed file: tensors are sorted by offset, the first begins at 0, each begins where the one
 * before ended, the last ends at the end of the file, and each range holds exactly its shape.
 * Source: the format's description, github.com/huggingface/safetensors.
 */
#include "base/safetensors.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are written as they lie in memory");

enum { LENGTH_BYTES = 8 };
static const uint64_t MAX_HEADER = 100000000;       /* the format's own limit */
static const size_t MAX_FILE = (size_t)1 << 37;     /* bytes; far above any network of ours */

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
    [QB_F32] = {"F32", 4}, [QB_F64] = {"F64", 8}, [QB_I32] = {"I32", 4}, [QB_I64] = {"I64", 8}, [QB_U8] = {"U8", 1},
    [QB_DTYPE_BF16] = {"BF16", 2}, [QB_U32] = {"U32", 4}, [QB_U64] = {"U64", 8}, [QB_F16] = {"F16", 2}, [QB_I8] = {"I8", 1},
    [QB_I16] = {"I16", 2}, [QB_U16] = {"U16", 2}, [QB_BOOL] = {"BOOL", 1},
};
static const int n_dtypes = sizeof dtypes / sizeof *dtypes;

size_t qb_dtype_size(qb_dtype t)
{
    QB_ASSERT(t >= 1 && (int)t < n_dtypes);
    return dtypes[t].size;
}

const char *qb_dtype_name(qb_dtype t)
{
    QB_ASSERT(t >= 1 && (int)t < n_dtypes);
    return dtypes[t].name;
}

/* ---- reading ---- */

static int parse_dtype(const json_t *v, qb_dtype *ret)
{
    if (!json_is_string(v))
        return qb_err_set(QB_E_DATA, "dtype: expected a string, got %s", qb_json_type_name(v));
    for (int t = 1; t < n_dtypes; t++) {
        if (strcmp(json_string_value(v), dtypes[t].name) == 0) {
            *ret = (qb_dtype)t;
            return QB_OK;
        }
    }
    return qb_err_set(QB_E_DATA, "dtype: expected one of F32, F64, F16, BF16, I64 ... BOOL, got '%s'",
                      json_string_value(v));
}

/* Shape and number of elements. */
static int parse_shape(const json_t *v, qb_st_tensor *t)
{
    if (!json_is_array(v))
        return qb_err_set(QB_E_DATA, "shape: expected a list, got %s", qb_json_type_name(v));
    if (json_array_size(v) > QB_MAX_DIMS)
        return qb_err_set(QB_E_DATA, "shape: expected at most %d dimensions, got %zu", QB_MAX_DIMS, json_array_size(v));
    t->n_dims = (int)json_array_size(v);
    t->n_elements = 1;
    for (int i = 0; i < t->n_dims; i++) {
        const json_t *dim = json_array_get(v, (size_t)i);
        if (!json_is_integer(dim) || json_integer_value(dim) < 0)
            return qb_err_set(QB_E_DATA, "shape: expected whole numbers of at least 0, got another value at place %d", i);
        t->shape[i] = json_integer_value(dim);
        if (__builtin_mul_overflow(t->n_elements, (size_t)t->shape[i], &t->n_elements))
            return qb_err_set(QB_E_DATA, "shape: the number of elements does not fit 64 bits");
    }
    if (__builtin_mul_overflow(t->n_elements, qb_dtype_size(t->dtype), &t->n_bytes))
        return qb_err_set(QB_E_DATA, "shape: the number of bytes does not fit 64 bits");
    return QB_OK;
}

/* The range of a tensor among the n_data bytes behind the header; `data` becomes the begin. */
static int parse_offsets(const json_t *v, const char *data, size_t n_data, qb_st_tensor *t)
{
    const json_t *begin = json_array_get(v, 0), *end = json_array_get(v, 1);
    if (json_array_size(v) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return qb_err_set(QB_E_DATA, "data_offsets: expected [begin, end]");
    long long b = json_integer_value(begin), e = json_integer_value(end);
    if (b < 0 || e < b || (uint64_t)e > n_data)
        return qb_err_set(QB_E_DATA, "data_offsets: expected a range within the %zu bytes of data, got [%lld, %lld]",
                          n_data, b, e);
    if ((size_t)(e - b) != t->n_bytes)
        return qb_err_set(QB_E_DATA, "data_offsets: expected %zu bytes by shape and dtype, got %lld", t->n_bytes, e - b);
    t->data = data + b;
    return QB_OK;
}

static int parse_tensor(const json_t *entry, const char *data, size_t n_data, qb_st_tensor *t)
{
    if (!json_is_object(entry))
        return qb_err_set(QB_E_DATA, "expected an object, got %s", qb_json_type_name(entry));
    if (json_object_size(entry) > 3)
        return qb_err_set(QB_E_DATA, "expected dtype, shape and data_offsets only, got %zu members", json_object_size(entry));
    QB_TRY(parse_dtype(json_object_get(entry, "dtype"), &t->dtype));
    QB_TRY(parse_shape(json_object_get(entry, "shape"), t));
    return parse_offsets(json_object_get(entry, "data_offsets"), data, n_data, t);
}

static int parse_metadata(json_t *header, qb_safetensors *f)
{
    json_t *given = json_object_get(header, "__metadata__");
    f->metadata = given ? json_incref(given) : json_object();
    if (!f->metadata)
        return qb_err_set(QB_E_NOMEM, "out of memory");
    if (!json_is_object(f->metadata))
        return qb_err_set(QB_E_DATA, "__metadata__: expected an object, got %s", qb_json_type_name(f->metadata));
    const char *key;
    json_t *value;
    json_object_foreach(f->metadata, key, value) {
        if (!json_is_string(value))
            return qb_err_set(QB_E_DATA, "__metadata__: '%s': expected a string, got %s", key, qb_json_type_name(value));
    }
    return json_object_del(header, "__metadata__"), QB_OK; /* absent is fine: only tensors are left */
}

static int compare_offsets(const void *a, const void *b)
{
    const qb_st_tensor *s = a, *t = b;
    const char *ds = s->data, *dt = t->data;
    if (ds != dt)
        return ds < dt ? -1 : 1;
    if (s->n_bytes != t->n_bytes) /* tensors of no elements come before the one that begins there too */
        return s->n_bytes < t->n_bytes ? -1 : 1;
    return strcmp(s->name, t->name);
}

static int check_back_to_back(const qb_safetensors *f, const char *data, size_t n_data)
{
    size_t end = 0;
    for (size_t i = 0; i < f->n; i++) {
        size_t begin = (size_t)((const char *)f->tensors[i].data - data);
        if (begin != end)
            return qb_err_set(QB_E_DATA, "'%s' begins at byte %zu of the data: expected %zu, so there is %s",
                              f->tensors[i].name, begin, end, begin > end ? "a hole" : "an overlap");
        end = begin + f->tensors[i].n_bytes;
    }
    if (end != n_data)
        return qb_err_set(QB_E_DATA, "the tensors end at byte %zu of the data: expected %zu, the end of the file", end, n_data);
    return QB_OK;
}

/* Fills f->tensors from the header. One block holds the table and, behind it, the names. */
static int parse_tensors(json_t *header, const char *data, size_t n_data, qb_safetensors *f)
{
    size_t n = json_object_size(header), n_names = 0;
    const char *key;
    json_t *entry;
    json_object_foreach(header, key, entry)
        n_names += strlen(key) + 1;
    if (!(f->tensors = qb_alloc(1, n * sizeof *f->tensors + n_names)))
        return QB_E_NOMEM;
    char *name = (char *)(f->tensors + n);
    json_object_foreach(header, key, entry) {
        qb_st_tensor *t = &f->tensors[f->n];
        if (parse_tensor(entry, data, n_data, t) < 0)
            return qb_err_add("tensor '%s'", key);
        size_t length = strlen(key) + 1;
        t->name = memcpy(name, key, length);
        name += length;
        f->n++;
    }
    qsort(f->tensors, f->n, sizeof *f->tensors, compare_offsets);
    return check_back_to_back(f, data, n_data);
}

static int parse_block(const char *name_for_errors, qb_safetensors *f)
{
    if (f->n_block < LENGTH_BYTES)
        return qb_err_set(QB_E_DATA, "expected a safetensors file of at least 8 bytes, found %zu", f->n_block);
    uint64_t n_header;
    memcpy(&n_header, f->block, sizeof n_header);
    size_t room = f->n_block - LENGTH_BYTES;
    if (n_header > MAX_HEADER || n_header > room)
        return qb_err_set(QB_E_DATA, "header length: expected at most %zu bytes, found %llu",
                          room < MAX_HEADER ? room : (size_t)MAX_HEADER, (unsigned long long)n_header);
    const char *text = f->block + LENGTH_BYTES;
    if (n_header == 0 || text[0] != '{')
        return qb_err_set(QB_E_DATA, "header: expected a JSON object that begins at byte 8");
    json_t *header;
    char *name = qb_sprintf("%s (header)", name_for_errors);
    if (!name)
        return QB_E_NOMEM;
    int rc = qb_json_parse(text, n_header, name, &header);
    qb_free(name);
    QB_TRY(rc);
    rc = parse_metadata(header, f);
    if (rc == QB_OK)
        rc = parse_tensors(header, text + n_header, room - n_header, f);
    json_decref(header);
    return rc;
}

/* Takes the block, on failure too. */
static int parse_taken(char *block, size_t n, const char *name_for_errors, qb_safetensors *ret)
{
    qb_safetensors f = {.block = block, .n_block = n};
    int rc = parse_block(name_for_errors, &f);
    if (rc < 0) {
        qb_safetensors_finish(&f);
        return rc == QB_E_NOMEM ? rc : qb_err_add("%s", name_for_errors);
    }
    *ret = f;
    return QB_OK;
}

int qb_safetensors_read(const char *path, qb_safetensors *ret)
{
    char *block;
    size_t n;
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) /* to open a pipe would wait for its writer */
        return qb_err_set(QB_E_DATA, "%s: is not a regular file", path);
    QB_TRY(qb_fs_read(path, MAX_FILE, &block, &n));
    return parse_taken(block, n, path, ret);
}

int qb_safetensors_parse(const void *bytes, size_t n, const char *name_for_errors, qb_safetensors *ret)
{
    char *block = qb_alloc(n, 1);
    if (!block)
        return QB_E_NOMEM;
    memcpy(block, bytes, n);
    return parse_taken(block, n, name_for_errors, ret);
}

void qb_safetensors_finish(qb_safetensors *f)
{
    qb_free(f->tensors);
    qb_free(f->block);
    json_decref(f->metadata);
    *f = (qb_safetensors){0};
}

const qb_st_tensor *qb_safetensors_find(const qb_safetensors *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++) {
        if (strcmp(f->tensors[i].name, name) == 0)
            return &f->tensors[i];
    }
    return NULL;
}

/* ---- writing ---- */

static size_t bytes_of(const qb_st_tensor *t)
{
    size_t n = qb_dtype_size(t->dtype);
    for (int i = 0; i < t->n_dims; i++)
        n *= (size_t)t->shape[i];
    return n;
}

static bool is_named_once(const qb_st_tensor *tensors, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (strcmp(tensors[j].name, tensors[i].name) == 0)
            return false;
    }
    return strcmp(tensors[i].name, "__metadata__") != 0;
}

/* Header text, padded with spaces so that the data begin at a multiple of 8. */
static char *build_header(const qb_st_tensor *tensors, size_t n, const json_t *metadata)
{
    qb_str s = {0};
    const char *separator = "";
    qb_str_add(&s, "{");
    if (metadata && json_object_size(metadata) > 0) {
        char *text = qb_json_compact(metadata);
        qb_str_addf(&s, "\"__metadata__\":%s", text ? text : "");
        s.failed = s.failed || !text;
        qb_free(text);
        separator = ",";
    }
    size_t begin = 0;
    for (size_t i = 0; i < n; i++) {
        const qb_st_tensor *t = &tensors[i];
        QB_ASSERT(is_named_once(tensors, i));
        qb_str_add(&s, separator);
        qb_json_add_text(&s, t->name);
        qb_str_addf(&s, ":{\"dtype\":\"%s\",\"shape\":[", qb_dtype_name(t->dtype));
        for (int d = 0; d < t->n_dims; d++)
            qb_str_addf(&s, d > 0 ? ",%lld" : "%lld", (long long)t->shape[d]);
        size_t end = begin + bytes_of(t);
        qb_str_addf(&s, "],\"data_offsets\":[%zu,%zu]}", begin, end);
        begin = end;
        separator = ",";
    }
    qb_str_add(&s, "}");
    while (!s.failed && s.length % 8 != 0)
        qb_str_add(&s, " ");
    return qb_str_take(&s);
}

static int write_part(qb_atomic_file *file, qb_sha256 *hash, const void *bytes, size_t n)
{
    qb_sha256_add(hash, bytes, n);
    return qb_atomic_write(file, bytes, n);
}

static int write_parts(qb_atomic_file *file, qb_sha256 *hash, const char *header, const qb_st_tensor *tensors, size_t n)
{
    uint64_t n_header = strlen(header);
    QB_TRY(write_part(file, hash, &n_header, sizeof n_header));
    QB_TRY(write_part(file, hash, header, n_header));
    for (size_t i = 0; i < n; i++)
        QB_TRY(write_part(file, hash, tensors[i].data, bytes_of(&tensors[i])));
    return QB_OK;
}

int qb_safetensors_build(const qb_st_tensor *tensors, size_t n, const json_t *metadata, char **ret_bytes, size_t *ret_n)
{
    char *header = build_header(tensors, n, metadata);
    uint64_t n_header = header ? strlen(header) : 0;
    size_t size = sizeof n_header + n_header;
    for (size_t i = 0; i < n; i++)
        size += bytes_of(&tensors[i]);
    char *bytes = header ? qb_alloc(size, 1) : NULL;
    if (bytes) {
        char *at = bytes;
        memcpy(at, &n_header, sizeof n_header);
        memcpy(at += sizeof n_header, header, n_header);
        at += n_header;
        for (size_t i = 0; i < n; at += bytes_of(&tensors[i]), i++)
            memcpy(at, tensors[i].data, bytes_of(&tensors[i]));
    }
    qb_free(header);
    if (!bytes)
        return qb_err_set(QB_E_NOMEM, "out of memory");
    *ret_bytes = bytes;
    *ret_n = size;
    return QB_OK;
}

int qb_safetensors_write(const char *path, const qb_st_tensor *tensors, size_t n, const json_t *metadata, char *ret_sha256)
{
    char *header = build_header(tensors, n, metadata);
    qb_sha256 *hash = qb_sha256_create();
    char hex[QB_SHA256_HEX];
    qb_atomic_file file;
    int rc = header && hash ? qb_atomic_open(&file, path) : QB_E_NOMEM;
    if (rc == QB_OK) {
        rc = write_parts(&file, hash, header, tensors, n);
        if (rc == QB_OK)
            rc = qb_atomic_commit(&file);
        else
            qb_atomic_abandon(&file);
    }
    if (hash)
        qb_sha256_end(hash, hex);
    if (rc == QB_OK && ret_sha256)
        memcpy(ret_sha256, hex, sizeof hex);
    qb_free(header);
    return rc;
}
