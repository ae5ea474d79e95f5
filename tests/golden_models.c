/* model-*: one network with hash-filled weights, computed in float64 by the reference; run here by the float32 engine.
 * Evaluation, then one training forward and backward; logits, loss, gradients and running statistics are compared.
 *
 * Tolerances: logits 1e-3 of the largest, loss 1e-4, gradients 2e-3 of the tensor's norm (3e-2 for
 * networks of 50 layers and more: a ReLU mask that flips in float32 moves whole gradients), running statistics 1e-4 of the largest.
 */
#include "golden.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "engine/net.h"
#include "models/models.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { HEAD = 8, DEEP = 50 };
static const double logits_tolerance = 1e-3, loss_tolerance = 1e-4, running_tolerance = 1e-4;
static const double gradient_tolerance = 2e-3, deep_gradient_tolerance = 3e-2;

/* The largest error of a case and what had it. */
typedef struct worst {
    double error; /* over tolerance */
    char what[160];
} worst;

static void note(worst *w, double error, const char *what, const char *name)
{
    if (error <= w->error)
        return;
    w->error = isnan(error) ? HUGE_VAL : error;
    snprintf(w->what, sizeof w->what, "%s%s%s", what, *name ? " of " : "", name);
}

static bool matches(const golden_file *f)
{
    return golden_meta(f, "model") && golden_meta(f, "parameters") && golden_tensor(f, NULL, "eval_logits");
}

/* ---- the network of the file ---- */

void golden_fill_param(const qb_param *p, const char *prefix)
{
    double a = 0.1, b = 0;
    if (qb_ends_with(p->name, ".weight") && p->n_dims >= 2) {
        a = sqrt(6.0 / ((double)p->n / (double)p->shape[0]));
    } else if (qb_ends_with(p->name, ".weight")) {
        a = 0.2;
        b = 1;
    }
    char *name = qb_sprintf("%s%s", prefix, p->name);
    qb_hash_fill(name, p->n, a, b, p->x);
    if (p->w != p->x)
        memcpy(p->w, p->x, p->n * sizeof *p->w);
    qb_free(name);
}

static void fill_buffer(const qb_running_stat *b, const char *prefix)
{
    bool variance = qb_ends_with(b->name, ".running_var");
    char *name = qb_sprintf("%s%s", prefix, b->name);
    qb_hash_fill(name, b->n, variance ? 0.5 : 0.1, variance ? 1 : 0, b->value);
    qb_free(name);
}

static void fill_net(qb_net *net, const golden_file *f)
{
    const char *prefix = golden_meta(f, "prefix") ? golden_meta(f, "prefix") : "";
    size_t n;
    const qb_param *p = qb_net_params(net, &n);
    for (size_t i = 0; i < n; i++)
        golden_fill_param(&p[i], prefix);
    const qb_running_stat *b = qb_net_running_stats(net, &n);
    for (size_t i = 0; i < n; i++)
        fill_buffer(&b[i], prefix);
}

/* ---- comparisons ---- */

static void compare_logits(worst *w, const golden_file *f, const qb_net *net, const char *tensor)
{
    size_t n;
    float *want = golden_floats(f, NULL, tensor, &n);
    note(w, golden_error(qb_net_logits(net), want, n, logits_tolerance * golden_max_abs(want, n)), tensor, "");
    qb_free(want);
}

static double norm(const float *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)v[i] * (double)v[i];
    return sqrt(sum);
}

static size_t head_of(size_t n)
{
    return n < HEAD ? n : HEAD;
}

/* false: the network has other parameters than the file. */
static bool compare_gradients(worst *w, const golden_file *f, qb_net *net, double tolerance)
{
    json_t *names = golden_meta_json(f, "parameters");
    float *norms = golden_floats(f, NULL, "grad_norm", NULL), *heads = golden_floats(f, NULL, "grad_head", NULL);
    size_t n;
    const qb_param *p = qb_net_params(net, &n);
    bool same = n == json_array_size(names);
    for (size_t i = 0; same && i < n; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        same = name && strcmp(name, p[i].name) == 0;
        double want = (double)norms[i], limit = tolerance * want;
        note(w, fabs(norm(p[i].g, p[i].n) - want) / limit, "grad_norm", p[i].name);
        note(w, golden_error(p[i].g, heads + HEAD * i, head_of(p[i].n), limit), "grad_head", p[i].name);
    }
    qb_free(norms);
    qb_free(heads);
    json_decref(names);
    return same;
}

