/* `qatbench table`: the comparison table of a study. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/mem.h"
#include "cli/study_args.h"
#include "study/compare.h"
#include "study/keys.h"
#include "study/scale.h"

#include <string.h>

static const char *text_or_null(const qb_cli *cli, const char *key)
{
    const qb_value *v = qb_get(&cli->flags, key);
    return v->is_null ? NULL : v->text;
}

static int read_options(const qb_cli *cli, qb_table_options *ret)
{
    const char *bold = qb_get(&cli->flags, "bold")->text, *test = qb_get(&cli->flags, "test")->text;
    const qb_value *ci = qb_get(&cli->flags, "ci");
    *ret = (qb_table_options){
        .metric = qb_get(&cli->flags, "metric")->text,
        .ddof = (int)qb_get(&cli->flags, "ddof")->i,
        .bold = strcmp(bold, "best") == 0 ? QB_BOLD_BEST : strcmp(bold, "significant") == 0 ? QB_BOLD_SIGNIFICANT : QB_BOLD_NONE,
        .test = strcmp(test, "welch") == 0 ? QB_TEST_WELCH : strcmp(test, "paired") == 0 ? QB_TEST_PAIRED : QB_TEST_NONE,
        .baseline = text_or_null(cli, "baseline"),
        .rows = text_or_null(cli, "rows"),
        .cols = text_or_null(cli, "cols"),
        .ci = ci->is_null ? 0 : ci->r,
        .best = qb_get(&cli->flags, "best")->b,
        .ranks = qb_get(&cli->flags, "ranks")->b,
    };
    if (ret->baseline && ret->test == QB_TEST_NONE)
        ret->test = QB_TEST_WELCH;
    const char *other = ret->rows ? "rows" : ret->cols ? "cols" : ret->ci > 0 ? "ci" : ret->best ? "best" : NULL;
    other = ret->ranks ? "ranks" : other;
    if (other && text_or_null(cli, "compare"))
        return qb_err_set(QB_E_USAGE, "--compare does not go with --%s: it lists cells, with means and standard deviations", other);
    return QB_OK;
}

/* Keys named for rows and columns need not vary. */
static int show_keys(qb_study *study, const qb_table_options *options)
{
    if (options->rows)
        QB_TRY(qb_study_show_keys(study, "rows", options->rows));
    return options->cols ? qb_study_show_keys(study, "cols", options->cols) : QB_OK;
}

static int render_comparison(const qb_table *table, const char *path, qb_table_form form, char **ret_text)
{
    qb_paper *paper = NULL;
    QB_TRY(qb_paper_read(path, &paper));
    int rc = qb_compare_render(table, paper, form, qb_cli_utf8(), ret_text);
    qb_paper_destroy(paper);
    return rc;
}

static int run_table(qb_cli *cli)
{
    qb_table_options options;
    qb_table_form form;
    qb_study *study = NULL;
    qb_table *table = NULL;
    char *text = NULL;
    const char *paper = text_or_null(cli, "compare");
    QB_TRY(read_options(cli, &options));
    QB_TRY(qb_table_form_find(cli->json ? "json" : qb_get(&cli->flags, "format")->text, &form));
    QB_TRY(qb_cli_load_study(cli, &study));
    int rc = show_keys(study, &options);
    if (rc == QB_OK)
        rc = qb_table_create(study, &options, &table);
    if (rc == QB_OK && paper && strcmp(paper, "plan") == 0)
        rc = study->plan && study->plan->paper
                 ? render_comparison(table, study->plan->paper, form, &text)
                 : qb_err_set(QB_E_USAGE, "compare: the plan names no paper; give the file");
    else if (rc == QB_OK && paper)
        rc = render_comparison(table, paper, form, &text);
    else if (rc == QB_OK)
        rc = qb_table_render(table, form, qb_cli_utf8(), &text);
    if (rc == QB_OK)
        rc = qb_cli_write(text_or_null(cli, "output"), text);
    qb_free(text);
    qb_table_destroy(table);
    qb_study_destroy(study);
    return rc;
}

static const char *const formats[] = {"text", "md", "tex", "csv", "json", NULL};
static const char *const bolds[] = {"none", "best", "significant", NULL};
static const char *const tests[] = {"none", "welch", "paired", NULL};

