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

/* ---- logs of the reference code ---- */

static void write_log(const char *name, const char *text)
{
    char *file = qb_path_join(dir, name);
    ck_assert_int_eq(qb_fs_write_atomic(file, text, strlen(text)), QB_OK);
    qb_free(file);
}

#define EPOCH(e, top1) "{\"train_loss\": 0.5, \"lr\": 0.1, \"epoch\": " e ", \"test_loss\": 0.6, \"test_prec1\": " top1 "}\n"

/* Three seeds: one as it should be; one that was resumed at epoch 1 and, before, diverged; one by DeiT's names. */
static void write_logs(void)
{
    write_log("s1.txt", EPOCH("0", "50.5") EPOCH("1", "80.0"));
    write_log("s2.txt", EPOCH("0", "50")
                        "{\"epoch\": 1, \"test_loss\": NaN, \"a\": [-Infinity, Infinity], \"b\": \"NaN \\\"Infinity\"}\n" EPOCH("1", "81"));
    write_log("s3.txt", "{\"train_lr\": 1e-3, \"test_acc1\": 82.0, \"test_acc5\": 99.5, \"epoch\": 1, \"n_parameters\": 5717416}\n{\"epoch\": 2, \"tes");
}

/* ours 80 +- 1 (3), theirs 81 +- 1 (3): the same as in by_hand. */
START_TEST(logs_are_seeds)
{
    qb_paper *paper = NULL;
    qb_study *s = NULL;
    qb_comparison *all = NULL;
    size_t n = 0;
    write_logs();
    ck_assert_msg(read_text(HEAD "conditions: {epochs: 2}\n"
                                 "cells:\n"
                                 "  - {solver: parq, bits: 2, log: [s1.txt, s2.txt, s3.txt]}\n"
                                 "  - {solver: ste, bits: 2, log: s1.txt}\n",
                            &paper) == QB_OK, "%s", qb_err_text());
    qb_table *t = table(&s);
    ck_assert_int_eq(qb_compare(t, paper, &all, &n), QB_OK);
    ck_assert_uint_eq(n, 2);
    ck_assert_uint_eq(all[0].paper->n, 3);
    ck_assert_double_eq(all[0].paper->mean, 81);
    ck_assert_double_eq(all[0].paper->std, 1);
    ck_assert_double_eq_tol(all[0].units, 1.224745, 1e-6);
    ck_assert_uint_eq(all[1].paper->n, 1);
    ck_assert_double_eq(all[1].paper->mean, 80);
    ck_assert(isnan(all[1].paper->std) && isnan(all[1].units));
    qb_free(all);
    qb_paper_destroy(paper);
    static const char *const metrics[] = {"test_loss", "train_loss"};
    for (int i = 0; i < 2; i++) {
        char text[200];
        (void)snprintf(text, sizeof text, HEAD "metric: %s\ncells: [{solver: ste, log: s2.txt}]\n", metrics[i]);
        ck_assert_msg(read_text(text, &paper) == QB_OK, "%s", qb_err_text());
        ck_assert_double_eq(paper->cells[0].mean, i == 0 ? 0.6 : 0.5);
        qb_paper_destroy(paper);
    }
    ck_assert_int_eq(read_text(HEAD "metric: test_top5\ncells: [{solver: ste, log: s3.txt}]\n", &paper), QB_OK);
    ck_assert_double_eq(paper->cells[0].mean, 99.5);
    qb_paper_destroy(paper);
    qb_table_destroy(t);
    qb_study_destroy(s);
}
END_TEST

/* Beside a study of one cell a log needs no file around it. */
START_TEST(a_log_alone)
{
    qb_paper *paper = NULL;
    qb_study *s = NULL;
    char *text = NULL;
    write_logs();
    (void)snprintf(path, sizeof path, "%s/s2.txt", dir);
    ck_assert_msg(qb_paper_read(path, &paper) == QB_OK, "%s", qb_err_text());
    qb_table *t = table(&s);
    ck_assert_int_eq(qb_compare_render(t, paper, QB_FORM_TEXT, true, &text), QB_E_USAGE);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "s2.txt does not say which of 4 cells it belongs to"));
    ck_assert_ptr_nonnull(strstr(qb_err_hint_text(), "log: s2.txt}]"));
    qb_table_destroy(t);
    qb_study_destroy(s);
    json_t *lines = json_array();
    fixture_add(lines, fixture_line("ste", 2, 1, "done", 79));
    const qb_table_options options = {.ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_NONE};
    ck_assert_int_eq(qb_study_create(NULL, lines, "made up", "runs", &s), QB_OK);
    ck_assert_int_eq(qb_table_create(s, &options, &t), QB_OK);
    ck_assert_msg(qb_compare_render(t, paper, QB_FORM_TEXT, true, &text) == QB_OK, "%s", qb_err_text());
    ck_assert_ptr_nonnull(strstr(text, "s2.txt, 2"));
    ck_assert_ptr_null(strstr(text, "other conditions"));
    ck_assert_ptr_nonnull(strstr(text, "81.00"));
    ck_assert_ptr_nonnull(strstr(text, "-2.00"));
    qb_free(text);
    qb_table_destroy(t);
    qb_study_destroy(s);
    qb_paper_destroy(paper);
}
END_TEST

