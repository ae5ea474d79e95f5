/* What two runs, or two plans, differ in. */
#include "expect_fixture.h"

#define SMALL "base: {dataset: synthetic, model: resnet8, epochs: 1, batch: 32, train_limit: 64, test_limit: 32"

static void setup(void)
{
    program_setup();
    setenv("LC_ALL", "C.UTF-8", 1);
    write_file("a.yaml", "title: First\n" SMALL "}\nmatrix: {solver: [none, ste], bits: [1, 2]}\nseeds: [1, 2]\n");
}

/* ---- plans ---- */

START_TEST(equal_plans)
{
    expect("$q diff a.yaml a.yaml", 0, "a  a.yaml: 3 cells, 6 runs\nb  a.yaml: 3 cells, 6 runs\n\n3 cells are in both\n", "");
    expect("$q diff a.yaml a.yaml", 0, " keys are equal, none differs\n", "");
    /* words that come to the same: defaults, other order, another way to write a number */
    write_file("b.yaml", "title: First\nseeds: [1, 2]\nmatrix: {bits: [1, 2], solver: [none, ste]}\n" SMALL ", lr: 1e-1, momentum: 0.9}\n");
    expect("$q diff a.yaml b.yaml", 0, "3 cells are in both\n", "");
    expect("$q diff a.yaml b.yaml", 0, "none differs\n", "");
    expect("$q diff a.yaml b.yaml --json | tr -d ' \\n'", 0, "\"keys\":{}", "");
}
END_TEST

START_TEST(plans_that_differ)
{
    write_file("b.yaml", "title: Second\n" SMALL ", lr: 0.05, threads: 2}\nmatrix: {solver: [none, ste], bits: [2, 4]}\nseeds: [1, 2, 3]\n");
    expect("$q diff a.yaml b.yaml", 0,
           "key      a      b\n"
           "-----------------------\n"
           "title    First  Second\n"
           "seeds    1, 2   1, 2, 3\n"
           "bits     1, 2   2, 4\n"
           "lr       0.1    0.05\n"
           "threads  1      2\n"
           "\nonly in a: solver=none\n", "");
    expect("$q diff a.yaml b.yaml | grep -v -c -e keys.are.equal -e cells.are.in.both", 0, "17\n", "");
    write_file("c.yaml", "title: First\n" SMALL "}\nmatrix: {solver: [ste, parq], bits: [1, 2]}\nseeds: [1, 2]\n");
    expect("$q diff a.yaml c.yaml", 0, "\nonly in a: solver=none\nonly in b: solver=parq bits=1\nonly in b: solver=parq bits=2\n2 cells are in both\n", "");
    expect("$q diff a.yaml c.yaml --json | tr -d ' \\n'", 0,
           "\"cells\":{\"both\":2,\"only_a\":[\"solver=none\"],\"only_b\":[\"solver=parqbits=1\",\"solver=parqbits=2\"]}", "");
    expect("$q diff a.yaml c.yaml --json | tr -d ' \\n'", 0, "\"keys\":{\"solver\":{\"a\":[\"none\",\"ste\"],\"b\":[\"ste\",\"parq\"]}}", "");
    expect("sed 's/epochs: 1/epochs: 4/' a.yaml > long.yaml; $q diff long.yaml a.yaml --scale 0.5", 0, "epochs      2    1\n", "");
    expect("{ cat a.yaml; echo 'scale: 0.5'; } > d.yaml; $q diff a.yaml d.yaml", 0, "scale  1  0.5\n", "");
}
END_TEST

/* ---- runs ---- */

START_TEST(runs_key_by_key)
{
    expect("$q run a.yaml -q -j 2; x=$(ls -d runs/a/*/ste-w1/s1-*); y=$(ls -d runs/a/*/ste-w2/s2-*); $q diff $x $y > o; cat o", 0, " (done)\n\nkey ", "");
    expect("sed -n 's/  */ /g;4,7p' o", 0, "bits 1 2\nseed 1 2\n", "");
    expect("grep -c -e '^result.weights_sha256 ' -e '^result.test_loss ' o; grep -e '^lr ' -e '^machine' -e '^data' -e '^build' o", 1, "2\n", "");
    /* by the beginning of their keys, with the same outcome */
    expect("x=$(basename runs/a/*/ste-w1/s1-*); y=$(basename runs/a/*/ste-w2/s2-*); $q diff ${x#s1-} ${y#s2-} > p; cmp o p && echo same", 0, "same\n", "");
    expect("x=$(ls -d runs/a/*/ste-w1/s1-*); $q diff $x $x", 0, "none differs\n", "");
    expect("x=$(ls -d runs/a/*/ste-w1/s1-*); y=$(ls -d runs/a/*/none/s1-*); $q diff $x $y --json | tr -d ' \\n' > j; cat j", 0, "\"bits\":{\"a\":1,\"b\":null}", "");
    expect("grep -c '\"solver\":{\"a\":\"ste\",\"b\":\"none\"}' j; grep -c '\"kind\":\"runs\"' j; grep -c '\"status\":\"done\"' j", 0, "1\n1\n1\n", "");
}
END_TEST

START_TEST(runs_on_other_threads_and_data)
{
    expect("$q train --dataset synthetic --model resnet8 --epochs 1 --train-limit 64 --test-limit 32 --solver none --threads 1 -q >o1; "
           "$q train --dataset synthetic --model resnet8 --epochs 1 --train-limit 64 --test-limit 32 --solver none --threads 2 --runs-dir two -q >o2; "
           "$q diff runs two", 0, "machine.threads ", "");
    expect("$q diff runs two | grep -c -e '^key ' -e '^epochs'", 0, "1\n", "");
}
END_TEST

/* ---- mistakes ---- */

static const struct {
    const char *command;
    int status;
    const char *err;
} wrong[] = {
    {"$q diff", 2, "A B"},
    {"$q diff a.yaml", 2, "A B"},
    {"$q diff a.yaml a.yaml a.yaml", 2, "argument"},
    {"$q diff a.yaml runs", 2, "expected two runs or two plans, got the plan 'a.yaml' and the run 'runs'"},
    {"$q diff 0123abcd a.yaml", 2, "expected two runs or two plans, got the plan 'a.yaml' and the run '0123abcd'"},
    {"$q diff nowhere nowhere", 66, "nowhere: no such run"},
    {"$q diff 0123abcd 0123abcd", 66, "0123abcd: no run in runs has a key that begins so"},
    {"$q diff a.yaml none.yaml", 66, "none.yaml"},
    {"echo 'x: 1' > x.yaml; $q diff a.yaml x.yaml", 78, "x.yaml:1:1: unknown key 'x'"},
    {"$q run a.yaml -q -j 2; $q diff runs/a runs/a/*/none/s1-*", 2, "runs/a: expected one run, found 6 in this folder"},
    {"$q diff a a --scale 0.5", 2, "--scale: expected plans to scale, got runs"},
};

START_TEST(says_what_is_wrong)
{
    expect(wrong[_i].command, wrong[_i].status, "", wrong[_i].err);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("diff");
    TCase *tc = tcase_create("diff");
    tcase_add_checked_fixture(tc, setup, program_teardown);
    tcase_set_timeout(tc, 150);
    tcase_add_test(tc, equal_plans);
    tcase_add_test(tc, plans_that_differ);
    tcase_add_test(tc, runs_key_by_key);
    tcase_add_test(tc, runs_on_other_threads_and_data);
    tcase_add_loop_test(tc, says_what_is_wrong, 0, sizeof wrong / sizeof *wrong);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
