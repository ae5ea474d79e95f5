/* Opening and reading sets of a few files: each file is checked and hashed once, remembered, and mapped or unpacked when its
 * images are wanted. See files.h.
 */
#include "datasets/files.h"

#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "datasets/checksum.h"
#include "datasets/forms.h"
#include "datasets/input.h"
#include "datasets/locate.h"

enum { MAX_PARTS = 8 };

typedef struct part_state {
    char sha256[QB_SHA256_HEX];
    bool is_known;    /* sha256 is that of the file with the facts `file` */
    struct stat file; /* the part's, or the archive's */
    qb_contents contents;
} part_state;

typedef struct files_state {
    qb_place place;
    qb_part list[MAX_PARTS]; /* those of the table, with the counts of this set */
    part_state parts[MAX_PARTS];
} files_state;

/* One pass over the files. */
typedef struct reading {
    qb_dataset *set;
    files_state *state;
    qb_report *report;
    bool seen[MAX_PARTS];
    const char *other_form; /* what the archive holds that is not read; NULL: nothing of that kind */
} reading;

int qb_label_error(const char *name, int64_t record, int label, int n_classes)
{
    qb_err_set(QB_E_DATA, "%s: record %lld has label %d, wanted 0 to %d", name, (long long)record, label, n_classes - 1);
    return qb_err_hint("the file is damaged or of another data set: copy or download it again");
}

/* A published file under a wrong name, or in the folder of another set. */
static int check_identity(const qb_source *s, const qb_part *p, const char *sha256, const char *name)
{
    const qb_known *known = qb_known_find(sha256);
    if (!known)
        return 0;
    bool same_set = strcmp(known->dataset, s->info.name) == 0;
    if (same_set && strcmp(known->role, p->role) == 0)
        return 0;
    qb_err_set(QB_E_DATA, "%s: holds %s of %s, wanted %s of %s", name, known->role, known->label, p->role, s->label);
    return same_set ? qb_err_hint("files have been renamed or copied over each other: unpack the data again")
                    : qb_err_hint("use --dataset %s, or give the folder of %s with --data-dir", known->dataset, s->label);
}

static int tell(const reading *r, const char *name, size_t n, const char *sha256)
{
    const qb_known *known = qb_known_find(sha256);
    char *text = qb_sprintf("%s  %zu bytes  %s  %s", name, n, sha256, known ? known->label : "no known checksum");
    if (!text)
        return QB_E_NOMEM;
    r->report->line(r->report->context, text);
    qb_free(text);
    return 0;
}

/* Memory for classes is taken once the file has as many bytes as its head promises. */
static int check_contents(qb_dataset *d, const qb_part *p, qb_input *in, const qb_contents *c, int64_t size)
{
    const qb_source *s = d->source;
    const qb_format *format = s->files->format;
    QB_TRY(format->check_head(s, p, in->name, c->bytes, c->n));
    QB_TRY(qb_contents_check(in->name, c->n, size));
    QB_TRY(qb_input_expect_end(in, size));
    QB_TRY(qb_dataset_alloc_split(d, p->split));
    return format->read_labels(s, p, in->name, c->bytes, d->classes[p->split] + p->first);
}

/* Reads and verifies part `index`, and keeps its contents. */
static int read_part(reading *r, size_t index, qb_input *in)
{
    const qb_source *s = r->set->source;
    const qb_part *p = &r->state->list[index];
    const int64_t size = s->files->format->layout(s, p).size;
    part_state *part = &r->state->parts[index];
    qb_contents c = {0};
    QB_TRY(qb_input_contents(in, (size_t)size, &c));
    int rc = check_contents(r->set, p, in, &c, size);
    if (rc == 0 && !part->is_known)
        qb_sha256_of(c.bytes, c.n, part->sha256);
    if (rc == 0)
        rc = check_identity(s, p, part->sha256, in->name);
    if (rc == 0 && r->report)
        rc = tell(r, in->name, c.n, part->sha256);
    if (rc < 0) {
        qb_contents_finish(&c);
        return rc;
    }
    part->contents = c;
    return 0;
}

/* Remembers the checksum of a part that was read, or in a part that was remembered finds the file changed. */
static int settle(part_state *part, const char *path, const char *role, const qb_input_file *file)
{
    if (part->is_known && !qb_checksum_same_file(&part->file, &file->facts)) {
        qb_err_set(QB_E_DATA, "%s: has changed since it was opened", path);
        return qb_err_hint("run the same command again once nothing writes to it");
    }
    if (!part->is_known && file->is_steady)
        qb_checksum_remember(path, role, &file->facts, part->sha256);
    return 0;
}

static int report_missing(const reading *r, size_t index)
{
    const qb_source *s = r->set->source;
    qb_err_set(QB_E_DATA, "%s: %s is missing, wanted %s", r->set->place, s->files->parts[index].names[0], s->info.files);
    return qb_err_hint("%s", s->files->get_it);
}

