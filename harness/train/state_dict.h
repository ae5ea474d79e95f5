/* Weights from elsewhere: a safetensors file by state-dict names, or what a finished run keeps, into a network.
 *
 * Invariant: every parameter and running statistic of the network is found and has its shape, or nothing is changed.
 * "module." in front of names (PyTorch's DataParallel) is dropped, names of Hugging Face become ours; `num_batches_tracked`
 * and the latent weights beside those of a run are no strangers. Values may be F64, F32, F16 or BF16, and must be finite.
 */
#ifndef QB_STATE_DICT_H
#define QB_STATE_DICT_H

#include "base/safetensors.h"
#include "engine/net.h"
#include "train/state_names.h"

#include <stdbool.h>

/* Which of the weights that a run keeps (train/weights.h). LATENT: x of the quantized tensors, else its weights, also of a
 * run of 0.1.0, which kept no others. Of a file: as they are in it, LATENT likewise. */
typedef enum qb_state_kind { QB_STATE_HARD = 1, QB_STATE_SOFT, QB_STATE_LATENT } qb_state_kind;

typedef struct qb_state_dict {
    qb_safetensors file; /* by our names */
    const qb_foreign_name *names; /* of its tensors as the file has them; NULL: the same */
    char *path; /* as given, for messages */
    qb_state_kind kind;
} qb_state_dict;

/* Whether `path` is the folder of a run (holds a record.json) rather than a file. */
bool qb_state_dict_is_run(const char *path);

/* path: a safetensors file, or the folder of a run that is over. QB_E_NOINPUT, QB_E_DATA, QB_E_IO with the path. */
int qb_state_dict_open(const char *path, qb_state_kind kind, qb_state_dict *ret);
void qb_state_dict_finish(qb_state_dict *s);

/* Sets x, and w = x, of every parameter, and the running statistics. Where `new_classifier` is not NULL, the parameters of
 * the layer that makes the logits are left as they are if the file has them for another number of classes, and
 * *new_classifier says whether that was so. QB_E_DATA: a name is missing or too many, another shape, no finite value. */
int qb_state_dict_load(const qb_state_dict *s, const qb_graph *graph, qb_net *net, bool *new_classifier);

/* SHA-256 over what a network would take: names in byte order without "module.", shapes and values as float32; the same for
 * a run and for a file of its weights. */
int qb_state_dict_hash(const qb_state_dict *s, char ret_sha256[65]);

#endif
