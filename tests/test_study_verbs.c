/* run, table, plot, report and ls as a user sees them: one tiny study from its plan to its report, and what goes wrong. */
#include "program_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char plan[] = "title: Tiny\n"
                           "base: {dataset: synthetic, model: resnet8, epochs: 2, batch: 32, train_limit: 96, test_limit: 64}\n"
                           "matrix: {solver: [none, ste], bits: [1, 2]}\n"
                           "seeds: [1, 2]\n";

static void write_file(const char *name, const char *text)
{
    char *path = qb_path_join(folder, name);
    ck_assert_int_eq(qb_fs_write_atomic(path, text, strlen(text)), 0);
    qb_free(path);
}

static void setup(void)
{
    program_setup();
    setenv("LC_ALL", "C.UTF-8", 1);
    write_file("tiny.yaml", plan);
}

static void expect(const char *command, int status, const char *in_out, const char *in_err)
{
    outcome o = shell(command);
    ck_assert_msg(o.status == status, "%s: %d: %s", command, o.status, o.err);
    ck_assert_msg(strstr(o.out, in_out), "%s: %s", command, o.out);
    ck_assert_msg(strstr(o.err, in_err), "%s: %s", command, o.err);
    forget(&o);
}

/* Bits that a solver does not have are skipped; options that nothing makes right are a mistake in the plan. */
START_TEST(contradicting_options_are_a_mistake)
{
    write_file("bad.yaml", "base: {dataset: synthetic, model: resnet8, epochs: 1, bits: 2}\n"
                           "matrix:\n  solver: [ste, \"softquant[tau_start=50,tau_end=2.0]\"]\n");
    expect("$q run bad.yaml", 78, "", "bad.yaml:3:17: solver: softquant[tau_end=2,tau_start=50]: these options do not go "
                                      "together: tau_end must be above tau_start, got 2 and 50\n  it is so at every bit width: change one");
    expect("test ! -e runs", 0, "", "");
    expect("$q train --dataset synthetic --model resnet8 --bits 2 --epochs 1 --solver 'par-quasiconvex[n_max=0]'", 78, "",
           "solver: par-quasiconvex[n_max=0]: these options do not go together: n_max = 0 (no limit) needs a delta\n");
    write_file("bits.yaml", "base: {dataset: synthetic, model: resnet8, epochs: 1, batch: 32, train_limit: 32, test_limit: 32}\n"
                            "matrix: {solver: [\"proxconnect[pair=bnn]\"], bits: [1, 2]}\n");
    expect("$q run bits.yaml -n", 0, "bits=2 seed=1  (skipped: solver 'proxconnect' does not support 2 bits", "");
}
END_TEST

START_TEST(from_plan_to_report)
{
    expect("$q run tiny.yaml -n", 0, "Tiny: 3 cells, 6 runs, 6 left\n", "");
    expect("$q table tiny.yaml", 0, "ste                –       –\n", "");
    expect("$q run tiny.yaml -j 2", 0, "", "6 runs: 6 done\n");
    expect("$q run tiny.yaml", 0, "", "6 runs: 6 done\n");
    expect("$q run tiny.yaml -n", 0, "over  solver=ste bits=2 seed=2  (done)\nTiny: 3 cells, 6 runs, 0 left\n", "");
    expect("$q ls tiny.yaml", 0, "done    ste     2        2", "");
    expect("$q ls", 0, "done    ste     2        2", "");
    /* a study travels as runs.jsonl */
    expect("$q table tiny.yaml > a && $q ls tiny.yaml --json > runs.jsonl && wc -l < runs.jsonl", 0, "6", "");
    expect("mv runs away && $q table tiny.yaml runs.jsonl > b && cmp a b && $q table runs.jsonl > c && cat b", 0, "(2)", "");
    expect("mkdir study && cp runs.jsonl study && cp tiny.yaml study/plan.yaml && $q table study > c && cmp b c", 0, "", "");
    expect("$q table tiny.yaml runs.jsonl --format json | grep -c '\"mean\": [0-9]'", 0, "3", "");
    expect("$q table tiny.yaml runs.jsonl --json --metric test_loss | grep '\"metric\"'", 0, "test_loss", "");
    expect("$q table tiny.yaml runs.jsonl --format csv -o deep/t.csv && grep -c done deep/t.csv", 0, "6", "");
    expect("$q table tiny.yaml runs.jsonl --baseline none", 0, "Welch's t test against none", "");
    expect("LC_ALL=C $q table tiny.yaml runs.jsonl", 0, " +- ", "");
    expect("$q report tiny.yaml runs.jsonl -o r.html && grep -c '</html>' r.html", 0, "r.html\n1\n", "");
    expect("! grep -q \"$HOME\" r.html", 0, "", "");
}
END_TEST

