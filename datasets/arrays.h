/* Images as arrays of bytes in memory: what a source shares whose d->state is qb_arrays[QB_N_SPLITS]. */
#ifndef QB_DATASETS_ARRAYS_H
#define QB_DATASETS_ARRAYS_H

#include "datasets/source.h"

int qb_arrays_image(const qb_dataset *d, int split, int64_t i, qb_room *room, qb_image *ret_image);
char *qb_arrays_image_name(const qb_dataset *d, int split, int64_t i);

#endif
