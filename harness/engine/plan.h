/* Plans: one (batch size, mode) of a net. The net owns the memory that all its plans share. */
#ifndef QB_PLAN_H
#define QB_PLAN_H

#include "engine/layer.h"

/* What all plans of a net have in common; borrowed. */
typedef struct qb_plan_base {
    const qb_graph *graph;
    qb_dnn *dnn;
    qb_type type;
    qb_param *params;
    qb_buffer *buffers;
    const float *const *slab;
} qb_plan_base;

/* Layouts, primitives and the places of all buffers; nothing has an address yet. */
int qb_plan_create(const qb_plan_base *base, int n, qb_mode mode, qb_plan **ret_plan);
void qb_plan_destroy(qb_plan *p);

size_t qb_plan_arena_bytes(const qb_plan *p);
int qb_plan_bind_all(qb_plan *p, void *arena); /* of at least that size, 64-byte aligned */

int qb_plan_forward(qb_plan *p, const float *images);
int qb_plan_backward(qb_plan *p); /* after the gradient of the logits was written */
const float *qb_plan_logits(const qb_plan *p);
float *qb_plan_logits_grad(const qb_plan *p);

size_t qb_plan_take_costs(qb_plan *p, qb_net_cost *ret_costs); /* see qb_net_take_costs */

#endif