static const qb_option options[] = {
    {"metric", QB_KIND_CHOICE, "test_top1", 0, 0, qb_measure_names, "", "number in the cells", 0, NULL},
    {"format", QB_KIND_CHOICE, "text", 0, 0, formats, "", "how the table is written; csv is one line a run", 0, NULL},
    {"compare", QB_KIND_PATH, NULL, 0, 0, NULL, "", "numbers to put beside ours: published, or a log.txt (docs/paper-format.md); 'plan': the plan's",
     QB_OPT_NULLABLE, NULL},
    {"bold", QB_KIND_CHOICE, "none", 0, 0, bolds, "", "mark the best, or all that are not significantly worse", 0, NULL},
    {"test", QB_KIND_CHOICE, "none", 0, 0, tests, "", "p-values against --baseline, adjusted after Holm", 0, NULL},
    {"baseline", QB_KIND_TEXT, NULL, 0, 0, NULL, "", "solver to compare with", QB_OPT_NULLABLE, NULL},
    {"rows", QB_KIND_TEXT, NULL, 0, 0, NULL, "", "keys of the rows, outermost first, such as model,bits", QB_OPT_NULLABLE, NULL},
    {"cols", QB_KIND_TEXT, NULL, 0, 0, NULL, "", "keys of the columns, the same (default: what tells cells apart)",
     QB_OPT_NULLABLE, NULL},
    {"best", QB_KIND_BOOL, "false", 0, 0, NULL, "", "beside the last evaluation, a run's best one after annealing", 0, NULL},
    {"ci", QB_KIND_REAL, NULL, 0.5, 0.9999, NULL, "", "level of the mean's confidence interval, shown instead of the deviation",
     QB_OPT_NULLABLE, NULL},
    {"ranks", QB_KIND_BOOL, "false", 0, 0, NULL, "", "mean ranks over cells, with Friedman's and Nemenyi's tests", 0, NULL},
    {"ddof", QB_KIND_INT, "1", 0, 1, NULL, "", "standard deviation divides by n - ddof", 0, NULL},
    QB_SCALE_OPTION,
    {"output", QB_KIND_PATH, NULL, 0, 0, NULL, "", "file to write instead of standard output", QB_OPT_NULLABLE, NULL},
};

const qb_verb qb_verb_table = {
    .name = "table",
    .args = "PLAN|DIR|runs.jsonl...",
    .summary = "mean and standard deviation over seeds, as a table",
    .examples = "  qatbench table results/quickstart/plan.yaml\n"
                "  qatbench table plan.yaml --format tex -o table.tex\n"
                "  qatbench table plan.yaml --test welch --baseline ste\n"
                "  qatbench table plan.yaml --rows model,bits --cols solver --ranks\n"
                "  qatbench table plan.yaml --best --ci 0.95\n"
                "  qatbench table plan.yaml runs.jsonl --compare paper.yaml\n",
    .details = "A cell is  mean +- standard deviation (n); (2/3) when runs do not count, each of\n"
               "which is explained below the table: only runs that are done are averaged.\n"
               "A plan means exactly its cells; a dash is a cell that never started, float the\n"
               "column of solvers that quantize nothing. The data are never opened. --json is\n"
               "--format json; --format tex needs the LaTeX package booktabs.\n"
               "\n"
               "--rows and --cols take any keys that make up a run; with one of them, keys that\n"
               "tell cells apart and are not named go to the other side. No cells are ever\n"
               "averaged into one.\n"
               "\n"
               "--ranks ranks the solvers in every group of cells that differ in nothing else,\n"
               "by their means over seeds, 1 for the best. Solvers that cannot run in one of the\n"
               "groups are left out, and so are groups in which one of the others has no number.\n"
               "It takes 3 solvers and 2 groups, and says so otherwise.\n"
               "Solvers differ where mean ranks are further apart than Nemenyi's critical\n"
               "difference (level 0.05).\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .takes_run_keys = true,
    .run_keys = qb_cli_record_keys,
    .has_json = true,
    .min_args = 1,
    .max_args = -1,
    .run = run_table,
};
