/* What the files of a report share. Private to report*.c. */
#ifndef QB_REPORT_PARTS_H
#define QB_REPORT_PARTS_H

#include "study/report.h"
#include "study/table.h"

/* ---- report_warnings.c ---- */

/* How many cells and runs there are and how they ended, then everything that a reader must know before the first number. further:
 * array of texts that go first. */
int qb_report_add_summary(qb_doc *d, const qb_table *t, const json_t *further);

/* ---- report_pages.c ---- */

/* HTML: a fold a cell, with its configuration, and in it one a run: result, curve, what it ran on, how to run it again. */
int qb_report_add_pages(qb_doc *d, const qb_table *t);

#endif
