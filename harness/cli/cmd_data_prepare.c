/* `qatbench data prepare`: image files in one file, which is quick to open and to read. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/data_args.h"
#include "train/cores.h"

#include <string.h>

/* NAME.pack in this folder: of a folder of one's own the name of that folder. NULL: out of memory. */
static char *usual_output(const char *name, const char *data_dir)
{
    if (strcmp(name, "folder") != 0 || !data_dir)
        return qb_sprintf("%s.pack", name);
    char *absolute = qb_path_absolute(data_dir);
    char *path = absolute ? qb_sprintf("%s.pack", qb_path_base(absolute)) : NULL;
    qb_free(absolute);
    return path;
}

static int run_prepare(qb_cli *cli)
{
    const qb_value *output = qb_get(&cli->flags, "output"), *short_side = qb_get(&cli->flags, "short_side");
    qb_data_args args;
    qb_data_args_init(cli, &args);
    args.options.threads = qb_cores_default_threads();
    qb_cli_catch_stop_signals();
    char *path = output->is_null ? usual_output(cli->args[0], args.options.data_dir) : qb_strdup(output->text);
    int rc = path ? qb_dataset_pack(cli->args[0], &args.options, path, short_side->is_null ? 0 : (int)short_side->i) : QB_E_NOMEM;
    qb_cli_status_line(NULL);
    if (rc == QB_E_STOPPED)
        (void)qb_err_hint("start the same command again: it goes on from here");
    if (rc == 0)
        rc = qb_cli_printf("%s\n", path);
    qb_free(path);
    return rc;
}

static const qb_option options[] = {
    QB_CLI_DATA_DIR,
    {"output", QB_KIND_PATH, NULL, 0, 0, NULL, "", "the pack to write (default: NAME.pack here)", QB_OPT_NULLABLE, NULL},
    {"short_side", QB_KIND_INT, NULL, 1, 65535, NULL, "pixels", "make larger images smaller, to this shorter side (default: as they are)",
     QB_OPT_NULLABLE, NULL},
};

const qb_verb qb_verb_data_prepare = {
    .name = "data prepare",
    .args = "NAME",
    .summary = "packs the images of imagenet or folder into one file",
    .examples = "  qatbench data prepare imagenet --data-dir ~/ILSVRC2012 -o imagenet.pack\n"
                "  qatbench data prepare folder --data-dir ~/birds --short-side 256\n",
    .details = "The pack holds training and validation images as they are, with checksums: the\n"
               "same data set as before, with the same numbers. Made smaller they are JPEG\n"
               "files of quality 95 and another data set, and tables say so. --data-dir takes\n"
               "the pack. Interrupted (exit 75, or killed) and started again it goes on. Exit\n"
               "2: the file is there already and is another one; 73: another process is\n"
               "writing it.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .min_args = 1,
    .max_args = 1,
    .run = run_prepare,
};
