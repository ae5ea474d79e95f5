/* Images of mixed sizes through loader and network, one of them unreadable: both answers of on_bad_image. */
#include "qb_test.h"

#include "mixed_data.h"

#include <stdbool.h>
#include <time.h>

#include "base/hash.h"
#include "base/fs.h"
#include "engine/loss.h"
#include "train/loader.h"
#include "train/run.h"

static qb_dataset *open_mixed(void)
{
    qb_dataset *d = NULL;
    qb_source_plug(&mixed_source);
    ck_assert_int_eq(qb_dataset_open("mixed", NULL, &d), 0);
    ck_assert_int_eq(qb_dataset_load(d), 0);
    return d;
}

static qb_loader_options options(const qb_dataset *d, int split, int threads)
{
    return (qb_loader_options){.data = d, .split = split, .n = qb_dataset_count(d, split), .batch = 32, .seed = 4,
                               .shuffle = split == QB_SPLIT_TRAIN, .augmentation.flip = split == QB_SPLIT_TRAIN,
                               .augmentation.crop_pad = split == QB_SPLIT_TRAIN ? 4 : 0, .threads = threads, .pass_bad_images = true};
}

static void delay(void *context, int64_t epoch, uint32_t sample)
{
    (void)context;
    struct timespec t = {0, (long)(sample * 7919 + (uint32_t)epoch * 104729) % 300000};
    nanosleep(&t, NULL);
}

/* Of nine batches, three epochs, from batch 1 of epoch 1 on. */
static void hash_batches(const qb_dataset *d, int threads, bool sleepy, char hex[QB_SHA256_HEX])
{
    qb_loader_options o = options(d, QB_SPLIT_TRAIN, threads);
    o.before_image = sleepy ? delay : NULL;
    qb_loader *l = NULL;
    ck_assert_int_eq(qb_loader_create(&o, &l), 0);
    ck_assert_int_eq(qb_loader_seek(l, 1, 1), 0);
    qb_sha256 *h = qb_sha256_create();
    for (int k = 0; k < 9; k++) {
        qb_batch b;
        ck_assert_int_eq(qb_loader_next(l, &b), 0);
        qb_sha256_add(h, b.images, (size_t)b.n * 3 * MIXED_SIDE * MIXED_SIDE * sizeof *b.images);
        for (int i = 0; i < b.n; i++) {
            ck_assert_int_eq(b.targets[i].label[0], mixed_class(QB_SPLIT_TRAIN, b.samples[i]));
            ck_assert_int_eq(b.unreadable && b.unreadable[i], b.samples[i] == MIXED_BAD_TRAIN);
            qb_sha256_add(h, &b.samples[i], sizeof b.samples[i]);
        }
    }
    size_t n = 0;
    const uint32_t *bad = qb_loader_bad_samples(l, &n); /* met in each epoch, counted once */
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(bad[0], MIXED_BAD_TRAIN);
    qb_sha256_end(h, hex);
    qb_loader_destroy(l);
}

static const int crews[] = {0, 1, 2, 7};

START_TEST(batches_do_not_depend_on_threads)
{
    char want[QB_SHA256_HEX], got[QB_SHA256_HEX];
    qb_dataset *d = open_mixed();
    hash_batches(d, 0, false, want);
    for (int sleepy = 0; sleepy < 2; sleepy++) {
        hash_batches(d, crews[_i], sleepy, got);
        ck_assert_str_eq(got, want);
    }
    qb_dataset_close(d);
}
END_TEST

START_TEST(images_are_their_middle_or_padded)
{
    qb_dataset *d = open_mixed();
    qb_loader_options o = options(d, QB_SPLIT_TEST, 2);
    qb_loader *l = NULL;
    ck_assert_int_eq(qb_loader_create(&o, &l), 0);
    qb_normalizer n;
    qb_normalizer_init(&n, 3, qb_dataset_get_info(d)->mean, qb_dataset_get_info(d)->std);
    for (int64_t k = 0; k < MIXED_TEST;) {
        qb_batch b;
        ck_assert_int_eq(qb_loader_next(l, &b), 0);
        for (int i = 0; i < b.n; i++, k++) {
            int h, w;
            mixed_size(QB_SPLIT_TEST, k, &h, &w);
            for (int c = 0; c < 3; c++)
                for (int y = 0; y < MIXED_SIDE; y++)
                    for (int x = 0; x < MIXED_SIDE; x++) {
                        int sy = y - (MIXED_SIDE - h) / 2, sx = x - (MIXED_SIDE - w) / 2;
                        bool inside = sy >= 0 && sy < h && sx >= 0 && sx < w;
                        float want = n.table[c][inside ? mixed_pixel(QB_SPLIT_TEST, k, sy, sx, c) : 0];
                        float got = b.images[((i * 3 + c) * MIXED_SIDE + y) * MIXED_SIDE + x];
                        ck_assert(got == (k == MIXED_BAD_TEST ? 0.0f : want)); /* 0 is the mean colour */
                    }
        }
    }
    qb_loader_destroy(l);
    qb_dataset_close(d);
}
END_TEST

