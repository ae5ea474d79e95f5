/* check_graph.h */
#include "check_graph.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the engine ---- */

void make_engine(engine *e, const qb_graph *g, int n, qb_mode mode, qb_type type)
{
    const qb_param *params = qb_graph_params(g, &e->n_params);
    const qb_running_stat *running_stats = qb_graph_running_stats(g, &e->n_running_stats);
    e->params = qb_alloc(e->n_params, sizeof *e->params);
    e->running_stats = qb_alloc(e->n_running_stats, sizeof *e->running_stats);
    e->x = qb_alloc(qb_graph_slab_size(g), sizeof *e->x);
    e->g = qb_alloc(qb_graph_slab_size(g), sizeof *e->g);
    e->slab = NULL;
    for (size_t i = 0; i < e->n_params; i++) {
        e->params[i] = params[i];
        e->params[i].x = e->params[i].w = e->x + params[i].offset;
        e->params[i].g = e->g + params[i].offset;
    }
    for (size_t i = 0; i < e->n_running_stats; i++) {
        e->running_stats[i] = running_stats[i];
        e->running_stats[i].value = qb_alloc(running_stats[i].n, sizeof(float));
        for (size_t k = 0; k < running_stats[i].n; k++)
            e->running_stats[i].value[k] = running_stats[i].init;
    }
    ck_assert_msg(qb_dnn_create(&e->dnn) == 0, "%s", qb_err_text());
    const qb_net_plan_base base = {.graph = g, .dnn = e->dnn, .type = type, .params = e->params, .running_stats = e->running_stats, .slab = &e->slab};
    ck_assert_msg(qb_net_plan_create(&base, n, mode, &e->plan) == 0, "%s", qb_err_text());
    e->arena = qb_alloc(qb_net_plan_arena_bytes(e->plan), 1);
    memset(e->arena, 0xff, qb_net_plan_arena_bytes(e->plan)); /* NaN: what nobody wrote must not matter */
    ck_assert_msg(qb_net_plan_bind_all(e->plan, e->arena) == 0, "%s", qb_err_text());
}

void finish_engine(engine *e)
{
    qb_net_plan_destroy(e->plan);
    qb_dnn_destroy(e->dnn);
    for (size_t i = 0; i < e->n_running_stats; i++)
        qb_free(e->running_stats[i].value);
    qb_free(e->arena);
    qb_free(e->g);
    qb_free(e->x);
    qb_free(e->running_stats);
    qb_free(e->params);
}

/* ---- fills ---- */

void fill_integers(const char *name, size_t n, int largest, float *to)
{
    qb_stream s = qb_rng_stream(7, QB_RNG_SYNTHETIC, qb_fnv1a(name) >> 32, qb_fnv1a(name) & 0xffffffff);
    for (size_t i = 0; i < n; i++)
        to[i] = (float)((int)qb_rng_below(&s, (uint32_t)(2 * largest + 1)) - largest);
}

void widen(const float *from, size_t n, double *to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (double)from[i];
}

/* ---- comparing ---- */

static void compare(const char *what, const float *got, const double *want, size_t n, tolerance tol, double rounding)
{
    double largest = 0, worst = 0, error = 0, norm = 0;
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        double e = fabs((double)got[i] - want[i]);
        if (!(e <= worst)) {
            worst = e;
            at = i;
        }
        largest = fmax(largest, fabs(want[i]));
        error += e * e;
        norm += want[i] * want[i];
    }
    double bound = tol.norm * sqrt(norm) + rounding;
    if (tol.norm > 0)
        ck_assert_msg(error <= bound * bound + 1e-12, "%s: error %g of norm %g, where rounding costs %g", what, sqrt(error),
                      sqrt(norm), rounding);
    else
        ck_assert_msg(worst <= tol.largest * largest, "%s[%zu]: got %.9g, want %.9g (largest %g)", what, at, (double)got[at],
                      want[at], largest);
}

/* What rounding to bfloat16 costs by itself: some references round at random, and the cost is the largest distance of any of them
 * from the exact one. */
enum { N_ROUGH = 8 };

typedef struct rough {
    ref_net *nets[N_ROUGH];
    qb_stream streams[N_ROUGH];
    int n; /* N_ROUGH, or 0: nothing is rounded */
} rough;

