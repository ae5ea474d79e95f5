/* The part of a checkpoint that belongs to the solver: one safetensors file.
 *
 *   next_step (I64, 1), lr_sum and lr (F64, 1)     lr: of the last quantized step
 *   TENSOR.levels, .aux, .weight_state, .row_state (F32), those that exist
 *   plugin (U8)                                    what the solver's own save wrote; with several bit widths
 *                                                  plugin.w8, plugin.wt (ternary), ... of the instance of each
 * Invariant: a file is checked as a whole before anything is taken over.
 */
#include "quant/quant_state.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/safetensors.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

static const char format[] = "qatbench-solver-1";

/* One array of the file: where it is kept and its shape. */
typedef struct entry {
    char *name;
    void *values;
    qb_dtype dtype;
    int n_dims;
    int64_t shape[3];
} entry;

typedef struct entries {
    entry *list;
    size_t n;
    double lr_sum, lr;
    int64_t next_step;
    unsigned char *bytes[QB_QUANT_WIDTHS]; /* the plugin's own of each width, and a guard */
} entries;

static void finish_entries(entries *e)
{
    for (size_t i = 0; e->list != NULL && i < e->n; i++)
        qb_free(e->list[i].name);
    qb_free(e->list);
    for (int i = 0; i < QB_QUANT_WIDTHS; i++)
        qb_free(e->bytes[i]);
}

static int add(entries *e, const char *tensor, const char *what, void *values, qb_dtype dtype, int n_dims,
               int64_t a, int64_t b, int64_t c)
{
    char *name = tensor != NULL ? qb_sprintf("%s.%s", tensor, what) : qb_strdup(what);
    if (name == NULL)
        return QB_E_NOMEM;
    e->list[e->n++] = (entry){name, values, dtype, n_dims, {a, b, c}};
    return 0;
}

/* Lists everything but the plugin's bytes; e->list has room for those too. */
static int list_entries(qb_quant *q, entries *e)
{
    e->list = qb_alloc(3 + QB_QUANT_WIDTHS + 4 * q->n_tensors, sizeof *e->list);
    if (e->list == NULL)
        return QB_E_NOMEM;
    e->next_step = q->next_step;
    e->lr_sum = q->lr_sum;
    e->lr = q->last.lr;
    QB_TRY(add(e, NULL, "next_step", &e->next_step, QB_I64, 1, 1, 0, 0));
    QB_TRY(add(e, NULL, "lr_sum", &e->lr_sum, QB_F64, 1, 1, 0, 0));
    QB_TRY(add(e, NULL, "lr", &e->lr, QB_F64, 1, 1, 0, 0));
    for (size_t i = 0; i < q->n_tensors; i++) {
        qb_quant_tensor *t = &q->tensors[i];
        const char *name = t->param->name;
        int64_t rows = t->view.n_rows;
        if (t->levels != NULL)
            QB_TRY(add(e, name, "levels", t->levels, QB_F32, 2, rows, t->n_levels, 0));
        if (t->request.n_aux > 0)
            QB_TRY(add(e, name, "aux", t->view.aux, QB_F32, 2, rows, t->request.n_aux, 0));
        if (t->request.state_per_weight > 0)
            QB_TRY(add(e, name, "weight_state", t->view.weight_state, QB_F32, 3, t->request.state_per_weight, rows,
                       t->view.row_len));
        if (t->request.state_per_row > 0)
            QB_TRY(add(e, name, "row_state", t->view.row_state, QB_F32, 2, rows, t->request.state_per_row, 0));
    }
    return 0;
}

/* Of the only instance "plugin", of several "plugin.w8", ternary "plugin.wt". */
static void name_bytes(const qb_quant *q, const qb_quant_width *width, char name[16])
{
    (void)snprintf(name, 16, "plugin%s%.1s", q->n_widths > 1 ? ".w" : "", q->n_widths == 1 ? "" : &"t12345678"[width->bits]);
}

static int call_save(const qb_quant *q, const qb_quant_width *width, void *bytes, size_t capacity, size_t *ret_n)
{
    qb_visits_begin(q->solver, true);
    const char *why = QB_HOOK(&width->instance, "save", false,
                              (*ret_n = q->solver->save(width->instance.self, bytes, capacity), 0));
    qb_quant_end_visits(q, "save");
    return why == NULL ? 0 : qb_err_set(QB_E_FAILED, "solver '%s': save failed: %s", q->solver->name, why);
}

