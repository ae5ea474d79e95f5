/* The report of a study: what stands in it. See report.h; doc.c has the forms. */
#include "study/report_parts.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "study/compare.h"
#include "study/sayings.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { MAX_SVG = 64 << 20 };

static int no_memory(void)
{
    return qb_err_set(QB_E_NOMEM, "out of memory while writing a report");
}

static int add_sayings(qb_doc *d, const qb_sayings *all, size_t n_all)
{
    json_t *texts = json_array();
    bool ok = texts != NULL;
    for (size_t i = 0; ok && i < all->n; i++) {
        char *text = qb_saying_text(&all->items[i], n_all);
        ok = text && json_array_append_new(texts, qb_json_text(text)) == 0;
        qb_free(text);
    }
    if (ok)
        qb_doc_list(d, texts, false);
    json_decref(texts);
    return ok ? QB_OK : no_memory();
}

/* ---- what every run says of itself ---- */

/* "Intel Xeon, 2 cores, AVX-512, oneDNN 2.6.0; 1 thread; qatbench 0.1.0, gcc 12.2.0". */
static int say_machine(void *context, const qb_cell_run *run, const char *name)
{
    static const struct {
        const char *section, *key, *format;
    } facts[] = {
        {"machine", "cpu", "%s"},          {"machine", "cores", "cores %s"}, {"machine", "isa", "%s"},
        {"machine", "onednn", "oneDNN %s"}, {"machine", "threads", "threads %s"},
        {"build", "version", "qatbench %s"}, {"build", "git", "git %s"},       {"build", "compiler", "%s"},
    };
    qb_str s = {0};
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        const json_t *v = json_object_get(json_object_get(run->line, facts[i].section), facts[i].key);
        char number[32] = "";
        if (json_is_integer(v))
            (void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(v));
        const char *text = json_is_string(v) ? json_string_value(v) : number;
        const char *mark = strstr(facts[i].format, "%s");
        if (text[0])
            qb_str_addf(&s, "%s%.*s%s%s", s.length > 0 ? ", " : "", (int)(mark - facts[i].format), facts[i].format, text, mark + 2);
    }
    int rc = s.failed ? no_memory() : s.text ? qb_sayings_add(context, s.text, name) : QB_OK;
    qb_str_finish(&s);
    return rc;
}

static int say_solver(void *context, const qb_cell_run *run, const char *name)
{
    const json_t *solver = json_object_get(run->line, "solver");
    if (!qb_json_text_of(solver, "name")[0])
        return QB_OK;
    bool shipped = json_is_true(json_object_get(solver, "shipped"));
    char *text = qb_sprintf("%s %s%s, file sha256 %.16s", qb_json_text_of(solver, "name"), qb_json_text_of(solver, "version"),
                            shipped ? "" : " (from outside)", qb_json_text_of(solver, "sha256"));
    int rc = text ? qb_sayings_add(context, text, name) : QB_E_NOMEM;
    qb_free(text);
    return rc;
}

static int say_data(void *context, const qb_cell_run *run, const char *name)
{
    const json_t *data = json_object_get(run->line, "data");
    long long n_train = json_integer_value(json_object_get(data, "n_train")), n_test = json_integer_value(json_object_get(data, "n_test"));
    if (!qb_json_text_of(data, "label")[0])
        return QB_OK;
    char *text = qb_sprintf("%s: %lld training and %lld test images used, fingerprint %.16s", qb_json_text_of(data, "label"), n_train, n_test,
                            qb_json_text_of(data, "fingerprint"));
    int rc = text ? qb_sayings_add(context, text, name) : QB_E_NOMEM;
    qb_free(text);
    return rc;
}

static int add_said(qb_doc *d, const qb_study *s, qb_run_function each)
{
    qb_sayings all = {0};
    size_t n_runs;
    int rc = qb_study_each_run(s, each, &all, &n_runs);
    if (rc == QB_OK)
        rc = add_sayings(d, &all, n_runs);
    qb_sayings_finish(&all);
    return rc;
}

/* ---- parts ---- */

