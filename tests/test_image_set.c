/* The data sets folder and imagenet: the same images, batches and fingerprint from a tree, from archives and from a pack; what is
 * refused, what it is called, and how fast a large one opens.
 */
#include "image_fixture.h"

#include <sys/wait.h>

#include "datasets/datasets.h"
#include "datasets/index_form.h"
#include "datasets/pack.h"
#include "train/loader.h"

enum { N_CLASSES = 3, N_TRAIN = 7, N_TEST = 4 };

/* root/tree; every third image is a PNG, whatever its name says. */
static void make_tree(void)
{
    static const char *const classes[N_CLASSES] = {"n01 a", "n02.b", "n03\xc3\xa9"};
    char name[256];
    for (int c = 0; c < N_CLASSES; c++)
        for (int i = 0; i < N_TRAIN + N_TEST; i++) {
            const int k = c * 20 + i;
            snprintf(name, sizeof name, "tree/%s/%s/im %d.%s", i < N_TRAIN ? "train" : "val", classes[c], k, k % 2 ? "JPEG" : "png");
            put_image(at(name), k, k % 3 == 0);
        }
}

/* root/tars of root/tree. */
static void make_tars(void)
{
    for (int split = 0; split < QB_N_SPLITS; split++) {
        const char *folder = qb_split_folder(split);
        char **classes = NULL, **names = NULL, path[1024];
        size_t n_classes = 0, n_names = 0, n = 0;
        qb_str outer = {0}, labels = {0};
        snprintf(path, sizeof path, "tree/%s", folder);
        ck_assert_int_eq(qb_fs_list(at(path), &classes, &n_classes), 0);
        for (size_t c = 0; c < n_classes; c++) {
            qb_str inner = {0};
            snprintf(path, sizeof path, "tree/%s/%s", folder, classes[c]);
            ck_assert_int_eq(qb_fs_list(at(path), &names, &n_names), 0);
            for (size_t i = 0; i < n_names; i++) {
                snprintf(path, sizeof path, "tree/%s/%s/%s", folder, classes[c], names[i]);
                char *bytes = get_file(at(path), &n);
                snprintf(path, sizeof path, "%s/%s", classes[c], names[i]);
                tar_add(split == QB_SPLIT_TRAIN ? &inner : &outer, TAR_USTAR, split == QB_SPLIT_TRAIN ? names[i] : path, bytes, n);
                qb_free(bytes);
            }
            qb_fs_free_names(names, n_names);
            tar_end(&inner);
            snprintf(path, sizeof path, "%s.tar", classes[c]);
            if (split == QB_SPLIT_TRAIN)
                tar_add(&outer, TAR_GNU, path, inner.text, inner.length);
            qb_str_finish(&inner);
        }
        tar_end(&outer);
        snprintf(path, sizeof path, "tars/ILSVRC2012_img_%s.tar", folder);
        write_file(at(path), outer.text, outer.length);
        qb_fs_free_names(classes, n_classes);
        qb_str_finish(&outer);
        qb_str_finish(&labels);
    }
}

static void make_pack(const char *from, const char *to, int short_side)
{
    const qb_dataset_options o = {.data_dir = at(from), .keeps_whole = true};
    ck_assert_msg(qb_dataset_pack("folder", &o, at(to), short_side) == 0, "%s", qb_err_text());
}

static qb_dataset *open_set(const char *name, const char *place, int image_size, double val_fraction)
{
    qb_dataset *d = NULL;
    const qb_dataset_options o = {.data_dir = at(place), .image_size = image_size, .val_fraction = val_fraction};
    ck_assert_msg(qb_dataset_open_with(name, &o, &d) == 0, "%s: %s", place, qb_err_text());
    ck_assert_msg(qb_dataset_load(d) == 0, "%s: %s", place, qb_err_text());
    return d;
}

