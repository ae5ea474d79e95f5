/* Finished (hard) weights for evaluation and export, and how many levels they really have. Changes no state. */
#include "quant/quant_state.h"

#include "base/err.h"
#include "base/mem.h"

#include <qatbench/solver_util.h>

#include <omp.h>
#include <stdio.h>
#include <string.h>

static void nearest_rows(const qb_quant_tensor *t, const float *w, float *out)
{
    int64_t len = t->view.row_len;
    for (int64_t r = 0; r < t->view.n_rows; r++)
        qb_nearest_row(t->levels + r * t->n_levels, t->n_levels, w + r * len, len, out + r * len);
}

/* Before the first quantized step there are no levels in force: fresh ones, thrown away. */
static void nearest_fresh(const qb_quant_tensor *t, int thread, float *out)
{
    float levels[256];
    int64_t len = t->view.row_len;
    for (int64_t r = 0; r < t->view.n_rows; r++) {
        qb_quantizer_levels(t->width->quantizer, thread, t->param->x + r * len, len, levels);
        qb_nearest_row(levels, t->n_levels, t->param->x + r * len, len, out + r * len);
    }
}

/* The plugin's finish writes into a scratch array with guards, so that an overrun hits nothing of ours. */
static void call_finish(qb_quant *q, qb_quant_tensor *t, const qb_step *step, const qb_view *view, int thread, float *out)
{
    static const float mark = 12345.678f;
    size_t n = t->param->n;
    float *padded = q->scratch + (size_t)thread * q->scratch_len, *inner = padded + QB_GUARD;
    for (int i = 0; i < QB_GUARD; i++)
        padded[i] = inner[n + (size_t)i] = mark;
    const char *failure = QB_HOOK(&t->width->instance, "finish", false, q->solver->finish(t->width->instance.self, step, view, inner));
    if (failure != NULL) {
        char why[640];
        (void)snprintf(why, sizeof why, "failed: %s", failure);
        (void)qb_quant_blame(q, t, "finish", why);
        return;
    }
    for (int i = 0; i < QB_GUARD; i++)
        if (padded[i] != mark || inner[n + (size_t)i] != mark) {
            (void)qb_quant_blame(q, t, "finish", "wrote outside its view: next to out");
            return;
        }
    if (!qb_all_finite(inner, n) && qb_all_finite(view->w, n) && qb_all_finite(view->x, n)) {
        (void)qb_quant_blame(q, t, "finish", "left a weight " QB_NOT_FINITE);
        return;
    }
    memcpy(out, inner, n * sizeof(float));
}

/* The next n floats; NULL for none, as in a view that is trained. */
static float *take(float **end, size_t n)
{
    float *begin = n > 0 ? *end : NULL;
    *end += n;
    return begin;
}

/* A view of a solver with its own levels, before it was started: what its first quantized step would start from,
 * on copies, in the step that will be the first (of its learning rate only the base is known here). */
static void finish_unstarted(qb_quant *q, qb_quant_tensor *t, int thread, float *out)
{
    size_t n = t->param->n, rows = (size_t)t->view.n_rows;
    size_t n_aux = rows * (size_t)t->request.n_aux, n_state = n * (size_t)t->request.state_per_weight;
    size_t n_row_state = rows * (size_t)t->request.state_per_row;
    float *copies = qb_alloc(2 * n + 2 * n_aux + n_state + n_row_state, sizeof(float));
    if (copies == NULL) {
        (void)qb_quant_blame(q, t, "finish", "ran out of memory");
        return;
    }
    qb_view view = t->view;
    view.x = copies;
    view.w = view.x + n;
    float *end = view.w + n;
    view.aux = take(&end, n_aux);
    view.aux_g = take(&end, n_aux);
    view.weight_state = take(&end, n_state);
    view.row_state = take(&end, n_row_state);
    memcpy(view.x, t->param->x, n * sizeof(float));
    memcpy(view.w, t->param->x, n * sizeof(float));
    qb_step step = qb_quant_step_info(q, q->options.warmup, q->options.lr_base);
    step.lr_sum = step.lr;
    bool ok = q->solver->start == NULL || qb_quant_call(q, t, q->solver->start, "start", &step, view);
    view.z = view.x;
    ok = ok && qb_quant_call(q, t, q->solver->project, "project", &step, view);
    if (ok && q->solver->finish != NULL)
        call_finish(q, t, &step, &view, thread, out);
    else if (ok)
        memcpy(out, view.w, n * sizeof(float));
    qb_free(copies);
}

