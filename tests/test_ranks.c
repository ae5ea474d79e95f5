/* Intervals, tests and mean ranks of whole tables against SciPy's, on the made-up sets of tests/golden/statistics.json
 * (scripts/make_statistics.py), and designs that allow no ranks. */
#include "qb_test.h"
#include "study_fixture.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/ranks.h"

#include <math.h>
#include <string.h>

enum { N_SETS = 21 };

static json_t *read_sets(void)
{
    json_t *root = NULL;
    ck_assert_msg(qb_json_read("tests/golden/statistics.json", &root) == QB_OK, "%s", qb_err_text());
    ck_assert_uint_eq(json_array_size(json_object_get(root, "sets")), N_SETS);
    return root;
}

/* The blocks of a set are learning rates. */
static double rate_of(size_t block)
{
    return (double)(block + 1) / 64;
}

static void add_run(json_t *lines, const char *solver, size_t block, int seed, double top1)
{
    json_t *line = fixture_line(solver, 2, seed, top1 < 0 ? "failed" : "done", top1);
    ck_assert_int_eq(json_object_set_new(json_object_get(line, "config"), "lr", json_real(rate_of(block))), 0);
    fixture_add(lines, line);
}

static json_t *lines_of(const json_t *set)
{
    json_t *lines = json_array(), *blocks = json_object_get(set, "blocks"), *solvers = json_object_get(set, "solvers");
    for (size_t b = 0; b < json_array_size(blocks); b++) {
        for (size_t s = 0; s < json_array_size(solvers); s++) {
            const json_t *seeds = json_array_get(json_array_get(blocks, b), s);
            for (size_t i = 0; i < json_array_size(seeds); i++) {
                const json_t *v = json_array_get(seeds, i);
                const char *solver = json_string_value(json_array_get(solvers, s));
                add_run(lines, solver, b, (int)i + 1, json_is_null(v) ? -1 : json_number_value(v));
            }
        }
    }
    return lines;
}

static qb_table *table_of(json_t *lines, qb_test test, const char *baseline, qb_study **ret_study)
{
    qb_table *t = NULL;
    qb_table_options options = {.ddof = 1, .bold = QB_BOLD_NONE, .test = test, .baseline = baseline, .ci = 0.95, .ranks = true};
    ck_assert_int_eq(qb_study_create(NULL, lines, "made up", "runs", ret_study), QB_OK);
    ck_assert_msg(qb_table_create(*ret_study, &options, &t) == QB_OK, "%s", qb_err_text());
    return t;
}

static void same(double got, const json_t *expected, double tolerance, const char *what)
{
    if (!json_is_number(expected)) {
        ck_assert_msg(isnan(got), "%s: %g, expected none", what, got);
        return;
    }
    double wanted = json_number_value(expected);
    ck_assert_msg(fabs(got - wanted) <= tolerance * fmax(1e-3, fabs(wanted)), "%s: %.17g, expected %.17g", what, got, wanted);
}

static size_t solver_number(const qb_cell *cell)
{
    return (size_t)atoi(json_string_value(json_object_get(cell->values, "solver")) + 1);
}

static size_t block_number(const qb_cell *cell)
{
    const json_t *lr = json_object_get(cell->values, "lr");
    return json_is_number(lr) ? (size_t)(json_number_value(lr) * 64) - 1 : 0; /* of one block the rate is no key */
}

static const json_t *at(const json_t *rows, size_t b, size_t s)
{
    return json_array_get(json_array_get(rows, b), s);
}

static size_t count_numbers(const json_t *rows)
{
    size_t n = 0;
    for (size_t b = 0; b < json_array_size(rows); b++) {
        for (size_t s = 0; s < json_array_size(json_array_get(rows, b)); s++)
            n += json_is_number(at(rows, b, s));
    }
    return n;
}

