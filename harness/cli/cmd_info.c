/* `qatbench info NAME`: what a model, data set, solver, quantizer or schedule is. Solvers are read as data: no hook of
 * a plugin runs. */
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

/* ---- models ---- */

static const struct {
    const char *name, *text;
} groups[] = {{"quant", "quantized, decayed"}, {"decay", "full precision, decayed"}, {"no_decay", "full precision, not decayed"}};

static size_t group_of(const qb_param *p)
{
    return p->is_quantized ? 0 : p->decay_factor > 0 ? 1 : 2;
}

enum { N_GROUPS = sizeof groups / sizeof groups[0] };

typedef struct totals {
    long long parameters, macs;
    long long in_group[N_GROUPS], tensors[N_GROUPS], rows; /* rows: output channels of the quantized tensors */
} totals;

static totals count(const qb_graph *g)
{
    totals t = {0};
    size_t n;
    const qb_param *params = qb_graph_params(g, &n);
    for (size_t i = 0; i < qb_graph_n_layers(g); i++)
        t.macs += qb_graph_layer(g, i).macs;
    for (size_t i = 0; i < n; i++) {
        t.parameters += (long long)params[i].n;
        size_t k = group_of(&params[i]);
        t.in_group[k] += (long long)params[i].n;
        t.tensors[k]++;
        if (params[i].is_quantized)
            t.rows += params[i].shape[0];
    }
    return t;
}

static const char *shape_text(qb_shape s, char *buf, size_t n)
{
    snprintf(buf, n, "%lldx%lldx%lld", (long long)s.c, (long long)s.h, (long long)s.w);
    return buf;
}

static int print_model_text(const qb_model *model, const qb_graph *g)
{
    qb_str s = {0};
    char a[32], b[32], shape[64];
    totals t = count(g);
    qb_str_addf(&s, "%s: %s\n", model->name, model->title);
    qb_describe_field(&s, "source", model->source);
    qb_str_addf(&s, "%-16s%s, %d classes\n\n", "input", shape_text(qb_graph_input_shape(g), shape, sizeof shape),
                qb_graph_n_classes(g));
    qb_str_addf(&s, "%-30s %-12s %-12s %10s %13s\n", "layer", "kind", "output", "parameters", "multiply-adds");
    for (size_t i = 0; i < qb_graph_n_layers(g); i++) {
        qb_layer_info layer = qb_graph_layer(g, i);
        qb_str_addf(&s, "%-30s %-12s %-12s %10s %13s\n", layer.name, layer.kind,
                    shape_text(layer.out, shape, sizeof shape), qb_describe_count((long long)layer.n_params, a),
                    layer.macs ? qb_describe_count(layer.macs, b) : "");
    }
    qb_str_addf(&s, "%-30s %-12s %-12s %10s %13s\n\n", "total", "", "", qb_describe_count(t.parameters, a),
                qb_describe_count(t.macs, b));
    qb_str_addf(&s, "Multiply-adds are per image and forward pass.\n\nParameter groups:\n");
    for (size_t k = 0; k < N_GROUPS; k++)
        qb_str_addf(&s, "  %-28s %12s in %lld tensors\n", groups[k].text, qb_describe_count(t.in_group[k], a),
                    t.tensors[k]);
    qb_str_addf(&s, "  output channels of the quantized tensors: %s\n", qb_describe_count(t.rows, a));
    return qb_cli_print_owned(qb_str_take(&s));
}

