/* `qatbench run`: every run of a plan that is not done yet, several at once. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/run_smoke.h"
#include "cli/study_args.h"
#include "cli/time_left.h"
#include "study/frozen.h"
#include "study/runner.h"
#include "study/scale.h"
#include "train/record.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- messages ---- */

static void add_run_name(qb_str *s, const qb_task *task)
{
    qb_str_addf(s, "%s seed=%lld", task->cell->name, task->seed);
}

/* "done, test top-1 80.12 %" or "failed: why". */
static void add_outcome(qb_str *s, const qb_task *task)
{
    bool elsewhere = strcmp(task->status, "elsewhere") == 0;
    qb_str_add(s, elsewhere ? "running elsewhere, left alone" : task->status);
    if (!isnan(task->top1) && !elsewhere)
        qb_str_addf(s, ", test top-1 %.2f %%", task->top1);
    if (task->reason[0] && !elsewhere)
        qb_str_addf(s, ": %s", task->reason);
}

typedef struct watcher {
    const qb_cli *cli;
    bool is_terminal;
} watcher;

static void show_end(void *context, const qb_runner_state *state, const qb_task *task, double seconds)
{
    const watcher *w = context;
    if (w->cli->quiet)
        return;
    qb_str s = {0};
    qb_str_addf(&s, "[%zu/%zu] ", state->n_ended, state->n_left);
    add_run_name(&s, task);
    qb_str_add(&s, ": ");
    add_outcome(&s, task);
    qb_str_addf(&s, " (%.1f s)", seconds);
    qb_cli_status_line(NULL);
    if (!s.failed)
        fprintf(stderr, "%s\n", s.text);
    qb_str_finish(&s);
}

/* "3/12 runs, eta 0:02:41 | solver=ste bits=2 seed=1 45 % 5210 img/s | ..." as far as the terminal is wide. */
static void show_tick(void *context, const qb_runner_state *state)
{
    const watcher *w = context;
    if (!w->is_terminal || w->cli->quiet)
        return;
    qb_str s = {0};
    long long left = llround(state->eta_seconds);
    qb_str_addf(&s, "%zu/%zu runs, eta ", state->n_ended, state->n_left);
    if (left < 0)
        qb_str_add(&s, "--:--");
    else
        qb_str_addf(&s, "%lld:%02lld:%02lld", left / 3600, left / 60 % 60, left % 60);
    for (int i = 0; i < state->n_slots; i++) {
        const qb_runner_slot *slot = &state->slots[i];
        if (!slot->task)
            continue;
        qb_str_add(&s, " | ");
        add_run_name(&s, slot->task);
        if (slot->n_steps > 0)
            qb_str_addf(&s, " %.0f %% %.0f img/s", 100.0 * (double)slot->step / (double)slot->n_steps, slot->images_per_second);
    }
    if (!s.failed)
        qb_cli_status_line(s.text);
    qb_str_finish(&s);
}

/* What does not count, once more, at the end: a long log has scrolled by. */
static int print_summary(const qb_tasks *tasks)
{
    static const char *const bad[] = {"failed", "diverged", "mistrusted", "interrupted", "elsewhere", "skipped"};
    enum { MAX_SHOWN = 30 };
    size_t shown = 0, left_out = 0;
    fprintf(stderr, "%zu runs: %zu done", tasks->n, qb_tasks_count(tasks, "done"));
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        size_t n = qb_tasks_count(tasks, bad[k]);
        if (n > 0)
            fprintf(stderr, ", %zu %s", n, bad[k]);
    }
    if (qb_tasks_count(tasks, "missing") > 0)
        fprintf(stderr, ", %zu not begun", qb_tasks_count(tasks, "missing"));
    fprintf(stderr, "\n");
    for (size_t i = 0; i < tasks->n; i++) {
        const qb_task *task = &tasks->items[i];
        if (strcmp(task->status, "done") == 0 || strcmp(task->status, "missing") == 0)
            continue;
        if (shown++ >= MAX_SHOWN) {
            left_out++;
            continue;
        }
        qb_str s = {0};
        qb_str_add(&s, "  ");
        add_run_name(&s, task);
        qb_str_add(&s, ": ");
        add_outcome(&s, task);
        if (!s.failed)
            fprintf(stderr, "%s\n", s.text);
        qb_str_finish(&s);
    }
    if (left_out > 0)
        fprintf(stderr, "  and %zu more\n", left_out);
    return QB_OK;
}

/* ---- the verb ---- */

