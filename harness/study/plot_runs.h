/* Pictures of how runs went, one of each for a study. Private to plot*.c.
 *
 *   schedule   learning rate and what the solver logs (its slope, for one) over the epochs: a line a row of the table
 *   times      where the time of the runs of a cell went: a bar a cell
 *
 * Both are read from the folders of the runs. Where there are none, QB_E_NOINPUT says so.
 */
#ifndef QB_PLOT_RUNS_H
#define QB_PLOT_RUNS_H

#include "study/plot_job.h"

int qb_plot_write_schedule(const qb_plot_job *job, const char *name);
int qb_plot_write_times(const qb_plot_job *job, const char *name);

#endif
