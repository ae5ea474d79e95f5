/* Reading the words of a plan. See plan_text.h. */
#include "study/plan_text.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "datasets/datasets.h"
#include "engine/schedule.h"
#include "models/models.h"
#include "quant/levels.h"
#include "quant/plugin.h"
#include "study/scale.h"
#include "study/stand_in.h"

#include <stdio.h>
#include <string.h>

enum { MAX_RUNS_PER_KEY = 10000, MAX_VARIANT_NAME = 60 };

static const char *const top_keys[] = {"title", "base", "variants", "matrix", "include", "exclude", "seeds", "paper", "scale"};
enum { N_TOP_KEYS = sizeof top_keys / sizeof *top_keys };

static bool is_top_key(const char *text)
{
    bool is = false;
    for (size_t i = 0; i < N_TOP_KEYS; i++)
        is = is || strcmp(text, top_keys[i]) == 0;
    return is;
}

int qb_study_plan_text_place(const qb_study_plan_text *t, const qb_yaml_node *at)
{
    int code = qb_err_code();
    if (code == QB_E_NOMEM)
        return code;
    char text[1024], hint[512];
    (void)snprintf(text, sizeof text, "%s", qb_err_text());
    (void)snprintf(hint, sizeof hint, "%s", qb_err_hint_text());
    if (code == QB_E_UNAVAILABLE || code == QB_E_NOINPUT)
        (void)qb_err_set(code, "%s:%d:%d: %s", t->path, at->line, at->column, text);
    else
        code = qb_yaml_error(t->path, at, "%s", text);
    if (hint[0])
        (void)qb_err_hint("%s", hint);
    return code;
}

static const char *kind_name(const qb_yaml_node *n)
{
    return n->kind == QB_YAML_SCALAR ? "a single value" : n->kind == QB_YAML_SEQUENCE ? "a list" : "a mapping";
}

static int expect_kind(const qb_study_plan_text *t, const char *key, const qb_yaml_node *n, qb_yaml_kind kind, const char *wanted)
{
    if (n->kind == kind)
        return QB_OK;
    return qb_yaml_error(t->path, n, "%s: expected %s, got %s", key, wanted, kind_name(n));
}

/* "unknown key 'X'" with the nearest of names, or all of them where they are few. */
static int refuse_key(const qb_study_plan_text *t, const qb_yaml_node *key, const char *where, const char *const *names, size_t n)
{
    enum { FEW = 9 };
    const char *nearest = qb_nearest_name(key->text, names, n);
    int rc = qb_yaml_error(t->path, key, "%sunknown key '%.60s'", where, key->text);
    if (nearest)
        return qb_err_hint("did you mean '%s'?", nearest);
    if (n > FEW)
        return qb_err_hint("'qatbench train --help' lists the keys of a run");
    qb_str all = {0};
    for (size_t i = 0; i < n; i++)
        qb_str_addf(&all, "%s%s", i > 0 ? ", " : "", names[i]);
    rc = all.failed ? QB_E_NOMEM : qb_err_hint("known keys: %s", all.text);
    qb_str_finish(&all);
    return rc;
}

/* ---- values ---- */

/* Things that a value names must exist: better told here, with a place, than cell by cell. */
static int check_solver(const char *text, const qb_study_plan_places *places)
{
    const qb_plugin *plugin;
    char *chosen;
    QB_TRY(qb_study_solver_find(text, places, &plugin, &chosen));
    qb_spec spec;
    int rc = qb_spec_parse(chosen, &spec);
    qb_free(chosen);
    QB_TRY(rc);
    qb_settings settings;
    rc = qb_plugin_settings(plugin, &spec, &settings);
    if (rc == QB_OK)
        qb_settings_finish(&settings);
    qb_spec_finish(&spec);
    return rc;
}

