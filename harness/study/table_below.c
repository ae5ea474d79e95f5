/* What stands between a table and its notes: tests against a baseline, and mean ranks. See table.h. */
#include "study/table_parts.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/ranks.h"

#include <math.h>
#include <string.h>

static char *difference_text(const qb_measure *m, double difference, double std)
{
    if (isnan(difference))
        return qb_strdup("–");
    int decimals = qb_measure_decimals(m, difference, std);
    return qb_sprintf("%+.*f", decimals, qb_measure_without_minus_zero(difference, decimals));
}

static char *p_text(double p)
{
    if (isnan(p))
        return qb_strdup("–");
    return p < 0.0001 ? qb_strdup("<0.0001") : qb_sprintf("%.4f", p);
}

static const char *test_title(const qb_table *t)
{
    return t->options.test == QB_TEST_PAIRED ? "Paired t test" : "Welch's t test";
}

/* Those with a p-value, which is what Holm adjusts for. */
static size_t count_compared(const qb_table *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n_tests; i++)
        n += !isnan(t->tests[i].p);
    return n;
}

static int fill_tests(const qb_table *t, qb_grid *g)
{
    static const char *const heads[] = {"cell", "baseline", "difference", "df", "p", "p (Holm)"};
    for (size_t c = 0; c < sizeof heads / sizeof *heads; c++)
        QB_TRY(qb_grid_set(g, 0, c, heads[c]));
    for (size_t i = 0; i < t->n_tests; i++) {
        const qb_table_test *x = &t->tests[i];
        const qb_table_cell *a = &t->cells[x->cell], *b = &t->cells[x->baseline];
        QB_TRY(qb_grid_take(g, i + 1, 0, qb_cell_name(t->study, a->cell)));
        QB_TRY(qb_grid_take(g, i + 1, 1, qb_cell_name(t->study, b->cell)));
        QB_TRY(qb_grid_take(g, i + 1, 2, difference_text(t->measure, x->difference, a->std)));
        QB_TRY(qb_grid_take(g, i + 1, 3, isnan(x->df) ? qb_strdup("–") : qb_sprintf("%.1f", x->df)));
        QB_TRY(qb_grid_take(g, i + 1, 4, p_text(x->p)));
        QB_TRY(qb_grid_take(g, i + 1, 5, p_text(x->p_holm)));
    }
    return QB_OK;
}

static int tests_grid(const qb_table *t, qb_grid *ret_grid)
{
    qb_grid g;
    QB_TRY(qb_grid_init(&g, t->n_tests + 1, 6, 2));
    int rc = fill_tests(t, &g);
    if (rc < 0)
        qb_grid_finish(&g);
    else
        *ret_grid = g;
    return rc;
}

static int add_tests(const qb_table *t, qb_grid_form form, bool ascii, qb_str *out)
{
    bool latex = form == QB_GRID_LATEX;
    qb_grid grid = {0};
    int rc = tests_grid(t, &grid);
    if (rc == QB_OK && ascii)
        rc = qb_grid_to_ascii(&grid);
    if (rc == QB_OK) {
        qb_str_add(out, latex ? "\\par\\medskip\n" : "\n");
        qb_str_addf(out, "%s against ", test_title(t));
        qb_grid_add_escaped(out, form, t->options.baseline);
        size_t n = count_compared(t);
        qb_str_addf(out, ", two-sided, Holm over %zu comparison%s:%s", n, n == 1 ? "" : "s",
                    latex ? "\\par\\smallskip\n" : "\n\n");
        qb_grid_render(&grid, form, out);
    }
    qb_grid_finish(&grid);
    return rc;
}

/* ---- mean ranks ---- */

static char *ranks_title(const qb_table *t, const char *block_keys)
{
    const qb_ranking *r = t->ranking;
    const char *key = t->study->keys[t->main_key];
    if (r->why_not)
        return qb_sprintf("No mean ranks of %s: %s.", key, r->why_not);
    char *p = p_text(r->p);
    char *text = p ? qb_sprintf("Mean ranks of %s over %zu blocks (%s), 1 is the best: Friedman's chi-square %.2f, df %zu, p %s; "
                                "critical difference after Nemenyi %.2f at level %.2f:",
                                key, r->n_blocks, block_keys, r->chi2, r->n_items - 1, p, r->distance, QB_RANK_LEVEL)
                   : NULL;
    qb_free(p);
    return text;
}

static int fill_ranks(const qb_table *t, qb_grid *g)
{
    const qb_ranking *r = t->ranking;
    QB_TRY(qb_grid_set(g, 0, 0, t->study->keys[t->main_key]));
    QB_TRY(qb_grid_set(g, 0, 1, "mean rank"));
    QB_TRY(qb_grid_set(g, 0, 2, "p to the first (Nemenyi)"));
    for (size_t i = 0; i < r->n_items; i++) {
        QB_TRY(qb_grid_set(g, i + 1, 0, r->items[i].label));
        QB_TRY(qb_grid_take(g, i + 1, 1, qb_sprintf("%.2f", r->items[i].mean_rank)));
        QB_TRY(qb_grid_take(g, i + 1, 2, i > 0 ? p_text(r->pairs[i]) : qb_strdup("–")));
    }
    return QB_OK;
}

static int add_ranks(const qb_table *t, qb_grid_form form, bool ascii, qb_str *out)
{
    const qb_ranking *r = t->ranking;
    bool latex = form == QB_GRID_LATEX;
    qb_grid grid = {0};
    char *keys = qb_ranking_block_keys(t), *title = keys ? ranks_title(t, keys) : NULL;
    int rc = title ? qb_grid_init(&grid, r->n_items + 1, 3, 1) : QB_E_NOMEM;
    if (rc == QB_OK)
        rc = fill_ranks(t, &grid);
    if (rc == QB_OK && ascii)
        rc = qb_grid_to_ascii(&grid);
    if (rc == QB_OK) {
        qb_str_add(out, latex ? "\\par\\medskip\n" : "\n");
        qb_grid_add_wrapped(out, form, ascii, title);
        qb_str_add(out, latex ? "\\par" : "\n");
        if (!r->why_not) {
            qb_str_add(out, latex ? "\\smallskip\n" : "\n");
            qb_grid_render(&grid, form, out);
        } else {
            qb_str_add(out, latex ? "\n" : "");
        }
    }
    qb_free(keys);
    qb_free(title);
    qb_grid_finish(&grid);
    return rc;
}

int qb_table_add_below(const qb_table *t, qb_grid_form form, bool ascii, qb_str *out)
{
    if (t->n_tests > 0)
        QB_TRY(add_tests(t, form, ascii, out));
    return t->ranking ? add_ranks(t, form, ascii, out) : QB_OK;
}
