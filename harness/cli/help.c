/* Help: of the program, of a family of verbs, of a verb. Examples first; options from the schemas; 80 columns. */
#include "cli/help.h"

#include "base/build.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/verbs.h"
#include "engine/net.h"
#include "license_text.h"
#include "train/config.h"

#include <string.h>

static const char summary[] = "trains classifiers with quantization-aware-training solvers and compares them";

static const char examples[] =
    "  qatbench run results/quickstart/plan.yaml     train all that a plan asks for\n"
    "  qatbench table results/quickstart/plan.yaml   mean and spread over the seeds\n"
    "  qatbench train --model resnet8 --dataset fashion-mnist --epochs 3 --solver ste\n"
    "  qatbench list solvers                         what can be compared\n"
    "  qatbench info resnet20                        layers, parameters, operations\n"
    "  qatbench doctor                               what this machine offers\n";

static const char environment[] =
    "  QATBENCH_DATA          folder of the data sets, after --data-dir\n"
    "  QATBENCH_RUNS          folder of the runs, after --runs-dir (default ./runs)\n"
    "  QATBENCH_SOLVER_PATH   folders of solver plugins, ':' between them\n"
    "  OMP_NUM_THREADS        threads of train and bench, after --threads, and of\n"
    "                         data verify and data prepare\n"
    "  XDG_DATA_HOME          qatbench/datasets and qatbench/solvers below it\n"
    "  XDG_CACHE_HOME         qatbench/ below it remembers verified checksums\n"
    "  XDG_CONFIG_HOME        qatbench/config.yaml below it, read after all these:\n"
    "                         runs_dir, data_dir, solver_path, color\n"
    "  NO_COLOR               no colour; CLICOLOR_FORCE, FORCE_COLOR: always\n";

static const char exit_codes[] =
    "  0 done   1 a run failed or diverged   2 wrong usage   65 bad data\n"
    "  66 input missing   69 plugin, CPU feature or program missing\n"
    "  73 run in use by another process   74 input/output error\n"
    "  75 stopped after saving: run again   78 bad plan or configuration\n"
    "  128+n ended by signal n\n";

static void add_verbs(qb_str *s, const char *family)
{
    size_t n, n_family = family ? strlen(family) : 0;
    const qb_verb *const *verbs = qb_verbs(&n);
    for (size_t i = 0; i < n; i++) {
        if (!family || (strncmp(verbs[i]->name, family, n_family) == 0 && verbs[i]->name[n_family] == ' '))
            qb_str_addf(s, "  %-14s %s\n", verbs[i]->name, verbs[i]->summary);
    }
}

static int print_program_help(void)
{
    qb_str s = {0};
    qb_str_addf(&s, "qatbench %s\n%s\n\nUsage: qatbench COMMAND [OPTIONS] [ARGUMENTS]\n\nExamples:\n%s\nCommands:\n",
                qb_build_version(), summary, examples);
    add_verbs(&s, NULL);
    qb_str_addf(&s,
                "\nOptions:\n"
                "  --help         this text; 'qatbench COMMAND --help': that of a command\n"
                "  --version      version, commit, oneDNN, instruction set\n"
                "  --license      the licence\n"
                "\nEnvironment:\n%s\nExit status:\n%s",
                environment, exit_codes);
    return qb_cli_print_owned(qb_str_take(&s));
}

static int print_family_help(const char *family)
{
    qb_str s = {0};
    qb_str_addf(&s, "Usage: qatbench %s COMMAND [OPTIONS] [ARGUMENTS]\n\nCommands:\n", family);
    add_verbs(&s, family);
    qb_str_addf(&s, "\n'qatbench %s COMMAND --help' explains one.\n", family);
    return qb_cli_print_owned(qb_str_take(&s));
}

static void add_owned(qb_str *s, char *text)
{
    if (text)
        qb_str_add(s, text);
    else
        s->failed = true;
    qb_free(text);
}

/* The keys of a run that the verb takes, heading by heading. */
static int add_run_keys(qb_str *s, const qb_verb *verb)
{
    size_t n, n_taken = 0;
    const qb_option *keys = qb_run_schema(&n);
    qb_option *taken = qb_alloc(n, sizeof *taken);
    if (!taken)
        return QB_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        if (qb_verb_takes_key(verb, keys[i].name))
            taken[n_taken++] = keys[i];
    }
    qb_str_add(s, "\n");
    add_owned(s, qb_options_help(taken, n_taken, NULL));
    qb_free(taken);
    return QB_OK;
}

static void add_short_forms(qb_str *s, const qb_verb *verb)
{
    bool is_first = true;
    for (size_t i = 0; i < verb->n_options; i++) {
        char letter = qb_short_flag(verb->options[i].name);
        if (!letter)
            continue;
        qb_str_addf(s, "%s-%c is --", is_first ? "\nShort forms: " : ", ", letter);
        for (const char *p = verb->options[i].name; *p; p++)
            qb_str_addn(s, *p == '_' ? "-" : p, 1);
        is_first = false;
    }
    if (!is_first)
        qb_str_add(s, ".\n");
}

static int print_verb_help(const qb_verb *verb)
{
    qb_str s = {0};
    qb_str_addf(&s, "qatbench %s: %s\n\nExamples:\n%s\nUsage: qatbench %s [OPTIONS]%s%s\n", verb->name, verb->summary,
                verb->examples, verb->name, verb->args[0] ? " " : "", verb->args);
    if (verb->n_options > 0) {
        qb_str_add(&s, "\nOptions:\n");
        add_owned(&s, qb_options_help(verb->options, verb->n_options, NULL));
    }
    if (verb->takes_run_keys) {
        int rc = add_run_keys(&s, verb);
        if (rc < 0) {
            qb_str_finish(&s);
            return rc;
        }
    }
    qb_str_add(&s, "\nCommon:\n");
    if (verb->has_json)
        qb_str_add(&s, "  --json                    one JSON object on standard output, nothing else\n");
    qb_str_add(&s, "  -q, --quiet               warnings and errors only\n"
                   "  -v, --verbose             also say what is done on the way\n"
                   "  -h, --help                this text\n");
    add_short_forms(&s, verb);
    if (verb->details)
        qb_str_addf(&s, "\n%s", verb->details);
    qb_str_addf(&s, "\nEnvironment:\n%s\nExit status:\n%s", environment, exit_codes);
    return qb_cli_print_owned(qb_str_take(&s));
}

int qb_help_print(const qb_command_line *line)
{
    if (line->cli.verb)
        return print_verb_help(line->cli.verb);
    return line->family ? print_family_help(line->family) : print_program_help();
}

void qb_help_print_short(void)
{
    fputs("Usage: qatbench COMMAND [OPTIONS] [ARGUMENTS]\n\nExamples:\n", stderr);
    fputs(examples, stderr);
    fputs("\n'qatbench --help' lists all commands.\n", stderr);
}

int qb_help_print_version(void)
{
    qb_engine_info engine;
    qb_engine_get_info(&engine);
    const char *git = qb_build_git();
    return qb_cli_printf("qatbench %s (%s%s%soneDNN %s, %s, %s)\n", qb_build_version(), git[0] ? "git " : "", git,
                         git[0] ? ", " : "", engine.onednn, engine.isa,
                         strcmp(engine.runtime, "OMP") != 0       ? engine.runtime
                         : qb_starts_with(engine.openmp, "libgomp.") ? "libgomp"
                                                                      : engine.openmp);
}

int qb_help_print_license(void)
{
    return qb_cli_print(license_text);
}
