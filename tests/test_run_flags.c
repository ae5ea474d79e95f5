/* How much of a plan one `run` does (--fail-fast, --max-jobs), and by which text of the plan (--frozen). */
#include "expect_fixture.h"

#define SMALL "base: {dataset: synthetic, model: resnet8, epochs: 1, batch: 32, train_limit: 64, test_limit: 32}\n"

static void setup(void)
{
    program_setup();
    setenv("LC_ALL", "C.UTF-8", 1);
    write_file("tiny.yaml", "title: Tiny\n" SMALL "matrix: {solver: [none, ste]}\nseeds: [1, 2]\n");
    /* the first cell's loss leaves the finite numbers at once */
    write_file("bad.yaml", "title: Bad\n" SMALL "matrix: {lr: [1000000, 0.1]}\nseeds: [1, 2]\n");
}

/* ---- how much ---- */

START_TEST(a_bad_run_stops_no_other_by_default)
{
    expect("$q run bad.yaml -j 1", 1, "", "4 runs: 2 done, 2 diverged\n");
    expect("$q run bad.yaml -j 1 --keep-going", 1, "", "4 runs: 2 done, 2 diverged\n"); /* over: nothing starts */
}
END_TEST

START_TEST(fail_fast_starts_no_further_run)
{
    expect("$q run bad.yaml -j 1 --fail-fast", 1, "", "4 runs: 0 done, 1 diverged, 3 not begun\n");
    /* what diverged before is over, and stops nothing in a later call; its seed 2 does */
    expect("$q run bad.yaml -j 1 --no-keep-going", 1, "", "4 runs: 1 done, 2 diverged, 1 not begun\n");
    expect("$q run bad.yaml -j 1 --fail-fast", 1, "", "4 runs: 2 done, 2 diverged\n");
}
END_TEST

/* What goes on beside the run that fails is not stopped. */
START_TEST(fail_fast_waits_for_runs_under_way)
{
    write_file("long.yaml", SMALL "variants: {bad: {lr: 1000000}, long: {epochs: 15}}\nseeds: [1, 2]\n");
    expect("$q run long.yaml -j 2 --fail-fast", 1, "", "4 runs: 1 done, 1 diverged, 2 not begun\n");
}
END_TEST

START_TEST(max_jobs_stops_after_so_many)
{
    expect("$q run tiny.yaml -j 2 --max-jobs 1", 75, "", "4 of 4 runs are left, 2 at once, 1 at most\n");
    expect("$q run tiny.yaml -n", 0, "4 runs, 3 left\n", "");
    expect("$q run tiny.yaml -j 2 --max-jobs 2", 75, "", "[2/2] ");
    expect("$q run tiny.yaml --max-jobs 2", 0, "", "4 runs: 4 done\n"); /* one is left: all complete */
    expect("$q run tiny.yaml --max-jobs 2", 0, "", "4 runs: 4 done\n");
}
END_TEST

START_TEST(max_jobs_says_what_is_left)
{
    expect("$q run tiny.yaml --max-jobs 3", 75, "", "stopped after 3 runs (--max-jobs): 1 of 4 are left\n  the same command again goes on from here\n");
    expect("$q run bad.yaml -j 1 --max-jobs 1", 1, "", "of 4 runs 0 failed, 1 diverged"); /* a loop on 75 must not spin */
    expect("$q run bad.yaml -j 1 --max-jobs 1", 75, "", "1 done, 1 diverged, 2 not begun");
}
END_TEST

/* A run that another process has is none of the N. */
START_TEST(max_jobs_counts_no_run_that_is_elsewhere)
{
    expect("$q run tiny.yaml -q --max-jobs 1; rm runs/tiny/*/none/s1-*/record.json; l=$(ls runs/tiny/*/none/s1-*/lock); flock $l sleep 60 & sleep 0.5; "
           "$q run tiny.yaml -j 1 --max-jobs 1; s=$?; kill %1; exit $s",
           75, "", "4 runs: 1 done, 1 elsewhere, 2 not begun\n");
}
END_TEST

