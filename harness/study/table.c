/* Computing a comparison table. See table.h. */
#include "study/table_parts.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/stats.h"
#include "base/str.h"
#include "study/ranks.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* ---- numbers ---- */

static int compute_number(const qb_table *t, const qb_cell *from, const qb_measure *m, qb_table_number *x)
{
    x->mean = x->std = x->margin = (double)NAN;
    double *counted = qb_alloc(from->n_runs, sizeof *counted);
    x->values = qb_alloc(from->n_runs, sizeof *x->values);
    if (!counted || !x->values) {
        qb_free(counted);
        return QB_E_NOMEM;
    }
    for (size_t i = 0; i < from->n_runs; i++) {
        const qb_cell_run *run = &from->runs[i];
        x->values[i] = qb_cell_run_is(run, "done") ? qb_cell_run_result(run, m->name) : (double)NAN;
        if (!isnan(x->values[i]))
            counted[x->n++] = x->values[i];
    }
    if (x->n > 0)
        x->mean = qb_mean(counted, x->n);
    if (x->n > (size_t)t->options.ddof)
        x->std = qb_std(counted, x->n, t->options.ddof);
    if (t->options.ci > 0)
        x->margin = qb_mean_margin(counted, x->n, t->options.ci);
    qb_free(counted);
    return QB_OK;
}

static int compute_cell(const qb_table *t, const qb_cell *from, qb_table_cell *c)
{
    qb_table_number last = {0};
    int rc = compute_number(t, from, t->measure, &last);
    *c = (qb_table_cell){.cell = from, .values = last.values, .n = last.n, .n_expected = from->n_runs, .mean = last.mean,
                         .std = last.std, .margin = last.margin};
    return rc == QB_OK && t->best ? compute_number(t, from, t->best, &c->best) : rc;
}

/* ---- tests ---- */

/* p-value of two cells, by the seeds that count. */
static int test_pair(const qb_table_cell *a, const qb_table_cell *b, bool paired, qb_table_test *ret)
{
    double *x = qb_alloc(a->n_expected, sizeof *x), *y = qb_alloc(b->n_expected, sizeof *y);
    size_t nx = 0, ny = 0;
    if (!x || !y) {
        qb_free(x);
        qb_free(y);
        return QB_E_NOMEM;
    }
    for (size_t i = 0; i < a->n_expected; i++) {
        for (size_t k = 0; paired && k < b->n_expected; k++) {
            if (a->cell->runs[i].seed == b->cell->runs[k].seed && !isnan(a->values[i]) && !isnan(b->values[k])) {
                x[nx++] = a->values[i];
                y[ny++] = b->values[k];
            }
        }
        if (!paired && !isnan(a->values[i]))
            x[nx++] = a->values[i];
    }
    for (size_t k = 0; !paired && k < b->n_expected; k++) {
        if (!isnan(b->values[k]))
            y[ny++] = b->values[k];
    }
    ret->df = (double)NAN;
    ret->p = paired ? qb_paired_p(x, y, nx, &ret->df) : qb_welch_p(x, nx, y, ny, &ret->df);
    ret->p_holm = ret->p;
    qb_free(x);
    qb_free(y);
    return QB_OK;
}

static int adjust(qb_table_test *tests, size_t n)
{
    double *p = qb_alloc(n, sizeof *p);
    if (!p)
        return QB_E_NOMEM;
    for (size_t i = 0; i < n; i++)
        p[i] = tests[i].p;
    qb_holm(p, n);
    for (size_t i = 0; i < n; i++)
        tests[i].p_holm = p[i];
    qb_free(p);
    return QB_OK;
}

/* Does a cell compete with a baseline? A key that does not apply to the baseline fits all. */
static bool fits_baseline(const qb_table *t, const qb_cell *cell, const qb_cell *baseline)
{
    for (size_t k = 0; k < t->study->n_keys; k++) {
        bool counts = k != t->main_key && qb_table_has_key(t, k) && baseline->labels[k][0];
        if (counts && strcmp(cell->labels[k], baseline->labels[k]) != 0)
            return false;
    }
    return true;
}

