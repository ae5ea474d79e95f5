/* A state dict of codes, plain or packed, as `export` writes it (export.h), brought back to float32 weights.
 *
 * Invariant: afterwards the file is the one that holds the quantized weights, bit for bit; a file that is none of codes stays as
 * it is. Every size and every code is checked.
 */
#ifndef QB_CODED_H
#define QB_CODED_H

#include "base/safetensors.h"

/* path: for messages. QB_E_DATA: of a later version, or not whole. After an error the file is as it was. */
int qb_coded_decode(qb_safetensors *file, const char *path);

#endif