static int check_name(const qb_option *o, const char *text, const qb_study_plan_places *places)
{
    char *canonical = NULL;
    const qb_model *model;
    const qb_dataset_info *dataset;
    int rc = QB_OK;
    if (strcmp(o->name, "solver") == 0)
        rc = check_solver(text, places);
    else if (strcmp(o->name, "model") == 0)
        rc = qb_model_find(text, &model);
    else if (strcmp(o->name, "dataset") == 0)
        rc = qb_dataset_find(text, &dataset);
    else if (strcmp(o->name, "quantizer") == 0)
        rc = qb_quantizer_canonical(text, &canonical);
    else if (strcmp(o->name, "lr_schedule") == 0)
        rc = qb_schedule_canonical(text, &canonical);
    qb_free(canonical);
    return rc;
}

/* In a scaled plan a length is what it comes to, from here on. */
static int scale_word(const qb_study_plan_text *t, const qb_study_plan_places *places, qb_study_plan_word *word)
{
    qb_value v;
    if (qb_scale_value(t->scale, word->option, word->text, places, &word->scaled) < 0) {
        if (!qb_starts_with(qb_err_text(), word->option->name))
            (void)qb_err_add("%s", word->option->name);
        return qb_study_plan_text_place(t, word->node);
    }
    if (!word->scaled)
        return QB_OK;
    QB_TRY(qb_value_parse(word->option, word->scaled, &v));
    char *canonical = qb_strdup(v.text);
    qb_value_finish(&v);
    if (!canonical)
        return QB_E_NOMEM;
    qb_free(word->canonical);
    word->canonical = canonical;
    word->text = word->scaled;
    return QB_OK;
}

/* One value of several choices, written as a list. */
static int join_list(const qb_study_plan_text *t, const qb_option *o, const qb_yaml_node *node, char **ret)
{
    qb_str s = {0};
    for (size_t i = 0; i < node->n; i++) {
        if (node->items[i]->kind != QB_YAML_SCALAR)
            qb_str_finish(&s);
        QB_TRY(expect_kind(t, o->name, node->items[i], QB_YAML_SCALAR, "a name"));
        qb_str_addf(&s, "%s%s", i > 0 ? "/" : "", node->items[i]->text);
    }
    *ret = qb_str_take(&s);
    return *ret ? QB_OK : QB_E_NOMEM;
}

/* is_list: node is a list that is one value. */
static int read_word(const qb_study_plan_text *t, const qb_option *o, const qb_yaml_node *node, bool is_list,
                     const qb_study_plan_places *places, qb_study_plan_word *ret)
{
    if (is_list)
        QB_TRY(join_list(t, o, node, &ret->joined));
    else
        QB_TRY(expect_kind(t, o->name, node, QB_YAML_SCALAR, "a single value"));
    qb_value v;
    bool null_is_written = !is_list && qb_yaml_is_null(node) && node->text[0];
    if (null_is_written && !(o->flags & QB_OPT_NULLABLE))
        return qb_yaml_error(t->path, node, "%s: expected a value, got %s; leave the key out for its default", o->name, node->text);
    const char *text = null_is_written ? "" : is_list ? ret->joined : node->text;
    if (qb_value_parse(o, text, &v) < 0)
        return qb_study_plan_text_place(t, node);
    bool empty = v.is_null && !null_is_written;
    *ret = (qb_study_plan_word){.option = o, .node = node, .text = text, .canonical = qb_strdup(v.text), .joined = ret->joined};
    qb_value_finish(&v);
    if (!ret->canonical)
        return QB_E_NOMEM;
    if (empty)
        return qb_yaml_error(t->path, node, "%s: expected a value, got nothing; leave the key out for its default", o->name);
    if (check_name(o, text, places) < 0) {
        if (!qb_starts_with(qb_err_text(), o->name))
            (void)qb_err_add("%s", o->name);
        return qb_study_plan_text_place(t, node);
    }
    return scale_word(t, places, ret);
}

