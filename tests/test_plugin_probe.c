/* Questions to a plugin before there is a run: put in a process of their own, and once. */
#include "qb_test.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "quant/plugin_probe.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void load(const char *spec_text, const qb_plugin **ret_plugin, qb_settings *ret_settings)
{
    char *dir = qb_program_dir(), *plugins = qb_sprintf("%s/plugins:%s/../solvers", dir, dir);
    qb_spec spec;
    ck_assert_int_eq(qb_spec_parse(spec_text, &spec), 0);
    ck_assert_msg(qb_plugin_load(spec.name, plugins, ret_plugin) == 0, "%s", qb_err_text());
    ck_assert_msg(qb_plugin_settings(*ret_plugin, &spec, ret_settings) == 0, "%s", qb_err_text());
    qb_spec_finish(&spec);
    qb_free(plugins);
    qb_free(dir);
}

static const struct {
    const char *spec;
    int bits;
    const char *granularity;
    int code;
    const char *text; /* how it begins */
} questions[] = {
    {"ste", 2, "tensor", QB_OK, ""},
    {"ttq", 0, "row", QB_OK, ""},
    {"ttq", 2, "row", QB_E_NOT_OFFERED, "solver 'ttq' does not support 2 bits per row: "},
    {"dorefa", 0, "tensor", QB_E_NOT_OFFERED, "solver 'dorefa' does not support ternary weights per tensor: "},
    {"refuses_all", 1, "block", QB_E_NOT_OFFERED, "solver 'refuses_all' does not support 1 bit per block: not now"},
    {"no_reason", 5, "row", QB_E_NOT_OFFERED, "solver 'no_reason' does not support 5 bits per row: it gives no reason"},
    {"softquant[tau_start=5,tau_end=5]", 2, "row", QB_E_CONFIG, "softquant[tau_end=5,tau_start=5]: these options do not go together: "},
    {"crash_in_supports", 2, "row", QB_E_FAILED, "solver 'crash_in_supports': supports was killed by signal 11 (plugin crashed?)"},
    {"exits_in_supports", 2, "row", QB_E_FAILED, "solver 'exits_in_supports': supports failed: it called _exit(3)"},
    {"sighup_in_supports", 2, "row", QB_OK, ""}, /* a request to stop is the parent's to heed */
    {"sigint_in_supports", 2, "row", QB_OK, ""},
    {"sigterm_in_supports", 2, "row", QB_OK, ""},
    {"sigusr1_in_supports", 2, "row", QB_OK, ""},
    {"sigusr2_in_supports", 2, "row", QB_OK, ""},
    {"sigxcpu_in_supports", 2, "row", QB_OK, ""},
};

START_TEST(answers)
{
    const qb_plugin *p;
    qb_settings settings;
    load(questions[_i].spec, &p, &settings);
    for (int k = 0; k < 2; k++) { /* asked, and remembered */
        qb_err_clear();
        ck_assert_int_eq(qb_plugin_supports(p, &settings, questions[_i].bits, questions[_i].granularity), questions[_i].code);
        ck_assert_int_eq(qb_err_code(), questions[_i].code);
        ck_assert_msg(qb_starts_with(qb_err_text(), questions[_i].text), "%s", qb_err_text());
        ck_assert((qb_err_hint_text()[0] != '\0') == (questions[_i].code == QB_E_CONFIG));
    }
    qb_settings_finish(&settings);
}
END_TEST

static long n_asked(const char *file)
{
    char *bytes;
    size_t n;
    ck_assert_int_eq(qb_fs_read(file, 1 << 20, &bytes, &n), 0);
    qb_free(bytes);
    return (long)n;
}

START_TEST(every_question_is_put_once)
{
    char file[] = "/tmp/qb_questions_XXXXXX";
    int fd = mkstemp(file);
    ck_assert_int_ge(fd, 0);
    close(fd);
    setenv("QB_TEST_QUESTIONS", file, 1);
    const qb_plugin *p;
    qb_settings settings, other;
    load("counts_questions", &p, &settings);
    load("counts_questions[strength=2]", &p, &other);
    const struct {
        const qb_settings *settings;
        int bits;
        const char *granularity;
        long n; /* asked so far */
    } rows[] = {{&settings, 2, "tensor", 1}, {&settings, 2, "tensor", 1}, {&settings, 3, "tensor", 2}, {&settings, 2, "row", 3},
                {&other, 2, "row", 4},       {&settings, 2, "tensor", 4}, {&other, 2, "row", 4}};
    long blocks = qb_mem_live_blocks();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_int_eq(qb_plugin_supports(p, rows[i].settings, rows[i].bits, rows[i].granularity), 0);
        ck_assert_int_eq(n_asked(file), rows[i].n);
    }
    ck_assert_int_eq(qb_mem_live_blocks(), blocks);
    qb_settings_finish(&settings);
    qb_settings_finish(&other);
    (void)unlink(file);
}
END_TEST

/* own_levels is given up by bind, or kept. */
START_TEST(bind_tells_the_capabilities)
{
    static const struct {
        const char *spec;
        uint32_t own;
    } rows[] = {{"recorder[own_levels=true]", QB_CAP_OWN_LEVELS}, {"recorder", 0}, {"recorder[trouble=fail_create]", QB_CAP_OWN_LEVELS},
                {"crash_when_asked", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const qb_plugin *p;
        qb_settings settings;
        uint32_t caps;
        load(rows[i].spec, &p, &settings);
        const qb_plugin_question question = {.plugin = p, .settings = &settings, .bits = 2, .granularity = "row", .n_steps = 10};
        ck_assert_int_eq(qb_plugin_probe(&question, &caps), 0);
        ck_assert_uint_eq(caps & QB_CAP_OWN_LEVELS, rows[i].own);
        qb_settings_finish(&settings);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("plugin_probe");
    TCase *tc = tcase_create("questions");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, answers, 0, sizeof questions / sizeof *questions);
    tcase_add_test(tc, every_question_is_put_once);
    tcase_add_test(tc, bind_tells_the_capabilities);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
