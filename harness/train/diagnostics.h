/* What is watched while a run trains: a table of observers, which read the quantized tensors after a step and change nothing.
 * Key `diagnostics` names those of a run; each line that they leave in diagnostics.jsonl is of one observer and one layer.
 *
 *   levels      levels of the layer's first row, at about 100 steps over the run
 *   codes       at the end of each epoch: share of weights whose code (the nearest level's number) is another one than an epoch
 *               before, and the mean distance to the nearest level, in units of the mean gap between two levels
 *   histogram   counts of latent and forward weights in 64 bins, at 6 points of the run
 *   map         pairs x, w of up to 128 weights of the layer's first row, at those points
 *
 * The points are the first quantized step and the steps at 1/5, 2/5, ... of the run, whole epochs where it has 5 or more. Which
 * weights are looked at follows from the sizes of a layer alone (evenly spread, at most 1,024 for codes and 4,096 for a histogram),
 * so that runs are comparable. x is the input of the solver's map: the latent weight, divided as quant_shrink says. Levels that a
 * solver decides itself are the distinct weights of a row, once there are no more than its bits allow; before, there are none.
 *
 * Invariant: nothing here writes to what is trained, draws random numbers or depends on threads or the clock, so runs with and
 * without diagnostics end in the same bits, and equal runs leave equal bytes, resumed or not.
 */
#ifndef QB_DIAGNOSTICS_H
#define QB_DIAGNOSTICS_H

#include "base/json.h"
#include "quant/quant.h"

#include <stdint.h>

extern const char *const qb_diagnostics_names[]; /* of the observers; NULL-terminated */

typedef struct qb_diagnostics_options {
    long long observers; /* bit k: observer k of the names */
    const qb_quant *quant; /* borrowed; outlives the diagnostics */
    int64_t first_step;    /* the first quantized one, counted from 0 */
    int64_t n_steps, steps_per_epoch;
} qb_diagnostics_options;

typedef struct qb_diagnostics qb_diagnostics;

/* QB_E_NOMEM. */
int qb_diagnostics_create(const qb_diagnostics_options *o, qb_diagnostics **ret);
void qb_diagnostics_destroy(qb_diagnostics *d);

/* After `step` steps are done. Calls `take` with each line that is due then, {step, epoch, observer, layer, ...}; it takes the
 * reference (NULL: out of memory), and what it returns below 0 ends the rest. */
int qb_diagnostics_observe(qb_diagnostics *d, int64_t step, int (*take)(void *context, json_t *line), void *context);

/* What observers carry from one line to the next, as a safetensors file: the codes of an epoch before. sha256: 65 bytes. Reading
 * takes over what fits and is there: a checkpoint of other observers is as good. */
int qb_diagnostics_save(const qb_diagnostics *d, const char *path, char *ret_sha256);
int qb_diagnostics_load(qb_diagnostics *d, const char *path);

#endif
