/* What a plugin says about itself, member by member; each refusal names the file, the member, what was got and what
 * was wanted. Nothing of the plugin is called here.
 */
#include "quant/plugin_check.h"

#include "base/err.h"
#include "base/mem.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    KNOWN_CAPS = QB_CAP_EDITS_LATENT | QB_CAP_OWN_LEVELS | QB_CAP_OWN_STEP | QB_CAP_FULL_PRECISION | QB_CAP_PARALLEL_VIEWS,
    KNOWN_TRAITS = QB_TRAIT_IDENTITY_BEFORE | QB_TRAIT_HARD_AFTER | QB_TRAIT_MONOTONE | QB_TRAIT_ODD |
                   QB_TRAIT_NONEXPANSIVE | QB_TRAIT_ROW_SYMMETRIC,
    MAX_OPTIONS = 64, /* more is a number that was never set */
};

#define REFUSE(...) qb_err_set(QB_E_UNAVAILABLE, __VA_ARGS__)

int qb_plugin_check_head(const qb_plugin_head *h, const char *path)
{
    if (h->abi_major != QB_SOLVER_ABI_MAJOR) {
        REFUSE("%s: abi_major: expected %u, got %" PRIu32, path, QB_SOLVER_ABI_MAJOR, h->abi_major);
        return qb_err_hint("rebuild the plugin with this program's <qatbench/solver.h>");
    }
    if (h->abi_minor > QB_SOLVER_ABI_MINOR) {
        REFUSE("%s: abi_minor: expected at most %u, got %" PRIu32, path, QB_SOLVER_ABI_MINOR, h->abi_minor);
        return qb_err_hint("use a newer qatbench, or rebuild the plugin with this program's <qatbench/solver.h>");
    }
    const struct {
        const char *member;
        uint32_t got;
        size_t least, most;
    } sizes[] = {{"size", h->size, QB_SOLVER_BYTES_1_0, sizeof(qb_solver)},
                 {"option_size", h->option_size, QB_SOLVER_OPTION_BYTES_1_0, sizeof(qb_solver_option)}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i].got < sizes[i].least || sizes[i].got > sizes[i].most || sizes[i].got % 8 != 0) {
            REFUSE("%s: %s: expected %zu to %zu bytes in version %" PRIu32 ".%" PRIu32 ", got %" PRIu32, path,
                   sizes[i].member, sizes[i].least, sizes[i].most, h->abi_major, h->abi_minor, sizes[i].got);
            return qb_err_hint("start the initializer with QB_SOLVER_HEAD");
        }
    if (h->symbol_bytes < h->size)
        return REFUSE("%s: size: %" PRIu32 " bytes, but the symbol qb_solver_v1 has %" PRIu64, path, h->size,
                      h->symbol_bytes);
    if (h->caps & ~(uint32_t)KNOWN_CAPS)
        return REFUSE("%s: caps: expected bits of 0x%x, got 0x%" PRIx32, path, KNOWN_CAPS, h->caps);
    if (h->traits & ~(uint32_t)KNOWN_TRAITS)
        return REFUSE("%s: traits: expected bits of 0x%x, got 0x%" PRIx32, path, KNOWN_TRAITS, h->traits);
    return 0;
}

static bool is_printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

/* Letters, digits, '-' and '_': what can stand in a spec, in a key of a run and in a file name. */
static bool is_solver_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    return n > 0 && name[n] == '\0' && name[0] != '-';
}

static bool is_snake_case(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return n > 0 && name[n] == '\0' && name[0] >= 'a' && name[0] <= 'z' && name[n - 1] != '_';
}

static int check_texts(const qb_solver *s, const char *stem, const char *path)
{
    const struct {
        const char *member, *text;
    } texts[] = {{"name", s->name}, {"title", s->title}, {"version", s->version}, {"source", s->source}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!texts[i].text || !texts[i].text[0])
            return REFUSE("%s: %s: expected a text, got %s", path, texts[i].member, texts[i].text ? "an empty one" : "NULL");
        if (!is_printable(texts[i].text))
            return REFUSE("%s: %s: expected one line, got control characters", path, texts[i].member);
    }
    if (!is_solver_name(s->name))
        return REFUSE("%s: name: expected letters, digits, '-' and '_', got '%s'", path, s->name);
    if (strcmp(s->name, stem) != 0)
        return REFUSE("%s: name: expected '%s' as the file is called, got '%s'", path, stem, s->name);
    return 0;
}

/* Promises that exclude each other, and hooks that need one another. */
static int check_consistency(const qb_solver *s, const char *path)
{
    const uint32_t caps = s->caps;
    const struct {
        bool broken;
        const char *why;
    } rules[] = {
        {(caps & QB_CAP_FULL_PRECISION) && (caps & QB_CAP_OWN_LEVELS),
         "caps: FULL_PRECISION excludes OWN_LEVELS: there are no levels"},
        {(caps & QB_CAP_OWN_STEP) && !(caps & QB_CAP_EDITS_LATENT),
         "caps: OWN_STEP needs EDITS_LATENT: the step is made on x"},
        {(caps & QB_CAP_OWN_STEP) && !s->after_step, "after_step: expected a function under OWN_STEP, got NULL"},
        {(caps & QB_CAP_FULL_PRECISION) && (s->traits & QB_TRAIT_HARD_AFTER),
         "traits: FULL_PRECISION excludes HARD_AFTER: there are no levels"},
        {s->save && !s->load, "load: expected a function beside save, got NULL"},
        {s->load && !s->save, "save: expected a function beside load, got NULL"},
        {s->destroy && !s->create, "create: expected a function beside destroy, got NULL"},
        {s->n_options > 0 && !s->options, "options: expected an array of n_options, got NULL"},
        {s->n_options == 0 && s->options, "n_options: expected the number of options, got 0"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].broken)
            return REFUSE("%s: %s", path, rules[i].why);
    return 0;
}

