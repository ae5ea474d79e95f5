/* What transforms draw: the order of the numbers, and how often what happens, against closed forms and integrals. */
#include "qb_test.h"

#include <math.h>
#include <string.h>

#include "datasets/draws.h"
#include "image/erase.h"

enum { DRAWS = 60000 };

static qb_stream stream_of(uint32_t purpose, uint64_t i)
{
    return qb_rng_stream(21, purpose, i % 300, i / 300);
}

/* Of a share that should be p: within 5 standard deviations. */
static void check_share(const char *what, double count, double n, double p)
{
    const double deviation = sqrt(p * (1 - p) / n);
    ck_assert_msg(fabs(count / n - p) < 5 * deviation, "%s: %g of %g, wanted %g", what, count, n, p);
}

/* ---- RandomResizedCrop ---- */

START_TEST(crop_takes_its_numbers_in_order)
{
    for (uint64_t i = 0; i < 50; i++) {
        qb_stream a = stream_of(QB_RNG_CROP, i), b = a;
        const qb_crop_draw draw = qb_draw_crop(&a);
        for (int k = 0; k < QB_CROP_ATTEMPTS; k++) {
            ck_assert(draw.attempts[k][0] == qb_rng_uniform(&b));
            ck_assert(draw.attempts[k][1] == qb_rng_uniform(&b));
        }
        ck_assert(draw.top == qb_rng_uniform(&b));
        ck_assert(draw.left == qb_rng_uniform(&b));
        ck_assert(a.next == b.next);
    }
}
END_TEST

/* Of an attempt on a large image: how likely it fits, by going over a grid of both numbers. */
static double crop_acceptance(int h, int w)
{
    enum { GRID = 1000 };
    int n = 0;
    for (int i = 0; i < GRID; i++)
        for (int j = 0; j < GRID; j++) {
            const double area = (0.08 + 0.92 * (i + 0.5) / GRID) * h * w, log_ratio = log(3.0 / 4) + (j + 0.5) / GRID * 2 * log(4.0 / 3);
            n += sqrt(area * exp(log_ratio)) <= w + 0.5 && sqrt(area / exp(log_ratio)) <= h + 0.5;
        }
    return n / ((double)GRID * GRID);
}

static const int sizes[][2] = {{400, 400}, {300, 700}, {700, 300}};

START_TEST(crops_fit_as_often_as_they_should)
{
    static const qb_crop_range range = {.area = {0.08, 1}, .ratio = {3.0 / 4, 4.0 / 3}};
    const int h = sizes[_i][0], w = sizes[_i][1];
    const double p = crop_acceptance(h, w);
    double firsts = 0, seconds = 0, lefts = 0, n_left = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        qb_stream s = stream_of(QB_RNG_CROP, i);
        const qb_crop_draw draw = qb_draw_crop(&s);
        int attempt;
        const qb_box box = qb_crop_random(&range, h, w, &draw, &attempt);
        ck_assert(box.left >= 0 && box.top >= 0 && box.width >= 1 && box.height >= 1 && box.left + box.width <= w && box.top + box.height <= h);
        firsts += attempt == 0;
        seconds += attempt == 1;
        if (attempt >= 0 && box.width < w) {
            lefts += (box.left + 0.5) / (w - box.width + 1);
            n_left++;
        }
    }
    check_share("first attempts", firsts, DRAWS, p);
    check_share("second attempts", seconds, DRAWS, p * (1 - p));
    ck_assert_double_eq_tol(lefts / n_left, 0.5, 5 * sqrt(1.0 / 12 / n_left));
}
END_TEST

/* ---- RandAugment ---- */

/* The numbers of an image, taken one by one. */
START_TEST(operations_take_their_numbers_in_order)
{
    for (uint64_t i = 0; i < 2000; i++) {
        qb_stream a = stream_of(QB_RNG_OPERATIONS, i), b = a;
        qb_drawn_operation got[QB_DRAWN_OPERATIONS];
        const int n = qb_draw_operations(&a, got);
        int k = 0;
        for (int j = 0; j < QB_DRAWN_OPERATIONS; j++) {
            const qb_operation op = (qb_operation)(qb_rng_below(&b, 15) + 1);
            const bool applies = qb_rng_uniform(&b) <= 0.5;
            double m = 9 + 0.5 * qb_rng_normal(&b);
            m = m < 0 ? 0 : m > 10 ? 10 : m;
            const bool is_negated = qb_rng_uniform(&b) > 0.5;
            if (!applies)
                continue;
            ck_assert_int_lt(k, n);
            ck_assert(got[k].op == op && got[k].argument == qb_operation_argument(op, m, is_negated));
            k++;
        }
        ck_assert_int_eq(k, n);
    }
}
END_TEST