START_TEST(stops_with_name_and_reason)
{
    qb_dataset *d = open_mixed();
    qb_loader_options o = options(d, QB_SPLIT_TEST, crews[_i]);
    o.pass_bad_images = false;
    o.batch = 3; /* the bad image is the last of the second batch */
    qb_loader *l = NULL;
    qb_batch b;
    ck_assert_int_eq(qb_loader_create(&o, &l), 0);
    ck_assert_int_eq(qb_loader_next(l, &b), 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(qb_loader_next(l, &b), QB_E_DATA);
        ck_assert_str_eq(qb_err_text(), "mixed/val/5.bmp: is no image: starts with 0x00");
        ck_assert_ptr_nonnull(strstr(qb_err_hint_text(), "--on-bad-image warn"));
    }
    ck_assert_int_eq(qb_loader_seek(l, 0, 2), 0);
    ck_assert_int_eq(qb_loader_next(l, &b), 0);
    ck_assert_uint_eq(b.samples[0], 6);
    qb_loader_destroy(l);
    qb_dataset_close(d);
}
END_TEST

START_TEST(an_image_of_another_size_is_bad) /* where the set has no transform that mends it */
{
    qb_source bare = mixed_source;
    bare.n_transforms = 0;
    qb_source_plug(&bare);
    qb_dataset *d = NULL;
    ck_assert_int_eq(qb_dataset_open("mixed", NULL, &d), 0);
    ck_assert_int_eq(qb_dataset_load(d), 0);
    qb_loader_options o = options(d, QB_SPLIT_TEST, 1);
    o.pass_bad_images = false;
    qb_loader *l = NULL;
    qb_batch b;
    ck_assert_int_eq(qb_loader_create(&o, &l), 0);
    ck_assert_int_eq(qb_loader_next(l, &b), QB_E_DATA);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "mixed/val/0.bmp: is of 3 x "));
    ck_assert_ptr_nonnull(strstr(qb_err_text(), ", wanted 3 x 32 x 32"));
    qb_loader_destroy(l);
    qb_dataset_close(d);
}
END_TEST

/* Under a chain, repeats and mixing: an unreadable image is the mean colour in every copy, mixed as such, and never right; the
 * image after it has it for a partner. */
START_TEST(stands_for_itself_in_mixed_batches)
{
    enum { IMAGE = 3 * MIXED_SIDE * MIXED_SIDE };
    static float want[32 * IMAGE], spare[IMAGE], got[IMAGE];
    static const char *const chains[] = {"resnet", "deit"};
    qb_target targets[32];
    qb_dataset *d = open_mixed();
    qb_loader_options o = options(d, QB_SPLIT_TRAIN, crews[_i]);
    o.augmentation = (qb_augmentation){.chain = chains[_i % 2]};
    o.repeat = 3;
    o.mixing = (qb_mixing){.mixup = 0.8, .cutmix = 1, .parts = 4};
    qb_loader *l = NULL;
    qb_chain chain;
    qb_rooms rooms = {0};
    int n_bad = 0, k = 0;
    ck_assert_int_eq(qb_loader_create(&o, &l), 0);
    ck_assert_int_eq(qb_chain_init(&chain, d, QB_SPLIT_TRAIN, o.seed, &o.augmentation), 0);
    for (int step = 0; step < 16; step++) { /* eight epochs of two batches */
        qb_batch b;
        ck_assert_int_eq(qb_loader_next(l, &b), 0);
        ck_assert_int_eq(b.n, 32);
        k = step % 2 ? k : 0;
        for (int i = 0; i < b.n; i++, k++) {
            const bool is_bad = b.samples[i] == MIXED_BAD_TRAIN;
            ck_assert_int_eq(b.unreadable && b.unreadable[i], is_bad);
            const int rc = qb_chain_floats(&chain, step / 2, b.samples[i], k % 3, &rooms, got);
            ck_assert_int_eq(rc, is_bad ? QB_E_DATA : 0);
            if (is_bad)
                memset(got, 0, sizeof got);
            memcpy(want + i * IMAGE, got, sizeof got);
            targets[i] = qb_target_of(mixed_class(QB_SPLIT_TRAIN, b.samples[i]));
            n_bad += is_bad;
        }
        qb_mix_batch(&o.mixing, o.seed, step, b.n, 3, MIXED_SIDE, MIXED_SIDE, want, targets, spare);
        ck_assert_mem_eq(b.images, want, sizeof want);
        ck_assert_mem_eq(b.targets, targets, sizeof targets);
    }
    size_t n = 0;
    const uint32_t *bad = qb_loader_bad_samples(l, &n);
    ck_assert_int_gt(n_bad, 1); /* or this showed nothing */
    ck_assert(n == 1 && bad[0] == MIXED_BAD_TRAIN);
    qb_rooms_finish(&rooms);
    qb_loader_destroy(l);
    qb_dataset_close(d);
}
END_TEST

