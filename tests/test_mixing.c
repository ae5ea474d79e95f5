/* MixUp and CutMix of batches: against a second copy of the batch, image by image; and what is drawn, how often. */
#include "qb_test.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "train/mixing.h"

enum { C = 3, H = 6, W = 9, IMAGE = C * H * W, MAX_N = 17 };

static const struct {
    qb_mixing mixing;
    int n;
} batches[] = {
    {{0.8, 1, 1}, 16}, {{0.8, 1, 0}, 16}, {{0.8, 1, 4}, 16}, {{0.8, 1, 4}, 14}, {{0.2, 0, 3}, 17}, {{0, 0.5, 3}, 17},
    {{0.8, 1, 1}, 1},  {{1, 0, 8}, 3},    {{0, 1, 8}, 9},    {{0.8, 1, 2}, 2},
};

START_TEST(mixes_each_with_the_one_before)
{
    const qb_mixing *m = &batches[_i].mixing;
    const int n = batches[_i].n, parts = m->parts > 1 ? m->parts : 1;
    static float before[MAX_N * IMAGE], after[MAX_N * IMAGE], spare[IMAGE];
    qb_target targets[MAX_N];
    for (int64_t step = 0; step < 60; step++) {
        qb_stream s = qb_rng_stream(1, QB_RNG_SYNTHETIC, (uint64_t)step, 0);
        for (int i = 0; i < n * IMAGE; i++)
            before[i] = (float)qb_rng_normal(&s);
        memcpy(after, before, sizeof before);
        for (int i = 0; i < n; i++)
            targets[i] = qb_target_of(100 + i);
        qb_mix_batch(m, 9, step, n, C, H, W, after, targets, spare);
        for (int i = 0; i < n; i++) {
            const int part = i % parts;
            int partner = i - parts;
            if (partner < 0) { /* the last of the part */
                partner = i;
                while (partner + parts < n)
                    partner += parts;
            }
            const qb_mixture x = qb_mix_draw(m, 9, step, part, H, W);
            const float ours = (float)x.share, theirs = (float)(1 - x.share);
            ck_assert(targets[i].label[0] == 100 + i && targets[i].label[1] == 100 + partner);
            ck_assert(targets[i].share[0] == ours && targets[i].share[1] == theirs);
            ck_assert_double_eq_tol((double)ours + (double)theirs, 1, 1e-6);
            for (int k = 0; k < IMAGE; k++) {
                const int px = k % W, py = k / W % H;
                const float own = before[i * IMAGE + k], other = before[partner * IMAGE + k];
                const bool inside = px >= x.box.left && px < x.box.left + x.box.width && py >= x.box.top && py < x.box.top + x.box.height;
                volatile float a = theirs * other, b = ours * own;
                ck_assert(after[i * IMAGE + k] == (x.is_cut ? inside ? other : own : a + b));
            }
        }
    }
}
END_TEST

START_TEST(draws_a_part_at_a_time)
{
    static const qb_mixing m = {.mixup = 0.8, .cutmix = 1, .parts = 8};
    const qb_mixture a = qb_mix_draw(&m, 1, 5, 2, 224, 224), b = qb_mix_draw(&m, 1, 5, 2, 224, 224);
    ck_assert(a.is_cut == b.is_cut && a.share == b.share && memcmp(&a.box, &b.box, sizeof a.box) == 0);
    ck_assert(qb_mix_draw(&m, 1, 5, 3, 224, 224).share != a.share);
    ck_assert(qb_mix_draw(&m, 1, 6, 2, 224, 224).share != a.share);
    ck_assert(qb_mix_draw(&m, 2, 5, 2, 224, 224).share != a.share);
}
END_TEST

static const struct {
    qb_mixing mixing;
    double cuts; /* probability */
} choices[] = {{{0.8, 1, 1}, 0.5}, {{0.8, 0, 1}, 0}, {{0, 1, 1}, 1}};

/* Cut shares: alpha 1 is uniform, and what the label gets is what is left of the image, which the edges make more. Sums: the
 * moments of Beta(0.8, 0.8), variance 1 / (4 (2 alpha + 1)). */
START_TEST(draws_as_often_as_it_should)
{
    enum { DRAWS = 40000, SIDE = 224 };
    double n_cut = 0, n_up = 0, sum = 0, squares = 0, cut_sum = 0, want_cut = 0;
    for (int i = 0; i < DRAWS; i++) {
        const qb_mixture x = qb_mix_draw(&choices[_i].mixing, 3, i, i % 3, SIDE, SIDE);
        ck_assert(x.share >= 0 && x.share <= 1);
        if (x.is_cut) {
            ck_assert(x.box.left >= 0 && x.box.top >= 0 && x.box.left + x.box.width <= SIDE && x.box.top + x.box.height <= SIDE);
            ck_assert_double_eq(x.share, 1 - (double)x.box.width * x.box.height / (SIDE * SIDE));
            n_cut++;
            cut_sum += x.share;
        } else {
            n_up++;
            sum += x.share - 0.5;
            squares += (x.share - 0.5) * (x.share - 0.5);
        }
    }
    ck_assert_double_eq_tol(n_cut / DRAWS, choices[_i].cuts, 5 * sqrt(0.25 / DRAWS));
    ck_assert(choices[_i].cuts > 0 || n_cut == 0);
    ck_assert(choices[_i].cuts < 1 || n_up == 0);
    if (n_up > 0) {
        ck_assert_double_eq_tol(sum / n_up, 0, 5 * sqrt(1 / (4 * 2.6) / n_up));
        ck_assert_double_eq_tol(squares / n_up, 1 / (4 * 2.6), 0.002);
    }
    /* A side of length r (of 1) about a uniform centre, cut at the edges, is r - r^2 / 4 on average; both sides are
     * independent, and r^2 = 1 - share is uniform: integral of (r - r^2 / 4)^2 2 r dr from 0 to 1 = 1/2 - 1/5 + 1/48. */
    want_cut = 1 - (0.5 - 0.2 + 1.0 / 48);
    if (n_cut > 0)
        ck_assert_double_eq_tol(cut_sum / n_cut, want_cut, 0.01);
}
END_TEST

START_TEST(is_off_at_zero)
{
    ck_assert(!qb_mixing_is_on(&(qb_mixing){.parts = 4}));
    ck_assert(qb_mixing_is_on(&(qb_mixing){.mixup = 0.1}));
    ck_assert(qb_mixing_is_on(&(qb_mixing){.cutmix = 0.1}));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("mixing");
    TCase *tc = tcase_create("mixing");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, mixes_each_with_the_one_before, 0, sizeof batches / sizeof batches[0]);
    tcase_add_test(tc, draws_a_part_at_a_time);
    tcase_add_loop_test(tc, draws_as_often_as_it_should, 0, sizeof choices / sizeof choices[0]);
    tcase_add_test(tc, is_off_at_zero);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
