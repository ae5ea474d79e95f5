/* run, table, plot, report and ls as a user sees them: one tiny study from its plan to its report, and what goes wrong. */
#include "base/tfevents.h"

#include "expect_fixture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char plan[] = "title: Tiny\n"
                           "base: {dataset: synthetic, model: resnet8, epochs: 2, batch: 32, train_limit: 96, test_limit: 64}\n"
                           "matrix: {solver: [none, ste], bits: [1, 2]}\n"
                           "seeds: [1, 2]\n";

static void setup(void)
{
    program_setup();
    setenv("LC_ALL", "C.UTF-8", 1);
    write_file("tiny.yaml", plan);
}

/* Bits that a solver does not have are skipped; options that nothing makes right are a mistake in the plan. */
START_TEST(contradicting_options_are_a_mistake)
{
    write_file("bad.yaml", "base: {dataset: synthetic, model: resnet8, epochs: 1, bits: 2}\n"
                           "matrix:\n  solver: [ste, \"softquant[tau_start=50,tau_end=2.0]\"]\n");
    expect("$q run bad.yaml", 78, "", "bad.yaml:3:17: solver: softquant[tau_end=2,tau_start=50]: these options do not go "
                                      "together: tau_end must be above tau_start, got 2 and 50\n  it is so at every bit width: change one");
    expect("test ! -e runs", 0, "", "");
    expect("$q train --dataset synthetic --model resnet8 --bits 2 --epochs 1 --solver 'par-quasiconvex[n_max=0]'", 78, "",
           "solver: par-quasiconvex[n_max=0]: these options do not go together: n_max = 0 (no limit) needs a delta\n");
    write_file("bits.yaml", "base: {dataset: synthetic, model: resnet8, epochs: 1, batch: 32, train_limit: 32, test_limit: 32}\n"
                            "matrix: {solver: [\"proxconnect[pair=bnn]\"], bits: [1, 2]}\n");
    expect("$q run bits.yaml -n", 0, "bits=2 seed=1  (skipped: solver 'proxconnect' does not support 2 bits", "");
}
END_TEST

/* A run that was killed behind step 6, whose loss was not finite then, and whose solver has a metric that others lack. */
static const char metrics[] = "{\"run\":\"x\",\"schema\":\"qatbench.metrics/1\"}\n"
                              "{\"epoch\":1.0,\"split\":\"train\",\"step\":3,\"train/loss\":2.369194205011360,\"train/slope\":1e-05}\n"
                              "{\"epoch\":1.0,\"split\":\"test\",\"step\":3,\"test/loss\":2.34}\n"
                              "{\"epoch\":2.0,\"nonfinite\":[\"train/loss\"],\"split\":\"train\",\"step\":6,\"train/loss\":null}\n"
                              "{\"epoch\":2.0,\"split\":\"test\",\"st";
/* Killed between steps 3 and 6 and resumed from step 4: 10 s to step 3, 13 1/3 to step 4, 2 s from there to the next test. */
static const char times[] = "{\"run\":\"x\",\"schema\":\"qatbench.times/1\"}\n"
                            "{\"event\":\"start\",\"step\":0}\n"
                            "{\"step\":3,\"time/save\":1,\"time/train\":8.0,\"time/val\":1.0,\"time/wait\":0.5}\n"
                            "{\"event\":\"resume\",\"step\":4}\n"
                            "{\"step\":6,\"time/save\":0,\"time/train\":1.5,\"time/val\":0.5,\"time/wait\":0.5}\n";

