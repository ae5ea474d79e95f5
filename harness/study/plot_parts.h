/* What the two kinds of pictures share. Private to plot*.c. */
#ifndef QB_PLOT_PARTS_H
#define QB_PLOT_PARTS_H

#include "base/str.h"
#include "study/plot_job.h"
#include "study/table.h"

enum { QB_PLOT_HEIGHT = 460, QB_PLOT_TITLE = 44, QB_PLOT_SMALL = 11 }; /* pixels of the svg */

/* One line of a picture: a row of the table. Its colour, point and dash stay the same in all pictures. */
char *qb_plot_series_name(const qb_table *t, size_t row);     /* "parq[steepness=10]"; caller frees */
char *qb_plot_group_name(const qb_table *t, size_t column);   /* "2 bits"; "" where there is one column without a key */
bool qb_plot_is_reference(const qb_table *t, size_t column);  /* the column of cells that its key does not apply to */
char *qb_plot_title(const qb_table *t);                       /* "resnet8 on Fashion-MNIST" */

char *qb_plot_remark(const qb_table *t, const qb_table_cell *c); /* "2/3" or "div": where not all runs count */

const char *qb_plot_color(size_t series); /* "#0072B2" */
int qb_plot_point(size_t series);         /* gnuplot's point type */
const char *qb_plot_dash(size_t series);

/* Adds 'text' as gnuplot shows it letter by letter, without control characters. */
void qb_plot_add_quoted(qb_str *s, const char *text);

/* Adds a field of a .tsv: without tabs, newlines and quotes. */
void qb_plot_add_field(qb_str *s, const char *text);

/* Every (epoch, value) of a member of the curves of the runs that are done, by epoch. Free with qb_free. */
typedef struct qb_plot_sample {
    double epoch, value;
} qb_plot_sample;
int qb_plot_collect(const qb_cell *cell, const char *member, qb_plot_sample **ret, size_t *ret_n);

/* Begins the numbers of a picture: what its columns are, and the scale of the study where there is one. */
void qb_plot_begin_numbers(qb_str *tsv, const qb_table *t, const char *columns);

/* What every picture's commands begin with. */
void qb_plot_begin(qb_str *commands);

/* Writes the numbers and the script, draws, and adds the name to the job's; that too where there is no gnuplot. */
int qb_plot_draw(const qb_plot_job *job, const char *name, const qb_str *tsv, const qb_str *commands, int width, int height);

#endif
