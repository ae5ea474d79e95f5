/* Data sets: what is found where, the checksums and their cache, and that the bytes are right. Real images come from
 * QATBENCH_TEST_DATA and the package dataset-fashion-mnist, where there are any; damage is tested in test_bad_data.c.
 */
#include "data_fixture.h"

#include "base/str.h"
#include "datasets/checksum.h"
#include "datasets/input.h"

#define FASHION_DIR "/usr/share/datasets/fashion-mnist"

/* --- where it is looked for --- */

START_TEST(finds_folder_parent_and_usual_names)
{
    static const char *const usual[] = {"MNIST/raw", "mnist", "MNIST"};
    const char *home = at("home", "");
    ck_assert_int_eq(mkdir(home, 0755) | mkdir(at("home", "MNIST"), 0755), 0);
    for (int i = 0; i < 3; i++) {
        const char *dir = at("home", usual[i]);
        if (strcmp(usual[i], "MNIST") == 0)
            ck_assert_int_eq(rmdir(dir), 0);
        ck_assert_int_eq(rename(at("idx", ""), dir), 0);
        qb_dataset *d = open_good("mnist", i == 1 ? dir : home);
        ck_assert_str_eq(qb_dataset_dir(d), dir);
        qb_dataset_close(d);
        ck_assert_int_eq(rename(dir, at("idx", "")), 0);
    }
}
END_TEST

/* A folder around each file, named as the file may be: what Kaggle's archives and some unpackers leave. */
static const struct {
    const char *folder, *file; /* of the test images */
    bool beside;               /* the folder is empty and the file lies beside it */
} nested[] = {
    {"t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte", false},
    {"t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte", false},
    {"t10k-images.idx3-ubyte", "t10k-images-idx3-ubyte", false},
    {"t10k-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte", false},
    {"t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte", true},
    {"t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz", true}, /* plain under a packed name is told by its bytes */
};

START_TEST(finds_files_in_folders_of_their_name)
{
    qb_dataset *d = open_good("mnist", at("idx", ""));
    char fingerprint[QB_SHA256_HEX];
    strcpy(fingerprint, qb_dataset_fingerprint(d));
    qb_dataset_close(d);
    ck_assert_int_eq(rename(at("idx", "t10k-images-idx3-ubyte"), at("images", "")), 0);
    char inside[700];
    ck_assert_int_eq(mkdir(at("idx", nested[_i].folder), 0755), 0);
    (void)snprintf(inside, sizeof inside, "%s/idx/%s%s%s", root, nested[_i].beside ? "" : nested[_i].folder, nested[_i].beside ? "" : "/",
                   nested[_i].file);
    ck_assert_int_eq(rename(at("images", ""), inside), 0);
    ck_assert_int_eq(rename(at("idx", ""), at("mnist", "")), 0);
    for (int i = 0; i < 2; i++) { /* given, and below what is given */
        d = open_good("mnist", i ? root : at("mnist", ""));
        ck_assert_str_eq(qb_dataset_fingerprint(d), fingerprint);
        ck_assert_str_eq(qb_dataset_dir(d), at("mnist", ""));
        qb_dataset_close(d);
    }
}
END_TEST

START_TEST(finds_archives_and_batches_in_folders_of_their_name) /* and does not take the folder for the archive */
{
    ck_assert_int_eq(mkdir(at("cifar10", "cifar-10-binary.tar.gz"), 0755), 0);
    qb_dataset_close(open_good("cifar10", at("cifar10", "")));
    ck_assert_int_eq(rename(at("cifar10", "test_batch.bin"), at("batch", "")), 0);
    ck_assert_int_eq(mkdir(at("cifar10", "test_batch.bin"), 0755), 0);
    ck_assert_int_eq(rename(at("batch", ""), at("cifar10/test_batch.bin", "test_batch.bin")), 0);
    qb_dataset_close(open_good("cifar10", at("cifar10", "")));
}
END_TEST