static void check_same_images(const qb_dataset *a, const qb_dataset *b)
{
    qb_room rooms[2] = {{0}};
    qb_image x, y;
    ck_assert_str_eq(qb_dataset_fingerprint(a), qb_dataset_fingerprint(b));
    for (int split = 0; split < QB_N_SPLITS; split++) {
        ck_assert_int_eq(qb_dataset_count(a, split), qb_dataset_count(b, split));
        for (int64_t i = 0; i < qb_dataset_count(a, split); i++) {
            ck_assert_int_eq(qb_dataset_class(a, split, i), qb_dataset_class(b, split, i));
            ck_assert_msg(qb_dataset_image(a, split, i, &rooms[0], &x) == 0, "%s", qb_err_text());
            ck_assert_msg(qb_dataset_image(b, split, i, &rooms[1], &y) == 0, "%s", qb_err_text());
            ck_assert_int_eq(x.h, y.h);
            ck_assert_int_eq(x.w, y.w);
            ck_assert(memcmp(x.pixels, y.pixels, (size_t)x.h * (size_t)x.w * 3) == 0);
        }
    }
    qb_free(rooms[0].bytes);
    qb_free(rooms[1].bytes);
}

static const char *const forms[] = {"tree", "tars", "tars/ILSVRC2012_img_val.tar", "p/all.pack", "p", "from-tars.pack"};
enum { N_FORMS = sizeof forms / sizeof forms[0] };

static void make_forms(void)
{
    make_tree();
    make_tars();
    make_dirs("p");
    make_pack("tree", "p/all.pack", 0);
    make_pack("tars", "from-tars.pack", 0);
}

START_TEST(is_the_same_set_wherever_it_lies)
{
    const long blocks = qb_mem_live_blocks();
    make_forms();
    qb_dataset *tree = open_set("folder", "tree", 0, 0);
    ck_assert_int_eq(qb_dataset_get_info(tree)->n_classes, N_CLASSES);
    ck_assert_int_eq(qb_dataset_count(tree, QB_SPLIT_TRAIN), N_CLASSES * N_TRAIN);
    ck_assert_int_eq(qb_dataset_count(tree, QB_SPLIT_TEST), N_CLASSES * N_TEST);
    for (int i = 1; i < N_FORMS; i++) {
        qb_dataset *d = open_set("folder", forms[i], 0, 0);
        check_same_images(tree, d);
        qb_dataset_close(d);
    }
    qb_dataset_close(tree);
    ck_assert_int_eq(qb_mem_live_blocks(), blocks);
}
END_TEST

/* What a run may ask of its loader. */
static const struct way {
    qb_augmentation augmentation;
    int repeat;
    bool only_full;
    qb_mixing mixing;
    int n_batches; /* of an epoch of 17 images in batches of 5 */
} ways[] = {
    {{.flip = true, .crop_pad = 4}, 0, false, {.parts = 0}, 4},
    {{.chain = "resnet"}, 0, true, {.parts = 0}, 3},
    {{.chain = "deit"}, 0, false, {.mixup = 0.8, .cutmix = 1}, 4},
    {{.chain = "deit"}, 3, false, {.mixup = 0.8, .cutmix = 1, .parts = 4}, 3},
};
enum { N_WAYS = sizeof ways / sizeof ways[0] };

/* Two epochs of batches as the loader hands them out: floats and labels, from a seek on. */
static void collect(const char *place, const struct way *way, int threads, int64_t seek, qb_str *ret_bytes)
{
    qb_dataset *d = open_set("folder", place, 24, 0);
    qb_loader *l = NULL;
    const qb_loader_options o = {.data = d, .split = QB_SPLIT_TRAIN, .n = 17, .batch = 5, .seed = 3, .shuffle = true,
                                 .augmentation = way->augmentation, .repeat = way->repeat, .only_full = way->only_full,
                                 .mixing = way->mixing, .threads = threads};
    ck_assert_msg(qb_loader_create(&o, &l) == 0, "%s", qb_err_text());
    const int64_t n = qb_loader_batches_per_epoch(l);
    ck_assert_int_eq(n, way->n_batches);
    ck_assert_int_eq(qb_loader_seek(l, seek / n, seek % n), 0);
    for (int64_t i = seek; i < 2 * n; i++) {
        qb_batch b;
        ck_assert_msg(qb_loader_next(l, &b) == 0, "%s", qb_err_text());
        ck_assert(b.n == 5 || (way->n_batches == 4 && b.n == 2 && i % n == n - 1));
        qb_str_addn(ret_bytes, (const char *)b.images, (size_t)b.n * 3 * 24 * 24 * sizeof(float));
        qb_str_addn(ret_bytes, (const char *)b.samples, (size_t)b.n * sizeof *b.samples);
        qb_str_addn(ret_bytes, (const char *)b.targets, (size_t)b.n * sizeof *b.targets);
    }
    qb_loader_destroy(l);
    qb_dataset_close(d);
}

