/* Graphs: shapes, order of parameters, and the sentence that a wrong one gets. */
#include "qb_test.h"

#include "base/err.h"
#include "base/mem.h"
#include "engine/layer.h"

#include <string.h>

static qb_graph *make(qb_shape input)
{
    qb_graph *g = NULL;
    ck_assert_msg(qb_graph_create("test", input, 10, &g) == 0, "%s", qb_err_text());
    return g;
}

static qb_ref conv(qb_graph *g, qb_ref x, const char *name, int out, int kernel, int stride, int pad)
{
    return qb_graph_conv(g, x, name, out, kernel, stride, pad, false, QB_INIT_KAIMING_FAN_IN, QB_QUANTIZED);
}

static qb_ref linear(qb_graph *g, qb_ref x, int out)
{
    return qb_graph_linear(g, x, "linear", out, QB_INIT_KAIMING_FAN_IN, QB_INIT_UNIFORM_FAN_IN, QB_QUANTIZED);
}

START_TEST(describes_its_layers)
{
    qb_graph *g = make((qb_shape){3, 31, 20});
    qb_ref x = qb_graph_conv(g, qb_graph_input(g), "stem", 20, 3, 2, 1, true, QB_INIT_KAIMING_FAN_IN, QB_QUANTIZED);
    x = qb_graph_batchnorm(g, x, "bn", QB_NONE, true);
    x = qb_graph_maxpool(g, x, 3, 2, 1);
    x = qb_graph_shortcut_pad(g, x, 33, 2);
    x = linear(g, qb_graph_global_avgpool(g, x), 10);
    ck_assert_msg(qb_graph_finish(g, x) == 0, "%s", qb_err_text());
    static const struct {
        const char *name, *kind;
        qb_shape out;
        size_t n_params;
        int64_t macs;
    } want[] = {
        {"input", "input", {3, 31, 20}, 0, 0},
        {"stem", "conv", {20, 16, 10}, 20 * 27 + 20, 20 * 27 * 160},
        {"bn", "batchnorm", {20, 16, 10}, 40, 0},
        {"maxpool", "maxpool", {20, 8, 5}, 0, 0},
        {"shortcut", "shortcut", {33, 4, 3}, 0, 0},
        {"avgpool", "avgpool", {33, 1, 1}, 0, 0},
        {"linear", "linear", {10, 1, 1}, 340, 330},
    };
    ck_assert_uint_eq(qb_graph_n_layers(g), sizeof want / sizeof *want);
    for (size_t i = 0; i < qb_graph_n_layers(g); i++) {
        qb_layer_info l = qb_graph_layer(g, i);
        ck_assert_str_eq(l.name, want[i].name);
        ck_assert_str_eq(l.kind, want[i].kind);
        ck_assert_int_eq(l.out.c, want[i].out.c);
        ck_assert_int_eq(l.out.h, want[i].out.h);
        ck_assert_int_eq(l.out.w, want[i].out.w);
        ck_assert_uint_eq(l.n_params, want[i].n_params);
        ck_assert_int_eq(l.macs, want[i].macs);
    }
    size_t n;
    const qb_param *p = qb_graph_params(g, &n);
    static const char *const names[] = {"stem.weight", "stem.bias", "bn.weight", "bn.bias", "linear.weight", "linear.bias"};
    static const bool is_quantized[] = {true, false, false, false, true, false};
    static const int decay_factor[] = {1, 0, 1, 0, 1, 0};
    ck_assert_uint_eq(n, 6);
    size_t end = 0;
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(p[i].name, names[i]);
        ck_assert_int_eq(p[i].is_quantized, is_quantized[i]);
        ck_assert_int_eq((int)p[i].decay_factor, decay_factor[i]);
        ck_assert_int_eq((int)p[i].lr_factor, 1);
        ck_assert_uint_eq(p[i].offset % 16, 0);
        ck_assert_uint_ge(p[i].offset, end);
        end = p[i].offset + p[i].n;
    }
    ck_assert_uint_ge(qb_graph_slab_size(g), end);
    const qb_running_stat *b = qb_graph_running_stats(g, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(b[0].name, "bn.running_mean");
    ck_assert_str_eq(b[1].name, "bn.running_var");
    ck_assert_int_eq(b[1].init == 1, 1);
    qb_graph_destroy(g);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(keeps_the_order_of_declaration)
{
    qb_graph *g = make((qb_shape){3, 8, 8});
    qb_ref x = conv(g, qb_graph_input(g), "conv", 10, 3, 1, 1);
    qb_graph_declare_batchnorm(g, "bn", 10);
    qb_ref r = conv(g, qb_graph_input(g), "residual", 10, 1, 1, 0);
    x = qb_graph_batchnorm(g, x, "bn", r, true);
    ck_assert_msg(qb_graph_finish(g, qb_graph_global_avgpool(g, x)) == 0, "%s", qb_err_text());
    size_t n;
    const qb_param *p = qb_graph_params(g, &n);
    static const char *const names[] = {"conv.weight", "bn.weight", "bn.bias", "residual.weight"};
    ck_assert_uint_eq(n, 4);
    for (size_t i = 0; i < n; i++)
        ck_assert_str_eq(p[i].name, names[i]);
    qb_graph_destroy(g);
}
END_TEST

/* ---- a kind from outside the engine ---- */

typedef struct token {
    int width;
    bool at_front;
} token;

static const qb_layer_kind token_kind = {.name = "token", .attributes_size = sizeof(token), .op_size = 1, .max_grads = 1};

START_TEST(a_kind_keeps_its_attributes_and_names_its_parameters)
{
    qb_graph *g = make((qb_shape){8, 4, 1});
    token given = {8, true};
    size_t param = qb_graph_add_param(g, "cls_token", NULL, &(qb_param){.lr_factor = 0.5f, .init = QB_INIT_TRUNC_NORMAL,
                                                                        .n_dims = 3, .shape = {1, 1, 8}, .fan_in = 8});
    qb_ref x = qb_graph_add(g, "cls_token", &(qb_layer){.kind = &token_kind, .in = {qb_graph_input(g), QB_NONE}, .out = {8, 5, 1},
                                                        .attributes = &given, .param = param, .n_params = 1});
    given.width = 0; /* the graph has a copy */
    ck_assert_msg(qb_graph_finish(g, linear(g, qb_graph_global_avgpool(g, x), 10)) == 0, "%s", qb_err_text());
    size_t n;
    const token *kept = qb_graph_layers(g, &n)[x].attributes;
    ck_assert_int_eq(kept->width, 8);
    ck_assert(kept->at_front);
    const qb_param *p = &qb_graph_params(g, &n)[param];
    ck_assert_str_eq(p->name, "cls_token");
    ck_assert_uint_eq(p->n, 8);
    ck_assert_int_eq(p->n_dims, 3);
    ck_assert(!p->is_quantized && p->decay_factor == 0 && p->lr_factor == 0.5f);
    qb_graph_set_quantized(g, param, true);
    ck_assert(p->is_quantized && p->decay_factor == 0);
    qb_graph_set_quantized(g, param, false);
    ck_assert(!p->is_quantized && p->decay_factor == 0);
    qb_graph_destroy(g);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

/* ---- refusals ---- */

static qb_ref small_image(qb_graph *g)
{
    return conv(g, qb_graph_input(g), "layer1.0.conv1", 8, 11, 1, 1);
}
static qb_ref no_channels(qb_graph *g)
{
    return conv(g, qb_graph_input(g), "conv", 0, 3, 1, 1);
}
static qb_ref no_stride(qb_graph *g)
{
    return conv(g, qb_graph_input(g), "conv", 8, 3, 0, 1);
}
static qb_ref foreign_input(qb_graph *g)
{
    return conv(g, 17, "conv", 8, 3, 1, 1);
}
static qb_ref twice(qb_graph *g)
{
    return conv(g, conv(g, qb_graph_input(g), "conv", 8, 3, 1, 1), "conv", 8, 3, 1, 1);
}
static qb_ref first_error_wins(qb_graph *g)
{
    return linear(g, qb_graph_maxpool(g, no_stride(g), 0, 0, 0), 0);
}
static qb_ref residual_shape(qb_graph *g)
{
    qb_ref x = conv(g, qb_graph_input(g), "conv", 8, 3, 2, 1);
    return qb_graph_batchnorm(g, x, "bn", qb_graph_input(g), true);
}
static qb_ref declared_otherwise(qb_graph *g)
{
    qb_graph_declare_batchnorm(g, "bn", 9);
    return qb_graph_batchnorm(g, qb_graph_input(g), "bn", QB_NONE, true);
}
static qb_ref declared_in_vain(qb_graph *g)
{
    qb_graph_declare_batchnorm(g, "bn", 9);
    return linear(g, qb_graph_global_avgpool(g, qb_graph_input(g)), 10);
}
static qb_ref norm_twice(qb_graph *g)
{
    qb_ref x = qb_graph_batchnorm(g, qb_graph_input(g), "bn", QB_NONE, true);
    return qb_graph_batchnorm(g, x, "bn", QB_NONE, true);
}
static qb_ref pool_padding(qb_graph *g)
{
    return qb_graph_maxpool(g, qb_graph_input(g), 3, 2, 2);
}
static qb_ref pool_size(qb_graph *g)
{
    return qb_graph_maxpool(g, qb_graph_input(g), 12, 2, 1);
}
static qb_ref fewer_channels(qb_graph *g)
{
    return qb_graph_shortcut_pad(g, qb_graph_input(g), 2, 2);
}
static qb_ref linear_on_image(qb_graph *g)
{
    return linear(g, qb_graph_input(g), 10);
}
static qb_ref wrong_classes(qb_graph *g)
{
    return linear(g, qb_graph_global_avgpool(g, qb_graph_input(g)), 7);
}
static qb_ref unread(qb_graph *g)
{
    conv(g, qb_graph_input(g), "lost", 8, 3, 1, 1);
    return linear(g, qb_graph_global_avgpool(g, qb_graph_input(g)), 10);
}
static qb_ref none(qb_graph *g)
{
    (void)g;
    return QB_NONE;
}
static qb_ref no_parameters(qb_graph *g)
{
    return qb_graph_shortcut_pad(g, qb_graph_global_avgpool(g, qb_graph_input(g)), 10, 1);
}

static const struct {
    qb_ref (*build)(qb_graph *g);
    const char *text;
} bad[] = {
    {small_image, "conv 'layer1.0.conv1': kernel 11 with padding 1 needs at least 9x9 pixels, got 8x8"},
    {no_channels, "conv 'conv': expected channels, kernel and stride of at least 1 and padding of at least 0, got 0, 3, 1, 1"},
    {no_stride, "conv 'conv': expected channels, kernel and stride of at least 1 and padding of at least 0, got 8, 3, 0, 1"},
    {foreign_input, "conv 'conv': its input is not a tensor of this graph (got 17, there are 1)"},
    {twice, "parameter 'conv.weight': a parameter of that name exists already"},
    {first_error_wins, "conv 'conv': expected channels, kernel and stride of at least 1 and padding of at least 0, got 8, 3, 0, 1"},
    {residual_shape, "batchnorm 'bn': adds a residual of its own shape 8x4x4, got 3x8x8"},
    {declared_otherwise, "batchnorm 'bn': was declared for 9 channels, got 3"},
    {declared_in_vain, "model 'test': 2 parameters are declared but belong to no layer"},
    {norm_twice, "parameter 'bn.weight': a parameter of that name exists already"},
    {pool_padding, "maxpool 'maxpool': expected kernel and stride of at least 1 and padding of 0 to half the kernel, got 3, 2, 2"},
    {pool_size, "maxpool 'maxpool': kernel 12 with padding 1 needs at least 10x10 pixels, got 8x8"},
    {fewer_channels, "shortcut 'shortcut': pads channels, so it needs at least as many as it gets: got 2 for 3"},
    {linear_on_image, "linear 'linear': expected a vector (3x1x1), got 3x8x8: pool it first"},
    {wrong_classes, "linear 'linear': expected logits of shape 10x1x1 (one a class), got 7x1x1"},
    {unread, "conv 'lost': no layer reads its output"},
    {none, "model 'test': the logits are not a tensor of this graph (got -1, there are 1)"},
    {no_parameters, "model 'test': no layer before the logits has a parameter"},
};

START_TEST(refuses)
{
    qb_graph *g = make((qb_shape){3, 8, 8});
    ck_assert_int_eq(qb_graph_finish(g, bad[_i].build(g)), QB_E_CONFIG);
    ck_assert_str_eq(qb_err_text(), bad[_i].text);
    qb_graph_destroy(g);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(refuses_an_empty_input)
{
    qb_graph *g = NULL;
    ck_assert_int_eq(qb_graph_create("test", (qb_shape){3, 0, 8}, 10, &g), QB_E_CONFIG);
    ck_assert_str_eq(qb_err_text(), "model 'test': input of 3x0x8 (channels, height, width) is empty");
    ck_assert_int_eq(qb_graph_create("test", (qb_shape){3, 8, 8}, 1, &g), QB_E_CONFIG);
    ck_assert_str_eq(qb_err_text(), "model 'test': expected at least 2 classes, got 1");
    ck_assert_ptr_null(g);
}
END_TEST

START_TEST(survives_a_lack_of_memory)
{
    for (long nth = 1;; nth++) {
        qb_graph *g = NULL;
        qb_mem_fail_at(nth, 0);
        int rc = qb_graph_create("test", (qb_shape){3, 8, 8}, 10, &g);
        if (rc == 0) {
            rc = qb_graph_finish(g, linear(g, qb_graph_global_avgpool(g, residual_shape(g)), 10));
            qb_graph_destroy(g);
        }
        qb_mem_fail_at(0, 0);
        ck_assert_int_eq(qb_mem_live_blocks(), 0);
        if (rc == QB_E_CONFIG)
            break; /* every allocation has failed once; the residual's shape is refused as ever */
        ck_assert_int_eq(rc, QB_E_NOMEM);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("graph");
    TCase *t = tcase_create("graph");
    tcase_add_test(t, describes_its_layers);
    tcase_add_test(t, keeps_the_order_of_declaration);
    tcase_add_test(t, a_kind_keeps_its_attributes_and_names_its_parameters);
    tcase_add_loop_test(t, refuses, 0, sizeof bad / sizeof *bad);
    tcase_add_test(t, refuses_an_empty_input);
    tcase_add_test(t, survives_a_lack_of_memory);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
