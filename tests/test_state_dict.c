/* Weights from elsewhere: what a file of state-dict names may look like, also by the names of another library, what is
 * refused, and what its hash is over. */
#include "qb_test.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "models/models.h"
#include "train/state_dict.h"

#include <string.h>

enum { MAX_TENSORS = 128 };

static char folder[64];
static qb_graph *graph;
static qb_net *net;

static void setup_model(const char *name)
{
    strcpy(folder, "/tmp/qb_state_dict_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(qb_model_graph(name, (qb_shape){3, 32, 32}, 10, &graph), 0);
    const qb_net_options o = {.precision = QB_FP32, .threads = 1, .separate_latent = true};
    ck_assert_int_eq(qb_net_create(graph, &o, &net), 0);
    qb_net_init_weights(net, 1);
}

static void setup(void) { setup_model("resnet8"); }
static void setup_deit(void) { setup_model("deit_cifar"); }

static void teardown(void)
{
    qb_net_destroy(net);
    qb_graph_destroy(graph);
    ck_assert_int_eq(qb_fs_remove_tree(folder), 0);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}

/* The tensors of a state dict, made to be changed and written; tensors differ in their values. */
typedef struct dict {
    qb_st_tensor t[MAX_TENSORS];
    char names[MAX_TENSORS][80];
    float *values[MAX_TENSORS];
    size_t n;
} dict;

static void add(dict *d, const char *name, int n_dims, const int64_t *shape, size_t n)
{
    size_t k = d->n++;
    ck_assert_uint_lt(k, MAX_TENSORS);
    (void)snprintf(d->names[k], sizeof d->names[k], "%s", name);
    d->values[k] = qb_alloc(n, sizeof(float));
    for (size_t i = 0; i < n; i++)
        d->values[k][i] = (float)(k + 1) / 64 + (float)(i % 8) / 1024;
    d->t[k] = (qb_st_tensor){.name = d->names[k], .dtype = QB_F32, .n_dims = n_dims, .n_elements = n, .data = d->values[k]};
    memcpy(d->t[k].shape, shape, (size_t)n_dims * sizeof *shape);
}

static dict *whole(void)
{
    size_t n_params, n_stats;
    const qb_param *params = qb_net_params(net, &n_params);
    const qb_running_stat *stats = qb_net_running_stats(net, &n_stats);
    dict *d = qb_alloc(1, sizeof *d);
    for (size_t i = 0; i < n_params; i++)
        add(d, params[i].name, params[i].n_dims, params[i].shape, params[i].n);
    for (size_t i = 0; i < n_stats; i++)
        add(d, stats[i].name, 1, &(int64_t){(int64_t)stats[i].n}, stats[i].n);
    return d;
}

static size_t index_of(const dict *d, const char *name)
{
    for (size_t i = 0; i < d->n; i++)
        if (strcmp(d->names[i], name) == 0)
            return i;
    ck_abort_msg("no %s", name);
}

static void forget(dict *d)
{
    for (size_t i = 0; i < MAX_TENSORS; i++)
        qb_free(d->values[i]);
    qb_free(d);
}

static void open_dict(const dict *d, qb_state_kind kind, qb_state_dict *ret)
{
    char *path = qb_path_join(folder, "weights.safetensors");
    ck_assert_msg(qb_safetensors_write(path, d->t, d->n, NULL, NULL) == 0, "%s", qb_err_text());
    ck_assert_msg(qb_state_dict_open(path, kind, ret) == 0, "%s", qb_err_text());
    qb_free(path);
}

static int load(const dict *d, qb_state_kind kind, bool *new_classifier)
{
    qb_state_dict s;
    open_dict(d, kind, &s);
    int rc = qb_state_dict_load(&s, graph, net, new_classifier);
    qb_state_dict_finish(&s);
    return rc;
}

static const char *hash(const dict *d, qb_state_kind kind)
{
    static char hex[16][65]; /* of the last ones */
    static int next;
    next = (next + 1) % 16;
    qb_state_dict s;
    open_dict(d, kind, &s);
    ck_assert_msg(qb_state_dict_hash(&s, hex[next]) == 0, "%s", qb_err_text());
    qb_state_dict_finish(&s);
    return hex[next];
}

/* Does the network have these values, x and w alike? */
static void check_net(const dict *d)
{
    size_t n_params, n_stats;
    const qb_param *params = qb_net_params(net, &n_params);
    const qb_running_stat *stats = qb_net_running_stats(net, &n_stats);
    for (size_t i = 0; i < n_params; i++) {
        ck_assert_mem_eq(params[i].x, d->values[i], params[i].n * sizeof(float));
        ck_assert_mem_eq(params[i].w, d->values[i], params[i].n * sizeof(float));
    }
    for (size_t i = 0; i < n_stats; i++)
        ck_assert_mem_eq(stats[i].value, d->values[n_params + i], stats[i].n * sizeof(float));
}

/* ---- forms ---- */

START_TEST(takes_the_names_of_a_state_dict)
{
    dict *d = whole();
    ck_assert_msg(load(d, QB_STATE_HARD, NULL) == 0, "%s", qb_err_text());
    check_net(d);
    forget(d);
}
END_TEST

START_TEST(drops_what_dataparallel_and_batchnorm_add)
{
    dict *d = whole();
    const char *plain = hash(d, QB_STATE_LATENT);
    for (size_t i = 0; i < d->n; i++) {
        char name[70];
        (void)snprintf(name, sizeof name, "%.69s", d->names[i]);
        (void)snprintf(d->names[i], sizeof d->names[i], "module.%s", name);
    }
    static const int64_t count = 7;
    d->t[d->n] = (qb_st_tensor){.name = "module.bn1.num_batches_tracked", .dtype = QB_I64, .n_elements = 1, .data = &count};
    d->n++;
    ck_assert_msg(load(d, QB_STATE_HARD, NULL) == 0, "%s", qb_err_text());
    check_net(d);
    ck_assert_str_eq(hash(d, QB_STATE_LATENT), plain);
    forget(d);
}
END_TEST

static const qb_dtype dtypes[] = {QB_F64, QB_F16, QB_DTYPE_BF16};

/* Values of few bits are the same numbers in each form. */
START_TEST(converts_what_holds_real_numbers)
{
    dict *d = whole();
    size_t k = index_of(d, "linear.bias");
    static const float exact[10] = {0, 1, -2, 0.5f, 0.25f, -0.125f, 3, 96, -0.0078125f, 1.5f};
    static const uint16_t half[10] = {0x0000, 0x3c00, 0xc000, 0x3800, 0x3400, 0xb000, 0x4200, 0x5600, 0xa000, 0x3e00};
    static const uint16_t brain[10] = {0x0000, 0x3f80, 0xc000, 0x3f00, 0x3e80, 0xbe00, 0x4040, 0x42c0, 0xbc00, 0x3fc0};
    double wide[10];
    for (int i = 0; i < 10; i++)
        wide[i] = (double)exact[i];
    memcpy(d->values[k], exact, sizeof exact);
    const char *plain = hash(d, QB_STATE_LATENT);
    d->t[k].dtype = dtypes[_i];
    d->t[k].data = dtypes[_i] == QB_F64 ? (const void *)wide : dtypes[_i] == QB_F16 ? (const void *)half : (const void *)brain;
    ck_assert_msg(load(d, QB_STATE_HARD, NULL) == 0, "%s", qb_err_text());
    check_net(d);
    ck_assert_str_eq(hash(d, QB_STATE_LATENT), plain);
    forget(d);
}
END_TEST

START_TEST(halves_of_every_kind)
{
    static const struct {
        uint16_t half;
        float value;
    } cases[] = {{0x0001, 0x1p-24f}, {0x03ff, 0x1.ff8p-15f}, {0x0400, 0x1p-14f}, {0x7bff, 65504}, {0x8001, -0x1p-24f}, {0xfbff, -65504}};
    dict *d = whole();
    size_t k = index_of(d, "linear.bias");
    uint16_t half[10] = {0};
    memset(d->values[k], 0, 10 * sizeof(float));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        half[i] = cases[i].half;
        d->values[k][i] = cases[i].value;
    }
    d->t[k].dtype = QB_F16;
    d->t[k].data = half;
    ck_assert_msg(load(d, QB_STATE_HARD, NULL) == 0, "%s", qb_err_text());
    check_net(d);
    forget(d);
}
END_TEST

