/* libarchive reads the headers; it is given the archive as one block, so that a member's data are a place in it. See tar.h. */
#include "datasets/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <string.h>

#include "base/err.h"

enum { BLOCK = 512 };

typedef struct tar {
    const char *name;
    const uint8_t *bytes;
    size_t n;
    struct archive *archive;
    int64_t end; /* of the last member, with its filling */
} tar;

static int damaged(const tar *t, const char *text)
{
    qb_err_set(QB_E_DATA, "%s: not a tar archive, or a damaged one: %s", t->name, text ? text : "unknown error");
    return qb_err_hint("copy or download it again; compressed archives have to be unpacked by gunzip or xz first");
}

static int refuse_member(const tar *t, const char *name, const char *why)
{
    qb_err_set(QB_E_DATA, "%s: member '%.200s' %s", t->name, name, why);
    return qb_err_hint("this is not the published archive: download it again");
}

static bool leads_out(const char *name)
{
    if (name[0] == '/')
        return true;
    for (const char *p = name; *p; p += strcspn(p, "/"), p += *p == '/')
        if (p[0] == '.' && p[1] == '.' && (p[2] == '/' || p[2] == '\0'))
            return true;
    return false;
}

/* Where the data of the member are, whose header was just read. */
static int find_data(const tar *t, const char *name, int64_t size, int64_t *ret_at)
{
    const void *data = NULL;
    size_t n = 0;
    la_int64_t offset = 0;
    *ret_at = 0;
    if (size == 0)
        return 0;
    const int state = archive_read_data_block(t->archive, &data, &n, &offset);
    const bool is_inside = state == ARCHIVE_OK && n > 0 && (const uint8_t *)data >= t->bytes && (const uint8_t *)data < t->bytes + t->n;
    if (is_inside)
        *ret_at = (const uint8_t *)data - t->bytes;
    if (is_inside && offset == 0 && size <= (int64_t)t->n - *ret_at)
        return 0;
    qb_err_set(QB_E_DATA, "%s: truncated: member '%.200s' of %lld bytes is not whole", t->name, name, (long long)size);
    return qb_err_hint("copy or download the archive again");
}

static int one_member(tar *t, struct archive_entry *entry, int (*member)(void *context, const qb_member *m), void *context)
{
    const char *name = archive_entry_pathname_utf8(entry); /* first: of pax names it is exact in every locale */
    if (!name)
        name = archive_entry_pathname(entry);
    if (!name || !*name)
        return damaged(t, "a member has no name");
    if (leads_out(name))
        return refuse_member(t, name, "points outside the archive");
    if (archive_entry_hardlink(entry) || archive_entry_filetype(entry) == AE_IFLNK)
        return refuse_member(t, name, "is a link, wanted files");
    if (archive_entry_filetype(entry) != AE_IFREG)
        return 0;
    if (archive_entry_sparse_count(entry) > 0)
        return refuse_member(t, name, "is a sparse file, wanted plain ones");
    qb_member m = {.name = name, .size = archive_entry_size(entry)};
    QB_TRY(find_data(t, name, m.size, &m.at));
    if (m.size > 0)
        t->end = m.at + (m.size + BLOCK - 1) / BLOCK * BLOCK;
    while (m.name[0] == '.' && m.name[1] == '/')
        m.name += 2;
    return member(context, &m);
}

/* Archives end with zeros; one without was cut off between two members. */
static int check_end(const tar *t)
{
    bool is_zero = t->end + BLOCK <= (int64_t)t->n;
    for (int64_t i = (int64_t)t->n - BLOCK; is_zero && i < (int64_t)t->n; i++)
        is_zero = t->bytes[i] == 0;
    if (is_zero)
        return 0;
    qb_err_set(QB_E_DATA, "%s: truncated: got %zu bytes, and no end of the archive in them", t->name, t->n);
    return qb_err_hint("copy or download the archive again");
}

static int read_members(tar *t, int (*member)(void *context, const qb_member *m), void *context)
{
    /* Not const there, but only read. */
    if (archive_read_support_format_tar(t->archive) != ARCHIVE_OK ||
        archive_read_open_memory(t->archive, (void *)(uintptr_t)t->bytes, t->n) != ARCHIVE_OK)
        return damaged(t, archive_error_string(t->archive));
    for (;;) {
        struct archive_entry *entry = NULL;
        const int state = archive_read_next_header(t->archive, &entry);
        if (state == ARCHIVE_EOF)
            return check_end(t);
        if (state != ARCHIVE_OK && state != ARCHIVE_WARN) /* a warning is about an odd name */
            return damaged(t, archive_error_string(t->archive));
        QB_TRY(one_member(t, entry, member, context));
    }
}

int qb_tar_each(const char *name, const uint8_t *bytes, size_t n, int (*member)(void *context, const qb_member *m), void *context)
{
    tar t = {.name = name, .bytes = bytes, .n = n, .archive = archive_read_new()};
    if (!t.archive)
        return qb_err_set(QB_E_NOMEM, "out of memory while reading '%s'", name);
    int rc = read_members(&t, member, context);
    (void)archive_read_free(t.archive); /* reading: nothing can be lost */
    return rc;
}
