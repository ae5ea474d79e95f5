/* What `qatbench export` does for the metrics of runs: --format csv and tensorboard. */
#ifndef QB_EXPORT_METRICS_H
#define QB_EXPORT_METRICS_H

#include "cli/cli.h"

/* The arguments are those of a study (cli/study_args.h) and keys of runs, the flags `scale` and `output`. csv goes to standard output where no output
 * is named; tensorboard needs a folder, and the folders of the runs in it are printed. */
int qb_export_csv(const qb_cli *cli);
int qb_export_tensorboard(const qb_cli *cli);

#endif
