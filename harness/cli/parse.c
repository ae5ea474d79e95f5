/* argv -> verb, flags, keys of a run, positional arguments.
 *
 * --flag VALUE, --flag=VALUE, --no-flag for booleans, -x and -x VALUE and -xVALUE for the few short forms, `--` ends
 * flags, `-` is an argument. Flags and arguments may be mixed; of a flag given twice the last counts.
 */
#include "cli/parse.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/verbs.h"
#include "train/config.h"

#include <string.h>

enum { MAX_FLAGS = 128 };

static const struct {
    char letter;
    const char *name;
} short_flags[] = {{'f', "force"}, {'j', "jobs"},    {'n', "dry_run"}, {'o', "output"},
                   {'q', "quiet"}, {'v', "verbose"}, {'h', "help"}};

char qb_short_flag(const char *option_name)
{
    for (size_t i = 0; i < sizeof short_flags / sizeof short_flags[0]; i++) {
        if (strcmp(short_flags[i].name, option_name) == 0)
            return short_flags[i].letter;
    }
    return 0;
}

bool qb_verb_takes_key(const qb_verb *verb, const char *name)
{
    if (!verb->takes_run_keys || !verb->run_keys)
        return verb->takes_run_keys;
    for (const char *const *key = verb->run_keys; *key; key++) {
        if (strcmp(*key, name) == 0)
            return true;
    }
    return false;
}

/* Where a flag belongs: one of the common switches, or an option of the verb or of a run. */
typedef struct flag {
    bool *common;
    qb_settings *settings;
    const qb_option *option;
} flag;

static bool find_flag(qb_cli *cli, const char *name, flag *ret)
{
    const struct {
        const char *name;
        bool *value;
    } common[] = {{"quiet", &cli->quiet}, {"verbose", &cli->verbose}, {"json", cli->verb->has_json ? &cli->json : NULL}};
    *ret = (flag){0};
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        if (strcmp(common[i].name, name) == 0)
            ret->common = common[i].value;
    }
    if (ret->common)
        return true;
    if ((ret->option = qb_option_find(cli->flags.schema, cli->flags.n, name)))
        ret->settings = &cli->flags;
    else if ((ret->option = qb_option_find(cli->run.schema, cli->run.n, name)) &&
             qb_verb_takes_key(cli->verb, ret->option->name))
        ret->settings = &cli->run;
    return ret->settings != NULL;
}

static void to_flag_name(const char *option_name, char *buf, size_t size)
{
    size_t n = 0;
    for (; option_name[n] && n + 1 < size; n++)
        buf[n] = option_name[n] == '_' ? '-' : option_name[n];
    buf[n] = '\0';
}

static int unknown_flag(const qb_cli *cli, const char *name)
{
    char flags[MAX_FLAGS][48];
    const char *names[MAX_FLAGS];
    size_t n = 0;
    const qb_settings *both[] = {&cli->flags, &cli->run};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < both[k]->n; i++) {
            if (both[k] == &cli->run && !qb_verb_takes_key(cli->verb, both[k]->schema[i].name))
                continue;
            QB_ASSERT(n + 4 < MAX_FLAGS);
            to_flag_name(both[k]->schema[i].name, flags[n++], sizeof flags[0]);
        }
    }
    for (size_t i = 0; i < n; i++)
        names[i] = flags[i];
    names[n++] = "help";
    names[n++] = "quiet";
    names[n++] = "verbose";
    if (cli->verb->has_json)
        names[n++] = "json";
    char plain[48];
    to_flag_name(name, plain, sizeof plain);
    const char *nearest = qb_nearest_name(plain, names, n);
    qb_err_set(QB_E_USAGE, "%s: unknown option '--%.200s'", cli->verb->name, name);
    return nearest ? qb_err_hint("did you mean '--%s'?", nearest)
                   : qb_err_hint("'qatbench %s --help' lists the options", cli->verb->name);
}

/* The schema's error begins with the key; on the command line it is a flag. */
static int set_option(const flag *f, const char *shown, const char *text)
{
    int rc = qb_settings_set(f->settings, f->option->name, text);
    size_t n = strlen(f->option->name);
    const char *said = qb_err_text();
    if (rc != QB_E_USAGE || strncmp(said, f->option->name, n) != 0 || said[n] != ':')
        return rc;
    char *rest = qb_strdup(said + n), *hint = qb_strdup(qb_err_hint_text());
    if (rest && hint) {
        qb_err_set(QB_E_USAGE, "%s%s", shown, rest);
        if (hint[0])
            qb_err_hint("%s", hint);
    }
    qb_free(rest);
    qb_free(hint);
    return rc;
}

static bool is_bool(const flag *f)
{
    return f->common || f->option->kind == QB_KIND_BOOL;
}

/* Sets a boolean that was given without a value. */
static int set_bool(const flag *f, const char *shown, bool value)
{
    if (f->common) {
        *f->common = value;
        return QB_OK;
    }
    return set_option(f, shown, value ? "true" : "false");
}

