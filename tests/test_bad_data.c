/* Damaged data: every way in which a file, a gzip stream or an archive is not what it should be is refused with its
 * path, what was found and what was wanted.
 */
#include "data_fixture.h"

#include <sys/resource.h>
#include <zlib.h>

/* --- damaged plain files --- */

enum { RESIZE = 1, BYTE, REMOVE, FOLDER, DANGLING, PIPE, REPLACE };

static const struct {
    const char *set, *dir, *file;
    int how;
    int64_t where; /* new size, or offset */
    int value;
    const char *other; /* REPLACE: by this file */
    const char *needles[3];
} damages[] = {
    {"mnist", "idx", "t10k-images-idx3-ubyte", RESIZE, 0, 0, 0, {"t10k-images-idx3-ubyte", "empty: got 0 bytes"}},
    {"mnist", "idx", "t10k-images-idx3-ubyte", RESIZE, 3, 0, 0, {"truncated: got 3 bytes, wanted 7840016"}},
    {"mnist", "idx", "t10k-images-idx3-ubyte", RESIZE, 15, 0, 0, {"truncated: got 15 bytes, wanted 7840016"}},
    {"mnist", "idx", "t10k-images-idx3-ubyte", RESIZE, 16, 0, 0, {"truncated: got 16 bytes, wanted 7840016"}},
    {"mnist", "idx", "t10k-images-idx3-ubyte", RESIZE, IMAGES_BYTES - 1, 0, 0, {"got 7840015 bytes, wanted 7840016", "download"}},
    {"mnist", "idx", "t10k-images-idx3-ubyte", RESIZE, IMAGES_BYTES + 1, 0, 0, {"too long: got 7840017 bytes, wanted 7840016"}},
    {"mnist", "idx", "t10k-labels-idx1-ubyte", RESIZE, LABELS_BYTES - 1, 0, 0, {"got 10007 bytes, wanted 10008"}},
    {"mnist", "idx", "t10k-labels-idx1-ubyte", RESIZE, LABELS_BYTES + 9000, 0, 0, {"too long: got 19008 bytes, wanted 10008"}},
    {"mnist", "idx", "train-labels-idx1-ubyte", RESIZE, 100, 0, 0, {"train-labels-idx1-ubyte", "got 100 bytes, wanted 60008"}},
    {"mnist", "idx", "t10k-labels-idx1-ubyte", BYTE, 8 + 4321, 10, 0, {"t10k-labels", "record 4321 has label 10, wanted 0 to 9"}},
    {"mnist", "idx", "t10k-labels-idx1-ubyte", BYTE, 8, 255, 0, {"record 0 has label 255, wanted 0 to 9"}},
    {"mnist", "idx", "t10k-labels-idx1-ubyte", BYTE, LABELS_BYTES - 1, 10, 0, {"record 9999 has label 10, wanted 0 to 9"}},
    {"mnist", "idx", "t10k-images-idx3-ubyte", BYTE, 0, 1, 0, {"starts with 0x01000803, wanted 0x00000803"}},
    {"mnist", "idx", "t10k-images-idx3-ubyte", BYTE, 2, 13, 0, {"starts with 0x00000d03, wanted 0x00000803"}},
    {"mnist", "idx", "t10k-images-idx3-ubyte", BYTE, 3, 4, 0, {"starts with 0x00000804, wanted 0x00000803"}},
    {"mnist", "idx", "t10k-images-idx3-ubyte", REPLACE, 0, 0, "idx/t10k-labels-idx1-ubyte", {"starts with 0x00000801", "0x00000803"}},
    {"mnist", "idx", "t10k-labels-idx1-ubyte", REPLACE, 0, 0, "idx/train-images-idx3-ubyte", {"starts with 0x00000803", "0x00000801"}},
    {"mnist", "idx", "t10k-images-idx3-ubyte", REPLACE, 0, 0, "idx/train-images-idx3-ubyte", {"says 60000 images, wanted 10000"}},
    {"mnist", "idx", "t10k-images-idx3-ubyte", BYTE, 11, 32, 0, {"its header says 32 rows an image, wanted 28"}},
    {"mnist", "idx", "train-images-idx3-ubyte", BYTE, 15, 27, 0, {"train-images", "its header says 27 columns an image, wanted 28"}},
    {"mnist", "idx", "t10k-labels-idx1-ubyte", BYTE, 7, 15, 0, {"its header says 9999 labels (one an image), wanted 10000"}},
    {"mnist", "idx", "t10k-images-idx3-ubyte", BYTE, 4, 255, 0, {"its header says 4278200080 images, wanted 10000"}},
    {"mnist", "idx", "train-labels-idx1-ubyte", REMOVE, 0, 0, 0, {"train-labels-idx1-ubyte is missing"}},
    {"mnist", "idx", "t10k-labels-idx1-ubyte", DANGLING, 0, 0, 0, {"t10k-labels-idx1-ubyte is missing"}},
    {"mnist", "idx", "t10k-labels-idx1-ubyte", FOLDER, 0, 0, 0, {"t10k-labels-idx1-ubyte: is a folder, wanted a file"}},
    {"mnist", "idx", "t10k-labels-idx1-ubyte", PIPE, 0, 0, 0, {"t10k-labels-idx1-ubyte: is not a regular file"}},
    {"fashion-mnist", "idx", "t10k-images-idx3-ubyte", RESIZE, 500, 0, 0, {"truncated: got 500 bytes, wanted 7840016"}},
    {"cifar10", "cifar10", "data_batch_1.bin", RESIZE, 0, 0, 0, {"data_batch_1.bin: empty: got 0 bytes"}},
    {"cifar10", "cifar10", "data_batch_1.bin", RESIZE, 1, 0, 0, {"truncated: got 1 bytes, wanted 30730000"}},
    {"cifar10", "cifar10", "data_batch_1.bin", RESIZE, 3073, 0, 0, {"truncated: got 3073 bytes, wanted 30730000"}},
    {"cifar10", "cifar10", "data_batch_1.bin", RESIZE, BATCH_BYTES - 1, 0, 0, {"got 30729999 bytes, wanted 30730000", "copy"}},
    {"cifar10", "cifar10", "data_batch_1.bin", RESIZE, BATCH_BYTES + 1, 0, 0, {"too long: got 30730001 bytes, wanted 30730000"}},
    {"cifar10", "cifar10", "data_batch_1.bin", RESIZE, 4LL << 30, 0, 0, {"too long: got 4294967296 bytes, wanted 30730000"}},
    {"cifar10", "cifar10", "data_batch_1.bin", BYTE, 17 * 3073, 10, 0, {"data_batch_1.bin: record 17 has label 10, wanted 0 to 9"}},
    {"cifar10", "cifar10", "data_batch_1.bin", BYTE, 9999 * 3073, 77, 0, {"record 9999 has label 77, wanted 0 to 9"}},
    {"cifar10", "cifar10", "data_batch_1.bin", REPLACE, 0, 0, "cifar100/test.bin", {"too long: got 30740000 bytes, wanted 30730000"}},
    {"cifar10", "cifar10", "data_batch_2.bin", REMOVE, 0, 0, 0, {"data_batch_2.bin is missing", "data_batch_1.bin to data_batch_5.bin"}},
    {"cifar10", "cifar10", "data_batch_1.bin", FOLDER, 0, 0, 0, {"data_batch_1.bin: is a folder, wanted a file"}},
    {"cifar100", "cifar100", "test.bin", RESIZE, BATCH_BYTES, 0, 0, {"test.bin: truncated: got 30730000 bytes, wanted 30740000"}},
    {"cifar100", "cifar100", "test.bin", BYTE, 5 * 3074 + 1, 100, 0, {"test.bin: record 5 has label 100, wanted 0 to 99"}},
    {"cifar100", "cifar100", "test.bin", BYTE, 5 * 3074, 20, 0, {"test.bin: record 5 has coarse label 20, wanted 0 to 19"}},
    {"cifar100", "cifar100", "train.bin", REMOVE, 0, 0, 0, {"train.bin is missing"}},
};

