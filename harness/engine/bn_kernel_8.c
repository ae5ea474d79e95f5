/* BatchNorm's loops for 8 channels at once: AVX2. Only called where the CPU has it. */
#include "engine/bn_kernel.h"

#pragma GCC target("avx2")
#define W 8
#define TABLE(type) qb_bn_##type##_8
#include "engine/bn_kernel_width.h"
