/* The gradient's stage: the tree of parts, and the bound of the norm. */
#include "qb_test.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "train/gradient.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { N = 100, MAX_PARTS = 19 };

static float parts[MAX_PARTS][N], slab[N];
static qb_param params[2] = {{.name = "a", .n = 60, .offset = 0, .g = slab}, {.name = "b", .n = 36, .offset = 64, .g = slab + 64}};

static void make_parts(void)
{
    for (int r = 0; r < MAX_PARTS; r++)
        for (int i = 0; i < N; i++)
            parts[r][i] = (float)sin(1 + 37 * r + 0.3 * i);
}

/* Level by level, as the definition says. */
static float tree(int i, int n)
{
    float level[MAX_PARTS];
    for (int r = 0; r < n; r++)
        level[r] = parts[r][i];
    for (; n > 1; n = (n + 1) / 2)
        for (int r = 0; r < n; r += 2)
            level[r / 2] = r + 1 < n ? level[r] + level[r + 1] : level[r];
    return level[0];
}

static void add_up(qb_gradient *t, int n)
{
    for (int r = 0; r < n; r++) {
        memcpy(slab, parts[r], sizeof slab);
        qb_gradient_add_part(t, r, n);
    }
}

START_TEST(parts_are_added_in_a_tree)
{
    make_parts();
    qb_gradient *t;
    ck_assert_int_eq(qb_gradient_create(slab, N, params, 2, MAX_PARTS, 0, &t), 0);
    for (int n = MAX_PARTS; n > 0; n--) { /* also after a batch of more parts */
        add_up(t, n);
        for (int i = 0; i < N; i++)
            ck_assert_msg(slab[i] == tree(i, n), "value %d of %d parts: got %.9g, want %.9g", i, n, (double)slab[i], (double)tree(i, n));
    }
    qb_gradient_destroy(t);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(memory_grows_with_the_logarithm_of_the_parts)
{
    static const struct {
        int parts, slabs;
    } cases[] = {{1, 0}, {2, 1}, {3, 2}, {4, 2}, {5, 3}, {8, 3}, {9, 4}, {1024, 10}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        qb_gradient *t;
        ck_assert_int_eq(qb_gradient_create(slab, N, params, 2, cases[i].parts, 0, &t), 0);
        ck_assert_int_eq(qb_mem_live_blocks(), 2 + cases[i].slabs);
        qb_gradient_destroy(t);
    }
}
END_TEST

static double norm_of(const float *g)
{
    double sum = 0;
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < params[k].n; i++)
            sum += (double)g[params[k].offset + i] * (double)g[params[k].offset + i];
    return sqrt(sum);
}

/* Of the sum, not of the parts; any number of threads gives the same bits. */
START_TEST(the_norm_of_the_sum_is_bounded)
{
    static const int n = 3;
    make_parts();
    float whole[N], first[N];
    for (int i = 0; i < N; i++)
        whole[i] = tree(i, n);
    double norm = norm_of(whole), clips[] = {0.5 * norm, 1e-3 * norm, norm + 1, 10 * norm};
    for (size_t c = 0; c < sizeof clips / sizeof *clips; c++)
        for (int threads = 1; threads <= 3; threads++) {
            qb_gradient *t;
            omp_set_num_threads(threads);
            ck_assert_int_eq(qb_gradient_create(slab, N, params, 2, n, clips[c], &t), 0);
            add_up(t, n);
            qb_gradient_destroy(t);
            double scale = fmin(1, clips[c] / (norm + 1e-6));
            for (int i = 0; i < N; i++)
                ck_assert_double_le(fabs((double)slab[i] - scale * (double)whole[i]), 2e-7 * scale * fabs((double)whole[i]));
            ck_assert_double_le(norm_of(slab), clips[c] * (1 + 1e-6));
            if (scale >= 1)
                ck_assert_mem_eq(slab, whole, sizeof slab);
            if (threads == 1)
                memcpy(first, slab, sizeof first);
            ck_assert_mem_eq(slab, first, sizeof slab);
        }
}
END_TEST

START_TEST(survives_a_lack_of_memory)
{
    for (long nth = 1;; nth++) {
        qb_gradient *t = NULL;
        qb_mem_fail_at(nth, 0);
        int rc = qb_gradient_create(slab, N, params, 2, 8, 1, &t);
        qb_mem_fail_at(0, 0);
        qb_gradient_destroy(t);
        ck_assert_int_eq(qb_mem_live_blocks(), 0);
        if (rc == 0)
            break;
        ck_assert_int_eq(rc, QB_E_NOMEM);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("gradient");
    TCase *t = tcase_create("gradient");
    tcase_add_test(t, parts_are_added_in_a_tree);
    tcase_add_test(t, memory_grows_with_the_logarithm_of_the_parts);
    tcase_add_test(t, the_norm_of_the_sum_is_bounded);
    tcase_add_test(t, survives_a_lack_of_memory);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
