/* Data sets whose files are what libFuzzer invents: a folder with a link for each file, to memory.
 *
 * Invariant of try_set: a set that opens is loaded, and every byte and class of it is there; another one is an error with a reason
 * and a hint, the same one when it is verified; and nothing stays allocated.
 */
#ifndef QB_SET_FILES_H
#define QB_SET_FILES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "datasets/datasets.h"

/* DIR/NAME, whose bytes are those of the descriptor. */
static inline int memory_file(const char *dir, const char *name)
{
    char target[64], *path = qb_path_join(dir, name);
    const int fd = memfd_create(name, MFD_CLOEXEC);
    snprintf(target, sizeof target, "/proc/self/fd/%d", fd);
    if (fd < 0 || qb_fs_make_dirs(dir, 0755) < 0 || (unlink(path) != 0 && qb_fs_exists(path)) || symlink(target, path) != 0)
        abort();
    qb_free(path);
    return fd;
}

static inline void set_bytes(int fd, const void *bytes, size_t n)
{
    if (ftruncate(fd, 0) != 0 || pwrite(fd, bytes, n, 0) != (ssize_t)n)
        abort();
}

/* The files of an input: each but the last behind its size, of two bytes. */
static inline void set_files(const int *fds, int n_files, const uint8_t *bytes, size_t n)
{
    for (int i = 0; i < n_files; i++) {
        size_t size = n;
        if (i + 1 < n_files && n >= 2) {
            size = (size_t)bytes[0] | (size_t)bytes[1] << 8;
            bytes += 2;
            n -= 2;
            size = size < n ? size : n;
        }
        set_bytes(fds[i], bytes, size);
        bytes += size;
        n -= size;
    }
}

static inline void add_file(qb_str *input, const void *bytes, size_t n, int is_last)
{
    const uint8_t size[2] = {(uint8_t)n, (uint8_t)(n >> 8)};
    if (!is_last)
        qb_str_addn(input, (const char *)size, 2);
    qb_str_addn(input, bytes, n);
}

/* As gzip writes it, behind what is in `out`. */
static inline void add_packed(qb_str *out, const void *bytes, size_t n)
{
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)bytes, .avail_in = (unsigned)n};
    static unsigned char room[1 << 16];
    if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    z.next_out = room;
    z.avail_out = sizeof room;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    qb_str_addn(out, (const char *)room, z.total_out);
    deflateEnd(&z);
}

/* An input to start from; empties it. */
static inline void put_seed(const char *dir, const char *name, qb_str *input)
{
    char *path = qb_path_join(dir, name);
    if (input->failed || qb_fs_write_atomic(path, input->text, input->length) < 0)
        abort();
    qb_free(path);
    qb_str_finish(input);
}

static inline void pass_line(void *context, const char *text)
{
    (void)context;
    if (text[0] == '\0')
        abort();
}

static inline void read_set(qb_dataset *d)
{
    static volatile unsigned sum; /* so that the bytes are read */
    if (qb_dataset_load(d) != 0)
        abort();
    for (int split = 0; split < QB_N_SPLITS; split++)
        for (int64_t i = 0; i < qb_dataset_count(d, split); i++) {
            qb_image image;
            qb_room room = {0};
            if (qb_dataset_image(d, split, i, &room, &image) != 0 || room.bytes)
                abort();
            for (int64_t k = 0; k < (int64_t)image.c * image.h * image.w; k++)
                sum += image.pixels[k];
            if (qb_dataset_class(d, split, i) >= qb_dataset_get_info(d)->n_classes)
                abort();
        }
}

static inline void try_set(const char *name, const char *data_dir)
{
    const long blocks = qb_mem_live_blocks();
    qb_dataset *d = NULL;
    const int rc = qb_dataset_open(name, data_dir, &d);
    if (rc != 0 && (rc != QB_E_DATA || qb_err_text()[0] == '\0' || qb_err_hint_text()[0] == '\0'))
        abort();
    if (rc == 0)
        read_set(d);
    qb_dataset_close(d);
    if (qb_dataset_verify(name, data_dir, pass_line, NULL) != rc || qb_mem_live_blocks() != blocks)
        abort();
}

#endif