START_TEST(refuses_damaged_files)
{
    const char *file = at(damages[_i].dir, damages[_i].file);
    const uint8_t value = (uint8_t)damages[_i].value;
    switch (damages[_i].how) {
    case RESIZE:
        ck_assert_int_eq(truncate(file, damages[_i].where), 0);
        break;
    case BYTE:
        put(file, damages[_i].where, &value, 1);
        break;
    case REPLACE:
        ck_assert_int_eq(rename(at(damages[_i].other, ""), file), 0);
        break;
    default:
        ck_assert_int_eq(unlink(file), 0);
    }
    if (damages[_i].how == FOLDER)
        ck_assert_int_eq(mkdir(file, 0755), 0);
    if (damages[_i].how == DANGLING)
        ck_assert_int_eq(symlink("/nowhere/at/all", file), 0);
    if (damages[_i].how == PIPE)
        ck_assert_int_eq(mkfifo(file, 0644), 0);
    check_refused(damages[_i].set, at(damages[_i].dir, ""), QB_E_DATA, damages[_i].needles, 3);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), root)); /* the path */
}
END_TEST

START_TEST(refuses_an_unreadable_file)
{
    ck_assert_int_eq(chmod(at("idx", "t10k-images-idx3-ubyte"), 0), 0);
    bool is_root = geteuid() == 0; /* who reads everything: be nobody meanwhile */
    if (is_root)
        ck_assert_int_eq(chmod(root, 0755) | seteuid(65534), 0);
    check_refused("mnist", at("idx", ""), QB_E_IO, (const char *[]){"t10k-images-idx3-ubyte", "Permission denied", "readable"}, 3);
    if (is_root)
        ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

/* --- gzip --- */

/* FILE.gz instead of FILE. */
static void compress_file(const char *path)
{
    char packed[600];
    char *bytes;
    size_t n;
    snprintf(packed, sizeof packed, "%s.gz", path);
    ck_assert_int_eq(qb_fs_read(path, 1 << 28, &bytes, &n), 0);
    gzFile gz = gzopen(packed, "wb1");
    ck_assert_ptr_nonnull(gz);
    ck_assert_int_eq(gzwrite(gz, bytes, (unsigned)n), (int)n);
    ck_assert_int_eq(gzclose(gz), Z_OK);
    ck_assert_int_eq(unlink(path), 0);
    qb_free(bytes);
}

START_TEST(gzip_and_plain_are_the_same_data)
{
    char fingerprint[QB_SHA256_HEX];
    const uint8_t label = 7, pixel = 200;
    put(at("idx", "t10k-labels-idx1-ubyte"), LABELS_BYTES - 1, &label, 1);
    put(at("idx", "train-images-idx3-ubyte"), 16 + 784 * 60000LL - 1, &pixel, 1);
    qb_dataset *d = open_good("mnist", at("idx", ""));
    strcpy(fingerprint, qb_dataset_fingerprint(d));
    qb_dataset_close(d);
    static const char *const names[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                                        "t10k-labels-idx1-ubyte"};
    for (int i = 0; i < 4; i++)
        compress_file(at("idx", names[i]));
    d = open_good("mnist", at("idx", ""));
    ck_assert_str_eq(qb_dataset_fingerprint(d), fingerprint);
    ck_assert_int_eq(qb_dataset_class(d, QB_SPLIT_TEST, 9999), 7);
    ck_assert_int_eq(pixels_of(d, QB_SPLIT_TRAIN, 59999)[783], 200);
    qb_dataset_close(d);
}
END_TEST

static const struct {
    int cut;    /* bytes off the end; 0: none; < 0: keep -cut bytes */
    int damage; /* bytes before the end where one is changed; 0: none */
    const char *needles[3];
} gzips[] = {
    {1, 0, {"t10k-images-idx3-ubyte.gz: truncated: the gzip stream ends early: got 7840016 unpacked bytes, wanted 7840016"}},
    {8, 0, {"truncated"}},
    {200, 0, {"truncated"}},
    {-20000, 0, {"truncated"}},
    {-30, 0, {"truncated", " unpacked bytes, wanted 7840016"}},
    {-5, 0, {"truncated"}},
    {0, 5, {"t10k-images-idx3-ubyte.gz: damaged gzip stream", "incorrect data check"}},
    {0, 2, {"damaged gzip stream", "incorrect length check"}},
};

START_TEST(refuses_damaged_gzip)
{
    compress_file(at("idx", "t10k-images-idx3-ubyte"));
    const char *file = at("idx", "t10k-images-idx3-ubyte.gz");
    int64_t size = 0;
    ck_assert_int_eq(qb_fs_size(file, &size), 0);
    const uint8_t wrong = 0x5a;
    if (gzips[_i].damage)
        put(file, size - gzips[_i].damage, &wrong, 1);
    if (gzips[_i].cut)
        ck_assert_int_eq(truncate(file, gzips[_i].cut > 0 ? size - gzips[_i].cut : -gzips[_i].cut), 0);
    check_refused("mnist", at("idx", ""), QB_E_DATA, gzips[_i].needles, 3);
}
END_TEST

/* Where images and labels agree on a count, it is believed as far as there are bytes. */
START_TEST(takes_no_memory_on_a_promise)
{
    const uint8_t high = 255; /* 4278200080 images */
    put(at("idx", "t10k-images-idx3-ubyte"), 4, &high, 1);
    put(at("idx", "t10k-labels-idx1-ubyte"), 4, &high, 1);
    if (_i == 1)
        compress_file(at("idx", "t10k-images-idx3-ubyte"));
#ifndef __SANITIZE_ADDRESS__ /* which takes all of the space of addresses for itself */
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &(struct rlimit){4LL << 30, 4LL << 30}), 0);
#endif
    check_refused("mnist", at("idx", ""), QB_E_DATA, (const char *[]){"truncated: got 7840016 bytes, wanted 3354108862736"}, 1);
}
END_TEST

