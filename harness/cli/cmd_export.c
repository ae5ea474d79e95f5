/* `qatbench export`: what is in runs, in the forms of other programs. */
#include "cli/cli.h"

#include "cli/export_metrics.h"
#include "cli/study_args.h"
#include "study/scale.h"

#include <string.h>

static const struct {
    const char *format;
    int (*run)(const qb_cli *cli);
} forms[] = {{"csv", qb_export_csv}, {"tensorboard", qb_export_tensorboard}};

static const char *const formats[] = {"csv", "tensorboard", NULL};

static int run_export(qb_cli *cli)
{
    const char *format = qb_get(&cli->flags, "format")->text;
    size_t i = 0;
    while (strcmp(forms[i].format, format) != 0)
        i++;
    return forms[i].run(cli);
}

static const qb_option options[] = {
    {"format", QB_KIND_CHOICE, NULL, 0, 0, formats, "", "what to write", QB_OPT_REQUIRED, NULL},
    QB_SCALE_OPTION,
    {"output", QB_KIND_PATH, NULL, 0, 0, NULL, "", "csv: the file (default: standard output); tensorboard: a folder",
     QB_OPT_NULLABLE, NULL},
};

const qb_verb qb_verb_export = {
    .name = "export",
    .args = "PLAN|DIR...",
    .summary = "metrics of runs as CSV and for TensorBoard",
    .examples = "  qatbench export plan.yaml --format csv -o metrics.csv\n"
                "  qatbench export runs/train --format tensorboard -o tb; tensorboard --logdir tb\n",
    .details = "csv: a row for every line of metrics.jsonl of every run, with the keys of its\n"
               "cell, seed, run, split, step, epoch and a column a metric; NaN is what was not\n"
               "finite, and empty what was not logged at that step.\n"
               "tensorboard: a folder CELL/sSEED-KEY for every run, as float32 under the names\n"
               "of metrics.jsonl. Runs may be under way: what they have logged is there, once.\n"
               "docs/tensorboard.md says more.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .takes_run_keys = true,
    .run_keys = qb_cli_record_keys,
    .min_args = 1,
    .max_args = -1,
    .run = run_export,
};
