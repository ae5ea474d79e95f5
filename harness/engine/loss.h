/* Softmax cross-entropy over logits, with mixed targets and label smoothing, and what it costs nothing to know beside it. */
#ifndef QB_LOSS_H
#define QB_LOSS_H

#include "engine/net.h"

/* logits (batch->n, classes) float32 of the images of the pass. The target t of an image with shares s and smoothing e is
 * (1 - e) (s[0] one-hot(label[0]) + s[1] one-hot(label[1])) + e / classes; its loss -sum of t log softmax.
 * per_image: batch->n doubles of scratch. grad (batch->n, classes), may be NULL: (softmax - t) / batch->n_whole.
 * Ranks count for label[0]. Computed in double; sums in the order of the images.
 * Source: torch.nn.functional.cross_entropy with class probabilities. */
void qb_cross_entropy(const float *logits, const qb_batch *batch, int classes, double *per_image, float *grad, qb_loss *ret_loss);

#endif
