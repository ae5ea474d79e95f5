/* Values of a run's keys between their three forms: the plan's text, JSON, and the label in a table. */
#ifndef QB_STUDY_VALUES_H
#define QB_STUDY_VALUES_H

#include "base/json.h"
#include "base/option.h"

/* Text as a person wrote it -> JSON: bits a number or "ternary", numbers and truth values typed, everything else
 * the text itself. The text has been parsed by the option before. New reference; NULL: out of memory. */
json_t *qb_study_value(const qb_option *o, const char *text);

/* Label of a value: "" for null. Caller frees; NULL: out of memory. */
char *qb_study_label(const json_t *value);

/* Where null is a value of a key ("no limit") rather than a key that the solver ignores. */
bool qb_study_null_counts(const char *key);

/* Equal as values: 1 and 1.0 are. */
bool qb_study_value_equal(const json_t *a, const json_t *b);

/* Order of labels where no plan gives one: null first, then numbers, then texts; ternary between 1 and 2 bits, the
 * solver none first. */
int qb_study_value_compare(const json_t *a, const json_t *b);

#endif
