/* The images: those of this pass are copied in, together. */
#include "engine/layer.h"

#include <string.h>

static int plan(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)op;
    qb_layout layout = {.type = QB_TYPE_F32, .n = p->n, .c = l->out.c, .h = l->out.h, .w = l->out.w, .block = 1};
    return qb_net_plan_output(p, l, &layout);
}

static int forward(qb_net_plan *p, const qb_layer *l, void *op)
{
    (void)op;
    size_t per_image = (size_t)(l->out.c * l->out.h * l->out.w);
    float *to = qb_net_plan_at(p, p->activations[l->ref].value);
#pragma omp parallel for schedule(static)
    for (int i = 0; i < p->n; i++)
        memcpy(to + (size_t)i * per_image, p->batch->images + qb_batch_position(p->batch, i) * per_image, per_image * sizeof *to);
    return 0;
}

/* Nothing to learn lies at or above it, so it has no backward pass. */
const qb_layer_kind qb_layer_input = {.name = "input", .op_size = 1, .max_grads = 1, .plan = plan, .forward = forward};
