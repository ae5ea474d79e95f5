/* `qatbench bench data`: how fast the images of a data set are read and augmented. */
#include "cli/bench_data.h"

#include "base/err.h"
#include "cli/cli.h"
#include "cli/data_args.h"

static int print(const qb_cli *cli, const qb_data_bench *b)
{
    qb_str text = {0};
    if (cli->json)
        return qb_cli_print_json(qb_data_bench_json(b));
    qb_data_bench_add_text(b, &text);
    return qb_cli_print_owned(qb_str_take(&text));
}

static int run_bench_data(qb_cli *cli)
{
    qb_dataset *d = NULL;
    qb_data_bench b = {0};
    qb_data_args args;
    const qb_value *size = qb_get(&cli->flags, "image_size");
    qb_data_args_init(cli, &args);
    args.options.image_size = size->is_null ? 0 : (int)size->i;
    int rc = qb_dataset_open_with(cli->args[0], &args.options, &d);
    if (rc == QB_OK)
        rc = qb_dataset_load(d);
    qb_cli_status_line(NULL);
    if (rc == QB_OK)
        rc = qb_data_bench_init(&b, d, (int)qb_get(&cli->flags, "count")->i);
    b.with_parts = qb_get(&cli->flags, "profile")->b;
    if (rc == QB_OK)
        rc = qb_data_bench_measure(&b, (int)qb_get(&cli->flags, "windows")->i, qb_get(&cli->flags, "seconds")->r);
    if (rc == QB_OK)
        rc = print(cli, &b);
    qb_data_bench_finish(&b);
    qb_dataset_close(d);
    return rc;
}

static const qb_option options[] = {
    QB_CLI_DATA_DIR,
    QB_CLI_VAL_FRACTION,
    {"image_size", QB_KIND_INT, NULL, 1, QB_IMAGE_SIDE, NULL, "pixels", "sides of what a network sees (default: of the data set)",
     QB_OPT_NULLABLE, NULL},
    {"count", QB_KIND_INT, "64", 1, 100000, NULL, "", "images that are measured, spread over the training images", 0, NULL},
    {"windows", QB_KIND_INT, "5", 1, QB_DATA_WINDOWS, NULL, "", "windows to measure; the median one is shown", 0, NULL},
    {"seconds", QB_KIND_REAL, "2", 0, 3600, NULL, "seconds", "least length of a window", QB_OPT_MIN_OPEN, NULL},
    {"profile", QB_KIND_BOOL, "false", 0, 0, NULL, "", "also the time of every step of the augmentations", 0, NULL},
};

const qb_verb qb_verb_bench_data = {
    .name = "bench data",
    .args = "NAME",
    .summary = "images per second and core, read and augmented",
    .examples = "  qatbench bench data imagenet --data-dir ~/ILSVRC2012\n"
                "  qatbench bench data folder --data-dir ~/birds --image-size 112 --profile\n"
                "  qatbench bench data cifar10 --json\n",
    .details = "One thread takes the same images again and again, from memory, and goes with\n"
               "each through all ways in turn: 'libjpeg', a plain loop of libjpeg-turbo that\n"
               "decodes the whole file; 'decode', all pixels as training has them; and each\n"
               "value of 'augment' from the file to the network's floats. speed: over that of\n"
               "libjpeg, the median of the windows. Times are those of the thread: what else the\n"
               "machine does slows it down, but does not count.\n"
               "--json: dataset label input images left_out pixels bytes libjpeg windows, and of\n"
               "each of ways: name images_per_second ms speed speed_range parts.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .has_json = true,
    .min_args = 1,
    .max_args = 1,
    .run = run_bench_data,
};
