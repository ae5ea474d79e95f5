/* qatbench: reads the command line, runs one verb, says once what went wrong, and turns it into an exit status. */
#include "base/err.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "engine/net.h"

#include <stdio.h>

enum { MAX_ERROR = 1600, MAX_HINT = 300 }; /* an error stays under 2,000 bytes */

/* Control characters of what a user typed do not reach the terminal. */
static void print_clean(const char *before, const char *text, int max)
{
    fputs(before, stderr);
    int n = 0;
    for (; text[n] && n < max; n++) {
        unsigned char c = (unsigned char)text[n];
        fputc((c < 0x20 && c != '\n') || c == 0x7f ? '?' : c, stderr);
    }
    fputs(text[n] ? "...\n" : "\n", stderr);
}

static int report(int rc)
{
    if (rc >= 0)
        return 0;
    print_clean("qatbench: ", qb_err_text()[0] ? qb_err_text() : "out of memory", MAX_ERROR);
    if (qb_err_hint_text()[0])
        print_clean("  ", qb_err_hint_text(), MAX_HINT);
    return qb_err_exit_status(rc);
}

static int run(qb_command_line *line)
{
    switch (line->action) {
    case QB_CLI_VERSION:
        return qb_help_print_version();
    case QB_CLI_LICENSE:
        return qb_help_print_license();
    case QB_CLI_HELP:
        return qb_help_print(line);
    case QB_CLI_SHORT_HELP:
        break;
    case QB_CLI_RUN:
        if (line->cli.verb != &qb_verb_doctor) /* which says it among all else */
            QB_TRY(qb_engine_check());
        qb_cli_start_log(&line->cli);
        return line->cli.verb->run(&line->cli);
    }
    return QB_OK;
}

int main(int argc, char **argv)
{
    qb_command_line line;
    qb_cli_start_streams();
    qb_cli_start_signals();
    int rc = qb_command_line_parse(argc, argv, &line);
    if (rc < 0)
        return report(rc);
    if (line.action == QB_CLI_SHORT_HELP) {
        qb_help_print_short();
        return qb_err_exit_status(QB_E_USAGE);
    }
    rc = run(&line);
    qb_cli_status_line(NULL);
    int status = report(rc);
    qb_command_line_finish(&line);
    return status;
}
