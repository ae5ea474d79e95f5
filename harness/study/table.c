/* Computing a comparison table. See table.h. */
#include "study/table.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/stats.h"
#include "base/str.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* ---- numbers ---- */

static int compute_cell(const qb_table *t, const qb_cell *from, qb_table_cell *c)
{
    c->cell = from;
    c->n_expected = from->n_runs;
    c->mean = c->std = (double)NAN;
    double *counted = qb_alloc(from->n_runs, sizeof *counted);
    c->values = qb_alloc(from->n_runs, sizeof *c->values);
    if (!counted || !c->values) {
        qb_free(counted);
        return QB_E_NOMEM;
    }
    for (size_t i = 0; i < from->n_runs; i++) {
        const qb_cell_run *run = &from->runs[i];
        c->values[i] = qb_cell_run_is(run, "done") ? qb_cell_run_result(run, t->measure->name) : (double)NAN;
        if (!isnan(c->values[i]))
            counted[c->n++] = c->values[i];
    }
    if (c->n > 0)
        c->mean = qb_mean(counted, c->n);
    if (c->n > (size_t)t->options.ddof)
        c->std = qb_std(counted, c->n, t->options.ddof);
    qb_free(counted);
    return QB_OK;
}

/* ---- layout ---- */

static bool same_row(const qb_table *t, const qb_cell *a, const qb_cell *b)
{
    for (size_t k = 0; k < t->n_row_keys; k++) {
        if (strcmp(a->labels[t->row_keys[k]], b->labels[t->row_keys[k]]) != 0)
            return false;
    }
    return true;
}

static bool same_column(const qb_table *t, const qb_cell *a, const qb_cell *b)
{
    return t->column_key == SIZE_MAX || strcmp(a->labels[t->column_key], b->labels[t->column_key]) == 0;
}

static void choose_keys(qb_table *t)
{
    const qb_study *s = t->study;
    size_t n_varying = 0, first = 0, second = 0;
    for (size_t k = 0; k < s->n_keys; k++) {
        if (!s->varies[k])
            continue;
        if (n_varying == 0)
            first = k;
        if (n_varying == 1 || (n_varying > 1 && strcmp(s->keys[k], "bits") == 0))
            second = k;
        n_varying++;
    }
    t->column_key = n_varying >= 2 ? second : SIZE_MAX;
    t->main_key = first;
    for (size_t k = 0; k < s->n_keys; k++) {
        if ((s->varies[k] && k != t->column_key) || (n_varying == 0 && k == 0))
            t->row_keys[t->n_row_keys++] = k;
    }
}

/* How often a key's label changes from one cell to the next: the one that changes least stands first. */
static size_t count_changes(const qb_table *t, size_t key)
{
    size_t n = 0;
    for (size_t c = 1; c < t->study->n_cells; c++)
        n += strcmp(t->study->cells[c].labels[key], t->study->cells[c - 1].labels[key]) != 0;
    return n;
}

static void order_row_keys(qb_table *t)
{
    for (size_t i = 1; i < t->n_row_keys; i++) {
        size_t key = t->row_keys[i], at = i;
        for (; at > 0 && count_changes(t, t->row_keys[at - 1]) > count_changes(t, key); at--)
            t->row_keys[at] = t->row_keys[at - 1];
        t->row_keys[at] = key;
    }
}

typedef bool (*same_function)(const qb_table *t, const qb_cell *a, const qb_cell *b);

/* index[c]: number of the row (or column) of cell c, by first appearance. Returns how many there are. */
static size_t number_cells(const qb_table *t, same_function same, size_t *index, size_t *firsts)
{
    const qb_study *s = t->study;
    size_t n = 0;
    for (size_t c = 0; c < s->n_cells; c++) {
        size_t i = 0;
        while (i < n && !same(t, &s->cells[firsts[i]], &s->cells[c]))
            i++;
        if (i == n)
            firsts[n++] = c;
        index[c] = i;
    }
    return n;
}

