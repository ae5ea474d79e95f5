/* The inner loops of transformers (engine/token_kernel.h) alone: every width and type, every length of a tail, the functions
 * against those of libm in double. */
#include "qb_test.h"

#include "base/rng.h"
#include "engine/bf16.h"
#include "engine/token_kernel.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool runs_here(int width)
{
    return width == 1 || (width == 8 ? qb_dnn_has_avx2() : qb_dnn_has_avx512());
}

enum { MAX = 71, GUARD = 4 }; /* values, and what must stay as it was behind them */

typedef struct results { /* of all kernels, float32 */
    float y[MAX + GUARD], stats[2], dx[MAX + GUARD], weight_sum[MAX + GUARD], bias_sum[MAX + GUARD], gelu[MAX + GUARD];
    float slope[MAX + GUARD], dgelu[MAX + GUARD], p[MAX + GUARD], ds[MAX + GUARD], sum[MAX + GUARD], scaled[MAX + GUARD];
} results;

typedef struct inputs {
    float x[MAX], weight[MAX], bias[MAX], dy[MAX];
} inputs;

static void fill(inputs *in)
{
    qb_hash_fill("x", MAX, 3, 0.3, in->x);
    qb_hash_fill("weight", MAX, 1, 0.2, in->weight);
    qb_hash_fill("bias", MAX, 1, 0, in->bias);
    qb_hash_fill("dy", MAX, 2, 0, in->dy);
}

static void run_f32(const qb_token_kernels *k, int n, const inputs *in, results *r)
{
    float s[MAX];
    for (size_t i = 0; i < sizeof *r / sizeof(float); i++)
        ((float *)r)[i] = 7;
    k->norm(n, 1e-6F, in->x, in->weight, in->bias, r->y, r->stats);
    k->norm_backward(n, in->x, r->stats, in->weight, in->dy, true, r->dx, r->weight_sum, r->bias_sum);
    k->gelu(n, in->x, r->gelu, r->slope);
    k->gelu_backward(n, r->slope, in->dy, r->dgelu);
    memcpy(s, in->x, (size_t)n * sizeof *s);
    k->softmax(n, 0.7F, s, r->p);
    k->softmax_backward(n, 0.7F, r->p, in->dy, r->ds);
    k->add(n, in->bias, 1.3F, in->x, r->sum);
    k->scale(n, 1.3F, in->x, r->scaled);
}

START_TEST(kernels_of_all_widths_agree)
{
    static const qb_token_kernels *const all[] = {&qb_token_f32_8, &qb_token_f32_16};
    static inputs in;
    static results one, wide;
    fill(&in);
    if (!runs_here(all[_i]->width))
        QB_TEST_SKIP("this CPU has no such instructions");
    for (int n = 1; n <= MAX; n++) {
        run_f32(&qb_token_f32_1, n, &in, &one);
        run_f32(all[_i], n, &in, &wide);
        ck_assert_mem_eq(&one, &wide, sizeof one);
        ck_assert(wide.y[n] == 7 && wide.dx[n] == 7 && wide.p[n] == 7 && wide.ds[n] == 7 && wide.weight_sum[n] == 7);
        ck_assert(wide.gelu[n] == 7 && wide.slope[n] == 7 && wide.dgelu[n] == 7 && wide.sum[n] == 7 && wide.scaled[n] == 7);
    }
}
END_TEST

