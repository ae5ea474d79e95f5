/* What stands below a table: runs that do not count, what runs say of themselves, and what the study was made of. See
 * table.h. */
#include "study/table.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/ranks.h"
#include "study/sayings.h"
#include "study/scale.h"
#include "study/values.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { MAX_NOTES = 60, SMALL_N = 5 };

static int no_memory(void)
{
    return qb_err_set(QB_E_NOMEM, "out of memory while writing a table");
}

static int note(json_t *notes, char *text)
{
    bool ok = text && json_array_append_new(notes, qb_json_text(text)) == 0;
    qb_free(text);
    return ok ? QB_OK : no_memory();
}

static int note_run(const qb_table *t, const char *name, const qb_cell_run *run, json_t *notes)
{
    double value = qb_cell_run_result(run, t->measure->name);
    char *number = isnan(value) ? NULL : qb_measure_text(t->measure, value, (double)NAN, 1);
    qb_str s = {0};
    qb_str_addf(&s, "%s, seed %lld: %s", name, run->seed, run->status);
    if (number)
        qb_str_addf(&s, " at %s%s%s", number, t->measure->unit[0] ? " " : "", t->measure->unit);
    if (run->reason)
        qb_str_addf(&s, ": %s", run->reason);
    int rc = note(notes, qb_str_take(&s));
    qb_free(number);
    return rc;
}

static int note_cell(const qb_table *t, const qb_cell *cell, json_t *notes, size_t *left_out)
{
    char *name = qb_cell_name(t->study, cell);
    if (!name)
        return QB_E_NOMEM;
    int rc = QB_OK;
    bool skipped = cell->n_runs > 0 && qb_cell_count(cell, "skipped") == cell->n_runs;
    if (skipped)
        rc = note(notes, qb_sprintf("%s: skipped: %s", name, cell->runs[0].reason ? cell->runs[0].reason : "no reason given"));
    for (size_t i = 0; rc == QB_OK && !skipped && i < cell->n_runs; i++) {
        const qb_cell_run *run = &cell->runs[i];
        if (qb_cell_run_is(run, "done") || qb_cell_run_is(run, "missing"))
            continue;
        if (json_array_size(notes) < MAX_NOTES)
            rc = note_run(t, name, run, notes);
        else
            ++*left_out;
    }
    qb_free(name);
    return rc;
}

/* ---- what runs say of themselves ---- */

typedef struct said {
    qb_sayings *sayings;
    bool say_scale;
} said;

/* Of its data, of its numbers, of starts that were not alike, and of its scale where not all have one. */
static int say_notes(void *context, const qb_cell_run *run, const char *name)
{
    const said *all = context;
    const char *data = json_string_value(json_object_get(json_object_get(run->line, "data"), "warning"));
    static const char *const lists[] = {"notes", "mixed"};
    double scale = qb_cell_run_scale(run);
    if (data)
        QB_TRY(qb_sayings_add(all->sayings, data, name));
    if (all->say_scale && scale != 1) {
        char *text = qb_scale_text(scale);
        int rc = text ? qb_sayings_add(all->sayings, text, name) : QB_E_NOMEM;
        qb_free(text);
        QB_TRY(rc);
    }
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        const json_t *list = json_object_get(run->line, lists[k]);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const char *text = json_string_value(json_array_get(list, i));
            if (text && !(data && strcmp(text, data) == 0))
                QB_TRY(qb_sayings_add(all->sayings, text, name));
        }
    }
    return QB_OK;
}

static int note_sayings(const qb_study *s, json_t *notes)
{
    qb_sayings all = {0};
    size_t n_runs;
    said context = {&all, isnan(s->scale)};
    int rc = qb_study_each_run(s, say_notes, &context, &n_runs);
    for (size_t i = 0; rc == QB_OK && i < all.n; i++)
        rc = note(notes, qb_saying_text(&all.items[i], n_runs));
    qb_sayings_finish(&all);
    return rc;
}

/* What may change bits, and so tells runs of one configuration apart that a reader takes for alike. */
static const struct {
    const char *section, *key, *name;
} conditions[] = {{"machine", "threads", "threads"}, {"machine", "cpu", "CPU"},         {"machine", "isa", "instruction set"},
                  {"machine", "onednn", "oneDNN"},   {"build", "version", "qatbench"}, {"build", "compiler", "compiler"}};
enum { N_CONDITIONS = sizeof conditions / sizeof *conditions };

typedef struct condition_values {
    size_t condition;
    qb_sayings values;
} condition_values;

static int say_condition(void *context, const qb_cell_run *run, const char *name)
{
    condition_values *c = context;
    const json_t *v = json_object_get(json_object_get(run->line, conditions[c->condition].section), conditions[c->condition].key);
    char *text = v && json_is_object(json_object_get(run->line, "result")) ? qb_study_label(v) : NULL;
    int rc = text && text[0] ? qb_sayings_add(&c->values, text, name) : QB_OK;
    qb_free(text);
    return rc;
}

