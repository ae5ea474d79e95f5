/* See run_smoke.h. */
#include "cli/run_smoke.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/runner.h"
#include "study/scale.h"

#include <string.h>

int qb_cli_check_smoke(const qb_cli *cli)
{
    static const char *const others[] = {"dry_run", "force", "strict"};
    bool smoke = qb_get(&cli->flags, "smoke")->b;
    if (!smoke && !qb_get(&cli->flags, "data")->is_null) {
        (void)qb_err_set(QB_E_USAGE, "--data synthetic goes with --smoke only: made images give no result");
        return qb_err_hint("where the data are is said by --data-dir");
    }
    const char *other = smoke && qb_cli_flag_text(cli, "done") ? "done" : NULL;
    other = smoke && qb_cli_flag_text(cli, "max_jobs") ? "max-jobs" : other;
    for (size_t i = 0; smoke && i < sizeof others / sizeof *others; i++)
        other = qb_get(&cli->flags, others[i])->b ? others[i] : other;
    if (!other)
        return QB_OK;
    (void)qb_err_set(QB_E_USAGE, "--smoke does not go with --%s", strcmp(other, "dry_run") == 0 ? "dry-run" : other);
    return qb_err_hint("it tries every cell, whatever is done, and keeps nothing");
}

static int print_cell(const qb_task *task, const char *outcome, const char *why, double seconds)
{
    return seconds < 0 ? qb_cli_printf("%-7s %s: %s\n", outcome, task->cell->name, why)
                       : qb_cli_printf("%-7s %s%s%s  (%.1f s)\n", outcome, task->cell->name, why[0] ? ": " : "", why, seconds);
}

typedef struct lines {
    const qb_cli *cli;
    int error; /* the first of printing */
} lines;

static void show_end(void *context, const qb_runner_state *state, const qb_task *task, double seconds)
{
    lines *l = context;
    bool ok = strcmp(task->status, "done") == 0;
    (void)state;
    qb_cli_status_line(NULL);
    int rc = print_cell(task, ok ? "ok" : "failed", ok ? "" : task->reason, seconds);
    l->error = l->error < 0 ? l->error : rc;
}

static int try_all(const qb_cli *cli, qb_tasks *tasks)
{
    lines l = {.cli = cli};
    for (size_t i = 0; i < tasks->n; i++) {
        if (!tasks->items[i].is_left)
            QB_TRY(print_cell(&tasks->items[i], "skipped", tasks->items[i].reason, -1));
    }
    const qb_runner_options options = {
        .jobs = (int)qb_get(&cli->flags, "jobs")->i,
        .stop = &qb_cli_stop,
        .ended = show_end,
        .context = &l,
        .fail_fast = qb_get(&cli->flags, "fail_fast")->b || !qb_get(&cli->flags, "keep_going")->b,
        .smoke = true,
        .made_data = !qb_get(&cli->flags, "data")->is_null,
    };
    int rc = qb_runner_run(tasks, &options);
    return rc < 0 ? rc : l.error;
}

int qb_cli_smoke(const qb_cli *cli, const qb_study_plan *plan)
{
    qb_tasks tasks = {0};
    char *title = qb_scale_title(plan->title, plan->scale);
    int rc = title ? qb_tasks_create_smoke(plan, &tasks) : QB_E_NOMEM;
    if (rc == QB_OK) {
        qb_cli_catch_stop_signals();
        rc = try_all(cli, &tasks);
    }
    if (rc == QB_OK)
        rc = qb_cli_printf("%s: %zu cells ok, nothing was kept\n", title, tasks.n - qb_tasks_count(&tasks, "skipped"));
    qb_free(title);
    qb_tasks_finish(&tasks);
    return rc;
}
