/* The program as a user sees it: exit codes, messages with the nearest name, help, clean standard output, signals. */
#include "program_fixture.h"

#include "base/json.h"
#include "cli/complete.h"
#include "cli/verbs.h"

#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <math.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs go to the folder itself. */
static void setup(void)
{
    program_setup();
    setenv("QATBENCH_RUNS", folder, 1);
}

static outcome run(const char *arguments)
{
    char *command = qb_sprintf("\"$q\" %s", arguments);
    outcome o = shell(command);
    qb_free(command);
    return o;
}

static void expect_in(const char *text, const char *part, const char *arguments)
{
    ck_assert_msg(strstr(text, part) != NULL, "qatbench %s: expected \"%s\" in:\n%s", arguments, part, text);
}

/* ---- wrong usage: one clear message, nothing on standard output ---- */

#define TRAIN "train --model resnet8 --dataset synthetic --epochs 1 --train-limit 64 --test-limit 32 "

static const struct {
    const char *arguments;
    int status;
    const char *text, *hint; /* parts of standard error */
} refusals[] = {
    {"trian", 2, "qatbench: unknown command 'trian'", "did you mean 'qatbench train'?"},
    {"xyzzyxyzzy", 2, "qatbench: unknown command 'xyzzyxyzzy'", "'qatbench --help' lists the commands"},
    {"completion", 2, "completion: expected bash|zsh|fish, got 0 arguments", "'qatbench completion --help'"},
    {"completion tcsh", 2, "completion: expected bash, zsh, fish or words, got 'tcsh'", ""},
    {"completion bash zsh", 2, "completion: unexpected argument 'zsh'", ""},
    {"data", 2, "'data' needs a second word: info or verify", "'qatbench data --help'"},
    {"data verfy", 2, "unknown command 'data verfy'", "did you mean 'qatbench data verify'?"},
    {"--modle", 2, "expected a command before the options, got '--modle'", ""},
    {"help trian", 2, "unknown command 'trian'", "did you mean 'qatbench train'?"},
    {TRAIN "--learning-rte 1", 2, "train: unknown option '--learning-rte'", "'qatbench train --help'"},
    {TRAIN "--weigth-decay 1", 2, "train: unknown option '--weigth-decay'", "did you mean '--weight-decay'?"},
    {TRAIN "--jsn", 2, "train: unknown option '--jsn'", "did you mean '--json'?"},
    {TRAIN "-x", 2, "train: unknown option '-x'", ""},
    {TRAIN "-j 4", 2, "train: unknown option '-j'", ""},
    {TRAIN "lr", 2, "train: unexpected argument 'lr'", "did you mean '--lr'?"},
    {TRAIN "--lr", 2, "--lr: expected a value", "'--lr VALUE' or '--lr=VALUE'"},
    {TRAIN "--lr --bits 2", 2, "--lr: expected a value", ""},
    {TRAIN "--lr x", 2, "--lr: expected a number above 0", "got 'x'"},
    {TRAIN "--lr=-1", 2, "--lr: expected a number above 0", "got '-1'"},
    {TRAIN "--seed 1e3", 2, "--seed: expected a whole number", "got '1e3'"},
    {TRAIN "--batch 2_000", 2, "--batch: expected a whole number", "got '2_000'"},
    {TRAIN "--threads 0", 2, "--threads: expected a whole number from 1 to", "got '0'"},
    {TRAIN "--threads -1", 2, "--threads: expected a whole number from 1 to", "got '-1'"},
    {TRAIN "--bits 9", 2, "--bits: expected", "got '9'"},
    {TRAIN "--anneal-end 5", 2, "--anneal-end: expected a span", "5ep"},
    {TRAIN "--anneal-end 5eps", 2, "--anneal-end: expected a span", "got '5eps'"},
    {TRAIN "--quant-warmup 60s", 2, "--quant-warmup: expected a span", "got '60s'"},
    {TRAIN "--checkpoint-every 10", 2, "--checkpoint-every: expected a span", "10st"},
    {TRAIN "--force=maybe", 2, "--force: expected true or false, got 'maybe'", ""},
    {TRAIN "--json=yes", 2, "--json takes no value", ""},
    {TRAIN "--no-lr", 2, "unknown option '--no-lr'", ""},
    {TRAIN "--model resnet21", 2, "unknown model 'resnet21'", "did you mean 'resnet20'?"},
    {TRAIN "--dataset cifar11", 2, "unknown data set 'cifar11'", "did you mean 'cifar10'?"},
    {TRAIN "--solver prq", 2, "unknown solver 'prq'", "did you mean 'parq'?"},
    {TRAIN "--solver ./no.so", 66, "no.so", ""},
    {TRAIN "--solver 'parq[steepnes=1]'", 2, "parq: unknown option 'steepnes'", "did you mean 'steepness'?"},
    {TRAIN "--solver 'parq[steepness=0]'", 2, "parq: steepness: expected a number above 0", "got '0'"},
    {TRAIN "--solver 'parq[steepness=1'", 2, "parq[steepness=1", ""},
    {TRAIN "--solver ste --quantizer lsbk", 2, "lsbk", "did you mean 'lsbq'?"},
    {TRAIN "--solver ste --quantizer lsbq-optimal --bits 5", 2, "lsbq-optimal", "5"},
    {TRAIN "--solver ste --granularity rwo", 2, "granularity: expected tensor, row or block[size=N], got 'rwo'", "row"},
    {TRAIN "--lr-schedule cosin", 2, "unknown schedule 'cosin'", "did you mean 'cosine'?"},
    {TRAIN "--lr-schedule 'multistep[milestones=2/9]'", 2, "past the end", ""},
    {TRAIN "--solver parq --anneal-end 9ep", 78, "anneal_end: 9ep is past the end of training", ""},
    {TRAIN "--solver parq --quant-warmup 9ep", 78, "quant_warmup: 9ep leaves no quantized step", ""},
    {TRAIN "--dataset fashion-mnist --data-dir .", 66, "fashion-mnist", "apt"},
    {TRAIN "--runs-dir /proc/nothing", 74, "/proc/nothing", "--runs-dir"},
    {"train --dataset synthetic --epochs 1", 2, "train: --model must be given", "qatbench list models"},
    {"train --model resnet8 --dataset synthetic", 2, "train: --epochs must be given", ""},
    {"list solver", 2, "got 'solver'", "did you mean 'qatbench list solvers'?"},
    {"list models more", 2, "list: unexpected argument 'more'", "usage: qatbench list [OPTIONS] [KIND]"},
    {"info", 2, "info: expected NAME, got 0 arguments", "'qatbench info --help' shows examples"},
    {"info resnet200", 2, "is called 'resnet200'", "did you mean 'resnet20'?"},
    {"info resnet20 --input 3x32", 2, "--input: expected channels x height x width, got '3x32'", "3x32x32"},
    {"info resnet20 --classes 1", 2, "--classes: expected a whole number from 2 to 1000000, got '1'", ""},
    {"info ./no.so", 66, "no.so", ""},
    {"bench --batch 4", 2, "bench: --model must be given", ""},
    {"bench --model resnet8 --seed 3", 2, "bench: unknown option '--seed'", ""},
    {"bench --model resnet8 --seconds 0", 2, "--seconds: expected a number above 0", ""},
    {"bench --model resnet8 --solver ste --bits 9", 2, "--bits: expected", "got '9'"},
    {"bench --model resnet8 --sweep batch", 2, "--sweep: expected KEY=VALUE,VALUE...", "got 'batch'"},
    {"bench --model resnet8 --sweep seed=1,2", 2, "--sweep: 'seed' is not an option of bench", "--sweep batch="},
    {"bench --model resnet8 --sweep batch=,4", 2, "--sweep batch=", "batch: expected a whole number"},
};

