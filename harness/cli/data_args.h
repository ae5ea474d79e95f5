/* What the verbs of `data` have in common: how a set is opened, and the line that tells how far they are. */
#ifndef QB_DATA_ARGS_H
#define QB_DATA_ARGS_H

#include "cli/cli.h"
#include "datasets/datasets.h"

#define QB_CLI_DATA_DIR \
    {"data_dir", QB_KIND_PATH, NULL, 0, 0, NULL, "", "folder of the files, the parent of it, an archive or a pack", QB_OPT_NULLABLE, NULL}

typedef struct qb_data_args {
    qb_dataset_options options;
    qb_watch watch;
    double shown_at;
} qb_data_args;

/* Of the flags data_dir and, where the verb has it, val_fraction; without that a set that is not split stays whole. Where the
 * verb catches the stop signals they stop it. `ret` must stay where it is while it is used. */
void qb_data_args_init(const qb_cli *cli, qb_data_args *ret);

#endif
