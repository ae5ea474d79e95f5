/* Schedules: reference curves (tests/golden/schedules.json runs in the golden program), worked examples, sums, refusals. */
#include "qb_test.h"

#include "base/err.h"
#include "base/mem.h"
#include "engine/schedule.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static qb_schedule *make(const char *spec, double lr, double epochs)
{
    qb_schedule *s = NULL;
    ck_assert_msg(qb_schedule_create(spec, lr, epochs, &s) == 0, "%s: %s", spec, qb_err_text());
    return s;
}

static const struct {
    const char *spec;
    double lr, epochs, epoch, want;
} points[] = {
    {"constant", 0.03, 7, 6, 0.03},
    {"constant[warmup=4]", 1, 10, 0, 0.001},
    {"constant[warmup=4,warmup_start=0.5]", 1, 10, 2, 0.75},
    {"constant[warmup=4]", 1, 10, 4, 1},
    {"multistep[milestones=80/120/150,gamma=0.1]", 0.1, 200, 0, 0.1},
    {"multistep[milestones=80/120/150,gamma=0.1]", 0.1, 200, 79, 0.1},
    {"multistep[milestones=80/120/150,gamma=0.1]", 0.1, 200, 80, 0.01},
    {"multistep[milestones=80/120/150,gamma=0.1]", 0.1, 200, 120, 0.001},
    {"multistep[milestones=80/120/150,gamma=0.1]", 0.1, 200, 199, 0.0001},
    {"multistep[milestones=100/150]", 0.1, 200, 120, 0.01},
    {"multistep[milestones=5]", 0.1, 5, 4, 0.1},
    {"step[size=30,gamma=0.1]", 0.1, 90, 29, 0.1},
    {"step[size=30,gamma=0.1]", 0.1, 90, 30, 0.01},
    {"step[size=30,gamma=0.1]", 0.1, 90, 89, 0.001},
    {"step[size=1,gamma=0.5]", 1, 3, 2, 0.25},
    {"step[size=0.001,gamma=1]", 0.1, 1e6, 999999, 0.1}, /* at once: a billion drops of nothing */
    {"step[size=0.001,gamma=0.5]", 0.1, 1e6, 999999, 0}, /* and of nothing left */
    {"cosine", 2, 8, 0, 2},
    {"cosine", 2, 8, 4, 1},
    {"cosine[min=0.5]", 2, 8, 8, 0.5},
    {"cosine[warmup=5,constant=20,min=1e-8]", 5e-4, 300, 1, 1.004e-4},
    {"cosine[warmup=5,constant=20,min=1e-8]", 5e-4, 300, 5, 5e-4},
    {"cosine[warmup=5,constant=20,min=1e-8]", 5e-4, 300, 50, 4.676872e-4},
    {"cosine[warmup=5,constant=20,min=1e-8]", 5e-4, 300, 279, 2.631289e-8},
    {"cosine[warmup=5,constant=20,min=1e-8]", 5e-4, 300, 280, 1e-8},
    {"cosine[warmup=5,constant=20,min=1e-8]", 5e-4, 300, 299, 1e-8},
    {"cosine[warmup=5,min=1e-5]", 1e-3, 300, 299, 1.002807e-5},
    {"cosine[warmup=3,constant=2]", 1, 5, 3, 0},
};

START_TEST(has_the_rates_of_the_recipes)
{
    qb_schedule *s = make(points[_i].spec, points[_i].lr, points[_i].epochs);
    double got = qb_schedule_lr_at(s, points[_i].epoch);
    ck_assert_msg(fabs(got - points[_i].want) <= 3e-7 * points[_i].want, "%s at %g: %.9g", points[_i].spec, points[_i].epoch, got);
    qb_schedule_destroy(s);
}
END_TEST

