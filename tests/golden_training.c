/* training: steps of a network on CIFAR-10 records in file order, by the program's own engine, optimizer, quantizer and
 * solver plugins; the loss of every step is compared with the reference's.
 *
 * Tolerances: with BatchNorm two builds of the reference drift apart like chaos, so the first 6 losses are held to 5e-3 each
 * and the mean of the last 20 to 0.12. Without it, the first 20 to 1e-3 and all to 5e-3. KEY.test is for information and not
 * compared.
 */
#include "golden.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "datasets/datasets.h"
#include "engine/net.h"
#include "models/models.h"
#include "quant/quant.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EARLY = 6, LATE = 20, CALM = 20 };
static const double early_tolerance = 5e-3, late_tolerance = 0.12;
static const double calm_early_tolerance = 1e-3, calm_tolerance = 5e-3;

/* What all cases share: hyper-parameters of the file and the images. */
typedef struct recipe {
    const golden_file *f;
    const char *prefix;
    int n_steps, batch;
    double lr, weight_decay, label_smoothing;
    qb_optim_options optim;
    int64_t warmup, period;
    double anneal_start, anneal_end; /* steps */
    qb_dataset *data;
    qb_graph *graph;
    float *images, *mixed; /* one batch, as it is and mixed */
    qb_target *targets;
} recipe;

/* A hyper-parameter that not every recipe has. */
static double number_or(const golden_file *f, const char *key, double def)
{
    return golden_meta(f, key) ? golden_meta_number(f, key) : def;
}

static bool is_adamw(const golden_file *f)
{
    const char *optimizer = golden_meta(f, "optimizer");
    return optimizer && strcmp(optimizer, "adamw") == 0;
}

static bool matches(const golden_file *f)
{
    return golden_meta(f, "recipe") && golden_meta(f, "steps") && golden_cases_have(f, "solver");
}

static int recipe_load(recipe *r, const char *data_dir)
{
    QB_TRY(qb_dataset_open("cifar10", data_dir, &r->data));
    QB_TRY(qb_dataset_load(r->data));
    const qb_dataset_info *info = qb_dataset_get_info(r->data);
    if ((int64_t)r->n_steps * r->batch > info->n_train)
        return qb_err_set(QB_E_DATA, "the data set has fewer records than the steps need");
    qb_shape shape = {info->c, info->h, info->w};
    QB_TRY(qb_model_graph(golden_meta(r->f, "model"), shape, info->n_classes, &r->graph));
    r->images = qb_alloc((size_t)r->batch * (size_t)(info->c * info->h * info->w), sizeof *r->images);
    r->mixed = qb_alloc((size_t)r->batch * (size_t)(info->c * info->h * info->w), sizeof *r->mixed);
    r->targets = qb_alloc((size_t)r->batch, sizeof *r->targets);
    return r->images && r->mixed && r->targets ? 0 : QB_E_NOMEM;
}

static void recipe_finish(recipe *r)
{
    qb_free(r->images);
    qb_free(r->mixed);
    qb_free(r->targets);
    qb_graph_destroy(r->graph);
    qb_dataset_close(r->data);
}

/* Records batch * step and on, as the reference sees them: x / 255, then (x - mean) / std, rounded at each step. */
static void load_batch(recipe *r, int step)
{
    const qb_dataset_info *info = qb_dataset_get_info(r->data);
    size_t area = (size_t)(info->h * info->w), image = (size_t)info->c * area, first = (size_t)step * (size_t)r->batch;
    for (size_t i = 0; i < (size_t)r->batch; i++) {
        qb_image stored;
        (void)qb_dataset_image(r->data, QB_SPLIT_TRAIN, (int64_t)(first + i), NULL, &stored); /* of a set of this kind it cannot fail */
        for (size_t k = 0; k < image; k++) {
            float mean = (float)info->mean[k / area], std = (float)info->std[k / area];
            r->images[i * image + k] = ((float)stored.pixels[k] / 255.0f - mean) / std;
        }
        r->targets[i] = qb_target_of(qb_dataset_class(r->data, QB_SPLIT_TRAIN, (int64_t)(first + i)));
    }
}

