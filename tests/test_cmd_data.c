/* The verbs `data info` and `data verify`: what they print and return. */
#include "data_fixture.h"

#include "cli/cli.h"

/* Runs a verb with stdout in root/out; returns its code and the text. */
static int run_verb(const qb_verb *verb, const char *name, const char *data_dir, bool json, char **ret_text)
{
    size_t n = 0;
    qb_cli cli = {.verb = verb, .args = (char *[]){(char *)name, NULL}, .n_args = name != NULL, .json = json};
    ck_assert_int_eq(qb_settings_init(&cli.flags, verb->options, verb->n_options), 0);
    ck_assert_int_eq(qb_settings_set(&cli.flags, "data-dir", data_dir), 0);
    ck_assert_ptr_nonnull(freopen(at("out", ""), "w", stdout));
    qb_cli_start_streams(); /* results go to what standard output is now */
    int rc = verb->run(&cli);
    ck_assert_int_eq(qb_fs_read(at("out", ""), 1 << 20, ret_text, &n), 0);
    qb_settings_finish(&cli.flags);
    return rc;
}

static void check_has(const char *text, const char *needle)
{
    ck_assert_msg(strstr(text, needle) != NULL, "'%s' is not in:\n%s", needle, text);
}

START_TEST(info_lists_what_is_there)
{
    char *text = NULL;
    ck_assert_int_eq(run_verb(&qb_verb_data_info, NULL, at("cifar10", ""), false, &text), QB_OK);
    check_has(text, at("cifar10", ""));
    check_has(text, "mnist           not found\n");
    check_has(text, "synthetic       (made by the program)\n");
    qb_free(text);
    ck_assert_int_eq(run_verb(&qb_verb_data_info, NULL, at("cifar10", ""), true, &text), QB_OK);
    check_has(text, "\"get_it\": ");
    ck_assert_int_eq(text[0], '{');
    qb_free(text);
}
END_TEST

START_TEST(info_describes_one)
{
    char *text = NULL;
    ck_assert_int_eq(run_verb(&qb_verb_data_info, "mnist", at("idx", ""), false, &text), QB_OK);
    check_has(text, "60,000 to train, 10,000 to test\n");
    check_has(text, "MNIST (unverified)\n");
    qb_free(text);
    ck_assert_int_eq(run_verb(&qb_verb_data_info, "mnist", at("idx", ""), true, &text), QB_OK);
    check_has(text, "\"train_per_class\": [\n    60000,\n    0,");
    check_has(text, "\"fingerprint\": \"");
    qb_free(text);
    ck_assert_int_eq(run_verb(&qb_verb_data_info, "cifar100", at("idx", ""), false, &text), QB_E_NOINPUT);
    ck_assert_str_eq(text, "");
    qb_free(text);
}
END_TEST

START_TEST(verify_returns_the_first_error)
{
    char *text = NULL;
    ck_assert_int_eq(run_verb(&qb_verb_data_verify, "mnist", at("idx", ""), false, &text), QB_OK);
    check_has(text, "t10k-images-idx3-ubyte  7840016 bytes  ");
    qb_free(text);
    ck_assert_int_eq(truncate(at("idx", "t10k-labels-idx1-ubyte"), 9), 0);
    ck_assert_int_eq(run_verb(&qb_verb_data_verify, "mnist", at("idx", ""), false, &text), QB_E_DATA);
    check_has(text, "truncated: got 9 bytes, wanted 10008\n");
    check_has(text, "train-labels-idx1-ubyte  60008 bytes  ");
    check_has(qb_err_text(), "got 9 bytes");
    qb_free(text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cmd_data");
    TCase *tc = tcase_create("cmd_data");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, info_lists_what_is_there);
    tcase_add_test(tc, info_describes_one);
    tcase_add_test(tc, verify_returns_the_first_error);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
