/* Many runs at once. See runner.h. */
#include "study/runner.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/stop_signals.h"
#include "base/str.h"
#include "train/cores.h"
#include "train/record.h"
#include "train/rundir.h"
#include "train/smoke.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What a child and its parent tell each other, in memory that both see. Numbers for display may be torn; `ended` is written last. */
typedef struct board {
    volatile int64_t step, n_steps;
    volatile double images_per_second;
    volatile int code; /* QB_E_* of the run */
    char text[1024], hint[512];
    volatile int ended;
    volatile sig_atomic_t stop; /* told to the child, by its parent or by a signal: save and stop */
} board;

typedef struct child {
    pid_t pid; /* 0: the slot is free */
    int words; /* what it writes to stderr: a file in memory */
    double started;
} child;

typedef struct runner {
    qb_tasks *tasks;
    const qb_runner_options *options;
    int n_slots;
    child *children;       /* one a slot */
    qb_runner_slot *slots; /* what the outside sees */
    board *boards;         /* shared, one a slot */
    cpu_set_t allowed;
    int threads; /* most that a task uses */
    double started;
    size_t n_left, n_expected, n_ended, n_refused; /* expected to end: all that are left, or max_starts and those elsewhere */
    size_t n_started; /* without those that turned out to run elsewhere */
    size_t n_bad;     /* of these: ended as failed, diverged or mistrusted */
    int refusal; /* the code of runs that could not start, when it was the same for all; 0: none yet */
    char refusal_text[1024], refusal_hint[512];
} runner;

/* ---- the child ---- */

static board *child_board;

static void on_child_stop(int signal_number)
{
    (void)signal_number;
    child_board->stop = 1;
}

/* What the caller ignores stays ignored. The terminal's Ctrl-C reaches the whole group; the parent alone decides what it
 * means. */
static void catch_signals(board *b)
{
    child_board = b;
    for (int i = 0; i < QB_N_STOP_SIGNALS; i++) {
        struct sigaction action;
        if (sigaction(qb_stop_signals[i], NULL, &action) != 0 || action.sa_handler == SIG_IGN)
            continue;
        action = (struct sigaction){.sa_handler = qb_stop_signals[i] == SIGINT ? SIG_IGN : on_child_stop, .sa_flags = SA_RESTART};
        (void)sigaction(qb_stop_signals[i], &action, NULL);
    }
}

static void redirect(int words)
{
    int null = open("/dev/null", O_RDWR);
    if (null >= 0) {
        (void)dup2(null, STDIN_FILENO);
        (void)dup2(null, STDOUT_FILENO);
        if (words < 0)
            (void)dup2(null, STDERR_FILENO);
    }
    if (words >= 0)
        (void)dup2(words, STDERR_FILENO);
}

/* The slot's own cores, in the order of the allowed set, where the slots fill it. Where cores are left over the kernel
 * places the runs: of two sweeps on one machine both would take the first ones. */
static void pin(const runner *r, int slot)
{
    cpu_set_t mine;
    CPU_ZERO(&mine);
    int index = 0;
    if (CPU_COUNT(&r->allowed) != r->n_slots * r->threads)
        return;
    for (int core = 0; core < CPU_SETSIZE; core++) {
        if (!CPU_ISSET(core, &r->allowed))
            continue;
        if (index / r->threads == slot)
            CPU_SET(core, &mine);
        index++;
    }
    (void)sched_setaffinity(0, sizeof mine, &mine); /* slower without, but not wrong */
}

static void show_progress(void *context, const qb_progress *p)
{
    board *b = context;
    b->step = p->step;
    b->n_steps = p->n_steps;
    if (p->images_per_second > 0) /* none while testing and saving */
        b->images_per_second = p->images_per_second;
}

static void tell_end(board *b, int rc)
{
    if (rc < 0) {
        (void)snprintf(b->text, sizeof b->text, "%s", qb_err_text());
        (void)snprintf(b->hint, sizeof b->hint, "%s", qb_err_hint_text());
    }
    b->code = rc;
    b->ended = 1;
}

static void abandon(void *context, const json_t *record)
{
    (void)record; /* its parent reads the file */
    tell_end(context, QB_E_FAILED);
    _exit(qb_err_exit_status(QB_E_FAILED));
}

