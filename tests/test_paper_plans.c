/* The plans of the PARQ paper in results/: the published numbers, restated here from arXiv 2503.15748v1, are those of the
 * paper.yaml files, every one of them has its cell in a plan, and the reproduction's runs are those of the scaled plan.
 */
#include "qb_test.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/compare.h"
#include "study/plan.h"
#include "study/values.h"

#include <math.h>
#include <string.h>

enum { N_BITS = 5, N_CELLS = 1 + 3 * N_BITS };

static const char *const bits[N_BITS] = {"1", "ternary", "2", "3", "4"};
static const char *const solvers[] = {"ste", "binaryrelax", "parq"};

/* Test top-1 in percent: of full precision, and mean and standard deviation over 3 seeds of STE, BinaryRelax and PARQ. */
typedef struct network {
    const char *folder, *paper, *plan, *other, *dataset, *model, *table; /* other: by the authors' code; NULL: none of all cells */
    double full;
    double numbers[N_BITS][6];
} network;

static const network networks[] = {
    {"results/parq-table1-resnet20", "paper.yaml", "plan.yaml", NULL, "cifar10", "resnet20", "Table 1", 91.82,
     {{89.56, .18, 89.98, .13, 90.48, .26},
      {90.94, .15, 91.25, .07, 91.45, .11},
      {91.22, .15, 91.57, .06, 91.71, .03},
      {91.84, .22, 91.77, .05, 91.97, .04},
      {91.93, .04, 91.92, .16, 91.84, .02}}},
    {"results/parq-table1-resnet56", "paper.yaml", "plan.yaml", NULL, "cifar10", "resnet56", "Table 1", 93.08,
     {{91.55, .33, 91.75, .37, 91.34, .37},
      {92.42, .09, 92.34, .23, 92.97, .15},
      {92.72, .27, 92.30, .40, 92.77, .10},
      {92.73, .44, 92.86, .40, 92.45, .44},
      {92.34, .23, 92.59, .10, 92.49, .16}}},
    {"results/parq-table2-resnet50", "paper.yaml", "plan.yaml", "repository.yaml", "imagenet", "resnet50", "Table 2", 75.60,
     {{66.17, .04, 66.14, .28, 66.71, .13},
      {70.94, .19, 71.59, .11, 71.35, .21},
      {72.38, .10, 72.64, .17, 72.43, .03},
      {73.58, .09, 74.02, .09, 73.91, .13},
      {74.52, .04, 74.58, .04, 74.52, .01}}},
    {"results/parq-table3-deit", "paper.yaml", "plan-ti.yaml", "repository-ti.yaml", "imagenet", "deit_tiny", "Table 3", 71.91,
     {{51.62, .18, 52.62, .03, 52.51, .19},
      {61.43, .08, 62.18, .11, 60.99, .07},
      {64.81, .15, 65.20, .04, 65.32, .06},
      {69.02, .11, 69.26, .03, 69.47, .04},
      {70.95, .11, 71.06, .09, 71.21, .11}}},
    {"results/parq-table3-deit", "paper.yaml", "plan-s.yaml", "repository-s.yaml", "imagenet", "deit_small", "Table 3", 79.80,
     {{70.07, .03, 70.69, .07, 71.06, .02},
      {75.83, .06, 76.02, .03, 76.30, .06},
      {77.40, .01, 77.43, .04, 77.63, .04},
      {79.02, .14, 79.11, .07, 79.04, .04},
      {79.57, .04, 79.55, .12, 79.61, .04}}},
    {"results/parq-table3-deit", "paper.yaml", "plan-b.yaml", "repository-b.yaml", "imagenet", "deit_base", "Table 3", 81.73,
     {{78.79, .03, 79.02, .03, 79.35, .04},
      {80.50, .01, 80.61, .08, 80.62, .01},
      {80.73, .17, 80.81, .14, 80.84, .06},
      {80.54, .20, 80.94, .05, 80.59, .12},
      {80.45, .10, 80.76, .12, 80.35, .19}}},
};
enum { N_NETWORKS = sizeof networks / sizeof *networks };

static char *beside(const network *n, const char *name)
{
    char *path = qb_sprintf("%s/%s", n->folder, name);
    ck_assert_ptr_nonnull(path);
    return path;
}

