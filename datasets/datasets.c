/* The table of data sets, and what every open one answers. Finding and reading is the sources' business (source.h). */
#include "datasets/datasets.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "datasets/source.h"

static const qb_source *const table[] = {
    &qb_source_fashion_mnist, &qb_source_mnist, &qb_source_cifar10, &qb_source_cifar100, &qb_source_synthetic,
    &qb_source_imagenet, &qb_source_folder,
};
enum { N_TABLE = sizeof table / sizeof table[0] };

static const qb_source *plugged;

static const char *const generated_place = "(made by the program)";

const qb_dataset_info *qb_datasets(size_t *ret_n)
{
    static qb_dataset_info infos[N_TABLE]; /* the heads of the rows, side by side */
    for (size_t i = 0; i < N_TABLE; i++)
        infos[i] = table[i]->info;
    *ret_n = N_TABLE;
    return infos;
}

void qb_source_plug(const qb_source *s)
{
    plugged = s;
}

int qb_source_find(const char *name, const qb_source **ret_source)
{
    const char *names[N_TABLE];
    for (size_t i = 0; i < N_TABLE; i++) {
        names[i] = table[i]->info.name;
        if (strcmp(names[i], name) == 0) {
            *ret_source = table[i];
            return 0;
        }
    }
    if (plugged && strcmp(plugged->info.name, name) == 0) {
        *ret_source = plugged;
        return 0;
    }
    const char *nearest = qb_nearest_name(name, names, N_TABLE);
    qb_err_set(QB_E_USAGE, "unknown data set '%s'", name);
    return nearest ? qb_err_hint("did you mean '%s'?", nearest) : qb_err_hint("'qatbench list datasets' shows all");
}

int qb_dataset_find(const char *name, const qb_dataset_info **ret_info)
{
    const qb_source *s = NULL;
    QB_TRY(qb_source_find(name, &s));
    *ret_info = &s->info;
    return 0;
}

int qb_report_error(qb_report *report, int rc)
{
    if (rc == 0 || !report || rc == QB_E_NOMEM)
        return rc;
    report->line(report->context, qb_err_text());
    if (report->first_error == 0) {
        report->first_error = rc;
        report->first_text = qb_strdup(qb_err_text());
        report->first_hint = qb_strdup(qb_err_hint_text());
    }
    return 0;
}

/* ---- open, load, close ---- */

/* Options beside data_dir are for sets that have images of any sizes. */
static int check_options(const qb_source *s, const qb_dataset_options *o)
{
    const char *key = o->image_size ? "image_size" : o->mean ? "norm_mean" : o->std ? "norm_std" : o->val_fraction > 0 ? "val_fraction" : NULL;
    if (!key || s->info.is_sized)
        return 0;
    qb_err_set(QB_E_CONFIG, "%s: data set '%s' does not take it: its images and its split are given", key, s->info.name);
    return qb_err_hint("leave it out, or use the data sets imagenet or folder");
}

static int open_set(const char *name, const qb_dataset_options *options, qb_report *report, qb_dataset **ret_dataset)
{
    const qb_source *s = NULL;
    QB_TRY(qb_source_find(name, &s));
    QB_TRY(check_options(s, options));
    qb_dataset *d = qb_alloc(1, sizeof *d);
    if (!d)
        return QB_E_NOMEM;
    d->source = s;
    d->info = s->info;
    d->options = *options;
    int rc = s->kind->open(d, options->data_dir, report);
    d->options = (qb_dataset_options){0}; /* what it borrows is the caller's */
    if (rc < 0) {
        qb_dataset_close(d);
        return rc;
    }
    QB_ASSERT(d->info.n_classes >= 1 && d->info.n_classes <= QB_CLASSES && d->info.n_train >= 0 && d->info.n_test >= 0);
    *ret_dataset = d;
    return 0;
}

int qb_dataset_open(const char *name, const char *data_dir, qb_dataset **ret_dataset)
{
    return open_set(name, &(qb_dataset_options){.data_dir = data_dir}, NULL, ret_dataset);
}

int qb_dataset_open_with(const char *name, const qb_dataset_options *options, qb_dataset **ret_dataset)
{
    return open_set(name, options, NULL, ret_dataset);
}

int qb_dataset_load(qb_dataset *d)
{
    if (d->loaded)
        return 0;
    QB_TRY(d->source->kind->load(d));
    d->loaded = true;
    return 0;
}

void qb_dataset_take_size(qb_dataset *d, const qb_dataset_options *o)
{
    if (o->image_size > 0)
        d->info.h = d->info.w = o->image_size;
    for (int c = 0; c < d->info.c; c++) {
        d->info.mean[c] = o->mean ? o->mean[c] : d->info.mean[c];
        d->info.std[c] = o->std ? o->std[c] : d->info.std[c];
    }
    d->transforms[0] = qb_transform_resize_crop(d->info.h);
    d->n_transforms = 1;
}

int qb_dataset_alloc_split(qb_dataset *d, int split)
{
    if (!d->classes[split])
        d->classes[split] = qb_alloc((size_t)qb_dataset_count(d, split), sizeof *d->classes[split]);
    return d->classes[split] ? 0 : QB_E_NOMEM;
}

int qb_dataset_alloc_classes(qb_dataset *d)
{
    for (int split = 0; split < QB_N_SPLITS; split++)
        QB_TRY(qb_dataset_alloc_split(d, split));
    return 0;
}

int qb_dataset_locate(const char *name, const char *data_dir, char **ret_path)
{
    const qb_source *s = NULL;
    QB_TRY(qb_source_find(name, &s));
    if (s->kind->locate)
        return s->kind->locate(s, data_dir, ret_path);
    char *path = qb_strdup(generated_place);
    if (!path)
        return QB_E_NOMEM;
    *ret_path = path;
    return 0;
}

