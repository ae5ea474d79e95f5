/* Packs and indexes that libFuzzer invents, with right checksums, so that more than these is tried: images within the file, or an
 * error with a reason.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "datasets/bytes.h"
#include "datasets/index_form.h"
#include "datasets/pack.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* A sound index of four images to start from. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    qb_index x = {0};
    qb_str text = {0};
    char *path = qb_sprintf("%s/index", (*argv)[*argc - 1]);
    for (int i = 0; i < 4; i++) {
        int label;
        if (qb_index_add_class(&x, i % 2 ? "b" : "a", &label) < 0 ||
            qb_index_add(&x, i / 2, label, "1.jpg", 5, 3, QB_PACK_HEAD) < 0)
            abort();
    }
    if (qb_index_settle(&x, "start") < 0)
        abort();
    qb_index_write(&x, &text);
    if (qb_fs_write_atomic(path, text.text, text.length) < 0)
        abort();
    qb_str_finish(&text);
    qb_index_finish(&x);
    qb_free(path);
    return 0;
}

static void check(int rc)
{
    if (rc != 0 && (rc != QB_E_DATA || qb_err_text()[0] == '\0'))
        abort();
}

/* The index as the end of a pack with the same bytes once more as its images. */
static void try_pack(const uint8_t *index, size_t n)
{
    char path[64];
    uint8_t head[QB_PACK_HEAD];
    qb_index x = {0};
    qb_store s = {0};
    const int fd = memfd_create("pack", MFD_CLOEXEC);
    const qb_pack_head h = {.index_at = QB_PACK_HEAD + (int64_t)n, .index_size = (int64_t)n,
                            .file_size = QB_PACK_HEAD + 2 * (int64_t)n};
    qb_pack_head_write(&h, head);
    if (fd < 0 || write(fd, head, sizeof head) != (ssize_t)sizeof head || write(fd, index, n) != (ssize_t)n ||
        write(fd, index, n) != (ssize_t)n)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const int rc = qb_pack_open(path, &x, &s);
    check(rc);
    for (size_t i = 0; rc == 0 && i < x.n; i++) {
        qb_file_bytes bytes = {0};
        check(qb_store_read(&s, &x, &x.entries[i], &bytes));
    }
    qb_index_finish(&x);
    qb_store_finish(&s);
    (void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    qb_index x = {0};
    char hex[QB_SHA256_HEX];
    if (n < 8)
        return 0;
    uint8_t *copy = qb_alloc(n, 1);
    memcpy(copy, bytes, n);
    qb_put_number(copy + n - 4, 4, crc32_z(0, copy, n - 4));
    const int rc = qb_index_parse("fuzz", copy, n, &x);
    check(rc);
    if (rc == 0 && !qb_index_is_whole(&x) && qb_index_fingerprint(&x, hex) < 0)
        abort();
    qb_index_finish(&x);
    try_pack(copy, n);
    qb_free(copy);
    return 0;
}
