/* The training step as a whole: loader, network, solver's hooks, refresh of the levels, base optimizer. */
#include "qb_test.h"

#include "base/err.h"
#include "base/mem.h"
#include "datasets/datasets.h"
#include "train/trainer.h"

#include <math.h>
#include <string.h>

typedef struct training {
    qb_config *config;
    qb_dataset *data;
    qb_trainer *trainer;
} training;

/* ResNet-8 on synthetic images in batches of 16, the last of an epoch of 10; changes = "key=value;key=value". */
static void open_training(const char *changes, training *t)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    qb_settings s;
    ck_assert_int_eq(qb_settings_init(&s, schema, n), 0);
    char *text = qb_sprintf("model=resnet8;dataset=synthetic;epochs=2;batch=16;train_limit=42;test_limit=20;lr=0.05;%s", changes);
    for (char *save = NULL, *item = strtok_r(text, ";", &save); item; item = strtok_r(NULL, ";", &save)) {
        char *equals = strchr(item, '=');
        *equals = '\0';
        ck_assert_msg(qb_settings_set(&s, item, equals + 1) == 0, "%s", qb_err_text());
    }
    qb_free(text);
    ck_assert_msg(qb_config_create(&s, &t->config) == 0, "%s: %s", changes, qb_err_text());
    qb_settings_finish(&s);
    ck_assert_int_eq(qb_dataset_open("synthetic", NULL, &t->data), 0);
    ck_assert_int_eq(qb_dataset_load(t->data), 0);
    ck_assert_msg(qb_trainer_create(t->config, t->data, 2, &t->trainer) == 0, "%s", qb_err_text());
}

static void close_training(training *t)
{
    qb_trainer_destroy(t->trainer);
    qb_dataset_close(t->data);
    qb_config_destroy(t->config);
}

static const char *const trainings[] = {
    "solver=none",
    "solver=none;optimizer=adamw",
    "solver=parq;bits=2",
    "solver=parq;bits=2;granularity=row;quantizer=lsbq-optimal;quant_period=1",
    "solver=parq;bits=ternary;granularity=block[size=16];quantizer=lsbq-optimal;quant_period=1;quant_warmup=2st",
    "solver=ste;bits=8;quantizer=unif;optimizer=adam",
    "solver=binaryrelax;bits=4;quant_shrink=true",
    "solver=softquant;bits=3;quantizer=lsbq-alternating;quant_period=2",
    "solver=lsq;bits=2;granularity=row",
    "solver=ttq;bits=ternary",
    "solver=admm;bits=2",
    "solver=waveq;bits=2",
    "solver=proxquant;bits=2",
    "solver=proxsgd;bits=2",
    "solver=parq;bits=2;loader_threads=0",
    "solver=parq;bits=2;loader_threads=3",
    "solver=parq;bits=2;shards=3;grad_clip=0.5", /* parts of 6 and 5, and of 4 and 3 images */
    "solver=parq;bits=2;train_limit=48;mixup=0.8;cutmix=1;repeat_augment=3;shards=3",
    "solver=parq;bits=2;train_limit=60;cutmix=0.5;drop_last=true", /* 60 images are three full batches */
    "model=deit_cifar;solver=parq;bits=2;granularity=row;optimizer=adamw;lr=0.001;shards=3;drop_path=0.5",
};
enum { N_TRAININGS = sizeof trainings / sizeof *trainings };

/* Primitives are blocks of ours too, so none is created either. The first epoch sees both batch sizes. */
START_TEST(a_step_allocates_nothing)
{
    training t;
    qb_loss loss;
    open_training(trainings[_i], &t);
    ck_assert_int_eq(qb_trainer_step(t.trainer, 0, &loss), 0);
    const long calls = qb_mem_calls(), live = qb_mem_live_blocks();
    for (int64_t step = 1; step < t.config->n_steps; step++) {
        ck_assert_msg(qb_trainer_step(t.trainer, step, &loss) == 0, "%s", qb_err_text());
        ck_assert_msg(loss.finite, "%s: loss of step %d", trainings[_i], (int)step);
        ck_assert_msg(qb_mem_calls() == calls && qb_mem_live_blocks() == live, "%s: %ld allocations in step %d", trainings[_i],
                      qb_mem_calls() - calls, (int)step);
    }
    ck_assert_int_eq(qb_quant_finish(t.trainer->quant, t.trainer->finished), 0);
    ck_assert_int_eq(qb_mem_calls(), calls);
    ck_assert_int_eq(t.config->n_steps, 6);
    close_training(&t);
}
END_TEST