/* What gzip itself takes: zeros behind the stream (blocks of tapes), several streams, and both. Then what it does not. */
static const struct {
    const char *streams; /* lengths of the parts in order, the last the rest: one stream each */
    int zeros;
    const char *behind; /* after the zeros; NULL: nothing */
    const char *refusal;
} tails[] = {
    {"", 1, NULL, NULL},
    {"", 512, NULL, NULL},
    {"", 1000000, NULL, NULL}, /* more than a block of ours */
    {"x", 0, NULL, NULL},
    {"xxx", 0, NULL, NULL},
    {"x", 700, NULL, NULL},
    {"", 0, "x", "something follows the end of the gzip stream"},
    {"", 512, "x", "something follows the end of the gzip stream"},
    {"x", 1, "\x1f\x8b", "something follows the end of the gzip stream"},
    {"", 0, "\x1f", "truncated"},
    {"", 0, "\x1f\x8bxxxxxxxxxxxxxxxxxxxx", "damaged gzip stream"},
};

START_TEST(takes_what_gzip_takes)
{
    const char *plain = at("idx", "t10k-labels-idx1-ubyte"), *packed = at("idx", "t10k-labels-idx1-ubyte.gz");
    char *bytes;
    size_t n, at_byte = 0, parts = strlen(tails[_i].streams) + 1;
    ck_assert_int_eq(qb_fs_read(plain, 1 << 20, &bytes, &n), 0);
    for (size_t k = 0; k < parts; k++) {
        const size_t step = k + 1 == parts ? n - at_byte : 1000;
        gzFile gz = gzopen(packed, "ab");
        ck_assert_ptr_nonnull(gz);
        ck_assert_int_eq(gzwrite(gz, bytes + at_byte, (unsigned)step), (int)step);
        ck_assert_int_eq(gzclose(gz), Z_OK);
        at_byte += step;
    }
    qb_free(bytes);
    ck_assert_int_eq(unlink(plain), 0);
    int64_t size = 0;
    ck_assert_int_eq(qb_fs_size(packed, &size), 0);
    ck_assert_int_eq(truncate(packed, size + tails[_i].zeros), 0);
    if (tails[_i].behind)
        put(packed, size + tails[_i].zeros, tails[_i].behind, strlen(tails[_i].behind));
    if (tails[_i].refusal)
        check_refused("mnist", at("idx", ""), QB_E_DATA, (const char *[]){packed, tails[_i].refusal}, 2);
    else
        qb_dataset_close(open_good("mnist", at("idx", "")));
}
END_TEST

