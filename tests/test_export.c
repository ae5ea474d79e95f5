/* Weights on their way out, by `export`, and back in: every bit of them, and what is said of their size. */
#include "expect_fixture.h"

#include "base/err.h"
#include "base/json.h"
#include "base/rng.h"
#include "quant/codes.h"
#include "train/state_dict.h"

#include <math.h>

/* ---- codes ---- */

static void check_codes(const float *w, int64_t rows, int64_t len, int64_t n_levels)
{
    qb_codes c;
    ck_assert_int_eq(qb_codes_create(w, rows, len, &c), 0);
    ck_assert_int_eq(c.n_levels, n_levels);
    for (int64_t i = 0; i < rows * len; i++) {
        ck_assert_uint_lt(c.codes[i], n_levels);
        ck_assert_mem_eq(&c.levels[i / len * n_levels + c.codes[i]], &w[i], sizeof *w);
    }
    for (int64_t k = 0; k < rows * n_levels; k++)
        if (k % n_levels > 0 && !isnan(c.levels[k]))
            ck_assert(!(c.levels[k] < c.levels[k - 1]));
    qb_codes_finish(&c);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}

START_TEST(a_level_and_a_code_are_the_weight_bit_for_bit)
{
    const float few[] = {2, -1, -1, 2, 0.5f, -1, /* the second row has two levels */ 7, 7, -3, -3, 7, -3};
    const float odd[] = {0, -0.0f, INFINITY, -INFINITY, NAN, -NAN, 1e-45f, -1e-45f, 0, -0.0f};
    check_codes(few, 2, 6, 3);
    check_codes(few, 1, 12, 5);
    check_codes(few, 12, 1, 1);
    check_codes(odd, 1, 10, 8);
    enum { MANY = 1000 };
    static float many[2 * MANY]; /* of a mistrusted run: more than are found by insertion */
    for (int i = 0; i < 2 * MANY; i++)
        many[i] = (float)(i * 7919 % MANY) - 300;
    check_codes(many, 2, MANY, MANY);
    check_codes(many, 1, 2 * MANY, MANY);
}
END_TEST

START_TEST(a_row_of_fewer_levels_repeats_its_last)
{
    const float w[] = {1, 2, 3, 5, 5, 5};
    qb_codes c;
    ck_assert_int_eq(qb_codes_create(w, 2, 3, &c), 0);
    ck_assert_mem_eq(c.levels, ((const float[]){1, 2, 3, 5, 5, 5}), sizeof w);
    ck_assert_mem_eq(c.codes, ((const uint32_t[]){0, 1, 2, 0, 0, 0}), 6 * sizeof *c.codes);
    qb_codes_finish(&c);
}
END_TEST

/* By the rule of the format, bit after bit: bit k of the stream is bit k % 8 of byte k / 8. */
START_TEST(packed_codes_lie_bit_after_bit)
{
    enum { N = 77 };
    const int bits = _i;
    uint32_t codes[N];
    uint8_t packed[4 * N + 1];
    for (int i = 0; i < N; i++)
        codes[i] = (uint32_t)(0x9e3779b97f4a7c15u * (uint64_t)(i + 1) >> (64 - bits));
    const size_t n = qb_codes_packed_bytes(N, bits);
    ck_assert_uint_eq(n, ((size_t)(N * bits) + 7) / 8);
    packed[n] = 0xa5;
    qb_codes_pack(codes, N, bits, packed);
    ck_assert_uint_eq(packed[n], 0xa5);
    for (int k = 0; k < 8 * (int)n; k++) {
        const int bit = packed[k / 8] >> k % 8 & 1;
        ck_assert_int_eq(bit, k < N * bits ? codes[k / bits] >> k % bits & 1 : 0);
    }
    for (size_t i = 0; i < N; i++)
        ck_assert_uint_eq(qb_codes_unpack(packed, bits, i), codes[i]);
}
END_TEST

