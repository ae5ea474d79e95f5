/* Data sets: what is found where, what is refused with which words, and that the bytes are right.
 *
 * Whole sets are made as sparse files of zeros (label 0, black images) in a temporary folder: quick to make, quick to
 * read. Real images come from QATBENCH_TEST_DATA and the package dataset-fashion-mnist, where there are any.
 */
#include "qb_test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "datasets/checksum.h"
#include "datasets/datasets.h"

#define FASHION_DIR "/usr/share/datasets/fashion-mnist"

enum { IMAGES_BYTES = 7840016, LABELS_BYTES = 10008, BATCH_BYTES = 30730000 };

static char root[] = "/tmp/qatbench-test-XXXXXX";
static char path_buffer[8][512];

/* root/A/B; one of eight buffers in turn. */
static const char *at(const char *a, const char *b)
{
    static int turn;
    char *p = path_buffer[turn++ % 8];
    snprintf(p, sizeof path_buffer[0], "%s/%s%s%s", root, a, b[0] ? "/" : "", b);
    return p;
}

static void put(const char *path, int64_t offset, const void *bytes, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0644);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pwrite(fd, bytes, n, offset), (ssize_t)n);
    ck_assert_int_eq(close(fd), 0);
}

static void make_idx(const char *path, uint32_t n, int n_dims)
{
    const uint8_t head[16] = {0, 0, 8, (uint8_t)n_dims, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n,
                              0, 0, 0, 28, 0, 0, 0, 28};
    put(path, 0, head, n_dims == 3 ? 16 : 8);
    ck_assert_int_eq(truncate(path, n_dims == 3 ? 16 + (off_t)n * 784 : 8 + (off_t)n), 0);
}

static void make_cifar_batch(const char *path, int64_t n, int record, uint8_t first_pixel)
{
    put(path, record - 3072, &first_pixel, 1);
    ck_assert_int_eq(truncate(path, n * record), 0);
}

/* root/idx, root/cifar10, root/cifar100: good sets. The cache goes to root/cache, HOME is gone. */
static void set_up(void)
{
    strcpy(root + strlen(root) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    ck_assert_int_eq(mkdir(at("idx", ""), 0755) | mkdir(at("cifar10", ""), 0755) | mkdir(at("cifar100", ""), 0755), 0);
    make_idx(at("idx", "train-images-idx3-ubyte"), 60000, 3);
    make_idx(at("idx", "train-labels-idx1-ubyte"), 60000, 1);
    make_idx(at("idx", "t10k-images-idx3-ubyte"), 10000, 3);
    make_idx(at("idx", "t10k-labels-idx1-ubyte"), 10000, 1);
    for (int i = 1; i <= 5; i++) {
        char name[32];
        snprintf(name, sizeof name, "data_batch_%d.bin", i);
        make_cifar_batch(at("cifar10", name), 10000, 3073, (uint8_t)i);
    }
    make_cifar_batch(at("cifar10", "test_batch.bin"), 10000, 3073, 9);
    make_cifar_batch(at("cifar100", "train.bin"), 50000, 3074, 1);
    make_cifar_batch(at("cifar100", "test.bin"), 10000, 3074, 2);
    unsetenv("HOME");
    unsetenv("QATBENCH_DATA");
    unsetenv("XDG_DATA_HOME");
    setenv("XDG_CACHE_HOME", at("cache", ""), 1);
}

static void tear_down(void)
{
    qb_fs_remove_tree(root);
}

static qb_dataset *open_good(const char *name, const char *dir)
{
    qb_dataset *d = NULL;
    ck_assert_msg(qb_dataset_open(name, dir, &d) == 0, "%s", qb_err_text());
    return d;
}

/* Fails, leaves its result alone, leaks nothing, and says all of `needles`. */
static void check_refused(const char *name, const char *dir, int code, const char *const *needles, int n)
{
    const long blocks = qb_mem_live_blocks();
    qb_dataset *d = NULL;
    int rc = qb_dataset_open(name, dir, &d);
    ck_assert_msg(rc == code, "got %d (%s), wanted %d", rc, qb_err_text(), code);
    ck_assert_ptr_null(d);
    for (int i = 0; i < n && needles[i]; i++)
        ck_assert_msg(strstr(qb_err_text(), needles[i]) || strstr(qb_err_hint_text(), needles[i]), "'%s' is not in '%s' / '%s'",
                      needles[i], qb_err_text(), qb_err_hint_text());
    ck_assert_str_ne(qb_err_hint_text(), "");
    ck_assert_int_eq(qb_mem_live_blocks(), blocks);
}

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
    {"cifar10", "cifar10", "data_batch_1.bin", RESIZE, 4LL << 30, 0, 0, {"too long: got at least", "wanted 30730000"}},
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
    if (geteuid() == 0)
        return; /* root reads everything */
    ck_assert_int_eq(chmod(at("idx", "t10k-images-idx3-ubyte"), 0), 0);
    check_refused("mnist", at("idx", ""), QB_E_IO, (const char *[]){"t10k-images-idx3-ubyte", "Permission denied", "readable"}, 3);
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
    ck_assert_int_eq(qb_dataset_test(d).labels8[9999], 7);
    ck_assert_int_eq(qb_dataset_train(d).pixels[784 * 60000LL - 1], 200);
    qb_dataset_close(d);
}
END_TEST

