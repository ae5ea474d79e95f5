/* See store.h. */
#include "datasets/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "datasets/tree.h"

enum { LARGEST_FILE = 1 << 30 }; /* of an image; what Pillow takes for one at most is less */

int qb_map_open(const char *path, qb_map *ret_map)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* not to wait for a pipe's other end */
    if (fd < 0)
        return qb_err_set_errno("cannot open '%s'", path);
    int rc = 0;
    if (fstat(fd, &st) != 0)
        rc = qb_err_set_errno("cannot look at '%s'", path);
    else if (!S_ISREG(st.st_mode) || st.st_size == 0)
        rc = qb_err_set(QB_E_DATA, "%s: is %s", path, S_ISDIR(st.st_mode) ? "a folder, wanted a file" :
                        S_ISREG(st.st_mode) ? "empty" : "not a regular file");
    void *bytes = rc == 0 ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (rc == 0 && bytes == MAP_FAILED)
        rc = qb_err_set_errno("cannot map '%s'", path);
    (void)close(fd); /* only read from; the map stays */
    if (rc < 0)
        return rc == QB_E_DATA ? qb_err_hint("the file is damaged: copy or download it again") : rc;
    *ret_map = (qb_map){bytes, (size_t)st.st_size};
    return 0;
}

void qb_map_close(qb_map *m)
{
    if (m->bytes)
        (void)munmap((void *)(uintptr_t)m->bytes, m->n); /* fails for a wrong address only */
    *m = (qb_map){0};
}

int qb_store_check_sums(qb_store *s, const qb_index *x)
{
    s->is_checked = qb_alloc(x->n, sizeof *s->is_checked);
    return s->is_checked ? 0 : QB_E_NOMEM;
}

void qb_store_finish(qb_store *s)
{
    for (int split = 0; split < QB_N_SPLITS; split++)
        qb_map_close(&s->maps[split]);
    qb_free(s->root);
    qb_free(s->is_checked);
    *s = (qb_store){0};
}

/* ---- a file of a tree ---- */

/* Exactly n bytes. */
static int read_all(int fd, uint8_t *bytes, size_t n)
{
    for (size_t got = 0; got < n;) {
        const ssize_t k = read(fd, bytes + got, n - got);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return qb_err_set_errno("cannot be read");
        if (k == 0)
            return qb_err_set(QB_E_DATA, "got shorter while it was read: got %zu bytes, wanted %zu", got, n);
        got += (size_t)k;
    }
    return 0;
}

static int check_file(int fd, const qb_entry *e)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return qb_err_set_errno("cannot be looked at");
    if (!S_ISREG(st.st_mode))
        return qb_err_set(QB_E_DATA, "is not a regular file");
    if (st.st_size != e->size)
        return qb_err_set(QB_E_DATA, "has changed since the set was opened: got %lld bytes, wanted %lld", (long long)st.st_size,
                          (long long)e->size);
    if (e->size > LARGEST_FILE)
        return qb_err_set(QB_E_DATA, "is too large for an image: got %lld bytes, wanted at most %d", (long long)e->size, LARGEST_FILE);
    return 0;
}

static int read_file(const char *path, const qb_entry *e, qb_file_bytes *ret_bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return qb_err_set_errno("cannot be opened");
    int rc = check_file(fd, e);
    uint8_t *bytes = rc == 0 ? qb_alloc((size_t)e->size, 1) : NULL;
    if (rc == 0)
        rc = bytes ? read_all(fd, bytes, (size_t)e->size) : QB_E_NOMEM;
    (void)close(fd); /* only read from */
    if (rc < 0) {
        qb_free(bytes);
        return rc;
    }
    *ret_bytes = (qb_file_bytes){bytes, (size_t)e->size, bytes};
    return 0;
}

/* ---- a place in a mapped file ---- */

static int check_sum(const qb_store *s, const qb_index *x, const qb_entry *e, const uint8_t *bytes)
{
    atomic_uchar *is_checked = &s->is_checked[e - x->entries];
    if (atomic_load_explicit(is_checked, memory_order_relaxed))
        return 0;
    const uint32_t crc = (uint32_t)crc32_z(0, bytes, (size_t)e->size);
    if (crc != e->crc)
        return qb_err_set(QB_E_DATA, "is damaged: its bytes have checksum %08x, wanted %08x", crc, e->crc);
    atomic_store_explicit(is_checked, 1, memory_order_relaxed);
    return 0;
}

int qb_store_read(const qb_store *s, const qb_index *x, const qb_entry *e, qb_file_bytes *ret_bytes)
{
    if (s->root) {
        char *path = qb_tree_path(s->root, x, e, s->is_split);
        int rc = path ? read_file(path, e, ret_bytes) : QB_E_NOMEM;
        qb_free(path);
        return rc;
    }
    const qb_map *m = &s->maps[s->is_pack ? 0 : e->split];
    if (e->at < 0 || (uint64_t)e->at > m->n || (uint64_t)e->size > m->n - (uint64_t)e->at)
        return qb_err_set(QB_E_DATA, "lies outside of its file");
    if (s->is_checked)
        QB_TRY(check_sum(s, x, e, m->bytes + e->at));
    *ret_bytes = (qb_file_bytes){m->bytes + e->at, (size_t)e->size, NULL};
    return 0;
}
