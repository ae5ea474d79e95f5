/* Pieces that several verbs print. */
#include "cli/describe.h"

#include "base/err.h"
#include "base/mem.h"
#include "datasets/chain.h"
#include "train/mixing.h"

#include <stdio.h>
#include <string.h>

static const char *kind_name(qb_kind kind)
{
    static const char *const names[] = {[QB_KIND_BOOL] = "bool",     [QB_KIND_INT] = "int",   [QB_KIND_REAL] = "real",
                                        [QB_KIND_TEXT] = "text",     [QB_KIND_CHOICE] = "choice",
                                        [QB_KIND_SPAN] = "span",     [QB_KIND_BITS] = "bits", [QB_KIND_BITS_OF] = "bits_of", [QB_KIND_REALS] = "reals",
                                        [QB_KIND_SPEC] = "spec",     [QB_KIND_PATH] = "path",
                                        [QB_KIND_CHOICES] = "choices"};
    return names[kind];
}

static json_t *describe_option(const qb_option *o)
{
    bool has_range = o->min < o->max;
    json_t *choices = NULL;
    if (o->kind == QB_KIND_CHOICE || o->kind == QB_KIND_CHOICES) {
        choices = json_array();
        for (const char *const *c = o->choices; *c; c++)
            json_array_append_new(choices, qb_json_text(*c));
    }
    return qb_json_pack("{s:s, s:s, s:s?, s:o, s:o, s:o?, s:s, s:s}", "name", o->name, "kind", kind_name(o->kind), "default",
                        o->def, "min", has_range ? qb_json_real(o->min) : json_null(), "max",
                        has_range ? qb_json_real(o->max) : json_null(), "choices", choices, "unit", o->unit ? o->unit : "",
                        "help", o->help ? o->help : "");
}

json_t *qb_describe_options(const qb_option *options, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        if (json_array_append_new(list, describe_option(&options[i])) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

const char *qb_describe_count(long long value, char *buf)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%lld", value), out = 0;
    for (int i = 0; i < n; i++) {
        buf[out++] = digits[i];
        int left = n - 1 - i;
        if (left > 0 && left % 3 == 0 && digits[i] != '-')
            buf[out++] = ',';
    }
    buf[out] = '\0';
    return buf;
}

const char *qb_describe_known(long long value, char *buf)
{
    return value < 0 ? "as many as there are" : qb_describe_count(value, buf);
}

json_t *qb_describe_known_json(long long value)
{
    return value < 0 ? json_null() : json_integer(value);
}

void qb_describe_text(qb_str *s, const char *text, size_t indent)
{
    qb_str_add_wrapped(s, text, indent);
    qb_str_add(s, "\n");
}

void qb_describe_field(qb_str *s, const char *label, const char *value)
{
    enum { COLUMN = 16 };
    if (!value || !value[0])
        return;
    qb_str wrapped = {0};
    qb_describe_text(&wrapped, value, COLUMN);
    s->failed = s->failed || wrapped.failed;
    if (!s->failed)
        qb_str_addf(s, "%-*s%s", COLUMN, label, wrapped.text + COLUMN);
    qb_str_finish(&wrapped);
}

void qb_describe_bits(qb_str *s, const json_t *bits)
{
    if (json_is_integer(bits))
        qb_str_addf(s, ", %lld bit%s", (long long)json_integer_value(bits), json_integer_value(bits) == 1 ? "" : "s");
    else if (json_is_string(bits))
        qb_str_addf(s, ", %s", json_string_value(bits));
}

void qb_describe_settings(qb_str *s, const char *name, const qb_option *options, size_t n)
{
    if (n == 0) {
        qb_str_add(s, "\nNo options.\n");
        return;
    }
    char *table = qb_options_help_keys(options, n);
    if (!table) {
        s->failed = true;
        return;
    }
    qb_str_addf(s, "\nOptions, written %s[option=value,option=value]:\n%s", name, table);
    qb_free(table);
}

size_t qb_describe_transforms(qb_transform_text ret_texts[QB_TRANSFORM_TEXTS])
{
    size_t n = 0, n_augmentations, n_transforms, n_mixings;
    const qb_augmentation_kind *augmentations = qb_augmentation_kinds(&n_augmentations);
    const qb_transform *transforms = qb_transforms(&n_transforms);
    const qb_mixing_kind *mixings = qb_mixing_kinds(&n_mixings);
    QB_ASSERT(n_augmentations + n_transforms + n_mixings <= QB_TRANSFORM_TEXTS);
    for (size_t i = 0; i < n_augmentations; i++)
        ret_texts[n++] = (qb_transform_text){"augment", augmentations[i].name, augmentations[i].title, augmentations[i].source};
    for (size_t i = 0; i < n_transforms; i++)
        ret_texts[n++] = (qb_transform_text){"transform", transforms[i].name, transforms[i].title, transforms[i].source};
    for (size_t i = 0; i < n_mixings; i++)
        ret_texts[n++] = (qb_transform_text){"batch", mixings[i].name, mixings[i].title, mixings[i].source};
    return n;
}