START_TEST(looks_in_the_environment_and_xdg) /* QATBENCH_DATA before XDG_DATA_HOME; HOME/.local/share last */
{
    qb_dataset *d;
    ck_assert_int_eq(qb_fs_make_dirs(at("xdg/qatbench/datasets", ""), 0755) | qb_fs_make_dirs(at("home/.local/share/qatbench", ""), 0755), 0);
    ck_assert_int_eq(symlink(at("idx", ""), at("xdg/qatbench/datasets", "mnist")), 0);
    ck_assert_int_eq(symlink(at("xdg/qatbench/datasets", ""), at("home/.local/share/qatbench", "datasets")), 0);
    setenv("HOME", at("home", ""), 1);
    d = open_good("mnist", NULL);
    ck_assert_str_eq(qb_dataset_dir(d), at("home/.local/share/qatbench/datasets", "mnist"));
    qb_dataset_close(d);
    setenv("XDG_DATA_HOME", at("xdg", ""), 1);
    d = open_good("mnist", NULL);
    ck_assert_str_eq(qb_dataset_dir(d), at("xdg/qatbench/datasets", "mnist"));
    qb_dataset_close(d);
    setenv("QATBENCH_DATA", at("cifar10", ""), 1); /* has no MNIST: the next place is asked */
    d = open_good("mnist", NULL);
    ck_assert_str_eq(qb_dataset_dir(d), at("xdg/qatbench/datasets", "mnist"));
    qb_dataset_close(d);
    setenv("QATBENCH_DATA", at("idx", ""), 1);
    d = open_good("mnist", NULL);
    ck_assert_str_eq(qb_dataset_dir(d), at("idx", ""));
    qb_dataset_close(d);
    d = open_good("mnist", at("xdg/qatbench/datasets", "")); /* the flag wins */
    ck_assert_str_eq(qb_dataset_dir(d), at("xdg/qatbench/datasets", "mnist"));
    qb_dataset_close(d);
}
END_TEST

START_TEST(locates_without_reading)
{
    char *path = NULL;
    ck_assert_int_eq(truncate(at("idx", "t10k-images-idx3-ubyte"), 5), 0); /* damage is not noticed */
    ck_assert_int_eq(qb_dataset_locate("mnist", at("idx", ""), &path), 0);
    ck_assert_str_eq(path, at("idx", ""));
    qb_free(path);
    path = NULL;
    ck_assert_int_eq(qb_dataset_locate("cifar10", at("idx", ""), &path), QB_E_NOINPUT);
    ck_assert_int_eq(qb_dataset_locate("nist", NULL, &path), QB_E_USAGE);
    ck_assert_ptr_null(path);
    ck_assert_int_eq(qb_dataset_locate("synthetic", NULL, &path), 0);
    ck_assert_str_eq(path, "(made by the program)");
    qb_free(path);
}
END_TEST

START_TEST(says_where_it_looked)
{
    check_refused("mnist", NULL, QB_E_NOINPUT, (const char *[]){"'mnist' not found", "HOME and QATBENCH_DATA are not set"}, 2);
    setenv("QATBENCH_DATA", at("cifar10", ""), 1);
    setenv("XDG_DATA_HOME", at("xdg", ""), 1);
    check_refused("mnist", NULL, QB_E_NOINPUT,
                  (const char *[]){at("cifar10", ""), at("xdg", "qatbench/datasets"), "download the four files", "--data-dir"}, 4);
    check_refused("cifar10", at("nowhere", ""), QB_E_NOINPUT, (const char *[]){at("nowhere", ""), "No such file", "--data-dir"}, 3);
    check_refused("cifar10", at("idx", ""), QB_E_NOINPUT, (const char *[]){at("idx", ""), "which holds files of fashion-mnist"}, 2);
    check_refused("cifar10", at("cifar100", ""), QB_E_NOINPUT,
                  (const char *[]){at("cifar100", ""), "which holds files of cifar100", "--dataset cifar100"}, 3);
    ck_assert_int_eq(mkdir(at("none", ""), 0755), 0); /* a place that was given is the only one */
    setenv("QATBENCH_DATA", at("idx", ""), 1);
    check_refused("mnist", at("none", ""), QB_E_NOINPUT, (const char *[]){at("none", ""), "wanted train-images-idx3-ubyte"}, 2);
}
END_TEST