/* Drop k falls at k * size exactly, for sizes that are decimal fractions; counted in whole numbers: size = hundredths / 100. */
START_TEST(drops_fall_where_they_are_written)
{
    static const int hundredths[] = {110, 30, 7, 29, 57, 114, 230, 150, 10, 1, 333};
    static const int steps_per_epoch[] = {1, 10, 100, 30};
    for (size_t i = 0; i < sizeof hundredths / sizeof *hundredths; i++) {
        for (size_t k = 0; k < sizeof steps_per_epoch / sizeof *steps_per_epoch; k++) {
            char spec[64];
            int h = hundredths[i], per = steps_per_epoch[k];
            (void)snprintf(spec, sizeof spec, "step[size=%d.%02d,gamma=0.5,per=step]", h / 100, h % 100);
            qb_schedule *s = make(spec, 1, 1000);
            for (int step = 0; step < 10 * per * h / 100 + 200; step++) {
                int drops = 100 * step / (h * per);
                double got = qb_schedule_lr(s, step, per);
                ck_assert_msg(got == ldexp(1, -drops), "%s, step %d of %d an epoch: %g, expected %d drops", spec, step, per, got, drops);
            }
            qb_schedule_destroy(s);
        }
    }
}
END_TEST

START_TEST(multiplies_gamma_up_as_pytorch_does)
{
    qb_schedule *s = make("multistep[milestones=1/2/3]", 0.1, 5);
    ck_assert(qb_schedule_lr_at(s, 1) == 0.010000000000000002);
    ck_assert(qb_schedule_lr_at(s, 2) == 0.0010000000000000002);
    ck_assert(qb_schedule_lr_at(s, 3) == 0.00010000000000000003);
    qb_schedule_destroy(s);
}
END_TEST

START_TEST(holds_the_rate_for_an_epoch_or_moves_every_step)
{
    qb_schedule *epoch = make("cosine", 1, 4), *step = make("cosine[per=step]", 1, 4);
    for (int64_t i = 0; i < 40; i++) {
        ck_assert(qb_schedule_lr(epoch, i, 10) == qb_schedule_lr_at(epoch, (double)(i / 10)));
        ck_assert(qb_schedule_lr(step, i, 10) == qb_schedule_lr_at(epoch, (double)i / 10));
    }
    ck_assert(qb_schedule_lr(epoch, 19, 10) > qb_schedule_lr(step, 19, 10));
    qb_schedule_destroy(epoch);
    qb_schedule_destroy(step);
}
END_TEST

START_TEST(sums_the_rates_of_steps)
{
    static const char *const specs[] = {"constant", "multistep[milestones=1/3]", "cosine[warmup=2]",
                                        "cosine[warmup=2,per=step]", "step[size=2,per=step]"};
    for (size_t k = 0; k < sizeof specs / sizeof *specs; k++) {
        qb_schedule *s = make(specs[k], 0.1, 5);
        for (int64_t from = 0; from < 35; from += 4)
            for (int64_t to = from; to <= 35; to += 3) {
                double want = 0;
                for (int64_t i = from; i < to; i++)
                    want += qb_schedule_lr(s, i, 7);
                ck_assert_msg(fabs(qb_schedule_sum(s, from, to, 7) - want) < 1e-12, "%s %d..%d", specs[k], (int)from, (int)to);
            }
        qb_schedule_destroy(s);
    }
}
END_TEST

static const struct {
    const char *spec, *text; /* text: a part of the message */
} refused[] = {
    {"cosin", "unknown schedule 'cosin'"},
    {"cosine[warmpu=5]", "warmpu"},
    {"cosine[warmup=-1]", "warmup"},
    {"cosine[warmup=abc]", "warmup"},
    {"cosine[per=batch]", "per"},
    {"cosine[warmup=6,constant=5]", "warmup + constant: expected at most the run's 10 epochs, got 11"},
    {"cosine[min=1]", "min: expected at most the learning rate 0.1, got 1"},
    {"constant[warmup=11]", "warmup: expected at most the run's 10 epochs, got 11"},
    {"multistep", "milestones"},
    {"multistep[milestones=]", "milestones"},
    {"multistep[milestones=3/2]", "milestones: expected ascending epochs, got 2 after 3"},
    {"multistep[milestones=3/3]", "milestones: expected ascending epochs, got 3 after 3"},
    {"multistep[milestones=3/12]", "milestones: 12 is past the end of a run of 10 epochs"},
    {"multistep[milestones=3,gamma=0]", "gamma"},
    {"multistep[milestones=3,gamma=1.5]", "gamma"},
    {"step[size=0]", "size: expected a number from 0.001 to 1000000 (epochs), got '0'"},
    {"step[size=1e-9]", "size: expected a number from 0.001 to 1000000 (epochs), got '1e-9'"},
    {"step[size=3", "step"},
    {"", ""},
};

