/* The identity only grows: runs of version 0.1.0 keep their keys, whatever keys were added since. */
#include "qb_test.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/cells.h"
#include "train/config.h"
#include "train/identity.h"

#include <math.h>
#include <string.h>

/* Identity keys with the defaults that they were released with; NULL: none. These never change. A key that is newer than
 * 0.1.0 gets QB_OPT_LATER, and a line here when it is released. */
static const struct {
    const char *key, *def;
    bool is_later;
} released[] = {
    {"model", NULL, false},           {"dataset", NULL, false},         {"train_limit", NULL, false},
    {"test_limit", NULL, false},      {"flip", NULL, false},            {"crop", NULL, false},
    {"solver", "none", false},        {"bits", "2", false},             {"quantizer", "lsbq", false},
    {"granularity", "tensor", false}, {"quant_period", "10", false},    {"quant_warmup", "0", false},
    {"quant_shrink", "false", false}, {"anneal_start", "0", false},     {"anneal_end", NULL, false},
    {"epochs", NULL, false},          {"batch", "128", false},          {"optimizer", "sgd", false},
    {"lr", "0.1", false},             {"lr_schedule", "constant", false}, {"momentum", "0.9", false},
    {"beta1", "0.9", false},          {"beta2", "0.999", false},        {"eps", "1e-8", false},
    {"weight_decay", "0.0002", false}, {"label_smoothing", "0", false}, {"seed", "1", false},
    {"dtype", "fp32", false},         {"eval_every", "1", false},      {"layer_bits", "none", true},
};
enum { N_RELEASED = sizeof released / sizeof *released };

START_TEST(released_defaults_stay)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    for (size_t i = 0; i < N_RELEASED; i++) {
        const qb_option *o = qb_option_find(schema, n, released[i].key);
        ck_assert_msg(o && o->flags & QB_OPT_IDENTITY, "%s: was an identity key of a release", released[i].key);
        ck_assert_msg(released[i].def ? o->def && strcmp(o->def, released[i].def) == 0 : !o->def, "%s: its released default is %s",
                      o->name, released[i].def ? released[i].def : "none");
        ck_assert_msg(((o->flags & QB_OPT_LATER) != 0) == released[i].is_later, "%s: QB_OPT_LATER", o->name);
    }
    for (size_t i = 0; i < n; i++) {
        bool known = !(schema[i].flags & QB_OPT_IDENTITY) || schema[i].flags & QB_OPT_LATER;
        for (size_t k = 0; k < N_RELEASED; k++)
            known = known || strcmp(schema[i].name, released[k].key) == 0;
        ck_assert_msg(known, "%s: an identity key that is newer than 0.1.0 needs QB_OPT_LATER", schema[i].name);
        bool is_usable = !(schema[i].flags & QB_OPT_LATER) || schema[i].def || schema[i].flags & QB_OPT_NULLABLE;
        ck_assert_msg(is_usable, "%s: a later key needs a default, or QB_OPT_NULLABLE", schema[i].name);
    }
}
END_TEST

START_TEST(places_in_captions_are_1_2_3)
{
    size_t n, n_named = 0;
    const qb_option *schema = qb_run_schema(&n);
    bool taken[256] = {false};
    for (size_t i = 0; i < n; i++) {
        unsigned place = QB_KEY_CAPTION_PLACE(schema[i].flags);
        ck_assert_msg(place == 0 || !taken[place], "%s: its place %u in captions is taken", schema[i].name, place);
        taken[place] = true;
        n_named += place > 0;
    }
    for (size_t place = 1; place <= n_named; place++)
        ck_assert_msg(taken[place], "no key has place %zu in captions", place);
}
END_TEST

/* ---- configurations as version 0.1.0 recorded them: 32 images in batches of 16, synthetic data ---- */

#define DATA_OF_0_1_0 "328abcde67bf713c64f884f217b13deaea14ae503220c7fead5e9067a8fa3ed5"

