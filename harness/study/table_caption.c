/* What stands above a table: what is shown, of which data, under which budget. See table.h. */
#include "study/table_parts.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "study/values.h"
#include "train/identity.h"

#include <stdint.h>
#include <string.h>

/* n of the cells: "n = 3", or "n = 2 to 3". */
static void add_n(const qb_table *t, qb_str *s)
{
    size_t low = SIZE_MAX, high = 0;
    for (size_t c = 0; c < t->study->n_cells; c++) {
        size_t n = t->cells[c].n;
        low = n < low ? n : low;
        high = n > high ? n : high;
    }
    if (low >= high)
        qb_str_addf(s, "n = %zu", high);
    else
        qb_str_addf(s, "n = %zu to %zu", low, high);
}

const qb_option *qb_table_caption_key(unsigned place)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n);
    for (size_t i = 0; i < n; i++) {
        if (QB_KEY_CAPTION_PLACE(schema[i].flags) == place)
            return &schema[i];
    }
    return NULL;
}

bool qb_table_is_usual(const qb_study *s, const qb_option *o, const json_t *value)
{
    const json_t *config = NULL;
    for (size_t c = 0; c < s->n_cells && !config; c++)
        config = s->cells[c].config;
    const qb_identity_traits traits = qb_identity_traits_of(config);
    json_t *usual = qb_identity_default_value(&traits, o);
    bool same = usual && qb_study_value_equal(usual, value);
    json_decref(usual);
    return same;
}

const json_t *qb_table_shared_value(const qb_study *s, const char *key)
{
    const json_t *first = NULL;
    for (size_t k = 0; k < s->n_keys; k++) {
        if (strcmp(s->keys[k], key) == 0 && s->varies[k])
            return NULL;
    }
    for (size_t c = 0; c < s->n_cells; c++) {
        const json_t *v = json_object_get(s->cells[c].config, key);
        if (v && !json_is_null(v) && !first)
            first = v;
        else if (v && !json_is_null(v) && !json_equal(v, first))
            return NULL;
    }
    return first;
}

static void add_budget(const qb_table *t, qb_str *s)
{
    const char *separator = "";
    for (size_t i = 0; i < json_array_size(t->study->labels); i++) {
        qb_str_addf(s, "%s%s", separator, json_string_value(json_array_get(t->study->labels, i)));
        separator = ", ";
    }
    bool labelled = json_array_size(t->study->labels) > 0;
    for (unsigned place = 1; qb_table_caption_key(place); place++) {
        const qb_option *o = qb_table_caption_key(place);
        const char *key = o->name;
        const json_t *v = qb_table_shared_value(t->study, key);
        char *label = v ? qb_study_label(v) : NULL;
        bool usual = label && o->flags & (QB_KEY_USUAL | QB_OPT_LATER) && qb_table_is_usual(t->study, o, v);
        bool bare = strcmp(key, "model") == 0 || strcmp(key, "dataset") == 0;
        int digits = strcmp(key, "init") == 0 ? 12 : -1; /* of a SHA-256 as many as of a run's key; -1: all */
        if (label && !usual && !(labelled && strcmp(key, "dataset") == 0))
            qb_str_addf(s, bare ? "%s%s%.*s" : "%s%s %.*s", separator, bare ? "" : key, digits, label);
        if (label && !usual)
            separator = ", ";
        qb_free(label);
    }
}

char *qb_table_caption(const qb_table *t)
{
    qb_str s = {0};
    const qb_measure *m = t->measure;
    bool any_spread = false;
    for (size_t c = 0; c < t->study->n_cells; c++)
        any_spread = any_spread || t->cells[c].n > 1;
    char *title = qb_study_title(t->study);
    s.failed = !title;
    qb_str_addf(&s, "%s: %s%s%s%s, %s", title ? title : "", m->title, m->unit[0] ? " (" : "", m->unit,
                m->unit[0] ? ")" : "", m->when);
    if (t->best)
        qb_str_addf(&s, " and %s", t->best->when);
    if (any_spread && t->options.ci > 0)
        qb_str_addf(&s, ", mean ± half-width of its %g %% confidence interval (Student's t) over seeds, ", 100 * t->options.ci);
    else if (any_spread)
        qb_str_addf(&s, ", mean ± standard deviation (ddof %d) over seeds, ", t->options.ddof);
    else
        qb_str_add(&s, ", ");
    qb_free(title);
    add_n(t, &s);
    qb_str_add(&s, ". ");
    add_budget(t, &s);
    qb_str_add(&s, ".");
    return qb_str_take(&s);
}