START_TEST(codes_take_no_more_room_than_they_need)
{
    static const struct {
        int64_t n_levels;
        int bits;
        qb_dtype dtype;
    } want[] = {{1, 1, QB_U8},   {2, 1, QB_U8},    {3, 2, QB_U8},       {4, 2, QB_U8},       {5, 3, QB_U8},
                {256, 8, QB_U8}, {257, 9, QB_I16}, {32768, 15, QB_I16}, {32769, 16, QB_I32}, {65537, 17, QB_I32}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        ck_assert_int_eq(qb_codes_bits(want[i].n_levels), want[i].bits);
        ck_assert_int_eq(qb_codes_dtype(want[i].n_levels), want[i].dtype);
        const uint32_t last = (uint32_t)want[i].n_levels - 1;
        int32_t room[1];
        qb_codes_store(&last, 1, want[i].dtype, room);
        ck_assert_uint_eq(qb_codes_load(room, want[i].dtype, 0), last);
    }
}
END_TEST

/* ---- runs ---- */

#define TRAIN                                                                                                                    \
    "$q train --model resnet8 --dataset synthetic --train-limit 32 --test-limit 50 --batch 16 --threads 2 -q "                   \
    "--runs-dir $d/runs --json "
#define MIXED TRAIN "--epochs 2 --solver parq --bits 2 --granularity row --layer-bits conv1=8/layer2.0.conv1=ternary/linear=float"
#define RUN "$(ls -d $d/runs/train/*/*/s1-*)"

static void open_file(const char *name, qb_state_dict *s)
{
    char *path = qb_path_join(folder, name);
    ck_assert_msg(qb_state_dict_open(path, QB_STATE_HARD, s) == 0, "%s", qb_err_text());
    qb_free(path);
}

/* Does the file hold, once its codes are weights, the tensors of `model`, bit for bit, and PyTorch's counters? */
static void check_same(const char *name, const char *model)
{
    qb_state_dict got, want;
    size_t n_counters = 0;
    open_file(name, &got);
    open_file(model, &want);
    for (size_t i = 0; i < want.file.n; i++) {
        const qb_st_tensor *w = &want.file.tensors[i], *g = qb_safetensors_find(&got.file, w->name);
        ck_assert_msg(g && g->dtype == w->dtype && g->n_dims == w->n_dims && g->n_bytes == w->n_bytes, "%s: %s", name, w->name);
        ck_assert_msg(memcmp(g->shape, w->shape, sizeof g->shape) == 0 && memcmp(g->data, w->data, w->n_bytes) == 0, "%s: %s",
                      name, w->name);
        n_counters += qb_ends_with(w->name, "running_var");
        n_counters -= qb_ends_with(w->name, "num_batches_tracked");
    }
    ck_assert_uint_eq(got.file.n, want.file.n + n_counters);
    qb_state_dict_finish(&got);
    qb_state_dict_finish(&want);
}

/* The metadata of a file: a text, or NULL. Caller frees. */
static char *metadata(const char *name, const char *key)
{
    qb_safetensors f;
    char *path = qb_path_join(folder, name);
    ck_assert_int_eq(qb_safetensors_read(path, &f), 0);
    const char *text = json_string_value(json_object_get(f.metadata, key));
    char *copy = text ? qb_strdup(text) : NULL;
    qb_safetensors_finish(&f);
    qb_free(path);
    return copy;
}

static void check_metadata(const char *name, const char *key, const char *want)
{
    char *got = metadata(name, key);
    ck_assert_msg(got && strcmp(got, want) == 0, "%s of %s: expected %s, got %s", key, name, want, got ? got : "none");
    qb_free(got);
}

static void check_counter(const char *name, int64_t want)
{
    qb_safetensors f;
    int64_t got;
    char *path = qb_path_join(folder, name);
    ck_assert_int_eq(qb_safetensors_read(path, &f), 0);
    const qb_st_tensor *t = qb_safetensors_find(&f, "layer1.0.bn2.num_batches_tracked");
    ck_assert(t && t->dtype == QB_I64 && t->n_dims == 0);
    memcpy(&got, t->data, sizeof got);
    ck_assert_int_eq(got, want);
    for (size_t i = 0; i < f.n; i++) /* a reader that maps the file finds each value at a multiple of its size */
        ck_assert_uint_eq((size_t)((const char *)f.tensors[i].data - f.block) % qb_dtype_size(f.tensors[i].dtype), 0);
    qb_safetensors_finish(&f);
    qb_free(path);
}

