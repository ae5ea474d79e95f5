/* One value: text to qb_value by the rules of its option, and the sentence that says what was expected.
 *
 * Invariant: equal values have equal canonical texts (2e-4 and 0.0002, 2.50ep and 2.5ep, 0 and ternary).
 */
#include "base/option.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_EXPECTED = 400 };

/* ---- what was expected ---- */

static bool has_range(const qb_option *o)
{
    bool is_number = o->kind == QB_KIND_INT || o->kind == QB_KIND_REAL || o->kind == QB_KIND_REALS || o->kind == QB_KIND_SPAN;
    return is_number && (o->min < o->max || o->min > o->max);
}

/* A bound this large is there because both bounds must be given; it is not worth telling. */
static bool is_open(double bound)
{
    return fabs(bound) >= 9e18;
}

void qb_option_range_text(const qb_option *o, char *buf, size_t size)
{
    char min[32], max[32];
    const char *above = o->flags & QB_OPT_MIN_OPEN ? "above" : "at least";
    buf[0] = '\0';
    if (!has_range(o) || (is_open(o->min) && is_open(o->max)))
        return;
    qb_format_real(o->min, min);
    qb_format_real(o->max, max);
    if (is_open(o->max))
        (void)snprintf(buf, size, "%s %s", above, min);
    else if (is_open(o->min))
        (void)snprintf(buf, size, "at most %s", max);
    else if (o->flags & QB_OPT_MIN_OPEN)
        (void)snprintf(buf, size, "above %s and at most %s", min, max);
    else
        (void)snprintf(buf, size, "from %s to %s", min, max);
}

static void describe(const qb_option *o, char *buf, size_t size)
{
    char range[96];
    qb_option_range_text(o, range, sizeof range);
    const char *space = !range[0] ? "" : qb_starts_with(range, "at ") ? " of " : " "; /* "of at least 1", "from 1 to 8" */
    qb_str s = {0};
    switch (o->kind) {
    case QB_KIND_BOOL:
        qb_str_add(&s, "true or false");
        break;
    case QB_KIND_INT:
        qb_str_addf(&s, "a whole number%s%s", space, range);
        break;
    case QB_KIND_REAL:
        qb_str_addf(&s, "a number%s%s", space, range);
        break;
    case QB_KIND_REALS:
        qb_str_addf(&s, "numbers%s%s separated by '/'", space, range);
        break;
    case QB_KIND_SPAN:
        qb_str_add(&s, o->flags & QB_OPT_NO_STEPS  ? "a time such as 600s (seconds)"
                       : o->flags & QB_OPT_SECONDS ? "a span such as 5ep (epochs), 200st (steps) or 60s (seconds)"
                                                 : "a span such as 5ep (epochs) or 200st (steps)");
        if (range[0])
            qb_str_addf(&s, ", %s", range);
        break;
    case QB_KIND_BITS_OF:
        qb_str_add(&s, "none, or a list such as conv1=8/fc=float (BITS: 1 to 8, ternary or float)");
        break;
    case QB_KIND_BITS:
        qb_str_add(&s, "a number of bits from 1 to 8, or ternary");
        break;
    case QB_KIND_CHOICE:
        qb_str_add(&s, o->choices[1] ? "one of " : "");
        for (size_t i = 0; o->choices[i]; i++)
            qb_str_addf(&s, "%s%s", i > 0 ? ", " : "", o->choices[i]);
        break;
    case QB_KIND_CHOICES:
        qb_str_add(&s, "none, all, or a list of");
        for (size_t i = 0; o->choices[i]; i++)
            qb_str_addf(&s, "%s %s", i > 0 ? "," : "", o->choices[i]);
        qb_str_add(&s, " separated by '/'");
        break;
    case QB_KIND_TEXT:
        qb_str_add(&s, "UTF-8 text without control characters");
        break;
    case QB_KIND_PATH:
        qb_str_add(&s, "a path");
        break;
    case QB_KIND_SPEC:
        qb_str_add(&s, "a name or name[key=value,...]");
        break;
    }
    if (o->unit && o->unit[0])
        qb_str_addf(&s, " (%s)", o->unit);
    (void)snprintf(buf, size, "%s", s.text ? s.text : "another value");
    qb_str_finish(&s);
}

