/* BatchNorm's loops channel by channel, for any CPU and any layout; and the choice among the three widths. */
#include "engine/bn_kernel.h"

#define W 1
#define TABLE(type) qb_bn_##type##_1
#include "engine/bn_kernel_width.h"

const qb_bn_kernels *qb_bn_kernels_find(int64_t block, qb_type type)
{
    bool is_f32 = type == QB_TYPE_F32;
    if (block % 16 == 0 && qb_dnn_has_avx512())
        return is_f32 ? &qb_bn_f32_16 : &qb_bn_bf16_16;
    if (block % 8 == 0 && qb_dnn_has_avx2())
        return is_f32 ? &qb_bn_f32_8 : &qb_bn_bf16_8;
    return is_f32 ? &qb_bn_f32_1 : &qb_bn_bf16_1;
}