static const struct {
    const char *command;
    int status;
    const char *err;
} wrong[] = {
    {"$q run tiny.yaml --max-jobs 0", 2, "--max-jobs: expected a whole number from 1 to 100000 (runs), got '0'"},
    {"$q run tiny.yaml --max-jobs x", 2, "--max-jobs: expected a whole number"},
    {"$q run tiny.yaml --max-jobs", 2, "--max-jobs: expected a value"},
    {"$q run tiny.yaml --keep-going --fail-fast", 2, "--keep-going and --fail-fast contradict each other"},
    {"$q run tiny.yaml --no-keep-going --no-fail-fast", 2, "--keep-going and --fail-fast contradict each other"},
    {"$q run tiny.yaml --force --max-jobs 2", 2, "expected one of them"},
    {"$q run tiny.yaml --smoke --max-jobs 2", 2, "--smoke does not go with --max-jobs"},
    {"$q run tiny.yaml --fail-fst", 2, "did you mean '--fail-fast'?"},
    {"$q train --fail-fast", 2, "unknown option '--fail-fast'"},
};

START_TEST(says_what_is_wrong)
{
    expect(wrong[_i].command, wrong[_i].status, "", wrong[_i].err);
    expect("test ! -e runs", 0, "", "");
}
END_TEST

START_TEST(smoke_can_end_at_the_first_failure)
{
    expect("e=${q%/qatbench}/tests/plugins/ends_midway.so; printf 'base: {dataset: synthetic, model: resnet8, epochs: 1}\n"
           "matrix:\n  solver: [\"%s[how=fail,step=1]\", ste]\n' $e > ends.yaml; $q run ends.yaml --smoke -j 1 --fail-fast",
           1, "", "1 of 2 cells failed, 1 were not tried (--fail-fast)\n");
}
END_TEST

/* ---- the frozen copy ---- */

#define EDIT "sed -i 's/solver: .none, ste./solver: [none, parq]/' tiny.yaml"

START_TEST(an_edit_does_not_reach_a_running_study)
{
    write_file("long.yaml", "base: {dataset: synthetic, model: resnet8, epochs: 8, batch: 32, train_limit: 64, test_limit: 32}\n"
                            "matrix: {solver: [none, ste]}\n");
    expect("cp long.yaml before; $q run long.yaml -j 1 & pid=$!; until ls runs/long/*/none/*/metrics.jsonl; do sleep 0.1; done >l 2>&1; "
           "echo 'nonsense' > long.yaml; wait $pid", 0, "", "2 runs: 2 done\n");
    expect("cmp before runs/long/plan.frozen.yaml && echo same; ls -d runs/long/*/*", 0, "same\nruns/long/resnet8-synthetic/none\nruns/long/resnet8-synthetic/ste-w2\n", "");
}
END_TEST

START_TEST(the_next_run_takes_the_edit_and_says_so)
{
    expect("$q run tiny.yaml -n && test ! -e runs", 0, "4 left\n", "");
    expect("$q run tiny.yaml -j 1 --max-jobs 1 -q; cp tiny.yaml first.yaml; cmp tiny.yaml runs/tiny/plan.frozen.yaml && echo same", 0, "same\n", "");
    expect("$q run tiny.yaml -j 1 --max-jobs 1; ls runs/tiny", 0, "plan.frozen.yaml\nresnet8-synthetic\n", "4 runs: 2 done, 2 not begun\n"); /* no edit, no word */
    expect(EDIT "; $q run tiny.yaml -n; ls runs/tiny", 0, "run   solver=parq bits=2 seed=1", ""); /* -n changes nothing */
    expect("ls runs/tiny | wc -l; $q run tiny.yaml -j 1", 0, "2\n",
           "tiny.yaml was edited since this study was started; it is run as it is now, and was runs/tiny/plan.frozen-");
    expect("cmp tiny.yaml runs/tiny/plan.frozen.yaml && cmp first.yaml runs/tiny/plan.frozen-*.yaml && echo kept", 0, "kept\n", "");
    expect("ls runs/tiny/*/ | cat", 0, "none\nparq-w2\nste-w2\n", "");
    expect("$q diff runs/tiny/plan.frozen-*.yaml tiny.yaml", 0, "solver  none, ste  none, parq\n", "");
    /* all is done: nothing is written, so a folder that one may only read is fine */
    expect("touch -d '2020-01-01' runs/tiny/plan.frozen.yaml; echo '# a word' >> tiny.yaml; $q run tiny.yaml; "
           "find runs/tiny -maxdepth 1 -newermt 2021-01-01 -name plan.frozen.yaml", 0, "", "4 runs: 4 done\n");
}
END_TEST

