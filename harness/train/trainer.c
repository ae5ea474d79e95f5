#include "train/trainer.h"

#include "base/err.h"
#include "base/mem.h"
#include "quant/layer_bits.h"
#include "train/spans.h"
#include "train/state_dict.h"

#include <string.h>

enum { MAX_SIZES = 4 };

/* The sizes of passes that n samples in n_batches batches of `batch` need, each batch in `parts` parts: those of full batches and
 * of the last, smaller one, where there is one. The net plans a size that occurs twice once. */
static size_t pass_sizes(int64_t n, int64_t batch, int64_t n_batches, int64_t parts, int ret_sizes[MAX_SIZES])
{
    const int64_t batches[2] = {n >= batch ? batch : 0, n_batches * batch > n ? n % batch : 0};
    size_t count = 0;
    for (int i = 0; i < 2; i++) {
        if (batches[i] % parts > 0)
            ret_sizes[count++] = (int)(batches[i] / parts + 1);
        if (batches[i] / parts > 0)
            ret_sizes[count++] = (int)(batches[i] / parts);
    }
    return count;
}

/* Images in a batch of an evaluation: no more than in a part, so that it needs no more memory. */
static int64_t eval_batch(const qb_config *c)
{
    int64_t shards = qb_get(&c->settings, "shards")->i;
    return (qb_get(&c->settings, "batch")->i + shards - 1) / shards;
}

/* The weights of `init`, which must still be the ones that the run is known by. */
static int load_init(qb_trainer *t)
{
    const qb_value *init = qb_get(&t->config->settings, "init");
    qb_state_dict weights;
    char sha256[65];
    if (init->is_null)
        return QB_OK;
    int rc = qb_state_dict_open(init->text, QB_STATE_LATENT, &weights);
    if (rc < 0)
        return qb_err_add("init");
    rc = qb_state_dict_hash(&weights, sha256);
    if (rc == 0 && strcmp(sha256, t->config->init_sha256) != 0)
        rc = qb_err_set(QB_E_DATA, "%s changed while the run was starting", init->text);
    if (rc == 0)
        rc = qb_state_dict_load(&weights, t->graph, t->net, &t->new_classifier);
    qb_state_dict_finish(&weights);
    return rc < 0 ? qb_err_add("init") : rc;
}

/* The network of these passes, its weights from the seed. */
static int create_net(qb_trainer *t, const qb_dataset_info *info, const qb_net_options *o)
{
    const qb_config *c = t->config;
    const qb_settings *s = &c->settings;
    const qb_shape input = {info->c, info->h, info->w};
    QB_TRY(qb_model_graph(c->model->name, input, info->n_classes, &t->graph));
    for (size_t i = 0; c->param_bits && i < c->n_params; i++)
        qb_graph_set_quantized(t->graph, i, c->param_bits[i] != QB_BITS_FLOAT);
    qb_graph_set_drop_path(t->graph, qb_get(s, "drop_path")->r);
    QB_TRY(qb_net_create(t->graph, o, &t->net));
    qb_net_init_weights(t->net, (uint64_t)qb_get(s, "seed")->i);
    t->finished = qb_alloc(qb_net_slab_size(t->net), sizeof *t->finished);
    return t->finished ? QB_OK : QB_E_NOMEM;
}

static int create_training_net(qb_trainer *t, const qb_dataset_info *info, int threads)
{
    const qb_config *c = t->config;
    const qb_settings *s = &c->settings;
    int train_sizes[MAX_SIZES], eval_sizes[MAX_SIZES];
    const qb_net_options o = {
        .precision = strcmp(qb_get(s, "dtype")->text, "bf16") == 0 ? QB_BF16 : QB_FP32,
        .threads = threads,
        .separate_latent = !c->full_precision,
        .train_batches = train_sizes,
        .n_train_batches = pass_sizes(c->n_train, qb_get(s, "batch")->i, c->steps_per_epoch, t->shards, train_sizes),
        .eval_batches = eval_sizes,
        .n_eval_batches = pass_sizes(c->n_test, eval_batch(c), qb_loader_batches(c->n_test, eval_batch(c), 0, false), 1, eval_sizes),
        .in_parts = t->shards > 1,
    };
    QB_TRY(create_net(t, info, &o));
    return load_init(t);
}

