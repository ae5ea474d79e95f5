/* Models: parameter groups, rows and multiply-adds as published, state-dict names and order, any input. */
#include "qb_test.h"

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/safetensors.h"
#include "models/models.h"

#include <stdio.h>
#include <string.h>

static qb_graph *make(const char *name, qb_shape input, int n_classes)
{
    qb_graph *g = NULL;
    ck_assert_msg(qb_model_graph(name, input, n_classes, &g) == 0, "%s: %s", name, qb_err_text());
    return g;
}

static qb_graph *make_default(const char *name)
{
    const qb_model *m = NULL;
    ck_assert_int_eq(qb_model_find(name, &m), 0);
    return make(name, m->default_input, m->default_classes);
}

typedef struct group {
    int64_t values;
    int tensors;
} group;

static const struct {
    const char *name;
    int64_t total;
    group quant, decay, no_decay;
    int64_t rows, macs;
} table[] = {
    {"resnet20", 269722, {268336, 20}, {688, 19}, {698, 20}, 698, 40551040},
    {"resnet32", 464154, {461872, 32}, {1136, 31}, {1146, 32}, 1146, 68862592},
    {"resnet44", 658586, {655408, 44}, {1584, 43}, {1594, 44}, 1594, 97174144},
    {"resnet56", 853018, {848944, 56}, {2032, 55}, {2042, 56}, 2042, 125485696},
    {"resnet110", 1727962, {1719856, 110}, {4048, 109}, {4058, 110}, 4058, 252887680},
    {"resnet1202", 19421274, {19331632, 1202}, {44816, 1201}, {44826, 1202}, 44826, 2829238912},
    {"resnet18", 11689512, {11678912, 21}, {4800, 20}, {5800, 21}, 5800, 1814073344},
    {"resnet34", 21797672, {21779648, 37}, {8512, 36}, {9512, 37}, 9512, 3663761408},
    {"resnet50", 25557032, {25502912, 54}, {26560, 53}, {27560, 54}, 27560, 4089184256},
    {"resnet101", 44549160, {44442816, 105}, {52672, 104}, {53672, 105}, 53672, 7801405440},
    {"resnet152", 60192808, {60040384, 156}, {75712, 155}, {76712, 156}, 76712, 11513626624},
    {"deit_tiny", 5717416, {5308416, 48}, {344256, 27}, {64744, 77}, 20736, 1253683200},
    {"deit_small", 22050664, {21233664, 48}, {688512, 27}, {128488, 77}, 41472, 4598882304},
    {"deit_base", 86567656, {84934656, 48}, {1377024, 27}, {255976, 77}, 82944, 17563828224},
};

enum { QUANTIZED, DECAYED, NOT_DECAYED, N_GROUPS }; /* as the recipes count parameters */

static int group_of(const qb_param *p)
{
    return p->is_quantized ? QUANTIZED : p->decay_factor > 0 ? DECAYED : NOT_DECAYED;
}

START_TEST(has_the_counts_of_the_recipes)
{
    qb_graph *g = make_default(table[_i].name);
    size_t n;
    const qb_param *p = qb_graph_params(g, &n);
    group sum[N_GROUPS] = {{0, 0}};
    int64_t rows = 0, macs = 0, statistics = 0;
    for (size_t i = 0; i < n; i++) {
        sum[group_of(&p[i])].values += (int64_t)p[i].n;
        sum[group_of(&p[i])].tensors++;
        if (p[i].is_quantized)
            rows += p[i].shape[0];
    }
    for (size_t i = 0; i < qb_graph_n_layers(g); i++)
        macs += qb_graph_layer(g, i).macs;
    const qb_running_stat *b = qb_graph_running_stats(g, &n);
    for (size_t i = 0; i < n; i++)
        statistics += (int64_t)b[i].n;
    ck_assert_int_eq(sum[QUANTIZED].values, table[_i].quant.values);
    ck_assert_int_eq(sum[QUANTIZED].tensors, table[_i].quant.tensors);
    ck_assert_int_eq(sum[DECAYED].values, table[_i].decay.values);
    ck_assert_int_eq(sum[DECAYED].tensors, table[_i].decay.tensors);
    ck_assert_int_eq(sum[NOT_DECAYED].values, table[_i].no_decay.values);
    ck_assert_int_eq(sum[NOT_DECAYED].tensors, table[_i].no_decay.tensors);
    ck_assert_int_eq(table[_i].quant.values + table[_i].decay.values + table[_i].no_decay.values, table[_i].total);
    ck_assert_int_eq(rows, table[_i].rows);
    ck_assert_int_eq(macs, table[_i].macs);
    ck_assert_int_eq(statistics, strncmp(table[_i].name, "resnet", 6) == 0 ? 2 * table[_i].decay.values : 0);
    qb_graph_destroy(g);
}
END_TEST

