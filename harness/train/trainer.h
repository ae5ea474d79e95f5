/* The objects of one training run, put together from its configuration, and the training step itself. */
#ifndef QB_TRAINER_H
#define QB_TRAINER_H

#include "engine/net.h"
#include "engine/optim.h"
#include "engine/schedule.h"
#include "quant/quant.h"
#include "train/config.h"
#include "train/gradient.h"
#include "train/loader.h"

typedef struct qb_trainer {
    const qb_config *config;
    qb_graph *graph;
    qb_net *net;
    qb_gradient *gradient;
    qb_optim *optim;
    qb_quant *quant;
    qb_schedule *schedule;
    qb_loader *train, *test; /* test: NULL when the test split is empty */
    float *finished;         /* slab for finished weights */
    bool new_classifier; /* the weights it starts from are of another number of classes: the classifier is drawn from the seed */
    double label_smoothing;
    int shards; /* parts that a batch is cut in */
} qb_trainer;

/* The loader of a split as the configuration says. config: its n_train and n_test are those of the data (qb_config_resolve), or
 * the caller sets `n` itself. */
qb_loader_options qb_trainer_loader(const qb_config *config, const qb_dataset *data, int split);

/* `config` has its steps (qb_config_resolve); `data` is loaded, and borrowed; only the first config->n_train and n_test samples
 * of the splits are used. Weights are initialised from the seed, or are those of key `init` (QB_E_DATA: they do not fit, or are
 * no longer those of the identity). */
int qb_trainer_create(const qb_config *config, const qb_dataset *data, int threads, qb_trainer **ret_trainer);

/* One that takes no step and sees no images: a checkpoint is loaded into it to be looked at. Of the data only the shape of an
 * image and the number of classes are needed; `init` is not read. Weights are float32 whatever the run's dtype. */
int qb_trainer_create_idle(const qb_config *config, const qb_dataset_info *info, int threads, qb_trainer **ret_trainer);
void qb_trainer_destroy(qb_trainer *t);

/* One step on the loader's next batch; QB_OK also when the loss is not finite (ret_loss->finite), and then the
 * weights are left as they were. */
int qb_trainer_step(qb_trainer *t, int64_t step, qb_loss *ret_loss);

double qb_trainer_lr(const qb_trainer *t, int64_t step);

#endif
