/* The table of verbs, in the order of `qatbench --help`: a new one is a cmd_*.c and a line here. */
#include "cli/verbs.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

static const qb_verb *const verbs[] = {
    &qb_verb_train,
    &qb_verb_run,
    &qb_verb_table,
    &qb_verb_plot,
    &qb_verb_report,
    &qb_verb_eval,
    &qb_verb_export,
    &qb_verb_ls,
    &qb_verb_status,
    &qb_verb_rm,
    &qb_verb_gc,
    &qb_verb_diff,
    &qb_verb_list,
    &qb_verb_info,
    &qb_verb_solver_check,
    &qb_verb_solver_info,
    &qb_verb_solver_new,
    &qb_verb_solver_plot,
    &qb_verb_data_info,
    &qb_verb_data_verify,
    &qb_verb_data_prepare,
    &qb_verb_data_show,
    &qb_verb_bench,
    &qb_verb_bench_data,
    &qb_verb_doctor,
    &qb_verb_completion,
};

enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

const qb_verb *const *qb_verbs(size_t *ret_n)
{
    *ret_n = N_VERBS;
    return verbs;
}

const qb_verb *qb_verb_find(const char *name)
{
    for (size_t i = 0; i < N_VERBS; i++) {
        if (strcmp(verbs[i]->name, name) == 0)
            return verbs[i];
    }
    return NULL;
}

bool qb_verb_is_family(const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i < N_VERBS; i++) {
        if (strncmp(verbs[i]->name, word, n) == 0 && verbs[i]->name[n] == ' ')
            return true;
    }
    return false;
}

int qb_verb_unknown(const char *first, const char *second)
{
    const char *names[N_VERBS];
    char *name = second ? qb_sprintf("%s %s", first, second) : qb_strdup(first);
    if (!name)
        return QB_E_NOMEM;
    for (size_t i = 0; i < N_VERBS; i++)
        names[i] = verbs[i]->name;
    const char *nearest = qb_nearest_name(name, names, N_VERBS);
    qb_err_set(QB_E_USAGE, "unknown command '%s'", name);
    if (nearest)
        qb_err_hint("did you mean 'qatbench %s'?", nearest);
    else
        qb_err_hint("'qatbench --help' lists the commands");
    qb_free(name);
    return QB_E_USAGE;
}

int qb_verb_incomplete(const char *family)
{
    qb_str s = {0};
    size_t n = strlen(family);
    for (size_t i = 0; i < N_VERBS; i++) {
        if (strncmp(verbs[i]->name, family, n) == 0 && verbs[i]->name[n] == ' ')
            qb_str_addf(&s, "%s%s", s.length > 0 ? " or " : "", verbs[i]->name + n + 1);
    }
    qb_err_set(QB_E_USAGE, "'%s' needs a second word: %s", family, s.failed ? "" : s.text);
    qb_str_finish(&s);
    return qb_err_hint("'qatbench %s --help' says what they do", family);
}
