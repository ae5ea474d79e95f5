/* The loader: the order of an epoch, and the same batches whoever makes them, whenever, from wherever. */
#include "qb_test.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"
#include "train/loader.h"

enum { C = 3, H = 6, W = 5, IMAGE = C * H * W, N = 53, BATCH = 8 };

static uint8_t pixels[1000 * IMAGE];
static uint16_t classes[1000];

static void fill_data(void)
{
    qb_stream s = qb_rng_stream(3, QB_RNG_SYNTHETIC, 0, 0);
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)qb_rng_word(&s);
    for (size_t i = 0; i < 1000; i++)
        classes[i] = (uint16_t)(i * 61); /* wider than a byte */
}

/* A data set of arrays, closed by close_data(). */
static qb_dataset *sets[8];
static int n_sets;

static const qb_dataset *data_of(const uint8_t *bytes, int64_t n, int c, int h, int w)
{
    static qb_dataset_info info;
    info = (qb_dataset_info){.name = "memory", .c = c, .h = h, .w = w, .n_classes = 61000, .mean = {0.5, 0.4, 0.3},
                             .std = {0.2, 0.3, 0.25}};
    if (bytes != pixels) { /* pixels that are read back as they are */
        memset(info.mean, 0, sizeof info.mean);
        info.std[0] = 1.0 / 255;
    }
    const qb_arrays splits[QB_N_SPLITS] = {[QB_SPLIT_TRAIN] = {bytes, classes, n}};
    ck_assert_int_lt(n_sets, 8);
    ck_assert_int_eq(qb_dataset_of_arrays(&info, splits, &sets[n_sets]), 0);
    return sets[n_sets++];
}

static void close_data(void)
{
    while (n_sets > 0)
        qb_dataset_close(sets[--n_sets]);
}

static qb_loader_options options(int64_t n, int threads)
{
    static const qb_dataset *data;
    if (n_sets == 0)
        data = data_of(pixels, 1000, C, H, W);
    return (qb_loader_options){.data = data, .split = QB_SPLIT_TRAIN, .n = n, .batch = BATCH, .seed = 11, .shuffle = true,
                               .augmentation = {.flip = true, .crop_pad = 2}, .threads = threads};
}

static qb_loader *make(const qb_loader_options *o)
{
    qb_loader *l = NULL;
    ck_assert_msg(qb_loader_create(o, &l) == 0, "%s", qb_err_text());
    return l;
}

/* Hash of a batch: images, labels, count. */
static void hash_batch(const qb_batch *b, char hex[QB_SHA256_HEX])
{
    qb_sha256 *h = qb_sha256_create();
    qb_sha256_add(h, &b->n, sizeof b->n);
    qb_sha256_add(h, b->images, (size_t)b->n * IMAGE * sizeof *b->images);
    for (int i = 0; i < b->n; i++)
        qb_sha256_add(h, &b->targets[i].label[0], sizeof b->targets[i].label[0]);
    qb_sha256_end(h, hex);
}

static void next_hash(qb_loader *l, char hex[QB_SHA256_HEX])
{
    qb_batch b;
    ck_assert_int_eq(qb_loader_next(l, &b), 0);
    hash_batch(&b, hex);
}

static const int64_t sizes[] = {1, 2, 3, 1000};

/* Sample numbers of an epoch, read back from the pixels: the first two bytes of an image are its number. */
static void epoch_order(uint64_t seed, int64_t epoch, int64_t n, int *order)
{
    uint8_t *numbers = qb_alloc((size_t)n, 2);
    for (int64_t i = 0; i < n; i++) {
        numbers[2 * i] = (uint8_t)(i >> 8);
        numbers[2 * i + 1] = (uint8_t)i;
    }
    qb_loader_options o = {.data = data_of(numbers, n, 1, 1, 2), .split = QB_SPLIT_TRAIN, .n = n, .batch = 7, .seed = seed,
                           .shuffle = true, .threads = 1};
    qb_loader *l = make(&o);
    ck_assert_int_eq(qb_loader_batches_per_epoch(l), (n + 6) / 7);
    ck_assert_int_eq(qb_loader_seek(l, epoch, 0), 0);
    int64_t k = 0;
    while (k < n) {
        qb_batch b;
        ck_assert_int_eq(qb_loader_next(l, &b), 0);
        ck_assert_int_eq(b.epoch, epoch);
        ck_assert_int_eq(b.step, epoch * ((n + 6) / 7) + k / 7);
        ck_assert_uint_eq(b.seed, seed);
        ck_assert(b.n == b.n_whole && b.first == 0 && b.stride == 1 && b.label_smoothing == 0);
        for (int i = 0; i < b.n; i++) {
            order[k] = (int)lrintf(b.images[2 * i]) * 256 + (int)lrintf(b.images[2 * i + 1]);
            ck_assert_int_eq(b.targets[i].label[0], classes[order[k]]);
            ck_assert_int_eq((int)b.samples[i], order[k]);
            k++;
        }
    }
    ck_assert_int_eq(k, n); /* the last batch is as small as needed */
    qb_loader_destroy(l);
    qb_free(numbers);
}

