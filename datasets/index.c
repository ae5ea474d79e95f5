/* Adding, sorting, splitting and hashing. See index.h. */
#include "datasets/index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/mem.h"

void qb_index_finish(qb_index *x)
{
    for (size_t i = 0; i < x->n_classes; i++)
        qb_free(x->classes[i]);
    qb_free(x->classes);
    qb_free(x->entries);
    qb_free(x->names);
    qb_free(x->title);
    *x = (qb_index){0};
}

const char *qb_split_folder(int split)
{
    return split == QB_SPLIT_TRAIN ? "train" : split == QB_SPLIT_TEST ? "val" : "";
}

bool qb_is_image_name(const char *name)
{
    static const char *const endings[] = {"jpg", "jpeg", "png", "ppm", "bmp", "pgm", "tif", "tiff", "webp"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof endings[0]; i++)
        if (strcasecmp(dot + 1, endings[i]) == 0)
            return true;
    return false;
}

const char *qb_index_name(const qb_index *x, const qb_entry *e)
{
    return x->names + e->name;
}

const qb_entry *qb_index_get(const qb_index *x, int split, int64_t i)
{
    QB_ASSERT(i >= 0 && i < x->count[split]);
    return &x->entries[x->first[split] + i];
}

bool qb_index_is_whole(const qb_index *x)
{
    return x->n > 0 && x->entries[0].split == QB_SPLIT_NONE;
}

/* ---- adding ---- */

int qb_index_add_class(qb_index *x, const char *name, int *ret_label)
{
    for (size_t i = x->n_classes; i-- > 0;) /* the last one is the likeliest */
        if (strcmp(x->classes[i], name) == 0) {
            *ret_label = (int)i;
            return 0;
        }
    if (x->n_classes == QB_CLASSES) {
        qb_err_set(QB_E_DATA, "more than %d classes", QB_CLASSES);
        return qb_err_hint("each folder is a class: give the folder whose folders are the classes");
    }
    char **classes = qb_realloc(x->classes, x->n_classes + 1, sizeof *classes);
    if (!classes)
        return QB_E_NOMEM;
    x->classes = classes;
    classes[x->n_classes] = qb_strdup(name);
    if (!classes[x->n_classes])
        return QB_E_NOMEM;
    *ret_label = (int)x->n_classes++;
    return 0;
}

/* Room for one more entry and n more bytes of names. */
static int make_room(qb_index *x, size_t n)
{
    if (x->n == x->n_room) {
        const size_t room = x->n_room + x->n_room / 2 + 256;
        qb_entry *entries = qb_realloc(x->entries, room, sizeof *entries);
        if (!entries)
            return QB_E_NOMEM;
        x->entries = entries;
        x->n_room = room;
    }
    if (n > x->n_names_room - x->n_names) {
        const size_t room = x->n_names_room + x->n_names_room / 2 + n + 4096;
        char *names = qb_realloc(x->names, room, 1);
        if (!names)
            return QB_E_NOMEM;
        x->names = names;
        x->n_names_room = room;
    }
    return 0;
}

int qb_index_add(qb_index *x, int split, int label, const char *name, size_t n, int64_t size, int64_t at)
{
    QB_TRY(make_room(x, n + 1));
    memcpy(x->names + x->n_names, name, n);
    x->names[x->n_names + n] = '\0';
    x->entries[x->n++] = (qb_entry){.name = (int64_t)x->n_names, .size = size, .at = at, .label = (uint16_t)label,
                                    .split = (uint8_t)split};
    x->n_names += n + 1;
    return 0;
}

/* ---- sorting ---- */

/* Folders first, as a walk visits them: its files before those of the folders in it. */
static int compare_paths(const char *a, const char *b)
{
    const char *end_a = strrchr(a, '/'), *end_b = strrchr(b, '/');
    const size_t na = end_a ? (size_t)(end_a - a) : 0, nb = end_b ? (size_t)(end_b - b) : 0;
    const int order = memcmp(a, b, na < nb ? na : nb);
    if (order != 0)
        return order;
    if (na != nb)
        return na < nb ? -1 : 1;
    return strcmp(a + na, b + nb);
}

