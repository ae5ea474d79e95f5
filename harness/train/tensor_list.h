/* A list of tensors that a safetensors file is written from or read into: the same list does both.
 * Zero-initialise; a failed allocation sticks and is reported when the list is saved or loaded. */
#ifndef QB_TENSOR_LIST_H
#define QB_TENSOR_LIST_H

#include "base/safetensors.h"

#include <stdbool.h>

typedef struct qb_tensor_list {
    qb_st_tensor *items; /* the names are the list's, the data are borrowed */
    size_t n, capacity;
    bool failed;
} qb_tensor_list;

/* Takes `name` (NULL: there was no memory for it). shape: n_dims sizes; data: their product, of `dtype`. */
void qb_tensor_list_add(qb_tensor_list *l, char *name, qb_dtype dtype, int n_dims, const int64_t *shape, const void *data);
void qb_tensor_list_finish(qb_tensor_list *l);

/* Writes the file; sha256: 65 bytes or NULL. Finishes the list. QB_E_IO. */
int qb_tensor_list_save(qb_tensor_list *l, const char *path, char *ret_sha256);

/* Copies the file's tensors to where the list points; both must hold the same names and sizes: QB_E_CONFIG. Finishes the
 * list. */
int qb_tensor_list_load(qb_tensor_list *l, const char *path);

#endif
