/* `qatbench diff`: what two runs, or two plans, differ in. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/mem.h"
#include "cli/study_args.h"
#include "study/diff.h"
#include "study/run_folders.h"
#include "study/scale.h"

#include <string.h>

static int find_one(const char *reference, const char *runs_dir, qb_run_folders *runs)
{
    size_t before = runs->n;
    QB_TRY(qb_run_folders_refer(reference, runs_dir, runs));
    if (runs->n == before + 1 && runs->items[before].line)
        return QB_OK;
    (void)qb_err_set(QB_E_USAGE, "%s: expected one run, found %zu in this folder", reference, runs->n - before);
    return qb_err_hint("give the key of one, as 'qatbench ls' shows it, or its folder");
}

static int diff_runs(const qb_cli *cli, json_t **ret_diff)
{
    if (!qb_get(&cli->flags, "scale")->is_null)
        return qb_err_set(QB_E_USAGE, "--scale: expected plans to scale, got runs");
    qb_run_folders runs = {0};
    char *runs_dir = qb_config_runs_dir(&cli->run);
    int rc = runs_dir ? find_one(cli->args[0], runs_dir, &runs) : QB_E_NOMEM;
    if (rc == QB_OK)
        rc = find_one(cli->args[1], runs_dir, &runs);
    if (rc == QB_OK)
        rc = qb_diff_runs(runs.items[0].line, runs.items[1].line, ret_diff);
    qb_run_folders_finish(&runs);
    qb_free(runs_dir);
    return rc;
}

static int diff_plans(const qb_cli *cli, json_t **ret_diff)
{
    const qb_study_plan_places places = qb_cli_places(cli);
    qb_study_plan *a = NULL, *b = NULL;
    int rc = qb_study_plan_read(cli->args[0], &places, &a);
    if (rc == QB_OK)
        rc = qb_study_plan_read(cli->args[1], &places, &b);
    if (rc == QB_OK)
        rc = qb_diff_plans(a, b, ret_diff);
    qb_study_plan_destroy(a);
    qb_study_plan_destroy(b);
    return rc;
}

static int run_diff(qb_cli *cli)
{
    json_t *diff = NULL;
    char *text = NULL;
    bool first = qb_study_plan_is_name(cli->args[0]), second = qb_study_plan_is_name(cli->args[1]);
    if (first != second)
        return qb_err_set(QB_E_USAGE, "expected two runs or two plans, got the plan '%s' and the run '%s'",
                          cli->args[first ? 0 : 1], cli->args[first ? 1 : 0]);
    QB_TRY(first ? diff_plans(cli, &diff) : diff_runs(cli, &diff));
    if (cli->json)
        return qb_cli_print_json(diff);
    int rc = qb_diff_text(diff, &text);
    if (rc == QB_OK)
        rc = qb_cli_print(text);
    qb_free(text);
    json_decref(diff);
    return rc;
}

static const qb_option options[] = {
    QB_SCALE_OPTION,
};

const qb_verb qb_verb_diff = {
    .name = "diff",
    .args = "A B",
    .summary = "what two runs, or two plans, differ in, key by key",
    .examples = "  qatbench ls plan.yaml                  # shows the keys\n"
                "  qatbench diff 3f09a1c2 77d0\n"
                "  qatbench diff plan.yaml other.yaml --json\n",
    .details = "A run is its key or the beginning of it (at least 4 digits), or its folder.\n"
               "Values are those that hold: a default that one writes out is no difference. Of\n"
               "runs data, machine, build and result are compared too; of plans the cells, by\n"
               "their values. A dash is a value that does not apply or is not known. Exit status\n"
               "0, whether they differ or not.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .takes_run_keys = true,
    .run_keys = qb_cli_record_keys,
    .has_json = true,
    .min_args = 2,
    .max_args = 2,
    .run = run_diff,
};
