/* The attributes of a shortcut layer: for its own file, and for the reference that tests compare it with. */
#ifndef QB_LAYER_SHORTCUT_H
#define QB_LAYER_SHORTCUT_H

typedef struct qb_shortcut {
    int stride;
} qb_shortcut;

#endif
