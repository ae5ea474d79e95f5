/* The keys that say how data are opened: what takes them, what they do to identity and command, and runs on images of one's own,
 * which are one run from a tree and from a pack.
 */
#include "image_fixture.h"

#include "datasets/datasets.h"
#include "train/config.h"
#include "train/data_keys.h"
#include "train/run.h"

static int make(const char *text, qb_config **ret_config)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    qb_settings s;
    ck_assert_int_eq(qb_settings_init(&s, schema, n), 0);
    char *all = qb_sprintf("model=resnet8;epochs=2;batch=8;lr=0.01;threads=1;runs_dir=%s;%s", at("runs"), text);
    int rc = 0;
    for (char *save = NULL, *item = strtok_r(all, ";", &save); item && rc == 0; item = strtok_r(NULL, ";", &save)) {
        char *equals = strchr(item, '=');
        *equals = '\0';
        rc = qb_settings_set(&s, item, equals + 1);
    }
    if (rc == 0)
        rc = qb_config_create(&s, ret_config);
    qb_settings_finish(&s);
    qb_free(all);
    return rc;
}

/* ---- identity ---- */

static const struct identity {
    const char *text, *key, *value; /* value: as JSON; NULL: not in the identity */
} identities[] = {
    {"dataset=folder", "image_size", NULL},
    {"dataset=folder;image_size=224", "image_size", NULL},
    {"dataset=imagenet;image_size=0224", "image_size", NULL},
    {"dataset=folder;image_size=64", "image_size", "64"},
    {"dataset=imagenet;image_size=64", "image_size", "64"},
    {"dataset=folder;norm_mean=0.485/0.456/0.406", "norm_mean", NULL},
    {"dataset=folder;norm_std=0.2290/0.224/0.225", "norm_std", NULL},
    {"dataset=folder;norm_mean=0/0/0.5", "norm_mean", "\"0/0/0.5\""},
    {"dataset=folder;val_fraction=0.25", "val_fraction", "0.25"},
    {"dataset=folder", "val_fraction", NULL},
    {"dataset=cifar10", "image_size", NULL},
};

START_TEST(identity_has_what_is_not_usual)
{
    const struct identity *t = &identities[_i];
    qb_config *c = NULL;
    ck_assert_msg(make(t->text, &c) == 0, "%s: %s", t->text, qb_err_text());
    const json_t *v = json_object_get(c->identity, t->key);
    ck_assert_msg((v != NULL) == (t->value != NULL), "%s", t->text);
    if (t->value) {
        char *got = json_dumps(v, JSON_ENCODE_ANY);
        ck_assert_str_eq(got, t->value);
        qb_free_plain(got);
    }
    qb_config_destroy(c);
}
END_TEST

static const struct refusal {
    const char *text;
    int code;
    const char *needles[2];
} refusals[] = {
    {"dataset=cifar10;image_size=32", QB_E_CONFIG, {"image_size: data set 'cifar10' does not take it", "imagenet or folder"}},
    {"dataset=mnist;norm_mean=0.1", QB_E_CONFIG, {"norm_mean: data set 'mnist' does not take it"}},
    {"dataset=synthetic;val_fraction=0.1", QB_E_CONFIG, {"val_fraction: data set 'synthetic' does not take it"}},
    {"dataset=folder;norm_mean=0.5/0.5", QB_E_CONFIG, {"norm_mean: expected 3 numbers, one a channel, got '0.5/0.5'", "separate them by '/'"}},
    {"dataset=folder;norm_std=0.5/0.5/0", QB_E_USAGE, {"norm_std"}},
    {"dataset=folder;image_size=0", QB_E_USAGE, {"image_size"}},
    {"dataset=folder;val_fraction=1", QB_E_USAGE, {"val_fraction"}},
};

START_TEST(refuses)
{
    qb_config *c = NULL;
    int rc = make(refusals[_i].text, &c);
    ck_assert_msg(rc == refusals[_i].code, "%s: got %d (%s)", refusals[_i].text, rc, qb_err_text());
    for (int k = 0; k < 2 && refusals[_i].needles[k]; k++)
        ck_assert_msg(strstr(qb_err_text(), refusals[_i].needles[k]) || strstr(qb_err_hint_text(), refusals[_i].needles[k]), "'%s' / '%s'",
                      qb_err_text(), qb_err_hint_text());
}
END_TEST

/* What the keys say is what a network sees. */
START_TEST(keys_reach_the_data)
{
    qb_config *c = NULL;
    qb_dataset *d = NULL;
    char text[512];
    for (int k = 0; k < 12; k++) {
        char name[64];
        snprintf(name, sizeof name, "t/%c/%d.jpg", 'a' + k % 2, k);
        put_image(at(name), k, false);
    }
    snprintf(text, sizeof text, "dataset=folder;data_dir=%s;image_size=48;norm_mean=0/0.25/0.5;norm_std=1/2/4;val_fraction=0.5", at("t"));
    ck_assert_int_eq(make(text, &c), 0);
    ck_assert_msg(qb_data_keys_open(&c->settings, c->dataset, &d) == 0, "%s", qb_err_text());
    const qb_dataset_info *info = qb_dataset_get_info(d);
    ck_assert(info->h == 48 && info->w == 48);
    ck_assert(info->mean[1] == 0.25 && info->std[2] == 4);
    ck_assert_int_eq(qb_dataset_count(d, QB_SPLIT_TRAIN) + qb_dataset_count(d, QB_SPLIT_TEST), 12);
    ck_assert_int_gt(qb_dataset_count(d, QB_SPLIT_TEST), 0);
    qb_dataset_close(d);
    qb_config_destroy(c);
}
END_TEST

