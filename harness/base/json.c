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
#include "base/ordered.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE = 1 << 30 }; /* bytes */

/* ---- reading ---- */

/* Jansson reports a failed allocation as whatever its parser met next, "string expected" for example, and a value that
 * could not be added to an object is just not there. A lack of memory must pass neither for a damaged file nor for a
 * complete value, so Jansson allocates from base/mem.h and failures are counted here.
 * Whatever Jansson hands out to be freed by the caller (json_dumps) is to be freed with qb_free_plain. */
static _Thread_local unsigned long n_failed, n_reported;

static void *allocate(size_t n)
{
    void *block = qb_alloc_plain(n);
    n_failed += !block;
    return block;
}

__attribute__((constructor)) static void route_allocations(void)
{
    json_set_alloc_funcs(allocate, qb_free_plain);
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

/* ---- lines ---- */

enum { LINES = 16 }; /* that a thread reads at a time: to hand over each by itself takes longer than to read it */

typedef struct parsed_line {
    json_t *value; /* NULL: see the others */
    bool no_memory;
    json_error_t error;
} parsed_line;

typedef struct lines_reader {
    const char *path;
    const char **starts; /* of the lines that end in a newline, and where the last of them ends */
    int64_t n_lines;
    const char *end;     /* of the text */
    int (*each)(void *context, json_t *object);
    void *context;
    int n_good; /* lines taken that are no torn last one */
    bool torn;
    parsed_line parsed[QB_ORDERED_SLOTS * LINES];
} lines_reader;

static void parse_line(void *context, int64_t i, int slot, int thread)
{
    lines_reader *r = context;
    parsed_line *p = &r->parsed[slot];
    (void)thread;
    p->value = load(r->starts[i], (size_t)(r->starts[i + 1] - r->starts[i]) - 1, 0, &p->error, &p->no_memory);
}

static int take_line(void *context, int64_t i, int slot)
{
    lines_reader *r = context;
    parsed_line *p = &r->parsed[slot];
    json_t *value = p->value;
    const char *line = r->starts[i], *next = r->starts[i + 1];
    int rc = QB_OK;
    p->value = NULL;
    if (p->no_memory) {
        rc = qb_err_set(QB_E_NOMEM, "out of memory while reading '%s'", r->path);
    } else if (json_is_object(value)) {
        int answer = r->each(r->context, value);
        rc = answer < 0 ? answer : QB_OK;
        r->n_good++;
    } else if (next < r->end) {
        rc = qb_err_set(QB_E_DATA, "%s:%d: expected a JSON object, found: %s", r->path, (int)i + 1,
                        value ? "another value" : p->error.text);
    } else {
        r->torn = next - line > 1; /* an empty line at the end is nothing that is lost */
    }
    json_decref(value);
    return rc;
}

/* Where the lines of the text begin, and one more. */
static int find_lines(const char *text, size_t n, const char ***ret_starts, int64_t *ret_n)
{
    const char *end = text + n, *newline;
    int64_t n_lines = 0;
    for (const char *line = text; (newline = memchr(line, '\n', (size_t)(end - line))); line = newline + 1)
        n_lines++;
    const char **starts = qb_alloc((size_t)n_lines + 1, sizeof *starts);
    if (!starts)
        return QB_E_NOMEM;
    starts[0] = text;
    for (int64_t i = 0; i < n_lines; i++)
        starts[i + 1] = (const char *)memchr(starts[i], '\n', (size_t)(end - starts[i])) + 1;
    *ret_starts = starts;
    *ret_n = n_lines;
    return QB_OK;
}

int qb_jsonl_each_by(int threads, const char *path, int (*each)(void *context, json_t *object), void *context)
{
    enum { FEW = 200 }; /* lines for which no thread is worth its start */
    char *text;
    size_t n;
    lines_reader *r = qb_alloc(1, sizeof *r);
    if (!r)
        return QB_E_NOMEM;
    int rc = qb_fs_read(path, MAX_FILE, &text, &n);
    if (rc < 0) {
        qb_free(r);
        return rc;
    }
    *r = (lines_reader){.path = path, .end = text + n, .each = each, .context = context};
    rc = find_lines(text, n, &r->starts, &r->n_lines);
    if (rc == QB_OK) {
        rc = qb_ordered_run(&(qb_ordered){.end = r->n_lines, .threads = r->n_lines < FEW ? 1 : threads, .chunk = LINES,
                                          .work = parse_line, .take = take_line, .context = r});
    }
    if (rc == QB_OK && (r->torn || r->starts[r->n_lines] < r->end))
        qb_log_warning("%s:%d: the last line is cut short; it is left out", path, r->n_good + 1);
    for (size_t i = 0; i < QB_ORDERED_SLOTS * LINES; i++) /* what was read ahead of an error */
        json_decref(r->parsed[i].value);
    qb_free(r->starts);
    qb_free(r);
    qb_free(text);
    return rc;
}

int qb_jsonl_each(const char *path, int (*each)(void *context, json_t *object), void *context)
{
    return qb_jsonl_each_by(1, path, each, context);
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

const char *qb_json_text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
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
