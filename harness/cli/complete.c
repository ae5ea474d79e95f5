/* Candidates for the completion of shells. See complete.h. */
#include "cli/complete.h"

#include "base/err.h"
#include "base/mem.h"
#include "cli/describe.h"
#include "cli/parse.h"
#include "cli/verbs.h"
#include "datasets/datasets.h"
#include "engine/schedule.h"
#include "models/models.h"
#include "quant/levels.h"
#include "quant/plugin_search.h"
#include "train/config.h"

#include <string.h>

typedef struct completion {
    char *const *words;
    int n;
    const char *word;  /* what is being typed, from where candidates begin */
    char *before;      /* what of it stays in front of every candidate: "--flag=", "a/b/" */
    qb_str *out;
} completion;

/* name: of an option where prefix is that of a flag. help may be NULL. */
static void offer(const completion *c, const char *prefix, const char *name, const char *help)
{
    char text[96];
    int n = snprintf(text, sizeof text, "%s%s", prefix, name);
    if (n >= (int)sizeof text)
        return;
    for (char *p = text + strlen(prefix); prefix[0] == '-' && *p; p++)
        *p = *p == '_' ? '-' : *p;
    if (qb_starts_with(text, c->word))
        qb_str_addf(c->out, "%s%s%s%s\n", c->before ? c->before : "", text, help ? "\t" : "", help ? help : "");
}

/* ---- names ---- */

static int offer_solvers(const completion *c)
{
    qb_plugin_name *names;
    const char *path = NULL;
    size_t n;
    for (int i = 0; i + 1 < c->n - 1; i++) {
        if (strcmp(c->words[i], "--solver-path") == 0)
            path = c->words[i + 1];
    }
    QB_TRY(qb_plugin_names(path, &names, &n));
    for (size_t i = 0; i < n; i++)
        offer(c, "", names[i].name, NULL);
    qb_plugin_names_free(names, n);
    return QB_OK;
}

static int offer_quantizers(const completion *c)
{
    size_t n;
    const qb_quantizer_kind *q = qb_quantizer_kinds(&n);
    for (size_t i = 0; i < n; i++)
        offer(c, "", q[i].name, q[i].title);
    return QB_OK;
}

static int offer_models(const completion *c)
{
    size_t n;
    const qb_model *m = qb_models(&n);
    for (size_t i = 0; i < n; i++)
        offer(c, "", m[i].name, m[i].title);
    return QB_OK;
}

static int offer_datasets(const completion *c)
{
    size_t n;
    const qb_dataset_info *d = qb_datasets(&n);
    for (size_t i = 0; i < n; i++)
        offer(c, "", d[i].name, d[i].title);
    return QB_OK;
}

static int offer_schedules(const completion *c)
{
    size_t n;
    const qb_schedule_kind *k = qb_schedule_kinds(&n);
    for (size_t i = 0; i < n; i++)
        offer(c, "", k[i].name, k[i].title);
    return QB_OK;
}

static int offer_transforms(const completion *c)
{
    qb_transform_text texts[QB_TRANSFORM_TEXTS];
    const size_t n = qb_describe_transforms(texts);
    for (size_t i = 0; i < n; i++)
        offer(c, "", texts[i].name, texts[i].title);
    return QB_OK;
}