/* "NAME: expected ..., got '...'" */
static int refuse(const qb_option *o, const char *text)
{
    enum { MAX_SHOWN = 60 };
    char expected[MAX_EXPECTED];
    describe(o, expected, sizeof expected);
    if (!text[0])
        return qb_err_set(QB_E_USAGE, "%s: expected %s, got nothing", o->name, expected);
    int cut = strlen(text) > MAX_SHOWN;
    int shown = (int)strlen(text);
    if (cut) {
        shown = MAX_SHOWN;
        while (shown > 0 && ((unsigned char)text[shown] & 0xC0) == 0x80)
            shown--;
    }
    return qb_err_set(QB_E_USAGE, "%s: expected %s, got '%.*s%s'", o->name, expected, shown, text, cut ? "..." : "");
}

static bool in_range(const qb_option *o, double v)
{
    if (!has_range(o))
        return true;
    return v <= o->max && (o->flags & QB_OPT_MIN_OPEN ? v > o->min : v >= o->min);
}

/* ---- kinds ---- */

static int keep_text(qb_value *v, const char *text)
{
    v->text = qb_strdup(text);
    return v->text ? QB_OK : QB_E_NOMEM;
}

static int parse_bool(const qb_option *o, const char *text, qb_value *v)
{
    static const char *const words[][3] = {{"false", "False", "FALSE"}, {"true", "True", "TRUE"}, {"no", "No", "NO"},
                                           {"yes", "Yes", "YES"},       {"off", "Off", "OFF"},    {"on", "On", "ON"},
                                           {"0", "0", "0"},             {"1", "1", "1"}}; /* as YAML writes them too */
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        for (size_t k = 0; k < 3; k++) {
            if (strcmp(text, words[i][k]) == 0) {
                v->b = i % 2;
                return keep_text(v, words[i % 2][0]);
            }
        }
    }
    return refuse(o, text);
}

static int parse_int(const qb_option *o, const char *text, qb_value *v)
{
    char canonical[32];
    if (!qb_parse_int(text, &v->i) || !in_range(o, (double)v->i))
        return refuse(o, text);
    (void)snprintf(canonical, sizeof canonical, "%lld", v->i);
    return keep_text(v, canonical);
}

static int parse_real(const qb_option *o, const char *text, qb_value *v)
{
    char canonical[32];
    if (!qb_parse_real(text, &v->r) || !in_range(o, v->r))
        return refuse(o, text);
    v->r += 0.0; /* -0 becomes 0 */
    return keep_text(v, qb_format_real(v->r, canonical));
}

/* Whole steps, fractions of epochs and seconds. Nothing is nothing in every unit: 0ep, 0s and 0 are 0st. */
static bool parse_amount(const qb_option *o, const char *amount, qb_span_unit unit, qb_value *v)
{
    static const double MAX_AMOUNT = 1e15; /* whole numbers are exact far beyond */
    long long steps = 0;
    if (unit == QB_SPAN_STEPS && !qb_parse_int(amount, &steps))
        return false;
    if (!qb_parse_real(amount, &v->r) || v->r < 0 || v->r > MAX_AMOUNT || !in_range(o, v->r))
        return false;
    v->r += 0.0; /* -0 becomes 0 */
    v->span_unit = v->r == 0 ? QB_SPAN_STEPS : unit;
    return true;
}

static int parse_span(const qb_option *o, const char *text, qb_value *v)
{
    static const struct {
        const char *suffix;
        qb_span_unit unit;
    } units[] = {{"ep", QB_SPAN_EPOCHS}, {"st", QB_SPAN_STEPS}, {"s", QB_SPAN_SECONDS}};
    static const char *const suffixes[] = {
        [QB_SPAN_STEPS] = "st", [QB_SPAN_EPOCHS] = "ep", [QB_SPAN_SECONDS] = "s"};
    enum { MAX_LENGTH = 40 };
    char amount[MAX_LENGTH + 1], canonical[48], number[32];
    double bare;
    qb_span_unit unit = 0;
    size_t length = strlen(text);
    if (length > MAX_LENGTH)
        return refuse(o, text);
    if (qb_parse_real(text, &bare)) {
        if (bare != 0) {
            (void)refuse(o, text);
            return o->flags & QB_OPT_NO_STEPS ? qb_err_hint("say which unit: %ss", text)
                   : o->flags & QB_OPT_SECONDS
                       ? qb_err_hint("say which unit: %sep, %sst or %ss", text, text, text)
                       : qb_err_hint("say which unit: %sep (epochs) or %sst (steps)", text, text);
        }
        unit = QB_SPAN_STEPS;
        text = "0";
        length = 1;
    }
    for (size_t i = 0; !unit && i < sizeof units / sizeof *units; i++) {
        bool allowed = units[i].unit == QB_SPAN_SECONDS ? o->flags & QB_OPT_SECONDS : !(o->flags & QB_OPT_NO_STEPS);
        if (allowed && qb_ends_with(text, units[i].suffix)) {
            unit = units[i].unit;
            length -= strlen(units[i].suffix);
        }
    }
    memcpy(amount, text, length);
    amount[length] = '\0';
    if (!unit || !parse_amount(o, amount, unit, v))
        return refuse(o, text);
    (void)snprintf(canonical, sizeof canonical, "%s%s", qb_format_real(v->r, number), suffixes[v->span_unit]);
    return keep_text(v, canonical);
}

