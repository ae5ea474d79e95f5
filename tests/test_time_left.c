/* How long the rest of a study takes, as `run -n` and `ls` tell it, and how far it is, as `status` does. */
#include "expect_fixture.h"

#define SMALL "base: {dataset: synthetic, model: resnet8, epochs: 1, batch: 32, train_limit: 64, test_limit: 32}\n"

static void setup(void)
{
    program_setup();
    setenv("LC_ALL", "C.UTF-8", 1);
    write_file("tiny.yaml", "title: Tiny\n" SMALL "matrix: {solver: [none, ste]}\nseeds: [1, 2]\n");
}

START_TEST(tells_the_time_left)
{
    expect("$q run tiny.yaml -n | tail -2", 0,
           "time left: unknown: no run of resnet8, synthetic, batch 32, fp32, 1 thread, none was measured on this CPU yet\nTiny: 2 cells, 4 runs, 4 left\n", "");
    expect("$q ls tiny.yaml | tail -1", 0, "time left: unknown: no run of resnet8, ", "");
    expect("$q run tiny.yaml -q -j 1 --max-jobs 1; $q run tiny.yaml -n -j 2 | tail -2", 0, "time left: about ", "");
    expect("$q run tiny.yaml -n | tail -2 | head -1", 0, " s; of 2 more runs unknown: no run of resnet8, synthetic, batch 32, fp32, 1 thread, ste was", "");
    expect("$q run tiny.yaml -q -j 1 --max-jobs 1; $q run tiny.yaml -n -j 2 | grep -c 'time left: about .* s, 2 at once$'; $q run tiny.yaml -n -j 1 | grep -c 'about [0-9]* s$'", 0, "1\n1\n", "");
    expect("$q ls tiny.yaml | tail -1 | grep -c 'time left: about'", 0, "1\n", "");
    expect("$q run tiny.yaml -q; $q run tiny.yaml -n | grep -c 'time left'; $q ls tiny.yaml | grep -c 'time left'", 1, "0\n0\n", "");
    /* of another batch, of other threads, on another CPU: another speed */
    expect("sed 's/batch: 32/batch: 16/' tiny.yaml > b.yaml; $q run b.yaml -n", 0, "time left: unknown: no run of resnet8, synthetic, batch 16,", "");
    expect("sed 's/batch: 32/batch: 32, threads: 2/' tiny.yaml > b.yaml; $q run b.yaml -n", 0, "batch 32, fp32, 2 threads, none was", "");
}
END_TEST

/* The measure: ten steps that took 5 s each make 4 steps 20 s; records of another CPU say nothing. */
START_TEST(time_is_steps_times_what_a_step_took)
{
    expect("$q run tiny.yaml -q && $q ls tiny.yaml --json > all.jsonl && sed 's/\"images_per_second\":[0-9.e+]*/\"images_per_second\":6.4/' all.jsonl > slow.jsonl && "
           "rm -r runs; sed -e 's/seeds: .*/seeds: [7, 8]/' tiny.yaml > seven.yaml; $q run seven.yaml -n -j 1 --done slow.jsonl", 0,
           "time left: about 40 s\n", "none of its 4 finished runs is one of this plan");
    expect("$q run seven.yaml -n -j 2 --done slow.jsonl", 0, "time left: about 20 s, 2 at once\n", "");
    expect("$q run seven.yaml -n -j 9 --done slow.jsonl", 0, "time left: about 10 s, 4 at once\n", "");
    expect("sed 's/epochs: 1/epochs: 900/' seven.yaml > long.yaml; $q run long.yaml -n -j 1 --done slow.jsonl", 0, "time left: about 10.0 h\n", "");
    expect("sed 's/\"cpu\":\"[^\"]*\"/\"cpu\":\"Another\"/' slow.jsonl > other.jsonl; $q run seven.yaml -n --done other.jsonl", 0, "time left: unknown", "");
}
END_TEST

/* A run under way is made of a finished one: its record says running, its lock is held, its log ends in the middle. */
START_TEST(status_of_a_study_under_way)
{
    write_file("four.yaml", "title: Four\nbase: {dataset: synthetic, model: resnet8, epochs: 4, batch: 32, train_limit: 320, test_limit: 32}\n"
                            "matrix: {solver: [none, ste]}\nseeds: [1]\n");
    expect("$q status four.yaml | head -3", 0,
           "Four\n2 cells, 2 runs: 2 missing; 0 % of the way\ntime left: unknown: no run of resnet8, synthetic,", "");
    expect("$q run four.yaml -q && $q status four.yaml --watch | sed -n '2,3p'", 0, "Four\n2 cells, 2 runs: 2 done; 100 % of the way\n", "");
    expect("$q status four.yaml --json | grep -c '\"complete\": true\\|\"seconds_left\": 0.0'", 0, "2\n", "");
    expect("$q ls four.yaml --json > all.jsonl; $q status four.yaml all.jsonl | grep -c '^done  '", 0, "1\n", "");
    expect("n=$(ls -d runs/four/*/none/s1*); cp -r $n whole; "
           "sed -i 's/\"status\": \"done\"/\"status\": \"running\"/' $n/record.json; touch -d '10 seconds ago' $n/lock; "
           "grep -v '\"step\":\\(30\\|40\\)' whole/metrics.jsonl > $n/metrics.jsonl; printf '{\"epoch\":9,\"split\":\"test\",\"step\":9' >> $n/metrics.jsonl", 0, "", "");
    /* nobody holds its lock: it was killed */
    expect("$q status four.yaml", 0, "\nnot done\nnone, seed 1: interrupted: the process ended without saying why\n", "");
    expect("n=$(ls -d runs/four/*/none/s1*); find runs whole -type f -exec md5sum {} + > before; "
           "flock $n/lock sh -c \"$q status four.yaml | tee o; $q status four.yaml --json > j; $q status four.yaml --color always > c; "
           "timeout 1 $q status four.yaml --watch --interval 0.3 > w\"; echo $? >> o; find runs whole -type f -exec md5sum {} + | cmp - before",
           0, "2 cells, 2 runs: 1 done, 1 running; 75 % of the way\ntime left: about ", "");
    expect("cat o", 0, "none        1  20/40   2.00", "");
    expect("grep -c '^done last  seed  test top-1\\|^124' o; grep -c \"$(printf '\\033')\" o c", 0, "2\no:0\nc:", ""); /* --watch was ended */
    expect("grep -c '\"step\": 20,\\|\"steps\": 40,\\|\"eta_seconds\": [0-9]\\|\"complete\": false\\|\"test_top1\": [0-9]' j", 0, "5\n", "");
    expect("grep -c '^Four' w | grep -qx '[2-9]' && sed -n 1p w | grep -c '^20.*Z$'", 0, "1\n", "");
    expect("$q status nothere.yaml", 66, "", "cannot open 'nothere.yaml'");
    expect("$q status four.yaml --watch --interval 0", 2, "", "--interval: expected a number from 0.1");
    expect("$q status four.yaml --color sometimes", 2, "", "--color: ");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("time_left");
    TCase *tc = tcase_create("time_left");
    tcase_add_checked_fixture(tc, setup, program_teardown);
    tcase_set_timeout(tc, 150);
    tcase_add_test(tc, tells_the_time_left);
    tcase_add_test(tc, time_is_steps_times_what_a_step_took);
    tcase_add_test(tc, status_of_a_study_under_way);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
