/* `qatbench solver new`: what it writes is the template, and it never touches what is there. That the files build and
 * pass outside the repository is test_install.sh.
 */
#include "qb_test.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];

static void set_up(void)
{
    strcpy(folder, "/tmp/qb_new_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void tear_down(void)
{
    ck_assert_int_eq(qb_fs_remove_tree(folder), 0);
}

/* Exit status; text[4096]: what it says on stdout and stderr together. */
static int run(const char *arguments, char *text)
{
    char *line = qb_sprintf("cd %s && '%s/../qatbench' solver new %s 2>&1 </dev/null", folder,
                            getenv("QATBENCH_SOLVER_PATH"), arguments);
    FILE *pipe = popen(line, "r");
    ck_assert_ptr_nonnull(pipe);
    text[fread(text, 1, 4095, pipe)] = '\0';
    int status = pclose(pipe);
    qb_free(line);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static char *read_file(const char *dir, const char *name)
{
    char *path = qb_path_join(dir, name), *text = NULL;
    ck_assert_msg(qb_fs_read(path, 1 << 20, &text, &(size_t){0}) == 0, "%s", qb_err_text());
    qb_free(path);
    return text;
}

static void check_same(const char *file, const char *original)
{
    char *text = read_file(folder, file), *expected = read_file(".", original); /* tests run in the source folder */
    ck_assert_str_eq(text, expected);
    qb_free(text);
    qb_free(expected);
}

START_TEST(writes_the_template)
{
    char text[4096];
    ck_assert_msg(run("template", text) == 0, "%s", text);
    check_same("template/template.c", "solvers/template.c");
    check_same("template/meson.build", "solvers/template.meson");
    ck_assert_ptr_nonnull(strstr(text, "template/template.c   the method: edit this\n"));
    ck_assert_ptr_nonnull(strstr(text, "template/meson.build  builds and tests it\n"));
}
END_TEST

START_TEST(is_short)
{
    char *text = read_file(".", "solvers/template.c");
    int n = 0;
    for (const char *c = text; *c; c++)
        n += *c == '\n';
    ck_assert_int_le(n, 120);
    qb_free(text);
}
END_TEST

START_TEST(writes_under_another_name)
{
    char text[4096];
    ck_assert_msg(run("my-method_2 --dir a/b", text) == 0, "%s", text);
    char *source = read_file(folder, "a/b/my-method_2/my-method_2.c");
    ck_assert_ptr_null(strstr(source, "template"));
    ck_assert_ptr_nonnull(strstr(source, ".name = \"my-method_2\","));
    ck_assert_ptr_nonnull(strstr(source, "{\"my_method_2_share\", ")); /* metrics are snake_case */
    qb_free(source);
    char *build = read_file(folder, "a/b/my-method_2/meson.build");
    ck_assert_ptr_null(strstr(build, "template"));
    qb_free(build);
}
END_TEST

START_TEST(leaves_what_is_there)
{
    char text[4096];
    ck_assert_int_eq(run("mine", text), 0);
    char *path = qb_path_join(folder, "mine/mine.c");
    ck_assert_int_eq(qb_fs_write_atomic(path, "edited", 6), 0);
    qb_free(path);
    ck_assert_int_eq(run("mine", text), 2);
    ck_assert_ptr_nonnull(strstr(text, "solver new: mine is there already\n  choose another name"));
    char *source = read_file(folder, "mine/mine.c");
    ck_assert_str_eq(source, "edited");
    qb_free(source);
}
END_TEST

START_TEST(says_where_it_may_not_write)
{
    char text[4096];
    char *path = qb_path_join(folder, "locked");
    ck_assert_int_eq(mkdir(path, 0555), 0);
    bool may_write = access(path, W_OK) == 0;
    qb_free(path);
    if (may_write)
        QB_TEST_SKIP("root may write everywhere");
    ck_assert_int_eq(run("mine --dir locked", text), 74);
    ck_assert_ptr_nonnull(strstr(text, "cannot make the folder locked/mine: Permission denied"));
}
END_TEST

static const struct {
    const char *arguments;
    int status;
    const char *text;
} refusals[] = {
    {"", 2, "expected NAME"},
    {"a b", 2, "unexpected argument"},
    {"''", 2, "expected a name of up to 64 letters, digits, '-' and '_', got ''"},
    {"'a b'", 2, "got 'a b'"},
    {"sub/mine", 2, "got 'sub/mine'\n  '--dir FOLDER' says where it goes"},
    {"..", 2, "got '..'"},
    {"mine.so", 2, "got 'mine.so'"},
    {"m\xc3\xa9thode", 2, "expected a name"},
    {"-- -mine", 2, "got '-mine'"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 2, "up to 64 letters"},
    {"test", 2, "'test' is a name that Meson and Ninja keep for themselves"},
    {"parq", 2, "qatbench has a solver 'parq' already\n  choose another name; 'qatbench info parq'"},
    {"mine --dir /proc/nothing", 74, "/proc/nothing"},
    {"mine --dir /dev/null", 74, "/dev/null"},
    {"mine --dir /dev/full/x", 74, "/dev/full"},
    {"mine --idr x", 2, "did you mean '--dir'?"},
};

START_TEST(refuses)
{
    char text[4096], **names;
    size_t n;
    int status = run(refusals[_i].arguments, text);
    ck_assert_msg(status == refusals[_i].status, "%s: status %d: %s", refusals[_i].arguments, status, text);
    ck_assert_msg(strstr(text, refusals[_i].text) != NULL, "%s: expected '%s' in: %s", refusals[_i].arguments,
                  refusals[_i].text, text);
    ck_assert_int_eq(qb_fs_list(folder, &names, &n), 0);
    ck_assert_uint_eq(n, 0);
    qb_fs_free_names(names, n);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("solver_new");
    TCase *tc = tcase_create("solver_new");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, writes_the_template);
    tcase_add_test(tc, is_short);
    tcase_add_test(tc, writes_under_another_name);
    tcase_add_test(tc, leaves_what_is_there);
    tcase_add_test(tc, says_where_it_may_not_write);
    tcase_add_loop_test(tc, refuses, 0, sizeof refusals / sizeof refusals[0]);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
