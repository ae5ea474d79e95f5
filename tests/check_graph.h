/* Running a graph through one plan with a gradient of the logits of our choice, and comparing it with the naive loops of
 * ref_layers.h: logits, gradients of all parameters, running statistics. For tests of layers; failures are Check's. */
#ifndef QB_CHECK_GRAPH_H
#define QB_CHECK_GRAPH_H

#include "ref_layers.h"

#include "engine/net_plan.h"

enum { CLASSES = 3 }; /* of every graph here */

typedef struct engine {
    qb_dnn *dnn;
    qb_param *params;
    qb_running_stat *running_stats;
    size_t n_params, n_running_stats;
    float *x, *g;
    const float *slab;
    qb_net_plan *plan;
    char *arena;
} engine;

void make_engine(engine *e, const qb_graph *g, int n, qb_mode mode, qb_type type);
void finish_engine(engine *e);

void fill_integers(const char *name, size_t n, int largest, float *to);
void widen(const float *from, size_t n, double *to);

typedef struct tolerance {
    double largest; /* error of one value, relative to the largest of the array */
    double norm;    /* norm of the error, relative to the norm of the array; for bfloat16 */
    bool plus_rounding; /* and what rounding to bfloat16 after each layer costs by itself: where terms cancel */
} tolerance;

/* Fills the engine and the reference alike, runs both in training and in evaluation, and compares; destroys g.
 * integers: weights and images are small integers; else images are hash-filled in [-1.5, 1.5] + offset. */
void check_graph(qb_graph *g, int n, bool integers, double offset, qb_type type, tolerance tol);

/* Every loop test runs its table three times: as the CPU is (variant 0), held to AVX2, in bfloat16; _i is variant times
 * rows plus row. false: this CPU has no bfloat16. */
bool set_variant(int variant, qb_type *ret_type, tolerance *tol);

qb_graph *make_graph(qb_shape input);

/* For the reference itself: its gradients of all parameters against central differences; destroys g. */
void check_reference(qb_graph *g, int n);

#endif
