/* Would a run run? Two steps and a small test of what it is made of, in memory alone: no folder, never a result. */
#ifndef QB_SMOKE_H
#define QB_SMOKE_H

#include "train/config.h"

enum { QB_SMOKE_STEPS = 2, QB_SMOKE_PART = 2, QB_SMOKE_TEST = 16 };

/* QB_SMOKE_STEPS steps of QB_SMOKE_PART images a part of the batch, parts as they are planned, and a test of QB_SMOKE_TEST images
 * at finished weights. Model, solver, recipe and data are the configuration's; quantization begins by the second step, and
 * the annealing window is these steps. made_data: on images of the program's own (qb_dataset_make), the data are not looked for.
 * threads: of the run. Errors: those of a run's start; QB_E_FAILED: a loss that is not finite, rows with more values than levels. */
int qb_smoke_run(const qb_config *config, bool made_data, int threads);

#endif
