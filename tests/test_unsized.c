/* Data sets whose sizes only the data tell: identities hold limits and spans as written, plans and tables need no data, and
 * steps are resolved when the data are open. */
#include "qb_test.h"

#include "mixed_data.h"

#include "base/fs.h"
#include "study/cells.h"
#include "study/runner.h"
#include "study/table.h"
#include "train/record.h"

#include <stdio.h>
#include <unistd.h>

/* ---- such a set: the mixed images, which may be gone ---- */

static bool is_gone;
static int n_openings;

static int unsized_open(qb_dataset *d, const char *data_dir, qb_report *report)
{
    n_openings++;
    if (is_gone)
        return qb_err_set(QB_E_NOINPUT, "unsized: its data are not here");
    d->info.n_classes = MIXED_CLASSES;
    d->info.n_train = MIXED_TRAIN;
    d->info.n_test = MIXED_TEST;
    return mixed_open(d, data_dir, report);
}

static const qb_source_kind unsized_kind = {.open = unsized_open, .load = mixed_load, .image = mixed_image,
                                            .image_name = mixed_name};
static qb_source unsized_source;

static char dir[] = "/tmp/qb-test-unsized-XXXXXX";
static char plan_path[64], runs_dir[64];

static void set_up(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(plan_path, sizeof plan_path, "%s/study.yaml", dir);
    (void)snprintf(runs_dir, sizeof runs_dir, "%s/runs", dir);
    unsized_source = mixed_source;
    unsized_source.info.name = "unsized";
    unsized_source.info.n_classes = -1;
    unsized_source.info.n_train = unsized_source.info.n_test = -1;
    unsized_source.kind = &unsized_kind;
    qb_source_plug(&unsized_source);
}

static void tear_down(void)
{
    (void)qb_fs_remove_tree(dir);
}

/* "key=value;key=value" on top of two epochs of 70 images in batches of 16: five steps each. */
static int make(const char *changes, qb_config **ret_config)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    qb_settings s;
    ck_assert_int_eq(qb_settings_init(&s, schema, n), 0);
    char *text = qb_sprintf("model=resnet8;dataset=unsized;epochs=2;batch=16;threads=1;lr=0.01;on_bad_image=warn;runs_dir=%s;%s",
                            runs_dir, changes);
    for (char *save = NULL, *item = strtok_r(text, ";", &save); item; item = strtok_r(NULL, ";", &save)) {
        char *equals = strchr(item, '=');
        *equals = '\0';
        ck_assert_msg(qb_settings_set(&s, item, equals + 1) == 0, "%s", qb_err_text());
    }
    int rc = qb_config_create(&s, ret_config);
    qb_settings_finish(&s);
    qb_free(text);
    return rc;
}

/* ---- identities ---- */

static const struct {
    const char *changes;
    const char *limits, *warmup, *start, *end; /* limits: of training and test; NULL spans: null */
    int64_t n_train, n_test, n_steps;          /* once the data are open */
    double warmup_steps, start_step, end_step;
} written[] = {
    {"solver=ste", "null null", "0st", "0st", "2ep", 70, 40, 10, 0, 0, 10},
    {"solver=ste;anneal_end=2ep;anneal_start=0ep", "null null", "0st", "0st", "2ep", 70, 40, 10, 0, 0, 10},
    {"solver=ste;quant_warmup=0.30ep;anneal_start=3st;anneal_end=1.5ep", "null null", "0.3ep", "3st", "1.5ep",
     70, 40, 10, 1, 3, 7.5},
    {"solver=ste;anneal_start=0.2ep;anneal_end=10st", "null null", "0st", "0.2ep", "10st", 70, 40, 10, 0, 1, 10},
    {"solver=ste;train_limit=500000;test_limit=7", "500000 7", "0st", "0st", "2ep",
     70, 7, 10, 0, 0, 10}, /* more than there are */
    {"solver=ste;train_limit=33;anneal_end=1ep", "33 null", "0st", "0st", "1ep", 33, 40, 6, 0, 0, 3},
    {"solver=none", "null null", NULL, NULL, NULL, 70, 40, 10, 0, 0, 10},
};

static void assert_span(const qb_config *c, const char *key, const char *want)
{
    const json_t *v = json_object_get(c->identity, key);
    ck_assert_ptr_nonnull(v);
    if (want)
        ck_assert_str_eq(json_string_value(v), want);
    else
        ck_assert(json_is_null(v));
}