static _Noreturn void be_child(const runner *r, int slot, const qb_task *task, int words, pid_t parent,
                               const sigset_t *signals)
{
    board *b = &r->boards[slot];
    catch_signals(b);
    (void)sigprocmask(SIG_SETMASK, signals, NULL);
    redirect(words);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    pin(r, slot);
    const qb_run_environment environment = {
        .force = r->options->force,
        .strict = r->options->strict,
        .progress = show_progress,
        .progress_context = b,
        .stop = &b->stop,
        .command = r->options->command,
        .abandon = abandon,
        .abandon_context = b,
        .hang_seconds = r->options->hang_seconds,
    };
    json_t *record = NULL;
    int rc = r->options->smoke ? qb_smoke_run(task->config, r->options->made_data, qb_study_threads(task->config))
                               : qb_run_execute(task->config, &environment, &record);
    tell_end(b, rc);
    _exit(qb_err_exit_status(rc)); /* the parent's buffers and exit handlers are not the child's to run */
}

/* ---- the parent: starting ---- */

static int start(runner *r, int slot, qb_task *task)
{
    child *c = &r->children[slot];
    memset(&r->boards[slot], 0, sizeof r->boards[slot]);
    c->words = memfd_create("qatbench-words", MFD_CLOEXEC); /* < 0: its words are lost, nothing else */
    /* A stop request that arrives before the child has handlers of its own waits for them. */
    sigset_t stops, before;
    (void)sigemptyset(&stops);
    for (int i = 0; i < QB_N_STOP_SIGNALS; i++)
        (void)sigaddset(&stops, qb_stop_signals[i]);
    (void)sigprocmask(SIG_BLOCK, &stops, &before);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        be_child(r, slot, task, c->words, parent, &before);
    int fork_errno = errno;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    errno = fork_errno;
    if (pid < 0) {
        int rc = qb_err_set(QB_E_FAILED, "cannot start a process for a run: %s", strerror(errno));
        if (c->words >= 0)
            (void)close(c->words);
        (void)qb_err_hint("use fewer jobs (-j) or more memory");
        return rc;
    }
    c->pid = pid;
    r->n_started++;
    c->started = qb_now_seconds();
    r->slots[slot] = (qb_runner_slot){.task = task};
    return QB_OK;
}

/* ---- the parent: ending ---- */

/* The last line that a child wrote to stderr: an assertion, or the C library's reason to abort. */
static void last_words(int fd, char *ret, size_t size)
{
    char text[1024];
    ret[0] = '\0';
    off_t end = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    off_t from = end > (off_t)sizeof text - 1 ? end - ((off_t)sizeof text - 1) : 0;
    ssize_t n = end > 0 ? pread(fd, text, sizeof text - 1, from) : 0;
    if (n <= 0)
        return;
    while (n > 0 && text[n - 1] == '\n')
        n--;
    text[n] = '\0';
    const char *line = strrchr(text, '\n');
    (void)snprintf(ret, size, "%.300s", line ? line + 1 : text);
    for (char *p = ret; *p; p++) {
        if ((unsigned char)*p < 0x20)
            *p = ' ';
    }
}

static void describe_death(int status, const char *words, char *ret, size_t size)
{
    char how[96];
    if (WIFSIGNALED(status)) {
        int number = WTERMSIG(status);
        const char *guess = number == SIGKILL ? " (out of memory?)" : number == SIGABRT ? "" : " (plugin crashed?)";
        (void)snprintf(how, sizeof how, "killed by signal %d%s", number, guess);
    } else {
        (void)snprintf(how, sizeof how, "ended with exit status %d without a result (plugin called exit?)", WEXITSTATUS(status));
    }
    (void)snprintf(ret, size, "%s%s%s", how, words[0] ? ": " : "", words);
}

/* Writes the record of a run whose process is gone: what it had, with the status it cannot write any more. */
static int write_death(const qb_task *task, const char *path, const char *reason)
{
    json_t *record = NULL;
    int rc = qb_json_read(path, &record);
    if (rc == QB_OK && qb_record_is_over(json_string_value(json_object_get(record, "status")))) {
        json_decref(record); /* another process has finished it since */
        return QB_OK;
    }
    if (rc < 0 || !json_is_object(record)) {
        json_decref(record);
        qb_err_clear();
        char *command = qb_config_command(task->config);
        record = qb_json_pack("{s:s, s:s, s:s, s:s?, s:O, s:I, s:n, s:{}, s:{}, s:[]}", "schema", "qatbench.record/1", "key",
                              task->key, "experiment", qb_get(&task->config->settings, "experiment")->text, "command",
                              command, "config", task->config->identity, "seed", (json_int_t)task->seed, "result", "data", "times", "notes");
        qb_free(command);
        if (record && task->config->scale > 0)
            json_object_set_new(record, "scale", qb_json_real(task->config->scale));
    }
    bool ok = record && json_object_set_new(record, "status", qb_json_text("failed")) == 0 &&
              json_object_set_new(record, "reason", qb_json_text(reason)) == 0;
    rc = ok ? qb_json_write(path, record) : qb_err_set(QB_E_NOMEM, "out of memory");
    json_decref(record);
    return rc;
}

