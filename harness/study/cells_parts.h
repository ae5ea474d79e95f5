/* A record's way into a cell, for cells.c (cells of a plan) and cells_own.c (cells of records alone). Private to them. */
#ifndef QB_CELLS_PARTS_H
#define QB_CELLS_PARTS_H

#include "study/cells.h"

int qb_cells_no_memory(void);

/* Adds to the study's notes; takes text. QB_E_NOMEM when it is NULL. */
int qb_cells_note(qb_study *s, char *text);

/* A member of a record that is a text; NULL: it is not. Borrowed. */
const char *qb_cells_text(const json_t *line, const char *key);

/* The configuration that makes a cell: without the seed, later keys at their defaults. New reference. */
json_t *qb_cells_config(const json_t *line);

/* Puts a line into a cell; without a plan the cell grows. */
int qb_cells_add_run(qb_study *s, qb_cell *cell, const json_t *line, bool *ret_added);

/* Does a key have several values among the cells? */
bool qb_cells_key_varies(const qb_study *s, const char *key);

#endif
