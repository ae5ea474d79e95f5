/* A plugin's file: the bytes that were checked and hashed are the ones that run, whatever becomes of the file; what its
 * constructors do to the process is put back and said, and one that does not come back is refused. */
#include "process_watch.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "quant/plugin.h"
#include "quant/plugin_visit.h"

#include <fcntl.h>
#include <stdio.h>

static char *plugins, *scratch;

static void set_up(void)
{
    char *dir = qb_program_dir(), name[] = "/tmp/qb_plugin_file_XXXXXX";
    plugins = qb_path_join(dir, "plugins");
    ck_assert_ptr_nonnull(mkdtemp(name));
    scratch = qb_path_absolute(name);
    qb_free(dir);
}

static void tear_down(void)
{
    ck_assert_int_eq(qb_fs_remove_tree(scratch), 0);
    qb_free(scratch);
    qb_free(plugins);
}

static char *copy_plugin(const char *name)
{
    char *from = qb_sprintf("%s/%s.so", plugins, name), *to = qb_sprintf("%s/%s.so", scratch, name), *bytes;
    size_t n;
    ck_assert_int_eq(qb_fs_read(from, 1 << 26, &bytes, &n), 0);
    ck_assert_int_eq(qb_fs_write_atomic(to, bytes, n), 0);
    qb_free(bytes);
    qb_free(from);
    return to;
}

static int project_once(const qb_plugin *p)
{
    float x[4] = {0.1f, -0.2f, 0.3f, -0.4f}, w[4] = {0}, levels[2] = {-1, 1};
    qb_view v = {.size = sizeof v, .n_rows = 1, .row_len = 4, .x = x, .z = x, .w = w, .levels = levels, .n_levels = 2};
    void *self = NULL;
    const qb_host host = {.size = sizeof host};
    const qb_option_value values[2] = {{.integer = 0, .text = "none"}, {.integer = 0, .text = "project"}};
    qb_step step = {.size = sizeof step};
    ck_assert_int_eq(p->solver.create(&host, values, &self), 0);
    int rc = p->solver.project(self, &step, &v);
    ck_assert(w[0] == 1.0f && w[1] == -1.0f);
    p->solver.destroy(self);
    return rc;
}

/* Over its own bytes, as `cp` does it: no new file. */
static void overwrite(const char *path, size_t keep)
{
    static const char zeros[1 << 16];
    int fd = open(path, O_WRONLY);
    ck_assert_int_ge(fd, 0);
    off_t size = lseek(fd, 0, SEEK_END);
    for (off_t at = 0; at < size; at += (off_t)sizeof zeros)
        ck_assert_int_gt(pwrite(fd, zeros, sizeof zeros, at), 0);
    ck_assert_int_eq(ftruncate(fd, (off_t)keep), 0);
    close(fd);
}

START_TEST(runs_the_bytes_that_were_hashed)
{
    static const size_t lengths[] = {1 << 16, 100, 0};
    char *path = copy_plugin("misdeed"), sha256[65], *bytes;
    size_t n;
    ck_assert_int_eq(qb_fs_read(path, 1 << 26, &bytes, &n), 0);
    qb_sha256_of(bytes, n, sha256);
    qb_free(bytes);
    const qb_plugin *p, *again;
    ck_assert_msg(qb_plugin_load(path, NULL, &p) == 0, "%s", qb_err_text());
    ck_assert_str_eq(p->sha256, sha256);
    ck_assert_str_eq(p->path, path);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        overwrite(path, lengths[i]);
        ck_assert_int_eq(project_once(p), 0); /* mapped from the file, this would be a bus error */
    }
    ck_assert_int_eq(qb_plugin_load(path, NULL, &again), 0);
    ck_assert_ptr_eq(again, p);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(project_once(p), 0);
    qb_free(path);
}
END_TEST