static int print_model_json(const qb_model *model, const qb_graph *g)
{
    totals t = count(g);
    qb_shape in = qb_graph_input_shape(g);
    json_t *layers = json_array(), *by_group = json_object();
    for (size_t i = 0; i < qb_graph_n_layers(g); i++) {
        qb_layer_info layer = qb_graph_layer(g, i);
        json_array_append_new(layers, qb_json_pack("{s:s, s:s, s:[I,I,I], s:I, s:I}", "name", layer.name, "kind", layer.kind,
                                                   "out", (json_int_t)layer.out.c, (json_int_t)layer.out.h,
                                                   (json_int_t)layer.out.w, "parameters", (json_int_t)layer.n_params, "macs",
                                                   (json_int_t)layer.macs));
    }
    for (size_t k = 0; k < N_GROUPS; k++)
        json_object_set_new(by_group, groups[k].name,
                            qb_json_pack("{s:I, s:I}", "parameters", (json_int_t)t.in_group[k], "tensors",
                                         (json_int_t)t.tensors[k]));
    return qb_cli_print_json(qb_json_pack("{s:s, s:s, s:s, s:s, s:[I,I,I], s:i, s:I, s:I, s:o, s:o}", "kind", "model", "name",
                                          model->name, "title", model->title, "source", model->source, "input",
                                          (json_int_t)in.c, (json_int_t)in.h, (json_int_t)in.w, "classes",
                                          qb_graph_n_classes(g), "parameters", (json_int_t)t.parameters, "macs",
                                          (json_int_t)t.macs, "groups", by_group, "layers", layers));
}

/* "3x32x32" */
static int parse_shape(const char *text, qb_shape *ret_shape)
{
    long long v[3];
    int end = 0;
    if (sscanf(text, "%lldx%lldx%lld%n", &v[0], &v[1], &v[2], &end) != 3 || text[end] ||
        v[0] < 1 || v[1] < 1 || v[2] < 1 || v[0] > 65536 || v[1] > 65536 || v[2] > 65536) {
        qb_err_set(QB_E_USAGE, "--input: expected channels x height x width, got '%.100s'", text);
        return qb_err_hint("for example --input 3x32x32");
    }
    *ret_shape = (qb_shape){v[0], v[1], v[2]};
    return QB_OK;
}

static int info_model(const qb_cli *cli, const char *name)
{
    const qb_model *model;
    qb_graph *g;
    QB_TRY(qb_model_find(name, &model));
    qb_shape input = model->default_input;
    int n_classes = model->default_classes;
    if (!qb_get(&cli->flags, "input")->is_null)
        QB_TRY(parse_shape(qb_get(&cli->flags, "input")->text, &input));
    if (!qb_get(&cli->flags, "classes")->is_null)
        n_classes = (int)qb_get(&cli->flags, "classes")->i;
    QB_TRY(qb_model_graph(name, input, n_classes, &g));
    int rc = cli->json ? print_model_json(model, g) : print_model_text(model, g);
    qb_graph_destroy(g);
    return rc;
}

/* ---- data sets ---- */

static void add_reals(qb_str *s, const char *label, const double *v, int n)
{
    char buf[32];
    qb_str_addf(s, "%-16s", label);
    for (int i = 0; i < n; i++)
        qb_str_addf(s, "%s%s", i > 0 ? ", " : "", qb_format_real(v[i], buf));
    qb_str_add(s, "\n");
}

static json_t *reals(const double *v, int n)
{
    json_t *list = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(list, qb_json_real(v[i]));
    return list;
}

/* Value of `augment` that holds where nothing is asked for. */
static const char *default_augmentation(const qb_dataset_info *d)
{
    const char *chain = qb_setting_in(d->defaults, "augment");
    return chain ? chain : d->augment_by_default ? "flip and pad-crop" : "none unless asked for";
}

static int info_dataset(const qb_cli *cli, const char *name)
{
    const qb_dataset_info *d;
    QB_TRY(qb_dataset_find(name, &d));
    if (cli->json)
        return qb_cli_print_json(qb_json_pack(
            "{s:s, s:s, s:s, s:s, s:[i,i,i], s:o, s:o, s:o, s:o, s:o, s:b, s:s?, s:s?}", "kind", "dataset", "name", d->name,
            "title", d->title, "source", d->source, "input", d->c, d->h, d->w, "classes", qb_describe_known_json(d->n_classes),
            "n_train", qb_describe_known_json(d->n_train), "n_test", qb_describe_known_json(d->n_test), "mean", reals(d->mean, d->c), "std",
            reals(d->std, d->c), "augment", d->augment_by_default, "files", d->files, "apt_package", d->apt_package));
    qb_str s = {0};
    char a[32], b[32];
    qb_str_addf(&s, "%s: %s\n", d->name, d->title);
    qb_describe_field(&s, "source", d->source);
    qb_str_addf(&s, "%-16s%dx%dx%d%s, %s classes\n", "images", d->c, d->h, d->w, d->is_sized ? " (image_size)" : "",
                qb_describe_known(d->n_classes, a));
    qb_str_addf(&s, "%-16s%s to train, %s to test\n", "", qb_describe_known(d->n_train, a), qb_describe_known(d->n_test, b));
    add_reals(&s, "mean", d->mean, d->c);
    add_reals(&s, "std", d->std, d->c);
    qb_describe_field(&s, "augmentation", default_augmentation(d));
    qb_describe_field(&s, "files", d->files);
    qb_describe_field(&s, "package", d->apt_package);
    if (d->n_classes <= 20 && d->class_names) {
        qb_str names = {0};
        for (int i = 0; i < d->n_classes; i++)
            qb_str_addf(&names, "%s%s", i > 0 ? ", " : "", d->class_names[i]);
        qb_describe_field(&s, "classes", names.failed ? "" : names.text);
        qb_str_finish(&names);
    }
    qb_str_addf(&s, "\n'qatbench data info %s' looks for the files on this machine.\n", d->name);
    return qb_cli_print_owned(qb_str_take(&s));
}

