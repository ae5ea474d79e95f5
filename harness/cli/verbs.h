/* The table of verbs. */
#ifndef QB_VERBS_H
#define QB_VERBS_H

#include "cli/cli.h"

const qb_verb *const *qb_verbs(size_t *ret_n);

/* "train" or, of two words, "solver check". NULL: unknown. */
const qb_verb *qb_verb_find(const char *name);

/* true when `word` is the first word of verbs of two words; it may be a verb by itself too. */
bool qb_verb_is_family(const char *word);

/* Sets QB_E_USAGE with the nearest verb; `second` may be NULL. Returns the code. */
int qb_verb_unknown(const char *first, const char *second);

/* Sets QB_E_USAGE: a family without its second word. Returns the code. */
int qb_verb_incomplete(const char *family);

#endif
