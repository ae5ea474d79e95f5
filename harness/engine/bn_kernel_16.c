/* BatchNorm's loops for 16 channels at once: AVX-512. Only called where the CPU has it. */
#include "engine/bn_kernel.h"

#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")
#define W 16
#define TABLE(type) qb_bn_##type##_16
#include "engine/bn_kernel_width.h"