/* The value of a flag that needs one: the next argument. */
static int take_value(const char *shown, const qb_option *o, int argc, char **argv, int *i, const char **ret)
{
    if (*i + 1 >= argc || qb_starts_with(argv[*i + 1], "--")) {
        qb_err_set(QB_E_USAGE, "%s: expected a value%s%s%s", shown, o->unit && o->unit[0] ? " (" : "",
                   o->unit ? o->unit : "", o->unit && o->unit[0] ? ")" : "");
        return qb_err_hint("write '%s VALUE' or '%s=VALUE'", shown, shown);
    }
    *ret = argv[++*i];
    return QB_OK;
}

static int parse_long(qb_cli *cli, int argc, char **argv, int *i)
{
    const char *arg = argv[*i] + 2, *equals = strchr(arg, '=');
    flag f;
    int rc = QB_OK;
    char *name = equals ? qb_strndup(arg, (size_t)(equals - arg)) : qb_strdup(arg);
    char *shown = qb_sprintf("--%s", name ? name : "");
    if (!name || !shown) {
        rc = QB_E_NOMEM;
    } else if (find_flag(cli, name, &f)) {
        const char *value = equals ? equals + 1 : NULL;
        if (is_bool(&f) && !value)
            rc = set_bool(&f, shown, true);
        else if (f.common)
            rc = qb_err_set(QB_E_USAGE, "%s takes no value, got '%.200s'", shown, value);
        else if (value || (rc = take_value(shown, f.option, argc, argv, i, &value)) == QB_OK)
            rc = set_option(&f, shown, value);
    } else if (qb_starts_with(name, "no-") && find_flag(cli, name + 3, &f) && is_bool(&f)) {
        rc = equals ? qb_err_set(QB_E_USAGE, "%s takes no value, got '%.200s'", shown, equals + 1)
                    : set_bool(&f, shown, false);
    } else {
        rc = unknown_flag(cli, name);
    }
    qb_free(name);
    qb_free(shown);
    return rc;
}

/* -n, -nf, -j 4, -j4, -o out.svg. */
static int parse_short(qb_cli *cli, int argc, char **argv, int *i)
{
    for (const char *p = argv[*i] + 1; *p; p++) {
        char shown[] = {'-', *p, '\0'};
        const char *name = NULL, *value = p[1] == '=' ? p + 2 : p + 1;
        for (size_t k = 0; k < sizeof short_flags / sizeof short_flags[0]; k++) {
            if (short_flags[k].letter == *p)
                name = short_flags[k].name;
        }
        flag f;
        if (!name || !find_flag(cli, name, &f)) {
            qb_err_set(QB_E_USAGE, "%s: unknown option '%s'", cli->verb->name, shown);
            return qb_err_hint("'qatbench %s --help' lists the options", cli->verb->name);
        }
        if (is_bool(&f)) {
            QB_TRY(set_bool(&f, shown, true));
            continue;
        }
        if (!*value)
            QB_TRY(take_value(shown, f.option, argc, argv, i, &value));
        return set_option(&f, shown, value);
    }
    return QB_OK;
}

/* Keys of a run that the verb does not take are the verb's own business. */
static int check_required(const qb_cli *cli, const qb_settings *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const qb_option *o = &s->schema[i];
        if (!(o->flags & QB_OPT_REQUIRED) || !s->values[i].is_null || (s == &cli->run && !qb_verb_takes_key(cli->verb, o->name)))
            continue;
        char shown[48];
        to_flag_name(o->name, shown, sizeof shown);
        qb_err_set(QB_E_USAGE, "%s: --%s must be given", cli->verb->name, shown);
        return qb_err_hint("--%s: %s", shown, o->help);
    }
    return QB_OK;
}

static int check_arguments(const qb_cli *cli)
{
    const qb_verb *v = cli->verb;
    if (v->max_args >= 0 && cli->n_args > v->max_args) {
        const char *extra = cli->args[v->max_args];
        qb_err_set(QB_E_USAGE, "%s: unexpected argument '%.200s'", v->name, extra);
        flag f;
        if (find_flag((qb_cli *)cli, extra, &f)) /* looks only */
            return qb_err_hint("did you mean '--%s'?", extra);
        return qb_err_hint("usage: qatbench %s [OPTIONS]%s%s", v->name, v->args[0] ? " " : "", v->args);
    }
    if (cli->n_args < v->min_args) {
        qb_err_set(QB_E_USAGE, "%s: expected %s, got %d argument%s", v->name, v->args, cli->n_args,
                   cli->n_args == 1 ? "" : "s");
        return qb_err_hint("'qatbench %s --help' shows examples", v->name);
    }
    QB_TRY(check_required(cli, &cli->flags));
    return check_required(cli, &cli->run);
}