START_TEST(gives_the_same_batches_to_any_number_of_threads)
{
    static const int threads[] = {0, 1, 2, 7};
    const struct way *way = &ways[_i];
    make_forms();
    qb_str all = {0};
    collect("tree", way, 0, 0, &all);
    for (int64_t seek = 0; seek < 2 * way->n_batches; seek++) {
        qb_str wanted = {0};
        collect("tree", way, 0, seek, &wanted);
        ck_assert(memcmp(wanted.text, all.text + all.length - wanted.length, wanted.length) == 0);
        for (int f = 0; f < N_FORMS; f++)
            for (int t = 0; t < 4; t++) {
                qb_str got = {0};
                if (seek % 3 != 0 && f != seek % N_FORMS) /* each place from one form, some from all */
                    continue;
                collect(forms[f], way, threads[t], seek, &got);
                ck_assert_uint_eq(got.length, wanted.length);
                ck_assert(memcmp(got.text, wanted.text, wanted.length) == 0);
                qb_str_finish(&got);
            }
        qb_str_finish(&wanted);
    }
    qb_str_finish(&all);
}
END_TEST

/* ---- parts ---- */

/* Classes in turn: with as many images as classes one of each; a class that is used up is passed over. */
START_TEST(a_limit_takes_classes_in_turn)
{
    uint32_t got[N_CLASSES * N_TRAIN];
    make_tree();
    qb_dataset *d = open_set("folder", "tree", 0, 0);
    for (int n = 0; n <= N_CLASSES * N_TRAIN; n++) {
        int counts[N_CLASSES] = {0};
        bool is_taken[N_CLASSES * N_TRAIN] = {false};
        ck_assert_int_eq(qb_dataset_pick(d, QB_SPLIT_TRAIN, n, got), 0);
        for (int i = 0; i < n; i++) {
            ck_assert_uint_lt(got[i], N_CLASSES * N_TRAIN);
            ck_assert(!is_taken[got[i]]);
            is_taken[got[i]] = true;
            counts[qb_dataset_class(d, QB_SPLIT_TRAIN, got[i])]++;
        }
        for (int c = 0; c < N_CLASSES; c++)
            ck_assert_int_eq(counts[c], n / N_CLASSES + (c < n % N_CLASSES));
    }
    qb_dataset_close(d);
    ck_assert_int_eq(unlink(at("tree/train/n02.b/im 20.png")) | unlink(at("tree/train/n02.b/im 21.JPEG")), 0);
    d = open_set("folder", "tree", 0, 0);
    int counts[N_CLASSES] = {0};
    ck_assert_int_eq(qb_dataset_pick(d, QB_SPLIT_TRAIN, N_CLASSES * N_TRAIN - 3, got), 0);
    for (int i = 0; i < N_CLASSES * N_TRAIN - 3; i++)
        counts[qb_dataset_class(d, QB_SPLIT_TRAIN, got[i])]++;
    ck_assert(counts[0] == N_TRAIN && counts[1] == N_TRAIN - 2 && counts[2] == N_TRAIN - 1);
    qb_dataset_close(d);
}
END_TEST

/* Without train and val: a tree and its pack, which is not split either, are split alike. */
START_TEST(a_set_that_is_not_split_is_split_by_names)
{
    make_tree();
    make_pack("tree/train", "whole.pack", 0);
    qb_dataset *a = open_set("folder", "tree/train", 0, 0.3), *b = open_set("folder", "whole.pack", 0, 0.3),
               *c = open_set("folder", "whole.pack", 0, 0.6);
    check_same_images(a, b);
    ck_assert_int_gt(qb_dataset_count(a, QB_SPLIT_TEST), 0);
    ck_assert_int_gt(qb_dataset_count(c, QB_SPLIT_TEST), qb_dataset_count(a, QB_SPLIT_TEST));
    ck_assert_str_ne(qb_dataset_fingerprint(a), qb_dataset_fingerprint(c));
    ck_assert_str_eq(qb_dataset_label(a), "train");
    ck_assert_str_eq(qb_dataset_label(b), "train");
    qb_dataset_close(a);
    qb_dataset_close(b);
    qb_dataset_close(c);
}
END_TEST

