/* The golden-vector runner: what a runner of one kind of file gets, and how it reports.
 *
 * A kind is a function that recognises its files and one that runs them; golden.c holds the table. A new kind
 * is one file golden_<kind>.c, one declaration below and one line in that table.
 * Every number of a test comes from the file: seeds, sizes, prefixes, hyper-parameters, tolerances where given.
 */
#ifndef QB_GOLDEN_H
#define QB_GOLDEN_H

#include "base/safetensors.h"
#include "engine/param.h"
#include "quant/plugin.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* One file, read and checked. */
typedef struct golden_file {
    const char *path;   /* as found */
    const char *name;   /* "model-resnet20": file name without extension */
    qb_safetensors st;  /* *.safetensors; empty for *.json */
    json_t *json;       /* *.json: the whole value; else NULL */
    json_t *cases;      /* object, one member a case: __metadata__.cases, or `json` if it is an object; else NULL */
} golden_file;

/* The count of one file. Only the functions below change it. */
typedef struct golden_tally {
    const char *name;
    int passed, failed, skipped;
    double worst; /* largest error relative to its tolerance */
} golden_tally;

/* One case is done. error_over_tolerance: largest error / tolerance; passes up to 1, NaN fails.
 * A failed case is named on stderr. */
void golden_case(golden_tally *t, const char *case_name, double error_over_tolerance);

/* The case could not be run as it should have been: counts as failed, named with the reason. */
void golden_fail(golden_tally *t, const char *case_name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* A case of a kind that this program does not know, or whose data are not there. */
void golden_skip(golden_tally *t, const char *case_name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same, for all cases of a file (1 when it has no list of cases). */
void golden_skip_all(golden_tally *t, const golden_file *f, const char *reason);

/* Largest |got - want| / tolerance over n values; infinite when any `got` is not finite where `want` is. */
double golden_error(const float *got, const float *want, size_t n, double tolerance);
double golden_max_abs(const float *v, size_t n);

/* ---- reading ---- */

/* True when the first case (all cases of a file are alike) has a member `key`. */
bool golden_cases_have(const golden_file *f, const char *key);

/* Text under __metadata__, NULL when absent. Borrowed. */
const char *golden_meta(const golden_file *f, const char *key);
/* The same as number, or parsed as JSON (new reference); when absent or malformed,
 * the whole file fails (as with golden_floats) and the call does not return. */
double golden_meta_number(const golden_file *f, const char *key);
json_t *golden_meta_json(const golden_file *f, const char *key);

/* A number of a case; `def` when absent or null. */
double golden_number(const json_t *o, const char *key, double def);
const char *golden_text(const json_t *o, const char *key); /* NULL when absent */

/* Tensor "CASE.NAME", or "NAME" when case_name is NULL; NULL when absent. */
const qb_st_tensor *golden_tensor(const golden_file *f, const char *case_name, const char *name);
/* Its values, float32, aligned; n_elements of them. qb_free. Absent or not F32: the whole file fails. */
float *golden_floats(const golden_file *f, const char *case_name, const char *name, size_t *ret_n);

/* ---- networks and solvers ---- */

/* x (and w) of a parameter <- the hash fill of its name with `prefix` in front. */
void golden_fill_param(const qb_param *p, const char *prefix);

/* OMP_NUM_THREADS, or all cores this process may use. */
int golden_threads(void);

/* The plugin of this build and its settings by a spec ("parq[steepness=10]"); the caller finishes the settings. */
int golden_load_solver(const char *spec, const qb_plugin **ret_plugin, qb_settings *ret_settings);

/* ---- the kinds ---- */

typedef struct golden_kind {
    const char *title;
    bool (*matches)(const golden_file *f);
    void (*run)(golden_tally *t, const golden_file *f);
} golden_kind;

extern const golden_kind golden_models;
extern const golden_kind golden_schedules;
extern const golden_kind golden_training;
extern const golden_kind golden_quantizers;
extern const golden_kind golden_proxmaps;
extern const golden_kind golden_hooks;
extern const golden_kind golden_gradients;
extern const golden_kind golden_trajectories;
extern const golden_kind golden_whole_runs;
extern const golden_kind golden_images;
extern const golden_kind golden_crops;

#endif
