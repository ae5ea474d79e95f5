/* Places that are no ordinary folder: names that are not UTF-8, full devices, folders that cannot be written. */
#include "expect_fixture.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

#define TRAIN "train --model resnet8 --dataset synthetic --epochs 1 --train-limit 64 --test-limit 32 --threads 1 -q "
#define RECORDS "\"$r\"/results/fashion-mnist-resnet8/runs.jsonl"
#define ODD "\"$(printf 'caf\\351')\"" /* a name in Latin-1 */
#define U_FFFD "\xEF\xBF\xBD"

/* ---- full devices ---- */

static const char *const printing[] = {
    "--help", "--version", "--license", "help table", "train --help", "list", "list --json", "list solvers",
    "list solvers --json", "info resnet20", "info resnet20 --json", "info ste", "info ste --json", "data info",
    "data info --json", "data info synthetic", "data verify synthetic", "doctor", "doctor --json", "ls " RECORDS,
    "ls " RECORDS " --json", "table " RECORDS, "table " RECORDS " --format json", "table " RECORDS " -o -",
    "table " RECORDS " -o /dev/stdout", "report " RECORDS " -o -", "solver info ste", "solver info ste --json", "solver new mine",
    "completion zsh", "completion words -- tr",
    "solver check ste", "solver check ste --json", "solver plot ste", TRAIN, TRAIN "--json",
};

START_TEST(a_full_standard_output_is_told)
{
    char *command = qb_sprintf("\"$q\" %s >/dev/full", printing[_i]);
    outcome o = shell(command);
    ck_assert_msg(o.status == 74, "%s: exit %d\n%s", printing[_i], o.status, o.err);
    ck_assert_msg(strstr(o.err, "qatbench: standard output: No space left on device\n"), "%s\n%s", printing[_i], o.err);
    qb_free(command);
    forget(&o);
}
END_TEST

START_TEST(a_full_output_file_is_told)
{
    outcome o = shell("\"$q\" table " RECORDS " -o /dev/full");
    ck_assert_int_eq(o.status, 74);
    ck_assert_str_eq(o.err, "qatbench: cannot write '/dev/full': No space left on device\n");
    forget(&o);
}
END_TEST

/* ---- the user's configuration file ---- */

static void write_config(const char *text)
{
    expect("mkdir -p qatbench", 0, "", "");
    write_file("qatbench/config.yaml", text);
}

/* flag > environment > file > default */
START_TEST(configuration_names_places)
{
    write_config("# mine\nruns_dir: ~/of-file\ndata_dir: [/of/file/1, \"/of/file/2\"]\nsolver_path: /of/file/s\ncolor: always\n");
    expect("\"$q\" doctor | sed -n '/^places/,$p'", 0, "of-file (config.yaml)\n", "");
    expect("\"$q\" doctor | tr -s ' \\n' ' '", 0, " data /of/file/1 (config.yaml; not there yet), /of/file/2 (config.yaml; not there yet), ", "");
    expect("QATBENCH_DATA=/of/env QATBENCH_SOLVER_PATH=/env/s \"$q\" doctor --solver-path /flag/s | tr -s ' \\n' ' '", 0,
                  " data /of/env (QATBENCH_DATA; not there yet), /of/file/1 (config.yaml; not there yet), ", "");
    expect("QATBENCH_SOLVER_PATH=/env/s \"$q\" doctor --solver-path /flag/s | tr -s ' \\n' ' '", 0,
                  " solvers /flag/s (--solver-path; not there yet), /env/s (QATBENCH_SOLVER_PATH; not there yet), /of/file/s (config.yaml; not there yet), ", "");
    expect("QATBENCH_RUNS=$d/of-env \"$q\" doctor | grep -c 'of-env (QATBENCH_RUNS)$'", 0, "1\n", "");
    expect("QATBENCH_RUNS=$d/of-env \"$q\" doctor --runs-dir \"$d\"/of-flag | grep -c 'of-flag (--runs-dir)$'", 0, "1\n", "");
    expect("QATBENCH_RUNS= \"$q\" doctor | grep -c 'of-file (config.yaml)$'", 0, "1\n", "");
    expect("\"$q\" ls", 66, "", "of-file: no such runs folder");
    expect("mkdir of-file; printf 'base: {dataset: synthetic, model: resnet8, epochs: 1}\\n' > p.yaml; "
                  "export LC_ALL=C.UTF-8; for v in A=1 NO_COLOR=1; do env $v \"$q\" status p.yaml | grep -c \"$(printf '\\033')\"; "
                  "env $v \"$q\" status p.yaml --color never | grep -c \"$(printf '\\033')\"; done", 1, "1\n0\n0\n0\n", "");
    expect("\"$q\" data info mnist", 66, "", "looked in /of/file/1, /of/file/2, ");
    /* a relative or empty variable of XDG is none, and no file of the current folder is read */
    expect("mkdir -p .config/qatbench && echo 'color: never' > .config/qatbench/config.yaml && cp qatbench/config.yaml config.yaml; for x in '' x ./x; do "
                  "XDG_CONFIG_HOME=$x \"$q\" doctor | grep '^  .* config  *'; done | sort | uniq -c | tr -s ' ' | cut -d' ' -f1-5,7", 0, " 3 ok config /", "");
    expect("XDG_CONFIG_HOME=$d/none HOME=$d/none \"$q\" doctor | tr -s ' \\n' ' ' | grep -c '/runs (default).*config.yaml (not there)'", 0, "1\n", "");
    expect("env -u XDG_CONFIG_HOME -u HOME \"$q\" doctor | grep ' config '", 0, "HOME is not set", "");
}
END_TEST