/* Layers of DeiT in the order of execution: the same ones in every block. */
static const struct {
    const char *layer;
    int64_t macs[3];
} parts[] = {
    {"patch_embed.proj", {28901376, 57802752, 115605504}}, {"attn.qkv", {21786624, 87146496, 348585984}},
    {"attn", {14902656, 29805312, 59610624}},              {"attn.proj", {7262208, 29048832, 116195328}},
    {"mlp.fc1", {29048832, 116195328, 464781312}},         {"mlp.fc2", {29048832, 116195328, 464781312}},
    {"head", {192000, 384000, 768000}},
};

START_TEST(layers_of_deit_have_the_counts_of_the_recipes)
{
    static const char *const models[] = {"deit_tiny", "deit_small", "deit_base"};
    int counted[sizeof parts / sizeof *parts] = {0};
    qb_graph *g = make_default(models[_i]);
    for (size_t i = 0; i < qb_graph_n_layers(g); i++) {
        qb_layer_info l = qb_graph_layer(g, i);
        const char *name = l.name, *behind = strncmp(name, "blocks.", 7) == 0 ? strchr(name + 7, '.') : NULL;
        size_t k = 0;
        while (k < sizeof parts / sizeof *parts && strcmp(behind ? behind + 1 : name, parts[k].layer) != 0)
            k++;
        ck_assert_msg((k < sizeof parts / sizeof *parts) == (l.macs > 0), "%s", name);
        if (l.macs == 0)
            continue;
        ck_assert_msg(l.macs == parts[k].macs[_i], "%s: got %lld, want %lld", name, (long long)l.macs, (long long)parts[k].macs[_i]);
        counted[k]++;
    }
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        ck_assert_int_eq(counted[k], k == 0 || k == sizeof parts / sizeof *parts - 1 ? 1 : 12);
    qb_graph_destroy(g);
}
END_TEST

static const char *const golden[] = {"resnet18", "resnet20", "resnet50", "resnet56", "deit_tiny", "deit_small"};

static json_t *names_of(const qb_safetensors *f, const char *key)
{
    const char *text = json_string_value(json_object_get(f->metadata, key));
    json_t *names = NULL;
    ck_assert_int_eq(qb_json_parse(text, strlen(text), key, &names), 0);
    return names;
}

START_TEST(names_are_the_state_dict_in_its_order)
{
    char path[128];
    snprintf(path, sizeof path, "tests/golden/model-%s.safetensors", golden[_i]);
    qb_safetensors f = {0};
    ck_assert_msg(qb_safetensors_read(path, &f) == 0, "%s", qb_err_text());
    qb_graph *g = make_default(golden[_i]);
    json_t *names = names_of(&f, "parameters");
    size_t n;
    const qb_param *p = qb_graph_params(g, &n);
    ck_assert_int_eq(n, json_array_size(names));
    for (size_t i = 0; i < n; i++)
        ck_assert_str_eq(p[i].name, json_string_value(json_array_get(names, i)));
    json_decref(names);
    names = names_of(&f, "running");
    const qb_running_stat *b = qb_graph_running_stats(g, &n);
    ck_assert_int_eq(n, json_array_size(names));
    for (size_t i = 0; i < n; i++)
        ck_assert_str_eq(b[i].name, json_string_value(json_array_get(names, i)));
    json_decref(names);
    qb_graph_destroy(g);
    qb_safetensors_finish(&f);
}
END_TEST

