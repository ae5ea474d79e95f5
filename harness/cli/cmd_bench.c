/* `qatbench bench`: how fast a training step is, and where its time goes.
 *
 * The step, the loader and its threads are those of `train`; the images are made in memory, with the model's own input
 * size. After a warm-up, several windows of whole steps are timed; the numbers are those of the median window, so that
 * the parts belong to the step they are shown with.
 */
#include "cli/cli.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "engine/net.h"
#include "train/machine.h"
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
    WARMUP_STEPS = 3,
    MAX_WINDOWS = 101,
    MIN_BATCHES = 2,                   /* in memory */
    MAX_IMAGE_BYTES = 64 * 1024 * 1024, /* of raw pixels, but for MIN_BATCHES */
    MAX_IMAGES = 5000,
};

typedef struct window {
    double images_per_second;
    double step_ms, data_ms, forward_ms, backward_ms, optimizer_ms, solver_ms, conv_ms;
} window;

/* ---- images in memory ---- */

typedef struct images {
    qb_dataset_info info;
    uint8_t *pixels, *labels;
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
    m.labels = qb_alloc((size_t)m.n, 1);
    if (!m.pixels || !m.labels) {
        qb_free(m.pixels);
        qb_free(m.labels);
        return QB_E_NOMEM;
    }
    qb_stream random = qb_rng_stream(1, QB_RNG_SYNTHETIC, 0, 0);
    for (int64_t i = 0; i < m.n * bytes; i++)
        m.pixels[i] = (uint8_t)(qb_rng_word(&random) >> 24);
    for (int64_t i = 0; i < m.n; i++)
        m.labels[i] = (uint8_t)(i % (model->default_classes < 256 ? model->default_classes : 256));
    *ret = m;
    return QB_OK;
}

static void images_finish(images *m)
{
    qb_free(m->pixels);
    qb_free(m->labels);
}

/* ---- the measurement ---- */

/* The configuration of an endless run on those images. */
static int make_config(const qb_cli *cli, qb_config **ret_config)
{
    /* What the schema wants set and a benchmark has no use for; a small rate keeps the loss finite. */
    static const char *const fixed[][2] = {{"dataset", "synthetic"}, {"epochs", "100000"}, {"lr", "0.001"}};
    qb_settings s;
    QB_TRY(qb_settings_copy(&s, &cli->run));
    int rc = QB_OK;
    for (size_t i = 0; rc == QB_OK && i < sizeof fixed / sizeof fixed[0]; i++)
        rc = qb_settings_set(&s, fixed[i][0], fixed[i][1]);
    if (rc == QB_OK)
        rc = qb_config_create(&s, ret_config);
    qb_settings_finish(&s);
    return rc;
}

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

static int time_window(qb_trainer *t, int64_t batch, int64_t *step, int64_t n_steps, window *ret)
{
    forget_times(t);
    double begin = qb_now_seconds();
    QB_TRY(train_steps(t, step, n_steps));
    double seconds = qb_now_seconds() - begin, ms = 1000 / (double)n_steps;
    qb_net_times net = qb_net_take_times(t->net);
    qb_quant_times quant = qb_quant_take_times(t->quant);
    *ret = (window){
        .images_per_second = (double)(n_steps * batch) / seconds,
        .step_ms = ms * seconds,
        .data_ms = ms * qb_loader_take_wait(t->train),
        .forward_ms = ms * net.forward,
        .backward_ms = ms * net.backward,
        .optimizer_ms = ms * quant.optimizer,
        .solver_ms = ms * quant.solver,
        .conv_ms = ms * net.conv,
    };
    return QB_OK;
}

