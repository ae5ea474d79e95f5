/* Bits by layer: the key layer_bits against the parameters of a network.
 *
 * A pattern stands for whole parameter names, ".weight" may be left out; of several that match the last wins. Only tensors
 * of two or more dimensions can be quantized: a pattern with '*' passes over vectors.
 */
#ifndef QB_LAYER_BITS_H
#define QB_LAYER_BITS_H

#include "engine/param.h"

#include <stdbool.h>

enum { QB_BITS_FLOAT = -1 }; /* not quantized */

/* ret_bits[n]: of every parameter 1..8, 0 = ternary, or QB_BITS_FLOAT. list: canonical text of the key ("none", or
 * QB_KIND_BITS_OF); bits: of what is quantized otherwise. QB_E_CONFIG, beginning with the key: a pattern that matches
 * nothing (the hint lists names), a vector, no layer left to quantize. model: its name, for messages. */
int qb_layer_bits_resolve(const char *list, int bits, const qb_param *params, size_t n, const char *model, int8_t *ret_bits);

/* '*' matches any characters, none too; the rest itself. */
bool qb_pattern_matches(const char *pattern, const char *text);

#endif
