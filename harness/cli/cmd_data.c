/* `qatbench data info` and `qatbench data verify`: what data there are on this machine, and whether they are sound. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/data_args.h"
#include "cli/describe.h"
#include "train/cores.h"

static const char *data_dir(const qb_cli *cli)
{
    return qb_cli_flag_text(cli, "data_dir");
}

/* All sets: found where, or how to get them. Nothing is read. */
static int info_all(const qb_cli *cli)
{
    size_t n = 0;
    const qb_dataset_info *sets = qb_datasets(&n);
    qb_str s = {0};
    json_t *list = json_array();
    int rc = QB_OK;
    for (size_t i = 0; i < n && rc == QB_OK; i++) {
        char *path = NULL;
        rc = qb_dataset_locate(sets[i].name, data_dir(cli), &path);
        json_array_append_new(list, qb_json_pack("{s:s, s:s, s:s?, s:s?}", "name", sets[i].name, "title", sets[i].title, "dir",
                                                 path, "get_it", path ? NULL : qb_err_hint_text()));
        qb_str_addf(&s, "%-16s%s\n", sets[i].name, path ? path : "not found");
        if (!path && rc != QB_E_NOMEM) { /* not found is an answer here */
            qb_describe_field(&s, "", qb_err_hint_text());
            qb_err_clear();
            rc = QB_OK;
        }
        qb_free(path);
    }
    qb_str_add(&s, "\n'qatbench data info NAME' reads and checks one.\n");
    char *text = qb_str_take(&s);
    if (rc == QB_OK && cli->json) {
        rc = qb_cli_print_json(qb_json_pack("{s:O}", "datasets", list));
        qb_free(text);
    } else if (rc == QB_OK) {
        rc = qb_cli_print_owned(text);
    } else {
        qb_free(text);
    }
    json_decref(list);
    return rc;
}

/* Names of the classes; NULL: out of memory, or they have none. */
static json_t *class_names(const qb_dataset_info *info)
{
    json_t *list = info->class_names ? json_array() : NULL;
    for (int i = 0; list && i < info->n_classes; i++)
        json_array_append_new(list, qb_json_text(info->class_names[i]));
    return list;
}

static void describe_classes(qb_str *s, const qb_dataset_info *info)
{
    qb_str names = {0};
    for (int i = 0; info->class_names && info->n_classes <= 20 && i < info->n_classes; i++)
        qb_str_addf(&names, "%s%s", i > 0 ? ", " : "", info->class_names[i]);
    qb_describe_field(s, "classes", names.failed ? NULL : names.text);
    qb_str_finish(&names);
}

/* Images of each class in a split. */
static json_t *class_counts(const qb_dataset *d, int split)
{
    const int n_classes = qb_dataset_get_info(d)->n_classes;
    json_int_t *counts = qb_alloc((size_t)n_classes, sizeof *counts);
    json_t *list = counts ? json_array() : NULL;
    for (int64_t i = 0; list && i < qb_dataset_count(d, split); i++)
        counts[qb_dataset_class(d, split, i)]++;
    for (int i = 0; list && i < n_classes; i++)
        json_array_append_new(list, json_integer(counts[i]));
    qb_free(counts);
    return list;
}