START_TEST(from_plan_to_pictures)
{
    if (access("/usr/bin/gnuplot", X_OK) != 0)
        QB_TEST_SKIP("there is no gnuplot");
    expect("$q run tiny.yaml -j 2 && $q ls tiny.yaml --json > runs.jsonl", 0, "", "");
    expect("mkdir study && cp runs.jsonl study && cp tiny.yaml study/plan.yaml", 0, "", "");
    expect("$q plot tiny.yaml runs.jsonl -o pics", 0, "pics/accuracy-final.png\n", "");
    expect("cp pics/accuracy-final.tsv a && rm -r pics && $q plot tiny.yaml runs.jsonl -o pics && cmp a pics/accuracy-final.tsv", 0,
           "", "");
    expect("$q report study --format md && head -1 study/REPORT.md && ls study/plots", 0, "# Tiny\naccuracy-epochs.gp\n", "");
}
END_TEST

static const struct {
    const char *command;
    int status;
    const char *err;
} wrong[] = {
    {"$q run none.yaml", 66, "none.yaml"},
    {"$q run tiny", 2, "expected a plan (.yaml), got 'tiny'"},
    {"$q run", 2, "PLAN"},
    {"$q run tiny.yaml -j x", 2, "-j: expected a whole number"},
    {"printf 'base: {lrr: 1}\\n' > p.yaml; $q run p.yaml", 78, "qatbench: p.yaml:1:8: base: unknown key 'lrr'\n  did you mean 'lr'?\n"},
    {"printf 'base:\\n\\t- 1\\n' > p.yaml; $q run p.yaml", 78, "p.yaml:2:"},
    {": > p.yaml; $q run p.yaml", 78, "p.yaml:1:1: expected a document, the file is empty"},
    {"$q table tiny.yaml tiny.yaml", 2, "expected one plan"},
    {"$q table nowhere", 66, "nowhere"},
    {"$q table tiny.yaml --metric test_top", 2, "test_top1"},
    {"$q table tiny.yaml --test welch", 2, "expected --baseline"},
    {"$q table tiny.yaml --compare none.yaml", 66, "none.yaml"},
    {"$q table tiny.yaml --compare plan", 2, "the plan names no paper"},
    {"$q plot tiny.yaml", 66, "no run is done: there is nothing to draw"},
    {"$q ls nowhere", 66, "nowhere"},
    {"echo '{\"status\": 1}' > runs.jsonl; echo '{}' >> runs.jsonl; $q table runs.jsonl", 65, "record 1"},
};

START_TEST(says_what_is_wrong)
{
    expect(wrong[_i].command, wrong[_i].status, "", wrong[_i].err);
}
END_TEST

START_TEST(stops_and_goes_on)
{
    write_file("long.yaml", "base: {dataset: synthetic, model: resnet8, epochs: 60, batch: 32, train_limit: 512, test_limit: 64}\n");
    expect("$q run long.yaml & pid=$!; until ls runs/long/*/*/*/metrics.jsonl; do sleep 0.1; done 2>/dev/null; sleep 0.5; "
           "kill -TERM $pid; wait $pid",
           75, "", "the same command again goes on from here");
    expect("$q ls long.yaml", 0, "interrupted  none", "");
    expect("$q table long.yaml", 0, "interrupted\n", "");
}
END_TEST

