/* The map w(x) of a solver over the annealing window, for pictures: where a weight that starts at x stands after a part
 * of the window when the loss says nothing.
 *
 * One instance is played from the first step on with every hook in its order; the loss's gradient is zero, the
 * base optimizer is plain SGD without momentum or weight decay, and the levels stay as given. For a solver that leaves the
 * latent weights alone this is its map at that point of the window; one that moves them (by proximal steps, or
 * through the gradient) shows where they have gone.
 */
#ifndef QB_MAP_H
#define QB_MAP_H

#include "quant/plugin.h"

#include <stdint.h>

typedef struct qb_map_options {
    const qb_plugin *plugin;
    const qb_settings *settings; /* of the plugin's options */
    int bits;                    /* 1..8, 0 = ternary */
    const float *levels;         /* n_levels, ascending; not shown to a solver that decides its levels itself */
    int n_levels;
    int64_t n_steps;             /* of the run, >= 2; the annealing window is all of it */
    double lr;                   /* of every step */
} qb_map_options;

typedef enum qb_map_levels { QB_MAP_GIVEN = 1, QB_MAP_OWN, QB_MAP_NONE } qb_map_levels; /* whose levels count */

/* For each of n_at fractions of the window, 0..1 (rounded to a step: 1 is the last one), a row of w (n_at, n): what the
 * row x[n] has become. hard[n]: its finished weights after the last step. QB_E_NOT_OFFERED, QB_E_CONFIG: as
 * qb_plugin_supports, by tensor; QB_E_FAILED: a hook failed. */
int qb_map_compute(const qb_map_options *o, const double *at, int n_at, const float *x, int64_t n, float *w, float *hard,
                   qb_map_levels *ret_levels);

#endif
