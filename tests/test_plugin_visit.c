/* A visit of a plugin's code: whatever it changes of thread and process is put back and named, and one that would end the
 * process ends the visit alone. */
#include "process_watch.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "quant/plugin.h"
#include "quant/plugin_visit.h"

#include <stdio.h>

static const qb_plugin *plugin;

static void set_up(void)
{
    char *dir = qb_program_dir(), *path = qb_sprintf("%s/plugins/misdeed.so", dir);
    ck_assert_msg(qb_plugin_load(path, NULL, &plugin) == 0, "%s", qb_err_text());
    qb_free(path);
    qb_free(dir);
}

/* Calls `supports` of the plugin, which does the deed. */
static const char *visit(const char *what, bool whole)
{
    qb_option_value values[2] = {{.text = what}, {.text = "supports"}};
    char why[8];
    const qb_solver *s = &plugin->solver;
    return QB_VISIT(s, "supports", whole, s->supports(values, 2, "row", why, sizeof why));
}

static void assert_said(size_t index, const char *by, const char *what)
{
    char *text = qb_sprintf("solver 'misdeed': %s changed %s", by, what);
    const char *said = qb_conduct(&plugin->solver, index);
    ck_assert_msg(said && strncmp(said, text, strlen(text)) == 0, "expected '%s', got '%s'", text, said ? said : "nothing");
    ck_assert_ptr_null(qb_conduct(&plugin->solver, index + 1));
    qb_free(text);
}

START_TEST(puts_back_what_a_visit_changed)
{
    process_watch before;
    watch_process(&before);
    for (int k = 0; k < 2; k++) { /* said once, put back every time */
        ck_assert_ptr_null(visit(changes[_i].name, true));
        assert_process_unchanged(&before, changes[_i].name);
        assert_said(0, "supports", changes[_i].what);
    }
    ck_assert_ptr_null(visit("none", true));
    assert_said(0, "supports", changes[_i].what);
}
END_TEST

START_TEST(puts_back_what_many_visits_changed)
{
    process_watch before;
    watch_process(&before);
    qb_visits_begin(&plugin->solver, false);
    ck_assert_ptr_null(visit("none", false));
    ck_assert_ptr_null(visit(changes[_i].name, false));
    ck_assert_ptr_null(visit("none", false));
    qb_visits_end(&plugin->solver, "one or another", 2);
    assert_process_unchanged(&before, changes[_i].name);
    assert_said(0, _i < N_THREAD_CHANGES ? "supports" : "one or another", changes[_i].what);
}
END_TEST

/* Of many rounds not each is looked at, but none is missed. */
START_TEST(finds_what_any_of_many_rounds_changed)
{
    process_watch before;
    watch_process(&before);
    for (int k = 0; k < 100; k++) {
        qb_visits_begin(&plugin->solver, false);
        ck_assert_ptr_null(visit(k == _i ? "folder" : "none", false));
        qb_visits_end(&plugin->solver, "a round", 0);
    }
    ck_assert_ptr_null(visit("umask", true)); /* not taken for the doing of the rounds */
    assert_process_unchanged(&before, "folder");
    ck_assert_msg(strstr(qb_conduct(&plugin->solver, 0), "a round changed the working folder; put back") != NULL, "%s",
                  qb_conduct(&plugin->solver, 0));
    assert_said(1, "supports", "the umask");
}
END_TEST

/* On a thread of a team, too; and a plugin's own parallel loop may reach the team from outside of a visit. */
START_TEST(puts_back_what_is_a_threads_own)
{
    process_watch before;
    watch_process(&before);
#pragma omp parallel num_threads(3)
    {
        (void)visit(changes[_i].name, false);
        femode_t mode;
        fegetmode(&mode);
        ck_assert(fegetround() == FE_TONEAREST);
    }
    assert_process_unchanged(&before, changes[_i].name);
    assert_said(0, "supports", changes[_i].what);
    qb_visits_begin(&plugin->solver, false);
#pragma omp parallel num_threads(3)
    fesetround(FE_DOWNWARD);
    qb_visits_end(&plugin->solver, "a loop", 3);
    int wrong = 0;
#pragma omp parallel num_threads(3) reduction(+ : wrong)
    wrong += fegetround() != FE_TONEAREST;
    ck_assert_int_eq(wrong, 0);
    assert_said(1, "a loop", "the floating-point mode (rounding)");
}
END_TEST

static const struct {
    const char *deed, *why;
} ends[] = {
    {"exit", "it called exit(0)"},       {"_exit", "it called _exit(0)"},
    {"_Exit", "it called _Exit(0)"},     {"quick_exit", "it called quick_exit(0)"},
    {"pthread_exit", "it called pthread_exit"},
};

START_TEST(goes_on_after_a_visit_that_would_end_the_process)
{
    for (int k = 0; k < 2; k++) {
        const char *why = visit(ends[_i].deed, k == 0);
        ck_assert_ptr_nonnull(why);
        ck_assert_str_eq(why, ends[_i].why);
    }
    int caught = 0;
#pragma omp parallel num_threads(3) reduction(+ : caught)
    caught += visit(ends[_i].deed, false) != NULL;
    ck_assert_int_eq(caught, 3);
    ck_assert_ptr_null(visit("none", true));
}
END_TEST

/* Outside of a visit these functions are the C library's. */
START_TEST(ends_the_process_when_we_want_it)
{
    _exit(3);
}
END_TEST

START_TEST(ends_the_process_with_handlers_when_we_want_it)
{
    exit(4);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("plugin_visit");
    TCase *c = tcase_create("visits");
    tcase_add_checked_fixture(c, set_up, NULL);
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, puts_back_what_a_visit_changed, 0, N_CHANGES);
    tcase_add_loop_test(c, puts_back_what_many_visits_changed, 0, N_CHANGES);
    tcase_add_loop_test(c, finds_what_any_of_many_rounds_changed, 0, 100);
    tcase_add_loop_test(c, puts_back_what_is_a_threads_own, 0, N_THREAD_CHANGES);
    tcase_add_loop_test(c, goes_on_after_a_visit_that_would_end_the_process, 0, (int)(sizeof ends / sizeof ends[0]));
    tcase_add_exit_test(c, ends_the_process_when_we_want_it, 3);
    tcase_add_exit_test(c, ends_the_process_with_handlers_when_we_want_it, 4);
    suite_add_tcase(s, c);
    return s;
}

QB_TEST_MAIN
