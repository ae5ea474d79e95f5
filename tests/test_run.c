/* Runs end to end on synthetic images: killed, stopped, damaged and full-disk runs must end with the bytes of the
 * unbroken one. Every run happens in a child process of its own, as in life. */
#include "qb_test.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "train/record.h"
#include "train/run.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEPS = 14 }; /* 2 epochs of 100 images in batches of 16 */

static char root[] = "/tmp/qatbench-run-XXXXXX";

static void setup(void) { ck_assert_ptr_nonnull(mkdtemp(root)); }
static void teardown(void) { (void)qb_fs_remove_tree(root); }

typedef struct plan {
    const char *dir, *solver, *changes; /* changes: "key=value;..." or "" */
    int64_t kill_step;                  /* SIGKILL when the progress says so; 0 = never */
    const char *kill_phase;
    int64_t stop_step;   /* stop request after this step; 0 = never, -1 = before the first */
    int64_t vanish_step; /* the whole runs folder is removed after this step; 0 = never */
    rlim_t file_limit; /* 0 = none */
    int force, strict;
} plan;

static volatile sig_atomic_t stop;

static void progress(void *context, const qb_progress *p)
{
    const plan *o = context;
    if (o->kill_step && p->step == o->kill_step && strcmp(p->phase, o->kill_phase) == 0)
        raise(SIGKILL);
    if (o->stop_step && p->step == o->stop_step)
        stop = 1;
    if (o->vanish_step && p->step == o->vanish_step) {
        char *path = qb_path_join(root, o->dir);
        (void)qb_fs_remove_tree(path);
        qb_free(path);
    }
}

static int execute(const plan *o, json_t **ret_record)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    qb_settings s;
    QB_TRY(qb_settings_init(&s, schema, n));
    char *text = qb_sprintf("model=resnet8;dataset=synthetic;epochs=2;batch=16;train_limit=100;test_limit=40;lr=0.05;"
                            "anneal_end=10st;quant_period=3;threads=2;checkpoint_every=2st;runs_dir=%s/%s;solver=%s;%s",
                            root, o->dir, o->solver, o->changes);
    int rc = 0;
    for (char *save = NULL, *item = strtok_r(text, ";", &save); item && rc == 0; item = strtok_r(NULL, ";", &save)) {
        char *equals = strchr(item, '=');
        *equals = '\0';
        rc = qb_settings_set(&s, item, equals + 1);
    }
    qb_config *c = NULL;
    if (rc == 0)
        rc = qb_config_create(&s, &c);
    const qb_run_environment env = {.force = o->force, .strict = o->strict, .progress = progress,
                                    .progress_context = (void *)(uintptr_t)o, .stop = &stop};
    stop = o->stop_step < 0;
    if (rc == 0)
        rc = qb_run_execute(c, &env, ret_record);
    qb_config_destroy(c);
    qb_settings_finish(&s);
    qb_free(text);
    return rc;
}

