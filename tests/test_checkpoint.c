/* Negative controls of resuming: whatever a checkpoint holds, a resumed run that goes without it must be noticed, by an
 * error or by other weights, metrics or curves. What nobody misses is dead, or not tested. */
#include "qb_test.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/safetensors.h"
#include "base/str.h"
#include "train/checkpoint.h"
#include "train/eval.h"
#include "train/record.h"
#include "train/run.h"
#include "train/trainer.h"
#include "train/weights.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[64];

static void setup(void)
{
    strcpy(root, "/tmp/qb-checkpoint-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
}

static void teardown(void) { (void)qb_fs_remove_tree(root); }

/* ---- runs, each in a process of its own ---- */

typedef struct plan {
    const char *dir, *changes;
    int64_t stop_step, kill_step; /* 0: never */
    const qb_checkpoint_content *content;
    bool force, as_nobody; /* as_nobody: with no right to write what root made */
} plan;

static volatile sig_atomic_t stop;

static void progress(void *context, const qb_progress *p)
{
    const plan *o = context;
    if (o->kill_step && p->step == o->kill_step && strcmp(p->phase, "train") == 0)
        raise(SIGKILL);
    if (o->stop_step && p->step == o->stop_step)
        stop = 1;
}

static int configure(const plan *o, qb_settings *s, qb_config **ret_config)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    QB_TRY(qb_settings_init(s, schema, n));
    char *text = qb_sprintf("model=resnet8;dataset=synthetic;epochs=2;batch=16;train_limit=100;test_limit=40;lr=0.05;"
                            "anneal_end=10st;quant_period=3;threads=2;solver=parq;diagnostics=all;runs_dir=%s/%s;%s",
                            root, o->dir, o->changes);
    int rc = QB_OK;
    for (char *save = NULL, *item = strtok_r(text, ";", &save); item && rc == 0; item = strtok_r(NULL, ";", &save)) {
        char *equals = strchr(item, '=');
        *equals = '\0';
        rc = qb_settings_set(s, item, equals + 1);
    }
    qb_free(text);
    return rc == QB_OK ? qb_config_create(s, ret_config) : rc;
}