START_TEST(knows_odd_paths) /* spaces, a newline, bytes that are no UTF-8 */
{
    const char *dir = at("a b\nc\xff", "");
    ck_assert_int_eq(rename(at("idx", ""), dir), 0);
    for (int i = 0; i < 2; i++) { /* the second time from the cache */
        qb_dataset *d = open_good("mnist", dir);
        ck_assert_str_eq(qb_dataset_dir(d), dir);
        qb_dataset_close(d);
    }
}
END_TEST

START_TEST(names_the_nearest)
{
    const qb_dataset_info *info = NULL;
    ck_assert_int_eq(qb_dataset_find("cifar-10", &info), QB_E_USAGE);
    ck_assert_str_eq(qb_err_text(), "unknown data set 'cifar-10'");
    ck_assert_str_eq(qb_err_hint_text(), "did you mean 'cifar10'?");
    ck_assert_ptr_null(info);
    check_refused("FashionMNIST", NULL, QB_E_USAGE, (const char *[]){"did you mean 'fashion-mnist'?"}, 1);
    check_refused("", NULL, QB_E_USAGE, (const char *[]){"unknown data set ''"}, 1);
}
END_TEST

static void collect(void *context, const char *text)
{
    qb_str_addf(context, "%s\n", text);
}

/* --- checksums, cache, fingerprint --- */

START_TEST(unknown_checksums_are_a_warning)
{
    qb_dataset *d = open_good("cifar10", at("cifar10", ""));
    ck_assert_str_eq(qb_dataset_label(d), "CIFAR-10 (unverified)");
    ck_assert_ptr_nonnull(strstr(qb_dataset_warning(d), "checksums differ from the published CIFAR-10 (data_batch_1.bin, "));
    ck_assert_ptr_null(strstr(qb_dataset_warning(d), "same bytes"));
    qb_dataset_close(d);
    ck_assert_int_eq(unlink(at("cifar10", "data_batch_2.bin")), 0);
    ck_assert_int_eq(link(at("cifar10", "data_batch_1.bin"), at("cifar10", "data_batch_2.bin")), 0);
    d = open_good("cifar10", at("cifar10", ""));
    ck_assert_ptr_nonnull(strstr(qb_dataset_warning(d), "; data_batch_1.bin and data_batch_2.bin are the same bytes"));
    qb_dataset_close(d);
}
END_TEST

static size_t count_names(const char *dir)
{
    char **names = NULL;
    size_t n = 0;
    if (!qb_fs_is_dir(dir))
        return 0;
    ck_assert_int_eq(qb_fs_list(dir, &names, &n), 0);
    qb_fs_free_names(names, n);
    return n;
}

static bool recall(const char *path, const char *role, char *hex)
{
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    return qb_checksum_recall(path, role, &st, hex);
}

START_TEST(checksums_are_cached_until_a_file_changes)
{
    char before[QB_SHA256_HEX], hex[QB_SHA256_HEX];
    const char *images = at("idx", "t10k-images-idx3-ubyte");
    const uint8_t pixel = 1;
    qb_dataset *d = open_good("mnist", at("idx", ""));
    strcpy(before, qb_dataset_fingerprint(d));
    qb_dataset_close(d);
    ck_assert_int_eq(count_names(at("cache/qatbench/checksums", "")), 4);
    ck_assert_int_eq(count_names(at("idx", "")), 4); /* nothing is written beside the data */
    ck_assert(recall(images, "test-images", hex));
    ck_assert(!recall(images, "test-labels", hex));
    d = open_good("mnist", at("idx", ""));
    ck_assert_str_eq(qb_dataset_fingerprint(d), before);
    qb_dataset_close(d);
    put(images, 5000, &pixel, 1); /* same size */
    ck_assert(!recall(images, "test-images", hex));
    d = open_good("mnist", at("idx", ""));
    ck_assert_str_ne(qb_dataset_fingerprint(d), before);
    qb_dataset_close(d);
}
END_TEST