START_TEST(refuses_wrong_usage)
{
    const char *arguments = refusals[_i].arguments;
    outcome o = run(arguments);
    ck_assert_msg(o.status == refusals[_i].status, "qatbench %s: expected exit %d, got %d\n%s", arguments,
                  refusals[_i].status, o.status, o.err);
    expect_in(o.err, "qatbench: ", arguments);
    expect_in(o.err, refusals[_i].text, arguments);
    expect_in(o.err, refusals[_i].hint, arguments);
    ck_assert_str_eq(o.out, "");
    ck_assert_uint_lt(strlen(o.err), 2000);
    forget(&o);
}
END_TEST

START_TEST(keeps_messages_short_and_clean)
{
    outcome o = shell("\"$q\" train --model \"$(printf 'a\\033[31mb%5000s' x)\" --dataset synthetic --epochs 1");
    ck_assert_int_eq(o.status, 2);
    ck_assert_uint_lt(strlen(o.err), 2000);
    ck_assert_ptr_null(strchr(o.err, '\033'));
    forget(&o);
}
END_TEST

START_TEST(refuses_bfloat16_without_the_cpu_for_it)
{
    setenv("DNNL_MAX_CPU_ISA", "AVX2", 1);
    outcome o = run(TRAIN "--dtype bf16");
    ck_assert_int_eq(o.status, 69);
    expect_in(o.err, "bf16", TRAIN);
    expect_in(o.err, "--dtype fp32", TRAIN);
    forget(&o);
}
END_TEST

