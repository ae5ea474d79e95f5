/* The list of layers, their parameters and running statistics, and the first error of its builders. */
#include "base/err.h"
#include "base/mem.h"
#include "engine/layer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ALIGN_FLOATS = 16 }; /* every tensor of a slab starts on a cache line */

struct qb_graph {
    char *model;
    int n_classes;
    qb_layer *layers;
    size_t n_layers;
    qb_param *params;
    size_t n_params;
    qb_running_stat *running_stats;
    size_t n_running_stats;
    size_t slab_size;
    qb_ref logits;
    int n_branches;
    double drop_path;
    int error; /* first error of a builder, with its text */
    char error_text[400];
};

int qb_graph_create(const char *model, qb_shape input, int n_classes, qb_graph **ret_graph)
{
    if (input.c < 1 || input.h < 1 || input.w < 1)
        return qb_err_set(QB_E_CONFIG, "model '%s': input of %lldx%lldx%lld (channels, height, width) is empty", model,
                          (long long)input.c, (long long)input.h, (long long)input.w);
    if (n_classes < 2)
        return qb_err_set(QB_E_CONFIG, "model '%s': expected at least 2 classes, got %d", model, n_classes);
    qb_graph *g = qb_alloc(1, sizeof *g);
    if (g == NULL)
        return QB_E_NOMEM;
    g->n_classes = n_classes;
    g->logits = QB_NONE;
    g->model = qb_strdup(model);
    if (g->model != NULL)
        qb_graph_add(g, "input", &(qb_layer){.kind = &qb_layer_input, .in = {QB_NONE, QB_NONE}, .out = input});
    if (g->model == NULL || g->error < 0) {
        qb_graph_destroy(g);
        return QB_E_NOMEM;
    }
    *ret_graph = g;
    return 0;
}

void qb_graph_destroy(qb_graph *g)
{
    if (g == NULL)
        return;
    for (size_t i = 0; i < g->n_layers; i++) {
        qb_free(g->layers[i].name);
        qb_free(g->layers[i].attributes);
    }
    for (size_t i = 0; i < g->n_params; i++)
        qb_free((char *)g->params[i].name);
    for (size_t i = 0; i < g->n_running_stats; i++)
        qb_free((char *)g->running_stats[i].name);
    qb_free(g->layers);
    qb_free(g->params);
    qb_free(g->running_stats);
    qb_free(g->model);
    qb_free(g);
}

qb_ref qb_graph_input(qb_graph *g)
{
    (void)g; /* the first layer of every graph */
    return 0;
}

/* ---- builders ---- */

qb_ref qb_graph_fail(qb_graph *g, const char *kind, const char *name, const char *fmt, ...)
{
    if (g->error < 0)
        return QB_NONE;
    char reason[300];
    va_list args;
    va_start(args, fmt);
    vsnprintf(reason, sizeof reason, fmt, args);
    va_end(args);
    g->error = QB_E_CONFIG;
    snprintf(g->error_text, sizeof g->error_text, "%s '%.80s': %s", kind, name, reason);
    return QB_NONE;
}

static void fail_memory(qb_graph *g)
{
    if (g->error < 0)
        return;
    g->error = QB_E_NOMEM;
    snprintf(g->error_text, sizeof g->error_text, "out of memory");
}

bool qb_graph_may_add(qb_graph *g, const char *kind, const char *name, qb_ref x)
{
    if (g->error < 0)
        return false;
    if (x < 0 || (size_t)x >= g->n_layers) {
        qb_graph_fail(g, kind, name, "its input is not a tensor of this graph (got %d, there are %zu)", x, g->n_layers);
        return false;
    }
    return true;
}

qb_shape qb_graph_shape(const qb_graph *g, qb_ref x)
{
    return g->layers[x].out;
}

/* Room for one more element, capacity growing by powers of two; false: out of memory. */
static bool grow(void **array, size_t n, size_t size)
{
    bool is_full = n == 0 || (n >= 16 && (n & (n - 1)) == 0);
    if (!is_full)
        return true;
    void *bigger = qb_realloc(*array, n == 0 ? 16 : 2 * n, size);
    if (bigger == NULL)
        return false;
    *array = bigger;
    return true;
}