static int parse_bits(const qb_option *o, const char *text, qb_value *v)
{
    bool one_digit = text[0] >= '0' && text[0] <= '8' && text[1] == '\0';
    if (!one_digit && strcmp(text, "ternary") != 0)
        return refuse(o, text);
    v->i = one_digit ? text[0] - '0' : 0;
    return keep_text(v, v->i == 0 ? "ternary" : text);
}

/* One PATTERN=BITS of a list; its canonical text, or NULL: bad form or out of memory (*ret_memory). */
static char *canonical_item(const char *item, size_t n, bool *ret_memory)
{
    static const char suffix[] = ".weight";
    char *copy = qb_strndup(item, n), *canonical = NULL;
    char *equals = copy ? strchr(copy, '=') : NULL;
    *ret_memory = copy == NULL;
    if (equals && equals > copy && strcspn(copy, " \t,[]'\"") == n) {
        const char *bits = equals + 1;
        bool one_digit = bits[0] >= '0' && bits[0] <= '8' && bits[1] == '\0';
        size_t length = (size_t)(equals - copy);
        if (length > strlen(suffix) && strncmp(equals - strlen(suffix), suffix, strlen(suffix)) == 0)
            length -= strlen(suffix);
        copy[length] = '\0';
        if (one_digit || strcmp(bits, "ternary") == 0 || strcmp(bits, "float") == 0) {
            canonical = qb_sprintf("%s=%s", copy, bits[0] == '0' ? "ternary" : bits);
            *ret_memory = canonical == NULL;
        }
    }
    qb_free(copy);
    return canonical;
}

/* Is there a later item for the same pattern? item: canonical. */
static bool is_overruled(const char *item, const char *rest)
{
    size_t n = strcspn(item, "=");
    for (const char *p = rest; *p; p += strcspn(p, "/"), p += *p == '/') {
        size_t pattern = strcspn(p, "=");
        size_t without = pattern > 7 && strncmp(p + pattern - 7, ".weight", 7) == 0 ? pattern - 7 : pattern;
        if (without == n && strncmp(p, item, n) == 0)
            return true;
    }
    return false;
}

static int parse_bits_of(const qb_option *o, const char *text, qb_value *v)
{
    if (strcmp(text, "none") == 0)
        return keep_text(v, text);
    qb_str canonical = {0};
    for (const char *p = text;;) {
        size_t n = strcspn(p, "/");
        bool no_memory;
        char *item = canonical_item(p, n, &no_memory);
        if (!item) {
            qb_str_finish(&canonical);
            return no_memory ? QB_E_NOMEM : refuse(o, text);
        }
        if (!is_overruled(item, p[n] ? p + n + 1 : ""))
            qb_str_addf(&canonical, "%s%s", canonical.length ? "/" : "", item);
        qb_free(item);
        if (!p[n])
            break;
        p += n + 1;
    }
    v->text = qb_str_take(&canonical);
    return v->text ? QB_OK : QB_E_NOMEM;
}

static int parse_reals(const qb_option *o, const char *text, qb_value *v)
{
    size_t capacity = 1;
    for (const char *p = text; *p; p++)
        capacity += *p == '/';
    if (!(v->reals = qb_alloc(capacity, sizeof *v->reals)))
        return QB_E_NOMEM;
    qb_str canonical = {0};
    for (const char *p = text; *text;) {
        char number[64], shown[32];
        double r;
        size_t length = strcspn(p, "/");
        bool fits = length < sizeof number;
        memcpy(number, p, fits ? length : 0);
        number[fits ? length : 0] = '\0';
        if (!qb_parse_real(number, &r) || !in_range(o, r)) {
            qb_str_finish(&canonical);
            return refuse(o, text);
        }
        r += 0.0; /* -0 becomes 0 */
        v->reals[v->n_reals++] = r;
        qb_str_addf(&canonical, "%s%s", v->n_reals > 1 ? "/" : "", qb_format_real(r, shown));
        if (!p[length])
            break;
        p += length + 1;
    }
    v->text = qb_str_take(&canonical);
    return v->text ? QB_OK : QB_E_NOMEM;
}