/* The label itself, or the solver's name without its options. */
static bool is_baseline(const qb_table *t, const qb_cell *c)
{
    const char *label = c->labels[t->main_key], *wanted = t->options.baseline;
    size_t n = strlen(wanted);
    return strcmp(label, wanted) == 0 || (!strchr(wanted, '[') && strncmp(label, wanted, n) == 0 && label[n] == '[');
}

static int refuse_baseline(const qb_table *t)
{
    const qb_study *s = t->study;
    qb_str all = {0};
    for (size_t c = 0; c < s->n_cells; c++) {
        bool first = true;
        for (size_t d = 0; d < c; d++)
            first = first && strcmp(s->cells[d].labels[t->main_key], s->cells[c].labels[t->main_key]) != 0;
        if (first)
            qb_str_addf(&all, "%s%s", all.length > 0 ? ", " : "", s->cells[c].labels[t->main_key]);
    }
    int rc = t->options.baseline
                 ? qb_err_set(QB_E_USAGE, "baseline: no cell has %s '%s'", s->keys[t->main_key], t->options.baseline)
                 : qb_err_set(QB_E_USAGE, "test: expected --baseline with the %s to compare with", s->keys[t->main_key]);
    rc = all.failed ? QB_E_NOMEM : qb_err_hint("there are: %s", all.text ? all.text : "none");
    qb_str_finish(&all);
    return rc;
}

static int test_all(qb_table *t, const size_t *baselines, size_t n_baselines)
{
    const qb_study *s = t->study;
    if (!(t->tests = qb_alloc(s->n_cells, sizeof *t->tests)))
        return QB_E_NOMEM;
    for (size_t c = 0; c < s->n_cells; c++) {
        size_t i = 0;
        while (i < n_baselines && !fits_baseline(t, &s->cells[c], &s->cells[baselines[i]]))
            i++;
        if (i == n_baselines || is_baseline(t, &s->cells[c]))
            continue;
        size_t base = baselines[i];
        qb_table_test *test = &t->tests[t->n_tests++];
        *test = (qb_table_test){.cell = c, .baseline = base, .difference = t->cells[c].mean - t->cells[base].mean};
        QB_TRY(test_pair(&t->cells[c], &t->cells[base], t->options.test == QB_TEST_PAIRED, test));
    }
    return adjust(t->tests, t->n_tests);
}

static int run_tests(qb_table *t)
{
    const qb_study *s = t->study;
    size_t *baselines = qb_alloc(s->n_cells, sizeof *baselines), n = 0;
    if (!baselines)
        return QB_E_NOMEM;
    for (size_t c = 0; t->options.baseline && c < s->n_cells; c++) {
        if (is_baseline(t, &s->cells[c]))
            baselines[n++] = c;
    }
    int rc = n > 0 ? test_all(t, baselines, n) : refuse_baseline(t);
    qb_free(baselines);
    return rc;
}

/* ---- bold ---- */

static double rounded(const qb_table *t, const qb_table_cell *c)
{
    double scale = pow(10, qb_measure_decimals(t->measure, c->mean, c->std));
    return round(c->mean * scale) / scale;
}

static bool is_better(const qb_table *t, double a, double b)
{
    return t->measure->higher_is_better ? a > b : a < b;
}

/* All that are as good as the best of a group, after rounding. */
static void mark_best(qb_table *t, const size_t *group, size_t n, size_t best)
{
    for (size_t i = 0; i < n; i++) {
        qb_table_cell *c = &t->cells[group[i]];
        c->bold = rounded(t, c) == rounded(t, &t->cells[best]);
    }
}

/* The best of a group and all that are not significantly worse: Welch (or paired) against the best, Holm over the
 * group, level 0.05. */
static int mark_significant(qb_table *t, const size_t *group, size_t n, size_t best)
{
    qb_table_test *tests = qb_alloc(n, sizeof *tests);
    size_t n_tests = 0;
    if (!tests)
        return QB_E_NOMEM;
    int rc = QB_OK;
    for (size_t i = 0; rc == QB_OK && i < n; i++) {
        if (group[i] == best)
            continue;
        tests[n_tests].cell = group[i];
        rc = test_pair(&t->cells[group[i]], &t->cells[best], t->options.test == QB_TEST_PAIRED, &tests[n_tests]);
        n_tests++;
    }
    if (rc == QB_OK)
        rc = adjust(tests, n_tests);
    for (size_t i = 0; rc == QB_OK && i < n_tests; i++)
        t->cells[tests[i].cell].bold = !(tests[i].p_holm < 0.05);
    t->cells[best].bold = true;
    qb_free(tests);
    return rc;
}

