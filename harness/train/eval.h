/* Testing: accuracy and loss over a split, in evaluation mode, at given weights. */
#ifndef QB_EVAL_H
#define QB_EVAL_H

#include "engine/net.h"
#include "train/loader.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct qb_eval_result {
    double loss, top1, top5; /* mean loss; percent */
} qb_eval_result;

/* What the network said of each sample, in the loader's order: what was computed, not what an evaluation needs. */
typedef struct qb_eval_outputs {
    int64_t n;
    int n_classes;
    float *logits;   /* (n, n_classes) */
    int64_t *labels; /* (n) the class that is right */
    int64_t *index;  /* (n) number of the image in its split */
} qb_eval_outputs;

/* One pass over the loader's samples in file order with the weights in `slab` (NULL: w as trained). Changes no training
 * state. ret_outputs may be NULL; else for the caller to finish. QB_E_STOPPED when must_stop (may be NULL) said so, between two
 * batches; QB_E_NOMEM. */
int qb_evaluate(qb_net *net, qb_loader *loader, const float *slab, bool (*must_stop)(const void *context), const void *context,
                qb_eval_result *ret_result, qb_eval_outputs *ret_outputs);
void qb_eval_outputs_finish(qb_eval_outputs *o); /* zeroed memory is fine */

#endif