/* Under the run's lock: QB_E_INUSE when another process has taken the run meanwhile, and then the record is its own. */
static int record_death(const qb_task *task, const char *reason)
{
    qb_rundir run;
    QB_TRY(qb_rundir_open(&run, task->dir));
    char *path = qb_rundir_file(&run, "record.json");
    int rc = path ? write_death(task, path, reason) : QB_E_NOMEM;
    qb_free(path);
    qb_rundir_close(&run);
    return rc;
}

/* Runs that never got to a record: told by the child's own words; what is the same for all becomes the runner's error. */
static int take_refusal(runner *r, qb_task *task, const board *b)
{
    if (r->refusal == 0) {
        r->refusal = b->code;
        (void)snprintf(r->refusal_text, sizeof r->refusal_text, "%s", b->text);
        (void)snprintf(r->refusal_hint, sizeof r->refusal_hint, "%s", b->hint);
    } else if (r->refusal != b->code) {
        r->refusal = QB_E_FAILED;
    }
    r->n_refused++;
    return qb_task_set(task, "failed", b->text);
}

/* Of a run that was only tried out: what it told is all there is. */
static int take_smoke_end(runner *r, int slot, int status)
{
    const board *b = &r->boards[slot];
    qb_task *task = r->slots[slot].task;
    char words[400], reason[600];
    if (b->ended)
        return b->code == QB_OK ? qb_task_set(task, "done", NULL) : qb_task_set(task, "failed", b->text);
    last_words(r->children[slot].words, words, sizeof words);
    describe_death(status, words, reason, sizeof reason);
    return qb_task_set(task, "failed", reason);
}

static int take_end(runner *r, int slot, int status)
{
    board *b = &r->boards[slot];
    qb_task *task = r->slots[slot].task;
    char words[400], reason[600];
    if (!b->ended && qb_task_update(task) == QB_OK && qb_record_is_over(task->status))
        return QB_OK; /* it died on its way out, with everything written */
    if (!b->ended) {
        last_words(r->children[slot].words, words, sizeof words);
        describe_death(status, words, reason, sizeof reason);
        int rc = record_death(task, reason);
        if (rc == QB_E_INUSE)
            return qb_task_set(task, "elsewhere", qb_err_text());
        if (rc == QB_OK && qb_task_update(task) == QB_OK && qb_record_is_over(task->status))
            return QB_OK;
        if (rc < 0)
            qb_log_warning("%s", qb_err_text());
        return qb_task_set(task, "failed", reason);
    }
    switch (b->code) {
    case QB_OK:
    case QB_E_FAILED:
    case QB_E_STOPPED:
        break;
    case QB_E_INUSE:
        return qb_task_set(task, "elsewhere", b->text);
    default:
        return take_refusal(r, task, b);
    }
    if (qb_task_update(task) == QB_OK)
        return QB_OK;
    if (b->code == QB_OK) /* finished, and then its record vanished */
        return qb_task_set(task, "failed", qb_err_text());
    return qb_task_set(task, b->code == QB_E_STOPPED ? "interrupted" : "failed", b->text);
}

static bool is_bad(const qb_task *task)
{
    return strcmp(task->status, "failed") == 0 || strcmp(task->status, "diverged") == 0 || strcmp(task->status, "mistrusted") == 0;
}

static void tell_state(const runner *r, qb_runner_state *state)
{
    double elapsed = qb_now_seconds() - r->started, done = (double)r->n_ended;
    for (int i = 0; i < r->n_slots; i++) {
        if (r->children[i].pid == 0)
            continue;
        board *b = &r->boards[i];
        r->slots[i].step = b->step;
        r->slots[i].n_steps = b->n_steps;
        r->slots[i].images_per_second = b->images_per_second;
        if (b->n_steps > 0)
            done += (double)b->step / (double)b->n_steps;
    }
    bool known = done > 0.02 * (double)r->n_slots;
    *state = (qb_runner_state){.slots = r->slots,
                               .n_slots = r->n_slots,
                               .n_left = r->n_expected,
                               .n_ended = r->n_ended,
                               .elapsed_seconds = elapsed,
                               .eta_seconds = known ? elapsed * ((double)r->n_expected - done) / done : -1};
}

