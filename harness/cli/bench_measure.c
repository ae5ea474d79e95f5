/* Measuring a training step: the trainer of `train` on images in memory, timed window by window.
 *
 * Invariant: the numbers of one window belong to the same steps. The ceiling alternates with them, window by window, so
 * that a machine that slows down slows both.
 */
#include "cli/bench.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/stats.h"
#include "cli/cli.h"
#include "train/cores.h"
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
    WARMUP_STEPS = 3,
    MIN_BATCHES = 2,                    /* in memory */
    MAX_IMAGE_BYTES = 64 * 1024 * 1024, /* of raw pixels, but for MIN_BATCHES */
    MAX_IMAGES = 5000,
    MAX_PASSES = 1000, /* of the ceiling in a window */
};

/* ---- images in memory ---- */

typedef struct images {
    qb_dataset_info info;
    uint8_t *pixels;
    uint16_t *classes;
    int64_t n;
} images;

static int images_create(const qb_model *model, int64_t batch, images *ret)
{
    const qb_shape in = model->default_input;
    const int64_t bytes = in.c * in.h * in.w;
    int64_t n_batches = MAX_IMAGE_BYTES / (bytes * batch);
    if (n_batches * batch > MAX_IMAGES)
        n_batches = MAX_IMAGES / batch;
    if (n_batches < MIN_BATCHES)
        n_batches = MIN_BATCHES;
    images m = {.info = {.name = "memory", .c = (int)in.c, .h = (int)in.h, .w = (int)in.w,
                         .n_classes = model->default_classes, .mean = {0.5, 0.5, 0.5}, .std = {0.25, 0.25, 0.25}},
                .n = n_batches * batch};
    m.pixels = qb_alloc((size_t)(m.n * bytes), 1);
    m.classes = qb_alloc((size_t)m.n, sizeof *m.classes);
    if (!m.pixels || !m.classes) {
        qb_free(m.pixels);
        qb_free(m.classes);
        return QB_E_NOMEM;
    }
    qb_stream random = qb_rng_stream(1, QB_RNG_SYNTHETIC, 0, 0);
    for (int64_t i = 0; i < m.n * bytes; i++)
        m.pixels[i] = (uint8_t)(qb_rng_word(&random) >> 24);
    for (int64_t i = 0; i < m.n; i++)
        m.classes[i] = (uint16_t)(i % model->default_classes);
    *ret = m;
    return QB_OK;
}

static void images_finish(images *m)
{
    qb_free(m->pixels);
    qb_free(m->classes);
}

/* ---- creation ---- */

int qb_bench_create(const qb_settings *run, qb_bench **ret_bench)
{
    /* What the schema wants set and a benchmark has no use for; a small rate keeps the loss finite. */
    static const char *const fixed[][2] = {{"dataset", "synthetic"}, {"epochs", "100000"}, {"lr", "0.001"}};
    qb_bench *b = qb_alloc(1, sizeof *b);
    if (!b)
        return QB_E_NOMEM;
    qb_settings s;
    int rc = qb_settings_copy(&s, run);
    if (rc != QB_OK)
        goto fail;
    for (size_t i = 0; rc == QB_OK && i < sizeof fixed / sizeof fixed[0]; i++)
        rc = qb_settings_set(&s, fixed[i][0], fixed[i][1]);
    if (rc == QB_OK)
        rc = qb_config_create(&s, &b->config);
    qb_settings_finish(&s);
    if (rc != QB_OK)
        goto fail;
    const qb_value *threads = qb_get(&b->config->settings, "threads");
    b->batch = qb_get(&b->config->settings, "batch")->i;
    b->threads = threads->is_null ? qb_cores_default_threads() : (int)threads->i;
    *ret_bench = b;
    return QB_OK;
fail:
    qb_bench_destroy(b);
    return rc;
}

void qb_bench_destroy(qb_bench *b)
{
    if (!b)
        return;
    qb_config_destroy(b->config);
    qb_free(b->costs);
    qb_free(b->layer_names);
    qb_free(b);
}

/* ---- windows ---- */

