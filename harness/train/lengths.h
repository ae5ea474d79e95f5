/* How long a run is: images, steps and spans in steps, from the sizes of its data.
 *
 * Invariant: limits and spans have one text for the identity, which no longer changes once the configuration is made. Of a
 * data set of fixed size that is what they come to (no limit, whole steps); of another it is what was written, so that
 * identities and tables do not need the data, and the steps are known when the data are open.
 */
#ifndef QB_LENGTHS_H
#define QB_LENGTHS_H

#include "train/config.h"

/* Whether the table of data sets has the sizes. */
bool qb_lengths_are_fixed(const qb_config *c);

/* Texts of limits and spans in c->settings, and with a fixed size c's steps. QB_E_CONFIG, naming the key: parts of a batch
 * that would be empty; a window that cannot be, as far as it can be told without the sizes. */
int qb_lengths_write(qb_config *c);

/* A value of c->settings; of data of other sizes than the table's, limits and spans as they were written: what a command has. */
const qb_value *qb_lengths_value(const qb_config *c, size_t row);

/* What a solver is asked with before there is a run: the steps, or where they are not known yet a length in proportion. */
void qb_lengths_nominal(const qb_config *c, int64_t *ret_n_steps, int64_t *ret_warmup);

#endif
