/* Files when the system refuses: the n-th call of write, fsync, close, rename and renameat2 fails, for every n. This
 * program's own functions of these names stand before the C library's. */
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

#include "qb_test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef enum call { WRITE, FSYNC, CLOSE, RENAME, EXCHANGE, N_CALLS } call;
static const char *const call_names[] = {"write", "fsync", "close", "rename", "renameat2"};

static struct {
    int fails_at; /* the n-th call from now on, 0: never; */
    int and_then; /* so many more after it */
    int error;
} faults[N_CALLS];

static bool is_refused(call c)
{
    if (faults[c].fails_at == 0 || --faults[c].fails_at > 0)
        return false;
    faults[c].fails_at = faults[c].and_then-- > 0 ? 1 : 0;
    errno = faults[c].error;
    return true;
}

ssize_t write(int fd, const void *bytes, size_t n)
{
    return is_refused(WRITE) ? -1 : syscall(SYS_write, fd, bytes, n);
}

int fsync(int fd)
{
    return is_refused(FSYNC) ? -1 : (int)syscall(SYS_fsync, fd);
}

int close(int fd) /* a close that fails has closed */
{
    int rc = (int)syscall(SYS_close, fd);
    return is_refused(CLOSE) ? -1 : rc;
}

int rename(const char *from, const char *to)
{
    return is_refused(RENAME) ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    return is_refused(EXCHANGE) ? -1 : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

static char dir[32];

static void make_dir(void)
{
    strcpy(dir, "/tmp/qb-faults-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void remove_dir(void)
{
    memset(faults, 0, sizeof faults);
    ck_assert_int_eq(qb_fs_remove_tree(dir), QB_OK);
}

static char *in_dir(const char *name)
{
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

/* The text of a file, "-" where there is none. */
static const char *content(const char *name)
{
    static char texts[4][64];
    static int next;
    char *text = texts[next++ % 4], *read = NULL;
    size_t n = 0;
    strcpy(text, "-");
    if (qb_fs_exists(in_dir(name))) {
        ck_assert_int_eq(qb_fs_read(in_dir(name), 60, &read, &n), QB_OK);
        strcpy(text, read);
        qb_free(read);
    }
    return text;
}

static void check_names(const char *expected)
{
    char **names, found[256] = "";
    size_t n;
    ck_assert_int_eq(qb_fs_list(dir, &names, &n), QB_OK);
    for (size_t i = 0; i < n; i++)
        strcat(strcat(found, names[i]), " ");
    qb_fs_free_names(names, n);
    ck_assert_str_eq(found, expected);
}

/* ---- files ---- */

static int write_as_run(const char *path, const char *text) { return qb_fs_write_atomic(path, text, strlen(text)); }
static int write_as_output(const char *path, const char *text) { return qb_fs_write_output(path, text, strlen(text)); }
static int (*const writers[])(const char *path, const char *text) = {write_as_run, write_as_output};

START_TEST(a_file_changes_whole_or_not_at_all)
{
    int (*writer)(const char *, const char *) = writers[_i];
    static const struct {
        call c;
        int nth, error;
        bool is_new; /* it was renamed when the call failed */
        const char *reason;
    } rows[] = {
        {WRITE, 1, ENOSPC, false, "No space left on device"}, {FSYNC, 1, EIO, false, "Input/output error"},
        {CLOSE, 1, EDQUOT, false, "Disk quota exceeded"},     {RENAME, 1, EROFS, false, "Read-only file system"},
        {FSYNC, 2, EIO, true, "Input/output error"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_int_eq(writer(in_dir("a"), "old"), QB_OK);
        faults[rows[i].c].fails_at = rows[i].nth;
        faults[rows[i].c].error = rows[i].error;
        ck_assert_int_eq(writer(in_dir("a"), "new"), QB_E_IO);
        ck_assert_msg(faults[rows[i].c].fails_at == 0, "%s was not called %d times", call_names[rows[i].c], rows[i].nth);
        ck_assert_ptr_nonnull(strstr(qb_err_text(), rows[i].reason));
        ck_assert_ptr_nonnull(strstr(qb_err_text(), dir));
        ck_assert_str_eq(content("a"), rows[i].is_new ? "new" : "old");
        check_names("a ");
        ck_assert_int_eq(qb_mem_live_blocks(), 0);
    }
}
END_TEST

START_TEST(an_interrupted_write_goes_on)
{
    faults[WRITE].fails_at = 1;
    faults[WRITE].error = EINTR;
    ck_assert_int_eq(writers[_i](in_dir("a"), "text"), QB_OK);
    ck_assert_str_eq(content("a"), "text");
}
END_TEST

/* Some file systems cannot sync a folder. */
START_TEST(a_folder_that_cannot_be_synced_is_no_error)
{
    faults[FSYNC].fails_at = 2;
    faults[FSYNC].error = EINVAL;
    ck_assert_int_eq(writers[_i](in_dir("a"), "text"), QB_OK);
    ck_assert_str_eq(content("a"), "text");
}
END_TEST

/* Written in place: a full disk is told, whether the write or the close says so. */
START_TEST(an_error_of_a_device_is_told)
{
    ck_assert_int_eq(qb_fs_write_output("/dev/full", "x", 1), QB_E_IO);
    ck_assert_str_eq(qb_err_text(), "cannot write '/dev/full': No space left on device");
    faults[CLOSE].fails_at = 1;
    faults[CLOSE].error = EIO;
    ck_assert_int_eq(qb_fs_write_output("/dev/null", "x", 1), QB_E_IO);
    ck_assert_str_eq(qb_err_text(), "cannot close '/dev/null': Input/output error");
}
END_TEST

/* ---- folders ---- */

static void make_folders(bool with_old)
{
    ck_assert_int_eq(qb_fs_make_dirs(in_dir("saving"), 0755), QB_OK);
    ck_assert_int_eq(write_as_run(in_dir("saving/x"), "new"), QB_OK);
    if (with_old) {
        ck_assert_int_eq(qb_fs_make_dirs(in_dir("step"), 0755), QB_OK);
        ck_assert_int_eq(write_as_run(in_dir("step/x"), "old"), QB_OK);
    }
}

static int put(void) { return qb_fs_put_dir(in_dir("saving"), in_dir("step")); }

START_TEST(puts_a_folder)
{
    static const bool with_old[] = {false, true, true};
    make_folders(with_old[_i]);
    if (_i == 2) { /* this file system cannot exchange */
        faults[EXCHANGE].fails_at = 1;
        faults[EXCHANGE].error = EINVAL;
    }
    ck_assert_int_eq(put(), QB_OK);
    ck_assert_int_eq(faults[EXCHANGE].fails_at, 0);
    ck_assert_str_eq(content("step/x"), "new");
    check_names("step ");
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

/* Whichever call fails, how often: the old folder or the new one is there, or the old one aside, which mending finds. */
START_TEST(a_folder_is_never_lost)
{
    for (int and_then = 0; and_then < 3; and_then++) {
        for (int c = FSYNC; c <= RENAME; c++) {
            for (int nth = 1;; nth++) {
                make_folders(true);
                faults[EXCHANGE].fails_at = 1;
                faults[EXCHANGE].error = _i == 0 ? EINVAL : ENOSYS;
                faults[c].fails_at = nth;
                faults[c].and_then = and_then;
                faults[c].error = EIO;
                int rc = put();
                bool happened = faults[c].fails_at == 0 || faults[c].and_then < and_then;
                memset(faults, 0, sizeof faults);
                (void)qb_fs_remove_tree(in_dir("saving")); /* what the saving of a checkpoint does then */
                if (qb_fs_exists(in_dir("step.old")))
                    ck_assert_int_eq(qb_fs_mend_dir(in_dir("step.old")), QB_OK);
                ck_assert_str_eq(content("step/x"), rc == QB_OK || c == FSYNC ? "new" : "old");
                check_names("step ");
                ck_assert_int_eq(qb_fs_remove_tree(in_dir("step")), QB_OK);
                if (!happened)
                    break;
            }
        }
    }
}
END_TEST

START_TEST(an_exchange_that_is_not_durable_is_told)
{
    make_folders(true);
    faults[FSYNC].fails_at = 1;
    faults[FSYNC].error = EIO;
    ck_assert_int_eq(put(), QB_E_IO);
    ck_assert_str_eq(content("step/x"), "new");
    ck_assert_str_eq(content("saving/x"), "old");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("fs_faults");
    TCase *t = tcase_create("fs_faults");
    tcase_add_checked_fixture(t, make_dir, remove_dir);
    tcase_add_loop_test(t, a_file_changes_whole_or_not_at_all, 0, 2);
    tcase_add_loop_test(t, an_interrupted_write_goes_on, 0, 2);
    tcase_add_loop_test(t, a_folder_that_cannot_be_synced_is_no_error, 0, 2);
    tcase_add_test(t, an_error_of_a_device_is_told);
    tcase_add_loop_test(t, puts_a_folder, 0, 3);
    tcase_add_loop_test(t, a_folder_is_never_lost, 0, 2);
    tcase_add_test(t, an_exchange_that_is_not_durable_is_told);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