/* Runs in a child; returns its exit status by the table of exit codes, or -signal. */
static int run(const plan *o)
{
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        if (o->file_limit) {
            signal(SIGXFSZ, SIG_IGN);
            const struct rlimit limit = {o->file_limit, o->file_limit};
            setrlimit(RLIMIT_FSIZE, &limit);
        }
        json_t *record = NULL;
        int rc = execute(o, &record);
        json_decref(record);
        if (rc < 0)
            fprintf(stderr, "  (%s)\n", qb_err_text());
        _exit(qb_err_exit_status(rc));
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* The only run below root/dir: its folder and its record. */
static char *only_run(const char *dir, json_t **ret_line)
{
    char *path = qb_path_join(root, dir);
    json_t *lines = NULL;
    ck_assert_msg(qb_records_collect(path, &lines) == 0, "%s", qb_err_text());
    ck_assert_uint_eq(json_array_size(lines), 1);
    *ret_line = json_incref(json_array_get(lines, 0));
    char *folder = qb_strdup(json_string_value(json_object_get(*ret_line, "dir")));
    json_decref(lines);
    qb_free(path);
    return folder;
}

/* Not inlined: gcc 12 takes the block for the address of the variable that it was returned in. */
__attribute__((noinline)) static char *read_file(const char *folder, const char *name)
{
    char *path = qb_path_join(folder, name), *text = NULL;
    size_t n;
    ck_assert_msg(qb_fs_read(path, 1 << 24, &text, &n) == 0, "%s", qb_err_text());
    qb_free(path);
    return text;
}

static const char *sha(const json_t *line)
{
    return json_string_value(json_object_get(json_object_get(line, "result"), "weights_sha256"));
}

static void assert_same(const char *a, const char *b)
{
    json_t *x, *y;
    char *dir_a = only_run(a, &x), *dir_b = only_run(b, &y);
    ck_assert_str_eq(json_string_value(json_object_get(x, "status")), "done");
    ck_assert_str_eq(json_string_value(json_object_get(y, "status")), "done");
    ck_assert_str_eq(sha(x), sha(y));
    char *ma = read_file(dir_a, "metrics.jsonl"), *mb = read_file(dir_b, "metrics.jsonl");
    ck_assert_str_eq(ma, mb);
    ck_assert(json_equal(json_object_get(json_object_get(x, "result"), "curve"), json_object_get(json_object_get(y, "result"), "curve")));
    qb_free(ma);
    qb_free(mb);
    qb_free(dir_a);
    qb_free(dir_b);
    json_decref(x);
    json_decref(y);
}

/* ---- diagnostics ---- */

static char *diagnostics_of(const char *dir)
{
    json_t *line;
    char *folder = only_run(dir, &line), *text = read_file(folder, "diagnostics.jsonl");
    qb_free(folder);
    json_decref(line);
    return text;
}

static bool has_diagnostics(const char *dir)
{
    json_t *line;
    char *folder = only_run(dir, &line), *path = qb_path_join(folder, "diagnostics.jsonl");
    bool has = qb_fs_exists(path);
    qb_free(path);
    qb_free(folder);
    json_decref(line);
    return has;
}

static const struct {
    const char *solver, *changes;
} watched[] = {
    {"parq", ""},
    {"parq", "granularity=row;quant_shrink=true;quant_warmup=3st"},
    {"binaryrelax", "bits=ternary;granularity=block[size=16]"},
    {"lsq", "bits=4"},
    {"ste", "layer_bits=*conv1=1/*conv2=8"},
    {"proxquant", "bits=1"},
    {"none", ""},
};

/* The promise of diagnostics: weights, metrics and curve are those of a run without. */
START_TEST(diagnostics_change_no_number)
{
    char *with = qb_sprintf("%s;diagnostics=all", watched[_i].changes);
    ck_assert_int_eq(run(&(plan){.dir = "plain", .solver = watched[_i].solver, .changes = watched[_i].changes}), 0);
    ck_assert_int_eq(run(&(plan){.dir = "watched", .solver = watched[_i].solver, .changes = with}), 0);
    assert_same("plain", "watched");
    ck_assert(!has_diagnostics("plain"));
    char *text = diagnostics_of("watched");
    ck_assert(qb_starts_with(text, "{\"run\":"));
    bool quantizes = strcmp(watched[_i].solver, "none") != 0;
    static const char *const observers[] = {"levels", "codes", "histogram", "map"};
    for (size_t i = 0; i < 4; i++) {
        char *member = qb_sprintf("\"observer\":\"%s\",\"step\":%d", observers[i], STEPS);
        ck_assert_msg((strstr(text, member) != NULL) == quantizes, "%s", member);
        qb_free(member);
    }
    qb_free(text);
    qb_free(with);
}
END_TEST

START_TEST(killed_runs_leave_the_diagnostics_of_unbroken_ones)
{
    static const int64_t kills[] = {1, 3, 8, 9, 13};
    char *with = qb_sprintf("%s;diagnostics=all", watched[_i].changes);
    plan whole = {.dir = "whole", .solver = watched[_i].solver, .changes = with}, broken = whole;
    ck_assert_int_eq(run(&whole), 0);
    broken.dir = "broken";
    broken.kill_phase = "train";
    for (size_t i = 0; i < sizeof kills / sizeof kills[0]; i++) {
        broken.kill_step = kills[i];
        ck_assert_int_eq(run(&broken), -SIGKILL);
    }
    broken.kill_step = 0;
    ck_assert_int_eq(run(&broken), 0);
    assert_same("whole", "broken");
    char *a = diagnostics_of("whole"), *b = diagnostics_of("broken");
    ck_assert_str_eq(a, b);
    qb_free(a);
    qb_free(b);
    qb_free(with);
}
END_TEST

/* Diagnostics may come and go between starts; a finished run without any stays done. */
START_TEST(diagnostics_come_and_go)
{
    plan p = {.dir = "a", .solver = "parq", .changes = "", .stop_step = 4};
    ck_assert_int_eq(run(&p), 75);
    p.changes = "diagnostics=codes/levels";
    p.stop_step = 9;
    ck_assert_int_eq(run(&p), 75);
    char *text = diagnostics_of("a");
    ck_assert_ptr_nonnull(strstr(text, "\"flips\":null")); /* at the end of the first epoch: nothing to compare with */
    ck_assert_ptr_null(strstr(text, "\"observer\":\"map\""));
    qb_free(text);
    p.changes = "diagnostics=map";
    p.stop_step = 13;
    ck_assert_int_eq(run(&p), 75);
    p.changes = "";
    p.stop_step = 0;
    ck_assert_int_eq(run(&p), 0);
    text = diagnostics_of("a");
    ck_assert_ptr_nonnull(strstr(text, "\"observer\":\"levels\""));
    ck_assert_ptr_nonnull(strstr(text, "\"observer\":\"map\""));
    qb_free(text);
    ck_assert_int_eq(run(&(plan){.dir = "whole", .solver = "parq", .changes = ""}), 0);
    assert_same("whole", "a");
    ck_assert_int_eq(run(&(plan){.dir = "whole", .solver = "parq", .changes = "diagnostics=all"}), 0);
    ck_assert(!has_diagnostics("whole"));
}
END_TEST

static const char *const solvers[] = {"none", "ste", "binaryrelax", "parq", "softquant", "par-nonconvex"};

START_TEST(killed_runs_end_like_unbroken_ones)
{
    const char *solver = solvers[_i];
    plan whole = {.dir = "whole", .solver = solver, .changes = ""};
    ck_assert_int_eq(run(&whole), 0);
    static const struct {
        int64_t step;
        const char *phase;
    } kills[] = {{1, "train"}, {3, "train"}, {4, "save"}, {7, "eval"}, {8, "save"}, {11, "train"}, {14, "eval"}};
    size_t every = strcmp(solver, "parq") == 0 ? 1 : 3; /* all of them for one solver, some for the others */
    for (size_t i = 0; i < sizeof kills / sizeof kills[0]; i += every) {
        plan broken = {.dir = "broken", .solver = solver, .changes = "", .kill_step = kills[i].step, .kill_phase = kills[i].phase};
        ck_assert_int_eq(run(&broken), -SIGKILL);
    }
    ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = solver, .changes = ""}), 0);
    assert_same("whole", "broken");
}
END_TEST