static int rank(int split)
{
    return split == QB_SPLIT_TRAIN ? 0 : 1;
}

static int compare_entries(const void *a, const void *b, void *context)
{
    const qb_entry *p = a, *q = b;
    const qb_index *x = context;
    if (p->split != q->split)
        return rank(p->split) - rank(q->split);
    if (p->label != q->label)
        return p->label < q->label ? -1 : 1;
    return compare_paths(qb_index_name(x, p), qb_index_name(x, q));
}

static int compare_classes(const void *a, const void *b, void *context)
{
    char *const *classes = context;
    return strcmp(classes[*(const uint16_t *)a], classes[*(const uint16_t *)b]);
}

/* Classes by name, and the labels of the entries with them. */
static int sort_classes(qb_index *x)
{
    uint16_t *order = qb_alloc(x->n_classes, sizeof *order), *place = qb_alloc(x->n_classes, sizeof *place);
    char **classes = qb_alloc(x->n_classes, sizeof *classes);
    const bool has_memory = order && place && classes;
    for (size_t i = 0; has_memory && i < x->n_classes; i++)
        order[i] = (uint16_t)i;
    if (has_memory)
        qsort_r(order, x->n_classes, sizeof *order, compare_classes, x->classes);
    for (size_t i = 0; has_memory && i < x->n_classes; i++) {
        classes[i] = x->classes[order[i]];
        place[order[i]] = (uint16_t)i;
    }
    for (size_t i = 0; has_memory && i < x->n; i++)
        x->entries[i].label = place[x->entries[i].label];
    qb_free(has_memory ? (void *)x->classes : (void *)classes);
    if (has_memory)
        x->classes = classes;
    qb_free(order);
    qb_free(place);
    return has_memory ? 0 : QB_E_NOMEM;
}

static void count_splits(qb_index *x)
{
    for (int split = 0; split < QB_N_SPLITS; split++)
        x->count[split] = 0;
    for (size_t i = 0; i < x->n; i++)
        x->count[x->entries[i].split]++;
    x->first[QB_SPLIT_TRAIN] = 0;
    x->first[QB_SPLIT_TEST] = x->count[QB_SPLIT_TRAIN];
}

static bool is_sorted(const qb_index *x)
{
    for (size_t i = 1; i < x->n; i++)
        if (compare_entries(&x->entries[i - 1], &x->entries[i], (void *)(uintptr_t)x) > 0)
            return false;
    return true;
}

/* Each image once. */
static int check_names(const qb_index *x, const char *place)
{
    for (size_t i = 1; i < x->n; i++) {
        const qb_entry *e = &x->entries[i];
        if (compare_entries(e - 1, e, (void *)(uintptr_t)x) < 0)
            continue;
        qb_err_set(QB_E_DATA, "%s: '%s' is there twice in class '%s'", place, qb_index_name(x, e), x->classes[e->label]);
        return qb_err_hint("remove one of them");
    }
    return 0;
}

/* Each class in each of the splits [first, last]. */
static int check_classes(const qb_index *x, const char *place, int first, int last)
{
    int64_t *counts = qb_alloc(x->n_classes * (QB_SPLIT_NONE + 1), sizeof *counts);
    if (!counts)
        return QB_E_NOMEM;
    for (size_t i = 0; i < x->n; i++)
        counts[x->entries[i].split * x->n_classes + x->entries[i].label]++;
    int rc = 0;
    for (int split = last; split >= first && rc == 0; split--) /* training first: that is where classes are looked for */
        for (size_t c = 0; c < x->n_classes && rc == 0; c++)
            if (counts[(size_t)split * x->n_classes + c] == 0) {
                const char *folder = qb_split_folder(split);
                qb_err_set(QB_E_DATA, "%s: class '%s' has no image%s%s", place, x->classes[c], *folder ? " in " : "", folder);
                rc = qb_err_hint("every folder of classes is a class, and %s: add images, or remove the class",
                                 *folder ? "train and val must have the same ones" : "an empty one is most often a mistake");
            }
    qb_free(counts);
    return rc;
}