static void metrics_go_out(void)
{
    expect("$q export tiny.yaml --format csv -o deep/m.csv && wc -l < deep/m.csv && head -1 deep/m.csv", 0,
           "25\nsolver,bits,seed,run,split,step,epoch,train/loss,train/lr,train/lr_sum,train/prec1,test/loss,", "");
    expect("$q export runs --format csv | sort > x; sort deep/m.csv | cmp - x", 0, "", "");
    expect("cat runs/tiny/*/*/*/metrics.jsonl | sed -n 's/.*\"train.loss\":\\([^,]*\\).*/\\1/p' | sort > x;"
           "grep ,train, deep/m.csv | cut -d, -f8 | sort | cmp - x && wc -l < x", 0, "12\n", "");
    expect("$q export tiny.yaml --format tensorboard -o tb && find tb -type f | wc -l && ls tb", 0, "6\nnone\nste-1-bit\nste-2-bits\n", "");
    expect("k=$(ls -d runs/tiny/*/none/s1-*); $q export $k --format csv > x; k=${k#*s1-}; $q export ${k%????} --format csv | cmp - x && wc -l < x", 0, "5\n", "");
    expect("$q export 00000000 --format csv", 66, "", "00000000: no run");
    expect("$q export runs.jsonl --format csv", 66, "", "tiny: none of 6 runs has metrics\n  a runs.jsonl holds results alone; name the plan");
    expect("$q export tiny.yaml --format tensorboard", 2, "", "output: expected a folder for the event files, got nothing\n  -o FOLDER");
    write_file("metrics.jsonl", metrics);
    write_file("times.jsonl", times);
    expect("cd runs/tiny/*/none/s1-* && cp \"$d\"/metrics.jsonl \"$d\"/times.jsonl . && rm \"$d\"/runs/tiny/*/*/s2-*/metrics.jsonl &&"
           "sed -i 's/\"started\": \"[^\"]*\"/\"started\": \"2026-01-01T00:00:00Z\"/' record.json", 0, "", "");
    expect("rm -r tb; $q export tiny.yaml --format csv | cut -d, -f 1,5- | sed -n '1p; /^none/p'", 0,
           "solver,split,step,epoch,train/loss,train/slope,test/loss,train/lr,train/lr_sum,train/prec1,test/loss_soft,test/prec1,"
           "test/prec1_soft,test/prec5\n"
           "none,train,3,1.0,2.36919420501136,1e-05,,,,,,,,\n"
           "none,test,3,1.0,,,2.34,,,,,,,\n"
           "none,train,6,2.0,NaN,,,,,,,,,\n",
           "3 of 6 runs have no metrics (yet): left out\n");
    expect("$q export tiny.yaml --format tensorboard -o tb -q && mv tb/none/s1-*/events.* run.events", 0, "tb/none/s1-", "the last line is cut short");
    qb_str want = {0};
    const double started = 1767225600;
    qb_tfevents_begin(&want, started);
    qb_tfevents_add(&want, started + 10, 3, (qb_tf_scalar[]){{"train/loss", 2.36919420501136f}, {"train/slope", 1e-5f}}, 2);
    qb_tfevents_add(&want, started + 10, 3, (qb_tf_scalar[]){{"test/loss", 2.34f}}, 1);
    qb_tfevents_add(&want, started + 10 + 10. / 3 + 2, 6, (qb_tf_scalar[]){{"train/loss", NAN}}, 1);
    char *path = qb_path_join(folder, "run.events"), *got;
    size_t n;
    ck_assert_int_eq(qb_fs_read(path, 1 << 20, &got, &n), 0);
    ck_assert_uint_eq(n, want.length);
    ck_assert_mem_eq(got, want.text, n);
    qb_free(path);
    qb_free(got);
    qb_str_finish(&want);
    expect("printf '{\"step\":1}\n{}\n' | tee -a runs/tiny/*/ste-w1/s1-*/metrics.jsonl >tee;"
           "$q export tiny.yaml --format csv", 65, "", "metrics.jsonl: split: expected a string, got nothing");
}

START_TEST(from_plan_to_report)
{
    expect("$q run tiny.yaml -n", 0, "Tiny: 3 cells, 6 runs, 6 left\n", "");
    expect("$q table tiny.yaml", 0, "ste                –       –\n", "");
    expect("$q run tiny.yaml -j 2", 0, "", "6 runs: 6 done\n");
    expect("$q run tiny.yaml", 0, "", "6 runs: 6 done\n");
    expect("$q run tiny.yaml -n", 0, "over  solver=ste bits=2 seed=2  (done)\nTiny: 3 cells, 6 runs, 0 left\n", "");
    expect("$q ls tiny.yaml", 0, "done    ste     2        2", "");
    expect("$q ls", 0, "done    ste     2        2", "");
    /* a study travels as runs.jsonl */
    expect("$q table tiny.yaml > a && $q ls tiny.yaml --json > runs.jsonl && wc -l < runs.jsonl", 0, "6", "");
    expect("cp -r runs kept", 0, "", "");
    metrics_go_out();
    expect("rm -r runs && mv kept runs", 0, "", "");
    expect("mv runs away && $q table tiny.yaml runs.jsonl > b && cmp a b && $q table runs.jsonl > c && cat b", 0, "(2)", "");
    expect("mkdir study && cp runs.jsonl study && cp tiny.yaml study/plan.yaml && $q table study > c && cmp b c", 0, "", "");
    expect("$q table tiny.yaml runs.jsonl --format json | grep -c '\"mean\": [0-9]'", 0, "3", "");
    expect("$q table tiny.yaml runs.jsonl --json --metric test_loss | grep '\"metric\"'", 0, "test_loss", "");
    expect("$q table tiny.yaml runs.jsonl --format csv -o deep/t.csv && grep -c done deep/t.csv", 0, "6", "");
    expect("$q table tiny.yaml runs.jsonl --baseline none", 0, "Welch's t test against none", "");
    expect("LC_ALL=C $q table tiny.yaml runs.jsonl", 0, " +- ", "");
    expect("$q table tiny.yaml runs.jsonl --rows dataset,bits --cols solver --ranks", 0, "\nsynthetic  –     ", "");
    expect("$q table tiny.yaml runs.jsonl --ranks", 0, "No mean ranks of solver: Friedman's test is for 3 to 200 values of solver", "");
    expect("$q table tiny.yaml runs.jsonl --best --ci 0.95 --format md | grep '^| solver'", 0, "| solver | float, last | float, best | 1 bit, last | ", "");
    expect("$q report tiny.yaml runs.jsonl -o r.html && grep -c '</html>' r.html", 0, "r.html\n1\n", "");
    expect("PATH=$d $q report runs.jsonl -o m.html && grep -c 'has no pictures' m.html", 0, "m.html\n1\n",
           "gnuplot is not there");
    expect("for i in $(seq 201); do sed -n \"1s/\\\"lr\\\":0.1/\\\"lr\\\":$i/p\" runs.jsonl; done > many.jsonl; $q report many.jsonl -o m.html; "
           "grep -c 'has no pictures\\|^<p>201 cells' m.html", 0, "m.html\n2\n", "no pictures of more than 200 cells");
    /* published numbers beside ours; what is wrong with them is a warning */
    expect("cp tiny.yaml with.yaml && echo 'paper: p.yaml' >> with.yaml; for mean in 12 x; do "
           "printf 'source: S\nversion: V\nmetric: test_top1\ncells: [{solver: none, mean: %s, n: 3}]\n' $mean > p.yaml; "
           "$q report with.yaml runs.jsonl --kind none -o r.html && grep -o 'Beside the published\\|left out: .*mean\\|no pictures' r.html; done",
           0, "r.html\nBeside the published\nno pictures\nr.html\nleft out: ./p.yaml:4:30: mean\nno pictures\n", "");
    expect("! grep -q \"$HOME\" r.html", 0, "", "");
}
END_TEST

