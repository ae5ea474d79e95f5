/* The weights that a finished run keeps.
 *
 *   model.safetensors     finished (hard) weights and running statistics, by PyTorch's state-dict names and in its order
 *   trained.safetensors   NAME = w, the weights as trained, and running statistics, likewise; x/NAME = latent weights of
 *                         the quantized tensors. All float32. With solver none w is x, and there are no x/NAME.
 *
 * Both are written before the record says that the run is over. Runs of 0.1.0 have model.safetensors alone.
 */
#ifndef QB_WEIGHTS_H
#define QB_WEIGHTS_H

#include "base/safetensors.h"
#include "engine/net.h"
#include "train/tensor_list.h"

/* Parameters and running statistics in state-dict order: the slab's weights; NULL: as trained. The values are borrowed. */
qb_tensor_list qb_weights_list(qb_net *net, const float *slab);

/* Slab's weights and the statistics; SHA-256 over the raw little-endian float32 values (`weights_sha256`).
 * path NULL: hash only. */
int qb_weights_save(qb_net *net, const float *slab, const char *path, char ret_sha256[65]);

int qb_weights_save_trained(qb_net *net, const char *path);

typedef enum qb_weights_kind { QB_WEIGHTS_FINISHED, QB_WEIGHTS_TRAINED } qb_weights_kind;

/* Opens the weights of the run in `dir`; to be finished with qb_safetensors_finish. QB_E_NOINPUT: no run is there, it is
 * not over, or it is of 0.1.0 and has no weights as trained. */
int qb_weights_open(const char *dir, qb_weights_kind kind, qb_safetensors *ret_file);

#endif
