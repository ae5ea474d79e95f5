/* What the surroundings of a process may do to it: variables of OpenMP and oneDNN, closed standard streams, signals that
 * are ignored, limits. The program itself is started in such surroundings. */
#include "program_fixture.h"

#include "base/json.h"
#include "base/stop_signals.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* In the shell commands here $train is a short run. */
static void setup(void)
{
    program_setup();
    char *train = qb_sprintf("%s train --model resnet8 --dataset synthetic --epochs 1 --train-limit 96 --test-limit 32 "
                             "--batch 32 --solver parq --bits 2 -q", program);
    setenv("train", train, 1);
    qb_free(train);
    unsetenv("OMP_NUM_THREADS");
    for (int i = 0; i < QB_N_STOP_SIGNALS; i++)
        (void)signal(qb_stop_signals[i], SIG_DFL); /* whoever started the tests may ignore them (nohup) */
}

static void expect(int status, const char *commands)
{
    outcome o = shell(commands);
    ck_assert_msg(o.status == status, "%s: expected exit %d, got %d\n%s\n%s", commands, status, o.status, o.out, o.err);
    forget(&o);
}

static void expect_in(const char *file, const char *part)
{
    char *text = read_back(file);
    ck_assert_msg(strstr(text, part) != NULL, "expected \"%s\" in %s:\n%s", part, file, text);
    qb_free(text);
}

static json_t *json_out(void)
{
    char *text = read_back("out");
    json_t *object = NULL;
    ck_assert_msg(qb_json_parse(text, strlen(text), "stdout", &object) == 0, "not one JSON value:\n%s", text);
    qb_free(text);
    return object;
}

/* The record of the run that was trained last with --json. */
static json_t *record_of_last(void)
{
    json_t *summary = json_out(), *record = NULL;
    char *path = qb_sprintf("%s/%s/record.json", folder, json_string_value(json_object_get(summary, "dir")));
    ck_assert_int_eq(qb_json_read(path, &record), 0);
    qb_free(path);
    json_decref(summary);
    return record;
}

/* ---- OpenMP's variables ---- */

static const char *const openmp_variables[] = {
    "OMP_THREAD_LIMIT=1", "OMP_DYNAMIC=true", "OMP_MAX_ACTIVE_LEVELS=0", "OMP_NESTED=true", "OMP_STACKSIZE=1k",
    "OMP_STACKSIZE=100000G", "GOMP_STACKSIZE=100000000", "OMP_PROC_BIND=true", "OMP_PROC_BIND=close", "OMP_PLACES=cores",
    "GOMP_CPU_AFFINITY=0", "OMP_SCHEDULE=dynamic,1", "OMP_NUM_THREADS=1", "OMP_NUM_THREADS=7,1", "OMP_CANCELLATION=true",
    "KMP_AFFINITY=compact", "OMP_TEAMS_THREAD_LIMIT=1", "OMP_WAIT_POLICY=active", "GOMP_SPINCOUNT=0",
};

/* What the cases are compared with: a run without any of the variables. */
static void setup_run_without(void)
{
    setup();
    expect(0, "$train --threads 2 --runs-dir a >/dev/null");
}

/* Two threads give the same bits as without, and the record says what was set. */
START_TEST(threads_are_those_that_were_asked_for)
{
    const char *variable = openmp_variables[_i];
    char *commands = qb_sprintf("rm -rf b; timeout -s KILL 120 env '%s' $train --threads 2 --json --runs-dir b && "
                                "cmp a/*/*/*/*/model.safetensors b/*/*/*/*/model.safetensors >&2", variable);
    expect(0, commands);
    qb_free(commands);
    json_t *record = record_of_last();
    char name[64];
    const char *equals = strchr(variable, '=');
    snprintf(name, sizeof name, "%.*s", (int)(equals - variable), variable);
    const char *kept = json_string_value(json_object_get(json_object_get(record, "environment"), name));
    ck_assert_msg(kept && strcmp(kept, equals + 1) == 0, "%s in the record: %s", variable, kept ? kept : "not there");
    json_t *machine = json_object_get(record, "machine");
    ck_assert_int_eq(json_integer_value(json_object_get(machine, "threads")), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(machine, "cores")), sysconf(_SC_NPROCESSORS_ONLN));
    json_decref(record);
}
END_TEST