START_TEST(identity_is_as_written)
{
    qb_config *c = NULL;
    ck_assert_msg(make(written[_i].changes, &c) == 0, "%s: %s", written[_i].changes, qb_err_text());
    char *train = qb_json_compact(json_object_get(c->identity, "train_limit"));
    char *test = qb_json_compact(json_object_get(c->identity, "test_limit")), *limits = qb_sprintf("%s %s", train, test);
    ck_assert_str_eq(limits, written[_i].limits);
    assert_span(c, "quant_warmup", written[_i].warmup);
    assert_span(c, "anneal_start", written[_i].start);
    assert_span(c, "anneal_end", written[_i].end);
    ck_assert_int_eq(c->n_steps, 0);
    ck_assert_int_eq(n_openings, 0);

    char *before = qb_json_compact(c->identity);
    for (int i = 0; i < 2; i++) { /* once is enough */
        ck_assert_msg(qb_config_resolve(c, MIXED_TRAIN + 1000 * i, MIXED_TEST + 1000 * i) == 0, "%s", qb_err_text());
        ck_assert(c->n_train == written[_i].n_train && c->n_test == written[_i].n_test && c->n_steps == written[_i].n_steps);
        ck_assert_int_eq(c->steps_per_epoch, c->n_steps / 2);
        ck_assert(c->full_precision || (double)c->warmup == written[_i].warmup_steps);
        ck_assert(c->full_precision || (c->anneal_start == written[_i].start_step && c->anneal_end == written[_i].end_step));
    }
    char *after = qb_json_compact(c->identity);
    ck_assert_str_eq(after, before);
    char *texts[] = {train, test, limits, before, after};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        qb_free(texts[i]);
    qb_config_destroy(c);
}
END_TEST

/* ---- windows that cannot be ---- */

static const struct {
    const char *changes;
    int64_t n_train; /* -1: refused without the data */
    int code;
    const char *text;
} refusals[] = {
    {"anneal_end=2.5ep", -1, QB_E_CONFIG, "anneal_end: 2.5ep is past the end of training (2ep)"},
    {"anneal_start=1ep;anneal_end=0.5ep", -1, QB_E_CONFIG, "anneal_start: 1ep is not before anneal_end (0.5ep)"},
    {"anneal_start=2ep", -1, QB_E_CONFIG, "anneal_start: 2ep is not before anneal_end (2ep)"},
    {"anneal_start=9st;anneal_end=9st", -1, QB_E_CONFIG, "anneal_start: 9st is not before anneal_end (9st)"},
    {"anneal_end=0", -1, QB_E_CONFIG, "anneal_start: 0st is not before anneal_end (0st)"},
    {"quant_warmup=2ep", -1, QB_E_CONFIG, "quant_warmup: 2ep leaves no quantized step (the run has 2ep)"},
    {"batch=16;shards=17", -1, QB_E_CONFIG, "shards: 17 parts of a batch of 16 images would leave some empty"},
    {"anneal_end=11st", 70, QB_E_CONFIG, "anneal_end: 11st is past the end of training (2ep, 10 steps)"},
    {"anneal_start=1ep;anneal_end=5st", 70, QB_E_CONFIG, "anneal_start: 1ep is not before anneal_end (step 5)"},
    {"anneal_start=6st;anneal_end=1ep", 70, QB_E_CONFIG, "anneal_start: 6st is not before anneal_end (step 5)"},
    {"quant_warmup=10st", 70, QB_E_CONFIG, "quant_warmup: 10st leaves no quantized step (the run has 10 steps)"},
    {"quant_warmup=1st", 0, QB_E_DATA, "data set unsized has no training images"},
};

START_TEST(refuses_as_early_as_it_can)
{
    qb_config *c = NULL;
    char *changes = qb_sprintf("solver=ste;%s", refusals[_i].changes);
    int rc = make(changes, &c);
    if (refusals[_i].n_train >= 0) {
        ck_assert_msg(rc == 0, "%s: %s", changes, qb_err_text());
        for (int i = 0; i < 2; i++) /* it stays wrong */
            rc = qb_config_resolve(c, refusals[_i].n_train, 0);
        ck_assert_int_eq(c->n_steps, 0);
    }
    ck_assert_int_eq(rc, refusals[_i].code);
    ck_assert_str_eq(qb_err_text(), refusals[_i].text);
    ck_assert_int_eq(qb_err_exit_status(QB_E_CONFIG), 78);
    qb_config_destroy(c);
    qb_free(changes);
}
END_TEST

