/* The loops of a transformer's layers value by value, for any CPU; and the choice among the three widths. */
#include "engine/token_kernel.h"

#define W 1
#define TABLE(type) qb_token_##type##_1
#include "engine/token_kernel_width.h"

const qb_token_kernels *qb_token_kernels_find(qb_type type)
{
    bool is_f32 = type == QB_TYPE_F32;
    if (qb_dnn_has_avx512())
        return is_f32 ? &qb_token_f32_16 : &qb_token_bf16_16;
    if (qb_dnn_has_avx2())
        return is_f32 ? &qb_token_f32_8 : &qb_token_bf16_8;
    return is_f32 ? &qb_token_f32_1 : &qb_token_bf16_1;
}
