/* Plans made shorter: what becomes of each kind of length, that the runs are those of the plan with the shorter values, and what
 * cannot be. */
#include "qb_test.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "study/cells.h"
#include "study/scale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static char dir[] = "/tmp/qb-test-scale-XXXXXX";
static char path[64];
static const qb_study_plan_places nowhere = {0};

static void set_up(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/p.yaml", dir);
}

static void tear_down(void)
{
    (void)qb_fs_remove_tree(dir);
}

/* ---- values ---- */

static const struct {
    const char *key, *text;
    double scale;
    const char *scaled; /* NULL: as it was */
} values[] = {
    {"epochs", "200", 0.2, "40"},
    {"epochs", "90", 0.2, "18"},
    {"epochs", "100", 0.29, "29"}, /* 28.999999999999996 */
    {"epochs", "15", 0.7, "11"},   /* 10.5: halves up */
    {"epochs", "5", 0.5, "3"},
    {"epochs", "3", 0.4, "1"},
    {"epochs", "3", 0.01, "1"},    /* at least 1 */
    {"epochs", "200", 1, NULL},
    {"anneal_end", "150ep", 0.2, "30ep"},
    {"anneal_end", "2.5ep", 0.2, "1ep"},
    {"anneal_end", "58650st", 0.2, "11730st"},
    {"anneal_end", "", 0.2, NULL}, /* the end of the run */
    {"anneal_start", "0", 0.2, "0st"},
    {"anneal_start", "0ep", 0.2, "0st"},
    {"anneal_start", "10ep", 0.04, "1ep"},
    {"quant_warmup", "200st", 0.2, "40st"},
    {"quant_warmup", "2500st", 0.0001, "1st"},
    {"quant_warmup", "5ep", 0.2, "1ep"},
    {"lr_schedule", "constant", 0.2, NULL},
    {"lr_schedule", "constant[warmup=5]", 0.2, "constant[warmup=1]"},
    {"lr_schedule", "multistep[milestones=80/120/150,gamma=0.1]", 0.2, "multistep[milestones=16/24/30]"},
    {"lr_schedule", "multistep[gamma=0.5,milestones=7/30,warmup=4,warmup_start=0.01,per=step]", 0.1,
     "multistep[gamma=0.5,milestones=1/3,per=step,warmup=1,warmup_start=0.01]"},
    {"lr_schedule", "step[size=30]", 0.2, "step[size=6]"},
    {"lr_schedule", "step", 0.2, "step[size=6]"}, /* the default is a length too */
    {"lr_schedule", "step[size=2]", 0.2, "step[size=1]"},
    {"lr_schedule", "cosine", 0.2, NULL},
    {"lr_schedule", "cosine[min=1e-8,warmup=5,constant=20]", 0.2, "cosine[constant=4,min=1e-08,warmup=1]"},
    {"lr_schedule", "cosine[warmup=5,constant=0,per=step]", 0.1, "cosine[per=step,warmup=1]"},
    {"solver", "none", 0.2, NULL},
    {"solver", "ste", 0.2, NULL},
    {"solver", "parq[steepness=100]", 0.2, NULL},
    {"solver", "binaryrelax[m_epochs=150,schedule=growth]", 0.2, "binaryrelax[m_epochs=30,schedule=growth]"},
    {"solver", "proxquant[freeze_epoch=3]", 0.1, "proxquant[freeze_epoch=1]"},
    {"solver", "admm[period=30,rho=0.001]", 0.2, NULL}, /* a period */
    {"quant_period", "10", 0.2, NULL},
    {"eval_every", "5", 0.2, NULL},
    {"batch", "128", 0.2, NULL},
    {"checkpoint_every", "100st", 0.2, NULL},
    {"time_limit", "60s", 0.2, NULL},
};

START_TEST(scales_what_is_a_length)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n), *o = qb_option_find(schema, n, values[_i].key);
    char *text = NULL;
    ck_assert_ptr_nonnull(o);
    int rc = qb_scale_value(values[_i].scale, o, values[_i].text, &nowhere, &text);
    ck_assert_msg(rc == QB_OK, "%s", qb_err_text());
    ck_assert_msg((text == NULL) == (values[_i].scaled == NULL), "%s: %s", values[_i].text, text ? text : "unchanged");
    if (text)
        ck_assert_str_eq(text, values[_i].scaled);
    qb_free(text);
}
END_TEST

/* ---- plans ---- */

static int read_plan(const char *text, double scale, qb_study_plan **ret)
{
    const qb_study_plan_places places = {.scale = scale};
    ck_assert_int_eq(qb_fs_write_atomic(path, text, strlen(text)), QB_OK);
    return qb_study_plan_read(path, &places, ret);
}