/* ---- shards ---- */

static const struct {
    const char *changes;
    int shards;
} sharded[] = {
    {"batch=128;train_limit=128;shards=8", 8}, {"batch=128;train_limit=128;shards=8;label_smoothing=0.1", 8},
    {"batch=16;shards=5", 5},                  {"batch=16;train_limit=3;shards=8", 8}, /* five parts are empty */
    {"batch=16;train_limit=10;shards=1", 1},   {"batch=16;train_limit=16;shards=16", 16},
    {"model=deit_cifar;optimizer=adamw;batch=16;train_limit=14;shards=4", 4},
    {"model=deit_cifar;optimizer=adamw;batch=16;train_limit=14;shards=4;drop_path=0.5;label_smoothing=0.1", 4},
};

/* Gradients are the sum over passes of their own of the images at positions r, r + shards, ..., running statistics those of
 * the first. The network beside it is another one, that knows nothing of parts. */
START_TEST(shards_are_passes_of_their_own)
{
    training t;
    qb_loss loss;
    open_training(sharded[_i].changes, &t);
    qb_loader *loader = t.trainer->train;
    qb_batch whole;
    ck_assert_int_eq(qb_loader_next(loader, &whole), 0);
    const qb_dataset_info *info = qb_dataset_get_info(t.data);
    const size_t image = (size_t)(info->c * info->h * info->w);
    const int shards = sharded[_i].shards, n = whole.n;
    const bool drops = strstr(sharded[_i].changes, "drop_path") != NULL; /* by places in the batch: images keep theirs */
    float *images = qb_alloc((size_t)n * image, sizeof *images);
    qb_target *targets = qb_alloc((size_t)n, sizeof *targets);
    double *want = qb_alloc(qb_net_slab_size(t.trainer->net), sizeof *want), want_loss = 0;
    int sizes[2] = {(n + shards - 1) / shards, n / shards > 0 ? n / shards : 1};
    const qb_net_options o = {.precision = QB_FP32, .threads = 2, .train_batches = sizes, .n_train_batches = 2};
    qb_net *net;
    ck_assert_int_eq(qb_net_create(t.trainer->graph, &o, &net), 0);
    qb_net_init_weights(net, 1);
    size_t n_params, n_stats;
    const qb_param *p = qb_net_params(net, &n_params);
    const qb_running_stat *stats = qb_net_running_stats(net, &n_stats), *own_stats = qb_net_running_stats(t.trainer->net, &n_stats);
    float *first_stats = NULL;
    size_t n_values = 0;
    for (size_t i = 0; i < n_stats; i++)
        n_values += stats[i].n;
    first_stats = qb_alloc(n_values, sizeof *first_stats);
    for (int r = 0; r < shards && r < n; r++) {
        int count = 0;
        for (int at = r; at < n; at += shards, count++) {
            const int to = drops ? at : count;
            memcpy(images + (size_t)to * image, whole.images + (size_t)at * image, image * sizeof *images);
            targets[to] = whole.targets[at];
        }
        qb_batch part = qb_batch_of(images, targets, count);
        part.label_smoothing = t.trainer->label_smoothing;
        if (drops) {
            part.seed = whole.seed;
            part.step = whole.step;
            part.first = r;
            part.stride = shards;
        }
        ck_assert_int_eq(qb_net_forward(net, &part, QB_TRAIN), 0);
        ck_assert_int_eq(qb_net_backward(net, &part, &loss), 0);
        want_loss += loss.sum;
        for (size_t i = 0; i < n_params; i++)
            for (size_t k = 0; k < p[i].n; k++)
                want[p[i].offset + k] += (double)p[i].g[k] * count / n;
        for (size_t i = 0, at = 0; r == 0 && i < n_stats; at += stats[i++].n)
            memcpy(first_stats + at, stats[i].value, stats[i].n * sizeof(float));
    }
    ck_assert_int_eq(qb_loader_seek(loader, 0, 0), 0);
    ck_assert_int_eq(qb_trainer_step(t.trainer, 0, &loss), 0);
    ck_assert_double_le(fabs(loss.sum - want_loss), 1e-9 * want_loss);
    ck_assert_int_eq(loss.n, n);
    const qb_param *own = qb_net_params(t.trainer->net, &n_params);
    for (size_t i = 0; i < n_params; i++) {
        double largest = 0;
        for (size_t k = 0; k < own[i].n; k++)
            largest = fmax(largest, fabs(want[own[i].offset + k]));
        for (size_t k = 0; k < own[i].n; k++)
            ck_assert_msg(fabs((double)own[i].g[k] - want[own[i].offset + k]) <= 1e-6 * fmax(1, largest), "%s[%zu]: got %g, want %g",
                          own[i].name, k, (double)own[i].g[k], want[own[i].offset + k]);
    }
    for (size_t i = 0, at = 0; i < n_stats; at += stats[i++].n)
        ck_assert_mem_eq(own_stats[i].value, first_stats + at, stats[i].n * sizeof(float));
    qb_free(first_stats);
    qb_free(want);
    qb_free(targets);
    qb_free(images);
    qb_net_destroy(net);
    close_training(&t);
}
END_TEST