static int info_one(const qb_cli *cli, const char *name)
{
    qb_dataset *d = NULL;
    qb_data_args args;
    qb_data_args_init(cli, &args);
    int rc = qb_dataset_open_with(name, &args.options, &d);
    qb_cli_status_line(NULL);
    QB_TRY(rc);
    const qb_dataset_info *info = qb_dataset_get_info(d);
    rc = qb_dataset_load(d);
    if (rc < 0) {
        qb_dataset_close(d);
        return rc;
    }
    if (cli->json) {
        rc = qb_cli_print_json(qb_json_pack(
            "{s:s, s:s, s:s, s:s, s:s?, s:[i,i,i], s:i, s:I, s:I, s:o, s:o, s:o?}", "name", info->name, "label",
            qb_dataset_label(d), "dir", qb_dataset_dir(d), "fingerprint", qb_dataset_fingerprint(d), "warning",
            qb_dataset_warning(d), "input", info->c, info->h, info->w, "classes", info->n_classes, "n_train",
            (json_int_t)info->n_train, "n_test", (json_int_t)info->n_test, "train_per_class",
            class_counts(d, QB_SPLIT_TRAIN), "test_per_class", class_counts(d, QB_SPLIT_TEST), "class_names",
            class_names(info)));
    } else {
        qb_str s = {0};
        char a[32], b[32];
        qb_str_addf(&s, "%s: %s\n", info->name, info->title);
        qb_describe_field(&s, "label", qb_dataset_label(d));
        qb_describe_field(&s, "found in", qb_dataset_dir(d));
        qb_str_addf(&s, "%-16s%dx%dx%d, %d classes\n", "images", info->c, info->h, info->w, info->n_classes);
        qb_str_addf(&s, "%-16s%s to train, %s to test\n", "", qb_describe_count(info->n_train, a),
                    qb_describe_count(info->n_test, b));
        describe_classes(&s, info);
        qb_describe_field(&s, "fingerprint", qb_dataset_fingerprint(d));
        qb_describe_field(&s, "warning", qb_dataset_warning(d));
        rc = qb_cli_print_owned(qb_str_take(&s));
    }
    qb_dataset_close(d);
    return rc;
}

static int run_info(qb_cli *cli)
{
    return cli->n_args > 0 ? info_one(cli, cli->args[0]) : info_all(cli);
}

/* A line of the report, as it comes: a large set takes seconds. */
typedef struct report {
    int rc;
} report;

static void print_line(void *context, const char *line)
{
    report *r = context;
    if (r->rc == QB_OK)
        r->rc = qb_cli_printf("%s\n", line);
}

static int run_verify(qb_cli *cli)
{
    report r = {QB_OK};
    qb_data_args args;
    qb_data_args_init(cli, &args);
    args.options.threads = qb_cores_default_threads();
    int rc = qb_dataset_verify_with(cli->args[0], &args.options, print_line, &r);
    qb_cli_status_line(NULL);
    return rc < 0 ? rc : r.rc;
}

static const qb_option options[] = {
    QB_CLI_DATA_DIR,
    QB_CLI_VAL_FRACTION,
};

#define SEARCH                                                                      \
    "Without --data-dir: QATBENCH_DATA, $XDG_DATA_HOME/qatbench/datasets\n"         \
    "(~/.local/share), then the folder of the Debian package. Nothing is written\n" \
    "there; checksums are cached in $XDG_CACHE_HOME/qatbench.\n"

const qb_verb qb_verb_data_info = {
    .name = "data info",
    .args = "[NAME]",
    .summary = "which data sets are on this machine, and where",
    .examples = "  qatbench data info\n"
                "  qatbench data info cifar10 --data-dir ~/data\n",
    .details = "With NAME the set is read and checked as before training.\n" SEARCH,
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .has_json = true,
    .min_args = 0,
    .max_args = 1,
    .run = run_info,
};

const qb_verb qb_verb_data_verify = {
    .name = "data verify",
    .args = "NAME",
    .summary = "checks every file of a data set: sizes, labels, checksums",
    .examples = "  qatbench data verify fashion-mnist\n"
                "  qatbench data verify cifar10 --data-dir ~/data/cifar-10-binary.tar.gz\n"
                "  qatbench data verify folder --data-dir ~/birds\n",
    .details = "One line a file: path, bytes after unpacking, SHA-256 of them, and whose it is.\n"
               "Of imagenet and folder each image is decoded, by all cores that may be used, and\n"
               "each that cannot be read has a line.\n"
               "Exit code 0 also for unknown checksums, 65 for damaged and 66 for missing files.\n" SEARCH,
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .min_args = 1,
    .max_args = 1,
    .run = run_verify,
};