static int add_time_left(qb_str *s, const qb_cli *cli, const qb_tasks *tasks)
{
    size_t n = 0;
    int jobs = (int)qb_get(&cli->flags, "jobs")->i;
    const char *done = qb_cli_flag_text(cli, "done");
    json_t *lines = NULL;
    qb_run_left *left = qb_alloc(tasks->n, sizeof *left);
    int rc = left ? QB_OK : QB_E_NOMEM;
    for (size_t i = 0; rc == QB_OK && i < tasks->n; i++) {
        const qb_task *task = &tasks->items[i];
        if (!task->is_left)
            continue;
        left[n++] = (qb_run_left){task->config->identity, qb_study_threads(task->config), task->config->n_steps,
                                  qb_get(&cli->flags, "force")->b ? 0 : task->step};
    }
    if (rc == QB_OK && n > 0 && done)
        rc = qb_records_collect(done, &lines);
    if (rc == QB_OK)
        rc = qb_cli_add_time_left(s, cli, left, n, lines, jobs > 0 ? jobs : qb_runner_default_jobs(tasks));
    json_decref(lines);
    qb_free(left);
    return rc;
}

/* One line a run: what is left and what is not. */
static int print_dry_run(const qb_cli *cli, const qb_study_plan *plan, const qb_tasks *tasks)
{
    qb_str s = {0};
    size_t n_left = 0;
    for (size_t i = 0; i < tasks->n; i++) {
        const qb_task *task = &tasks->items[i];
        n_left += task->is_left;
        qb_str_addf(&s, "%-5s ", task->is_left ? "run" : strcmp(task->status, "skipped") == 0 ? "-" : "over");
        add_run_name(&s, task);
        qb_str_addf(&s, "  (%s%s%s)\n", strcmp(task->status, "missing") == 0 ? "never begun" : task->status,
                    task->reason[0] ? ": " : "", task->reason);
    }
    char *title = qb_scale_title(plan->title, plan->scale);
    s.failed = s.failed || !title;
    int rc = add_time_left(&s, cli, tasks);
    qb_str_addf(&s, "%s: %zu cells, %zu runs, %zu left\n", title ? title : "", plan->n_cells, tasks->n, n_left);
    qb_free(title);
    char *text = qb_str_take(&s);
    if (rc == QB_OK)
        rc = text ? qb_cli_print(text) : QB_E_NOMEM;
    qb_free(text);
    return rc;
}

static size_t max_starts(const qb_cli *cli)
{
    const qb_value *v = qb_get(&cli->flags, "max_jobs");
    return v->is_null ? 0 : (size_t)v->i;
}

static bool is_fail_fast(const qb_cli *cli)
{
    return qb_get(&cli->flags, "fail_fast")->b || !qb_get(&cli->flags, "keep_going")->b;
}

/* Flags that contradict each other. */
static int check_flags(const qb_cli *cli)
{
    const qb_value *fast = qb_get(&cli->flags, "fail_fast"), *going = qb_get(&cli->flags, "keep_going");
    bool force = qb_get(&cli->flags, "force")->b;
    QB_TRY(qb_cli_check_smoke(cli));
    if (force && qb_cli_flag_text(cli, "done"))
        return qb_err_set(QB_E_USAGE, "--force trains everything anew, --done leaves out what is finished: expected one of them");
    if (force && max_starts(cli) > 0)
        return qb_err_set(QB_E_USAGE, "--force begins every run anew, so --max-jobs would never get past the first ones: expected one of them");
    if (fast->is_set && going->is_set && fast->b == going->b)
        return qb_err_set(QB_E_USAGE, "--keep-going and --fail-fast contradict each other: expected one of them");
    return QB_OK;
}

static int run_tasks(const qb_cli *cli, qb_tasks *tasks)
{
    watcher w = {.cli = cli, .is_terminal = qb_cli_is_terminal(stderr)};
    size_t n_left = 0;
    for (size_t i = 0; i < tasks->n; i++)
        n_left += tasks->items[i].is_left;
    const qb_runner_options options = {
        .jobs = (int)qb_get(&cli->flags, "jobs")->i,
        .force = qb_get(&cli->flags, "force")->b,
        .strict = qb_get(&cli->flags, "strict")->b,
        .max_starts = max_starts(cli),
        .fail_fast = is_fail_fast(cli),
        .stop = &qb_cli_stop,
        .command = cli->command,
        .ended = show_end,
        .tick = show_tick,
        .context = &w,
    };
    if (!cli->quiet && n_left > 0)
        fprintf(stderr, "%zu of %zu runs are left, %d at once", n_left, tasks->n,
                options.jobs > 0 ? options.jobs : qb_runner_default_jobs(tasks));
    if (!cli->quiet && n_left > 0 && options.max_starts > 0)
        fprintf(stderr, ", %zu at most", options.max_starts);
    if (!cli->quiet && n_left > 0)
        fputs("\n", stderr);
    int rc = qb_runner_run(tasks, &options);
    qb_cli_status_line(NULL);
    if (!cli->quiet || rc < 0)
        (void)print_summary(tasks);
    return rc;
}

