#include "cli/export_weights.h"

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/describe.h"
#include "cli/study_args.h"
#include "study/run_folders.h"
#include "train/config.h"
#include "train/export.h"
#include "train/state_dict.h"

#include <string.h>

/* The folder that the argument means: itself, or that of the run of this key. Caller frees. */
static int find_run(const char *reference, const qb_settings *places, char **ret_dir)
{
    qb_run_folders found = {0};
    if (qb_state_dict_is_run(reference)) {
        *ret_dir = qb_strdup(reference);
        return *ret_dir ? QB_OK : QB_E_NOMEM;
    }
    if (qb_study_plan_is_name(reference)) {
        (void)qb_err_set(QB_E_USAGE, "%s: expected the key or folder of one run, whose weights to export, got a plan", reference);
        return qb_err_hint("'qatbench ls %s' shows the keys; --format csv or tensorboard exports the metrics of its runs",
                           reference);
    }
    char *runs_dir = qb_config_runs_dir(places);
    int rc = runs_dir ? qb_run_folders_refer(reference, runs_dir, &found) : QB_E_NOMEM;
    if (rc == QB_OK && found.n != 1) {
        (void)qb_err_set(QB_E_USAGE, "%s: expected one run, found %zu in this folder", reference, found.n);
        rc = qb_err_hint("give the key of one, as 'qatbench ls' shows it, or its folder");
    }
    if (rc == QB_OK)
        rc = (*ret_dir = qb_strdup(found.items[0].path)) ? QB_OK : QB_E_NOMEM;
    qb_run_folders_finish(&found);
    qb_free(runs_dir);
    return rc;
}

/* ---- what is said ---- */

typedef struct exported {
    const qb_run_weights *weights;
    qb_export_kind kind;
    const char *path;
    size_t n_bytes; /* of the file */
    qb_export_sizes sizes;
} exported;

static int print_json(const exported *e)
{
    const qb_run_weights *w = e->weights;
    const qb_export_sizes *s = &e->sizes;
    json_t *o = qb_json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "run", qb_json_text_of(w->record, "key"), "status",
                             qb_json_text_of(w->record, "status"), "model", qb_json_text_of(w->config, "model"), "weights",
                             qb_export_kind_name(e->kind), "file", e->path, "step", (json_int_t)w->step, "file_bytes",
                             (json_int_t)e->n_bytes);
    if (s->codes > 0)
        (void)json_object_set_new(o, "packed",
                                  qb_json_pack("{s:I, s:I, s:I, s:I, s:I, s:f}", "codes_bytes", (json_int_t)s->codes,
                                               "levels_bytes", (json_int_t)s->levels, "float_bytes", (json_int_t)s->rest, "bytes",
                                               (json_int_t)s->packed, "float32_bytes", (json_int_t)s->float32, "compression",
                                               (double)s->float32 / (double)s->packed));
    return qb_cli_print_json(o);
}

static int print_sizes(const qb_export_sizes *s)
{
    return qb_cli_printf("codes           %lld bytes, of %lld weights in %lld tensors\n"
                         "levels          %lld bytes\n"
                         "float32         %lld bytes, of %lld other values\n"
                         "packed          %lld bytes; all in float32 %lld: %.2f times as many\n",
                         (long long)s->codes, (long long)s->n_weights, (long long)s->n_tensors, (long long)s->levels,
                         (long long)s->rest, (long long)s->n_values, (long long)s->packed, (long long)s->float32,
                         (double)s->float32 / (double)s->packed);
}

static const char *describe(qb_export_kind kind)
{
    return kind == QB_EXPORT_LATENT      ? "latent weights"
           : kind == QB_EXPORT_QUANTIZED ? "quantized weights"
           : kind == QB_EXPORT_CODES     ? "codes and levels"
                                         : "packed codes and levels";
}

static int print_text(const exported *e)
{
    const qb_run_weights *w = e->weights;
    qb_str width = {0};
    qb_describe_bits(&width, json_object_get(w->config, "bits"));
    int rc = width.failed
                 ? QB_E_NOMEM
                 : qb_cli_printf("%s on %s, %s%s, step %lld: %s\nfile            %s, %zu bytes\n",
                                 qb_json_text_of(w->config, "model"), qb_json_text_of(w->config, "dataset"),
                                 qb_json_text_of(w->config, "solver"), width.text ? width.text : "", (long long)w->step,
                                 describe(e->kind), e->path, e->n_bytes);
    qb_str_finish(&width);
    return rc == QB_OK && e->sizes.codes > 0 ? print_sizes(&e->sizes) : rc;
}

/* ---- the verb ---- */

static void warn_of_state(const char *dir, const qb_run_weights *w)
{
    const char *status = qb_json_text_of(w->record, "status"), *reason = qb_json_text_of(w->record, "reason");
    if (w->is_checkpoint)
        qb_log_warning("%s: the run is not finished (%s): these are the weights of its last checkpoint, after step %lld", dir,
                       status, (long long)w->step);
    else if (strcmp(status, "done") != 0)
        qb_log_warning("%s: the run ended as %s: %s", dir, status, reason);
}

static int write_weights(const qb_cli *cli, const qb_run_weights *w, qb_export_kind kind)
{
    const char *given = qb_cli_flag_text(cli, "output");
    exported e = {.weights = w, .kind = kind};
    char *bytes = NULL, *path = given ? qb_strdup(given) : qb_export_name(w, kind);
    int rc = path ? qb_cli_check_new(path, qb_get(&cli->flags, "force")->b) : QB_E_NOMEM;
    if (rc == QB_OK)
        rc = qb_export_build(w, kind, &bytes, &e.n_bytes, &e.sizes);
    if (rc == QB_OK)
        rc = qb_cli_write_bytes(path, bytes, e.n_bytes);
    e.path = path;
    if (rc == QB_OK && !qb_cli_is_stdout(path))
        rc = cli->json ? print_json(&e) : print_text(&e);
    qb_free(bytes);
    qb_free(path);
    return rc;
}

int qb_export_weights(const qb_cli *cli)
{
    qb_export_kind kind = QB_EXPORT_LATENT;
    while (strcmp(qb_export_kind_name(kind), qb_get(&cli->flags, "weights")->text) != 0)
        kind++;
    char *dir = NULL;
    qb_run_weights w = {0};
    const char *given = qb_cli_flag_text(cli, "output");
    if (cli->n_args > 1)
        return qb_err_set(QB_E_USAGE, "expected one run whose weights to export, got %d arguments", cli->n_args);
    if (given) /* before work that would be for nothing */
        QB_TRY(qb_cli_check_new(given, qb_get(&cli->flags, "force")->b));
    int rc = find_run(cli->args[0], &cli->run, &dir);
    if (rc == QB_OK)
        rc = qb_run_weights_open(dir, &cli->run, kind == QB_EXPORT_LATENT, &w);
    if (rc == QB_OK) {
        warn_of_state(dir, &w);
        rc = write_weights(cli, &w, kind);
    }
    qb_run_weights_finish(&w);
    qb_free(dir);
    return rc;
}
