#include "qb_test.h"
#include "study_fixture.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "study/report.h"

#include <string.h>
#include <unistd.h>

static char dir[] = "/tmp/qb-test-report-XXXXXX";

static void set_up(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void tear_down(void)
{
    (void)qb_fs_remove_tree(dir);
}

static const char nasty[] = "<script>alert(\"x&y\")</script>";

static qb_study *sample(const char *title)
{
    json_t *lines = json_array();
    for (int i = 0; i < 3; i++) {
        json_t *line = fixture_line("ste", 2, i + 1, "done", 80 + i);
        json_object_set_new(line, "command", json_string("qatbench train --solver ste --seed 1"));
        json_object_set_new(line, "notes", json_pack("[s]", "2 rows collapsed to a single value"));
        json_object_set_new(json_object_get(line, "data"), "warning", json_string(i < 2 ? nasty : ""));
        fixture_add(lines, line);
    }
    json_t *failed = fixture_line("parq", 2, 1, "failed", -1);
    json_object_set_new(failed, "reason", json_string(nasty));
    fixture_add(lines, failed);
    qb_study *s = NULL;
    ck_assert_msg(qb_study_create(NULL, lines, title, "runs", &s) == QB_OK, "%s", qb_err_text());
    return s;
}

static char *report(const qb_study *s, qb_doc_form form, const json_t *names)
{
    char *text = NULL;
    int rc = qb_report_create(s, form, dir, names, &text);
    ck_assert_msg(rc == QB_OK, "%s", qb_err_text());
    return text;
}

static size_t count(const char *text, const char *word)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, word)); p += strlen(word))
        n++;
    return n;
}

