/* See index_form.h. What is read is checked as if anybody had written it: a CRC keeps out damage, not mistakes. */
#include "datasets/index_form.h"

#include <string.h>
#include <zlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "datasets/bytes.h"

enum { HEAD = 40, ROW = 24, TAIL = 4 };
static const char magic[] = "qbindex1";

void qb_index_write(const qb_index *x, qb_str *text)
{
    uint8_t head[HEAD], row[ROW] = {0}, tail[TAIL];
    const size_t n_title = x->title ? strlen(x->title) + 1 : 0, start = text->length;
    memcpy(head, magic, 8);
    qb_put_number(head + 8, 8, x->n);
    qb_put_number(head + 16, 8, x->n_classes);
    qb_put_number(head + 24, 8, x->n_names);
    qb_put_number(head + 32, 4, (uint64_t)x->short_side);
    qb_put_number(head + 36, 4, n_title);
    qb_str_addn(text, (const char *)head, HEAD);
    if (x->title)
        qb_str_addn(text, x->title, n_title);
    for (size_t i = 0; i < x->n_classes; i++)
        qb_str_addn(text, x->classes[i], strlen(x->classes[i]) + 1);
    for (size_t i = 0; i < x->n; i++) {
        const qb_entry *e = &x->entries[i];
        qb_put_number(row, 8, (uint64_t)e->at);
        qb_put_number(row + 8, 8, (uint64_t)e->size);
        qb_put_number(row + 16, 4, e->crc);
        qb_put_number(row + 20, 2, e->label);
        row[22] = e->split;
        qb_str_addn(text, (const char *)row, ROW);
    }
    for (size_t i = 0; i < x->n; i++) {
        const char *name = qb_index_name(x, &x->entries[i]);
        qb_str_addn(text, name, strlen(name) + 1);
    }
    if (text->failed)
        return;
    qb_put_number(tail, TAIL, crc32_z(0, (const uint8_t *)text->text + start, text->length - start));
    qb_str_addn(text, (const char *)tail, TAIL);
}

static int damaged(const char *place, const char *what)
{
    qb_err_set(QB_E_DATA, "%s: damaged: its index %s", place, what);
    return qb_err_hint("the file is damaged: copy it again, or write it again with 'qatbench data prepare'");
}

/* The text at *at, and moves behind it; NULL: none ends before `end`. */
static const char *next_text(const uint8_t **at, const uint8_t *end)
{
    const char *text = (const char *)*at;
    const uint8_t *nul = *at < end ? memchr(*at, '\0', (size_t)(end - *at)) : NULL;
    if (nul)
        *at = nul + 1;
    return nul ? text : NULL;
}

static int parse_classes(const char *place, const uint8_t **at, const uint8_t *end, size_t n, qb_index *x)
{
    x->classes = qb_alloc(n, sizeof *x->classes);
    if (!x->classes)
        return QB_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        const char *name = next_text(at, end);
        if (!name || !*name || (i > 0 && strcmp(x->classes[i - 1], name) >= 0))
            return damaged(place, "has no sorted list of classes");
        x->classes[i] = qb_strdup(name);
        if (!x->classes[i])
            return QB_E_NOMEM;
        x->n_classes++;
    }
    return 0;
}

static int parse_rows(const char *place, const uint8_t *row, size_t n, qb_index *x)
{
    for (size_t i = 0; i < n; i++, row += ROW) {
        const qb_entry e = {.at = (int64_t)qb_get_number(row, 8), .size = (int64_t)qb_get_number(row + 8, 8),
                            .crc = (uint32_t)qb_get_number(row + 16, 4), .label = (uint16_t)qb_get_number(row + 20, 2), .split = row[22]};
        const bool is_whole = e.split == QB_SPLIT_NONE;
        if (e.at < -1 || e.size < 0 || e.label >= x->n_classes || e.split > QB_SPLIT_NONE || row[23] != 0 ||
            (i > 0 && is_whole != qb_index_is_whole(x)))
            return damaged(place, "has an impossible entry");
        x->entries[x->n++] = e;
    }
    return 0;
}

/* Each entry's name, in their order. */
static int parse_names(const char *place, qb_index *x)
{
    const uint8_t *start = (const uint8_t *)x->names, *at = start, *end = start + x->n_names;
    for (size_t i = 0; i < x->n; i++) {
        x->entries[i].name = at - start;
        const char *name = next_text(&at, end);
        if (!name || !*name)
            return damaged(place, "lacks names");
    }
    return at == end ? 0 : damaged(place, "has too many names");
}

int qb_index_parse(const char *place, const uint8_t *bytes, size_t n, qb_index *x)
{
    if (n < HEAD + TAIL || memcmp(bytes, magic, 8) != 0)
        return damaged(place, "does not start as one");
    if (qb_get_number(bytes + n - TAIL, TAIL) != crc32_z(0, bytes, n - TAIL))
        return damaged(place, "has another checksum than was written");
    const uint64_t n_images = qb_get_number(bytes + 8, 8), n_classes = qb_get_number(bytes + 16, 8), n_names = qb_get_number(bytes + 24, 8),
                   short_side = qb_get_number(bytes + 32, 4), n_title = qb_get_number(bytes + 36, 4);
    const uint8_t *at = bytes + HEAD, *end = bytes + n - TAIL;
    if (n_classes > QB_CLASSES || n_images > n / ROW || n_names > n || short_side > QB_IMAGE_SIDE || n_title > n)
        return damaged(place, "has impossible sizes");
    x->short_side = (int)short_side;
    const char *title = n_title > 0 ? next_text(&at, end) : NULL;
    if (title && !(x->title = qb_strdup(title)))
        return QB_E_NOMEM;
    QB_TRY(parse_classes(place, &at, end, n_classes, x));
    if ((uint64_t)(end - at) != n_images * ROW + n_names)
        return damaged(place, "has another size than it says");
    x->entries = qb_alloc(n_images, sizeof *x->entries);
    x->names = qb_alloc(n_names, 1);
    if (!x->entries || !x->names)
        return QB_E_NOMEM;
    x->n_room = n_images;
    x->n_names = x->n_names_room = n_names;
    memcpy(x->names, at + n_images * ROW, n_names);
    QB_TRY(parse_rows(place, at, n_images, x));
    QB_TRY(parse_names(place, x));
    return qb_index_settle(x, place);
}