static void finish_view(qb_quant *q, qb_quant_tensor *t, int thread, float *out)
{
    bool started = q->next_step > q->options.warmup;
    if (t->levels == NULL && !started)
        finish_unstarted(q, t, thread, out);
    else if (!started)
        nearest_fresh(t, thread, out);
    else if (q->solver->finish != NULL)
        call_finish(q, t, &q->last, &t->view, thread, out);
    else if (t->levels == NULL)
        memcpy(out, t->param->w, t->param->n * sizeof(float));
    else
        nearest_rows(t, t->param->w, out);
}

int qb_quant_finish(qb_quant *q, float *slab)
{
    qb_visits_begin(q->solver, true);
#pragma omp parallel for num_threads(q->n_workers) schedule(dynamic, 1)
    for (size_t g = 0; g < q->n_groups; g++)
        for (size_t i = q->starts[g]; i < q->starts[g + 1]; i++) {
            qb_quant_tensor *t = &q->tensors[q->order[i]];
            finish_view(q, t, omp_get_thread_num(), slab + t->param->offset);
        }
    qb_quant_end_visits(q, q->next_step > q->options.warmup ? "finish" : "start, project or finish");
    for (size_t i = 0; i < q->n_params; i++)
        if (q->plain[i] >= 0)
            memcpy(slab + q->params[i].offset, q->params[i].w, q->params[i].n * sizeof(float));
    return qb_quant_report(q);
}

/* ---- counting ---- */

/* Distinct values of a row by ==, at most `cap`; a NaN equals nothing. found: sorted, room for cap. */
static int count_distinct(const float *x, int64_t n, int cap, float *found)
{
    int count = 0;
    for (int64_t i = 0; i < n; i++) {
        int lo = 0, hi = count;
        while (lo < hi) {
            int mid = (lo + hi) / 2;
            if (found[mid] < x[i])
                lo = mid + 1;
            else
                hi = mid;
        }
        if (lo < count && found[lo] == x[i])
            continue;
        if (count == cap)
            return cap;
        memmove(found + lo + 1, found + lo, (size_t)(count - lo) * sizeof *found);
        found[lo] = x[i];
        count++;
    }
    return count;
}

static int allowed_values(int bits) { return bits == 0 ? 3 : 1 << bits; }

static int most_values(const qb_quant_tensor *t, const float *slab)
{
    float found[QB_COUNT_CAP];
    int max = 0;
    int64_t len = t->view.row_len;
    for (int64_t r = 0; r < t->view.n_rows; r++) {
        int count = count_distinct(slab + t->param->offset + r * len, len, QB_COUNT_CAP, found);
        max = count > max ? count : max;
    }
    return max;
}

void qb_quant_count_levels(const qb_quant *q, const float *slab, int *ret_max, int *ret_allowed, const char **ret_where)
{
    int most[QB_QUANT_WIDTHS] = {0}; /* by width */
    const qb_quant_width *at = NULL;
    *ret_where = NULL;
    for (size_t i = 0; i < q->n_tensors; i++) {
        const qb_quant_tensor *t = &q->tensors[i];
        int count = most_values(t, slab), w = (int)(t->width - q->widths);
        most[w] = count > most[w] ? count : most[w];
        if (count > allowed_values(t->width->bits) && *ret_where == NULL) {
            *ret_where = t->param->name;
            at = t->width;
        }
    }
    for (int w = 0; *ret_where == NULL && w < q->n_widths; w++)
        if (at == NULL || most[w] > most[at - q->widths])
            at = &q->widths[w];
    *ret_max = at != NULL ? most[at - q->widths] : 0;
    *ret_allowed = allowed_values(at != NULL ? at->bits : q->options.bits);
}

int64_t qb_quant_count_collapsed(const qb_quant *q, const float *slab)
{
    int64_t collapsed = 0;
    for (size_t i = 0; i < q->n_tensors; i++) {
        const qb_quant_tensor *t = &q->tensors[i];
        int64_t len = t->view.row_len;
        for (int64_t r = 0; len > 1 && r < t->view.n_rows; r++) {
            const float *row = slab + t->param->offset + r * len;
            int64_t k = 1;
            while (k < len && row[k] == row[0])
                k++;
            collapsed += k == len;
        }
    }
    return collapsed;
}