static int parse_choice(const qb_option *o, const char *text, qb_value *v)
{
    size_t n = 0;
    for (; o->choices[n]; n++) {
        if (strcmp(text, o->choices[n]) == 0)
            return keep_text(v, text);
    }
    int rc = refuse(o, text);
    const char *nearest = qb_nearest_name(text, o->choices, n);
    return nearest ? qb_err_hint("did you mean '%s'?", nearest) : rc;
}

/* The canonical text of a set of choices. */
static int keep_choices(const qb_option *o, qb_value *v)
{
    qb_str s = {0};
    bool is_all = true;
    for (size_t k = 0; o->choices[k]; k++) {
        bool is_in = v->i >> k & 1;
        is_all = is_all && is_in;
        if (is_in)
            qb_str_addf(&s, "%s%s", s.length > 0 ? "/" : "", o->choices[k]);
    }
    int rc = s.failed ? QB_E_NOMEM : keep_text(v, v->i == 0 ? "none" : is_all ? "all" : s.text);
    qb_str_finish(&s);
    return rc;
}

static int parse_choices(const qb_option *o, const char *text, qb_value *v)
{
    size_t n_choices = 0;
    while (o->choices[n_choices])
        n_choices++;
    if (strcmp(text, "all") == 0)
        v->i = (1LL << n_choices) - 1;
    bool is_list = strcmp(text, "all") != 0 && strcmp(text, "none") != 0;
    for (const char *p = text; is_list;) {
        size_t n = strcspn(p, "/"), k = 0;
        while (k < n_choices && (strlen(o->choices[k]) != n || strncmp(o->choices[k], p, n) != 0))
            k++;
        if (k == n_choices) {
            char *word = qb_strndup(p, n);
            if (!word)
                return QB_E_NOMEM;
            int rc = refuse(o, text);
            const char *nearest = qb_nearest_name(word, o->choices, n_choices);
            qb_free(word);
            return nearest ? qb_err_hint("did you mean '%s'?", nearest) : rc;
        }
        v->i |= 1LL << k;
        is_list = p[n] != '\0';
        p += n + 1;
    }
    return keep_choices(o, v);
}

static int parse_text(const qb_option *o, const char *text, qb_value *v)
{
    for (const char *p = text; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7F)
            return refuse(o, text);
    }
    if (!qb_utf8_valid(text, strlen(text)))
        return refuse(o, text);
    return keep_text(v, text);
}

static int parse_spec(const qb_option *o, const char *text, qb_value *v)
{
    qb_spec spec;
    int rc = qb_spec_parse(text, &spec);
    if (rc < 0)
        return rc == QB_E_NOMEM ? rc : qb_err_add("%s", o->name);
    qb_spec_finish(&spec);
    return parse_text(o, text, v);
}

static int parse_path(const qb_option *o, const char *text, qb_value *v)
{
    return text[0] ? keep_text(v, text) : refuse(o, text);
}

int qb_value_parse(const qb_option *o, const char *text, qb_value *ret)
{
    static int (*const parsers[])(const qb_option *, const char *, qb_value *) = {
        [QB_KIND_BOOL] = parse_bool,     [QB_KIND_INT] = parse_int,   [QB_KIND_REAL] = parse_real,
        [QB_KIND_TEXT] = parse_text,     [QB_KIND_SPAN] = parse_span, [QB_KIND_CHOICE] = parse_choice,
        [QB_KIND_BITS] = parse_bits,     [QB_KIND_SPEC] = parse_spec, [QB_KIND_REALS] = parse_reals,
        [QB_KIND_BITS_OF] = parse_bits_of, [QB_KIND_PATH] = parse_path,     [QB_KIND_CHOICES] = parse_choices,
    };
    QB_ASSERT(o->kind >= QB_KIND_BOOL && o->kind <= QB_KIND_CHOICES);
    qb_value v = {0};
    int rc;
    if (!text[0] && o->flags & QB_OPT_NULLABLE) {
        v.is_null = true;
        rc = keep_text(&v, "");
    } else {
        rc = parsers[o->kind](o, text, &v);
    }
    if (rc < 0) {
        qb_value_finish(&v);
        return rc;
    }
    *ret = v;
    return QB_OK;
}

void qb_value_finish(qb_value *v)
{
    qb_free(v->reals);
    qb_free(v->text);
    *v = (qb_value){0};
}