/* --- other forms of a set --- */

static const struct {
    const char *path; /* below root/d; the last component is made as a file, unless it ends in '/' */
    const char *set, *dir, *needle;
    int code;
} forms[] = {
    {"cifar-10-batches-py/data_batch_1", "cifar10", "d", "the Python version of CIFAR-10", QB_E_NOINPUT},
    {"cifar-10-batches-py/data_batch_1", "cifar10", "d/cifar-10-batches-py", "the Python version of CIFAR-10", QB_E_NOINPUT},
    {"cifar-10-batches-py/data_batch_1", "cifar10", "d/cifar-10-batches-py/", "the Python version of CIFAR-10", QB_E_NOINPUT},
    {"mine/data_batch_1", "cifar10", "d/mine", "the Python version of CIFAR-10", QB_E_NOINPUT},
    {"cifar10/cifar-10-batches-py/batches.meta", "cifar10", "d", "the Python version of CIFAR-10", QB_E_NOINPUT},
    {"cifar-10-python.tar.gz", "cifar10", "d/cifar-10-python.tar.gz", "the Python version of CIFAR-10", QB_E_DATA},
    {"cifar-10-python.tar.gz", "cifar10", "d", "the Python version of CIFAR-10", QB_E_NOINPUT},
    {"cifar-100-python/train", "cifar100", "d", "the Python version of CIFAR-100", QB_E_NOINPUT},
    {"cifar-100-python/train", "cifar100", "d/cifar-100-python", "the Python version of CIFAR-100", QB_E_NOINPUT},
    {"cifar-100-python/train", "cifar10", "d", "the Python version of CIFAR-100", QB_E_NOINPUT},
    {"cifar-100-python.tar.gz", "cifar100", "d", "the Python version of CIFAR-100", QB_E_NOINPUT},
    {"cifar-10-batches-mat/data_batch_1.mat", "cifar10", "d/cifar-10-batches-mat", "the Matlab version of CIFAR-10", QB_E_NOINPUT},
    {"mnist.npz", "mnist", "d", "MNIST as a NumPy file", QB_E_NOINPUT},
    {"mnist.npz", "mnist", "d/mnist.npz", "MNIST as a NumPy file", QB_E_DATA},
    {"fashion-mnist_train.csv", "fashion-mnist", "d", "Fashion-MNIST as text (CSV)", QB_E_NOINPUT},
};

