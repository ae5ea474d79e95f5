/* The floor plan, read from the sources: dependencies point one way, between folders and between files
 * (docs/architecture.md). */
#include "qb_test.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A folder, and how the names may begin that its files include with quotes. */
static const struct rule {
    const char *dir;
    const char *own[12]; /* ends at NULL */
    bool is_solver;
} rules[] = {
    {"harness/base", {"base/", "qb_git.h"}, false},
    {"harness/image", {"base/", "image/"}, false},
    {"harness/engine", {"base/", "engine/"}, false},
    {"harness/quant", {"base/", "engine/", "quant/"}, false},
    {"harness/train", {"base/", "image/", "engine/", "quant/", "train/", "models/", "datasets/"}, false},
    {"harness/study", {"base/", "image/", "engine/", "quant/", "train/", "study/", "models/", "datasets/"}, false},
    {"harness/cli", {"base/", "image/", "engine/", "quant/", "train/", "study/", "cli/", "models/", "datasets/", "license_text.h", "template_", "completion_"}, false},
    {"models", {"base/", "models/", "engine/graph.h"}, false},
    {"datasets", {"base/", "image/", "datasets/"}, false},
    {"solvers", {"common/"}, true},
    {"solvers/common", {"common/"}, true},
};

static bool is_allowed(const struct rule *r, const char *name)
{
    for (size_t i = 0; i < sizeof r->own / sizeof r->own[0] && r->own[i]; i++) {
        if (qb_starts_with(name, r->own[i]))
            return true;
    }
    return false;
}

/* The repository stands alone: a document that a source names is in it, or is what the program writes. */
static void check_documents(const char *path, const char *line)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
    ck_assert_msg(!strstr(line, "spec/"), "%s cites what is not here: %s", path, line);
    for (const char *end = line; (end = strstr(end, ".md")) != NULL; end += 3) {
        const char *begin = end;
        while (begin > line && strchr(letters, begin[-1]))
            begin--;
        if (strchr(letters, end[3]) && end[3] != '.' && end[3] != '\0')
            continue;
        char *name = qb_strndup(begin, (size_t)(end + 3 - begin)), *in_docs = qb_sprintf("docs/%s", name);
        bool is_here = qb_fs_exists(name) || qb_fs_exists(in_docs) || qb_ends_with(name, "REPORT.md");
        ck_assert_msg(is_here, "%s cites %s, which is not here", path, name);
        qb_free(name);
        qb_free(in_docs);
    }
}

static void check_line(const struct rule *r, const char *path, const char *line)
{
    char mark, name[200];
    check_documents(path, line);
    ck_assert_msg(!strstr(line, "target_clones"), "%s: the compiler's clones heed no DNNL_MAX_CPU_ISA: use QB_CLONES", path);
    if (sscanf(line, " # include %c%199[^\">]", &mark, name) != 2)
        return;
    if (mark == '"')
        ck_assert_msg(is_allowed(r, name), "%s includes \"%s\"", path, name);
    if (strstr(name, "dnnl"))
        ck_assert_msg(qb_starts_with(path, "harness/engine/dnn"), "%s includes <%s>: only engine/dnn* may", path, name);
    if (mark == '<' && r->is_solver && strchr(name, '/'))
        ck_assert_msg(qb_starts_with(name, "qatbench/"), "%s includes <%s>: a solver includes <qatbench/solver.h>", path, name);
}

START_TEST(dependencies_point_one_way)
{
    const struct rule *r = &rules[_i];
    char **names;
    size_t n, n_sources = 0;
    ck_assert_int_eq(qb_fs_list(r->dir, &names, &n), 0);
    for (size_t i = 0; i < n; i++) {
        if (!qb_ends_with(names[i], ".c") && !qb_ends_with(names[i], ".h"))
            continue;
        char *path = qb_path_join(r->dir, names[i]), line[1024];
        FILE *f = fopen(path, "r");
        ck_assert_msg(f != NULL, "%s", path);
        while (fgets(line, sizeof line, f))
            check_line(r, path, line);
        fclose(f);
        qb_free(path);
        n_sources++;
    }
    qb_fs_free_names(names, n);
    ck_assert_uint_gt(n_sources, 0);
}
END_TEST