static void check_test(const char *file, double loss, double top1)
{
    char *line = qb_sprintf("$q eval %s --threads 2 --json", file);
    json_t *report = shell_json(line);
    ck_assert_msg(number(report, "test_loss") == loss && number(report, "test_top1") == top1, "%s", file);
    json_decref(report);
    qb_free(line);
}

/* Bits of one tensor: packed codes of conv1 (432 weights at 8 bits), ternary ones (4,608) take 2 bits. */
static void check_sizes(const json_t *report)
{
    const json_t *p = json_object_get(report, "packed");
    const double codes = 432 + 4608 * 2 / 8.0 + (74800 - 640 - 432 - 4608) * 2 / 8.0;
    ck_assert_double_eq(number(p, "codes_bytes"), codes);
    ck_assert_double_eq(number(p, "float32_bytes"), 4 * (74800 + 970));
    ck_assert_double_eq(number(p, "float_bytes"), 4 * (640 + 970));
    ck_assert_double_eq(number(p, "bytes"), codes + number(p, "levels_bytes") + number(p, "float_bytes"));
    ck_assert_double_eq(number(p, "compression"), number(p, "float32_bytes") / number(p, "bytes"));
}

/* The logits that `eval` writes are what it counts by. */
static void check_logits(const char *name, double top1)
{
    qb_safetensors f;
    char *path = qb_path_join(folder, name);
    ck_assert_int_eq(qb_safetensors_read(path, &f), 0);
    const qb_st_tensor *logits = qb_safetensors_find(&f, "logits"), *labels = qb_safetensors_find(&f, "labels"),
                       *index = qb_safetensors_find(&f, "index");
    ck_assert(logits && labels && index && logits->dtype == QB_F32 && labels->dtype == QB_I64 && index->dtype == QB_I64);
    ck_assert(logits->n_dims == 2 && logits->shape[0] == 50 && logits->shape[1] == 10 && labels->n_elements == 50 &&
              index->n_elements == 50);
    int n_right = 0;
    for (int64_t i = 0; i < 50; i++) {
        float row[10];
        int64_t label, number;
        int best = 0;
        memcpy(row, (const char *)logits->data + (size_t)i * sizeof row, sizeof row);
        memcpy(&label, (const char *)labels->data + (size_t)i * sizeof label, sizeof label);
        memcpy(&number, (const char *)index->data + (size_t)i * sizeof number, sizeof number);
        for (int c = 1; c < 10; c++)
            best = row[c] > row[best] ? c : best;
        ck_assert_int_eq(number, i);
        ck_assert_int_eq(label, i % 10);
        n_right += best == label;
    }
    ck_assert_double_eq(100.0 * n_right / 50, top1);
    qb_safetensors_finish(&f);
    qb_free(path);
}