static const struct {
    const char *text, *error; /* error NULL: it is good */
} configurations[] = {
    {"", NULL},
    {"\n# runs_dir: x\n  \n", NULL},
    {"runs_dir:\n", NULL},
    {"data_dir: []\n", NULL},
    {"rnus_dir: /x\n", "config.yaml:1:1: unknown key 'rnus_dir'\n  did you mean 'runs_dir'?"},
    {"color: auto\nepochs: 3\n", "config.yaml:2:1: unknown key 'epochs'\n  this file has runs_dir, data_dir, solver_path and color; what changes a result"},
    {"runs-dir: /x\n", "unknown key 'runs-dir'\n  did you mean 'runs_dir'?"},
    {"runs_dir: runs\n", "config.yaml:1:11: runs_dir: expected an absolute path, or one below ~/, got 'runs'"},
    {"runs_dir: ''\n", "runs_dir: expected an absolute path, or one below ~/, got ''"},
    {"runs_dir: ~someone/runs\n", "got '~someone/runs'"},
    {"runs_dir: [/a]\n", "runs_dir: expected a path, got a list or a mapping"},
    {"runs_dir: \"/a\\nb\"\n", "runs_dir: expected a path, got control characters"},
    {"data_dir: [/a, b]\n", "config.yaml:1:16: data_dir: expected an absolute path"},
    {"data_dir: [[/a]]\n", "data_dir: expected a path, got a list"},
    {"data_dir: [/1, /2, /3, /4, /5, /6, /7, /8, /9]\n", "config.yaml:1:44: data_dir: expected at most 8 folders"},
    {"solver_path: /a:/b\n", "solver_path: expected a folder without ':' in its name, got '/a:/b'\n  write several folders as a list"},
    {"color: blue\n", "config.yaml:1:8: color: expected auto, always or never, got 'blue'"},
    {"color: [never]\n", "color: expected auto, always or never, got 'a list or a mapping'"},
    {"runs_dir: /a\nruns_dir: /b\n", "config.yaml:2:1: "},
    {"- runs_dir\n", "config.yaml:1:1: expected keys and their values"},
    {"runs_dir: /a\xff\n", "config.yaml:1:"},
    {"runs_dir: [\n", "config.yaml:"},
};

START_TEST(configurations_are_checked)
{
    write_config(configurations[_i].text);
    const char *error = configurations[_i].error;
    expect("\"$q\" list solvers", error ? 78 : 0, error ? "" : "ste", error ? error : "");
    expect("\"$q\" --version; \"$q\" list --help", 0, "qatbench", ""); /* which need none */
}
END_TEST