START_TEST(names_other_forms)
{
    const char *file = at("d", forms[_i].path);
    char *dir = qb_path_dir(file);
    ck_assert_int_eq(qb_fs_make_dirs(dir, 0755), 0);
    qb_free(dir);
    put(file, 0, "x", 1);
    check_refused(forms[_i].set, at(forms[_i].dir, ""), forms[_i].code, (const char *[]){forms[_i].needle, "--data-dir"}, 2);
    setenv("QATBENCH_DATA", at(forms[_i].dir, ""), 1); /* found by searching it is named as well */
    if (forms[_i].code == QB_E_NOINPUT && strcmp(forms[_i].set, "fashion-mnist") != 0) /* Debian's package may have that one */
        check_refused(forms[_i].set, NULL, QB_E_NOINPUT, (const char *[]){forms[_i].needle, "looked in"}, 2);
}
END_TEST

START_TEST(knows_pickles_under_a_binary_name)
{
    put(at("cifar10", "data_batch_3.bin"), 0, "\x80\x02}q", 4);
    check_refused("cifar10", at("cifar10", ""), QB_E_DATA,
                  (const char *[]){"data_batch_3.bin: holds the Python version (a pickle), wanted the binary version", "binary.tar.gz"}, 2);
}
END_TEST

/* --- archives: plain tar written by hand (sparse), or gzip of it --- */