START_TEST(a_run_goes_out_and_comes_back_as_it_was)
{
    json_t *run = shell_json(MIXED);
    char *key = qb_strndup(json_string_value(json_object_get(run, "run")), 64);
    expect("cp " RUN "/model.safetensors .", 0, "", "");
    expect("$q export " RUN " -o q.safetensors; $q export " RUN " -o l.safetensors --weights latent", 0, "q.safetensors", "");
    json_t *codes = shell_json("$q export " RUN " -o c.safetensors --weights codes --json");
    json_t *packed = shell_json("$q export --runs-dir $d/runs $(basename " RUN
                                " | cut -c 4-11) -o p.safetensors --weights packed --json");
    static const char *const hard[] = {"q.safetensors", "c.safetensors", "p.safetensors"};
    for (int i = 0; i < 3; i++) {
        check_same(hard[i], "model.safetensors");
        check_test(hard[i], number(run, "test_loss"), number(run, "test_top1"));
        check_metadata(hard[i], "run", key);
        check_metadata(hard[i], "model", "resnet8");
        check_metadata(hard[i], "n_classes", "10");
        check_metadata(hard[i], "input", "3x32x32");
        check_metadata(hard[i], "format", "pt");
        check_counter(hard[i], 4);
    }
    check_sizes(codes);
    check_sizes(packed);
    check_metadata("p.safetensors", "weights", "packed");
    expect("$q export " RUN " --format codes -o - | cmp - c.safetensors", 0, "", "");
    expect("$q export " RUN " --format codes --weights packed", 2, "", "--weights: does not go with --format codes");
    expect("$q export " RUN " --weights packed -o p2.safetensors", 0, "times as many", "");
    expect("$q export " RUN " --weights packed -o - | cmp - p.safetensors && cmp p.safetensors p2.safetensors", 0, "", "");
    expect("$q eval p.safetensors --threads 2 --logits g.safetensors; $q eval " RUN
           " --threads 2 --logits - | cmp - g.safetensors",
           0, "top-1", "");
    check_logits("g.safetensors", number(run, "test_top1"));
    expect("$q eval p.safetensors --logits g.safetensors", 2, "", "g.safetensors: is there already");
    expect("$q eval p.safetensors --logits g.safetensors -f -q", 0, "", "");
    /* latent weights are what `init` takes of a run: the same start, so the same run */
    json_t *a = shell_json(TRAIN "--epochs 1 --solver ste --seed 2 --init " RUN),
           *b = shell_json(TRAIN "--epochs 1 --solver ste --seed 2 --init l.safetensors");
    ck_assert_str_eq(json_string_value(json_object_get(a, "run")), json_string_value(json_object_get(b, "run")));
    json_decref(run);
    json_decref(codes);
    json_decref(packed);
    json_decref(a);
    json_decref(b);
    qb_free(key);
}
END_TEST

/* Of the curve, the test after the first epoch, where the last checkpoint was written. */
START_TEST(a_run_that_is_not_over_gives_its_last_checkpoint)
{
    json_decref(shell_json(MIXED));
    json_t *record = shell_json("sed -i 's/\"status\": \"done\"/\"status\": \"interrupted\"/' " RUN "/record.json; cat " RUN
                                "/record.json");
    const json_t *first = json_array_get(json_object_get(json_object_get(record, "result"), "curve"), 0);
    const char *const said = "the run is not finished (interrupted): these are the weights of its last checkpoint, after step 2";
    expect("$q export " RUN " -o q.safetensors", 0, "step 2", said);
    expect("$q export " RUN " -o c.safetensors --weights codes --json", 0, "\"step\": 2", said);
    expect("$q export " RUN " -o l.safetensors --weights latent", 0, "", said);
    check_same("c.safetensors", "q.safetensors");
    check_test("c.safetensors", number(first, "test_loss"), number(first, "test_top1"));
    check_counter("q.safetensors", 2);
    /* its latent weights are those of the checkpoint */
    expect("cp " RUN "/ckpt/step-00000002/model.safetensors k.safetensors", 0, "", "");
    qb_state_dict latent, kept;
    open_file("l.safetensors", &latent);
    open_file("k.safetensors", &kept);
    const qb_st_tensor *x = qb_safetensors_find(&latent.file, "conv1.weight"),
                       *want = qb_safetensors_find(&kept.file, "conv1.weight");
    ck_assert_mem_eq(x->data, want->data, want->n_bytes);
    qb_state_dict_finish(&latent);
    qb_state_dict_finish(&kept);
    json_decref(record);
    expect("sed -i s/parq/gone/ " RUN "/record.json; $q export " RUN " -o n.safetensors; s=$?; sed -i s/gone/parq/ " RUN
           "/record.json; exit $s",
           2, "", "unknown solver 'gone'\n  weights of a run that is not finished need its solver: --solver-path");
    expect("printf x >> " RUN "/ckpt/step-00000002/solver.safetensors; $q export " RUN " -o n.safetensors", 66, "", "damaged");
    expect("$q export " RUN " -o n.safetensors", 66, "", "there is none before it");
    expect("rm -r " RUN "/ckpt; $q export " RUN " -o n.safetensors", 66, "",
           "no checkpoint that can be read: there are no weights yet");
    expect("test ! -e n.safetensors", 0, "", "");
}
END_TEST

