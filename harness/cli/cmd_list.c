/* `qatbench list`: what can be named on the command line and in a plan. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/describe.h"
#include "datasets/datasets.h"
#include "engine/schedule.h"
#include "models/models.h"
#include "quant/levels.h"
#include "quant/plugin.h"

#include <string.h>

static void add_row(qb_str *s, const char *name, const char *title)
{
    enum { COLUMN = 20 };
    qb_str wrapped = {0};
    qb_describe_text(&wrapped, title, COLUMN);
    s->failed = s->failed || wrapped.failed;
    if (!s->failed)
        qb_str_addf(s, "  %-*s%s", COLUMN - 2, name, wrapped.text + COLUMN);
    qb_str_finish(&wrapped);
}

/* Each lister adds its rows as text to `s` and as objects to `list`. */

static int list_models(const qb_cli *cli, qb_str *s, json_t *list)
{
    (void)cli;
    size_t n;
    const qb_model *m = qb_models(&n);
    for (size_t i = 0; i < n; i++) {
        add_row(s, m[i].name, m[i].title);
        qb_shape in = m[i].default_input;
        json_array_append_new(list, qb_json_pack("{s:s, s:s, s:s, s:[I,I,I], s:i}", "name", m[i].name, "title", m[i].title,
                                                 "source", m[i].source, "input", (json_int_t)in.c, (json_int_t)in.h,
                                                 (json_int_t)in.w, "classes", m[i].default_classes));
    }
    return QB_OK;
}

static int list_datasets(const qb_cli *cli, qb_str *s, json_t *list)
{
    (void)cli;
    size_t n;
    const qb_dataset_info *d = qb_datasets(&n);
    for (size_t i = 0; i < n; i++) {
        add_row(s, d[i].name, d[i].title);
        json_array_append_new(list, qb_json_pack("{s:s, s:s, s:s, s:[i,i,i], s:o, s:o, s:o}", "name", d[i].name, "title",
                                                 d[i].title, "source", d[i].source, "input", d[i].c, d[i].h, d[i].w,
                                                 "classes", qb_describe_known_json(d[i].n_classes), "n_train",
                                                 qb_describe_known_json(d[i].n_train), "n_test",
                                                 qb_describe_known_json(d[i].n_test)));
    }
    return QB_OK;
}

static int list_quantizers(const qb_cli *cli, qb_str *s, json_t *list)
{
    (void)cli;
    size_t n;
    const qb_quantizer_kind *q = qb_quantizer_kinds(&n);
    for (size_t i = 0; i < n; i++) {
        add_row(s, q[i].name, q[i].title);
        json_array_append_new(list, qb_json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", q[i].name, "title", q[i].title,
                                                 "source", q[i].source, "bits", q[i].bits_text, "options",
                                                 qb_describe_options(q[i].options, q[i].n_options)));
    }
    return QB_OK;
}

static int list_schedules(const qb_cli *cli, qb_str *s, json_t *list)
{
    (void)cli;
    size_t n;
    const qb_schedule_kind *k = qb_schedule_kinds(&n);
    for (size_t i = 0; i < n; i++) {
        add_row(s, k[i].name, k[i].title);
        json_array_append_new(list, qb_json_pack("{s:s, s:s, s:o}", "name", k[i].name, "title", k[i].title, "options",
                                                 qb_describe_options(k[i].options, k[i].n_options)));
    }
    return QB_OK;
}

static int list_transforms(const qb_cli *cli, qb_str *s, json_t *list)
{
    (void)cli;
    qb_transform_text texts[QB_TRANSFORM_TEXTS];
    const size_t n = qb_describe_transforms(texts);
    for (size_t i = 0; i < n; i++) {
        const qb_transform_text *t = &texts[i];
        qb_str line = {0};
        qb_str_addf(&line, "%s%s%s%s", t->title, t->source ? " (" : "", t->source ? t->source : "", t->source ? ")" : "");
        s->failed = s->failed || line.failed;
        if (!line.failed)
            add_row(s, t->name, line.text);
        qb_str_finish(&line);
        json_array_append_new(list, qb_json_pack("{s:s, s:s, s:s, s:s?}", "name", t->name, "kind", t->kind, "title", t->title, "source",
                                                 t->source));
    }
    return QB_OK;
}

