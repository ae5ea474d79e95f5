/* Strict YAML through libyaml's events.
 *
 * Invariant: a tree that is returned has unique, non-empty scalar keys in every mapping, at most MAX_DEPTH
 * nested containers, and texts without NUL.
 */
#include "base/yaml.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MAX_FILE = 1 << 20, MAX_DEPTH = 8 };

typedef struct reader {
    yaml_parser_t parser;
    const char *file; /* for messages */
    const char *text; /* all of it */
    size_t n;
} reader;

static int error_at(const char *file, int line, int column, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static int error_at(const char *file, int line, int column, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args); /* a longer text is cut */
    va_end(args);
    return qb_err_set(QB_E_CONFIG, "%s:%d:%d: %s", file, line, column, text);
}

/* ---- the bytes ---- */

/* Refuses what libyaml would let through or would report without a place. */
static int check_bytes(const char *file, const char *text, size_t n)
{
    int line = 1, column = 1;
    for (size_t i = 0; i < n;) {
        unsigned char c = (unsigned char)text[i];
        size_t length = qb_utf8_length(text + i, n - i);
        if (length == 0)
            return error_at(file, line, column, "expected UTF-8, found the byte 0x%02x", c);
        if (c == '\t')
            return error_at(file, line, column, "expected spaces, found a tab");
        if ((c < 0x20 && c != '\n' && c != '\r') || c == 0x7F)
            return error_at(file, line, column, "expected text, found the control character 0x%02x", c);
        i += length;
        column++;
        if (c == '\n') {
            line++;
            column = 1;
        }
    }
    return QB_OK;
}

/* ---- the tree ---- */

static int error_mark(const reader *r, yaml_mark_t mark, const char *text)
{
    return error_at(r->file, (int)mark.line + 1, (int)mark.column + 1, "%s", text);
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c != '\0' && strchr("-_.+/", c));
}

/* [parq[steepness=10], ste]: a spec inside of a list or mapping in brackets, where its own bracket ends the plain text.
 * at: where the reader stumbled. 0: it is something else. */
static int refuse_bare_spec(const reader *r, yaml_mark_t at)
{
    const char *p = r->text, *end = r->text + r->n;
    for (size_t line = 0; line < at.line && p < end; p++)
        line += *p == '\n';
    const char *begin = p;
    for (size_t i = 0; i < at.column && p < end; i++)
        p += qb_utf8_length(p, (size_t)(end - p));
    const char *name = p;
    while (name > begin && is_name(name[-1]))
        name--;
    const char *close = p < end && *p == '[' ? memchr(p, ']', (size_t)(end - p)) : NULL;
    if (!close || name == p || memchr(p, '\n', (size_t)(close - p)))
        return QB_OK;
    int length = (int)(close + 1 - name), column = (int)at.column + 1 - (int)(p - name);
    (void)error_at(r->file, (int)at.line + 1, column, "%.*s: quote it: inside of [...] or {...} a name with brackets stands in quotes",
                   length > 200 ? 200 : length, name);
    return qb_err_hint("write  \"%.*s\"", length > 200 ? 200 : length, name);
}

static int next_event(reader *r, yaml_event_t *ret)
{
    if (yaml_parser_parse(&r->parser, ret))
        return QB_OK;
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR)
        return qb_err_set(QB_E_NOMEM, "out of memory while reading '%s'", r->file);
    QB_TRY(refuse_bare_spec(r, p->problem_mark));
    int line = (int)p->problem_mark.line + 1, column = (int)p->problem_mark.column + 1;
    const char *problem = p->problem ? p->problem : "not valid YAML";
    if (!p->context)
        return error_at(r->file, line, column, "%s", problem);
    return error_at(r->file, line, column, "%s, %s that begins in line %d", problem, p->context,
                    (int)p->context_mark.line + 1);
}

static qb_yaml_node *node_create(qb_yaml_kind kind, yaml_mark_t mark)
{
    qb_yaml_node *node = qb_alloc(1, sizeof *node);
    if (node) {
        node->kind = kind;
        node->line = (int)mark.line + 1;
        node->column = (int)mark.column + 1;
    }
    return node;
}

void qb_yaml_destroy(qb_yaml_node *root)
{
    if (!root)
        return;
    for (size_t i = 0; i < root->n; i++) {
        qb_yaml_destroy(root->items[i]);
        if (root->keys)
            qb_yaml_destroy(root->keys[i]);
    }
    qb_free(root->items);
    qb_free(root->keys);
    qb_free(root->text);
    qb_free(root);
}

/* Room for one more child. Capacity is the next power of two, from 4 on: nothing has to be stored for it. */
static int grow(qb_yaml_node *node)
{
    size_t n = node->n;
    if (n != 0 && (n < 4 || (n & (n - 1)) != 0))
        return QB_OK;
    size_t capacity = n == 0 ? 4 : 2 * n;
    qb_yaml_node **items = qb_realloc(node->items, capacity, sizeof *items);
    if (!items)
        return QB_E_NOMEM;
    node->items = items;
    if (node->kind == QB_YAML_MAPPING) {
        qb_yaml_node **keys = qb_realloc(node->keys, capacity, sizeof *keys);
        if (!keys)
            return QB_E_NOMEM;
        node->keys = keys;
    }
    return QB_OK;
}

