/* Checkpoints: everything that decides the rest of a run, written whole or not at all.
 *
 *   ckpt/step-00011730/model.safetensors   NAME = latent weights, w/NAME = forward weights where they differ, statistics
 *                      optim.safetensors   momenta and moments, one step count a tensor
 *                      solver.safetensors  levels, the solver's state (quant/quant.h)
 *                      manifest.json       hashes of the three, step, log position, sums, and its own hash
 *   ckpt/latest                            name of the newest
 *
 * A checkpoint is written as ckpt/saving and renamed. The newest two are kept. Reading verifies every hash and that
 * metrics.jsonl is long enough; an unusable checkpoint is named in a warning and the one before it is used.
 */
#ifndef QB_CHECKPOINT_H
#define QB_CHECKPOINT_H

#include "base/json.h"
#include "engine/net.h"
#include "engine/optim.h"
#include "quant/quant.h"
#include "train/rundir.h"

#include <stdint.h>

/* What training carries besides tensors. */
typedef struct qb_train_state {
    int64_t step;         /* steps done */
    int64_t evaluated_at; /* step of the last evaluation, -1: none */
    double loss_sum;      /* of the current epoch */
    int64_t correct, seen;
    double window_loss; /* since the last line of the log */
    int64_t window_correct, window_seen;
    json_t *curve; /* list of evaluated epochs; see record.h */
} qb_train_state;

typedef struct qb_checkpoint_parts {
    qb_net *net;
    qb_optim *optim;
    qb_quant *quant;
    qb_train_state *state;
    const char *run_key;
} qb_checkpoint_parts;

/* QB_E_IO: the text names the file; earlier checkpoints are untouched. */
int qb_checkpoint_save(qb_rundir *dir, const qb_checkpoint_parts *parts);

/* Loads the newest valid one; *ret_metrics_bytes: where metrics.jsonl ended then. *ret_found = 0: there is none.
 * Errors only when tensors do not fit this network although the hashes are right (QB_E_CONFIG). */
int qb_checkpoint_load(const qb_rundir *dir, const qb_checkpoint_parts *parts, int *ret_found, int64_t *ret_metrics_bytes);

/* model.safetensors of a finished run: slab's weights and the statistics, in state-dict order; and their SHA-256
 * over the raw little-endian float32 values (`weights_sha256`). path NULL: hash only. */
int qb_weights_save(qb_net *net, const float *slab, const char *path, char ret_sha256[65]);

#endif
