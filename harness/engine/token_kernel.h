/* Inner loops of a transformer's layers over one row (a token, or a line of attention scores), for one type of activations.
 *
 * The arithmetic of a value is the same whatever the width: sums of a row run in LANES interleaved float32 partial sums that
 * are added in a fixed order. So results do not depend on the instruction set. What feeds sums (the stream x, scores, sums
 * themselves) is float32; y, dy, p are of the kernels' type.
 * exp and erf are within 2e-7 of the exact ones. Rows may overlap only where it says so.
 */
#ifndef QB_TOKEN_KERNEL_H
#define QB_TOKEN_KERNEL_H

#include "engine/dnn.h"

#include <stdbool.h>

typedef struct qb_token_kernels {
    int width;
    /* y = (x - mean) / sqrt(var + eps) * weight + bias over n values; var is the mean square distance. stats[2] <- mean and
     * 1 / sqrt(var + eps). */
    void (*norm)(int64_t n, float eps, const float *x, const float *weight, const float *bias, void *y, float *stats);
    /* weight_sum += dy * x^, bias_sum += dy, with x^ the normalized x; dx <- the gradient of x, or where `adds`, += it. */
    void (*norm_backward)(int64_t n, const float *x, const float *stats, const float *weight, const void *dy, bool adds, float *dx,
                          float *weight_sum, float *bias_sum);
    /* y = x Phi(x), Phi the distribution function of N(0, 1); slope <- its derivative, or where it is NULL, is not computed */
    void (*gelu)(int64_t n, const void *x, void *y, void *slope);
    void (*gelu_backward)(int64_t n, const void *slope, const void *dy, void *dx); /* dx = slope * dy; dx may be dy */
    /* p = softmax(scale * s); p may be s, which is overwritten in any case */
    void (*softmax)(int64_t n, float scale, float *s, void *p);
    /* ds = scale * p * (dp - sum(p * dp) / sum(p)); ds may be dp. Probabilities of bfloat16 add up to 1 only roughly: without the
     * division what all dp have in common would leave a gradient behind, which can be larger than the true one. */
    void (*softmax_backward)(int64_t n, float scale, const void *p, const float *dp, void *ds);
    void (*add)(int64_t n, const float *r, float factor, const void *b, float *y); /* y = r + factor * b */
    void (*scale)(int64_t n, float factor, const float *x, void *y);               /* y = factor * x */
} qb_token_kernels;

/* The widest kernels of this CPU, as oneDNN may use it. */
const qb_token_kernels *qb_token_kernels_find(qb_type type);

extern const qb_token_kernels qb_token_f32_16, qb_token_f32_8, qb_token_f32_1, qb_token_bf16_16, qb_token_bf16_8, qb_token_bf16_1;

#endif