static void compare_cells(const qb_table *t, const json_t *expected)
{
    for (size_t c = 0; c < t->study->n_cells; c++) {
        const qb_table_cell *cell = &t->cells[c];
        const json_t *e = at(json_object_get(expected, "cells"), block_number(cell->cell), solver_number(cell->cell));
        ck_assert_int_eq(cell->n, json_integer_value(json_object_get(e, "n")));
        same(cell->mean, json_object_get(e, "mean"), 1e-13, "mean");
        same(cell->std, json_object_get(e, "std"), 1e-9, "std");
        same(cell->mean - cell->margin, json_object_get(e, "low"), 1e-11, "lower end");
        same(cell->mean + cell->margin, json_object_get(e, "high"), 1e-11, "upper end");
    }
}

static void compare_tests(const qb_table *t, const json_t *p, const json_t *p_holm)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n_tests; i++) {
        const qb_cell *cell = t->cells[t->tests[i].cell].cell;
        size_t b = block_number(cell), s = solver_number(cell) - 1;
        same(t->tests[i].p, at(p, b, s), 1e-9, "p");
        same(t->tests[i].p_holm, at(p_holm, b, s), 1e-9, "p after Holm");
        n += !isnan(t->tests[i].p);
    }
    ck_assert_uint_eq(n, count_numbers(p));
}

static void compare_ranks(const qb_ranking *r, const json_t *e)
{
    ck_assert_int_eq(r->why_not == NULL, json_is_object(e));
    ck_assert_uint_eq(r->n_items, json_array_size(json_object_get(e, "mean_ranks")));
    if (r->why_not)
        return;
    ck_assert_int_eq(r->n_blocks, json_integer_value(json_object_get(e, "n_blocks")));
    same(r->chi2, json_object_get(e, "chi2"), 1e-11, "chi-square");
    same(r->p, json_object_get(e, "p"), 1e-9, "p of Friedman's test");
    same(r->distance, json_object_get(e, "critical_difference"), 1e-9, "critical difference");
    for (size_t i = 0; i < r->n_items; i++) {
        size_t a = (size_t)atoi(r->items[i].label + 1);
        same(r->items[i].mean_rank, json_array_get(json_object_get(e, "mean_ranks"), a), 1e-13, "mean rank");
        ck_assert(i == 0 || r->items[i - 1].mean_rank <= r->items[i].mean_rank);
        for (size_t j = 0; j < r->n_items; j++) {
            size_t b = (size_t)atoi(r->items[j].label + 1);
            same(r->pairs[i * r->n_items + j], at(json_object_get(e, "pairs"), a, b), 1e-8, "p of a pair");
        }
    }
}

START_TEST(agrees_with_scipy) /* _i: set */
{
    json_t *root = read_sets();
    const json_t *set = json_array_get(json_object_get(root, "sets"), (size_t)_i), *expected = json_object_get(set, "expected");
    static const struct {
        qb_test test;
        const char *p, *p_holm;
    } tests[] = {{QB_TEST_WELCH, "welch", "welch_holm"}, {QB_TEST_PAIRED, "paired", "paired_holm"}};
    for (size_t i = 0; i < 2; i++) {
        qb_study *s = NULL;
        qb_table *t = table_of(lines_of(set), tests[i].test, "s00", &s);
        compare_cells(t, expected);
        compare_tests(t, json_object_get(expected, tests[i].p), json_object_get(expected, tests[i].p_holm));
        compare_ranks(t->ranking, json_object_get(expected, "ranks"));
        qb_table_destroy(t);
        qb_study_destroy(s);
    }
    json_decref(root);
}
END_TEST

