/* Testing: accuracy and loss over a split, in evaluation mode, at given weights. */
#ifndef QB_EVAL_H
#define QB_EVAL_H

#include "engine/net.h"
#include "train/loader.h"

#include <stdbool.h>

typedef struct qb_eval_result {
    double loss, top1, top5; /* mean loss; percent */
} qb_eval_result;

/* One pass over the loader's samples in file order with the weights in `slab` (NULL: w as trained). Changes no training
 * state. QB_E_STOPPED when must_stop (may be NULL) said so, between two batches. */
int qb_evaluate(qb_net *net, qb_loader *loader, const float *slab, bool (*must_stop)(const void *context), const void *context,
                qb_eval_result *ret_result);

#endif