static qb_paper *read_paper(const network *n)
{
    qb_paper *paper = NULL;
    char *path = beside(n, n->paper);
    int rc = qb_paper_read(path, &paper);
    ck_assert_msg(rc == QB_OK, "%s", qb_err_text());
    qb_free(path);
    return paper;
}

static qb_study_plan *read_plan(const network *n, const char *name, double scale)
{
    const qb_study_plan_places places = {.scale = scale};
    qb_study_plan *plan = NULL;
    char *path = beside(n, name);
    int rc = qb_study_plan_read(path, &places, &plan);
    ck_assert_msg(rc == QB_OK, "%s", qb_err_text());
    qb_free(path);
    return plan;
}

static const char *text_of(const json_t *values, const char *key)
{
    const json_t *v = json_object_get(values, key);
    static char number[24];
    (void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(v));
    return json_is_string(v) ? json_string_value(v) : json_is_integer(v) ? number : "";
}

static bool is_of(const qb_paper_cell *cell, const network *n)
{
    return strcmp(text_of(cell->values, "model"), n->model) == 0;
}

/* The one cell of the paper with this solver and these bits ("": none). */
static const qb_paper_cell *find(const qb_paper *paper, const network *n, const char *solver, const char *wanted)
{
    const qb_paper_cell *found = NULL;
    for (size_t i = 0; i < paper->n_cells; i++) {
        const json_t *v = paper->cells[i].values;
        if (!is_of(&paper->cells[i], n) || strcmp(text_of(v, "solver"), solver) != 0 || strcmp(text_of(v, "bits"), wanted) != 0)
            continue;
        ck_assert_msg(!found, "%s: two cells of %s, %s bits", paper->path, solver, wanted);
        found = &paper->cells[i];
    }
    ck_assert_msg(found, "%s: no cell of %s, %s bits", paper->path, solver, wanted);
    return found;
}

START_TEST(numbers_are_as_published)
{
    const network *n = &networks[_i];
    qb_paper *paper = read_paper(n);
    size_t n_own = 0;
    ck_assert_str_eq(paper->version, "arXiv 2503.15748v1");
    ck_assert_str_eq(paper->metric, "test_top1");
    ck_assert_msg(qb_starts_with(paper->source, "Jin, Ma, Liu, Gromov, Defazio, Xiao, PARQ") && qb_ends_with(paper->source, n->table), "%s",
                  paper->source);
    for (size_t i = 0; i < paper->n_cells; i++) {
        n_own += is_of(&paper->cells[i], n);
        ck_assert_uint_eq(paper->cells[i].n, 3);
        ck_assert_str_eq(text_of(paper->cells[i].values, "dataset"), n->dataset);
    }
    ck_assert_uint_eq(n_own, N_CELLS);
    ck_assert_uint_eq(paper->n_cells % N_CELLS, 0);
    const qb_paper_cell *full = find(paper, n, "none", "");
    ck_assert_double_eq(full->mean, n->full);
    ck_assert(isnan(full->std));
    for (size_t b = 0; b < N_BITS; b++) {
        for (size_t k = 0; k < 3; k++) {
            const qb_paper_cell *cell = find(paper, n, solvers[k], bits[b]);
            ck_assert_msg(cell->mean == n->numbers[b][2 * k] && cell->std == n->numbers[b][2 * k + 1], "%s: %s, %s bits: %g %g", paper->path,
                          solvers[k], bits[b], cell->mean, cell->std);
        }
    }
    qb_paper_destroy(paper);
}
END_TEST

/* Every published number of the network has a cell, three seeds each, and no cell is without one. */
static void expect_every_cell(const network *n, const char *name)
{
    qb_paper *paper = read_paper(n);
    qb_study_plan *plan = read_plan(n, name, 0);
    qb_study *study = NULL;
    qb_table *table = NULL;
    qb_comparison *all = NULL;
    size_t n_matched = 0;
    char *wanted = beside(n, n->paper);
    ck_assert_str_eq(plan->paper, wanted);
    ck_assert_uint_eq(plan->n_cells, N_CELLS);
    ck_assert_uint_eq(plan->n_seeds, 3);
    for (size_t c = 0; c < plan->n_cells; c++)
        ck_assert_msg(!plan->cells[c].skipped, "%s: %s", plan->cells[c].name, plan->cells[c].skipped);
    ck_assert_int_eq(qb_study_create(plan, json_array(), "t", "/nowhere", &study), QB_OK);
    const qb_table_options options = {.ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_NONE};
    ck_assert_int_eq(qb_table_create(study, &options, &table), QB_OK);
    ck_assert_int_eq(qb_compare(table, paper, &all, &n_matched), QB_OK);
    ck_assert_uint_eq(n_matched, N_CELLS);
    for (size_t i = 0; i < n_matched; i++) {
        ck_assert(is_of(all[i].paper, n));
        for (size_t k = 0; k < i; k++)
            ck_assert_ptr_ne(all[i].paper, all[k].paper);
    }
    qb_free(all);
    qb_free(wanted);
    qb_table_destroy(table);
    qb_study_destroy(study);
    qb_paper_destroy(paper);
}

