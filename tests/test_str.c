/* Texts: growing, names that resemble each other, numbers both ways. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include "qb_test.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

START_TEST(grows)
{
    qb_str s = {0};
    for (int i = 0; i < 1000; i++)
        qb_str_addf(&s, "%d,", i % 10);
    qb_str_add(&s, "end");
    qb_str_addn(&s, "xyz", 1);
    ck_assert_uint_eq(s.length, 2004);
    char *text = qb_str_take(&s);
    ck_assert_uint_eq(strlen(text), 2004);
    ck_assert(qb_ends_with(text, "8,9,endx"));
    ck_assert_ptr_null(s.text);
    qb_free(text);
    text = qb_str_take(&s);
    ck_assert_str_eq(text, "");
    qb_free(text);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(remembers_a_failure)
{
    qb_str s = {0};
    qb_str_add(&s, "a");
    qb_mem_fail_at(1, 0);
    qb_str_addf(&s, "%100d", 1);
    qb_str_add(&s, "b");
    ck_assert(s.failed);
    qb_err_clear();
    ck_assert_ptr_null(qb_str_take(&s));
    ck_assert_int_eq(qb_err_code(), QB_E_NOMEM);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

static const struct {
    const char *word, *nearest;
} names[] = {
    {"lrr", "lr"},           {"LR", "lr"},          {"anneal-edn", "anneal_end"}, {"anneal_strat", "anneal_start"},
    {"momntum", "momentum"}, {"x", NULL},           {"quantizers", NULL},         {"", NULL},
    {"weight", NULL},        {"momentum", "momentum"},
};

START_TEST(finds_the_nearest_name)
{
    static const char *const known[] = {"lr", "anneal_start", "anneal_end", "momentum", "batch"};
    const char *nearest = qb_nearest_name(names[_i].word, known, 5);
    if (names[_i].nearest)
        ck_assert_str_eq(nearest ? nearest : "none", names[_i].nearest);
    else
        ck_assert_ptr_null(nearest);
}
END_TEST

START_TEST(tests_both_ends)
{
    ck_assert(qb_starts_with("abc", "ab") && qb_starts_with("abc", "") && !qb_starts_with("ab", "abc"));
    ck_assert(qb_ends_with("abc", "bc") && qb_ends_with("abc", "") && !qb_ends_with("bc", "abc"));
}
END_TEST

static const struct {
    double value;
    const char *text;
} reals[] = {
    {0, "0"},
    {0.1, "0.1"},
    {3, "3"},
    {100, "100"},
    {78200, "78200"},
    {2e-4, "0.0002"},
    {1e-5, "1e-05"},
    {-2.5, "-2.5"},
    {1. / 3, "0.3333333333333333"},
    {1e15, "1000000000000000"},
    {1e16, "1e+16"},
    {123456789012.5, "123456789012.5"},
    {5e-324, "5e-324"},
    {1.7976931348623157e308, "1.7976931348623157e+308"},
    {0.1 + 0.2, "0.30000000000000004"},
    {(double)0.1f, "0.10000000149011612"},
};

START_TEST(writes_reals_shortest)
{
    char buf[32];
    double back = NAN;
    ck_assert_str_eq(qb_format_real(reals[_i].value, buf), reals[_i].text);
    ck_assert(qb_parse_real(buf, &back));
    ck_assert(back == reals[_i].value);
}
END_TEST

START_TEST(writes_what_is_no_number)
{
    char buf[32];
    ck_assert_str_eq(qb_format_real(NAN, buf), "nan");
    ck_assert_str_eq(qb_format_real(INFINITY, buf), "inf");
    ck_assert_str_eq(qb_format_real(-INFINITY, buf), "-inf");
}
END_TEST

START_TEST(reads_back_any_bits)
{
    uint64_t state = 1;
    for (int i = 0; i < 20000; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        uint64_t bits = state ^ state >> 29;
        double v, back;
        char buf[32];
        memcpy(&v, &bits, sizeof v);
        if (!isfinite(v))
            continue;
        ck_assert(qb_parse_real(qb_format_real(v, buf), &back));
        ck_assert(memcmp(&v, &back, sizeof v) == 0);
    }
}
END_TEST

/* No decimal with fewer digits reads back: tried one by one, for numbers of few digits, of many, and next to either. */
START_TEST(writes_the_shortest)
{
    uint64_t state = 7;
    for (int i = 0; i < 40000; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        uint64_t bits = state ^ state >> 29;
        double v, few;
        char buf[32], fewer[32];
        memcpy(&v, &bits, sizeof v);
        (void)snprintf(fewer, sizeof fewer, "%.*e", i % 17, v);
        few = i % 3 == 0 ? v : i % 3 == 1 ? strtod(fewer, NULL) : nextafter(strtod(fewer, NULL), 0);
        if (!isfinite(few))
            continue;
        int digits = 0;
        bool leading = true;
        for (const char *p = qb_format_real(few, buf); *p && *p != 'e'; p++) {
            leading = leading && (*p == '0' || *p == '-' || *p == '.');
            digits += !leading && *p != '.';
        }
        const size_t n = strcspn(buf, "e");
        for (size_t k = n; !memchr(buf, '.', n) && k-- > 1 && buf[k] == '0';)
            digits--; /* 100 has one */
        (void)snprintf(fewer, sizeof fewer, "%.*e", digits > 1 ? digits - 2 : 0, few);
        ck_assert_msg(digits <= 1 || strtod(fewer, NULL) != few, "%s: %s", buf, fewer);
        ck_assert(strtod(buf, NULL) == few);
    }
}
END_TEST