static int create_gradient(qb_trainer *t)
{
    const qb_value *clip = qb_get(&t->config->settings, "grad_clip");
    size_t n;
    const qb_param *params = qb_net_params(t->net, &n);
    return qb_gradient_create(qb_net_gradient_slab(t->net), qb_net_slab_size(t->net), params, n, t->shards,
                              clip->is_null ? 0 : clip->r, &t->gradient);
}

static int create_quant(qb_trainer *t, int threads)
{
    const qb_config *c = t->config;
    const qb_settings *s = &c->settings;
    const char *optimizer = qb_get(s, "optimizer")->text;
    const qb_optim_options optim = {
        .kind = strcmp(optimizer, "sgd") == 0 ? QB_OPTIM_SGD : (strcmp(optimizer, "adamw") == 0 ? QB_OPTIM_ADAMW : QB_OPTIM_ADAM),
        .momentum = qb_get(s, "momentum")->r,
        .beta1 = qb_get(s, "beta1")->r,
        .beta2 = qb_get(s, "beta2")->r,
        .eps = qb_get(s, "eps")->r,
    };
    QB_TRY(qb_optim_create(&optim, &t->optim));
    QB_TRY(qb_schedule_create(qb_get(s, "lr_schedule")->text, qb_get(s, "lr")->r, (double)qb_get(s, "epochs")->i, &t->schedule));
    qb_granularity granularity;
    int64_t block;
    QB_TRY(qb_granularity_parse(qb_get(s, "granularity")->text, &granularity, &block));
    const qb_quant_options o = {
        .plugin = c->plugin,
        .solver_settings = &c->solver,
        .bits = c->bits,
        .param_bits = c->param_bits,
        .quantizer = qb_get(s, "quantizer")->text,
        .granularity = granularity,
        .block = block,
        .period = qb_get(s, "quant_period")->i,
        .warmup = c->warmup,
        .shrink = qb_get(s, "quant_shrink")->b,
        .n_steps = c->n_steps,
        .steps_per_epoch = c->steps_per_epoch,
        .anneal_start = c->anneal_start,
        .anneal_end = c->anneal_end,
        .lr_base = qb_get(s, "lr")->r,
        .lr_sum_total = qb_schedule_sum(t->schedule, c->warmup, c->n_steps, c->steps_per_epoch),
        .weight_decay = qb_get(s, "weight_decay")->r,
        .seed = (uint64_t)qb_get(s, "seed")->i,
        .threads = threads,
        .slab_margin = QB_SLAB_MARGIN,
    };
    size_t n;
    qb_param *params = qb_net_params(t->net, &n);
    return qb_quant_create(&o, params, n, t->optim, &t->quant);
}

qb_loader_options qb_trainer_loader(const qb_config *c, const qb_dataset *data, int split)
{
    const qb_settings *s = &c->settings;
    qb_loader_options o = {
        .data = data,
        .split = split,
        .n = split == QB_SPLIT_TRAIN ? c->n_train : c->n_test,
        .batch = split == QB_SPLIT_TRAIN ? (int)qb_get(s, "batch")->i : (int)eval_batch(c),
        .seed = (uint64_t)qb_get(s, "seed")->i,
        .threads = (int)qb_get(s, "loader_threads")->i,
        .pass_bad_images = strcmp(qb_get(s, "on_bad_image")->text, "warn") == 0,
    };
    if (split == QB_SPLIT_TEST)
        return o;
    o.shuffle = true;
    o.augmentation = c->augmentation;
    o.repeat = (int)qb_get(s, "repeat_augment")->i;
    o.only_full = qb_get(s, "drop_last")->b;
    o.mixing = (qb_mixing){.mixup = qb_get(s, "mixup")->r, .cutmix = qb_get(s, "cutmix")->r, .parts = (int)qb_get(s, "shards")->i};
    return o;
}

static int create_loaders(qb_trainer *t, const qb_dataset *data)
{
    const qb_loader_options train = qb_trainer_loader(t->config, data, QB_SPLIT_TRAIN);
    QB_TRY(qb_loader_create(&train, &t->train));
    if (t->config->n_test == 0)
        return QB_OK;
    const qb_loader_options test = qb_trainer_loader(t->config, data, QB_SPLIT_TEST);
    return qb_loader_create(&test, &t->test);
}

