/* docs/solver-abi.md explains every member of every struct of the plugin interface, in the section of that struct, and
 * every constant. */
#include "qb_test.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static char *header, *doc;

static char *read_file(const char *path)
{
    char *text = NULL;
    ck_assert_msg(qb_fs_read(path, 1 << 20, &text, &(size_t){0}) == 0, "%s", qb_err_text());
    return text;
}

static void set_up(void)
{
    header = read_file("harness/include/qatbench/solver.h"); /* tests run in the source folder */
    doc = read_file("docs/solver-abi.md");
    for (char *from = header; (from = strstr(from, "/*"));) { /* comments become spaces */
        char *to = strstr(from, "*/") + 2;
        memset(from, ' ', (size_t)(to - from));
    }
}

static void tear_down(void)
{
    qb_free(header);
    qb_free(doc);
}

/* "`word`" between `text` and `end`. */
static bool is_explained(const char *text, const char *end, const char *word, size_t n)
{
    for (const char *c = text; (c = strchr(c, '`')) && c < end; c++) {
        if (strncmp(c + 1, word, n) == 0 && c[1 + n] == '`')
            return true;
    }
    return false;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The last word before `end`. */
static const char *word_before(const char *end, size_t *ret_n)
{
    while (!is_word(end[-1]))
        end--;
    const char *begin = end;
    while (is_word(begin[-1]))
        begin--;
    *ret_n = (size_t)(end - begin);
    return begin;
}

/* One declaration, up to its ';': "float *x", "int64_t step, n_steps", "int (*load)(void *self, ...)". */
static int check_declaration(const char *from, const char *end, const char *section, const char *section_end)
{
    int n_members = 0;
    const char *pointer = memchr(from, '(', (size_t)(end - from));
    for (const char *c = from; c <= end; c++) {
        bool is_end = pointer ? c == end : c == end || *c == ',';
        if (!is_end)
            continue;
        size_t n;
        const char *name = word_before(pointer ? strchr(pointer, ')') : c, &n);
        ck_assert_msg(is_explained(section, section_end, name, n), "docs/solver-abi.md: `%.*s` is missing in %.40s", (int)n, name,
                      section);
        n_members++;
    }
    return n_members;
}

static const struct {
    const char *name;
    int n_members; /* so that a member that this test does not see is noticed */
} structs[] = {{"qb_solver_option", 9}, {"qb_option_value", 5}, {"qb_host", 8}, {"qb_step", 12}, {"qb_step_request", 3},
               {"qb_view", 21}, {"qb_bind", 7}, {"qb_metric", 2}, {"qb_solver", 27}};

START_TEST(every_member)
{
    char begin[64], end[64], title[64];
    snprintf(begin, sizeof begin, "typedef struct %s {", structs[_i].name);
    snprintf(end, sizeof end, "} %s;", structs[_i].name);
    snprintf(title, sizeof title, "\n## %s\n", structs[_i].name);
    const char *from = strstr(header, begin), *to = strstr(header, end), *section = strstr(doc, title);
    ck_assert_msg(from && to, "%s is not in the header", structs[_i].name);
    ck_assert_msg(section != NULL, "docs/solver-abi.md: no section %s", structs[_i].name);
    const char *section_end = strstr(section + 1, "\n## ");
    section_end = section_end ? section_end : section + strlen(section);
    int n_members = 0;
    for (from += strlen(begin); from < to;) {
        const char *semicolon = strchr(from, ';');
        if (semicolon > to)
            break;
        n_members += check_declaration(from, semicolon, section, section_end);
        from = semicolon + 1;
    }
    ck_assert_int_eq(n_members, structs[_i].n_members);
}
END_TEST

START_TEST(every_struct)
{
    size_t n = 0;
    for (const char *c = header; (c = strstr(c, "typedef struct ")); c++)
        n++;
    ck_assert_uint_eq(n, sizeof structs / sizeof structs[0]);
}
END_TEST

START_TEST(every_constant)
{
    int n_constants = 0;
    for (const char *c = header; (c = strstr(c, "QB_")); ) {
        size_t n = strspn(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
        bool is_whole = !is_word(c[-1]) && !is_word(c[n]);
        ck_assert_msg(!is_whole || is_explained(doc, doc + strlen(doc), c, n), "docs/solver-abi.md: `%.*s` is missing",
                      (int)n, c);
        n_constants += is_whole;
        c += n;
    }
    ck_assert_int_gt(n_constants, 20);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("abi_doc");
    TCase *tc = tcase_create("abi_doc");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, every_member, 0, sizeof structs / sizeof structs[0]);
    tcase_add_test(tc, every_struct);
    tcase_add_test(tc, every_constant);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
