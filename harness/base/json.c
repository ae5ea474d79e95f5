/* JSON: Jansson reads, we write.
 *
 * Invariant of what is written: keys sorted by bytes, every real in its shortest form that reads back equal
 * and reads back as a real, so equal values give equal bytes on every machine; valid UTF-8 whatever the texts are.
 */
#include "base/json.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE = 1 << 30 }; /* bytes */

/* ---- reading ---- */

/* Jansson reports a failed allocation as whatever its parser met next, "string expected" for example, and a value that
 * could not be added to an object is just not there. A lack of memory must pass neither for a damaged file nor for a
 * complete value, so Jansson allocates from base/mem.h and failures are counted here.
 * Whatever Jansson hands out to be freed by the caller (json_dumps) is to be freed with qb_free. */
static _Thread_local unsigned long n_failed, n_reported;

static void *allocate(size_t n)
{
    void *block = qb_alloc(n, 1);
    n_failed += !block;
    return block;
}

__attribute__((constructor)) static void route_allocations(void)
{
    json_set_alloc_funcs(allocate, qb_free);
}

void qb_json_forget_failures(void)
{
    n_reported = n_failed;
}

/* true, once, when memory was short since it was last asked. */
static bool take_failures(void)
{
    bool any = n_failed != n_reported;
    qb_json_forget_failures();
    return any;
}

/* NULL with the reason in `e`, unless memory was short. */
static json_t *load(const char *text, size_t n, size_t flags, json_error_t *e, bool *ret_no_memory)
{
    unsigned long before = n_failed;
    json_t *value = json_loadb(text, n, flags | JSON_REJECT_DUPLICATES, e);
    *ret_no_memory = !value && n_failed != before;
    if (*ret_no_memory)
        n_reported += n_failed - before;
    return value;
}

int qb_json_parse(const char *text, size_t n, const char *name_for_errors, json_t **ret_value)
{
    json_error_t e;
    bool no_memory;
    json_t *value = load(text, n, JSON_DECODE_ANY, &e, &no_memory);
    if (no_memory)
        return qb_err_set(QB_E_NOMEM, "out of memory while reading '%s'", name_for_errors);
    if (!value) {
        return qb_err_set(QB_E_DATA, "%s:%d:%d: not valid JSON: %s", name_for_errors, e.line > 0 ? e.line : 1,
                          e.column > 0 ? e.column : 1, e.text);
    }
    *ret_value = value;
    return QB_OK;
}

int qb_json_read(const char *path, json_t **ret_value)
{
    char *text;
    size_t n;
    QB_TRY(qb_fs_read(path, MAX_FILE, &text, &n));
    int rc = qb_json_parse(text, n, path, ret_value);
    qb_free(text);
    return rc;
}

int qb_jsonl_each(const char *path, int (*each)(void *context, json_t *object), void *context)
{
    char *text;
    size_t n;
    QB_TRY(qb_fs_read(path, MAX_FILE, &text, &n));
    int rc = QB_OK;
    const char *line = text, *end = text + n, *newline;
    int number = 1;
    bool torn = false;
    for (; rc == QB_OK && (newline = memchr(line, '\n', (size_t)(end - line))); number++) {
        json_error_t e;
        bool no_memory;
        json_t *value = load(line, (size_t)(newline - line), 0, &e, &no_memory);
        if (no_memory) {
            rc = qb_err_set(QB_E_NOMEM, "out of memory while reading '%s'", path);
        } else if (json_is_object(value)) {
            int answer = each(context, value);
            rc = answer < 0 ? answer : QB_OK;
        } else if (newline + 1 < end) {
            rc = qb_err_set(QB_E_DATA, "%s:%d: expected a JSON object, found: %s", path, number,
                            value ? "another value" : e.text);
        } else {
            torn = newline > line; /* an empty line at the end is nothing that is lost */
            number--;
        }
        json_decref(value);
        line = newline + 1;
    }
    if (rc == QB_OK && (torn || line < end))
        qb_log_warning("%s:%d: the last line is cut short; it is left out", path, number);
    qb_free(text);
    return rc;
}

/* ---- writing ---- */

void qb_json_add_text(qb_str *s, const char *text)
{
    qb_str_add(s, "\"");
    while (*text) {
        unsigned char c = (unsigned char)*text;
        if (c >= 0x20 && c != 0x7F && c != '"' && c != '\\') {
            qb_str_add_char(s, &text);
            continue;
        }
        if (c == '"' || c == '\\')
            qb_str_addf(s, "\\%c", c);
        else if (c == '\n')
            qb_str_add(s, "\\n");
        else if (c == '\t')
            qb_str_add(s, "\\t");
        else
            qb_str_addf(s, "\\u%04x", c);
        text++;
    }
    qb_str_add(s, "\"");
}