static int compare_windows(const void *a, const void *b)
{
    double x = ((const window *)a)->images_per_second, y = ((const window *)b)->images_per_second;
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

typedef struct bench {
    const qb_config *config;
    int threads;
    int64_t batch, steps; /* in a window */
    size_t n_windows;
    window windows[MAX_WINDOWS], median;
    int64_t macs, peak_rss_bytes;
} bench;

static int measure(bench *b, qb_trainer *t, double seconds)
{
    int64_t step = 0;
    for (size_t i = 0; i < qb_graph_n_layers(t->graph); i++)
        b->macs += qb_graph_layer(t->graph, i).macs;
    QB_TRY(train_steps(t, &step, WARMUP_STEPS));
    double begin = qb_now_seconds();
    QB_TRY(train_steps(t, &step, 2));
    b->steps = steps_in_window((qb_now_seconds() - begin) / 2, seconds, qb_get(&b->config->settings, "quant_period")->i);
    for (size_t i = 0; i < b->n_windows; i++) {
        char text[64];
        snprintf(text, sizeof text, "window %zu of %zu, %lld steps", i + 1, b->n_windows, (long long)b->steps);
        if (qb_cli_is_terminal(stderr))
            qb_cli_status_line(text);
        QB_TRY(time_window(t, b->batch, &step, b->steps, &b->windows[i]));
    }
    qb_cli_status_line(NULL);
    qsort(b->windows, b->n_windows, sizeof b->windows[0], compare_windows);
    b->median = b->windows[b->n_windows / 2];
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    b->peak_rss_bytes = (int64_t)usage.ru_maxrss * 1024;
    return QB_OK;
}

/* ---- output ---- */

static int print_json(const bench *b)
{
    const qb_settings *s = &b->config->settings;
    const window *m = &b->median;
    qb_engine_info engine;
    qb_engine_get_info(&engine);
    json_t *speeds = json_array();
    for (size_t i = 0; i < b->n_windows; i++)
        json_array_append_new(speeds, qb_json_real(b->windows[i].images_per_second));
    json_t *bits = b->config->full_precision ? json_null()
                   : b->config->bits == 0    ? json_string("ternary")
                                             : json_integer(b->config->bits);
    return qb_cli_print_json(json_pack(
        "{s:s, s:I, s:s, s:i, s:s, s:o, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:s, s:s, s:o}", "model",
        b->config->model->name, "batch", (json_int_t)b->batch, "dtype", qb_get(s, "dtype")->text, "threads", b->threads,
        "solver", qb_get(s, "solver")->text, "bits", bits, "images_per_second", m->images_per_second, "step_ms", m->step_ms,
        "data_ms", m->data_ms, "forward_ms", m->forward_ms, "backward_ms", m->backward_ms, "optimizer_ms",
        m->optimizer_ms, "solver_ms", m->solver_ms, "conv_ms", m->conv_ms, "peak_rss_bytes", (json_int_t)b->peak_rss_bytes,
        "macs", (json_int_t)b->macs, "steps", (json_int_t)b->steps, "isa", engine.isa, "onednn", engine.onednn, "windows",
        speeds));
}

static void add_part(qb_str *s, const char *label, double ms, double step_ms)
{
    qb_str_addf(s, "  %-14s%9.2f ms %6.1f %%\n", label, ms, 100 * ms / step_ms);
}

static int print_text(const bench *b)
{
    const qb_settings *s = &b->config->settings;
    const window *m = &b->median;
    char memory[32];
    qb_engine_info engine;
    qb_engine_get_info(&engine);
    qb_str out = {0};
    qb_str_addf(&out, "%s, batch %lld, %s, %d thread%s, %s, oneDNN %s\n", b->config->model->name, (long long)b->batch,
                qb_get(s, "dtype")->text, b->threads, b->threads == 1 ? "" : "s", engine.isa, engine.onednn);
    qb_str_addf(&out, "solver %s%s%s\n\n", qb_get(s, "solver")->text, b->config->full_precision ? "" : ", bits ",
                b->config->full_precision ? "" : qb_get(s, "bits")->text);
    qb_str_addf(&out, "%.1f images/s (median of %zu windows of %lld steps; %.1f to %.1f)\n", m->images_per_second,
                b->n_windows, (long long)b->steps, b->windows[0].images_per_second,
                b->windows[b->n_windows - 1].images_per_second);
    /* a multiply-add is two operations; backward costs two forward passes */
    qb_str_addf(&out, "%.1f GFLOP/s (2 operations a multiply-add, forward + 2 x backward)\n\n",
                6e-9 * (double)b->macs * m->images_per_second);
    qb_str_addf(&out, "  %-14s%9.2f ms\n", "step", m->step_ms);
    add_part(&out, "data wait", m->data_ms, m->step_ms);
    add_part(&out, "forward", m->forward_ms, m->step_ms);
    add_part(&out, "backward", m->backward_ms, m->step_ms);
    add_part(&out, "optimizer", m->optimizer_ms, m->step_ms);
    add_part(&out, "solver", m->solver_ms, m->step_ms);
    qb_str_add(&out, "\n");
    add_part(&out, "convolutions", m->conv_ms, m->step_ms);
    qb_str_addf(&out, "  (and matrix products; part of forward and backward)\n\npeak memory %s\n",
                qb_format_bytes((double)b->peak_rss_bytes, memory));
    return qb_cli_print_owned(qb_str_take(&out));
}

static int bench_on(bench *b, const qb_cli *cli, qb_config *config, const images *m)
{
    qb_trainer *t;
    config->dataset = &m->info; /* the images in memory instead of the set that gave the configuration */
    config->n_train = m->n;
    config->n_test = 0;
    config->steps_per_epoch = m->n / b->batch;
    config->n_steps = config->steps_per_epoch * qb_get(&config->settings, "epochs")->i;
    config->anneal_end = (double)config->n_steps;
    QB_TRY(qb_trainer_create(config, &m->info, (qb_split){m->pixels, m->labels, m->n}, (qb_split){0}, b->threads, &t));
    int rc = measure(b, t, qb_get(&cli->flags, "seconds")->r);
    qb_trainer_destroy(t);
    return rc;
}

static int run_bench(qb_cli *cli)
{
    qb_config *config;
    QB_TRY(make_config(cli, &config));
    const qb_value *threads = qb_get(&config->settings, "threads");
    bench *b = qb_alloc(1, sizeof *b);
    images m = {0};
    int rc = b ? QB_OK : QB_E_NOMEM;
    if (rc == QB_OK) {
        b->config = config;
        b->batch = qb_get(&config->settings, "batch")->i;
        b->threads = threads->is_null ? qb_machine_cores() : (int)threads->i;
        b->n_windows = (size_t)qb_get(&cli->flags, "windows")->i;
        rc = images_create(config->model, b->batch, &m);
    }
    if (rc == QB_OK)
        rc = bench_on(b, cli, config, &m);
    if (rc == QB_OK)
        rc = cli->json ? print_json(b) : print_text(b);
    images_finish(&m);
    qb_free(b);
    qb_config_destroy(config);
    return rc;
}

static const char *const run_keys[] = {"model", "solver", "bits", "quantizer", "granularity", "quant_period",
                                       "quant_shrink", "solver_path", "batch", "optimizer", "dtype", "flip", "crop",
                                       "threads", "loader_threads", NULL};

static const qb_option options[] = {
    {"windows", QB_KIND_INT, "5", 1, MAX_WINDOWS, NULL, "", "windows to measure; the median one is shown", 0, NULL},
    {"seconds", QB_KIND_REAL, "2", 0, 3600, NULL, "seconds", "least length of a window", QB_OPT_MIN_OPEN, NULL},
};

const qb_verb qb_verb_bench = {
    .name = "bench",
    .args = "",
    .summary = "images per second of training, and where the time goes",
    .examples = "  qatbench bench --model resnet20\n"
                "  qatbench bench --model resnet20 --batch 128 --threads 2 --solver parq --bits 2\n"
                "  qatbench bench --model resnet50 --batch 32 --windows 3 --json\n",
    .details = "Images are random, already in memory, of the model's own size; they come through\n"
               "the same loader threads as in training. The first steps are not counted.\n"
               "--json: images_per_second step_ms data_ms forward_ms backward_ms optimizer_ms\n"
               "solver_ms conv_ms peak_rss_bytes isa onednn and what was measured.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .takes_run_keys = true,
    .run_keys = run_keys,
    .has_json = true,
    .min_args = 0,
    .max_args = 0,
    .run = run_bench,
};
