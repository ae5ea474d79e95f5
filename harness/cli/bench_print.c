/* One measurement of `bench` as text and as JSON. */
#include "cli/bench.h"

#include "base/err.h"
#include "base/mem.h"
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_KINDS = 32 };

static const char *const pass_names[QB_N_PASSES] = {
    [QB_PASS_FORWARD] = "forward",
    [QB_PASS_BACKWARD_DATA] = "backward data",
    [QB_PASS_BACKWARD_WEIGHTS] = "backward weights",
    [QB_PASS_BACKWARD] = "backward",
};

static double gflops(const qb_net_cost *c) /* a multiply-add is two operations */
{
    return 2e-9 * (double)c->macs / c->seconds;
}

static double gigabytes(const qb_net_cost *c) /* per second */
{
    return 1e-9 * (double)c->bytes / c->seconds;
}

static int compare_costs(const void *a, const void *b)
{
    double x = ((const qb_net_cost *)a)->seconds, y = ((const qb_net_cost *)b)->seconds;
    return (x < y) - (x > y);
}

static qb_net_cost *most_first(const qb_net_cost *costs, size_t n)
{
    qb_net_cost *sorted = qb_alloc(n, sizeof *sorted);
    if (sorted) {
        memcpy(sorted, costs, n * sizeof *sorted);
        qsort(sorted, n, sizeof *sorted, compare_costs);
    }
    return sorted;
}

/* ---- JSON ---- */

static json_t *costs_json(const qb_bench *b)
{
    qb_net_cost *sorted = most_first(b->costs, b->n_costs);
    json_t *costs = sorted ? json_array() : NULL;
    for (size_t i = 0; costs && i < b->n_costs; i++) {
        const qb_net_cost *c = &sorted[i];
        json_array_append_new(costs, qb_json_pack("{s:s, s:s, s:s, s:f, s:I, s:I, s:f, s:f}", "layer", c->layer, "kind", c->kind,
                                                  "pass", pass_names[c->pass], "ms", 1000 * c->seconds, "bytes",
                                                  (json_int_t)c->bytes, "macs", (json_int_t)c->macs, "gflops_per_second", gflops(c),
                                                  "gigabytes_per_second", gigabytes(c)));
    }
    qb_free(sorted);
    return costs;
}

static void add_ceiling_json(const qb_bench *b, json_t *object)
{
    json_object_set_new(object, "ceiling_ms", json_real(b->ceiling));
    json_object_set_new(object, "ceiling_images_per_second", json_real(1000 * (double)b->batch / b->ceiling));
    json_object_set_new(object, "ceiling_ratio", json_real(b->ratio));
    json_object_set_new(object, "ceiling_ratio_range", qb_json_pack("[f, f]", b->ratio_low, b->ratio_high));
}

json_t *qb_bench_json(const qb_bench *b)
{
    const qb_settings *s = &b->config->settings;
    const qb_bench_window *m = &b->median;
    qb_engine_info engine;
    qb_engine_get_info(&engine);
    json_t *speeds = json_array();
    for (size_t i = 0; i < b->n_windows; i++)
        json_array_append_new(speeds, qb_json_real(b->windows[i].images_per_second));
    json_t *bits = b->config->full_precision ? json_null()
                   : b->config->bits == 0    ? qb_json_text("ternary")
                                             : json_integer(b->config->bits);
    json_t *object = qb_json_pack(
        "{s:s, s:I, s:I, s:s, s:i, s:s, s:o, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:s, s:s, s:o}", "model",
        b->config->model->name, "batch", (json_int_t)b->batch, "shards", (json_int_t)qb_get(s, "shards")->i,
        "dtype", qb_get(s, "dtype")->text, "threads", b->threads,
        "solver", qb_get(s, "solver")->text, "bits", bits, "images_per_second", m->images_per_second, "step_ms", m->step,
        "data_ms", m->data, "forward_ms", m->forward, "backward_ms", m->backward, "optimizer_ms", m->optimizer, "solver_ms",
        m->solver, "conv_ms", m->conv, "peak_rss_bytes", (json_int_t)b->peak_rss_bytes, "macs", (json_int_t)b->macs, "steps",
        (json_int_t)b->steps, "isa", engine.isa, "onednn", engine.onednn, "windows", speeds);
    if (object && b->with_ceiling)
        add_ceiling_json(b, object);
    if (object && b->with_costs)
        json_object_set_new(object, "costs", costs_json(b));
    return object;
}

/* ---- text ---- */

static void add_part(qb_str *s, const char *label, double ms, double step)
{
    qb_str_addf(s, "  %-14s%9.2f ms %6.1f %%\n", label, ms, 100 * ms / step);
}

