/* Whole data sets as sparse files of zeros (label 0, black images) in a temporary folder: quick to make and to read. */
#ifndef QB_DATA_FIXTURE_H
#define QB_DATA_FIXTURE_H

#include "qb_test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "datasets/datasets.h"

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
    /* File times step with the system's tick, and a file that is as young as that is not remembered. */
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    unsetenv("HOME");
    unsetenv("QATBENCH_DATA");
    unsetenv("XDG_DATA_HOME");
    setenv("XDG_CACHE_HOME", at("cache", ""), 1);
}

static void tear_down(void)
{
    qb_fs_remove_tree(root);
}

static inline qb_dataset *open_good(const char *name, const char *dir)
{
    qb_dataset *d = NULL;
    ck_assert_msg(qb_dataset_open(name, dir, &d) == 0, "%s", qb_err_text());
    ck_assert_msg(qb_dataset_load(d) == 0, "%s", qb_err_text());
    return d;
}

/* The stored bytes of an image that lies as planes, one after the other. */
static inline const uint8_t *pixels_of(const qb_dataset *d, int split, int64_t i)
{
    qb_image image;
    qb_room room = {0};
    ck_assert_int_eq(qb_dataset_image(d, split, i, &room, &image), 0);
    ck_assert(image.column == 1 && image.row == image.w && image.plane == (int64_t)image.h * image.w);
    ck_assert_ptr_null(room.bytes); /* nothing was copied */
    return image.pixels;
}

/* Fails, leaves its result alone, leaks nothing, and says all of `needles`. */
static inline void check_refused(const char *name, const char *dir, int code, const char *const *needles, int n)
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

#endif
