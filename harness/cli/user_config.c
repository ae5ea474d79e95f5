/* Reading the user's configuration file. See user_config.h. */
#include "cli/user_config.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/user_places.h"
#include "base/yaml.h"
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

const char *const qb_cli_colors[] = {"auto", "always", "never", NULL};

enum { MAX_BYTES = 1 << 20 };

static qb_user_config in_force;
static qb_user_places places;

/* What is being read, as long as it is not in force. */
typedef struct reader {
    const char *path;
    qb_user_places places;
    const char *color;
} reader;

const qb_user_config *qb_user_config_get(void)
{
    return &in_force;
}

static void forget(qb_user_places *p)
{
    qb_free((char *)p->runs_dir);
    qb_free((char *)p->solver_path);
    for (size_t i = 0; i < p->n_data_dirs; i++)
        qb_free((char *)p->data_dirs[i]);
    *p = (qb_user_places){0};
}

/* ---- values ---- */

static int relative(const reader *r, const char *key, const qb_yaml_node *node)
{
    (void)qb_yaml_error(r->path, node, "%s: expected an absolute path, or one below ~/, got '%s'", key, node->text);
    return qb_err_hint("a relative path would mean another place in every folder that qatbench is started in");
}

static int take_path(const reader *r, const char *key, const qb_yaml_node *node, char **ret)
{
    const char *home = getenv("HOME"), *text = node->text;
    if (node->kind != QB_YAML_SCALAR)
        return qb_yaml_error(r->path, node, "%s: expected a path, got a list or a mapping in its place", key);
    bool is_below_home = qb_starts_with(text, "~/");
    if (is_below_home && (!home || home[0] != '/'))
        return qb_yaml_error(r->path, node, "%s: got '%s', but HOME is not set to an absolute path", key, text);
    if (!is_below_home && text[0] != '/')
        return relative(r, key, node);
    for (const char *p = text; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return qb_yaml_error(r->path, node, "%s: expected a path, got control characters", key);
    }
    *ret = is_below_home ? qb_path_join(home, text + 2) : qb_strdup(text);
    return *ret ? QB_OK : QB_E_NOMEM;
}

/* One path, or a list of them: each one by `add`. */
static int take_paths(reader *r, const char *key, const qb_yaml_node *node,
                      int (*add)(reader *r, const qb_yaml_node *at, char *path))
{
    bool is_list = node->kind == QB_YAML_SEQUENCE;
    for (size_t i = 0; i < (is_list ? node->n : 1); i++) {
        const qb_yaml_node *at = is_list ? node->items[i] : node;
        char *path = NULL;
        QB_TRY(take_path(r, key, at, &path));
        QB_TRY(add(r, at, path));
    }
    return QB_OK;
}

static int add_data_dir(reader *r, const qb_yaml_node *at, char *path)
{
    if (r->places.n_data_dirs == QB_USER_DATA_DIRS) {
        qb_free(path);
        return qb_yaml_error(r->path, at, "data_dir: expected at most %d folders", QB_USER_DATA_DIRS);
    }
    r->places.data_dirs[r->places.n_data_dirs++] = path;
    return QB_OK;
}

/* ':' is what stands between two folders. */
static int add_solver_dir(reader *r, const qb_yaml_node *at, char *path)
{
    const char *before = r->places.solver_path;
    if (at->kind == QB_YAML_SCALAR && strchr(path, ':')) {
        qb_free(path);
        (void)qb_yaml_error(r->path, at, "solver_path: expected a folder without ':' in its name, got '%s'", at->text);
        return qb_err_hint("write several folders as a list: [/one, /two]");
    }
    char *both = before ? qb_sprintf("%s:%s", before, path) : qb_strdup(path);
    qb_free(path);
    if (!both)
        return QB_E_NOMEM;
    qb_free((char *)before);
    r->places.solver_path = both;
    return QB_OK;
}

