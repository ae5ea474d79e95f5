/* Files that a user names: whatever stood under the name keeps its kind, mode and owner. */
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

#include "qb_test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static char dir[32];

static void make_dir(void)
{
    strcpy(dir, "/tmp/qb-output-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(chdir(dir), 0);
}

static void remove_dir(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    (void)chmod(dir, 0700);
    ck_assert_int_eq(qb_fs_remove_tree(dir), QB_OK);
}

static int output(const char *path, const char *text) { return qb_fs_write_output(path, text, strlen(text)); }

static void make_file(const char *path, const char *text, mode_t mode)
{
    ck_assert_int_eq(qb_fs_write_atomic(path, text, strlen(text)), QB_OK);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static void check_content(const char *path, const char *expected)
{
    char *text = NULL;
    size_t n = 0;
    ck_assert_msg(qb_fs_read(path, 1000, &text, &n) == QB_OK, "%s", qb_err_text());
    ck_assert_str_eq(text, expected);
    qb_free(text);
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    ck_assert_int_eq(lstat(path, &st), 0);
    return st.st_mode;
}

/* Nothing but the named files is there: no .tmp is left. */
static void check_names(const char *expected)
{
    char **names, found[256] = "";
    size_t n;
    ck_assert_int_eq(qb_fs_list(".", &names, &n), QB_OK);
    for (size_t i = 0; i < n; i++)
        strcat(strcat(found, names[i]), " ");
    qb_fs_free_names(names, n);
    ck_assert_str_eq(found, expected);
}

static const mode_t modes[] = {0664, 0600, 0755, 0444, 02640};

START_TEST(keeps_the_mode)
{
    make_file("a", "an old text that is longer", modes[_i]);
    (void)umask(077);
    ck_assert_int_eq(output("a", "new"), QB_OK);
    check_content("a", "new");
    ck_assert_uint_eq(mode_of("a") & 07777, modes[_i]);
    check_names("a ");
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(a_new_file_heeds_the_umask)
{
    (void)umask((mode_t)_i);
    ck_assert_int_eq(output("a", "new"), QB_OK);
    ck_assert_uint_eq(mode_of("a"), S_IFREG | (0666 & ~(mode_t)_i));
}
END_TEST

START_TEST(keeps_the_owner)
{
    struct stat st;
    if (geteuid() != 0)
        QB_TEST_SKIP("only root can make files of another owner");
    make_file("a", "old", 0640);
    ck_assert_int_eq(chown("a", 1234, 4321), 0);
    ck_assert_int_eq(output("a", "new"), QB_OK);
    ck_assert_int_eq(stat("a", &st), 0);
    ck_assert_uint_eq(st.st_uid, 1234);
    ck_assert_uint_eq(st.st_gid, 4321);
    ck_assert_uint_eq(st.st_mode & 07777, 0640);
    check_content("a", "new");
}
END_TEST

/* Who may write a file of another's but not give it away writes into it; also where the folder may not be written. */
START_TEST(rewrites_what_it_cannot_replace)
{
    struct stat before, after;
    if (geteuid() != 0)
        QB_TEST_SKIP("only root can make files of another owner");
    make_file("a", "an old text that is longer", 0666);
    ck_assert_int_eq(stat("a", &before), 0);
    ck_assert_int_eq(chmod(".", _i == 0 ? 0777 : 0755), 0);
    ck_assert_int_eq(setgid(65534), 0);
    ck_assert_int_eq(setuid(65534), 0);
    ck_assert_int_eq(output("a", "new"), QB_OK);
    check_content("a", "new");
    ck_assert_int_eq(stat("a", &after), 0);
    ck_assert_uint_eq(after.st_uid, 0);
    ck_assert_uint_eq(after.st_ino, before.st_ino);
    check_names("a ");
    if (_i == 1) {
        ck_assert_int_eq(output("b", "new"), QB_E_IO);
        ck_assert_ptr_nonnull(strstr(qb_err_text(), "Permission denied"));
    }
}
END_TEST

START_TEST(follows_links)
{
    ck_assert_int_eq(mkdir("other", 0755), 0);
    make_file("other/real.tex", "old", 0604);
    ck_assert_int_eq(symlink("other/second", "link"), 0); /* relative to the folder of the link */
    ck_assert_int_eq(symlink("real.tex", "other/second"), 0);
    ck_assert_int_eq(output("link", "new"), QB_OK);
    ck_assert(S_ISLNK(mode_of("link")) && S_ISLNK(mode_of("other/second")));
    ck_assert_uint_eq(mode_of("other/real.tex"), S_IFREG | 0604);
    check_content("other/real.tex", "new");

    ck_assert_int_eq(symlink("other/not-yet", "dangling"), 0);
    ck_assert_int_eq(output("dangling", "text"), QB_OK);
    ck_assert(S_ISLNK(mode_of("dangling")));
    check_content("other/not-yet", "text");

    ck_assert_int_eq(symlink("no/folder", "lost"), 0);
    ck_assert_int_eq(output("lost", "text"), QB_E_IO);
    ck_assert(S_ISLNK(mode_of("lost")));
    ck_assert_int_eq(symlink("circle", "circle"), 0);
    ck_assert_int_eq(output("circle", "text"), QB_E_IO);
    ck_assert_str_eq(qb_err_text(), "cannot open 'circle': Too many levels of symbolic links");
    check_names("circle dangling link lost other ");
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(keeps_other_names)
{
    make_file("a", "an old text that is longer", 0644);
    ck_assert_int_eq(link("a", "b"), 0);
    ck_assert_int_eq(output("a", "new"), QB_OK);
    check_content("b", "new");
    check_names("a b ");
}
END_TEST

START_TEST(writes_to_devices)
{
    struct stat st;
    ck_assert_int_eq(output("/dev/null", "text"), QB_OK);
    ck_assert_int_eq(stat("/dev/null", &st), 0);
    ck_assert(S_ISCHR(st.st_mode));
}
END_TEST

START_TEST(writes_to_devices_where_files_could_be_made)
{
    if (geteuid() != 0 || mknod("null", S_IFCHR | 0666, makedev(1, 3)) != 0)
        QB_TEST_SKIP("no devices can be made here");
    ck_assert_int_eq(output("null", "text"), QB_OK);
    ck_assert(S_ISCHR(mode_of("null")));
    ck_assert_int_eq(symlink("null", "link"), 0);
    ck_assert_int_eq(output("link", "text"), QB_OK);
    ck_assert(S_ISCHR(mode_of("null")) && S_ISLNK(mode_of("link")));
}
END_TEST

START_TEST(writes_to_pipes)
{
    char text[8] = "";
    ck_assert_int_eq(mkfifo("pipe", 0600), 0);
    int fd = open("pipe", O_RDONLY | O_NONBLOCK);
    ck_assert_int_eq(output("pipe", "text"), QB_OK);
    ck_assert_int_eq(read(fd, text, sizeof text), 4);
    ck_assert_str_eq(text, "text");
    ck_assert(S_ISFIFO(mode_of("pipe")));
    close(fd);
}
END_TEST

/* `2> log -o /dev/stderr`, `9>> log -o /dev/fd/9`: what is in the file stays, and what the shell writes later follows. */
START_TEST(writes_on_where_the_shell_has_it_open)
{
    int fd = _i == 0 ? STDERR_FILENO : 9;
    char path[32];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int log = open("log", O_WRONLY | O_CREAT, 0600);
    ck_assert_int_eq(dup2(log, fd), fd);
    ck_assert_int_eq(write(fd, "before ", 7), 7);
    ck_assert_int_eq(output(path, "ours"), QB_OK);
    ck_assert_int_eq(output("log", "+again"), QB_OK); /* the same file by its name */
    ck_assert_int_eq(write(fd, " after", 6), 6);
    check_content("log", "before ours+again after");
    check_names("log ");
}
END_TEST

START_TEST(refuses_folders)
{
    ck_assert_int_eq(mkdir("folder", 0755), 0);
    ck_assert_int_eq(output("folder", "x"), QB_E_IO);
    ck_assert_str_eq(qb_err_text(), "cannot write 'folder': expected a file, found a folder");
    ck_assert_int_eq(output("none/a", "x"), QB_E_IO);
    ck_assert_int_eq(output("", "x"), QB_E_IO);
    make_file("file", "old", 0600);
    ck_assert_int_eq(output("file/a", "x"), QB_E_IO);
    check_content("file", "old");
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(survives_failing_allocations)
{
    make_file("a", "old", 0644);
    for (long nth = 1; nth <= 4; nth++) { /* resolved path; path, tmp path, folder of the path */
        qb_mem_fail_at(nth, 0);
        ck_assert_int_eq(output("a", "new"), QB_E_NOMEM);
        qb_mem_fail_at(0, 0);
        check_content("a", nth < 4 ? "old" : "new");
        check_names("a ");
        ck_assert_int_eq(qb_mem_live_blocks(), 0);
    }
}
END_TEST

static Suite *suite(void)
{
    static const int n_modes = sizeof modes / sizeof *modes;
    Suite *s = suite_create("output");
    TCase *t = tcase_create("output");
    tcase_add_checked_fixture(t, make_dir, remove_dir);
    tcase_add_loop_test(t, keeps_the_mode, 0, n_modes);
    tcase_add_loop_test(t, a_new_file_heeds_the_umask, 022, 024);
    tcase_add_loop_test(t, a_new_file_heeds_the_umask, 077, 0100);
    tcase_add_test(t, keeps_the_owner);
    tcase_add_test(t, follows_links);
    tcase_add_test(t, keeps_other_names);
    tcase_add_test(t, writes_to_devices);
    tcase_add_test(t, writes_to_devices_where_files_could_be_made);
    tcase_add_test(t, writes_to_pipes);
    tcase_add_loop_test(t, writes_on_where_the_shell_has_it_open, 0, 2);
    tcase_add_test(t, refuses_folders);
    tcase_add_test(t, survives_failing_allocations);
    suite_add_tcase(s, t);
    for (int i = 0; i < 2; i++) { /* the folder is made and removed outside of the child that gives up its rights */
        t = tcase_create(i == 0 ? "another's file" : "another's folder");
        tcase_add_unchecked_fixture(t, make_dir, remove_dir);
        tcase_add_loop_test(t, rewrites_what_it_cannot_replace, i, i + 1);
        suite_add_tcase(s, t);
    }
    return s;
}

QB_TEST_MAIN
