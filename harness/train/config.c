/* The run's schema and its effective configuration. See config.h for the invariant of `identity`. */
#include "train/config.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/user_places.h"
#include "engine/schedule.h"
#include "quant/layer_bits.h"
#include "quant/levels.h"
#include "quant/plugin_probe.h"
#include "train/data_keys.h"
#include "train/diagnostics.h"
#include "train/identity.h"
#include "train/lengths.h"
#include "train/spans.h"
#include "train/state_dict.h"

#include <ctype.h>
#include <string.h>

#define ID QB_OPT_IDENTITY

static const char *const optimizers[] = {"sgd", "adamw", "adam", NULL};
static const char *const bad_image_ways[] = {"stop", "warn", NULL};
static const char *const dtypes[] = {"fp32", "bf16", NULL};
static const char *const augmentations[] = {"none", "flip-crop", "resnet", "deit", NULL};

static const qb_option run_schema[] = {
    {"model", QB_KIND_TEXT, NULL, 0, 0, NULL, "", "network; `qatbench list models`", ID | QB_OPT_REQUIRED | QB_KEY_CAPTION(1), "What to train"},
    {"dataset", QB_KIND_TEXT, NULL, 0, 0, NULL, "", "data set; `qatbench list datasets`", ID | QB_OPT_REQUIRED | QB_KEY_CAPTION(2), "What to train"},
    {"data_dir", QB_KIND_PATH, NULL, 0, 0, NULL, "", "folder of the data files, its parent, an archive or a pack", QB_OPT_NULLABLE, "What to train"},
    {"train_limit", QB_KIND_INT, NULL, 1, 1e12, NULL, "images", "train on N images: the first in file order, of folders of classes from each in turn", ID | QB_OPT_NULLABLE | QB_KEY_NULL_IS_ALL | QB_KEY_CAPTION(5), "What to train"},
    {"test_limit", QB_KIND_INT, NULL, 1, 1e12, NULL, "images", "test on N images, taken as in train_limit", ID | QB_OPT_NULLABLE | QB_KEY_NULL_IS_ALL | QB_KEY_CAPTION(6), "What to train"},
    {"image_size", QB_KIND_INT, NULL, 1, 4096, NULL, "pixels", "side of what the network sees of images of any sizes (imagenet, folder; default: 224)", ID | QB_OPT_LATER | QB_OPT_NULLABLE | QB_KEY_CAPTION(18), "What to train"},
    {"norm_mean", QB_KIND_REALS, NULL, -100, 100, NULL, "", "of their channels, for values from 0 to 1, subtracted (default: ImageNet's)", ID | QB_OPT_LATER | QB_OPT_NULLABLE | QB_KEY_CAPTION(24), "What to train"},
    {"norm_std", QB_KIND_REALS, NULL, 0, 100, NULL, "", "of their channels, divided by (default: ImageNet's)", ID | QB_OPT_LATER | QB_OPT_NULLABLE | QB_OPT_MIN_OPEN | QB_KEY_CAPTION(25), "What to train"},
    {"val_fraction", QB_KIND_REAL, NULL, 0, 0.999, NULL, "", "share of the images to test on, by a hash of their names, of a folder without train and val", ID | QB_OPT_LATER | QB_OPT_NULLABLE | QB_OPT_MIN_OPEN, "What to train"},
    {"flip", QB_KIND_BOOL, NULL, 0, 0, NULL, "", "random horizontal flips (default: the data set's habit)", ID | QB_OPT_NULLABLE, "What to train"},
    {"crop", QB_KIND_BOOL, NULL, 0, 0, NULL, "", "pad by 4 and crop at random (default: the data set's habit)", ID | QB_OPT_NULLABLE, "What to train"},
    {"augment", QB_KIND_CHOICE, NULL, 0, 0, augmentations, "", "what is done to training images: sets flip and crop, or a chain in their place; `qatbench list transforms` (default: as flip and crop say; imagenet, folder: resnet)", ID | QB_OPT_LATER | QB_OPT_NULLABLE | QB_KEY_FLIP_CROP | QB_KEY_CAPTION(19), "What to train"},
    {"mixup", QB_KIND_REAL, "0", 0, 1e6, NULL, "", "MixUp: adds up images in pairs, labels too, by a share of Beta(X, X); with cutmix one of the two, each as likely; 0 = off", ID | QB_OPT_LATER | QB_KEY_CAPTION(20), "What to train"},
    {"cutmix", QB_KIND_REAL, "0", 0, 1e6, NULL, "", "CutMix: pastes a box of one image into another, labels by its area, which is 1 - Beta(X, X); 0 = off", ID | QB_OPT_LATER | QB_KEY_CAPTION(21), "What to train"},
    {"repeat_augment", QB_KIND_INT, "0", 0, 65535, NULL, "times", "repeated augmentation: each image N times in a row, in as many full batches as without; 0 = off", ID | QB_OPT_LATER | QB_KEY_CAPTION(22), "What to train"},
    {"init", QB_KIND_PATH, NULL, 0, 0, NULL, "", "weights to start from: a safetensors file, or the folder of a finished run (default: drawn from the seed)", ID | QB_OPT_LATER | QB_OPT_NULLABLE | QB_OPT_BESIDE | QB_KEY_CAPTION(23), "What to train"},
    {"on_bad_image", QB_KIND_CHOICE, "stop", 0, 0, bad_image_ways, "", "an image that cannot be read: stop, or warn and take the mean colour for it", ID | QB_OPT_LATER, "What to train"},

    {"solver", QB_KIND_SPEC, "none", 0, 0, NULL, "", "solver and its options, or the path of a plugin; `qatbench list solvers`", ID | QB_KEY_CAPTION(11) | QB_KEY_LENGTH, "Quantization"},
    {"bits", QB_KIND_BITS, "2", 0, 0, NULL, "", "bits of a weight", ID | QB_KEY_QUANTIZATION | QB_KEY_CAPTION(12), "Quantization"},
    {"layer_bits", QB_KIND_BITS_OF, "none", 0, 0, NULL, "", "bits of single layers, such as conv1=8/fc=float; '*' matches, the last match wins", ID | QB_OPT_LATER | QB_KEY_QUANTIZATION | QB_KEY_CAPTION(17), "Quantization"},
    {"quantizer", QB_KIND_SPEC, "lsbq", 0, 0, NULL, "", "how a row gets its levels; `qatbench list quantizers`", ID | QB_KEY_QUANTIZATION | QB_KEY_LEVELS | QB_KEY_CAPTION(13), "Quantization"},
    {"granularity", QB_KIND_SPEC, "tensor", 0, 0, NULL, "", "what shares one set of levels: tensor, row (output channel) or block[size=N]", ID | QB_KEY_QUANTIZATION | QB_KEY_CAPTION(14), "Quantization"},
    {"quant_period", QB_KIND_INT, "10", 0, 1e9, NULL, "steps", "steps between refreshes of the levels; 0 = once", ID | QB_KEY_QUANTIZATION | QB_KEY_LEVELS | QB_KEY_CAPTION(15), "Quantization"},
    {"quant_warmup", QB_KIND_SPAN, "0", 0, 1e9, NULL, "", "plain training before quantization starts", ID | QB_KEY_QUANTIZATION | QB_KEY_LENGTH, "Quantization"},
    {"quant_shrink", QB_KIND_BOOL, "false", 0, 0, NULL, "", "divide the latent weights by max(1, sum of lr) before quantizing", ID | QB_KEY_QUANTIZATION, "Quantization"},
    {"anneal_start", QB_KIND_SPAN, "0", 0, 1e9, NULL, "", "where the annealing window begins", ID | QB_KEY_QUANTIZATION | QB_KEY_LENGTH, "Quantization"},
    {"anneal_end", QB_KIND_SPAN, NULL, 0, 1e9, NULL, "", "where it ends (default: the end of the run)", ID | QB_OPT_NULLABLE | QB_KEY_QUANTIZATION | QB_KEY_LENGTH, "Quantization"},
    {"solver_path", QB_KIND_PATH, NULL, 0, 0, NULL, "", "folders to look for plugins first, separated by ':'", QB_OPT_NULLABLE | QB_OPT_NO_PLAN, "Quantization"},

    {"epochs", QB_KIND_INT, NULL, 1, 1e6, NULL, "epochs", "length of the run", ID | QB_OPT_REQUIRED | QB_KEY_CAPTION(3) | QB_KEY_LENGTH, "Optimization"},
    {"batch", QB_KIND_INT, "128", 1, 65536, NULL, "images", "batch size; the last, smaller batch of an epoch is trained too, but for drop_last and repeat_augment", ID | QB_KEY_CAPTION(4), "Optimization"},
    {"drop_last", QB_KIND_BOOL, "false", 0, 0, NULL, "", "leave out the last, smaller batch of an epoch, but never its only one", ID | QB_OPT_LATER | QB_KEY_CAPTION(30), "Optimization"},
    {"optimizer", QB_KIND_CHOICE, "sgd", 0, 0, optimizers, "", "base optimizer of the latent weights", ID | QB_KEY_CAPTION(7), "Optimization"},
    {"lr", QB_KIND_REAL, "0.1", 0, 1e6, NULL, "", "learning rate before the schedule", ID | QB_OPT_MIN_OPEN | QB_KEY_CAPTION(8), "Optimization"},
    {"lr_schedule", QB_KIND_SPEC, "constant", 0, 0, NULL, "", "constant, multistep, step or cosine; `qatbench list schedules`", ID | QB_KEY_CAPTION(9) | QB_KEY_LENGTH, "Optimization"},
    {"momentum", QB_KIND_REAL, "0.9", 0, 0.999999, NULL, "", "momentum of sgd", ID | QB_KEY_SGD | QB_KEY_USUAL | QB_KEY_CAPTION(26), "Optimization"},
    {"beta1", QB_KIND_REAL, "0.9", 0, 0.999999, NULL, "", "first-moment decay of adam and adamw", ID | QB_KEY_ADAM, "Optimization"},
    {"beta2", QB_KIND_REAL, "0.999", 0, 0.99999999, NULL, "", "second-moment decay of adam and adamw", ID | QB_KEY_ADAM, "Optimization"},
    {"eps", QB_KIND_REAL, "1e-8", 0, 1, NULL, "", "denominator's offset of adam and adamw", ID | QB_OPT_MIN_OPEN | QB_KEY_ADAM, "Optimization"},
    {"weight_decay", QB_KIND_REAL, "0.0002", 0, 1e3, NULL, "", "weight decay (not of biases)", ID | QB_KEY_CAPTION(10), "Optimization"},
    {"label_smoothing", QB_KIND_REAL, "0", 0, 0.999, NULL, "", "label smoothing of the training loss", ID | QB_KEY_USUAL | QB_KEY_CAPTION(27), "Optimization"},
    {"drop_path", QB_KIND_REAL, "0", 0, 0.999, NULL, "", "stochastic depth: share of images that the last block of a transformer leaves out, per branch; 0 at the first", ID | QB_OPT_LATER | QB_KEY_CAPTION(28), "Optimization"},
    {"grad_clip", QB_KIND_REAL, NULL, 0, 1e9, NULL, "", "largest L2 norm of the gradient of all parameters (default: none)", ID | QB_OPT_LATER | QB_OPT_NULLABLE | QB_OPT_MIN_OPEN | QB_KEY_CAPTION(29), "Optimization"},
    {"shards", QB_KIND_INT, "1", 1, 65536, NULL, "parts", "parts of a batch that are a pass each, with BatchNorm statistics of their own; image i is in part i mod N", ID | QB_OPT_LATER | QB_KEY_CAPTION(31), "Optimization"},
    {"seed", QB_KIND_INT, "1", 0, 9007199254740991.0, NULL, "", "seed of weights, data order, augmentation and solver", ID, "Optimization"},
    {"dtype", QB_KIND_CHOICE, "fp32", 0, 0, dtypes, "", "arithmetic of convolutions and matrix products", ID | QB_KEY_USUAL | QB_KEY_CAPTION(16), "Optimization"},

    {"eval_every", QB_KIND_INT, "1", 1, 1e6, NULL, "epochs", "test after every N epochs; the last one always", ID, "Running"},
    {"threads", QB_KIND_INT, NULL, 1, 1024, NULL, "", "threads of the run (default: $OMP_NUM_THREADS, else all allowed cores, in train; 1 in run)", QB_OPT_NULLABLE, "Running"},
    {"loader_threads", QB_KIND_INT, "1", 0, 64, NULL, "", "threads that prepare batches ahead; 0 = none", 0, "Running"},
    {"time_limit", QB_KIND_SPAN, NULL, 0, 1e9, NULL, "", "time of this start, after which it saves and ends as failed (default: none)", QB_OPT_NULLABLE | QB_OPT_SECONDS | QB_OPT_NO_STEPS | QB_OPT_MIN_OPEN, "Running"},
    {"checkpoint_every", QB_KIND_SPAN, NULL, 0, 1e9, NULL, "", "10st, 1ep or 60s (default: every epoch, and every 5 minutes)", QB_OPT_NULLABLE | QB_OPT_SECONDS | QB_OPT_MIN_OPEN, "Running"},
    {"diagnostics", QB_KIND_CHOICES, "none", 0, 0, qb_diagnostics_names, "", "what to watch while training, for pictures; changes no number", 0, "Running"},
    {"experiment", QB_KIND_TEXT, "train", 0, 0, NULL, "", "name of the folder below the runs folder", QB_OPT_NO_PLAN, "Running"},
    {"runs_dir", QB_KIND_PATH, NULL, 0, 0, NULL, "", "where runs are kept (default: $QATBENCH_RUNS, else runs)", QB_OPT_NULLABLE | QB_OPT_NO_PLAN, "Running"},
};
enum { N_RUN_SCHEMA = sizeof run_schema / sizeof run_schema[0] };

