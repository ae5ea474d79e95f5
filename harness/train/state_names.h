/* A state dict with the names of another library (models/tensor_names.h), brought to ours.
 *
 * Invariant: afterwards nothing in the file depends on how it was written: the same weights under their names and under ours
 * are the same tensors with the same values.
 */
#ifndef QB_STATE_NAMES_H
#define QB_STATE_NAMES_H

#include "base/safetensors.h"
#include "models/tensor_names.h"

typedef struct qb_foreign_name {
    char text[QB_MAX_TENSOR_NAME];
} qb_foreign_name;

/* Renames the tensors of a file that has such names, and joins those that are one in ours; a tensor without a name of ours
 * keeps its own. path: for messages. *ret_names: what each tensor is called in the file (the first part of a joined one), as
 * long as the file lives; NULL, where its names are ours and it is left as it is. QB_E_DATA: a part is missing, there twice,
 * or unlike the others. After an error the file is as it was. */
int qb_state_names_translate(qb_safetensors *file, const char *path, const qb_foreign_name **ret_names);

#endif