static const char *const bad_reals[] = {"",    " 1",  "1 ",   "1e",  "e1",   ".",    "-",   "0x10",  "inf", "nan",
                                        "1,5", "1_0", "1e+", "1.2.3", "1d", "--1", "+-1", "1e999", "1e-999", "INFINITY"};
static const char *const good_reals[] = {"1", "+1", "-1", ".5", "5.", "1e3", "1E-3", "0.0e0", "000", "4e-324"};

START_TEST(refuses_bad_reals)
{
    double v = 7;
    ck_assert(!qb_parse_real(bad_reals[_i], &v));
    ck_assert(v == 7);
}
END_TEST

START_TEST(accepts_good_reals)
{
    double v = NAN;
    ck_assert(qb_parse_real(good_reals[_i], &v));
    ck_assert(!isnan(v));
}
END_TEST

START_TEST(parses_whole_numbers)
{
    static const char *const bad[] = {"", "1.0", "1e3", "2_000", " 1", "1 ", "0x1", "9223372036854775808", "-", "+"};
    long long v = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!qb_parse_int(bad[i], &v) && v == 7, "'%s'", bad[i]);
    ck_assert(qb_parse_int("9223372036854775807", &v) && v == INT64_MAX);
    ck_assert(qb_parse_int("-9223372036854775808", &v) && v == INT64_MIN);
    ck_assert(qb_parse_int("007", &v) && v == 7);
}
END_TEST

START_TEST(writes_sizes)
{
    char buf[32];
    ck_assert_str_eq(qb_format_bytes(0, buf), "0 B");
    ck_assert_str_eq(qb_format_bytes(1023, buf), "1023 B");
    ck_assert_str_eq(qb_format_bytes(1.5 * 1024 * 1024, buf), "1.5 MiB");
    ck_assert_str_eq(qb_format_bytes(0x1p63, buf), "8192.0 PiB");
}
END_TEST

