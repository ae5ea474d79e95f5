/* Mean ranks of what competes in a table over many cells, with Friedman's and Nemenyi's tests.
 *
 * Letters: k treatments, the labels of the table's main key (solvers, as a rule); N blocks, the groups of cells that compete
 * (one a model and bit width, for example). What is ranked in a block are means over seeds; the best has rank 1, and means
 * that agree in twelve digits share theirs.
 * Blocks are groups in which at least two treatments have a cell, treatments what has a cell in a block: full precision in a
 * column of its own is none, and what cannot run in some block (a skipped cell) is none. Only blocks in which every treatment
 * has a number count.
 * Source: Demsar (2006), JMLR 7, 3.2.2; ties: base/stats.h.
 */
#ifndef QB_RANKS_H
#define QB_RANKS_H

#include "study/table.h"

#define QB_RANK_LEVEL 0.05 /* of the critical difference */

typedef struct qb_ranked {
    const char *label; /* borrowed from the study */
    double mean_rank;
} qb_ranked;

typedef struct qb_ranking {
    qb_ranked *items;             /* best first */
    size_t n_items;               /* k; 0 where there are no ranks */
    size_t n_blocks, n_incomplete; /* that count, and that do not as a treatment has no number there */
    double chi2, p;               /* Friedman's; k - 1 degrees of freedom */
    double *pairs;                /* (k, k): p-values after Nemenyi, in the order of the items; 1 on the diagonal */
    double distance;              /* mean ranks that are further apart differ at QB_RANK_LEVEL, after Nemenyi */
    char *missing;                /* "ste in 2, parq in 1": treatments by their blocks without a number; "" or NULL: none */
    char *unoffered;              /* "binaryconnect, ttq": what is not ranked as it cannot run in some block; "": nothing */
    char *why_not;                /* why there are no ranks; NULL: there are */
} qb_ranking;

/* A design that allows no ranks (fewer than 3 treatments or 2 blocks, more than 200 treatments) is no error: see why_not.
 * QB_E_NOMEM. */
int qb_ranking_create(const qb_table *t, qb_ranking **ret_ranking);
void qb_ranking_destroy(qb_ranking *r);

/* "model, bits": the keys whose values make the blocks. Caller frees; NULL: out of memory. */
char *qb_ranking_block_keys(const qb_table *t);

#endif