/* The batch mixed with itself rolled by one: image i keeps `share` and takes the rest from image i - 1 (0 from the last). */
static void mix_batch(recipe *r, double share)
{
    const qb_dataset_info *info = qb_dataset_get_info(r->data);
    size_t n = (size_t)r->batch, image = (size_t)info->c * (size_t)(info->h * info->w);
    int32_t last = r->targets[n - 1].label[0];
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < image; k++)
            r->mixed[i * image + k] =
                (float)share * r->images[i * image + k] + (float)(1 - share) * r->images[(i + n - 1) % n * image + k];
    for (size_t i = n; i-- > 0;) {
        int32_t before = i > 0 ? r->targets[i - 1].label[0] : last;
        r->targets[i] = (qb_target){{r->targets[i].label[0], before}, {(float)share, (float)(1 - share)}};
    }
}

/* ---- one case ---- */

typedef struct machine {
    qb_net *net;
    qb_optim *optim;
    qb_quant *quant;
    qb_settings settings; /* of the solver */
} machine;

/* The solver's own options, by name, from the case or the file. */
static int read_solver_options(const recipe *r, const json_t *c, const qb_plugin *plugin, qb_settings *settings)
{
    for (uint32_t i = 0; i < plugin->solver.n_options; i++) {
        const char *name = plugin->options[i].name, *text = golden_meta(r->f, name);
        char number[32];
        if (json_is_number(json_object_get(c, name)))
            text = qb_format_real(golden_number(c, name, 0), number);
        if (text)
            QB_TRY(qb_settings_set(settings, name, text));
    }
    return 0;
}

static int machine_create(machine *m, const recipe *r, const json_t *c, const qb_plugin *plugin)
{
    bool full_precision = strcmp(golden_text(c, "solver"), "fp32") == 0;
    const qb_net_options net = {
        .precision = QB_FP32,
        .threads = golden_threads(),
        .separate_latent = !full_precision,
        .train_batches = &r->batch,
        .n_train_batches = 1,
    };
    const char *quantizer = golden_text(c, "quantizer");
    qb_quant_options quant = {
        .plugin = plugin,
        .solver_settings = &m->settings,
        .bits = (int)golden_number(c, "bits", 2),
        .quantizer = quantizer ? quantizer : "lsbq",
        .granularity = golden_number(c, "per_channel", 0) != 0 ? QB_PER_ROW : QB_PER_TENSOR,
        .period = r->period,
        .warmup = r->warmup,
        .n_steps = r->n_steps,
        .steps_per_epoch = r->n_steps,
        .anneal_start = r->anneal_start,
        .anneal_end = r->anneal_end,
        .lr_base = r->lr,
        .lr_sum_total = r->lr * (double)(r->n_steps - r->warmup),
        .weight_decay = r->weight_decay,
        .seed = 1,
        .threads = golden_threads(),
    };
    QB_TRY(read_solver_options(r, c, plugin, &m->settings));
    QB_TRY(qb_net_create(r->graph, &net, &m->net));
    qb_net_init_weights(m->net, 1);
    size_t n;
    qb_param *params = qb_net_params(m->net, &n);
    for (size_t i = 0; i < n; i++)
        golden_fill_param(&params[i], r->prefix);
    QB_TRY(qb_optim_create(&r->optim, &m->optim));
    return qb_quant_create(&quant, params, n, m->optim, &m->quant);
}

static void machine_destroy(machine *m)
{
    qb_quant_destroy(m->quant);
    qb_optim_destroy(m->optim);
    qb_net_destroy(m->net);
    qb_settings_finish(&m->settings);
}

static int train(machine *m, recipe *r, const json_t *c, double *losses)
{
    double share = golden_number(c, "mixup_share", 1);
    for (int step = 0; step < r->n_steps; step++) {
        qb_loss loss;
        load_batch(r, step);
        if (share < 1)
            mix_batch(r, share);
        qb_batch batch = qb_batch_of(share < 1 ? r->mixed : r->images, r->targets, r->batch);
        batch.label_smoothing = r->label_smoothing;
        QB_TRY(qb_net_forward(m->net, &batch, QB_TRAIN));
        QB_TRY(qb_net_backward(m->net, &batch, &loss));
        QB_TRY(qb_quant_step(m->quant, step, r->lr));
        losses[step] = loss.sum / (double)loss.n;
    }
    return 0;
}

/* Of a net without BatchNorm. */
static double compare_calm(const double *got, const float *want, int n)
{
    double worst = 0;
    for (int i = 0; i < n; i++) {
        double error = fabs(got[i] - (double)want[i]) / (i < CALM ? calm_early_tolerance : calm_tolerance);
        worst = error <= worst ? worst : isnan(error) ? HUGE_VAL : error;
    }
    return worst;
}

