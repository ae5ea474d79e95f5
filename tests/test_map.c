/* The maps of the shipped solvers, and `qatbench solver plot` that draws them. */
#include "qb_test.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "quant/map.h"

#include <qatbench/solver_util.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum { N = 101 };
static const float ternary[] = {-1.0f, 0.0f, 1.0f};
static const double at[] = {1.0, 0.0, 0.5}; /* in any order */

typedef struct curves {
    float x[N], w[3 * N], hard[N];
    qb_map_levels whose;
} curves;

/* Returns the code; `spec` may carry options. */
static int compute(const char *spec_text, int bits, curves *c)
{
    qb_spec spec;
    const qb_plugin *p;
    qb_settings settings;
    ck_assert_int_eq(qb_spec_parse(spec_text, &spec), 0);
    ck_assert_msg(qb_plugin_load(spec.name, NULL, &p) == 0, "%s", qb_err_text());
    ck_assert_msg(qb_plugin_settings(p, &spec, &settings) == 0, "%s", qb_err_text());
    for (int i = 0; i < N; i++)
        c->x[i] = (float)(i - N / 2) * 0.03f;
    int rc = qb_map_compute(&(qb_map_options){.plugin = p, .settings = &settings, .bits = bits, .levels = ternary,
                                              .n_levels = 3, .n_steps = 100, .lr = 0.1},
                            at, 3, c->x, N, c->w, c->hard, &c->whose);
    qb_settings_finish(&settings);
    qb_spec_finish(&spec);
    return rc;
}

START_TEST(full_precision_is_the_identity)
{
    curves c;
    ck_assert_int_eq(compute("none", 2, &c), 0);
    ck_assert_int_eq(c.whose, QB_MAP_NONE);
    for (int i = 0; i < 3; i++)
        ck_assert_mem_eq(c.w + i * N, c.x, sizeof c.x);
}
END_TEST

START_TEST(ste_is_hard_all_along)
{
    curves c;
    ck_assert_int_eq(compute("ste", 0, &c), 0);
    ck_assert_int_eq(c.whose, QB_MAP_GIVEN);
    for (int i = 0; i < 3 * N; i++)
        ck_assert(c.w[i] == qb_nearest(ternary, 3, c.x[i % N]));
    ck_assert_mem_eq(c.hard, c.w, sizeof c.hard);
}
END_TEST

/* At half the window the sigmoid's slope is 2: w = 2 (x - 1/2) + 1/2 between 1/4 and 3/4, levels outside. */
START_TEST(parq_is_piecewise_affine)
{
    curves c;
    ck_assert_int_eq(compute("parq", 0, &c), 0);
    for (int i = 0; i < N; i++) {
        float x = c.x[i], sign = x < 0 ? -1.0f : 1.0f;
        float expected = sign * (float)qb_clamp(2.0 * (fabs((double)x) - 0.5) + 0.5, 0.0, 1.0);
        ck_assert(c.w[i] == qb_nearest(ternary, 3, x));                  /* at 1 */
        ck_assert(fabs((double)c.w[N + i] - qb_clamp((double)x, -1.0, 1.0)) < 1e-3); /* at 0 */
        ck_assert_msg(fabsf(c.w[2 * N + i] - expected) < 0.06f, "w(%g) = %g, expected about %g", (double)x,
                      (double)c.w[2 * N + i], (double)expected);
    }
}
END_TEST

START_TEST(says_which_bits_a_solver_has)
{
    curves c;
    char path[4096];
    snprintf(path, sizeof path, "%s/../tests/plugins/good.so", getenv("QATBENCH_SOLVER_PATH"));
    ck_assert_int_eq(compute(path, 3, &c), QB_E_NOT_OFFERED);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "does not support 3 bits"));
}
END_TEST