START_TEST(a_configuration_that_cannot_be_read_is_told)
{
    expect("mkdir -p qatbench/config.yaml; \"$q\" list solvers", 74, "", "qatbench/config.yaml");
    expect("rmdir qatbench/config.yaml; rm -rf qatbench; touch qatbench; \"$q\" list solvers", 0, "ste", ""); /* no folder, no file */
}
END_TEST

/* ---- output that is no regular file ---- */

START_TEST(output_to_standard_output_is_the_same)
{
    static const char *const verbs[] = {"table " RECORDS " --format csv", "report " RECORDS " --format md"};
    static const char *const ways[] = {"-o /dev/stdout", "-o - | cat", "-o /dev/stdout | cat", "-o /proc/self/fd/1"};
    outcome plain = {0};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char *command = qb_sprintf("echo before; \"$q\" %s -q %s; echo after", verbs[_i], ways[i]);
        outcome o = shell(command);
        if (i == 0)
            plain = o;
        ck_assert_int_eq(strncmp(o.out, "before\n", 7), 0);
        ck_assert_str_eq(o.out + strlen(o.out) - 7, "\nafter\n");
        ck_assert_uint_gt(strlen(o.out), 1000);
        ck_assert_str_eq(o.out, plain.out);
        ck_assert_str_eq(o.err, "");
        qb_free(command);
        if (i > 0)
            forget(&o);
    }
    forget(&plain);
}
END_TEST

START_TEST(output_keeps_links_and_modes)
{
    outcome o = shell("umask 077; mkdir other; echo old >other/real.tex; chmod 664 other/real.tex; ln -s other/real.tex paper.tex; "
                      "\"$q\" table " RECORDS " --format tex -o paper.tex && stat -c %F paper.tex && stat -c %a other/real.tex && "
                      "grep -c booktabs paper.tex");
    ck_assert_int_eq(o.status, 0);
    ck_assert_msg(strncmp(o.out, "symbolic link\n664\n", 18) == 0, "%s", o.out);
    forget(&o);
}
END_TEST

/* ---- names that are not UTF-8 ---- */

static void expect_json(const char *text, const char *member, const char *ending)
{
    json_t *value;
    const char *found;
    ck_assert_msg(qb_json_parse(text, strlen(text), "out", &value) == 0, "%s", text);
    ck_assert_int_eq(qb_json_get_text(value, member, &found), 0);
    ck_assert_msg(strstr(found, ending), "%s: %s", member, found);
    json_decref(value);
}

START_TEST(runs_in_a_folder_of_any_name)
{
    outcome o = shell("\"$q\" " TRAIN "--json --runs-dir " ODD);
    ck_assert_msg(o.status == 0, "%s", o.err);
    expect_json(o.out, "dir", "caf" U_FFFD "/train/");
    forget(&o);
    o = shell("\"$q\" " TRAIN "--json --runs-dir " ODD); /* found again, and nothing is beside it */
    ck_assert_msg(o.status == 0, "%s", o.err);
    forget(&o);
    o = shell("cat " ODD "/train/*/*/*/record.json && ls -d caf*");
    ck_assert_ptr_nonnull(strstr(o.out, "--runs-dir $'caf\\\\351'"));
    ck_assert_str_eq(strstr(o.out, "\ncaf"), "\ncaf\xE9\n");
    forget(&o);
    o = shell("\"$q\" ls --json " ODD " >" ODD ".jsonl && \"$q\" table --format json " ODD ".jsonl");
    ck_assert_msg(o.status == 0, "%s", o.err);
    ck_assert_ptr_nonnull(strstr(o.out, "\"n\": 1"));
    forget(&o);
    o = shell("\"$q\" report " ODD " -o " ODD ".html && iconv -f UTF-8 -t UTF-8 " ODD ".html >clean && cmp clean " ODD ".html");
    ck_assert_msg(o.status == 0, "%s", o.err);
    forget(&o);
}
END_TEST

