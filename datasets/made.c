/* Images made by the program in place of a set's own, to see whether something would run where the data are not: of the set's
 * shape, classes and counts (of a set that only its data know, those of the published ImageNet, or ten classes). Noise, in
 * which there is nothing to learn: no result ever comes of them. Image i has label i mod the number of classes.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "datasets/arrays.h"

enum {
    SET_SEED = 1997,
    FOLDER_CLASSES = 10, FOLDER_TRAIN = 5000, FOLDER_TEST = 1000,
};

static int made_load(qb_dataset *d)
{
    QB_TRY(qb_dataset_alloc_classes(d));
    for (int split = 0; split < QB_N_SPLITS; split++)
        for (int64_t i = 0; i < qb_dataset_count(d, split); i++)
            d->classes[split][i] = (uint16_t)(i % d->info.n_classes);
    return 0;
}

static int made_image(const qb_dataset *d, int split, int64_t i, qb_room *room, qb_image *ret_image)
{
    const size_t n = (size_t)d->info.c * (size_t)d->info.h * (size_t)d->info.w;
    qb_stream s = qb_rng_stream(SET_SEED, QB_RNG_SYNTHETIC, (uint64_t)split, (uint64_t)i);
    const size_t n_words = (n + sizeof(uint32_t) - 1) / sizeof(uint32_t);
    QB_TRY(qb_room_reserve(room, n_words * sizeof(uint32_t)));
    qb_rng_words(&s, (uint32_t *)(void *)room->bytes, n_words);
    *ret_image = d->info.is_sized ? qb_image_of_pixels(room->bytes, d->info.c, d->info.h, d->info.w) /* as decoded files are */
                                  : qb_image_of_planes(room->bytes, d->info.c, d->info.h, d->info.w);
    return 0;
}

static void made_close(qb_dataset *d)
{
    qb_free(d->state);
}

static const qb_source_kind made_kind = {.load = made_load, .image = made_image, .image_name = qb_arrays_image_name,
                                         .close = made_close};

static void fill_info(qb_dataset *d, const qb_dataset_options *o)
{
    qb_dataset_info *info = &d->info;
    const bool is_open = info->n_train < 0; /* counts are the data's */
    if (is_open && info->n_classes < 0) {
        info->n_classes = FOLDER_CLASSES;
        info->n_train = FOLDER_TRAIN;
        info->n_test = FOLDER_TEST;
    } else if (is_open) {
        info->n_train = QB_IMAGENET_TRAIN;
        info->n_test = QB_IMAGENET_TEST;
    }
    info->class_names = NULL;
    if (info->is_sized)
        qb_dataset_take_size(d, o);
}

int qb_dataset_make(const char *name, const qb_dataset_options *options, qb_dataset **ret_dataset)
{
    const qb_source *named;
    QB_TRY(qb_source_find(name, &named));
    qb_dataset *d = qb_alloc(1, sizeof *d);
    qb_source *source = qb_alloc(1, sizeof *source);
    if (!d || !source) {
        qb_free(d);
        qb_free(source);
        return QB_E_NOMEM;
    }
    *source = *named;
    source->kind = &made_kind;
    *d = (qb_dataset){.source = source, .info = named->info, .state = source};
    fill_info(d, options);
    qb_sha256_of(named->info.name, strlen(named->info.name), d->fingerprint);
    if (!(d->label = qb_strdup("made images"))) {
        qb_dataset_close(d);
        return QB_E_NOMEM;
    }
    *ret_dataset = d;
    return 0;
}
