/* What nearly every plugin's hooks begin with. */
#ifndef QB_SOLVERS_INSTANCE_H
#define QB_SOLVERS_INSTANCE_H

#include <qatbench/solver.h>

#include <stdlib.h>
#include <string.h>

/* Zeroed memory for a plugin's own struct; NULL after host->fail. */
static inline void *qb_instance(const qb_host *host, size_t size)
{
    void *self = calloc(1, size);
    if (self == NULL)
        host->fail(host, "out of memory");
    return self;
}

static inline size_t qb_view_bytes(const qb_view *v) { return (size_t)(v->n_rows * v->row_len) * sizeof(float); }

/* x <- w: for solvers whose forward weights are the only ones. */
static inline void qb_latent_from_forward(qb_view *v) { memcpy(v->x, v->w, qb_view_bytes(v)); }

#endif