static const struct {
    const char *settings, *identity, *key;
} recorded[] = {
    {"solver=none",
     "{\"anneal_end\":null,\"anneal_start\":null,\"batch\":16,\"beta1\":null,\"beta2\":null,\"bits\":null,\"crop\":false,"
     "\"dataset\":\"synthetic\",\"dtype\":\"fp32\",\"epochs\":2,\"eps\":null,\"eval_every\":1,\"flip\":false,\"granularity\":null,"
     "\"label_smoothing\":0.0,\"lr\":0.1,\"lr_schedule\":\"constant\",\"model\":\"resnet8\",\"momentum\":0.9,\"optimizer\":\"sgd\","
     "\"quant_period\":null,\"quant_shrink\":null,\"quant_warmup\":null,\"quantizer\":null,\"seed\":1,\"solver\":\"none\","
     "\"solver_version\":\"1.0\",\"test_limit\":16,\"train_limit\":32,\"weight_decay\":0.0002}",
     "54d8cee6640893112d34d056bba8be9d9e80d9e98e353f87851ef0e6a9f83a51"},
    {"solver=ste;bits=ternary;quant_warmup=0.5ep;granularity=row",
     "{\"anneal_end\":\"4st\",\"anneal_start\":\"0st\",\"batch\":16,\"beta1\":null,\"beta2\":null,\"bits\":\"ternary\",\"crop\":false,"
     "\"dataset\":\"synthetic\",\"dtype\":\"fp32\",\"epochs\":2,\"eps\":null,\"eval_every\":1,\"flip\":false,\"granularity\":\"row\","
     "\"label_smoothing\":0.0,\"lr\":0.1,\"lr_schedule\":\"constant\",\"model\":\"resnet8\",\"momentum\":0.9,\"optimizer\":\"sgd\","
     "\"quant_period\":10,\"quant_shrink\":false,\"quant_warmup\":\"1st\",\"quantizer\":\"lsbq\",\"seed\":1,\"solver\":\"ste\","
     "\"solver_version\":\"1.0\",\"test_limit\":16,\"train_limit\":32,\"weight_decay\":0.0002}",
     "58a27e7e55fc1c7ecba46d7118a6aa111c4b83278bbc2acc42b2c433600d363d"},
    {"solver=parq[steepness=20];anneal_start=0.3ep;anneal_end=1.7ep;optimizer=adamw;lr=1e-3",
     "{\"anneal_end\":\"1.7ep\",\"anneal_start\":\"0.3ep\",\"batch\":16,\"beta1\":0.9,\"beta2\":0.999,\"bits\":2,\"crop\":false,"
     "\"dataset\":\"synthetic\",\"dtype\":\"fp32\",\"epochs\":2,\"eps\":1e-08,\"eval_every\":1,\"flip\":false,"
     "\"granularity\":\"tensor\",\"label_smoothing\":0.0,\"lr\":0.001,\"lr_schedule\":\"constant\",\"model\":\"resnet8\","
     "\"momentum\":null,\"optimizer\":\"adamw\",\"quant_period\":10,\"quant_shrink\":false,\"quant_warmup\":\"0st\","
     "\"quantizer\":\"lsbq\",\"seed\":1,\"solver\":\"parq[steepness=20]\",\"solver_version\":\"1.0\",\"test_limit\":16,"
     "\"train_limit\":32,\"weight_decay\":0.0002}",
     "31377bdb0644793f2a0479b774e37340977940a1881223e877312cf5ea29e1df"},
    {"solver=binaryrelax;bits=1;flip=true;lr_schedule=cosine[warmup=1];quant_period=0",
     "{\"anneal_end\":\"4st\",\"anneal_start\":\"0st\",\"batch\":16,\"beta1\":null,\"beta2\":null,\"bits\":1,\"crop\":false,"
     "\"dataset\":\"synthetic\",\"dtype\":\"fp32\",\"epochs\":2,\"eps\":null,\"eval_every\":1,\"flip\":true,"
     "\"granularity\":\"tensor\",\"label_smoothing\":0.0,\"lr\":0.1,\"lr_schedule\":\"cosine[warmup=1]\",\"model\":\"resnet8\","
     "\"momentum\":0.9,\"optimizer\":\"sgd\",\"quant_period\":0,\"quant_shrink\":false,\"quant_warmup\":\"0st\","
     "\"quantizer\":\"lsbq\",\"seed\":1,\"solver\":\"binaryrelax\",\"solver_version\":\"1.0\",\"test_limit\":16,\"train_limit\":32,"
     "\"weight_decay\":0.0002}",
     "b03153ca34eec366254dbf39d354fcbc0baff946332f0cd09730fc01409dba92"},
    {"solver=lsq;bits=3;optimizer=adam;label_smoothing=0.1;seed=7",
     "{\"anneal_end\":\"4st\",\"anneal_start\":\"0st\",\"batch\":16,\"beta1\":0.9,\"beta2\":0.999,\"bits\":3,\"crop\":false,"
     "\"dataset\":\"synthetic\",\"dtype\":\"fp32\",\"epochs\":2,\"eps\":1e-08,\"eval_every\":1,\"flip\":false,"
     "\"granularity\":\"tensor\",\"label_smoothing\":0.1,\"lr\":0.1,\"lr_schedule\":\"constant\",\"model\":\"resnet8\","
     "\"momentum\":null,\"optimizer\":\"adam\",\"quant_period\":null,\"quant_shrink\":false,\"quant_warmup\":\"0st\","
     "\"quantizer\":null,\"seed\":7,\"solver\":\"lsq\",\"solver_version\":\"1.0\",\"test_limit\":16,\"train_limit\":32,"
     "\"weight_decay\":0.0002}",
     "32d868f12a9241e931eb43778ea991e47b00ed723bc2bf732a66884102d026e0"},
};
enum { N_RECORDED = sizeof recorded / sizeof *recorded };