const qb_option *qb_run_schema(size_t *ret_n)
{
    *ret_n = N_RUN_SCHEMA;
    return run_schema;
}

int qb_granularity_parse(const char *text, qb_granularity *ret_kind, int64_t *ret_block)
{
    static const qb_option block_options[] = {
        {"size", QB_KIND_INT, "64", 1, 1e9, NULL, "weights", "weights in a block", 0, NULL},
    };
    static const char *const names[] = {"tensor", "row", "block"};
    qb_spec spec;
    QB_TRY(qb_spec_parse(text, &spec));
    qb_settings s = {0};
    int rc = qb_settings_init(&s, block_options, 1);
    qb_granularity kind = 0;
    for (int i = 0; i < 3; i++)
        if (strcmp(spec.name, names[i]) == 0)
            kind = (qb_granularity)(i + 1);
    if (rc == 0 && kind == 0) {
        rc = qb_err_set(QB_E_USAGE, "granularity: expected tensor, row or block[size=N], got '%s'", spec.name);
        const char *near = qb_nearest_name(spec.name, names, 3);
        if (near)
            qb_err_hint("did you mean '%s'?", near);
    }
    if (rc == 0 && kind != QB_PER_BLOCK && spec.n_args > 0)
        rc = qb_err_set(QB_E_USAGE, "granularity: '%s' takes no options, got '%s'", spec.name, spec.args[0].key);
    if (rc == 0)
        rc = qb_spec_apply(&spec, &s);
    if (rc == 0) {
        *ret_kind = kind;
        *ret_block = qb_get(&s, "size")->i;
    }
    qb_settings_finish(&s);
    qb_spec_finish(&spec);
    return rc;
}

