/* What can follow words on the command line, for the completion of shells: verbs, options and values out of the tables and
 * schemas, and solvers from where they are looked for, so that an author's own is among them.
 */
#ifndef QB_COMPLETE_H
#define QB_COMPLETE_H

#include "base/str.h"

/* Adds a line for each way to go on with the last of the words behind "qatbench": the whole word and, where there is more to say, a
 * tab and what it means. Nothing: any file, or any text, can follow. A "=" that stands alone parts a flag from its value, as bash
 * gives words. QB_E_NOMEM. */
int qb_complete(char *const *words, int n, qb_str *out);

#endif
