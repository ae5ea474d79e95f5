/* Files: writes happen whole or not at all; folders, paths and XDG places. */
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"

#include "qb_test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[32];

static void make_dir(void)
{
    strcpy(dir, "/tmp/qb-fs-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void remove_dir(void)
{
    (void)chmod(dir, 0700);
    ck_assert_int_eq(qb_fs_remove_tree(dir), QB_OK);
}

static const char *in_dir(const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void check_content(const char *path, const char *expected)
{
    char *text = NULL;
    size_t n = 0;
    ck_assert_int_eq(qb_fs_read(path, 1000, &text, &n), QB_OK);
    ck_assert_str_eq(text, expected);
    ck_assert_uint_eq(n, strlen(expected));
    qb_free(text);
}

/* Exactly the named files are there. */
static void check_names(const char *expected)
{
    char **names;
    size_t n;
    char found[256] = "";
    ck_assert_int_eq(qb_fs_list(dir, &names, &n), QB_OK);
    for (size_t i = 0; i < n; i++)
        strcat(strcat(found, names[i]), " ");
    qb_fs_free_names(names, n);
    ck_assert_str_eq(found, expected);
}

START_TEST(writes_and_reads)
{
    const char *path = in_dir("a.txt");
    ck_assert_int_eq(qb_fs_write_atomic(path, "one", 3), QB_OK);
    check_content(path, "one");
    ck_assert_int_eq(qb_fs_write_atomic(path, "", 0), QB_OK);
    check_content(path, "");
    check_names("a.txt ");
    int64_t size = -1;
    ck_assert_int_eq(qb_fs_size(path, &size), QB_OK);
    ck_assert_int_eq(size, 0);
    ck_assert(qb_fs_exists(path) && !qb_fs_is_dir(path) && qb_fs_is_dir(dir));
}
END_TEST

START_TEST(replaces_a_stale_tmp)
{
    int fd = open(in_dir("a.tmp"), O_WRONLY | O_CREAT, 0600);
    ck_assert_int_eq(write(fd, "torn torn torn", 14), 14);
    close(fd);
    ck_assert_int_eq(qb_fs_write_atomic(in_dir("a"), "new", 3), QB_OK);
    check_content(in_dir("a"), "new");
    check_names("a ");
}
END_TEST

/* A file may not grow beyond 100 bytes here: the write fails half way, as on a full disk. */
START_TEST(keeps_the_old_file_when_a_write_fails)
{
    static char big[1000];
    struct rlimit limit = {100, 100};
    const char *path = in_dir("a");
    ck_assert_int_eq(qb_fs_write_atomic(path, "old", 3), QB_OK);
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(qb_fs_write_atomic(path, big, sizeof big), QB_E_IO);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "/a.tmp': File too large"));
    check_content(path, "old");
    check_names("a ");
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(keeps_the_old_file_when_the_folder_is_read_only)
{
    const char *path = in_dir("a");
    ck_assert_int_eq(qb_fs_write_atomic(path, "old", 3), QB_OK);
    ck_assert_int_eq(chmod(dir, 0555), 0);
    if (geteuid() == 0) { /* nothing is read-only for root: become nobody (this is a child process) */
        ck_assert_int_eq(setgid(65534), 0);
        ck_assert_int_eq(setuid(65534), 0);
        ck_assert_int_eq(qb_fs_write_atomic(path, "new", 3), QB_E_IO);
    } else {
        ck_assert_int_eq(qb_fs_write_atomic(path, "new", 3), QB_E_IO);
    }
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "Permission denied"));
    check_content(path, "old");
    check_names("a ");
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(keeps_what_it_cannot_replace) /* the target is a folder with something in it: rename fails */
{
    ck_assert_int_eq(qb_fs_make_dirs(in_dir("a/b"), 0755), QB_OK);
    ck_assert_int_eq(qb_fs_write_atomic(in_dir("a"), "x", 1), QB_E_IO);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "cannot rename"));
    check_names("a ");
    ck_assert(qb_fs_is_dir(in_dir("a/b")));
}
END_TEST

