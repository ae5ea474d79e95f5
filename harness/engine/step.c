/* Steps of a layer: a primitive, the buffers of its arguments, and the reorders around it. */
#include "base/err.h"
#include "engine/layer.h"

void qb_step_use(qb_step *s, qb_arg arg, int buffer)
{
    s->args[arg].is_used = true;
    s->args[arg].buffer = buffer;
}

int qb_step_scratch(qb_plan *p, qb_step *s, int time)
{
    size_t bytes = qb_prim_bytes(s->prim, QB_ARG_SCRATCH);
    if (bytes == 0)
        return 0;
    int buffer;
    QB_TRY(qb_plan_buffer(p, bytes, time, time, &buffer));
    qb_step_use(s, QB_ARG_SCRATCH, buffer);
    return 0;
}

int qb_step_convert(qb_plan *p, qb_step *s, int have, const qb_layout *from, const qb_layout *to, int first, int last,
                    int *ret_buffer)
{
    if (qb_layout_equal(from, to)) {
        *ret_buffer = have;
        return 0;
    }
    QB_TRY(qb_plan_buffer(p, qb_layout_bytes(to), first, last, ret_buffer));
    QB_TRY(qb_prim_reorder(p->dnn, from, to, &s->prim));
    qb_step_use(s, QB_ARG_SRC, have);
    qb_step_use(s, QB_ARG_DST, *ret_buffer);
    return qb_step_scratch(p, s, first);
}

int qb_step_convert_back(qb_plan *p, qb_step *s, int want, const qb_layout *from, const qb_layout *to, int time, int *ret_buffer)
{
    if (qb_layout_equal(from, to)) {
        *ret_buffer = want;
        return 0;
    }
    QB_TRY(qb_plan_buffer(p, qb_layout_bytes(from), time, time, ret_buffer));
    QB_TRY(qb_prim_reorder(p->dnn, from, to, &s->prim));
    qb_step_use(s, QB_ARG_SRC, *ret_buffer);
    qb_step_use(s, QB_ARG_DST, want);
    return qb_step_scratch(p, s, time);
}

int qb_step_convert_weights(qb_plan *p, qb_step *s, qb_step *user, int time)
{
    if (qb_prim_is_plain(user->prim, QB_ARG_WEIGHTS))
        return 0;
    int buffer;
    QB_TRY(qb_plan_buffer(p, qb_prim_bytes(user->prim, QB_ARG_WEIGHTS), time, time, &buffer));
    QB_TRY(qb_prim_reorder_weights(p->dnn, user->prim, &s->prim));
    qb_step_use(s, QB_ARG_DST, buffer);
    qb_step_use(user, QB_ARG_WEIGHTS, buffer);
    return qb_step_scratch(p, s, time);
}

int qb_step_convert_gradient(qb_plan *p, qb_step *s, qb_step *user, int time)
{
    if (qb_prim_is_plain(user->prim, QB_ARG_DIFF_WEIGHTS))
        return 0;
    int buffer;
    QB_TRY(qb_plan_buffer(p, qb_prim_bytes(user->prim, QB_ARG_DIFF_WEIGHTS), time, time, &buffer));
    QB_TRY(qb_prim_reorder_gradient(p->dnn, user->prim, &s->prim));
    qb_step_use(s, QB_ARG_SRC, buffer);
    qb_step_use(user, QB_ARG_DIFF_WEIGHTS, buffer);
    return qb_step_scratch(p, s, time);
}

int qb_steps_bind(qb_plan *p, qb_step *steps, int n)
{
    for (int i = 0; i < n; i++)
        for (int arg = 0; steps[i].prim != NULL && arg < QB_N_ARGS; arg++)
            if (steps[i].args[arg].is_used)
                QB_TRY(qb_prim_bind(steps[i].prim, (qb_arg)arg, qb_plan_at(p, steps[i].args[arg].buffer)));
    return 0;
}

int qb_step_bind_gradient(qb_step *s, qb_step *user, float *g)
{
    return s->prim != NULL ? qb_prim_bind(s->prim, QB_ARG_DST, g) : qb_prim_bind(user->prim, QB_ARG_DIFF_WEIGHTS, g);
}

int qb_step_run(const qb_step *s)
{
    return s->prim != NULL ? qb_prim_run(s->prim) : 0;
}

int qb_step_run_weights(qb_step *s, qb_step *user, const float *w)
{
    if (s->prim == NULL)
        return qb_prim_bind(user->prim, QB_ARG_WEIGHTS, (float *)w);
    QB_TRY(qb_prim_bind(s->prim, QB_ARG_SRC, (float *)w));
    return qb_prim_run(s->prim);
}

void qb_steps_finish(qb_step *steps, int n)
{
    for (int i = 0; i < n; i++)
        qb_prim_destroy(steps[i].prim);
}
