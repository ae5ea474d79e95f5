/* Base optimizers, one tensor at a time, in PyTorch's order of operations and precision: values in float32,
 * step sizes and bias corrections in double and rounded once.
 *
 * Invariant: a state array is all zeros while its tensor's step count is 0.
 * Letters: x weights, g gradient, d gradient with decay, b momentum buffer, m and v first and second moments,
 * k step number from 1.
 * Source: torch.optim.SGD, AdamW, Adam without their options.
 */
#include "engine/optim.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MAX_STATES = 2 };

typedef struct tensor {
    size_t n;
    double weight_decay, lr_factor;
    char *state_names[MAX_STATES];
    float *states[MAX_STATES]; /* SGD: momentum; Adam, AdamW: m, v */
} tensor;

struct qb_optim {
    qb_optim_options options;
    int n_states; /* a tensor */
    tensor *tensors;
    int64_t *step_counts;
    size_t n, capacity;
};

static const char *state_suffix(const qb_optim_options *o, int i)
{
    if (o->kind == QB_OPTIM_SGD)
        return "momentum";
    return i == 0 ? "m" : "v";
}

static int check_share(const char *name, double v) /* [0, 1) */
{
    char text[32];
    if (v >= 0 && v < 1)
        return 0;
    return qb_err_set(QB_E_USAGE, "%s: expected a number from 0 to below 1, got %s", name, qb_format_real(v, text));
}

static int check_options(const qb_optim_options *o)
{
    char text[32];
    QB_ASSERT(o->kind >= QB_OPTIM_SGD && o->kind <= QB_OPTIM_ADAM);
    if (o->kind == QB_OPTIM_SGD)
        return check_share("momentum", o->momentum);
    QB_TRY(check_share("beta1", o->beta1));
    QB_TRY(check_share("beta2", o->beta2));
    if (!(o->eps > 0) || !isfinite(o->eps))
        return qb_err_set(QB_E_USAGE, "eps: expected a number above 0, got %s", qb_format_real(o->eps, text));
    return 0;
}

int qb_optim_create(const qb_optim_options *options, qb_optim **ret_optim)
{
    QB_TRY(check_options(options));
    qb_optim *o = qb_alloc(1, sizeof *o);
    if (!o)
        return QB_E_NOMEM;
    o->options = *options;
    o->n_states = options->kind != QB_OPTIM_SGD ? 2 : options->momentum > 0 ? 1 : 0;
    *ret_optim = o;
    return 0;
}

static void finish_tensor(tensor *t)
{
    for (int i = 0; i < MAX_STATES; i++) {
        qb_free(t->state_names[i]);
        qb_free(t->states[i]);
    }
}

void qb_optim_destroy(qb_optim *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < o->n; i++)
        finish_tensor(&o->tensors[i]);
    qb_free(o->tensors);
    qb_free(o->step_counts);
    qb_free(o);
}

static int grow(qb_optim *o)
{
    if (o->n < o->capacity)
        return 0;
    size_t capacity = o->capacity ? 2 * o->capacity : 64;
    tensor *tensors = qb_realloc(o->tensors, capacity, sizeof *tensors);
    if (!tensors)
        return QB_E_NOMEM;
    o->tensors = tensors;
    int64_t *counts = qb_realloc(o->step_counts, capacity, sizeof *counts);
    if (!counts)
        return QB_E_NOMEM;
    o->step_counts = counts;
    o->capacity = capacity;
    return 0;
}

int qb_optim_add(qb_optim *o, const char *name, size_t n, double weight_decay, double lr_factor, int *ret_index)
{
    char text[32];
    if (!(weight_decay >= 0) || !isfinite(weight_decay))
        return qb_err_set(QB_E_USAGE, "weight decay: expected a number of at least 0, got %s",
                          qb_format_real(weight_decay, text));
    QB_ASSERT(lr_factor >= 0);
    QB_TRY(grow(o));
    tensor t = {.n = n, .weight_decay = weight_decay, .lr_factor = lr_factor};
    for (int i = 0; i < o->n_states; i++) {
        t.state_names[i] = qb_sprintf("%s.%s", name, state_suffix(&o->options, i));
        t.states[i] = qb_alloc(n, sizeof *t.states[i]);
        if (!t.state_names[i] || !t.states[i]) {
            finish_tensor(&t);
            return QB_E_NOMEM;
        }
    }
    *ret_index = (int)o->n;
    o->step_counts[o->n] = 0;
    o->tensors[o->n++] = t;
    return 0;
}

/* ---- steps ---- */