/* Kernels for bfloat16 compute in float32: the rounded results of the float32 kernels for the same numbers. */
START_TEST(bfloat16_kernels_round_once)
{
    static const qb_token_kernels *const halves[] = {&qb_token_bf16_1, &qb_token_bf16_8, &qb_token_bf16_16};
    const qb_token_kernels *h = halves[_i], *f = &qb_token_f32_1;
    static inputs in;
    static results want;
    static uint16_t x[MAX], dy[MAX], p[MAX], y[MAX + 1];
    float stats[2], dx[MAX], weight_sum[MAX], bias_sum[MAX], s[MAX], sum[MAX];
    if (!runs_here(h->width))
        QB_TEST_SKIP("this CPU has no such instructions");
    fill(&in);
    in.x[5] = NAN;
    for (int n = 1; n <= MAX; n++) {
        for (int i = 0; i < n; i++) {
            x[i] = qb_bf16_from_float(in.x[i]);
            dy[i] = qb_bf16_from_float(in.dy[i]);
            in.x[i] = qb_bf16_to_float(x[i]);
            in.dy[i] = qb_bf16_to_float(dy[i]);
        }
        run_f32(f, n, &in, &want);
#define CHECK_ROUNDED(name)                                                                                                      \
    do {                                                                                                                         \
        for (int i = 0; i < n; i++)                                                                                              \
            ck_assert_uint_eq(y[i], qb_bf16_from_float(want.name[i]));                                                           \
        ck_assert_uint_eq(y[n], 7);                                                                                              \
    } while (0)
        y[n] = 7;
        h->norm(n, 1e-6F, in.x, in.weight, in.bias, y, stats);
        CHECK_ROUNDED(y);
        h->gelu(n, x, y, NULL);
        CHECK_ROUNDED(gelu);
        h->gelu(n, x, p, y);
        CHECK_ROUNDED(slope);
        memcpy(p, y, (size_t)n * sizeof *p);
        for (int i = 0; i < n; i++)
            want.slope[i] = qb_bf16_to_float(p[i]);
        f->gelu_backward(n, want.slope, in.dy, want.dgelu);
        h->gelu_backward(n, p, dy, y);
        CHECK_ROUNDED(dgelu);
        h->scale(n, 1.3F, in.x, y);
        CHECK_ROUNDED(scaled);
        memcpy(s, in.x, (size_t)n * sizeof *s);
        h->softmax(n, 0.7F, s, y);
        CHECK_ROUNDED(p);
        memcpy(p, y, (size_t)n * sizeof *p);
        for (int i = 0; i < n; i++)
            want.p[i] = qb_bf16_to_float(p[i]);
        f->softmax_backward(n, 0.7F, want.p, in.dy, want.ds);
        h->softmax_backward(n, 0.7F, p, in.dy, y);
        CHECK_ROUNDED(ds);
        for (int i = 0; i < n; i++)
            dx[i] = weight_sum[i] = bias_sum[i] = 7;
        h->norm_backward(n, in.x, want.stats, in.weight, dy, true, dx, weight_sum, bias_sum);
        ck_assert_mem_eq(dx, want.dx, (size_t)n * sizeof *dx);
        ck_assert_mem_eq(weight_sum, want.weight_sum, (size_t)n * sizeof *dx);
        ck_assert_mem_eq(bias_sum, want.bias_sum, (size_t)n * sizeof *dx);
        h->add(n, in.bias, 1.3F, x, sum);
        ck_assert_mem_eq(sum, want.sum, (size_t)n * sizeof *sum);
    }
}
END_TEST

/* A gradient that is the same for all probabilities moves no score, though rounded probabilities add up to other than 1. */
START_TEST(rounded_probabilities_leave_no_gradient_behind)
{
    enum { N = 41 };
    const qb_token_kernels *const all[] = {&qb_token_bf16_1, &qb_token_bf16_8, &qb_token_bf16_16};
    float s[N], dp[N];
    uint16_t p[N], ds[N];
    if (!runs_here(all[_i]->width))
        QB_TEST_SKIP("this CPU has no such instructions");
    qb_hash_fill("scores", N, 3, 0, s);
    for (int i = 0; i < N; i++)
        dp[i] = 1000;
    all[_i]->softmax(N, 1, s, p);
    all[_i]->softmax_backward(N, 1, p, dp, ds);
    for (int i = 0; i < N; i++)
        ck_assert_double_le(fabs((double)qb_bf16_to_float(ds[i])), 1e-3 * (double)qb_bf16_to_float(p[i]));
}
END_TEST

static double cdf(double x)
{
    return erfc(-x / sqrt(2)) / 2;
}

/* GELU and its derivative over the whole range, small values and tails included. */
START_TEST(gelu_is_exact)
{
    enum { N = 200001 };
    static float x[N], y[N], dx[N];
    for (int i = 0; i < N; i++)
        x[i] = (float)(i - N / 2) / 8000;
    const qb_token_kernels *k = qb_token_kernels_find(QB_TYPE_F32);
    k->gelu(N, x, y, dx);
    for (int i = 0; i < N; i++) {
        double v = (double)x[i], derivative = cdf(v) + v * exp(-v * v / 2) / sqrt(2 * 3.14159265358979323846);
        ck_assert_msg(fabs((double)y[i] - v * cdf(v)) <= 2e-7 * fabs(v), "gelu(%.9g) = %.9g", v, (double)y[i]);
        ck_assert_msg(fabs((double)dx[i] - derivative) <= 3e-7, "gelu'(%.9g) = %.9g, not %.9g", v, (double)dx[i], derivative);
    }
    const float extreme[] = {0, 1e-30F, -1e-30F, 1e30F, -1e30F, INFINITY, NAN};
    float got[7];
    k->gelu(7, extreme, got, NULL);
    ck_assert(got[0] == 0 && got[1] == 0.5e-30F && got[2] == -0.5e-30F && got[3] == 1e30F && isinf(got[5]) && isnan(got[6]));
    ck_assert(fabsf(got[4]) < 1e-6F * 1e30F);
}
END_TEST

