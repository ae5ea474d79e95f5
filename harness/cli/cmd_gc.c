/* `qatbench gc`: removes the runs of the runs folder that belong to no plan given. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "cli/remove_runs.h"
#include "cli/study_args.h"

#include <string.h>

typedef struct collection {
    qb_run_folders found;
    bool *belongs; /* one a run */
    json_t *lines; /* of the runs */
} collection;

static int mark(collection *c, const char *path, const qb_study_plan_places *places)
{
    qb_study_plan *plan = NULL;
    QB_TRY(qb_study_plan_read(path, places, &plan));
    json_t *identities = qb_run_folders_identities(plan);
    for (size_t i = 0; identities && i < c->found.n; i++)
        c->belongs[i] = c->belongs[i] || qb_run_folder_is_of(&c->found.items[i], plan, identities);
    qb_study_plan_destroy(plan);
    int rc = identities ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory");
    json_decref(identities);
    return rc;
}

static double scale_of(const qb_run_folder *f)
{
    const json_t *v = json_object_get(f->line, "scale");
    return json_is_number(v) ? json_number_value(v) : 0;
}

/* A run of the plan at another scale belongs to it too, unless one scale was asked for. */
static int mark_scaled(collection *c, const char *path, const qb_study_plan_places *places)
{
    for (size_t i = 0; i < c->found.n; i++) {
        qb_study_plan_places scaled = *places;
        scaled.scale = scale_of(&c->found.items[i]);
        bool known = scaled.scale <= 0 || scaled.scale > 1 || c->belongs[i];
        for (size_t k = 0; k < i && !known; k++)
            known = !c->belongs[k] && scale_of(&c->found.items[k]) == scaled.scale;
        int rc = known ? QB_OK : mark(c, path, &scaled);
        if (rc == QB_E_CONFIG) /* this plan cannot be so short: the run is another plan's */
            qb_err_clear();
        else
            QB_TRY(rc);
    }
    return QB_OK;
}

static int mark_all(const qb_cli *cli, collection *c)
{
    qb_study_plan_places places = qb_cli_places(cli);
    places.lines = c->lines;
    for (int i = 0; i < cli->n_args; i++) {
        if (!qb_study_plan_is_name(cli->args[i])) {
            (void)qb_err_set(QB_E_USAGE, "expected plans (.yaml), got '%s'", cli->args[i]);
            return qb_err_hint("gc removes what belongs to no plan; single runs are removed by  qatbench rm");
        }
        QB_TRY(mark(c, cli->args[i], &places));
        if (places.scale <= 0)
            QB_TRY(mark_scaled(c, cli->args[i], &places));
    }
    return QB_OK;
}

static int find(collection *c, const char *runs_dir)
{
    if (qb_fs_is_dir(runs_dir))
        QB_TRY(qb_run_folders_find(runs_dir, &c->found));
    c->lines = qb_run_folders_lines(&c->found);
    c->belongs = qb_alloc(c->found.n, sizeof *c->belongs);
    return c->lines && c->belongs ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory");
}

/* The runs that belong leave the list. */
static void keep_others(collection *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->found.n; i++) {
        qb_run_folder *f = &c->found.items[i];
        if (c->belongs[i])
            qb_run_folder_finish(f);
        else
            c->found.items[n++] = *f;
    }
    c->found.n = n;
}

static int run_gc(qb_cli *cli)
{
    collection c = {0};
    char *runs_dir = qb_config_runs_dir(&cli->run);
    int rc = runs_dir ? find(&c, runs_dir) : QB_E_NOMEM;
    if (rc == QB_OK)
        rc = mark_all(cli, &c);
    if (rc == QB_OK) {
        keep_others(&c);
        rc = qb_cli_remove_runs(cli, &c.found, runs_dir, false);
    }
    qb_run_folders_finish(&c.found);
    qb_free(c.belongs);
    json_decref(c.lines);
    qb_free(runs_dir);
    return rc;
}

const qb_verb qb_verb_gc = {
    .name = "gc",
    .args = "PLAN...",
    .summary = "remove the runs that belong to no plan given",
    .examples = "  qatbench gc results/*/plan.yaml -n     # what would go, with sizes\n"
                "  qatbench gc plan.yaml other.yaml\n",
    .details = "A run of the runs folder belongs to a plan when its values and seed are those of\n"
               "one of the plan's cells, in whatever experiment, at any scale (with --scale: at\n"
               "that one) and whatever its status; all others are removed. Nothing is asked; -n\n"
               "shows them. A run in which a process works is left alone, and so is everything\n"
               "that is no folder of a run, or lies behind a link (see rm). A mistake in one of\n"
               "the plans removes nothing.\n",
    .options = qb_cli_remove_options,
    .n_options = QB_CLI_N_REMOVE_OPTIONS,
    .takes_run_keys = true,
    .run_keys = qb_cli_record_keys,
    .has_json = true,
    .min_args = 1,
    .max_args = -1,
    .run = run_gc,
};