START_TEST(html_escapes_and_holds_everything)
{
    static const char svg[] = "<?xml version=\"1.0\"?>\n<svg><title>Gnuplot</title><defs><path id='gpPt1'/></defs>"
                              "<g id=\"gnuplot_plot_1\"><text>id='a' &lt;b&gt;</text></g><g id=\"gnuplot_plot_1\"/>"
                              "<use xlink:href='#gpPt1'/></svg>\n";
    static const char *const names[] = {"accuracy-final", "loss-epochs"};
    static const char *const paired[][2] = {{"<tr>", "</tr>"}, {"<details>", "</details>"}, {"<summary>", "</summary>"},
                                            {"<table>", "</table>"}, {"<figure>", "</figure>"}, {"<ul", "</ul>"}, {"<li>", "</li>"}};
    json_t *list = json_array();
    for (size_t i = 0; i < 2; i++) {
        char path[96];
        (void)snprintf(path, sizeof path, "%s/%s.svg", dir, names[i]);
        ck_assert_int_eq(qb_fs_write_atomic(path, svg, strlen(svg)), QB_OK);
        ck_assert_int_eq(json_array_append_new(list, json_string(names[i])), 0);
    }
    qb_study *s = sample(nasty);
    char *text = report(s, QB_DOC_HTML, list);
    ck_assert_ptr_null(strstr(text, "<script"));
    ck_assert_ptr_nonnull(strstr(text, "<title>&lt;script&gt;alert(&quot;x&amp;y&quot;)&lt;/script&gt;</title>"));
    ck_assert_ptr_nonnull(strstr(text, "81.00 ± 1.00 (3)"));
    ck_assert_ptr_nonnull(strstr(text, "2 rows collapsed to a single value (ste, seed 1; ste, seed 2; ste, seed 3)"));
    ck_assert_ptr_nonnull(strstr(text, "qatbench train --solver ste --seed 1"));
    ck_assert_ptr_nonnull(strstr(text, "Made-up CPU, avx2, threads 1, qatbench 0.1.0 (all 4 runs)"));
    ck_assert_uint_eq(count(text, "<svg"), 2);
    ck_assert_uint_eq(count(text, "id='p1-gpPt1'"), 1); /* ids of several pictures must not meet */
    ck_assert_uint_eq(count(text, "href='#p1-gpPt1'"), 1);
    ck_assert_uint_eq(count(text, "id='p2-gpPt1'"), 1);
    ck_assert_uint_eq(count(text, "<?xml"), 0);
    ck_assert_uint_eq(count(text, "Gnuplot"), 0);
    ck_assert_uint_eq(count(text, "gnuplot_plot"), 0); /* the same id twice in a picture of several panels */
    ck_assert_uint_eq(count(text, ">id='a' &lt;b&gt;<"), 2); /* texts stay as they are */
    ck_assert_uint_eq(count(text, "<svg role=\"img\" aria-label=\"Final test accuracy"), 1);
    for (size_t i = 0; i < sizeof paired / sizeof *paired; i++)
        ck_assert_msg(count(text, paired[i][0]) == count(text, paired[i][1]) && count(text, paired[i][0]) > 0, "%s", paired[i][0]);
    ck_assert_uint_eq(count(text, "<table"), count(text, "<caption>"));
    ck_assert_ptr_nonnull(strstr(text, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"));
    ck_assert_ptr_nonnull(strstr(text, "@media print"));
    ck_assert_uint_eq(count(text, "http"), 0); /* nothing is fetched */
    ck_assert_ptr_null(strstr(text, dir));
    char *again = report(s, QB_DOC_HTML, list);
    ck_assert_str_eq(text, again);
    qb_free(again);
    qb_free(text);
    json_decref(list);
    qb_study_destroy(s);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

/* Where the parts stand: a reader meets what speaks against a number before the number. */
START_TEST(warnings_come_first)
{
    static const char *const order[] = {"2 cells, 4 runs: 3 done, 1 failed.", ">Warnings<", "parq, seed 1: failed: &lt;script&gt;",
                                        "2 rows collapsed", "built from sources that differ from their commit (abc1234-dirty) (ste, seed 3)",
                                        "n &lt; 5 in 1 of 1 cells with a number", ">Results<", "81.00 ± 1.00 (3)", ">Runs<", ">Run by run<",
                                        "<summary>seed 1: failed</summary>",
                                        "<summary>ste: 81.00 ± 1.00 (3)</summary>", "<th scope=\"row\" class=\"l\">lr_schedule</th>",
                                        "<summary>seed 1: done, test top-1 80.00 %</summary>", "<span>Curve</span>",
                                        ">How to run it again<"};
    qb_study *s = sample("A study");
    ck_assert_int_eq(json_object_set_new(json_object_get(json_array_get(s->lines, 2), "build"), "git", json_string("abc1234-dirty")), 0);
    char *text = report(s, QB_DOC_HTML, NULL);
    const char *at = text;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const char *next = strstr(at, order[i]);
        ck_assert_msg(next, "%s is missing, or out of order", order[i]);
        at = next;
    }
    qb_free(text);
    qb_study_destroy(s);
}
END_TEST

/* A long curve is thinned out, and ends with its last evaluation. */
START_TEST(long_curves_are_thinned)
{
    json_t *lines = json_array(), *line = fixture_line("ste", 2, 1, "done", 80), *curve = json_array();
    for (int i = 1; i <= 101; i++)
        ck_assert_int_eq(json_array_append_new(curve, json_pack("{s:f, s:f}", "epoch", (double)i, "test_top1", i / 2.0)), 0);
    ck_assert_int_eq(json_object_set_new(json_object_get(line, "result"), "curve", curve), 0);
    fixture_add(lines, line);
    qb_study *s = NULL;
    ck_assert_int_eq(qb_study_create(NULL, lines, "A study", "runs", &s), QB_OK);
    char *text = report(s, QB_DOC_HTML, NULL);
    ck_assert_ptr_nonnull(strstr(text, "Curve, every 3. of 101 evaluations"));
    ck_assert_ptr_nonnull(strstr(text, ">101</th>"));
    ck_assert_ptr_nonnull(strstr(text, ">2</th>")); /* 101 - 33 * 3 */
    ck_assert_ptr_null(strstr(text, ">100</th>"));
    qb_free(text);
    qb_study_destroy(s);
}
END_TEST

START_TEST(markdown)
{
    json_t *list = json_pack("[s]", "accuracy-final");
    qb_study *s = sample("A study");
    char *text = report(s, QB_DOC_MARKDOWN, list);
    ck_assert(strncmp(text, "# A study\n\n", 11) == 0);
    ck_assert_ptr_nonnull(strstr(text, "| ste | 81.00 ± 1.00 (3) |\n"));
    ck_assert_ptr_nonnull(strstr(text, "](plots/accuracy-final.svg)"));
    ck_assert_ptr_nonnull(strstr(text, "    qatbench train --solver ste --seed 1\n"));
    ck_assert_ptr_nonnull(strstr(text, "| parq | 1 | failed: \\<script\\>"));
    qb_free(text);
    json_decref(list);
    qb_study_destroy(s);
}
END_TEST

START_TEST(without_pictures)
{
    qb_study *s = sample("A study");
    char *text = report(s, QB_DOC_HTML, NULL);
    ck_assert_ptr_nonnull(strstr(text, "This report has no pictures."));
    qb_free(text);
    qb_study_destroy(s);
}
END_TEST

START_TEST(survives_lack_of_memory)
{
    for (long nth = 1; nth < 5000; nth++) {
        qb_study *s = sample("A study");
        char *text = NULL;
        long before = qb_mem_live_blocks();
        qb_mem_fail_at(nth, 0);
        int rc = qb_report_create(s, QB_DOC_HTML, dir, NULL, &text);
        qb_mem_fail_at(0, 0);
        qb_json_forget_failures();
        qb_free(text);
        ck_assert_int_eq(qb_mem_live_blocks(), before);
        qb_study_destroy(s);
        if (rc == QB_OK)
            return;
        ck_assert_int_eq(rc, QB_E_NOMEM);
    }
    ck_abort_msg("never got through");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("report");
    TCase *tc = tcase_create("report");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, html_escapes_and_holds_everything);
    tcase_add_test(tc, warnings_come_first);
    tcase_add_test(tc, long_curves_are_thinned);
    tcase_add_test(tc, markdown);
    tcase_add_test(tc, without_pictures);
    tcase_add_test(tc, survives_lack_of_memory);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
