#include "qb_test.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "study/plan.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>


static char dir[] = "/tmp/qb-test-plan-XXXXXX";
static char path[64];
static char warnings[2048];
static long blocks;

static void keep_warning(void *context, int level, const char *line)
{
    (void)context;
    if (level >= QB_LOG_WARNING)
        (void)snprintf(warnings + strlen(warnings), sizeof warnings - strlen(warnings), "%s\n", line);
}

static void set_up(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/p.yaml", dir);
    warnings[0] = '\0';
    qb_log_add_sink(keep_warning, NULL);
    static const char *const solvers[] = {"none", "ste", "parq"};
    const qb_plugin *plugin; /* loaded here, so that the blocks it keeps are no leak of a test */
    for (size_t i = 0; i < sizeof solvers / sizeof *solvers; i++)
        ck_assert_int_eq(qb_plugin_load(solvers[i], NULL, &plugin), QB_OK);
    blocks = qb_mem_live_blocks();
}

static void tear_down(void)
{
    qb_log_remove_sink(keep_warning, NULL);
    (void)qb_fs_remove_tree(dir);
}

static int read_text(const char *text, qb_study_plan **ret)
{
    ck_assert_int_eq(qb_fs_write_atomic(path, text, strlen(text)), QB_OK);
    return qb_study_plan_read(path, NULL, ret);
}

static qb_study_plan *read_good(const char *text)
{
    qb_study_plan *p = NULL;
    int rc = read_text(text, &p);
    ck_assert_msg(rc == QB_OK, "%s", qb_err_text());
    return p;
}

#define BASE "base: {dataset: synthetic, model: resnet8, epochs: 2}\n"

/* ---- good plans ---- */