START_TEST(frozen_goes_on_as_it_was_started)
{
    expect("$q run tiny.yaml --frozen -j 1 --max-jobs 1", 75, "", "3 of 4 are left"); /* the first start: the plan itself */
    expect(EDIT "; $q run tiny.yaml --frozen -n", 0, "run   solver=ste bits=2 seed=2  (never begun)\n", "");
    expect("$q run tiny.yaml --frozen -j 1", 0, "", "tiny.yaml was edited since this study was started; going on with runs/tiny/plan.frozen.yaml\n");
    expect("ls runs/tiny/*/ | cat; ls runs/tiny", 0, "none\nste-w2\nplan.frozen.yaml\nresnet8-synthetic\n", "");
    expect("rm tiny.yaml; $q run tiny.yaml --frozen", 0, "", "4 runs: 4 done\n"); /* the file may be gone */
    expect("$q run tiny.yaml", 66, "", "tiny.yaml");
    /* a copy that somebody spoiled is told by its own name */
    expect("echo 'x: 1' > runs/tiny/plan.frozen.yaml; $q run tiny.yaml --frozen", 78, "", "runs/tiny/plan.frozen.yaml:1:1: unknown key 'x'");
}
END_TEST

/* Paths in a plan are meant from where the plan is, not its copy. */
START_TEST(a_copy_finds_what_lies_beside_the_plan)
{
    expect("$q run tiny.yaml -q -j 2 && mkdir s && cp runs/tiny/*/none/s1-*/trained.safetensors s/start.safetensors && "
           "printf '" SMALL "include: [{init: start.safetensors, solver: none}]\n' > s/from.yaml && $q run s/from.yaml --frozen -q && "
           "$q run s/from.yaml --frozen -n", 0, "0 left\n", "");
}
END_TEST

START_TEST(a_copy_that_cannot_be_kept_stops_nothing)
{
    expect("mkdir -p runs/tiny/plan.frozen.yaml && $q run tiny.yaml", 0, "", "no copy of the plan is kept");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("run_flags");
    TCase *tc = tcase_create("run_flags");
    tcase_add_checked_fixture(tc, setup, program_teardown);
    tcase_set_timeout(tc, 150);
    tcase_add_test(tc, a_bad_run_stops_no_other_by_default);
    tcase_add_test(tc, fail_fast_starts_no_further_run);
    tcase_add_test(tc, fail_fast_waits_for_runs_under_way);
    tcase_add_test(tc, max_jobs_stops_after_so_many);
    tcase_add_test(tc, max_jobs_says_what_is_left);
    tcase_add_test(tc, max_jobs_counts_no_run_that_is_elsewhere);
    tcase_add_loop_test(tc, says_what_is_wrong, 0, sizeof wrong / sizeof *wrong);
    tcase_add_test(tc, smoke_can_end_at_the_first_failure);
    tcase_add_test(tc, an_edit_does_not_reach_a_running_study);
    tcase_add_test(tc, the_next_run_takes_the_edit_and_says_so);
    tcase_add_test(tc, frozen_goes_on_as_it_was_started);
    tcase_add_test(tc, a_copy_finds_what_lies_beside_the_plan);
    tcase_add_test(tc, a_copy_that_cannot_be_kept_stops_nothing);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
