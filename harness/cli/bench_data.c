/* Measuring. See bench_data.h. */
#include "cli/bench_data.h"

#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/stats.h"
#include "cli/cli.h"
#include "image/jpeg_bare.h"

/* ---- the ways ---- */

static int decode_bare(qb_data_bench *b, int64_t image)
{
    qb_file_bytes file;
    QB_TRY(qb_dataset_file(b->data, QB_SPLIT_TRAIN, image, &file));
    int rc = qb_jpeg_decode_bare(file.bytes, file.n, &b->rooms.pixels);
    qb_free(file.owned);
    return rc;
}

static int decode(qb_data_bench *b, int64_t image)
{
    qb_image pixels;
    return qb_dataset_image(b->data, QB_SPLIT_TRAIN, image, &b->rooms.pixels, &pixels);
}

static int go(qb_data_bench *b, size_t way, int64_t image, int64_t epoch)
{
    const qb_data_way *w = &b->ways[way];
    if (w->is_chain)
        return qb_chain_floats(&w->chain, epoch, (uint32_t)image, 0, &b->rooms, b->floats);
    return b->with_bare && way == 0 ? decode_bare(b, image) : decode(b, image);
}

static qb_data_way *add_way(qb_data_bench *b, const char *name)
{
    QB_ASSERT(b->n_ways < QB_DATA_WAYS);
    qb_data_way *w = &b->ways[b->n_ways++];
    w->name = name;
    return w;
}

/* Every augmentation that such images can have. */
static int add_chains(qb_data_bench *b)
{
    size_t n = 0;
    const qb_augmentation_kind *kinds = qb_augmentation_kinds(&n);
    for (size_t i = 0; i < n; i++) {
        if (qb_augmentation_check(&kinds[i].augmentation, qb_dataset_get_info(b->data)) < 0) {
            qb_err_clear();
            continue;
        }
        qb_data_way *w = add_way(b, kinds[i].name);
        w->is_chain = true;
        QB_TRY(qb_chain_init(&w->chain, b->data, QB_SPLIT_TRAIN, 0, &kinds[i].augmentation));
    }
    return 0;
}

/* ---- the images ---- */

/* Those of `count` images that can be read so. Why the last of the others cannot is the error that is set then. */
static int choose_images(qb_data_bench *b, int64_t count, int (*read)(qb_data_bench *b, int64_t image))
{
    const int64_t n = qb_dataset_count(b->data, QB_SPLIT_TRAIN);
    b->n_images = 0;
    for (int64_t i = 0; i < count; i++) {
        const int64_t image = i * n / count;
        const int rc = read(b, image);
        if (rc == QB_E_NOMEM)
            return rc;
        if (rc == 0)
            b->images[b->n_images++] = image;
    }
    b->n_left_out = (int)count - b->n_images;
    return 0;
}

/* Can be read by both. */
static int read_both(qb_data_bench *b, int64_t image)
{
    QB_TRY(decode_bare(b, image));
    return decode(b, image);
}

static int measure_sizes(qb_data_bench *b)
{
    for (int i = 0; i < b->n_images; i++) {
        qb_file_bytes file;
        qb_image image;
        QB_TRY(qb_dataset_image(b->data, QB_SPLIT_TRAIN, b->images[i], &b->rooms.pixels, &image));
        b->mean_pixels += (double)image.h * image.w / b->n_images;
        QB_TRY(qb_dataset_file(b->data, QB_SPLIT_TRAIN, b->images[i], &file));
        b->mean_bytes += (double)file.n / b->n_images;
        qb_free(file.owned);
    }
    return 0;
}

int qb_data_bench_init(qb_data_bench *b, const qb_dataset *data, int count)
{
    const qb_dataset_info *info = qb_dataset_get_info(data);
    const int64_t n = qb_dataset_count(data, QB_SPLIT_TRAIN), most = count < n ? count : n;
    *b = (qb_data_bench){.data = data, .has_files = info->is_sized};
    b->images = qb_alloc((size_t)most, sizeof *b->images);
    b->floats = qb_alloc((size_t)info->c * (size_t)info->h * (size_t)info->w, sizeof *b->floats);
    if (!b->images || !b->floats)
        return QB_E_NOMEM;
    if (b->has_files)
        QB_TRY(choose_images(b, most, read_both));
    b->with_bare = b->n_images > 0;
    if (!b->with_bare)
        QB_TRY(choose_images(b, most, decode));
    if (b->n_images == 0) /* of the last one: why */
        return qb_err_hint("'qatbench data verify' names all images that cannot be read");
    qb_err_clear();
    if (b->with_bare)
        (void)add_way(b, "libjpeg");
    (void)add_way(b, b->has_files ? "decode" : "read");
    QB_TRY(add_chains(b));
    return measure_sizes(b);
}

