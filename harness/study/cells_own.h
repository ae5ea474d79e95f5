/* Cells of records without a plan. Private to cells*.c. */
#ifndef QB_CELLS_OWN_H
#define QB_CELLS_OWN_H

#include "study/cells.h"

/* Fills cells, keys and values of the study from its lines. */
int qb_cells_create_own(qb_study *s);

#endif
