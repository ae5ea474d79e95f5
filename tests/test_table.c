#include "qb_test.h"
#include "study_fixture.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/keys.h"
#include "study/table.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* none and ste at 2 bits complete; parq at 2 bits with one diverged and one mistrusted run; ste ternary with one run. */
static json_t *sample_lines(void)
{
    json_t *lines = json_array();
    static const double none[] = {82.0, 81.0, 83.0}, ste[] = {79.0, 80.0, 81.5};
    for (int i = 0; i < 3; i++) {
        fixture_add(lines, fixture_line("none", -1, i + 1, "done", none[i]));
        fixture_add(lines, fixture_line("ste", 2, i + 1, "done", ste[i]));
    }
    fixture_add(lines, fixture_line("ste", 0, 1, "done", 77.123));
    fixture_add(lines, fixture_line("parq[steepness=5]", 2, 1, "done", 80.0));
    json_t *diverged = fixture_line("parq[steepness=5]", 2, 2, "diverged", -1);
    json_object_set_new(diverged, "reason", json_string("the loss is not finite after step 12"));
    fixture_add(lines, diverged);
    fixture_add(lines, fixture_line("parq[steepness=5]", 2, 3, "mistrusted", 91.5));
    fixture_add(lines, fixture_line("parq[steepness=5]", 0, 1, "failed", -1));
    return lines;
}

static qb_study *study_of(json_t *lines)
{
    qb_study *s = NULL;
    ck_assert_int_eq(qb_study_create(NULL, lines, "made up", "runs", &s), QB_OK);
    return s;
}

static char *render(const qb_study *s, const qb_table_options *options, qb_table_form form, bool utf8)
{
    qb_table *t = NULL;
    char *text = NULL;
    ck_assert_msg(qb_table_create(s, options, &t) == QB_OK, "%s", qb_err_text());
    ck_assert_int_eq(qb_table_render(t, form, utf8, &text), QB_OK);
    qb_table_destroy(t);
    return text;
}

static const qb_table_options plain = {.ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_NONE};

static const struct {
    qb_table_form form;
    bool utf8;
    const char *golden;
} forms[] = {
    {QB_FORM_TEXT, true,
     "made up: test top-1 (%), last epoch, mean ± standard deviation (ddof 1) over\n"
     "seeds, n = 0 to 3. Fashion-MNIST, resnet8, epochs 2, batch 128, lr 0.1,\n"
     "lr_schedule cosine.\n"
     "\n"
     "solver                        float    ternary                            2 bits\n"
     "--------------------------------------------------------------------------------\n"
     "none               82.00 ± 1.00 (3)\n"
     "parq[steepness=5]                       failed  80.00 (1/3; 1 div, 1 mistrusted)\n"
     "ste                                  77.12 (1)                  80.17 ± 1.26 (3)\n"
     "\n"
     "parq[steepness=5], ternary, seed 1: failed\n"
     "parq[steepness=5], 2 bits, seed 2: diverged: the loss is not finite after step 12\n"
     "parq[steepness=5], 2 bits, seed 3: mistrusted at 91.50 %\n"},
    {QB_FORM_TEXT, false,
     "made up: test top-1 (%), last epoch, mean +- standard deviation (ddof 1) over\n"
     "seeds, n = 0 to 3. Fashion-MNIST, resnet8, epochs 2, batch 128, lr 0.1,\n"
     "lr_schedule cosine.\n"
     "\n"
     "solver                         float    ternary                            2 bits\n"
     "---------------------------------------------------------------------------------\n"
     "none               82.00 +- 1.00 (3)\n"
     "parq[steepness=5]                        failed  80.00 (1/3; 1 div, 1 mistrusted)\n"
     "ste                                   77.12 (1)                 80.17 +- 1.26 (3)\n"
     "\n"
     "parq[steepness=5], ternary, seed 1: failed\n"
     "parq[steepness=5], 2 bits, seed 2: diverged: the loss is not finite after step 12\n"
     "parq[steepness=5], 2 bits, seed 3: mistrusted at 91.50 %\n"},
    {QB_FORM_MARKDOWN, true,
     "made up: test top-1 (%), last epoch, mean ± standard deviation (ddof 1) over seeds, n = 0 to 3. Fashion-MNIST, resnet8, "
     "epochs 2, batch 128, lr 0.1, lr\\_schedule cosine.\n"
     "\n"
     "| solver | float | ternary | 2 bits |\n"
     "| --- | ---: | ---: | ---: |\n"
     "| none | 82.00 ± 1.00 (3) |  |  |\n"
     "| parq[steepness=5] |  | failed | 80.00 (1/3; 1 div, 1 mistrusted) |\n"
     "| ste |  | 77.12 (1) | 80.17 ± 1.26 (3) |\n"
     "\n"
     "- parq[steepness=5], ternary, seed 1: failed\n"
     "- parq[steepness=5], 2 bits, seed 2: diverged: the loss is not finite after step 12\n"
     "- parq[steepness=5], 2 bits, seed 3: mistrusted at 91.50 %\n"},
    {QB_FORM_LATEX, true,
     "% needs \\usepackage{booktabs}\n"
     "\\begin{table}\n"
     "\\centering\n"
     "\\caption{made up: test top-1 (\\%), last epoch, mean $\\pm$ standard deviation (ddof 1) over seeds, n = 0 to 3. "
     "Fashion-MNIST, resnet8, epochs 2, batch 128, lr 0.1, lr\\_schedule cosine.}\n"
     "\\begin{tabular}{lrrr}\n"
     "\\toprule\n"
     "solver & float & ternary & 2 bits \\\\\n"
     "\\midrule\n"
     "none & 82.00 $\\pm$ 1.00 (3) &  &  \\\\\n"
     "parq{[}steepness=5{]} &  & failed & 80.00 (1/3; 1 div, 1 mistrusted) \\\\\n"
     "ste &  & 77.12 (1) & 80.17 $\\pm$ 1.26 (3) \\\\\n"
     "\\bottomrule\n"
     "\\end{tabular}\n"
     "\\par\\smallskip\\footnotesize\n"
     "parq{[}steepness=5{]}, ternary, seed 1: failed\\par\n"
     "parq{[}steepness=5{]}, 2 bits, seed 2: diverged: the loss is not finite after step 12\\par\n"
     "parq{[}steepness=5{]}, 2 bits, seed 3: mistrusted at 91.50 \\%\\par\n"
     "\\end{table}\n"},
    {QB_FORM_CSV, true,
     "solver,bits,seed,status,test_top1,reason\n"
     "none,,1,done,82,\n"
     "none,,2,done,81,\n"
     "none,,3,done,83,\n"
     "parq[steepness=5],ternary,1,failed,,\n"
     "ste,ternary,1,done,77.123,\n"
     "parq[steepness=5],2,1,done,80,\n"
     "parq[steepness=5],2,2,diverged,,the loss is not finite after step 12\n"
     "parq[steepness=5],2,3,mistrusted,91.5,\n"
     "ste,2,1,done,79,\n"
     "ste,2,2,done,80,\n"
     "ste,2,3,done,81.5,\n"},
};

