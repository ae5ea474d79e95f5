/* Is what a plugin says about itself complete and free of contradiction? Private to the plugin loader. */
#ifndef QB_PLUGIN_CHECK_H
#define QB_PLUGIN_CHECK_H

#include "base/option.h"
#include "quant/plugin_elf.h"

#include <qatbench/solver.h>

/* Sizes of version 1.0: the least that a plugin may have. */
enum { QB_SOLVER_BYTES_1_0 = 184, QB_SOLVER_OPTION_BYTES_1_0 = 64 };

/* Versions, sizes, and bits of caps and traits, before the file is loaded. QB_E_UNAVAILABLE. */
int qb_plugin_check_head(const qb_plugin_head *head, const char *path);

/* The loaded struct, members beyond the plugin's size zero; `stem` is the file's name without folder and .so.
 * QB_E_UNAVAILABLE. */
int qb_plugin_check_solver(const qb_solver *solver, const char *stem, const char *path);

/* The solver's options as a schema of ours: n_options rows, strings borrowed from the plugin; free with qb_free.
 * QB_E_UNAVAILABLE: an option without name, help or a default in its range, twice, or of an unknown kind. */
int qb_plugin_check_options(const qb_solver *solver, const char *path, qb_option **ret_options);

#endif