static qb_study_plan *read_good(const char *text, double scale)
{
    qb_study_plan *p = NULL;
    int rc = read_plan(text, scale, &p);
    ck_assert_msg(rc == QB_OK, "%s", qb_err_text());
    return p;
}

static void expect_same_cells(const qb_study_plan *a, const qb_study_plan *b)
{
    ck_assert_uint_eq(a->n_cells, b->n_cells);
    ck_assert_uint_eq(a->n_keys, b->n_keys);
    for (size_t c = 0; c < a->n_cells; c++) {
        ck_assert_str_eq(a->cells[c].name, b->cells[c].name);
        ck_assert(json_equal(a->cells[c].identity, b->cells[c].identity));
        ck_assert(json_equal(a->cells[c].values, b->cells[c].values));
    }
}

#define LONG                                                                                                              \
    "base: {dataset: synthetic, model: resnet8, epochs: 10, batch: 100, bits: 2, quant_warmup: 30st, anneal_start: 1ep,\n" \
    "  anneal_end: 8ep, quant_period: 7, eval_every: 5, lr_schedule: \"multistep[milestones=4/8]\"}\n"                    \
    "matrix: {solver: [none, ste, \"binaryrelax[m_epochs=6,schedule=growth]\"]}\n"
#define SHORT                                                                                                             \
    "base: {dataset: synthetic, model: resnet8, epochs: 5, batch: 100, bits: 2, quant_warmup: 15st, anneal_start: 1ep,\n" \
    "  anneal_end: 4ep, quant_period: 7, eval_every: 5, lr_schedule: \"multistep[milestones=2/4]\"}\n"                    \
    "matrix: {solver: [none, ste, \"binaryrelax[m_epochs=3,schedule=growth]\"]}\n"

START_TEST(is_the_plan_with_shorter_values)
{
    qb_study_plan *written = read_good(SHORT, 0), *by_flag = read_good(LONG, 0.5), *by_key = read_good(LONG "scale: 0.5\n", 0),
                  *replaced = read_good("scale: 0.1\n" LONG, 0.5), *undone = read_good(LONG "scale: 0.5\n", 1),
                  *whole = read_good(LONG, 0);
    expect_same_cells(written, by_flag);
    expect_same_cells(written, by_key);
    expect_same_cells(written, replaced); /* the flag replaces the key, they are not multiplied */
    expect_same_cells(whole, undone);
    ck_assert(!json_equal(whole->cells[0].identity, written->cells[0].identity));
    const struct {
        const qb_study_plan *plan;
        double scale, of_runs;
        bool is_rescaled;
    } expected[] = {{written, 1, 0, false}, {by_flag, 0.5, 0.5, true}, {by_key, 0.5, 0.5, false}, {replaced, 0.5, 0.5, true}, {undone, 1, 0, true}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        ck_assert_double_eq(expected[i].plan->scale, expected[i].scale);
        ck_assert_double_eq(expected[i].plan->cells[1].runs[0]->scale, expected[i].of_runs);
        ck_assert_int_eq(expected[i].plan->is_rescaled, expected[i].is_rescaled);
    }
    qb_study_plan *all[] = {written, by_flag, by_key, replaced, undone, whole};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        qb_study_plan_destroy(all[i]);
}
END_TEST

/* A length that is an axis is named as it comes to, and excluded as it is written. */
START_TEST(scales_axes)
{
    qb_study_plan *p = read_good("base: {dataset: synthetic, model: resnet8}\nmatrix: {epochs: [10, 20, 30]}\nexclude: [{epochs: 20}]\n"
                                 "scale: 0.1\n", 0);
    ck_assert_uint_eq(p->n_cells, 2);
    ck_assert_str_eq(p->cells[0].name, "solver=none epochs=1");
    ck_assert_str_eq(p->cells[1].name, "solver=none epochs=3");
    qb_study_plan_destroy(p);
}
END_TEST

#define BASE "base: {dataset: synthetic, model: resnet8, epochs: 10, bits: 2, batch: 100"