/* Marks the members of a group. n >= 1; room for all of them in `counted`. */
static int mark_group(qb_table *t, const size_t *members, size_t n, size_t *counted)
{
    size_t n_counted = 0, best = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        const qb_table_cell *c = &t->cells[members[i]];
        if (c->n == 0)
            continue;
        counted[n_counted++] = members[i];
        if (best == SIZE_MAX || is_better(t, c->mean, t->cells[best].mean))
            best = members[i];
    }
    if (n_counted < 2)
        return QB_OK;
    if (t->options.bold == QB_BOLD_SIGNIFICANT)
        return mark_significant(t, counted, n_counted, best);
    mark_best(t, counted, n_counted, best);
    return QB_OK;
}

static int mark_bold(qb_table *t)
{
    size_t n_cells = t->study->n_cells, n_groups = 0, *members = NULL, *starts = NULL;
    int rc = qb_table_group_cells(t, &members, &starts, &n_groups);
    size_t *counted = rc == QB_OK ? qb_alloc(n_cells, sizeof *counted) : NULL;
    if (rc == QB_OK && !counted)
        rc = QB_E_NOMEM;
    for (size_t g = 0; rc == QB_OK && g < n_groups; g++)
        rc = mark_group(t, members + starts[g], starts[g + 1] - starts[g], counted);
    qb_free(counted);
    qb_free(members);
    qb_free(starts);
    return rc;
}

/* ---- all ---- */

/* Of all numbers only test_top1 is kept of its best epoch too. */
static int find_best(qb_table *t)
{
    if (!t->options.best)
        return QB_OK;
    if (strcmp(t->measure->name, "test_top1") != 0)
        return qb_err_set(QB_E_USAGE, "best: expected metric test_top1, whose best is recorded; got %s", t->measure->name);
    return qb_measure_find("best_top1", &t->best);
}

static int compute(qb_table *t)
{
    QB_TRY(qb_measure_find(t->options.metric ? t->options.metric : "test_top1", &t->measure));
    QB_TRY(find_best(t));
    if (!(t->cells = qb_alloc(t->study->n_cells, sizeof *t->cells)))
        return QB_E_NOMEM;
    for (size_t c = 0; c < t->study->n_cells; c++)
        QB_TRY(compute_cell(t, &t->study->cells[c], &t->cells[c]));
    QB_TRY(qb_table_lay_out(t));
    /* With bold=significant a test may also stand alone: it then says how the best is told from the rest. */
    if (t->options.test != QB_TEST_NONE && (t->options.baseline || t->options.bold != QB_BOLD_SIGNIFICANT))
        QB_TRY(run_tests(t));
    if (t->options.ranks)
        QB_TRY(qb_ranking_create(t, &t->ranking));
    return t->options.bold == QB_BOLD_NONE ? QB_OK : mark_bold(t);
}

int qb_table_create(const qb_study *study, const qb_table_options *options, qb_table **ret_table)
{
    qb_table *t = qb_alloc(1, sizeof *t);
    if (!t)
        return QB_E_NOMEM;
    t->study = study;
    t->options = *options;
    int rc = compute(t);
    if (rc < 0) {
        qb_table_destroy(t);
        return rc;
    }
    *ret_table = t;
    return QB_OK;
}

static void free_cell(qb_table_cell *c)
{
    qb_free(c->values);
    qb_free(c->best.values);
}

void qb_table_destroy(qb_table *t)
{
    if (!t)
        return;
    for (size_t c = 0; t->cells && c < t->study->n_cells; c++)
        free_cell(&t->cells[c]);
    qb_free(t->cells);
    qb_free(t->row_keys);
    qb_free(t->column_keys);
    qb_free(t->grid);
    qb_free(t->tests);
    qb_ranking_destroy(t->ranking);
    qb_free(t);
}