/* Sets one key's canonical text in the effective settings, or makes it null. */
static int set_text(qb_settings *s, const char *key, const char *text)
{
    return qb_settings_set(s, key, text);
}

/* ---- identity ---- */

/* Of a configuration whose names and quantization are resolved. */
static qb_identity_traits traits_of(const qb_config *c)
{
    return (qb_identity_traits){
        .full_precision = c->full_precision,
        .owns_levels = c->owns_levels,
        .is_sgd = strcmp(qb_get(&c->settings, "optimizer")->text, "sgd") == 0,
        .dataset = c->dataset,
        .model = c->model,
    };
}

static int build_identity(qb_config *c)
{
    const qb_identity_traits traits = traits_of(c);
    QB_TRY(qb_identity_create(&c->settings, &traits, &c->identity));
    if (c->init_sha256[0] && json_object_set_new(c->identity, "init", qb_json_text(c->init_sha256)) != 0)
        return qb_err_set(QB_E_NOMEM, "out of memory");
    if (json_object_set_new(c->identity, "solver_version", qb_json_text(c->plugin->solver.version)) != 0)
        return qb_err_set(QB_E_NOMEM, "out of memory");
    return QB_OK;
}

/* Later keys that nobody has set take what the data set or the model names as their default; `augment` has its own way. */
static int take_defaults(qb_config *c)
{
    const qb_identity_traits traits = traits_of(c);
    for (size_t i = 0; i < N_RUN_SCHEMA; i++) {
        const char *text = qb_identity_default(&traits, &run_schema[i]);
        if (!run_schema[i].def && text && c->settings.values[i].is_null && !(run_schema[i].flags & QB_KEY_FLIP_CROP))
            QB_TRY(set_text(&c->settings, run_schema[i].name, text));
    }
    return QB_OK;
}