START_TEST(from_plan_to_pictures)
{
    if (access("/usr/bin/gnuplot", X_OK) != 0)
        QB_TEST_SKIP("there is no gnuplot");
    expect("$q run tiny.yaml -j 2 && $q ls tiny.yaml --json > runs.jsonl", 0, "", "");
    expect("mkdir study && cp runs.jsonl study && cp tiny.yaml study/plan.yaml", 0, "", "");
    expect("$q plot tiny.yaml runs.jsonl -o pics", 0, "pics/accuracy-final.png\n", "");
    expect("cp pics/accuracy-final.tsv a && rm -r pics && $q plot tiny.yaml runs.jsonl -o pics && cmp a pics/accuracy-final.tsv", 0,
           "", "");
    expect("$q report study --format md && head -1 study/REPORT.md && ls study/plots", 0, "# Tiny\naccuracy-epochs.gp\n", "");
}
END_TEST

/* Kills the runner and all its children ten times, each time when a checkpoint has come or gone, and lets the study end. Every
 * start says how many runs are left, and none of the others is touched. */
#define KILLS "for i in 1 2 3 4 5 6 7 8 9 10 last; do " \
              "grep -ls '\"done\"' runs/*/*/*/*/record.json | xargs -r cksum > over;" \
              "echo \"$((12 - $(wc -l < over))) of 12 runs are left, 2 at once\" > want;" \
              "set -- runs/*/*/*/*/ckpt/step-*; was=$*;" \
              "setsid $q run twelve.yaml -j 2 2> said & pid=$!;" \
              "while [ \"$*\" = \"$was\" ] && kill -0 $pid; do sleep 0.01; set -- runs/*/*/*/*/ckpt/step-*; done;" \
              "test $i = last || kill -KILL -$pid; wait $pid; printf '%s ' $?;" \
              "head -1 said | cmp want - && sed 's/.* //' over | xargs -r cksum | cmp over - || exit 1; done"

START_TEST(killed_ten_times_and_still_the_same)
{
    static const char twelve[] = "base: {dataset: synthetic, model: resnet8, epochs: 2, batch: 4, train_limit: 8, test_limit: 4, diagnostics: levels/codes}\n"
                                 "matrix: {solver: [ste, parq], bits: [1, 2]}\nseeds: [1, 2, 3]\n";
    write_file("twelve.yaml", twelve);
    expect("$q run twelve.yaml -q -j 2 --runs-dir whole", 0, "", "");
    expect("sed -i 's/base: {/&checkpoint_every: 1st, /' twelve.yaml;" KILLS, 0, "137 137 137 137 137 137 137 137 137 137 0 ", "");
    expect("cat runs/*/*/*/*/times.jsonl", 0, "\"resume\"", "");
    expect("cksum runs/*/*/*/*/record.json > a; $q run twelve.yaml && cksum runs/*/*/*/*/record.json | cmp a -", 0, "", "12 runs: 12 done\n");
    expect("for f in metrics.jsonl diagnostics.jsonl model.safetensors; do for d in whole runs; do "
           "(cd $d; cksum */*/*/*/$f) > $d.sum; done; cmp whole.sum runs.sum || exit 1; done; wc -l < runs.sum", 0, "12\n", "");
    expect("for f in text md tex csv json; do for d in whole runs; do $q table twelve.yaml --runs-dir $d --format $f > $d.$f; done;"
           "cmp whole.$f runs.$f || exit 1; done; grep -c '(3)' runs.text", 0, "2\n", "");
    /* what would be drawn: numbers and scripts; only how long it took is another thing each time */
    expect("mkdir bin; printf '#!/bin/sh\n' > bin/gnuplot; chmod +x bin/gnuplot; PATH=$d/bin:$PATH; for d in whole runs; do "
           "$q plot twelve.yaml --runs-dir $d --kind all --format svg -o $d.plots >&2 || exit 1; done; rm *.plots/times.*;"
           "diff -r whole.plots runs.plots && ls runs.plots/*.tsv | wc -l", 0, "17\n", "");
}
END_TEST

