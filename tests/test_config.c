/* The run's schema and identity: what makes two runs the same, what is refused, and what the message says. */
#include "qb_test.h"

#include "base/err.h"
#include "base/mem.h"
#include "train/config.h"

#include <string.h>

/* Settings of a small run with `changes` = "key=value;key=value". */
static int make(const char *changes, qb_config **ret_config)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    qb_settings s;
    ck_assert_int_eq(qb_settings_init(&s, schema, n), 0);
    char *text = qb_sprintf("model=resnet8;dataset=synthetic;epochs=2;%s", changes);
    int rc = 0;
    for (char *save = NULL, *item = strtok_r(text, ";", &save); item && rc == 0; item = strtok_r(NULL, ";", &save)) {
        char *equals = strchr(item, '=');
        *equals = '\0';
        rc = qb_settings_set(&s, item, equals + 1);
    }
    if (rc == 0)
        rc = qb_config_create(&s, ret_config);
    qb_settings_finish(&s);
    qb_free(text);
    return rc;
}

static void key_of(const char *changes, char key[65])
{
    qb_config *c = NULL;
    ck_assert_msg(make(changes, &c) == 0, "%s: %s", changes, qb_err_text());
    ck_assert_int_eq(qb_config_key(c, "data", key), 0);
    qb_config_destroy(c);
}

static const struct {
    const char *a, *b;
    int same;
} pairs[] = {
    {"", "lr=0.1;batch=128", 1},                                       /* defaults given explicitly */
    {"lr=0.1;batch=64", "batch=64;lr=1e-1", 1},                        /* order and spelling */
    {"solver=parq", "solver=parq[steepness=10]", 1},                   /* the solver's default */
    {"solver=parq[steepness=20]", "solver=parq", 0},
    {"solver=none", "solver=none;bits=4;quantizer=unif;quant_period=3", 1}, /* ignored by none */
    {"solver=ste", "solver=ste;bits=4", 0},
    {"solver=ste;bits=0", "solver=ste;bits=ternary", 1},
    {"solver=ste", "solver=ste;anneal_end=2ep", 1},                    /* the end of the run either way */
    {"solver=ste;anneal_end=40st", "solver=ste;anneal_end=1ep", 1},    /* 5,000 images in batches of 128: 40 steps */
    {"train_limit=5000", "", 1},                                       /* no limit at all */
    {"train_limit=4999", "", 0},
    {"threads=1", "threads=2;loader_threads=3;checkpoint_every=10st", 1}, /* not part of the experiment */
    {"beta2=0.9", "", 1},                                              /* sgd ignores it */
    {"optimizer=adamw;beta2=0.9", "optimizer=adamw", 0},
    {"optimizer=adamw;momentum=0.5", "optimizer=adamw", 1},
    {"lr_schedule=cosine", "lr_schedule=cosine[min=0]", 1},
    {"seed=1", "seed=2", 0},
};

START_TEST(keys)
{
    char a[65], b[65];
    key_of(pairs[_i].a, a);
    key_of(pairs[_i].b, b);
    ck_assert_msg((strcmp(a, b) == 0) == pairs[_i].same, "'%s' and '%s'", pairs[_i].a, pairs[_i].b);
}
END_TEST

/* Spans of epochs in whole steps, wherever they are whole: 5,000 images. The steps of 0.1.0 stay where they were right. */
static const struct {
    const char *span;
    int batch;
    const char *warmup, *start; /* as recorded */
} spans[] = {
    {"0.29ep", 50, "29st", "29st"},  {"0.57ep", 50, "57st", "57st"}, {"1.14ep", 50, "114st", "114st"}, {"2.3ep", 50, "230st", "230st"},
    {"0.07ep", 50, "7st", "7st"},    {"0.1ep", 500, "1st", "1st"},   {"0.5ep", 128, "20st", "20st"},   {"1ep", 5000, "1st", "1st"},
    {"0.3333ep", 50, "33st", "0.3333ep"}, /* 33.33 steps: a warm-up ends with a whole one, a window may begin between two */
    {"0.299ep", 50, "29st", "0.299ep"}, {"29st", 50, "29st", "29st"}, {"0.009ep", 50, "0st", "0.009ep"},
};

