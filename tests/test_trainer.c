/* The training step as a whole: loader, network, solver's hooks, refresh of the levels, base optimizer. */
#include "qb_test.h"

#include "base/err.h"
#include "base/mem.h"
#include "datasets/datasets.h"
#include "train/trainer.h"

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

static Suite *suite(void)
{
    Suite *s = suite_create("trainer");
    TCase *t = tcase_create("step");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, a_step_allocates_nothing, 0, N_TRAININGS);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