static void finish_group(qb_study_plan_group *g)
{
    for (size_t i = 0; i < g->n; i++) {
        for (size_t k = 0; k < g->axes[i].n; k++) {
            qb_free(g->axes[i].words[k].canonical);
            qb_free(g->axes[i].words[k].scaled);
            qb_free(g->axes[i].words[k].joined);
        }
        qb_free(g->axes[i].words);
    }
    qb_free(g->axes);
    qb_free(g->variants);
    *g = (qb_study_plan_group){0};
}

const qb_study_plan_axis *qb_study_plan_group_find(const qb_study_plan_group *g, const qb_option *option)
{
    for (size_t i = 0; i < g->n; i++) {
        if (g->axes[i].option == option)
            return &g->axes[i];
    }
    return NULL;
}

/* ---- base, matrix, include, exclude ---- */

enum { ONE = 1, LIST = 2, VARIANT = 4 }; /* what a key of a group may hold; VARIANT: the group may name variants */

static int find_key(const qb_study_plan_text *t, const char *where, const qb_yaml_node *key, const qb_option **ret)
{
    size_t n, n_names = 0;
    const qb_option *schema = qb_run_schema(&n);
    const qb_option *o = qb_option_find(schema, n, key->text);
    if (o && strcmp(o->name, "seed") == 0) {
        (void)qb_yaml_error(t->path, key, "%s: 'seed' is not a key here", where);
        return qb_err_hint("every cell runs once a seed: write  seeds: [1, 2, 3]  at the top of the plan");
    }
    if (o && o->flags & QB_OPT_NO_PLAN) {
        (void)qb_yaml_error(t->path, key, "%s: '%s' is not a key of a plan", where, o->name);
        return qb_err_hint("it is a flag of the command line only, so that a plan means the same everywhere");
    }
    if (o && strcmp(o->name, key->text) == 0) {
        *ret = o;
        return QB_OK;
    }
    if (strcmp(key->text, QB_STUDY_VARIANT_KEY) == 0) {
        (void)qb_yaml_error(t->path, key, "%s: '%s' is not a key here", where, key->text);
        return qb_err_hint("variants stand under 'variants' at the top; include and exclude name one of them by this key");
    }
    if (is_top_key(key->text)) {
        (void)qb_yaml_error(t->path, key, "%s: unknown key '%s'", where, key->text);
        return qb_err_hint("it stands at the top of a plan");
    }
    const char **names = qb_alloc(n, sizeof *names);
    char *prefix = qb_sprintf("%s: ", where);
    if (!names || !prefix) {
        qb_free(names);
        qb_free(prefix);
        return QB_E_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        if (!(schema[i].flags & QB_OPT_NO_PLAN) && strcmp(schema[i].name, "seed") != 0)
            names[n_names++] = schema[i].name;
    }
    int rc = refuse_key(t, key, prefix, names, n_names);
    qb_free(names);
    qb_free(prefix);
    return rc;
}

static int read_axis(const qb_study_plan_text *t, const char *where, const qb_yaml_node *key, const qb_yaml_node *value,
                     unsigned allowed, const qb_study_plan_places *places, qb_study_plan_axis *axis)
{
    axis->key = key;
    QB_TRY(find_key(t, where, key, &axis->option));
    const char *name = axis->option->name;
    bool is_one = value->kind == QB_YAML_SEQUENCE && axis->option->kind == QB_KIND_CHOICES && !(allowed & LIST);
    bool list = value->kind == QB_YAML_SEQUENCE && !is_one;
    if (list && !(allowed & LIST))
        return qb_yaml_error(t->path, value, "%s: expected a single value, got a list; a list stands in matrix", name);
    if (!list && !(allowed & ONE))
        return qb_yaml_error(t->path, value, "%s: expected a list, such as [%.40s], got %s", name,
                             value->kind == QB_YAML_SCALAR ? value->text : "1, 2", kind_name(value));
    if (value->kind == QB_YAML_SEQUENCE && value->n == 0)
        return qb_yaml_error(t->path, value, "%s: expected at least one value, got an empty list", name);
    size_t n = list ? value->n : 1;
    if (!(axis->words = qb_alloc(n, sizeof *axis->words)))
        return QB_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        axis->n = i + 1;
        QB_TRY(read_word(t, axis->option, list ? value->items[i] : value, is_one, places, &axis->words[i]));
        for (size_t k = 0; k < i; k++) {
            const qb_study_plan_word *a = &axis->words[k], *b = &axis->words[i];
            if (strcmp(a->canonical, b->canonical) != 0)
                continue;
            if (!b->scaled || strcmp(a->node->text, b->node->text) == 0)
                return qb_yaml_error(t->path, b->node, "%s: '%s' stands twice in the list", name, b->node->text);
            (void)qb_yaml_error(t->path, b->node, "%s: '%s' and '%s' both become %s in a plan of that scale", name, a->node->text,
                                b->node->text, b->text);
            return qb_err_hint("choose a larger scale");
        }
    }
    return QB_OK;
}

