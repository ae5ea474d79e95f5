/* Both types of token_kernel_body.h for one width, and the functions they share. Included with W and TABLE(type) defined. */
#include "engine/bf16.h"

#include <math.h>

enum { LANES = 16, PARTS = LANES / W };

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
    uvec bits = (uvec)v, rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    uvec is_nan = (uvec)(v != v); /* NaN stays NaN */
    *(half *)p = __builtin_convertvector((rounded & ~is_nan) | ((bits >> 16 | 0x40) & is_nan), half);
}

static inline vec same(float v)
{
    return (vec){0} + v;
}

static inline vec choose(ivec mask, vec yes, vec no)
{
    return (vec)(((ivec)yes & mask) | ((ivec)no & ~mask));
}

static inline vec load_f32(const float *p, int64_t left, float fill)
{
    if (left >= W)
        return *(const vec *)p;
    vec v;
    for (int j = 0; j < W; j++)
        v[j] = j < left ? p[j] : fill;
    return v;
}

static inline void store_f32(float *p, int64_t left, vec v)
{
    if (left >= W) {
        *(vec *)p = v;
        return;
    }
    for (int j = 0; j < left; j++)
        p[j] = v[j];
}

/* The lanes of a row's partial sums, halves onto halves. */
static inline float total(const vec parts[PARTS])
{
    float lanes[LANES];
    for (int k = 0; k < PARTS; k++)
        *(vec *)(lanes + k * W) = parts[k];
    for (int n = LANES / 2; n > 0; n /= 2)
        for (int j = 0; j < n; j++)
            lanes[j] += lanes[j + n];
    return lanes[0];
}

/* e^x for x <= 88: 2^k times a polynomial on [-ln 2 / 2, ln 2 / 2] (Cephes). Below -87 the smallest normal number. */
static inline vec exp_of(vec x)
{
    const vec lowest = same(-87.0F), shifter = same(12582912.0F); /* 1.5 * 2^23: adding it rounds to an integer */
    x = choose(x < lowest, lowest, x);
    vec shifted = x * 1.44269504F + shifter, k = shifted - shifter;
    x = (x - k * 0.693359375F) + k * 2.12194440e-4F;
    vec p = x * 1.9875691500e-4F + 1.3981999507e-3F;
    p = p * x + 8.3334519073e-3F;
    p = p * x + 4.1665795894e-2F;
    p = p * x + 1.6666665459e-1F;
    p = p * x + 5.0000001201e-1F;
    p = (p * x) * x + x + 1.0F;
    ivec power = ((ivec)shifted - (ivec)shifter + 127) << 23;
    return p * (vec)power;
}

/* Phi(x), the distribution function of N(0, 1), (1 + erf(x / sqrt 2)) / 2. Minimax polynomials in t = |x| / sqrt 2: of erf up
 * to 475 / 512, of log erfc beyond; so small tails keep their digits. */
static inline vec normal_cdf(vec x)
{
    vec z = x * 0.707106781F, t = (vec)((ivec)z & 0x7fffffff), s = z * z;
    vec a = s * -5.96761703e-4F + 4.99119423e-3F;
    a = a * s - 2.67681349e-2F;
    a = a * s + 1.12819925e-1F;
    a = a * s - 3.76125336e-1F;
    a = a * s + 1.28379166e-1F;
    vec inner = (a * z + z) * 0.5F + 0.5F;
    vec b = t * -1.72853470e-5F + 3.83197126e-4F, c = t * -3.88396438e-3F + 2.42546219e-2F;
    b = b * s + c;
    b = b * t - 1.06777877e-1F;
    b = b * t - 6.34846687e-1F;
    b = b * t - 1.28717512e-1F;
    b = b * t - t;
    vec tail = exp_of(b) * 0.5F;
    return choose(t > same(0.927734375F), choose(x < same(0), tail, 1.0F - tail), inner);
}

#define T float
#define NAME TABLE(f32)
#define LOAD(p, left, fill) load_f32(p, left, fill)
#define STORE(p, left, v) store_f32(p, left, v)
#include "engine/token_kernel_body.h"

static inline vec load_bf16_part(const uint16_t *p, int64_t left, float fill)
{
    if (left >= W)
        return load_bf16(p);
    vec v;
    for (int j = 0; j < W; j++)
        v[j] = j < left ? qb_bf16_to_float(p[j]) : fill;
    return v;
}

static inline void store_bf16_part(uint16_t *p, int64_t left, vec v)
{
    if (left >= W) {
        store_bf16(p, v);
        return;
    }
    for (int j = 0; j < left; j++)
        p[j] = qb_bf16_from_float(v[j]);
}

#define T uint16_t
#define NAME TABLE(bf16)
#define LOAD(p, left, fill) load_bf16_part(p, left, fill)
#define STORE(p, left, v) store_bf16_part(p, left, v)
#include "engine/token_kernel_body.h"
