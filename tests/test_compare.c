#include "qb_test.h"
#include "study_fixture.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/compare.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static char dir[] = "/tmp/qb-test-compare-XXXXXX";
static char path[64];

static void set_up(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/paper.yaml", dir);
}

static void tear_down(void)
{
    (void)qb_fs_remove_tree(dir);
}

static int read_text(const char *text, qb_paper **ret)
{
    ck_assert_int_eq(qb_fs_write_atomic(path, text, strlen(text)), QB_OK);
    return qb_paper_read(path, ret);
}

#define HEAD "source: A paper\nversion: v1\n"

static const char paper_text[] = HEAD "base: {dataset: fashion-mnist}\n"
                                      "conditions: {epochs: 200, batch: 128}\n"
                                      "cells:\n"
                                      "  - {solver: none, mean: 90}\n"
                                      "  - {solver: \"parq[steepness=7]\", bits: 2, mean: 10, std: 1}\n"
                                      "  - {solver: parq, bits: 2, mean: 81, std: 1}\n"
                                      "  - {solver: ste, bits: 2, mean: 70, std: 1, n: 5}\n"
                                      "  - {solver: ste, bits: ternary, mean: 70, std: 1}\n";

static qb_table *table(qb_study **ret_study)
{
    json_t *lines = json_array();
    for (int i = 0; i < 3; i++) {
        fixture_add(lines, fixture_line("none", -1, i + 1, "done", 90 + i));
        fixture_add(lines, fixture_line("parq[steepness=5]", 2, i + 1, "done", 79 + i));
        fixture_add(lines, fixture_line("ste", 2, i + 1, "done", 79 + i));
        fixture_add(lines, fixture_line("lsq", 2, i + 1, "done", 79 + i));
    }
    qb_table *t = NULL;
    const qb_table_options options = {.ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_NONE};
    ck_assert_int_eq(qb_study_create(NULL, lines, "made up", "runs", ret_study), QB_OK);
    ck_assert_int_eq(qb_table_create(*ret_study, &options, &t), QB_OK);
    return t;
}

/* ours 80 +- 1 (3), paper 81 +- 1 (3): d = -1, e = sqrt(2/3) = 0.8165, |d|/e = 1.2247; df = 4, limit 2.7764.
 * ours 80 +- 1 (3), paper 70 +- 1 (5): d = 10, e = sqrt(1/3 + 1/5) = 0.73030, |d|/e = 13.693. */
