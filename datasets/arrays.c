/* Data sets whose images are arrays of bytes in memory: those of a caller, and those that the program makes. */
#include "base/err.h"
#include "base/mem.h"
#include "datasets/arrays.h"

static int arrays_image(const qb_dataset *d, int split, int64_t i, qb_room *room, qb_image *ret_image)
{
    (void)room;
    const qb_arrays *splits = d->state;
    const int64_t bytes = (int64_t)d->info.c * d->info.h * d->info.w;
    *ret_image = qb_image_of_planes(splits[split].pixels + i * bytes, d->info.c, d->info.h, d->info.w);
    return 0;
}

char *qb_arrays_image_name(const qb_dataset *d, int split, int64_t i)
{
    return qb_sprintf("%s: %s image %lld", d->info.name, split == QB_SPLIT_TRAIN ? "training" : "test", (long long)i);
}

static void borrowed_close(qb_dataset *d)
{
    qb_free(d->state);
}

static const qb_source_kind borrowed_kind = {.image = arrays_image, .image_name = qb_arrays_image_name, .close = borrowed_close};
static const qb_source borrowed = {.kind = &borrowed_kind};

int qb_dataset_of_arrays(const qb_dataset_info *info, const qb_arrays splits[QB_N_SPLITS], qb_dataset **ret_dataset)
{
    qb_dataset *d = qb_alloc(1, sizeof *d);
    qb_arrays *arrays = qb_alloc(QB_N_SPLITS, sizeof *arrays);
    if (!d || !arrays) {
        qb_free(d);
        qb_free(arrays);
        return QB_E_NOMEM;
    }
    d->source = &borrowed;
    d->info = *info;
    d->info.n_train = splits[QB_SPLIT_TRAIN].n;
    d->info.n_test = splits[QB_SPLIT_TEST].n;
    d->state = arrays;
    d->loaded = true;
    int rc = qb_dataset_alloc_classes(d);
    for (int split = 0; rc == 0 && split < QB_N_SPLITS; split++) {
        arrays[split] = splits[split];
        for (int64_t i = 0; i < splits[split].n; i++)
            d->classes[split][i] = splits[split].classes[i];
    }
    if (rc < 0) {
        qb_dataset_close(d);
        return rc;
    }
    *ret_dataset = d;
    return 0;
}
