/* Writing packs, and going on with one. Everything that is in PATH.part up to the first record that is not whole stays.
 * See pack.h.
 */
#include "datasets/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/ordered.h"
#include "base/str.h"
#include "datasets/bytes.h"
#include "datasets/index_form.h"

enum { TELL_EVERY = 64, BUFFER = 1 << 20 };

/* An image as it goes into the pack, or the error that it cannot be read (text NULL: out of memory). */
typedef struct piece {
    int rc;
    char *text;
    qb_file_bytes bytes;
    uint32_t crc;
    bool is_kept_as_is; /* it could not be made smaller */
} piece;

typedef struct writer {
    const char *path;
    char *part; /* PATH.part */
    int fd;
    qb_index *index;
    const qb_store *store;
    const qb_pack_options *options;
    qb_pack_head head;
    int64_t at;      /* where the next record goes */
    uint8_t *buffer; /* what is not written yet, up to `at` */
    size_t n_buffer;
    int64_t n_kept_as_is;
    piece pieces[QB_ORDERED_SLOTS];
} writer;

static int write_error(const writer *w)
{
    const int why = errno;
    qb_err_set(QB_E_IO, "cannot write '%s': %s", w->part, strerror(why));
    return qb_err_hint("what is written stays: start the same command again once this is mended");
}

static int write_at(const writer *w, const void *bytes, size_t n, int64_t at)
{
    for (size_t done = 0; done < n;) {
        const ssize_t k = pwrite(w->fd, (const char *)bytes + done, n - done, at + (int64_t)done);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return write_error(w);
        done += (size_t)k;
    }
    return 0;
}

static int flush(writer *w)
{
    QB_TRY(write_at(w, w->buffer, w->n_buffer, w->at - (int64_t)w->n_buffer));
    w->n_buffer = 0;
    return 0;
}

static int append(writer *w, const void *bytes, size_t n)
{
    if (n == 0) /* an empty file has no bytes at all, not even an address */
        return 0;
    if (n > BUFFER - w->n_buffer)
        QB_TRY(flush(w));
    if (n > BUFFER) {
        QB_TRY(write_at(w, bytes, n, w->at));
    } else {
        memcpy(w->buffer + w->n_buffer, bytes, n);
        w->n_buffer += n;
    }
    w->at += (int64_t)n;
    return 0;
}

/* ---- records ---- */

/* Of a link that leads nowhere there are no bytes. */
static int get_bytes(const writer *w, const qb_entry *e, piece *p)
{
    if (e->size > 0)
        QB_TRY(qb_store_read(w->store, w->index, e, &p->bytes));
    if (!w->options->shrink || p->bytes.n == 0)
        return 0;
    qb_file_bytes smaller = {0};
    int rc = w->options->shrink(&p->bytes, w->head.short_side, &smaller);
    if (rc == QB_E_DATA) {
        qb_err_clear(); /* training says what is wrong with it */
        p->is_kept_as_is = true;
        rc = 0;
    }
    if (smaller.bytes) {
        qb_free(p->bytes.owned);
        p->bytes = smaller;
    }
    return rc;
}

static void make_piece(void *context, int64_t i, int slot, int thread)
{
    (void)thread;
    writer *w = context;
    piece *p = &w->pieces[slot];
    *p = (piece){0};
    p->rc = get_bytes(w, &w->index->entries[i], p);
    if (p->rc == 0)
        p->crc = (uint32_t)crc32_z(0, p->bytes.bytes, p->bytes.n);
    else
        p->text = qb_strdup(qb_err_text());
    qb_err_clear();
}

static void piece_finish(piece *p)
{
    qb_free(p->bytes.owned);
    qb_free(p->text);
    *p = (piece){0};
}

