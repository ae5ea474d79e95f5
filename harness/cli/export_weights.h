/* What `qatbench export` does for the weights of a run: --format safetensors. */
#ifndef QB_EXPORT_WEIGHTS_H
#define QB_EXPORT_WEIGHTS_H

#include "cli/cli.h"

/* The argument is one run, by key or folder; the flags `weights`, `output` and `force`, and places of a run's keys. Prints what was
 * written. */
int qb_export_weights(const qb_cli *cli);

#endif
