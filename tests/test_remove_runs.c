/* rm and gc: which folders they take for runs, what they leave alone, and what a process that is killed on the way leaves. */
#include "expect_fixture.h"

#include "base/err.h"
#include "study/run_folders.h"
#include "train/record.h"
#include "train/rundir.h"

#include <unistd.h>

#define SMALL "base: {dataset: synthetic, model: resnet8, epochs: 2, batch: 32, train_limit: 64, test_limit: 32}\n"

static char trained[64]; /* a folder with plans and runs that every test begins with */

/* Six runs of one study, two of another one. Once for all tests, by other processes than this one. */
static void train(void)
{
    program_setup();
    write_file("tiny.yaml", SMALL "matrix: {solver: [none, ste, parq]}\nseeds: [1, 2]\n");
    write_file("two.yaml", SMALL "matrix: {solver: [none, ste]}\nseeds: [1, 2]\n");
    write_file("other.yaml", SMALL "matrix: {bits: [1], solver: [ste]}\nseeds: [1, 2]\n");
    expect("$q run tiny.yaml -q -j 2 && $q run other.yaml -q -j 2", 0, "", "");
    strcpy(trained, folder);
    qb_free(program);
}

static void forget_trained(void)
{
    ck_assert_int_eq(qb_fs_remove_tree(trained), 0);
}

static void setup(void)
{
    program_setup();
    setenv("LC_ALL", "C.UTF-8", 1);
    char *command = qb_sprintf("cp -a %s/runs %s/*.yaml .", trained, trained);
    expect(command, 0, "", "");
    qb_free(command);
}

#define COUNT "ls -d runs/*/*/*/s*/ | wc -l"
#define KEY "k=$(basename runs/tiny/*/parq-w2/s1-*); k=${k#s1-}; "
#define PARQ "runs/tiny/resnet8-synthetic/parq-w2"

/* ---- rm ---- */

START_TEST(rm_takes_keys_folders_and_plans)
{
    expect(KEY "$q rm $k -n", 0, "  done         " PARQ "/s1-", "");
    expect(KEY "$q rm $k -n | head -1 | cut -c1-12; " COUNT, 0, "would remove\n8\n", "");
    expect(KEY "$q rm $k", 0, "1 run, ", "");
    expect(COUNT "; ls -d " PARQ "/*", 0, "7\n" PARQ "/s2-", "");
    expect("$q rm " PARQ "/s2-*/ && ls runs/tiny/resnet8-synthetic", 0, "none\nste-w2\n", ""); /* the empty folder went too */
    expect("$q rm two.yaml", 0, "0 runs, ", ""); /* the plan's own folder: nothing was run as 'two' */
    expect("$q rm tiny.yaml && " COUNT "; ls runs/tiny", 0, "4 runs, ", "");
    expect("test ! -e runs/tiny/resnet8-synthetic", 0, "", "");
    expect("$q rm runs/other runs/other/*/*/s1-* && test ! -e runs/other/resnet8-synthetic && ls runs", 0, "2 runs, ", ""); /* one named twice */
    expect("$q run tiny.yaml -n", 0, "6 left\n", "");
}
END_TEST

START_TEST(rm_says_what_it_removed_as_json)
{
    expect(KEY "$q rm $k --json -n > a; grep -c '\"outcome\": \"would remove\"' a; grep -c '\"dry_run\": true' a; grep -c \"\\\"key\\\": \\\"$k\" a", 0, "1\n1\n1\n", "");
    expect("b=$(cat " PARQ "/s1-*/* " PARQ "/s1-*/ckpt/* " PARQ "/s1-*/ckpt/*/* 2>/dev/null | wc -c); grep -c \"\\\"bytes\\\": $b,\" a", 0, "1\n", "");
    expect(KEY "$q rm $k --json | grep -c '\"outcome\": \"removed\"'; " COUNT, 0, "1\n7\n", "");
}
END_TEST

