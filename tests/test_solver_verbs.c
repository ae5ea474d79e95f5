/* `qatbench solver check` and `solver info` as a user sees them: exit codes, the report, JSON. */
#include "qb_test.h"

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];

static void setup(void)
{
    strcpy(folder, "/tmp/qb_solver_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("XDG_DATA_HOME", folder, 1);
    unsetenv("QATBENCH_SOLVER_PATH"); /* build/qatbench finds the solvers beside itself */
}

static void teardown(void)
{
    ck_assert_int_eq(qb_fs_remove_tree(folder), 0);
}

static char *read_back(const char *name)
{
    char *path = qb_path_join(folder, name), *text;
    size_t n;
    ck_assert_int_eq(qb_fs_read(path, 1 << 20, &text, &n), 0);
    qb_free(path);
    return text;
}

/* Runs `qatbench solver ARGUMENTS` in the folder of the test plugins. */
static int run(const char *arguments, char **ret_out, char **ret_err)
{
    char *dir = qb_program_dir();
    char *line = qb_sprintf("cd '%s/plugins' && ../../qatbench solver %s >%s/out 2>%s/err </dev/null", dir, arguments,
                            folder, folder);
    int status = system(line);
    qb_free(line);
    qb_free(dir);
    ck_assert(WIFEXITED(status));
    *ret_out = read_back("out");
    *ret_err = read_back("err");
    return WEXITSTATUS(status);
}

static const struct {
    const char *arguments;
    int status;
    const char *out, *err; /* parts; NULL: nothing at all */
} cases[] = {
    {"check none", 0, "22 rules kept, none broken, 9 not applicable.", NULL},
    {"check none", 0, "ms for a million weights", NULL},
    {"check ./well_behaved.so", 0, "\nok    nothing is written outside the view\n", NULL},
    {"check ./no_reason.so", 1, "\nFAIL  supports refuses with a reason, within its buffer\n        5 bits by tensor is refused",
     "qatbench: solver 'no_reason' breaks 1 rule of 28\n"},
    {"check ./no_reason.so", 1, "\n\nWhat broke:\nFAIL  supports refuses with a reason, within its buffer\n        5 bits by tensor is refused",
     "breaks 1 rule of 28\n"},
    {"check ./not_hard.so", 1, "none of\n        the row's levels (", "breaks 1 rule of 28\n"},
    {"check ./crash_in_create.so", 1, "died of signal 11", "breaks 1 rule of 1\n"},
    {"check ./bad_major.so", 69, NULL, "bad_major.so: abi_major: expected 1, got 2\n"},
    {"check ./crash_when_loaded.so", 69, NULL, "/plugins/crash_when_loaded.so: loading it died of signal 6 (Aborted)\n"},
    {"check meson.build", 2, NULL, "unknown solver 'meson.build'"},
    {"check ./missing.so", 66, NULL, "cannot open plugin '"},
    {"check prq", 2, NULL, "did you mean 'parq'?"},
    {"check", 2, NULL, "FILE|NAME"},
    {"info ./good.so", 0, "hooks           project, supports\n", NULL},
    {"info ./good.so", 0, "capabilities    PARALLEL_VIEWS\ntraits          MONOTONE\n", NULL},
    {"info ./no_help.so", 69, NULL, "option rate: help: expected one clause, got none\n"},
};

START_TEST(says_what_is_wrong)
{
    char *out, *err;
    int status = run(cases[_i].arguments, &out, &err);
    ck_assert_msg(status == cases[_i].status, "exit %d\n%s%s", status, out, err);
    ck_assert_msg(cases[_i].out ? strstr(out, cases[_i].out) != NULL : out[0] == '\0', "%s", out);
    ck_assert_msg(cases[_i].err ? strstr(err, cases[_i].err) != NULL : err[0] == '\0', "%s", err);
    qb_free(out);
    qb_free(err);
}
END_TEST

START_TEST(writes_json)
{
    char *out, *err;
    json_t *o;
    const char *text;
    long long broken;
    ck_assert_int_eq(run("check ./no_reason.so --json", &out, &err), 1);
    ck_assert_int_eq(qb_json_parse(out, strlen(out), "out", &o), 0);
    ck_assert_int_eq(qb_json_get_int(o, "broken", &broken), 0);
    ck_assert_int_eq(broken, 1);
    ck_assert(json_is_null(json_object_get(o, "ms_per_million_weights")));
    ck_assert_uint_eq(json_array_size(json_object_get(o, "rules")), 31);
    json_decref(o);
    qb_free(out);
    qb_free(err);
    ck_assert_int_eq(run("info ./good.so --json", &out, &err), 0);
    ck_assert_int_eq(qb_json_parse(out, strlen(out), "out", &o), 0);
    ck_assert_int_eq(qb_json_get_text(o, "name", &text), 0);
    ck_assert_str_eq(text, "good");
    ck_assert_uint_eq(json_array_size(json_object_get(o, "options")), 5);
    json_decref(o);
    qb_free(out);
    qb_free(err);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("solver_verbs");
    TCase *c = tcase_create("verbs");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, says_what_is_wrong, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(c, writes_json);
    suite_add_tcase(s, c);
    return s;
}

QB_TEST_MAIN
