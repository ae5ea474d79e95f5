/* Both types of bn_kernel_body.h for one width. Included with W and TABLE(type) defined. */
enum { RUN = 64 }; /* pixels summed in float32; 16 channels of them fit the first-level cache with room to spare */

typedef float vec __attribute__((vector_size(4 * W), aligned(4), may_alias));
typedef int32_t ivec __attribute__((vector_size(4 * W), aligned(4), may_alias));
typedef uint32_t uvec __attribute__((vector_size(4 * W), aligned(4), may_alias));
typedef uint16_t half __attribute__((vector_size(2 * W), aligned(2), may_alias));

static inline vec load_bf16(const uint16_t *p)
{
    return (vec)(__builtin_convertvector(*(const half *)p, uvec) << 16);
}

static inline void store_bf16(uint16_t *p, vec v)
{
    uvec bits = (uvec)v;
    *(half *)p = __builtin_convertvector((bits + 0x7fff + (bits >> 16 & 1)) >> 16, half); /* to nearest, ties to even */
}

/* Keeps a load from becoming one under a mask: it would wait for the mask, and memory would be idle meanwhile. */
#if W > 1
#define LOADED(v) __asm__("" : "+x"(v))
#else
#define LOADED(v) ((void)0)
#endif

#define T float
#define NAME TABLE(f32)
#define LOAD(p) (*(const vec *)(p))
#define STORE(p, v) (*(vec *)(p) = (v))
#include "engine/bn_kernel_body.h"

#define T uint16_t
#define NAME TABLE(bf16)
#define LOAD(p) load_bf16(p)
#define STORE(p, v) store_bf16(p, v)
#include "engine/bn_kernel_body.h"
