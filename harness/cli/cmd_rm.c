/* `qatbench rm`: removes runs by their keys, their folders, or the plan that they belong to. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "cli/remove_runs.h"
#include "cli/study_args.h"

#include <string.h>

/* Moves the runs of `found` that belong to the plan to *all. */
static int take_runs_of(const qb_study_plan *plan, qb_run_folders *found, qb_run_folders *all)
{
    json_t *identities = qb_run_folders_identities(plan);
    qb_run_folder *items = qb_realloc(all->items, all->n + found->n, sizeof *items);
    all->items = items ? items : all->items;
    for (size_t i = 0; identities && items && i < found->n; i++) {
        if (!qb_run_folder_is_of(&found->items[i], plan, identities))
            continue;
        all->items[all->n++] = found->items[i];
        found->items[i] = (qb_run_folder){0};
    }
    int rc = identities && items ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory");
    json_decref(identities);
    return rc;
}

/* The plan's runs in its own folder. */
static int refer_by_plan(const qb_cli *cli, const char *path, qb_run_folders *all)
{
    qb_study_plan_places places = qb_cli_places(cli);
    qb_study_plan *plan = NULL;
    qb_run_folders found = {0};
    char *dir;
    QB_TRY(qb_study_plan_records(path, &places, &dir));
    int rc = qb_fs_is_dir(dir) ? qb_run_folders_find(dir, &found) : QB_OK;
    json_t *lines = rc == QB_OK ? qb_run_folders_lines(&found) : NULL;
    places.lines = lines;
    if (rc == QB_OK)
        rc = lines ? qb_study_plan_read(path, &places, &plan) : qb_err_set(QB_E_NOMEM, "out of memory");
    if (rc == QB_OK && found.n > 0)
        rc = take_runs_of(plan, &found, all);
    qb_run_folders_finish(&found);
    qb_study_plan_destroy(plan);
    json_decref(lines);
    qb_free(dir);
    return rc;
}

/* Two references may name one run. */
static void drop_repeated(qb_run_folders *all)
{
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++) {
        bool known = false;
        for (size_t k = 0; k < n && !known; k++)
            known = strcmp(all->items[k].path, all->items[i].path) == 0;
        if (known)
            qb_run_folder_finish(&all->items[i]);
        else
            all->items[n++] = all->items[i];
    }
    all->n = n;
}

/* All references are looked up before anything is removed: a mistake in one removes nothing. */
static int run_rm(qb_cli *cli)
{
    qb_run_folders all = {0};
    char *runs_dir = qb_config_runs_dir(&cli->run);
    int rc = runs_dir ? QB_OK : QB_E_NOMEM;
    for (int i = 0; rc == QB_OK && i < cli->n_args; i++)
        rc = qb_study_plan_is_name(cli->args[i]) ? refer_by_plan(cli, cli->args[i], &all)
                                                 : qb_run_folders_refer(cli->args[i], runs_dir, &all);
    if (rc == QB_OK) {
        drop_repeated(&all);
        rc = qb_cli_remove_runs(cli, &all, runs_dir, true);
    }
    qb_run_folders_finish(&all);
    qb_free(runs_dir);
    return rc;
}

const qb_verb qb_verb_rm = {
    .name = "rm",
    .args = "KEY|DIR|PLAN...",
    .summary = "remove runs",
    .examples = "  qatbench ls plan.yaml                  # shows the keys\n"
                "  qatbench rm 3f09a1c2 -n                # which run is that, and how large?\n"
                "  qatbench rm 3f09a1c2 runs/study/resnet20-cifar10/ste-w2\n"
                "  qatbench rm plan.yaml                  # all runs of the plan\n",
    .details = "KEY is a run's key or its beginning (at least 4 digits), DIR a run's folder or\n"
               "one with runs in it, PLAN stands for its runs. Nothing is asked; -n shows what\n"
               "would go. Only folders of runs are removed: sSEED-KEY, with a record.json or\n"
               "config.json of that key; no link is followed. A run in which a process works is\n"
               "left alone (exit 73, the others are removed). Killed midway, it leaves a run as\n"
               "it was, or a folder sSEED-KEY.removed, which is no run and which gc takes away.\n",
    .options = qb_cli_remove_options,
    .n_options = QB_CLI_N_REMOVE_OPTIONS,
    .takes_run_keys = true,
    .run_keys = qb_cli_record_keys,
    .has_json = true,
    .min_args = 1,
    .max_args = -1,
    .run = run_rm,
};
