/* The loops of a transformer's layers, 8 values at once: AVX2. Only called where the CPU has it. */
#include "engine/token_kernel.h"

#pragma GCC target("avx2")
#define W 8
#define TABLE(type) qb_token_##type##_8
#include "engine/token_kernel_width.h"
