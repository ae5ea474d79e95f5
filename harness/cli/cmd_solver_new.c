/* `qatbench solver new NAME`: a folder with a solver that works, its build and its tests, for its author to edit.
 *
 * Both files are solvers/template.c and solvers/template.meson with the word "template" replaced, so they are what
 * this project's own tests build and check.
 */
#include "cli/cli.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "quant/plugin.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_NAME = 64 };

static const char *const template_c[] = {
#include "template_c.h"
};
static const char *const template_meson[] = {
#include "template_meson.h"
};

static const char placeholder[] = "template";

/* ---- the name ---- */

static int check_name(const char *name)
{
    /* What Meson wants for itself as names of targets. */
    static const char *const taken[] = {"all", "benchmark", "clean", "coverage", "dist", "distcheck", "install",
                                        "reconfigure", "test", "uninstall"};
    size_t n = strlen(name);
    if (n == 0 || n > MAX_NAME || name[0] == '-' ||
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != n) {
        qb_err_set(QB_E_USAGE, "solver new: expected a name of up to %d letters, digits, '-' and '_', got '%.100s'", MAX_NAME,
                   name);
        return strchr(name, '/') ? qb_err_hint("'--dir FOLDER' says where it goes")
                                 : qb_err_hint("for instance 'qatbench solver new mymethod'");
    }
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        if (strcmp(name, taken[i]) == 0) {
            qb_err_set(QB_E_USAGE, "solver new: '%s' is a name that Meson and Ninja keep for themselves", name);
            return qb_err_hint("for instance 'qatbench solver new my-%s'", name);
        }
    }
    return QB_OK;
}

/* Tables and records know a solver by its name alone. */
static int check_not_shipped(const char *name)
{
    qb_plugin_entry *entries;
    size_t n;
    QB_TRY(qb_plugin_list(NULL, &entries, &n));
    int rc = QB_OK;
    for (size_t i = 0; i < n && rc == QB_OK; i++) {
        if (strcmp(entries[i].name, name) == 0 && entries[i].plugin && entries[i].plugin->shipped)
            rc = qb_err_set(QB_E_USAGE, "solver new: qatbench has a solver '%s' already", name);
    }
    qb_plugin_list_free(entries, n);
    return rc < 0 ? qb_err_hint("choose another name; 'qatbench info %s' describes that one", name) : QB_OK;
}

/* ---- the files ---- */

/* Adds a line with the placeholder replaced; inside a longer identifier '-' becomes '_'. */
static void add_line(qb_str *s, const char *line, const char *name)
{
    const char *found;
    while ((found = strstr(line, placeholder))) {
        qb_str_addn(s, line, (size_t)(found - line));
        line = found + sizeof placeholder - 1;
        for (const char *c = name; *c; c++)
            qb_str_addn(s, *line == '_' && *c == '-' ? "_" : c, 1);
    }
    qb_str_add(s, line);
}

static int write_file(const char *folder, const char *file, const char *const *lines, size_t n, const char *name)
{
    qb_str s = {0};
    for (size_t i = 0; i < n; i++)
        add_line(&s, lines[i], name);
    char *text = qb_str_take(&s), *path = qb_path_join(folder, file);
    int rc = text && path ? qb_fs_write_atomic(path, text, strlen(text)) : QB_E_NOMEM;
    qb_free(text);
    qb_free(path);
    return rc;
}

static int write_files(const char *folder, const char *name)
{
    char *source = qb_sprintf("%s.c", name);
    int rc = source ? write_file(folder, source, template_c, sizeof template_c / sizeof *template_c, name) : QB_E_NOMEM;
    qb_free(source);
    if (rc == QB_OK)
        rc = write_file(folder, "meson.build", template_meson, sizeof template_meson / sizeof *template_meson, name);
    return rc;
}

/* Makes the folder, which must be new: nothing of the user's is ever overwritten. */
static int make_folder(const char *parent, const char *folder)
{
    if (!qb_fs_is_dir(parent))
        QB_TRY(qb_fs_make_dirs(parent, 0755));
    if (mkdir(folder, 0755) == 0)
        return QB_OK;
    if (errno != EEXIST) {
        qb_err_set_errno("solver new: cannot make the folder %s", folder);
        return qb_err_hint("'--dir FOLDER' puts it somewhere else");
    }
    qb_err_set(QB_E_USAGE, "solver new: %s is there already", folder);
    return qb_err_hint("choose another name, or '--dir FOLDER' for another place");
}

static int print_next_steps(const char *folder, const char *name)
{
    int width = (int)(strlen(name) + 2 > strlen("meson.build") ? strlen(name) + 2 : strlen("meson.build"));
    return qb_cli_printf("%s/%s.c%*s  the method: edit this\n"
                         "%s/meson.build%*s  builds and tests it\n"
                         "\n"
                         "Next, in that folder:\n"
                         "  meson setup build && ninja -C build && meson test -C build\n"
                         "  qatbench solver check build/%s.so\n"
                         "  qatbench solver plot build/%s.so\n"
                         "  qatbench train --solver build/%s.so --bits 2 --model resnet8 \\\n"
                         "      --dataset synthetic --epochs 2\n",
                         folder, name, width - (int)strlen(name) - 2, "", folder, width - (int)strlen("meson.build"), "",
                         name, name, name);
}

static int run_solver_new(qb_cli *cli)
{
    const char *name = cli->args[0], *parent = qb_get(&cli->flags, "dir")->text;
    QB_TRY(check_name(name));
    QB_TRY(check_not_shipped(name));
    char *folder = strcmp(parent, ".") == 0 ? qb_strdup(name) : qb_path_join(parent, name);
    if (!folder)
        return QB_E_NOMEM;
    int rc = make_folder(parent, folder);
    if (rc == QB_OK) {
        rc = write_files(folder, name);
        if (rc < 0)
            (void)qb_fs_remove_tree(folder); /* the first error is the one that counts */
    }
    if (rc == QB_OK)
        rc = print_next_steps(folder, name);
    qb_free(folder);
    return rc;
}

static const qb_option options[] = {
    {"dir", QB_KIND_PATH, ".", 0, 0, NULL, "", "where to make the folder NAME", 0, NULL},
};

const qb_verb qb_verb_solver_new = {
    .name = "solver new",
    .args = "NAME",
    .summary = "a new solver to edit: source, build and tests",
    .examples = "  qatbench solver new mymethod\n"
                "  qatbench solver new mymethod --dir ~/research\n",
    .details = "Makes the folder NAME with NAME.c, a small method that works, and meson.build,\n"
               "which finds qatbench through pkg-config. They build and pass as they are.\n"
               "Without Meson:\n"
               "  cc -shared -fPIC -O3 -std=c11 $(pkg-config --cflags qatbench) \\\n"
               "      NAME.c -o NAME.so -lm\n"
               "An existing folder is never touched.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .min_args = 1,
    .max_args = 1,
    .run = run_solver_new,
};
