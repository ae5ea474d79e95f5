/* The report of a study: first every warning, then the table, published numbers beside ours where the plan names them, the
 * pictures, every run with its status, how to run each cell again, the plan, data, machine and versions.
 *
 * HTML is one page that needs no other file and runs no script, with a folded page a run. Markdown links its pictures as
 * plots/NAME.svg. No date and no path of this
 * machine is in either, so that the same results give the same report.
 */
#ifndef QB_REPORT_H
#define QB_REPORT_H

#include "study/cells.h"
#include "study/doc.h"

/* plots: a folder with the pictures of `names` (array of qb_plots_write; NULL: none, which the report says).
 * Caller frees the text. */
int qb_report_create(const qb_study *s, qb_doc_form form, const char *plots, const json_t *names, char **ret_text);

#endif
