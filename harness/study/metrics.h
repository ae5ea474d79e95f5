/* The metrics of runs on their way to other programs: CSV, and event files of TensorBoard. docs/tensorboard.md has both forms.
 *
 * Runs come in the study's order, each with all lines of its metrics.jsonl, whatever its status. What a run has not logged yet is
 * not there, and nothing is there twice: a resumed run has cut its log. Needs the folders of the runs, not the data.
 */
#ifndef QB_METRICS_H
#define QB_METRICS_H

#include "study/cells.h"

/* A row a line of metrics.jsonl: the study's keys, seed, run (the first 12 digits of its key), split, step, epoch, and a column a
 * metric of any of the runs, by name. Numbers as metrics.jsonl has them; NaN: not finite; empty: not in that line. Caller frees.
 * QB_E_NOINPUT: no run has any. */
int qb_metrics_csv(const qb_study *s, char **ret_text);

/* DIR/CELL/sSEED-KEY/events.out.tfevents.qatbench for every run that has metrics, made anew; *ret_paths: array of these folders, new
 * reference. Scalars under the names of metrics.jsonl, as float32. */
int qb_metrics_tensorboard(const qb_study *s, const char *dir, json_t **ret_paths);

/* ---- for both: metrics.c ---- */

/* One line of a run's metrics.jsonl, which has split (text), step (whole number) and epoch (number). metrics: object of the rest,
 * name -> number, or null where it is not finite. Both borrowed. */
typedef int qb_metrics_take(void *context, const json_t *line, json_t *metrics);

/* Does the run have a metrics.jsonl? */
bool qb_metrics_has(const qb_cell_run *run);

/* Calls `take` line by line. QB_E_DATA: a line that is none. */
int qb_metrics_each(const qb_cell_run *run, qb_metrics_take *take, void *context);

/* QB_E_NOINPUT where no run of the study has any; says how many have none. */
int qb_metrics_check(const qb_study *s);

#endif