static int compare_places(const qb_yaml_node *a, const qb_yaml_node *b)
{
    return a->line != b->line ? a->line - b->line : a->column - b->column;
}

static int compare_keys(const void *a, const void *b)
{
    const qb_yaml_node *x = *(qb_yaml_node *const *)a, *y = *(qb_yaml_node *const *)b;
    int order = strcmp(x->text, y->text);
    return order ? order : compare_places(x, y);
}

/* Sorting a copy keeps a file of a hundred thousand keys fast. */
static int check_unique_keys(const reader *r, const qb_yaml_node *mapping)
{
    qb_yaml_node **sorted = qb_alloc(mapping->n, sizeof *sorted);
    if (!sorted)
        return QB_E_NOMEM;
    const qb_yaml_node *first = NULL, *second = NULL; /* the earliest repetition, and what it repeats */
    if (mapping->n > 0)
        memcpy(sorted, mapping->keys, mapping->n * sizeof *sorted);
    qsort(sorted, mapping->n, sizeof *sorted, compare_keys);
    for (size_t i = 1; i < mapping->n; i++) {
        if (strcmp(sorted[i - 1]->text, sorted[i]->text) == 0 && (!second || compare_places(sorted[i], second) < 0)) {
            first = sorted[i - 1];
            second = sorted[i];
        }
    }
    qb_free(sorted);
    if (!second)
        return QB_OK;
    return error_at(r->file, second->line, second->column, "the key '%.60s' is given twice, first in line %d",
                    second->text, first->line);
}

static int read_node(reader *r, const yaml_event_t *event, int depth, qb_yaml_node **ret);

static int read_scalar(reader *r, const yaml_event_t *event, qb_yaml_node **ret)
{
    const char *value = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (memchr(value, '\0', length))
        return error_mark(r, event->start_mark, "expected text, found a NUL character");
    qb_yaml_node *node = node_create(QB_YAML_SCALAR, event->start_mark);
    if (!node || !(node->text = qb_strndup(value, length))) {
        qb_yaml_destroy(node);
        return QB_E_NOMEM;
    }
    node->is_quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    *ret = node;
    return QB_OK;
}

/* One element, or one key with its value. The node owns each part as soon as it is read. */
static int read_child(reader *r, const yaml_event_t *event, int depth, qb_yaml_node *node)
{
    QB_TRY(grow(node));
    if (node->kind == QB_YAML_SEQUENCE) {
        QB_TRY(read_node(r, event, depth, &node->items[node->n]));
        node->n++;
        return QB_OK;
    }
    qb_yaml_node *key;
    if (event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT)
        return error_mark(r, event->start_mark, "expected a plain key, found a list or mapping");
    QB_TRY(read_node(r, event, depth, &key));
    node->keys[node->n] = key;
    node->items[node->n] = NULL;
    node->n++;
    if (key->text[0] == '\0')
        return error_mark(r, event->start_mark, "expected a key, found an empty one");
    yaml_event_t value;
    QB_TRY(next_event(r, &value));
    int rc = read_node(r, &value, depth, &node->items[node->n - 1]);
    yaml_event_delete(&value);
    return rc;
}

static int read_children(reader *r, qb_yaml_node *node, int depth)
{
    for (;;) {
        yaml_event_t event;
        QB_TRY(next_event(r, &event));
        bool ends = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
        int rc = ends ? QB_OK : read_child(r, &event, depth, node);
        yaml_event_delete(&event);
        if (ends || rc < 0)
            return rc;
    }
}

static int read_container(reader *r, const yaml_event_t *event, qb_yaml_kind kind, int depth, qb_yaml_node **ret)
{
    if (depth > MAX_DEPTH) {
        return error_at(r->file, (int)event->start_mark.line + 1, (int)event->start_mark.column + 1,
                        "expected at most %d nested lists and mappings, found more", MAX_DEPTH);
    }
    qb_yaml_node *node = node_create(kind, event->start_mark);
    if (!node)
        return QB_E_NOMEM;
    int rc = read_children(r, node, depth);
    if (rc == QB_OK && kind == QB_YAML_MAPPING)
        rc = check_unique_keys(r, node);
    if (rc < 0) {
        qb_yaml_destroy(node);
        return rc;
    }
    *ret = node;
    return QB_OK;
}

/* Refuses anchors, aliases and tags: each makes a file mean something else than it says. */
static int check_plain(const reader *r, const yaml_event_t *event)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return error_mark(r, event->start_mark, "aliases (*name) are not allowed: write the value out");
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        break;
    default:
        break;
    }
    if (anchor)
        return error_mark(r, event->start_mark, "anchors (&name) are not allowed: write the value out");
    if (tag)
        return error_mark(r, event->start_mark, "tags (!name) are not allowed: write the plain value");
    return QB_OK;
}

