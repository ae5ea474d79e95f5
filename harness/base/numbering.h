/* Texts numbered in the order of their first appearance: equal texts have one number, so n texts are grouped in n look-ups.
 *
 * Zero-initialise. Invariant: the numbers given are 0..n - 1.
 */
#ifndef QB_NUMBERING_H
#define QB_NUMBERING_H

#include "base/json.h"

#include <stddef.h>

typedef struct qb_numbering {
    json_t *numbers; /* text -> number */
    size_t n;        /* texts so far */
} qb_numbering;

/* The number of a text, which is copied when it is new. QB_E_NOMEM. */
int qb_numbering_add(qb_numbering *x, const char *text, size_t *ret_number);

size_t qb_numbering_find(const qb_numbering *x, const char *text); /* SIZE_MAX: it has none */
void qb_numbering_finish(qb_numbering *x);

#endif