static const struct {
    const char *text;
    double scale;
    const char *message, *hint; /* behind the path; hint NULL: any */
} bad[] = {
    {BASE "}\nscale: 0\n", 0, "2:8: scale: expected a number above 0 and at most 1, got '0'", NULL},
    {BASE "}\nscale: 1.5\n", 0, "2:8: scale: expected a number above 0 and at most 1, got '1.5'", NULL},
    {BASE "}\nscale: -0.2\n", 0, "2:8: scale: expected a number above 0 and at most 1, got '-0.2'", NULL},
    {BASE "}\nscale: fast\n", 0, "2:8: scale: expected a number above 0 and at most 1, got 'fast'", NULL},
    {BASE "}\nscale: nan\n", 0, "2:8: scale: expected a number above 0 and at most 1, got 'nan'", NULL},
    {BASE "}\nscale: [0.2]\n", 0, "2:8: scale: expected a number above 0 and at most 1, got a list", NULL},
    {BASE "}\nscale: 2\n", 0.5, "2:8: scale: expected a number above 0 and at most 1, got '2'", NULL}, /* also where it is replaced */
    {BASE ", scale: 0.2}\n", 0, "1:77: base: unknown key 'scale'", "it stands at the top of a plan"},
    {BASE ", lr_schedule: \"multistep[milestones=4/5/8]\"}\n", 0.2,
     "1:90: lr_schedule: milestones: 4 and 5 both become 1 at scale 0.2", "choose a larger scale"},
    {BASE "}\nmatrix: {anneal_end: [5ep, 6ep]}\n", 0.2,
     "2:28: anneal_end: '5ep' and '6ep' both become 1ep in a plan of that scale", "choose a larger scale"},
    {BASE ", solver: ste, anneal_start: 4ep, anneal_end: 5ep}\n", 0.2, "1:104: at scale 0.2: anneal_start: 1ep is not before anneal_end (step 50)", NULL},
};

START_TEST(refuses)
{
    qb_study_plan *p = NULL;
    ck_assert_int_eq(read_plan(bad[_i].text, bad[_i].scale, &p), QB_E_CONFIG);
    ck_assert_str_eq(qb_err_text() + strlen(path) + 1, bad[_i].message);
    if (bad[_i].hint)
        ck_assert_str_eq(qb_err_hint_text(), bad[_i].hint);
}
END_TEST

START_TEST(survives_lack_of_memory)
{
    qb_study_plan_destroy(read_good(LONG, 0.5)); /* plugins stay loaded */
    const qb_study_plan_places places = {.scale = 0.5};
    long kept = qb_mem_live_blocks();
    for (long nth = 1; nth < 20000; nth++) {
        qb_study_plan *p = NULL;
        qb_mem_fail_at(nth, 0);
        int rc = qb_study_plan_read(path, &places, &p);
        qb_mem_fail_at(0, 0);
        qb_study_plan_destroy(p);
        ck_assert_int_eq(qb_mem_live_blocks(), kept);
        if (rc == QB_OK)
            return;
        ck_assert_msg(rc == QB_E_NOMEM, "%ld: %d %s", nth, rc, qb_err_text());
    }
    ck_abort_msg("never got through");
}
END_TEST

/* ---- records alone ---- */

static json_t *line(int seed, int epochs, double scale)
{
    json_t *l = json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:i, s:i}, s:i, s:s}", "key", "k", "experiment", "e", "config", "model", "resnet8",
                          "dataset", "synthetic", "solver", "none", "epochs", epochs, "seed", seed, "seed", seed, "status", "done");
    ck_assert_ptr_nonnull(l);
    if (scale > 0)
        json_object_set_new(l, "scale", json_real(scale));
    return l;
}

static const struct {
    double first, second; /* scales of two runs; 0: none */
    const char *title;
} studies[] = {
    {0, 0, "t"},
    {0.2, 0.2, "t, scaled 0.2"},
    {0.2, 0, "t, scaled in part"},
    {0.2, 0.1, "t, scaled in part"},
};

START_TEST(records_say_their_scale)
{
    json_t *lines = json_array();
    json_array_append_new(lines, line(1, 2, studies[_i].first));
    json_array_append_new(lines, line(2, 10, studies[_i].second));
    qb_study *s = NULL;
    ck_assert_int_eq(qb_study_create(NULL, lines, "t", "/nowhere", &s), QB_OK);
    char *title = qb_study_title(s);
    ck_assert_str_eq(title, studies[_i].title);
    qb_free(title);
    qb_study_destroy(s);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("scale");
    TCase *tc = tcase_create("scale");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, scales_what_is_a_length, 0, sizeof values / sizeof *values);
    tcase_add_test(tc, is_the_plan_with_shorter_values);
    tcase_add_test(tc, scales_axes);
    tcase_add_loop_test(tc, refuses, 0, sizeof bad / sizeof *bad);
    tcase_add_test(tc, survives_lack_of_memory);
    tcase_add_loop_test(tc, records_say_their_scale, 0, sizeof studies / sizeof *studies);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