static const struct {
    int cut;    /* bytes off the end; 0: none; < 0: keep -cut bytes */
    int damage; /* bytes before the end where one is changed; 0: none */
    const char *needles[3];
} gzips[] = {
    {1, 0, {"t10k-images-idx3-ubyte.gz: truncated", "gzip stream ends early"}},
    {8, 0, {"truncated"}},
    {200, 0, {"truncated"}},
    {-20000, 0, {"truncated"}},
    {-30, 0, {"truncated"}},
    {-5, 0, {"truncated"}},
    {0, 5, {"t10k-images-idx3-ubyte.gz: damaged gzip stream", "incorrect data check"}},
    {0, 2, {"damaged gzip stream", "incorrect length check"}},
    {-1000000, 0, {"something follows the end of the gzip stream"}}, /* grown by zeros */
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
        ck_assert_int_eq(memcmp(qb_dataset_train(a).pixels, qb_dataset_train(d).pixels, 50000 * 3072), 0);
        ck_assert_int_eq(qb_dataset_train(a).pixels[40000 * 3072], 5);
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

START_TEST(refuses_what_is_no_archive)
{
    put(at("readme", ""), 0, "hello, this is not a tar archive\n", 33);
    check_refused("cifar10", at("readme", ""), QB_E_DATA, (const char *[]){"readme", "not a tar archive"}, 2);
    check_refused("mnist", at("readme", ""), QB_E_DATA, (const char *[]){"is a file, wanted the folder of the MNIST files"}, 1);
}
END_TEST

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
    ck_assert(qb_checksum_recall(images, "test-images", hex));
    ck_assert(!qb_checksum_recall(images, "test-labels", hex));
    d = open_good("mnist", at("idx", ""));
    ck_assert_str_eq(qb_dataset_fingerprint(d), before);
    qb_dataset_close(d);
    put(images, 5000, &pixel, 1); /* same size */
    ck_assert(!qb_checksum_recall(images, "test-images", hex));
    d = open_good("mnist", at("idx", ""));
    ck_assert_str_ne(qb_dataset_fingerprint(d), before);
    qb_dataset_close(d);
}
END_TEST

