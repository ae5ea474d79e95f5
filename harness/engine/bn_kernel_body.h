/* The loops of bn_kernel.h for one width and one type. Included with
 *   W      channels at once
 *   T      float or uint16_t (bfloat16)
 *   NAME   name of the resulting table
 *   LOAD(p), STORE(p, v)   W values at p as floats, and back
 * defined; the including file sets the target instruction set. Undefines T, NAME, LOAD, STORE.
 */
#define CAT_(a, b) a##_##b
#define CAT(a, b) CAT_(a, b)
#define FN(f) CAT(f, NAME)

static void FN(stats)(const qb_bn_strip *s, const void *x_values, double *mean, double *m2)
{
    const T *x = x_values;
    int64_t n = s->pixels, stride = s->stride;
    for (int j = 0; j < W; j++)
        mean[j] = m2[j] = 0;
    for (int64_t first = 0; first < n; first += RUN) {
        int64_t len = n - first < RUN ? n - first : RUN;
        const T *p = x + first * stride;
        int64_t i = 0;
        vec s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
        for (; i + 4 <= len; i += 4) {
            s0 += LOAD(p + i * stride);
            s1 += LOAD(p + (i + 1) * stride);
            s2 += LOAD(p + (i + 2) * stride);
            s3 += LOAD(p + (i + 3) * stride);
        }
        for (; i < len; i++)
            s0 += LOAD(p + i * stride);
        vec m = ((s0 + s1) + (s2 + s3)) * (1.0F / (float)len);
        vec e0 = {0}, e1 = {0}, q0 = {0}, q1 = {0}; /* e: what rounding left of m's distance from the mean */
        for (i = 0; i + 2 <= len; i += 2) {
            vec d0 = LOAD(p + i * stride) - m, d1 = LOAD(p + (i + 1) * stride) - m;
            e0 += d0;
            e1 += d1;
            q0 += d0 * d0;
            q1 += d1 * d1;
        }
        if (i < len) {
            vec d0 = LOAD(p + i * stride) - m;
            e0 += d0;
            q0 += d0 * d0;
        }
        e0 += e1;
        q0 += q1;
        double inverse = 1.0 / (double)len, share = (double)len / (double)(first + len);
        for (int j = 0; j < W; j++) {
            double e = (double)e0[j], run_mean = (double)m[j] + e * inverse, delta = run_mean - mean[j];
            mean[j] += delta * share;
            m2[j] += (double)q0[j] - e * e * inverse + delta * delta * share * (double)first;
        }
    }
}

/* The loops below are written once for all cases and inlined with constants for each. */

static inline __attribute__((always_inline)) void FN(apply_loop)(const qb_bn_strip *s, const T *x, const T *r, T *y, const bool add,
                                                                 const bool relu)
{
    const int64_t stride = s->stride, end = s->pixels * stride; /* in registers: a store could change *s */
    vec mean = *(const vec *)s->mean, scale = *(const vec *)s->scale, shift = *(const vec *)s->shift, zero = {0};
    for (int64_t at = 0; at < end; at += stride) {
        vec v = (LOAD(x + at) - mean) * scale + shift;
        if (add)
            v += LOAD(r + at);
        if (relu)
            v = (vec)((ivec)v & ~(v < zero)); /* NaN stays NaN */
        STORE(y + at, v);
    }
}

static void FN(apply)(const qb_bn_strip *s, const void *x, const void *r, void *y)
{
    if (r != NULL && s->relu)
        FN(apply_loop)(s, x, r, y, true, true);
    else if (r != NULL)
        FN(apply_loop)(s, x, r, y, true, false);
    else if (s->relu)
        FN(apply_loop)(s, x, r, y, false, true);
    else
        FN(apply_loop)(s, x, r, y, false, false);
}

/* t at one pixel: n_g gradients added, the mask applied. */
static inline __attribute__((always_inline)) vec FN(incoming)(int64_t at, vec pre, const T *y, const T *const g[3], const int n_g,
                                                              const qb_bn_mask mask)
{
    vec t = LOAD(g[0] + at), zero = {0};
    if (n_g > 1)
        t += LOAD(g[1] + at);
    if (n_g > 2)
        t += LOAD(g[2] + at);
    LOADED(t);
    if (mask == QB_BN_MASK_PRE)
        t = (vec)((ivec)t & (pre > zero));
    if (mask == QB_BN_MASK_Y)
        t = (vec)((ivec)t & (LOAD(y + at) > zero));
    return t;
}