static const struct {
    const char *before, *flags;
    int threads; /* 0: one a core that may be used */
} defaults[] = {
    {"", "", 0},
    {"OMP_NUM_THREADS=3", "", 3},
    {"OMP_NUM_THREADS=3,1", "", 3},
    {"OMP_NUM_THREADS=none", "", 0},
    {"OMP_NUM_THREADS=3", "--threads 2", 2},
    {"OMP_PROC_BIND=true", "", 0},
    {"OMP_THREAD_LIMIT=1", "", 0},
    {"taskset -c 0", "", 1},
    {"OMP_PROC_BIND=true taskset -c 0", "", 1},
};

START_TEST(chooses_the_default_number_of_threads)
{
    char *commands = qb_sprintf("env %s $train --json %s", defaults[_i].before, defaults[_i].flags);
    expect(0, commands);
    qb_free(commands);
    json_t *record = record_of_last();
    int expected = defaults[_i].threads;
    json_int_t got = json_integer_value(json_object_get(json_object_get(record, "machine"), "threads"));
    if (expected > 0)
        ck_assert_int_eq(got, expected);
    else
        ck_assert_int_le(got, sysconf(_SC_NPROCESSORS_ONLN)); /* fewer under a quota */
    json_decref(record);
}
END_TEST

START_TEST(keeps_the_threads_of_a_run_that_is_resumed)
{
    expect(75, "$train --threads 1 --epochs 100000 --json --runs-dir r & pid=$!; "
               "until ls r/*/*/*/*/ckpt/step-* >/dev/null 2>&1; do sleep 0.1; done; kill -TERM $pid; wait $pid");
    expect(75, "OMP_NUM_THREADS=2 $train --epochs 100000 --json --runs-dir r & pid=$!; sleep 3; kill -TERM $pid; wait $pid");
    json_t *record = record_of_last();
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(record, "machine"), "threads")), 1);
    ck_assert_uint_eq(json_array_size(json_object_get(record, "mixed")), 0);
    json_decref(record);
}
END_TEST

/* Runs have cores of their own only where they fill what is allowed: two sweeps with one job each would share one core. */
START_TEST(pins_runs_where_they_fill_the_cores)
{
    int cores = (int)sysconf(_SC_NPROCESSORS_ONLN), jobs = _i % 2 ? cores : 1;
    const char *variable = _i / 2 ? "OMP_PROC_BIND=true" : "UNUSED=1";
    char *plan = qb_sprintf("title: t\nbase: {dataset: synthetic, model: resnet8, train_limit: 64, test_limit: 32, epochs: 1}\n"
                            "matrix: {lr: [0.1");
    for (int i = 1; i < cores; i++) {
        char *longer = qb_sprintf("%s, 0.%d", plan, 10 + i);
        qb_free(plan);
        plan = longer;
    }
    char *commands = qb_sprintf("printf '%s]}\n' >plan.yaml; env %s $q run plan.yaml -j %d && grep -h '\"cores\"' runs/*/*/*/*/record.json",
                                plan, variable, jobs);
    expect(0, commands);
    char *line = qb_sprintf("\"cores\": %d,", jobs == cores ? 1 : cores), *out = read_back("out");
    int n = 0;
    for (const char *p = out; (p = strstr(p, line)) != NULL; p++)
        n++;
    ck_assert_msg(n == cores, "%d times %s, %d expected:\n%s", n, line, cores, out);
    qb_free(plan);
    qb_free(commands);
    qb_free(line);
    qb_free(out);
}
END_TEST

START_TEST(doctor_shows_what_is_not_heeded)
{
    expect(0, "OMP_THREAD_LIMIT=1 OMP_PROC_BIND=true OMP_NUM_THREADS=3 OMP_WAIT_POLICY=passive $q doctor --json");
    expect_in("out", "not heeded: ");
    expect_in("out", "OMP_THREAD_LIMIT");
    expect_in("out", "OMP_PROC_BIND");
    expect_in("out", "; --threads decides, on every allowed core");
    expect_in("out", "3 by default in train (OMP_NUM_THREADS)");
    char *cores = qb_sprintf("%ld may be used", sysconf(_SC_NPROCESSORS_ONLN)), *out = read_back("out");
    expect_in("out", cores);
    ck_assert_ptr_null(strstr(out, "OMP_WAIT_POLICY"));
    qb_free(cores);
    qb_free(out);
}
END_TEST

