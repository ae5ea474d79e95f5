/* JSON: canonical writing, refusals with their place, JSON Lines with torn ends. */
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

#include "qb_test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char path[32];

static void make_file(void)
{
    strcpy(path, "/tmp/qb-json-XXXXXX");
    close(mkstemp(path));
}

static void remove_file(void)
{
    unlink(path);
}

static void write_file(const char *text)
{
    ck_assert_int_eq(qb_fs_write_atomic(path, text, strlen(text)), QB_OK);
}

static const struct {
    const char *text, *compact;
} values[] = {
    {"{\"b\": 1, \"a\": [true, false, null], \"A\": {}}", "{\"A\":{},\"a\":[true,false,null],\"b\":1}"},
    {"[0.1, 1e-5, 3.0, 2e-4, 1e300, -0.0, 100.0]", "[0.1,1e-05,3.0,0.0002,1e+300,-0.0,100.0]"},
    {"\"\\u00e9\\n\\t\\u0001\\\"\\\\/\"", "\"\xC3\xA9\\n\\t\\u0001\\\"\\\\/\""},
    {"[9223372036854775807,-1,[]]", "[9223372036854775807,-1,[]]"},
    {"  3 ", "3"},
};

START_TEST(writes_canonically)
{
    json_t *value, *again;
    const char *text = values[_i].text;
    ck_assert_int_eq(qb_json_parse(text, strlen(text), "x", &value), QB_OK);
    char *compact = qb_json_compact(value), *pretty = qb_json_pretty(value);
    ck_assert_str_eq(compact, values[_i].compact);
    ck_assert_int_eq(qb_json_parse(compact, strlen(compact), "x", &again), QB_OK);
    ck_assert(json_equal(value, again));
    json_decref(again);
    ck_assert_int_eq(qb_json_parse(pretty, strlen(pretty), "x", &again), QB_OK);
    ck_assert(json_equal(value, again));
    json_decref(again);
    json_decref(value);
    qb_free(compact);
    qb_free(pretty);
}
END_TEST

START_TEST(writes_files)
{
    json_t *value = json_pack("{s:i, s:[f], s:{}}", "n", 1, "list", 0.5, "o"), *again;
    char *text;
    size_t n;
    ck_assert_int_eq(qb_json_write(path, value), QB_OK);
    ck_assert_int_eq(qb_fs_read(path, 1000, &text, &n), QB_OK);
    ck_assert_str_eq(text, "{\n  \"list\": [\n    0.5\n  ],\n  \"n\": 1,\n  \"o\": {}\n}\n");
    ck_assert_int_eq(qb_json_read(path, &again), QB_OK);
    ck_assert(json_equal(value, again));
    qb_free(text);
    json_decref(value);
    json_decref(again);
    ck_assert_int_eq(qb_json_write("/nonexistent/x.json", json_null()), QB_E_IO);
}
END_TEST

START_TEST(survives_failing_allocations)
{
    json_t *value = json_pack("{s:i, s:[f], s:{s:s}}", "n", 1, "list", 0.5, "o", "k", "a long text that makes the buffer grow "
                                                                                   "beyond its first size");
    char *text = NULL;
    long before = qb_mem_live_blocks();
    for (long nth = 1; !text; nth++) {
        qb_mem_fail_at(nth, 0);
        text = qb_json_compact(value);
        qb_mem_fail_at(0, 0);
        ck_assert(text || qb_err_code() == QB_E_NOMEM);
        ck_assert_int_eq(qb_mem_live_blocks() - before, text ? 1 : 0);
    }
    qb_free(text);
    json_decref(value);
}
END_TEST

