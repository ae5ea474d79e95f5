/* The table of data sets, and opening one: find, read, verify. Formats are the readers' business (source.h). */
#include "datasets/datasets.h"

#include <string.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "datasets/checksum.h"
#include "datasets/locate.h"
#include "datasets/source.h"

enum { MAX_PARTS = 8 };

static const qb_source *const table[] = {
    &qb_source_fashion_mnist, &qb_source_mnist, &qb_source_cifar10, &qb_source_cifar100, &qb_source_synthetic,
};
enum { N_TABLE = sizeof table / sizeof table[0] };

static const char *const generated_place = "(made by the program)";

struct qb_dataset {
    const qb_source *source;
    qb_place place;
    uint8_t *pixels[2], *labels[2]; /* by QB_PART_TEST, QB_PART_TRAIN */
    char sha256[MAX_PARTS][QB_SHA256_HEX];
    char fingerprint[QB_SHA256_HEX];
    char *label, *warning;
};

/* One pass over the files. */
typedef struct reading {
    qb_dataset *set;
    bool use_cache;
    bool seen[MAX_PARTS];
    void (*line)(void *context, const char *text); /* `data verify`: report every file, go on after an error */
    void *context;
    int first_error;
    char *first_text, *first_hint;
} reading;

const qb_dataset_info *qb_datasets(size_t *ret_n)
{
    static qb_dataset_info infos[N_TABLE]; /* the heads of the rows, side by side */
    for (size_t i = 0; i < N_TABLE; i++)
        infos[i] = table[i]->info;
    *ret_n = N_TABLE;
    return infos;
}

static int find_source(const char *name, const qb_source **ret_source)
{
    const char *names[N_TABLE];
    for (size_t i = 0; i < N_TABLE; i++) {
        names[i] = table[i]->info.name;
        if (strcmp(names[i], name) == 0) {
            *ret_source = table[i];
            return 0;
        }
    }
    const char *nearest = qb_nearest_name(name, names, N_TABLE);
    qb_err_set(QB_E_USAGE, "unknown data set '%s'", name);
    return nearest ? qb_err_hint("did you mean '%s'?", nearest) : qb_err_hint("'qatbench list datasets' shows all");
}

int qb_dataset_find(const char *name, const qb_dataset_info **ret_info)
{
    const qb_source *s = NULL;
    QB_TRY(find_source(name, &s));
    *ret_info = &s->info;
    return 0;
}

int qb_labels_check(const qb_input *in, const uint8_t *labels, int64_t first, int64_t n, int n_classes)
{
    for (int64_t i = 0; i < n; i++) {
        if (labels[i] < n_classes)
            continue;
        qb_err_set(QB_E_DATA, "%s: record %lld has label %d, wanted 0 to %d", in->name, (long long)(first + i), labels[i],
                   n_classes - 1);
        return qb_err_hint("the file is damaged or of another data set: copy or download it again");
    }
    return 0;
}

/* A published file under a wrong name, or in the folder of another set. */
static int check_identity(const qb_dataset *d, const qb_part *p, const qb_known *known, const char *name)
{
    if (!known)
        return 0;
    bool same_set = strcmp(known->dataset, d->source->info.name) == 0;
    if (same_set && strcmp(known->role, p->role) == 0)
        return 0;
    qb_err_set(QB_E_DATA, "%s: holds %s of %s, wanted %s of %s", name, known->role, known->label, p->role, d->source->label);
    return same_set ? qb_err_hint("files have been renamed or copied over each other: unpack the data again")
                    : qb_err_hint("use --dataset %s, or give the folder of %s with --data-dir", known->dataset, d->source->label);
}

/* Reads and verifies part `index`; `cache_path` is the file on disk. */
static int read_part(reading *r, size_t index, const char *cache_path, qb_input *in)
{
    qb_dataset *d = r->set;
    const qb_source *s = d->source;
    const qb_part *p = &s->parts[index];
    const int64_t image = (int64_t)s->info.c * s->info.h * s->info.w;
    char *hex = d->sha256[index];
    bool cached = r->use_cache && qb_checksum_recall(cache_path, p->role, hex);
    if (!cached)
        QB_TRY(qb_input_start_hash(in));
    QB_TRY(s->read(s, p, in, d->pixels[p->split] + p->first * image, d->labels[p->split] + p->first));
    if (!cached) {
        qb_input_take_hash(in, hex);
        qb_checksum_remember(cache_path, p->role, hex);
    }
    const qb_known *known = qb_known_find(hex);
    QB_TRY(check_identity(d, p, known, in->name));
    if (r->line) {
        char *text = qb_sprintf("%s  %lld bytes  %s  %s", in->name, (long long)in->n_read, hex,
                                known ? known->label : "no known checksum");
        if (!text)
            return QB_E_NOMEM;
        r->line(r->context, text);
        qb_free(text);
    }
    return 0;
}

