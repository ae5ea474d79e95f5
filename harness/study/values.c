/* Values of a run's keys. See values.h. */
#include "study/values.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "train/config.h"
#include "train/identity.h"

#include <string.h>

json_t *qb_study_value(const qb_option *o, const char *text)
{
    qb_value v;
    if (qb_value_parse(o, text, &v) < 0)
        return NULL;
    bool typed = v.is_null || o->kind == QB_KIND_BOOL || o->kind == QB_KIND_INT || o->kind == QB_KIND_REAL || o->kind == QB_KIND_BITS;
    json_t *value = typed ? qb_identity_value(o, &v) : qb_json_text(text);
    qb_value_finish(&v);
    if (!value)
        (void)qb_err_set(QB_E_NOMEM, "out of memory");
    return value;
}

char *qb_study_label(const json_t *value)
{
    char buffer[32];
    if (!value || json_is_null(value))
        return qb_strdup("");
    if (json_is_string(value))
        return qb_strdup(json_string_value(value));
    if (json_is_integer(value))
        return qb_sprintf("%lld", (long long)json_integer_value(value));
    if (json_is_real(value))
        return qb_strdup(qb_format_real(json_real_value(value), buffer));
    if (json_is_boolean(value))
        return qb_strdup(json_is_true(value) ? "true" : "false");
    return qb_json_compact(value);
}

bool qb_study_null_counts(const char *key)
{
    size_t n;
    const qb_option *schema = qb_run_schema(&n), *o = qb_option_find(schema, n, key);
    return o && o->flags & QB_KEY_NULL_IS_ALL;
}

bool qb_study_value_equal(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b))
        return json_number_value(a) == json_number_value(b);
    return json_equal(a, b);
}

/* Class of a value, and its place among numbers. */
static int rank(const json_t *v, double *ret_number)
{
    *ret_number = 0;
    if (!v || json_is_null(v))
        return 0;
    if (json_is_number(v)) {
        *ret_number = json_number_value(v);
        return 1;
    }
    if (json_is_string(v) && strcmp(json_string_value(v), "ternary") == 0) {
        *ret_number = 1.5849625007211562; /* log2(3) bits */
        return 1;
    }
    if (json_is_string(v))
        return strcmp(json_string_value(v), "none") == 0 ? 2 : 3;
    return 4;
}

int qb_study_value_compare(const json_t *a, const json_t *b)
{
    double x, y;
    int rank_a = rank(a, &x), rank_b = rank(b, &y);
    if (rank_a != rank_b)
        return rank_a < rank_b ? -1 : 1;
    if (x != y)
        return x < y ? -1 : 1;
    if (json_is_string(a) && json_is_string(b))
        return strcmp(json_string_value(a), json_string_value(b));
    return (int)json_is_true(a) - (int)json_is_true(b);
}
