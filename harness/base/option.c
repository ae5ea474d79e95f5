/* Settings: one value per row of a schema. */
#include "base/option.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

const qb_option *qb_option_find(const qb_option *schema, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (qb_option_name_equal(schema[i].name, name))
            return &schema[i];
    }
    return NULL;
}

/* The value of an option that nobody has set. No default means unset where the option may be unset or must
 * be set; elsewhere it is the empty text. */
static int parse_default(const qb_option *o, qb_value *ret)
{
    if (!o->def && o->flags & QB_OPT_REQUIRED) {
        qb_value v = {.is_null = true, .text = qb_strdup("")};
        if (!v.text)
            return QB_E_NOMEM;
        *ret = v;
        return QB_OK;
    }
    int rc = qb_value_parse(o, o->def ? o->def : "", ret);
    QB_ASSERT(rc == QB_OK || rc == QB_E_NOMEM);
    return rc;
}

int qb_settings_init(qb_settings *s, const qb_option *schema, size_t n)
{
    *s = (qb_settings){.schema = schema, .n = n};
    if (!(s->values = qb_alloc(n, sizeof *s->values)))
        return QB_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        int rc = parse_default(&schema[i], &s->values[i]);
        if (rc < 0) {
            qb_settings_finish(s);
            return rc;
        }
    }
    return QB_OK;
}

static int copy_value(qb_value *to, const qb_value *from)
{
    qb_value v = *from;
    v.text = qb_strdup(from->text);
    v.reals = from->reals ? qb_alloc(from->n_reals, sizeof *v.reals) : NULL;
    if (!v.text || (from->reals && !v.reals)) {
        qb_value_finish(&v);
        return QB_E_NOMEM;
    }
    if (from->n_reals > 0)
        memcpy(v.reals, from->reals, from->n_reals * sizeof *v.reals);
    *to = v;
    return QB_OK;
}

int qb_settings_copy(qb_settings *to, const qb_settings *from)
{
    *to = (qb_settings){.schema = from->schema, .n = from->n};
    if (!(to->values = qb_alloc(from->n, sizeof *to->values)))
        return QB_E_NOMEM;
    for (size_t i = 0; i < from->n; i++) {
        int rc = copy_value(&to->values[i], &from->values[i]);
        if (rc < 0) {
            qb_settings_finish(to);
            return rc;
        }
    }
    return QB_OK;
}

void qb_settings_finish(qb_settings *s)
{
    for (size_t i = 0; s->values && i < s->n; i++)
        qb_value_finish(&s->values[i]);
    qb_free(s->values);
    *s = (qb_settings){0};
}

/* "unknown option 'lrr'", hint: the nearest name, or all names where there are only a few. */
static int refuse_name(const qb_option *schema, size_t n, const char *name)
{
    enum { FEW = 12 };
    int rc = qb_err_set(QB_E_USAGE, "unknown option '%.60s'", name);
    if (n == 0)
        return qb_err_hint("it takes no options");
    const char **names = qb_alloc(n, sizeof *names);
    if (!names)
        return QB_E_NOMEM;
    qb_str all = {0};
    for (size_t i = 0; i < n; i++) {
        names[i] = schema[i].name;
        qb_str_addf(&all, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    const char *nearest = qb_nearest_name(name, names, n);
    if (all.failed)
        rc = QB_E_NOMEM; /* and the text says so */
    else if (nearest)
        (void)qb_err_hint("did you mean '%s'?", nearest);
    else if (n <= FEW)
        (void)qb_err_hint("known options: %s", all.text);
    qb_str_finish(&all);
    qb_free(names);
    return rc;
}

int qb_settings_set(qb_settings *s, const char *name, const char *text)
{
    const qb_option *o = qb_option_find(s->schema, s->n, name);
    if (!o)
        return refuse_name(s->schema, s->n, name);
    qb_value v;
    QB_TRY(qb_value_parse(o, text, &v));
    v.is_set = true;
    qb_value *slot = &s->values[o - s->schema];
    qb_value_finish(slot);
    *slot = v;
    return QB_OK;
}

const qb_value *qb_get(const qb_settings *s, const char *name)
{
    const qb_option *o = qb_option_find(s->schema, s->n, name);
    QB_ASSERT(o);
    return &s->values[o - s->schema];
}

int qb_settings_check(const qb_settings *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const qb_option *o = &s->schema[i];
        if (o->flags & QB_OPT_REQUIRED && !s->values[i].is_set) {
            int rc = qb_err_set(QB_E_USAGE, "%s: must be given, got nothing", o->name);
            return o->help ? qb_err_hint("%s: %s", o->name, o->help) : rc;
        }
    }
    return QB_OK;
}

/* ---- specs of settings ---- */

int qb_spec_apply(const qb_spec *spec, qb_settings *s)
{
    for (size_t i = 0; i < spec->n_args; i++) {
        int rc = qb_settings_set(s, spec->args[i].key, spec->args[i].value);
        if (rc < 0)
            return rc == QB_E_NOMEM ? rc : qb_err_add("%s", spec->name);
    }
    return QB_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(const qb_option *const *)a)->name, (*(const qb_option *const *)b)->name);
}

char *qb_spec_canonical(const char *name, const qb_settings *s)
{
    qb_str text = {0};
    qb_settings defaults;
    if (qb_settings_init(&defaults, s->schema, s->n) < 0)
        return NULL;
    const qb_option **sorted = qb_alloc(s->n, sizeof *sorted);
    if (!sorted) {
        qb_settings_finish(&defaults);
        return NULL;
    }
    for (size_t i = 0; i < s->n; i++)
        sorted[i] = &s->schema[i];
    qsort(sorted, s->n, sizeof *sorted, compare_names);
    const char *before = "[";
    qb_str_add(&text, name);
    for (size_t i = 0; i < s->n; i++) {
        size_t row = (size_t)(sorted[i] - s->schema);
        if (strcmp(s->values[row].text, defaults.values[row].text) == 0)
            continue;
        qb_str_addf(&text, "%s%s=%s", before, sorted[i]->name, s->values[row].text);
        before = ",";
    }
    if (before[0] == ',')
        qb_str_add(&text, "]");
    qb_free(sorted);
    qb_settings_finish(&defaults);
    return qb_str_take(&text);
}