/* ---- help ---- */

static void expect_80_columns(const char *text, const char *what)
{
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
        ck_assert_msg(strcspn(line, "\n") <= 80, "%s: longer than 80 columns: %.*s", what, (int)strcspn(line, "\n"), line);
}

START_TEST(explains_every_verb)
{
    const char *name = qb_verbs(&(size_t){0})[_i]->name;
    char *with_flag = qb_sprintf("%s --help", name), *with_verb = qb_sprintf("help %s", name);
    outcome a = run(with_flag), b = run(with_verb);
    ck_assert_int_eq(a.status, 0);
    ck_assert_int_eq(b.status, 0);
    ck_assert_str_eq(a.out, b.out);
    ck_assert_str_eq(a.err, "");
    expect_80_columns(a.out, with_flag);
    const char *examples = strstr(a.out, "Examples:"), *usage = strstr(a.out, "Usage: qatbench ");
    ck_assert(examples != NULL && usage != NULL && examples < usage);
    expect_in(a.out, "QATBENCH_DATA", with_flag);
    expect_in(a.out, "Exit status:", with_flag);
    qb_free(with_flag);
    qb_free(with_verb);
    forget(&a);
    forget(&b);
}
END_TEST

START_TEST(explains_itself)
{
    outcome full = run("--help"), same = run("help"), alone = run("");
    ck_assert_int_eq(full.status, 0);
    ck_assert_int_eq(same.status, 0);
    ck_assert_str_eq(full.out, same.out);
    expect_80_columns(full.out, "--help");
    size_t n_verbs;
    const qb_verb *const *verbs = qb_verbs(&n_verbs);
    for (size_t i = 0; i < n_verbs; i++) {
        char *line = qb_sprintf("\n  %s ", verbs[i]->name);
        expect_in(full.out, line, "--help");
        qb_free(line);
    }
    ck_assert_int_eq(alone.status, 2);
    ck_assert_str_eq(alone.out, "");
    expect_in(alone.err, "qatbench --help", "");
    forget(&full);
    forget(&same);
    forget(&alone);
}
END_TEST

START_TEST(says_its_version_and_licence)
{
    outcome o = run("--version");
    ck_assert_int_eq(o.status, 0);
    expect_in(o.out, "qatbench " QB_TEST_VERSION " (", "--version");
    expect_in(o.out, "oneDNN ", "--version");
    expect_in(o.out, ", libgomp)\n", "--version");
    forget(&o);
    o = run("--license");
    char *licence;
    ck_assert_int_eq(qb_fs_read("LICENSE", 1 << 16, &licence, &(size_t){0}), 0);
    ck_assert_str_eq(o.out, licence);
    qb_free(licence);
    forget(&o);
}
END_TEST

/* ---- output for programs ---- */

static json_t *json_of(const char *arguments)
{
    outcome o = run(arguments);
    json_t *object = NULL;
    ck_assert_msg(o.status == 0, "qatbench %s: exit %d\n%s", arguments, o.status, o.err);
    ck_assert_msg(qb_json_parse(o.out, strlen(o.out), "stdout", &object) == 0, "qatbench %s: not one JSON value:\n%s",
                  arguments, o.out);
    ck_assert(json_is_object(object));
    forget(&o);
    return object;
}

START_TEST(describes_a_model_as_json)
{
    json_t *o = json_of("info resnet20 --json");
    ck_assert_str_eq(json_string_value(json_object_get(o, "name")), "resnet20");
    ck_assert_int_eq(json_integer_value(json_object_get(o, "parameters")), 269722);
    ck_assert_int_eq(json_integer_value(json_object_get(o, "macs")), 40551040);
    json_int_t parameters = 0, macs = 0;
    const json_t *layers = json_object_get(o, "layers");
    for (size_t i = 0; i < json_array_size(layers); i++) {
        parameters += json_integer_value(json_object_get(json_array_get(layers, i), "parameters"));
        macs += json_integer_value(json_object_get(json_array_get(layers, i), "macs"));
    }
    ck_assert_int_eq(parameters, 269722);
    ck_assert_int_eq(macs, 40551040);
    json_decref(o);
    o = json_of("info resnet8 --input 1x28x28 --classes 7 --json");
    ck_assert_int_eq(json_integer_value(json_object_get(o, "classes")), 7);
    json_decref(o);
}
END_TEST

