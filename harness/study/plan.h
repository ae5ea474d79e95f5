/* A plan: a YAML file that names many runs. It is read into cells, one a combination of values, each with one
 * configuration a seed.
 *
 *   title: ResNet-20 on CIFAR-10          optional; else the experiment's name
 *   base:  {dataset: cifar10, epochs: 5}  keys of a run that hold for every cell
 *   matrix:                               every combination of these is a cell, the first key varying slowest
 *     solver: [ste, "parq[steepness=100]"]
 *     bits:   [1, ternary, 2]
 *   variants:                             named sets of keys, which they may replace in base: every combination of the matrix
 *     parq-fast: {solver: "parq[steepness=50]", lr: 0.05}     with each, the variant varying slowest
 *     plain:     {solver: ste}
 *   include: [{solver: none}]             further cells on top of base, whose keys they may replace
 *   exclude: [{solver: ste, bits: 1}]     combinations of the matrix to leave out; a value or a list a key; a solver
 *                                         without options stands for the solver with any options. In an entry of include
 *                                         and exclude `variant: NAME` stands for that variant's keys, and cells
 *   seeds: [1, 2, 3]                      default: [1]
 *   paper: paper.yaml                     published numbers (see compare.h), beside the plan
 *   scale: 0.2                            all lengths shorter (see scale.h)
 *
 * The name of a variant is a label and no more: what a run is, its values alone decide.
 *
 * Invariant: no two cells have the same identity (seed aside), and the texts of `values` are as the plan wrote them, lengths
 * of a scaled plan as they come to.
 */
#ifndef QB_PLAN_H
#define QB_PLAN_H

#include "base/json.h"
#include "train/config.h"

#include <stddef.h>

#define QB_STUDY_VARIANT_KEY "variant" /* the name of a cell's variant, among the keys of a study */

/* What the caller adds: where things are on this machine, and a scale. NULL members: not given. They are no part of a plan. */
typedef struct qb_study_plan_places {
    const char *runs_dir, *data_dir, *solver_path;
    const json_t *lines; /* records that tell of solvers without a plugin here (stand_in.h); NULL: all need one. Borrowed */
    double scale;        /* instead of the plan's own; 0: not given */
    const char *text_path; /* file that holds the plan's text in place of its own (frozen.h); NULL: none */
} qb_study_plan_places;

typedef struct qb_study_plan_cell {
    char *name;         /* "solver=parq bits=2": what makes this cell different, for messages */
    const char *variant; /* its name; NULL: none */
    json_t *values;     /* object: each of the plan's keys -> value as written, null where the solver ignores it */
    json_t *identity;   /* qb_config.identity without seed, completed (train/identity.h); NULL when skipped */
    char *skipped;      /* why the cell cannot run; NULL: it can */
    qb_config **runs;   /* one a seed of the plan; NULL when skipped */
} qb_study_plan_cell;

typedef struct qb_study_plan {
    char *path, *title;
    char *experiment; /* the folder's name for a plan.yaml, else the file's without its ending */
    char *paper;      /* path, or NULL */
    char *text;       /* the bytes that were read */
    size_t n_text;
    double scale;     /* of its lengths (scale.h), as the plan or the caller has it; 1: as written */
    bool is_rescaled; /* it is the caller's */
    char *records;    /* RUNS_DIR/EXPERIMENT: where its runs are kept */
    char **keys;      /* solver and bits, then every further key that varies, in the plan's order. With variants their key too:
                         first, where the matrix has no solvers, else behind bits */
    bool *is_said;    /* one a key: the name of the variant (of a cell without one, its solver) says its value */
    size_t n_keys;
    char **variants;  /* their names */
    size_t n_variants;
    long long *seeds;
    size_t n_seeds;
    qb_study_plan_cell *cells;
    size_t n_cells;
} qb_study_plan;

/* Reads and checks a plan, opens no data. Every error of the plan is "FILE:LINE:COLUMN: KEY: got, wanted" (QB_E_CONFIG;
 * QB_E_UNAVAILABLE or QB_E_NOINPUT for a plugin that is there but cannot be used, or a missing file). A combination that
 * its solver or quantizer does not offer is a skipped cell; when that is all of them, QB_E_CONFIG. Warnings (an exclude
 * that matches nothing, cells that are the same run) go to qb_log_warning. */
int qb_study_plan_read(const char *path, const qb_study_plan_places *places, qb_study_plan **ret_plan);
void qb_study_plan_destroy(qb_study_plan *p);

/* RUNS_DIR/EXPERIMENT of a plan, without reading it. Caller frees. */
int qb_study_plan_records(const char *path, const qb_study_plan_places *places, char **ret_dir);

/* true for a file name that ends in .yaml or .yml. */
bool qb_study_plan_is_name(const char *path);

#endif
