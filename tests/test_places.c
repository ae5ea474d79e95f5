/* Places that are no ordinary folder: names that are not UTF-8, full devices, folders that cannot be written. */
#include "program_fixture.h"

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
    tcase_add_test(t, output_keeps_links_and_modes);
    tcase_add_test(t, runs_in_a_folder_of_any_name);
    tcase_add_loop_test(t, takes_places_of_any_name, 0, N(odd_places));
    tcase_add_loop_test(t, refuses_values_that_are_no_text, 0, N(odd_values));
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