static void step_plain(size_t n, float *restrict x, const float *restrict g, float lr, float decay)
{
    for (size_t i = 0; i < n; i++) {
        float d = g[i] + decay * x[i];
        x[i] -= lr * d;
    }
}

/* The first step copies the gradient into the buffer; nothing is multiplied (no dampening). */
static void step_momentum_first(size_t n, float *restrict x, const float *restrict g, float *restrict b, float lr, float decay)
{
    for (size_t i = 0; i < n; i++) {
        b[i] = g[i] + decay * x[i];
        x[i] -= lr * b[i];
    }
}

static void step_momentum(size_t n, float *restrict x, const float *restrict g, float *restrict b, float lr, float decay,
                          float momentum)
{
    for (size_t i = 0; i < n; i++) {
        float d = g[i] + decay * x[i];
        b[i] = momentum * b[i] + d;
        x[i] -= lr * b[i];
    }
}

typedef struct adam_constants {
    float shrink;       /* of x: 1 - lr * wd (AdamW), 1 (Adam)           */
    float decay;        /* of x, added to g: wd (Adam), 0 (AdamW)         */
    float beta2;
    float new1, new2;   /* 1 - beta1, 1 - beta2                           */
    float root_scale;   /* sqrt(1 - beta2^k)                              */
    float eps, step;    /* step = lr / (1 - beta1^k)                      */
} adam_constants;

static void step_adam(size_t n, float *restrict x, const float *restrict g, float *restrict m, float *restrict v, adam_constants c)
{
    for (size_t i = 0; i < n; i++) {
        float p = x[i] * c.shrink;
        float d = g[i] + c.decay * p;
        m[i] += c.new1 * (d - m[i]);
        v[i] = v[i] * c.beta2 + c.new2 * d * d;
        float denominator = sqrtf(v[i]) / c.root_scale + c.eps;
        x[i] = p - c.step * m[i] / denominator;
    }
}

static adam_constants adam_at(const qb_optim_options *o, int64_t k, double lr, double weight_decay)
{
    bool decoupled = o->kind == QB_OPTIM_ADAMW;
    return (adam_constants){
        .shrink = decoupled ? (float)(1 - lr * weight_decay) : 1.0f,
        .decay = decoupled ? 0.0f : (float)weight_decay,
        .beta2 = (float)o->beta2,
        .new1 = (float)(1 - o->beta1),
        .new2 = (float)(1 - o->beta2),
        .root_scale = (float)sqrt(1 - pow(o->beta2, (double)k)),
        .eps = (float)o->eps,
        .step = (float)(lr / (1 - pow(o->beta1, (double)k))),
    };
}

void qb_optim_step(qb_optim *o, int index, float *x, const float *g, double lr, double decay_scale)
{
    QB_ASSERT(index >= 0 && (size_t)index < o->n);
    tensor *t = &o->tensors[index];
    int64_t k = ++o->step_counts[index];
    double rate = lr * t->lr_factor, decay = t->weight_decay * decay_scale;
    if (o->options.kind != QB_OPTIM_SGD)
        step_adam(t->n, x, g, t->states[0], t->states[1], adam_at(&o->options, k, rate, decay));
    else if (o->n_states == 0)
        step_plain(t->n, x, g, (float)rate, (float)decay);
    else if (k == 1)
        step_momentum_first(t->n, x, g, t->states[0], (float)rate, (float)decay);
    else
        step_momentum(t->n, x, g, t->states[0], (float)rate, (float)decay, (float)o->options.momentum);
}

/* ---- state ---- */

void qb_optim_reset(qb_optim *o)
{
    for (size_t i = 0; i < o->n; i++) {
        o->step_counts[i] = 0;
        for (int j = 0; j < o->n_states; j++)
            memset(o->tensors[i].states[j], 0, o->tensors[i].n * sizeof(float));
    }
}

size_t qb_optim_n_states(const qb_optim *o)
{
    return o->n * (size_t)o->n_states;
}

void qb_optim_state(qb_optim *o, size_t i, const char **ret_name, float **ret_values, size_t *ret_n)
{
    QB_ASSERT(i < qb_optim_n_states(o));
    tensor *t = &o->tensors[i / (size_t)o->n_states];
    size_t j = i % (size_t)o->n_states;
    *ret_name = t->state_names[j];
    *ret_values = t->states[j];
    *ret_n = t->n;
}

int64_t *qb_optim_step_counts(qb_optim *o, size_t *ret_n)
{
    *ret_n = o->n;
    return o->step_counts;
}
