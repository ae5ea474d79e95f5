/* Plain, gzip and tar inputs. The unpacker serves gzip files and those that cannot be mapped, and checks a stream's CRC
 * (libarchive's own gzip filter does not): archives are fed through it too.
 */
#include "datasets/input.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "datasets/unpack.h"

enum {
    TAR_BLOCK = 1 << 16,
    DRAIN_LIMIT = 64 << 20, /* how far an overlong file is measured */
    USUAL_RATIO = 8         /* of unpacked to packed bytes of images, at most */
};

static const char *const copy_again = "the file is damaged: copy or download it again";

int qb_input_open(const char *path, qb_input *ret_input)
{
    qb_input in = {0};
    qb_unpacker *file = NULL;
    QB_TRY(qb_unpacker_open(path, &file));
    in.handle = file;
    in.name = qb_strdup(path);
    if (!in.name) {
        qb_input_close(&in);
        return QB_E_NOMEM;
    }
    *ret_input = in;
    return 0;
}

static int member_read(struct archive *a, const char *name, void *bytes, size_t n, size_t *ret_got)
{
    size_t got = 0;
    while (got < n) {
        la_ssize_t k = archive_read_data(a, (char *)bytes + got, n - got);
        if (k == ARCHIVE_RETRY)
            continue;
        if (k < 0) {
            const char *text = archive_error_string(a);
            qb_err_set(QB_E_DATA, "%s: damaged or truncated archive: %s", name, text ? text : "unknown error");
            return qb_err_hint("%s", copy_again);
        }
        if (k == 0)
            break;
        got += (size_t)k;
    }
    *ret_got = got;
    return 0;
}

/* Up to n bytes; fewer only at the end. */
static int read_bytes(qb_input *in, void *bytes, size_t n, size_t *ret_got)
{
    size_t got = 0;
    if (in->is_member)
        QB_TRY(member_read(in->handle, in->name, bytes, n, &got));
    else
        QB_TRY(qb_unpacker_read(in->handle, bytes, n, &got));
    in->n_read += (int64_t)got;
    *ret_got = got;
    return 0;
}

/* Adds to the error of a damaged gzip file how far it could be read. */
static int add_progress(const qb_input *in, int rc, int64_t wanted)
{
    if (rc != QB_E_DATA || in->is_member)
        return rc;
    char *text = qb_sprintf("%s: got %lld unpacked bytes, wanted %lld", qb_err_text(), (long long)qb_unpacker_total(in->handle),
                            (long long)wanted);
    if (!text)
        return QB_E_NOMEM;
    qb_err_set(rc, "%s", text);
    qb_free(text);
    return qb_err_hint("%s", copy_again);
}

/* Up to `most` bytes, which may be no more than a promise of the file's head: the block grows as they come. *ret_bytes is to be freed
 * after an error too. */
static int read_room(qb_input *in, size_t most, uint8_t **ret_bytes, size_t *ret_got)
{
    const size_t first = in->is_member ? most : USUAL_RATIO * (size_t)qb_unpacker_stat(in->handle)->st_size;
    for (size_t room = 0, got = 0, step = 0; room < most && got == room; *ret_got = got += step) {
        room = room == 0 ? first : 2 * room;
        room = room < most ? room : most;
        uint8_t *grown = qb_realloc(*ret_bytes, room, 1);
        if (!grown)
            return QB_E_NOMEM;
        *ret_bytes = grown;
        QB_TRY(read_bytes(in, grown + got, room - got, &step));
    }
    return 0;
}

int qb_input_contents(qb_input *in, size_t most, qb_contents *ret_contents)
{
    size_t size = 0, got = 0;
    const void *map = in->is_member ? NULL : qb_unpacker_map(in->handle, &size);
    if (map) {
        in->n_mapped = (int64_t)size;
        *ret_contents = (qb_contents){map, size < most ? size : most, size};
        return 0;
    }
    uint8_t *bytes = NULL;
    int rc = read_room(in, most, &bytes, &got);
    if (rc < 0) {
        qb_free(bytes);
        return add_progress(in, rc, (int64_t)most);
    }
    *ret_contents = (qb_contents){bytes, got, 0};
    return 0;
}

void qb_contents_finish(qb_contents *c)
{
    if (c->n_mapped > 0)
        (void)munmap((void *)(uintptr_t)c->bytes, c->n_mapped); /* fails for a wrong address only */
    else
        qb_free((void *)(uintptr_t)c->bytes);
    *c = (qb_contents){0};
}

int qb_contents_check(const char *name, size_t got, int64_t wanted)
{
    if ((int64_t)got >= wanted)
        return 0;
    qb_err_set(QB_E_DATA, "%s: truncated: got %zu bytes, wanted %lld", name, got, (long long)wanted);
    return qb_err_hint("%s", copy_again);
}