/* A file that takes the name of one that is being read, or that is written to meanwhile, must not get its checksum. */
START_TEST(the_checksum_is_of_the_file_that_was_read)
{
    char hex[QB_SHA256_HEX];
    const char *images = at("idx", "t10k-images-idx3-ubyte"), *other = at("idx", "other");
    const uint8_t pixel = 1;
    qb_input in;
    qb_contents c;
    for (int in_place = 0; in_place < 2; in_place++) {
        make_idx(other, 10000, 3);
        put(other, 5000, &pixel, 1);
        nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
        ck_assert_int_eq(qb_input_open(images, &in), 0);
        ck_assert_int_eq(qb_input_contents(&in, IMAGES_BYTES, &c), 0);
        qb_input_file file = qb_input_get_file(&in);
        ck_assert(file.is_steady);
        if (in_place)
            put(images, 6000, &pixel, 1);
        else
            ck_assert_int_eq(rename(other, images), 0);
        file = qb_input_get_file(&in);
        ck_assert_int_eq(file.is_steady, 0); /* the swapped-out file lost its name, and so changed its time */
        qb_checksum_remember(images, "test-images", &file.facts, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
        ck_assert(!recall(images, "test-images", hex)); /* even where it is remembered it is the other file's */
        qb_contents_finish(&c);
        qb_input_close(&in);
    }
    put(images, 7000, &pixel, 1);
    ck_assert_int_eq(qb_input_open(images, &in), 0); /* too young: it may change once more without its times changing */
    const qb_input_file young = qb_input_get_file(&in);
    struct timespec now;
    ck_assert_int_eq(clock_gettime(CLOCK_REALTIME_COARSE, &now), 0);
    if (now.tv_sec == young.facts.st_ctim.tv_sec && now.tv_nsec == young.facts.st_ctim.tv_nsec)
        ck_assert(!young.is_steady);
    qb_input_close(&in);
}
END_TEST

START_TEST(opening_reads_no_pixels_once_they_are_known)
{
    qb_dataset *d = open_good("mnist", at("idx", ""));
    char fingerprint[QB_SHA256_HEX];
    strcpy(fingerprint, qb_dataset_fingerprint(d));
    qb_dataset_close(d);
    const char *images = at("idx", "t10k-images-idx3-ubyte");
    struct stat before, after;
    const struct timespec long_ago[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    ck_assert_int_eq(utimensat(AT_FDCWD, images, long_ago, 0), 0);
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    qb_dataset_close(open_good("mnist", at("idx", ""))); /* the times are other ones: read and remembered anew */
    ck_assert_int_eq(stat(images, &before), 0);
    d = NULL;
    ck_assert_int_eq(qb_dataset_open("mnist", at("idx", ""), &d), 0);
    ck_assert_str_eq(qb_dataset_fingerprint(d), fingerprint);
    ck_assert_int_eq(qb_dataset_count(d, QB_SPLIT_TEST), 10000);
    ck_assert_int_eq(qb_dataset_get_info(d)->n_classes, 10);
    ck_assert_int_eq(stat(images, &after), 0);
    ck_assert_int_eq(before.st_atim.tv_sec, after.st_atim.tv_sec);
    const uint8_t pixel = 1; /* changed between opening and loading: what was promised is not there */
    put(images, 5000, &pixel, 1);
    ck_assert_int_eq(qb_dataset_load(d), QB_E_DATA);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "t10k-images-idx3-ubyte: has changed since it was opened"));
    qb_dataset_close(d);
    d = open_good("mnist", at("idx", ""));
    ck_assert_str_ne(qb_dataset_fingerprint(d), fingerprint);
    qb_dataset_close(d);
}
END_TEST

START_TEST(plain_files_are_mapped) /* so that processes share their pages */
{
    qb_dataset *d = open_good("mnist", at("idx", ""));
    char line[512];
    FILE *f = fopen("/proc/self/maps", "r");
    int found = 0;
    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f))
        found += strstr(line, "/idx/train-images-idx3-ubyte") != NULL && strstr(line, "r--s") != NULL;
    ck_assert_int_eq(fclose(f), 0);
    ck_assert_int_eq(found, 1);
    qb_dataset_close(d);
}
END_TEST