START_TEST(order_is_a_permutation)
{
    int order[1000];
    bool seen[1000] = {false};
    const int64_t n = sizes[_i];
    epoch_order(5, 2, n, order);
    for (int64_t i = 0; i < n; i++) {
        ck_assert_int_ge(order[i], 0);
        ck_assert_int_lt(order[i], (int)n);
        ck_assert(!seen[order[i]]);
        seen[order[i]] = true;
    }
}
END_TEST

START_TEST(order_differs_by_epoch_and_seed)
{
    int a[1000], b[1000];
    epoch_order(5, 2, 1000, a);
    epoch_order(5, 2, 1000, b);
    ck_assert_int_eq(memcmp(a, b, sizeof a), 0);
    epoch_order(5, 3, 1000, b);
    ck_assert_int_ne(memcmp(a, b, sizeof a), 0);
    epoch_order(6, 2, 1000, b);
    ck_assert_int_ne(memcmp(a, b, sizeof a), 0);
}
END_TEST

START_TEST(without_shuffling_the_order_is_the_files)
{
    qb_loader_options o = options(N, 2);
    o.shuffle = false;
    o.augmentation = (qb_augmentation){0};
    qb_loader *l = make(&o);
    qb_normalizer t;
    float want[IMAGE];
    qb_normalizer_init(&t, C, qb_dataset_get_info(o.data)->mean, qb_dataset_get_info(o.data)->std);
    for (int64_t k = 0; k < 2 * N;) {
        qb_batch b;
        ck_assert_int_eq(qb_loader_next(l, &b), 0);
        for (int i = 0; i < b.n; i++, k++) {
            const qb_image image = qb_image_of_planes(pixels + (k % N) * IMAGE, C, H, W);
            qb_normalize(&t, &image, want);
            ck_assert_int_eq(memcmp(want, b.images + i * IMAGE, sizeof want), 0);
            ck_assert_int_eq(b.targets[i].label[0], classes[k % N]);
        }
    }
    qb_loader_destroy(l);
}
END_TEST

/* Delays images by different times, so that threads finish in another order than they began. */
static void random_sleep(void *context, int64_t epoch, uint32_t sample)
{
    (void)context;
    qb_stream s = qb_rng_stream(99, QB_RNG_AUGMENT, (uint64_t)epoch, sample);
    struct timespec t = {0, (long)qb_rng_below(&s, 400000)};
    nanosleep(&t, NULL);
}

enum { STRETCH = 40 }; /* batches compared: almost six epochs of seven */

static void reference_hashes(char hashes[STRETCH][QB_SHA256_HEX])
{
    qb_loader_options o = options(N, 0);
    qb_loader *l = make(&o);
    for (int i = 0; i < STRETCH; i++)
        next_hash(l, hashes[i]);
    qb_loader_destroy(l);
}

static const struct {
    int threads;
    bool sleepy;
} crews[] = {{0, false}, {1, false}, {2, false}, {7, false}, {1, true}, {2, true}, {7, true}};

START_TEST(batches_do_not_depend_on_threads)
{
    char want[STRETCH][QB_SHA256_HEX], got[QB_SHA256_HEX];
    reference_hashes(want);
    qb_loader_options o = options(N, crews[_i].threads);
    o.before_image = crews[_i].sleepy ? random_sleep : NULL;
    qb_loader *l = make(&o);
    for (int i = 0; i < STRETCH; i++) {
        next_hash(l, got);
        ck_assert_str_eq(got, want[i]);
    }
    qb_loader_destroy(l);
}
END_TEST