START_TEST(refuses_a_missing_folder)
{
    ck_assert_int_eq(qb_fs_write_atomic(in_dir("no/a"), "x", 1), QB_E_IO); /* no missing input: something to write to */
    qb_atomic_file f;
    ck_assert_int_eq(qb_atomic_open(&f, in_dir("no/a")), QB_E_IO);
    qb_atomic_abandon(&f); /* once more does no harm */
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(abandons)
{
    qb_atomic_file f;
    ck_assert_int_eq(qb_atomic_open(&f, in_dir("a")), QB_OK);
    ck_assert_int_eq(qb_atomic_write(&f, "x", 1), QB_OK);
    check_names("a.tmp ");
    qb_atomic_abandon(&f);
    qb_atomic_abandon(&f);
    check_names("");
}
END_TEST

START_TEST(commits_in_steps)
{
    qb_atomic_file f;
    ck_assert_int_eq(qb_atomic_open(&f, in_dir("a")), QB_OK);
    ck_assert_int_eq(qb_atomic_write(&f, "ab", 2), QB_OK);
    ck_assert_int_eq(qb_atomic_write(&f, "cd", 2), QB_OK);
    ck_assert_int_eq(qb_atomic_commit(&f), QB_OK);
    qb_atomic_abandon(&f); /* after a commit it removes nothing */
    check_content(in_dir("a"), "abcd");
    check_names("a ");
}
END_TEST

START_TEST(survives_failing_allocations)
{
    for (long nth = 1; nth <= 3; nth++) { /* path, tmp path, folder of the path */
        qb_mem_fail_at(nth, 0);
        ck_assert_int_eq(qb_fs_write_atomic(in_dir("a"), "x", 1), QB_E_NOMEM);
        qb_mem_fail_at(0, 0);
        check_names(nth < 3 ? "" : "a ");
        ck_assert_int_eq(qb_mem_live_blocks(), 0);
    }
}
END_TEST

START_TEST(refuses_large_and_odd_inputs)
{
    char *text = NULL;
    size_t n = 0;
    ck_assert_int_eq(qb_fs_write_atomic(in_dir("a"), "12345", 5), QB_OK);
    ck_assert_int_eq(qb_fs_read(in_dir("a"), 4, &text, &n), QB_E_DATA);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "expected at most 4 bytes"));
    ck_assert_int_eq(qb_fs_read(dir, 100, &text, &n), QB_E_IO);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "found a folder"));
    ck_assert_int_eq(qb_fs_read(in_dir("none"), 100, &text, &n), QB_E_NOINPUT);
    ck_assert_int_eq(qb_fs_read("/dev/zero", 10000, &text, &n), QB_E_DATA); /* says it has no size */
    ck_assert_ptr_null(text);
    ck_assert_int_eq(qb_fs_read(in_dir("a"), 5, &text, &n), QB_OK);
    ck_assert_str_eq(text, "12345");
    qb_free(text);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(makes_and_removes_trees)
{
    struct stat st;
    ck_assert_int_eq(qb_fs_make_dirs(in_dir("x/y//z/"), 0700), QB_OK);
    ck_assert_int_eq(qb_fs_make_dirs(in_dir("x/y/z"), 0700), QB_OK);
    ck_assert_int_eq(stat(in_dir("x/y"), &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0700);
    ck_assert_int_eq(qb_fs_write_atomic(in_dir("x/file"), "", 0), QB_OK);
    ck_assert_int_eq(qb_fs_make_dirs(in_dir("x/file/z"), 0755), QB_E_IO);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "x/file': a file of that name is there"));
    ck_assert_int_eq(symlink("/etc", in_dir("x/link")), 0); /* the link goes, what it points to stays */
    ck_assert_int_eq(qb_fs_remove_tree(in_dir("x")), QB_OK);
    ck_assert_int_eq(qb_fs_remove_tree(in_dir("x")), QB_OK);
    ck_assert(qb_fs_is_dir("/etc") && qb_fs_exists("/etc/passwd"));
    check_names("");
}
END_TEST