/* Asks the plugin for its own state. 64 bytes behind the buffer show an overrun. */
static int collect_bytes(const qb_quant *q, const qb_quant_width *width, entries *e)
{
    enum { GUARD = 64 };
    unsigned char **bytes = &e->bytes[width - q->widths];
    char name[16];
    size_t n = 0, got = 0;
    QB_TRY(call_save(q, width, NULL, 0, &n));
    if (n == 0)
        return 0;
    if (n > (size_t)1 << 30)
        return qb_err_set(QB_E_FAILED, "solver '%s': save wants %zu bytes; expected at most 1 GiB", q->solver->name, n);
    *bytes = qb_alloc(n + GUARD, 1);
    if (*bytes == NULL)
        return QB_E_NOMEM;
    memset(*bytes + n, 0xA5, GUARD);
    QB_TRY(call_save(q, width, *bytes, n, &got));
    if (got != n)
        return qb_err_set(QB_E_FAILED, "solver '%s': save asked for %zu bytes, then wrote %zu", q->solver->name, n, got);
    for (size_t i = n; i < n + GUARD; i++)
        if ((*bytes)[i] != 0xA5)
            return qb_err_set(QB_E_FAILED, "solver '%s': save wrote beyond the %zu bytes it asked for", q->solver->name, n);
    name_bytes(q, width, name);
    return add(e, NULL, name, *bytes, QB_U8, 1, (int64_t)n, 0, 0);
}

static size_t entry_elements(const entry *e)
{
    int64_t n = 1;
    for (int d = 0; d < e->n_dims; d++)
        n *= e->shape[d];
    return (size_t)n;
}

static int write_entries(const qb_quant *q, const entries *e, const char *path, char *ret_sha256)
{
    int rc = QB_E_NOMEM;
    json_t *metadata = qb_json_pack("{s:s, s:s, s:s}", "format", format, "solver", q->solver->name, "version",
                                    q->solver->version);
    qb_st_tensor *tensors = qb_alloc(e->n, sizeof *tensors);
    if (metadata == NULL || tensors == NULL)
        goto out;
    for (size_t i = 0; i < e->n; i++) {
        const entry *from = &e->list[i];
        qb_st_tensor *to = &tensors[i];
        to->name = from->name;
        to->dtype = from->dtype;
        to->n_dims = from->n_dims;
        memcpy(to->shape, from->shape, sizeof from->shape);
        to->n_elements = entry_elements(from);
        to->n_bytes = to->n_elements * qb_dtype_size(from->dtype);
        to->data = from->values;
    }
    rc = qb_safetensors_write(path, tensors, e->n, metadata, ret_sha256);
out:
    qb_free(tensors);
    json_decref(metadata);
    return rc;
}

int qb_quant_save(qb_quant *q, const char *path, char *ret_sha256)
{
    entries e = {0};
    int rc = list_entries(q, &e);
    for (int i = 0; rc == 0 && q->solver->save != NULL && i < q->n_widths; i++)
        rc = collect_bytes(q, &q->widths[i], &e);
    if (rc == 0)
        rc = write_entries(q, &e, path, ret_sha256);
    finish_entries(&e);
    return rc;
}

/* ---- loading ---- */

static int check_metadata(const qb_quant *q, const qb_safetensors *f, const char *path)
{
    const struct {
        const char *key, *want;
    } members[] = {{"format", format}, {"solver", q->solver->name}, {"version", q->solver->version}};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const char *got = json_string_value(json_object_get(f->metadata, members[i].key));
        if (got == NULL || strcmp(got, members[i].want) != 0)
            return qb_err_set(QB_E_DATA, "%s: expected %s '%s', found '%s'", path, members[i].key, members[i].want,
                              got != NULL ? got : "nothing");
    }
    return 0;
}

static int check_entry(const qb_safetensors *f, const char *path, const entry *e)
{
    const qb_st_tensor *t = qb_safetensors_find(f, e->name);
    if (t == NULL)
        return qb_err_set(QB_E_DATA, "%s: tensor '%s' is missing", path, e->name);
    bool same = t->dtype == e->dtype && t->n_dims == e->n_dims;
    for (int d = 0; same && d < e->n_dims; d++)
        same = t->shape[d] == e->shape[d];
    if (same)
        return 0;
    qb_str want = {0}, got = {0};
    for (int d = 0; d < e->n_dims; d++)
        qb_str_addf(&want, " %lld", (long long)e->shape[d]);
    for (int d = 0; d < t->n_dims; d++)
        qb_str_addf(&got, " %lld", (long long)t->shape[d]);
    int rc = qb_err_set(QB_E_DATA, "%s: tensor '%s': expected %s of shape%s, found %s of shape%s", path, e->name,
                        qb_dtype_name(e->dtype), want.text, qb_dtype_name(t->dtype), got.text != NULL ? got.text : " ()");
    qb_str_finish(&want);
    qb_str_finish(&got);
    return rc;
}