static const struct {
    const char *model, *param;
    int n_dims;
    int64_t shape[4];
    qb_init init;
    int group;
} tensors[] = {
    {"resnet20", "conv1.weight", 4, {16, 3, 3, 3}, QB_INIT_KAIMING_FAN_IN, QUANTIZED},
    {"resnet20", "bn1.weight", 1, {16}, QB_INIT_ONE, DECAYED},
    {"resnet20", "bn1.bias", 1, {16}, QB_INIT_ZERO, NOT_DECAYED},
    {"resnet20", "layer2.0.conv1.weight", 4, {32, 16, 3, 3}, QB_INIT_KAIMING_FAN_IN, QUANTIZED},
    {"resnet20", "layer3.2.conv2.weight", 4, {64, 64, 3, 3}, QB_INIT_KAIMING_FAN_IN, QUANTIZED},
    {"resnet20", "linear.weight", 2, {10, 64}, QB_INIT_KAIMING_FAN_IN, QUANTIZED},
    {"resnet20", "linear.bias", 1, {10}, QB_INIT_UNIFORM_FAN_IN, NOT_DECAYED},
    {"resnet18", "conv1.weight", 4, {64, 3, 7, 7}, QB_INIT_KAIMING_FAN_OUT, QUANTIZED},
    {"resnet18", "layer2.0.downsample.0.weight", 4, {128, 64, 1, 1}, QB_INIT_KAIMING_FAN_OUT, QUANTIZED},
    {"resnet18", "layer2.0.downsample.1.weight", 1, {128}, QB_INIT_ONE, DECAYED},
    {"resnet18", "fc.weight", 2, {1000, 512}, QB_INIT_UNIFORM_FAN_IN, QUANTIZED},
    {"resnet18", "fc.bias", 1, {1000}, QB_INIT_UNIFORM_FAN_IN, NOT_DECAYED},
    {"resnet50", "layer1.0.downsample.0.weight", 4, {256, 64, 1, 1}, QB_INIT_KAIMING_FAN_OUT, QUANTIZED},
    {"resnet50", "layer4.0.conv2.weight", 4, {512, 512, 3, 3}, QB_INIT_KAIMING_FAN_OUT, QUANTIZED},
    {"resnet152", "layer3.35.conv3.weight", 4, {1024, 256, 1, 1}, QB_INIT_KAIMING_FAN_OUT, QUANTIZED},
    {"deit_tiny", "cls_token", 3, {1, 1, 192}, QB_INIT_TINY_NORMAL, NOT_DECAYED},
    {"deit_tiny", "pos_embed", 3, {1, 197, 192}, QB_INIT_TRUNC_NORMAL, NOT_DECAYED},
    {"deit_tiny", "patch_embed.proj.weight", 4, {192, 3, 16, 16}, QB_INIT_UNIFORM_FAN_IN, DECAYED},
    {"deit_tiny", "patch_embed.proj.bias", 1, {192}, QB_INIT_UNIFORM_FAN_IN, NOT_DECAYED},
    {"deit_tiny", "blocks.0.norm1.weight", 1, {192}, QB_INIT_ONE, DECAYED},
    {"deit_tiny", "blocks.0.norm1.bias", 1, {192}, QB_INIT_ZERO, NOT_DECAYED},
    {"deit_small", "blocks.11.attn.qkv.weight", 2, {1152, 384}, QB_INIT_TRUNC_NORMAL, QUANTIZED},
    {"deit_small", "blocks.11.attn.qkv.bias", 1, {1152}, QB_INIT_ZERO, NOT_DECAYED},
    {"deit_base", "blocks.3.attn.proj.weight", 2, {768, 768}, QB_INIT_TRUNC_NORMAL, QUANTIZED},
    {"deit_base", "blocks.3.mlp.fc1.weight", 2, {3072, 768}, QB_INIT_TRUNC_NORMAL, QUANTIZED},
    {"deit_cifar", "blocks.5.mlp.fc2.weight", 2, {192, 768}, QB_INIT_TRUNC_NORMAL, QUANTIZED},
    {"deit_cifar", "patch_embed.proj.weight", 4, {192, 3, 4, 4}, QB_INIT_UNIFORM_FAN_IN, DECAYED},
    {"deit_cifar", "norm.weight", 1, {192}, QB_INIT_ONE, DECAYED},
    {"deit_cifar", "head.weight", 2, {10, 192}, QB_INIT_TRUNC_NORMAL, DECAYED},
    {"deit_cifar", "head.bias", 1, {10}, QB_INIT_ZERO, NOT_DECAYED},
};

