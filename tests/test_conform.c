/* The contract tests themselves: a solver that keeps every rule passes, and each broken one is refused by the rule
 * that it breaks, with a message that tells where. */
#include "qb_test.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "quant/conform.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static const struct {
    const char *name;   /* of the plugin */
    const char *rule;   /* how the rule begins that it has to break */
    const char *detail; /* part of what is said */
} broken[] = {
    {"refuses_all", "create, bind and every hook", "supports refuses every bit width and granularity: solver 'refuses_all' does not support"},
    {"no_reason", "supports refuses with a reason", "5 bits by tensor is refused without a reason"},
    {"crash_in_create", "create, bind and every hook", "step 2, create: died of signal 11 (Segmentation fault)"},
    {"exits_in_create", "create, bind and every hook", "step 2, create: create returned an error: it called _exit(3)"},
    {"fails_at_option_end", "options work", "strength = 4: ternary by tensor, step 2, create: create returned an error: strength is too large"},
    {"asks_too_much", "create, bind and every hook", "bind of conv.weight: bind asked for n_aux = 17; expected 0 to 16"},
    {"returns_error", "create, bind and every hook", "step 9, project of conv.weight: project returned an error: step nine is not for me"},
    {"endless", "create, bind and every hook", "step 3, project of conv.weight: did not return within 5 seconds"},
    {"crashes_at_nan", "infinite and NaN", "project of conv.weight: died of signal 6 (Aborted)"},
    {"writes_x", "x is changed only with EDITS_LATENT", "project of conv.weight: project changed x[107] from "},
    {"writes_outside", "nothing is written outside", "project of conv.weight: project wrote outside w, which has 108 values"},
    {"changes_levels", "a hook changes only the arrays", "project of conv.weight: project changed levels[0] from "},
    {"changes_w_in_gradient", "a hook changes only the arrays", "on_gradient of conv.weight: on_gradient changed w[0] from "},
    {"writes_nan", "finite weights and gradients", "step 12, project of conv.weight: project left a weight that is not finite"},
    {"divides_by_spread", "finite weights and gradients", "project left a weight that is not finite"},
    {"leaves_one", "project writes every weight", "project of conv.weight left w[107] of 108 as it was"},
    {"finish_drifts", "finish gives the same again", "finish of conv.weight: changed the hard weight w[0] = "},
    {"finish_soft", "a row of hard weights has at most", "ternary by tensor, step 2, conv.weight: row 0 of the hard weights has more than 3 values"},
    {"finish_writes_state", "a hook changes only the arrays", "finish of conv.weight: finish changed row_state[0] from 0 to 1"},
    {"shared_between_instances", "two instances side by side", " beside another instance"},
    {"shared_between_views", "with PARALLEL_VIEWS", "with the views in reverse order"},
    {"global_after_create", "a run saved and resumed", "differs after a break at step 3: "},
    {"loses_state", "a run saved and resumed", "differs after a break at step 3: "},
    {"save_overflows", "save writes no more than it may", "save may write 4 bytes and wrote byte 4"},
    {"changes_mode", "floating-point mode, locale", "solver 'changes_mode': loading it changed the floating-point mode (flush to zero); put back"},
    {"changes_folder", "floating-point mode, locale", "solver 'changes_folder': project changed the working folder; put back"},
    {"changes_locale", "floating-point mode, locale", "solver 'changes_locale': finish changed the locale; put back"},
    {"changes_handler", "floating-point mode, locale", "solver 'changes_handler': load changed the handler of SIGTERM; put back"},
    {"changes_umask", "floating-point mode, locale", "solver 'changes_umask': supports changed the umask; put back"},
    {"starts_thread", "no thread is started", "the process has another thread"},
    {"not_identity", "IDENTITY_BEFORE", "ternary by tensor, step 5 of a window from 6 to 14, row 0 of conv.weight: z = -0."},
    {"not_hard", "HARD_AFTER", ", which is none of the row's levels ("},
    {"not_monotone", "MONOTONE", " gave the smaller w = "},
    {"not_odd", "ODD", ", but -z gave w = "},
    {"not_symmetric", "ROW_SYMMETRIC", " of the permuted row"},
    {"not_nonexpansive", "NONEXPANSIVE", ": w differ by "},
};

typedef struct findings {
    char text[40][1500];
    int n, n_not_applicable;
    char all[4000];
} findings;

static void collect(void *context, const char *rule, qb_verdict verdict, const char *detail)
{
    findings *f = context;
    f->n_not_applicable += verdict == QB_NOT_APPLICABLE;
    if (verdict != QB_FAIL)
        return;
    ck_assert_int_lt(f->n, 40);
    snprintf(f->text[f->n++], sizeof f->text[0], "%s: %s", rule, detail);
    size_t used = strlen(f->all);
    snprintf(f->all + used, sizeof f->all - used, "\n  %s: %s", rule, detail);
}

