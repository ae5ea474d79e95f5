/* A batch of 128 images of CIFAR's size, made in the calling thread: flip, pad and crop, normalise; and without the two
 * that are drawn, which is what an evaluation takes. */
#include "bench.h"

#include "base/mem.h"
#include "train/loader.h"

enum { IMAGES = 2000, BATCH = 128, BYTES = 3 * 32 * 32 };

static void next(void *context)
{
    qb_batch batch;
    bench_need(qb_loader_next(context, &batch));
}

static void measure(const char *name, const qb_loader_options *o)
{
    qb_loader *loader;
    bench_need(qb_loader_create(o, &loader));
    double seconds = bench_best(next, loader);
    (void)printf("%-18s %12.0f %12.3f\n", name, BATCH / seconds, 1e3 * seconds);
    qb_loader_destroy(loader);
}

int main(void)
{
    uint8_t *pixels = qb_alloc(IMAGES, BYTES);
    uint16_t *classes = qb_alloc(IMAGES, sizeof *classes);
    if (pixels == NULL || classes == NULL)
        bench_need(QB_E_NOMEM);
    qb_stream s = qb_rng_stream(1, QB_RNG_SYNTHETIC, 0, 0);
    for (int64_t i = 0; i < (int64_t)IMAGES * BYTES; i++)
        pixels[i] = (uint8_t)qb_rng_word(&s);
    const qb_dataset_info info = {.name = "memory", .c = 3, .h = 32, .w = 32, .n_classes = 10, .mean = {0.5, 0.5, 0.5},
                                  .std = {0.25, 0.25, 0.25}};
    const qb_arrays splits[QB_N_SPLITS] = {[QB_SPLIT_TRAIN] = {pixels, classes, IMAGES}};
    qb_dataset *data;
    bench_need(qb_dataset_of_arrays(&info, splits, &data));
    qb_loader_options o = {.data = data, .split = QB_SPLIT_TRAIN, .n = IMAGES - IMAGES % BATCH, .batch = BATCH, .seed = 1,
                           .shuffle = true, .augmentation = {.flip = true, .crop_pad = 4}};
    (void)printf("%-18s %12s %12s\n", "loader", "images/s", "ms a batch");
    measure("flip and crop", &o);
    o.shuffle = false;
    o.augmentation = (qb_augmentation){0};
    measure("as they are", &o);
    qb_dataset_close(data);
    qb_free(pixels);
    qb_free(classes);
    return 0;
}