static const struct {
    const char *cell, *log; /* log: what bad.txt holds; NULL: there is none */
    int code;
    const char *text;
} bad_logs[] = {
    {"log: bad.txt", NULL, QB_E_NOINPUT, "bad.txt"},
    {"log: bad.txt", "", QB_E_DATA, "bad.txt: expected a line for every epoch, found none"},
    {"log: bad.txt", EPOCH("0", "1") "epoch 1\n" EPOCH("2", "1"), QB_E_DATA, "bad.txt:2: expected a JSON object with an epoch from 0, got something else"},
    {"log: bad.txt", "\n" EPOCH("0", "1"), QB_E_DATA, "bad.txt:1: expected a JSON object"},
    {"log: bad.txt", "[1]\n", QB_E_DATA, "bad.txt:1: expected a JSON object with an epoch from 0, got something else"},
    {"log: bad.txt", "{\"test_prec1\": 1}\n", QB_E_DATA, "bad.txt:1: expected a JSON object with an epoch from 0, got none"},
    {"log: bad.txt", EPOCH("-1", "1"), QB_E_DATA, "bad.txt:1: expected a JSON object with an epoch from 0, got another epoch"},
    {"log: bad.txt", EPOCH("0.5", "1"), QB_E_DATA, "got another epoch"},
    {"log: bad.txt", EPOCH("9223372036854775807", "1"), QB_E_DATA, "got another epoch"},
    {"log: bad.txt", EPOCH("0", "1e400"), QB_E_DATA, "bad.txt:1: expected a JSON object"},
    {"log: bad.txt", "\\", QB_E_DATA, "bad.txt: expected a line for every epoch, found none"},
    {"log: bad.txt", EPOCH("0", "1") EPOCH("1", "NaN"), QB_E_DATA, "bad.txt:2: test_prec1: expected a finite number, got none"},
    {"log: bad.txt", EPOCH("0", "\"91\""), QB_E_DATA, "bad.txt:1: expected a number test_prec1 or test_acc1 for test_top1, got a string"},
    {"log: bad.txt", "{\"epoch\": 0, \"train_loss\": 1}\n", QB_E_DATA, "expected a number test_prec1 or test_acc1 for test_top1, got nothing"},
    {"log: bad.txt", "{\"epoch\": 0, \"epoch\": 1}\n", QB_E_DATA, "bad.txt:1: expected a JSON object"},
    {"log: bad.txt", "{\"epoch\": 0, \"x\": NaNNaN, \"test_prec1\": 1}\n", QB_E_DATA, "bad.txt:1: expected a JSON object"},
    {"log: [s1.txt, bad.txt]", EPOCH("0", "1"), QB_E_CONFIG, "paper.yaml:3:37: log: 'bad.txt': expected 2 epochs, as in the first one, got 1"},
    {"epochs: 3, log: s1.txt", NULL, QB_E_CONFIG, "log: 's1.txt': expected 3 epochs, as this file says, got 2"},
    {"log: [s1.txt, s1.txt]", NULL, QB_E_CONFIG, "paper.yaml:3:37: log: 's1.txt' is there twice: expected a log a seed"},
    {"log: []", NULL, QB_E_CONFIG, "log: expected a log.txt, or a list of them, one a seed"},
    {"log: {a: s1.txt}", NULL, QB_E_CONFIG, "log: expected a log.txt, or a list of them, one a seed"},
    {"log: [[s1.txt]]", NULL, QB_E_CONFIG, "log: expected a single value"},
    {"log: [s1.txt, {a: b}]", NULL, QB_E_CONFIG, "log: expected a single value"},
    {"log: \"\"", NULL, QB_E_CONFIG, "log: expected a single value"},
    {"mean: 80, log: s1.txt", NULL, QB_E_CONFIG, "mean: expected it left out beside log, which tells it"},
    {"log: s1.txt, n: 3", NULL, QB_E_CONFIG, "n: expected it left out beside log"},
    {"logs: s1.txt", NULL, QB_E_CONFIG, "unknown key 'logs'"},
};

START_TEST(refuses_bad_logs)
{
    qb_paper *paper = NULL;
    char text[200];
    write_logs();
    if (bad_logs[_i].log)
        write_log("bad.txt", bad_logs[_i].log);
    (void)snprintf(text, sizeof text, HEAD "cells: [{solver: ste, %s}]\n", bad_logs[_i].cell);
    ck_assert_int_eq(read_text(text, &paper), bad_logs[_i].code);
    ck_assert_msg(strstr(qb_err_text(), bad_logs[_i].text) != NULL, "'%s' is not in: %s", bad_logs[_i].text, qb_err_text());
    ck_assert_ptr_null(paper);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(refuses_metrics_that_logs_lack)
{
    qb_paper *paper = NULL;
    write_logs();
    ck_assert_int_eq(read_text(HEAD "metric: best_top1\ncells: [{solver: ste, log: s1.txt}]\n", &paper), QB_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "log: expected a metric that such logs have (test_top1, test_top5, test_loss, train_loss), got best_top1"));
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
    tcase_add_test(tc, logs_are_seeds);
    tcase_add_test(tc, a_log_alone);
    tcase_add_loop_test(tc, refuses_bad_logs, 0, sizeof bad_logs / sizeof *bad_logs);
    tcase_add_test(tc, refuses_metrics_that_logs_lack);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
