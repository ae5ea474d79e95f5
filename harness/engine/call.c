/* Calls of a layer: a primitive, the buffers of its arguments, and the reorders around it. */
#include "base/err.h"
#include "engine/layer.h"

void qb_call_use(qb_call *c, qb_arg arg, int buffer)
{
    c->args[arg].is_used = true;
    c->args[arg].buffer = buffer;
}

int qb_call_scratch(qb_net_plan *p, qb_call *c, int time)
{
    size_t bytes = qb_prim_bytes(c->prim, QB_ARG_SCRATCH);
    if (bytes == 0)
        return 0;
    int buffer;
    QB_TRY(qb_net_plan_buffer(p, bytes, time, time, &buffer));
    qb_call_use(c, QB_ARG_SCRATCH, buffer);
    return 0;
}

int qb_call_convert(qb_net_plan *p, qb_call *c, int have, const qb_layout *from, const qb_layout *to, int first, int last,
                    int *ret_buffer)
{
    if (qb_layout_equal(from, to)) {
        *ret_buffer = have;
        return 0;
    }
    QB_TRY(qb_net_plan_buffer(p, qb_layout_bytes(to), first, last, ret_buffer));
    QB_TRY(qb_prim_reorder(p->dnn, from, to, &c->prim));
    qb_call_use(c, QB_ARG_SRC, have);
    qb_call_use(c, QB_ARG_DST, *ret_buffer);
    return qb_call_scratch(p, c, first);
}

int qb_call_convert_back(qb_net_plan *p, qb_call *c, int want, const qb_layout *from, const qb_layout *to, int time, int *ret_buffer)
{
    if (qb_layout_equal(from, to)) {
        *ret_buffer = want;
        return 0;
    }
    QB_TRY(qb_net_plan_buffer(p, qb_layout_bytes(from), time, time, ret_buffer));
    QB_TRY(qb_prim_reorder(p->dnn, from, to, &c->prim));
    qb_call_use(c, QB_ARG_SRC, *ret_buffer);
    qb_call_use(c, QB_ARG_DST, want);
    return qb_call_scratch(p, c, time);
}

int qb_call_convert_weights(qb_net_plan *p, qb_call *c, qb_call *user, int time)
{
    if (qb_prim_is_plain(user->prim, QB_ARG_WEIGHTS))
        return 0;
    int buffer, end = 2 * (int)p->n_layers + 1;
    QB_TRY(qb_net_plan_buffer(p, qb_prim_bytes(user->prim, QB_ARG_WEIGHTS), p->keeps_weights ? 0 : time, p->keeps_weights ? end : time,
                              &buffer));
    QB_TRY(qb_prim_reorder_weights(p->dnn, user->prim, &c->prim));
    qb_call_use(c, QB_ARG_DST, buffer);
    qb_call_use(user, QB_ARG_WEIGHTS, buffer);
    return qb_call_scratch(p, c, time);
}

int qb_call_convert_gradient(qb_net_plan *p, qb_call *c, qb_call *user, int time)
{
    if (qb_prim_is_plain(user->prim, QB_ARG_DIFF_WEIGHTS))
        return 0;
    int buffer;
    QB_TRY(qb_net_plan_buffer(p, qb_prim_bytes(user->prim, QB_ARG_DIFF_WEIGHTS), time, time, &buffer));
    QB_TRY(qb_prim_reorder_gradient(p->dnn, user->prim, &c->prim));
    qb_call_use(c, QB_ARG_SRC, buffer);
    qb_call_use(user, QB_ARG_DIFF_WEIGHTS, buffer);
    return qb_call_scratch(p, c, time);
}

int qb_calls_bind(qb_net_plan *p, qb_call *calls, int n)
{
    for (int i = 0; i < n; i++)
        for (int arg = 0; calls[i].prim != NULL && arg < QB_N_ARGS; arg++)
            if (calls[i].args[arg].is_used)
                QB_TRY(qb_prim_bind(calls[i].prim, (qb_arg)arg, qb_net_plan_at(p, calls[i].args[arg].buffer)));
    return 0;
}

int qb_call_bind_gradient(qb_call *c, qb_call *user, float *g)
{
    return c->prim != NULL ? qb_prim_bind(c->prim, QB_ARG_DST, g) : qb_prim_bind(user->prim, QB_ARG_DIFF_WEIGHTS, g);
}

int qb_call_run(const qb_call *c)
{
    return c->prim != NULL ? qb_prim_run(c->prim) : 0;
}

int qb_call_run_weights(const qb_net_plan *p, qb_call *c, qb_call *user, const float *w)
{
    if (c->prim == NULL)
        return qb_prim_bind(user->prim, QB_ARG_WEIGHTS, (float *)w);
    if (p->has_weights)
        return 0;
    QB_TRY(qb_prim_bind(c->prim, QB_ARG_SRC, (float *)w));
    return qb_prim_run(c->prim);
}

void qb_calls_finish(qb_call *calls, int n)
{
    for (int i = 0; i < n; i++)
        qb_prim_destroy(calls[i].prim);
}
