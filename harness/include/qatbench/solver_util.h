/* qatbench/solver_util.h - header-only helpers for solvers; the program uses the same ones, so there is one
 * definition of "nearest level".
 */
#ifndef QATBENCH_SOLVER_UTIL_H
#define QATBENCH_SOLVER_UTIL_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <strings.h>

#ifdef __cplusplus
#define QB_RESTRICT __restrict
#else
#define QB_RESTRICT restrict
#endif

/* ---- loops as vector code ----
 *
 * A function whose loops over weights the compiler turns into vector code is compiled for AVX-512, for AVX2 and for any CPU
 * of its kind, and each call goes to the best one that serves here. Results are the same with each, as long as the compiler
 * may not fuse a multiplication and an addition (-std=c11, or -ffp-contract=off). Its head is written in parts:
 *
 *   QB_CLONES(void, scale, (float *x, int n, float by), (x, n, by))
 *   {
 *       for (int i = 0; i < n; i++)
 *           x[i] *= by;
 *   }
 * is static inline void scale(float *x, int n, float by).
 */
enum { QB_CLONE_ANY = 1, QB_CLONE_AVX2, QB_CLONE_AVX512 };

#if defined(__x86_64__) && defined(__GNUC__)

/* No more than oneDNN may use: ONEDNN_MAX_CPU_ISA or, where that is not set, DNNL_MAX_CPU_ISA, with oneDNN's words for what
 * is below AVX-512 (2.6 to 3.x, in any case). Other words hold nothing back. */
static inline int qb_clone_allowed(void)
{
    static const char *const below_avx512[] = {"sse41", "avx", "avx2", "avx2_vnni", "avx2_vnni_2"};
    const char *value = getenv("ONEDNN_MAX_CPU_ISA");
    if (value == NULL || value[0] == '\0')
        value = getenv("DNNL_MAX_CPU_ISA");
    for (int i = 0; value != NULL && i < 5; i++)
        if (strcasecmp(value, below_avx512[i]) == 0)
            return i < 2 ? QB_CLONE_ANY : QB_CLONE_AVX2;
    return QB_CLONE_AVX512;
}

/* The clone that serves here: found by the first call, the same for all threads. */
static inline int qb_clone(void)
{
    static int found;
    int clone = __atomic_load_n(&found, __ATOMIC_RELAXED);
    if (clone == 0) {
        int allowed = qb_clone_allowed();
        clone = __builtin_cpu_supports("avx2") ? QB_CLONE_AVX2 : QB_CLONE_ANY;
        clone = __builtin_cpu_supports("avx512f") ? QB_CLONE_AVX512 : clone;
        clone = clone < allowed ? clone : allowed;
        __atomic_store_n(&found, clone, __ATOMIC_RELAXED);
    }
    return clone;
}

/* __extension__: C has no `return f();` in a function without a value. */
#define QB_CLONES(type, name, params, args)                                                                          \
    static inline __attribute__((always_inline)) type name##_any params;                                             \
    __extension__ __attribute__((target("avx512f"))) static inline type name##_avx512 params { return name##_any args; } \
    __extension__ __attribute__((target("avx2"))) static inline type name##_avx2 params { return name##_any args; }  \
    __extension__ static inline type name params                                                                     \
    {                                                                                                                \
        switch (qb_clone()) {                                                                                        \
        case QB_CLONE_AVX512: return name##_avx512 args;                                                             \
        case QB_CLONE_AVX2: return name##_avx2 args;                                                                 \
        default: return name##_any args;                                                                             \
        }                                                                                                            \
    }                                                                                                                \
    static inline __attribute__((always_inline)) type name##_any params

#else
static inline int qb_clone(void) { return QB_CLONE_ANY; }
#define QB_CLONES(type, name, params, args) static inline type name params
#endif

/* Index of the level nearest to x. q[n]: ascending, equal neighbours allowed, n >= 1. A value on a midpoint goes
 * to the lower level; midpoints in double. NaN gives 0. */
static inline int32_t qb_nearest_index(const float *q, int32_t n, float x)
{
    int32_t i = 0;
    while (i + 1 < n && (double)x > 0.5 * ((double)q[i] + (double)q[i + 1]))
        i++;
    return i;
}

static inline float qb_nearest(const float *q, int32_t n, float x) { return q[qb_nearest_index(q, n, x)]; }

/* The largest float that is not above v: for every float x, x > v as doubles means x > qb_float_below(v) as floats,
 * so a loop over a row compares floats alone and the compiler uses vectors. */
static inline float qb_float_below(double v)
{
    float f = (float)v;
    return (double)f > v ? nextafterf(f, -INFINITY) : f;
}

/* Thresholds between the levels q[n]: x[n-1] with nearest index = number of thresholds below x. */
static inline void qb_thresholds(const float *q, int32_t n, float *ret_thresholds)
{
    for (int32_t i = 0; i + 1 < n; i++)
        ret_thresholds[i] = qb_float_below(0.5 * ((double)q[i] + (double)q[i + 1]));
}

/* w[i] = qb_nearest(q, n, x[i]) for a whole row, the same bits, many times faster; n <= 256; w must not overlap x. */
QB_CLONES(void, qb_nearest_row, (const float *q, int32_t n, const float *QB_RESTRICT x, int64_t len,
                                 float *QB_RESTRICT w), (q, n, x, len, w))
{
    float t[256];
    qb_thresholds(q, n, t);
    if (n <= 16) { /* one pass a threshold, over pieces that stay in the first cache */
        for (int64_t from = 0; from < len; from += 512) {
            int64_t to = from + 512 < len ? from + 512 : len;
            for (int64_t i = from; i < to; i++)
                w[i] = q[0];
            for (int32_t k = 0; k + 1 < n; k++) {
                float threshold = t[k], level = q[k + 1];
                for (int64_t i = from; i < to; i++)
                    w[i] = x[i] > threshold ? level : w[i];
            }
        }
        return;
    }
    for (int64_t i = 0; i < len; i++) { /* how many thresholds are below x[i], by halving without branches */
        int32_t below = 0, left = n - 1;
        while (left > 1) {
            int32_t half = left / 2;
            below += half * (x[i] > t[below + half - 1]);
            left -= half;
        }
        w[i] = q[below + (x[i] > t[below])];
    }
}

static inline double qb_clamp(double v, double lo, double hi) { return v < lo ? lo : (v > hi ? hi : v); }

/* Sign with sgn(0) = +1. */
static inline float qb_sign(float v) { return v < 0.0f ? -1.0f : 1.0f; }

/* Mean of |x[0..n)|, summed in double; n >= 1. */
static inline double qb_mean_abs(const float *x, int64_t n)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        sum += fabs((double)x[i]);
    return sum / (double)n;
}

static inline double qb_max_abs(const float *x, int64_t n)
{
    double m = 0.0;
    for (int64_t i = 0; i < n; i++)
        m = fabs((double)x[i]) > m ? fabs((double)x[i]) : m;
    return m;
}

#endif