START_TEST(renders_as_golden)
{
    qb_study *s = study_of(sample_lines());
    char *text = render(s, &plain, forms[_i].form, forms[_i].utf8);
    ck_assert_str_eq(text, forms[_i].golden);
    char *again = render(s, &plain, forms[_i].form, forms[_i].utf8);
    ck_assert_str_eq(text, again);
    qb_free(text);
    qb_free(again);
    qb_study_destroy(s);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

static const json_t *find_cell(const json_t *root, const char *solver, int bits)
{
    const json_t *cells = json_object_get(root, "cells");
    for (size_t i = 0; i < json_array_size(cells); i++) {
        const json_t *c = json_array_get(cells, i), *b = json_object_get(c, "bits");
        int value = json_is_null(b) ? -1 : json_is_string(b) ? 0 : (int)json_integer_value(b);
        if (strcmp(json_string_value(json_object_get(c, "solver")), solver) == 0 && value == bits)
            return c;
    }
    ck_abort_msg("no cell %s %d", solver, bits);
    return NULL;
}

START_TEST(json_holds_the_contract)
{
    qb_study *s = study_of(sample_lines());
    char *text = render(s, &plain, QB_FORM_JSON, false);
    json_t *root = NULL;
    ck_assert_int_eq(qb_json_parse(text, strlen(text), "table", &root), QB_OK);
    ck_assert_str_eq(json_string_value(json_object_get(root, "metric")), "test_top1");
    const json_t *none = find_cell(root, "none", -1);
    ck_assert_double_eq(json_number_value(json_object_get(none, "mean")), 82.0);
    ck_assert_double_eq(json_number_value(json_object_get(none, "std")), 1.0);
    ck_assert_int_eq(json_integer_value(json_object_get(none, "n")), 3);
    ck_assert_int_eq(json_integer_value(json_object_get(none, "n_expected")), 3);
    ck_assert_int_eq(json_array_size(json_object_get(none, "values")), 3);
    ck_assert_double_eq(json_number_value(json_array_get(json_object_get(none, "values"), 1)), 81.0);
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(none, "status"), "done")), 3);
    const json_t *one = find_cell(root, "ste", 0);
    ck_assert_double_eq(json_number_value(json_object_get(one, "mean")), 77.123);
    ck_assert(json_is_null(json_object_get(one, "std")));
    const json_t *failed = find_cell(root, "parq[steepness=5]", 0);
    ck_assert(json_is_null(json_object_get(failed, "mean")));
    const json_t *mixed = find_cell(root, "parq[steepness=5]", 2);
    ck_assert_int_eq(json_integer_value(json_object_get(mixed, "n")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(mixed, "n_expected")), 3);
    ck_assert(json_is_null(json_array_get(json_object_get(mixed, "values"), 2))); /* mistrusted: never averaged */
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(mixed, "status"), "mistrusted")), 1);
    json_decref(root);
    qb_free(text);
    qb_study_destroy(s);
}
END_TEST

/* ---- numbers ---- */

static const struct {
    const char *metric;
    double mean, std;
    size_t n;
    const char *text;
} numbers[] = {
    {"test_top1", 91.714, 0.034, 3, "91.71 ± 0.03"},
    {"test_top1", 100.0, 0.0, 3, "100.00 ± 0.00"},
    {"test_top1", 70.5, 2.4, 3, "70.50 ± 2.40"},
    {"test_top1", 91.714, NAN, 1, "91.71"},
    {"test_top1", NAN, NAN, 0, ""},
    {"test_loss", 0.234567, 0.00123, 3, "0.2346 ± 0.0012"},
    {"test_loss", 0.234567, 0.0996, 3, "0.23 ± 0.10"},
    {"test_loss", 0.234567, NAN, 1, "0.2346"},
    {"test_loss", 0.5, 0.0, 2, "0.5000 ± 0.0000"},
    {"images_per_second", 3099.4, 41.3, 3, "3099 ± 41"},
    {"images_per_second", 3099.4, 2.13, 3, "3099.4 ± 2.1"},
    {"test_loss", -0.00001, 0.01, 3, "0.000 ± 0.010"},
};

