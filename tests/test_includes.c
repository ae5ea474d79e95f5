/* The floor plan, read from the sources: dependencies point one way (docs/architecture.md). */
#include "qb_test.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A folder, and how the names may begin that its files include with quotes. */
static const struct rule {
    const char *dir;
    const char *own[10]; /* ends at NULL */
    bool is_solver;
} rules[] = {
    {"harness/base", {"base/", "qb_git.h"}, false},
    {"harness/engine", {"base/", "engine/"}, false},
    {"harness/quant", {"base/", "engine/", "quant/"}, false},
    {"harness/train", {"base/", "engine/", "quant/", "train/", "models/", "datasets/"}, false},
    {"harness/study", {"base/", "engine/", "quant/", "train/", "study/", "models/", "datasets/"}, false},
    {"harness/cli", {"base/", "engine/", "quant/", "train/", "study/", "cli/", "models/", "datasets/", "license_text.h", "template_"}, false},
    {"models", {"base/", "models/", "engine/graph.h"}, false},
    {"datasets", {"base/", "datasets/"}, false},
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

static void check_line(const struct rule *r, const char *path, const char *line)
{
    char mark, name[200];
    if (sscanf(line, " # include %c%199[^\">]", &mark, name) != 2)
        return;
    if (mark == '"')
        ck_assert_msg(is_allowed(r, name), "%s includes \"%s\"", path, name);
    if (strstr(name, "dnnl"))
        ck_assert_msg(strcmp(path, "harness/engine/dnn.c") == 0, "%s includes <%s>: only engine/dnn.c may", path, name);
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

static Suite *suite(void)
{
    Suite *s = suite_create("includes");
    TCase *tc = tcase_create("floor plan");
    tcase_add_loop_test(tc, dependencies_point_one_way, 0, sizeof rules / sizeof rules[0]);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
