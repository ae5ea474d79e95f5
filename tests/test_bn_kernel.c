/* BatchNorm's inner loops (engine/bn_kernel.h) alone: every width and type, each way to call them. */
#include "qb_test.h"

#include "base/rng.h"
#include "engine/bf16.h"
#include "engine/bn_kernel.h"

#include <math.h>
#include <stdbool.h>

/* What this CPU lacks for kernels of a width, or NULL. */
static const char *lacks(const qb_bn_kernels *k)
{
    if (k->width == 8 && !qb_dnn_has_avx2())
        return "this CPU has no AVX2";
    return k->width == 16 && !qb_dnn_has_avx512() ? "this CPU has no AVX-512" : NULL;
}

/* The kernels of 16 and 8 channels give the bits of those of 1: results depend on no instruction set and no layout. */
START_TEST(kernels_of_all_widths_agree)
{
    enum { BLOCK = 16, PIXELS = 131, VALUES = BLOCK * PIXELS };
    const qb_bn_kernels *all[] = {&qb_bn_f32_1, _i < 4 ? &qb_bn_f32_8 : &qb_bn_f32_16};
    if (lacks(all[1]))
        QB_TEST_SKIP(lacks(all[1]));
    static float x[VALUES], r[VALUES], g[3][VALUES], y[2][VALUES], t[2][VALUES], dx[2][VALUES], c[5][BLOCK];
    static double mean[2][BLOCK], m2[2][BLOCK], sum_t[2][BLOCK], sum_txm[2][BLOCK];
    qb_hash_fill("x", VALUES, 2, 0.3, x);
    qb_hash_fill("r", VALUES, 2, 0, r);
    for (int i = 0; i < 3; i++)
        qb_hash_fill(i == 0 ? "g0" : i == 1 ? "g1" : "g2", VALUES, 2, 0, g[i]);
    for (int i = 0; i < 5; i++)
        qb_hash_fill(i == 0 ? "mean" : i == 1 ? "scale" : i == 2 ? "shift" : i == 3 ? "mean_t" : "slope", BLOCK, 1, 0.2, c[i]);
    x[40] = NAN;
    for (int k = 0; k < 2; k++)
        for (int j = 0; j < BLOCK; j += all[k]->width) {
            const void *gs[3] = {g[0] + j, g[1] + j, _i % 2 == 0 ? g[2] + j : NULL};
            qb_bn_strip s = {.pixels = PIXELS, .stride = BLOCK, .mean = c[0] + j, .scale = c[1] + j, .shift = c[2] + j, .relu = true};
            bool residual = _i % 4 / 2 == 1;
            all[k]->stats(&s, x + j, mean[k] + j, m2[k] + j);
            all[k]->apply(&s, x + j, residual ? r + j : NULL, y[k] + j);
            all[k]->sums(&s, x + j, residual ? y[k] + j : NULL, gs, t[k] + j, sum_t[k] + j, sum_txm[k] + j);
            all[k]->gradient(&s, x + j, residual ? y[k] + j : NULL, gs, c[3] + j, c[4] + j, dx[k] + j);
        }
    ck_assert(isnan(y[0][40])); /* a NaN is not clipped away */
    ck_assert_mem_eq(mean[1], mean[0], sizeof mean[0]);
    ck_assert_mem_eq(m2[1], m2[0], sizeof m2[0]);
    ck_assert_mem_eq(y[1], y[0], sizeof y[0]);
    ck_assert_mem_eq(t[1], t[0], sizeof t[0]);
    ck_assert_mem_eq(dx[1], dx[0], sizeof dx[0]);
    ck_assert_mem_eq(sum_t[1], sum_t[0], sizeof sum_t[0]);
    ck_assert_mem_eq(sum_txm[1], sum_txm[0], sizeof sum_txm[0]);
}
END_TEST

