/* The data sets imagenet and folder: image files wherever they lie (image_place.h), decoded when they are asked for.
 *
 * Invariant: order, fingerprint and pixels are those of the index, the same for a tree, archives and a pack.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/ordered.h"
#include "base/str.h"
#include "datasets/image_place.h"
#include "datasets/index.h"
#include "datasets/pack.h"
#include "datasets/shrink.h"
#include "datasets/store.h"
#include "datasets/tars.h"
#include "datasets/tree.h"
#include "image/decode.h"

enum { TELL_EVERY = 64 };

typedef struct image_set {
    qb_index index;
    qb_store store;
} image_set;

/* The table of imagenet has a label; that of folder has none, because it is called as its folder is. */
static bool is_imagenet(const qb_dataset *d)
{
    return d->source->label != NULL;
}

/* ---- opening ---- */

static int open_place(const qb_image_place *place, bool anew, image_set *set, const qb_watch *watch)
{
    if (place->form == QB_IMAGES_PACK)
        return qb_pack_open(place->path, &set->index, &set->store);
    if (place->form == QB_IMAGES_TARS)
        return qb_tars_open(place->path, anew, &set->index, &set->store, watch);
    QB_TRY(qb_tree_read(place->path, &set->index, watch));
    set->store.is_split = !qb_index_is_whole(&set->index);
    set->store.root = qb_strdup(place->path);
    return set->store.root ? 0 : QB_E_NOMEM;
}

/* What the set is called: as the pack says, else as its folder or file. */
static int make_title(const qb_dataset *d, qb_index *x)
{
    if (is_imagenet(d) || x->title)
        return 0;
    char *path = qb_path_absolute(d->place); /* of "." and "x/" too the name is wanted */
    x->title = path ? qb_strdup(qb_path_base(path)) : NULL;
    qb_free(path);
    if (!x->title)
        return QB_E_NOMEM;
    if (qb_ends_with(x->title, QB_PACK_ENDING))
        x->title[strlen(x->title) - strlen(QB_PACK_ENDING)] = '\0';
    return 0;
}

static int divide(qb_dataset *d, qb_index *x)
{
    const double fraction = d->options.val_fraction;
    if (!qb_index_is_whole(x)) {
        if (fraction == 0)
            return 0;
        qb_err_set(QB_E_CONFIG, "val_fraction: %s has images to test on already", d->place);
        return qb_err_hint("leave out --val-fraction, or give the folder of the training images");
    }
    if (d->options.keeps_whole) {
        x->count[QB_SPLIT_TRAIN] = (int64_t)x->n;
        d->warning = qb_strdup("not split into images to train and to test on: that is done by val_fraction");
        return d->warning ? 0 : QB_E_NOMEM;
    }
    if (fraction > 0)
        return qb_index_divide(x, fraction);
    qb_err_set(QB_E_CONFIG, "val_fraction: %s has no folders train and val, and nothing says which images are to test on", d->place);
    return qb_err_hint("give --val-fraction, for example 0.1");
}

static int check_classes(const qb_dataset *d, const qb_index *x)
{
    if (!is_imagenet(d) || x->n_classes == QB_IMAGENET_CLASSES)
        return 0;
    qb_err_set(QB_E_DATA, "%s: has %zu classes, wanted the %d of ImageNet", d->place, x->n_classes, QB_IMAGENET_CLASSES);
    return qb_err_hint("use --dataset folder for images of other classes");
}

static int make_label(qb_dataset *d, const qb_index *x)
{
    const bool is_whole_imagenet = x->count[QB_SPLIT_TRAIN] == QB_IMAGENET_TRAIN && x->count[QB_SPLIT_TEST] == QB_IMAGENET_TEST;
    const bool is_odd = is_imagenet(d) && !is_whole_imagenet;
    char side[48] = "";
    if (x->short_side > 0)
        snprintf(side, sizeof side, " (shorter side %d)", x->short_side);
    d->label = qb_sprintf("%s%s%s", is_imagenet(d) ? d->source->label : x->title, is_odd ? " (unverified)" : "", side);
    if (!d->label)
        return QB_E_NOMEM;
    if (d->warning || (!is_odd && x->short_side == 0))
        return 0;
    if (is_odd)
        d->warning = qb_sprintf("has %lld training and %lld test images, the published ImageNet %d and %d",
                                (long long)x->count[QB_SPLIT_TRAIN], (long long)x->count[QB_SPLIT_TEST], QB_IMAGENET_TRAIN, QB_IMAGENET_TEST);
    else
        d->warning = qb_sprintf("images were packed with a shorter side of at most %d pixels, compare only results of the same data",
                                x->short_side);
    return d->warning ? 0 : QB_E_NOMEM;
}

static void fill_info(qb_dataset *d, const qb_index *x)
{
    d->info.n_classes = (int)x->n_classes;
    d->info.n_train = x->count[QB_SPLIT_TRAIN];
    d->info.n_test = x->count[QB_SPLIT_TEST];
    d->info.class_names = (const char *const *)x->classes;
    qb_dataset_take_size(d, &d->options);
}