/* Every mean, deviation and result of the JSON stands in all other forms. */
START_TEST(all_forms_agree) /* _i: set */
{
    json_t *root = read_sets();
    qb_study *s = NULL;
    qb_table *t = NULL;
    qb_table_options options = {.ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_NONE};
    char *forms[3], *csv;
    json_t *lines = lines_of(json_array_get(json_object_get(root, "sets"), (size_t)_i));
    ck_assert_int_eq(qb_study_create(NULL, lines, "made up", "runs", &s), QB_OK);
    ck_assert_int_eq(qb_table_create(s, &options, &t), QB_OK);
    for (int f = 0; f < 3; f++)
        ck_assert_int_eq(qb_table_render(t, (qb_table_form)(QB_FORM_TEXT + f), true, &forms[f]), QB_OK);
    ck_assert_int_eq(qb_table_render(t, QB_FORM_CSV, true, &csv), QB_OK);
    json_t *json = qb_table_json(t), *cell;
    size_t i;
    json_array_foreach(json_object_get(json, "cells"), i, cell)
    {
        double mean = json_number_value(json_object_get(cell, "mean")), std = json_number_value(json_object_get(cell, "std"));
        long long n = json_integer_value(json_object_get(cell, "n"));
        for (int f = 0; f < 3 && n > 0; f++) {
            char number[96];
            const char *sign = f == 2 ? " $\\pm$ " : " ± ";
            if (n > 1)
                (void)snprintf(number, sizeof number, "%.2f%s%.2f (%lld", mean, sign, std, n);
            else
                (void)snprintf(number, sizeof number, "%.2f (%lld", mean, n);
            ck_assert_msg(strstr(forms[f], number) != NULL, "%s is not in\n%s", number, forms[f]);
        }
        const json_t *values = json_object_get(cell, "values");
        for (size_t v = 0; v < json_array_size(values); v++) {
            char line[96], text[32];
            const json_t *value = json_array_get(values, v);
            int seed = (int)json_integer_value(json_array_get(json_object_get(cell, "seeds"), v));
            (void)snprintf(line, sizeof line, ",%d,done,%s,\n", seed, qb_format_real(json_number_value(value), text));
            ck_assert_msg(json_is_null(value) || strstr(csv, line) != NULL, "%s is not in\n%s", line, csv);
        }
    }
    json_decref(json);
    for (int f = 0; f < 3; f++)
        qb_free(forms[f]);
    qb_free(csv);
    qb_table_destroy(t);
    qb_study_destroy(s);
    json_decref(root);
}
END_TEST

/* Demsar (2006), 3.2.2: mean ranks 3.143, 2.000, 2.893, 1.964 and a critical difference of 1.25 on 14 data sets. */
START_TEST(agrees_with_the_paper)
{
    json_t *root = read_sets();
    qb_study *s = NULL;
    qb_table *t = table_of(lines_of(json_array_get(json_object_get(root, "sets"), 0)), QB_TEST_NONE, NULL, &s);
    static const struct {
        const char *label;
        double mean_rank;
    } published[] = {{"s03", 1.964}, {"s01", 2.000}, {"s02", 2.893}, {"s00", 3.143}};
    ck_assert_uint_eq(t->ranking->n_items, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_str_eq(t->ranking->items[i].label, published[i].label);
        ck_assert_double_eq_tol(t->ranking->items[i].mean_rank, published[i].mean_rank, 5e-4);
    }
    ck_assert_double_eq_tol(t->ranking->distance, 1.25, 5e-3);
    qb_table_destroy(t);
    qb_study_destroy(s);
    json_decref(root);
}
END_TEST

/* ---- what is ranked, and what is not ---- */

/* Three solvers at two bit widths, and full precision. The first is best at 2 bits, the second at 4. left_out: bits of the
 * runs that are not there. */
static json_t *three_solvers_without(unsigned left_out)
{
    json_t *lines = json_array();
    static const struct {
        const char *solver;
        int bits;
        double top1;
    } runs[] = {{"none", -1, 95}, {"a", 2, 90}, {"b", 2, 89}, {"c", 2, 80}, {"a", 4, 91}, {"b", 4, 92}, {"c", 4, 85}};
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        if (!(left_out & 1u << i))
            fixture_add(lines, fixture_line(runs[i].solver, runs[i].bits, 1, "done", runs[i].top1));
    }
    return lines;
}

static json_t *three_solvers(void)
{
    return three_solvers_without(0);
}