static const struct {
    const char *text;
    const char *cells; /* names, one a line; a skipped one ends in "!" */
    const char *keys;
} good[] = {
    {BASE, "solver=none", "solver bits"},
    {BASE "matrix:\n  solver: [ste, \"parq[steepness=10]\"]\n  bits: [1, ternary, 2]\n",
     "solver=ste bits=1\nsolver=ste bits=ternary\nsolver=ste bits=2\nsolver=parq[steepness=10] bits=1\n"
     "solver=parq[steepness=10] bits=ternary\nsolver=parq[steepness=10] bits=2",
     "solver bits"},
    /* a key that the solver ignores makes no second cell */
    {BASE "matrix: {solver: [none, ste], bits: [1, 2], quantizer: [lsbq, \"lsbq[center=true]\"]}\n",
     "solver=none\nsolver=ste bits=1 quantizer=lsbq\nsolver=ste bits=1 quantizer=lsbq[center=true]\n"
     "solver=ste bits=2 quantizer=lsbq\nsolver=ste bits=2 quantizer=lsbq[center=true]",
     "solver bits quantizer"},
    {BASE "matrix: {bits: [1, 2], solver: [ste, parq]}\ninclude: [{solver: none, lr: 0.05}, {solver: ste, bits: 4}]\n"
          "exclude: [{solver: parq, bits: [1, 3]}]\n",
     "solver=ste bits=1 lr=0.1\nsolver=ste bits=2 lr=0.1\nsolver=parq bits=2 lr=0.1\nsolver=none lr=0.05\nsolver=ste bits=4 lr=0.1",
     "solver bits lr"},
    /* a solver without options in exclude stands for any options */
    {BASE "matrix: {solver: [ste, \"parq[steepness=5]\", parq]}\nexclude: [{solver: parq}]\n", "solver=ste bits=2", "solver bits"},
    {BASE "matrix: {solver: [ste], train_limit: [1000, 2000]}\ninclude: [{solver: ste}]\n",
     "solver=ste bits=2 train_limit=1000\nsolver=ste bits=2 train_limit=2000\nsolver=ste bits=2", "solver bits train_limit"},
    /* the quantizer offers no 3 bits: that cell alone is skipped */
    {BASE "matrix: {solver: [ste], bits: [2, 3], quantizer: [\"lsbq-optimal\"]}\n",
     "solver=ste bits=2\nsolver=ste bits=3!", "solver bits"},
    /* truth and nothing as YAML writes them; nothing is the default */
    {BASE "matrix: {solver: [ste], flip: [True, FALSE], train_limit: [~, 1000]}\n",
     "solver=ste bits=2 flip=true\nsolver=ste bits=2 flip=true train_limit=1000\n"
     "solver=ste bits=2 flip=false\nsolver=ste bits=2 flip=false train_limit=1000", "solver bits flip train_limit"},
    {"title: ~\npaper: null\nbase: {dataset: synthetic, model: resnet8, epochs: 2, train_limit: null, anneal_end: Null, crop: NULL}\n",
     "solver=none", "solver bits"},
    /* named variants: each with every combination, the name in place of what it says */
    {BASE "variants: {fast: {solver: \"parq[steepness=50]\", lr: 0.05}, plain: {solver: ste}}\nmatrix: {bits: [1, 2]}\n",
     "variant=fast bits=1\nvariant=fast bits=2\nvariant=plain bits=1\nvariant=plain bits=2", "variant solver bits lr"},
    {BASE "variants: {as-it-is: {}, longer: {epochs: 3}}\n", "variant=as-it-is\nvariant=longer", "variant solver bits epochs"},
    /* recipes beside solvers of the matrix: the solver stands first */
    {BASE "variants: {a: {lr: 0.05}, b: {lr: 0.2, momentum: 0.8}}\nmatrix: {solver: [none, ste]}\n",
     "solver=none variant=a\nsolver=ste bits=2 variant=a\nsolver=none variant=b\nsolver=ste bits=2 variant=b", "solver bits variant lr momentum"},
    /* include and exclude name one; further keys of an entry are said, as its name does not say them */
    {BASE "variants: {a: {solver: parq}, b: {solver: ste}}\nmatrix: {bits: [1, 2]}\nexclude: [{variant: a, bits: 1}, {variant: [b], bits: 2}]\n"
          "include: [{solver: none}, {variant: b, bits: 4}, {variant: b, lr: 0.2}]\n",
     "variant=a bits=2 lr=0.1\nvariant=b bits=1 lr=0.1\nsolver=none lr=0.1\nvariant=b bits=4 lr=0.1\nvariant=b bits=2 lr=0.2",
     "variant solver bits lr"},
    {BASE "variants: {a: {solver: parq}, b: {solver: ste}}\nexclude: [{variant: a}]\n", "variant=b", "variant solver bits"},
    /* a variant replaces a key of base */
    {"base: {dataset: synthetic, model: resnet8, epochs: 2, lr: 0.3, solver: ste}\nvariants: {a: {lr: 0.05}, b: {}}\n", "variant=a\nvariant=b",
     "variant solver bits lr"},
};

START_TEST(makes_cells)
{
    qb_study_plan *p = read_good(good[_i].text);
    qb_str names = {0}, keys = {0};
    for (size_t c = 0; c < p->n_cells; c++)
        qb_str_addf(&names, "%s%s%s", c > 0 ? "\n" : "", p->cells[c].name, p->cells[c].skipped ? "!" : "");
    for (size_t k = 0; k < p->n_keys; k++)
        qb_str_addf(&keys, "%s%s", k > 0 ? " " : "", p->keys[k]);
    ck_assert_str_eq(names.text, good[_i].cells);
    ck_assert_str_eq(keys.text, good[_i].keys);
    ck_assert_str_eq(warnings, "");
    qb_str_finish(&names);
    qb_str_finish(&keys);
    qb_study_plan_destroy(p);
}
END_TEST

