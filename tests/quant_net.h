/* A small set of parameters that stands for a network in tests of the quantized step: three quantized tensors, two of
 * them neighbours in the slab, among others that are not; gradients depend on w and on the step.
 */
#ifndef QUANT_NET_H
#define QUANT_NET_H

#include "qb_test.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "quant/quant.h"

#include <qatbench/solver_util.h>

#include <stdio.h>
#include <string.h>

enum { N_PARAMS = 6, N_VIEWS = 3, N_FLOATS = 624 };

#define LR 0.05

static const int view_params[N_VIEWS] = {1, 2, 4};

typedef struct net_options {
    const char *solver, *quantizer; /* quantizer NULL: lsbq */
    int bits;                       /* 0: 2 bits */
    const int8_t *param_bits;       /* N_PARAMS; NULL: the same for all */
    qb_granularity granularity;     /* 0: by row */
    int64_t block, warmup, period, n_steps; /* n_steps 0: 100 */
    bool shrink;
    double start, end; /* annealing window; end 0: 10 */
    double weight_decay;
    uint64_t seed; /* 0: 1 */
    int threads;
} net_options;

typedef struct net {
    qb_param params[N_PARAMS];
    float x[N_FLOATS], w[N_FLOATS], g[N_FLOATS];
    const qb_plugin *plugin;
    qb_settings settings;
    qb_optim *optim;
    qb_quant *quant;
} net;

/* Plugins of the tests and of the build. */
static inline void net_set_up(void)
{
    char *dir = qb_program_dir();
    char *path = qb_sprintf("%s/plugins:%s/../solvers", dir, dir);
    setenv("QATBENCH_SOLVER_PATH", path, 1);
    qb_free(path);
    qb_free(dir);
}

/* Everything but the quant itself. */
static inline void net_prepare(net *n, const net_options *o)
{
    static const qb_param shapes[N_PARAMS] = {
        {.name = "norm.weight", .decay_factor = 1, .lr_factor = 1, .n_dims = 1, .shape = {4}, .n = 4, .offset = 0},
        {.name = "a.weight", .is_quantized = true, .decay_factor = 1, .lr_factor = 1, .n_dims = 4, .shape = {4, 3, 3, 3}, .n = 108, .offset = 16},
        {.name = "b.weight", .is_quantized = true, .decay_factor = 1, .lr_factor = 1, .n_dims = 2, .shape = {6, 20}, .n = 120, .offset = 128},
        {.name = "b.bias", .lr_factor = 1, .n_dims = 1, .shape = {6}, .n = 6, .offset = 256},
        {.name = "c.weight", .is_quantized = true, .decay_factor = 1, .lr_factor = 1, .n_dims = 2, .shape = {5, 64}, .n = 320, .offset = 272},
        {.name = "head.weight", .decay_factor = 1, .lr_factor = 1, .n_dims = 2, .shape = {3, 5}, .n = 15, .offset = 592},
    };
    memset(n, 0, sizeof *n);
    memcpy(n->params, shapes, sizeof shapes);
    qb_spec spec;
    ck_assert_int_eq(qb_spec_parse(o->solver, &spec), 0);
    ck_assert_msg(qb_plugin_load(spec.name, NULL, &n->plugin) == 0, "%s", qb_err_text());
    ck_assert_msg(qb_plugin_settings(n->plugin, &spec, &n->settings) == 0, "%s", qb_err_text());
    qb_spec_finish(&spec);
    bool separate = (n->plugin->solver.caps & QB_CAP_FULL_PRECISION) == 0;
    for (int i = 0; i < N_PARAMS; i++) {
        qb_param *p = &n->params[i];
        p->x = n->x + p->offset;
        p->g = n->g + p->offset;
        p->w = p->is_quantized && separate ? n->w + p->offset : p->x;
        qb_hash_fill(p->name, p->n, 1.0, 0.0, p->x);
        if (p->w != p->x)
            memcpy(p->w, p->x, p->n * sizeof(float));
    }
    qb_optim_options sgd = {.kind = QB_OPTIM_SGD, .momentum = 0.9};
    ck_assert_int_eq(qb_optim_create(&sgd, &n->optim), 0);
}

static inline int net_create_quant(net *n, const net_options *o)
{
    int64_t n_steps = o->n_steps != 0 ? o->n_steps : 100;
    qb_quant_options q = {.plugin = n->plugin,
                          .solver_settings = &n->settings,
                          .bits = o->bits != 0 ? o->bits : 2,
                          .param_bits = o->param_bits,
                          .quantizer = o->quantizer != NULL ? o->quantizer : "lsbq",
                          .granularity = o->granularity != 0 ? o->granularity : QB_PER_ROW,
                          .block = o->block,
                          .period = o->period,
                          .warmup = o->warmup,
                          .shrink = o->shrink,
                          .n_steps = n_steps,
                          .steps_per_epoch = 10,
                          .anneal_start = o->start,
                          .anneal_end = o->end > 0 ? o->end : o->start > 0 ? o->start : 10,
                          .lr_base = LR,
                          .lr_sum_total = LR * (double)(n_steps - o->warmup),
                          .weight_decay = o->weight_decay,
                          .seed = o->seed != 0 ? o->seed : 1,
                          .threads = o->threads};
    return qb_quant_create(&q, n->params, N_PARAMS, n->optim, &n->quant);
}

static inline int net_try(net *n, const net_options *o)
{
    net_prepare(n, o);
    return net_create_quant(n, o);
}

static inline void net_open(net *n, const net_options *o) { ck_assert_msg(net_try(n, o) == 0, "%s", qb_err_text()); }

static inline void net_close(net *n)
{
    qb_quant_destroy(n->quant);
    qb_optim_destroy(n->optim);
    qb_settings_finish(&n->settings);
    n->quant = NULL;
    n->optim = NULL;
}

/* g = a random force and a pull of w towards 0.3. */
static inline void net_gradient(net *n, int64_t step)
{
    for (int i = 0; i < N_PARAMS; i++) {
        qb_param *p = &n->params[i];
        char name[64];
        (void)snprintf(name, sizeof name, "%s.%lld", p->name, (long long)step);
        qb_hash_fill(name, p->n, 0.5, 0.0, p->g);
        for (size_t k = 0; k < p->n; k++)
            p->g[k] += 0.2f * (p->w[k] - 0.3f);
    }
}

static inline void net_step(net *n, int64_t step)
{
    net_gradient(n, step);
    ck_assert_msg(qb_quant_step(n->quant, step, LR) == 0, "step %lld: %s", (long long)step, qb_err_text());
}

#endif
