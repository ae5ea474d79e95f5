/* What every kind of picture is made from and where it goes. Private to plot*.c. */
#ifndef QB_PLOT_JOB_H
#define QB_PLOT_JOB_H

#include "study/table.h"

typedef struct qb_plot_job {
    const qb_table *t; /* of the accuracy */
    const char *dir;
    long long forms;   /* QB_PICTURE_*; 0: the usual ones */
    const char *paper; /* path of published numbers; NULL: none */
    json_t *names;     /* of the pictures made so far */
    bool is_report;    /* as of qb_plot_options */
} qb_plot_job;

#endif