START_TEST(seek_gives_the_same_batches) /* forward, backward, twice, over the end of an epoch, while threads are busy */
{
    static const int places[] = {12, 0, 39, 3, 3, 27, 6, 7, 13, 14, 1};
    char want[STRETCH][QB_SHA256_HEX], got[QB_SHA256_HEX];
    reference_hashes(want);
    qb_loader_options o = options(N, crews[_i].threads);
    o.before_image = crews[_i].sleepy ? random_sleep : NULL;
    qb_loader *l = make(&o);
    const int64_t per_epoch = qb_loader_batches_per_epoch(l);
    ck_assert_int_eq(per_epoch, 7);
    for (size_t p = 0; p < sizeof places / sizeof places[0]; p++) {
        ck_assert_int_eq(qb_loader_seek(l, places[p] / per_epoch, places[p] % per_epoch), 0);
        for (int i = places[p]; i < places[p] + 3 && i < STRETCH; i++) {
            next_hash(l, got);
            ck_assert_str_eq(got, want[i]);
        }
    }
    ck_assert_int_eq(qb_loader_seek(l, 1, per_epoch), 0); /* after the last batch = the next epoch's first */
    next_hash(l, got);
    ck_assert_str_eq(got, want[2 * per_epoch]);
    qb_loader_destroy(l);
}
END_TEST

START_TEST(a_batch_stays_valid_until_the_next) /* threads that run ahead do not write into it */
{
    char before[QB_SHA256_HEX], after[QB_SHA256_HEX];
    qb_loader_options o = options(N, 3);
    qb_loader *l = make(&o);
    for (int i = 0; i < 20; i++) {
        qb_batch b;
        struct timespec t = {0, 1000000};
        ck_assert_int_eq(qb_loader_next(l, &b), 0);
        hash_batch(&b, before);
        nanosleep(&t, NULL);
        hash_batch(&b, after);
        ck_assert_str_eq(before, after);
    }
    qb_loader_destroy(l);
}
END_TEST

START_TEST(can_be_destroyed_at_any_moment)
{
    qb_loader_options o = options(N, 0);
    const long blocks = qb_mem_live_blocks();
    for (int i = 0; i < 40; i++) {
        o = options(N, i % 5);
        o.before_image = i % 2 ? random_sleep : NULL;
        o.mixing.mixup = i % 3 ? 0.8 : 0;
        qb_loader *l = make(&o);
        qb_batch b;
        for (int k = 0; k < i % 4; k++)
            ck_assert_int_eq(qb_loader_next(l, &b), 0);
        if (i % 3 == 0)
            ck_assert_int_eq(qb_loader_seek(l, 1, 2), 0);
        qb_loader_destroy(l);
    }
    qb_loader_destroy(NULL);
    ck_assert_int_eq(qb_mem_live_blocks(), blocks);
}
END_TEST

START_TEST(allocates_nothing_after_create)
{
    qb_loader_options o = options(N, 2);
    o.mixing.mixup = 0.8;
    o.repeat = 2;
    qb_loader *l = make(&o);
    const long calls = qb_mem_calls();
    qb_batch b;
    for (int i = 0; i < 30; i++)
        ck_assert_int_eq(qb_loader_next(l, &b), 0);
    ck_assert_int_eq(qb_loader_seek(l, 4, 1), 0);
    ck_assert_int_eq(qb_loader_next(l, &b), 0);
    ck_assert_int_eq(qb_mem_calls(), calls);
    qb_loader_destroy(l);
}
END_TEST

START_TEST(survives_short_memory)
{
    qb_loader_options o = options(N, 2);
    o.mixing.cutmix = 1;
    const long blocks = qb_mem_live_blocks();
    qb_loader *l = NULL;
    for (long nth = 1;; nth++) {
        qb_mem_fail_at(nth, 0);
        int rc = qb_loader_create(&o, &l);
        qb_mem_fail_at(0, 0);
        if (rc == 0)
            break;
        ck_assert_int_eq(rc, QB_E_NOMEM);
        ck_assert_ptr_null(l);
        ck_assert_int_eq(qb_mem_live_blocks(), blocks);
    }
    qb_loader_destroy(l);
    ck_assert_int_eq(qb_mem_live_blocks(), blocks);
}
END_TEST

