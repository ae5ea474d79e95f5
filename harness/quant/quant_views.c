/* Rows, memory, guards and neighbourhood of quantized tensors: see quant_views.h. */
#include "quant/quant_views.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <qatbench/solver_util.h>

#include <string.h>

void qb_quant_tensor_rows(const qb_param *p, qb_granularity granularity, int64_t block, int64_t *ret_rows, int64_t *ret_len,
                    bool *ret_by_row)
{
    int64_t n = (int64_t)p->n;
    int64_t channels = p->n_dims >= 2 ? p->shape[0] : 1;
    int64_t len = granularity == QB_PER_TENSOR ? n : n / channels;
    *ret_by_row = granularity == QB_PER_BLOCK && len % block != 0;
    if (granularity == QB_PER_BLOCK && !*ret_by_row)
        len = block;
    *ret_rows = n / len;
    *ret_len = len;
}

static bool is_layer_weight(const qb_param *p) { return p->n_dims >= 2 && qb_ends_with(p->name, "weight"); }

int qb_quant_tensor_layer(const qb_param *params, size_t n, size_t i)
{
    size_t first = n, last = n;
    for (size_t k = 0; k < n; k++) {
        if (!is_layer_weight(&params[k]))
            continue;
        first = first == n ? k : first;
        last = k;
    }
    return (i == first ? QB_LAYER_FIRST : QB_LAYER_INNER) | (i == last ? QB_LAYER_LAST : QB_LAYER_INNER);
}

/* ---- guards ---- */

static void add_guard(qb_quant_tensor *t, const float *at, int64_t n, const char *where)
{
    if (n <= 0)
        return;
    QB_ASSERT(t->n_guards < QB_MAX_GUARDS);
    t->guards[t->n_guards++] = (qb_guard){at, n < QB_GUARD ? (int)n : QB_GUARD, where};
}

enum { SLAB_X, SLAB_W, SLAB_G, N_SLABS };

static float *slab_array(const qb_param *p, int slab) { return slab == SLAB_X ? p->x : slab == SLAB_W ? p->w : p->g; }

/* The floats of the slab around the tensor's array. A slab is known by its start (array - offset); its extent is
 * what its tensors span, and `margin` floats at both ends. */
static void add_slab_guards(qb_quant_tensor *t, const qb_param *params, size_t n_params, int margin, int slab,
                            const char *where)
{
    const qb_param *own = t->param;
    const float *array = slab_array(own, slab);
    if (array == NULL)
        return;
    uintptr_t base = (uintptr_t)array - own->offset * sizeof(float);
    size_t from = own->offset, to = own->offset + own->n;
    for (size_t i = 0; i < n_params; i++) {
        const qb_param *p = &params[i];
        const float *other = slab_array(p, slab);
        if (other == NULL || (uintptr_t)other - p->offset * sizeof(float) != base)
            continue;
        from = p->offset < from ? p->offset : from;
        to = p->offset + p->n > to ? p->offset + p->n : to;
    }
    int64_t before = (int64_t)(own->offset - from) + margin, after = (int64_t)(to - own->offset - own->n) + margin;
    before = before < QB_GUARD ? before : QB_GUARD;
    add_guard(t, array - before, before, where);
    add_guard(t, array + own->n, after, where);
}

void qb_guards_save(const qb_quant_tensor *t, qb_guard_copy *copy)
{
    for (int i = 0; i < t->n_guards; i++)
        memcpy(copy->saved[i], t->guards[i].at, (size_t)t->guards[i].n * sizeof(float));
}

const char *qb_guards_broken(const qb_quant_tensor *t, const qb_guard_copy *copy)
{
    for (int i = 0; i < t->n_guards; i++)
        if (memcmp(copy->saved[i], t->guards[i].at, (size_t)t->guards[i].n * sizeof(float)) != 0)
            return t->guards[i].where;
    return NULL;
}

/* ---- memory ---- */

enum { LEVELS, AUX, AUX_G, WEIGHT_STATE, ROW_STATE, N_ARRAYS };