static qb_trainer *alloc_trainer(const qb_config *config)
{
    QB_ASSERT(config->n_steps > 0);
    qb_trainer *t = qb_alloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->config = config;
    t->label_smoothing = qb_get(&config->settings, "label_smoothing")->r;
    t->shards = (int)qb_get(&config->settings, "shards")->i;
    return t;
}

static int give(qb_trainer *t, int rc, qb_trainer **ret_trainer)
{
    if (rc < 0) {
        qb_trainer_destroy(t);
        return rc;
    }
    *ret_trainer = t;
    return QB_OK;
}

int qb_trainer_create(const qb_config *config, const qb_dataset *data, int threads, qb_trainer **ret_trainer)
{
    const qb_dataset_info *info = qb_dataset_get_info(data);
    if (info->n_train < config->n_train || info->n_test < config->n_test)
        return qb_err_set(QB_E_DATA, "data set %s: expected %lld training and %lld test images, found %lld and %lld",
                          info->name, (long long)config->n_train, (long long)config->n_test, (long long)info->n_train,
                          (long long)info->n_test);
    qb_trainer *t = alloc_trainer(config);
    if (!t)
        return QB_E_NOMEM;
    int rc = create_training_net(t, info, threads);
    if (rc == 0)
        rc = create_gradient(t);
    if (rc == 0)
        rc = create_quant(t, threads);
    if (rc == 0)
        rc = create_loaders(t, data);
    return give(t, rc, ret_trainer);
}

int qb_trainer_create_idle(const qb_config *config, const qb_dataset_info *info, int threads, qb_trainer **ret_trainer)
{
    qb_trainer *t = alloc_trainer(config);
    if (!t)
        return QB_E_NOMEM;
    const qb_net_options no_pass = {.precision = QB_FP32, .threads = threads, .separate_latent = !config->full_precision};
    int rc = create_net(t, info, &no_pass);
    if (rc == 0)
        rc = create_quant(t, threads);
    return give(t, rc, ret_trainer);
}

void qb_trainer_destroy(qb_trainer *t)
{
    if (!t)
        return;
    qb_loader_destroy(t->train);
    qb_loader_destroy(t->test);
    qb_quant_destroy(t->quant);
    qb_gradient_destroy(t->gradient);
    qb_optim_destroy(t->optim);
    qb_schedule_destroy(t->schedule);
    qb_net_destroy(t->net);
    qb_graph_destroy(t->graph);
    qb_free(t->finished);
    qb_free(t);
}

double qb_trainer_lr(const qb_trainer *t, int64_t step)
{
    return qb_schedule_lr(t->schedule, step, t->config->steps_per_epoch);
}

/* g = dLoss/dw at w of the whole batch, which has one pass a part; parts that are empty have none. */
static int compute_gradient(qb_trainer *t, const qb_batch *batch, qb_loss *ret_loss)
{
    int n_parts = t->shards < batch->n ? t->shards : batch->n;
    qb_loss sum = {.finite = true};
    for (int r = 0; r < n_parts; r++) {
        const qb_batch part = qb_batch_part(batch, r, t->shards);
        qb_loss loss;
        QB_TRY(qb_net_forward(t->net, &part, QB_TRAIN));
        QB_TRY(qb_net_backward(t->net, &part, &loss));
        qb_gradient_add_part(t->gradient, r, n_parts);
        sum.sum += loss.sum;
        sum.n += loss.n;
        sum.correct += loss.correct;
        sum.correct5 += loss.correct5;
        sum.finite = sum.finite && loss.finite;
    }
    *ret_loss = sum;
    return QB_OK;
}

int qb_trainer_step(qb_trainer *t, int64_t step, qb_loss *ret_loss)
{
    qb_batch batch;
    QB_TRY(qb_loader_next(t->train, &batch));
    batch.label_smoothing = t->label_smoothing;
    QB_TRY(compute_gradient(t, &batch, ret_loss));
    return ret_loss->finite ? qb_quant_step(t->quant, step, qb_trainer_lr(t, step)) : QB_OK; /* x, levels, w */
}
