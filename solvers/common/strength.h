/* Strengths that do not depend on the length of a run or on its learning rates: a solver's regularizer is given by
 * what it does over the whole run, and spread over the steps by the part p of the run's learning rate spent so far.
 */
#ifndef QB_SOLVERS_STRENGTH_H
#define QB_SOLVERS_STRENGTH_H

#include <qatbench/solver.h>

/* p in (0, 1]: learning rate spent, this step included, over that of the whole run. */
static inline double qb_spent(const qb_step *step)
{
    double p = step->lr_sum_total > 0.0 ? step->lr_sum / step->lr_sum_total : 1.0;
    return p < 1.0 ? p : 1.0;
}

/* Share of this step in a pull that sets in when the part `start` of the learning rate is spent: over the run the shares
 * add up to 1, and each is lr times a strength that grows evenly from there. Until then the weights learn freely. */
static inline double qb_share(const qb_step *step, double start)
{
    double p = qb_spent(step) - start;
    return step->lr_sum_total > 0.0 && p > 0.0 ? step->lr * 2.0 * p / ((1.0 - start) * (1.0 - start)) / step->lr_sum_total : 0.0;
}

#endif
