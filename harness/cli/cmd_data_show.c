/* `qatbench data show`: a sheet of training images as a network sees them. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/data_args.h"
#include "image/png_write.h"
#include "image/sheet.h"
#include "train/config.h"
#include "train/data_keys.h"
#include "train/trainer.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Nothing but an earlier sheet is written over; what is no file (a device, a pipe) has nothing to lose. */
static int check_output(const char *path)
{
    struct stat st;
    char start[8];
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return QB_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd >= 0 ? read(fd, start, sizeof start) : -1;
    if (fd >= 0)
        (void)close(fd); /* only read from */
    if (n > 0 && qb_png_is_one(start, (size_t)n))
        return QB_OK;
    qb_err_set(QB_E_USAGE, "%s: is there already, and is no PNG file", path);
    return qb_err_hint("give another file with -o");
}

/* The keys that say how images are augmented, checked as those of a run are; what else a run needs says nothing of images. */
static int create_config(const qb_cli *cli, qb_config **ret_config)
{
    static const char *const fixed[][2] = {{"model", "resnet8"}, {"epochs", "1"}};
    qb_settings s;
    QB_TRY(qb_settings_copy(&s, &cli->run));
    int rc = qb_settings_set(&s, "dataset", cli->args[0]);
    for (size_t i = 0; rc == QB_OK && i < sizeof fixed / sizeof fixed[0]; i++)
        rc = qb_settings_set(&s, fixed[i][0], fixed[i][1]);
    if (rc == QB_OK)
        rc = qb_config_create(&s, ret_config);
    qb_settings_finish(&s);
    return rc;
}

static int open_data(const qb_cli *cli, const qb_config *c, qb_dataset **ret_dataset)
{
    qb_data_args args;
    qb_dataset_options o;
    qb_data_args_init(cli, &args);
    QB_TRY(qb_data_keys_options(&c->settings, c->dataset, &o));
    o.keeps_whole = o.val_fraction == 0;
    o.watch = &args.watch;
    int rc = qb_dataset_open_with(c->dataset->name, &o, ret_dataset);
    if (rc == QB_OK)
        rc = qb_dataset_load(*ret_dataset);
    qb_cli_status_line(NULL);
    return rc;
}

static int create_loader(const qb_cli *cli, const qb_config *c, const qb_dataset *d, qb_loader **ret_loader)
{
    qb_loader_options o = qb_trainer_loader(c, d, QB_SPLIT_TRAIN);
    o.n = qb_dataset_count(d, QB_SPLIT_TRAIN);
    o.batch = (int)qb_get(&cli->flags, "count")->i;
    o.threads = 0;
    return qb_loader_create(&o, ret_loader);
}

/* Floats (c, h, w) back to bytes (h, w, 3): x std + mean, as near as bytes come; grey is three times the same. */
static void to_bytes(const qb_dataset_info *info, const float *image, uint8_t *bytes)
{
    const size_t n = (size_t)info->h * (size_t)info->w;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) {
            const int c = k < info->c ? k : 0;
            const double v = 255 * ((double)image[(size_t)c * n + i] * info->std[c] + info->mean[c]);
            bytes[3 * i + (size_t)k] = (uint8_t)fmin(fmax(nearbyint(v), 0), 255);
        }
}

static void name_class(const qb_dataset_info *info, int label, float share, char *buf, size_t size)
{
    char number[16];
    snprintf(number, sizeof number, "%d", label);
    const char *name = info->class_names ? info->class_names[label] : number;
    if (share < 1)
        snprintf(buf, size, "%.2f %s", (double)share, name);
    else
        snprintf(buf, size, "%s", name);
}