static int run(const plan *o)
{
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        qb_settings s;
        qb_config *c = NULL;
        json_t *record = NULL;
        int rc = configure(o, &s, &c);
        const qb_run_environment env = {.progress = progress, .progress_context = (void *)(uintptr_t)o, .stop = &stop,
                                        .content = o->content, .force = o->force};
        if (o->as_nobody && geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(99);
        if (rc == QB_OK)
            rc = qb_run_execute(c, &env, &record);
        _exit(qb_err_exit_status(rc));
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static json_t *only_run(const char *dir)
{
    char *path = qb_path_join(root, dir);
    json_t *lines = NULL;
    ck_assert_msg(qb_records_collect(path, &lines) == 0, "%s", qb_err_text());
    ck_assert_uint_eq(json_array_size(lines), 1);
    json_t *line = json_incref(json_array_get(lines, 0));
    json_decref(lines);
    qb_free(path);
    return line;
}

static const char *folder_of(const json_t *line) { return json_string_value(json_object_get(line, "dir")); }

static bool are_same(const char *a, const char *b)
{
    json_t *x = only_run(a), *y = only_run(b);
    static const char *const members[] = {"weights_sha256", "curve"}, *const files[] = {"metrics.jsonl", "diagnostics.jsonl"};
    bool same = true;
    for (size_t i = 0; i < 2; i++)
        same = same && json_equal(json_object_get(json_object_get(x, "result"), members[i]),
                                  json_object_get(json_object_get(y, "result"), members[i]));
    const json_t *const lines[] = {x, y};
    for (size_t k = 0; k < 2; k++) {
        char *texts[2];
        for (size_t i = 0; i < 2; i++) {
            char *path = qb_path_join(folder_of(lines[i]), files[k]);
            ck_assert_int_eq(qb_fs_read(path, 1 << 24, &texts[i], &(size_t){0}), 0);
            qb_free(path);
        }
        same = same && strcmp(texts[0], texts[1]) == 0;
        qb_free(texts[0]);
        qb_free(texts[1]);
    }
    json_decref(x);
    json_decref(y);
    return same;
}

/* ---- what is interrupted, and where ---- */

typedef struct scene {
    const char *name, *changes;
    int64_t stop_step, kill_step;
} scene;

static const scene scenes[] = {
    {"inside-an-epoch", "", 8, 0}, /* and between two refreshes of the levels */
    {"after-an-evaluation", "checkpoint_every=7st", 0, 8}, /* an epoch has 7 steps */
    {"adam", "optimizer=adamw;lr=0.001", 8, 0},
};


/* root/NAME-whole went through; root/NAME-cut is to go on. */
static void begin(const scene *s)
{
    char whole[64], cut[64];
    (void)snprintf(whole, sizeof whole, "%s-whole", s->name);
    (void)snprintf(cut, sizeof cut, "%s-cut", s->name);
    ck_assert_int_eq(run(&(plan){.dir = whole, .changes = s->changes}), 0);
    ck_assert_int_eq(run(&(plan){.dir = cut, .changes = s->changes, .stop_step = s->stop_step, .kill_step = s->kill_step}),
                     s->kill_step ? -SIGKILL : 75);
}

/* Goes on from a copy with this content; true when that makes no difference. */
static bool goes_unnoticed(const scene *s, const qb_checkpoint_content *content)
{
    char whole[64], *command = qb_sprintf("rm -rf %s/again && cp -r %s/%s-cut %s/again", root, root, s->name, root);
    (void)snprintf(whole, sizeof whole, "%s-whole", s->name);
    ck_assert_int_eq(system(command), 0);
    qb_free(command);
    return run(&(plan){.dir = "again", .changes = s->changes, .content = content}) == 0 && are_same(whole, "again");
}

/* ---- rows of the lists ---- */

START_TEST(nothing_is_saved_in_vain)
{
    const qb_checkpoint_content *all = &qb_checkpoint_all;
    qb_checkpoint_part parts[16];
    qb_checkpoint_number numbers[32];
    ck_assert_uint_le(all->n_parts, 16);
    ck_assert_uint_le(all->n_numbers, 32);
    for (int i = 0; i < 2; i++) {
        begin(&scenes[i]);
        ck_assert_msg(goes_unnoticed(&scenes[i], all), "%s: resuming makes a difference", scenes[i].name);
    }
    for (size_t left_out = 0; left_out < all->n_parts + all->n_numbers; left_out++) {
        qb_checkpoint_content rest = {.parts = parts, .numbers = numbers};
        for (size_t i = 0; i < all->n_parts; i++)
            if (i != left_out)
                parts[rest.n_parts++] = all->parts[i];
        for (size_t i = 0; i < all->n_numbers; i++)
            if (all->n_parts + i != left_out)
                numbers[rest.n_numbers++] = all->numbers[i];
        const char *name = left_out < all->n_parts ? all->parts[left_out].name : all->numbers[left_out - all->n_parts].name;
        ck_assert_msg(!goes_unnoticed(&scenes[0], &rest) || !goes_unnoticed(&scenes[1], &rest), "%s is not missed", name);
    }
}
END_TEST

/* Every member of the state has a row. */
START_TEST(no_number_is_forgotten)
{
    size_t n_bytes = 0;
    for (size_t i = 0; i < qb_checkpoint_all.n_numbers; i++) {
        n_bytes += 8;
        for (size_t k = 0; k < i; k++)
            ck_assert_uint_ne(qb_checkpoint_all.numbers[i].offset, qb_checkpoint_all.numbers[k].offset);
    }
    ck_assert_uint_eq(n_bytes, sizeof(qb_train_state));
}
END_TEST

/* ---- tensors inside the files ---- */

static const char *part_name, *lost; /* of the child: every tensor of the part whose name ends so is loaded as zeros */

static int load_without(const qb_training *t, const char *path)
{
    qb_safetensors f;
    QB_TRY(qb_safetensors_read(path, &f));
    bool any = false;
    for (size_t i = 0; i < f.n; i++) {
        bool is_forward = strncmp(f.tensors[i].name, "w/", 2) == 0;
        if (strcmp(lost, "w/") == 0 ? is_forward : !is_forward && qb_ends_with(f.tensors[i].name, lost)) {
            memset((void *)(uintptr_t)f.tensors[i].data, 0, f.tensors[i].n_bytes);
            any = true;
        }
    }
    char *copy = qb_sprintf("%s.zeroed", path);
    int rc = any ? qb_safetensors_write(copy, f.tensors, f.n, f.metadata, NULL) : QB_OK;
    qb_safetensors_finish(&f);
    for (size_t i = 0; rc == QB_OK && i < qb_checkpoint_all.n_parts; i++) {
        if (strcmp(qb_checkpoint_all.parts[i].name, part_name) == 0)
            rc = qb_checkpoint_all.parts[i].load(t, any ? copy : path); /* not there: nothing changes, and the test fails */
    }
    qb_free(copy);
    return rc;
}

static const struct {
    const char *part, *lost;
    int scene;
} tensors[] = {
    {"model", "conv1.weight", 0}, {"model", "w/", 0},        {"model", ".running_mean", 0}, {"model", ".running_var", 0},
    {"model", ".bias", 0},        {"optim", ".momentum", 0}, {"optim", ".m", 2},            {"optim", ".v", 2},
    {"optim", "step_counts", 2},  {"solver", ".levels", 0},  {"solver", "next_step", 0},    {"solver", "lr_sum", 0},
};

START_TEST(no_tensor_is_saved_in_vain)
{
    const scene *s = &scenes[_i];
    bool has_begun = false;
    for (size_t row = 0; row < sizeof tensors / sizeof *tensors; row++) {
        if (tensors[row].scene != _i)
            continue;
        if (!has_begun)
            begin(s);
        has_begun = true;
        part_name = tensors[row].part;
        lost = tensors[row].lost;
        qb_checkpoint_part parts[16];
        for (size_t i = 0; i < qb_checkpoint_all.n_parts; i++) {
            parts[i] = qb_checkpoint_all.parts[i];
            if (strcmp(parts[i].name, part_name) == 0)
                parts[i].load = load_without;
        }
        qb_checkpoint_content content = qb_checkpoint_all;
        content.parts = parts;
        ck_assert_msg(!goes_unnoticed(s, &content), "%s: %s is not missed", part_name, lost);
    }
}
END_TEST

/* A folder that stood aside when the process was killed is a checkpoint again. */
START_TEST(a_checkpoint_aside_is_found)
{
    begin(&scenes[0]);
    json_t *line = only_run("inside-an-epoch-cut");
    char *command = qb_sprintf("cd '%s/ckpt' && rm -rf step-00000007 && mv step-00000008 step-00000008.old && mkdir saving",
                               folder_of(line));
    ck_assert_int_eq(system(command), 0);
    ck_assert(goes_unnoticed(&scenes[0], NULL));
    json_t *again = only_run("again");
    char *log, *path = qb_path_join(folder_of(again), "log.txt");
    ck_assert_int_eq(qb_fs_read(path, 1 << 20, &log, &(size_t){0}), 0);
    ck_assert_ptr_nonnull(strstr(log, "from step 8"));
    qb_free(log);
    qb_free(path);
    qb_free(command);
    json_decref(line);
    json_decref(again);
}
END_TEST

/* ---- the weights of a finished run ---- */

static const float *values_of(const qb_safetensors *f, const char *name, size_t n)
{
    const qb_st_tensor *t = qb_safetensors_find(f, name);
    ck_assert_msg(t, "%s", name);
    ck_assert_int_eq(t->dtype, QB_F32);
    ck_assert_uint_eq(t->n_elements, n);
    return t->data;
}

/* From trained.safetensors alone: the test accuracy of the weights as trained, which the record has. */
static double soft_top1(const char *dir, const char *changes, const qb_safetensors *f)
{
    qb_settings s;
    qb_config *c = NULL;
    qb_dataset *data = NULL;
    qb_trainer *t = NULL;
    ck_assert_msg(configure(&(plan){.dir = dir, .changes = changes}, &s, &c) == 0, "%s", qb_err_text());
    ck_assert_int_eq(qb_dataset_open("synthetic", NULL, &data), 0);
    ck_assert_int_eq(qb_dataset_load(data), 0);
    ck_assert_int_eq(qb_trainer_create(c, data, 2, &t), 0);
    size_t n;
    qb_param *params = qb_net_params(t->net, &n);
    for (size_t i = 0; i < n; i++)
        memcpy(params[i].w, values_of(f, params[i].name, params[i].n), params[i].n * sizeof(float));
    qb_running_stat *stats = qb_net_running_stats(t->net, &n);
    for (size_t i = 0; i < n; i++)
        memcpy(stats[i].value, values_of(f, stats[i].name, stats[i].n), stats[i].n * sizeof(float));
    qb_eval_result result;
    ck_assert_int_eq(qb_evaluate(t->net, t->test, NULL, NULL, NULL, &result, NULL), 0);
    qb_trainer_destroy(t);
    qb_dataset_close(data);
    qb_config_destroy(c);
    qb_settings_finish(&s);
    return result.top1;
}

START_TEST(keeps_the_weights_as_trained)
{
    static const char *const solvers[] = {"solver=parq;anneal_end=2ep", "solver=softquant;anneal_end=2ep", "solver=none"};
    bool is_quantized = _i < 2;
    ck_assert_int_eq(run(&(plan){.dir = "a", .changes = solvers[_i]}), 0);
    json_t *line = only_run("a");
    qb_safetensors trained, finished;
    ck_assert_msg(qb_weights_open(folder_of(line), QB_WEIGHTS_TRAINED, &trained) == 0, "%s", qb_err_text());
    ck_assert_msg(qb_weights_open(folder_of(line), QB_WEIGHTS_FINISHED, &finished) == 0, "%s", qb_err_text());
    size_t n_latent = 0, n_other = 0;
    for (size_t i = 0; i < trained.n; i++)
        n_latent += strncmp(trained.tensors[i].name, "x/", 2) == 0;
    ck_assert_uint_eq(trained.n - n_latent, finished.n);
    for (size_t i = 0; i < finished.n; i++) { /* the same names in the same order, then x/NAME */
        ck_assert_str_eq(trained.tensors[i].name, finished.tensors[i].name);
        char *latent = qb_sprintf("x/%s", finished.tensors[i].name);
        bool differs = memcmp(values_of(&trained, finished.tensors[i].name, finished.tensors[i].n_elements),
                              finished.tensors[i].data, finished.tensors[i].n_bytes) != 0;
        ck_assert_msg(!differs || qb_safetensors_find(&trained, latent), "%s", latent);
        n_other += differs;
        qb_free(latent);
    }
    ck_assert_int_eq(n_latent > 0, is_quantized);
    ck_assert_int_eq(n_other > 0, is_quantized); /* at the end of the window the weights are still soft */
    double recorded = json_number_value(json_object_get(json_object_get(line, "result"), "test_top1_soft"));
    ck_assert_double_eq(soft_top1("a", solvers[_i], &trained), recorded);
    qb_safetensors_finish(&trained);
    qb_safetensors_finish(&finished);
    json_decref(line);
}
END_TEST

/* Only a run that is over has weights; one of 0.1.0 has the finished ones only; --force leaves no old ones behind. */
START_TEST(says_which_weights_are_there)
{
    qb_safetensors f;
    ck_assert_int_eq(qb_weights_open(root, QB_WEIGHTS_FINISHED, &f), QB_E_NOINPUT);
    ck_assert_int_eq(run(&(plan){.dir = "a", .changes = "", .stop_step = 3}), 75);
    json_t *line = only_run("a");
    const char *dir = folder_of(line);
    for (int kind = QB_WEIGHTS_FINISHED; kind <= QB_WEIGHTS_TRAINED; kind++) {
        ck_assert_int_eq(qb_weights_open(dir, (qb_weights_kind)kind, &f), QB_E_NOINPUT);
        ck_assert_ptr_nonnull(strstr(qb_err_text(), "the run is not finished (interrupted)"));
    }
    ck_assert_int_eq(run(&(plan){.dir = "a", .changes = ""}), 0);
    char *path = qb_path_join(dir, "trained.safetensors");
    ck_assert(qb_fs_exists(path));
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(qb_weights_open(dir, QB_WEIGHTS_TRAINED, &f), QB_E_NOINPUT);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), dir));
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "holds its finished weights only"));
    ck_assert_int_eq(qb_weights_open(dir, QB_WEIGHTS_FINISHED, &f), QB_OK);
    qb_safetensors_finish(&f);
    ck_assert_int_eq(qb_fs_write_atomic(path, "old", 3), QB_OK);
    ck_assert_int_eq(run(&(plan){.dir = "a", .changes = "", .force = true, .stop_step = 3}), 75);
    ck_assert(!qb_fs_exists(path));
    qb_free(path);
    json_decref(line);
}
END_TEST