/* "key=value;key=value" on top of the recorded runs' data and length. */
static qb_config *make(const char *changes)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    qb_settings s;
    qb_config *c = NULL;
    ck_assert_int_eq(qb_settings_init(&s, schema, n), 0);
    char *text = qb_sprintf("model=resnet8;dataset=synthetic;epochs=2;train_limit=32;test_limit=16;batch=16;%s", changes);
    for (char *save = NULL, *item = strtok_r(text, ";", &save); item; item = strtok_r(NULL, ";", &save)) {
        char *equals = strchr(item, '=');
        *equals = '\0';
        ck_assert_msg(qb_settings_set(&s, item, equals + 1) == 0, "%s", qb_err_text());
    }
    ck_assert_msg(qb_config_create(&s, &c) == 0, "%s: %s", changes, qb_err_text());
    qb_settings_finish(&s);
    qb_free(text);
    return c;
}

START_TEST(old_runs_keep_their_keys)
{
    qb_config *c = make(recorded[_i].settings);
    char *identity = qb_json_compact(c->identity), key[65];
    ck_assert_str_eq(identity, recorded[_i].identity);
    ck_assert_int_eq(qb_config_key(c, DATA_OF_0_1_0, key), 0);
    ck_assert_str_eq(key, recorded[_i].key);
    qb_free(identity);
    qb_config_destroy(c);
}
END_TEST

/* ---- every later key of the schema ---- */

/* A value that is allowed and not the default, made from the row. */
static char *other_value(const qb_option *o)
{
    static const struct {
        const char *key, *value;
    } words[] = {{"layer_bits", "conv1=8"}, {"init", "tests/golden/proxmaps.safetensors"}, {"augment", "resnet"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].key, o->name) == 0)
            return qb_strdup(words[i].value);
    }
    qb_value def = {0};
    if (o->def)
        ck_assert_int_eq(qb_value_parse(o, o->def, &def), 0);
    char *other = NULL;
    switch (o->kind) {
    case QB_KIND_BOOL: other = qb_strdup(def.b ? "false" : "true"); break;
    case QB_KIND_INT: other = qb_sprintf("%lld", o->def && def.i + 1 <= o->max ? def.i + 1 : (long long)o->min + (o->def ? 0 : 1)); break;
    case QB_KIND_REAL: other = qb_sprintf("%g", def.r > o->min ? (def.r + o->min) / 2 : fmin(o->min + 0.5, (o->min + o->max) / 2)); break;
    case QB_KIND_CHOICE: other = qb_strdup(o->def && strcmp(o->choices[0], o->def) == 0 ? o->choices[1] : o->choices[0]); break;
    case QB_KIND_SPAN: other = qb_strdup("3st"); break;
    default: ck_abort_msg("%s: give this test a value that is not the default", o->name);
    }
    qb_value_finish(&def);
    return other;
}

