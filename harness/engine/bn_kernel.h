/* Inner loops of BatchNorm + add + ReLU over one strip: `width` neighbouring channels of one image.
 *
 * The arithmetic of a channel is the same whatever the width: lanes never mix, the order over pixels is fixed. So
 * results depend neither on the layout nor on the instruction set. Sums run in float32 over short runs of pixels and in
 * double over the runs.
 *   x input, y output, r residual, t gradient of the sum before the ReLU, g gradients of y, dx gradient of x
 *   xm = x - mean;   pre = xm * scale + shift [+ r];   y = max(pre, 0)
 */
#ifndef QB_BN_KERNEL_H
#define QB_BN_KERNEL_H

#include "engine/dnn.h"

typedef struct qb_bn_strip {
    int64_t pixels, stride;            /* pixels of the image; values between two pixels of a channel */
    const float *mean, *scale, *shift; /* (width): scale = weight / std, shift = bias */
    bool relu;
} qb_bn_strip;

/* Where the ReLU's mask comes from in backward. */
typedef enum qb_bn_mask { QB_BN_MASK_NONE = 1, QB_BN_MASK_PRE, QB_BN_MASK_Y } qb_bn_mask;

typedef struct qb_bn_kernels {
    int width;
    /* mean[width] of the pixels of each channel, m2[width] the sum of squared distances from it */
    void (*stats)(const qb_bn_strip *s, const void *x, double *mean, double *m2);
    /* y; r may be NULL */
    void (*apply)(const qb_bn_strip *s, const void *x, const void *r, void *y);
    /* sum_t[width], sum_txm[width]. With ReLU the mask is y > 0, or pre > 0 where y is NULL (no residual). g[1], g[2]
     * may be NULL. t is stored where `t` is not NULL; it may be g[0]. */
    void (*sums)(const qb_bn_strip *s, const void *x, const void *y, const void *const g[3], void *t, double *sum_t,
                 double *sum_txm);
    /* dx = scale * (t - mean_t[c] - xm * slope[c]), t formed as in `sums`; dx may be g[0]. */
    void (*gradient)(const qb_bn_strip *s, const void *x, const void *y, const void *const g[3], const float *mean_t,
                     const float *slope, void *dx);
} qb_bn_kernels;

/* The widest kernels of this CPU (as oneDNN may use it) whose width divides `block`. */
const qb_bn_kernels *qb_bn_kernels_find(int64_t block, qb_type type);

extern const qb_bn_kernels qb_bn_f32_16, qb_bn_f32_8, qb_bn_f32_1, qb_bn_bf16_16, qb_bn_bf16_8, qb_bn_bf16_1;

#endif
