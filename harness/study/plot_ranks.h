/* ranks: the critical-difference diagram of what competes (study/ranks.h): mean ranks on a line, the best at the left; bars join what
 * does not differ after Nemenyi. Private to plot*.c. QB_E_NOINPUT: the design of the study allows no ranks, and why. */
#ifndef QB_PLOT_RANKS_H
#define QB_PLOT_RANKS_H

#include "study/plot_job.h"

int qb_plot_write_ranks(const qb_plot_job *job, const char *name);

#endif