/* ---- quantizers, schedules, solvers ---- */

/* What these have in common. Strings may be NULL. */
typedef struct thing {
    const char *kind, *name, *title, *source, *version, *bits, *path;
    const qb_option *options;
    size_t n_options;
} thing;

static int print_thing(const qb_cli *cli, const thing *t)
{
    if (cli->json) {
        json_t *o = qb_json_pack("{s:s, s:s, s:s, s:o}", "kind", t->kind, "name", t->name, "title", t->title, "options",
                                 qb_describe_options(t->options, t->n_options));
        const char *const more[][2] = {
            {"source", t->source}, {"version", t->version}, {"bits", t->bits}, {"path", t->path}};
        for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
            if (more[i][1])
                json_object_set_new(o, more[i][0], qb_json_text(more[i][1]));
        }
        return qb_cli_print_json(o);
    }
    qb_str s = {0};
    qb_str_addf(&s, "%s: %s\n", t->name, t->title);
    qb_describe_field(&s, "kind", t->kind);
    qb_describe_field(&s, "version", t->version);
    qb_describe_field(&s, "source", t->source);
    qb_describe_field(&s, "bits", t->bits);
    qb_describe_field(&s, "file", t->path);
    qb_describe_settings(&s, t->name, t->options, t->n_options);
    return qb_cli_print_owned(qb_str_take(&s));
}

static int info_solver(const qb_cli *cli, const char *name)
{
    const qb_plugin *p;
    QB_TRY(qb_plugin_load(name, qb_cli_flag_text(cli, "solver_path"), &p));
    return print_thing(cli, &(thing){.kind = "solver", .name = p->solver.name, .title = p->solver.title,
                                     .source = p->solver.source, .version = p->solver.version, .path = p->path,
                                     .options = p->options, .n_options = p->solver.n_options});
}

static int info_quantizer(const qb_cli *cli, const char *name)
{
    size_t n;
    const qb_quantizer_kind *q = qb_quantizer_kinds(&n);
    while (strcmp(q->name, name) != 0)
        q++;
    return print_thing(cli, &(thing){.kind = "quantizer", .name = q->name, .title = q->title, .source = q->source,
                                     .bits = q->bits_text, .options = q->options, .n_options = q->n_options});
}

static int info_schedule(const qb_cli *cli, const char *name)
{
    size_t n;
    const qb_schedule_kind *k = qb_schedule_kinds(&n);
    while (strcmp(k->name, name) != 0)
        k++;
    return print_thing(cli, &(thing){.kind = "schedule", .name = k->name, .title = k->title, .options = k->options,
                                     .n_options = k->n_options});
}

static int info_transform(const qb_cli *cli, const char *name)
{
    qb_transform_text texts[QB_TRANSFORM_TEXTS], *t = texts;
    (void)qb_describe_transforms(texts);
    while (strcmp(t->name, name) != 0)
        t++;
    const char *kind = strcmp(t->kind, "augment") == 0 ? "value of augment" : t->kind;
    return print_thing(cli, &(thing){.kind = cli->json ? t->kind : kind, .name = t->name, .title = t->title, .source = t->source});
}

