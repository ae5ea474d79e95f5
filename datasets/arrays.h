/* Images that are in no file: arrays of bytes in memory, and those that the program makes. */
#ifndef QB_DATASETS_ARRAYS_H
#define QB_DATASETS_ARRAYS_H

#include "datasets/source.h"

/* "synthetic: training image 7", as of qb_dataset_image_name. */
char *qb_arrays_image_name(const qb_dataset *d, int split, int64_t i);

#endif
