/* Chains of transforms: composed by hand from the pure functions, with the numbers of the streams taken one by one; windows; which
 * augmentation holds.
 */
#include "image_fixture.h"

#include <math.h>
#include <stdbool.h>

#include "base/rng.h"
#include "datasets/chain.h"
#include "image/augment.h"
#include "image/crop.h"
#include "image/erase.h"

enum { SIDE = 24, N_TRAIN = 20, MAX_BYTES = 64 * 64 * 3 };

/* ---- data: image files of mixed sizes, and planes of one size ---- */

static qb_dataset *open_files(void)
{
    qb_dataset *d = NULL;
    for (int k = 0; k < N_TRAIN + 2; k++) {
        char name[64];
        snprintf(name, sizeof name, "t/%s/%c/%02d.jpg", k < N_TRAIN ? "train" : "val", 'a' + k % 2, k);
        put_image(at(name), k, k % 3 == 0);
    }
    const qb_dataset_options o = {.data_dir = at("t"), .image_size = SIDE};
    ck_assert_msg(qb_dataset_open_with("folder", &o, &d) == 0, "%s", qb_err_text());
    ck_assert_int_eq(qb_dataset_load(d), 0);
    return d;
}

static uint8_t planes[N_TRAIN * 3 * SIDE * SIDE];
static const uint16_t classes[N_TRAIN];

static qb_dataset *open_planes(int c)
{
    static qb_dataset_info info;
    qb_dataset *d = NULL;
    info = (qb_dataset_info){.name = "memory", .c = c, .h = SIDE, .w = SIDE, .n_classes = 2, .mean = {0.5, 0.4, 0.3},
                             .std = {0.2, 0.3, 0.25}, .augment_by_default = true};
    for (int i = 0; i < (int)sizeof planes; i++)
        planes[i] = (uint8_t)(i * 7 + i / SIDE * 31 + i / (SIDE * SIDE) * 13);
    const qb_arrays splits[QB_N_SPLITS] = {[QB_SPLIT_TRAIN] = {planes, classes, N_TRAIN}};
    ck_assert_int_eq(qb_dataset_of_arrays(&info, splits, &d), 0);
    return d;
}

/* ---- by hand ---- */

typedef struct picture {
    int h, w;
    uint8_t bytes[MAX_BYTES];
} picture;

static qb_stream stream_of(uint32_t purpose, int64_t epoch, uint32_t sample, int repeat)
{
    return qb_rng_stream(7, purpose, (uint64_t)epoch, sample + ((uint64_t)repeat << 32));
}

static void whole(const qb_dataset *d, uint32_t sample, picture *p)
{
    qb_room room = {0};
    qb_image image;
    ck_assert_msg(qb_dataset_image(d, QB_SPLIT_TRAIN, sample, &room, &image) == 0, "%s", qb_err_text());
    p->h = image.h;
    p->w = image.w;
    for (int y = 0; y < image.h; y++)
        for (int x = 0; x < image.w; x++)
            for (int c = 0; c < 3; c++)
                p->bytes[(y * image.w + x) * 3 + c] = image.pixels[c * image.plane + y * image.row + x * image.column];
    qb_free(room.bytes);
}

static void crop_and_resize(picture *p, qb_stream s, qb_filter filter)
{
    static const qb_crop_range range = {.area = {0.08, 1}, .ratio = {3.0 / 4, 4.0 / 3}};
    static uint8_t cut[MAX_BYTES];
    qb_crop_draw numbers;
    qb_room scratch = {0};
    for (int k = 0; k < QB_CROP_ATTEMPTS; k++) {
        numbers.attempts[k][0] = qb_rng_uniform(&s);
        numbers.attempts[k][1] = qb_rng_uniform(&s);
    }
    numbers.top = qb_rng_uniform(&s);
    numbers.left = qb_rng_uniform(&s);
    const qb_box box = qb_crop_random(&range, p->h, p->w, &numbers, NULL);
    for (int y = 0; y < box.height; y++)
        memcpy(cut + y * box.width * 3, p->bytes + ((box.top + y) * p->w + box.left) * 3, (size_t)box.width * 3);
    const qb_image image = qb_image_of_pixels(cut, 3, box.height, box.width);
    ck_assert_int_eq(qb_resize(&image, filter, SIDE, SIDE, NULL, &scratch, p->bytes), 0);
    p->h = p->w = SIDE;
    qb_free(scratch.bytes);
}

