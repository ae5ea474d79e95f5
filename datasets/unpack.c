/* Reading and inflating. u->z.avail_in > 0 means that the block is not used up; a plain file is copied from it. */
#include "datasets/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "datasets/checksum.h"

enum { BLOCK = 1 << 17, LARGEST_STEP = 1 << 30 /* of one inflate: its counts are unsigned int */ };

struct qb_unpacker {
    char *path;
    int fd;
    struct stat opened;       /* the file's facts */
    struct timespec opened_at; /* by the clock of file times */
    bool is_gzip;
    bool has_inflate;
    bool in_stream; /* gzip: between the first byte of a stream and its checked end */
    bool at_end;    /* of the file */
    int64_t total;
    z_stream z;     /* z.next_in, z.avail_in: what is left of the block, for plain files too */
    unsigned char block[BLOCK];
};

static const char *const copy_again = "the file is damaged: copy or download it again";

static int check_kind(const char *path, int fd, struct stat *ret_stat)
{
    if (fstat(fd, ret_stat) != 0)
        return qb_err_set_errno("cannot open '%s'", path);
    if (S_ISDIR(ret_stat->st_mode)) {
        qb_err_set(QB_E_DATA, "%s: is a folder, wanted a file", path);
        return qb_err_hint("move the folder away and put the file there");
    }
    if (!S_ISREG(ret_stat->st_mode)) {
        qb_err_set(QB_E_DATA, "%s: is not a regular file", path);
        return qb_err_hint("put the file itself there, not a pipe or device");
    }
    if (ret_stat->st_size == 0) {
        qb_err_set(QB_E_DATA, "%s: empty: got 0 bytes", path);
        return qb_err_hint("%s", copy_again);
    }
    return 0;
}

/* The next block of the file, once the one before is used up. */
static int refill(qb_unpacker *u)
{
    ssize_t n;
    do
        n = read(u->fd, u->block, BLOCK);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return qb_err_set_errno("cannot read '%s'", u->path);
    u->at_end = n == 0;
    u->z.next_in = u->block;
    u->z.avail_in = (unsigned)n;
    return 0;
}

int qb_unpacker_open(const char *path, qb_unpacker **ret_unpacker)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* not to wait for a pipe's other end */
    if (fd < 0) {
        bool denied = errno == EACCES;
        int rc = qb_err_set_errno("cannot open '%s'", path);
        return denied ? qb_err_hint("make it readable for you, for example with chmod a+r") : rc;
    }
    struct stat opened;
    struct timespec now = {0}; /* where there is no such clock no file is ever steady */
    (void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
    int rc = check_kind(path, fd, &opened);
    qb_unpacker *u = rc == 0 ? qb_alloc(1, sizeof *u) : NULL;
    if (!u) {
        (void)close(fd); /* nothing was written */
        return rc < 0 ? rc : QB_E_NOMEM;
    }
    u->fd = fd;
    u->opened = opened;
    u->opened_at = now;
    u->path = qb_strdup(path);
    if (!u->path)
        rc = QB_E_NOMEM;
    if (rc == 0)
        rc = refill(u);
    u->is_gzip = rc == 0 && u->z.avail_in >= 2 && u->block[0] == 0x1f && u->block[1] == 0x8b;
    if (u->is_gzip) {
        u->in_stream = true;
        u->has_inflate = inflateInit2(&u->z, 15 + 16) == Z_OK; /* largest window, gzip wrapper */
        if (!u->has_inflate)
            rc = qb_err_set(QB_E_NOMEM, "out of memory while opening '%s'", path);
    }
    if (rc < 0) {
        qb_unpacker_close(u);
        return rc;
    }
    *ret_unpacker = u;
    return 0;
}

