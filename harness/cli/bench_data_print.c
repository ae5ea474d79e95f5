/* One measurement of `bench data` as text and as JSON. */
#include "cli/bench_data.h"

#include "base/err.h"
#include "image/jpeg_bare.h"

/* ---- JSON ---- */

static json_t *way_json(const qb_data_bench *b, const qb_data_way *w)
{
    json_t *object = qb_json_pack("{s:s, s:f, s:f}", "name", w->name, "images_per_second", 1 / w->seconds, "ms", 1000 * w->seconds);
    if (object && b->with_bare) {
        json_object_set_new(object, "speed", json_real(w->speed));
        json_object_set_new(object, "speed_range", qb_json_pack("[f, f]", w->speed_low, w->speed_high));
    }
    json_t *parts = object && w->n_parts > 0 ? json_array() : NULL;
    for (size_t i = 0; i < w->n_parts; i++)
        json_array_append_new(parts, qb_json_pack("{s:s, s:f}", "name", w->parts[i].name, "ms", 1000 * w->parts[i].seconds));
    if (parts)
        json_object_set_new(object, "parts", parts);
    return object;
}

json_t *qb_data_bench_json(const qb_data_bench *b)
{
    const qb_dataset_info *info = qb_dataset_get_info(b->data);
    json_t *ways = json_array();
    for (size_t i = 0; i < b->n_ways; i++)
        json_array_append_new(ways, way_json(b, &b->ways[i]));
    return qb_json_pack("{s:s, s:s, s:[i,i,i], s:i, s:i, s:f, s:o, s:s?, s:I, s:o}", "dataset", info->name, "label",
                        qb_dataset_label(b->data), "input", info->c, info->h, info->w, "images", b->n_images, "left_out", b->n_left_out,
                        "pixels", b->mean_pixels, "bytes", b->has_files ? json_real(b->mean_bytes) : json_null(), "libjpeg",
                        b->with_bare ? qb_jpeg_version() : NULL, "windows", (json_int_t)b->n_windows, "ways", ways);
}

/* ---- text ---- */

static void add_way(const qb_data_bench *b, const qb_data_way *w, qb_str *s)
{
    qb_str_addf(s, "%-14s%12.1f%10.3f", w->name, 1 / w->seconds, 1000 * w->seconds);
    if (b->with_bare)
        qb_str_addf(s, "%10.3f  %.3f to %.3f", w->speed, w->speed_low, w->speed_high);
    qb_str_add(s, "\n");
}

static void add_parts(const qb_data_way *w, qb_str *s)
{
    double sum = 0;
    for (size_t i = 0; i < w->n_parts; i++)
        sum += w->parts[i].seconds;
    qb_str_addf(s, "\n%s\n", w->name);
    for (size_t i = 0; i < w->n_parts; i++)
        qb_str_addf(s, "  %-14s%9.3f ms %6.1f %%\n", w->parts[i].name, 1000 * w->parts[i].seconds, 100 * w->parts[i].seconds / sum);
}

void qb_data_bench_add_text(const qb_data_bench *b, qb_str *s)
{
    const qb_dataset_info *info = qb_dataset_get_info(b->data);
    qb_str_addf(s, "%s, %d image%s of %.0f pixels", qb_dataset_label(b->data), b->n_images, b->n_images == 1 ? "" : "s", b->mean_pixels);
    if (b->has_files)
        qb_str_addf(s, " and %.0f bytes", b->mean_bytes);
    qb_str_addf(s, " to %dx%dx%d, one core", info->c, info->h, info->w);
    if (b->with_bare)
        qb_str_addf(s, ", libjpeg-turbo %s", qb_jpeg_version());
    qb_str_add(s, "\n");
    if (b->n_left_out > 0)
        qb_str_addf(s, "%d other%s left out: %s\n", b->n_left_out, b->n_left_out == 1 ? " is" : "s are",
                    b->with_bare ? "libjpeg alone cannot read them" : "they cannot be read");
    qb_str_addf(s, "\n%-14s%12s%10s%s\n", "", "images/s", "ms", b->with_bare ? "     speed  lowest to highest window" : "");
    for (size_t i = 0; i < b->n_ways; i++)
        add_way(b, &b->ways[i], s);
    for (size_t i = 0; i < b->n_ways; i++)
        if (b->ways[i].n_parts > 0)
            add_parts(&b->ways[i], s);
}