START_TEST(spans_become_steps)
{
    qb_config *c = NULL;
    char *changes = qb_sprintf("solver=ste;epochs=3;batch=%d;quant_warmup=%s;anneal_start=%s", spans[_i].batch, spans[_i].span, spans[_i].span);
    ck_assert_msg(make(changes, &c) == 0, "%s: %s", changes, qb_err_text());
    ck_assert_str_eq(json_string_value(json_object_get(c->identity, "quant_warmup")), spans[_i].warmup);
    ck_assert_str_eq(json_string_value(json_object_get(c->identity, "anneal_start")), spans[_i].start);
    qb_free(changes);
    qb_config_destroy(c);
}
END_TEST

/* Every identity key, set to something else, gives another key: generated from the schema, so that a new one cannot
 * be forgotten. */
START_TEST(every_identity_key_counts)
{
    static const struct {
        const char *key, *other;
    } others[] = {
        {"model", "resnet20"}, {"dataset", "cifar10"}, {"train_limit", "100"}, {"test_limit", "100"}, {"flip", "true"},
        {"crop", "true"}, {"solver", "ste"}, {"bits", "3"}, {"quantizer", "unif"}, {"granularity", "row"},
        {"quant_period", "3"}, {"quant_warmup", "5st"}, {"quant_shrink", "true"}, {"anneal_start", "5st"},
        {"anneal_end", "1ep"}, {"epochs", "3"}, {"batch", "64"}, {"optimizer", "adamw"}, {"lr", "0.2"},
        {"lr_schedule", "cosine"}, {"momentum", "0.5"}, {"beta1", "0.5"}, {"beta2", "0.5"}, {"eps", "1e-7"},
        {"weight_decay", "1e-3"}, {"label_smoothing", "0.1"}, {"seed", "7"}, {"dtype", "bf16"}, {"eval_every", "2"},
    };
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    for (size_t i = 0; i < n; i++) {
        const char *other = NULL;
        for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
            if (strcmp(others[k].key, schema[i].name) == 0)
                other = others[k].other;
        if (!(schema[i].flags & QB_OPT_IDENTITY) || schema[i].flags & QB_OPT_LATER) /* later ones: test_identity.c */
            continue;
        ck_assert_msg(other, "%s: give this test another value", schema[i].name);
        char a[65], b[65];
        const char *base = strncmp(schema[i].name, "beta", 4) == 0 || strcmp(schema[i].name, "eps") == 0
                               ? "solver=parq;optimizer=adam" : "solver=parq";
        char *changed = qb_sprintf("%s;%s=%s", base, schema[i].name, other);
        key_of(base, a);
        key_of(changed, b);
        ck_assert_msg(strcmp(a, b) != 0, "%s does not change the key", schema[i].name);
        qb_free(changed);
    }
}
END_TEST

static const struct {
    const char *changes;
    int code;
    const char *text;
} refusals[] = {
    {"model=resnet21", QB_E_USAGE, "resnet21"},
    {"dataset=cifar11", QB_E_USAGE, "cifar11"},
    {"solver=parx", QB_E_USAGE, "parx"},
    {"solver=parq[steepnes=3]", QB_E_USAGE, "steepnes"},
    {"solver=parq[steepness=-1]", QB_E_USAGE, "steepness"},
    {"solver=ste;quantizer=lsbx", QB_E_USAGE, "lsbx"},
    {"solver=ste;quantizer=maxunif;bits=1", QB_E_NOT_OFFERED, "maxunif"},
    {"solver=ste;granularity=column", QB_E_USAGE, "granularity: expected tensor, row or block[size=N], got 'column'"},
    {"solver=ste;granularity=row[size=3]", QB_E_USAGE, "granularity: 'row' takes no options, got 'size'"},
    {"solver=parq;anneal_end=3ep", QB_E_CONFIG, "anneal_end: 3ep is past the end of training (2ep, 80 steps)"},
    {"solver=parq;anneal_start=1ep;anneal_end=40st", QB_E_CONFIG, "anneal_start: 1ep is not before anneal_end (step 40)"},
    {"batch=16;shards=17", QB_E_CONFIG, "shards: 17 parts of a batch of 16 images would leave some empty"},
    {"shards=0", QB_E_USAGE, "shards"},
    {"augment=deit;flip=true", QB_E_CONFIG, "augment: 'deit' says what flip is to be, which is given too"},
    {"augment=none;crop=false", QB_E_CONFIG, "augment: 'none' says what crop is to be, which is given too"},
    {"augment=flip-crop;flip=true;crop=true", QB_E_CONFIG, "augment: 'flip-crop' says what flip is to be, which is given too"},
    {"dataset=fashion-mnist;augment=resnet", QB_E_CONFIG, "augment: 'resnet' is for images of 3 channels, those of data set 'fashion-mnist' have 1"},
    {"augment=diet", QB_E_USAGE, "augment: expected"},
    {"mixup=-1", QB_E_USAGE, "mixup"},
    {"cutmix=x", QB_E_USAGE, "cutmix"},
    {"repeat_augment=-1", QB_E_USAGE, "repeat_augment"},
    {"grad_clip=0", QB_E_USAGE, "grad_clip"},
    {"drop_path=1", QB_E_USAGE, "drop_path"},
    {"drop_path=0.1", QB_E_CONFIG, "drop_path: model 'resnet8' has no residual branch that can be left out"},
    {"solver=parq;quant_warmup=2ep", QB_E_CONFIG, "quant_warmup: 2ep leaves no quantized step"},
    {"solver=par-nonconvex;quant_shrink=true", QB_E_CONFIG, "quant_shrink"},
    {"experiment=../elsewhere", QB_E_USAGE, "experiment: expected the name of one folder"},
    {"lr_schedule=cosin", QB_E_USAGE, "cosin"},
};

