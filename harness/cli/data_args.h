/* What the verbs of `data` have in common: how a set is opened, and the line that tells how far they are. */
#ifndef QB_DATA_ARGS_H
#define QB_DATA_ARGS_H

#include "cli/cli.h"
#include "datasets/datasets.h"

#define QB_CLI_DATA_DIR \
    {"data_dir", QB_KIND_PATH, NULL, 0, 0, NULL, "", "folder of the files, the parent of it, an archive or a pack", QB_OPT_NULLABLE, NULL}

#define QB_CLI_VAL_FRACTION                                                                                                           \
    {"val_fraction", QB_KIND_REAL, NULL, 0, 0.999, NULL, "", "share of the images to test on, of folders of classes without train and val", \
     QB_OPT_NULLABLE | QB_OPT_MIN_OPEN, NULL}

typedef struct qb_data_args {
    qb_dataset_options options;
    qb_watch watch;
    double shown_at;
} qb_data_args;

/* Of the flags data_dir and val_fraction, where the verb has them as its own; without the second a set that is not split stays whole. Where the
 * verb catches the stop signals they stop it. `ret` must stay where it is while it is used. */
void qb_data_args_init(const qb_cli *cli, qb_data_args *ret);

#endif