static int add_table(qb_doc *d, const qb_table *t)
{
    qb_grid grid = {0};
    char *caption = qb_table_caption(t);
    int rc = caption ? qb_table_grid(t, &grid) : QB_E_NOMEM;
    if (rc == QB_OK)
        qb_doc_grid(d, &grid, caption);
    qb_free(caption);
    qb_grid_finish(&grid);
    return rc;
}

static int add_comparison(qb_doc *d, const qb_study *s, const qb_paper *paper)
{
    const qb_table_options options = {.metric = paper->metric, .ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_NONE};
    qb_table *t = NULL;
    qb_grid grid;
    char *caption = NULL;
    json_t *notes = NULL;
    QB_TRY(qb_table_create(s, &options, &t));
    int rc = qb_compare_grid(t, paper, &grid, &caption, &notes);
    if (rc == QB_OK) {
        qb_doc_heading(d, "Beside the published numbers");
        qb_doc_grid(d, &grid, caption);
        qb_doc_list(d, notes, false);
        qb_grid_finish(&grid);
        qb_free(caption);
        json_decref(notes);
    }
    qb_table_destroy(t);
    return rc;
}

/* A kind of pictures, which may be a picture a cell: KIND-CELL. */
static char *figure_caption(const char *name)
{
    static const struct {
        const char *kind, *caption;
    } captions[] = {
        {"accuracy-final", "Final test accuracy: every seed a point, the mean a line, one standard deviation a whisker."},
        {"accuracy-epochs", "Test accuracy of the finished (hard) weights against epochs: mean over seeds, band of one standard deviation."},
        {"loss-epochs", "Test loss of the finished weights against epochs: mean over seeds, band of one standard deviation."},
        {"accuracy-panels", "Test accuracy against epochs, a panel a solver: its own curve in colour, the others in grey."},
        {"accuracy-bits", "Accuracy against bits: every seed a point, full precision a dashed line."},
        {"paper", "Published numbers beside ours; a whisker is one standard deviation."},
        {"ranks", "Mean ranks with the critical difference after Nemenyi: bars join what does not differ."},
        {"map-weights", "The map w(x) on real weights of three layers while it anneals"},
        {"map", "The map w(x) of each solver over the annealing window, in theory: even levels, no loss."},
        {"levels", "The levels of three layers over the epochs"},
        {"histogram", "Latent and forward weights of three layers, with the levels"},
        {"flips", "Share of weights whose code changed in an epoch, and mean distances to the nearest level, layer by layer"},
        {"schedule", "Learning rate, and what the solvers log, over the epochs."},
        {"times", "Where the time of the runs went."},
    };
    for (size_t i = 0; i < sizeof captions / sizeof *captions; i++) {
        size_t n = strlen(captions[i].kind);
        if (strncmp(captions[i].kind, name, n) != 0 || (name[n] != 0 && name[n] != '-'))
            continue;
        return name[n] ? qb_sprintf("%s: %s.", captions[i].caption, name + n + 1) : qb_strdup(captions[i].caption);
    }
    return qb_strdup(name);
}

static int add_figures(qb_doc *d, const char *plots, const json_t *names)
{
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        char *path = qb_sprintf("%s/%s.svg", plots, name), *link = qb_sprintf("plots/%s.svg", name), *svg = NULL;
        char *caption = figure_caption(name);
        size_t n;
        int rc = path && link && caption ? QB_OK : QB_E_NOMEM;
        if (rc == QB_OK && d->form == QB_DOC_HTML)
            rc = qb_fs_read(path, MAX_SVG, &svg, &n);
        if (rc == QB_OK)
            qb_doc_figure(d, caption, svg, link);
        qb_free(caption);
        qb_free(path);
        qb_free(link);
        qb_free(svg);
        QB_TRY(rc);
    }
    return QB_OK;
}

/* A number of a run's result as it stands in the list of runs. */
static char *number_text(const qb_cell_run *run, const char *name)
{
    const qb_measure *m = NULL;
    QB_ASSERT(qb_measure_find(name, &m) == QB_OK);
    return qb_measure_text(m, qb_cell_run_result(run, name), (double)NAN, 1);
}

