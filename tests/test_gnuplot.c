/* Pictures: the four files, a script that draws again, texts that gnuplot must not read as its own. */
#include "qb_test.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "study/gnuplot.h"

#include <stdio.h>
#include <string.h>

static char folder[64];

static void set_up(void)
{
    strcpy(folder, "/tmp/qb_gnuplot_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void tear_down(void)
{
    setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
    ck_assert_int_eq(qb_fs_remove_tree(folder), 0);
}

static char *read_file(const char *name, size_t *ret_n)
{
    char *path = qb_path_join(folder, name), *text = NULL;
    ck_assert_msg(qb_fs_read(path, 1 << 24, &text, ret_n) == 0, "%s", qb_err_text());
    qb_free(path);
    return text;
}

static void check_starts(const char *name, const char *magic, size_t n_magic)
{
    size_t n;
    char *bytes = read_file(name, &n);
    ck_assert_uint_gt(n, 1000);
    ck_assert_msg(memcmp(bytes, magic, n_magic) == 0, "%s is not what its name says", name);
    qb_free(bytes);
}

static int write_one(const char *commands)
{
    char dir[80];
    snprintf(dir, sizeof dir, "%s/a b/plots", folder);
    return qb_picture_write(&(qb_picture){.dir = dir, .name = "line", .tsv = "x\ty\n0\t1\n1\t\n2\tNaN\n3\t4\n4\t5\n",
                                          .commands = commands, .width = 320, .height = 240});
}

START_TEST(writes_four_files)
{
    size_t n;
    ck_assert_msg(write_one("plot 'line.tsv' using 1:2 with linespoints title columnheader\n") == 0, "%s", qb_err_text());
    check_starts("a b/plots/line.png", "\x89PNG", 4);
    check_starts("a b/plots/line.svg", "<?xml", 5);
    char *svg = read_file("a b/plots/line.svg", &n);
    ck_assert_ptr_nonnull(strstr(svg, "</svg>"));
    qb_free(svg);
    char *tsv = read_file("a b/plots/line.tsv", &n);
    ck_assert_str_eq(tsv, "x\ty\n0\t1\n1\t\n2\tNaN\n3\t4\n4\t5\n");
    qb_free(tsv);
}
END_TEST

START_TEST(the_script_draws_again)
{
    size_t n, n_again;
    ck_assert_int_eq(write_one("plot 'line.tsv' using 1:2 with lines notitle\n"), 0);
    char *png = read_file("a b/plots/line.png", &n), line[160];
    snprintf(line, sizeof line, "cd '%s/a b/plots' && rm line.png && gnuplot line.gp", folder);
    ck_assert_int_eq(system(line), 0);
    char *again = read_file("a b/plots/line.png", &n_again);
    ck_assert_uint_eq(n, n_again);
    ck_assert_mem_eq(png, again, n);
    qb_free(png);
    qb_free(again);
}
END_TEST

START_TEST(several_panels)
{
    ck_assert_msg(write_one("set multiplot layout 1,2\nplot 'line.tsv' using 1:2 notitle\nplot \\\n  x, \\\n  2*x\n"
                            "unset multiplot\n") == 0,
                  "%s", qb_err_text());
    check_starts("a b/plots/line.png", "\x89PNG", 4);
}
END_TEST

START_TEST(passes_gnuplots_complaint_on)
{
    ck_assert_int_eq(write_one("plot 'nothing.tsv'\n"), QB_E_FAILED);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "a b/plots/line.gp: "));
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "nothing.tsv"));
}
END_TEST

START_TEST(says_how_to_get_gnuplot)
{
    size_t n;
    setenv("PATH", folder, 1);
    ck_assert_int_eq(write_one("plot x\n"), QB_E_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(qb_err_hint_text(), "apt-get install gnuplot-nox"));
    qb_free(read_file("a b/plots/line.gp", &n));
    qb_free(read_file("a b/plots/line.tsv", &n));
}
END_TEST

START_TEST(texts_are_shown_as_they_are)
{
    qb_str s = {0};
    size_t n;
    qb_str_add(&s, "set title ");
    qb_gnuplot_add_string(&s, "a_b^c {d} 'e' @f & g ~h \\ 50%");
    qb_str_add(&s, "\nplot x notitle\n");
    ck_assert_str_eq(s.text, "set title 'a\\_b\\^c \\{d\\} ''e'' \\@f \\& g \\~h \\\\ 50%'\nplot x notitle\n");
    ck_assert_msg(write_one(s.text) == 0, "%s", qb_err_text());
    char *svg = read_file("a b/plots/line.svg", &n);
    ck_assert_ptr_nonnull(strstr(svg, "a_b^c {d} 'e' @f &amp; g ~h \\ 50%"));
    qb_free(svg);
    qb_str_finish(&s);
}
END_TEST

