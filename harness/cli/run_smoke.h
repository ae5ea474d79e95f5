/* `qatbench run PLAN --smoke`: would every cell run? */
#ifndef QB_RUN_SMOKE_H
#define QB_RUN_SMOKE_H

#include "cli/cli.h"
#include "study/plan.h"

/* Do --smoke and --data go with the other flags of run? QB_E_USAGE. */
int qb_cli_check_smoke(const qb_cli *cli);

/* Tries each cell and prints a line for it. QB_E_FAILED: some cells failed; QB_E_STOPPED. */
int qb_cli_smoke(const qb_cli *cli, const qb_study_plan *plan);

#endif