START_TEST(killed_in_parts)
{
    const char *changes = "shards=3;grad_clip=0.5";
    ck_assert_int_eq(run(&(plan){.dir = "whole", .solver = "parq", .changes = changes}), 0);
    ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "parq", .changes = changes, .kill_step = 5, .kill_phase = "train"}), -SIGKILL);
    ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "parq", .changes = changes}), 0);
    assert_same("whole", "broken");
}
END_TEST

/* What stochastic depth drops is a function of the step, not of what ran before. */
START_TEST(killed_with_stochastic_depth)
{
    const char *changes = "model=deit_cifar;drop_path=0.5;optimizer=adamw;lr=0.001;batch=4;train_limit=24;test_limit=4";
    ck_assert_int_eq(run(&(plan){.dir = "whole", .solver = "parq", .changes = changes}), 0);
    ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "parq", .changes = changes, .kill_step = 5, .kill_phase = "train"}), -SIGKILL);
    ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "parq", .changes = changes}), 0);
    assert_same("whole", "broken");
}
END_TEST

/* In the middle of an epoch of six batches, with all that is drawn for images and batches. */
START_TEST(killed_with_every_augmentation)
{
    const char *changes = "augment=deit;mixup=0.8;cutmix=1;repeat_augment=3;shards=4;label_smoothing=0.1";
    ck_assert_int_eq(run(&(plan){.dir = "whole", .solver = "parq", .changes = changes}), 0);
    for (int64_t step = 3; step < 12; step += 4) {
        ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "parq", .changes = changes, .kill_step = step, .kill_phase = "train"}),
                         -SIGKILL);
    }
    char *other = qb_sprintf("%s;loader_threads=3", changes);
    ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "parq", .changes = other}), 0);
    assert_same("whole", "broken");
    qb_free(other);
}
END_TEST