START_TEST(plans_have_every_cell)
{
    expect_every_cell(&networks[_i], networks[_i].plan);
    if (networks[_i].other)
        expect_every_cell(&networks[_i], networks[_i].other);
}
END_TEST

static const qb_study_plan_cell *cell_like(const qb_study_plan *plan, const qb_study_plan_cell *wanted)
{
    for (size_t c = 0; c < plan->n_cells; c++) {
        if (json_equal(plan->cells[c].identity, wanted->identity))
            return &plan->cells[c];
    }
    return NULL;
}

START_TEST(the_reproduction_is_the_scaled_plan)
{
    qb_study_plan *scaled = read_plan(&networks[0], "plan.yaml", 0.2), *reproduction = read_plan(&networks[0], "reproduction.yaml", 0);
    const char fingerprint[] = "0123";
    ck_assert_uint_eq(reproduction->n_cells, 7);
    ck_assert_uint_eq(reproduction->n_seeds, 3);
    for (size_t c = 0; c < reproduction->n_cells; c++) {
        const qb_study_plan_cell *cell = &reproduction->cells[c], *same = cell_like(scaled, cell);
        ck_assert_msg(same, "%s", cell->name);
        for (size_t i = 0; i < reproduction->n_seeds; i++) {
            char a[65], b[65];
            ck_assert_int_eq(qb_config_key(cell->runs[i], fingerprint, a), QB_OK);
            ck_assert_int_eq(qb_config_key(same->runs[i], fingerprint, b), QB_OK);
            ck_assert_str_eq(a, b);
        }
    }
    qb_study_plan_destroy(scaled);
    qb_study_plan_destroy(reproduction);
}
END_TEST

/* What the runs that were begun on 2026-11-28 hang on. */
START_TEST(the_reproduction_stays_what_it_was)
{
    static const struct {
        const char *key, *value;
    } shared[] = {
        {"model", "resnet20"}, {"dataset", "cifar10"}, {"epochs", "40"}, {"batch", "128"}, {"optimizer", "sgd"},
        {"lr", "0.1"}, {"lr_schedule", "multistep[milestones=16/24/30]"}, {"momentum", "0.9"}, {"weight_decay", "0.0002"},
        {"label_smoothing", "0"}, {"eval_every", "5"}, {"flip", "true"}, {"crop", "true"}, {"dtype", "fp32"}, {"train_limit", ""},
    }, quantized[] = {
        {"quantizer", "lsbq"}, {"granularity", "tensor"}, {"quant_period", "10"}, {"quant_warmup", "40st"},
        {"quant_shrink", "false"}, {"anneal_start", "0st"}, {"anneal_end", "11730st"},
    };
    qb_study_plan *p = read_plan(&networks[0], "reproduction.yaml", 0);
    for (size_t c = 0; c < p->n_cells; c++) {
        const json_t *identity = p->cells[c].identity;
        bool is_float = json_is_null(json_object_get(identity, "bits"));
        for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
            char *text = qb_study_label(json_object_get(identity, shared[i].key));
            ck_assert_str_eq(text, shared[i].value);
            qb_free(text);
        }
        for (size_t i = 0; i < sizeof quantized / sizeof *quantized; i++) {
            char *text = qb_study_label(json_object_get(identity, quantized[i].key));
            ck_assert_str_eq(text, is_float ? "" : quantized[i].value);
            qb_free(text);
        }
    }
    qb_study_plan_destroy(p);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("paper_plans");
    TCase *tc = tcase_create("paper_plans");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, numbers_are_as_published, 0, N_NETWORKS);
    tcase_add_loop_test(tc, plans_have_every_cell, 0, N_NETWORKS);
    tcase_add_test(tc, the_reproduction_is_the_scaled_plan);
    tcase_add_test(tc, the_reproduction_stays_what_it_was);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