/* The reason is the system's for the folder that could not be made, not for looking whether it is there. */
START_TEST(tells_why_a_folder_cannot_be_made)
{
    ck_assert_int_eq(chmod(dir, 0555), 0);
    if (geteuid() == 0) {
        ck_assert_int_eq(setgid(65534), 0);
        ck_assert_int_eq(setuid(65534), 0);
    }
    char expected[512];
    (void)snprintf(expected, sizeof expected, "cannot create the folder '%s': Permission denied", in_dir("new"));
    ck_assert_int_eq(qb_fs_make_dirs(in_dir("new/b"), 0755), QB_E_IO);
    ck_assert_str_eq(qb_err_text(), expected);
}
END_TEST

START_TEST(makes_temporary_folders)
{
    char *a = NULL, *b = NULL;
    struct stat st;
    ck_assert_int_eq(qb_fs_make_dirs(in_dir("tmp"), 0700), QB_OK);
    ck_assert_int_eq(setenv("TMPDIR", in_dir("tmp"), 1), 0);
    ck_assert_int_eq(qb_fs_make_temp_dir("pre", &a), QB_OK);
    ck_assert_int_eq(qb_fs_make_temp_dir("pre", &b), QB_OK);
    ck_assert_str_ne(a, b);
    ck_assert_int_eq(strncmp(a, in_dir("tmp/pre-"), strlen(in_dir("tmp/pre-"))), 0);
    ck_assert_int_eq(stat(a, &st), 0);
    ck_assert(S_ISDIR(st.st_mode) && (st.st_mode & 0777) == 0700);
    qb_free(a);
    qb_free(b);
    ck_assert_int_eq(setenv("TMPDIR", in_dir("none"), 1), 0);
    ck_assert_int_eq(qb_fs_make_temp_dir("pre", &a), QB_E_IO);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "none/pre-"));
    ck_assert_ptr_nonnull(strstr(qb_err_hint_text(), "TMPDIR"));
    ck_assert_int_eq(unsetenv("TMPDIR"), 0);
    ck_assert_int_eq(qb_fs_make_temp_dir("qb_fs_test", &a), QB_OK);
    ck_assert_int_eq(strncmp(a, "/tmp/qb_fs_test-", 16), 0);
    ck_assert_int_eq(qb_fs_remove_tree(a), QB_OK);
    qb_free(a);
}
END_TEST

START_TEST(lists_sorted)
{
    static const char *const names[] = {"b", "a", ".hidden", "B", "c d"};
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(qb_fs_write_atomic(in_dir(names[i]), "", 0), QB_OK);
    check_names(".hidden B a b c d ");
    char **list = NULL;
    size_t n;
    ck_assert_int_eq(qb_fs_list(in_dir("none"), &list, &n), QB_E_NOINPUT);
    qb_fs_free_names(NULL, 0);
}
END_TEST

