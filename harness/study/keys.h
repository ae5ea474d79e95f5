/* Keys of a study as a user names them: "model,bits". */
#ifndef QB_STUDY_KEYS_H
#define QB_STUDY_KEYS_H

#include "study/cells.h"

/* Makes every key of the list one of the study's: a key of a run that has one value in all cells is none until then. option
 * ("rows") is what errors begin with. QB_E_USAGE: an empty name, or no key of a run, with the nearest one. */
int qb_study_show_keys(qb_study *s, const char *option, const char *list);

/* Places in s->keys of the keys of a list, all of which the study has. ret_keys: room for s->n_keys. QB_E_USAGE: as above,
 * and a key that stands there twice. */
int qb_study_find_keys(const qb_study *s, const char *option, const char *list, size_t *ret_keys, size_t *ret_n);

#endif