/* Texts are TeX in the form for LaTeX alone; names of files, colours, dashes and formats of numbers stay, fonts are TeX commands. */
START_TEST(writes_texts_as_tex)
{
    qb_str s = {0};
    qb_str_add(&s, "set title ");
    qb_gnuplot_add_string(&s, "a_b^c {d} 'e' @f & g ~h \\ 50% #1 $2");
    qb_str_add(&s, " font ',11'\nset format y '%g'\nset format '%g'\nplot 'line.tsv' using 1:2 with lines lc rgb '#d8d8d8' dt '-' title 'x %'\n");
    const qb_picture p = {.dir = folder, .name = "tex", .tsv = "x\ty\n1\t2\n2\t3\n", .commands = s.text, .width = 192, .height = 96,
                          .forms = QB_PICTURE_TIKZ | QB_PICTURE_PDF};
    (void)qb_picture_write(&p); /* there is no line.tsv: the script is what counts */
    size_t n;
    char *gp = read_file("tex.gp", &n);
    static const char *const wanted[] = {
        "# 'gnuplot tex.gp' in this folder draws tex.pdf and tex.tikz from tex.tsv.\n",
        "do for [format in 'pdf'] {\nif (format eq 'pdf') {\n    set terminal pdfcairo size 2.0000in,1.0000in ",
        "set title 'a\\_b\\^c \\{d\\} ''e'' \\@f \\& g \\~h \\\\ 50% #1 $2' font ',11'\n",
        "}\nset terminal tikz size 2.0000in,1.0000in\nset output 'tex.tikz'\n",
        "set title 'a\\_b\\textasciicircum{}c \\{d\\} ''e'' @f \\& g \\textasciitilde{}h \\textbackslash{} 50\\% \\#1 \\$2' font '\\footnotesize'\n"
        "set format y '%g'\nset format '%g'\nplot 'line.tsv' using 1:2 with lines lc rgb '#d8d8d8' dt '-' title 'x \\%'\n",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        ck_assert_msg(strstr(gp, wanted[i]), "%s: %s", wanted[i], gp);
    qb_free(gp);
    qb_str_finish(&s);
}
END_TEST

START_TEST(draws_the_forms_asked_for)
{
    static const struct {
        long long forms;
        const char *names;
    } ways[] = {{0, "tsv gp svg png"}, {QB_PICTURE_PDF, "tsv gp pdf"}, {QB_PICTURE_TIKZ, "tsv gp tikz"}, {QB_PICTURE_SVG, "tsv gp svg"},
                {QB_PICTURE_SVG | QB_PICTURE_PNG | QB_PICTURE_PDF | QB_PICTURE_TIKZ, "tsv gp svg png pdf tikz"}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char *dir = qb_sprintf("%s/%zu", folder, i);
        const qb_picture p = {.dir = dir, .name = "a", .tsv = "x\ty\n1\t2\n2\t3\n", .commands = "plot 'a.tsv' using 1:2 with lines title 'a'\n",
                              .width = 300, .height = 200, .forms = ways[i].forms};
        ck_assert_msg(qb_picture_write(&p) == 0, "%s", qb_err_text());
        char **names = NULL;
        size_t n = 0, n_wanted = 1;
        ck_assert_int_eq(qb_fs_list(dir, &names, &n), 0);
        for (const char *c = ways[i].names; *c; c++)
            n_wanted += *c == ' ';
        ck_assert_uint_eq(n, n_wanted);
        for (size_t k = 0; k < n; k++)
            ck_assert_msg(strstr(ways[i].names, names[k] + 2), "%s", names[k]);
        qb_fs_free_names(names, n);
        qb_free(dir);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("gnuplot");
    TCase *tc = tcase_create("gnuplot");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, writes_four_files);
    tcase_add_test(tc, the_script_draws_again);
    tcase_add_test(tc, several_panels);
    tcase_add_test(tc, writes_texts_as_tex);
    tcase_add_test(tc, draws_the_forms_asked_for);
    tcase_add_test(tc, passes_gnuplots_complaint_on);
    tcase_add_test(tc, says_how_to_get_gnuplot);
    tcase_add_test(tc, texts_are_shown_as_they_are);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