/* ---- the parts of qb_config_create ---- */

static int resolve_names(qb_config *c)
{
    qb_settings *s = &c->settings;
    const char *experiment = qb_get(s, "experiment")->text;
    if (*experiment == '\0' || *experiment == '.' || strchr(experiment, '/'))
        return qb_err_set(QB_E_USAGE, "experiment: expected the name of one folder, not hidden, got '%s'", experiment);
    QB_TRY(qb_model_find(qb_get(s, "model")->text, &c->model));
    QB_TRY(qb_dataset_find(qb_get(s, "dataset")->text, &c->dataset));
    QB_TRY(set_text(s, "model", c->model->name));
    QB_TRY(set_text(s, "dataset", c->dataset->name));

    qb_spec spec;
    QB_TRY(qb_spec_parse(qb_get(s, "solver")->text, &spec));
    const qb_value *path = qb_get(s, "solver_path");
    int rc = c->plugin ? QB_OK : qb_plugin_load(spec.name, path->is_null ? NULL : path->text, &c->plugin);
    if (rc == 0)
        rc = qb_plugin_settings(c->plugin, &spec, &c->solver);
    qb_spec_finish(&spec);
    QB_TRY(rc);
    c->full_precision = (c->plugin->solver.caps & QB_CAP_FULL_PRECISION) != 0;
    c->bits = (int)qb_get(s, "bits")->i;
    return take_defaults(c);
}