/* "runs differ in threads: 1 (4 runs), 2 (2 runs)" */
static int note_conditions(const qb_study *s, json_t *notes)
{
    int rc = QB_OK;
    for (size_t k = 0; rc == QB_OK && k < N_CONDITIONS; k++) {
        condition_values c = {.condition = k};
        size_t n_runs;
        qb_str text = {0};
        rc = qb_study_each_run(s, say_condition, &c, &n_runs);
        qb_str_addf(&text, "runs differ in %s: ", conditions[k].name);
        for (size_t i = 0; i < c.values.n; i++)
            qb_str_addf(&text, "%s%s (%zu run%s)", i > 0 ? ", " : "", c.values.items[i].text, c.values.items[i].n_runs,
                        c.values.items[i].n_runs == 1 ? "" : "s");
        if (rc == QB_OK && c.values.n > 1)
            rc = note(notes, qb_str_take(&text));
        qb_str_finish(&text);
        qb_sayings_finish(&c.values);
    }
    return rc;
}

/* ---- runs of the same plan at another scale ---- */

static int note_other_scale(const qb_study *s, json_t *notes)
{
    const char *are = s->n_other_scale == 1 ? " is" : "s are";
    char *scale = isnan(s->other_scale) ? qb_strdup("several")
                  : s->other_scale == 1 ? qb_strdup("not scaled")
                                        : qb_scale_text(s->other_scale);
    char *text = scale ? qb_sprintf("%zu recorded run%s of another scale (%s) and not shown: see --scale", s->n_other_scale, are, scale)
                       : NULL;
    qb_free(scale);
    return note(notes, text);
}

/* ---- mean ranks ---- */

/* When chi-square is near enough, after Demsar (2006). */
enum { MANY_BLOCKS = 10, MANY_TREATMENTS = 5 };

static int note_ranks(const qb_ranking *r, json_t *notes)
{
    if (r->unoffered[0])
        QB_TRY(note(notes, qb_sprintf("mean ranks leave out what is skipped in one of the blocks: %s", r->unoffered)));
    if (r->why_not)
        return QB_OK;
    if (r->n_incomplete > 0)
        QB_TRY(note(notes, qb_sprintf("mean ranks leave out %zu of %zu blocks, where not all have a number (without one: %s)",
                                      r->n_incomplete, r->n_blocks + r->n_incomplete, r->missing)));
    if (r->n_blocks <= MANY_BLOCKS || r->n_items <= MANY_TREATMENTS)
        QB_TRY(note(notes, qb_sprintf("Friedman's p is by chi-square, which is rough up to %d blocks or %d that are ranked",
                                      MANY_BLOCKS, MANY_TREATMENTS)));
    return QB_OK;
}

/* ---- all ---- */

static int note_all(const qb_table *t, json_t *notes)
{
    const qb_study *s = t->study;
    size_t left_out = 0, missing = 0, without_number = 0, small = SIZE_MAX;
    for (size_t c = 0; c < s->n_cells; c++) {
        QB_TRY(note_cell(t, &s->cells[c], notes, &left_out));
        missing += qb_cell_count(&s->cells[c], "missing");
        without_number += qb_cell_count(&s->cells[c], "done") - t->cells[c].n;
        if (t->cells[c].n > 0 && t->cells[c].n < small)
            small = t->cells[c].n;
    }
    if (left_out > 0)
        QB_TRY(note(notes, qb_sprintf("and %zu more runs that do not count", left_out)));
    if (missing > 0)
        QB_TRY(note(notes, qb_sprintf("%zu run%s never started", missing, missing == 1 ? "" : "s")));
    if (without_number > 0)
        QB_TRY(note(notes, qb_sprintf("%zu finished run%s no %s", without_number, without_number == 1 ? " has" : "s have",
                                      t->measure->name)));
    QB_TRY(note_sayings(s, notes));
    QB_TRY(note_conditions(s, notes));
    for (size_t i = 0; i < json_array_size(s->notes); i++)
        QB_TRY(note(notes, qb_strdup(json_string_value(json_array_get(s->notes, i)))));
    if (s->n_foreign > 0)
        QB_TRY(note(notes, qb_sprintf("%zu recorded run%s to no cell of the plan", s->n_foreign,
                                      s->n_foreign == 1 ? " belongs" : "s belong")));
    if (s->n_other_scale > 0)
        QB_TRY(note_other_scale(s, notes));
    bool judged = t->n_tests > 0 || t->options.bold == QB_BOLD_SIGNIFICANT;
    if (judged && small < SMALL_N)
        QB_TRY(note(notes, qb_sprintf("n < %d: with so few seeds only large differences can be told from noise", SMALL_N)));
    if (t->options.bold == QB_BOLD_BEST)
        QB_TRY(note(notes, qb_strdup("bold (*): best of its column, ties by rounding")));
    if (t->options.bold == QB_BOLD_SIGNIFICANT)
        QB_TRY(note(notes, qb_sprintf("bold (*): best of its column and all that are not significantly worse (%s test, "
                                      "Holm, level 0.05)",
                                      t->options.test == QB_TEST_PAIRED ? "paired" : "Welch")));
    if (t->best)
        QB_TRY(note(notes, qb_strdup("best: of a run's evaluations from the end of annealing on, when its weights are hard; "
                                     "tests, ranks and bold go by the last one")));
    return t->ranking ? note_ranks(t->ranking, notes) : QB_OK;
}

int qb_table_notes(const qb_table *t, json_t **ret_notes)
{
    json_t *notes = json_array();
    int rc = notes ? note_all(t, notes) : no_memory();
    if (rc < 0) {
        json_decref(notes);
        return rc;
    }
    *ret_notes = notes;
    return QB_OK;
}