static void key_of(const char *changes, char key[65])
{
    qb_config *c = make(changes);
    ck_assert_int_eq(qb_config_key(c, DATA_OF_0_1_0, key), 0);
    qb_config_destroy(c);
}

START_TEST(later_keys_count_away_from_their_default_only)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    for (size_t i = 0; i < n; i++) {
        const qb_option *o = &schema[i];
        char a[65], b[65];
        bool is_later = o->flags & QB_OPT_LATER && o->flags & QB_OPT_IDENTITY;
        if (!is_later)
            continue;
        const bool is_of_folders = strstr("image_size norm_mean norm_std val_fraction", o->name) != NULL; /* others refuse them */
        const char *taker = is_of_folders ? ";dataset=folder" : strcmp(o->name, "drop_path") == 0 ? ";model=deit_cifar" : "";
        char *base = qb_sprintf("%s%s", recorded[1].settings, taker);
        key_of(base, a);
        char *same = qb_sprintf("%s;%s=%s", base, o->name, o->def ? o->def : "");
        char *other = qb_starts_with(o->name, "norm_") ? qb_strdup("0.5/0.5/0.25") : other_value(o);
        char *changed = qb_sprintf("%s;%s=%s", base, o->name, other);
        key_of(same, b);
        ck_assert_msg((*taker || strcmp(b, recorded[1].key) == 0) && strcmp(a, b) == 0, "%s: its default changes the key of a run",
                      o->name);
        key_of(changed, b);
        ck_assert_msg(strcmp(a, b) != 0, "%s=%s does not change the key", o->name, other);
        qb_free(base);
        qb_free(same);
        qb_free(other);
        qb_free(changed);
    }
}
END_TEST

START_TEST(what_changes_no_number_is_no_identity)
{
    static const char *const keys[] = {"threads", "loader_threads", "data_dir", "solver_path", "runs_dir", "experiment",
                                       "checkpoint_every", "time_limit", "diagnostics"};
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const qb_option *o = qb_option_find(schema, n, keys[i]);
        ck_assert_msg(!o || !(o->flags & QB_OPT_IDENTITY), "%s is part of the identity", keys[i]);
    }
}
END_TEST

/* ---- the rules, on a made-up schema ---- */

#define LATER (QB_OPT_IDENTITY | QB_OPT_LATER)

static const qb_option made_up[] = {
    {"model", QB_KIND_TEXT, NULL, 0, 0, NULL, "", "", QB_OPT_IDENTITY | QB_OPT_REQUIRED, NULL},
    {"bits", QB_KIND_BITS, "2", 0, 0, NULL, "", "", QB_OPT_IDENTITY | QB_KEY_QUANTIZATION, NULL},
    {"parts", QB_KIND_INT, "1", 1, 64, NULL, "", "", LATER, NULL},
    {"clip", QB_KIND_REAL, NULL, 0, 100, NULL, "", "", LATER | QB_OPT_NULLABLE, NULL},
    {"size", QB_KIND_INT, NULL, 1, 999, NULL, "", "", LATER | QB_OPT_NULLABLE, NULL},       /* the data set's */
    {"drop", QB_KIND_REAL, NULL, 0, 1, NULL, "", "", LATER | QB_OPT_NULLABLE, NULL},        /* the model's */
    {"fit", QB_KIND_BOOL, "true", 0, 0, NULL, "", "", LATER | QB_KEY_QUANTIZATION, NULL},
    {"limit", QB_KIND_INT, NULL, 1, 999, NULL, "", "", LATER | QB_OPT_NULLABLE | QB_KEY_NULL_IS_ALL, NULL},
    {"speed", QB_KIND_INT, "3", 0, 9, NULL, "", "", 0, NULL},
};
enum { N_MADE_UP = sizeof made_up / sizeof *made_up };

