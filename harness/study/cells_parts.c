/* A record's way into a cell. See cells_parts.h. */
#include "study/cells_parts.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/values.h"
#include "train/identity.h"

#include <math.h>
#include <string.h>

enum { WORTH_DONE = 7 };

int qb_cells_no_memory(void)
{
    return qb_err_set(QB_E_NOMEM, "out of memory while sorting runs into cells");
}

const qb_config *qb_study_planned(const qb_study *s, size_t cell, size_t i)
{
    return s->plan && !s->plan->cells[cell].skipped ? s->plan->cells[cell].runs[i] : NULL;
}

bool qb_cell_run_is(const qb_cell_run *run, const char *status)
{
    return strcmp(run->status, status) == 0;
}

double qb_cell_run_result(const qb_cell_run *run, const char *name)
{
    const json_t *v = json_object_get(json_object_get(run->line, "result"), name);
    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

double qb_cell_run_scale(const qb_cell_run *run)
{
    const json_t *v = json_object_get(run->line, "scale");
    return json_is_number(v) ? json_number_value(v) : 1;
}

int qb_cells_note(qb_study *s, char *text)
{
    bool ok = text && json_array_append_new(s->notes, qb_json_text(text)) == 0;
    qb_free(text);
    return ok ? QB_OK : qb_cells_no_memory();
}

const char *qb_cells_text(const json_t *line, const char *key)
{
    const json_t *v = json_object_get(line, key);
    return json_is_string(v) ? json_string_value(v) : NULL;
}

json_t *qb_cells_config(const json_t *line)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    json_t *config = qb_identity_complete(schema, n, json_object_get(line, "config"));
    if (config)
        (void)json_object_del(config, "seed");
    return config;
}

/* Which of two records of one run counts: the one that got further. */
static int worth(const json_t *line)
{
    static const char *const order[] = {"missing", "skipped", "running", "interrupted", "failed", "diverged", "mistrusted", "done"};
    const char *status = qb_cells_text(line, "status");
    for (int i = WORTH_DONE; i > 0; i--) {
        if (strcmp(status, order[i]) == 0)
            return i;
    }
    return 0;
}

/* Two finished records of one configuration and seed differ in their data, or were copied. */
static int choose(qb_study *s, qb_cell_run *run, const json_t *line)
{
    int old = worth(run->line), new = worth(line);
    const char *old_key = qb_cells_text(run->line, "key"), *new_key = qb_cells_text(line, "key");
    bool same = old_key && new_key && strcmp(old_key, new_key) == 0;
    if (old == new && !same && old == WORTH_DONE) {
        QB_TRY(qb_cells_note(s, qb_sprintf("seed %lld has two finished runs of one configuration, %.12s and %.12s (other data?); "
                                      "the one with the lower key is shown",
                                      run->seed, old_key ? old_key : "?", new_key ? new_key : "?")));
    }
    bool better = new > old || (new == old && old_key && new_key && strcmp(new_key, old_key) < 0);
    if (better)
        run->line = line;
    return QB_OK;
}

int qb_cells_add_run(qb_study *s, qb_cell *cell, const json_t *line, bool *ret_added)
{
    long long seed = (long long)json_integer_value(json_object_get(line, "seed"));
    *ret_added = true;
    for (size_t i = 0; i < cell->n_runs; i++) {
        if (cell->runs[i].seed == seed && cell->runs[i].line)
            return choose(s, &cell->runs[i], line);
        if (cell->runs[i].seed == seed) {
            cell->runs[i].line = line;
            return QB_OK;
        }
    }
    *ret_added = !s->plan;
    if (s->plan)
        return QB_OK;
    qb_cell_run *runs = qb_realloc(cell->runs, cell->n_runs + 1, sizeof *runs);
    if (!runs)
        return QB_E_NOMEM;
    cell->runs = runs;
    runs[cell->n_runs++] = (qb_cell_run){.seed = seed, .line = line};
    return QB_OK;
}

bool qb_cells_key_varies(const qb_study *s, const char *key)
{
    const json_t *first = NULL;
    for (size_t c = 0; c < s->n_cells; c++) {
        const qb_cell *cell = &s->cells[c];
        const json_t *v = json_object_get(s->plan ? cell->values : cell->config, key);
        if (!v || (json_is_null(v) && !qb_study_null_counts(key)))
            continue;
        if (first && !qb_study_value_equal(first, v))
            return true;
        first = v;
    }
    return false;
}