static void create_rough(rough *r, const ref_net *exact, const qb_batch *batch)
{
    size_t n_params;
    const qb_param *params = qb_graph_params(exact->graph, &n_params);
    r->n = N_ROUGH;
    for (int k = 0; k < r->n; k++) {
        ref_net *net = r->nets[k] = ref_net_create(exact->graph, exact->n);
        net->rounding = &r->streams[k];
        r->streams[k] = qb_rng_stream(7, QB_RNG_SYNTHETIC, (uint64_t)k, 0);
        net->batch = batch;
        for (size_t i = 0; i < n_params; i++) {
            memcpy(net->params[i], exact->params[i], params[i].n * sizeof(double));
            if (params[i].n_dims > 1) /* of products; norms and biases stay float32 */
                ref_round(net->rounding, params[i].n, net->params[i]);
        }
        memcpy(net->value[0], exact->value[0], ref_count(exact, 0) * sizeof(double));
        ref_round(net->rounding, ref_count(exact, 0), net->value[0]);
    }
}

/* param: whose gradient; -1: the logits. */
static double cost_of_rounding(const rough *r, int param, const double *exact, size_t n)
{
    double largest = 0;
    for (int k = 0; k < r->n; k++) {
        const double *v = param < 0 ? ref_logits(r->nets[k]) : r->nets[k]->param_grad[param];
        double square = 0;
        for (size_t i = 0; i < n; i++)
            square += (v[i] - exact[i]) * (v[i] - exact[i]);
        largest = fmax(largest, sqrt(square));
    }
    return largest;
}

void check_graph(qb_graph *g, int n, bool integers, double offset, qb_type type, tolerance tol)
{
    engine e;
    make_engine(&e, g, n, QB_TRAIN, type);
    ref_net *r = ref_net_create(g, n);
    for (size_t i = 0; i < e.n_params; i++) {
        const qb_param *p = &e.params[i];
        if (integers)
            fill_integers(p->name, p->n, 1, p->x);
        else
            qb_hash_fill(p->name, p->n, p->n_dims > 1 ? sqrt(6.0 / (double)p->fan_in) : 0.4, p->init == QB_INIT_ONE ? 1 : 0, p->x);
        widen(p->x, p->n, r->params[i]);
    }
    size_t n_in = ref_count(r, 0), n_out = (size_t)(n * CLASSES);
    float *images = qb_alloc(n_in, sizeof *images), *grad = qb_alloc(n_out, sizeof *grad);
    double *ref_grad = qb_alloc(n_out, sizeof *ref_grad);
    if (integers)
        fill_integers("images", n_in, 2, images);
    else
        qb_hash_fill("images", n_in, 1.5, offset, images);
    fill_integers("grad", n_out, 2, grad);
    widen(images, n_in, r->value[0]);
    widen(grad, n_out, ref_grad);

    qb_batch batch = qb_batch_of(images, NULL, n);
    batch.seed = 5;
    batch.step = 3;
    r->batch = &batch;
    rough near = {.n = 0};
    if (tol.plus_rounding)
        create_rough(&near, r, &batch);
    for (int pass = 0; pass < 2; pass++) { /* the second finds the memory as the first left it */
        ck_assert_int_eq(qb_net_plan_forward(e.plan, &batch), 0);
        ref_net_forward(r, true);
        for (int k = 0; k < near.n; k++)
            ref_net_forward(near.nets[k], true);
        compare("logits", qb_net_plan_logits(e.plan), ref_logits(r), n_out, tol, cost_of_rounding(&near, -1, ref_logits(r), n_out));
        memcpy(qb_net_plan_logits_grad(e.plan), grad, n_out * sizeof *grad);
        ck_assert_int_eq(qb_net_plan_backward(e.plan, &batch), 0);
        ref_net_backward(r, ref_grad);
        for (int k = 0; k < near.n; k++)
            ref_net_backward(near.nets[k], ref_grad);
        for (size_t i = 0; i < e.n_params; i++)
            compare(e.params[i].name, e.params[i].g, r->param_grad[i], e.params[i].n, tol,
                    cost_of_rounding(&near, (int)i, r->param_grad[i], e.params[i].n));
        for (size_t i = 0; i < e.n_running_stats; i++)
            compare(e.running_stats[i].name, e.running_stats[i].value, r->running_stats[i], e.running_stats[i].n, tol, 0);
    }

    qb_net_plan *trained = e.plan; /* evaluation with the running statistics of those two steps */
    const qb_net_plan_base base = {.graph = g, .dnn = e.dnn, .type = type, .params = e.params, .running_stats = e.running_stats, .slab = &e.slab};
    ck_assert_int_eq(qb_net_plan_create(&base, n, QB_EVAL, &e.plan), 0);
    qb_free(e.arena);
    e.arena = qb_alloc(qb_net_plan_arena_bytes(e.plan), 1);
    ck_assert_int_eq(qb_net_plan_bind_all(e.plan, e.arena), 0);
    ck_assert_int_eq(qb_net_plan_forward(e.plan, &batch), 0);
    ref_net_forward(r, false);
    for (int k = 0; k < near.n; k++)
        ref_net_forward(near.nets[k], false);
    compare("evaluation logits", qb_net_plan_logits(e.plan), ref_logits(r), n_out, tol,
            cost_of_rounding(&near, -1, ref_logits(r), n_out));
    qb_net_plan_destroy(trained);

    qb_free(ref_grad);
    qb_free(grad);
    qb_free(images);
    ref_net_destroy(r);
    for (int k = 0; k < near.n; k++)
        ref_net_destroy(near.nets[k]);
    finish_engine(&e);
    qb_graph_destroy(g);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}

