/* `qatbench ls`: the runs that there are, for people and as runs.jsonl. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/run_age.h"
#include "cli/study_args.h"
#include "cli/time_left.h"
#include "study/grid.h"
#include "study/scale.h"

#include <math.h>
#include <string.h>

static int fill_row(const qb_study *s, qb_grid *g, size_t row, const qb_dated_run *l)
{
    double top1 = qb_cell_run_result(l->run, "test_top1");
    QB_TRY(qb_grid_set(g, row, 0, l->run->status));
    for (size_t k = 0; k < s->n_keys; k++)
        QB_TRY(qb_grid_set(g, row, 1 + k, l->cell->labels[k][0] ? l->cell->labels[k] : "-"));
    size_t at = 1 + s->n_keys;
    QB_TRY(qb_grid_take(g, row, at, qb_sprintf("%lld", l->run->seed)));
    QB_TRY(qb_grid_take(g, row, at + 1, isnan(top1) ? qb_strdup("-") : qb_sprintf("%.2f", top1)));
    QB_TRY(qb_grid_take(g, row, at + 2, qb_cli_age_text(l->written)));
    const char *key = json_string_value(json_object_get(l->run->line, "key"));
    char number[32];
    QB_TRY(qb_grid_take(g, row, at + 3, qb_sprintf("%.12s", key ? key : "")));
    return s->scaled ? qb_grid_set(g, row, at + 4, qb_format_real(s->plan ? s->scale : qb_cell_run_scale(l->run), number)) : QB_OK;
}

static int fill(const qb_study *s, qb_grid *g, const qb_dated_run *all, size_t n)
{
    static const char *const last[] = {"seed", "top-1", "age", "key"};
    size_t n_last = sizeof last / sizeof *last;
    QB_TRY(qb_grid_set(g, 0, 0, "status"));
    for (size_t k = 0; k < s->n_keys; k++)
        QB_TRY(qb_grid_set(g, 0, 1 + k, s->keys[k]));
    for (size_t i = 0; i < n_last; i++)
        QB_TRY(qb_grid_set(g, 0, 1 + s->n_keys + i, last[i]));
    if (s->scaled)
        QB_TRY(qb_grid_set(g, 0, 1 + s->n_keys + n_last, "scale"));
    for (size_t i = 0; i < n; i++)
        QB_TRY(fill_row(s, g, 1 + i, &all[i]));
    return QB_OK;
}

static int print_list(const qb_cli *cli, const qb_study *s)
{
    qb_dated_run *all = NULL;
    size_t n = 0;
    qb_grid g = {0};
    qb_str out = {0};
    QB_TRY(qb_dated_runs_collect(s, NULL, &all, &n));
    if (strcmp(qb_get(&cli->flags, "sort")->text, "time") == 0)
        qb_dated_runs_sort(all, n);
    int rc = qb_grid_init(&g, n + 1, s->n_keys + (s->scaled ? 6 : 5), 1 + s->n_keys);
    if (rc == QB_OK)
        rc = fill(s, &g, all, n);
    if (rc == QB_OK)
        qb_grid_render(&g, QB_GRID_TEXT, &out);
    if (rc == QB_OK)
        rc = qb_cli_add_study_left(&out, cli, s);
    if (rc == QB_OK)
        rc = out.failed ? QB_E_NOMEM : qb_cli_print(out.text ? out.text : "");
    qb_str_finish(&out);
    qb_grid_finish(&g);
    qb_free(all);
    return rc;
}

/* A plan's skipped cell has no record; its line says what a record would. New reference. */
static json_t *skipped_line(const qb_study *s, const qb_cell *cell, const qb_cell_run *run)
{
    json_t *config = json_deep_copy(cell->values);
    if (config && json_object_set_new(config, "seed", json_integer(run->seed)) != 0) {
        json_decref(config);
        config = NULL;
    }
    return config ? qb_json_pack("{s:n, s:s, s:o, s:I, s:s, s:s?, s:n}", "key", "experiment", s->plan->experiment, "config",
                                 config, "seed", (json_int_t)run->seed, "status", "skipped", "reason", run->reason, "result")
                  : NULL;
}

static int print_line(json_t *line)
{
    char *text = line ? qb_json_compact(line) : NULL;
    json_decref(line);
    if (!text)
        return qb_err_set(QB_E_NOMEM, "out of memory");
    int rc = qb_cli_printf("%s\n", text);
    qb_free(text);
    return rc;
}

/* runs.jsonl: the records as they are, without the folder, which means nothing elsewhere. */
static int print_lines(const qb_study *s)
{
    for (size_t c = 0; c < s->n_cells; c++) {
        for (size_t i = 0; i < s->cells[c].n_runs; i++) {
            const qb_cell_run *run = &s->cells[c].runs[i];
            if (!run->line && !qb_cell_run_is(run, "skipped"))
                continue;
            json_t *line = run->line ? json_copy((json_t *)run->line) : skipped_line(s, &s->cells[c], run);
            if (line)
                (void)json_object_del(line, "dir"); /* absent is as good */
            if (line && s->plan && s->scaled) /* runs of the same values may have been started without the scale */
                (void)json_object_set_new(line, "scale", qb_json_real(s->scale));
            QB_TRY(print_line(line));
        }
    }
    return QB_OK;
}

/* Without arguments: every run of the runs folder. */
static int run_ls(qb_cli *cli)
{
    qb_study *study = NULL;
    QB_TRY(qb_cli_load_study_or_runs(cli, &study));
    int rc = cli->json ? print_lines(study) : print_list(cli, study);
    qb_study_destroy(study);
    return rc;
}

static const char *const sorts[] = {"cell", "time", NULL};

static const qb_option options[] = {
    QB_SCALE_OPTION,
    {"sort", QB_KIND_CHOICE, "cell", 0, 0, sorts, "", "order: as in the table, or newest first", 0, NULL},
};

const qb_verb qb_verb_ls = {
    .name = "ls",
    .args = "[PLAN|DIR|runs.jsonl...]",
    .summary = "the runs that there are",
    .examples = "  qatbench ls\n"
                "  qatbench ls plan.yaml --sort time\n"
                "  qatbench ls plan.yaml --json > runs.jsonl\n",
    .details = "Without arguments: the runs folder. --json prints one line a run (key,\n"
               "configuration, seed, status, results): a file that table, plot and report read\n"
               "in place of the runs. Where runs are left, the last line tells the time left at\n"
               "as many at once as 'run' takes, by runs of the same model, data, batch, threads\n"
               "and solver that were measured on this CPU, or that there are none yet.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .takes_run_keys = true,
    .run_keys = qb_cli_record_keys,
    .has_json = true,
    .min_args = 0,
    .max_args = -1,
    .run = run_ls,
};