/* ---- signals ---- */

#define PLAN "printf 'title: t\\nbase: {dataset: synthetic, model: resnet8, train_limit: 64, test_limit: 32, epochs: 100000, threads: 1}\\n" \
             "matrix: {solver: [ste, parq]}\\n' >plan.yaml; "
#define BEGUN "until ls runs/*/*/*/*/ckpt/step-* >/dev/null 2>&1; do sleep 0.1; done; "
#define ENDLESS "$train --epochs 100000 --threads 1"

static const char *const stop_signals[] = {"TERM", "USR1", "USR2", "HUP", "XCPU"}; /* a job of a shell ignores INT */

static void expect_status(const char *word, int n)
{
    char *commands = qb_sprintf("[ $(grep -l '\"status\": \"%s\"' runs/*/*/*/*/record.json | wc -l) = %d ]", word, n);
    expect(0, commands);
    qb_free(commands);
}

START_TEST(saves_and_stops_when_asked)
{
    char *commands = qb_sprintf(ENDLESS " & pid=$!; " BEGUN "kill -%s $pid; wait $pid", stop_signals[_i]);
    expect(75, commands);
    expect_in("err", "stopped on request after step ");
    expect_status("interrupted", 1);
    qb_free(commands);
}
END_TEST

START_TEST(saves_and_stops_every_run_of_a_plan)
{
    char *commands = qb_sprintf(PLAN "$q run plan.yaml -j 2 & pid=$!; " BEGUN "kill -%s $pid; wait $pid", stop_signals[_i]);
    expect(75, commands);
    expect_status("interrupted", 2);
    qb_free(commands);
}
END_TEST

START_TEST(leaves_alone_what_its_caller_ignores)
{
    char *commands = qb_sprintf("(trap '' %s; exec " ENDLESS ") & pid=$!; " BEGUN "kill -%s $pid; sleep 1; kill -0 $pid || exit 9; "
                                "kill -%s $pid; wait $pid", stop_signals[_i], stop_signals[_i], _i ? "TERM" : "USR1");
    expect(75, commands);
    qb_free(commands);
    commands = qb_sprintf("rm -r runs; " PLAN "(trap '' %s; exec $q run plan.yaml -j 2) & pid=$!; " BEGUN
                          "kill -%s $pid $(cat runs/*/*/*/*/lock | sed 's/pid //;s/ .*//'); sleep 1; kill -0 $pid || exit 9; kill -%s $pid; wait $pid",
                          stop_signals[_i], stop_signals[_i], _i ? "TERM" : "USR1");
    expect(75, commands);
    expect_status("interrupted", 2);
    qb_free(commands);
}
END_TEST

/* A shell starts jobs behind its back with SIGINT ignored: Ctrl-C is not meant for them. */
START_TEST(leaves_alone_an_interrupt_in_the_background)
{
    expect(75, ENDLESS " & pid=$!; " BEGUN "kill -INT $pid; kill -INT $pid; sleep 1; kill -0 $pid || exit 9; kill -TERM $pid; wait $pid");
    expect_status("interrupted", 1);
}
END_TEST

START_TEST(hears_what_its_caller_blocks)
{
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigprocmask(SIG_BLOCK, &stops, NULL);
    expect(75, "timeout -s KILL 100 " ENDLESS " & sleep 0; " BEGUN
               "kill -TERM $(cat runs/*/*/*/*/lock | sed 's/pid //;s/ .*//'); wait $!");
}
END_TEST

START_TEST(waits_for_runs_where_ended_children_are_ignored)
{
    expect(0, PLAN "sed -i 's/100000/1/' plan.yaml; (trap '' CHLD; exec timeout -s KILL 100 $q run plan.yaml -j 2)");
    expect_status("done", 2);
}
END_TEST

START_TEST(a_limit_of_file_sizes_is_an_error_with_its_reason)
{
    expect(74, "(ulimit -f 500; exec $train)");
    expect_in("err", "File too large");
    expect_in("err", "runs/");
    expect_status("interrupted", 1);
    expect(0, "$train");
}
END_TEST