static char *text_of(json_t *lines, qb_table_form form, const char *metric)
{
    qb_study *s = NULL;
    qb_table *t = NULL;
    char *text = NULL;
    qb_table_options options = {.ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_NONE, .ranks = true, .metric = metric};
    ck_assert_int_eq(qb_study_create(NULL, lines, "made up", "runs", &s), QB_OK);
    ck_assert_int_eq(qb_table_create(s, &options, &t), QB_OK);
    ck_assert_int_eq(qb_table_render(t, form, false, &text), QB_OK);
    qb_table_destroy(t);
    qb_study_destroy(s);
    return text;
}

static void holds(char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "'%s' is not in\n%s", part, text);
    qb_free(text);
}

/* Rank sums 3, 3 and 6 of 2 blocks: chi-square 12 (9 + 9 + 36) / (2 3 4) - 3 2 4 = 3, p = exp(-1.5); the unit of Nemenyi's
 * difference is sqrt(3 4 / (6 2)) = 1, so the critical difference is the tabulated 2.343. */
START_TEST(ranks_by_hand)
{
    holds(text_of(three_solvers(), QB_FORM_TEXT, NULL),
          "\nMean ranks of solver over 2 blocks (bits), 1 is the best: Friedman's chi-square\n"
          "3.00, df 2, p 0.2231; critical difference after Nemenyi 2.34 at level 0.05:\n"
          "\n"
          "solver  mean rank  p to the first (Nemenyi)\n"
          "-------------------------------------------\n"
          "a            1.50                         -\n"
          "b            1.50                    1.0000\n"
          "c            3.00                    0.2909\n"
          "\n"
          "Friedman's p is by chi-square, which is rough up to 10 blocks or 5 that are ranked\n");
    holds(text_of(three_solvers(), QB_FORM_MARKDOWN, NULL), "| c | 3.00 | 0.2909 |\n");
    holds(text_of(three_solvers(), QB_FORM_LATEX, NULL), "c & 3.00 & 0.2909 \\\\\n");
    holds(text_of(three_solvers(), QB_FORM_JSON, NULL), "\"friedman\": {\n      \"chi2\": 3.0,\n      \"df\": 2,\n");
}
END_TEST

/* Of a loss the smallest is the best. All losses of the fixture are equal: all ranks are. */
START_TEST(equal_numbers_share_a_rank)
{
    holds(text_of(three_solvers(), QB_FORM_TEXT, "test_loss"), "chi-square\n0.00, df 2, p 1.0000;");
    json_t *lines = three_solvers();
    for (size_t i = 0; i < json_array_size(lines); i++) {
        json_t *result = json_object_get(json_array_get(lines, i), "result");
        ck_assert_int_eq(json_object_set(result, "test_loss", json_object_get(result, "test_top1")), 0);
    }
    holds(text_of(lines, QB_FORM_TEXT, "test_loss"), "\nc            1.00 ");
}
END_TEST

static const struct {
    unsigned left_out;
    const char *text;
} designs[] = {
    {1 << 6, "\nNo mean ranks of solver: Friedman's test needs at least 2 blocks in which all 3\n"
             "values of solver have a number; there is one (without one: c in 1).\n"},
    {1 << 6 | 1 << 2, "values of solver have a number; there is none (without one: c in 1, b in 1).\n"},
    {1 << 6 | 1 << 3, "\nNo mean ranks of solver: Friedman's test is for 3 to 200 values of solver that\n"
                      "compete; there are 2.\n"},
    {1 << 6 | 1 << 5 | 1 << 4, "\nNo mean ranks of solver: Friedman's test needs at least 2 blocks"},
    {0x7e, "\nNo mean ranks of solver: Friedman's test is for 3 to 200 values of solver that\ncompete; there are 0.\n"},
};

START_TEST(says_why_there_are_no_ranks)
{
    holds(text_of(three_solvers_without(designs[_i].left_out), QB_FORM_TEXT, NULL), designs[_i].text);
}
END_TEST