/* The network's parameters are known without the data: names and shapes do not depend on the size of an image. */
static int resolve_layer_bits(qb_config *c)
{
    const char *list = qb_get(&c->settings, "layer_bits")->text;
    if (c->full_precision || strcmp(list, "none") == 0)
        return QB_OK;
    qb_graph *g = NULL;
    QB_TRY(qb_model_graph(c->model->name, c->model->default_input, c->model->default_classes, &g));
    const qb_param *params = qb_graph_params(g, &c->n_params);
    c->param_bits = qb_alloc(c->n_params, sizeof *c->param_bits);
    int rc = !c->param_bits ? QB_E_NOMEM
                            : qb_layer_bits_resolve(list, c->bits, params, c->n_params, c->model->name, c->param_bits);
    qb_graph_destroy(g);
    return rc;
}

/* What a run starts from is known by its values, wherever they lie. */
static int resolve_init(qb_config *c)
{
    const qb_value *init = qb_get(&c->settings, "init");
    qb_state_dict weights;
    if (init->is_null)
        return QB_OK;
    int rc = qb_state_dict_open(init->text, QB_STATE_LATENT, &weights);
    if (rc == 0) {
        rc = qb_state_dict_hash(&weights, c->init_sha256);
        qb_state_dict_finish(&weights);
    }
    return rc < 0 ? qb_err_add("init") : rc;
}

