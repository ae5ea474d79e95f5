/* YAML: what is read, and every refusal with its place. */
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"

#include "qb_test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

START_TEST(reads_a_plan)
{
    static const char text[] = "# a plan\n"
                               "name: first\n"
                               "solver: [none, 'parq[steepness=10]', \"ste\"]\n"
                               "grid:\n"
                               "  bits: [1, 2]\n"
                               "  seed:\n"
                               "    - 1\n"
                               "    - 2\n"
                               "empty:\n"
                               "long: |\n"
                               "  two\n"
                               "  lines\n";
    qb_yaml_node *root;
    ck_assert_int_eq(qb_yaml_parse(text, sizeof text - 1, "plan.yaml", &root), QB_OK);
    ck_assert_int_eq(root->kind, QB_YAML_MAPPING);
    ck_assert_uint_eq(root->n, 5);
    ck_assert_str_eq(root->keys[0]->text, "name");
    ck_assert_str_eq(qb_yaml_get(root, "name")->text, "first");
    const qb_yaml_node *solver = qb_yaml_get(root, "solver");
    ck_assert_int_eq(solver->kind, QB_YAML_SEQUENCE);
    ck_assert_uint_eq(solver->n, 3);
    ck_assert_str_eq(solver->items[1]->text, "parq[steepness=10]");
    ck_assert_int_eq(solver->items[1]->line, 3);
    ck_assert_int_eq(solver->items[1]->column, 16);
    const qb_yaml_node *seed = qb_yaml_get(qb_yaml_get(root, "grid"), "seed");
    ck_assert_str_eq(seed->items[1]->text, "2");
    ck_assert_int_eq(seed->items[1]->line, 8);
    ck_assert_str_eq(qb_yaml_get(root, "empty")->text, "");
    ck_assert_str_eq(qb_yaml_get(root, "long")->text, "two\nlines\n");
    ck_assert_ptr_null(qb_yaml_get(root, "none"));
    ck_assert_ptr_null(qb_yaml_get(solver, "none"));
    ck_assert_int_eq(qb_yaml_error("plan.yaml", seed, "too %s", "many"), QB_E_CONFIG);
    ck_assert_str_eq(qb_err_text(), "plan.yaml:7:5: too many");
    qb_yaml_destroy(root);
    qb_yaml_destroy(NULL);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

static const struct {
    const char *text, *error;
} bad[] = {
    {"", "p:1:1: expected a document, the file is empty"},
    {"# nothing\n\n", "p:3:1: expected a document, the file is empty"},
    {"---\n", "p:2:1: expected a document, the file is empty"},
    {"a:\t1\n", "p:1:3: expected spaces, found a tab"},
    {"a: 1\n\tb: 2\n", "p:2:1: expected spaces, found a tab"},
    {"a: 1\nb: 2\na: 3\n", "p:3:1: the key 'a' is given twice, first in line 1"},
    {"x: {b: 1, c: 2, 'b': 3}\n", "p:1:17: the key 'b' is given twice, first in line 1"},
    {"a: &x 1\n", "p:1:4: anchors (&name) are not allowed: write the value out"},
    {"a: &x [1]\n", "p:1:4: anchors (&name) are not allowed: write the value out"},
    {"a: &x {b: 1}\n", "p:1:4: anchors (&name) are not allowed: write the value out"},
    {"a: *x\n", "p:1:4: aliases (*name) are not allowed: write the value out"},
    {"*x : 1\n", "p:1:1: aliases (*name) are not allowed: write the value out"},
    {"a: !!str 1\n", "p:1:4: tags (!name) are not allowed: write the plain value"},
    {"a: !x [1]\n", "p:1:4: tags (!name) are not allowed: write the plain value"},
    {"!x\na: 1\n", "p:1:1: tags (!name) are not allowed: write the plain value"},
    {"a: 1\n---\nb: 2\n", "p:2:1: expected one document, found a second"},
    {"%YAML 1.1\n---\na: 1\n", "p:1:1: directives (%YAML, %TAG) are not allowed"},
    {"? [a, b]\n: 1\n", "p:1:3: expected a plain key, found a list or mapping"},
    {"{a: 1}: 2\n", "p:1:1: expected a plain key, found a list or mapping"},
    {"'': 1\n", "p:1:1: expected a key, found an empty one"},
    {"[[[[[[[[[1]]]]]]]]]\n", "p:1:9: expected at most 8 nested lists and mappings, found more"},
    {"a: {b: {c: {d: {e: {f: {g: {h: {}}}}}}}}\n", "p:1:32: expected at most 8 nested lists and mappings, found more"},
    {"a: \xFF\n", "p:1:4: expected UTF-8, found the byte 0xff"},
    {"\xC3\xA9: \xC3\n", "p:1:4: expected UTF-8, found the byte 0xc3"},
    {"a: 1\nb: \x01\n", "p:2:4: expected text, found the control character 0x01"},
    {"a: \"\\0\"\n", "p:1:4: expected text, found a NUL character"},
    {"a: [1, 2\n", "p:2:1: did not find expected ',' or ']', while parsing a flow sequence that begins in line 1"},
    {"a: {b: 1\n", "p:2:1: did not find expected ',' or '}', while parsing a flow mapping that begins in line 1"},
    {"a: \"x\n", "p:2:1: found unexpected end of stream, while scanning a quoted scalar that begins in line 1"},
    {"a: b: c\n", "p:1:5: mapping values are not allowed in this context"},
    {"a: 1\n b: 2\n", "p:2:3: mapping values are not allowed in this context"},
    {"a: @x\n", "p:1:4: found character that cannot start any token, while scanning for the next token that begins in line 1"},
};

START_TEST(refuses)
{
    qb_yaml_node *root = NULL;
    ck_assert_int_eq(qb_yaml_parse(bad[_i].text, strlen(bad[_i].text), "p", &root), QB_E_CONFIG);
    ck_assert_str_eq(qb_err_text(), bad[_i].error);
    ck_assert_ptr_null(root);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

/* Any prefix of a file is read or refused; none crashes or leaks. */
START_TEST(survives_every_truncation)
{
    static const char text[] = "a: [1, {b: 'c'}]\nd:\n  - \"e\\n\"\n  - {f: g}\nh: |\n  i\n";
    for (size_t n = 0; n < sizeof text; n++) {
        qb_yaml_node *root = NULL;
        int rc = qb_yaml_parse(text, n, "p", &root);
        ck_assert(rc == QB_OK || rc == QB_E_CONFIG);
        ck_assert(rc == QB_OK || qb_starts_with(qb_err_text(), "p:"));
        qb_yaml_destroy(root);
        ck_assert_int_eq(qb_mem_live_blocks(), 0);
    }
}
END_TEST

START_TEST(accepts_a_byte_order_mark_and_crlf)
{
    static const char text[] = "\xEF\xBB\xBF"
                               "a: 1\r\nb: 2\r\n";
    qb_yaml_node *root;
    ck_assert_int_eq(qb_yaml_parse(text, sizeof text - 1, "p", &root), QB_OK);
    ck_assert_str_eq(qb_yaml_get(root, "b")->text, "2");
    ck_assert_int_eq(root->keys[1]->line, 2);
    qb_yaml_destroy(root);
}
END_TEST

/* 8 levels are fine; 100,000 different keys are fast; 1 MiB and a byte is too much. */
START_TEST(knows_its_limits)
{
    qb_yaml_node *root = NULL;
    ck_assert_int_eq(qb_yaml_parse("[[[[[[[[1]]]]]]]]", 17, "p", &root), QB_OK);
    qb_yaml_destroy(root);
    qb_str s = {0};
    for (int i = 0; i < 100000; i++)
        qb_str_addf(&s, "k%d:\n", i);
    ck_assert_int_eq(qb_yaml_parse(s.text, s.length, "p", &root), QB_OK);
    ck_assert_uint_eq(root->n, 100000);
    qb_yaml_destroy(root);
    root = NULL;
    while (s.length <= 1 << 20)
        qb_str_add(&s, "# filler filler filler filler\n");
    ck_assert_int_eq(qb_yaml_parse(s.text, s.length, "p", &root), QB_E_CONFIG);
    ck_assert(qb_starts_with(qb_err_text(), "p:1:1: expected at most 1 MiB of YAML"));
    char path[] = "/tmp/qb-yaml-XXXXXX";
    close(mkstemp(path));
    ck_assert_int_eq(qb_fs_write_atomic(path, s.text, s.length), QB_OK);
    ck_assert_int_eq(qb_yaml_read(path, &root), QB_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(qb_err_text(), ":1:1: expected at most 1 MiB of YAML"));
    ck_assert_int_eq(qb_fs_write_atomic(path, "a: 1\n", 5), QB_OK);
    ck_assert_int_eq(qb_yaml_read(path, &root), QB_OK);
    qb_yaml_destroy(root);
    unlink(path);
    ck_assert_int_eq(qb_yaml_read(path, &root), QB_E_NOINPUT);
    qb_str_finish(&s);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("yaml");
    TCase *t = tcase_create("yaml");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, reads_a_plan);
    tcase_add_loop_test(t, refuses, 0, sizeof bad / sizeof *bad);
    tcase_add_test(t, survives_every_truncation);
    tcase_add_test(t, accepts_a_byte_order_mark_and_crlf);
    tcase_add_test(t, knows_its_limits);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