/* ---- latent weights ---- */

START_TEST(latent_weights_stand_for_the_weights_where_they_are_wanted)
{
    dict *d = whole(), *want = whole();
    size_t k = index_of(d, "conv1.weight");
    const char *without = hash(d, QB_STATE_LATENT);
    add(d, "x/conv1.weight", d->t[k].n_dims, d->t[k].shape, d->t[k].n_elements);
    ck_assert_str_eq(hash(d, QB_STATE_SOFT), without);
    ck_assert_str_ne(hash(d, QB_STATE_LATENT), without);
    ck_assert_int_eq(load(d, QB_STATE_SOFT, NULL), 0);
    check_net(want);
    ck_assert_int_eq(load(d, QB_STATE_LATENT, NULL), 0);
    memcpy(want->values[k], d->values[d->n - 1], d->t[k].n_elements * sizeof(float));
    check_net(want);
    ck_assert_str_eq(hash(d, QB_STATE_LATENT), hash(want, QB_STATE_LATENT)); /* the same start, written otherwise */
    forget(d);
    forget(want);
}
END_TEST

START_TEST(every_name_shape_and_value_counts_in_the_hash)
{
    dict *d = whole();
    const char *plain = hash(d, QB_STATE_HARD);
    d->values[3][1] += 1;
    ck_assert_str_ne(hash(d, QB_STATE_HARD), plain);
    d->values[3][1] -= 1;
    ck_assert_str_eq(hash(d, QB_STATE_HARD), plain);
    size_t k = index_of(d, "conv1.weight");
    int64_t rows = d->t[k].shape[0];
    d->t[k].shape[0] = d->t[k].shape[1];
    d->t[k].shape[1] = rows;
    ck_assert_str_ne(hash(d, QB_STATE_HARD), plain);
    d->t[k].shape[1] = d->t[k].shape[0];
    d->t[k].shape[0] = rows;
    d->names[k][0] = 'C';
    ck_assert_str_ne(hash(d, QB_STATE_HARD), plain);
    d->names[k][0] = 'c';
    qb_st_tensor first = d->t[0]; /* the order in the file does not */
    d->t[0] = d->t[5];
    d->t[5] = first;
    ck_assert_str_eq(hash(d, QB_STATE_HARD), plain);
    forget(d);
}
END_TEST