START_TEST(killed_without_the_last_batch)
{
    const char *changes = "augment=resnet;mixup=0.2;drop_last=true;loader_threads=2";
    ck_assert_int_eq(run(&(plan){.dir = "whole", .solver = "parq", .changes = changes}), 0);
    ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "parq", .changes = changes, .kill_step = 9, .kill_phase = "train"}), -SIGKILL);
    ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "parq", .changes = changes}), 0);
    assert_same("whole", "broken");
    json_t *line;
    char *folder = only_run("whole", &line);
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(line, "result"), "steps")), 12); /* 2 epochs of 6, not 7 */
    qb_free(folder);
    json_decref(line);
}
END_TEST

START_TEST(stopped_at_every_step)
{
    ck_assert_int_eq(run(&(plan){.dir = "whole", .solver = "parq", .changes = "optimizer=adamw;lr=0.001"}), 0);
    for (int64_t step = 1; step < STEPS; step += 2)
        ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "parq", .changes = "optimizer=adamw;lr=0.001;checkpoint_every=1ep",
                                     .stop_step = step}), 75);
    ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "parq", .changes = "optimizer=adamw;lr=0.001"}), 0);
    assert_same("whole", "broken");
}
END_TEST

START_TEST(loader_threads_do_not_matter)
{
    ck_assert_int_eq(run(&(plan){.dir = "a", .solver = "parq", .changes = "flip=true;crop=true;loader_threads=0"}), 0);
    ck_assert_int_eq(run(&(plan){.dir = "b", .solver = "parq", .changes = "flip=true;crop=true;loader_threads=3"}), 0);
    assert_same("a", "b");
}
END_TEST

/* One flipped bit in each file of the newest checkpoint, one file after the other. */
static void damage(const char *folder, const char *name, int64_t at)
{
    char *path = qb_path_join(folder, name);
    int fd = open(path, O_RDWR);
    ck_assert_msg(fd >= 0, "%s", path);
    off_t size = lseek(fd, 0, SEEK_END);
    unsigned char byte;
    off_t where = at < 0 ? size / 2 : (off_t)at;
    ck_assert_int_eq(pread(fd, &byte, 1, where), 1);
    byte ^= 0x10;
    ck_assert_int_eq(pwrite(fd, &byte, 1, where), 1);
    close(fd);
    qb_free(path);
}

static const struct {
    const char *name;
    int64_t at; /* byte; -1: in the middle */
} damaged[] = {{"model.safetensors", -1}, {"optim.safetensors", -1}, {"solver.safetensors", -1}, {"manifest.json", -1},
               {"manifest.json", 8},      {"manifest.json", 400},    {"manifest.json", 500},     {"manifest.json", 600}};

/* What the cases of damage share: the same run unbroken, and killed at step 9 with checkpoints of steps 6 and 8. Each takes a copy. */
static void setup_damage(void)
{
    setup();
    ck_assert_int_eq(run(&(plan){.dir = "whole", .solver = "parq", .changes = ""}), 0);
    ck_assert_int_eq(run(&(plan){.dir = "killed", .solver = "parq", .changes = "", .kill_step = 9, .kill_phase = "train"}), -SIGKILL);
}

/* Its copy `dir` of the killed run; the folder of that run. */
static char *copy_of_killed(const char *dir)
{
    char *command = qb_sprintf("cp -a %s/killed %s/%s", root, root, dir);
    ck_assert_int_eq(system(command), 0);
    qb_free(command);
    json_t *line;
    char *folder = only_run(dir, &line);
    ck_assert_str_eq(json_string_value(json_object_get(line, "status")), "interrupted");
    json_decref(line);
    return folder;
}

/* Goes on from the checkpoint before the newest, to the end of the unbroken run. */
static void assert_resumes_before(const char *dir, const char *folder)
{
    ck_assert_int_eq(run(&(plan){.dir = dir, .solver = "parq", .changes = ""}), 0);
    char *log = read_file(folder, "log.txt");
    ck_assert_ptr_nonnull(strstr(log, "resuming"));
    ck_assert_ptr_nonnull(strstr(log, "checkpoint step-00000008 is not usable"));
    ck_assert_ptr_nonnull(strstr(log, "from step 6"));
    assert_same("whole", dir);
    qb_free(log);
}

START_TEST(damaged_checkpoint)
{
    char dir[16];
    (void)snprintf(dir, sizeof dir, "file%d", _i);
    char *folder = copy_of_killed(dir), *newest = qb_sprintf("%s/ckpt/step-00000008", folder);
    damage(newest, damaged[_i].name, damaged[_i].at);
    assert_resumes_before(dir, folder);
    qb_free(newest);
    qb_free(folder);
}
END_TEST

