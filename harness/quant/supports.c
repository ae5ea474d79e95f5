#include "quant/supports.h"

#include "base/err.h"
#include "base/mem.h"
#include "quant/plugin_visit.h"

#include <stdio.h>

/* 0: accepted; 1: refused; QB_E_FAILED: it did not come back. */
static int call_supports(const qb_plugin *p, const qb_option_value *values, int bits, const char *granularity, char *why,
                         size_t size)
{
    volatile int refused = 0; /* not in a register, from where a broken visit would lose it */
    const char *broken =
        QB_VISIT(&p->solver, "supports", true, refused = p->solver.supports(values, bits, granularity, why, size));
    if (broken)
        return qb_err_set(QB_E_FAILED, "solver '%s': supports failed: %s", p->solver.name, broken);
    return refused != 0;
}

static bool accepts_some(const qb_plugin *p, const qb_option_value *values)
{
    static const char *const granularities[] = {"tensor", "row", "block"};
    char why[256];
    for (int bits = 0; bits <= 8; bits++)
        for (size_t g = 0; g < sizeof granularities / sizeof *granularities; g++)
            if (call_supports(p, values, bits, granularities[g], why, sizeof why) == 0)
                return true;
    return false;
}

/* A refusal everywhere that the default options do not meet is theirs, not the bits'. */
static int ask_if_contradictory(const qb_plugin *p, const qb_settings *settings, bool *ret_contradictory)
{
    qb_settings defaults;
    QB_TRY(qb_settings_init(&defaults, p->options, p->solver.n_options));
    qb_option_value *given = qb_plugin_values(p, settings), *usual = qb_plugin_values(p, &defaults);
    bool known = given && usual;
    *ret_contradictory = known && !accepts_some(p, given) && accepts_some(p, usual);
    qb_free(given);
    qb_free(usual);
    qb_settings_finish(&defaults);
    return known ? QB_OK : QB_E_NOMEM;
}

static int refuse_options(const qb_plugin *p, const qb_settings *settings, const char *why)
{
    char *spec = qb_spec_canonical(p->solver.name, settings);
    if (!spec)
        return QB_E_NOMEM;
    (void)qb_err_set(QB_E_CONFIG, "%s: these options do not go together: %s", spec, why);
    qb_free(spec);
    return qb_err_hint("it is so at every bit width: change one of them, or leave it at its default; "
                       "`qatbench info %s` lists them", p->solver.name);
}

int qb_supports_ask(const qb_plugin *p, const qb_settings *settings, int bits, const char *granularity)
{
    if (!p->solver.supports)
        return 0;
    qb_option_value *values = qb_plugin_values(p, settings);
    if (!values)
        return QB_E_NOMEM;
    char why[256] = "";
    int refused = call_supports(p, values, bits, granularity, why, sizeof why);
    qb_free(values);
    if (refused <= 0)
        return refused;
    why[sizeof why - 1] = '\0';
    if (!why[0])
        (void)snprintf(why, sizeof why, "it gives no reason");
    bool contradictory;
    QB_TRY(ask_if_contradictory(p, settings, &contradictory));
    if (contradictory)
        return refuse_options(p, settings, why);
    char bits_text[24] = "ternary weights";
    if (bits > 0)
        (void)snprintf(bits_text, sizeof bits_text, "%d bit%s", bits, bits == 1 ? "" : "s");
    return qb_err_set(QB_E_NOT_OFFERED, "solver '%s' does not support %s per %s: %s", p->solver.name, bits_text, granularity,
                      why);
}