START_TEST(rounds)
{
    const qb_measure *m = NULL;
    ck_assert_int_eq(qb_measure_find(numbers[_i].metric, &m), QB_OK);
    char *text = qb_measure_text(m, numbers[_i].mean, numbers[_i].std, numbers[_i].n);
    ck_assert_str_eq(text, numbers[_i].text);
    qb_free(text);
}
END_TEST

START_TEST(measure_names)
{
    size_t n;
    const qb_measure *all = qb_measures(&n);
    for (size_t i = 0; i < n; i++)
        ck_assert_str_eq(all[i].name, qb_measure_names[i]);
    ck_assert_ptr_null(qb_measure_names[n]);
    const qb_measure *m = NULL;
    ck_assert_int_eq(qb_measure_find("test_top", &m), QB_E_USAGE);
    ck_assert_str_eq(qb_err_hint_text(), "did you mean 'test_top1'?");
    ck_assert_ptr_null(m);
}
END_TEST

/* ---- statistics ---- */

static qb_table *table_of(const qb_study *s, qb_table_options options)
{
    qb_table *t = NULL;
    options.ddof = 1;
    ck_assert_msg(qb_table_create(s, &options, &t) == QB_OK, "%s", qb_err_text());
    return t;
}

/* a = {82, 81, 83} (mean 82, s 1), b = {79, 80, 81.5} (mean 80.1667, s^2 1.583333).
 * Welch: t = 1.83333 / sqrt((1 + 1.583333) / 3) = 1.97566; df = (0.861111)^2 / ((0.333333^2 + 0.527778^2) / 2) = 3.80594;
 * two-sided p = 0.123078 (numerically integrated density of t with that df).
 * Paired: differences of b - a = {-3, -1, -1.5}: mean -1.83333, s 1.040833, t = -3.05085, df 2, p = 1 - |t| / sqrt(2 + t^2)
 * = 0.092724 (closed form of df 2). */
static json_t *two_solvers(void)
{
    json_t *lines = json_array();
    static const double none[] = {82.0, 81.0, 83.0}, ste[] = {79.0, 80.0, 81.5};
    for (int i = 0; i < 3; i++) {
        fixture_add(lines, fixture_line("none", -1, i + 1, "done", none[i]));
        fixture_add(lines, fixture_line("ste", 2, i + 1, "done", ste[i]));
    }
    return lines;
}

START_TEST(welch_by_hand)
{
    qb_study *s = study_of(two_solvers());
    qb_table *t = table_of(s, (qb_table_options){.bold = QB_BOLD_NONE, .test = QB_TEST_WELCH, .baseline = "none"});
    ck_assert_uint_eq(t->n_tests, 1);
    ck_assert_double_eq_tol(t->tests[0].difference, -1.833333, 1e-6);
    ck_assert_double_eq_tol(t->tests[0].df, 3.805941, 1e-6);
    double x = 1.975659, df = t->tests[0].df;
    double area = 0; /* of the density outside [-x, x]: 1 - 2 * integral from 0 to x, Simpson */
    double scale = exp(lgamma((df + 1) / 2) - lgamma(df / 2)) / sqrt(df * acos(-1.0));
    for (int i = 0; i <= 2000; i++) {
        double u = x * i / 2000, w = i == 0 || i == 2000 ? 1 : i % 2 ? 4 : 2;
        area += w * scale * pow(1 + u * u / df, -(df + 1) / 2) * x / 6000;
    }
    ck_assert_double_eq_tol(t->tests[0].p, 1 - 2 * area, 1e-6);
    ck_assert_double_eq_tol(t->tests[0].p, 0.123078, 2e-3);
    qb_table_destroy(t);
    qb_study_destroy(s);
}
END_TEST

START_TEST(paired_by_hand)
{
    qb_study *s = study_of(two_solvers());
    qb_table *t = table_of(s, (qb_table_options){.bold = QB_BOLD_NONE, .test = QB_TEST_PAIRED, .baseline = "none"});
    ck_assert_uint_eq(t->n_tests, 1);
    double x = 1.8333333333 / (1.0408329997 / sqrt(3.0));
    ck_assert_double_eq_tol(t->tests[0].df, 2, 1e-12);
    ck_assert_double_eq_tol(t->tests[0].p, 1 - x / sqrt(2 + x * x), 1e-8);
    qb_table_destroy(t);
    qb_study_destroy(s);
}
END_TEST

