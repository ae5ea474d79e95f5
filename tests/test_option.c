/* Options: every kind's values, canonical texts and refusals; settings; help; specs. */
#include "base/err.h"
#include "base/mem.h"
#include "base/option.h"
#include "base/str.h"

#include "qb_test.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char *const schedules[] = {"constant", "multistep", "cosine", NULL};

static const qb_option schema[] = {
    {"lr", QB_KIND_REAL, "0.1", 0, INFINITY, NULL, "", "starting learning rate", QB_OPT_MIN_OPEN, "Training"},
    {"lr_schedule", QB_KIND_CHOICE, "cosine", 0, 0, schedules, "",
     "how the learning rate falls over the epochs of a run", 0, "Training"},
    {"batch", QB_KIND_INT, "128", 1, 65536, NULL, "images", "images a step", 0, "Training"},
    {"momentum", QB_KIND_REAL, "0.9", 0, 1, NULL, "", "momentum of SGD", 0, "Training"},
    {"bound", QB_KIND_REAL, "0.5", 0, 1, NULL, "", "open below", QB_OPT_MIN_OPEN, "Training"},
    {"cap", QB_KIND_INT, "0", -INFINITY, 3, NULL, "", "open above", 0, "Training"},
    {"free", QB_KIND_INT, "0", 0, 0, NULL, "", "any number", 0, "Training"},
    {"anneal_end", QB_KIND_SPAN, "0ep", 0, 0, NULL, "", "end of the annealing", 0, "Quantization"},
    {"checkpoint_every", QB_KIND_SPAN, "0", 0, 0, NULL, "", "how often to save", QB_OPT_SECONDS, "Quantization"},
    {"bits", QB_KIND_BITS, "2", 0, 0, NULL, "", "bits a weight", 0, "Quantization"},
    {"milestones", QB_KIND_REALS, "", 0, 1000, NULL, "", "epochs at which it falls", 0, "Quantization"},
    {"augment", QB_KIND_BOOL, "true", 0, 0, NULL, "", "crop and flip", 0, "Quantization"},
    {"solver", QB_KIND_SPEC, "none", 0, 0, NULL, "", "solver and its options", 0, "Quantization"},
    {"note", QB_KIND_TEXT, "", 0, 0, NULL, "", "free text", 0, "Quantization"},
    {"data_dir", QB_KIND_PATH, NULL, 0, 0, NULL, "", "folder of the data", QB_OPT_NULLABLE, "Places"},
    {"model", QB_KIND_TEXT, NULL, 0, 0, NULL, "", "network to train", QB_OPT_REQUIRED, "Places"},
    {"watch", QB_KIND_CHOICES, "none", 0, 0, schedules, "", "which to watch", 0, "Watching"},
};
enum { N_SCHEMA = sizeof schema / sizeof *schema };

static qb_settings s;

static void init(void)
{
    ck_assert_int_eq(qb_settings_init(&s, schema, N_SCHEMA), QB_OK);
}

static void finish(void)
{
    qb_settings_finish(&s);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}