static int train_steps(qb_trainer *t, int64_t *step, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        qb_loss loss;
        QB_TRY(qb_trainer_step(t, (*step)++, &loss));
        if (!loss.finite)
            return qb_err_set(QB_E_FAILED, "bench: the loss is not finite after %lld steps", (long long)*step);
    }
    return QB_OK;
}

static void forget_times(qb_trainer *t)
{
    (void)qb_net_take_times(t->net);
    (void)qb_quant_take_times(t->quant);
    (void)qb_loader_take_wait(t->train);
}

static int time_window(qb_trainer *t, int64_t batch, int64_t *step, int64_t n_steps, qb_bench_window *ret)
{
    forget_times(t);
    double begin = qb_now_seconds();
    QB_TRY(train_steps(t, step, n_steps));
    double seconds = qb_now_seconds() - begin, ms = 1000 / (double)n_steps;
    qb_net_times net = qb_net_take_times(t->net);
    qb_quant_times quant = qb_quant_take_times(t->quant);
    *ret = (qb_bench_window){
        .images_per_second = (double)(n_steps * batch) / seconds,
        .step = ms * seconds,
        .data = ms * qb_loader_take_wait(t->train),
        .forward = ms * net.forward,
        .backward = ms * net.backward,
        .optimizer = ms * quant.optimizer,
        .solver = ms * quant.solver,
        .conv = ms * net.conv,
    };
    return QB_OK;
}

static int time_ceiling(qb_trainer *t, int64_t n_passes, double *ret_ms)
{
    double ms[MAX_PASSES];
    if (n_passes > MAX_PASSES)
        n_passes = MAX_PASSES;
    QB_TRY(qb_net_replay_products(t->net)); /* its data come from memory that the step has used otherwise since */
    for (int64_t i = 0; i < n_passes; i++) {
        double begin = qb_now_seconds();
        QB_TRY(qb_net_replay_products(t->net));
        ms[i] = 1000 * (qb_now_seconds() - begin);
    }
    *ret_ms = qb_median(ms, (size_t)n_passes);
    return QB_OK;
}

static int compare_windows(const void *a, const void *b)
{
    double x = ((const qb_bench_window *)a)->images_per_second, y = ((const qb_bench_window *)b)->images_per_second;
    return (x > y) - (x < y);
}

/* Steps in a window: enough for `seconds`, and whole periods of the quantizer where that costs little. */
static int64_t steps_in_window(double step_seconds, double seconds, int64_t period)
{
    int64_t n = (int64_t)ceil(seconds / step_seconds);
    if (n < 1)
        n = 1;
    return period > 0 && 2 * n >= period ? (n + period - 1) / period * period : n;
}

/* ---- costs of layers ---- */

/* Adds the costs of the steps since the last call to b->costs; the same passes come in the same order every time. */
static void add_costs(qb_bench *b, qb_trainer *t, qb_net_cost *costs)
{
    size_t n = qb_net_take_costs(t->net, costs);
    for (size_t i = 0; i < n; i++) {
        const qb_net_cost before = i < b->n_costs ? b->costs[i] : (qb_net_cost){0};
        b->costs[i] = costs[i];
        b->costs[i].seconds += before.seconds;
        b->costs[i].bytes += before.bytes;
        b->costs[i].macs += before.macs;
    }
    b->n_costs = n;
}

/* The names belong to the graph, which the measurement outlives. */
static int keep_names(qb_bench *b)
{
    size_t bytes = 1;
    for (size_t i = 0; i < b->n_costs; i++)
        bytes += strlen(b->costs[i].layer) + 1;
    char *name = b->layer_names = qb_alloc(bytes, 1);
    if (!name)
        return QB_E_NOMEM;
    for (size_t i = 0; i < b->n_costs; i++) {
        size_t n = strlen(b->costs[i].layer) + 1;
        memcpy(name, b->costs[i].layer, n);
        b->costs[i].layer = name;
        name += n;
    }
    return QB_OK;
}

/* ---- the whole ---- */