static int run(const char *name, findings *f, double *ret_ms)
{
    char *dir = qb_program_dir(), *path = qb_sprintf("%s/plugins/%s.so", dir, name);
    const qb_plugin *p;
    int failed = -1;
    ck_assert_msg(qb_plugin_load(path, NULL, &p) == 0, "%s", qb_err_text());
    ck_assert_msg(qb_conform_run(p, collect, f, &failed, ret_ms) == 0, "%s", qb_err_text());
    qb_free(path);
    qb_free(dir);
    return failed;
}

START_TEST(passes_a_solver_that_keeps_the_rules)
{
    findings f = {.n = 0};
    double ms = -1.0;
    int failed = run("well_behaved", &f, &ms);
    ck_assert_msg(failed == 0 && f.n == 0, "%s", f.all);
    ck_assert_int_eq(f.n_not_applicable, 3); /* no metrics, no extension, NONEXPANSIVE not claimed */
    ck_assert(ms > 0.0 && ms < 1000.0);
}
END_TEST

START_TEST(passes_a_solver_with_levels_of_its_own)
{
    findings f = {.n = 0};
    double ms = -1.0;
    int failed = run("learned", &f, &ms);
    ck_assert_msg(failed == 0 && f.n == 0, "%s", f.all);
}
END_TEST

START_TEST(refuses_a_solver_that_breaks_one)
{
    findings f = {.n = 0};
    double ms = 0.0;
    ck_assert_int_eq(setrlimit(RLIMIT_CPU, &(struct rlimit){5, RLIM_INFINITY}), 0); /* heeded: the endless one ends sooner */
    int failed = run(broken[_i].name, &f, &ms);
    bool found = false;
    for (int k = 0; k < f.n; k++)
        found = found || (strncmp(f.text[k], broken[_i].rule, strlen(broken[_i].rule)) == 0 &&
                          strstr(f.text[k], broken[_i].detail));
    ck_assert_msg(found, "expected of %s: '%s...%s', got:%s", broken[_i].name, broken[_i].rule, broken[_i].detail, f.all);
    ck_assert_int_eq(failed, f.n);
    ck_assert(ms < 0.0); /* not timed */
}
END_TEST

/* Later rules break on the same NaN, and say so; nothing else does. */
START_TEST(names_the_cause_of_what_follows)
{
    findings f = {.n = 0};
    double ms;
    (void)run("writes_nan", &f, &ms);
    static const char cause[] = "this follows from \"finite weights and gradients stay finite\": mend that first";
    int n_following = 0;
    ck_assert_int_ge(f.n, 3);
    ck_assert_msg(strncmp(f.text[0], "finite weights", 14) == 0 && !strstr(f.text[0], cause), "%s", f.all);
    for (int k = 1; k < f.n; k++)
        n_following += strstr(f.text[k], cause) != NULL;
    ck_assert_msg(n_following == f.n - 1, "%d of%s", n_following, f.all);
    f = (findings){.n = 0};
    (void)run("not_hard", &f, &ms);
    ck_assert_msg(strstr(f.all, "this follows") == NULL, "%s", f.all);
}
END_TEST

/* A sanitizer's library counts no bytes; it finds such leaks at the end of a process. */
START_TEST(finds_a_leak)
{
#if defined __SANITIZE_ADDRESS__
    QB_TEST_SKIP("this build has a sanitizer");
#else
    findings f = {.n = 0};
    double ms = 0.0;
    ck_assert_int_eq(run("leaks", &f, &ms), 1);
    ck_assert_msg(strstr(f.all, "destroy frees what create allocated: 40 instances, made and destroyed, left 1"), "%s", f.all);
#endif
}
END_TEST

START_TEST(survives_a_constructor_that_crashes)
{
    char *dir = qb_program_dir(), *path = qb_sprintf("%s/plugins/crash_when_loaded.so", dir);
    char *text = qb_sprintf("%s: loading it died of signal 6 (Aborted)", path);
    const qb_plugin *p = NULL;
    ck_assert_int_eq(qb_plugin_load(path, NULL, &p), QB_E_UNAVAILABLE);
    ck_assert_str_eq(qb_err_text(), text);
    ck_assert_ptr_null(p);
    qb_free(text);
    qb_free(path);
    qb_free(dir);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("conform");
    TCase *c = tcase_create("rules");
    tcase_set_timeout(c, 200);
    tcase_add_test(c, passes_a_solver_that_keeps_the_rules);
    tcase_add_test(c, passes_a_solver_with_levels_of_its_own);
    tcase_add_loop_test(c, refuses_a_solver_that_breaks_one, 0, (int)(sizeof broken / sizeof *broken));
    tcase_add_test(c, names_the_cause_of_what_follows);
    tcase_add_test(c, finds_a_leak);
    tcase_add_test(c, survives_a_constructor_that_crashes);
    suite_add_tcase(s, c);
    return s;
}

QB_TEST_MAIN