/* Each allocation fails once while a value is made and written: a part of it is never passed for the whole. */
START_TEST(writes_no_value_that_lacks_a_member)
{
    for (long nth = 1;; nth++) {
        qb_mem_fail_at(nth, 0);
        json_t *value = qb_json_pack("{s:s, s:[i, I, f, f, b], s:o, s:n}", "text", "t", "list", 1, (json_int_t)1 << 40, 0.5,
                                     (double)NAN, 1, "o", qb_json_text("given"), "none");
        json_object_set_new(value, "added", qb_json_text("later"));
        char *text = value ? qb_json_compact(value) : NULL;
        qb_mem_fail_at(0, 0);
        ck_assert(text || qb_err_code() == QB_E_NOMEM);
        json_decref(value);
        ck_assert_int_eq(qb_mem_live_blocks(), text ? 1 : 0);
        if (text) {
            ck_assert_str_eq(text, "{\"added\":\"later\",\"list\":[1,1099511627776,0.5,null,true],\"none\":null,"
                                   "\"o\":\"given\",\"text\":\"t\"}");
            ck_assert_int_gt(nth, 10);
            qb_free(text);
            break;
        }
        qb_json_forget_failures();
    }
}
END_TEST

START_TEST(tells_a_failure_once)
{
    qb_mem_fail_at(1, 0);
    ck_assert_ptr_null(qb_json_text("x"));
    qb_mem_fail_at(0, 0);
    json_t *value = qb_json_pack("[]");
    ck_assert_int_eq(qb_json_write(path, value), QB_E_NOMEM);
    ck_assert_int_eq(qb_json_write(path, value), QB_OK);
    json_decref(value);
}
END_TEST

