/* Pictures of a study, drawn by gnuplot: NAME.svg, NAME.png and further forms, with NAME.gp and NAME.tsv beside them, so that
 * `gnuplot NAME.gp` in that folder draws them again and any other program can read the numbers.
 *
 *   accuracy-epochs, loss-epochs   test accuracy and test loss against epochs: mean over seeds, band = mean +- one
 *                                  standard deviation; a panel a column of the table (bits), full precision in each
 *   accuracy-final                 every seed a dot, the mean a line, one standard deviation a whisker
 *   further kinds                  in the headers of plot_*.h
 *
 * Only runs that are done are drawn; a cell with others says so at its place. The same results give the same .tsv and
 * .gp, byte for byte: no path, no date.
 */
#ifndef QB_PLOT_H
#define QB_PLOT_H

#include "study/table.h"

extern const char *const qb_plot_kinds[]; /* names; NULL-terminated */

typedef struct qb_plot_options {
    long long kinds; /* bit k: kind k of the names; 0: the usual ones, which every finished study has */
    long long forms; /* QB_PICTURE_* (gnuplot.h); 0: the usual ones */
    const char *paper; /* path of published numbers, for the kind that shows them; NULL: the plan's */
    bool is_report;    /* what there is nothing for is left out without a word, and no picture says what to run */
} qb_plot_options;

/* Writes what there is to draw into dir (made if missing). *ret_names: array of NAMEs, new reference.
 * QB_E_NOINPUT: no run is done, or nothing for the only kind that was asked for (of several, a warning); QB_E_UNAVAILABLE: no gnuplot (the .tsv and .gp are
 * there); QB_E_FAILED: gnuplot failed, with its words; QB_E_IO. */
int qb_plots_write(const qb_study *s, const qb_plot_options *o, const char *dir, json_t **ret_names);

#endif