/* Showing what is finished needs no write: not the lock's file, not the log's. What is not finished says why it cannot go
 * on. */
START_TEST(a_finished_run_is_shown_where_nothing_can_be_written)
{
    static const char *const changes[] = {"", "solver=none;lr=1e6"};
    static const int outcome[] = {0, 1}; /* done, diverged */
    char *command = qb_sprintf("chmod 755 %s; cd %s && cp -r a before && chmod -R a-w a", root, root);
    ck_assert_int_eq(run(&(plan){.dir = "a", .changes = changes[_i]}), outcome[_i]);
    ck_assert_int_eq(run(&(plan){.dir = "b", .changes = changes[_i], .stop_step = 1}), 75);
    ck_assert_int_eq(system(command), 0);
    qb_free(command);
    ck_assert_int_eq(run(&(plan){.dir = "a", .changes = changes[_i], .as_nobody = true}), outcome[_i]);
    command = qb_sprintf("cd %s && diff -r a before && chmod -R u+w a && chmod -R a-w b", root);
    ck_assert_int_eq(system(command), 0);
    ck_assert_int_eq(run(&(plan){.dir = "b", .changes = changes[_i], .as_nobody = true}), 74);
    qb_free(command);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("checkpoint");
    TCase *t = tcase_create("checkpoint");
    tcase_set_timeout(t, 240);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, nothing_is_saved_in_vain);
    tcase_add_test(t, no_number_is_forgotten);
    tcase_add_loop_test(t, no_tensor_is_saved_in_vain, 0, sizeof scenes / sizeof *scenes);
    tcase_add_test(t, a_checkpoint_aside_is_found);
    suite_add_tcase(s, t);
    t = tcase_create("finished");
    tcase_set_timeout(t, 240);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, keeps_the_weights_as_trained, 0, 3);
    tcase_add_loop_test(t, a_finished_run_is_shown_where_nothing_can_be_written, 0, 2);
    tcase_add_test(t, says_which_weights_are_there);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