/* Whatever a solver does, it has a map at its first supported bits, and no number of it is missing. */
START_TEST(every_shipped_solver_has_one)
{
    static const int widths[] = {2, 0, 1};
    static const float levels[3][4] = {{-1.5f, -0.5f, 0.5f, 1.5f}, {-1.0f, 0.0f, 1.0f}, {-1.0f, 1.0f}};
    static const int n_levels[] = {4, 3, 2};
    qb_plugin_entry *entries;
    size_t n;
    ck_assert_int_eq(qb_plugin_list(NULL, &entries, &n), 0);
    ck_assert_uint_ge(n, 6);
    for (size_t k = 0; k < n; k++) {
        qb_settings settings;
        ck_assert_msg(entries[k].plugin != NULL, "%s", entries[k].error);
        ck_assert_int_eq(qb_settings_init(&settings, entries[k].plugin->options, entries[k].plugin->solver.n_options), 0);
        curves c;
        for (int i = 0; i < N; i++)
            c.x[i] = (float)(i - N / 2) * 0.03f;
        int rc = QB_E_NOT_OFFERED;
        for (int b = 0; b < 3 && rc == QB_E_NOT_OFFERED; b++)
            rc = qb_map_compute(&(qb_map_options){.plugin = entries[k].plugin, .settings = &settings, .bits = widths[b],
                                                  .levels = levels[b], .n_levels = n_levels[b], .n_steps = 200, .lr = 0.1},
                                at, 3, c.x, N, c.w, c.hard, &c.whose);
        ck_assert_msg(rc == 0, "%s: %s", entries[k].name, qb_err_text());
        for (int i = 0; i < 3 * N; i++)
            ck_assert_msg(isfinite(c.w[i]), "%s: w(%g) = %g", entries[k].name, (double)c.x[i % N], (double)c.w[i]);
        qb_settings_finish(&settings);
    }
    qb_plugin_list_free(entries, n);
}
END_TEST

/* ---- the verb ---- */

static char folder[64];

static void set_up(void)
{
    strcpy(folder, "/tmp/qb_map_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void tear_down(void)
{
    ck_assert_int_eq(qb_fs_remove_tree(folder), 0);
}

static const struct {
    const char *arguments;
    int status;
    const char *text; /* what it says on stdout and stderr together */
} uses[] = {
    {"none", 0, "plots/map-none-2bit.svg\nplots/map-none-2bit.png\nplots/map-none-2bit.tsv\nplots/map-none-2bit.gp\n"},
    {"ste --levels -2/0/1", 0, "plots/map-ste-ternary.png\n"},
    {"binaryrelax --levels=-1/1 -o 'my plots'", 0, "my plots/map-binaryrelax-1bit.png\n"},
    {"softquant --bits 3 --at 0.5 --steps 10 --lr 1 --range 2", 0, "plots/map-softquant-3bit.png\n"},
    {"parq --bits 8", 0, "plots/map-parq-8bit.png\n"},
    {"'par-nonconvex' --bits ternary", 0, "plots/map-par-nonconvex-ternary.png\n"},
    {"none --levels -1/1", 0, "--levels: solver 'none' quantizes nothing"},
    {"ste --levels -1/0/1/2/3", 2, "--levels: expected 3 levels or 2, 4, 8, ... 256, got 5"},
    {"ste --levels -1/1/0", 2, "--levels: expected ascending numbers"},
    {"ste --levels -1/1 --bits 2", 2, "--levels: expected 4 levels for --bits 2, got 2"},
    {"ste --at 1.5", 2, "--at: expected"},
    {"ste --at 0/0/0/0/0/0/0/0/0/0/0/0/0", 2, "--at: expected 1 to 12 fractions, got 13"},
    {"ste --steps 1", 2, "--steps: expected"},
    {"stee", 2, "did you mean 'ste'?"},
    {"'parq[steepnes=3]'", 2, "did you mean 'steepness'?"},
    {"./no.so", 66, "no.so"},
    {"ste -o /proc/nothing", 74, "/proc/nothing"},
    {"", 2, "expected SOLVER"},
};

START_TEST(draws_or_says_why_not)
{
    char line[8192], text[4096];
    const char *solvers = getenv("QATBENCH_SOLVER_PATH");
    snprintf(line, sizeof line, "cd %s && '%s/../qatbench' solver plot %s 2>&1 </dev/null", folder, solvers,
             uses[_i].arguments);
    FILE *pipe = popen(line, "r");
    ck_assert_ptr_nonnull(pipe);
    size_t n = fread(text, 1, sizeof text - 1, pipe);
    text[n] = '\0';
    int status = pclose(pipe);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == uses[_i].status, "%s: status %d: %s", uses[_i].arguments,
                  status, text);
    ck_assert_msg(strstr(text, uses[_i].text) != NULL, "%s: expected '%s' in: %s", uses[_i].arguments, uses[_i].text, text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("map");
    TCase *tc = tcase_create("map");
    tcase_add_test(tc, full_precision_is_the_identity);
    tcase_add_test(tc, ste_is_hard_all_along);
    tcase_add_test(tc, parq_is_piecewise_affine);
    tcase_add_test(tc, says_which_bits_a_solver_has);
    tcase_add_test(tc, every_shipped_solver_has_one);
    suite_add_tcase(s, tc);
    tc = tcase_create("plot");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, draws_or_says_why_not, 0, sizeof uses / sizeof uses[0]);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