/* ---- files: who calls whom ---- */

enum { MAX_FILES = 400, MAX_FUNCTIONS = 4000 };

typedef struct calls {
    char *paths[MAX_FILES], *texts[MAX_FILES]; /* texts: code alone */
    size_t n_files;
    struct {
        char name[64];
        size_t file;
    } functions[MAX_FUNCTIONS]; /* with a name of the harness, defined in a .c file */
    size_t n_functions;
    size_t of[MAX_FILES][MAX_FILES]; /* [caller][callee]: 1 + a function that is called; 0: none */
} calls;

/* Comments and texts become spaces. */
static void blank(char *text)
{
    for (char *p = text, *end; *p; p = end) {
        bool comment = p[0] == '/' && p[1] == '*', quoted = *p == '"' || *p == '\'';
        end = p + 1;
        if (comment) {
            end = strstr(p + 2, "*/");
            end = end ? end + 2 : p + strlen(p);
        } else if (quoted) {
            while (*end && *end != *p)
                end += *end == '\\' && end[1] ? 2 : 1;
            end += *end != '\0';
        }
        if (comment || quoted)
            memset(p, ' ', (size_t)(end - p));
    }
}

static size_t name_length(const char *p)
{
    return strspn(p, "abcdefghijklmnopqrstuvwxyz_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

/* "(...) {": the brackets are closed and a body follows. */
static bool has_body(const char *p)
{
    int depth = 0;
    do {
        depth += *p == '(' ? 1 : *p == ')' ? -1 : 0;
        p++;
    } while (*p && depth > 0);
    return p[strspn(p, " \n")] == '{';
}

static size_t find_function(const calls *c, const char *name, size_t n)
{
    for (size_t i = 0; i < c->n_functions; i++)
        if (strncmp(c->functions[i].name, name, n) == 0 && c->functions[i].name[n] == '\0')
            return i;
    return SIZE_MAX;
}

typedef void (*visit_function)(calls *c, size_t file, const char *name, size_t n);

static void define(calls *c, size_t file, const char *name, size_t n)
{
    const char *line = name;
    while (line > c->texts[file] && line[-1] != '\n')
        line--;
    if (name[n] != '(' || *line == ' ' || !has_body(name + n))
        return;
    ck_assert_uint_lt(c->n_functions, MAX_FUNCTIONS);
    (void)snprintf(c->functions[c->n_functions].name, sizeof c->functions[0].name, "%.*s", (int)n, name);
    c->functions[c->n_functions++].file = file;
}

static void use(calls *c, size_t file, const char *name, size_t n)
{
    size_t f = find_function(c, name, n);
    if (f != SIZE_MAX && c->functions[f].file != file)
        c->of[file][c->functions[f].file] = f + 1;
}

static void visit_names(calls *c, visit_function visit)
{
    for (size_t i = 0; i < c->n_files; i++) {
        for (const char *p = c->texts[i]; *p; p++) {
            size_t n = name_length(p);
            if (n > 3 && strncmp(p, "qb_", 3) == 0)
                visit(c, i, p, n);
            p += n > 0 ? n - 1 : 0;
        }
    }
}

static void read_folder(calls *c, const char *dir)
{
    char **names;
    size_t n, length;
    ck_assert_int_eq(qb_fs_list(dir, &names, &n), 0);
    for (size_t i = 0; i < n; i++) {
        if (!qb_ends_with(names[i], ".c"))
            continue;
        ck_assert_uint_lt(c->n_files, MAX_FILES);
        c->paths[c->n_files] = qb_path_join(dir, names[i]);
        ck_assert_int_eq(qb_fs_read(c->paths[c->n_files], 1 << 20, &c->texts[c->n_files], &length), 0);
        blank(c->texts[c->n_files++]);
    }
    qb_fs_free_names(names, n);
}

/* A way from file `at` back to a file that is on the way; *ret_text: "a.c -> b.c (function) -> a.c (function)". */
static bool find_circle(const calls *c, size_t at, char *state, size_t *way, size_t n_way, qb_str *ret_text)
{
    state[at] = 1; /* on the way */
    way[n_way++] = at;
    for (size_t to = 0; to < c->n_files; to++) {
        if (!c->of[at][to])
            continue;
        if (state[to] == 1) {
            size_t i = n_way;
            while (way[--i] != to)
                continue;
            for (qb_str_add(ret_text, c->paths[to]); i < n_way; i++) {
                size_t next = i + 1 < n_way ? way[i + 1] : to;
                qb_str_addf(ret_text, " -> %s (%s)", c->paths[next], c->functions[c->of[way[i]][next] - 1].name);
            }
            return true;
        }
        if (state[to] == 0 && find_circle(c, to, state, way, n_way, ret_text))
            return true;
    }
    state[at] = 2; /* no circle from here */
    return false;
}

static bool any_circle(calls *c, qb_str *ret_text)
{
    char state[MAX_FILES] = {0};
    size_t way[MAX_FILES];
    visit_names(c, define);
    visit_names(c, use);
    for (size_t i = 0; i < c->n_files; i++) {
        if (state[i] == 0 && find_circle(c, i, state, way, 0, ret_text))
            return true;
    }
    return false;
}

START_TEST(no_file_calls_one_that_calls_it)
{
    static calls c;
    qb_str text = {0};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (!rules[i].is_solver)
            read_folder(&c, rules[i].dir);
    bool found = any_circle(&c, &text);
    ck_assert_msg(!found, "a circle: %s", text.text);
    ck_assert_msg(c.n_functions > 500, "%zu functions found: are they still read?", c.n_functions);
}
END_TEST

/* Three files as they must not be, and as they may be. */
static const struct {
    const char *texts[3];
    const char *circle; /* NULL: none */
} made_up[] = {
    {{"int qb_a(void)\n{\n    return qb_b();\n}\n", "int qb_b(void) { return qb_c(); }\n", "int qb_c(void)\n{\n    return qb_a();\n}\n"},
     "0.c -> 1.c (qb_b) -> 2.c (qb_c) -> 0.c (qb_a)"},
    {{"int qb_a(void)\n{\n    return qb_b();\n}\n", "int qb_b(void) { return call(qb_c); }\n", "char *qb_c(int x,\n int y)\n{\n    return qb_b;\n}\n"},
     "1.c -> 2.c (qb_c) -> 1.c (qb_b)"},
    {{"int qb_a(void)\n{\n    return qb_b();\n}\n", "int qb_b(void) { return 1; } /* for qb_a() */\n", "int qb_a(void);\nint qb_c(void)\n{\n    return x(\"qb_d()\");\n}\n"},
     NULL},
};

START_TEST(circles_are_found)
{
    static calls c;
    static char names[3][4] = {"0.c", "1.c", "2.c"};
    qb_str text = {0};
    for (c.n_files = 0; c.n_files < 3; c.n_files++) {
        c.paths[c.n_files] = names[c.n_files];
        c.texts[c.n_files] = qb_strdup(made_up[_i].texts[c.n_files]);
        blank(c.texts[c.n_files]);
    }
    bool found = any_circle(&c, &text);
    ck_assert_int_eq(found, made_up[_i].circle != NULL);
    if (found)
        ck_assert_str_eq(text.text, made_up[_i].circle);
    qb_str_finish(&text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("includes");
    TCase *tc = tcase_create("floor plan");
    tcase_add_loop_test(tc, dependencies_point_one_way, 0, sizeof rules / sizeof rules[0]);
    tcase_add_test(tc, no_file_calls_one_that_calls_it);
    tcase_add_loop_test(tc, circles_are_found, 0, sizeof made_up / sizeof made_up[0]);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
