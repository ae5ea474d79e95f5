/* Names and specs: a spec is a name with arguments, "parq[steepness=10,anneal=cosine]".
 *
 * Invariant: qb_spec_parse accepts what qb_spec_canonical writes.
 */
#include "base/option.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <string.h>

/* '-' and '_' are the same letter in names. */
bool qb_option_name_equal(const char *a, const char *b)
{
    for (; *a && *b; a++, b++) {
        if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
            return false;
    }
    return *a == *b;
}

static int refuse(const char *text, const char *why)
{
    (void)qb_err_set(QB_E_USAGE, "expected name or name[key=value,...], got '%.100s': %s", text, why);
    return qb_err_hint("write it like parq[steepness=10]; lists are separated by '/'");
}

static const char *skip_spaces(const char *p)
{
    return p + strspn(p, " ");
}

/* Copies [begin, end) without the spaces around it. */
static char *copy_trimmed(const char *begin, const char *end)
{
    while (begin < end && *begin == ' ')
        begin++;
    while (end > begin && end[-1] == ' ')
        end--;
    return qb_strndup(begin, (size_t)(end - begin));
}

/* What has a '/' is the path of a plugin, and folders are called what they are called. */
static size_t name_length(const char *text)
{
    size_t n = strcspn(text, "[]");
    if (memchr(text, '/', n)) {
        while (n > 0 && text[n - 1] == ' ')
            n--;
        return n;
    }
    n = 0;
    while (isalnum((unsigned char)text[n]) || (text[n] && strchr("-_.+/", text[n])))
        n++;
    return n;
}

static int parse_arg(const char *text, const char *arg, const char *end, qb_spec *s)
{
    const char *equals = memchr(arg, '=', (size_t)(end - arg));
    if (!equals)
        return refuse(text, skip_spaces(arg) == end ? "an argument is empty" : "an argument has no '='");
    if (memchr(equals + 1, '=', (size_t)(end - equals - 1)))
        return refuse(text, "an argument has two '='");
    s->n_args++; /* finish frees half an argument too */
    char *key = s->args[s->n_args - 1].key = copy_trimmed(arg, equals);
    char *value = s->args[s->n_args - 1].value = copy_trimmed(equals + 1, end);
    if (!key || !value)
        return QB_E_NOMEM;
    if (!key[0])
        return refuse(text, "an argument has no key");
    for (size_t i = 0; i + 1 < s->n_args; i++) {
        if (qb_option_name_equal(s->args[i].key, key))
            return refuse(text, "a key is given twice");
    }
    return QB_OK;
}

/* p: behind the '['. */
static int parse_args(const char *text, const char *p, qb_spec *s)
{
    const char *close = p + strcspn(p, "[]");
    if (*close != ']')
        return refuse(text, *close ? "a '[' inside of '['" : "the ']' is missing");
    if (*skip_spaces(close + 1))
        return refuse(text, "something follows the ']'");
    if (skip_spaces(p) == close)
        return QB_OK;
    size_t n = 1;
    for (const char *c = p; c < close; c++)
        n += *c == ',';
    if (!(s->args = qb_alloc(n, sizeof *s->args)))
        return QB_E_NOMEM;
    for (;;) {
        const char *comma = memchr(p, ',', (size_t)(close - p));
        QB_TRY(parse_arg(text, p, comma ? comma : close, s));
        if (!comma)
            return QB_OK;
        p = comma + 1;
    }
}

int qb_spec_parse(const char *text, qb_spec *ret)
{
    const char *name = skip_spaces(text);
    size_t n = name_length(name);
    const char *p = skip_spaces(name + n);
    if (n == 0)
        return refuse(text, "the name is missing");
    if (*p && *p != '[')
        return refuse(text, *p == ']' ? "a ']' without '['" : "a name holds letters, digits and - _ . + only");
    qb_spec s = {.name = qb_strndup(name, n)};
    int rc = !s.name ? QB_E_NOMEM : *p ? parse_args(text, p + 1, &s) : QB_OK;
    if (rc < 0) {
        qb_spec_finish(&s);
        return rc;
    }
    *ret = s;
    return QB_OK;
}

void qb_spec_finish(qb_spec *s)
{
    for (size_t i = 0; i < s->n_args; i++) {
        qb_free(s->args[i].key);
        qb_free(s->args[i].value);
    }
    qb_free(s->args);
    qb_free(s->name);
    *s = (qb_spec){0};
}