/* A solver that trains its levels, blocks of weights, and one that quantizes nothing. */
START_TEST(every_kind_of_row_and_solver_has_its_codes)
{
    static const char *const solvers[] = {"lsq --bits 2 --granularity block[size=16]", "ttq --bits ternary --granularity tensor"};
    for (size_t i = 0; i < sizeof solvers / sizeof *solvers; i++) {
        char *line = qb_sprintf("rm -rf runs; " TRAIN "--epochs 1 --solver %s", solvers[i]);
        json_decref(shell_json(line));
        expect("cp " RUN "/model.safetensors .; for k in codes packed; do $q export " RUN
               " -f -o $k.safetensors --weights $k; done",
               0, "", "");
        check_same("codes.safetensors", "model.safetensors");
        check_same("packed.safetensors", "model.safetensors");
        qb_free(line);
    }
    json_decref(shell_json("rm -rf runs; " TRAIN "--epochs 1 --solver none"));
    expect("cp " RUN "/model.safetensors .; $q export " RUN " -o q.safetensors && $q export " RUN
           " -o l.safetensors --weights latent",
           0, "", "");
    check_same("q.safetensors", "model.safetensors");
    check_same("l.safetensors", "model.safetensors");
    expect("$q export " RUN " --weights codes", 2, "", "solver none quantizes nothing");
}
END_TEST

START_TEST(what_cannot_be_exported_says_so_and_leaves_nothing)
{
    json_decref(shell_json(TRAIN "--epochs 1 --solver ste --bits 2"));
    expect("echo mine > there; $q export " RUN " -o there", 2, "", "there: is there already");
    expect("cat there; $q export " RUN " -f -o there && $q eval there --threads 2", 0, "mine", "");
    expect("$q export " RUN " -o no/such/folder/q.safetensors && test -e no/such/folder/q.safetensors", 0, "", "");
    expect("$q export " RUN " -o /dev/full", 74, "", "/dev/full");
    expect("$q export " RUN " --weights soft", 2, "", "latent, quantized, codes");
    expect("$q export nowhere", 66, "", "nowhere: no such run");
    expect("$q export there", 2, "", "got a file");
    expect("$q export plan.yaml", 2, "", "got a plan\n  'qatbench ls plan.yaml' shows the keys; --format csv or tensorboard");
    expect("$q export " RUN " " RUN, 2, "", "expected one run");
    expect("$q export " RUN " --scale 0.5", 2, "", "--scale: does not go with --format safetensors");
    expect("$q export " RUN " --format csv --weights codes", 2, "", "--weights: does not go with --format csv");
    expect("$q export " RUN " --format csv --json", 2, "", "--json: does not go with --format csv");
    expect("mkdir empty; $q export empty", 66, "", "no run is in this folder");
    expect("cd " RUN "; $q export . -o $d/dot.safetensors; cmp $d/dot.safetensors $d/there", 0, "", "");
    expect("cp " RUN "/model.safetensors m; printf '\\1' | dd of=" RUN
           "/model.safetensors bs=1 seek=20000 conv=notrunc; $q export " RUN " -o n; s=$?; test ! -e n || exit 1; cp m " RUN
           "/model.safetensors; exit $s",
           65, "", "damaged");
    expect("truncate -s 9000 " RUN "/model.safetensors; $q export " RUN " -o n; s=$?; test ! -e n || exit 1; cp m " RUN
           "/model.safetensors; exit $s",
           65, "", "model.safetensors");
    expect("rm " RUN "/trained.safetensors; $q export " RUN " -o l --weights latent", 66, "", "finished weights only");
    expect("sed -i 's/\"status\": \"done\"/\"status\": \"mistrusted\"/' " RUN "/record.json; $q export " RUN " -o m.safetensors",
           0, "", "the run ended as mistrusted");
    expect("sed -i 's/\"dataset\": \"/\"other\": \"/' " RUN "/record.json; $q export " RUN, 65, "",
           "found none of its member 'dataset'");
    expect("echo '{}' > " RUN "/record.json; $q export " RUN, 65, "",
           "expected the record of a run, found none of its member 'status'");
}
END_TEST

