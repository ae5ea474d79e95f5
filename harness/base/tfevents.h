/* Event files of TensorBoard, as bytes: scalars alone.
 *
 * A file is a sequence of records: length of the message (8 bytes, little-endian), the masked CRC of these 8 bytes, the message,
 * its masked CRC. A message is an Event of TensorFlow's event.proto: wall_time (1), step (2), and file_version (3), summary (5)
 * or session_log (7). Equal calls give equal bytes.
 */
#ifndef QB_TFEVENTS_H
#define QB_TFEVENTS_H

#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli), as in RFC 3720; of "123456789": 0xe3069283. */
uint32_t qb_crc32c(const void *bytes, size_t n);

/* What every file begins with: the version, and a start of the session at step 0, by which a reader drops what older files of the
 * folder hold. wall_time: seconds since 1970, as below. */
void qb_tfevents_begin(qb_str *file, double wall_time);

typedef struct qb_tf_scalar {
    const char *tag; /* UTF-8 */
    float value;     /* any; readers show NaN as NaN */
} qb_tf_scalar;

/* Scalars of one step, one event. */
void qb_tfevents_add(qb_str *file, double wall_time, int64_t step, const qb_tf_scalar *scalars, size_t n);

#endif
