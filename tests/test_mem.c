/* Memory: blocks are aligned, zeroed and counted; whatever allocation fails, parsers fail cleanly. */
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/option.h"
#include "base/safetensors.h"
#include "base/str.h"
#include "base/yaml.h"

#include "qb_test.h"
#include "resident.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

START_TEST(blocks_are_aligned_and_zero)
{
    for (size_t n = 0; n < 300; n += 7) {
        unsigned char *p = qb_alloc(n, 3);
        ck_assert_ptr_nonnull(p);
        ck_assert_uint_eq((uintptr_t)p % 64, 0);
        for (size_t i = 0; i < 3 * n; i++)
            ck_assert_int_eq(p[i], 0);
        memset(p, 0xAA, 3 * n);
        qb_free(p);
    }
    qb_free(NULL);
}
END_TEST

/* How many bytes from the first on have a value. */
static size_t count_equal(const unsigned char *p, size_t n, int value)
{
    size_t k = 0;
    while (k < n && p[k] == value)
        k++;
    return k;
}

/* Where a page rests is left to the thread that first writes to it. */
START_TEST(large_blocks_are_not_touched)
{
    enum { HUGE_PAGE = 2 << 20 }; /* one may come with the page before the block */
    static const size_t sizes[] = {256 << 10, (1 << 20) + 5, 8 << 20, (40 << 20) + 4096};
    leave_fresh_memory_alone();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const size_t n = sizes[i];
        unsigned char *p = qb_alloc(n, 1);
        ck_assert_ptr_nonnull(p);
        ck_assert_uint_eq((uintptr_t)p % 64, 0);
        ck_assert_uint_le(resident_bytes(p, n), n / 8 + HUGE_PAGE);
        ck_assert_uint_eq(count_equal(p, n, 0), n);
        memset(p, 7, n);
        p = qb_realloc(p, n + n / 2, 1);
        ck_assert_ptr_nonnull(p);
        ck_assert_uint_eq((uintptr_t)p % 64, 0);
        ck_assert_uint_eq(count_equal(p, n, 7), n);
        ck_assert_uint_eq(count_equal(p + n, n / 2, 0), n / 2);
        qb_free(p);
    }
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(realloc_keeps_and_zeroes)
{
    unsigned char *p = qb_realloc(NULL, 10, 1);
    memset(p, 7, 10);
    p = qb_realloc(p, 500, 1);
    ck_assert_uint_eq((uintptr_t)p % 64, 0);
    for (size_t i = 0; i < 500; i++)
        ck_assert_int_eq(p[i], i < 10 ? 7 : 0);
    p = qb_realloc(p, 5, 1);
    p = qb_realloc(p, 20, 1);
    for (size_t i = 0; i < 20; i++)
        ck_assert_int_eq(p[i], i < 5 ? 7 : 0);
    qb_free(p);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(refuses_overflow)
{
    ck_assert_ptr_null(qb_alloc(SIZE_MAX / 2, 3));
    ck_assert_int_eq(qb_err_code(), QB_E_NOMEM);
    ck_assert_ptr_null(qb_alloc(SIZE_MAX, 1));
    char *p = qb_strdup("kept");
    ck_assert_ptr_null(qb_realloc(p, SIZE_MAX, 2));
    ck_assert_str_eq(p, "kept");
    qb_free(p);
}
END_TEST

START_TEST(copies_texts)
{
    char *a = qb_strdup("abc"), *b = qb_strndup("abcdef", 2), *c = qb_sprintf("%s-%d", "x", 12), *d = qb_strndup("a", 9);
    ck_assert_str_eq(a, "abc");
    ck_assert_str_eq(b, "ab");
    ck_assert_str_eq(c, "x-12");
    ck_assert_str_eq(d, "a");
    ck_assert_int_eq(qb_mem_live_blocks(), 4);
    qb_free(a);
    qb_free(b);
    qb_free(c);
    qb_free(d);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(fails_at_the_nth_call)
{
    long calls = qb_mem_calls();
    qb_mem_fail_at(2, 0);
    void *first = qb_alloc(1, 1), *second = qb_alloc(1, 1), *third = qb_alloc(1, 1);
    ck_assert(first && !second && third);
    ck_assert_int_eq(qb_mem_calls() - calls, 3);
    qb_mem_fail_at(1, 1);
    ck_assert_ptr_null(qb_alloc(1, 1));
    ck_assert_ptr_null(qb_strdup("x"));
    ck_assert_ptr_null(qb_realloc(first, 2, 1));
    qb_mem_fail_at(0, 0);
    qb_free(first);
    qb_free(third);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

/* ---- out of memory at every call of a parser ---- */

static int try_yaml(void)
{
    static const char text[] = "a: [1, 2, 3, 4, 5, {b: c}]\nd: {e: f, g: 'h'}\n";
    qb_yaml_node *root;
    QB_TRY(qb_yaml_parse(text, sizeof text - 1, "x.yaml", &root));
    qb_yaml_destroy(root);
    return QB_OK;
}

static int try_spec(void)
{
    qb_spec spec;
    QB_TRY(qb_spec_parse("parq[steepness=10, anneal=cosine]", &spec));
    qb_spec_finish(&spec);
    return QB_OK;
}

static const char *const choices[] = {"cosine", "step", NULL};
static const qb_option schema[] = {
    {.name = "lr", .kind = QB_KIND_REAL, .def = "0.1", .min = 0, .max = INFINITY, .help = "learning rate"},
    {.name = "milestones", .kind = QB_KIND_REALS, .def = "1/2/3"},
    {.name = "shape", .kind = QB_KIND_CHOICE, .def = "step", .choices = choices, .help = "shape of the schedule"},
    {.name = "solver", .kind = QB_KIND_SPEC, .def = "parq[steepness=10]"},
    {.name = "end", .kind = QB_KIND_SPAN, .def = "5ep"},
};
enum { N_OPTIONS = sizeof schema / sizeof *schema };

static int try_settings(void)
{
    qb_settings s, copy;
    QB_TRY(qb_settings_init(&s, schema, N_OPTIONS));
    int rc = qb_settings_set(&s, "milestones", "4/5");
    if (rc == QB_OK)
        rc = qb_settings_copy(&copy, &s);
    if (rc == QB_OK) {
        char *canonical = qb_spec_canonical("x", &copy);
        char *help = qb_options_help(schema, N_OPTIONS, NULL);
        rc = canonical && help ? QB_OK : QB_E_NOMEM;
        qb_free(canonical);
        qb_free(help);
        qb_settings_finish(&copy);
    }
    qb_settings_finish(&s);
    return rc;
}

/* The unknown name itself is the expected error: only its absence of leaks is looked at. */
static int try_unknown_name(void)
{
    qb_settings s;
    QB_TRY(qb_settings_init(&s, schema, N_OPTIONS));
    int rc = qb_settings_set(&s, "lrr", "1");
    qb_settings_finish(&s);
    return rc == QB_E_USAGE ? QB_OK : rc;
}

static int try_safetensors(void)
{
    static const char header[] = "{\"__metadata__\":{\"k\":\"v\"},\"w\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}";
    char file[8 + sizeof header - 1 + 2] = {sizeof header - 1};
    memcpy(file + 8, header, sizeof header - 1);
    qb_safetensors f;
    QB_TRY(qb_safetensors_parse(file, sizeof file, "x", &f));
    qb_safetensors_finish(&f);
    return QB_OK;
}

static int try_json(void)
{
    static const char text[] = "{\"a\": [1, 0.5, \"x\"], \"b\": {\"c\": null}}";
    json_t *value;
    QB_TRY(qb_json_parse(text, sizeof text - 1, "x", &value));
    char *again = qb_json_pretty(value);
    json_decref(value);
    qb_free(again);
    return again ? QB_OK : QB_E_NOMEM;
}

static int try_str(void)
{
    qb_str s = {0};
    for (int i = 0; i < 100; i++)
        qb_str_addf(&s, "line %d\n", i);
    char *text = qb_str_take(&s);
    qb_free(text);
    return text ? QB_OK : QB_E_NOMEM;
}

static int (*const trials[])(void) = {try_yaml, try_spec, try_settings, try_unknown_name, try_safetensors, try_json,
                                      try_str};

START_TEST(survives_every_failing_allocation) /* row: parser; once, and from then on */
{
    for (int from_then_on = 0; from_then_on < 2; from_then_on++) {
        int rc = QB_E_NOMEM;
        for (long nth = 1; rc != QB_OK; nth++) {
            ck_assert_int_lt(nth, 2000);
            long before = qb_mem_live_blocks(), calls = qb_mem_calls();
            qb_err_clear();
            qb_mem_fail_at(nth, from_then_on);
            rc = trials[_i]();
            qb_mem_fail_at(0, 0);
            ck_assert_int_eq(qb_mem_live_blocks(), before);
            if (rc != QB_OK) {
                ck_assert_msg(rc == QB_E_NOMEM, "allocation %ld: code %d, '%s'", nth, rc, qb_err_text());
                ck_assert_int_eq(qb_err_code(), QB_E_NOMEM);
                ck_assert_str_ne(qb_err_text(), "");
            } else {
                ck_assert_msg(qb_mem_calls() - calls < nth, "allocation %ld failed and nobody noticed", nth);
            }
        }
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("mem");
    TCase *t = tcase_create("mem");
    tcase_add_test(t, blocks_are_aligned_and_zero);
    tcase_add_test(t, large_blocks_are_not_touched);
    tcase_add_test(t, realloc_keeps_and_zeroes);
    tcase_add_test(t, refuses_overflow);
    tcase_add_test(t, copies_texts);
    tcase_add_test(t, fails_at_the_nth_call);
    tcase_add_loop_test(t, survives_every_failing_allocation, 0, sizeof trials / sizeof *trials);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