static void add_real(qb_str *s, double v)
{
    char buffer[32];
    qb_str_add(s, qb_format_real(v, buffer));
    if (!strpbrk(buffer, ".e"))
        qb_str_add(s, ".0");
}

/* indent: spaces a level, 0 = compact. */
static void add_newline(qb_str *s, int indent, int depth)
{
    if (indent > 0)
        qb_str_addf(s, "\n%*s", indent * depth, "");
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_value(qb_str *s, const json_t *value, int indent, int depth);

static void add_object(qb_str *s, const json_t *object, int indent, int depth)
{
    json_t *readable = (json_t *)object; /* Jansson's iterators want it without const; nothing is changed */
    size_t n = json_object_size(object), i = 0;
    const char **keys = qb_alloc(n, sizeof *keys);
    if (!keys) {
        s->failed = true;
        return;
    }
    for (void *it = json_object_iter(readable); it; it = json_object_iter_next(readable, it))
        keys[i++] = json_object_iter_key(it);
    qsort(keys, n, sizeof *keys, compare_keys);
    qb_str_add(s, "{");
    for (i = 0; i < n; i++) {
        if (i > 0)
            qb_str_add(s, ",");
        add_newline(s, indent, depth + 1);
        qb_json_add_text(s, keys[i]);
        qb_str_add(s, indent > 0 ? ": " : ":");
        add_value(s, json_object_get(object, keys[i]), indent, depth + 1);
    }
    if (n > 0)
        add_newline(s, indent, depth);
    qb_str_add(s, "}");
    qb_free(keys);
}

static void add_array(qb_str *s, const json_t *array, int indent, int depth)
{
    size_t n = json_array_size(array);
    qb_str_add(s, "[");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            qb_str_add(s, ",");
        add_newline(s, indent, depth + 1);
        add_value(s, json_array_get(array, i), indent, depth + 1);
    }
    if (n > 0)
        add_newline(s, indent, depth);
    qb_str_add(s, "]");
}

static void add_value(qb_str *s, const json_t *value, int indent, int depth)
{
    QB_ASSERT(value);
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        add_object(s, value, indent, depth);
        break;
    case JSON_ARRAY:
        add_array(s, value, indent, depth);
        break;
    case JSON_STRING:
        qb_json_add_text(s, json_string_value(value));
        break;
    case JSON_INTEGER:
        qb_str_addf(s, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        add_real(s, json_real_value(value));
        break;
    case JSON_TRUE:
        qb_str_add(s, "true");
        break;
    case JSON_FALSE:
        qb_str_add(s, "false");
        break;
    case JSON_NULL:
        qb_str_add(s, "null");
        break;
    }
}

/* A value that was made while memory was short may lack members: it is not written. */
static char *write_value(const json_t *value, int indent, const char *end, size_t *ret_n)
{
    qb_str s = {.failed = take_failures()};
    add_value(&s, value, indent, 0);
    qb_str_add(&s, end);
    *ret_n = s.length;
    return qb_str_take(&s);
}

char *qb_json_compact(const json_t *value)
{
    size_t n;
    return write_value(value, 0, "", &n);
}

char *qb_json_pretty(const json_t *value)
{
    size_t n;
    return write_value(value, 2, "", &n);
}

int qb_json_write(const char *path, const json_t *value)
{
    size_t n;
    char *text = write_value(value, 2, "\n", &n);
    if (!text)
        return QB_E_NOMEM;
    int rc = qb_fs_write_atomic(path, text, n);
    qb_free(text);
    return rc;
}

json_t *qb_json_text(const char *text)
{
    return text ? json_string_nocheck(text) : NULL;
}

json_t *qb_json_real(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

/* ---- members ---- */

const char *qb_json_type_name(const json_t *value)
{
    if (!value)
        return "nothing";
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a truth value";
    case JSON_NULL:
        return "null";
    }
    return "nothing";
}

static int wrong_type(const char *key, const char *expected, const json_t *found)
{
    return qb_err_set(QB_E_DATA, "%s: expected %s, got %s", key, expected, qb_json_type_name(found));
}

int qb_json_get_text(const json_t *o, const char *key, const char **ret)
{
    const json_t *v = json_object_get(o, key);
    if (!json_is_string(v))
        return wrong_type(key, "a string", v);
    *ret = json_string_value(v);
    return QB_OK;
}

int qb_json_get_int(const json_t *o, const char *key, long long *ret)
{
    const json_t *v = json_object_get(o, key);
    if (!json_is_integer(v))
        return wrong_type(key, "a whole number", v);
    *ret = json_integer_value(v);
    return QB_OK;
}

int qb_json_get_real(const json_t *o, const char *key, double *ret)
{
    const json_t *v = json_object_get(o, key);
    if (!json_is_number(v))
        return wrong_type(key, "a number", v);
    *ret = json_number_value(v);
    return QB_OK;
}
