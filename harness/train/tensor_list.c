#include "train/tensor_list.h"

#include "base/err.h"
#include "base/mem.h"

#include <string.h>

void qb_tensor_list_add(qb_tensor_list *l, char *name, qb_dtype dtype, int n_dims, const int64_t *shape, const void *data)
{
    enum { FIRST_CAPACITY = 64 };
    if (name && !l->failed && l->n == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : FIRST_CAPACITY;
        qb_st_tensor *items = qb_realloc(l->items, capacity, sizeof *items);
        l->failed = !items;
        if (items) {
            l->items = items;
            l->capacity = capacity;
        }
    }
    if (!name || l->failed) {
        l->failed = true;
        qb_free(name);
        return;
    }
    qb_st_tensor *t = &l->items[l->n++];
    *t = (qb_st_tensor){.name = name, .dtype = dtype, .n_dims = n_dims, .n_elements = 1, .data = data};
    for (int i = 0; i < n_dims; i++) {
        t->shape[i] = shape[i];
        t->n_elements *= (size_t)shape[i];
    }
    t->n_bytes = t->n_elements * qb_dtype_size(dtype);
}

void qb_tensor_list_finish(qb_tensor_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        qb_free((void *)(uintptr_t)l->items[i].name);
    qb_free(l->items);
    *l = (qb_tensor_list){0};
}

int qb_tensor_list_save(qb_tensor_list *l, const char *path, char *ret_sha256)
{
    int rc = l->failed ? qb_err_set(QB_E_NOMEM, "out of memory") : qb_safetensors_write(path, l->items, l->n, NULL, ret_sha256);
    qb_tensor_list_finish(l);
    return rc;
}

int qb_tensor_list_load(qb_tensor_list *l, const char *path)
{
    qb_safetensors file;
    int rc = l->failed ? qb_err_set(QB_E_NOMEM, "out of memory") : qb_safetensors_read(path, &file);
    if (rc < 0) {
        qb_tensor_list_finish(l);
        return rc;
    }
    if (file.n != l->n)
        rc = qb_err_set(QB_E_CONFIG, "%s: expected %zu tensors for this network, found %zu", path, l->n, file.n);
    for (size_t i = 0; rc == 0 && i < l->n; i++) {
        const qb_st_tensor *want = &l->items[i], *got = qb_safetensors_find(&file, want->name);
        if (!got || got->dtype != want->dtype || got->n_elements != want->n_elements)
            rc = qb_err_set(QB_E_CONFIG, "%s: tensor '%s': expected %zu values of %s, found %s", path, want->name,
                            want->n_elements, qb_dtype_name(want->dtype), got ? "another shape" : "none");
        else
            memcpy((void *)(uintptr_t)want->data, got->data, want->n_bytes);
    }
    qb_safetensors_finish(&file);
    qb_tensor_list_finish(l);
    return rc;
}