/* A study with a solver from outside, on a machine that has its records but not its plugin. */
START_TEST(records_tell_of_a_solver_that_is_not_here)
{
    char *here = getcwd(NULL, 0), *build = qb_sprintf("$q solver new mine >log 2>&1; mkdir -p p && cc -shared -fPIC -O2 "
                                                      "-I'%s/harness/include' -o p/mine.so mine/mine.c -lm", here);
    expect(build, 0, "", "");
    write_file("mine.yaml", "base: {dataset: synthetic, model: resnet8, epochs: 1, train_limit: 16, test_limit: 16}\n"
                            "matrix: {solver: [ste, 'mine[power=2e0]', mine, p/mine.so], bits: [1, 2]}\n"
                            "exclude: [{solver: mine, bits: 2}]\nseeds: [1]\n");
    write_file("other.yaml", "base: {dataset: synthetic, model: resnet8, epochs: 1, train_limit: 16, test_limit: 16}\n"
                             "matrix: {solver: ['mine[power=2]', 'mine[power=5]'], bits: [1]}\nseeds: [1]\n");
    expect("export QATBENCH_SOLVER_PATH=$QATBENCH_SOLVER_PATH:$PWD/p; $q run mine.yaml -q && $q table mine.yaml > a && "
           "$q table other.yaml runs/mine > a2 && $q ls mine.yaml --json > runs.jsonl && rm -r p", 0, "", "");
    expect("$q run mine.yaml", 78, "", "mine.yaml:2:24: solver: unknown solver 'mine'"); /* training needs it */
    expect("$q table mine.yaml runs.jsonl > b; diff a b", 1,
           "\n> solver mine: its plugin is not here; its cells are told by its records\n", "");
    expect("diff a b | grep -c '^[<>] .'; grep -c '(1)' b", 0, "1\n4\n", ""); /* nothing else, and every row has its runs */
    expect("$q table mine.yaml > c; cmp b c && echo same", 0, "same\n", "");
    expect("$q table other.yaml runs.jsonl > b2; diff a2 b2 | grep -c '^[<>] .'", 0, "1\n", "");
    expect("grep -c -e '^mine.power=2.*(1)' -e '^mine.power=5.* –$' b2", 0, "2\n", "");
    expect("$q report mine.yaml runs.jsonl -q -o R.md --format md && grep -c '^| mine' R.md", 0, "", "");
    expect("sed s/mine/mien/ mine.yaml > mien.yaml; $q table mien.yaml runs.jsonl", 78, "", "unknown solver 'mien'");
    expect("sed s/power/powr/ mine.yaml > powr.yaml; $q table powr.yaml runs.jsonl", 78, "", "unknown solver 'mine'");
    expect("grep -v '\"mine\"' runs.jsonl > none.jsonl; $q table mine.yaml none.jsonl", 78, "", "unknown solver 'mine'");
    expect("mv runs away; $q table mine.yaml", 78, "", "unknown solver 'mine'"); /* no records at all */
    qb_free(build);
    free(here);
}
END_TEST

/* tests/old_runs.tar.gz: folders that version 0.1.0 left, one run finished, one interrupted after step 2 of 8 (its weights
 * are replaced by few numbers that pack well, its manifest's hashes made anew). The finished one is done without training;
 * the other one goes on. */
#define OLD_RUN "$q train --model resnet8 --dataset synthetic --train-limit 32 --test-limit 16 --batch 16 --threads 1 --runs-dir runs "

START_TEST(runs_of_0_1_0_count_and_go_on)
{
    char *here = getcwd(NULL, 0), *unpack = qb_sprintf("tar xzf '%s/tests/old_runs.tar.gz' && ls runs/train/resnet8-synthetic", here);
    expect(unpack, 0, "none\nparq-w2\n", "");
    expect("$q ls runs --json | grep -c '\"key\"'", 0, "2\n", "");
    expect("$q ls runs", 0, "interrupted  parq", "");
    expect("cp -r runs before && " OLD_RUN "--epochs 1 --solver none", 0, "ae040f9bd770e8257f38dcc56e6f702570e62478b48acf97c0a1073c28fd3fea", "");
    expect("cmp runs/train/resnet8-synthetic/none/*/record.json before/train/resnet8-synthetic/none/*/record.json && "
           "cmp runs/train/resnet8-synthetic/none/*/metrics.jsonl before/train/resnet8-synthetic/none/*/metrics.jsonl && echo same", 0, "same\n", "");
    expect(OLD_RUN "--epochs 4 --solver parq --checkpoint-every 1st", 0, "parq, 2 bits, seed 1: done", "from step 2 of 8");
    expect("ls -d runs/train/resnet8-synthetic/*/* | wc -l", 0, "2\n", "");
    qb_free(unpack);
    free(here);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("study_verbs");
    TCase *tc = tcase_create("study_verbs");
    tcase_add_checked_fixture(tc, setup, program_teardown);
    tcase_set_timeout(tc, 150);
    tcase_add_test(tc, from_plan_to_report);
    tcase_add_test(tc, from_plan_to_pictures);
    tcase_add_test(tc, contradicting_options_are_a_mistake);
    tcase_add_test(tc, runs_of_0_1_0_count_and_go_on);
    tcase_add_test(tc, records_tell_of_a_solver_that_is_not_here);
    tcase_add_loop_test(tc, says_what_is_wrong, 0, sizeof wrong / sizeof *wrong);
    tcase_add_test(tc, stops_and_goes_on);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