/* tests/old_runs.tar.gz is of version 0.1.0, which kept no weights as trained. */
START_TEST(runs_of_version_0_1_0_go_out_too)
{
    expect("tar xzf \"$r\"/tests/old_runs.tar.gz; ls runs/train/*/parq-w2", 0, "s1-27fcc5d5ac48", "");
    expect("$q export 27fc -o q.safetensors --weights quantized", 0, "step 2", "after step 2");
    expect("$q export 27fc -o c.safetensors --weights codes", 0, "times as many", "");
    check_same("c.safetensors", "q.safetensors");
}
END_TEST

/* ---- files of codes that are none ---- */

typedef struct bad {
    const char *quantized; /* of the metadata */
    const char *weights, *schema;
    int64_t n_codes, rows, n_levels; /* of the tensors */
    int first_code;
    const char *text; /* "": it is read */
} bad;

#define GOOD "{\"a\": {\"bits\": 2, \"rows\": 2, \"shape\": [2, 4]}}"
#define S1 "qatbench.weights/1"
static const bad bads[] = {
    {GOOD, "codes", S1, 8, 2, 3, 0, ""},
    {GOOD, "packed", S1, 2, 2, 4, 0, ""},
    {GOOD, "quantized", S1, 8, 2, 3, 0, ""}, /* codes of a file that says it has none */
    {GOOD, "codes", "qatbench.weights/2", 8, 2, 3, 0, "of another version of qatbench"},
    {GOOD, "codes", S1, 8, 2, 3, 3, "code 0 is 3, expected less than 3"},
    {GOOD, "packed", S1, 2, 2, 2, 2, "code 0 is 2, expected less than 2"},
    {GOOD, "codes", S1, 7, 2, 3, 0, "of the shape that the metadata have"},
    {GOOD, "packed", S1, 3, 2, 4, 0, "2 bits for each of 8 weights"},
    {GOOD, "codes", S1, 8, 1, 3, 0, "2 rows of levels"},
    {GOOD, "codes", S1, 8, 2, 0, 0, "2 rows of levels"},
    {"", "codes", S1, 8, 2, 3, 0, "metadata 'quantized'"},
    {"[]", "codes", S1, 8, 2, 3, 0, "expected an object"},
    {"{\"a\": 3}", "codes", S1, 8, 2, 3, 0, "shape: expected a list"},
    {"{\"b\": {\"bits\": 2, \"rows\": 2, \"shape\": [2, 4]}}", "codes", S1, 8, 2, 3, 0, "its codes are missing"},
    {"{\"a\": {\"bits\": 0, \"rows\": 2, \"shape\": [2, 4]}}", "packed", S1, 2, 2, 4, 0, "bits: expected 1 to 32"},
    {"{\"a\": {\"bits\": 33, \"rows\": 2, \"shape\": [2, 4]}}", "packed", S1, 2, 2, 4, 0, "bits: expected 1 to 32"},
    {"{\"a\": {\"bits\": 2, \"rows\": 3, \"shape\": [2, 4]}}", "codes", S1, 8, 2, 3, 0, "rows: expected a divisor"},
    {"{\"a\": {\"bits\": 2, \"rows\": 0, \"shape\": [2, 4]}}", "codes", S1, 8, 2, 3, 0, "rows: expected a divisor"},
    {"{\"a\": {\"bits\": 2, \"rows\": 2, \"shape\": [2, -4]}}", "codes", S1, 8, 2, 3, 0, "sizes of at least 1"},
    {"{\"a\": {\"bits\": 2, \"rows\": 2, \"shape\": [4611686018427387904, 8]}}", "packed", S1, 2, 2, 4, 0, "sizes of at least 1"},
    {"{\"a\": {\"bits\": 8, \"rows\": 1, \"shape\": [2305843009213693953]}}", "packed", S1, 2, 2, 4, 0, "quantized tensor 'a'"},
};