START_TEST(by_hand)
{
    qb_paper *paper = NULL;
    qb_study *s = NULL;
    qb_comparison *all = NULL;
    size_t n = 0;
    ck_assert_msg(read_text(paper_text, &paper) == QB_OK, "%s", qb_err_text());
    qb_table *t = table(&s);
    ck_assert_int_eq(qb_compare(t, paper, &all, &n), QB_OK);
    ck_assert_uint_eq(n, 3);
    ck_assert(isnan(all[0].units)); /* none: no standard deviation was published */
    ck_assert_double_eq_tol(all[0].difference, 1, 1e-12);
    ck_assert_double_eq_tol(all[1].difference, -1, 1e-12); /* parq of the paper fits any options; steepness=7 does not */
    ck_assert_double_eq_tol(all[1].units, 1.224745, 1e-6);
    ck_assert_double_eq_tol(all[1].limit, 2.776445, 1e-6);
    ck_assert_double_eq_tol(all[2].units, 13.693064, 1e-6);
    qb_free(all);
    qb_table_destroy(t);
    qb_study_destroy(s);
    qb_paper_destroy(paper);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(text_as_golden)
{
    qb_paper *paper = NULL;
    qb_study *s = NULL;
    char *text = NULL;
    ck_assert_int_eq(read_text(paper_text, &paper), QB_OK);
    qb_table *t = table(&s);
    ck_assert_int_eq(qb_compare_render(t, paper, QB_FORM_TEXT, false, &text), QB_OK);
    const char *body = strstr(text, "\n\n");
    ck_assert_ptr_nonnull(strstr(text, " Paper: A paper, v1.\n"));
    ck_assert_str_eq(body, "\n\n"
                           "cell                       paper               ours  difference  std. errors       verdict\n"
                           "------------------------------------------------------------------------------------------\n"
                           "none                       90.00  91.00 +- 1.00 (3)       +1.00            -             -\n"
                           "parq[steepness=5]  81.00 +- 1.00  80.00 +- 1.00 (3)       -1.00          1.2  within noise\n"
                           "ste                70.00 +- 1.00  80.00 +- 1.00 (3)      +10.00         13.7   off by 13.7\n"
                           "\n"
                           "other conditions: epochs 200 in the paper, 2 here\n"
                           "1 of 4 cells here without a published number\n"
                           "2 of 5 published numbers without a cell here\n"
                           "within noise: the difference in combined standard errors is below Student's 97.5 % quantile (Welch's "
                           "degrees of freedom)\n");
    qb_free(text);
    static const qb_table_form forms[] = {QB_FORM_MARKDOWN, QB_FORM_LATEX, QB_FORM_CSV, QB_FORM_JSON};
    static const char *const parts[] = {"| ste | 70.00 ± 1.00 | 80.00 ± 1.00 (3) | +10.00 | 13.7 | off by 13.7 |",
                                        "ste & 70.00 $\\pm$ 1.00 & 80.00 $\\pm$ 1.00 (3) & +10.00 & 13.7 & off by 13.7",
                                        "\"parq[steepness=5]\",81,1,3,80,1,3,-1,1.224744871391589,2.776445", "\"within_noise\": true"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        ck_assert_int_eq(qb_compare_render(t, paper, forms[i], true, &text), QB_OK);
        ck_assert_msg(strstr(text, parts[i]), "%s", text);
        qb_free(text);
    }
    qb_table_destroy(t);
    qb_study_destroy(s);
    qb_paper_destroy(paper);
}
END_TEST

static const struct {
    const char *text, *message; /* behind "FILE:" */
} bad[] = {
    {"source: A\ncells: [{mean: 1}]\n", "1:1: version: must be given, got nothing: versions of a paper may differ in their numbers"},
    {"version: A\ncells: [{mean: 1}]\n", "1:1: source: must be given, got nothing: versions of a paper may differ in their numbers"},
    {HEAD, "1:1: cells: expected a list of cells"},
    {HEAD "cells: []\n", "3:8: cells: expected a list of cells"},
    {HEAD "cells: [1]\n", "3:9: cells: expected a mapping such as {solver: ste, bits: 2, mean: 91.2, std: 0.1}"},
    {HEAD "cells: [{solver: ste}]\n", "3:9: cells: expected a mean, got none"},
    {HEAD "cells: [{mean: x}]\n", "3:16: mean: expected a number, got 'x'"},
    {HEAD "cells: [{mean: 1, std: -1}]\n", "3:24: std: expected a number of at least 0, got '-1'"},
    {HEAD "cells: [{mean: 1, n: 0}]\n", "3:22: n: expected a number of seeds from 1, got '0'"},
    {HEAD "cells: [{mean: 1, bit: 2}]\n", "3:19: unknown key 'bit'"},
    {HEAD "cells: [{mean: 1, bits: 9}]\n", "3:25: bits: expected a number of bits from 1 to 8, or ternary, got '9'"},
    {HEAD "cells: [{mean: 1}]\nmetric: test_top2\n", "4:9: metric: unknown metric 'test_top2'"},
    {HEAD "cells: [{mean: 1}]\nnn: 3\n", "4:1: unknown key 'nn'"},
    {HEAD "cells: [{mean: 1}]\nbase: [1]\n", "4:7: base: expected a mapping of keys to values"},
};

START_TEST(refuses)
{
    qb_paper *paper = NULL;
    ck_assert_int_eq(read_text(bad[_i].text, &paper), QB_E_CONFIG);
    ck_assert_ptr_null(paper);
    ck_assert_str_eq(qb_err_text() + strlen(path) + 1, bad[_i].message);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(refuses_another_metric)
{
    qb_paper *paper = NULL;
    qb_study *s = NULL;
    qb_comparison *all = NULL;
    size_t n;
    ck_assert_int_eq(read_text(HEAD "metric: test_loss\ncells: [{mean: 1}]\n", &paper), QB_OK);
    qb_table *t = table(&s);
    ck_assert_int_eq(qb_compare(t, paper, &all, &n), QB_E_USAGE);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "publishes test_loss, the table shows test_top1"));
    qb_table_destroy(t);
    qb_study_destroy(s);
    qb_paper_destroy(paper);
}
END_TEST

/* The file that we ship: every row of the table is there. */
START_TEST(the_shipped_table)
{
    qb_paper *paper = NULL;
    ck_assert_msg(qb_paper_read("results/paper-table1.yaml", &paper) == QB_OK, "%s", qb_err_text());
    ck_assert_uint_eq(paper->n_cells, 2 * (1 + 5 * 3));
    size_t n_with_std = 0;
    for (size_t i = 0; i < paper->n_cells; i++) {
        n_with_std += !isnan(paper->cells[i].std);
        ck_assert(paper->cells[i].mean > 89 && paper->cells[i].mean < 94);
    }
    ck_assert_uint_eq(n_with_std, 30);
    qb_paper_destroy(paper);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("compare");
    TCase *tc = tcase_create("compare");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, by_hand);
    tcase_add_test(tc, text_as_golden);
    tcase_add_loop_test(tc, refuses, 0, sizeof bad / sizeof *bad);
    tcase_add_test(tc, refuses_another_metric);
    tcase_add_test(tc, the_shipped_table);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