START_TEST(names_the_blocks_left_out)
{
    json_t *lines = three_solvers();
    static const char *const solvers[] = {"a", "b"};
    for (int i = 0; i < 2; i++) /* c never started with 3 bits */
        fixture_add(lines, fixture_line(solvers[i], 3, 1, "done", 90 + i));
    holds(text_of(lines, QB_FORM_TEXT, NULL),
          "\nmean ranks leave out 1 of 3 blocks, where not all have a number (without one: c in 1)\n");
}
END_TEST

/* d does not offer 4 bits: it is left out, and no block is. */
START_TEST(leaves_out_what_is_skipped_somewhere)
{
    static const qb_table_form ranked[] = {QB_FORM_TEXT, QB_FORM_JSON};
    static const char *const texts[] = {"\nmean ranks leave out what is skipped in one of the blocks: d\n", "\"unoffered\": \"d\""};
    for (size_t i = 0; i < 2; i++) {
        json_t *lines = three_solvers();
        fixture_add(lines, fixture_line("d", 2, 1, "done", 99));
        fixture_add(lines, fixture_line("d", 4, 1, "skipped", -1));
        json_t *again = json_deep_copy(lines);
        holds(text_of(lines, ranked[i], NULL), texts[i]);
        holds(text_of(again, QB_FORM_TEXT, NULL), "\na            1.50                         -\nb            1.50                    1.0000\n");
    }
}
END_TEST

/* Means over the same values in another order. */
START_TEST(order_of_seeds_breaks_no_tie)
{
    static const double values[3][3] = {{91.71, 90.13, 89.07}, {89.07, 91.71, 90.13}, {90.13, 89.07, 91.71}};
    json_t *lines = json_array();
    for (int bits = 2; bits < 5; bits++) {
        for (int s = 0; s < 3; s++) {
            for (int i = 0; i < 3; i++)
                fixture_add(lines, fixture_line(s == 0 ? "a" : s == 1 ? "b" : "c", bits, i + 1, "done", values[s][i]));
        }
    }
    holds(text_of(lines, QB_FORM_TEXT, NULL), "chi-square\n0.00, df 2, p 1.0000;");
}
END_TEST

START_TEST(survives_lack_of_memory)
{
    for (long nth = 1; nth < 6000; nth++) {
        qb_study *s = NULL;
        qb_table *t = NULL;
        char *text = NULL;
        json_t *lines = three_solvers();
        qb_table_options options = {.ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_NONE, .ranks = true, .ci = 0.9,
                                    .best = true, .rows = "bits"};
        qb_mem_fail_at(nth, 0);
        int rc = qb_study_create(NULL, lines, "made up", "runs", &s);
        if (rc == QB_OK)
            rc = qb_table_create(s, &options, &t);
        if (rc == QB_OK)
            rc = qb_table_render(t, nth % 2 ? QB_FORM_JSON : QB_FORM_TEXT, false, &text);
        qb_mem_fail_at(0, 0);
        qb_free(text);
        qb_table_destroy(t);
        qb_study_destroy(s);
        qb_json_forget_failures();
        ck_assert_int_eq(qb_mem_live_blocks(), 0);
        if (rc == QB_OK && nth % 2 == 0)
            return;
        ck_assert(rc == QB_OK || rc == QB_E_NOMEM);
    }
    ck_abort_msg("never got through");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ranks");
    TCase *tc = tcase_create("ranks");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, agrees_with_scipy, 0, N_SETS);
    tcase_add_loop_test(tc, all_forms_agree, 0, N_SETS);
    tcase_add_test(tc, agrees_with_the_paper);
    tcase_add_test(tc, ranks_by_hand);
    tcase_add_test(tc, equal_numbers_share_a_rank);
    tcase_add_loop_test(tc, says_why_there_are_no_ranks, 0, sizeof designs / sizeof *designs);
    tcase_add_test(tc, names_the_blocks_left_out);
    tcase_add_test(tc, leaves_out_what_is_skipped_somewhere);
    tcase_add_test(tc, order_of_seeds_breaks_no_tie);
    tcase_add_test(tc, survives_lack_of_memory);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
