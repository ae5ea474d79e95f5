#include "quant/layer_bits.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

bool qb_pattern_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *retry = NULL;
    while (*text != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            retry = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) { /* let the last star take one more */
            pattern = star + 1;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

/* The name as the list writes it: without ".weight". */
static size_t short_length(const char *name)
{
    size_t n = strlen(name);
    return qb_ends_with(name, ".weight") ? n - strlen(".weight") : n;
}

static bool matches(const char *pattern, const qb_param *p)
{
    char name[256];
    (void)snprintf(name, sizeof name, "%.*s", (int)short_length(p->name), p->name);
    return qb_pattern_matches(pattern, p->name) || qb_pattern_matches(pattern, name);
}

/* Names of what can be quantized: the nearest first, then as many as fit. */
static int hint_names(const char *pattern, const qb_param *params, size_t n, const char *model)
{
    enum { ROOM = 280 };
    char **names = qb_alloc(n, sizeof *names);
    qb_str list = {0};
    size_t n_names = 0, shown = 0;
    bool ok = names != NULL;
    for (size_t i = 0; ok && i < n; i++)
        if (params[i].n_dims >= 2)
            ok = (names[n_names++] = qb_strndup(params[i].name, short_length(params[i].name))) != NULL;
    for (; ok && shown < n_names && list.length + strlen(names[shown]) < ROOM; shown++)
        qb_str_addf(&list, "%s%s", shown > 0 ? ", " : "", names[shown]);
    if (ok) {
        const char *near = qb_nearest_name(pattern, (const char *const *)names, n_names);
        (void)qb_err_hint("%s%s%sthe layers of %s: %s%s", near != NULL ? "did you mean '" : "", near != NULL ? near : "",
                          near != NULL ? "'? " : "", model, list.text ? list.text : "", shown < n_names ? ", ..." : "");
    }
    qb_str_finish(&list);
    for (size_t i = 0; names != NULL && i < n_names; i++)
        qb_free(names[i]);
    qb_free(names);
    return ok ? qb_err_code() : QB_E_NOMEM;
}

static int apply(const char *pattern, int bits, const qb_param *params, size_t n, const char *model, int8_t *ret_bits)
{
    const qb_param *vector = NULL;
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        if (!matches(pattern, &params[i]))
            continue;
        if (params[i].n_dims < 2) {
            vector = vector != NULL ? vector : &params[i];
            continue;
        }
        ret_bits[i] = (int8_t)bits;
        any = true;
    }
    if (any || (vector != NULL && bits == QB_BITS_FLOAT))
        return QB_OK;
    if (vector != NULL)
        return qb_err_set(QB_E_CONFIG, "layer_bits: '%s' is %s of %s, a vector of %zu values; expected a weight of two or more dimensions",
                          pattern, vector->name, model, vector->n);
    (void)qb_err_set(QB_E_CONFIG, "layer_bits: '%s' matches no parameter of %s", pattern, model);
    return hint_names(pattern, params, n, model);
}

int qb_layer_bits_resolve(const char *list, int bits, const qb_param *params, size_t n, const char *model, int8_t *ret_bits)
{
    bool any = false;
    for (size_t i = 0; i < n; i++)
        ret_bits[i] = (int8_t)(params[i].is_quantized ? bits : QB_BITS_FLOAT);
    if (strcmp(list, "none") == 0)
        return QB_OK;
    for (const char *p = list; *p != '\0'; p += strcspn(p, "/"), p += *p == '/') {
        size_t length = strcspn(p, "=");
        const char *value = p + length + 1;
        int given = *value == 'f' ? QB_BITS_FLOAT : *value == 't' ? 0 : *value - '0';
        char *pattern = qb_strndup(p, length);
        if (pattern == NULL)
            return QB_E_NOMEM;
        int rc = apply(pattern, given, params, n, model, ret_bits);
        qb_free(pattern);
        QB_TRY(rc);
    }
    for (size_t i = 0; i < n; i++)
        any = any || ret_bits[i] != QB_BITS_FLOAT;
    if (any)
        return QB_OK;
    (void)qb_err_set(QB_E_CONFIG, "layer_bits: '%s' leaves no layer of %s to quantize", list, model);
    return qb_err_hint("full precision is --solver none");
}