static int fill_run(qb_grid *g, size_t row, const char *cell, const qb_cell_run *run)
{
    static const char *const numbers[] = {"test_top1", "test_top5", "test_loss", "train_loss", "images_per_second"};
    QB_TRY(qb_grid_set(g, row, 0, cell));
    QB_TRY(qb_grid_take(g, row, 1, qb_sprintf("%lld", run->seed)));
    QB_TRY(qb_grid_take(g, row, 2, run->reason ? qb_sprintf("%s: %s", run->status, run->reason) : qb_strdup(run->status)));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        QB_TRY(qb_grid_take(g, row, 3 + i, number_text(run, numbers[i])));
    return qb_grid_take(g, row, 8, qb_sprintf("%.12s", qb_json_text_of(run->line, "key")));
}

static int fill_runs(const qb_study *s, qb_grid *g)
{
    static const char *const heads[] = {"cell", "seed", "status", "top-1 (%)", "top-5 (%)", "test loss", "training loss", "images/s", "key"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        QB_TRY(qb_grid_set(g, 0, i, heads[i]));
    size_t row = 1;
    for (size_t c = 0; c < s->n_cells; c++) {
        char *cell = qb_cell_name(s, &s->cells[c]);
        int rc = cell ? QB_OK : QB_E_NOMEM;
        for (size_t i = 0; rc == QB_OK && i < s->cells[c].n_runs; i++)
            rc = fill_run(g, row++, cell, &s->cells[c].runs[i]);
        qb_free(cell);
        QB_TRY(rc);
    }
    return QB_OK;
}

static int add_runs(qb_doc *d, const qb_study *s)
{
    size_t n = 0;
    qb_grid g;
    for (size_t c = 0; c < s->n_cells; c++)
        n += s->cells[c].n_runs;
    QB_TRY(qb_grid_init(&g, n + 1, 9, 3));
    int rc = fill_runs(s, &g);
    if (rc == QB_OK)
        qb_doc_grid(d, &g, "Every run, as it ended.");
    qb_grid_finish(&g);
    return rc;
}

/* The line that runs a cell's first seed again: as a run recorded it, else as the plan would start it; "" for neither. */
static char *command_of(const qb_study *s, size_t c)
{
    const qb_cell *cell = &s->cells[c];
    if (cell->n_runs > 0 && qb_json_text_of(cell->runs[0].line, "command")[0])
        return qb_strdup(qb_json_text_of(cell->runs[0].line, "command"));
    const qb_config *planned = qb_study_planned(s, c, 0);
    return planned ? qb_config_command(planned) : qb_strdup("");
}

static int add_commands(qb_doc *d, const qb_study *s)
{
    if (s->plan) {
        char number[32];
        bool rescaled = s->plan->is_rescaled;
        char *all = qb_sprintf("qatbench run %s%s%s", qb_path_base(s->plan->path), rescaled ? " --scale " : "",
                               rescaled ? qb_format_real(s->plan->scale, number) : "");
        if (!all)
            return QB_E_NOMEM;
        qb_doc_paragraph(d, "All of it, as far as it is not done yet:");
        qb_doc_code(d, all);
        qb_free(all);
    }
    qb_doc_paragraph(d, "Cell by cell, the first seed of each (--seed changes it; --data-dir says where the data are):");
    for (size_t c = 0; c < s->n_cells; c++) {
        char *command = command_of(s, c);
        if (!command)
            return QB_E_NOMEM;
        if (command[0])
            qb_doc_code(d, command);
        qb_free(command);
    }
    return QB_OK;
}

/* The plan as it was read, with the checksum of its file. */
static int add_plan(qb_doc *d, const qb_study_plan *plan)
{
    char sha256[QB_SHA256_HEX];
    qb_sha256_of(plan->text, plan->n_text, sha256);
    char *summary = qb_sprintf("%s, sha256 %s", qb_path_base(plan->path), sha256);
    if (!summary)
        return QB_E_NOMEM;
    if (d->form == QB_DOC_HTML) {
        char *text = qb_strndup(plan->text, plan->n_text);
        qb_doc_fold_begin(d, summary);
        if (text)
            qb_doc_code(d, text);
        qb_doc_fold_end(d);
        qb_free(text);
        qb_free(summary);
        return text ? QB_OK : QB_E_NOMEM;
    }
    qb_doc_paragraph(d, summary);
    qb_free(summary);
    return QB_OK;
}

/* The paper of the plan. What is wrong with it is a warning: the report of our own numbers stands without it. */
static int read_paper(const qb_study *s, qb_paper **ret_paper, json_t *warnings)
{
    int rc = s->plan && s->plan->paper ? qb_paper_read(s->plan->paper, ret_paper) : QB_OK;
    if (rc == QB_OK || rc == QB_E_NOMEM)
        return rc;
    char *text = qb_sprintf("published numbers are left out: %s", qb_err_text());
    qb_err_clear();
    bool ok = text && json_array_append_new(warnings, qb_json_text(text)) == 0;
    qb_free(text);
    return ok ? QB_OK : no_memory();
}

static int write_results(qb_doc *d, const qb_table *t, const qb_paper *paper, const char *plots, const json_t *names)
{
    qb_doc_heading(d, "Results");
    QB_TRY(add_table(d, t));
    int rc = paper ? add_comparison(d, t->study, paper) : QB_OK;
    if (rc == QB_E_NOINPUT) /* it has other cells than this study */
        qb_err_clear();
    else
        QB_TRY(rc);
    qb_doc_heading(d, "Pictures");
    if (names)
        return add_figures(d, plots, names);
    qb_doc_paragraph(d, "This report has no pictures.");
    return QB_OK;
}

static int write_provenance(qb_doc *d, const qb_study *s)
{
    qb_doc_heading(d, "How to run it again");
    QB_TRY(add_commands(d, s));
    if (s->plan) {
        qb_doc_heading(d, "Plan");
        QB_TRY(add_plan(d, s->plan));
    }
    qb_doc_heading(d, "Data");
    QB_TRY(add_said(d, s, say_data));
    qb_doc_heading(d, "Solvers");
    QB_TRY(add_said(d, s, say_solver));
    qb_doc_heading(d, "Machine and versions");
    return add_said(d, s, say_machine);
}

static int write_parts(qb_doc *d, const qb_table *t, const char *plots, const json_t *names)
{
    qb_paper *paper = NULL;
    json_t *warnings = json_array();
    int rc = warnings ? read_paper(t->study, &paper, warnings) : no_memory();
    if (rc == QB_OK)
        rc = qb_report_add_summary(d, t, warnings);
    if (rc == QB_OK)
        rc = write_results(d, t, paper, plots, names);
    qb_paper_destroy(paper);
    json_decref(warnings);
    QB_TRY(rc);
    qb_doc_heading(d, "Runs");
    QB_TRY(add_runs(d, t->study));
    if (d->form == QB_DOC_HTML) {
        qb_doc_heading(d, "Run by run");
        QB_TRY(qb_report_add_pages(d, t));
    }
    return write_provenance(d, t->study);
}

int qb_report_create(const qb_study *s, qb_doc_form form, const char *plots, const json_t *names, char **ret_text)
{
    const qb_table_options options = {.metric = "test_top1", .ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_NONE};
    qb_table *t = NULL;
    qb_doc d = {0};
    QB_TRY(qb_table_create(s, &options, &t));
    char *title = qb_study_title(s);
    int rc = title ? QB_OK : QB_E_NOMEM;
    if (rc == QB_OK) {
        qb_doc_begin(&d, form, title);
        rc = write_parts(&d, t, plots, names);
    }
    qb_free(title);
    char *text = rc == QB_OK ? qb_doc_take(&d) : NULL;
    if (rc == QB_OK && !text)
        rc = no_memory();
    if (rc == QB_OK)
        *ret_text = text;
    qb_doc_finish(&d);
    qb_table_destroy(t);
    return rc;
}