static const struct {
    const char *bytes;
    size_t n;
    bool valid;
} utf8[] = {
    {"", 0, true},
    {"abc", 3, true},
    {"\xC3\xA9", 2, true},
    {"\xE2\x82\xAC", 3, true},
    {"\xF0\x9F\x98\x80", 4, true},
    {"\xF4\x8F\xBF\xBF", 4, true},
    {"\xC3", 1, false},
    {"\xE2\x82", 2, false},
    {"\x80", 1, false},
    {"\xC0\xAF", 2, false},             /* '/' in two bytes */
    {"\xE0\x80\xAF", 3, false},         /* and in three */
    {"\xED\xA0\x80", 3, false},         /* surrogate */
    {"\xF4\x90\x80\x80", 4, false},     /* beyond U+10FFFF */
    {"\xF8\x88\x80\x80\x80", 5, false}, /* five bytes */
    {"\xFF", 1, false},
    {"a\xC3(", 3, false},
};

START_TEST(checks_utf8)
{
    ck_assert_int_eq(qb_utf8_valid(utf8[_i].bytes, utf8[_i].n), utf8[_i].valid);
}
END_TEST

static const struct {
    const char *word, *quoted;
} words[] = {
    {"a-b_c=1.5,/:@%+", "a-b_c=1.5,/:@%+"}, {"", "''"}, {"parq[steepness=10]", "'parq[steepness=10]'"},
    {"it's", "'it'\\''s'"},                {"a b", "'a b'"},                {"caf\xC3\xA9", "'caf\xC3\xA9'"},
    {"caf\xE9", "$'caf\\351'"},            {"\xFF'\\\xC3\xA9", "$'\\377\\'\\\\\xC3\xA9'"},
};

START_TEST(wraps_at_80_columns)
{
    qb_str s = {0};
    char line[200] = "  ";
    for (int i = 0; i < 10; i++) /* 10 words of 7 columns, 13 bytes: 2 + 10 * 7 + 9 = 81 */
        strcat(line, i == 0 ? "±±±±±±a" : " ±±±±±±a");
    qb_str_add_wrapped(&s, line + 2, 2);
    char *last = strrchr(line, ' ');
    ck_assert_uint_eq(s.length, strlen(line) + 2); /* a newline and two spaces for a space */
    ck_assert_mem_eq(s.text, line, (size_t)(last - line));
    ck_assert_str_eq(s.text + (last - line), "\n  ±±±±±±a");
    qb_str_finish(&s);
    line[strlen(line) - 1] = '\0'; /* 80 columns */
    qb_str_add_wrapped(&s, line + 2, 2);
    ck_assert_str_eq(s.text, line);
    qb_str_finish(&s);
    memset(line, 'x', 100); /* a word that does not fit goes on a line of its own */
    strcpy(line + 100, " y");
    qb_str_add_wrapped(&s, line, 0);
    ck_assert_ptr_nonnull(strstr(s.text, "xx\ny"));
    qb_str_finish(&s);
}
END_TEST

START_TEST(quotes_for_a_shell)
{
    qb_str s = {0};
    qb_str_add_quoted(&s, words[_i].word);
    ck_assert_str_eq(s.text, words[_i].quoted);
    qb_str_finish(&s);
}
END_TEST

#define N(table) (int)(sizeof table / sizeof *table)

static Suite *suite(void)
{
    Suite *s = suite_create("str");
    TCase *t = tcase_create("str");
    tcase_add_test(t, grows);
    tcase_add_test(t, remembers_a_failure);
    tcase_add_loop_test(t, finds_the_nearest_name, 0, N(names));
    tcase_add_test(t, tests_both_ends);
    tcase_add_loop_test(t, writes_reals_shortest, 0, N(reals));
    tcase_add_test(t, writes_what_is_no_number);
    tcase_add_test(t, reads_back_any_bits);
    tcase_add_test(t, writes_the_shortest);
    tcase_add_loop_test(t, refuses_bad_reals, 0, N(bad_reals));
    tcase_add_loop_test(t, accepts_good_reals, 0, N(good_reals));
    tcase_add_test(t, parses_whole_numbers);
    tcase_add_test(t, writes_sizes);
    tcase_add_loop_test(t, checks_utf8, 0, N(utf8));
    tcase_add_test(t, wraps_at_80_columns);
    tcase_add_loop_test(t, quotes_for_a_shell, 0, N(words));
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