static int list_solvers(const qb_cli *cli, qb_str *s, json_t *list)
{
    qb_plugin_entry *entries;
    size_t n;
    QB_TRY(qb_plugin_list(qb_cli_flag_text(cli, "solver_path"), &entries, &n));
    for (size_t i = 0; i < n; i++) {
        const qb_plugin *p = entries[i].plugin;
        if (!p) {
            qb_str line = {0};
            qb_str_addf(&line, "refused: %s", entries[i].error);
            add_row(s, entries[i].name, line.failed ? "refused" : line.text);
            qb_str_finish(&line);
            json_array_append_new(list, qb_json_pack("{s:s, s:s, s:s}", "name", entries[i].name, "path", entries[i].path,
                                                     "error", entries[i].error));
            continue;
        }
        add_row(s, entries[i].name, p->solver.title);
        json_array_append_new(
            list, qb_json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:o, s:n}", "name", entries[i].name, "title",
                               p->solver.title, "version", p->solver.version, "source", p->solver.source, "path", p->path,
                               "shipped", p->shipped, "sha256", p->sha256, "options",
                               qb_describe_options(p->options, p->solver.n_options), "error"));
    }
    qb_plugin_list_free(entries, n);
    return QB_OK;
}

static const struct kind {
    const char *name, *heading;
    int (*list)(const qb_cli *cli, qb_str *s, json_t *list);
} kinds[] = {
    {"solvers", "Solvers", list_solvers},          {"quantizers", "Quantizers", list_quantizers},
    {"models", "Models", list_models},             {"datasets", "Data sets", list_datasets},
    {"schedules", "Learning-rate schedules", list_schedules},
    {"transforms", "Transforms: values of augment, their parts, and what mixes batches", list_transforms},
};

enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static const struct kind *find_kind(const char *name)
{
    const char *names[N_KINDS];
    for (size_t i = 0; i < N_KINDS; i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
        names[i] = kinds[i].name;
    }
    const char *nearest = qb_nearest_name(name, names, N_KINDS);
    qb_err_set(QB_E_USAGE, "list: expected solvers, quantizers, models, datasets, schedules or transforms, got '%.200s'", name);
    if (nearest)
        qb_err_hint("did you mean 'qatbench list %s'?", nearest);
    return NULL;
}

static int run_list(qb_cli *cli)
{
    const struct kind *only = NULL;
    if (cli->n_args > 0 && !(only = find_kind(cli->args[0])))
        return QB_E_USAGE;
    qb_str s = {0};
    json_t *all = json_object();
    int rc = QB_OK;
    for (size_t i = 0; i < N_KINDS && rc == QB_OK; i++) {
        json_t *list = json_array();
        if (only && only != &kinds[i]) {
            json_decref(list);
            continue;
        }
        qb_str_addf(&s, "%s%s:\n", s.length > 0 ? "\n" : "", kinds[i].heading);
        rc = kinds[i].list(cli, &s, list);
        if (json_array_size(list) == 0)
            qb_str_add(&s, "  none found\n");
        json_object_set_new(all, kinds[i].name, list);
    }
    qb_str_add(&s, "\n'qatbench info NAME' says more about one.\n");
    char *text = qb_str_take(&s);
    if (rc == QB_OK && cli->json)
        rc = qb_cli_print_json(json_incref(all));
    else if (rc == QB_OK)
        rc = text ? qb_cli_print(text) : QB_E_NOMEM;
    qb_free(text);
    json_decref(all);
    return rc;
}

static const qb_option options[] = {
    {"solver_path", QB_KIND_PATH, NULL, 0, 0, NULL, "", "folders to look for solver plugins first, ':' between them",
     QB_OPT_NULLABLE, NULL},
};

const qb_verb qb_verb_list = {
    .name = "list",
    .args = "[KIND]",
    .summary = "solvers, quantizers, models, data sets, schedules, transforms",
    .examples = "  qatbench list\n"
                "  qatbench list solvers\n"
                "  qatbench list models --json\n",
    .details = "KIND is one of solvers, quantizers, models, datasets, schedules, transforms; all\n"
               "without it.\n"
               "A plugin that was found but refused is listed with the reason.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .has_json = true,
    .min_args = 0,
    .max_args = 1,
    .run = run_list,
};
