/* The layers of transformers as naive loops in double, for ref_layers.c. Tokens rest as (n, c, tokens). */
#ifndef QB_REF_TOKENS_H
#define QB_REF_TOKENS_H

#include "ref_layers.h"

/* false: l is no such layer. With dy NULL: its value; else adds to the gradients of its inputs and parameters. */
bool ref_token_layer(ref_net *r, const qb_layer *l, const double *dy);

#endif
