/* `qatbench solver check` and `qatbench solver info`: does a plugin keep the contract, and what does it say about
 * itself. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/describe.h"
#include "quant/conform.h"

#include <stdio.h>
#include <string.h>

typedef struct flag_name {
    uint32_t bit;
    const char *name;
} flag_name;

static const flag_name caps[] = {{QB_CAP_EDITS_LATENT, "EDITS_LATENT"},
                                 {QB_CAP_OWN_LEVELS, "OWN_LEVELS"},
                                 {QB_CAP_OWN_STEP, "OWN_STEP"},
                                 {QB_CAP_FULL_PRECISION, "FULL_PRECISION"},
                                 {QB_CAP_PARALLEL_VIEWS, "PARALLEL_VIEWS"}};
static const flag_name traits[] = {{QB_TRAIT_IDENTITY_BEFORE, "IDENTITY_BEFORE"},
                                   {QB_TRAIT_HARD_AFTER, "HARD_AFTER"},
                                   {QB_TRAIT_MONOTONE, "MONOTONE"},
                                   {QB_TRAIT_ODD, "ODD"},
                                   {QB_TRAIT_NONEXPANSIVE, "NONEXPANSIVE"},
                                   {QB_TRAIT_ROW_SYMMETRIC, "ROW_SYMMETRIC"}};

enum { N_CAPS = sizeof caps / sizeof *caps, N_TRAITS = sizeof traits / sizeof *traits, N_HOOKS = 14 };

typedef struct hook {
    const char *name;
    bool there;
} hook;

static void list_hooks(const qb_solver *s, hook list[N_HOOKS])
{
    const hook all[N_HOOKS] = {{"project", s->project},         {"supports", s->supports},
                               {"create", s->create},           {"destroy", s->destroy},
                               {"bind", s->bind},               {"start", s->start},
                               {"begin_step", s->begin_step},   {"on_gradient", s->on_gradient},
                               {"after_step", s->after_step},   {"finish", s->finish},
                               {"save", s->save},               {"load", s->load},
                               {"metrics", s->metrics},         {"extension", s->extension}};
    memcpy(list, all, sizeof all);
}

/* ---- info ---- */

static void add_flags(qb_str *s, const char *label, uint32_t set, const flag_name *names, size_t n)
{
    qb_str text = {0};
    for (size_t i = 0; i < n; i++)
        if (set & names[i].bit)
            qb_str_addf(&text, "%s%s", text.length > 0 ? ", " : "", names[i].name);
    qb_describe_field(s, label, text.length > 0 ? text.text : "none");
    s->failed = s->failed || text.failed;
    qb_str_finish(&text);
}

static json_t *flag_list(uint32_t set, const flag_name *names, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        if (set & names[i].bit)
            json_array_append_new(list, qb_json_text(names[i].name));
    return list;
}

static int print_info_json(const qb_plugin *p, const hook *hooks)
{
    const qb_solver *s = &p->solver;
    char abi[32];
    (void)snprintf(abi, sizeof abi, "%u.%u", s->abi_major, s->abi_minor);
    json_t *list = json_array();
    for (size_t i = 0; i < N_HOOKS; i++)
        if (hooks[i].there)
            json_array_append_new(list, qb_json_text(hooks[i].name));
    return qb_cli_print_json(qb_json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:o}", "kind", "solver", "name", s->name, "title",
        s->title, "source", s->source, "version", s->version, "abi", abi, "path", p->path, "sha256", p->sha256, "shipped",
        p->shipped, "caps", flag_list(s->caps, caps, N_CAPS), "traits", flag_list(s->traits, traits, N_TRAITS), "hooks",
        list, "options", qb_describe_options(p->options, s->n_options)));
}

static int run_info(qb_cli *cli)
{
    const qb_plugin *p;
    QB_TRY(qb_plugin_load(cli->args[0], qb_cli_flag_text(cli, "solver_path"), &p));
    const qb_solver *solver = &p->solver;
    hook hooks[N_HOOKS];
    list_hooks(solver, hooks);
    if (cli->json)
        return print_info_json(p, hooks);
    qb_str s = {0}, names = {0};
    for (size_t i = 0; i < N_HOOKS; i++)
        if (hooks[i].there)
            qb_str_addf(&names, "%s%s", names.length > 0 ? ", " : "", hooks[i].name);
    qb_str_addf(&s, "%s: %s\n", solver->name, solver->title);
    qb_describe_field(&s, "version", solver->version);
    qb_describe_field(&s, "source", solver->source);
    qb_describe_field(&s, "file", p->path);
    qb_describe_field(&s, "sha256", p->sha256);
    qb_str_addf(&s, "%-16s%u.%u, this program has %u.%u\n", "interface", solver->abi_major, solver->abi_minor,
                QB_SOLVER_ABI_MAJOR, QB_SOLVER_ABI_MINOR);
    add_flags(&s, "capabilities", solver->caps, caps, N_CAPS);
    add_flags(&s, "traits", solver->traits, traits, N_TRAITS);
    qb_describe_field(&s, "hooks", names.text);
    s.failed = s.failed || names.failed;
    qb_str_finish(&names);
    qb_describe_settings(&s, solver->name, p->options, solver->n_options);
    return qb_cli_print_owned(qb_str_take(&s));
}

/* ---- check ---- */

typedef struct check {
    bool json;
    int kept, broken, not_applicable;
    json_t *rules;
    qb_str failures; /* the lines of the broken rules again, for the end of the report */
    int rc;          /* of printing */
} check;