qb_ref qb_graph_add(qb_graph *g, const char *name, const qb_layer *l)
{
    if (g->error < 0)
        return QB_NONE;
    size_t size = l->kind->attributes_size;
    char *copy = qb_strdup(name);
    void *attributes = size > 0 ? qb_alloc(1, size) : NULL;
    if (copy == NULL || (size > 0 && attributes == NULL) || !grow((void **)&g->layers, g->n_layers, sizeof *g->layers)) {
        qb_free(attributes);
        qb_free(copy);
        fail_memory(g);
        return QB_NONE;
    }
    if (size > 0)
        memcpy(attributes, l->attributes, size);
    qb_layer *added = &g->layers[g->n_layers];
    *added = *l;
    added->name = copy;
    added->attributes = attributes;
    added->ref = (qb_ref)g->n_layers;
    added->needs_grad = l->n_params > 0;
    for (int i = 0; i < 2; i++)
        if (l->in[i] != QB_NONE) {
            g->layers[l->in[i]].n_readers++;
            added->needs_grad |= g->layers[l->in[i]].needs_grad;
        }
    if (l->in[0] != QB_NONE)
        added->in_shape = g->layers[l->in[0]].out;
    return (qb_ref)g->n_layers++;
}

/* "NAME.SUFFIX", or "NAME" without a suffix; to be freed. */
static char *full_name(const char *name, const char *suffix)
{
    return suffix != NULL ? qb_sprintf("%s.%s", name, suffix) : qb_strdup(name);
}