START_TEST(keeps_what_was_written)
{
    qb_study_plan *p = read_good("title: A title\nseeds: [3, 1]\npaper: paper.yaml\n" BASE
                                 "matrix: {solver: [\"parq[steepness=10]\", ste], bits: [0, 2], lr: [1e-1, 0.05]}\n");
    ck_assert_str_eq(p->title, "A title");
    ck_assert_str_eq(p->experiment, "p");
    ck_assert(qb_ends_with(p->paper, "/paper.yaml"));
    ck_assert(qb_ends_with(p->records, "/p"));
    ck_assert_uint_eq(p->n_seeds, 2);
    const qb_study_plan_cell *cell = &p->cells[0];
    ck_assert_str_eq(json_string_value(json_object_get(cell->values, "solver")), "parq[steepness=10]");
    ck_assert_str_eq(json_string_value(json_object_get(cell->values, "bits")), "ternary");
    ck_assert_double_eq(json_real_value(json_object_get(cell->values, "lr")), 0.1);
    ck_assert_int_eq(json_integer_value(json_object_get(p->cells[2].values, "bits")), 2);
    ck_assert_str_eq(json_string_value(json_object_get(cell->identity, "solver")), "parq"); /* 10 is the default */
    ck_assert_ptr_null(json_object_get(cell->identity, "seed"));
    ck_assert_int_eq(qb_get(&cell->runs[0]->settings, "seed")->i, 3);
    ck_assert_int_eq(qb_get(&cell->runs[0]->settings, "threads")->i, 1);
    ck_assert_str_eq(qb_get(&cell->runs[0]->settings, "experiment")->text, "p");
    qb_study_plan_destroy(p);
    ck_assert_int_eq(qb_mem_live_blocks(), blocks);
}
END_TEST

/* A list of choices is one value, not an axis, and changes no identity. */
START_TEST(takes_a_list_of_choices_as_one_value)
{
    static const struct {
        const char *text, *value;
    } ways[] = {{"[codes, levels]", "levels/codes"}, {"codes/levels", "levels/codes"}, {"[all]", "all"}, {"none", "none"}, {"[map]", "map"}};
    qb_study_plan *plain = read_good(BASE);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char *text = qb_sprintf("base: {dataset: synthetic, model: resnet8, epochs: 2, diagnostics: %s}\n", ways[i].text);
        qb_study_plan *p = read_good(text);
        ck_assert_uint_eq(p->n_cells, 1);
        ck_assert_str_eq(qb_get(&p->cells[0].runs[0]->settings, "diagnostics")->text, ways[i].value);
        ck_assert(json_equal(p->cells[0].identity, plain->cells[0].identity));
        qb_study_plan_destroy(p);
        qb_free(text);
    }
    qb_study_plan_destroy(plain);
    ck_assert_int_eq(qb_mem_live_blocks(), blocks);
}
END_TEST

/* What a run is, its values decide: the same runs without names, with others, and as entries of include. */
START_TEST(names_of_variants_change_no_run)
{
    static const char *const texts[] = {
        BASE "variants: {fast: {solver: \"parq[steepness=50]\", lr: 0.05}, plain: {solver: ste}}\n",
        BASE "variants: {x: {solver: \"parq[steepness=50]\", lr: 0.05}, \"Straight-through, 2 bits\": {solver: ste}}\n",
        BASE "include: [{solver: \"parq[steepness=50]\", lr: 0.05}, {solver: ste}]\n",
    };
    json_t *identities[2] = {0};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        qb_study_plan *p = read_good(texts[i]);
        ck_assert_uint_eq(p->n_cells, 2);
        for (size_t c = 0; c < 2; c++) {
            if (i == 0)
                identities[c] = json_incref(p->cells[c].runs[0]->identity);
            ck_assert(json_equal(identities[c], p->cells[c].runs[0]->identity));
        }
        ck_assert(i == 2 || strcmp(json_string_value(json_object_get(p->cells[1].values, "variant")), p->cells[1].variant) == 0);
        qb_study_plan_destroy(p);
    }
    json_decref(identities[0]);
    json_decref(identities[1]);
}
END_TEST