static const struct {
    const char *command;
    int status;
    const char *err;
} wrong[] = {
    {"$q run none.yaml", 66, "none.yaml"},
    {"$q run tiny", 2, "expected a plan (.yaml), got 'tiny'"},
    {"$q run", 2, "PLAN"},
    {"$q run tiny.yaml -j x", 2, "-j: expected a whole number"},
    {"printf 'base: {lrr: 1}\\n' > p.yaml; $q run p.yaml", 78, "qatbench: p.yaml:1:8: base: unknown key 'lrr'\n  did you mean 'lr'?\n"},
    {"printf 'base:\\n\\t- 1\\n' > p.yaml; $q run p.yaml", 78, "p.yaml:2:"},
    {": > p.yaml; $q run p.yaml", 78, "p.yaml:1:1: expected a document, the file is empty"},
    {"$q table tiny.yaml tiny.yaml", 2, "expected one plan"},
    {"$q table nowhere", 66, "nowhere"},
    {"$q table tiny.yaml --metric test_top", 2, "test_top1"},
    {"$q table tiny.yaml --test welch", 2, "expected --baseline"},
    {"$q table tiny.yaml --compare none.yaml", 66, "none.yaml"},
    {"$q table tiny.yaml --compare plan", 2, "the plan names no paper"},
    {"$q table tiny.yaml --rows modle", 2, "rows: expected keys that make up a run, such as model,bits, got 'modle'\n  did you mean 'model'?\n"},
    {"$q table tiny.yaml --rows solver --cols dataset", 2, "rows, cols: cells differ in 'bits' too, which is in neither\n"},
    {"$q table tiny.yaml --best --metric test_loss", 2, "best: expected metric test_top1, whose best is recorded; got test_loss\n"},
    {"$q table tiny.yaml --ci 95", 2, "--ci: expected a number from 0.5 to 0.9999, got '95'\n"},
    {"$q table tiny.yaml --compare paper.yaml --ranks", 2, "--compare does not go with --ranks"},
    {"$q plot tiny.yaml", 66, "no run is done: there is nothing to draw"},
    {"$q ls nowhere", 66, "nowhere"},
    {"$q run tiny.yaml -n --scale 0", 2, "--scale: expected a number above 0 and at most 1, got '0'"},
    {"$q table tiny.yaml --scale 2", 2, "--scale: expected a number above 0 and at most 1, got '2'"},
    {"$q plot tiny.yaml --scale x", 2, "--scale: expected a number above 0 and at most 1, got 'x'"},
    {"$q report tiny.yaml --scale", 2, "scale"},
    {"$q ls --scale 0.5", 66, "no"},
    {"mkdir -p runs; $q table runs --scale 0.5", 66, "no runs found"},
    {"$q run tiny.yaml -q -j 2 && $q table runs --scale 0.5", 2, "scale: expected a plan to scale, got records alone"},
    {"echo '{\"status\": 1}' > runs.jsonl; echo '{}' >> runs.jsonl; $q table runs.jsonl", 65, "record 1"},
};

START_TEST(says_what_is_wrong)
{
    expect(wrong[_i].command, wrong[_i].status, "", wrong[_i].err);
}
END_TEST

/* ---- variants ---- */

START_TEST(variants_are_labels)
{
    write_file("named.yaml", "title: Named\nbase: {dataset: synthetic, model: resnet8, epochs: 1, batch: 32, train_limit: 64, test_limit: 64}\n"
                             "variants:\n  fast_lr: {solver: ste, lr: 0.2}\n  ste: {solver: ste}\nmatrix: {bits: [1, 2]}\n"
                             "include: [{solver: none}]\nseeds: [1, 2]\n");
    expect("$q run named.yaml -j 2", 0, "", "variant=fast_lr bits=1 seed=1: done");
    expect("$q table named.yaml > a; sed -n '/variant/,$s/  */ /gp' a | cut -d' ' -f1-3", 0, "variant 1 bit\nfast_lr ", "");
    expect("grep -A1 '^fast_lr: ' a", 0, "fast_lr: solver=ste, lr=0.2\n", ""); /* said once, below */
    expect("grep '^ste: ' a", 0, "ste: solver=ste, lr=0.1\n", "");
    expect("sed -i '/^[a-z_]*: solver/d' a; grep -c '(2)' a; grep -c -e solver -e lr= a; grep -o '^[a-z_]* ' a | sort -u | tr -d '\n'", 0, "3\n0\n", "");
    expect("grep -e '^none ' a", 0, "none", ""); /* without a variant: its solver */
    expect("$q table named.yaml --baseline ste", 0, "Welch's t test against ste", "");
    expect("$q table named.yaml --format csv | head -2", 0, "variant,solver,bits,lr,seed,", "");
    expect("$q table named.yaml --format csv | grep -c '^fast_lr,ste,[12],0.2,'", 0, "4\n", "");
    expect("$q table named.yaml --json | grep -c '\"variant\": \"fast_lr\"'", 0, "2\n", "");
    expect("$q table named.yaml --format tex", 0, "fast\\_lr", "");
    expect("$q ls named.yaml | head -1", 0, "variant  ", "");
    expect("$q report named.yaml -q --format md -o R.md && grep -c '^| fast' R.md", 0, "", "");
    /* the name is no part of a run: other names find the same runs, and none their values */
    expect("sed -e s/fast_lr/quick/ -e 's/^  ste:/  plain:/' named.yaml > runs/n.yaml; mkdir other; mv runs/n.yaml other/named.yaml; $q run other/named.yaml -n", 0, "0 left\n", "");
    expect("$q table other/named.yaml | grep -c -e '^quick .*(2)' -e '^plain .*(2)'", 0, "2\n", "");
    expect("$q ls named.yaml --json > runs.jsonl; grep -c variant runs.jsonl; $q table runs.jsonl | grep -c '^ste .*0.2'", 0, "0\n1\n", "");
    expect("$q table other/named.yaml runs.jsonl > b; $q table other/named.yaml | cmp - b && echo same", 0, "same\n", "");
}
END_TEST