static void add_ceiling(const qb_bench *b, qb_str *s)
{
    qb_str_addf(s, "\nceiling %.1f images/s, %.2f ms: the convolutions and matrix products alone\n",
                1000 * (double)b->batch / b->ceiling, b->ceiling);
    qb_str_addf(s, "step / ceiling %.3f (images/s; median of %zu windows; %.3f to %.3f)\n", b->ratio, b->n_windows,
                b->ratio_low, b->ratio_high);
}

static void add_cost(const qb_bench *b, const qb_net_cost *c, qb_str *s)
{
    char text[16] = "";
    if (c->macs > 0)
        snprintf(text, sizeof text, "%.1f", gflops(c));
    qb_str_addf(s, "%-26s %-16s %9.3f %5.1f %9s %8.1f %8.2f\n", c->layer, pass_names[c->pass], 1000 * c->seconds,
                100 * 1000 * c->seconds / b->median.step, text, gigabytes(c), 1e-6 * (double)c->bytes);
}

static void add_cost_rows(const qb_bench *b, const char *title, const qb_net_cost *costs, size_t n, qb_str *s)
{
    qb_net_cost *sorted = most_first(costs, n);
    s->failed = s->failed || !sorted;
    qb_str_addf(s, "\n%-26s %-16s %9s %5s %9s %8s %8s\n", title, "pass", "ms", "%", "GFLOP/s", "GB/s", "MB");
    for (size_t i = 0; sorted && i < n; i++)
        add_cost(b, &sorted[i], s);
    qb_free(sorted);
}

static void add_costs(const qb_bench *b, qb_str *s)
{
    qb_net_cost kinds[MAX_KINDS * QB_N_PASSES];
    size_t n = 0;
    for (size_t i = 0; i < b->n_costs; i++) {
        const qb_net_cost *c = &b->costs[i];
        size_t k = 0;
        while (k < n && (kinds[k].pass != c->pass || strcmp(kinds[k].kind, c->kind) != 0))
            k++;
        QB_ASSERT(k < sizeof kinds / sizeof kinds[0]);
        if (k == n)
            kinds[n++] = (qb_net_cost){.layer = c->kind, .kind = c->kind, .pass = c->pass};
        kinds[k].seconds += c->seconds;
        kinds[k].bytes += c->bytes;
        kinds[k].macs += c->macs;
    }
    add_cost_rows(b, "kind of layer", kinds, n, s);
    add_cost_rows(b, "layer", b->costs, b->n_costs, s);
}

void qb_bench_add_text(const qb_bench *b, qb_str *out)
{
    const qb_settings *s = &b->config->settings;
    const qb_bench_window *m = &b->median;
    const int64_t shards = qb_get(s, "shards")->i;
    char memory[32];
    qb_engine_info engine;
    qb_engine_get_info(&engine);
    qb_str_addf(out, "%s, batch %lld", b->config->model->name, (long long)b->batch);
    if (shards > 1)
        qb_str_addf(out, " in %lld parts", (long long)shards);
    qb_str_addf(out, ", %s, %d thread%s, %s, oneDNN %s\n",
                qb_get(s, "dtype")->text, b->threads, b->threads == 1 ? "" : "s", engine.isa, engine.onednn);
    qb_str_addf(out, "solver %s%s%s\n\n", qb_get(s, "solver")->text, b->config->full_precision ? "" : ", bits ",
                b->config->full_precision ? "" : qb_get(s, "bits")->text);
    qb_str_addf(out, "%.1f images/s (median of %zu windows of %lld steps; %.1f to %.1f)\n", m->images_per_second, b->n_windows,
                (long long)b->steps, b->windows[0].images_per_second, b->windows[b->n_windows - 1].images_per_second);
    /* backward costs two forward passes */
    qb_str_addf(out, "%.1f GFLOP/s (2 operations a multiply-add, forward + 2 x backward)\n\n",
                6e-9 * (double)b->macs * m->images_per_second);
    qb_str_addf(out, "  %-14s%9.2f ms\n", "step", m->step);
    add_part(out, "data wait", m->data, m->step);
    add_part(out, "forward", m->forward, m->step);
    add_part(out, "backward", m->backward, m->step);
    add_part(out, "optimizer", m->optimizer, m->step);
    add_part(out, "solver", m->solver, m->step);
    qb_str_add(out, "\n");
    add_part(out, "convolutions", m->conv, m->step);
    qb_str_addf(out, "  (and matrix products; part of forward and backward)\n\npeak memory %s\n",
                qb_format_bytes((double)b->peak_rss_bytes, memory));
    if (b->with_ceiling)
        add_ceiling(b, out);
    if (b->with_costs)
        add_costs(b, out);
}