static void operate(picture *p, qb_stream s)
{
    static uint8_t after[MAX_BYTES];
    for (int k = 0; k < 2; k++) {
        const qb_operation op = (qb_operation)(1 + qb_rng_below(&s, 15));
        const bool applies = qb_rng_uniform(&s) <= 0.5;
        const double m = fmin(fmax(9 + 0.5 * qb_rng_normal(&s), 0), 10);
        const bool is_negated = qb_rng_uniform(&s) > 0.5;
        if (!applies)
            continue;
        qb_augment(op, qb_operation_argument(op, m, is_negated), p->bytes, SIDE, SIDE, after);
        memcpy(p->bytes, after, sizeof after);
    }
}

static void normalise(const qb_dataset *d, const picture *p, float *out)
{
    const qb_dataset_info *info = qb_dataset_get_info(d);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < SIDE * SIDE; i++) {
            volatile float unit = (float)p->bytes[i * 3 + c] / 255.0f, centred = unit - (float)info->mean[c];
            *out++ = centred / (float)info->std[c];
        }
}

/* A rectangle of noise, or none; true: there was one. */
static bool erase(qb_stream s, float *x)
{
    int h = 0, w = 0;
    bool is_taken = false;
    if (qb_rng_uniform(&s) > 0.25)
        return false;
    for (int k = 0; k < 10 && !is_taken; k++) {
        const double share = 0.02 + qb_rng_uniform(&s) * (1.0 / 3 - 0.02);
        const double log_ratio = log(0.3) + qb_rng_uniform(&s) * (log(1 / 0.3) - log(0.3));
        is_taken = qb_erase_size(SIDE, SIDE, share, log_ratio, &h, &w);
    }
    if (!is_taken)
        return false;
    const int top = (int)qb_rng_below(&s, (uint32_t)(SIDE - h + 1)), left = (int)qb_rng_below(&s, (uint32_t)(SIDE - w + 1));
    for (int c = 0; c < 3; c++)
        for (int y = top; y < top + h; y++)
            for (int k = left; k < left + w; k++)
                x[(c * SIDE + y) * SIDE + k] = (float)qb_rng_normal(&s);
    return true;
}

static bool by_hand(const qb_dataset *d, bool is_deit, int64_t epoch, uint32_t sample, int repeat, picture *p, float *out)
{
    whole(d, sample, p);
    crop_and_resize(p, stream_of(QB_RNG_CROP, epoch, sample, repeat), is_deit ? QB_FILTER_BICUBIC : QB_FILTER_BILINEAR);
    qb_stream s = stream_of(QB_RNG_AUGMENT, epoch, sample, repeat);
    if (qb_rng_uniform(&s) < 0.5)
        qb_mirror(p->bytes, SIDE, SIDE);
    if (is_deit)
        operate(p, stream_of(QB_RNG_OPERATIONS, epoch, sample, repeat));
    normalise(d, p, out);
    return is_deit && erase(stream_of(QB_RNG_ERASE, epoch, sample, repeat), out);
}

static const struct {
    bool of_files;
    const char *chain;
} cases[] = {{true, "resnet"}, {true, "deit"}, {false, "resnet"}, {false, "deit"}};

START_TEST(is_its_steps_one_after_the_other)
{
    static float want[3 * SIDE * SIDE], got[3 * SIDE * SIDE], first[3 * SIDE * SIDE];
    static picture p;
    static uint8_t bytes[3 * SIDE * SIDE];
    qb_dataset *d = cases[_i].of_files ? open_files() : open_planes(3);
    const qb_augmentation a = {.chain = cases[_i].chain};
    qb_rooms rooms = {0};
    qb_chain chain;
    int n_erased = 0, n_unlike = 0;
    ck_assert_msg(qb_chain_init(&chain, d, QB_SPLIT_TRAIN, 7, &a) == 0, "%s", qb_err_text());
    for (int64_t epoch = 0; epoch < 4; epoch++)
        for (uint32_t sample = 0; sample < N_TRAIN; sample++)
            for (int repeat = 0; repeat < 3; repeat++) {
                qb_image image;
                n_erased += by_hand(d, strcmp(a.chain, "deit") == 0, epoch, sample, repeat, &p, want);
                ck_assert_msg(qb_chain_pixels(&chain, epoch, sample, repeat, &rooms, &image) == 0, "%s", qb_err_text());
                ck_assert(image.c == 3 && image.h == SIDE && image.w == SIDE);
                qb_image_copy(&image, bytes);
                ck_assert_mem_eq(bytes, p.bytes, sizeof bytes);
                ck_assert_msg(qb_chain_floats(&chain, epoch, sample, repeat, &rooms, got) == 0, "%s", qb_err_text());
                ck_assert_mem_eq(got, want, sizeof want);
                if (repeat == 0)
                    memcpy(first, got, sizeof got);
                else
                    n_unlike += memcmp(first, got, sizeof got) != 0;
            }
    ck_assert(strcmp(a.chain, "resnet") == 0 || (n_erased > 30 && n_erased < 90)); /* of 240 */
    ck_assert_int_gt(n_unlike, 150); /* of 160: a repeat is another picture */
    qb_rooms_finish(&rooms);
    qb_dataset_close(d);
}
END_TEST