/* depth: containers around this node. */
static int read_node(reader *r, const yaml_event_t *event, int depth, qb_yaml_node **ret)
{
    QB_TRY(check_plain(r, event));
    if (event->type == YAML_SEQUENCE_START_EVENT)
        return read_container(r, event, QB_YAML_SEQUENCE, depth + 1, ret);
    if (event->type == YAML_MAPPING_START_EVENT)
        return read_container(r, event, QB_YAML_MAPPING, depth + 1, ret);
    QB_ASSERT(event->type == YAML_SCALAR_EVENT);
    return read_scalar(r, event, ret);
}

/* Reads the next event and refuses it unless it has the wanted type. */
static int expect_event(reader *r, yaml_event_type_t type, const char *otherwise)
{
    yaml_event_t event;
    QB_TRY(next_event(r, &event));
    int rc = event.type == type ? QB_OK : error_mark(r, event.start_mark, otherwise);
    if (rc == QB_OK && type == YAML_DOCUMENT_START_EVENT &&
        (event.data.document_start.version_directive ||
         event.data.document_start.tag_directives.start != event.data.document_start.tag_directives.end))
        rc = error_mark(r, event.start_mark, "directives (%YAML, %TAG) are not allowed");
    yaml_event_delete(&event);
    return rc;
}

static int read_document(reader *r, qb_yaml_node **ret)
{
    QB_TRY(expect_event(r, YAML_STREAM_START_EVENT, "expected a YAML stream"));
    QB_TRY(expect_event(r, YAML_DOCUMENT_START_EVENT, "expected a document, the file is empty"));
    yaml_event_t event;
    QB_TRY(next_event(r, &event));
    qb_yaml_node *root = NULL;
    bool nothing = event.type == YAML_SCALAR_EVENT && event.data.scalar.length == 0 &&
                   event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    int rc = nothing ? error_mark(r, event.start_mark, "expected a document, the file is empty")
                     : read_node(r, &event, 0, &root);
    yaml_event_delete(&event);
    QB_TRY(rc);
    rc = expect_event(r, YAML_DOCUMENT_END_EVENT, "expected the end of the document");
    if (rc == QB_OK)
        rc = expect_event(r, YAML_STREAM_END_EVENT, "expected one document, found a second");
    if (rc < 0) {
        qb_yaml_destroy(root);
        return rc;
    }
    *ret = root;
    return QB_OK;
}

int qb_yaml_parse(const char *text, size_t n, const char *name_for_errors, qb_yaml_node **ret_root)
{
    if (n > MAX_FILE)
        return error_at(name_for_errors, 1, 1, "expected at most 1 MiB of YAML, found %zu bytes", n);
    if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) { /* a byte order mark says nothing in UTF-8 */
        text += 3;
        n -= 3;
    }
    QB_TRY(check_bytes(name_for_errors, text, n));
    reader r = {.file = name_for_errors, .text = text, .n = n};
    if (!yaml_parser_initialize(&r.parser))
        return qb_err_set(QB_E_NOMEM, "out of memory while reading '%s'", name_for_errors);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, n);
    int rc = read_document(&r, ret_root);
    yaml_parser_delete(&r.parser);
    return rc;
}

int qb_yaml_read_text(const char *path, qb_yaml_node **ret_root, char **ret_text, size_t *ret_n)
{
    char *text;
    size_t n;
    int rc = qb_fs_read(path, MAX_FILE, &text, &n);
    if (rc == QB_E_DATA)
        return error_at(path, 1, 1, "expected at most 1 MiB of YAML, found more");
    QB_TRY(rc);
    rc = qb_yaml_parse(text, n, path, ret_root);
    if (rc < 0) {
        qb_free(text);
        return rc;
    }
    *ret_text = text;
    *ret_n = n;
    return QB_OK;
}

int qb_yaml_read(const char *path, qb_yaml_node **ret_root)
{
    char *text;
    size_t n;
    QB_TRY(qb_yaml_read_text(path, ret_root, &text, &n));
    qb_free(text);
    return QB_OK;
}

/* ---- use ---- */

bool qb_yaml_is_null(const qb_yaml_node *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (node->kind == QB_YAML_SCALAR && !node->is_quoted && strcmp(node->text, words[i]) == 0)
            return true;
    }
    return false;
}

const qb_yaml_node *qb_yaml_get(const qb_yaml_node *mapping, const char *key)
{
    if (mapping->kind != QB_YAML_MAPPING)
        return NULL;
    for (size_t i = 0; i < mapping->n; i++) {
        if (strcmp(mapping->keys[i]->text, key) == 0)
            return mapping->items[i];
    }
    return NULL;
}

int qb_yaml_error(const char *file, const qb_yaml_node *at, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args); /* a longer text is cut */
    va_end(args);
    return error_at(file, at->line, at->column, "%s", text);
}