static const struct {
    const char *command;
    int status;
    const char *err;
} wrong[] = {
    {"$q rm", 2, "KEY|DIR|PLAN"},
    {"$q rm nowhere", 66, "nowhere: no such run"},
    {"$q rm abc", 66, "abc: no such run\n  expected a key of at least 4 digits"},
    {"$q rm 0000000000000000", 66, "0000000000000000: no run in runs has a key that begins so"},
    {"$q rm tiny.yml", 66, "tiny.yml"},
    {"$q rm out", 2, "out: expected the key or folder of a run, got a file"},
    {"mkdir d; $q rm d", 66, "d: no run is in this folder"},
    {"mkdir s1-0123456789ab; $q rm s1-0123456789ab", 66, "no run is in this folder"},
    {"$q rm " PARQ "/s1-* nowhere", 66, "nowhere: no such run"}, /* one mistake, and nothing is removed */
    {"for i in 1 2; do cp -r runs/tiny/resnet8-synthetic runs/tiny/copy$i; done; k=$(basename runs/tiny/copy1/none/s1-*); $q rm ${k#s1-}; s=$?; "
     "rm -r runs/tiny/copy?; exit $s", 2, ": 3 runs have a key that begins so: runs/tiny/copy1/none/"},
    {"$q gc", 2, "PLAN"},
    {"$q gc runs", 2, "expected plans (.yaml), got 'runs'\n  gc removes what belongs to no plan; single runs are removed by  qatbench rm"},
    {"$q gc tiny.yaml nowhere.yaml", 66, "nowhere.yaml"},
    {"echo 'x: 1' > x.yaml; $q gc tiny.yaml x.yaml", 78, "x.yaml:1:1: unknown key 'x'"},
    {"$q gc tiny.yaml --scale 2", 2, "--scale: expected a number above 0 and at most 1, got '2'"},
};

START_TEST(a_mistake_removes_nothing)
{
    expect(wrong[_i].command, wrong[_i].status, "", wrong[_i].err);
    expect(COUNT, 0, "8\n", "");
}
END_TEST

/* ---- what is no run ---- */

static const char *const made[] = {
    "mkdir -p runs/x/y/z/s1-0123456789ab && echo mine > runs/x/y/z/s1-0123456789ab/notes",        /* the name alone is not enough */
    "mkdir -p runs/x/y/z/s1-0123456789ab && echo '{\"key\": \"0123456789ab\"}' > runs/x/y/z/s1-0123456789ab/record.json",
    "mkdir -p runs/x && cp -r " PARQ "/s1-* runs/x/best",                                          /* a run under another name */
    "mkdir -p runs/x && cp -r " PARQ "/s1-* runs/x/s1-000000000000",                               /* under another key */
    "mkdir away && mv runs/tiny away/ && ln -s ../away/tiny runs/tiny",                            /* behind a link */
    "mkdir away && mv " PARQ "/s1-* away/ && ln -s $PWD/away/s1-* " PARQ "/",                      /* a link to a run */
    "mkdir -p runs/x/ckpt && echo w > runs/x/ckpt/model.safetensors && echo t > runs/notes.txt",
};

START_TEST(what_is_no_run_stays)
{
    write_file("none.yaml", SMALL "base: {}\n");
    write_file("nothing.yaml", "base: {dataset: synthetic, model: resnet8, epochs: 77}\n");
    expect(made[_i], 0, "", "");
    expect("find -L runs away -not -path '*/s[12]-*' -o -path 'runs/x/*' 2>/dev/null | sort > before; $q gc nothing.yaml > o && tail -1 o", 0, " removed\n", "");
    expect("find -L runs away -not -path '*/s[12]-*' -o -path 'runs/x/*' 2>/dev/null | grep -e x -e away -e notes | sort > after; "
           "grep -e x -e away -e notes before | cmp - after && echo same", 0, "same\n", "");
    expect("ls away/tiny/resnet8-synthetic/*/* away/s1-* 2>/dev/null | grep -c record.json", _i == 4 || _i == 5 ? 0 : 1, _i == 4 ? "6\n" : _i == 5 ? "1\n" : "0\n", "");
}
END_TEST

START_TEST(the_folder_of_a_link_can_be_named)
{
    expect("ln -s " PARQ " p; $q rm p/s1-* && ls " PARQ " | wc -l", 0, "1\n", "");
    expect("ln -s $PWD/" PARQ "/s2-* l; $q rm l", 66, "", "no run is in this folder");
    expect("cd " PARQ "/s2-* && $q rm . --runs-dir $d/runs", 0, "1 run, ", ""); /* its own name, whatever it is called here */
}
END_TEST

