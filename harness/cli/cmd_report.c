/* `qatbench report`: a study on one page. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/study_args.h"
#include "study/gnuplot.h"
#include "study/plot.h"
#include "study/report.h"
#include "study/scale.h"

#include <string.h>

enum { MAX_DRAWN = 200 }; /* cells: pictures of more take minutes, and nobody can tell one from the other */

/* A page needs no pictures to be worth having: without gnuplot, or before anything is done, it says so. */
static int draw(const qb_study *study, const qb_plot_options *options, const char *dir, json_t **ret_names)
{
    if (options->is_report && study->n_cells > MAX_DRAWN) {
        qb_log_warning("no pictures of more than %d cells: name those wanted with --kind", MAX_DRAWN);
        return QB_OK;
    }
    int rc = qb_plots_write(study, options, dir, ret_names);
    if (rc != QB_E_UNAVAILABLE && rc != QB_E_NOINPUT)
        return rc;
    qb_log_warning("%s%s%s", qb_err_text(), qb_err_hint_text()[0] ? ": " : "", qb_err_hint_text());
    qb_err_clear();
    return QB_OK;
}

/* One page holds every picture that there is something for; beside Markdown, as with `plot`, the usual ones. */
static qb_plot_options options_of(const qb_cli *cli, qb_doc_form form)
{
    const qb_value *kinds = qb_get(&cli->flags, "kind");
    qb_plot_options o = {.is_report = kinds->is_null};
    if (!kinds->is_null)
        o.kinds = kinds->i;
    for (int k = 0; kinds->is_null && form == QB_DOC_HTML && qb_plot_kinds[k]; k++)
        o.kinds |= 1LL << k;
    if (form == QB_DOC_HTML)
        o.forms = QB_PICTURE_SVG;
    return o;
}

static int write_report(const qb_study *study, qb_doc_form form, const qb_plot_options *options, const char *path)
{
    char *plots = NULL, *text = NULL;
    json_t *names = NULL;
    int rc = QB_OK;
    if (form == QB_DOC_HTML) { /* its pictures are inside it: they are drawn in a folder that is gone afterwards */
        rc = qb_fs_make_temp_dir("qatbench-report", &plots);
    } else {
        char *dir = qb_path_dir(path);
        plots = dir ? qb_path_join(dir, "plots") : NULL;
        qb_free(dir);
        rc = plots ? QB_OK : QB_E_NOMEM;
    }
    bool is_bare = !options->is_report && options->kinds == 0; /* --kind none */
    bool has_place = form == QB_DOC_HTML || !qb_cli_is_stdout(path); /* Markdown on standard output has no folder */
    if (rc == QB_OK && has_place && !is_bare)
        rc = draw(study, options, plots, &names);
    if (rc == QB_OK)
        rc = qb_report_create(study, form, plots, names, &text);
    if (rc == QB_OK)
        rc = qb_cli_write(path, text);
    if (form == QB_DOC_HTML && plots)
        (void)qb_fs_remove_tree(plots); /* scratch: what is left of it harms nobody */
    json_decref(names);
    qb_free(plots);
    qb_free(text);
    return rc;
}

static int run_report(qb_cli *cli)
{
    qb_study *study = NULL;
    const qb_value *output = qb_get(&cli->flags, "output");
    qb_doc_form form = strcmp(qb_get(&cli->flags, "format")->text, "md") == 0 ? QB_DOC_MARKDOWN : QB_DOC_HTML;
    const qb_plot_options pictures = options_of(cli, form);
    QB_TRY(qb_cli_load_study(cli, &study));
    char *path = output->is_null ? qb_path_join(study->folder, form == QB_DOC_HTML ? "report.html" : "REPORT.md")
                                 : qb_strdup(output->text);
    int rc = path ? write_report(study, form, &pictures, path) : QB_E_NOMEM;
    if (rc == QB_OK && !qb_cli_is_stdout(path))
        rc = qb_cli_printf("%s\n", path);
    qb_free(path);
    qb_study_destroy(study);
    return rc;
}

static const char *const formats[] = {"html", "md", NULL};

static const qb_option options[] = {
    {"format", QB_KIND_CHOICE, "html", 0, 0, formats, "", "html: one page with everything in it; md: with a folder plots", 0, NULL},
    {"kind", QB_KIND_CHOICES, NULL, 0, 0, qb_plot_kinds, "", "pictures in it (default: html: all that there are data for; md: as plot)",
     QB_OPT_NULLABLE, NULL},
    QB_SCALE_OPTION,
    {"output", QB_KIND_PATH, NULL, 0, 0, NULL, "", "file to write (default: report.html or REPORT.md beside the runs)",
     QB_OPT_NULLABLE, NULL},
};

const qb_verb qb_verb_report = {
    .name = "report",
    .args = "PLAN|DIR|runs.jsonl...",
    .summary = "one page: warnings, table, pictures, every run, commands",
    .examples = "  qatbench report results/quickstart/plan.yaml\n"
                "  qatbench report plan.yaml -o study.html\n"
                "  qatbench report plan.yaml --format md -o results/study/REPORT.md\n",
    .details = "The HTML page needs no other file, no network and no script. Warnings come\n"
               "first, then the table, published numbers beside ours (paper: of the plan), the\n"
               "pictures, every run with its status and reason and a folded page of its own, and\n"
               "the commands that run each cell again. It can be read on a phone and printed;\n"
               "what is folded is printed where it was opened.\n"
               "Pictures need gnuplot; without it, and of more than 200 cells where --kind names\n"
               "none, there are none, and the page says so.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .takes_run_keys = true,
    .run_keys = qb_cli_record_keys,
    .min_args = 1,
    .max_args = -1,
    .run = run_report,
};
