/* What runs say, each text once with the runs that said it: a hundred runs on one machine are one line. */
#ifndef QB_SAYINGS_H
#define QB_SAYINGS_H

#include "base/str.h"
#include "study/cells.h"

typedef struct qb_saying {
    char *text;
    qb_str runs; /* "ste, 2 bits, seed 1; ..." */
    size_t n_runs;
} qb_saying;

typedef struct qb_sayings {
    qb_saying *items; /* in the order of their first run */
    size_t n;
} qb_sayings;

/* Both texts are copied. */
int qb_sayings_add(qb_sayings *all, const char *text, const char *run);
void qb_sayings_finish(qb_sayings *all);

/* "TEXT (all 12 runs)", "TEXT (a; b)", "TEXT (40 runs: a; b; ...)". n_all: runs that could have said it. Caller frees;
 * NULL: out of memory. */
char *qb_saying_text(const qb_saying *s, size_t n_all);

/* Calls `each` for every run that has a record, with a name such as "ste, 2 bits, seed 1". *ret_n: how many. */
typedef int (*qb_run_function)(void *context, const qb_cell_run *run, const char *name);
int qb_study_each_run(const qb_study *s, qb_run_function each, void *context, size_t *ret_n);

#endif
