/* Other forms in which a data set is handed round, and which qatbench does not read: a message names what lies there. */
#ifndef QB_DATASETS_FORMS_H
#define QB_DATASETS_FORMS_H

#include "datasets/source.h"

/* What `path` (a folder, or a file) is or holds, as in "the Python version of CIFAR-10"; NULL: nothing that is known. */
const char *qb_form_find(const char *path);

/* The same for a member of an archive, by its name. */
const char *qb_form_of_member(const char *name);

/* QB_E_DATA: the file at `path` holds this form; the hint says what to download. */
int qb_form_error(const qb_source *s, const char *path, const char *form);

#endif