START_TEST(a_damaged_cache_is_ignored)
{
    char hex[QB_SHA256_HEX], name[512], **names = NULL;
    size_t n = 0;
    const char *file = at("idx", "t10k-labels-idx1-ubyte"), *dir = at("cache/qatbench/checksums", "");
    const char *sum = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    struct stat st;
    ck_assert_int_eq(stat(file, &st), 0);
    qb_checksum_remember(file, "x", &st, sum);
    ck_assert(recall(file, "x", hex));
    ck_assert_str_eq(hex, sum);
    ck_assert_int_eq(qb_fs_list(dir, &names, &n), 0);
    ck_assert_int_eq(n, 1);
    snprintf(name, sizeof name, "%s", at("cache/qatbench/checksums", names[0]));
    qb_fs_free_names(names, n);
    int64_t size = 0;
    ck_assert_int_eq(qb_fs_size(name, &size), 0);
    put(name, size - 5, "G", 1);
    ck_assert(!recall(file, "x", hex));
    ck_assert_int_eq(truncate(name, size - 6), 0);
    ck_assert(!recall(file, "x", hex));
    ck_assert_int_eq(truncate(name, 0), 0);
    ck_assert(!recall(file, "x", hex));
    ck_assert_int_eq(qb_err_code(), QB_OK);
}
END_TEST

START_TEST(works_without_a_cache) /* no HOME, or a place that cannot be written */
{
    static const char *const places[] = {NULL, "relative", "/dev/null/cache", "/proc/nowhere"};
    for (int i = 0; i < 4; i++) {
        if (places[i])
            setenv("XDG_CACHE_HOME", places[i], 1);
        else
            unsetenv("XDG_CACHE_HOME");
        qb_dataset *d = open_good("mnist", at("idx", ""));
        ck_assert_int_eq(qb_err_code(), QB_OK);
        qb_dataset_close(d);
    }
}
END_TEST

static const struct counts {
    uint32_t images[QB_N_SPLITS], labels[QB_N_SPLITS];
    const char *needle; /* NULL: they are taken */
} idx_counts[] = {
    {{10000, 60000}, {10000, 60000}, NULL},
    {{7, 100}, {7, 100}, NULL},
    {{10000, 120000}, {10000, 120000}, NULL},
    {{1, 60000}, {1, 60000}, NULL},
    {{7, 100}, {8, 100}, "its header says 7 images, wanted 10000"},
    {{7, 60000}, {10000, 60000}, "its header says 7 images, wanted 10000"},
    {{10000, 60000}, {10000, 9}, "its header says 9 labels (one an image), wanted 60000"},
    {{0, 60000}, {0, 60000}, "its header says 0 images, wanted 10000"},
};