static int take_color(reader *r, const qb_yaml_node *node)
{
    for (size_t i = 0; node->kind == QB_YAML_SCALAR && qb_cli_colors[i]; i++) {
        if (strcmp(node->text, qb_cli_colors[i]) == 0)
            r->color = qb_cli_colors[i];
    }
    return r->color ? QB_OK
                    : qb_yaml_error(r->path, node, "color: expected auto, always or never, got '%s'",
                                    node->kind == QB_YAML_SCALAR ? node->text : "a list or a mapping");
}

static int take_runs_dir(reader *r, const qb_yaml_node *node)
{
    char *path = NULL;
    QB_TRY(take_path(r, "runs_dir", node, &path));
    r->places.runs_dir = path;
    return QB_OK;
}

static int take_data_dir(reader *r, const qb_yaml_node *node) { return take_paths(r, "data_dir", node, add_data_dir); }

static int take_solver_path(reader *r, const qb_yaml_node *node) { return take_paths(r, "solver_path", node, add_solver_dir); }

static const struct {
    const char *name;
    int (*take)(reader *r, const qb_yaml_node *node);
} keys[] = {{"runs_dir", take_runs_dir}, {"data_dir", take_data_dir}, {"solver_path", take_solver_path}, {"color", take_color}};
enum { N_KEYS = sizeof keys / sizeof *keys };

static int take(reader *r, const qb_yaml_node *key, const qb_yaml_node *value)
{
    const char *names[N_KEYS];
    for (size_t i = 0; i < N_KEYS; i++) {
        bool is_given = value->kind != QB_YAML_SCALAR || !qb_yaml_is_null(value); /* "runs_dir:" and no more is not */
        if (strcmp(keys[i].name, key->text) == 0)
            return is_given ? keys[i].take(r, value) : QB_OK;
        names[i] = keys[i].name;
    }
    const char *nearest = qb_nearest_name(key->text, names, N_KEYS);
    (void)qb_yaml_error(r->path, key, "unknown key '%.60s'", key->text);
    if (nearest)
        return qb_err_hint("did you mean '%s'?", nearest);
    return qb_err_hint("this file has runs_dir, data_dir, solver_path and color; what changes a result is a flag, or a key of a "
                       "plan");
}

/* ---- the file ---- */

/* Blank lines and comments alone, as of a file whose keys are all commented out. */
static bool says_nothing(const char *text)
{
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *first = line + strspn(line, " \t\r");
        if (*first && *first != '\n' && *first != '#')
            return false;
    }
    return true;
}

static int read_text(reader *r, const char *text, size_t n)
{
    qb_yaml_node *root = NULL;
    if (strlen(text) == n && says_nothing(text))
        return QB_OK;
    QB_TRY(qb_yaml_parse(text, n, r->path, &root));
    int rc = root->kind == QB_YAML_MAPPING ? QB_OK : qb_yaml_error(r->path, root, "expected keys and their values");
    for (size_t i = 0; rc == QB_OK && i < root->n; i++)
        rc = take(r, root->keys[i], root->items[i]);
    qb_yaml_destroy(root);
    return rc;
}

int qb_user_config_read(void)
{
    char *dir = qb_xdg_config_dir(), *path = dir ? qb_path_join(dir, "config.yaml") : NULL, *text = NULL;
    size_t n;
    qb_free(dir);
    qb_err_clear(); /* without HOME there is no such file */
    if (!path)
        return QB_OK;
    reader r = {.path = path};
    int rc = qb_fs_read(path, MAX_BYTES, &text, &n);
    bool is_there = rc != QB_E_NOINPUT;
    if (rc == QB_OK)
        rc = read_text(&r, text, n);
    qb_free(text);
    if (rc < 0 && is_there) {
        forget(&r.places);
        qb_free(path);
        return rc;
    }
    qb_err_clear();
    qb_user_config_finish();
    in_force = (qb_user_config){path, is_there, r.color};
    places = r.places;
    qb_user_places_set(&places);
    return QB_OK;
}

void qb_user_config_finish(void)
{
    qb_free((char *)in_force.path);
    in_force = (qb_user_config){0};
    forget(&places);
}
