/* Reading published numbers and matching them with ours. See compare.h; the forms are in compare_format.c. */
#include "study/compare.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/stats.h"
#include "base/str.h"
#include "base/yaml.h"
#include "study/reference_log.h"
#include "study/values.h"

#include <math.h>
#include <string.h>

enum { MAX_N = 1000000, DEFAULT_N = 3 };

static int no_memory(void)
{
    return qb_err_set(QB_E_NOMEM, "out of memory while reading published numbers");
}

/* ---- the file ---- */

static int scalar(const char *file, const char *key, const qb_yaml_node *n)
{
    if (n->kind == QB_YAML_SCALAR && n->text[0])
        return QB_OK;
    return qb_yaml_error(file, n, "%s: expected a single value", key);
}

static int read_number(const char *file, const char *key, const qb_yaml_node *n, double min, double *ret)
{
    QB_TRY(scalar(file, key, n));
    if (!qb_parse_real(n->text, ret) || *ret < min)
        return qb_yaml_error(file, n, "%s: expected a number%s, got '%.40s'", key, min == 0 ? " of at least 0" : "", n->text);
    return QB_OK;
}

static int read_n(const char *file, const qb_yaml_node *node, size_t *ret)
{
    long long n;
    QB_TRY(scalar(file, "n", node));
    if (!qb_parse_int(node->text, &n) || n < 1 || n > MAX_N)
        return qb_yaml_error(file, node, "n: expected a number of seeds from 1, got '%.40s'", node->text);
    *ret = (size_t)n;
    return QB_OK;
}

/* One key of a run into `values`. */
static int read_key(const char *file, const qb_yaml_node *key, const qb_yaml_node *value, json_t *values)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    const qb_option *o = qb_option_find(schema, n, key->text);
    if (!o || strcmp(o->name, key->text) != 0 || strcmp(o->name, "seed") == 0) {
        const char *names[] = {"model", "dataset", "solver", "bits", "quantizer", "granularity", "epochs", "batch", "mean", "std", "n", "log"};
        const char *nearest = qb_nearest_name(key->text, names, sizeof names / sizeof *names);
        int rc = qb_yaml_error(file, key, "unknown key '%.60s'", key->text);
        return nearest ? qb_err_hint("did you mean '%s'?", nearest) : rc;
    }
    bool is_null = qb_yaml_is_null(value) && value->text[0] && o->flags & QB_OPT_NULLABLE;
    if (is_null)
        return json_object_set_new(values, o->name, json_null()) == 0 ? QB_OK : no_memory();
    QB_TRY(scalar(file, o->name, value));
    qb_value v;
    if (qb_value_parse(o, value->text, &v) < 0) {
        char text[512];
        (void)snprintf(text, sizeof text, "%s", qb_err_text());
        return qb_yaml_error(file, value, "%s", text);
    }
    qb_value_finish(&v);
    json_t *typed = qb_study_value(o, value->text);
    return typed && json_object_set_new(values, o->name, typed) == 0 ? QB_OK : no_memory();
}

static int read_keys(const char *file, const char *where, const qb_yaml_node *node, json_t *values)
{
    if (node->kind != QB_YAML_MAPPING)
        return qb_yaml_error(file, node, "%s: expected a mapping of keys to values", where);
    for (size_t i = 0; i < node->n; i++)
        QB_TRY(read_key(file, node->keys[i], node->items[i], values));
    return QB_OK;
}

/* One of the logs of a cell; paths are seen from the file that names them. */
static int read_log(const qb_paper *p, const qb_yaml_node *node, double *ret_value, long long *ret_epochs)
{
    char *dir = qb_path_dir(p->path), *path = !dir ? NULL : node->text[0] == '/' ? qb_strdup(node->text) : qb_path_join(dir, node->text);
    int rc = path ? qb_reference_log_read(path, p->metric, ret_value, ret_epochs) : QB_E_NOMEM;
    qb_free(dir);
    qb_free(path);
    return rc;
}

