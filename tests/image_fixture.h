/* Folders of image files, tar archives and packs, made in a temporary folder. An index does not look whether
 * the files are images. */
#ifndef QB_IMAGE_FIXTURE_H
#define QB_IMAGE_FIXTURE_H

#include "qb_test.h"

#include <png.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "datasets/index.h"
#include "datasets/store.h"
#include "image/jpeg_write.h"
#include "tar_files.h"

static char root[] = "/tmp/qatbench-test-XXXXXX";
static char path_buffer[16][2048];

/* Below the temporary folder; one of sixteen buffers in turn. */
static const char *at(const char *name)
{
    static int turn;
    char *p = path_buffer[turn++ % 16];
    snprintf(p, sizeof path_buffer[0], "%s/%s", root, name);
    return p;
}

static inline void set_up(void)
{
    strcpy(root + strlen(root) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    unsetenv("HOME");
    unsetenv("QATBENCH_DATA");
    unsetenv("XDG_DATA_HOME");
    setenv("XDG_CACHE_HOME", at("cache"), 1);
}

static inline void tear_down(void)
{
    qb_fs_remove_tree(root);
}

static inline void make_dirs(const char *name)
{
    ck_assert_msg(qb_fs_make_dirs(at(name), 0755) == 0, "%s", qb_err_text());
}

static inline void write_file(const char *path, const void *bytes, size_t n)
{
    char *dir = qb_path_dir(path);
    ck_assert_int_eq(qb_fs_make_dirs(dir, 0755), 0);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
    ck_assert_int_eq(fclose(f), 0);
    qb_free(dir);
}

/* `text` in root/NAME, with the folders that it needs. */
static inline void put_text(const char *name, const char *text)
{
    write_file(at(name), text, strlen(text));
}

static inline char *get_file(const char *path, size_t *ret_n)
{
    char *text = NULL;
    ck_assert_msg(qb_fs_read(path, 1u << 30, &text, ret_n) == 0, "%s", qb_err_text());
    return text;
}

/* An image of its own for each k, between 9 and 60 pixels a side. */
static inline void put_image(const char *path, int k, bool is_png)
{
    const int height = 9 + k * 7 % 52, width = 9 + k * 13 % 52;
    static uint8_t pixels[61 * 61 * 3], file[1 << 16];
    for (int i = 0; i < height * width * 3; i++)
        pixels[i] = (uint8_t)(k * 31 + i / 3 % width * 5 + i / (3 * width) * (1 + i % 3));
    if (is_png) {
        png_image image = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)width, .height = (png_uint_32)height, .format = PNG_FORMAT_RGB};
        png_alloc_size_t n = sizeof file;
        ck_assert(png_image_write_to_memory(&image, file, &n, 0, pixels, 0, NULL));
        write_file(path, file, n);
        return;
    }
    void *jpeg = NULL;
    size_t n = 0;
    ck_assert_int_eq(qb_jpeg_write(pixels, height, width, 90, &jpeg, &n), 0);
    write_file(path, jpeg, n);
    qb_free(jpeg);
}

/* ---- checks ---- */

static inline void check_error(int rc, int code, const char *const *needles, int n)
{
    ck_assert_msg(rc == code, "got %d (%s), wanted %d", rc, qb_err_text(), code);
    for (int i = 0; i < n && needles[i]; i++)
        ck_assert_msg(strstr(qb_err_text(), needles[i]) || strstr(qb_err_hint_text(), needles[i]), "'%s' is not in '%s' / '%s'",
                      needles[i], qb_err_text(), qb_err_hint_text());
    ck_assert_str_ne(qb_err_hint_text(), "");
}

/* The bytes of every image, read through the store, are those of a file of root/NAME: SPLIT/CLASS/IMAGE. */
static inline void check_bytes(const qb_index *x, const qb_store *s, const char *tree)
{
    for (size_t i = 0; i < x->n; i++) {
        const qb_entry *e = &x->entries[i];
        qb_file_bytes bytes = {0};
        char name[1024];
        size_t n = 0;
        snprintf(name, sizeof name, "%s/%s/%s/%s", tree, qb_split_folder(e->split), x->classes[e->label], qb_index_name(x, e));
        char *wanted = get_file(at(name), &n);
        ck_assert_msg(qb_store_read(s, x, e, &bytes) == 0, "%s: %s", name, qb_err_text());
        ck_assert_uint_eq(bytes.n, n);
        ck_assert(memcmp(bytes.bytes, wanted, n) == 0);
        qb_free(bytes.owned);
        qb_free(wanted);
    }
}

#endif