/* Stops at an error, or when verifying reports it, keeps the first and goes on. */
static int handle_error(reading *r, int rc)
{
    if (rc == 0 || !r->line || rc == QB_E_NOMEM)
        return rc;
    r->line(r->context, qb_err_text());
    if (r->first_error == 0) {
        r->first_error = rc;
        r->first_text = qb_strdup(qb_err_text());
        r->first_hint = qb_strdup(qb_err_hint_text());
    }
    return 0;
}

static int report_missing(const reading *r, size_t index)
{
    const qb_source *s = r->set->source;
    qb_err_set(QB_E_DATA, "%s: %s is missing, wanted %s", r->set->place.path, s->parts[index].names[0], s->info.files);
    return qb_err_hint("%s", s->get_it);
}

static int read_folder(reading *r)
{
    const qb_source *s = r->set->source;
    for (size_t i = 0; i < s->n_parts; i++) {
        char *path = qb_locate_part(&s->parts[i], r->set->place.path);
        qb_input in = {0};
        int rc = path ? qb_input_open(path, false, &in) : report_missing(r, i);
        if (rc == 0)
            rc = read_part(r, i, path, &in);
        qb_input_close(&in);
        qb_free(path);
        QB_TRY(handle_error(r, rc));
    }
    return 0;
}

static int read_member(void *context, const char *base_name, qb_input *in)
{
    reading *r = context;
    const qb_source *s = r->set->source;
    for (size_t i = 0; i < s->n_parts; i++) {
        if (strcmp(base_name, s->parts[i].names[0]) != 0)
            continue;
        if (r->seen[i]) {
            qb_err_set(QB_E_DATA, "%s: the archive has two members of that name, wanted one", in->name);
            return qb_err_hint("this is not the published archive: download it again");
        }
        r->seen[i] = true;
        return handle_error(r, read_part(r, i, r->set->place.path, in));
    }
    return 0; /* a text file, or anything else: not ours */
}

static int read_archive(reading *r)
{
    QB_TRY(handle_error(r, qb_archive_each(r->set->place.path, read_member, r)));
    for (size_t i = 0; i < r->set->source->n_parts; i++)
        if (!r->seen[i])
            QB_TRY(handle_error(r, report_missing(r, i)));
    return 0;
}

static int alloc_splits(qb_dataset *d)
{
    const qb_dataset_info *info = &d->source->info;
    for (int split = 0; split < 2; split++) {
        size_t n = (size_t)(split == QB_PART_TRAIN ? info->n_train : info->n_test);
        d->pixels[split] = qb_alloc(n, (size_t)(info->c * info->h * info->w));
        d->labels[split] = qb_alloc(n, 1);
        if (!d->pixels[split] || !d->labels[split])
            return QB_E_NOMEM;
    }
    return 0;
}

/* A generated set's fingerprint is that of its bytes. */
static void hash_generated(qb_dataset *d)
{
    const qb_dataset_info *info = &d->source->info;
    for (int split = 0; split < 2; split++) {
        size_t n = (size_t)(split == QB_PART_TRAIN ? info->n_train : info->n_test);
        qb_sha256_of(d->pixels[split], n * (size_t)(info->c * info->h * info->w), d->sha256[2 * split]);
        qb_sha256_of(d->labels[split], n, d->sha256[2 * split + 1]);
    }
}

/* SHA-256 over "ROLE SHA256\n" of every part, in the order of the roles. */
static int make_fingerprint(qb_dataset *d)
{
    static const char *const generated_roles[] = {"test-images", "test-labels", "train-images", "train-labels"};
    qb_str all = {0};
    size_t n = d->source->n_parts ? d->source->n_parts : 4;
    for (size_t i = 0; i < n; i++)
        qb_str_addf(&all, "%s %s\n", d->source->n_parts ? d->source->parts[i].role : generated_roles[i], d->sha256[i]);
    if (all.failed) {
        qb_str_finish(&all);
        return qb_err_set(QB_E_NOMEM, "out of memory");
    }
    qb_sha256_of(all.text, all.length, d->fingerprint);
    qb_str_finish(&all);
    return 0;
}

