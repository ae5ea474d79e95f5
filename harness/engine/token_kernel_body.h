/* The loops of token_kernel.h for one width and one type. Included with
 *   W, LANES, PARTS        values at once; partial sums of a row; vectors that hold them
 *   T                      float or uint16_t (bfloat16)
 *   NAME                   name of the resulting table
 *   LOAD(p, left, fill)    the W values at p as floats; of the `left` that remain, with `fill` behind them
 *   STORE(p, left, v)      and back
 * defined; the including file sets the target instruction set. Undefines T, NAME, LOAD, STORE.
 */
#define CAT_(a, b) a##_##b
#define CAT(a, b) CAT_(a, b)
#define FN(f) CAT(f, NAME)

/* Runs the statement behind it with `i` at every W-th value, `left` values from there on, and `k` its partial sum. */
#define EACH(n)                                                                                                                  \
    for (int64_t first = 0; first < (n); first += LANES)                                                                         \
        _Pragma("GCC unroll 16") for (int k = 0; k < PARTS; k++)                                                                 \
            for (int64_t i = first + k * W, left = (n)-i; i < (n); i = (n))

static void FN(norm)(int64_t n, float eps, const float *x, const float *weight, const float *bias, void *y_values, float *stats)
{
    T *y = y_values;
    vec sum[PARTS] = {{0}}, squares[PARTS] = {{0}};
    EACH(n)
        sum[k] += load_f32(x + i, left, 0);
    const float mean = total(sum) / (float)n;
    EACH(n) {
        vec d = load_f32(x + i, left, mean) - mean;
        squares[k] += d * d;
    }
    const float scale = 1.0F / sqrtf(total(squares) / (float)n + eps);
    EACH(n)
        STORE(y + i, left, (load_f32(x + i, left, 0) - mean) * scale * load_f32(weight + i, left, 0) + load_f32(bias + i, left, 0));
    stats[0] = mean;
    stats[1] = scale;
}

static void FN(norm_backward)(int64_t n, const float *x, const float *stats, const float *weight, const void *dy_values, bool adds,
                              float *dx, float *weight_sum, float *bias_sum)
{
    const T *dy = dy_values;
    const float mean = stats[0], scale = stats[1];
    vec sum[PARTS] = {{0}}, dot[PARTS] = {{0}};
    EACH(n) {
        vec g = LOAD(dy + i, left, 0), hat = (load_f32(x + i, left, mean) - mean) * scale, t = g * load_f32(weight + i, left, 0);
        sum[k] += t;
        dot[k] += t * hat;
        store_f32(weight_sum + i, left, load_f32(weight_sum + i, left, 0) + g * hat);
        store_f32(bias_sum + i, left, load_f32(bias_sum + i, left, 0) + g);
    }
    if (dx == NULL)
        return;
    const float mean_t = total(sum) / (float)n, slope = total(dot) / (float)n;
    EACH(n) {
        vec hat = (load_f32(x + i, left, mean) - mean) * scale, t = LOAD(dy + i, left, 0) * load_f32(weight + i, left, 0);
        vec g = (t - mean_t - hat * slope) * scale;
        if (adds)
            g += load_f32(dx + i, left, 0);
        store_f32(dx + i, left, g);
    }
}

static void FN(gelu)(int64_t n, const void *x_values, void *y_values, void *slope_values)
{
    const T *x = x_values;
    T *y = y_values, *slope = slope_values;
    for (int64_t i = 0; i < n; i += W) {
        vec v = LOAD(x + i, n - i, 0), cdf = normal_cdf(v);
        STORE(y + i, n - i, v * cdf);
        if (slope == NULL)
            continue;
        vec density = exp_of(v * v * -0.5F) * 0.398942280F;
        STORE(slope + i, n - i, cdf + v * density);
    }
}

static void FN(gelu_backward)(int64_t n, const void *slope_values, const void *dy_values, void *dx_values)
{
    const T *slope = slope_values, *dy = dy_values;
    T *dx = dx_values;
    for (int64_t i = 0; i < n; i += W)
        STORE(dx + i, n - i, LOAD(dy + i, n - i, 0) * LOAD(slope + i, n - i, 0));
}

static void FN(softmax)(int64_t n, float scale, float *s, void *p_values)
{
    T *p = p_values;
    vec largest = same(-INFINITY), sum[PARTS] = {{0}};
    for (int64_t i = 0; i < n; i += W) {
        vec v = load_f32(s + i, n - i, -INFINITY);
        largest = choose(v > largest, v, largest);
    }
    float max = largest[0];
    for (int j = 1; j < W; j++)
        max = largest[j] > max ? largest[j] : max;
    EACH(n) {
        vec e = exp_of((load_f32(s + i, left, max) - max) * scale);
        if (left < W)
            for (int64_t j = left; j < W; j++)
                e[j] = 0;
        sum[k] += e;
        store_f32(s + i, left, e);
    }
    const float share = 1.0F / total(sum);
    for (int64_t i = 0; i < n; i += W)
        STORE(p + i, n - i, load_f32(s + i, n - i, 0) * share);
}

static void FN(softmax_backward)(int64_t n, float scale, const void *p_values, const float *dp, void *ds_values)
{
    const T *p = p_values;
    T *ds = ds_values;
    vec sum[PARTS] = {{0}}, whole[PARTS] = {{0}};
    EACH(n) {
        vec v = LOAD(p + i, left, 0);
        sum[k] += v * load_f32(dp + i, left, 0);
        whole[k] += v;
    }
    const float dot = total(sum) / total(whole);
    for (int64_t i = 0; i < n; i += W)
        STORE(ds + i, n - i, LOAD(p + i, n - i, 0) * (load_f32(dp + i, n - i, 0) - dot) * scale);
}

static void FN(add)(int64_t n, const float *r, float factor, const void *b_values, float *y)
{
    const T *b = b_values;
    for (int64_t i = 0; i < n; i += W)
        store_f32(y + i, n - i, load_f32(r + i, n - i, 0) + LOAD(b + i, n - i, 0) * factor);
}

static void FN(scale)(int64_t n, float factor, const float *x, void *y_values)
{
    T *y = y_values;
    for (int64_t i = 0; i < n; i += W)
        STORE(y + i, n - i, load_f32(x + i, n - i, 0) * factor);
}

const qb_token_kernels NAME = {W,           FN(norm),    FN(norm_backward),    FN(gelu), FN(gelu_backward),
                               FN(softmax), FN(softmax_backward), FN(add), FN(scale)};

#undef T
#undef NAME
#undef LOAD
#undef STORE
#undef CAT_
#undef CAT
#undef FN
#undef EACH