START_TEST(trains_on_when_nobody_reads_its_messages)
{
    expect(0, "{ ${train% -q}; echo $? >rc; } 2>&1 | true; grep -qx 141 rc");
    expect_status("done", 1);
}
END_TEST

/* ---- a time limit ---- */

/* The limit is no part of the identity: the run is the same with another one, and ends with the bits of one without. */
START_TEST(goes_on_after_a_time_limit)
{
    expect(0, "$train --threads 1 --epochs 2 --runs-dir a >/dev/null; i=0; rc=1; "
              "while [ $rc = 1 ] && [ $i -lt 200 ]; do $train --threads 1 --epochs 2 --time-limit 0.1s >/dev/null 2>said; rc=$?; i=$((i+1)); "
              "[ $rc = 0 ] || { grep -q 'time limit of 0.1s reached after step .*; everything is saved' said && "
              "grep -q '\"status\": \"failed\"' runs/*/*/*/*/record.json; } || exit 9; "
              "done; [ $i -gt 1 ] && cmp a/*/*/*/*/model.safetensors runs/*/*/*/*/model.safetensors && "
              "cmp a/*/*/*/*/metrics.jsonl runs/*/*/*/*/metrics.jsonl");
}
END_TEST

START_TEST(a_time_limit_is_a_time)
{
    static const char *const wrong[] = {"5ep", "20st", "600", "0s", "-1s", "soon"};
    char *commands = qb_sprintf("$train --time-limit %s", wrong[_i]);
    expect(2, commands);
    expect_in("err", "--time-limit: expected a time such as 600s (seconds)");
    qb_free(commands);
}
END_TEST

/* ---- standard streams ---- */

static const struct {
    const char *closed;
    int status;
} closings[] = {
    {"<&-", 0}, {">&-", 74}, {"2>&-", 0}, {"<&- >&-", 74}, {"<&- 2>&-", 0}, {">&- 2>&-", 74}, {"<&- >&- 2>&-", 74},
};

START_TEST(writes_nothing_of_closed_streams_into_files)
{
    char *commands = qb_sprintf("$train --threads 1 --runs-dir a >/dev/null || exit 9; (exec ${train%% -q} --threads 1 --runs-dir b %s)", closings[_i].closed);
    expect(closings[_i].status, commands);
    expect(0, "for f in metrics.jsonl model.safetensors config.json; do cmp a/*/*/*/*/$f b/*/*/*/*/$f || exit 1; done; "
              "[ $(cat b/*/*/*/*/lock | wc -l) = 1 ] && grep -q '^pid [0-9]* on ' b/*/*/*/*/lock");
    json_t *record = NULL;
    expect(0, "cat b/*/*/*/*/record.json");
    record = json_out();
    ck_assert_str_eq(json_string_value(json_object_get(record, "status")), "done");
    json_decref(record);
    qb_free(commands);
}
END_TEST

static const char *const talkers[] = {
    "$train --json", "$train --threads 1 --json --solver ste", "$q info resnet8 --json", "$q doctor --json", "$q list --json",
    "$q bench --model resnet8 --batch 4 --threads 1 --windows 1 --seconds 0.01 --json",
};

START_TEST(prints_one_object_beside_a_library_that_talks)
{
    char *commands = qb_sprintf("DNNL_VERBOSE=2 ONEDNN_VERBOSE=2 %s", talkers[_i]);
    expect(0, commands);
    json_t *object = json_out();
    ck_assert(json_is_object(object));
    json_decref(object);
    qb_free(commands);
}
END_TEST

/* In every hook of a run, and when it is loaded. */
START_TEST(prints_one_object_beside_a_plugin_that_talks)
{
    static const char *const hooks[] = {"supports", "create", "bind", "start", "begin_step", "on_gradient", "after_step",
                                        "project", "metrics", "save", "finish", "destroy"};
    char *dir = qb_program_dir(), *solvers[13];
    for (size_t i = 0; i < 12; i++)
        solvers[i] = qb_sprintf("%s/plugins/misdeed.so[deed=print,hook=%s]", dir, hooks[i]);
    solvers[12] = qb_sprintf("%s/plugins/print_when_loaded.so", dir);
    for (size_t i = 0; i < 13; i++) {
        char *commands = qb_sprintf("$train --threads 1 --json --solver '%s'", solvers[i]);
        expect(0, commands);
        json_t *object = json_out();
        ck_assert_str_eq(json_string_value(json_object_get(object, "status")), "done");
        json_decref(object);
        qb_free(commands);
        qb_free(solvers[i]);
    }
    qb_free(dir);
}
END_TEST

