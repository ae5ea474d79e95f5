/* `qatbench eval`: the accuracy of a finished run's weights, or of a file's, on a data set. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/safetensors.h"
#include "cli/study_args.h"
#include "train/eval_weights.h"

#include <string.h>

/* A run knows these, so they are flags of this verb that nobody has to give. */
static const char *const names[] = {"model", "dataset"};

static bool must_stop(const void *context)
{
    (void)context;
    return qb_cli_stop != 0;
}

static int print_report(const qb_cli *cli, const qb_weights_report *r, const char *weights)
{
    if (cli->json)
        return qb_cli_print_json(qb_json_pack("{s:s, s:s, s:s, s:s, s:s?, s:I, s:f, s:f, s:f}", "path", cli->args[0], "model",
                                              r->model, "dataset", r->data, "label", r->label, "weights", weights, "n",
                                              (json_int_t)r->n, "test_loss", r->result.loss, "test_top1", r->result.top1,
                                              "test_top5", r->result.top5));
    QB_TRY(qb_cli_printf("%s on %s, %lld test images%s%s%s\n", r->model, r->label, (long long)r->n, weights ? ", " : "",
                         weights ? weights : "", weights ? " weights" : ""));
    return qb_cli_printf("%-16s%.2f %%\n%-16s%.2f %%\n%-16s%.4f\n", "test top-1", r->result.top1, "test top-5", r->result.top5,
                         "test loss", r->result.loss);
}

/* logits (n, classes), labels (n), index (n): one row an image, in the order of the split. */
static int write_logits(const char *path, const qb_weights_report *r, const qb_eval_outputs *o)
{
    const qb_st_tensor tensors[] = {
        {.name = "labels", .dtype = QB_I64, .n_dims = 1, .shape = {o->n}, .data = o->labels},
        {.name = "index", .dtype = QB_I64, .n_dims = 1, .shape = {o->n}, .data = o->index},
        {.name = "logits", .dtype = QB_F32, .n_dims = 2, .shape = {o->n, o->n_classes}, .data = o->logits},
    };
    json_t *metadata = qb_json_pack("{s:s, s:s, s:s, s:s}", "schema", "qatbench.logits/1", "model", r->model, "dataset", r->data,
                                    "split", "test");
    char *bytes = NULL;
    size_t n = 0;
    int rc = metadata ? qb_safetensors_build(tensors, sizeof tensors / sizeof *tensors, metadata, &bytes, &n)
                      : qb_err_set(QB_E_NOMEM, "out of memory");
    if (rc == QB_OK)
        rc = qb_cli_write_bytes(path, bytes, n);
    json_decref(metadata);
    qb_free(bytes);
    return rc;
}

static int run_eval(qb_cli *cli)
{
    const char *path = cli->args[0];
    const qb_value *asked = qb_get(&cli->flags, "weights");
    bool is_run = qb_state_dict_is_run(path), soft = strcmp(asked->text, "soft") == 0;
    if (!is_run && asked->is_set && qb_fs_exists(path)) {
        qb_err_set(QB_E_USAGE, "--weights: %s is a file, whose weights are what they are", path);
        return qb_err_hint("--weights hard|soft chooses among those of a run");
    }
    for (int i = 0; i < 2; i++) {
        const qb_value *name = qb_get(&cli->flags, names[i]);
        if (!name->is_null)
            QB_TRY(qb_settings_set(&cli->run, names[i], name->text));
    }
    const char *logits = qb_cli_flag_text(cli, "logits");
    if (logits)
        QB_TRY(qb_cli_check_new(logits, qb_get(&cli->flags, "force")->b));
    qb_cli_catch_stop_signals();
    qb_weights_report report;
    qb_eval_outputs outputs = {0};
    QB_TRY(qb_eval_weights(path, soft ? QB_STATE_SOFT : QB_STATE_HARD, &cli->run, must_stop, NULL, &report,
                           logits ? &outputs : NULL));
    int rc = logits ? write_logits(logits, &report, &outputs) : QB_OK;
    qb_eval_outputs_finish(&outputs);
    QB_TRY(rc);
    return logits && qb_cli_is_stdout(logits) ? QB_OK : print_report(cli, &report, is_run ? asked->text : NULL);
}

static const char *const kinds[] = {"hard", "soft", NULL};

static const char *const run_keys[] = {"data_dir", "test_limit", "image_size", "norm_mean", "norm_std", "val_fraction",
                                       "on_bad_image", "batch", "shards", "dtype", "threads", "loader_threads", NULL};

static const qb_option options[] = {
    {"model", QB_KIND_TEXT, NULL, 0, 0, NULL, "", "network (default: the run's); `qatbench list models`", QB_OPT_NULLABLE, NULL},
    {"dataset", QB_KIND_TEXT, NULL, 0, 0, NULL, "", "data set (default: the run's); `qatbench list datasets`", QB_OPT_NULLABLE, NULL},
    {"weights", QB_KIND_CHOICE, "hard", 0, 0, kinds, "", "of a run: finished (hard) ones, or as trained (soft)", 0, NULL},
    {"logits", QB_KIND_PATH, NULL, 0, 0, NULL, "", "file for the logits of every image (safetensors); - is standard output",
     QB_OPT_NULLABLE, NULL},
    {"force", QB_KIND_BOOL, "false", 0, 0, NULL, "", "write over a file that is there", 0, NULL},
};

const qb_verb qb_verb_eval = {
    .name = "eval",
    .args = "RUN|FILE",
    .summary = "accuracy of a run's or a file's weights on a data set",
    .examples = "  qatbench eval runs/train/resnet8-fashion-mnist/ste-w2/s1-0123456789ab\n"
                "  qatbench eval RUN --weights soft --json\n"
                "  qatbench eval exported.safetensors --logits logits.safetensors\n"
                "  qatbench eval model.safetensors --model resnet20 --dataset cifar10\n",
    .details = "RUN is the folder of a finished run, whose model, data set, batch and so on are\n"
               "taken where they are not given. FILE is a safetensors file with PyTorch's names\n"
               "(\"module.\" in front of them is dropped); what 'qatbench export' wrote knows its\n"
               "run's keys too, others need --model and --dataset.\n"
               "--logits: logits (n, classes), labels and index (n), in the order of the split.\n"
               "--json: path model dataset label weights n test_loss test_top1 test_top5.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .takes_run_keys = true,
    .run_keys = run_keys,
    .has_json = true,
    .min_args = 1,
    .max_args = 1,
    .run = run_eval,
};
