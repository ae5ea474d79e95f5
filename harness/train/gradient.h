/* The stage between backward and the quantized step: the parts' gradients become the batch's, and its norm is bounded.
 *
 * Invariant: the sum depends on the number of parts alone. It is a binary tree: neighbours are added pairwise, and the odd
 * one moves up. The gradient of one part is left as it is.
 */
#ifndef QB_GRADIENT_H
#define QB_GRADIENT_H

#include "engine/param.h"

#include <stddef.h>

typedef struct qb_gradient qb_gradient;

/* For batches of at most n_parts parts (>= 1). g: the slab of `size` floats in which backward leaves the gradients of the
 * parameters; both are borrowed. clip: the largest L2 norm over all parameters; 0: no bound. Memory: a slab for each digit
 * of n_parts - 1 in binary. QB_E_NOMEM. */
int qb_gradient_create(float *g, size_t size, const qb_param *params, size_t n_params, int n_parts, double clip,
                       qb_gradient **ret_gradient);
void qb_gradient_destroy(qb_gradient *t);

/* The slab holds the gradient of part r of n; parts come in order. After the last one it holds their sum times
 * min(1, clip / (norm + 1e-6)). The norm is added up in double, tensor by tensor: the number of threads changes no bit.
 * Source of the clipping: torch.nn.utils.clip_grad_norm_. */
void qb_gradient_add_part(qb_gradient *t, int r, int n);

#endif