static const struct {
    const char *name, *text, *canonical;
} good[] = {
    {"lr", "2e-4", "0.0002"},
    {"lr", "0.0002", "0.0002"},
    {"lr", "0.00020", "0.0002"},
    {"lr", "1e3", "1000"},
    {"momentum", "-0", "0"},
    {"momentum", "1", "1"},
    {"batch", "65536", "65536"},
    {"batch", "+007", "7"},
    {"cap", "-9223372036854775808", "-9223372036854775808"},
    {"free", "-12", "-12"},
    {"lr-schedule", "multistep", "multistep"},
    {"anneal-end", "5ep", "5ep"},
    {"anneal_end", "2.50ep", "2.5ep"},
    {"anneal_end", "200st", "200st"},
    {"anneal_end", "0", "0st"},
    {"anneal_end", "0ep", "0st"},
    {"anneal_end", "0.0", "0st"},
    {"checkpoint_every", "60s", "60s"},
    {"checkpoint_every", "10st", "10st"},
    {"checkpoint_every", "1ep", "1ep"},
    {"bits", "8", "8"},
    {"bits", "0", "ternary"},
    {"bits", "ternary", "ternary"},
    {"milestones", "2/3/4", "2/3/4"},
    {"milestones", "2.0/3e0/0.50", "2/3/0.5"},
    {"milestones", "", ""},
    {"augment", "yes", "true"},
    {"augment", "off", "false"},
    {"augment", "1", "true"},
    {"augment", "0", "false"},
    {"solver", "parq[steepness=10]", "parq[steepness=10]"},
    {"solver", "./my-solver.so", "./my-solver.so"},
    {"note", "gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
    {"note", "", ""},
    {"data_dir", "/tmp/a b", "/tmp/a b"},
    {"data_dir", "", ""},
    {"watch", "none", "none"},
    {"watch", "all", "all"},
    {"watch", "cosine", "cosine"},
    {"watch", "cosine/constant/cosine", "constant/cosine"},
    {"watch", "cosine/multistep/constant", "all"},
};

START_TEST(accepts)
{
    ck_assert_int_eq(qb_settings_set(&s, good[_i].name, good[_i].text), QB_OK);
    const qb_value *v = qb_get(&s, good[_i].name);
    ck_assert_str_eq(v->text, good[_i].canonical);
    ck_assert(v->is_set);
    /* A canonical text is a value, and its own canonical text. */
    ck_assert_int_eq(qb_settings_set(&s, good[_i].name, good[_i].canonical), QB_OK);
    ck_assert_str_eq(qb_get(&s, good[_i].name)->text, good[_i].canonical);
}
END_TEST

#define SPAN "expected a span such as 5ep (epochs) or 200st (steps)"
#define SPAN_SECONDS "expected a span such as 5ep (epochs), 200st (steps) or 60s (seconds)"
#define CHOICES "expected none, all, or a list of constant, multistep, cosine separated by '/'"
#define SPEC "expected name or name[key=value,...], got"
#define BITS "expected a number of bits from 1 to 8, or ternary"
#define SPEC_HINT "write it like parq[steepness=10]; lists are separated by '/'"

static const struct {
    const char *name, *text, *error, *hint;
} bad[] = {
    {"lrr", "1", "unknown option 'lrr'", "did you mean 'lr'?"},
    {"Momentun", "1", "unknown option 'Momentun'", "did you mean 'momentum'?"},
    {"qqqqqqqq", "1", "unknown option 'qqqqqqqq'", ""},
    {"lr", "x", "lr: expected a number above 0, got 'x'", ""},
    {"lr", "0", "lr: expected a number above 0, got '0'", ""},
    {"lr", "", "lr: expected a number above 0, got nothing", ""},
    {"lr", "nan", "lr: expected a number above 0, got 'nan'", ""},
    {"lr", "inf", "lr: expected a number above 0, got 'inf'", ""},
    {"lr", "0,1", "lr: expected a number above 0, got '0,1'", ""},
    {"lr", "\x1b[31m", "lr: expected a number above 0, got '?[31m'", ""},
    {"momentum", "1.1", "momentum: expected a number from 0 to 1, got '1.1'", ""},
    {"bound", "0", "bound: expected a number above 0 and at most 1, got '0'", ""},
    {"cap", "4", "cap: expected a whole number of at most 3, got '4'", ""},
    {"batch", "0", "batch: expected a whole number from 1 to 65536 (images), got '0'", ""},
    {"batch", "1e3", "batch: expected a whole number from 1 to 65536 (images), got '1e3'", ""},
    {"batch", "2_000", "batch: expected a whole number from 1 to 65536 (images), got '2_000'", ""},
    {"batch", "128.0", "batch: expected a whole number from 1 to 65536 (images), got '128.0'", ""},
    {"free", "9223372036854775808", "free: expected a whole number, got '9223372036854775808'", ""},
    {"lr_schedule", "cosin", "lr_schedule: expected one of constant, multistep, cosine, got 'cosin'", "did you mean 'cosine'?"},
    {"lr_schedule", "zzz", "lr_schedule: expected one of constant, multistep, cosine, got 'zzz'", ""},
    {"watch", "cosin", "watch: " CHOICES ", got 'cosin'", "did you mean 'cosine'?"},
    {"watch", "constant/cosin", "watch: " CHOICES ", got 'constant/cosin'", "did you mean 'cosine'?"},
    {"watch", "constant/", "watch: " CHOICES ", got 'constant/'", ""},
    {"watch", "constant,cosine", "watch: " CHOICES ", got 'constant,cosine'", ""},
    {"watch", "none/cosine", "watch: " CHOICES ", got 'none/cosine'", ""},
    {"watch", "", "watch: " CHOICES ", got nothing", ""},
    {"anneal_end", "5", "anneal_end: " SPAN ", got '5'", "say which unit: 5ep (epochs) or 5st (steps)"},
    {"checkpoint_every", "5", "checkpoint_every: " SPAN_SECONDS ", got '5'", "say which unit: 5ep, 5st or 5s"},
    {"anneal_end", "60s", "anneal_end: " SPAN ", got '60s'", ""},
    {"anneal_end", "1.5st", "anneal_end: " SPAN ", got '1.5st'", ""},
    {"anneal_end", "-1ep", "anneal_end: " SPAN ", got '-1ep'", ""},
    {"anneal_end", "ep", "anneal_end: " SPAN ", got 'ep'", ""},
    {"anneal_end", "5 ep", "anneal_end: " SPAN ", got '5 ep'", ""},
    {"anneal_end", "", "anneal_end: " SPAN ", got nothing", ""},
    {"anneal_end", "1e300ep", "anneal_end: " SPAN ", got '1e300ep'", ""},
    {"bits", "9", "bits: " BITS ", got '9'", ""},
    {"bits", "1.58", "bits: " BITS ", got '1.58'", ""},
    {"bits", "02", "bits: " BITS ", got '02'", ""},
    {"bits", "", "bits: " BITS ", got nothing", ""},
    {"milestones", "1//2", "milestones: expected numbers from 0 to 1000 separated by '/', got '1//2'", ""},
    {"milestones", "1/x", "milestones: expected numbers from 0 to 1000 separated by '/', got '1/x'", ""},
    {"milestones", "1/2/", "milestones: expected numbers from 0 to 1000 separated by '/', got '1/2/'", ""},
    {"milestones", "1001", "milestones: expected numbers from 0 to 1000 separated by '/', got '1001'", ""},
    {"milestones", "1,2", "milestones: expected numbers from 0 to 1000 separated by '/', got '1,2'", ""},
    {"augment", "maybe", "augment: expected true or false, got 'maybe'", ""},
    {"solver", "parq[a=1", "solver: " SPEC " 'parq[a=1': the ']' is missing", SPEC_HINT},
    {"solver", "", "solver: " SPEC " '': the name is missing", SPEC_HINT},
    {"note", "a\nb", "note: expected UTF-8 text without control characters, got 'a b'", ""},
    {"note", "\xFF", "note: expected UTF-8 text without control characters, got '\xFF'", ""},
};

START_TEST(refuses)
{
    char before[64];
    const qb_option *o = qb_option_find(schema, N_SCHEMA, bad[_i].name);
    (void)snprintf(before, sizeof before, "%s", o ? qb_get(&s, o->name)->text : "");
    ck_assert_int_eq(qb_settings_set(&s, bad[_i].name, bad[_i].text), QB_E_USAGE);
    ck_assert_str_eq(qb_err_text(), bad[_i].error);
    ck_assert_str_eq(qb_err_hint_text(), bad[_i].hint);
    if (o) {
        ck_assert_str_eq(qb_get(&s, o->name)->text, before);
        ck_assert(!qb_get(&s, o->name)->is_set);
    }
}
END_TEST

START_TEST(cuts_long_values)
{
    char text[5000];
    memset(text, '7', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (size_t i = 0; i < N_SCHEMA; i++) {
        if (qb_settings_set(&s, schema[i].name, text) < 0) {
            ck_assert_uint_lt(strlen(qb_err_text()), 400);
            ck_assert_int_eq(qb_err_code(), QB_E_USAGE);
        }
    }
    ck_assert_int_eq(qb_settings_set(&s, text, "1"), QB_E_USAGE);
    ck_assert_uint_lt(strlen(qb_err_text()), 100);
}
END_TEST

START_TEST(holds_values)
{
    static const char *const texts[][2] = {{"lr", "0.5"}, {"batch", "64"}, {"anneal_end", "2.5ep"}, {"bits", "ternary"},
                                           {"milestones", "1/2.5"}, {"augment", "no"}, {"lr", "0.25"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_int_eq(qb_settings_set(&s, texts[i][0], texts[i][1]), QB_OK);
    ck_assert_double_eq(qb_get(&s, "lr")->r, 0.25);
    ck_assert_int_eq(qb_get(&s, "batch")->i, 64);
    ck_assert_double_eq(qb_get(&s, "anneal_end")->r, 2.5);
    ck_assert_int_eq(qb_get(&s, "anneal_end")->span_unit, QB_SPAN_EPOCHS);
    ck_assert_int_eq(qb_get(&s, "bits")->i, 0);
    ck_assert_uint_eq(qb_get(&s, "milestones")->n_reals, 2);
    ck_assert_double_eq(qb_get(&s, "milestones")->reals[1], 2.5);
    ck_assert(!qb_get(&s, "augment")->b);
    ck_assert(qb_get(&s, "data_dir")->is_null && !qb_get(&s, "note")->is_null);
    ck_assert_int_eq(qb_get(&s, "checkpoint_every")->span_unit, QB_SPAN_STEPS);
    ck_assert(!qb_get(&s, "momentum")->is_set && qb_get(&s, "lr")->is_set);
}
END_TEST

START_TEST(copies)
{
    qb_settings copy;
    ck_assert_int_eq(qb_settings_set(&s, "milestones", "1/2"), QB_OK);
    ck_assert_int_eq(qb_settings_copy(&copy, &s), QB_OK);
    ck_assert_int_eq(qb_settings_set(&s, "milestones", "7"), QB_OK);
    ck_assert_str_eq(qb_get(&copy, "milestones")->text, "1/2");
    ck_assert_double_eq(qb_get(&copy, "milestones")->reals[1], 2);
    ck_assert(qb_get(&copy, "milestones")->is_set && !qb_get(&copy, "lr")->is_set);
    qb_settings_finish(&copy);
    qb_settings_finish(&copy); /* once more does no harm */
}
END_TEST

START_TEST(asks_for_what_is_required)
{
    ck_assert_int_eq(qb_settings_check(&s), QB_E_USAGE);
    ck_assert_str_eq(qb_err_text(), "model: must be given, got nothing");
    ck_assert_str_eq(qb_err_hint_text(), "model: network to train");
    ck_assert_int_eq(qb_settings_set(&s, "model", "resnet20"), QB_OK);
    ck_assert_int_eq(qb_settings_check(&s), QB_OK);
}
END_TEST

START_TEST(names_all_options_of_a_short_schema)
{
    qb_settings two;
    ck_assert_int_eq(qb_settings_init(&two, schema, 2), QB_OK);
    ck_assert_int_eq(qb_settings_set(&two, "xyzxyz", "1"), QB_E_USAGE);
    ck_assert_str_eq(qb_err_hint_text(), "known options: lr, lr_schedule");
    qb_settings_finish(&two);
    ck_assert_int_eq(qb_settings_init(&two, NULL, 0), QB_OK);
    ck_assert_int_eq(qb_settings_set(&two, "x", "1"), QB_E_USAGE);
    ck_assert_str_eq(qb_err_hint_text(), "it takes no options");
    qb_settings_finish(&two);
}
END_TEST

START_TEST(helps_in_80_columns)
{
    char *all = qb_options_help(schema, N_SCHEMA, NULL), *keys = qb_options_help_keys(schema, N_SCHEMA);
    char *texts[] = {all, keys};
    for (int i = 0; i < 2; i++) {
        for (const char *line = texts[i]; *line;) {
            size_t length = strcspn(line, "\n");
            ck_assert_uint_le(length, 80);
            ck_assert(length == 0 || line[length - 1] != ' ');
            line += length + (line[length] == '\n');
        }
        ck_assert(qb_ends_with(texts[i], "\n"));
    }
    ck_assert(qb_starts_with(all, "Training:\n"
                                  "  --lr X                    starting learning rate (above 0; default 0.1)\n"
                                  "  --lr-schedule NAME        how the learning rate falls over the epochs of a run\n"
                                  "                            (constant, multistep, cosine; default cosine)\n"
                                  "  --batch N                 images a step (images; from 1 to 65536; default 128)\n"));
    ck_assert_ptr_nonnull(strstr(all, "\n\nQuantization:\n  --anneal-end SPAN "));
    ck_assert_ptr_nonnull(strstr(all, "--[no-]augment "));
    ck_assert_ptr_nonnull(strstr(all, "how often to save (5ep, 200st or 60s; default 0)"));
    ck_assert_ptr_nonnull(strstr(all, "network to train (required)"));
    ck_assert_ptr_nonnull(strstr(keys, "  lr_schedule=NAME          how the"));
    char *group = qb_options_help(schema, N_SCHEMA, "Places");
    ck_assert(qb_starts_with(group, "  --data-dir PATH           folder of the data\n  --model TEXT "));
    qb_free(all);
    qb_free(keys);
    qb_free(group);
}
END_TEST

/* ---- specs ---- */

static const struct {
    const char *text, *name;
    size_t n_args;
    const char *last_key, *last_value;
} specs[] = {
    {"parq", "parq", 0, NULL, NULL},
    {"parq[]", "parq", 0, NULL, NULL},
    {"parq[steepness=10]", "parq", 1, "steepness", "10"},
    {"parq[a=1,b=2/3/4]", "parq", 2, "b", "2/3/4"},
    {" parq [ a = 1 , b = x y ] ", "parq", 2, "b", "x y"},
    {"./dir/my-method_2.so[x=]", "./dir/my-method_2.so", 1, "x", ""},
    {"/abs/lib++.so", "/abs/lib++.so", 0, NULL, NULL},
    {"/my dir/a,b=c/x.so [x=1]", "/my dir/a,b=c/x.so", 1, "x", "1"},
    {" ./\xC3\xA9 ", "./\xC3\xA9", 0, NULL, NULL},
    {"a[x=-1e-5]", "a", 1, "x", "-1e-5"},
    {"a[x=1/2]", "a", 1, "x", "1/2"},
};

START_TEST(parses_specs)
{
    qb_spec spec;
    ck_assert_int_eq(qb_spec_parse(specs[_i].text, &spec), QB_OK);
    ck_assert_str_eq(spec.name, specs[_i].name);
    ck_assert_uint_eq(spec.n_args, specs[_i].n_args);
    if (spec.n_args > 0) {
        ck_assert_str_eq(spec.args[spec.n_args - 1].key, specs[_i].last_key);
        ck_assert_str_eq(spec.args[spec.n_args - 1].value, specs[_i].last_value);
    }
    qb_spec_finish(&spec);
    qb_spec_finish(&spec);
}
END_TEST

static const struct {
    const char *text, *why;
} bad_specs[] = {
    {"", "the name is missing"},
    {"   ", "the name is missing"},
    {"[a=1]", "the name is missing"},
    {"parq[a=1", "the ']' is missing"},
    {"parq[", "the ']' is missing"},
    {"parq]", "a ']' without '['"},
    {"parq[a=1]x", "something follows the ']'"},
    {"parq[a=1]]", "something follows the ']'"},
    {"parq[a=[1]]", "a '[' inside of '['"},
    {"parq[a]", "an argument has no '='"},
    {"parq[a=1,]", "an argument is empty"},
    {"parq[,a=1]", "an argument is empty"},
    {"parq[a=1,,b=2]", "an argument is empty"},
    {"parq[=1]", "an argument has no key"},
    {"parq[a=1,a=2]", "a key is given twice"},
    {"parq[a_b=1,a-b=2]", "a key is given twice"},
    {"parq[a=b=c]", "an argument has two '='"},
    {"pa rq", "a name holds letters, digits and - _ . + only"},
    {"parq,ste", "a name holds letters, digits and - _ . + only"},
    {"\xC3\xA9", "the name is missing"},
};

START_TEST(refuses_specs)
{
    qb_spec spec = {.name = NULL};
    ck_assert_int_eq(qb_spec_parse(bad_specs[_i].text, &spec), QB_E_USAGE);
    char *expected = qb_sprintf(SPEC " '%s': %s", bad_specs[_i].text, bad_specs[_i].why);
    ck_assert_str_eq(qb_err_text(), expected);
    ck_assert_str_eq(qb_err_hint_text(), SPEC_HINT);
    ck_assert_ptr_null(spec.name);
    qb_free(expected);
}
END_TEST

START_TEST(applies_specs)
{
    qb_spec spec;
    ck_assert_int_eq(qb_spec_parse("x[lr=0.10, batch=64,anneal-end=1.0ep,augment=yes]", &spec), QB_OK);
    ck_assert_int_eq(qb_spec_apply(&spec, &s), QB_OK);
    qb_spec_finish(&spec);
    char *canonical = qb_spec_canonical("x", &s); /* 0.10 and yes are the defaults */
    ck_assert_str_eq(canonical, "x[anneal_end=1ep,batch=64]");
    qb_free(canonical);
    ck_assert_int_eq(qb_spec_parse("x[lr=no]", &spec), QB_OK);
    ck_assert_int_eq(qb_spec_apply(&spec, &s), QB_E_USAGE);
    ck_assert_str_eq(qb_err_text(), "x: lr: expected a number above 0, got 'no'");
    qb_spec_finish(&spec);
    ck_assert_int_eq(qb_spec_parse("x[bit=3]", &spec), QB_OK);
    ck_assert_int_eq(qb_spec_apply(&spec, &s), QB_E_USAGE);
    ck_assert_str_eq(qb_err_text(), "x: unknown option 'bit'");
    ck_assert_str_eq(qb_err_hint_text(), "did you mean 'bits'?");
    qb_spec_finish(&spec);
}
END_TEST

START_TEST(canonical_spec_of_defaults_is_the_name)
{
    char *canonical = qb_spec_canonical("ste", &s);
    ck_assert_str_eq(canonical, "ste");
    qb_free(canonical);
}
END_TEST

START_TEST(asserts_a_bad_default)
{
    static const qb_option broken = {.name = "x", .kind = QB_KIND_INT, .def = "one"};
    qb_settings t;
    (void)qb_settings_init(&t, &broken, 1);
}
END_TEST

#define N(table) (int)(sizeof table / sizeof *table)

static Suite *suite(void)
{
    Suite *all = suite_create("option");
    TCase *t = tcase_create("option");
    tcase_add_checked_fixture(t, init, finish);
    tcase_add_loop_test(t, accepts, 0, N(good));
    tcase_add_loop_test(t, refuses, 0, N(bad));
    tcase_add_test(t, cuts_long_values);
    tcase_add_test(t, holds_values);
    tcase_add_test(t, copies);
    tcase_add_test(t, asks_for_what_is_required);
    tcase_add_test(t, names_all_options_of_a_short_schema);
    tcase_add_test(t, helps_in_80_columns);
    tcase_add_loop_test(t, parses_specs, 0, N(specs));
    tcase_add_loop_test(t, refuses_specs, 0, N(bad_specs));
    tcase_add_test(t, applies_specs);
    tcase_add_test(t, canonical_spec_of_defaults_is_the_name);
    tcase_add_test_raise_signal(t, asserts_a_bad_default, SIGABRT);
    suite_add_tcase(all, t);
    return all;
}

QB_TEST_MAIN