size_t qb_graph_add_param(qb_graph *g, const char *name, const char *suffix, const qb_param *p)
{
    if (g->error < 0)
        return 0;
    QB_ASSERT(p->init != 0 && p->lr_factor > 0 && p->decay_factor >= 0);
    char *full = full_name(name, suffix);
    if (full == NULL || !grow((void **)&g->params, g->n_params, sizeof *g->params)) {
        qb_free(full);
        fail_memory(g);
        return 0;
    }
    for (size_t i = 0; i < g->n_params; i++)
        if (strcmp(g->params[i].name, full) == 0) {
            qb_graph_fail(g, "parameter", full, "a parameter of that name exists already");
            qb_free(full);
            return 0;
        }
    qb_param *added = &g->params[g->n_params];
    *added = *p;
    added->name = full;
    added->n = 1;
    for (int i = 0; i < p->n_dims; i++)
        added->n *= (size_t)p->shape[i];
    added->offset = g->slab_size;
    g->slab_size += (added->n + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
    return g->n_params++;
}

size_t qb_graph_add_weight(qb_graph *g, const char *name, qb_quantized quantized, qb_init init, int n_dims, const int64_t *shape,
                           int64_t fan_in, int64_t fan_out)
{
    qb_param p = {.is_quantized = quantized == QB_QUANTIZED, .decay_factor = 1, .lr_factor = 1, .init = init, .n_dims = n_dims,
                  .fan_in = fan_in, .fan_out = fan_out};
    memcpy(p.shape, shape, (size_t)n_dims * sizeof *shape);
    return qb_graph_add_param(g, name, "weight", &p);
}

size_t qb_graph_add_bias(qb_graph *g, const char *name, qb_init init, int64_t n, int64_t fan_in, int64_t fan_out)
{
    return qb_graph_add_param(g, name, "bias", &(qb_param){.lr_factor = 1, .init = init, .n_dims = 1, .shape = {n},
                                                           .fan_in = fan_in, .fan_out = fan_out});
}

size_t qb_graph_add_running_stat(qb_graph *g, const char *name, const char *suffix, int64_t n, float init)
{
    if (g->error < 0)
        return 0;
    char *full = full_name(name, suffix);
    if (full == NULL || !grow((void **)&g->running_stats, g->n_running_stats, sizeof *g->running_stats)) {
        qb_free(full);
        fail_memory(g);
        return 0;
    }
    g->running_stats[g->n_running_stats] = (qb_running_stat){.name = full, .n = (size_t)n, .init = init};
    return g->n_running_stats++;
}

int qb_graph_finish(qb_graph *g, qb_ref logits)
{
    if (g->error == 0 && (logits < 0 || (size_t)logits >= g->n_layers))
        qb_graph_fail(g, "model", g->model, "the logits are not a tensor of this graph (got %d, there are %zu)", logits,
                      g->n_layers);
    if (g->error == 0) {
        const qb_layer *l = &g->layers[logits];
        if (l->out.c != g->n_classes || l->out.h != 1 || l->out.w != 1)
            qb_graph_fail(g, l->kind->name, l->name, "expected logits of shape %dx1x1 (one a class), got %lldx%lldx%lld",
                          g->n_classes, (long long)l->out.c, (long long)l->out.h, (long long)l->out.w);
        else if (!l->needs_grad)
            qb_graph_fail(g, "model", g->model, "no layer before the logits has a parameter");
    }
    for (size_t i = 0; i < g->n_layers && g->error == 0; i++)
        if (g->layers[i].n_readers == 0 && (qb_ref)i != logits)
            qb_graph_fail(g, g->layers[i].kind->name, g->layers[i].name, "no layer reads its output");
    size_t n_used = 0;
    for (size_t i = 0; i < g->n_layers; i++)
        n_used += g->layers[i].n_params;
    if (g->error == 0 && n_used != g->n_params)
        qb_graph_fail(g, "model", g->model, "%zu parameters are declared but belong to no layer", g->n_params - n_used);
    if (g->error < 0)
        return qb_err_set(g->error, "%s", g->error_text);
    g->logits = logits;
    return 0;
}

/* ---- queries ---- */

const char *qb_graph_model(const qb_graph *g)
{
    return g->model;
}
qb_shape qb_graph_input_shape(const qb_graph *g)
{
    return g->layers[0].out;
}
int qb_graph_n_classes(const qb_graph *g)
{
    return g->n_classes;
}
size_t qb_graph_n_layers(const qb_graph *g)
{
    return g->n_layers;
}
qb_ref qb_graph_logits(const qb_graph *g)
{
    return g->logits;
}
void qb_graph_classifier(const qb_graph *g, size_t *ret_first, size_t *ret_n)
{
    *ret_first = g->layers[g->logits].param;
    *ret_n = g->layers[g->logits].n_params;
}
const qb_layer *qb_graph_layers(const qb_graph *g, size_t *ret_n)
{
    *ret_n = g->n_layers;
    return g->layers;
}
const qb_param *qb_graph_params(const qb_graph *g, size_t *ret_n)
{
    *ret_n = g->n_params;
    return g->params;
}
const qb_running_stat *qb_graph_running_stats(const qb_graph *g, size_t *ret_n)
{
    *ret_n = g->n_running_stats;
    return g->running_stats;
}
void qb_graph_set_quantized(qb_graph *g, size_t param, bool quantized)
{
    QB_ASSERT(param < g->n_params);
    g->params[param].is_quantized = quantized;
}

uint32_t qb_graph_add_branch(qb_graph *g)
{
    return (uint32_t)g->n_branches++;
}
int qb_graph_n_branches(const qb_graph *g)
{
    return g->n_branches;
}
void qb_graph_set_drop_path(qb_graph *g, double rate)
{
    QB_ASSERT(rate >= 0 && rate < 1);
    g->drop_path = rate;
}
double qb_graph_drop_path(const qb_graph *g)
{
    return g->drop_path;
}

size_t qb_graph_slab_size(const qb_graph *g)
{
    return g->slab_size;
}

qb_layer_info qb_graph_layer(const qb_graph *g, size_t i)
{
    QB_ASSERT(i < g->n_layers);
    const qb_layer *l = &g->layers[i];
    qb_layer_info info = {.name = l->name, .kind = l->kind->name, .out = l->out, .macs = l->macs};
    for (size_t k = 0; k < l->n_params; k++)
        info.n_params += g->params[l->param + k].n;
    return info;
}