/* Against a at {90, 91, 92}: b one lower with the same spread, c far lower. Holm: the smaller p doubles, the larger stays. */
START_TEST(holm_and_bold)
{
    json_t *lines = json_array();
    for (int i = 0; i < 3; i++) {
        fixture_add(lines, fixture_line("a", 2, i + 1, "done", 90 + i));
        fixture_add(lines, fixture_line("b", 2, i + 1, "done", 89 + i));
        fixture_add(lines, fixture_line("c", 2, i + 1, "done", 60 + i));
    }
    qb_study *s = study_of(lines);
    qb_table *t = table_of(s, (qb_table_options){.bold = QB_BOLD_SIGNIFICANT, .test = QB_TEST_WELCH, .baseline = "a"});
    ck_assert_uint_eq(t->n_tests, 2);
    ck_assert_double_eq_tol(t->tests[0].p_holm, t->tests[0].p, 1e-12);
    ck_assert_double_eq_tol(t->tests[1].p_holm, 2 * t->tests[1].p, 1e-12);
    ck_assert(t->cells[0].bold);
    ck_assert(t->cells[1].bold);
    ck_assert(!t->cells[2].bold);
    char *text = NULL;
    ck_assert_int_eq(qb_table_render(t, QB_FORM_TEXT, true, &text), QB_OK);
    ck_assert_ptr_nonnull(strstr(text, "a       91.00 ± 1.00 (3) *\n"));
    ck_assert_ptr_nonnull(strstr(text, "Welch's t test against a, two-sided, Holm over 2 comparisons:\n"));
    ck_assert_ptr_nonnull(strstr(text, "b     a              -1.00  4.0   0.2879    0.2879\n"));
    ck_assert_ptr_nonnull(strstr(text, "n < 5: with so few seeds"));
    qb_free(text);
    qb_table_destroy(t);
    t = table_of(s, (qb_table_options){.bold = QB_BOLD_BEST, .test = QB_TEST_NONE});
    ck_assert(t->cells[0].bold && !t->cells[1].bold && !t->cells[2].bold);
    qb_table_destroy(t);
    qb_study_destroy(s);
}
END_TEST

/* A cell with one run has no p-value and is no comparison. */
START_TEST(counts_the_comparisons_that_there_are)
{
    json_t *lines = json_array();
    for (int i = 0; i < 3; i++) {
        fixture_add(lines, fixture_line("a", 2, i + 1, "done", 90 + i));
        fixture_add(lines, fixture_line("b", 2, i + 1, "done", 89 + i));
    }
    fixture_add(lines, fixture_line("c", 2, 1, "done", 60));
    qb_study *s = study_of(lines);
    qb_table *t = table_of(s, (qb_table_options){.test = QB_TEST_WELCH, .baseline = "a"});
    char *text = NULL;
    ck_assert_uint_eq(t->n_tests, 2);
    ck_assert_double_eq_tol(t->tests[0].p_holm, t->tests[0].p, 1e-12);
    ck_assert_int_eq(qb_table_render(t, QB_FORM_TEXT, true, &text), QB_OK);
    ck_assert_ptr_nonnull(strstr(text, "Holm over 1 comparison:\n"));
    qb_free(text);
    qb_table_destroy(t);
    qb_study_destroy(s);
}
END_TEST

START_TEST(equal_values_and_small_n)
{
    json_t *lines = json_array();
    for (int i = 0; i < 3; i++) {
        fixture_add(lines, fixture_line("a", 2, i + 1, "done", 90));
        fixture_add(lines, fixture_line("b", 2, i + 1, "done", 90));
    }
    fixture_add(lines, fixture_line("c", 2, 1, "done", 91));
    qb_study *s = study_of(lines);
    qb_table *t = table_of(s, (qb_table_options){.bold = QB_BOLD_BEST, .test = QB_TEST_WELCH, .baseline = "a"});
    ck_assert_double_eq(t->tests[0].p, 1.0);      /* no spread, equal means */
    ck_assert(isnan(t->tests[1].p));              /* one value tells nothing */
    ck_assert_double_eq(t->tests[0].p_holm, 1.0); /* and does not count */
    ck_assert(t->cells[2].bold);
    char *text = NULL;
    ck_assert_int_eq(qb_table_render(t, QB_FORM_TEXT, true, &text), QB_OK);
    ck_assert_ptr_nonnull(strstr(text, "90.00 ± 0.00 (3)"));
    qb_free(text);
    qb_table_destroy(t);
    qb_study_destroy(s);
}
END_TEST

START_TEST(refuses_unknown_baseline)
{
    qb_study *s = study_of(two_solvers());
    qb_table *t = NULL;
    qb_table_options options = {.ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_WELCH, .baseline = "lsq"};
    ck_assert_int_eq(qb_table_create(s, &options, &t), QB_E_USAGE);
    ck_assert_str_eq(qb_err_text(), "baseline: no cell has solver 'lsq'");
    ck_assert_str_eq(qb_err_hint_text(), "there are: none, ste");
    options.baseline = NULL;
    ck_assert_int_eq(qb_table_create(s, &options, &t), QB_E_USAGE);
    ck_assert_str_eq(qb_err_text(), "test: expected --baseline with the solver to compare with");
    ck_assert_ptr_null(t);
    qb_study_destroy(s);
}
END_TEST

/* ---- names that need escaping ---- */

START_TEST(escapes)
{
    json_t *lines = json_array();
    json_t *line = fixture_line("my_50%&co", 2, 1, "failed", -1);
    json_object_set_new(line, "reason", json_string("a, \"b\"\nc <i>"));
    fixture_add(lines, line);
    fixture_add(lines, fixture_line("x|y*z", 2, 1, "done", 50));
    qb_study *s = study_of(lines);
    char *tex = render(s, &plain, QB_FORM_LATEX, true), *md = render(s, &plain, QB_FORM_MARKDOWN, true);
    char *csv = render(s, &plain, QB_FORM_CSV, true);
    ck_assert_ptr_nonnull(strstr(tex, "my\\_50\\%\\&co & failed"));
    ck_assert_ptr_nonnull(strstr(tex, "$<$i$>$"));
    ck_assert_ptr_nonnull(strstr(md, "| x\\|y\\*z |"));
    ck_assert_ptr_nonnull(strstr(csv, ",\"a, \"\"b\"\"\nc <i>\"\n"));
    qb_free(tex);
    qb_free(md);
    qb_free(csv);
    qb_study_destroy(s);
}
END_TEST

