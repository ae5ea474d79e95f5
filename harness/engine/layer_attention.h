/* The attributes of an attention layer: for its own file, and for the reference that tests compare it with. */
#ifndef QB_LAYER_ATTENTION_H
#define QB_LAYER_ATTENTION_H

typedef struct qb_attention {
    int heads;
} qb_attention;

#endif
