/* The final numbers, every seed a point: the picture accuracy-final of plot.h. Private to plot*.c. */
#ifndef QB_PLOT_FINAL_H
#define QB_PLOT_FINAL_H

#include "study/plot_job.h"

int qb_plot_write_final(const qb_plot_job *job, const char *name);

#endif