/* Every value that `augment` takes is listed with what it does and where it is from, and `info` says the same of it. */
START_TEST(lists_transforms)
{
    static const char *const wanted[] = {"none", "flip-crop", "resnet", "deit", "flip", "pad-crop", "resize-crop", "resized-crop",
                                         "rand-augment", "erase", "mixup", "cutmix"};
    enum { N = sizeof wanted / sizeof wanted[0] };
    json_t *o = json_of("list transforms --json"), *list = json_object_get(o, "transforms");
    ck_assert_uint_eq(json_array_size(list), N);
    for (size_t i = 0; i < N; i++) {
        const json_t *t = json_array_get(list, i);
        ck_assert_str_eq(json_string_value(json_object_get(t, "name")), wanted[i]);
        ck_assert_str_eq(json_string_value(json_object_get(t, "kind")), i < 4 ? "augment" : i < 10 ? "transform" : "batch");
        ck_assert_ptr_nonnull(json_string_value(json_object_get(t, "title")));
        ck_assert(i == 0 || json_is_string(json_object_get(t, "source")));
        if (i == 0) /* the solver none */
            continue;
        char *arguments = qb_sprintf("info %s --json", wanted[i]);
        json_t *one = json_of(arguments);
        ck_assert(json_equal(json_object_get(one, "title"), json_object_get(t, "title")));
        json_decref(one);
        qb_free(arguments);
    }
    json_decref(o);
}
END_TEST

START_TEST(lists_as_json)
{
    static const char *const kinds[] = {"solvers", "quantizers", "models", "datasets", "schedules", "transforms"};
    json_t *all = json_of("list --json");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char *arguments = qb_sprintf("list %s --json", kinds[i]);
        json_t *one = json_of(arguments), *list = json_object_get(one, kinds[i]);
        ck_assert_uint_gt(json_array_size(list), 0);
        ck_assert(json_equal(list, json_object_get(all, kinds[i])));
        ck_assert_ptr_nonnull(json_object_get(json_array_get(list, 0), "name"));
        json_decref(one);
        qb_free(arguments);
    }
    json_decref(all);
}
END_TEST

START_TEST(shows_a_broken_plugin_with_the_reason)
{
    outcome o = shell("mkdir p && echo 'no ELF' >p/broken.so && \"$q\" list solvers --solver-path p");
    ck_assert_int_eq(o.status, 0);
    expect_in(o.out, "  broken ", "list solvers");
    expect_in(o.out, "refused: ", "list solvers");
    expect_in(o.out, "  parq ", "list solvers");
    forget(&o);
    json_t *all = json_of("list solvers --solver-path p --json");
    const json_t *list = json_object_get(all, "solvers");
    size_t n_refused = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        n_refused += json_is_string(json_object_get(json_array_get(list, i), "error"));
    ck_assert_uint_eq(n_refused, 1);
    json_decref(all);
}
END_TEST

START_TEST(examines_the_machine)
{
    json_t *o = json_of("doctor --json");
    ck_assert_int_eq(json_integer_value(json_object_get(o, "missing")), 0);
    ck_assert_ptr_nonnull(json_object_get(json_object_get(o, "machine"), "isa"));
    json_decref(o);
    outcome bad = run("doctor --runs-dir /dev/null/runs");
    ck_assert_int_eq(bad.status, 69);
    expect_in(bad.out, "MISSING runs", "doctor");
    expect_in(bad.err, "1 required thing is missing", "doctor");
    forget(&bad);
}
END_TEST

START_TEST(tells_what_a_lesser_machine_would_use)
{
    setenv("DNNL_MAX_CPU_ISA", "SSE41", 1);
    json_t *o = json_of("doctor --json"), *machine = json_object_get(o, "machine");
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(machine, "isa"), "value")), "SSE41");
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(machine, "weight loops"), "value")), "for any CPU");
    json_decref(o);
}
END_TEST