/* Another digit behind `mark`. */
static void change_after(char *text, const char *mark)
{
    char *place = strstr(text, mark);
    ck_assert_ptr_nonnull(place);
    place += strlen(mark);
    *place = *place == '1' ? '2' : '1';
}

/* Any byte of the manifest: the hash of it must notice (white space that JSON ignores may change freely). */
START_TEST(damaged_manifest)
{
    char dir[16];
    (void)snprintf(dir, sizeof dir, "manifest%d", _i);
    char *folder = copy_of_killed(dir);
    char *newest = qb_sprintf("%s/ckpt/step-00000008", folder), *text = read_file(newest, "manifest.json");
    static const char *const at[] = {"\"step\": ", "\"metrics_bytes\": ", "\"loss_sum\": ", "\"run\": \"", "\"sha256\": \"", "\"seen\": "};
    change_after(text, at[_i]);
    char *path = qb_path_join(newest, "manifest.json");
    ck_assert_int_eq(qb_fs_write_atomic(path, text, strlen(text)), 0);
    assert_resumes_before(dir, folder);
    qb_free(path);
    qb_free(text);
    qb_free(newest);
    qb_free(folder);
}
END_TEST

/* Both checkpoints useless: begun anew, said, and what is saved from then on is kept although later steps lie around. */
START_TEST(both_checkpoints_damaged)
{
    ck_assert_int_eq(run(&(plan){.dir = "whole", .solver = "ste", .changes = ""}), 0);
    ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "ste", .changes = "", .kill_step = 9, .kill_phase = "train"}), -SIGKILL);
    json_t *line;
    char *folder = only_run("broken", &line);
    for (int step = 6; step <= 8; step += 2) {
        char *name = qb_sprintf("%s/ckpt/step-%08d", folder, step);
        damage(name, "model.safetensors", -1);
        qb_free(name);
    }
    ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "ste", .changes = "checkpoint_every=1ep", .stop_step = 3}), 75);
    char *kept = qb_sprintf("%s/ckpt/step-00000003/manifest.json", folder);
    ck_assert(qb_fs_exists(kept));
    ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "ste", .changes = ""}), 0);
    char *log = read_file(folder, "log.txt");
    ck_assert_ptr_nonnull(strstr(log, "starting from the beginning"));
    ck_assert_ptr_nonnull(strstr(log, "from step 3"));
    assert_same("whole", "broken");
    qb_free(log);
    qb_free(kept);
    qb_free(folder);
    json_decref(line);
}
END_TEST

/* metrics.jsonl lost bytes that the newest checkpoint counts on (a power cut): the one before is used. */
START_TEST(short_metrics)
{
    ck_assert_int_eq(run(&(plan){.dir = "whole", .solver = "ste", .changes = ""}), 0);
    ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "ste", .changes = "", .kill_step = 13, .kill_phase = "train"}), -SIGKILL);
    json_t *line;
    char *folder = only_run("broken", &line);
    char *path = qb_path_join(folder, "metrics.jsonl");
    int64_t bytes;
    ck_assert_int_eq(qb_fs_size(path, &bytes), 0);
    ck_assert_int_eq(truncate(path, bytes / 4), 0);
    ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "ste", .changes = ""}), 0);
    assert_same("whole", "broken");
    qb_free(path);
    qb_free(folder);
    json_decref(line);
}
END_TEST

START_TEST(vanished_folder)
{
    ck_assert_int_eq(run(&(plan){.dir = "gone", .solver = "ste", .changes = "", .vanish_step = 5}), 74);
    ck_assert_int_eq(run(&(plan){.dir = "gone", .solver = "ste", .changes = ""}), 0);
}
END_TEST

START_TEST(stop_right_after_resuming)
{
    ck_assert_int_eq(run(&(plan){.dir = "whole", .solver = "parq", .changes = ""}), 0);
    ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "parq", .changes = "", .stop_step = 5}), 75);
    for (int i = 0; i < 2; i++) /* asked to stop before the first step: what is saved stays saved */
        ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "parq", .changes = "", .stop_step = -1, .file_limit = 1 << 18}), 75);
    ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "parq", .changes = ""}), 0);
    assert_same("whole", "broken");
}
END_TEST

