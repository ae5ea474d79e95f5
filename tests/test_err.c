/* Errors: texts are set, extended, cut safely and kept per thread. */
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"

#include "qb_test.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

START_TEST(sets_and_adds)
{
    ck_assert_int_eq(qb_err_set(QB_E_DATA, "expected %d bytes, found %d", 4, 3), QB_E_DATA);
    ck_assert_int_eq(qb_err_hint("copy the file again"), QB_E_DATA);
    ck_assert_int_eq(qb_err_add("while reading '%s'", "x.bin"), QB_E_DATA);
    ck_assert_int_eq(qb_err_code(), QB_E_DATA);
    ck_assert_str_eq(qb_err_text(), "while reading 'x.bin': expected 4 bytes, found 3");
    ck_assert_str_eq(qb_err_hint_text(), "copy the file again");
    (void)qb_err_set(QB_E_IO, "again");
    ck_assert_str_eq(qb_err_hint_text(), "");
    qb_err_clear();
    ck_assert_int_eq(qb_err_code(), QB_OK);
    ck_assert_str_eq(qb_err_text(), "");
}
END_TEST

START_TEST(takes_its_own_text_as_argument)
{
    (void)qb_err_set(QB_E_DATA, "inner");
    (void)qb_err_set(QB_E_CONFIG, "outer (%s)", qb_err_text());
    ck_assert_str_eq(qb_err_text(), "outer (inner)");
    (void)qb_err_add("%s", qb_err_text());
    ck_assert_str_eq(qb_err_text(), "outer (inner): outer (inner)");
}
END_TEST

START_TEST(names_the_reason_of_errno)
{
    errno = ENOENT;
    ck_assert_int_eq(qb_err_set_errno("cannot open '%s'", "a"), QB_E_NOINPUT);
    ck_assert_str_eq(qb_err_text(), "cannot open 'a': No such file or directory");
    errno = ENOTDIR;
    ck_assert_int_eq(qb_err_set_errno("x"), QB_E_NOINPUT);
    errno = ENOSPC;
    ck_assert_int_eq(qb_err_set_errno("cannot write 'a'"), QB_E_IO);
    ck_assert_str_eq(qb_err_text(), "cannot write 'a': No space left on device");
}
END_TEST

static const char *long_text(char filler, size_t n)
{
    static char text[100001];
    ck_assert_uint_lt(n, sizeof text);
    memset(text, filler, n);
    text[n] = '\0';
    return text;
}

START_TEST(cuts_long_texts)
{
    for (size_t n = 1400; n < 4000; n += n < 1600 ? 1 : 97) {
        (void)qb_err_set(QB_E_DATA, "%s", long_text('x', n));
        (void)qb_err_hint("%s", long_text('h', n));
        ck_assert_uint_lt(strlen(qb_err_text()) + strlen(qb_err_hint_text()), 2000);
        ck_assert(qb_ends_with(qb_err_text(), n < 1500 ? "x" : "..."));
        (void)qb_err_add("%s", long_text('y', n));
        ck_assert_uint_lt(strlen(qb_err_text()), 1600);
    }
    errno = EIO;
    (void)qb_err_set_errno("%s", long_text('p', 100000));
    ck_assert_uint_lt(strlen(qb_err_text()), 1600);
}
END_TEST

START_TEST(cuts_at_a_character)
{
    for (size_t pad = 0; pad < 4; pad++) {
        char text[4000] = {0};
        for (size_t i = 0; i < pad; i++)
            text[i] = 'a';
        for (size_t i = pad; i + 3 < sizeof text - 1; i += 3)
            memcpy(text + i, "\xE2\x82\xAC", 3); /* euro sign */
        (void)qb_err_set(QB_E_DATA, "%s", text);
        ck_assert(qb_utf8_valid(qb_err_text(), strlen(qb_err_text())));
        (void)qb_err_hint("%s", text);
        ck_assert(qb_utf8_valid(qb_err_hint_text(), strlen(qb_err_hint_text())));
    }
}
END_TEST

START_TEST(shows_no_control_characters)
{
    (void)qb_err_set(QB_E_DATA, "got '%s'", "a\x1b[31m\nb\tc\x7f");
    ck_assert_str_eq(qb_err_text(), "got 'a?[31m b c?'");
}
END_TEST

static const struct {
    int code, status;
} statuses[] = {{QB_OK, 0},        {QB_E_FAILED, 1},  {QB_E_USAGE, 2},  {QB_E_DATA, 65},   {QB_E_NOINPUT, 66}, {QB_E_UNAVAILABLE, 69},
                {QB_E_INUSE, 73}, {QB_E_IO, 74},     {QB_E_STOPPED, 75}, {QB_E_CONFIG, 78}, {QB_E_NOMEM, 1},
                {QB_E_NOT_OFFERED, 2}};

START_TEST(gives_exit_statuses)
{
    ck_assert_int_eq(qb_err_exit_status(statuses[_i].code), statuses[_i].status);
}
END_TEST

static void *use_other_thread(void *unused)
{
    (void)unused;
    bool was_empty = qb_err_code() == QB_OK && qb_err_text()[0] == '\0';
    (void)qb_err_set(QB_E_IO, "other thread");
    return was_empty ? "yes" : "no";
}

START_TEST(is_kept_per_thread)
{
    pthread_t thread;
    void *was_empty;
    (void)qb_err_set(QB_E_DATA, "this thread");
    ck_assert_int_eq(pthread_create(&thread, NULL, use_other_thread, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, &was_empty), 0);
    ck_assert_str_eq(was_empty, "yes");
    ck_assert_str_eq(qb_err_text(), "this thread");
}
END_TEST

static int fails_at_the_first(void)
{
    QB_TRY(QB_E_DATA);
    return QB_E_IO;
}

START_TEST(try_returns_the_code)
{
    ck_assert_int_eq(fails_at_the_first(), QB_E_DATA);
}
END_TEST

START_TEST(assert_aborts)
{
    QB_ASSERT(1 + 1 == 3);
}
END_TEST

/* ---- log ---- */

static char said[256];

static void remember(void *context, int level, const char *line)
{
    size_t used = strlen(said);
    (void)snprintf(said + used, sizeof said - used, "%s%d:%s;", (const char *)context, level, line);
}

START_TEST(log_reaches_every_sink)
{
    qb_log_info("nobody listens");
    qb_log_add_sink(remember, "a");
    qb_log_add_sink(remember, "b");
    qb_log_info("step %d", 1);
    qb_log_remove_sink(remember, "a");
    qb_log_warning("w");
    qb_log_debug("d");
    qb_log_remove_sink(remember, "b");
    qb_log_info("nobody listens");
    ck_assert_str_eq(said, "a2:step 1;b2:step 1;b3:w;b1:d;");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("err");
    TCase *t = tcase_create("err");
    tcase_add_test(t, sets_and_adds);
    tcase_add_test(t, takes_its_own_text_as_argument);
    tcase_add_test(t, names_the_reason_of_errno);
    tcase_add_test(t, cuts_long_texts);
    tcase_add_test(t, cuts_at_a_character);
    tcase_add_test(t, shows_no_control_characters);
    tcase_add_loop_test(t, gives_exit_statuses, 0, sizeof statuses / sizeof *statuses);
    tcase_add_test(t, is_kept_per_thread);
    tcase_add_test(t, try_returns_the_code);
    tcase_add_test_raise_signal(t, assert_aborts, SIGABRT);
    tcase_add_test(t, log_reaches_every_sink);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
