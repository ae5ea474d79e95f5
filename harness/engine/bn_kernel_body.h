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

static void FN(apply)(const qb_bn_strip *s, const void *x_values, const void *r_values, void *y_values)
{
    const T *x = x_values, *r = r_values;
    T *y = y_values;
    vec mean = *(const vec *)s->mean, scale = *(const vec *)s->scale, shift = *(const vec *)s->shift, zero = {0};
    for (int64_t i = 0; i < s->pixels; i++) {
        vec v = (LOAD(x + i * s->stride) - mean) * scale + shift;
        if (r != NULL)
            v += LOAD(r + i * s->stride);
        if (s->relu)
            v = (vec)((ivec)v & ~(v < zero)); /* NaN stays NaN */
        STORE(y + i * s->stride, v);
    }
}

static inline vec FN(incoming)(const qb_bn_strip *s, int64_t at, vec pre, const T *y, const T *const g[3])
{
    vec t = LOAD(g[0] + at), zero = {0};
    if (g[1] != NULL)
        t += LOAD(g[1] + at);
    if (g[2] != NULL)
        t += LOAD(g[2] + at);
    if (s->relu)
        t = (vec)((ivec)t & ((y != NULL ? LOAD(y + at) : pre) > zero));
    return t;
}

static void FN(sums)(const qb_bn_strip *s, const void *x_values, const void *y_values, const void *const g_values[3], void *t_values,
                     double *sum_t, double *sum_txm)
{
    const T *x = x_values, *y = y_values, *g[3] = {g_values[0], g_values[1], g_values[2]};
    T *t_out = t_values;
    vec mean = *(const vec *)s->mean, scale = *(const vec *)s->scale, shift = *(const vec *)s->shift;
    for (int j = 0; j < W; j++)
        sum_t[j] = sum_txm[j] = 0;
    for (int64_t first = 0; first < s->pixels; first += RUN) {
        int64_t end = s->pixels - first < RUN ? s->pixels : first + RUN;
        vec a = {0}, b = {0};
        for (int64_t i = first; i < end; i++) {
            int64_t at = i * s->stride;
            vec xm = LOAD(x + at) - mean, t = FN(incoming)(s, at, xm * scale + shift, y, g);
            if (t_out != NULL)
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

static void FN(gradient)(const qb_bn_strip *s, const void *x_values, const void *y_values, const void *const g_values[3],
                         const float *mean_t, const float *slope, void *dx_values)
{
    const T *x = x_values, *y = y_values, *g[3] = {g_values[0], g_values[1], g_values[2]};
    T *dx = dx_values;
    vec mean = *(const vec *)s->mean, scale = *(const vec *)s->scale, shift = *(const vec *)s->shift;
    vec mt = *(const vec *)mean_t, k = *(const vec *)slope;
    for (int64_t i = 0; i < s->pixels; i++) {
        int64_t at = i * s->stride;
        vec xm = LOAD(x + at) - mean, t = FN(incoming)(s, at, xm * scale + shift, y, g);
        STORE(dx + at, scale * (t - mt - xm * k));
    }
}

const qb_bn_kernels NAME = {W, FN(stats), FN(apply), FN(sums), FN(gradient)};

#undef T
#undef NAME
#undef LOAD
#undef STORE
#undef CAT_
#undef CAT
#undef FN