static double compare(const double *got, const float *want, int n)
{
    double worst = 0, drift = 0;
    for (int i = 0; i < n && i < EARLY; i++)
        worst = fmax(worst, fabs(got[i] - (double)want[i]) / early_tolerance);
    int first_late = n > LATE ? n - LATE : 0;
    for (int i = first_late; i < n; i++)
        drift += (got[i] - (double)want[i]) / (n - first_late);
    return isfinite(drift) ? fmax(worst, fabs(drift) / late_tolerance) : HUGE_VAL;
}

static void run_case(golden_tally *t, recipe *r, const char *key, const json_t *c)
{
    static const char *const solvers[][2] = {{"fp32", "none"}, {"soft", "softquant"}, {"ste", "ste"},
                                             {"binaryrelax", "binaryrelax"}, {"parq", "parq"}};
    const char *theirs = golden_text(c, "solver"), *ours = NULL;
    for (size_t i = 0; theirs && i < sizeof solvers / sizeof *solvers; i++)
        if (strcmp(theirs, solvers[i][0]) == 0)
            ours = solvers[i][1];
    if (!ours) {
        golden_skip(t, key, "solver '%s' is unknown here", theirs ? theirs : "");
        return;
    }
    size_t n, n_stats;
    float *want = golden_floats(r->f, key, "loss", &n);
    qb_graph_running_stats(r->graph, &n_stats);
    double *losses = qb_alloc((size_t)r->n_steps, sizeof *losses);
    machine m = {0};
    const qb_plugin *plugin = NULL;
    int rc = losses ? golden_load_solver(ours, &plugin, &m.settings) : QB_E_NOMEM;
    if (rc == 0 && n != (size_t)r->n_steps)
        rc = qb_err_set(QB_E_DATA, "loss: expected %d values, got %zu", r->n_steps, n);
    if (rc == 0)
        rc = machine_create(&m, r, c, plugin);
    if (rc == 0)
        rc = train(&m, r, c, losses);
    if (rc == 0)
        golden_case(t, key, (n_stats > 0 ? compare : compare_calm)(losses, want, r->n_steps));
    else
        golden_fail(t, key, "%s", qb_err_text());
    machine_destroy(&m);
    qb_free(losses);
    qb_free(want);
}

static void run(golden_tally *t, const golden_file *f)
{
    const char *data_dir = getenv("QATBENCH_TEST_DATA");
    if (!data_dir || !*data_dir) {
        golden_skip_all(t, f, "QATBENCH_TEST_DATA does not name the folder of real images");
        return;
    }
    recipe r = {
        .f = f,
        .prefix = golden_meta(f, "prefix") ? golden_meta(f, "prefix") : "",
        .n_steps = (int)golden_meta_number(f, "steps"),
        .batch = (int)golden_meta_number(f, "batch"),
        .lr = golden_meta_number(f, "lr"),
        .label_smoothing = number_or(f, "label_smoothing", 0),
        .optim = {.kind = is_adamw(f) ? QB_OPTIM_ADAMW : QB_OPTIM_SGD,
                  .momentum = is_adamw(f) ? 0 : golden_meta_number(f, "momentum"),
                  .beta1 = is_adamw(f) ? golden_meta_number(f, "beta1") : 0,
                  .beta2 = is_adamw(f) ? golden_meta_number(f, "beta2") : 0,
                  .eps = is_adamw(f) ? golden_meta_number(f, "eps") : 0},
        .weight_decay = golden_meta_number(f, "weight_decay"),
        .warmup = (int64_t)golden_meta_number(f, "warmup_steps"),
        .period = (int64_t)golden_meta_number(f, "quant_period"),
        .anneal_start = golden_meta_number(f, "anneal_start"),
        .anneal_end = golden_meta_number(f, "anneal_end"),
    };
    const char *key;
    json_t *c;
    int rc = recipe_load(&r, data_dir);
    if (rc < 0) {
        golden_fail(t, "real images", "%s", qb_err_text());
    } else {
        json_object_foreach(f->cases, key, c)
            run_case(t, &r, key, c);
    }
    recipe_finish(&r);
}

const golden_kind golden_training = {"training", matches, run};
