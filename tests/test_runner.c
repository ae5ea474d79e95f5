/* Whole studies of tiny runs on the synthetic set. Every test runs in a child of Check's; the runner's own process never
 * touches OpenMP, its children do. */
#include "qb_test.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "study/runner.h"
#include "train/record.h"
#include "train/rundir.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char dir[] = "/tmp/qb-test-runner-XXXXXX";
static char plan_path[64], runs_dir[64], plugin[600];

static void set_up(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(plan_path, sizeof plan_path, "%s/tiny.yaml", dir);
    (void)snprintf(runs_dir, sizeof runs_dir, "%s/runs", dir);
    char *program = qb_program_dir();
    (void)snprintf(plugin, sizeof plugin, "%s/plugins/ends_midway.so", program);
    qb_free(program);
}

static void tear_down(void)
{
    (void)qb_fs_remove_tree(dir);
}

#define TINY "base: {dataset: synthetic, model: resnet8, epochs: 1, batch: 32, train_limit: 128, test_limit: 64}\n"
/* long enough to be caught in the middle */
#define LONGER \
    "base: {dataset: synthetic, model: resnet8, epochs: 6, batch: 32, train_limit: 512, test_limit: 64, checkpoint_every: 4st}\n"

static qb_study_plan *read_plan(const char *text)
{
    qb_study_plan *plan = NULL;
    const qb_study_plan_places places = {.runs_dir = runs_dir};
    ck_assert_int_eq(qb_fs_write_atomic(plan_path, text, strlen(text)), QB_OK);
    int rc = qb_study_plan_read(plan_path, &places, &plan);
    ck_assert_msg(rc == QB_OK, "%s", qb_err_text());
    return plan;
}

typedef struct counts {
    int ended;
    volatile sig_atomic_t *stop; /* set once some child has saved */
} counts;

static void count_end(void *context, const qb_runner_state *state, const qb_task *task, double seconds)
{
    counts *c = context;
    (void)seconds;
    c->ended++;
    ck_assert_uint_le(state->n_ended, state->n_left);
    ck_assert_ptr_nonnull(task->status);
}

static void stop_in_the_middle(void *context, const qb_runner_state *state)
{
    counts *c = context;
    for (int i = 0; c->stop && i < state->n_slots; i++) {
        if (state->slots[i].step > 8)
            *c->stop = 1;
    }
}

/* Runs what is left of a plan; returns the code, counts the runs that were started. */
static int run_plan(const qb_study_plan *plan, int jobs, volatile sig_atomic_t *stop, int *ret_ended, qb_tasks *ret_tasks)
{
    counts c = {.stop = stop};
    const qb_runner_options options = {.jobs = jobs, .stop = stop, .ended = count_end, .tick = stop_in_the_middle, .context = &c};
    ck_assert_msg(qb_tasks_create(plan, false, NULL, ret_tasks) == QB_OK, "%s", qb_err_text());
    int rc = qb_runner_run(ret_tasks, &options);
    *ret_ended = c.ended;
    return rc;
}

static char *weights_of(const qb_task *task)
{
    json_t *record = NULL;
    ck_assert_msg(qb_record_read(task->dir, &record) == QB_OK, "%s", qb_err_text());
    char *sha256 = qb_strdup(json_string_value(json_object_get(json_object_get(record, "result"), "weights_sha256")));
    json_decref(record);
    return sha256;
}

START_TEST(runs_once_and_any_jobs_give_the_same)
{
    static const char text[] = TINY "matrix: {solver: [none, ste]}\nseeds: [1, 2]\n";
    char *first[4];
    for (int jobs = 1; jobs <= 3; jobs += 2) {
        (void)snprintf(runs_dir, sizeof runs_dir, "%s/runs%d", dir, jobs);
        qb_study_plan *plan = read_plan(text);
        qb_tasks tasks;
        int ended;
        ck_assert_msg(run_plan(plan, jobs, NULL, &ended, &tasks) == QB_OK, "%s", qb_err_text());
        ck_assert_int_eq(ended, 4);
        ck_assert_uint_eq(qb_tasks_count(&tasks, "done"), 4);
        ck_assert(tasks.items[0].seed == 1 && tasks.items[1].seed == 1 && tasks.items[2].seed == 2);
        for (size_t i = 0; i < 4; i++) {
            char *weights = weights_of(&tasks.items[i]);
            if (jobs == 1)
                first[i] = weights;
            else
                ck_assert_str_eq(weights, first[i]);
            if (jobs != 1)
                qb_free(weights);
        }
        qb_tasks_finish(&tasks);
        ck_assert_int_eq(run_plan(plan, jobs, NULL, &ended, &tasks), QB_OK); /* again: nothing is left */
        ck_assert_int_eq(ended, 0);
        qb_tasks_finish(&tasks);
        qb_study_plan_destroy(plan);
    }
    for (size_t i = 0; i < 4; i++)
        qb_free(first[i]);
}
END_TEST

