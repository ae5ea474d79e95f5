/* A run of `train` that hangs: a watchdog ends the process a minute after the time limit, and the same command goes on from
 * the last checkpoint. A program of its own, as it sleeps for that minute while others work.
 */
#include "program_fixture.h"

#include "base/json.h"

#define RUN "$q train --model resnet8 --dataset synthetic --epochs 2 --train-limit 96 --test-limit 32 --batch 32 --bits 2 " \
            "--threads 1 --checkpoint-every 1st --json -q --solver \"$plugin\""

START_TEST(ends_with_its_last_checkpoint)
{
    bool hung = false;
    char *dir = qb_program_dir(), *plugin = qb_sprintf("%s/plugins/ends_midway.so[how=sleep,step=4]", dir);
    setenv("plugin", plugin, 1);
    qb_free(plugin);
    qb_free(dir);
    for (int i = 0; i < 5 && !hung; i++) { /* on a busy machine the limit may come first: then it goes on */
        outcome o = shell("QB_TEST_SLEEP=1 " RUN " --time-limit 5s");
        json_t *summary = NULL;
        ck_assert_msg(o.status == 1, "%s", o.err);
        ck_assert_msg(qb_json_parse(o.out, strlen(o.out), "stdout", &summary) == 0, "%s", o.out);
        const char *reason = json_string_value(json_object_get(summary, "reason"));
        const char *run = json_string_value(json_object_get(summary, "dir"));
        ck_assert_str_eq(json_string_value(json_object_get(summary, "status")), "failed");
        ck_assert_msg(strncmp(run, "runs/train/", 11) == 0, "%s", run);
        hung = strcmp(reason, "time limit of 5s reached, and nothing ended for 60 s more: the process was ended, the last "
                              "checkpoint stands") == 0;
        ck_assert_msg(hung || strstr(reason, "everything is saved"), "%s", reason);
        ck_assert(!hung || strstr(o.err, "run the same command again to go on from there"));
        json_decref(summary);
        forget(&o);
    }
    ck_assert(hung);
    outcome o = shell("grep -q '\"status\": \"failed\"' runs/*/*/*/*/record.json && ls -d runs/*/*/*/*/ckpt/step-00000004 && "
                      RUN " && "
                      "grep -q '\"status\": \"done\"' runs/*/*/*/*/record.json && " RUN " --runs-dir b && "
                      "cmp runs/*/*/*/*/model.safetensors b/*/*/*/*/model.safetensors && "
                      "cmp runs/*/*/*/*/metrics.jsonl b/*/*/*/*/metrics.jsonl");
    ck_assert_msg(o.status == 0, "%s", o.err);
    forget(&o);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("hang");
    TCase *t = tcase_create("hang");
    tcase_add_checked_fixture(t, program_setup, program_teardown);
    tcase_set_timeout(t, 200);
    tcase_add_test(t, ends_with_its_last_checkpoint);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