/* ---- runs ---- */

static json_t *run(const char *text)
{
    qb_config *c = NULL;
    json_t *record = NULL;
    const qb_run_environment env = {0};
    ck_assert_msg(make(text, &c) == 0, "%s: %s", text, qb_err_text());
    ck_assert_msg(qb_run_execute(c, &env, &record) == 0, "%s: %s", text, qb_err_text());
    ck_assert_str_eq(json_string_value(json_object_get(record, "status")), "done");
    qb_config_destroy(c);
    return record;
}

static const char *text_at(const json_t *o, const char *a, const char *b)
{
    const char *text = json_string_value(json_object_get(json_object_get(o, a), b));
    return text ? text : "";
}

START_TEST(a_tree_and_its_pack_are_one_run)
{
    char text[600];
    for (int k = 0; k < 36; k++) {
        char name[64];
        snprintf(name, sizeof name, "birds/%s/%c/%d.jpg", k < 24 ? "train" : "val", 'a' + k % 3, k);
        put_image(at(name), k, k % 5 == 0);
    }
    ck_assert_int_eq(qb_dataset_pack("folder", &(qb_dataset_options){.data_dir = at("birds")}, at("x.pack"), 0), 0);
    json_t *records[2];
    static const char *const places[] = {"birds", "x.pack"}, *const experiments[] = {"a", "b"};
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "dataset=folder;data_dir=%s;image_size=16;train_limit=20;flip=true;solver=ste;bits=2;experiment=%s",
                 at(places[i]), experiments[i]);
        records[i] = run(text);
    }
    ck_assert_str_eq(text_at(records[0], "data", "label"), "birds");
    ck_assert_str_eq(text_at(records[1], "data", "label"), "birds");
    ck_assert_str_eq(text_at(records[0], "data", "fingerprint"), text_at(records[1], "data", "fingerprint"));
    ck_assert_str_ne(text_at(records[0], "result", "weights_sha256"), "");
    ck_assert_str_eq(text_at(records[0], "result", "weights_sha256"), text_at(records[1], "result", "weights_sha256"));
    const char *a = strrchr(json_string_value(json_object_get(records[0], "dir")), '/');
    ck_assert_str_eq(a, strrchr(json_string_value(json_object_get(records[1], "dir")), '/'));
    const char *command = json_string_value(json_object_get(records[0], "rerun"));
    ck_assert_msg(!command || strstr(command, "--image-size 16"), "%s", command);
    json_decref(records[0]);
    json_decref(records[1]);
}
END_TEST

/* A part of MNIST: the run is as long as its images say, and its spans are those that were written. */
static void put_idx(const char *name, uint32_t n, bool is_images)
{
    char path[64];
    const size_t head = is_images ? 16 : 8, size = head + n * (is_images ? 784 : 1);
    uint8_t *bytes = qb_alloc(size, 1);
    bytes[2] = 8;
    bytes[3] = is_images ? 3 : 1;
    bytes[6] = (uint8_t)(n >> 8);
    bytes[7] = (uint8_t)n;
    if (is_images)
        bytes[11] = bytes[15] = 28;
    for (size_t i = head; i < size; i++)
        bytes[i] = (uint8_t)(is_images ? i * 37 : i % 10);
    snprintf(path, sizeof path, "part/%s", name);
    write_file(at(path), bytes, size);
    qb_free(bytes);
}

START_TEST(a_part_of_a_set_has_its_own_length)
{
    char text[300];
    qb_config *c = NULL;
    put_idx("train-images-idx3-ubyte", 40, true);
    put_idx("train-labels-idx1-ubyte", 40, false);
    put_idx("t10k-images-idx3-ubyte", 9, true);
    put_idx("t10k-labels-idx1-ubyte", 9, false);
    snprintf(text, sizeof text, "dataset=mnist;data_dir=%s;solver=ste;anneal_start=0.5ep;test_limit=500", at("part"));
    json_t *record = run(text);
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(record, "data"), "n_train")), 40);
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(record, "data"), "n_test")), 9);
    json_decref(record);

    ck_assert_int_eq(make(text, &c), 0);
    char *before = qb_json_compact(c->identity);
    ck_assert_int_eq(qb_config_resolve(c, 60000, 10000), 0);
    ck_assert_int_eq(c->n_steps, 15000);
    ck_assert_int_eq(qb_config_resolve(c, 40, 9), 0);
    ck_assert_int_eq(c->n_steps, 10);
    ck_assert_double_eq(c->anneal_start, 2.5);
    ck_assert_double_eq(c->anneal_end, 10);
    char *after = qb_json_compact(c->identity), *command = qb_config_command(c);
    ck_assert_str_eq(before, after);
    ck_assert_msg(strstr(command, "--anneal-start 0.5ep") && !strstr(command, "--anneal-end"), "%s", command);
    qb_free(before);
    qb_free(after);
    qb_free(command);
    qb_config_destroy(c);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("data_keys");
    TCase *tc = tcase_create("data_keys");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, identity_has_what_is_not_usual, 0, sizeof identities / sizeof identities[0]);
    tcase_add_loop_test(tc, refuses, 0, sizeof refusals / sizeof refusals[0]);
    tcase_add_test(tc, keys_reach_the_data);
    tcase_add_test(tc, a_tree_and_its_pack_are_one_run);
    tcase_add_test(tc, a_part_of_a_set_has_its_own_length);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
