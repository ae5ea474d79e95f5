/* A picture of panels of one size, with numbers, a legend at the right that covers none of them, and a title over all.
 *
 * Zero-initialise, then name and title; add blocks of numbers and panels; draw; finish. What fails sticks and is reported when it
 * is drawn. Invariant: the same calls give the same bytes of .tsv and .gp.
 */
#ifndef QB_PLOT_FIGURE_H
#define QB_PLOT_FIGURE_H

#include "base/str.h"
#include "study/plot_job.h"

typedef struct qb_panel {
    char *title, *xlabel, *ylabel; /* "": none */
    qb_str before;                 /* commands: ranges, tics, labels; of this panel alone where they are `set label` or `set arrow` */
    qb_str items;                  /* what is plotted */
} qb_panel;

typedef struct qb_figure {
    char name[160];  /* of the files */
    char *title, *remark; /* remark: a small line below the title, or NULL */
    char *legend_title;   /* NULL: none */
    int across;           /* panels side by side; 0: 3 */
    int panel_width, panel_height; /* of the axes, pixels; 0: as fits the number of panels */
    int left, bottom, right;       /* room for numbers and labels beside the axes; 0: 78, 58 and little */
    bool same_y, same_x; /* all panels have the same range: numbers and label stand at the left and lowest ones alone */
    qb_panel *panels;
    size_t n_panels, n_blocks;
    qb_str legend;
    size_t n_legend, longest_legend;
    qb_str tsv;
    bool failed;
} qb_figure;

/* Takes title; columns: of the .tsv. */
void qb_figure_init(qb_figure *f, const qb_plot_job *job, const char *name, char *title, const char *columns);
void qb_figure_finish(qb_figure *f);

/* Number of a new block, whose lines follow in f->tsv. */
size_t qb_figure_block(qb_figure *f);

/* Adds a panel; takes the texts. NULL: no memory. Valid until the next one. */
qb_panel *qb_figure_panel(qb_figure *f, char *title, const char *xlabel, const char *ylabel);

/* Adds "'NAME.tsv' index BLOCK " and the rest, by a printf format, to what a panel plots. */
void qb_figure_plot(const qb_figure *f, qb_panel *panel, size_t block, const char *rest, ...) __attribute__((format(printf, 4, 5)));

/* Adds something else to plot: a function, a constant. */
void qb_figure_plot_other(qb_panel *panel, const char *what);

/* An entry of the legend; look: "lines linecolor rgb ...". */
void qb_figure_legend(qb_figure *f, const char *text, const char *look);

int qb_figure_draw(qb_figure *f, const qb_plot_job *job);

#endif