/* One name of `variant: NAME`, or of a list in exclude. */
static int read_variant_name(const qb_study_plan_text *t, const char *where, const qb_yaml_node *node, size_t *ret)
{
    QB_TRY(expect_kind(t, QB_STUDY_VARIANT_KEY, node, QB_YAML_SCALAR, "the name of a variant"));
    const char **names = qb_alloc(t->n_variants, sizeof *names);
    if (!names)
        return QB_E_NOMEM;
    for (size_t i = 0; i < t->n_variants; i++) {
        names[i] = t->variants[i].name->text;
        if (strcmp(names[i], node->text) == 0) {
            *ret = i;
            qb_free(names);
            return QB_OK;
        }
    }
    const char *nearest = qb_nearest_name(node->text, names, t->n_variants);
    int rc = qb_yaml_error(t->path, node, "%s: there is no variant '%.60s'", where, node->text);
    if (nearest)
        rc = qb_err_hint("did you mean '%s'?", nearest);
    qb_free(names);
    return rc;
}

static int read_variant_names(const qb_study_plan_text *t, const char *where, const qb_yaml_node *value, unsigned allowed,
                              qb_study_plan_group *g)
{
    bool list = value->kind == QB_YAML_SEQUENCE;
    size_t n = list ? value->n : 1;
    if (list && (!(allowed & LIST) || n == 0))
        return qb_yaml_error(t->path, value, "%s: expected the name of a variant, got %s", QB_STUDY_VARIANT_KEY,
                             n == 0 ? "an empty list" : "a list");
    if (!(g->variants = qb_alloc(n, sizeof *g->variants)))
        return QB_E_NOMEM;
    for (; g->n_variants < n; g->n_variants++)
        QB_TRY(read_variant_name(t, where, list ? value->items[g->n_variants] : value, &g->variants[g->n_variants]));
    return QB_OK;
}

static int read_group(const qb_study_plan_text *t, const char *where, const qb_yaml_node *node, unsigned allowed,
                      const qb_study_plan_places *places, qb_study_plan_group *g)
{
    QB_TRY(expect_kind(t, where, node, QB_YAML_MAPPING, "a mapping of keys to values"));
    g->node = node;
    if (!(g->axes = qb_alloc(node->n, sizeof *g->axes)))
        return QB_E_NOMEM;
    for (size_t i = 0; i < node->n; i++) {
        if (allowed & VARIANT && strcmp(node->keys[i]->text, QB_STUDY_VARIANT_KEY) == 0) {
            QB_TRY(read_variant_names(t, where, node->items[i], allowed, g));
            continue;
        }
        qb_study_plan_axis *axis = &g->axes[g->n++];
        QB_TRY(read_axis(t, where, node->keys[i], node->items[i], allowed, places, axis));
    }
    return QB_OK;
}

