/* Checkpoints: everything that decides the rest of a run (checkpoint_parts.h), written whole or not at all.
 *
 *   ckpt/step-00011730/model.safetensors   a file a part
 *                      optim.safetensors
 *                      solver.safetensors
 *                      manifest.json       their hashes, step, log position, sums, and its own hash
 *   ckpt/latest                            name of the newest
 *
 * A checkpoint is written as ckpt/saving and renamed. The newest two are kept. Reading verifies every hash and that
 * metrics.jsonl is long enough; an unusable checkpoint is named in a warning and the one before it is used.
 */
#ifndef QB_CHECKPOINT_H
#define QB_CHECKPOINT_H

#include "train/checkpoint_parts.h"
#include "train/rundir.h"

#include <stdint.h>

typedef struct qb_checkpoint {
    qb_training training;
    const char *run_key;
    const qb_checkpoint_content *content; /* what is saved and loaded: qb_checkpoint_all, but for tests */
} qb_checkpoint;

/* QB_E_IO: the text names the file; earlier checkpoints are untouched. */
int qb_checkpoint_save(qb_rundir *dir, const qb_checkpoint *c);

/* Loads the newest valid one; *ret_metrics_bytes: where metrics.jsonl ended then. *ret_found = 0: there is none; -1: there
 * are some, and none can be used.
 * Errors only when tensors do not fit this network although the hashes are right (QB_E_CONFIG). */
int qb_checkpoint_load(const qb_rundir *dir, const qb_checkpoint *c, int *ret_found, int64_t *ret_metrics_bytes);

#endif