void qb_data_bench_finish(qb_data_bench *b)
{
    qb_free(b->images);
    qb_free(b->floats);
    qb_rooms_finish(&b->rooms);
    *b = (qb_data_bench){0};
}

/* ---- parts ---- */

/* An image on its way through a chain, with the clock in between. */
typedef struct walk {
    qb_data_way *way;
    const char *read_name; /* what reading is here */
    size_t part;
    double begin;
} walk;

static void end_part(void *context, const char *name)
{
    walk *w = context;
    const double now = qb_thread_seconds();
    QB_ASSERT(w->part < QB_DATA_PARTS);
    qb_data_part *p = &w->way->parts[w->part++];
    p->name = strcmp(name, "read") == 0 ? w->read_name : name;
    p->seconds += now - w->begin;
    w->begin = now;
}

static int walk_chain(qb_data_bench *b, qb_data_way *way, int64_t image, int64_t epoch)
{
    const qb_chain *chain = &way->chain;
    const bool in_part = chain->n_steps > 0 && chain->steps[0].choose;
    walk w = {way, !b->has_files ? "read" : in_part ? "decode a part" : "decode", 0, qb_thread_seconds()};
    const qb_chain_watcher watcher = {end_part, &w};
    QB_TRY(qb_chain_watched(chain, epoch, (uint32_t)image, 0, &b->rooms, &watcher, b->floats));
    way->n_parts = w.part;
    return 0;
}

/* ---- windows ---- */

/* All images in all ways; each way is the first one as often as the others. */
static int pass(qb_data_bench *b, int64_t epoch, double *seconds)
{
    for (int i = 0; i < b->n_images; i++) {
        for (size_t k = 0; k < b->n_ways; k++) {
            const size_t way = (k + (size_t)i + (size_t)epoch) % b->n_ways;
            const double begin = qb_thread_seconds();
            QB_TRY(go(b, way, b->images[i], epoch));
            seconds[way] += qb_thread_seconds() - begin;
        }
        for (size_t k = 0; b->with_parts && k < b->n_ways; k++)
            if (b->ways[k].is_chain)
                QB_TRY(walk_chain(b, &b->ways[k], b->images[i], epoch));
    }
    return 0;
}

static int measure_window(qb_data_bench *b, double seconds, int64_t *epoch)
{
    const double begin = qb_now_seconds();
    const int64_t first = *epoch;
    double sums[QB_DATA_WAYS] = {0};
    do
        QB_TRY(pass(b, (*epoch)++, sums));
    while (qb_now_seconds() - begin < seconds);
    for (size_t k = 0; k < b->n_ways; k++)
        b->ways[k].windows[b->n_windows] = sums[k] / (double)((*epoch - first) * b->n_images);
    b->n_windows++;
    return 0;
}

static void summarize(qb_data_bench *b, int64_t n_passes)
{
    double values[QB_DATA_WINDOWS];
    for (size_t k = 0; k < b->n_ways; k++) {
        qb_data_way *w = &b->ways[k];
        for (size_t i = 0; b->with_bare && i < b->n_windows; i++)
            values[i] = b->ways[0].windows[i] / w->windows[i];
        if (b->with_bare) {
            w->speed = qb_median(values, b->n_windows); /* sorts them */
            w->speed_low = values[0];
            w->speed_high = values[b->n_windows - 1];
        }
        memcpy(values, w->windows, b->n_windows * sizeof *values);
        w->seconds = qb_median(values, b->n_windows);
        for (size_t i = 0; i < w->n_parts; i++)
            w->parts[i].seconds /= (double)(n_passes * b->n_images);
    }
}

int qb_data_bench_measure(qb_data_bench *b, int n_windows, double seconds)
{
    int64_t epoch = 0;
    double warm_up[QB_DATA_WAYS] = {0};
    QB_ASSERT(n_windows >= 1 && n_windows <= QB_DATA_WINDOWS);
    const bool with_parts = b->with_parts;
    b->with_parts = false;
    QB_TRY(pass(b, epoch++, warm_up)); /* files come into memory, rooms grow */
    b->with_parts = with_parts;
    for (int i = 0; i < n_windows; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "window %d of %d", i + 1, n_windows);
        if (qb_cli_is_terminal(stderr))
            qb_cli_status_line(text);
        QB_TRY(measure_window(b, seconds, &epoch));
    }
    qb_cli_status_line(NULL);
    summarize(b, epoch - 1);
    return 0;
}