/* Of a set with sizes in its table everything is known at once, and stays; unless its data have others. */
START_TEST(fixed_sizes_are_resolved_again_for_others_alone)
{
    qb_config *c = NULL;
    ck_assert_msg(make("dataset=synthetic;solver=ste;anneal_start=0.3ep", &c) == 0, "%s", qb_err_text());
    int64_t steps = c->n_steps;
    double start = c->anneal_start;
    ck_assert_int_eq(steps, 2 * 313);
    ck_assert_int_eq(qb_config_resolve(c, 5000, 1000), 0);
    ck_assert(c->n_steps == steps && c->anneal_start == start && c->n_train == 5000);
    ck_assert_int_eq(qb_config_resolve(c, 160, 10), 0);
    ck_assert(c->n_steps == 20 && c->anneal_start == 3 && c->anneal_end == 20 && c->n_train == 160 && c->n_test == 10);
    qb_config_destroy(c);
}
END_TEST

/* ---- runs ---- */

static volatile sig_atomic_t stop;

static void stop_at(void *context, const qb_progress *p)
{
    const int64_t *step = context;
    stop = stop || p->step == *step;
}

static int train(const char *changes, int64_t stop_step, json_t **ret_record)
{
    qb_config *c = NULL;
    ck_assert_msg(make(changes, &c) == 0, "%s", qb_err_text());
    const qb_run_environment environment = {.progress = stop_at, .progress_context = &stop_step, .stop = &stop};
    stop = 0;
    *ret_record = NULL;
    int rc = qb_run_execute(c, &environment, ret_record);
    qb_config_destroy(c);
    return rc;
}

START_TEST(a_run_is_resumed_under_its_identity)
{
#define WINDOW "solver=parq;quant_warmup=0.3ep;anneal_start=3st;anneal_end=1.5ep;train_limit=500000;"
    json_t *record, *unbroken, *lines = NULL;
    ck_assert_msg(train(WINDOW "experiment=unbroken", -1, &unbroken) == 0, "%s", qb_err_text());
    ck_assert_int_eq(train(WINDOW "experiment=broken", 7, &record), QB_E_STOPPED);
    json_decref(record);
    for (int i = 0; i < 2; i++) { /* goes on, then is finished */
        ck_assert_msg(train(WINDOW "experiment=broken", -1, &record) == 0, "%s", qb_err_text());
        const json_t *result = json_object_get(record, "result"), *whole = json_object_get(unbroken, "result");
        ck_assert_str_eq(json_string_value(json_object_get(record, "status")), "done");
        ck_assert_int_eq(json_integer_value(json_object_get(result, "steps")), 10);
        ck_assert(json_equal(json_object_get(result, "weights_sha256"), json_object_get(whole, "weights_sha256")));
        ck_assert(json_equal(json_object_get(record, "config"), json_object_get(unbroken, "config")));
        ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(record, "data"), "n_train")), MIXED_TRAIN);
        ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(record, "times"), "starts")), 2);
        json_decref(record);
    }
    char *runs = qb_path_join(runs_dir, "broken");
    ck_assert_int_eq(qb_records_collect(runs, &lines), 0);
    ck_assert_uint_eq(json_array_size(lines), 1);
    json_decref(lines);
    json_decref(unbroken);
    qb_free(runs);
}
END_TEST

START_TEST(a_run_that_cannot_be_leaves_nothing)
{
    json_t *record;
    ck_assert_int_eq(train("solver=ste;anneal_end=11st", -1, &record), QB_E_CONFIG);
    ck_assert_str_eq(qb_err_text(), "anneal_end: 11st is past the end of training (2ep, 10 steps)");
    ck_assert_ptr_null(record);
    ck_assert(!qb_fs_exists(runs_dir));
}
END_TEST

/* ---- plans ---- */

#define BASE "base: {dataset: unsized, model: resnet8, epochs: 2, batch: 16, lr: 0.01, on_bad_image: warn, train_limit: 500000, "

static int read_plan(const char *text, qb_study_plan **ret_plan)
{
    const qb_study_plan_places places = {.runs_dir = runs_dir};
    ck_assert_int_eq(qb_fs_write_atomic(plan_path, text, strlen(text)), QB_OK);
    return qb_study_plan_read(plan_path, &places, ret_plan);
}

static char *table_of(char *const *args, int n_args)
{
    qb_study *s = NULL;
    qb_table *t = NULL;
    char *text = NULL;
    const qb_study_plan_places places = {.runs_dir = runs_dir};
    ck_assert_msg(qb_study_load(args, n_args, &places, &s) == 0, "%s", qb_err_text());
    ck_assert_uint_eq(s->n_foreign, 0);
    ck_assert_uint_eq(s->n_cells, 3);
    const qb_table_options options = {.ddof = 1, .bold = QB_BOLD_NONE, .test = QB_TEST_NONE};
    ck_assert_msg(qb_table_create(s, &options, &t) == 0, "%s", qb_err_text());
    ck_assert_int_eq(qb_table_render(t, QB_FORM_CSV, false, &text), 0);
    qb_table_destroy(t);
    qb_study_destroy(s);
    return text;
}

