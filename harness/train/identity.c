/* Which keys are in a run's identity. See identity.h. */
#include "train/identity.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

json_t *qb_identity_value(const qb_option *o, const qb_value *v)
{
    if (v->is_null)
        return json_null();
    switch (o->kind) {
    case QB_KIND_BOOL: return json_boolean(v->b);
    case QB_KIND_INT: return json_integer(v->i);
    case QB_KIND_REAL: return qb_json_real(v->r);
    case QB_KIND_BITS: return v->i == 0 ? qb_json_text("ternary") : json_integer(v->i);
    default: return qb_json_text(v->text);
    }
}

int qb_identity_set(qb_settings *s, const char *key, const json_t *value)
{
    char *text = json_is_string(value) ? qb_strdup(json_string_value(value)) : qb_json_compact(value);
    int rc = text ? qb_settings_set(s, key, text) : QB_E_NOMEM;
    qb_free(text);
    return rc;
}

bool qb_identity_ignores(const qb_identity_traits *t, const qb_option *o)
{
    return (t->full_precision && o->flags & QB_KEY_QUANTIZATION) || (t->owns_levels && o->flags & QB_KEY_LEVELS) ||
           (!t->is_sgd && o->flags & QB_KEY_SGD) || (t->is_sgd && o->flags & QB_KEY_ADAM);
}

const char *qb_identity_default(const qb_identity_traits *t, const qb_option *o)
{
    const char *text = o->def;
    if (!text && o->flags & QB_OPT_LATER)
        text = qb_setting_in(t->dataset ? t->dataset->defaults : NULL, o->name);
    if (!text && o->flags & QB_OPT_LATER)
        text = qb_setting_in(t->model ? t->model->defaults : NULL, o->name);
    return text;
}

int qb_identity_is_default(const qb_identity_traits *t, const qb_option *o, const qb_value *v, bool *ret_is_default)
{
    const char *text = qb_identity_default(t, o);
    *ret_is_default = v->is_null;
    if (!text || v->is_null)
        return QB_OK;
    qb_value def;
    int rc = qb_value_parse(o, text, &def);
    QB_ASSERT(rc == QB_OK || rc == QB_E_NOMEM); /* or a table of ours is wrong */
    QB_TRY(rc);
    *ret_is_default = strcmp(def.text, v->text) == 0;
    qb_value_finish(&def);
    return QB_OK;
}

/* A key's part of the identity; none where *ret_value is NULL. */
static int key_value(const qb_identity_traits *t, const qb_option *o, const qb_value *v, json_t **ret_value)
{
    bool ignored = qb_identity_ignores(t, o), is_default = false;
    *ret_value = NULL;
    if (!(o->flags & QB_OPT_IDENTITY))
        return QB_OK;
    if (o->flags & QB_OPT_LATER && !ignored)
        QB_TRY(qb_identity_is_default(t, o, v, &is_default));
    if (o->flags & QB_OPT_LATER && (ignored || is_default))
        return QB_OK;
    *ret_value = ignored ? json_null() : qb_identity_value(o, v);
    return *ret_value ? QB_OK : QB_E_NOMEM;
}

int qb_identity_create(const qb_settings *s, const qb_identity_traits *t, json_t **ret_identity)
{
    json_t *identity = json_object();
    bool failed = !identity;
    for (size_t i = 0; !failed && i < s->n; i++) {
        json_t *value;
        failed = key_value(t, &s->schema[i], &s->values[i], &value) < 0 ||
                 (value && json_object_set_new(identity, s->schema[i].name, value) != 0);
    }
    if (failed) {
        json_decref(identity);
        return qb_err_set(QB_E_NOMEM, "out of memory");
    }
    *ret_identity = identity;
    return QB_OK;
}

static const char *flip_crop_of(const json_t *identity)
{
    const json_t *flip = json_object_get(identity, "flip"), *crop = json_object_get(identity, "crop");
    if (!json_is_boolean(flip) || !json_is_boolean(crop))
        return NULL;
    if (json_is_true(flip))
        return json_is_true(crop) ? "flip-crop" : "flip";
    return json_is_true(crop) ? "crop" : "none";
}

qb_identity_traits qb_identity_traits_of(const json_t *identity)
{
    const char *optimizer = json_string_value(json_object_get(identity, "optimizer"));
    const char *model = json_string_value(json_object_get(identity, "model"));
    const char *dataset = json_string_value(json_object_get(identity, "dataset"));
    qb_identity_traits t = {
        .full_precision = json_is_null(json_object_get(identity, "bits")),
        .owns_levels = json_is_null(json_object_get(identity, "quantizer")),
        .is_sgd = !optimizer || strcmp(optimizer, "sgd") == 0,
        .flip_crop = flip_crop_of(identity),
    };
    size_t n;
    const qb_model *models = qb_models(&n);
    for (size_t i = 0; model && i < n; i++) {
        if (strcmp(models[i].name, model) == 0)
            t.model = &models[i];
    }
    const qb_dataset_info *datasets = qb_datasets(&n);
    for (size_t i = 0; dataset && i < n; i++) {
        if (strcmp(datasets[i].name, dataset) == 0)
            t.dataset = &datasets[i];
    }
    return t;
}

json_t *qb_identity_default_value(const qb_identity_traits *t, const qb_option *o)
{
    const char *text = qb_identity_default(t, o);
    if (o->flags & QB_KEY_FLIP_CROP && t->flip_crop)
        return qb_json_text(t->flip_crop);
    if (!text)
        return o->flags & QB_OPT_LATER && !(o->flags & QB_KEY_NULL_IS_ALL) ? qb_json_text("none") : json_null();
    qb_value v;
    if (qb_value_parse(o, text, &v) < 0)
        return NULL;
    json_t *value = qb_identity_value(o, &v);
    qb_value_finish(&v);
    return value;
}

json_t *qb_identity_complete(const qb_option *schema, size_t n, const json_t *identity)
{
    const qb_identity_traits t = qb_identity_traits_of(identity);
    json_t *all = json_copy((json_t *)identity);
    bool failed = !all;
    for (size_t i = 0; !failed && i < n; i++) {
        const qb_option *o = &schema[i];
        bool is_later = o->flags & QB_OPT_IDENTITY && o->flags & QB_OPT_LATER;
        if (is_later && !json_object_get(all, o->name) && !qb_identity_ignores(&t, o))
            failed = json_object_set_new(all, o->name, qb_identity_default_value(&t, o)) != 0;
    }
    if (!failed)
        return all;
    json_decref(all);
    return NULL;
}
