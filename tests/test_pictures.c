/* Every kind of picture of a study that was really trained, in every form: as a user asks for them, and what goes wrong. */
#include "expect_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BASE "base: {dataset: synthetic, model: resnet8, epochs: 2, batch: 32, train_limit: 96, test_limit: 64"

static void setup(void)
{
    program_setup();
    setenv("LC_ALL", "C.UTF-8", 1);
    write_file("watched.yaml", "title: Watched\n" BASE ", diagnostics: [levels, codes, histogram, map]}\n"
                               "matrix: {solver: [none, ste, parq, binaryrelax], bits: [1, 2]}\nseeds: [1]\npaper: paper.yaml\n");
    write_file("plain.yaml", "title: Plain\n" BASE "}\nmatrix: {solver: [none, ste], bits: [2]}\n");
    write_file("paper.yaml", "source: \"A paper_with 100 % {braces}\"\nversion: \"v1\"\nmetric: test_top1\ncells:\n"
                             "  - {solver: ste, bits: 2, mean: 50, std: 1, n: 3}\n  - {solver: none, mean: 60, std: 0.5, n: 3}\n");
}

static bool runs(const char *command)
{
    outcome o = shell(command);
    bool succeeds = o.status == 0;
    forget(&o);
    return succeeds;
}

static bool has_gnuplot(void) { return access("/usr/bin/gnuplot", X_OK) == 0; }

static const char *const names[] = {"accuracy-final", "accuracy-epochs", "loss-epochs", "accuracy-panels", "accuracy-bits", "paper", "ranks", "map",
                                    "map-weights-parq-2-bits", "map-weights-ste-1-bit", "levels-parq-1-bit", "histogram-ste-2-bits",
                                    "flips-ste-2-bits", "schedule", "times"};
static const struct {
    const char *ending, *magic;
} forms[] = {{"svg", "<?xml"}, {"png", "\x89PNG"}, {"pdf", "%PDF"}, {"tikz", "\\begin{tikzpicture}"}, {"tsv", "# "}, {"gp", "# 'gnuplot"}};

START_TEST(every_kind_in_every_form)
{
    if (!has_gnuplot())
        QB_TEST_SKIP("there is no gnuplot");
    expect("$q run watched.yaml -j 2 -q && $q plot watched.yaml --kind all --format all -o pics > a", 0, "", "");
    char *printed = read_back("a");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
            char *name = qb_sprintf("pics/%s.%s", names[i], forms[k].ending), *text = read_back(name);
            ck_assert_msg(strstr(text, forms[k].magic), "%s", name);
            ck_assert_msg(k >= 4 || strstr(printed, name), "%s is not printed", name);
            ck_assert_msg(!strstr(text, folder) || k < 4, "%s names a path", name);
            qb_free(name);
            qb_free(text);
        }
    }
    qb_free(printed);
    /* every text of the paper's line is TeX where it must be, and as written elsewhere */
    expect("grep -c 'A paper\\\\_with 100 \\\\% \\\\{braces\\\\}' pics/paper.tikz", 0, "", "");
    expect("grep -c 'A paper_with 100 % {braces}' pics/paper.svg", 0, "", "");
    /* again: the same numbers and scripts, and the script draws them without us */
    expect("$q plot watched.yaml --kind all --format svg -o again > a && for f in pics/*.tsv; do cmp $f again/${f#pics/} || exit 1; done", 0, "", "");
    expect("$q plot watched.yaml --kind accuracy-bits/ranks/schedule --format all -o more > a && for f in more/*.gp; do cmp $f pics/${f#more/} || exit 1; done", 0, "", "");
    expect("cp -r pics set", 0, "", "");
    expect("cd pics && rm *.svg *.png *.pdf *.tikz *-binaryrelax-* *-ste-1-*; for f in *.gp; do gnuplot $f || exit 1; done", 0, "", "");
    expect("for f in gp svg png pdf tikz; do ls pics/*.$f | wc -l; done | sort -u > a; wc -l < a; cat a", 0, "1\n2", "");
    /* a LaTeX that knows TikZ takes them; those of thousands of points, which it needs ten seconds for, have the same texts */
    if (!runs("kpsewhich tikz.sty gnuplot-lua-tikz.sty >/dev/null 2>&1 && command -v pdflatex >/dev/null"))
        QB_TEST_SKIP("drawn, but not set: there is no pdflatex with TikZ (texlive-pictures)");
    write_file("head.tex", "\\documentclass{article}\\usepackage{gnuplot-lua-tikz}\\begin{document}\n");
    write_file("foot.tex", "\\end{document}\n");
    expect("cd set && rm -f map* histogram* *-binaryrelax-* *-ste-1-* && { cat ../head.tex; for f in *.tikz; do printf '\\\\input{%s}\\\\clearpage\\n' $f; done; cat ../foot.tex; } >set.tex && "
           "{ TEXMFVAR=$PWD pdflatex -halt-on-error -interaction=nonstopmode set.tex >out </dev/null || { tail -n 40 out >&2; exit 9; }; } && "
           "! grep -e 'Missing character' set.log >&2 && grep -c 'Output written on set.pdf' set.log", 0, "1\n", "");
}
END_TEST

