/* See run_age.h. */
#include "cli/run_age.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/live.h"

#include <math.h>
#include <stdlib.h>

static time_t written_at(const qb_cell_run *run)
{
    const char *dir = json_string_value(json_object_get(run->line, "dir"));
    return dir ? (time_t)qb_live_written_at(dir, "record.json") : 0;
}

int qb_dated_runs_collect(const qb_study *s, const char *status, qb_dated_run **ret_runs, size_t *ret_n)
{
    size_t n = 0, capacity = 0;
    for (size_t c = 0; c < s->n_cells; c++)
        capacity += s->cells[c].n_runs;
    qb_dated_run *all = qb_alloc(capacity, sizeof *all);
    if (!all)
        return QB_E_NOMEM;
    for (size_t c = 0; c < s->n_cells; c++) {
        for (size_t i = 0; i < s->cells[c].n_runs; i++) {
            const qb_cell_run *run = &s->cells[c].runs[i];
            if (!status || qb_cell_run_is(run, status))
                all[n++] = (qb_dated_run){&s->cells[c], run, written_at(run)};
        }
    }
    *ret_runs = all;
    *ret_n = n;
    return QB_OK;
}

static int newest_first(const void *a, const void *b)
{
    const qb_dated_run *x = a, *y = b;
    return (x->written < y->written) - (x->written > y->written);
}

void qb_dated_runs_sort(qb_dated_run *runs, size_t n)
{
    qsort(runs, n, sizeof *runs, newest_first);
}

char *qb_cli_age_text(time_t at)
{
    double seconds = difftime(time(NULL), at);
    if (at == 0)
        return qb_strdup("");
    if (seconds < 120)
        return qb_sprintf("%.0f s", fmax(seconds, 0));
    if (seconds < 2 * 3600)
        return qb_sprintf("%.0f min", seconds / 60);
    if (seconds < 48 * 3600)
        return qb_sprintf("%.0f h", seconds / 3600);
    return qb_sprintf("%.0f days", seconds / 86400);
}