int qb_index_settle(qb_index *x, const char *place)
{
    if (x->n == 0) {
        qb_err_set(QB_E_DATA, "%s: holds no image", place);
        return qb_err_hint("wanted a folder a class, with files named .jpg, .jpeg or .png in it");
    }
    QB_TRY(sort_classes(x));
    if (!is_sorted(x)) /* what was written sorted is read so: a pack */
        qsort_r(x->entries, x->n, sizeof *x->entries, compare_entries, x);
    QB_TRY(check_names(x, place));
    if (qb_index_is_whole(x))
        return check_classes(x, place, QB_SPLIT_NONE, QB_SPLIT_NONE);
    count_splits(x);
    return check_classes(x, place, QB_SPLIT_TEST, QB_SPLIT_TRAIN);
}

/* ---- splitting, hashing ---- */

/* FNV-1a of CLASS/NAME, its bits mixed once more (MurmurHash3's finalizer), as a number in [0, 1). */
static double hash_of(const char *label, const char *name)
{
    const char *parts[] = {label, "/", name};
    uint64_t h = 0xcbf29ce484222325u;
    for (int k = 0; k < 3; k++)
        for (const char *p = parts[k]; *p; p++)
            h = (h ^ (unsigned char)*p) * 0x100000001b3u;
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
    h ^= h >> 33;
    return (double)(h >> 11) * 0x1p-53;
}

int qb_index_divide(qb_index *x, double fraction)
{
    QB_ASSERT(qb_index_is_whole(x));
    qb_entry *sorted = qb_alloc(x->n_room, sizeof *sorted);
    if (!sorted)
        return QB_E_NOMEM;
    for (size_t i = 0; i < x->n; i++) {
        qb_entry *e = &x->entries[i];
        const bool is_test = hash_of(x->classes[e->label], qb_index_name(x, e)) < fraction;
        e->split = is_test ? QB_SPLIT_TEST : QB_SPLIT_TRAIN;
    }
    count_splits(x);
    int64_t next[QB_N_SPLITS] = {x->first[0], x->first[1]};
    for (size_t i = 0; i < x->n; i++)
        sorted[next[x->entries[i].split]++] = x->entries[i];
    qb_free(x->entries);
    x->entries = sorted;
    for (int split = 0; split < QB_N_SPLITS; split++)
        if (x->count[split] == 0) {
            qb_err_set(QB_E_CONFIG, "val_fraction: %g of %zu images leaves none to %s", fraction, x->n,
                       split == QB_SPLIT_TRAIN ? "train on" : "test on");
            return qb_err_hint("an image goes where the hash of its name says: take another fraction, or more images");
        }
    return 0;
}

int qb_index_fingerprint(const qb_index *x, char ret_hex[QB_SHA256_HEX])
{
    char text[64];
    qb_sha256 *h = qb_sha256_create();
    if (!h)
        return QB_E_NOMEM;
    int n = snprintf(text, sizeof text, "qatbench images 1\nshort side %d\n", x->short_side);
    qb_sha256_add(h, text, (size_t)n);
    for (size_t i = 0; i < x->n; i++) {
        const qb_entry *e = &x->entries[i];
        const char *parts[] = {qb_split_folder(e->split), x->classes[e->label], qb_index_name(x, e)};
        for (int k = 0; k < 3; k++)
            qb_sha256_add(h, parts[k], strlen(parts[k]) + 1);
        n = snprintf(text, sizeof text, "%lld\n", (long long)e->size);
        qb_sha256_add(h, text, (size_t)n);
    }
    qb_sha256_end(h, ret_hex);
    return 0;
}