typedef struct tar_member {
    const char *name, *from; /* from: file under root; NULL: no content */
    char type;               /* '0' file, '1' hard link, '2' link, '5' folder */
} tar_member;

static void octal(char *field, int width, int64_t v)
{
    for (int i = width - 2; i >= 0; i--, v /= 8)
        field[i] = (char)('0' + v % 8);
    field[width - 1] = '\0';
}

static void make_tar(const char *path, const tar_member *members, int n, bool packed)
{
    gzFile gz = gzopen(path, packed ? "wb1" : "wbT");
    ck_assert_ptr_nonnull(gz);
    static const char zeros[1024];
    for (int i = 0; i < n; i++) {
        char head[512] = {0};
        char *bytes = NULL;
        size_t size = 0;
        if (members[i].from)
            ck_assert_int_eq(qb_fs_read(at(members[i].from, ""), 1 << 28, &bytes, &size), 0);
        snprintf(head, 100, "%s", members[i].name);
        octal(head + 100, 8, 0644);
        octal(head + 108, 8, 0);
        octal(head + 116, 8, 0);
        octal(head + 124, 12, (int64_t)size);
        octal(head + 136, 12, 0);
        head[156] = members[i].type;
        if (members[i].type == '1' || members[i].type == '2')
            strcpy(head + 157, "/etc/passwd");
        memcpy(head + 257, "ustar\00000", 8);
        memset(head + 148, ' ', 8);
        unsigned sum = 0;
        for (int k = 0; k < 512; k++)
            sum += (unsigned char)head[k];
        octal(head + 148, 7, sum);
        ck_assert_int_eq(gzwrite(gz, head, 512), 512);
        if (size) {
            ck_assert_int_eq(gzwrite(gz, bytes, (unsigned)size), (int)size);
            if (size % 512)
                ck_assert_int_gt(gzwrite(gz, zeros, (unsigned)(512 - size % 512)), 0);
        }
        qb_free(bytes);
    }
    ck_assert_int_eq(gzwrite(gz, zeros, 1024), 1024);
    ck_assert_int_eq(gzclose(gz), Z_OK);
}

static const tar_member good_members[] = {
    {"cifar-10-batches-bin/", NULL, '5'},
    {"cifar-10-batches-bin/batches.meta.txt", "readme", '0'},
    {"cifar-10-batches-bin/data_batch_4.bin", "cifar10/data_batch_4.bin", '0'},
    {"cifar-10-batches-bin/data_batch_1.bin", "cifar10/data_batch_1.bin", '0'},
    {"cifar-10-batches-bin/data_batch_5.bin", "cifar10/data_batch_5.bin", '0'},
    {"cifar-10-batches-bin/readme.html", "readme", '0'},
    {"cifar-10-batches-bin/test_batch.bin", "cifar10/test_batch.bin", '0'},
    {"cifar-10-batches-bin/data_batch_2.bin", "cifar10/data_batch_2.bin", '0'},
    {"cifar-10-batches-bin/data_batch_3.bin", "cifar10/data_batch_3.bin", '0'},
};
enum { N_GOOD = sizeof good_members / sizeof good_members[0] };