static int check_file(const qb_quant *q, const qb_safetensors *f, const char *path, const entries *e)
{
    QB_TRY(check_metadata(q, f, path));
    for (size_t i = 0; i < e->n; i++)
        QB_TRY(check_entry(f, path, &e->list[i]));
    for (size_t i = 0; i < f->n; i++) {
        bool known = false;
        for (int w = 0; w < q->n_widths && !known; w++) {
            char name[16];
            name_bytes(q, &q->widths[w], name);
            known = strcmp(f->tensors[i].name, name) == 0;
        }
        if (known && q->solver->load == NULL)
            return qb_err_set(QB_E_DATA, "%s: holds %zu bytes of the solver's own, but solver '%s' has no load", path,
                              f->tensors[i].n_bytes, q->solver->name);
        for (size_t k = 0; k < e->n && !known; k++)
            known = strcmp(f->tensors[i].name, e->list[k].name) == 0;
        if (!known)
            return qb_err_set(QB_E_DATA, "%s: unknown tensor '%s'", path, f->tensors[i].name);
    }
    int64_t next_step;
    double lr_sum;
    memcpy(&next_step, qb_safetensors_find(f, "next_step")->data, sizeof next_step);
    memcpy(&lr_sum, qb_safetensors_find(f, "lr_sum")->data, sizeof lr_sum);
    if (next_step < 0 || next_step > q->options.n_steps)
        return qb_err_set(QB_E_DATA, "%s: next_step: expected 0 to %lld, found %lld", path,
                          (long long)q->options.n_steps, (long long)next_step);
    if (!(lr_sum >= 0.0 && lr_sum < 1e300))
        return qb_err_set(QB_E_DATA, "%s: lr_sum: expected a number of at least 0, found %g", path, lr_sum);
    return 0;
}

static int load_bytes(qb_quant *q, const qb_quant_width *width, const qb_safetensors *f, const char *path)
{
    char name[16];
    name_bytes(q, width, name);
    const qb_st_tensor *t = qb_safetensors_find(f, name);
    if (t == NULL)
        return 0;
    void *aligned = qb_alloc(t->n_bytes, 1);
    if (aligned == NULL)
        return QB_E_NOMEM;
    memcpy(aligned, t->data, t->n_bytes);
    qb_visits_begin(q->solver, true);
    const char *why = QB_HOOK(&width->instance, "load", false, q->solver->load(width->instance.self, aligned, t->n_bytes));
    qb_quant_end_visits(q, "load");
    qb_free(aligned);
    if (why == NULL)
        return 0;
    return qb_err_set(QB_E_DATA, "%s: solver '%s': load failed: %s", path, q->solver->name, why);
}

int qb_quant_load(qb_quant *q, const char *path)
{
    qb_safetensors f;
    entries e = {0};
    QB_TRY(qb_safetensors_read(path, &f));
    int rc = list_entries(q, &e);
    if (rc == 0)
        rc = check_file(q, &f, path, &e);
    for (int i = 0; rc == 0 && i < q->n_widths; i++)
        rc = load_bytes(q, &q->widths[i], &f, path);
    if (rc != 0)
        goto out;
    for (size_t i = 0; i < e.n; i++) {
        const qb_st_tensor *t = qb_safetensors_find(&f, e.list[i].name);
        memcpy(e.list[i].values, t->data, t->n_bytes);
    }
    q->next_step = e.next_step;
    q->lr_sum = e.lr_sum;
    if (q->next_step > q->options.warmup) {
        q->last = qb_quant_step_info(q, q->next_step - 1, e.lr);
        for (size_t i = 0; i < q->n_tensors; i++) {
            qb_quant_tensor *t = &q->tensors[i];
            t->view.levels = t->levels;
            t->view.n_levels = t->levels != NULL ? t->n_levels : 0;
        }
    }
out:
    finish_entries(&e);
    qb_safetensors_finish(&f);
    return rc;
}