static int write_record(writer *w, qb_entry *e, const piece *p)
{
    uint8_t record[QB_PACK_RECORD];
    if (p->rc == QB_E_NOMEM || (p->rc < 0 && !p->text))
        return qb_err_set(QB_E_NOMEM, "out of memory while reading images");
    if (p->rc < 0) {
        qb_err_set(p->rc, "class '%s', image '%s': %s", w->index->classes[e->label], qb_index_name(w->index, e), p->text);
        return qb_err_hint("mend or remove it and start the same command again: it goes on");
    }
    w->n_kept_as_is += p->is_kept_as_is;
    e->crc = p->crc;
    e->size = (int64_t)p->bytes.n;
    e->at = w->at + QB_PACK_RECORD;
    qb_put_number(record, 4, QB_PACK_FILE);
    qb_put_number(record + 4, 4, e->crc);
    qb_put_number(record + 8, 8, p->bytes.n);
    QB_TRY(append(w, record, sizeof record));
    return append(w, p->bytes.bytes, p->bytes.n);
}

static int take_piece(void *context, int64_t i, int slot)
{
    writer *w = context;
    if (i % TELL_EVERY == 0)
        QB_TRY(qb_watch_step(w->options->watch, "images packed", i, (int64_t)w->index->n));
    int rc = write_record(w, &w->index->entries[i], &w->pieces[slot]);
    piece_finish(&w->pieces[slot]);
    return rc;
}

/* The record at w->at of `map`, if it is whole and can be that of e: then e's place. */
static bool take_record(const writer *w, const qb_map *map, qb_entry *e)
{
    if (w->at + QB_PACK_RECORD > (int64_t)map->n)
        return false;
    const uint8_t *record = map->bytes + w->at;
    const uint64_t size = qb_get_number(record + 8, 8);
    if (qb_get_number(record, 4) != QB_PACK_FILE || size > map->n - (size_t)(w->at + QB_PACK_RECORD))
        return false;
    if (!w->options->shrink && (int64_t)size != e->size)
        return false;
    const uint32_t crc = (uint32_t)crc32_z(0, record + QB_PACK_RECORD, size);
    if (crc != qb_get_number(record + 4, 4))
        return false;
    e->crc = crc;
    e->size = (int64_t)size;
    e->at = w->at + QB_PACK_RECORD;
    return true;
}

/* Records that are there already: *ret_n of them. */
static int take_records(writer *w, size_t *ret_n)
{
    qb_map map = {0};
    qb_pack_head head;
    size_t n = 0;
    int64_t size = 0;
    QB_TRY(qb_fs_size(w->part, &size));
    if (size == 0)
        return 0;
    QB_TRY(qb_map_open(w->part, &map));
    int rc = qb_pack_head_parse(w->part, map.bytes, map.n, &head);
    if (rc == 0 && (strcmp(head.made_of, w->head.made_of) != 0 || head.short_side != w->head.short_side)) {
        qb_log_warning("%s is of other images than these: written anew", w->part);
        rc = QB_E_DATA;
    }
    qb_err_clear(); /* a head that was not whole: nothing to go on with */
    while (rc == 0 && n < w->index->n && take_record(w, &map, &w->index->entries[n])) {
        w->at = w->index->entries[n].at + w->index->entries[n].size;
        if (++n % TELL_EVERY == 0)
            rc = qb_watch_step(w->options->watch, "images there already", (int64_t)n, (int64_t)w->index->n);
    }
    qb_map_close(&map);
    *ret_n = n;
    return rc == QB_E_STOPPED ? rc : 0;
}

static int write_records(writer *w, size_t first)
{
    int rc = qb_ordered_run(&(qb_ordered){.begin = (int64_t)first, .end = (int64_t)w->index->n, .threads = w->options->threads,
                                          .work = make_piece, .take = take_piece, .context = w});
    for (int i = 0; i < QB_ORDERED_SLOTS; i++)
        piece_finish(&w->pieces[i]);
    if (rc == QB_E_STOPPED) {
        int failed = flush(w); /* so that nothing is lost */
        return failed < 0 ? failed : rc;
    }
    return rc < 0 ? rc : flush(w);
}

/* ---- the file ---- */

