/* A study of solvers that break the interface, each in its own way, between two that keep it: every misuse is caught
 * and named in the record of its run, and the other runs go on. The same contract, hook by hook, is test_quant.c and
 * test_conform.c.
 */
#include "qb_test.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "train/record.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static char folder[64], plugins[4096];

static void set_up(void)
{
    strcpy(folder, "/tmp/qb_misuse_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(plugins, sizeof plugins, "%s/../tests/plugins", getenv("QATBENCH_SOLVER_PATH"));
}

static void tear_down(void)
{
    ck_assert_int_eq(qb_fs_remove_tree(folder), 0);
}

/* Solvers as in a spec, without folder and ".so". */
static const struct {
    const char *name, *options;
    const char *status, *reason; /* reason: a part of it, "" for none */
} runs[] = {
    {"well_behaved", "", "done", ""},
    {"returns_error", "", "failed", "solver 'returns_error': project of conv1.weight failed: step nine is not for me"},
    {"recorder", "[trouble=fail_create]", "failed", "solver 'recorder': create failed: "},
    {"recorder", "[trouble=fail_begin,trouble_step=2]", "failed", "solver 'recorder': begin_step failed: "},
    {"recorder", "[trouble=silent]", "failed", "it gave no reason"},
    {"writes_nan", "", "failed", "project of conv1.weight left a weight that is not a finite number"},
    {"recorder", "[trouble=nan_gradient]", "failed", "on_gradient of conv1.weight left a gradient that is not a finite number"},
    {"recorder", "[trouble=nan_finish]", "failed", "finish of conv1.weight left a weight that is not a finite number"},
    {"finish_soft", "", "mistrusted", "a row of conv1.weight has 1000 distinct values, 4 are allowed"},
    {"recorder", "[trouble=after_w]", "failed", "conv1.weight wrote outside its view: next to w"},
    {"recorder", "[trouble=before_x,trouble_view=1]", "failed", "wrote outside its view: next to x"},
    {"recorder", "[trouble=before_x]", "failed", "after_step of conv1.weight wrote outside its view: next to x"},
    {"recorder", "[trouble=before_w]", "failed", "project of conv1.weight wrote outside its view: next to w"},
    {"recorder", "[trouble=after_w,trouble_view=7]", "failed", "project of linear.weight wrote outside its view: next to w"},
    {"recorder", "[trouble=after_levels]", "failed", "conv1.weight wrote outside its view: next to levels"},
    {"recorder", "[trouble=over_finish]", "failed", "conv1.weight wrote outside its view: next to out"},
    {"save_overflows", "", "failed", "solver 'save_overflows': save wrote beyond the 8 bytes it asked for"},
    {"recorder", "[trouble=save_lies]", "failed", "solver 'recorder': save asked for "},
    {"asks_too_much", "", "failed", "bind of conv1.weight asked for n_aux = 17; expected 0 to 16"},
    {"crash_in_create", "", "failed", "killed by signal 11 (plugin crashed?)"},
    {"crash_when_asked", "", "failed", "killed by signal 11 (plugin crashed?)"},
    {"crash_in_supports", "", "failed", "killed by signal 11 (plugin crashed?)"},
    {"exits_in_create", "", "failed", "solver 'exits_in_create': create failed: it called _exit(3)"},
    {"ends_midway", "[how=abort]", "failed", "killed by signal 6: about to abort"},
    {"misdeed", "[deed=exit]", "failed", "solver 'misdeed': project of conv1.weight failed: it called exit(0)"},
    {"misdeed", "[deed=locale,hook=begin_step]", "done", ""},
    {"refuses_all", "", "skipped", ""},
    {"ends_midway", "", "done", ""},
};

enum { N_RUNS = sizeof runs / sizeof runs[0] };

static int qatbench(const char *arguments, char *text, size_t size)
{
    /* A crash stays a signal under the address sanitizer too, as in a plain build. */
    char *line = qb_sprintf("cd %s && ASAN_OPTIONS=\"$ASAN_OPTIONS:handle_segv=0:handle_abort=0\" '%s/../../qatbench' %s 2>&1 </dev/null",
                            folder, plugins, arguments);
    FILE *pipe = popen(line, "r");
    ck_assert_ptr_nonnull(pipe);
    text[fread(text, 1, size - 1, pipe)] = '\0';
    int status = pclose(pipe);
    qb_free(line);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void write_plan(const char *solvers)
{
    char *plan = qb_sprintf("base: {dataset: synthetic, model: resnet8, epochs: 1, batch: 16, train_limit: 224,\n"
                            "       test_limit: 32, bits: 2, checkpoint_every: 5st}\n"
                            "matrix:\n  solver: [%s]\n", solvers);
    char *path = qb_path_join(folder, "plan.yaml");
    ck_assert_int_eq(qb_fs_write_atomic(path, plan, strlen(plan)), 0);
    qb_free(plan);
    qb_free(path);
}

/* The record whose configuration names this solver; NULL: none. */
static const json_t *find_run(const json_t *lines, const char *solver)
{
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        const char *got = json_string_value(json_object_get(json_object_get(line, "config"), "solver"));
        if (got && strcmp(got, solver) == 0)
            return line;
    }
    return NULL;
}

static void check_run(const json_t *lines, size_t i)
{
    char solver[256];
    snprintf(solver, sizeof solver, "%s%s", runs[i].name, runs[i].options);
    const json_t *line = find_run(lines, solver);
    if (strcmp(runs[i].status, "skipped") == 0) {
        ck_assert_msg(!line, "%s was run", solver);
        return;
    }
    ck_assert_msg(line != NULL, "%s left no record", solver);
    const char *status = json_string_value(json_object_get(line, "status"));
    const char *reason = json_string_value(json_object_get(line, "reason"));
    ck_assert_msg(status && strcmp(status, runs[i].status) == 0, "%s: expected %s, got %s: %s", solver, runs[i].status,
                  status ? status : "nothing", reason ? reason : "");
    ck_assert_msg(strstr(reason ? reason : "", runs[i].reason) != NULL, "%s: expected '%s' in '%s'", solver, runs[i].reason,
                  reason ? reason : "");
}

START_TEST(a_study_goes_on)
{
    static char text[1 << 16];
    qb_str solvers = {0};
    for (size_t i = 0; i < N_RUNS; i++)
        qb_str_addf(&solvers, "%s\"%s/%s.so%s\"", i > 0 ? ", " : "", plugins, runs[i].name, runs[i].options);
    write_plan(solvers.text);
    qb_str_finish(&solvers);
    int status = qatbench("run plan.yaml", text, sizeof text);
    ck_assert_msg(status == 1, "status %d: %.2000s", status, text);
    ck_assert_msg(strstr(text, "28 runs: 3 done, 23 failed, 1 mistrusted, 1 skipped\n") != NULL, "%.2000s", text);
    ck_assert_ptr_nonnull(strstr(text, "refuses_all.so bits=2 seed=1: skipped: solver 'refuses_all' does not support 2 bits"));

    char *path = qb_path_join(folder, "runs");
    json_t *lines = NULL;
    ck_assert_msg(qb_records_collect(path, &lines) == 0, "%s", qb_err_text());
    qb_free(path);
    for (size_t i = 0; i < N_RUNS; i++)
        check_run(lines, i);
    const json_t *notes = json_object_get(find_run(lines, "misdeed[deed=locale,hook=begin_step]"), "notes");
    ck_assert_str_eq(json_string_value(json_array_get(notes, 0)), "solver 'misdeed': begin_step changed the locale; put back");
    json_decref(lines);
    ck_assert_int_eq(qatbench("table plan.yaml", text, sizeof text), 0);
    ck_assert_ptr_nonnull(strstr(text, "mistrusted"));
}
END_TEST

START_TEST(unknown_options_are_refused_before_anything_runs)
{
    char text[8192];
    qb_str solvers = {0};
    qb_str_addf(&solvers, "ste, \"%s/well_behaved.so[strenght=2]\"", plugins);
    write_plan(solvers.text);
    qb_str_finish(&solvers);
    ck_assert_int_eq(qatbench("run plan.yaml", text, sizeof text), 78);
    ck_assert_msg(strstr(text, "plan.yaml:4:17: solver: ") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "unknown option 'strenght'\n  did you mean 'strength'?") != NULL, "%s", text);
    char *path = qb_path_join(folder, "runs");
    ck_assert(!qb_fs_exists(path));
    qb_free(path);
}
END_TEST

