/* See scale.h. */
#include "study/scale.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/schedule.h"
#include "study/stand_in.h"
#include "train/identity.h"

#include <math.h>
#include <string.h>

static int no_memory(void)
{
    return qb_err_set(QB_E_NOMEM, "out of memory while scaling a plan");
}

static double shorter(double scale, double length)
{
    return length > 0 ? fmax(1, floor(length * scale + 0.5 + 1e-9)) : length; /* 15 * 0.7 may come out a bit below its half */
}

char *qb_scale_text(double scale)
{
    char number[32];
    return qb_sprintf("scaled %s", qb_format_real(scale, number));
}

char *qb_scale_title(const char *title, double scale)
{
    char number[32];
    return scale == 1 ? qb_strdup(title) : qb_sprintf("%s, scaled %s", title, qb_format_real(scale, number));
}

/* ---- specs ---- */

static int refuse_equal(double scale, const qb_option *o, double a, double b, double both)
{
    char s[32], x[32], y[32], z[32];
    (void)qb_err_set(QB_E_CONFIG, "%s: %s and %s both become %s at scale %s", o->name, qb_format_real(a, x), qb_format_real(b, y),
                     qb_format_real(both, z), qb_format_real(scale, s));
    return qb_err_hint("choose a larger scale");
}

static int scale_list(double scale, const qb_option *o, const qb_value *v, qb_str *s)
{
    char number[32];
    for (size_t i = 0; i < v->n_reals; i++) {
        double now = shorter(scale, v->reals[i]);
        if (i > 0 && v->reals[i] != v->reals[i - 1] && now == shorter(scale, v->reals[i - 1]))
            return refuse_equal(scale, o, v->reals[i - 1], v->reals[i], now);
        qb_str_addf(s, "%s%s", i > 0 ? "/" : "", qb_format_real(now, number));
    }
    return QB_OK;
}

static bool is_length(const qb_option *o, const qb_value *v)
{
    return o->unit && strcmp(o->unit, "epochs") == 0 && !strstr(o->name, "period") && !v->is_null;
}

/* Every option in epochs. *ret_any: there was one with a length. */
static int scale_options(double scale, qb_settings *s, bool *ret_any)
{
    *ret_any = false;
    for (size_t i = 0; i < s->n; i++) {
        const qb_option *o = &s->schema[i];
        const qb_value *v = &s->values[i];
        char number[32];
        qb_str text = {0};
        if (!is_length(o, v))
            continue;
        int rc = QB_OK;
        if (o->kind == QB_KIND_REALS)
            rc = scale_list(scale, o, v, &text);
        else if (o->kind == QB_KIND_REAL && v->r > 0)
            qb_str_add(&text, qb_format_real(shorter(scale, v->r), number));
        else if (o->kind == QB_KIND_INT && v->i > 0)
            qb_str_addf(&text, "%.0f", shorter(scale, (double)v->i));
        if (rc == QB_OK && text.failed)
            rc = no_memory();
        if (rc == QB_OK && text.length > 0) {
            rc = qb_settings_set(s, o->name, text.text);
            *ret_any = true;
        }
        qb_str_finish(&text);
        QB_TRY(rc);
    }
    return QB_OK;
}

/* Settings over what the spec names: a schedule or a solver. */
static int open_spec(const qb_option *o, const char *text, const qb_spec *spec, const qb_study_plan_places *places,
                     qb_settings *ret)
{
    size_t n = 0;
    const qb_schedule_kind *kinds = qb_schedule_kinds(&n);
    for (size_t i = 0; strcmp(o->name, "lr_schedule") == 0 && i < n; i++) {
        if (strcmp(kinds[i].name, spec->name) == 0) {
            QB_TRY(qb_settings_init(ret, kinds[i].options, kinds[i].n_options));
            return qb_spec_apply(spec, ret);
        }
    }
    const qb_plugin *plugin;
    char *chosen;
    QB_TRY(qb_study_solver_find(text, places, &plugin, &chosen));
    qb_free(chosen);
    return qb_plugin_settings(plugin, spec, ret);
}

static int scale_spec(double scale, const qb_option *o, const char *text, const qb_study_plan_places *places, char **ret_text)
{
    qb_spec spec;
    qb_settings s = {0};
    bool any = false;
    QB_TRY(qb_spec_parse(text, &spec));
    int rc = open_spec(o, text, &spec, places, &s);
    if (rc == QB_OK)
        rc = scale_options(scale, &s, &any);
    if (rc == QB_OK && any && !(*ret_text = qb_spec_canonical(spec.name, &s)))
        rc = no_memory();
    qb_settings_finish(&s);
    qb_spec_finish(&spec);
    return rc;
}

/* ---- any value ---- */

int qb_scale_value(double scale, const qb_option *o, const char *text, const qb_study_plan_places *places, char **ret_text)
{
    *ret_text = NULL;
    if (scale == 1 || !(o->flags & QB_KEY_LENGTH) || !text[0])
        return QB_OK;
    if (o->kind == QB_KIND_SPEC)
        return scale_spec(scale, o, text, places, ret_text);
    qb_value v;
    char number[32];
    QB_TRY(qb_value_parse(o, text, &v));
    if (o->kind == QB_KIND_INT)
        *ret_text = qb_sprintf("%.0f", shorter(scale, (double)v.i));
    else
        *ret_text = qb_sprintf("%s%s", qb_format_real(shorter(scale, v.r), number), v.span_unit == QB_SPAN_EPOCHS ? "ep" : "st");
    qb_value_finish(&v);
    return *ret_text ? QB_OK : no_memory();
}
