/* map: the map w(x) of every quantized cell over the annealing window, in theory (quant/map.h), a panel a cell; even levels from -1
 * to 1. Private to plot*.c. A solver whose plugin is not here is left out with a warning. */
#ifndef QB_PLOT_MAP_H
#define QB_PLOT_MAP_H

#include "study/plot_job.h"

int qb_plot_write_map(const qb_plot_job *job, const char *name);

#endif
