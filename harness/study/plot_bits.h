/* accuracy-bits: accuracy against bits, a line a row of the table, every seed a dot; full precision a dashed line across. Private to
 * plot*.c. QB_E_NOINPUT: the cells have one number of bits alone. */
#ifndef QB_PLOT_BITS_H
#define QB_PLOT_BITS_H

#include "study/plot_job.h"

int qb_plot_write_bits(const qb_plot_job *job, const char *name);

#endif