START_TEST(names_the_experiment_after_the_folder)
{
    char file[96];
    (void)snprintf(file, sizeof file, "%s/plan.yaml", dir);
    ck_assert_int_eq(qb_fs_write_atomic(file, BASE, strlen(BASE)), QB_OK);
    qb_study_plan *p = NULL;
    const qb_study_plan_places places = {.runs_dir = "elsewhere", .data_dir = "/data"};
    ck_assert_int_eq(qb_study_plan_read(file, &places, &p), QB_OK);
    ck_assert_str_eq(p->experiment, qb_path_base(dir));
    ck_assert(qb_starts_with(p->records, "elsewhere/"));
    ck_assert_str_eq(p->title, p->experiment);
    ck_assert_str_eq(qb_get(&p->cells[0].runs[0]->settings, "data_dir")->text, "/data");
    qb_study_plan_destroy(p);
}
END_TEST

static const struct {
    const char *text, *warning; /* behind "FILE:" */
} warned[] = {
    {BASE "matrix: {solver: [ste], bits: [1, 2]}\nexclude: [{bits: 3}]\n", "3:11: exclude: this entry matches no cell\n"},
    {BASE "matrix: {solver: [parq, \"parq[steepness=10]\"]}\n",
     "2:25: solver: 'parq' and 'parq[steepness=10]' are the same run; kept as one cell\n"},
    {BASE "variants: {a: {solver: parq}, b: {solver: \"parq[steepness=10]\"}}\nmatrix: {bits: [1, 2]}\n",
     "2:31: variants: 'a' and 'b' have a run in common; it is kept as a cell of the first\n"},
};

START_TEST(warns)
{
    qb_study_plan *p = read_good(warned[_i].text);
    char wanted[256];
    (void)snprintf(wanted, sizeof wanted, "%s:%s", path, warned[_i].warning);
    ck_assert_str_eq(warnings, wanted);
    qb_study_plan_destroy(p);
}
END_TEST

/* ---- refusals: text behind "FILE:" ---- */

