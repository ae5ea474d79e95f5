/* A number against epochs: the pictures accuracy-epochs and loss-epochs of plot.h. Private to plot*.c. */
#ifndef QB_PLOT_CURVES_H
#define QB_PLOT_CURVES_H

#include "study/plot_job.h"

/* NAME.tsv, .gp and pictures of a member of the curve ("test_top1"); nothing where no run has two epochs. */
int qb_plot_write_curves(const qb_plot_job *job, const char *name, const char *member, const char *axis);

#endif
