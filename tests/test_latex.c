/* Every kind of table that --format tex writes, set by a real LaTeX; .ci/run installs one. */
#include "qb_test.h"
#include "study_fixture.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/compare.h"
#include "study/keys.h"

#include <string.h>
#include <sys/wait.h>

/* Labels hold what LaTeX takes for its own; one run fails for a reason of several paragraphs. */
static const char *const solvers[] = {"none", "a_50%&b#1", "c^2~x{y}$z\\w", "<d|e>[k=1.5]", "f\"g'h`i--j"};

static json_t *odd_lines(void)
{
    json_t *lines = json_array();
    for (int s = 0; s < 5; s++) {
        for (int bits = s == 0 ? -1 : 0; bits <= (s == 0 ? -1 : 2); bits++) {
            for (int m = 0; m < 2; m++) {
                for (int seed = 1; seed <= 3; seed++) {
                    json_t *line = fixture_line(solvers[s], bits, seed, "done", 60 + 10 * m + 3 * s + bits + seed / 3.0);
                    json_t *config = json_object_get(line, "config"), *model = json_string(m ? "resnet8" : "resnet_20");
                    ck_assert_int_eq(json_object_set_new(config, "model", model), 0);
                    fixture_add(lines, line);
                }
            }
        }
    }
    json_t *failed = fixture_line(solvers[1], 2, 4, "failed", -1);
    json_t *reason = json_string("it said \"no\"\n\n100% of #1 & more: \\x\t^_{}~\x01");
    ck_assert_int_eq(json_object_set_new(failed, "reason", reason), 0);
    fixture_add(lines, failed);
    return lines;
}

static const qb_table_options kinds[] = {
    {.ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_NONE},
    {.ddof = 1, .bold = QB_BOLD_BEST, .test = QB_TEST_NONE, .best = true},
    {.ddof = 1, .bold = QB_BOLD_SIGNIFICANT, .test = QB_TEST_WELCH, .baseline = "a_50%&b#1", .ci = 0.95},
    {.ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_PAIRED, .baseline = "none", .metric = "test_loss"},
    {.ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_NONE, .rows = "model,bits", .cols = "solver", .ranks = true},
    {.ddof = 1, .bold = QB_BOLD_BEST, .test = QB_TEST_NONE, .rows = "solver", .cols = "model,bits", .best = true, .ci = 0.9},
    {.ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_NONE, .rows = "solver,bits,model,dataset", .ranks = true,
     .metric = "images_per_second"},
    {.ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_NONE, .cols = "lr,solver"},
};

static bool succeeds(const char *command)
{
    int status = system(command);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void add_table(const qb_study *s, const qb_table_options *options, const qb_paper *paper, qb_str *document)
{
    qb_table *t = NULL;
    char *text = NULL;
    ck_assert_msg(qb_table_create(s, options, &t) == QB_OK, "%s", qb_err_text());
    if (paper)
        ck_assert_int_eq(qb_compare_render(t, paper, QB_FORM_LATEX, true, &text), QB_OK);
    else
        ck_assert_int_eq(qb_table_render(t, QB_FORM_LATEX, true, &text), QB_OK);
    qb_str_addf(document, "%s\\clearpage\n", text);
    qb_free(text);
    qb_table_destroy(t);
}

static void write_text(const char *dir, const char *name, const char *text)
{
    char *path = qb_path_join(dir, name);
    ck_assert_int_eq(qb_fs_write_atomic(path, text, strlen(text)), QB_OK);
    qb_free(path);
}

START_TEST(latex_sets_every_table)
{
    if (!succeeds("kpsewhich booktabs.sty >/dev/null 2>&1 && command -v pdflatex >/dev/null"))
        QB_TEST_SKIP("there is no pdflatex with booktabs (texlive-latex-recommended)");
    char *dir;
    ck_assert_int_eq(qb_fs_make_temp_dir("qb_latex", &dir), QB_OK);
    write_text(dir, "paper.yaml",
               "source: 'A & B, 100% of C_1 #2'\nversion: v1^2\ncells: [{solver: none, mean: 61, std: 1}, {solver: ste, mean: 63}]\n");
    char *path = qb_path_join(dir, "paper.yaml");
    qb_paper *paper;
    ck_assert_msg(qb_paper_read(path, &paper) == QB_OK, "%s", qb_err_text());
    qb_study *s = NULL;
    static const char title[] = "100% of\n\nR&D_1 # \xc3\xa9 \xc2\xb1 \xe2\x80\x93 ~ ^ \\ {$x$} \"q\" [a]";
    ck_assert_int_eq(qb_study_create(NULL, odd_lines(), title, "runs", &s), QB_OK);
    ck_assert_int_eq(qb_study_show_keys(s, "rows", "dataset,lr"), QB_OK);
    qb_str document = {0};
    qb_str_add(&document, "\\documentclass{article}\n\\usepackage{booktabs}\n\\begin{document}\n");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        add_table(s, &kinds[i], NULL, &document);
    add_table(s, &kinds[0], paper, &document);
    qb_str_add(&document, "\\end{document}\n");
    write_text(dir, "tables.tex", document.text);
    char *command = qb_sprintf("cd '%s' && { TEXMFVAR=$PWD pdflatex -halt-on-error -interaction=nonstopmode tables.tex "
                              ">out 2>&1 </dev/null || { tail -n 40 out >&2; false; }; }", dir); /* fonts that it makes stay here */
    ck_assert_msg(succeeds(command), "LaTeX refuses %s/tables.tex", dir);
    qb_free(command);
    command = qb_sprintf("cd '%s' && test -s tables.pdf && ! grep -e 'Missing character' -e '^! ' tables.log >&2", dir);
    ck_assert_msg(succeeds(command), "LaTeX complains of %s/tables.tex", dir);
    qb_free(command);
    qb_str_finish(&document);
    qb_paper_destroy(paper);
    qb_study_destroy(s);
    ck_assert_int_eq(qb_fs_remove_tree(dir), QB_OK);
    qb_free(path);
    qb_free(dir);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("latex");
    TCase *tc = tcase_create("latex");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, latex_sets_every_table);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
