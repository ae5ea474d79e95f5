/* `eval` and the key `init`, as a user meets them. */
#include "expect_fixture.h"

#define TRAIN "$q train --model resnet8 --dataset synthetic --train-limit 64 --test-limit 50 --batch 16 --shards 2 --epochs 1 --threads 2 --runs-dir $d/runs --json "
#define RUN "$(ls -d $d/runs/train/resnet8-synthetic/parq-w2/s1-*)"

START_TEST(a_run_s_weights_give_the_numbers_of_its_record)
{
    json_t *run = shell_json(TRAIN "--solver parq");
    json_t *hard = shell_json("$q eval " RUN " --threads 2 --json"), *soft = shell_json("$q eval " RUN " --weights soft --threads 2 --json");
    static const char *const keys[] = {"test_loss", "test_top1", "test_top5"};
    for (int i = 0; i < 3; i++)
        ck_assert_msg(number(hard, keys[i]) == number(run, keys[i]), "%s", keys[i]);
    ck_assert(number(soft, "test_top1") == number(run, "test_top1_soft"));
    ck_assert(number(soft, "test_loss") != number(hard, "test_loss"));
    ck_assert(number(hard, "n") == 50);
    json_t *more = shell_json("$q eval " RUN " --test-limit 77 --json");
    ck_assert(number(more, "n") == 77);
    json_t *file = shell_json("$q eval " RUN "/model.safetensors --model resnet8 --dataset synthetic --test-limit 50 --batch 8 --threads 2 --json");
    ck_assert(number(file, "test_loss") == number(hard, "test_loss"));
    json_decref(run);
    json_decref(hard);
    json_decref(soft);
    json_decref(more);
    json_decref(file);
    expect("$q eval " RUN "/model.safetensors --dataset synthetic", 2, "", "--model is required");
    expect("$q eval " RUN "/model.safetensors --model resnet8 --dataset synthetic --weights soft", 2, "", "whose weights are what they are");
    expect("$q eval " RUN "/model.safetensors --model resnet20 --dataset synthetic", 65, "", "which resnet20 needs");
    expect("$q eval nowhere --model resnet8 --dataset synthetic", 66, "", "nowhere");
    expect("$q eval nowhere --model resnet8 --dataset synthetic --weights soft", 66, "", "nowhere");
    expect("$q eval $d", 66, "", "a folder without a record.json");
    expect("rm " RUN "/trained.safetensors; $q eval " RUN " --weights soft", 66, "", "finished weights only");
}
END_TEST

START_TEST(a_run_that_is_not_over_has_no_weights_yet)
{
    json_decref(shell_json(TRAIN "--solver parq"));
    expect("sed -i 's/\"status\": \"done\"/\"status\": \"interrupted\"/' " RUN "/record.json; $q eval " RUN, 66, "", "not finished");
}
END_TEST

/* ---- init ---- */

START_TEST(a_start_is_known_by_its_values_wherever_they_lie)
{
    json_decref(shell_json(TRAIN "--solver parq"));
    json_t *drawn = shell_json(TRAIN "--solver ste --seed 2"), *run = shell_json(TRAIN "--solver ste --seed 2 --init " RUN);
    json_t *file = shell_json("cp " RUN "/trained.safetensors $d/start.safetensors; cd $d; " TRAIN "--solver ste --seed 2 --init start.safetensors");
    json_t *hard = shell_json(TRAIN "--solver ste --seed 2 --init " RUN "/model.safetensors");
    const char *key = json_string_value(json_object_get(run, "run"));
    ck_assert_str_eq(key, json_string_value(json_object_get(file, "run")));
    ck_assert_str_ne(key, json_string_value(json_object_get(drawn, "run")));
    ck_assert_str_ne(key, json_string_value(json_object_get(hard, "run")));
    ck_assert(number(run, "test_loss") != number(drawn, "test_loss"));
    json_decref(drawn);
    json_decref(run);
    json_decref(file);
    json_decref(hard);
    expect(TRAIN "--solver ste --init nowhere", 66, "", "init: ");
    expect(TRAIN "--solver ste --model resnet20 --init start.safetensors", 65, "", "init: start.safetensors: ");
}
END_TEST

/* A plan's path is its own, wherever the program is started. */
START_TEST(a_plan_names_a_start_beside_it)
{
    json_decref(shell_json(TRAIN "--solver parq"));
    outcome o = shell("mkdir p && cp " RUN "/trained.safetensors p/start.safetensors && "
                      "printf 'seeds: [1, 2]\\nbase: {model: resnet8, dataset: synthetic, train_limit: 64, test_limit: 32, batch: 16, epochs: 1,"
                      " init: start.safetensors}\\nmatrix: {solver: [ste, none]}\\n' >p/plan.yaml && "
                      "$q run p/plan.yaml --runs-dir $d/runs && cd / && $q table $d/p/plan.yaml --runs-dir $d/runs --format json");
    ck_assert_msg(o.status == 0, "exit status %d: %s", o.status, o.err);
    ck_assert_ptr_nonnull(strstr(o.err, "4 runs: 4 done"));
    ck_assert_ptr_nonnull(strstr(o.out, "\"n\": 2"));
    forget(&o);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("eval");
    TCase *t = tcase_create("eval");
    tcase_add_checked_fixture(t, program_setup, program_teardown);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, a_run_s_weights_give_the_numbers_of_its_record);
    tcase_add_test(t, a_run_that_is_not_over_has_no_weights_yet);
    tcase_add_test(t, a_start_is_known_by_its_values_wherever_they_lie);
    tcase_add_test(t, a_plan_names_a_start_beside_it);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