START_TEST(plans_and_tables_need_no_data)
{
    static const char text[] = BASE "anneal_start: 0.3ep}\nmatrix: {solver: [none, ste], anneal_end: [9st, 1.5ep]}\n";
    qb_study_plan *plan = NULL;
    char *args[] = {plan_path}, *records[] = {runs_dir};
    is_gone = true;
    ck_assert_msg(read_plan(text, &plan) == 0, "%s", qb_err_text());
    ck_assert_uint_eq(plan->n_cells, 3); /* none ignores the window */
    ck_assert_str_eq(plan->cells[1].name, "solver=ste bits=2 anneal_end=9st");
    ck_assert_str_eq(json_string_value(json_object_get(plan->cells[2].identity, "anneal_end")), "1.5ep");
    char *table = table_of(args, 1);
    ck_assert_ptr_nonnull(strstr(table, "missing"));
    qb_free(table);
    ck_assert_int_eq(n_openings, 0);

    qb_tasks tasks;
    ck_assert_int_eq(qb_tasks_create(plan, false, NULL, &tasks), QB_E_NOINPUT); /* what is left, only the data tell */
    is_gone = false;
    n_openings = 0;
    ck_assert_msg(qb_tasks_create(plan, false, NULL, &tasks) == 0, "%s", qb_err_text());
    ck_assert_int_eq(n_openings, 1);
    ck_assert_int_eq(tasks.items[1].config->n_steps, 10);
    ck_assert_msg(qb_runner_run(&tasks, &(qb_runner_options){.jobs = 2}) == 0, "%s", qb_err_text());
    ck_assert_uint_eq(qb_tasks_count(&tasks, "done"), 3);
    qb_tasks_finish(&tasks);
    ck_assert_msg(qb_tasks_create(plan, false, NULL, &tasks) == 0, "%s", qb_err_text());
    for (size_t i = 0; i < tasks.n; i++)
        ck_assert(!tasks.items[i].is_left);
    qb_tasks_finish(&tasks);
    qb_study_plan_destroy(plan);

    is_gone = true;
    n_openings = 0;
    table = table_of(args, 1);
    ck_assert_ptr_null(strstr(table, "missing"));
    qb_free(table);
    qb_free(table_of(records, 1)); /* without the plan */
    ck_assert_int_eq(n_openings, 0);
}
END_TEST

START_TEST(a_plan_is_refused_before_anything_is_trained)
{
    static const char early[] = BASE "solver: ste}\nmatrix:\n  anneal_end: [1ep, 3ep]\n";
    static const char late[] = BASE "solver: ste}\nmatrix: {anneal_end: [1ep, 11st]}\n";
    qb_study_plan *plan = NULL;
    qb_tasks tasks;
    char want[200];
    ck_assert_int_eq(read_plan(early, &plan), QB_E_CONFIG);
    (void)snprintf(want, sizeof want, "%s:3:21: anneal_end: 3ep is past the end of training (2ep)", plan_path);
    ck_assert_str_eq(qb_err_text(), want);

    ck_assert_msg(read_plan(late, &plan) == 0, "%s", qb_err_text());
    ck_assert_int_eq(qb_tasks_create(plan, false, NULL, &tasks), QB_E_CONFIG);
    (void)snprintf(want, sizeof want, "%s: solver=ste bits=2 anneal_end=11st: anneal_end: 11st is past the end of training "
                                      "(2ep, 10 steps)", plan_path);
    ck_assert_str_eq(qb_err_text(), want);
    qb_study_plan_destroy(plan);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("unsized");
    TCase *t = tcase_create("unsized");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, identity_is_as_written, 0, sizeof written / sizeof *written);
    tcase_add_loop_test(t, refuses_as_early_as_it_can, 0, sizeof refusals / sizeof *refusals);
    tcase_add_test(t, fixed_sizes_are_resolved_again_for_others_alone);
    tcase_add_test(t, a_run_is_resumed_under_its_identity);
    tcase_add_test(t, a_run_that_cannot_be_leaves_nothing);
    tcase_add_test(t, plans_and_tables_need_no_data);
    tcase_add_test(t, a_plan_is_refused_before_anything_is_trained);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