/* bfloat16 kernels compute in float32: they give the rounded results of the float32 kernels for the same numbers. */
START_TEST(bfloat16_kernels_round_once)
{
    enum { BLOCK = 16, PIXELS = 70, VALUES = BLOCK * PIXELS };
    const qb_bn_kernels *halves[] = {&qb_bn_bf16_1, &qb_bn_bf16_8, &qb_bn_bf16_16}, *h = halves[_i], *f = &qb_bn_f32_1;
    if (lacks(h))
        QB_TEST_SKIP(lacks(h));
    static float wide[6][VALUES], c[5][BLOCK], wide_out[VALUES];
    static uint16_t half[6][VALUES], half_out[VALUES];
    const char *const names[] = {"x", "r", "g0", "g1", "g2", "y"};
    for (int k = 0; k < 6; k++) {
        qb_hash_fill(names[k], VALUES, 2, 0.3, wide[k]);
        for (int i = 0; i < VALUES; i++) {
            half[k][i] = qb_bf16_from_float(wide[k][i]);
            wide[k][i] = qb_bf16_to_float(half[k][i]);
        }
    }
    for (int i = 0; i < 5; i++)
        qb_hash_fill(i == 0 ? "mean" : i == 1 ? "scale" : i == 2 ? "shift" : i == 3 ? "mean_t" : "slope", BLOCK, 1, 0.2, c[i]);
    for (int what = 0; what < 4; what++) {
        double a[2][2][BLOCK] = {{{0}}};
        for (int j = 0; j < BLOCK; j++) {
            qb_bn_strip s = {.pixels = PIXELS, .stride = BLOCK, .mean = c[0] + j, .scale = c[1] + j, .shift = c[2] + j, .relu = true};
            const void *fg[3] = {wide[2] + j, wide[3] + j, wide[4] + j}, *hg[3] = {half[2] + j, half[3] + j, half[4] + j};
            bool now = j % h->width == 0;
            if (what == 0) {
                f->stats(&s, wide[0] + j, &a[0][0][j], &a[0][1][j]);
                if (now)
                    h->stats(&s, half[0] + j, &a[1][0][j], &a[1][1][j]);
            } else if (what == 1) {
                f->apply(&s, wide[0] + j, wide[1] + j, wide_out + j);
                if (now)
                    h->apply(&s, half[0] + j, half[1] + j, half_out + j);
            } else if (what == 2) {
                f->sums(&s, wide[0] + j, wide[5] + j, fg, wide_out + j, &a[0][0][j], &a[0][1][j]);
                if (now)
                    h->sums(&s, half[0] + j, half[5] + j, hg, half_out + j, &a[1][0][j], &a[1][1][j]);
            } else {
                f->gradient(&s, wide[0] + j, NULL, fg, c[3] + j, c[4] + j, wide_out + j);
                if (now)
                    h->gradient(&s, half[0] + j, NULL, hg, c[3] + j, c[4] + j, half_out + j);
            }
        }
        ck_assert_mem_eq(a[0], a[1], sizeof a[0]);
        for (int i = 0; what > 0 && i < VALUES; i++)
            ck_assert_uint_eq(half_out[i], qb_bf16_from_float(wide_out[i]));
    }
}
END_TEST

/* ---- against one plain loop in double ---- */

static const struct {
    const qb_bn_kernels *kernels;
    qb_type type;
} kernels[] = {{&qb_bn_f32_1, QB_TYPE_F32}, {&qb_bn_bf16_1, QB_TYPE_BF16}, {&qb_bn_f32_8, QB_TYPE_F32},
               {&qb_bn_bf16_8, QB_TYPE_BF16}, {&qb_bn_f32_16, QB_TYPE_F32}, {&qb_bn_bf16_16, QB_TYPE_BF16}};
enum { N_KERNELS = sizeof kernels / sizeof *kernels, N_NARROW = N_KERNELS - 2, STRIP_STRIDE = 19, STRIP_VALUES = 131 * STRIP_STRIDE };

/* n values, in the type of a kernel and as doubles. */
typedef struct strip_values {
    float f32[STRIP_VALUES];
    uint16_t bf16[STRIP_VALUES];
    double wide[STRIP_VALUES];
} strip_values;

static void *of_type(strip_values *v, qb_type type) { return type == QB_TYPE_F32 ? (void *)v->f32 : v->bf16; }
static double got_at(const strip_values *v, qb_type type, int64_t i)
{
    return type == QB_TYPE_F32 ? (double)v->f32[i] : (double)qb_bf16_to_float(v->bf16[i]);
}

static void fill_strip(const char *name, qb_type type, strip_values *v)
{
    qb_hash_fill(name, STRIP_VALUES, 2, 0.1, v->f32);
    for (int64_t i = 0; i < STRIP_VALUES; i++) {
        v->bf16[i] = qb_bf16_from_float(v->f32[i]);
        v->wide[i] = got_at(v, type, i);
    }
}

static void near(const char *what, qb_type type, double got, double want, double size)
{
    double allowed = 1e-5 * size + (type == QB_TYPE_BF16 ? fabs(want) / 256 : 0);
    ck_assert_msg(fabs(got - want) <= allowed, "%s: got %.9g, want %.9g", what, got, want);
}

typedef struct strip_case {
    int64_t pixels;
    bool relu, residual, store, in_place; /* in_place: t and dx take the place of the first gradient */
    int n_gradients;
} strip_case;