/* Names are labels of tables and words of messages: one line, not empty. */
static int check_variant_name(const qb_study_plan_text *t, const qb_yaml_node *name)
{
    size_t n = strlen(name->text);
    bool good = n > 0 && n <= MAX_VARIANT_NAME && name->text[0] != ' ' && name->text[n - 1] != ' ';
    for (const char *p = name->text; *p; p++)
        good = good && (unsigned char)*p >= 0x20 && *p != 0x7F;
    return good ? QB_OK
                : qb_yaml_error(t->path, name, "variants: expected a name of 1 to %d characters in one line, without spaces around it",
                                MAX_VARIANT_NAME);
}

static int read_variants(qb_study_plan_text *t, const qb_yaml_node *node, const qb_study_plan_places *places)
{
    QB_TRY(expect_kind(t, "variants", node, QB_YAML_MAPPING, "a mapping of names to keys and their values"));
    if (node->n == 0)
        return qb_yaml_error(t->path, node, "variants: expected at least one variant, got an empty mapping");
    if (!(t->variants = qb_alloc(node->n, sizeof *t->variants)))
        return QB_E_NOMEM;
    for (size_t i = 0; i < node->n; i++) {
        char where[MAX_VARIANT_NAME + 16];
        QB_TRY(check_variant_name(t, node->keys[i]));
        (void)snprintf(where, sizeof where, "variant %s", node->keys[i]->text);
        t->variants[t->n_variants++].name = node->keys[i];
        QB_TRY(read_group(t, where, node->items[i], ONE, places, &t->variants[i].group));
    }
    return QB_OK;
}

static int read_groups(const qb_study_plan_text *t, const char *where, const qb_yaml_node *node, unsigned allowed,
                       const qb_study_plan_places *places, qb_study_plan_group **ret, size_t *ret_n)
{
    QB_TRY(expect_kind(t, where, node, QB_YAML_SEQUENCE, "a list of mappings"));
    if (node->n == 0)
        return qb_yaml_error(t->path, node, "%s: expected at least one entry, got an empty list", where);
    if (!(*ret = qb_alloc(node->n, sizeof **ret)))
        return QB_E_NOMEM;
    for (size_t i = 0; i < node->n; i++) {
        *ret_n = i + 1;
        QB_TRY(read_group(t, where, node->items[i], allowed, places, &(*ret)[i]));
        if ((*ret)[i].n + (*ret)[i].n_variants == 0)
            return qb_yaml_error(t->path, node->items[i], "%s: expected at least one key, got an empty mapping", where);
    }
    return QB_OK;
}

/* ---- the rest of the top level ---- */

static int read_seeds(qb_study_plan_text *t, const qb_yaml_node *node)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    const qb_option *seed = qb_option_find(schema, n, "seed");
    QB_TRY(expect_kind(t, "seeds", node, QB_YAML_SEQUENCE, "a list, such as [1, 2, 3]"));
    if (node->n == 0)
        return qb_yaml_error(t->path, node, "seeds: expected at least one seed, got an empty list");
    if (node->n > MAX_RUNS_PER_KEY)
        return qb_yaml_error(t->path, node, "seeds: expected at most %d, got %zu", MAX_RUNS_PER_KEY, node->n);
    if (!(t->seeds = qb_alloc(node->n, sizeof *t->seeds)))
        return QB_E_NOMEM;
    for (size_t i = 0; i < node->n; i++) {
        QB_TRY(expect_kind(t, "seeds", node->items[i], QB_YAML_SCALAR, "whole numbers"));
        qb_value v;
        if (qb_value_parse(seed, node->items[i]->text, &v) < 0)
            return qb_study_plan_text_place(t, node->items[i]);
        t->seeds[i] = v.i;
        qb_value_finish(&v);
        for (size_t k = 0; k < i; k++) {
            if (t->seeds[k] == t->seeds[i])
                return qb_yaml_error(t->path, node->items[i], "seeds: %lld stands twice in the list", t->seeds[i]);
        }
        t->n_seeds = i + 1;
    }
    return QB_OK;
}

