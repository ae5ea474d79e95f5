/* What two runs, or two plans, differ in, key by key: by the values that hold, so that a default that is written out is no
 * difference.
 *
 * Form (what `diff --json` prints): {"kind": "runs" | "plans", "a", "b": {...}, "keys": {KEY: {"a", "b"}}, "n_equal": N, and
 *   runs:  "facts": {"machine.threads": {"a", "b"}}, of data, machine, build and result
 *   plans: "cells": {"both": N, "only_a": [names], "only_b": [names]}}; a key has the list of its values.
 * Only what differs is there; null stands for a value that does not apply or is not known.
 */
#ifndef QB_DIFF_H
#define QB_DIFF_H

#include "base/json.h"
#include "study/plan.h"

/* Lines of runs.jsonl. New reference. QB_E_NOMEM. */
int qb_diff_runs(const json_t *a, const json_t *b, json_t **ret_diff);
int qb_diff_plans(const qb_study_plan *a, const qb_study_plan *b, json_t **ret_diff);

/* For people. Caller frees. */
int qb_diff_text(const json_t *diff, char **ret_text);

#endif
