/* The verbs of `data` on image files: what they print and return. */
#include "image_fixture.h"

#include "cli/cli.h"

/* Runs a verb with stdout in root/out; "" for a flag that is not given. *ret_text: what it printed. */
static int run_verb(const qb_verb *verb, const char *data_dir, const char *flag, const char *value, bool json, char **ret_text)
{
    size_t n = 0;
    qb_cli cli = {.verb = verb, .args = (char *[]){(char *)"folder", NULL}, .n_args = 1, .json = json};
    ck_assert_int_eq(qb_settings_init(&cli.flags, verb->options, verb->n_options), 0);
    ck_assert_int_eq(qb_settings_set(&cli.flags, "data-dir", data_dir), 0);
    if (flag[0])
        ck_assert_msg(qb_settings_set(&cli.flags, flag, value) == 0, "%s", qb_err_text());
    ck_assert_ptr_nonnull(freopen(at("out"), "w", stdout));
    qb_cli_start_streams(); /* results go to what standard output is now */
    int rc = verb->run(&cli);
    ck_assert_int_eq(qb_fs_read(at("out"), 1 << 20, ret_text, &n), 0);
    qb_settings_finish(&cli.flags);
    return rc;
}

static void check_has(const char *text, const char *needle)
{
    ck_assert_msg(strstr(text, needle) != NULL, "'%s' is not in:\n%s", needle, text);
}

/* root/t with train and val: two classes of five and two images. */
static void make_tree(void)
{
    char name[64];
    for (int k = 0; k < 14; k++) {
        snprintf(name, sizeof name, "t/%s/%s/%d.jpg", k < 10 ? "train" : "val", k % 2 ? "cat" : "a dog", k);
        put_image(at(name), k, false);
    }
}

START_TEST(info_describes_images)
{
    char *text = NULL;
    make_tree();
    ck_assert_msg(run_verb(&qb_verb_data_info, at("t"), "", "", false, &text) == QB_OK, "%s", qb_err_text());
    check_has(text, "label           t\n");
    check_has(text, "10 to train, 4 to test\n");
    check_has(text, "classes         a dog, cat\n");
    qb_free(text);
    ck_assert_int_eq(run_verb(&qb_verb_data_info, at("t"), "", "", true, &text), QB_OK);
    check_has(text, "\"class_names\": [\n    \"a dog\",\n    \"cat\"\n  ]");
    check_has(text, "\"train_per_class\": [\n    5,\n    5\n  ]");
    qb_free(text);
    ck_assert_int_eq(run_verb(&qb_verb_data_info, at("t/train"), "", "", false, &text), QB_OK);
    check_has(text, "10 to train, 0 to test\n");
    check_has(text, "not split into images to train and to test on");
    qb_free(text);
    ck_assert_int_eq(run_verb(&qb_verb_data_info, at("t/train"), "val-fraction", "0.4", false, &text), QB_OK);
    ck_assert_ptr_null(strstr(text, "not split"));
    qb_free(text);
}
END_TEST

START_TEST(verify_names_what_cannot_be_read)
{
    char *text = NULL;
    make_tree();
    put_text("t/train/cat/3.jpg", "\xff\xd8 and no more");
    ck_assert_int_eq(run_verb(&qb_verb_data_verify, at("t"), "", "", false, &text), QB_E_DATA);
    check_has(text, "t/train/cat/3.jpg: neither JPEG nor PNG");
    check_has(text, "2 classes, 10 training and 4 test images, of which 1 cannot be read\n");
    qb_free(text);
}
END_TEST

START_TEST(prepare_writes_a_pack)
{
    char *text = NULL, *info[2];
    make_tree();
    ck_assert_msg(run_verb(&qb_verb_data_prepare, at("t"), "output", at("x.pack"), false, &text) == QB_OK, "%s", qb_err_text());
    check_has(text, at("x.pack"));
    qb_free(text);
    ck_assert_int_eq(run_verb(&qb_verb_data_info, at("t"), "", "", false, &info[0]), QB_OK);
    ck_assert_int_eq(run_verb(&qb_verb_data_info, at("x.pack"), "", "", false, &info[1]), QB_OK);
    ck_assert_str_eq(strstr(info[0], "fingerprint"), strstr(info[1], "fingerprint"));
    qb_free(info[0]);
    qb_free(info[1]);
    ck_assert_int_eq(chdir(root), 0);
    ck_assert_int_eq(run_verb(&qb_verb_data_prepare, at("t"), "short-side", "8", false, &text), QB_OK);
    ck_assert_str_eq(text, "t.pack\n");
    qb_free(text);
    ck_assert_int_eq(run_verb(&qb_verb_data_info, at("t.pack"), "", "", false, &text), QB_OK);
    check_has(text, "t (shorter side 8)\n");
    qb_free(text);
}
END_TEST

START_TEST(prepare_stops_when_it_is_asked_to)
{
    char *text = NULL;
    make_tree();
    qb_cli_stop = 1;
    ck_assert_int_eq(run_verb(&qb_verb_data_prepare, at("t"), "output", at("x.pack"), false, &text), QB_E_STOPPED);
    check_has(qb_err_hint_text(), "goes on from here");
    ck_assert(!qb_fs_exists(at("x.pack")));
    qb_free(text);
    qb_cli_stop = 0;
    ck_assert_int_eq(run_verb(&qb_verb_data_prepare, at("t"), "output", at("x.pack"), false, &text), QB_OK);
    ck_assert(qb_fs_exists(at("x.pack")));
    qb_free(text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cmd_data_images");
    TCase *tc = tcase_create("cmd_data_images");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, info_describes_images);
    tcase_add_test(tc, verify_names_what_cannot_be_read);
    tcase_add_test(tc, prepare_writes_a_pack);
    tcase_add_test(tc, prepare_stops_when_it_is_asked_to);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