static const struct {
    const char *text, *message, *hint;
} bad[] = {
    {"", "1:1: expected a document, the file is empty", ""},
    {"# nothing\n", NULL, ""},
    {BASE "matrix: {solver: [parq[steepness=10], ste]}\n",
     "2:19: parq[steepness=10]: quote it: inside of [...] or {...} a name with brackets stands in quotes", "write  \"parq[steepness=10]\""},
    {BASE "matrix:\n  solver: [ste, par-nonconvex[a=1,b=2]]\n", "3:17: par-nonconvex[a=1,b=2]: quote it: inside of [...] or {...} a name with brackets stands in quotes", "write  \"par-nonconvex[a=1,b=2]\""},
    {"base: {solver: ste, lr_schedule: step[size=3]}\n", "1:34: step[size=3]: quote it: inside of [...] or {...} a name with brackets stands in quotes", "write  \"step[size=3]\""},
    {"title: \xc3\xa9\nbase: {title: \xc3\xa9, solver: ste[a=1]}\n", "2:26: ste[a=1]: quote it: inside of [...] or {...} a name with brackets stands in quotes", "write  \"ste[a=1]\""},
    {"base: {dataset: synthetic, model: resnet8, epochs: 2, lr: null}\n", "1:59: lr: expected a value, got null; leave the key out for its default", ""},
    {"base: {dataset: synthetic, model: resnet8, epochs: 2, train_limit: \"null\"}\n", "1:68: train_limit: expected a whole number from 1 to 1000000000000 (images), got 'null'", ""},
    {"- a\n", "1:1: plan: expected a mapping with base, matrix, seeds, ..., got a list", ""},
    {"{}\n", "1:1: the plan has no cells: expected base, matrix or include", ""},
    {"seeds: [1]\n", "1:1: the plan has no cells: expected base, matrix or include", ""},
    {BASE "matrx: {bits: [1]}\n", "2:1: unknown key 'matrx'", "did you mean 'matrix'?"},
    {BASE "epochs: 3\n", "2:1: unknown key 'epochs' at the top of a plan", "it is a key of a run: put it into base"},
    {"base: {dataset: synthetic, model: resnet8, epochs: 2, lrr: 0.1}\n", "1:55: base: unknown key 'lrr'", "did you mean 'lr'?"},
    {"base: {dataset: synthetic, model: resnet8, epochs: 2, seed: 1}\n", "1:55: base: 'seed' is not a key here",
     "every cell runs once a seed: write  seeds: [1, 2, 3]  at the top of the plan"},
    {"base: {dataset: synthetic, model: resnet8, epochs: 2, runs_dir: x}\n", "1:55: base: 'runs_dir' is not a key of a plan",
     "it is a flag of the command line only, so that a plan means the same everywhere"},
    {BASE "matrix: {experiment: [a, b]}\n", "2:10: matrix: 'experiment' is not a key of a plan",
     "it is a flag of the command line only, so that a plan means the same everywhere"},
    {BASE BASE, NULL, ""},
    {"base: {epochs: 1, epochs: 2}\n", NULL, ""},
    {"base: [1]\n", "1:7: base: expected a mapping of keys to values, got a list", ""},
    {"base: {dataset: synthetic, model: resnet8, epochs: 2, lr: [0.1, 0.2]}\n",
     "1:59: lr: expected a single value, got a list; a list stands in matrix", ""},
    {BASE "matrix: {bits: 2}\n", "2:16: bits: expected a list, such as [2], got a single value", ""},
    {BASE "matrix: {bits: []}\n", "2:16: bits: expected at least one value, got an empty list", ""},
    {BASE "matrix: {bits: [[1]]}\n", "2:17: bits: expected a single value, got a list", ""},
    {BASE "matrix: {}\n", "2:9: matrix: expected at least one key, got an empty mapping", ""},
    {BASE "matrix: {bits: [1, 2, 1]}\n", "2:23: bits: '1' stands twice in the list", ""},
    {BASE "matrix: {bits: [ternary, 0]}\n", "2:26: bits: '0' stands twice in the list", ""},
    {BASE "matrix: {bits: [9]}\n", "2:17: bits: expected a number of bits from 1 to 8, or ternary, got '9'", ""},
    {BASE "matrix: {lr: [-1]}\n", NULL, ""},
    {BASE "matrix: {epochs: [1, 2]}\n", "2:10: matrix: 'epochs' stands in base already (line 1); keep one of them", ""},
    {BASE "matrix: {threads: [1, 2]}\n", "2:10: matrix: 'threads' changes no result, so it makes no cells; put it into base", ""},
    {BASE "seeds: []\n", "2:8: seeds: expected at least one seed, got an empty list", ""},
    {BASE "seeds: 3\n", "2:8: seeds: expected a list, such as [1, 2, 3], got a single value", ""},
    {BASE "seeds: [1, 2, 1]\n", "2:15: seeds: 1 stands twice in the list", ""},
    {BASE "seeds: [1, x]\n", NULL, ""},
    {BASE "seeds: [-1]\n", NULL, ""},
    {BASE "include: {solver: none}\n", "2:10: include: expected a list of mappings, got a mapping", ""},
    {BASE "include: []\n", "2:10: include: expected at least one entry, got an empty list", ""},
    {BASE "include: [{}]\n", "2:11: include: expected at least one key, got an empty mapping", ""},
    {BASE "matrix: {bits: [1]}\nexclude: [{lr: 0.1}]\n", "3:12: exclude: 'lr' is no key of matrix", ""},
    {BASE "variants: {a: {solver: ste}, b: {solver: parq}}\nexclude: [{variant: a, solver: ste}]\n", "3:24: exclude: 'solver' is no key of matrix", ""},
    {BASE "matrix: {bits: [1, 2]}\nexclude: [{bits: [1, 2]}]\n", "1:1: the plan has no cells: exclude removes all of them", ""},
    {BASE "matrix: {solver: [stee]}\n", NULL, "did you mean 'ste'?"},
    {BASE "matrix: {solver: [\"parq[steepnes=1]\"]}\n", NULL, "did you mean 'steepness'?"},
    {BASE "matrix: {solver: [\"parq[steepness\"]}\n", NULL, NULL},
    {BASE "matrix: {quantizer: [lsb]}\n", NULL, "did you mean 'lsbq'?"},
    {"base: {dataset: syntetic, model: resnet8, epochs: 2}\n", NULL, "did you mean 'synthetic'?"},
    {"base: {dataset: synthetic, model: resnet9, epochs: 2}\n", NULL, NULL},
    {"base: {dataset: synthetic, epochs: 2}\n", "1:7: model: must be given, got nothing", NULL},
    {BASE "matrix: {solver: [ste], anneal_end: [5ep]}\n", "2:38: anneal_end: 5ep is past the end of training (2ep, 80 steps)", ""},
    {BASE "matrix: {solver: [ste], layer_bits: [none, \"conv9=8\"]}\n", "2:44: layer_bits: 'conv9' matches no parameter of resnet8", NULL},
    {BASE "matrix: {solver: [ste], layer_bits: [\"bn1=8\"]}\n", NULL, ""},
    {BASE "matrix: {anneal_end: [5]}\n", NULL, "say which unit: 5ep (epochs) or 5st (steps)"},
    {BASE "matrix: {solver: [ste], bits: [3], quantizer: [\"lsbq-optimal\"]}\n", NULL, ""},
    {BASE "title: [a]\n", "2:8: title: expected a text, got a list", ""},
    {BASE "title: \"a\\nb\"\n", "2:8: title: expected one line of text, got a control character", ""},
    {BASE "variants: {}\n", "2:11: variants: expected at least one variant, got an empty mapping", ""},
    {BASE "variants: [a]\n", "2:11: variants: expected a mapping of names to keys and their values, got a list", ""},
    {BASE "variants: {a: ~}\n", "2:15: variant a: expected a mapping of keys to values, got a single value", ""},
    {BASE "variants: {a: {lrr: 1}}\n", "2:16: variant a: unknown key 'lrr'", "did you mean 'lr'?"},
    {BASE "variants: {a: {lr: [1, 2]}}\n", "2:20: lr: expected a single value, got a list; a list stands in matrix", ""},
    {BASE "variants: {a: {seed: 1}}\n", "2:16: variant a: 'seed' is not a key here", NULL},
    {BASE "variants: {a: {variant: b}}\n", "2:16: variant a: 'variant' is not a key here",
     "variants stand under 'variants' at the top; include and exclude name one of them by this key"},
    {BASE "matrix: {variant: [a]}\n", "2:10: matrix: 'variant' is not a key here", NULL},
    {BASE "variants: {a: {lr: 1}, a: {lr: 2}}\n", NULL, ""},
    {BASE "variants: {\"\": {lr: 1}}\n", "2:12: expected a key, found an empty one", ""},
    {BASE "variants: {\" a\": {lr: 1}}\n", "2:12: variants: expected a name of 1 to 60 characters in one line, without spaces around it", ""},
    {BASE "variants: {\"a\\nb\": {lr: 1}}\n", "2:12: variants: expected a name of 1 to 60 characters in one line, without spaces around it", ""},
    {BASE "variants: {aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: {lr: 1}}\n", "2:12: variants: expected a name of 1 to 60 characters in one line, without spaces around it", ""},
    {BASE "variants: {a: {lr: 1}}\nmatrix: {lr: [2, 3]}\n", "2:16: variant a: 'lr' stands in matrix already (line 3); keep one of them", ""},
    {BASE "variants: {fast: {lr: 1}}\ninclude: [{variant: fats}]\n", "3:21: include: there is no variant 'fats'", "did you mean 'fast'?"},
    {BASE "variants: {fast: {lr: 1}}\ninclude: [{variant: [fast]}]\n", "3:21: variant: expected the name of a variant, got a list", ""},
    {BASE "variants: {fast: {lr: 1}}\nexclude: [{variant: []}]\n", "3:21: variant: expected the name of a variant, got an empty list", ""},
    {BASE "include: [{variant: a}]\n", "2:21: include: there is no variant 'a'", ""},
    {BASE "variants: {a: {solver: ste}, b: {solver: parq}}\nexclude: [{variant: [a, b]}]\n", "1:1: the plan has no cells: exclude removes all of them", ""},
    {BASE "variants: {a: {solver: ste}, b: {solver: parq, anneal_end: 5ep}}\n", "2:60: anneal_end: 5ep is past the end of training (2ep, 80 steps)", ""},
    {BASE "\tmatrix: {}\n", NULL, NULL},
    {"base: &a {epochs: 2}\n", NULL, NULL},
    {"base: {epochs: !!int 2}\n", NULL, NULL},
    {"base: {epochs: [[[[[[[[[[[2]]]]]]]]]]]}\n", NULL, NULL},
};