static inline __attribute__((always_inline)) void FN(sums_loop)(const qb_bn_strip *s, const T *x, const T *y, const T *const g[3],
                                                                T *t_out, double *sum_t, double *sum_txm, const int n_g,
                                                                const qb_bn_mask mask, const bool store)
{
    const int64_t stride = s->stride, end = s->pixels * stride, run = RUN * stride;
    vec mean = *(const vec *)s->mean, scale = *(const vec *)s->scale, shift = *(const vec *)s->shift;
    for (int j = 0; j < W; j++)
        sum_t[j] = sum_txm[j] = 0;
    for (int64_t first = 0; first < end; first += run) {
        const int64_t last = end - first < run ? end : first + run;
        vec a = {0}, b = {0};
        for (int64_t at = first; at < last; at += stride) {
            vec xm = LOAD(x + at) - mean, t = FN(incoming)(at, xm * scale + shift, y, g, n_g, mask);
            if (store)
                STORE(t_out + at, t);
            a += t;
            b += t * xm;
        }
        for (int j = 0; j < W; j++) {
            sum_t[j] += (double)a[j];
            sum_txm[j] += (double)b[j];
        }
    }
}

static inline __attribute__((always_inline)) void FN(gradient_loop)(const qb_bn_strip *s, const T *x, const T *y, const T *const g[3],
                                                                    const float *mean_t, const float *slope, T *dx, const int n_g,
                                                                    const qb_bn_mask mask)
{
    vec mean = *(const vec *)s->mean, scale = *(const vec *)s->scale, shift = *(const vec *)s->shift;
    vec mt = *(const vec *)mean_t, k = *(const vec *)slope;
    const int64_t stride = s->stride, end = s->pixels * stride;
    for (int64_t at = 0; at < end; at += stride) {
        vec xm = LOAD(x + at) - mean, t = FN(incoming)(at, xm * scale + shift, y, g, n_g, mask);
        STORE(dx + at, scale * (t - mt - xm * k));
    }
}

static void FN(sums)(const qb_bn_strip *s, const void *x, const void *y, const void *const g_values[3], void *t, double *sum_t,
                     double *sum_txm)
{
    const T *g[3] = {g_values[0], g_values[1], g_values[2]};
    const int n_g = g[2] != NULL ? 3 : g[1] != NULL ? 2 : 1;
    const qb_bn_mask mask = !s->relu ? QB_BN_MASK_NONE : y != NULL ? QB_BN_MASK_Y : QB_BN_MASK_PRE;
    if (n_g == 1 && mask == QB_BN_MASK_PRE && t == NULL) /* inside a block */
        FN(sums_loop)(s, x, y, g, t, sum_t, sum_txm, 1, QB_BN_MASK_PRE, false);
    else if (n_g == 2 && mask == QB_BN_MASK_Y && t != NULL) /* between two blocks */
        FN(sums_loop)(s, x, y, g, t, sum_t, sum_txm, 2, QB_BN_MASK_Y, true);
    else if (t != NULL)
        FN(sums_loop)(s, x, y, g, t, sum_t, sum_txm, n_g, mask, true);
    else
        FN(sums_loop)(s, x, y, g, t, sum_t, sum_txm, n_g, mask, false);
}

static void FN(gradient)(const qb_bn_strip *s, const void *x, const void *y, const void *const g_values[3], const float *mean_t,
                         const float *slope, void *dx)
{
    const T *g[3] = {g_values[0], g_values[1], g_values[2]};
    const int n_g = g[2] != NULL ? 3 : g[1] != NULL ? 2 : 1;
    const qb_bn_mask mask = !s->relu ? QB_BN_MASK_NONE : y != NULL ? QB_BN_MASK_Y : QB_BN_MASK_PRE;
    if (n_g == 1 && mask == QB_BN_MASK_PRE) /* inside a block */
        FN(gradient_loop)(s, x, y, g, mean_t, slope, dx, 1, QB_BN_MASK_PRE);
    else if (n_g == 1 && mask == QB_BN_MASK_NONE) /* between two blocks: g[0] is t */
        FN(gradient_loop)(s, x, y, g, mean_t, slope, dx, 1, QB_BN_MASK_NONE);
    else
        FN(gradient_loop)(s, x, y, g, mean_t, slope, dx, n_g, mask);
}

const qb_bn_kernels NAME = {W, FN(stats), FN(apply), FN(sums), FN(gradient)};

#undef T
#undef NAME
#undef LOAD
#undef STORE
#undef CAT_
#undef CAT
#undef FN