/* Printed at once: a rule may take seconds when the plugin does not return. */
static void report_rule(void *context, const char *rule, qb_verdict verdict, const char *detail)
{
    check *c = context;
    static const char *const words[] = {[QB_PASS] = "ok", [QB_FAIL] = "FAIL", [QB_NOT_APPLICABLE] = "-"};
    static const char *const json_words[] = {[QB_PASS] = "kept", [QB_FAIL] = "broken", [QB_NOT_APPLICABLE] = "not applicable"};
    *(verdict == QB_PASS ? &c->kept : verdict == QB_FAIL ? &c->broken : &c->not_applicable) += 1;
    if (c->json) {
        json_array_append_new(c->rules, qb_json_pack("{s:s, s:s, s:s}", "rule", rule, "verdict", json_words[verdict],
                                                     "detail", detail));
        return;
    }
    enum { INDENT = 6 };
    qb_str s = {0}, text = {0}, why = {0};
    qb_describe_text(&text, rule, INDENT);
    if (detail[0])
        qb_describe_text(&why, detail, INDENT + 2);
    if (text.failed || why.failed)
        s.failed = true;
    else
        qb_str_addf(&s, "%-*s%s%s", INDENT, words[verdict], text.text + INDENT, why.text ? why.text : "");
    qb_str_finish(&text);
    qb_str_finish(&why);
    if (verdict == QB_FAIL && !s.failed)
        qb_str_add(&c->failures, s.text);
    int rc = qb_cli_print_owned(qb_str_take(&s));
    c->rc = c->rc < 0 ? c->rc : rc;
}

static int print_head(const qb_plugin *p)
{
    qb_str s = {0};
    qb_str_addf(&s, "%s %s: %s\n", p->solver.name, p->solver.version, p->solver.title);
    qb_describe_field(&s, "file", p->path);
    add_flags(&s, "capabilities", p->solver.caps, caps, N_CAPS);
    add_flags(&s, "traits", p->solver.traits, traits, N_TRAITS);
    qb_str_add(&s, "\nEvery rule at 1 to 8 bits and ternary, by tensor, row and block, as far as it\n"
                   "supports them: 20 steps, window from step 6 to 14.\n\n");
    return qb_cli_print_owned(qb_str_take(&s));
}

static int print_summary(const qb_plugin *p, check *c, double ms)
{
    if (!c->json) {
        if (c->broken > 0)
            QB_TRY(qb_cli_printf("\nWhat broke:\n"));
        if (c->broken > 0)
            QB_TRY(qb_cli_print_owned(qb_str_take(&c->failures)));
        if (ms >= 0.0)
            QB_TRY(qb_cli_printf("\n%d rules kept, none broken, %d not applicable.\nproject takes %.2f ms for a million "
                                 "weights (2 bits, rows of 1,024).\n", c->kept, c->not_applicable, ms));
        return QB_OK;
    }
    return qb_cli_print_json(qb_json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:o, s:O}", "name", p->solver.name, "version",
                                          p->solver.version, "path", p->path, "sha256", p->sha256, "kept", c->kept, "broken",
                                          c->broken, "not_applicable", c->not_applicable, "ms_per_million_weights",
                                          ms >= 0.0 ? qb_json_real(ms) : json_null(), "rules", c->rules));
}

static int run_check(qb_cli *cli)
{
    const qb_plugin *p;
    QB_TRY(qb_plugin_load(cli->args[0], qb_cli_flag_text(cli, "solver_path"), &p));
    check c = {.json = cli->json, .rules = json_array()};
    if (!c.rules)
        return qb_err_set(QB_E_NOMEM, "out of memory");
    int failed = 0, rc = c.json ? QB_OK : print_head(p);
    double ms = -1.0;
    if (rc == QB_OK)
        rc = qb_conform_run(p, report_rule, &c, &failed, &ms);
    if (rc == QB_OK)
        rc = c.rc;
    if (rc == QB_OK)
        rc = print_summary(p, &c, ms);
    json_decref(c.rules);
    qb_str_finish(&c.failures);
    if (rc == QB_OK && failed > 0) {
        rc = qb_err_set(QB_E_FAILED, "solver '%s' breaks %d rule%s of %d", p->solver.name, failed, failed == 1 ? "" : "s",
                        c.kept + c.broken);
        (void)qb_err_hint("the rules stand at the top of <qatbench/solver.h>");
    }
    return rc;
}

static const qb_option options[] = {
    {"solver_path", QB_KIND_PATH, NULL, 0, 0, NULL, "", "folders to look for solver plugins first, ':' between them",
     QB_OPT_NULLABLE, NULL},
};

const qb_verb qb_verb_solver_check = {
    .name = "solver check",
    .args = "FILE|NAME",
    .summary = "test whether a solver plugin keeps the contract",
    .examples = "  qatbench solver check ./mymethod.so\n"
                "  qatbench solver check parq\n"
                "  qatbench solver check ./mymethod.so --json\n",
    .details = "One line a rule: ok, FAIL with the input on which it broke, or - where it does\n"
               "not apply; at the end, what broke once more. Traits are tested when the plugin\n"
               "claims them. Every rule runs in a process of its own, so a crash or an endless\n"
               "loop is a finding.\n"
               "Exit codes: 0 all kept, 1 some broken, 66 no such file, 69 the plugin was\n"
               "refused before it could be tested.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .has_json = true,
    .min_args = 1,
    .max_args = 1,
    .run = run_check,
};

const qb_verb qb_verb_solver_info = {
    .name = "solver info",
    .args = "FILE|NAME",
    .summary = "what a solver plugin says about itself",
    .examples = "  qatbench solver info parq\n"
                "  qatbench solver info ./mymethod.so --json\n",
    .details = "The plugin is read as data; none of its hooks runs.\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .has_json = true,
    .min_args = 1,
    .max_args = 1,
    .run = run_info,
};