static int check_drop_path(const qb_config *c)
{
    if (!(qb_get(&c->settings, "drop_path")->r > 0))
        return QB_OK;
    qb_graph *g = NULL;
    QB_TRY(qb_model_graph(c->model->name, c->model->default_input, c->model->default_classes, &g));
    int n_branches = qb_graph_n_branches(g);
    qb_graph_destroy(g);
    if (n_branches > 0)
        return QB_OK;
    (void)qb_err_set(QB_E_CONFIG, "drop_path: model '%s' has no residual branch that can be left out", c->model->name);
    return qb_err_hint("vision transformers have: deit_tiny, deit_cifar, ...; for others leave it at 0");
}

/* Is some layer to have these bits? */
static bool has_width(const qb_config *c, int bits)
{
    if (!c->param_bits)
        return bits == c->bits;
    for (size_t i = 0; i < c->n_params; i++) {
        if (c->param_bits[i] == bits)
            return true;
    }
    return false;
}

enum { MAX_BITS = 8 };

/* Before everything else of the schedule: a study skips what the solver does not offer, however it would be trained. */
static int ask_solver(const qb_config *c)
{
    qb_granularity kind;
    int64_t block;
    if (c->full_precision)
        return QB_OK;
    QB_TRY(qb_granularity_parse(qb_get(&c->settings, "granularity")->text, &kind, &block));
    int rc = QB_OK;
    for (int bits = 0; rc == QB_OK && bits <= MAX_BITS; bits++) {
        if (has_width(c, bits))
            rc = qb_plugin_supports(c->plugin, &c->solver, bits, qb_granularity_name(kind));
    }
    if (rc == QB_E_FAILED) { /* it crashed: the run will end with that, and the study of which it is a cell goes on */
        qb_err_clear();
        return QB_OK;
    }
    return rc == QB_E_CONFIG ? qb_err_add("solver") : rc; /* of options that contradict each other, a plan tells the place */
}

/* What flip and crop say where one is given (the other: the data set's habit), else what `augment` stands for. One run has one
 * text: none and flip-crop become flip and crop, and a chain leaves these unset. */
static int resolve_augmentation(qb_config *c)
{
    qb_settings *s = &c->settings;
    const qb_value *augment = qb_get(s, "augment"), *flip = qb_get(s, "flip"), *crop = qb_get(s, "crop");
    const bool habit = c->dataset->augment_by_default;
    qb_augmentation *a = &c->augmentation;
    if (flip->is_null && crop->is_null) {
        QB_TRY(qb_augmentation_of(augment->is_null ? NULL : augment->text, c->dataset, a));
    } else if (augment->is_null) {
        a->flip = flip->is_null ? habit : flip->b;
        a->crop_pad = (crop->is_null ? habit : crop->b) ? QB_CROP_PAD : 0;
    } else {
        const char *other = flip->is_null ? "crop" : "flip";
        (void)qb_err_set(QB_E_CONFIG, "augment: '%s' says what %s is to be, which is given too", augment->text, other);
        return qb_err_hint("give either augment, or flip and crop");
    }
    QB_TRY(set_text(s, "augment", a->chain ? a->chain : ""));
    QB_TRY(set_text(s, "flip", a->chain ? "" : a->flip ? "true" : "false"));
    return set_text(s, "crop", a->chain ? "" : a->crop_pad ? "true" : "false");
}

/* One run has one text here too: once each is drop_last, which repeats have by themselves. */
static int resolve_repeats(qb_config *c)
{
    const long long repeats = qb_get(&c->settings, "repeat_augment")->i;
    if (repeats == 0)
        return QB_OK;
    QB_TRY(set_text(&c->settings, "drop_last", repeats == 1 ? "true" : "false"));
    return repeats == 1 ? set_text(&c->settings, "repeat_augment", "0") : QB_OK;
}

