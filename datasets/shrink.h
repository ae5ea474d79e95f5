/* Image files made smaller, for packs. */
#ifndef QB_DATASETS_SHRINK_H
#define QB_DATASETS_SHRINK_H

#include "datasets/store.h"

/* An image whose shorter side is longer than short_side: resized so that it is (bicubic, antialiased), as a JPEG file of quality 95
 * without subsampling of colours. Another one: ret_bytes->bytes is NULL. QB_E_DATA: it cannot be read. QB_E_NOMEM. */
int qb_shrink_file(const qb_file_bytes *bytes, int short_side, qb_file_bytes *ret_bytes);

#endif
