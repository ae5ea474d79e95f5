/* See time_left.h. */
#include "cli/time_left.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/tasks.h"
#include "train/config.h"
#include "train/cores.h"
#include "train/record.h"

#include <string.h>

/* *ret_all: the records of the runs folder, and `lines`. New reference. */
static int collect(const qb_cli *cli, const json_t *lines, json_t **ret_all)
{
    char *dir = qb_config_runs_dir(&cli->run);
    json_t *all = NULL;
    int rc = !dir ? QB_E_NOMEM : qb_fs_is_dir(dir) ? qb_records_collect(dir, &all) : QB_OK;
    if (rc == QB_OK && !all && !(all = json_array()))
        rc = qb_err_set(QB_E_NOMEM, "out of memory");
    if (rc == QB_OK && lines && json_array_extend(all, (json_t *)lines) != 0)
        rc = qb_err_set(QB_E_NOMEM, "out of memory");
    qb_free(dir);
    if (rc < 0) {
        json_decref(all);
        return rc;
    }
    *ret_all = all;
    return QB_OK;
}

int qb_cli_time_left(const qb_cli *cli, const qb_run_left *runs, size_t n, const json_t *lines, qb_time_left *ret)
{
    json_t *all = NULL;
    QB_TRY(collect(cli, lines, &all));
    int rc = qb_time_left_estimate(runs, n, all, ret);
    json_decref(all);
    return rc;
}

int qb_cli_add_time_left(qb_str *s, const qb_cli *cli, const qb_run_left *runs, size_t n, const json_t *lines, int jobs)
{
    qb_time_left t = {0};
    if (n == 0)
        return QB_OK;
    QB_TRY(qb_cli_time_left(cli, runs, n, lines, &t));
    char *text = qb_time_left_text(&t, jobs);
    qb_str_addf(s, "%s\n", text ? text : "");
    s->failed = s->failed || !text;
    qb_free(text);
    qb_time_left_finish(&t);
    return QB_OK;
}

bool qb_cli_is_left(const qb_cell_run *run)
{
    return !qb_record_is_over(run->status) && strcmp(run->status, "skipped") != 0;
}

/* Of a plan's run what the plan says, of another one what its record says. *ret_left needs nothing freed. */
static void describe_left(const qb_study *s, size_t cell, size_t i, qb_run_left *ret_left)
{
    const qb_cell_run *run = &s->cells[cell].runs[i];
    const qb_config *config = qb_study_planned(s, cell, i);
    const json_t *machine = json_object_get(run->line, "machine"), *result = json_object_get(run->line, "result");
    *ret_left = (qb_run_left){
        .config = config ? config->identity : json_object_get(run->line, "config"),
        .threads = run->line ? json_integer_value(json_object_get(machine, "threads")) : config ? qb_study_threads(config) : 1,
        .n_steps = config ? config->n_steps : 0,
        .step = json_integer_value(json_object_get(result, "steps")),
    };
}

int qb_cli_study_left(const qb_study *s, qb_run_left **ret_runs, size_t *ret_n, int *ret_jobs)
{
    size_t n = 0, capacity = 0;
    int jobs = qb_cores_usable(), most = 1;
    for (size_t c = 0; c < s->n_cells; c++)
        capacity += s->cells[c].n_runs;
    qb_run_left *left = qb_alloc(capacity, sizeof *left);
    if (!left)
        return QB_E_NOMEM;
    for (size_t c = 0; c < s->n_cells; c++) {
        for (size_t i = 0; i < s->cells[c].n_runs; i++) {
            if (!qb_cli_is_left(&s->cells[c].runs[i]))
                continue;
            describe_left(s, c, i, &left[n]);
            most = left[n].threads > most ? (int)left[n].threads : most;
            n++;
        }
    }
    *ret_runs = left;
    *ret_n = n;
    *ret_jobs = jobs / most > 1 ? jobs / most : 1;
    return QB_OK;
}

int qb_cli_add_study_left(qb_str *out, const qb_cli *cli, const qb_study *s)
{
    qb_run_left *left = NULL;
    size_t n;
    int jobs;
    QB_TRY(qb_cli_study_left(s, &left, &n, &jobs));
    int rc = qb_cli_add_time_left(out, cli, left, n, s->lines, jobs);
    qb_free(left);
    return rc;
}