START_TEST(refuses)
{
    qb_config *c = NULL;
    ck_assert_int_eq(make(refusals[_i].changes, &c), refusals[_i].code);
    ck_assert_ptr_null(c);
    ck_assert_msg(strstr(qb_err_text(), refusals[_i].text), "%s: %s", refusals[_i].changes, qb_err_text());
}
END_TEST

/* ---- augmentation ---- */

static const struct {
    const char *changes;
    const char *augment, *flip, *crop; /* in the identity, as JSON; augment NULL: absent */
    const char *command;               /* a part of it */
    const char *chain;                 /* what holds */
} augmented[] = {
    {"dataset=cifar10", NULL, "true", "true", " --flip --crop", NULL},
    {"dataset=cifar10;augment=flip-crop", NULL, "true", "true", " --flip --crop", NULL},
    {"dataset=cifar10;augment=none", NULL, "false", "false", " --no-flip --no-crop", NULL},
    {"dataset=cifar10;flip=false", NULL, "false", "true", " --no-flip", NULL},
    {"dataset=cifar10;augment=deit", "\"deit\"", "null", "null", " --augment deit", "deit"},
    {"dataset=synthetic", NULL, "false", "false", "", NULL},
    {"dataset=synthetic;augment=resnet", "\"resnet\"", "null", "null", " --augment resnet", "resnet"},
    {"dataset=folder", NULL, "null", "null", "", "resnet"},
    {"dataset=imagenet;augment=resnet", NULL, "null", "null", "", "resnet"},
    {"dataset=folder;augment=deit", "\"deit\"", "null", "null", " --augment deit", "deit"},
    {"dataset=folder;augment=none", NULL, "false", "false", " --no-flip --no-crop", NULL},
    {"dataset=folder;flip=true", NULL, "true", "false", " --flip", NULL}, /* what is given holds, not the set's chain */
    {"dataset=folder;augment=flip-crop", NULL, "true", "true", " --flip --crop", NULL},
};

static char *member(const qb_config *c, const char *key)
{
    const json_t *v = json_object_get(c->identity, key);
    return v ? qb_json_compact(v) : NULL;
}

START_TEST(one_text_for_one_augmentation)
{
    qb_config *c = NULL;
    ck_assert_msg(make(augmented[_i].changes, &c) == 0, "%s: %s", augmented[_i].changes, qb_err_text());
    char *augment = member(c, "augment"), *flip = member(c, "flip"), *crop = member(c, "crop"), *command = qb_config_command(c);
    ck_assert_msg((augment != NULL) == (augmented[_i].augment != NULL), "%s", augmented[_i].changes);
    ck_assert(!augment || strcmp(augment, augmented[_i].augment) == 0);
    ck_assert_str_eq(flip, augmented[_i].flip);
    ck_assert_str_eq(crop, augmented[_i].crop);
    ck_assert((c->augmentation.chain == NULL) == (augmented[_i].chain == NULL));
    ck_assert(!c->augmentation.chain || strcmp(c->augmentation.chain, augmented[_i].chain) == 0);
    ck_assert_int_eq(c->augmentation.flip, strcmp(flip, "true") == 0);
    ck_assert_int_eq(c->augmentation.crop_pad, strcmp(crop, "true") == 0 ? 4 : 0);
    ck_assert_msg(strstr(command, augmented[_i].command), "%s", command);
    if (!strstr(augmented[_i].command, "--augment"))
        ck_assert_msg(!strstr(command, "--augment"), "%s", command);
    char *texts[] = {augment, flip, crop, command};
    for (size_t i = 0; i < 4; i++)
        qb_free(texts[i]);
    qb_config_destroy(c);
}
END_TEST

