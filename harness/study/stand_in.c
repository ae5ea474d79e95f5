/* Plugins as records describe them. See stand_in.h.
 *
 * A record holds every option's value, and its configuration's spec names those that are not at their default. So a spec means
 * what a record holds where it writes all that the record's spec names, and nothing that has another value; no default needs to
 * be known. The kinds of the options are not known either: values are compared as texts, numbers and truths.
 */
#include "study/stand_in.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "quant/plugin.h"

#include <string.h>

static qb_plugin *made; /* the newest; linked by `before` */

bool qb_study_is_stand_in(const qb_plugin *plugin)
{
    return !plugin->path;
}

/* "my" of "../my.so". Caller frees. */
static char *name_of(const char *name)
{
    const char *base = qb_path_base(name);
    size_t n = strlen(base);
    return qb_strndup(base, qb_ends_with(base, ".so") ? n - 3 : n);
}

/* ---- specs and records ---- */

static bool same_as(qb_kind kind, const char *a, const char *b)
{
    const qb_option o = {.name = "", .kind = kind};
    qb_value x, y;
    if (qb_value_parse(&o, a, &x) < 0)
        return false;
    bool same = qb_value_parse(&o, b, &y) == 0;
    if (same) {
        same = strcmp(x.text, y.text) == 0;
        qb_value_finish(&y);
    }
    qb_value_finish(&x);
    return same;
}

/* 1e1 in a plan is 10 in a record, and yes is true. */
static bool same_value(const char *written, const char *held)
{
    bool is_truth = strcmp(held, "true") == 0 || strcmp(held, "false") == 0;
    return strcmp(written, held) == 0 || same_as(is_truth ? QB_KIND_BOOL : QB_KIND_REALS, written, held);
}

/* Of a solver's option in a record; NULL: it has none of that name. */
static const char *held_value(const json_t *line, const char *key)
{
    const char *name;
    json_t *option, *options = json_object_get(json_object_get(line, "solver"), "options");
    json_object_foreach(options, name, option)
    {
        if (qb_option_name_equal(name, key))
            return qb_json_text_of(option, "value");
    }
    return NULL;
}

static bool writes(const qb_spec *spec, const char *key)
{
    for (size_t i = 0; i < spec->n_args; i++) {
        if (qb_option_name_equal(spec->args[i].key, key))
            return true;
    }
    return false;
}

typedef enum match { OTHER_SOLVER, OTHER_OPTIONS, SAME } match;

static bool knows_options(const json_t *line, const qb_spec *spec)
{
    for (size_t i = 0; i < spec->n_args; i++) {
        if (!held_value(line, spec->args[i].key))
            return false;
    }
    return true;
}

/* Sets an error's text only where it does not answer OTHER_SOLVER. */
static match match_record(const json_t *line, const char *name, const qb_spec *spec)
{
    qb_spec held;
    if (strcmp(qb_json_text_of(json_object_get(line, "solver"), "name"), name) != 0 || !knows_options(line, spec))
        return OTHER_SOLVER;
    if (qb_spec_parse(qb_json_text_of(json_object_get(line, "config"), "solver"), &held) < 0)
        return OTHER_OPTIONS;
    bool same = true;
    for (size_t i = 0; i < held.n_args; i++)
        same = same && writes(spec, held.args[i].key);
    qb_spec_finish(&held);
    for (size_t i = 0; i < spec->n_args; i++)
        same = same && same_value(spec->args[i].value, held_value(line, spec->args[i].key));
    return same ? SAME : OTHER_OPTIONS;
}

/* The best match; of several the latest version, which a run of the plan would have used last. */
static const json_t *find_record(const json_t *lines, const char *name, const qb_spec *spec, match *ret_match)
{
    const json_t *found = NULL;
    const char *version = "";
    *ret_match = OTHER_SOLVER;
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        const char *its_version = qb_json_text_of(json_object_get(line, "solver"), "version");
        match m = match_record(line, name, spec);
        if (m > *ret_match || (found && m == *ret_match && strverscmp(its_version, version) > 0)) {
            found = line;
            version = its_version;
            *ret_match = m;
        }
    }
    return found;
}

/* ---- the stand-in ---- */

static int out_of_memory(void)
{
    return qb_err_set(QB_E_NOMEM, "out of memory");
}

/* The options that the spec names, without a default: the canonical spec names them too. */
static int fill_options(qb_plugin *p, const char *text)
{
    qb_spec spec;
    QB_TRY(qb_spec_parse(text, &spec));
    p->options = qb_alloc(spec.n_args, sizeof *p->options);
    bool failed = !p->options;
    for (size_t i = 0; i < spec.n_args && !failed; i++) {
        p->options[i] = (qb_option){.name = qb_strdup(spec.args[i].key), .kind = QB_KIND_TEXT, .unit = "", .help = "",
                                    .flags = QB_OPT_NULLABLE};
        failed = !p->options[i].name;
        p->solver.n_options++;
    }
    qb_spec_finish(&spec);
    return failed ? out_of_memory() : QB_OK;
}

static int make(const json_t *line, const char *name, const char *text, const qb_plugin **ret_plugin)
{
    const json_t *solver = json_object_get(line, "solver"), *config = json_object_get(line, "config");
    qb_plugin *p = qb_alloc(1, sizeof *p);
    if (!p)
        return out_of_memory();
    p->before = made;
    made = p;
    p->solver.name = qb_strdup(name);
    p->solver.version = qb_strdup(qb_json_text_of(solver, "version"));
    p->solver.title = p->solver.source = "";
    p->solver.caps = (json_is_null(json_object_get(config, "bits")) ? QB_CAP_FULL_PRECISION : 0u) |
                     (json_is_null(json_object_get(config, "quantizer")) ? QB_CAP_OWN_LEVELS : 0u);
    p->shipped = json_is_true(json_object_get(solver, "shipped"));
    if (!p->solver.name || !p->solver.version)
        return out_of_memory();
    *ret_plugin = p;
    return fill_options(p, text);
}

/* rc: why the plugin cannot be had, which stays the answer where no record tells. */
static int stand_in(int rc, const char *text, const qb_spec *spec, const json_t *lines, const qb_plugin **ret_plugin,
                    char **ret_spec)
{
    char *name = name_of(spec->name);
    if (!name)
        return out_of_memory();
    match m;
    const json_t *line = find_record(lines, name, spec, &m);
    if (line) {
        const char *held = qb_json_text_of(json_object_get(line, "config"), "solver");
        char *chosen = qb_strdup(m == SAME ? held : text);
        rc = chosen ? make(line, name, chosen, ret_plugin) : out_of_memory();
        if (rc == QB_OK) {
            qb_err_clear();
            *ret_spec = chosen;
        } else {
            qb_free(chosen);
        }
    }
    qb_free(name);
    return rc;
}

int qb_study_solver_find(const char *text, const qb_study_plan_places *places, const qb_plugin **ret_plugin, char **ret_spec)
{
    qb_spec spec;
    QB_TRY(qb_spec_parse(text, &spec));
    int rc = qb_plugin_load(spec.name, places->solver_path, ret_plugin);
    if (rc == QB_OK)
        rc = (*ret_spec = qb_strdup(text)) ? QB_OK : out_of_memory();
    else if (rc != QB_E_NOMEM && places->lines)
        rc = stand_in(rc, text, &spec, places->lines, ret_plugin, ret_spec);
    qb_spec_finish(&spec);
    return rc;
}