static const struct {
    const char *command, *part;
} odd_places[] = {
    {"mkdir " ODD "; \"$q\" data info synthetic --json --data-dir " ODD, "\"name\": \"synthetic\""},
    {"\"$q\" doctor --json --runs-dir " ODD, "caf" U_FFFD},
    {"\"$q\" list solvers --json --solver-path " ODD, "\"parq\""},
    {"mkdir " ODD "; cp \"$(dirname \"$q\")\"/solvers/ste.so " ODD "; \"$q\" list solvers --json --solver-path " ODD, "/caf" U_FFFD "/ste.so"},
    {"mkdir " ODD "; cp \"$(dirname \"$q\")\"/solvers/ste.so " ODD "; \"$q\" solver info --json " ODD "/ste.so", "/caf" U_FFFD "/ste.so"},
    {"mkdir " ODD "; cp \"$(dirname \"$q\")\"/solvers/ste.so " ODD "; \"$q\" " TRAIN "--json --solver ste --solver-path " ODD, "\"done\""},
    {"OMP_SCHEDULE=" ODD " \"$q\" " TRAIN "--json", "\"done\""},
};

START_TEST(takes_places_of_any_name)
{
    outcome o = shell(odd_places[_i].command);
    ck_assert_msg(o.status == 0, "%s\n%s", odd_places[_i].command, o.err);
    json_t *value;
    ck_assert_msg(qb_json_parse(o.out, strlen(o.out), "out", &value) == 0, "%s", o.out);
    json_decref(value);
    ck_assert_msg(strstr(o.out, odd_places[_i].part), "%s", o.out);
    forget(&o);
}
END_TEST

static const struct {
    const char *command;
    int status;
    const char *part;
} odd_values[] = {
    {"\"$q\" " TRAIN "--experiment " ODD, 2, "--experiment: expected "},
    {"\"$q\" " TRAIN "--solver " ODD, 2, "--solver: "},
    {"\"$q\" train --dataset synthetic --model " ODD, 2, "--model: expected "},
    {"\"$q\" train --model resnet8 --dataset " ODD, 2, "--dataset: expected "},
    {"\"$q\" " ODD, 2, "unknown command 'caf"},
    {"\"$q\" info " ODD, 2, "caf"},
    {"\"$q\" solver info --json " ODD, 2, "caf"},
    {"\"$q\" table " ODD, 66, "caf\xE9: no such runs folder or runs.jsonl"},
    {"\"$q\" data info cifar10 --data-dir " ODD, 66, "data folder 'caf\xE9': No such file or directory"},
    {"printf 'title: caf\\351\\nbase: {model: resnet8, dataset: synthetic}\\nseeds: [1]\\n' >p.yaml; \"$q\" run -n p.yaml", 78, "p.yaml:1:"},
};

/* One message that names what is wrong; "out of memory" it never is. */
START_TEST(refuses_values_that_are_no_text)
{
    outcome o = shell(odd_values[_i].command);
    ck_assert_msg(o.status == odd_values[_i].status, "%s: exit %d\n%s", odd_values[_i].command, o.status, o.err);
    ck_assert_msg(strstr(o.err, odd_values[_i].part) && !strstr(o.err, "memory"), "%s\n%s", odd_values[_i].command, o.err);
    forget(&o);
}
END_TEST

#define N(table) (int)(sizeof table / sizeof *table)

static Suite *suite(void)
{
    Suite *s = suite_create("places");
    TCase *t = tcase_create("places");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, program_setup, program_teardown);
    tcase_add_loop_test(t, a_full_standard_output_is_told, 0, N(printing));
    tcase_add_test(t, a_full_output_file_is_told);
    tcase_add_loop_test(t, output_to_standard_output_is_the_same, 0, 2);
    tcase_add_test(t, configuration_names_places);
    tcase_add_loop_test(t, configurations_are_checked, 0, N(configurations));
    tcase_add_test(t, a_configuration_that_cannot_be_read_is_told);
    tcase_add_test(t, output_keeps_links_and_modes);
    tcase_add_test(t, runs_in_a_folder_of_any_name);
    tcase_add_loop_test(t, takes_places_of_any_name, 0, N(odd_places));
    tcase_add_loop_test(t, refuses_values_that_are_no_text, 0, N(odd_values));
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