START_TEST(variants_in_pictures)
{
    if (access("/usr/bin/gnuplot", X_OK) != 0)
        QB_TEST_SKIP("there is no gnuplot");
    write_file("named.yaml", "base: {dataset: synthetic, model: resnet8, epochs: 2, batch: 32, train_limit: 64, test_limit: 64}\n"
                             "variants:\n  \"Fast & loose\": {solver: ste, lr: 0.2}\n  calm_50%: {solver: parq}\nmatrix: {bits: [1, 2]}\nseeds: [1, 2]\n");
    expect("$q run named.yaml -q -j 2 && $q plot named.yaml -o pics && grep -l 'Fast &amp; loose' pics/*.svg | wc -l", 0, "", "");
    expect("grep -c 'calm_50%' pics/accuracy-final.tsv > c; test $(cat c) -gt 0; grep -L 'calm_50%' pics/*.svg | wc -l", 0, "0\n", "");
    expect("grep -c 'steepness\\|lr=' pics/*.tsv", 1, "", "");
}
END_TEST

/* ---- scale ---- */

#define SCALED "Tiny, scaled 0.5"

START_TEST(a_scaled_study_says_so_everywhere)
{
    expect("$q run tiny.yaml -n --scale 0.5", 0, SCALED ": 3 cells, 6 runs, 6 left\n", "");
    expect("$q run tiny.yaml -j 2 -q --scale 0.5 && $q run tiny.yaml -n --scale 0.5", 0, SCALED ": 3 cells, 6 runs, 0 left\n", "");
    expect("$q run tiny.yaml -n", 0, "Tiny: 3 cells, 6 runs, 6 left\n", ""); /* other runs */
    expect("$q table tiny.yaml --scale 0.5 > a && head -1 a && grep -c '(2)' a", 0, SCALED ": test top-1 (%)", "");
    expect("$q table tiny.yaml", 0, "\n6 recorded runs are of another scale (scaled 0.5) and not shown: see --scale\n", "");
    expect("sed 's/batch: 32/batch: 16/' tiny.yaml > other.yaml; $q table other.yaml runs/tiny --scale 0.5", 0, "\n6 recorded runs belong to no cell of the plan\n", "");
    expect("$q table tiny.yaml --scale 0.5 --format md", 0, SCALED ":", "");
    expect("$q table tiny.yaml --scale 0.5 --format tex", 0, "\\caption{" SCALED ":", "");
    expect("$q table tiny.yaml --scale 0.5 --json | grep '\"scale\"'", 0, "\"scale\": 0.5", "");
    expect("$q table tiny.yaml --scale 0.5 --format csv | head -2", 0, "seed,status,test_top1,reason,scale\nnone,,1,done,", "");
    expect("$q table tiny.yaml --scale 0.5 --format csv | grep -c ',0.5$'", 0, "6\n", "");
    expect("$q table tiny.yaml --format csv | grep -c scale", 1, "0\n", "");
    /* runs.jsonl carries it, also without the plan */
    expect("$q ls tiny.yaml --scale 0.5 --json > runs.jsonl && grep -c '\"scale\":0.5' runs.jsonl", 0, "6\n", "");
    expect("grep -h -c '\"scale\": 0.5' runs/tiny/*/*/*/record.json | sort | uniq -c", 0, "6 1\n", "");
    expect("$q table runs.jsonl | head -1", 0, "tiny, scaled 0.5: test top-1 (%)", "");
    expect("$q ls runs.jsonl | head -1; $q ls tiny.yaml --scale 0.5 | head -1", 0, "key  scale\n", "");
    expect("$q report runs.jsonl -q --format md -o R.md && head -1 R.md", 0, "# tiny, scaled 0.5\n", "");
    expect("$q report tiny.yaml --scale 0.5 -q --format md -o R.md && head -1 R.md && grep -A1 '^    qatbench run\\|^qatbench run' R.md", 0,
           "# " SCALED "\n", "");
    expect("grep 'qatbench run' R.md", 0, "qatbench run tiny.yaml --scale 0.5", "");
    /* the plan's own key; the flag replaces it */
    expect("{ cat tiny.yaml; echo 'scale: 0.5'; } > half.yaml; $q table half.yaml runs.jsonl > b; cmp a b && echo same", 0, "same\n", "");
    expect("$q run half.yaml -n --scale 1", 0, "Tiny: 3 cells", "");
    expect("$q report half.yaml runs.jsonl -q --format md -o R.md && grep 'qatbench run' R.md", 0, "qatbench run half.yaml\n", "");
    /* beside published numbers */
    write_file("paper.yaml", "source: S\nversion: v1\ncells: [{solver: ste, bits: 1, mean: 50, std: 1}]\n");
    expect("$q table half.yaml runs.jsonl --compare paper.yaml > c; head -1 c; cat c", 0, "paper, not scaled  ours, scaled 0.5", "");
    expect("head -1 c", 0, SCALED ":", "");
    expect("$q table half.yaml runs.jsonl --compare paper.yaml --json | grep '\"scale\"'", 0, "\"scale\": 0.5", "");
    expect("$q table half.yaml runs.jsonl --compare paper.yaml --format csv | cut -d, -f10-", 0, "limit,scale\n", "");
    /* a run of the same values is the same run, whichever plan it comes from */
    expect("sed 's/epochs: 2/epochs: 1/' tiny.yaml > tiny1.yaml; mv runs/tiny runs/tiny1; $q run tiny1.yaml -n", 0, "0 left\n", "");
    /* some of several */
    expect("$q run tiny.yaml -j 2 -q; $q table runs | head -1", 0, "tiny, scaled in part: ", "");
    expect("$q table runs | grep 'scaled 0.5 ('", 0, "scaled 0.5 (none, epochs=1, seed 1; ", "");
}
END_TEST