static int open_part(writer *w)
{
    w->fd = open(w->part, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (w->fd < 0) {
        qb_err_set(QB_E_IO, "cannot write '%s': %s", w->part, strerror(errno));
        return qb_err_hint("-o names the pack, in a folder that is there");
    }
    if (flock(w->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return 0; /* a file system without locks does without */
    qb_err_set(QB_E_INUSE, "%s: another process is writing it", w->part);
    return qb_err_hint("wait for it, or give another file with -o");
}

static int finish(writer *w)
{
    qb_str text = {0};
    uint8_t head[QB_PACK_HEAD];
    qb_index_write(w->index, &text);
    int rc = text.failed ? qb_err_set(QB_E_NOMEM, "out of memory") : write_at(w, text.text, text.length, w->at);
    w->head.index_at = w->at;
    w->head.index_size = (int64_t)text.length;
    w->head.file_size = w->at + (int64_t)text.length;
    qb_str_finish(&text);
    QB_TRY(rc);
    if (ftruncate(w->fd, w->head.file_size) != 0 || fsync(w->fd) != 0)
        return write_error(w);
    qb_pack_head_write(&w->head, head);
    QB_TRY(write_at(w, head, sizeof head, 0));
    if (fsync(w->fd) != 0 || rename(w->part, w->path) != 0)
        return write_error(w);
    return 0;
}

static int write_pack(writer *w)
{
    uint8_t head[QB_PACK_HEAD];
    size_t n_there = 0;
    QB_TRY(open_part(w));
    w->at = QB_PACK_HEAD;
    QB_TRY(take_records(w, &n_there));
    qb_pack_head_write(&w->head, head);
    if (ftruncate(w->fd, w->at) != 0)
        return write_error(w);
    QB_TRY(write_at(w, head, sizeof head, 0));
    if (n_there > 0)
        qb_log_info("%s: going on after %zu of %zu images", w->part, n_there, w->index->n);
    QB_TRY(write_records(w, n_there));
    if (w->n_kept_as_is > 0)
        qb_log_warning("%lld images cannot be read and are packed as they are; 'qatbench data verify' names them",
                       (long long)w->n_kept_as_is);
    return finish(w);
}

/* What is at `path` already: nothing, or this pack (*ret_is_done). */
static int look_at_target(const writer *w, bool *ret_is_done)
{
    qb_index x = {0};
    qb_store s = {0};
    *ret_is_done = false;
    if (!qb_fs_exists(w->path))
        return 0;
    int rc = qb_pack_open(w->path, &x, &s);
    qb_pack_head head = {0};
    if (rc == 0)
        rc = qb_pack_head_parse(w->path, s.maps[0].bytes, s.maps[0].n, &head);
    *ret_is_done = rc == 0 && strcmp(head.made_of, w->head.made_of) == 0 && head.short_side == w->head.short_side;
    qb_index_finish(&x);
    qb_store_finish(&s);
    if (rc == QB_E_NOMEM || *ret_is_done)
        return rc;
    qb_err_set(QB_E_USAGE, "%s: is there already, and %s", w->path, rc == 0 ? "holds other images" : "is no whole pack");
    return qb_err_hint("give another file with -o, or remove this one");
}

static int write_unless_there(writer *w)
{
    bool is_done = false;
    QB_TRY(qb_index_fingerprint(w->index, w->head.made_of));
    QB_TRY(look_at_target(w, &is_done));
    if (is_done) {
        qb_log_info("%s is there already", w->path);
        return 0;
    }
    if (w->head.short_side > 0)
        w->index->short_side = w->head.short_side;
    w->part = qb_sprintf("%s" QB_PACK_UNFINISHED, w->path);
    w->buffer = qb_alloc(BUFFER, 1);
    int rc = w->part && w->buffer ? write_pack(w) : QB_E_NOMEM;
    if (w->fd >= 0 && close(w->fd) != 0 && rc == 0)
        rc = write_error(w);
    return rc;
}

int qb_pack_write(const char *path, qb_index *x, const qb_store *s, const qb_pack_options *options)
{
    writer *w = qb_alloc(1, sizeof *w);
    if (!w)
        return QB_E_NOMEM;
    *w = (writer){.path = path, .fd = -1, .index = x, .store = s, .options = options, .head = {.short_side = options->short_side}};
    int rc = write_unless_there(w);
    qb_free(w->part);
    qb_free(w->buffer);
    qb_free(w);
    return rc;
}