START_TEST(idx_files_have_the_counts_that_they_agree_on)
{
    static const char *const files[QB_N_SPLITS][2] = {{"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
                                                      {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"}};
    const struct counts *c = &idx_counts[_i];
    for (int split = 0; split < QB_N_SPLITS; split++) {
        make_idx(at("idx", files[split][0]), c->images[split], 3);
        make_idx(at("idx", files[split][1]), c->labels[split], 1);
    }
    if (c->needle) {
        check_refused("mnist", at("idx", ""), QB_E_DATA, &c->needle, 1);
        return;
    }
    for (int round = 0; round < 2; round++) { /* the second time the checksums are known */
        qb_dataset *d = open_good("mnist", at("idx", ""));
        for (int split = 0; split < QB_N_SPLITS; split++) {
            ck_assert_int_eq(qb_dataset_count(d, split), c->images[split]);
            ck_assert_int_eq(pixels_of(d, split, c->images[split] - 1)[783], 0);
        }
        ck_assert_str_eq(qb_dataset_label(d), "MNIST (unverified)");
        qb_dataset_close(d);
    }
}
END_TEST

START_TEST(verify_reports_every_file)
{
    qb_str all = {0};
    const uint8_t ten = 10;
    ck_assert_int_eq(qb_dataset_verify("mnist", at("idx", ""), collect, &all), 0);
    ck_assert_ptr_nonnull(strstr(all.text, "t10k-images-idx3-ubyte  7840016 bytes  "));
    ck_assert_ptr_nonnull(strstr(all.text, "  no known checksum\n"));
    ck_assert_ptr_nonnull(strstr(all.text, "MNIST (unverified); fingerprint "));
    qb_str_finish(&all);
    put(at("idx", "t10k-labels-idx1-ubyte"), 8, &ten, 1);
    ck_assert_int_eq(truncate(at("idx", "t10k-images-idx3-ubyte"), 100), 0);
    ck_assert_int_eq(qb_dataset_verify("mnist", at("idx", ""), collect, &all), QB_E_DATA);
    ck_assert_ptr_nonnull(strstr(all.text, "truncated: got 100 bytes, wanted 7840016\n"));
    ck_assert_ptr_nonnull(strstr(all.text, "record 0 has label 10, wanted 0 to 9\n"));
    ck_assert_ptr_nonnull(strstr(all.text, "train-images-idx3-ubyte  47040016 bytes"));
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "got 100 bytes")); /* the first one */
    ck_assert_str_ne(qb_err_hint_text(), "");
    qb_str_finish(&all);
}
END_TEST

START_TEST(survives_short_memory)
{
    const long blocks = qb_mem_live_blocks();
    qb_dataset *d = open_good("mnist", at("idx", "")); /* fills the cache: the openings below are quick */
    qb_dataset_close(d);
    for (long nth = 1;; nth++) {
        const long calls = qb_mem_calls();
        qb_mem_fail_at(nth, 0);
        d = NULL;
        int rc = qb_dataset_open("mnist", at("idx", ""), &d);
        const bool done = rc == 0 && qb_mem_calls() - calls < nth; /* the cache alone fails in silence */
        qb_mem_fail_at(0, 0);
        ck_assert(rc == 0 ? d != NULL : d == NULL);
        qb_dataset_close(d);
        ck_assert_int_eq(qb_mem_live_blocks(), blocks);
        if (done)
            break;
    }
}
END_TEST

/* --- the table and the synthetic set --- */

START_TEST(table_is_sound)
{
    size_t n = 0;
    const qb_dataset_info *all = qb_datasets(&n);
    ck_assert_int_eq(n, 7);
    for (size_t i = 0; i < n; i++) {
        const qb_dataset_info *found = NULL;
        ck_assert_int_eq(qb_dataset_find(all[i].name, &found), 0);
        ck_assert_str_eq(found->name, all[i].name);
        ck_assert(all[i].title && all[i].source && all[i].files && all[i].c >= 1 && all[i].c <= 3);
        for (int c = 0; c < all[i].c; c++)
            ck_assert(all[i].mean[c] > 0 && all[i].mean[c] < 1 && all[i].std[c] > 0 && all[i].std[c] < 1);
        for (int k = 0; all[i].class_names && k < all[i].n_classes; k++)
            ck_assert_ptr_nonnull(all[i].class_names[k]);
    }
}
END_TEST

static const uint8_t *drawn(const qb_dataset *d, int split, int64_t i, qb_room *room)
{
    qb_image image;
    ck_assert_int_eq(qb_dataset_image(d, split, i, room, &image), 0);
    ck_assert(image.c == 3 && image.h == 32 && image.w == 32 && image.column == 1 && image.row == 32 && image.plane == 1024);
    return image.pixels;
}

START_TEST(synthetic_is_the_same_everywhere)
{
    qb_room room = {0}, other = {0};
    qb_dataset *d = open_good("synthetic", "/nowhere"); /* needs no folder */
    ck_assert_str_eq(qb_dataset_fingerprint(d), "328abcde67bf713c64f884f217b13deaea14ae503220c7fead5e9067a8fa3ed5");
    ck_assert_str_eq(qb_dataset_label(d), "synthetic");
    ck_assert_ptr_null(qb_dataset_warning(d));
    ck_assert_int_eq(qb_dataset_count(d, QB_SPLIT_TRAIN), 5000);
    ck_assert_int_eq(qb_dataset_count(d, QB_SPLIT_TEST), 1000);
    int counts[10] = {0};
    double sum[3] = {0}, squares[3] = {0};
    for (int64_t i = 0; i < 5000; i++) {
        const uint8_t *pixels = drawn(d, QB_SPLIT_TRAIN, i, &room);
        ck_assert_int_lt(qb_dataset_class(d, QB_SPLIT_TRAIN, i), 10);
        counts[qb_dataset_class(d, QB_SPLIT_TRAIN, i)]++;
        for (int p = 0; p < 3072; p++) {
            double v = pixels[p] / 255.0;
            sum[p / 1024] += v;
            squares[p / 1024] += v * v;
        }
    }
    for (int k = 0; k < 10; k++)
        ck_assert_int_eq(counts[k], 500);
    const qb_dataset_info *info = qb_dataset_get_info(d);
    for (int c = 0; c < 3; c++) { /* the table has what the generator makes */
        double n = 5000.0 * 1024, mean = sum[c] / n, variance = squares[c] / n - mean * mean;
        ck_assert_double_eq_tol(mean, info->mean[c], 5e-4);
        ck_assert_double_eq_tol(variance, info->std[c] * info->std[c], 5e-4);
    }
    ck_assert_int_ne(memcmp(drawn(d, QB_SPLIT_TRAIN, 0, &room), drawn(d, QB_SPLIT_TEST, 0, &other), 3072), 0);
    qb_dataset_close(d);
    qb_free(room.bytes);
    qb_free(other.bytes);
    qb_str said = {0}; /* the fingerprint stands in the source: verifying draws the images and compares */
    ck_assert_int_eq(qb_dataset_verify("synthetic", NULL, collect, &said), 0);
    ck_assert_ptr_nonnull(strstr(said.text, "as published; fingerprint 328abcde"));
    qb_str_finish(&said);
}
END_TEST

/* --- real images, where there are any --- */

START_TEST(fashion_mnist_of_the_package)
{
    if (!qb_fs_is_dir(FASHION_DIR))
        QB_TEST_SKIP("the package dataset-fashion-mnist is not installed");
    qb_dataset *d = open_good("fashion-mnist", NULL);
    ck_assert_str_eq(qb_dataset_dir(d), FASHION_DIR);
    ck_assert_str_eq(qb_dataset_label(d), "Fashion-MNIST");
    ck_assert_ptr_null(qb_dataset_warning(d));
    static const uint8_t first[] = {9, 0, 0, 3, 0}, first_test[] = {9, 2, 1, 1, 6};
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(qb_dataset_class(d, QB_SPLIT_TRAIN, i), first[i]);
        ck_assert_int_eq(qb_dataset_class(d, QB_SPLIT_TEST, i), first_test[i]);
    }
    int64_t counts[2][10] = {{0}};
    for (int64_t i = 0; i < 60000; i++)
        counts[0][qb_dataset_class(d, QB_SPLIT_TRAIN, i)]++;
    for (int64_t i = 0; i < 10000; i++)
        counts[1][qb_dataset_class(d, QB_SPLIT_TEST, i)]++;
    for (int k = 0; k < 10; k++) {
        ck_assert_int_eq(counts[0][k], 6000);
        ck_assert_int_eq(counts[1][k], 1000);
    }
    qb_dataset_close(d);
    check_refused("mnist", FASHION_DIR, QB_E_DATA,
                  (const char *[]){"holds test-images of Fashion-MNIST, wanted test-images of MNIST", "--dataset fashion-mnist"}, 2);
    ck_assert_int_eq(mkdir(at("mixed", ""), 0755), 0); /* training labels under the name of the test labels: the header tells */
    ck_assert_int_eq(symlink(FASHION_DIR "/t10k-images-idx3-ubyte.gz", at("mixed", "t10k-images-idx3-ubyte.gz")), 0);
    ck_assert_int_eq(symlink(FASHION_DIR "/train-labels-idx1-ubyte.gz", at("mixed", "t10k-labels-idx1-ubyte.gz")), 0);
    check_refused("fashion-mnist", at("mixed", ""), QB_E_DATA, (const char *[]){"says 60000 labels (one an image), wanted 10000"}, 1);
}
END_TEST

