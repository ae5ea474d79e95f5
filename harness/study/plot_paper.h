/* paper: published numbers and ours side by side, a place a cell that the paper has a number for; whiskers are one standard
 * deviation. Private to plot*.c. QB_E_NOINPUT: no paper is named, or none of its cells is here. */
#ifndef QB_PLOT_PAPER_H
#define QB_PLOT_PAPER_H

#include "study/plot_job.h"

int qb_plot_write_paper(const qb_plot_job *job, const char *name);

#endif