/* Figures of the cell from its logs, a seed each; all of the length that the file tells, or of the first one. */
static int read_logs(const qb_paper *p, const qb_yaml_node *node, qb_paper_cell *cell)
{
    const qb_yaml_node *const *items = node->kind == QB_YAML_SEQUENCE ? (const qb_yaml_node *const *)node->items : &node;
    size_t n = node->kind == QB_YAML_SEQUENCE ? node->n : 1;
    if (node->kind == QB_YAML_MAPPING || n == 0)
        return qb_yaml_error(p->path, node, "log: expected a log.txt, or a list of them, one a seed");
    if (!qb_reference_log_has(p->metric))
        return qb_yaml_error(p->path, node, "log: expected a metric that such logs have (%s), got %s", qb_reference_log_metrics, p->metric);
    const json_t *wanted = json_object_get(cell->values, "epochs");
    wanted = wanted ? wanted : json_object_get(p->conditions, "epochs");
    long long n_epochs = json_integer_value(wanted);
    double *values = qb_alloc(n, sizeof *values);
    int rc = values ? QB_OK : QB_E_NOMEM;
    for (size_t i = 0; rc == QB_OK && i < n; i++) {
        long long epochs = 0;
        rc = scalar(p->path, "log", items[i]);
        for (size_t k = 0; rc == QB_OK && k < i; k++) {
            if (strcmp(items[k]->text, items[i]->text) == 0)
                rc = qb_yaml_error(p->path, items[i], "log: '%.200s' is there twice: expected a log a seed", items[i]->text);
        }
        if (rc == QB_OK)
            rc = read_log(p, items[i], &values[i], &epochs);
        if (rc == QB_OK && n_epochs > 0 && epochs != n_epochs) {
            (void)qb_yaml_error(p->path, items[i], "log: '%.200s': expected %lld epochs, %s, got %lld", items[i]->text, n_epochs,
                                wanted ? "as this file says" : "as in the first one", epochs);
            rc = qb_err_hint("a run that is not finished is no result");
        }
        n_epochs = n_epochs > 0 ? n_epochs : epochs;
    }
    if (rc == QB_OK) {
        cell->n = n;
        cell->mean = qb_mean(values, n);
        cell->std = qb_std(values, n, 1);
    }
    qb_free(values);
    return rc;
}

static int read_cell(const qb_paper *p, const qb_yaml_node *node, const json_t *base, size_t n, qb_paper_cell *cell)
{
    const char *file = p->path;
    const qb_yaml_node *log = node->kind == QB_YAML_MAPPING ? qb_yaml_get(node, "log") : NULL;
    if (node->kind != QB_YAML_MAPPING)
        return qb_yaml_error(file, node, "cells: expected a mapping such as {solver: ste, bits: 2, mean: 91.2, std: 0.1}");
    cell->n = n;
    cell->mean = cell->std = (double)NAN;
    if (!(cell->values = base ? json_deep_copy(base) : json_object()))
        return no_memory();
    for (size_t i = 0; i < node->n; i++) {
        const char *key = node->keys[i]->text;
        bool is_figure = strcmp(key, "mean") == 0 || strcmp(key, "std") == 0 || strcmp(key, "n") == 0;
        if (log && is_figure)
            return qb_yaml_error(file, node->keys[i], "%s: expected it left out beside log, which tells it", key);
        if (strcmp(key, "log") == 0)
            continue; /* when all keys are known */
        if (strcmp(key, "mean") == 0)
            QB_TRY(read_number(file, key, node->items[i], -INFINITY, &cell->mean));
        else if (strcmp(key, "std") == 0)
            QB_TRY(read_number(file, key, node->items[i], 0, &cell->std));
        else if (strcmp(key, "n") == 0)
            QB_TRY(read_n(file, node->items[i], &cell->n));
        else
            QB_TRY(read_key(file, node->keys[i], node->items[i], cell->values));
    }
    if (log)
        return read_logs(p, log, cell);
    return isnan(cell->mean) ? qb_yaml_error(file, node, "cells: expected a mean, got none") : QB_OK;
}

