/* Plans: which buffer lives when, and where it rests. Invariant: two buffers whose lives meet never overlap. */
#include "engine/net_plan.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "engine/bf16.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGN_BYTES = 128 };

/* ---- buffers ---- */

int qb_net_plan_forward_time(const qb_net_plan *p, const qb_layer *l)
{
    (void)p;
    return l->ref;
}

int qb_net_plan_backward_time(const qb_net_plan *p, const qb_layer *l)
{
    return 2 * (int)p->n_layers - l->ref;
}

int qb_net_plan_buffer(qb_net_plan *p, size_t bytes, int first, int last, int *ret_buffer)
{
    int n = p->n_memory;
    if (n == 0 || (n >= 64 && (n & (n - 1)) == 0)) {
        qb_memory *bigger = qb_realloc(p->memory, n == 0 ? 64 : 2 * (size_t)n, sizeof *bigger);
        if (bigger == NULL)
            return QB_E_NOMEM;
        p->memory = bigger;
    }
    size_t rounded = (bytes + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
    p->memory[n] = (qb_memory){.bytes = rounded > 0 ? rounded : ALIGN_BYTES, .first = first, .last = last};
    p->n_memory++;
    *ret_buffer = n;
    return 0;
}

void qb_net_plan_extend(qb_net_plan *p, int buffer, int last)
{
    if (p->memory[buffer].last < last)
        p->memory[buffer].last = last;
}

void *qb_net_plan_at(const qb_net_plan *p, int buffer)
{
    return p->arena + p->memory[buffer].offset;
}

/* Larger buffers first: they are the hardest to place. */
static int by_size(const void *a, const void *b)
{
    const qb_memory *x = *(const qb_memory *const *)a, *y = *(const qb_memory *const *)b;
    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* Each buffer goes to the lowest gap among the placed ones that it meets in time. */
static int place_buffers(qb_net_plan *p)
{
    int n = p->n_memory;
    qb_memory **order = qb_alloc(2 * (size_t)n, sizeof *order);
    if (order == NULL)
        return QB_E_NOMEM;
    qb_memory **placed = order + n; /* by offset */
    for (int i = 0; i < n; i++)
        order[i] = &p->memory[i];
    qsort(order, (size_t)n, sizeof *order, by_size);
    p->arena_bytes = 0;
    for (int i = 0; i < n; i++) {
        qb_memory *m = order[i];
        size_t end = 0; /* of the space known to be taken */
        for (int k = 0; k < i; k++) {
            const qb_memory *other = placed[k];
            if (other->last < m->first || m->last < other->first)
                continue;
            if (other->offset >= end + m->bytes)
                break;
            if (other->offset + other->bytes > end)
                end = other->offset + other->bytes;
        }
        m->offset = end;
        if (end + m->bytes > p->arena_bytes)
            p->arena_bytes = end + m->bytes;
        int k = i;
        for (; k > 0 && placed[k - 1]->offset > m->offset; k--)
            placed[k] = placed[k - 1];
        placed[k] = m;
    }
    qb_free(order);
    return 0;
}

/* ---- tensors ---- */

int qb_net_plan_output(qb_net_plan *p, const qb_layer *l, const qb_layout *layout)
{
    qb_activation *t = &p->activations[l->ref];
    t->layout = *layout;
    int now = qb_net_plan_forward_time(p, l);
    return qb_net_plan_buffer(p, qb_layout_bytes(layout), now, now, &t->value);
}

void qb_net_plan_read(qb_net_plan *p, const qb_layer *l, qb_ref x, bool again)
{
    qb_net_plan_extend(p, p->activations[x].value,
                   again && qb_net_plan_trains(p) ? qb_net_plan_backward_time(p, l) : qb_net_plan_forward_time(p, l));
}

bool qb_net_plan_needs_grad(const qb_net_plan *p, qb_ref x)
{
    return x != QB_NONE && p->layers[x].needs_grad;
}

int qb_net_plan_add_grad(qb_net_plan *p, const qb_layer *l, qb_ref x, int reuse, int *ret_buffer)
{
    qb_activation *t = &p->activations[x];
    int buffer = reuse, now = qb_net_plan_backward_time(p, l);
    if (reuse < 0)
        QB_TRY(qb_net_plan_buffer(p, qb_layout_bytes(&t->layout), now, now, &buffer));
    qb_net_plan_extend(p, buffer, qb_net_plan_backward_time(p, &p->layers[x])); /* until x's own layer has read it */
    t->grads[t->n_contributions++] = buffer;
    *ret_buffer = buffer;
    return 0;
}

const float *qb_net_plan_weight(const qb_net_plan *p, size_t param)
{
    const qb_param *w = &p->params[param];
    return *p->slab != NULL ? *p->slab + w->offset : w->w;
}

/* ---- costs ---- */

void qb_net_plan_lap(qb_net_plan *p, const qb_layer *l, qb_pass pass)
{
    double now = qb_now_seconds();
    p->seconds[l->ref][pass] += now - p->lap;
    p->lap = now;
}

static int64_t pass_bytes(const qb_net_plan *p, const qb_layer *l, qb_pass pass)
{
    const qb_activation *y = &p->activations[l->ref];
    int64_t in = 0, in_grads = 0, out = (int64_t)qb_layout_bytes(&y->layout), params = 0;
    for (int i = 0; i < 2 && l->in[i] != QB_NONE; i++) {
        int64_t bytes = (int64_t)qb_layout_bytes(&p->activations[l->in[i]].layout);
        in += bytes;
        in_grads += qb_net_plan_needs_grad(p, l->in[i]) ? bytes : 0;
    }
    for (size_t i = 0; i < l->n_params; i++)
        params += (int64_t)(p->params[l->param + i].n * sizeof(float));
    switch (pass) {
    case QB_PASS_FORWARD: return in + params + out;
    case QB_PASS_BACKWARD_DATA: return out * y->n_contributions + params + in_grads;
    case QB_PASS_BACKWARD_WEIGHTS: return in + out * y->n_contributions + params;
    default: return in + out * y->n_contributions + 2 * params + in_grads;
    }
}

void qb_net_plan_add_cost(const qb_net_plan *p, size_t i, qb_net_cost *c)
{
    const qb_layer *l = &p->layers[i];
    if (!(p->seconds[i][c->pass] > 0))
        return;
    int64_t n = p->n_passes[c->pass != QB_PASS_FORWARD];
    c->seconds += p->seconds[i][c->pass];
    c->bytes += n * pass_bytes(p, l, c->pass);
    c->macs += (c->pass == QB_PASS_BACKWARD ? 2 : 1) * n * l->macs * p->n; /* both gradients in one */
}

void qb_net_plan_forget_costs(qb_net_plan *p)
{
    memset(p->seconds, 0, p->n_layers * sizeof *p->seconds);
    p->n_passes[0] = p->n_passes[1] = 0;
}

/* ---- the whole ---- */

static int plan_logits(qb_net_plan *p)
{
    qb_ref ref = qb_graph_logits(p->graph);
    qb_activation *t = &p->activations[ref];
    int now = (int)p->n_layers;
    qb_layout plain = t->layout;
    plain.block = 1;
    plain.type = QB_TYPE_F32;
    p->logits_value = t->value;
    if (!qb_layout_equal(&plain, &t->layout)) {
        QB_TRY(qb_net_plan_buffer(p, qb_layout_bytes(&plain), now, now, &p->logits_value));
        QB_TRY(qb_prim_reorder(p->dnn, &t->layout, &plain, &p->logits_out));
    }
    qb_net_plan_extend(p, t->value, now);
    qb_net_plan_extend(p, p->logits_value, 2 * now + 1); /* callers read them after backward too */
    if (!qb_net_plan_trains(p))
        return 0;
    int grad; /* in the layout of the logits; its life begins with the loss */
    QB_TRY(qb_net_plan_buffer(p, qb_layout_bytes(&t->layout), now, now, &grad));
    QB_TRY(qb_net_plan_add_grad(p, &p->layers[ref], ref, grad, &grad));
    p->logits_grad = grad;
    if (p->logits_out != NULL) {
        QB_TRY(qb_net_plan_buffer(p, qb_layout_bytes(&plain), now, now, &p->logits_grad));
        QB_TRY(qb_prim_reorder(p->dnn, &plain, &t->layout, &p->logits_in));
    }
    return 0;
}

static int plan_layers(qb_net_plan *p)
{
    for (size_t i = 0; i < p->n_layers; i++) {
        const qb_layer *l = &p->layers[i];
        if (l->kind->plan(p, l, p->ops[i]) < 0)
            return qb_err_add("layer '%s' at batch size %d", l->name, p->n);
    }
    QB_TRY(plan_logits(p));
    for (size_t i = p->n_layers; qb_net_plan_trains(p) && i-- > 0;) {
        const qb_layer *l = &p->layers[i];
        qb_activation *t = &p->activations[i];
        if (!l->needs_grad)
            continue;
        t->n_grads = t->n_contributions < l->kind->max_grads ? t->n_contributions : l->kind->max_grads;
        if (l->kind->plan_backward(p, l, p->ops[i]) < 0)
            return qb_err_add("layer '%s' at batch size %d", l->name, p->n);
    }
    return place_buffers(p);
}

int qb_net_plan_create(const qb_net_plan_base *base, int n, qb_mode mode, qb_net_plan **ret_plan)
{
    qb_net_plan *p = qb_alloc(1, sizeof *p);
    if (p == NULL)
        return QB_E_NOMEM;
    *p = (qb_net_plan){.graph = base->graph, .dnn = base->dnn, .n = n, .mode = mode, .type = base->type,
                   .params = base->params, .running_stats = base->running_stats, .slab = base->slab,
                   .keeps_weights = base->keeps_weights && mode == QB_TRAIN};
    p->layers = qb_graph_layers(base->graph, &p->n_layers);
    int rc = QB_E_NOMEM;
    size_t n_slots = 1; /* the loss reads the logits */
    for (size_t i = 0; i < p->n_layers; i++)
        n_slots += (size_t)p->layers[i].n_readers;
    p->activations = qb_alloc(p->n_layers, sizeof *p->activations);
    p->ops = qb_alloc(p->n_layers, sizeof *p->ops);
    p->grad_slots = qb_alloc(n_slots, sizeof *p->grad_slots);
    p->seconds = qb_alloc(p->n_layers, sizeof *p->seconds);
    if (p->activations == NULL || p->ops == NULL || p->grad_slots == NULL || p->seconds == NULL)
        goto fail;
    int *slot = p->grad_slots;
    for (size_t i = 0; i < p->n_layers; i++) {
        p->activations[i].grads = slot;
        slot += p->layers[i].n_readers + ((qb_ref)i == qb_graph_logits(p->graph));
        p->ops[i] = qb_alloc(1, p->layers[i].kind->op_size);
        if (p->ops[i] == NULL)
            goto fail;
    }
    rc = plan_layers(p);
    if (rc < 0)
        goto fail;
    *ret_plan = p;
    return 0;
fail:
    qb_net_plan_destroy(p);
    return rc;
}

void qb_net_plan_destroy(qb_net_plan *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; p->ops != NULL && i < p->n_layers; i++)
        if (p->ops[i] != NULL) {
            if (p->layers[i].kind->finish != NULL)
                p->layers[i].kind->finish(p->ops[i]);
            qb_free(p->ops[i]);
        }
    qb_prim_destroy(p->logits_in);
    qb_prim_destroy(p->logits_out);
    qb_free(p->memory);
    qb_free(p->seconds);
    qb_free(p->grad_slots);
    qb_free(p->ops);
    qb_free(p->activations);
    qb_free(p);
}

size_t qb_net_plan_arena_bytes(const qb_net_plan *p)
{
    return p->arena_bytes;
}

int qb_net_plan_bind_all(qb_net_plan *p, void *arena)
{
    p->arena = arena;
    for (size_t i = 0; i < p->n_layers; i++)
        if (p->layers[i].kind->bind != NULL)
            QB_TRY(p->layers[i].kind->bind(p, &p->layers[i], p->ops[i]));
    const qb_activation *t = &p->activations[qb_graph_logits(p->graph)];
    if (p->logits_out != NULL) {
        QB_TRY(qb_prim_bind(p->logits_out, QB_ARG_SRC, qb_net_plan_at(p, t->value)));
        QB_TRY(qb_prim_bind(p->logits_out, QB_ARG_DST, qb_net_plan_at(p, p->logits_value)));
    }
    if (p->logits_in != NULL) {
        QB_TRY(qb_prim_bind(p->logits_in, QB_ARG_SRC, qb_net_plan_at(p, p->logits_grad)));
        QB_TRY(qb_prim_bind(p->logits_in, QB_ARG_DST, qb_net_plan_at(p, t->grads[0])));
    }
    return 0;
}

int qb_net_plan_forward(qb_net_plan *p, const qb_batch *batch)
{
    p->batch = batch;
    p->n_passes[0]++;
    p->lap = qb_now_seconds();
    for (size_t i = 0; i < p->n_layers; i++) {
        QB_TRY(p->layers[i].kind->forward(p, &p->layers[i], p->ops[i]));
        qb_net_plan_lap(p, &p->layers[i], QB_PASS_FORWARD);
    }
    return p->logits_out != NULL ? qb_prim_run(p->logits_out) : 0;
}

/* Folds the contributions that the layer does not add by itself into the last one that it reads. */
static void add_contributions(const qb_net_plan *p, const qb_activation *t)
{
    int64_t n = (int64_t)qb_layout_count(&t->layout);
    void *sum = qb_net_plan_at(p, t->grads[t->n_grads - 1]);
    for (int k = t->n_grads; k < t->n_contributions; k++) {
        const void *more = qb_net_plan_at(p, t->grads[k]);
        if (t->layout.type == QB_TYPE_F32) {
            float *s = sum;
            const float *g = more;
#pragma omp parallel for schedule(static)
            for (int64_t i = 0; i < n; i++)
                s[i] += g[i];
        } else {
            uint16_t *s = sum;
            const uint16_t *g = more;
#pragma omp parallel for schedule(static)
            for (int64_t i = 0; i < n; i++)
                s[i] = qb_bf16_from_float(qb_bf16_to_float(s[i]) + qb_bf16_to_float(g[i]));
        }
    }
}

int qb_net_plan_backward(qb_net_plan *p, const qb_batch *batch)
{
    p->batch = batch;
    p->n_passes[1]++;
    p->lap = qb_now_seconds();
    if (p->logits_in != NULL)
        QB_TRY(qb_prim_run(p->logits_in));
    for (size_t i = p->n_layers; i-- > 0;) {
        const qb_layer *l = &p->layers[i];
        if (!l->needs_grad)
            continue;
        if (p->activations[i].n_contributions > p->activations[i].n_grads)
            add_contributions(p, &p->activations[i]);
        QB_TRY(l->kind->backward(p, l, p->ops[i]));
        qb_net_plan_lap(p, l, l->kind->has_products ? QB_PASS_BACKWARD_WEIGHTS : QB_PASS_BACKWARD);
    }
    return 0;
}

const float *qb_net_plan_logits(const qb_net_plan *p)
{
    return qb_net_plan_at(p, p->logits_value);
}

float *qb_net_plan_logits_grad(const qb_net_plan *p)
{
    return qb_net_plan_at(p, p->logits_grad);
}