START_TEST(measures_a_step)
{
    static const char *const parts[] = {"data_ms", "forward_ms", "backward_ms", "optimizer_ms", "solver_ms"};
    json_t *o = json_of("bench --model resnet8 --batch 16 --threads 1 --solver parq --bits 2 --windows 1 --seconds 0.1 --json");
    double step = json_number_value(json_object_get(o, "step_ms")), sum = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        double part = json_number_value(json_object_get(o, parts[i]));
        ck_assert_double_ge(part, 0);
        sum += part;
    }
    ck_assert_double_gt(step, 0);
    ck_assert_double_gt(sum, 0.5 * step); /* the parts make up the step */
    ck_assert_double_le(sum, 1.001 * step);
    ck_assert_double_gt(json_number_value(json_object_get(o, "solver_ms")), 0);
    ck_assert_double_gt(json_number_value(json_object_get(o, "conv_ms")), 0);
    ck_assert_double_le(json_number_value(json_object_get(o, "conv_ms")), step);
    ck_assert_double_gt(json_number_value(json_object_get(o, "images_per_second")), 0);
    ck_assert_int_gt(json_integer_value(json_object_get(o, "peak_rss_bytes")), 1 << 20);
    json_decref(o);
}
END_TEST

START_TEST(measures_the_ceiling_and_every_layer)
{
    json_t *o = json_of("bench --model resnet8 --batch 16 --threads 1 --solver parq --bits 2 --windows 2 --seconds 0.1 --ceiling "
                        "--profile --json");
    double step = json_number_value(json_object_get(o, "step_ms")), sum = 0, last = INFINITY;
    double ratio = json_number_value(json_object_get(o, "ceiling_ratio"));
    ck_assert_double_gt(json_number_value(json_object_get(o, "ceiling_ms")), 0);
    ck_assert_double_ge(ratio, json_number_value(json_array_get(json_object_get(o, "ceiling_ratio_range"), 0)));
    ck_assert_double_le(ratio, json_number_value(json_array_get(json_object_get(o, "ceiling_ratio_range"), 1)));
    size_t i;
    json_t *cost, *costs = json_object_get(o, "costs");
    json_array_foreach (costs, i, cost) {
        double ms = json_number_value(json_object_get(cost, "ms"));
        ck_assert_double_le(ms, last); /* the most first */
        ck_assert_int_gt(json_integer_value(json_object_get(cost, "bytes")), 0);
        last = ms;
        sum += ms;
    }
    ck_assert_uint_gt(json_array_size(costs), 20);
    ck_assert_double_gt(sum, 0.3 * step);
    json_decref(o);
}
END_TEST

START_TEST(draws_what_it_measured)
{
    static const char *const files[] = {"profile-resnet8-b4-fp32.svg", "profile-resnet8-b4-fp32.png", "sweep-batch.svg",
                                        "sweep-batch.png"};
    if (access("/usr/bin/gnuplot", X_OK) != 0)
        QB_TEST_SKIP("there is no gnuplot");
    outcome o = shell("\"$q\" bench --model resnet8 --batch 4 --threads 1 --windows 1 --seconds 0.01 --profile -o p && "
                      "\"$q\" bench --model resnet8 --threads 1 --windows 1 --seconds 0.01 --ceiling --sweep batch=4,8 -o p && ls p");
    ck_assert_msg(o.status == 0, "%s", o.err);
    expect_in(o.out, "layer1.0.conv1", "bench --profile");
    expect_in(o.out, "step/ceiling", "bench --sweep");
    const char *listing = strstr(o.out, "profile-resnet8-b4-fp32.gp");
    ck_assert_ptr_nonnull(listing);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        expect_in(listing, files[i], "bench");
    forget(&o);
}
END_TEST

START_TEST(measures_each_value_of_a_sweep)
{
    json_t *o = json_of("bench --model resnet8 --threads 1 --windows 1 --seconds 0.01 --sweep batch=4,8 --json");
    json_t *all = json_object_get(o, "measurements");
    ck_assert_str_eq(json_string_value(json_object_get(o, "sweep")), "batch");
    ck_assert_uint_eq(json_array_size(all), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(all, 0), "batch")), 4);
    ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(all, 1), "batch")), 8);
    json_decref(o);
}
END_TEST

/* ---- a run ---- */