START_TEST(archive_and_folder_are_the_same_data) /* in the file's order or not; by folder, parent or the file itself */
{
    put(at("readme", ""), 0, "hello", 5);
    qb_dataset *d = open_good("cifar10", at("cifar10", "")), *a;
    ck_assert_int_eq(mkdir(at("archive", ""), 0755) | mkdir(at("archive/cifar10", ""), 0755), 0);
    make_tar(at("archive/cifar10", "cifar-10-binary.tar.gz"), good_members, N_GOOD, true);
    const char *places[] = {at("archive/cifar10", ""), at("archive", ""), at("archive/cifar10", "cifar-10-binary.tar.gz")};
    for (int i = 0; i < 3; i++) {
        a = open_good("cifar10", places[i]);
        ck_assert_str_eq(qb_dataset_fingerprint(a), qb_dataset_fingerprint(d));
        for (int64_t k = 0; k < 50000; k++)
            ck_assert_int_eq(memcmp(pixels_of(a, QB_SPLIT_TRAIN, k), pixels_of(d, QB_SPLIT_TRAIN, k), 3072), 0);
        ck_assert_int_eq(pixels_of(a, QB_SPLIT_TRAIN, 40000)[0], 5);
        ck_assert_str_eq(qb_dataset_dir(a), places[2]);
        qb_dataset_close(a);
    }
    qb_dataset_close(d);
}
END_TEST

static const struct {
    tar_member members[3];
    const char *needles[3];
} bad_tars[] = {
    {{{"../../data_batch_1.bin", "cifar10/data_batch_1.bin", '0'}}, {"member '../../data_batch_1.bin' points outside", "download"}},
    {{{"/tmp/data_batch_1.bin", "cifar10/data_batch_1.bin", '0'}}, {"member '/tmp/data_batch_1.bin' points outside"}},
    {{{"a/../../x", "readme", '0'}}, {"member 'a/../../x' points outside"}},
    {{{"a/..", NULL, '2'}}, {"member 'a/..' points outside"}},
    {{{"x/data_batch_1.bin", "cifar10/data_batch_1.bin", '0'}, {"y/data_batch_1.bin", "cifar10/data_batch_1.bin", '0'}},
     {"(y/data_batch_1.bin)", "two members of that name"}},
    {{{"x/data_batch_1.bin", "readme", '0'}}, {"(x/data_batch_1.bin): truncated: got 5 bytes, wanted 30730000"}},
    {{{"x/data_batch_1.bin", NULL, '2'}}, {"data_batch_1.bin is missing"}},
    {{{"x/data_batch_1.bin", NULL, '1'}}, {"data_batch_1.bin is missing"}},
    {{{"x/data_batch_1.bin", NULL, '5'}}, {"data_batch_1.bin is missing"}},
    {{{"x/data_batch_1.bin", "cifar100/test.bin", '0'}}, {"(x/data_batch_1.bin): too long: got 30740000 bytes, wanted 30730000"}},
    {{{"x/..data_batch_1.bin", "readme", '0'}, {"unrelated", "readme", '0'}}, {"data_batch_1.bin is missing"}},
};

START_TEST(refuses_bad_archives)
{
    put(at("readme", ""), 0, "hello", 5);
    ck_assert_int_eq(mkdir(at("archive", ""), 0755), 0);
    int n = 0;
    while (n < 3 && bad_tars[_i].members[n].name)
        n++;
    const char *file = at("archive", "cifar-10-binary.tar");
    make_tar(file, bad_tars[_i].members, n, false);
    check_refused("cifar10", at("archive", ""), QB_E_DATA, bad_tars[_i].needles, 3);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), file));
}
END_TEST