/* ---- the copy of the plan ---- */

/* The plan as it stands; with --frozen as the study was last started with it, where there is such a copy. */
static int read_plan(const qb_cli *cli, const char *copy, qb_study_plan **ret_plan, bool *ret_is_copy)
{
    const char *path = cli->args[0];
    qb_study_plan_places places = qb_cli_places(cli);
    bool differs;
    *ret_is_copy = qb_get(&cli->flags, "frozen")->b && qb_fs_exists(copy);
    places.text_path = *ret_is_copy ? copy : NULL;
    QB_TRY(qb_study_plan_read(path, &places, ret_plan));
    if (*ret_is_copy && !cli->quiet && qb_frozen_differs(path, *ret_plan, &differs) == QB_OK && differs)
        fprintf(stderr, "%s was edited since this study was started; going on with %s\n", path, copy);
    qb_err_clear();
    return QB_OK;
}

/* A study that cannot be frozen goes on all the same: its runs say what they need. */
static int keep_copy(const qb_cli *cli, const char *copy, const qb_study_plan *plan)
{
    char *former = NULL;
    int rc = qb_frozen_keep(copy, plan, &former);
    if (rc < 0 && rc != QB_E_NOMEM) {
        qb_log_warning("%s; no copy of the plan is kept", qb_err_text());
        qb_err_clear();
        return QB_OK;
    }
    if (former && !cli->quiet)
        fprintf(stderr, "%s was edited since this study was started; it is run as it is now, and was %s before\n"
                        "  'qatbench diff %s %s' says what is other now\n",
                plan->path, former, former, plan->path);
    qb_free(former);
    return rc;
}

static int run_left(const qb_cli *cli, const char *copy, bool is_copy, const qb_study_plan *plan, qb_tasks *tasks)
{
    bool any = false;
    for (size_t i = 0; i < tasks->n; i++)
        any = any || tasks->items[i].is_left;
    if (any && !is_copy)
        QB_TRY(keep_copy(cli, copy, plan));
    qb_cli_catch_stop_signals();
    return run_tasks(cli, tasks);
}

static int run_plan(const qb_cli *cli, const char *copy)
{
    qb_study_plan *plan = NULL;
    qb_tasks tasks = {0};
    bool is_copy;
    QB_TRY(read_plan(cli, copy, &plan, &is_copy));
    if (qb_get(&cli->flags, "smoke")->b) {
        int smoke = qb_cli_smoke(cli, plan);
        qb_study_plan_destroy(plan);
        return smoke;
    }
    int rc = qb_tasks_create(plan, qb_get(&cli->flags, "force")->b, qb_cli_flag_text(cli, "done"), &tasks);
    if (rc == QB_OK)
        rc = qb_get(&cli->flags, "dry_run")->b ? print_dry_run(cli, plan, &tasks) : run_left(cli, copy, is_copy, plan, &tasks);
    qb_tasks_finish(&tasks);
    qb_study_plan_destroy(plan);
    return rc;
}

static int run_run(qb_cli *cli)
{
    char *copy = NULL;
    const qb_study_plan_places places = qb_cli_places(cli);
    if (!qb_study_plan_is_name(cli->args[0])) {
        (void)qb_err_set(QB_E_USAGE, "expected a plan (.yaml), got '%s'", cli->args[0]);
        return qb_err_hint("a single run is  qatbench train");
    }
    QB_TRY(check_flags(cli));
    QB_TRY(qb_frozen_path(cli->args[0], &places, &copy));
    int rc = run_plan(cli, copy);
    qb_free(copy);
    return rc;
}

static const char *const made[] = {"synthetic", NULL};

