/* Help text of a schema, in two columns that fit 80: what to write, what it does. */
#include "base/option.h"

#include "base/mem.h"
#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 80, INDENT = 2, HELP_COLUMN = 28 };
static const double GUARD = 1e6; /* upper bounds from here on only keep nonsense out: errors say them, help does not */

static const char *placeholder(qb_kind kind)
{
    switch (kind) {
    case QB_KIND_BOOL:
        return "BOOL";
    case QB_KIND_INT:
        return "N";
    case QB_KIND_REAL:
        return "X";
    case QB_KIND_TEXT:
        return "TEXT";
    case QB_KIND_CHOICE:
        return "NAME";
    case QB_KIND_SPAN:
        return "SPAN";
    case QB_KIND_BITS:
        return "BITS";
    case QB_KIND_BITS_OF:
        return "PATTERN=BITS/...";
    case QB_KIND_REALS:
        return "X/X/...";
    case QB_KIND_SPEC:
        return "SPEC";
    case QB_KIND_PATH:
        return "PATH";
    case QB_KIND_CHOICES:
        return "NAME/...";
    }
    return "VALUE";
}

static bool is_on_by_default(const qb_option *o)
{
    return o->def && (strcmp(o->def, "true") == 0 || strcmp(o->def, "yes") == 0 || strcmp(o->def, "on") == 0 ||
                      strcmp(o->def, "1") == 0);
}

/* "--anneal-end SPAN", "--[no-]flip" where it is on or left to others by default, or "anneal_end=SPAN". */
static void add_form(qb_str *s, const qb_option *o, bool as_flags)
{
    if (!as_flags) {
        qb_str_addf(s, "%s=%s", o->name, placeholder(o->kind));
        return;
    }
    bool can_go_off = o->kind == QB_KIND_BOOL && (is_on_by_default(o) || o->flags & QB_OPT_NULLABLE);
    qb_str_add(s, can_go_off ? "--[no-]" : "--");
    for (const char *p = o->name; *p; p++)
        qb_str_addn(s, *p == '_' ? "-" : p, 1);
    if (o->kind != QB_KIND_BOOL)
        qb_str_addf(s, " %s", placeholder(o->kind));
}

static void add_detail(qb_str *s, const char *before, const char *text, bool *is_first)
{
    if (!text || !text[0])
        return;
    qb_str_addf(s, "%s%s%s", *is_first ? " (" : "; ", before, text);
    *is_first = false;
}

/* Help clause, then in brackets: choices, unit, range, default. */
static void add_description(qb_str *s, const qb_option *o)
{
    bool is_first = true;
    char range[96];
    qb_str choices = {0};
    qb_option shown = *o;
    if (shown.min < shown.max && shown.max >= GUARD)
        shown.max = INFINITY;
    qb_option_range_text(&shown, range, sizeof range);
    bool is_choice = o->kind == QB_KIND_CHOICE || o->kind == QB_KIND_CHOICES;
    for (size_t i = 0; is_choice && o->choices[i]; i++)
        qb_str_addf(&choices, "%s%s", i > 0 ? ", " : o->kind == QB_KIND_CHOICES ? "none, all, " : "", o->choices[i]);
    s->failed = s->failed || choices.failed;
    qb_str_add(s, o->help ? o->help : "");
    add_detail(s, "", choices.text, &is_first);
    if (o->kind == QB_KIND_BITS)
        add_detail(s, "", "1 to 8, or ternary", &is_first);
    if (o->kind == QB_KIND_SPAN)
        add_detail(s, "", o->flags & QB_OPT_NO_STEPS ? "60s" : o->flags & QB_OPT_SECONDS ? "5ep, 200st or 60s" : "5ep or 200st", &is_first);
    add_detail(s, "", o->unit, &is_first);
    add_detail(s, "", range, &is_first);
    if (o->flags & QB_OPT_REQUIRED)
        add_detail(s, "", "required", &is_first);
    add_detail(s, "default ", o->def, &is_first);
    if (!is_first)
        qb_str_add(s, ")");
    qb_str_finish(&choices);
}

/* Appends words from `column` on, with further lines indented to `indent`. */
static void add_wrapped(qb_str *s, const char *text, size_t column, size_t indent)
{
    for (const char *word = text; *word;) {
        size_t n = strcspn(word, " ");
        bool is_line_start = column == indent;
        if (!is_line_start && column + 1 + n > WIDTH) {
            qb_str_addf(s, "\n%*s", (int)indent, "");
            column = indent;
            is_line_start = true;
        }
        qb_str_add(s, is_line_start ? "" : " ");
        qb_str_addn(s, word, n);
        column += n + !is_line_start;
        word += n + strspn(word + n, " ");
    }
    qb_str_add(s, "\n");
}

static void add_row(qb_str *s, const qb_option *o, bool as_flags)
{
    qb_str form = {0}, description = {0};
    add_form(&form, o, as_flags);
    add_description(&description, o);
    s->failed = s->failed || form.failed || description.failed;
    if (!s->failed) {
        bool fits = INDENT + form.length + 2 <= HELP_COLUMN;
        qb_str_addf(s, "%*s%s", INDENT, "", form.text);
        if (fits)
            qb_str_addf(s, "%*s", (int)(HELP_COLUMN - INDENT - form.length), "");
        else
            qb_str_addf(s, "\n%*s", HELP_COLUMN, "");
        add_wrapped(s, description.text ? description.text : "", HELP_COLUMN, HELP_COLUMN);
    }
    qb_str_finish(&form);
    qb_str_finish(&description);
}

char *qb_options_help(const qb_option *schema, size_t n, const char *group)
{
    qb_str s = {0};
    const char *current = NULL;
    for (size_t i = 0; i < n; i++) {
        const qb_option *o = &schema[i];
        bool is_same = o->group && current && strcmp(o->group, current) == 0;
        if (group && !(o->group && strcmp(o->group, group) == 0))
            continue;
        if (!group && o->group && !is_same)
            qb_str_addf(&s, "%s%s:\n", s.length > 0 ? "\n" : "", o->group);
        current = o->group;
        add_row(&s, o, true);
    }
    return qb_str_take(&s);
}

char *qb_options_help_keys(const qb_option *schema, size_t n)
{
    qb_str s = {0};
    for (size_t i = 0; i < n; i++)
        add_row(&s, &schema[i], false);
    return qb_str_take(&s);
}
