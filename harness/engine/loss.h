/* Softmax cross-entropy over logits, with label smoothing, and what it costs nothing to know beside it. */
#ifndef QB_LOSS_H
#define QB_LOSS_H

#include "engine/net.h"

/* logits (n, classes) float32, labels (n) in [0, classes); smoothing e in [0, 1]: target (1 - e) one-hot + e / classes.
 * per_image: n doubles of scratch. grad (n, classes), may be NULL: gradient of the mean loss, (softmax - target) / n.
 * Computed in double; sums in the order of the images. Source: spec/recipes.md 1.5. */
void qb_cross_entropy(const float *logits, int n, int classes, const int32_t *labels, double smoothing, double *per_image,
                      float *grad, qb_loss *ret_loss);

#endif
