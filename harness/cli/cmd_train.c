/* `qatbench train`: one run, all its keys as flags. */
#include "cli/cli.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/describe.h"
#include "train/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- the line that is rewritten while training ---- */

static void add_eta(qb_str *s, double seconds)
{
    if (seconds < 0) {
        qb_str_add(s, " | eta --:--");
        return;
    }
    long long left = llround(seconds);
    qb_str_addf(s, " | eta %lld:%02lld:%02lld", left / 3600, left / 60 % 60, left % 60);
}

static void show_progress(void *context, const qb_progress *p)
{
    double *shown_at = context, now = qb_now_seconds();
    bool is_training = strcmp(p->phase, "train") == 0;
    if (is_training && p->step < p->n_steps && now - *shown_at < 0.1)
        return;
    *shown_at = now;
    qb_str s = {0};
    qb_str_addf(&s, "step %lld/%lld ep %.2f", (long long)p->step, (long long)p->n_steps, p->epoch);
    if (is_training) {
        qb_str_addf(&s, " | loss %.4f acc %.1f | lr %.1e | %.1f ms | %.0f img/s | data %.1f %% | solver %.1f %%", p->loss,
                    p->top1, p->lr, p->step_ms, p->images_per_second, 100 * p->data_share, 100 * p->solver_share);
        add_eta(&s, p->eta_seconds);
    } else {
        qb_str_addf(&s, " | %s", strcmp(p->phase, "eval") == 0 ? "testing" : "saving");
    }
    if (!s.failed)
        qb_cli_status_line(s.text);
    qb_str_finish(&s);
}

/* ---- the result ---- */

/* "LABEL  VALUE UNIT" when the number is there. */
static void add_number(qb_str *s, const char *label, const json_t *o, const char *key, int digits, const char *unit)
{
    const json_t *v = json_object_get(o, key);
    if (json_is_number(v))
        qb_str_addf(s, "%-16s%.*f%s\n", label, digits, json_number_value(v), unit);
}

static int print_result(const json_t *record)
{
    const json_t *config = json_object_get(record, "config"), *result = json_object_get(record, "result");
    const char *reason = qb_json_text_of(record, "reason");
    qb_str s = {0};
    qb_str_addf(&s, "%s on %s, %s", qb_json_text_of(config, "model"), qb_json_text_of(json_object_get(record, "data"), "label"),
                qb_json_text_of(config, "solver"));
    qb_describe_bits(&s, json_object_get(config, "bits"));
    qb_str_addf(&s, ", seed %lld: %s%s%s\n", (long long)json_integer_value(json_object_get(record, "seed")),
                qb_json_text_of(record, "status"), reason[0] ? ": " : "", reason);
    add_number(&s, "test top-1", result, "test_top1", 2, " %");
    add_number(&s, "test top-5", result, "test_top5", 2, " %");
    if (!json_is_null(json_object_get(config, "bits")))
        add_number(&s, "as trained", result, "test_top1_soft", 2, " %  (top-1 before the weights are made hard)");
    add_number(&s, "test loss", result, "test_loss", 4, "");
    add_number(&s, "train loss", result, "train_loss", 4, "");
    add_number(&s, "epochs", result, "epochs", 0, "");
    add_number(&s, "steps", result, "steps", 0, "");
    add_number(&s, "levels", result, "max_levels", 0, " a row at most");
    add_number(&s, "speed", result, "images_per_second", 0, " images/s");
    if (qb_json_text_of(result, "weights_sha256")[0])
        qb_str_addf(&s, "%-16s%s\n", "weights sha256", qb_json_text_of(result, "weights_sha256"));
    qb_str_addf(&s, "%-16s%s\n", "run", qb_json_text_of(record, "dir"));
    const json_t *notes = json_object_get(record, "notes");
    for (size_t i = 0; i < json_array_size(notes); i++)
        qb_describe_field(&s, i == 0 ? "notes" : "", json_string_value(json_array_get(notes, i)));
    return qb_cli_print_owned(qb_str_take(&s));
}