/* ---- windows ---- */

static qb_box middle(void *context, int height, int width)
{
    const int *parts = context;
    const int h = (height + parts[0] - 1) / parts[0], w = (width + parts[1] - 1) / parts[1];
    return (qb_box){.left = (width - w) / 2, .top = (height - h) / 2, .width = w, .height = h};
}

START_TEST(a_window_is_cut_out_of_the_whole)
{
    static picture p;
    qb_dataset *d = _i ? open_files() : open_planes(3);
    qb_room room = {0};
    for (uint32_t sample = 0; sample < N_TRAIN; sample++)
        for (int k = 0; k < 9; k++) {
            int parts[2] = {1 + k % 3, 1 + k / 3 * 3};
            const qb_window_choice choice = {middle, parts};
            qb_image image;
            whole(d, sample, &p);
            const qb_box box = middle(parts, p.h, p.w);
            ck_assert_msg(qb_dataset_window(d, QB_SPLIT_TRAIN, sample, &choice, &room, &image) == 0, "%s", qb_err_text());
            ck_assert(image.h == box.height && image.w == box.width && image.height == box.height && image.width == box.width);
            for (int y = 0; y < box.height; y++)
                for (int x = 0; x < box.width; x++)
                    for (int c = 0; c < 3; c++)
                        ck_assert_int_eq(image.pixels[c * image.plane + y * image.row + x * image.column],
                                         p.bytes[((box.top + y) * p.w + box.left + x) * 3 + c]);
        }
    qb_free(room.bytes);
    qb_dataset_close(d);
}
END_TEST

/* The frame of a turned, moved image of planes, with what lies outside of it black. */
START_TEST(a_copy_is_the_frame)
{
    static const uint8_t pixels[2 * 6] = {1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16}; /* 2 channels of 2 x 3 */
    uint8_t got[2 * 12], want[2 * 12];
    for (int top = -3; top <= 5; top++)
        for (int left = -4; left <= 6; left++)
            for (int turned = 0; turned < 2; turned++) {
                qb_image image = qb_image_of_planes(pixels, 2, 2, 3);
                if (turned) {
                    image.pixels += 2;
                    image.column = -1;
                }
                image.h = 3;
                image.w = 4;
                image.top = top;
                image.left = left;
                for (int y = 0; y < 3; y++)
                    for (int x = 0; x < 4; x++)
                        for (int c = 0; c < 2; c++) {
                            const int sy = y - top, sx = x - left;
                            const bool inside = sy >= 0 && sy < 2 && sx >= 0 && sx < 3;
                            want[(y * 4 + x) * 2 + c] = inside ? pixels[c * 6 + sy * 3 + (turned ? 2 - sx : sx)] : 0;
                        }
                qb_image_copy(&image, got);
                ck_assert_mem_eq(got, want, sizeof want);
            }
}
END_TEST

/* ---- which augmentation holds ---- */

static const struct {
    const char *augment, *dataset;
    const char *chain; /* NULL: none */
    bool flip;
    int pad;
} meanings[] = {
    {NULL, "cifar10", NULL, true, 4},         {NULL, "fashion-mnist", NULL, false, 0}, {NULL, "imagenet", "resnet", false, 0},
    {NULL, "folder", "resnet", false, 0},     {"none", "cifar10", NULL, false, 0},     {"none", "imagenet", NULL, false, 0},
    {"flip-crop", "mnist", NULL, true, 4},    {"flip-crop", "folder", NULL, true, 4},  {"resnet", "cifar10", "resnet", false, 0},
    {"deit", "imagenet", "deit", false, 0},   {"deit", "cifar100", "deit", false, 0},
};