START_TEST(trains_once_and_reports_the_same_again)
{
    static const char command[] = TRAIN "--threads 1 --solver parq --bits 2 --bits ternary --json";
    json_t *first = json_of(command), *again = json_of(command);
    ck_assert(json_equal(first, again));
    ck_assert_str_eq(json_string_value(json_object_get(first, "status")), "done");
    ck_assert_int_eq(json_integer_value(json_object_get(first, "max_levels")), 3); /* of --bits the last counted */
    ck_assert_int_eq(json_integer_value(json_object_get(first, "steps")), 1);
    ck_assert_uint_eq(strlen(json_string_value(json_object_get(first, "weights_sha256"))), 64);
    json_decref(first);
    json_decref(again);
    outcome text = run(TRAIN "--threads 1 --solver parq --bits 0 -q");
    ck_assert_int_eq(text.status, 0);
    ck_assert_str_eq(text.err, "");
    expect_in(text.out, "resnet8 on ", "train");
    expect_in(text.out, "parq, ternary, seed 1: done\n", "train");
    forget(&text);
}
END_TEST

START_TEST(is_quiet_when_its_reader_goes_away)
{
    outcome o = shell("{ \"$q\" list --json; echo $? >&2; } | head -n 1");
    ck_assert_msg(strcmp(o.err, "0\n") == 0 || strcmp(o.err, "141\n") == 0, "%s", o.err);
    forget(&o);
    o = shell("\"$q\" list >/dev/full");
    ck_assert_int_eq(o.status, 74);
    expect_in(o.err, "standard output: No space left on device", "list >/dev/full");
    forget(&o);
}
END_TEST

#define LONG "train --model resnet8 --dataset synthetic --epochs 100000 --train-limit 64 --test-limit 32 --threads 1 "

/* Starts a run that would take for ever, waits for its first epoch, sends the signal. */
static outcome stop_with(const char *signal_name)
{
    char *command = qb_sprintf("\"$q\" " LONG " & pid=$!; i=0; "
                               "until grep -q 'epoch [0-9]*/' err || [ $i -gt 600 ]; do sleep 0.1; i=$((i+1)); done; "
                               "kill -%s $pid; wait $pid", signal_name);
    outcome o = shell(command);
    qb_free(command);
    return o;
}

START_TEST(saves_and_stops_on_a_signal)
{
    static const char *const signals[] = {"TERM", "USR1"}; /* a background job of a shell ignores INT */
    outcome o = stop_with(signals[_i]);
    ck_assert_msg(o.status == 75, "exit %d\n%s", o.status, o.err);
    expect_in(o.err, "stopped on request after step ", signals[_i]);
    expect_in(o.err, "run the same command again", signals[_i]);
    forget(&o);
    o = stop_with(signals[_i]); /* the same command again goes on */
    ck_assert_int_eq(o.status, 75);
    expect_in(o.err, "resuming ", signals[_i]);
    expect_in(o.err, " from step ", signals[_i]);
    forget(&o);
}
END_TEST

START_TEST(rewrites_one_line_on_a_terminal)
{
    int terminal;
    pid_t pid = forkpty(&terminal, NULL, NULL, &(struct winsize){.ws_row = 24, .ws_col = 200});
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        setenv("TERM", "xterm", 1);
        execl(program, "qatbench", "train", "--model", "resnet8", "--dataset", "synthetic", "--epochs", "1", "--train-limit",
              "200", "--test-limit", "32", "--batch", "8", "--threads", "1", (char *)NULL);
        _exit(127);
    }
    char text[65536];
    size_t n = 0;
    for (ssize_t got; n + 1 < sizeof text && (got = read(terminal, text + n, sizeof text - 1 - n)) > 0;)
        n += (size_t)got;
    text[n] = '\0';
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", text);
    expect_in(text, "\r\033[Kstep ", "train on a terminal");
    expect_in(text, " img/s | data ", "train on a terminal");
    expect_in(text, "\r\033[Kepoch 1/1: ", "train on a terminal"); /* a message clears the line first */
    close(terminal);
}
END_TEST

/* ---- completion ---- */

