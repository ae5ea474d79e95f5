/* `qatbench plot`: pictures of a study. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "cli/study_args.h"
#include "study/gnuplot.h"
#include "study/plot.h"
#include "study/scale.h"

static int print_names(const json_t *names, const char *dir, long long forms)
{
    for (size_t i = 0; i < json_array_size(names); i++) {
        for (int k = 0; qb_picture_forms[k]; k++) {
            if (forms >> k & 1)
                QB_TRY(qb_cli_printf("%s/%s.%s\n", dir, json_string_value(json_array_get(names, i)), qb_picture_forms[k]));
        }
    }
    return QB_OK;
}

static int run_plot(qb_cli *cli)
{
    qb_study *study = NULL;
    json_t *names = NULL;
    const qb_value *output = qb_get(&cli->flags, "output");
    const qb_plot_options options = {
        .kinds = qb_get(&cli->flags, "kind")->i,
        .forms = qb_get(&cli->flags, "format")->i,
        .paper = qb_cli_flag_text(cli, "paper"),
    };
    if (options.kinds == 0 || options.forms == 0)
        return qb_err_set(QB_E_USAGE, "--%s: expected at least one, got none", options.kinds == 0 ? "kind" : "format");
    QB_TRY(qb_cli_load_study(cli, &study));
    char *dir = output->is_null ? qb_path_join(study->folder, "plots") : qb_strdup(output->text);
    int rc = dir ? qb_plots_write(study, &options, dir, &names) : QB_E_NOMEM;
    if (rc == QB_OK)
        rc = print_names(names, dir, options.forms);
    json_decref(names);
    qb_free(dir);
    qb_study_destroy(study);
    return rc;
}

static const qb_option options[] = {
    QB_SCALE_OPTION,
    {"kind", QB_KIND_CHOICES, "accuracy-final/accuracy-epochs/loss-epochs", 0, 0, qb_plot_kinds, "", "pictures to draw", 0, NULL},
    {"format", QB_KIND_CHOICES, "svg/png", 0, 0, qb_picture_forms, "", "forms of each; tikz is for \\input in LaTeX", 0, NULL},
    {"paper", QB_KIND_PATH, NULL, 0, 0, NULL, "", "published numbers for kind paper (default: the plan's)", QB_OPT_NULLABLE, NULL},
    {"output", QB_KIND_PATH, NULL, 0, 0, NULL, "", "folder for the pictures (default: plots, in the folder of the runs)",
     QB_OPT_NULLABLE, NULL},
};

const qb_verb qb_verb_plot = {
    .name = "plot",
    .args = "PLAN|DIR|runs.jsonl...",
    .summary = "accuracy, loss, weights, levels, times: SVG, PNG, PDF, TikZ",
    .examples = "  qatbench plot results/quickstart/plan.yaml\n"
                "  qatbench plot plan.yaml runs.jsonl -o figures\n"
                "  qatbench plot plan.yaml --kind accuracy-bits/map --format pdf/tikz\n",
    .details = "Needs gnuplot. Beside each picture are its numbers (.tsv) and its script (.gp):\n"
               "'gnuplot NAME.gp' in that folder draws it again. Only runs that are done are\n"
               "drawn; a cell with others says so.\n"
               "From results alone: accuracy-final, accuracy-epochs, loss-epochs;\n"
               "accuracy-panels (many solvers: a panel each, the others in grey), accuracy-bits\n"
               "(seeds as dots, float as a line), paper (published beside ours), ranks (mean\n"
               "ranks with their critical difference), map (w(x) over the annealing window;\n"
               "needs no runs).\n"
               "From folders of runs: schedule (learning rate, slope), times. With the key\n"
               "'diagnostics' in the plan also, a picture a cell: map-weights (w(x) of real\n"
               "weights), levels, histogram, flips (and distances to the levels, by layer); runs\n"
               "without it get a picture that says what to run. Of several kinds those are drawn\n"
               "that there is something for.\n"
               "TikZ: \\usepackage{gnuplot-lua-tikz}, then \\input{NAME.tikz}.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .takes_run_keys = true,
    .run_keys = qb_cli_record_keys,
    .min_args = 1,
    .max_args = -1,
    .run = run_plot,
};