static const struct {
    int64_t size;
    bool packed;
    const char *needles[3];
} cut_tars[] = {
    {0, false, {"cifar-10-binary.tar: empty: got 0 bytes"}},
    {100, false, {"not a tar archive, or a damaged one"}},
    {512, false, {"archive"}},
    {5000, false, {"damaged or truncated archive"}},
    {512 + 30730000, false, {"archive"}},                          /* inside the padding */
    {512 + 30730240, false, {"data_batch_2.bin is missing"}},      /* before a header */
    {512 + 30730240 + 300, false, {"archive"}},                    /* in a header */
    {512 + 30730240 + 512 + 77, false, {"damaged or truncated archive"}},
    {5000, true, {"truncated: the gzip stream ends early"}},
    {40, true, {"truncated: the gzip stream ends early"}},
};

START_TEST(refuses_truncated_archives)
{
    static const tar_member members[] = {{"data_batch_1.bin", "cifar10/data_batch_1.bin", '0'},
                                         {"data_batch_2.bin", "cifar10/data_batch_2.bin", '0'}};
    const char *file = at("cifar-10-binary.tar", "");
    make_tar(file, members, 2, cut_tars[_i].packed);
    ck_assert_int_eq(truncate(file, cut_tars[_i].size), 0);
    check_refused("cifar10", file, QB_E_DATA, cut_tars[_i].needles, 3);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), file));
}
END_TEST

START_TEST(names_other_forms_in_archives) /* whatever the archive is called */
{
    static const tar_member members[] = {{"cifar-10-batches-py/", NULL, '5'}, {"cifar-10-batches-py/data_batch_1", "readme", '0'}};
    put(at("readme", ""), 0, "hello", 5);
    const char *file = at("my.tar.gz", "");
    make_tar(file, members, 2, true);
    check_refused("cifar10", file, QB_E_DATA, (const char *[]){file, "the Python version of CIFAR-10", "cifar-10-binary.tar.gz"}, 3);
    ck_assert_int_eq(rename(file, at("cifar-10-binary.tar.gz", "")), 0);
    check_refused("cifar10", root, QB_E_DATA, (const char *[]){"the Python version of CIFAR-10"}, 1);
}
END_TEST

START_TEST(refuses_what_is_no_archive)
{
    put(at("readme", ""), 0, "hello, this is not a tar archive\n", 33);
    check_refused("cifar10", at("readme", ""), QB_E_DATA, (const char *[]){"readme", "not a tar archive"}, 2);
    check_refused("mnist", at("readme", ""), QB_E_DATA, (const char *[]){"is a file, wanted the folder of the MNIST files"}, 1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("bad_data");
    TCase *tc = tcase_create("bad_data");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, refuses_damaged_files, 0, sizeof damages / sizeof damages[0]);
    tcase_add_test(tc, refuses_an_unreadable_file);
    tcase_add_test(tc, gzip_and_plain_are_the_same_data);
    tcase_add_loop_test(tc, refuses_damaged_gzip, 0, sizeof gzips / sizeof gzips[0]);
    tcase_add_loop_test(tc, takes_no_memory_on_a_promise, 0, 2);
    tcase_add_loop_test(tc, takes_what_gzip_takes, 0, sizeof tails / sizeof tails[0]);
    tcase_add_loop_test(tc, names_other_forms, 0, sizeof forms / sizeof forms[0]);
    tcase_add_test(tc, knows_pickles_under_a_binary_name);
    tcase_add_test(tc, names_other_forms_in_archives);
    tcase_add_test(tc, archive_and_folder_are_the_same_data);
    tcase_add_loop_test(tc, refuses_bad_archives, 0, sizeof bad_tars / sizeof bad_tars[0]);
    tcase_add_loop_test(tc, refuses_truncated_archives, 0, sizeof cut_tars / sizeof cut_tars[0]);
    tcase_add_test(tc, refuses_what_is_no_archive);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