static int read_text(const char *file, const qb_yaml_node *root, const char *key, const char *def, char **ret)
{
    const qb_yaml_node *n = qb_yaml_get(root, key);
    if (!n && !def)
        return qb_yaml_error(file, root, "%s: must be given, got nothing: versions of a paper may differ in their numbers", key);
    if (n)
        QB_TRY(scalar(file, key, n));
    *ret = qb_strdup(n ? n->text : def);
    return *ret ? QB_OK : QB_E_NOMEM;
}

static int check_top(const char *file, const qb_yaml_node *root)
{
    static const char *const names[] = {"source", "version", "metric", "n", "base", "conditions", "cells"};
    enum { N_NAMES = sizeof names / sizeof *names };
    if (root->kind != QB_YAML_MAPPING)
        return qb_yaml_error(file, root, "expected a mapping with source, version and cells");
    for (size_t i = 0; i < root->n; i++) {
        bool known = false;
        for (size_t k = 0; k < N_NAMES; k++)
            known = known || strcmp(root->keys[i]->text, names[k]) == 0;
        if (known)
            continue;
        const char *nearest = qb_nearest_name(root->keys[i]->text, names, N_NAMES);
        int rc = qb_yaml_error(file, root->keys[i], "unknown key '%.60s'", root->keys[i]->text);
        return nearest ? qb_err_hint("did you mean '%s'?", nearest) : rc;
    }
    return QB_OK;
}

static int read_paper(const char *file, const qb_yaml_node *root, qb_paper *p)
{
    const qb_yaml_node *node;
    const qb_measure *measure;
    size_t n = DEFAULT_N;
    QB_TRY(check_top(file, root));
    QB_TRY(read_text(file, root, "source", NULL, &p->source));
    QB_TRY(read_text(file, root, "version", NULL, &p->version));
    QB_TRY(read_text(file, root, "metric", "test_top1", &p->metric));
    if (qb_measure_find(p->metric, &measure) < 0)
        return qb_yaml_error(file, qb_yaml_get(root, "metric"), "metric: unknown metric '%.60s'", p->metric);
    if ((node = qb_yaml_get(root, "n")))
        QB_TRY(read_n(file, node, &n));
    if (!(p->conditions = json_object()))
        return no_memory();
    if ((node = qb_yaml_get(root, "conditions")))
        QB_TRY(read_keys(file, "conditions", node, p->conditions));
    const qb_yaml_node *cells = qb_yaml_get(root, "cells");
    if (!cells || cells->kind != QB_YAML_SEQUENCE || cells->n == 0)
        return qb_yaml_error(file, cells ? cells : root, "cells: expected a list of cells");
    json_t *base = json_object();
    int rc = base && (p->cells = qb_alloc(cells->n, sizeof *p->cells)) ? QB_OK : no_memory();
    if (rc == QB_OK && (node = qb_yaml_get(root, "base")))
        rc = read_keys(file, "base", node, base);
    for (size_t i = 0; rc == QB_OK && i < cells->n; i++) {
        p->n_cells = i + 1;
        rc = read_cell(p, cells->items[i], base, n, &p->cells[i]);
    }
    json_decref(base);
    return rc;
}

static int read_yaml(qb_paper *p)
{
    qb_yaml_node *root;
    QB_TRY(qb_yaml_read(p->path, &root));
    int rc = read_paper(p->path, root, p);
    qb_yaml_destroy(root);
    return rc;
}

/* A log.txt alone: one seed of a cell that it does not name. */
static int read_log_alone(qb_paper *p)
{
    long long epochs;
    double value;
    p->metric = qb_strdup("test_top1");
    p->source = qb_strdup(qb_path_base(p->path));
    p->cells = qb_alloc(1, sizeof *p->cells);
    if (!p->metric || !p->source || !p->cells)
        return no_memory();
    QB_TRY(qb_reference_log_read(p->path, p->metric, &value, &epochs));
    p->conditions = qb_json_pack("{s:I}", "epochs", (json_int_t)epochs);
    p->n_cells = 1;
    p->cells[0] = (qb_paper_cell){.values = json_object(), .mean = value, .std = (double)NAN, .n = 1};
    p->version = qb_sprintf("%lld epochs", epochs);
    p->is_log = true;
    return p->cells[0].values && p->conditions && p->version ? QB_OK : no_memory();
}