START_TEST(augmentation_is_keyed_by_epoch_and_sample) /* not by the place in the batch; seven eighths differ next epoch */
{
    qb_loader_options o = options(N, 0), alone;
    o.shuffle = false;
    alone = o;
    alone.batch = 1;
    qb_loader *l = make(&o), *m = make(&alone);
    int changed = 0;
    float first[N * IMAGE];
    qb_batch b, c;
    for (int64_t k = 0; k < 2 * N;) {
        ck_assert_int_eq(qb_loader_next(l, &b), 0);
        for (int i = 0; i < b.n; i++, k++) {
            ck_assert_int_eq(qb_loader_next(m, &c), 0);
            ck_assert_int_eq(memcmp(c.images, b.images + i * IMAGE, IMAGE * sizeof(float)), 0);
            if (k < N)
                memcpy(first + k * IMAGE, c.images, IMAGE * sizeof(float));
            else
                changed += memcmp(c.images, first + (k - N) * IMAGE, IMAGE * sizeof(float)) != 0;
        }
    }
    ck_assert_int_gt(changed, N * 7 / 8);
    qb_loader_destroy(l);
    qb_loader_destroy(m);
}
END_TEST

START_TEST(draws_flips_and_offsets_evenly)
{
    uint8_t corner[9] = {0, 0, 0, 0, 9, 0, 0, 0, 0}, many[9000];
    for (int i = 0; i < 1000; i++)
        memcpy(many + 9 * i, corner, 9);
    int counts[9] = {0};
    qb_loader_options o = {.data = data_of(many, 1000, 1, 3, 3), .split = QB_SPLIT_TRAIN, .n = 1000, .batch = 100, .seed = 1,
                           .augmentation.crop_pad = 1};
    qb_loader *l = make(&o);
    for (int i = 0; i < 90; i++) { /* 9,000 images */
        qb_batch b;
        ck_assert_int_eq(qb_loader_next(l, &b), 0);
        for (int k = 0; k < b.n; k++)
            for (int p = 0; p < 9; p++)
                counts[p] += b.images[9 * k + p] > 8.0f;
    }
    for (int p = 0; p < 9; p++) /* 1,000 each, standard deviation 30 */
        ck_assert_msg(counts[p] > 850 && counts[p] < 1150, "place %d: %d of 9000", p, counts[p]);
    qb_loader_destroy(l);
}
END_TEST

START_TEST(measures_waiting)
{
    qb_loader_options o = options(N, 1);
    o.before_image = random_sleep;
    qb_loader *l = make(&o);
    qb_batch b;
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(qb_loader_next(l, &b), 0);
    double waited = qb_loader_take_wait(l);
    ck_assert(waited > 0.001 && waited < 10);
    ck_assert(qb_loader_take_wait(l) == 0);
    qb_loader_destroy(l);
}
END_TEST

static pthread_t handler_thread;
static volatile sig_atomic_t handled;

static void on_signal(int number)
{
    (void)number;
    handler_thread = pthread_self();
    handled = 1;
}

START_TEST(threads_take_no_signals)
{
    ck_assert(signal(SIGUSR1, on_signal) != SIG_ERR);
    qb_loader_options o = options(N, 3);
    qb_loader *l = make(&o);
    qb_batch b;
    ck_assert_int_eq(qb_loader_next(l, &b), 0);
    for (int i = 0; i < 20; i++) {
        handled = 0;
        ck_assert_int_eq(kill(getpid(), SIGUSR1), 0);
        while (!handled) {
        }
        ck_assert(pthread_equal(handler_thread, pthread_self()));
    }
    qb_loader_destroy(l);
}
END_TEST

/* ---- repeats, whole batches, mixing ---- */

static const struct {
    int64_t n;
    int batch, repeat;
    bool only_full;
    int64_t n_batches;
} lengths[] = {
    {53, 8, 0, false, 7}, {53, 8, 0, true, 6},  {56, 8, 0, true, 7}, {53, 8, 3, false, 6}, {53, 8, 1, true, 6}, {53, 8, 100, false, 6},
    {5, 8, 0, true, 1},   {5, 8, 3, false, 1},  {8, 8, 2, false, 1}, {1, 1, 65535, false, 1},
};

