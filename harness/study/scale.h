/* A plan made shorter: epochs, milestones, warm-up, annealing window and quantization's warm-up times one factor.
 *
 * Lengths are the keys with QB_KEY_LENGTH, and in a spec the options in epochs that are no period. Each is rounded to whole
 * epochs, or steps where it is written in steps, halves up, and is at least 1; what is 0 or not set stays so. Periods
 * (quant_period, eval_every, checkpoint_every) are not lengths. What comes out is a plan of its own: its runs are other runs.
 */
#ifndef QB_SCALE_H
#define QB_SCALE_H

#include "study/plan.h"

/* The row of `scale`, as a plan's key and as a flag. */
#define QB_SCALE_OPTION                                                                                                    \
    {"scale", QB_KIND_REAL, NULL, 0, 1, NULL, "", "shorten epochs, milestones, warm-up and windows of the plan to this share; " \
     "instead of the plan's own 'scale'", QB_OPT_NULLABLE | QB_OPT_MIN_OPEN, NULL}

/* The text of a key's value in a plan of that scale. *ret_text: new, NULL where it stays what it is. QB_E_CONFIG: numbers of a
 * list (milestones) that become equal; and errors of finding the solver or schedule. Caller frees. */
int qb_scale_value(double scale, const qb_option *o, const char *text, const qb_study_plan_places *places, char **ret_text);

/* "scaled 0.2"; "TITLE, scaled 0.2", at scale 1 the title alone. Caller frees; NULL: out of memory. */
char *qb_scale_text(double scale);
char *qb_scale_title(const char *title, double scale);

#endif
