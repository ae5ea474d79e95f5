/* The golden program as a checker sees it: its line a file, what it names, its exit status. */
#include "qb_test.h"

#include "base/fs.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];

static void setup(void)
{
    strcpy(folder, "/tmp/qb_golden_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
    ck_assert_int_eq(qb_fs_remove_tree(folder), 0);
}

static void put(const char *name, const char *bytes, size_t n)
{
    char *path = qb_path_join(folder, name), *dir = qb_path_dir(path);
    ck_assert_int_eq(qb_fs_make_dirs(dir, 0755), 0);
    ck_assert_int_eq(qb_fs_write_atomic(path, bytes, n), 0);
    qb_free(dir);
    qb_free(path);
}

/* Runs `golden ARGUMENTS`, output and messages together; the exit status. */
static int run_golden(const char *arguments, char *ret_text, size_t size)
{
    char *dir = qb_program_dir(), *command = qb_sprintf("'%s/golden' %s 2>&1", dir, arguments);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    size_t n = fread(ret_text, 1, size - 1, pipe);
    ret_text[n] = 0;
    int status = pclose(pipe);
    ck_assert(WIFEXITED(status));
    qb_free(command);
    qb_free(dir);
    return WEXITSTATUS(status);
}

#define RIGHT "\"a\": {\"schedule\": \"constant\", \"lr\": 0.5, \"epochs\": 2, \"values\": [0.5, 0.5]}"
#define WRONG "\"b\": {\"schedule\": \"step\", \"step_size\": 1, \"gamma\": 0.5, \"lr\": 1, \"epochs\": 2, \"values\": [1, 0.4]}"
#define OTHER "\"c\": {\"schedule\": \"sawtooth\", \"lr\": 1, \"epochs\": 1, \"values\": [1]}"
#define BAD "\"d\": {\"schedule\": \"step\", \"step_size\": 0, \"lr\": 1, \"epochs\": 1, \"values\": [1]}"

static const struct {
    const char *name, *text; /* of the file */
    int status;
    const char *line, *named; /* parts of the output */
} files[] = {
    {"s.json", "{" RIGHT "}", 0, "s: 1 passed, 0 failed, 0 skipped, worst 0\n", ""},
    {"s.json", "{" RIGHT ", " OTHER "}", 0, "s: 1 passed, 0 failed, 1 skipped, worst 0\n", "s: c: skipped: schedule 'sawtooth'"},
    {"s.json", "{" RIGHT ", " WRONG "}", 1, "s: 1 passed, 1 failed, 0 skipped, worst 2.5e+05\n", "s: b: failed"},
    {"s.json", "{" BAD "}", 1, "s: 0 passed, 1 failed, 0 skipped, worst inf\n", "s: d: failed: step[size=0]"},
    {"below/deeper/s.json", "{" RIGHT "}", 0, "s: 1 passed, 0 failed, 0 skipped, worst 0\n", ""},
    {"new.json", "{\"0\": {\"kind\": 1}, \"1\": {\"kind\": 2}}", 0, "new: 0 passed, 0 failed, 2 skipped, worst 0\n", "new: all 2 cases skipped"},
    {"broken.json", "{\"0\": ", 1, "broken: 0 passed, 1 failed, 0 skipped, worst inf\n", "broken.json"},
    {"broken.safetensors", "12345", 1, "broken: 0 passed, 1 failed, 0 skipped, worst inf\n", "broken.safetensors"},
};

START_TEST(prints_a_line_and_exits_by_it)
{
    char text[4096];
    put(files[_i].name, files[_i].text, strlen(files[_i].text));
    ck_assert_int_eq(run_golden(folder, text, sizeof text), files[_i].status);
    ck_assert_msg(strstr(text, files[_i].line), "%s", text);
    ck_assert_msg(strstr(text, files[_i].named), "%s", text);
}
END_TEST

START_TEST(skips_a_tensor_file_of_an_unknown_kind)
{
    static const char header[] = "{\"__metadata__\":{\"cases\":\"{\\\"0\\\": {\\\"new\\\": 1}}\"}}";
    char bytes[8 + sizeof header - 1] = {sizeof header - 1}, text[4096];
    memcpy(bytes + 8, header, sizeof header - 1);
    put("new.safetensors", bytes, sizeof bytes);
    ck_assert_int_eq(run_golden(folder, text, sizeof text), 0);
    ck_assert_msg(strstr(text, "new: 0 passed, 0 failed, 1 skipped, worst 0\n"), "%s", text);
}
END_TEST

START_TEST(takes_files_and_several_folders)
{
    char text[4096], arguments[256];
    put("a/s.json", "{" RIGHT "}", strlen("{" RIGHT "}"));
    put("b/s.json", "{" WRONG "}", strlen("{" WRONG "}"));
    put("b/notes.txt", "x", 1);
    snprintf(arguments, sizeof arguments, "%s/a %s/b/s.json", folder, folder);
    ck_assert_int_eq(run_golden(arguments, text, sizeof text), 1);
    ck_assert_ptr_nonnull(strstr(text, "s: 1 passed, 0 failed"));
    ck_assert_ptr_nonnull(strstr(text, "s: 0 passed, 1 failed"));
}
END_TEST

START_TEST(refuses_to_run_nothing)
{
    char text[4096];
    ck_assert_int_eq(run_golden(folder, text, sizeof text), 2);
    ck_assert_ptr_nonnull(strstr(text, "nothing to run"));
    ck_assert_int_eq(run_golden("", text, sizeof text), 2);
    ck_assert_ptr_nonnull(strstr(text, "usage: golden"));
    ck_assert_int_eq(run_golden("/nonexistent-folder", text, sizeof text), 2);
    ck_assert_ptr_nonnull(strstr(text, "/nonexistent-folder"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("golden");
    TCase *c = tcase_create("golden");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, prints_a_line_and_exits_by_it, 0, sizeof files / sizeof *files);
    tcase_add_test(c, skips_a_tensor_file_of_an_unknown_kind);
    tcase_add_test(c, takes_files_and_several_folders);
    tcase_add_test(c, refuses_to_run_nothing);
    suite_add_tcase(s, c);
    return s;
}

QB_TEST_MAIN