#define VERY_LONG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    const char *words, *candidates; /* all of them, one a space */
} completions[] = {
    {"tr", "train"},
    {"exp", "export"},
    {"so", "solver"},
    {"data ''", "info verify prepare show"},
    {"help so", "solver"},
    {"help solver ch", "check"},
    {"--v", "--version"},
    {"nothing ''", ""},
    {"train --sol", "--solver --solver-path"},
    {"train --anneal", "--anneal-start --anneal-end"},
    {"train --no-drop", "--no-drop-last"},
    {"table --no-d", ""}, /* ddof is no switch */
    {"bench --js", "--json"},
    {"table --js", "--json"},
    {"plot --js", ""},
    {"train --solver parq", "parq"},
    {"train --solver=binaryr", "--solver=binaryrelax"},
    {"train --solver = binaryr", "binaryrelax"}, /* as bash parts words */
    {"train --optimizer =", "sgd adamw adam"},
    {"train --model resnet2", "resnet20"},
    {"train --dataset ci", "cifar10 cifar100"},
    {"train --quantizer lsbq-o", "lsbq-optimal"},
    {"train --lr-schedule co", "constant cosine"},
    {"train --lr_schedule=mu", "--lr_schedule=multistep"},
    {"train --bits t", "ternary"},
    {"train --flip=", "--flip=true --flip=false"},
    {"train --epochs ''", ""},
    {"train --init m", ""}, /* files */
    {"train -- --sol", ""},
    {"train --verbose --jso", "--json"},
    {"table --baseline st", "ste"},
    {"table plan.yaml --format ''", "text md tex csv json"},
    {"table p", ""},
    {"plot --format ''", "all none svg png pdf tikz"},
    {"plot --format svg/p", "svg/png svg/pdf"},
    {"plot --kind=map/hi", "--kind=map/histogram"},
    {"plot -o r", ""},
    {"run -nj ''", ""},
    {"rm ''", ""},
    {"export runs --format t", "tensorboard"},
    {"list q", "quantizers"},
    {"info resnet15", "resnet152"},
    {"data verify mn", "mnist"},
    {"bench data cifar100", "cifar100"},
    {"bench da", "data"},
    {"bench --model deit_c", "deit_cifar"},
    {"solver check bin", "binaryconnect binaryrelax"},
    {"solver new p", ""},
    {"completion ''", "bash zsh fish"},
    {"train --solver=" VERY_LONG, ""},
    {VERY_LONG " x", ""},
    {"solver " VERY_LONG " x", ""},
    {"= =", ""},
    {"-", "--help --version --license"},
};

START_TEST(completes_words)
{
    enum { MAX = 8 };
    char *line = qb_strdup(completions[_i].words), *words[MAX], *rest = line;
    qb_str out = {0}, got = {0};
    int n = 0;
    for (char *word; (word = strsep(&rest, " "));) {
        ck_assert_int_lt(n, MAX);
        words[n++] = strcmp(word, "''") == 0 ? word + 2 : word;
    }
    ck_assert_int_eq(qb_complete(words, n, &out), 0);
    for (const char *p = out.text; p && *p; p += strcspn(p, "\n") + 1)
        qb_str_addf(&got, "%s%.*s", got.length > 0 ? " " : "", (int)strcspn(p, "\t\n"), p);
    ck_assert_msg(strcmp(got.text ? got.text : "", completions[_i].candidates) == 0, "%s: expected '%s', got '%s'",
                  completions[_i].words, completions[_i].candidates, got.text);
    qb_str_finish(&out);
    qb_str_finish(&got);
    qb_free(line);
    ck_assert_int_eq(qb_mem_live_blocks(), 1); /* the fixture's */
}
END_TEST

/* All verbs, and all names that `list` has, an author's own solver among them. */
START_TEST(completes_all_that_there_is)
{
    size_t n;
    const qb_verb *const *verbs = qb_verbs(&n);
    outcome o = run("completion words -- '' && for v in solver data bench; do $q completion words -- $v ''; done");
    for (size_t i = 0; i < n; i++) {
        const char *second = strchr(verbs[i]->name, ' ');
        char *line = qb_sprintf("%s\t%s\n", second ? second + 1 : verbs[i]->name, verbs[i]->summary);
        expect_in(o.out, line, "completion words");
        qb_free(line);
    }
    forget(&o);
    o = shell("mkdir mine; cp \"$QATBENCH_SOLVER_PATH\"/ste.so mine/my-own.so;"
              "$q completion words -- train --solver-path mine --solver my && QATBENCH_SOLVER_PATH=mine $q completion words -- train --solver my");
    ck_assert_str_eq(o.out, "my-own\nmy-own\n");
    forget(&o);
    o = shell("for k in $($q completion words -- list ''); do $q list $k | sed -n 's/^  \\([^ ][^ ]*\\) .*/\\1/p'; done | sort > a;"
              "$q completion words -- info '' | cut -f1 | sort > b; diff a b && test $(wc -l < a) -gt 50");
    ck_assert_msg(o.status == 0, "%s", o.out);
    forget(&o);
}
END_TEST

/* In each shell: its script as it is printed, a verb, an option, a value, and a plan, which is a file. The program by the name by
 * which it was typed. */