START_TEST(finds_a_library_beside_the_plugin)
{
    const qb_plugin *p;
    char why[8], *path = copy_plugin("beside"), *text = qb_sprintf("%s: cannot be loaded: libbeside_library.so: ", path);
    ck_assert_int_eq(qb_plugin_load(path, NULL, &p), QB_E_UNAVAILABLE); /* it is not beside this copy */
    ck_assert_msg(strncmp(qb_err_text(), text, strlen(text)) == 0, "%s", qb_err_text());
    qb_free(path);
    qb_free(text);
    path = qb_sprintf("%s/beside.so", plugins);
    ck_assert_msg(qb_plugin_load(path, NULL, &p) == 0, "%s", qb_err_text());
    ck_assert_int_eq(p->solver.supports(NULL, 5, "row", why, sizeof why), 0);
    ck_assert_int_eq(p->solver.supports(NULL, 4, "row", why, sizeof why), 1);
    qb_free(path);
}
END_TEST

START_TEST(puts_back_what_a_constructor_changed)
{
    const change *d = &changes[_i];
    process_watch before;
    const qb_plugin *p;
    char *path = qb_sprintf("%s/%s_when_loaded.so", plugins, d->name);
    char *text = qb_sprintf("solver '%s_when_loaded': loading it changed %s", d->name, d->what);
    watch_process(&before);
    ck_assert_msg(qb_plugin_load(path, NULL, &p) == 0, "%s", qb_err_text());
    assert_process_unchanged(&before, d->name);
    const char *said = qb_conduct(&p->solver, 0);
    ck_assert_ptr_nonnull(said);
    ck_assert_msg(strncmp(said, text, strlen(text)) == 0 && qb_ends_with(said, "; put back"), "%s", said);
    ck_assert_ptr_null(qb_conduct(&p->solver, 1));
    ck_assert_int_eq(qb_plugin_load(path, NULL, &p), 0);
    ck_assert_ptr_null(qb_conduct(&p->solver, 1)); /* said once */
    qb_free(path);
    qb_free(text);
}
END_TEST

START_TEST(says_nothing_of_a_plugin_that_changed_nothing)
{
    const qb_plugin *p;
    char *path = qb_sprintf("%s/misdeed.so", plugins);
    ck_assert_int_eq(qb_plugin_load(path, NULL, &p), 0);
    ck_assert_ptr_null(qb_conduct(&p->solver, 0));
    qb_free(path);
}
END_TEST

#ifdef __SANITIZE_ADDRESS__
#define STATUS_OF_THREAD_EXIT "1" /* the search for leaks ends the process and finds some: the main thread is gone */
#else
#define STATUS_OF_THREAD_EXIT "0"
#endif

static const struct {
    const char *name, *text;
} deaths[] = {
    {"exit_when_loaded", "loading it ended the process with exit status 0"},
    {"_exit_when_loaded", "loading it ended the process with exit status 0"},
    {"pthread_exit_when_loaded", "loading it ended the process with exit status " STATUS_OF_THREAD_EXIT},
    {"abort_when_loaded", "loading it died of signal 6 (Aborted)"},
    {"crash_when_loaded", "loading it died of signal 6 (Aborted)"},
};

START_TEST(refuses_one_that_does_not_come_back)
{
    const qb_plugin *p = NULL;
    char *path = qb_sprintf("%s/%s.so", plugins, deaths[_i].name), *text = qb_sprintf("%s: %s", path, deaths[_i].text);
    long live = qb_mem_live_blocks();
    ck_assert_int_eq(qb_plugin_load(path, NULL, &p), QB_E_UNAVAILABLE);
    ck_assert_str_eq(qb_err_text(), text);
    ck_assert_ptr_null(p);
    ck_assert_int_eq(qb_mem_live_blocks(), live);
    qb_free(path);
    qb_free(text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("plugin_file");
    TCase *c = tcase_create("files");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, runs_the_bytes_that_were_hashed);
    tcase_add_test(c, finds_a_library_beside_the_plugin);
    tcase_add_loop_test(c, puts_back_what_a_constructor_changed, 0, N_CHANGES);
    tcase_add_test(c, says_nothing_of_a_plugin_that_changed_nothing);
    tcase_add_loop_test(c, refuses_one_that_does_not_come_back, 0, (int)(sizeof deaths / sizeof deaths[0]));
    suite_add_tcase(s, c);
    return s;
}

QB_TEST_MAIN