/* ---- names and refusals ---- */

static const struct label {
    const char *place, *label;
} labels[] = {{"tree", "tree"}, {"tree/", "tree"}, {"tree/../tree/.", "tree"}, {"tars", "tars"}, {"p/all.pack", "tree"}, {"p", "tree"},
              {"small.pack", "tree (shorter side 12)"}};

START_TEST(is_called_as_its_folder)
{
    make_forms();
    make_pack("tree", "small.pack", 12);
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        qb_dataset *d = open_set("folder", labels[i].place, 0, 0);
        ck_assert_str_eq(qb_dataset_label(d), labels[i].label);
        ck_assert_int_eq(qb_dataset_warning(d) != NULL, strstr(labels[i].label, "shorter") != NULL);
        qb_dataset_close(d);
    }
}
END_TEST

START_TEST(smaller_images_are_another_set)
{
    qb_room room = {0};
    qb_image image;
    make_tree();
    make_pack("tree", "small.pack", 12);
    qb_dataset *small = open_set("folder", "small.pack", 0, 0), *tree = open_set("folder", "tree", 0, 0);
    ck_assert_str_ne(qb_dataset_fingerprint(small), qb_dataset_fingerprint(tree));
    for (int64_t i = 0; i < N_CLASSES * N_TRAIN; i++) {
        ck_assert_int_eq(qb_dataset_image(tree, QB_SPLIT_TRAIN, i, &room, &image), 0);
        const int before = image.h < image.w ? image.h : image.w;
        ck_assert_int_eq(qb_dataset_image(small, QB_SPLIT_TRAIN, i, &room, &image), 0);
        const int after = image.h < image.w ? image.h : image.w;
        ck_assert_int_eq(after, before < 12 ? before : 12);
    }
    qb_free(room.bytes);
    qb_dataset_close(small);
    qb_dataset_close(tree);
}
END_TEST

static const struct refusal {
    const char *name, *place; /* NULL: none given */
    double val_fraction;
    int code;
    const char *needles[2];
} refusals[] = {
    {"folder", NULL, 0, QB_E_NOINPUT, {"data set 'folder' not found without --data-dir", "--val-fraction"}},
    {"imagenet", NULL, 0, QB_E_NOINPUT, {"data set 'imagenet' not found", "image-net.org"}},
    {"folder", "nowhere", 0, QB_E_NOINPUT, {"nowhere': there is no such file or folder"}},
    {"folder", "empty", 0, QB_E_NOINPUT, {"not found in '", "wanted folders train and val"}},
    {"folder", "tree/train", 0, QB_E_CONFIG, {"val_fraction: ", "nothing says which images are to test on"}},
    {"folder", "tree", 0.1, QB_E_CONFIG, {"val_fraction: ", "has images to test on already"}},
    {"folder", "all.pack", 0.1, QB_E_CONFIG, {"all.pack has images to test on already"}},
    {"folder", "tree/train", 1e-9, QB_E_CONFIG, {"leaves none to test on"}},
    {"folder", "two", 0, QB_E_DATA, {"two: holds 2 packs, such as 'a.pack', wanted one", "give the pack itself"}},
    {"folder", "text.pack", 0, QB_E_DATA, {"text.pack: is no pack", "data prepare"}},
    {"imagenet", "tree", 0, QB_E_DATA, {"tree: has 3 classes, wanted the 1000 of ImageNet", "--dataset folder"}},
    {"imagenet", "all.pack", 0, QB_E_DATA, {"all.pack: has 3 classes, wanted the 1000"}},
    {"cifar10", "tree", 0.1, QB_E_CONFIG, {"val_fraction: data set 'cifar10' does not take it"}},
};

START_TEST(refuses)
{
    const struct refusal *r = &refusals[_i];
    const long blocks = qb_mem_live_blocks();
    qb_dataset *d = NULL;
    make_tree();
    make_dirs("empty");
    put_text("text.pack", "something else");
    make_pack("tree", "all.pack", 0);
    put_text("two/a.pack", "");
    put_text("two/b.pack", "");
    const qb_dataset_options o = {.data_dir = r->place ? at(r->place) : NULL, .val_fraction = r->val_fraction};
    check_error(qb_dataset_open_with(r->name, &o, &d), r->code, r->needles, 2);
    ck_assert_ptr_null(d);
    ck_assert_int_eq(qb_mem_live_blocks(), blocks);
}
END_TEST

