/* A solver whose plugin is not on this machine, as its records describe it: enough to find the cells of a plan among them.
 * It has no code, trains nothing, and has no path: no file is behind it.
 */
#ifndef QB_STAND_IN_H
#define QB_STAND_IN_H

#include "base/json.h"
#include "study/plan.h"

/* The plugin that a solver's spec names, and the spec to configure it with: `text` itself. Where no such plugin loads,
 * places->lines has records of its name, and these know the options that are written: a stand-in, and the spec as a record of
 * these values holds it (`text` where none has them). A stand-in is kept like a loaded plugin, never freed; caller frees the
 * spec. Errors: those of qb_plugin_load, QB_E_USAGE (text is no spec). */
int qb_study_solver_find(const char *text, const qb_study_plan_places *places, const qb_plugin **ret_plugin, char **ret_spec);

bool qb_study_is_stand_in(const qb_plugin *plugin);

#endif
