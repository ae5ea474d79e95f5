/* The configuration of one run: the typed schema of everything that can be set, the effective values after the
 * model, data set, solver and quantizer had their say, and the identity that decides whether two runs are the same.
 *
 * Invariant: `identity` holds the QB_OPT_IDENTITY keys, canonical, by the rules of identity.h, so cells that differ in
 * ignored keys only are one.
 */
#ifndef QB_CONFIG_H
#define QB_CONFIG_H

#include "base/json.h"
#include "base/option.h"
#include "datasets/chain.h"
#include "datasets/datasets.h"
#include "models/models.h"
#include "quant/plugin.h"

#include <stdint.h>

/* Keys: model dataset data_dir solver solver_path bits quantizer granularity quant_period quant_warmup quant_shrink
 * anneal_start anneal_end seed epochs batch optimizer lr lr_schedule momentum beta1 beta2 eps weight_decay
 * label_smoothing drop_path grad_clip shards layer_bits image_size norm_mean norm_std val_fraction flip crop augment
 * mixup cutmix repeat_augment drop_last init on_bad_image
 * train_limit test_limit eval_every threads loader_threads dtype time_limit checkpoint_every diagnostics experiment runs_dir. */
const qb_option *qb_run_schema(size_t *ret_n);

typedef struct qb_config {
    qb_settings settings; /* over qb_run_schema */
    qb_settings written;  /* as they were before limits and spans came to what they are with the table's sizes; else n = 0 */
    bool is_other_size;   /* the data have other sizes than the table */
    const qb_plugin *plugin;
    qb_settings solver; /* over plugin->options */
    const qb_dataset_info *dataset;
    const qb_model *model;
    bool full_precision; /* the solver quantizes nothing: bits, quantizer, ... are ignored */
    bool owns_levels;    /* the solver has its own levels: quantizer and period are ignored */
    int bits;            /* 1..8, 0 = ternary */
    int8_t *param_bits;  /* n_params, in the order of the network: as qb_layer_bits_resolve; NULL: no layer_bits */
    size_t n_params;
    char init_sha256[65]; /* of the weights that the run starts from (qb_state_dict_hash); "": drawn from the seed */
    int64_t n_train, n_test, steps_per_epoch, n_steps; /* of the data set's size and the limits; 0: see qb_config_resolve */
    int64_t warmup;                                    /* steps, as below */
    double anneal_start, anneal_end;
    qb_augmentation augmentation; /* by augment, flip and crop */
    json_t *identity; /* object: identity keys, plus "solver_version"; solver as its canonical spec */
    double scale;     /* of the plan that shortened the run to these values, for its record; 0: none did */
} qb_config;

/* Resolves and checks everything that can be checked without opening the data. Errors name the key:
 * QB_E_USAGE (unknown model, solver, data set; value out of range), QB_E_CONFIG (combination that cannot work),
 * QB_E_UNAVAILABLE / QB_E_NOINPUT (plugin). settings are copied. */
int qb_config_create(const qb_settings *settings, qb_config **ret_config);

/* The same with the plugin of the solver, whatever its name finds here; NULL: it is looked for. */
int qb_config_create_with(const qb_settings *settings, const qb_plugin *plugin, qb_config **ret_config);
void qb_config_destroy(qb_config *c);

/* The steps of a run on a data set without a fixed size, or whose data have other sizes than the table says (a part of MNIST),
 * which are not known before the data are open: images of the opened set. Identity and settings stay; does nothing where the
 * steps are known. QB_E_CONFIG, naming the key: a span that does not
 * fit into that many steps; QB_E_DATA: no images to train on. */
int qb_config_resolve(qb_config *c, int64_t n_train, int64_t n_test);

/* SHA-256 of identity + data fingerprint: the key of the run. */
int qb_config_key(const qb_config *c, const char *data_fingerprint, char ret_key[65]);

/* RUNS_DIR/EXPERIMENT/MODEL-DATASET/SOLVER-wBITS/sSEED-KEY12. Caller frees. */
char *qb_config_dir(const qb_config *c, const char *key);

/* --runs-dir (flag, NULL: not given), else QATBENCH_RUNS, else that of the user's configuration file, else "runs". *ret_source: which
 * of them, "--runs-dir", "QATBENCH_RUNS", "config.yaml" or "default". Borrowed. */
const char *qb_config_runs_place(const char *flag, const char **ret_source);

/* The same of settings. Caller frees. */
char *qb_config_runs_dir(const qb_settings *settings);

/* The one line that runs this configuration again: "qatbench train --model ... " with every key that differs
 * from its default. Caller frees. */
char *qb_config_command(const qb_config *c);

#endif
