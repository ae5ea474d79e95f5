/* The comparison table of a study: one number a cell over its seeds, who is best, and tests against a baseline.
 *
 * Letters: n runs that count (status done), of n_expected. Only those are ever averaged; every other run is named by
 * its status in the cell and by its reason in a note.
 */
#ifndef QB_TABLE_H
#define QB_TABLE_H

#include "study/cells.h"
#include "study/grid.h"
#include "study/measure.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum qb_bold { QB_BOLD_NONE = 1, QB_BOLD_BEST, QB_BOLD_SIGNIFICANT } qb_bold;
typedef enum qb_test { QB_TEST_NONE = 1, QB_TEST_WELCH, QB_TEST_PAIRED } qb_test;

typedef struct qb_table_options {
    const char *metric;   /* NULL: test_top1 */
    int ddof;             /* 1 or 0 */
    qb_bold bold;
    qb_test test;
    const char *baseline; /* label of the first key (solver=none: "none"); needed by a test */
    double ci;            /* level of the confidence interval in the place of the standard deviation, in (0, 1); 0: none */
    bool best;            /* the best evaluation after annealing beside the last one; test_top1 alone has one */
    bool ranks;           /* mean ranks too (ranks.h) */
    const char *rows, *cols; /* keys of the study, "model,bits", outermost first; NULL: chosen, as far as cells need them */
} qb_table_options;

typedef struct qb_table_number {
    double *values; /* one a run; NaN where the run does not count */
    size_t n;       /* that count */
    double mean, std; /* NaN: undefined (n < 1, n <= ddof) */
    double margin;    /* half-width of the confidence interval; NaN: undefined (n < 2), or not asked for */
} qb_table_number;

typedef struct qb_table_cell {
    const qb_cell *cell;
    double *values; /* one a run; NaN where the run does not count */
    size_t n, n_expected;
    double mean, std, margin; /* as of qb_table_number */
    qb_table_number best;     /* of t->best; all zero where there is none */
    bool bold;
} qb_table_cell;

typedef struct qb_table_test {
    size_t cell, baseline; /* of table cells */
    double difference, df, p, p_holm; /* NaN: undefined */
} qb_table_test;

typedef struct qb_table {
    const qb_study *study; /* borrowed */
    const qb_measure *measure, *best; /* best: beside it; NULL: not asked for */
    qb_table_options options;
    size_t *row_keys, n_row_keys;       /* of study->keys, outermost first */
    size_t *column_keys, n_column_keys; /* the same; none: one column, the measure itself */
    size_t main_key; /* whose values compete: solver where it varies */
    qb_table_cell *cells; /* one a cell of the study */
    size_t n_rows, n_columns;
    size_t *grid; /* (n_rows, n_columns) -> cell, SIZE_MAX: there is none */
    qb_table_test *tests;
    size_t n_tests;
    struct qb_ranking *ranking; /* NULL: not asked for */
} qb_table;

int qb_table_create(const qb_study *study, const qb_table_options *options, qb_table **ret_table);
void qb_table_destroy(qb_table *t);

/* ---- forms (table_format.c and those that it names); utf8 false: ASCII only. Caller frees the text. ---- */

typedef enum qb_table_form { QB_FORM_TEXT = 1, QB_FORM_MARKDOWN, QB_FORM_LATEX, QB_FORM_CSV, QB_FORM_JSON } qb_table_form;

int qb_table_form_find(const char *name, qb_table_form *ret_form);
int qb_table_render(const qb_table *t, qb_table_form form, bool utf8, char **ret_text);

/* What `table --format json` prints: metric and cells. New reference. */
json_t *qb_table_json(const qb_table *t);

/* Pieces that reports use too. */
char *qb_table_cell_text(const qb_table *t, const qb_table_cell *c); /* "91.71 ± 0.03 (3)", "–", "div" */
char *qb_table_caption(const qb_table *t);                           /* what is shown, of what data, under what budget */
int qb_table_grid(const qb_table *t, qb_grid *ret_grid);
int qb_table_notes(const qb_table *t, json_t **ret_notes); /* array of texts: runs that do not count, warnings */

#endif