static const struct {
    const char *settings;
    bool full_precision;
    const char *identity; /* as recorded */
} rules[] = {
    {"", false, "{\"bits\":2,\"model\":\"m\"}"},
    {"parts=1;clip=;size=224;drop=0.10;fit=yes;limit=;speed=7", false, "{\"bits\":2,\"model\":\"m\"}"}, /* written out */
    {"parts=2", false, "{\"bits\":2,\"model\":\"m\",\"parts\":2}"},
    {"clip=0", false, "{\"bits\":2,\"clip\":0.0,\"model\":\"m\"}"},
    {"size=160;drop=0", false, "{\"bits\":2,\"drop\":0.0,\"model\":\"m\",\"size\":160}"},
    {"fit=false;limit=5", false, "{\"bits\":2,\"fit\":false,\"limit\":5,\"model\":\"m\"}"},
    {"fit=false;bits=4", true, "{\"bits\":null,\"model\":\"m\"}"}, /* ignored: never null when later, null when old */
};

START_TEST(later_keys_are_absent_at_their_default)
{
    static const char *const of_data[] = {"crop=7", "size=224", NULL}, *const of_model[] = {"drop=0.1", "size=1", NULL};
    const qb_dataset_info data = {.defaults = of_data};
    const qb_model model = {.defaults = of_model};
    const qb_identity_traits t = {.full_precision = rules[_i].full_precision, .is_sgd = true, .dataset = &data, .model = &model};
    qb_settings s;
    ck_assert_int_eq(qb_settings_init(&s, made_up, N_MADE_UP), 0);
    ck_assert_int_eq(qb_settings_set(&s, "model", "m"), 0);
    char *text = qb_strdup(rules[_i].settings);
    for (char *save = NULL, *item = strtok_r(text, ";", &save); item; item = strtok_r(NULL, ";", &save)) {
        char *equals = strchr(item, '=');
        *equals = '\0';
        ck_assert_msg(qb_settings_set(&s, item, equals + 1) == 0, "%s", qb_err_text());
    }
    for (size_t i = 0; i < N_MADE_UP; i++) { /* as a configuration does before its identity is made */
        const char *def = qb_identity_default(&t, &made_up[i]);
        if (s.values[i].is_null && def)
            ck_assert_int_eq(qb_settings_set(&s, made_up[i].name, def), 0);
    }
    json_t *identity = NULL;
    ck_assert_int_eq(qb_identity_create(&s, &t, &identity), 0);
    char *compact = qb_json_compact(identity);
    ck_assert_str_eq(compact, rules[_i].identity);
    qb_free(compact);
    qb_free(text);
    json_decref(identity);
    qb_settings_finish(&s);
}
END_TEST

static const struct {
    const char *recorded, *complete;
} readings[] = {
    {"{\"bits\":2}", "{\"bits\":2,\"clip\":\"none\",\"drop\":\"none\",\"fit\":true,\"limit\":null,\"parts\":1,\"size\":\"none\"}"},
    {"{\"bits\":null,\"parts\":4,\"newer\":5}",
     "{\"bits\":null,\"clip\":\"none\",\"drop\":\"none\",\"limit\":null,\"newer\":5,\"parts\":4,\"size\":\"none\"}"},
};

START_TEST(readers_see_absent_as_the_default)
{
    json_t *identity = json_loads(readings[_i].recorded, 0, NULL);
    json_t *complete = qb_identity_complete(made_up, N_MADE_UP, identity);
    char *text = qb_json_compact(complete), *untouched = qb_json_compact(identity);
    ck_assert_str_eq(text, readings[_i].complete);
    ck_assert(json_object_size(identity) < json_object_size(complete));
    qb_free(text);
    qb_free(untouched);
    json_decref(complete);
    json_decref(identity);
}
END_TEST

