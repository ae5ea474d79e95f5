/* Contract tests: every rule in a child process with a limit on its time, so that a plugin may do what it likes.
 *
 * Invariant: this process calls no hook. The children are forked before OpenMP is used here (a forked child of a
 * process with a running thread team would wait for threads that it does not have).
 */
#include "quant/conform.h"

#include "base/err.h"
#include "base/mem.h"
#include "quant/conform_rules.h"
#include "quant/plugin_visit.h"
#include "quant/trial.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- in the child ---- */

static void list_settings(qb_conform *c)
{
    (void)snprintf(c->result->where, sizeof c->result->where, "supports");
    for (int bits = 0; bits <= 8; bits++)
        for (int g = QB_PER_TENSOR; g <= QB_PER_BLOCK; g++) {
            qb_conform_setting s = {bits, (qb_granularity)g};
            if (qb_conform_is_supported(c->plugin, &c->settings, s))
                c->list[c->n_settings++] = s;
        }
}

static void run_in_child(const qb_plugin *plugin, const qb_rule *rule, qb_conform_result *result)
{
    qb_visits_examine(false);
    qb_conform c = {.plugin = plugin, .solver = &plugin->solver, .result = result};
    qb_spec spec = {.name = (char *)(uintptr_t)plugin->solver.name};
    if (qb_plugin_settings(plugin, &spec, &c.settings) < 0) {
        qb_conform_fail(&c, "%s", qb_err_text());
    } else {
        list_settings(&c);
        rule->test(&c);
        qb_settings_finish(&c.settings);
    }
    if (result->verdict == 0)
        result->verdict = QB_PASS;
    _exit(0);
}

/* ---- in the parent ---- */

/* What a plugin said, or left of shared memory, as one line of ASCII. */
static void make_text(char *text, size_t n)
{
    text[n - 1] = '\0';
    for (char *c = text; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
}

static void judge_death(qb_conform_result *r, int status, bool late)
{
    char death[128];
    qb_trial_describe(status, late, death, sizeof death);
    (void)snprintf(r->detail, sizeof r->detail, "%s: %s", r->where[0] ? r->where : "before the first hook", death);
    r->verdict = QB_FAIL;
}

static int run_rule(const qb_plugin *plugin, const qb_rule *rule, qb_conform_result *shared, bool *ret_died)
{
    *shared = (qb_conform_result){.verdict = 0};
    *ret_died = false;
    if (rule->trait && !(plugin->solver.traits & rule->trait)) {
        (void)snprintf(shared->detail, sizeof shared->detail, "not claimed");
        shared->verdict = QB_NOT_APPLICABLE;
        return 0;
    }
    pid_t child;
    QB_TRY(qb_trial_start(&child));
    if (child == 0)
        run_in_child(plugin, rule, shared);
    bool late;
    int status = qb_trial_wait(child, &late);
    bool has_verdict = shared->verdict >= QB_PASS && shared->verdict <= QB_NOT_APPLICABLE;
    *ret_died = late || !WIFEXITED(status) || WEXITSTATUS(status) != 0 || !has_verdict;
    make_text(shared->where, sizeof shared->where);
    if (*ret_died)
        judge_death(shared, status, late);
    make_text(shared->detail, sizeof shared->detail);
    return 0;
}

static const qb_rule timing = {"project is timed", 0, qb_conform_time};

/* A NaN breaks rule after rule: says so behind the later ones. cause: the rule on it that broke, or NULL. */
static void add_cause(qb_conform_result *r, const char *cause)
{
    size_t used = strlen(r->detail);
    if (cause && r->verdict == QB_FAIL && r->saw_not_finite)
        (void)snprintf(r->detail + used, sizeof r->detail - used,
                       "; this follows from \"%s\": mend that first", cause);
}

int qb_conform_run(const qb_plugin *plugin, qb_conform_report report, void *context, int *ret_failed,
                   double *ret_ms_per_million)
{
    const qb_rule *const tables[] = {qb_hook_rules, qb_instance_rules, qb_run_rules, qb_trait_rules};
    qb_conform_result *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return qb_err_set(QB_E_NOMEM, "no memory for the contract tests");
    int failed = 0, rc = 0;
    double ms = -1.0;
    bool died;
    const char *cause = NULL;
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const qb_rule *rule = tables[t]; rule->text; rule++) {
            if ((rc = run_rule(plugin, rule, shared, &died)) < 0)
                goto out;
            failed += shared->verdict == QB_FAIL;
            add_cause(shared, cause);
            if (shared->verdict == QB_FAIL && shared->is_about_not_finite)
                cause = rule->text;
            report(context, rule->text, shared->verdict, shared->verdict == QB_PASS ? "" : shared->detail);
            if (died && rule == qb_hook_rules) /* no hook can be called safely: the rest would die likewise */
                goto out;
        }
    if (failed == 0 && (rc = run_rule(plugin, &timing, shared, &died)) == 0 && shared->verdict == QB_PASS)
        ms = shared->ms_per_million;
out:
    (void)munmap(shared, sizeof *shared);
    if (rc < 0)
        return rc;
    *ret_failed = failed;
    *ret_ms_per_million = ms;
    return 0;
}
