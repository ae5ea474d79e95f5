/* The loss against its closed form in double precision: mixed targets, smoothing, parts of a batch, ranks. */
#include "qb_test.h"
#include "ref_layers.h"

#include "base/err.h"
#include "engine/loss.h"

#include <math.h>

enum { N = 4, C = 7 };

static const float logits[N * C] = {1, 2, 3, 4, 5, 6, 7, /* label 6: first */
                                    5, 5, 5, 5, 5, 5, 5, /* label 1: second of equals */
                                    9, 8, 7, 6, 5, 4, 3, /* label 5: sixth */
                                    -90, 80, 1, 1, 1, 1, 1};
static const qb_target one_class[N] = {{{6, 6}, {1, 0}}, {{1, 1}, {1, 0}}, {{5, 5}, {1, 0}}, {{0, 0}, {1, 0}}};
static const qb_target mixed[N] = {{{6, 2}, {0.75F, 0.25F}}, {{1, 0}, {0.5F, 0.5F}}, {{5, 5}, {0.4F, 0.6F}}, {{0, 1}, {0, 1}}};

static qb_loss check(const qb_batch *batch)
{
    double per_image[N], wide[N * C];
    float grad[N * C];
    for (int i = 0; i < N * C; i++)
        wide[i] = (double)logits[i];
    qb_loss loss;
    qb_cross_entropy(logits, batch, C, per_image, grad, &loss);
    ck_assert_double_le(fabs(loss.sum - ref_cross_entropy(wide, batch, C)), 1e-10);
    ck_assert_int_eq(loss.n, batch->n);
    ck_assert(loss.finite);
    for (int i = 0; i < batch->n * C; i++) {
        double old = wide[i], h = 1e-5;
        wide[i] = old + h;
        double up = ref_cross_entropy(wide, batch, C);
        wide[i] = old - h;
        double down = ref_cross_entropy(wide, batch, C);
        wide[i] = old;
        ck_assert_double_le(fabs((double)grad[i] - (up - down) / (2 * h) / batch->n_whole), 1e-7);
    }
    return loss;
}

START_TEST(one_class_an_image)
{
    qb_batch batch = qb_batch_of(NULL, one_class, N);
    batch.label_smoothing = 0.15 * _i;
    qb_loss loss = check(&batch);
    ck_assert_int_eq(loss.correct, 1);
    ck_assert_int_eq(loss.correct5, 2);
}
END_TEST

/* The first label ranks, whatever its share. */
START_TEST(two_classes_an_image)
{
    qb_batch batch = qb_batch_of(NULL, mixed, N);
    batch.label_smoothing = 0.15 * _i;
    qb_loss loss = check(&batch);
    ck_assert_int_eq(loss.correct, 1);
    ck_assert_int_eq(loss.correct5, 2);
}
END_TEST

/* A label with share 1 is all that counts: the other one changes no bit. */
START_TEST(a_share_of_nothing_is_nothing)
{
    qb_target other[N];
    float want[N * C], got[N * C];
    double per_image[N];
    qb_loss a, b;
    for (int i = 0; i < N; i++)
        other[i] = (qb_target){{one_class[i].label[0], (one_class[i].label[0] + 3) % C}, {1, 0}};
    qb_batch batch = qb_batch_of(NULL, one_class, N);
    batch.label_smoothing = 0.1;
    qb_cross_entropy(logits, &batch, C, per_image, want, &a);
    batch.targets = other;
    qb_cross_entropy(logits, &batch, C, per_image, got, &b);
    ck_assert_mem_eq(want, got, sizeof want);
    ck_assert(a.sum == b.sum);
}
END_TEST

/* Images at 1 and 3 of four: their own targets, and a divisor of four. */
START_TEST(a_part_has_its_own_targets)
{
    qb_batch batch = qb_batch_of(NULL, mixed, N);
    batch.n = 2;
    batch.first = 1;
    batch.stride = 2;
    batch.label_smoothing = 0.1;
    check(&batch);
}
END_TEST

START_TEST(says_when_a_logit_is_not_finite)
{
    const float bad[3] = {0, INFINITY, 1};
    const qb_target y = qb_target_of(0);
    qb_batch batch = qb_batch_of(NULL, &y, 1);
    double per_image;
    qb_loss loss;
    qb_cross_entropy(bad, &batch, 3, &per_image, NULL, &loss);
    ck_assert(!loss.finite);
    ck_assert_int_eq(loss.correct5, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("loss");
    TCase *t = tcase_create("loss");
    tcase_add_loop_test(t, one_class_an_image, 0, 3);
    tcase_add_loop_test(t, two_classes_an_image, 0, 3);
    tcase_add_test(t, a_share_of_nothing_is_nothing);
    tcase_add_test(t, a_part_has_its_own_targets);
    tcase_add_test(t, says_when_a_logit_is_not_finite);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