START_TEST(full_disk)
{
    ck_assert_int_eq(run(&(plan){.dir = "whole", .solver = "ste", .changes = ""}), 0);
    /* no file may grow past 256 KiB: the first checkpoint cannot be written, while the copy of a sanitized plugin can */
    ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "ste", .changes = "", .file_limit = 1 << 18}), 74);
    json_t *line;
    char *folder = only_run("broken", &line);
    ck_assert_str_eq(json_string_value(json_object_get(line, "status")), "interrupted");
    ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(line, "reason")), "safetensors"));
    qb_free(folder);
    json_decref(line);
    ck_assert_int_eq(run(&(plan){.dir = "broken", .solver = "ste", .changes = ""}), 0);
    assert_same("whole", "broken");
}
END_TEST

START_TEST(finished_run_trains_nothing)
{
    plan o = {.dir = "a", .solver = "ste", .changes = ""};
    ck_assert_int_eq(run(&o), 0);
    json_t *line;
    char *folder = only_run("a", &line);
    char *before = read_file(folder, "record.json");
    o.kill_step = 1; /* would be killed if it trained */
    o.kill_phase = "train";
    ck_assert_int_eq(run(&o), 0);
    char *after = read_file(folder, "record.json");
    ck_assert_str_eq(before, after);
    o.force = 1;
    ck_assert_int_eq(run(&o), -SIGKILL);
    qb_free(before);
    qb_free(after);
    qb_free(folder);
    json_decref(line);
}
END_TEST

START_TEST(diverged_is_a_status)
{
    ck_assert_int_eq(run(&(plan){.dir = "a", .solver = "none", .changes = "lr=1e6"}), 1);
    json_t *line;
    char *folder = only_run("a", &line);
    ck_assert_str_eq(json_string_value(json_object_get(line, "status")), "diverged");
    ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(line, "reason")), "not finite"));
    ck_assert_int_eq(run(&(plan){.dir = "a", .solver = "none", .changes = "lr=1e6", .kill_step = 1, .kill_phase = "train"}), 1);
    qb_free(folder);
    json_decref(line);
}
END_TEST

/* One step an epoch: its loss is that of the initial weights, and only the test meets the weights that the step left. */
START_TEST(a_test_that_is_not_finite_is_diverged)
{
    ck_assert_int_eq(run(&(plan){.dir = "a", .solver = "none", .changes = "lr=1e6;batch=100"}), 1);
    json_t *line;
    char *folder = only_run("a", &line);
    ck_assert_str_eq(json_string_value(json_object_get(line, "status")), "diverged");
    ck_assert_str_eq(json_string_value(json_object_get(line, "reason")), "the test loss is not finite after step 1");
    ck_assert(json_is_null(json_object_get(json_object_get(line, "result"), "test_loss")));
    qb_free(folder);
    json_decref(line);
}
END_TEST

START_TEST(says_that_it_learned_nothing)
{
    ck_assert_int_eq(run(&(plan){.dir = "a", .solver = "none", .changes = "lr=1e-9;seed=2"}), 0);
    json_t *line;
    char *folder = only_run("a", &line);
    const json_t *notes = json_object_get(line, "notes");
    ck_assert_uint_eq(json_array_size(notes), 1);
    const char *note = json_string_value(json_array_get(notes, 0)), *end = " is at chance level (10 %)";
    ck_assert_msg(strncmp(note, "test accuracy ", 14) == 0 && strcmp(note + strlen(note) - strlen(end), end) == 0, "%s", note);
    qb_free(folder);
    json_decref(line);
}
END_TEST

START_TEST(one_process_a_run)
{
    ck_assert_int_eq(run(&(plan){.dir = "a", .solver = "ste", .changes = "", .kill_step = 3, .kill_phase = "train"}), -SIGKILL);
    json_t *line;
    char *folder = only_run("a", &line);
    char *lock = qb_path_join(folder, "lock");
    int fd = open(lock, O_RDWR);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    ck_assert_int_eq(run(&(plan){.dir = "a", .solver = "ste", .changes = ""}), 73);
    close(fd);
    ck_assert_int_eq(run(&(plan){.dir = "a", .solver = "ste", .changes = ""}), 0);
    qb_free(lock);
    qb_free(folder);
    json_decref(line);
}
END_TEST