START_TEST(packs_what_may_be_missing)
{
    json_t *value = qb_json_pack("{s:s?, s:s?, s:o?, s:o?, s:O, s:{s:[]}}", "a", NULL, "b", "text", "c", NULL, "d", json_true(), "e",
                                 json_false(), "f", "g");
    char *text = qb_json_compact(value);
    ck_assert_str_eq(text, "{\"a\":null,\"b\":\"text\",\"c\":null,\"d\":true,\"e\":false,\"f\":{\"g\":[]}}");
    qb_free(text);
    json_decref(value);
    ck_assert_ptr_null(qb_json_pack("{s:s, s:o}", "a", NULL, "b", json_array())); /* a text that there was no memory for */
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

static const struct {
    const char *bytes, *json;
} odd_texts[] = {
    {"caf\xC3\xA9", "\"caf\xC3\xA9\""},
    {"caf\xE9", "\"caf\xEF\xBF\xBD\""},
    {"\xFF\xFE", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
    {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""}, /* a surrogate */
    {"\xC3", "\"\xEF\xBF\xBD\""},                                     /* cut short */
    {"\xE9\n\"", "\"\xEF\xBF\xBD\\n\\\"\""},
};

/* A path keeps its bytes while it is used; what is written is JSON all the same. */
START_TEST(takes_any_bytes)
{
    json_t *value = qb_json_pack("s", odd_texts[_i].bytes), *again;
    ck_assert_str_eq(json_string_value(value), odd_texts[_i].bytes);
    char *text = qb_json_compact(value);
    ck_assert_str_eq(text, odd_texts[_i].json);
    ck_assert_int_eq(qb_json_parse(text, strlen(text), "x", &again), QB_OK);
    qb_free(text);
    json_decref(value);
    json_decref(again);
}
END_TEST

START_TEST(reals_may_be_absent)
{
    ck_assert(json_is_null(qb_json_real(NAN)) && json_is_null(qb_json_real(-INFINITY)));
    json_t *v = qb_json_real(2);
    ck_assert(json_is_real(v));
    json_decref(v);
}
END_TEST

static const struct {
    const char *text, *place;
} bad[] = {
    {"", "x:1:"},
    {"{", "x:1:1: not valid JSON: "},
    {"{\"a\": 1,\n \"b\": }", "x:2:7: not valid JSON: "},
    {"{\"a\": 1, \"a\": 2}", "x:1:12: not valid JSON: duplicate object key"},
    {"[1] x", "x:1:"},
    {"[NaN]", "x:1:"},
    {"[1,]", "x:1:"},
    {"\"\xFF\"", "x:1:"},
    {"99999999999999999999", "x:1:"},
    {"{\"a\\u0000\": 1}", "x:1:"},
};

START_TEST(refuses)
{
    json_t *value = NULL;
    ck_assert_int_eq(qb_json_parse(bad[_i].text, strlen(bad[_i].text), "x", &value), QB_E_DATA);
    ck_assert_msg(qb_starts_with(qb_err_text(), bad[_i].place), "%s", qb_err_text());
    ck_assert_ptr_null(value);
}
END_TEST

START_TEST(refuses_files)
{
    json_t *value = NULL;
    write_file("{\n  \"a\": ?\n}\n");
    ck_assert_int_eq(qb_json_read(path, &value), QB_E_DATA);
    char *place = qb_sprintf("%s:2:", path);
    ck_assert(qb_starts_with(qb_err_text(), place));
    qb_free(place);
    ck_assert_int_eq(qb_json_read("/nonexistent", &value), QB_E_NOINPUT);
}
END_TEST

/* Depth 3,000 is refused by the reader, not by the stack. */
START_TEST(refuses_deep_nesting)
{
    char text[3001];
    json_t *value = NULL;
    memset(text, '[', 3000);
    ck_assert_int_eq(qb_json_parse(text, 3000, "x", &value), QB_E_DATA);
}
END_TEST

/* ---- JSON Lines ---- */

static int add_up(void *context, json_t *object)
{
    long long v;
    QB_TRY(qb_json_get_int(object, "v", &v));
    *(long long *)context += v;
    return QB_OK;
}

static const struct {
    const char *text;
    int code;
    long long sum; /* of what was seen */
    const char *error, *warning; /* warning NULL: none */
} lines[] = {
    {"", QB_OK, 0, "", NULL},
    {"{\"v\":1}\n{\"v\":2}\n", QB_OK, 3, "", NULL},
    {"{\"v\":1}\n{\"v\":2}", QB_OK, 1, "", ":2: the last line is cut short; it is left out"}, /* no newline: torn */
    {"{\"v\":1}\n{\"v\":", QB_OK, 1, "", ":2: the last line is cut short"},   /* torn in the middle */
    {"{\"v\":1}\n{\"v\n", QB_OK, 1, "", ":2: the last line is cut short"},    /* torn, then something wrote a newline */
    {"{\"v\":1}\nx\n{\"v\":2}\n", QB_E_DATA, 1, ":2: expected a JSON object, found: ", NULL},
    {"{\"v\":1}\n[]\n{\"v\":2}\n", QB_E_DATA, 1, ":2: expected a JSON object, found: another value", NULL},
    {"{\"v\":1}\n{\"v\":\"a\"}\n{\"v\":2}\n", QB_E_DATA, 1, "v: expected a whole number, got a string", NULL},
};

static void keep_warning(void *context, int level, const char *line)
{
    if (level >= QB_LOG_WARNING)
        (void)snprintf(context, 512, "%s", line);
}

START_TEST(reads_lines)
{
    long long sum = 0;
    char warning[512] = "";
    qb_log_add_sink(keep_warning, warning);
    write_file(lines[_i].text);
    qb_err_clear();
    ck_assert_int_eq(qb_jsonl_each(path, add_up, &sum), lines[_i].code);
    ck_assert_int_eq(sum, lines[_i].sum);
    qb_log_remove_sink(keep_warning, warning);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), lines[_i].error));
    ck_assert_msg(lines[_i].warning ? strstr(warning, lines[_i].warning) != NULL : warning[0] == '\0', "'%s'", warning);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

/* Lines 1 to 1000 with their numbers, one of them replaced, and something behind the last one. */
static const struct {
    int replaced; /* line; 0: none */
    const char *by, *behind;
    int code;
    long long n_seen;
    const char *error, *warning;
} many[] = {
    {0, "", "", QB_OK, 1000, "", NULL},
    {0, "", "{\"v\":", QB_OK, 1000, "", ":1001: the last line is cut short"},
    {1000, "{\"v", "", QB_OK, 999, "", ":1000: the last line is cut short"},
    {17, "[]", "", QB_E_DATA, 16, ":17: expected a JSON object, found: another value", NULL},
    {901, "{\"v\":}", "", QB_E_DATA, 900, ":901: expected a JSON object, found: ", NULL},
    {500, "{\"v\":\"a\"}", "", QB_E_DATA, 499, "v: expected a whole number, got a string", NULL},
};

