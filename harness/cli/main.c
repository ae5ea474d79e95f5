/* qatbench: reads the command line, runs one verb, says once what went wrong, and turns it into an exit status. */
#include "base/err.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "cli/user_config.h"
#include "engine/net.h"

#include <stdio.h>

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
        QB_TRY(qb_user_config_read());
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
        return qb_cli_report(rc);
    if (line.action == QB_CLI_SHORT_HELP) {
        qb_help_print_short();
        return qb_err_exit_status(QB_E_USAGE);
    }
    rc = run(&line);
    qb_cli_status_line(NULL);
    int status = qb_cli_report(rc);
    qb_command_line_finish(&line);
    qb_user_config_finish();
    return status;
}