START_TEST(scaled_pictures)
{
    if (access("/usr/bin/gnuplot", X_OK) != 0)
        QB_TEST_SKIP("there is no gnuplot");
    expect("sed 's/epochs: 2/epochs: 4/' tiny.yaml > four.yaml; $q run four.yaml -j 2 -q --scale 0.5 && $q plot four.yaml --scale 0.5 -o pics", 0,
           "pics/accuracy-final.png\n", "");
    expect("ls pics | wc -l; grep -l 'scaled 0.5' pics/*.gp pics/*.tsv pics/*.svg | wc -l", 0, "12\n9\n", "");
}
END_TEST

/* ---- finished elsewhere ---- */

START_TEST(runs_of_a_file_count_as_done)
{
    expect("$q run tiny.yaml -j 2 -q && $q ls tiny.yaml --json > all.jsonl && head -5 all.jsonl > five.jsonl && mv runs away", 0, "", "");
    expect("$q run tiny.yaml -n", 0, "6 left\n", "");
    expect("$q run tiny.yaml -n --done five.jsonl", 0, "seed=1  (done: in five.jsonl)\n", "");
    expect("$q run tiny.yaml -n --done five.jsonl", 0, "6 runs, 1 left\n", "");
    expect("$q run tiny.yaml --done five.jsonl", 0, "", "1 of 6 runs are left, ");
    expect("ls -d runs/tiny/*/*/* | wc -l; $q table tiny.yaml runs/tiny five.jsonl > a; $q table tiny.yaml all.jsonl > b; cmp a b && echo same", 0,
           "1\nsame\n", "");
    expect("$q run tiny.yaml -n --done away", 0, "0 left\n", ""); /* a folder of runs */
    expect("$q run tiny.yaml --done all.jsonl", 0, "", "6 runs: 6 done\n");
    /* the identity decides: other values, another seed, other data */
    expect("sed 's/batch: 32/batch: 16/' tiny.yaml > other.yaml; $q run other.yaml -n --done all.jsonl", 0, "6 left\n",
           "all.jsonl: none of its 6 finished runs is one of this plan");
    expect("sed 's/seeds: .*/seeds: [1, 3]/' tiny.yaml > other.yaml; $q run other.yaml -n --done all.jsonl", 0, "3 left\n", "");
    expect("rm -r runs; sed 's/\"key\":\"..../\"key\":\"0000/' all.jsonl > forged.jsonl; $q run tiny.yaml -n --done forged.jsonl", 0, "6 left\n", "none of its 6");
    expect("sed 's/\"batch\":32/\"batch\":16/' all.jsonl > forged.jsonl; $q run tiny.yaml -n --done forged.jsonl", 65, "",
           "has another configuration than the run with that key\n");
    /* what is not over does not count; what diverged is over */
    expect("sed '1s/\"status\":\"done\"/\"status\":\"interrupted\"/;2s/\"status\":\"done\"/\"status\":\"diverged\"/' all.jsonl > some.jsonl; "
           "$q run tiny.yaml -n --done some.jsonl", 0, "1 left\n", "");
    expect("$q run tiny.yaml -n --done nowhere.jsonl", 66, "", "nowhere.jsonl");
    expect("echo '{}' > empty.jsonl; $q run tiny.yaml -n --done empty.jsonl", 65, "", "empty.jsonl: record 1: expected key, status and config");
    expect("$q run tiny.yaml --force --done all.jsonl", 2, "", "expected one of them");
}
END_TEST

/* ---- smoke ---- */

