/* The check behind `doctor --determinism`. */
#ifndef QB_DETERMINISM_H
#define QB_DETERMINISM_H

#include <stdbool.h>

/* Trains a small network on the synthetic set twice in a temporary folder: in one go, and stopped and resumed.
 * *ret_equal: weights and metrics.jsonl are the same bytes. *ret_what says what was compared; caller frees. */
int qb_determinism_check(const char *solver_path, bool *ret_equal, char **ret_what);

#endif