START_TEST(is_never_right)
{
    const float logits[4] = {9, 0, 9, 0};
    const qb_target targets[2] = {qb_target_of(0), qb_target_of(0)};
    const bool unreadable[2] = {false, true};
    double per_image[2];
    qb_loss loss;
    qb_batch b = qb_batch_of(NULL, targets, 2);
    qb_cross_entropy(logits, &b, 2, per_image, NULL, &loss);
    ck_assert(loss.correct == 2 && loss.correct5 == 2);
    b.unreadable = unreadable;
    qb_cross_entropy(logits, &b, 2, per_image, NULL, &loss);
    ck_assert(loss.correct == 1 && loss.correct5 == 1 && loss.n == 2 && loss.finite);
}
END_TEST

/* A run of one epoch; its code, and its record with a reference. */
static int train(const char *runs, const char *way, json_t **ret_record)
{
    static const char *const keys[][2] = {{"model", "resnet8"}, {"dataset", "mixed"}, {"epochs", "1"}, {"batch", "32"},
                                          {"threads", "1"}, {"lr", "0.01"}};
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    qb_settings s;
    qb_config *c = NULL;
    qb_source_plug(&mixed_source);
    ck_assert_int_eq(qb_settings_init(&s, schema, n), 0);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        ck_assert_int_eq(qb_settings_set(&s, keys[i][0], keys[i][1]), 0);
    ck_assert_int_eq(qb_settings_set(&s, "runs_dir", runs), 0);
    ck_assert_int_eq(qb_settings_set(&s, "on_bad_image", way), 0);
    ck_assert_msg(qb_config_create(&s, &c) == 0, "%s", qb_err_text());
    const qb_run_environment environment = {0};
    int rc = qb_run_execute(c, &environment, ret_record);
    qb_config_destroy(c);
    qb_settings_finish(&s);
    return rc;
}

START_TEST(a_run_stops_or_goes_on)
{
    char *runs = NULL;
    json_t *record = NULL;
    ck_assert_int_eq(qb_fs_make_temp_dir("qatbench-test", &runs), 0);
    ck_assert_int_eq(train(runs, "stop", &record), QB_E_DATA);
    ck_assert_str_eq(json_string_value(json_object_get(record, "status")), "failed");
    ck_assert_str_eq(json_string_value(json_object_get(record, "reason")), "mixed/train/17.bmp: is no image: starts with 0x00");
    json_decref(record);
    for (int i = 0; i < 2; i++) { /* the second time it is finished */
        ck_assert_msg(train(runs, "warn", &record) == 0, "%s", qb_err_text());
        ck_assert_str_eq(json_string_value(json_object_get(record, "status")), "done");
        const json_t *bad = json_object_get(json_object_get(record, "data"), "bad_images");
        const json_t *in_train = json_object_get(bad, "train"), *in_test = json_object_get(bad, "test");
        ck_assert(json_array_size(in_train) == 1 && json_integer_value(json_array_get(in_train, 0)) == MIXED_BAD_TRAIN);
        ck_assert(json_array_size(in_test) == 1 && json_integer_value(json_array_get(in_test, 0)) == MIXED_BAD_TEST);
        bool is_noted = false;
        size_t k;
        json_t *note;
        json_array_foreach(json_object_get(record, "notes"), k, note)
            is_noted |= strcmp(json_string_value(note), "1 of 70 training and 1 of 40 test images could not be read: the mean "
                                                        "colour stood for them") == 0;
        ck_assert(is_noted);
        json_decref(record);
    }
    ck_assert_int_eq(qb_fs_remove_tree(runs), 0);
    qb_free(runs);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("bad_images");
    TCase *tc = tcase_create("bad_images");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, batches_do_not_depend_on_threads, 0, sizeof crews / sizeof crews[0]);
    tcase_add_test(tc, images_are_their_middle_or_padded);
    tcase_add_loop_test(tc, stops_with_name_and_reason, 0, sizeof crews / sizeof crews[0]);
    tcase_add_test(tc, an_image_of_another_size_is_bad);
    tcase_add_loop_test(tc, stands_for_itself_in_mixed_batches, 0, sizeof crews / sizeof crews[0]);
    tcase_add_test(tc, is_never_right);
    tcase_add_test(tc, a_run_stops_or_goes_on);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