START_TEST(tensors_have_shape_start_and_group)
{
    qb_graph *g = make_default(tensors[_i].model);
    size_t n, i = 0;
    const qb_param *p = qb_graph_params(g, &n);
    while (i < n && strcmp(p[i].name, tensors[_i].param) != 0)
        i++;
    ck_assert_msg(i < n, "no %s", tensors[_i].param);
    ck_assert_int_eq(p[i].n_dims, tensors[_i].n_dims);
    for (int d = 0; d < p[i].n_dims; d++)
        ck_assert_int_eq(p[i].shape[d], tensors[_i].shape[d]);
    ck_assert_int_eq(p[i].init, tensors[_i].init);
    ck_assert_int_eq(group_of(&p[i]), tensors[_i].group);
    qb_graph_destroy(g);
}
END_TEST

static const struct {
    const char *model;
    qb_shape input;
    int n_classes;
    qb_shape last_map; /* before pooling */
} inputs[] = {
    {"resnet20", {1, 28, 28}, 10, {64, 7, 7}},      {"resnet8", {3, 32, 32}, 100, {64, 8, 8}},
    {"resnet20", {3, 33, 17}, 7, {64, 9, 5}},       {"resnet20", {3, 1, 1}, 2, {64, 1, 1}},
    {"resnet18", {3, 64, 64}, 200, {512, 2, 2}},    {"resnet18", {1, 28, 28}, 10, {512, 1, 1}},
    {"resnet50", {3, 224, 224}, 1000, {2048, 7, 7}}, {"resnet34", {4, 97, 160}, 5, {512, 4, 5}},
};

START_TEST(takes_any_input)
{
    qb_graph *g = make(inputs[_i].model, inputs[_i].input, inputs[_i].n_classes);
    size_t n = qb_graph_n_layers(g);
    qb_shape logits = qb_graph_layer(g, n - 1).out, map = qb_graph_layer(g, n - 3).out;
    ck_assert_int_eq(logits.c, inputs[_i].n_classes);
    ck_assert_int_eq(logits.h * logits.w, 1);
    ck_assert_int_eq(map.c, inputs[_i].last_map.c);
    ck_assert_int_eq(map.h, inputs[_i].last_map.h);
    ck_assert_int_eq(map.w, inputs[_i].last_map.w);
    ck_assert_int_eq(qb_graph_n_classes(g), inputs[_i].n_classes);
    ck_assert_str_eq(qb_graph_model(g), inputs[_i].model);
    qb_graph_destroy(g);
}
END_TEST

START_TEST(makes_a_token_of_every_patch)
{
    static const struct {
        const char *model;
        qb_shape input;
        int64_t tokens;
    } sizes[] = {{"deit_tiny", {3, 64, 32}, 9}, {"deit_small", {1, 16, 16}, 2}, {"deit_cifar", {3, 32, 32}, 65}, {"deit_base", {3, 384, 384}, 577}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        qb_graph *g = make(sizes[i].model, sizes[i].input, 7);
        size_t n;
        ck_assert_str_eq(qb_graph_params(g, &n)[1].name, "pos_embed");
        ck_assert_int_eq(qb_graph_params(g, &n)[1].shape[1], sizes[i].tokens);
        qb_graph_destroy(g);
    }
    qb_graph *g = NULL;
    ck_assert_int_eq(qb_model_graph("deit_tiny", (qb_shape){3, 224, 200}, 10, &g), QB_E_CONFIG);
    ck_assert_str_eq(qb_err_text(), "model 'deit_tiny': expected images whose height and width 16 divides, got 224x200");
    ck_assert_int_eq(qb_model_graph("deit_cifar", (qb_shape){3, 30, 32}, 10, &g), QB_E_CONFIG);
    ck_assert_str_eq(qb_err_text(), "model 'deit_cifar': expected images whose height and width 4 divides, got 30x32");
}
END_TEST

