/* accuracy-panels: test accuracy over the epochs with a panel a row of the table, so that many solvers can be told apart: its own
 * curves in colour, a colour a column (bits), those of all others in grey, full precision dashed. Private to plot*.c. */
#ifndef QB_PLOT_EACH_H
#define QB_PLOT_EACH_H

#include "study/plot_job.h"

int qb_plot_write_each(const qb_plot_job *job, const char *name);

#endif