/* true when a child ended. */
static int reap(runner *r, bool *ret_any)
{
    *ret_any = false;
    for (int i = 0; i < r->n_slots; i++) {
        child *c = &r->children[i];
        int status;
        if (c->pid == 0 || waitpid(c->pid, &status, WNOHANG) != c->pid)
            continue;
        *ret_any = true;
        c->pid = 0;
        qb_task *task = r->slots[i].task;
        int rc = r->options->smoke ? take_smoke_end(r, i, status) : take_end(r, i, status);
        if (c->words >= 0)
            (void)close(c->words);
        r->slots[i] = (qb_runner_slot){0};
        r->n_ended++;
        QB_TRY(rc);
        if (strcmp(task->status, "elsewhere") == 0) { /* another process has started it: one more may be */
            r->n_started--;
            r->n_expected += r->n_expected < r->n_left;
        }
        r->n_bad += is_bad(task);
        qb_runner_state state;
        tell_state(r, &state);
        if (r->options->ended)
            r->options->ended(r->options->context, &state, task, qb_now_seconds() - c->started);
    }
    return QB_OK;
}

static int count_running(const runner *r)
{
    int n = 0;
    for (int i = 0; i < r->n_slots; i++)
        n += r->children[i].pid != 0;
    return n;
}

static void stop_children(runner *r)
{
    for (int i = 0; i < r->n_slots; i++)
        r->boards[i].stop = 1;
}

/* ---- the loop ---- */

static bool may_start(const runner *r)
{
    bool enough = r->options->max_starts > 0 && r->n_started >= r->options->max_starts;
    return !enough && !(r->options->fail_fast && r->n_bad > 0);
}

static int run_all(runner *r)
{
    enum { NAP_MS = 20, TICK_MS = 200 };
    size_t next = 0;
    double ticked = 0;
    for (;;) {
        bool stopping = r->options->stop && *r->options->stop, any;
        if (stopping)
            stop_children(r);
        for (int i = 0; i < r->n_slots && !stopping && may_start(r); i++) {
            while (next < r->tasks->n && !r->tasks->items[next].is_left)
                next++;
            if (r->children[i].pid == 0 && next < r->tasks->n)
                QB_TRY(start(r, i, &r->tasks->items[next++]));
        }
        if (count_running(r) == 0)
            return QB_OK;
        QB_TRY(reap(r, &any));
        if (r->options->tick && qb_now_seconds() - ticked > TICK_MS / 1e3) {
            qb_runner_state state;
            tell_state(r, &state);
            r->options->tick(r->options->context, &state);
            ticked = qb_now_seconds();
        }
        const struct timespec nap = {.tv_nsec = NAP_MS * 1000000L};
        if (!any)
            (void)nanosleep(&nap, NULL); /* a signal ends it early: the loop looks again */
    }
}

/* After an error of our own: nothing stays behind. */
static void end_children(runner *r)
{
    for (int i = 0; i < r->n_slots; i++) {
        int status;
        if (r->children[i].pid == 0)
            continue;
        r->boards[i].stop = 1;
        (void)waitpid(r->children[i].pid, &status, 0);
        if (r->children[i].words >= 0)
            (void)close(r->children[i].words);
    }
}

/* What was running elsewhere may have ended since. */
static int look_again(qb_tasks *t)
{
    for (size_t i = 0; i < t->n; i++) {
        qb_task *task = &t->items[i];
        if (strcmp(task->status, "elsewhere") != 0 || qb_task_update(task) < 0)
            continue;
        if (!qb_record_is_over(task->status) && strcmp(task->status, "failed") != 0)
            QB_TRY(qb_task_set(task, "elsewhere", "another process has it"));
    }
    return QB_OK;
}

static int smoke_verdict(const runner *r)
{
    const qb_tasks *t = r->tasks;
    size_t n_skipped = qb_tasks_count(t, "skipped"), failed = qb_tasks_count(t, "failed");
    size_t open = qb_tasks_count(t, "missing");
    if (open > 0 && !(r->options->fail_fast && failed > 0))
        return qb_err_set(QB_E_STOPPED, "stopped on request: %zu of %zu cells were not tried", open, t->n - n_skipped);
    if (open > 0)
        return qb_err_set(QB_E_FAILED, "%zu of %zu cells failed, %zu were not tried (--fail-fast)", failed, t->n - n_skipped, open);
    if (failed > 0)
        return qb_err_set(QB_E_FAILED, "%zu of %zu cells failed", failed, t->n - n_skipped);
    return QB_OK;
}

/* What another start of the plan would begin or go on with. */
static size_t count_left(const qb_tasks *t)
{
    return qb_tasks_count(t, "missing") + qb_tasks_count(t, "interrupted") + qb_tasks_count(t, "failed");
}

