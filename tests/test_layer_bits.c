/* Bits by layer: the list's canonical text, its patterns against a network, and one instance of the solver a width. */
#include "quant_net.h"

#include "quant/layer_bits.h"

#include <math.h>

/* ---- the text ---- */

static const qb_option option = {"layer_bits", QB_KIND_BITS_OF, "none", 0, 0, NULL, "", "", 0, NULL};

static const struct {
    const char *text, *canonical; /* NULL: refused */
} texts[] = {
    {"none", "none"},
    {"conv1=8/fc=float", "conv1=8/fc=float"},
    {"conv1.weight=8/fc.weight=float", "conv1=8/fc=float"},
    {"*=0", "*=ternary"},
    {"*=ternary/*conv1=4", "*=ternary/*conv1=4"},
    {"conv1=8/fc=2/conv1=4", "fc=2/conv1=4"}, /* the last wins, so the first is not there */
    {"conv1=8/fc=2/conv1.weight=4", "fc=2/conv1=4"},
    {"cls_token=8", "cls_token=8"},
    {"", NULL},
    {"conv1", NULL},
    {"=8", NULL},
    {"conv1=", NULL},
    {"conv1=9", NULL},
    {"conv1=-1", NULL},
    {"conv1=8/", NULL},
    {"/conv1=8", NULL},
    {"conv1=8,fc=4", NULL},
    {"conv1 = 8", NULL},
    {"conv1=8/none", NULL},
};

START_TEST(one_text_for_equal_lists)
{
    qb_value v;
    int rc = qb_value_parse(&option, texts[_i].text, &v);
    ck_assert_msg((rc == 0) == (texts[_i].canonical != NULL), "'%s': %d", texts[_i].text, rc);
    if (rc == 0) {
        ck_assert_str_eq(v.text, texts[_i].canonical);
        qb_value_finish(&v);
    } else {
        ck_assert_int_eq(rc, QB_E_USAGE);
        ck_assert_msg(strstr(qb_err_text(), "conv1=8/fc=float") != NULL, "%s", qb_err_text());
    }
}
END_TEST

/* ---- patterns ---- */

static const struct {
    const char *pattern, *text;
    bool matches;
} patterns[] = {
    {"conv1", "conv1", true},   {"conv1", "conv10", false}, {"conv1", "layer1.0.conv1", false}, {"*conv1", "layer1.0.conv1", true},
    {"*", "a.b.c", true},       {"*", "", true},            {"layer1.*", "layer1.0.conv1", true}, {"layer1.*", "layer10.0", false},
    {"l*1.*c*2", "layer1.0.conv2", true}, {"*.*.*", "a.b", false}, {"a*a", "a", false}, {"**", "x", true}, {"*b*b", "abab", true},
    {"a?c", "abc", false},
};

START_TEST(star_matches_anything)
{
    ck_assert_msg(qb_pattern_matches(patterns[_i].pattern, patterns[_i].text) == patterns[_i].matches, "%s %s",
                  patterns[_i].pattern, patterns[_i].text);
}
END_TEST

static const struct {
    const char *list;
    int bits[N_PARAMS]; /* norm, a, b, b.bias, c, head: the last is float by default */
} lists[] = {
    {"none", {-1, 2, 2, -1, 2, -1}},          {"a=8", {-1, 8, 2, -1, 2, -1}},         {"head=8", {-1, 2, 2, -1, 2, 8}},
    {"*=4", {-1, 4, 4, -1, 4, 4}},            {"*=4/b=float", {-1, 4, -1, -1, 4, 4}}, {"b=float/*=4", {-1, 4, 4, -1, 4, 4}},
    {"c.weight=ternary", {-1, 2, 2, -1, 0, -1}}, {"norm=float/a=1", {-1, 1, 2, -1, 2, -1}}, {"b*=8", {-1, 2, 8, -1, 2, -1}},
};

START_TEST(the_last_match_wins)
{
    net n;
    int8_t bits[N_PARAMS];
    net_prepare(&n, &(net_options){.solver = "ste"});
    ck_assert_msg(qb_layer_bits_resolve(lists[_i].list, 2, n.params, N_PARAMS, "net", bits) == 0, "%s", qb_err_text());
    for (int i = 0; i < N_PARAMS; i++)
        ck_assert_msg(bits[i] == lists[_i].bits[i], "%s: %s has %d", lists[_i].list, n.params[i].name, bits[i]);
    net_close(&n);
}
END_TEST

static const struct {
    const char *list, *text, *hint;
} mistakes[] = {
    {"d=8", "layer_bits: 'd' matches no parameter of net", "the layers of net: a, b, c, head"},
    {"heat=8", "layer_bits: 'heat' matches no parameter of net", "did you mean 'head'? the layers of net: a, b, c, head"},
    {"a=8/x*=4", "layer_bits: 'x*' matches no parameter of net", "the layers of net: a, b, c, head"},
    {"norm=8", "layer_bits: 'norm' is norm.weight of net, a vector of 4 values; expected a weight of two or more dimensions", ""},
    {"b.bias=8", "layer_bits: 'b.bias' is b.bias of net, a vector of 6 values; expected a weight of two or more dimensions", ""},
    {"*=float", "layer_bits: '*=float' leaves no layer of net to quantize", "full precision is --solver none"},
};

