/* Plans: one (batch size, mode) of a net. The net owns the memory that all its plans share. */
#ifndef QB_NET_PLAN_H
#define QB_NET_PLAN_H

#include "engine/layer.h"

/* What all plans of a net have in common; borrowed. */
typedef struct qb_net_plan_base {
    const qb_graph *graph;
    qb_dnn *dnn;
    qb_type type;
    qb_param *params;
    qb_running_stat *running_stats;
    const float *const *slab;
    bool keeps_weights; /* of plans that train */
} qb_net_plan_base;

/* Layouts, primitives and the places of all buffers; nothing has an address yet. */
int qb_net_plan_create(const qb_net_plan_base *base, int n, qb_mode mode, qb_net_plan **ret_plan);
void qb_net_plan_destroy(qb_net_plan *p);

size_t qb_net_plan_arena_bytes(const qb_net_plan *p);
int qb_net_plan_bind_all(qb_net_plan *p, void *arena); /* of at least that size, 64-byte aligned */

int qb_net_plan_forward(qb_net_plan *p, const qb_batch *batch);
int qb_net_plan_backward(qb_net_plan *p, const qb_batch *batch); /* after the gradient of the logits was written */
const float *qb_net_plan_logits(const qb_net_plan *p);
float *qb_net_plan_logits_grad(const qb_net_plan *p);

/* Adds what layer i cost in the passes of kind c->pass since the costs were last forgotten. */
void qb_net_plan_add_cost(const qb_net_plan *p, size_t i, qb_net_cost *c);
void qb_net_plan_forget_costs(qb_net_plan *p);

#endif