static const qb_option options[] = {
    {"jobs", QB_KIND_INT, "0", 0, 1024, NULL, "", "runs at once; 0: allowed cores / threads of a run", 0, NULL},
    {"dry_run", QB_KIND_BOOL, "false", 0, 0, NULL, "", "list the runs, what is left and how long it takes; train nothing", 0, NULL},
    {"smoke", QB_KIND_BOOL, "false", 0, 0, NULL, "", "try every cell: two steps and a small test of its first seed, nothing is kept", 0, NULL},
    {"data", QB_KIND_CHOICE, NULL, 0, 0, made, "", "with --smoke: images made by the program, of the set's shape, classes and counts",
     QB_OPT_NULLABLE, NULL},
    QB_SCALE_OPTION,
    {"done", QB_KIND_PATH, NULL, 0, 0, NULL, "", "runs.jsonl (or folder of runs) whose finished runs count as done here",
     QB_OPT_NULLABLE, NULL},
    {"keep_going", QB_KIND_BOOL, "true", 0, 0, NULL, "", "a run that fails or diverges does not stop the others", 0, NULL},
    {"fail_fast", QB_KIND_BOOL, "false", 0, 0, NULL, "", "start no further run after one that fails or diverges", 0, NULL},
    {"max_jobs", QB_KIND_INT, NULL, 1, 100000, NULL, "runs", "start at most so many runs, then stop", QB_OPT_NULLABLE, NULL},
    {"frozen", QB_KIND_BOOL, "false", 0, 0, NULL, "", "go on with the plan as this study was last started, whatever became of the file",
     0, NULL},
    {"force", QB_KIND_BOOL, "false", 0, 0, NULL, "", "train everything anew", 0, NULL},
    {"strict", QB_KIND_BOOL, "false", 0, 0, NULL, "",
     "refuse to resume with other threads, CPU or libraries, instead of a warning", 0, NULL},
};

const qb_verb qb_verb_run = {
    .name = "run",
    .args = "PLAN",
    .summary = "every run of a plan that is not done yet",
    .examples = "  qatbench run results/quickstart/plan.yaml\n"
                "  qatbench run plan.yaml -n              # what is left?\n"
                "  qatbench run plan.yaml -j 4 --data-dir ~/data\n"
                "  qatbench run plan.yaml --frozen --max-jobs 4   # in a job: again on exit 75\n"
               "  qatbench run plan.yaml --scale 0.1    # a tenth of its length\n"
               "  qatbench run plan.yaml --smoke --data synthetic\n",
    .details = "A plan is YAML: base (keys of every run), matrix (lists of values, each\n"
               "combination a cell), include (further cells), exclude, seeds, title, paper.\n"
               "Its keys are the flags of train with '_' for '-' (layer_bits, time_limit, ...):\n"
               "'qatbench train --help' explains them all.\n"
               "Finished runs are skipped, interrupted ones go on. A run takes the plan's\n"
               "threads (default 1), on cores of its own where the runs fill the allowed ones;\n"
               "-j changes when it goes, never its numbers. Runs that fail or diverge do not\n"
               "stop the others (--keep-going, the default). --fail-fast starts none after the\n"
               "first such run of this call, --max-jobs N none after N (one that runs elsewhere\n"
               "is none of them); runs under way go on to their end, what is left waits for the\n"
               "next call.\n"
               "The plan is read once, when a call starts: an edit does not reach a study that\n"
               "is running. Its text is kept as RUNS_DIR/EXPERIMENT/plan.frozen.yaml. The next\n"
               "call after an edit takes the edited plan, says so and keeps the former copy\n"
               "(plan.frozen-HASH.yaml); with --frozen it goes on with the copy instead, which\n"
               "is what a job that is started again wants.\n"
               "-n tells the time left by runs of the same model, data, batch, threads and\n"
               "solver that were measured on this CPU (their records in the runs folder, or in\n"
               "--done), or that there are none yet.\n"
               "--done: a run counts whose key and configuration are those of a line there, so\n"
               "values, seed and data are the same; table and plot take that file too.\n"
               "--scale F shortens what is measured in epochs or steps of the run (epochs,\n"
               "milestones, warm-up, window, quant_warmup), each rounded to whole ones, at least\n"
               "1; periods stay. These are other runs. A plan may hold it itself (scale: 0.2);\n"
               "the flag replaces it, --scale 1 undoes it.\n"
               "--smoke: a line a cell, \"ok\" or the error; 2 images a part of the batch, 16 to\n"
               "test on. It writes no run and goes on after a cell that fails.\n"
               "Exit: 0 all complete, 1 some failed, diverged or are mistrusted, 75 stopped on\n"
               "request (signals as of train: every run saves first) or by --max-jobs with runs\n"
               "left and none of this call failed, 73 the rest runs elsewhere. With --smoke: 0\n"
               "every cell is ok, 1 some failed, 75 stopped.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .takes_run_keys = true,
    .run_keys = qb_cli_place_keys,
    .min_args = 1,
    .max_args = 1,
    .run = run_run,
};