START_TEST(tries_every_cell)
{
    expect("$q run tiny.yaml --smoke && ls", 0, "ok      solver=ste bits=2  (", "");
    expect("$q run tiny.yaml --smoke | tail -1; test ! -e runs", 0, "Tiny: 3 cells ok, nothing was kept\n", "");
    expect("$q run tiny.yaml --smoke -j 1 --scale 0.5 | cut -d'(' -f1", 0,
           "ok      solver=none  \nok      solver=ste bits=1  \nok      solver=ste bits=2  \nTiny, scaled 0.5: 3 cells ok, nothing was kept\n", "");
    write_file("parts.yaml", "base: {dataset: synthetic, model: resnet8, epochs: 1, batch: 64, shards: 8, quant_warmup: 4st, anneal_start: 4st,\n"
                             "  train_limit: 640, init: start.safetensors}\nmatrix: {solver: [\"softquant\", proxconnect, \"proxconnect[pair=bnn]\"], bits: [1, 2]}\n");
    expect("$q run parts.yaml --smoke", 66, "", "start.safetensors");
    expect("sed -i 's/, init: .*}/}/' parts.yaml; $q run parts.yaml --smoke", 0, "skipped solver=proxconnect[pair=bnn] bits=2: ", "") ;
}
END_TEST

/* A cell whose solver ends the process, and one whose solver fails, are told, and the others are tried. */
START_TEST(smoke_goes_on_after_a_failure)
{
    expect("e=${q%/qatbench}/tests/plugins/ends_midway.so; printf 'base: {dataset: synthetic, model: resnet8, epochs: 1}\\n"
           "matrix:\\n  solver: [\"%s[how=segv,step=1]\", \"%s[how=fail,step=1]\", ste]\\n' $e $e > ends.yaml; $q run ends.yaml --smoke -j 1", 1,
           "ends_midway.so[how=segv,step=1] bits=2: killed by signal 11 (plugin crashed?)  (", "2 of 3 cells failed\n");
    expect("$q run ends.yaml --smoke -j 1 -q > o; grep -c '^failed  solver=.*how=fail.*it was told to' o; tail -1 o | cut -d'(' -f1", 0, "1\nok      solver=ste bits=2  \n", "");
    expect("test ! -e runs", 0, "", "");
}
END_TEST

START_TEST(smoke_on_made_images)
{
    static const char *const sets[] = {"cifar10", "cifar100", "mnist", "fashion-mnist", "imagenet", "folder"};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        char *plan_text = qb_sprintf("base: {dataset: %s, model: %s, epochs: 1, solver: ste, bits: 2}\n", sets[i], i < 2 ? "resnet20" : i < 4 ? "resnet8" : "resnet18");
        write_file("made.yaml", plan_text);
        expect("export QATBENCH_DATA=/nonexistent; $q run made.yaml --smoke --data synthetic", 0, "ok      solver=ste bits=2", "");
        qb_free(plan_text);
    }
    expect("export QATBENCH_DATA=/nonexistent; $q run made.yaml --smoke", 1, "failed  solver=ste bits=2: ", "1 of 1 cells failed");
    expect("$q run made.yaml --data synthetic", 2, "", "--data synthetic goes with --smoke only");
    expect("$q run made.yaml --smoke --data real", 2, "", "data: expected synthetic, got 'real'");
    expect("$q run made.yaml --smoke -n", 2, "", "--smoke does not go with --dry-run");
    expect("$q run made.yaml --smoke --force", 2, "", "--smoke does not go with --force");
    expect("$q run made.yaml --smoke --done x", 2, "", "--smoke does not go with --done");
    expect("test ! -e runs", 0, "", "");
}
END_TEST

START_TEST(stops_and_goes_on)
{
    write_file("long.yaml", "base: {dataset: synthetic, model: resnet8, epochs: 60, batch: 32, train_limit: 512, test_limit: 64}\n");
    expect("$q run long.yaml & pid=$!; until ls runs/long/*/*/*/metrics.jsonl; do sleep 0.1; done 2>/dev/null; sleep 0.5; "
           "kill -TERM $pid; wait $pid",
           75, "", "the same command again goes on from here");
    expect("$q ls long.yaml", 0, "interrupted  none", "");
    expect("$q table long.yaml", 0, "interrupted\n", "");
}
END_TEST