static bool compare_running(worst *w, const golden_file *f, qb_net *net)
{
    json_t *names = golden_meta_json(f, "running");
    size_t n;
    const qb_running_stat *b = qb_net_running_stats(net, &n);
    bool same = n == json_array_size(names);
    float *heads = n ? golden_floats(f, NULL, "running_head", NULL) : NULL;
    for (size_t i = 0; same && i < n; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        same = name && strcmp(name, b[i].name) == 0;
        const float *want = heads + HEAD * i;
        double limit = running_tolerance * golden_max_abs(want, head_of(b[i].n));
        note(w, golden_error(b[i].value, want, head_of(b[i].n), limit), "running_head", b[i].name);
    }
    qb_free(heads);
    json_decref(names);
    return same;
}

/* ---- the run ---- */

typedef struct problem {
    qb_shape input;
    int n_images, n_classes;
    float *images;
    qb_target *targets;
} problem;

static problem read_problem(const golden_file *f)
{
    json_t *shape = golden_meta_json(f, "input_shape");
    int64_t d[4];
    for (size_t i = 0; i < 4; i++)
        d[i] = (int64_t)json_integer_value(json_array_get(shape, i));
    json_decref(shape);
    const qb_st_tensor *logits = golden_tensor(f, NULL, "eval_logits");
    problem p = {.input = {d[1], d[2], d[3]}, .n_images = (int)d[0], .n_classes = (int)logits->shape[1]};
    size_t n = (size_t)(d[0] * d[1] * d[2] * d[3]);
    p.images = qb_alloc(n, sizeof *p.images);
    p.targets = qb_alloc((size_t)p.n_images, sizeof *p.targets);
    char *name = qb_sprintf("%s.input%s", golden_meta(f, "model"), golden_meta(f, "seed"));
    qb_hash_fill(name, n, 1.5, 0, p.images);
    qb_free(name);
    for (int i = 0; i < p.n_images; i++)
        p.targets[i] = qb_target_of(7 * i % p.n_classes);
    return p;
}

static int run_net(worst *w, const golden_file *f, const problem *p, qb_net *net, double gradient_limit)
{
    qb_batch batch = qb_batch_of(p->images, p->targets, p->n_images);
    batch.label_smoothing = golden_meta_number(f, "label_smoothing");
    fill_net(net, f);
    QB_TRY(qb_net_forward(net, &batch, QB_EVAL));
    compare_logits(w, f, net, "eval_logits");
    QB_TRY(qb_net_forward(net, &batch, QB_TRAIN));
    compare_logits(w, f, net, "train_logits");
    qb_loss loss;
    QB_TRY(qb_net_backward(net, &batch, &loss));
    float *want = golden_floats(f, NULL, "loss", NULL);
    note(w, fabs(loss.sum / (double)loss.n - (double)want[0]) / loss_tolerance, "loss", "");
    qb_free(want);
    if (!compare_gradients(w, f, net, gradient_limit))
        return qb_err_set(QB_E_DATA, "the file lists other parameters than the network has");
    if (!compare_running(w, f, net))
        return qb_err_set(QB_E_DATA, "the file lists other running statistics than the network has");
    return 0;
}

static void run(golden_tally *t, const golden_file *f)
{
    const char *name = golden_meta(f, "model");
    const qb_model *model = NULL;
    if (qb_model_find(name, &model) < 0) {
        golden_skip(t, name, "this model is unknown here");
        return;
    }
    problem p = read_problem(f);
    worst w = {0};
    qb_graph *graph = NULL;
    qb_net *net = NULL;
    const qb_net_options options = {
        .precision = QB_FP32,
        .threads = golden_threads(),
        .train_batches = &p.n_images,
        .n_train_batches = 1,
        .eval_batches = &p.n_images,
        .n_eval_batches = 1,
    };
    double gradient_limit = model->depth >= DEEP ? deep_gradient_tolerance : gradient_tolerance;
    int rc = qb_model_graph(name, p.input, p.n_classes, &graph);
    if (rc == 0)
        rc = qb_net_create(graph, &options, &net);
    if (rc == 0)
        rc = run_net(&w, f, &p, net, gradient_limit);
    if (rc < 0) {
        golden_fail(t, name, "%s", qb_err_text());
    } else {
        char case_name[256];
        snprintf(case_name, sizeof case_name, "%s (worst: %s)", name, w.what);
        golden_case(t, case_name, w.error);
    }
    qb_net_destroy(net);
    qb_graph_destroy(graph);
    qb_free(p.images);
    qb_free(p.targets);
}

const golden_kind golden_models = {"models", matches, run};