START_TEST(writes_to_standard_output_by_any_of_its_names)
{
    static const char *const names[] = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"};
    char *commands = qb_sprintf("$train >/dev/null && $q table runs -o %s", names[_i]);
    expect(0, commands);
    expect_in("out", "parq");
    qb_free(commands);
}
END_TEST

START_TEST(draws_the_same_in_any_environment)
{
    if (access("/usr/bin/gnuplot", X_OK) != 0)
        QB_TEST_SKIP("there is no gnuplot");
    expect(0, "$q solver plot parq -o a && echo 'set terminal bogus' >.gnuplot && mkdir lib && "
              "GNUTERM=nonsense GNUPLOT_LIB=lib GDFONTPATH=/nowhere GNUPLOT_FONTPATH=/nowhere GNUPLOT_DRIVER_DIR=/nowhere "
              "GNUPLOT_PS_DIR=/nowhere LC_ALL=de_DE.UTF-8 LANG=xx $q solver plot parq -o b && for f in a/*; do cmp $f b/${f#a/} || exit 1; done");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("surroundings");
    TCase *variables = tcase_create("variables"), *openmp = tcase_create("OpenMP");
    tcase_add_unchecked_fixture(variables, setup_run_without, program_teardown);
    tcase_add_loop_test(variables, threads_are_those_that_were_asked_for, 0, sizeof openmp_variables / sizeof openmp_variables[0]);
    tcase_set_timeout(variables, 200);
    suite_add_tcase(s, variables);
    tcase_add_checked_fixture(openmp, setup, program_teardown);
    tcase_add_loop_test(openmp, chooses_the_default_number_of_threads, 0, sizeof defaults / sizeof defaults[0]);
    tcase_add_test(openmp, keeps_the_threads_of_a_run_that_is_resumed);
    tcase_add_loop_test(openmp, pins_runs_where_they_fill_the_cores, 0, 4);
    tcase_add_test(openmp, doctor_shows_what_is_not_heeded);
    tcase_set_timeout(openmp, 200);
    suite_add_tcase(s, openmp);
    TCase *signals = tcase_create("signals"), *streams = tcase_create("streams");
    int n_signals = sizeof stop_signals / sizeof stop_signals[0];
    tcase_add_checked_fixture(signals, setup, program_teardown);
    tcase_add_loop_test(signals, saves_and_stops_when_asked, 0, n_signals);
    tcase_add_loop_test(signals, saves_and_stops_every_run_of_a_plan, 0, n_signals);
    tcase_add_loop_test(signals, leaves_alone_what_its_caller_ignores, 0, n_signals);
    tcase_add_test(signals, leaves_alone_an_interrupt_in_the_background);
    tcase_add_test(signals, hears_what_its_caller_blocks);
    tcase_add_test(signals, waits_for_runs_where_ended_children_are_ignored);
    tcase_add_test(signals, a_limit_of_file_sizes_is_an_error_with_its_reason);
    tcase_add_test(signals, trains_on_when_nobody_reads_its_messages);
    tcase_add_test(signals, goes_on_after_a_time_limit);
    tcase_add_loop_test(signals, a_time_limit_is_a_time, 0, 6);
    tcase_set_timeout(signals, 200);
    suite_add_tcase(s, signals);
    tcase_add_checked_fixture(streams, setup, program_teardown);
    tcase_add_loop_test(streams, writes_nothing_of_closed_streams_into_files, 0, sizeof closings / sizeof closings[0]);
    tcase_add_loop_test(streams, prints_one_object_beside_a_library_that_talks, 0, sizeof talkers / sizeof talkers[0]);
    tcase_add_test(streams, prints_one_object_beside_a_plugin_that_talks);
    tcase_add_loop_test(streams, writes_to_standard_output_by_any_of_its_names, 0, 4);
    tcase_add_test(streams, draws_the_same_in_any_environment);
    tcase_set_timeout(streams, 200);
    suite_add_tcase(s, streams);
    return s;
}

QB_TEST_MAIN