START_TEST(refuses_bad_specs_with_the_reason)
{
    qb_schedule *s = NULL;
    ck_assert_int_eq(qb_schedule_create(refused[_i].spec, 0.1, 10, &s), QB_E_USAGE);
    ck_assert_ptr_null(s);
    ck_assert_msg(strstr(qb_err_text(), refused[_i].text), "%s: %s", refused[_i].spec, qb_err_text());
}
END_TEST

START_TEST(refuses_bad_numbers)
{
    qb_schedule *s = NULL;
    ck_assert_int_eq(qb_schedule_create("constant", -1, 10, &s), QB_E_USAGE);
    ck_assert_int_eq(qb_schedule_create("constant", NAN, 10, &s), QB_E_USAGE);
    ck_assert_int_eq(qb_schedule_create("constant", 0.1, HUGE_VAL, &s), QB_E_USAGE);
    ck_assert_ptr_null(s);
}
END_TEST

START_TEST(suggests_the_nearest_name)
{
    qb_schedule *s = NULL;
    ck_assert_int_eq(qb_schedule_create("multistp", 0.1, 10, &s), QB_E_USAGE);
    ck_assert_ptr_nonnull(strstr(qb_err_hint_text(), "multistep"));
}
END_TEST

START_TEST(canonical_text_leaves_defaults_out)
{
    static const char *const pairs[][2] = {
        {"constant", "constant"},
        {"cosine[warmup_start=0.0010,constant=20.0,min=0,warmup=5]", "cosine[constant=20,warmup=5]"},
        {"multistep[milestones=80/120/150,gamma=0.1]", "multistep[milestones=80/120/150]"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char *text = NULL;
        ck_assert_int_eq(qb_schedule_canonical(pairs[i][0], &text), 0);
        ck_assert_str_eq(text, pairs[i][1]);
        qb_free(text);
    }
    char *text = NULL;
    ck_assert_int_eq(qb_schedule_canonical("nothing", &text), QB_E_USAGE);
    ck_assert_ptr_null(text);
}
END_TEST

START_TEST(lists_its_kinds)
{
    size_t n;
    const qb_schedule_kind *kinds = qb_schedule_kinds(&n);
    ck_assert_int_eq(n, 4);
    for (size_t i = 0; i < n; i++)
        ck_assert(kinds[i].name && kinds[i].title && kinds[i].n_options >= 3);
}
END_TEST

START_TEST(survives_short_memory)
{
    for (int n = 1;; n++) {
        long before = qb_mem_live_blocks();
        qb_schedule *s = NULL;
        qb_mem_fail_at(n, 0);
        int rc = qb_schedule_create("multistep[milestones=1/2]", 0.1, 5, &s);
        qb_mem_fail_at(0, 0);
        if (rc == 0) {
            qb_schedule_destroy(s);
            ck_assert_int_eq(qb_mem_live_blocks(), before);
            return;
        }
        ck_assert_int_eq(rc, QB_E_NOMEM);
        ck_assert_ptr_null(s);
        ck_assert_int_eq(qb_mem_live_blocks(), before);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("schedule");
    TCase *c = tcase_create("schedule");
    tcase_add_loop_test(c, has_the_rates_of_the_recipes, 0, sizeof points / sizeof *points);
    tcase_add_test(c, drops_fall_where_they_are_written);
    tcase_add_test(c, multiplies_gamma_up_as_pytorch_does);
    tcase_add_test(c, holds_the_rate_for_an_epoch_or_moves_every_step);
    tcase_add_test(c, sums_the_rates_of_steps);
    tcase_add_loop_test(c, refuses_bad_specs_with_the_reason, 0, sizeof refused / sizeof *refused);
    tcase_add_test(c, refuses_bad_numbers);
    tcase_add_test(c, suggests_the_nearest_name);
    tcase_add_test(c, canonical_text_leaves_defaults_out);
    tcase_add_test(c, lists_its_kinds);
    tcase_add_test(c, survives_short_memory);
    suite_add_tcase(s, c);
    return s;
}

QB_TEST_MAIN
