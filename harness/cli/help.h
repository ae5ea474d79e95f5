/* Help texts, made from the table of verbs and their schemas. */
#ifndef QB_HELP_H
#define QB_HELP_H

#include "cli/parse.h"

int qb_help_print(const qb_command_line *line); /* what was asked for, to stdout */
void qb_help_print_short(void);                 /* `qatbench` alone, to stderr */
int qb_help_print_version(void);
int qb_help_print_license(void);

#endif