/* A solver that crashes when it is asked takes down neither a plan that is wrong elsewhere, nor one that is right. */
START_TEST(a_crash_in_supports_ends_no_study)
{
    char text[8192];
    char *plan = qb_sprintf("base: {dataset: synthetic, model: resnet8, epochs: 1, train_limit: 32, test_limit: 32, anneal_end: 5ep}\n"
                            "matrix:\n  solver: [\"%s/crash_in_supports.so\"]\n", plugins);
    char *path = qb_path_join(folder, "plan.yaml");
    ck_assert_int_eq(qb_fs_write_atomic(path, plan, strlen(plan)), 0);
    ck_assert_int_eq(qatbench("run plan.yaml", text, sizeof text), 78);
    ck_assert_msg(strstr(text, "plan.yaml:1:100: anneal_end: 5ep is past the end of training") != NULL, "%s", text);
    qb_free(plan);
    qb_free(path);

    plan = qb_sprintf("train --dataset synthetic --model resnet8 --epochs 1 --train-limit 32 --test-limit 32 --solver %s/crash_in_supports.so",
                      plugins);
    ck_assert_int_eq(qatbench(plan, text, sizeof text), 1);
    ck_assert_msg(strstr(text, "solver 'crash_in_supports': supports was killed by signal 11 (plugin crashed?)") != NULL, "%s", text);
    qb_free(plan);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("misuse");
    TCase *tc = tcase_create("misuse");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 250);
    tcase_add_test(tc, a_study_goes_on);
    tcase_add_test(tc, a_crash_in_supports_ends_no_study);
    tcase_add_test(tc, unknown_options_are_refused_before_anything_runs);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