int qb_paper_read(const char *path, qb_paper **ret_paper)
{
    qb_paper *p = qb_alloc(1, sizeof *p);
    int rc = p && (p->path = qb_strdup(path)) ? QB_OK : QB_E_NOMEM;
    if (rc == QB_OK)
        rc = qb_ends_with(path, ".txt") ? read_log_alone(p) : read_yaml(p);
    if (rc < 0) {
        qb_paper_destroy(p);
        return rc;
    }
    *ret_paper = p;
    return QB_OK;
}

void qb_paper_destroy(qb_paper *p)
{
    if (!p)
        return;
    for (size_t i = 0; p->cells && i < p->n_cells; i++)
        json_decref(p->cells[i].values);
    qb_free(p->cells);
    json_decref(p->conditions);
    qb_free(p->path);
    qb_free(p->source);
    qb_free(p->version);
    qb_free(p->metric);
    qb_free(p);
}

/* ---- matching ---- */

/* A solver without options in the paper stands for that solver with any; with options it must be the same text. */
static bool solver_matches(const char *wanted, const json_t *ours)
{
    const char *text = json_string_value(ours);
    size_t n = strlen(wanted);
    if (!text)
        return false;
    return strcmp(text, wanted) == 0 || (!strchr(wanted, '[') && strncmp(text, wanted, n) == 0 && text[n] == '[');
}

static bool matches(const qb_cell *cell, const qb_paper_cell *paper)
{
    const char *key;
    json_t *wanted;
    json_object_foreach(paper->values, key, wanted)
    {
        const json_t *written = json_object_get(cell->values, key), *effective = json_object_get(cell->config, key);
        bool equal;
        if (strcmp(key, "solver") == 0)
            equal = solver_matches(json_string_value(wanted), written) || solver_matches(json_string_value(wanted), effective);
        else
            equal = (written && qb_study_value_equal(written, wanted)) || (effective && qb_study_value_equal(effective, wanted));
        if (!equal)
            return false;
    }
    return true;
}

static void judge(const qb_table_cell *ours, qb_comparison *c)
{
    const qb_paper_cell *p = c->paper;
    c->difference = ours->mean - p->mean;
    c->units = c->limit = (double)NAN;
    if (ours->n < 2 || p->n < 2 || isnan(p->std) || isnan(ours->std))
        return;
    double a = ours->std * ours->std / (double)ours->n, b = p->std * p->std / (double)p->n, e = sqrt(a + b);
    if (!(e > 0)) {
        c->units = c->difference == 0 ? 0 : (double)INFINITY;
        c->limit = 0;
        return;
    }
    double df = (a + b) * (a + b) / (a * a / (double)(ours->n - 1) + b * b / (double)(p->n - 1));
    c->units = fabs(c->difference) / e;
    c->limit = qb_t_quantile(0.975, df);
}

int qb_compare(const qb_table *t, const qb_paper *paper, qb_comparison **ret, size_t *ret_n)
{
    if (strcmp(t->measure->name, paper->metric) != 0)
        return qb_err_set(QB_E_USAGE, "compare: %s publishes %s, the table shows %s", paper->path, paper->metric, t->measure->name);
    if (paper->is_log && t->study->n_cells != 1) {
        (void)qb_err_set(QB_E_USAGE, "compare: %s does not say which of %zu cells it belongs to", paper->path, t->study->n_cells);
        return qb_err_hint("name it in a file with 'cells: [{solver: ..., bits: ..., log: %s}]' (docs/paper-format.md)", qb_path_base(paper->path));
    }
    qb_comparison *all = qb_alloc(t->study->n_cells, sizeof *all);
    size_t n = 0;
    if (!all)
        return QB_E_NOMEM;
    for (size_t c = 0; c < t->study->n_cells; c++) {
        for (size_t i = 0; i < paper->n_cells; i++) {
            if (!matches(&t->study->cells[c], &paper->cells[i]))
                continue;
            all[n] = (qb_comparison){.cell = c, .paper = &paper->cells[i]};
            judge(&t->cells[c], &all[n++]);
            break;
        }
    }
    *ret = all;
    *ret_n = n;
    return QB_OK;
}