START_TEST(strict_refuses_other_threads)
{
    ck_assert_int_eq(run(&(plan){.dir = "a", .solver = "ste", .changes = "", .stop_step = 3}), 75);
    ck_assert_int_eq(run(&(plan){.dir = "a", .solver = "ste", .changes = "threads=1", .strict = 1}), 78);
    ck_assert_int_eq(run(&(plan){.dir = "a", .solver = "ste", .changes = "threads=1"}), 0);
    json_t *line;
    char *folder = only_run("a", &line);
    char *record = read_file(folder, "record.json");
    ck_assert_ptr_nonnull(strstr(record, "machine.threads changed between starts"));
    qb_free(record);
    qb_free(folder);
    json_decref(line);
}
END_TEST

START_TEST(foreign_configuration_in_the_folder)
{
    ck_assert_int_eq(run(&(plan){.dir = "a", .solver = "ste", .changes = "", .stop_step = 3}), 75);
    json_t *line;
    char *folder = only_run("a", &line);
    char *path = qb_path_join(folder, "config.json");
    const char other[] = "{\"schema\": \"qatbench.config/1\"}\n";
    ck_assert_int_eq(qb_fs_write_atomic(path, other, strlen(other)), 0);
    ck_assert_int_eq(run(&(plan){.dir = "a", .solver = "ste", .changes = ""}), 78);
    ck_assert_int_eq(run(&(plan){.dir = "a", .solver = "ste", .changes = "", .force = 1}), 0);
    qb_free(path);
    qb_free(folder);
    json_decref(line);
}
END_TEST

START_TEST(unwritable_place)
{
    qb_config *c = NULL;
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    qb_settings s;
    ck_assert_int_eq(qb_settings_init(&s, schema, n), 0);
    static const char *const given[][2] = {{"model", "resnet8"}, {"dataset", "synthetic"}, {"epochs", "1"},
                                           {"runs_dir", "/proc/nowhere"}};
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(qb_settings_set(&s, given[i][0], given[i][1]), 0);
    ck_assert_int_eq(qb_config_create(&s, &c), 0);
    json_t *record = NULL;
    int rc = qb_run_execute(c, &(qb_run_environment){0}, &record);
    ck_assert_int_lt(rc, 0);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "/proc/nowhere"));
    ck_assert_ptr_nonnull(strstr(qb_err_hint_text(), "--runs-dir"));
    qb_config_destroy(c);
    qb_settings_finish(&s);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("run");
    TCase *t = tcase_create("run");
    tcase_set_timeout(t, 240);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, killed_runs_end_like_unbroken_ones, 0, sizeof solvers / sizeof solvers[0]);
    tcase_add_loop_test(t, diagnostics_change_no_number, 0, sizeof watched / sizeof watched[0]);
    tcase_add_loop_test(t, killed_runs_leave_the_diagnostics_of_unbroken_ones, 0, 4);
    tcase_add_test(t, diagnostics_come_and_go);
    tcase_add_test(t, killed_in_parts);
    tcase_add_test(t, killed_with_stochastic_depth);
    tcase_add_test(t, killed_with_every_augmentation);
    tcase_add_test(t, killed_without_the_last_batch);
    tcase_add_test(t, stopped_at_every_step);
    tcase_add_test(t, loader_threads_do_not_matter);
    tcase_add_test(t, both_checkpoints_damaged);
    tcase_add_test(t, short_metrics);
    tcase_add_test(t, vanished_folder);
    tcase_add_test(t, stop_right_after_resuming);
    tcase_add_test(t, full_disk);
    tcase_add_test(t, finished_run_trains_nothing);
    tcase_add_test(t, diverged_is_a_status);
    tcase_add_test(t, a_test_that_is_not_finite_is_diverged);
    tcase_add_test(t, says_that_it_learned_nothing);
    tcase_add_test(t, one_process_a_run);
    tcase_add_test(t, strict_refuses_other_threads);
    tcase_add_test(t, foreign_configuration_in_the_folder);
    tcase_add_test(t, unwritable_place);
    suite_add_tcase(s, t);
    TCase *damage_cases = tcase_create("damage");
    tcase_set_timeout(damage_cases, 240);
    tcase_add_unchecked_fixture(damage_cases, setup_damage, teardown);
    tcase_add_loop_test(damage_cases, damaged_checkpoint, 0, sizeof damaged / sizeof damaged[0]);
    tcase_add_loop_test(damage_cases, damaged_manifest, 0, 6);
    suite_add_tcase(s, damage_cases);
    return s;
}

QB_TEST_MAIN
