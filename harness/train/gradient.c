/* A binary counter of sums: after part r slab k holds the sum of 2^k parts where bit k of r + 1 is set, the latest parts in
 * the lowest slab. See gradient.h.
 */
#include "train/gradient.h"

#include "base/err.h"
#include "base/mem.h"

#include <math.h>
#include <stdbool.h>

enum { MAX_SLABS = 31 };

struct qb_gradient {
    float *g;
    size_t size;
    const qb_param *params;
    size_t n_params;
    double clip;
    float *slabs[MAX_SLABS];
    int n_slabs;
    double *squares; /* of each parameter's gradient */
};

int qb_gradient_create(float *g, size_t size, const qb_param *params, size_t n_params, int n_parts, double clip,
                       qb_gradient **ret_gradient)
{
    QB_ASSERT(n_parts >= 1);
    qb_gradient *t = qb_alloc(1, sizeof *t);
    if (!t)
        return QB_E_NOMEM;
    *t = (qb_gradient){.g = g, .size = size, .params = params, .n_params = n_params, .clip = clip};
    t->squares = qb_alloc(n_params, sizeof *t->squares);
    bool failed = !t->squares;
    for (int left = n_parts - 1; left > 0; left /= 2) {
        t->slabs[t->n_slabs] = qb_alloc(size, sizeof *g);
        failed = failed || !t->slabs[t->n_slabs];
        t->n_slabs++;
    }
    if (failed) {
        qb_gradient_destroy(t);
        return QB_E_NOMEM;
    }
    *ret_gradient = t;
    return QB_OK;
}

void qb_gradient_destroy(qb_gradient *t)
{
    if (!t)
        return;
    for (int k = 0; k < t->n_slabs; k++)
        qb_free(t->slabs[k]);
    qb_free(t->squares);
    qb_free(t);
}

static void add(const qb_gradient *t, const float *earlier)
{
    float *g = t->g;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < t->size; i++)
        g[i] = earlier[i] + g[i];
}

static void put_aside(const qb_gradient *t, float *to)
{
    const float *g = t->g;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < t->size; i++)
        to[i] = g[i];
}

static void clip(const qb_gradient *t)
{
    double sum = 0;
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t i = 0; i < t->n_params; i++) {
        const qb_param *p = &t->params[i];
        double square = 0;
        for (size_t k = 0; k < p->n; k++)
            square += (double)p->g[k] * (double)p->g[k];
        t->squares[i] = square;
    }
    for (size_t i = 0; i < t->n_params; i++)
        sum += t->squares[i];
    double scale = t->clip / (sqrt(sum) + 1e-6);
    if (scale >= 1)
        return;
    float *g = t->g, by = (float)scale;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < t->size; i++)
        g[i] *= by;
}

void qb_gradient_add_part(qb_gradient *t, int r, int n)
{
    QB_ASSERT(r >= 0 && r < n && (n == 1 || n - 1 < 1 << t->n_slabs));
    bool is_last = r == n - 1;
    int k = 0;
    for (; (r >> k & 1) != 0; k++) /* carries */
        add(t, t->slabs[k]);
    if (!is_last) {
        put_aside(t, t->slabs[k]);
        return;
    }
    for (k++; r >> k > 0; k++) /* what is left higher up */
        if ((r >> k & 1) != 0)
            add(t, t->slabs[k]);
    if (t->clip > 0)
        clip(t);
}
