/* Texts with the runs that said them. See sayings.h. */
#include "study/sayings.h"

#include "base/err.h"
#include "base/mem.h"

#include <string.h>

enum { MAX_NAMED = 6 };

int qb_sayings_add(qb_sayings *all, const char *text, const char *run)
{
    size_t i = 0;
    while (i < all->n && strcmp(all->items[i].text, text) != 0)
        i++;
    if (i == all->n) {
        qb_saying *items = qb_realloc(all->items, all->n + 1, sizeof *items);
        if (!items)
            return QB_E_NOMEM;
        all->items = items;
        items[i] = (qb_saying){.text = qb_strdup(text)};
        if (!items[i].text)
            return QB_E_NOMEM;
        all->n++;
    }
    qb_saying *s = &all->items[i];
    if (s->n_runs < MAX_NAMED)
        qb_str_addf(&s->runs, "%s%s", s->n_runs > 0 ? "; " : "", run);
    s->n_runs++;
    return s->runs.failed ? qb_err_set(QB_E_NOMEM, "out of memory") : QB_OK;
}

void qb_sayings_finish(qb_sayings *all)
{
    for (size_t i = 0; i < all->n; i++) {
        qb_free(all->items[i].text);
        qb_str_finish(&all->items[i].runs);
    }
    qb_free(all->items);
    *all = (qb_sayings){0};
}

char *qb_saying_text(const qb_saying *s, size_t n_all)
{
    if (s->n_runs == n_all && n_all > 1)
        return qb_sprintf("%s (all %zu runs)", s->text, n_all);
    if (s->n_runs <= MAX_NAMED)
        return qb_sprintf("%s (%s)", s->text, s->runs.text);
    return qb_sprintf("%s (%zu runs: %s; ...)", s->text, s->n_runs, s->runs.text);
}

int qb_study_each_run(const qb_study *s, qb_run_function each, void *context, size_t *ret_n)
{
    int rc = QB_OK;
    *ret_n = 0;
    for (size_t c = 0; rc == QB_OK && c < s->n_cells; c++) {
        char *cell = qb_cell_name(s, &s->cells[c]);
        if (!cell)
            return QB_E_NOMEM;
        for (size_t i = 0; rc == QB_OK && i < s->cells[c].n_runs; i++) {
            const qb_cell_run *run = &s->cells[c].runs[i];
            char *name = run->line ? qb_sprintf("%s, seed %lld", cell, run->seed) : NULL;
            if (name)
                rc = each(context, run, name);
            else if (run->line)
                rc = QB_E_NOMEM;
            *ret_n += run->line != NULL;
            qb_free(name);
        }
        qb_free(cell);
    }
    return rc;
}