void qb_dataset_close(qb_dataset *d)
{
    if (!d)
        return;
    if (d->source->kind->close)
        d->source->kind->close(d);
    for (int split = 0; split < QB_N_SPLITS; split++)
        qb_free(d->classes[split]);
    qb_free(d->place);
    qb_free(d->label);
    qb_free(d->warning);
    qb_free(d);
}

/* ---- what an open set answers ---- */

const qb_dataset_info *qb_dataset_get_info(const qb_dataset *d)
{
    return &d->info;
}

int64_t qb_dataset_count(const qb_dataset *d, int split)
{
    return split == QB_SPLIT_TRAIN ? d->info.n_train : d->info.n_test;
}

const char *qb_dataset_dir(const qb_dataset *d)
{
    return d->place ? d->place : generated_place;
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

int qb_dataset_add_name(const qb_dataset *d, int split, int64_t i, int rc)
{
    if (rc == 0 || rc == QB_E_NOMEM)
        return rc;
    char *name = qb_dataset_image_name(d, split, i);
    if (!name)
        return QB_E_NOMEM;
    (void)qb_err_add("%s", name);
    qb_free(name);
    return rc;
}

/* choice: NULL: the whole image. */
static int read_image(const qb_dataset *d, int split, int64_t i, const qb_window_choice *choice, qb_room *room, qb_image *ret_image)
{
    const qb_source_kind *kind = d->source->kind;
    if (choice && kind->window)
        return kind->window(d, split, i, choice, room, ret_image);
    QB_TRY(kind->image(d, split, i, room, ret_image));
    if (choice) {
        const qb_box window = choice->choose(choice->context, ret_image->h, ret_image->w);
        qb_image_cut(ret_image, &window);
    }
    return 0;
}

int qb_dataset_image(const qb_dataset *d, int split, int64_t i, qb_room *room, qb_image *ret_image)
{
    return qb_dataset_window(d, split, i, NULL, room, ret_image);
}

int qb_dataset_window(const qb_dataset *d, int split, int64_t i, const qb_window_choice *choice, qb_room *room, qb_image *ret_image)
{
    QB_ASSERT(d->loaded && i >= 0 && i < qb_dataset_count(d, split));
    return qb_dataset_add_name(d, split, i, read_image(d, split, i, choice, room, ret_image));
}

int qb_dataset_file(const qb_dataset *d, int split, int64_t i, qb_file_bytes *ret_bytes)
{
    QB_ASSERT(i >= 0 && i < qb_dataset_count(d, split));
    *ret_bytes = (qb_file_bytes){0};
    return d->source->kind->file ? qb_dataset_add_name(d, split, i, d->source->kind->file(d, split, i, ret_bytes)) : 0;
}

int qb_dataset_class(const qb_dataset *d, int split, int64_t i)
{
    QB_ASSERT(d->loaded);
    return d->classes[split][i];
}

char *qb_dataset_image_name(const qb_dataset *d, int split, int64_t i)
{
    return d->source->kind->image_name(d, split, i);
}

const qb_transform *qb_dataset_transforms(const qb_dataset *d, size_t *ret_n)
{
    *ret_n = d->n_transforms > 0 ? d->n_transforms : d->source->n_transforms;
    return d->n_transforms > 0 ? d->transforms : d->source->transforms;
}

int qb_dataset_pick(const qb_dataset *d, int split, int64_t n, uint32_t *ret_images)
{
    QB_ASSERT(n >= 0 && n <= qb_dataset_count(d, split));
    if (d->source->kind->pick && n < qb_dataset_count(d, split))
        return d->source->kind->pick(d, split, n, ret_images);
    for (int64_t i = 0; i < n; i++)
        ret_images[i] = (uint32_t)i;
    return 0;
}

int qb_dataset_pack(const char *name, const qb_dataset_options *options, const char *path, int short_side)
{
    const qb_source *s = NULL;
    QB_TRY(qb_source_find(name, &s));
    if (!s->kind->pack) {
        qb_err_set(QB_E_USAGE, "data set '%s' is not packed: it is read as it is", name);
        return qb_err_hint("packs are for the data sets imagenet and folder");
    }
    qb_dataset *d = NULL;
    QB_TRY(open_set(name, options, NULL, &d));
    int rc = s->kind->pack(d, path, short_side, options);
    qb_dataset_close(d);
    return rc;
}

int qb_dataset_verify(const char *name, const char *data_dir, void (*line)(void *context, const char *text), void *context)
{
    return qb_dataset_verify_with(name, &(qb_dataset_options){.data_dir = data_dir}, line, context);
}

int qb_dataset_verify_with(const char *name, const qb_dataset_options *options, void (*line)(void *context, const char *text),
                           void *context)
{
    qb_report report = {.line = line, .context = context};
    qb_dataset *d = NULL;
    int rc = open_set(name, options, &report, &d);
    if (rc == 0 && report.first_error < 0) {
        rc = qb_err_set(report.first_error, "%s", report.first_text ? report.first_text : "out of memory");
        if (report.first_hint && report.first_hint[0])
            qb_err_hint("%s", report.first_hint);
    } else if (rc == 0) {
        const bool is_published = !d->warning && !d->info.is_sized;
        char *text = qb_sprintf("%s: %s; fingerprint %s", qb_dataset_dir(d), is_published ? "as published" : d->label, d->fingerprint);
        if (text)
            line(context, text);
        rc = text ? 0 : QB_E_NOMEM;
        qb_free(text);
    }
    qb_free(report.first_text);
    qb_free(report.first_hint);
    qb_dataset_close(d);
    return rc;
}