static int check_images(const qb_dataset *d, qb_report *report);

static int images_open(qb_dataset *d, const char *data_dir, qb_report *report)
{
    image_set *set = qb_alloc(1, sizeof *set);
    qb_image_place place = {0};
    d->state = set;
    if (!set)
        return QB_E_NOMEM;
    QB_TRY(qb_image_place_find(d->source, data_dir, &place));
    d->place = place.path;
    QB_TRY(open_place(&place, report != NULL, set, d->options.watch));
    QB_TRY(make_title(d, &set->index));
    QB_TRY(check_classes(d, &set->index));
    QB_TRY(divide(d, &set->index));
    fill_info(d, &set->index);
    QB_TRY(make_label(d, &set->index));
    QB_TRY(qb_index_fingerprint(&set->index, d->fingerprint));
    return report ? check_images(d, report) : 0;
}

static int images_load(qb_dataset *d)
{
    const image_set *set = d->state;
    QB_TRY(qb_dataset_alloc_classes(d));
    for (int split = 0; split < QB_N_SPLITS; split++)
        for (int64_t i = 0; i < set->index.count[split]; i++)
            d->classes[split][i] = qb_index_get(&set->index, split, i)->label;
    return 0;
}

static int images_locate(const qb_source *s, const char *data_dir, char **ret_path)
{
    qb_image_place place = {0};
    QB_TRY(qb_image_place_find(s, data_dir, &place));
    *ret_path = place.path;
    return 0;
}

static void images_close(qb_dataset *d)
{
    image_set *set = d->state;
    if (!set)
        return;
    qb_index_finish(&set->index);
    qb_store_finish(&set->store);
    qb_free(set);
}

/* ---- images ---- */

static int images_file(const qb_dataset *d, int split, int64_t i, qb_file_bytes *ret_bytes)
{
    const image_set *set = d->state;
    return qb_store_read(&set->store, &set->index, qb_index_get(&set->index, split, i), ret_bytes);
}

static int decode(const qb_file_bytes *bytes, const qb_window_choice *choice, qb_room *room, qb_image *ret_image)
{
    int height, width;
    if (!choice)
        return qb_decode(bytes->bytes, bytes->n, NULL, room, ret_image);
    QB_TRY(qb_decode_size(bytes->bytes, bytes->n, &height, &width));
    const qb_box window = choice->choose(choice->context, height, width);
    return qb_decode(bytes->bytes, bytes->n, &window, room, ret_image);
}

/* choice: NULL: the whole image. */
static int images_window(const qb_dataset *d, int split, int64_t i, const qb_window_choice *choice, qb_room *room, qb_image *ret_image)
{
    qb_file_bytes bytes = {0};
    QB_TRY(images_file(d, split, i, &bytes));
    int rc = decode(&bytes, choice, room, ret_image);
    qb_free(bytes.owned);
    return rc;
}

static int images_image(const qb_dataset *d, int split, int64_t i, qb_room *room, qb_image *ret_image)
{
    return images_window(d, split, i, NULL, room, ret_image);
}

static char *images_name(const qb_dataset *d, int split, int64_t i)
{
    const image_set *set = d->state;
    const qb_index *x = &set->index;
    const qb_entry *e = qb_index_get(x, split, i);
    if (set->store.root)
        return qb_tree_path(set->store.root, x, e, set->store.is_split);
    const char *folder = qb_split_folder(e->split);
    return qb_sprintf("%s(%s%s%s/%s)", d->place, folder, *folder ? "/" : "", x->classes[e->label], qb_index_name(x, e));
}

/* The images [next, end) of a class that are not taken yet. */
typedef struct rest {
    int64_t next, end;
} rest;

/* The first image of each class, then the second of each that has one, and so on. */
static int images_pick(const qb_dataset *d, int split, int64_t n, uint32_t *ret_images)
{
    const qb_index *x = &((const image_set *)d->state)->index;
    rest *rests = qb_alloc(x->n_classes, sizeof *rests);
    size_t n_rests = 0;
    if (!rests)
        return QB_E_NOMEM;
    for (int64_t i = 0; i < x->count[split]; i++) { /* they lie class by class */
        if (i == 0 || qb_index_get(x, split, i)->label != qb_index_get(x, split, i - 1)->label)
            rests[n_rests++].next = i;
        rests[n_rests - 1].end = i + 1;
    }
    for (int64_t taken = 0; taken < n;) {
        size_t n_left = 0;
        for (size_t k = 0; k < n_rests && taken < n; k++) {
            rest r = rests[k];
            ret_images[taken++] = (uint32_t)r.next++;
            if (r.next < r.end)
                rests[n_left++] = r;
        }
        n_rests = n_left;
    }
    qb_free(rests);
    return 0;
}

/* ---- verifying and packing ---- */

/* What became of an image: 0, or an error with its text (NULL: out of memory). */
typedef struct verdict {
    int rc;
    char *text;
} verdict;