/* Weights that rest from part to part are this step's: a second step at other weights reorders them again. */
START_TEST(a_later_step_has_its_own_weights)
{
    training t, alone;
    qb_loss loss;
    open_training("solver=none;batch=16;train_limit=16;shards=2;lr=0.2", &t);
    ck_assert_int_eq(qb_trainer_step(t.trainer, 0, &loss), 0);
    open_training("solver=none;batch=16;train_limit=16;shards=2;lr=0.2", &alone);
    size_t n;
    const qb_param *from = qb_net_params(t.trainer->net, &n), *to = qb_net_params(alone.trainer->net, &n);
    for (size_t i = 0; i < n; i++)
        memcpy(to[i].x, from[i].x, from[i].n * sizeof(float));
    qb_batch batch, again;
    qb_loss got, want;
    ck_assert_int_eq(qb_loader_next(t.trainer->train, &batch), 0);
    ck_assert_int_eq(qb_loader_seek(alone.trainer->train, 1, 0), 0);
    ck_assert_int_eq(qb_loader_next(alone.trainer->train, &again), 0);
    for (int r = 0; r < 2; r++) {
        const qb_batch a = qb_batch_part(&batch, r, 2), b = qb_batch_part(&again, r, 2);
        ck_assert_int_eq(qb_net_forward(t.trainer->net, &a, QB_TRAIN), 0);
        ck_assert_int_eq(qb_net_forward(alone.trainer->net, &b, QB_TRAIN), 0);
        ck_assert_int_eq(qb_net_backward(t.trainer->net, &a, &got), 0);
        ck_assert_int_eq(qb_net_backward(alone.trainer->net, &b, &want), 0);
        ck_assert(got.sum == want.sum);
        for (size_t i = 0; i < n; i++)
            ck_assert_mem_eq(from[i].g, to[i].g, from[i].n * sizeof(float));
    }
    close_training(&alone);
    close_training(&t);
}
END_TEST

START_TEST(an_evaluation_takes_no_more_images_than_a_part)
{
    training t;
    qb_batch batch;
    open_training("batch=16;shards=3", &t);
    ck_assert_int_eq(qb_loader_next(t.trainer->test, &batch), 0);
    ck_assert_int_eq(batch.n, 6);
    close_training(&t);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("trainer");
    TCase *t = tcase_create("step");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, a_step_allocates_nothing, 0, N_TRAININGS);
    tcase_add_loop_test(t, shards_are_passes_of_their_own, 0, sizeof sharded / sizeof *sharded);
    tcase_add_test(t, a_later_step_has_its_own_weights);
    tcase_add_test(t, an_evaluation_takes_no_more_images_than_a_part);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