static int verdict(const runner *r)
{
    qb_tasks *t = r->tasks;
    if (r->options->smoke)
        return smoke_verdict(r);
    QB_TRY(look_again(t));
    size_t failed = qb_tasks_count(t, "failed"), diverged = qb_tasks_count(t, "diverged"),
           mistrusted = qb_tasks_count(t, "mistrusted"), interrupted = qb_tasks_count(t, "interrupted"),
           missing = qb_tasks_count(t, "missing");
    if (r->options->stop && *r->options->stop && interrupted + missing > 0) {
        (void)qb_err_set(QB_E_STOPPED, "stopped on request: %zu of %zu runs are left", interrupted + missing, t->n);
        return qb_err_hint("the same command again goes on from here");
    }
    if (r->options->max_starts > 0 && r->n_started >= r->options->max_starts && r->n_bad == 0 && count_left(t) > 0) {
        (void)qb_err_set(QB_E_STOPPED, "stopped after %zu run%s (--max-jobs): %zu of %zu are left", r->n_started,
                         r->n_started == 1 ? "" : "s", count_left(t), t->n);
        return qb_err_hint("the same command again goes on from here");
    }
    size_t elsewhere = qb_tasks_count(t, "elsewhere");
    if (failed + diverged + mistrusted + interrupted == 0 && elsewhere == 0)
        return QB_OK;
    if (failed + diverged + mistrusted + interrupted == 0) {
        (void)qb_err_set(QB_E_INUSE, "%zu of %zu runs are running in another process", elsewhere, t->n);
        return qb_err_hint("start again when that one has ended");
    }
    if (r->refusal < 0 && r->refusal != QB_E_FAILED && r->n_refused == failed && diverged + mistrusted + interrupted == 0) {
        (void)qb_err_set(r->refusal, "%s", r->refusal_text);
        return r->refusal_hint[0] ? qb_err_hint("%s", r->refusal_hint) : qb_err_code();
    }
    return qb_err_set(QB_E_FAILED, "of %zu runs %zu failed, %zu diverged, %zu are mistrusted, %zu were interrupted", t->n, failed,
                      diverged, mistrusted, interrupted);
}

static int threads_of(const qb_tasks *tasks)
{
    int most = 1;
    for (size_t i = 0; i < tasks->n; i++) {
        const qb_task *task = &tasks->items[i];
        if (task->is_left && qb_study_threads(task->config) > most)
            most = qb_study_threads(task->config);
    }
    return most;
}

static void find_cores(cpu_set_t *allowed)
{
    CPU_ZERO(allowed);
    if (sched_getaffinity(0, sizeof *allowed, allowed) != 0 || CPU_COUNT(allowed) == 0)
        CPU_SET(0, allowed);
}

int qb_runner_default_jobs(const qb_tasks *tasks)
{
    int jobs = qb_cores_usable() / threads_of(tasks);
    return jobs < 1 ? 1 : jobs;
}

int qb_runner_run(qb_tasks *tasks, const qb_runner_options *options)
{
    runner r = {.tasks = tasks, .options = options, .threads = threads_of(tasks), .started = qb_now_seconds()};
    find_cores(&r.allowed);
    for (size_t i = 0; i < tasks->n; i++)
        r.n_left += tasks->items[i].is_left;
    r.n_expected = options->max_starts > 0 && r.n_left > options->max_starts ? options->max_starts : r.n_left;
    r.n_slots = options->jobs > 0 ? options->jobs : qb_runner_default_jobs(tasks);
    if ((size_t)r.n_slots > r.n_expected)
        r.n_slots = (int)r.n_expected;
    if (r.n_slots == 0)
        return verdict(&r);
    size_t shared_bytes = (size_t)r.n_slots * sizeof *r.boards;
    r.children = qb_alloc((size_t)r.n_slots, sizeof *r.children);
    r.slots = qb_alloc((size_t)r.n_slots, sizeof *r.slots);
    r.boards = mmap(NULL, shared_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int rc = r.children && r.slots && r.boards != MAP_FAILED ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory for %d jobs", r.n_slots);
    if (rc == QB_OK) {
        rc = run_all(&r);
        if (rc == QB_OK) {
            rc = verdict(&r);
        } else {
            char text[512];
            (void)snprintf(text, sizeof text, "%s", qb_err_text());
            end_children(&r);
            rc = qb_err_set(rc, "%s", text);
        }
    }
    if (r.boards != MAP_FAILED)
        (void)munmap(r.boards, shared_bytes);
    qb_free(r.children);
    qb_free(r.slots);
    return rc;
}