int qb_plugin_check_solver(const qb_solver *s, const char *stem, const char *path)
{
    QB_TRY(check_texts(s, stem, path));
    if (!s->project)
        return REFUSE("%s: project: expected a function, got NULL", path);
    if (s->reserved != 0)
        return REFUSE("%s: reserved: expected 0, got %" PRIu32, path, s->reserved);
    if (s->n_options > MAX_OPTIONS)
        return REFUSE("%s: n_options: expected at most %d, got %" PRIu32, path, MAX_OPTIONS, s->n_options);
    return check_consistency(s, path);
}

static qb_kind kind_of(uint32_t kind)
{
    switch (kind) {
    case QB_OPTION_BOOL: return QB_KIND_BOOL;
    case QB_OPTION_INT: return QB_KIND_INT;
    case QB_OPTION_REAL: return QB_KIND_REAL;
    case QB_OPTION_CHOICE: return QB_KIND_CHOICE;
    case QB_OPTION_REALS: return QB_KIND_REALS;
    default: return 0;
    }
}

static int check_choices(const qb_solver_option *o, const char *path)
{
    if (o->kind != QB_OPTION_CHOICE && o->choices)
        return REFUSE("%s: option %s: choices: expected NULL for this kind, got a list", path, o->name);
    if (o->kind != QB_OPTION_CHOICE)
        return 0;
    if (!o->choices || !o->choices[0])
        return REFUSE("%s: option %s: choices: expected at least one, got none", path, o->name);
    for (size_t i = 0; o->choices[i]; i++) {
        if (!is_solver_name(o->choices[i]))
            return REFUSE("%s: option %s: choices: expected letters, digits, '-' and '_', got '%s'", path, o->name,
                          o->choices[i]);
        for (size_t k = 0; k < i; k++)
            if (strcmp(o->choices[i], o->choices[k]) == 0)
                return REFUSE("%s: option %s: choices: '%s' stands there twice", path, o->name, o->choices[i]);
    }
    return 0;
}

static int check_option(const qb_solver_option *o, size_t index, const char *path)
{
    if (!o->name)
        return REFUSE("%s: option %zu: name: expected a text, got NULL", path, index);
    if (!is_snake_case(o->name))
        return REFUSE("%s: option %zu: name: expected snake_case, got '%s'", path, index, o->name);
    if (!kind_of(o->kind))
        return REFUSE("%s: option %s: kind: expected %d to %d, got %" PRIu32, path, o->name, QB_OPTION_BOOL,
                      QB_OPTION_REALS, o->kind);
    if (o->min_open > 1)
        return REFUSE("%s: option %s: min_open: expected 0 or 1, got %" PRIu32, path, o->name, o->min_open);
    if (isnan(o->min) || isnan(o->max) || o->min > o->max)
        return REFUSE("%s: option %s: range: expected min <= max, got %g to %g", path, o->name, o->min, o->max);
    if (!o->help || !o->help[0] || !is_printable(o->help))
        return REFUSE("%s: option %s: help: expected one clause, got none", path, o->name);
    if (!o->def)
        return REFUSE("%s: option %s: def: expected the default as text, got NULL", path, o->name);
    return check_choices(o, path);
}

int qb_plugin_check_options(const qb_solver *s, const char *path, qb_option **ret_options)
{
    qb_option *rows = qb_alloc(s->n_options, sizeof *rows);
    if (!rows)
        return QB_E_NOMEM;
    int rc = 0;
    for (size_t i = 0; i < s->n_options; i++) {
        qb_solver_option o = {0}; /* members that the plugin's header did not have yet stay zero */
        memcpy(&o, (const char *)s->options + i * s->option_size,
               s->option_size < sizeof o ? s->option_size : sizeof o);
        if ((rc = check_option(&o, i, path)) < 0)
            goto out;
        if (qb_option_find(rows, i, o.name)) {
            rc = REFUSE("%s: option %s: name: declared twice", path, o.name);
            goto out;
        }
        rows[i] = (qb_option){.name = o.name, .kind = kind_of(o.kind), .def = o.def, .min = o.min, .max = o.max,
                              .choices = o.choices, .unit = o.unit ? o.unit : "", .help = o.help,
                              .flags = QB_OPT_IDENTITY | (o.min_open ? QB_OPT_MIN_OPEN : 0u)};
        qb_value value;
        rc = qb_value_parse(&rows[i], o.def, &value);
        if (rc < 0) {
            if (rc != QB_E_NOMEM)
                rc = REFUSE("%s: option %s: def: its own default is refused: %s", path, o.name, qb_err_text());
            goto out;
        }
        qb_value_finish(&value);
    }
    *ret_options = rows;
    rows = NULL;
out:
    qb_free(rows);
    return rc;
}