/* One inflate; `n` bytes of room. */
static int inflate_some(qb_unpacker *u, void *bytes, size_t n, size_t *ret_got)
{
    u->z.next_out = bytes;
    u->z.avail_out = n < LARGEST_STEP ? (unsigned)n : (unsigned)LARGEST_STEP;
    const unsigned room = u->z.avail_out;
    int state = inflate(&u->z, Z_NO_FLUSH);
    *ret_got = room - u->z.avail_out;
    if (state == Z_STREAM_END)
        u->in_stream = false;
    if (state == Z_OK || state == Z_STREAM_END || (state == Z_BUF_ERROR && u->z.avail_in == 0))
        return 0;
    if (state == Z_MEM_ERROR)
        return qb_err_set(QB_E_NOMEM, "out of memory while reading '%s'", u->path);
    qb_err_set(QB_E_DATA, "%s: damaged gzip stream: %s", u->path, u->z.msg ? u->z.msg : "unknown error");
    return qb_err_hint("%s", copy_again);
}

static int refuse_rest(const qb_unpacker *u)
{
    qb_err_set(QB_E_DATA, "%s: damaged: something follows the end of the gzip stream", u->path);
    return qb_err_hint("%s", copy_again);
}

/* After a stream: another one, zeros to the end of the file, or nothing. */
static int next_stream(qb_unpacker *u)
{
    if (u->z.next_in[0] == 0x1f && inflateReset(&u->z) == Z_OK) {
        u->in_stream = true;
        return 0;
    }
    while (u->z.avail_in > 0 || !u->at_end) {
        for (; u->z.avail_in > 0; u->z.next_in++, u->z.avail_in--)
            if (u->z.next_in[0] != 0)
                return refuse_rest(u);
        QB_TRY(refill(u));
    }
    return 0;
}

int qb_unpacker_read(qb_unpacker *u, void *bytes, size_t n, size_t *ret_got)
{
    size_t got = 0;
    while (got < n) {
        size_t step = 0;
        if (u->z.avail_in == 0 && !u->at_end)
            QB_TRY(refill(u));
        if (u->is_gzip && u->in_stream) { /* also at the end of the file: zlib may still hold bytes */
            QB_TRY(inflate_some(u, (char *)bytes + got, n - got, &step));
            if (step == 0 && u->in_stream && u->at_end) {
                qb_err_set(QB_E_DATA, "%s: truncated: the gzip stream ends early", u->path);
                return qb_err_hint("%s", copy_again);
            }
        } else if (u->z.avail_in == 0) {
            break;
        } else if (u->is_gzip) {
            QB_TRY(next_stream(u));
        } else {
            step = n - got < u->z.avail_in ? n - got : u->z.avail_in;
            memcpy((char *)bytes + got, u->z.next_in, step);
            u->z.next_in += step;
            u->z.avail_in -= (unsigned)step;
        }
        got += step;
        u->total += (int64_t)step;
    }
    *ret_got = got;
    return 0;
}

const void *qb_unpacker_map(const qb_unpacker *u, size_t *ret_size)
{
    if (u->is_gzip)
        return NULL;
    void *map = mmap(NULL, (size_t)u->opened.st_size, PROT_READ, MAP_SHARED, u->fd, 0);
    if (map == MAP_FAILED)
        return NULL;
    *ret_size = (size_t)u->opened.st_size;
    return map;
}

const struct stat *qb_unpacker_stat(const qb_unpacker *u)
{
    return &u->opened;
}

bool qb_unpacker_is_steady(const qb_unpacker *u)
{
    struct stat now;
    const struct timespec changed = u->opened.st_ctim;
    bool was_quiet = changed.tv_sec < u->opened_at.tv_sec ||
                     (changed.tv_sec == u->opened_at.tv_sec && changed.tv_nsec < u->opened_at.tv_nsec);
    return was_quiet && fstat(u->fd, &now) == 0 && qb_checksum_same_file(&now, &u->opened);
}

int64_t qb_unpacker_total(const qb_unpacker *u)
{
    return u->total;
}

void qb_unpacker_close(qb_unpacker *u)
{
    if (!u)
        return;
    if (u->has_inflate)
        (void)inflateEnd(&u->z); /* only says whether the stream was complete: that was checked */
    (void)close(u->fd);          /* nothing was written */
    qb_free(u->path);
    qb_free(u);
}