/* Position p of an epoch is the image at p / repeat of the order, the (p mod repeat)-th time: as it comes out of its chain. */
START_TEST(repeats_follow_each_other)
{
    const int n_times = lengths[_i].repeat > 0 ? lengths[_i].repeat : 1;
    const int batch = lengths[_i].batch < lengths[_i].n ? lengths[_i].batch : (int)lengths[_i].n;
    float want[IMAGE];
    qb_loader_options o = options(lengths[_i].n, 2), plain = o;
    o.batch = plain.batch = lengths[_i].batch;
    o.repeat = lengths[_i].repeat;
    o.only_full = lengths[_i].only_full;
    o.n = plain.n = lengths[_i].n;
    qb_loader *l = make(&o), *once = make(&plain);
    qb_chain chain;
    qb_rooms rooms = {0};
    ck_assert_int_eq(qb_chain_init(&chain, o.data, o.split, o.seed, &o.augmentation), 0);
    ck_assert_int_eq(qb_loader_batches_per_epoch(l), lengths[_i].n_batches);
    ck_assert_int_eq(qb_loader_batches(o.n, o.batch, o.repeat, o.only_full), lengths[_i].n_batches);
    for (int64_t epoch = 0; epoch < 3; epoch++) {
        uint32_t order[1000];
        qb_batch b;
        int64_t k = 0;
        ck_assert_int_eq(qb_loader_seek(once, epoch, 0), 0);
        for (int64_t at = 0; at < o.n; at += b.n) {
            ck_assert_int_eq(qb_loader_next(once, &b), 0);
            memcpy(order + at, b.samples, (size_t)b.n * sizeof *order);
        }
        for (int64_t i = 0; i < lengths[_i].n_batches; i++) {
            ck_assert_int_eq(qb_loader_next(l, &b), 0);
            ck_assert(b.epoch == epoch && b.step == epoch * lengths[_i].n_batches + i);
            ck_assert(b.n == batch || (!o.only_full && o.repeat == 0 && i == lengths[_i].n_batches - 1 && b.n == o.n % batch));
            for (int at = 0; at < b.n; at++, k++) {
                ck_assert_uint_eq(b.samples[at], order[k / n_times]);
                ck_assert_int_eq(b.targets[at].label[0], classes[b.samples[at]]);
                ck_assert_int_eq(qb_chain_floats(&chain, epoch, b.samples[at], (int)(k % n_times), &rooms, want), 0);
                ck_assert_mem_eq(want, b.images + at * IMAGE, sizeof want);
            }
        }
    }
    qb_rooms_finish(&rooms);
    qb_loader_destroy(l);
    qb_loader_destroy(once);
}
END_TEST

/* A mixed batch is the batch without mixing, mixed; by as many threads as there are, which finish in any order. */
START_TEST(mixes_whole_batches)
{
    static float want[BATCH * IMAGE], spare[IMAGE];
    qb_target targets[BATCH];
    qb_loader_options o = options(N, crews[_i].threads), plain = options(N, 0);
    o.before_image = crews[_i].sleepy ? random_sleep : NULL;
    o.mixing = (qb_mixing){.mixup = 0.8, .cutmix = 1, .parts = 3};
    qb_loader *l = make(&o), *unmixed = make(&plain);
    static const int64_t places[][2] = {{0, 0}, {2, 5}, {2, 6}, {1, 1}};
    for (size_t p = 0; p < sizeof places / sizeof places[0]; p++) {
        ck_assert_int_eq(qb_loader_seek(l, places[p][0], places[p][1]), 0);
        ck_assert_int_eq(qb_loader_seek(unmixed, places[p][0], places[p][1]), 0);
        for (int i = 0; i < 9; i++) { /* over the end of an epoch, whose last batch has 5 images */
            qb_batch b, c;
            ck_assert_int_eq(qb_loader_next(l, &b), 0);
            ck_assert_int_eq(qb_loader_next(unmixed, &c), 0);
            ck_assert(b.n == c.n && b.step == c.step);
            memcpy(want, c.images, (size_t)c.n * sizeof spare);
            memcpy(targets, c.targets, (size_t)c.n * sizeof *targets);
            qb_mix_batch(&o.mixing, o.seed, c.step, c.n, C, H, W, want, targets, spare);
            ck_assert_mem_eq(b.images, want, (size_t)b.n * sizeof spare);
            ck_assert_mem_eq(b.targets, targets, (size_t)b.n * sizeof *targets);
            ck_assert_mem_eq(b.samples, c.samples, (size_t)b.n * sizeof *b.samples);
        }
    }
    qb_loader_destroy(l);
    qb_loader_destroy(unmixed);
}
END_TEST