static int resolve_quantization(qb_config *c)
{
    qb_settings *s = &c->settings;
    char *canonical = qb_spec_canonical(c->plugin->solver.name, &c->solver);
    if (!canonical)
        return QB_E_NOMEM;
    /* The plugin's name, not its path, names the experiment; the path is kept in plugin->path. */
    int rc = set_text(s, "solver", canonical);
    qb_free(canonical);
    QB_TRY(rc);
    if (c->full_precision)
        return QB_OK;

    qb_granularity kind;
    int64_t block;
    QB_TRY(qb_granularity_parse(qb_get(s, "granularity")->text, &kind, &block));
    qb_plugin_question question = {.plugin = c->plugin, .settings = &c->solver, .bits = c->bits,
                                   .granularity = qb_granularity_name(kind), .weight_decay = qb_get(s, "weight_decay")->r};
    qb_lengths_nominal(c, &question.n_steps, &question.first_step);
    uint32_t caps = 0; /* of any width; levels of its own at all of them */
    c->owns_levels = true;
    for (question.bits = 0; question.bits <= MAX_BITS; question.bits++) {
        uint32_t here;
        if (!has_width(c, question.bits))
            continue;
        QB_TRY(qb_plugin_probe(&question, &here));
        caps |= here;
        c->owns_levels = c->owns_levels && (here & QB_CAP_OWN_LEVELS) != 0;
    }
    if (qb_get(s, "quant_shrink")->b && (caps & (QB_CAP_EDITS_LATENT | QB_CAP_OWN_LEVELS))) {
        qb_err_set(QB_E_CONFIG, "quant_shrink: cannot be combined with solver '%s', which %s", c->plugin->solver.name,
                   c->owns_levels ? "has levels of its own" : "edits the latent weights");
        return qb_err_hint("leave out --quant-shrink");
    }

    char text[48];
    if (kind == QB_PER_BLOCK) {
        snprintf(text, sizeof text, "block[size=%lld]", (long long)block);
        QB_TRY(set_text(s, "granularity", text));
    }
    if (c->owns_levels)
        return QB_OK;
    for (int bits = 0; bits <= MAX_BITS; bits++) {
        qb_quantizer *quantizer = NULL;
        if (!has_width(c, bits))
            continue;
        QB_TRY(qb_quantizer_create(qb_get(s, "quantizer")->text, bits, 1, 1, &quantizer));
        qb_quantizer_destroy(quantizer);
    }
    QB_TRY(qb_quantizer_canonical(qb_get(s, "quantizer")->text, &canonical));
    rc = set_text(s, "quantizer", canonical);
    qb_free(canonical);
    return rc;
}

static int resolve_schedule(qb_config *c)
{
    qb_settings *s = &c->settings;
    qb_schedule *schedule = NULL;
    const char *spec = qb_get(s, "lr_schedule")->text;
    QB_TRY(qb_schedule_create(spec, qb_get(s, "lr")->r, (double)qb_get(s, "epochs")->i, &schedule));
    qb_schedule_destroy(schedule);
    char *canonical = NULL;
    QB_TRY(qb_schedule_canonical(spec, &canonical));
    int rc = set_text(s, "lr_schedule", canonical);
    qb_free(canonical);
    return rc;
}

int qb_config_create(const qb_settings *settings, qb_config **ret_config)
{
    return qb_config_create_with(settings, NULL, ret_config);
}

int qb_config_create_with(const qb_settings *settings, const qb_plugin *plugin, qb_config **ret_config)
{
    QB_ASSERT(settings->schema == run_schema);
    qb_config *c = qb_alloc(1, sizeof *c);
    if (!c)
        return QB_E_NOMEM;
    c->plugin = plugin;
    int rc = qb_settings_copy(&c->settings, settings);
    if (rc == 0)
        rc = qb_settings_check(&c->settings);
    if (rc == 0)
        rc = resolve_names(c);
    if (rc == 0)
        rc = qb_data_keys_check(&c->settings, c->dataset);
    if (rc == 0)
        rc = resolve_layer_bits(c);
    if (rc == 0)
        rc = resolve_init(c);
    if (rc == 0)
        rc = check_drop_path(c);
    if (rc == 0)
        rc = ask_solver(c);
    if (rc == 0)
        rc = qb_lengths_write(c);
    if (rc == 0)
        rc = resolve_augmentation(c);
    if (rc == 0)
        rc = resolve_repeats(c);
    if (rc == 0)
        rc = resolve_quantization(c);
    if (rc == 0)
        rc = resolve_schedule(c);
    if (rc == 0)
        rc = build_identity(c);
    if (rc < 0) {
        qb_config_destroy(c);
        return rc;
    }
    *ret_config = c;
    return QB_OK;
}