/* ---- variants and graphs ---- */

bool set_variant(int variant, qb_type *ret_type, tolerance *tol)
{
    *ret_type = QB_TYPE_F32;
    if (variant == 1)
        setenv("DNNL_MAX_CPU_ISA", "AVX2", 1);
    if (variant == 2) {
        if (!qb_dnn_has_bf16())
            return false;
        *ret_type = QB_TYPE_BF16;
        *tol = (tolerance){.norm = 0.03};
    }
    return true;
}

qb_graph *make_graph(qb_shape input)
{
    qb_graph *g = NULL;
    ck_assert_msg(qb_graph_create("test", input, CLASSES, &g) == 0, "%s", qb_err_text());
    return g;
}

/* ---- the reference itself ---- */

static double loss_of(ref_net *r, const double *grad)
{
    double loss = 0;
    ref_net_forward(r, true);
    for (size_t i = 0; i < ref_count(r, qb_graph_logits(r->graph)); i++)
        loss += grad[i] * ref_logits(r)[i];
    return loss;
}

static void fill_doubles(const char *name, size_t n, double a, double b, double *to)
{
    float *values = qb_alloc(n, sizeof *values);
    qb_hash_fill(name, n, a, b, values);
    widen(values, n, to);
    qb_free(values);
}

void check_reference(qb_graph *g, int n)
{
    ref_net *r = ref_net_create(g, n);
    size_t n_params, n_out = (size_t)(n * CLASSES);
    const qb_param *params = qb_graph_params(g, &n_params);
    for (size_t i = 0; i < n_params; i++)
        fill_doubles(params[i].name, params[i].n, 0.7, 0.1, r->params[i]);
    fill_doubles("images", ref_count(r, 0), 1.5, 0, r->value[0]);
    double *grad = qb_alloc(n_out, sizeof *grad);
    fill_doubles("grad", n_out, 1, 0, grad);
    ref_net_forward(r, true);
    ref_net_backward(r, grad);
    for (size_t i = 0; i < n_params; i++)
        for (size_t k = 0; k < params[i].n; k++) {
            double *w = &r->params[i][k], old = *w, h = 1e-6;
            *w = old + h;
            double up = loss_of(r, grad);
            *w = old - h;
            double down = loss_of(r, grad);
            *w = old;
            double want = (up - down) / (2 * h);
            ck_assert_msg(fabs(r->param_grad[i][k] - want) < 1e-7 * (1 + fabs(want)), "%s[%zu]: %g, by differences %g",
                          params[i].name, k, r->param_grad[i][k], want);
        }
    qb_free(grad);
    ref_net_destroy(r);
    qb_graph_destroy(g);
}