/* An image that is none concerns itself alone, and has its name in every form. */
START_TEST(a_bad_image_is_named)
{
    static const char *const bad[] = {"tree/val/n01 a/im 7.JPEG", "p/all.pack(val/n01 a/im 7.JPEG)", "tars(val/n01 a/im 7.JPEG)"};
    static const char *const places[] = {"tree", "p", "tars"};
    make_tree();
    put_text("tree/val/n01 a/im 7.JPEG", "GIF89a is not read");
    make_tars();
    make_dirs("p");
    make_pack("tree", "p/all.pack", 0);
    for (int i = 0; i < 3; i++) {
        qb_room room = {0};
        qb_image image;
        qb_dataset *d = open_set("folder", places[i], 0, 0);
        ck_assert_int_eq(qb_dataset_image(d, QB_SPLIT_TEST, 1, &room, &image), QB_E_DATA);
        ck_assert_msg(strstr(qb_err_text(), bad[i]) && strstr(qb_err_text(), "neither JPEG nor PNG"), "%s", qb_err_text());
        ck_assert_int_eq(qb_dataset_image(d, QB_SPLIT_TEST, 0, &room, &image), 0);
        qb_dataset_close(d);
        qb_free(room.bytes);
    }
}
END_TEST

static void add_line(void *context, const char *text)
{
    qb_str_addf(context, "%s\n", text);
}

static int verify(int threads, qb_str *ret_lines)
{
    const qb_dataset_options o = {.data_dir = at("tree"), .keeps_whole = true, .threads = threads};
    return qb_dataset_verify_with("folder", &o, add_line, ret_lines);
}

START_TEST(verifying_names_every_bad_image)
{
    static const int threads[] = {1, 2, 7};
    const long blocks = qb_mem_live_blocks();
    qb_str s = {0}, wanted = {0};
    make_tree();
    ck_assert_int_eq(verify(0, &s), 0);
    ck_assert_msg(strstr(s.text, "3 classes, 21 training and 12 test images, of which 0 cannot be read\n") != NULL, "%s", s.text);
    qb_str_finish(&s);
    put_text("tree/train/n01 a/im 1.JPEG", "no");
    put_text("tree/val/n02.b/im 28.png", "");
    check_error(verify(0, &wanted), QB_E_DATA, (const char *const[]){"im 1.JPEG: neither JPEG nor PNG"}, 1);
    const char *first = strstr(wanted.text, "im 1.JPEG: neither"), *second = strstr(wanted.text, "im 28.png: neither");
    ck_assert_msg(first && second && first < second && strstr(wanted.text, "of which 2 cannot be read\n"), "%s", wanted.text);
    for (int i = 0; i < 3; i++) {
        check_error(verify(threads[i], &s), QB_E_DATA, (const char *const[]){"im 1.JPEG: neither JPEG nor PNG"}, 1);
        ck_assert_str_eq(s.text, wanted.text);
        qb_str_finish(&s);
    }
    qb_str_finish(&wanted);
    ck_assert_int_eq(qb_mem_live_blocks(), blocks);
}
END_TEST

static bool is_late(void *context)
{
    int *calls = context;
    return ++*calls > 1;
}

START_TEST(verifying_can_be_stopped)
{
    const long blocks = qb_mem_live_blocks();
    char name[64];
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "tree/a/%03d.png", i);
        put_image(at(name), i % 50, true);
    }
    for (int threads = 0; threads < 8; threads += 7) {
        int calls = 0;
        qb_str s = {0};
        const qb_watch watch = {.is_stopped = is_late, .context = &calls};
        const qb_dataset_options o = {.data_dir = at("tree"), .keeps_whole = true, .threads = threads, .watch = &watch};
        ck_assert_int_eq(qb_dataset_verify_with("folder", &o, add_line, &s), QB_E_STOPPED);
        ck_assert_msg(strstr(qb_err_text(), "images checked") != NULL, "%s", qb_err_text());
        qb_str_finish(&s);
    }
    ck_assert_int_eq(qb_mem_live_blocks(), blocks);
}
END_TEST

/* ---- imagenet ---- */