static const struct {
    const char *how, *reason; /* beginning of it */
} ends[] = {
    {"segv", "killed by signal 11 (plugin crashed?)"},
    {"abort", "killed by signal 6: about to abort"},
    {"exit", "solver 'ends_midway': begin_step failed: it called exit(3)"},
    {"vanish", "ended with exit status 0 without a result (plugin called exit?)"},
    {"fail", NULL}, /* the run's own words */
};

START_TEST(a_crash_stays_with_its_run)
{
    char text[1024];
    (void)snprintf(text, sizeof text, TINY "matrix: {solver: [\"%s[how=%s]\", none]}\n", plugin, ends[_i].how);
    qb_study_plan *plan = read_plan(text);
    qb_tasks tasks;
    int ended;
    ck_assert_int_eq(run_plan(plan, 1, NULL, &ended, &tasks), QB_E_FAILED);
    ck_assert_str_eq(qb_err_text(), "of 2 runs 1 failed, 0 diverged, 0 are mistrusted, 0 were interrupted");
    ck_assert_int_eq(ended, 2);
    ck_assert_str_eq(tasks.items[0].status, "failed");
    ck_assert_str_eq(tasks.items[1].status, "done");
    json_t *record = NULL;
    ck_assert_int_eq(qb_record_read(tasks.items[0].dir, &record), QB_OK);
    ck_assert_str_eq(json_string_value(json_object_get(record, "status")), "failed");
    const char *reason = json_string_value(json_object_get(record, "reason"));
    if (ends[_i].reason)
        ck_assert_msg(qb_starts_with(reason, ends[_i].reason), "%s", reason);
    else
        ck_assert_ptr_nonnull(strstr(reason, "it was told to"));
    json_decref(record);
    qb_tasks_finish(&tasks);
    qb_study_plan_destroy(plan);
}
END_TEST

