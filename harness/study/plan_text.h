/* The text of a plan, checked word by word but not yet combined into cells. Private to plan.c and plan_text.c.
 *
 * Invariant: every scalar has been parsed by its option of qb_run_schema and, where it names a thing (solver, model,
 * data set, quantizer, schedule), that thing exists.
 */
#ifndef QB_PLAN_TEXT_H
#define QB_PLAN_TEXT_H

#include "base/option.h"
#include "base/yaml.h"
#include "study/plan.h"

/* One value of one key. */
typedef struct qb_study_plan_word {
    const qb_option *option;
    const qb_yaml_node *node; /* the scalar, or one value's list, and its place */
    const char *text;         /* as written, "" for null; of a length in a scaled plan what it comes to. Borrowed */
    char *scaled;             /* what text is then; else NULL */
    char *joined;             /* what text is where node is a list of choices: [a, b] as a/b; else NULL */
    char *canonical;
} qb_study_plan_word;

/* The values of one key: one in base and include, one or more in matrix and exclude. */
typedef struct qb_study_plan_axis {
    const qb_option *option;
    const qb_yaml_node *key;
    qb_study_plan_word *words;
    size_t n;
} qb_study_plan_axis;

typedef struct qb_study_plan_group {
    const qb_yaml_node *node; /* the mapping */
    qb_study_plan_axis *axes;
    size_t n;
    size_t *variants; /* those that an entry of include (one) or exclude names by its key 'variant' */
    size_t n_variants;
} qb_study_plan_group;

typedef struct qb_study_plan_variant {
    const qb_yaml_node *name; /* the key */
    qb_study_plan_group group;
} qb_study_plan_variant;

typedef struct qb_study_plan_text {
    const char *path; /* of the text, for messages; borrowed */
    char *bytes;      /* the text itself */
    size_t n_bytes;
    qb_yaml_node *root;
    const char *title, *paper; /* borrowed from root; NULL: not given */
    double scale;              /* 1: the lengths are as written */
    qb_study_plan_group base, matrix; /* node NULL: not given */
    qb_study_plan_group *includes, *excludes;
    size_t n_includes, n_excludes;
    qb_study_plan_variant *variants;
    size_t n_variants;
    long long *seeds;
    size_t n_seeds;
} qb_study_plan_text;

int qb_study_plan_text_read(const char *path, const qb_study_plan_places *places, qb_study_plan_text *ret);
void qb_study_plan_text_finish(qb_study_plan_text *t);

/* The axis of a key, or NULL. */
const qb_study_plan_axis *qb_study_plan_group_find(const qb_study_plan_group *g, const qb_option *option);

/* Puts "FILE:LINE:COLUMN: " in front of the current error and makes it QB_E_CONFIG unless it says that a thing is
 * missing from the machine; keeps the hint. Returns the code. */
int qb_study_plan_text_place(const qb_study_plan_text *t, const qb_yaml_node *at);

#endif