/* ---- the classifier ---- */

START_TEST(a_classifier_of_another_size_stays_as_drawn)
{
    dict *d = whole();
    bool anew = true;
    ck_assert_int_eq(load(d, QB_STATE_LATENT, &anew), 0);
    ck_assert(!anew);
    size_t w = index_of(d, "linear.weight"), b = index_of(d, "linear.bias");
    d->t[w].shape[0] = d->t[b].shape[0] = 5; /* the first half of the values */
    qb_net_init_weights(net, 9);
    size_t n;
    const qb_param *drawn = &qb_net_params(net, &n)[w];
    float *before = qb_alloc(drawn->n, sizeof *before);
    memcpy(before, drawn->x, drawn->n * sizeof *before);
    ck_assert_msg(load(d, QB_STATE_LATENT, &anew) == 0, "%s", qb_err_text());
    ck_assert(anew);
    ck_assert_mem_eq(drawn->x, before, drawn->n * sizeof *before);
    ck_assert_mem_eq(qb_net_params(net, &n)[0].x, d->values[0], qb_net_params(net, &n)[0].n * sizeof(float));
    qb_free(before);
    ck_assert_int_eq(load(d, QB_STATE_HARD, NULL), QB_E_DATA); /* to be tested, it has to fit */
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "linear.weight is 5x64, but resnet8 has it as 10x64"));
    forget(d);
}
END_TEST

/* ---- refusals ---- */

static void lacks_a_weight(dict *d) { d->t[4] = d->t[--d->n]; }
static void lacks_a_statistic(dict *d) { d->n--; }
static void has_a_stranger(dict *d) { add(d, "head.weight", 1, &(int64_t){3}, 3); }
static void has_other_kernels(dict *d)
{
    d->t[0].shape[2] = 9;
    d->t[0].shape[3] = 1;
}
static void has_whole_numbers(dict *d) { d->t[0].dtype = QB_I32; }
static void has_a_nan(dict *d) { d->values[2][1] = (float)(0.0 / 0.0); }
static void has_a_negative_variance(dict *d) { d->values[d->n - 1][0] = -0.25F; }
static void has_an_infinity(dict *d) { d->values[d->n - 1][0] = (float)(1.0 / 0.0); }

static const struct {
    void (*spoil)(dict *d);
    const char *text;
} refusals[] = {
    {lacks_a_weight, " is missing, which resnet8 needs ("},
    {lacks_a_statistic, "running_var is missing, which resnet8 needs ("},
    {has_a_stranger, "head.weight is no tensor of resnet8"},
    {has_other_kernels, "conv1.weight is 16x3x9x1, but resnet8 has it as 16x3x3x3"},
    {has_whole_numbers, "conv1.weight holds I32, expected F32, F64, F16 or BF16"},
    {has_a_nan, "value 1 of bn1.bias is not a finite number"},
    {has_an_infinity, "running_var is not a finite number"},
    {has_a_negative_variance, "running_var is -0.25, expected a variance"},
};