/* Each line is the one after the last. */
static int count_up(void *context, json_t *object)
{
    long long v, *n = context;
    QB_TRY(qb_json_get_int(object, "v", &v));
    ck_assert_int_eq(v, *n + 1);
    *n = v;
    return QB_OK;
}

START_TEST(reads_lines_by_threads) /* _i: row, and 1 to 3 threads */
{
    int row = _i / 3, threads = _i % 3 + 1;
    long long n_seen = 0;
    char warning[512] = "";
    qb_str text = {0};
    for (int i = 1; i <= 1000; i++)
        i == many[row].replaced ? qb_str_addf(&text, "%s\n", many[row].by) : qb_str_addf(&text, "{\"v\":%d}\n", i);
    qb_str_add(&text, many[row].behind);
    write_file(text.text);
    qb_str_finish(&text);
    qb_log_add_sink(keep_warning, warning);
    qb_err_clear();
    ck_assert_int_eq(qb_jsonl_each_by(threads, path, count_up, &n_seen), many[row].code);
    qb_log_remove_sink(keep_warning, warning);
    ck_assert_int_eq(n_seen, many[row].n_seen);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), many[row].error));
    ck_assert_msg(many[row].warning ? strstr(warning, many[row].warning) != NULL : warning[0] == '\0', "'%s'", warning);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(names_what_a_member_is)
{
    json_t *o = json_pack("{s:s, s:i, s:f, s:n}", "text", "t", "int", 4, "real", 0.5, "null");
    const char *text = "";
    long long i = 0;
    double r = 0;
    ck_assert(qb_json_get_text(o, "text", &text) == QB_OK && strcmp(text, "t") == 0);
    ck_assert(qb_json_get_int(o, "int", &i) == QB_OK && i == 4);
    ck_assert(qb_json_get_real(o, "real", &r) == QB_OK && r == 0.5);
    ck_assert(qb_json_get_real(o, "int", &r) == QB_OK && r == 4);
    ck_assert_int_eq(qb_json_get_text(o, "int", &text), QB_E_DATA);
    ck_assert_str_eq(qb_err_text(), "int: expected a string, got a whole number");
    ck_assert_int_eq(qb_json_get_int(o, "real", &i), QB_E_DATA);
    ck_assert_str_eq(qb_err_text(), "real: expected a whole number, got a number");
    ck_assert_int_eq(qb_json_get_real(o, "null", &r), QB_E_DATA);
    ck_assert_str_eq(qb_err_text(), "null: expected a number, got null");
    ck_assert_int_eq(qb_json_get_text(o, "none", &text), QB_E_DATA);
    ck_assert_str_eq(qb_err_text(), "none: expected a string, got nothing");
    ck_assert_int_eq(qb_json_get_text(json_null(), "none", &text), QB_E_DATA);
    json_decref(o);
}
END_TEST

#define N(table) (int)(sizeof table / sizeof *table)

static Suite *suite(void)
{
    Suite *s = suite_create("json");
    TCase *t = tcase_create("json");
    tcase_add_checked_fixture(t, make_file, remove_file);
    tcase_add_loop_test(t, writes_canonically, 0, N(values));
    tcase_add_test(t, writes_files);
    tcase_add_test(t, survives_failing_allocations);
    tcase_add_test(t, writes_no_value_that_lacks_a_member);
    tcase_add_test(t, tells_a_failure_once);
    tcase_add_test(t, packs_what_may_be_missing);
    tcase_add_loop_test(t, takes_any_bytes, 0, N(odd_texts));
    tcase_add_test(t, reals_may_be_absent);
    tcase_add_loop_test(t, refuses, 0, N(bad));
    tcase_add_test(t, refuses_files);
    tcase_add_test(t, refuses_deep_nesting);
    tcase_add_loop_test(t, reads_lines, 0, N(lines));
    tcase_add_test(t, names_what_a_member_is);
    tcase_add_loop_test(t, reads_lines_by_threads, 0, 3 * N(many));
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