static int read_text(const qb_study_plan_text *t, const char *key, const qb_yaml_node *node, const char **ret)
{
    if (qb_yaml_is_null(node) && node->text[0]) /* as if it were not there */
        return QB_OK;
    QB_TRY(expect_kind(t, key, node, QB_YAML_SCALAR, "a text"));
    if (!node->text[0])
        return qb_yaml_error(t->path, node, "%s: expected a text, got nothing", key);
    for (const char *p = node->text; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7F)
            return qb_yaml_error(t->path, node, "%s: expected one line of text, got a control character", key);
    }
    *ret = node->text;
    return QB_OK;
}

/* The caller's scale instead of the plan's own, which must be right all the same. node NULL: there is none. */
static int read_scale(qb_study_plan_text *t, const qb_yaml_node *node, const qb_study_plan_places *places)
{
    static const qb_option option = QB_SCALE_OPTION;
    qb_value v;
    if (node) {
        QB_TRY(expect_kind(t, option.name, node, QB_YAML_SCALAR, "a number above 0 and at most 1"));
        if (qb_value_parse(&option, node->text, &v) < 0)
            return qb_study_plan_text_place(t, node);
        bool is_null = v.is_null;
        t->scale = is_null ? t->scale : v.r;
        qb_value_finish(&v);
        if (is_null)
            return qb_yaml_error(t->path, node, "scale: expected a number above 0 and at most 1, got nothing");
    }
    if (places->scale > 0)
        t->scale = places->scale;
    return QB_OK;
}

/* A key stands in base or in matrix, so that nobody has to know which one wins; what changes no result is no axis. */
static int check_matrix(const qb_study_plan_text *t)
{
    if (t->matrix.n == 0)
        return qb_yaml_error(t->path, t->matrix.node, "matrix: expected at least one key, got an empty mapping");
    for (size_t i = 0; i < t->matrix.n; i++) {
        const qb_study_plan_axis *axis = &t->matrix.axes[i];
        const qb_study_plan_axis *in_base = qb_study_plan_group_find(&t->base, axis->option);
        if (in_base)
            return qb_yaml_error(t->path, axis->key, "matrix: '%s' stands in base already (line %d); keep one of them",
                                 axis->option->name, in_base->key->line);
        if (!(axis->option->flags & QB_OPT_IDENTITY))
            return qb_yaml_error(t->path, axis->key, "matrix: '%s' changes no result, so it makes no cells; put it into base",
                                 axis->option->name);
    }
    return QB_OK;
}

/* Nor need anybody know whether a variant or the matrix wins. */
static int check_variants(const qb_study_plan_text *t)
{
    for (size_t v = 0; v < t->n_variants; v++) {
        for (size_t i = 0; i < t->variants[v].group.n; i++) {
            const qb_study_plan_axis *axis = &t->variants[v].group.axes[i];
            const qb_study_plan_axis *in_matrix = qb_study_plan_group_find(&t->matrix, axis->option);
            if (in_matrix)
                return qb_yaml_error(t->path, axis->key, "variant %s: '%s' stands in matrix already (line %d); keep one of them",
                                     t->variants[v].name->text, axis->option->name, in_matrix->key->line);
        }
    }
    return QB_OK;
}

static int check_excludes(const qb_study_plan_text *t)
{
    for (size_t i = 0; i < t->n_excludes; i++) {
        for (size_t k = 0; k < t->excludes[i].n; k++) {
            const qb_study_plan_axis *axis = &t->excludes[i].axes[k];
            if (!qb_study_plan_group_find(&t->matrix, axis->option))
                return qb_yaml_error(t->path, axis->key, "exclude: '%s' is no key of matrix", axis->option->name);
        }
    }
    return QB_OK;
}