/* A study with a solver from outside, on a machine that has its records but not its plugin. */
START_TEST(records_tell_of_a_solver_that_is_not_here)
{
    char *here = getcwd(NULL, 0), *build = qb_sprintf("$q solver new mine >log 2>&1; mkdir -p p && cc -shared -fPIC -O2 "
                                                      "-I'%s/harness/include' -o p/mine.so mine/mine.c -lm", here);
    expect(build, 0, "", "");
    write_file("mine.yaml", "base: {dataset: synthetic, model: resnet8, epochs: 1, train_limit: 16, test_limit: 16}\n"
                            "matrix: {solver: [ste, 'mine[power=2e0]', mine, p/mine.so], bits: [1, 2]}\n"
                            "exclude: [{solver: mine, bits: 2}]\nseeds: [1]\n");
    write_file("other.yaml", "base: {dataset: synthetic, model: resnet8, epochs: 1, train_limit: 16, test_limit: 16}\n"
                             "matrix: {solver: ['mine[power=2]', 'mine[power=5]'], bits: [1]}\nseeds: [1]\n");
    expect("export QATBENCH_SOLVER_PATH=$QATBENCH_SOLVER_PATH:$PWD/p; $q run mine.yaml -q && $q table mine.yaml > a && "
           "$q table other.yaml runs/mine > a2 && $q ls mine.yaml --json > runs.jsonl && rm -r p", 0, "", "");
    expect("$q run mine.yaml", 78, "", "mine.yaml:2:24: solver: unknown solver 'mine'"); /* training needs it */
    expect("$q table mine.yaml runs.jsonl > b; diff a b", 1,
           "\n> solver mine: its plugin is not here; its cells are told by its records\n", "");
    expect("diff a b | grep -c '^[<>] .'; grep -c '(1)' b", 0, "1\n4\n", ""); /* nothing else, and every row has its runs */
    expect("$q table mine.yaml > c; cmp b c && echo same", 0, "same\n", "");
    expect("$q table other.yaml runs.jsonl > b2; diff a2 b2 | grep -c '^[<>] .'", 0, "1\n", "");
    expect("grep -c -e '^mine.power=2.*(1)' -e '^mine.power=5.* –$' b2", 0, "2\n", "");
    expect("$q report mine.yaml runs.jsonl -q -o R.md --format md && grep -c '^| mine' R.md", 0, "", "");
    expect("sed s/mine/mien/ mine.yaml > mien.yaml; $q table mien.yaml runs.jsonl", 78, "", "unknown solver 'mien'");
    expect("sed s/power/powr/ mine.yaml > powr.yaml; $q table powr.yaml runs.jsonl", 78, "", "unknown solver 'mine'");
    expect("grep -v '\"mine\"' runs.jsonl > none.jsonl; $q table mine.yaml none.jsonl", 78, "", "unknown solver 'mine'");
    expect("mv runs away; $q table mine.yaml", 78, "", "unknown solver 'mine'"); /* no records at all */
    qb_free(build);
    free(here);
}
END_TEST

/* tests/old_runs.tar.gz: folders that version 0.1.0 left, one run finished, one interrupted after step 2 of 8 (its weights
 * are replaced by few numbers that pack well, its manifest's hashes made anew). The finished one is done without training;
 * the other one goes on. */
#define OLD_RUN "$q train --model resnet8 --dataset synthetic --train-limit 32 --test-limit 16 --batch 16 --threads 1 --runs-dir runs "

START_TEST(runs_of_0_1_0_count_and_go_on)
{
    char *here = getcwd(NULL, 0), *unpack = qb_sprintf("tar xzf '%s/tests/old_runs.tar.gz' && ls runs/train/resnet8-synthetic", here);
    expect(unpack, 0, "none\nparq-w2\n", "");
    expect("$q ls runs --json | grep -c '\"key\"'", 0, "2\n", "");
    expect("$q ls runs", 0, "interrupted  parq", "");
    expect("cp -r runs before && " OLD_RUN "--epochs 1 --solver none", 0, "ae040f9bd770e8257f38dcc56e6f702570e62478b48acf97c0a1073c28fd3fea", "");
    expect("cmp runs/train/resnet8-synthetic/none/*/record.json before/train/resnet8-synthetic/none/*/record.json && "
           "cmp runs/train/resnet8-synthetic/none/*/metrics.jsonl before/train/resnet8-synthetic/none/*/metrics.jsonl && echo same", 0, "same\n", "");
    expect(OLD_RUN "--epochs 4 --solver parq --checkpoint-every 1st", 0, "parq, 2 bits, seed 1: done", "from step 2 of 8");
    expect("ls -d runs/train/resnet8-synthetic/*/* | wc -l", 0, "2\n", "");
    qb_free(unpack);
    free(here);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("study_verbs");
    TCase *tc = tcase_create("study_verbs");
    tcase_add_checked_fixture(tc, setup, program_teardown);
    tcase_set_timeout(tc, 150);
    tcase_add_test(tc, from_plan_to_report);
    tcase_add_test(tc, from_plan_to_pictures);
    tcase_add_test(tc, killed_ten_times_and_still_the_same);
    tcase_add_test(tc, contradicting_options_are_a_mistake);
    tcase_add_test(tc, runs_of_0_1_0_count_and_go_on);
    tcase_add_test(tc, records_tell_of_a_solver_that_is_not_here);
    tcase_add_loop_test(tc, says_what_is_wrong, 0, sizeof wrong / sizeof *wrong);
    tcase_add_test(tc, stops_and_goes_on);
    tcase_add_test(tc, variants_are_labels);
    tcase_add_test(tc, variants_in_pictures);
    tcase_add_test(tc, a_scaled_study_says_so_everywhere);
    tcase_add_test(tc, scaled_pictures);
    tcase_add_test(tc, runs_of_a_file_count_as_done);
    tcase_add_test(tc, tries_every_cell);
    tcase_add_test(tc, smoke_goes_on_after_a_failure);
    tcase_add_test(tc, smoke_on_made_images);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