START_TEST(appends_lines)
{
    int fd = open(in_dir("log"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ck_assert_int_eq(qb_fs_append(fd, "log", "a\n", 2), QB_OK);
    ck_assert_int_eq(qb_fs_append(fd, "log", "b\n", 2), QB_OK);
    close(fd);
    check_content(in_dir("log"), "a\nb\n");
    int full = open("/dev/full", O_WRONLY);
    ck_assert_int_eq(qb_fs_append(full, "metrics.jsonl", "a\n", 2), QB_E_IO);
    ck_assert_str_eq(qb_err_text(), "cannot write 'metrics.jsonl': No space left on device");
    close(full);
}
END_TEST

static const struct {
    const char *path, *folder, *base;
} parts[] = {{"a/b", "a", "b"}, {"b", ".", "b"}, {"/b", "/", "b"}, {"a//b", "a", "b"}, {"/a/b.c", "/a", "b.c"}, {"//b", "/", "b"}};

START_TEST(splits_paths)
{
    char *folder = qb_path_dir(parts[_i].path);
    ck_assert_str_eq(folder, parts[_i].folder);
    ck_assert_str_eq(qb_path_base(parts[_i].path), parts[_i].base);
    qb_free(folder);
}
END_TEST

START_TEST(joins_paths)
{
    char *a = qb_path_join("x", "y"), *b = qb_path_join("x/", "y"), *c = qb_path_join("", "y");
    ck_assert_str_eq(a, "x/y");
    ck_assert_str_eq(b, "x/y");
    ck_assert_str_eq(c, "y");
    qb_free(a);
    qb_free(b);
    qb_free(c);
    ck_assert_int_eq(chdir(dir), 0);
    char *there = qb_path_absolute("."), *not_there = qb_path_absolute("nowhere/x"), *root = qb_path_absolute("/no/x");
    ck_assert_str_eq(there, dir);
    ck_assert_str_eq(not_there, in_dir("nowhere/x"));
    ck_assert_str_eq(root, "/no/x");
    qb_free(there);
    qb_free(not_there);
    qb_free(root);
    char *program = qb_program_dir();
    ck_assert_int_eq(program[0], '/');
    qb_free(program);
}
END_TEST

static const struct {
    const char *variable, *home, *expected;
} places[] = {
    {"/data", "/home/u", "/data/qatbench"},
    {"", "/home/u", "/home/u/.local/share/qatbench"},
    {NULL, "/home/u", "/home/u/.local/share/qatbench"},
    {"relative", "/home/u", "/home/u/.local/share/qatbench"},
    {"/data", NULL, "/data/qatbench"},
    {NULL, NULL, NULL},
    {NULL, "", NULL},
};

static void set_or_unset(const char *name, const char *value)
{
    ck_assert_int_eq(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

START_TEST(follows_xdg)
{
    set_or_unset("XDG_DATA_HOME", places[_i].variable);
    set_or_unset("HOME", places[_i].home);
    char *place = qb_xdg_data_dir();
    if (places[_i].expected)
        ck_assert_str_eq(place, places[_i].expected);
    else
        ck_assert_ptr_null(place);
    qb_free(place);
}
END_TEST

START_TEST(knows_the_xdg_defaults)
{
    static const char *const variables[] = {"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"};
    static const char *const defaults[] = {"/h/.cache/qatbench", "/h/.config/qatbench", "/h/.local/state/qatbench"};
    static char *(*const functions[])(void) = {qb_xdg_cache_dir, qb_xdg_config_dir, qb_xdg_state_dir};
    set_or_unset("HOME", "/h");
    for (int i = 0; i < 3; i++) {
        set_or_unset(variables[i], NULL);
        char *place = functions[i]();
        ck_assert_str_eq(place, defaults[i]);
        qb_free(place);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("fs");
    TCase *t = tcase_create("fs");
    tcase_add_checked_fixture(t, make_dir, remove_dir);
    tcase_add_test(t, writes_and_reads);
    tcase_add_test(t, replaces_a_stale_tmp);
    tcase_add_test(t, keeps_what_it_cannot_replace);
    tcase_add_test(t, refuses_a_missing_folder);
    tcase_add_test(t, abandons);
    tcase_add_test(t, commits_in_steps);
    tcase_add_test(t, survives_failing_allocations);
    tcase_add_test(t, refuses_large_and_odd_inputs);
    tcase_add_test(t, makes_and_removes_trees);
    tcase_add_test(t, makes_temporary_folders);
    tcase_add_test(t, lists_sorted);
    tcase_add_test(t, appends_lines);
    tcase_add_test(t, keeps_the_old_file_when_a_write_fails);
    tcase_add_test(t, joins_paths);
    suite_add_tcase(s, t);
    t = tcase_create("names");
    tcase_add_loop_test(t, splits_paths, 0, sizeof parts / sizeof *parts);
    tcase_add_loop_test(t, follows_xdg, 0, sizeof places / sizeof *places);
    tcase_add_test(t, knows_the_xdg_defaults);
    suite_add_tcase(s, t);
    t = tcase_create("read-only"); /* the folder is made and removed outside of the child that gives up its rights */
    tcase_add_unchecked_fixture(t, make_dir, remove_dir);
    tcase_add_test(t, keeps_the_old_file_when_the_folder_is_read_only);
    tcase_add_test(t, tells_why_a_folder_cannot_be_made);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