static int draw(const qb_dataset_info *info, const qb_batch *b, qb_sheet *sheet)
{
    const size_t n = (size_t)info->h * (size_t)info->w;
    uint8_t *bytes = qb_alloc(n, 3);
    if (!bytes)
        return QB_E_NOMEM;
    int rc = qb_sheet_init(sheet, b->n, info->h, info->w);
    for (int i = 0; rc == QB_OK && i < b->n; i++) {
        const qb_target *t = &b->targets[i];
        char own[64], other[64];
        const char *lines[QB_SHEET_LINES] = {own, t->share[1] > 0 ? other : NULL};
        name_class(info, t->label[0], t->share[0], own, sizeof own);
        name_class(info, t->label[1], t->share[1], other, sizeof other);
        if (b->unreadable && b->unreadable[i])
            lines[0] = "cannot be read";
        to_bytes(info, b->images + (size_t)i * n * (size_t)info->c, bytes);
        qb_sheet_put(sheet, i, bytes, lines);
    }
    qb_free(bytes);
    return rc;
}

static int write_sheet(const qb_sheet *sheet, const char *path)
{
    void *file = NULL;
    size_t n = 0;
    QB_TRY(qb_png_write(sheet->pixels, sheet->height, sheet->width, &file, &n));
    const bool is_stdout = qb_cli_is_stdout(path);
    int rc = is_stdout ? qb_cli_print_bytes(file, n) : qb_fs_write_output(path, file, n);
    qb_free(file);
    return rc == QB_OK && !is_stdout ? qb_cli_printf("%s\n", path) : rc;
}

static int run_show(qb_cli *cli)
{
    const char *path = qb_get(&cli->flags, "output")->text;
    qb_config *config = NULL;
    qb_dataset *d = NULL;
    qb_loader *loader = NULL;
    qb_sheet sheet = {0};
    qb_batch batch;
    int rc = qb_cli_is_stdout(path) ? QB_OK : check_output(path);
    if (rc == QB_OK)
        rc = create_config(cli, &config);
    if (rc == QB_OK)
        rc = open_data(cli, config, &d);
    if (rc == QB_OK)
        rc = create_loader(cli, config, d, &loader);
    if (rc == QB_OK)
        rc = qb_loader_seek(loader, qb_get(&cli->flags, "epoch")->i, 0);
    if (rc == QB_OK)
        rc = qb_loader_next(loader, &batch);
    if (rc == QB_OK)
        rc = draw(qb_dataset_get_info(d), &batch, &sheet);
    if (rc == QB_OK)
        rc = write_sheet(&sheet, path);
    qb_sheet_finish(&sheet);
    qb_loader_destroy(loader);
    qb_dataset_close(d);
    qb_config_destroy(config);
    return rc;
}

static const char *const run_keys[] = {"data_dir", "image_size", "norm_mean", "norm_std", "val_fraction", "augment", "flip", "crop", "mixup",
                                       "cutmix", "repeat_augment", "seed", "on_bad_image", NULL};

static const qb_option options[] = {
    {"count", QB_KIND_INT, "16", 1, 4096, NULL, "", "images on the sheet", 0, NULL},
    {"epoch", QB_KIND_INT, "0", 0, 1e6, NULL, "", "the first images of which epoch, from 0", 0, NULL},
    {"output", QB_KIND_PATH, "sheet.png", 0, 0, NULL, "", "the PNG file to write", 0, NULL},
};

const qb_verb qb_verb_data_show = {
    .name = "data show",
    .args = "NAME",
    .summary = "a picture of augmented images, as a network sees them",
    .examples = "  qatbench data show cifar10\n"
                "  qatbench data show folder --data-dir ~/birds --augment deit --image-size 224\n"
                "  qatbench data show imagenet --mixup 0.8 --cutmix 1 --epoch 3 -o mixed.png\n",
    .details = "The first images of an epoch of a run with this seed, in its order, as they come\n"
               "out of the loader; the colours are those before normalisation. Below each is its\n"
               "class, of mixed images both with their shares. Exit 2: the file is there already\n"
               "and is no PNG file.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .takes_run_keys = true,
    .run_keys = run_keys,
    .min_args = 1,
    .max_args = 1,
    .run = run_show,
};
