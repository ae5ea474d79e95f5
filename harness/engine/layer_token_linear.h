/* The attributes of a linear layer on tokens: for its own file, and for the reference that tests compare it with. */
#ifndef QB_LAYER_TOKEN_LINEAR_H
#define QB_LAYER_TOKEN_LINEAR_H

#include "engine/batch.h"
#include "engine/graph.h"

typedef struct qb_token_linear {
    double drop_share; /* of the net's rate of stochastic depth; 0 without a residual */
    uint32_t branch;   /* ends the branch of this number in the graph, from 0; without a residual: 0 */
} qb_token_linear;

/* What image i of a pass in training multiplies this branch with: 0 with probability p, else 1 / (1 - p). A pure function
 * of the batch's seed and step, the image's position in the whole batch, and the branch. */
float qb_drop_factor(const qb_token_linear *own, double rate, const qb_batch *batch, int i);

#endif
