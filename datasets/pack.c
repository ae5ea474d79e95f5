/* Reading packs. See pack.h. */
#include "datasets/pack.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/err.h"
#include "datasets/bytes.h"
#include "datasets/index_form.h"

static const char magic[] = "qbpack1\n";
static const char *const write_again = "copy it again, or write it again with 'qatbench data prepare'";

void qb_pack_head_write(const qb_pack_head *h, uint8_t ret_bytes[QB_PACK_HEAD])
{
    memset(ret_bytes, 0, QB_PACK_HEAD);
    memcpy(ret_bytes, magic, 8);
    qb_put_number(ret_bytes + 8, 8, (uint64_t)h->index_at);
    qb_put_number(ret_bytes + 16, 8, (uint64_t)h->index_size);
    qb_put_number(ret_bytes + 24, 8, (uint64_t)h->file_size);
    memcpy(ret_bytes + 32, h->made_of, QB_SHA256_HEX - 1);
    qb_put_number(ret_bytes + 96, 4, (uint64_t)h->short_side);
    qb_put_number(ret_bytes + QB_PACK_HEAD - 4, 4, crc32_z(0, ret_bytes, QB_PACK_HEAD - 4));
}

int qb_pack_head_parse(const char *path, const uint8_t *bytes, size_t n, qb_pack_head *ret_head)
{
    if (n < 8 || memcmp(bytes, magic, 8) != 0) {
        qb_err_set(QB_E_DATA, "%s: is no pack: does not start with \"qbpack1\"", path);
        return qb_err_hint("'qatbench data prepare' writes packs");
    }
    if (n < QB_PACK_HEAD) {
        qb_err_set(QB_E_DATA, "%s: truncated: got %zu bytes, wanted %d or more", path, n, QB_PACK_HEAD);
        return qb_err_hint("%s", write_again);
    }
    if (qb_get_number(bytes + QB_PACK_HEAD - 4, 4) != crc32_z(0, bytes, QB_PACK_HEAD - 4)) {
        qb_err_set(QB_E_DATA, "%s: damaged: its first %d bytes have another checksum than was written", path, QB_PACK_HEAD);
        return qb_err_hint("%s", write_again);
    }
    *ret_head = (qb_pack_head){.index_at = (int64_t)qb_get_number(bytes + 8, 8), .index_size = (int64_t)qb_get_number(bytes + 16, 8),
                               .file_size = (int64_t)qb_get_number(bytes + 24, 8), .short_side = (int)qb_get_number(bytes + 96, 4)};
    memcpy(ret_head->made_of, bytes + 32, QB_SHA256_HEX - 1);
    return 0;
}

bool qb_pack_is_one(const char *path)
{
    char start[8];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    const bool is_one = read(fd, start, sizeof start) == sizeof start && memcmp(start, magic, sizeof start) == 0;
    (void)close(fd); /* only read from */
    return is_one;
}

/* The whole file is there, and its index within it. */
static int check_size(const char *path, const qb_pack_head *h, size_t n)
{
    if (h->index_at == 0) {
        qb_err_set(QB_E_DATA, "%s: not finished: its writing was interrupted", path);
        return qb_err_hint("start the same 'qatbench data prepare' again: it goes on");
    }
    if ((uint64_t)h->file_size != n) {
        qb_err_set(QB_E_DATA, "%s: %s: got %zu bytes, wanted %lld", path, n < (uint64_t)h->file_size ? "truncated" : "too long", n,
                   (long long)h->file_size);
        return qb_err_hint("%s", write_again);
    }
    if (h->index_at < QB_PACK_HEAD || h->index_size < 0 || h->index_at > h->file_size || h->index_size != h->file_size - h->index_at) {
        qb_err_set(QB_E_DATA, "%s: damaged: its index lies outside of it", path);
        return qb_err_hint("%s", write_again);
    }
    return 0;
}

/* Images follow each other between head and index. */
static int check_places(const char *path, const qb_pack_head *h, const qb_index *x)
{
    for (size_t i = 0; i < x->n; i++) {
        const qb_entry *e = &x->entries[i];
        if (e->at >= QB_PACK_HEAD && e->at <= h->index_at && e->size <= h->index_at - e->at)
            continue;
        qb_err_set(QB_E_DATA, "%s: damaged: image '%s' lies outside of the images", path, qb_index_name(x, e));
        return qb_err_hint("%s", write_again);
    }
    return 0;
}

int qb_pack_open(const char *path, qb_index *x, qb_store *s)
{
    qb_pack_head head;
    QB_TRY(qb_map_open(path, &s->maps[0]));
    const qb_map *m = &s->maps[0];
    s->is_pack = true;
    QB_TRY(qb_pack_head_parse(path, m->bytes, m->n, &head));
    QB_TRY(check_size(path, &head, m->n));
    QB_TRY(qb_index_parse(path, m->bytes + head.index_at, (size_t)head.index_size, x));
    QB_TRY(check_places(path, &head, x));
    return qb_store_check_sums(s, x);
}