START_TEST(imagenet_has_a_thousand_classes)
{
    char name[64];
    for (int c = 0; c < 1000; c++)
        for (int split = 0; split < QB_N_SPLITS; split++) {
            snprintf(name, sizeof name, "data/imagenet/%s/n%08d/1.JPEG", qb_split_folder(split), 1440764 + c * 7);
            put_text(name, "x");
        }
    qb_dataset *d = open_set("imagenet", "data", 0, 0);
    ck_assert_str_eq(qb_dataset_label(d), "ImageNet (unverified)");
    ck_assert_msg(strstr(qb_dataset_warning(d), "1000 training and 1000 test images") != NULL, "%s", qb_dataset_warning(d));
    ck_assert_int_eq(qb_dataset_class(d, QB_SPLIT_TEST, 999), 999);
    qb_dataset_close(d);
    setenv("QATBENCH_DATA", at("data"), 1);
    ck_assert_int_eq(qb_dataset_open("imagenet", NULL, &d), 0);
    qb_dataset_close(d);
    ck_assert_int_eq(rename(at("data/imagenet/train/n01440764"), at("data/imagenet/train/n99")), 0);
    check_error(qb_dataset_open("imagenet", at("data"), &d), QB_E_DATA, (const char *const[]){"data/imagenet: has 1001 classes"}, 0);
}
END_TEST

/* A pack of as many images as ImageNet has; between head and index a hole. In a process of its own, for its memory. */
static void make_large_pack(void)
{
    qb_index x = {0};
    qb_str text = {0};
    char name[64];
    for (int c = 0; c < 1000; c++) {
        int label = 0;
        snprintf(name, sizeof name, "n%08d", 1440764 + c);
        if (qb_index_add_class(&x, name, &label) < 0)
            _exit(1);
    }
    const int64_t counts[QB_N_SPLITS] = {50000, 1281167};
    int64_t place = QB_PACK_HEAD;
    for (int split = QB_SPLIT_TRAIN; split >= QB_SPLIT_TEST; split--)
        for (int64_t i = 0; i < counts[split]; i++, place += 110000) {
            const int label = (int)(i * 1000 / counts[split]);
            const int n = snprintf(name, sizeof name, "n%08d_%07lld.JPEG", 1440764 + label, (long long)i);
            if (qb_index_add(&x, split, label, name, (size_t)n, 109000 + i % 1000, place) < 0)
                _exit(1);
        }
    if (qb_index_settle(&x, "large") < 0)
        _exit(1);
    qb_index_write(&x, &text);
    uint8_t head[QB_PACK_HEAD];
    qb_pack_head_write(&(qb_pack_head){.index_at = place, .index_size = (int64_t)text.length, .file_size = place + (int64_t)text.length}, head);
    FILE *f = fopen(at("large.pack"), "w");
    const bool is_written = f && fwrite(head, sizeof head, 1, f) == 1 && fseeko(f, place, SEEK_SET) == 0 &&
                            fwrite(text.text, text.length, 1, f) == 1 && fclose(f) == 0;
    _exit(is_written ? 0 : 1);
}