static const struct {
    int64_t n;
    int batch, threads, c, h, pad;
    const char *text;
} bad[] = {
    {0, 8, 0, 3, 6, 0, "loader: got 0 samples, wanted 1 or more"},
    {1001, 8, 0, 3, 6, 0, "loader: got 1001 samples, wanted at most the 1000 of the data set"},
    {N, 0, 0, 3, 6, 0, "loader: got batch 0, wanted 1 or more"},
    {N, 8, -1, 3, 6, 0, "loader: got -1 threads, wanted 0 to 64"},
    {N, 8, 65, 3, 6, 0, "loader: got 65 threads, wanted 0 to 64"},
    {N, 8, 0, 4, 6, 0, "loader: got images of 4 x 6 x 5, wanted 1 to 3 channels and sides of 1 to 65535"},
    {N, 8, 0, 3, 0, 0, "loader: got images of 3 x 0 x 5, wanted 1 to 3 channels and sides of 1 to 65535"},
    {N, 8, 0, 3, 6, -1, "loader: got a crop padding of -1, wanted 0 to 65535"},
};

START_TEST(refuses_bad_options)
{
    qb_loader_options o = options(bad[_i].n, bad[_i].threads);
    o.batch = bad[_i].batch;
    o.data = data_of(pixels, 1000, bad[_i].c, bad[_i].h, W);
    o.augmentation.crop_pad = bad[_i].pad;
    qb_loader *l = NULL;
    ck_assert_int_eq(qb_loader_create(&o, &l), QB_E_USAGE);
    ck_assert_str_eq(qb_err_text(), bad[_i].text);
    ck_assert_ptr_null(l);
}
END_TEST

START_TEST(refuses_places_that_are_not)
{
    static const int64_t places[][2] = {{-1, 0}, {0, -1}, {0, 8}};
    qb_loader_options o = options(N, 1);
    qb_loader *l = make(&o);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(qb_loader_seek(l, places[i][0], places[i][1]), QB_E_DATA);
    ck_assert_str_eq(qb_err_text(), "no batch 8 in epoch 0: an epoch has batches 0 to 6");
    qb_loader_destroy(l);
}
END_TEST

START_TEST(a_batch_larger_than_the_set_is_the_set)
{
    qb_loader_options o = options(3, 2);
    o.batch = 1000000000;
    qb_loader *l = make(&o);
    ck_assert_int_eq(qb_loader_batches_per_epoch(l), 1);
    for (int i = 0; i < 5; i++) {
        qb_batch b;
        ck_assert_int_eq(qb_loader_next(l, &b), 0);
        ck_assert_int_eq(b.n, 3);
    }
    qb_loader_destroy(l);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("loader");
    TCase *tc = tcase_create("loader");
    tcase_add_checked_fixture(tc, fill_data, close_data);
    tcase_set_timeout(tc, 60);
    const int n_crews = sizeof crews / sizeof crews[0];
    tcase_add_loop_test(tc, order_is_a_permutation, 0, sizeof sizes / sizeof sizes[0]);
    tcase_add_test(tc, order_differs_by_epoch_and_seed);
    tcase_add_test(tc, without_shuffling_the_order_is_the_files);
    tcase_add_loop_test(tc, batches_do_not_depend_on_threads, 0, n_crews);
    tcase_add_loop_test(tc, seek_gives_the_same_batches, 0, n_crews);
    tcase_add_test(tc, a_batch_stays_valid_until_the_next);
    tcase_add_test(tc, can_be_destroyed_at_any_moment);
    tcase_add_test(tc, allocates_nothing_after_create);
    tcase_add_test(tc, survives_short_memory);
    tcase_add_test(tc, augmentation_is_keyed_by_epoch_and_sample);
    tcase_add_test(tc, draws_flips_and_offsets_evenly);
    tcase_add_loop_test(tc, repeats_follow_each_other, 0, sizeof lengths / sizeof lengths[0]);
    tcase_add_loop_test(tc, mixes_whole_batches, 0, n_crews);
    tcase_add_test(tc, measures_waiting);
    tcase_add_test(tc, threads_take_no_signals);
    tcase_add_loop_test(tc, refuses_bad_options, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tc, refuses_places_that_are_not);
    tcase_add_test(tc, a_batch_larger_than_the_set_is_the_set);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
