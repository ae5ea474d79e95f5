/* Reading lists of keys, and keys that one value has. See keys.h. */
#include "study/keys.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/values.h"
#include "train/config.h"

#include <stdint.h>
#include <string.h>

/* The next name of a list, without blanks around it. *list moves behind it; NULL there: it was the last. */
static int next_name(const char *option, const char **list, char **ret_name)
{
    const char *from = *list + strspn(*list, " "), *end = from + strcspn(from, ",");
    *list = *end ? end + 1 : NULL;
    while (end > from && end[-1] == ' ')
        end--;
    if (end == from)
        return qb_err_set(QB_E_USAGE, "%s: expected keys separated by commas, such as model,bits; got an empty name", option);
    *ret_name = qb_strndup(from, (size_t)(end - from));
    return *ret_name ? QB_OK : QB_E_NOMEM;
}

static size_t find_key(const qb_study *s, const char *name)
{
    for (size_t k = 0; k < s->n_keys; k++) {
        if (qb_option_name_equal(s->keys[k], name))
            return k;
    }
    return SIZE_MAX;
}

static int refuse(const qb_study *s, const char *option, const char *name)
{
    enum { MAX_NAMES = 256 };
    const char *names[MAX_NAMES];
    size_t n_names = 0, n;
    const qb_option *schema = qb_run_schema(&n);
    if (strcmp(name, "seed") == 0)
        return qb_err_set(QB_E_USAGE, "%s: seed is no key of a cell, which is a mean over its seeds", option);
    for (size_t k = 0; k < s->n_keys && n_names < MAX_NAMES; k++)
        names[n_names++] = s->keys[k];
    for (size_t i = 0; i < n && n_names < MAX_NAMES; i++) {
        if (schema[i].flags & QB_OPT_IDENTITY && strcmp(schema[i].name, "seed") != 0)
            names[n_names++] = schema[i].name;
    }
    const char *nearest = qb_nearest_name(name, names, n_names);
    int rc = qb_err_set(QB_E_USAGE, "%s: expected keys that make up a run, such as model,bits, got '%.60s'", option, name);
    return nearest ? qb_err_hint("did you mean '%s'?", nearest) : rc;
}

/* The label of a cell; one that cannot run has no configuration, and what all others have. */
static char *label_of(const qb_study *s, const qb_cell *cell, const char *key)
{
    const json_t *v = json_object_get(cell->config, key);
    for (size_t c = 0; !cell->config && !v && c < s->n_cells; c++)
        v = json_object_get(s->cells[c].config, key);
    return json_is_null(v) && qb_study_null_counts(key) ? qb_strdup("all") : qb_study_label(v);
}

/* Room for one more key, everywhere. */
static int grow(qb_study *s)
{
    char **keys = qb_realloc(s->keys, s->n_keys + 1, sizeof *keys);
    if (!keys)
        return QB_E_NOMEM;
    s->keys = keys;
    bool *varies = qb_realloc(s->varies, s->n_keys + 1, sizeof *varies);
    if (!varies)
        return QB_E_NOMEM;
    s->varies = varies;
    varies[s->n_keys] = false;
    for (size_t c = 0; c < s->n_cells; c++) {
        char **labels = qb_realloc(s->cells[c].labels, s->n_keys + 1, sizeof *labels);
        if (!labels)
            return QB_E_NOMEM;
        s->cells[c].labels = labels;
    }
    return QB_OK;
}

static int add_key(qb_study *s, const char *key)
{
    QB_TRY(grow(s));
    if (!(s->keys[s->n_keys] = qb_strdup(key)))
        return QB_E_NOMEM;
    size_t k = s->n_keys++;
    const char *first = NULL;
    for (size_t c = 0; c < s->n_cells; c++) {
        const char *label = s->cells[c].labels[k] = label_of(s, &s->cells[c], key);
        if (!label)
            return QB_E_NOMEM;
        s->varies[k] = s->varies[k] || (first && label[0] && strcmp(first, label) != 0);
        first = label[0] ? label : first;
    }
    return QB_OK;
}

int qb_study_show_keys(qb_study *s, const char *option, const char *list)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    while (list) {
        char *name = NULL;
        QB_TRY(next_name(option, &list, &name));
        const qb_option *o = qb_option_find(schema, n, name);
        bool is_key = o && o->flags & QB_OPT_IDENTITY && strcmp(o->name, "seed") != 0;
        int rc = find_key(s, name) != SIZE_MAX ? QB_OK : is_key ? add_key(s, o->name) : refuse(s, option, name);
        qb_free(name);
        QB_TRY(rc);
    }
    return QB_OK;
}

int qb_study_find_keys(const qb_study *s, const char *option, const char *list, size_t *ret_keys, size_t *ret_n)
{
    size_t n = 0;
    while (list) {
        char *name = NULL;
        QB_TRY(next_name(option, &list, &name));
        size_t key = find_key(s, name);
        int rc = key == SIZE_MAX ? refuse(s, option, name) : QB_OK;
        for (size_t i = 0; rc == QB_OK && i < n; i++) {
            if (ret_keys[i] == key)
                rc = qb_err_set(QB_E_USAGE, "%s: '%s' stands there twice", option, s->keys[key]);
        }
        qb_free(name);
        QB_TRY(rc);
        ret_keys[n++] = key;
    }
    *ret_n = n;
    return QB_OK;
}