/* What flip and crop say stands for `augment` where that is not recorded; a chain stands for itself, also the data set's own. */
static const struct {
    const char *recorded, *augment;
} augmentations[] = {
    {"{\"flip\":true,\"crop\":true,\"dataset\":\"cifar10\"}", "flip-crop"},
    {"{\"flip\":false,\"crop\":false,\"dataset\":\"cifar10\"}", "none"},
    {"{\"flip\":true,\"crop\":false,\"dataset\":\"folder\"}", "flip"},
    {"{\"flip\":false,\"crop\":true,\"dataset\":\"synthetic\"}", "crop"},
    {"{\"flip\":null,\"crop\":null,\"dataset\":\"cifar10\",\"augment\":\"deit\"}", "deit"},
    {"{\"flip\":null,\"crop\":null,\"dataset\":\"imagenet\"}", "resnet"},
    {"{\"flip\":null,\"crop\":null,\"dataset\":\"folder\",\"augment\":\"deit\"}", "deit"},
};

START_TEST(readers_see_what_was_done_to_images)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    json_t *identity = json_loads(augmentations[_i].recorded, 0, NULL), *complete = qb_identity_complete(schema, n, identity);
    ck_assert_str_eq(json_string_value(json_object_get(complete, "augment")), augmentations[_i].augment);
    json_decref(complete);
    json_decref(identity);
}
END_TEST

/* ---- the studies in the repository ---- */

static const struct {
    const char *dir;
    size_t n_runs, n_seeds; /* n: in every cell that can run */
} studies[] = {{"results/fashion-mnist-resnet8", 48, 3}, {"results/fashion-mnist-solvers", 138, 3},
             {"results/fashion-mnist-watched", 6, 2}, {"results/vit-cifar10", 12, 3},
             {"results/imagenette", 12, 3}};

START_TEST(committed_runs_match_their_plans)
{
    qb_study *s = NULL;
    char *args[] = {(char *)studies[_i].dir};
    ck_assert_msg(qb_study_load(args, 1, &(qb_study_plan_places){0}, &s) == 0, "%s", qb_err_text());
    ck_assert_ptr_nonnull(s->plan);
    ck_assert_uint_eq(json_array_size(s->lines), studies[_i].n_runs);
    ck_assert_uint_eq(s->n_foreign, 0);
    size_t n = 0;
    for (size_t c = 0; c < s->n_cells; c++) {
        for (size_t i = 0; i < s->cells[c].n_runs; i++) {
            const qb_cell_run *run = &s->cells[c].runs[i];
            ck_assert_msg(qb_cell_run_is(run, s->plan->cells[c].skipped ? "skipped" : "done"), "%s seed %lld: %s",
                          s->plan->cells[c].name, run->seed, run->status);
            n += run->line != NULL;
        }
        ck_assert_uint_eq(s->cells[c].n_runs, studies[_i].n_seeds);
    }
    ck_assert_uint_eq(n, studies[_i].n_runs);
    qb_study_destroy(s);
}
END_TEST

/* A folder of results without a line above would go unnoticed. */
START_TEST(every_committed_study_is_listed)
{
    char **names;
    size_t n, n_found = 0;
    ck_assert_int_eq(qb_fs_list("results", &names, &n), 0);
    for (size_t i = 0; i < n; i++) {
        char *path = qb_sprintf("results/%s/runs.jsonl", names[i]);
        n_found += qb_fs_exists(path);
        qb_free(path);
    }
    qb_fs_free_names(names, n);
    ck_assert_uint_eq(n_found, sizeof studies / sizeof *studies);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("identity");
    TCase *t = tcase_create("identity");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, released_defaults_stay);
    tcase_add_test(t, places_in_captions_are_1_2_3);
    tcase_add_loop_test(t, old_runs_keep_their_keys, 0, N_RECORDED);
    tcase_add_test(t, later_keys_count_away_from_their_default_only);
    tcase_add_test(t, what_changes_no_number_is_no_identity);
    tcase_add_loop_test(t, later_keys_are_absent_at_their_default, 0, sizeof rules / sizeof *rules);
    tcase_add_loop_test(t, readers_see_absent_as_the_default, 0, sizeof readings / sizeof *readings);
    tcase_add_loop_test(t, readers_see_what_was_done_to_images, 0, sizeof augmentations / sizeof *augmentations);
    tcase_add_loop_test(t, committed_runs_match_their_plans, 0, sizeof studies / sizeof *studies);
    tcase_add_test(t, every_committed_study_is_listed);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