/* ---- gc ---- */

START_TEST(gc_removes_what_belongs_to_no_plan)
{
    expect("$q gc tiny.yaml other.yaml -n", 0, "0 runs, 0 B would be removed\n", "");
    expect("$q gc two.yaml -n > o; tail -1 o | cut -d, -f1; grep -c 'would remove .* done .*parq' o; " COUNT, 0, "4 runs\n2\n8\n", "");
    expect("$q gc two.yaml other.yaml && " COUNT, 0, "2 runs, ", ""); /* by values, although they are in runs/tiny */
    expect(COUNT "; $q table tiny.yaml | grep -c '(2)'; ls runs/tiny/resnet8-synthetic", 0, "6\n2\nnone\nste-w2\n", "");
    expect("sed 's/seeds: .*/seeds: [2]/' other.yaml > o2.yaml; $q gc o2.yaml two.yaml && ls -d runs/other/*/*/s*/ | cut -d/ -f5 | cut -c1-2", 0, "s2\n", "");
    expect("$q gc other.yaml --runs-dir nowhere", 0, "0 runs, ", "");
}
END_TEST

/* Interrupted runs, a record that cannot be read, a run without one: what they are is known, and whose. */
START_TEST(gc_knows_runs_by_what_they_are)
{
    expect("echo '{' > $(ls runs/tiny/*/parq-w2/s1-*/record.json); rm runs/tiny/*/parq-w2/s2-*/record.json; $q gc tiny.yaml other.yaml", 0, "0 runs, ", "");
    expect("$q gc two.yaml other.yaml -n", 0, "interrupted", "");
    expect("$q gc two.yaml other.yaml; ls runs/tiny/resnet8-synthetic", 0, "2 runs, ", "");
    expect("cat out; ls runs/tiny/resnet8-synthetic", 0, "none\nste-w2\n", "");
}
END_TEST

START_TEST(gc_keeps_runs_at_any_scale)
{
    expect("$q run two.yaml --scale 0.5 -q -j 2 && $q gc two.yaml tiny.yaml other.yaml -n", 0, "0 runs, ", "");
    expect("$q gc two.yaml other.yaml -n | tail -1", 0, "2 runs, ", "");
    expect("$q gc two.yaml --scale 0.5 -n | tail -1", 0, "8 runs, ", ""); /* asked for: that scale alone */
    expect("$q gc other.yaml -n | tail -1", 0, "10 runs, ", "");
}
END_TEST

/* ---- in use ---- */

START_TEST(a_run_in_use_is_left_alone)
{
    expect("l=$(ls " PARQ "/s1-*/lock); flock $l sleep 60 & sleep 0.5; $q rm " PARQ "; s=$?; kill %1; ls -d " PARQ "/*; exit $s", 73, "in use ",
           "1 of 2 runs are in use by another process and were left alone");
    expect("ls " PARQ "/s1-*/record.json | wc -l; ls " PARQ " | wc -l", 0, "1\n1\n", "");
    expect("l=$(ls " PARQ "/s1-*/lock); flock $l sleep 60 & sleep 0.5; $q gc two.yaml other.yaml; s=$?; kill %1; exit $s", 0, "in use ", "");
    expect("ls " PARQ "/s1-*/record.json | wc -l", 0, "1\n", "");
}
END_TEST

START_TEST(a_study_that_runs_loses_nothing)
{
    write_file("long.yaml", "base: {dataset: synthetic, model: resnet8, epochs: 20, batch: 32, train_limit: 128, test_limit: 32}\n");
    expect("$q run long.yaml & pid=$!; until ls runs/long/*/*/*/metrics.jsonl; do sleep 0.1; done >l 2>&1; "
           "for i in 1 2 3; do $q gc tiny.yaml >>g || echo bad; done; wait $pid; grep -c '^in use' g",
           0, "3\n", "1 runs: 1 done\n");
}
END_TEST

/* ---- killed on the way, and without the right to ---- */