static int lay_out(qb_table *t)
{
    const qb_study *s = t->study;
    size_t n = s->n_cells;
    if (!(t->row_keys = qb_alloc(s->n_keys, sizeof *t->row_keys)))
        return QB_E_NOMEM;
    choose_keys(t);
    order_row_keys(t);
    size_t *rows = qb_alloc(3 * n, sizeof *rows), *columns = rows ? rows + n : NULL;
    if (!rows)
        return QB_E_NOMEM;
    t->n_rows = number_cells(t, same_row, rows, rows + 2 * n);
    t->n_columns = number_cells(t, same_column, columns, rows + 2 * n);
    t->grid = qb_alloc((t->n_rows + n) * t->n_columns, sizeof *t->grid);
    for (size_t i = 0; t->grid && i < (t->n_rows + n) * t->n_columns; i++)
        t->grid[i] = SIZE_MAX;
    for (size_t c = 0; t->grid && c < n; c++) {
        size_t *slot = &t->grid[rows[c] * t->n_columns + columns[c]];
        if (*slot != SIZE_MAX) /* two cells that no key tells apart, such as skipped ones: each keeps a row */
            slot = &t->grid[t->n_rows++ * t->n_columns + columns[c]];
        *slot = c;
    }
    qb_free(rows);
    return t->grid ? QB_OK : QB_E_NOMEM;
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

/* Cells that compete: equal in every key but the main one. loose: a key that does not apply to `b` fits all. */
static bool compete(const qb_table *t, const qb_cell *a, const qb_cell *b, bool loose)
{
    const qb_study *s = t->study;
    for (size_t k = 0; k < s->n_keys; k++) {
        bool counts = s->varies[k] && k != t->main_key;
        if (counts && strcmp(a->labels[k], b->labels[k]) != 0 && !(loose && !b->labels[k][0]))
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

static int run_tests(qb_table *t)
{
    const qb_study *s = t->study;
    size_t n_baselines = 0;
    for (size_t c = 0; t->options.baseline && c < s->n_cells; c++)
        n_baselines += is_baseline(t, &s->cells[c]);
    if (n_baselines == 0)
        return refuse_baseline(t);
    if (!(t->tests = qb_alloc(s->n_cells, sizeof *t->tests)))
        return QB_E_NOMEM;
    for (size_t c = 0; c < s->n_cells; c++) {
        size_t base = SIZE_MAX;
        for (size_t b = 0; b < s->n_cells && !is_baseline(t, &s->cells[c]) && base == SIZE_MAX; b++) {
            if (is_baseline(t, &s->cells[b]) && compete(t, &s->cells[c], &s->cells[b], true))
                base = b;
        }
        if (base == SIZE_MAX)
            continue;
        qb_table_test *test = &t->tests[t->n_tests++];
        *test = (qb_table_test){.cell = c, .baseline = base, .difference = t->cells[c].mean - t->cells[base].mean};
        QB_TRY(test_pair(&t->cells[c], &t->cells[base], t->options.test == QB_TEST_PAIRED, test));
    }
    return adjust(t->tests, t->n_tests);
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

static int mark_bold(qb_table *t)
{
    const qb_study *s = t->study;
    size_t *group = qb_alloc(s->n_cells, sizeof *group);
    int rc = group ? QB_OK : QB_E_NOMEM;
    for (size_t c = 0; rc == QB_OK && c < s->n_cells; c++) {
        size_t n = 0, best = SIZE_MAX;
        bool first = true;
        for (size_t d = 0; d < s->n_cells; d++) {
            if (!compete(t, &s->cells[c], &s->cells[d], false))
                continue;
            first = first && d >= c;
            if (t->cells[d].n == 0)
                continue;
            group[n++] = d;
            if (best == SIZE_MAX || is_better(t, t->cells[d].mean, t->cells[best].mean))
                best = d;
        }
        if (!first || n < 2)
            continue;
        if (t->options.bold == QB_BOLD_BEST)
            mark_best(t, group, n, best);
        else
            rc = mark_significant(t, group, n, best);
    }
    qb_free(group);
    return rc;
}

/* ---- all ---- */

static int compute(qb_table *t)
{
    QB_TRY(qb_measure_find(t->options.metric ? t->options.metric : "test_top1", &t->measure));
    if (!(t->cells = qb_alloc(t->study->n_cells, sizeof *t->cells)))
        return QB_E_NOMEM;
    for (size_t c = 0; c < t->study->n_cells; c++)
        QB_TRY(compute_cell(t, &t->study->cells[c], &t->cells[c]));
    QB_TRY(lay_out(t));
    /* With bold=significant a test may also stand alone: it then says how the best is told from the rest. */
    if (t->options.test != QB_TEST_NONE && (t->options.baseline || t->options.bold != QB_BOLD_SIGNIFICANT))
        QB_TRY(run_tests(t));
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

void qb_table_destroy(qb_table *t)
{
    if (!t)
        return;
    for (size_t c = 0; t->cells && c < t->study->n_cells; c++)
        qb_free(t->cells[c].values);
    qb_free(t->cells);
    qb_free(t->row_keys);
    qb_free(t->grid);
    qb_free(t->tests);
    qb_free(t);
}