static const struct {
    const char *shell, *commands;
} shells[] = {
    {"/bin/bash", "bash --norc --noprofile -c '. <(\"$0\" completion bash); try() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _qatbench;"
                  "echo \"${COMPREPLY[*]}\"; }; try \"$0\" tr; try \"$0\" train --sol; try \"$0\" train --solver parq; try \"$0\" run pl;"
                  "complete -p qatbench' \"$q\""},
    {"/usr/bin/zsh", "zsh -f -c 'compdef() { echo $@ }; _describe() { echo ${(P)3%%:*} }; _files() { echo; }; . <(\"$0\" completion zsh);"
                     "try() { words=(\"$@\") CURRENT=$#; _qatbench }; try \"$0\" tr; try \"$0\" train --sol; try \"$0\" train --solver parq;"
                     "try \"$0\" run pl' \"$q\" | sort -r"},
    {"/usr/bin/fish", "mkdir bin; ln -s \"$q\" bin/qatbench; touch plan.yaml; PATH=$d/bin:$PATH fish --no-config -c 'qatbench completion fish | source;"
                      "for w in tr \"train --sol\" \"train --solver parq\" \"run pl\"; echo (complete -C \"qatbench $w\" | string replace -r \"\t.*\" \"\"); end'"},
};

START_TEST(completes_in_a_shell)
{
    static const char *const answers[] = {
        "train\n--solver --solver-path\nparq\n\ncomplete -o default -F _qatbench qatbench\n",
        "train\nparq\n_qatbench qatbench\n--solver --solver-path\n\n",
        "train\n--solver --solver-path\nparq\nplan.yaml\n",
    };
    if (access(shells[_i].shell, X_OK) != 0)
        QB_TEST_SKIP("this shell is not there");
    outcome o = shell(shells[_i].commands);
    ck_assert_msg(o.status == 0 && strcmp(o.out, answers[_i]) == 0, "%s: %d: got '%s' '%s'", shells[_i].shell, o.status, o.out, o.err);
    forget(&o);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cli");
    size_t n_verbs;
    (void)qb_verbs(&n_verbs);
    TCase *usage = tcase_create("usage"), *output = tcase_create("output"), *runs = tcase_create("runs");
    tcase_add_checked_fixture(usage, setup, program_teardown);
    tcase_add_loop_test(usage, refuses_wrong_usage, 0, sizeof refusals / sizeof refusals[0]);
    tcase_add_test(usage, keeps_messages_short_and_clean);
    tcase_add_test(usage, refuses_bfloat16_without_the_cpu_for_it);
    tcase_add_loop_test(usage, explains_every_verb, 0, (int)n_verbs);
    tcase_add_test(usage, explains_itself);
    tcase_add_test(usage, says_its_version_and_licence);
    suite_add_tcase(s, usage);
    tcase_add_checked_fixture(output, setup, program_teardown);
    tcase_add_test(output, describes_a_model_as_json);
    tcase_add_test(output, lists_transforms);
    tcase_add_test(output, lists_as_json);
    tcase_add_test(output, shows_a_broken_plugin_with_the_reason);
    tcase_add_test(output, examines_the_machine);
    tcase_add_test(output, tells_what_a_lesser_machine_would_use);
    tcase_add_test(output, measures_a_step);
    tcase_add_test(output, measures_the_ceiling_and_every_layer);
    tcase_add_test(output, measures_each_value_of_a_sweep);
    tcase_add_test(output, draws_what_it_measured);
    tcase_add_test(output, is_quiet_when_its_reader_goes_away);
    tcase_set_timeout(usage, 60);
    tcase_set_timeout(output, 60);
    suite_add_tcase(s, output);
    TCase *completion = tcase_create("completion");
    tcase_add_checked_fixture(completion, setup, program_teardown);
    tcase_add_loop_test(completion, completes_words, 0, sizeof completions / sizeof completions[0]);
    tcase_add_test(completion, completes_all_that_there_is);
    tcase_add_loop_test(completion, completes_in_a_shell, 0, sizeof shells / sizeof shells[0]);
    tcase_set_timeout(completion, 60);
    suite_add_tcase(s, completion);
    tcase_add_checked_fixture(runs, setup, program_teardown);
    tcase_add_test(runs, trains_once_and_reports_the_same_again);
    tcase_add_loop_test(runs, saves_and_stops_on_a_signal, 0, 2);
    tcase_add_test(runs, rewrites_one_line_on_a_terminal);
    tcase_set_timeout(runs, 200);
    suite_add_tcase(s, runs);
    return s;
}

QB_TEST_MAIN