START_TEST(operations_come_as_often_as_they_should)
{
    double n_applied[QB_DRAWN_OPERATIONS + 1] = {0}, counts[QB_N_OPERATIONS + 1] = {0}, n = 0, same = 0, chi = 0;
    double degrees = 0, n_rotations = 0, n_left = 0, n_largest = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        qb_drawn_operation ops[QB_DRAWN_OPERATIONS];
        qb_stream s = stream_of(QB_RNG_OPERATIONS, i);
        const int applied = qb_draw_operations(&s, ops);
        n_applied[applied]++;
        same += applied == 2 && ops[0].op == ops[1].op;
        for (int k = 0; k < applied; k++) {
            counts[ops[k].op]++;
            n++;
            if (ops[k].op == QB_ROTATE) {
                degrees += fabs(ops[k].argument);
                n_left += ops[k].argument > 0;
                n_largest += fabs(ops[k].argument) == 30;
                n_rotations++;
            }
        }
    }
    check_share("no operation", n_applied[0], DRAWS, 0.25);
    check_share("one operation", n_applied[1], DRAWS, 0.5);
    check_share("the same twice", same, n_applied[2], 1.0 / QB_N_OPERATIONS); /* with replacement */
    for (int op = 1; op <= QB_N_OPERATIONS; op++)
        chi += (counts[op] - n / QB_N_OPERATIONS) * (counts[op] - n / QB_N_OPERATIONS) / (n / QB_N_OPERATIONS);
    ck_assert_double_lt(chi, QB_N_OPERATIONS + 6 * sqrt(2.0 * QB_N_OPERATIONS));
    check_share("not negated", n_left, n_rotations, 0.5);
    /* A normal variate cut at two deviations: beyond with 0.02275, mean 9 - 0.5 (density at 2 - 2 * 0.02275). */
    check_share("largest magnitude", n_largest, n_rotations, 0.022750132);
    ck_assert_double_eq_tol(degrees / n_rotations / 3, 9 - 0.5 * (0.053990967 - 2 * 0.022750132), 5 * 0.5 / sqrt(n_rotations));
}
END_TEST

/* ---- RandomErasing ---- */

/* Of one attempt on (h, w): how likely it fits, and the mean share of the area of those that do. */
static double erase_acceptance(int h, int w, double *ret_mean_area)
{
    enum { GRID = 1000 };
    double n = 0, area = 0;
    for (int i = 0; i < GRID; i++)
        for (int j = 0; j < GRID; j++) {
            int eh, ew;
            const double share = 0.02 + (i + 0.5) / GRID * (1.0 / 3 - 0.02), log_ratio = log(0.3) * (1 - 2 * (j + 0.5) / GRID);
            if (qb_erase_size(h, w, share, log_ratio, &eh, &ew)) {
                n++;
                area += (double)eh * ew / ((double)h * w);
            }
        }
    *ret_mean_area = area / n;
    return n / ((double)GRID * GRID);
}

static const int erased[][2] = {{224, 224}, {32, 32}, {40, 224}, {7, 200}, {1, 1}};

START_TEST(rectangles_come_as_often_as_they_should)
{
    const int h = erased[_i][0], w = erased[_i][1];
    double mean_area, n = 0, area = 0, squares = 0, tops = 0, bins[10] = {0}, n_bins = 0;
    const double p = erase_acceptance(h, w, &mean_area), some = 1 - pow(1 - p, 10);
    for (uint64_t i = 0; i < DRAWS; i++) {
        qb_box r;
        qb_stream s = stream_of(QB_RNG_ERASE, i);
        if (!qb_draw_rectangle(&s, h, w, &r))
            continue;
        ck_assert(r.left >= 0 && r.top >= 0 && r.height >= 0 && r.width >= 0 && r.height < h && r.width < w);
        ck_assert(r.left + r.width <= w && r.top + r.height <= h);
        const double share = (double)r.height * r.width / ((double)h * w), at = (r.left + 0.5) / (w - r.width + 1);
        n++;
        area += share;
        squares += share * share;
        tops += (r.top + 0.5) / (h - r.height + 1);
        if (w - r.width > 50) { /* fine enough for ten bins */
            bins[(int)(10 * at)]++;
            n_bins++;
        }
    }
    check_share("erased", n, DRAWS, 0.25 * some);
    if (some == 0)
        return;
    const double variance = squares / n - area / n * (area / n);
    ck_assert_double_eq_tol(area / n, mean_area, 5 * sqrt(variance / n) + 1e-4); /* the grid's own error */
    ck_assert_double_eq_tol(tops / n, 0.5, 5 * sqrt(1.0 / 12 / n));
    for (int k = 0; n_bins > 1000 && k < 10; k++)
        ck_assert_double_eq_tol(bins[k] / n_bins, 0.1, 5 * sqrt(0.09 / n_bins) + 0.01);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("draws");
    TCase *tc = tcase_create("draws");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, crop_takes_its_numbers_in_order);
    tcase_add_loop_test(tc, crops_fit_as_often_as_they_should, 0, sizeof sizes / sizeof sizes[0]);
    tcase_add_test(tc, operations_take_their_numbers_in_order);
    tcase_add_test(tc, operations_come_as_often_as_they_should);
    tcase_add_loop_test(tc, rectangles_come_as_often_as_they_should, 0, sizeof erased / sizeof erased[0]);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