START_TEST(means)
{
    const qb_dataset_info *info;
    qb_augmentation a;
    ck_assert_int_eq(qb_dataset_find(meanings[_i].dataset, &info), 0);
    ck_assert_msg(qb_augmentation_of(meanings[_i].augment, info, &a) == 0, "%s", qb_err_text());
    ck_assert((a.chain == NULL) == (meanings[_i].chain == NULL));
    ck_assert(!a.chain || strcmp(a.chain, meanings[_i].chain) == 0);
    ck_assert(a.flip == meanings[_i].flip && a.crop_pad == meanings[_i].pad);
}
END_TEST

START_TEST(refuses)
{
    const qb_dataset_info *mnist, *cifar;
    qb_augmentation a;
    ck_assert_int_eq(qb_dataset_find("mnist", &mnist), 0);
    ck_assert_int_eq(qb_dataset_find("cifar10", &cifar), 0);
    ck_assert_int_eq(qb_augmentation_of("diet", cifar, &a), QB_E_USAGE);
    ck_assert_str_eq(qb_err_text(), "augment: expected none, flip-crop, resnet or deit, got 'diet'");
    ck_assert_ptr_nonnull(strstr(qb_err_hint_text(), "'deit'"));
    ck_assert_int_eq(qb_augmentation_of("resnet", mnist, &a), QB_E_CONFIG);
    ck_assert_str_eq(qb_err_text(), "augment: 'resnet' is for images of 3 channels, those of data set 'mnist' have 1");
    ck_assert_str_eq(qb_err_hint_text(), "use flip-crop or none");
    qb_dataset *d = open_planes(1);
    qb_chain chain;
    ck_assert_int_eq(qb_chain_init(&chain, d, QB_SPLIT_TRAIN, 1, &(qb_augmentation){.chain = "deit"}), QB_E_CONFIG);
    qb_dataset_close(d);
}
END_TEST

/* An image that cannot be read concerns itself alone, and is named once. */
START_TEST(names_a_bad_image)
{
    static float out[3 * SIDE * SIDE];
    qb_dataset *d = open_files();
    qb_rooms rooms = {0};
    qb_chain chain;
    put_text("t/train/a/02.jpg", "GIF89a is not read");
    qb_dataset_close(d);
    d = NULL;
    const qb_dataset_options o = {.data_dir = at("t"), .image_size = SIDE};
    ck_assert_int_eq(qb_dataset_open_with("folder", &o, &d), 0);
    ck_assert_int_eq(qb_dataset_load(d), 0);
    ck_assert_int_eq(qb_chain_init(&chain, d, QB_SPLIT_TRAIN, 1, &(qb_augmentation){.chain = "deit"}), 0);
    ck_assert_int_eq(qb_chain_floats(&chain, 0, 1, 0, &rooms, out), QB_E_DATA);
    char *want = qb_sprintf("%s: neither JPEG nor PNG (starts with 47 49)", at("t/train/a/02.jpg"));
    ck_assert_str_eq(qb_err_text(), want);
    ck_assert_int_eq(qb_chain_floats(&chain, 0, 2, 0, &rooms, out), 0);
    qb_free(want);
    qb_rooms_finish(&rooms);
    qb_dataset_close(d);
}
END_TEST

/* Memory that runs out is an error each time, and nothing is lost. */
START_TEST(survives_short_memory)
{
    static float out[3 * SIDE * SIDE];
    qb_dataset *d = open_files();
    qb_chain chain;
    ck_assert_int_eq(qb_chain_init(&chain, d, QB_SPLIT_TRAIN, 1, &(qb_augmentation){.chain = "deit"}), 0);
    const long blocks = qb_mem_live_blocks();
    for (long nth = 1;; nth++) {
        qb_rooms rooms = {0};
        qb_mem_fail_at(nth, 0);
        const int rc = qb_chain_floats(&chain, 0, 4, 0, &rooms, out);
        qb_mem_fail_at(0, 0);
        qb_rooms_finish(&rooms);
        ck_assert_int_eq(qb_mem_live_blocks(), blocks);
        if (rc == 0)
            break;
        ck_assert_int_eq(rc, QB_E_NOMEM);
        ck_assert_int_lt((int)nth, 100);
    }
    qb_dataset_close(d);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("chain");
    TCase *tc = tcase_create("chain");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, is_its_steps_one_after_the_other, 0, sizeof cases / sizeof cases[0]);
    tcase_add_loop_test(tc, a_window_is_cut_out_of_the_whole, 0, 2);
    tcase_add_test(tc, a_copy_is_the_frame);
    tcase_add_loop_test(tc, means, 0, sizeof meanings / sizeof meanings[0]);
    tcase_add_test(tc, refuses);
    tcase_add_test(tc, names_a_bad_image);
    tcase_add_test(tc, survives_short_memory);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