START_TEST(only_the_solver_varies)
{
    qb_study *s = study_of(two_solvers());
    char *text = render(s, &plain, QB_FORM_TEXT, true);
    ck_assert_ptr_nonnull(strstr(text, "solver    test top-1 (%)\n"));
    ck_assert_ptr_nonnull(strstr(text, "n = 3. Fashion-MNIST, resnet8, epochs 2, batch 128, lr 0.1, lr_schedule\ncosine, bits 2.\n"));
    qb_free(text);
    qb_study_destroy(s);
}
END_TEST

/* ---- augmentation: one column for what differs, and a word in the caption for what is not usual ---- */

static void augment(json_t *line, int flip, int crop, const char *chain, double mixup)
{
    json_t *config = json_object_get(line, "config");
    json_object_set_new(config, "flip", flip < 0 ? json_null() : json_boolean(flip));
    json_object_set_new(config, "crop", crop < 0 ? json_null() : json_boolean(crop));
    if (chain)
        json_object_set_new(config, "augment", json_string(chain));
    if (mixup > 0)
        json_object_set_new(config, "mixup", json_real(mixup));
}

static const struct {
    struct {
        int flip, crop; /* -1: null */
        const char *chain;
        double mixup;
    } cells[2];
    const char *caption; /* what stands in it; NULL: nothing of this */
    const char *keys;    /* that tell the cells apart, beside solver and bits */
} pictures[] = {
    {{{1, 1, NULL, 0}, {1, 1, NULL, 0}}, NULL, ""},
    {{{1, 1, NULL, 0}, {0, 0, NULL, 0}}, NULL, " flip crop"},
    {{{1, 1, NULL, 0}, {-1, -1, "deit", 0}}, NULL, " augment"},
    {{{0, 0, NULL, 0}, {-1, -1, "resnet", 0}}, NULL, " augment"},
    {{{-1, -1, "resnet", 0}, {-1, -1, "deit", 0}}, NULL, " augment"},
    {{{-1, -1, "deit", 0.8}, {-1, -1, "deit", 0.8}}, "augment deit, mixup 0.8", ""},
    {{{1, 1, NULL, 0.2}, {1, 1, NULL, 0}}, NULL, " mixup"},
};

START_TEST(tells_augmentations_apart)
{
    json_t *lines = json_array();
    for (int i = 0; i < 2; i++) {
        json_t *line = fixture_line("ste", 2, 1 + i, "done", 80 + i);
        augment(line, pictures[_i].cells[i].flip, pictures[_i].cells[i].crop, pictures[_i].cells[i].chain, pictures[_i].cells[i].mixup);
        fixture_add(lines, line);
    }
    qb_study *s = study_of(lines);
    char *text = render(s, &plain, QB_FORM_MARKDOWN, true);
    qb_str keys = {0};
    for (size_t k = 2; k < s->n_keys; k++)
        qb_str_addf(&keys, " %s", s->keys[k]);
    ck_assert_str_eq(keys.text ? keys.text : "", pictures[_i].keys);
    if (pictures[_i].caption)
        ck_assert_msg(strstr(text, pictures[_i].caption), "%s", text);
    else
        ck_assert_msg(!strstr(text, ", augment"), "%s", text);
    qb_str_finish(&keys);
    qb_free(text);
    qb_study_destroy(s);
}
END_TEST

/* ---- keys of training: named in the caption where they are not as usual ---- */

START_TEST(names_what_is_not_usual)
{
    const bool other = _i == 1;
    json_t *lines = two_solvers(), *line;
    json_t *added = json_pack("{s:f, s:f, s:f, s:o, s:b, s:i, s:s?, s:s?}", "momentum", other ? 0.5 : 0.9, "label_smoothing",
                              other ? 0.1 : 0, "drop_path", other ? 0.2 : 0, "grad_clip", other ? json_integer(3) : json_null(),
                              "drop_last", other, "shards", other ? 2 : 1, "init", other ? "0123456789abcdef" : NULL, "norm_mean",
                              other ? "0.5/0.5/0.5" : NULL);
    size_t i;
    ck_assert_ptr_nonnull(added);
    json_array_foreach(lines, i, line)
        json_object_update(json_object_get(line, "config"), added);
    qb_study *s = study_of(lines);
    char *text = render(s, &plain, QB_FORM_MARKDOWN, true), *json = render(s, &plain, QB_FORM_JSON, true);
    const char *named = ", bits 2, init 0123456789ab, norm\\_mean 0.5/0.5/0.5, momentum 0.5, label\\_smoothing 0.1, "
                        "drop\\_path 0.2, grad\\_clip 3, drop\\_last true, shards 2.";
    ck_assert_msg(strstr(text, other ? named : ", bits 2."), "%s", text);
    ck_assert_int_eq(other, strstr(json, "\"shards\"") != NULL);
    qb_free(text);
    qb_free(json);
    json_decref(added);
    qb_study_destroy(s);
}
END_TEST

/* ---- rows and columns by key ---- */

