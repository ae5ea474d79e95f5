/* Reading log.txt of the reference code. See reference_log.h. */
#include "study/reference_log.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

static const struct {
    const char *metric, *names[2]; /* PARQ's, DeiT's */
} names[] = {
    {"test_top1", {"test_prec1", "test_acc1"}},
    {"test_top5", {"test_prec5", "test_acc5"}},
    {"test_loss", {"test_loss", "test_loss"}},
    {"train_loss", {"train_loss", "train_loss"}},
};
const char *const qb_reference_log_metrics = "test_top1, test_top5, test_loss, train_loss";

static const char *const *names_of(const char *metric)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].metric, metric) == 0)
            return names[i].names;
    }
    return NULL;
}

bool qb_reference_log_has(const char *metric) { return names_of(metric) != NULL; }

/* The line with null for what Python writes of numbers that are not finite. */
static void add_as_json(qb_str *s, const char *line, size_t n)
{
    static const char *const words[] = {"NaN", "-Infinity", "Infinity"};
    bool in_text = false;
    for (size_t i = 0, length; i < n; i += length) {
        const char *word = NULL;
        length = 1;
        for (size_t k = 0; !in_text && !word && k < sizeof words / sizeof *words; k++) {
            if (n - i >= strlen(words[k]) && strncmp(line + i, words[k], strlen(words[k])) == 0)
                word = words[k];
        }
        if (word) {
            length = strlen(word);
            qb_str_add(s, "null");
            continue;
        }
        if (in_text && line[i] == '\\' && i + 1 < n)
            length = 2;
        in_text = in_text != (line[i] == '"');
        qb_str_addn(s, line + i, length);
    }
}

/* *ret: NULL where the line is no JSON object. */
static int parse_line(const char *line, size_t n, json_t **ret)
{
    qb_str text = {0};
    json_t *value = NULL;
    add_as_json(&text, line, n);
    int rc = text.failed ? qb_err_set(QB_E_NOMEM, "out of memory") : QB_OK;
    if (rc == QB_OK && text.text && qb_json_parse(text.text, text.length, "", &value) == QB_E_NOMEM)
        rc = QB_E_NOMEM;
    qb_str_finish(&text);
    if (rc == QB_OK)
        qb_err_clear();
    if (!json_is_object(value)) {
        json_decref(value);
        value = NULL;
    }
    *ret = value;
    return rc;
}

static int check_epoch(const char *path, long long line, const json_t *object, long long *ret_epochs)
{
    enum { MAX_EPOCH = 1000000000 };
    const json_t *epoch = json_object_get(object, "epoch");
    if (!object || !json_is_integer(epoch) || json_integer_value(epoch) < 0 || json_integer_value(epoch) > MAX_EPOCH) {
        (void)qb_err_set(QB_E_DATA, "%s:%lld: expected a JSON object with an epoch from 0, got %s", path, line,
                         !object ? "something else" : epoch ? "another epoch" : "none");
        return qb_err_hint("a line of log.txt is such as {\"epoch\": 0, \"train_loss\": 1.9, \"test_prec1\": 45.1}");
    }
    *ret_epochs = json_integer_value(epoch) + 1;
    return QB_OK;
}

static int take_value(const char *path, long long line, const json_t *object, const char *metric, double *ret_value)
{
    const char *const *known = names_of(metric);
    const json_t *value = json_object_get(object, known[0]);
    const char *name = value ? known[0] : known[1];
    value = value ? value : json_object_get(object, known[1]);
    if (json_is_null(value)) {
        (void)qb_err_set(QB_E_DATA, "%s:%lld: %s: expected a finite number, got none", path, line, name);
        return qb_err_hint("this run diverged: leave it out, and say so");
    }
    if (!json_is_number(value))
        return qb_err_set(QB_E_DATA, "%s:%lld: expected a number %s%s%s for %s, got %s", path, line, known[0],
                          strcmp(known[0], known[1]) == 0 ? "" : " or ", strcmp(known[0], known[1]) == 0 ? "" : known[1], metric,
                          qb_json_type_name(value));
    *ret_value = json_number_value(value);
    return QB_OK;
}

/* The last good line. *ret_object: new reference; NULL: there is none. */
static int find_last(const char *path, const char *text, size_t n, json_t **ret_object, long long *ret_line, long long *ret_epochs)
{
    const char *end = text + n;
    int rc = QB_OK;
    for (long long line = 1; rc == QB_OK && text < end; line++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text)), *next = newline ? newline + 1 : end;
        json_t *object = NULL;
        rc = parse_line(text, (size_t)((newline ? newline : end) - text), &object);
        if (rc == QB_OK && !object && !newline) {
            qb_log_warning("%s:%lld: the last line is cut short; it is left out", path, line);
            break;
        }
        if (rc == QB_OK)
            rc = check_epoch(path, line, object, ret_epochs);
        if (rc == QB_OK) {
            json_decref(*ret_object);
            *ret_object = json_incref(object);
            *ret_line = line;
        }
        json_decref(object);
        text = next;
    }
    return rc;
}

int qb_reference_log_read(const char *path, const char *metric, double *ret_value, long long *ret_epochs)
{
    enum { MAX_BYTES = 1 << 26 };
    char *text;
    size_t n;
    json_t *last = NULL;
    long long line = 0, epochs = 0;
    double value = 0;
    QB_TRY(qb_fs_read(path, MAX_BYTES, &text, &n));
    int rc = find_last(path, text, n, &last, &line, &epochs);
    if (rc == QB_OK && !last)
        rc = qb_err_set(QB_E_DATA, "%s: expected a line for every epoch, found none", path);
    if (rc == QB_OK)
        rc = take_value(path, line, last, metric, &value);
    json_decref(last);
    qb_free(text);
    QB_TRY(rc);
    *ret_value = value;
    *ret_epochs = epochs;
    return QB_OK;
}