START_TEST(refuses_an_empty_input)
{
    static const qb_shape bad[] = {{0, 32, 32}, {3, 0, 32}, {3, 32, -1}};
    qb_graph *g = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_int_eq(qb_model_graph("resnet20", bad[i], 10, &g), QB_E_CONFIG);
        ck_assert_ptr_null(g);
    }
    ck_assert_str_eq(qb_err_text(), "model 'resnet20': expected images of at least 1x1x1, got 3x32x-1");
    ck_assert_int_eq(qb_model_graph("resnet20", (qb_shape){3, 32, 32}, 1, &g), QB_E_CONFIG);
    ck_assert_str_eq(qb_err_text(), "model 'resnet20': expected at least 2 classes, got 1");
    ck_assert_ptr_null(g);
}
END_TEST

START_TEST(suggests_the_nearest_name)
{
    const qb_model *m = NULL;
    ck_assert_int_eq(qb_model_find("resnet2o", &m), QB_E_USAGE);
    ck_assert_ptr_null(m);
    ck_assert_str_eq(qb_err_text(), "unknown model 'resnet2o'");
    ck_assert_ptr_nonnull(strstr(qb_err_hint_text(), "resnet20"));
    ck_assert_int_eq(qb_model_find("", &m), QB_E_USAGE);
    ck_assert_int_eq(qb_model_find("transformer", &m), QB_E_USAGE);
    ck_assert_ptr_nonnull(strstr(qb_err_hint_text(), "list models"));
}
END_TEST

START_TEST(every_model_of_the_table_builds)
{
    size_t n;
    const qb_model *m = qb_models(&n);
    ck_assert_int_ge(n, 16);
    for (size_t i = 0; i < n; i++) {
        ck_assert(m[i].title && m[i].source);
        long before = qb_mem_live_blocks();
        qb_graph_destroy(make(m[i].name, m[i].default_input, m[i].default_classes));
        ck_assert_int_eq(qb_mem_live_blocks(), before);
    }
}
END_TEST

START_TEST(survives_short_memory)
{
    const char *model = _i == 0 ? "resnet18" : "deit_cifar";
    for (int nth = 1;; nth += nth < 40 ? 1 : 17) {
        long before = qb_mem_live_blocks();
        qb_graph *g = NULL;
        qb_mem_fail_at(nth, 0);
        int rc = qb_model_graph(model, (qb_shape){3, 32, 32}, 10, &g);
        qb_mem_fail_at(0, 0);
        if (rc == 0) {
            qb_graph_destroy(g);
            ck_assert_int_eq(qb_mem_live_blocks(), before);
            return;
        }
        ck_assert_int_eq(rc, QB_E_NOMEM);
        ck_assert_ptr_null(g);
        ck_assert_int_eq(qb_mem_live_blocks(), before);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("models");
    TCase *c = tcase_create("models");
    tcase_add_loop_test(c, has_the_counts_of_the_recipes, 0, sizeof table / sizeof *table);
    tcase_add_loop_test(c, layers_of_deit_have_the_counts_of_the_recipes, 0, 3);
    tcase_add_loop_test(c, names_are_the_state_dict_in_its_order, 0, sizeof golden / sizeof *golden);
    tcase_add_loop_test(c, tensors_have_shape_start_and_group, 0, sizeof tensors / sizeof *tensors);
    tcase_add_loop_test(c, takes_any_input, 0, sizeof inputs / sizeof *inputs);
    tcase_add_test(c, makes_a_token_of_every_patch);
    tcase_add_test(c, refuses_an_empty_input);
    tcase_add_test(c, suggests_the_nearest_name);
    tcase_add_test(c, every_model_of_the_table_builds);
    tcase_add_loop_test(c, survives_short_memory, 0, 2);
    suite_add_tcase(s, c);
    return s;
}

QB_TEST_MAIN