typedef struct checking {
    const qb_dataset *d;
    qb_report *report;
    qb_room rooms[QB_ORDERED_THREADS];
    verdict verdicts[QB_ORDERED_SLOTS];
    int64_t n_bad;
} checking;

/* Decodes image i of the index, in which the training images come first. */
static void check_image(void *context, int64_t i, int slot, int thread)
{
    checking *c = context;
    verdict *v = &c->verdicts[slot];
    const int64_t n_train = qb_dataset_count(c->d, QB_SPLIT_TRAIN);
    const int split = i < n_train ? QB_SPLIT_TRAIN : QB_SPLIT_TEST;
    const int64_t k = i < n_train ? i : i - n_train;
    qb_image image;
    *v = (verdict){images_image(c->d, split, k, &c->rooms[thread], &image), NULL};
    char *name = v->rc < 0 ? images_name(c->d, split, k) : NULL;
    if (name)
        v->text = qb_sprintf("%s: %s", name, qb_err_text());
    qb_free(name);
    qb_err_clear();
}

static int take_verdict(void *context, int64_t i, int slot)
{
    checking *c = context;
    verdict *v = &c->verdicts[slot];
    if (i % TELL_EVERY == 0)
        QB_TRY(qb_watch_step(c->d->options.watch, "images checked", i, (int64_t)((const image_set *)c->d->state)->index.n));
    if (v->rc == 0)
        return 0;
    if (v->rc == QB_E_NOMEM || !v->text)
        return qb_err_set(QB_E_NOMEM, "out of memory while checking images");
    c->n_bad++;
    qb_err_set(v->rc, "%s", v->text);
    qb_err_hint("mend or remove it, or train with --on-bad-image warn");
    qb_free(v->text);
    v->text = NULL;
    return qb_report_error(c->report, qb_err_code());
}

/* Decodes every image, and tells of those that cannot be. */
static int check_images(const qb_dataset *d, qb_report *report)
{
    const qb_index *x = &((const image_set *)d->state)->index;
    checking *c = qb_alloc(1, sizeof *c);
    if (!c)
        return QB_E_NOMEM;
    c->d = d;
    c->report = report;
    int rc = qb_ordered_run(&(qb_ordered){.end = (int64_t)x->n, .threads = d->options.threads, .work = check_image,
                                          .take = take_verdict, .context = c});
    char *text = qb_sprintf("%s: %zu classes, %lld training and %lld test images, of which %lld cannot be read", d->place, x->n_classes,
                            (long long)x->count[QB_SPLIT_TRAIN], (long long)x->count[QB_SPLIT_TEST], (long long)c->n_bad);
    if (rc == 0 && text)
        report->line(report->context, text);
    for (int i = 0; i < QB_ORDERED_THREADS; i++)
        qb_free(c->rooms[i].bytes);
    for (int i = 0; i < QB_ORDERED_SLOTS; i++)
        qb_free(c->verdicts[i].text);
    qb_free(c);
    qb_free(text);
    return rc < 0 ? rc : text ? 0 : QB_E_NOMEM;
}

static int images_pack(qb_dataset *d, const char *path, int short_side, const qb_dataset_options *options)
{
    image_set *set = d->state;
    const qb_pack_options o = {.short_side = short_side, .shrink = short_side > 0 ? qb_shrink_file : NULL, .threads = options->threads,
                               .watch = options->watch};
    return qb_pack_write(path, &set->index, &set->store, &o);
}

static const qb_source_kind images_kind = {.locate = images_locate, .open = images_open, .load = images_load, .image = images_image,
                                           .window = images_window, .file = images_file, .image_name = images_name,
                                           .pick = images_pick, .pack = images_pack, .close = images_close};

static const char *const defaults[] = {"image_size=224", "norm_mean=0.485/0.456/0.406", "norm_std=0.229/0.224/0.225", "augment=resnet", NULL};

#define OF_IMAGENET .c = 3, .h = 224, .w = 224, .mean = {0.485, 0.456, 0.406}, .std = {0.229, 0.224, 0.225}, .is_sized = true, .defaults = defaults

const qb_source qb_source_imagenet = {
    .info = {.name = "imagenet",
             .title = "ImageNet (ILSVRC 2012): photographs of any size, colour, 1,000 classes",
             .source = "Russakovsky et al. 2015, ImageNet Large Scale Visual Recognition Challenge",
             .n_classes = QB_IMAGENET_CLASSES, .n_train = -1, .n_test = -1,
             .files = "folders train and val with a folder a class, ILSVRC2012_img_train.tar and ILSVRC2012_img_val.tar, or one *.pack",
             OF_IMAGENET},
    .label = "ImageNet",
    .kind = &images_kind,
};

const qb_source qb_source_folder = {
    .info = {.name = "folder",
             .title = "Images of your own: JPEG and PNG files in a folder a class",
             .source = "your own",
             .n_classes = -1, .n_train = -1, .n_test = -1,
             .files = "folders train and val with a folder a class, or folders of classes and val_fraction, or one *.pack",
             OF_IMAGENET},
    .kind = &images_kind,
};
