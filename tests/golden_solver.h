/* What the runners of solver vectors share: specs of plugins and quantizers from a case's numbers, and one plugin on a
 * stage of its own (solver_stage.h). The formulas are the program's; nothing here computes one.
 */
#ifndef QB_GOLDEN_SOLVER_H
#define QB_GOLDEN_SOLVER_H

#include "base/str.h"
#include "engine/optim.h"
#include "golden.h"
#include "quant/quant.h"
#include "solver_stage.h"

/* ---- specs: name[key=value,...] ---- */

typedef struct golden_spec {
    qb_str text; /* grows; golden_spec_end gives the spec and ends it */
    bool open;
} golden_spec;

golden_spec golden_spec_begin(const char *name);
void golden_spec_text(golden_spec *s, const char *key, const char *value);
void golden_spec_real(golden_spec *s, const char *key, double value);
void golden_spec_list(golden_spec *s, const char *key, const float *values, size_t n); /* infinity as 1e300 */
void golden_spec_numbers(golden_spec *s, const char *key, const json_t *numbers);      /* a JSON list */
/* For every name in keys (NULL-terminated) that is a number of the case: key=number. */
void golden_spec_copy(golden_spec *s, const json_t *c, const char *const *keys);
char *golden_spec_end(golden_spec *s); /* qb_free */

/* Our quantizer for a name of the files ("unif-max"), with the case's parameters; NULL: unknown. qb_free. */
char *golden_quantizer_spec(const json_t *c);

/* ---- base optimizers ---- */

int golden_create_optimizer(const json_t *c, qb_optim **ret_optim);

/* ---- a plugin on a stage ---- */

int golden_stage_init(solver_stage *s, const char *spec, int bits, int64_t rows, int64_t len, const float *x);
void golden_stage_window(solver_stage *s, const json_t *c); /* step, anneal_start, anneal_end of the case */

/* ---- comparing ---- */

/* The usual shape of a case: 1 unit, or the rows of tensor NAME when per_channel is set. */
int64_t golden_rows(const golden_file *f, const char *case_name, const char *tensor, const json_t *c);

/* Absolute tolerance of the files whose cases name a source: 2e-6 * max(1, largest expected), absolute for small values and
 * relative for large ones. */
double golden_mixed_tolerance(const float *want, size_t n);
/* Error / tolerance of got against tensor NAME of a case under that rule; `scale` widens it. */
double golden_mixed_error(const golden_file *f, const char *case_name, const char *name, const float *got, size_t n, double scale);

/* How far the values are from the nearest of their unit's expected levels (tensor "Q"), over the tolerance. */
double golden_level_error(const golden_file *f, const char *case_name, const float *values, int64_t rows, int64_t len);

#endif
