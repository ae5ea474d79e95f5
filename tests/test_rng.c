/* Random numbers: published vectors of Philox, values computed by a second implementation, fair draws. */
#include "base/rng.h"

#include "qb_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Known answers of Philox4x32-10 (Salmon et al. 2011; kat_vectors of Random123). Purpose 0 leaves the seed
 * as the key, and index, a and b reach every bit of the counter. */
static const struct {
    uint32_t counter[4], key[2], answer[4];
} vectors[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

START_TEST(gives_the_known_answers)
{
    const uint32_t *c = vectors[_i].counter, *k = vectors[_i].key;
    uint64_t a = c[1] | (uint64_t)(c[3] & 0xffff) << 32, b = c[2] | (uint64_t)(c[3] >> 16) << 32;
    qb_stream s = qb_rng_stream(k[0] | (uint64_t)k[1] << 32, 0, a, b);
    s.next = 4 * (uint64_t)c[0];
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(qb_rng_word(&s), vectors[_i].answer[i]);
}
END_TEST

/* Expected values: an implementation in another language, from the formulas of the header. */
START_TEST(keeps_its_streams)
{
    static const uint32_t shuffle[] = {0x1e91358e, 0x187439e9, 0x782cf49b, 0x63754a68, 0xe2e3f084, 0xe3b3c656};
    qb_stream s = qb_rng_stream(1, QB_RNG_SHUFFLE, 3, 4);
    for (int i = 0; i < 6; i++)
        ck_assert_uint_eq(qb_rng_word(&s), shuffle[i]);
    s = qb_rng_stream(12345, QB_RNG_AUGMENT, 7, ((uint64_t)1 << 40) + 5);
    s.next = 4;
    ck_assert_uint_eq(qb_rng_word(&s), 0x4764c37d);
    ck_assert_uint_eq(qb_rng_word(&s), 0xfe4de1d0);
    s = qb_rng_stream(7, QB_RNG_INIT, 0, 0);
    ck_assert(qb_rng_uniform(&s) == 0x1.337596635e84ep-2);
    s = qb_rng_stream(7, QB_RNG_INIT, 0, 0);
    ck_assert_double_eq_tol(qb_rng_normal(&s), 0.5715643572714135, 1e-15);
    ck_assert_uint_eq(s.next, 4);
}
END_TEST

START_TEST(keeps_its_permutations)
{
    static const uint32_t expected[] = {1, 6, 8, 4, 3, 2, 5, 9, 0, 7};
    uint32_t order[10];
    qb_stream s = qb_rng_stream(1, QB_RNG_SHUFFLE, 0, 0);
    qb_rng_permutation(&s, order, 10);
    for (int i = 0; i < 10; i++)
        ck_assert_uint_eq(order[i], expected[i]);
}
END_TEST

static const uint32_t sizes[] = {1, 2, 3, 7, 1000, 50000, 1281167};

START_TEST(permutes_one_to_one)
{
    uint32_t n = sizes[_i], *order = malloc(n * sizeof *order), *again = malloc(n * sizeof *again);
    unsigned char *seen = calloc(n, 1);
    qb_stream s = qb_rng_stream(5, QB_RNG_SHUFFLE, 9, 0), next = qb_rng_stream(5, QB_RNG_SHUFFLE, 10, 0);
    uint32_t n_bad = 0; /* counted, because a million of Check's assertions take seconds */
    qb_rng_permutation(&s, order, n);
    for (uint32_t i = 0; i < n; i++)
        n_bad += order[i] >= n || seen[order[i]]++;
    ck_assert_uint_eq(n_bad, 0);
    qb_rng_permutation(&next, again, n);
    if (n >= 1000)
        ck_assert(memcmp(order, again, n * sizeof *order) != 0);
    free(order);
    free(again);
    free(seen);
}
END_TEST

/* Chi-square with n - 1 degrees of freedom: above n + 6 sqrt(2 n) happens once in more than a million. */
START_TEST(draws_below_evenly)
{
    static const uint32_t ns[] = {1, 2, 3, 6, 10, 100};
    uint32_t n = ns[_i];
    double counts[100] = {0}, chi = 0;
    enum { DRAWS = 60000 };
    qb_stream s = qb_rng_stream(11, QB_RNG_AUGMENT, 0, 0);
    for (int i = 0; i < DRAWS; i++) {
        uint32_t v = qb_rng_below(&s, n);
        ck_assert_uint_lt(v, n);
        counts[v]++;
    }
    for (uint32_t i = 0; i < n; i++)
        chi += (counts[i] - DRAWS / (double)n) * (counts[i] - DRAWS / (double)n) / (DRAWS / (double)n);
    ck_assert_double_lt(chi, n + 6 * sqrt(2.0 * n));
}
END_TEST

/* For n = 3 * 2^30 a plain remainder would give the values below 2^30 twice as often: half of all draws. */
START_TEST(draws_below_without_bias)
{
    const uint32_t n = 3u << 30;
    int low = 0;
    enum { DRAWS = 30000 };
    qb_stream s = qb_rng_stream(12, QB_RNG_AUGMENT, 0, 0);
    for (int i = 0; i < DRAWS; i++)
        low += qb_rng_below(&s, n) < 1u << 30;
    ck_assert_double_eq_tol(low / (double)DRAWS, 1. / 3, 0.016); /* 6 standard deviations */
}
END_TEST

START_TEST(has_the_moments)
{
    enum { DRAWS = 100000 };
    double sum = 0, squares = 0, fourth = 0, uniform = 0, smallest = 1, largest = 0;
    qb_stream s = qb_rng_stream(13, QB_RNG_INIT, 1, 2), t = qb_rng_stream(13, QB_RNG_INIT, 2, 1);
    for (int i = 0; i < DRAWS; i++) {
        double z = qb_rng_normal(&s), u = qb_rng_uniform(&t);
        sum += z;
        squares += z * z;
        fourth += z * z * z * z;
        uniform += u;
        smallest = fmin(smallest, u);
        largest = fmax(largest, u);
    }
    ck_assert_double_eq_tol(sum / DRAWS, 0, 0.02);
    ck_assert_double_eq_tol(squares / DRAWS, 1, 0.03);
    ck_assert_double_eq_tol(fourth / DRAWS, 3, 0.2);
    ck_assert_double_eq_tol(uniform / DRAWS, 0.5, 0.006);
    ck_assert(smallest >= 0 && smallest < 1e-3 && largest < 1 && largest > 0.999);
}
END_TEST

/* ---- Beta(alpha, alpha) ---- */

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double arcsine(double x) { return 2 / 3.14159265358979323846 * asin(sqrt(x)); }
static double uniform_law(double x) { return x; }
static double beta2(double x) { return x * x * (3 - 2 * x); }
static double beta3(double x) { return x * x * x * (10 + x * (-15 + 6 * x)); }
static double beta4(double x) { return x * x * x * x * (35 + x * (-84 + x * (70 - 20 * x))); }

static const struct {
    double alpha;
    double (*law)(double x);
} laws[] = {{0.5, arcsine}, {1, uniform_law}, {2, beta2}, {3, beta3}, {4, beta4}};

enum { BETAS = 40000 };

/* Kolmogorov and Smirnov: sqrt(n) times the largest distance is above 2.2 once in ten thousand. */
START_TEST(beta_has_its_law)
{
    double *x = malloc(BETAS * sizeof *x), largest = 0;
    for (int i = 0; i < BETAS; i++) {
        qb_stream s = qb_rng_stream(14, QB_RNG_MIX, (uint64_t)i, (uint64_t)_i);
        x[i] = qb_rng_beta(&s, laws[_i].alpha);
        ck_assert(x[i] >= 0 && x[i] <= 1);
    }
    qsort(x, BETAS, sizeof *x, compare_doubles);
    for (int i = 0; i < BETAS; i++) {
        const double f = laws[_i].law(x[i]);
        largest = fmax(largest, fmax(f - i / (double)BETAS, (i + 1) / (double)BETAS - f));
    }
    ck_assert_double_lt(largest * sqrt(BETAS), 2.2);
    free(x);
}
END_TEST

static const double alphas[] = {0.02, 0.2, 0.4, 0.8, 1, 1.5, 10, 1000, 1e6};

/* Mean 1/2, variance 1 / (4 (2 alpha + 1)), kurtosis 3 - 6 / (2 alpha + 3). */
START_TEST(beta_has_its_moments)
{
    const double a = alphas[_i], variance = 1 / (4 * (2 * a + 1)), kurtosis = 3 - 6 / (2 * a + 3);
    double sum = 0, squares = 0, fourth = 0;
    qb_stream s = qb_rng_stream(15, QB_RNG_MIX, (uint64_t)_i, 0);
    for (int i = 0; i < BETAS; i++) {
        const double z = qb_rng_beta(&s, a) - 0.5;
        sum += z;
        squares += z * z;
        fourth += z * z * z * z;
    }
    ck_assert_double_eq_tol(sum / BETAS, 0, 5 * sqrt(variance / BETAS));
    ck_assert_double_eq_tol(squares / BETAS, variance, 5 * variance * sqrt((kurtosis - 1) / BETAS) + 1e-12);
    ck_assert_double_eq_tol(fourth / BETAS / (variance * variance), kurtosis, 0.15);
}
END_TEST

/* So small that a gamma variate itself would be 0: nearly always one of the ends, each as often. */
START_TEST(beta_of_tiny_alpha_is_a_coin)
{
    static const double tiny[] = {1e-3, 1e-9, 1e-300};
    int n_low = 0, n_high = 0;
    for (int i = 0; i < BETAS; i++) {
        qb_stream s = qb_rng_stream(16, QB_RNG_MIX, (uint64_t)i, (uint64_t)_i);
        const double x = qb_rng_beta(&s, tiny[_i]);
        ck_assert(x >= 0 && x <= 1);
        n_low += x < 1e-3;
        n_high += x > 1 - 1e-3;
    }
    ck_assert_int_gt(n_low + n_high, BETAS * 98 / 100);
    ck_assert_double_eq_tol(n_low / (double)BETAS, 0.5, 0.02);
}
END_TEST

static int compare_words(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

/* No two of (seed, purpose, epoch, sample) share a block: 2^18 blocks of 128 bits, all different. */
START_TEST(streams_do_not_meet)
{
    enum { N = 1 << 18 };
    uint32_t(*blocks)[4] = malloc(N * sizeof *blocks);
    for (uint32_t i = 0; i < N; i++) {
        qb_stream s = qb_rng_stream(i & 7, 1 + (i >> 3 & 7), i >> 6 & 63, i >> 12);
        for (int j = 0; j < 4; j++)
            blocks[i][j] = qb_rng_word(&s);
    }
    qsort(blocks, N, sizeof *blocks, compare_words);
    int n_equal = 0;
    for (int i = 1; i < N; i++)
        n_equal += memcmp(blocks[i - 1], blocks[i], sizeof *blocks) == 0;
    ck_assert_int_eq(n_equal, 0);
    free(blocks);
}
END_TEST

START_TEST(hashes_names)
{
    ck_assert(qb_fnv1a("") == 0xcbf29ce484222325u);
    ck_assert(qb_fnv1a("conv1.weight") == 0x69a29a2cee47d254u);
}
END_TEST

/* Expected values: the formula of the hash fill, worked in another language. */
START_TEST(fills_by_hash)
{
    static const float conv[] = {0x1.7141p-5f, 0x1.f61758p-3f, -0x1.e88738p-2f, 0x1.e3bba8p-3f, -0x1.0b9228p-3f};
    static const float bn[] = {0x1.e35eaap-1f, 0x1.213830p+0f, 0x1.0715b8p+0f};
    float out[5];
    qb_hash_fill("conv1.weight", 5, 0.5, 0, out);
    for (int i = 0; i < 5; i++)
        ck_assert(out[i] == conv[i]);
    qb_hash_fill("bn1.weight", 3, 0.2, 1, out);
    for (int i = 0; i < 3; i++)
        ck_assert(out[i] == bn[i]);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("rng");
    TCase *t = tcase_create("rng");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, gives_the_known_answers, 0, 3);
    tcase_add_test(t, keeps_its_streams);
    tcase_add_test(t, keeps_its_permutations);
    tcase_add_loop_test(t, permutes_one_to_one, 0, sizeof sizes / sizeof *sizes);
    tcase_add_loop_test(t, draws_below_evenly, 0, 6);
    tcase_add_test(t, draws_below_without_bias);
    tcase_add_test(t, has_the_moments);
    tcase_add_loop_test(t, beta_has_its_law, 0, sizeof laws / sizeof laws[0]);
    tcase_add_loop_test(t, beta_has_its_moments, 0, sizeof alphas / sizeof alphas[0]);
    tcase_add_loop_test(t, beta_of_tiny_alpha_is_a_coin, 0, 3);
    tcase_add_test(t, streams_do_not_meet);
    tcase_add_test(t, hashes_names);
    tcase_add_test(t, fills_by_hash);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
