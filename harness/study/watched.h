/* What runs of a study left in their folders beside the record: diagnostics.jsonl, metrics.jsonl, times. A study that was read
 * from a runs.jsonl has no folders, and so none of it.
 */
#ifndef QB_WATCHED_H
#define QB_WATCHED_H

#include "study/cells.h"

/* The lines of an observer (train/diagnostics.h) that the first seed of the cell left which is done and has any. *ret: new
 * reference; an empty array: there are none. *ret_seed may be NULL. QB_E_DATA, QB_E_IO. */
int qb_watched_lines(const qb_cell *cell, const char *observer, json_t **ret, long long *ret_seed);

/* The lines of metrics.jsonl of split "train", of the first such seed. */
int qb_watched_metrics(const qb_cell *cell, json_t **ret);

/* `times` of the record of a run; NULL where it has none. New reference. */
json_t *qb_watched_times(const qb_cell_run *run);

/* What to do to have diagnostics: two lines of text. Caller frees; NULL: out of memory. */
char *qb_watched_advice(const qb_study *s);

#endif