static int measure_windows(qb_bench *b, qb_trainer *t, qb_net_cost *costs, int64_t *step)
{
    for (size_t i = 0; i < b->n_windows; i++) {
        char text[64];
        snprintf(text, sizeof text, "window %zu of %zu, %lld steps", i + 1, b->n_windows, (long long)b->steps);
        if (qb_cli_is_terminal(stderr))
            qb_cli_status_line(text);
        (void)qb_net_take_costs(t->net, costs);
        QB_TRY(time_window(t, b->batch, step, b->steps, &b->windows[i]));
        if (b->with_costs)
            add_costs(b, t, costs);
        if (b->with_ceiling)
            QB_TRY(time_ceiling(t, b->steps, &b->windows[i].ceiling));
    }
    return QB_OK;
}

static void summarize(qb_bench *b)
{
    double ratios[QB_BENCH_MAX_WINDOWS], ceilings[QB_BENCH_MAX_WINDOWS];
    for (size_t i = 0; i < b->n_windows; i++) {
        ceilings[i] = b->windows[i].ceiling;
        ratios[i] = ceilings[i] / b->windows[i].step;
    }
    b->ratio = qb_median(ratios, b->n_windows); /* sorts them */
    b->ratio_low = ratios[0];
    b->ratio_high = ratios[b->n_windows - 1];
    qsort(b->windows, b->n_windows, sizeof b->windows[0], compare_windows);
    b->median = b->windows[b->n_windows / 2];
    b->ceiling = qb_median(ceilings, b->n_windows);
    const int64_t n_steps = (int64_t)b->n_windows * b->steps;
    for (size_t i = 0; i < b->n_costs; i++) {
        b->costs[i].seconds /= (double)n_steps;
        b->costs[i].bytes /= n_steps;
        b->costs[i].macs /= n_steps;
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    b->peak_rss_bytes = (int64_t)usage.ru_maxrss * 1024;
}

static int measure(qb_bench *b, qb_trainer *t, double seconds)
{
    int64_t step = 0;
    size_t n_layers = qb_graph_n_layers(t->graph);
    for (size_t i = 0; i < n_layers; i++)
        b->macs += qb_graph_layer(t->graph, i).macs;
    QB_TRY(train_steps(t, &step, WARMUP_STEPS));
    qb_net_trace_products(t->net, b->with_ceiling);
    int rc = train_steps(t, &step, 1);
    qb_net_trace_products(t->net, false);
    QB_TRY(rc);
    double begin = qb_now_seconds();
    QB_TRY(train_steps(t, &step, 2));
    b->steps = steps_in_window((qb_now_seconds() - begin) / 2, seconds, qb_get(&b->config->settings, "quant_period")->i);
    qb_net_cost *costs = qb_alloc(n_layers * QB_N_PASSES, sizeof *costs);
    b->costs = qb_alloc(n_layers * QB_N_PASSES, sizeof *b->costs);
    rc = costs && b->costs ? measure_windows(b, t, costs, &step) : QB_E_NOMEM;
    qb_cli_status_line(NULL);
    qb_free(costs);
    if (rc == QB_OK)
        summarize(b);
    return rc == QB_OK ? keep_names(b) : rc;
}

int qb_bench_measure(qb_bench *b, double seconds)
{
    qb_trainer *t;
    images m;
    qb_config *config = b->config;
    QB_TRY(images_create(config->model, b->batch, &m));
    config->dataset = &m.info; /* the images in memory instead of the set that gave the configuration */
    config->n_train = m.n;
    config->n_test = 0;
    config->steps_per_epoch = m.n / b->batch;
    config->n_steps = config->steps_per_epoch * qb_get(&config->settings, "epochs")->i;
    config->anneal_end = (double)config->n_steps;
    const qb_arrays splits[QB_N_SPLITS] = {[QB_SPLIT_TRAIN] = {m.pixels, m.classes, m.n}};
    qb_dataset *data = NULL;
    int rc = qb_dataset_of_arrays(&m.info, splits, &data);
    if (rc == QB_OK)
        rc = qb_trainer_create(config, data, b->threads, &t);
    if (rc == QB_OK) {
        rc = measure(b, t, seconds);
        qb_trainer_destroy(t);
    }
    config->dataset = NULL;
    qb_dataset_close(data);
    images_finish(&m);
    return rc;
}