static void check_strip(const qb_bn_kernels *k, qb_type type, strip_case c)
{
    static strip_values x, r, y, g[3], t, dx;
    static float constant[5][16];
    static const char *const constants[5] = {"mean", "scale", "shift", "mean_t", "slope"};
    static const char *const gradients[3] = {"g0", "g1", "g2"};
    fill_strip("x", type, &x);
    fill_strip("r", type, &r);
    fill_strip("y before", type, &y);
    for (int i = 0; i < 3; i++)
        fill_strip(gradients[i], type, &g[i]);
    for (int i = 0; i < 5; i++)
        qb_hash_fill(constants[i], 16, 1, 0.2, constant[i]);
    qb_bn_strip s = {.pixels = c.pixels, .stride = STRIP_STRIDE, .mean = constant[0], .scale = constant[1], .shift = constant[2],
                     .relu = c.relu};
    double mean[16], m2[16], sum_t[16], sum_txm[16];
    k->stats(&s, of_type(&x, type), mean, m2);
    k->apply(&s, of_type(&x, type), c.residual ? of_type(&r, type) : NULL, of_type(&y, type));
    const void *in[3] = {of_type(&g[0], type), c.n_gradients > 1 ? of_type(&g[1], type) : NULL,
                         c.n_gradients > 2 ? of_type(&g[2], type) : NULL};
    const void *mask = c.residual ? of_type(&y, type) : NULL;
    if (!c.in_place || !c.store)
        k->gradient(&s, of_type(&x, type), mask, in, constant[3], constant[4], of_type(c.in_place ? &g[0] : &dx, type));
    if (c.in_place && !c.store)
        dx = g[0];
    if (c.in_place)
        fill_strip(gradients[0], type, &g[0]);
    k->sums(&s, of_type(&x, type), mask, in, c.store ? of_type(c.in_place ? &g[0] : &t, type) : NULL, sum_t, sum_txm);
    if (c.in_place && c.store)
        t = g[0];
    for (int j = 0; j < k->width; j++) {
        double sum = 0, squares = 0, want_t = 0, want_txm = 0;
        for (int64_t i = 0; i < c.pixels; i++)
            sum += x.wide[i * STRIP_STRIDE + j] / (double)c.pixels;
        for (int64_t i = 0; i < c.pixels; i++) {
            int64_t at = i * STRIP_STRIDE + j;
            double xm = x.wide[at] - (double)constant[0][j], pre = xm * (double)constant[1][j] + (double)constant[2][j], total = 0;
            pre += c.residual ? r.wide[at] : 0;
            for (int n = 0; n < c.n_gradients; n++)
                total += g[n].wide[at];
            total = c.relu && pre <= 0 ? 0 : total;
            squares += (x.wide[at] - sum) * (x.wide[at] - sum);
            want_t += total;
            want_txm += total * xm;
            near("y", type, got_at(&y, type, at), c.relu && pre <= 0 ? 0 : pre, 4);
            if (c.store)
                near("t", type, got_at(&t, type, at), total, 4);
            double want_dx = (double)constant[1][j] * (total - (double)constant[3][j] - xm * (double)constant[4][j]);
            if (!c.in_place || !c.store)
                near("dx", type, got_at(&dx, type, at), want_dx, 4);
        }
        near("mean", QB_TYPE_F32, mean[j], sum, 1);
        near("m2", QB_TYPE_F32, m2[j], squares, 4 * (double)c.pixels);
        near("sum of t", QB_TYPE_F32, sum_t[j], want_t, 4 * (double)c.pixels);
        near("sum of t xm", QB_TYPE_F32, sum_txm[j], want_txm, 8 * (double)c.pixels);
    }
    for (int64_t i = 0; i < STRIP_VALUES; i++) /* neighbours in the layout are not touched */
        if (i % STRIP_STRIDE >= k->width || i / STRIP_STRIDE >= c.pixels)
            ck_assert(got_at(&y, type, i) == y.wide[i]);
}

/* All ways to call them: with and without ReLU, residual, a stored t, results in place; one to three gradients; few pixels
 * and many, a distance between pixels that is no multiple of the width. */
START_TEST(kernels_match_plain_arithmetic)
{
    static const int64_t pixels[] = {1, 2, 3, 5, 63, 64, 65, 131};
    const qb_bn_kernels *k = kernels[_i].kernels;
    if (lacks(k))
        QB_TEST_SKIP(lacks(k));
    for (size_t p = 0; p < sizeof pixels / sizeof *pixels; p++)
        for (int way = 0; way < 16; way++)
            for (int n = 1; n <= 3; n++)
                check_strip(k, kernels[_i].type,
                            (strip_case){.pixels = pixels[p], .relu = (way & 1) != 0, .residual = (way & 2) != 0,
                                         .store = (way & 4) != 0, .in_place = (way & 8) != 0, .n_gradients = n});
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("bn_kernel");
    TCase *t = tcase_create("kernels");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, kernels_of_all_widths_agree, 0, 4);
    tcase_add_loop_test(t, bfloat16_kernels_round_once, 0, 2);
    tcase_add_loop_test(t, kernels_match_plain_arithmetic, 0, N_NARROW);
    suite_add_tcase(s, t);
    t = tcase_create("kernels of 16 channels");
    tcase_set_tags(t, "avx512");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, kernels_of_all_widths_agree, 4, 8);
    tcase_add_loop_test(t, bfloat16_kernels_round_once, 2, 3);
    tcase_add_loop_test(t, kernels_match_plain_arithmetic, N_NARROW, N_KERNELS);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
