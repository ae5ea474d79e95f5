/* `qatbench completion`: completion of command lines in bash, zsh and fish. */
#include "cli/cli.h"

#include "base/err.h"
#include "base/str.h"
#include "cli/complete.h"

#include <string.h>

/* The scripts that `meson install` puts where the shells look for them; each asks the program for words. */
static const char *const bash[] = {
#include "completion_bash.h"
};
static const char *const zsh[] = {
#include "completion_zsh.h"
};
static const char *const fish[] = {
#include "completion_fish.h"
};

static const struct {
    const char *shell;
    const char *const *lines;
    size_t n;
} scripts[] = {
    {"bash", bash, sizeof bash / sizeof *bash}, {"zsh", zsh, sizeof zsh / sizeof *zsh}, {"fish", fish, sizeof fish / sizeof *fish}};

static int print_words(const qb_cli *cli)
{
    qb_str out = {0};
    int rc = qb_complete(cli->args + 1, cli->n_args - 1, &out);
    if (rc == QB_OK)
        return qb_cli_print_owned(qb_str_take(&out));
    qb_str_finish(&out);
    return rc;
}

static int run_completion(qb_cli *cli)
{
    const char *what = cli->args[0];
    if (strcmp(what, "words") == 0)
        return print_words(cli);
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        if (strcmp(scripts[i].shell, what) != 0)
            continue;
        if (cli->n_args > 1)
            return qb_err_set(QB_E_USAGE, "completion: unexpected argument '%.200s'", cli->args[1]);
        for (size_t k = 0; k < scripts[i].n; k++)
            QB_TRY(qb_cli_print(scripts[i].lines[k]));
        return QB_OK;
    }
    return qb_err_set(QB_E_USAGE, "completion: expected bash, zsh, fish or words, got '%.200s'", what);
}

const qb_verb qb_verb_completion = {
    .name = "completion",
    .args = "bash|zsh|fish",
    .summary = "completion of command lines in a shell",
    .examples = "  . <(qatbench completion bash)        # in this shell, or in ~/.bashrc\n"
                "  . <(qatbench completion zsh)         # in ~/.zshrc, behind compinit\n"
                "  qatbench completion fish | source    # in ~/.config/fish/config.fish\n"
                "  qatbench completion words -- train --solver p\n",
    .details = "An installed qatbench needs none of this: 'meson install' puts the scripts where\n"
               "the shells look for them. They ask the program what can follow, so solvers of\n"
               "your own are found where 'list solvers' finds them:\n"
               "'completion words -- WORD...' prints a line for each way to go on with the last\n"
               "word, with a tab and what it means behind; nothing where files can follow.\n",
    .min_args = 1,
    .max_args = -1,
    .run = run_completion,
};