START_TEST(softmax_is_exact)
{
    enum { N = 197 };
    static float s[N], p[N], dp[N], ds[N], scores[N];
    const qb_token_kernels *k = qb_token_kernels_find(QB_TYPE_F32);
    static const double spreads[] = {0, 1, 30, 1000, 1e6};
    for (int i = 0; i < 5; i++) {
        double sum = 0, max = -HUGE_VAL, dot = 0, shares = 0;
        qb_hash_fill("scores", N, spreads[i], 3, scores);
        qb_hash_fill("dp", N, 1, 0, dp);
        memcpy(s, scores, sizeof s);
        k->softmax(N, 0.125F, s, p);
        k->softmax_backward(N, 0.125F, p, dp, ds);
        for (int j = 0; j < N; j++)
            max = fmax(max, (double)scores[j]);
        for (int j = 0; j < N; j++)
            sum += exp(((double)scores[j] - max) / 8);
        for (int j = 0; j < N; j++) {
            double want = exp(((double)scores[j] - max) / 8) / sum;
            ck_assert_msg(fabs((double)p[j] - want) <= 1e-6 * want + 1e-12, "p[%d] = %g, not %g", j, (double)p[j], want);
            dot += want * (double)dp[j];
            shares += (double)p[j];
        }
        ck_assert_double_le(fabs(shares - 1), 1e-6);
        for (int j = 0; j < N; j++)
            ck_assert_double_le(fabs((double)ds[j] - (double)p[j] * ((double)dp[j] - dot) / 8), 1e-7);
    }
    memset(s, 0, sizeof s);
    s[3] = NAN;
    k->softmax(N, 1, s, p);
    ck_assert(isnan(p[3])); /* a NaN is not lost */
}
END_TEST

/* A mean a thousand deviations away costs digits of x, none of the variance. */
START_TEST(norm_keeps_variance_under_a_large_mean)
{
    enum { N = 193 };
    static float x[N], one[N], zero[N], y[N];
    float stats[2];
    qb_hash_fill("x", N, 1, 1000, x);
    for (int i = 0; i < N; i++)
        one[i] = 1;
    double mean = 0, var = 0;
    for (int i = 0; i < N; i++)
        mean += (double)x[i] / N;
    for (int i = 0; i < N; i++)
        var += pow((double)x[i] - mean, 2) / N;
    qb_token_kernels_find(QB_TYPE_F32)->norm(N, 1e-6F, x, one, zero, y, stats);
    ck_assert_double_le(fabs((double)stats[0] - mean), 2e-4);
    ck_assert_double_le(fabs((double)stats[1] * sqrt(var + 1e-6) - 1), 1e-6);
    for (int i = 0; i < N; i++)
        x[i] = 3;
    qb_token_kernels_find(QB_TYPE_F32)->norm(N, 1e-6F, x, one, zero, y, stats); /* no variance: only eps */
    for (int i = 0; i < N; i++)
        ck_assert(y[i] == 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("token_kernel");
    TCase *t = tcase_create("kernels");
    tcase_add_loop_test(t, kernels_of_all_widths_agree, 0, 1);
    tcase_add_loop_test(t, rounded_probabilities_leave_no_gradient_behind, 0, 2);
    tcase_add_loop_test(t, bfloat16_kernels_round_once, 0, 2);
    tcase_add_test(t, gelu_is_exact);
    tcase_add_test(t, softmax_is_exact);
    tcase_add_test(t, norm_keeps_variance_under_a_large_mean);
    suite_add_tcase(s, t);
    t = tcase_create("avx512");
    tcase_set_tags(t, "avx512");
    tcase_add_loop_test(t, kernels_of_all_widths_agree, 1, 2);
    tcase_add_loop_test(t, rounded_probabilities_leave_no_gradient_behind, 2, 3);
    tcase_add_loop_test(t, bfloat16_kernels_round_once, 2, 3);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