/* What there is to show of a run that failed is shown too; its own error stays the one that is reported. */
static int print_outcome(const qb_cli *cli, const json_t *record, int rc)
{
    if (!record || (rc < 0 && !cli->json && !json_is_object(json_object_get(record, "result"))))
        return rc;
    if (rc == QB_OK)
        return cli->json ? qb_cli_print_json(qb_run_summary(record)) : print_result(record);
    char *text = qb_strdup(qb_err_text()), *hint = qb_strdup(qb_err_hint_text());
    if (text && hint) {
        (void)(cli->json ? qb_cli_print_json(qb_run_summary(record)) : print_result(record)); /* see above */
        qb_err_set(rc, "%s", text);
        if (hint[0])
            qb_err_hint("%s", hint);
    }
    qb_free(text);
    qb_free(hint);
    return rc;
}

static void abandon(void *context, const json_t *record)
{
    qb_cli_status_line(NULL);
    _exit(qb_cli_report(print_outcome(context, record, QB_E_FAILED)));
}

static int run_train(qb_cli *cli)
{
    qb_config *config;
    json_t *record = NULL;
    double shown_at = 0;
    QB_TRY(qb_config_create(&cli->run, &config));
    qb_cli_catch_stop_signals();
    bool has_progress = !cli->quiet && qb_cli_is_terminal(stderr);
    const qb_run_environment environment = {
        .force = qb_get(&cli->flags, "force")->b,
        .strict = qb_get(&cli->flags, "strict")->b,
        .progress = has_progress ? show_progress : NULL,
        .progress_context = &shown_at,
        .stop = &qb_cli_stop,
        .command = cli->command,
        .abandon = abandon,
        .abandon_context = cli,
    };
    int rc = qb_run_execute(config, &environment, &record);
    qb_cli_status_line(NULL);
    rc = print_outcome(cli, record, rc);
    json_decref(record);
    qb_config_destroy(config);
    return rc;
}

static const qb_option options[] = {
    {"force", QB_KIND_BOOL, "false", 0, 0, NULL, "", "train anew what is finished or was begun with another plugin file", 0,
     NULL},
    {"strict", QB_KIND_BOOL, "false", 0, 0, NULL, "",
     "refuse to resume with other threads, CPU or libraries, instead of a warning", 0, NULL},
};

const qb_verb qb_verb_train = {
    .name = "train",
    .args = "",
    .summary = "one run; the same command again resumes it",
    .examples =
        "  qatbench train --model resnet8 --dataset fashion-mnist --epochs 3\n"
        "  qatbench train --model resnet20 --dataset cifar10 --data-dir ~/data \\\n"
        "      --epochs 5 --solver 'parq[steepness=10]' --bits 2 --weight-decay 2e-4 \\\n"
        "      --lr-schedule 'multistep[milestones=2/3/4,gamma=0.1]'\n"
        "  qatbench train --model resnet8 --dataset synthetic --epochs 1 --json\n",
    .details = "The same command again resumes an interrupted run, and prints the result of a\n"
               "finished one without training. SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2 and\n"
               "SIGXCPU save and stop (exit 75); a second SIGINT or SIGTERM ends at once. A flag\n"
               "given twice: the last wins.\n"
               "The run's folder ends up with record.json (all results), metrics.jsonl (the\n"
               "log), model.safetensors (the weights on their levels) and trained.safetensors\n"
               "(as trained, with the latent ones).\n"
               "--json: run dir status reason epochs steps train_loss test_loss test_top1\n"
               "test_top5 test_top1_soft images_per_second weights_sha256 max_levels (accuracies\n"
               "in percent; soft: of the weights as trained).\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .takes_run_keys = true,
    .has_json = true,
    .min_args = 0,
    .max_args = 0,
    .run = run_train,
};
