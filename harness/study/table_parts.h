/* What the files of a table share. Private to table*.c. */
#ifndef QB_TABLE_PARTS_H
#define QB_TABLE_PARTS_H

#include "study/table.h"

/* ---- table_layout.c ---- */

/* Chooses the keys of rows and columns and gives every cell its place. QB_E_USAGE: what qb_study_find_keys refuses, and two
 * cells in one place. */
int qb_table_lay_out(qb_table *t);

/* Cells that compete are equal in every key laid out but the main one: these groups, by first appearance. Group g is
 * members[starts[g] .. starts[g + 1] - 1], cells in order. Free both with qb_free. */
int qb_table_group_cells(const qb_table *t, size_t **ret_members, size_t **ret_starts, size_t *ret_n_groups);

/* Is the key one of the rows or columns? */
bool qb_table_has_key(const qb_table *t, size_t key);

/* ---- table_caption.c ---- */

/* Row of the run's schema that stands at a place of captions (from 1); NULL past the last. */
const qb_option *qb_table_caption_key(unsigned place);

/* The value that every cell shares, NULL where there is none. Keys that a solver ignores do not speak. Borrowed. */
const json_t *qb_table_shared_value(const qb_study *s, const char *key);

/* Is the value what every run has that says nothing? Later keys were not there before, so they are silent then. */
bool qb_table_is_usual(const qb_study *s, const qb_option *o, const json_t *value);

/* ---- table_data.c, table_below.c ---- */

void qb_table_add_csv(const qb_table *t, qb_str *s);

/* Tests and mean ranks, as far as they were asked for. */
int qb_table_add_below(const qb_table *t, qb_grid_form form, bool ascii, qb_str *out);

#endif
