#include "qb_test.h"
#include "study_fixture.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "study/cells.h"
#include "train/record.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/qb-test-cells-XXXXXX";

static void set_up(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void tear_down(void)
{
    (void)qb_fs_remove_tree(dir);
}

static qb_study *study_of(json_t *lines)
{
    qb_study *s = NULL;
    int rc = qb_study_create(NULL, lines, "made up", "runs", &s);
    ck_assert_msg(rc == QB_OK, "%s", qb_err_text());
    return s;
}

static void set_config(json_t *line, const char *key, json_t *value)
{
    ck_assert_int_eq(json_object_set_new(json_object_get(line, "config"), key, value), 0);
}

/* "solver=a bits=2; ..." of all cells, by their labels. */
static void cells_text(const qb_study *s, char *text, size_t size)
{
    size_t n = 0;
    text[0] = '\0';
    for (size_t c = 0; c < s->n_cells; c++) {
        for (size_t k = 0; k < s->n_keys; k++)
            n += (size_t)snprintf(text + n, size - n, "%s%s", k > 0 ? " " : c > 0 ? "; " : "", s->cells[c].labels[k]);
        n += (size_t)snprintf(text + n, size - n, " x%zu", s->cells[c].n_runs);
    }
}

START_TEST(sorts_as_a_table_reads)
{
    json_t *lines = json_array();
    static const struct {
        const char *solver;
        int bits, seed;
    } runs[] = {{"ste", 2, 2}, {"parq", 0, 1}, {"none", -1, 1}, {"ste", 1, 1}, {"ste", 2, 1}, {"parq", 2, 1}, {"ste", 4, 1}};
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
        fixture_add(lines, fixture_line(runs[i].solver, runs[i].bits, runs[i].seed, "done", 50));
    qb_study *s = study_of(lines);
    char text[512];
    cells_text(s, text, sizeof text);
    ck_assert_str_eq(text, "none  x1; ste 1 x1; parq ternary x1; parq 2 x1; ste 2 x2; ste 4 x1");
    ck_assert_int_eq(s->cells[4].runs[0].seed, 1);
    ck_assert_int_eq(s->cells[4].runs[1].seed, 2);
    ck_assert_str_eq(json_string_value(json_array_get(s->labels, 0)), "Fashion-MNIST");
    ck_assert_uint_eq(json_array_size(s->labels), 1);
    qb_study_destroy(s);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

/* No limit is a value; a key that a solver ignores is none. */
START_TEST(null_limit_varies_null_bits_do_not)
{
    json_t *lines = json_array(), *limited = fixture_line("ste", 2, 1, "done", 50);
    set_config(limited, "train_limit", json_integer(1000));
    fixture_add(lines, limited);
    fixture_add(lines, fixture_line("ste", 2, 1, "done", 60));
    fixture_add(lines, fixture_line("none", -1, 1, "done", 60));
    qb_study *s = study_of(lines);
    char text[512];
    cells_text(s, text, sizeof text);
    ck_assert_str_eq(text, "none  all x1; ste 2 all x1; ste 2 1000 x1");
    ck_assert_str_eq(s->keys[2], "train_limit");
    ck_assert(s->varies[0] && !s->varies[1] && s->varies[2]);
    qb_study_destroy(s);
}
END_TEST

START_TEST(other_data_other_cell)
{
    json_t *lines = json_array(), *jpeg = fixture_line("ste", 2, 1, "done", 50);
    json_object_set_new(json_object_get(jpeg, "data"), "label", json_string("CIFAR-10 (JPEG)"));
    fixture_add(lines, jpeg);
    fixture_add(lines, fixture_line("ste", 2, 1, "done", 60));
    qb_study *s = study_of(lines);
    char text[512];
    cells_text(s, text, sizeof text);
    ck_assert_str_eq(text, "ste 2 CIFAR-10 (JPEG) x1; ste 2 Fashion-MNIST x1");
    qb_study_destroy(s);
}
END_TEST

START_TEST(what_no_key_explains_becomes_one)
{
    json_t *lines = json_array(), *newer = fixture_line("ste", 2, 1, "done", 50);
    set_config(newer, "solver_version", json_string("2.0"));
    fixture_add(lines, newer);
    fixture_add(lines, fixture_line("ste", 2, 1, "done", 60));
    qb_study *s = study_of(lines);
    ck_assert_uint_eq(s->n_cells, 2);
    ck_assert_str_eq(s->keys[s->n_keys - 1], "solver_version");
    qb_study_destroy(s);
}
END_TEST

/* The same run twice (a copied folder): the one that got further counts, and two finished ones are told. */
START_TEST(one_run_counts_once)
{
    json_t *lines = json_array(), *other = fixture_line("ste", 2, 1, "done", 70);
    json_object_set_new(other, "key", json_string("aaaa"));
    fixture_add(lines, fixture_line("ste", 2, 1, "interrupted", -1));
    fixture_add(lines, fixture_line("ste", 2, 1, "done", 60));
    fixture_add(lines, other);
    qb_study *s = study_of(lines);
    ck_assert_uint_eq(s->n_cells, 1);
    ck_assert_uint_eq(s->cells[0].n_runs, 1);
    ck_assert_double_eq(qb_cell_run_result(&s->cells[0].runs[0], "test_top1"), 70); /* the lower key */
    ck_assert_uint_eq(json_array_size(s->notes), 1);
    ck_assert(isnan(qb_cell_run_result(&s->cells[0].runs[0], "no such number")));
    qb_study_destroy(s);
}
END_TEST

/* As version 0.1.0 recorded it: done, with a test loss that is not finite. */
START_TEST(a_test_loss_that_is_not_finite_is_not_done)
{
    json_t *lines = json_array(), *line = fixture_line("ste", 2, 1, "done", 9);
    ck_assert_int_eq(json_object_set_new(json_object_get(line, "result"), "test_loss", json_null()), 0);
    fixture_add(lines, line);
    fixture_add(lines, fixture_line("ste", 2, 2, "done", 60));
    qb_study *s = study_of(lines);
    ck_assert_uint_eq(s->n_cells, 1);
    ck_assert_str_eq(s->cells[0].runs[0].status, "diverged");
    ck_assert_str_eq(s->cells[0].runs[0].reason, "the test loss is not finite");
    ck_assert_str_eq(s->cells[0].runs[1].status, "done");
    qb_study_destroy(s);
}
END_TEST

/* A process that begins and ends runs without a pause: whoever looks may find it between two, but nothing interrupted. */
START_TEST(a_run_that_ends_meanwhile_is_not_interrupted)
{
    enum { READINGS = 3000 };
    char record[96], lock[96];
    (void)snprintf(record, sizeof record, "%s/record.json", dir);
    (void)snprintf(lock, sizeof lock, "%s/lock", dir);
    ck_assert_int_eq(qb_fs_write_atomic(record, "{}\n", 3), QB_OK);
    pid_t pid = fork();
    for (int i = 0; pid == 0; i++) {
        char text[64];
        int fd = open(lock, O_RDWR | O_CREAT, 0644), n = snprintf(text, sizeof text, "{\"status\": \"running\", \"n\": %d}\n", i);
        while (flock(fd, LOCK_EX) != 0)
            continue;
        (void)qb_fs_write_atomic(record, text, (size_t)n);
        (void)qb_fs_write_atomic(record, "{\"status\": \"done\"}\n", 19);
        (void)close(fd);
    }
    int n_interrupted = 0;
    for (int i = 0; i < READINGS; i++) {
        json_t *o = NULL;
        ck_assert_msg(qb_record_read(dir, &o) == QB_OK, "%s", qb_err_text());
        const char *status = json_string_value(json_object_get(o, "status"));
        n_interrupted += status && strcmp(status, "interrupted") == 0;
        json_decref(o);
    }
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    ck_assert_int_eq(n_interrupted, 0);
    const char *left = "{\"status\": \"running\"}\n"; /* and what was left behind is */
    ck_assert_int_eq(qb_fs_write_atomic(record, left, strlen(left)), QB_OK);
    json_t *o = NULL;
    ck_assert_int_eq(qb_record_read(dir, &o), QB_OK);
    ck_assert_str_eq(json_string_value(json_object_get(o, "status")), "interrupted");
    json_decref(o);
}
END_TEST

static const char *const bad_lines[] = {
    "[1]\n", "{}\n", "{\"status\": \"done\", \"seed\": 1}\n", "{\"status\": 3, \"seed\": 1, \"config\": {}}\n",
    "{\"status\": \"done\", \"seed\": \"x\", \"config\": {}}\n", "{\"status\": \"done\", \"seed\": 1, \"config\": []}\n",
};

START_TEST(refuses_what_is_no_record)
{
    char path[64];
    char text[256];
    (void)snprintf(path, sizeof path, "%s/runs.jsonl", dir);
    (void)snprintf(text, sizeof text, "%s{\"status\": \"done\", \"seed\": 1, \"config\": {}}\n", bad_lines[_i]);
    ck_assert_int_eq(qb_fs_write_atomic(path, text, strlen(text)), QB_OK);
    qb_study *s = NULL;
    char *args[] = {path};
    ck_assert_int_eq(qb_study_load(args, 1, &(qb_study_plan_places){0}, &s), QB_E_DATA);
    ck_assert_ptr_null(s);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(refuses_nothing)
{
    qb_study *s = NULL;
    char *empty[] = {dir}, missing[64], *args[] = {missing};
    (void)snprintf(missing, sizeof missing, "%s/none", dir);
    ck_assert_int_eq(qb_study_load(empty, 1, &(qb_study_plan_places){0}, &s), QB_E_NOINPUT);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "no runs found"));
    ck_assert_int_eq(qb_study_load(args, 1, &(qb_study_plan_places){0}, &s), QB_E_NOINPUT);
    ck_assert_ptr_null(s);
}
END_TEST

/* ---- with a plan ---- */

static void write_file(const char *name, const char *text)
{
    char path[96];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_int_eq(qb_fs_write_atomic(path, text, strlen(text)), QB_OK);
}

/* A record of a plan's run, as training leaves it. */
static json_t *record_of(const qb_study_plan *plan, size_t cell, size_t seed, double top1)
{
    json_t *line = fixture_line("x", 2, (int)plan->seeds[seed], "done", top1);
    ck_assert_int_eq(json_object_set(line, "config", plan->cells[cell].runs[seed]->identity), 0);
    return line;
}

START_TEST(a_plan_means_its_cells)
{
    write_file("plan.yaml", "base: {dataset: synthetic, model: resnet8, epochs: 2}\n"
                            "matrix: {solver: [none, \"parq[steepness=10]\"], bits: [1, 2]}\nseeds: [1, 2]\n");
    char path[96];
    (void)snprintf(path, sizeof path, "%s/plan.yaml", dir);
    qb_study_plan *plan = NULL;
    ck_assert_msg(qb_study_plan_read(path, NULL, &plan) == QB_OK, "%s", qb_err_text());
    ck_assert_uint_eq(plan->n_cells, 3);
    json_t *lines = json_array();
    fixture_add(lines, record_of(plan, 1, 1, 70));
    fixture_add(lines, fixture_line("foreign", 2, 1, "done", 10));
    fixture_add(lines, fixture_line("none-such", 2, 1, "skipped", 0)); /* as ls --json writes a skipped cell: not foreign */
    json_t *third_seed = record_of(plan, 1, 1, 71);
    json_object_set_new(third_seed, "seed", json_integer(3));
    fixture_add(lines, third_seed);
    qb_study *s = NULL;
    ck_assert_int_eq(qb_study_create(plan, lines, "t", "runs", &s), QB_OK);
    ck_assert_uint_eq(s->n_cells, 3);
    ck_assert_uint_eq(s->n_foreign, 2); /* another configuration, another seed */
    ck_assert_str_eq(s->cells[1].labels[0], "parq[steepness=10]");
    ck_assert(qb_cell_run_is(&s->cells[1].runs[0], "missing"));
    ck_assert(qb_cell_run_is(&s->cells[1].runs[1], "done"));
    ck_assert(qb_cell_run_is(&s->cells[0].runs[0], "missing"));
    qb_study_destroy(s);

    char *args[] = {path};
    ck_assert_int_eq(qb_study_load(args, 1, &(qb_study_plan_places){.runs_dir = "/nonexistent"}, &s), QB_OK); /* never begun */
    ck_assert_uint_eq(s->n_cells, 3);
    qb_study_destroy(s);
}
END_TEST

/* So many folders that threads read them. One record is damaged and one folder has none. */
START_TEST(reads_many_folders)
{
    enum { N = 150, DAMAGED = 71, EMPTY = 120 };
    for (int i = 0; i < N; i++) {
        char *run = qb_sprintf("%s/many/resnet8-x/ste-w2/s%d", dir, i), *path = qb_path_join(run, "record.json");
        ck_assert_int_eq(qb_fs_make_dirs(run, 0755), QB_OK);
        json_t *record = fixture_line("ste", 2, i, "done", 80);
        char key[16];
        (void)snprintf(key, sizeof key, "%04d", (i * 7) % N);
        json_object_set_new(record, "key", json_string(key));
        if (i == DAMAGED)
            ck_assert_int_eq(qb_fs_write_atomic(path, "{", 1), QB_OK);
        else if (i != EMPTY)
            ck_assert_int_eq(qb_json_write(path, record), QB_OK);
        json_decref(record);
        qb_free(run);
        qb_free(path);
    }
    char *many = qb_path_join(dir, "many");
    json_t *lines = NULL;
    ck_assert_int_eq(qb_records_collect(many, &lines), QB_OK);
    ck_assert_uint_eq(json_array_size(lines), N - 2);
    for (size_t i = 1; i < json_array_size(lines); i++) {
        ck_assert_str_lt(json_string_value(json_object_get(json_array_get(lines, i - 1), "key")),
                         json_string_value(json_object_get(json_array_get(lines, i), "key")));
    }
    json_decref(lines);
    ck_assert_int_eq(qb_fs_remove_tree(many), 0);
    qb_free(many);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cells");
    TCase *tc = tcase_create("cells");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, sorts_as_a_table_reads);
    tcase_add_test(tc, null_limit_varies_null_bits_do_not);
    tcase_add_test(tc, other_data_other_cell);
    tcase_add_test(tc, what_no_key_explains_becomes_one);
    tcase_add_test(tc, one_run_counts_once);
    tcase_add_test(tc, a_run_that_ends_meanwhile_is_not_interrupted);
    tcase_add_test(tc, a_test_loss_that_is_not_finite_is_not_done);
    tcase_add_loop_test(tc, refuses_what_is_no_record, 0, sizeof bad_lines / sizeof *bad_lines);
    tcase_add_test(tc, refuses_nothing);
    tcase_add_test(tc, reads_many_folders);
    tcase_add_test(tc, a_plan_means_its_cells);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