/* And nothing of the network has changed. */
START_TEST(refuses_what_does_not_fit)
{
    size_t n;
    const qb_param *p = qb_net_params(net, &n);
    float *before = qb_alloc(p[0].n, sizeof *before);
    memcpy(before, p[0].x, p[0].n * sizeof *before);
    dict *d = whole();
    refusals[_i].spoil(d);
    bool anew;
    ck_assert_int_eq(load(d, QB_STATE_LATENT, &anew), QB_E_DATA);
    ck_assert_msg(strstr(qb_err_text(), refusals[_i].text) && strstr(qb_err_text(), "weights.safetensors: "), "%s", qb_err_text());
    ck_assert_mem_eq(p[0].x, before, p[0].n * sizeof *before);
    qb_free(before);
    forget(d);
}
END_TEST

START_TEST(a_folder_that_is_no_run_is_told_so)
{
    qb_state_dict s;
    ck_assert_int_eq(qb_state_dict_open(folder, QB_STATE_LATENT, &s), QB_E_NOINPUT);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "a folder without a record.json"));
    ck_assert_int_eq(qb_state_dict_open("/nowhere/at/all", QB_STATE_LATENT, &s), QB_E_NOINPUT);
}
END_TEST

/* ---- the names of another library ---- */

/* Written out, not from the table that is tested. */
static const char *const outside_blocks[][2] = {
    {"cls_token", "vit.embeddings.cls_token"},
    {"pos_embed", "vit.embeddings.position_embeddings"},
    {"patch_embed.proj.weight", "vit.embeddings.patch_embeddings.projection.weight"},
    {"patch_embed.proj.bias", "vit.embeddings.patch_embeddings.projection.bias"},
    {"norm.weight", "vit.layernorm.weight"},
    {"norm.bias", "vit.layernorm.bias"},
    {"head.weight", "classifier.weight"},
    {"head.bias", "classifier.bias"},
};
static const char *const in_blocks[][2] = {
    {"norm1", "layernorm_before"},  {"attn.proj", "attention.output.dense"}, {"norm2", "layernorm_after"},
    {"mlp.fc1", "intermediate.dense"}, {"mlp.fc2", "output.dense"},
};
static const char *const qkv[] = {"query", "key", "value"};

static void rename_outside(dict *d, size_t k)
{
    for (size_t i = 0; i < sizeof outside_blocks / sizeof *outside_blocks; i++)
        if (strcmp(d->names[k], outside_blocks[i][0]) == 0) {
            (void)snprintf(d->names[k], sizeof d->names[k], "%s", outside_blocks[i][1]);
            return;
        }
    ck_abort_msg("no %s", d->names[k]);
}

static void rename_in_block(dict *d, size_t k, int block, const char *local, const char *suffix)
{
    for (size_t i = 0; i < sizeof in_blocks / sizeof *in_blocks; i++)
        if (strcmp(local, in_blocks[i][0]) == 0) {
            (void)snprintf(d->names[k], sizeof d->names[k], "vit.encoder.layer.%d.%s.%s", block, in_blocks[i][1], suffix);
            return;
        }
    ck_abort_msg("no %s", local);
}

/* Tensor k as three of a third of its rows: query in its place, key and value at the end. */
static void split_qkv(dict *d, size_t k, int block, const char *suffix)
{
    size_t third = d->t[k].n_elements / 3;
    d->t[k].shape[0] /= 3;
    d->t[k].n_elements = third;
    for (int i = 0; i < 3; i++) {
        char name[80];
        (void)snprintf(name, sizeof name, "vit.encoder.layer.%d.attention.attention.%s.%s", block, qkv[i], suffix);
        if (i == 0) {
            (void)snprintf(d->names[k], sizeof d->names[k], "%s", name);
            continue;
        }
        add(d, name, d->t[k].n_dims, d->t[k].shape, third);
        memcpy(d->values[d->n - 1], d->values[k] + (size_t)i * third, third * sizeof(float));
    }
}

