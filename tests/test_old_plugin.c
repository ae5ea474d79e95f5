/* Plugins of earlier versions of the interface load, keep the contract and train: killed and resumed, to the same bits.
 * tests/abi/ holds them with the headers that they were written for, which never change.
 */
#include "qb_test.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "quant/plugin.h"
#include "train/run.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
    const char *name, *header;
    const char *header_sha256;
    uint32_t minor, size, option_size;
} old[] = {
    {"old-1-0", "tests/abi/solver-1.0.h", "91a9f989f411d0b6074ed7979b671d609be8baa121da7f7b3eacfe00a939fcbb", 0, 184, 64},
};

enum { N_OLD = sizeof old / sizeof old[0] };

static char folder[64];

static void set_up(void)
{
    strcpy(folder, "/tmp/qb_old_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void tear_down(void)
{
    ck_assert_int_eq(qb_fs_remove_tree(folder), 0);
}

static char *plugin_path(int i)
{
    return qb_sprintf("%s/../tests/abi/%s.so", getenv("QATBENCH_SOLVER_PATH"), old[i].name);
}

START_TEST(its_header_is_as_it_was)
{
    char sha256[65];
    ck_assert_msg(qb_sha256_file(old[_i].header, sha256) == 0, "%s", qb_err_text());
    ck_assert_str_eq(sha256, old[_i].header_sha256);
}
END_TEST

START_TEST(it_loads)
{
    const qb_plugin *p;
    char *path = plugin_path(_i);
    ck_assert_msg(qb_plugin_load(path, NULL, &p) == 0, "%s", qb_err_text());
    ck_assert_uint_eq(p->solver.abi_major, QB_SOLVER_ABI_MAJOR);
    ck_assert_uint_eq(p->solver.abi_minor, old[_i].minor);
    ck_assert_uint_eq(p->solver.size, old[_i].size);
    ck_assert_uint_eq(p->solver.option_size, old[_i].option_size);
    ck_assert_uint_eq(p->solver.n_options, 5);
    ck_assert_str_eq(p->options[4].name, "noise");
    qb_free(path);
}
END_TEST

/* ---- training, in a process of its own ---- */

typedef struct plan {
    int64_t kill_step; /* SIGKILL after this step; 0 = never */
    char weights_sha256[65];
    int max_levels;
} plan;

static void kill_in_the_middle(void *context, const qb_progress *p)
{
    const plan *o = context;
    if (o->kill_step > 0 && p->step == o->kill_step && strcmp(p->phase, "train") == 0)
        raise(SIGKILL);
}

static int execute(int i, const char *runs, plan *o, json_t **ret_record)
{
    size_t n;
    qb_settings s;
    qb_config *c = NULL;
    const qb_option *schema = qb_run_schema(&n);
    QB_TRY(qb_settings_init(&s, schema, n));
    char *path = plugin_path(i), *solver = qb_sprintf("%s[mode=noisy,power=1]", path);
    char *runs_dir = qb_path_join(folder, runs);
    const char *const keys[][2] = {
        {"solver", solver}, {"runs_dir", runs_dir}, {"model", "resnet8"}, {"dataset", "synthetic"}, {"bits", "2"},
        {"train_limit", "160"}, {"test_limit", "40"}, {"batch", "16"}, {"epochs", "2"}, {"lr", "0.02"}, {"threads", "2"},
        {"anneal_end", "18st"}, {"checkpoint_every", "3st"}};
    int rc = QB_OK;
    for (size_t k = 0; k < sizeof keys / sizeof keys[0] && rc == QB_OK; k++)
        rc = qb_settings_set(&s, keys[k][0], keys[k][1]);
    if (rc == QB_OK)
        rc = qb_config_create(&s, &c);
    const qb_run_environment env = {.progress = kill_in_the_middle, .progress_context = o};
    if (rc == QB_OK)
        rc = qb_run_execute(c, &env, ret_record);
    qb_config_destroy(c);
    qb_settings_finish(&s);
    qb_free(path);
    qb_free(solver);
    qb_free(runs_dir);
    return rc;
}

/* *o is shared with the child, which fills it in. Returns its exit status, or -signal. */
static int train(int i, const char *runs, plan *o)
{
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        json_t *record = NULL;
        int rc = execute(i, runs, o, &record);
        const json_t *result = json_object_get(record, "result");
        const char *hash = json_string_value(json_object_get(result, "weights_sha256"));
        (void)snprintf(o->weights_sha256, sizeof o->weights_sha256, "%s", hash ? hash : "none");
        o->max_levels = (int)json_integer_value(json_object_get(result, "max_levels"));
        json_decref(record);
        if (rc < 0)
            fprintf(stderr, "  (%s)\n", qb_err_text());
        _exit(qb_err_exit_status(rc));
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

START_TEST(it_trains_and_resumes)
{
    plan *o = mmap(NULL, sizeof *o, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(o, MAP_FAILED);
    ck_assert_int_eq(train(_i, "unbroken", o), 0);
    ck_assert_int_eq(o->max_levels, 4);
    const plan unbroken = *o;
    o->kill_step = 11; /* in the middle of the window, past a checkpoint */
    ck_assert_int_eq(train(_i, "broken", o), -SIGKILL);
    o->kill_step = 0;
    ck_assert_int_eq(train(_i, "broken", o), 0);
    ck_assert_str_eq(o->weights_sha256, unbroken.weights_sha256);
    ck_assert_int_eq(munmap(o, sizeof *o), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("old_plugin");
    TCase *tc = tcase_create("old_plugin");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 250);
    tcase_add_loop_test(tc, its_header_is_as_it_was, 0, N_OLD);
    tcase_add_loop_test(tc, it_loads, 0, N_OLD);
    tcase_add_loop_test(tc, it_trains_and_resumes, 0, N_OLD);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