int qb_input_expect_end(qb_input *in, int64_t wanted)
{
    char scratch[4096];
    size_t got = 0;
    int64_t before = in->n_read;
    if (in->n_mapped > 0) {
        if (in->n_mapped <= wanted)
            return 0;
        qb_err_set(QB_E_DATA, "%s: too long: got %lld bytes, wanted %lld", in->name, (long long)in->n_mapped, (long long)wanted);
        return qb_err_hint("%s", copy_again);
    }
    do {
        int rc = read_bytes(in, scratch, sizeof scratch, &got);
        if (rc < 0)
            return add_progress(in, rc, wanted);
    } while (got == sizeof scratch && in->n_read - before < DRAIN_LIMIT);
    if (in->n_read == before)
        return 0;
    qb_err_set(QB_E_DATA, "%s: too long: got %s%lld bytes, wanted %lld", in->name, got == sizeof scratch ? "at least " : "",
               (long long)in->n_read, (long long)wanted);
    return qb_err_hint("%s", copy_again);
}

static qb_input_file file_of(const qb_unpacker *u)
{
    return (qb_input_file){*qb_unpacker_stat(u), qb_unpacker_is_steady(u)};
}

qb_input_file qb_input_get_file(const qb_input *in)
{
    QB_ASSERT(!in->is_member);
    return file_of(in->handle);
}

void qb_input_close(qb_input *in)
{
    if (in->handle && !in->is_member)
        qb_unpacker_close(in->handle);
    qb_free(in->name);
    memset(in, 0, sizeof *in);
}

/* The tar reader's source of bytes. */
typedef struct tar_file {
    const char *path;
    qb_unpacker *file;
    int rc; /* our error, set when the read callback failed */
    char block[TAR_BLOCK];
} tar_file;

static la_ssize_t tar_block(struct archive *a, void *context, const void **ret_block)
{
    tar_file *t = context;
    size_t got = 0;
    t->rc = qb_unpacker_read(t->file, t->block, sizeof t->block, &got);
    if (t->rc < 0) {
        archive_set_error(a, EIO, "%s", qb_err_text());
        return -1;
    }
    *ret_block = t->block;
    return (la_ssize_t)got;
}

/* A name that would leave the folder it is unpacked to. We never unpack to disk, but the published archives
 * have no such names: whoever made this one meant harm or made a mistake. */
static bool is_evil(const char *name)
{
    if (name[0] == '/')
        return true;
    for (const char *p = name; *p; p += strcspn(p, "/"), p += *p == '/')
        if (p[0] == '.' && p[1] == '.' && (p[2] == '/' || p[2] == '\0'))
            return true;
    return false;
}

static int one_member(tar_file *t, struct archive *a, struct archive_entry *entry,
                      int (*member)(void *context, const char *base_name, qb_input *in), void *context)
{
    const char *name = archive_entry_pathname(entry);
    if (!name)
        name = archive_entry_pathname_utf8(entry);
    if (!name)
        return 0; /* a name in no encoding: not one of ours */
    if (is_evil(name)) {
        qb_err_set(QB_E_DATA, "%s: member '%.200s' points outside the archive", t->path, name);
        return qb_err_hint("this is not the published archive: download it again");
    }
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
        return 0;
    qb_input in = {.handle = a, .is_member = true, .name = qb_sprintf("%s(%s)", t->path, name)};
    int rc = in.name ? member(context, qb_path_base(name), &in) : QB_E_NOMEM;
    qb_input_close(&in);
    return rc;
}

static int archive_fail(const tar_file *t, struct archive *a)
{
    if (t->rc < 0)
        return t->rc; /* the text is set */
    const char *text = archive_error_string(a);
    qb_err_set(QB_E_DATA, "%s: not a tar archive, or a damaged one: %s", t->path, text ? text : "unknown error");
    return qb_err_hint("%s", copy_again);
}

int qb_archive_each(const char *path, int (*member)(void *context, const char *base_name, qb_input *in), void *context,
                    qb_input_file *ret_file)
{
    tar_file *t = NULL;
    struct archive *a = NULL;
    qb_unpacker *file = NULL;
    int rc = qb_unpacker_open(path, &file);
    if (rc < 0)
        return rc;
    t = qb_alloc(1, sizeof *t);
    a = archive_read_new();
    if (!t || !a) {
        rc = qb_err_set(QB_E_NOMEM, "out of memory while reading '%s'", path);
        goto out;
    }
    t->path = path;
    t->file = file;
    if (archive_read_support_format_tar(a) != ARCHIVE_OK || archive_read_open(a, t, NULL, tar_block, NULL) != ARCHIVE_OK) {
        rc = archive_fail(t, a);
        goto out;
    }
    for (;;) {
        struct archive_entry *entry = NULL;
        int state = archive_read_next_header(a, &entry);
        if (state == ARCHIVE_EOF)
            break;
        if (state == ARCHIVE_RETRY)
            continue;
        if (state != ARCHIVE_OK && state != ARCHIVE_WARN) { /* a warning is about an odd name */
            rc = archive_fail(t, a);
            goto out;
        }
        rc = one_member(t, a, entry, member, context);
        if (rc < 0)
            goto out;
    }
    size_t got = 0;
    do
        rc = qb_unpacker_read(file, t->block, sizeof t->block, &got); /* up to the CRC at the end */
    while (rc == 0 && got == sizeof t->block);
    if (rc == 0)
        *ret_file = file_of(file);
out:
    if (a)
        (void)archive_read_free(a); /* reading: nothing can be lost */
    qb_free(t);
    qb_unpacker_close(file);
    return rc;
}