/* What transformers saves of a ViTForImageClassification. */
static dict *of_hugging_face(void)
{
    dict *d = whole();
    for (size_t k = 0, n = d->n; k < n; k++) {
        int block, used;
        char name[80];
        (void)snprintf(name, sizeof name, "%s", d->names[k]);
        if (sscanf(name, "blocks.%d.%n", &block, &used) != 1) {
            rename_outside(d, k);
            continue;
        }
        char *dot = strrchr(name, '.');
        *dot = '\0';
        if (strcmp(name + used, "attn.qkv") == 0)
            split_qkv(d, k, block, dot + 1);
        else
            rename_in_block(d, k, block, name + used, dot + 1);
    }
    return d;
}

START_TEST(takes_the_names_of_hugging_face)
{
    dict *ours = whole(), *theirs = of_hugging_face();
    ck_assert_uint_eq(theirs->n, ours->n + 2 * 12);
    if (_i == 1) /* DeiTForImageClassification's prefix */
        for (size_t i = 0; i < theirs->n; i++) {
            char name[80];
            (void)snprintf(name, sizeof name, "%.75s", theirs->names[i]);
            if (strncmp(name, "vit.", 4) == 0)
                (void)snprintf(theirs->names[i], sizeof theirs->names[i], "deit.%.70s", name + 4);
        }
    ck_assert_msg(load(theirs, QB_STATE_HARD, NULL) == 0, "%s", qb_err_text());
    check_net(ours);
    ck_assert_str_eq(hash(theirs, QB_STATE_LATENT), hash(ours, QB_STATE_LATENT)); /* the same start */
    forget(theirs);
    forget(ours);
}
END_TEST

static void rename_to(dict *d, const char *from, const char *to)
{
    size_t k = index_of(d, from);
    (void)snprintf(d->names[k], sizeof d->names[k], "%s", to);
}
static void drop(dict *d, const char *name)
{
    size_t k = index_of(d, name);
    qb_free(d->values[k]); /* the last one takes its place */
    d->n--;
    d->values[k] = d->values[d->n];
    d->values[d->n] = NULL;
    d->t[k] = d->t[d->n];
    memmove(d->names[k], d->names[d->n], sizeof d->names[k]);
    d->t[k].name = d->names[k];
    d->t[k].data = d->values[k];
}

#define KEY_2 "vit.encoder.layer.2.attention.attention.key.weight"
static void lacks_a_key(dict *d) { drop(d, KEY_2); }
static void lacks_a_query(dict *d) { drop(d, "vit.encoder.layer.2.attention.attention.query.weight"); }
static void has_a_shorter_key(dict *d) { d->t[index_of(d, KEY_2)].shape[0] = 64; }
static void has_a_half_key(dict *d) { d->t[index_of(d, KEY_2)].dtype = QB_F16; }
static void has_no_rows(dict *d)
{
    for (int i = 0; i < 3; i++) {
        char name[80];
        (void)snprintf(name, sizeof name, "vit.encoder.layer.2.attention.attention.%s.bias", qkv[i]);
        d->t[index_of(d, name)].n_dims = 0;
    }
}
static void has_two_of_one(dict *d) { add(d, "deit.embeddings.cls_token", 3, (int64_t[]){1, 1, 192}, 192); }
static void has_ours_beside(dict *d) { add(d, "cls_token", 3, (int64_t[]){1, 1, 192}, 192); }
static void has_a_pooler(dict *d) { add(d, "vit.pooler.dense.bias", 1, &(int64_t){192}, 192); }
static void has_a_longer_name(dict *d) { rename_to(d, "vit.embeddings.cls_token", "vit.embeddings.cls_tokens"); }
static void has_no_number(dict *d) { rename_to(d, "vit.encoder.layer.0.output.dense.bias", "vit.encoder.layer..output.dense.bias"); }
static void has_other_positions(dict *d) { d->t[index_of(d, "vit.embeddings.position_embeddings")].shape[1] = 60; }
static void has_a_nan_in_a_key(dict *d) { d->values[index_of(d, KEY_2)][5] = (float)(0.0 / 0.0); }