/* Record `i` of a file equals image and label of the set. */
static void check_record(const char *file, int64_t i, const qb_dataset *d, int split, int64_t at_index)
{
    uint8_t record[3073];
    int fd = open(file, O_RDONLY);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pread(fd, record, sizeof record, i * 3073), 3073);
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(record[0], qb_dataset_class(d, split, at_index));
    ck_assert_int_eq(memcmp(record + 1, pixels_of(d, split, at_index), 3072), 0);
}

START_TEST(cifar10_first_and_last_of_each_file)
{
    const char *data = getenv("QATBENCH_TEST_DATA");
    if (!data)
        QB_TEST_SKIP("QATBENCH_TEST_DATA names no folder of real images");
    char file[1024], folder[900];
    qb_dataset *d = open_good("cifar10", data);
    snprintf(folder, sizeof folder, "%s", qb_dataset_dir(d));
    for (int64_t k = 0; k < 5; k++) {
        snprintf(file, sizeof file, "%s/data_batch_%d.bin", folder, (int)k + 1);
        check_record(file, 0, d, QB_SPLIT_TRAIN, k * 10000);
        check_record(file, 9999, d, QB_SPLIT_TRAIN, k * 10000 + 9999);
    }
    snprintf(file, sizeof file, "%s/test_batch.bin", folder);
    check_record(file, 0, d, QB_SPLIT_TEST, 0);
    check_record(file, 9999, d, QB_SPLIT_TEST, 9999);
    int counts[10] = {0};
    for (int64_t i = 0; i < 50000; i++)
        counts[qb_dataset_class(d, QB_SPLIT_TRAIN, i)]++;
    for (int k = 0; k < 10; k++)
        ck_assert_int_eq(counts[k], 5000);
    ck_assert_str_eq(qb_dataset_label(d), "CIFAR-10 (JPEG)");
    ck_assert_ptr_nonnull(strstr(qb_dataset_warning(d), "CIFAR-10 (JPEG): its checksums differ from the published CIFAR-10"));
    qb_dataset_close(d);

    ck_assert_int_eq(unlink(at("cifar10", "data_batch_1.bin")), 0); /* a published file under another's name */
    snprintf(file, sizeof file, "%s/data_batch_3.bin", folder);
    ck_assert_int_eq(symlink(file, at("cifar10", "data_batch_1.bin")), 0);
    check_refused("cifar10", at("cifar10", ""), QB_E_DATA,
                  (const char *[]){"data_batch_1.bin: holds data_batch_3.bin of CIFAR-10 (JPEG)", "renamed or copied"}, 2);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("datasets");
    TCase *tc = tcase_create("datasets");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, finds_folder_parent_and_usual_names);
    tcase_add_loop_test(tc, finds_files_in_folders_of_their_name, 0, sizeof nested / sizeof nested[0]);
    tcase_add_test(tc, finds_archives_and_batches_in_folders_of_their_name);
    tcase_add_test(tc, looks_in_the_environment_and_xdg);
    tcase_add_test(tc, locates_without_reading);
    tcase_add_test(tc, says_where_it_looked);
    tcase_add_test(tc, knows_odd_paths);
    tcase_add_test(tc, names_the_nearest);
    tcase_add_test(tc, unknown_checksums_are_a_warning);
    tcase_add_test(tc, checksums_are_cached_until_a_file_changes);
    tcase_add_test(tc, the_checksum_is_of_the_file_that_was_read);
    tcase_add_test(tc, opening_reads_no_pixels_once_they_are_known);
    tcase_add_test(tc, plain_files_are_mapped);
    tcase_add_test(tc, a_damaged_cache_is_ignored);
    tcase_add_test(tc, works_without_a_cache);
    tcase_add_loop_test(tc, idx_files_have_the_counts_that_they_agree_on, 0, sizeof idx_counts / sizeof idx_counts[0]);
    tcase_add_test(tc, verify_reports_every_file);
    tcase_add_test(tc, survives_short_memory);
    tcase_add_test(tc, table_is_sound);
    tcase_add_test(tc, synthetic_is_the_same_everywhere);
    tcase_add_test(tc, fashion_mnist_of_the_package);
    tcase_add_test(tc, cifar10_first_and_last_of_each_file);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