/* What was finished without stays done, and the picture says what to run. */
START_TEST(says_how_to_get_diagnostics)
{
    if (!has_gnuplot())
        QB_TEST_SKIP("there is no gnuplot");
    expect("$q run plain.yaml -q && $q plot plain.yaml --kind levels/map-weights -o pics", 0, "pics/levels.svg\n", "");
    expect("grep -c 'no run has diagnostics' pics/levels.svg", 0, "1", "");
    expect("grep -c 'qatbench run plain.yaml --runs-dir watched' pics/map-weights.svg", 0, "1", "");
    expect("sed -i 's/test_limit: 64/test_limit: 64, diagnostics: all/' plain.yaml && $q run plain.yaml -n", 0, "0 left", "");
    expect("$q run plain.yaml -q --runs-dir watched && $q plot plain.yaml --runs-dir watched --kind levels -o pics", 0, "pics/levels-ste.svg\n", "");
    /* records that travelled have no folders */
    expect("$q ls plain.yaml --json | sed 's/\"dir\":\"[^\"]*\",//' > runs.jsonl && $q plot runs.jsonl --kind flips -o pics", 0, "pics/flips.png", "");
    expect("grep -c 'the records are from a runs.jsonl' pics/flips.svg", 0, "1", "");
    expect("$q plot runs.jsonl --kind times -o pics", 66, "", "no folder of a finished run is here");
    expect("$q plot runs.jsonl --kind times/accuracy-final -o pics", 0, "pics/accuracy-final.svg", "warning: times: ");
}
END_TEST

/* Weights of WaveQ are on no levels until the end: there is nothing to count, and the pictures are drawn. */
START_TEST(levels_that_are_not_there_yet)
{
    if (!has_gnuplot())
        QB_TEST_SKIP("there is no gnuplot");
    write_file("soft.yaml", BASE ", diagnostics: all}\nmatrix: {solver: [waveq], bits: [4], granularity: [row]}\n");
    expect("$q run soft.yaml -q && $q plot soft.yaml --kind flips/levels/histogram/map-weights -o pics --format svg", 0, "pics/flips-waveq.svg\n", "");
    expect("grep -c 'no numbers' pics/flips-waveq.svg pics/levels-waveq.svg", 0, "pics/flips-waveq.svg:3\n", "");
    expect("grep -c 'no numbers' pics/map-weights-waveq.svg", 1, "0\n", "");
}
END_TEST

static const struct {
    const char *command;
    int status;
    const char *err;
} wrong[] = {
    {"$q plot plain.yaml --kind accuracy", 2, "--kind: expected none, all, or a list of accuracy-final, "},
    {"$q plot plain.yaml --kind histogramm", 2, "did you mean"},
    {"$q plot plain.yaml --kind none", 2, "--kind: expected at least one, got none"},
    {"$q plot plain.yaml --format none", 2, "--format: expected at least one, got none"},
    {"$q plot plain.yaml --format svg,png", 2, "--format: expected none, all, or a list of svg, png, pdf, tikz"},
    {"$q plot plain.yaml --kind levels", 66, "no run is done: there is nothing to draw"},
    {"$q train --model resnet8 --dataset synthetic --epochs 1 --diagnostics levelz", 2, "did you mean 'levels'?"},
    {"sed 's/epochs: 2/epochs: 2, diagnostics: [codes, levelz]/' plain.yaml > p.yaml; $q run p.yaml", 78, "p.yaml:2:68: diagnostics: expected none, all, or a list of levels, "},
    {"sed 's/epochs: 2/epochs: 2, diagnostics: []/' plain.yaml > p.yaml; $q run p.yaml", 78, "diagnostics: expected at least one value, got an empty list"},
    {"sed 's/epochs: 2/epochs: 2, diagnostics: [[codes]]/' plain.yaml > p.yaml; $q run p.yaml", 78, "diagnostics: expected a name, got a list"},
};

START_TEST(says_what_is_wrong)
{
    expect(wrong[_i].command, wrong[_i].status, "", wrong[_i].err);
}
END_TEST

/* The numbers and scripts of a committed study come out of its runs.jsonl again, byte for byte, and none has an empty panel. */
START_TEST(committed_pictures_come_out_again)
{
    if (!has_gnuplot())
        QB_TEST_SKIP("there is no gnuplot");
    expect("cd $r && $q plot results/fashion-mnist-solvers -o $d/p && $q plot results/fashion-mnist-solvers -o $d/p --format png "
        "--kind accuracy-panels/accuracy-bits/ranks && cd $d/p && for f in *.tsv *.gp; do cmp $f $r/results/fashion-mnist-solvers/plots/$f || exit 1; done; ls *.gp | wc -l; ! grep -l 'no numbers' *.gp",
        0, "\n6\n", "");
}
END_TEST

START_TEST(a_map_needs_no_runs)
{
    if (!has_gnuplot())
        QB_TEST_SKIP("there is no gnuplot");
    expect("$q plot plain.yaml --kind map -o pics --format pdf", 0, "pics/map.pdf\n", "");
    expect("$q plot plain.yaml --kind paper -o pics", 66, "", "no run is done");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pictures");
    TCase *t = tcase_create("pictures");
    tcase_set_timeout(t, 240);
    tcase_add_checked_fixture(t, setup, program_teardown);
    tcase_add_test(t, every_kind_in_every_form);
    tcase_add_test(t, says_how_to_get_diagnostics);
    tcase_add_test(t, levels_that_are_not_there_yet);
    tcase_add_loop_test(t, says_what_is_wrong, 0, sizeof wrong / sizeof *wrong);
    tcase_add_test(t, committed_pictures_come_out_again);
    tcase_add_test(t, a_map_needs_no_runs);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