/* The kinds of `list`, and the keys whose values they are. */
static const struct {
    const char *kind, *keys[3];
    int (*offer)(const completion *c);
} kinds[] = {
    {"solvers", {"solver", "baseline", NULL}, offer_solvers}, {"quantizers", {"quantizer", NULL}, offer_quantizers},
    {"models", {"model", NULL}, offer_models},                {"datasets", {"dataset", NULL}, offer_datasets},
    {"schedules", {"lr_schedule", NULL}, offer_schedules},    {"transforms", {NULL}, offer_transforms},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

/* kind NULL: of all kinds. */
static int offer_names(const completion *c, const char *kind)
{
    int rc = QB_OK;
    for (size_t i = 0; rc == QB_OK && i < N_KINDS; i++) {
        if (!kind || strcmp(kinds[i].kind, kind) == 0)
            rc = kinds[i].offer(c);
    }
    return rc;
}

/* ---- options and their values ---- */

static const qb_option *option_of(const qb_verb *verb, const char *name)
{
    size_t n;
    const qb_option *keys = qb_run_schema(&n), *o = qb_option_find(verb->options, verb->n_options, name);
    if (!o && (o = qb_option_find(keys, n, name)) && !qb_verb_takes_key(verb, o->name))
        o = NULL;
    return o;
}

/* The option of "--flag", or of the last letter of "-o"; NULL: none. */
static const qb_option *option_of_flag(const qb_verb *verb, const char *flag)
{
    if (flag[0] != '-')
        return NULL;
    if (flag[1] == '-')
        return option_of(verb, flag + 2);
    for (size_t i = 0; flag[1] && i < verb->n_options; i++) {
        if (qb_short_flag(verb->options[i].name) == flag[strlen(flag) - 1])
            return &verb->options[i];
    }
    return NULL;
}

static void offer_options(const completion *c, const qb_verb *verb)
{
    size_t n_keys;
    const qb_option *keys = qb_run_schema(&n_keys);
    bool negated = qb_starts_with(c->word, "--no-");
    for (size_t i = 0; i < verb->n_options + n_keys; i++) {
        const qb_option *o = i < verb->n_options ? &verb->options[i] : &keys[i - verb->n_options];
        if (i >= verb->n_options && !qb_verb_takes_key(verb, o->name))
            continue;
        offer(c, "--", o->name, o->help);
        if (negated && o->kind == QB_KIND_BOOL)
            offer(c, "--no-", o->name, o->help);
    }
    if (verb->has_json)
        offer(c, "--", "json", "one JSON object on standard output, nothing else");
    offer(c, "--", "quiet", "warnings and errors only");
    offer(c, "--", "verbose", "also say what is done on the way");
    offer(c, "--", "help", "options and examples");
}

/* A list such as svg/png goes on behind its last '/'. */
static int begin_element(completion *c)
{
    const char *slash = strrchr(c->word, '/');
    if (!slash)
        return QB_OK;
    char *before = qb_sprintf("%s%.*s", c->before ? c->before : "", (int)(slash + 1 - c->word), c->word);
    qb_free(c->before);
    c->before = before;
    c->word = slash + 1;
    return before ? QB_OK : QB_E_NOMEM;
}

static int offer_values(completion *c, const qb_option *o)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        for (size_t k = 0; kinds[i].keys[k]; k++) {
            if (strcmp(kinds[i].keys[k], o->name) == 0)
                return kinds[i].offer(c);
        }
    }
    if (o->kind == QB_KIND_CHOICES) {
        QB_TRY(begin_element(c));
        if (!c->before || c->before[strlen(c->before) - 1] != '/') {
            offer(c, "", "all", NULL);
            offer(c, "", "none", NULL);
        }
    }
    for (size_t i = 0; o->choices && o->choices[i]; i++)
        offer(c, "", o->choices[i], NULL);
    static const char *const bits[] = {"1", "ternary", "2", "3", "4", "5", "6", "7", "8"};
    for (size_t i = 0; o->kind == QB_KIND_BITS && i < sizeof bits / sizeof *bits; i++)
        offer(c, "", bits[i], NULL);
    if (o->kind == QB_KIND_BOOL) {
        offer(c, "", "true", NULL);
        offer(c, "", "false", NULL);
    }
    return QB_OK;
}

/* ---- arguments ---- */

static int offer_arguments(const completion *c, const qb_verb *verb)
{
    static const char *const shells[] = {"bash", "zsh", "fish"};
    const char *name = verb->name;
    if (strcmp(name, "info") == 0)
        return offer_names(c, NULL);
    if (qb_starts_with(name, "data ") || strcmp(name, "bench data") == 0)
        return offer_names(c, "datasets");
    if (qb_starts_with(name, "solver ") && strcmp(name, "solver new") != 0)
        return offer_names(c, "solvers");
    for (size_t i = 0; strcmp(name, "list") == 0 && i < N_KINDS; i++)
        offer(c, "", kinds[i].kind, NULL);
    for (size_t i = 0; strcmp(name, "completion") == 0 && i < sizeof shells / sizeof *shells; i++)
        offer(c, "", shells[i], NULL);
    return QB_OK;
}

/* ---- commands ---- */