static void sleep_ms(long ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

/* Waits until a run has written a checkpoint. */
static void wait_for_save(const qb_task *task)
{
    char *latest = qb_path_join(task->dir, "ckpt/latest");
    for (int i = 0; i < 3000 && !qb_fs_exists(latest); i++)
        sleep_ms(10);
    ck_assert(qb_fs_exists(latest));
    qb_free(latest);
}

/* Each start goes on where the one before ended, to the step that hangs; the other run goes through meanwhile. */
START_TEST(a_run_that_hangs_is_ended_and_the_others_go_on)
{
    char text[1200];
    char *program = qb_program_dir();
    (void)snprintf(text, sizeof text, "base: {dataset: synthetic, model: resnet8, epochs: 1, batch: 32, train_limit: 128, test_limit: 64, time_limit: 5s}\n"
                   "matrix: {solver: [%s/plugins/endless.so, none]}\n", program);
    qb_free(program);
    qb_study_plan *plan = read_plan(text);
    bool hung = false, done = false;
    for (int i = 0; i < 30 && !(hung && done); i++) {
        const qb_runner_options options = {.jobs = 2, .hang_seconds = 1};
        qb_tasks tasks;
        ck_assert_msg(qb_tasks_create(plan, false, NULL, &tasks) == QB_OK, "%s", qb_err_text());
        ck_assert_int_eq(qb_runner_run(&tasks, &options), QB_E_FAILED);
        ck_assert_str_eq(tasks.items[0].status, "failed");
        ck_assert_msg(strstr(tasks.items[0].reason, "time limit of 5s reached") != NULL, "%s", tasks.items[0].reason);
        hung = hung || strstr(tasks.items[0].reason, "nothing ended for 1 s more: the process was ended, the last checkpoint stands") != NULL;
        done = done || strcmp(tasks.items[1].status, "done") == 0;
        ck_assert(!qb_rundir_is_locked(tasks.items[0].dir));
        qb_tasks_finish(&tasks);
    }
    ck_assert(hung && done);
    qb_study_plan_destroy(plan);
}
END_TEST

START_TEST(kill_of_the_parent_loses_nothing)
{
    qb_study_plan *plan = read_plan(LONGER "matrix: {solver: [ste, none]}\n");
    qb_tasks tasks;
    int ended;
    ck_assert_int_eq(qb_tasks_create(plan, false, NULL, &tasks), QB_OK);
    pid_t parent = fork();
    ck_assert_int_ge(parent, 0);
    if (parent == 0) {
        const qb_runner_options options = {.jobs = 2};
        (void)qb_runner_run(&tasks, &options);
        _exit(0);
    }
    wait_for_save(&tasks.items[0]);
    (void)kill(parent, SIGKILL);
    int status;
    ck_assert_int_eq(waitpid(parent, &status, 0), parent);
    ck_assert_msg(WIFSIGNALED(status), "the study ended before it could be killed");
    for (int i = 0; i < 500 && (qb_rundir_is_locked(tasks.items[0].dir) || qb_rundir_is_locked(tasks.items[1].dir)); i++)
        sleep_ms(10); /* children die with their parent */
    ck_assert(!qb_rundir_is_locked(tasks.items[0].dir));
    ck_assert(!qb_rundir_is_locked(tasks.items[1].dir));
    qb_tasks_finish(&tasks);
    ck_assert_int_eq(qb_tasks_create(plan, false, NULL, &tasks), QB_OK);
    ck_assert_str_eq(tasks.items[0].status, "interrupted");
    qb_tasks_finish(&tasks);
    ck_assert_msg(run_plan(plan, 2, NULL, &ended, &tasks) == QB_OK, "%s", qb_err_text());
    char *broken = weights_of(&tasks.items[0]);
    qb_tasks_finish(&tasks);
    qb_study_plan_destroy(plan);

    (void)snprintf(runs_dir, sizeof runs_dir, "%s/unbroken", dir);
    plan = read_plan(LONGER "matrix: {solver: [ste]}\n");
    ck_assert_int_eq(run_plan(plan, 1, NULL, &ended, &tasks), QB_OK);
    char *unbroken = weights_of(&tasks.items[0]);
    ck_assert_str_eq(broken, unbroken);
    qb_free(broken);
    qb_free(unbroken);
    qb_tasks_finish(&tasks);
    qb_study_plan_destroy(plan);
}
END_TEST

START_TEST(stops_on_request_and_goes_on)
{
    qb_study_plan *plan = read_plan(LONGER "matrix: {solver: [ste, none]}\n");
    qb_tasks tasks;
    int ended;
    volatile sig_atomic_t stop = 0;
    ck_assert_int_eq(run_plan(plan, 1, &stop, &ended, &tasks), QB_E_STOPPED);
    ck_assert_str_eq(qb_err_text(), "stopped on request: 2 of 2 runs are left");
    ck_assert_int_eq(ended, 1);
    ck_assert_str_eq(tasks.items[0].status, "interrupted");
    ck_assert_str_eq(tasks.items[1].status, "missing");
    qb_tasks_finish(&tasks);
    ck_assert_msg(run_plan(plan, 2, NULL, &ended, &tasks) == QB_OK, "%s", qb_err_text());
    ck_assert_int_eq(ended, 2);
    qb_tasks_finish(&tasks);
    qb_study_plan_destroy(plan);
}
END_TEST

START_TEST(leaves_alone_what_runs_elsewhere)
{
    qb_study_plan *plan = read_plan(TINY "matrix: {solver: [none, ste]}\n");
    qb_tasks tasks;
    int ended, to_us[2], to_them[2];
    char byte = 0;
    ck_assert_int_eq(qb_tasks_create(plan, false, NULL, &tasks), QB_OK);
    ck_assert_int_eq(pipe(to_us), 0);
    ck_assert_int_eq(pipe(to_them), 0);
    pid_t holder = fork();
    if (holder == 0) {
        qb_rundir d;
        byte = qb_rundir_open(&d, tasks.items[0].dir) == QB_OK;
        (void)!write(to_us[1], &byte, 1);
        (void)!read(to_them[0], &byte, 1);
        _exit(0);
    }
    ck_assert_int_eq(read(to_us[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 1);
    qb_tasks_finish(&tasks);
    ck_assert_int_eq(run_plan(plan, 2, NULL, &ended, &tasks), QB_E_INUSE);
    ck_assert_str_eq(qb_err_text(), "1 of 2 runs are running in another process");
    ck_assert_str_eq(tasks.items[0].status, "elsewhere");
    ck_assert_str_eq(tasks.items[1].status, "done");
    (void)!write(to_them[1], &byte, 1);
    ck_assert_int_eq(waitpid(holder, NULL, 0), holder);
    qb_tasks_finish(&tasks);
    qb_study_plan_destroy(plan);
}
END_TEST

/* A run dies, and another process has its lock and its record in the moment in which the runner hears of it. */
START_TEST(the_record_of_another_process_stays_its_own)
{
    char text[1024], pipe_end[16];
    (void)snprintf(text, sizeof text, TINY "matrix: {solver: [\"%s[how=bequeath]\"]}\n", plugin);
    qb_study_plan *plan = read_plan(text);
    qb_tasks tasks;
    int ended, to_heir[2];
    ck_assert_int_eq(qb_tasks_create(plan, false, NULL, &tasks), QB_OK);
    char *path = qb_path_join(tasks.items[0].dir, "record.json");
    qb_tasks_finish(&tasks);
    ck_assert_int_eq(pipe(to_heir), 0);
    (void)snprintf(pipe_end, sizeof pipe_end, "%d", to_heir[0]);
    ck_assert_int_eq(setenv("QB_TEST_HEIR_PIPE", pipe_end, 1), 0);
    ck_assert_int_eq(setenv("QB_TEST_HEIR_RECORD", path, 1), 0);
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0); /* the heir outlives its parent and is waited for here */
    ck_assert_int_eq(run_plan(plan, 1, NULL, &ended, &tasks), QB_E_INUSE);
    ck_assert_str_eq(tasks.items[0].status, "elsewhere");
    json_t *record = NULL;
    ck_assert_int_eq(qb_record_read(tasks.items[0].dir, &record), QB_OK);
    ck_assert_str_eq(json_string_value(json_object_get(record, "reason")), "the successor's");
    json_decref(record);
    ck_assert_int_eq(write(to_heir[1], "", 1), 1);
    ck_assert_int_gt(wait(NULL), 0);
    qb_free(path);
    qb_tasks_finish(&tasks);
    qb_study_plan_destroy(plan);
}
END_TEST

START_TEST(names_what_is_the_same_for_all)
{
    qb_study_plan *plan = read_plan(TINY);
    qb_tasks tasks;
    int ended;
    ck_assert_int_eq(qb_tasks_create(plan, false, NULL, &tasks), QB_OK);
    char *blocked = qb_path_dir(tasks.items[0].dir);
    char *parent = qb_path_dir(blocked);
    ck_assert_int_eq(qb_fs_make_dirs(parent, 0755), QB_OK);
    ck_assert_int_eq(qb_fs_write_atomic(blocked, "", 0), QB_OK); /* a file where a folder has to be */
    qb_tasks_finish(&tasks);
    int rc = run_plan(plan, 1, NULL, &ended, &tasks);
    ck_assert_msg(rc == QB_E_IO || rc == QB_E_NOINPUT, "%d %s", rc, qb_err_text());
    ck_assert_str_eq(tasks.items[0].status, "failed");
    qb_free(blocked);
    qb_free(parent);
    qb_tasks_finish(&tasks);
    qb_study_plan_destroy(plan);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("runner");
    TCase *tc = tcase_create("runner");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, runs_once_and_any_jobs_give_the_same);
    tcase_add_loop_test(tc, a_crash_stays_with_its_run, 0, sizeof ends / sizeof *ends);
    tcase_add_test(tc, kill_of_the_parent_loses_nothing);
    tcase_add_test(tc, stops_on_request_and_goes_on);
    tcase_add_test(tc, leaves_alone_what_runs_elsewhere);
    tcase_add_test(tc, the_record_of_another_process_stays_its_own);
    tcase_add_test(tc, names_what_is_the_same_for_all);
    suite_add_tcase(s, tc);
    TCase *limit = tcase_create("time limit");
    tcase_add_checked_fixture(limit, set_up, tear_down);
    tcase_add_test(limit, a_run_that_hangs_is_ended_and_the_others_go_on);
    tcase_set_timeout(limit, 200);
    suite_add_tcase(s, limit);
    return s;
}

QB_TEST_MAIN
