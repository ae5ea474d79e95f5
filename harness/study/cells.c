/* Sorting records into cells. See cells.h. */
#include "study/cells.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/numbering.h"
#include "base/str.h"
#include "study/cells_own.h"
#include "study/cells_parts.h"
#include "study/scale.h"
#include "study/stand_in.h"
#include "study/values.h"
#include "train/record.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- records ---- */

/* What the run's data call themselves, "Fashion-MNIST". */
static const char *label_of(const json_t *line)
{
    return qb_cells_text(json_object_get(line, "data"), "label");
}

static int check_line(const json_t *line, size_t i)
{
    const char *status;
    long long seed;
    int rc = json_is_object(line) ? qb_json_get_text(line, "status", &status) : qb_err_set(QB_E_DATA, "not an object");
    if (rc == QB_OK)
        rc = qb_json_get_int(line, "seed", &seed);
    if (rc == QB_OK && !json_is_object(json_object_get(line, "config")))
        rc = qb_err_set(QB_E_DATA, "config: expected an object, got something else");
    return rc < 0 ? qb_err_add("record %zu", i + 1) : QB_OK;
}

static int compare_runs(const void *a, const void *b)
{
    const qb_cell_run *x = a, *y = b;
    return (x->seed > y->seed) - (x->seed < y->seed);
}

static void settle_runs(qb_study *s)
{
    for (size_t c = 0; c < s->n_cells; c++) {
        qb_cell *cell = &s->cells[c];
        const char *skipped = s->plan ? s->plan->cells[c].skipped : NULL;
        for (size_t i = 0; i < cell->n_runs; i++) {
            qb_cell_run *run = &cell->runs[i];
            run->status = run->line ? qb_cells_text(run->line, "status") : skipped ? "skipped" : "missing";
            run->reason = run->line ? qb_cells_text(run->line, "reason") : skipped;
            if (run->line && qb_record_diverged_unsaid(run->line)) {
                run->status = "diverged";
                run->reason = "the test loss is not finite";
            }
        }
        if (!s->plan)
            qsort(cell->runs, cell->n_runs, sizeof *cell->runs, compare_runs);
    }
}

/* ---- cells of a plan ---- */

static int create_plan_cells(qb_study *s)
{
    qb_study_plan *p = s->plan;
    if (!(s->cells = qb_alloc(p->n_cells, sizeof *s->cells)))
        return QB_E_NOMEM;
    for (size_t c = 0; c < p->n_cells; c++) {
        qb_cell *cell = &s->cells[s->n_cells++];
        cell->values = p->cells[c].values;
        cell->config = json_incref(p->cells[c].identity);
        if (!(cell->runs = qb_alloc(p->n_seeds, sizeof *cell->runs)))
            return QB_E_NOMEM;
        cell->n_runs = p->n_seeds;
        for (size_t i = 0; i < p->n_seeds; i++)
            cell->runs[i].seed = p->seeds[i];
    }
    if (!(s->keys = qb_alloc(p->n_keys, sizeof *s->keys)))
        return QB_E_NOMEM;
    for (; s->n_keys < p->n_keys; s->n_keys++) {
        if (!(s->keys[s->n_keys] = qb_strdup(p->keys[s->n_keys])))
            return QB_E_NOMEM;
    }
    return QB_OK;
}

/* A record that no cell has taken. The plan itself tells of what it skips. */
static void count_foreign(qb_study *s, const json_t *line)
{
    const json_t *v = json_object_get(line, "scale");
    double scale = json_is_number(v) ? json_number_value(v) : 1;
    if (strcmp(qb_cells_text(line, "status"), "skipped") == 0)
        return;
    if (scale == s->plan->scale) {
        s->n_foreign++;
        return;
    }
    s->other_scale = s->n_other_scale == 0 || s->other_scale == scale ? scale : (double)NAN;
    s->n_other_scale++;
}

/* Number c is that of cell c: no two have one identity. A cell that cannot run has none. */
static int number_plan_cells(const qb_study *s, qb_numbering *identities)
{
    for (size_t c = 0; c < s->n_cells; c++) {
        size_t number;
        char *text = s->cells[c].config ? qb_json_compact(s->cells[c].config) : qb_sprintf("no identity: %zu", c);
        int rc = text ? qb_numbering_add(identities, text, &number) : qb_cells_no_memory();
        qb_free(text);
        QB_TRY(rc);
        QB_ASSERT(number == c);
    }
    return QB_OK;
}