static const struct {
    void (*spoil)(dict *d);
    const char *text;
} foreign_refusals[] = {
    {lacks_a_key, "part 2 of 3 of blocks.2.attn.qkv.weight is missing, beside vit.encoder.layer.2.attention.attention."},
    {lacks_a_query, "part 1 of 3 of blocks.2.attn.qkv.weight is missing, beside vit.encoder.layer.2.attention.attention."},
    {has_a_shorter_key, "differ in type or shape, but are parts of blocks.2.attn.qkv.weight"},
    {has_a_half_key, "differ in type or shape, but are parts of blocks.2.attn.qkv.weight"},
    {has_no_rows, "vit.encoder.layer.2.attention.attention.query.bias has no rows, expected a part of blocks.2.attn.qkv.bias"},
    {has_two_of_one, "vit.embeddings.cls_token and deit.embeddings.cls_token are both cls_token"},
    {has_ours_beside, "vit.embeddings.cls_token and cls_token are both cls_token"},
    {has_a_pooler, "vit.pooler.dense.bias is no tensor of deit_cifar"},
    {has_a_longer_name, "cls_token is missing, which deit_cifar needs (1x1x192)"},
    {has_no_number, "blocks.0.mlp.fc2.bias is missing, which deit_cifar needs (192)"},
    {has_other_positions, "vit.embeddings.position_embeddings is 1x60x192, but deit_cifar has it as 1x65x192"},
    {has_a_nan_in_a_key, "of vit.encoder.layer.2.attention.attention.query.weight is not a finite number"},
};

START_TEST(refuses_names_of_hugging_face_that_do_not_fit)
{
    dict *d = of_hugging_face();
    foreign_refusals[_i].spoil(d);
    char *path = qb_path_join(folder, "weights.safetensors");
    ck_assert_msg(qb_safetensors_write(path, d->t, d->n, NULL, NULL) == 0, "%s", qb_err_text());
    qb_state_dict s;
    int rc = qb_state_dict_open(path, QB_STATE_HARD, &s);
    if (rc == 0) {
        rc = qb_state_dict_load(&s, graph, net, NULL);
        qb_state_dict_finish(&s);
    }
    ck_assert_int_eq(rc, QB_E_DATA);
    ck_assert_msg(strstr(qb_err_text(), foreign_refusals[_i].text) && strstr(qb_err_text(), "weights.safetensors: "), "%s", qb_err_text());
    qb_free(path);
    forget(d);
}
END_TEST

START_TEST(positions_of_another_size_are_told_what_to_do)
{
    dict *d = whole();
    d->t[index_of(d, "pos_embed")].shape[1] = 60;
    ck_assert_int_eq(load(d, QB_STATE_LATENT, NULL), QB_E_DATA);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), "weights.safetensors: pos_embed is 1x60x192, but deit_cifar has it as 1x65x192"));
    ck_assert_ptr_nonnull(strstr(qb_err_hint_text(), "use the image size that it was trained with"));
    forget(d);
}
END_TEST

START_TEST(a_file_of_torch_save_is_told_so)
{
    char *path = qb_path_join(folder, "weights.pth");
    ck_assert_int_eq(qb_fs_write_atomic(path, "PK\3\4 and so on", 15), 0);
    qb_state_dict s;
    ck_assert_int_eq(qb_state_dict_open(path, QB_STATE_LATENT, &s), QB_E_DATA);
    ck_assert_ptr_nonnull(strstr(qb_err_hint_text(), "scripts/pth_to_safetensors.py"));
    qb_free(path);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("state_dict");
    TCase *t = tcase_create("forms");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, takes_the_names_of_a_state_dict);
    tcase_add_test(t, drops_what_dataparallel_and_batchnorm_add);
    tcase_add_loop_test(t, converts_what_holds_real_numbers, 0, (int)(sizeof dtypes / sizeof *dtypes));
    tcase_add_test(t, halves_of_every_kind);
    tcase_add_test(t, latent_weights_stand_for_the_weights_where_they_are_wanted);
    tcase_add_test(t, every_name_shape_and_value_counts_in_the_hash);
    tcase_add_test(t, a_classifier_of_another_size_stays_as_drawn);
    tcase_add_loop_test(t, refuses_what_does_not_fit, 0, (int)(sizeof refusals / sizeof *refusals));
    tcase_add_test(t, a_folder_that_is_no_run_is_told_so);
    tcase_add_test(t, a_file_of_torch_save_is_told_so);
    suite_add_tcase(s, t);
    t = tcase_create("names");
    tcase_add_checked_fixture(t, setup_deit, teardown);
    tcase_add_loop_test(t, takes_the_names_of_hugging_face, 0, 2);
    tcase_add_loop_test(t, refuses_names_of_hugging_face_that_do_not_fit, 0,
                        (int)(sizeof foreign_refusals / sizeof *foreign_refusals));
    tcase_add_test(t, positions_of_another_size_are_told_what_to_do);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
