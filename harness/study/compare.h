/* Ours beside published numbers. Format of the file: docs/paper-format.md.
 *
 * Letters: d difference ours - paper; e combined standard error sqrt(s1^2 / n1 + s2^2 / n2); limit: Student's 97.5 %
 * quantile at Welch's degrees of freedom (n = 3 and 3: 2.8 to 4.3). |d| / e up to the limit is "within noise".
 */
#ifndef QB_COMPARE_H
#define QB_COMPARE_H

#include "study/table.h"

typedef struct qb_paper_cell {
    json_t *values; /* object: key -> value; a cell of ours matches when it agrees in all of them */
    double mean, std; /* std NaN: not published */
    size_t n;
} qb_paper_cell;

typedef struct qb_paper {
    char *path, *source, *version, *metric;
    json_t *conditions; /* object: how the paper trained; told where ours differs, not needed to match */
    qb_paper_cell *cells;
    size_t n_cells;
    bool is_log; /* one log.txt, and no cell is named: its cell matches any */
} qb_paper;

/* A file of published numbers, or one *.txt: a log of the reference code (study/reference_log.h). QB_E_NOINPUT; QB_E_CONFIG
 * "FILE:LINE:COLUMN: ..."; QB_E_DATA: a bad log. */
int qb_paper_read(const char *path, qb_paper **ret_paper);
void qb_paper_destroy(qb_paper *p);

typedef struct qb_comparison {
    size_t cell;                   /* of the table */
    const qb_paper_cell *paper;
    double difference, units, limit; /* NaN: undefined */
} qb_comparison;

/* Every cell of the table that the paper has a number for, in the table's order. Free with qb_free.
 * QB_E_USAGE when the table shows another metric, or has several cells beside a single log. */
int qb_compare(const qb_table *t, const qb_paper *paper, qb_comparison **ret, size_t *ret_n);

/* The comparison as a grid (columns: cell, paper, ours, difference, units of e, verdict), what stands above it, and what has to
 * be said of it, without the notes of the table. QB_E_NOINPUT: no number for any cell. */
int qb_compare_grid(const qb_table *t, const qb_paper *paper, qb_grid *ret_grid, char **ret_caption, json_t **ret_notes);

/* The same in a form, with the table's notes. Caller frees. */
int qb_compare_render(const qb_table *t, const qb_paper *paper, qb_table_form form, bool utf8, char **ret_text);

#endif
