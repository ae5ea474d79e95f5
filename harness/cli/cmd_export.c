/* `qatbench export`: what is in runs, in the forms of other programs. */
#include "cli/cli.h"

#include "base/err.h"
#include "cli/export_metrics.h"
#include "cli/export_weights.h"
#include "cli/study_args.h"
#include "study/scale.h"

#include <string.h>

/* Flags of single forms: what others are not to be given. */
static const char *const of_weights[] = {"weights", "force", NULL}, *const of_metrics[] = {"scale", NULL},
                         *const not_of_codes[] = {"scale", "weights", NULL};

static const struct {
    const char *format;
    int (*run)(const qb_cli *cli);
    const char *const *not_its;
    bool has_json;
    const char *weights; /* what that flag is; NULL: what it was given */
} forms[] = {
    {"safetensors", qb_export_weights, of_metrics, true, NULL},
    {"codes", qb_export_weights, not_of_codes, true, "codes"},
    {"csv", qb_export_csv, of_weights, false, NULL},
    {"tensorboard", qb_export_tensorboard, of_weights, false, NULL},
};

static const char *const formats[] = {"safetensors", "codes", "csv", "tensorboard", NULL};

static int run_export(qb_cli *cli)
{
    const char *format = qb_get(&cli->flags, "format")->text;
    size_t i = 0;
    while (strcmp(forms[i].format, format) != 0)
        i++;
    for (const char *const *flag = forms[i].not_its; *flag; flag++)
        if (qb_get(&cli->flags, *flag)->is_set)
            return qb_err_set(QB_E_USAGE, "--%s: does not go with --format %s", *flag, format);
    if (cli->json && !forms[i].has_json)
        return qb_err_set(QB_E_USAGE, "--json: does not go with --format %s", format);
    if (forms[i].weights)
        QB_TRY(qb_settings_set(&cli->flags, "weights", forms[i].weights));
    return forms[i].run(cli);
}

static const char *const kinds[] = {"latent", "quantized", "codes", "packed", NULL};

static const qb_option options[] = {
    {"format", QB_KIND_CHOICE, "safetensors", 0, 0, formats, "", "what to write: weights of a run, or metrics of runs; codes: safetensors with --weights codes", 0, NULL},
    {"weights", QB_KIND_CHOICE, "quantized", 0, 0, kinds, "", "safetensors: which, and how they are written", 0, NULL},
    QB_SCALE_OPTION,
    {"output", QB_KIND_PATH, NULL, 0, 0, NULL, "",
     "safetensors: the file (default: MODEL-KEY-WEIGHTS.safetensors); csv: the file (default: standard output); tensorboard: a folder",
     QB_OPT_NULLABLE, NULL},
    {"force", QB_KIND_BOOL, "false", 0, 0, NULL, "", "safetensors: write over a file that is there", 0, NULL},
};

const qb_verb qb_verb_export = {
    .name = "export",
    .args = "RUN|PLAN|DIR...",
    .summary = "weights for PyTorch, metrics as CSV and for TensorBoard",
    .examples = "  qatbench export 3f09a1c2 -o resnet20.safetensors\n"
                "  qatbench eval resnet20.safetensors     # they come back as they went\n"
                "  qatbench export 3f09a1c2 --weights packed    # how many bytes does it take?\n"
                "  qatbench export plan.yaml --format csv -o metrics.csv\n"
                "  qatbench export runs/train --format tensorboard -o tb; tensorboard --logdir tb\n",
    .details = "safetensors: the weights of one RUN, by its key or the beginning of it (at least\n"
               "4 digits) or its folder: a whole state dict by the names of torchvision and timm\n"
               "(docs/pytorch.md); of a run that is not finished that of its last checkpoint.\n"
               "  quantized  float32 on their levels, as the run was tested\n"
               "  latent     the float32 weights behind them: what training goes on from\n"
               "  codes      whole numbers NAME.codes, and float32 NAME.levels of each row\n"
               "  packed     NAME.packed, the codes bit by bit, and NAME.levels\n"
               "levels[row][code] is the quantized weight, bit for bit. A file that is there is\n"
               "left alone (exit 2) without --force. Metrics are of all runs of the arguments.\n"
               "csv: a row for every line of metrics.jsonl of every run, with the keys of its\n"
               "cell, seed, run, split, step, epoch and a column a metric; NaN is what was not\n"
               "finite, and empty what was not logged at that step.\n"
               "tensorboard: a folder CELL/sSEED-KEY for every run, as float32 under the names\n"
               "of metrics.jsonl. Runs may be under way: what they have logged is there, once.\n"
               "docs/tensorboard.md says more.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .takes_run_keys = true,
    .run_keys = qb_cli_place_keys,
    .has_json = true,
    .min_args = 1,
    .max_args = -1,
    .run = run_export,
};