START_TEST(refuses)
{
    qb_study_plan *p = NULL;
    int rc = read_text(bad[_i].text, &p);
    ck_assert_int_eq(rc, QB_E_CONFIG);
    ck_assert_ptr_null(p);
    char prefix[80];
    int line = 0, column = 0;
    (void)snprintf(prefix, sizeof prefix, "%s:", path);
    ck_assert_msg(qb_starts_with(qb_err_text(), prefix), "%s", qb_err_text());
    ck_assert_msg(sscanf(qb_err_text() + strlen(prefix), "%d:%d:", &line, &column) == 2, "%s", qb_err_text());
    if (bad[_i].message)
        ck_assert_str_eq(qb_err_text() + strlen(prefix), bad[_i].message);
    if (bad[_i].hint)
        ck_assert_str_eq(qb_err_hint_text(), bad[_i].hint);
    ck_assert_int_eq(qb_mem_live_blocks(), blocks);
}
END_TEST

START_TEST(refuses_a_missing_file)
{
    qb_study_plan *p = NULL;
    ck_assert_int_eq(qb_study_plan_read("/nonexistent/plan.yaml", NULL, &p), QB_E_NOINPUT);
}
END_TEST

START_TEST(survives_lack_of_memory)
{
    static const char text[] = BASE "matrix: {bits: [1, 2]}\nvariants: {a: {solver: ste}, b: {solver: none, lr: 0.2}}\n"
                               "exclude: [{bits: 1, variant: a}]\nseeds: [1, 2]\n";
    qb_study_plan_destroy(read_good(text)); /* plugins stay loaded */
    long kept = qb_mem_live_blocks();
    for (long nth = 1; nth < 20000; nth++) {
        qb_study_plan *p = NULL;
        qb_mem_fail_at(nth, 0);
        int rc = qb_study_plan_read(path, NULL, &p);
        qb_mem_fail_at(0, 0);
        qb_study_plan_destroy(p);
        ck_assert_int_eq(qb_mem_live_blocks(), kept);
        if (rc == QB_OK)
            return;
        ck_assert_msg(rc == QB_E_NOMEM, "%ld: %d %s", nth, rc, qb_err_text());
    }
    ck_abort_msg("never got through");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("plan");
    TCase *tc = tcase_create("plan");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, makes_cells, 0, sizeof good / sizeof *good);
    tcase_add_test(tc, keeps_what_was_written);
    tcase_add_test(tc, takes_a_list_of_choices_as_one_value);
    tcase_add_test(tc, names_of_variants_change_no_run);
    tcase_add_test(tc, names_the_experiment_after_the_folder);
    tcase_add_loop_test(tc, warns, 0, sizeof warned / sizeof *warned);
    tcase_add_loop_test(tc, refuses, 0, sizeof bad / sizeof *bad);
    tcase_add_test(tc, refuses_a_missing_file);
    tcase_add_test(tc, survives_lack_of_memory);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
