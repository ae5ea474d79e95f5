/* Pieces that several verbs print: schemas and specs as JSON, numbers for people. */
#ifndef QB_DESCRIBE_H
#define QB_DESCRIBE_H

#include "base/json.h"
#include "base/option.h"
#include "base/str.h"
#include "quant/plugin.h"

/* A schema as a list of {name, kind, default, min, max, choices, unit, help}. NULL: out of memory. */
json_t *qb_describe_options(const qb_option *options, size_t n);

/* 12345678 -> "12,345,678". buf >= 32 bytes. */
const char *qb_describe_count(long long value, char *buf);

/* A number that only the data tell (below 0) is "as many as there are", or null. */
const char *qb_describe_known(long long value, char *buf);
json_t *qb_describe_known_json(long long value);

/* Adds `text` wrapped to 80 columns, every line behind `indent` spaces. */
void qb_describe_text(qb_str *s, const char *text, size_t indent);

/* Adds "LABEL:   value"; nothing when value is NULL or empty. */
void qb_describe_field(qb_str *s, const char *label, const char *value);

/* Adds ", 2 bits" or ", ternary" for key `bits` of a run; nothing for null. */
void qb_describe_bits(qb_str *s, const json_t *bits);

/* Adds the heading "Options, as NAME[option=value,...]" and the table; "No options." for an empty schema. */
void qb_describe_settings(qb_str *s, const char *name, const qb_option *options, size_t n);

/* Something that images go through: a value of key `augment`, a transform, or a way of mixing batches. */
typedef struct qb_transform_text {
    const char *kind, *name, *title, *source; /* source: NULL: none */
} qb_transform_text;

enum { QB_TRANSFORM_TEXTS = 32 };

/* All of them; returns how many. */
size_t qb_describe_transforms(qb_transform_text ret_texts[QB_TRANSFORM_TEXTS]);

#endif