static int parse_arguments(qb_cli *cli, int argc, char **argv)
{
    bool only_arguments = false;
    if (!(cli->args = qb_alloc((size_t)argc + 1, sizeof *cli->args)))
        return QB_E_NOMEM;
    for (int i = 0; i < argc; i++) {
        if (only_arguments || argv[i][0] != '-' || argv[i][1] == '\0')
            cli->args[cli->n_args++] = argv[i];
        else if (strcmp(argv[i], "--") == 0)
            only_arguments = true;
        else
            QB_TRY(argv[i][1] == '-' ? parse_long(cli, argc, argv, &i) : parse_short(cli, argc, argv, &i));
    }
    return check_arguments(cli);
}

/* The command line to type again; the program by its name, because where it lies says nothing about the run. */
static char *quote_command(int argc, char **argv)
{
    qb_str s = {0};
    qb_str_add(&s, "qatbench");
    for (int i = 1; i < argc; i++) {
        qb_str_add(&s, " ");
        qb_str_add_quoted(&s, argv[i]);
    }
    return qb_str_take(&s);
}

/* Finds the verb at argv[first]; *ret_next is the index behind it. A family without its second word is left to
 * the caller: *ret_verb NULL, *ret_family set. */
static int find_verb(int argc, char **argv, int first, const qb_verb **ret_verb, const char **ret_family, int *ret_next)
{
    const char *word = argv[first], *second = first + 1 < argc ? argv[first + 1] : NULL;
    *ret_verb = NULL;
    *ret_family = NULL;
    if (!qb_verb_is_family(word)) {
        if (!(*ret_verb = qb_verb_find(word)))
            return qb_verb_unknown(word, NULL);
        *ret_next = first + 1;
        return QB_OK;
    }
    *ret_family = word;
    *ret_next = first + 1;
    *ret_verb = qb_verb_find(word); /* some are verbs by themselves, too */
    if (!second || second[0] == '-')
        return QB_OK;
    char *name = qb_sprintf("%s %s", word, second);
    if (!name)
        return QB_E_NOMEM;
    const qb_verb *of_two = qb_verb_find(name);
    qb_free(name);
    if (!of_two)
        return *ret_verb ? QB_OK : qb_verb_unknown(word, second);
    *ret_verb = of_two;
    *ret_next = first + 2;
    return QB_OK;
}

static bool asks_for_help(int argc, char **argv, int first)
{
    for (int i = first; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

static int parse_into(int argc, char **argv, qb_command_line *line)
{
    const char *first = argc > 1 ? argv[1] : NULL;
    qb_cli *cli = &line->cli;
    int next = 2;
    line->action = QB_CLI_SHORT_HELP;
    if (!first)
        return QB_OK;
    if (strcmp(first, "--version") == 0 || strcmp(first, "--license") == 0) {
        line->action = strcmp(first, "--version") == 0 ? QB_CLI_VERSION : QB_CLI_LICENSE;
        return QB_OK;
    }
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 || strcmp(first, "help") == 0) {
        line->action = QB_CLI_HELP;
        return argc > 2 && argv[2][0] != '-' ? find_verb(argc, argv, 2, &cli->verb, &line->family, &next) : QB_OK;
    }
    if (first[0] == '-') {
        qb_err_set(QB_E_USAGE, "expected a command before the options, got '%.200s'", first);
        return qb_err_hint("'qatbench --help' lists the commands");
    }
    QB_TRY(find_verb(argc, argv, 1, &cli->verb, &line->family, &next));
    if (asks_for_help(argc, argv, next)) {
        line->action = QB_CLI_HELP;
        return QB_OK;
    }
    if (!cli->verb)
        return qb_verb_incomplete(first);
    line->action = QB_CLI_RUN;
    QB_TRY(qb_settings_init(&cli->flags, cli->verb->options, cli->verb->n_options));
    if (cli->verb->takes_run_keys) {
        size_t n_keys;
        const qb_option *keys = qb_run_schema(&n_keys);
        QB_TRY(qb_settings_init(&cli->run, keys, n_keys));
    }
    if (!(cli->command = quote_command(argc, argv)))
        return QB_E_NOMEM;
    return parse_arguments(cli, argc - next, argv + next);
}

int qb_command_line_parse(int argc, char **argv, qb_command_line *ret)
{
    qb_command_line line = {0};
    int rc = parse_into(argc, argv, &line);
    if (rc < 0)
        qb_command_line_finish(&line);
    else
        *ret = line;
    return rc;
}

const char *qb_cli_flag_text(const qb_cli *cli, const char *name)
{
    const qb_value *v = qb_get(&cli->flags, name);
    return v->is_null ? NULL : v->text;
}

void qb_command_line_finish(qb_command_line *line)
{
    qb_settings_finish(&line->cli.flags);
    qb_settings_finish(&line->cli.run);
    qb_free(line->cli.args);
    qb_free((char *)line->cli.command);
    *line = (qb_command_line){0};
}