START_TEST(a_damaged_cache_is_ignored)
{
    char hex[QB_SHA256_HEX], name[512], **names = NULL;
    size_t n = 0;
    const char *file = at("idx", "t10k-labels-idx1-ubyte"), *dir = at("cache/qatbench/checksums", "");
    const char *sum = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    qb_checksum_remember(file, "x", sum);
    ck_assert(qb_checksum_recall(file, "x", hex));
    ck_assert_str_eq(hex, sum);
    ck_assert_int_eq(qb_fs_list(dir, &names, &n), 0);
    ck_assert_int_eq(n, 1);
    snprintf(name, sizeof name, "%s", at("cache/qatbench/checksums", names[0]));
    qb_fs_free_names(names, n);
    int64_t size = 0;
    ck_assert_int_eq(qb_fs_size(name, &size), 0);
    put(name, size - 5, "G", 1);
    ck_assert(!qb_checksum_recall(file, "x", hex));
    ck_assert_int_eq(truncate(name, size - 6), 0);
    ck_assert(!qb_checksum_recall(file, "x", hex));
    ck_assert_int_eq(truncate(name, 0), 0);
    ck_assert(!qb_checksum_recall(file, "x", hex));
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

static void collect(void *context, const char *text)
{
    qb_str_addf(context, "%s\n", text);
}

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
    ck_assert_int_eq(n, 5);
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

START_TEST(synthetic_is_the_same_everywhere)
{
    qb_dataset *d = open_good("synthetic", "/nowhere"); /* needs no folder */
    ck_assert_str_eq(qb_dataset_fingerprint(d), "328abcde67bf713c64f884f217b13deaea14ae503220c7fead5e9067a8fa3ed5");
    ck_assert_str_eq(qb_dataset_label(d), "synthetic");
    ck_assert_ptr_null(qb_dataset_warning(d));
    qb_split train = qb_dataset_train(d), test = qb_dataset_test(d);
    ck_assert_int_eq(train.n, 5000);
    ck_assert_int_eq(test.n, 1000);
    int counts[10] = {0};
    double sum[3] = {0}, squares[3] = {0};
    for (int64_t i = 0; i < train.n; i++) {
        ck_assert_int_lt(train.labels8[i], 10);
        counts[train.labels8[i]]++;
        for (int p = 0; p < 3072; p++) {
            double v = train.pixels[i * 3072 + p] / 255.0;
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
    ck_assert_int_ne(memcmp(train.pixels, test.pixels, 3072), 0);
    qb_dataset_close(d);
}
END_TEST

/* --- real images, where there are any --- */

START_TEST(fashion_mnist_of_the_package)
{
    if (!qb_fs_is_dir(FASHION_DIR))
        return;
    qb_dataset *d = open_good("fashion-mnist", NULL);
    ck_assert_str_eq(qb_dataset_dir(d), FASHION_DIR);
    ck_assert_str_eq(qb_dataset_label(d), "Fashion-MNIST");
    ck_assert_ptr_null(qb_dataset_warning(d));
    qb_split train = qb_dataset_train(d), test = qb_dataset_test(d);
    static const uint8_t first[] = {9, 0, 0, 3, 0}, first_test[] = {9, 2, 1, 1, 6};
    ck_assert_int_eq(memcmp(train.labels8, first, 5), 0);
    ck_assert_int_eq(memcmp(test.labels8, first_test, 5), 0);
    int64_t counts[2][10] = {{0}};
    for (int64_t i = 0; i < train.n; i++)
        counts[0][train.labels8[i]]++;
    for (int64_t i = 0; i < test.n; i++)
        counts[1][test.labels8[i]]++;
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
static void check_record(const char *file, int64_t i, const qb_split *split, int64_t at_index)
{
    uint8_t record[3073];
    int fd = open(file, O_RDONLY);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pread(fd, record, sizeof record, i * 3073), 3073);
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(record[0], split->labels8[at_index]);
    ck_assert_int_eq(memcmp(record + 1, split->pixels + at_index * 3072, 3072), 0);
}

START_TEST(cifar10_first_and_last_of_each_file)
{
    const char *data = getenv("QATBENCH_TEST_DATA");
    if (!data)
        return;
    char file[1024], folder[900];
    qb_dataset *d = open_good("cifar10", data);
    snprintf(folder, sizeof folder, "%s", qb_dataset_dir(d));
    qb_split train = qb_dataset_train(d), test = qb_dataset_test(d);
    for (int64_t k = 0; k < 5; k++) {
        snprintf(file, sizeof file, "%s/data_batch_%d.bin", folder, (int)k + 1);
        check_record(file, 0, &train, k * 10000);
        check_record(file, 9999, &train, k * 10000 + 9999);
    }
    snprintf(file, sizeof file, "%s/test_batch.bin", folder);
    check_record(file, 0, &test, 0);
    check_record(file, 9999, &test, 9999);
    int counts[10] = {0};
    for (int64_t i = 0; i < train.n; i++)
        counts[train.labels8[i]]++;
    for (int k = 0; k < 10; k++)
        ck_assert_int_eq(counts[k], 5000);
    ck_assert_str_eq(qb_dataset_label(d), "CIFAR-10 (JPEG)");
    ck_assert_ptr_nonnull(strstr(qb_dataset_warning(d), "is CIFAR-10 (JPEG): its checksums differ from the published CIFAR-10"));
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
    tcase_add_loop_test(tc, refuses_damaged_files, 0, sizeof damages / sizeof damages[0]);
    tcase_add_test(tc, refuses_an_unreadable_file);
    tcase_add_test(tc, gzip_and_plain_are_the_same_data);
    tcase_add_loop_test(tc, refuses_damaged_gzip, 0, sizeof gzips / sizeof gzips[0]);
    tcase_add_test(tc, archive_and_folder_are_the_same_data);
    tcase_add_loop_test(tc, refuses_bad_archives, 0, sizeof bad_tars / sizeof bad_tars[0]);
    tcase_add_loop_test(tc, refuses_truncated_archives, 0, sizeof cut_tars / sizeof cut_tars[0]);
    tcase_add_test(tc, refuses_what_is_no_archive);
    tcase_add_test(tc, finds_folder_parent_and_usual_names);
    tcase_add_test(tc, looks_in_the_environment_and_xdg);
    tcase_add_test(tc, says_where_it_looked);
    tcase_add_test(tc, knows_odd_paths);
    tcase_add_test(tc, names_the_nearest);
    tcase_add_test(tc, unknown_checksums_are_a_warning);
    tcase_add_test(tc, checksums_are_cached_until_a_file_changes);
    tcase_add_test(tc, a_damaged_cache_is_ignored);
    tcase_add_test(tc, works_without_a_cache);
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