static const struct {
    const char *changes;
    int64_t n_steps; /* of 2 epochs */
    const char *repeat, *drop; /* in the identity, as JSON; NULL: absent */
} lengths[] = {
    {"train_limit=100;batch=16", 14, NULL, NULL},
    {"train_limit=100;batch=16;drop_last=true", 12, NULL, "true"},
    {"train_limit=96;batch=16;drop_last=true", 12, NULL, "true"},
    {"train_limit=100;batch=16;repeat_augment=3", 12, "3", NULL},
    {"train_limit=100;batch=16;repeat_augment=3;drop_last=true", 12, "3", NULL}, /* which changes nothing */
    {"train_limit=100;batch=16;repeat_augment=1", 12, NULL, "true"},             /* another word for drop_last */
    {"train_limit=10;batch=16;drop_last=true", 2, NULL, "true"},                 /* a batch of all there are */
    {"train_limit=10;batch=16;repeat_augment=2", 2, "2", NULL},
};

START_TEST(an_epoch_is_as_long_as_its_batches)
{
    qb_config *c = NULL;
    ck_assert_msg(make(lengths[_i].changes, &c) == 0, "%s: %s", lengths[_i].changes, qb_err_text());
    char *repeat = member(c, "repeat_augment"), *drop = member(c, "drop_last");
    ck_assert_int_eq(c->n_steps, lengths[_i].n_steps);
    ck_assert((repeat != NULL) == (lengths[_i].repeat != NULL) && (drop != NULL) == (lengths[_i].drop != NULL));
    ck_assert(!repeat || strcmp(repeat, lengths[_i].repeat) == 0);
    ck_assert(!drop || strcmp(drop, lengths[_i].drop) == 0);
    qb_free(repeat);
    qb_free(drop);
    qb_config_destroy(c);
}
END_TEST

START_TEST(command_reproduces_the_key)
{
    qb_config *c = NULL;
    ck_assert_int_eq(make("solver=parq[steepness=20];bits=ternary;lr=0.05;flip=true;seed=3", &c), 0);
    char *command = qb_config_command(c);
    /* found through QATBENCH_SOLVER_PATH, so not one of the program's own: named by its file */
    ck_assert_ptr_nonnull(strstr(command, "--solver './parq.so[steepness=20]'"));
    ck_assert_ptr_nonnull(strstr(command, "--bits ternary"));
    ck_assert_ptr_nonnull(strstr(command, "--lr 0.05"));
    ck_assert_ptr_nonnull(strstr(command, "--flip"));
    ck_assert_ptr_nonnull(strstr(command, "--seed 3"));
    ck_assert_ptr_null(strstr(command, "--momentum"));
    qb_free(command);
    char *dir = qb_config_dir(c, "0123456789abcdef");
    ck_assert_str_eq(dir, "runs/train/resnet8-synthetic/parq,steepness=20-wt/s3-0123456789ab");
    qb_free(dir);
    qb_config_destroy(c);
}
END_TEST

START_TEST(nothing_is_leaked)
{
    long before = qb_mem_live_blocks();
    qb_config *c = NULL;
    ck_assert_int_eq(make("solver=parq", &c), 0);
    qb_config_destroy(c);
    /* the plugin itself stays loaded, on purpose: count again with it there */
    before = qb_mem_live_blocks();
    ck_assert_int_eq(make("solver=parq", &c), 0);
    qb_config_destroy(c);
    ck_assert_int_eq(qb_mem_live_blocks(), before);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("config");
    TCase *t = tcase_create("config");
    tcase_add_loop_test(t, keys, 0, sizeof pairs / sizeof pairs[0]);
    tcase_add_loop_test(t, spans_become_steps, 0, sizeof spans / sizeof spans[0]);
    tcase_add_test(t, every_identity_key_counts);
    tcase_add_loop_test(t, refuses, 0, sizeof refusals / sizeof refusals[0]);
    tcase_add_loop_test(t, one_text_for_one_augmentation, 0, sizeof augmented / sizeof augmented[0]);
    tcase_add_loop_test(t, an_epoch_is_as_long_as_its_batches, 0, sizeof lengths / sizeof lengths[0]);
    tcase_add_test(t, command_reproduces_the_key);
    tcase_add_test(t, nothing_is_leaked);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