static int read_top(qb_study_plan_text *t, const qb_study_plan_places *places)
{
    const qb_yaml_node *root = t->root, *node;
    QB_TRY(expect_kind(t, "plan", root, QB_YAML_MAPPING, "a mapping with base, matrix, seeds, ..."));
    for (size_t i = 0; i < root->n; i++) {
        bool known = is_top_key(root->keys[i]->text);
        size_t n;
        const qb_option *schema = qb_run_schema(&n);
        const qb_option *o = qb_option_find(schema, n, root->keys[i]->text);
        if (!known && o && !(o->flags & QB_OPT_NO_PLAN) && strcmp(o->name, "seed") != 0) {
            (void)qb_yaml_error(t->path, root->keys[i], "unknown key '%s' at the top of a plan", root->keys[i]->text);
            return qb_err_hint("it is a key of a run: put it into base");
        }
        if (!known)
            return refuse_key(t, root->keys[i], "", top_keys, N_TOP_KEYS);
    }
    if ((node = qb_yaml_get(root, "title")))
        QB_TRY(read_text(t, "title", node, &t->title));
    if ((node = qb_yaml_get(root, "paper")))
        QB_TRY(read_text(t, "paper", node, &t->paper));
    QB_TRY(read_scale(t, qb_yaml_get(root, "scale"), places));
    if ((node = qb_yaml_get(root, "base")))
        QB_TRY(read_group(t, "base", node, ONE, places, &t->base));
    if ((node = qb_yaml_get(root, "matrix"))) {
        QB_TRY(read_group(t, "matrix", node, LIST, places, &t->matrix));
        QB_TRY(check_matrix(t));
    }
    if ((node = qb_yaml_get(root, "variants"))) {
        QB_TRY(read_variants(t, node, places));
        QB_TRY(check_variants(t));
    }
    if ((node = qb_yaml_get(root, "include")))
        QB_TRY(read_groups(t, "include", node, ONE | VARIANT, places, &t->includes, &t->n_includes));
    if ((node = qb_yaml_get(root, "exclude"))) {
        QB_TRY(read_groups(t, "exclude", node, ONE | LIST | VARIANT, places, &t->excludes, &t->n_excludes));
        QB_TRY(check_excludes(t));
    }
    if ((node = qb_yaml_get(root, "seeds")))
        QB_TRY(read_seeds(t, node));
    if (!t->base.n && !t->matrix.n && !t->n_includes && !t->n_variants)
        return qb_yaml_error(t->path, root, "the plan has no cells: expected base, matrix or include");
    return QB_OK;
}

int qb_study_plan_text_read(const char *path, const qb_study_plan_places *places, qb_study_plan_text *ret)
{
    qb_study_plan_text t = {.path = places->text_path ? places->text_path : path, .scale = 1};
    QB_TRY(qb_yaml_read_text(t.path, &t.root, &t.bytes, &t.n_bytes));
    int rc = read_top(&t, places);
    if (rc == QB_OK && !t.seeds) {
        if ((t.seeds = qb_alloc(1, sizeof *t.seeds)))
            t.seeds[0] = 1;
        else
            rc = QB_E_NOMEM;
        t.n_seeds = 1;
    }
    if (rc < 0) {
        qb_study_plan_text_finish(&t);
        return rc;
    }
    *ret = t;
    return QB_OK;
}

void qb_study_plan_text_finish(qb_study_plan_text *t)
{
    finish_group(&t->base);
    finish_group(&t->matrix);
    for (size_t i = 0; i < t->n_includes; i++)
        finish_group(&t->includes[i]);
    for (size_t i = 0; i < t->n_excludes; i++)
        finish_group(&t->excludes[i]);
    for (size_t i = 0; i < t->n_variants; i++)
        finish_group(&t->variants[i].group);
    qb_free(t->variants);
    qb_free(t->includes);
    qb_free(t->excludes);
    qb_free(t->seeds);
    qb_yaml_destroy(t->root);
    qb_free(t->bytes);
    *t = (qb_study_plan_text){0};
}