static int place_line(qb_study *s, const qb_numbering *identities, const json_t *line)
{
    json_t *config = qb_cells_config(line);
    char *identity = config ? qb_json_compact(config) : NULL;
    json_decref(config);
    if (!identity)
        return qb_cells_no_memory();
    size_t c = qb_numbering_find(identities, identity);
    bool added = false;
    qb_free(identity);
    if (c != SIZE_MAX)
        QB_TRY(qb_cells_add_run(s, &s->cells[c], line, &added));
    if (!added)
        count_foreign(s, line);
    return QB_OK;
}

static int place_lines_by_plan(qb_study *s)
{
    qb_numbering identities = {0};
    int rc = number_plan_cells(s, &identities);
    for (size_t i = 0; rc == QB_OK && i < json_array_size(s->lines); i++)
        rc = place_line(s, &identities, json_array_get(s->lines, i));
    qb_numbering_finish(&identities);
    return rc;
}

/* ---- both ---- */

static int create_labels(qb_study *s)
{
    if (!(s->varies = qb_alloc(s->n_keys, sizeof *s->varies)))
        return QB_E_NOMEM;
    for (size_t k = 0; k < s->n_keys; k++)
        s->varies[k] = !qb_cell_is_said(s, k) && qb_cells_key_varies(s, s->keys[k]);
    for (size_t c = 0; c < s->n_cells; c++) {
        qb_cell *cell = &s->cells[c];
        if (!(cell->labels = qb_alloc(s->n_keys, sizeof *cell->labels)))
            return QB_E_NOMEM;
        for (size_t k = 0; k < s->n_keys; k++) {
            const json_t *v = json_object_get(cell->values, s->keys[k]);
            if (json_is_null(v) && strcmp(s->keys[k], QB_STUDY_VARIANT_KEY) == 0)
                v = json_object_get(cell->values, "solver");
            bool all = json_is_null(v) && qb_study_null_counts(s->keys[k]);
            if (!(cell->labels[k] = all ? qb_strdup("all") : qb_study_label(v)))
                return QB_E_NOMEM;
        }
    }
    return QB_OK;
}

/* Every name that the data of the cells' runs gave themselves, once. */
static int collect_data_labels(qb_study *s)
{
    for (size_t c = 0; c < s->n_cells; c++) {
        for (size_t i = 0; i < s->cells[c].n_runs; i++) {
            const char *label = label_of(s->cells[c].runs[i].line);
            bool known = !label;
            for (size_t k = 0; !known && k < json_array_size(s->labels); k++)
                known = strcmp(json_string_value(json_array_get(s->labels, k)), label) == 0;
            if (!known && json_array_append_new(s->labels, qb_json_text(label)) != 0)
                return qb_cells_no_memory();
        }
    }
    return QB_OK;
}

/* With a plan the cells cannot be told apart by their data, so a mixture must be said. */
static int note_mixed_data(qb_study *s)
{
    for (size_t c = 0; s->plan && c < s->n_cells; c++) {
        const qb_cell *cell = &s->cells[c];
        const char *first = NULL;
        for (size_t i = 0; i < cell->n_runs; i++) {
            const char *label = label_of(cell->runs[i].line);
            if (first && label && strcmp(first, label) != 0)
                return qb_cells_note(s, qb_sprintf("runs of one cell used different data: %s and %s", first, label));
            first = label ? label : first;
        }
    }
    return QB_OK;
}

/* The stand-in that a cell of the plan has for its solver, or NULL. */
static const qb_plugin *stand_in_of(const qb_study *s, size_t c)
{
    const qb_study_plan_cell *cell = &s->plan->cells[c];
    return !cell->skipped && qb_study_is_stand_in(cell->runs[0]->plugin) ? cell->runs[0]->plugin : NULL;
}

/* What such a solver does not offer is not known: its cells without a run are missing, not left out. */
static int note_stand_ins(qb_study *s)
{
    for (size_t c = 0; s->plan && c < s->plan->n_cells; c++) {
        const qb_plugin *p = stand_in_of(s, c), *earlier = NULL;
        for (size_t k = 0; p && k < c; k++) {
            if ((earlier = stand_in_of(s, k)) && strcmp(earlier->solver.name, p->solver.name) == 0)
                p = NULL; /* it is noted */
        }
        if (p)
            QB_TRY(qb_cells_note(s, qb_sprintf("solver %s: its plugin is not here; its cells are told by its records",
                                               p->solver.name)));
    }
    return QB_OK;
}

