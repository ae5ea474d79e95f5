/* A study: the records of many runs sorted into cells, a cell being one configuration over its seeds.
 *
 * With a plan the cells are exactly the plan's, in its order, and a seed without a record is a run with status
 * "missing". Without one the cells are what the records hold, and no run is missing. Data are never opened: cells
 * are matched by the recorded configuration.
 *
 * Invariant: every run of a cell is there once, by seed; no record is dropped silently (n_foreign, notes).
 */
#ifndef QB_CELLS_H
#define QB_CELLS_H

#include "base/json.h"
#include "study/plan.h"

#include <stddef.h>

typedef struct qb_cell_run {
    long long seed;
    const char *status;  /* of the record (train/record.h), or "missing"; borrowed */
    const char *reason;  /* NULL: none; borrowed */
    const json_t *line;  /* line of runs.jsonl; NULL when there is none; borrowed */
} qb_cell_run;

typedef struct qb_cell {
    const json_t *values; /* object: each of the study's keys -> value; borrowed */
    json_t *config;       /* identity without seed, completed (train/identity.h); NULL for a cell that the plan cannot run */
    char **labels;        /* one a key of the study; "" where the key does not apply; for the variant of a cell without one its
                             solver's */
    qb_cell_run *runs;    /* by seed, one a seed that is expected */
    size_t n_runs;
} qb_cell;

typedef struct qb_study {
    char *title;
    char *folder;    /* where plots and reports go unless told otherwise */
    char **keys;     /* solver, bits, then every further key that varies; a plan's (plan.h) */
    bool *varies;    /* whether that key has more than one value among the cells, and no name of a variant says it */
    size_t n_keys;
    qb_cell *cells;
    size_t n_cells;
    qb_study_plan *plan;   /* NULL: none */
    json_t *lines;   /* array: every record read */
    json_t *own_values; /* array: values of cells without a plan */
    json_t *labels;  /* array of texts: data sets as they call themselves, "Fashion-MNIST" */
    json_t *notes;   /* array of texts: what a reader must know about how runs became cells */
    size_t n_foreign; /* records that belong to no cell of the plan */
    size_t n_other_scale; /* further ones, of a scale that is not the plan's */
    double other_scale;   /* theirs; NaN: several */
    double scale;     /* of the plan, else of all its runs (scale.h); 1: none; NaN: several, and notes say which runs have one */
    char *scaled;     /* "scaled 0.2", "scaled in part"; NULL where scale is 1 */
} qb_study;

/* args: at most one plan, and any number of folders and runs.jsonl files. A plan alone reads RUNS_DIR/EXPERIMENT,
 * which need not exist; a folder that holds a runs.jsonl is read from it, with the plan.yaml beside it.
 * QB_E_USAGE: two plans; QB_E_NOINPUT: nothing there; QB_E_DATA: a record that is none; and qb_study_plan_read's. */
int qb_study_load(char *const *args, int n_args, const qb_study_plan_places *places, qb_study **ret_study);

/* The same from records in memory. Takes plan (may be NULL) and lines, on failure too. */
int qb_study_create(qb_study_plan *plan, json_t *lines, const char *title, const char *folder, qb_study **ret_study);

/* The title, with the scale where there is one: "TITLE, scaled 0.2". Caller frees; NULL: out of memory. */
char *qb_study_title(const qb_study *s);
void qb_study_destroy(qb_study *s);

/* What the plan says of run i of a cell; NULL: there is no plan, or the cell is skipped. Borrowed. */
const qb_config *qb_study_planned(const qb_study *s, size_t cell, size_t i);

/* The scale of the plan that a run was started by; 1: none, or no record. */
double qb_cell_run_scale(const qb_cell_run *run);

/* A number of a run's result, NaN where it has none. name: a member of result. */
double qb_cell_run_result(const qb_cell_run *run, const char *name);

bool qb_cell_run_is(const qb_cell_run *run, const char *status);

/* ---- cell_names.c ---- */

size_t qb_cell_count(const qb_cell *cell, const char *status);  /* runs with that status */
char *qb_cell_label(const char *key, const char *label);        /* "2 bits", "float", "lr=0.1"; caller frees, as below */
char *qb_cell_name(const qb_study *s, const qb_cell *c);        /* "parq, 2 bits" */
/* "18 cells, 54 runs: 50 done, 1 failed, 3 missing.": what is done, then the others in the order of their first run. As above. */
char *qb_study_counts(const qb_study *s);
/* Does the name of a variant say the value of key k? No name says keys that the plan lacks (qb_study_show_keys). */
bool qb_cell_is_said(const qb_study *s, size_t k);

#endif
