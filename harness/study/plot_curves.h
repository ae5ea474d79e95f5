/* A number against epochs: the pictures accuracy-epochs and loss-epochs of plot.h. Private to plot*.c. */
#ifndef QB_PLOT_CURVES_H
#define QB_PLOT_CURVES_H

#include "study/table.h"

/* NAME.tsv, .gp and pictures of a member of the curve ("test_top1"). *ret_drawn false: no run has two epochs. */
int qb_plot_write_curves(const qb_table *t, const char *dir, const char *name, const char *member, const char *axis,
                         bool *ret_drawn);

#endif