/* Tables show the names of variants alone: what they stand for is said once. */
static int note_variant(qb_study *s, const qb_cell *cell)
{
    qb_str text = {0};
    for (size_t k = 0; k < s->n_keys; k++) {
        if (qb_cell_is_said(s, k) && cell->labels[k][0])
            qb_str_addf(&text, "%s%s=%s", text.length > 0 ? ", " : "", s->keys[k], cell->labels[k]);
    }
    char *said = qb_str_take(&text);
    int rc = said ? qb_cells_note(s, qb_sprintf("%s: %s", json_string_value(json_object_get(cell->values, QB_STUDY_VARIANT_KEY)), said))
                  : QB_E_NOMEM;
    qb_free(said);
    return rc;
}

static int note_variants(qb_study *s)
{
    for (size_t c = 0; s->plan && s->plan->n_variants > 0 && c < s->n_cells; c++) {
        const char *variant = s->plan->cells[c].variant;
        bool known = !variant;
        for (size_t d = 0; d < c && !known; d++)
            known = s->plan->cells[d].variant == variant;
        if (!known)
            QB_TRY(note_variant(s, &s->cells[c]));
    }
    return QB_OK;
}

/* A plan knows; without one the records do. */
static int find_scale(qb_study *s)
{
    bool any = false;
    s->scale = s->plan ? s->plan->scale : 1;
    for (size_t c = 0; !s->plan && c < s->n_cells; c++) {
        for (size_t i = 0; i < s->cells[c].n_runs; i++) {
            double scale = qb_cell_run_scale(&s->cells[c].runs[i]);
            s->scale = !any || s->scale == scale ? scale : (double)NAN;
            any = true;
        }
    }
    if (s->scale == 1)
        return QB_OK;
    s->scaled = isnan(s->scale) ? qb_strdup("scaled in part") : qb_scale_text(s->scale);
    return s->scaled ? QB_OK : qb_cells_no_memory();
}

char *qb_study_title(const qb_study *s)
{
    return s->scaled ? qb_sprintf("%s, %s", s->title, s->scaled) : qb_strdup(s->title);
}

static int build(qb_study *s, const char *title, const char *folder)
{
    s->labels = json_array();
    s->notes = json_array();
    s->own_values = json_array();
    s->title = qb_strdup(title);
    s->folder = qb_strdup(folder);
    if (!s->labels || !s->notes || !s->own_values || !s->title || !s->folder)
        return qb_cells_no_memory();
    size_t n = json_array_size(s->lines);
    for (size_t i = 0; i < n; i++)
        QB_TRY(check_line(json_array_get(s->lines, i), i));
    QB_TRY(s->plan ? create_plan_cells(s) : qb_cells_create_own(s));
    if (s->plan)
        QB_TRY(place_lines_by_plan(s));
    settle_runs(s);
    QB_TRY(find_scale(s));
    QB_TRY(create_labels(s));
    QB_TRY(collect_data_labels(s));
    QB_TRY(note_variants(s));
    QB_TRY(note_stand_ins(s));
    return note_mixed_data(s);
}

int qb_study_create(qb_study_plan *plan, json_t *lines, const char *title, const char *folder, qb_study **ret_study)
{
    qb_study *s = qb_alloc(1, sizeof *s);
    if (!s) {
        qb_study_plan_destroy(plan);
        json_decref(lines);
        return QB_E_NOMEM;
    }
    s->plan = plan;
    s->lines = lines;
    int rc = build(s, title, folder);
    if (rc < 0) {
        qb_study_destroy(s);
        return rc;
    }
    *ret_study = s;
    return QB_OK;
}

void qb_study_destroy(qb_study *s)
{
    if (!s)
        return;
    for (size_t c = 0; c < s->n_cells; c++) {
        for (size_t k = 0; s->cells[c].labels && k < s->n_keys; k++)
            qb_free(s->cells[c].labels[k]);
        qb_free(s->cells[c].labels);
        qb_free(s->cells[c].runs);
        json_decref(s->cells[c].config);
    }
    for (size_t k = 0; k < s->n_keys; k++)
        qb_free(s->keys[k]);
    qb_free(s->cells);
    qb_free(s->keys);
    qb_free(s->varies);
    qb_free(s->title);
    qb_free(s->folder);
    qb_free(s->scaled);
    json_decref(s->lines);
    json_decref(s->own_values);
    json_decref(s->labels);
    json_decref(s->notes);
    qb_study_plan_destroy(s->plan);
    qb_free(s);
}
