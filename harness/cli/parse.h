/* From argv to a qb_cli. */
#ifndef QB_PARSE_H
#define QB_PARSE_H

#include "cli/cli.h"

typedef enum qb_cli_action {
    QB_CLI_RUN = 1,    /* the verb, with cli filled */
    QB_CLI_HELP,       /* help of cli.verb, of a family of verbs, or of the program */
    QB_CLI_SHORT_HELP, /* nothing was asked for */
    QB_CLI_VERSION,
    QB_CLI_LICENSE,
} qb_cli_action;

typedef struct qb_command_line {
    qb_cli_action action;
    const char *family; /* QB_CLI_HELP: first word of the verbs to list, or NULL */
    qb_cli cli;
} qb_command_line;

/* QB_E_USAGE names the flag or argument; hint with the nearest name. argv is borrowed. */
int qb_command_line_parse(int argc, char **argv, qb_command_line *ret);
void qb_command_line_finish(qb_command_line *line); /* zeroed is fine */

/* true when the verb takes this key of a run as a flag. */
bool qb_verb_takes_key(const qb_verb *verb, const char *name);

/* The letter of a flag's short form, or 0. Fixed for all verbs: -f --force, -j --jobs, -n --dry-run, -o --output. */
char qb_short_flag(const char *option_name);

#endif
