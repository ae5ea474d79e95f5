/* Matrix products with strides (qb_prim_product) against sums of small integers: the six shapes of attention, whose matrices
 * are columns of wider ones, for odd numbers of tokens and widths down to 1. Nothing beside a result may be written. */
#include "check_graph.h"
#include "qb_test.h"

#include "base/err.h"
#include "base/mem.h"
#include "engine/bf16.h"

#include <string.h>

static const int tokens[] = {1, 2, 3, 4, 5, 16, 17, 33, 50}, widths[] = {1, 2, 3, 5, 8, 17, 32, 64};
enum { MOST_TOKENS = 50, MOST_WIDTH = 64, HEADS = 3, N_VALUES = MOST_TOKENS * 3 * HEADS * MOST_WIDTH };
enum { N_TOKENS = sizeof tokens / sizeof *tokens, N_WIDTHS = sizeof widths / sizeof *widths };

static const float beside = 512; /* what lies around a result; no sum is that large */

typedef struct operand {
    qb_matrix m;
    _Alignas(64) unsigned char memory[N_VALUES * sizeof(float)];
} operand;

static float get(const operand *o, int64_t at)
{
    return o->m.type == QB_TYPE_BF16 ? qb_bf16_to_float(((const uint16_t *)o->memory)[at]) : ((const float *)o->memory)[at];
}

static void set(operand *o, int64_t at, float value)
{
    if (o->m.type == QB_TYPE_BF16)
        ((uint16_t *)o->memory)[at] = qb_bf16_from_float(value);
    else
        ((float *)o->memory)[at] = value;
}

static int64_t place(const operand *o, int64_t row, int64_t column)
{
    return row * o->m.row_step + column * o->m.column_step;
}

static void clear(operand *o, qb_matrix m)
{
    o->m = m;
    for (int i = 0; i < N_VALUES; i++)
        set(o, i, beside);
}

/* Integers from -2 to 2, so that sums are exact in bfloat16 too; around them what would make them wrong. */
static void fill(operand *o, qb_matrix m, int salt)
{
    clear(o, m);
    for (int64_t i = 0; i < m.rows; i++)
        for (int64_t j = 0; j < m.columns; j++)
            set(o, place(o, i, j), (float)((i * 7 + j * 3 + i * j + salt) % 5 - 2));
}

static void multiply(qb_dnn *dnn, const operand *src, const operand *weights, operand *dst)
{
    qb_prim *prim = NULL;
    ck_assert_msg(qb_prim_product(dnn, &src->m, &weights->m, &dst->m, &prim) == 0, "%s", qb_err_text());
    size_t bytes = qb_prim_bytes(prim, QB_ARG_SCRATCH);
    void *scratch = qb_alloc(bytes + 1, 1);
    ck_assert_ptr_nonnull(scratch);
    ck_assert_int_eq(qb_prim_bind(prim, QB_ARG_SRC, (void *)src->memory), 0);
    ck_assert_int_eq(qb_prim_bind(prim, QB_ARG_WEIGHTS, (void *)weights->memory), 0);
    ck_assert_int_eq(qb_prim_bind(prim, QB_ARG_DST, dst->memory), 0);
    if (bytes > 0)
        ck_assert_int_eq(qb_prim_bind(prim, QB_ARG_SCRATCH, scratch), 0);
    ck_assert_int_eq(qb_prim_run(prim), 0);
    qb_prim_destroy(prim);
    qb_free(scratch);
}

static void check(qb_dnn *dnn, const char *what, qb_matrix a, qb_matrix b, qb_matrix c)
{
    static operand src, weights, dst, wanted;
    fill(&src, a, 0);
    fill(&weights, b, 3);
    clear(&dst, c);
    clear(&wanted, c);
    for (int64_t i = 0; i < c.rows; i++)
        for (int64_t j = 0; j < c.columns; j++) {
            float sum = 0;
            for (int64_t k = 0; k < a.columns; k++)
                sum += get(&src, place(&src, i, k)) * get(&weights, place(&weights, k, j));
            set(&wanted, place(&wanted, i, j), sum);
        }
    multiply(dnn, &src, &weights, &dst);
    for (int64_t i = 0; i < N_VALUES; i++)
        ck_assert_msg(get(&dst, i) == get(&wanted, i), "%s, %lldx%lld times %lldx%lld, value %lld: got %g, want %g", what,
                      (long long)a.rows, (long long)a.columns, (long long)b.rows, (long long)b.columns, (long long)i,
                      (double)get(&dst, i), (double)get(&wanted, i));
}

START_TEST(products_of_attention)
{
    int heads = _i % 2 == 0 ? 1 : HEADS;
    qb_type type;
    if (!set_variant(_i / 2, &type, &(tolerance){0}))
        QB_TEST_SKIP("this CPU has no bf16");
    qb_dnn *dnn = NULL;
    ck_assert_int_eq(qb_dnn_create(&dnn), 0);
    for (int i = 0; i < N_TOKENS * N_WIDTHS; i++) {
        int64_t T = tokens[i / N_WIDTHS], d = widths[i % N_WIDTHS], all = heads * d, pitch = (T + 31) / 32 * 32;
        qb_matrix qkv = {type, T, d, 3 * all, 1}, out = {type, T, d, all, 1};
        qb_matrix scores = {QB_TYPE_F32, T, T, pitch, 1}, p = {type, T, T, pitch, 1};
        check(dnn, "Q K^T", qkv, qb_matrix_transposed(qkv), scores);
        check(dnn, "P V", p, qkv, out);
        check(dnn, "P^T dO", qb_matrix_transposed(p), out, qkv);
        check(dnn, "dO V^T", out, qb_matrix_transposed(qkv), scores);
        check(dnn, "dS K", p, qkv, qkv);
        check(dnn, "dS^T Q", qb_matrix_transposed(p), qkv, qkv);
    }
    qb_dnn_destroy(dnn);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("products");
    TCase *t = tcase_create("products");
    tcase_add_loop_test(t, products_of_attention, 0, 4);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    t = tcase_create("bf16");
    tcase_set_tags(t, "bf16");
    tcase_add_loop_test(t, products_of_attention, 4, 6);
    tcase_set_timeout(t, 60);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
