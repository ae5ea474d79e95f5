/* The numbers of a run's result that tables show, and how they are written.
 *
 * Rounding: percentages to two decimals (a test image of 10,000); everything else to two digits of the standard
 * deviation and the mean to the same place.
 */
#ifndef QB_MEASURE_H
#define QB_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct qb_measure {
    const char *name;  /* member of a record's result: "test_top1" */
    const char *title; /* "test top-1" */
    const char *unit;  /* "%", "" */
    const char *when;  /* "last epoch" */
    bool higher_is_better;
    int decimals; /* fixed; -1: by the standard deviation */
} qb_measure;

const qb_measure *qb_measures(size_t *ret_n);
int qb_measure_find(const char *name, const qb_measure **ret_measure); /* QB_E_USAGE with the nearest name */
extern const char *const qb_measure_names[];                           /* NULL-terminated, for an option's choices */

/* "91.71 ± 0.03", "91.71" (n = 1). */
char *qb_measure_text(const qb_measure *m, double mean, double std, size_t n);

/* Decimals that show two digits of a spread; four digits of a number that has none. */
int qb_measure_decimals(const qb_measure *m, double mean, double std);


/* printf writes -0.00 for what rounds to nothing. */
double qb_measure_without_minus_zero(double v, int decimals);

#endif