START_TEST(a_mistake_is_told)
{
    net n;
    int8_t bits[N_PARAMS];
    net_prepare(&n, &(net_options){.solver = "ste"});
    ck_assert_int_eq(qb_layer_bits_resolve(mistakes[_i].list, 2, n.params, N_PARAMS, "net", bits), QB_E_CONFIG);
    ck_assert_str_eq(qb_err_text(), mistakes[_i].text);
    ck_assert_str_eq(qb_err_hint_text(), mistakes[_i].hint);
    net_close(&n);
}
END_TEST

/* ---- training ---- */

static const int8_t mixed[N_PARAMS] = {-1, 8, 2, -1, 0, -1}, same[N_PARAMS] = {-1, 2, 2, -1, 2, -1};

START_TEST(levels_are_those_of_the_layer)
{
    static const char *const solvers[] = {"ste", "parq", "recorder[aux=1]"};
    for (size_t k = 0; k < sizeof solvers / sizeof *solvers; k++) {
        net n;
        float slab[N_FLOATS];
        int max, allowed, n_levels;
        int64_t rows;
        const char *where;
        net_open(&n, &(net_options){.solver = solvers[k], .period = 1, .threads = 2, .end = 3, .param_bits = mixed});
        for (int64_t t = 0; t < 6; t++)
            net_step(&n, t);
        static const int want[] = {256, 4, 3};
        for (int v = 0; v < N_VIEWS; v++) {
            ck_assert_ptr_nonnull(qb_quant_levels(n.quant, (size_t)view_params[v], &rows, &n_levels));
            ck_assert_int_eq(n_levels, want[v]);
            ck_assert_int_eq(qb_quant_bits(n.quant, (size_t)view_params[v]), mixed[view_params[v]]);
        }
        ck_assert_int_eq(qb_quant_bits(n.quant, 5), QB_BITS_FLOAT);
        ck_assert_int_eq(qb_quant_finish(n.quant, slab), 0);
        qb_quant_count_levels(n.quant, slab, &max, &allowed, &where);
        ck_assert_ptr_null(where);
        ck_assert(max > 4 && max <= 27 && allowed == 256);
        memcpy(slab + n.params[4].offset, n.x + n.params[4].offset, 64 * sizeof(float)); /* a row of the ternary layer */
        qb_quant_count_levels(n.quant, slab, &max, &allowed, &where);
        ck_assert_str_eq(where, "c.weight");
        ck_assert(max > 3 && allowed == 3);
        net_close(&n);
    }
}
END_TEST

START_TEST(equal_bits_are_an_equal_run)
{
    net a, b;
    net_open(&a, &(net_options){.solver = "recorder[aux=1,noise=0.5]", .period = 1, .threads = 1});
    net_open(&b, &(net_options){.solver = "recorder[aux=1,noise=0.5]", .period = 1, .threads = 1, .param_bits = same});
    for (int64_t t = 0; t < 6; t++) {
        net_step(&a, t);
        net_step(&b, t);
        ck_assert_mem_eq(a.x, b.x, sizeof a.x);
        ck_assert_mem_eq(a.w, b.w, sizeof a.w);
    }
    net_close(&a);
    net_close(&b);
}
END_TEST

START_TEST(metrics_name_their_width)
{
    net n;
    qb_quant_metric m[QB_MAX_METRICS];
    size_t n_metrics;
    net_open(&n, &(net_options){.solver = "parq", .period = 1, .threads = 1, .param_bits = mixed});
    net_step(&n, 0);
    ck_assert_int_eq(qb_quant_metrics(n.quant, m, QB_MAX_METRICS, &n_metrics), 0);
    ck_assert_uint_eq(n_metrics, 3);
    ck_assert_str_eq(m[0].name, "parq_inv_slope_wt");
    ck_assert_str_eq(m[1].name, "parq_inv_slope_w2");
    ck_assert_str_eq(m[2].name, "parq_inv_slope_w8");
    net_close(&n);
}
END_TEST

START_TEST(every_width_is_asked_for)
{
    static const int8_t bits[N_PARAMS] = {-1, 1, 2, -1, 1, -1};
    net n;
    ck_assert_int_eq(net_try(&n, &(net_options){.solver = "binaryconnect", .bits = 1, .threads = 1, .param_bits = bits}), QB_E_NOT_OFFERED);
    ck_assert_msg(strstr(qb_err_text(), "does not support 2 bits") != NULL, "%s", qb_err_text());
    net_close(&n);
}
END_TEST

#define N(array) ((int)(sizeof array / sizeof *array))

static Suite *suite(void)
{
    Suite *s = suite_create("layer_bits");
    TCase *tc = tcase_create("layer_bits");
    tcase_add_checked_fixture(tc, net_set_up, NULL);
    tcase_add_loop_test(tc, one_text_for_equal_lists, 0, N(texts));
    tcase_add_loop_test(tc, star_matches_anything, 0, N(patterns));
    tcase_add_loop_test(tc, the_last_match_wins, 0, N(lists));
    tcase_add_loop_test(tc, a_mistake_is_told, 0, N(mistakes));
    tcase_add_test(tc, levels_are_those_of_the_layer);
    tcase_add_test(tc, equal_bits_are_an_equal_run);
    tcase_add_test(tc, metrics_name_their_width);
    tcase_add_test(tc, every_width_is_asked_for);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