static long resident_kb(void)
{
    long size = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    ck_assert_int_eq(fscanf(f, "%ld %ld", &size, &resident), 2);
    fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

#if defined(__SANITIZE_ADDRESS__)
enum { SLOWER = 10 };
#else
enum { SLOWER = 1 };
#endif

START_TEST(a_large_set_opens_quickly)
{
    int status = 1;
    const pid_t child = fork();
    if (child == 0)
        make_large_pack();
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    const clock_t start = clock(); /* of the CPU: a busy machine takes longer */
    qb_dataset *d = open_set("imagenet", "large.pack", 0, 0);
    const double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    ck_assert_str_eq(qb_dataset_label(d), "ImageNet");
    ck_assert_msg(seconds < 2 * SLOWER, "%g s", seconds);
    ck_assert_msg(resident_kb() < 300000 * SLOWER, "%ld kB", resident_kb());
    const uint32_t n = (uint32_t)qb_dataset_count(d, QB_SPLIT_TRAIN);
    uint32_t *order = qb_alloc(n, sizeof *order);
    qb_stream s = qb_rng_stream(1, QB_RNG_SHUFFLE, 0, 0);
    const clock_t drawn_from = clock();
    qb_rng_permutation(&s, order, n); /* the order of an epoch */
    const double drawing = (double)(clock() - drawn_from) / CLOCKS_PER_SEC;
    ck_assert_msg(drawing < 0.5 * SLOWER, "%g s", drawing);
    qb_free(order);
    qb_dataset_close(d);
}
END_TEST

/* Runs side by side on one pack have its pages once: what each says is its share of them. */
enum { SHARING = 4, PACKED = 24 << 20 };

static void read_pack_and_wait(int ready, int end)
{
    char byte;
    qb_dataset *d = open_set("folder", "shared.pack", 0, 0);
    for (int split = 0; split < QB_N_SPLITS; split++)
        for (int64_t i = 0; i < qb_dataset_count(d, split); i++) {
            qb_file_bytes file;
            ck_assert_int_eq(qb_dataset_file(d, split, i, &file), 0); /* compares its checksum: reads all of it */
        }
    ck_assert_int_eq(write(ready, "x", 1), 1);
    _exit(read(end, &byte, 1) == 0 ? 0 : 1); /* the other end is closed */
}

/* Bytes of "Pss_File:" in /proc/PID/smaps_rollup, and of "Rss:"; false: this kernel does not say. */
static bool get_shares(pid_t pid, int64_t *ret_file, int64_t *ret_resident)
{
    char path[64], line[256];
    long long kb;
    bool found = false;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "Pss_File: %lld kB", &kb) == 1) {
            *ret_file = kb * 1024;
            found = true;
        } else if (sscanf(line, "Rss: %lld kB", &kb) == 1) {
            *ret_resident = kb * 1024;
        }
    }
    if (f)
        fclose(f);
    return found;
}

START_TEST(runs_side_by_side_share_the_pages_of_a_pack)
{
    int ready[2], end[2];
    pid_t children[SHARING];
    static uint8_t bytes[PACKED / 8];
    char name[64], byte;
    for (int i = 0; i < 8; i++) {
        memset(bytes, i + 1, sizeof bytes);
        snprintf(name, sizeof name, "shared/%s/a/%d.jpg", i % 4 ? "train" : "val", i);
        write_file(at(name), bytes, sizeof bytes);
    }
    make_pack("shared", "shared.pack", 0);
    ck_assert(pipe(ready) == 0 && pipe(end) == 0);
    for (int i = 0; i < SHARING; i++)
        if ((children[i] = fork()) == 0) {
            close(end[1]);
            read_pack_and_wait(ready[1], end[0]);
        }
    close(ready[1]);
    for (int i = 0; i < SHARING; i++)
        ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    int64_t sum = 0, file = 0, resident = 0;
    bool is_known = true;
    for (int i = 0; i < SHARING && is_known; i++) {
        is_known = get_shares(children[i], &file, &resident);
        ck_assert(!is_known || resident > PACKED); /* it has all of it */
        sum += file;
    }
    close(end[1]);
    for (int i = 0; i < SHARING; i++)
        ck_assert_int_eq(waitpid(children[i], NULL, 0), children[i]);
    if (!is_known)
        QB_TEST_SKIP("no Pss_File in /proc/PID/smaps_rollup");
    ck_assert_msg(sum < PACKED + PACKED / 2, "%lld bytes for %d processes on a pack of %d", (long long)sum, SHARING, PACKED);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("image_set");
    TCase *tc = tcase_create("image_set");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, is_the_same_set_wherever_it_lies);
    tcase_add_loop_test(tc, gives_the_same_batches_to_any_number_of_threads, 0, N_WAYS);
    tcase_add_test(tc, a_limit_takes_classes_in_turn);
    tcase_add_test(tc, a_set_that_is_not_split_is_split_by_names);
    tcase_add_test(tc, is_called_as_its_folder);
    tcase_add_test(tc, smaller_images_are_another_set);
    tcase_add_loop_test(tc, refuses, 0, sizeof refusals / sizeof refusals[0]);
    tcase_add_test(tc, a_bad_image_is_named);
    tcase_add_test(tc, verifying_names_every_bad_image);
    tcase_add_test(tc, verifying_can_be_stopped);
    tcase_add_test(tc, imagenet_has_a_thousand_classes);
    tcase_add_test(tc, a_large_set_opens_quickly);
    tcase_add_test(tc, runs_side_by_side_share_the_pages_of_a_pack);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