/* The name for tables, and what a reader of them has to know; no paths, because it goes into records. */
static int make_label(qb_dataset *d)
{
    const qb_source *s = d->source;
    const char *variant = s->label;
    qb_str odd = {0}, twice = {0};
    for (size_t i = 0; i < s->n_parts; i++) {
        const qb_known *known = qb_known_find(d->sha256[i]);
        const char *label = known ? known->label : NULL;
        if (i == 0)
            variant = label;
        else if (!label || !variant || strcmp(label, variant) != 0)
            variant = NULL;
        if (!known || strcmp(label, s->label) != 0)
            qb_str_addf(&odd, "%s%s", odd.length ? ", " : "", s->parts[i].role);
        for (size_t j = 0; j < i; j++)
            if (strcmp(d->sha256[i], d->sha256[j]) == 0)
                qb_str_addf(&twice, "; %s and %s are the same bytes", s->parts[j].role, s->parts[i].role);
    }
    int rc = 0;
    d->label = variant ? qb_strdup(variant) : qb_sprintf("%s (unverified)", s->label);
    if (odd.length)
        d->warning = variant ? qb_sprintf("%s: its checksums differ from the published %s, compare only results of the same data",
                                          variant, s->label)
                             : qb_sprintf("checksums differ from the published %s (%s)%s", s->label, odd.failed ? "" : odd.text,
                                          twice.length ? twice.text : "");
    if (!d->label || odd.failed || twice.failed || (odd.length && !d->warning))
        rc = qb_err_set(QB_E_NOMEM, "out of memory");
    qb_str_finish(&odd);
    qb_str_finish(&twice);
    return rc;
}

static int open_set(const char *name, const char *data_dir, reading *r, qb_dataset **ret_dataset)
{
    const qb_source *s = NULL;
    QB_TRY(find_source(name, &s));
    QB_ASSERT(s->n_parts <= MAX_PARTS && s->info.n_classes <= 256);
    qb_dataset *d = qb_alloc(1, sizeof *d);
    if (!d)
        return QB_E_NOMEM;
    d->source = s;
    r->set = d;
    int rc = alloc_splits(d);
    if (rc == 0 && s->generate) {
        rc = s->generate(s, d->pixels, d->labels);
        hash_generated(d);
    } else if (rc == 0) {
        rc = qb_locate(s, data_dir, &d->place);
        if (rc == 0)
            rc = d->place.is_archive ? read_archive(r) : read_folder(r);
    }
    if (rc == 0 && r->first_error == 0)
        rc = make_fingerprint(d);
    if (rc == 0 && r->first_error == 0)
        rc = make_label(d);
    if (rc < 0) {
        qb_dataset_close(d);
        return rc;
    }
    *ret_dataset = d;
    return 0;
}

int qb_dataset_open(const char *name, const char *data_dir, qb_dataset **ret_dataset)
{
    reading r = {.use_cache = true};
    return open_set(name, data_dir, &r, ret_dataset);
}

int qb_dataset_locate(const char *name, const char *data_dir, char **ret_path)
{
    const qb_source *s = NULL;
    qb_place place = {0};
    QB_TRY(find_source(name, &s));
    if (s->generate)
        place.path = qb_strdup(generated_place);
    else
        QB_TRY(qb_locate(s, data_dir, &place));
    if (!place.path)
        return QB_E_NOMEM;
    *ret_path = place.path;
    return 0;
}

void qb_dataset_close(qb_dataset *d)
{
    if (!d)
        return;
    for (int split = 0; split < 2; split++) {
        qb_free(d->pixels[split]);
        qb_free(d->labels[split]);
    }
    qb_free(d->place.path);
    qb_free(d->label);
    qb_free(d->warning);
    qb_free(d);
}

const qb_dataset_info *qb_dataset_get_info(const qb_dataset *d)
{
    return &d->source->info;
}

qb_split qb_dataset_train(const qb_dataset *d)
{
    return (qb_split){d->pixels[QB_PART_TRAIN], d->labels[QB_PART_TRAIN], d->source->info.n_train};
}

qb_split qb_dataset_test(const qb_dataset *d)
{
    return (qb_split){d->pixels[QB_PART_TEST], d->labels[QB_PART_TEST], d->source->info.n_test};
}

const char *qb_dataset_dir(const qb_dataset *d)
{
    return d->place.path ? d->place.path : generated_place;
}

const char *qb_dataset_fingerprint(const qb_dataset *d)
{
    return d->fingerprint;
}

const char *qb_dataset_warning(const qb_dataset *d)
{
    return d->warning;
}

const char *qb_dataset_label(const qb_dataset *d)
{
    return d->label;
}

int qb_dataset_verify(const char *name, const char *data_dir, void (*line)(void *context, const char *text), void *context)
{
    reading r = {.line = line, .context = context};
    qb_dataset *d = NULL;
    int rc = open_set(name, data_dir, &r, &d);
    if (rc == 0 && r.first_error < 0) {
        rc = qb_err_set(r.first_error, "%s", r.first_text ? r.first_text : "out of memory");
        if (r.first_hint && r.first_hint[0])
            qb_err_hint("%s", r.first_hint);
    } else if (rc == 0) {
        char *text = qb_sprintf("%s: %s; fingerprint %s", qb_dataset_dir(d), d->warning ? d->label : "as published", d->fingerprint);
        if (text)
            line(context, text);
        rc = text ? 0 : QB_E_NOMEM;
        qb_free(text);
    }
    qb_free(r.first_text);
    qb_free(r.first_hint);
    qb_dataset_close(d);
    return rc;
}