/* The first code of a packed file is its lowest two bits too. */
static int open_bad(const bad *b, qb_state_dict *s)
{
    const bool packed = strcmp(b->weights, "packed") == 0;
    uint8_t codes[16] = {(uint8_t)b->first_code};
    float levels[16] = {1, 2, 3, 4, 5, 6, 7, 8};
    const qb_st_tensor tensors[] = {
        {.name = "a.levels", .dtype = QB_F32, .n_dims = 2, .shape = {b->rows, b->n_levels}, .data = levels},
        {.name = packed ? "a.packed" : "a.codes",
         .dtype = QB_U8,
         .n_dims = !packed && b->n_codes == 8 ? 2 : 1,
         .shape = {!packed && b->n_codes == 8 ? 2 : b->n_codes, 4},
         .data = codes},
    };
    json_t *metadata = json_pack("{s:s, s:s, s:s}", "schema", b->schema, "weights", b->weights, "quantized", b->quantized);
    char *path = qb_path_join(folder, "bad.safetensors");
    ck_assert_int_eq(qb_safetensors_write(path, tensors, 2, metadata, NULL), 0);
    json_decref(metadata);
    int rc = qb_state_dict_open(path, QB_STATE_HARD, s);
    qb_free(path);
    return rc;
}

START_TEST(a_damaged_file_of_codes_is_refused)
{
    const bad *b = &bads[_i];
    qb_state_dict s;
    int rc = open_bad(b, &s);
    if (strcmp(b->weights, "quantized") == 0) { /* read as it is: it fits no network */
        ck_assert_int_eq(rc, 0);
        ck_assert_ptr_nonnull(qb_safetensors_find(&s.file, "a.codes"));
        qb_state_dict_finish(&s);
    } else if (b->text[0]) {
        ck_assert_int_eq(rc, QB_E_DATA);
        ck_assert_msg(strstr(qb_err_text(), b->text) && strstr(qb_err_text(), "bad.safetensors"), "%s", qb_err_text());
    } else {
        ck_assert_int_eq(rc, 0);
        ck_assert_uint_eq(s.file.n, 1);
        const qb_st_tensor *a = &s.file.tensors[0];
        const float second = strcmp(b->weights, "packed") == 0
                                 ? 5
                                 : 4; /* of the second row, which begins behind the first's levels */
        ck_assert(strcmp(a->name, "a") == 0 && a->n_dims == 2 && a->shape[0] == 2 && a->shape[1] == 4);
        ck_assert_mem_eq(a->data, ((const float[]){1, 1, 1, 1, second, second, second, second}), 8 * sizeof(float));
        qb_state_dict_finish(&s);
    }
    ck_assert_int_eq(qb_mem_live_blocks(), 1); /* the name of the program */
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("export");
    TCase *t = tcase_create("codes");
    tcase_add_test(t, a_level_and_a_code_are_the_weight_bit_for_bit);
    tcase_add_test(t, a_row_of_fewer_levels_repeats_its_last);
    tcase_add_loop_test(t, packed_codes_lie_bit_after_bit, 1, 33);
    tcase_add_test(t, codes_take_no_more_room_than_they_need);
    suite_add_tcase(s, t);
    t = tcase_create("files");
    tcase_add_checked_fixture(t, program_setup, program_teardown);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, a_run_goes_out_and_comes_back_as_it_was);
    tcase_add_test(t, a_run_that_is_not_over_gives_its_last_checkpoint);
    tcase_add_test(t, every_kind_of_row_and_solver_has_its_codes);
    tcase_add_test(t, what_cannot_be_exported_says_so_and_leaves_nothing);
    tcase_add_test(t, runs_of_version_0_1_0_go_out_too);
    tcase_add_loop_test(t, a_damaged_file_of_codes_is_refused, 0, (int)(sizeof bads / sizeof *bads));
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