/* ---- a name, whatever it names ---- */

typedef struct known {
    const char *name;
    int (*print)(const qb_cli *cli, const char *name);
} known;

enum { MAX_KNOWN = 256 };

static void add_known(known *list, size_t *n, const char *name, int (*print)(const qb_cli *, const char *))
{
    if (*n < MAX_KNOWN)
        list[(*n)++] = (known){name, print};
}

static int info_known(const qb_cli *cli, const char *name, const qb_plugin_entry *solvers, size_t n_solvers)
{
    known list[MAX_KNOWN];
    const char *names[MAX_KNOWN];
    size_t n = 0, n_models, n_datasets, n_quantizers, n_schedules;
    const qb_model *models = qb_models(&n_models);
    const qb_dataset_info *datasets = qb_datasets(&n_datasets);
    const qb_quantizer_kind *quantizers = qb_quantizer_kinds(&n_quantizers);
    const qb_schedule_kind *schedules = qb_schedule_kinds(&n_schedules);
    for (size_t i = 0; i < n_models; i++)
        add_known(list, &n, models[i].name, info_model);
    for (size_t i = 0; i < n_datasets; i++)
        add_known(list, &n, datasets[i].name, info_dataset);
    for (size_t i = 0; i < n_quantizers; i++)
        add_known(list, &n, quantizers[i].name, info_quantizer);
    for (size_t i = 0; i < n_schedules; i++)
        add_known(list, &n, schedules[i].name, info_schedule);
    for (size_t i = 0; i < n_solvers; i++)
        add_known(list, &n, solvers[i].name, info_solver);
    qb_transform_text texts[QB_TRANSFORM_TEXTS];
    const size_t n_texts = qb_describe_transforms(texts);
    for (size_t i = 0; i < n_texts; i++) /* last: `none` is a solver first */
        add_known(list, &n, texts[i].name, info_transform);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i].name, name) == 0)
            return list[i].print(cli, name);
        names[i] = list[i].name;
    }
    qb_err_set(QB_E_USAGE, "info: no model, data set, solver, quantizer, schedule or transform is called '%.200s'", name);
    const char *nearest = qb_nearest_name(name, names, n);
    return nearest ? qb_err_hint("did you mean '%s'?", nearest) : qb_err_hint("'qatbench list' names them all");
}

static int run_info(qb_cli *cli)
{
    const char *name = cli->args[0];
    if (strchr(name, '/') || qb_ends_with(name, ".so"))
        return info_solver(cli, name);
    qb_plugin_entry *solvers;
    size_t n;
    QB_TRY(qb_plugin_list(qb_cli_flag_text(cli, "solver_path"), &solvers, &n));
    int rc = info_known(cli, name, solvers, n);
    qb_plugin_list_free(solvers, n);
    return rc;
}

static const qb_option options[] = {
    {"input", QB_KIND_TEXT, NULL, 0, 0, NULL, "", "models: input as CxHxW (default: what the paper trains on)",
     QB_OPT_NULLABLE, NULL},
    {"classes", QB_KIND_INT, NULL, 2, 1000000, NULL, "", "models: number of classes", QB_OPT_NULLABLE, NULL},
    {"solver_path", QB_KIND_PATH, NULL, 0, 0, NULL, "", "folders to look for solver plugins first, ':' between them",
     QB_OPT_NULLABLE, NULL},
};

const qb_verb qb_verb_info = {
    .name = "info",
    .args = "NAME",
    .summary = "a model layer by layer; a solver's options; a data set",
    .examples = "  qatbench info resnet20\n"
                "  qatbench info resnet8 --input 1x28x28 --classes 10\n"
                "  qatbench info parq\n"
                "  qatbench info ./build/solvers/parq.so\n"
                "  qatbench info resnet50 --json\n",
    .details = "NAME is a model, data set, solver, quantizer, schedule or transform, or the path\n"
               "of a solver plugin. A plugin is read as data; none of its functions runs.\n"
               "--json of a model: name, parameters, macs (multiply-adds of one image), groups,\n"
               "layers (name, kind, out, parameters, macs).\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .has_json = true,
    .min_args = 1,
    .max_args = 1,
    .run = run_info,
};
