/* `qatbench plot`: pictures of a study. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "cli/study_args.h"
#include "study/plot.h"
#include "study/scale.h"

static int run_plot(qb_cli *cli)
{
    qb_study *study = NULL;
    json_t *names = NULL;
    const qb_value *output = qb_get(&cli->flags, "output");
    QB_TRY(qb_cli_load_study(cli, &study));
    char *dir = output->is_null ? qb_path_join(study->folder, "plots") : qb_strdup(output->text);
    int rc = dir ? qb_plots_write(study, dir, &names) : QB_E_NOMEM;
    for (size_t i = 0; rc == QB_OK && i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        rc = qb_cli_printf("%s/%s.svg\n%s/%s.png\n", dir, name, dir, name);
    }
    json_decref(names);
    qb_free(dir);
    qb_study_destroy(study);
    return rc;
}

static const qb_option options[] = {
    QB_SCALE_OPTION,
    {"output", QB_KIND_PATH, NULL, 0, 0, NULL, "", "folder for the pictures (default: plots, in the folder of the runs)",
     QB_OPT_NULLABLE, NULL},
};

const qb_verb qb_verb_plot = {
    .name = "plot",
    .args = "PLAN|DIR|runs.jsonl...",
    .summary = "accuracy and loss over epochs, final accuracy, as SVG and PNG",
    .examples = "  qatbench plot results/quickstart/plan.yaml\n"
                "  qatbench plot plan.yaml runs.jsonl -o figures\n",
    .details = "Needs gnuplot. Beside each picture are its numbers (.tsv) and its script (.gp):\n"
               "'gnuplot NAME.gp' in that folder draws it again. Only runs that are done are\n"
               "drawn; a cell with others says so.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .takes_run_keys = true,
    .run_keys = qb_cli_record_keys,
    .min_args = 1,
    .max_args = -1,
    .run = run_plot,
};