/* Two models, two solvers, two bit widths, and full precision of each model; the learning rate goes with the model. */
static json_t *two_models(void)
{
    json_t *lines = json_array();
    static const char *const models[] = {"resnet20", "resnet8"}, *const solvers[] = {"none", "parq", "ste"};
    for (int m = 0; m < 2; m++) {
        for (int s = 0; s < 3; s++) {
            for (int bits = s == 0 ? -1 : 1; bits <= (s == 0 ? -1 : 2); bits++) {
                for (int seed = 1; seed <= 2; seed++) {
                    json_t *line = fixture_line(solvers[s], bits, seed, "done", 70 + 10 * m + s + bits + seed), *config = json_object_get(line, "config");
                    json_object_set_new(config, "model", json_string(models[m]));
                    json_object_set_new(config, "lr", json_real(m ? 0.05 : 0.1));
                    fixture_add(lines, line);
                }
            }
        }
    }
    return lines;
}

static const struct {
    const char *rows, *cols;
    qb_table_form form;
    const char *table; /* what stands in it */
} layouts[] = {
    {"model,bits", "solver", QB_FORM_TEXT,
     "model     bits              none              parq               ste\n"
     "--------------------------------------------------------------------\n"
     "resnet8   –     80.50 ± 0.71 (2)\n"
     "resnet8   1                       83.50 ± 0.71 (2)  84.50 ± 0.71 (2)\n"
     "resnet8   2                       84.50 ± 0.71 (2)  85.50 ± 0.71 (2)\n"
     "resnet20  –     70.50 ± 0.71 (2)\n"},
    {"solver", "model,bits", QB_FORM_TEXT,
     "                           model=resnet8                                         model=resnet20\n"
     "        ----------------------------------------------------  ----------------------------------------------------\n"
     "solver             float             1 bit            2 bits             float             1 bit            2 bits\n"
     "------------------------------------------------------------------------------------------------------------------\n"
     "none    80.50 ± 0.71 (2)                                      70.50 ± 0.71 (2)\n"},
    {"solver", "model,bits", QB_FORM_MARKDOWN,
     "| solver | model=resnet8, float | model=resnet8, 1 bit | model=resnet8, 2 bits | model=resnet20, float | model=resnet20, 1 bit "
     "| model=resnet20, 2 bits |\n| --- | ---: |"},
    {"solver", "model,bits", QB_FORM_LATEX,
     "\\begin{tabular}{lrrrrrr}\n\\toprule\n & \\multicolumn{3}{c}{model=resnet8} & \\multicolumn{3}{c}{model=resnet20} \\\\\n"
     "\\cmidrule(lr){2-4}\\cmidrule(lr){5-7}\nsolver & float & 1 bit & 2 bits & float & 1 bit & 2 bits \\\\\n\\midrule\nnone & 80.50"},
    {"model,bits", "solver", QB_FORM_LATEX, "resnet8 & 2 &  & 84.50 $\\pm$ 0.71 (2) & 85.50 $\\pm$ 0.71 (2) \\\\\n\\addlinespace\nresnet20 & --"},
    /* what is not named and tells cells apart goes to the other side; lr goes with the model */
    {"model , bits", NULL, QB_FORM_TEXT, "model     bits              none              parq               ste\n"},
    {NULL, "solver", QB_FORM_TEXT, "bits  model                 none              parq               ste\n"},
    {"bits", NULL, QB_FORM_TEXT, "bits     model=resnet8    model=resnet20     model=resnet8 "},
    {"lr,bits", "solver", QB_FORM_TEXT, "lr    bits              none              parq               ste\n"},
    {"lr,model,bits", "solver", QB_FORM_TEXT, "lr    model     bits              none"},
    /* a key with one value */
    {"dataset,model,bits", "solver", QB_FORM_TEXT, "\nfashion-mnist  resnet20  1 "},
    {"lr-schedule,model,bits", "solver", QB_FORM_TEXT, "\ncosine       resnet20  1 "},
    {"model,bits", "solver", QB_FORM_JSON, "\"rows\": [\n    \"model\",\n    \"bits\"\n  ]"},
    {"dataset,model,bits", "solver", QB_FORM_JSON, "\"dataset\": \"fashion-mnist\",\n      \"lr\": 0.1,\n      \"mean\": 70.5,"},
    {"dataset,model,bits", "solver", QB_FORM_CSV, "solver,bits,model,lr,dataset,seed,status,"},
};

static qb_table_options named(const char *rows, const char *cols)
{
    return (qb_table_options){.ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_NONE, .rows = rows, .cols = cols};
}