/* A checksum of the cache stands for a file that was sound. */
static int recall(reading *r, size_t index, const char *path)
{
    const qb_source *s = r->set->source;
    part_state *part = &r->state->parts[index];
    if (r->report || stat(path, &part->file) != 0)
        return 0; /* opening says what is wrong with it */
    part->is_known = qb_checksum_recall(path, s->files->parts[index].role, &part->file, part->sha256);
    return part->is_known ? check_identity(s, &s->files->parts[index], part->sha256, path) : 0;
}

static int read_file(reading *r, size_t index, const char *path)
{
    qb_input in = {0};
    int rc = qb_input_open(path, &in);
    if (rc == 0)
        rc = read_part(r, index, &in);
    if (rc == 0) {
        const qb_input_file file = qb_input_get_file(&in);
        rc = settle(&r->state->parts[index], path, r->set->source->files->parts[index].role, &file);
    }
    qb_input_close(&in);
    return rc;
}

/* With want_images: every file that is not there yet; else those whose checksum is not remembered. */
static int read_folder(reading *r, bool want_images)
{
    const qb_files *f = r->set->source->files;
    for (size_t i = 0; i < f->n_parts; i++) {
        char *path = qb_locate_part(&f->parts[i], r->set->place);
        int rc = path ? 0 : report_missing(r, i);
        if (rc == 0 && !want_images)
            rc = recall(r, i, path);
        const part_state *part = &r->state->parts[i];
        if (rc == 0 && !part->contents.bytes && (want_images || !part->is_known))
            rc = read_file(r, i, path);
        qb_free(path);
        QB_TRY(qb_report_error(r->report, rc));
    }
    return 0;
}

static int read_member(void *context, const char *base_name, qb_input *in)
{
    reading *r = context;
    const qb_files *f = r->set->source->files;
    for (size_t i = 0; i < f->n_parts; i++) {
        if (strcmp(base_name, f->parts[i].names[0]) != 0)
            continue;
        if (r->seen[i]) {
            qb_err_set(QB_E_DATA, "%s: the archive has two members of that name, wanted one", in->name);
            return qb_err_hint("this is not the published archive: download it again");
        }
        r->seen[i] = true;
        return qb_report_error(r->report, read_part(r, i, in));
    }
    if (!r->other_form)
        r->other_form = qb_form_of_member(in->name);
    return 0; /* a text file, or anything else: not ours */
}

static int read_whole_archive(reading *r)
{
    const qb_files *f = r->set->source->files;
    const char *path = r->set->place;
    qb_input_file file;
    QB_TRY(qb_archive_each(path, read_member, r, &file));
    for (size_t i = 0; i < f->n_parts; i++)
        if (r->state->parts[i].contents.bytes)
            QB_TRY(settle(&r->state->parts[i], path, f->parts[i].role, &file));
    return 0;
}

static bool has_any(const reading *r)
{
    for (size_t i = 0; i < r->set->source->files->n_parts; i++)
        if (r->seen[i])
            return true;
    return false;
}

static int read_archive(reading *r, bool want_images)
{
    const qb_source *s = r->set->source;
    bool is_complete = !r->report;
    for (size_t i = 0; i < s->files->n_parts; i++) {
        if (!want_images)
            QB_TRY(qb_report_error(r->report, recall(r, i, r->set->place)));
        is_complete = is_complete && (want_images ? r->state->parts[i].contents.bytes != NULL : r->state->parts[i].is_known);
    }
    if (is_complete)
        return 0;
    QB_TRY(qb_report_error(r->report, read_whole_archive(r)));
    if (r->other_form && !has_any(r))
        return qb_report_error(r->report, qb_form_error(s, r->set->place, r->other_form));
    for (size_t i = 0; i < s->files->n_parts; i++)
        if (!r->seen[i])
            QB_TRY(qb_report_error(r->report, report_missing(r, i)));
    return 0;
}

static int read_all(qb_dataset *d, qb_report *report, bool want_images)
{
    reading r = {.set = d, .state = d->state, .report = report};
    return r.state->place.is_archive ? read_archive(&r, want_images) : read_folder(&r, want_images);
}

/* ---- fingerprint and label ---- */

/* SHA-256 over "ROLE SHA256\n" of every part, in the order of the roles. */
static int make_fingerprint(qb_dataset *d)
{
    const files_state *state = d->state;
    qb_str all = {0};
    for (size_t i = 0; i < d->source->files->n_parts; i++)
        qb_str_addf(&all, "%s %s\n", d->source->files->parts[i].role, state->parts[i].sha256);
    int rc = all.failed ? qb_err_set(QB_E_NOMEM, "out of memory") : 0;
    if (rc == 0)
        qb_sha256_of(all.text, all.length, d->fingerprint);
    qb_str_finish(&all);
    return rc;
}

