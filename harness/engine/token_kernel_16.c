/* The loops of a transformer's layers, 16 values at once: AVX-512. Only called where the CPU has it. */
#include "engine/token_kernel.h"

#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")
#define W 16
#define TABLE(type) qb_token_##type##_16
#include "engine/token_kernel_width.h"
