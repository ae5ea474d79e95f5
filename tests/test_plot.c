#include "qb_test.h"
#include "study_fixture.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/plot.h"

#include <string.h>
#include <unistd.h>

static const qb_plot_options usual = {0};
static char dir[] = "/tmp/qb-test-plot-XXXXXX";

static void set_up(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void tear_down(void)
{
    (void)qb_fs_remove_tree(dir);
}

static bool has_gnuplot(void)
{
    return access("/usr/bin/gnuplot", X_OK) == 0;
}

/* Two seeds of each; one diverged; a name that gnuplot and TSV must be protected from. */
static qb_study *sample(void)
{
    json_t *lines = json_array();
    for (int i = 0; i < 2; i++) {
        fixture_add(lines, fixture_line("none", -1, i + 1, "done", 80 + i));
        fixture_add(lines, fixture_line("it's_{x}", 2, i + 1, "done", 70 + i));
        fixture_add(lines, fixture_line("it's_{x}", 1, i + 1, i ? "diverged" : "done", i ? -1 : 60));
    }
    qb_study *s = NULL;
    ck_assert_int_eq(qb_study_create(NULL, lines, "made up", "runs", &s), QB_OK);
    return s;
}

static char *read_file(const char *name)
{
    char path[96], *text = NULL;
    size_t n;
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_msg(qb_fs_read(path, 1 << 24, &text, &n) == QB_OK, "%s", qb_err_text());
    return text;
}

static void assert_file(const char *name, const char *wanted)
{
    char *text = read_file(name);
    ck_assert_str_eq(text, wanted);
    qb_free(text);
}

/* Writes all, whether or not gnuplot is there to draw. */
static void write_all(const qb_study *s)
{
    json_t *names = NULL;
    int rc = qb_plots_write(s, &usual, dir, &names);
    if (has_gnuplot()) {
        ck_assert_msg(rc == QB_OK, "%s", qb_err_text());
        ck_assert_uint_eq(json_array_size(names), 3);
    } else {
        ck_assert_int_eq(rc, QB_E_UNAVAILABLE);
    }
    json_decref(names);
}

START_TEST(numbers_as_golden)
{
    qb_study *s = sample();
    write_all(s);
    assert_file("accuracy-final.tsv", "# two blocks a series: series\tgroup\tseed\tx\tvalue; series\tgroup\tn\tx\tmean\tstd\n"
                                      "none\tfloat\t1\t0.920\t80\n"
                                      "none\tfloat\t2\t1.080\t81\n"
                                      "\n\n"
                                      "none\tfloat\t2\t1.000\t80.5\t0.7071067811865476\n"
                                      "\n\n"
                                      "it's_{x}\t1 bit\t1\t3.200\t60\n"
                                      "it's_{x}\t2 bits\t1\t5.320\t70\n"
                                      "it's_{x}\t2 bits\t2\t5.480\t71\n"
                                      "\n\n"
                                      "it's_{x}\t1 bit\t1\t3.200\t60\t0\n"
                                      "it's_{x}\t2 bits\t2\t5.400\t70.5\t0.7071067811865476\n");
    assert_file("accuracy-epochs.tsv", "# series\tpanel\tepoch\tmean\tlow\thigh\tn\n"
                                           "none\tfloat\t1\t70.5\t69.79289321881345\t71.20710678118655\t2\n"
                                           "none\tfloat\t2\t80.5\t79.79289321881345\t81.20710678118655\t2\n"
                                           "\n\n"
                                           "it's_{x}\t1 bit\t1\t50\tNaN\tNaN\t1\n"
                                           "it's_{x}\t1 bit\t2\t60\tNaN\tNaN\t1\n"
                                           "\n\n"
                                           "it's_{x}\t2 bits\t1\t60.5\t59.792893218813454\t61.207106781186546\t2\n"
                                           "it's_{x}\t2 bits\t2\t70.5\t69.79289321881345\t71.20710678118655\t2\n");
    qb_study_destroy(s);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

static void write_kind(const qb_study *s, const char *kind, int status)
{
    long long bit = 1;
    for (size_t k = 0; strcmp(qb_plot_kinds[k], kind) != 0; k++)
        bit <<= 1;
    json_t *names = NULL;
    int rc = qb_plots_write(s, &(qb_plot_options){.kinds = bit, .paper = "/nowhere.yaml"}, dir, &names);
    ck_assert_msg(rc == status || (status == QB_OK && rc == QB_E_UNAVAILABLE && !has_gnuplot()), "%s: %d: %s", kind, rc, qb_err_text());
    json_decref(names);
}

START_TEST(accuracy_against_bits)
{
    qb_study *s = sample();
    write_kind(s, "accuracy-bits", QB_OK);
    assert_file("accuracy-bits.tsv", "# two blocks a series: series\tbits\tseed\tvalue; series\tbits\tn\tmean\tstd; full precision: its mean\n"
                                     "it's_{x}\t1\t1\t60\n"
                                     "it's_{x}\t2\t1\t70\n"
                                     "it's_{x}\t2\t2\t71\n"
                                     "\n\n"
                                     "it's_{x}\t1\t1\t60\tNaN\n"
                                     "it's_{x}\t2\t2\t70.5\t0.7071067811865476\n"
                                     "\n\n"
                                     "none\tNaN\t2\t80.5\t0.7071067811865476\n");
    write_kind(s, "accuracy-panels", QB_OK);
    assert_file("accuracy-panels.tsv", "# series\tpanel\tepoch\tmean\tn\n"
                                       "none\tfloat\t1\t70.5\t2\nnone\tfloat\t2\t80.5\t2\n"
                                       "\n\n"
                                       "it's_{x}\t1 bit\t1\t50\t1\nit's_{x}\t1 bit\t2\t60\t1\n"
                                       "\n\n"
                                       "it's_{x}\t2 bits\t1\t60.5\t2\nit's_{x}\t2 bits\t2\t70.5\t2\n");
    write_kind(s, "paper", QB_E_NOINPUT);  /* there is no such file */
    write_kind(s, "map", QB_E_NOINPUT);    /* nor such a solver */
    write_kind(s, "times", QB_E_NOINPUT);  /* nor folders */
    write_kind(s, "schedule", QB_E_NOINPUT);
    write_kind(s, "levels", QB_OK); /* a picture that says what to run */
    qb_study_destroy(s);
}
END_TEST

/* Three solvers in two blocks, worked by hand: ranks 1 and 2, 2 and 1, 3 and 3; the critical difference is 2.343 sqrt(3 4 / 12), so
 * that one bar joins all. */
START_TEST(ranks_as_by_hand)
{
    static const double top1[3][2] = {{90, 80}, {85, 82}, {60, 50}};
    static const char *const solvers[] = {"a", "b", "c"};
    json_t *lines = json_array();
    for (int i = 0; i < 6; i++)
        fixture_add(lines, fixture_line(solvers[i / 2], 1 + i % 2, 1, "done", top1[i / 2][i % 2]));
    fixture_add(lines, fixture_line("none", -1, 1, "done", 95)); /* competes with nobody */
    qb_study *s = NULL;
    ck_assert_int_eq(qb_study_create(NULL, lines, "made up", "runs", &s), QB_OK);
    write_kind(s, "ranks", QB_OK);
    assert_file("ranks.tsv", "# two blocks: name\tmean rank; first\tlast of what does not differ\na\t1.5\nb\t1.5\nc\t3\n\n\na\tc\n");
    char *gp = read_file("ranks.gp");
    ck_assert_ptr_nonnull(strstr(gp, "set label 'critical difference 2.34'"));
    ck_assert_ptr_nonnull(strstr(gp, "2 blocks, rank 1 is best; Friedman: chi-square 3.00, p 0.22;"));
    qb_free(gp);
    qb_study_destroy(s);
    s = sample(); /* one solver has no rank */
    write_kind(s, "ranks", QB_E_NOINPUT);
    qb_study_destroy(s);
}
END_TEST

START_TEST(scripts_name_no_path_and_escape)
{
    qb_study *s = sample();
    write_all(s);
    char *first = read_file("accuracy-final.gp");
    ck_assert_ptr_null(strstr(first, dir));
    ck_assert_ptr_nonnull(strstr(first, "title 'it''s\\_\\{x\\}'"));
    ck_assert_ptr_nonnull(strstr(first, "set label '1/2' at 3.200"));
    ck_assert_ptr_nonnull(strstr(first, "set ylabel 'test top-1, last epoch (%)'"));
    write_all(s); /* again: the same bytes */
    char *second = read_file("accuracy-final.gp");
    ck_assert_str_eq(first, second);
    qb_free(first);
    qb_free(second);
    qb_study_destroy(s);
}
END_TEST

START_TEST(draws_pictures)
{
    static const char *const files[] = {"accuracy-final", "accuracy-epochs", "loss-epochs"};
    if (!has_gnuplot())
        QB_TEST_SKIP("there is no gnuplot");
    qb_study *s = sample();
    write_all(s);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%s.svg", files[i]);
        char *svg = read_file(name);
        ck_assert_ptr_nonnull(strstr(svg, "</svg>"));
        ck_assert_ptr_nonnull(strstr(svg, "resnet8 on Fashion-MNIST"));
        ck_assert_ptr_nonnull(strstr(svg, "it&#39;s_{x}") ? strstr(svg, "it&#39;s_{x}") : strstr(svg, "it's_{x}"));
        qb_free(svg);
        (void)snprintf(name, sizeof name, "%s.png", files[i]);
        char *png = read_file(name);
        ck_assert_int_eq(memcmp(png, "\x89PNG", 4), 0);
        qb_free(png);
    }
    qb_study_destroy(s);
}
END_TEST

START_TEST(one_epoch_makes_no_curve)
{
    json_t *lines = json_array();
    for (int i = 0; i < 2; i++) {
        json_t *line = fixture_line("ste", 2, i + 1, "done", 70);
        ck_assert_int_eq(json_array_remove(json_object_get(json_object_get(line, "result"), "curve"), 0), 0);
        fixture_add(lines, line);
    }
    qb_study *s = NULL;
    json_t *names = NULL;
    ck_assert_int_eq(qb_study_create(NULL, lines, "made up", "runs", &s), QB_OK);
    int rc = qb_plots_write(s, &usual, dir, &names);
    ck_assert(rc == QB_OK || (rc == QB_E_UNAVAILABLE && !has_gnuplot()));
    ck_assert_uint_eq(json_array_size(names), rc == QB_OK ? 1 : 0);
    json_decref(names);
    qb_study_destroy(s);
}
END_TEST

START_TEST(nothing_done_nothing_drawn)
{
    json_t *lines = json_array(), *names = NULL;
    fixture_add(lines, fixture_line("ste", 2, 1, "failed", -1));
    qb_study *s = NULL;
    ck_assert_int_eq(qb_study_create(NULL, lines, "made up", "runs", &s), QB_OK);
    ck_assert_int_eq(qb_plots_write(s, &usual, dir, &names), QB_E_NOINPUT);
    ck_assert_str_eq(qb_err_text(), "made up: no run is done: there is nothing to draw");
    ck_assert_ptr_null(names);
    qb_study_destroy(s);
}
END_TEST

START_TEST(without_gnuplot_says_what_to_install)
{
    qb_study *s = sample();
    json_t *names = NULL;
    ck_assert_int_eq(setenv("PATH", "/nonexistent", 1), 0);
    ck_assert_int_eq(qb_plots_write(s, &usual, dir, &names), QB_E_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(qb_err_hint_text(), "apt-get install gnuplot-nox"));
    qb_study_destroy(s);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("plot");
    TCase *tc = tcase_create("plot");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, numbers_as_golden);
    tcase_add_test(tc, accuracy_against_bits);
    tcase_add_test(tc, ranks_as_by_hand);
    tcase_add_test(tc, scripts_name_no_path_and_escape);
    tcase_add_test(tc, draws_pictures);
    tcase_add_test(tc, one_epoch_makes_no_curve);
    tcase_add_test(tc, nothing_done_nothing_drawn);
    tcase_add_test(tc, without_gnuplot_says_what_to_install);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
