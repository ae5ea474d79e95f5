/* Pictures of what was watched while runs trained (train/diagnostics.h), one a cell that has it: of its first seed that has.
 *
 *   levels        the levels of three layers over the epochs
 *   histogram     latent and quantized weights of three layers at up to 6 epochs, with the levels
 *   map-weights   w against x for weights of three layers, at these epochs
 *   flips         share of weights whose code is another one than an epoch before, and distances to the levels, layer by layer
 *
 * The three layers are the first, the middle and the last one that is quantized. Where no cell has any, one picture is made that
 * says what to run. Private to plot*.c.
 */
#ifndef QB_PLOT_WATCHED_H
#define QB_PLOT_WATCHED_H

#include "study/plot_job.h"

int qb_plot_write_watched(const qb_plot_job *job, const char *kind);

#endif