/* The name for tables, and what a reader of them has to know; no paths, because it goes into records. */
static int make_label(qb_dataset *d)
{
    const qb_source *s = d->source;
    const part_state *state = ((files_state *)d->state)->parts;
    const qb_part *parts = s->files->parts;
    const char *variant = s->label;
    qb_str odd = {0}, twice = {0};
    for (size_t i = 0; i < s->files->n_parts; i++) {
        const qb_known *known = qb_known_find(state[i].sha256);
        const char *label = known ? known->label : NULL;
        if (i == 0)
            variant = label;
        else if (!label || !variant || strcmp(label, variant) != 0)
            variant = NULL;
        if (!known || strcmp(label, s->label) != 0)
            qb_str_addf(&odd, "%s%s", odd.length ? ", " : "", parts[i].role);
        for (size_t j = 0; j < i; j++)
            if (strcmp(state[i].sha256, state[j].sha256) == 0)
                qb_str_addf(&twice, "; %s and %s are the same bytes", parts[j].role, parts[i].role);
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

/* ---- counts ---- */

/* What the head of a part's file says; 0: nothing, reading it says why. */
static int64_t count_part(const qb_dataset *d, const qb_part *p)
{
    const files_state *state = d->state;
    qb_input in = {0};
    qb_contents head = {0};
    int64_t n = 0;
    char *path = qb_locate_part(p, state->place.path);
    if (path && qb_input_open(path, &in) == 0 && qb_input_contents(&in, QB_HEAD, &head) == 0)
        n = d->source->files->format->count(p, head.bytes, head.n);
    qb_contents_finish(&head);
    qb_input_close(&in);
    qb_free(path);
    qb_err_clear();
    return n;
}

/* Where all files of a split agree on another count than the table's, it is that of this set. */
static void take_counts(qb_dataset *d)
{
    files_state *state = d->state;
    const size_t n_parts = d->source->files->n_parts;
    for (int split = 0; split < QB_N_SPLITS; split++) {
        int64_t n = -1; /* none seen yet */
        for (size_t i = 0; i < n_parts && n != 0; i++) {
            if (state->list[i].split != split)
                continue;
            const int64_t here = count_part(d, &state->list[i]);
            n = n < 0 || n == here ? here : 0;
        }
        if (n <= 0)
            continue;
        for (size_t i = 0; i < n_parts; i++)
            if (state->list[i].split == split)
                state->list[i].n = n;
        *(split == QB_SPLIT_TRAIN ? &d->info.n_train : &d->info.n_test) = n;
    }
}

/* ---- the kind ---- */

static int files_locate(const qb_source *s, const char *data_dir, char **ret_path)
{
    qb_place place;
    QB_TRY(qb_locate(s, data_dir, &place));
    *ret_path = place.path;
    return 0;
}

static int files_open(qb_dataset *d, const char *data_dir, qb_report *report)
{
    QB_ASSERT(d->source->files->n_parts <= MAX_PARTS);
    files_state *state = qb_alloc(1, sizeof *state);
    d->state = state;
    if (!state)
        return QB_E_NOMEM;
    memcpy(state->list, d->source->files->parts, d->source->files->n_parts * sizeof *state->list);
    QB_TRY(qb_locate(d->source, data_dir, &state->place));
    d->place = state->place.path;
    if (d->source->files->format->count && !state->place.is_archive)
        take_counts(d);
    QB_TRY(read_all(d, report, false));
    if (report && report->first_error < 0)
        return 0; /* not all checksums are known */
    QB_TRY(make_fingerprint(d));
    return make_label(d);
}

static int files_load(qb_dataset *d)
{
    return read_all(d, NULL, true);
}

/* The part that holds the pixels of image i. */
static size_t part_of(const qb_dataset *d, int split, int64_t i)
{
    const qb_source *s = d->source;
    const qb_part *parts = ((const files_state *)d->state)->list;
    size_t k = 0;
    while (parts[k].split != split || i < parts[k].first || i >= parts[k].first + parts[k].n ||
           s->files->format->layout(s, &parts[k]).pixels < 0)
        k++;
    return k;
}

static int files_image(const qb_dataset *d, int split, int64_t i, qb_room *room, qb_image *ret_image)
{
    (void)room;
    const qb_source *s = d->source;
    const size_t k = part_of(d, split, i);
    const qb_part *p = &((const files_state *)d->state)->list[k];
    const qb_layout at = s->files->format->layout(s, p);
    const uint8_t *bytes = ((const files_state *)d->state)->parts[k].contents.bytes;
    *ret_image = qb_image_of_planes(bytes + at.pixels + (i - p->first) * at.stride, s->info.c, s->info.h, s->info.w);
    return 0;
}

static char *files_image_name(const qb_dataset *d, int split, int64_t i)
{
    const qb_part *p = &((const files_state *)d->state)->list[part_of(d, split, i)];
    return qb_sprintf("%s: record %lld of %s", d->place, (long long)(i - p->first), p->role);
}

static void files_close(qb_dataset *d)
{
    files_state *state = d->state;
    for (size_t i = 0; state && i < MAX_PARTS; i++)
        qb_contents_finish(&state->parts[i].contents);
    qb_free(state);
}

const qb_source_kind qb_kind_files = {.locate = files_locate, .open = files_open, .load = files_load, .image = files_image,
                                      .image_name = files_image_name, .close = files_close};