/* rename is the step that takes a run away; what a kill leaves behind it is no run, and goes with the next gc. */
START_TEST(a_removal_that_was_killed_is_ended)
{
    expect("r=$(ls -d " PARQ "/s1-*); mv $r $r.removed; rm $r.removed/lock; $q ls tiny.yaml", 0, "missing", "");
    expect("$q ls runs | grep -c parq", 0, "1\n", ""); /* the other seed */
    expect("$q gc tiny.yaml other.yaml -n", 0, "left over", "");
    expect("r=$(ls -d " PARQ "/s1-*); cp -r ${r} x; $q gc tiny.yaml other.yaml; ls -d " PARQ "/s1-*", 2, "1 run, ", "");
    expect("$q run tiny.yaml -q && $q ls tiny.yaml | grep -c done", 0, "6\n", "");
    /* a leftover of the same run stands in the way of nobody */
    expect("r=$(ls -d " PARQ "/s1-*); cp -r $r $r.removed; $q rm $r; ls -d " PARQ "/*", 0, "1 run, ", "");
    expect("ls " PARQ " | cut -c1-2; rm -r x", 0, "s2\n", "");
}
END_TEST

/* 20 kills somewhere in a removal: every run is whole (and done), or gone. */
START_TEST(kills_leave_whole_runs_or_none)
{
    expect("cp -r runs all; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do $q rm runs & sleep 0.0$i; kill -9 $! 2>/dev/null; wait $! 2>/dev/null; "
           "for r in $(ls -d runs/*/*/*/s[12]-* | grep -v removed); do diff -r $r all/${r#runs/} >/dev/null || echo torn $r; done; "
           "$q ls runs 2>/dev/null | grep -v -e done -e status && echo half; rm -rf runs; cp -r all runs; done; echo tried",
           0, "tried\n", "");
    expect("grep -c -e torn -e half out", 1, "0\n", "");
}
END_TEST

START_TEST(a_folder_that_one_may_not_write_stays_whole)
{
    if (geteuid() != 0 || access("/usr/bin/setpriv", X_OK) != 0)
        QB_TEST_SKIP("needs root and setpriv, to give up its rights");
    expect("chmod 755 .; cp -r runs before; chmod -R a+rX,go-w runs; setpriv --reuid 65534 --regid 65534 --clear-groups $q rm " PARQ, 74,
           "failed ", "2 of 2 runs could not be removed");
    expect("diff -r runs before && echo same", 0, "same\n", "");
    /* one may write the run but not take it away: it stays what it was, too */
    expect("chmod -R a+rwX " PARQ "/s1-*; setpriv --reuid 65534 --regid 65534 --clear-groups $q rm " PARQ "/s1-*", 74, "", "cannot remove");
    expect("$q ls tiny.yaml | grep -c done", 0, "6\n", "");
    expect("setpriv --reuid 65534 --regid 65534 --clear-groups $q gc two.yaml other.yaml -n", 0, "2 runs, ", "");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("remove_runs");
    TCase *tc = tcase_create("remove_runs");
    tcase_add_unchecked_fixture(tc, train, forget_trained);
    tcase_add_checked_fixture(tc, setup, program_teardown);
    tcase_set_timeout(tc, 200);
    tcase_add_test(tc, rm_takes_keys_folders_and_plans);
    tcase_add_test(tc, rm_says_what_it_removed_as_json);
    tcase_add_loop_test(tc, a_mistake_removes_nothing, 0, sizeof wrong / sizeof *wrong);
    tcase_add_loop_test(tc, what_is_no_run_stays, 0, sizeof made / sizeof *made);
    tcase_add_test(tc, the_folder_of_a_link_can_be_named);
    tcase_add_test(tc, gc_removes_what_belongs_to_no_plan);
    tcase_add_test(tc, gc_knows_runs_by_what_they_are);
    tcase_add_test(tc, gc_keeps_runs_at_any_scale);
    tcase_add_test(tc, a_run_in_use_is_left_alone);
    tcase_add_test(tc, a_study_that_runs_loses_nothing);
    tcase_add_test(tc, a_removal_that_was_killed_is_ended);
    tcase_add_test(tc, kills_leave_whole_runs_or_none);
    tcase_add_test(tc, a_folder_that_one_may_not_write_stays_whole);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