void qb_config_destroy(qb_config *c)
{
    if (!c)
        return;
    qb_settings_finish(&c->settings);
    qb_settings_finish(&c->written);
    qb_settings_finish(&c->solver);
    qb_free(c->param_bits);
    json_decref(c->identity);
    qb_free(c);
}

int qb_config_key(const qb_config *c, const char *data_fingerprint, char ret_key[65])
{
    char *identity = qb_json_compact(c->identity);
    char *text = identity ? qb_sprintf("%s\n%s\n", identity, data_fingerprint) : NULL;
    if (text)
        qb_sha256_of(text, strlen(text), ret_key);
    int rc = text ? QB_OK : QB_E_NOMEM;
    qb_free(identity);
    qb_free(text);
    return rc;
}

const char *qb_config_runs_place(const char *flag, const char **ret_source)
{
    const char *env = getenv("QATBENCH_RUNS"), *of_user = qb_user_places_get()->runs_dir;
    *ret_source = flag ? "--runs-dir" : env && *env ? "QATBENCH_RUNS" : of_user ? "config.yaml" : "default";
    return flag ? flag : env && *env ? env : of_user ? of_user : "runs";
}

char *qb_config_runs_dir(const qb_settings *settings)
{
    const qb_value *given = qb_get(settings, "runs_dir");
    const char *source;
    return qb_strdup(qb_config_runs_place(given->is_null ? NULL : given->text, &source));
}

char *qb_config_dir(const qb_config *c, const char *key)
{
    char *runs = qb_config_runs_dir(&c->settings);
    char *solver = qb_strdup(qb_get(&c->settings, "solver")->text);
    char *dir = NULL;
    if (runs && solver) {
        for (char *p = solver; *p; p++) /* a spec as a folder name: parq[steepness=10] -> parq,steepness=10 */
            if (!isalnum((unsigned char)*p) && !strchr("._-+=,", *p))
                *p = *p == '[' ? ',' : '_';
        size_t n = strlen(solver);
        if (n > 0 && solver[n - 1] == '_')
            solver[n - 1] = '\0';
        char bits[16] = "";
        if (!c->full_precision)
            snprintf(bits, sizeof bits, "-w%.8s", c->bits == 0 ? "t" : qb_get(&c->settings, "bits")->text);
        dir = qb_sprintf("%s/%s/%s-%s/%.80s%s/s%s-%.12s", runs, qb_get(&c->settings, "experiment")->text, c->model->name,
                         c->dataset->name, solver, bits, qb_get(&c->settings, "seed")->text, key);
    }
    qb_free(runs);
    qb_free(solver);
    return dir;
}

char *qb_config_command(const qb_config *c)
{
    qb_str s = {0};
    const qb_identity_traits traits = traits_of(c);
    qb_str_add(&s, "qatbench train");
    for (size_t i = 0; i < N_RUN_SCHEMA; i++) {
        const qb_option *o = &run_schema[i];
        const qb_value *v = qb_lengths_value(c, i);
        bool matters = (o->flags & QB_OPT_IDENTITY) || strcmp(o->name, "experiment") == 0;
        if (!matters || v->is_null || qb_identity_ignores(&traits, o))
            continue;
        bool is_default;
        if (qb_identity_is_default(&traits, o, v, &is_default) < 0) {
            qb_str_finish(&s);
            return NULL;
        }
        if (is_default && strcmp(o->name, "seed") != 0)
            continue;
        qb_str_add(&s, o->kind == QB_KIND_BOOL && !v->b ? " --no-" : " --");
        for (const char *p = o->name; *p; p++)
            qb_str_addn(&s, *p == '_' ? "-" : p, 1);
        if (o->kind == QB_KIND_BOOL)
            continue;
        qb_str_add(&s, " ");
        if (strcmp(o->name, "solver") == 0 && !c->plugin->shipped) { /* a plugin from outside is found by its file only */
            char *file = qb_sprintf("./%s.so%s", c->plugin->solver.name, v->text + strlen(c->plugin->solver.name));
            if (file)
                qb_str_add_quoted(&s, file);
            qb_free(file);
            continue;
        }
        qb_str_add_quoted(&s, v->text);
    }
    return qb_str_take(&s);
}