int qb_quant_tensor_allocate(qb_quant_tensor *t, int n_levels, const qb_param *params, size_t n_params, int margin)
{
    static const char *const names[N_ARRAYS] = {"levels", "aux", "aux_g", "weight_state", "row_state"};
    int64_t rows = t->view.n_rows, n = (int64_t)t->param->n;
    int64_t size[N_ARRAYS] = {rows * n_levels, rows * t->request.n_aux, rows * t->request.n_aux,
                              n * t->request.state_per_weight, rows * t->request.state_per_row};
    float *array[N_ARRAYS] = {NULL};
    int64_t total = QB_GUARD;
    for (int a = 0; a < N_ARRAYS; a++)
        total += size[a] > 0 ? (size[a] + QB_GUARD - 1) / QB_GUARD * QB_GUARD + QB_GUARD : 0;
    t->memory = qb_alloc((size_t)total, sizeof(float));
    if (t->memory == NULL)
        return QB_E_NOMEM;
    float *at = t->memory + QB_GUARD;
    for (int a = 0; a < N_ARRAYS; a++) {
        if (size[a] == 0)
            continue;
        array[a] = at;
        add_guard(t, at - QB_GUARD, QB_GUARD, names[a]);
        add_guard(t, at + size[a], QB_GUARD, names[a]);
        at += (size[a] + QB_GUARD - 1) / QB_GUARD * QB_GUARD + QB_GUARD;
    }
    t->levels = array[LEVELS];
    t->n_levels = n_levels;
    t->view.aux = array[AUX];
    t->view.aux_g = array[AUX_G];
    t->view.weight_state = array[WEIGHT_STATE];
    t->view.row_state = array[ROW_STATE];
    t->view.n_aux = t->request.n_aux;
    add_slab_guards(t, params, n_params, margin, SLAB_X, "x");
    add_slab_guards(t, params, n_params, margin, SLAB_W, "w");
    add_slab_guards(t, params, n_params, margin, SLAB_G, "g");
    return 0;
}

void qb_quant_tensor_finish(qb_quant_tensor *t)
{
    qb_free(t->memory);
    qb_free(t->problem);
    t->memory = NULL;
    t->problem = NULL;
}

/* ---- groups ---- */

/* True when a guard of one reaches into the other: less than QB_GUARD floats apart in some slab. */
static bool are_neighbours(const qb_quant_tensor *a, const qb_quant_tensor *b)
{
    for (int slab = 0; slab < N_SLABS; slab++) {
        uintptr_t p = (uintptr_t)slab_array(a->param, slab), q = (uintptr_t)slab_array(b->param, slab);
        if (p == 0 || q == 0)
            continue;
        uintptr_t p_end = p + a->param->n * sizeof(float), q_end = q + b->param->n * sizeof(float);
        uintptr_t distance = p < q ? (q > p_end ? q - p_end : 0) : (p > q_end ? p - q_end : 0);
        if (distance < QB_GUARD * sizeof(float))
            return true;
    }
    return false;
}

size_t qb_quant_tensor_groups(const qb_quant_tensor *tensors, size_t n, size_t *order, size_t *starts)
{
    size_t n_groups = 0, done = 0;
    for (size_t i = 0; i < n; i++) { /* largest first, so that the last thread does not wait for one big tensor */
        size_t k = i;
        for (; k > 0 && tensors[order[k - 1]].param->n < tensors[i].param->n; k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
    /* Grow each group by whatever still ungrouped tensor is a neighbour of one of its members. */
    while (done < n) {
        size_t start = done++;
        for (size_t member = start; member < done; member++)
            for (size_t k = done; k < n; k++)
                if (are_neighbours(&tensors[order[member]], &tensors[order[k]])) {
                    size_t found = order[k];
                    memmove(order + done + 1, order + done, (k - done) * sizeof *order);
                    order[done++] = found;
                }
        starts[n_groups++] = start;
    }
    starts[n_groups] = n;
    return n_groups;
}

QB_CLONES(bool, all_finite, (const float *x, size_t n), (x, n))
{
    uint32_t any = 0; /* top bit: some exponent was all ones */
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        any |= (bits & 0x7f800000u) + 0x00800000u;
    }
    return (any & 0x80000000u) == 0;
}

bool qb_all_finite(const float *x, size_t n)
{
    return all_finite(x, n);
}