START_TEST(lays_out_by_key)
{
    qb_study *s = study_of(two_models());
    if (layouts[_i].rows)
        ck_assert_int_eq(qb_study_show_keys(s, "rows", layouts[_i].rows), QB_OK);
    qb_table_options options = named(layouts[_i].rows, layouts[_i].cols);
    char *text = render(s, &options, layouts[_i].form, true);
    ck_assert_msg(strstr(text, layouts[_i].table), "'%s' is not in\n%s", layouts[_i].table, text);
    qb_free(text);
    qb_study_destroy(s);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

static const struct {
    const char *rows, *cols, *text, *hint;
} misnamed[] = {
    {"modle", NULL, "rows: expected keys that make up a run, such as model,bits, got 'modle'", "did you mean 'model'?"},
    {NULL, "threads", "cols: expected keys that make up a run, such as model,bits, got 'threads'", NULL},
    {"model,,bits", NULL, "rows: expected keys separated by commas, such as model,bits; got an empty name", NULL},
    {"", NULL, "rows: expected keys separated by commas, such as model,bits; got an empty name", NULL},
    {"model,", NULL, "rows: expected keys separated by commas, such as model,bits; got an empty name", NULL},
    {"model,seed", NULL, "rows: seed is no key of a cell, which is a mean over its seeds", NULL},
    {"model,bits,model", NULL, "rows: 'model' stands there twice", NULL},
    {"model,bits", "solver,bits", "rows, cols: 'bits' stands in both", NULL},
    {"model", "solver", "rows, cols: cells differ in 'bits' too, which is in neither", "add it to one of them: --rows model,bits"},
};

START_TEST(refuses_such_keys)
{
    qb_study *s = study_of(two_models());
    qb_table *t = NULL;
    qb_table_options options = named(misnamed[_i].rows, misnamed[_i].cols);
    int rc = options.rows ? qb_study_show_keys(s, "rows", options.rows) : QB_OK;
    if (rc == QB_OK && options.cols)
        rc = qb_study_show_keys(s, "cols", options.cols);
    if (rc == QB_OK)
        rc = qb_table_create(s, &options, &t);
    ck_assert_int_eq(rc, QB_E_USAGE);
    ck_assert_str_eq(qb_err_text(), misnamed[_i].text);
    if (misnamed[_i].hint)
        ck_assert_str_eq(qb_err_hint_text(), misnamed[_i].hint);
    ck_assert_ptr_null(t);
    qb_study_destroy(s);
}
END_TEST

/* ---- the best evaluation, and intervals: the fixture's best is half a point above its last ---- */

static const struct {
    qb_table_options options;
    qb_table_form form;
    const char *text;
} beside[] = {
    {{.ddof = 1, .best = true}, QB_FORM_TEXT,
     "                      float                       ternary                       2 bits\n"
     "        ----------------------------------  --------------------  ----------------------------------\n"
     "solver              last              best       last       best              last              best\n"},
    {{.ddof = 1, .best = true}, QB_FORM_TEXT, "\nnone    82.00 ± 1.00 (3)  82.50 ± 1.00 (3)\n"},
    {{.ddof = 1, .best = true}, QB_FORM_TEXT,
     "made up: test top-1 (%), last epoch and best evaluation after annealing, mean ±\nstandard deviation (ddof 1) over seeds, "},
    {{.ddof = 1, .best = true}, QB_FORM_TEXT, "\nbest: of a run's evaluations from the end of annealing on, when its weights are hard; "},
    {{.ddof = 1, .best = true}, QB_FORM_MARKDOWN, "| solver | float, last | float, best | ternary, last | "},
    {{.ddof = 1, .best = true}, QB_FORM_CSV, "seed,status,test_top1,reason,best_top1\nnone,,1,done,82,,82.5\n"},
    {{.ddof = 1, .best = true}, QB_FORM_JSON, "\"best\": {\n        \"mean\": 82.5,\n        \"metric\": \"best_top1\",\n        \"n\": 3,\n        \"std\": 1.0,"},
    /* t of 2 degrees of freedom is 4.3027: 1 / sqrt(3) of that */
    {{.ddof = 1, .ci = 0.95}, QB_FORM_TEXT, "\nnone    82.00 ± 2.48 (3)\n"},
    {{.ddof = 1, .ci = 0.95}, QB_FORM_TEXT, "mean ± half-width of its 95 % confidence\ninterval (Student's t) over seeds, n = "},
    {{.ddof = 0, .ci = 0.999}, QB_FORM_TEXT, "half-width of its 99.9 % confidence\n"},
    {{.ddof = 1, .ci = 0.95}, QB_FORM_JSON, "\"ci\": [\n        79.51"},
    {{.ddof = 1, .ci = 0.95}, QB_FORM_JSON, "\"ci\": null"},
    {{.ddof = 1, .ci = 0.95}, QB_FORM_JSON, "\"ci_level\": 0.95"},
    {{.ddof = 1, .ci = 0.95, .best = true}, QB_FORM_TEXT, "\nnone    82.00 ± 2.48 (3)  82.50 ± 2.48 (3)\n"},
};

START_TEST(shows_beside_the_mean)
{
    json_t *lines = sample_lines();
    for (size_t i = json_array_size(lines); i-- > 0;) { /* parq, whose longer name would move the columns */
        if (strncmp(json_string_value(json_object_get(json_object_get(json_array_get(lines, i), "config"), "solver")), "parq", 4) == 0)
            json_array_remove(lines, i);
    }
    qb_study *s = study_of(lines);
    qb_table_options options = beside[_i].options;
    options.bold = QB_BOLD_NONE;
    options.test = QB_TEST_NONE;
    char *text = render(s, &options, beside[_i].form, true);
    ck_assert_msg(strstr(text, beside[_i].text), "'%s' is not in\n%s", beside[_i].text, text);
    qb_free(text);
    qb_study_destroy(s);
}
END_TEST

START_TEST(best_is_of_top1_alone)
{
    qb_study *s = study_of(two_solvers());
    qb_table *t = NULL;
    qb_table_options options = {.ddof = 1, .best = true, .metric = "test_loss", .bold = QB_BOLD_NONE, .test = QB_TEST_NONE};
    ck_assert_int_eq(qb_table_create(s, &options, &t), QB_E_USAGE);
    ck_assert_str_eq(qb_err_text(), "best: expected metric test_top1, whose best is recorded; got test_loss");
    qb_study_destroy(s);
}
END_TEST

/* Every allocation of ours fails once: an error or a table, never a crash or a leak. */
/* What a run says of itself stands below every form that has a below, once for all runs that said it. */
static const struct {
    qb_table_form form;
    const char *texts[5];
} below[] = {
    {QB_FORM_TEXT,
     {"\n2 rows collapsed to a single value (ste, 2 bits, seed 1; ste, 2 bits, seed 2)\n",
      "\nmachine.threads changed between starts: 1, now 2 (ste, 2 bits, seed 3)\n", "\nchecksums differ (none, seed 1)\n",
      "\nruns differ in threads: 1 (8 runs), 2 (1 run)\n", NULL}},
    {QB_FORM_MARKDOWN,
     {"\n- 2 rows collapsed to a single value (ste, 2 bits, seed 1; ste, 2 bits, seed 2)\n", "\n- machine.threads changed between",
      "\n- checksums differ (none, seed 1)\n", "\n- runs differ in threads: 1 (8 runs), 2 (1 run)\n", NULL}},
    {QB_FORM_LATEX, {"\n2 rows collapsed to a single value (ste, 2 bits, seed 1; ste, 2 bits, seed 2)\\par\n", "runs differ in threads", NULL}},
    {QB_FORM_JSON, {"\"2 rows collapsed to a single value (ste, 2 bits, seed 1; ste, 2 bits, seed 2)\"", "\"machine.threads changed", NULL}},
};

START_TEST(runs_speak_below_the_table)
{
    json_t *lines = sample_lines();
    json_t *none = json_array_get(lines, 0), *third = json_array_get(lines, 5);
    ck_assert_int_eq(json_object_set_new(json_object_get(none, "data"), "warning", json_string("checksums differ")), 0);
    ck_assert_int_eq(json_object_set_new(none, "notes", json_pack("[s]", "checksums differ")), 0); /* said once */
    for (size_t i = 1; i < 4; i += 2)
        json_object_set_new(json_array_get(lines, i), "notes", json_pack("[s]", "2 rows collapsed to a single value"));
    json_object_set_new(third, "mixed", json_pack("[s]", "machine.threads changed between starts: 1, now 2"));
    json_object_set_new(json_object_get(third, "machine"), "threads", json_integer(2));
    qb_study *s = study_of(lines);
    char *text = render(s, &plain, below[_i].form, true);
    for (size_t i = 0; below[_i].texts[i]; i++)
        ck_assert_msg(strstr(text, below[_i].texts[i]), "'%s' is not in\n%s", below[_i].texts[i], text);
    const char *first = strstr(text, "checksums differ");
    ck_assert(first && !strstr(first + 1, "checksums differ"));
    qb_free(text);
    qb_study_destroy(s);
}
END_TEST

START_TEST(survives_lack_of_memory)
{
    for (long nth = 1; nth < 4000; nth++) {
        json_t *lines = sample_lines();
        qb_study *s = NULL;
        qb_table *t = NULL;
        char *text = NULL;
        qb_mem_fail_at(nth, 0);
        qb_table_options options = {.ddof = 1, .bold = QB_BOLD_SIGNIFICANT, .test = QB_TEST_WELCH, .baseline = "ste"};
        int rc = qb_study_create(NULL, lines, "made up", "runs", &s);
        if (rc == QB_OK)
            rc = qb_table_create(s, &options, &t);
        if (rc == QB_OK)
            rc = qb_table_render(t, QB_FORM_TEXT, false, &text);
        qb_mem_fail_at(0, 0);
        qb_free(text);
        qb_table_destroy(t);
        qb_study_destroy(s);
        ck_assert_int_eq(qb_mem_live_blocks(), 0);
        if (rc == QB_OK)
            return;
        ck_assert_int_eq(rc, QB_E_NOMEM);
    }
    ck_abort_msg("never got through");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("table");
    TCase *tc = tcase_create("table");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, renders_as_golden, 0, sizeof forms / sizeof *forms);
    tcase_add_loop_test(tc, rounds, 0, sizeof numbers / sizeof *numbers);
    tcase_add_test(tc, json_holds_the_contract);
    tcase_add_test(tc, measure_names);
    tcase_add_test(tc, welch_by_hand);
    tcase_add_test(tc, paired_by_hand);
    tcase_add_test(tc, holm_and_bold);
    tcase_add_test(tc, counts_the_comparisons_that_there_are);
    tcase_add_test(tc, equal_values_and_small_n);
    tcase_add_test(tc, refuses_unknown_baseline);
    tcase_add_test(tc, escapes);
    tcase_add_test(tc, only_the_solver_varies);
    tcase_add_loop_test(tc, tells_augmentations_apart, 0, sizeof pictures / sizeof *pictures);
    tcase_add_loop_test(tc, names_what_is_not_usual, 0, 2);
    tcase_add_loop_test(tc, runs_speak_below_the_table, 0, sizeof below / sizeof *below);
    tcase_add_loop_test(tc, lays_out_by_key, 0, sizeof layouts / sizeof *layouts);
    tcase_add_loop_test(tc, refuses_such_keys, 0, sizeof misnamed / sizeof *misnamed);
    tcase_add_loop_test(tc, shows_beside_the_mean, 0, sizeof beside / sizeof *beside);
    tcase_add_test(tc, best_is_of_top1_alone);
    tcase_add_test(tc, survives_lack_of_memory);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
