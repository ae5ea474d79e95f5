/* JSON values from a format, as Jansson's json_pack, with two differences: any bytes make a string, and any number a
 * number or null. So the only way to fail is a lack of memory.
 *
 * Invariant: all arguments are taken, also after a failure: references handed over never leak.
 */
#include "base/json.h"

#include "base/err.h"

#include <stdarg.h>
#include <string.h>

typedef struct packer {
    const char *at;
    va_list args;
    bool failed;
} packer;

static json_t *pack_value(packer *p);

/* The next mark of the format; what only helps to read it is passed over. */
static char next_mark(packer *p)
{
    p->at += strspn(p->at, " ,:");
    return *p->at ? *p->at++ : '\0';
}

static json_t *pack_object(packer *p)
{
    json_t *object = json_object();
    for (char mark = next_mark(p); mark != '}'; mark = next_mark(p)) {
        QB_ASSERT(mark == 's');
        const char *key = va_arg(p->args, const char *);
        if (json_object_set_new_nocheck(object, key, pack_value(p)) != 0)
            p->failed = true;
    }
    return object;
}

static json_t *pack_array(packer *p)
{
    json_t *array = json_array();
    while (p->at += strspn(p->at, " ,"), *p->at != ']') {
        if (json_array_append_new(array, pack_value(p)) != 0)
            p->failed = true;
    }
    p->at++;
    return array;
}

static json_t *null_if_optional(packer *p, json_t *value)
{
    if (*p->at != '?')
        return value;
    p->at++;
    return value ? value : json_null();
}

static json_t *pack_value(packer *p)
{
    const char *text;
    switch (next_mark(p)) {
    case '{':
        return pack_object(p);
    case '[':
        return pack_array(p);
    case 's':
        text = va_arg(p->args, const char *);
        if (!text)
            return null_if_optional(p, NULL);
        p->at += *p->at == '?';
        return qb_json_text(text);
    case 'o':
        return null_if_optional(p, va_arg(p->args, json_t *));
    case 'O':
        return json_incref(va_arg(p->args, json_t *));
    case 'i':
        return json_integer(va_arg(p->args, int));
    case 'I':
        return json_integer(va_arg(p->args, json_int_t));
    case 'b':
        return json_boolean(va_arg(p->args, int));
    case 'f':
        return qb_json_real(va_arg(p->args, double));
    case 'n':
        return json_null();
    default:
        QB_ASSERT(!"a mark of the format");
        return NULL;
    }
}

json_t *qb_json_pack(const char *format, ...)
{
    packer p = {.at = format};
    va_start(p.args, format);
    json_t *value = pack_value(&p);
    va_end(p.args);
    QB_ASSERT(*p.at == '\0');
    if (!p.failed)
        return value;
    json_decref(value);
    return NULL;
}
