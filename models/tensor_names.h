/* What another library calls the tensors of our models: its state dicts are read as they are.
 *
 * Names alone: which model a file is of, and whether its shapes fit, is told by who loads it.
 */
#ifndef QB_MODELS_TENSOR_NAMES_H
#define QB_MODELS_TENSOR_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum { QB_MAX_TENSOR_NAME = 128 };

typedef struct qb_tensor_name {
    char ours[QB_MAX_TENSOR_NAME];
    int part, n_parts; /* the tensor is part `part` of n_parts of ours, along its first dimension; 0 of 1: all of it */
} qb_tensor_name;

/* Does a state dict with a tensor of this name have the names of another library? */
bool qb_tensor_name_is_foreign(const char *name);

/* Our name for a tensor of such a state dict; false: it has none. */
bool qb_tensor_name_translate(const char *theirs, qb_tensor_name *ret_name);

#endif