/* First words of verbs; or, behind that of a family, the second ones. */
static void offer_verbs(const completion *c, const char *family)
{
    size_t n, length = family ? strlen(family) : 0;
    const qb_verb *const *verbs = qb_verbs(&n);
    char last[32] = "";
    for (size_t i = 0; i < n; i++) {
        const char *name = verbs[i]->name;
        if (family && strncmp(name, family, length) == 0 && name[length] == ' ')
            offer(c, "", name + length + 1, verbs[i]->summary);
        if (family)
            continue;
        char first[32];
        snprintf(first, sizeof first, "%.*s", (int)strcspn(name, " "), name);
        if (strcmp(first, last) != 0) /* a family stands together */
            offer(c, "", first, strchr(name, ' ') ? "has commands of its own" : verbs[i]->summary);
        memcpy(last, first, sizeof last);
    }
}

static int complete_first(const completion *c)
{
    offer_verbs(c, NULL);
    offer(c, "", "help", "options and examples of a command");
    if (c->word[0] == '-') {
        offer(c, "--", "help", "all commands");
        offer(c, "--", "version", "version, commit, oneDNN, instruction set");
        offer(c, "--", "license", "the licence");
    }
    return QB_OK;
}

/* The option whose value is being typed, NULL: none; c->word becomes that value. first: index of the first word behind the verb. */
static int find_option(completion *c, const qb_verb *verb, int first, const qb_option **ret)
{
    int last = c->n - 1; /* of the words before the value */
    const char *equals = strchr(c->word, '=');
    *ret = NULL;
    if (qb_starts_with(c->word, "--") && equals) {
        char *flag = qb_strndup(c->word, (size_t)(equals - c->word));
        c->before = qb_strndup(c->word, (size_t)(equals + 1 - c->word));
        *ret = flag ? option_of_flag(verb, flag) : NULL;
        c->word = equals + 1;
        qb_free(flag);
        return flag && c->before ? QB_OK : QB_E_NOMEM;
    }
    bool parted = strcmp(c->word, "=") == 0 || (last > first && strcmp(c->words[last - 1], "=") == 0);
    if (strcmp(c->word, "=") == 0)
        c->word = "";
    else if (parted)
        last--;
    const qb_option *o = last > first ? option_of_flag(verb, c->words[last - 1]) : NULL;
    if (o && (parted || o->kind != QB_KIND_BOOL))
        *ret = o;
    return QB_OK;
}

static int complete_verb(completion *c, const qb_verb *verb, int first)
{
    const qb_option *o = NULL;
    for (int i = first; i < c->n - 1; i++) {
        if (strcmp(c->words[i], "--") == 0)
            return offer_arguments(c, verb);
    }
    QB_TRY(find_option(c, verb, first, &o));
    if (o)
        return offer_values(c, o);
    if (c->word[0] == '-' || (!c->word[0] && !verb->args[0]))
        offer_options(c, verb);
    return c->word[0] == '-' ? QB_OK : offer_arguments(c, verb);
}

static int complete(completion *c)
{
    bool is_help = c->n > 1 && strcmp(c->words[0], "help") == 0;
    c->words += is_help;
    c->n -= is_help;
    if (c->n == 1)
        return is_help ? (offer_verbs(c, NULL), QB_OK) : complete_first(c);
    const char *first = c->words[0];
    bool is_family = qb_verb_is_family(first);
    if (is_family && c->n == 2)
        offer_verbs(c, first);
    if (is_help)
        return QB_OK;
    const qb_verb *verb = NULL;
    if (is_family && c->n > 2) {
        char name[64];
        snprintf(name, sizeof name, "%.30s %.30s", first, c->words[1]);
        verb = qb_verb_find(name);
    }
    if (verb)
        return complete_verb(c, verb, 2);
    verb = qb_verb_find(first);
    return verb ? complete_verb(c, verb, 1) : QB_OK;
}

int qb_complete(char *const *words, int n, qb_str *out)
{
    static char empty[] = "";
    char *const none[] = {empty};
    completion c = {.words = n > 0 ? words : none, .n = n > 0 ? n : 1, .out = out};
    c.word = c.words[c.n - 1];
    int rc = complete(&c);
    qb_free(c.before);
    return rc == QB_OK && out->failed ? QB_E_NOMEM : rc;
}
