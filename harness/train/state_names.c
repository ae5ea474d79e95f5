/* See state_names.h. */
#include "train/state_names.h"

#include "base/err.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

/* A tensor of the file: what it is in ours. */
typedef struct entry {
    const qb_st_tensor *tensor;
    qb_tensor_name name;
} entry;

static void read_entry(const qb_st_tensor *t, entry *e)
{
    e->tensor = t;
    if (qb_tensor_name_translate(t->name, &e->name))
        return;
    e->name = (qb_tensor_name){.n_parts = 1};
    (void)snprintf(e->name.ours, sizeof e->name.ours, "%s", t->name);
}

static bool are_alike(const qb_st_tensor *a, const qb_st_tensor *b)
{
    bool alike = a->dtype == b->dtype && a->n_dims == b->n_dims;
    for (int i = 0; alike && i < a->n_dims; i++)
        alike = a->shape[i] == b->shape[i];
    return alike;
}

/* The one entry that is this part of the tensor of ours that `of` is a part of, or all of. */
static int find_part(const entry *entries, size_t n, const entry *of, int part, const char *path, const entry **ret)
{
    const entry *found = NULL;
    for (size_t i = 0; i < n; i++) {
        if (entries[i].name.part != part || strcmp(entries[i].name.ours, of->name.ours) != 0)
            continue;
        if (found)
            return qb_err_set(QB_E_DATA, "%s: %s and %s are both %s", path, found->tensor->name, entries[i].tensor->name, of->name.ours);
        found = &entries[i];
    }
    if (!found)
        return qb_err_set(QB_E_DATA, "%s: part %d of %d of %s is missing, beside %s", path, part + 1, of->name.n_parts, of->name.ours,
                          of->tensor->name);
    if (!are_alike(found->tensor, of->tensor))
        return qb_err_set(QB_E_DATA, "%s: %s and %s differ in type or shape, but are parts of %s", path, of->tensor->name,
                          found->tensor->name, of->name.ours);
    *ret = found;
    return QB_OK;
}

/* Bytes of all joined tensors. */
static int check_parts(const entry *entries, size_t n, const char *path, size_t *ret_bytes)
{
    const entry *part;
    *ret_bytes = 0;
    for (size_t i = 0; i < n; i++) {
        const qb_st_tensor *t = entries[i].tensor;
        if (entries[i].name.n_parts > 1 && (t->n_dims == 0 || t->n_elements == 0))
            return qb_err_set(QB_E_DATA, "%s: %s has no rows, expected a part of %s", path, t->name, entries[i].name.ours);
        for (int k = 0; k < entries[i].name.n_parts; k++)
            QB_TRY(find_part(entries, n, &entries[i], k, path, &part));
        *ret_bytes += entries[i].name.n_parts > 1 ? t->n_bytes : 0;
    }
    return QB_OK;
}

static int join(const entry *entries, size_t n, const entry *first, const char *path, char *values, qb_st_tensor *ret)
{
    *ret = *first->tensor;
    ret->data = values;
    for (int k = 0; k < first->name.n_parts; k++) {
        const entry *part;
        QB_TRY(find_part(entries, n, first, k, path, &part));
        memcpy(values + (size_t)k * part->tensor->n_bytes, part->tensor->data, part->tensor->n_bytes);
    }
    ret->shape[0] *= first->name.n_parts;
    ret->n_elements *= (size_t)first->name.n_parts;
    ret->n_bytes *= (size_t)first->name.n_parts;
    return QB_OK;
}

/* One block, which takes the place of the file's list of tensors: tensors, their names there, their names here, values of
 * the joined ones. */
static int rewrite(qb_safetensors *file, const entry *entries, const char *path, size_t bytes, const qb_foreign_name **ret_names)
{
    qb_st_tensor *tensors = qb_alloc(1, file->n * (sizeof *tensors + 2 * sizeof(qb_foreign_name)) + bytes);
    if (!tensors)
        return QB_E_NOMEM;
    qb_foreign_name *theirs = (qb_foreign_name *)(tensors + file->n), *ours = theirs + file->n;
    char *values = (char *)(ours + file->n);
    size_t n = 0;
    int rc = QB_OK;
    for (size_t i = 0; rc == QB_OK && i < file->n; i++) {
        if (entries[i].name.part > 0)
            continue;
        tensors[n] = *entries[i].tensor;
        if (entries[i].name.n_parts > 1) {
            rc = join(entries, file->n, &entries[i], path, values, &tensors[n]);
            values += tensors[n].n_bytes;
        }
        (void)snprintf(theirs[n].text, sizeof theirs[n].text, "%s", entries[i].tensor->name);
        memcpy(ours[n].text, entries[i].name.ours, sizeof ours[n].text);
        tensors[n].name = ours[n].text;
        n++;
    }
    if (rc < 0) {
        qb_free(tensors);
        return rc;
    }
    qb_free(file->tensors);
    file->tensors = tensors;
    file->n = n;
    *ret_names = theirs;
    return QB_OK;
}

int qb_state_names_translate(qb_safetensors *file, const char *path, const qb_foreign_name **ret_names)
{
    bool is_foreign = false;
    for (size_t i = 0; i < file->n; i++)
        is_foreign = is_foreign || qb_tensor_name_is_foreign(file->tensors[i].name);
    *ret_names = NULL;
    if (!is_foreign)
        return QB_OK;
    entry *entries = qb_alloc(file->n, sizeof *entries);
    if (!entries)
        return QB_E_NOMEM;
    for (size_t i = 0; i < file->n; i++)
        read_entry(&file->tensors[i], &entries[i]);
    size_t bytes;
    int rc = check_parts(entries, file->n, path, &bytes);
    if (rc == QB_OK)
        rc = rewrite(file, entries, path, bytes, ret_names);
    qb_free(entries);
    return rc;
}
